"""Locks are taken in one order: turns for numbers, then batches, then levels, each kind in one go where it can be.

On PostgreSQL two desks would otherwise wait for each other crosswise; SQLite has one writer and renders no lock.
"""

import re
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late

import pytest
from sqlalchemy import event

from core.counting import settling, sheets, tallying
from core.inventory import ledger
from core.inventory.batches import locked_batch, note_batch
from core.inventory.documents import booking
from core.inventory.documents.records import LineIn
from core.inventory.documents.states import DocKind
from tests.counting.conftest import counts  # noqa: F401 - fixture
from tests.documents.acts import book, booked, by_number, came, decide, draft, reverse
from tests.inventory.conftest import address, world  # noqa: F401 - fixtures

_SHAPES = (
    ("turn", re.compile(r"pg_advisory_xact_lock")),
    ("batch", re.compile(r"FROM batch\b.* FOR ", re.DOTALL)),
    ("level", re.compile(r"FROM stock_level\b.* FOR ", re.DOTALL)),
)


@pytest.fixture
def locks(world):  # noqa: F811  the fixture
    """What an act locks, in its order."""
    if world.store.engines.writer.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer, and needs no lock")

    def of(act):
        taken, turns = [], []

        def note(_connection, _cursor, statement, values, *_rest):
            for name, shape in _SHAPES:
                if shape.search(statement) and not (name == "turn" and values in turns):
                    taken.append(name)
                    # Whoever has a turn already waits for nobody when they ask for it again.
                    turns.append(values)

        event.listen(world.store.engines.writer, "before_cursor_execute", note)
        try:
            act()
        finally:
            event.remove(world.store.engines.writer, "before_cursor_execute", note)
        return taken

    return of


def in_order(taken):
    """Whether no turn and no batch is waited for while a level is held."""
    first = taken.index("level") if "level" in taken else len(taken)
    return set(taken[first:]) <= {"level"}


def test_goods_of_a_batch_move_to_a_place_that_never_had_it(world, locks):  # noqa: F811  the fixture
    sku = world.sku()
    world.receive(sku, 5, batch="A")
    world.do(lambda uow: note_batch(uow, sku, "A"))

    def move(uow):
        ledger.transfer(uow, world.main, world.second, sku, 2, "fill_up", "k", "A")

    taken = locks(lambda: world.do(move))
    assert "batch" in taken
    assert in_order(taken), taken


def test_a_difference_of_a_transfer_draws_its_number_before_levels_are_locked(world, locks):  # noqa: F811  the fixture
    first, second = world.stocked(9), world.stocked(9)
    sent = booked(world, DocKind.TRANSFER, (second, 3), (first, 3))
    taken = locks(lambda: came(world, "arrive", sent, 4, 2))
    assert in_order(taken), taken


def test_a_putaway_that_is_taken_back_draws_the_number_of_the_next_before_levels_are_locked(world, locks):  # noqa: F811  the fixture
    decide(world, putaway_warehouse_ids=(world.main,))
    sku = world.sku()
    receipt = booked(world, DocKind.RECEIPT, (sku, 4))
    away = by_number(world, receipt.follower)
    came(world, "put_away", away, (4, "A-1"))
    taken = locks(lambda: reverse(world, away))
    assert in_order(taken), taken


def test_a_delivery_that_is_put_away_draws_both_numbers_before_its_batch_is_locked(world, locks):  # noqa: F811  the fixture
    decide(world, putaway_warehouse_ids=(world.main,))
    sku = world.sku()
    world.receive(sku, 1, batch="A")
    made = draft(world, DocKind.RECEIPT, LineIn(sku, 0, "A", expires_day=740_000, done_qty=1))
    taken = locks(lambda: book(world, made))
    assert "batch" in taken
    assert "turn" not in taken[taken.index("batch") :], taken


def test_batches_of_a_delivery_are_all_locked_before_any_of_their_levels(world, locks):  # noqa: F811  the fixture
    sku = world.sku()
    for batch in ("A", "B"):
        world.receive(sku, 1, batch=batch)
    written = [LineIn(sku, 0, batch, expires_day=740_000, done_qty=1) for batch in ("B", "A")]
    made = draft(world, DocKind.RECEIPT, *written)
    taken = locks(lambda: world.do(lambda uow: booking.book(uow, made.document_id, made.version, "k")))
    assert taken[:2] == ["batch", "level"], "all of a kind in one go"


def test_lines_that_are_settled_together_lock_their_levels_in_one_go(counts, locks):  # noqa: F811  the fixture
    first, second = counts.goods(2), counts.goods(2)
    sheet_id = counts.sheet("skus", first, second)
    here = counts.go(sheet_id)
    counts.scan(here, second, 2)
    taken = locks(lambda: counts.do(lambda uow: tallying.zero_some(uow, here, "z")))
    assert taken[0] == "level"
    counts.finish(here)
    counts.do(lambda uow: sheets.submit(uow, sheet_id))
    taken = locks(lambda: counts.do(lambda uow: settling.settle_equal(uow, sheet_id)))
    assert taken[0] == "level"
    assert in_order(taken), taken


def test_a_batch_that_is_being_corrected_keeps_nobody_from_packing_or_receiving_of_it(world):  # noqa: F811  the fixture
    if world.store.engines.writer.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer")
    sku = world.sku()
    world.receive(sku, 5, batch="A")
    batch = world.do(lambda uow: note_batch(uow, sku, "A"))

    def receive_meanwhile(uow):
        locked_batch(uow, batch.id)
        with ThreadPoolExecutor(1) as other:
            wait = other.submit(world.receive, sku, 1, batch="A")
            try:
                wait.result(5)
            except Late:
                return False
        return True

    assert world.do(receive_meanwhile)
