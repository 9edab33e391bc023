"""The invariants of a stock that cannot be oversold, in one place; each with its guard taken away as well.

Each one is a scenario that gives what is wrong at its end, nothing where the invariant held. With the guard replaced
by what a careless program does the same scenario has to find something, or it proves nothing. What happens around
them in the whole program has tests of its own: races with killed desks (`test_stock_race`), documents, quotas, door.

The numbers are those of a public list of such tests: I1 nothing promised twice, I2 counters are the sums of their
rows, I3 one unit has one buyer, I4 lines of one order count together, I5 nothing expired is revived, I6 all kinds of
promises count, I7 nothing is given back twice, I8 parts add up to the line, I9 what is repeated has no effect, I10 a
count below the promises names who waits. I11, rights of shops never exceed what is there, needs shops and their
lost answers: `tests/quotas/test_quota_machine.py` and its twins in `tests/quotas/test_twins.py`.
"""

import itertools
import random
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from copy import deepcopy
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import DBAPIError

from core.db.unit_of_work import Store, UnitOfWork
from core.inventory import claims, ledger, queries, service
from core.inventory.levels import Delta, LevelsChanged, lock_level
from core.inventory.models import Reservation, StockLevel
from core.inventory.once import OnceOnly
from core.inventory.records import CountResult, OrderWants, Outcome, Released
from core.orders.models import OrderLine
from core.runtime.clock import SystemClock
from core.runtime.errors import DomainError, Refused
from tests.support.inventory_buyers import buy, buy_carelessly
from tests.support.inventory_world import World, lines_of, store_order
from tests.support.world import Address

Wrong = list[str]
Scenario = Callable[[World], Wrong]
#: within it the scenario runs without its guard
Careless = AbstractContextManager[Any]


def promised_twice(store: Store) -> Wrong:
    """Levels of which more is promised by rows than there is: the counters are not asked."""
    held = (
        select(Reservation.level_id, func.sum(Reservation.qty).label("qty"))
        .where(Reservation.state.in_(("reserved", "confirmed")))
        .group_by(Reservation.level_id)
        .subquery()
    )
    free = StockLevel.on_hand_qty - StockLevel.quarantined_qty - StockLevel.allotted_qty - held.c.qty
    query = select(StockLevel.id, free).join(held, held.c.level_id == StockLevel.id).where(free < 0)
    return [f"level {level}: {-left} promised twice" for level, left in store.read(lambda c: c.execute(query).all())]


def wrong_sums(store: Store) -> Wrong:
    return [str(one) for one in store.read(queries.check_sums)]


def both(world: World) -> Wrong:
    return promised_twice(world.store) + wrong_sums(world.store)


@contextmanager
def desks(world: World, how_many: int) -> Iterator[list[Store]]:
    stores = [world.address.store(SystemClock(), f"desk {number}") for number in range(how_many)]
    try:
        yield stores
    finally:
        for store in stores:
            store.engines.dispose()


def together(jobs: Sequence[Callable[[], object]]) -> list[object]:
    """Run them at once, in a thread each; what they gave or raised."""
    ready = threading.Barrier(len(jobs))

    def run(job: Callable[[], object]) -> object:
        ready.wait(60)
        try:
            return job()
        except (DomainError, LevelsChanged, DBAPIError) as error:
            return error

    with ThreadPoolExecutor(len(jobs)) as threads:
        return list(threads.map(run, jobs))


# --- the scenarios ------------------------------------------------------------------------------------------------


def i1_nothing_is_promised_twice(world: World) -> Wrong:
    """Four desks reserve, pay, give back, ship, receive and set aside, while somebody looks after every step."""
    sku = world.stocked(12)
    orders = [world.order((sku, 1 + number % 3), is_paid=number % 2 == 0) for number in range(32)]
    wrong: Wrong = []
    done = threading.Event()

    def work(store: Store, share: Sequence[OrderWants], seed: int) -> None:
        rng = random.Random(seed)
        for order in share:
            lines = lines_of(order)
            try:
                is_won = buy(store, order)
                step = rng.choice(("pay", "back", "ship", "aside", "receive"))
                if step == "pay" and is_won:
                    store.write(lambda uow, lines=lines: service.confirm(uow, lines))
                elif step == "back":
                    store.write(lambda uow, lines=lines: service.release(uow, lines, "cancelled"))
                elif step == "ship" and is_won and order.is_paid:
                    key, parts = f"parcel {order.order_id}", [(order.wants[0].order_line_id, order.wants[0].qty)]
                    store.write(lambda uow, parts=parts, key=key: service.consume(uow, parts, key))
                elif step == "aside":
                    key = f"aside {order.order_id}"
                    store.write(lambda uow, key=key: ledger.quarantine(uow, World.main, sku, 1, "damp", key))
                elif step == "receive":
                    key = f"more {order.order_id}"
                    store.write(lambda uow, key=key: ledger.receive(uow, World.main, sku, 1, "delivery", key))
            except Refused:
                pass
            except (LevelsChanged, DBAPIError) as error:
                wrong.append(f"crashed: {type(error).__name__}")

    def watch() -> None:
        with desks(world, 1) as (store,):
            while not done.is_set():
                wrong.extend(promised_twice(store))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        with desks(world, 4) as stores:
            together([lambda s=s, n=n: work(s, orders[n::4], n) for n, s in enumerate(stores)])
    finally:
        done.set()
        watcher.join()
    return wrong + both(world)


