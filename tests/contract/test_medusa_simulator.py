"""The simulated Medusa against its facts, asked by hand-made requests: no adapter is involved."""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from core.runtime.clock import ManualClock
from tests.simulators.platforms.medusa import EMAIL, PASSWORD, SECRET_KEY, MedusaServer
from tests.simulators.platforms.medusa_facts import MAIN_LOCATION_ID, UNPROVEN
from tests.simulators.platforms.medusa_shop import MedusaShop, medusa_shop
from tests.simulators.platforms.shop import Person, RuleError

START = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
STAMP = "2026-11-23T01:30:00.000Z"
LABEL = {"tracking_number": "73100000000017", "tracking_url": "", "label_url": "#"}


class Asker:
    """Somebody with the secret key who asks by hand."""

    def __init__(self, server: MedusaServer, clock: ManualClock) -> None:
        self.server = server
        self.shop: MedusaShop = server.shop
        self.clock = clock
        self.goods = [self.shop.list_goods(code, 100, spec="红色") for code in ("MF-101", "FS-201")]

    def ask(self, method: str, path: str, **more: Any) -> requests.Response:
        more.setdefault("auth", (SECRET_KEY, ""))
        return requests.request(method, f"{self.server.url}{path}", timeout=5, **more)

    def get(self, path: str, **params: Any) -> Any:
        answer = self.ask("GET", path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: object = None) -> requests.Response:
        return self.ask("POST", path, json={} if body is None else body)

    def done(self, path: str, body: object = None) -> Any:
        answer = self.post(path, body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refused(self, path: str, body: object = None) -> tuple[int, str, str]:
        answer = self.post(path, body)
        said = answer.json()
        return answer.status_code, said["type"], said["message"]

    def place(self, *qtys: int, **more: Any) -> str:
        wanted = [(goods.sku_id, qty) for goods, qty in zip(self.goods, qtys or (1,), strict=False)]
        return self.shop.place(wanted, **more).no

    def paid(self, *qtys: int, **more: Any) -> str:
        no = self.place(*qtys, **more)
        self.shop.pay(no)
        return no

    def order(self, no: str, fields: str | None = None) -> Any:
        return self.get(f"/admin/orders/{no}", **({} if fields is None else {"fields": fields}))["order"]

    def lines(self, no: str) -> list[str]:
        return [line.no for line in self.shop.order(no).lines]

    def pack(self, no: str, *qtys: int, **more: object) -> str:
        items = [{"id": line, "quantity": qty} for line, qty in zip(self.lines(no), qtys, strict=False)]
        body = {"items": items, **more}
        self.done(f"/admin/orders/{no}/fulfillments", body)
        return list(self.shop.fulfilments)[-1]

    def send(self, no: str, parcel: str, **label: str) -> Any:
        body = {"items": [], "labels": [{**LABEL, **label}]}
        return self.post(f"/admin/orders/{no}/fulfillments/{parcel}/shipments", body)

    def level(self, goods: int = 0) -> tuple[int, int, int]:
        rows = self.get(f"/admin/inventory-items/{self.item(goods)}/location-levels")["inventory_levels"]
        names = ("stocked_quantity", "reserved_quantity", "available_quantity")
        return next((row[names[0]], row[names[1]], row[names[2]]) for row in rows)

    def item(self, goods: int = 0) -> str:
        rows = self.get("/admin/inventory-items", sku=self.goods[goods].code)["inventory_items"]
        return str(rows[0]["id"])


@pytest.fixture
def asker() -> Iterator[Asker]:
    clock = ManualClock(START)
    with MedusaServer(medusa_shop(clock.now)) as server:
        yield Asker(server, clock)
        assert server.faults.is_used_up


# --- the door ------------------------------------------------------------------------------------------------------------


def test_a_user_gets_a_token_with_a_day_to_live(asker: Asker) -> None:
    token = asker.done("/auth/user/emailpass", {"email": EMAIL, "password": PASSWORD})["token"]
    with_token = {"headers": {"Authorization": f"Bearer {token}"}, "auth": None}

    assert asker.ask("GET", "/admin/stores", **with_token).json()["stores"][0]["name"] == "练习商城"
    asker.clock.advance(seconds=86_399)
    renewed = asker.ask("POST", "/auth/token/refresh", **with_token).json()["token"]
    asker.clock.advance(seconds=1)
    gone = asker.ask("GET", "/admin/stores", **with_token)
    assert (gone.status_code, gone.json()) == (401, {"message": "Unauthorized"})
    assert (
        asker.ask("GET", "/admin/stores", headers={"Authorization": f"Bearer {renewed}"}, auth=None).status_code
        == 200
    )


def test_a_token_that_somebody_wrote_himself_opens_nothing(asker: Asker) -> None:
    token = asker.done("/auth/user/emailpass", {"email": EMAIL, "password": PASSWORD})["token"]
    head, claims, signature = token.split(".")
    older = base64.urlsafe_b64encode(base64.urlsafe_b64decode(claims + "==").replace(b"86400", b"99999")).decode()

    for forged in (f"{head}.{older.rstrip('=')}x.{signature}", f"{head}.{claims}.", "x", ""):
        assert (
            asker.ask("GET", "/admin/stores", headers={"Authorization": f"Bearer {forged}"}, auth=None).status_code
            == 401
        )


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"email": EMAIL, "password": "wrong"}, "Invalid email or password"),
        ({"email": "other@example.test", "password": PASSWORD}, "Invalid email or password"),
        ({"email": EMAIL}, "Password should be a string"),
        ({"password": PASSWORD}, "Email should be a string"),
    ],
)
def test_wrong_credentials_get_no_token(asker: Asker, body: object, message: str) -> None:
    assert asker.refused("/auth/user/emailpass", body) == (401, "unauthorized", message)


