"""Where Taobao and Tmall are unlike other platforms: their troubles, parcels, stock calls, tokens and receivers."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from core.channels.contract import (
    CANNOT,
    CARRIER_REFUSED,
    KEPT_BACK,
    REFUND_OPEN,
    WAYBILL_REFUSED,
    ChannelOrder,
    OrderPage,
    ShipmentNotice,
)
from core.channels.registry import built_in
from core.channels.shop_contract import Flag, ShopIdentity
from core.channels.stock_contract import ListedSku, WriteKind
from core.channels.taobao.authoriser import TaobaoAuthoriser
from core.channels.taobao.channel import TaobaoChannel
from core.channels.taobao.client import TopClient, TopKey
from core.channels.taobao.plugin import PLUGIN, TMALL
from core.channels.taobao.signature import SignMethod
from core.runtime.clock import ManualClock
from core.runtime.errors import Refused
from core.runtime.http import HttpClient, endpoint
from core.runtime.remote_errors import AuthExpired, ChannelError, ContractBroken, RateLimited, Rejected, Temporary
from tests.contract.taobao_stand import START, TaobaoStand, taobao_stand, tmall_stand
from tests.simulators.platforms.shop import Person
from tests.simulators.platforms.taobao import App
from tests.simulators.platforms.taobao.desk import Desk
from tests.simulators.platforms.taobao.gateway import Params
from tests.support.channel_stand import Wish

HOUR = timedelta(hours=1)
NAME, PHONE, ADDRESS = "钱多多", "13900001234", "秘密路八号"


@pytest.fixture
def taobao(tmp_path: Path) -> Iterator[TaobaoStand]:
    with taobao_stand(tmp_path) as stand:
        yield stand


@pytest.fixture
def tmall(tmp_path: Path) -> Iterator[TaobaoStand]:
    with tmall_stand(tmp_path) as stand:
        yield stand


def channel(stand: TaobaoStand) -> TaobaoChannel:
    assert isinstance(stand.channel, TaobaoChannel)
    return stand.channel


def paid(stand: TaobaoStand, *wishes: Wish) -> str:
    no = stand.place(*wishes)
    stand.pay(no)
    return no


def newest(stand: TaobaoStand, no: str) -> ChannelOrder:
    order = stand.channel.get_order(no)
    assert order is not None
    return order


def notice(
    stand: TaobaoStand, no: str, number: int = 17, lines: Sequence[tuple[str, int]] | None = None
) -> ShipmentNotice:
    whole = [(line.line_no, line.qty) for line in newest(stand, no).lines]
    return ShipmentNotice(f"s-{number}", no, stand.carrier, stand.waybill(number), whole if lines is None else lines)


def walked(stand: TaobaoStand, since_hours: float = 1) -> list[str]:
    stand.settle()
    start = stand.now() - timedelta(hours=since_hours)
    found: list[str] = []
    cursor: str | None = None
    while True:
        page: OrderPage = stand.channel.pull_orders(start, cursor)
        found += [order.order_no for order in page.orders]
        cursor = page.next_cursor
        if cursor is None:
            return found


def calls(stand: TaobaoStand, name: str) -> int:
    return stand.server.count(name)


# --- the gateway's own troubles ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault", ["isp_timeout_before", "isp_timeout_after", "isp_error", "busy", "code_7", "code_10", "code_31"]
)
def test_a_passing_trouble_is_overcome_within_one_call(taobao: TaobaoStand, fault: str) -> None:
    no = paid(taobao)
    taobao.server.faults.next(fault, fault)

    assert newest(taobao, no).order_no == no
    assert taobao.server.faults.is_used_up


@pytest.mark.parametrize(
    ("fault", "kind", "code"),
    [
        ("isp_error", Temporary, "isp.remote-service-error"),
        ("busy", Temporary, "isp.system-busy"),
        ("code_10", Temporary, "10"),
        ("code_31", Temporary, "31"),
        ("code_7", RateLimited, "accesscontrol.limited-by-api-access-count"),
        ("code_27", AuthExpired, "invalid-sessionkey"),
        ("no_permission", Rejected, "isv.permission-api-package-limit"),
        ("ip_list", Rejected, "isv.permission-ip-whitelist-limit"),
    ],
)
def test_a_lasting_trouble_keeps_the_platforms_code(
    taobao: TaobaoStand, fault: str, kind: type[ChannelError], code: str
) -> None:
    taobao.server.faults.next(*[fault] * 8)

    with pytest.raises(ChannelError) as caught:
        taobao.channel.check()

    assert (type(caught.value), caught.value.code) == (kind, code)


@pytest.mark.parametrize(
    ("fault", "is_told"), [("isp_timeout_before", False), ("isp_timeout_after", True), ("busy", False)]
)
def test_a_parcel_is_looked_up_before_it_is_told_again(taobao: TaobaoStand, fault: str, is_told: bool) -> None:
    no = paid(taobao)
    told = notice(taobao, no)
    taobao.server.faults.next(fault, only="taobao.logistics.offline.send")

    if is_told:
        taobao.channel.confirm_shipment(told)
    else:
        with pytest.raises(Temporary):
            taobao.channel.confirm_shipment(told)
        assert taobao.waybills_of(no) == []
        taobao.channel.confirm_shipment(told)

    assert taobao.waybills_of(no) == [taobao.waybill(17)]
    assert calls(taobao, "taobao.logistics.offline.send") == (1 if is_told else 2)


def test_a_ban_is_obeyed_to_the_second(taobao: TaobaoStand) -> None:
    server = taobao.server
    taobao.channel.check()
    server.quota.a_day = 1

    with pytest.raises(RateLimited) as caught:
        taobao.channel.check()
    midnight = START.replace(hour=16, minute=0)
    until = taobao.now() + timedelta(seconds=caught.value.retry_after_s)
    assert caught.value.code == "accesscontrol.limited-by-app-access-count"
    assert midnight <= until <= midnight + timedelta(seconds=2)
    before = len(server.seen)
    for left in (36_000, 3600, 60):
        taobao.clock.advance(seconds=(until - taobao.now()).total_seconds() - left)
        with pytest.raises(RateLimited):
            taobao.channel.check()
    assert len(server.seen) == before, "nobody knocked while the ban stood"
    taobao.clock.advance(seconds=55)
    taobao.channel.check()
    assert taobao.now() >= until, "the last seconds were waited out"
    assert len(server.seen) == before + 1


@pytest.mark.parametrize("skew", [timedelta(minutes=11), timedelta(hours=-9)])
def test_a_wrong_clock_on_either_side_is_bridged(taobao: TaobaoStand, skew: timedelta) -> None:
    taobao.server.skew = skew
    no = paid(taobao)

    assert abs(taobao.channel.check() - (taobao.clock.now() + skew)) <= timedelta(seconds=2)
    assert newest(taobao, no).order_no == no
    taobao.channel.confirm_shipment(notice(taobao, no))
    assert taobao.waybills_of(no) == [taobao.waybill(17)]


def test_a_write_refused_for_its_time_is_said_once_more(taobao: TaobaoStand) -> None:
    no = paid(taobao)
    told = notice(taobao, no)
    taobao.server.faults.next("code_31", only="taobao.logistics.offline.send")

    taobao.channel.confirm_shipment(told)

    assert taobao.waybills_of(no) == [taobao.waybill(17)]


@pytest.mark.parametrize("method", list(SignMethod))
def test_every_way_to_sign_is_taken(taobao: TaobaoStand, method: SignMethod) -> None:
    app = taobao.server.app
    with HttpClient(taobao.clock) as http:
        key = TopKey(app.key, app.secret, taobao.server.grants.session())
        client = TopClient(endpoint(f"{taobao.server.url}/router/rest"), http, key, method)
        assert TaobaoChannel(client, is_tmall=False).identify().kind == "C"


def test_a_token_that_ended_asks_for_authorisation(taobao: TaobaoStand) -> None:
    app = taobao.server.app
    with HttpClient(taobao.clock) as http:
        session = taobao.server.grants.session(timedelta(hours=1))
        place = endpoint(f"{taobao.server.url}/router/rest")
        shop = TaobaoChannel(TopClient(place, http, TopKey(app.key, app.secret, session)), is_tmall=False)
        shop.check()
        taobao.clock.advance(hours=2)
        with pytest.raises(AuthExpired) as caught:
            shop.check()
    assert caught.value.code == "session-expired"


def test_a_shop_nobody_authorised_yet_asks_for_that_and_calls_nobody(taobao: TaobaoStand) -> None:
    settings = {"app_key": "k", "base_url": f"{taobao.server.url}/router/rest"}
    with HttpClient(taobao.clock) as http:
        shop = PLUGIN.factory(settings, {"app_secret": "s"}, http, taobao.clock)
        with pytest.raises(AuthExpired) as caught:
            shop.check()
    assert caught.value.code == "26"
    assert taobao.server.seen == []


def test_a_ban_on_one_method_stops_no_other(taobao: TaobaoStand) -> None:
    """The limits are counted for each method of an app."""
    no = paid(taobao)
    newest(taobao, no)
    taobao.server.faults.next(*["code_7"] * 3, only="taobao.user.seller.get")
    with pytest.raises(RateLimited):
        taobao.channel.check()
    at = taobao.now()

    newest(taobao, no)

    assert taobao.now() == at, "nobody waited"


# --- reading ----------------------------------------------------------------------------------------------------------


def test_days_offline_are_caught_up_window_by_window(taobao: TaobaoStand) -> None:
    placed = []
    for _ in range(6):
        placed.append(paid(taobao))
        taobao.clock.advance(hours=7)

    assert sorted(walked(taobao, since_hours=50)) == sorted(placed)


def test_what_was_not_answered_for_years_begins_where_the_platform_remembers(taobao: TaobaoStand) -> None:
    no = paid(taobao)
    taobao.settle()
    page = taobao.channel.pull_orders(START - timedelta(days=400), None)
    assert page.whole_until is not None
    assert page.whole_until >= taobao.now() - timedelta(days=90)
    assert newest(taobao, no)


def test_the_last_minute_is_left_for_the_next_time(taobao: TaobaoStand) -> None:
    taobao.clock.advance(seconds=120)
    no = paid(taobao)
    early = taobao.channel.pull_orders(taobao.now() - timedelta(seconds=90), None)

    assert early.orders == ()
    assert early.next_cursor is None
    assert early.whole_until is not None
    assert early.whole_until <= taobao.now() - timedelta(seconds=60)
    assert walked(taobao) == [no]


def test_a_trade_that_did_not_change_is_not_asked_for_again(taobao: TaobaoStand) -> None:
    numbers = [paid(taobao) for _ in range(4)]
    assert sorted(walked(taobao)) == sorted(numbers)
    asked = calls(taobao, "taobao.trade.fullinfo.get")
    taobao.clock.advance(seconds=30)
    taobao.shop.change_address(numbers[0], address="练习路99号")

    assert sorted(walked(taobao)) == sorted(numbers)

    assert calls(taobao, "taobao.trade.fullinfo.get") == asked + 1
    newest(taobao, numbers[1])
    assert calls(taobao, "taobao.trade.fullinfo.get") == asked + 2, "who asks for one order gets it as it is now"


def test_an_open_trade_that_came_while_paging_is_found(taobao: TaobaoStand) -> None:
    """Somebody pays an older trade: it enters the state's list in the middle and moves the rows behind it."""
    late = taobao.place()
    taobao.clock.advance(seconds=5)
    numbers = []
    for _ in range(7):
        numbers.append(paid(taobao))
        taobao.clock.advance(seconds=5)
    taobao.settle()
    first = taobao.channel.open_orders(None)
    taobao.pay(late)
    found = [order.order_no for order in first.orders]
    cursor = first.next_cursor
    while cursor is not None:
        page = taobao.channel.open_orders(cursor)
        found += [order.order_no for order in page.orders]
        cursor = page.next_cursor

    assert set(found) >= set(numbers)
    assert late in found


