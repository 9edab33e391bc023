"""The life of an order as one table: what may happen in which state, and where it leads.

Payment, after-sale and the channel's raw status are separate small facts; this table is the way of the goods.
`python -m core.orders.states FILE` writes it as the diagram kept in the docs.
"""

import sys
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from core.runtime.errors import Refused


class Fulfilment(StrEnum):
    """Where the goods of an order are on their way."""

    TO_REVIEW = "to_review"
    TO_PACK = "to_pack"
    PACKING = "packing"
    PACKED = "packed"
    SHIPPED = "shipped"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class Event(StrEnum):
    """What can happen to the goods of an order."""

    RELEASE = "release"
    RECALL = "recall"
    OPEN = "open"
    LEAVE = "leave"
    PACK = "pack"
    UNPACK = "unpack"
    SHIP = "ship"
    SHIP_ELSEWHERE = "ship_elsewhere"
    CANCEL = "cancel"
    COMPLETE = "complete"
    REOPEN = "reopen"


class Payment(StrEnum):
    """Whether the buyer's money is there."""

    UNPAID = "unpaid"
    PAID = "paid"
    PARTLY_REFUNDED = "partly_refunded"
    REFUNDED = "refunded"


class OrderType(StrEnum):
    """What kind of promise the order is; each has its own patience before it counts as late (hours to ship)."""

    NORMAL = "normal"
    PRESALE = "presale"
    CUSTOM = "custom"
    CROSS_BORDER = "cross_border"
    RESHIP = "reship"


#: hours from payment to shipping when the platform names no deadline. 48 h is the rule of Taobao, JD, Pinduoduo and
#: Douyin for goods in stock; the others are the usual promise of such goods and only order the work.
SHIP_WITHIN_HOURS: Mapping[OrderType, int] = {
    OrderType.NORMAL: 48,
    OrderType.PRESALE: 48,
    OrderType.CUSTOM: 168,
    OrderType.CROSS_BORDER: 72,
    OrderType.RESHIP: 24,
}

_F, _E = Fulfilment, Event

TABLE: Mapping[tuple[Fulfilment, Event], Fulfilment] = {
    (_F.TO_REVIEW, _E.RELEASE): _F.TO_PACK,
    (_F.TO_REVIEW, _E.CANCEL): _F.CANCELLED,
    (_F.TO_PACK, _E.RECALL): _F.TO_REVIEW,
    (_F.TO_PACK, _E.OPEN): _F.PACKING,
    (_F.TO_PACK, _E.CANCEL): _F.CANCELLED,
    (_F.TO_PACK, _E.SHIP): _F.SHIPPED,
    (_F.PACKING, _E.LEAVE): _F.TO_PACK,
    (_F.PACKING, _E.PACK): _F.PACKED,
    (_F.PACKING, _E.RECALL): _F.TO_REVIEW,
    (_F.PACKING, _E.CANCEL): _F.CANCELLED,
    (_F.PACKING, _E.SHIP): _F.SHIPPED,
    (_F.PACKED, _E.UNPACK): _F.PACKING,
    (_F.PACKED, _E.RECALL): _F.TO_REVIEW,
    (_F.PACKED, _E.SHIP): _F.SHIPPED,
    (_F.PACKED, _E.CANCEL): _F.CANCELLED,
    (_F.SHIPPED, _E.COMPLETE): _F.COMPLETED,
    # Somebody else has sent it, and a person has said so; a mistake in this is taken back.
    (_F.TO_REVIEW, _E.SHIP_ELSEWHERE): _F.SHIPPED,
    (_F.TO_PACK, _E.SHIP_ELSEWHERE): _F.SHIPPED,
    (_F.PACKING, _E.SHIP_ELSEWHERE): _F.SHIPPED,
    (_F.PACKED, _E.SHIP_ELSEWHERE): _F.SHIPPED,
    (_F.SHIPPED, _E.REOPEN): _F.TO_REVIEW,
    # A platform may take a cancellation back; the order then waits under a hold for a person's word.
    (_F.CANCELLED, _E.REOPEN): _F.TO_REVIEW,
}

#: nothing leads out of these
FINAL = frozenset(state for state in Fulfilment if not any(source is state for source, _ in TABLE))
#: the goods are still with us
OPEN_STATES = frozenset({_F.TO_REVIEW, _F.TO_PACK, _F.PACKING, _F.PACKED})

_WHY_NOT: Mapping[Fulfilment, str] = {
    _F.TO_REVIEW: "the order has not been released to packing",
    _F.TO_PACK: "the order is waiting to be packed",
    _F.PACKING: "the order is being packed",
    _F.PACKED: "the order is packed",
    _F.SHIPPED: "the order has left",
    _F.COMPLETED: "the order is finished",
    _F.CANCELLED: "the order is cancelled",
}


def next_state(state: Fulfilment, event: Event) -> Fulfilment:
    """Where the event leads.

    Raises:
        Refused: `order.impossible`, with the reason in words; nothing may be changed then.
    """
    target = TABLE.get((state, event))
    if target is None:
        raise Refused("order.impossible", f"cannot {event}: {_WHY_NOT[state]}", state=str(state), event=str(event))
    return target


def diagram() -> str:
    """The table as a Mermaid state diagram."""
    lines = ["stateDiagram-v2", "    [*] --> to_review"]
    lines += [f"    {state} --> {target}: {event}" for (state, event), target in TABLE.items()]
    lines += [f"    {state} --> [*]" for state in sorted(FINAL)]
    return "\n".join(lines) + "\n"


def document() -> str:
    """The page of the docs that shows the table: written by `python -m core.orders.states`, never by hand."""
    return (
        "# The life of an order\n\n"
        "Generated from `core/orders/states.py` by `python -m core.orders.states docs/order-lifecycle.md`.\n\n"
        f"```mermaid\n{diagram()}```\n\n"
        "Payment, after-sale and the channel's raw status are facts of their own beside this way of the goods.\n"
        "Holds stop an order in any open state without moving it.\n\n"
        f"{hours_table()}"
    )


def hours_table() -> str:
    """Order types and their deadlines as a Markdown table."""
    rows = [f"| {kind} | {hours} |" for kind, hours in SHIP_WITHIN_HOURS.items()]
    return "\n".join(["| order type | ship within hours of payment |", "|---|---|", *rows]) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(document(), encoding="utf-8")
