"""Pinduoduo's lists of orders and refunds: short windows, newest first, computed anew for every page."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

from tests.simulators.platforms import pdd_orders as words
from tests.simulators.platforms.pdd_wire import RefusedError, flag, needed, whole
from tests.simulators.platforms.shop import Case, Order, Shop

LONGEST_CHANGE: Final = timedelta(minutes=30)
LONGEST_CONFIRM: Final = timedelta(hours=24)
TOO_NEW: Final = timedelta(minutes=3)
REACHES_BACK: Final = timedelta(days=90)
_LATEST: Final = 4_000_000_000
_MOST_NUMBERS: Final = 100

Row = TypeVar("Row")


class Lists:
    """The reading calls; `phone_only` says how receivers come at the moment."""

    def __init__(self, now: Callable[[], datetime], phone_only: Callable[[], bool]) -> None:
        self._now = now
        self._phone_only = phone_only

    def changed(self, shop: Shop, asked: Mapping[str, str]) -> dict[str, object]:
        """pdd.order.number.list.increment.get"""
        whole(asked, "is_lucky_flag", 0, 2)
        since, until = self._window(asked, "updated_at", LONGEST_CHANGE)
        if until > self._now() - TOO_NEW:
            raise RefusedError(10000, "end_updated_at需小于系统时间3分钟")
        found = self._chosen(shop, asked, lambda order: order.modified_at, since, until)
        rows, rest = _paged(asked, found)
        return {"order_sn_list": [self._full(shop, order) for order in rows], **rest}

    def confirmed(self, shop: Shop, asked: Mapping[str, str]) -> dict[str, object]:
        """pdd.order.list.get"""
        rows, rest = self._by_confirmation(shop, asked)
        return {"order_list": [self._full(shop, order, as_text=True) for order in rows], **rest}

    def confirmed_basic(self, shop: Shop, asked: Mapping[str, str]) -> dict[str, object]:
        """pdd.order.basic.list.get"""
        rows, rest = self._by_confirmation(shop, asked)
        return {"order_list": [words.basic_row(shop, order) for order in rows], **rest}

    def detail(self, shop: Shop, asked: Mapping[str, str]) -> dict[str, object]:
        """pdd.order.information.get"""
        order = shop.orders.get(needed(asked, "order_sn"))
        if order is None or not words.is_visible(order):
            raise RefusedError(50001, "订单不存在")
        return {"order_info": self._full(shop, order)}

    def statuses(self, shop: Shop, asked: Mapping[str, str]) -> dict[str, object]:
        """pdd.order.status.get; the number of the order is `orderSn` here"""
        rows: list[dict[str, object]] = []
        for number in _numbers(asked):
            order = shop.orders.get(number)
            if order is None or not words.is_visible(order):
                rows.append({"orderSn": number, "order_status": 0, "refund_status": 0})
                continue
            status, refund = words.order_status(order), words.refund_status(shop, order)
            rows.append({"orderSn": number, "order_status": status, "refund_status": refund})
        return {"order_status_list": rows}

    def refunds(self, shop: Shop, asked: Mapping[str, str]) -> dict[str, object]:
        """pdd.refund.list.increment.get; with a number of an order, all cases of it and nothing else counts"""
        status = whole(asked, "after_sales_status", 0, 40)
        kind = whole(asked, "after_sales_type", 1, 6)
        if asked.get("order_sn"):
            found = [case for case in shop.cases.values() if case.order_no == asked["order_sn"]]
        else:
            since, until = self._window(asked, "updated_at", LONGEST_CHANGE)
            found = [
                case
                for case in shop.cases.values()
                if since <= _second(case.modified_at) <= until
                and kind in (1, words.case_type(case) + 1)
                and status in (0, 1, words.after_sales_status(case))
            ]
        found.sort(key=lambda case: (case.modified_at, case.no), reverse=True)
        rows, rest = _paged(asked, found)
        return {"refund_list": [words.refund_row(shop.orders[case.order_no], case) for case in rows], **rest}

    def refund(self, shop: Shop, asked: Mapping[str, str]) -> dict[str, object]:
        """pdd.refund.information.get: no table around the answer"""
        cases = shop.cases_of(needed(asked, "order_sn"))
        wanted = asked.get("after_sales_id", "")
        found: list[Case] = [case for case in cases if not wanted or case.no == wanted]
        if not found:
            raise RefusedError(50001, "售后单不存在")
        case = found[-1]
        return words.refund_detail(shop.orders[case.order_no], case)

    def open_refunds(self, shop: Shop, asked: Mapping[str, str]) -> dict[str, object]:
        """pdd.refund.status.check"""
        known = [shop.orders[number] for number in _numbers(asked) if number in shop.orders]
        return {
            "order_sns_exists_refund": [
                {"order_sn": order.no} for order in known if words.refund_status(shop, order) != 1
            ]
        }

    def _full(self, shop: Shop, order: Order, *, as_text: bool = False) -> dict[str, object]:
        return words.full_row(shop, order, phone_only=self._phone_only(), ids_as_text=as_text)

    def _by_confirmation(self, shop: Shop, asked: Mapping[str, str]) -> tuple[list[Order], dict[str, object]]:
        since, until = self._window(asked, "confirm_at", LONGEST_CONFIRM)

        def confirmed_at(order: Order) -> datetime:
            is_grouping = order.stopped_for == words.GROUPING
            return datetime.min.replace(tzinfo=UTC) if is_grouping else order.paid_at or order.placed_at

        return _paged(asked, self._chosen(shop, asked, confirmed_at, since, until))

    def _chosen(
        self,
        shop: Shop,
        asked: Mapping[str, str],
        time_of: Callable[[Order], datetime],
        since: datetime,
        until: datetime,
    ) -> list[Order]:
        status = whole(asked, "order_status", 1, 5)
        refund = whole(asked, "refund_status", 1, 5)
        kind = whole(asked, "trade_type", 0, 1, 0)
        oldest = self._now() - REACHES_BACK
        found = [
            order
            for order in shop.orders.values()
            if words.is_visible(order)
            and order.paid_at is not None
            and order.paid_at >= oldest
            and since <= _second(time_of(order)) <= until
            and status in (5, words.order_status(order))
            and refund in (5, words.refund_status(shop, order))
            and kind == 0
        ]
        return sorted(found, key=lambda order: (time_of(order), order.no), reverse=True)

    def _window(self, asked: Mapping[str, str], name: str, longest: timedelta) -> tuple[datetime, datetime]:
        since = datetime.fromtimestamp(whole(asked, f"start_{name}", 1, _LATEST), UTC)
        until = datetime.fromtimestamp(whole(asked, f"end_{name}", 1, _LATEST), UTC)
        if until < since or until - since > longest:
            raise RefusedError(10000, "开始时间结束时间间距不合法")
        return since, until


def _second(at: datetime) -> datetime:
    return at.replace(microsecond=0)


def _numbers(asked: Mapping[str, str]) -> list[str]:
    numbers = [number for number in needed(asked, "order_sns").split(",") if number]
    if not 0 < len(numbers) <= _MOST_NUMBERS:
        raise RefusedError(10000, "order_sns参数错误")
    return numbers


def _paged(asked: Mapping[str, str], found: list[Row]) -> tuple[list[Row], dict[str, object]]:
    page = whole(asked, "page", 1, 1_000_000, 1)
    size = whole(asked, "page_size", 1, 100, 100)
    start = (page - 1) * size
    rows = found[start : start + size]
    if flag(asked, "use_has_next"):
        return rows, {"has_next": start + size < len(found)}
    return rows, {"total_count": len(found)}
