"""Parcels told to a running Vendure: once, twice, in parts, and with the reply lost on the way."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.channels.contract import (
    ORDER_CLOSED,
    SHIPPED_OTHERWISE,
    UNKNOWN_ORDER,
    ChannelOrder,
    ShipmentNotice,
)
from core.channels.vendure.channel import VendureChannel
from core.runtime.remote_errors import Rejected, Temporary
from tests.support.cutting_proxy import cutting_proxy
from tests.support.vendure import RunningShop
from tests.support.vendure_driver import Json, VendureDriver

pytestmark = pytest.mark.realshop


def paid_order(channel: VendureChannel, driver: VendureDriver, sku: str, qty: int = 2) -> ChannelOrder:
    code = driver.place_order([(driver.new_variant(sku, stock=10), qty)])
    driver.settle(code)
    order = channel.get_order(code)
    assert order is not None
    return order


def notice_for(order: ChannelOrder, waybill_no: str, qty: int | None = None) -> ShipmentNotice:
    lines = [(line.line_no, line.qty if qty is None else qty) for line in order.lines]
    return ShipmentNotice(f"parcel-{waybill_no}", order.order_no, "SF", waybill_no, lines)


def parcels_at(driver: VendureDriver, order: ChannelOrder) -> list[tuple[str, str, str]]:
    """(tracking code, carrier, state) of every parcel Vendure knows."""
    fulfilments: list[Json] = driver.order(order.order_no)["fulfillments"]
    return sorted((f["trackingCode"], f["method"], f["state"]) for f in fulfilments)


def test_the_shop_shows_the_order_shipped_with_our_number(
    channel: VendureChannel, driver: VendureDriver, new_sku: str
) -> None:
    order = paid_order(channel, driver, new_sku)

    channel.confirm_shipment(notice_for(order, "SF1001"))

    assert driver.order(order.order_no)["state"] == "Shipped"
    assert parcels_at(driver, order) == [("SF1001", "SF", "Shipped")]
    after = channel.get_order(order.order_no)
    assert after is not None
    assert after.is_shipped
    assert after.version > order.version


def test_the_same_notice_again_changes_nothing(channel: VendureChannel, driver: VendureDriver, new_sku: str) -> None:
    order = paid_order(channel, driver, new_sku)

    for _ in range(3):
        channel.confirm_shipment(notice_for(order, "SF1002"))

    assert parcels_at(driver, order) == [("SF1002", "SF", "Shipped")]
    driver.deliver(order.order_no)
    channel.confirm_shipment(notice_for(order, "SF1002"))
    assert parcels_at(driver, order) == [("SF1002", "SF", "Delivered")]


def test_another_number_for_goods_already_sent_is_refused(
    channel: VendureChannel, driver: VendureDriver, new_sku: str
) -> None:
    order = paid_order(channel, driver, new_sku)
    channel.confirm_shipment(notice_for(order, "SF1003"))

    with pytest.raises(Rejected) as refusal:
        channel.confirm_shipment(notice_for(order, "SF9999"))

    assert refusal.value.code == SHIPPED_OTHERWISE
    assert parcels_at(driver, order) == [("SF1003", "SF", "Shipped")]


def test_two_parcels_of_one_order_are_two_shipments(
    channel: VendureChannel, driver: VendureDriver, new_sku: str
) -> None:
    order = paid_order(channel, driver, new_sku, qty=3)

    channel.confirm_shipment(notice_for(order, "SF1004", qty=1))
    between = channel.get_order(order.order_no)
    state_between = driver.order(order.order_no)["state"]
    channel.confirm_shipment(notice_for(order, "SF1005", qty=2))

    assert between is not None
    assert (state_between, between.is_shipped) == ("PartiallyShipped", False)
    assert driver.order(order.order_no)["state"] == "Shipped"
    assert [number for number, _, _ in parcels_at(driver, order)] == ["SF1004", "SF1005"]


def test_the_same_number_with_other_goods_is_refused(
    channel: VendureChannel, driver: VendureDriver, new_sku: str
) -> None:
    order = paid_order(channel, driver, new_sku, qty=3)
    channel.confirm_shipment(notice_for(order, "SF1006", qty=1))

    with pytest.raises(Rejected) as refusal:
        channel.confirm_shipment(notice_for(order, "SF1006", qty=2))

    assert refusal.value.code == SHIPPED_OTHERWISE
    assert driver.order(order.order_no)["state"] == "PartiallyShipped"


@pytest.mark.parametrize("lost", [b"addFulfillmentToOrder", b"transitionFulfillmentToState"])
def test_a_lost_reply_ends_in_one_shipped_parcel(
    vendure: RunningShop,
    open_channel: Callable[..., VendureChannel],
    driver: VendureDriver,
    new_sku: str,
    lost: bytes,
) -> None:
    with cutting_proxy(vendure.port) as proxy:
        channel = open_channel(port=proxy.port)
        order = paid_order(channel, driver, new_sku)
        proxy.lose_reply_to(lost)

        channel.confirm_shipment(notice_for(order, "SF1007"))

        assert proxy.lost == 1
        assert parcels_at(driver, order) == [("SF1007", "SF", "Shipped")]
        channel.confirm_shipment(notice_for(order, "SF1007"))
        assert parcels_at(driver, order) == [("SF1007", "SF", "Shipped")]


@pytest.mark.race
def test_two_desks_telling_the_same_parcel_at_once_make_one(
    open_channel: Callable[..., VendureChannel], driver: VendureDriver, new_sku: str
) -> None:
    desks = [open_channel(), open_channel()]
    order = paid_order(desks[0], driver, new_sku)
    desks[1].check()
    start = threading.Barrier(2)

    def tell(desk: VendureChannel) -> None:
        start.wait(30)
        desk.confirm_shipment(notice_for(order, "SF1010"))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(tell, desks))

    assert parcels_at(driver, order) == [("SF1010", "SF", "Shipped")]
    assert driver.order(order.order_no)["state"] == "Shipped"


def test_a_parcel_left_half_told_is_finished_by_the_next_try(
    vendure: RunningShop, open_channel: Callable[..., VendureChannel], driver: VendureDriver, new_sku: str
) -> None:
    with cutting_proxy(vendure.port) as proxy:
        channel = open_channel(port=proxy.port)
        order = paid_order(channel, driver, new_sku)
        proxy.lose_reply_to(b"addFulfillmentToOrder")
        proxy.lose_all_after_that()

        with pytest.raises(Temporary):
            channel.confirm_shipment(notice_for(order, "SF1008"))

        assert parcels_at(driver, order) == [("SF1008", "SF", "Pending")]

    open_channel().confirm_shipment(notice_for(order, "SF1008"))
    assert parcels_at(driver, order) == [("SF1008", "SF", "Shipped")]


def test_cancelled_and_unknown_orders_and_empty_parcels_are_refused(
    channel: VendureChannel, driver: VendureDriver, new_sku: str
) -> None:
    order = paid_order(channel, driver, new_sku)

    with pytest.raises(Rejected) as empty:
        channel.confirm_shipment(notice_for(order, "SF1009", qty=0))
    with pytest.raises(Rejected) as unknown:
        channel.confirm_shipment(ShipmentNotice("k", "NOSUCHCODE", "SF", "SF1009", [("1", 1)]))
    driver.cancel(order.order_no)
    with pytest.raises(Rejected) as cancelled:
        channel.confirm_shipment(notice_for(order, "SF1009"))

    assert [refusal.value.code for refusal in (empty, unknown, cancelled)] == [
        "empty_parcel",
        UNKNOWN_ORDER,
        ORDER_CLOSED,
    ]
    assert parcels_at(driver, order) == []
