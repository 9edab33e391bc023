"""The JD adapter where JD is itself: its refusals, its split orders, days offline, and what may never be logged."""

import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from core.channels.contract import (
    CARRIER_REFUSED,
    KEPT_BACK,
    REFUND_OPEN,
    SHIPPED_OTHERWISE,
    ChannelOrder,
    OrderPage,
    ShipmentNotice,
)
from core.channels.jd.authoriser import JdAuthoriser
from core.channels.jd.channel import CAPABILITIES, JdChannel
from core.channels.jd.client import JdClient, JdKey
from core.channels.jd.plugin import PLUGIN, ShopOpener, open_authoriser
from core.channels.registry import built_in
from core.channels.stock_contract import ListedSku
from core.runtime.clock import ManualClock
from core.runtime.errors import Refused
from core.runtime.http import HttpClient
from core.runtime.remote_errors import (
    AuthExpired,
    ChannelError,
    ContractBroken,
    RateLimited,
    Rejected,
    Temporary,
)
from tests.contract.jd_stand import JdStand, jd_stand
from tests.support.channel_stand import Wish

SHIP = "jingdong.pop.order.shipment"
SEARCH = "jingdong.pop.order.enSearch"
UNPAID = "jingdong.pop.order.notPayOrderInfo"
ADD = "jingdong.stock.write.increaseSkuStock"
HOUR = timedelta(hours=1)


@pytest.fixture
def jd(tmp_path: Path) -> Iterator[JdStand]:
    with jd_stand(tmp_path) as stand:
        yield stand


@pytest.fixture
def channel(jd: JdStand) -> JdChannel:
    assert isinstance(jd.channel, JdChannel)
    return jd.channel


def paid(jd: JdStand, *wishes: Wish, address: str = "练习路1号", note: str = "") -> str:
    no = jd.place(*wishes, address=address, note=note)
    jd.pay(no)
    return no


def newest(jd: JdStand, no: str) -> ChannelOrder:
    order = jd.channel.get_order(no)
    assert order is not None
    return order


def notice(jd: JdStand, no: str, number: int = 17, carrier: str = "ZTO") -> ShipmentNotice:
    lines = [(line.line_no, line.qty) for line in newest(jd, no).lines]
    return ShipmentNotice(f"s-{number}", no, carrier, jd.waybill(number), lines)


def pages(read: Callable[[str | None], OrderPage]) -> list[OrderPage]:
    found: list[OrderPage] = []
    cursor: str | None = None
    for _ in range(500):
        found.append(read(cursor))
        cursor = found[-1].next_cursor
        if cursor is None:
            return found
    raise AssertionError("the pages do not end")


def refused(act: Callable[[], object]) -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        act()
    return caught.value


# --- refusals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "kind", "code"),
    [
        ("backend_down_before", Temporary, "66"),
        ("system_error", Temporary, "43"),
        ("token_dead", AuthExpired, "19"),
        ("needs_cloud", Rejected, "73"),
        ("address_not_listed", Rejected, "80"),
    ],
)
def test_jds_own_refusals(jd: JdStand, fault: str, kind: type[ChannelError], code: str) -> None:
    jd.server.faults.next(*[fault] * 3)
    error = refused(jd.channel.check)
    assert (type(error), error.code) == (kind, code)


def test_a_backend_that_comes_back_is_not_even_noticed(jd: JdStand) -> None:
    no = paid(jd)
    jd.server.faults.next("backend_down_before", "system_error")
    assert newest(jd, no).order_no == no


def test_the_days_calls_are_used_up(jd: JdStand) -> None:
    jd.server.calls_left = 0
    error = refused(jd.channel.check)
    assert isinstance(error, RateLimited)
    assert error.retry_after_s > 0


def test_a_token_that_was_taken_back_wants_the_owner(jd: JdStand) -> None:
    jd.server.kill_token()
    assert isinstance(refused(jd.channel.check), AuthExpired)


def test_a_clock_that_is_wrong_is_mended_by_jds(jd: JdStand) -> None:
    jd.server.skew = timedelta(hours=3)
    assert abs(jd.channel.check() - jd.server.now()) <= timedelta(seconds=2)
    jd.server.skew = timedelta(hours=-3)
    assert abs(jd.channel.check() - jd.server.now()) <= timedelta(seconds=2)
    # the windows follow JD's clock, not ours
    no = paid(jd)
    found = pages(lambda cursor: jd.channel.pull_orders(jd.server.now() - HOUR, cursor))
    assert jd.server.shop.order(no).modified_at > found[-1].server_time
    jd.server.skew = timedelta()
    jd.channel.check()
    assert no in {
        order.order_no
        for page in pages(lambda cursor: jd.channel.pull_orders(jd.server.now() - HOUR, cursor))
        for order in page.orders
    }


