"""A Medusa shop through the whole intake: payments that move nothing are seen, and nothing is lost or doubled."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from core.channels.medusa.channel import MedusaChannel
from core.db.models import Journal
from core.orders.models import Hold, Order
from core.runtime.remote_errors import ContractBroken, Temporary
from core.sync.models import Cursor
from tests.contract.medusa_stand import medusa_channel
from tests.contract.platform_stand import way_to
from tests.simulators.platforms.medusa import MedusaServer
from tests.simulators.platforms.medusa_shop import medusa_shop

LIST = "GET /admin/orders"


class Seller:
    """The shop behind the simulator, and our way to it."""

    def __init__(self, world, server: MedusaServer, channel: MedusaChannel) -> None:
        self.world, self.server, self.channel, self.shop = world, server, channel, server.shop
        self.sku = self.shop.list_goods("BEAR", 1000).sku_id
        self.other = self.shop.list_goods("DUCK", 1000).sku_id

    def sell(self, qty: int = 1, *more: tuple[str, int], pays: bool = True) -> str:
        no = self.shop.place([(self.sku, qty), *more]).no
        if pays:
            self.shop.pay(no)
        return no

    def pull(self) -> None:
        self.world.clock.advance(seconds=2)
        self.world.puller().pull(self.world.shop_record, self.channel)

    def actions(self, action: str) -> int:
        return len(self.world.rows(select(Journal.id).where(Journal.action == action)))

    def reasons(self) -> set[str]:
        return {row.reason for row in self.world.rows(select(Hold.reason).where(Hold.released_at.is_(None)))}


@pytest.fixture
def seller(world) -> Iterator[Seller]:
    with MedusaServer(medusa_shop(world.clock.now)) as server:
        way = way_to(server, world.clock)
        known = {"shop_id": world.shop_record.id, "feed": "changed", "until_at": world.clock.now()}
        world.do(lambda uow: uow.insert_many(Cursor, [known]))
        try:
            yield Seller(world, server, medusa_channel(server, way))
        finally:
            way.http.close()


def taken(world) -> set[str]:
    return {row.order_no for row in world.rows(select(Order.order_no))}


def test_a_payment_is_seen_although_the_order_keeps_its_time(seller, world):
    no = seller.sell(2, pays=False)
    seller.pull()
    assert world.order(no).payment == "unpaid"
    # Long after every window that could hold the order.
    world.clock.advance(hours=3)
    seller.pull()
    before = seller.shop.order(no).modified_at
    seller.shop.pay(no)
    assert seller.shop.order(no).modified_at == before
    seller.pull()

    assert world.order(no).payment == "paid"
    assert taken(world) == {no}


def test_days_offline_are_caught_up_after_a_cut(seller, world):
    placed = set()
    for _ in range(9):
        placed.add(seller.sell())
        world.clock.advance(hours=7)
    seller.server.faults.next(*["ok"] * 2, *["cut_before"] * 3, only=LIST)
    with pytest.raises(Temporary):
        seller.pull()
    assert taken(world) < placed
    seller.pull()
    seller.pull()

    assert taken(world) == placed
    assert (seller.actions("order.address_changed"), seller.actions("order.updated")) == (0, 0)


def test_what_is_cancelled_leaves_and_what_is_left_is_sent(seller, world):
    gone, kept = seller.sell(), seller.sell(1, (seller.other, 2))
    seller.pull()
    seller.shop.cancel(gone)
    seller.shop.change_address(kept, address="练习巷2号")
    seller.pull()

    assert world.order(gone).fulfilment == "cancelled"
    assert world.order(kept).payment == "paid"
    assert seller.actions("order.address_changed") == 1


def test_an_order_that_waits_for_the_buyers_bank_is_held(seller, world):
    no = seller.sell()
    seller.shop.order(no).extra["status"] = "requires_action"
    seller.pull()
    assert "platform_stopped" in seller.reasons()
    del seller.shop.order(no).extra["status"]
    seller.pull()

    assert "platform_stopped" not in seller.reasons()


def test_an_answer_that_is_none_moves_no_watermark(seller, world):
    no = seller.sell()
    (before,) = world.rows(select(Cursor.until_at))
    seller.server.faults.next("list_200", only=LIST)
    with pytest.raises(ContractBroken):
        seller.pull()
    assert world.rows(select(Cursor.until_at)) == [before]
    seller.pull()

    assert taken(world) == {no}
