"""A simulated WooCommerce shop: a WordPress site with its keys, its plugins, and its hoster.

`WooServer(woocommerce_shop(now))` is a running shop, spoken to over plain HTTP, where only OAuth 1.0a opens. With
`is_behind_tls` it believes that TLS ends in front of it, as most shops do, and takes keys in a header or in the query.
What no source decides is listed in `woocommerce_facts.UNPROVEN`.
"""

import json
import re
import ssl
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Final

from tests.simulators.platforms.server import Answer, Call, PlatformServer
from tests.simulators.platforms.woocommerce_door import Door, Key
from tests.simulators.platforms.woocommerce_goods import GoodsDesk
from tests.simulators.platforms.woocommerce_orders import Orders
from tests.simulators.platforms.woocommerce_rows import Look
from tests.simulators.platforms.woocommerce_shop import WooShop
from tests.simulators.platforms.woocommerce_site import Site, page
from tests.simulators.platforms.woocommerce_trouble import ON_THE_WAY, PAGES
from tests.simulators.platforms.woocommerce_wire import Params, SaysNoError, no_route, params_of, said_no

CONSUMER_KEY: Final = "ck_0123456789abcdef0123456789abcdef01234567"
CONSUMER_SECRET: Final = "cs_0123456789abcdef0123456789abcdef01234567"
READ_KEY: Final = "ck_00000000000000000000000000000000000ead01"
READ_SECRET: Final = "cs_00000000000000000000000000000000000ead01"

#: what answers at a path: (the ids in the path, parameters, the address of the list)
Act = Callable[[Sequence[str], Params, str], Answer]

#: what a key without the right to manage the shop hears: (code, words)
_NOT_ALLOWED: Final = {
    "GET": ("woocommerce_rest_cannot_view", "Sorry, you cannot list resources."),
    "POST": ("woocommerce_rest_cannot_create", "Sorry, you are not allowed to create resources."),
    "PUT": ("woocommerce_rest_cannot_edit", "Sorry, you are not allowed to edit this resource."),
    "DELETE": ("woocommerce_rest_cannot_delete", "Sorry, you are not allowed to delete this resource."),
}
_CACHED: Final = 50