def i2_counters_are_the_sums_of_their_rows(world: World) -> Wrong:
    """After every single act, not once a night."""
    sku, wrong = world.stocked(10), []
    first, second = world.order((sku, 4)), world.order((sku, 4), is_paid=True)
    steps: Sequence[Callable[[], object]] = (
        lambda: world.reserve(first, second),
        lambda: world.confirm(first),
        lambda: world.consume(first, "parcel", 3),
        lambda: world.release(second, qty=1, key="refund"),
        lambda: world.do(lambda uow: ledger.count(uow, World.main, sku, 3, "stocktake", "count")),
        lambda: world.release(second),
        lambda: world.receive(sku, 2),
    )
    for number, step in enumerate(steps):
        try:
            step()
        except (LevelsChanged, Refused, DBAPIError) as error:
            wrong.append(f"step {number}: {error}")
        wrong += wrong_sums(world.store)
    return wrong


def i3_one_unit_has_one_buyer(world: World) -> Wrong:
    """Two hundred buyers of one unit, from eight desks at once."""
    sku = world.stocked(1)
    orders = world.do(lambda uow: [store_order(uow, [(sku, 1)], number=f"I3-{n}", is_paid=True) for n in range(200)])
    with desks(world, 8) as stores:
        won = together([lambda s=s, n=n: sum(buy(s, one) for one in orders[n::8]) for n, s in enumerate(stores)])
    return both(world) + ([] if sum(int(str(one)) for one in won) == 1 else [f"won: {won}"])


def i4_lines_of_one_order_count_together(world: World) -> Wrong:
    """Two lines of one SKU, as two parts of a bundle or a bundle and its component are."""
    sku = world.stocked(5)
    wants = world.order((sku, 3), (sku, 3), is_paid=True)
    outcome = world.reserve(wants)[wants.order_id]
    return both(world) + (["six of five were promised"] if outcome.is_reserved else [])


def i5_nothing_expired_is_revived(world: World) -> Wrong:
    """The time runs out, somebody else buys, and then the first one pays."""
    sku = world.stocked(5)
    first = world.bought((sku, 5))
    world.clock.advance(seconds=901)
    second = world.bought((sku, 5), is_paid=True)
    outcome = service_confirm(world, first)
    wrong = both(world) + (["the first one was told that everything is there"] if outcome.is_reserved else [])
    return wrong + ([] if ("confirmed", 5) in world.claims(second) else ["the second one lost it"])


def i6_all_kinds_of_promises_count(world: World) -> Wrong:
    """Reserved, confirmed and quarantined units together leave one."""
    sku = world.stocked(10)
    world.bought((sku, 4))
    world.bought((sku, 3), is_paid=True)
    world.do(lambda uow: ledger.quarantine(uow, World.main, sku, 2, "damp", world.key()))
    late = world.order((sku, 2), is_paid=True)
    outcome = world.reserve(late)[late.order_id]
    return both(world) + (["nothing was left for two more"] if outcome.is_reserved else [])


def i7_nothing_is_given_back_twice(world: World) -> Wrong:
    """Cancelled at two desks at once, after half of it was shipped, and once more."""
    sku = world.stocked(10)
    order, other = world.bought((sku, 6), is_paid=True), world.bought((sku, 4), is_paid=True)
    world.consume(order, "parcel", 2)
    lines = lines_of(order)
    with desks(world, 2) as stores:
        together([lambda s=s: s.write(lambda uow: service.release(uow, lines, "cancelled")) for s in stores])
    world.release(order)
    wrong = both(world)
    wrong += [] if world.level(sku) == (8, 0, 4, 0) else [f"{world.level(sku)} instead of 8 with 4 promised"]
    return wrong + ([] if world.claims(other) == [("confirmed", 4)] else ["the other order lost units"])


