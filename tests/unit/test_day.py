"""Every order of a day is in exactly one pile, and what is amiss in the morning is said."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from core.channels.by_hand import FILE
from core.channels.vendure.errors import SessionEndedError
from core.db.backup import Newest
from core.db.models import Journal
from core.db.since import first_id_since
from core.desk.day import Day
from core.reports.day import day_begins
from core.reports.night import night_before
from core.reports.preflight import preflight
from core.runtime.remote_errors import AuthExpired, Temporary
from core.sync.shops import add_shop, note_bad_pull, note_good_pull
from core.waybills.balances import Balances
from tests.support.fake_shop import line
from tests.support.plans import walks
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
    found = world.store.read(lambda c: preflight(c, world.clock.now(), **({"newest_backup": None} | more)))
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
    found = checks(world, newest_backup=Newest(world.clock.now() - timedelta(hours=3)))
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
    found = checks(world, newest_backup=Newest(world.clock.now() - timedelta(days=4)))
    assert (found["clock"].tone, found["clock"].facts["seconds"]) == ("stop", 400)
    assert found["backup"].tone == "stop"
    assert checks(world)["no_backup"].tone == "notice"
    made = world.clock.now() - timedelta(hours=27)
    elsewhere = {
        one.code: one for one in world.store.read(lambda c: preflight(c, world.clock.now(), Newest(made, "2")))
    }
    assert (elsewhere["backup_at_desk"].tone, elsewhere["backup_at_desk"].facts["desk"]) == ("notice", "2")


@pytest.mark.parametrize("error", [AuthExpired("key not accepted"), SessionEndedError("signed out")])
def test_a_shop_that_refuses_us_is_told_apart_from_a_silent_one(world, error):
    world.do(lambda uow: note_bad_pull(uow, world.shop_id, error))
    check = checks(world)["shop_refused_always"]
    assert (check.tone, check.page) == ("stop", "shops")
    world.do(lambda uow: note_good_pull(uow, world.shop_id, 0))
    assert "shop_refused" not in checks(world), "it answers again"
    heard = world.clock.now()
    world.clock.advance(seconds=90)
    world.do(lambda uow: note_bad_pull(uow, world.shop_id, error))
    found = checks(world)
    assert found["shop_refused"].facts == {"shop": "练习店", "at": heard}
    assert "shop_heard" not in found
    world.do(lambda uow: note_bad_pull(uow, world.shop_id, Temporary("no answer")))
    assert "shop_refused" not in checks(world)


def test_a_shop_that_nobody_calls_is_not_missed(world):
    """Its orders come in a file: no pull of it is ever late."""
    world.do(lambda uow: add_shop(uow, FILE, "表格店", {}, "{}", world.warehouse))
    world.clock.advance(hours=1)
    world.do(lambda uow: note_good_pull(uow, world.shop_id, 0))
    assert [code for code in checks(world) if code.startswith("shop_")] == ["shop_heard"]


def day_of(world):
    balances = Balances(world.store, {"fake": lambda account: world.carrier})
    return Day(world.store, lambda: None, balances.ask)


@pytest.mark.parametrize(
    ("left", "code", "tone"),
    [(200, "balance", "good"), (199, "balance", "notice"), (0, "balance_empty", "stop")],
)
def test_the_balance_of_an_account_is_judged(world, left, code, tone):
    world.carrier.left = left
    (check,) = day_of(world).carriers()
    assert (check.code, check.tone) == (code, tone)
    assert check.facts == {"carrier": "通通快递", "left": left}


def test_a_balance_that_nobody_knows_is_not_shown(world):
    world.carrier.says_balance = False
    assert day_of(world).carriers() == ()
    world.carrier.says_balance = True
    world.carrier.faults.append(Temporary("no answer"))
    assert day_of(world).carriers() == ()
    assert Balances(world.store, {}).ask() == (), "this version does not know the service"


def test_a_carrier_is_asked_once_a_minute(world):
    day = day_of(world)
    assert day.carriers()[0].facts["left"] == 10_000
    world.carrier.left = 5
    world.clock.advance(seconds=59)
    assert day.carriers()[0].facts["left"] == 10_000
    world.clock.advance(seconds=1)
    assert day.carriers()[0].facts["left"] == 5


def test_the_night_is_what_came_after_the_last_hand(world):
    """START is ten in the morning in China."""
    world.ready("before", line("1", "BEAR"))
    world.desk.pack("before")
    closed_at = world.clock.now()
    world.clock.advance(hours=10)
    world.ready("evening", line("1", "BEAR"))
    world.carrier.faults.append("refuse")
    world.shop.place("bad", line("1", "BEAR"))
    world.sync("bad")
    world.buy_numbers()
    world.clock.advance(hours=10)
    world.ready("dawn", line("1", "BEAR"))
    world.shop.cancel("evening")
    world.sync("evening")
    night = checks(world)["night"]
    assert night.facts == {"at": closed_at, "taken": 3, "ended": 1, "failed": 1}
    assert (night.tone, night.page) == ("notice", "activity")
    world.clock.advance(hours=1)
    world.desk.pack("dawn")
    world.ready("day", line("1", "BEAR"))
    assert checks(world)["night"].facts == night.facts, "what comes by day is no night's"
    world.clock.advance(hours=24)
    (later,) = [check for code, check in checks(world).items() if code == "night"]
    assert (later.facts["taken"], later.tone) == (1, "good")


def test_the_night_is_read_by_ranges(file_world):
    out(file_world, "A1")
    file_world.clock.advance(hours=24)
    out(file_world, "A2")
    now = file_world.clock.now()
    assert walks(file_world.store, lambda c: night_before(c, now)) == set()
