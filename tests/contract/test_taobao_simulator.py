"""The simulated gateway of Taobao by itself: requests made by hand, and the signatures its document publishes."""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
import requests

from core.runtime.clock import ManualClock
from tests.simulators.platforms.shop import Order
from tests.simulators.platforms.taobao import App, Seller, TaobaoServer, taobao_shop
from tests.simulators.platforms.taobao.gateway import signature_of

START = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
LIST = "tid,status,modified,type"
FULL = (
    "tid,status,payment,orders,buyer_message,receiver_name,receiver_mobile,receiver_phone,receiver_address,created,lm"
)

VECTOR_A = {
    "app_key": "12345678",
    "fields": "num_iid,title,nick,price,num",
    "format": "json",
    "method": "taobao.item.seller.get",
    "num_iid": "11223344",
    "session": "test",
    "timestamp": "2016-01-01 12:00:00",
    "v": "2.0",
}
VECTOR_B = {
    "app_key": "12345678",
    "end_modified": "2026-01-08 09:30:00",
    "fields": "tid,status,payment,orders",
    "format": "json",
    "method": "taobao.trades.sold.increment.get",
    "page_no": "1",
    "page_size": "50",
    "session": "6100test",
    "start_modified": "2026-01-08 09:00:00",
    "timestamp": "2026-01-08 09:30:00",
    "use_has_next": "true",
    "v": "2.0",
}
VECTOR_C = {
    "app_key": "12345678",
    "flag": "1",
    "format": "json",
    "memo": "加急:发顺丰 A&B=1",
    "method": "taobao.trade.memo.update",
    "session": "6100test",
    "tid": "2231958349",
    "timestamp": "2026-01-08 09:30:00",
    "v": "2.0",
}
SIGNS = [
    (VECTOR_A, "md5", "66987CB115214E59E6EC978214934FB8"),
    (VECTOR_A, "hmac", "D56D7858309C31B6251083A874D48273"),
    (VECTOR_A, "hmac-sha256", "04DB15AD0774D5CFCE2C837DE43E3FCEA9011ED74F3038FB6AB5F3C4CEA119E8"),
    (VECTOR_B, "md5", "92E362CC9C9158934BCCE88ACB3D16F6"),
    (VECTOR_B, "hmac", "745FE8F7B076FB89FF0BE80C731848B2"),
    (VECTOR_B, "hmac-sha256", "81AAE2824EF75AB6E818B68D401D233B0263306AAB1406D69FB1221EC9F9794A"),
    (VECTOR_C, "md5", "1A37B32B16D8A0A41456A5F159D0F406"),
    (VECTOR_C, "hmac", "6CCA28334FAAA91D8C9ECFD7A1FBC514"),
    (VECTOR_C, "hmac-sha256", "8F30E1B5073F4897A57DF88BF0CE12AB03CDF815A0904D46FF8E497C3A2EC46E"),
]


class Stand:
    def __init__(self, seller: Seller | None = None, app: App | None = None) -> None:
        self.clock = ManualClock(START)
        self.shop = taobao_shop(self.clock.now)
        self.server = TaobaoServer(self.shop, seller=seller, app=app)
        self.token = self.server.grants.session()

    def text(self, at: datetime) -> str:
        return (at + timedelta(hours=8)).strftime("%Y-%m-%d %H:%M:%S")

    def signed(self, method: str, **business: object) -> dict[str, str]:
        params = {
            "method": method,
            "app_key": "12345678",
            "session": self.token,
            "timestamp": self.text(self.clock.now()),
            "v": "2.0",
            "format": "json",
            "sign_method": "md5",
            **{name: str(value) for name, value in business.items()},
        }
        text = "".join(name + params[name] for name in sorted(params))
        digest = hashlib.md5(f"helloworld{text}helloworld".encode(), usedforsecurity=False)
        return params | {"sign": digest.hexdigest().upper()}

    def raw(self, params: dict[str, str]) -> Any:
        return self.post("/router/rest", params).json()

    def post(self, path: str, form: dict[str, str]) -> requests.Response:
        return requests.post(f"{self.server.url}{path}", data=form, timeout=10, allow_redirects=False)

    def get(self, path: str, query: dict[str, str]) -> requests.Response:
        return requests.get(f"{self.server.url}{path}", params=query, timeout=10)

    def ask(self, method: str, **business: object) -> Any:
        """What is in the answer of a call that goes through."""
        answer = self.raw(self.signed(method, **business))
        assert "error_response" not in answer, answer
        return next(iter(answer.values()))

    def error(self, method: str, **business: object) -> Any:
        return self.raw(self.signed(method, **business))["error_response"]

    def code(self, method: str, **business: object) -> str:
        """The end of the sub_code of a call that is refused."""
        return str(self.error(method, **business)["sub_code"]).rpartition(":")[2]

    def window(self, hours: float = 1) -> dict[str, str]:
        now = self.clock.now()
        return {"start_modified": self.text(now - timedelta(hours=hours)), "end_modified": self.text(now)}

    def paid(self, *codes: str, qty: int = 1, buyer: str = "b-1", note: str = "") -> Order:
        goods = [self.shop.list_goods(code, 100) for code in codes or ("MF-101",)]
        order = self.shop.place([(one.sku_id, qty) for one in goods], buyer=buyer, note=note)
        self.shop.pay(order.no)
        return order


