"""A simulated Medusa v2 shop: the admin API of one server, with its logins, checks and errors.

Refusals are `{type, message}` and sometimes `code`; the door alone says a message and nothing else, and what is no
path of Medusa is a page. What neither its code nor a run decides is listed in `medusa_facts.UNPROVEN`.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

from tests.simulators.platforms.medusa_auth import Keys, unauthorised
from tests.simulators.platforms.medusa_goods import GoodsDesk
from tests.simulators.platforms.medusa_money import MoneyDesk
from tests.simulators.platforms.medusa_orders import Orders
from tests.simulators.platforms.medusa_parcels import Parcels
from tests.simulators.platforms.medusa_shop import MedusaShop
from tests.simulators.platforms.medusa_stock import StockDesk
from tests.simulators.platforms.medusa_wire import SaysNoError, broken, said_no
from tests.simulators.platforms.server import Answer, Call, PlatformServer

EMAIL: Final = "practice@example.test"
PASSWORD: Final = "practice-password"
SECRET_KEY: Final = f"sk_{'0123456789abcdef' * 4}"

#: faults of whoever hosts the server: status, page, headers
_HOSTED: Final[Mapping[str, tuple[int, bytes, Mapping[str, str]]]] = {
    "rate_limited": (429, b"<html><body><h1>429 Too Many Requests</h1></body></html>", {"Retry_After": "7"}),
    "rate_limited_blindly": (429, b"Too Many Requests", {}),
    "restarting": (503, b"<html><body><h1>503 Service Temporarily Unavailable</h1></body></html>", {}),
}
_CONFLICT: Final = (
    "The request conflicted with another request. You may retry the request with the provided Idempotency-Key."
)


class MedusaServer(PlatformServer):
    """Serves one shop.

    `keys` holds users and secret keys, `orders` and `goods` the settings of what is unproven.
    """

    #: `token_dead` ends every token before the call; `_after` takes effect all the same; `empty_page`, `doubled_row` and
    #: `missing_line` are of an order list; `not_a_number`, `doubled_names` and `list_200` are bodies to stumble over
    own_faults = frozenset(
        {
            *_HOSTED,
            "unauthorized",
            "token_dead",
            "forbidden",
            "conflict",
            "unknown_error",
            "unknown_error_after",
            "empty_page",
            "doubled_row",
            "missing_line",
            "not_a_number",
            "doubled_names",
            "list_200",
        }
    )

    shop: MedusaShop

    def __init__(
        self, shop: MedusaShop, email: str = EMAIL, password: str = PASSWORD, secret_key: str = SECRET_KEY
    ) -> None:
        super().__init__(shop)
        self.keys = Keys(email, password, secret_key, self.now)
        self.orders = Orders(shop)
        self._parcels = Parcels(shop, self.orders)
        self._money = MoneyDesk(shop, self.orders.rows)
        self._stock = StockDesk(shop)
        self.goods = GoodsDesk(shop, self._stock)
        self._ways = [(method, _pattern(path), answer) for (method, path), answer in self._all_ways().items()]
        self._names = [(method, _pattern(path), path) for method, path in self._all_ways()]

    def name_of(self, call: Call) -> str:
        """Method and path, with `:id` for what is numbered."""
        for method, pattern, path in self._names:
            if method == call.method and pattern.fullmatch(call.path):
                return f"{method} {path}"
        return f"{call.method} {call.path}"

    def answer(self, call: Call) -> Answer:
        """What Medusa says."""
        with self.shop.lock:
            try:
                return self._answered(call)
            except SaysNoError as error:
                return said_no(error)

    def refuse(self, fault: str, call: Call) -> Answer:
        """Trouble of Medusa and of its host."""
        if fault in _HOSTED:
            status, page, headers = _HOSTED[fault]
            return Answer(page, status, "text/html", headers)
        if fault == "unauthorized":
            return unauthorised()
        if fault == "forbidden":
            return said_no(SaysNoError("forbidden", "Forbidden"))
        if fault == "conflict":
            return said_no(SaysNoError("conflict", _CONFLICT, "invalid_state_error"))
        if fault == "unknown_error":
            return said_no(broken())
        if fault == "list_200":
            return Answer(b"[]")
        return self._answered_badly(fault, call)

    def _answered_badly(self, fault: str, call: Call) -> Answer:
        if fault == "token_dead":
            self.keys.kill_tokens()
        self.orders.is_next_empty = fault == "empty_page"
        self.orders.is_next_doubled = fault == "doubled_row"
        self.orders.is_next_short = fault == "missing_line"
        answer = self.answer(call)
        if fault == "unknown_error_after":
            return said_no(broken())
        if fault == "not_a_number":
            body = re.sub(rb'("(?:total|unit_price|stocked_quantity)": )[\d.]+', rb"\1NaN", answer.body, count=1)
            return Answer(body, answer.status)
        if fault == "doubled_names":
            return Answer(b'{"orders": [], "order": null, "count": 0, ' + answer.body[1:], answer.status)
        return answer

    def _answered(self, call: Call) -> Answer:
        if call.path == "/health" and call.method == "GET":
            return Answer(b"OK", content_type="text/plain; charset=utf-8")
        if call.method == "POST" and call.path in ("/auth/user/emailpass", "/auth/token/refresh"):
            return self.keys.answer(call)
        if call.path.startswith("/admin"):
            refusal = self.keys.refusal(call)
            if refusal is not None:
                return refusal
        for method, pattern, answer in self._ways:
            found = pattern.fullmatch(call.path)
            if found and method == call.method:
                return answer(call, *found.groups())
        said = f"<pre>Cannot {call.method} {call.path}</pre>"
        page = f'<!DOCTYPE html>\n<html lang="en"><head><title>Error</title></head><body>{said}</body></html>'
        return Answer(page.encode(), 404, "text/html; charset=utf-8")

    def _all_ways(self) -> Mapping[tuple[str, str], Callable[..., Answer]]:
        orders, goods, parcels, money, stock = self.orders, self.goods, self._parcels, self._money, self._stock
        order, item = "/admin/orders/:id", "/admin/inventory-items/:id"
        parcel, payment = f"{order}/fulfillments/:id", "/admin/payments/:id"
        return {
            ("GET", "/admin/orders"): orders.page,
            ("POST", f"{order}/cancel"): orders.cancel,
            ("POST", f"{order}/complete"): lambda call, no: orders.mark(call, no, "completed"),
            ("POST", f"{order}/archive"): lambda call, no: orders.mark(call, no, "archived"),
            ("POST", f"{order}/fulfillments"): parcels.fulfil,
            ("POST", f"{parcel}/shipments"): parcels.ship,
            ("POST", f"{parcel}/cancel"): parcels.unpack,
            ("POST", f"{parcel}/mark-as-delivered"): parcels.deliver,
            ("GET", "/admin/payments"): money.payments,
            ("GET", payment): money.payment,
            ("POST", f"{payment}/capture"): money.capture,
            ("POST", f"{payment}/refund"): money.refund,
            ("GET", "/admin/returns"): money.page_of_returns,
            ("GET", "/admin/returns/:id"): money.get_return,
            ("GET", "/admin/products"): goods.products,
            ("GET", "/admin/products/:id"): goods.product,
            ("POST", "/admin/products/:id"): goods.update_product,
            ("GET", "/admin/product-variants"): goods.variants,
            ("GET", "/admin/inventory-items"): stock.inventory,
            ("POST", "/admin/inventory-items/location-levels/batch"): stock.write_levels,
            ("GET", item): stock.inventory_item,
            ("GET", f"{item}/location-levels"): stock.levels,
            ("POST", f"{item}/location-levels"): stock.add_level,
            ("POST", f"{item}/location-levels/:id"): stock.write_level,
            ("GET", "/admin/reservations"): stock.reservations,
            ("POST", "/admin/reservations"): stock.reserve,
            ("GET", "/admin/reservations/:id"): stock.reservation,
            ("POST", "/admin/reservations/:id"): stock.change_reservation,
            ("DELETE", "/admin/reservations/:id"): stock.release,
            ("GET", "/admin/stock-locations"): goods.locations,
            ("GET", "/admin/stores"): goods.stores,
            # the last: an id may hold anything, and the server has decoded it by now
            ("GET", "/admin/orders/*"): orders.get,
            ("POST", order): orders.update,
        }


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(path.replace(":id", "([^/]+)").replace("*", "(.+)"))
