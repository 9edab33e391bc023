"""The Pinduoduo adapter where Pinduoduo is peculiar: its lag, its clock, parcels without a key, stock, tokens, words."""

import itertools
import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core.channels.contract import (
    CARRIER_REFUSED,
    KEPT_BACK,
    ORDER_CLOSED,
    REFUND_OPEN,
    SHIPPED_OTHERWISE,
    ShipmentNotice,
)
from core.channels.pdd.channel import PddChannel
from core.channels.pdd.client import PddApp, PddClient
from core.channels.pdd.grants import PAGE
from core.channels.pdd.plugin import PLUGIN, authoriser
from core.channels.registry import built_in
from core.channels.shop_contract import Flag
from core.channels.stock_contract import ListedSku
from core.runtime.clock import ManualClock
from core.runtime.errors import Refused
from core.runtime.http import HttpClient, endpoint
from core.runtime.remote_errors import AuthExpired, ChannelError, ContractBroken, RateLimited, Rejected, Temporary
from tests.contract.pdd_stand import START, PddStand, pdd_stand
from tests.simulators.platforms.pdd import CLIENT_ID, SECRET
from tests.simulators.platforms.shop import Person
from tests.support.channel_stand import Wish

CHANGED = "pdd.order.number.list.increment.get"
DETAIL, SEND, EXTRA = "pdd.order.information.get", "pdd.logistics.online.send", "pdd.order.upload.extra.logistics"
QUANTITY, CHECK, STATUS = "pdd.goods.quantity.update", "pdd.refund.status.check", "pdd.order.status.get"
LAG = timedelta(minutes=3)


@pytest.fixture
def pdd(tmp_path: Path) -> Iterator[PddStand]:
    with pdd_stand(tmp_path) as stand:
        yield stand
        assert stand.server.faults.is_used_up


def paid(pdd: PddStand, *wishes: Wish) -> str:
    no = pdd.place(*wishes)
    pdd.pay(no)
    return no


def notice(pdd: PddStand, no: str, number: int = 17, **more: Any) -> ShipmentNotice:
    order = pdd.channel.get_order(no)
    assert order is not None
    lines = [(line.line_no, line.qty) for line in order.lines]
    facts: dict[str, Any] = {"carrier_code": "ZTO", "lines": lines, **more}
    return ShipmentNotice(f"s-{number}", no, waybill_no=pdd.waybill(number), **facts)


def refused(act: Any) -> str:
    with pytest.raises(Rejected) as caught:
        act()
    return caught.value.code


def counts(pdd: PddStand, *names: str) -> list[int]:
    return [pdd.server.count(name) for name in names]


# --- windows, lag, clocks -----------------------------------------------------------------------------------------------


def test_what_is_too_new_is_left_for_the_next_pull_and_the_watermark_says_so(pdd: PddStand) -> None:
    no = paid(pdd)
    since = pdd.now() - timedelta(minutes=10)

    page = pdd.channel.pull_orders(since, None)
    assert page.orders == ()
    assert page.whole_until is not None
    assert timedelta() <= pdd.now() - LAG - page.whole_until < timedelta(seconds=2)

    pdd.clock.advance(minutes=3, seconds=1)
    again = pdd.channel.pull_orders(page.whole_until, None)
    assert [order.order_no for order in again.orders] == [no]


def test_a_pull_that_begins_within_the_lag_asks_for_nothing(pdd: PddStand) -> None:
    pdd.channel.check()
    page = pdd.channel.pull_orders(pdd.now() - LAG + timedelta(seconds=1), None)

    assert (page.orders, page.next_cursor, page.whole_until) == ((), None, None)
    assert pdd.server.count(CHANGED) == 0


def test_days_offline_are_read_in_half_hours_each_with_its_watermark(pdd: PddStand) -> None:
    placed = []
    for _ in range(6):
        placed.append(paid(pdd))
        pdd.clock.advance(hours=4)
    found, marks, cursor = [], [], None
    while True:
        page = pdd.channel.pull_orders(START, cursor)
        found += [order.order_no for order in page.orders]
        marks += [page.whole_until] if page.whole_until else []
        cursor = page.next_cursor
        if cursor is None:
            break

    assert sorted(set(found)) == sorted(placed)
    assert marks == sorted(set(marks))
    assert len(marks) == 48
    assert max(later - earlier for earlier, later in itertools.pairwise(marks)) == timedelta(minutes=30)


