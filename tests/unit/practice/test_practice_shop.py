"""The practice shop's rules, its memory, its doors and its page."""

import html
import http.client
import itertools
import json
import re
import stat
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from core.practice.catalogue import ean13, practice_catalogue
from core.practice.generator import generate_orders
from core.practice.people import Receiver
from core.practice.refusal import RefusalError
from core.practice.server import PracticeSecrets, PracticeServer, kept_secrets
from core.practice.shop import DraftLine, OrderDraft
from core.runtime.clock import ManualClock
from tests.support.mall_signing import signed_headers

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
SOMEONE = Receiver("赵练习", "13800000001", "浙江省", "杭州市", "余杭区", "练习路1号")
ELSEWHERE = Receiver("钱小满", "13800000002", "江苏省", "苏州市", "工业园区", "样例大道2号")
KEYS = PracticeSecrets.fresh()
_nonces = (f"nonce-{number:08d}" for number in itertools.count())


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
def server(tmp_path: Path, clock: ManualClock) -> Iterator[PracticeServer]:
    with PracticeServer(tmp_path, KEYS, clock) as running:
        yield running


def draft(*lines: tuple[str, int]) -> OrderDraft:
    wishes = [DraftLine(sku, qty) for sku, qty in lines or (("MF-101", 2), ("FS-201", 3))]
    return OrderDraft("b-1", "买家一", SOMEONE, wishes)


def sent(
    server: PracticeServer,
    method: str,
    target: str,
    body: bytes = b"",
    headers: dict[str, str] | None = None,
) -> tuple[int, dict[str, str], bytes]:
    line = http.client.HTTPConnection("127.0.0.1", int(server.url.rpartition(":")[2]), timeout=10)
    try:
        line.request(method, target, body=body or None, headers=headers or {})
        answer = line.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        line.close()


def signed(
    server: PracticeServer, method: str, target: str, body: object = None, realm: str = "control", **more: str
) -> tuple[int, dict[str, Any]]:
    keys = {"mall": KEYS.mall, "carrier": KEYS.carrier, "control": KEYS.control}[realm]
    data = b"" if body is None else json.dumps(body).encode()
    stamp = int(server.now().timestamp())
    headers = dict(signed_headers(keys.key, keys.secret, method, target, stamp, next(_nonces), data)) | more
    status, _headers, answer = sent(server, method, target, data, headers)
    return status, json.loads(answer)


def refused(code: str) -> Any:
    return pytest.raises(RefusalError, check=lambda error: error.code == code)


# --- rules -------------------------------------------------------------------------------------------------


def test_every_change_raises_version_and_time_even_when_the_clock_stands_or_falls(
    server: PracticeServer, clock: ManualClock
) -> None:
    shop = server.shop
    no = shop.place_order(draft())
    marks = [shop.order(no)]
    for change in (
        lambda: shop.pay(no),
        lambda: shop.add_note(no, "一"),
        lambda: shop.add_note(no, "二", by="seller"),
        lambda: clock.jump(NOON - timedelta(days=1)),
        lambda: shop.change_quantity(no, "1", 5),
        lambda: shop.change_address(no, ELSEWHERE),
        lambda: shop.request_refund(no, "2"),
        lambda: shop.refund(no, "2"),
        lambda: shop.cancel(no),
    ):
        change()
        if (order := shop.order(no)) != marks[-1]:
            marks.append(order)

    assert [order["version"] for order in marks] == list(range(1, 10))[: len(marks)]
    assert len(marks) == 9
    times = [order["updated_at"] for order in marks]
    assert times == sorted(set(times))


def test_what_changes_nothing_moves_nothing(server: PracticeServer) -> None:
    no = server.shop.place_order(draft())
    server.shop.pay(no)
    before = server.shop.order(no)
    server.shop.pay(no)
    server.shop.change_quantity(no, "1", 2)
    server.shop.change_address(no, SOMEONE)

    assert server.shop.order(no) == before


def test_the_shops_own_number_follows_its_orders(server: PracticeServer) -> None:
    shop = server.shop
    start = shop.stock("MF-101").qty

    def left() -> int:
        return start - shop.stock("MF-101").qty

    no = shop.place_order(draft())
    assert left() == 2
    shop.change_quantity(no, "1", 5)
    assert left() == 5
    shop.change_quantity(no, "1", 1)
    assert left() == 1
    shop.pay(no)
    shop.refund(no, "1")
    assert left() == 0
    other = shop.place_order(draft())
    shop.cancel(other)
    shop.cancel(other)
    assert left() == 0


