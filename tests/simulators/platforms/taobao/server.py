"""The simulated gateway: which methods there are, what they need, and how many calls are let in."""

import html
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from tests.simulators.platforms.server import Answer, Call, PlatformServer, json_answer
from tests.simulators.platforms.shop import Habits, Order, Shop
from tests.simulators.platforms.taobao import goods, oauth, reading, refunds, shipping
from tests.simulators.platforms.taobao.desk import App, Desk, Seller, yuan
from tests.simulators.platforms.taobao.gateway import (
    BEIJING,
    Params,
    TopError,
    business,
    check_call,
    plain,
    root_name,
    time_text,
)

__all__ = ["App", "Seller", "TaobaoServer", "taobao_shop"]

Handler = Callable[[Desk, Params], dict[str, object]]


@dataclass(frozen=True, slots=True)
class _Method:
    handler: Handler
    needs: tuple[str, ...] = ()
    needs_session: bool = True


def _seller(desk: Desk, params: Params) -> dict[str, object]:
    seller = desk.seller
    row = {"user_id": seller.user_id, "nick": seller.nick, "type": seller.kind, "has_sub_stock": True}
    return {"user": {name: row[name] for name in params.words("fields") if name in row}}


def _time(desk: Desk, params: Params) -> dict[str, object]:
    return {"time": time_text(desk.now())}


_METHODS: Final[Mapping[str, _Method]] = {
    "taobao.time.get": _Method(_time, needs_session=False),
    "taobao.user.seller.get": _Method(_seller, ("fields",)),
    "taobao.trades.sold.get": _Method(reading.by_created, ("fields",)),
    "taobao.trades.sold.increment.get": _Method(reading.by_modified, ("fields", "start_modified", "end_modified")),
    "taobao.trades.sold.incrementv.get": _Method(reading.by_entry, ("fields", "start_create", "end_create")),
    "taobao.trade.fullinfo.get": _Method(reading.one, ("fields", "tid")),
    "taobao.trade.memo.update": _Method(reading.memo, ("tid",)),
    "taobao.top.oaid.merge": _Method(reading.merge, ("merge_list",)),
    "taobao.refunds.receive.get": _Method(refunds.many, ("fields",)),
    "taobao.refund.get": _Method(refunds.one, ("fields", "refund_id")),
    "taobao.items.onsale.get": _Method(goods.on_sale, ("fields",)),
    "taobao.items.inventory.get": _Method(goods.not_on_sale, ("fields",)),
    "taobao.item.seller.get": _Method(goods.one, ("fields", "num_iid")),
    "taobao.items.seller.list.get": _Method(goods.several, ("fields", "num_iids")),
    "taobao.item.skus.get": _Method(goods.skus, ("fields", "num_iids")),
    "taobao.item.quantity.update": _Method(goods.write_one, ("num_iid", "quantity")),
    "taobao.skus.quantity.update": _Method(goods.write_skus, ("num_iid",)),
    "tmall.item.quantity.update": _Method(goods.write_tmall, ("item_id",)),
    "taobao.item.update.delisting": _Method(goods.delist, ("num_iid",)),
    "taobao.item.update.listing": _Method(goods.relist, ("num_iid", "num")),
    "taobao.item.update.delisting.tmall": _Method(goods.delist, ("num_iid",)),
    "taobao.item.update.listing.tmall": _Method(goods.relist, ("num_iid", "num")),
    "taobao.logistics.companies.get": _Method(shipping.companies, ("fields",)),
    "taobao.logistics.offline.send": _Method(shipping.offline, ("tid", "company_code", "out_sid")),
    "taobao.logistics.online.send": _Method(shipping.online, ("tid", "company_code")),
    "taobao.logistics.online.confirm": _Method(shipping.confirm_online, ("tid", "out_sid")),
    "taobao.logistics.consign.resend": _Method(shipping.resend, ("tid", "company_code", "out_sid")),
    "alibaba.ascp.logistics.offline.send": _Method(shipping.ascp, ("tid", "consign_pkgs")),
}

