"""Pinduoduo's simulator answers and refuses as the facts say: every call here is made by hand."""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests

from core.runtime.clock import ManualClock
from tests.simulators.platforms.pdd import CLIENT_ID, SECRET, UNPROVEN, PddServer, pdd_shop
from tests.simulators.platforms.pdd_wire import signature
from tests.simulators.platforms.shop import Goods, Person

START = datetime(2026, 11, 23, 1, 30, 0, tzinfo=UTC)


class Desk:
    """A running platform, a paid-for token, and a hand that signs."""

    def __init__(self, server: PddServer, clock: ManualClock) -> None:
        self.server = server
        self.shop = server.shop
        self.clock = clock
        self.token, self.refresh_token = server.tokens.grant()
        self.session = requests.Session()
        self.session.trust_env = False
        self.goods: Goods = self.shop.list_goods("MF-101", 50, title="蜂蜜", spec="500g", price_fen=1990)

    def params(self, kind: str, **business: object) -> dict[str, str]:
        told = {name: value if isinstance(value, str) else json.dumps(value) for name, value in business.items()}
        told |= {
            "type": kind,
            "client_id": CLIENT_ID,
            "access_token": self.token,
            "timestamp": str(int(self.server.now().timestamp())),
            "data_type": "JSON",
        }
        return {name: value for name, value in told.items() if value}

    def signed(self, params: dict[str, str], secret: str = SECRET) -> dict[str, str]:
        text = secret + "".join(name + params[name] for name in sorted(params)) + secret
        return {**params, "sign": hashlib.md5(text.encode()).hexdigest().upper()}  # noqa: S324  the platform's choice

    def send(self, params: dict[str, str], *, as_json: bool = False) -> Any:
        url = f"{self.server.url}/api/router"
        answer = self.session.post(url, json=params) if as_json else self.session.post(url, data=params)
        assert answer.status_code == 200
        return answer.json()

    def ask(self, kind: str, **business: object) -> Any:
        return self.send(self.signed(self.params(kind, **business)))

    def code(self, kind: str, **business: object) -> int:
        code: int = self.ask(kind, **business)["error_response"]["error_code"]
        return code

    def paid(self, qty: int = 1, **more: Any) -> str:
        no = self.shop.place([(self.goods.sku_id, qty)], **more).no
        self.shop.pay(no)
        return no

    def changed(self, since: datetime, until: datetime, **more: object) -> Any:
        window: dict[str, object] = {
            "start_updated_at": int(since.timestamp()),
            "end_updated_at": int(until.timestamp()),
            "order_status": 5,
            "refund_status": 5,
            "is_lucky_flag": 0,
        }
        return self.ask("pdd.order.number.list.increment.get", **{**window, **more})

    def newest(self) -> Any:
        until = self.server.now() - timedelta(minutes=3)
        told = self.changed(until - timedelta(minutes=30), until)
        return told["order_sn_increment_get_response"]

    def detail(self, no: str) -> Any:
        return self.ask("pdd.order.information.get", order_sn=no)["order_info_get_response"]["order_info"]

    def sent(self, no: str, number: str = "78100000000017", **more: object) -> Any:
        return self.ask("pdd.logistics.online.send", order_sn=no, logistics_id=115, tracking_number=number, **more)


@pytest.fixture
def desk() -> Iterator[Desk]:
    clock = ManualClock(START)
    with PddServer(pdd_shop(clock.now)) as server:
        opened = Desk(server, clock)
        yield opened
        opened.session.close()


# --- the gateway ------------------------------------------------------------------------------------------------------


