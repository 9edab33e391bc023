"""The Douyin adapter where Douyin is unlike others, against the simulated platform over real HTTP."""

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from core.channels.contract import (
    CARRIER_REFUSED,
    ORDER_CLOSED,
    REFUND_OPEN,
    SHIPPED_OTHERWISE,
    WAYBILL_REFUSED,
    Channel,
    ShipmentNotice,
)
from core.channels.douyin import channel
from core.channels.douyin.authoriser import AUTHORISE_URL
from core.channels.douyin.channel import DouyinChannel
from core.channels.douyin.client import BASE_URL, DouyinApp, DouyinClient
from core.channels.douyin.facts import CAPABILITIES
from core.channels.douyin.plugin import PLUGIN
from core.channels.grant_contract import Authoriser
from core.channels.registry import built_in
from core.channels.shop_contract import IdentifiedChannel, ShopIdentity
from core.channels.stock_contract import ListedSku
from core.runtime.clock import ManualClock
from core.runtime.errors import Refused
from core.runtime.http import HttpClient
from core.runtime.remote_errors import AuthExpired, ChannelError, ContractBroken, RateLimited, Rejected, Temporary
from tests.contract.douyin_stand import START, DouyinStand, douyin_stand, opened
from tests.contract.platform_stand import way_to
from tests.simulators.platforms.douyin import UNPROVEN
from tests.support.channel_stand import Wish

HOUR = timedelta(hours=1)
SENDING_CALLS = ("/order/logisticsAdd", "/order/logisticsAddSinglePack", "/order/logisticsAddMultiPack")


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[DouyinStand]:
    with douyin_stand(tmp_path) as running:
        yield running


def paid(stand: DouyinStand, *wishes: Wish) -> str:
    no = stand.place(*wishes)
    stand.pay(no)
    return no


def line_nos(stand: DouyinStand, no: str) -> list[str]:
    order = stand.channel.get_order(no)
    assert order is not None
    return [line.line_no for line in order.lines]


def notice(stand: DouyinStand, no: str, lines: list[tuple[str, int]], number: int = 17) -> ShipmentNotice:
    return ShipmentNotice(f"s-{number}-{no}", no, stand.carrier, stand.waybill(number), lines)


def whole(stand: DouyinStand, no: str, number: int = 17) -> ShipmentNotice:
    order = stand.channel.get_order(no)
    assert order is not None
    return notice(stand, no, [(line.line_no, line.qty) for line in order.lines], number)


def calls_of(stand: DouyinStand, *names: str) -> list[str]:
    return [name for name, _fault in stand.server.seen if name in names]


# --- the platform's own troubles --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("error_20000", Temporary),
        ("timeout_20001_before", Temporary),
        ("busy_50002", Temporary),
        ("unknown_90000", Temporary),
        ("partial_10001", Temporary),
        ("too_many_60000", RateLimited),
        ("token_expired", AuthExpired),
        ("authorization_closed", AuthExpired),
        ("ip_30002", Rejected),
        ("gone_70000", ContractBroken),
        ("security_80000", Rejected),
    ],
)
def test_each_trouble_is_its_kind_and_passes(stand: DouyinStand, fault: str, kind: type[ChannelError]) -> None:
    no = paid(stand)
    stand.server.faults.next(*[fault] * 4)

    with pytest.raises(kind) as caught:
        stand.channel.get_order(no)

    assert type(caught.value) is kind
    stand.server.faults.forget()
    assert stand.channel.get_order(no) is not None


def test_half_of_a_page_is_not_taken_for_all_of_it(stand: DouyinStand) -> None:
    placed = [paid(stand) for _ in range(3)]
    stand.server.faults.next("ok", "partial_10001")

    page = stand.channel.pull_orders(stand.now() - HOUR, None)

    assert {order.order_no for order in page.orders} == set(placed)


def test_a_clock_that_is_wrong_is_set_right_by_the_answer(stand: DouyinStand) -> None:
    stand.server.skew = timedelta(hours=3)

    assert abs(stand.channel.check() - stand.now()) <= timedelta(seconds=2)
    assert stand.channel.pull_orders(stand.now() - HOUR, None).server_time <= stand.now()


