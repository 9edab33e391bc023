"""The own-mall adapter while the mall misbehaves: nothing is taken for 'no orders', nothing is told twice."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.channels.contract import (
    NOT_PAID,
    OrderPage,
    ShipmentNotice,
)
from core.channels.mall.client import MallChannel, MallKey
from core.channels.mall.plugin import PLUGIN
from core.channels.mall.signature import Signed, is_genuine, signature_of
from core.channels.registry import ChannelRegistry, built_in
from core.channels.stock_contract import CancelledUnit, ListedSku, StockChannel
from core.runtime.clock import ManualClock
from core.runtime.errors import Refused
from core.runtime.http import HttpClient, HttpPolicy
from core.runtime.remote_errors import AuthExpired, ChannelError, ContractBroken, RateLimited, Rejected, Temporary
from tests.contract.mall_stand import MallStand, mall_stand
from tests.support.channel_stand import Wish
from tests.support.mall_signing import independent_signature

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def mall(tmp_path: Path) -> Iterator[MallStand]:
    with mall_stand(tmp_path) as stand:
        yield stand
        assert stand.server.faults.is_used_up


def walk(mall: MallStand) -> list[str]:
    found: list[str] = []
    cursor: str | None = None
    while True:
        page: OrderPage = mall.channel.pull_orders(LONG_AGO, cursor)
        found += [order.order_no for order in page.orders]
        if page.next_cursor is None:
            return found
        cursor = page.next_cursor


@pytest.mark.parametrize(
    "fault",
    [
        "drop",
        "half_body",
        "half_head",
        "short_of_length",
        "html_500",
        "empty_200",
        "unavailable",
        "rate_limited",
    ],
)
def test_a_passing_trouble_is_overcome_within_one_call(mall: MallStand, fault: str) -> None:
    no = mall.place()
    mall.server.faults.next(fault, fault)

    page = mall.channel.pull_orders(LONG_AGO, None)

    assert [order.order_no for order in page.orders] == [no]
    assert len(mall.server.seen) == 3


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("drop", Temporary),
        ("half_body", Temporary),
        ("half_head", Temporary),
        ("short_of_length", Temporary),
        ("html_500", Temporary),
        ("empty_200", Temporary),
        ("unavailable", Temporary),
        ("rate_limited", RateLimited),
        ("auth_expired", AuthExpired),
        ("html_200", ContractBroken),
        ("html_403", ContractBroken),
        ("list_200", ContractBroken),
        ("doubled_key", ContractBroken),
        ("nan", ContractBroken),
        ("gzip_bomb", ContractBroken),
    ],
)
def test_a_lasting_trouble_is_one_of_the_five_kinds(mall: MallStand, fault: str, kind: type[ChannelError]) -> None:
    mall.place()
    is_retried = kind in {Temporary, RateLimited}
    mall.server.faults.next(*[fault] * (3 if is_retried else 1))

    with pytest.raises(ChannelError) as caught:
        mall.channel.pull_orders(LONG_AGO, None)

    assert type(caught.value) is kind


def test_gzip_is_understood(mall: MallStand) -> None:
    no = mall.place()
    mall.server.faults.next("gzipped")

    assert walk(mall) == [no]


@pytest.mark.parametrize("is_kept_connection", [False, True])
@pytest.mark.parametrize("fault", ["slow", "drip"])
def test_a_slow_mall_costs_a_deadline_and_no_more(mall: MallStand, fault: str, is_kept_connection: bool) -> None:
    for _ in range(5):
        mall.place()
    with HttpClient(mall.clock, policy=HttpPolicy(attempts=1, attempt_s=0.2)) as hasty:
        channel = MallChannel(mall.place_, mall.channel._key, hasty)
        if is_kept_connection:
            channel.check()
        mall.server.faults.next(fault)
        started = time.perf_counter()
        with pytest.raises(Temporary) as caught:
            channel.check()

    assert caught.value.code == "http.deadline"
    # the whole dripping answer takes more than ten seconds
    assert time.perf_counter() - started < 5


def test_an_empty_page_with_more_behind_it_is_walked_through(mall: MallStand) -> None:
    placed = [mall.place() for _ in range(5)]
    mall.server.faults.next("empty_page_has_more", "ok", "empty_page_has_more")

    assert set(walk(mall)) == set(placed)


def test_a_page_that_comes_twice_brings_doubles_and_loses_nothing(mall: MallStand) -> None:
    placed = [mall.place() for _ in range(5)]
    mall.server.faults.next("ok", "duplicate_page")

    found = walk(mall)

    assert set(found) == set(placed)
    assert len(found) > len(placed)


def test_paging_that_stands_still_is_broken(mall: MallStand) -> None:
    for _ in range(5):
        mall.place()
    first = mall.channel.pull_orders(LONG_AGO, None)
    mall.server.faults.next("same_cursor")

    with pytest.raises(ContractBroken) as caught:
        mall.channel.pull_orders(LONG_AGO, first.next_cursor)

    assert caught.value.code == "next_cursor"


def test_a_shipment_whose_answer_is_lost_is_told_once(mall: MallStand) -> None:
    no = mall.place(Wish(0, 2))
    mall.pay(no)
    mall.server.faults.next("done_but_silent")

    mall.channel.confirm_shipment(ShipmentNotice("s-1", no, "PX", "PX1", [("1", 2)]))

    first, second = mall.server.calls("POST", "/shipments")
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"] == "s-1"
    assert first.headers["x-nonce"] != second.headers["x-nonce"]
    assert mall.waybills_of(no) == ["PX1"]
    assert mall.server.shop.order(no)["version"] == 3, "placed, paid, shipped"


def test_a_parcel_told_again_under_another_key_is_known_already(mall: MallStand) -> None:
    no = mall.place(Wish(0, 2))
    mall.pay(no)
    for key in ("s-1", "s-2"):
        mall.channel.confirm_shipment(ShipmentNotice(key, no, "PX", "PX1", [("1", 1)]))

    assert mall.waybills_of(no) == ["PX1"]


def test_a_key_used_for_another_parcel_is_rejected(mall: MallStand) -> None:
    no = mall.place(Wish(0, 2))
    mall.pay(no)
    mall.channel.confirm_shipment(ShipmentNotice("s-1", no, "PX", "PX1", [("1", 1)]))

    with pytest.raises(Rejected) as caught:
        mall.channel.confirm_shipment(ShipmentNotice("s-1", no, "PX", "PX2", [("1", 1)]))

    assert caught.value.code == "idempotency_conflict"


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ([("1", 3)], "qty_exceeded"),
        ([("9", 1)], "line_not_found"),
        ([("2", 1)], "line_refunded"),
        ([], "invalid"),
    ],
)
def test_a_wrong_parcel_is_rejected_with_its_reason(mall: MallStand, lines: list[tuple[str, int]], code: str) -> None:
    no = mall.place(Wish(0, 2), Wish(1, 1))
    mall.pay(no)
    mall.refund_line(no, 1)

    with pytest.raises(Rejected) as caught:
        mall.channel.confirm_shipment(ShipmentNotice("s-1", no, "PX", "PX1", lines))

    assert caught.value.code == code
    assert mall.waybills_of(no) == []


def test_an_unpaid_order_cannot_be_told_as_sent(mall: MallStand) -> None:
    no = mall.place()

    with pytest.raises(Rejected) as caught:
        mall.channel.confirm_shipment(ShipmentNotice("s-1", no, "PX", "PX1", [("1", 1)]))

    assert caught.value.code == NOT_PAID


@pytest.mark.parametrize("skew", [timedelta(minutes=10), timedelta(hours=-9)])
def test_a_wrong_clock_on_either_side_is_bridged_by_the_date_header(mall: MallStand, skew: timedelta) -> None:
    mall.server.skew = skew

    assert abs(mall.channel.check() - (mall.clock.now() + skew)) <= timedelta(seconds=1)
    mall.channel.check()

    assert len(mall.server.seen) == 3, "refused once, then signed with the mall's time"


def test_every_call_is_signed_as_the_document_says(mall: MallStand) -> None:
    no = mall.place()
    mall.pay(no)
    mall.channel.check()
    mall.channel.get_order("a/b ü?&=%")
    mall.channel.put_stock("MF-101", 5)
    mall.channel.put_sale("MF-101", is_on=False)
    mall.channel.confirm_shipment(ShipmentNotice("s-1", no, "PX", "PX1", [("1", 1)]))
    walk(mall)

    assert len(mall.server.seen) == 6
    assert mall.server.unsigned() == []


def test_a_number_that_would_change_the_path_is_not_sent(mall: MallStand) -> None:
    assert [mall.channel.get_order(no) for no in ("", ".", "..")] == [None, None, None]
    assert mall.server.seen == []


def test_stock_is_written_over_the_version_that_was_seen(mall: MallStand) -> None:
    first = mall.channel.put_stock("MF-101", 10)
    second = mall.channel.put_stock("MF-101", 8, if_version=first.version)
    assert (second.qty, mall.server.shop.stock("MF-101").qty) == (8, 8)
    mall.place(Wish(0, 3))

    with pytest.raises(Rejected) as caught:
        mall.channel.put_stock("MF-101", 20, if_version=second.version)

    assert caught.value.code == "version_conflict"
    assert mall.server.shop.stock("MF-101").qty == 5


def test_stock_is_read_with_its_version_and_sale(mall: MallStand) -> None:
    listed = ListedSku("", "", "MF-101")
    written = mall.channel.set_stock(listed, 10)
    mall.place(Wish(0, 3))
    mall.channel.pause_sale(listed)

    read = mall.channel.read_stock(listed)
    assert written.at is not None
    assert read.at is not None

    assert (read.qty, read.is_on_sale) == (7, False)
    assert read.version is not None
    assert written.version is not None
    assert read.version > written.version
    mall.channel.resume_sale(listed)
    assert mall.channel.read_stock(listed).is_on_sale
    with pytest.raises(Rejected) as caught:
        mall.channel.read_stock(ListedSku("", "", "NO-SUCH"))
    assert caught.value.code == "sku_not_found"
    with pytest.raises(Rejected):
        mall.channel.change_stock(listed, 1, "key")
    assert isinstance(mall.channel, StockChannel)


def test_an_order_takes_its_units_off_the_number_and_a_cancelled_one_gives_them_back(mall: MallStand) -> None:
    """What the mall's stock rules promise."""
    listed = ListedSku("", "", "MF-101")
    mall.channel.set_stock(listed, 10)
    no = mall.place(Wish(0, 3))
    assert mall.channel.read_stock(listed).qty == 7
    mall.cancel(no)
    assert mall.channel.read_stock(listed).qty == 10
    assert mall.channel.stock_rules.cancelled_unit is CancelledUnit.PLATFORM