# --- shipping --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["backend_down_after", "backend_timeout_after"])
def test_a_parcel_whose_answer_was_lost_is_looked_up(jd: JdStand, fault: str) -> None:
    no = paid(jd)
    told = notice(jd, no)
    jd.server.faults.next(fault, only=SHIP)

    jd.channel.confirm_shipment(told)

    assert jd.waybills_of(no) == [jd.waybill(17)]
    assert jd.server.count(SHIP) == 1


@pytest.mark.parametrize("fault", ["backend_down_before", "order_is_being_shipped"])
def test_a_parcel_that_was_not_told_is_told_later(jd: JdStand, fault: str) -> None:
    no = paid(jd)
    told = notice(jd, no)
    jd.server.faults.next(fault, only=SHIP)

    assert isinstance(refused(lambda: jd.channel.confirm_shipment(told)), Temporary)
    assert jd.server.count(SHIP) == 1, "a write is not repeated by itself"
    jd.channel.confirm_shipment(told)

    assert jd.waybills_of(no) == [jd.waybill(17)]


def test_somebody_in_jds_pages_was_faster(jd: JdStand) -> None:
    same, other = paid(jd), paid(jd)
    mine, late = notice(jd, same), notice(jd, other, 24)
    jd.shop.ship(same, "1499", jd.waybill(17))
    jd.shop.ship(other, "467", "SF1000000000001")

    jd.channel.confirm_shipment(mine)
    assert refused(lambda: jd.channel.confirm_shipment(late)).code == SHIPPED_OTHERWISE

    assert jd.server.count(SHIP) == 0, "nothing is told that is known"


def test_of_two_parcels_the_first_is_told(jd: JdStand) -> None:
    no = paid(jd, Wish(0, 2), Wish(1, 1))
    first, second = newest(jd, no).lines
    jd.channel.confirm_shipment(ShipmentNotice("s-1", no, "ZTO", jd.waybill(17), [(first.line_no, 2)]))

    rest = ShipmentNotice("s-2", no, "ZTO", jd.waybill(24), [(second.line_no, 1)])
    error = refused(lambda: jd.channel.confirm_shipment(rest))

    assert error.code == SHIPPED_OTHERWISE
    assert "JD's pages" in str(error)
    assert jd.waybills_of(no) == [jd.waybill(17)]


def test_parcels_that_were_told_together_are_each_known(jd: JdStand, channel: JdChannel) -> None:
    no = paid(jd)
    told = notice(jd, no, 24)
    # somebody tells two parcels at once
    client = JdClient(channel._client._place, channel._client._http, jd.key)
    client.tell(SHIP, {"orderId": no, "logiCoprId": "1499|467", "logiNo": f"{jd.waybill(17)}|{jd.waybill(24)}"})

    jd.channel.confirm_shipment(told)

    assert [(one.carrier_code, one.waybill_no) for one in newest(jd, no).shipped] == [
        ("ZTO", jd.waybill(17)),
        ("SF", jd.waybill(24)),
    ]


def test_an_order_that_the_buyer_wants_to_cancel_stays(jd: JdStand) -> None:
    no = paid(jd)
    told = notice(jd, no)
    jd.shop.ask_refund(no)
    assert newest(jd, no).stopped_for == "LOCKED"
    assert refused(lambda: jd.channel.confirm_shipment(told)).code == REFUND_OPEN


def test_an_order_that_jd_keeps_back_stays(jd: JdStand) -> None:
    no = paid(jd)
    told = notice(jd, no)
    jd.shop.stop(no, "POP_ORDER_PAUSE")
    error = refused(lambda: jd.channel.confirm_shipment(told))
    assert (error.code, "POP_ORDER_PAUSE" in str(error)) == (KEPT_BACK, True)
    assert no in {order.order_no for page in pages(jd.channel.open_orders) for order in page.orders}


def test_an_unpaid_order_cannot_be_sent(jd: JdStand) -> None:
    no = jd.place()
    told = notice(jd, no)
    assert refused(lambda: jd.channel.confirm_shipment(told)).code == "not_paid"


