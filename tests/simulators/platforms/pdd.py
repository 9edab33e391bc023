"""Pinduoduo: one address, a name for each call, and a table around most answers that nothing can be derived from.

`PddServer(pdd_shop(now))` is a running platform. Written from channels_other.md 2; `UNPROVEN` says where the facts
leave room and which reading was taken: the one that bites a careless caller.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from tests.simulators.platforms import pdd_goods, pdd_lists, pdd_orders, pdd_sending
from tests.simulators.platforms.pdd_tokens import OWNER_ID, OWNER_NAME, TokenBook
from tests.simulators.platforms.pdd_wire import COMMON, RefusedError, check_common, needed, params_of, refusal
from tests.simulators.platforms.server import Answer, Call, PlatformServer, json_answer
from tests.simulators.platforms.shop import Habits, Line, Order, RuleError, Shop

CLIENT_ID: Final = "0123456789abcdef0123456789abcdef"
SECRET: Final = "a1b2c3d4e5f60718293a4b5c6d7e8f9012345678"

#: (key, what): facts nobody could check, and the reading taken here
UNPROVEN: Final = (
    ("window.end", "an end less than 3 minutes behind the clock is refused; the document only warns of lost orders"),
    ("window.code", "a window that is too long or too new is 10000 with a sub_msg"),
    ("timestamp.code", "a timestamp more than 10 minutes off is 10001"),
    ("grouping", "an order whose group still gathers is listed, with confirm_status 0 and without confirm_time"),
    ("updated_at.remark", "a seller's note does not move updated_at"),
    ("updated_at.refund", "a refund case does move updated_at"),
    ("refund_status.partial", "an order with one case done says 4 although other goods are still to be sent"),
    ("refund.sending", "an order with a refund in process can be told as sent: ask pdd.refund.status.check before"),
    ("returning", "goods on their way back leave after_sales_status at 7, with a tracking number"),
    ("unknown_order", "details of an unknown order are 50001; pdd.order.status.get says status 0 for it"),
    ("already_shipped", "a first sending of a sent order is 50001, whatever number it brings"),
    ("stock.deduction", "the number falls when an order is placed, and such units are in reserve_quantity"),
    ("stock.cancelled", "the unit of an order that is refunded before it left returns to the number"),
    ("stock.locked", "goods in a promotion refuse every reduction with 50001, and take additions"),
    ("note.length", "a note is at most 300 characters"),
    ("receiver.phone_only", "with `phone_only` the receiver is contact_mobile alone, as announced for 2025-11-07"),
    ("refresh.old_token", "a renewal kills the older access token at once"),
    ("ids.text", "ids are text in pdd.order.list.get and numbers in the list of changes and in details"),
)


class PddShop(Shop):
    """The shop with Pinduoduo's one rule of its own: a refund that is only asked for stops nobody from sending."""

    def _check_parts(self, order: Order, asked: Mapping[str, int], left: Mapping[str, int]) -> None:
        asking = [line for line in order.lines if line.after_sale == "requested"]
        for line in asking:
            line.after_sale = "none"
        try:
            super()._check_parts(order, asked, left)
        finally:
            self._restore(asking)

    @staticmethod
    def _restore(lines: list[Line]) -> None:
        for line in lines:
            line.after_sale = "requested"


def pdd_shop(now: Callable[[], datetime], first_no: int = 1) -> PddShop:
    """A shop that behaves and numbers as on Pinduoduo."""
    habits = Habits(touches=frozenset({"pay", "ship", "address", "refund", "stop"}), splits="whole")
    shop = PddShop(now, habits, first_no)

    def number(kind: str, running: int) -> str:
        if kind == "order":
            return f"{now():%y%m%d}-{running:015d}"
        base = {"item": 600_000_000_000, "sku": 1_500_000_000_000, "case": 100_000_000}.get(kind, 0)
        return str(base + running)

    shop.numbering = number
    return shop


@dataclass(frozen=True, slots=True)
class _Way:
    """One call: the name of the table around its answer ("" for none), who answers, and the names it may be told."""

    root: str
    answer: Callable[[Shop, Mapping[str, str]], dict[str, object]]
    names: str
    #: tokens let receivers be read for less long than the rest
    shows_receivers: bool = False
    needs_token: bool = True


