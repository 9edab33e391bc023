"""The WooCommerce adapter where WooCommerce is peculiar: keys, parcels it does not know, stock of unpaid orders, hosts."""

import logging
from collections.abc import Callable, Iterator
from datetime import timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from core.channels.contract import (
    KEPT_BACK,
    NOT_PAID,
    ORDER_CLOSED,
    SHIPPED_OTHERWISE,
    ShipmentNotice,
    ShippedParcel,
)
from core.channels.registry import built_in
from core.channels.stock_contract import ListedSku
from core.channels.woocommerce.channel import WooChannel
from core.channels.woocommerce.client import Ways, WooKey
from core.channels.woocommerce.facts import CAPABILITIES
from core.channels.woocommerce.plugin import PLUGIN
from core.runtime.clock import ManualClock
from core.runtime.errors import Refused
from core.runtime.http import HttpClient
from core.runtime.remote_errors import AuthExpired, ChannelError, ContractBroken, RateLimited, Rejected, Temporary
from tests.contract.woo_stand import START, WooStand, woo_stand
from tests.simulators.platforms.shop import Person
from tests.simulators.platforms.woocommerce import CONSUMER_KEY, CONSUMER_SECRET, READ_KEY, READ_SECRET
from tests.support.channel_stand import Wish

ORDERS, ORDER, TELL = "GET wc/v3/orders", "GET wc/v3/orders/#", "PUT wc/v3/orders/#"
NOTES, NOTE = "GET wc/v3/orders/#/notes", "POST wc/v3/orders/#/notes"
TRACK = "POST wc-shipment-tracking/v3/orders/#/shipment-trackings"
HOUR = timedelta(hours=1)


@pytest.fixture
def woo(tmp_path: Path) -> Iterator[WooStand]:
    with woo_stand(tmp_path) as stand:
        yield stand
        assert stand.server.faults.is_used_up


def paid(woo: WooStand, *wishes: Wish) -> str:
    no = woo.place(*wishes)
    woo.pay(no)
    return no


def notice(woo: WooStand, no: str, number: int = 17, **more: Any) -> ShipmentNotice:
    order = woo.channel.get_order(no)
    assert order is not None
    lines = [(line.line_no, line.qty) for line in order.lines]
    facts: dict[str, Any] = {"carrier_code": "ZTO", "lines": lines, **more}
    return ShipmentNotice(f"s-{number}", no, waybill_no=woo.waybill(number), **facts)


def by_header(woo: WooStand) -> WooChannel:
    """As over https: TLS ends before the simulator."""
    channel = woo.opened()
    channel._client._signs = False
    return channel


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(Rejected) as caught:
        act()
    return caught.value.code


def pulled(woo: WooStand, since: timedelta = HOUR) -> dict[str, Any]:
    woo.settle()
    start, cursor, found = woo.now() - since, None, {}
    while True:
        page = woo.channel.pull_orders(start, cursor)
        found |= {order.order_no: order for order in page.orders}
        cursor = page.next_cursor
        if cursor is None:
            return found


# --- keys, clocks, addresses --------------------------------------------------------------------------------------------


def test_a_clock_that_is_hours_wrong_signs_by_the_shops(woo: WooStand) -> None:
    woo.server.skew = timedelta(hours=3)
    assert abs(woo.channel.check() - woo.now()) < timedelta(seconds=2)


def test_behind_tls_a_key_goes_in_the_header(woo: WooStand) -> None:
    woo.server.is_behind_tls = True
    with pytest.raises(AuthExpired):
        woo.channel.check()  # signed for the address that the shop does not believe to have
    by_header(woo).check()


def test_an_address_without_rewriting_is_reached_through_the_query(woo: WooStand) -> None:
    no = paid(woo)
    woo.server.has_pretty_links = False
    with pytest.raises(ContractBroken) as caught:
        woo.channel.check()
    assert caught.value.code == "page.404"
    plain = woo.opened(ways=Ways(plain_links=True))
    order = plain.get_order(no)
    assert order is not None
    lines = [(line.line_no, line.qty) for line in order.lines]
    plain.confirm_shipment(ShipmentNotice("s", no, "ZTO", "731", lines))
    assert woo.waybills_of(no) == ["731"]


