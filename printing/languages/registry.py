"""Which printer languages are built."""

from printing.errors import LanguageNotThereYet, ProfileError
from printing.languages.contract import Language
from printing.languages.names import LANGUAGES
from printing.languages.tspl import TSPL

_BUILT = {TSPL.key: TSPL}


def find_language(key: str) -> Language:
    """The language called `key`.

    Raises:
        LanguageNotThereYet: `language.not_there_yet`, known but not built.
        ProfileError: `printer.language_unknown`.
    """
    if key in _BUILT:
        return _BUILT[key]
    if key in LANGUAGES:
        raise LanguageNotThereYet(
            "language.not_there_yet",
            f"the printer language {key.upper()} is not there yet; use a printer that speaks TSPL",
            language=key,
        )
    raise ProfileError(
        "printer.language_unknown", f"{key!r:.60} is no printer language Packdesk knows", language=key[:60]
    )