_FAULTS: Final[Mapping[str, TopError]] = {
    "isp_timeout_before": business("isp.top-remote-connection-timeout", "服务超时"),
    "isp_timeout_after": business("isp.remote-service-timeout", "服务超时"),
    "isp_error": business("isp.remote-service-error", "服务异常"),
    "busy": TopError(50, "Remote service error", "isp.system-busy", "系统繁忙"),
    "code_7": TopError(
        7,
        "App Call Limited",
        "accesscontrol.limited-by-api-access-count",
        "This ban will last for 1 more seconds",
    ),
    "code_10": TopError(10, "Service Currently Unavailable"),
    "code_27": TopError(27, "Invalid session", "invalid-sessionkey", "SessionKey非法"),
    "code_31": TopError(31, "Invalid Timestamp"),
    "no_permission": TopError(
        11, "Insufficient isv permissions", "isv.permission-api-package-limit", "应用未获得该接口的权限包"
    ),
    "ip_list": TopError(
        11, "Insufficient isv permissions", "isv.permission-ip-whitelist-limit", "来源IP不在白名单中"
    ),
}


@dataclass(slots=True)
class Quota:
    """How many calls are let in; without numbers, all of them."""

    #: all calls of a day, by Beijing's calendar
    a_day: int | None = None
    #: calls of one method in one second
    a_second: int | None = None
    _days: dict[str, int] = field(default_factory=dict)
    _seconds: dict[tuple[str, int], int] = field(default_factory=dict)

    def take(self, method: str, now: datetime) -> None:
        """Count a call, or refuse it."""
        local = now.astimezone(BEIJING)
        day, second = local.date().isoformat(), (method, int(now.timestamp()))
        self._days[day] = self._days.get(day, 0) + 1
        self._seconds[second] = self._seconds.get(second, 0) + 1
        if self.a_day is not None and self._days[day] > self.a_day:
            tomorrow = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
            raise _banned("accesscontrol.limited-by-app-access-count", int((tomorrow - local).total_seconds()))
        if self.a_second is not None and self._seconds[second] > self.a_second:
            raise _banned("accesscontrol.limited-by-app-api-access-count", 1)


def _banned(sub_code: str, seconds: int) -> TopError:
    return TopError(7, "App Call Limited", sub_code, f"This ban will last for {seconds} more seconds")


def taobao_shop(now: Callable[[], datetime], *, sub_stock: int = 1, first_no: int = 1) -> Shop:
    """A shop that numbers and behaves as on Taobao."""
    habits = Habits(
        deducts="order" if sub_stock == 1 else "payment",
        gives_back=True,
        # a memo is left out: nobody could tell yet whether it moves the time
        touches=frozenset({"pay", "ship", "address", "refund", "stop"}),
        splits="units",
        changes_number=True,
    )
    shop = Shop(now, habits, first_no)
    bases = {"order": 2_231_958_349_000_000_000, "line": 2_231_958_350_000_000_000, "case": 77_001_000_000_000_000}
    shop.numbering = lambda kind, number: str(
        bases.get(kind, 5_500_000_000 if kind == "sku" else 640_000_000_000) + number
    )
    return shop


