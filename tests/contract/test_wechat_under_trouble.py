"""The WeChat adapter where this platform is special: its token, its windows, its parcels, and what must not be logged."""

import json
import logging
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from core.channels.aftersale_contract import AfterSaleChannel
from core.channels.contract import (
    CANNOT,
    KEPT_BACK,
    ORDER_CLOSED,
    REFUND_OPEN,
    SHIPPED_OTHERWISE,
    ChannelOrder,
    ShipmentNotice,
)
from core.channels.listing_contract import ListingChannel
from core.channels.registry import built_in
from core.channels.shop_contract import IdentifiedChannel, NoteChannel
from core.channels.stock_contract import ListedSku, StockChannel
from core.channels.wechat.abilities import CAPABILITIES, STOCK_RULES
from core.channels.wechat.carriers import OTHER
from core.channels.wechat.errors import ADDRESS_NOT_LISTED
from core.channels.wechat.mapper import GIFT_WORDS, GROUP_WORDS
from core.channels.wechat.plugin import BASE_URL, PLUGIN
from core.channels.wechat.session import SessionShelf, WechatSession
from core.runtime.clock import ManualClock
from core.runtime.errors import Refused
from core.runtime.http import HttpClient, endpoint
from core.runtime.remote_errors import AuthExpired, ChannelError, ContractBroken, RateLimited, Rejected, Temporary
from tests.contract.wechat_stand import START, WechatStand, wechat_stand
from tests.simulators.platforms.server import Answer, Call
from tests.simulators.platforms.wechat import APPID, SECRET
from tests.simulators.platforms.wechat_wire import SaysNoError
from tests.support.channel_stand import Wish

HOUR = timedelta(hours=1)
TOKEN = "/cgi-bin/stable_token"
SEND = "/channels/ec/order/delivery/send"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[WechatStand]:
    with wechat_stand(tmp_path) as stand:
        yield stand
        assert stand.server.faults.is_used_up


@pytest.fixture
def said(shop: WechatStand, monkeypatch: pytest.MonkeyPatch) -> list[Call]:
    """Every call as it came."""
    calls: list[Call] = []
    answer = shop.server.answer

    def kept(call: Call) -> Answer:
        calls.append(call)
        return answer(call)

    monkeypatch.setattr(shop.server, "answer", kept)
    return calls


def bodies(calls: list[Call], path: str) -> list[dict[str, Any]]:
    return [json.loads(call.body) for call in calls if call.path == path]


def walk(shop: WechatStand) -> list[str]:
    found: list[str] = []
    cursor: str | None = None
    for _ in range(100):
        page = shop.channel.pull_orders(shop.now() - HOUR, cursor)
        found += [order.order_no for order in page.orders]
        cursor = page.next_cursor
        if cursor is None:
            return found
    raise AssertionError("the pages do not end")


def paid(shop: WechatStand, *wishes: Wish) -> ChannelOrder:
    no = shop.place(*wishes)
    shop.pay(no)
    return newest(shop, no)


def newest(shop: WechatStand, no: str) -> ChannelOrder:
    order = shop.channel.get_order(no)
    assert order is not None
    return order


def notice(shop: WechatStand, order: ChannelOrder, number: int = 17) -> ShipmentNotice:
    lines = [(line.line_no, line.qty) for line in order.lines]
    return ShipmentNotice(f"s-{number}", order.order_no, "ZTO", shop.waybill(number), lines)


def refused(act: Callable[[], object], kind: type[ChannelError] = Rejected) -> ChannelError:
    with pytest.raises(kind) as caught:
        act()
    assert isinstance(caught.value, ChannelError)
    return caught.value


# --- the token -------------------------------------------------------------------------------------------------------


def test_one_token_serves_every_call_of_its_life(shop: WechatStand, said: list[Call]) -> None:
    for _ in range(5):
        shop.channel.check()
        walk(shop)
    assert len(bodies(said, TOKEN)) == 1
    shop.clock.advance(seconds=7200)
    shop.channel.check()

    assert [body["force_refresh"] for body in bodies(said, TOKEN)] == [False, False]


