"""What a reservation costs: one look, then the writes; and on PostgreSQL nothing between the hot level and the commit.

Whoever wants the level of a hot SKU waits for as long as another has it, so each statement more is paid by everybody.
"""

import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, select, text, update
from sqlalchemy.exc import IntegrityError

from core.db.models import Journal
from core.db.ready import ReadyStatement
from core.db.unit_of_work import UnitOfWork
from core.inventory import in_one_go, service
from core.inventory.models import StockLevel
from core.inventory.quotas.acts import open_quota
from core.inventory.quotas.models import QuotaSale
from core.inventory.shelves import day_of
from tests.support.inventory_world import World


@contextmanager
def statements(world: World) -> Iterator[list[str]]:
    """What the writer is asked while the block runs."""
    said: list[str] = []

    def note(_connection, _cursor, statement, *_more) -> None:
        said.append(statement)

    engine = world.store.engines.writer
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize("is_paid", [True, False])
def test_a_reservation_looks_once_and_then_only_writes(world, is_paid):
    sku = world.stocked(10)
    order = world.order((sku, 2), is_paid=is_paid)
    with statements(world) as said:
        world.reserve(order)
    first, *rest = said
    assert "FROM stock_level" in first
    if world.store.is_sqlite:
        written = ("UPDATE stock_level", "INSERT INTO reservation", "INSERT INTO journal")
        assert [one.lstrip()[: len(start)] for one, start in zip(rest, written, strict=True)] == list(written)
    else:
        # All that is written is one statement, so between the lock of the level and the commit nothing is asked.
        (write,) = rest
        assert all(part in write for part in ("UPDATE stock_level", "INSERT INTO reservation", "INSERT INTO journal"))
    assert world.level(sku) == ((10, 0, 2, 0) if is_paid else (10, 2, 0, 0))


def test_a_page_of_orders_costs_as_much_as_one_of_two_goods(world):
    skus = [world.stocked(100) for _ in range(6)]
    two = world.order((skus[0], 1), (skus[1], 1))
    page = [world.order(*[(sku, 1) for sku in skus]) for _ in range(8)]
    counts = []
    for orders in ([two], page):
        with statements(world) as said:
            world.reserve(*orders)
        counts.append(len(said))
    assert counts == ([4, 4] if world.store.is_sqlite else [6, 6])


def test_what_the_look_finds_is_asked_for_and_nothing_else(world):
    sku, scarce = world.stocked(10), world.stocked(1)
    world.bought((scarce, 1))
    world.clock.advance(seconds=901)
    order = world.order((scarce, 1))
    with statements(world) as said:
        assert world.reserve(order)[order.order_id].is_reserved
    assert any("UPDATE reservation" in one for one in said), "the claim that had run out was swept"
    free = world.sku(is_stock_managed=False)
    both = world.order((free, 3), (sku, 1))
    assert world.reserve(both)[both.order_id].is_reserved
    assert world.level(sku) == (10, 1, 0, 0)


def test_a_claim_runs_out_when_it_did_before(world):
    sku = world.stocked(10)
    held, kept = world.order((sku, 1)), world.order((sku, 1))
    world.reserve(held, hold_s=60)
    world.reserve(kept, hold_s=0)
    world.clock.advance(seconds=61)
    assert world.do(service.expire_due) == (held.wants[0].order_line_id,)
    assert (world.claims(held), world.claims(kept)) == ([("expired", 1)], [("reserved", 1)])


def test_the_journal_keeps_its_order(world):
    """A statement that writes its own journal row may not go before those that wait to be written."""
    sku = world.stocked(10)
    order, other = world.order((sku, 1)), world.order((sku, 1))

    def both(uow):
        service.reserve_page(uow, [other])
        uow.record("test.before", "test", 1)
        service.reserve_page(uow, [order])
        uow.record("test.after", "test", 1)

    world.do(both)
    query = select(Journal.action, Journal.facts).order_by(Journal.id.desc()).limit(4)
    after, own, before, first = world.store.read(lambda c: c.execute(query).all())
    assert (after.action, before.action) == ("test.after", "test.before")
    for row, of in ((own, order), (first, other)):
        assert (row.action, row.facts) == ("stock.reserved", {"order_ids": [of.order_id], "short_ids": []})


# --- PostgreSQL: what happens between the look and the write ----------------------------------------------------------

ENOUGH = """stock_level.reserved_qty + stock_level.confirmed_qty + stock_level.quarantined_qty
              + stock_level.allotted_qty + asked.reserved + asked.confirmed <= stock_level.on_hand_qty"""
NO_ROWS = """NOT EXISTS (SELECT 1 FROM json_array_elements_text(CAST(:line_ids AS json)) AS line WHERE
                          (SELECT 1 FROM reservation WHERE order_line_id = line.value::bigint LIMIT 1) = 1)"""
NO_QUOTA = """NOT EXISTS (SELECT 1 FROM json_array_elements_text(CAST(:goods_ids AS json)) AS goods WHERE
                          (SELECT 1 FROM quota WHERE sku_id = goods.value::bigint AND is_counted LIMIT 1) = 1)"""
LASTS = "(stock_level.expires_day IS NULL OR stock_level.expires_day >= asked.until)"


@pytest.fixture
def server(postgres_address) -> Iterator[World]:
    """A furnished shop on PostgreSQL."""
    shop = World(postgres_address)
    yield shop
    shop.close()