@pytest.fixture
def stand() -> Iterator[Stand]:
    made = Stand()
    with made.server:
        yield made


@pytest.mark.parametrize(("params", "method", "sign"), SIGNS)
def test_published_signatures(params: dict[str, str], method: str, sign: str) -> None:
    assert signature_of(params | {"sign_method": method}, "helloworld", method) == sign


@pytest.mark.parametrize("method", ["md5", "hmac", "hmac-sha256"])
def test_all_three_methods_open_the_door(stand: Stand, method: str) -> None:
    params = stand.signed("taobao.user.seller.get", fields="user_id,nick,type") | {"sign_method": method}
    params["sign"] = signature_of(params, "helloworld", method)

    user = stand.raw(params)["user_seller_get_response"]["user"]

    assert user == {"user_id": 2200112233, "nick": "练习旗舰店", "type": "B"}
    assert stand.raw(params | {"sign": params["sign"].lower()})["error_response"]["code"] == 25


def test_the_doors_refusals(stand: Stand) -> None:
    good = stand.signed("taobao.user.seller.get", fields="nick")

    def code(without: str = "", **changed: str) -> int:
        params = {name: value for name, value in (good | changed).items() if name != without}
        if "sign" in params and "sign" not in changed:
            params["sign"] = signature_of(params, "helloworld", params.get("sign_method", "md5"))
        return int(stand.raw(params)["error_response"]["code"])

    assert code("method") == 21
    assert code(method="taobao.no.such") == 22
    assert code("sign") == 24
    assert code(sign="0" * 32) == 25
    assert code("session") == 26
    assert code(session="6100wrong") == 27
    assert code("app_key") == 28
    assert code(app_key="1") == 29
    assert code("timestamp") == 30
    assert code(timestamp=stand.text(START - timedelta(minutes=11))) == 31
    assert code(timestamp="1767837600000") == 31
    assert code("v") == 32
    assert code("fields") == 40
    # a value that is empty must not be sent
    assert code(extra="") == 25


def test_xml_is_what_nobody_asked_json_of_gets(stand: Stand) -> None:
    params = stand.signed("taobao.time.get")
    del params["format"]
    answer = stand.get("/router/rest", params)
    assert answer.headers["Content-Type"].startswith("text/xml")


def test_the_session_ends(stand: Stand) -> None:
    stand.token = stand.server.grants.session(timedelta(hours=1))
    stand.ask("taobao.user.seller.get", fields="nick")
    stand.clock.advance(hours=1)
    assert stand.error("taobao.user.seller.get", fields="nick")["sub_code"] == "session-expired"
    stand.ask("taobao.time.get")


def test_an_empty_list_is_not_there(stand: Stand) -> None:
    answer = stand.ask("taobao.trades.sold.increment.get", fields=LIST, **stand.window())
    assert answer == {"total_results": 0, "request_id": answer["request_id"]}
    assert stand.ask("taobao.trades.sold.get", fields=LIST, use_has_next="true")["has_next"] is False


