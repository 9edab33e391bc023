"""The printer languages by name, and the ways some of them have to write a picture."""

LANGUAGES = ("tspl", "zpl", "cpcl", "escpos")

#: hex is understood by all; run lengths and base64 of zlib (Z64) are shorter, and some clones lack them
ZPL_ENCODINGS = ("hex", "rle", "z64")

#: bytes as they are; as hex digits, where something on the way treats a job as text; or one command a row,
#: for printers whose buffer does not hold a picture
CPCL_PICTURES = ("binary", "hex", "rows")