class WooServer(PlatformServer):
    """Serves one shop.

    Attributes:
        door: the keys. `CONSUMER_KEY` may do all, `READ_KEY` may read.
        orders, goods, site: the desks with their settings.
        look: what all rows share: time zone, currency, version.
        is_behind_tls: whether the shop believes that its callers come over TLS.
        has_pretty_links: off, only `?rest_route=` leads to the shop, and `/wp-json/` is a page that is not there.
        sends_to_https: every call over plain HTTP is sent elsewhere.
        waf_words: what a body must not hold, or the firewall answers.
        date_lies_by: how far the Date header is from the shop's own clock, as behind a cache; `skew` moves both.
    """

    #: besides `PAGES` and `ON_THE_WAY`: `too_many_until` names a date; `to_https` and `to_login` send elsewhere;
    #: `no_rights` is a plugin of roles; `twice` is a proxy that repeats a call (a signed one is refused then, and has
    #: taken effect); `stale` answers a reading call over TLS with the answer of before; `row_moves` changes the first
    #: row of a page after it was told
    own_faults = frozenset(
        {*PAGES, *ON_THE_WAY, "too_many_until", "to_https", "to_login", "no_rights", "twice", "stale", "row_moves"}
    )

    def __init__(
        self, shop: WooShop, name: str = "练习商店", *, tls: ssl.SSLContext | None = None, folder: str = ""
    ) -> None:
        """`tls` serves over real TLS; `folder` is where on the host WordPress lies, with a leading slash."""
        super().__init__(shop)
        self.shop: WooShop = shop
        self.folder = folder
        self._has_tls = tls is not None
        if tls is not None:
            self._server.socket = tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.is_behind_tls = self._has_tls
        self.has_pretty_links = True
        self.sends_to_https = False
        self.waf_words: tuple[str, ...] = ()
        self.date_lies_by = timedelta()
        self.look = Look(self.url, timezone(timedelta(hours=8)))
        self.door = Door(self.now)
        self.door.keys += [Key(CONSUMER_KEY, CONSUMER_SECRET), Key(READ_KEY, READ_SECRET, "read")]
        self.orders = Orders(shop, self.look)
        self.goods = GoodsDesk(shop, self.look)
        self.site = Site(shop, self.look, name)
        self._answers: dict[tuple[str, tuple[tuple[str, str], ...]], Answer] = {}
        self._routes = self._make_routes()

    @property
    def url(self) -> str:
        """Where the site is."""
        scheme = "https" if self._has_tls else "http"
        return f"{scheme}://127.0.0.1:{self._server.server_address[1]}{self.folder}"

    def told_now(self) -> datetime:
        """What the Date header says."""
        return self.now() + self.date_lies_by

    def name_of(self, call: Call) -> str:
        """Method and route: `GET wc/v3/orders`, ids written as `#`."""
        route = self._route_of(call)
        return f"{call.method} {call.path if route is None else re.sub('(?<=/)[0-9]+', '#', route.strip('/'))}"

    def answer(self, call: Call) -> Answer:
        """The site's answer."""
        if self.sends_to_https and not self._has_tls:
            return self._moved(call)
        if any(word.encode() in call.body for word in self.waf_words):
            return PAGES["waf"]()
        route = self._route_of(call)
        if route is None:
            return page("Page not found", "Oops! That page can&rsquo;t be found.", 404)
        with self.shop.lock:
            try:
                answer = self._answered(call, route.strip("/"))
            except SaysNoError as error:
                return said_no(error)
            if call.method == "GET" and self.is_behind_tls:
                self._answers[call.path, call.query] = answer
                for old in [*self._answers][:-_CACHED]:
                    del self._answers[old]
        return answer

    def refuse(self, fault: str, call: Call) -> Answer:
        """Trouble of the site, its plugins and its hoster."""
        if fault in PAGES:
            return PAGES[fault]()
        if fault in ON_THE_WAY:
            return ON_THE_WAY[fault](self.answer(call))
        if fault == "too_many_until":
            until = format_datetime(self.now() + timedelta(seconds=30), usegmt=True)
            return page("429 Too Many Requests", "nginx", 429, Retry_After=until)
        if fault == "to_https":
            return self._moved(call)
        if fault == "to_login":
            return Answer(b"", 302, "text/html", {"Location": f"{self.url}/wp-login.php"})
        if fault == "no_rights":
            return said_no(SaysNoError(403, *_NOT_ALLOWED[call.method]))
        if fault == "stale" and (call.path, call.query) in self._answers:
            return self._answers[call.path, call.query]
        answer = self.answer(call)
        if fault == "row_moves":
            self._move_row(answer)
        return self.answer(call) if fault == "twice" else answer

    # --- inside ------------------------------------------------------------------------------------------------------

    def _route_of(self, call: Call) -> str | None:
        """The route behind `wp-json` or in `rest_route`; None where WordPress shows a page."""
        path = call.path.removeprefix(self.folder)
        asked = dict(call.query).get("rest_route")
        if path in ("", "/", "/index.php") and asked is not None:
            return asked
        if path.startswith("/index.php/"):
            path = path.removeprefix("/index.php")
        if self.has_pretty_links and (path == "/wp-json" or path.startswith("/wp-json/")):
            return path.removeprefix("/wp-json")
        return None

    def _answered(self, call: Call, route: str) -> Answer:
        scheme, _, rest = self.look.home.partition("://")
        home = f"{'https' if self.is_behind_tls else scheme}://{rest}"
        is_open = call.method == "GET" and route in ("", *self.site.namespaces())
        key = None
        if route.startswith(("wc/", "wc-")):
            key = self.door.enter(call, home.removesuffix(self.folder), is_tls=self.is_behind_tls)
        if key is not None:
            self.door.check_may(key, call.method)
        params = {name: value for name, value in params_of(call).items() if name != "rest_route"}
        if is_open:
            return self.site.index() if not route else self.site.namespace(route)
        for methods, pattern, act in self._routes:
            found = pattern.fullmatch(route)
            if found is not None and call.method in methods:
                self._check_rights(key, call.method, route)
                return act(found.groups(), params, f"{self.look.home}/wp-json/{route}")
        raise no_route()

    @staticmethod
    def _check_rights(key: Key | None, method: str, route: str) -> None:
        if key is not None and key.is_manager:
            return
        code, words = _NOT_ALLOWED[method]
        if route.endswith("/batch"):
            code, words = "woocommerce_rest_cannot_batch", "Sorry, you are not allowed to batch manipulate resources."
        raise SaysNoError(401 if key is None else 403, code, words)

    def _make_routes(self) -> Sequence[tuple[tuple[str, ...], re.Pattern[str], Act]]:
        orders, goods, site = self.orders, self.goods, self.site
        read, make, edit, drop = ("GET",), ("POST",), ("POST", "PUT"), ("DELETE",)
        wc, order, product = "wc/v3/", r"wc/v3/orders/(\d+)", r"wc/v3/products/(\d+)"
        plugin = r"wc-shipment-tracking/v3/orders/(\d+)/shipment-trackings"
        table: Sequence[tuple[tuple[str, ...], str, Act]] = (
            (read, wc + "orders", lambda _ids, params, link: orders.page(params, link)),
            (read, order, lambda ids, params, _link: orders.get(ids[0], params)),
            (edit, order, lambda ids, params, _link: orders.put(ids[0], params)),
            (edit, wc + "orders/batch", lambda _ids, params, _link: orders.batch(params)),
            (read, order + "/notes", lambda ids, params, _link: orders.notes(ids[0], params)),
            (make, order + "/notes", lambda ids, params, _link: orders.add_note(ids[0], params)),
            (read, order + r"/notes/(\d+)", lambda ids, _params, _link: orders.note(ids[0], ids[1])),
            (read, order + "/refunds", lambda ids, params, link: orders.refunds(ids[0], params, link)),
            (read, order + r"/refunds/(\d+)", lambda ids, _params, _link: orders.refund(ids[0], ids[1])),
            (read, wc + "refunds", lambda _ids, params, link: orders.all_refunds(params, link)),
            (read, wc + "products", lambda _ids, params, link: goods.page(params, link)),
            (read, product, lambda ids, params, _link: goods.get(ids[0], params)),
            (edit, product, lambda ids, params, _link: goods.put(ids[0], params)),
            (edit, wc + "products/batch", lambda _ids, params, _link: goods.batch(params)),
            (read, product + "/variations", lambda ids, params, link: goods.variations(ids[0], params, link)),
            (
                read,
                product + r"/variations/(\d+)",
                lambda ids, params, _link: goods.variation(ids[1], params),
            ),
            (
                edit,
                product + r"/variations/(\d+)",
                lambda ids, params, _link: goods.put_variation(ids[0], ids[1], params),
            ),
            (
                edit,
                product + "/variations/batch",
                lambda ids, params, _link: goods.batch_variations(ids[0], params),
            ),
            (read, wc + "system_status", lambda _ids, _params, _link: site.system_status()),
            (read, wc + r"settings/(\w+)/(\w+)", lambda ids, _params, _link: site.setting(ids[0], ids[1])),
            (read, wc + "data/currencies/current", lambda _ids, _params, _link: site.currency()),
            (read, wc + r"data/countries/(\w+)", lambda ids, _params, _link: site.country(ids[0])),
            (read, plugin, lambda ids, _params, _link: self._with_plugin(lambda: orders.trackings(ids[0]))),
            (make, plugin, lambda ids, params, _link: self._with_plugin(lambda: orders.add_tracking(ids[0], params))),
            (read, plugin + "/providers", lambda _ids, _params, _link: self._with_plugin(orders.providers)),
            (
                read,
                plugin + "/([0-9a-f]{32})",
                lambda ids, _params, _link: self._with_plugin(lambda: orders.tracking(ids[0], ids[1], drops=False)),
            ),
            (
                drop,
                plugin + "/([0-9a-f]{32})",
                lambda ids, _params, _link: self._with_plugin(lambda: orders.tracking(ids[0], ids[1], drops=True)),
            ),
        )
        return [(methods, re.compile(path), act) for methods, path, act in table]

    def _with_plugin(self, act: Callable[[], Answer]) -> Answer:
        if not self.site.has_tracking:
            raise no_route()
        return act()

    def _moved(self, call: Call) -> Answer:
        home = self.url.replace("http://", "https://")
        return Answer(b"", 301, "text/html", {"Location": f"{home}{call.path.removeprefix(self.folder)}"})

    def _move_row(self, answer: Answer) -> None:
        rows = json.loads(answer.body)
        if isinstance(rows, list) and rows:
            no = str(rows[0]["id"])
            if no in self.shop.orders:
                with self.shop.lock:
                    self.shop.touch(self.shop.order(no))
