"""Counting while orders flow, against plain counters: whoever counts right, the books end right.

The model knows the truth (units that are really there) and the books. Goods get lost and found behind the books' back,
parcels are verified and shipped, deliveries come; people count what they see. At the end every difference of a count
that was right at its moment is in the books, whatever came and went between counting and booking.
"""

from collections import defaultdict
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import update

from core.counting import points, settling, tallying
from core.counting.records import Decision
from core.fulfilment.models import ParcelLine
from core.inventory.ledger import count as ledger_count
from tests.support.counting_world import LI, WANG, Counts
from tests.support.inventory_world import World
from tests.support.world import Address, make_tables

SKUS = 2


@cache
def _tables() -> bytes:
    """A file with every table, made once: making them takes longer than an example."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "empty.db"
        # Closing the last connection brings everything into the one file.
        make_tables(Address(sqlite_path=str(path)))
        return path.read_bytes()


class Counting(RuleBasedStateMachine):
    """Two kinds of goods, one sheet at a time, two people who count."""

    def __init__(self):
        super().__init__()
        self.folder = TemporaryDirectory()
        path = Path(self.folder.name) / "stock.db"
        path.write_bytes(_tables())
        self.world = World(Address(sqlite_path=str(path)))
        self.counts = Counts(self.world)
        self.skus = []
        #: really in the house; of that on the desks, in boxes
        self.there = defaultdict(int)
        self.boxed = defaultdict(int)
        self.sheet = 0
        self.passes = {}
        self.counted = set()
        self.boxes = []
        #: goods whose books are known to be wrong
        self.wrong = set()

    @initialize()
    def open_shop(self):
        for _ in range(SKUS):
            self.skus.append(self.counts.goods(20))
            self.there[self.skus[-1]] = 20

    # --- the world ------------------------------------------------------------------------------------------------

    @rule(which=st.integers(0, SKUS - 1), qty=st.integers(1, 9))
    def delivered(self, which, qty):
        self.world.receive(self.skus[which], qty)
        self.there[self.skus[which]] += qty

    @rule(which=st.integers(0, SKUS - 1), qty=st.integers(1, 3))
    def ordered_and_packed(self, which, qty):
        sku = self.skus[which]
        if self.there[sku] - self.boxed[sku] < qty:
            return
        order = self.world.order((sku, qty), is_paid=True)
        if self.world.reserve(order)[order.order_id].is_reserved:
            self.boxes.append((sku, qty, order, self.counts.box(order, verified=qty)))
            self.boxed[sku] += qty

    @precondition(lambda self: self.boxes)
    @rule()
    def shipped(self):
        sku, qty, order, parcel = self.boxes.pop(0)
        line = order.wants[0].order_line_id
        held = [state for state, _ in self.world.claims(order)]
        if "confirmed" not in held or "short" in held:
            # A count took its units: the box is emptied onto the shelf.
            self.counts.do(
                lambda uow: uow.execute(
                    update(ParcelLine).where(ParcelLine.order_line_id == line).values(verified_qty=0)
                )
            )
            self.boxed[sku] -= qty
            return
        self.counts.ship_box(parcel, order, self.world.key())
        self.there[sku] -= qty
        self.boxed[sku] -= qty

    @precondition(lambda self: not self.sheet)
    @rule(which=st.integers(0, SKUS - 1), qty=st.integers(-4, 4))
    def lost_or_found(self, which, qty):
        sku = self.skus[which]
        if self.there[sku] - self.boxed[sku] + qty >= 0:
            self.there[sku] += qty
            self.wrong.add(sku)

    # --- people who count -----------------------------------------------------------------------------------------

    @precondition(lambda self: not self.sheet)
    @rule()
    def begin(self):
        self.sheet = self.counts.sheet("skus", *self.skus)
        self.passes = {}
        self.counted = set()

    @precondition(lambda self: self.sheet)
    @rule(which=st.integers(0, SKUS - 1), by_wang=st.booleans())
    def count(self, which, by_wang):
        """Somebody counts all that is in the place, in one go, in a round of their own."""
        sku, who = self.skus[which], WANG if by_wang else LI
        seen = self.there[sku] - self.boxed[sku]
        here = self.counts.go(self.sheet, who=who)
        if seen:
            self.counts.scan(here, sku, seen, who)
            self.counts.finish(here, "leave", who)
            self.counted.add(sku)
        else:
            self.counts.do(lambda uow: tallying.drop_place(uow, here), who)

    @precondition(lambda self: self.sheet and self.counted)
    @rule(recounts=st.booleans())
    def decide(self, recounts):
        self.counts.submit(self.sheet, leave_open=True)
        if self.counts.state(self.sheet) == "to_approve":
            lines = self.counts.lines(self.sheet, "differing")
            if recounts:
                self.counts.settle(self.sheet, [Decision(lines[0].id, "recount")])
                self.counted = set()
                left = [line.sku_id for line in self.counts.lines(self.sheet, "left") if line.state == "recount"]
                for sku in left:
                    self.count(self.skus.index(sku), True)
                if not self.counted:
                    return
                self.counts.submit(self.sheet, leave_open=True)
            lines = self.counts.lines(self.sheet, "differing")
            self.counts.settle(self.sheet, [Decision(line.id, "book", "other: sure") for line in lines])
        for line in self.counts.lines(self.sheet):
            if line.state in ("booked", "equal"):
                level = self.world.level(line.sku_id)
                assert level[0] == self.there[line.sku_id], (line, level, self.there)
                self.wrong.discard(line.sku_id)
        self.sheet = 0

    @invariant()
    def books_hold(self):
        self.world.check()
        for sku in self.skus:
            if sku not in self.wrong:
                assert self.world.level(sku)[0] == self.there[sku]

    def teardown(self):
        self.world.close()
        self.folder.cleanup()


TestCounting = Counting.TestCase
#: enough for a twin to be caught, and no word about the example
_TWIN = settings(
    max_examples=100, stateful_step_count=30, derandomize=True, deadline=None, database=None, phases=[Phase.generate]
)


@pytest.mark.slow
def test_setting_the_level_to_what_was_counted_loses_a_shipment(monkeypatch):
    """The twin without the guard: counted numbers that are booked as they are."""

    def absolutely(uow, place, asserted, reason, key, reference=""):
        warehouse, sku, batch = place
        return ledger_count(uow, warehouse, sku, asserted.qty, reason, key, batch)

    monkeypatch.setattr(settling.ledger, "correct_count", absolutely)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(Counting, settings=_TWIN)


@pytest.mark.slow
def test_without_the_boxes_on_the_desks_units_are_booked_away(monkeypatch):
    """The twin that takes what stands in boxes for missing."""
    monkeypatch.setattr(points, "seen_in_boxes", lambda *_any: {})
    with pytest.raises(AssertionError):
        run_state_machine_as_test(Counting, settings=_TWIN)
