"""The simulated Douyin shop, by requests made by hand: it must refuse what the platform refuses."""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
import requests

from core.runtime.clock import ManualClock
from tests.simulators.platforms.douyin import UNPROVEN, DouyinServer, make_shop
from tests.simulators.platforms.douyin_gate import RefusalError, canonical, signed
from tests.simulators.platforms.shop import Order

START = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
KEY, SECRET = "7000000000000000001", "11111111-2222-3333-4444-555555555555"
WINDOW = '{"order_asc":true,"order_by":"update_time","page":0,"size":100,"update_time_end":1767837600,"update_time_start":1767835800}'
SHIPPED = '{"company_code":"shunfeng","logistics_code":"SF1","order_id":"6918490006302719314","remark":"加急<1>&2"}'


class Hand:
    """Signs and sends as a careful app does, or as a careless one where a test wants that."""

    def __init__(self, server: DouyinServer, clock: ManualClock) -> None:
        self.server = server
        self.clock = clock
        self.token = server.grant().access

    def send(
        self, path: str, body: str, *, change: Mapping[str, str | None] | None = None, header: str = "1"
    ) -> Mapping[str, Any]:
        """`change` alters the query after signing; None takes a parameter out."""
        query: dict[str, str | None] = {
            "app_key": KEY,
            "method": path.strip("/").replace("/", "."),
            "timestamp": str(int(self.server.now().timestamp())),
            "v": "2",
            "sign_method": "hmac-sha256",
            "access_token": self.token,
        }
        if path.startswith("/token/"):
            del query["access_token"]
        if change and "timestamp" in change:
            query["timestamp"] = change["timestamp"]
        text = f"{SECRET}app_key{KEY}method{query['method']}param_json{body}timestamp{query['timestamp']}v2{SECRET}"
        query["sign"] = hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()
        query |= change or {}
        url = f"{self.server.url}{path}?{urlencode({name: value for name, value in query.items() if value is not None})}"
        headers = {"Content-Type": "application/json"} | ({"x-open-no-old-err-code": header} if header else {})
        answer = requests.post(url, data=body.encode(), headers=headers, timeout=10)
        assert answer.status_code == 200
        told: Mapping[str, Any] = answer.json()
        return told

    def ask(self, path: str, **wish: object) -> Mapping[str, Any]:
        return self.send(path, json.dumps(wish, ensure_ascii=False, sort_keys=True, separators=(",", ":")))

    def data(self, path: str, **wish: object) -> Any:
        told = self.ask(path, **wish)
        assert told["code"] == 10000, told
        return told["data"]

    def search(self, **wish: object) -> Mapping[str, Any]:
        now = int(self.server.now().timestamp())
        window = {"update_time_start": now - 3600, "update_time_end": now + 1}
        told: Mapping[str, Any] = self.data("/order/searchList", **{"page": 0, "size": 100, **window, **wish})
        return told

    def placed(self, *wishes: tuple[str, int], is_paid: bool = True) -> Order:
        order = self.server.shop.place(list(wishes))
        if is_paid:
            self.server.shop.pay(order.no)
        return order


@pytest.fixture
def hand() -> Iterator[Hand]:
    clock = ManualClock(START)
    with DouyinServer(make_shop(clock.now)) as server:
        for code in ("MF-101", "FS-201"):
            server.shop.list_goods(code, 100, spec="红色")
        yield Hand(server, clock)
        assert server.faults.is_used_up


def sku(hand: Hand, place: int = 0) -> str:
    return list(hand.server.shop.goods)[place]


@pytest.mark.parametrize(
    ("method", "body", "timestamp", "sign"),
    [
        (
            "order.searchList",
            WINDOW,
            "1767837600",
            "eb2d953e0558491e0dcaa9a506d2b4cbd0c1d138122f4a8b38dac298989360a2",
        ),
        (
            "order.searchList",
            WINDOW,
            "2026-01-08 10:00:00",
            "3898b9908c02353a798f7b4d62316dbcc68ff8a61364368a1d083aa945402d3b",
        ),
        (
            "order.logisticsAdd",
            SHIPPED,
            "1767837600",
            "8cdf08f738ee3cbad4b8d12cff712639f15494ca4158dc4dd7dfab6ab1bf0053",
        ),
    ],
)
def test_the_signature_equals_the_published_vectors(method: str, body: str, timestamp: str, sign: str) -> None:
    query = {"app_key": KEY, "method": method, "timestamp": timestamp, "v": "2", "sign_method": "hmac-sha256"}
    assert canonical(body.encode()) == body
    assert signed(SECRET, query, body) == sign