def test_a_key_that_may_only_read_says_so_and_changes_nothing(woo: WooStand) -> None:
    no = paid(woo)
    reader = woo.opened(READ_KEY, READ_SECRET)
    assert reader.get_order(no) is not None
    before = woo.stock_of(0)
    for act in (
        lambda: reader.set_stock(woo.listed(0), 3),
        lambda: reader.confirm_shipment(notice(woo, no)),
        lambda: reader.write_note(no, "加急"),
    ):
        code = refused(act)
        assert PLUGIN.meaning_of(code) == "key_rights"
    assert (woo.stock_of(0), woo.waybills_of(no), woo.server.shop.status_of(woo.shop.order(no))) == (
        before,
        [],
        "processing",
    )


def test_a_key_nobody_knows_asks_for_authorisation(woo: WooStand) -> None:
    with pytest.raises(AuthExpired):
        woo.opened("ck_unknown").check()


def test_a_shop_that_sells_in_another_currency_is_refused_and_its_orders_wait(woo: WooStand) -> None:
    no = paid(woo)
    woo.server.look.currency = "USD"
    assert refused(woo.channel.check) == "currency"
    order = woo.channel.get_order(no)
    assert order is not None
    assert order.stopped_for == "USD"
    assert refused(lambda: woo.channel.confirm_shipment(notice(woo, no))) == KEPT_BACK


def test_the_shop_says_whose_it_is_and_an_address_does_where_it_hides(woo: WooStand) -> None:
    told = woo.channel.identify()
    assert told.name == woo.server.site.name
    assert told.id == woo.server.url.removeprefix("http://")
    woo.server.faults.next("ok", "waf")
    assert woo.channel.identify().id == told.id


# --- orders -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hours", [-8, 0, 8])
def test_windows_hold_whatever_the_sites_time_zone_is(woo: WooStand, hours: int) -> None:
    woo.server.look.zone = timezone(timedelta(hours=hours))
    no = paid(woo)
    assert set(pulled(woo, timedelta(minutes=5))) == {no}
    woo.clock.advance(minutes=30)
    assert pulled(woo, timedelta(minutes=5)) == {}


def test_days_offline_are_read_in_windows_each_with_its_watermark(woo: WooStand) -> None:
    placed = []
    for _ in range(5):
        placed.append(paid(woo))
        woo.clock.advance(hours=10)
    start, cursor, marks, found = woo.now() - timedelta(hours=51), None, [], []
    while True:
        page = woo.channel.pull_orders(start, cursor)
        found += [order.order_no for order in page.orders]
        marks += [page.whole_until] if page.whole_until else []
        cursor = page.next_cursor
        if cursor is None:
            break
    assert sorted(set(found)) == sorted(placed)
    assert marks == sorted(set(marks))
    assert len(marks) == 9
    assert timedelta() <= woo.now() - marks[-1] <= timedelta(seconds=5)


def test_rows_that_move_while_a_page_is_told_are_told_again_later(woo: WooStand) -> None:
    placed = [paid(woo) for _ in range(8)]
    woo.settle()
    since = woo.now() - HOUR
    woo.server.faults.next("row_moves", "row_doubled", "row_moves", only=ORDERS)
    found, cursor, reached = set(), None, None
    while True:
        page = woo.channel.pull_orders(since, cursor)
        found |= {order.order_no for order in page.orders}
        reached = page.whole_until or reached
        cursor = page.next_cursor
        if cursor is None:
            break
    assert reached is not None
    woo.settle()
    found |= {order.order_no for order in woo.channel.pull_orders(reached, None).orders}
    assert found == set(placed)


def test_an_order_in_the_trash_is_closed_and_a_restored_one_goes_on(woo: WooStand) -> None:
    no, other = paid(woo), paid(woo)
    woo.clock.advance(minutes=10)
    woo.server.shop.set_status(no, "trash")
    found = pulled(woo)
    assert (found[no].is_closed, found[other].is_closed) == (True, False)
    assert list(pulled(woo, timedelta(minutes=5))) == [no], "alone in its window"
    assert refused(lambda: woo.channel.confirm_shipment(notice(woo, no))) == ORDER_CLOSED
    woo.tick()
    woo.server.shop.set_status(no, "processing")
    assert not pulled(woo)[no].is_closed


