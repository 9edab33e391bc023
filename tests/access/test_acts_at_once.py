"""What a clerk books from the list of goods keeps to the owner's rules: two people, one key, shelves, batches."""

import pytest
from sqlalchemy import func, select, update

from core.access.rights import Role
from core.catalog.models import Sku
from core.inventory import ledger
from core.inventory.documents.models import Document
from core.inventory.documents.rules import Rules
from core.inventory.models import Batch, StockLevel
from core.runtime.errors import Refused


def refused(act, *arguments, **named):
    with pytest.raises(Refused) as error:
        act(*arguments, **named)
    return error.value.code


@pytest.fixture
def shop(staffed):
    """A stock keeper signed in, an approver hired; the limit is ten units."""
    staffed.hire("老板", Role.ADMIN)
    staffed.hire("小李", Role.STOCK_KEEPER)
    staffed.hire("小王", Role.APPROVER)
    rule(staffed, most_units=10)
    staffed.arrive("小李")
    return staffed


def rule(shop, **limits):
    with shop.gate.as_system():
        shop.desk.documents.set_rules(Rules(**limits))


def on_hand(shop, batch=""):
    query = select(func.coalesce(func.sum(StockLevel.on_hand_qty), 0))
    query = query.where(StockLevel.sku_id == shop.world.skus["BEAR"], StockLevel.batch == batch)
    return int(shop.world.rows(query)[0][0])


def papers(shop):
    return int(shop.world.rows(select(func.count()).select_from(Document))[0][0])


def kept_by_batch(shop, life_days=100):
    values = {"is_batch_managed": True, "life_days": life_days}
    query = update(Sku).where(Sku.id == shop.world.skus["BEAR"]).values(**values)
    shop.world.do(lambda uow: uow.execute(query))


def test_one_key_adjusts_once_whatever_the_limit_has_become(shop):
    where = (shop.world.warehouse, shop.world.skus["BEAR"], -11, "lost", "k1")
    waiting = shop.desk.stock.adjust(*where)
    rule(shop)
    again = shop.desk.stock.adjust(*where)
    assert (again.booked.is_repeat, again.waits, again.document_id) == (True, True, waiting.document_id)
    assert (on_hand(shop), papers(shop)) == (100_000, 1)
    booked = shop.desk.stock.adjust(*where[:-1], "k2")
    rule(shop, most_units=10)
    assert shop.desk.stock.adjust(*where[:-1], "k2").document_id == booked.document_id
    assert (on_hand(shop), papers(shop)) == (99_989, 2)


def test_beyond_the_limit_a_batch_is_asked_for_and_known_as_below_it(shop):
    kept_by_batch(shop)
    stock, place = shop.desk.stock, (shop.world.warehouse, shop.world.skus["BEAR"])
    assert refused(stock.adjust, *place, 11, "found", "k1") == "stock.batch_missing"
    assert refused(stock.adjust, *place, 11, "found", "k2", "NEW") == "batch.day_missing"
    assert papers(shop) == 0
    kept_by_batch(shop, life_days=0)
    waiting = stock.adjust(*place, 11, "found", "k3", "ＮEW")
    shop.arrive("小王")
    shop.desk.documents.approve(waiting.document_id, 1)
    assert on_hand(shop, "NEW") == 11
    assert shop.world.rows(select(Batch.code)) == [("NEW",)]


def test_goods_that_became_kept_by_batch_are_not_approved_without_one(shop):
    waiting = shop.desk.stock.adjust(shop.world.warehouse, shop.world.skus["BEAR"], 11, "found", "k1")
    kept_by_batch(shop)
    shop.arrive("小王")
    assert refused(shop.desk.documents.approve, waiting.document_id, 1) == "stock.batch_missing"
    assert on_hand(shop) == 100_000


def test_what_could_never_be_taken_is_refused_before_anybody_looks(shop):
    place = (shop.world.warehouse, shop.world.skus["BEAR"])
    assert refused(shop.desk.stock.adjust, *place, -100_001, "lost", "k1") == "stock.too_little"
    assert refused(shop.desk.stock.adjust, *place, -11, "lost", "k2", "NONE") == "stock.too_little"
    levels = select(StockLevel.batch).where(StockLevel.sku_id == place[1])
    assert (papers(shop), shop.world.rows(levels)) == (0, [("",)])


def test_a_count_writes_its_batch_as_everywhere_else(shop):
    place = (shop.world.warehouse, shop.world.skus["BEAR"])
    shop.desk.stock.receive(*place, 5, "purchase", "r", "A 1")
    shop.desk.stock.count(*place, 3, "stocktake", "c", " Ａ  1")
    assert (on_hand(shop, "A 1"), shop.world.rows(select(Batch.code))) == (3, [("A 1",)])


def test_a_count_changes_no_more_than_an_adjustment_of_one_person_may(shop):
    place = (shop.world.warehouse, shop.world.skus["BEAR"])
    for counted in (100_011, 99_989):
        assert refused(shop.desk.stock.count, *place, counted, "stocktake", "c") == "stock.count_needs_sheet"
    assert on_hand(shop) == 100_000
    first = shop.desk.stock.count(*place, 99_990, "stocktake", "c")
    assert (first.result.variance_qty, on_hand(shop)) == (-10, 99_990)
    rule(shop, most_units=0)
    assert shop.desk.stock.count(*place, 99_990, "stocktake", "c").result.is_repeat


def test_goods_received_from_the_list_wait_for_their_shelf_where_the_owner_says_so(shop):
    world, desk = shop.world, shop.desk
    rule(shop, putaway_warehouse_ids=(world.warehouse,))
    where = (world.warehouse, world.skus["BEAR"], 7, "purchase", "k1", "B 1")
    acted, again = desk.stock.receive(*where), desk.stock.receive(*where)
    assert (acted.booked.qty, acted.waits, on_hand(shop, "B 1")) == (0, False, 0)
    assert (again.booked.is_repeat, again.putaway_no, papers(shop)) == (True, acted.putaway_no, 2)
    (away,) = desk.documents.detail(acted.document_id).related
    assert (away.number, away.kind, away.state) == (acted.putaway_no, "putaway", "open")
    assert [(row.flow, row.batch, row.qty) for row in desk.documents.pending([world.skus["BEAR"]])] == [
        ("to_put_away", "B 1", 7)
    ]
    desk.stock.take_back(acted.document_id, "k1:undo")
    assert desk.documents.pending([world.skus["BEAR"]]) == ()
    assert refused(desk.stock.receive, *where[:2], 0, "purchase", "k2") == "stock.qty_out_of_range"
    assert desk.stock.book_in_hand(*where[:2], 2, "found", "k3").booked.qty == 2, "what a clerk holds is no delivery"


def test_a_key_that_a_program_without_documents_used_is_refused(shop):
    place = (shop.world.warehouse, shop.world.skus["BEAR"])
    shop.world.do(lambda uow: ledger.receive(uow, *place, 5, "purchase", "k1"))
    assert refused(shop.desk.stock.receive, *place, 5, "purchase", "k1") == "stock.key_reused"
    assert (on_hand(shop), papers(shop)) == (100_005, 0)
