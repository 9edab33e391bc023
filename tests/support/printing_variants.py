"""Every language and every way it has to write a picture, for tests that hold for all of them."""

from collections.abc import Mapping

from printing.profile import PrinterProfile

#: name -> settings
VARIANTS: Mapping[str, Mapping[str, object]] = {
    "tspl": {"language": "tspl"},
    "tspl inverted": {"language": "tspl", "is_inverted": True},
    "zpl hex": {"language": "zpl", "zpl_encoding": "hex"},
    "zpl rle": {"language": "zpl", "zpl_encoding": "rle"},
    "zpl z64": {"language": "zpl", "zpl_encoding": "z64"},
    "cpcl": {"language": "cpcl"},
    "cpcl hex": {"language": "cpcl", "cpcl_picture": "hex"},
    "cpcl rows": {"language": "cpcl", "cpcl_picture": "rows"},
    "escpos": {"language": "escpos"},
    "escpos cutter": {"language": "escpos", "has_cutter": True},
}


def variant_profile(name: str, **changes: object) -> PrinterProfile:
    """A printer of this variant, with some settings changed."""
    settings = {"address": "memory:", **VARIANTS[name], **changes}
    return PrinterProfile(key="p", name="p", **settings)  # type: ignore[arg-type]  # checked at run time
