"""Every order of a day is in exactly one pile, and what is amiss in the morning is said."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from core.db.models import Journal
from core.db.since import first_id_since
from core.reports.day import day_begins
from core.reports.preflight import preflight
from core.sync.shops import note_good_pull
from tests.support.fake_shop import line
from tests.support.world import CARRIER


def piles(world):
    report = world.desk.day.report()
    assert report.total == sum(pile.orders for pile in report.piles)
    return {pile.name: (pile.orders, pile.late) for pile in report.piles if pile.orders}


def out(world, no):
    number = world.ready(no, line("1", "BEAR"))
    world.desk.pack(no)
    world.desk.ship(number)
    return number


def checks(world, **more):
    found = world.store.read(lambda c: preflight(c, world.clock.now(), **({"backup_at": None} | more)))
    return {check.code: check for check in found}


def test_each_order_of_the_day_is_in_one_pile(world):
    number = out(world, "gone")
    sheet = world.desk.handover.open_sheet(CARRIER)
    world.desk.handover.scan(sheet, number)
    world.desk.handover.close(sheet, "李师傅", 1)
    out(world, "waits")
    world.ready("packed", line("1", "BEAR"))
    world.desk.pack("packed")
    world.ready("packing", line("1", "BEAR"))
    world.desk.open("packing")
    world.ready("to_pack", line("1", "BEAR"))
    world.shop.place("unpaid", line("1", "BEAR"), is_paid=False)
    world.shop.place("short", line("1", "BAG", 200_000))
    world.shop.place("held", line("1", "UNKNOWN"))
    world.sync("unpaid", "short", "held")
    world.shop.place("closed", line("1", "BEAR"))
    world.sync("closed")
    world.shop.change("closed", is_closed=True)
    world.sync("closed")
    world.ready("elsewhere", line("1", "BEAR"))
    world.shop.change("elsewhere", is_shipped=True)
    world.sync("elsewhere")
    world.desk.orders.close_elsewhere(world.order("elsewhere").id, "by_hand", left_our_shelf=True)
    assert piles(world) == dict.fromkeys(("unpaid", "short", "held", "to_pack", "packing", "packed", "awaits_courier", "handed_over", "elsewhere", "cancelled"), (1, 0))  # fmt: skip


def test_what_should_have_left_is_counted_late_and_ended_days_are_over(world):
    out(world, "yesterday")
    world.ready("still", line("1", "BEAR"))
    world.clock.advance(hours=49)
    assert piles(world) == {"to_pack": (1, 1)}
    (shop,) = world.desk.day.report().shops
    assert (shop.taken, shop.shipped, shop.stuck) == (0, 0, 1)


def test_shops_and_clerks_of_the_day(world):
    for n in range(3):
        world.ready(f"A{n}", line("1", "BEAR"))
        world.desk.pack(f"A{n}")
    world.print_labels()
    for n in range(2):
        world.desk.ship(world.number(f"A{n}"))
    report = world.desk.day.report()
    assert [(day.shop_name, day.taken, day.printed, day.shipped) for day in report.shops] == [("练习店", 3, 3, 2)]
    assert [(day.operator, day.packed, day.shipped) for day in report.clerks] == [("clerk", 3, 2)]


def test_a_parcel_that_was_pulled_out_again_has_not_left(world):
    for no in ("A1", "A2"):
        world.ready(no, line("1", "BEAR"))
        world.desk.pack(no)
        world.desk.ship(world.number(no))
    (kept,) = [one for one in world.desk.handover.waiting(CARRIER) if one.order_nos == ("A2",)]
    world.desk.handover.pull_out(kept.parcel_id)
    (shop,) = world.desk.day.report().shops
    assert (shop.taken, shop.shipped) == (2, 1)


def test_the_day_begins_at_midnight_in_china():
    assert day_begins(datetime(2026, 6, 18, 15, 59, tzinfo=UTC)) == datetime(2026, 6, 17, 16, tzinfo=UTC)
    assert day_begins(datetime(2026, 6, 18, 16, 0, tzinfo=UTC)) == datetime(2026, 6, 18, 16, tzinfo=UTC)


def test_an_empty_installation_has_an_empty_day(world):
    report = world.desk.day.report()
    assert (report.total, report.shops, report.clerks) == (0, (), ())


def test_the_first_row_since_a_moment_is_found_by_halving(world):
    rows = []
    for n in range(40):
        world.clock.advance(seconds=60 if n % 3 else 0)
        world.do(lambda uow, n=n: uow.record("desk.named", "desk", 0, name=str(n)))
        rows.append(world.clock.now())
    columns = (Journal.id.expression, Journal.at.expression)
    found = world.rows(select(Journal.id, Journal.at).order_by(Journal.id))
    for at in {*rows, rows[0] - timedelta(days=1), rows[-1] + timedelta(days=1)}:
        first = world.store.read(lambda c, at=at: first_id_since(c, *columns, at))
        assert first == next((row.id for row in found if row.at >= at), found[-1].id + 1)


def test_the_report_agrees_with_a_count_over_everything(world):
    """A random day: the piles hold exactly the orders that a scan of the whole table finds."""
    import random

    random.seed(11)
    for n in range(30):
        world.shop.place(f"R{n}", line("1", "BEAR"), is_paid=random.random() > 0.2)
    world.sync()
    world.buy_numbers()
    for n in range(30):
        if world.order(f"R{n}").fulfilment == "to_pack" and random.random() > 0.4:
            world.desk.pack(f"R{n}")
            if random.random() > 0.4:
                world.desk.ship(world.number(f"R{n}"))
    states = Counter(world.order(f"R{n}").fulfilment for n in range(30))
    found = {name: count for name, (count, _) in piles(world).items()}
    assert found.get("awaits_courier", 0) == states["shipped"]
    assert found.get("packed", 0) == states["packed"]
    assert found.get("to_pack", 0) == states["to_pack"]
    assert found.get("unpaid", 0) == states["to_review"]


# --- the morning -------------------------------------------------------------------------------------------------


def test_a_quiet_morning_is_good(world):
    world.do(lambda uow: note_good_pull(uow, world.shop_id, 500))
    found = checks(world, backup_at=world.clock.now() - timedelta(hours=3))
    assert {check.tone for check in found.values()} == {"good"}
    assert found["shop_heard"].facts["shop"] == "练习店"


@pytest.mark.parametrize(("minutes", "tone"), [(1, "good"), (3, "notice"), (6, "stop")])
def test_a_silent_shop_is_said(world, minutes, tone):
    world.do(lambda uow: note_good_pull(uow, world.shop_id, 0))
    world.clock.advance(minutes=minutes)
    assert checks(world)["shop_heard"].tone == tone


def test_what_the_night_left_open_is_counted(world):
    world.ready("A1", line("1", "BEAR"))
    out(world, "A2")
    world.shop.place("A3", line("1", "UNKNOWN"))
    world.sync("A3")
    found = checks(world)
    assert (found["held"].tone, found["held"].facts["n"]) == ("notice", 1)
    assert found["shop_never"].tone == "good", "it was added a moment ago"
    world.clock.advance(hours=49)
    found = checks(world)
    assert {
        code: check.facts["n"] for code, check in found.items() if check.tone == "stop" and "n" in check.facts
    } == {
        "late": 2,
        "forgotten": 1,
    }
    assert found["late"].page == "orders"
    assert found["forgotten"].page == "handover"


def test_clock_and_backup_are_judged(world):
    world.do(lambda uow: note_good_pull(uow, world.shop_id, -400_000))
    found = checks(world, backup_at=world.clock.now() - timedelta(days=4))
    assert (found["clock"].tone, found["clock"].facts["seconds"]) == ("stop", 400)
    assert found["backup"].tone == "stop"
    assert checks(world)["no_backup"].tone == "notice"