def test_windows_have_their_limits(stand: Stand) -> None:
    def code(**window: str) -> int:
        return int(stand.error("taobao.trades.sold.increment.get", fields=LIST, **window)["code"])

    text = stand.text
    assert code(start_modified=text(START)) == 40
    assert code(start_modified=text(START - timedelta(hours=25)), end_modified=text(START)) == 41
    assert code(start_modified=text(START), end_modified=text(START - timedelta(hours=1))) == 41
    old = START - timedelta(days=91)
    assert code(start_modified=text(old), end_modified=text(old + timedelta(hours=1))) == 41
    assert code(**stand.window(), page_size="101") == 41


def test_reading_forward_loses_what_backward_finds(stand: Stand) -> None:
    orders = [stand.paid(buyer=f"b-{n}") for n in range(6)]
    window = stand.window()
    for reader, loses in (((1, 2, 3), True), ((3, 2, 1), False)):
        seen = set()
        for page in reader:
            answer = stand.ask("taobao.trades.sold.increment.get", fields="tid", page_no=page, page_size=2, **window)
            seen |= {trade["tid"] for trade in answer.get("trades", {}).get("trade", [])}
            stand.clock.advance(seconds=2)
            # one of the first page's moves out of the window
            newest = max(
                (o for o in orders if stand.text(o.modified_at) <= window["end_modified"]), key=lambda o: o.no
            )
            stand.shop.change_address(newest.no, address="别处")
        assert (len(seen | {int(o.no) for o in orders if o.address_changes}) < 6) == loses
        for order in orders:
            order.modified_at, order.address_changes = START, 0


def test_rare_types_come_only_when_asked_for(stand: Stand) -> None:
    order = stand.paid()
    order.extra["type"] = "eticket"
    assert stand.ask("taobao.trades.sold.increment.get", fields=LIST, **stand.window())["total_results"] == 0
    found = stand.ask("taobao.trades.sold.increment.get", fields=LIST, type="eticket", **stand.window())
    assert found["trades"]["trade"][0]["type"] == "eticket"


def test_one_trade_in_full(stand: Stand) -> None:
    goods = stand.shop.list_goods("RED", 9, spec="颜色:红", price_fen=1000, item_id="640000000999")
    other = stand.shop.list_goods("TEA", 9, price_fen=500)
    order = stand.shop.place([(goods.sku_id, 2), (other.sku_id, 1)], note="轻放", discount_fen=101, freight_fen=600)
    stand.shop.pay(order.no)

    trade = stand.ask("taobao.trade.fullinfo.get", tid=order.no, fields=FULL, include_oaid="true")["trade"]

    assert trade["tid"] == int(order.no)
    assert trade["payment"] == "29.99"
    assert trade["buyer_message"] == "轻放"
    assert (trade["receiver_name"], trade["receiver_mobile"]) == ("赵**", "138****0001")
    assert trade["receiver_address"] == "****"
    assert trade["oaid"] == stand.server.oaid_of(order)
    red, tea = trade["orders"]["order"]
    assert (red["outer_sku_id"], red["sku_id"], red["payment"]) == ("RED", goods.sku_id, "20.00")
    assert ("sku_id" in tea, tea["outer_iid"]) == (False, "TEA")
    assert red["divide_order_fee"] == "19.20"
    assert tea["divide_order_fee"] == "4.79"
    listed = stand.ask("taobao.trades.sold.increment.get", fields=FULL + ",oaid", **stand.window())
    assert not {"oaid", "buyer_message"} & set(listed["trades"]["trade"][0])
    assert stand.code("taobao.trade.fullinfo.get", tid=order.no, fields="tid", include_oaid="true") == (
        "isv.oaid-field-miss"
    )
    assert stand.code("taobao.trade.fullinfo.get", tid="1", fields="tid") == "isv.trade-not-exist"


def test_a_single_line_bears_the_trades_number_and_money(stand: Stand) -> None:
    order = stand.shop.place([(stand.shop.list_goods("X", 5, price_fen=1000).sku_id, 2)], freight_fen=800)
    fields = "payment,orders.oid,orders.payment"
    trade = stand.ask("taobao.trade.fullinfo.get", tid=order.no, fields=fields)["trade"]
    assert trade == {"payment": "28.00", "orders": {"order": [{"oid": int(order.no), "payment": "28.00"}]}}