def test_a_window_of_one_page_is_one_call_and_pages_are_read_from_the_last(pdd: PddStand) -> None:
    placed = [paid(pdd) for _ in range(2)]
    pdd.clock.advance(minutes=3, seconds=1)
    since = pdd.now() - timedelta(minutes=20)
    page = pdd.channel.pull_orders(since, None)
    assert sorted(order.order_no for order in page.orders) == placed
    assert pdd.server.count(CHANGED) == 1

    placed += [paid(pdd) for _ in range(2)]
    pdd.clock.advance(minutes=3, seconds=1)
    first = pdd.channel.pull_orders(since, None)
    rest = pdd.channel.pull_orders(since, first.next_cursor)
    assert [order.order_no for order in first.orders] == placed[:1], "the oldest first"
    assert sorted(order.order_no for order in rest.orders) == placed[1:]
    assert (first.whole_until, rest.next_cursor) == (None, None)


@pytest.mark.parametrize("skew", [timedelta(minutes=30), timedelta(hours=-9)])
def test_a_wrong_clock_is_bridged_and_windows_follow_the_platforms(pdd: PddStand, skew: timedelta) -> None:
    no = paid(pdd)
    pdd.clock.advance(minutes=3, seconds=1)
    pdd.server.skew = skew

    # the shop behind the simulator writes its own times; windows go by the gateway's
    page = pdd.channel.pull_orders(pdd.now() - timedelta(minutes=30), None)
    assert abs(page.server_time - pdd.now()) <= timedelta(seconds=2)
    assert page.whole_until is not None
    assert page.whole_until <= pdd.now() - LAG
    order = pdd.channel.get_order(no)
    assert order is not None


def test_a_cursor_that_is_none_of_ours_is_broken(pdd: PddStand) -> None:
    for cursor in ("", "x", "[1,2]", "{}"):
        with pytest.raises(ContractBroken):
            pdd.channel.pull_orders(START, cursor)
        with pytest.raises(ContractBroken):
            pdd.channel.pull_listings(cursor)


def test_the_comparison_goes_back_three_months_and_gives_no_watermark(pdd: PddStand) -> None:
    old = paid(pdd)
    pdd.clock.advance(days=20)
    new = paid(pdd)
    found, cursor = [], None
    while True:
        page = pdd.channel.open_orders(cursor)
        assert page.whole_until is None
        found += [order.order_no for order in page.orders]
        cursor = page.next_cursor
        if cursor is None:
            break

    assert set(found) == {old, new}


# --- orders that are kept back ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("reason", "told"), [("review", "订单审核中"), ("group", "拼团中"), ("x", "暂停发货")])
def test_what_the_platform_keeps_back_is_not_told_as_sent(pdd: PddStand, reason: str, told: str) -> None:
    no = paid(pdd)
    parcel = notice(pdd, no)
    pdd.shop.stop(no, reason)

    order = pdd.channel.get_order(no)
    assert order is not None
    assert order.stopped_for == told
    assert refused(lambda: pdd.channel.confirm_shipment(parcel)) == KEPT_BACK
    assert counts(pdd, SEND) == [0]
    if reason == "review":
        assert (order.consignee.token, order.merge_key) == ("", "")


def test_same_receivers_have_the_same_key(pdd: PddStand) -> None:
    keys = []
    for address in ("练习路1号", "练习路1号", "练习路2号"):
        goods = pdd.listed(0).channel_sku_id
        no = pdd.shop.place([(goods, 1)], person=Person(address=address)).no
        pdd.pay(no)
        order = pdd.channel.get_order(no)
        assert order is not None
        keys.append(order.merge_key)

    assert keys[0] == keys[1] != keys[2]


def test_a_receiver_that_is_a_phone_alone_is_understood(pdd: PddStand) -> None:
    pdd.server.phone_only = True
    order = pdd.channel.get_order(paid(pdd))

    assert order is not None
    assert set(json.loads(order.consignee.token)) == {"order_sn", "contact_mobile"}


def test_part_of_an_order_paid_back_leaves_the_rest_to_be_sent(pdd: PddStand) -> None:
    no = paid(pdd, Wish(0, 2), Wish(1, 3))
    pdd.refund_line(no, 0)

    order = pdd.channel.get_order(no)

    assert order is not None
    assert (order.payment, order.is_closed) == ("partly_refunded", False)
    assert [line.after_sale for line in order.lines] == ["refunded", "none"]