@pytest.mark.parametrize("cursor", ["", "x", "[]", "[9,0,0,0,0]", "[0,1,1,0,99999999999999]", '{"a":1}'])
def test_a_place_that_is_none_is_refused(taobao: TaobaoStand, cursor: str) -> None:
    shop = channel(taobao)
    if cursor:
        with pytest.raises(ContractBroken):
            shop.open_orders(cursor)
    with pytest.raises(ContractBroken):
        shop.pull_orders(START, cursor)
    with pytest.raises(ContractBroken):
        shop.pull_listings(cursor)


def test_a_presale_is_unpaid_until_its_rest_is_paid(taobao: TaobaoStand) -> None:
    no = taobao.place()
    taobao.server.pay_deposit(no, 1000)

    deposit = newest(taobao, no)
    taobao.server.pay_rest(no)
    whole = newest(taobao, no)

    assert (deposit.order_type, deposit.payment, deposit.channel_status) == (
        "presale",
        "unpaid",
        "FRONT_PAID_FINAL_NOPAID",
    )
    assert (whole.order_type, whole.payment) == ("presale", "paid")


@pytest.mark.parametrize("reason", ["PAID_FORBID_CONSIGN", "top_hold", "team_buy_hold", "forbid_consign"])
def test_a_trade_that_is_kept_back_is_not_told_as_sent(taobao: TaobaoStand, reason: str) -> None:
    no = paid(taobao)
    told = notice(taobao, no)
    taobao.shop.stop(no, reason)

    assert newest(taobao, no).stopped_for == reason
    with pytest.raises(Rejected) as caught:
        taobao.channel.confirm_shipment(told)
    assert caught.value.code == KEPT_BACK
    taobao.shop.stop(no, "")
    taobao.channel.confirm_shipment(told)


