"""Telling the platform that a parcel left: whole trades, lines, parts of a line, another number for what was told.

The trade is read before, and again after a lost answer or a refusal: what is told already is told.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from core.channels.contract import (
    CANNOT,
    CARRIER_REFUSED,
    KEPT_BACK,
    NOT_PAID,
    ORDER_CLOSED,
    REFUND_OPEN,
    SHIPPED_OTHERWISE,
    UNKNOWN_ORDER,
    WAYBILL_REFUSED,
    ShipmentNotice,
)
from core.channels.fields import Fields
from core.channels.taobao.carriers import Company, companies_of, company_for
from core.channels.taobao.client import TopClient
from core.channels.taobao.memory import ShopMemory
from core.channels.taobao.orders import after_sale_of, order_of
from core.channels.taobao.reading import TradeReader, is_unknown
from core.runtime.remote_errors import ChannelError, Rejected, Temporary

_OFFLINE: Final = "taobao.logistics.offline.send"
_ONLINE: Final = "taobao.logistics.online.send"
_RESEND: Final = "taobao.logistics.consign.resend"
_PARTS: Final = "alibaba.ascp.logistics.offline.send"

#: the end of the platform's code -> (ours, what it means)
_REFUSALS: Final[Mapping[str, tuple[str, str]]] = {
    **dict.fromkeys(
        ("B60", "F", "F01", "F02", "F03", "F04", "F05", "F06", "P10"),
        (WAYBILL_REFUSED, "Taobao does not take this waybill number: it is wrong, used, or another receiver's"),
    ),
    **dict.fromkeys(
        ("B56", "B57", "B58", "B52", "B105"),
        (CARRIER_REFUSED, "Taobao does not take this carrier for this order"),
    ),
    **dict.fromkeys(("B01", "P02", "ORDER_NOT_FOUND_ERROR"), (UNKNOWN_ORDER, "Taobao does not know this order")),
    "CD31": (CANNOT, "Taobao wants lines of this order that belong together in one parcel"),
    "B98": (CANNOT, "Taobao wants this kind of order told in another way; do it in the seller's pages"),
}
_PASSING: Final = frozenset({"S01", "B150", "R98"})
#: the trade was split before: every call has to name its lines; or it was not, and none may
_NAME_LINES: Final = frozenset({"CD22", "CD23", "CD24", "CD27"})
_NAME_NONE: Final = frozenset({"CD29"})
_UNCHANGED: Final = "P07"
_LINE_DONE: Final = frozenset({"WAIT_BUYER_CONFIRM_GOODS", "TRADE_BUYER_SIGNED", "TRADE_FINISHED"})


@dataclass(frozen=True, slots=True)
class _Line:
    oid: str
    qty: int
    number: str
    is_done: bool
    after_sale: str


@dataclass(frozen=True, slots=True)
class _Trade:
    """What matters of a trade for telling a parcel."""

    fields: Fields
    lines: Mapping[str, _Line]

    @classmethod
    def of(cls, fields: Fields) -> "_Trade":
        whole_is_done = fields.text("status") in _LINE_DONE
        lines = [_line_of(row, whole_is_done) for row in fields.child_or_empty("orders").rows("order")]
        return cls(fields, {line.oid: line for line in lines})

    def knows(self, notice: ShipmentNotice) -> bool:
        """Whether this very parcel was told already."""
        asked = [self.lines.get(no) for no, _qty in notice.lines]
        return bool(asked) and all(line is not None and line.number == notice.waybill_no for line in asked)

    def check(self, notice: ShipmentNotice) -> None:
        """Refuse what cannot be told.

        Raises:
            Rejected: with the reason.
        """
        order = order_of(self.fields)
        if order.is_closed:
            raise Rejected("Taobao has closed this order", code=ORDER_CLOSED)
        asked = [(self.lines.get(no), qty) for no, qty in notice.lines]
        if not asked or any(line is None or not 1 <= qty <= line.qty for line, qty in asked):
            raise Rejected("Taobao does not have these goods in this order", code="line_not_found")
        lines = [line for line, _qty in asked if line is not None]
        if self.replaced(notice):
            return
        if any(line.after_sale == "refunded" for line in lines):
            raise Rejected("Taobao has paid a line of this parcel back", code=ORDER_CLOSED)
        if any(line.is_done for line in lines):
            raise Rejected("Taobao has these goods as sent, with another number", code=SHIPPED_OTHERWISE)
        if any(line.after_sale == "requested" for line in lines):
            raise Rejected("The buyer has asked for a refund of this parcel's goods", code=REFUND_OPEN)
        if order.payment == "unpaid" and not order.is_cod:
            raise Rejected("Taobao says that this order is not paid", code=NOT_PAID)
        if order.stopped_for:
            raise Rejected(f"Taobao keeps this order back: {order.stopped_for}", code=KEPT_BACK)
        if self.takes_parts(notice) and not self._may_be_parted():
            raise Rejected("Taobao wants all units of a line of this order in one parcel", code=CANNOT)

    def _may_be_parted(self) -> bool:
        agreed = self.fields.child_or_empty("logistics_agreement").mapping.get("no_detail_part_consign")
        return str(agreed) not in ("1", "True")

    def replaced(self, notice: ShipmentNotice) -> bool:
        """Whether the parcel was told with the number that is called off."""
        numbers = {self.lines[no].number for no, _qty in notice.lines if no in self.lines}
        return bool(notice.replaces) and notice.replaces in numbers

    @property
    def was_split(self) -> bool:
        """Whether parts of it were told before."""
        sendable = [line for line in self.lines.values() if line.after_sale != "refunded"]
        numbers = {line.number for line in sendable}
        return self.fields.text("status") == "SELLER_CONSIGNED_PART" or len(numbers) > 1

    def takes_parts(self, notice: ShipmentNotice) -> bool:
        """Whether the parcel holds part of a line, or the rest of one."""
        return any(qty < self.lines[no].qty for no, qty in notice.lines)

    def is_whole(self, notice: ShipmentNotice) -> bool:
        """Whether the parcel holds everything there is to send."""
        sendable = {no for no, line in self.lines.items() if line.after_sale != "refunded"}
        return not self.was_split and sendable == {no for no, _qty in notice.lines}


def _line_of(row: Fields, whole_is_done: bool) -> _Line:
    status = row.text_or_blank("status")
    return _Line(
        oid=row.id("oid"),
        qty=row.qty("num"),
        number=row.text_or_blank("invoice_no"),
        is_done=status in _LINE_DONE or (whole_is_done and not status),
        after_sale=after_sale_of(row),
    )


class Shipping:
    """Tells parcels of one shop."""

    def __init__(self, client: TopClient, trades: TradeReader, memory: ShopMemory) -> None:
        self._client = client
        self._trades = trades
        self._memory = memory

    def confirm(self, notice: ShipmentNotice) -> None:
        """See `Channel.confirm_shipment`."""
        trade = self._trade(notice.order_no)
        if trade.knows(notice):
            return
        trade.check(notice)
        company = self._company(notice)
        try:
            self._send(trade, notice, company)
        except ChannelError as error:
            self._settle(notice, error)

    def _trade(self, order_no: str) -> _Trade:
        fields = self._trades.one(order_no)
        if fields is None:
            raise Rejected("Taobao does not know this order", code=UNKNOWN_ORDER)
        return _Trade.of(fields)

    def _company(self, notice: ShipmentNotice) -> Company:
        company = company_for(notice.carrier_code, self._companies())
        if company is None:
            raise Rejected("Taobao does not have this carrier in its list", code=CARRIER_REFUSED)
        if not _fits(company.pattern, notice.waybill_no):
            raise Rejected("This number does not look like one of this carrier's", code=WAYBILL_REFUSED)
        return company

    def _companies(self) -> Sequence[Company]:
        now = self._client.server_now()
        known = self._memory.companies(now)
        if known is None:
            asked = {"fields": "id,code,name,reg_mail_no"}
            known = companies_of(self._client.read("taobao.logistics.companies.get", asked).fields)
            self._memory.keep_companies(known, now)
        return known

    def _send(self, trade: _Trade, notice: ShipmentNotice, company: Company) -> None:
        told = {"tid": notice.order_no, "company_code": company.code, "out_sid": notice.waybill_no}
        split = {"is_split": "1", "sub_tid": ",".join(no for no, _qty in notice.lines)}
        if trade.replaced(notice):
            self._flagged(_RESEND, told, split, is_split=trade.was_split)
        elif trade.takes_parts(notice):
            self._told(_PARTS, _parts(trade, notice, company))
        else:
            is_cod = trade.fields.text_or_blank("type") == "cod"
            self._flagged(_ONLINE if is_cod else _OFFLINE, told, split, is_split=not trade.is_whole(notice))

    def _flagged(self, method: str, told: Mapping[str, str], split: Mapping[str, str], *, is_split: bool) -> None:
        """Whether lines have to be named depends on what was told before, which the platform knows best."""
        try:
            self._told(method, {**told, **split} if is_split else told)
        except Rejected as error:
            wants_other = _NAME_NONE if is_split else _NAME_LINES
            if _ending(error) not in wants_other:
                raise
            self._told(method, told if is_split else {**told, **split})

    def _told(self, method: str, params: Mapping[str, str]) -> None:
        answer = self._client.write(method, params).fields
        shipping, result = answer.child_or_empty("shipping"), answer.child_or_empty("result")
        if False in (shipping.mapping.get("is_success"), result.mapping.get("success")):
            raise Rejected("Taobao did not take the parcel", code="not_taken")

    def _settle(self, notice: ShipmentNotice, error: ChannelError) -> None:
        """Look whether it was told in spite of the error, and say what really stands against it."""
        try:
            trade = self._trade(notice.order_no)
        except ChannelError:
            raise error from None
        if trade.knows(notice):
            return
        if isinstance(error, Rejected):
            trade.check(notice)
            raise _meant(error)
        raise error


def _parts(trade: _Trade, notice: ShipmentNotice, company: Company) -> Mapping[str, str]:
    goods = [{"sub_tid": int(no), "num": qty, "item_type": 0} for no, qty in notice.lines]
    package = {"out_sid": notice.waybill_no, "company_code": company.code, "goods": goods}
    status = [{"sub_tid": int(no), "is_part_consign": qty < trade.lines[no].qty} for no, qty in notice.lines]
    return {
        "tid": notice.order_no,
        "consign_type": "1",
        "consign_pkgs": _json([package]),
        "consign_status": _json(status),
    }


def _json(value: Sequence[object]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _fits(pattern: str, number: str) -> bool:
    """A pattern that nobody can read refuses nothing: the platform decides then."""
    if not pattern:
        return True
    try:
        return re.fullmatch(pattern, number) is not None
    except re.error:
        return True


def _ending(error: Rejected) -> str:
    return error.code.rpartition(":")[2]


def _meant(error: Rejected) -> ChannelError:
    ending = _ending(error)
    if ending in _PASSING:
        return Temporary("Taobao could not take the parcel at the moment", code=error.code)
    if ending in _REFUSALS:
        code, sentence = _REFUSALS[ending]
        return Rejected(sentence, code=code)
    if is_unknown(error):
        return Rejected("Taobao does not know this order", code=UNKNOWN_ORDER)
    if ending == _UNCHANGED:
        return Rejected("Taobao has this number already, for other goods", code=SHIPPED_OTHERWISE)
    return error
