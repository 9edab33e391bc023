"""WeChat's after-sale cases and items as canonical records: pure, either a record or `ContractBroken`."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from core.channels.aftersale_contract import AfterSaleKind, AfterSaleState, ChannelAfterSale
from core.channels.fields import Fields
from core.channels.listing_contract import ChannelListing
from core.channels.wechat.mapper import line_no_of, spec_of

_KINDS: Final[Mapping[str, AfterSaleKind]] = {
    "REFUND": AfterSaleKind.REFUND,
    "RETURN": AfterSaleKind.RETURN,
    "EXCHANGE": AfterSaleKind.EXCHANGE,
}
_STATES: Final[Mapping[str, AfterSaleState]] = {
    "MERCHANT_PROCESSING": AfterSaleState.REQUESTED,
    "MERCHANT_OVERDUE_REFUND": AfterSaleState.REQUESTED,
    "USER_WAIT_CONFIRM": AfterSaleState.REQUESTED,
    "USER_WAIT_CONFIRM_UPDATE": AfterSaleState.REQUESTED,
    "USER_WAIT_HANDLE_MERCHANT_AFTER_SALE": AfterSaleState.REQUESTED,
    "USER_WAIT_RETURN": AfterSaleState.TO_RETURN,
    "MERCHANT_WAIT_RECEIPT": AfterSaleState.RETURNING,
    "PLATFORM_REFUNDING": AfterSaleState.AGREED,
    "PLATFORM_REFUND_FAIL": AfterSaleState.AGREED,
    "MERCHANT_REFUND_SUCCESS": AfterSaleState.DONE,
    "MERCHANT_RETURN_SUCCESS": AfterSaleState.DONE,
    "MERCHANT_REJECT_REFUND": AfterSaleState.REFUSED,
    "MERCHANT_REJECT_RETURN": AfterSaleState.REFUSED,
    # the platform's own spelling
    "USER_CANCELD": AfterSaleState.CLOSED,
    "RETURN_CLOSED": AfterSaleState.CLOSED,
    "MERCHANT_FAIL": AfterSaleState.CLOSED,
    "MERCHANT_REFUND_RETRY_FAIL": AfterSaleState.CLOSED,
}
#: the states in which `deadline` runs for the shop
_WAITS_FOR_US: Final = frozenset({AfterSaleState.REQUESTED, AfterSaleState.RETURNING})
_LONGEST_WAIT_S: Final = 366 * 86_400
_LISTED: Final = 5


def case_of(raw: object, told_at: datetime) -> ChannelAfterSale:
    """The canonical case of `after_sale_order` in an answer of `getaftersaleorder`, told at `told_at`.

    Raises:
        ContractBroken: a promised field is missing or is not what was promised; `code` is its path.
    """
    fields = Fields(raw, "after_sale_order")
    word = fields.text("status")
    state = _STATES.get(word, AfterSaleState.UNKNOWN)
    product = fields.child_or_empty("product_info")
    back = fields.child_or_empty("return_info")
    kind = _KINDS.get(fields.text_or_blank("type"), AfterSaleKind.OTHER)
    return ChannelAfterSale(
        case_no=fields.id("after_sale_order_id"),
        order_no=fields.id("order_id"),
        lines=_lines_of(product),
        kind=kind,
        state=state,
        channel_state=word,
        refund_fen=fields.child_or_empty("refund_info").fen("amount"),
        modified_at=fields.epoch("update_time"),
        requested_at=fields.epoch("create_time"),
        # Goods that are to come back have been sent; of a plain refund the platform does not say.
        goods_were_sent=True if kind in (AfterSaleKind.RETURN, AfterSaleKind.EXCHANGE) else None,
        answer_by_at=_answer_by(fields, state, told_at),
        return_carrier=back.text_or_blank("delivery_name") or back.id_or_blank("delivery_id"),
        return_waybill_no=back.id_or_blank("waybill_id"),
        reason=fields.text_or_blank("reason_text") or fields.text_or_blank("reason"),
        raw=fields.mapping,
    )


def _lines_of(product: Fields) -> tuple[tuple[str, int], ...]:
    product_id, sku_id = product.id_or_blank("product_id"), product.id_or_blank("sku_id")
    count = product.whole_or("count", 0)
    return ((line_no_of(product_id, sku_id), count),) if product_id and sku_id and count > 0 else ()


def _answer_by(fields: Fields, state: AfterSaleState, told_at: datetime) -> datetime | None:
    """`deadline` is the time that is left, in seconds; whole minutes, so that two readings say the same."""
    left_s = fields.whole_or("deadline", 0)
    if state not in _WAITS_FOR_US or not 0 < left_s <= _LONGEST_WAIT_S:
        return None
    until = told_at + timedelta(seconds=left_s)
    return (until + timedelta(seconds=30)).replace(second=0, microsecond=0)


def listings_of(raw: object) -> Sequence[ChannelListing]:
    """The SKUs of one item, of `product` or `edit_product` in an answer of `product/get`.

    Raises:
        ContractBroken: as `case_of`.
    """
    fields = Fields(raw, "product")
    item_id = fields.id("product_id")
    pictures = fields.mapping.get("head_imgs")
    picture = pictures[0] if isinstance(pictures, list) and pictures and isinstance(pictures[0], str) else ""
    is_listed = fields.whole_or("status", -1) == _LISTED
    return tuple(
        ChannelListing(
            item_id=item_id,
            channel_sku_id=row.id("sku_id"),
            merchant_code=row.text_or_blank("sku_code") or row.text_or_blank("out_sku_id"),
            title=fields.text_or_blank("title"),
            spec=spec_of(row),
            barcode=row.id_or_blank("bar_code"),
            price_fen=row.fen("sale_price"),
            qty=row.whole_or("stock_num", 0) if row.has("stock_num") else None,
            is_on_sale=is_listed and row.whole_or("status", _LISTED) == _LISTED,
            picture_url=row.text_or_blank("thumb_img") or picture,
        )
        for row in fields.rows("skus")
    )
