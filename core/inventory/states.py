"""The states of a claim and the kinds of movement, with the only steps that exist."""

from collections.abc import Mapping
from enum import StrEnum


class ClaimState(StrEnum):
    """Where one reservation row stands.

    A line's open want, the units it asked for and does not hold, is the sum of its `expired` and `short` rows: a new
    try releases those and writes a new attempt. So a row is never revived, and the history shows every try.
    """

    RESERVED = "reserved"
    CONFIRMED = "confirmed"
    CONSUMED = "consumed"
    RELEASED = "released"
    EXPIRED = "expired"
    SHORT = "short"


class MovementKind(StrEnum):
    """Why goods came or went."""

    RECEIPT = "receipt"
    SALE = "sale"
    ADJUSTMENT = "adjustment"
    COUNT = "count"
    TRANSFER = "transfer"
    RETURN = "return"
    #: 实物在手: the clerk holds goods the books do not know; reviewed later
    UNBOOKED_RECEIPT = "unbooked_receipt"


#: the steps a claim may take; whatever is not here is refused as a defect of the caller
STEPS: Mapping[ClaimState, frozenset[ClaimState]] = {
    ClaimState.RESERVED: frozenset({ClaimState.CONFIRMED, ClaimState.RELEASED, ClaimState.EXPIRED}),
    ClaimState.CONFIRMED: frozenset({ClaimState.CONSUMED, ClaimState.RELEASED}),
    #: only by undoing a sale that never was (see `returning`)
    ClaimState.CONSUMED: frozenset({ClaimState.RELEASED}),
    ClaimState.RELEASED: frozenset(),
    ClaimState.EXPIRED: frozenset({ClaimState.RELEASED}),
    ClaimState.SHORT: frozenset({ClaimState.RELEASED}),
}

#: states that bind units of a level
HOLDING = frozenset({ClaimState.RESERVED, ClaimState.CONFIRMED})

#: states that say a line still wants what it does not have
WANTING = frozenset({ClaimState.EXPIRED, ClaimState.SHORT})