def test_the_oaid_changes_with_address_and_week(stand: Stand) -> None:
    first, same = stand.paid(), stand.paid()
    stand.clock.advance(days=7)
    later = stand.paid()
    oaids = [stand.server.oaid_of(order) for order in (first, same, later)]
    assert oaids[0] == oaids[1] != oaids[2]
    merge_list = json.dumps([{"oaid": oaids[n], "tid": o.no} for n, o in enumerate((first, same, later))])
    merged = stand.ask("taobao.top.oaid.merge", merge_list=merge_list)["tid_list"]["string"]
    assert merged == [f"{first.no},{same.no},{later.no}"]
    stand.shop.change_address(first.no, address="别处")
    assert stand.server.oaid_of(first) != oaids[0]
    trade = stand.ask("taobao.trade.fullinfo.get", tid=first.no, fields=FULL)["trade"]
    assert trade["lm"] == "1"
    # a stale oaid merges with nobody
    merged = stand.ask("taobao.top.oaid.merge", merge_list=merge_list)["tid_list"]["string"]
    assert merged == [first.no, f"{same.no},{later.no}"]


def test_presale_and_holds(stand: Stand) -> None:
    order = stand.shop.place([(stand.shop.list_goods("X", 5).sku_id, 1)])
    stand.server.pay_deposit(order.no, 1000)
    fields = "status,type,step_trade_status,step_paid_fee,team_buy_hold"

    def trade() -> Any:
        return stand.ask("taobao.trade.fullinfo.get", tid=order.no, fields=fields)["trade"]

    assert trade() == {
        "status": "WAIT_BUYER_PAY",
        "type": "step",
        "step_trade_status": "FRONT_PAID_FINAL_NOPAID",
        "step_paid_fee": "10.00",
    }
    stand.server.pay_rest(order.no)
    assert (trade()["status"], trade()["step_trade_status"]) == ("WAIT_SELLER_SEND_GOODS", "FRONT_PAID_FINAL_PAID")
    stand.shop.stop(order.no, "team_buy_hold")
    assert (trade()["status"], trade()["team_buy_hold"]) == ("WAIT_SELLER_SEND_GOODS", 1)
    stand.shop.stop(order.no, "group")
    assert trade()["status"] == "PAID_FORBID_CONSIGN"
    assert send(stand, order) == "B55"


def send(stand: Stand, order: Order, number: str = "YT0000000000017", **more: str) -> str:
    """The refusal's code, blank where it went through."""
    params = stand.signed("taobao.logistics.offline.send", tid=order.no, company_code="YTO", out_sid=number, **more)
    answer = stand.raw(params)
    if "error_response" in answer:
        return str(answer["error_response"]["sub_code"]).rpartition(":")[2]
    assert answer["logistics_offline_send_response"]["shipping"] == {"is_success": True}
    return ""


def test_sending_whole(stand: Stand) -> None:
    order = stand.paid()
    assert send(stand, order, "12345") == "B60"
    assert stand.code("taobao.logistics.offline.send", tid=order.no, company_code="XX", out_sid="1") == "B56"
    assert stand.code("taobao.logistics.offline.send", tid="99", company_code="YTO", out_sid="1") == "B01"
    assert send(stand, order) == ""
    assert send(stand, order) == "B04"
    assert order.state == "shipped"
    fields = "status,orders.invoice_no,orders.logistics_company"
    trade = stand.ask("taobao.trade.fullinfo.get", tid=order.no, fields=fields)["trade"]
    assert trade["orders"]["order"] == [{"invoice_no": "YT0000000000017", "logistics_company": "圆通速递"}]
    other = stand.paid(buyer="b-2")
    stand.shop.change_address(other.no, address="另一处")
    assert send(stand, other) == "F03"
    unpaid = stand.shop.place([(stand.shop.list_goods("Z", 1).sku_id, 1)])
    assert send(stand, unpaid, "YT0000000000024") == "B04"


def test_sending_in_parts(stand: Stand) -> None:
    order = stand.paid("A", "B", "C")
    a, b, c = (line.no for line in order.lines)
    assert send(stand, order, is_split="1") == "CD25"
    assert send(stand, order, sub_tid=a) == "CD25"
    assert send(stand, order, sub_tid=a, is_split="0") == "CD29"
    assert send(stand, order, sub_tid="77", is_split="1") == "P38"
    order.extra["bound"] = [[b, c]]
    assert send(stand, order, sub_tid=f"{a},{b}", is_split="1") == "CD31"
    assert send(stand, order, sub_tid=a, is_split="1") == ""
    assert order.state == "part_shipped"
    assert send(stand, order, "YT0000000000024") == "CD22"
    assert send(stand, order, "YT0000000000024", sub_tid=f"{b},{c}", is_split="1") == ""
    assert order.state == "shipped"