def test_the_token_of_a_receiver_stands_apart_from_what_is_shown(taobao: TaobaoStand) -> None:
    no = paid(taobao)
    first = newest(taobao, no).consignee
    taobao.shop.change_address(no, address="练习路99号")
    second = newest(taobao, no).consignee

    assert first.is_masked
    assert first.token == taobao.server.oaid_of(taobao.shop.order(no)) or first.token != second.token
    assert second.token == taobao.server.oaid_of(taobao.shop.order(no)) != first.token
    assert first.token not in first.name + first.phone + first.address


# --- parcels ----------------------------------------------------------------------------------------------------------


def test_a_carrier_the_platform_does_not_have_is_refused_before_the_call(taobao: TaobaoStand) -> None:
    no = paid(taobao)
    with pytest.raises(Rejected) as caught:
        taobao.channel.confirm_shipment(replace(notice(taobao, no), carrier_code="PX"))
    assert caught.value.code == CARRIER_REFUSED
    assert calls(taobao, "taobao.logistics.offline.send") == 0


def test_a_number_that_looks_wrong_is_refused_before_the_call(taobao: TaobaoStand) -> None:
    no = paid(taobao)
    with pytest.raises(Rejected) as caught:
        taobao.channel.confirm_shipment(replace(notice(taobao, no), waybill_no="SF1000000000017"))
    assert caught.value.code == WAYBILL_REFUSED
    assert calls(taobao, "taobao.logistics.offline.send") == 0