def test_nothing_is_sold_that_is_not_there(server: PracticeServer) -> None:
    shop = server.shop
    shop.stock_book.put("MF-101", 3, None)

    with refused("out_of_stock") as caught:
        shop.place_order(draft(("FS-201", 1), ("MF-101", 2), ("MF-101", 2)))
    assert caught.value.lines == [{"sku": "MF-101", "available": 3}]
    assert shop.summary()["orders"] == 0
    no = shop.place_order(draft(("MF-101", 4)), ignores_stock=True)
    assert (shop.order(no)["lines"][0]["qty"], shop.stock("MF-101").qty) == (4, 0)


def test_twenty_buyers_at_once_cannot_take_more_than_there_is(server: PracticeServer) -> None:
    server.shop.stock_book.put("MF-101", 7, None)
    results: Counter[str] = Counter()
    gate = threading.Barrier(20)

    def buy() -> None:
        gate.wait(10)
        try:
            server.shop.place_order(draft(("MF-101", 1)))
        except RefusalError as refusal:
            results[refusal.code] += 1
        else:
            results["sold"] += 1

    buyers = [threading.Thread(target=buy) for _ in range(20)]
    for buyer in buyers:
        buyer.start()
    for buyer in buyers:
        buyer.join(20)

    assert results == {"sold": 7, "out_of_stock": 13}
    assert server.shop.stock("MF-101").qty == 0


def test_refunding_all_bought_lines_closes_the_order(server: PracticeServer) -> None:
    shop = server.shop
    no = shop.place_order(draft(("MF-101", 1), ("FS-201", 1), ("ZP-901", 1)), is_paid=True)
    shop.refund(no, "1")
    assert (shop.order(no)["payment"], shop.order(no)["state"]) == ("partly_refunded", "open")
    shop.refund(no, "2")
    assert (shop.order(no)["payment"], shop.order(no)["state"]) == ("refunded", "cancelled")


def test_the_shop_says_no_where_a_shop_would(server: PracticeServer) -> None:
    shop = server.shop
    unpaid, gone = shop.place_order(draft()), shop.place_order(draft())
    shop.cancel(gone)

    with refused("order_not_paid"):
        shop.refund(unpaid)
    with refused("order_closed"):
        shop.pay(gone)
    with refused("order_closed"):
        shop.change_address(gone, ELSEWHERE)
    with refused("order_not_found"):
        shop.pay("LX0")
    with refused("line_not_found"):
        shop.change_quantity(unpaid, "9", 1)
    with refused("invalid"):
        shop.change_quantity(unpaid, "1", 0)
    with refused("sku_not_found"):
        shop.place_order(draft(("NO-SUCH", 1)))
    with refused("invalid"):
        shop.place_order(OrderDraft("b", "b", SOMEONE, []))


def test_a_shipped_order_is_no_longer_changed(server: PracticeServer) -> None:
    no = server.shop.place_order(draft(("MF-101", 1)), is_paid=True)
    parcel = {"carrier": "PX", "no": "PX1", "lines": [{"line_no": "1", "qty": 1}]}
    assert signed(server, "POST", f"/v1/orders/{no}/shipments", parcel, "mall", **{"Idempotency-Key": "k"})[0] == 201

    for change in (
        lambda: server.shop.cancel(no),
        lambda: server.shop.change_quantity(no, "1", 2),
        lambda: server.shop.change_address(no, ELSEWHERE),
    ):
        with refused("already_shipped"):
            change()
    server.shop.refund(no)
    assert (server.shop.order(no)["state"], server.shop.order(no)["payment"]) == ("shipped", "refunded")


def test_the_rest_of_an_order_refunded_makes_it_shipped(server: PracticeServer) -> None:
    no = server.shop.place_order(draft(("MF-101", 1), ("FS-201", 1)), is_paid=True)
    parcel = {"carrier": "PX", "no": "PX1", "lines": [{"line_no": "1", "qty": 1}]}
    signed(server, "POST", f"/v1/orders/{no}/shipments", parcel, "mall", **{"Idempotency-Key": "k"})
    assert server.shop.order(no)["state"] == "open"

    server.shop.refund(no, "2")

    assert server.shop.order(no)["state"] == "shipped"


# --- memory ------------------------------------------------------------------------------------------------