@pytest.mark.parametrize(
    ("sent", "formed"),
    [
        ('{"b": 1,\n"a": {"d": 2, "c": [1.0, 2.5]}}', '{"a":{"c":[1,2.5],"d":2},"b":1}'),
        ('{"a":"\\u52a0\\u6025\\u003c"}', '{"a":"加急<"}'),
        ("{}", "{}"),
    ],
)
def test_the_gate_forms_one_text_of_the_parameters(sent: str, formed: str) -> None:
    assert canonical(sent.encode()) == formed


def test_parameters_that_are_no_json_are_refused() -> None:
    with pytest.raises(RefusalError):
        canonical(b"page=0")


def test_without_a_sign_method_the_gate_takes_md5(hand: Hand) -> None:
    body = '{"shop_order_id":"1"}'
    stamp = str(int(START.timestamp()))
    text = f"{SECRET}app_key{KEY}methodorder.orderDetailparam_json{body}timestamp{stamp}v2{SECRET}"
    sign = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

    assert hand.send("/order/orderDetail", body, change={"sign_method": None})["sub_code"] == "isv.signature-invalid"
    told = hand.send("/order/orderDetail", body, change={"sign_method": None, "sign": sign})
    assert told["sub_code"] == "isv.parameter-invalid:20014", "it was let in"


@pytest.mark.parametrize(
    ("change", "code", "sub_code"),
    [
        ({"sign": "0" * 64}, 40003, "isv.signature-invalid"),
        ({"sign": None}, 40001, "isv.missing-parameter"),
        ({"app_key": "1"}, 30001, "isv.app-permissions-insufficient"),
        ({"method": "order.orderDetail.x"}, 40003, "isv.parameter-format-invalid"),
        ({"access_token": None}, 40003, "isv.access-token-no-existed"),
        ({"access_token": "other"}, 40003, "isv.access-token-no-existed"),
        ({"timestamp": str(int(START.timestamp()) - 601)}, 40003, "isv.timestamp-invalid"),
        ({"timestamp": "2026-11-23 09:40:01"}, 40003, "isv.timestamp-invalid"),
        ({"timestamp": str(int(START.timestamp()) * 1000)}, 40003, "isv.timestamp-invalid"),
        ({"param_json": "{}"}, 40003, "isv.signature-invalid"),
    ],
)
def test_a_call_that_is_not_genuine_is_refused(
    hand: Hand, change: dict[str, str | None], code: int, sub_code: str
) -> None:
    told = hand.send("/order/orderDetail", '{"shop_order_id":"1"}', change=change)
    assert (told["code"], told["sub_code"]) == (code, sub_code)


def test_both_forms_of_time_are_taken(hand: Hand) -> None:
    for stamp in (str(int(START.timestamp()) + 599), "2026-11-23 09:39:59"):
        told = hand.send("/order/orderDetail", '{"shop_order_id":"1"}', change={"timestamp": stamp})
        assert told["sub_code"] == "isv.parameter-invalid:20014"


@pytest.mark.parametrize(
    "body", ['{"shop_order_id": "1"}', '{"shop_order_id":"\\u4e00"}', '{"z":1,"shop_order_id":"1"}']
)
def test_parameters_that_are_not_compact_sorted_and_raw_fail_as_a_wrong_signature(hand: Hand, body: str) -> None:
    assert hand.send("/order/orderDetail", body)["sub_code"] == "isv.signature-invalid"


def test_the_old_envelope_comes_unless_the_new_one_is_asked_for(hand: Hand) -> None:
    told = hand.send("/order/orderDetail", '{"shop_order_id":"1"}', header="")
    assert "code" not in told
    assert told["err_no"] == 40004