def test_the_life_that_is_left_is_believed(shop: WechatStand, said: list[Call]) -> None:
    shop.channel.check()
    shop.clock.advance(seconds=6500)
    other = SessionShelf().session(
        endpoint(shop.server.url), HttpClient(shop.clock), shop.clock, appid=APPID, secret=SECRET
    )
    first = other.token()
    shop.clock.advance(seconds=690)
    again = other.token()

    assert first != again, "it was told 700 seconds, not two hours"
    assert not any(body["force_refresh"] for body in bodies(said, TOKEN))


def test_a_token_ages_by_the_wall_and_by_elapsed_time(shop: WechatStand, said: list[Call]) -> None:
    shop.channel.check()
    shop.clock.jump(shop.clock.now() + timedelta(hours=3))  # suspended: no time elapsed
    shop.channel.check()
    shop.clock.advance(seconds=7200)
    shop.clock.jump(shop.clock.now() - timedelta(hours=3))  # somebody sets the clock back
    shop.channel.check()

    assert len(bodies(said, TOKEN)) == 3
    assert len([call for call in said if call.path.endswith("basics/info/get")]) == 3, "none was refused"


@pytest.mark.parametrize("fault", ["token_invalid", "token_expired"])
def test_a_token_that_died_early_is_asked_for_again_and_not_forced(
    shop: WechatStand, said: list[Call], fault: str
) -> None:
    order = paid(shop)
    shop.server.faults.next(fault)

    shop.channel.confirm_shipment(notice(shop, order))

    assert shop.waybills_of(order.order_no) == [shop.waybill(17)]
    assert [body["force_refresh"] for body in bodies(said, TOKEN)] == [False, False]


class Deaf:
    """The platform refuses the very token it gives; a forced one is taken."""

    def __init__(self, shop: WechatStand, monkeypatch: pytest.MonkeyPatch) -> None:
        tokens = shop.server._tokens
        check = tokens.check
        self.refused = tokens._current

        def refuse(token: str) -> None:
            if token == self.refused:
                raise SaysNoError(40014)
            check(token)

        monkeypatch.setattr(tokens, "check", refuse)
        self._tokens = tokens

    def again(self) -> None:
        self.refused = self._tokens._current


