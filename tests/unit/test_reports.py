"""Reports over days: their sums agree with the day's page and with a count over everything, and cost only their days."""

import random
from collections import Counter
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from core.db.models import Journal
from core.files.progress import Progress
from core.fulfilment.models import Parcel
from core.reports.day import day_report
from core.reports.range import MOST_DAYS, begins
from core.reports.work import work_between
from core.runtime.errors import Refused
from core.sync.shops import add_shop, shop_of
from tests.support.fake_shop import line
from tests.support.plans import walks
from tests.support.staff import Staffed
from tests.support.world import CARRIER

#: START is ten in the morning of this day in China
TODAY = date(2026, 6, 18)


def worked(world, no, *, leaves=True):
    number = world.ready(no, line("1", "BEAR"))
    world.desk.pack(no)
    world.print_labels()
    if leaves:
        world.desk.ship(number)
    return number


def hand_over(world):
    sheet = world.desk.handover.open_sheet(CARRIER)
    count = world.desk.handover.take_all(sheet).count
    world.desk.handover.close(sheet, "李师傅", count)
    return count


def week(world):
    """Four days with work of every kind."""
    for day in range(4):
        for n in range(day + 1):
            worked(world, f"D{day}-{n}")
        worked(world, f"D{day}-stays", leaves=False)
        if day in (1, 3):
            hand_over(world)
        world.clock.advance(hours=24)
    worked(world, "refunded")
    world.shop.after_sale("refunded", "1", "refunded")
    world.sync("refunded")
    world.desk.handover.pull_out(world.parcels("refunded")[0].id)


def test_the_days_of_a_report_add_up(world):
    week(world)
    report = world.desk.day.work(TODAY, TODAY + timedelta(days=4))
    assert [(day.taken, day.printed, day.shipped, day.handed_over, day.pulled_out) for day in report.days] == [
        (2, 2, 1, 0, 0),
        (3, 3, 2, 3, 0),
        (4, 4, 3, 0, 0),
        (5, 5, 4, 7, 0),
        (1, 1, 1, 0, 1),
    ]
    (shop,) = report.shops
    assert (shop.taken, shop.printed, shop.shipped, shop.handed_over, shop.pulled_out) == (15, 15, 11, 10, 1)
    (clerk,) = report.clerks
    assert (clerk.packed, clerk.shipped, clerk.handed_over, clerk.pulled_out) == (15, 11, 10, 1)
    assert (clerk.hours, clerk.per_hour) == (5, 2.2)
    assert dict(report.stuck) == {"packed": 2}, "two stand longer than two days"
    assert shop.stuck == 2


def test_a_report_of_today_says_what_the_day_says(world):
    week(world)
    today = TODAY + timedelta(days=4)
    report, day = world.desk.day.work(today, today), world.desk.day.report()
    assert report.shops == day.shops
    assert report.clerks == day.clerks
    assert dict(report.stuck) == {pile.name: pile.late for pile in day.piles if pile.late}
    assert sum(count for _, count in report.stuck) == sum(shop.stuck for shop in report.shops)


def test_two_halves_are_the_whole(world):
    week(world)
    ends = [TODAY, TODAY + timedelta(days=1), TODAY + timedelta(days=2), TODAY + timedelta(days=4)]
    whole = world.desk.day.work(ends[0], ends[3])
    halves = [world.desk.day.work(ends[0], ends[1]), world.desk.day.work(ends[2], ends[3])]
    assert tuple(day for half in halves for day in half.days) == whole.days
    for figure in ("taken", "printed", "shipped", "handed_over", "pulled_out"):
        assert sum(getattr(half.shops[0], figure) for half in halves) == getattr(whole.shops[0], figure)
        assert sum(getattr(day, figure) for day in whole.days) == getattr(whole.shops[0], figure)