@pytest.mark.parametrize("is_first", [True, False])
def test_no_clock_of_ours_moves_the_watermark_beyond_the_platforms(stand: DouyinStand, is_first: bool) -> None:
    """Our clock may be ahead from the start, or jump later: what it names would leave a gap behind the watermark."""
    way = way_to(stand.server, stand.clock)
    channel = opened(stand.server, way, stand.server.app.secret)
    if not is_first:
        channel.check()
    stand.server.skew = timedelta(minutes=-8)

    page = channel.pull_orders(stand.now() - HOUR, None)
    cases = channel.pull_after_sales(stand.now() - HOUR, None)

    for whole_until in (page.whole_until, cases.whole_until):
        assert whole_until is not None
        assert whole_until <= stand.now() - timedelta(seconds=CAPABILITIES.safety_lag_s)
    way.http.close()


# --- pulling ----------------------------------------------------------------------------------------------------------


def test_notes_and_refunds_are_seen_by_reading_open_orders_again(stand: DouyinStand) -> None:
    no = paid(stand)
    stand.clock.advance(hours=2)
    stand.shop.write_note(no, "改", "red")
    stand.shop.ask_refund(no)

    changed = stand.channel.pull_orders(stand.now() - HOUR, None).orders
    (order,) = stand.channel.open_orders(None).orders

    assert [one.order_no for one in changed] == []
    assert (order.order_no, order.seller_note, order.seller_flag) == (no, "改", "red")
    assert [line.after_sale for line in order.lines] == ["requested"]


def test_what_is_older_than_the_list_goes_is_not_asked_for(stand: DouyinStand) -> None:
    no = paid(stand)

    page = stand.channel.pull_orders(stand.now() - timedelta(days=400), None)
    found, cursor = list(page.orders), page.next_cursor
    while cursor is not None:
        page = stand.channel.pull_orders(stand.now(), cursor)
        found, cursor = [*found, *page.orders], page.next_cursor

    assert [order.order_no for order in found] == [no]


def test_days_offline_are_caught_up_window_by_window(stand: DouyinStand) -> None:
    since = stand.now()
    placed = []
    for _ in range(4):
        placed.append(paid(stand))
        stand.clock.advance(hours=30)
    reached = []
    cursor: str | None = None
    found: set[str] = set()
    for _ in range(40):
        page = stand.channel.pull_orders(since, cursor)
        found |= {order.order_no for order in page.orders}
        if page.whole_until is not None:
            reached.append(page.whole_until)
        cursor = page.next_cursor
        if cursor is None:
            break

    assert found == set(placed)
    assert len(reached) > 4
    assert reached == sorted(reached)


def test_numbers_beyond_a_double_stay_what_they_are(stand: DouyinStand) -> None:
    no = paid(stand, Wish(0, 1), Wish(1, 1))
    order = stand.channel.get_order(no)
    assert order is not None
    assert all(int(line.line_no) > 2**53 and int(line.channel_sku_id) > 2**53 for line in order.lines)
    assert {line.channel_sku_id for line in order.lines} == {
        stand.listed(0).channel_sku_id,
        stand.listed(1).channel_sku_id,
    }


def test_the_same_receiver_has_the_same_key_and_no_name(stand: DouyinStand) -> None:
    first, second, other = paid(stand), paid(stand), stand.place(address="练习路2号")
    keys = []
    for no in (first, second, other):
        order = stand.channel.get_order(no)
        assert order is not None
        keys.append(order.merge_key)
        assert set(json.loads(order.consignee.token)) == {"name", "phone", "address"}
        assert "赵练习" not in repr(order)
    assert keys[0] == keys[1] != keys[2]


def test_an_app_that_sees_less_still_gets_orders(stand: DouyinStand) -> None:
    no = paid(stand)
    stand.server.orders.words.cut_fields = frozenset(
        {"post_addr", "mask_post_addr", "mask_post_receiver", "mask_post_tel", "encrypt_post_receiver"}
        | {"encrypt_post_tel", "open_address_id", "doudian_open_id", "buyer_words", "exp_ship_time", "pay_time"}
    )

    order = stand.channel.get_order(no)

    assert order is not None
    assert (order.payment, order.consignee.is_masked, order.consignee.token) == ("paid", True, "")
    assert order.buyer_key == f"order:{no}"


# --- parcels ----------------------------------------------------------------------------------------------------------


