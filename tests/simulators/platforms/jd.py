"""JD as a simulated platform: `/routerjson`, the token pages and the first paths of SP-API over one shop.

By the published documents and SDKs alone (facts and their sources: the reference on JD, sections 1.1 to 1.5).
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote

from tests.simulators.platforms.jd_asked import Broken
from tests.simulators.platforms.jd_calls import CALLS
from tests.simulators.platforms.jd_gate import ERRORS, Gate, JdError
from tests.simulators.platforms.jd_words import order_json, service_json
from tests.simulators.platforms.server import Answer, Call, PlatformServer, json_answer
from tests.simulators.platforms.shop import Habits, Line, Order, Shop

#: facts that nobody could check; the careful reading of each is what this simulator does
UNPROVEN: Final[Mapping[str, str]] = {
    "order_state": "order_state is mandatory and takes only the eight states that are known",
    "one_month": "a window of one month is 30 days, both ends inclusive",
    "page_size": "50 rows to a page, as resellers document it; older documents say 100 and more",
    "blocked_orders": "PAUSE, POP_ORDER_PAUSE and LOCKED orders are listed when their state is asked for",
    "modified": "notes and addresses do not move `modified`; payment, parcels, pauses and refunds do",
    "unpaid_cancelled": "an order cancelled before its payment is in no list any more, and `get` does not know it",
    "unpaid_money": "notPayOrderInfo writes `payment` in fen and its lines' `jdPrice` in yuan",
    "unpaid_split": "JD splits at the payment: the parent is in no list then, its children name it",
    "masks": "search and get mask name, phones and address; the encrypted twins give ciphers beside `desen_*`",
    "parcels_bar": "several parcels are told in one call, ids and numbers joined with |",
    "ship_error_codes": "error_code of a refused shipment; only the words of the already shipped one are known",
    "carriers": "delivery.logistics.get tells the carriers; others are refused",
    "waybill": "`waybill` and `logisticsId` of a sent order hold what was told, joined with |",
    "change_number": "a number that was told cannot be replaced",
    "stock_ref": "stockRfId does not make a repeat harmless",
    "stock_below_zero": "an increase below zero ends at zero",
    "stock_store": "only store 0 exists",
    "deducts": "JD's number falls with the order and rises when it is cancelled",
    "up_or_down": "opType 1 puts a ware on sale, 2 takes it off",
    "note_length": "a seller's note has up to 500 characters",
    "refund_status": "0 asked, 2 refused, 3 paid back, 11 withdrawn; the way from 1 to 3 takes no time here",
    "refund_freight": "an order called off before it left gives its freight back",
    "service_status": "a service bill that runs has status 10; only 13 and 14 are known",
    "service_page": "serviceAndRefund.view numbers its pages from 1, up to 50 rows",
    "shop_query": "vender.shop.query tells whose shop a token opens, its number and its name",
    "token_pages": "paths, parameters and failures of the token pages; a code lives 10 minutes",
    "refresh_kills": "a refreshed token is dead",
    "sp_orders": "names and shape of SP-API's orders",
}


def habits() -> Habits:
    """How a shop on JD behaves."""
    return Habits(
        deducts="order",
        gives_back=True,
        touches=frozenset({"pay", "ship", "refund", "stop"}),
        splits="whole",
        changes_number=False,
    )


def _number(kind: str, number: int) -> str:
    first = {"order": 300_000_000_000, "item": 10_000_000_000, "sku": 100_000_000_000, "case": 800_000_000}
    return str(first.get(kind, 0) + number)


class JdServer(PlatformServer):
    """`gate` holds the app and its tokens; `app_key`, `secret` and `access_token` are what an adapter needs."""

    own_faults = frozenset(
        {
            # the same code comes when nothing was done and when everything was
            "backend_down_before",
            "backend_down_after",
            "backend_timeout_after",
            "system_error",
            "call_limit",
            "token_dead",
            "needs_cloud",
            "address_not_listed",
            "clock",
            "order_is_being_shipped",
        }
    )
    _FAULT_CODES: Final = {
        "backend_down_before": "66",
        "backend_down_after": "66",
        "backend_timeout_after": "65",
        "system_error": "43",
        "call_limit": "2",
        "token_dead": "19",
        "needs_cloud": "73",
        "address_not_listed": "80",
        "clock": "8",
        "order_is_being_shipped": "70",
    }

    def __init__(self, shop: Shop, gate: Gate | None = None) -> None:
        super().__init__(shop)
        shop.numbering = _number
        self.gate = gate or Gate()
        self.app_key, self.secret = self.gate.app_key, self.gate.secret
        self.access_token = str(self.gate.give_token(self.now())["access_token"])
        #: calls that are still allowed today; None: as many as one likes
        self.calls_left: int | None = None

    # --- the story ---------------------------------------------------------------------------------------------------

    def pay_split(self, no: str) -> list[str]:
        """The buyer pays, and JD makes an order of each line; their numbers."""
        with self.shop.lock:
            self.shop.pay(no)
            return self.split(no)

    def split(self, no: str) -> list[str]:
        """JD makes an order of each line of one that is paid, and may have been read as it was; their numbers."""
        with self.shop.lock:
            parent = self.shop.order(no)
            children = [self._child(parent, line, is_first=line is parent.lines[0]) for line in parent.lines]
            parent.extra["is_split"] = True
            parent.state = "cancelled"
            return [child.no for child in children]

    def _child(self, parent: Order, line: Line, *, is_first: bool) -> Order:
        at = self.shop.now()
        # in the same row of numbers as the orders that are placed
        number = _number("order", int(parent.no) % 1_000_000 * 1000 + len(self.shop.orders))
        child = Order(number, parent.buyer, parent.person, [line], "paid", parent.placed_at, at, paid_at=at)
        child.freight_fen = parent.freight_fen if is_first else 0
        child.discount_fen = parent.discount_fen if is_first else 0
        child.buyer_note = parent.buyer_note
        child.extra["parent"] = parent.no
        self.shop.orders[number] = child
        return child

    def kill_token(self) -> None:
        """The owner takes the authorisation back, or its time is over."""
        self.gate.tokens.pop(self.access_token, None)

    # --- the wire ----------------------------------------------------------------------------------------------------

    def name_of(self, call: Call) -> str:
        return self._params(call).get("method", call.path) if call.path == "/routerjson" else call.path

    def answer(self, call: Call) -> Answer:
        pages: Mapping[str, Callable[[Call], Answer]] = {
            "/routerjson": self._router,
            "/oauth2/to_login": self._to_login,
            "/oauth2/access_token": self._exchange_code,
            "/oauth2/refresh_token": self._refresh_token,
        }
        page = pages.get(call.path)
        if page is not None:
            return page(call)
        if call.path.startswith("/rest/"):
            return self._sp(call)
        return json_answer({"error": "Not Found"}, 404)

    def refuse(self, fault: str, call: Call) -> Answer:
        if fault.endswith("_after"):
            self.answer(call)
        if call.path.startswith("/rest/"):
            return _sp_error("99904030005" if fault == "needs_cloud" else self._FAULT_CODES[fault])
        return _error(self._FAULT_CODES[fault])

    @staticmethod
    def _params(call: Call) -> dict[str, str]:
        return dict((*call.query, *call.form))

    def _router(self, call: Call) -> Answer:
        pairs = (*call.query, *call.form)
        params = dict(pairs)
        if len(params) != len(pairs):
            return _error("13")
        try:
            method = self.gate.check(params, frozenset(CALLS), self.now())
            self._count_call()
            asked = _business(params.get("360buy_param_json", "{}"))
            with self.shop.lock:
                answer = CALLS[method](self.shop, asked, self.gate.vender_id)
        except JdError as error:
            return _error(error.code)
        except Broken as broken:
            return json_answer({"error_response": _error_body("61") | {"zh_desc": f"参数错误:{broken}"}})
        return json_answer({f"{method.replace('.', '_')}_responce": {**answer, "code": "0"}})

    def _count_call(self) -> None:
        if self.calls_left is not None:
            if self.calls_left < 1:
                raise JdError("2")
            self.calls_left -= 1

    # --- token pages -------------------------------------------------------------------------------------------------

    def _to_login(self, call: Call) -> Answer:
        """The owner says yes at once."""
        asked = dict(call.query)
        if asked.get("app_key") != self.gate.app_key or asked.get("response_type") != "code":
            return json_answer({"code": 400, "msg": "app_key error", "requestId": "r-1"})
        uri = asked.get("redirect_uri", "")
        code = self.gate.give_code(uri, self.now())
        location = f"{uri}?code={code}&state={quote(asked.get('state', ''), safe='')}"
        return Answer(b"", 302, headers={"Location": location})

    def _exchange_code(self, call: Call) -> Answer:
        asked = self._params(call)
        if not self._knows_app(asked) or asked.get("grant_type") != "authorization_code":
            return json_answer({"code": 400, "msg": "invalid client", "requestId": "r-1"})
        token = self.gate.exchange(asked.get("code", ""), self.now())
        return json_answer(token or {"code": 401, "msg": "code is invalid or expired", "requestId": "r-1"})

    def _refresh_token(self, call: Call) -> Answer:
        asked = self._params(call)
        if not self._knows_app(asked) or asked.get("grant_type") != "refresh_token":
            return json_answer({"code": 400, "msg": "invalid client", "requestId": "r-1"})
        token = self.gate.refresh(asked.get("refresh_token", ""), self.now())
        return json_answer(token or {"code": 401, "msg": "refresh_token is invalid", "requestId": "r-1"})

    def _knows_app(self, asked: Mapping[str, str]) -> bool:
        return asked.get("app_key") == self.gate.app_key and asked.get("app_secret") == self.gate.secret

    # --- SP-API ------------------------------------------------------------------------------------------------------

    def _sp(self, call: Call) -> Answer:
        place, _, number = call.path.partition("/v0/")
        kind, _, no = number.partition("/")
        query = dict(call.query)
        try:
            self.gate.check_sp(call.headers, query, no, self.now())
            with self.shop.lock:
                data = self._sp_data(f"{place}/{kind}", no, query)
        except JdError as error:
            return _sp_error(error.code)
        if data is None:
            return json_answer({"success": False, "errorList": [{"code": "404", "message": "not found"}]}, 404)
        return json_answer({"success": True, "errorList": [], "data": data})

    def _sp_data(self, place: str, no: str, query: Mapping[str, str]) -> object:
        paid = [order for order in self.shop.orders.values() if order.paid_at and not order.extra.get("is_split")]
        if place == "/rest/sp-order/orders":
            rows = [order_json(order, self.gate.vender_id, is_cipher=False) for order in paid if no in ("", order.no)]
            if no:
                return rows[0] if rows else None
            size = min(int(query.get("pageSize", "50")), 50)
            first = (int(query.get("page", "1")) - 1) * size
            return {"total": len(rows), "orders": rows[first : first + size]}
        if place == "/rest/sp-aftercare/afs-orders":
            cases = [case for case in self.shop.cases.values() if case.was_sent]
            orders = self.shop.orders
            bills = [service_json(case, orders[case.order_no].line(case.line_nos[0]).goods) for case in cases]
            return {"total": len(bills), "afsOrders": bills}
        return None


def _business(text: str) -> Mapping[str, Any]:
    try:
        asked = json.loads(text)
    except json.JSONDecodeError:
        raise JdError("13") from None
    if not isinstance(asked, dict):
        raise JdError("13")
    return asked


def _error_body(code: str) -> dict[str, str]:
    zh, en = ERRORS[code]
    # in the order in which nobody expects it
    return {"zh_desc": zh, "code": code, "en_desc": en}


def _error(code: str) -> Answer:
    return json_answer({"error_response": _error_body(code)})


def _sp_error(code: str) -> Answer:
    message = ERRORS[code][1] if code in ERRORS else "call from inside the JD cloud"
    return json_answer({"success": False, "errorList": [{"code": code, "message": message}], "data": None})
