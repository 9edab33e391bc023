"""P7: every number of a SKU opens into parts that add up to it, whatever has been done to its stock."""

import contextlib
from collections.abc import Iterator
from datetime import date

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select, update

from core.db.unit_of_work import Store
from core.inventory import ledger
from core.inventory.batches import note_batch
from core.inventory.documents.states import DocKind
from core.inventory.figures.opening import open_figure
from core.inventory.figures.queries import sku_figures
from core.inventory.figures.records import FLOWS, OF_LEVELS, OF_WAREHOUSES, Figure, Name, Opened, Part
from core.inventory.models import StockLevel
from core.inventory.quotas.safety import set_safety
from core.inventory.returning import undo_sale
from core.runtime.errors import NotFound, Refused
from tests.documents.acts import booked, came, reverse
from tests.support.inventory_world import START, World

#: parts that lead to a number they are only a piece of
PIECES = {"kept", "past", "blocked", "cover"}
PLACES = (World.main, World.second)


def opened(store: Store, figure: Figure, now=START, limit: int = 3) -> Opened:
    """All pages of a number."""
    parts: list[Part] = []
    after = None
    while True:
        page = store.read(lambda connection, after=after: open_figure(connection, figure, now, after, limit))
        parts += page.parts
        after = page.next_after
        if after is None:
            return Opened(figure, page.qty, tuple(parts))


def down(store: Store, figure: Figure, now=START, known=None) -> Iterator[Opened]:
    """A number, and every number it opens into."""
    known = {} if known is None else known
    if figure in known:
        yield known[figure]
        return
    one = known[figure] = opened(store, figure, now)
    yield one
    assert sum(part.qty for part in one.parts) == one.qty, one
    for part in one.parts:
        if part.figure is None or part.code in PIECES:
            continue
        for inner in down(store, part.figure, now, known):
            if inner.figure == part.figure:
                assert abs(inner.qty) == abs(part.qty), (one, inner)
            yield inner


def prove(store: Store, sku, now=START) -> dict[Name, int]:
    """Walk through every number that is shown; gives those over all places."""
    shown = store.read(lambda connection: sku_figures(connection, sku, now))
    known: dict[Figure, Opened] = {}
    for place in (shown.total, *shown.warehouses, *shown.batches):
        names = (*OF_LEVELS, *FLOWS, *(() if place.batch is not None else OF_WAREHOUSES))
        for name in names:
            figure = Figure(name, sku, place.warehouse_id, place.batch)
            seen = list(down(store, figure, now, known))
            assert seen[0].qty == place.quantities[name], figure
            assert not [part for one in seen for part in one.parts if part.code == "earlier"]
    for quota in shown.quotas.quotas:
        for name in (Name.RIGHT, Name.GRANTED, Name.WITHDRAWN, Name.SOLD, Name.RESTORED):
            top = next(down(store, Figure(name, sku, quota_id=quota.quota_id), now))
            assert top.qty == getattr(quota, f"{name}_qty")
        listed = next(down(store, Figure(Name.LISTED, sku, quota_id=quota.quota_id), now))
        assert listed.qty == (quota.listed_qty or 0)
    have = shown.total.quantities
    assert (
        have[Name.AVAILABLE]
        == have[Name.ON_HAND] - have[Name.RESERVED] - have[Name.CONFIRMED] - have[Name.QUARANTINED]
    )
    if shown.quotas.sentence is not None:
        said = shown.quotas.sentence
        assert have[Name.SELLABLE] == sum(qty for _, qty in said.by_shop) + said.pool_qty
        assert have[Name.ENDED] == said.ended_qty
    return dict(have)


QTY = st.integers(1, 9)
PLACE = st.sampled_from(PLACES)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("receive"), QTY, PLACE, st.sampled_from(["", "B1", "OLD"])),
        st.tuples(st.just("buy"), QTY, PLACE, st.booleans()),
        st.tuples(st.sampled_from(["confirm", "release", "ship"]), st.integers(0, 5)),
        st.tuples(st.just("count"), st.integers(0, 12), PLACE),
        st.tuples(st.sampled_from(["quarantine", "unquarantine"]), QTY, PLACE),
        st.tuples(st.just("give_back"), QTY, st.integers(0, 3), st.booleans()),
        st.tuples(st.sampled_from(["purchase", "send"]), QTY, st.booleans()),
        st.tuples(st.just("arrive"), QTY),
        st.tuples(st.just("safety"), st.integers(0, 9), PLACE),
    ),
    max_size=14,
)


