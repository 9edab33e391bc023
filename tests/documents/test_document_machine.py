"""All documents against plain counters: any sequence of drafts, bookings, arrivals, looks and counter-documents."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from core.inventory.documents import drafting, following, pending
from core.inventory.documents.states import DocKind
from core.runtime.errors import Refused
from tests.documents.acts import book, booked, by_number, came, decide, draft, lines, now, reverse, waiting
from tests.support.examples import so_many
from tests.support.inventory_world import World

QTY = st.integers(1, 6)
WHICH = st.integers(0, 1)
PLACE = st.sampled_from([World.main, World.second])


@dataclass
class Held:
    """One document, and what taking it back has to give: figures per (place, SKU)."""

    made: Any
    kind: DocKind
    sku: int
    place: int
    #: units on hand and set aside that it brought to each place
    moved: dict[int, list[int]] = field(default_factory=dict)
    pending: int = 0
    is_back: bool = False


class DocumentMachine(RuleBasedStateMachine):
    """Every kind of document, on two goods and two places; the second place has goods put away by hand."""

    received = Bundle("received")
    sent = Bundle("sent")
    returned = Bundle("returned")
    others = Bundle("others")

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        decide(world, putaway_warehouse_ids=(World.second,))
        self.skus = [world.sku() for _ in range(2)]
        places = [(place, sku) for place in (World.main, World.second) for sku in self.skus]
        self.on_hand = dict.fromkeys(places, 0)
        self.aside = dict.fromkeys(places, 0)
        self.flows = {(flow, sku): 0 for flow in pending.FLOWS.values() for sku in self.skus}
        #: units that came into the house, less those that left it: what every other figure has to add up to
        self.owned = dict.fromkeys(self.skus, 0)

    def free(self, place, sku):
        return self.on_hand[place, sku] - self.aside[place, sku]

    def shift(self, held, place, on_hand=0, aside=0):
        self.on_hand[place, held.sku] += on_hand
        self.aside[place, held.sku] += aside
        moved = held.moved.setdefault(place, [0, 0])
        moved[0] += on_hand
        moved[1] += aside

    def wait(self, held, flow, units):
        self.flows[flow, held.sku] += units
        held.pending += units

    def attempt(self, may, act):
        """Do it, or see it refused, as the counters say."""
        refused = None
        try:
            done = act()
        except Refused as error:
            refused = error
        assert (refused is None) == may, refused
        return None if refused else done

    @rule(target=received, which=WHICH, qty=QTY, place=PLACE)
    def receive(self, which, qty, place):
        sku = self.skus[which]
        held = Held(None, DocKind.RECEIPT, sku, place)
        held.made = booked(self.world, DocKind.RECEIPT, (sku, qty), warehouse_id=place)
        self.owned[sku] += qty
        if place == World.main:
            self.shift(held, place, qty)
            return held
        away = Held(by_number(self.world, held.made.follower), DocKind.PUTAWAY, sku, place)
        self.wait(away, "to_put_away", qty)
        held.moved["putaway"] = away
        return held

    @rule(held=received, qty=QTY)
    def put_away(self, held, qty):
        away = held.moved.get("putaway")
        if away is None or away.is_back or held.is_back:
            return
        if self.attempt(qty <= away.pending, lambda: came(self.world, "put_away", away.made, (qty, "A-1"))):
            self.wait(away, "to_put_away", -qty)
            self.shift(away, away.place, qty)

    @rule(which=WHICH, ordered=QTY, comes=QTY, is_taken_back=st.booleans())
    def buy(self, which, ordered, comes, is_taken_back):
        sku, world = self.skus[which], self.world
        order = booked(world, DocKind.PURCHASE, (sku, ordered))
        receipt = world.do(lambda uow: drafting.receive_against(uow, order.document_id, world.key()))
        world.do(lambda uow: drafting.count_in(uow, receipt.document_id, sku, comes, world.key()))
        receipt = book(world, by_number(world, receipt.number))
        assert now(world, order).state == ("done" if comes >= ordered else "part")
        if is_taken_back:
            reverse(world, receipt)
            assert now(world, order).state == "open"
            comes = 0
        self.owned[sku] += comes
        self.on_hand[World.main, sku] += comes
        assert waiting(world, sku, "incoming") == max(ordered - comes, 0) + self.flows["incoming", sku]
        if comes < ordered:
            version = now(world, order).version
            world.do(lambda uow: following.close(uow, order.document_id, version))

    @rule(target=sent, which=WHICH, qty=QTY, is_stocked=st.booleans())
    def send(self, which, qty, is_stocked):
        sku = self.skus[which]
        if is_stocked:
            self.world.receive(sku, qty)
            self.on_hand[World.main, sku] += qty
            self.owned[sku] += qty
        held = Held(None, DocKind.TRANSFER, sku, World.main)
        held.made = self.attempt(
            self.free(World.main, sku) >= qty, lambda: booked(self.world, DocKind.TRANSFER, (sku, qty))
        )
        if held.made is None:
            held.is_back = True
            return held
        self.shift(held, World.main, -qty)
        self.wait(held, "in_transit", qty)
        return held

    @rule(held=sent, qty=st.integers(0, 4), is_all=st.booleans(), twice=st.booleans())
    def arrive(self, held, qty, is_all, twice):
        if held.kind is not DocKind.TRANSFER or held.is_back or not held.pending:
            return
        if not qty and not is_all:
            self.attempt(False, lambda: came(self.world, "arrive", held.made, 0, is_all=False))
            return
        key = self.world.key()
        arrived = came(self.world, "arrive", held.made, qty, is_all=is_all, key=key)
        if twice:
            parts = [following.Came(lines(self.world, held.made)[0].id, qty)]
            again = self.world.do(
                lambda uow: following.arrive(uow, held.made.document_id, 1, parts, key, is_all=is_all)
            )
            assert again.is_repeat
        fits = min(qty, held.pending)
        self.wait(held, "in_transit", -fits)
        self.shift(held, World.second, fits)
        self.on_hand[World.second, held.sku] += qty - fits
        self.owned[held.sku] += qty - fits
        lost = held.pending if is_all else 0
        self.wait(held, "in_transit", -lost)
        self.owned[held.sku] -= lost
        assert bool(arrived.follower) == bool(qty - fits or lost)

    @rule(target=returned, which=WHICH, qty=QTY)
    def come_back(self, which, qty):
        held = Held(None, DocKind.RETURN, self.skus[which], World.main)
        held.made = booked(self.world, DocKind.RETURN, (held.sku, qty))
        self.wait(held, "to_inspect", qty)
        self.owned[held.sku] += qty
        return held

    @rule(held=returned, good=st.integers(0, 4), bad=st.integers(0, 4))
    def inspect(self, held, good, bad):
        if held.kind is not DocKind.RETURN or held.is_back or not held.pending:
            return
        if self.attempt(0 < good + bad <= held.pending, lambda: came(self.world, "inspect", held.made, (good, bad))):
            self.wait(held, "to_inspect", -good - bad)
            self.shift(held, World.main, good + bad, bad)

    @rule(target=others, which=WHICH, qty=QTY, is_free=st.booleans())
    def set_aside(self, which, qty, is_free):
        sku = self.skus[which]
        kind = DocKind.RELEASE if is_free else DocKind.QUARANTINE
        held = Held(None, kind, sku, World.main)
        there = self.aside[World.main, sku] if is_free else self.free(World.main, sku)
        held.made = self.attempt(there >= qty, lambda: booked(self.world, kind, (sku, qty)))
        held.is_back = held.made is None
        if held.made:
            self.shift(held, World.main, aside=-qty if is_free else qty)
        return held

    @rule(target=others, which=WHICH, qty=st.integers(-6, 6).filter(bool))
    def adjust(self, which, qty):
        sku = self.skus[which]
        held = Held(None, DocKind.ADJUSTMENT, sku, World.main)
        may = self.free(World.main, sku) + qty >= 0
        held.made = self.attempt(may, lambda: booked(self.world, DocKind.ADJUSTMENT, (sku, qty)))
        held.is_back = held.made is None
        if held.made:
            self.shift(held, World.main, qty)
            self.owned[sku] += qty
        return held

    @rule(which=WHICH, qty=QTY)
    def write_and_throw_away(self, which, qty):
        made = draft(self.world, DocKind.RECEIPT, (self.skus[which], qty))
        self.world.do(lambda uow: drafting.throw_away(uow, made.document_id, made.version))
        with pytest.raises(Refused):
            book(self.world, by_number(self.world, made.number))

    @rule(held=st.one_of(received, sent, returned, others), twice=st.booleans())
    def take_back(self, held, twice):
        away = held.moved.get("putaway")
        if away is not None and not held.is_back and not away.is_back:
            self._take_back_with_putaway(held, away)
            return
        key = self.world.key()
        may = not held.is_back and all(
            self.free(place, held.sku) - on_hand + aside >= 0 and self.aside[place, held.sku] - aside >= 0
            for place, (on_hand, aside) in self._to_undo(held).items()
        )
        if held.made is None or not self.attempt(may, lambda: reverse(self.world, held.made, key)):
            return
        if twice:
            assert reverse(self.world, held.made, key).is_repeat
        for place, (on_hand, aside) in self._to_undo(held).items():
            self.on_hand[place, held.sku] -= on_hand
            self.aside[place, held.sku] -= aside
            if held.kind is not DocKind.TRANSFER:
                self.owned[held.sku] -= on_hand
        if held.kind is DocKind.RETURN:
            self.owned[held.sku] -= held.pending
        flow = pending.FLOWS.get(held.kind)
        if flow:
            self.flows[flow, held.sku] -= held.pending
        held.pending, held.is_back = 0, True

    def _to_undo(self, held):
        """What a transfer lost stays lost: it brings back what arrived and what is on the road."""
        if held.kind is not DocKind.TRANSFER:
            return {place: tuple(moved) for place, moved in held.moved.items() if place != "putaway"}
        arrived = held.moved.get(World.second, [0, 0])[0]
        return {World.main: (-arrived - held.pending, 0), World.second: (arrived, 0)}

    def _take_back_with_putaway(self, held, away):
        put = away.moved.get(away.place, [0, 0])[0]
        if self.attempt(put == 0, lambda: reverse(self.world, held.made)):
            self.owned[held.sku] -= away.pending
            self.wait(away, "to_put_away", -away.pending)
            held.is_back = away.is_back = True

    @invariant()
    def numbers_are_as_predicted(self):
        self.world.check()
        for sku in self.skus:
            stood = 0
            for place in (World.main, World.second):
                level = self.world.level(sku, place) or (0, 0, 0, 0)
                assert level == (self.on_hand[place, sku], 0, 0, self.aside[place, sku])
                stood += level[0]
            waits = {flow: waiting(self.world, sku, flow) for flow in pending.FLOWS.values()}
            assert waits == {flow: self.flows[flow, sku] for flow in waits}
            on_its_way = sum(units for flow, units in waits.items() if flow != "incoming")
            assert stood + on_its_way == self.owned[sku], "no unit is lost or made by a document"


@pytest.mark.slow
def test_documents_follow_plain_counters(world):
    most = 15 if world.store.is_sqlite else 5
    run_state_machine_as_test(
        lambda: DocumentMachine(world),
        settings=settings(
            max_examples=so_many(most),
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
            print_blob=True,
        ),
    )