def test_a_new_token_is_forced_when_the_present_one_is_refused_and_not_too_often(
    shop: WechatStand, said: list[Call], monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.channel.check()
    deaf = Deaf(shop, monkeypatch)

    shop.channel.check()
    deaf.again()
    error = refused(shop.channel.check, RateLimited)

    assert [body["force_refresh"] for body in bodies(said, TOKEN)] == [False, False, True, False]
    assert error.code == "force_refresh"
    assert isinstance(error, RateLimited)
    assert 0 < error.retry_after_s <= 30
    shop.clock.advance(seconds=25)
    refused(shop.channel.check, RateLimited)
    shop.clock.advance(seconds=6)
    shop.channel.check()
    for _ in range(18):
        shop.clock.advance(seconds=31)
        deaf.again()
        shop.channel.check()
    shop.clock.advance(seconds=31)
    deaf.again()
    error = refused(shop.channel.check, RateLimited)
    assert isinstance(error, RateLimited)
    assert error.retry_after_s > HOUR.total_seconds(), "twenty a day"
    assert sum(body["force_refresh"] for body in bodies(said, TOKEN)) == 20


def test_a_token_that_is_never_taken_asks_for_authorisation(
    shop: WechatStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(token: str) -> None:
        raise SaysNoError(40001, token)

    monkeypatch.setattr(shop.server._tokens, "check", never)
    refused(shop.channel.check, AuthExpired)


def test_desks_that_open_a_shop_for_single_acts_share_its_token(shop: WechatStand, said: list[Call]) -> None:
    settings, secret = {"base_url": shop.server.url, "appid": APPID}, {"secret": SECRET}
    with HttpClient(shop.clock) as http:
        for _ in range(4):
            PLUGIN.factory(settings, secret, http, shop.clock).check()
        assert len(bodies(said, TOKEN)) == 1
        refused(PLUGIN.factory(settings, {"secret": "other"}, http, shop.clock).check, AuthExpired)


# --- reading ---------------------------------------------------------------------------------------------------------


def test_too_many_orders_make_the_windows_shorter(shop: WechatStand) -> None:
    shop.server.orders.most_in_window = 4
    placed = []
    for _ in range(9):
        placed.append(paid(shop).order_no)
        shop.clock.advance(seconds=200)

    assert set(walk(shop)) == set(placed)


def test_days_offline_are_read_window_by_window(shop: WechatStand, said: list[Call]) -> None:
    first = paid(shop).order_no
    shop.clock.advance(days=20)
    last = paid(shop).order_no
    found: list[str] = []
    reached = []
    cursor: str | None = None
    while True:
        page = shop.channel.pull_orders(START - HOUR, cursor)
        found += [order.order_no for order in page.orders]
        reached += [page.whole_until] if page.whole_until else []
        cursor = page.next_cursor
        if cursor is None:
            break

    assert set(found) == {first, last}
    assert reached == sorted(reached)
    assert reached[-1] == shop.now()
    ranges = [body["update_time_range"] for body in bodies(said, "/channels/ec/order/list/get")]
    assert max(one["end_time"] - one["start_time"] for one in ranges) <= 7 * 86_400
    assert len(ranges) >= 20 * 4
    assert all(after["start_time"] < one["end_time"] for one, after in pairwise(ranges)), "whatever the ends mean"
    assert (ranges[0]["start_time"], ranges[-1]["end_time"]) == (
        int((START - HOUR).timestamp()) - 1,
        int(shop.now().timestamp()) + 1,
    )


def test_an_empty_page_with_more_behind_it_is_walked_through(shop: WechatStand) -> None:
    placed = [paid(shop).order_no for _ in range(5)]
    shop.server.faults.next("ok", "empty_page")
    assert set(walk(shop)) == set(placed)


def test_what_is_listed_and_cannot_be_shown_yet_is_asked_for_later(
    shop: WechatStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    no = paid(shop).order_no

    def gone(_call: Call) -> Answer:
        raise SaysNoError(100002)

    posts = dict(shop.server._posts)
    monkeypatch.setattr(shop.server, "_posts", posts | {"/channels/ec/order/get": gone})
    (one,) = shop.channel.pull_orders(shop.now() - HOUR, None).unread
    assert (one.no, type(one.error), one.error.code) == (no, Temporary, "listed_unknown")


def test_a_cursor_that_is_none_of_ours_is_refused(shop: WechatStand) -> None:
    for cursor in ("x", "[]", "[9, null]", '["0", null]', "[0, 7]"):
        with pytest.raises(ContractBroken):
            shop.channel.open_orders(cursor)


@pytest.mark.parametrize(("reason", "word"), [("gift", GIFT_WORDS), ("group", GROUP_WORDS)])
def test_gifts_and_groups_are_paid_and_wait(shop: WechatStand, reason: str, word: str) -> None:
    order = paid(shop)
    shop.shop.stop(order.order_no, reason)
    shop.shop.order(order.order_no).extra["no_receiver"] = reason == "gift"

    told = newest(shop, order.order_no)

    assert (told.payment, told.stopped_for, told.is_closed) == ("paid", word, False)
    assert order.order_no in {found.order_no for found in open_orders(shop)}
    assert refused(lambda: shop.channel.confirm_shipment(notice(shop, order))).code == KEPT_BACK


def open_orders(shop: WechatStand) -> list[ChannelOrder]:
    found: list[ChannelOrder] = []
    cursor: str | None = None
    while True:
        page = shop.channel.open_orders(cursor)
        found += page.orders
        cursor = page.next_cursor
        if cursor is None:
            return found


def test_open_orders_reach_back_weeks(shop: WechatStand) -> None:
    order = paid(shop)
    shop.clock.advance(days=30)
    assert order.order_no in {found.order_no for found in open_orders(shop)}


def test_orders_of_one_buyer_at_one_place_share_a_key(shop: WechatStand) -> None:
    first, second = paid(shop), paid(shop)
    other = shop.place(address="练习路99号")
    assert first.merge_key == second.merge_key != ""
    assert newest(shop, other).merge_key != first.merge_key
    assert first.consignee.is_masked
    assert first.consignee.token == first.merge_key


# --- parcels ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "tries"),
    [("busy_after", 1), ("cut_after", 1), ("half_body", 1), ("html_200", 2), ("http_502", 2), ("cut_before", 2)],
)
def test_a_parcel_whose_answer_is_lost_is_looked_up_before_it_is_told_again(
    shop: WechatStand, said: list[Call], fault: str, tries: int
) -> None:
    order = paid(shop)
    shop.server.faults.next(fault, only=SEND)
    for _ in range(tries - 1):
        with pytest.raises((Temporary, ContractBroken)):
            shop.channel.confirm_shipment(notice(shop, order))
    shop.channel.confirm_shipment(notice(shop, order))

    assert shop.waybills_of(order.order_no) == [shop.waybill(17)]
    assert len(bodies(said, SEND)) == 1


def test_a_number_is_changed_in_one_of_two_parcels(shop: WechatStand) -> None:
    order = paid(shop, Wish(0, 2), Wish(1, 1))
    first, second = order.lines
    one = replace(notice(shop, order, 17), lines=[(first.line_no, 2)])
    two = replace(notice(shop, order, 24), lines=[(second.line_no, 1)])
    shop.channel.confirm_shipment(one)
    shop.channel.confirm_shipment(two)

    for _ in range(2):
        shop.channel.confirm_shipment(replace(two, waybill_no=shop.waybill(31), replaces=shop.waybill(24)))

    assert shop.waybills_of(order.order_no) == [shop.waybill(17), shop.waybill(31)]
    assert newest(shop, order.order_no).is_shipped


def test_a_number_that_may_not_be_changed_once_more_is_said(shop: WechatStand) -> None:
    shop.server.orders.most_changes = 1
    order = paid(shop)
    shop.channel.confirm_shipment(notice(shop, order))
    shop.channel.confirm_shipment(replace(notice(shop, order, 24), replaces=shop.waybill(17)))

    again = replace(notice(shop, order, 31), replaces=shop.waybill(24))
    assert refused(lambda: shop.channel.confirm_shipment(again)).code == CANNOT
    assert shop.waybills_of(order.order_no) == [shop.waybill(24)]


def test_a_number_whose_old_one_was_never_told_is_simply_told(shop: WechatStand) -> None:
    order = paid(shop)
    shop.channel.confirm_shipment(replace(notice(shop, order, 24), replaces=shop.waybill(17)))
    assert shop.waybills_of(order.order_no) == [shop.waybill(24)]


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ([("9-9", 1)], "line_not_found"),
        ([], "empty_parcel"),
        ([("first", 0)], "empty_parcel"),
        ([("first", 3)], SHIPPED_OTHERWISE),
        ([("second", 1)], SHIPPED_OTHERWISE),
    ],
)
def test_a_wrong_parcel_is_refused_with_its_reason(
    shop: WechatStand, lines: list[tuple[str, int]], code: str
) -> None:
    order = paid(shop, Wish(0, 2), Wish(1, 1))
    shop.refund_line(order.order_no, 1)
    named = {"first": order.lines[0].line_no, "second": order.lines[1].line_no}
    told = [(named.get(line_no, line_no), qty) for line_no, qty in lines]

    error = refused(lambda: shop.channel.confirm_shipment(replace(notice(shop, order), lines=told)))

    assert error.code == code
    assert shop.waybills_of(order.order_no) == []