def test_an_open_refund_and_a_closed_trade_stop_sending(stand: Stand) -> None:
    order = stand.paid("A", "B")
    case = stand.shop.ask_refund(order.no, [order.lines[0].no])
    assert send(stand, order) == "B27"
    assert send(stand, order, sub_tid=order.lines[1].no, is_split="1") == ""
    stand.shop.withdraw(case.no)
    assert send(stand, order, "YT0000000000024", sub_tid=order.lines[0].no, is_split="1") == ""
    closed = stand.paid()
    stand.shop.cancel(closed.no)
    assert send(stand, closed) == "B04"


def test_another_number(stand: Stand) -> None:
    order = stand.paid()

    def again(number: str) -> str:
        return stand.code("taobao.logistics.consign.resend", tid=order.no, company_code="YTO", out_sid=number)

    assert again("YT0000000000024") == "CD19"
    send(stand, order)
    assert again("YT0000000000017") == "P07"
    assert again("1") == "P10"
    stand.ask("taobao.logistics.consign.resend", tid=order.no, company_code="YTO", out_sid="YT0000000000024")
    assert [parcel.number for parcel in order.parcels] == ["YT0000000000024"]
    stand.clock.advance(days=51)
    assert again("YT0000000000031") == "P06"


def test_parts_of_a_line_go_by_the_new_chain(stand: Stand) -> None:
    order = stand.paid("A", "B", qty=2)
    a, b = (line.no for line in order.lines)

    def packages(number: str, *goods: tuple[str, int]) -> str:
        rows = [{"sub_tid": oid, "num": qty, "item_type": 0} for oid, qty in goods]
        return json.dumps([{"out_sid": number, "company_code": "YTO", "goods": rows}])

    method = "alibaba.ascp.logistics.offline.send"
    assert stand.error(method, tid=order.no, consign_pkgs=packages("YT0000000000017", (a, 1)))["code"] == 41
    stand.ask(method, tid=order.no, consign_type=1, consign_pkgs=packages("YT0000000000017", (a, 1)))
    stand.ask(method, tid=order.no, consign_type=1, consign_pkgs=packages("YT0000000000024", (a, 1), (b, 2)))
    assert order.state == "shipped"
    assert stand.raw(stand.signed(method, tid=order.no, consign_type=1, consign_pkgs="[]"))["error_response"]


def test_online_sending_waits_for_its_number(stand: Stand) -> None:
    order = stand.paid()
    order.extra["type"] = "cod"
    assert send(stand, order) == "B98"
    stand.ask("taobao.logistics.online.send", tid=order.no, company_code="SF")
    assert order.state == "paid"
    stand.ask("taobao.logistics.online.confirm", tid=order.no, out_sid="SF1000000000001")
    assert order.state == "shipped"


def test_stock_in_its_three_ways(stand: Stand) -> None:
    red = stand.shop.list_goods("RED", 5, spec="红", item_id="640000000999")
    blue = stand.shop.list_goods("BLUE", 5, spec="蓝", item_id="640000000999")
    one, many, tmall = "taobao.item.quantity.update", "taobao.skus.quantity.update", "tmall.item.quantity.update"
    item = stand.ask(one, num_iid=red.item_id, sku_id=red.sku_id, quantity=7)["item"]
    assert (item["num"], red.qty) == (12, 7)
    assert stand.code(one, num_iid=red.item_id, sku_id=red.sku_id, quantity=-8, type=2) == "QUANTITY_LESS_THAN_ZERO"
    stand.ask(many, num_iid=red.item_id, skuid_quantities=f"{red.sku_id}:-8;{blue.sku_id}:1", type=2)
    assert (red.qty, blue.qty) == (0, 6)
    assert stand.error(many, num_iid=red.item_id, skuid_quantities=f"{red.sku_id}:-1")["code"] == 41
    twenty_one = ";".join(f"{red.sku_id}:1" for _ in range(21))
    assert stand.error(many, num_iid=red.item_id, skuid_quantities=twenty_one)["code"] == 41
    rows = json.dumps([{"sku_id": red.sku_id, "quantity": 3}])
    for _ in range(2):
        stand.ask(
            tmall, item_id=red.item_id, sku_quantities=rows, options=json.dumps({"type": 2, "outer_biz_key": "ab12"})
        )
    assert red.qty == 3
    assert (
        stand.error(tmall, item_id=red.item_id, sku_quantities=rows, options='{"outer_biz_key":"x-y"}')["code"] == 41
    )
    red.locked = 1
    assert "被系统锁定" in stand.error(one, num_iid=red.item_id, sku_id=red.sku_id, quantity=1)["sub_msg"]