def test_an_order_that_waits_for_money_is_unpaid_and_one_of_a_plugins_state_is_kept_back(woo: WooStand) -> None:
    waits, odd = woo.place(), paid(woo)
    woo.server.shop.hold(waits)
    woo.server.shop.set_status(odd, "on-hold")
    found = pulled(woo)
    assert (found[waits].payment, found[waits].stopped_for, found[odd].payment) == ("unpaid", "", "paid")
    assert found[odd].stopped_for == "on-hold"
    assert {refused(lambda no=no: woo.channel.confirm_shipment(notice(woo, no))) for no in (waits, odd)} == {
        NOT_PAID,
        KEPT_BACK,
    }


def test_an_open_order_is_seen_by_its_state(woo: WooStand) -> None:
    numbers = [woo.place(), paid(woo), woo.place(), paid(woo), paid(woo)]
    woo.server.shop.hold(numbers[2])
    woo.cancel(numbers[3])
    woo.server.shop.set_status(numbers[4], "completed")
    found, cursor = set(), None
    while True:
        page = woo.channel.open_orders(cursor)
        assert page.whole_until is None
        found |= {order.order_no for order in page.orders}
        cursor = page.next_cursor
        if cursor is None:
            break
    assert found == set(numbers[:3])


def test_what_is_placed_while_open_orders_are_read_hides_none_of_them(woo: WooStand) -> None:
    placed = [paid(woo) for _ in range(8)]
    found, cursor = set(), None
    while True:
        page = woo.channel.open_orders(cursor)
        found |= {order.order_no for order in page.orders}
        paid(woo)
        cursor = page.next_cursor
        if cursor is None:
            break
    assert set(placed) <= found


# --- parcels ------------------------------------------------------------------------------------------------------------


def test_without_the_plugin_the_buyer_gets_a_note_with_the_number_once(woo: WooStand) -> None:
    woo.server.site.has_tracking = False
    no = paid(woo, Wish(0, 2), Wish(1, 1))
    order = woo.channel.get_order(no)
    assert order is not None
    first, second = order.lines
    parts = [notice(woo, no, number, lines=[(first.line_no, 1)]) for number in (1, 2)]
    parts.append(notice(woo, no, 3, carrier_code="SF", lines=[(second.line_no, 1)]))
    for part in parts:
        assert not woo.channel.get_order(no).is_shipped  # type: ignore[union-attr]
        for _ in range(2):
            woo.channel.confirm_shipment(part)

    assert woo.waybills_of(no) == [woo.waybill(number) for number in (1, 2, 3)]
    texts = [note.text for note in woo.server.shop.notes_of(woo.shop.order(no)) if note.is_for_customer]
    assert ["中通快递" in texts[0], "顺丰速运" in texts[2]] == [True, True]
    got = woo.channel.get_order(no)
    assert got is not None
    assert got.is_shipped
    assert list(got.shipped) == [
        ShippedParcel(part.carrier_code, part.waybill_no, tuple(part.lines)) for part in parts
    ]


@pytest.mark.parametrize("has_plugin", [True, False])
@pytest.mark.parametrize("fault", ["cut_after", "error_after", "twice", "warning_before", "half_body"])
def test_a_write_whose_answer_is_lost_is_looked_up(woo: WooStand, fault: str, has_plugin: bool) -> None:
    woo.server.site.has_tracking = has_plugin
    no = paid(woo)
    told = notice(woo, no)
    woo.server.faults.next(fault, only=TRACK if has_plugin else NOTE)
    woo.channel.confirm_shipment(told)
    other = paid(woo)
    again = notice(woo, other, 24)
    woo.server.faults.next(fault, only=TELL)
    woo.channel.confirm_shipment(again)

    for number, at in ((no, 17), (other, 24)):
        assert woo.waybills_of(number) == [woo.waybill(at)]
        assert woo.told_count(number) == 1


