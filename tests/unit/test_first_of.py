"""Lists that may be too long to be shown whole say how many there are."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from core.catalog.models import Sku
from core.counting import queries as counting
from core.counting import sheets, tallying
from core.counting.records import Scope
from core.db.counting import first_rows
from core.inventory import stock_list
from core.orders.limits import flagged
from core.orders.models import Hold, Order
from core.payments import queries as payments
from core.payments.models import PaymentBill
from core.runtime.ids import SkuId
from tests.support.fake_shop import line
from tests.support.world import World


@pytest.fixture
def world(spine_address):
    world = World(spine_address, stock=5)
    yield world
    world.close()


def seen(world, find):
    found = world.store.read(find)
    return len(found), found.of_all


def test_rows_are_counted_only_where_there_are_more(world):
    query = select(Sku.code).where(Sku.code.in_(("BEAR", "BAG", "SET"))).order_by(Sku.code)
    for most, shown in ((2, 2), (3, 3), (9, 3)):
        rows, of_all = world.store.read(lambda c, most=most: first_rows(c, query, most))
        assert ([row.code for row in rows], of_all) == (["BAG", "BEAR", "SET"][:shown], 3)


def test_goods_in_hand(world, monkeypatch):
    for number in range(3):
        world.desk.stock.book_in_hand(world.warehouse, SkuId(world.skus["BEAR"]), 1, "found", f"k{number}")
    assert seen(world, stock_list.in_hand) == (3, 3)
    monkeypatch.setattr(stock_list, "_MOST_IN_HAND", 2)
    assert seen(world, stock_list.in_hand) == (2, 3)


def test_orders_over_a_limit(world, monkeypatch):
    for number in range(3):
        world.shop.place(f"A{number}", line("1", "BEAR"))
        world.sync(f"A{number}")
    hold = {"reason": "over_limit", "placed_at": world.clock.now(), "placed_by": "x", "note": ""}
    orders = [row.id for row in world.rows(select(Order.id))]
    world.do(lambda uow: uow.insert_many(Hold, [hold | {"order_id": one} for one in orders]))
    assert seen(world, flagged.flagged_orders) == (3, 3)
    monkeypatch.setattr(flagged, "_MOST", 2)
    assert seen(world, flagged.flagged_orders) == (2, 3)


def test_daily_bills(world, monkeypatch):
    day = world.clock.now().date()
    row = dict.fromkeys(column.name for column in PaymentBill.__table__.c if column.nullable and column.name != "id")
    row |= {"shop_id": world.shop_id, "state": "compared", "attempts": 0, "rows": 0, "matched": 0}
    row |= {
        "paid_fen": 0,
        "refunded_fen": 0,
        "next_at": world.clock.now(),
        "last_error": "",
        "confirmed_by": "",
        "edge": [],
    }
    row = {name: value for name, value in row.items() if name in PaymentBill.__table__.c}
    days = [row | {"day": (day - timedelta(days=number)).toordinal()} for number in range(3)]
    world.do(lambda uow: [uow.insert(PaymentBill, one) for one in days])
    assert seen(world, payments.bills) == (3, 3)
    monkeypatch.setattr(payments, "_MOST_BILLS", 2)
    assert seen(world, payments.bills) == (2, 3)
    assert [one.day for one in world.store.read(payments.bills)] == [day, day - timedelta(days=1)]


def test_places_and_finds_of_a_sheet(world, monkeypatch):
    def make(uow):
        sheet = sheets.make_sheet(uow, world.warehouse, Scope("skus", ("BEAR",)), "k", is_blind=False)
        while sheets.fill_sheet(uow, sheet) is not None:
            pass
        sheets.begin(uow, sheet)
        for place in ("A1", "B2", "C3"):
            here = tallying.go_to(uow, sheet, place).pass_id
            tallying.scan(uow, here, f"unknown {place}", f"scan {place}")
        return sheet

    sheet = world.do(make)
    assert seen(world, lambda c: counting.finds(c, sheet)) == (3, 3)
    assert seen(world, lambda c: counting.places(c, sheet)) == (4, 4)
    monkeypatch.setattr(counting, "_MOST_FINDS", 2)
    assert seen(world, lambda c: counting.finds(c, sheet)) == (2, 3)