# --- parcels ------------------------------------------------------------------------------------------------------------


def test_a_parcel_is_checked_for_refunds_before_it_is_told(pdd: PddStand) -> None:
    no = paid(pdd)
    pdd.channel.confirm_shipment(notice(pdd, no))

    assert [name for name, _ in pdd.server.seen if name in (CHECK, SEND)] == [CHECK, SEND]


def test_a_refund_that_comes_between_reading_and_telling_stops_the_parcel(pdd: PddStand) -> None:
    no = paid(pdd)
    parcel = notice(pdd, no)
    read = pdd.channel.get_order

    def stale(order_no: str) -> Any:
        order = read(order_no)
        if not pdd.shop.cases:
            pdd.shop.ask_refund(no)
        return order

    pdd.channel._sender._read = stale
    assert refused(lambda: pdd.channel.confirm_shipment(parcel)) == REFUND_OPEN
    assert (counts(pdd, SEND), pdd.waybills_of(no)) == ([0], [])


@pytest.mark.parametrize("fault", ["cut_after", "half_body", "52102_after"])
def test_a_parcel_whose_answer_is_lost_is_looked_up_and_told_once(pdd: PddStand, fault: str) -> None:
    no = paid(pdd)
    parcel = notice(pdd, no)
    pdd.server.faults.next(fault, only=SEND)

    for _ in range(2):
        pdd.channel.confirm_shipment(parcel)

    assert (counts(pdd, SEND), pdd.waybills_of(no)) == ([1], [pdd.waybill(17)])
    assert [what for what, subject, _ in pdd.shop.happened if subject == no].count("shipped") == 1


@pytest.mark.parametrize("fault", ["cut_before", "52102_before", "52101", "50001", "10019", "html_200", "http_502"])
def test_a_parcel_that_was_not_taken_is_left_to_be_told_again(pdd: PddStand, fault: str) -> None:
    no = paid(pdd)
    parcel = notice(pdd, no)
    pdd.server.faults.next(fault, only=SEND)

    with pytest.raises(ChannelError) as caught:
        pdd.channel.confirm_shipment(parcel)
    assert not isinstance(caught.value, Rejected)
    assert (counts(pdd, SEND), pdd.waybills_of(no)) == ([1], [])
    pdd.channel.confirm_shipment(parcel)
    assert pdd.waybills_of(no) == [pdd.waybill(17)]


def test_a_number_somebody_told_meanwhile_is_found_in_the_refusal(pdd: PddStand) -> None:
    mine, other = paid(pdd), paid(pdd)
    for no, number, told in ((mine, 17, None), (other, 99, SHIPPED_OTHERWISE)):
        parcel = notice(pdd, no)
        before = pdd.channel.get_order(no)
        pdd.shop.ship(no, "115", pdd.waybill(number))
        answers = iter([before, pdd.channel.get_order(no)])
        pdd.channel._sender._read = lambda _no, answers=answers: next(answers)
        if told is None:
            pdd.channel.confirm_shipment(parcel)
        else:
            assert refused(lambda parcel=parcel: pdd.channel.confirm_shipment(parcel)) == told
        assert pdd.waybills_of(no) == [pdd.waybill(number)]


def test_further_parcels_of_an_order_are_shown_beside_the_first(pdd: PddStand) -> None:
    no = paid(pdd, Wish(0, 2), Wish(1, 1))
    first, second = notice(pdd, no).lines
    for number, lines in ((17, [(first[0], 2)]), (24, [second])):
        for _ in range(2):
            pdd.channel.confirm_shipment(notice(pdd, no, number, lines=lines))

    assert pdd.waybills_of(no) == [pdd.waybill(17), pdd.waybill(24)]
    assert counts(pdd, SEND, EXTRA) == [1, 1]
    order = pdd.channel.get_order(no)
    assert order is not None
    assert [(one.carrier_code, one.waybill_no) for one in order.shipped] == [
        ("ZTO", pdd.waybill(17)),
        ("ZTO", pdd.waybill(24)),
    ]