def test_tmalls_stock_call_is_not_for_others() -> None:
    stand = Stand(Seller(kind="C"))
    with stand.server:
        goods = stand.shop.list_goods("A", 5)
        assert stand.error("tmall.item.quantity.update", item_id=goods.item_id, item_quantity=1)["code"] == 11


def test_items_are_listed_and_taken_off_sale(stand: Stand) -> None:
    red = stand.shop.list_goods("RED", 5, spec="红", item_id="640000000999")
    blue = stand.shop.list_goods("BLUE", 4, spec="蓝", item_id="640000000999")
    tea = stand.shop.list_goods("TEA", 3)
    fields = "num_iid,outer_id,num,skus"
    listed = stand.ask("taobao.items.onsale.get", fields=fields)
    assert (listed["total_results"], "skus" in listed["items"]["item"][0]) == (2, False)
    full = stand.ask("taobao.item.seller.get", num_iid=red.item_id, fields="num_iid,skus.sku_id,skus.outer_id")
    assert full["item"]["skus"]["sku"] == [
        {"sku_id": int(red.sku_id), "outer_id": "RED"},
        {"sku_id": int(blue.sku_id), "outer_id": "BLUE"},
    ]
    batch = stand.ask("taobao.items.seller.list.get", num_iids=f"{red.item_id},{tea.item_id},1", fields=fields)
    assert len(batch["items"]["item"]) == 2
    stand.ask("taobao.item.update.delisting", num_iid=red.item_id)
    assert not red.is_on_sale
    assert stand.ask("taobao.items.inventory.get", fields=fields)["items"]["item"][0]["num_iid"] == int(red.item_id)
    assert stand.error("taobao.item.update.listing", num_iid=red.item_id, num=8)["code"] == 41
    stand.ask("taobao.item.update.listing", num_iid=red.item_id, num=9)
    assert blue.is_on_sale


def test_refunds_are_one_for_each_line(stand: Stand) -> None:
    order = stand.paid("A", "B")
    stand.shop.ask_refund(order.no, kind="return")
    case = next(iter(stand.shop.cases.values()))
    fields = "refund_id,tid,oid,status,has_good_return,good_status,sid,num"
    found = stand.ask("taobao.refunds.receive.get", fields=fields, **stand.window())
    rows = found["refunds"]["refund"]
    assert found["total_results"] == 2
    assert {row["oid"] for row in rows} == {int(line.no) for line in order.lines}
    assert {row["status"] for row in rows} == {"WAIT_SELLER_AGREE"}
    stand.shop.agree(case.no)
    stand.shop.send_back(case.no, "YTO", "YT0000000000031")
    one = stand.ask("taobao.refund.get", refund_id=rows[0]["refund_id"], fields=fields)["refund"]
    assert (one["status"], one["sid"]) == ("WAIT_SELLER_CONFIRM_GOODS", "YT0000000000031")
    assert one["good_status"] == "BUYER_RETURNED_GOODS"
    assert stand.code("taobao.refund.get", refund_id="1", fields=fields) == "isv.refund-not-exist"


def test_memo_and_flag(stand: Stand) -> None:
    order = stand.paid()
    stand.ask("taobao.trade.memo.update", tid=order.no, memo="加急:发顺丰 A&B=1", flag=1)
    assert (order.seller_note, order.flag) == ("加急:发顺丰 A&B=1", "red")
    stand.ask("taobao.trade.memo.update", tid=order.no, reset="true")
    assert (order.seller_note, order.flag) == ("", "red")
    assert stand.error("taobao.trade.memo.update", tid=order.no, memo="长" * 334)["code"] == 15
    assert stand.error("taobao.trade.memo.update", tid=order.no, memo="x", flag=6)["code"] == 41