def test_each_way_of_sending_takes_the_call_that_can(stand: DouyinStand) -> None:
    no = paid(stand, Wish(0, 3), Wish(1, 1))
    first, second = line_nos(stand, no)
    other = paid(stand)

    stand.channel.confirm_shipment(notice(stand, no, [(first, 1)], 1))
    stand.channel.confirm_shipment(notice(stand, no, [(second, 1)], 2))
    stand.channel.confirm_shipment(notice(stand, no, [(first, 2)], 3))
    stand.channel.confirm_shipment(whole(stand, other, 4))

    assert calls_of(stand, *SENDING_CALLS) == [
        "/order/logisticsAddMultiPack",
        "/order/logisticsAddSinglePack",
        "/order/logisticsAddSinglePack",
        "/order/logisticsAdd",
    ]
    order = stand.channel.get_order(no)
    assert order is not None
    assert order.is_shipped
    assert [dict(parcel.lines) for parcel in order.shipped] == [{first: 1}, {second: 1}, {first: 2}]


def test_a_refund_that_is_asked_for_keeps_its_goods_and_lets_the_others_go(stand: DouyinStand) -> None:
    no = paid(stand, Wish(0, 1), Wish(1, 1))
    _first, second = line_nos(stand, no)
    stand.shop.ask_refund(no, [stand.shop.order(no).lines[0].no])

    with pytest.raises(Rejected) as caught:
        stand.channel.confirm_shipment(whole(stand, no))
    assert caught.value.code == REFUND_OPEN
    assert calls_of(stand, *SENDING_CALLS) == []
    stand.channel.confirm_shipment(notice(stand, no, [(second, 1)]))
    assert stand.waybills_of(no) == [stand.waybill(17)]