def test_a_number_used_for_somebody_else_is_refused_by_the_platform(taobao: TaobaoStand) -> None:
    first = paid(taobao)
    taobao.channel.confirm_shipment(notice(taobao, first))
    other = taobao.shop.place([(next(iter(taobao.shop.goods)), 1)], person=Person(name=NAME, address=ADDRESS)).no
    taobao.pay(other)

    with pytest.raises(Rejected) as caught:
        taobao.channel.confirm_shipment(notice(taobao, other))

    assert caught.value.code == WAYBILL_REFUSED
    assert taobao.waybills_of(other) == []


def test_a_refund_that_is_open_stops_its_line_and_no_other(taobao: TaobaoStand) -> None:
    no = paid(taobao, Wish(0, 1), Wish(1, 1))
    first, second = newest(taobao, no).lines
    taobao.shop.ask_refund(no, [taobao.shop.order(no).lines[1].no])

    with pytest.raises(Rejected) as caught:
        taobao.channel.confirm_shipment(notice(taobao, no))
    assert caught.value.code == REFUND_OPEN
    taobao.channel.confirm_shipment(notice(taobao, no, lines=[(first.line_no, 1)]))

    assert taobao.waybills_of(no) == [taobao.waybill(17)]
    assert [line.after_sale for line in newest(taobao, no).lines] == ["none", "requested"]
    assert second.line_no not in dict(newest(taobao, no).shipped[0].lines)


def test_three_lines_leave_in_three_parcels(taobao: TaobaoStand) -> None:
    no = paid(taobao, Wish(0, 1), Wish(1, 2), Wish(2, 1))
    for number, line in enumerate(newest(taobao, no).lines, 30):
        assert not newest(taobao, no).is_shipped
        taobao.channel.confirm_shipment(notice(taobao, no, number, [(line.line_no, line.qty)]))

    assert newest(taobao, no).is_shipped
    assert taobao.waybills_of(no) == [taobao.waybill(number) for number in (30, 31, 32)]
    assert calls(taobao, "taobao.logistics.offline.send") == 3


def test_one_line_leaves_in_three_parcels(taobao: TaobaoStand) -> None:
    no = paid(taobao, Wish(0, 3))
    (line,) = newest(taobao, no).lines
    for number in (30, 31, 32):
        assert not newest(taobao, no).is_shipped
        taobao.channel.confirm_shipment(notice(taobao, no, number, [(line.line_no, 1)]))

    assert newest(taobao, no).is_shipped
    assert taobao.waybills_of(no) == [taobao.waybill(number) for number in (30, 31, 32)]


def test_lines_that_belong_together_are_told_together(taobao: TaobaoStand) -> None:
    no = paid(taobao, Wish(0, 1), Wish(1, 1), Wish(2, 1))
    order = taobao.shop.order(no)
    order.extra["bound"] = [[order.lines[0].no, order.lines[1].no]]
    first = newest(taobao, no).lines[0]

    with pytest.raises(Rejected) as caught:
        taobao.channel.confirm_shipment(notice(taobao, no, lines=[(first.line_no, 1)]))

    assert caught.value.code == CANNOT


def test_one_of_two_parcels_gets_another_number(taobao: TaobaoStand) -> None:
    no = paid(taobao, Wish(0, 1), Wish(1, 1))
    first, second = newest(taobao, no).lines
    taobao.channel.confirm_shipment(notice(taobao, no, 30, [(first.line_no, 1)]))
    taobao.channel.confirm_shipment(notice(taobao, no, 31, [(second.line_no, 1)]))
    other = replace(notice(taobao, no, 32, [(second.line_no, 1)]), replaces=taobao.waybill(31))

    for _ in range(2):
        taobao.channel.confirm_shipment(other)

    assert taobao.waybills_of(no) == [taobao.waybill(30), taobao.waybill(32)]