def test_a_crash_between_the_number_and_the_orders_completion_is_mended_by_the_next_try(woo: WooStand) -> None:
    for has_plugin in (True, False):
        woo.server.site.has_tracking = has_plugin
        channel = woo.opened()
        no = paid(woo)
        told = notice(woo, no)
        woo.server.faults.next("cut_before", only=TELL)
        with pytest.raises(Temporary):
            channel.confirm_shipment(told)
        assert woo.waybills_of(no) == [woo.waybill(17)]
        assert woo.told_count(no) == 0
        channel.confirm_shipment(told)
        assert (woo.waybills_of(no), woo.told_count(no)) == ([woo.waybill(17)], 1)


def test_a_cache_before_the_shop_does_not_answer_for_it(woo: WooStand) -> None:
    no = paid(woo)
    told = notice(woo, no)
    woo.server.is_behind_tls = True
    channel = by_header(woo)
    assert channel.get_order(no) is not None
    channel.confirm_shipment(told)
    woo.server.faults.next("stale")
    got = channel.get_order(no)
    assert got is not None
    assert got.is_shipped


def test_anothers_number_is_a_conflict_and_a_completed_order_without_one_takes_ours(woo: WooStand) -> None:
    other, bare = paid(woo), paid(woo)
    woo.shop.ship(other, "顺丰速运", "SF1")
    woo.server.shop.set_status(bare, "completed")
    assert refused(lambda: woo.channel.confirm_shipment(notice(woo, other))) == SHIPPED_OTHERWISE
    assert woo.waybills_of(other) == ["SF1"]

    woo.channel.confirm_shipment(notice(woo, bare))
    assert woo.waybills_of(bare) == [woo.waybill(17)]
    assert woo.told_count(bare) == 1, "it was completed by hand, once"


def test_a_number_somebody_entered_before_us_counts_as_told(woo: WooStand) -> None:
    no = paid(woo)
    woo.server.shop.add_tracking(
        woo.shop.order(no), {"custom_tracking_provider": "中通快递", "tracking_number": woo.waybill(17)}
    )
    woo.channel.confirm_shipment(notice(woo, no))
    assert (woo.waybills_of(no), woo.told_count(no)) == ([woo.waybill(17)], 1)


def test_a_number_is_replaced_in_the_plugin_too_and_only_one_that_is_there(woo: WooStand) -> None:
    no = paid(woo)
    woo.channel.confirm_shipment(notice(woo, no))
    other = notice(woo, no, 24, replaces=woo.waybill(17))
    # the order, the plugin's carriers, the new number; then the old one goes
    woo.server.faults.next("ok", "ok", "ok", "cut_after")
    for _ in range(2):
        woo.channel.confirm_shipment(other)
    assert woo.waybills_of(no) == [woo.waybill(24)]
    wrong = notice(woo, no, 31, replaces=woo.waybill(17))
    assert refused(lambda: woo.channel.confirm_shipment(wrong)) == SHIPPED_OTHERWISE


def test_what_was_paid_back_is_not_waited_for_and_not_sent(woo: WooStand) -> None:
    no = paid(woo, Wish(0, 2), Wish(1, 1))
    woo.refund_line(no, 1)
    order = woo.channel.get_order(no)
    assert order is not None
    kept, back = order.lines
    assert refused(lambda: woo.channel.confirm_shipment(notice(woo, no, lines=[(back.line_no, 1)]))) == ORDER_CLOSED
    woo.channel.confirm_shipment(notice(woo, no, lines=[(kept.line_no, 2)]))
    assert woo.channel.get_order(no).is_shipped  # type: ignore[union-attr]
    assert refused(lambda: woo.channel.confirm_shipment(notice(woo, no, 24, lines=[("1", 1)]))) == "line_not_found"


# --- notes --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["cut_after", "error_after", "twice"])
def test_a_note_without_an_answer_is_left_once(woo: WooStand, fault: str) -> None:
    no = paid(woo)
    woo.server.faults.next(fault, only=NOTE)
    woo.channel.write_note(no, "加急")
    texts = [note.text for note in woo.server.shop.notes_of(woo.shop.order(no))]
    assert texts.count("加急") <= (2 if fault == "twice" else 1)
    assert woo.channel.get_order(no).seller_note == "加急"  # type: ignore[union-attr]
    woo.channel.write_note(no, "")
    assert woo.channel.get_order(no).seller_note == ""  # type: ignore[union-attr]


