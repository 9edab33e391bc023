"""The simulated WeChat shop against its facts, asked by hand-made requests: no adapter is involved."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from core.runtime.clock import ManualClock
from tests.simulators.platforms.shop import Person
from tests.simulators.platforms.wechat import APPID, SECRET, WechatServer, wechat_shop
from tests.simulators.platforms.wechat_facts import MESSAGES, UNPROVEN
from tests.simulators.platforms.wechat_listing import key_before, next_page

START = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
NOW = int(START.timestamp())
DAY = 86_400
ORDER, PRODUCT, CASES = "/channels/ec/order", "/channels/ec/product", "/channels/ec/aftersale"


class Asker:
    """Somebody with a token who asks by hand."""

    def __init__(self, server: WechatServer, clock: ManualClock) -> None:
        self.server = server
        self.shop = server.shop
        self.clock = clock
        self.token = self.fetch_token()["access_token"]
        self.goods = [self.shop.list_goods(code, 100, spec="红色") for code in ("MF-101", "FS-201")]

    def fetch_token(self, **changes: object) -> Any:
        body = {"grant_type": "client_credential", "appid": APPID, "secret": SECRET, **changes}
        return requests.post(f"{self.server.url}/cgi-bin/stable_token", json=body, timeout=5).json()

    def post(self, path: str, body: Mapping[str, object] | None = None, **query: str) -> Any:
        return self.raw(path, body, **query).json()

    def raw(self, path: str, body: Mapping[str, object] | None = None, **query: str) -> requests.Response:
        params = {"access_token": self.token, **query}
        return requests.post(f"{self.server.url}{path}", params=params, json=body or {}, timeout=5)

    def place(self, *qtys: int, **more: Any) -> str:
        wanted = [(goods.sku_id, qty) for goods, qty in zip(self.goods, qtys or (1,), strict=False)]
        return self.shop.place(wanted, **more).no

    def paid(self, *qtys: int, **more: Any) -> str:
        no = self.place(*qtys, **more)
        self.shop.pay(no)
        return no

    def order(self, no: str) -> Any:
        return self.post(f"{ORDER}/get", {"order_id": no})["order"]

    def send(self, no: str, number: str, *qtys: int, carrier: str = "YTO") -> int:
        body = {"order_id": no, "delivery_list": [self.parcel(number, *qtys, carrier=carrier)]}
        return int(self.post(f"{ORDER}/delivery/send", body)["errcode"])

    def parcel(self, number: str, *qtys: int, carrier: str = "YTO") -> Mapping[str, object]:
        goods = [
            {"product_id": goods.item_id, "sku_id": goods.sku_id, "product_cnt": qty}
            for goods, qty in zip(self.goods, qtys, strict=False)
            if qty
        ]
        return {"delivery_id": carrier, "waybill_id": number, "deliver_type": 1, "product_infos": goods}


@pytest.fixture
def asker() -> Iterator[Asker]:
    clock = ManualClock(START)
    with WechatServer(wechat_shop(clock.now)) as server:
        yield Asker(server, clock)
        assert server.faults.is_used_up


def updated(since: int = NOW - 60, until: int = NOW + 60, **more: object) -> Mapping[str, object]:
    return {"update_time_range": {"start_time": since, "end_time": until}, "page_size": 100, **more}


def walked(asker: Asker, path: str, body: Mapping[str, object], name: str) -> list[str]:
    found: list[str] = []
    key = ""
    for _ in range(20):
        answer = asker.post(path, {**body, "next_key": key})
        found += answer[name]
        key = answer["next_key"]
        if not key or not answer.get("has_more", answer[name]):
            return found
    raise AssertionError("paging does not end")


# --- tokens and the door ------------------------------------------------------------------------------------------------


def test_a_token_is_told_with_the_life_that_is_left(asker: Asker) -> None:
    asker.clock.advance(seconds=6_855)
    again = asker.fetch_token()

    assert (again["access_token"], again["expires_in"]) == (asker.token, 345)


def test_near_its_end_a_token_has_a_successor_and_still_opens(asker: Asker) -> None:
    asker.clock.advance(seconds=6_950)
    new = asker.fetch_token()

    assert (new["access_token"] != asker.token, new["expires_in"]) == (True, 7200)
    assert asker.post(f"{ORDER}/list/get", updated())["errcode"] == 0
    asker.clock.advance(seconds=300)
    assert asker.post(f"{ORDER}/list/get", updated())["errcode"] == 42001


def test_a_forced_token_kills_the_old_one_at_most_each_half_minute_and_twenty_times_a_day(asker: Asker) -> None:
    first = asker.fetch_token(force_refresh=True)["access_token"]
    assert first != asker.token
    assert asker.post(f"{ORDER}/list/get", updated())["errcode"] == 40001
    assert asker.fetch_token(force_refresh=True)["access_token"] == first
    for _ in range(19):
        asker.clock.advance(seconds=31)
        asker.fetch_token(force_refresh=True)
    asker.clock.advance(seconds=31)
    assert asker.fetch_token(force_refresh=True)["errcode"] == 45009
    assert asker.fetch_token()["expires_in"] > 0


@pytest.mark.parametrize(
    ("change", "errcode"),
    [({"secret": "wrong"}, 40125), ({"appid": "wx-other"}, 40013), ({"grant_type": "code"}, 40002)],
)
def test_wrong_credentials_get_no_token(asker: Asker, change: Mapping[str, object], errcode: int) -> None:
    assert asker.fetch_token(**change)["errcode"] == errcode


@pytest.mark.parametrize(("token", "errcode"), [("", 41001), ("no-such", 40001)])
def test_without_a_token_nothing_is_told(asker: Asker, token: str, errcode: int) -> None:
    answer = asker.post(f"{ORDER}/list/get", updated(), access_token=token)

    assert answer["errcode"] == errcode
    assert "rid: " in answer["errmsg"]


def test_an_address_that_is_not_listed_gets_a_page_and_no_errcode(asker: Asker) -> None:
    asker.server.has_listed_address = False
    answer = asker.raw(f"{ORDER}/list/get", updated())

    assert (answer.status_code, answer.headers["Content-Type"]) == (403, "text/html")
    assert "errcode" not in answer.text


def test_the_wrong_method_and_a_wrong_path_are_refused(asker: Asker) -> None:
    url, token = asker.server.url, {"access_token": asker.token}
    assert asker.post("/channels/ec/basics/info/get")["errcode"] == 43001
    assert requests.get(f"{url}{ORDER}/get", params=token, timeout=5).json()["errcode"] == 43002
    assert asker.post("/channels/ec/order/gett")["errcode"] == 40066
    info = requests.get(f"{url}/channels/ec/basics/info/get", params=token, timeout=5).json()["info"]
    assert (info["nickname"], info["username"]) == ("练习小店", "gh_practice0001")


@pytest.mark.parametrize("errcode", [-1, 45009, 45011, 40001, 42001, 31042, 40097])
def test_each_trouble_of_the_platform_can_be_ordered(asker: Asker, errcode: int) -> None:
    name = {-1: "busy", 45009: "rate_limited", 45011: "too_often", 40001: "token_invalid", 42001: "token_expired"}
    asker.server.faults.next(name.get(errcode, {31042: "too_many_orders", 40097: "bad_body"}.get(errcode, "")))
    no = asker.paid(1)

    assert asker.send(no, "YT0000000000001", 1) == errcode
    assert asker.shop.order(no).parcels == []
    # a token that was called dead is dead: the next one is another
    is_new = asker.fetch_token()["access_token"] != asker.token
    assert is_new == (errcode in (40001, 42001))


def test_busy_may_come_after_the_effect(asker: Asker) -> None:
    no = asker.paid(1)
    asker.server.faults.next("busy_after")

    assert asker.send(no, "YT0000000000001", 1) == -1
    assert asker.order(no)["status"] == 30


def test_calls_can_run_out(asker: Asker) -> None:
    asker.server.calls_left = 1
    assert asker.post(f"{ORDER}/list/get", updated())["errcode"] == 0
    assert asker.post(f"{ORDER}/list/get", updated())["errcode"] == 45009


# --- orders -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_newest_first", [False, True])
def test_a_list_is_ids_only_led_through_by_a_key(asker: Asker, is_newest_first: bool) -> None:
    asker.server.orders.is_newest_first = is_newest_first
    placed = [asker.place() for _ in range(5)]
    first = asker.post(f"{ORDER}/list/get", updated(page_size=2))

    assert (len(first["order_id_list"]), first["has_more"]) == (2, True)
    assert all(isinstance(no, str) and int(no) > 2**53 for no in first["order_id_list"])
    assert sorted(walked(asker, f"{ORDER}/list/get", updated(page_size=2), "order_id_list")) == sorted(placed)


def test_an_order_that_changes_leaves_the_window_that_is_being_read(asker: Asker) -> None:
    placed = [asker.paid() for _ in range(4)]
    window = updated(until=NOW, page_size=2)
    first = asker.post(f"{ORDER}/list/get", window)
    asker.clock.advance(seconds=2)
    asker.shop.change_address(placed[3], address="练习路9号")
    rest = asker.post(f"{ORDER}/list/get", {**window, "next_key": first["next_key"]})

    assert (first["order_id_list"], rest["order_id_list"]) == (placed[:2], [placed[2]])
    later = asker.post(f"{ORDER}/list/get", updated(NOW, NOW + 60))
    assert later["order_id_list"] == placed


def test_both_ends_of_a_window_belong_to_it(asker: Asker) -> None:
    no = asker.place()
    for since, until, found in (
        (NOW, NOW, [no]),
        (NOW - 9, NOW, [no]),
        (NOW + 1, NOW + 9, []),
        (NOW - 9, NOW - 1, []),
    ):
        assert asker.post(f"{ORDER}/list/get", updated(since, until))["order_id_list"] == found


def test_a_list_by_creation_and_by_state(asker: Asker) -> None:
    unpaid, paid = asker.place(), asker.paid()
    created = {"create_time_range": {"start_time": NOW - 9, "end_time": NOW + 9}, "page_size": 100}

    assert asker.post(f"{ORDER}/list/get", {**created, "status": 10})["order_id_list"] == [unpaid]
    assert asker.post(f"{ORDER}/list/get", {**created, "status": 20})["order_id_list"] == [paid]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"page_size": 10},
        updated(page_size=101),
        updated(page_size=0),
        updated(NOW - 7 * DAY - 1, NOW),
        updated(NOW, NOW - 1),
        updated(status=77),
        updated(unknown=1),
        {"update_time_range": {"start_time": str(NOW), "end_time": NOW}},
    ],
)
def test_a_wrong_question_is_refused(asker: Asker, body: Mapping[str, object]) -> None:
    assert asker.post(f"{ORDER}/list/get", body)["errcode"] == 40097


def test_seven_days_are_answered(asker: Asker) -> None:
    assert asker.post(f"{ORDER}/list/get", updated(NOW - 7 * DAY, NOW))["errcode"] == 0


def test_a_key_is_bound_to_what_was_asked(asker: Asker) -> None:
    for _ in range(3):
        asker.place()
    key = asker.post(f"{ORDER}/list/get", updated(page_size=1))["next_key"]

    assert asker.post(f"{ORDER}/list/get", updated(page_size=1, next_key=key))["errcode"] == 0
    for other in (updated(page_size=2, next_key=key), updated(NOW - 61, page_size=1, next_key=key)):
        assert asker.post(f"{ORDER}/list/get", other)["errcode"] == 606006
    assert asker.post(f"{ORDER}/list/get", updated(page_size=1, next_key="made-up"))["errcode"] == 606006


def test_a_window_with_too_many_orders_is_refused(asker: Asker) -> None:
    asker.server.orders.most_in_window = 2
    for _ in range(3):
        asker.place()
        asker.clock.advance(seconds=10)

    assert asker.post(f"{ORDER}/list/get", updated())["errcode"] == 31042
    assert asker.post(f"{ORDER}/list/get", updated(NOW, NOW + 10))["errcode"] == 0


def test_an_order_is_told_masked_with_a_key_of_its_receiver(asker: Asker) -> None:
    person = Person(name="赵练习", phone="13800000001", address="练习路1号")
    no, same = asker.paid(2, 1, person=person, note="请轻放", freight_fen=500, discount_fen=1000), asker.paid()
    other = asker.paid(person=Person(address="练习路2号"))
    order, detail = asker.order(no), asker.order(no)["order_detail"]
    address = detail["delivery_info"]["address_info"]

    assert (order["status"], order["create_time"], order["update_time"]) == (20, NOW, NOW)
    assert (address["user_name"], address["tel_number"], address["detail_info"]) == ("赵**", "138****0001", "练习***")
    assert (address["province_name"], address["county_name"]) == ("浙江省", "余杭区")
    keys = [asker.order(one)["order_detail"]["delivery_info"]["address_info"]["hash_code"] for one in (same, other)]
    assert (keys[0] == address["hash_code"], keys[1] == address["hash_code"]) == (True, False)
    assert [(row["sku_code"], row["sku_cnt"], row["sale_price"]) for row in detail["product_infos"]] == [
        ("MF-101", 2, 9900),
        ("FS-201", 1, 9900),
    ]
    assert sum(row["real_price"] for row in detail["product_infos"]) == 3 * 9900 - 1000
    price = detail["price_info"]
    assert (price["order_price"], price["freight"], price["merchant_receieve_price"]) == (29200, 500, 29200)
    assert detail["ext_info"]["customer_notes"] == "请轻放"
    assert detail["pay_info"]["pay_time"] == NOW
    assert "练习路" not in str(order)


def test_every_state_has_its_number(asker: Asker) -> None:
    states: dict[int, str] = {10: asker.place(), 20: asker.paid(2, 1), 13: asker.paid(), 12: asker.paid()}
    asker.shop.stop(states[13], "group")
    asker.shop.stop(states[12], "gift")
    for status, act in ((250, "cancel"), (200, "cancel"), (190, "cancel")):
        states[status] = asker.place() if status == 250 else asker.paid()
        getattr(asker.shop, act)(states[status])
    asker.shop.order(states[190]).extra["oversold"] = True
    states[21] = asker.paid(2, 1)
    assert asker.send(states[21], "YT0000000000001", 1) == 0
    states[30] = asker.paid()
    assert asker.send(states[30], "YT0000000000002", 1) == 0
    states[100] = asker.paid()
    assert asker.send(states[100], "YT0000000000003", 1) == 0
    asker.shop.receive(states[100])

    assert {status: asker.order(no)["status"] for status, no in states.items()} == {
        status: status for status in states
    }


def test_an_unknown_order_is_refused(asker: Asker) -> None:
    assert asker.post(f"{ORDER}/get", {"order_id": "1"})["errcode"] == 100002
    assert asker.post(f"{ORDER}/get", {"order_id": 1})["errcode"] == 100002
    assert asker.post(f"{ORDER}/get", {})["errcode"] == 40097
    raw = requests.post(
        f"{asker.server.url}{ORDER}/get", params={"access_token": asker.token}, data=b"[", timeout=5
    ).json()
    assert raw["errcode"] == 47001


def test_an_empty_page_may_have_more_behind_it(asker: Asker) -> None:
    placed = [asker.place() for _ in range(3)]
    asker.server.faults.next("empty_page", "ok", "empty_page", "empty_page", only=f"{ORDER}/list/get")

    assert walked(asker, f"{ORDER}/list/get", updated(page_size=2), "order_id_list") == placed
    assert len(asker.server.seen) == 6


def test_an_order_may_look_strange(asker: Asker) -> None:
    no = asker.paid()
    asker.shop.order(no).extra |= {"strange": {"status": 777}, "no_receiver": True}

    order = asker.order(no)
    assert (order["status"], order["order_detail"]["delivery_info"]["address_info"]) == (777, None)


def test_a_note_is_written(asker: Asker) -> None:
    no = asker.paid()
    asker.clock.advance(seconds=2)
    body = {"order_id": no, "merchant_notes": "缺货等周三"}
    assert asker.post(f"{ORDER}/merchantnotes/update", body)["errcode"] == 0

    assert asker.order(no)["order_detail"]["ext_info"]["merchant_notes"] == "缺货等周三"
    assert asker.order(no)["update_time"] == NOW + 2


# --- parcels ------------------------------------------------------------------------------------------------------------


def test_an_order_in_several_parcels(asker: Asker) -> None:
    no = asker.paid(2, 1)
    assert asker.send(no, "YT0000000000001", 1) == 0
    assert asker.order(no)["status"] == 21
    assert asker.send(no, "SF0000000000002", 1, 1, carrier="SF") == 0

    order = asker.order(no)
    parcels = order["order_detail"]["delivery_info"]["delivery_product_info"]
    assert order["status"] == 30
    assert [(one["delivery_id"], one["waybill_id"]) for one in parcels] == [
        ("YTO", "YT0000000000001"),
        ("SF", "SF0000000000002"),
    ]
    assert [sum(row["product_cnt"] for row in one["product_infos"]) for one in parcels] == [1, 2]
    assert order["order_detail"]["delivery_info"]["ship_done_time"] == NOW


def test_several_parcels_in_one_call_are_all_or_none(asker: Asker) -> None:
    no = asker.paid(2, 1)
    good, bad = asker.parcel("YT0000000000001", 2), asker.parcel("YT0000000000002", 0, 2)
    answer = asker.post(f"{ORDER}/delivery/send", {"order_id": no, "delivery_list": [good, bad]})
    assert answer["errcode"] == 606042
    assert (asker.order(no)["status"], asker.shop.order(no).parcels) == (20, [])

    both = [good, asker.parcel("YT0000000000002", 0, 1)]
    assert asker.post(f"{ORDER}/delivery/send", {"order_id": no, "delivery_list": both})["errcode"] == 0
    assert asker.order(no)["status"] == 30


def test_a_part_that_is_sent_again_takes_more_of_the_order(asker: Asker) -> None:
    no = asker.paid(2)
    assert [asker.send(no, "YT0000000000001", 1) for _ in range(3)] == [0, 0, 101100]
    assert len(asker.shop.order(no).parcels) == 2


@pytest.mark.parametrize(
    ("number", "carrier", "qty", "errcode"),
    [
        ("YT0000000000001", "NOBODY", 1, 606004),
        ("", "YTO", 1, 606005),
        ("YT 1", "YTO", 1, 606005),
        ("YT0000000000001", "YTO", 3, 606042),
        ("YT0000000000001", "YTO", 0, 40097),
    ],
)
def test_a_wrong_parcel_is_refused(asker: Asker, number: str, carrier: str, qty: int, errcode: int) -> None:
    no = asker.paid(2)
    assert asker.send(no, number, qty, carrier=carrier) == errcode
    assert asker.shop.order(no).parcels == []


def test_what_must_not_be_sent_is_refused(asker: Asker) -> None:
    unpaid, closed, stopped, refunding = asker.place(), asker.paid(), asker.paid(), asker.paid(2, 1)
    asker.shop.cancel(closed)
    asker.shop.stop(stopped, "group")
    case = asker.shop.ask_refund(refunding, [asker.shop.order(refunding).lines[0].no])
    for place, no in enumerate((unpaid, closed, stopped)):
        assert asker.send(no, f"YT000000000000{place}", 1) == 101100
    assert asker.send(refunding, "YT0000000000009", 2) == 108009
    asker.shop.withdraw(case.no)
    assert asker.send(refunding, "YT0000000000009", 2) == 0
    assert asker.send("1", "YT0000000000008", 1) == 100002


def test_a_number_can_be_changed_three_times(asker: Asker) -> None:
    no = asker.paid(2, 1)
    asker.send(no, "YT0000000000000", 1)
    asker.send(no, "YT0000000000009", 1, 1)
    split = {"order_id": no, "delivery_list": [asker.parcel("YT0000000000001", 2, 1)]}
    assert asker.post(f"{ORDER}/deliveryinfo/update", split)["errcode"] == 606040
    codes = []
    for place in range(4):
        old, new = (asker.parcel(f"YT000000000000{place + step}", 1) for step in (0, 1))
        answer = asker.post(
            f"{ORDER}/deliveryinfo/update", {"order_id": no, "change_infos": [{"old": old, "new": new}]}
        )
        codes.append(answer["errcode"])

    assert codes == [0, 0, 0, 606041]
    assert [one.number for one in asker.shop.order(no).parcels] == ["YT0000000000003", "YT0000000000009"]


def test_the_number_of_a_whole_order_can_be_changed_the_older_way(asker: Asker) -> None:
    no = asker.paid(1)
    body = {"order_id": no, "delivery_list": [asker.parcel("SF0000000000001", 1, carrier="SF")]}
    assert asker.post(f"{ORDER}/deliveryinfo/update", body)["errcode"] == 101100
    asker.send(no, "YT0000000000001", 1)
    assert asker.post(f"{ORDER}/deliveryinfo/update", body)["errcode"] == 0
    (parcel,) = asker.shop.order(no).parcels
    assert (parcel.carrier, parcel.number) == ("SF", "SF0000000000001")
    wrong = {"old": asker.parcel("YT0000000000001", 1), "new": asker.parcel("YT0000000000002", 1)}
    answer = asker.post(f"{ORDER}/deliveryinfo/update", {"order_id": no, "change_infos": [wrong]})
    assert answer["errcode"] == 606042


def test_the_carriers_are_told(asker: Asker) -> None:
    rows = asker.post(f"{ORDER}/deliverycompanylist/get")["company_list"]
    assert {"delivery_id": "SF", "delivery_name": "顺丰速运"} in rows
    assert "OTHER" in {row["delivery_id"] for row in rows}


# --- after sale ---------------------------------------------------------------------------------------------------------


def cases(since: int = NOW - 60, until: int = NOW + 60) -> Mapping[str, object]:
    return {"begin_update_time": since, "end_update_time": until}


def test_a_case_names_one_product(asker: Asker) -> None:
    no = asker.paid(2, 1)
    case = asker.shop.ask_refund(no, reason="不想要了")
    asker.server.orders.cases_to_page = 1
    ids = walked(asker, f"{CASES}/getaftersalelist", cases(), "after_sale_order_id_list")
    assert ids == [case.no, f"{case.no}01"]

    told = [asker.post(f"{CASES}/getaftersaleorder", {"after_sale_order_id": one})["after_sale_order"] for one in ids]
    assert [row["product_info"]["count"] for row in told] == [2, 1]
    assert [row["refund_info"]["amount"] for row in told] == [19800, 9900]
    assert {(row["status"], row["type"], row["order_id"], row["deadline"]) for row in told} == {
        ("MERCHANT_PROCESSING", "REFUND", no, 2 * DAY)
    }
    detail = asker.order(no)
    assert detail["aftersale_detail"]["on_aftersale_order_cnt"] == 2
    assert [row["on_aftersale_sku_cnt"] for row in detail["order_detail"]["product_infos"]] == [2, 1]


def test_a_return_goes_its_way(asker: Asker) -> None:
    no = asker.paid()
    asker.send(no, "YT0000000000001", 1)
    case = asker.shop.ask_refund(no, kind="return")
    words, row = [], {}
    for act in (
        lambda: None,
        lambda: asker.shop.agree(case.no),
        lambda: asker.shop.send_back(case.no, "SF", "SF77"),
        lambda: asker.shop.agree(case.no),
    ):
        act()
        row = asker.post(f"{CASES}/getaftersaleorder", {"after_sale_order_id": case.no})["after_sale_order"]
        words.append(row["status"])

    assert words == ["MERCHANT_PROCESSING", "USER_WAIT_RETURN", "MERCHANT_WAIT_RECEIPT", "MERCHANT_RETURN_SUCCESS"]
    assert (row["type"], row["return_info"]["waybill_id"]) == ("RETURN", "SF77")
    assert asker.order(no)["order_detail"]["product_infos"][0]["finish_aftersale_sku_cnt"] == 1


def test_cases_are_asked_for_by_one_pair_of_times_of_a_day_at_most(asker: Asker) -> None:
    path = f"{CASES}/getaftersalelist"
    assert asker.post(path, cases(NOW - DAY, NOW))["errcode"] == 0
    assert asker.post(path, cases(NOW - DAY - 1, NOW))["errcode"] == 40097
    assert asker.post(path, {})["errcode"] == 40097
    both = {**cases(), "begin_create_time": NOW - 60, "end_create_time": NOW}
    assert asker.post(path, both)["errcode"] == 40097
    assert asker.post(path, {**cases(), "page_size": 10})["errcode"] == 40097
    assert asker.post(f"{CASES}/getaftersaleorder", {"after_sale_order_id": "1"})["errcode"] == 100002


# --- goods and stock ----------------------------------------------------------------------------------------------------


def test_products_are_listed_and_told_with_their_skus(asker: Asker) -> None:
    more = asker.shop.list_goods("MF-102", 5, spec="蓝色", item_id=asker.goods[0].item_id)
    ids = walked(asker, f"{PRODUCT}/list/get", {"page_size": 1}, "product_ids")
    assert ids == [goods.item_id for goods in asker.goods]

    answer = asker.post(f"{PRODUCT}/get", {"product_id": ids[0], "data_type": 1})
    product = answer["product"]
    assert "edit_product" not in answer
    assert [(sku["sku_id"], sku["sku_code"], sku["stock_num"]) for sku in product["skus"]] == [
        (asker.goods[0].sku_id, "MF-101", 100),
        (more.sku_id, "MF-102", 5),
    ]
    assert product["skus"][1]["sku_attrs"] == [{"attr_key": "规格", "attr_value": "蓝色"}]
    assert asker.post(f"{PRODUCT}/list/get", {"page_size": 31})["errcode"] == 40097
    assert asker.post(f"{PRODUCT}/get", {"product_id": "1"})["errcode"] == 10020052


def test_stock_is_added_taken_and_set(asker: Asker) -> None:
    def change(kind: object, num: object, **more: object) -> int:
        goods = asker.goods[0]
        body = {"product_id": goods.item_id, "sku_id": goods.sku_id, "diff_type": kind, "num": num, **more}
        return int(asker.post(f"{PRODUCT}/stock/update", body)["errcode"])

    assert [change(1, 5), change(2, 15), asker.goods[0].qty] == [0, 0, 90]
    assert [change(3, 40), asker.goods[0].qty] == [0, 40]
    assert [change(2, 41), change(1, 0), change(4, 1), change(1, -1), change(1, "1")] == [
        10020219,
        10020218,
        10020051,
        10020051,
        10020051,
    ]
    assert change(1, 1, sku_id="1") == 10020052
    asker.goods[0].locked = 30
    assert change(2, 11) == 10020219
    goods = asker.goods[0]
    stock = asker.post(f"{PRODUCT}/stock/get", {"product_id": goods.item_id, "sku_id": goods.sku_id})["data"]
    assert (stock["normal_stock_num"], stock["limited_discount_stock_num"], stock["total_stock_num"]) == (10, 30, 40)


def test_the_number_rises_by_itself_for_unpaid_orders_only(asker: Asker) -> None:
    goods = asker.goods[0]
    unpaid, paid, refunded = asker.place(2), asker.paid(3), asker.paid(4)
    assert goods.qty == 91
    asker.shop.cancel(unpaid)
    assert goods.qty == 93
    asker.shop.cancel(paid)
    asker.shop.refund_line(refunded, asker.shop.order(refunded).lines[0].no)
    assert goods.qty == 93


def test_a_product_is_taken_off_sale_and_put_back(asker: Asker) -> None:
    body = {"product_id": asker.goods[0].item_id}
    assert asker.post(f"{PRODUCT}/delisting", body)["errcode"] == 0
    assert asker.post(f"{PRODUCT}/get", body)["product"]["status"] == 11
    assert asker.post(f"{PRODUCT}/delisting", body)["errcode"] == 10020065
    assert asker.post(f"{PRODUCT}/listing", body)["errcode"] == 0
    assert asker.post(f"{PRODUCT}/get", body)["product"]["status"] == 5


def test_a_listing_may_have_to_pass_an_audit_first(asker: Asker) -> None:
    asker.server.goods.audits_listings = True
    goods, body = asker.goods[0], {"product_id": asker.goods[0].item_id}
    asker.post(f"{PRODUCT}/delisting", body)
    assert asker.post(f"{PRODUCT}/listing", body)["errcode"] == 0
    product = asker.post(f"{PRODUCT}/get", body)["product"]
    assert (product["status"], product["edit_status"]) == (11, 2)
    change = {**body, "sku_id": goods.sku_id, "diff_type": 1, "num": 1}
    assert asker.post(f"{PRODUCT}/stock/update", change)["errcode"] == 10020217
    assert asker.post(f"{PRODUCT}/delisting", body)["errcode"] == 10020047
    assert asker.post(f"{PRODUCT}/listing", body)["errcode"] == 10020049
    asker.server.goods.pass_audit(goods.item_id)
    assert asker.post(f"{PRODUCT}/get", body)["product"]["status"] == 5


def test_what_is_unproven_is_told_once_and_every_code_has_words() -> None:
    keys = [key for key, _ in UNPROVEN]
    assert len(set(keys)) == len(keys)
    assert all(MESSAGES.values())


@pytest.mark.parametrize("is_newest_first", [False, True])
def test_an_empty_page_before_the_first_row_loses_none(is_newest_first: bool) -> None:
    rows, asked = [(5, "a"), (7, "b"), (9, "c")], {"page_size": 2}
    key = key_before(asked, is_newest_first=is_newest_first)
    again = key_before({**asked, "next_key": key}, is_newest_first=is_newest_first)
    found: list[str] = []
    while again:
        ids, again = next_page(rows, {**asked, "next_key": again}, 2, is_newest_first=is_newest_first)
        found += ids
    assert found == (["c", "b", "a"] if is_newest_first else ["a", "b", "c"])
