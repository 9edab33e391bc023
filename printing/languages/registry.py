"""Which printer languages there are."""

from printing.errors import ProfileError
from printing.languages.contract import Language
from printing.languages.cpcl import CPCL
from printing.languages.escpos import ESCPOS
from printing.languages.tspl import TSPL
from printing.languages.zpl import ZPL

_LANGUAGES = {language.key: language for language in (TSPL, ZPL, CPCL, ESCPOS)}


def find_language(key: str) -> Language:
    """The language called `key`.

    Raises:
        ProfileError: `printer.language_unknown`.
    """
    if key in _LANGUAGES:
        return _LANGUAGES[key]
    raise ProfileError(
        "printer.language_unknown", f"{key!r:.60} is no printer language Packdesk knows", language=key[:60]
    )