def test_an_order_is_told_with_ids_money_mask_and_cipher(hand: Hand) -> None:
    order = hand.placed((sku(hand), 2), (sku(hand, 1), 1))

    row = hand.search()["shop_order_list"][0]

    assert (row["order_id"], row["order_status"], row["pay_amount"]) == (order.no, 2, 29700)
    first, second = row["sku_order_list"]
    assert first["order_id"] == order.no
    assert second["order_id"] not in ("", order.no)
    assert type(first["sku_id"]) is int
    assert first["sku_id"] > 2**53
    assert (first["code"], first["item_num"], first["origin_amount"]) == ("MF-101", 2, 9900)
    text = json.dumps(row, ensure_ascii=False)
    for secret in (order.person.name, order.person.phone, order.person.address):
        assert secret not in text
    assert row["mask_post_receiver"] == "赵**"
    assert row["encrypt_post_receiver"].startswith("##")
    assert row["open_address_id"]
    assert hand.data("/order/orderDetail", shop_order_id=order.no)["shop_order_detail"] == row


def test_unpaid_orders_are_told_and_hold_stock_beside_the_number(hand: Hand) -> None:
    hand.placed((sku(hand), 3), is_paid=False)

    assert [row["order_status"] for row in hand.search()["shop_order_list"]] == [1]
    stock = hand.data("/sku/stockNum", sku_id=int(sku(hand)))
    assert (stock["stock_num"], stock["prehold_stock_num"]) == (97, 3)


@pytest.mark.parametrize(
    ("wish", "number"),
    [
        ({"update_time_end": None}, "20011"),
        ({"update_time_start": int(START.timestamp()), "update_time_end": int(START.timestamp())}, "20011"),
        ({"update_time_start": int(START.timestamp()) - 91 * 86400}, "20022"),
        ({"size": 101}, "20008"),
        ({"page": -1}, "10035"),
        ({"page": 100, "size": 100}, "20013"),
        ({"combine_status": [{"order_status": "2"}, {"order_status": "3"}]}, "20012"),
    ],
)
def test_a_search_outside_the_rules_is_refused(hand: Hand, wish: dict[str, object], number: str) -> None:
    now = int(START.timestamp())
    asked: dict[str, object] = {"page": 0, "size": 10, "update_time_start": now - 60, "update_time_end": now + 60}
    told = hand.ask(
        "/order/searchList", **{name: value for name, value in (asked | wish).items() if value is not None}
    )
    assert (told["code"], told["sub_code"]) == (40004, f"isv.parameter-invalid:{number}")


def test_milliseconds_find_nothing_and_say_nothing(hand: Hand) -> None:
    hand.placed((sku(hand), 1))
    now = int(START.timestamp()) * 1000
    assert hand.search(update_time_start=now - 3_600_000, update_time_end=now + 1000)["total"] == 0


def test_rows_move_while_the_list_is_read(hand: Hand) -> None:
    placed = []
    for _ in range(4):
        placed.append(hand.placed((sku(hand), 1)).no)
        hand.clock.advance(seconds=2)
    wish = {"order_by": "update_time", "order_asc": True, "size": 2}

    first = [row["order_id"] for row in hand.search(**wish)["shop_order_list"]]
    hand.server.shop.ship(placed[0], "shunfeng", "SF0000000000001")
    second = [row["order_id"] for row in hand.search(**wish, page=1)["shop_order_list"]]

    assert first == placed[:2]
    assert second == [placed[3], placed[0]], "the third order has moved to the page that was read"


def test_a_change_of_the_address_a_note_or_a_refund_leaves_the_update_time(hand: Hand) -> None:
    order = hand.placed((sku(hand), 1))
    before = hand.search()["shop_order_list"][0]["update_time"]
    hand.clock.advance(seconds=60)
    hand.server.shop.change_address(order.no, address="练习路99号")
    hand.ask("/order/addOrderRemark", order_id=order.no, remark="加急", is_add_star="true", star="5")
    hand.server.shop.ask_refund(order.no)

    row = hand.search()["shop_order_list"][0]

    assert (row["update_time"], row["seller_words"], row["seller_remark_stars"]) == (before, "加急", 5)
    info = row["sku_order_list"][0]["after_sale_info"]
    assert info == {"after_sale_status": 6, "after_sale_type": 2, "refund_status": 1}