@pytest.mark.parametrize("fault", ["isp_timeout_after", "cut_after", "half_body"])
def test_a_change_of_number_whose_answer_is_lost_is_told_once(taobao: TaobaoStand, fault: str) -> None:
    no = paid(taobao)
    taobao.channel.confirm_shipment(notice(taobao, no))
    other = replace(notice(taobao, no, 24), replaces=taobao.waybill(17))
    taobao.server.faults.next(fault, only="taobao.logistics.consign.resend")

    taobao.channel.confirm_shipment(other)

    assert taobao.waybills_of(no) == [taobao.waybill(24)]
    assert calls(taobao, "taobao.logistics.consign.resend") == 1


def test_cash_on_delivery_is_told_by_its_own_call(taobao: TaobaoStand) -> None:
    no = paid(taobao)
    taobao.shop.order(no).extra["type"] = "cod"

    taobao.channel.confirm_shipment(notice(taobao, no))

    assert newest(taobao, no).is_cod
    assert taobao.waybills_of(no) == [taobao.waybill(17)]
    assert calls(taobao, "taobao.logistics.online.send") == 1


@pytest.mark.parametrize("lines", [[], [("999", 1)], [("LINE", 3)], [("LINE", 0)], [("LINE", -1)]])
def test_a_parcel_that_cannot_be_is_refused(taobao: TaobaoStand, lines: list[tuple[str, int]]) -> None:
    no = paid(taobao, Wish(0, 2))
    (line,) = newest(taobao, no).lines
    told = [(line.line_no if name == "LINE" else name, qty) for name, qty in lines]

    with pytest.raises(Rejected):
        taobao.channel.confirm_shipment(notice(taobao, no, lines=told))

    assert taobao.waybills_of(no) == []


def answers_with(stand: TaobaoStand, name: str, **inside: object) -> None:
    """Let the gateway answer a method with something more, or else, inside."""
    method = stand.server._methods[name]

    def handler(desk: Desk, params: Params) -> dict[str, object]:
        told = method.handler(desk, params)
        for key, value in inside.items():
            found = told.get(key)
            told[key] = {**found, **value} if isinstance(found, dict) and isinstance(value, dict) else value
        return told

    stand.server._methods[name] = replace(method, handler=handler)


def test_the_platform_decides_whether_lines_have_to_be_named(taobao: TaobaoStand) -> None:
    """What is left of a trade that was told in parts looks like a whole one."""
    no = paid(taobao, Wish(0, 1), Wish(1, 1))
    first = newest(taobao, no).lines[0]
    taobao.channel.confirm_shipment(notice(taobao, no, 30, [(first.line_no, 1)]))
    taobao.refund_line(no, 1)
    other = replace(notice(taobao, no, 31, [(first.line_no, 1)]), replaces=taobao.waybill(30))

    taobao.channel.confirm_shipment(other)

    assert taobao.waybills_of(no) == [taobao.waybill(31)]
    assert calls(taobao, "taobao.logistics.consign.resend") == 2


def test_a_trade_whose_lines_stay_whole_is_not_parted(taobao: TaobaoStand) -> None:
    no = paid(taobao, Wish(0, 3))
    answers_with(taobao, "taobao.trade.fullinfo.get", trade={"logistics_agreement": {"no_detail_part_consign": "1"}})
    (line,) = newest(taobao, no).lines

    with pytest.raises(Rejected) as caught:
        taobao.channel.confirm_shipment(notice(taobao, no, lines=[(line.line_no, 1)]))
    assert caught.value.code == CANNOT
    taobao.channel.confirm_shipment(notice(taobao, no))

    assert taobao.waybills_of(no) == [taobao.waybill(17)]


@pytest.mark.parametrize("is_done", [True, False])
def test_no_success_in_a_good_answer_is_looked_up(taobao: TaobaoStand, is_done: bool) -> None:
    no = paid(taobao)
    told = notice(taobao, no)
    send = "taobao.logistics.offline.send"
    if not is_done:
        method = taobao.server._methods[send]
        taobao.server._methods[send] = replace(method, handler=lambda _desk, _params: {})
    answers_with(taobao, send, shipping={"is_success": False})

    if is_done:
        taobao.channel.confirm_shipment(told)
        assert taobao.waybills_of(no) == [taobao.waybill(17)]
    else:
        with pytest.raises(Rejected):
            taobao.channel.confirm_shipment(told)


# --- stock ------------------------------------------------------------------------------------------------------------


def choices(stand: TaobaoStand) -> tuple[ListedSku, ListedSku]:
    red = stand.shop.list_goods("T-RED", 10, title="T 恤", spec="颜色:红")
    blue = stand.shop.list_goods("T-BLUE", 20, title="T 恤", spec="颜色:蓝", item_id=red.item_id)
    return ListedSku(red.item_id, red.sku_id, red.code), ListedSku(blue.item_id, blue.sku_id, blue.code)