@pytest.mark.parametrize(
    ("told", "status"),
    [
        (f"Basic {SECRET_KEY}", 200),
        (f"Basic {base64.b64encode(f'{SECRET_KEY}:'.encode()).decode()}", 200),
        (f"Basic {base64.b64encode(SECRET_KEY.encode()).decode()}", 200),
        (f"Basic {SECRET_KEY}0", 401),
        ("Basic !!!", 401),
        (f"Bearer {SECRET_KEY}", 401),
        ("", 401),
    ],
)
def test_a_secret_key_opens_as_a_user_without_a_password(asker: Asker, told: str, status: int) -> None:
    answer = asker.ask("GET", "/admin/stores", headers={"Authorization": told}, auth=None)

    assert answer.status_code == status
    if told.startswith("Bearer"):
        assert "HTTP Basic" in answer.json()["message"]


def test_what_is_no_path_is_a_page_and_the_door_stands_before_it(asker: Asker) -> None:
    answer = asker.ask("GET", "/admin/nothing")

    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert "Cannot GET /admin/nothing" in answer.text
    assert asker.ask("GET", "/admin/nothing", auth=None).status_code == 401
    assert asker.ask("GET", "/health", auth=None).text == "OK"


# --- reading orders ------------------------------------------------------------------------------------------------------


def test_an_order_is_told_with_decimals_and_all_its_states(asker: Asker) -> None:
    no = asker.place(2, 1, note="请轻放", freight_fen=850, discount_fen=990, person=Person(address="练习路8号"))
    order = asker.order(no)

    assert (order["status"], order["payment_status"], order["fulfillment_status"]) == (
        "pending",
        "authorized",
        "not_fulfilled",
    )
    assert (order["total"], order["shipping_total"], order["discount_total"]) == (295.6, 8.5, 9.9)
    assert [(line["quantity"], line["unit_price"], line["variant_sku"]) for line in order["items"]] == [
        (2, 99, "MF-101"),
        (1, 99, "FS-201"),
    ]
    assert order["shipping_address"]["address_1"] == "余杭区仓前街道练习路8号"
    assert order["metadata"] == {"buyer_note": "请轻放"}
    assert (order["created_at"], order["updated_at"]) == (STAMP, STAMP)
    assert order["payment_collections"][0]["payments"][0]["captures"] == []


