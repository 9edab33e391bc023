"""JD's two lists of after-sale as canonical cases: refunds before the goods left, and services after it. Pure."""

from typing import Final

from core.channels.aftersale_contract import AfterSaleKind, AfterSaleState, ChannelAfterSale
from core.channels.fields import Fields

#: before the number of a refund, which is counted apart from the services' numbers
REFUND_MARK: Final = "R"

#: as JD's comment to the call lists them; what it does not list is a person's to look at
_REFUND_STATES: Final = {
    "0": AfterSaleState.REQUESTED,
    "1": AfterSaleState.AGREED,
    "2": AfterSaleState.REFUSED,
    "3": AfterSaleState.DONE,
    "4": AfterSaleState.REFUSED,
    "5": AfterSaleState.AGREED,
    "6": AfterSaleState.DONE,
    "9": AfterSaleState.DONE,
    "11": AfterSaleState.CLOSED,
    "18": AfterSaleState.CLOSED,
}
_SERVICE_DONE: Final = "13"
_SERVICE_FAILED: Final = "14"


def refund_no_of(fields: Fields) -> str:
    """The number by which a request to cancel is known here."""
    return f"{REFUND_MARK}{fields.id('id')}"


def service_no_of(fields: Fields) -> str:
    """The number of a service."""
    return fields.child("sameOrderServiceBill").id("serviceId")


def refund_of(fields: Fields) -> ChannelAfterSale:
    """A request to cancel before the goods left; it is about the whole order.

    Raises:
        ContractBroken: a promised field is missing or is not what was promised.
    """
    requested_at = fields.china("applyTime")
    status = fields.id("status")
    return ChannelAfterSale(
        case_no=refund_no_of(fields),
        order_no=fields.id("orderId"),
        lines=(),
        kind=AfterSaleKind.REFUND,
        state=_REFUND_STATES.get(status, AfterSaleState.UNKNOWN),
        channel_state=status,
        refund_fen=fields.fen("applyRefundSum"),
        modified_at=max(fields.china_or_none("checkTime") or requested_at, requested_at),
        requested_at=requested_at,
        goods_were_sent=False,
        reason=fields.id_or_blank("reason"),
        raw=fields.mapping,
    )


def service_of(fields: Fields) -> ChannelAfterSale:
    """A service for goods that had left, with its refund; JD tells neither its steps nor whether goods come back.

    Raises:
        ContractBroken: as `refund_of`.
    """
    bill = fields.child("sameOrderServiceBill")
    requested_at = bill.china_or_none("applyTime")
    approved_at = bill.china_or_none("approvedDate")
    ended_at = fields.china_or_none("completeTime")
    times = [at for at in (requested_at, approved_at, ended_at) if at is not None]
    if not times:
        raise bill.broken("applyTime")
    status = fields.id_or_blank("status")
    return ChannelAfterSale(
        case_no=service_no_of(fields),
        order_no=bill.id("orderId"),
        lines=(),
        kind=AfterSaleKind.OTHER,
        state=_service_state(status, is_approved=approved_at is not None),
        channel_state=bill.text_or_blank("serviceStateName") or status,
        refund_fen=fields.yuan("refoundAmount"),
        modified_at=max(times),
        requested_at=min(times),
        goods_were_sent=True,
        reason=bill.text_or_blank("applyReason"),
        raw=fields.mapping,
    )


def _service_state(status: str, *, is_approved: bool) -> AfterSaleState:
    if status == _SERVICE_DONE:
        return AfterSaleState.DONE
    if status == _SERVICE_FAILED:
        # refused or withdrawn: JD has one word for both, and neither lets money go
        return AfterSaleState.CLOSED
    return AfterSaleState.AGREED if is_approved else AfterSaleState.REQUESTED
