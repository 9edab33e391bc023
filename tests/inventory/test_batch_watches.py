"""What stands wrong with batches, and that it stands only as long as it is so; and the list a clerk sees of them."""

from datetime import timedelta

from sqlalchemy import text, update

from core.catalog.models import Sku
from core.inventory import batch_list, ledger
from core.inventory.batch_list import BatchFilter, batch_counts, batch_page, batches_between, batches_of_sku
from core.inventory.batches import note_batch, set_blocked
from core.inventory.watches import batches_ended, batches_ending, blocked_promised
from core.runtime.standing import Severity
from tests.support.inventory_world import START
from tests.support.plans import plans_on

TODAY = (START + timedelta(hours=8)).date()


def days(number):
    return TODAY + timedelta(days=number)


def batches(world, sku, **ends):
    made = {}
    for code, (qty, end) in ends.items():
        made[code] = world.do(lambda uow, code=code, end=end: note_batch(uow, sku, code, end)).id
        if qty:
            world.receive(sku, qty, batch=code)
    return made


def standing(world, watch):
    return list(world.store.read(lambda c: watch(c, world.clock.now())))


def test_batches_are_spoken_of_within_their_warning_days_and_no_longer_than_they_are_here(world):
    sku = world.sku()
    world.do(lambda uow: uow.execute(update(Sku).where(Sku.id == sku).values(warn_days=20)))
    made = batches(world, sku, far=(1, days(21)), near=(2, days(20)), close=(3, days(7)), none=(0, days(5)))
    found = standing(world, batches_ending)
    assert {one.key: one.severity for one in found} == {
        f"batch:{made['close']}": Severity.WARNING,
        f"batch:{made['near']}": Severity.NOTICE,
    }
    assert {(one.facts["batch"], one.facts["qty"], one.facts["left"]) for one in found} == {
        ("near", 2, 20),
        ("close", 3, 7),
    }
    world.do(lambda uow: ledger.quarantine(uow, world.main, sku, 3, "expired", "k", "close"))
    assert [one.facts["batch"] for one in standing(world, batches_ending)] == ["near"]
    assert standing(world, batches_ended) == []


def test_what_has_ended_and_is_still_on_the_shelf_stands_until_it_is_set_aside(world):
    sku = world.sku()
    batches(world, sku, last=(2, days(0)), over=(2, days(1)))
    world.bought((sku, 1))
    world.clock.advance(seconds=24 * 3600)
    (ended,) = standing(world, batches_ended)
    assert (ended.rule, ended.severity, ended.facts["batch"]) == ("batch.ended", Severity.WARNING, "last")
    assert (ended.facts["qty"], ended.facts["promised"], ended.facts["left"]) == (2, 1, -1)
    world.do(lambda uow: ledger.count(uow, world.main, sku, 0, "stocktake", "k", "last"))
    assert standing(world, batches_ended) == []


def test_a_blocked_batch_that_is_still_promised_is_pressing(world):
    sku = world.sku()
    made = batches(world, sku, a=(3, None), b=(3, None))
    order = world.bought((sku, 2), is_paid=True)
    for one in made.values():
        world.do(lambda uow, one=one: set_blocked(uow, one, is_blocked=True, why="recall"))
    (found,) = standing(world, blocked_promised)
    assert (found.key, found.severity, found.facts["promised"]) == (f"batch:{made['a']}", Severity.CRITICAL, 2)
    world.release(order)
    assert standing(world, blocked_promised) == []


def test_units_that_belong_to_shops_count_as_promised(world):
    sku = world.sku()
    made = batches(world, sku, a=(3, None))
    allot = "UPDATE stock_level SET allotted_qty = {}"
    world.do(lambda uow: uow.execute(text(allot.format(2))))
    world.do(lambda uow: set_blocked(uow, made["a"], is_blocked=True, why="recall"))
    assert [one.facts["promised"] for one in standing(world, blocked_promised)] == [2]
    world.do(lambda uow: uow.execute(text(allot.format(0))))


def test_a_watch_walks_through_no_table(world):
    sku = world.sku()
    batches(world, sku, a=(3, days(3)))
    if world.address.postgres_url:
        return
    for watch in (batches_ending, batches_ended, blocked_promised):
        steps = world.store.read(lambda c, watch=watch: plans_on(c, lambda: watch(c, world.clock.now())))
        assert any("ix_stock_level_" in step for _, step in steps), steps
        # The index of what is blocked holds nothing else.
        walked = {step for _, step in steps if step.startswith("SCAN")}
        assert walked <= {"SCAN stock_level USING INDEX ix_stock_level_blocked"}, steps