def test_a_capture_moves_no_time_and_a_cancel_does(asker: Asker) -> None:
    no = asker.place()
    payment = asker.order(no)["payment_collections"][0]["payments"][0]["id"]
    asker.clock.advance(seconds=5)
    assert asker.done(f"/admin/payments/{payment}/capture", {"amount": 40})["payment"]["captured_at"] is None
    assert asker.order(no)["payment_status"] == "partially_captured"
    asker.done(f"/admin/payments/{payment}/capture")
    order = asker.order(no)
    assert (order["payment_status"], order["updated_at"]) == ("captured", STAMP)

    assert asker.done(f"/admin/orders/{no}/cancel")["order"]["updated_at"] != STAMP
    order = asker.order(no)
    assert (order["status"], order["payment_status"], order["items"][0]["quantity"]) == ("canceled", "refunded", 1)


def test_a_list_is_cut_filtered_and_sorted(asker: Asker) -> None:
    numbers = []
    for _ in range(5):
        numbers.append(asker.paid())
        asker.clock.advance(seconds=1)
    asker.shop.write_note(numbers[1], "later")
    wanted = {
        "order": "updated_at",
        "updated_at[$gte]": "2026-11-23T01:30:02.000Z",
        "updated_at[$lte]": asker_time(asker),
    }

    first = asker.get("/admin/orders", limit=2, **wanted)
    second = asker.get("/admin/orders", limit=2, offset=2, **wanted)

    assert (first["count"], first["offset"], first["limit"]) == (4, 0, 2)
    assert [row["id"] for row in first["orders"] + second["orders"]] == [*numbers[2:], numbers[1]]
    assert asker.get("/admin/orders", order="-updated_at")["orders"][0]["id"] == numbers[1]
    assert asker.get("/admin/orders", **{"updated_at[$gt]": asker_time(asker)})["orders"] == []
    assert [row["id"] for row in asker.get("/admin/orders", **{"status[]": ["canceled"]})["orders"]] == []
    assert asker.get("/admin/orders", **{"id[]": f"{numbers[0]},{numbers[1]}"})["count"] == 2
    assert asker.get("/admin/orders", id=f"{numbers[0]},{numbers[1]}")["count"] == 0
    assert asker.get("/admin/orders")["limit"] == 15


def asker_time(asker: Asker) -> str:
    return asker.clock.now().strftime("%Y-%m-%dT%H:%M:%S.000Z")


def test_a_row_moves_to_a_later_page_while_pages_are_read(asker: Asker) -> None:
    numbers = []
    for _ in range(4):
        numbers.append(asker.paid())
        asker.clock.advance(seconds=1)
    first = asker.get("/admin/orders", limit=2, order="updated_at")["orders"]
    asker.shop.change_address(numbers[0], address="练习路9号")
    second = asker.get("/admin/orders", limit=2, offset=2, order="updated_at")["orders"]

    seen = [row["id"] for row in first + second]
    assert numbers[2] not in seen, "the third slid to a page that was read already"


def test_a_list_leaves_unknown_filters_out_without_a_word(asker: Asker) -> None:
    no = asker.place()

    assert [row["id"] for row in asker.get("/admin/orders", **{"payment_status[]": "captured"})["orders"]] == [no]
    answer = asker.ask("GET", "/admin/inventory-items", params={"nothing": "1"})
    assert (answer.status_code, answer.json()["type"]) == (400, "invalid_data")
    assert answer.json()["message"] == "Invalid request: Unrecognized fields: 'nothing'"


def test_fields_replace_or_change_what_is_shown(asker: Asker) -> None:
    no = asker.paid()
    asker.send(no, asker.pack(no, 1))

    row = asker.get("/admin/orders", fields="id,email,shipping_address.city")["orders"][0]
    assert set(row) == {
        "id",
        "email",
        "shipping_address",
        "items",
        "status",
        "version",
        "payment_status",
        "fulfillment_status",
    }
    assert set(row["shipping_address"]) == {"city"}
    assert set(row["items"][0]["detail"]) >= {"quantity", "fulfilled_quantity", "shipped_quantity"}
    assert set(asker.get("/admin/orders", fields="id,shipping_address")["orders"][0]["shipping_address"]) == {"id"}
    paid = asker.get("/admin/orders", fields="id,payment_collections.payments.amount")["orders"][0]
    assert set(paid["payment_collections"][0]) == {
        "id",
        "status",
        "amount",
        "captured_amount",
        "refunded_amount",
        "payments",
    }
    assert paid["payment_collections"][0]["payments"] == [{"id": asker.shop.money[no].no, "amount": 99}]
    assert "fulfillments" not in asker.get("/admin/orders")["orders"][0]
    more = asker.get("/admin/orders", fields="+email,*fulfillments,*fulfillments.labels,-total")["orders"][0]
    assert "total" not in more
    assert more["fulfillments"][0]["labels"][0]["tracking_number"] == LABEL["tracking_number"]
    assert "labels" not in asker.order(no)["fulfillments"][0], "a relation of a relation is asked for by name"
    assert "items" in asker.order(no, "*fulfillments.items")["fulfillments"][0]