def qty(stand: TaobaoStand, listed: ListedSku) -> int:
    return stand.shop.goods[listed.channel_sku_id].qty


def test_the_shops_kind_decides_how_its_stock_is_written(taobao: TaobaoStand, tmall: TaobaoStand) -> None:
    assert channel(taobao).stock_rules.write is WriteKind.PLAIN_DELTA
    assert channel(tmall).stock_rules.write is WriteKind.KEYED_DELTA
    assert (channel(taobao).identify().kind, channel(tmall).identify().kind) == ("C", "B")


def test_a_choice_of_an_item_is_changed_alone(taobao: TaobaoStand, tmall: TaobaoStand) -> None:
    for stand in (taobao, tmall):
        red, blue = choices(stand)
        assert channel(stand).change_stock(red, -4, "act-1").qty == 6
        assert channel(stand).set_stock(blue, 7).qty == 7
        assert channel(stand).read_stock(red).qty == 6
        assert (qty(stand, red), qty(stand, blue)) == (6, 7)


def test_taobao_says_a_difference_once(taobao: TaobaoStand) -> None:
    red, _ = choices(taobao)
    taobao.server.faults.next("isp_timeout_after", only="taobao.item.quantity.update")

    with pytest.raises(Temporary):
        channel(taobao).change_stock(red, -4, "act-1")

    assert calls(taobao, "taobao.item.quantity.update") == 1
    assert qty(taobao, red) == 6


def test_tmall_says_a_difference_until_it_hears_that_it_is_done(tmall: TaobaoStand) -> None:
    red, _ = choices(tmall)
    tmall.server.faults.next("isp_timeout_after", only="tmall.item.quantity.update")

    assert channel(tmall).change_stock(red, -4, "a key of ours, not in hex").qty == 6

    assert calls(tmall, "tmall.item.quantity.update") == 2
    assert qty(tmall, red) == 6


def test_a_question_after_a_write_that_is_refused_is_no_refusal_of_the_write(tmall: TaobaoStand) -> None:
    red, _ = choices(tmall)
    tmall.server.forbidden.add("taobao.item.seller.get")

    with pytest.raises(Temporary):
        channel(tmall).change_stock(red, -4, "act-1")

    assert qty(tmall, red) == 6


def test_an_item_goes_off_sale_with_all_its_choices_and_comes_back(taobao: TaobaoStand, tmall: TaobaoStand) -> None:
    for stand in (taobao, tmall):
        red, blue = choices(stand)
        shop = channel(stand)
        for _ in range(2):
            shop.pause_sale(red)
        assert [shop.read_stock(one).is_on_sale for one in (red, blue)] == [False, False]
        for _ in range(2):
            shop.resume_sale(red)
        assert [shop.read_stock(one).is_on_sale for one in (red, blue)] == [True, True]
        assert (qty(stand, red), qty(stand, blue)) == (10, 20)


def test_an_item_without_units_stays_off_sale(taobao: TaobaoStand) -> None:
    red, blue = choices(taobao)
    shop = channel(taobao)
    shop.pause_sale(red)
    for one in (red, blue):
        shop.set_stock(one, 0)
    with pytest.raises(Rejected) as caught:
        shop.resume_sale(red)
    assert caught.value.code == "nothing_left"


@pytest.mark.parametrize("fault", ["cut_after", "isp_timeout_after"])
def test_a_pause_whose_answer_is_lost_is_looked_up(taobao: TaobaoStand, fault: str) -> None:
    red, _ = choices(taobao)
    taobao.server.faults.next(fault, only="taobao.item.update.delisting")

    channel(taobao).pause_sale(red)

    assert not taobao.shop.goods[red.channel_sku_id].is_on_sale


def test_locked_goods_refuse_the_number_itself(taobao: TaobaoStand) -> None:
    red, _ = choices(taobao)
    taobao.shop.goods[red.channel_sku_id].locked = 3

    with pytest.raises(Rejected) as caught:
        channel(taobao).set_stock(red, 5)

    assert "locked" in str(caught.value)
    assert qty(taobao, red) == 10


def test_what_cannot_be_a_number_of_theirs_is_not_asked_for(taobao: TaobaoStand) -> None:
    shop = channel(taobao)
    seen = len(taobao.server.seen)
    for wrong in (ListedSku("", "", "MF-101"), ListedSku("1; DROP", "", ""), ListedSku("1", "x", "")):
        for act in (shop.read_stock, lambda one: shop.change_stock(one, 1, "k")):
            with pytest.raises(Rejected):
                act(wrong)
    assert shop.get_order("12ab") is None
    assert shop.get_after_sale("-1", "1") is None
    with pytest.raises(Rejected):
        shop.set_stock(ListedSku("1", "", ""), -1)
    assert len(taobao.server.seen) == seen