class TaobaoServer(PlatformServer):
    """One seller's shop behind the gateway. `grants.session()` gives a token, `desk` is the platform's memory."""

    own_faults = frozenset(_FAULTS)

    def __init__(self, shop: Shop, *, app: App | None = None, seller: Seller | None = None) -> None:
        super().__init__(shop)
        self.app, self.seller = app or App(), seller or Seller()
        self.desk = Desk(shop, self.app, self.seller, self.now)
        self.grants = oauth.Grants(self.desk)
        self.quota = Quota()
        #: methods the app was not given
        self.forbidden: set[str] = set()
        self._answered = 0
        self._methods = {
            **_METHODS,
            "taobao.top.auth.token.create": _Method(oauth.create(self.grants), ("code",), needs_session=False),
            "taobao.top.auth.token.refresh": _Method(
                oauth.refresh(self.grants), ("refresh_token",), needs_session=False
            ),
        }

    def pay_deposit(self, no: str, fen: int) -> None:
        """The buyer of a presale pays the deposit; the trade waits for the rest."""
        with self.shop.lock:
            order = self.shop.order(no)
            order.extra |= {"step": "FRONT_PAID_FINAL_NOPAID", "step_paid_fee": yuan(fen)}
            order.modified_at = self.shop.now()

    def pay_rest(self, no: str) -> None:
        """And the rest of it."""
        with self.shop.lock:
            self.shop.order(no).extra["step"] = "FRONT_PAID_FINAL_PAID"
            self.shop.pay(no)

    def oaid_of(self, order: Order) -> str:
        """The receiver's token of now, for judging."""
        return self.desk.oaid(order)

    # --- the wire ------------------------------------------------------------------------------------------------

    def name_of(self, call: Call) -> str:
        """The method, or the path of a page."""
        return _params(call).get("method") or call.path

    def answer(self, call: Call) -> Answer:
        """Pages of authorising, and the gateway."""
        if call.path in ("/authorize", "/token"):
            return self._oauth(call)
        if call.path != "/router/rest":
            return Answer(b"not here", 404, "text/plain")
        with self.shop.lock:
            return self._rest(call)

    def refuse(self, fault: str, call: Call) -> Answer:
        """The gateway's own troubles; `isp_timeout_after` has done the work."""
        if fault == "isp_timeout_after":
            self.answer(call)
        return json_answer(_FAULTS[fault].body(self._request_id()))

    def _rest(self, call: Call) -> Answer:
        params = _params(call)
        if params.get("format") != "json":
            text = "<?xml version='1.0' encoding='utf-8'?><error_response><code>23</code><msg>Invalid Format</msg></error_response>"
            return Answer(text.encode(), content_type="text/xml;charset=UTF-8")
        try:
            result = self._called(call, params)
        except TopError as error:
            return json_answer(error.body(self._request_id()))
        body = plain({**result, "request_id": self._request_id()}, simplify=params.get("simplify") == "true")
        return json_answer({root_name(params.get("method")): body})

    def _called(self, call: Call, params: Params) -> dict[str, object]:
        if call.method == "POST" and "x-www-form-urlencoded" not in call.headers.get("content-type", ""):
            raise TopError(9, "Http Action Not Allowed")
        check_call(params, self.app.key, self.app.secret, self.now())
        name = params.get("method")
        method = self._methods.get(name)
        if method is None:
            raise TopError(22, "Invalid Method", "isv.invalid-method", "不存在的方法名")
        if method.needs_session:
            oauth.check_session(self.desk, params.get("session"))
        self.quota.take(name, self.now())
        if name in self.forbidden:
            raise _FAULTS["no_permission"]
        for needed in method.needs:
            params.need(needed)
        return method.handler(self.desk, params)

    def _request_id(self) -> str:
        self._answered += 1
        return f"r{self._answered:010d}"

    def _oauth(self, call: Call) -> Answer:
        asked = {**dict(call.query), **(dict(call.form) if call.body else {})}
        try:
            with self.shop.lock:
                return self._token(call, asked) if call.path == "/token" else self._page(call, asked)
        except oauth.OauthError as error:
            if call.path == "/authorize":
                return Answer(html.escape(error.description).encode(), 400, "text/html;charset=utf-8")
            return json_answer({"error": error.error, "error_description": error.description}, 400)

    def _token(self, call: Call, asked: Mapping[str, str]) -> Answer:
        if call.method != "POST":
            raise oauth.OauthError("invalid_request", "post only")
        return json_answer(self.grants.token(asked))

    def _page(self, call: Call, asked: Mapping[str, str]) -> Answer:
        if call.method == "POST":
            return Answer(b"", 302, headers={"Location": self.grants.agree(asked)})
        self.grants.check_page(asked)
        hidden = "".join(
            f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
            for name, value in asked.items()
        )
        page = f'<form method="post" action="/authorize">{hidden}<button>授权并登录</button></form>'
        return Answer(page.encode(), content_type="text/html;charset=utf-8")


def _params(call: Call) -> Params:
    pairs = list(call.query)
    if call.body and "x-www-form-urlencoded" in call.headers.get("content-type", ""):
        pairs += list(call.form)
    return Params(pairs)