@pytest.mark.parametrize(
    ("params", "status", "kind"),
    [
        ({"limit": "many"}, 400, "invalid_data"),
        ({"limit": "-1"}, 500, "unknown_error"),
        ({"updated_at[$gte]": "never"}, 500, "unknown_error"),
        ({"order": "nothing"}, 500, "unknown_error"),
    ],
)
def test_a_wrong_query_is_refused(asker: Asker, params: dict[str, str], status: int, kind: str) -> None:
    asker.place()
    answer = asker.ask("GET", "/admin/orders", params=params)

    assert (answer.status_code, answer.json()["type"]) == (status, kind)


def test_an_unknown_order_is_not_found(asker: Asker) -> None:
    for no in ("order_x", "a%2Fb%3Fc", "%E7%BB%83"):
        answer = asker.ask("GET", f"/admin/orders/{no}")
        assert (answer.status_code, answer.json()["type"]) == (404, "not_found")


# --- parcels -------------------------------------------------------------------------------------------------------------


def test_goods_are_packed_and_then_sent(asker: Asker) -> None:
    no = asker.paid(2, 1)
    assert asker.level() == (100, 2, 98)

    asker.clock.advance(seconds=1)
    parcel = asker.pack(no, 2, 1, metadata={"key": "s-1"})
    packed = asker.order(no, "*fulfillments.labels")
    assert packed["fulfillment_status"] == "fulfilled"
    assert (packed["fulfillments"][0]["metadata"], packed["fulfillments"][0]["shipped_at"]) == ({"key": "s-1"}, None)
    assert asker.level() == (98, 0, 98)
    assert asker.send(no, parcel).status_code == 200

    order = asker.order(no)
    assert (order["fulfillment_status"], order["updated_at"]) == ("shipped", "2026-11-23T01:30:01.000Z")
    assert [one.number for one in asker.shop.order(no).parcels] == [LABEL["tracking_number"]]
    assert asker.shop.order(no).state == "shipped"


def test_an_order_leaves_in_parts(asker: Asker) -> None:
    no = asker.paid(2, 1)
    first = asker.pack(no, 1)
    assert asker.send(no, first).status_code == 200
    assert asker.order(no)["fulfillment_status"] == "partially_shipped"
    second = asker.pack(no, 1, 1)
    assert asker.order(no)["fulfillment_status"] == "partially_shipped"
    body = {"items": [], "labels": [{**LABEL, "tracking_number": number} for number in ("N1", "N2")]}
    asker.done(f"/admin/orders/{no}/fulfillments/{second}/shipments", body)

    assert asker.order(no)["fulfillment_status"] == "shipped"
    assert [one.number for one in asker.shop.order(no).parcels] == [LABEL["tracking_number"], "N1", "N2"]


def test_wrong_parcels_are_refused_and_change_nothing(asker: Asker) -> None:
    no, path = (no := asker.paid(2)), f"/admin/orders/{no}/fulfillments"
    line = asker.lines(no)[0]

    def packing(qty: object, line: str = line, **more: object) -> tuple[int, str, str]:
        return asker.refused(path, {"items": [{"id": line, "quantity": qty}], **more})

    assert packing(3)[1:] == (
        "invalid_data",
        f"Quantity to fulfill exceeds the reserved quantity for the item: {line}",
    )
    assert packing(0)[2] == f"Quantity to fulfill of item {line} is required."
    assert packing(-1)[2] == f"Quantity of item {line} must be greater than 0."
    assert packing(1, "ordli_x")[2] == f"Items with ids ordli_x does not exist in order with id {no}."
    assert packing("1")[2] == "Invalid request: Field 'items, 0, quantity' is required"
    assert packing(1, location_id="sloc_x") == (404, "not_found", "StockLocation id not found: sloc_x")
    assert "Inventory level for item" in packing(1, location_id=asker.shop.add_location("二仓"))[2]
    assert packing(1, note="x")[2] == "Invalid request: Unrecognized fields: 'note'"
    assert asker.refused(path, {})[2] == "Invalid request: Field 'items' is required"
    assert "too small" in asker.refused(path, {"items": []})[2]
    assert asker.shop.fulfilments == {}
    assert asker.level() == (100, 2, 98)
    asker.pack(no, 2)
    assert packing(1)[2].startswith(f"No stock reservation found for item {line}")