def test_a_stock_write_without_answer_is_not_repeated_by_itself(mall: MallStand) -> None:
    mall.server.faults.next("done_but_silent")

    with pytest.raises(Temporary):
        mall.channel.put_stock("MF-101", 10)

    assert len(mall.server.calls("PUT", "/stock")) == 1


def test_the_sale_of_a_sku_can_be_stopped_and_opened(mall: MallStand) -> None:
    mall.channel.put_sale("MF-101", is_on=False)
    assert not mall.server.shop.stock("MF-101").is_on
    mall.channel.put_sale("MF-101", is_on=True)
    assert mall.server.shop.stock("MF-101").is_on
    with pytest.raises(Rejected) as caught:
        mall.channel.put_sale("NO-SUCH", is_on=True)
    assert caught.value.code == "sku_not_found"


@pytest.mark.parametrize(
    ("secret", "signed", "signature"),
    [  # made with openssl dgst -sha256 -hmac
        (
            "practice-secret",
            Signed(
                "POST",
                "/v1/orders/LX1/shipments",
                "1763870400",
                "00112233445566778899aabbccddeeff",
                b'{"carrier":"PX","no":"PX1211987109924","lines":[{"line_no":"1","qty":2}]}',
            ),
            "a4823838d95a893605a92c121d2f0bb5a94872b61f1605cf1f65864d25bc9c07",
        ),
        (
            "密钥",
            Signed(
                "GET",
                "/v1/orders?updated_after=2026-11-22T00%3A00%3A00.000%2B00%3A00&limit=100",
                "1763870400",
                "ffeeddccbbaa99887766554433221100",
                b"",
            ),
            "a0aac9f33f996c45694cf5c7be9624cc82ab461b85c049ee417918dc8fe2d004",
        ),
    ],
)
def test_the_signature_equals_fixed_vectors(secret: str, signed: Signed, signature: str) -> None:
    assert signature_of(secret, signed) == signature
    again = independent_signature(secret, signed.method, signed.target, signed.timestamp, signed.nonce, signed.body)
    assert again == signature
    assert is_genuine(secret, signed, signature)
    assert not is_genuine(secret, signed, signature.upper())
    assert not is_genuine(secret, signed, "ä")