def test_cases_are_listed_with_text_ids_and_told_with_numbers(hand: Hand) -> None:
    order = hand.placed((sku(hand), 2), (sku(hand, 1), 1))
    hand.clock.advance(seconds=5)
    case = hand.server.shop.ask_refund(order.no, [order.lines[1].no])
    now = int(hand.server.now().timestamp())

    told = hand.data(
        "/afterSale/List",
        page=0,
        size=10,
        update_start_time=now - 60,
        update_end_time=now + 60,
        order_by=["update_time asc"],
    )

    (row,) = told["items"]
    assert row["aftersale_info"]["aftersale_id"] == case.no
    assert row["order_info"]["shop_order_id"] == order.no
    assert (row["aftersale_info"]["aftersale_status"], row["aftersale_info"]["refund_amount"]) == (6, 9900)
    detail = hand.data("/afterSale/Detail", after_sale_id=case.no)
    assert detail["process_info"]["after_sale_info"]["after_sale_id"] == int(case.no)
    assert detail["order_info"]["sku_order_infos"][0]["sku_order_id"] == int(row["aftersale_info"]["related_id"])
    assert hand.ask("/afterSale/Detail", after_sale_id="1")["sub_code"] == "isv.parameter-invalid:11000"


@pytest.mark.parametrize(
    ("way", "code", "sub_code"),
    [("gateway", 40003, "isv.idempotent-id-existed"), ("call", 40004, "isv.parameter-invalid:40010")],
)
def test_a_difference_needs_an_id_and_is_applied_once(hand: Hand, way: str, code: int, sub_code: str) -> None:
    hand.server.goods.tells_doubles_by = way
    change = {"sku_id": int(sku(hand)), "stock_num": -5, "incremental": True}
    assert hand.ask("/sku/syncStock", **change)["sub_code"] == "isv.missing-parameter:3"

    hand.data("/sku/syncStock", **change, idempotent_id="a-1")
    again = hand.ask("/sku/syncStock", **change, idempotent_id="a-1")

    assert (again["code"], again["sub_code"]) == (code, sub_code)
    assert hand.server.shop.goods_of(sku(hand)).qty == 95


def test_a_difference_below_zero_is_refused_and_its_id_stays_free(hand: Hand) -> None:
    change = {"sku_id": int(sku(hand)), "incremental": True, "idempotent_id": "a-1"}
    assert hand.ask("/sku/syncStock", **change, stock_num=-101)["sub_code"] == "isv.business-failed:2010012"
    hand.data("/sku/syncStock", **change, stock_num=-100)
    assert hand.server.shop.goods_of(sku(hand)).qty == 0


def test_a_batch_is_all_or_nothing(hand: Hand) -> None:
    item = hand.server.shop.goods_of(sku(hand)).item_id
    other = hand.server.shop.list_goods("MF-102", 1, item_id=item)
    rows = [
        {"sku_id": int(sku(hand)), "sku_type": 0, "stock_num": -1},
        {"sku_id": int(other.sku_id), "sku_type": 0, "stock_num": -2},
    ]
    wish = {"product_id": int(item), "incremental": True, "idempotent_id": "b-1", "sku_sync_list": rows}
    assert hand.ask("/sku/syncStockBatch", **wish)["sub_code"] == "isv.business-failed:2010012"
    assert hand.server.shop.goods_of(sku(hand)).qty == 100
    hand.data("/sku/syncStockBatch", **{**wish, "sku_sync_list": rows[:1]})
    assert hand.server.shop.goods_of(sku(hand)).qty == 99


def test_a_whole_order_is_sent_changed_and_not_sent_twice(hand: Hand) -> None:
    order = hand.placed((sku(hand), 1))
    told = {"order_id": order.no, "company_code": "shunfeng", "logistics_code": "SF0000000000001"}
    hand.data("/order/logisticsAdd", **told)
    assert hand.ask("/order/logisticsAdd", **told)["sub_code"] == "isv.business-failed:60110"

    hand.data("/order/logisticsEdit", **{**told, "logistics_code": "SF0000000000002"})

    row = hand.search()["shop_order_list"][0]
    assert (row["order_status"], row["logistics_info"][0]["tracking_no"]) == (3, "SF0000000000002")