def test_quotas(stand: Stand) -> None:
    stand.server.quota.a_second = 2
    for _ in range(2):
        stand.ask("taobao.time.get")
    assert "1 more seconds" in stand.error("taobao.time.get")["sub_msg"]
    stand.clock.advance(seconds=2)
    stand.ask("taobao.time.get")
    stand.server.quota.a_day = 4
    error = stand.error("taobao.time.get")
    assert error["sub_code"] == "accesscontrol.limited-by-app-access-count"
    assert "50398 more seconds" in error["sub_msg"]
    stand.clock.advance(hours=15)
    stand.ask("taobao.time.get")


def test_ordered_faults(stand: Stand) -> None:
    first, second = stand.paid(), stand.paid()
    stand.server.faults.next("isp_timeout_before", "isp_timeout_after", only="taobao.logistics.offline.send")
    assert send(stand, first) == "isp.top-remote-connection-timeout"
    assert first.state == "paid"
    assert send(stand, first) == "isp.remote-service-timeout"
    assert first.state == "shipped"
    for fault, code in (("code_7", 7), ("code_27", 27), ("code_31", 31), ("code_10", 10), ("ip_list", 11)):
        stand.server.faults.next(fault)
        assert stand.error("taobao.trade.fullinfo.get", tid=second.no, fields="tid")["code"] == code
    stand.server.forbidden.add("taobao.trade.fullinfo.get")
    assert stand.error("taobao.trade.fullinfo.get", tid=second.no, fields="tid")["code"] == 11


def token(stand: Stand, **form: str) -> Any:
    return stand.post("/token", form).json()


def code_of(stand: Stand) -> str:
    uri = stand.server.app.redirect_uri
    asked = {"response_type": "code", "client_id": "12345678", "redirect_uri": uri, "state": "s"}
    assert "授权" in stand.get("/authorize", asked).text
    sent = stand.post("/authorize", asked)
    assert sent.status_code == 302
    found = parse_qs(urlsplit(sent.headers["Location"]).query)
    assert found["state"] == ["s"]
    return found["code"][0]


def test_a_code_is_worth_one_token(stand: Stand) -> None:
    form = {
        "grant_type": "authorization_code",
        "client_id": "12345678",
        "client_secret": "helloworld",
        "redirect_uri": stand.server.app.redirect_uri,
    }
    code = code_of(stand)
    granted = token(stand, code=code, **form)
    assert granted["taobao_user_nick"] == quote("练习旗舰店")
    assert granted["r2_expires_in"] < granted["expires_in"]
    stand.token = granted["access_token"]
    stand.ask("taobao.user.seller.get", fields="nick")
    assert token(stand, code=code, **form)["error_description"] == "authorize code expire"
    late = code_of(stand)
    stand.clock.advance(minutes=31)
    assert token(stand, code=late, **form)["error_description"] == "authorize code expire"
    assert "client_secret" in token(stand, code=code_of(stand), **form | {"client_secret": "x"})["error_description"]
    assert "redirect_uri" in token(stand, code="x", **form | {"redirect_uri": "http://e/"})["error_description"]
    by_api = json.loads(stand.ask("taobao.top.auth.token.create", code=code_of(stand))["token_result"])
    assert by_api["access_token"] in stand.server.desk.sessions
    refused = stand.error("taobao.top.auth.token.refresh", refresh_token=granted["refresh_token"])
    assert refused["code"] == 15


def test_sold_apps_may_refresh() -> None:
    stand = Stand(app=App(can_refresh=True))
    with stand.server:
        form = {"client_id": "12345678", "client_secret": "helloworld", "redirect_uri": stand.server.app.redirect_uri}
        first = token(stand, grant_type="authorization_code", code=code_of(stand), **form)
        renewed = stand.ask("taobao.top.auth.token.refresh", refresh_token=first["refresh_token"])
        second = json.loads(renewed["token_result"])
        assert second["access_token"] != first["access_token"]
        assert "error" in token(stand, grant_type="refresh_token", refresh_token=first["refresh_token"], **form)
        stand.token = first["access_token"]
        assert stand.error("taobao.user.seller.get", fields="nick")["code"] == 27