def test_its_signature_is_the_published_one() -> None:
    official = {
        "access_token": "asd78172s8ds9a921j9qqwda12312w1w21211",
        "client_id": "1",
        "data_type": "XML",
        "order_status": "1",
        "page": "1",
        "page_size": "10",
        "timestamp": "1480411125",
        "type": "pdd.order.number.list.get",
    }
    assert signature("testSecret", official) == "E4DE3ED21002510DED352819E7AE6775"

    second = {
        "access_token": "tok-0001",
        "client_id": CLIENT_ID,
        "data_type": "JSON",
        "end_updated_at": "1767837420",
        "is_lucky_flag": "0",
        "order_status": "5",
        "page": "1",
        "page_size": "100",
        "refund_status": "5",
        "start_updated_at": "1767835800",
        "timestamp": "1767837600",
        "type": "pdd.order.number.list.increment.get",
        "use_has_next": "true",
        "version": "V1",
    }
    assert signature(SECRET, second) == "E97C69C3F0DB552C5F15E5A330640D0B"

    chinese = {
        "access_token": "t",
        "client_id": "cid",
        "data_type": "JSON",
        "note": "加急 发顺丰",
        "order_sn": "260108-000000000000001",
        "timestamp": "1767837600",
        "type": "pdd.order.note.update",
    }
    assert signature(SECRET, chinese) == "29AE779340F00768F62FD56C366A33EB"


def test_forms_and_flat_json_are_both_taken(desk: Desk) -> None:
    form = desk.signed(desk.params("pdd.time.get"))
    assert desk.send(form)["time_get_response"]["time"] == "2026-11-23 09:30:00"

    params: dict[str, Any] = desk.signed(desk.params("pdd.time.get"))
    params["timestamp"] = int(params["timestamp"])
    assert desk.send(params, as_json=True)["time_get_response"]["time"] == "2026-11-23 09:30:00"
    assert desk.send({**params, "deep": {"a": 1}}, as_json=True)["error_response"]["error_code"] == 10001


def test_calls_that_are_not_signed_properly_are_refused(desk: Desk) -> None:
    good = desk.params("pdd.time.get")
    wrong = {
        20004: desk.signed(good, "another secret"),
        10016: desk.signed({**good, "client_id": "nobody"}),
        10017: desk.signed({**good, "type": "pdd.no.such.call"}),
        10001: desk.signed({**good, "sign_method": "md5"}),
    }
    for code, params in wrong.items():
        assert desk.send(params)["error_response"]["error_code"] == code
    assert desk.send({**desk.signed(good), "note": "not signed"})["error_response"]["error_code"] == 20004
    assert desk.code("pdd.time.get", what="x") == 10000


@pytest.mark.parametrize(("seconds", "is_taken"), [(599, True), (-599, True), (601, False), (-601, False)])
def test_the_clock_may_differ_by_ten_minutes(desk: Desk, seconds: int, is_taken: bool) -> None:
    params = desk.params("pdd.time.get")
    params["timestamp"] = str(int(params["timestamp"]) + seconds)

    assert ("time_get_response" in desk.send(desk.signed(params))) is is_taken

    params["timestamp"] += "000"
    assert desk.send(desk.signed(params))["error_response"]["error_code"] == 10001


def test_its_own_troubles_come_with_status_200(desk: Desk) -> None:
    no = desk.paid()
    for fault in ("52101", "70031", "10019", "20005", "50001"):
        desk.server.faults.next(fault)
        assert desk.code("pdd.order.status.get", order_sns=no) == int(fault)

    desk.server.faults.next("52102_before")
    assert desk.sent(no)["error_response"]["error_code"] == 52102
    assert desk.shop.order(no).state == "paid"
    desk.server.faults.next("52102_after")
    assert desk.sent(no)["error_response"]["error_code"] == 52102
    assert desk.shop.order(no).state == "shipped"


# --- tokens -----------------------------------------------------------------------------------------------------------


def test_the_owner_allows_the_app_and_the_code_works_once(desk: Desk) -> None:
    asked = {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "redirect_uri": "http://127.0.0.1:9/back",
        "state": "s-1",
    }
    page = desk.session.get(f"{desk.server.url}/service-market/auth?{urlencode(asked)}", allow_redirects=False)
    back = parse_qs(urlsplit(page.headers["Location"]).query)
    assert (page.status_code, back["state"]) == (302, ["s-1"])
    old = desk.token

    told = desk.ask("pdd.pop.auth.token.create", code=back["code"][0])["pop_auth_token_create_response"]

    assert told["owner_id"] == "880012345"
    assert told["r2_expires_at"] < told["expires_at"] < told["refresh_token_expires_at"]
    assert told["expires_at"] - told["expires_in"] == int(desk.server.now().timestamp())
    assert desk.code("pdd.pop.auth.token.create", code=back["code"][0]) == 50001
    assert desk.code("pdd.mall.info.get") == 10019
    desk.token = told["access_token"]
    assert desk.token != old
    assert desk.ask("pdd.mall.info.get")["mall_info_get_response"]["mall_id"] == 880012345


