"""The simulated WooCommerce shop against its facts, asked by hand-made requests: no adapter is involved."""

import base64
import hashlib
import hmac
import itertools
import ssl
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests

from core.runtime.clock import ManualClock
from tests.simulators.mail_server import certificate
from tests.simulators.platforms.woocommerce import CONSUMER_KEY, CONSUMER_SECRET, READ_KEY, READ_SECRET, WooServer
from tests.simulators.platforms.woocommerce_door import Key, signature
from tests.simulators.platforms.woocommerce_facts import PROVINCES, TRACKING_META, UNPROVEN
from tests.simulators.platforms.woocommerce_shop import woocommerce_shop

START = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
NOW = "2026-11-23T01:30:00"
FULL, READ = (CONSUMER_KEY, CONSUMER_SECRET), (READ_KEY, READ_SECRET)


class Asker:
    """Somebody with keys who signs by hand, or shows them where the shop believes in TLS."""

    def __init__(self, server: WooServer, clock: ManualClock) -> None:
        self.server, self.shop, self.clock = server, server.shop, clock
        self.nonces = itertools.count()
        self.goods = [
            self.shop.list_goods("MF-101", 100, title="奶粉"),
            self.shop.list_goods("FS-201", 50, title="米粉", spec="原味"),
        ]
        self.goods.append(
            self.shop.list_goods("FS-202", 40, title="米粉", spec="南瓜", item_id=self.goods[1].item_id)
        )

    def signed(self, method: str, url: str, query: Mapping[str, str], keys: tuple[str, str], **changes: str) -> Any:
        oauth = {
            "oauth_consumer_key": keys[0],
            "oauth_timestamp": str(int(self.server.now().timestamp())),
            "oauth_nonce": f"nonce{next(self.nonces)}",
            "oauth_signature_method": "HMAC-SHA256",
        }
        pairs = {**query, **oauth, **changes}
        # RFC 5849 3.4.1 by hand: encoded pairs, sorted, and the whole once more
        text = "&".join(sorted(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs.items()))
        base = "&".join((method, quote(url, safe=""), quote(text, safe="")))
        made = hmac.new(f"{keys[1]}&".encode(), base.encode(), hashlib.sha256).digest()
        return {**pairs, "oauth_signature": base64.b64encode(made).decode(), **changes}

    def raw(
        self,
        method: str,
        route: str,
        body: Mapping[str, object] | None = None,
        keys: tuple[str, str] | None = FULL,
        **query: str,
    ) -> requests.Response:
        url = f"{self.server.url}/wp-json/{route}"
        shown: Any = query
        auth = None
        if keys is not None and self.server.is_behind_tls:
            auth = keys
        elif keys is not None:
            shown = self.signed(method, url, query, keys)
        return requests.request(method, url, params=shown, json=body, auth=auth, timeout=5, allow_redirects=False)

    def ask(self, method: str, route: str, body: Mapping[str, object] | None = None, **query: str) -> Any:
        return self.raw(method, f"wc/v3/{route}", body, **query).json()

    def get(self, route: str, **query: str) -> Any:
        return self.ask("GET", route, **query)

    def put(self, route: str, **body: object) -> Any:
        return self.ask("PUT", route, body)

    def post(self, route: str, **body: object) -> Any:
        return self.ask("POST", route, body)

    def place(self, *qtys: int, **more: Any) -> str:
        wanted = [(goods.sku_id, qty) for goods, qty in zip(self.goods, qtys or (1,), strict=False) if qty]
        return self.shop.place(wanted, **more).no

    def paid(self, *qtys: int, **more: Any) -> str:
        no = self.place(*qtys, **more)
        self.shop.pay(no)
        return no

    def status(self, no: str) -> str:
        return str(self.get(f"orders/{no}")["status"])


@pytest.fixture
def asker() -> Iterator[Asker]:
    clock = ManualClock(START)
    with WooServer(woocommerce_shop(clock.now)) as server:
        yield Asker(server, clock)
        assert server.faults.is_used_up


