"""A simulated WeChat shop (微信小店): one shop behind `api.weixin.qq.com`, with its tokens, windows and refusals.

Lists give ids only; there is no signature, the token in the query opens everything; every refusal is HTTP 200 with an
`errcode`, but for an address that is not on the list: HTTP 403 with a page. What no source decides is listed in
`wechat_facts.UNPROVEN`.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from tests.simulators.platforms.server import Answer, Call, PlatformServer
from tests.simulators.platforms.shop import Habits, Shop
from tests.simulators.platforms.wechat_goods import GoodsDesk
from tests.simulators.platforms.wechat_orders import Orders
from tests.simulators.platforms.wechat_token import Tokens
from tests.simulators.platforms.wechat_wire import SaysNoError, said_no

APPID = "wx0123456789abcdef"
SECRET = "practice0123456789abcdef01234567"

_FORBIDDEN = b"<html><head><title>403 Forbidden</title></head><body><h1>403 Forbidden</h1></body></html>"

#: fault -> the errcode it answers; those of a token make the token dead as well
_REFUSED = {
    "busy": -1,
    "rate_limited": 45009,
    "too_often": 45011,
    "token_invalid": 40001,
    "token_expired": 42001,
    "too_many_orders": 31042,
    "bad_body": 40097,
}


#: ids of each kind begin here; those of orders are beyond what a float can hold
_FIRST_NUMBERS = {
    "order": 3_705_115_058_471_208_000,
    "case": 2_000_000_012_340_000,
    "item": 10_000_000_050_000,
    "sku": 1_600_000_000,
    "line": 0,
}


def wechat_shop(now: Callable[[], datetime], first_no: int = 1) -> Shop:
    """A shop as this platform keeps it.

    The number falls with the order and rises again only where an unpaid order is called off; what was paid and is
    paid back stays off it (the page of `stock/update` says so).
    """
    shop = Shop(now, Habits(deducts="order", gives_back=False, splits="units", changes_number=True), first_no)
    shop.numbering = lambda kind, number: str(_FIRST_NUMBERS[kind] + number)
    return shop


class WechatServer(PlatformServer):
    """Serves one shop.

    `orders` and `goods` hold the settings of what is unproven; `has_listed_address` off answers HTTP 403; `calls_left`
    counts down to 45009; `kill_tokens` is what happens when somebody else forces a new token.
    """

    #: `busy_after` takes effect and answers -1 all the same; `ip_refused` is the page of an address not on the list;
    #: `empty_page` is one of an order list that says that there is more
    own_faults = frozenset({*_REFUSED, "busy_after", "ip_refused", "empty_page"})

    def __init__(self, shop: Shop, appid: str = APPID, secret: str = SECRET, nickname: str = "练习小店") -> None:
        super().__init__(shop)
        self.orders = Orders(shop)
        self.goods = GoodsDesk(shop, nickname)
        self.has_listed_address = True
        self.calls_left: int | None = None
        self._tokens = Tokens(appid, secret, self.now)
        self._rids = 0
        order, product, aftersale = "/channels/ec/order", "/channels/ec/product", "/channels/ec/aftersale"
        self._posts: Mapping[str, Callable[[Call], Answer]] = {
            f"{order}/list/get": self.orders.page,
            f"{order}/get": self.orders.get,
            f"{order}/delivery/send": self.orders.send,
            f"{order}/deliveryinfo/update": self.orders.change,
            f"{order}/deliverycompanylist/get": self.orders.carriers,
            f"{order}/merchantnotes/update": self.orders.write_note,
            f"{aftersale}/getaftersalelist": self.orders.page_of_cases,
            f"{aftersale}/getaftersaleorder": self.orders.get_case,
            f"{product}/list/get": self.goods.page,
            f"{product}/get": self.goods.get,
            f"{product}/stock/update": self.goods.update_stock,
            f"{product}/stock/get": self.goods.get_stock,
            f"{product}/delisting": self.goods.delist,
            f"{product}/listing": self.goods.put_up,
        }
        self._gets: Mapping[str, Callable[[Call], Answer]] = {"/channels/ec/basics/info/get": self.goods.shop_info}

    def kill_tokens(self) -> None:
        """Every token so far is dead."""
        with self.shop.lock:
            self._tokens.kill()

    def answer(self, call: Call) -> Answer:
        """The platform's answer."""
        if not self.has_listed_address:
            return Answer(_FORBIDDEN, 403, "text/html")
        with self.shop.lock:
            try:
                return self._answered(call)
            except SaysNoError as error:
                return said_no(error, self._rid())

    def refuse(self, fault: str, call: Call) -> Answer:
        """The platform's own trouble."""
        if fault == "ip_refused":
            return Answer(_FORBIDDEN, 403, "text/html")
        if fault == "empty_page":
            self.orders.is_next_empty = True
            return self.answer(call)
        if fault == "busy_after":
            self.answer(call)
            return said_no(SaysNoError(-1), self._rid())
        if fault.startswith("token"):
            self.kill_tokens()
        return said_no(SaysNoError(_REFUSED[fault]), self._rid())

    def _answered(self, call: Call) -> Answer:
        if call.path == "/cgi-bin/stable_token":
            if call.method != "POST":
                raise SaysNoError(43002)
            return self._tokens.answer(call)
        wanted = {"POST": self._posts, "GET": self._gets}.get(call.method, {})
        done = wanted.get(call.path)
        if done is None:
            if call.path in self._gets:
                raise SaysNoError(43001)
            raise SaysNoError(43002 if call.path in self._posts else 40066)
        self._tokens.check(dict(call.query).get("access_token", ""))
        if self.calls_left is not None:
            if self.calls_left <= 0:
                raise SaysNoError(45009)
            self.calls_left -= 1
        return done(call)

    def _rid(self) -> str:
        self._rids += 1
        return f"{self._rids:08x}-{self._rids * 7919:08x}-practice"