def test_a_code_lives_ten_minutes(desk: Desk) -> None:
    code = desk.server.tokens.code()
    desk.clock.advance(seconds=601)

    assert desk.code("pdd.pop.auth.token.create", code=code) == 50001


def test_tokens_run_out_and_are_renewed_within_what_the_shop_has_paid_for(desk: Desk) -> None:
    desk.clock.advance(seconds=30 * 86_400 - 1800)
    assert "mall_info_get_response" in desk.ask("pdd.mall.info.get")
    assert desk.code("pdd.order.information.get", order_sn="x") == 10019
    desk.clock.advance(seconds=1800)
    assert desk.code("pdd.mall.info.get") == 10019

    desk.server.tokens.service_until = desk.server.now() + timedelta(days=2)
    told = desk.ask("pdd.pop.auth.token.refresh", refresh_token=desk.refresh_token)["pop_auth_token_refresh_response"]

    assert told["expires_in"] == 2 * 86_400
    desk.token = told["access_token"]
    assert "mall_info_get_response" in desk.ask("pdd.mall.info.get")
    assert desk.code("pdd.pop.auth.token.refresh", refresh_token=desk.refresh_token) == 10019
    desk.token = "somebody else's"
    assert desk.code("pdd.mall.info.get") == 20032


# --- orders -----------------------------------------------------------------------------------------------------------


def test_windows_are_short_and_end_three_minutes_ago(desk: Desk) -> None:
    now = desk.server.now()
    minutes = timedelta(minutes=1)

    def code(since: datetime, until: datetime) -> int | None:
        told = desk.changed(since, until)
        return told["error_response"]["error_code"] if "error_response" in told else None

    assert code(now - 33 * minutes, now - 3 * minutes) is None
    assert code(now - 34 * minutes, now - 3 * minutes) == 10000
    assert code(now - 20 * minutes, now - 2 * minutes) == 10000
    assert code(now - 4 * minutes, now - 5 * minutes) == 10000
    now_s = int(now.timestamp())
    day = {"start_confirm_at": now_s - 86_400, "end_confirm_at": now_s, "order_status": 5, "refund_status": 5}
    assert "order_list_get_response" in desk.ask("pdd.order.list.get", **day)
    assert desk.code("pdd.order.list.get", **{**day, "end_confirm_at": now_s + 1}) == 10000


def test_paid_orders_are_listed_newest_first_and_unpaid_ones_never(desk: Desk) -> None:
    placed = []
    for _ in range(5):
        placed.append(desk.paid())
        desk.clock.advance(seconds=1)
    unpaid = desk.shop.place([(desk.goods.sku_id, 1)]).no
    desk.clock.advance(seconds=181)
    until = desk.server.now() - timedelta(seconds=180)
    since = until - timedelta(minutes=30)

    first = desk.changed(since, until, page_size=2)["order_sn_increment_get_response"]
    assert [row["order_sn"] for row in first["order_sn_list"]] == [placed[4], placed[3]]
    assert (first["total_count"], "has_next" in first) == (5, False)
    last = desk.changed(since, until, page_size=2, page=3, use_has_next=True)["order_sn_increment_get_response"]
    assert [row["order_sn"] for row in last["order_sn_list"]] == [placed[0]]
    assert (last["has_next"], "total_count" in last) == (False, False)
    assert "error_response" in desk.changed(since, until, page_size=101)
    assert desk.code("pdd.order.information.get", order_sn=unpaid) == 50001
    rows = desk.ask("pdd.order.status.get", order_sns=f"{placed[0]},{unpaid}")["order_status_get_response"]
    assert [(row["orderSn"], row["order_status"]) for row in rows["order_status_list"]] == [
        (placed[0], 1),
        (unpaid, 0),
    ]


