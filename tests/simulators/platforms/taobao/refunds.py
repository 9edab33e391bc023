"""Refunds as the platform tells them: one for each line that a buyer asks money for."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from tests.simulators.platforms.shop import Case
from tests.simulators.platforms.taobao.desk import Desk, yuan
from tests.simulators.platforms.taobao.gateway import Listed, Params, business, invalid, picked, time_text
from tests.simulators.platforms.taobao.reading import page
from tests.simulators.platforms.taobao.trades import (
    carrier_name,
    case_word,
    has_choices,
    refund_id,
    status_of,
    type_of,
)

_KINDS: Final = {
    "refund": "REFUND",
    "return": "REFUND_AND_RETURN",
    "repair": "REPAIR",
    "resend": "RESHIPPING",
    "other": "OTHERS",
}


def _rows(desk: Desk) -> Iterator[tuple[Case, str]]:
    for case in desk.shop.cases.values():
        for line_no in case.line_nos:
            yield case, line_no


def _row(desk: Desk, case: Case, line_no: str) -> dict[str, object]:
    order = desk.shop.orders[case.order_no]
    line = order.line(line_no)
    exchange = "TMALL_EXCHANGE" if desk.seller.kind == "B" else "TAOBAO_EXCHANGE"
    goes_back = case.kind in ("return", "exchange")
    row: dict[str, object] = {
        "refund_id": refund_id(case, line_no),
        "tid": int(order.no),
        "oid": int(desk.oid(order, line)),
        "status": case_word(case),
        "order_status": status_of(order),
        "good_status": _where(case),
        "has_good_return": goes_back,
        "refund_fee": yuan(line.qty * line.price_fen),
        "payment": "0.00",
        "total_fee": yuan(line.qty * line.price_fen),
        "reason": case.reason,
        "desc": "",
        "num": line.qty,
        "num_iid": int(line.goods.item_id),
        "title": line.goods.title,
        "outer_id": line.goods.code,
        "refund_phase": "aftersale" if order.state == "done" else "onsale",
        "refund_version": int(case.modified_at.timestamp() * 1000),
        "dispute_type": _KINDS.get(case.kind, exchange),
        "created": time_text(case.requested_at),
        "modified": time_text(case.modified_at),
        "buyer_open_uid": desk.buyer_open_uid(order),
        "buyer_nick": f"{order.buyer[:1]}**",
    }
    if has_choices(desk, line.goods.item_id):
        row["sku"] = f"{line.goods.sku_id}|{line.goods.spec}"
    if case.number:
        row |= {"sid": case.number, "company_name": carrier_name(case.carrier)}
    return row


def _where(case: Case) -> str:
    if case.number:
        return "BUYER_RETURNED_GOODS"
    return "BUYER_RECEIVED" if case.was_sent else "BUYER_NOT_RECEIVED"


def many(desk: Desk, params: Params) -> dict[str, object]:
    """`taobao.refunds.receive.get`."""
    since, until = params.time("start_modified"), params.time("end_modified")
    if since is not None and until is not None and not timedelta() <= until - since <= timedelta(days=1):
        raise invalid("end_modified", "时间跨度不能超过一天")
    status, kinds = params.get("status"), params.words("type")
    fields = params.words("fields")
    types = {
        desk.shop.orders[case.order_no].extra.get("type", "guarantee_trade") for case in desk.shop.cases.values()
    }
    if kinds and not types & set(kinds):
        return page(params, "refunds", Listed("refund", []), 0)
    found = [
        (case, line_no)
        for case, line_no in _rows(desk)
        if (since is None or since <= case.modified_at.replace(microsecond=0))
        and (until is None or case.modified_at.replace(microsecond=0) <= until)
        and (not status or case_word(case) == status)
        and (not kinds or type_of(desk.shop.orders[case.order_no]) in kinds)
    ]
    found.sort(key=lambda row: (row[0].modified_at.replace(microsecond=0), refund_id(*row)), reverse=True)
    number, size = params.whole("page_no", 1, 1, 10_000), params.whole("page_size", 40, 1, 100)
    shown = [picked(_row(desk, *row), fields) for row in found[(number - 1) * size : number * size]]
    return page(params, "refunds", Listed("refund", shown), len(found))


def one(desk: Desk, params: Params) -> dict[str, object]:
    """`taobao.refund.get`."""
    wanted = params.number("refund_id")
    for case, line_no in _rows(desk):
        if refund_id(case, line_no) == wanted:
            return {"refund": picked(_row(desk, case, line_no), params.words("fields"))}
    raise business("isv.refund-not-exist", "退款不存在")
