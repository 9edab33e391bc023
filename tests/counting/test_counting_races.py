"""Two people on one sheet, two who decide, and scans while parcels leave: in pairs, the twin with its guard off."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import func, select

from core.counting import goods, points, settling, sheets, tallying
from core.counting import lines as count_lines
from core.counting.models import CountScan
from core.counting.records import Decision
from core.inventory.models import Movement
from core.runtime.errors import DomainError, Refused
from tests.support.counting_world import CHEN, LI, WANG

pytestmark = pytest.mark.race


def together(*works):
    """Run these at the same moment; gives results and errors."""
    meet = Barrier(len(works))

    def run(work):
        meet.wait(10)
        try:
            return work()
        except DomainError as error:
            return error

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def desks(counts, how_many=2):
    """A store for each desk, as two programs have."""
    return [counts.world.address.store(counts.world.clock, f"desk {n}") for n in range(how_many)]


@pytest.fixture
def two(counts):
    made = desks(counts)
    yield made
    for store in made:
        store.engines.dispose()


def scan_many(store, pass_id, sku, who, how_many, tag):
    for number in range(how_many):
        key = f"{tag}{number}"
        store.write(lambda uow, key=key: tallying.scan(uow, pass_id, f"69{sku:08}", key), actor=who)


def test_two_people_scan_the_same_goods_and_no_scan_is_lost(counts, two):
    sku = counts.goods(60, "A-01")
    sheet_id = counts.sheet()
    here, there = counts.go(sheet_id, "A-01"), counts.go(sheet_id, "B-01", WANG)
    together(
        lambda: scan_many(two[0], here, sku, LI, 25, "a"),
        lambda: scan_many(two[1], there, sku, WANG, 25, "b"),
    )
    assert counts.line(sheet_id, sku).counted_qty == 50


def test_without_the_lines_lock_a_count_is_lost(counts, two, monkeypatch, address):
    """The twin: the line's sum is read without waiting for whoever writes it."""
    if address.sqlite_path:
        pytest.skip("SQLite has one writer, and needs no lock")
    sku = counts.goods(60, "A-01")
    sheet_id = counts.sheet()
    here, there = counts.go(sheet_id, "A-01"), counts.go(sheet_id, "B-01", WANG)
    counts.scan(here, sku)
    counts.scan(there, sku, who=WANG)
    meet = Barrier(2)
    refresh = count_lines.refresh_line

    def unlocked(uow, line_id):
        from core.counting.models import CountLine

        return uow.execute(select(*CountLine.__table__.c).where(CountLine.id == line_id)).one()

    def both_first(uow, line_id):
        try:
            meet.wait(3)
        except Exception:  # noqa: BLE001 - nobody comes: the lock holds the other back
            meet.abort()
        refresh(uow, line_id)

    monkeypatch.setattr(goods, "line_of", unlocked)
    monkeypatch.setattr(tallying, "refresh_line", both_first)
    monkeypatch.setattr(tallying, "point_of", lambda *_any: points._NOWHERE)
    together(
        lambda: scan_many(two[0], here, sku, LI, 1, "a"),
        lambda: scan_many(two[1], there, sku, WANG, 1, "b"),
    )
    assert counts.line(sheet_id, sku).counted_qty < 4


def test_one_scan_sent_twice_at_once_is_stored_once(counts, two):
    sku = counts.goods(5)
    sheet_id = counts.sheet()
    here = counts.go(sheet_id)
    answers = together(*[lambda store=store: scan_many(store, here, sku, LI, 10, "same") for store in two])
    assert answers == [None, None]
    assert counts.line(sheet_id, sku).counted_qty == 10
    stored = counts.world.store.read(lambda c: c.execute(select(func.count()).select_from(CountScan)).scalar_one())
    assert stored == 10


def test_one_place_opened_twice_at_once_is_two_rounds(counts, two):
    counts.goods(5, "A-01")
    sheet_id = counts.sheet()
    found = together(
        lambda: two[0].write(lambda uow: tallying.go_to(uow, sheet_id, "A-01"), actor=LI),
        lambda: two[1].write(lambda uow: tallying.go_to(uow, sheet_id, "A-01"), actor=WANG),
    )
    assert sorted(one.pass_number for one in found) == [1, 2]


def test_a_scan_and_the_handing_in_never_miss_each_other(counts, two):
    """Either the scan is in the sheet that was handed in, or it was refused."""
    for number in range(12):
        sku = counts.goods(5)
        sheet_id = counts.sheet("skus", sku)
        here = counts.go(sheet_id)
        counts.scan(here, sku, 5)
        scanned, _ = together(
            lambda here=here, sku=sku, n=number: two[0].write(
                lambda uow: tallying.scan(uow, here, f"69{sku:08}", f"late{n}"), actor=LI
            ),
            lambda sheet_id=sheet_id, here=here, n=number: two[1].write(
                lambda uow: (tallying.finish_place(uow, here, f"f{n}", "leave"), sheets.submit(uow, sheet_id)),
                actor=LI,
            ),
        )
        expected = 5 if isinstance(scanned, Refused) else 6
        assert counts.line(sheet_id, sku).counted_qty == expected


def test_two_who_book_at_once_book_once(counts, two):
    sku = counts.goods(10)
    sheet_id = counts.counted((sku, 4))
    book = [Decision(counts.line(sheet_id, sku).id, "book")]
    found = together(
        *[
            lambda store=store: store.write(lambda uow: settling.settle(uow, sheet_id, book), actor=CHEN)
            for store in two
        ]
    )
    assert sorted(one.booked for one in found) == [0, 1]
    assert counts.world.level(sku) == (4, 0, 0, 0)
    query = select(func.count()).select_from(Movement).where(Movement.kind == "count")
    assert counts.world.store.read(lambda c: c.execute(query).scalar_one()) == 1


def test_what_has_to_be_on_the_shelf_is_one_number_while_parcels_leave(counts, two):
    """Each scan sees a parcel on the desk and in the books, or in neither."""
    sku = counts.goods(60)
    orders = [counts.world.bought((sku, 2), is_paid=True) for _ in range(15)]
    boxes = [(counts.box(order, verified=2), order) for order in orders]
    sheet_id = counts.sheet("skus", sku)
    here = counts.go(sheet_id)

    def ship() -> None:
        for parcel, order in boxes:
            counts.ship_box(parcel, order, f"box {parcel}")

    together(ship, lambda: scan_many(two[1], here, sku, LI, 20, "s"))
    rows = counts.world.store.read(
        lambda c: c.execute(select(CountScan.book_qty - CountScan.away_qty).distinct()).scalars().all()
    )
    assert rows == [30]
    assert counts.line(sheet_id, sku).moved_qty == 0