def test_everything_survives_a_restart(tmp_path: Path, clock: ManualClock) -> None:
    keys = kept_secrets(tmp_path)
    with PracticeServer(tmp_path, keys, clock) as first:
        no = first.shop.place_order(draft(), is_paid=True)
        url, order, stock = first.url, first.shop.order(no), first.shop.stock("MF-101")
        stamp, nonce = int(clock.now().timestamp()), "nonce-for-restart"
        headers = dict(
            signed_headers(keys.mall.key, keys.mall.secret, "GET", "/v1/orders?state=open", stamp, nonce, b"")
        )
        assert sent(first, "GET", "/v1/orders?state=open", headers=headers)[0] == 200

    with PracticeServer(tmp_path, kept_secrets(tmp_path), clock) as second:
        assert second.url == url
        assert second.shop.order(no) == order
        assert second.shop.stock("MF-101") == stock
        assert second.shop.place_order(draft()) > no
        status, _headers, body = sent(second, "GET", "/v1/orders?state=open", headers=headers)
        assert (status, json.loads(body)["code"]) == (401, "nonce_replayed")


def test_a_taken_port_is_no_hindrance(tmp_path: Path, clock: ManualClock) -> None:
    with PracticeServer(tmp_path / "a", KEYS, clock) as first:
        port = int(first.url.rpartition(":")[2])
        second = PracticeServer(tmp_path / "b", KEYS, clock)
        second._store.set_number("port", port)
        with second:
            assert second.url != first.url


def test_kept_secrets_are_the_owners_alone(tmp_path: Path) -> None:
    made = kept_secrets(tmp_path / "new")

    assert kept_secrets(tmp_path / "new") == made
    assert stat.S_IMODE((tmp_path / "new" / "practice-secrets.json").stat().st_mode) == 0o600
    assert made.mall.secret not in repr(made)
    assert len({made.mall.secret, made.carrier.secret, made.control.secret}) == 3


def test_stop_leaves_no_thread_behind(tmp_path: Path, clock: ManualClock) -> None:
    before = set(threading.enumerate())
    with PracticeServer(tmp_path, KEYS, clock) as running:
        idle = http.client.HTTPConnection("127.0.0.1", int(running.url.rpartition(":")[2]), timeout=10)
        idle.request("GET", "/")
        idle.getresponse().read()
        assert set(threading.enumerate()) > before
    idle.close()

    assert set(threading.enumerate()) == before


# --- doors -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("realm", ["mall", "carrier", "control"])
def test_no_door_opens_without_a_genuine_signature(server: PracticeServer, realm: str) -> None:
    target = {
        "mall": "/v1/orders?state=open",
        "carrier": "/carrier/v1/waybills?key=k",
        "control": "/practice/v1/summary",
    }[realm]
    keys = {"mall": KEYS.mall, "carrier": KEYS.carrier, "control": KEYS.control}
    now = int(server.now().timestamp())

    def code(headers: dict[str, str], path: str = target) -> str:
        status, _headers, body = sent(server, "GET", path, headers=headers)
        assert status in {401, 200, 404}
        return str(json.loads(body).get("code", "ok"))

    def made(key: str, secret: str, stamp: int = now, nonce: str | None = None) -> dict[str, str]:
        return dict(signed_headers(key, secret, "GET", target, stamp, nonce or next(_nonces), b""))

    own = keys[realm]
    for other in keys.values():
        if other is not own:
            assert code(made(other.key, other.secret)) == "bad_key"
    assert code({}) == "bad_key"
    assert code(made(own.key, "wrong")) == "bad_signature"
    assert code(made(own.key, own.secret), target + "&x=1" if "?" in target else target + "?x=1") == "bad_signature"
    assert code(made(own.key, own.secret, now - 301)) == "clock_skew"
    assert code(made(own.key, own.secret, now + 301)) == "clock_skew"
    assert code(made(own.key, own.secret, now - 300)) in {"ok", "waybill_not_found"}
    once = made(own.key, own.secret, nonce=f"once-{realm}-1234")
    assert code(once) in {"ok", "waybill_not_found"}
    assert code(once) == "nonce_replayed"
    assert code(made(own.key, own.secret, nonce="short")) == "nonce_replayed"


def test_a_body_changed_on_the_way_is_refused(server: PracticeServer) -> None:
    stamp = int(server.now().timestamp())
    keys = KEYS.mall
    headers = dict(
        signed_headers(
            keys.key, keys.secret, "PUT", "/v1/stock", stamp, next(_nonces), b'{"sku":"MF-101","quantity":1}'
        )
    )

    status, _headers, body = sent(server, "PUT", "/v1/stock", b'{"sku":"MF-101","quantity":9}', headers)

    assert (status, json.loads(body)["code"]) == (401, "bad_signature")