def code_of(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, str(answer.json()["code"])


def ids(rows: Any) -> list[int]:
    return [row["id"] for row in rows]


# --- the door -----------------------------------------------------------------------------------------------------------


def test_the_signature_is_that_of_the_published_client() -> None:
    params = {
        "page": "1",
        "modified_after": "2026-01-08T00:00:00",
        "oauth_consumer_key": "ck_test",
        "oauth_timestamp": "1767837600",
        "oauth_nonce": "abcdef0123456789abcdef0123456789abcdef01",
        "oauth_signature_method": "HMAC-SHA256",
    }
    made = signature("GET", "http://shop.example.test/wp-json/wc/v3/orders", params, "cs_test")
    assert made == "GfUZUoyXMt852RsQlZ1a/T84KWIN6EJWY6znIL1QI/0="


def test_a_signed_call_opens_once_and_not_later(asker: Asker) -> None:
    url = f"{asker.server.url}/wp-json/wc/v3/orders"
    query = asker.signed("GET", url, {"search": "赵 & ~ *"}, FULL)
    assert requests.get(url, params=query, timeout=5).json() == []
    assert requests.get(url, params=query, timeout=5).json()["message"].startswith("Invalid nonce")
    for change, words in (
        ({"oauth_timestamp": str(int(START.timestamp()) - 901)}, "Invalid timestamp."),
        ({"oauth_signature_method": "PLAINTEXT"}, "Invalid signature - signature method is invalid."),
        ({"oauth_signature": "AAAA"}, "Invalid signature - provided signature does not match."),
        ({"oauth_consumer_key": "ck_nobody"}, "Consumer key is invalid."),
        ({"oauth_nonce": ""}, "Missing OAuth parameter oauth_nonce"),
    ):
        answer = requests.get(url, params=asker.signed("GET", url, {}, FULL, **change), timeout=5)
        assert (answer.status_code, answer.json()["message"]) == (401, words)


def test_over_plain_http_a_key_that_is_merely_shown_is_not_seen(asker: Asker) -> None:
    url = f"{asker.server.url}/wp-json/wc/v3/orders"
    shown = {"consumer_key": CONSUMER_KEY, "consumer_secret": CONSUMER_SECRET}
    for how in ({"auth": FULL}, {"params": shown}):
        assert code_of(requests.get(url, timeout=5, **how)) == (401, "woocommerce_rest_cannot_view")  # type: ignore[arg-type]
    asker.server.is_behind_tls = True
    for how in ({"auth": FULL}, {"params": shown}):
        assert requests.get(url, timeout=5, **how).status_code == 200  # type: ignore[arg-type]
    assert code_of(requests.get(url, timeout=5, auth=("ck_nobody", "x")))[1] == "woocommerce_rest_cannot_view"
    wrong = requests.get(url, timeout=5, auth=(CONSUMER_KEY, "x"))
    assert code_of(wrong) == (401, "woocommerce_rest_authentication_error")


def test_a_server_may_throw_the_header_away(asker: Asker) -> None:
    asker.server.is_behind_tls, asker.server.door.keeps_header = True, False
    url = f"{asker.server.url}/wp-json/wc/v3/orders"
    assert code_of(requests.get(url, timeout=5, auth=FULL)) == (401, "woocommerce_rest_cannot_view")
    shown = {"consumer_key": CONSUMER_KEY, "consumer_secret": CONSUMER_SECRET}
    assert requests.get(url, timeout=5, params=shown).status_code == 200


def test_a_signature_is_held_against_the_address_the_site_believes_to_have() -> None:
    clock = ManualClock(START)
    with WooServer(woocommerce_shop(clock.now), folder="/shop") as server:
        asker = Asker(server, clock)
        assert asker.get("orders") == []
        server.look.home = "http://www.example.com/shop"
        answer = asker.raw("GET", "wc/v3/orders")
    assert answer.json()["message"] == "Invalid signature - provided signature does not match."


def test_a_key_may_only_read_or_be_of_somebody_without_rights(asker: Asker) -> None:
    no = asker.paid()
    body = {"status": "completed"}
    assert asker.raw("GET", f"wc/v3/orders/{no}", keys=READ).status_code == 200
    refused = asker.raw("PUT", f"wc/v3/orders/{no}", body, keys=READ)
    assert code_of(refused) == (401, "woocommerce_rest_authentication_error")
    assert refused.json()["message"] == "The API key provided does not have write permissions."
    asker.server.door.keys.append(Key("ck_author", "cs_author", is_manager=False))
    answer = asker.raw("GET", "wc/v3/orders", keys=("ck_author", "cs_author"))
    assert code_of(answer) == (403, "woocommerce_rest_cannot_view")
    assert asker.status(no) == "processing"


def test_the_site_tells_about_itself(asker: Asker) -> None:
    index = asker.raw("GET", "", keys=None).json()
    assert (index["name"], index["url"], index["gmt_offset"]) == ("练习商店", asker.server.url, "8")
    assert "wc/v3" in index["namespaces"]
    assert asker.get("system_status")["settings"]["currency"] == "CNY"
    assert asker.get("settings/general/woocommerce_currency")["value"] == "CNY"
    assert code_of(asker.raw("GET", "wc/v3/nothing")) == (404, "rest_no_route")
    states = asker.get("data/countries/cn")["states"]
    assert {"code": "CN12", "name": "浙江"} in states
    assert len(set(PROVINCES.values())) == len(states)


def test_a_site_without_pretty_links_is_asked_by_a_parameter(asker: Asker) -> None:
    no = asker.paid()
    asker.server.has_pretty_links = False
    page = asker.raw("GET", "wc/v3/orders")
    assert (page.status_code, page.headers["Content-Type"][:9]) == (404, "text/html")
    url = f"{asker.server.url}/"
    query = asker.signed("GET", url, {"rest_route": "/wc/v3/orders"}, FULL)
    assert ids(requests.get(url, params=query, timeout=5).json()) == [int(no)]


# --- orders -------------------------------------------------------------------------------------------------------------


def test_an_order_as_it_is_told(asker: Asker) -> None:
    no = asker.paid(2, 1, note="请轻放", freight_fen=500, discount_fen=1000)
    order = asker.get(f"orders/{no}")
    assert (order["id"], order["status"], order["total"]) == (int(no), "processing", "292.00")
    assert (order["date_created"], order["date_created_gmt"]) == ("2026-11-23T09:30:00", NOW)
    assert (order["shipping"]["state"], order["shipping"]["city"]) == ("CN12", "杭州市")
    assert (order["shipping"]["first_name"], order["billing"]["phone"]) == ("赵练习", "13800000001")
    assert order["shipping"]["address_1"] == "余杭区仓前街道练习路1号"
    assert (order["customer_note"], order["currency"]) == ("请轻放", "CNY")
    rows = order["line_items"]
    assert [(row["sku"], row["quantity"], row["subtotal"]) for row in rows] == [
        ("MF-101", 2, "198.00"),
        ("FS-201", 1, "99.00"),
    ]
    assert [row["variation_id"] for row in rows] == [0, int(asker.goods[1].sku_id)]
    assert sum(float(row["total"]) for row in rows) == 287.0
    assert (order["shipping_total"], order["discount_total"]) == ("5.00", "10.00")
    assert asker.get(f"orders/{no}", _fields="status") == {"id": int(no), "status": "processing"}


def test_every_status_has_its_way(asker: Asker) -> None:
    words = {}
    for word in ("pending", "on-hold", "processing", "completed", "cancelled", "refunded", "failed"):
        no = words[word] = asker.place(2)
        if word == "on-hold":
            asker.shop.hold(no)
        elif word == "failed":
            asker.shop.set_status(no, "failed")
        elif word != "pending":
            asker.shop.pay(no)
        if word == "completed":
            asker.shop.ship(no, "ZTO", "7310001")
        elif word == "cancelled":
            asker.shop.cancel(no)
        elif word == "refunded":
            asker.shop.refund_line(no, asker.shop.order(no).lines[0].no)
    assert {asker.status(no): no for no in words.values()} == words
    asker.shop.set_status(words["failed"], "trash")
    assert int(words["failed"]) not in ids(asker.get("orders", per_page="100"))
    assert ids(asker.get("orders", status="trash")) == [int(words["failed"])]
    assert len(asker.get("orders", status="pending,on-hold")) == 2
    refused = asker.raw("GET", "wc/v3/orders", status="shipped")
    assert code_of(refused) == (400, "rest_invalid_param")
    asker.server.orders.plugin_statuses = ("shipped",)
    assert asker.get("orders", status="shipped") == []


def test_a_window_leaves_out_its_own_seconds_and_is_local_where_it_does_not_say_gmt(asker: Asker) -> None:
    first = int(asker.place())
    asker.clock.advance(seconds=1)
    second = int(asker.place())
    gmt = {"dates_are_gmt": "true", "orderby": "modified", "order": "asc"}
    assert ids(asker.get("orders", modified_after="2026-11-23T01:29:59", **gmt)) == [first, second]
    assert ids(asker.get("orders", modified_after=NOW, **gmt)) == [second]
    assert ids(asker.get("orders", modified_before="2026-11-23T01:30:01", **gmt)) == [first]
    assert ids(asker.get("orders", modified_after="2026-11-23T09:30:00")) == [second]
    # a Z is turned to the shop's zone even where GMT is promised
    assert asker.get("orders", modified_after="2026-11-23T01:29:59Z", **gmt) == []
    assert code_of(asker.raw("GET", "wc/v3/orders", modified_after="yesterday")) == (400, "rest_invalid_param")


def test_pages_and_their_headers(asker: Asker) -> None:
    placed = [int(asker.place()) for _ in range(5)]
    answer = asker.raw("GET", "wc/v3/orders", per_page="2", page="2", orderby="id", order="asc")
    assert ids(answer.json()) == placed[2:4]
    assert (answer.headers["X-WP-Total"], answer.headers["X-WP-TotalPages"]) == ("5", "3")
    assert 'page=3>; rel="next"' in answer.headers["Link"]
    assert 'page=1>; rel="prev"' in answer.headers["Link"]
    beyond = asker.raw("GET", "wc/v3/orders", per_page="2", page="9")
    assert (beyond.json(), beyond.headers["X-WP-Total"]) == ([], "5")
    refused = asker.raw("GET", "wc/v3/orders", per_page="101", page="0").json()
    assert refused["code"] == "rest_invalid_param"
    assert set(refused["data"]["params"]) == {"page", "per_page"}


def test_a_row_moves_between_two_pages_while_they_are_read(asker: Asker) -> None:
    placed = [int(asker.place()) for _ in range(4)]
    asker.clock.advance(seconds=5)
    asker.server.faults.next("row_moves")
    window = {"orderby": "modified", "order": "asc", "per_page": "2"}
    first = ids(asker.get("orders", page="1", **window))
    second = ids(asker.get("orders", page="2", **window))
    # forward paging misses the third: the first one moved behind the last
    assert (first, second) == (placed[:2], [placed[3], placed[0]])


def test_an_old_shop_forgets_what_it_does_not_know(asker: Asker) -> None:
    no = int(asker.place())
    asker.server.orders.knows_modified = False
    assert ids(asker.get("orders", modified_after="2030-01-01T00:00:00")) == [no]
    assert code_of(asker.raw("GET", "wc/v3/orders", orderby="modified")) == (400, "rest_invalid_param")


def test_an_unknown_order(asker: Asker) -> None:
    invalid = "woocommerce_rest_shop_order_invalid_id"
    assert code_of(asker.raw("GET", "wc/v3/orders/1")) == (404, invalid)
    assert code_of(asker.raw("PUT", "wc/v3/orders/1", {"status": "completed"})) == (400, invalid)
    assert code_of(asker.raw("GET", "wc/v3/orders/1/notes")) == (404, invalid)
    assert asker.get("orders/1/refunds") == []


def test_an_order_is_completed_and_marked(asker: Asker) -> None:
    no = asker.paid()
    asker.clock.advance(seconds=10)
    marker = {"key": "_packdesk", "value": {"parcel": 7}}
    order = asker.put(f"orders/{no}", status="completed", meta_data=[marker])
    assert (order["status"], order["date_completed_gmt"]) == ("completed", "2026-11-23T01:30:10")
    (meta,) = order["meta_data"]
    assert (meta["key"], meta["value"]) == ("_packdesk", {"parcel": 7})
    again = asker.put(f"orders/{no}", meta_data=[{"key": "_packdesk", "value": "x"}])
    assert [(one["id"], one["value"]) for one in again["meta_data"]] == [(meta["id"], "x")]
    assert code_of(asker.raw("PUT", f"wc/v3/orders/{no}", {"status": "sent"})) == (400, "rest_invalid_param")
    assert asker.shop.order(no).state == "shipped"


def test_nothing_stops_a_shop_from_completing_what_was_called_off(asker: Asker) -> None:
    no = asker.paid(2)
    asker.shop.cancel(no)
    assert asker.goods[0].qty == 100
    assert asker.put(f"orders/{no}", status="completed")["status"] == "completed"
    assert asker.goods[0].qty == 98
    assert ("status_completed", no) in [(what, subject) for what, subject, _ in asker.shop.happened]


def test_an_address_is_edited(asker: Asker) -> None:
    no = asker.paid()
    asker.clock.advance(seconds=3)
    asker.shop.change_address(no, address="练习路99号")
    order = asker.get(f"orders/{no}")
    assert order["shipping"]["address_1"].endswith("练习路99号")
    assert order["date_modified_gmt"] == "2026-11-23T01:30:03"


def test_a_batch_of_orders_says_what_went_wrong_where(asker: Asker) -> None:
    no = asker.paid()
    done = asker.post("orders/batch", update=[{"id": int(no), "status": "completed"}, {"id": 1}])["update"]
    assert (done[0]["status"], done[1]["id"]) == ("completed", 1)
    assert done[1]["error"]["code"] == "woocommerce_rest_shop_order_invalid_id"
    many = asker.raw("POST", "wc/v3/orders/batch", {"update": [{"id": 1}] * 101})
    assert code_of(many) == (413, "woocommerce_rest_request_entity_too_large")


# --- notes, refunds, parcels --------------------------------------------------------------------------------------------


def test_notes_are_for_the_buyer_or_not_and_newest_first(asker: Asker) -> None:
    no = asker.paid()
    asker.clock.advance(seconds=3)
    first = asker.raw("POST", f"wc/v3/orders/{no}/notes", {"note": "缺货等周三"})
    assert first.status_code == 201
    asker.post(f"orders/{no}/notes", note="已发货 ZTO 7310001", customer_note=True)
    notes = asker.get(f"orders/{no}/notes")
    assert [(note["note"], note["customer_note"]) for note in notes] == [
        ("已发货 ZTO 7310001", True),
        ("缺货等周三", False),
        ("Stock levels reduced: 奶粉 -1", False),
    ]
    assert [note["note"] for note in asker.get(f"orders/{no}/notes", type="customer")] == ["已发货 ZTO 7310001"]
    assert asker.get(f"orders/{no}/notes/{notes[0]['id']}")["note"] == "已发货 ZTO 7310001"
    assert code_of(asker.raw("POST", f"wc/v3/orders/{no}/notes", {}))[1] == "rest_missing_callback_param"
    assert asker.get(f"orders/{no}")["date_modified_gmt"] == NOW


def test_a_refund_is_seen_when_it_is_made(asker: Asker) -> None:
    no = asker.paid(2, 1, freight_fen=500)
    line, other = asker.shop.order(no).lines
    case = asker.shop.ask_refund(no, [line.no], reason="少发")
    assert asker.get(f"orders/{no}/refunds") == []
    asker.clock.advance(seconds=4)
    asker.shop.agree(case.no)
    (refund,) = asker.get(f"orders/{no}/refunds")
    assert (refund["amount"], refund["reason"]) == ("198.00", "少发")
    (row,) = refund["line_items"]
    assert (row["quantity"], row["total"]) == (-2, "-198.00")
    assert row["meta_data"][0]["value"] == line.no
    order = asker.get(f"orders/{no}")
    assert (order["status"], order["refunds"][0]["total"]) == ("processing", "-198.00")
    assert (order["date_modified_gmt"], order["total"]) == ("2026-11-23T01:30:04", "302.00")
    assert asker.goods[0].qty == 100
    asker.shop.refund_line(no, other.no)
    assert asker.status(no) == "refunded"
    assert sorted(one["amount"] for one in asker.get(f"orders/{no}/refunds")) == ["104.00", "198.00"]
    assert sum(float(one["amount"]) for one in asker.get("refunds")) == 302.0
    strange = asker.raw("GET", f"wc/v3/orders/{asker.paid()}/refunds/{case.no}")
    assert (strange.status_code, strange.json()["data"]) == (500, 404)


def test_a_refund_may_be_of_some_units_or_of_money_alone(asker: Asker) -> None:
    no = asker.paid(3, freight_fen=500)
    (line,) = asker.shop.order(no).lines
    asker.shop.refund_units(no, line.no, 1)
    (refund,) = asker.get(f"orders/{no}/refunds")
    assert (refund["line_items"][0]["quantity"], refund["amount"]) == (-1, "99.00")
    assert (asker.status(no), asker.goods[0].qty) == ("processing", 98)
    assert asker.shop.units_sold(asker.goods[0].sku_id) == 2
    asker.clock.advance(seconds=1)
    asker.shop.refund_money(no, 1_000)
    refund = asker.get(f"orders/{no}/refunds")[0]
    assert (refund["line_items"], refund["amount"]) == ([], "10.00")
    assert asker.status(no) == "processing"
    # "refunded" chosen by hand pays the rest back as a sum and puts nothing back
    asker.clock.advance(seconds=1)
    asker.put(f"orders/{no}", status="refunded")
    assert [row["total"] for row in asker.get(f"orders/{no}")["refunds"]] == ["-193.00", "-10.00", "-99.00"]
    assert (asker.status(no), asker.goods[0].qty) == ("refunded", 98)


def test_parcels_of_the_plugin(asker: Asker) -> None:
    no = asker.paid()
    route = f"wc-shipment-tracking/v3/orders/{no}/shipment-trackings"
    assert code_of(asker.raw("GET", route)) == (404, "rest_no_route")
    asker.server.site.has_tracking = True
    body = {"custom_tracking_provider": "中通快递", "tracking_number": "7310001", "date_shipped": "2026-11-23"}
    made = asker.raw("POST", route, body)
    assert made.status_code == 201
    asker.raw("POST", route, {"tracking_provider": "DHL", "tracking_number": "7310002"})
    told = [(one["tracking_provider"], one["tracking_number"]) for one in asker.raw("GET", route).json()]
    assert told == [("中通快递", "7310001"), ("DHL", "7310002")]
    assert asker.status(no) == "processing"
    (meta,) = [one for one in asker.get(f"orders/{no}")["meta_data"] if one["key"] == TRACKING_META]
    assert len(meta["value"]) == 2
    dropped = asker.raw("DELETE", f"{route}/{made.json()['tracking_id']}")
    assert dropped.status_code == 200
    assert [parcel.number for parcel in asker.shop.order(no).parcels] == ["7310002"]
    assert code_of(asker.raw("POST", route, {}))[1] == "rest_missing_callback_param"


# --- goods --------------------------------------------------------------------------------------------------------------


def test_products_and_their_variations(asker: Asker) -> None:
    simple, variable = asker.get("products", orderby="id", order="asc")
    assert (simple["type"], simple["sku"], simple["stock_quantity"]) == ("simple", "MF-101", 100)
    assert (variable["type"], variable["sku"], variable["manage_stock"]) == ("variable", "", False)
    assert variable["variations"] == [int(goods.sku_id) for goods in asker.goods[1:]]
    rows = asker.get(f"products/{variable['id']}/variations", orderby="id", order="asc")
    assert [(row["sku"], row["stock_quantity"]) for row in rows] == [("FS-201", 50), ("FS-202", 40)]
    assert rows[0]["attributes"][0]["option"] == "原味"
    assert ids(asker.get("products", sku="FS-202")) == [int(asker.goods[2].sku_id)]
    assert code_of(asker.raw("GET", "wc/v3/products/1")) == (404, "woocommerce_rest_product_invalid_id")


def test_a_number_is_set(asker: Asker) -> None:
    simple, first = asker.goods[0], asker.goods[1]
    row = asker.put(f"products/{simple.item_id}", manage_stock=True, stock_quantity=7)
    assert (row["stock_quantity"], simple.qty) == (7, 7)
    assert asker.put(f"products/{simple.item_id}", stock_quantity=0)["stock_status"] == "outofstock"
    row = asker.put(f"products/{first.item_id}/variations/{first.sku_id}", stock_quantity=9)
    assert (row["stock_quantity"], first.qty) == (9, 9)
    assert asker.put(f"products/{simple.item_id}", inventory_delta=-3)["stock_quantity"] == -3
    refused = asker.raw("PUT", f"wc/v3/products/{simple.item_id}", {"stock_quantity": "many"})
    assert code_of(refused) == (400, "rest_invalid_param")
    wrong = asker.raw("PUT", f"wc/v3/products/{first.sku_id}", {"stock_quantity": 1})
    assert code_of(wrong) == (404, "woocommerce_rest_invalid_product_id")
    wrong = asker.raw("PUT", f"wc/v3/products/{simple.item_id}/variations/{first.sku_id}", {"stock_quantity": 1})
    assert code_of(wrong) == (403, "woocommerce_rest_cannot_edit")


def test_a_number_is_forgotten_where_stock_is_not_managed(asker: Asker) -> None:
    goods = asker.goods[0]
    asker.shop.unmanaged.add(goods.sku_id)
    row = asker.put(f"products/{goods.item_id}", stock_quantity=7)
    assert (row["manage_stock"], row["stock_quantity"], goods.qty) == (False, None, 100)
    asker.place(500)
    assert asker.put(f"products/{goods.item_id}", stock_status="outofstock")["stock_status"] == "outofstock"
    with pytest.raises(Exception, match="sold_out"):
        asker.place(1)
    row = asker.put(f"products/{goods.item_id}", manage_stock=True, stock_quantity=7)
    assert (row["manage_stock"], row["stock_quantity"]) == (True, 7)


def test_variations_may_share_the_number_of_their_product(asker: Asker) -> None:
    first, second = asker.goods[1:]
    asker.shop.pool(first.item_id, 10)
    row = asker.get(f"products/{first.item_id}/variations/{first.sku_id}")
    assert (row["manage_stock"], row["stock_quantity"]) == ("parent", 10)
    asker.shop.pay(asker.place(0, 3))
    assert asker.get(f"products/{first.item_id}")["stock_quantity"] == 7
    row = asker.put(f"products/{first.item_id}/variations/{first.sku_id}", stock_quantity=99)
    assert row["stock_quantity"] == 7
    with pytest.raises(Exception, match="sold_out"):
        asker.place(0, 4, 4)
    row = asker.put(f"products/{first.item_id}/variations/{first.sku_id}", manage_stock=True, stock_quantity=5)
    assert (row["manage_stock"], row["stock_quantity"]) == (True, 5)
    assert asker.get(f"products/{second.item_id}/variations/{second.sku_id}")["stock_quantity"] == 7


def test_batches_of_numbers(asker: Asker) -> None:
    simple, first, second = asker.goods
    update = [{"id": int(simple.item_id), "stock_quantity": 3}, {"id": int(first.sku_id), "stock_quantity": 3}]
    done = asker.post("products/batch", update=update)["update"]
    assert (done[0]["stock_quantity"], done[1]["error"]["code"]) == (3, "woocommerce_rest_invalid_product_id")
    update = [{"id": int(goods.sku_id), "stock_quantity": 4} for goods in (first, second)]
    done = asker.post(f"products/{first.item_id}/variations/batch", update=update)["update"]
    assert [row["stock_quantity"] for row in done] == [4, 4]
    stranger = asker.shop.list_goods("WJ-601", 9, title="布书", spec="6 册")
    update = [{"id": int(stranger.sku_id), "stock_quantity": 1}]
    asker.post(f"products/{first.item_id}/variations/batch", update=update)
    assert stranger.item_id == first.item_id
    assert [goods.qty for goods in asker.goods] == [3, 4, 4]


def test_a_product_is_taken_off_sale_and_put_back(asker: Asker) -> None:
    simple, first = asker.goods[0], asker.goods[1]
    assert asker.put(f"products/{simple.item_id}", status="draft")["status"] == "draft"
    assert not simple.is_on_sale
    assert ids(asker.get("products", status="draft")) == [int(simple.item_id)]
    assert asker.put(f"products/{simple.item_id}", status="publish")["purchasable"]
    row = asker.put(f"products/{first.item_id}/variations/{first.sku_id}", status="private")
    assert (row["status"], first.is_on_sale, asker.goods[2].is_on_sale) == ("private", False, True)
    asker.put(f"products/{first.item_id}", status="draft")
    asker.put(f"products/{first.item_id}", status="publish")
    assert (first.is_on_sale, asker.goods[2].is_on_sale) == (False, True)


def test_the_shop_itself_counts(asker: Asker) -> None:
    goods = asker.goods[0]
    goods.qty = 10
    unpaid = asker.place(4)
    assert asker.get(f"products/{goods.item_id}")["stock_quantity"] == 10
    with pytest.raises(Exception, match="sold_out"):
        asker.place(7)
    waiting = asker.place(2)
    asker.shop.hold(waiting)
    assert goods.qty == 8
    asker.shop.pay(waiting)
    assert goods.qty == 8
    asker.clock.advance(seconds=3601)
    assert asker.shop.drop_unpaid() == [unpaid]
    assert (asker.status(unpaid), goods.qty) == ("cancelled", 8)
    asker.shop.cancel(waiting)
    assert goods.qty == 10


def test_an_order_paid_late_takes_what_is_no_longer_there(asker: Asker) -> None:
    goods = asker.goods[0]
    no = asker.place(3)
    asker.put(f"products/{goods.item_id}", stock_quantity=1)
    asker.shop.pay(no)
    assert asker.get(f"products/{goods.item_id}")["stock_quantity"] == -2


# --- trouble ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "status", "kind"),
    [
        ("too_many", 429, "text/html"),
        ("too_many_until", 429, "text/html"),
        ("waf", 403, "text/html"),
        ("waf_check", 503, "text/html"),
        ("maintenance", 503, "text/html"),
        ("to_https", 301, "text/html"),
        ("to_login", 302, "text/html"),
        ("critical_error", 500, "application/json"),
        ("too_many_bare", 429, "text/html"),
        ("login_200", 200, "text/html"),
        ("no_database", 500, "text/html"),
        ("no_rights", 403, "application/json"),
    ],
)
def test_the_site_and_its_hoster_say_no(asker: Asker, fault: str, status: int, kind: str) -> None:
    asker.server.faults.next(fault)
    answer = asker.raw("GET", "wc/v3/orders")
    assert (answer.status_code, answer.headers["Content-Type"].partition(";")[0]) == (status, kind)
    waits = {"too_many": "17", "too_many_until": "Mon, 23 Nov 2026 01:30:30 GMT", "maintenance": "600"}
    assert answer.headers.get("Retry-After") == waits.get(fault)
    assert asker.get("orders") == []


