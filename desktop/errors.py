"""Errors as messages: expected ones in their own words, defects of ours as what they are."""

import logging
from collections.abc import Mapping

from desktop.texts import Phrase

_log = logging.getLogger(__name__)


def error_phrase(error: Exception) -> Phrase:
    """What a screen says of an error.

    Core's and printing's expected errors carry a stable `code` and `facts`; anything else is our defect: it is logged
    with its trace, and the clerk is told that nothing was recorded.
    """
    code = getattr(error, "code", None)
    if isinstance(code, str):
        facts = getattr(error, "facts", {})
        said = dict(facts) if isinstance(facts, Mapping) else {}
        if code == "right.missing":
            return missing_right(str(said.get("right")))
        return Phrase(f"error.{code}", said, otherwise=str(error))
    _log.error("an operation failed", exc_info=error)
    return Phrase("error.bug")


def missing_right(right: str) -> Phrase:
    """That whoever is here has not got this right."""
    return Phrase("error.right.missing", {"right": Phrase(f"right.{right}")})