@pytest.mark.parametrize(
    ("method", "target", "body", "status", "code"),
    [
        ("GET", "/v1/nothing", None, 404, "unknown_path"),
        ("DELETE", "/v1/orders", None, 405, "method_not_allowed"),
        ("GET", "/v1/orders", None, 400, "bad_query"),
        ("GET", "/v1/orders?state=open&updated_after=2026-11-23T00:00:00Z", None, 400, "bad_query"),
        ("GET", "/v1/orders?state=closed", None, 400, "bad_query"),
        ("GET", "/v1/orders?state=open&limit=0", None, 400, "bad_query"),
        ("GET", "/v1/orders?state=open&limit=201", None, 400, "bad_query"),
        ("GET", "/v1/orders?state=open&limit=x", None, 400, "bad_query"),
        ("GET", "/v1/orders?state=open&offset=3", None, 400, "bad_query"),
        ("GET", "/v1/orders?state=open&state=open", None, 400, "bad_query"),
        ("GET", "/v1/orders?state=open&cursor=abc", None, 400, "bad_cursor"),
        ("GET", "/v1/orders?state=open&cursor=%C3%A9", None, 400, "bad_cursor"),
        ("GET", "/v1/orders?updated_after=2026-11-23T00:00:00", None, 400, "bad_query"),
        ("GET", "/v1/orders?updated_after=yesterday", None, 400, "bad_query"),
        ("GET", "/v1/orders/LX0", None, 404, "order_not_found"),
        ("PUT", "/v1/stock", {"sku": "MF-101", "quantity": -1}, 422, "invalid"),
        ("PUT", "/v1/stock", {"sku": "MF-101", "quantity": True}, 422, "invalid"),
        ("PUT", "/v1/stock", {"sku": "MF-101", "quantity": 1, "qty": 1}, 422, "invalid"),
        ("PUT", "/v1/stock", {"sku": "NO-SUCH", "quantity": 1}, 404, "sku_not_found"),
        ("PUT", "/v1/stock", [1], 400, "bad_json"),
        ("PUT", "/v1/products/MF-101/sale", {"on": 1}, 422, "invalid"),
    ],
)
def test_a_call_the_contract_does_not_know_is_refused(
    server: PracticeServer, method: str, target: str, body: object, status: int, code: str
) -> None:
    got, problem = signed(server, method, target, body, "mall")

    assert (got, problem["code"], problem["status"]) == (status, code, status)
    assert {"type", "title", "status", "code", "retryable", "detail"} <= problem.keys()


def test_a_cursor_of_the_other_list_is_refused(server: PracticeServer) -> None:
    for _ in range(3):
        server.shop.place_order(draft(("FS-201", 1)))
    _status, page = signed(server, "GET", "/v1/orders?state=open&limit=2", realm="mall")
    changed = f"/v1/orders?updated_after=2026-11-01T00:00:00Z&cursor={page['next_cursor']}"

    assert signed(server, "GET", changed, realm="mall")[1]["code"] == "bad_cursor"


def test_a_shipment_needs_its_key(server: PracticeServer) -> None:
    no = server.shop.place_order(draft(("MF-101", 1)), is_paid=True)
    parcel = {"carrier": "PX", "no": "PX1", "lines": [{"line_no": "1", "qty": 1}]}

    assert (
        signed(server, "POST", f"/v1/orders/{no}/shipments", parcel, "mall")[1]["code"] == "idempotency_key_missing"
    )


def test_a_body_too_large_or_without_length_is_not_read(server: PracticeServer) -> None:
    assert sent(server, "PUT", "/v1/stock", headers={"Content-Length": "1048577"})[0] == 413
    assert sent(server, "PUT", "/v1/stock", headers={"Content-Length": "-1"})[0] == 400
    assert sent(server, "PUT", "/v1/stock", headers={"Transfer-Encoding": "chunked"})[0] == 411