def test_a_further_parcel_whose_answer_is_lost_is_found_again(pdd: PddStand) -> None:
    no = paid(pdd, Wish(0, 2))
    line = notice(pdd, no).lines[0][0]
    pdd.channel.confirm_shipment(notice(pdd, no, 17, lines=[(line, 1)]))
    pdd.server.faults.next("cut_after", only=EXTRA)
    pdd.channel.confirm_shipment(notice(pdd, no, 24, lines=[(line, 1)]))

    assert (pdd.waybills_of(no), counts(pdd, EXTRA)) == ([pdd.waybill(17), pdd.waybill(24)], [1])


def test_a_number_is_replaced_only_where_it_is_the_one_that_stands(pdd: PddStand) -> None:
    no = paid(pdd)
    pdd.channel.confirm_shipment(notice(pdd, no))
    wrong = notice(pdd, no, 24, replaces=pdd.waybill(1))
    assert refused(lambda: pdd.channel.confirm_shipment(wrong)) == SHIPPED_OTHERWISE
    right = notice(pdd, no, 24, replaces=pdd.waybill(17))
    pdd.server.faults.next("cut_after", only=SEND)
    pdd.channel.confirm_shipment(right)
    pdd.channel.confirm_shipment(right)

    assert (pdd.waybills_of(no), counts(pdd, SEND)) == ([pdd.waybill(24)], [2])


def test_a_carrier_the_platform_does_not_take_is_refused_before_anything_is_told(pdd: PddStand) -> None:
    no = paid(pdd)
    for carrier in ("PX", "HT", "百世快递"):
        parcel = notice(pdd, no, carrier_code=carrier)
        assert refused(lambda parcel=parcel: pdd.channel.confirm_shipment(parcel)) == CARRIER_REFUSED
    assert counts(pdd, SEND, "pdd.logistics.companies.get") == [0, 1]


def test_a_refusal_keeps_the_platforms_code_where_nothing_explains_it(pdd: PddStand) -> None:
    no = paid(pdd)
    bad = ShipmentNotice("s-1", no, "ZTO", "?", notice(pdd, no).lines)
    assert refused(lambda: pdd.channel.confirm_shipment(bad)) == "50001"
    pdd.cancel(no)
    assert refused(lambda: pdd.channel.confirm_shipment(bad)) == ORDER_CLOSED


def test_an_order_nobody_knows_is_asked_for_once_more_the_cheap_way(pdd: PddStand) -> None:
    assert pdd.channel.get_order("260108-999999999999999") is None
    assert counts(pdd, DETAIL, STATUS) == [1, 1]
    no = paid(pdd)
    pdd.server.faults.next("50001", "50001", "50001", only=DETAIL)
    with pytest.raises(Temporary):
        pdd.channel.get_order(no)


# --- notes and stock ----------------------------------------------------------------------------------------------------


def test_a_flag_cannot_be_taken_off(pdd: PddStand) -> None:
    no = paid(pdd)
    pdd.channel.write_note(no, "一", Flag.BLUE)
    with pytest.raises(Rejected):
        pdd.channel.write_note(no, "二", Flag.NONE)
    pdd.channel.write_note(no, "")

    order = pdd.channel.get_order(no)
    assert order is not None
    assert (order.seller_note, order.seller_flag) == ("", Flag.BLUE)


def test_goods_in_a_promotion_keep_their_number(pdd: PddStand) -> None:
    listed = pdd.listed(0)
    pdd.shop.goods[listed.channel_sku_id].locked = 1
    assert pdd.channel.stock_rules.may_refuse_decrease

    assert refused(lambda: pdd.channel.change_stock(listed, -1, "act-1")) == "50001"
    assert pdd.stock_of(0) == 1000
    assert pdd.channel.change_stock(listed, 5, "act-2").qty == 1005


@pytest.mark.parametrize("fault", ["cut_after", "52102_after", "half_body"])
def test_a_difference_without_an_answer_is_not_repeated(pdd: PddStand, fault: str) -> None:
    pdd.server.faults.next(fault, only=QUANTITY)
    with pytest.raises(ChannelError) as caught:
        pdd.channel.change_stock(pdd.listed(0), -3, "act-1")

    assert not isinstance(caught.value, Rejected)
    assert (counts(pdd, QUANTITY), pdd.stock_of(0)) == ([1], 997)
    assert pdd.channel.read_stock(pdd.listed(0)).qty == 997


def test_a_question_after_a_difference_never_passes_for_its_refusal(pdd: PddStand) -> None:
    pdd.server.faults.next("20005", only="pdd.goods.detail.get")
    with pytest.raises(Temporary):
        pdd.channel.change_stock(pdd.listed(0), -3, "act-1")
    assert pdd.stock_of(0) == 997