def test_the_secret_is_in_no_text() -> None:
    assert "hidden" not in repr(MallKey("key", "hidden"))


def test_the_plugin_opens_a_shop_from_settings(mall: MallStand) -> None:
    key = mall.channel._key
    plugin = built_in().get("mall")
    assert plugin is PLUGIN

    shop = plugin.factory(
        {"base_url": mall.server.url, "key": key.key}, {"secret": key.secret}, mall.http, mall.clock
    )

    assert abs(shop.check() - mall.clock.now()) <= timedelta(seconds=1)
    assert shop.capabilities == plugin.capabilities


@pytest.mark.parametrize(
    ("settings", "secret", "code"),
    [
        ({"base_url": "http://127.0.0.1:1", "key": ""}, {"secret": "s"}, "channel.setting"),
        ({"base_url": "http://127.0.0.1:1", "key": "k"}, {}, "channel.setting"),
        ({"base_url": "http://shop.example", "key": "k"}, {"secret": "s"}, "http.address"),
    ],
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, str], secret: dict[str, str], code: str) -> None:
    clock = ManualClock(LONG_AGO)
    with HttpClient(clock) as http, pytest.raises(Refused) as caught:
        PLUGIN.factory(settings, secret, http, clock)

    assert caught.value.code == code


def test_a_channel_id_cannot_stand_twice() -> None:
    with pytest.raises(ValueError, match="twice"):
        ChannelRegistry([PLUGIN, PLUGIN])
    assert built_in().get("no-such") is None