def test_a_carrier_that_jd_does_not_offer(jd: JdStand) -> None:
    no = paid(jd)
    told = notice(jd, no, carrier="NO-SUCH")
    assert refused(lambda: jd.channel.confirm_shipment(told)).code == CARRIER_REFUSED
    assert jd.server.count(SHIP) == 0


@pytest.mark.parametrize("code", ["ZTO", "YTO", "STO", "YD", "JTSD", "SF", "EMS", "YZPY", "JD", "DBL"])
def test_every_carrier_of_ours_is_found_at_jd(jd: JdStand, code: str) -> None:
    no = paid(jd)
    jd.channel.confirm_shipment(notice(jd, no, carrier=code))
    assert [one.carrier_code for one in newest(jd, no).shipped] == [code]


def test_orders_are_read_although_jd_does_not_tell_its_carriers(jd: JdStand) -> None:
    no = paid(jd)
    jd.shop.ship(no, "1499", jd.waybill(17))
    jd.server.faults.next("address_not_listed", only="jingdong.delivery.logistics.get")
    assert [(one.carrier_code, one.waybill_no) for one in newest(jd, no).shipped] == [("1499", jd.waybill(17))]


# --- reading ---------------------------------------------------------------------------------------------------------


def test_an_order_that_jd_splits_comes_back_as_its_children(jd: JdStand) -> None:
    parent = jd.place(Wish(0, 1), Wish(1, 1))
    assert newest(jd, parent).payment == "unpaid"
    children = jd.server.pay_split(parent)

    found = pages(lambda cursor: jd.channel.pull_orders(jd.now() - HOUR, cursor))

    assert {order.order_no for page in found for order in page.orders} == set(children)
    assert jd.channel.get_order(parent) is None
    assert {str(newest(jd, no).raw["parentOrderId"]) for no in children} == {parent}


def test_days_offline_are_caught_up_in_steps(jd: JdStand) -> None:
    early = paid(jd)
    start = jd.now()
    jd.clock.advance(days=3)
    late = paid(jd)

    found = pages(lambda cursor: jd.channel.pull_orders(start - HOUR, cursor))

    assert [order.order_no for page in found for order in page.orders] == [early, late]
    reached = [page.whole_until for page in found if page.whole_until is not None]
    assert reached == sorted(set(reached))
    assert len(reached) >= 12
    assert reached[-1] == jd.now().replace(microsecond=0)


def test_a_window_ends_before_jds_now(jd: JdStand) -> None:
    slow = JdChannel(JdClient(jd.channel._client._place, jd.channel._client._http, jd.key))  # type: ignore[attr-defined]
    no = paid(jd)
    (page,) = pages(lambda cursor: slow.pull_orders(jd.now() - HOUR, cursor))
    assert len(page.orders) == 0
    assert page.whole_until is not None
    assert jd.now() - page.whole_until >= timedelta(seconds=CAPABILITIES.safety_lag_s)
    jd.clock.advance(seconds=CAPABILITIES.safety_lag_s + 1)
    (page,) = pages(lambda cursor: slow.pull_orders(jd.now() - HOUR, cursor))
    assert [order.order_no for order in page.orders] == [no]


def test_a_quiet_shop_costs_few_calls(jd: JdStand) -> None:
    paid(jd)
    jd.channel.check()
    before = len(jd.server.seen)
    pages(lambda cursor: jd.channel.pull_orders(jd.now() - HOUR, cursor))
    assert len(jd.server.seen) - before == 2, "unpaid ones, and changed ones"
    found = pages(jd.channel.open_orders)
    assert len(jd.server.seen) - before == 5
    assert {page.whole_until for page in found} == {None}, "by state, so no watermark follows it"


def test_orders_of_the_same_second_on_a_pages_edge(jd: JdStand) -> None:
    placed = [paid(jd) for _ in range(7)]
    since = newest(jd, placed[0]).modified_at
    found = pages(lambda cursor: jd.channel.pull_orders(since, cursor))
    assert sorted(order.order_no for page in found for order in page.orders) == sorted(placed)


@pytest.mark.expected_log("JD does not tell its unpaid orders: Rejected 80")
def test_an_app_without_the_unpaid_orders_reads_the_paid_ones(jd: JdStand, caplog: pytest.LogCaptureFixture) -> None:
    jd.place()
    no = paid(jd)
    jd.server.faults.next("address_not_listed", only=UNPAID)
    for _ in range(2):
        found = pages(lambda cursor: jd.channel.pull_orders(jd.now() - HOUR, cursor))
        assert no in [order.order_no for page in found for order in page.orders]
        jd.server.faults.next("address_not_listed", only=UNPAID)
    assert caplog.text.count("unpaid orders") == 1, "it is said once"