def test_no_part_of_it_reads_through_the_reservations(server):
    """Of 20,000 rows: what is not there must be seen by an index. Whether a row is IN a set may be read through."""
    order = server.order((server.stocked(10), 1))
    fill = """INSERT INTO reservation (order_line_id, sku_id, qty, state, attempt, created_at)
              SELECT 1000 + i, 1000, 1, 'consumed', 1, 0 FROM generate_series(1, 20000) AS i"""
    with server.store.engines.writer.begin() as connection:
        # No foreign keys are checked in this role.
        for statement in ("SET LOCAL session_replication_role = replica", fill, "ANALYZE"):
            connection.exec_driver_sql(statement)
        asked: list[tuple[str, Any]] = []
        event.listen(connection, "before_cursor_execute", lambda _c, _cu, sql, binds, *_: asked.append((sql, binds)))
        service.reserve_page(UnitOfWork(connection, server.store.actor, server.clock), [order])
        plans = [str(connection.exec_driver_sql(f"EXPLAIN {sql}", binds).all()) for sql, binds in tuple(asked)]
    assert len(plans) == 2
    for plan in plans:
        assert "Seq Scan on reservation" not in plan
        assert re.search(r"Index Cond: \(order_line_id = .*bigint\)", plan), plan


@pytest.fixture
def between(monkeypatch) -> Callable[[Callable[[], object]], list[bool]]:
    """Let another desk act after the look of the next reservation and before its write; tells whether it was taken."""

    def put(act: Callable[[], object]) -> list[bool]:
        taken: list[bool] = []
        original = in_one_go.take

        def take(uow, seen, order):
            monkeypatch.setattr(in_one_go, "take", original)
            act()
            taken.append(original(uow, seen, order))
            return taken[-1]

        monkeypatch.setattr(in_one_go, "take", take)
        return taken

    return put


def without(monkeypatch, guard: str) -> None:
    """The twin: the statement without one of its conditions."""
    assert guard in in_one_go._CLAIM
    careless = in_one_go._CLAIM.replace(guard, f"(true OR {guard})") + in_one_go._JOURNAL
    statement = ReadyStatement(lambda: in_one_go._texts(careless, *in_one_go._NAMES, "entry"))
    monkeypatch.setattr(in_one_go, "_WITH_JOURNAL", statement)


@pytest.mark.parametrize("is_guarded", [True, False])
def test_units_that_were_sold_after_the_look_are_not_sold_again(server, between, monkeypatch, is_guarded):
    sku = server.stocked(5)
    order, first = server.order((sku, 1), is_paid=True), server.order((sku, 5), is_paid=True)
    taken = between(lambda: server.reserve(first))
    if not is_guarded:
        without(monkeypatch, ENOUGH)
        with pytest.raises(IntegrityError, match="promised_within_on_hand"):
            server.reserve(order)
        return
    assert not server.reserve(order)[order.order_id].is_reserved
    assert taken == [False]
    assert server.claims(order) == [("short", 1)]
    assert server.level(sku) == (5, 0, 5, 0)
    server.check()


@pytest.mark.parametrize("is_guarded", [True, False])
def test_a_shop_that_got_a_quota_after_the_look_has_the_sale_counted(server, between, monkeypatch, is_guarded):
    sku = server.stocked(5)
    order = server.order((sku, 1))

    def give(uow) -> None:
        open_quota(uow, 1, sku, listing_id=None, cancelled_unit="shop", is_counted=True)

    taken = between(lambda: server.do(give))
    if not is_guarded:
        without(monkeypatch, NO_QUOTA)
    assert server.reserve(order)[order.order_id].is_reserved
    assert taken == [not is_guarded]
    counted = server.store.read(lambda c: c.execute(select(QuotaSale.order_line_id)).scalars().all())
    assert list(counted) == ([order.wants[0].order_line_id] if is_guarded else [])


@pytest.mark.parametrize("is_guarded", [True, False])
def test_a_batch_that_was_blocked_or_ended_after_the_look_is_not_sold(server, between, monkeypatch, is_guarded):
    sku = server.stocked(5)
    order = server.order((sku, 1))
    ended = day_of(server.clock.now()) - 1
    taken = between(lambda: server.do(lambda uow: uow.execute(update(StockLevel).values(expires_day=ended))))
    if not is_guarded:
        without(monkeypatch, LASTS)
    assert server.reserve(order)[order.order_id].is_reserved is not is_guarded
    assert taken == [not is_guarded]


@pytest.mark.parametrize("is_guarded", [True, False])
def test_two_desks_that_reserve_for_one_line_at_once_claim_once(server, monkeypatch, is_guarded):
    """The second waits for the lines and has looked before the first was done: its look says that nothing is held."""
    sku = server.stocked(5)
    order = server.order((sku, 1))
    if not is_guarded:
        without(monkeypatch, NO_ROWS)
    with ThreadPoolExecutor(1) as desk:
        with server.store.engines.writer.begin() as connection:
            first = UnitOfWork(connection, server.store.actor, server.clock)
            service.reserve_page(first, [order])
            first.flush_journal()
            second = desk.submit(server.reserve, order)
            waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
            while not server.store.read(lambda c: c.execute(waiting).scalar_one()):
                time.sleep(0.005)
        if is_guarded:
            assert second.result(20)[order.order_id].is_reserved
        else:
            with pytest.raises(IntegrityError, match="uq_reservation"):
                second.result(20)
    assert server.claims(order) == [("reserved", 1)]
    server.check()