def test_a_fulfilment_is_sent_once_and_called_off_before(asker: Asker) -> None:
    no = asker.paid(2)
    parcel = asker.pack(no, 2)
    assert asker.refused(f"/admin/orders/{no}/cancel")[1:] == (
        "not_allowed",
        "All fulfillments must be canceled before canceling an order",
    )
    asker.done(f"/admin/orders/{no}/fulfillments/{parcel}/cancel")
    assert asker.order(no)["fulfillment_status"] == "canceled"
    assert asker.level() == (100, 2, 98)
    assert asker.send(no, parcel).json()["message"] == "Cannot create shipment for a canceled fulfillment"
    assert (
        asker.refused(f"/admin/orders/{no}/fulfillments/{parcel}/cancel")[2] == "The fulfillment is already canceled"
    )

    again = asker.pack(no, 2)
    assert asker.send(no, again).status_code == 200
    answer = asker.send(no, again, tracking_number="other")
    assert (answer.status_code, answer.json()["message"]) == (400, "Shipment has already been created")
    assert asker.refused(f"/admin/orders/{no}/fulfillments/{again}/cancel")[1] == "not_allowed"
    assert asker.send(no, "ful_x").status_code == 500
    assert len(asker.shop.order(no).parcels) == 1


@pytest.mark.parametrize("link", ["javascript:alert(1)", "sf.example.test/1"])
def test_the_links_of_a_label_are_checked(asker: Asker, link: str) -> None:
    no = asker.paid()
    parcel = asker.pack(no, 1)

    assert asker.send(no, parcel, tracking_url=link).json()["message"].endswith("URL must use http: or https: scheme")
    assert asker.send(no, parcel, tracking_url="https://sf.example.test/1").status_code == 200


def test_a_cancelled_order_takes_nothing_more(asker: Asker) -> None:
    no = asker.paid(2)
    asker.shop.cancel(no)
    message = f"Order with id {no} has been canceled."
    body = {"items": [{"id": asker.lines(no)[0], "quantity": 1}]}

    for path, told in (("cancel", {}), ("fulfillments", body)):
        assert asker.refused(f"/admin/orders/{no}/{path}", told) == (400, "invalid_data", message)
    assert asker.level() == (100, 0, 100)


def test_medusa_lets_goods_go_that_nobody_paid(asker: Asker) -> None:
    asker.shop.places_as = "not_paid"
    no = asker.place()
    assert asker.send(no, asker.pack(no, 1)).status_code == 200
    order = asker.order(no)
    assert (order["payment_status"], order["fulfillment_status"]) == ("not_paid", "shipped")
    assert order["payment_collections"][0]["payments"] == []
    asker.shop.pay(no)
    assert asker.order(no)["payment_status"] == "captured"
    assert asker.done(f"/admin/orders/{no}/complete")["order"]["status"] == "completed"


# --- money back ----------------------------------------------------------------------------------------------------------


def test_money_goes_back_up_to_what_was_taken(asker: Asker) -> None:
    no = asker.place(2)
    payment = asker.shop.money[no].no
    path = f"/admin/payments/{payment}/refund"
    assert asker.refused(path, {"amount": 1})[1] == "invalid_data"
    asker.shop.pay(no)

    asker.clock.advance(seconds=3)
    told = asker.done(path, {"amount": 99, "note": "少一件"})["payment"]
    assert [(one["amount"], one["note"]) for one in told["refunds"]] == [(99, "少一件")]
    order = asker.order(no)
    assert (order["payment_status"], order["total"], order["version"]) == ("partially_refunded", 99, 2)
    assert order["updated_at"] == "2026-11-23T01:30:03.000Z", "it is a credit, which is a new version"
    assert asker.refused(path, {"amount": 100})[2] == "You are not allowed to refund more than the captured amount"
    asker.done(path, {"amount": 99})
    assert asker.order(no)["payment_status"] == "refunded"
    assert (asker.order(no)["status"], asker.order(no)["total"]) == ("pending", 0)
    assert asker.get("/admin/payments/pay_x") == {}