class Doing:
    """Steps upon one SKU; what is not possible now is refused, and nothing happens."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.sku = world.sku()
        self.orders = []
        self.sent = []
        for code, day in (("B1", 800_000), ("OLD", 700_000)):
            world.do(lambda uow, code=code, day=day: note_batch(uow, self.sku, code, _date(day)))

    def do(self, step):
        act, *how = step
        with contextlib.suppress(Refused):
            getattr(self, act)(*how)

    def receive(self, qty, place, batch):
        self.world.receive(self.sku, qty, place, batch)

    def buy(self, qty, place, is_paid):
        order = self.world.order((self.sku, qty), is_paid=is_paid, warehouse=place)
        self.world.reserve(order)
        self.orders.append(order)

    def order_at(self, which, act):
        if which < len(self.orders):
            act(self.orders[which])

    def confirm(self, which):
        self.order_at(which, self.world.confirm)

    def release(self, which):
        self.order_at(which, self.world.release)

    def ship(self, which):
        self.order_at(which, lambda order: self.world.consume(order, f"parcel:{order.order_id}"))

    def quarantine(self, qty, place):
        booked(self.world, DocKind.QUARANTINE, (self.sku, qty), warehouse_id=place, reason="damaged")

    def unquarantine(self, qty, place):
        key = self.world.key()
        self.world.do(lambda uow: ledger.unquarantine(uow, place, self.sku, qty, "inspected", key))

    def count(self, qty, place):
        key = self.world.key()
        self.world.do(lambda uow: ledger.count(uow, place, self.sku, qty, "stocktake", key))

    def purchase(self, qty, _):
        booked(self.world, DocKind.PURCHASE, (self.sku, qty), supplier="S")

    def send(self, qty, is_taken_back):
        self.sent.append(booked(self.world, DocKind.TRANSFER, (self.sku, qty)))
        if is_taken_back:
            reverse(self.world, self.sent.pop())

    def arrive(self, qty):
        if self.sent:
            came(self.world, "arrive", self.sent.pop(), qty)

    def give_back(self, qty, bad, is_taken_back):
        made = booked(self.world, DocKind.RETURN, (self.sku, qty))
        came(self.world, "inspect", made, (max(qty - bad, 0), min(bad, qty)))
        if is_taken_back:
            reverse(self.world, made)

    def safety(self, qty, place):
        self.world.do(lambda uow: set_safety(uow, self.sku, place, qty))


def _date(day):
    return date.fromordinal(min(day, date.max.toordinal()))


def test_every_number_is_the_sum_of_what_it_opens_into(world):
    @settings(
        max_examples=12 if "postgres" in str(world.store.engines.writer.url) else 20,
        deadline=None,
        # A failing example of so many real transactions takes minutes to shrink.
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
        database=None,
    )
    @given(STEPS)
    def run(steps):
        doing = Doing(world)
        for step in steps:
            doing.do(step)
        prove(world.store, doing.sku)

    run()


def test_sales_lead_to_orders_and_receipts_to_documents(world):
    sku = world.sku()
    made = booked(world, DocKind.RECEIPT, (sku, 9))
    order = world.bought((sku, 4), is_paid=True)
    world.consume(order, "parcel:7", 3)
    (receipt,) = opened(world.store, Figure(Name.MOVED, sku, World.main, "", kind="receipt")).parts
    assert (receipt.qty, receipt.document_id, receipt.document_no) == (9, made.document_id, made.number)
    (sale,) = opened(world.store, Figure(Name.MOVED, sku, World.main, "", kind="sale")).parts
    assert (sale.qty, sale.order_id) == (-3, order.order_id)
    (claim,) = opened(world.store, Figure(Name.CONFIRMED, sku)).parts
    assert (claim.qty, claim.order_id, claim.order_no) == (1, order.order_id, sale.order_no)
    world.bought((sku, 2))
    (unpaid,) = opened(world.store, Figure(Name.RESERVED, sku)).parts
    assert unpaid.until == START + (unpaid.until - START)
    figures = world.store.read(lambda connection: sku_figures(connection, sku, START))
    assert figures.total.first_until == unpaid.until
    booked(world, DocKind.PURCHASE, (sku, 60), supplier="S")
    (waiting,) = opened(world.store, Figure(Name.INCOMING, sku)).parts
    assert (waiting.qty, waiting.document_no[:2].isalpha()) == (60, True)
    assert prove(world.store, sku)[Name.INCOMING] == 60


def test_claims_and_what_was_set_aside_come_page_by_page(world):
    sku = world.stocked(40)
    orders = [world.bought((sku, 1), is_paid=True) for _ in range(7)]
    for _ in range(7):
        booked(world, DocKind.QUARANTINE, (sku, 1), reason="damaged")
    for name in (Name.CONFIRMED, Name.QUARANTINED):
        page = world.store.read(lambda c, name=name: open_figure(c, Figure(name, sku), START, None, 3))
        assert (page.qty, len(page.parts)) == (7, 3)
        whole = opened(world.store, Figure(name, sku)).parts
        assert whole[:3] == page.parts
        assert sum(part.qty for part in whole) == len(whole) == 7
    claims = opened(world.store, Figure(Name.CONFIRMED, sku)).parts
    assert {part.order_id for part in claims} == {order.order_id for order in orders}


def test_what_a_count_takes_from_what_was_set_aside_is_written_down(world):
    sku = world.stocked(5)
    booked(world, DocKind.QUARANTINE, (sku, 4), reason="damaged")
    world.do(lambda uow: ledger.count(uow, World.main, sku, 2, "stocktake", "c"))
    found = opened(world.store, Figure(Name.QUARANTINED, sku))
    assert [(part.code, part.qty) for part in found.parts] == [("counted", -2), ("quarantine", 4)]
    assert found.parts[1].document_no


def test_safety_keeps_no_more_than_is_free_and_old_goods_are_not_for_sale(world):
    sku = world.stocked(10)
    world.do(lambda uow: note_batch(uow, sku, "OLD", _date(700_000)))
    world.receive(sku, 6, batch="OLD")
    world.do(lambda uow: set_safety(uow, sku, World.main, 25))
    have = prove(world.store, sku)
    assert (have[Name.AVAILABLE], have[Name.ENDED], have[Name.SAFETY], have[Name.SELLABLE]) == (16, 6, 25, 0)
    (set_by,) = opened(world.store, Figure(Name.SAFETY, sku)).parts
    assert (set_by.qty, set_by.by) == (25, "clerk")


def test_a_sku_is_answered_with_as_many_statements_whatever_it_has(world):
    little, much = world.stocked(5), world.sku()
    for number in range(12):
        code = f"B{number}"
        world.do(lambda uow, code=code: note_batch(uow, much, code))
        world.receive(much, 4, PLACES[number % 2], code)
    for _ in range(3):
        booked(world, DocKind.PURCHASE, (much, 5), supplier="S")
        world.bought((much, 2))
    counts = []
    asked: list[str] = []

    def note(_connection, _cursor, statement, *_):
        asked.append(statement)

    engine = world.store.engines.reader
    event.listen(engine, "before_cursor_execute", note)
    try:
        for sku in (little, much):
            asked.clear()
            figures = world.store.read(lambda connection, sku=sku: sku_figures(connection, sku, START))
            counts.append(len(asked))
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert len(figures.batches) == 13
    assert counts[0] == counts[1] <= 18


def test_nothing_adds_up_any_more_when_a_movement_is_lost(world):
    """The guard's twin: the walk finds a level that was changed without a movement."""
    sku = world.stocked(5)
    world.do(lambda uow: uow.execute(update(StockLevel).where(StockLevel.sku_id == sku).values(on_hand_qty=6)))
    with pytest.raises(AssertionError):
        prove(world.store, sku)
    world.do(lambda uow: uow.execute(update(StockLevel).where(StockLevel.sku_id == sku).values(on_hand_qty=5)))
    assert world.store.read(lambda c: c.execute(select(StockLevel.on_hand_qty)).scalar_one()) == 5