def test_every_shop_and_every_clerk_has_their_own(world):
    staffed = Staffed(world, world.desk)
    from core.access.rights import Role

    for name in ("小李", "小王"):
        staffed.hire(name, Role.ADMIN)
    other = world.do(lambda uow: add_shop(uow, "fake", "二店", {}, "{}", world.warehouse))
    staffed.arrive("小李")
    worked(world, "A1")
    world.clock.advance(hours=1)
    worked(world, "A2")
    staffed.arrive("小王")
    facts = world.store.read(lambda connection: shop_of(connection, other)).facts
    from core.fulfilment.taking import take_page

    world.shop.place("B1", line("1", "BEAR"))
    with staffed.gate.as_system():
        world.do(lambda uow: take_page(uow, facts, [world.shop.orders["B1"]], world.digest, CARRIER))
        world.buy_numbers()
    world.desk.pack("B1")
    world.desk.ship(world.number("B1"))
    report = world.desk.day.work(TODAY, TODAY)
    assert [(shop.shop_name, shop.taken, shop.shipped) for shop in report.shops] == [("练习店", 2, 2), ("二店", 1, 1)]
    assert [(one.operator, one.shipped, one.hours) for one in report.clerks] == [("小李", 2, 2), ("小王", 1, 1)]


def test_the_report_agrees_with_a_count_over_everything(world):
    chance = random.Random(7)
    for n in range(40):
        worked(world, f"R{n}", leaves=chance.random() < 0.7)
        world.clock.advance(seconds=chance.randrange(1, 9000))
    days = (world.clock.now() - begins(TODAY)).days + 1
    report = world.desk.day.work(TODAY, TODAY + timedelta(days=days - 1))
    shipped = Counter(
        (row.shipped_at - begins(TODAY)).days for row in world.rows(select(Parcel.shipped_at)) if row.shipped_at
    )
    assert [day.shipped for day in report.days] == [shipped[n] for n in range(days)]
    assert report.shops[0].shipped == shipped.total()
    acts = Counter(row.action for row in world.rows(select(Journal.action)))
    assert report.clerks[0].packed == acts["parcel.packed"] == 40
    assert report.clerks[0].shipped == acts["parcel.shipped"]


def test_an_empty_installation_has_an_empty_report(world):
    report = world.desk.day.work(TODAY - timedelta(days=2), TODAY)
    assert [day.taken for day in report.days] == [0, 0, 0]
    assert (report.shops, report.clerks, report.stuck) == ((), (), ())


@pytest.mark.parametrize("days", [0, -1, MOST_DAYS + 1])
def test_days_that_make_no_report_are_refused(world, days):
    with pytest.raises(Refused) as refused:
        world.desk.day.work(TODAY, TODAY + timedelta(days=days - 1))
    assert refused.value.code == "report.days"


def test_a_long_report_shows_how_far_it_is_and_can_be_stopped(world):
    class Impatient(Progress):
        def __init__(self) -> None:
            super().__init__()
            self.seen = []

        def show(self, done, total):
            super().show(done, total)
            self.seen.append((done, total))
            if done == 3:
                self.cancel()

    progress = Impatient()
    with pytest.raises(Refused) as refused:
        world.desk.day.work(TODAY, TODAY + timedelta(days=9), progress)
    assert refused.value.code == "report.cancelled"
    assert progress.seen == [(n, 10) for n in range(4)]


def test_no_report_walks_through_a_table(file_world):
    """A million orders of other days cost nothing: only shops are read whole."""
    week(file_world)
    since, until = begins(TODAY + timedelta(days=1)), begins(TODAY + timedelta(days=2))
    assert walks(file_world.store, lambda c: work_between(c, since, until)) == set()
    found = walks(file_world.store, lambda c: day_report(c, file_world.clock.now()))
    assert found == {"SCAN shop", "SCAN ids_set VIRTUAL TABLE INDEX 1:"}
    # With what SQLite learns of a file that has been in use for long.
    file_world.do(lambda uow: uow.connection.exec_driver_sql("ANALYZE"))
    file_world.store.engines.reader.dispose()
    assert walks(file_world.store, lambda c: work_between(c, since, until)) == set()