# --- stock --------------------------------------------------------------------------------------------------------------


def test_units_of_unpaid_orders_are_off_what_is_read_and_beside_what_is_set(woo: WooStand) -> None:
    listed = woo.listed(0)
    no = woo.place(Wish(0, 3))
    woo.place(Wish(1, 5))
    assert (woo.stock_of(0), woo.channel.read_stock(listed).qty) == (1000, 997)
    assert woo.channel.set_stock(listed, 10).qty == 10
    assert (woo.stock_of(0), woo.channel.read_stock(listed).qty) == (13, 10)
    woo.pay(no)
    assert (woo.stock_of(0), woo.channel.read_stock(listed).qty) == (10, 10)


def test_an_order_paid_around_a_write_leaves_no_units_too_many(
    woo: WooStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = woo.listed(0)
    no = woo.place(Wish(0, 3))
    client = woo.channel._client
    tell = client.tell

    def paid_before(*args: Any, **kwargs: Any) -> Any:
        monkeypatch.undo()
        woo.pay(no)
        return tell(*args, **kwargs)

    monkeypatch.setattr(client, "tell", paid_before)
    assert woo.channel.set_stock(listed, 10).qty == 10
    assert woo.stock_of(0) == 10


def test_a_refused_question_after_a_write_never_passes_for_its_refusal(woo: WooStand) -> None:
    woo.server.faults.next("ok", "ok", "no_rights")
    with pytest.raises(Temporary):
        woo.channel.set_stock(woo.listed(0), 7)
    assert woo.stock_of(0) == 7


def test_goods_that_share_a_number_or_have_none_get_one_of_their_own(woo: WooStand) -> None:
    shop = woo.server.shop
    red = shop.list_goods("T-RED", 5, title="T", spec="红色;M")
    blue = shop.list_goods("T-BLUE", 5, title="T", spec="蓝色;M", item_id=red.item_id)
    shop.pool(red.item_id, 9)
    shop.place([(blue.sku_id, 2)])
    listed = ListedSku(red.item_id, red.sku_id, red.code)
    assert woo.channel.read_stock(listed).qty == 7, "of one number for both, two wait for money"
    assert woo.channel.set_stock(listed, 4).qty == 4
    assert woo.channel.read_stock(listed).qty == 4

    loose = shop.list_goods("LOOSE", 0)
    shop.unmanaged.add(loose.sku_id)
    alone = ListedSku(loose.item_id, "", loose.code)
    assert woo.channel.read_stock(alone).qty == 0
    assert woo.channel.set_stock(alone, 6).qty == 6
    assert woo.channel.read_stock(alone).qty == 6


def test_a_choice_is_taken_off_sale_alone(woo: WooStand) -> None:
    red = woo.shop.list_goods("T-RED", 5, title="T", spec="红色")
    blue = woo.shop.list_goods("T-BLUE", 5, title="T", spec="蓝色", item_id=red.item_id)
    one, other = (ListedSku(each.item_id, each.sku_id, each.code) for each in (red, blue))
    woo.channel.pause_sale(one)
    assert (woo.channel.read_stock(one).is_on_sale, woo.channel.read_stock(other).is_on_sale) == (False, True)
    woo.channel.resume_sale(one)
    assert woo.channel.read_stock(one).is_on_sale


# --- hosts, firewalls, what nobody may read -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("too_many", RateLimited),
        ("too_many_until", RateLimited),
        ("waf", ContractBroken),
        ("waf_check", Temporary),
        ("maintenance", Temporary),
        ("to_https", ContractBroken),
        ("to_login", ContractBroken),
        ("critical_error", Temporary),
        ("no_database", Temporary),
        ("warning_before", ContractBroken),
        ("no_rights", Rejected),
    ],
)
def test_each_trouble_of_the_host_is_of_its_kind(woo: WooStand, fault: str, kind: type[ChannelError]) -> None:
    no = paid(woo)
    woo.server.faults.next(*[fault] * 3)
    with pytest.raises(ChannelError) as caught:
        woo.channel.get_order(no)
    assert type(caught.value) is kind
    woo.server.faults.forget()