def test_unpaid_orders_are_told_until_they_are_paid_or_gone(jd: JdStand) -> None:
    first, second = jd.place(), jd.place()

    def unpaid() -> set[str]:
        found = pages(lambda cursor: jd.channel.pull_orders(jd.now() - HOUR, cursor))
        return {order.order_no for page in found for order in page.orders if order.payment == "unpaid"}

    # told again in each pull, whatever was modified
    jd.clock.advance(hours=5)
    assert unpaid() == {first, second}
    jd.pay(first)
    jd.cancel(second)
    assert unpaid() == set()
    assert jd.channel.get_order(second) is None


@pytest.mark.parametrize("cursor", ["", "x", "[0,1,2,null]" * 3, '[0,1,2,"x"]'])
def test_a_cursor_that_is_none_of_ours(jd: JdStand, channel: JdChannel, cursor: str) -> None:
    for read in (
        lambda: channel.pull_orders(jd.now(), cursor),
        lambda: channel.open_orders(cursor),
        lambda: channel.pull_after_sales(jd.now(), cursor),
        lambda: channel.pull_listings(cursor),
    ):
        assert isinstance(refused(read), ContractBroken)


def test_a_case_of_long_ago_that_is_answered_now_is_told(jd: JdStand, channel: JdChannel) -> None:
    no = paid(jd)
    case = jd.shop.ask_refund(no)
    jd.clock.advance(days=2)
    since = jd.now()
    jd.tick()
    jd.shop.refuse(case.no)
    jd.tick()

    page = channel.pull_after_sales(since, None)

    assert [(found.order_no, found.state.value) for found in page.cases] == [(no, "refused")]


# --- stock -----------------------------------------------------------------------------------------------------------


def test_a_difference_whose_answer_was_lost_is_said_once(jd: JdStand, channel: JdChannel) -> None:
    jd.server.faults.next("backend_down_after", only=ADD)
    assert isinstance(refused(lambda: channel.change_stock(jd.listed(0), -5, "act-1")), Temporary)
    assert jd.server.count(ADD) == 1
    assert channel.read_stock(jd.listed(0)).qty == 995


def test_the_number_can_be_set_too(jd: JdStand, channel: JdChannel) -> None:
    assert channel.set_stock(jd.listed(0), 12).qty == 12
    assert refused(lambda: channel.set_stock(ListedSku("1", "x", ""), 1)).code == "unknown_listing"


def test_a_ware_is_taken_off_sale_with_all_its_choices(jd: JdStand, channel: JdChannel) -> None:
    red = jd.shop.list_goods("RED", 5, spec="红")
    blue = jd.shop.list_goods("BLUE", 5, spec="蓝", item_id=red.item_id)
    listed = ListedSku(red.item_id, red.sku_id, red.code)
    for act, is_on in ((channel.pause_sale, False), (channel.resume_sale, True)):
        for _ in range(2):
            act(listed)
            assert (red.is_on_sale, blue.is_on_sale) == (is_on, is_on)
    assert jd.is_on_sale(0)
    assert refused(lambda: channel.pause_sale(ListedSku("", "1", ""))).code == "unknown_listing"
    assert isinstance(refused(lambda: channel.pause_sale(ListedSku("1", "1", ""))), Rejected)


# --- authorising and settings ----------------------------------------------------------------------------------------


def code_of(jd: JdStand, door: JdAuthoriser) -> str:
    answer = requests.get(door.page("http://127.0.0.1/jd", "a b&c"), timeout=10, allow_redirects=False)
    sent = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert sent["state"] == ["a b&c"]
    return sent["code"][0]