@pytest.mark.parametrize(
    ("change", "sub_code"),
    [
        ({"company_code": "nobody"}, "isv.business-failed:60018"),
        ({"logistics_code": "顺丰"}, "isv.business-failed:60017"),
        ({"order_id": "1"}, "isv.business-failed:60033"),
    ],
)
def test_a_parcel_the_platform_does_not_take_is_refused(hand: Hand, change: dict[str, str], sub_code: str) -> None:
    order = hand.placed((sku(hand), 1))
    told = {"order_id": order.no, "company_code": "shunfeng", "logistics_code": "SF0000000000001"}
    assert hand.ask("/order/logisticsAdd", **told | change)["sub_code"] == sub_code


def test_a_part_is_sent_under_a_key_that_counts_once(hand: Hand) -> None:
    order = hand.placed((sku(hand), 2), (sku(hand, 1), 1))
    told = {
        "order_id_list": [order.no],
        "shipped_order_info": [{"shipped_order_id": order.no, "shipped_num": 1}],
        "request_id": "r-1",
        "company_code": "shunfeng",
        "logistics_code": "SF0000000000001",
    }
    first = hand.data("/order/logisticsAddSinglePack", **told)
    assert hand.data("/order/logisticsAddSinglePack", **told) == first
    assert len(order.parcels) == 1
    row = hand.search()["shop_order_list"][0]
    assert (row["order_status"], row["logistics_info"][0]["delivery_id"]) == (101, first["pack_id"])
    whole = {"order_id": order.no, "company_code": "shunfeng", "logistics_code": "SF0000000000003"}
    assert hand.ask("/order/logisticsAdd", **whole)["sub_code"] == "isv.business-failed:60107"
    assert hand.ask("/order/logisticsEdit", **whole)["sub_code"] == "isv.business-failed:70011"
    hand.data("/order/logisticsEditByPack", **whole, pack_id=first["pack_id"])
    assert order.parcels[0].number == "SF0000000000003"


def test_several_parcels_fail_together_while_a_refund_is_open(hand: Hand) -> None:
    order = hand.placed((sku(hand), 2), (sku(hand, 1), 1))
    hand.server.shop.ask_refund(order.no, [order.lines[1].no])
    packs = [
        {
            "shipped_order_info": [{"shipped_order_id": no, "shipped_num": qty}],
            "company_code": "shunfeng",
            "logistics_code": number,
        }
        for no, qty, number in (
            (order.no, 2, "SF0000000000001"),
            (order.lines[1].no, 1, "SF0000000000002"),
        )
    ]
    told = {"order_id": order.no, "request_id": "m-1", "pack_list": packs}
    assert hand.ask("/order/logisticsAddMultiPack", **told)["sub_code"] == "isv.business-failed:60040"
    assert order.parcels == []
    assert order.state == "paid"
    whole = {"order_id": order.no, "company_code": "shunfeng", "logistics_code": "SF0000000000003"}
    assert hand.ask("/order/logisticsAdd", **whole)["sub_code"] == "isv.business-failed:60040"
    hand.data("/order/logisticsAddMultiPack", **told, is_reject_refund=True)
    assert order.state == "shipped"
    assert [case.state for case in hand.server.shop.cases.values()] == ["refused"]


@pytest.mark.parametrize(
    ("story", "number"), [("unpaid", "60137"), ("cancelled", "60068"), ("stopped", "60109"), ("done", "60113")]
)
def test_an_order_that_may_not_leave_is_refused_with_the_reason(hand: Hand, story: str, number: str) -> None:
    shop = hand.server.shop
    order = hand.placed((sku(hand), 1), is_paid=story != "unpaid")
    if story == "cancelled":
        shop.cancel(order.no)
    if story == "stopped":
        shop.stop(order.no, "风控")
        assert hand.search()["shop_order_list"][0]["order_status"] == 105
    if story == "done":
        shop.ship(order.no, "shunfeng", "SF0000000000001")
        shop.receive(order.no)
    told = hand.ask(
        "/order/logisticsAdd", order_id=order.no, company_code="shunfeng", logistics_code="SF0000000000002"
    )
    assert told["sub_code"] == f"isv.business-failed:{number}"