def test_rows_move_between_pages_while_they_are_read(desk: Desk) -> None:
    placed = [desk.paid() for _ in range(4)]
    desk.clock.advance(seconds=200)
    until = desk.server.now() - timedelta(seconds=180)
    since = until - timedelta(minutes=30)
    first = desk.changed(since, until, page_size=2)["order_sn_increment_get_response"]["order_sn_list"]

    desk.shop.change_address(first[0]["order_sn"], address="练习路2号")

    second = desk.changed(since, until, page_size=2, page=2)["order_sn_increment_get_response"]["order_sn_list"]
    seen = {row["order_sn"] for row in (*first, *second)}
    assert len(seen) == 3
    assert seen < set(placed)


def test_orders_say_money_in_yuan_and_time_in_words(desk: Desk) -> None:
    gift = desk.shop.list_goods("ZP-1", 9, title="赠品")
    no = desk.paid(2, freight_fen=600, discount_fen=190, gift_sku_ids=[gift.sku_id], note="快点")
    desk.clock.advance(seconds=200)

    row = desk.newest()["order_sn_list"][0]

    assert row == desk.detail(no)
    assert (row["goods_amount"], row["postage"], row["discount_amount"], row["pay_amount"]) == (39.8, 6.0, 1.9, 43.9)
    assert (row["pay_time"], row["updated_at"], row["shipping_time"]) == ("2026-11-23 09:30:00",) * 2 + (None,)
    assert [(item["outer_id"], item["goods_count"], item["goods_price"]) for item in row["item_list"]] == [
        ("MF-101", 2, 19.9)
    ]
    assert [item["goods_id"] for item in row["item_list"]] == [int(desk.goods.item_id)]
    assert [item["outer_id"] for item in row["gift_list"]] == ["ZP-1"]
    assert (row["order_status"], row["refund_status"], row["confirm_status"], row["group_status"]) == (1, 1, 1, 1)
    assert row["buyer_memo"] == "快点"


def test_orders_by_confirmation_write_ids_as_text(desk: Desk) -> None:
    no = desk.paid()
    now_s = int(desk.server.now().timestamp())
    day = {"start_confirm_at": now_s - 60, "end_confirm_at": now_s, "order_status": 1, "refund_status": 5}

    full = desk.ask("pdd.order.list.get", **day)["order_list_get_response"]["order_list"]
    basic = desk.ask("pdd.order.basic.list.get", **day)["order_basic_list_get_response"]["order_list"]

    assert [row["order_sn"] for row in full] == [row["order_sn"] for row in basic] == [no]
    assert full[0]["item_list"][0]["sku_id"] == desk.goods.sku_id
    assert not any(name.startswith("receiver") for name in basic[0])


def test_receivers_come_as_cipher_and_mask_and_vanish(desk: Desk) -> None:
    no = desk.paid(person=Person(name="钱练习", phone="13800000002", address="练习路9号"))
    other = desk.paid(person=Person(name="钱练习", phone="13800000002", address="练习路9号"))
    row = desk.detail(no)
    text = json.dumps(row, ensure_ascii=False)
    assert "钱练习" not in text
    assert "13800000002" not in text
    assert "练习路9号" not in text
    assert (row["receiver_name_mask"], row["receiver_phone_mask"]) == ("钱**", "138****0002")
    assert row["receiver_name"].startswith("~")
    assert row["open_address_id"] == desk.detail(other)["open_address_id"] != ""
    assert (row["province"], row["city"], row["town"]) == ("浙江省", "杭州市", "余杭区")

    desk.shop.stop(no, "review")
    held = desk.detail(no)
    assert (held["risk_control_status"], held["receiver_name"], held["receiver_name_mask"]) == (1, "", "")
    desk.shop.stop(no, "")
    assert desk.detail(no)["receiver_name"] == row["receiver_name"]
    desk.server.phone_only = True
    assert desk.detail(no)["receiver_phone"] == ""
    assert desk.detail(no)["contact_mobile"].startswith("~")
    desk.server.phone_only = False
    desk.sent(no)
    assert desk.detail(no)["receiver_phone"] == ""
    desk.shop.ask_refund(other)
    assert desk.detail(other)["receiver_address"] == ""