def test_a_shop_that_wants_tls_sends_every_call_elsewhere(asker: Asker) -> None:
    asker.server.sends_to_https = True
    answer = asker.raw("GET", "wc/v3/orders")
    assert answer.status_code == 301
    assert answer.headers["Location"] == f"{asker.server.url}/wp-json/wc/v3/orders".replace("http:", "https:")


def test_a_call_may_take_effect_and_not_be_heard(asker: Asker) -> None:
    no = asker.paid()
    asker.server.faults.next("error_after", "twice")
    assert asker.raw("POST", f"wc/v3/orders/{no}/notes", {"note": "一"}).status_code == 500
    # repeated by a proxy, the signed call is refused, and has taken effect all the same
    assert code_of(asker.raw("POST", f"wc/v3/orders/{no}/notes", {"note": "二"}))[0] == 401
    assert [note["note"] for note in asker.get(f"orders/{no}/notes")][:2] == ["二", "一"]
    asker.server.faults.next("cut_after")
    with pytest.raises(requests.ConnectionError):
        asker.put(f"orders/{no}", status="completed")
    assert asker.status(no) == "completed"
    asker.server.is_behind_tls = True
    asker.server.faults.next("twice")
    asker.post(f"orders/{no}/notes", note="三")
    assert [note["note"] for note in asker.get(f"orders/{no}/notes")].count("三") == 2