def test_products_begin_with_page_one_and_hold_their_skus(hand: Hand) -> None:
    told = hand.data("/product/listV2", page=1, size=1)
    assert (told["total"], len(told["data"])) == (2, 1)
    assert hand.ask("/product/listV2", page=0, size=1)["sub_code"] == "isv.parameter-invalid:2010004"
    product = told["data"][0]["product_id"]
    assert hand.data("/product/detail", product_id=str(product))["spec_prices"][0]["code"] == "MF-101"
    (row,) = hand.data("/sku/list", product_id=product)
    assert (row["code"], row["stock_num"], row["id"]) == ("MF-101", 100, int(sku(hand)))

    hand.data("/product/setOffline", product_id=product)
    assert hand.ask("/product/setOffline", product_id=product)["sub_code"] == "isv.parameter-invalid:2010021"
    assert hand.data("/product/listV2", page=1, size=10, status=1)["total"] == 1
    hand.data("/product/setOnline", product_id=product)
    hand.server.shop.goods_of(sku(hand)).locked = 1
    assert hand.ask("/product/setOffline", product_id=product)["sub_code"] == "isv.business-failed:2010045"


def test_carriers_are_listed(hand: Hand) -> None:
    assert "shunfeng" in {row["code"] for row in hand.data("/order/logisticsCompanyList")}


def test_a_token_is_created_for_the_own_shop_or_for_a_code(hand: Hand) -> None:
    own = {"grant_type": "authorization_self", "code": "", "shop_id": hand.server.app.shop_id}
    told = hand.data("/token/create", **own)
    assert (told["expires_in"], told["shop_id"]) == (7 * 86400, int(hand.server.app.shop_id))
    assert hand.data("/token/create", **own)["access_token"] == told["access_token"]
    assert hand.ask("/token/create", **{**own, "shop_id": "1"})["code"] == 50002
    code = hand.server.office.new_code()
    assert hand.data("/token/create", grant_type="authorization_code", code=code)["access_token"]
    assert hand.ask("/token/create", grant_type="authorization_code", code=code)["code"] == 50002, "used"


def test_a_token_ends_and_is_exchanged(hand: Hand) -> None:
    pair = hand.server.grant()
    wish = {"grant_type": "refresh_token", "refresh_token": pair.refresh}
    assert hand.data("/token/refresh", **wish)["access_token"] == pair.access, "too early: the same again"
    hand.clock.advance(days=6, hours=23, minutes=30)
    new = hand.data("/token/refresh", **wish)
    assert new["access_token"] != pair.access
    hand.token = pair.access
    assert hand.ask("/order/orderDetail", shop_order_id="1")["code"] == 40004, "the old one lives an hour more"
    hand.clock.advance(hours=1, seconds=1)
    assert hand.ask("/order/orderDetail", shop_order_id="1")["sub_code"] == "isv.access-token-expired"
    assert hand.ask("/token/refresh", **wish)["code"] == 50002
    hand.server.office.is_closed = True
    hand.token = new["access_token"]
    told = hand.ask("/order/orderDetail", shop_order_id="1")
    assert (told["code"], told["sub_code"]) == (30001, "dop.authorization-closed")


@pytest.mark.parametrize("fault", ["timeout_20001_before", "timeout_20001_after"])
def test_a_time_out_may_have_had_its_effect(hand: Hand, fault: str) -> None:
    hand.server.faults.next(fault)
    change = {"sku_id": int(sku(hand)), "stock_num": -5, "incremental": True, "idempotent_id": "a-1"}
    assert hand.ask("/sku/syncStock", **change)["code"] == 20001
    assert hand.server.shop.goods_of(sku(hand)).qty == (95 if fault.endswith("after") else 100)


def test_a_partial_answer_lacks_rows(hand: Hand) -> None:
    for _ in range(2):
        hand.placed((sku(hand), 1))
    hand.server.faults.next("partial_10001")
    now = int(START.timestamp())
    told = hand.ask("/order/searchList", page=0, size=10, update_time_start=now - 60, update_time_end=now + 60)
    assert (told["code"], len(told["data"]["shop_order_list"]), told["data"]["total"]) == (10001, 1, 2)


def test_fields_may_be_cut_by_the_apps_scenes(hand: Hand) -> None:
    hand.placed((sku(hand), 1))
    hand.server.orders.words.cut_fields = frozenset({"mask_post_receiver", "buyer_words"})
    assert not {"mask_post_receiver", "buyer_words"} & set(hand.search()["shop_order_list"][0])


def test_what_nobody_could_check_is_listed_once() -> None:
    assert len({key for key, _ in UNPROVEN}) == len(UNPROVEN)
