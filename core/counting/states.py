"""The states of a count sheet and of its lines, with the only steps that exist."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class SheetState(StrEnum):
    """Where a count sheet (盘点单) stands."""

    DRAFT = "draft"
    COUNTING = "counting"
    PAUSED = "paused"
    TO_APPROVE = "to_approve"
    DONE = "done"
    THROWN_AWAY = "thrown_away"


class LineState(StrEnum):
    """What has become of one line of a sheet."""

    #: nobody has counted it yet
    OPEN = "open"
    COUNTED = "counted"
    #: whoever approves wants it counted once more
    RECOUNT = "recount"
    #: the difference is in the books
    BOOKED = "booked"
    #: counted as the books say
    EQUAL = "equal"
    #: there is a difference, and somebody decided to leave the books as they are
    KEPT = "kept"
    #: the sheet was handed in without it
    LEFT = "left"


class PassState(StrEnum):
    """One person's way through one place."""

    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"


#: the steps a sheet may take
STEPS: Final[Mapping[SheetState, frozenset[SheetState]]] = {
    SheetState.DRAFT: frozenset({SheetState.COUNTING, SheetState.THROWN_AWAY}),
    SheetState.COUNTING: frozenset({SheetState.PAUSED, SheetState.TO_APPROVE, SheetState.THROWN_AWAY}),
    SheetState.PAUSED: frozenset({SheetState.COUNTING, SheetState.THROWN_AWAY}),
    SheetState.TO_APPROVE: frozenset({SheetState.COUNTING, SheetState.DONE}),
    SheetState.DONE: frozenset(),
    SheetState.THROWN_AWAY: frozenset(),
}

#: lines that still want somebody to count them
WANTED: Final = frozenset({LineState.OPEN, LineState.RECOUNT})
#: lines about which everything is decided
SETTLED: Final = frozenset({LineState.BOOKED, LineState.EQUAL, LineState.KEPT, LineState.LEFT})
#: sheets that are not over
UNDER_WAY: Final = (SheetState.DRAFT, SheetState.COUNTING, SheetState.PAUSED, SheetState.TO_APPROVE)
