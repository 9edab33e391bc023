"""Pinduoduo's after-sale cases as canonical ones: pure."""

from collections.abc import Mapping
from typing import Final

from core.channels.aftersale_contract import AfterSaleKind, AfterSaleState, ChannelAfterSale
from core.channels.fields import Fields
from core.channels.pdd.mapper import line_key

#: as answers count (`pdd.refund.information.get`); questions count one higher, because 1 means all there
_KINDS: Final[Mapping[int, AfterSaleKind]] = {
    1: AfterSaleKind.REFUND,
    2: AfterSaleKind.RETURN,
    3: AfterSaleKind.EXCHANGE,
    4: AfterSaleKind.RESEND,
    5: AfterSaleKind.REPAIR,
}

_TO_RETURN: Final = 7
#: `after_sales_status` as the platform's document explains each
_STATES: Final[Mapping[int, AfterSaleState]] = {
    0: AfterSaleState.CLOSED,
    2: AfterSaleState.REQUESTED,
    3: AfterSaleState.REQUESTED,
    4: AfterSaleState.AGREED,
    5: AfterSaleState.AGREED,
    6: AfterSaleState.REFUSED,
    _TO_RETURN: AfterSaleState.TO_RETURN,
    # the platform decides; until then nothing may leave
    8: AfterSaleState.REQUESTED,
    9: AfterSaleState.CLOSED,
    10: AfterSaleState.DONE,
    11: AfterSaleState.CLOSED,
    12: AfterSaleState.CLOSED,
    13: AfterSaleState.CLOSED,
    14: AfterSaleState.REQUESTED,
    16: AfterSaleState.DONE,
    17: AfterSaleState.CLOSED,
    18: AfterSaleState.AGREED,
    21: AfterSaleState.REQUESTED,
    22: AfterSaleState.TO_RETURN,
    24: AfterSaleState.CLOSED,
    25: AfterSaleState.DONE,
    27: AfterSaleState.AGREED,
    31: AfterSaleState.AGREED,
    32: AfterSaleState.AGREED,
    33: AfterSaleState.AGREED,
}


def case_of(raw: object) -> ChannelAfterSale:
    """The canonical case of one row of `pdd.refund.list.increment.get`.

    Raises:
        ContractBroken: a promised field is missing or is not what was promised.
    """
    fields = Fields(raw, "refund")
    status = fields.whole_or("after_sales_status", -1)
    state = _STATES.get(status, AfterSaleState.UNKNOWN)
    number = fields.id_or_blank("tracking_number")
    if status == _TO_RETURN and number:
        state = AfterSaleState.RETURNING
    return ChannelAfterSale(
        case_no=fields.id("id"),
        order_no=fields.text("order_sn"),
        lines=_lines_of(fields),
        kind=_KINDS.get(fields.whole_or("after_sales_type", 0), AfterSaleKind.OTHER),
        state=state,
        channel_state=str(status),
        refund_fen=fields.yuan("refund_amount"),
        modified_at=fields.china("updated_time"),
        requested_at=fields.china("created_time"),
        return_carrier=fields.text_or_blank("shipping_name"),
        return_waybill_no=number,
        reason=fields.text_or_blank("after_sale_reason"),
        raw=fields.mapping,
    )


def _lines_of(case: Fields) -> tuple[tuple[str, int], ...]:
    """The line of the case's SKU; none where it names no SKU or no units."""
    sku_id, qty = case.id_or_blank("sku_id"), case.whole_or("goods_number", 0)
    return ((line_key(case.id_or_blank("goods_id"), sku_id), qty),) if sku_id and qty > 0 else ()
