"""Several warehouses: named by somebody who may, goods moved between them once, waiting orders sent on."""

import threading

import pytest
from sqlalchemy import select

from core.db.models import Journal
from core.db.unit_of_work import UnitOfWork
from core.inventory import warehouses
from core.inventory.models import StockLevel, Warehouse
from core.runtime.errors import NotFound, Refused
from tests.race.test_spine_races import meet, together
from tests.support.fake_shop import line
from tests.support.world import World


def on_hand(world, warehouse, code="BEAR"):
    query = select(StockLevel.on_hand_qty)
    here = query.where(StockLevel.warehouse_id == warehouse, StockLevel.sku_id == world.skus[code])
    return sum(row[0] for row in world.rows(here))


def refused(act, *arguments):
    with pytest.raises((Refused, NotFound)) as error:
        act(*arguments)
    return error.value.code


def test_a_warehouse_is_made_with_a_code_and_a_name(world):
    made = world.desk.stock.add_warehouse(" WH-2 ", " 二号  仓 ")
    assert (made.code, made.name) == ("wh-2", "二号 仓")
    assert [place.code for place in world.desk.stock.warehouses()] == ["main", "wh-2"]
    facts = [
        row.facts
        for row in world.rows(select(Journal.facts).where(Journal.action == "warehouse.made").order_by(Journal.id))
    ]
    assert facts == [{"code": "wh-2", "name": "二号 仓"}]


@pytest.mark.parametrize(
    ("code", "name", "why"),
    [
        ("", "二号仓", "warehouse.code"),
        ("仓", "二号仓", "warehouse.code"),
        ("a" * 21, "二号仓", "warehouse.code"),
        ("wh2", "  ", "warehouse.name"),
        ("wh2", "仓" * 41, "warehouse.name"),
        ("MAIN", "二号仓", "warehouse.taken"),
        ("wh2", "主仓", "warehouse.taken"),
    ],
)
def test_what_names_no_place_or_one_that_is_there_is_refused(world, code, name, why):
    assert refused(world.desk.stock.add_warehouse, code, name) == why
    assert len(world.rows(select(Warehouse.id))) == 1


def one_name_twice(world, monkeypatch, wait_s):
    """Two desks give one name at once; each has looked before either writes, if it can come that far."""
    both = threading.Barrier(2)
    insert = UnitOfWork.insert

    def late(uow, table, row):
        if table is Warehouse:
            meet(both, wait_s)
        return insert(uow, table, row)

    monkeypatch.setattr(UnitOfWork, "insert", late)
    desks = [world.new_desk(f"desk {n}") for n in range(2)]
    acts = [lambda desk=desk, code=f"wh{n}": desk.stock.add_warehouse(code, "二号仓") for n, desk in enumerate(desks)]
    results = together(*acts)
    monkeypatch.undo()
    return sum(isinstance(result, Refused) for result in results)


@pytest.mark.race
def test_two_desks_give_one_name_once(world, monkeypatch):
    assert one_name_twice(world, monkeypatch, 0.4) == 1
    assert len(world.rows(select(Warehouse.id).where(Warehouse.name == "二号仓"))) == 1


@pytest.mark.race
@pytest.mark.postgres
def test_twin_without_turns_two_desks_give_it_twice(postgres_address, monkeypatch):
    monkeypatch.setattr(warehouses, "take_turn", lambda uow, subject: None)
    world = World(postgres_address)
    try:
        assert one_name_twice(world, monkeypatch, 20.0) == 0
    finally:
        world.close()


def test_goods_are_moved_once_and_come_back(world):
    main, bear = world.warehouse, world.skus["BEAR"]
    second = world.desk.stock.add_warehouse("wh2", "二号仓").id
    had = on_hand(world, main)
    acted = world.desk.stock.transfer(main, second, bear, 7, "fill_up", "t1")
    again = world.desk.stock.transfer(main, second, bear, 7, "fill_up", "t1")
    assert (acted.booked.qty, acted.booked.on_hand_qty, again.booked.is_repeat) == (-7, had - 7, True)
    assert (on_hand(world, main), on_hand(world, second)) == (had - 7, 7)
    world.desk.stock.transfer(second, main, bear, 7, "undone", "t1:undo")
    assert (on_hand(world, main), on_hand(world, second)) == (had, 0)
    assert world.desk.stock.discrepancies() == []


def test_what_cannot_be_moved_is_refused(world):
    main, bear = world.warehouse, world.skus["BEAR"]
    second = world.desk.stock.add_warehouse("wh2", "二号仓").id
    move = world.desk.stock.transfer
    assert refused(move, main, main, bear, 1, "fill_up", "k1") == "stock.same_warehouse"
    assert refused(move, main, 999, bear, 1, "fill_up", "k2") == "stock.no_warehouse"
    assert refused(move, 999, second, bear, 1, "fill_up", "k3") == "stock.no_warehouse"
    assert refused(move, second, main, bear, 1, "fill_up", "k4") == "stock.too_little"
    assert refused(move, main, second, bear, 0, "fill_up", "k5") == "stock.qty_out_of_range"


def test_promised_goods_stay_where_they_are_promised(world):
    bag, main = world.skus["BAG"], world.warehouse
    second = world.desk.stock.add_warehouse("wh2", "二号仓").id
    world.ready("A1", line("1", "BAG", 3))
    assert refused(world.desk.stock.transfer, main, second, bag, on_hand(world, main, "BAG"), "fill_up", "k") == (
        "stock.too_little"
    )
    world.desk.stock.transfer(main, second, bag, on_hand(world, main, "BAG") - 3, "fill_up", "k")
    assert on_hand(world, main, "BAG") == 3


def test_an_order_that_waits_goes_on_with_what_is_moved_to_it(world):
    bag, main = world.skus["BAG"], world.warehouse
    second = world.desk.stock.add_warehouse("wh2", "二号仓").id
    world.desk.stock.transfer(main, second, bag, on_hand(world, main, "BAG"), "make_room", "k1")
    world.shop.place("A1", line("1", "BAG", 2))
    world.sync("A1")
    assert world.holds("A1") == {"short"}
    acted = world.desk.stock.transfer(second, main, bag, 5, "fill_up", "k2")
    assert acted.served_count == 1
    assert world.holds("A1") == set()
    assert world.order("A1").fulfilment == "to_pack"
