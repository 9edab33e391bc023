"""Douyin's after-sale cases as canonical ones. Pure, as `mapper`."""

from collections.abc import Sequence
from typing import Final

from core.channels.aftersale_contract import AfterSaleKind, AfterSaleState, ChannelAfterSale
from core.channels.fields import LARGEST_QTY, Fields

_KINDS: Final = {
    0: AfterSaleKind.RETURN,
    1: AfterSaleKind.REFUND,
    2: AfterSaleKind.REFUND,
    3: AfterSaleKind.EXCHANGE,
    7: AfterSaleKind.RESEND,
    8: AfterSaleKind.REPAIR,
}
_NOT_SENT: Final = 2
_SUCCESS: Final = 12
_PAID_BACK: Final = frozenset({3, 5})
_STATES: Final = {
    3: AfterSaleState.AGREED,
    6: AfterSaleState.REQUESTED,
    7: AfterSaleState.TO_RETURN,
    8: AfterSaleState.AGREED,
    11: AfterSaleState.RETURNING,
    13: AfterSaleState.AGREED,
    14: AfterSaleState.DONE,
    27: AfterSaleState.REFUSED,
    28: AfterSaleState.CLOSED,
    29: AfterSaleState.REFUSED,
    51: AfterSaleState.CLOSED,
    53: AfterSaleState.CLOSED,
}
#: in these the deadline is the shop's
_SHOP_ANSWERS: Final = frozenset({6, 8, 11})


def number_of(raw: object) -> str:
    """The number of a case in a row of `/afterSale/List`."""
    return Fields(raw, "case").child("aftersale_info").id("aftersale_id")


def case_of(raw: object) -> ChannelAfterSale:
    """The canonical case of one row of `/afterSale/List`.

    Raises:
        ContractBroken: a needed field is missing or is not what was promised.
    """
    fields = Fields(raw, "case")
    info, order = fields.child("aftersale_info"), fields.child("order_info")
    kind, state = info.whole_or("aftersale_type", -1), info.whole_or("aftersale_status", -1)
    return ChannelAfterSale(
        case_no=number_of(raw),
        order_no=order.id("shop_order_id"),
        lines=_lines_of(order),
        kind=_KINDS.get(kind, AfterSaleKind.OTHER),
        state=_state_of(state, info.whole_or("refund_status", 0)),
        channel_state=str(state),
        refund_fen=info.fen("refund_amount") + info.fen("refund_post_amount"),
        modified_at=info.epoch("update_time"),
        requested_at=info.epoch_or_none("apply_time") or info.epoch("create_time"),
        goods_were_sent=kind != _NOT_SENT if kind in _KINDS else None,
        answer_by_at=info.epoch_or_none("status_deadline") if state in _SHOP_ANSWERS else None,
        return_carrier=info.text_or_blank("return_logistics_company_name"),
        return_waybill_no=info.id_or_blank("return_logistics_code"),
        reason=fields.child_or_empty("text_part").text_or_blank("reason_text"),
        raw=fields.mapping,
    )


def _lines_of(order: Fields) -> Sequence[tuple[str, int]]:
    lines = []
    for row in order.rows("related_order_info"):
        qty = row.whole_or("aftersale_item_num", 0) or row.whole_or("item_num", 0)
        line_no = row.id_or_blank("sku_order_id")
        if line_no and 0 < qty <= LARGEST_QTY:
            lines.append((line_no, qty))
    return tuple(lines)


def _state_of(state: int, refund: int) -> AfterSaleState:
    if state == _SUCCESS:
        # the case is won; the money may still be on its way
        return AfterSaleState.DONE if refund in _PAID_BACK else AfterSaleState.AGREED
    return _STATES.get(state, AfterSaleState.UNKNOWN)
