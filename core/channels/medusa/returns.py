"""Medusa's returns as after-sale cases. A refund without a return is seen at the order's payment alone."""

from collections.abc import Mapping, Sequence
from typing import Final

from core.channels.aftersale_contract import AfterSaleKind, AfterSaleState, ChannelAfterSale
from core.channels.fields import Fields
from core.channels.medusa.mapper import count_of, fen_of

#: Medusa's word -> how far it is. `open` is still being written by the shop's people; `requested` waits for the goods
_STATES: Final[Mapping[str, AfterSaleState]] = {
    "open": AfterSaleState.REQUESTED,
    "requested": AfterSaleState.TO_RETURN,
    "partially_received": AfterSaleState.RETURNING,
    "received": AfterSaleState.DONE,
    "canceled": AfterSaleState.CLOSED,
}


def case_of(raw: Mapping[str, object]) -> ChannelAfterSale:
    """One case of one return.

    Raises:
        ContractBroken: not the shape that was asked for.
    """
    row = Fields(raw, "return")
    status = row.text("status")
    items = row.rows("items")
    return ChannelAfterSale(
        case_no=row.text("id"),
        order_no=row.text("order_id"),
        lines=[(item.text("item_id"), count_of(item, "quantity")) for item in items],
        kind=AfterSaleKind.EXCHANGE if row.has("exchange_id") else AfterSaleKind.RETURN,
        state=_STATES.get(status, AfterSaleState.UNKNOWN),
        channel_state=status,
        refund_fen=fen_of(row, "refund_amount") if row.has("refund_amount") else _worth(items),
        modified_at=row.instant("updated_at"),
        requested_at=row.instant_or_none("requested_at") or row.instant("created_at"),
        goods_were_sent=True,
        reason="; ".join(note for item in items if (note := item.text_or_blank("note"))),
        raw=raw,
    )


def _worth(items: Sequence[Fields]) -> int:
    return sum(fen_of(item.child_or_empty("item"), "unit_price") * count_of(item, "quantity") for item in items)
