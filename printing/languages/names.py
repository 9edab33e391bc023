"""The printer languages Packdesk knows by name, built or not."""

LANGUAGES = ("tspl", "zpl", "cpcl", "escpos")
