"""Replenishment as its page works with it, on both engines: what is listed, drafts made once, tables out and in."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from core.catalog.models import Sku
from core.db.unit_of_work import Urgency
from core.desk import replenish
from core.files.reading import read_table
from core.inventory.documents.models import Document
from core.inventory.documents.records import Head, LineIn
from core.inventory.documents.states import DocKind
from core.inventory.models import Reservation
from core.inventory.quotas.safety import set_safety
from core.orders.models import Order
from core.replenish.records import ReplenishFilter, Wanted
from core.replenish.rolling import roll
from core.replenish.rules import Rules, Supplied
from core.replenish.suggesting import Why
from core.runtime.errors import NotFound, Refused
from desktop.pages.replenish.words import reason_text
from desktop.texts import Texts
from tests.support.fake_shop import line
from tests.support.world import World

EVERYTHING = ReplenishFilter("all")


def sell(world: World, code: str, qty: int, days: int) -> None:
    """So many units a day, sent the same day, and the day after the last of them."""
    # Known for months: the days of the window all count.
    long_ago = world.clock.now() - timedelta(days=200)
    world.do(lambda uow: uow.execute(update(Sku).values(created_at=long_ago)))
    for day in range(days):
        no = f"{code} {day}"
        world.shop.place(no, line("1", code, qty))
        world.sync(no)
        world.clock.advance(days=1)
    roll(world.store)


def rows(world: World, wanted: ReplenishFilter = EVERYTHING) -> dict:
    return {row.code: row for row in world.desk.replenish.list(wanted).rows}


def test_the_sentence_reads_as_the_owner_says_it(file_world):
    desk = file_world.desk.replenish
    desk.set_rules(Rules(lead_days=7, cover_days=2, window_days=4))
    desk.set_supply(file_world.skus["BEAR"], Supplied("义乌欣欣", None, 12))
    sell(file_world, "BEAR", 12, 4)
    # 1000 came, 48 are left.
    file_world.desk.stock.count(file_world.warehouse, file_world.skus["BEAR"], 48 + 48, "stocktake", "c1")
    row = rows(file_world)["BEAR"]
    said = "卖 12 件/天，够 4 天，供应商要 7 天：建议订 60 件（箱规 12）"
    assert reason_text(row, Texts("zh_CN")) == said
    assert reason_text(row, Texts("en")) == (
        "12 a day sell, enough for 4 days, the supplier takes 7: order 60 units (boxes of 12)"
    )
    assert [row.code for row in desk.list(ReplenishFilter()).rows] == ["BEAR"]


def test_what_is_ordered_or_drafted_is_not_ordered_again(world):
    desk = world.desk.replenish
    sell(world, "BEAR", 50, 4)
    world.desk.stock.count(world.warehouse, world.skus["BEAR"], 205, "stocktake", "c1")
    row = rows(world)["BEAR"]
    assert row.suggestion.why is Why.LOW
    wanted = [Wanted(row.sku_id, row.warehouse_id, "义乌欣欣", row.suggestion.qty, 7)]
    (made,) = desk.make_drafts(wanted, "k1")
    assert desk.make_drafts(wanted, "k1") == (made,)
    assert len(world.rows(select(Document.id).where(Document.kind == "purchase"))) == 1
    row = rows(world)["BEAR"]
    assert (row.suggestion.why, row.suggestion.qty, row.have.drafted_qty) == (Why.COMING, 0, wanted[0].qty)
    assert row.supplier == "义乌欣欣", "whoever sold it last sells it"
    detail = world.desk.documents.detail(made.document_id)
    assert detail.row.expected_day == world.clock.now().date().toordinal() + 7
    world.desk.documents.book(made.document_id, detail.row.version, "b1")
    row = rows(world)["BEAR"]
    assert (row.suggestion.why, row.have.drafted_qty, row.have.coming_qty) == (Why.COMING, 0, wanted[0].qty)


def test_a_draft_stands_for_each_supplier_and_nothing_is_none(file_world):
    desk, place = file_world.desk.replenish, file_world.warehouse
    wanted = [
        Wanted(file_world.skus["BEAR"], place, "甲", 12, 7, 1850),
        Wanted(file_world.skus["CARD"], place, "乙", 5, 3),
        Wanted(file_world.skus["BAG"], place, "甲", 4, 9),
    ]
    made = desk.make_drafts(wanted, "k")
    assert {one.supplier: one.lines for one in made} == {"甲": 2, "乙": 1}
    with pytest.raises(Refused) as error:
        desk.make_drafts([Wanted(file_world.skus["BEAR"], place, "甲", 0, 7)], "k2")
    assert error.value.code == "replenish.nothing"


def test_orders_that_wait_stand_first_then_what_is_gone(world):
    sell(world, "CARD", 20, 4)
    world.desk.stock.count(world.warehouse, world.skus["CARD"], 80, "stocktake", "c1")
    world.shop.place("A1", line("1", "BAG", 1005))
    world.sync("A1")
    world.do(lambda uow: set_safety(uow, world.skus["BEAR"], world.warehouse, 1500))
    roll(world.store)
    found = world.desk.replenish.list(ReplenishFilter())
    assert [(row.code, row.suggestion.why) for row in found.rows] == [
        ("BAG", Why.SHORT),
        ("CARD", Why.GONE),
        ("BEAR", Why.SAFETY),
    ]
    assert found.rows[0].have.short_qty == 1005
    assert dict(found.counts) == {"to_order": 3, "coming": 0, "all": 3}


def test_goods_are_owed_only_to_whoever_has_paid_for_them(world):
    world.shop.place("A1", line("1", "BAG", 1005))
    world.shop.place("A2", line("1", "BAG", 1007), is_paid=False)
    world.sync("A1", "A2")
    assert sorted(world.rows(select(Reservation.qty).where(Reservation.state == "short"))) == [(1005,), (1007,)]
    roll(world.store)
    (row,) = (row for row in world.desk.replenish.list(EVERYTHING).rows if row.code == "BAG")
    assert row.have.short_qty == 1005
    world.do(lambda uow: uow.execute(update(Order).where(Order.order_no == "A1").values(payment="refunded")))
    (row,) = (row for row in world.desk.replenish.list(EVERYTHING).rows if row.code == "BAG")
    assert row.have.short_qty == 0


def test_what_nobody_counts_is_never_suggested_and_bundles_want_their_parts(world):
    sell(world, "SET", 30, 4)
    listed = rows(world)
    assert "SET" not in listed
    assert listed["BEAR"].have.sold_qty >= 120
    world.do(lambda uow: uow.execute(update(Sku).where(Sku.code == "BEAR").values(is_stock_managed=False)))
    assert "BEAR" not in rows(world)


def test_the_list_is_filtered_by_supplier_warehouse_and_words(world):
    desk = world.desk.replenish
    sell(world, "BEAR", 5, 3)
    sell(world, "CARD", 5, 3)
    desk.set_supply(world.skus["BEAR"], Supplied("甲", 3))
    assert set(rows(world, ReplenishFilter("all", supplier="甲"))) == {"BEAR"}
    assert set(rows(world, ReplenishFilter("all", supplier=""))) == {"CARD", "BAG"}
    assert set(rows(world, ReplenishFilter("all", search="6901234567892"))) == {"BEAR"}
    assert rows(world, ReplenishFilter("all", warehouse_id=world.warehouse + 1)) == {}
    assert rows(world)["BEAR"].terms.lead_days == 3
    desk.set_rules(Rules(suppliers={"甲": 9}))
    desk.set_supply(world.skus["BEAR"], Supplied("甲"))
    assert rows(world)["BEAR"].terms.lead_days == 9


def test_a_promotion_ends_on_its_day(file_world):
    sell(file_world, "BEAR", 10, 3)
    today = file_world.clock.now().date().toordinal()
    file_world.desk.replenish.set_rules(Rules(window_days=3, boost_percent=300, boost_until=today))
    assert rows(file_world)["BEAR"].suggestion.per_day == 30
    file_world.clock.advance(days=1)
    file_world.desk.replenish.set_rules(Rules(window_days=4, boost_percent=300, boost_until=today))
    assert rows(file_world)["BEAR"].suggestion.per_day < 10


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        (Rules(lead_days=366), "replenish.days"),
        (Rules(suppliers={"甲": -1}), "replenish.days"),
        (Rules(window_days=0), "replenish.window"),
        (Rules(boost_percent=2001), "replenish.percent"),
    ],
)
def test_rules_beyond_what_can_be_meant_are_refused(file_world, rules, code):
    with pytest.raises(Refused) as error:
        file_world.desk.replenish.set_rules(rules)
    assert error.value.code == code
    assert file_world.desk.replenish.rules() == Rules()


def test_terms_of_goods_nobody_knows_are_refused(file_world):
    with pytest.raises(NotFound):
        file_world.desk.replenish.set_supply(9999, Supplied())
    with pytest.raises(Refused):
        file_world.desk.replenish.set_supply(file_world.skus["BEAR"], Supplied(pack_qty=0))


def test_terms_go_out_and_come_in_again(file_world, tmp_path):
    desk, path = file_world.desk.replenish, tmp_path / "supply.xlsx"
    desk.set_supply(file_world.skus["BEAR"], Supplied("甲", 3, 12, 24))
    assert desk.export_supply(path) == 3
    desk.set_supply(file_world.skus["BEAR"], Supplied("乙"))
    taken = desk.import_supply(path)
    assert (taken.count, taken.unknown) == (3, ())
    assert desk.supply(file_world.skus["BEAR"]) == Supplied("甲", 3, 12, 24)
    assert desk.supply(file_world.skus["CARD"]) == Supplied()
    other = tmp_path / "other.csv"
    other.write_text("商家编码,供应商,箱规\nCARD,丙,50\nNONE,丁,1\n", encoding="utf-8")
    taken = desk.import_supply(other)
    assert (taken.count, taken.unknown) == (1, ("NONE",))
    assert desk.supply(file_world.skus["CARD"]) == Supplied("丙", None, 50)
    other.write_text("商家编码,箱规\nCARD,many\n", encoding="utf-8")
    with pytest.raises(Refused) as error:
        desk.import_supply(other)
    assert error.value.code == "document.cell"
    assert desk.supply(file_world.skus["CARD"]) == Supplied("丙", None, 50)


def test_a_long_table_of_terms_is_looked_at_whole_and_written_in_pieces(file_world, tmp_path, monkeypatch):
    monkeypatch.setattr(replenish, "_TOGETHER", 1)
    store, desk, path = file_world.store, file_world.desk.replenish, tmp_path / "supply.csv"
    writes = []
    write = store.write
    monkeypatch.setattr(store, "write", lambda act, **how: writes.append(how) or write(act, **how))
    path.write_text("商家编码,供应商,箱规\nBEAR,甲,12\nCARD,乙,0\n", encoding="utf-8")
    with pytest.raises(Refused) as error:
        desk.import_supply(path)
    assert (error.value.code, writes) == ("replenish.lot", [])
    path.write_text("商家编码,供应商,箱规\nBEAR,甲,12\nCARD,乙,6\n", encoding="utf-8")
    assert desk.import_supply(path).count == 2
    assert writes == [{"urgency": Urgency.BULK}] * 2
    assert desk.supply(file_world.skus["CARD"]) == Supplied("乙", None, 6)


def test_the_list_for_suppliers_is_a_table(file_world, tmp_path):
    desk, path = file_world.desk.replenish, tmp_path / "purchase.xlsx"
    desk.set_supply(file_world.skus["BEAR"], Supplied("甲", 3, 12))
    sell(file_world, "BEAR", 10, 3)
    sell(file_world, "CARD", 5, 3)
    found = rows(file_world)
    chosen = [(found["BEAR"], 24, "why"), (found["CARD"], 0, "")]
    assert desk.export_orders(path, chosen) == 1
    table = read_table(path, file_world.clock.now())
    ((_, cells),) = table.rows
    said = dict(zip(table.header, cells, strict=True))
    assert (said["供应商"], said["商家编码"], int(said["采购数量"]), int(said["箱数"])) == ("甲", "BEAR", 24, 2)


def test_a_transfer_on_its_way_counts_where_it_goes(world):
    second = world.desk.stock.add_warehouse("w2", "二号仓").id
    sell(world, "BEAR", 5, 3)
    head = Head(world.warehouse, second, reason="fill_up")
    made = world.desk.documents.begin(DocKind.TRANSFER, head, [LineIn(world.skus["BEAR"], 7)], "t")
    world.desk.documents.book(made.document_id, made.version, "tb")
    world.do(lambda uow: set_safety(uow, world.skus["BEAR"], second, 10))
    found = world.desk.replenish.list(EVERYTHING).rows
    there = next(row for row in found if row.warehouse_id == second)
    assert (there.have.coming_qty, there.suggestion.qty, there.suggestion.why) == (7, 3, Why.SAFETY)