def test_units_of_unpaid_orders_count_until_they_are_paid(pdd: PddStand) -> None:
    no = pdd.place(Wish(0, 3))
    assert (pdd.stock_of(0), pdd.channel.read_stock(pdd.listed(0)).qty) == (997, 1000)
    pdd.pay(no)
    assert pdd.channel.read_stock(pdd.listed(0)).qty == 997


def test_stock_is_written_by_code_where_a_link_has_no_sku(pdd: PddStand) -> None:
    whole = pdd.listed(0)
    by_code = ListedSku(whole.item_id, "", whole.merchant_code)
    assert pdd.channel.change_stock(by_code, -1, "act-1").qty == 999
    assert pdd.channel.set_stock(by_code, 7).qty == 7
    assert pdd.stock_of(0) == 7


def test_a_sale_is_of_the_whole_item(pdd: PddStand) -> None:
    listed = pdd.listed(0)
    more = pdd.shop.list_goods("MF-102", 5, item_id=listed.item_id)
    pdd.channel.pause_sale(listed)
    assert (pdd.is_on_sale(0), more.is_on_sale, pdd.channel.read_stock(listed).is_on_sale) == (False, False, False)
    pdd.channel.resume_sale(listed)
    assert (pdd.is_on_sale(0), more.is_on_sale) == (True, True)
    assert not pdd.channel.stock_rules.pauses_sale


# --- tokens -------------------------------------------------------------------------------------------------------------

APP = {"client_id": CLIENT_ID, "redirect_uri": "https://shop.example/back"}


def test_an_owner_lets_us_in_and_the_token_is_renewed(pdd: PddStand) -> None:
    settings, secret = {**APP, "base_url": pdd.server.url}, {"client_secret": SECRET}
    door = authoriser(settings, secret, pdd.channel._client._http, pdd.clock)
    assert door.page("https://shop.example/back?a=1", "word&1") == (
        f"{PAGE}?response_type=code&client_id={CLIENT_ID}"
        "&redirect_uri=https%3A%2F%2Fshop.example%2Fback%3Fa%3D1&state=word%261"
    )

    grant = door.exchange(pdd.server.tokens.code(), "https://shop.example/back")
    assert grant.shop is not None
    opened = PLUGIN.factory(settings, {**secret, **grant.secrets}, pdd.channel._client._http, pdd.clock)
    assert isinstance(opened, PddChannel)
    assert opened.identify().id == grant.shop.id
    # receivers may be read an hour less long than the rest, and that is when somebody has to do something
    assert abs(grant.expires_at - (pdd.now() + timedelta(days=30, hours=-1))) <= timedelta(seconds=2)
    assert grant.refresh_until is not None
    assert abs(grant.refresh_until - (pdd.now() + timedelta(days=45))) <= timedelta(seconds=2)

    renewed = door.refresh(grant.secrets)
    assert renewed is not None
    with pytest.raises(AuthExpired):
        opened.check()
    PLUGIN.factory(settings, {**secret, **renewed.secrets}, pdd.channel._client._http, pdd.clock).check()
    with pytest.raises(AuthExpired):
        door.refresh(grant.secrets)
    with pytest.raises(AuthExpired):
        door.refresh({})
    texts = repr(grant) + repr(PddApp("c", "hidden-1", "hidden-2"))
    assert not any(word in texts for word in (*grant.secrets.values(), "hidden"))


def test_a_code_is_taken_once_and_not_for_long(pdd: PddStand) -> None:
    settings, secret = {**APP, "base_url": pdd.server.url}, {"client_secret": SECRET}
    door = authoriser(settings, secret, pdd.channel._client._http, pdd.clock)
    used, old = pdd.server.tokens.code(), pdd.server.tokens.code()
    door.exchange(used, "")
    pdd.clock.advance(minutes=11)
    for code in (used, old, "made-up"):
        with pytest.raises(Rejected):
            door.exchange(code, "")
    wrong = authoriser(settings, {"client_secret": "wrong"}, pdd.channel._client._http, pdd.clock)
    with pytest.raises(AuthExpired):
        wrong.exchange(pdd.server.tokens.code(), "")