def test_a_wait_is_obeyed_to_the_second(woo: WooStand) -> None:
    for fault, least in (("too_many", 17), ("too_many_until", 29)):
        before = woo.clock.monotonic()
        woo.server.faults.next(fault)
        try:
            woo.channel.get_order(paid(woo))
        except RateLimited as error:
            woo.clock.advance(seconds=error.retry_after_s)
        assert woo.clock.monotonic() - before >= least


def test_no_secret_and_nobodys_data_is_in_a_log_or_an_error(woo: WooStand, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    person = Person(name="赵无名", phone="13812345678", address="无名路77号")
    no = woo.shop.place([(woo._goods[0].sku_id, 1)], person=person, note="别告诉人").no
    woo.pay(no)
    texts = [repr(WooKey(CONSUMER_KEY, CONSUMER_SECRET))]
    for fault in ("ok", "too_many", "waf", "critical_error", "no_rights", "html_200", "cut_after", "half_body"):
        for act in (
            lambda: woo.channel.pull_orders(woo.now() - HOUR, None),
            lambda: woo.channel.get_order(no),
            lambda: woo.channel.write_note(no, "别告诉人"),
            lambda: woo.channel.confirm_shipment(ShipmentNotice("s-1", no, "ZTO", "SF777888999", [("1", 1)])),
        ):
            woo.server.faults.next(*[fault] * 3)
            try:
                act()
            except ChannelError as error:
                texts += [str(error), repr(error), error.code, str(error.__cause__)]
            woo.server.faults.forget()
    everything = caplog.text + "".join(texts)

    assert "wc/v3/orders" in caplog.text
    for private in ("赵无名", "13812345678", "无名路", "别告诉人", "SF777888999", CONSUMER_SECRET, no):
        assert private not in everything


def test_the_plugin_is_among_the_channels_and_its_settings_are_checked() -> None:
    assert built_in().get("woocommerce") is PLUGIN
    right = {"base_url": "https://shop.example/", "consumer_key": "ck_1"}
    secret = {"consumer_secret": "cs_1"}
    with HttpClient(ManualClock(START)) as http:
        opened = PLUGIN.factory(right, secret, http, ManualClock(START))
        assert isinstance(opened, WooChannel)
        assert opened.capabilities == CAPABILITIES
        assert not opened._client._signs
        assert PLUGIN.factory({**right, "signs": "1"}, secret, http, ManualClock(START))._client._signs  # type: ignore[attr-defined]
        lan = {**right, "base_url": "http://192.168.1.9/shop"}
        assert PLUGIN.factory({**lan, "allow_lan": "1"}, secret, http, ManualClock(START))._client._signs  # type: ignore[attr-defined]
        for settings, given, code in (
            ({}, secret, "channel.setting"),
            (right, {}, "channel.setting"),
            (lan, secret, "http.address"),
            ({**right, "base_url": "http://shop.example"}, secret, "http.address"),
        ):
            with pytest.raises(Refused) as caught:
                PLUGIN.factory(settings, given, http, ManualClock(START))
            assert caught.value.code == code


def test_what_is_unproven_and_what_is_to_be_done_are_told_in_both_languages() -> None:
    unproven = PLUGIN.capabilities.unproven
    assert len({fact.key for fact in unproven}) == len(unproven) > 0
    assert all(fact.zh and fact.en for fact in unproven)
    assert all(step.zh and step.en for step in PLUGIN.steps)


def test_a_shop_that_does_not_know_the_filter_is_too_old(woo: WooStand, monkeypatch: pytest.MonkeyPatch) -> None:
    paid(woo)
    woo.clock.advance(hours=5)
    rows = woo.channel._client.rows

    def unfiltered(path: str, query: Any = ()) -> Any:
        return rows(path, [pair for pair in query if not pair[0].startswith("modified_")])

    monkeypatch.setattr(woo.channel._client, "rows", unfiltered)
    with pytest.raises(ContractBroken) as caught:
        woo.channel.pull_orders(woo.now() - HOUR, None)
    assert caught.value.code == "modified_after"