# --- notes, merging, who it is ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("flag", list(Flag))
def test_each_flag_comes_back(taobao: TaobaoStand, flag: Flag) -> None:
    no = paid(taobao)
    channel(taobao).write_note(no, "备注", flag)
    assert newest(taobao, no).seller_flag == flag
    channel(taobao).write_note(no, "别的")
    assert newest(taobao, no).seller_flag == flag


def test_a_note_is_taken_away(taobao: TaobaoStand) -> None:
    no = paid(taobao)
    channel(taobao).write_note(no, "备注", Flag.RED)
    channel(taobao).write_note(no, "")
    assert newest(taobao, no).seller_note == ""


def test_a_note_of_a_thousand_bytes_is_taken_and_one_more_is_not(taobao: TaobaoStand) -> None:
    no = paid(taobao)
    channel(taobao).write_note(no, "长" * 333 + "a")
    with pytest.raises(Rejected) as caught:
        channel(taobao).write_note(no, "长" * 333 + "ab")
    assert caught.value.code == "note_too_long"
    channel(taobao).write_note(no, "half a \ud83d character")


def test_the_platform_says_which_receivers_are_one(taobao: TaobaoStand) -> None:
    sku = next(iter(taobao.shop.goods))

    def order(person: Person) -> ChannelOrder:
        no = taobao.shop.place([(sku, 1)], person=person).no
        taobao.pay(no)
        return newest(taobao, no)

    first, second = order(Person()), order(Person())
    other = order(Person(name=NAME, address=ADDRESS))
    clear = replace(order(Person()), consignee=replace(first.consignee, token=""))

    groups = channel(taobao).may_merge([first, other, clear, second])

    found = {frozenset(group) for group in groups}
    assert found == {
        frozenset({first.order_no, second.order_no}),
        frozenset({other.order_no}),
        frozenset({clear.order_no}),
    }
    assert channel(taobao).may_merge([]) == []


def test_many_receivers_are_asked_about_a_hundred_at_a_time(taobao: TaobaoStand) -> None:
    order = newest(taobao, paid(taobao))
    many = [replace(order, order_no=str(int(order.order_no) + number)) for number in range(150)]
    groups = channel(taobao).may_merge(many)
    assert sorted(no for group in groups for no in group) == sorted(one.order_no for one in many)
    assert calls(taobao, "taobao.top.oaid.merge") == 2


def test_the_shop_says_who_it_is(tmall: TaobaoStand) -> None:
    assert channel(tmall).identify() == ShopIdentity("2200112233", "练习旗舰店", "B")


# --- letting an app in ------------------------------------------------------------------------------------------------


def authoriser(stand: TaobaoStand, http: HttpClient, secret: str = "") -> TaobaoAuthoriser:
    app = stand.server.app
    return TaobaoAuthoriser(endpoint(stand.server.url), http, stand.clock, app.key, secret or app.secret)


def code_from(page: str) -> str:
    """The owner presses the button."""
    parts = urlsplit(page)
    form = {name: values[0] for name, values in parse_qs(parts.query).items()}
    sent = requests.post(f"{parts.scheme}://{parts.netloc}{parts.path}", data=form, allow_redirects=False, timeout=5)
    back = parse_qs(urlsplit(sent.headers["Location"]).query)
    assert back["state"] == ["s 1&2"]
    return back["code"][0]


def test_the_owner_lets_us_in(taobao: TaobaoStand) -> None:
    uri = taobao.server.app.redirect_uri
    with HttpClient(taobao.clock) as http:
        letting = authoriser(taobao, http)
        code = code_from(letting.page(uri, "s 1&2"))

        grant = letting.exchange(code, uri)

        assert grant.expires_at == taobao.now() + timedelta(days=300), "the shortest of its lives"
        assert grant.shop == ShopIdentity("2200112233", "练习旗舰店")
        assert grant.secrets["session"] not in repr(grant)
        with pytest.raises(Rejected):
            letting.exchange(code, uri)
        app = taobao.server.app
        settings = {"app_key": app.key, "base_url": f"{taobao.server.url}/router/rest"}
        shop = PLUGIN.factory(settings, {"app_secret": app.secret, **grant.secrets}, http, taobao.clock)
        assert abs(shop.check() - taobao.now()) <= timedelta(seconds=2)
        assert letting.refresh(grant.secrets) is None, "an app of the merchant's own is not renewed"
        assert letting.refresh({"refresh_token": "given nevertheless"}) is None


