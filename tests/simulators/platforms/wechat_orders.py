"""Orders and after-sale cases of the simulated WeChat shop: lists, details, parcels, notes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tests.simulators.platforms.server import Answer, Call, json_answer
from tests.simulators.platforms.shop import Order, RuleError, Shop
from tests.simulators.platforms.wechat_facts import (
    CARRIERS,
    LARGEST_ORDER_PAGE,
    LONGEST_CASE_WINDOW_S,
    LONGEST_ORDER_WINDOW_S,
)
from tests.simulators.platforms.wechat_listing import Mark, key_before, next_page
from tests.simulators.platforms.wechat_rows import case_parts, case_row, order_row, second, status_of
from tests.simulators.platforms.wechat_wire import (
    SaysNoError,
    body_of,
    number_text,
    objects,
    text,
    time_range,
    whole,
)

_STATUSES = frozenset({10, 12, 13, 20, 21, 30, 100, 190, 200, 250})
_OK = {"errcode": 0, "errmsg": "ok"}


class Orders:
    """The calls about orders. Every method is called with the shop's lock held."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self.most_in_window = 10_000
        self.most_changes = 3
        self.cases_to_page = 20
        self.is_newest_first = False
        #: the next list is an empty page with more behind it
        self.is_next_empty = False

    # --- orders ------------------------------------------------------------------------------------------------------

    def page(self, call: Call) -> Answer:
        """`/channels/ec/order/list/get`."""
        body = body_of(call, "create_time_range", "update_time_range", "status", "openid", "page_size", "next_key")
        size = whole(body, "page_size", 1, LARGEST_ORDER_PAGE, 10)
        status = None if body.get("status") is None else whole(body, "status", 0, 999)
        if status is not None and status not in _STATUSES:
            raise SaysNoError(40097, "status")
        rows = [
            (mark, no)
            for mark, no, order in self._in_window(body)
            if status in (None, status_of(order)) and body.get("openid") in (None, "", f"o{order.buyer}")
        ]
        if len(rows) > self.most_in_window:
            raise SaysNoError(31042)
        if self.is_next_empty:
            self.is_next_empty = False
            again = key_before(body, is_newest_first=self.is_newest_first)
            return json_answer({**_OK, "order_id_list": [], "next_key": again, "has_more": True})
        ids, key = next_page(rows, body, size, is_newest_first=self.is_newest_first)
        return json_answer({**_OK, "order_id_list": ids, "next_key": key, "has_more": bool(key)})

    def _in_window(self, body: Mapping[str, Any]) -> Sequence[tuple[int, str, Order]]:
        created = _range(body, "create_time_range")
        updated = _range(body, "update_time_range")
        if created is None and updated is None:
            raise SaysNoError(40097, "create_time_range or update_time_range")
        found = []
        for order in self._shop.orders.values():
            times = (second(order.placed_at), second(order.modified_at))
            if _holds(created, times[0]) and _holds(updated, times[1]):
                found.append((times[0] if updated is None else times[1], order.no, order))
        return found

    def get(self, call: Call) -> Answer:
        """`/channels/ec/order/get`."""
        body = body_of(call, "order_id", "encode_sensitive_info")
        return json_answer({**_OK, "order": order_row(self._shop, self._order(body))})

    def write_note(self, call: Call) -> Answer:
        """`/channels/ec/order/merchantnotes/update`."""
        body = body_of(call, "order_id", "merchant_notes")
        note = body.get("merchant_notes")
        if not isinstance(note, str):
            raise SaysNoError(47001)
        self._shop.write_note(self._order(body).no, note)
        return json_answer(_OK)

    # --- parcels -----------------------------------------------------------------------------------------------------

    def send(self, call: Call) -> Answer:
        """`/channels/ec/order/delivery/send`: all parcels of one call, or none."""
        body = body_of(call, "order_id", "delivery_list")
        order = self._order(body)
        if status_of(order) not in (20, 21):
            raise SaysNoError(101100)
        parcels = [_parcel(raw) for raw in objects(body, "delivery_list")]
        before = ([replace(one) for one in order.parcels], order.state, order.modified_at, len(self._shop.happened))
        try:
            for carrier, number, goods in parcels:
                self._shop.ship(order.no, carrier, number, _lines(order, goods))
        except (RuleError, SaysNoError) as error:
            order.parcels, order.state, order.modified_at = before[:3]
            del self._shop.happened[before[3] :]
            raise (_shipping_error(error) if isinstance(error, RuleError) else error) from None
        return json_answer(_OK)

    def change(self, call: Call) -> Answer:
        """`/channels/ec/order/deliveryinfo/update`: another number for a parcel."""
        body = body_of(call, "order_id", "delivery_list", "change_infos")
        order = self._order(body)
        if order.state not in ("part_shipped", "shipped"):
            raise SaysNoError(101100)
        changes = self._changes(order, body)
        done = int(str(order.extra.get("wechat_changes", 0)))
        if done >= self.most_changes:
            raise SaysNoError(606041)
        for old, carrier, number in changes:
            self._shop.change_number(order.no, old, carrier, number)
        order.extra["wechat_changes"] = done + 1
        return json_answer(_OK)

    def _changes(self, order: Order, body: Mapping[str, Any]) -> Sequence[tuple[str, str, str]]:
        """(old number, carrier, new number); two ways to say it, the older one for undivided orders only."""
        if body.get("change_infos"):
            found = []
            for raw in objects(body, "change_infos"):
                old, new = (_parcel(raw.get(name), is_new=name == "new") for name in ("old", "new"))
                self._check_is_parcel(order, old)
                found.append((old[1], new[0], new[1]))
            return found
        parcels = [_parcel(raw) for raw in objects(body, "delivery_list")]
        if len(parcels) != 1 or len(order.parcels) != 1 or order.state != "shipped":
            raise SaysNoError(606040)
        self._check_is_parcel(order, (order.parcels[0].carrier, order.parcels[0].number, parcels[0][2]))
        return [(order.parcels[0].number, parcels[0][0], parcels[0][1])]

    @staticmethod
    def _check_is_parcel(order: Order, told: tuple[str, str, Mapping[tuple[str, str], int]]) -> None:
        for parcel in order.parcels:
            if (parcel.carrier, parcel.number) == told[:2]:
                inside: dict[tuple[str, str], int] = {}
                for line_no, qty in parcel.lines.items():
                    goods = order.line(line_no).goods
                    inside[goods.item_id, goods.sku_id] = inside.get((goods.item_id, goods.sku_id), 0) + qty
                if inside == dict(told[2]):
                    return
        raise SaysNoError(606042)

    def carriers(self, call: Call) -> Answer:
        """`/channels/ec/order/deliverycompanylist/get`."""
        body_of(call, "ewaybill_only")
        rows = [{"delivery_id": code, "delivery_name": name} for code, name in CARRIERS.items()]
        return json_answer({**_OK, "company_list": rows})

    # --- after sale --------------------------------------------------------------------------------------------------

    def page_of_cases(self, call: Call) -> Answer:
        """`/channels/ec/aftersale/getaftersalelist`."""
        names = ("begin_create_time", "end_create_time", "begin_update_time", "end_update_time")
        body = body_of(call, *names, "next_key")
        is_created = "begin_create_time" in body or "end_create_time" in body
        is_updated = "begin_update_time" in body or "end_update_time" in body
        if is_created == is_updated:
            raise SaysNoError(40097, "one pair of times")
        what = "create_time" if is_created else "update_time"
        window = time_range(body, f"begin_{what}", f"end_{what}", LONGEST_CASE_WINDOW_S)
        rows: list[Mark] = []
        for no, case, _line in case_parts(self._shop):
            at = second(case.requested_at if is_created else case.modified_at)
            if _holds(window, at):
                rows.append((at, no))
        ids, key = next_page(rows, body, self.cases_to_page, is_newest_first=self.is_newest_first)
        return json_answer({**_OK, "after_sale_order_id_list": ids, "next_key": key, "has_more": bool(key)})

    def get_case(self, call: Call) -> Answer:
        """`/channels/ec/aftersale/getaftersaleorder`."""
        wanted = number_text(body_of(call, "after_sale_order_id"), "after_sale_order_id")
        for no, case, line_no in case_parts(self._shop):
            if no == wanted:
                return json_answer({**_OK, "after_sale_order": case_row(self._shop, no, case, line_no)})
        raise SaysNoError(100002)

    def _order(self, body: Mapping[str, Any]) -> Order:
        found = self._shop.orders.get(number_text(body, "order_id"))
        if found is None:
            raise SaysNoError(100002)
        return found


