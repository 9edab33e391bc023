"""A shop that promises how long its goods last: kept from intake to the last try, and said where it is the reason."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from core.catalog.records import SkuSpec
from core.db.models import Journal
from core.inventory.batches import note_batch
from core.inventory.ledger import receive
from core.inventory.models import StockLevel
from core.runtime.errors import NotFound, Refused
from tests.support.fake_shop import line


@pytest.fixture
def milk(world):
    """5 tins that end in 100 days."""
    spec = SkuSpec(
        "MILK", "奶粉", barcodes=(("6970000000017", 1),), is_batch_managed=True, life_days=300, warn_days=30
    )
    sku = world.desk.products.add(spec).sku_id

    def furnish(uow):
        today = (uow.now + timedelta(hours=8)).date()
        note_batch(uow, sku, "SOON", today + timedelta(days=100))
        receive(uow, world.warehouse, sku, 5, "delivery", "soon", "SOON")

    world.do(furnish)
    world.desk.shops.set_min_life(world.shop_id, 180)
    return world


def shown(world, no):
    return world.desk.orders.detail(world.order(no).id).holds


def late_goods(world, key, qty=2):
    def book(uow):
        sku = world.desk.products.page("all", "MILK", None, 1).rows[0].id
        note_batch(uow, sku, "LATE", (uow.now + timedelta(hours=8)).date() + timedelta(days=200))
        receive(uow, world.warehouse, sku, qty, "delivery", key, "LATE")

    world.do(book)


def promised(world):
    query = select(StockLevel.batch, StockLevel.confirmed_qty).where(StockLevel.confirmed_qty > 0)
    return {row.batch: row.confirmed_qty for row in world.rows(query)}


def test_an_order_taken_in_is_short_and_says_that_goods_are_left_but_end_too_soon(milk):
    milk.shop.place("A1", line("1", "MILK", 2))
    milk.sync()
    assert milk.holds("A1") == {"short"}
    assert shown(milk, "A1") == ("short_lived",)
    milk.shop.place("A2", line("1", "MILK", 6))
    milk.sync()
    assert shown(milk, "A2") == ("short",), "so many there are not at all"
    assert promised(milk) == {}


def test_what_comes_in_later_serves_it_only_if_it_lasts(milk):
    milk.shop.place("A1", line("1", "MILK", 2))
    milk.sync()
    milk.tidy()
    assert milk.holds("A1") == {"short"}
    late_goods(milk, "late")
    milk.tidy()
    assert (milk.holds("A1"), promised(milk)) == (set(), {"LATE": 2})


def test_a_payment_after_its_time_and_a_changed_order_keep_the_promise(milk):
    late_goods(milk, "late")
    milk.shop.place("A1", line("1", "MILK", 1), is_paid=False)
    milk.sync()
    milk.clock.advance(seconds=3600)
    milk.tidy()
    milk.shop.pay("A1")
    milk.sync()
    assert promised(milk) == {"LATE": 1}
    milk.shop.change("A1", lines=(line("1", "MILK", 3),))
    milk.sync()
    assert shown(milk, "A1") == ("paid_no_stock", "short_lived")
    milk.shop.change("A1", lines=(line("1", "MILK", 2),))
    milk.sync()
    assert (milk.holds("A1"), promised(milk)) == (set(), {"LATE": 2})


def test_fewer_days_let_the_waiting_orders_go_on_at_once(milk):
    milk.shop.place("A1", line("1", "MILK", 2))
    milk.sync()
    milk.desk.shops.set_min_life(milk.shop_id, 100)
    assert (milk.holds("A1"), promised(milk)) == (set(), {"SOON": 2})
    assert milk.desk.shops.shops()[0].min_life_days == 100
    facts = milk.rows(select(Journal.facts).where(Journal.action == "shop.min_life").order_by(Journal.id))
    assert [row.facts["days"] for row in facts] == [180, 100]


@pytest.mark.parametrize("days", [-1, 3651])
def test_what_is_no_number_of_days_is_refused(milk, days):
    with pytest.raises(Refused, match="no number of days"):
        milk.desk.shops.set_min_life(milk.shop_id, days)
    with pytest.raises(NotFound):
        milk.desk.shops.set_min_life(404, 5)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"life_days": -1}, "catalog.days_bad"),
        ({"warn_days": 731}, "catalog.days_bad"),
        ({"components": (("BEAR", 1),)}, "catalog.not_by_batch"),
        ({"is_stock_managed": False}, "catalog.not_by_batch"),
    ],
)
def test_only_counted_goods_are_kept_by_batch_for_so_many_days(world, more, code):
    with pytest.raises(Refused) as caught:
        world.desk.products.add(SkuSpec("MILK", "奶粉", is_batch_managed=True, **more))
    assert caught.value.code == code


def test_settings_of_batches_are_kept_when_a_product_is_saved(world):
    spec = SkuSpec("MILK", "奶粉", "奶粉", is_batch_managed=True, life_days=730, warn_days=60)
    saved = world.desk.products.add(spec).sku_id
    assert world.desk.products.product(saved).spec == spec