def test_a_refund_between_reading_and_sending_is_refused_by_the_platform(
    stand: DouyinStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the platform itself says about a refund is told in the same word as what we see before."""
    no = paid(stand)
    told = whole(stand, no)
    tell = DouyinClient.tell

    def late(self: DouyinClient, path: str, *rest: Any) -> Any:
        if path == "/order/logisticsAdd":
            stand.shop.ask_refund(no)
        return tell(self, path, *rest)

    monkeypatch.setattr(DouyinClient, "tell", late)
    with pytest.raises(Rejected) as caught:
        stand.channel.confirm_shipment(told)

    assert caught.value.code == REFUND_OPEN
    assert stand.waybills_of(no) == []


def test_a_line_that_was_paid_back_is_never_sent(stand: DouyinStand) -> None:
    no = paid(stand, Wish(0, 1), Wish(1, 1))
    told = whole(stand, no)
    _first, second = line_nos(stand, no)
    stand.refund_line(no, 0)

    with pytest.raises(Rejected) as caught:
        stand.channel.confirm_shipment(told)
    assert caught.value.code == ORDER_CLOSED
    stand.channel.confirm_shipment(notice(stand, no, [(second, 1)]))
    assert [parcel.lines for parcel in stand.shop.order(no).parcels] == [{second: 1}]


@pytest.mark.parametrize("fault", ["timeout_20001_after", "cut_after", "half_body", "html_200", "empty_200"])
def test_a_parcel_whose_answer_was_lost_is_found_again(stand: DouyinStand, fault: str) -> None:
    no = paid(stand, Wish(0, 2))
    (line,) = line_nos(stand, no)
    for told in (notice(stand, no, [(line, 1)], 1), notice(stand, no, [(line, 1)], 2)):
        stand.server.faults.next(fault, only="/order/logisticsAddMultiPack")
        stand.server.faults.next(fault, only="/order/logisticsAddSinglePack")
        for _ in range(3):
            try:
                stand.channel.confirm_shipment(told)
            except (Temporary, ContractBroken):
                continue
            break
        stand.server.faults.forget()
        stand.channel.confirm_shipment(told)

    assert stand.waybills_of(no) == [stand.waybill(1), stand.waybill(2)]


def test_a_whole_order_is_sent_once_and_looked_for_after_a_lost_answer(stand: DouyinStand) -> None:
    no = paid(stand)
    told = whole(stand, no)
    stand.server.faults.next("timeout_20001_after", only="/order/logisticsAdd")

    stand.channel.confirm_shipment(told)

    assert calls_of(stand, "/order/logisticsAdd") == ["/order/logisticsAdd"]
    assert stand.waybills_of(no) == [stand.waybill(17)]
    lost = paid(stand)
    told = whole(stand, lost, 18)
    stand.server.faults.next("timeout_20001_before", only="/order/logisticsAdd")
    with pytest.raises(Temporary):
        stand.channel.confirm_shipment(told)
    assert stand.waybills_of(lost) == []


def test_somebody_in_the_sellers_pages_was_faster(stand: DouyinStand) -> None:
    same, other = paid(stand), paid(stand)
    for no, number in ((same, 17), (other, 99)):
        stand.shop.ship(no, "zhongtong", stand.waybill(number))

    stand.channel.confirm_shipment(whole(stand, same))
    with pytest.raises(Rejected) as caught:
        stand.channel.confirm_shipment(whole(stand, other))

    assert caught.value.code == SHIPPED_OTHERWISE


def test_what_was_told_stays_told_whatever_the_buyer_asks_for_afterwards(stand: DouyinStand) -> None:
    no = paid(stand)
    told = whole(stand, no)
    stand.channel.confirm_shipment(told)
    stand.shop.ask_refund(no)

    stand.channel.confirm_shipment(told)

    assert stand.waybills_of(no) == [stand.waybill(17)]


def test_one_number_does_not_hold_two_loads(stand: DouyinStand) -> None:
    no = paid(stand, Wish(0, 2))
    (line,) = line_nos(stand, no)
    stand.channel.confirm_shipment(notice(stand, no, [(line, 1)]))

    with pytest.raises(Rejected) as caught:
        stand.channel.confirm_shipment(notice(stand, no, [(line, 2)]))
    assert caught.value.code == SHIPPED_OTHERWISE


def test_carriers_are_looked_for_by_name_where_their_code_is_not_known(stand: DouyinStand) -> None:
    stand.server.shipping.companies["suer"] = "速尔快递"
    for number, (carrier, expected) in enumerate((("DBL", "debangwuliu"), ("速尔快递", "suer"), ("suer", "suer"))):
        no = paid(stand)
        stand.channel.confirm_shipment(replace(whole(stand, no, number), carrier_code=carrier))
        assert [parcel.carrier for parcel in stand.shop.order(no).parcels] == [expected]
    no = paid(stand)
    with pytest.raises(Rejected) as caught:
        stand.channel.confirm_shipment(replace(whole(stand, no), carrier_code="PX"))
    assert caught.value.code == CARRIER_REFUSED
    with pytest.raises(Rejected) as caught:
        stand.channel.confirm_shipment(replace(whole(stand, no), waybill_no="快递"))
    assert caught.value.code == WAYBILL_REFUSED


def test_another_number_finds_its_parcel_however_it_was_told(stand: DouyinStand) -> None:
    alone, parts = paid(stand), paid(stand, Wish(0, 2))
    (line,) = line_nos(stand, parts)
    stand.channel.confirm_shipment(whole(stand, alone, 1))
    stand.channel.confirm_shipment(notice(stand, parts, [(line, 1)], 2))
    first_change = replace(notice(stand, parts, [(line, 1)], 22), replaces=stand.waybill(2))
    stand.channel.confirm_shipment(first_change)
    stand.channel.confirm_shipment(notice(stand, parts, [(line, 1)], 3))

    for fault in ("ok", "timeout_20001_after"):
        stand.server.faults.next(fault, only="/order/logisticsEdit")
        stand.channel.confirm_shipment(replace(whole(stand, alone, 11), replaces=stand.waybill(1)))
    stand.channel.confirm_shipment(replace(notice(stand, parts, [(line, 1)], 33), replaces=stand.waybill(3)))

    assert stand.waybills_of(alone) == [stand.waybill(11)]
    assert stand.waybills_of(parts) == [stand.waybill(22), stand.waybill(33)]
    with pytest.raises(Rejected) as caught:
        stand.channel.confirm_shipment(replace(whole(stand, alone, 44), replaces=stand.waybill(7)))
    assert caught.value.code == SHIPPED_OTHERWISE


# --- stock ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["gateway", "call"])
def test_a_key_that_was_applied_is_done_in_either_of_the_platforms_words(stand: DouyinStand, words: str) -> None:
    stand.server.goods.tells_doubles_by = words
    before = stand.stock_of(0)

    for _ in range(3):
        assert stand.channel.change_stock(stand.listed(0), -4, "act-1").qty == before - 4
    assert stand.stock_of(0) == before - 4


def test_a_difference_whose_answer_was_lost_is_applied_once(stand: DouyinStand) -> None:
    before = stand.stock_of(0)
    stand.server.faults.next("timeout_20001_after", "ok", only="/sku/syncStock")

    assert stand.channel.change_stock(stand.listed(0), -4, "act-1").qty == before - 4
    assert len(calls_of(stand, "/sku/syncStock")) == 2


def test_a_number_that_was_changed_and_cannot_be_read_is_no_plain_no(stand: DouyinStand) -> None:
    before = stand.stock_of(0)
    stand.server.faults.next("ip_30002", only="/sku/stockNum")

    with pytest.raises(Temporary):
        stand.channel.change_stock(stand.listed(0), -4, "act-1")
    assert stand.stock_of(0) == before - 4


def test_a_listing_is_known_by_number_or_by_code(stand: DouyinStand) -> None:
    stand.channel.change_stock(ListedSku("", "", stand.merchant_code(0)), 5, "by-code")
    assert stand.stock_of(0) == 1005
    for unknown in (ListedSku("", "", ""), ListedSku("x", "not a number", ""), ListedSku("", "9" * 30, "")):
        with pytest.raises(Rejected):
            stand.channel.change_stock(unknown, 1, "k")
        with pytest.raises(Rejected):
            stand.channel.pause_sale(unknown)


def test_a_whole_product_goes_off_sale_and_back(stand: DouyinStand) -> None:
    sibling = stand.shop.list_goods("MF-102", 5, item_id=stand.listed(0).item_id)
    for _ in range(2):
        stand.channel.pause_sale(stand.listed(0))
    assert not sibling.is_on_sale
    assert stand.is_on_sale(1)
    for _ in range(2):
        stand.channel.resume_sale(stand.listed(0))
    assert sibling.is_on_sale
    assert stand.channel.set_stock(stand.listed(0), 3).qty == stand.stock_of(0) == 3


def test_many_products_are_listed_page_by_page(stand: DouyinStand) -> None:
    for place in range(45):
        stand.shop.list_goods(f"SKU-{place}", place)
    found: list[str] = []
    cursor: str | None = None
    pages = 0
    while pages == 0 or cursor is not None:
        page = stand.channel.pull_listings(cursor)
        found += [one.merchant_code for one in page.listings]
        cursor, pages = page.next_cursor, pages + 1

    assert pages == 3
    assert sorted(found) == sorted(goods.code for goods in stand.shop.goods.values())
    with pytest.raises(ContractBroken):
        stand.channel.pull_listings("x")


@pytest.mark.parametrize("is_guarded", [True, False])
def test_more_products_than_one_list_gives_are_read_by_when_they_were_made(
    stand: DouyinStand, monkeypatch: pytest.MonkeyPatch, is_guarded: bool
) -> None:
    stand.server.goods.most_products = 40
    if is_guarded:
        monkeypatch.setattr(channel, "_MOST_PRODUCTS", 40)
    for place in range(110):
        stand.way.clock.advance(days=1 if place % 3 else 0)
        stand.shop.list_goods(f"SKU-{place}", place)
    found: list[str] = []
    cursor: str | None = None

    def read() -> None:
        nonlocal cursor
        while not found or cursor is not None:
            page = stand.channel.pull_listings(cursor)
            found.extend(one.merchant_code for one in page.listings)
            if len(found) < 40:
                # What is made or edited meanwhile moves nothing out of reach.
                stand.shop.edit_stock(stand.listed(0).channel_sku_id, len(found))
            cursor = page.next_cursor

    if not is_guarded:
        with pytest.raises(Rejected):
            read()
        return
    read()
    assert set(found) == {goods.code for goods in stand.shop.goods.values()}
    assert len(found) < 130, "windows that touch tell few of them twice"


# --- authorising ------------------------------------------------------------------------------------------------------


def settings_of(stand: DouyinStand, **more: str) -> dict[str, str]:
    return {"app_key": stand.server.app.key, "base_url": stand.server.url, **more}


def open_with(stand: DouyinStand, settings: Mapping[str, str], **secret: str) -> DouyinChannel:
    channel = PLUGIN.factory(settings, {"app_secret": stand.server.app.secret, **secret}, stand.way.http, stand.clock)
    assert isinstance(channel, DouyinChannel)
    return channel


def authoriser(stand: DouyinStand, **settings: str) -> Authoriser:
    assert PLUGIN.authoriser is not None
    secret = {"app_secret": stand.server.app.secret}
    return PLUGIN.authoriser(settings_of(stand, **settings), secret, stand.way.http, stand.clock)


def test_a_merchants_own_app_keeps_its_token_and_renews_it_by_itself(stand: DouyinStand) -> None:
    settings = settings_of(stand, shop_id=stand.server.app.shop_id)
    asked_before = len(calls_of(stand, "/token/create"))
    for _ in range(3):
        open_with(stand, settings).check()
    assert len(calls_of(stand, "/token/create")) == asked_before + 1

    stand.clock.advance(seconds=7 * 86_400 - 1200)
    open_with(stand, settings).check()
    assert len(calls_of(stand, "/token/create")) == asked_before + 2
    stand.clock.advance(seconds=60 * 86_400)
    open_with(stand, settings).check()


def test_a_token_that_dies_early_costs_one_more_call_and_no_second_parcel(stand: DouyinStand) -> None:
    no = paid(stand)
    told = whole(stand, no)
    stand.server.office.pairs.clear()

    stand.channel.confirm_shipment(told)
    stand.server.faults.next("token_expired", only="/order/searchList")
    stand.channel.check()

    assert stand.waybills_of(no) == [stand.waybill(17)]
    stand.server.faults.next(*["token_expired"] * 3)
    with pytest.raises(AuthExpired):
        stand.channel.check()


def test_an_app_that_the_shop_does_not_let_in_says_so(stand: DouyinStand) -> None:
    for shop_id in ("999", "练习"):
        with pytest.raises(AuthExpired):
            open_with(stand, settings_of(stand, shop_id=shop_id)).check()
    stand.server.office.is_closed = True
    with pytest.raises(AuthExpired):
        stand.channel.check()


def test_a_merchants_own_app_says_whose_shop_it_is_and_needs_no_page(stand: DouyinStand) -> None:
    channel = open_with(stand, settings_of(stand, shop_id=stand.server.app.shop_id))
    assert isinstance(channel, IdentifiedChannel)
    assert channel.identify() == ShopIdentity(stand.server.app.shop_id, stand.server.app.shop_name)
    with pytest.raises(Refused) as caught:
        authoriser(stand, shop_id=stand.server.app.shop_id)
    assert caught.value.code == "shop.no_page"


def test_a_services_app_takes_a_code_once(stand: DouyinStand) -> None:
    service = authoriser(stand, service_id="27")
    settings = settings_of(stand, service_id="27")
    assert service.page("http://127.0.0.1/", "state-1") == f"{AUTHORISE_URL}?service_id=27&state=state-1"
    with pytest.raises(AuthExpired):
        open_with(stand, settings).check()
    code = stand.server.office.new_code()

    grant = service.exchange(code, "")

    assert grant.shop == ShopIdentity(stand.server.app.shop_id, stand.server.app.shop_name)
    assert timedelta(days=6) < grant.expires_at - stand.clock.now() <= timedelta(days=7)
    assert grant.refresh_until == stand.clock.now() + timedelta(days=14)
    channel = open_with(stand, settings, **grant.secrets)
    channel.check()
    assert not isinstance(channel, IdentifiedChannel)
    for wrong in (code, "no such code"):
        with pytest.raises(Rejected):
            service.exchange(wrong, "")
    assert "access-" not in repr(grant)


def test_a_granted_token_is_renewed_in_time_or_by_its_owner(stand: DouyinStand) -> None:
    service = authoriser(stand, service_id="27")
    settings = settings_of(stand, service_id="27")
    grant = service.exchange(stand.server.office.new_code(), "")
    same = service.refresh(grant.secrets)
    assert same is not None
    assert same.secrets == grant.secrets
    stand.clock.advance(seconds=8 * 86_400)
    with pytest.raises(AuthExpired):
        open_with(stand, settings, **grant.secrets).check()

    renewed = service.refresh(grant.secrets)

    assert renewed is not None
    open_with(stand, settings, **renewed.secrets).check()
    stand.clock.advance(seconds=15 * 86_400)
    for secrets in (renewed.secrets, {}):
        with pytest.raises(AuthExpired):
            service.refresh(secrets)


@pytest.mark.parametrize(("told", "days"), [(604_800, 7), (int(START.timestamp()) + 86_400, 1)])
def test_the_life_of_a_token_is_read_in_either_way_it_is_documented(
    stand: DouyinStand, monkeypatch: pytest.MonkeyPatch, told: int, days: int
) -> None:
    words = stand.server._pair_words
    monkeypatch.setattr(
        stand.server, "_pair_words", lambda pair: {**cast(dict[str, object], words(pair)), "expires_in": told}
    )

    grant = authoriser(stand, service_id="27").exchange(stand.server.office.new_code(), "")

    assert abs(grant.expires_at - stand.clock.now() - timedelta(days=days)) <= timedelta(seconds=1)


# --- settings and secrets ---------------------------------------------------------------------------------------------


def test_the_plugin_opens_a_shop_from_settings(stand: DouyinStand) -> None:
    assert built_in().get("douyin") is PLUGIN
    settings = {**settings_of(stand, shop_id=stand.server.app.shop_id), "base_url": f"{stand.server.url}/"}

    shop = open_with(stand, settings)

    assert abs(shop.check() - stand.now()) <= timedelta(seconds=2)
    assert shop.capabilities == PLUGIN.capabilities


@pytest.mark.parametrize(
    ("settings", "secret", "field"),
    [
        ({"shop_id": "1"}, {"app_secret": "s"}, "app_key"),
        ({"shop_id": "1", "app_key": "k"}, {}, "app_secret"),
        ({"app_key": "k"}, {"app_secret": "s"}, "shop_id"),
        ({"shop_id": "1", "app_key": "k", "base_url": "http://relay.example"}, {"app_secret": "s"}, "address"),
    ],
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, str], secret: dict[str, str], field: str) -> None:
    clock = ManualClock(START)
    with HttpClient(clock) as http, pytest.raises(Refused) as caught:
        PLUGIN.factory(settings, secret, http, clock)
    assert caught.value.code == ("http.address" if field == "address" else "channel.setting")


def test_without_an_address_the_platforms_own_is_called() -> None:
    clock = ManualClock(START)
    with HttpClient(clock) as http:
        shop: Channel = PLUGIN.factory({"app_key": "k", "shop_id": "1"}, {"app_secret": "s"}, http, clock)
        assert isinstance(shop, DouyinChannel)
        assert shop._place.base == BASE_URL


def test_what_is_doubtful_is_said_in_both_languages() -> None:
    keys = [one.key for one in CAPABILITIES.unproven]
    assert len(set(keys)) == len(keys)
    assert all(one.zh and one.en for one in CAPABILITIES.unproven)
    assert UNPROVEN


def test_neither_secrets_nor_people_are_in_logs_or_errors(
    stand: DouyinStand, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    no = stand.place(Wish(0, 2), note="赵练习 13800000001")
    stand.pay(no)
    told = whole(stand, no)
    faults = [*stand.server.faults.names - {"slow", "ok"}, "ok"]
    acts = (
        lambda: stand.channel.pull_orders(stand.now() - HOUR, None),
        lambda: stand.channel.get_order(no),
        lambda: stand.channel.confirm_shipment(told),
        lambda: stand.channel.change_stock(stand.listed(0), 1, "act"),
        lambda: stand.channel.write_note(no, "赵练习 13800000001"),
        stand.stranger.check,
    )
    said = []
    for fault in sorted(faults):
        for act in acts:
            stand.server.faults.next(*[fault] * 3)
            try:
                act()
            except ChannelError as error:
                said.append(f"{error} {error.code} {error!r}")
            stand.server.faults.forget()
    assert said
    text = caplog.text + "\n".join(said)
    tokens = [pair.access for pair in stand.server.office.pairs]
    order = stand.channel.get_order(no)
    assert order is not None
    ciphers = list(json.loads(order.consignee.token).values())
    for hidden in (
        stand.server.app.secret,
        *tokens,
        *ciphers,
        "赵练习",
        "赵",
        "13800000001",
        "138****0001",
        "练习路",
    ):
        assert hidden not in text
    assert "hidden" not in repr(DouyinApp("key", "hidden"))
