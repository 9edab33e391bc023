"""Medusa's ways of saying no, as the five kinds of error every adapter speaks.

An answer with status 400 or above is `{type, message}` (and sometimes `code`), as Medusa's own error handler writes
it; only a missing or wrong key is answered with a `message` alone. The `type` becomes the code; the message is kept
behind our words, without what may be somebody's address or number.
"""

import re
from collections.abc import Mapping
from typing import Final

from core.channels.contract import UNKNOWN_ORDER
from core.runtime.http import ErrorReply
from core.runtime.remote_errors import AuthExpired, ChannelError, ContractBroken, RateLimited, Rejected, Temporary

#: of `AuthExpired`: the key is right, what was asked is not allowed to it
FORBIDDEN: Final = "forbidden"
#: of `Rejected`: there is nothing under this id
NOT_FOUND: Final = "not_found"
#: of `Rejected`: Medusa does not know this variant, or counts nothing for it
UNKNOWN_LISTING: Final = "unknown_listing"
#: of `Rejected`: the goods are counted in several places, and the settings name none of them
SEVERAL_STOCKS: Final = "several_stocks"
#: of `Rejected`: a kit has no number of its own, its parts have
KIT: Final = "kit"
#: of `Rejected`: Medusa does not count this variant at all
NOT_COUNTED: Final = "not_counted"

_CODE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}", re.ASCII)
#: e-mail addresses and long numbers: a buyer's, perhaps
_PERSONAL: Final = re.compile(r"\S+@\S+|\+?\d[\d -]{5,}\d")
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_LONGEST_MESSAGE: Final = 300
#: how Medusa's own check of a call's shape begins: then it is we who say it wrongly
_SHAPE: Final = "Invalid request:"

_WORDS: Final[Mapping[str, str]] = {
    "not_allowed": "The shop does not allow this in the state it is in",
    "invalid_data": "The shop does not take this",
    NOT_FOUND: "The shop does not know this",
    "duplicate_error": "The shop has this already",
    "insufficient_inventory": "The shop counts fewer units than this takes",
}


class SessionEndedError(AuthExpired):
    """No session, or one that has ended: logging in again tells whether that was all."""


def error_of(reply: ErrorReply) -> ChannelError:
    """What an answer with status 400 or above says."""
    if reply.status == 429:
        return RateLimited("The shop asks for fewer calls", code="429", retry_after_s=reply.retry_after_s or 1.0)
    if reply.problem is None:
        return _without_words(reply.status)
    code, said = _code_of(reply.problem), _message_of(reply.problem)
    if reply.status == 401:
        return SessionEndedError(f"The shop does not let us in{said}", code=code or "unauthorized")
    if reply.status == 403:
        return AuthExpired(f"This key may not do that in the shop{said}", code=FORBIDDEN)
    if reply.status in {408, 409} or reply.status >= 500:
        # A conflict is two calls at once for the same thing: the later one may be made again.
        return Temporary(f"The shop is unwell{said}", code=code or str(reply.status))
    if not code:
        return ContractBroken("There is no Medusa at this address", code=str(reply.status))
    if said.startswith(f": {_SHAPE}"):
        return ContractBroken(f"The shop does not understand us; its version may be too old{said}", code=code)
    return Rejected(f"{_WORDS.get(code, 'The shop says no')}{said}", code=code)


def unknown_order() -> Rejected:
    """The refusal of an order that is not there."""
    return Rejected("The shop does not know this order", code=UNKNOWN_ORDER)


def _without_words(status: int) -> ChannelError:
    if status in {401, 403}:
        return SessionEndedError("The shop does not let us in", code=str(status))
    if status >= 500 or status == 408:
        return Temporary("The shop is unwell", code=str(status))
    return ContractBroken("There is no Medusa at this address", code=str(status))


def _code_of(problem: Mapping[str, object]) -> str:
    code = problem.get("type")
    return code if isinstance(code, str) and _CODE.fullmatch(code) else ""


def _message_of(problem: Mapping[str, object]) -> str:
    message = problem.get("message")
    if not isinstance(message, str) or not message.strip():
        return ""
    plain = _UNPRINTABLE.sub(" ", _PERSONAL.sub("…", message)).strip()
    return f": {plain[:_LONGEST_MESSAGE]}"