def test_the_firewall_reads_what_is_written(asker: Asker) -> None:
    no = asker.paid()
    asker.server.waf_words = ("DROP TABLE",)
    refused = asker.raw("POST", f"wc/v3/orders/{no}/notes", {"note": "'; DROP TABLE--"})
    assert (refused.status_code, refused.headers["Content-Type"][:9]) == (403, "text/html")
    assert not any("DROP" in note["note"] for note in asker.get(f"orders/{no}/notes"))


def test_the_date_header_may_be_another_clock_than_the_one_that_signatures_are_held_against(asker: Asker) -> None:
    asker.server.date_lies_by = timedelta(hours=-1)
    answer = asker.raw("GET", "wc/v3/orders")
    assert (answer.status_code, answer.headers["Date"]) == (200, "Mon, 23 Nov 2026 00:30:00 GMT")
    asker.server.skew = timedelta(minutes=20)
    url = f"{asker.server.url}/wp-json/wc/v3/orders"
    late = asker.signed("GET", url, {}, FULL, oauth_timestamp=str(int(START.timestamp())))
    assert requests.get(url, params=late, timeout=5).json()["message"] == "Invalid timestamp."


def test_a_key_may_be_revoked_in_the_middle(asker: Asker) -> None:
    asker.get("orders")
    asker.server.door.keys.clear()
    answer = asker.raw("GET", "wc/v3/orders", page="2")
    assert (answer.status_code, answer.json()["message"]) == (401, "Consumer key is invalid.")