def test_secrets_are_asked_for_as_secrets() -> None:
    for plugin in built_in().all():
        names = [item.name for item in plugin.settings]
        assert len(set(names)) == len(names)
        assert all(item.label_zh and item.label_en for item in plugin.settings)
        assert all(item.kind == "secret" for item in plugin.settings if "secret" in item.name)


@pytest.mark.parametrize(("tells_weight", "told"), [(True, 2130), (False, None)])
def test_what_a_parcel_weighs_goes_on_where_the_mall_wants_it(mall, tells_weight, told):
    no = mall.place()
    mall.pay(no)
    channel = MallChannel(mall.place_, mall.channel._key, mall.http, tells_weight=tells_weight)
    for weight_g in (2130, 2130):
        channel.confirm_shipment(ShipmentNotice("s-1", no, "PX", "PX1", [("1", 1)], weight_g))
    (parcel,) = mall.server.shop.order(no)["shipments"]
    assert (parcel.get("weight_g"), parcel["no"]) == (told, "PX1")


def test_a_parcel_that_was_not_weighed_is_told_without_a_weight(mall):
    no = mall.place()
    mall.pay(no)
    channel = MallChannel(mall.place_, mall.channel._key, mall.http, tells_weight=True)
    channel.confirm_shipment(ShipmentNotice("s-1", no, "PX", "PX1", [("1", 1)]))
    (parcel,) = mall.server.shop.order(no)["shipments"]
    assert "weight_g" not in parcel
