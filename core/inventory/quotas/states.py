"""How a SKU's stock reaches the shops, and where an act upon a platform's number stands."""

from enum import IntEnum, StrEnum
from typing import Final


class Mode(StrEnum):
    """How a SKU's stock is told to the shops. A SKU without a row is `off`."""

    #: each shop has a disjoint share: for scarce and hot goods
    QUOTA = "quota"
    #: every shop is told the same number less a buffer: for plenty; it may oversell
    SHARED = "shared"
    #: quotas that only a person moves
    MANUAL = "manual"
    #: nothing is written, but for a stop of the sale and its end
    OFF = "off"


#: modes in which rights are counted and covered
COUNTED: Final = frozenset({Mode.QUOTA, Mode.MANUAL})
#: modes in which numbers are written; for queries
PLANNED: Final = (Mode.QUOTA.value, Mode.SHARED.value, Mode.MANUAL.value)


class ActKind(StrEnum):
    """What is asked of a platform."""

    #: more may be sold; covered and counted before the platform is told
    GRANT = "grant"
    #: less may be sold; counted only as far as the platform confirmed it
    WITHDRAW = "withdraw"
    #: the platform's number is brought back to our right; the right itself stays
    MEND = "mend"
    #: the number is only read
    READ = "read"
    #: mode `shared`: the number is set or brought to what is told
    PUSH = "push"
    #: the link is taken off sale, because the sale is stopped
    PAUSE = "pause"
    #: a link that is off sale because of us goes back on sale
    RESUME = "resume"


class Turn(IntEnum):
    """What goes first where a shop may not be called so often."""

    #: units are on sale that nothing stands behind, or that nobody may sell now: never put off
    AT_ONCE = 0
    #: less may be sold
    LESS = 1
    #: more may be sold
    MORE = 2
    #: only to know
    LOOK = 3


class ActState(StrEnum):
    """Where an act stands."""

    #: in the outbox, nothing was said yet
    WAITING = "waiting"
    #: said, or about to be: from here on nobody knows whether the platform has applied it until its answer is stored
    SENDING = "sending"
    #: the answer was lost or does not tell how much was taken: the platform's number will tell
    UNSETTLED = "unsettled"
    DONE = "done"
    #: the platform said no; nothing was changed there
    REFUSED = "refused"


#: an act that stands in one of these keeps others off its quota
OPEN: Final = (ActState.WAITING.value, ActState.SENDING.value, ActState.UNSETTLED.value)
#: the same for queries: bound values would not be found in the partial index
IS_OPEN: Final = "state IN ('waiting', 'sending', 'unsettled')"
#: the platform's number means nothing while an act is in one of these
UNDER_WAY: Final = (ActState.WAITING.value, ActState.SENDING.value)