def test_money_that_is_owed_goes_back_and_moves_no_time(asker: Asker) -> None:
    no = asker.paid(2, 1)
    asker.clock.advance(seconds=3)
    asker.shop.edit_out(no, asker.lines(no)[1])
    asker.clock.advance(seconds=3)
    asker.done(f"/admin/payments/{asker.shop.money[no].no}/refund", {"amount": 99})

    order = asker.order(no)
    assert order["updated_at"] == "2026-11-23T01:30:03.000Z", "the edit is the last version"
    assert (order["payment_status"], order["total"], order["credit_line_total"]) == ("partially_refunded", 198, 0)
    assert order["summary"]["pending_difference"] == 0


def test_goods_paid_back_unsent_are_edited_out_of_the_order(asker: Asker) -> None:
    no = asker.paid(2, 3)
    asker.shop.refund_line(no, asker.lines(no)[1])

    order = asker.order(no)
    assert [line["quantity"] for line in order["items"]] == [2], "the other line is gone"
    assert (order["payment_status"], order["total"], order["credit_line_total"]) == ("partially_refunded", 198, 0)
    assert asker.level(1) == (100, 0, 100)
    body = {"items": [{"id": asker.lines(no)[1], "quantity": 1}]}
    assert "does not exist in order" in asker.refused(f"/admin/orders/{no}/fulfillments", body)[2]
    assert asker.send(no, asker.pack(no, 2)).status_code == 200
    assert asker.order(no)["fulfillment_status"] == "shipped"


def test_a_return_is_asked_for_received_and_paid_back(asker: Asker) -> None:
    no = asker.paid(2)
    asker.send(no, asker.pack(no, 2))
    case = asker.shop.ask_refund(no, kind="return", reason="坏了")
    row = asker.get("/admin/returns", order_id=no)["returns"][0]
    assert (row["id"], row["status"], row["refund_amount"]) == (case.no, "requested", None)
    asker.shop.agree(case.no)
    asker.shop.send_back(case.no, "SF", "SF1")
    asker.clock.advance(seconds=9)
    asker.shop.agree(case.no)

    assert [row["display_id"] for row in asker.get("/admin/returns", order="-updated_at")["returns"]] == [1]
    told = asker.get(f"/admin/returns/{case.no}", fields="+status,*items")["return"]
    assert (told["status"], told["items"][0]["received_quantity"]) == ("received", 2)
    order = asker.order(no)
    assert (order["payment_status"], order["items"][0]["detail"]["return_received_quantity"]) == ("refunded", 2)
    assert order["items"][0]["quantity"] == 2
    assert asker.level() == (100, 0, 100)


def test_a_wish_for_money_alone_leaves_no_trace(asker: Asker) -> None:
    no = asker.paid()
    before = asker.order(no)
    asker.clock.advance(seconds=9)
    asker.shop.ask_refund(no)

    assert asker.order(no) == before
    assert asker.get("/admin/returns")["returns"] == []


# --- stock ---------------------------------------------------------------------------------------------------------------


def test_a_level_is_written_absolute_even_below_what_is_reserved(asker: Asker) -> None:
    asker.paid(7)
    path = f"/admin/inventory-items/{asker.item()}/location-levels/{MAIN_LOCATION_ID}"

    asker.done(path, {"stocked_quantity": 20})
    assert (asker.level(), asker.goods[0].qty) == ((20, 7, 13), 13)
    asker.done(path, {"stocked_quantity": 5})
    assert (asker.level(), asker.goods[0].qty) == ((5, 7, -2), -2)
    with pytest.raises(RuleError, match="sold_out"):
        asker.place()
    assert asker.refused(path, {"stocked_quantity": -1})[1] == "invalid_data"
    assert (
        asker.refused(path, {"reserved_quantity": 0})[2]
        == "Invalid request: Unrecognized fields: 'reserved_quantity'"
    )
    elsewhere = asker.shop.add_location("二仓")
    wrong = asker.refused(path.replace(MAIN_LOCATION_ID, elsewhere), {"stocked_quantity": 5})
    assert wrong == (404, "not_found", f"Item {asker.item()} is not stocked at location {elsewhere}")