class PddServer(PlatformServer):
    """Pinduoduo's gateway and the page where owners allow an app."""

    own_faults = frozenset({"52101", "70031", "52102_before", "52102_after", "10019", "20005", "50001"})

    def __init__(self, shop: Shop, client_id: str = CLIENT_ID, secret: str = SECRET) -> None:
        super().__init__(shop)
        self.client_id = client_id
        self.secret = secret
        self.tokens = TokenBook(self.now)
        #: receivers come as a phone alone
        self.phone_only = False
        self._ways = self._all_ways()

    def name_of(self, call: Call) -> str:
        """The call's `type`, the path for pages."""
        try:
            return params_of(call).get("type", call.path)
        except RefusedError:
            return call.path

    def answer(self, call: Call) -> Answer:
        """What Pinduoduo says."""
        if call.method == "GET":
            return self._page(call)
        try:
            return self._told(params_of(call))
        except RefusedError as no:
            return refusal(no.code, no.sub_msg)
        except RuleError as no:
            return refusal(50001, pdd_sending.words_of(no.code))

    def refuse(self, fault: str, call: Call) -> Answer:
        """The platform's own troubles; a call may have had its effect before it."""
        code, _, when = fault.partition("_")
        if when == "after":
            self.answer(call)
        if code == "50001":
            return refusal(50001, "系统内部异常，请稍后重试")
        return refusal(int(code))

    def _told(self, params: Mapping[str, str]) -> Answer:
        check_common(params, self.client_id, self.secret, self.now())
        way = self._ways.get(params["type"])
        if way is None:
            raise RefusedError(10017)
        if way.needs_token:
            self.tokens.check(params.get("access_token", ""), receivers=way.shows_receivers)
        asked = {name: value for name, value in params.items() if name not in COMMON}
        strange = sorted(set(asked) - set(way.names.split()))
        if strange:
            raise RefusedError(10000, f"未知参数:{strange[0]}")
        with self.shop.lock:
            told = way.answer(self.shop, asked)
        return json_answer({way.root: {**told, "request_id": "15440104776643887"}} if way.root else told)

    def _page(self, call: Call) -> Answer:
        """The page where the owner says yes: at once, and back to where the app wants."""
        asked = dict(call.query)
        known = call.path == "/service-market/auth" and asked.get("client_id") == self.client_id
        if not known or asked.get("response_type") != "code" or not asked.get("redirect_uri"):
            return Answer("授权失败".encode(), 400, "text/html")
        query = urlencode({"code": self.tokens.code(), "state": asked.get("state", "")})
        return Answer(b"", 302, "text/html", {"Location": f"{asked['redirect_uri']}?{query}"})

    def _all_ways(self) -> Mapping[str, _Way]:
        lists = pdd_lists.Lists(self.now, lambda: self.phone_only)
        return {**self._app_ways(), **_order_ways(lists), **_refund_ways(lists), **_GOODS_WAYS, **_SENDING_WAYS}

    def _app_ways(self) -> Mapping[str, _Way]:
        def exchange(_shop: Shop, asked: Mapping[str, str]) -> dict[str, object]:
            return self.tokens.exchange(needed(asked, "code"))

        def refresh(_shop: Shop, asked: Mapping[str, str]) -> dict[str, object]:
            return self.tokens.refresh(needed(asked, "refresh_token"))

        return {
            "pdd.time.get": _Way("time_get_response", self._time, "", needs_token=False),
            "pdd.mall.info.get": _Way("mall_info_get_response", self._mall, ""),
            "pdd.pop.auth.token.create": _Way("pop_auth_token_create_response", exchange, "code", needs_token=False),
            "pdd.pop.auth.token.refresh": _Way(
                "pop_auth_token_refresh_response", refresh, "refresh_token", needs_token=False
            ),
        }

    def _time(self, _shop: Shop, _asked: Mapping[str, str]) -> dict[str, object]:
        return {"time": pdd_orders.local(self.now())}

    @staticmethod
    def _mall(_shop: Shop, _asked: Mapping[str, str]) -> dict[str, object]:
        mall = {"mall_id": int(OWNER_ID), "mall_name": OWNER_NAME, "mall_desc": "", "logo": ""}
        return {**mall, "merchant_type": 2, "mall_character": 2}


_PAGED: Final = "page page_size"
_FILTERS: Final = f"order_status refund_status trade_type use_has_next is_lucky_flag {_PAGED}"


def _order_ways(lists: pdd_lists.Lists) -> Mapping[str, _Way]:
    by_change = f"start_updated_at end_updated_at {_FILTERS}"
    by_confirmation = f"start_confirm_at end_confirm_at {_FILTERS}"
    return {
        "pdd.order.number.list.increment.get": _Way(
            "order_sn_increment_get_response", lists.changed, by_change, shows_receivers=True
        ),
        "pdd.order.list.get": _Way("order_list_get_response", lists.confirmed, by_confirmation, shows_receivers=True),
        "pdd.order.basic.list.get": _Way("order_basic_list_get_response", lists.confirmed_basic, by_confirmation),
        "pdd.order.information.get": _Way("order_info_get_response", lists.detail, "order_sn", shows_receivers=True),
        "pdd.order.status.get": _Way("order_status_get_response", lists.statuses, "order_sns"),
    }


def _refund_ways(lists: pdd_lists.Lists) -> Mapping[str, _Way]:
    names = f"start_updated_at end_updated_at after_sales_status after_sales_type order_sn {_PAGED}"
    return {
        "pdd.refund.list.increment.get": _Way("refund_increment_get_response", lists.refunds, names),
        "pdd.refund.status.check": _Way("refund_status_check_response", lists.open_refunds, "order_sns"),
        "pdd.refund.information.get": _Way("", lists.refund, "order_sn after_sales_id"),
    }


_GOODS_WAYS: Final[Mapping[str, _Way]] = {
    "pdd.goods.list.get": _Way("goods_list_get_response", pdd_goods.listed, f"is_onsale outer_id {_PAGED}"),
    "pdd.goods.detail.get": _Way("goods_detail_get_response", pdd_goods.detail, "goods_id"),
    "pdd.goods.quantity.update": _Way(
        "goods_quantity_update_response", pdd_goods.change, "goods_id quantity sku_id outer_id update_type"
    ),
    "pdd.goods.sale.status.set": _Way("goods_sale_status_set_response", pdd_goods.set_sale, "goods_id is_onsale"),
}
_SENDING_WAYS: Final[Mapping[str, _Way]] = {
    "pdd.logistics.online.send": _Way(
        "logistics_online_send_response",
        pdd_sending.send,
        "order_sn logistics_id tracking_number redelivery_type refund_address_id feature",
    ),
    "pdd.order.upload.extra.logistics": _Way(
        "upload_extra_logistics_response", pdd_sending.more, "order_sn extra_track_list extra_track_type"
    ),
    "pdd.logistics.companies.get": _Way("logistics_companies_get_response", pdd_sending.companies, ""),
    "pdd.order.note.update": _Way("response", pdd_sending.note, "order_sn note tag tag_name"),
}