def _range(body: Mapping[str, Any], name: str) -> tuple[int, int] | None:
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, dict) or set(value) != {"start_time", "end_time"}:
        raise SaysNoError(40097, name)
    return time_range(value, "start_time", "end_time", LONGEST_ORDER_WINDOW_S)


def _holds(window: tuple[int, int] | None, at: int) -> bool:
    return window is None or window[0] <= at <= window[1]


def _parcel(raw: object, *, is_new: bool = True) -> tuple[str, str, Mapping[tuple[str, str], int]]:
    """(carrier, number, goods as (product, SKU) -> units) of one parcel as the caller wrote it."""
    if not isinstance(raw, dict):
        raise SaysNoError(40097, "parcel")
    if set(raw) - {"delivery_id", "waybill_id", "deliver_type", "product_infos"}:
        raise SaysNoError(40097, "unknown field of a parcel")
    if is_new and raw.get("deliver_type", 1) != 1:
        raise SaysNoError(40097, "deliver_type")
    carrier, number = text(raw, "delivery_id"), raw.get("waybill_id")
    if carrier not in CARRIERS:
        raise SaysNoError(606004)
    if not isinstance(number, str) or not number.isascii() or not number.isalnum() or not 5 <= len(number) <= 32:
        raise SaysNoError(606005)
    goods: dict[tuple[str, str], int] = {}
    for one in objects(raw, "product_infos"):
        key = (number_text(one, "product_id"), number_text(one, "sku_id"))
        goods[key] = goods.get(key, 0) + whole(one, "product_cnt", 1, 10**6)
    return carrier, number, goods


def _lines(order: Order, goods: Mapping[tuple[str, str], int]) -> Mapping[str, int]:
    """The order's lines for goods that are named by product and SKU; what is left of each, first line first."""
    taken: dict[str, int] = {}
    for (item_id, sku_id), qty in goods.items():
        wanted = qty
        for line in order.lines:
            if (line.goods.item_id, line.goods.sku_id) != (item_id, sku_id):
                continue
            left = line.qty - order.sent(line.no)
            part = min(wanted, left if line.after_sale != "refunded" else 0)
            if part > 0:
                taken[line.no] = part
                wanted -= part
        if wanted:
            raise SaysNoError(606042)
    return taken


def _shipping_error(error: RuleError) -> SaysNoError:
    if error.code == "refund_open":
        return SaysNoError(108009)
    if error.code in ("too_many", "no_such_line", "empty_parcel"):
        return SaysNoError(606042)
    return SaysNoError(101100)
