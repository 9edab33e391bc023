"""The Medusa adapter while its shop is in trouble: sessions that end, answers that are lost, bodies to stumble over."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from core.channels.contract import ShipmentNotice
from core.channels.medusa.channel import MedusaChannel
from core.channels.medusa.client import MedusaKey
from core.channels.stock_contract import ListedSku
from core.runtime.remote_errors import AuthExpired, ContractBroken, RateLimited, Rejected, Temporary
from tests.contract.medusa_stand import medusa_channel, medusa_stand
from tests.contract.platform_stand import PlatformStand, way_to
from tests.simulators.platforms.medusa import EMAIL, PASSWORD, MedusaServer
from tests.support.channel_stand import Wish

LIST, LOGIN = "GET /admin/orders", "POST /auth/user/emailpass"
FULFIL = "POST /admin/orders/:id/fulfillments"
SHIP = f"{FULFIL}/:id/shipments"


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[PlatformStand]:
    with medusa_stand(tmp_path) as stand:
        yield stand


@pytest.fixture
def by_password(stand: PlatformStand) -> Iterator[MedusaChannel]:
    assert isinstance(stand.server, MedusaServer)
    way = way_to(stand.server, stand.clock)
    with way.http:
        yield medusa_channel(stand.server, way, MedusaKey(email=EMAIL, password=PASSWORD))


def sold(stand: PlatformStand, *wishes: Wish) -> ShipmentNotice:
    no = stand.place(*wishes)
    stand.pay(no)
    lines = [(line.no, line.qty) for line in stand.shop.order(no).lines]
    return ShipmentNotice("s-1", no, "ZTO", stand.waybill(17), lines)


def test_a_session_that_ends_is_renewed_even_under_a_write(stand: PlatformStand, by_password: MedusaChannel) -> None:
    told = sold(stand)
    by_password.check()
    stand.server.faults.next("token_dead", only=FULFIL)

    by_password.confirm_shipment(told)

    assert stand.waybills_of(told.order_no) == [stand.waybill(17)]
    assert stand.server.count(LOGIN) == 2


def test_a_password_that_was_changed_asks_for_a_person(stand: PlatformStand, by_password: MedusaChannel) -> None:
    stand.server.faults.next("unauthorized", only=LOGIN)
    with pytest.raises(AuthExpired):
        by_password.check()


@pytest.mark.parametrize("lost", [FULFIL, SHIP])
@pytest.mark.parametrize("fault", ["cut_after", "unknown_error_after", "cut_before", "conflict"])
def test_a_step_whose_answer_is_lost_ends_in_one_parcel(stand: PlatformStand, lost: str, fault: str) -> None:
    told = sold(stand, Wish(0, 2), Wish(1, 1))
    stand.server.faults.next(fault, only=lost)
    try:
        stand.channel.confirm_shipment(told)
    except Temporary:
        assert fault in {"cut_before", "conflict"}, "what was done is found"
    stand.channel.confirm_shipment(told)

    assert stand.waybills_of(told.order_no) == [stand.waybill(17)]
    order = stand.channel.get_order(told.order_no)
    assert order is not None
    assert order.is_shipped
    assert stand.server.count(FULFIL) + stand.server.count(SHIP) <= 3


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("forbidden", AuthExpired),
        ("unauthorized", AuthExpired),
        ("list_200", ContractBroken),
        ("not_a_number", ContractBroken),
        ("doubled_names", ContractBroken),
    ],
)
def test_an_answer_to_stumble_over_is_one_of_the_five(
    stand: PlatformStand, fault: str, kind: type[Exception]
) -> None:
    told = sold(stand)
    stand.server.faults.next(fault, only=LIST)
    with pytest.raises(kind):
        stand.channel.get_order(told.order_no)


def test_whoever_hosts_the_shop_is_obeyed(stand: PlatformStand) -> None:
    told = sold(stand)
    stand.server.faults.next(*["rate_limited"] * 3, only=LIST)
    with pytest.raises(RateLimited):
        stand.channel.get_order(told.order_no)
    stand.clock.advance(seconds=60)
    assert stand.channel.get_order(told.order_no) is not None


def test_a_row_that_comes_twice_is_the_same_order(stand: PlatformStand) -> None:
    told = sold(stand)
    stand.settle()
    stand.channel.check()
    stand.server.faults.next("doubled_row", only=LIST)
    page = stand.channel.pull_orders(stand.now() - timedelta(hours=1), None)

    assert {order.order_no for order in page.orders} == {told.order_no}
    assert len({order.modified_at for order in page.orders}) == 1


def test_a_listing_that_is_not_counted_is_said(stand: PlatformStand) -> None:
    assert isinstance(stand.channel, MedusaChannel)
    with pytest.raises(Rejected):
        stand.channel.read_stock(ListedSku("", "", "MF-101"))
