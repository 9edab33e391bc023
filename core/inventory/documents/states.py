"""Kinds and states of documents, and which steps exist."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class DocKind(StrEnum):
    """What a document does, and what its lines' quantities mean there.

    `qty` is what is wanted, `done_qty` what became of it, `pending_qty` what is still under way.
    """

    #: 采购单: ordered, received; pending is what still comes
    PURCHASE = "purchase"
    #: 入库单: expected (0 where nobody said), received
    RECEIPT = "receipt"
    #: 实物在手: goods the books did not know
    IN_HAND = "in_hand"
    #: 上架单: received and not on the shelf yet, put there
    PUTAWAY = "putaway"
    #: 调拨单: sent, arrived; pending is on the road
    TRANSFER = "transfer"
    #: 差异单: what a transfer lost (below zero) or brought too much
    DIFFERENCE = "difference"
    #: 退货单: announced, found good, found bad; pending waits to be looked at
    RETURN = "return"
    #: 隔离单: set aside
    QUARANTINE = "quarantine"
    #: 解除隔离单: free again
    RELEASE = "release"
    #: 调整单: up or down
    ADJUSTMENT = "adjustment"
    #: 冲销单: takes a done document back
    COUNTER = "counter"


class DocState(StrEnum):
    """Where a document stands. Which word a clerk reads for OPEN depends on the kind: ordered, on the road, ..."""

    DRAFT = "draft"
    #: waits for a second pair of eyes
    TO_APPROVE = "to_approve"
    #: booked, and something of it is still to come
    OPEN = "open"
    #: some of that came
    PART = "part"
    DONE = "done"
    #: ended by hand, the rest never came
    CLOSED = "closed"
    #: the second pair of eyes said no
    REFUSED = "refused"
    #: a draft that was thrown away
    VOID = "void"
    #: taken back by a counter-document
    REVERSED = "reversed"


#: what a number begins with
PREFIX: Final[Mapping[DocKind, str]] = MappingProxyType(
    {
        DocKind.PURCHASE: "CG",
        DocKind.RECEIPT: "RK",
        DocKind.IN_HAND: "SW",
        DocKind.PUTAWAY: "SJ",
        DocKind.TRANSFER: "DB",
        DocKind.DIFFERENCE: "CY",
        DocKind.RETURN: "TH",
        DocKind.QUARANTINE: "GL",
        DocKind.RELEASE: "JG",
        DocKind.ADJUSTMENT: "TZ",
        DocKind.COUNTER: "CX",
    }
)

#: kinds a clerk begins; the others follow from these
BEGUN: Final = (
    DocKind.PURCHASE,
    DocKind.RECEIPT,
    DocKind.TRANSFER,
    DocKind.RETURN,
    DocKind.QUARANTINE,
    DocKind.RELEASE,
    DocKind.ADJUSTMENT,
    DocKind.IN_HAND,
)
#: kinds whose counting fills `done_qty`: `qty` is what was expected
COUNTS_DONE: Final = frozenset({DocKind.RECEIPT})
#: the only kind of a draft whose lines may be below zero
SIGNED: Final = frozenset({DocKind.ADJUSTMENT})
#: kinds that wait for something after they were booked
WAITS: Final = frozenset({DocKind.PURCHASE, DocKind.PUTAWAY, DocKind.TRANSFER, DocKind.RETURN})
#: kinds that may end with a rest that never came, or that was never there; goods on the road arrive or are lost
MAY_LACK: Final = frozenset({DocKind.PURCHASE, DocKind.RETURN, DocKind.PUTAWAY})
#: of those, the kinds that booked something which can still be taken back
CLOSED_AFTER: Final = frozenset({DocKind.RETURN, DocKind.PUTAWAY})

UNDER_WAY: Final = frozenset({DocState.OPEN, DocState.PART})

#: the steps that exist; whatever is not here is refused
STEPS: Final[Mapping[DocState, frozenset[DocState]]] = MappingProxyType(
    {
        DocState.DRAFT: frozenset({DocState.TO_APPROVE, DocState.OPEN, DocState.DONE, DocState.VOID}),
        DocState.TO_APPROVE: frozenset({DocState.DONE, DocState.REFUSED}),
        DocState.OPEN: frozenset({DocState.PART, DocState.DONE, DocState.CLOSED, DocState.REVERSED, DocState.VOID}),
        # A receipt that is taken back makes its purchase wait for all of it again.
        DocState.PART: frozenset({DocState.OPEN, DocState.DONE, DocState.CLOSED, DocState.REVERSED}),
        DocState.DONE: frozenset({DocState.PART, DocState.OPEN, DocState.REVERSED}),
        DocState.CLOSED: frozenset({DocState.REVERSED}),
        DocState.REFUSED: frozenset(),
        DocState.VOID: frozenset(),
        DocState.REVERSED: frozenset(),
    }
)
