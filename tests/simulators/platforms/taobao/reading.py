"""The calls that read trades, and the seller's memo."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from tests.simulators.platforms.shop import Order
from tests.simulators.platforms.taobao.desk import Desk, place_of
from tests.simulators.platforms.taobao.gateway import Listed, Params, business, invalid, picked, time_text
from tests.simulators.platforms.taobao.trades import FLAGS, status_of, trade, type_of

#: what the lists know when no type is asked for
_USUAL_TYPES: Final = frozenset({"guarantee_trade", "auto_delivery", "ec", "cod", "step"})
#: only the single trade tells these
_ONLY_FULL: Final = frozenset({"buyer_message", "seller_memo", "promotion_details", "oaid"})
_OAID_NEEDS: Final = ("receiver_name", "receiver_address", "created", "receiver_mobile", "receiver_phone")
_OLDEST: Final = timedelta(days=90)


def by_created(desk: Desk, params: Params) -> dict[str, object]:
    """`taobao.trades.sold.get`."""
    since = params.time("start_created") or desk.now() - _OLDEST
    until = params.time("end_created") or desk.now()
    _check_age(desk, since, "start_created")
    return _list(desk, params, since, until, lambda order: order.placed_at, "buyer_open_id")


def by_modified(desk: Desk, params: Params) -> dict[str, object]:
    """`taobao.trades.sold.increment.get`."""
    since, until = _day(desk, params, "start_modified", "end_modified")
    return _list(desk, params, since, until, lambda order: order.modified_at, "buyer_open_uid")


def by_entry(desk: Desk, params: Params) -> dict[str, object]:
    """`taobao.trades.sold.incrementv.get`: by when the trade came to the seller."""
    since, until = _day(desk, params, "start_create", "end_create")
    return _list(desk, params, since, until, lambda order: order.placed_at, "buyer_open_uid")


def one(desk: Desk, params: Params) -> dict[str, object]:
    """`taobao.trade.fullinfo.get`."""
    tid, fields = params.number("tid"), params.words("fields")
    wants_oaid = params.flag("include_oaid")
    order = desk.order(tid)
    if wants_oaid and not all(name in fields for name in _OAID_NEEDS):
        raise business("isv.oaid-field-miss", "生成oaid的字段缺失")
    row = picked(trade(desk, order), [name for name in fields if name != "oaid"])
    if wants_oaid:
        row["oaid"] = desk.oaid(order)
    return {"trade": row}


def merge(desk: Desk, params: Params) -> dict[str, object]:
    """`taobao.top.oaid.merge`: which trades go to the same receiver."""
    asked = params.json("merge_list")
    if not isinstance(asked, list) or not 1 <= len(asked) <= 100:
        raise invalid("merge_list")
    groups: dict[tuple[str, ...], list[str]] = {}
    for row in asked:
        if not isinstance(row, dict) or not row.get("oaid") or not row.get("tid"):
            raise invalid("merge_list")
        tid = str(row["tid"])
        order = desk.shop.orders.get(tid)
        fits = order is not None and row["oaid"] == desk.oaid(order)
        key = place_of(order.person) if order is not None and fits else (tid,)
        groups.setdefault(key, []).append(tid)
    return {"tid_list": Listed("string", [",".join(tids) for tids in groups.values()])}


def memo(desk: Desk, params: Params) -> dict[str, object]:
    """`taobao.trade.memo.update`."""
    order = desk.order(params.number("tid"))
    text, flag = params.get("memo"), params.whole("flag", -1, 0, 5)
    if len(text.encode()) > 1000:
        raise business("isv.invalid-parameter:memo", "备注内容超过1000字节")
    if params.flag("reset"):
        text = ""
    elif not text:
        text = order.seller_note
    desk.shop.write_note(order.no, text, None if flag < 0 else FLAGS[flag])
    return {"trade": {"tid": int(order.no), "modified": time_text(order.modified_at)}}


def _day(desk: Desk, params: Params, first: str, last: str) -> tuple[datetime, datetime]:
    params.need(first)
    params.need(last)
    since, until = params.time(first), params.time(last)
    if since is None or until is None or until < since:
        raise invalid(last)
    if until - since > timedelta(days=1):
        raise invalid(last, "时间跨度不能超过一天")
    _check_age(desk, since, first)
    return since, until


def _check_age(desk: Desk, since: datetime, name: str) -> None:
    if desk.now() - since > _OLDEST + timedelta(minutes=5):
        raise invalid(name, "只能查询三个月以内的数据")


def _fits_status(order: Order, asked: str) -> bool:
    if asked == "ALL_WAIT_PAY":
        return status_of(order) in ("WAIT_BUYER_PAY", "TRADE_NO_CREATE_PAY")
    if asked == "ALL_CLOSED":
        return status_of(order) in ("TRADE_CLOSED", "TRADE_CLOSED_BY_TAOBAO")
    return not asked or status_of(order) == asked


def _list(
    desk: Desk,
    params: Params,
    since: datetime,
    until: datetime,
    time_of: Callable[[Order], datetime],
    buyer_name: str,
) -> dict[str, object]:
    fields = [name for name in params.words("fields") if name.partition(".")[0] not in _ONLY_FULL]
    asked, status, buyer = params.words("type"), params.get("status"), params.get(buyer_name)
    types = frozenset(asked) or _USUAL_TYPES
    found = [
        order
        for order in desk.shop.orders.values()
        if since <= time_of(order).replace(microsecond=0) <= until
        and type_of(order) in types
        and _fits_status(order, status)
        and (not buyer or desk.buyer_open_uid(order) == buyer)
    ]
    found.sort(key=lambda order: (time_of(order).replace(microsecond=0), order.no), reverse=True)
    rows = [picked(trade(desk, order), fields) for order in paged(params, found)]
    return page(params, "trades", Listed("trade", rows), len(found))


def paged(params: Params, found: Sequence[Order]) -> Sequence[Order]:
    """The rows of the asked page."""
    number, size = params.whole("page_no", 1, 1, 10_000), params.whole("page_size", 40, 1, 100)
    return found[(number - 1) * size : number * size]


def page(params: Params, name: str, rows: Listed, total: int) -> dict[str, object]:
    """A page: with its total, or only with whether there are more."""
    number, size = params.whole("page_no", 1, 1, 10_000), params.whole("page_size", 40, 1, 100)
    if params.flag("use_has_next"):
        return {name: rows, "has_next": number * size < total}
    return {name: rows, "total_results": total}