def test_a_shop_is_let_in_and_stays_in(jd: JdStand, channel: JdChannel) -> None:
    place, http = channel._client._place, channel._client._http
    door = JdAuthoriser(place, http, jd.key.app_key, jd.key.app_secret)

    code = code_of(jd, door)
    grant = door.exchange(code, "http://127.0.0.1/jd")

    assert abs(grant.expires_at - jd.now() - timedelta(days=365)) < timedelta(seconds=2)
    assert grant.refresh_until == grant.expires_at
    assert grant.secrets["access_token"] not in repr(grant)
    opened = jd.channel_of(JdKey(jd.key.app_key, jd.key.app_secret, grant.secrets["access_token"]))
    assert opened.check()
    assert isinstance(refused(lambda: door.exchange(code, "http://127.0.0.1/jd")), Rejected)
    late = code_of(jd, door)
    jd.clock.advance(minutes=11)
    assert isinstance(refused(lambda: door.exchange(late, "http://127.0.0.1/jd")), Rejected)

    renewed = door.refresh(grant.secrets)
    assert renewed is not None
    assert isinstance(refused(opened.check), AuthExpired), "the old one is dead"
    assert isinstance(refused(lambda: door.refresh(grant.secrets)), AuthExpired)
    assert door.refresh({"access_token": "x"}) is None


def test_the_wrong_secret_is_let_in_nowhere(jd: JdStand, channel: JdChannel) -> None:
    door = JdAuthoriser(channel._client._place, channel._client._http, jd.key.app_key, "wrong")
    assert isinstance(refused(lambda: door.exchange("x", "http://127.0.0.1/jd")), Rejected)


def test_a_shop_is_opened_from_its_settings(jd: JdStand) -> None:
    settings = {"app_key": f" {jd.key.app_key} ", "base_url": f"{jd.server.url}/routerjson/"}
    secret = {"app_secret": jd.key.app_secret, "access_token": jd.key.access_token}
    with HttpClient(ManualClock(jd.now())) as http:
        open_shop = ShopOpener()
        assert open_shop(settings, secret, http, jd.clock).check()
        with pytest.raises(Refused) as caught:
            open_shop(settings, {**secret, "app_secret": " "}, http, jd.clock)
        assert caught.value.facts == {"field": "app_secret"}
        called = len(jd.server.seen)
        error = refused(open_shop(settings, {"app_secret": jd.key.app_secret}, http, jd.clock).check)
        assert (type(error), error.code) == (AuthExpired, "18"), "the owner has not let us in yet"
        assert len(jd.server.seen) == called
        with pytest.raises(Refused):
            open_shop({**settings, "base_url": "http://relay.example"}, secret, http, jd.clock)
        # what one opening read is known to the next
        for _ in range(3):
            open_shop(settings, secret, http, jd.clock)._shipping._carriers.code_of("1499")
        assert jd.server.count("jingdong.delivery.logistics.get") == 1
        door = open_authoriser(settings, secret, http, jd.clock)
        assert door.page("http://127.0.0.1/jd", "s").startswith("https://open-oauth.jd.com/oauth2/to_login?")
        assert jd.key.app_secret not in door.page("http://127.0.0.1/jd", "s")
    assert built_in().get("jd") is PLUGIN


# --- logs ------------------------------------------------------------------------------------------------------------


@pytest.mark.expected_log("JD does not tell its unpaid orders")
def test_secrets_and_people_are_in_no_log_and_no_error(jd: JdStand, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    no = paid(jd, address="机密小区88号", note="机密留言")
    order = newest(jd, no)
    told = notice(jd, no)
    errors: list[ChannelError] = []
    channel = jd.channel
    assert isinstance(channel, JdChannel)
    acts: list[Callable[[], object]] = [
        channel.check,
        lambda: channel.pull_orders(jd.now() - HOUR, None),
        lambda: channel.pull_after_sales(jd.now() - HOUR, None),
        lambda: channel.get_order(no),
        lambda: channel.write_note(no, "机密备注"),
        lambda: channel.read_stock(jd.listed(0)),
        lambda: channel.confirm_shipment(told),
        jd.stranger.check,
    ]
    for fault in sorted(jd.server.faults.names - {"slow"}):
        for act in acts:
            jd.server.faults.forget()
            jd.server.faults.next(*[fault] * 4)
            try:
                act()
            except ChannelError as error:
                errors.append(error)
    assert len(errors) > 50

    said = caplog.text + "".join(f"{error!r} {error} {error.code}" for error in errors) + repr(jd.key)
    ciphers = [str(value) for value in order.raw["consigneeInfo"].values()]  # type: ignore[attr-defined]
    people = ["机密小区", "机密留言", "机密备注", "赵练习", "13800000001", "138****0001", order.buyer_key, *ciphers]
    secrets = [jd.key.app_secret, jd.key.access_token]
    region = {"浙江省", "杭州市", "余杭区", "仓前街道", "15", "1213", "3410", "0", ""}
    assert [word for word in (*people, *secrets) if word not in region and word in said] == []
