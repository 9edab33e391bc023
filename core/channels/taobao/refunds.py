"""Refunds as canonical after-sale cases: pure."""

from collections.abc import Mapping
from typing import Final

from core.channels.aftersale_contract import AfterSaleKind, AfterSaleState, ChannelAfterSale
from core.channels.fields import Fields

REFUND_FIELDS: Final = (
    "refund_id,tid,oid,status,order_status,good_status,has_good_return,refund_fee,payment,reason,desc,num,sku,outer_id,"
    "company_name,sid,refund_phase,refund_version,dispute_type,created,modified,buyer_open_uid"
)

_STATES: Final[Mapping[str, AfterSaleState]] = {
    "WAIT_SELLER_AGREE": AfterSaleState.REQUESTED,
    "WAIT_BUYER_RETURN_GOODS": AfterSaleState.TO_RETURN,
    "WAIT_SELLER_CONFIRM_GOODS": AfterSaleState.RETURNING,
    "SELLER_REFUSE_BUYER": AfterSaleState.REFUSED,
    "CLOSED": AfterSaleState.CLOSED,
    "SUCCESS": AfterSaleState.DONE,
    "WAIT_BUYER_CONFIRM_EXCHANGE_SELLER_SEND_GOODS": AfterSaleState.AGREED,
    "WAIT_SELLER_CONSIGN_GOODS": AfterSaleState.AGREED,
    "EXCHANGE_TRANSFORM_TO_REFUND": AfterSaleState.REQUESTED,
}
_KINDS: Final[Mapping[str, AfterSaleKind]] = {
    "REFUND": AfterSaleKind.REFUND,
    "REFUND_AND_RETURN": AfterSaleKind.RETURN,
    "TMALL_EXCHANGE": AfterSaleKind.EXCHANGE,
    "TAOBAO_EXCHANGE": AfterSaleKind.EXCHANGE,
    "REPAIR": AfterSaleKind.REPAIR,
    "RESHIPPING": AfterSaleKind.RESEND,
    "OTHERS": AfterSaleKind.OTHER,
}
_NOT_SENT: Final = frozenset({"WAIT_SELLER_SEND_GOODS", "PAID_FORBID_CONSIGN"})
_SENT: Final = frozenset({"WAIT_BUYER_CONFIRM_GOODS", "TRADE_BUYER_SIGNED", "TRADE_FINISHED"})


def case_of(refund: Fields) -> ChannelAfterSale:
    """One refund of `refunds.receive.get` or `refund.get`.

    Raises:
        ContractBroken: a promised field is missing or is not what was promised; `code` is its path.
    """
    status = refund.text("status")
    units = refund.whole_or("num", 0)
    return ChannelAfterSale(
        case_no=refund.id("refund_id"),
        order_no=refund.id("tid"),
        lines=((refund.id("oid"), units),) if units > 0 and refund.has("oid") else (),
        kind=_kind_of(refund),
        state=_STATES.get(status, AfterSaleState.UNKNOWN),
        channel_state=status,
        refund_fen=refund.yuan("refund_fee"),
        modified_at=refund.china("modified"),
        requested_at=refund.china("created"),
        goods_were_sent=_were_sent(refund),
        return_carrier=refund.text_or_blank("company_name"),
        return_waybill_no=refund.text_or_blank("sid"),
        reason=refund.text_or_blank("reason"),
        raw=refund.mapping,
    )


def _kind_of(refund: Fields) -> AfterSaleKind:
    word = refund.text_or_blank("dispute_type")
    if word:
        return _KINDS.get(word, AfterSaleKind.OTHER)
    return AfterSaleKind.RETURN if refund.flag("has_good_return") else AfterSaleKind.REFUND


def _were_sent(refund: Fields) -> bool | None:
    if refund.text_or_blank("refund_phase") == "aftersale":
        return True
    if refund.text_or_blank("good_status") in ("BUYER_RECEIVED", "BUYER_RETURNED_GOODS"):
        return True
    order = refund.text_or_blank("order_status")
    return True if order in _SENT else False if order in _NOT_SENT else None