def test_the_list_goes_by_last_day_and_says_how_many_are_left(world):
    sku, other = world.sku(), world.sku()
    made = batches(world, sku, ended=(1, days(-1)), soon=(2, days(5)), far=(3, days(300)), ever=(4, None))
    batches(world, other, soon=(9, days(6)), gone=(0, days(1)))
    world.do(lambda uow: set_blocked(uow, made["far"], is_blocked=True, why="recall"))
    now = world.clock.now()

    def listed(pile, limit=2, **more):
        rows, after, wanted = [], None, BatchFilter(pile, **more)
        while True:
            page = world.store.read(lambda c, after=after: batch_page(c, wanted, after, limit, now))
            rows += page.rows
            after = page.next_after
            if after is None:
                return [(row.batch.code, row.left_days, row.on_hand_qty) for row in rows]

    assert listed("here", sku_id=sku) == [("ended", -1, 1), ("soon", 5, 2), ("far", 300, 3), ("ever", None, 4)]
    assert listed("ending") == [("soon", 5, 2), ("soon", 6, 9)]
    assert listed("ended") == [("ended", -1, 1)]
    assert listed("blocked") == [("far", 300, 3)]
    assert listed("all", search="gone") == [("gone", 1, 0)]
    counts = world.store.read(lambda c: batch_counts(c, BatchFilter(), now))
    assert counts == {"here": 5, "ending": 2, "ended": 1, "blocked": 1, "all": 6}
    between = world.store.read(lambda c: batches_between(c, sku, days(0), days(299), by_making=False))
    assert [one.code for one in between] == ["soon"]


def test_a_page_of_batches_is_walked_along_its_index_whatever_the_years_have_used_up(world):
    sku = world.sku()
    batches(world, sku, used=(0, days(-900)), here=(1, days(9)), ever=(1, None))
    if world.store.engines.writer.dialect.name != "sqlite":
        return
    for pile in ("here", "ending", "ended", "blocked", "all"):
        page = BatchFilter(pile)
        steps = {
            step
            for statement, step in world.store.read(
                lambda c, page=page: plans_on(c, lambda: batch_page(c, page, None, 50, world.clock.now()))
            )
            if "ids_set" not in statement and "json_each" not in statement
        }
        assert not {step for step in steps if step == "USE TEMP B-TREE FOR ORDER BY" or step.startswith("SCAN b")}
        index = "ix_batch_expires_day" if pile in ("blocked", "all") else "ix_stock_level_ends"
        assert any(index in step for step in steps), (pile, steps)
    counted = world.store.read(lambda c: plans_on(c, lambda: batch_counts(c, BatchFilter(), world.clock.now())))
    steps = {step for _, step in counted}
    assert any("ix_stock_level_ends" in step for step in steps), steps
    assert not {step for step in steps if step.startswith("SCAN b")}


def test_a_pile_is_counted_only_so_far(world, monkeypatch):
    monkeypatch.setattr(batch_list, "COUNT_CAP", 3)
    batches(world, world.sku(), **{f"b{number}": (1, days(9)) for number in range(5)}, ever=(1, None))
    counts = world.store.read(lambda c: batch_counts(c, BatchFilter(), world.clock.now()))
    assert (counts["here"], counts["ended"], counts["all"]) == (3, 0, 3)


def test_every_batch_stands_on_one_page_whether_it_ends_or_not(world):
    sku = world.sku()
    ends = {f"b{number}": (1, days(9)) for number in range(3)} | {f"n{number}": (1, None) for number in range(5)}
    batches(world, sku, **ends)
    world.receive(sku, 1, warehouse=world.second, batch="b1")
    now = world.clock.now()
    for pile in ("here", "all"):
        found, after = [], None
        while True:
            wanted = BatchFilter(pile)
            page = world.store.read(lambda c, after=after, wanted=wanted: batch_page(c, wanted, after, 2, now))
            found += [row.batch.code for row in page.rows]
            after = page.next_after
            if after is None:
                break
        assert found == sorted(ends), pile
    made = world.store.read(lambda c: batches_of_sku(c, sku, ["b2", "n4", "none"]))
    assert [one.code for one in made] == ["b2", "n4"]
    either = world.store.read(lambda c: batches_between(c, sku, None, None, by_making=True))
    assert either == ()