def test_levels_are_written_together_or_not_at_all(asker: Asker) -> None:
    path = "/admin/inventory-items/location-levels/batch"
    rows = [
        {"inventory_item_id": asker.item(place), "location_id": MAIN_LOCATION_ID, "stocked_quantity": 5}
        for place in (0, 1)
    ]
    assert asker.refused(path, {"update": [rows[0], {**rows[1], "inventory_item_id": "iitem_x"}]})[0] == 404
    assert [goods.qty for goods in asker.goods] == [100, 100]
    assert len(asker.done(path, {"update": rows})["updated"]) == 2
    assert [goods.qty for goods in asker.goods] == [5, 5]


def test_units_are_reserved_by_hand_and_let_go(asker: Asker) -> None:
    body = {"inventory_item_id": asker.item(), "location_id": MAIN_LOCATION_ID, "quantity": 98, "description": "预留"}
    one = asker.done("/admin/reservations", body)["reservation"]
    assert asker.level() == (100, 98, 2)
    assert asker.refused("/admin/reservations", {**body, "quantity": 3})[:2] == (400, "not_allowed")
    assert asker.done(f"/admin/reservations/{one['id']}", {"quantity": 100})["reservation"]["quantity"] == 100
    assert asker.refused(f"/admin/reservations/{one['id']}", {"quantity": 101})[1] == "not_allowed"
    with pytest.raises(RuleError, match="sold_out"):
        asker.place()
    assert asker.ask("DELETE", f"/admin/reservations/{one['id']}").json()["deleted"] is True
    assert asker.level() == (100, 0, 100)
    assert asker.ask("DELETE", f"/admin/reservations/{one['id']}").status_code == 200, "what is gone goes again"
    no = asker.place(4)
    found = asker.get("/admin/reservations", line_item_id=asker.lines(no)[0])["reservations"]
    assert [(row["quantity"], row["inventory_item"]["sku"]) for row in found] == [(4, "MF-101")]


def test_products_show_variants_and_are_paused_by_their_status(asker: Asker) -> None:
    product = asker.goods[0].item_id
    asker.shop.list_goods("MF-102", 9, spec="蓝色", item_id=product)
    fields = (
        "id,title,status,variants.sku,*variants.inventory_items,*variants.inventory_items.inventory.location_levels"
    )
    row = asker.get("/admin/products", id=product, fields=fields)["products"][0]
    assert (row["status"], [one["sku"] for one in row["variants"]]) == ("published", ["MF-101", "MF-102"])
    level = row["variants"][1]["inventory_items"][0]["inventory"]["location_levels"][0]
    assert (level["stocked_quantity"], level["location_id"]) == (9, MAIN_LOCATION_ID)
    assert "inventory_items" not in asker.get("/admin/products")["products"][0]["variants"][0]

    assert asker.done(f"/admin/products/{product}", {"status": "draft"})["product"]["status"] == "draft"
    with pytest.raises(RuleError, match="not_on_sale"):
        asker.place()
    assert asker.refused(f"/admin/products/{product}", {"status": "paused"})[1] == "invalid_data"
    assert asker.refused("/admin/products/prod_x", {"status": "draft"})[0] == 404
    found = asker.get("/admin/product-variants", sku="MF-102")["variants"]
    assert [(one["product"]["title"], one["prices"][0]["amount"]) for one in found] == [("商品 MF-101", 99)]


def test_goods_that_are_not_counted_have_no_inventory_item(asker: Asker) -> None:
    asker.shop.uncounted.add(asker.goods[1].sku_id)
    no = asker.paid(1, 500)

    assert asker.get("/admin/inventory-items", sku="FS-201")["inventory_items"] == []
    assert asker.get("/admin/product-variants", sku="FS-201")["variants"][0]["manage_inventory"] is False
    assert asker.send(no, asker.pack(no, 1, 500)).status_code == 200
    assert asker.order(no)["fulfillment_status"] == "shipped"


# --- what callers write beside an order ----------------------------------------------------------------------------------