def test_an_app_of_the_service_market_is_renewed(taobao: TaobaoStand) -> None:
    taobao.server.desk.app = taobao.server.app = replace(taobao.server.app, can_refresh=True)
    uri = taobao.server.app.redirect_uri
    with HttpClient(taobao.clock) as http:
        letting = authoriser(taobao, http)
        grant = letting.exchange(code_from(letting.page(uri, "s 1&2")), uri)
        taobao.clock.advance(hours=1)

        renewed = letting.refresh(grant.secrets)

        assert renewed is not None
        assert renewed.secrets["session"] != grant.secrets["session"]
        assert renewed.expires_at == taobao.now() + timedelta(days=300)
        with pytest.raises(AuthExpired):
            letting.refresh({"refresh_token": "no such token"})


def test_a_wrong_secret_lets_nobody_in(taobao: TaobaoStand) -> None:
    uri = taobao.server.app.redirect_uri
    with HttpClient(taobao.clock) as http:
        code = code_from(authoriser(taobao, http).page(uri, "s 1&2"))
        with pytest.raises(AuthExpired):
            authoriser(taobao, http, "wrong").exchange(code, uri)
    assert "hidden" not in repr(TaobaoAuthoriser(endpoint("https://a.example"), http, taobao.clock, "key", "hidden"))


# --- how it is declared -----------------------------------------------------------------------------------------------


def test_both_kinds_of_shop_can_be_connected(taobao: TaobaoStand) -> None:
    assert (built_in().get("taobao"), built_in().get("tmall")) == (PLUGIN, TMALL)
    app = taobao.server.app
    settings = {"app_key": app.key, "base_url": f"{taobao.server.url}/router/rest"}
    secret = {"app_secret": app.secret, "session": taobao.server.grants.session()}
    with HttpClient(taobao.clock) as http:
        for plugin in (PLUGIN, TMALL):
            shop = plugin.factory(settings, secret, http, taobao.clock)
            assert isinstance(shop, TaobaoChannel)
            assert shop.capabilities == plugin.capabilities
            assert shop.stock_rules == plugin.stock_rules
        assert plugin.authoriser is not None
        assert (
            plugin.authoriser(settings, secret, http, taobao.clock)
            .page("http://x", "s")
            .startswith("https://oauth.taobao.com/authorize?")
        )


@pytest.mark.parametrize(
    ("settings", "secret", "code"),
    [
        ({}, {"app_secret": "s", "session": "t"}, "channel.setting"),
        ({"app_key": "k"}, {"session": "t"}, "channel.setting"),
        ({"app_key": "k", "base_url": "http://relay.example"}, {"app_secret": "s", "session": "t"}, "http.address"),
    ],
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, str], secret: dict[str, str], code: str) -> None:
    clock = ManualClock(START)
    with HttpClient(clock) as http, pytest.raises(Refused) as caught:
        PLUGIN.factory(settings, secret, http, clock)
    assert caught.value.code == code


def test_what_nobody_could_prove_is_said_in_both_languages() -> None:
    told = PLUGIN.capabilities.unproven
    assert len({one.key for one in told}) == len(told) > 0
    assert all(one.zh and one.en for one in told)


def test_neither_logs_nor_errors_hold_secrets_or_people(
    taobao: TaobaoStand, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    shop = channel(taobao)
    sku = next(iter(taobao.shop.goods))
    person = Person(name=NAME, phone=PHONE, address=ADDRESS)
    no = taobao.shop.place([(sku, 2)], person=person, note=f"给{NAME}").no
    taobao.pay(no)
    errors = []

    def tried(act: object) -> None:
        assert callable(act)
        try:
            act()
        except ChannelError as error:
            errors.append(f"{error} {error.code} {error!r}")

    token = newest(taobao, no).consignee.token
    walked(taobao)
    told = notice(taobao, no)
    for fault in ("isp_error", "code_27", "no_permission", "html_200", "half_body", "cut_before", "code_7"):
        taobao.server.faults.forget()
        taobao.server.faults.next(*[fault] * 4)
        tried(lambda: shop.get_order(no))
        taobao.server.faults.forget()
        taobao.server.faults.next("ok", "ok", fault, fault)
        tried(lambda: shop.confirm_shipment(told))
        taobao.server.faults.forget()
        tried(lambda: shop.write_note(no, f"{NAME} {PHONE}"))
    tried(taobao.stranger.check)
    tried(lambda: shop.confirm_shipment(replace(told, waybill_no=taobao.waybill(99))))
    app: App = taobao.server.app
    everything = caplog.text + "".join(errors)

    assert "taobao.trade.fullinfo.get" in caplog.text
    assert errors
    sessions = list(taobao.server.desk.sessions)
    for secret in (NAME, PHONE, ADDRESS, f"{PHONE[:3]}****{PHONE[-4:]}", app.secret, token, no, *sessions):
        assert secret not in everything