def i8_parts_add_up_to_the_line(world: World) -> Wrong:
    """A line that no batch can serve alone."""
    sku = world.sku()
    for batch in ("L1", "L2", "L3"):
        world.receive(sku, 2, batch=batch)
    order = world.bought((sku, 5), is_paid=True)
    parts = [qty for state, qty in world.claims(order) if state == "confirmed"]
    return both(world) + ([] if sum(parts) == 5 and len(parts) == 3 else [f"parts: {parts}"])


def i9_what_is_repeated_has_no_effect(world: World) -> Wrong:
    """Every prefix of a day is played again, and again."""
    sku = world.stocked(10)
    order = world.order((sku, 4), is_paid=True)
    line = lines_of(order)[0]
    day: Sequence[Callable[[UnitOfWork], object]] = (
        lambda uow: service.reserve_page(uow, [order]),
        lambda uow: service.consume(uow, [(line, 1)], "parcel 1"),
        lambda uow: ledger.receive(uow, World.main, sku, 3, "delivery", "delivery 1"),
        lambda uow: service.release(uow, [line], "refund", 1, key="refund 1"),
        lambda uow: ledger.quarantine(uow, World.main, sku, 2, "damp", "damp 1"),
        lambda uow: ledger.transfer(uow, World.main, World.second, sku, 1, "fill up", "transfer 1"),
        lambda uow: ledger.count(uow, World.main, sku, 8, "stocktake", "count 1"),
        lambda uow: service.consume(uow, [(line, 2)], "parcel 2"),
    )
    wrong: Wrong = []
    for number, act in enumerate(day, 1):
        world.do(act)
        before = world.stock()
        for again in itertools.chain(day[1:number], day[1:number]):
            try:
                world.do(again)
            except (Refused, DBAPIError) as error:
                wrong.append(str(error))
        if world.stock() != before:
            wrong.append(f"playing {number} acts again changed something")
    return wrong + both(world)


def i10_a_count_below_the_promises_names_who_waits(world: World) -> Wrong:
    """No crash, nothing below zero; the order that is due last gives way first."""
    sku = world.stocked(10)
    late, soon = (world.bought((sku, 5), is_paid=True, ship_by_h=hours) for hours in (48, 4))
    try:
        counted = world.do(lambda uow: ledger.count(uow, World.main, sku, 6, "stocktake", "count"))
    except (LevelsChanged, DBAPIError) as error:
        return [f"crashed: {type(error).__name__}"]
    missing = [(one.order_line_id, one.wanted_qty, one.available_qty) for one in counted.deficits]
    wrong = both(world) + ([] if missing == [(lines_of(late)[0], 5, 1)] else [f"missing: {missing}"])
    return wrong + ([] if world.claims(soon) == [("confirmed", 5)] else ["the urgent order gave way"])


# --- the guards, taken away ---------------------------------------------------------------------------------------


def service_confirm(world: World, order: OrderWants) -> Outcome:
    lines = lines_of(order)
    return world.do(lambda uow: service.confirm(uow, lines))


def reads_then_writes(desk_count: int) -> Careless:
    """Look at the number, then write the new one: the meeting makes certain what a busy day makes likely."""
    meet = threading.Barrier(desk_count)
    return patch(f"{__name__}.buy", lambda store, order: buy_carelessly(store, order, meet))


def forgets_the_counters() -> Careless:
    """Rows are written, their sums another time."""
    return patch.object(claims, "apply", lambda uow, deltas: None)


def looks_at_each_line_alone() -> Careless:
    """Every line finds the shelves full."""
    real = service.pick

    def pick(order: OrderWants, shelves: Any, *rest: Any) -> Any:
        each = [real(replace(order, wants=(want,)), deepcopy(shelves), *rest) for want in order.wants]
        return [one for picks, _ in each for one in picks], [one for _, shortages in each for one in shortages]

    return patch.object(service, "pick", pick)


def believes_the_payment() -> Careless:
    """Who has paid has it: the row is set to confirmed, whatever became of it."""

    def confirm(uow: UnitOfWork, lines: Sequence[int]) -> Outcome:
        uow.execute(update(Reservation).where(Reservation.order_line_id.in_(lines)).values(state="confirmed"))
        return Outcome(is_reserved=True)

    return patch.object(service, "confirm", confirm)


