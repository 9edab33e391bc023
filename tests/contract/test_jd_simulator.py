"""The simulated JD by hand-made requests: it must refuse what JD refuses, and show what JD shows."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
import requests

from core.runtime.clock import ManualClock
from tests.simulators.platforms.jd import UNPROVEN, JdServer, habits
from tests.simulators.platforms.jd_gate import sign_of
from tests.simulators.platforms.shop import Shop

START = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
BEIJING = timezone(timedelta(hours=8))
FIELDS = "orderId,orderState,modified,itemInfoList,consigneeInfo,parentOrderId,waybill,logisticsId,orderPayment"
ALL_STATES = "WAIT_SELLER_STOCK_OUT,WAIT_GOODS_RECEIVE_CONFIRM,PAUSE,POP_ORDER_PAUSE,LOCKED,FINISHED_L,TRADE_CANCELED"


def md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest().upper()  # noqa: S324  JD's


class Caller:
    """Signs as the document says, from scratch."""

    def __init__(self, server: JdServer, clock: ManualClock) -> None:
        self.server, self.clock = server, clock

    def text(self, at: datetime | None = None) -> str:
        return (at or self.clock.now()).astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")

    def params(self, _method: str, asked: Mapping[str, Any], **changes: str) -> dict[str, str]:
        params = {
            "method": _method,
            "app_key": self.server.app_key,
            "access_token": self.server.access_token,
            "timestamp": self.text(),
            "v": "2.0",
            "360buy_param_json": json.dumps(asked, ensure_ascii=False),
            **changes,
        }
        joined = "".join(f"{name}{params[name]}" for name in sorted(params) if params[name])
        wrapped = f"{self.server.secret}{joined}{self.server.secret}"
        params.setdefault("sign", md5(wrapped))
        return params

    def send(self, params: Mapping[str, str]) -> dict[str, Any]:
        query = {name: value for name, value in params.items() if name != "360buy_param_json"}
        form = {"360buy_param_json": params["360buy_param_json"]}
        answer = requests.post(f"{self.server.url}/routerjson", params=query, data=form, timeout=5)
        found: dict[str, Any] = answer.json()
        return found

    def call(self, method: str, **asked: Any) -> dict[str, Any]:
        answer = self.send(self.params(method, asked))
        (name,) = answer
        assert name == method.replace(".", "_") + "_responce", answer
        assert answer[name]["code"] == "0"
        found: dict[str, Any] = answer[name]
        return found

    def search(self, **changes: Any) -> dict[str, Any]:
        asked = {
            "start_date": self.text(self.clock.now() - timedelta(days=1)),
            "end_date": self.text(),
            "order_state": ALL_STATES,
            "optional_fields": FIELDS,
            "page": "1",
            "page_size": "50",
            "sortType": "1",
            "dateType": "0",
        }
        found: dict[str, Any] = self.call("jingdong.pop.order.search", **asked | changes)["searchorderinfo_result"]
        return found

    def get(self, no: str, method: str = "get") -> dict[str, Any]:
        answer = self.call(f"jingdong.pop.order.{method}", order_id=no, optional_fields=FIELDS)
        found: dict[str, Any] = answer["orderDetailInfo"]
        return found


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
def jd(clock: ManualClock) -> Iterator[Caller]:
    with JdServer(Shop(clock.now, habits())) as server:
        yield Caller(server, clock)


def placed(jd: Caller, *, is_paid: bool = True, units: int = 2) -> str:
    shop = jd.server.shop
    skus = [goods.sku_id for goods in shop.goods.values()] or [
        shop.list_goods("MF-101", 10, spec="红").sku_id,
        shop.list_goods("FS-201", 10).sku_id,
    ]
    no = shop.place([(skus[0], units), (skus[1], 1)], freight_fen=600, discount_fen=100).no
    if is_paid:
        shop.pay(no)
    return no


@pytest.mark.parametrize(
    ("secret", "params", "signature"),
    [
        (
            "yourappSecret",
            {
                "360buy_param_json": '{"end_date":null,"optional_fields":null,"order_state":"WAIT_SELLER_STOCK_OUT",'
                '"page":"1","page_size":"200","start_date":null}',
                "access_token": "yourtoken",
                "app_key": "yourappkey",
                "method": "jingdong.pop.order.search",
                "timestamp": "2021-05-07 09:20:39.683+0800",
                "v": "2.0",
            },
            "D70825340F4084360B9362B60DFD7930",
        ),
        (
            "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
            {
                "360buy_param_json": '{"dateType":"0","end_date":"2026-01-08 10:00:00",'
                '"optional_fields":"orderId,orderState,modified","order_state":"WAIT_SELLER_STOCK_OUT","page":"1",'
                '"page_size":"50","sortType":"1","start_date":"2026-01-08 09:30:00"}',
                "access_token": "tok-jd-1",
                "app_key": "ABCDEF0123456789",
                "method": "jingdong.pop.order.search",
                "timestamp": "2026-01-08 10:00:00",
                "v": "2.0",
                "empty": "",
            },
            "D982B8DED5AD652EFE263F1A78BD2C7C",
        ),
        (
            "secret",
            {"X-JOS-App-Key": "app-key", "X-JOS-Timestamp": "1711111111000", "page": "1"},
            "A166567AB4DC2A06E824EB5029E1B2B8",
        ),
    ],
)
def test_the_published_signatures_come_out(secret: str, params: dict[str, str], signature: str) -> None:
    assert sign_of(secret, params) == signature


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"method": ""}, "14"),
        ({"app_key": ""}, "20"),
        ({"app_key": "other"}, "21"),
        ({"timestamp": ""}, "7"),
        ({"timestamp": "2026-11-23T09:30:00"}, "8"),
        ({"timestamp": "2026-13-23 09:30:00"}, "8"),
        ({"sign": "0" * 32}, "12"),
        ({"v": "1.0"}, "5"),
        ({"method": "jingdong.no.such.method"}, "15"),
        ({"access_token": ""}, "18"),
        ({"access_token": "stolen"}, "19"),
        ({"format": "json"}, "62"),
        ({"360buy_param_json": "{"}, "13"),
        ({"360buy_param_json": "[]"}, "13"),
    ],
)
def test_a_call_that_is_not_right_is_refused(jd: Caller, changes: dict[str, str], code: str) -> None:
    answer = jd.send(jd.params("jingdong.pop.order.search", {}, **changes))

    assert answer["error_response"]["code"] == code
    assert answer["error_response"]["zh_desc"]


def test_the_clock_may_differ_by_six_minutes(jd: Caller, clock: ManualClock) -> None:
    for seconds, is_refused in ((359, False), (-359, False), (361, True), (-361, True)):
        stamp = jd.text(clock.now() + timedelta(seconds=seconds))
        answer = jd.send(jd.params("jingdong.stock.read.findSkuStock", {"skuId": 1}, timestamp=stamp))
        assert ("error_response" in answer) is is_refused, seconds
    with_zone = jd.params("jingdong.stock.read.findSkuStock", {}, timestamp=f"{jd.text()}.000+0800")
    assert "error_response" not in jd.send(with_zone)


def test_a_token_dies_with_its_time_and_with_the_owners_word(jd: Caller, clock: ManualClock) -> None:
    assert jd.search()["apiResult"]["success"]
    clock.advance(seconds=366 * 86400)
    assert jd.send(jd.params("jingdong.pop.order.search", {}))["error_response"]["code"] == "19"
    jd.server.access_token = str(jd.server.gate.give_token(clock.now())["access_token"])
    jd.server.kill_token()
    assert jd.send(jd.params("jingdong.pop.order.search", {}))["error_response"]["code"] == "19"


def test_a_paid_order_is_listed_with_money_lines_and_stars(jd: Caller) -> None:
    no = placed(jd)

    found = jd.search()

    assert found["orderTotal"] == 1
    (order,) = found["orderInfoList"]
    assert order["orderId"] == int(no)
    assert order["orderState"] == "WAIT_SELLER_STOCK_OUT"
    assert order["orderPayment"] == "302.00"
    assert [(item["outerSkuId"], item["itemTotal"], item["jdPrice"]) for item in order["itemInfoList"]] == [
        ("MF-101", "2", "99.00"),
        ("FS-201", "1", "99.00"),
    ]
    receiver = order["consigneeInfo"]
    assert receiver["desen_mobile"] == receiver["mobile"] == "138****0001"
    assert "赵练习" not in json.dumps(order, ensure_ascii=False)
    assert "练习路1号" not in json.dumps(order, ensure_ascii=False)
    assert "venderRemark" not in order, "nobody asked for it"


def test_the_encrypted_twin_gives_ciphers(jd: Caller) -> None:
    no = placed(jd)

    receiver = jd.get(no, "enGet")["orderInfo"]["consigneeInfo"]

    assert receiver["desen_mobile"] == "138****0001"
    assert "*" not in receiver["mobile"]
    assert "138" not in receiver["mobile"]


def test_an_unpaid_order_is_only_in_its_own_list(jd: Caller, clock: ManualClock) -> None:
    no = placed(jd, is_paid=False)
    day = {"startDate": jd.text(clock.now() - timedelta(hours=1)), "endDate": jd.text()}

    assert jd.search()["orderTotal"] == 0
    assert not jd.get(no)["apiResult"]["success"]
    unpaid = jd.call("jingdong.pop.order.notPayOrderInfo", **day, page=1, pageSize=20)["paginatedInfo"]
    assert (unpaid["totalItem"], unpaid["pageList"][0]["orderId"]) == (1, int(no))
    assert unpaid["pageList"][0]["payment"] == 30200
    jd.server.shop.cancel(no)
    assert (
        jd.call("jingdong.pop.order.notPayOrderInfo", **day, page=1, pageSize=20)["paginatedInfo"]["totalItem"] == 0
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"optional_fields": ""},
        {"optional_fields": "orderId,noSuchField"},
        {"order_state": ""},
        {"order_state": "NO_SUCH_STATE"},
        {"page_size": "51"},
        {"page": "0"},
        {"start_date": "", "end_date": ""},
        {"start_date": "2026-10-20 00:00:00"},
        {"start_date": "2026-11-24 00:00:00"},
    ],
)
def test_a_wrong_search_fails_inside_a_good_answer(jd: Caller, changes: dict[str, str]) -> None:
    placed(jd)

    found = jd.search(**changes)

    assert not found["apiResult"]["success"]
    assert found["apiResult"]["chineseErrCode"]
    assert found["orderInfoList"] == []


def test_orders_to_ship_are_listed_without_dates(jd: Caller) -> None:
    no = placed(jd)
    found = jd.search(start_date="", end_date="", order_state="WAIT_SELLER_STOCK_OUT")
    assert [order["orderId"] for order in found["orderInfoList"]] == [int(no)]


def test_rows_move_between_pages_while_they_are_read(jd: Caller, clock: ManualClock) -> None:
    numbers = []
    for _ in range(3):
        clock.advance(seconds=2)
        numbers.append(placed(jd, units=1))
    until = jd.text()
    first = jd.search(page_size="2", end_date=until)["orderInfoList"]
    assert [str(order["orderId"]) for order in first] == numbers[:0:-1]
    clock.advance(seconds=5)
    jd.server.shop.stop(numbers[2], "PAUSE")

    second = jd.search(page_size="2", page="2", end_date=until)

    assert second["orderTotal"] == 2
    assert second["orderInfoList"] == [], "the oldest moved to the page that was read already"


def test_both_ends_of_a_window_belong_to_it(jd: Caller) -> None:
    placed(jd)
    assert jd.search(start_date=jd.text(), end_date=jd.text())["orderTotal"] == 1


def test_states_follow_the_story(jd: Caller) -> None:
    shop = jd.server.shop
    no = placed(jd)
    states = [jd.get(no)["orderInfo"]["orderState"]]
    shop.stop(no, "PAUSE")
    states.append(jd.get(no)["orderInfo"]["orderState"])
    shop.stop(no, "")
    case = shop.ask_refund(no)
    states.append(jd.get(no)["orderInfo"]["orderState"])
    shop.refuse(case.no)
    shop.ship(no, "1499", "73100000000017")
    states.append(jd.get(no)["orderInfo"]["orderState"])
    shop.receive(no)
    states.append(jd.get(no)["orderInfo"]["orderState"])
    gone = placed(jd)
    shop.cancel(gone)
    states.append(jd.get(gone)["orderInfo"]["orderState"])

    assert states == [
        "WAIT_SELLER_STOCK_OUT",
        "PAUSE",
        "LOCKED",
        "WAIT_GOODS_RECEIVE_CONFIRM",
        "FINISHED_L",
        "TRADE_CANCELED",
    ]


def test_an_order_is_split_at_its_payment(jd: Caller) -> None:
    parent = placed(jd, is_paid=False)

    children = jd.server.pay_split(parent)

    found = {str(order["orderId"]): order for order in jd.search()["orderInfoList"]}
    assert set(found) == set(children)
    assert {order["parentOrderId"] for order in found.values()} == {int(parent)}
    assert not jd.get(parent)["apiResult"]["success"]
    skus = list(jd.server.shop.goods)
    assert [jd.server.shop.goods[sku].qty for sku in skus] == [8, 9]
    assert [jd.server.shop.units_sold(sku) for sku in skus] == [2, 1]


def ship(jd: Caller, no: str, carrier: str = "1499", number: str = "73100000000017") -> dict[str, Any]:
    answer = jd.call("jingdong.pop.order.shipment", orderId=no, logiCoprId=carrier, logiNo=number)
    found: dict[str, Any] = answer["sopjosshipment_result"]
    return found


def test_a_shipment_is_told_once(jd: Caller) -> None:
    no = placed(jd)

    assert ship(jd, no)["success"]
    again = ship(jd, no)
    assert not again["success"]
    assert "已经发货" in again["chinese_err_code"]
    order = jd.get(no)["orderInfo"]
    assert (order["waybill"], order["logisticsId"]) == ("73100000000017", "1499")


def test_several_parcels_go_in_one_call(jd: Caller) -> None:
    no = placed(jd)
    assert ship(jd, no, "1499|467", "73100000000017|SF1000000000017")["success"]
    assert jd.get(no)["orderInfo"]["waybill"] == "73100000000017|SF1000000000017"


def test_a_shipment_that_cannot_be_is_refused(jd: Caller) -> None:
    shop = jd.server.shop
    unpaid, gone, locked, whole = placed(jd, is_paid=False), placed(jd), placed(jd), placed(jd)
    shop.cancel(gone)
    shop.ask_refund(locked)
    answers = [
        ship(jd, unpaid),
        ship(jd, gone),
        ship(jd, locked),
        ship(jd, "1"),
        ship(jd, whole, "99"),
        ship(jd, whole, "1499|467"),
        ship(jd, whole, number=""),
    ]
    assert [answer["success"] for answer in answers] == [False] * 7
    assert not any(order.parcels for order in shop.orders.values())


def test_stock_is_read_set_and_changed(jd: Caller) -> None:
    placed(jd)
    sku = next(iter(jd.server.shop.goods))

    def read() -> int:
        return int(jd.call("jingdong.stock.read.findSkuStock", skuId=sku)["skuStocks"][0]["stockNum"])

    assert read() == 8, "deducted with the order"
    for _ in range(2):
        jd.call("jingdong.stock.write.increaseSkuStock", skuId=sku, stockNum=-3, storeId=0, stockRfId="once")
    assert read() == 2, "the reference does not make it harmless"
    jd.call("jingdong.stock.write.increaseSkuStock", skuId=sku, stockNum=-3, storeId=0, stockRfId="r")
    assert read() == 0, "it ends at zero"
    assert jd.call("jingdong.stock.write.updateSkuStock", skuId=sku, stockNum=7, storeId=0)["success"]
    assert not jd.call("jingdong.stock.write.updateSkuStock", skuId=sku, stockNum=-1, storeId=0)["success"]
    assert not jd.call("jingdong.stock.write.updateSkuStock", skuId="1", stockNum=1, storeId=0)["success"]
    assert read() == 7
    assert jd.call("jingdong.stock.read.findSkuStock", skuId="1")["skuStocks"] == []


def test_skus_are_listed_and_a_ware_goes_off_sale(jd: Caller) -> None:
    placed(jd)
    ware = next(iter(jd.server.shop.goods.values())).item_id
    listed = {"pageNo": 1, "page_size": 50, "field": "wareId,skuId,outerId,status,stockNum,barCode,skuName"}

    page = jd.call("jingdong.sku.read.searchSkuList", **listed)["page"]
    assert page["totalItem"] == 2
    assert page["data"][0]["outerId"] == "MF-101"
    assert jd.call("jingdong.sku.read.searchSkuList", **listed, outId="FS-201")["page"]["totalItem"] == 1
    assert jd.call("jingdong.ware.write.upOrDown", wareId=ware, opType=2, note="")["success"]
    assert jd.call("jingdong.sku.read.searchSkuList", **listed, skuStatuValue="1")["page"]["totalItem"] == 1
    assert not jd.call("jingdong.ware.write.upOrDown", wareId="1", opType=2, note="")["success"]


def test_notes_are_written_and_do_not_move_the_modified_time(jd: Caller, clock: ManualClock) -> None:
    no = placed(jd)
    before = jd.get(no)["orderInfo"]["modified"]
    clock.advance(seconds=5)

    written = jd.call("jingdong.pop.order.modifyVenderRemark", order_id=no, flag=2, remark="加急")
    assert written["modifyvenderremark_result"]["success"]
    too_long = jd.call("jingdong.pop.order.modifyVenderRemark", order_id=no, flag=0, remark="长" * 501)
    assert not too_long["modifyvenderremark_result"]["success"]
    order = jd.server.shop.order(no)
    assert (order.seller_note, order.flag) == ("加急", "yellow")
    assert jd.get(no)["orderInfo"]["modified"] == before


def test_refunds_before_and_after_the_parcel_left_have_their_own_lists(jd: Caller, clock: ManualClock) -> None:
    shop = jd.server.shop
    early, late = placed(jd), placed(jd)
    shop.ask_refund(early)
    shop.ship(late, "1499", "73100000000017")
    case = shop.ask_refund(late, kind="return")
    day = {"applyTimeBegin": jd.text(clock.now() - timedelta(hours=1)), "applyTimeEnd": jd.text()}
    since = {"applyTimeStart": day["applyTimeBegin"], "applyTimeEnd": day["applyTimeEnd"]}

    asked = jd.call("jingdong.pop.afs.soa.refundapply.queryPageList", **since, pageIndex=1, pageSize=50)[
        "queryResult"
    ]
    (row,) = asked["result"]
    assert (row["orderId"], row["status"], row["applyRefundSum"]) == (early, 0, 29700 + 600)
    bills = jd.call("jingdong.asc.serviceAndRefund.view", **day, pageNumber=1, pageSize=50)["pageResult"]
    (bill,) = bills["data"]
    assert (bill["sameOrderServiceBill"]["orderId"], bill["status"]) == (int(late), 10)
    shop.agree(case.no)
    shop.send_back(case.no, "1499", "73100000000099")
    shop.agree(case.no)
    (bill,) = jd.call("jingdong.asc.serviceAndRefund.view", orderId=late, pageNumber=1, pageSize=50)["pageResult"][
        "data"
    ]
    assert bill["status"] == 13
    assert bill["completeTime"]


@pytest.mark.parametrize(
    ("fault", "code", "is_sent"),
    [
        ("backend_down_before", "66", False),
        ("backend_down_after", "66", True),
        ("backend_timeout_after", "65", True),
        ("system_error", "43", False),
        ("call_limit", "2", False),
        ("token_dead", "19", False),
        ("needs_cloud", "73", False),
        ("address_not_listed", "80", False),
        ("clock", "8", False),
        ("order_is_being_shipped", "70", False),
    ],
)
def test_each_trouble_says_its_code_and_does_what_it_says(jd: Caller, fault: str, code: str, is_sent: bool) -> None:
    no = placed(jd)
    jd.server.faults.next(fault)

    asked = {"orderId": no, "logiCoprId": "1499", "logiNo": "73100000000017"}
    answer = jd.send(jd.params("jingdong.pop.order.shipment", asked))

    assert answer["error_response"]["code"] == code
    assert bool(jd.server.shop.order(no).parcels) is is_sent
    assert jd.server.seen[-1] == ("jingdong.pop.order.shipment", fault)


def test_the_days_calls_run_out(jd: Caller) -> None:
    jd.server.calls_left = 1
    assert jd.search()["apiResult"]["success"]
    assert jd.send(jd.params("jingdong.pop.order.search", {}))["error_response"]["code"] == "2"


def test_the_owner_lets_an_app_in(jd: Caller, clock: ManualClock) -> None:
    app = {"app_key": jd.server.app_key, "app_secret": jd.server.secret}
    page = {
        "app_key": jd.server.app_key,
        "response_type": "code",
        "redirect_uri": "https://x.test/cb",
        "state": "s 1",
    }
    sent = requests.get(f"{jd.server.url}/oauth2/to_login", params=page, allow_redirects=False, timeout=5)
    location = sent.headers["Location"]
    assert location.startswith("https://x.test/cb?code=")
    assert location.endswith("&state=s%201")
    code = location.split("code=")[1].split("&")[0]

    def ask(path: str, **form: str) -> dict[str, Any]:
        answer = requests.post(f"{jd.server.url}/oauth2/{path}", data=app | form, timeout=5)
        found: dict[str, Any] = answer.json()
        return found

    token = ask("access_token", grant_type="authorization_code", code=code)
    assert (token["code"], token["expires_in"]) == (0, 365 * 86400)
    assert ask("access_token", grant_type="authorization_code", code=code)["code"] == 401, "a code is good once"
    jd.server.access_token = token["access_token"]
    assert jd.search()["apiResult"]["success"]
    renewed = ask("refresh_token", grant_type="refresh_token", refresh_token=token["refresh_token"])
    assert renewed["code"] == 0
    assert jd.send(jd.params("jingdong.pop.order.search", {}))["error_response"]["code"] == "19", (
        "the old one is dead"
    )
    late = jd.server.gate.give_code("https://x.test/cb", clock.now())
    clock.advance(seconds=601)
    assert ask("access_token", grant_type="authorization_code", code=late)["code"] == 401


def test_the_newer_door_wants_its_headers_signed(jd: Caller, clock: ManualClock) -> None:
    no = placed(jd)
    stamp = str(int(clock.now().timestamp() * 1000))
    headers = {
        "X-JOS-App-Key": jd.server.app_key,
        "X-JOS-Access-Token": jd.server.access_token,
        "X-JOS-Timestamp": stamp,
        "X-JOS-Request-Identity": "vender",
    }

    def ask(path: str, query: dict[str, str], signed: dict[str, str]) -> dict[str, Any]:
        whole = {name: value for name, value in headers.items() if name != "X-JOS-Request-Identity"} | signed
        joined = "".join(f"{name}{whole[name]}" for name in sorted(whole))
        wrapped = f"{jd.server.secret}{joined}{jd.server.secret}"
        sign = md5(wrapped)
        answer = requests.get(
            f"{jd.server.url}/rest/{path}", params=query, headers=headers | {"X-JOS-Sign": sign}, timeout=5
        )
        found: dict[str, Any] = answer.json()
        return found

    listed = ask("sp-order/v0/orders", {"page": "1"}, {"page": "1"})
    assert listed["success"]
    assert [order["orderId"] for order in listed["data"]["orders"]] == [int(no)]
    assert ask(f"sp-order/v0/orders/{no}", {}, {"orderId": no})["data"]["orderId"] == int(no)
    assert ask("sp-order/v0/orders", {"page": "1"}, {})["errorList"][0]["code"] == "12"
    jd.server.faults.next("needs_cloud")
    assert ask("sp-order/v0/orders", {}, {})["errorList"][0]["code"] == "99904030005"


def test_what_nobody_could_check_is_said() -> None:
    assert all(key and what for key, what in UNPROVEN.items())