def test_what_keeps_an_order_back_is_said_in_three_ways(desk: Desk) -> None:
    no = desk.paid()
    desk.shop.stop(no, "group")
    row = desk.detail(no)
    assert (row["group_status"], row["confirm_status"], row["confirm_time"]) == (0, 0, None)
    desk.shop.stop(no, "ship_hold")
    tags = {tag["name"]: tag["value"] for tag in desk.detail(no)["order_tag_list"]}
    assert tags["ship_hold"] == 1
    assert desk.sent(no)["error_response"]["error_code"] == 50001


# --- refunds ----------------------------------------------------------------------------------------------------------


def test_refunds_are_listed_by_their_change(desk: Desk) -> None:
    no = desk.paid(2)
    case = desk.shop.ask_refund(no, kind="return")
    desk.clock.advance(seconds=200)
    until = int(desk.server.now().timestamp()) - 10
    window = {
        "start_updated_at": until - 1800,
        "end_updated_at": until,
        "after_sales_status": 0,
        "after_sales_type": 1,
    }

    told = desk.ask("pdd.refund.list.increment.get", **window)["refund_increment_get_response"]

    row = told["refund_list"][0]
    assert (told["total_count"], row["id"], row["order_sn"]) == (1, int(case.no), no)
    assert (row["after_sales_status"], row["after_sales_type"], row["refund_amount"]) == (3, 2, 39.8)
    assert desk.detail(no)["refund_status"] == 2
    found = desk.ask("pdd.refund.status.check", order_sns=no)["refund_status_check_response"]
    assert found["order_sns_exists_refund"] == [{"order_sn": no}]
    one = desk.ask("pdd.refund.information.get", order_sn=no)
    assert (one["after_sales_status"], one["id"]) == (3, int(case.no))
    assert desk.code("pdd.refund.list.increment.get", **{**window, "start_updated_at": until - 1801}) == 10000

    desk.shop.agree(case.no)
    desk.shop.send_back(case.no, "中通快递", "78100000000999")
    assert desk.ask("pdd.refund.information.get", order_sn=no)["express_no"] == "78100000000999"
    desk.shop.agree(case.no)
    assert desk.detail(no)["refund_status"] == 4
    assert desk.ask("pdd.refund.information.get", order_sn=no)["after_sales_status"] == 10


def test_an_open_refund_stops_nobody_from_sending(desk: Desk) -> None:
    no = desk.paid()
    desk.shop.ask_refund(no)

    assert desk.sent(no)["logistics_online_send_response"]["is_success"] is True
    assert desk.shop.order(no).lines[0].after_sale == "requested"

    gone = desk.paid()
    desk.shop.cancel(gone)
    assert desk.sent(gone)["error_response"]["error_code"] == 50001
    assert desk.detail(gone)["refund_status"] == 4


# --- sending, goods, notes --------------------------------------------------------------------------------------------


def test_an_order_is_told_once_and_its_number_replaced(desk: Desk) -> None:
    no = desk.paid()
    assert desk.sent(no, redelivery_type=2)["error_response"]["error_code"] == 50001
    assert "logistics_online_send_response" in desk.sent(no)
    assert desk.sent(no)["error_response"]["sub_msg"] == "订单已发货，不能重复发货"
    assert desk.sent(no, "78100000000024", redelivery_type=2)["logistics_online_send_response"]["is_success"] is True
    extra = [{"shipping_id": 85, "tracking_number": "YT1000000000031"}]
    for _ in range(2):
        told = desk.ask("pdd.order.upload.extra.logistics", order_sn=no, extra_track_list=extra, extra_track_type=1)
        assert told["upload_extra_logistics_response"]["success"] is True

    row = desk.detail(no)
    assert (row["order_status"], row["logistics_id"], row["tracking_number"]) == (2, 115, "78100000000024")
    assert row["extra_delivery_list"] == [{"logistics_id": 85, "tracking_number": "YT1000000000031"}]
    assert row["shipping_time"] == "2026-11-23 09:30:00"