def counts_only(*kinds: str) -> Careless:
    """What is promised in another way is taken for free."""
    real = service.fill_shelves
    place = {"reserved": 5, "confirmed": 6, "quarantined": 7}

    def fill(levels: Sequence[Any], *rest: Any) -> Any:
        blind = [place[kind] for kind in place if kind not in kinds]
        return real([[0 if n in blind else one for n, one in enumerate(level)] for level in levels], *rest)

    return patch.object(service, "fill_shelves", fill)


def gives_back_what_was_ordered() -> Careless:
    """The units of the order's lines, whether it holds them or not."""

    def release(uow: UnitOfWork, lines: Sequence[int], reason: str, *_: object, **__: object) -> Released:
        for line, level, qty in uow.execute(
            select(OrderLine.id, Reservation.level_id, OrderLine.qty)
            .join(Reservation, Reservation.order_line_id == OrderLine.id)
            .where(OrderLine.id.in_(lines), Reservation.state.in_(("confirmed", "released")))
        ).all():
            lower = {"confirmed_qty": StockLevel.confirmed_qty - qty}
            uow.execute(update(StockLevel).where(StockLevel.id == level).values(lower))
            uow.execute(update(Reservation).where(Reservation.order_line_id == line).values(state="released"))
        return Released({})

    return patch.object(service, "release", release)


def takes_the_first_part() -> Careless:
    """One row for a line, as tables have it that know one place for each."""
    real = service.pick

    def pick(*asked: Any) -> Any:
        picks, shortages = real(*asked)
        return picks[:1], shortages

    return patch.object(service, "pick", pick)


def remembers_no_key() -> Careless:
    """Every repeat is something new."""

    def earlier_answer(once: OnceOnly) -> None:
        once._key = f"{once._key} {next(_NUMBERS)}"

    real = ledger._move
    anew = lambda uow, level, kind, qty, reason, key, *rest: real(  # noqa: E731 - one use
        uow, level, kind, qty, reason, f"{key} {next(_NUMBERS)}", *rest
    )
    stack = ExitStack()
    stack.enter_context(patch.object(OnceOnly, "earlier_answer", earlier_answer))
    stack.enter_context(patch.object(OnceOnly, "keep", lambda once, answer: None))
    stack.enter_context(patch.object(ledger, "_move", anew))
    return stack


_NUMBERS = itertools.count()


def writes_what_was_counted() -> Careless:
    """The level is what somebody counted, whoever was promised more."""

    def count(uow: UnitOfWork, warehouse: Any, sku: Any, counted: int, *rest: str) -> CountResult:
        level = lock_level(uow, warehouse, sku, "")
        claims.apply(uow, {level.id: Delta(on_hand=counted - level.on_hand_qty)})
        return CountResult(level.id, counted, counted - level.on_hand_qty, (), is_repeat=False)

    return patch.object(ledger, "count", count)


INVARIANTS: Sequence[tuple[Scenario, Callable[[], Careless]]] = (
    (i1_nothing_is_promised_twice, lambda: reads_then_writes(4)),
    (i2_counters_are_the_sums_of_their_rows, forgets_the_counters),
    (i3_one_unit_has_one_buyer, lambda: reads_then_writes(8)),
    (i4_lines_of_one_order_count_together, looks_at_each_line_alone),
    (i5_nothing_expired_is_revived, believes_the_payment),
    (i6_all_kinds_of_promises_count, lambda: counts_only("reserved")),
    (i7_nothing_is_given_back_twice, gives_back_what_was_ordered),
    (i8_parts_add_up_to_the_line, takes_the_first_part),
    (i9_what_is_repeated_has_no_effect, remembers_no_key),
    (i10_a_count_below_the_promises_names_who_waits, writes_what_was_counted),
)
NAMES = [scenario.__name__ for scenario, _ in INVARIANTS]


@pytest.mark.parametrize("scenario", [scenario for scenario, _ in INVARIANTS], ids=NAMES)
def test_it_holds(world: World, scenario: Scenario) -> None:
    assert scenario(world) == []


@pytest.mark.parametrize(("scenario", "careless"), INVARIANTS, ids=NAMES)
def test_without_its_guard_it_does_not_hold(address: Address, scenario: Scenario, careless: Callable[[], Careless]):
    world = World(address)
    try:
        with careless():
            wrong = scenario(world)
    except (LevelsChanged, DBAPIError, DomainError) as error:
        # A guard behind the one that is missing: the database refuses what the careless program wants to write.
        wrong = [str(error)]
    finally:
        world.close()
    assert wrong
