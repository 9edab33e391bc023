"""What a shop said when it did not answer as it should: kept in one text, and read again for people."""

import re
from dataclasses import dataclass
from typing import Final

from core.channels.contract import (
    CANNOT,
    CARRIER_REFUSED,
    KEPT_BACK,
    NOT_PAID,
    ORDER_CLOSED,
    REFUND_OPEN,
    SHIPPED_OTHERWISE,
    UNKNOWN_ORDER,
    WAYBILL_REFUSED,
)
from core.runtime.errors import DomainError, Refused, Unavailable
from core.runtime.remote_errors import (
    AuthExpired,
    ChannelError,
    ContractBroken,
    RateLimited,
    Rejected,
    Temporary,
)

#: the five kinds by the word with which their texts begin; a channel's own kind of one is kept as that one
_KINDS: Final = {
    kind.__name__: (kind, word)
    for kind, word in (
        (AuthExpired, "access"),
        (RateLimited, "busy"),
        (Temporary, "silent"),
        (Rejected, "refused"),
        (ContractBroken, "garbled"),
    )
}
#: what means the same on every platform, and so has a sentence of its own
KNOWN_CODES: Final = frozenset(
    {
        UNKNOWN_ORDER,
        ORDER_CLOSED,
        SHIPPED_OTHERWISE,
        CARRIER_REFUSED,
        WAYBILL_REFUSED,
        REFUND_OPEN,
        NOT_PAID,
        KEPT_BACK,
        CANNOT,
    }
)
#: what every kind of trouble is called where people read of it
WORDS: Final = (*(word for _kind, word in _KINDS.values()), "setting", "other")
_LONGEST: Final = 300
_LONGEST_CODE: Final = 80
_KEPT = re.compile(r"(?P<kind>\w+)(?: \[(?P<code>[^\]]*)\])?: (?P<words>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What went wrong, ready for a sentence in the clerk's language.

    Attributes:
        kind: access | busy | silent | refused | garbled (the five kinds), setting (one of ours), other.
        code: the platform's own code, or ours of what means the same everywhere; blank where it gave none.
        words: what was said, in its own language: foreign text.
    """

    kind: str
    code: str
    words: str

    @property
    def topic(self) -> str:
        """Which sentence says it: the code where all platforms mean the same by it, else the kind."""
        return self.code if self.kind == "refused" and self.code in KNOWN_CODES else self.kind


def kept_text(error: Exception) -> str:
    """The text under which an error is kept, of at most 300 characters: `Kind [code]: words`."""
    name = next((name for name, (kind, _word) in _KINDS.items() if isinstance(error, kind)), type(error).__name__)
    code = str(getattr(error, "code", "") or "")[:_LONGEST_CODE].replace("]", "")
    return f"{name}{f' [{code}]' if code else ''}: {error}"[:_LONGEST]


def kept_start(code: str) -> str:
    """How the kept text of a refusal with this code begins."""
    return f"{Rejected.__name__} [{code}]:"


def trouble_in(kept: str | None) -> Trouble | None:
    """What was kept, taken apart again; None where nothing was. Texts of older versions have no code."""
    if not kept:
        return None
    match = _KEPT.fullmatch(kept)
    if match is None:
        return Trouble("other", "", kept)
    name, code, words = match["kind"], match["code"] or "", match["words"]
    if name in _KINDS:
        return Trouble(_KINDS[name][1], code, words)
    return Trouble("setting" if name == Refused.__name__ else "other", code, words)


def trouble_of(error: ChannelError) -> Trouble:
    """The same of an error that was not kept."""
    found = trouble_in(kept_text(error))
    return found or Trouble("other", "", "")


def as_domain_error(error: ChannelError, topic: str = "") -> DomainError:
    """An error of a shop that a person waits for; facts: its `topic`, the platform's code and words."""
    found = trouble_of(error)
    facts = {"topic": topic or found.topic, "code_said": found.code, "words": found.words[:200]}
    if isinstance(error, Temporary | RateLimited):
        return Unavailable("shop.silent", f"the shop cannot be reached: {error}", **facts)
    if isinstance(error, AuthExpired):
        return Refused("shop.access_refused", f"the shop does not let us in: {error}", **facts)
    return Refused("shop.answered", f"the shop answered: {error}", **facts)
