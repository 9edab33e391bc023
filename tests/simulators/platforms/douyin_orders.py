"""The lists of orders and after-sale cases, paged by number while their rows move."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from tests.simulators.platforms.douyin_gate import RefusalError
from tests.simulators.platforms.douyin_words import CASE_STATES, OrderWords, order_status, second
from tests.simulators.platforms.shop import Order, Shop

_REACHES_BACK: Final = timedelta(days=90)
_LARGEST_PAGE: Final = 100
_MOST_ORDERS: Final = 10_000
_MOST_CASES: Final = 50_000


class OrderDesk:
    """Answers the reading calls of orders and after-sales. Every method takes what `param_json` holds."""

    def __init__(self, shop: Shop, words: OrderWords, now: Callable[[], datetime]) -> None:
        self._shop = shop
        self._now = now
        self.words = words

    def search(self, wish: Mapping[str, Any]) -> object:
        """`/order/searchList`."""
        bounds = [
            (name, *_span(wish, f"{name}_start", f"{name}_end"))
            for name in ("create_time", "update_time")
            if wish.get(f"{name}_start") or wish.get(f"{name}_end")
        ]
        if not bounds:
            raise RefusalError(40004, "isv.parameter-invalid:20011", "订单查询开始时间不能为空")
        oldest = second(self._now() - _REACHES_BACK)
        if any(start < oldest for _, start, _ in bounds):
            raise RefusalError(40004, "isv.parameter-invalid:20022", "订单查询只支持查询最近90天内的数据")
        page, size = _page(wish, _MOST_ORDERS, "isv.parameter-invalid:20013", "订单查询最多支持查询5万")
        states = _wanted_states(wish)
        with self._shop.lock:
            found = [
                order
                for order in self._shop.orders.values()
                if all(start < second(_time_of(order, name)) < end for name, start, end in bounds)
                and (not states or order_status(order) in states)
                and _is_after_sale(order, str(wish.get("after_sale_status_desc", "all")))
                and (wish.get("abnormal_order") != 2 or order_status(order) == 105)
            ]
            key = str(wish.get("order_by") or "create_time")
            if key not in ("create_time", "update_time"):
                raise RefusalError(40004, "isv.parameter-invalid", "order_by不正确")
            found.sort(key=lambda order: (second(_time_of(order, key)), order.no), reverse=not wish.get("order_asc"))
            rows = [self.words.words_of(order) for order in found[page * size : (page + 1) * size]]
            return {"page": page, "size": size, "total": len(found), "shop_order_list": rows}

    def detail(self, wish: Mapping[str, Any]) -> object:
        """`/order/orderDetail`; knows no age."""
        number = str(wish.get("shop_order_id") or "")
        if not number:
            raise RefusalError(40002, "isv.missing-parameter:20000", "请输入查询订单号")
        with self._shop.lock:
            order = self._shop.orders.get(number)
            if order is None:
                raise RefusalError(40004, "isv.parameter-invalid:20014", "查询订单不存在")
            return {"shop_order_detail": self.words.words_of(order)}

    def cases(self, wish: Mapping[str, Any]) -> object:
        """`/afterSale/List`."""
        page, size = _page(wish, _MOST_CASES, "isv.parameter-invalid:11000", "参数错误")
        states = wish.get("standard_aftersale_status") or []
        word = str((wish.get("order_by") or ["apply_time desc"])[0])
        key, _, way = word.partition(" ")
        if key not in ("apply_time", "update_time") or way not in ("asc", "desc"):
            raise RefusalError(40004, "isv.parameter-invalid:11000", "参数错误")
        with self._shop.lock:
            found = [
                case
                for case in self._shop.cases.values()
                if _is_within(wish, "update_start_time", "update_end_time", case.modified_at)
                and _is_within(wish, "start_time", "end_time", case.requested_at)
                and (not states or CASE_STATES[case.state] in states)
                and str(wish.get("order_id") or case.order_no) == case.order_no
                and str(wish.get("aftersale_id") or case.no) == case.no
            ]
            found.sort(
                key=lambda case: (second(case.modified_at if key == "update_time" else case.requested_at), case.no),
                reverse=way == "desc",
            )
            rows = [self.words.case_row(case) for case in found[page * size : (page + 1) * size]]
            return {
                "items": rows,
                "has_more": (page + 1) * size < len(found),
                "total": len(found),
                "page": page,
                "size": len(rows),
            }

    def case_detail(self, wish: Mapping[str, Any]) -> object:
        """`/afterSale/Detail`."""
        with self._shop.lock:
            case = self._shop.cases.get(str(wish.get("after_sale_id") or ""))
            if case is None:
                raise RefusalError(40004, "isv.parameter-invalid:11000", "参数错误，售后单ID错误")
            return self.words.case_words(case)


def _is_after_sale(order: Order, word: str) -> bool:
    if word in ("", "all"):
        return True
    if word == "in_aftersale":
        return any(line.after_sale == "requested" for line in order.lines)
    if word == "refund_success":
        return any(line.after_sale == "refunded" for line in order.lines)
    raise RefusalError(40004, "isv.parameter-invalid", "after_sale_status_desc不正确")


def _time_of(order: Order, name: str) -> datetime:
    return order.placed_at if name == "create_time" else order.modified_at


def _span(wish: Mapping[str, Any], first: str, last: str) -> tuple[int, int]:
    start, end = wish.get(first), wish.get(last)
    if type(start) is not int or type(end) is not int or start >= end:
        raise RefusalError(40004, "isv.parameter-invalid:20011", "订单查询开始时间和结束时间不正确")
    return start, end


def _is_within(wish: Mapping[str, Any], first: str, last: str, at: datetime) -> bool:
    if not wish.get(first) and not wish.get(last):
        return True
    start, end = _span(wish, first, last)
    return start < second(at) < end


def _page(wish: Mapping[str, Any], most: int, sub_code: str, words: str) -> tuple[int, int]:
    page, size = wish.get("page"), wish.get("size")
    if type(page) is not int or page < 0:
        raise RefusalError(40004, "isv.parameter-invalid:10035", "查询订单列表页数不能小于0")
    if type(size) is not int or not 1 <= size <= _LARGEST_PAGE:
        raise RefusalError(40004, "isv.parameter-invalid:20008", "单次查询订单数超过限制")
    if (page + 1) * size > most:
        raise RefusalError(40004, sub_code, words)
    return page, size


def _wanted_states(wish: Mapping[str, Any]) -> Sequence[int]:
    wanted = wish.get("combine_status")
    if not wanted:
        return ()
    if not isinstance(wanted, list) or len(wanted) != 1:
        raise RefusalError(40004, "isv.parameter-invalid:20012", "订单查询状态条件超过限制，只支持1个元素")
    return [int(word) for word in str(wanted[0].get("order_status", "")).split(",") if word]