def test_over_real_tls(tmp_path: Path) -> None:
    pem = certificate(tmp_path, "localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    clock = ManualClock(START)
    with WooServer(woocommerce_shop(clock.now), tls=context, folder="/shop") as server:
        no = server.shop.place([(server.shop.list_goods("MF-101", 5).sku_id, 1)]).no
        url = f"{server.url}/wp-json/wc/v3/orders/{no}".replace("127.0.0.1", "localhost")
        answer = requests.get(url, auth=FULL, timeout=5, verify=str(pem))
    assert (answer.json()["id"], answer.headers["Content-Type"]) == (int(no), "application/json; charset=UTF-8")


def test_a_row_may_be_odd(asker: Asker) -> None:
    no = asker.paid(1, note="😀/赵")
    raw = asker.raw("GET", f"wc/v3/orders/{no}")
    assert rb"\ud83d\ude00\/\u8d75" in raw.content
    asker.shop.order(no).extra |= {"no_shipping": True, "strange": {"currency": "USD"}, "number": "A-7"}
    asker.shop.delete_goods(asker.goods[0].sku_id)
    order = asker.get(f"orders/{no}")
    assert (order["shipping"]["address_1"], order["currency"], order["number"]) == ("", "USD", "A-7")
    assert (order["line_items"][0]["sku"], order["line_items"][0]["quantity"]) == (None, 1)
    assert asker.get(f"products/{asker.goods[0].item_id}")["code"] == "woocommerce_rest_product_invalid_id"
    asker.server.look.splits_names = True
    assert [asker.get(f"orders/{no}")["billing"][part] for part in ("last_name", "first_name")] == ["赵", "练习"]


def test_answers_may_be_broken_on_their_way(asker: Asker) -> None:
    first, second = (int(asker.place()) for _ in range(2))
    asker.server.faults.next("row_missing", "row_strange", "empty_list", "no_totals")
    assert ids(asker.get("orders")) == [first]
    assert next(len(row) for row in asker.get("orders")) == 1
    assert asker.get("orders") == []
    assert "X-WP-Total" not in asker.raw("GET", "wc/v3/orders").headers
    for fault, text in (("key_twice", b'"id":1,"id":'), ("not_a_number", b"NaN"), ("float_id", b"8901.0")):
        asker.server.faults.next(fault)
        assert text in asker.raw("GET", f"wc/v3/orders/{second}").content


def test_answers_may_be_dirty_doubled_or_old(asker: Asker) -> None:
    no = int(asker.place())
    asker.server.faults.next("warning_before", "byte_order_mark", "row_doubled")
    assert asker.raw("GET", "wc/v3/orders").content.startswith(b"<br />")
    assert asker.raw("GET", "wc/v3/orders").content.startswith(b"\xef\xbb\xbf[")
    assert ids(asker.get("orders")) == [no, no]
    asker.server.is_behind_tls = True
    assert len(asker.get("orders")) == 1
    asker.place()
    asker.server.faults.next("stale")
    assert [len(asker.get("orders")), len(asker.get("orders"))] == [1, 2]


def test_the_calls_are_named_by_their_route(asker: Asker) -> None:
    no = asker.paid()
    asker.get(f"orders/{no}")
    asker.post(f"orders/{no}/notes", note="x")
    assert [name for name, _fault in asker.server.seen] == ["GET wc/v3/orders/#", "POST wc/v3/orders/#/notes"]


def test_what_is_unproven_is_told_once() -> None:
    keys = [key for key, _ in UNPROVEN]
    assert len(set(keys)) == len(keys)