def test_no_token_outlives_what_the_shop_has_bought(pdd: PddStand) -> None:
    pdd.server.tokens.service_until = pdd.now() + timedelta(days=3)
    settings, secret = {**APP, "base_url": pdd.server.url}, {"client_secret": SECRET}
    door = authoriser(settings, secret, pdd.channel._client._http, pdd.clock)
    grant = door.exchange(pdd.server.tokens.code(), "")

    assert grant.expires_at <= pdd.now() + timedelta(days=3)


def test_a_token_that_has_run_out_asks_for_authorisation(pdd: PddStand) -> None:
    pdd.server.tokens.expire()
    with pytest.raises(AuthExpired) as caught:
        pdd.channel.check()
    assert caught.value.code == "10019"


def test_a_shop_that_is_not_authorised_says_so_without_calling(pdd: PddStand) -> None:
    shop = PddChannel(PddClient(endpoint(pdd.server.url), pdd.channel._client._http, PddApp(CLIENT_ID, SECRET)))
    before = len(pdd.server.seen)
    with pytest.raises(AuthExpired) as caught:
        shop.check()
    assert (caught.value.code, len(pdd.server.seen)) == ("no_token", before)


# --- the plugin, and what nobody may read -------------------------------------------------------------------------------


def test_the_plugin_is_among_the_channels_and_its_settings_are_checked() -> None:
    assert built_in().get("pdd") is PLUGIN
    clock = ManualClock(START)
    with HttpClient(clock) as http:
        right = PLUGIN.factory(APP, {"client_secret": "s", "access_token": "t"}, http, clock)
        assert right.capabilities == PLUGIN.capabilities
        assert not right.capabilities.sees_unpaid
        for settings, secret, code in (
            ({}, {"client_secret": "s"}, "channel.setting"),
            (APP, {}, "channel.setting"),
            ({**APP, "base_url": "http://relay.example"}, {"client_secret": "s"}, "http.address"),
        ):
            with pytest.raises(Refused) as caught:
                PLUGIN.factory(settings, secret, http, clock)
            assert caught.value.code == code


def test_what_is_unproven_is_told_in_both_languages() -> None:
    unproven = PLUGIN.capabilities.unproven
    assert len({fact.key for fact in unproven}) == len(unproven) > 0
    assert all(fact.zh and fact.en for fact in unproven)


def test_a_ban_is_obeyed(pdd: PddStand) -> None:
    pdd.server.faults.next("70031", only="pdd.mall.info.get")
    before = pdd.clock.monotonic()
    pdd.channel.check()
    assert pdd.clock.monotonic() - before >= 10

    pdd.server.faults.next("52101", "52101", "52101", only="pdd.mall.info.get")
    with pytest.raises(RateLimited):
        pdd.channel.check()


def test_a_relay_is_called_instead_and_its_refusals_are_understood(pdd: PddStand) -> None:
    pdd.server.faults.next("html_403")
    with pytest.raises(ContractBroken):
        pdd.channel.check()
    pdd.server.faults.next("20005")
    assert refused(pdd.channel.check) == "20005"


def test_no_secret_and_nobodys_data_is_in_a_log_or_an_error(pdd: PddStand, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    person = Person(name="赵无名", phone="13812345678", address="无名路77号")
    no = pdd.shop.place([(pdd.listed(0).channel_sku_id, 1)], person=person, note="别告诉人").no
    pdd.pay(no)
    pdd.clock.advance(minutes=4)
    texts = []
    for fault in ("ok", "52101", "50001", "10019", "20005", "html_200", "cut_after", "half_body"):
        pdd.server.faults.next(fault)
        for act in (
            lambda: pdd.channel.pull_orders(pdd.now() - timedelta(minutes=30), None),
            lambda: pdd.channel.get_order(no),
            lambda: pdd.channel.write_note(no, "别告诉人", Flag.RED),
            lambda: pdd.channel.confirm_shipment(ShipmentNotice("s-1", no, "PX", "SF777888999", [])),
        ):
            try:
                texts.append(repr(act()) if fault == "never" else str(act() is None))
            except ChannelError as error:
                texts += [str(error), repr(error), error.code, str(error.__cause__)]
    everything = caplog.text + "".join(texts)

    assert "pdd.order.information.get" in caplog.text
    token = pdd.channel._client._app.access_token
    for private in ("赵无名", "13812345678", "无名路", "别告诉人", "SF777888999", SECRET, token, no):
        assert private not in everything