def test_unknown_carriers_and_numbers_are_refused(desk: Desk) -> None:
    no = desk.paid()
    rows = desk.ask("pdd.logistics.companies.get")["logistics_companies_get_response"]["logistics_companies"]
    assert {row["id"]: row["available"] for row in rows}[3] == 0
    for carrier, number in ((3, "78100000000017"), (99999, "78100000000017"), (115, "快递"), (115, "1")):
        assert (
            desk.code("pdd.logistics.online.send", order_sn=no, logistics_id=carrier, tracking_number=number) == 50001
        )
    assert desk.shop.order(no).state == "paid"


def test_numbers_of_stock_are_set_and_moved(desk: Desk) -> None:
    goods = {"goods_id": int(desk.goods.item_id), "sku_id": int(desk.goods.sku_id)}
    kind = "pdd.goods.quantity.update"
    assert desk.ask(kind, **goods, quantity=20)["goods_quantity_update_response"]["is_success"] is True
    assert desk.goods.qty == 20
    assert "goods_quantity_update_response" in desk.ask(kind, **goods, quantity=-20, update_type=2)
    assert desk.code(kind, **goods, quantity=-1, update_type=2) == 50001
    assert desk.code(kind, **goods, quantity=-1) == 10000
    assert desk.code(kind, goods_id=goods["goods_id"], quantity=1) == 10000
    desk.ask(kind, goods_id=goods["goods_id"], outer_id="MF-101", quantity=7)
    desk.goods.locked = 3
    assert desk.code(kind, **goods, quantity=6) == 50001
    assert desk.code(kind, **goods, quantity=-1, update_type=2) == 50001
    assert "goods_quantity_update_response" in desk.ask(kind, **goods, quantity=1, update_type=2)
    assert desk.goods.qty == 8


def test_goods_are_listed_and_put_off_sale_as_a_whole(desk: Desk) -> None:
    sibling = desk.shop.list_goods("MF-102", 5, spec="1kg", item_id=desk.goods.item_id)
    desk.shop.list_goods("FS-201", 9)
    desk.shop.place([(sibling.sku_id, 2)])

    told = desk.ask("pdd.goods.list.get", page_size=1, page=2)["goods_list_get_response"]
    skus = told["goods_list"][0]["sku_list"]
    assert (told["total_count"], told["goods_list"][0]["is_more_sku"]) == (2, 1)
    assert [(sku["outer_id"], sku["sku_quantity"], sku["reserve_quantity"]) for sku in skus] == [
        ("MF-101", 50, 0),
        ("MF-102", 3, 2),
    ]
    told = desk.ask("pdd.goods.detail.get", goods_id=desk.goods.item_id)["goods_detail_get_response"]
    assert [sku["multi_price"] for sku in told["sku_list"]] == [1990, 9900]

    desk.ask("pdd.goods.sale.status.set", goods_id=desk.goods.item_id, is_onsale=0)
    assert not desk.goods.is_on_sale
    assert not sibling.is_on_sale
    assert desk.ask("pdd.goods.list.get", is_onsale=0)["goods_list_get_response"]["total_count"] == 1


def test_notes_keep_their_colour_unless_one_is_named(desk: Desk) -> None:
    no = desk.paid()
    before = desk.detail(no)["updated_at"]
    desk.clock.advance(seconds=5)
    desk.ask("pdd.order.note.update", order_sn=no, note="加急 发顺丰", tag=1, tag_name="红色")
    assert desk.ask("pdd.order.note.update", order_sn=no, note="改")["response"]["success"] is True
    row = desk.detail(no)
    assert (row["remark"], row["remark_tag"], row["updated_at"]) == ("改", 1, before)
    assert desk.code("pdd.order.note.update", order_sn=no, note="x", tag=1) == 10000
    assert desk.code("pdd.order.note.update", order_sn=no, note="长" * 301) == 50001


def test_doubtful_facts_are_listed_once() -> None:
    keys = [key for key, what in UNPROVEN if what]
    assert len(keys) == len(set(keys)) == len(UNPROVEN)