def test_a_refund_that_opens_meanwhile_is_named(shop: WechatStand) -> None:
    order = paid(shop, Wish(0, 2), Wish(1, 1))
    shop.shop.ask_refund(order.order_no, [shop.shop.order(order.order_no).lines[0].no])

    assert refused(lambda: shop.channel.confirm_shipment(notice(shop, order))).code == REFUND_OPEN
    rest = replace(notice(shop, order), lines=[(order.lines[1].line_no, 1)])
    shop.channel.confirm_shipment(rest)
    assert shop.waybills_of(order.order_no) == [shop.waybill(17)]


def test_an_order_that_closes_between_reading_and_telling_is_named(
    shop: WechatStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = paid(shop)
    posts = dict(shop.server._posts)
    send = posts[SEND]

    def cancelled_first(call: Call) -> Answer:
        shop.cancel(order.order_no)
        return send(call)

    monkeypatch.setattr(shop.server, "_posts", posts | {SEND: cancelled_first})
    assert refused(lambda: shop.channel.confirm_shipment(notice(shop, order))).code == ORDER_CLOSED


def test_an_order_somebody_else_sent_with_our_number_is_told(shop: WechatStand, said: list[Call]) -> None:
    order = paid(shop)
    shop.shop.ship(order.order_no, "ZTO", shop.waybill(17))
    shop.channel.confirm_shipment(notice(shop, order))
    assert bodies(said, SEND) == []


def test_our_number_with_other_goods_in_it_is_a_conflict(shop: WechatStand) -> None:
    order = paid(shop, Wish(0, 2), Wish(1, 1))
    first = shop.shop.order(order.order_no).lines[0]
    shop.shop.ship(order.order_no, "ZTO", shop.waybill(17), {first.no: 1})
    assert refused(lambda: shop.channel.confirm_shipment(notice(shop, order))).code == SHIPPED_OTHERWISE


def test_a_carrier_that_is_not_in_the_list_is_told_as_other(shop: WechatStand, said: list[Call]) -> None:
    order = paid(shop)
    shop.channel.confirm_shipment(replace(notice(shop, order), carrier_code="PX"))
    (body,) = bodies(said, SEND)
    assert body["delivery_list"][0]["delivery_id"] == OTHER
    shop.channel.confirm_shipment(notice(shop, paid(shop), 24))
    assert len(bodies(said, "/channels/ec/order/deliverycompanylist/get")) == 1, "the list is kept"


# --- stock and items -------------------------------------------------------------------------------------------------


def writer(shop: WechatStand) -> StockChannel:
    assert isinstance(shop.channel, StockChannel)
    return shop.channel


@pytest.mark.parametrize("fault", ["cut_after", "busy_after", "cut_before"])
def test_a_difference_without_an_answer_is_not_said_again(shop: WechatStand, said: list[Call], fault: str) -> None:
    shop.channel.check()
    shop.server.faults.next(fault)
    refused(lambda: writer(shop).change_stock(shop.listed(0), -3, "act-1"), Temporary)
    assert len(bodies(said, "/channels/ec/product/stock/update")) == (0 if fault == "cut_before" else 1)
    assert shop.stock_of(0) == (1000 if fault == "cut_before" else 997)


def test_a_number_that_was_changed_and_cannot_be_read_is_no_refusal(
    shop: WechatStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(_call: Call) -> Answer:
        raise SaysNoError(10020052)

    posts = dict(shop.server._posts)
    monkeypatch.setattr(shop.server, "_posts", posts | {"/channels/ec/product/stock/get": unknown})
    refused(lambda: writer(shop).change_stock(shop.listed(0), -3, "act-1"), Temporary)
    assert shop.stock_of(0) == 997


def test_a_difference_of_nothing_is_only_read(shop: WechatStand, said: list[Call]) -> None:
    assert writer(shop).change_stock(shop.listed(0), 0, "act-1").qty == 1000
    assert bodies(said, "/channels/ec/product/stock/update") == []


def test_the_number_itself_can_be_set_and_comes_with_the_platforms_time(shop: WechatStand) -> None:
    now = writer(shop).set_stock(shop.listed(0), 7)
    assert (now.qty, shop.stock_of(0), now.at) == (7, 7, shop.now())
    listed = ListedSku("", "", "MF-101")
    assert refused(lambda: writer(shop).set_stock(listed, 7)).code == "unknown_listing"


def test_a_whole_item_is_taken_off_sale_and_put_back(shop: WechatStand) -> None:
    other = shop.shop.list_goods("MF-102", 5, item_id=shop.listed(0).item_id)
    for _ in range(2):
        writer(shop).pause_sale(shop.listed(0))
        assert not shop.is_on_sale(0)
        assert not other.is_on_sale, "all SKUs of the item: why a link cannot be paused alone"
    writer(shop).resume_sale(shop.listed(0))
    assert shop.is_on_sale(0)
    assert not STOCK_RULES.pauses_sale


# --- who, what, and silence ------------------------------------------------------------------------------------------


def test_an_address_that_is_not_on_the_list_is_said_plainly(shop: WechatStand) -> None:
    shop.server.has_listed_address = False
    error = refused(shop.channel.check, AuthExpired)
    assert error.code == ADDRESS_NOT_LISTED
    assert "IP list" in str(error)


def test_calls_that_are_used_up_are_waited_for(shop: WechatStand) -> None:
    shop.channel.check()
    shop.server.calls_left = 0
    error = refused(shop.channel.check, RateLimited)
    assert isinstance(error, RateLimited)
    assert error.retry_after_s == 3600


def test_a_shop_says_who_it_is(shop: WechatStand) -> None:
    assert isinstance(shop.channel, IdentifiedChannel)
    identity = shop.channel.identify()
    assert (identity.id, identity.name, identity.kind) == ("gh_practice0001", "练习小店", "企业")


def test_neither_log_nor_error_holds_a_secret_or_a_person(
    shop: WechatStand, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    channel = shop.channel
    assert isinstance(channel, AfterSaleChannel)
    assert isinstance(channel, ListingChannel)
    assert isinstance(channel, NoteChannel)
    order = paid(shop)
    shop.shop.ask_refund(paid(shop).order_no)
    walk(shop)
    channel.pull_after_sales(shop.now() - HOUR, None)
    channel.pull_listings(None)
    channel.write_note(order.order_no, "给王练习的备注")
    channel.confirm_shipment(notice(shop, order))
    writer(shop).change_stock(shop.listed(0), -1, "act-1")
    texts = [repr(channel), repr(channel.__dict__), repr(WechatSession)]
    for fault in ("busy", "token_invalid", "bad_body", "cut_before", "html_200", "ip_refused", "half_body"):
        shop.server.faults.next(*[fault] * 3)
        try:
            walk(shop)
        except ChannelError as error:
            texts += [str(error), repr(error), "".join(traceback.format_exception(error))]
        shop.server.faults.forget()
    texts.append(str(refused(shop.stranger.check, AuthExpired)))

    everything = caplog.text + "".join(texts)
    assert "order/get" in caplog.text, "it was logged at all"
    token = shop.server._tokens._current
    for hidden in (token, "_tok0001", SECRET, "wrong", "赵", "王练习", "13800000001", "138****", "练习路", "MF-101"):
        assert hidden not in everything, hidden


def test_the_plugin_opens_a_shop_from_settings(shop: WechatStand) -> None:
    assert built_in().get("wechat") is PLUGIN
    with HttpClient(shop.clock) as http:
        opened = PLUGIN.factory({"base_url": shop.server.url, "appid": APPID}, {"secret": SECRET}, http, shop.clock)
        assert abs(opened.check() - shop.now()) <= timedelta(seconds=1)
        assert opened.capabilities == PLUGIN.capabilities == CAPABILITIES
        assert all(fact.zh and fact.en for fact in CAPABILITIES.unproven)


@pytest.mark.parametrize(
    ("settings", "secret", "code"),
    [
        ({"appid": ""}, {"secret": "s"}, "channel.setting"),
        ({"appid": "wx1"}, {}, "channel.setting"),
        ({"appid": "wx1", "base_url": "http://relay.example"}, {"secret": "s"}, "http.address"),
        ({"appid": "wx1", "base_url": "https://192.168.1.9"}, {"secret": "s"}, "http.address"),
    ],
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, str], secret: dict[str, str], code: str) -> None:
    clock = ManualClock(START)
    with HttpClient(clock) as http, pytest.raises(Refused) as caught:
        PLUGIN.factory(settings, secret, http, clock)
    assert caught.value.code == code


def test_without_a_relay_the_platform_itself_is_called() -> None:
    clock = ManualClock(START)
    with HttpClient(clock) as http:
        channel = PLUGIN.factory({"appid": "wx1"}, {"secret": "s"}, http, clock)
    assert channel.__dict__["_client"].session.place.base == BASE_URL
    assert "'s'" not in repr(channel.__dict__["_client"].session)
