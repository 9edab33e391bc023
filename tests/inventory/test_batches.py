"""Batches: what is known of one, how its levels follow, and what goods that are kept by batch ask for."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from core.catalog.models import Sku
from core.db.models import Journal
from core.inventory import ledger
from core.inventory.batches import correct_batch, learn_batch, note_batch, set_blocked
from core.inventory.models import Batch, StockLevel
from core.runtime.errors import NotFound, Refused
from tests.support.inventory_world import START

TODAY = START.date()
SOON, LATER = TODAY + timedelta(days=40), TODAY + timedelta(days=400)


def managed(world, life_days=0):
    sku = world.sku()
    values = {"is_batch_managed": True, "life_days": life_days}
    world.do(lambda uow: uow.execute(update(Sku).where(Sku.id == sku).values(**values)))
    return sku


def noted(world, sku, code, expires_on=None, made_on=None):
    return world.do(lambda uow: note_batch(uow, sku, code, expires_on, made_on))


def days_of(world, sku):
    query = select(StockLevel.batch, StockLevel.warehouse_id, StockLevel.expires_day, StockLevel.is_blocked)
    found = world.store.read(lambda c: c.execute(query.where(StockLevel.sku_id == sku).order_by(StockLevel.id)).all())
    return [(batch, place, day and date.fromordinal(day), blocked) for batch, place, day, blocked in found]


def journal(world, action):
    query = select(Journal.facts).where(Journal.action == action).order_by(Journal.id)
    return list(world.store.read(lambda c: c.execute(query).scalars().all()))


def refusal(call):
    with pytest.raises(Refused) as caught:
        call()
    return caught.value.code


def test_levels_made_before_and_after_carry_the_days_of_their_batch(world):
    sku = world.sku()
    world.receive(sku, 3, batch="A1")
    assert days_of(world, sku) == [("A1", 1, None, False)]
    noted(world, sku, "A1", SOON)
    world.receive(sku, 2, warehouse=world.second, batch="A1")
    assert days_of(world, sku) == [("A1", 1, SOON, False), ("A1", 2, SOON, False)]
    other = world.sku()
    world.receive(other, 1, batch="A1")
    assert days_of(world, other) == [("A1", 1, None, False)], "the same code of other goods is another batch"


def test_the_same_word_again_is_no_news_and_another_one_is_refused(world):
    sku = world.sku()
    first = noted(world, sku, " A1 ", SOON)
    assert noted(world, sku, "Ａ1", SOON) == first
    assert len(journal(world, "batch.noted")) == 1
    with pytest.raises(Refused) as caught:
        noted(world, sku, "A1", LATER)
    assert caught.value.code == "batch.day_differs"
    assert caught.value.facts["known"] == str(SOON)
    assert noted(world, sku, "A1", made_on=TODAY).made_on == TODAY, "what nobody has said so far is learnt"


def test_a_corrected_day_is_in_the_journal_and_in_every_level(world):
    sku = world.sku()
    world.receive(sku, 3, batch="A1")
    batch = noted(world, sku, "A1", LATER)
    assert world.do(lambda uow: correct_batch(uow, batch.id, SOON, TODAY, " typed wrong ")).note == "typed wrong"
    assert days_of(world, sku) == [("A1", 1, SOON, False)]
    assert journal(world, "batch.corrected") == [
        {
            "sku_id": sku,
            "batch": "A1",
            "before": {"made_day": "", "expires_day": str(LATER), "note": ""},
            "after": {"made_day": str(TODAY), "expires_day": str(SOON), "note": "typed wrong"},
        }
    ]
    world.do(lambda uow: correct_batch(uow, batch.id, SOON, TODAY, "typed wrong"))
    assert len(journal(world, "batch.corrected")) == 1
    with pytest.raises(NotFound):
        world.do(lambda uow: correct_batch(uow, 99, SOON, TODAY, ""))


def test_a_shelf_life_gives_the_last_day_and_asks_for_one(world):
    sku = managed(world, life_days=30)
    assert noted(world, sku, "A1", made_on=TODAY).expires_on == TODAY + timedelta(days=30)
    assert refusal(lambda: noted(world, sku, "A2")) == "batch.day_missing"
    assert refusal(lambda: noted(world, sku, "A3", TODAY, TODAY + timedelta(days=1))) == "batch.days_crossed"
    assert noted(world, sku, "A4", SOON, TODAY).expires_on == SOON, "what is printed counts, not what follows"
    assert noted(world, sku, "A4", made_on=TODAY).expires_on == SOON
    batch = noted(world, sku, "A1")
    assert refusal(lambda: world.do(lambda uow: correct_batch(uow, batch.id, None, None, ""))) == "batch.day_missing"


@pytest.mark.parametrize("code", ["", "  ", "x" * 41, "a\x07b"])
def test_what_is_no_code_is_refused(world, code):
    assert refusal(lambda: noted(world, world.sku(), code)) == "batch.code_bad"


def test_goods_kept_by_batch_come_in_under_one_only(world):
    sku = managed(world)
    came = {
        "receive": lambda uow: ledger.receive(uow, world.main, sku, 1, "delivery", "k1"),
        "in hand": lambda uow: ledger.book_in_hand(uow, world.main, sku, 1, "found", "k2"),
        "adjusted": lambda uow: ledger.adjust(uow, world.main, sku, 1, "found", "k3"),
        "counted": lambda uow: ledger.count(uow, world.main, sku, 1, "stocktake", "k5"),
    }
    for name, act in came.items():
        assert refusal(lambda act=act: world.do(act)) == "stock.batch_missing", name
    world.receive(sku, 2, batch="A1")
    assert days_of(world, sku)[-1] == ("A1", 1, None, False)
    world.do(lambda uow: ledger.adjust(uow, world.main, sku, -1, "lost", "k6", "A1"))


def test_a_new_batch_of_goods_with_a_shelf_life_says_its_day_first(world):
    sku = managed(world, life_days=30)
    assert refusal(lambda: world.receive(sku, 2, batch="A1")) == "batch.day_missing"
    assert refusal(lambda: world.do(lambda uow: ledger.count(uow, 1, sku, 2, "stocktake", "k", "A1"))) == (
        "batch.day_missing"
    )
    noted(world, sku, "A1", made_on=TODAY)
    world.receive(sku, 2, batch="A1")
    assert world.level(sku, batch="A1") == (2, 0, 0, 0)


def test_goods_that_were_there_before_can_be_counted_without_a_batch(world):
    sku = world.stocked(3)
    world.do(lambda uow: uow.execute(update(Sku).where(Sku.id == sku).values(is_batch_managed=True)))
    world.do(lambda uow: ledger.count(uow, world.main, sku, 2, "stocktake", "k"))
    assert world.level(sku) == (2, 0, 0, 0)


def test_a_repeated_booking_is_answered_whatever_was_learnt_since(world):
    sku = world.sku()
    book = lambda uow: ledger.receive(uow, world.main, sku, 1, "delivery", "once")  # noqa: E731  said once, used below
    world.do(book)
    world.do(lambda uow: uow.execute(update(Sku).where(Sku.id == sku).values(is_batch_managed=True)))
    assert world.do(book).is_repeat


def test_a_blocked_batch_is_promised_to_nobody_until_it_is_free_again(world):
    sku = world.sku()
    world.receive(sku, 3, batch="A1")
    batch = noted(world, sku, "A1", SOON)
    assert world.do(lambda uow: set_blocked(uow, batch.id, is_blocked=True, why="recall"))
    assert not world.do(lambda uow: set_blocked(uow, batch.id, is_blocked=True, why="again"))
    order = world.order((sku, 1))
    assert not world.reserve(order)[order.order_id].is_reserved
    world.receive(sku, 3, warehouse=world.second, batch="A1")
    assert days_of(world, sku)[-1] == ("A1", 2, SOON, True), "what comes in later is blocked, too"
    world.do(lambda uow: set_blocked(uow, batch.id, is_blocked=False, why=""))
    assert world.reserve(order)[order.order_id].is_reserved
    row = world.store.read(lambda c: c.execute(select(Batch.is_blocked, Batch.blocked_why)).one())
    assert row == (False, "")
    assert [facts["reason"] for facts in journal(world, "batch.blocked")] == ["recall"]


def test_what_cannot_be_noted_or_corrected_is_refused_and_nothing_changes(world):
    with pytest.raises(NotFound) as caught:
        noted(world, 404, "A1")
    assert caught.value.code == "stock.no_sku"
    sku = managed(world, life_days=30)
    batch = noted(world, sku, "A1", SOON)
    assert refusal(lambda: world.do(lambda uow: correct_batch(uow, batch.id, SOON, None, "x" * 201))) == (
        "stock.note_long"
    )
    right = world.do(lambda uow: correct_batch(uow, batch.id, None, TODAY, "as printed"))
    assert (right.expires_on, right.note) == (TODAY + timedelta(days=30), "as printed")


def test_a_code_says_days_only_of_a_batch_nobody_knew(world):
    sku = world.sku()
    world.do(lambda uow: learn_batch(uow, sku, "A1", None, None))
    assert journal(world, "batch.noted") == []
    world.do(lambda uow: learn_batch(uow, sku, "A1", SOON, None))
    world.do(lambda uow: learn_batch(uow, sku, "A1", LATER, None))
    assert [(one["batch"], one["expires_on"]) for one in journal(world, "batch.noted")] == [("A1", str(SOON))]
    assert journal(world, "batch.learnt") == []