def test_scripts_do_over_http_what_people_do(server: PracticeServer) -> None:
    place = {
        "buyer_key": "b-1",
        "receiver": {"name": "赵练习", "phone": "13800000001", "province": "浙江省", "address": "练习路1号"},
        "lines": [{"sku": "MF-101", "qty": 2}, {"sku": "FS-201", "qty": 1, "title": "<b>改名</b>"}],
    }
    status, order = signed(server, "POST", "/practice/v1/orders", place)
    no = order["no"]
    assert (status, order["payment"], order["lines"][1]["title"]) == (201, "unpaid", "<b>改名</b>")

    def act(verb: str, body: dict[str, object]) -> dict[str, Any]:
        got, answer = signed(server, "POST", f"/practice/v1/orders/{no}/{verb}", body)
        assert got == 200, answer
        return answer

    assert act("pay", {})["payment"] == "paid"
    assert act("quantity", {"line_no": "1", "qty": 3})["lines"][0]["qty"] == 3
    assert act("address", {"name": "钱小满", "city": "苏州市"})["consignee"]["city"] == "苏州市"
    assert act("note", {"text": "快"})["buyer_note"] == "快"
    assert act("request-refund", {"line_no": "2"})["lines"][1]["after_sale"] == "requested"
    assert act("refund", {"line_no": "2"})["payment"] == "partly_refunded"
    assert act("cancel", {})["state"] == "cancelled"
    assert signed(server, "GET", f"/practice/v1/orders/{no}")[1] == server.shop.order(no)
    assert signed(server, "POST", "/practice/v1/generate", {"n": 3, "seed": 1})[0] == 201
    assert signed(server, "GET", "/practice/v1/summary")[1]["orders"] == 4
    assert signed(server, "GET", "/practice/v1/shipments")[1] == {"shipments": []}
    assert len(signed(server, "GET", "/practice/v1/products")[1]["products"]) == len(practice_catalogue())
    assert signed(server, "PUT", "/practice/v1/carrier", {"balance": 5})[1] == {"balance": 5}


def test_a_script_with_a_slip_changes_nothing(server: PracticeServer) -> None:
    no = server.shop.place_order(draft())
    before = server.shop.order(no)

    assert signed(server, "POST", f"/practice/v1/orders/{no}/pay", {"amount": 1})[0] == 422
    assert signed(server, "POST", f"/practice/v1/orders/{no}/fly", {})[0] == 422
    assert server.shop.order(no) == before


# --- goods and orders --------------------------------------------------------------------------------------


def test_the_catalogue_has_every_kind_of_goods_and_valid_barcodes() -> None:
    skus = practice_catalogue()
    codes = {sku.code for sku in skus}
    barcodes = [code for sku in skus for code in (*sku.barcodes, *(carton for carton, _qty in sku.cartons))]

    assert len(skus) == len(codes) == 24
    assert len(barcodes) == len(set(barcodes)) > 30
    for code in barcodes:
        # GS1: from the right, weights 1 3 1 3 ..., the sum is a multiple of ten
        assert sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(reversed(code))) % 10 == 0
        assert len(code) == 13
        assert 20 <= int(code[:2]) <= 29
    assert ean13("690123456789") == "6901234567892"
    assert [sku.code for sku in skus if sku.has_no_barcode] == ["WJ-601"]
    assert all(part in codes and qty > 0 for sku in skus for part, qty in sku.components)
    assert any(len(sku.barcodes) > 1 for sku in skus)
    assert all(sku.weight_g > 0 and sku.opening_qty > 0 for sku in skus)
    weights = {sku.code: sku.weight_g for sku in skus}
    for bundle in (sku for sku in skus if sku.is_bundle):
        assert bundle.weight_g >= sum(weights[part] * qty for part, qty in bundle.components) - 100


def test_generated_orders_are_mixed_and_the_same_for_a_seed(tmp_path: Path, clock: ManualClock) -> None:
    found = []
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        with PracticeServer(tmp_path / name, KEYS, clock) as running:
            numbers = generate_orders(running.shop, 50, seed)
            found.append([running.shop.order(no) for no in numbers])
    first, second, other = found

    assert first == second
    assert first != other
    lines = [line for order in first for line in order["lines"]]
    skus = {sku.code: sku for sku in practice_catalogue()}
    assert any(line["qty"] == 24 for line in lines)
    assert any(line["is_gift"] and line["unit_price_fen"] == 0 for line in lines)
    assert any(skus[line["sku"]].is_bundle for line in lines)
    assert any(skus[line["sku"]].has_no_barcode for line in lines)
    assert any(order["buyer_note"] for order in first)
    assert len({order["consignee"]["province"] for order in first}) > 10
    assert max(Counter(order["buyer"]["key"] for order in first).values()) == 2
    assert all(re.fullmatch(r"1380000\d{4}", order["consignee"]["phone"]) for order in first)
    assert all(order["payment"] == "paid" for order in first)


def test_some_generated_orders_stay_unpaid(server: PracticeServer) -> None:
    numbers = generate_orders(server.shop, 60, 3, paid_share=0.5)

    assert {server.shop.order(no)["payment"] for no in numbers} == {"paid", "unpaid"}