def test_metadata_merges_and_an_address_changes_in_part(asker: Asker) -> None:
    no = asker.paid(note="请轻放")
    path = f"/admin/orders/{no}"
    asker.clock.advance(seconds=4)
    asker.done(path, {"metadata": {"seller_note": "加急", "mark": 3}})
    asker.done(path, {"metadata": {"mark": ""}, "shipping_address": {"address_1": "练习路77号"}})

    order = asker.order(no)
    assert order["metadata"] == {"buyer_note": "请轻放", "seller_note": "加急"}
    assert (order["shipping_address"]["address_1"], order["shipping_address"]["city"]) == ("练习路77号", "杭州市")
    assert order["updated_at"] == "2026-11-23T01:30:04.000Z"
    assert asker.shop.order(no).seller_note == "加急"
    assert asker.refused(path, {"shipping_address": {"country_code": "us"}})[2] == "Country code cannot be changed"
    assert asker.refused(path, {"status": "completed"})[1] == "invalid_data"


# --- trouble -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "status", "kind"),
    [
        ("unauthorized", 401, None),
        ("forbidden", 403, "forbidden"),
        ("conflict", 409, "conflict"),
        ("unknown_error", 500, "unknown_error"),
        ("unknown_error_after", 500, "unknown_error"),
    ],
)
def test_medusas_own_troubles(asker: Asker, fault: str, status: int, kind: str | None) -> None:
    no = asker.paid()
    asker.server.faults.next(fault, only="POST /admin/orders/:id/fulfillments")
    body = {"items": [{"id": asker.lines(no)[0], "quantity": 1}]}
    answer = asker.post(f"/admin/orders/{no}/fulfillments", body)

    assert (answer.status_code, answer.json().get("type")) == (status, kind)
    assert len(asker.shop.fulfilments) == (fault == "unknown_error_after")


@pytest.mark.parametrize(
    ("fault", "status", "wait"),
    [("rate_limited", 429, "7"), ("rate_limited_blindly", 429, None), ("restarting", 503, None)],
)
def test_the_hosts_troubles_are_pages(asker: Asker, fault: str, status: int, wait: str | None) -> None:
    asker.server.faults.next(fault)
    answer = asker.ask("GET", "/admin/orders")

    assert (answer.status_code, answer.headers.get("Retry-After")) == (status, wait)
    assert answer.headers["Content-Type"] == "text/html"


def test_tokens_die_in_the_middle_of_reading_and_keys_do_not(asker: Asker) -> None:
    token = asker.done("/auth/user/emailpass", {"email": EMAIL, "password": PASSWORD})["token"]
    asker.server.faults.next("token_dead", "token_dead")
    with_token = {"headers": {"Authorization": f"Bearer {token}"}, "auth": None}

    assert asker.ask("GET", "/admin/orders", **with_token).status_code == 401
    assert asker.ask("GET", "/admin/orders").status_code == 200


def test_lists_and_bodies_to_stumble_over(asker: Asker) -> None:
    numbers = [asker.paid(1, 1), asker.paid()]
    faults = ("empty_page", "doubled_row", "doubled_names", "missing_line", "not_a_number", "list_200")
    asker.server.faults.next(*faults)

    empty = asker.get("/admin/orders")
    assert (empty["orders"], empty["count"]) == ([], 2)
    assert [row["id"] for row in asker.get("/admin/orders")["orders"]] == [*numbers, numbers[-1]]
    assert [row["id"] for row in asker.get("/admin/orders")["orders"]] == numbers
    assert [len(row["items"]) for row in asker.get("/admin/orders")["orders"]] == [1, 1]
    assert '"total": NaN' in asker.ask("GET", "/admin/orders").text
    assert asker.get("/admin/orders") == []


def test_what_an_order_may_lack(asker: Asker) -> None:
    no = asker.paid()
    asker.shop.order(no).extra |= {"no_address": True, "status": "requires_action"}

    order = asker.order(no)
    assert ("shipping_address" in order, order["status"]) == (False, "requires_action")


def test_unproven_facts_have_a_key_and_a_sentence() -> None:
    assert len({key for key, _ in UNPROVEN}) == len(UNPROVEN)
    assert all(len(what) > 20 for _, what in UNPROVEN)
