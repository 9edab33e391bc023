"""Telling Douyin that a parcel left: which call, what it means when it was told before, and another number."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from core.channels.contract import (
    CARRIER_REFUSED,
    KEPT_BACK,
    NOT_PAID,
    ORDER_CLOSED,
    REFUND_OPEN,
    SHIPPED_OTHERWISE,
    UNKNOWN_ORDER,
    ChannelOrder,
    ShipmentNotice,
)
from core.channels.douyin import mapper
from core.channels.douyin.carriers import code_there, words_of
from core.channels.douyin.client import DouyinClient
from core.channels.douyin.errors import IN_PACKS, ORDERS, REPLACING, SENDING
from core.channels.fields import Fields
from core.runtime.remote_errors import ChannelError, ContractBroken, Rejected, Temporary

#: after these the order is read again: it may have been done, by us or by somebody else
_LOOK_AGAIN: Final = frozenset({SHIPPED_OTHERWISE, ORDER_CLOSED, IN_PACKS})


@dataclass(frozen=True, slots=True)
class Known:
    """An order as it is now, with its parcels as Douyin keeps them."""

    order: ChannelOrder
    packs: Sequence[mapper.Pack]

    def sent(self) -> Mapping[str, int]:
        """Units in parcels, by line; a parcel that does not say what is in it holds everything."""
        sent: dict[str, int] = {}
        for pack in self.packs:
            for line_no, qty in self.held(pack).items():
                sent[line_no] = sent.get(line_no, 0) + qty
        return sent

    def held(self, pack: mapper.Pack) -> Mapping[str, int]:
        """What is in a parcel."""
        return pack.lines or {line.line_no: line.qty for line in self.order.lines}


class Teller:
    """Tells parcels of one shop."""

    def __init__(self, client: DouyinClient) -> None:
        self._client = client

    def tell(self, notice: ShipmentNotice) -> None:
        """Tell one parcel, or put its number in the place of `notice.replaces`.

        Raises:
            Rejected: with one of the codes of the contract where it is one of those reasons.
            ChannelError: the other four kinds; `Temporary` leaves it open whether it was done.
        """
        known = self._known(notice.order_no)
        if _is_told(known, notice):
            return
        company = self._company(notice.carrier_code)
        old = next((pack for pack in known.packs if notice.replaces and pack.number == notice.replaces), None)
        try:
            if old is not None:
                self._replace(known, old, notice, company)
            else:
                _refuse_impossible(known, notice)
                self._send(known, notice, company)
        except (Temporary, Rejected) as error:
            self._settle(notice, error)

    def _settle(self, notice: ShipmentNotice, error: ChannelError) -> None:
        """The call may have arrived although its answer did not, or somebody else told the same parcel."""
        if isinstance(error, Rejected) and error.code not in _LOOK_AGAIN:
            raise error
        if not _is_told(self._known(notice.order_no), notice):
            raise error

    def _known(self, order_no: str) -> Known:
        raw = raw_order(self._client, order_no)
        if raw is None:
            raise Rejected("Douyin does not know this order", code=UNKNOWN_ORDER)
        return Known(mapper.order_of(raw), mapper.packs_of(raw))

    def _company(self, carrier_code: str) -> str:
        """Douyin's code of a carrier: from the table here, else by its name or code in Douyin's own list."""
        found = code_there(carrier_code)
        if found:
            return found
        rows = self._client.ask("/order/logisticsCompanyList", {}).data
        if not isinstance(rows, list):
            raise ContractBroken("The answer is not what its document promises", code="companies")
        known: dict[str, str] = {}
        for row in (Fields(raw, "companies") for raw in rows):
            code = row.text("code")
            known |= {code.casefold(): code, row.text_or_blank("name").casefold(): code}
        for word in words_of(carrier_code):
            if word and word.casefold() in known:
                return known[word.casefold()]
        raise Rejected(f"Douyin has no carrier {carrier_code}", code=CARRIER_REFUSED)

    def _send(self, known: Known, notice: ShipmentNotice, company: str) -> None:
        asked = _asked(notice)
        shipped = [{"shipped_order_id": line_no, "shipped_num": qty} for line_no, qty in asked.items()]
        # the parcel's own words; a refund that was asked for meanwhile makes every one of these calls fail
        parcel: dict[str, object] = {"company_code": company, "logistics_code": notice.waybill_no}
        left = _left(known)
        if not known.packs and asked == left:
            whole = {"order_id": notice.order_no, "is_reject_refund": False, **parcel}
            self._client.tell("/order/logisticsAdd", whole, SENDING)
        elif all(left[line_no] == qty for line_no, qty in asked.items()):
            self._client.tell_keyed(
                "/order/logisticsAddSinglePack",
                {
                    "order_id_list": [notice.order_no],
                    "shipped_order_info": shipped,
                    "request_id": notice.key,
                    "is_reject_refund": False,
                    **parcel,
                },
                SENDING,
            )
        else:
            self._client.tell_keyed(
                "/order/logisticsAddMultiPack",
                {
                    "order_id": notice.order_no,
                    "request_id": notice.key,
                    "is_reject_refund": False,
                    "pack_list": [{"shipped_order_info": shipped, **parcel}],
                },
                SENDING,
            )

    def _replace(self, known: Known, old: mapper.Pack, notice: ShipmentNotice, company: str) -> None:
        change: dict[str, object] = {
            "order_id": notice.order_no,
            "company_code": company,
            "logistics_code": notice.waybill_no,
        }
        if len(known.packs) == 1:
            try:
                self._client.tell("/order/logisticsEdit", change, REPLACING)
            except Rejected as error:
                if error.code != IN_PACKS or not old.id:
                    raise
            else:
                return
        # told in parts: the order's number alone no longer says which of its parcels is meant
        self._client.tell("/order/logisticsEditByPack", {**change, "pack_id": old.id}, REPLACING)


def raw_order(client: DouyinClient, order_no: str) -> Mapping[str, object] | None:
    """An order's detail as it came, None where Douyin does not know it.

    Raises:
        ChannelError: one of the five kinds.
    """
    if not (order_no.isascii() and order_no.isdigit()):
        return None
    try:
        data = client.ask("/order/orderDetail", {"shop_order_id": order_no}, ORDERS).data
    except Rejected as error:
        if error.code == UNKNOWN_ORDER:
            return None
        raise
    detail = Fields(data, "detail").mapping.get("shop_order_detail")
    if detail is None:
        return None
    fields = Fields(detail, "detail")
    if fields.id("order_id") != order_no:
        raise ContractBroken("Douyin answered with another order", code="detail.order_id")
    return fields.mapping


def _asked(notice: ShipmentNotice) -> dict[str, int]:
    asked: dict[str, int] = {}
    for line_no, qty in notice.lines:
        asked[line_no] = asked.get(line_no, 0) + qty
    return asked


def _left(known: Known) -> dict[str, int]:
    """Units still to be sent, by line, without what was paid back."""
    sent = known.sent()
    units = {
        line.line_no: line.qty - sent.get(line.line_no, 0)
        for line in known.order.lines
        if line.after_sale != "refunded"
    }
    return {line_no: qty for line_no, qty in units.items() if qty > 0}


def _is_told(known: Known, notice: ShipmentNotice) -> bool:
    """Whether a parcel with this number holds these goods.

    Raises:
        Rejected: SHIPPED_OTHERWISE; it holds other goods.
    """
    asked = _asked(notice)
    told: dict[str, int] = {}
    packs = [pack for pack in known.packs if pack.number == notice.waybill_no]
    for pack in packs:
        for line_no, qty in known.held(pack).items():
            told[line_no] = told.get(line_no, 0) + qty
    if packs and any(told.get(line_no, 0) < qty for line_no, qty in asked.items()):
        raise Rejected("Douyin has this waybill number with other goods", code=SHIPPED_OTHERWISE)
    return bool(packs)


def _refuse_impossible(known: Known, notice: ShipmentNotice) -> None:
    order, asked = known.order, _asked(notice)
    lines = {line.line_no: line for line in order.lines}
    if not asked or any(qty < 1 or line_no not in lines for line_no, qty in asked.items()):
        raise Rejected("These are not the goods of the order", code="unknown_line")
    if order.payment == "unpaid" and not order.is_closed:
        raise Rejected("Douyin says that this order is not paid", code=NOT_PAID)
    if any(lines[line_no].after_sale == "requested" for line_no in asked):
        raise Rejected("The buyer has asked for a refund: answer that first", code=REFUND_OPEN)
    refunded = any(lines[line_no].after_sale == "refunded" for line_no in asked)
    if refunded or (order.is_closed and not order.is_shipped):
        raise Rejected("Douyin has closed or refunded this order: nothing may be sent for it", code=ORDER_CLOSED)
    if order.stopped_for:
        raise Rejected("Douyin does not let this order go yet", code=KEPT_BACK)
    left = _left(known)
    if any(left.get(line_no, 0) < qty for line_no, qty in asked.items()):
        raise Rejected("Douyin already has these goods as sent, with another number", code=SHIPPED_OTHERWISE)
