"""Trades as canonical orders: pure, either a record or `ContractBroken`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from core.channels.contract import ChannelOrder, ChannelOrderLine, Consignee, ShippedParcel
from core.channels.fields import Fields
from core.channels.shop_contract import Flag
from core.channels.taobao.carriers import our_code
from core.runtime.remote_errors import ContractBroken

#: what `taobao.trade.fullinfo.get` is asked for; the receiver's fields and `created` are needed for an oaid
TRADE_FIELDS: Final = (
    "tid,tid_str,status,type,created,pay_time,modified,consign_time,end_time,timeout_action_time,buyer_nick,"
    "buyer_open_uid,payment,total_fee,discount_fee,adjust_fee,post_fee,step_trade_status,step_paid_fee,receiver_name,"
    "receiver_mobile,receiver_phone,receiver_address,receiver_state,receiver_city,receiver_district,receiver_town,"
    "receiver_zip,oaid,has_buyer_message,buyer_message,seller_memo,seller_flag,is_part_consign,trade_from,send_time,"
    "est_con_time,delivery_time,collect_time,top_hold,team_buy_hold,share_group_hold,ofp_hold,forbid_consign,lm,"
    "is_gift,new_presell,mark_desc,logistics_agreement,logistics_infos,service_tags,promotion_details,orders"
)

_UNPAID: Final = frozenset({"TRADE_NO_CREATE_PAY", "WAIT_BUYER_PAY", "PAY_PENDING", "WAIT_PRE_AUTH_CONFIRM"})
_SHIPPED: Final = frozenset({"WAIT_BUYER_CONFIRM_GOODS", "TRADE_BUYER_SIGNED", "TRADE_FINISHED"})
_TO_SEND: Final = frozenset({"WAIT_SELLER_SEND_GOODS", "SELLER_CONSIGNED_PART"})
_FORBIDDEN: Final = "PAID_FORBID_CONSIGN"
_CLOSED: Final = "TRADE_CLOSED"
_CLOSED_UNPAID: Final = "TRADE_CLOSED_BY_TAOBAO"
_FINISHED: Final = "TRADE_FINISHED"
_KNOWN: Final = _UNPAID | _SHIPPED | _TO_SEND | {_FORBIDDEN, _CLOSED, _CLOSED_UNPAID}
#: why a paid trade may be kept back, each a field of its own
_HOLDS: Final = ("top_hold", "team_buy_hold", "share_group_hold", "ofp_hold", "forbid_consign")
#: a line's refund that stops nothing (any more)
_NO_REFUND: Final = frozenset({"", "NO_REFUND", "CLOSED", "SELLER_REFUSE_BUYER"})
_FLAGS: Final = (Flag.NONE, Flag.RED, Flag.YELLOW, Flag.GREEN, Flag.BLUE, Flag.PURPLE)


def order_of(trade: Fields) -> ChannelOrder:
    """One trade of `trade.fullinfo.get`.

    Raises:
        ContractBroken: a promised field is missing or is not what was promised; `code` is its path.
    """
    status = trade.text("status")
    lines = lines_of(trade)
    paid_at = trade.china_or_none("pay_time")
    is_closed = status in (_CLOSED, _CLOSED_UNPAID)
    return ChannelOrder(
        order_no=trade.id("tid"),
        version=0,
        modified_at=trade.china("modified"),
        placed_at=trade.china("created"),
        paid_at=paid_at,
        payment=_payment_of(status, lines, is_paid=paid_at is not None),
        channel_status=_word_of(trade, status),
        is_closed=is_closed,
        is_shipped=status in _SHIPPED,
        is_completed=status == _FINISHED,
        # buyers the platform does not name are not one and the same
        buyer_key=trade.text_or_blank("buyer_open_uid") or f"order:{trade.id('tid')}",
        buyer_name=trade.text_or_blank("buyer_nick"),
        consignee=_consignee_of(trade),
        lines=lines,
        amount_fen=trade.yuan("payment"),
        freight_fen=trade.yuan("post_fee"),
        buyer_note=trade.text_or_blank("buyer_message"),
        seller_note=trade.text_or_blank("seller_memo"),
        order_type=_type_of(trade),
        ship_by_at=_moment_or_none(trade, "delivery_time"),
        stopped_for="" if is_closed else _stopped_for(trade, status),
        shipped=_parcels_of(trade),
        seller_flag=_flag_of(trade),
        is_cod=trade.text_or_blank("type") == "cod",
        raw=trade.mapping,
    )


def lines_of(trade: Fields) -> Sequence[ChannelOrderLine]:
    """The lines of a trade, which the platform calls orders."""
    rows = trade.child_or_empty("orders").rows("order")
    if not rows:
        raise trade.broken("orders")
    return tuple(_line_of(row) for row in rows)


def _line_of(row: Fields) -> ChannelOrderLine:
    return ChannelOrderLine(
        line_no=row.id("oid"),
        item_id=row.id("num_iid"),
        channel_sku_id=row.id_or_blank("sku_id"),
        merchant_code=row.text_or_blank("outer_sku_id") or row.text_or_blank("outer_iid"),
        title=row.text_or_blank("title"),
        spec=row.text_or_blank("sku_properties_name"),
        qty=row.qty("num"),
        unit_price_fen=row.yuan("price"),
        after_sale=after_sale_of(row),
        is_gift=_is_on(row, "is_free_gift"),
    )


def after_sale_of(row: Fields) -> str:
    """One of none | requested | refunded; a line the platform has closed must never be sent, paid or not."""
    if row.text_or_blank("status") in (_CLOSED, _CLOSED_UNPAID):
        return "refunded"
    refund = row.text_or_blank("refund_status")
    if refund in _NO_REFUND:
        return "none"
    return "refunded" if refund == "SUCCESS" else "requested"


def _payment_of(status: str, lines: Sequence[ChannelOrderLine], *, is_paid: bool) -> str:
    if status in _UNPAID or status == _CLOSED_UNPAID:
        return "unpaid"
    if status == _CLOSED:
        return "refunded"
    if status not in _KNOWN and not is_paid:
        return "unpaid"
    gone = [line.after_sale == "refunded" for line in lines]
    if all(gone):
        return "refunded"
    return "partly_refunded" if any(gone) else "paid"


def _word_of(trade: Fields, status: str) -> str:
    """The step of a presale says more than that it waits for money: the deposit may be there."""
    step = trade.text_or_blank("step_trade_status")
    return step if step and status in _UNPAID else status


def _type_of(trade: Fields) -> str:
    kind = trade.text_or_blank("type")
    if kind == "step" or _is_on(trade, "new_presell"):
        return "presale"
    return "cross_border" if kind == "tmall_i18n" else "normal"


def _stopped_for(trade: Fields, status: str) -> str:
    if status == _FORBIDDEN or status not in _KNOWN:
        return status
    return next((name for name in _HOLDS if _is_on(trade, name)), "")


def _is_on(fields: Fields, name: str) -> bool:
    """The platform writes such marks as a number, as text or as true."""
    return str(fields.mapping.get(name) or "").lower() not in ("", "0", "false", "none")


def _flag_of(trade: Fields) -> str:
    flag = trade.whole_or("seller_flag", 0)
    return _FLAGS[flag] if 0 <= flag < len(_FLAGS) else Flag.NONE


def _moment_or_none(trade: Fields, name: str) -> datetime | None:
    """A promise, which some kinds of trade write in words: no reason to refuse the trade."""
    try:
        return trade.china_or_none(name)
    except ContractBroken:
        return None


def _consignee_of(trade: Fields) -> Consignee:
    name = trade.text_or_blank("receiver_name")
    phone = trade.text_or_blank("receiver_mobile") or trade.text_or_blank("receiver_phone")
    address = trade.text_or_blank("receiver_town") + trade.text_or_blank("receiver_address")
    token = trade.text_or_blank("oaid")
    return Consignee(
        name=name,
        phone=phone,
        province=trade.text_or_blank("receiver_state"),
        city=trade.text_or_blank("receiver_city"),
        district=trade.text_or_blank("receiver_district"),
        address=address,
        postcode=trade.text_or_blank("receiver_zip"),
        token=token,
        is_masked=bool(token) or "*" in name + phone + address,
    )


def _parcels_of(trade: Fields) -> Sequence[ShippedParcel]:
    """A line names one number: of a line in several parcels only the newest is told here."""
    found: dict[tuple[str, str], list[tuple[str, int]]] = {}
    for row in trade.child_or_empty("orders").rows("order"):
        number = row.text_or_blank("invoice_no")
        if number:
            key = (our_code(row.text_or_blank("logistics_company")), number)
            found.setdefault(key, []).append((row.id("oid"), row.qty("num")))
    return tuple(ShippedParcel(carrier, number, tuple(lines)) for (carrier, number), lines in found.items())