# --- the page ----------------------------------------------------------------------------------------------


class Outline(HTMLParser):
    """Tags and link targets of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.targets: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.targets += [value or "" for name, value in attrs if name in {"href", "src", "action"}]


def page(server: PracticeServer, target: str = "/") -> str:
    status, headers, body = sent(server, "GET", target)
    assert status == 200
    assert headers["content-security-policy"].startswith("default-src 'none'")
    return body.decode()


def press(server: PracticeServer, verb: str, **form: str) -> str:
    token = re.search(r"name='token' value='([^']+)'", page(server))
    assert token is not None
    data = urlencode({"token": token[1], "verb": verb, **form}).encode()
    status, headers, _body = sent(server, "POST", "/act", data, {"Content-Type": "application/x-www-form-urlencoded"})
    assert status == 303
    return headers["location"]


def test_a_trainee_does_the_whole_round_in_the_browser(server: PracticeServer) -> None:
    who = {name: getattr(SOMEONE, name) for name in ("name", "phone", "province", "city", "district", "address")}
    assert "said=done" in press(server, "place", sku="MF-101", qty="2", text="轻放", **who)
    (order,) = server.shop.orders.newest(0, 5)
    no = order["no"]
    assert (order["payment"], order["buyer_note"]) == ("unpaid", "轻放")
    press(server, "change_quantity", no=no, line_no="1", qty="3")
    press(server, "change_address", no=no, **who | {"address": "新路2号"})
    press(server, "pay", no=no)
    press(server, "add_note", no=no, text="快")
    press(server, "request_refund", no=no)
    order = server.shop.order(no)
    assert (order["payment"], order["lines"][0]["qty"], order["lines"][0]["after_sale"]) == (
        "paid",
        3,
        "requested",
    )
    assert order["consignee"]["address"] == "新路2号"
    press(server, "refund", no=no)
    assert server.shop.order(no)["state"] == "cancelled"
    assert "order_closed" in press(server, "pay", no=no)
    press(server, "generate", qty="35")
    assert server.shop.summary()["orders"] == 36
    press(server, "top_up", balance="7")
    assert server.carrier.balance == 7
    assert no in page(server, "/?from=30")


def test_each_refused_button_says_why_and_changes_nothing(server: PracticeServer) -> None:
    assert "invalid" in press(server, "fly")
    assert "missing" in press(server, "pay")
    assert "invalid" in press(server, "generate", qty="100000")
    assert "order_not_found" in press(server, "pay", no="LX0")
    assert server.shop.summary()["orders"] == 0


def test_both_languages_are_complete(server: PracticeServer) -> None:
    server.shop.place_order(draft(), is_paid=True)
    chinese, english = page(server), page(server, "/?lang=en")

    assert "练习店" in chinese
    assert "Practice shop" in english
    assert "lang='en'" in english
    for word in ("Cancel", "Ask for a refund", "Place an order"):
        assert word in english
        assert word not in chinese


def test_foreign_text_is_shown_as_text_and_nothing_is_loaded(server: PracticeServer) -> None:
    nasty = "<script>alert(1)</script><img src=x onerror=alert(1)>'\"><form action=//evil>"
    clean = Outline(page(server)).tags
    receiver = Receiver(nasty, nasty, nasty, nasty, nasty, nasty)
    server.shop.place_order(OrderDraft(nasty, nasty, receiver, [DraftLine("MF-101", 1, nasty)], nasty, nasty))

    text = page(server, "/?" + urlencode({"said": nasty}))

    outline = Outline(text)
    assert html.escape(nasty) in text
    assert outline.tags["script"] == outline.tags["img"] == 0
    assert outline.tags["form"] > clean["form"]
    assert all(target.startswith("/") and not target.startswith("//") for target in outline.targets)


def test_another_site_cannot_press_a_button(server: PracticeServer) -> None:
    no = server.shop.place_order(draft())
    for token in ("", "guess"):
        form = urlencode({"token": token, "verb": "cancel", "no": no}).encode()
        assert sent(server, "POST", "/act", form)[0] == 403

    assert server.shop.order(no)["state"] == "open"


def test_a_name_turned_to_this_machine_does_not_reach_the_page(server: PracticeServer) -> None:
    assert sent(server, "GET", "/", headers={"Host": "evil.example"})[0] == 421
    assert sent(server, "GET", "/", headers={"Host": "localhost"})[0] == 200
