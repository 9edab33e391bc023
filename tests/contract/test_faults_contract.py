"""Every adapter on a bad wire: nothing is taken for "no orders", nothing is lost, nothing is done twice."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

import pytest

from core.channels.aftersale_contract import AfterSaleChannel
from core.channels.contract import OrderPage, ShipmentNotice
from core.channels.listing_contract import ListingChannel
from core.channels.shop_contract import NoteChannel
from core.channels.stock_contract import StockChannel, WriteKind
from core.runtime.remote_errors import ChannelError, Rejected
from tests.contract.platform_stand import PlatformStand
from tests.simulators.platforms.faults import WIRE

HOUR = timedelta(hours=1)
#: which call of one act meets the trouble: an act may ask before it writes, and look afterwards
PLACES = range(4)
FAULTS = sorted(WIRE)
LASTING = sorted(WIRE - {"slow"})


@contextmanager
def patience(platform: PlatformStand) -> Iterator[None]:
    """Whoever is slow answers after a moment."""
    timer = threading.Timer(0.2, platform.server.released.set)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        platform.server.released.set()
        platform.server.released.clear()


def meet(platform: PlatformStand, fault: str, at: int) -> None:
    platform.server.faults.forget()
    platform.server.faults.next(*["ok"] * at, fault)


def retried(act: Callable[[], object]) -> None:
    """As the outbox does: refused is refused, everything else is tried again."""
    for _ in range(3):
        try:
            act()
        except Rejected:
            raise
        except ChannelError:
            continue
        return


def paid(platform: PlatformStand) -> str:
    no = platform.place()
    platform.pay(no)
    return no


def notice(platform: PlatformStand, no: str, number: int) -> ShipmentNotice:
    order = platform.channel.get_order(no)
    assert order is not None
    lines = [(line.line_no, line.qty) for line in order.lines]
    return ShipmentNotice(f"s-{number}", no, platform.carrier, platform.waybill(number), lines)


def read_all(platform: PlatformStand) -> list[str]:
    """Every page and what was unread in it, each asked for until it comes."""
    start = platform.now() - HOUR
    found: list[str] = []
    cursor: str | None = None
    for _ in range(60):
        try:
            page: OrderPage = platform.channel.pull_orders(start, cursor)
        except ChannelError:
            continue
        found += [order.order_no for order in page.orders]
        found += [one.no for one in page.unread if comes(platform, one.no)]
        cursor = page.next_cursor
        if cursor is None:
            return found
    raise AssertionError("the pages do not end")


def comes(platform: PlatformStand, no: str) -> bool:
    """Whether an order comes that was unread in its page."""
    for _ in range(12):
        with suppress(ChannelError):
            return platform.channel.get_order(no) is not None
    return False


@pytest.mark.parametrize("fault", FAULTS)
def test_orders_are_read_whole_whatever_call_is_troubled(platform: PlatformStand, fault: str) -> None:
    placed = [paid(platform) for _ in range(5)]
    platform.settle()

    with patience(platform):
        for at in PLACES:
            meet(platform, fault, at)
            assert set(read_all(platform)) == set(placed)


@pytest.mark.parametrize("fault", LASTING)
def test_a_lasting_trouble_is_an_error_and_never_an_empty_page(platform: PlatformStand, fault: str) -> None:
    no = paid(platform)
    channel = platform.channel
    start = platform.now() - HOUR
    reads: dict[str, Callable[[], object]] = {
        "orders": lambda: channel.pull_orders(start, None),
        "open orders": lambda: channel.open_orders(None),
        "one order": lambda: channel.get_order(no),
        "check": channel.check,
    }
    if isinstance(channel, AfterSaleChannel):
        reads["after-sales"] = lambda: channel.pull_after_sales(start, None)
    if isinstance(channel, ListingChannel):
        reads["listings"] = lambda: channel.pull_listings(None)
    if isinstance(channel, StockChannel) and channel.stock_rules.reads_back:
        reads["stock"] = lambda: channel.read_stock(platform.listed(0))
    for name, read in reads.items():
        platform.server.faults.forget()
        platform.server.faults.next(*[fault] * 12)
        with pytest.raises(ChannelError) as caught:
            read()
        assert not isinstance(caught.value, Rejected), f"{name}: nobody said no"


@pytest.mark.parametrize("fault", FAULTS)
def test_a_parcel_is_told_once_whatever_call_is_troubled(platform: PlatformStand, fault: str) -> None:
    for at in PLACES:
        with patience(platform):
            no = paid(platform)
            told = notice(platform, no, 100 + at)
            meet(platform, fault, at)
            retried(lambda told=told: platform.channel.confirm_shipment(told))  # type: ignore[misc]
            platform.server.faults.forget()
            platform.channel.confirm_shipment(told)

            assert platform.waybills_of(no) == [platform.waybill(100 + at)]
            assert platform.told_count(no) == 1


@pytest.mark.parametrize("fault", FAULTS)
def test_a_difference_is_applied_once_at_most(platform: PlatformStand, fault: str) -> None:
    channel = platform.channel
    if not isinstance(channel, StockChannel):
        pytest.skip("the numbers of this shop are not written from here")
    rules = channel.stock_rules
    if rules.write not in (WriteKind.KEYED_DELTA, WriteKind.PLAIN_DELTA):
        pytest.skip("this platform takes no differences")
    for at in PLACES:
        with patience(platform):
            before = platform.stock_of(0)
            meet(platform, fault, at)
            try:
                answer = channel.change_stock(platform.listed(0), -3, f"act-{at}")
            except Rejected:
                assert platform.stock_of(0) == before, "no means that nothing was changed"
            except ChannelError:
                assert platform.stock_of(0) in (before, before - 3)
            else:
                assert answer.qty == platform.stock_of(0) == before - 3
            platform.server.faults.forget()
            if rules.write is WriteKind.KEYED_DELTA:
                assert channel.change_stock(platform.listed(0), -3, f"act-{at}").qty == before - 3
                assert platform.stock_of(0) == before - 3
            elif rules.reads_back:
                assert channel.read_stock(platform.listed(0)).qty == platform.stock_of(0)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_number_that_is_set_ends_as_it_was_set(platform: PlatformStand, fault: str) -> None:
    channel = platform.channel
    if not isinstance(channel, StockChannel) or channel.stock_rules.write is not WriteKind.ABSOLUTE:
        pytest.skip("the numbers of this shop are not set from here")
    for at in PLACES:
        with patience(platform):
            before, wanted = platform.stock_of(0), 20 + at
            meet(platform, fault, at)
            try:
                channel.set_stock(platform.listed(0), wanted)
            except Rejected:
                assert platform.stock_of(0) == before
            except ChannelError:
                assert platform.stock_of(0) in (before, wanted)
            else:
                assert platform.stock_of(0) == wanted
            platform.server.faults.forget()
            channel.set_stock(platform.listed(0), wanted)
            assert platform.stock_of(0) == wanted


@pytest.mark.parametrize("fault", FAULTS)
def test_a_sale_ends_stopped_whatever_call_is_troubled(platform: PlatformStand, fault: str) -> None:
    channel = platform.channel
    if not isinstance(channel, StockChannel) or not channel.stock_rules.pauses_sale:
        pytest.skip("a single link cannot be taken off sale here")
    for at in PLACES:
        for act, is_on in ((channel.pause_sale, False), (channel.resume_sale, True)):
            with patience(platform):
                meet(platform, fault, at)
                retried(lambda act=act: act(platform.listed(0)))  # type: ignore[misc]
                platform.server.faults.forget()
                act(platform.listed(0))
                assert platform.is_on_sale(0) is is_on


@pytest.mark.parametrize("fault", FAULTS)
def test_a_note_ends_as_it_was_written(platform: PlatformStand, fault: str) -> None:
    channel = platform.channel
    if not isinstance(channel, NoteChannel):
        pytest.skip("this platform's notes are not written from here")
    no = paid(platform)
    for at in PLACES:
        with patience(platform):
            meet(platform, fault, at)
            retried(lambda at=at: channel.write_note(no, f"第 {at} 次"))  # type: ignore[misc]
            platform.server.faults.forget()
            channel.write_note(no, f"第 {at} 次")
            assert platform.seller_note_of(no) == f"第 {at} 次"