def test_a_sale_that_never_was_leads_to_its_order_page_by_page(world):
    sku = world.stocked(20)
    orders = [world.bought((sku, 2), is_paid=True) for _ in range(4)]
    for order in orders:
        world.consume(order, f"parcel:{order.order_id}")
        lines = [want.order_line_id for want in order.wants]
        world.do(lambda uow, lines=lines: undo_sale(uow, lines, "sent elsewhere"))
    for kind, sign in (("sale", -1), ("return", 1)):
        found = opened(world.store, Figure(Name.MOVED, sku, World.main, "", kind=kind))
        assert [(part.qty, part.order_id) for part in found.parts] == [
            (2 * sign, order.order_id) for order in reversed(orders)
        ]


def test_what_was_set_aside_before_it_was_written_down_is_shown_as_such(world):
    sku = world.stocked(5)
    level = update(StockLevel).where(StockLevel.sku_id == sku)
    world.do(lambda uow: uow.execute(level.values(quarantined_qty=2)))
    (part,) = opened(world.store, Figure(Name.QUARANTINED, sku)).parts
    assert (part.code, part.qty) == ("earlier", 2)


def test_goods_and_shops_that_are_gone(world):
    assert world.store.read(lambda connection: sku_figures(connection, 999, START)) is None
    with pytest.raises(NotFound):
        opened(world.store, Figure(Name.RIGHT, world.sku(), quota_id=999))
