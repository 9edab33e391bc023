"""Two desks at the same moment. Each race has a twin with its guard taken out, which must go wrong."""

import logging
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from core.fulfilment import outbound, packing, rush, taking, waves
from core.fulfilment.models import Parcel, ParcelLine, Wave
from core.inventory.models import Movement
from core.orders import holds, intake
from core.waybills import print_queue
from core.waybills.models import PrintJob
from tests.support.fake_shop import line
from tests.support.world import ANY_AGE, World

pytestmark = pytest.mark.race

#: How long the one that came first gives the other before it goes on alone. Where a guard keeps the other away this
#: time always passes; where the guard is taken out the other does come, however slow the machine is.
_GUARDED_S, _UNGUARDED_S = 0.4, 20.0


def together(*acts: Callable[[], Any]) -> list[Any]:
    """Run acts on a thread each, started at the same moment; their results or errors."""
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        start.wait(10)
        try:
            return act()
        except Exception as error:  # noqa: BLE001 - what went wrong is what is looked at
            return error

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def meet(barrier: threading.Barrier, wait_s: float) -> None:
    """Wait for the other one, if it can come this far at all."""
    try:
        barrier.wait(wait_s)
    except threading.BrokenBarrierError:
        return


# --- one label, two desks ------------------------------------------------------------------------------------


def test_of_two_desks_that_scan_one_label_exactly_one_ships(world):
    other = world.new_desk("desk 2")
    numbers = [world.ready(f"A{n}", line("1", "BEAR")) for n in range(6)]
    for n in range(6):
        world.desk.pack(f"A{n}")
    for number in numbers:
        codes = Counter(v.code for v in together(partial(world.desk.ship, number), partial(other.ship, number)))
        assert codes == {"parcel.shipped": 1, "parcel.shipped_before": 1}
    sales = select(func.count()).select_from(Movement).where(Movement.kind == "sale")
    assert world.rows(sales)[0][0] == 6


def test_twin_two_desks_that_look_first_and_write_then_both_ship(world):
    world.ready("A1", line("1", "BEAR"))
    other = world.new_store("desk 2")
    parcel_id = world.parcels("A1")[0].id
    seen = threading.Barrier(2)

    def naive(store: Any) -> bool:
        state = store.read(lambda c: c.execute(select(Parcel.state).where(Parcel.id == parcel_id)).scalar_one())
        seen.wait(10)
        if state == "shipped":
            return False
        return (
            store.write(lambda u: u.count(update(Parcel).where(Parcel.id == parcel_id).values(state="shipped"))) == 1
        )

    assert together(lambda: naive(world.store), lambda: naive(other)) == [True, True]


# --- a refund that is being stored while the label is scanned ------------------------------------------------


def _refund_during_scan(world: World, state: str, judged: threading.Event, wait_s: float) -> str:
    """What the scan says while a line inside the box gets this after-sale state, not committed before it is judged."""
    world.ready("A1", line("1", "BEAR"), line("2", "BAG"))
    world.desk.pack("A1")
    number = world.number("A1")
    scanning = world.new_desk("desk 2")
    order = world.shop.after_sale("A1", "1", state)
    shop = world.shop_record.facts
    verdicts: list[str] = []

    def scan() -> None:
        verdicts.append(scanning.ship(number).code)

    thread = threading.Thread(target=scan)

    def store_refund(uow: Any) -> None:
        taking.take_page(uow, shop, [order], world.digest, "TT")
        thread.start()
        judged.wait(wait_s)

    world.do(store_refund)
    thread.join(10)
    return verdicts[0]


@pytest.mark.parametrize(("state", "verdict"), [("refunded", "line.refunded"), ("requested", "parcel.held")])
def test_a_scan_waits_for_a_refund_that_is_being_stored(world, state, verdict):
    # The scan cannot come to its verdict before the refund is stored, so nothing ends the wait but the time.
    assert _refund_during_scan(world, state, threading.Event(), _GUARDED_S) == verdict


@pytest.mark.postgres
def test_twin_without_the_lock_the_refunded_goods_leave(postgres_address, monkeypatch):
    ship, judged = outbound._ship, threading.Event()

    def shipping(*arguments: Any, **named: Any) -> Any:
        judged.set()
        return ship(*arguments, **named)

    monkeypatch.setattr(outbound, "lock_orders", lambda uow, ids: None)
    monkeypatch.setattr(outbound, "_ship", shipping)
    world = World(postgres_address)
    try:
        assert _refund_during_scan(world, "requested", judged, _UNGUARDED_S) == "parcel.shipped"
    finally:
        world.close()


# --- the next parcel, for two desks --------------------------------------------------------------------------


def test_two_desks_that_ask_for_the_next_parcel_get_one_each(world):
    other = world.new_desk("desk 2")
    for n in range(8):
        world.shop.place(f"A{n}", line("1", "BEAR"))
    world.sync()

    def work(desk: Any) -> list[int]:
        mine = []
        while (verdict := desk.packing.open_next(desk.nonce())).code == "parcel.opened":
            mine.append(verdict.parcel.id)
            desk.verify(verdict)
            desk.packing.leave(verdict.parcel.id, verdict.parcel.fence)
        assert verdict.code == "nothing.to_pack"
        return mine

    first, second = together(lambda: work(world.desk), lambda: work(other))
    assert sorted(first + second) == sorted({*first, *second})
    assert len(first + second) == 8


def _open_next_together(
    world: World, monkeypatch: pytest.MonkeyPatch, due_next: Callable[[Any], Any]
) -> Counter[str]:
    world.shop.place("A1", line("1", "BEAR"))
    world.shop.place("A2", line("1", "BEAR"))
    world.sync()
    other, barrier = world.new_desk("desk 2"), threading.Barrier(2)

    def slow(uow: Any) -> Any:
        found = due_next(uow)
        barrier.wait(_UNGUARDED_S)
        return found

    monkeypatch.setattr(packing, "_due_next", slow)
    acts = [lambda desk=desk: desk.packing.open_next(desk.nonce()) for desk in (world.desk, other)]
    return Counter(getattr(verdict, "code", repr(verdict)) for verdict in together(*acts))


@pytest.mark.postgres
def test_pair_the_parcel_another_desk_is_taking_is_passed_over(postgres_address, monkeypatch):
    world = World(postgres_address)
    try:
        guarded = packing._due_next
        assert _open_next_together(world, monkeypatch, guarded) == {"parcel.opened": 2}
    finally:
        world.close()


@pytest.mark.postgres
def test_twin_without_skip_locked_one_desk_is_turned_away(postgres_address, monkeypatch):
    def due_next(uow: Any) -> Any:
        return uow.execute(select(Parcel.id).where(Parcel.state == "to_pack").order_by(Parcel.id).limit(1)).scalar()

    world = World(postgres_address)
    try:
        assert _open_next_together(world, monkeypatch, due_next) == {"parcel.opened": 1, "parcel.taken": 1}
    finally:
        world.close()


# --- one dead desk, two that want its parcel ------------------------------------------------------------------


def _take_over_together(world: World, take: Callable[[Any, Any], Any]) -> list[Any]:
    world.ready("A1", line("1", "BEAR"))
    dead = world.desk.open("A1").parcel
    return together(*[partial(take, world.new_desk(f"desk {n}"), dead) for n in (2, 3)])


def test_of_two_desks_that_take_one_parcel_over_exactly_one_has_it(world):
    verdicts = _take_over_together(
        world, lambda desk, dead: desk.packing.take_over(dead.id, dead.fence, desk.nonce())
    )
    assert Counter(verdict.code for verdict in verdicts) == {"parcel.taken_over": 1, "parcel.taken": 1}
    winner = next(verdict for verdict in verdicts if verdict.code == "parcel.taken_over").parcel
    assert world.desk.packing.refresh(winner.id).opened_by == winner.opened_by
    assert all(verdict.facts["by"] == winner.opened_by for verdict in verdicts if verdict.code == "parcel.taken")


def test_twin_without_the_fence_both_desks_believe_they_have_it(world):
    seen = threading.Barrier(2)

    def naive(desk: Any, dead: Any) -> bool:
        owner = select(Parcel.opened_by).where(Parcel.id == dead.id)
        is_dead = desk.store.read(lambda c: c.execute(owner).scalar_one()) == "desk 1"
        seen.wait(10)
        mine = update(Parcel).where(Parcel.id == dead.id).values(opened_by=desk.store.actor.desk)
        return is_dead and desk.store.write(lambda uow: uow.count(mine)) == 1

    assert _take_over_together(world, naive) == [True, True]


# --- two holds at once ---------------------------------------------------------------------------------------


def _place_and_release(world: World, no: str, monkeypatch: pytest.MonkeyPatch, wait_s: float = _GUARDED_S) -> str:
    """The hold the list shows after one was placed and another lifted at the same moment."""
    world.shop.place(no, line("1", "BEAR"))
    world.sync(no)
    order_id = world.order(no).id
    world.do(lambda uow: holds.place_many(uow, [(order_id, "by_hand")]))
    other, refresh, barrier = world.new_store("desk 2"), holds._refresh, threading.Barrier(2)

    def slow(uow: Any, ids: Any) -> None:
        meet(barrier, wait_s)
        refresh(uow, ids)

    with monkeypatch.context() as patch:
        patch.setattr(holds, "_refresh", slow)
        together(
            lambda: world.do(lambda uow: holds.place_many(uow, [(order_id, "desk_exception")])),
            lambda: other.write(lambda uow: holds.release(uow, order_id, ["by_hand"])),
        )
    assert world.holds(no) == {"desk_exception"}
    return str(world.order(no).hold_reason)


def test_a_hold_placed_while_another_is_lifted_stands(world, monkeypatch):
    assert _place_and_release(world, "A1", monkeypatch) == "desk_exception"


@pytest.mark.postgres
def test_twin_without_the_lock_a_hold_is_written_away(postgres_address, monkeypatch):
    monkeypatch.setattr(holds, "lock_orders", lambda uow, ids: None)
    world = World(postgres_address)
    try:
        # Each counts what stood before the other; where the one that lifts writes last, the hold is gone.
        assert any(_place_and_release(world, f"A{n}", monkeypatch, _UNGUARDED_S) == "" for n in range(20))
    finally:
        world.close()


# --- taking the same page in ---------------------------------------------------------------------------------


def _take_together(world: World, monkeypatch: pytest.MonkeyPatch, wait_s: float = _GUARDED_S) -> list[Any]:
    orders = [world.shop.place(f"A{n}", line("1", "NEW"), buyer_key="one buyer") for n in range(3)]
    other, shop, barrier = world.new_store("desk 2"), world.shop_record.facts, threading.Barrier(2)
    known_orders = intake.known_orders

    def slow(*arguments: Any) -> Any:
        found = known_orders(*arguments)
        meet(barrier, wait_s)
        return found

    monkeypatch.setattr(intake, "known_orders", slow)
    take = [
        lambda store=store: store.write(lambda uow: taking.take_page(uow, shop, orders, world.digest, "TT"))
        for store in (world.store, other)
    ]
    return together(*take)


def test_two_desks_that_store_the_same_page_take_each_order_once(world, monkeypatch):
    results = _take_together(world, monkeypatch)
    assert sorted(result.new_count for result in results) == [0, 3]


@pytest.mark.postgres
def test_twin_without_turns_one_desk_meets_the_others_rows(postgres_address, monkeypatch):
    monkeypatch.setattr(taking, "take_turn", lambda uow, subject: None)
    # The driver logs it where the statement that meets the other's rows is one of many sent at once; which one that is
    # the moment decides.
    monkeypatch.setattr(logging.getLogger("psycopg"), "disabled", True)
    world = World(postgres_address)
    try:
        assert any(isinstance(result, IntegrityError) for result in _take_together(world, monkeypatch, _UNGUARDED_S))
    finally:
        world.close()


# --- smaller ones --------------------------------------------------------------------------------------------


def test_one_nonce_from_two_threads_is_one_act(world):
    world.ready("A1", line("1", "BEAR", 9))
    opened = world.desk.open("A1")
    parcel = opened.parcel
    for n in range(4):
        act = lambda n=n: world.desk.packing.scan_goods(parcel.id, parcel.fence, "BEAR", f"once {n}")  # noqa: E731  said once, used below
        assert {verdict.code for verdict in together(act, act)} == {"unit.ok"}
    assert world.desk.packing.refresh(parcel.id).missing_qty == 5


def test_two_waves_started_at_once_share_no_parcel(world):
    for n in range(6):
        world.shop.place(f"A{n}", line("1", "BEAR"))
    world.sync()
    other = world.new_store("desk 2")
    ids = together(
        lambda: world.do(lambda uow: waves.start_wave(uow, "scan_to_print", 3)),
        lambda: other.write(lambda uow: waves.start_wave(uow, "scan_to_print", 3)),
    )
    assert len(set(ids)) == 2
    assert [row.parcel_count for row in world.rows(select(Wave.parcel_count))] == [3, 3]
    places = world.rows(select(Parcel.wave_id, Parcel.wave_seq))
    assert len({tuple(place) for place in places}) == 6


def _queue_jobs(world: World, how_many: int) -> None:
    for n in range(how_many):
        world.shop.place(f"A{n}", line("1", "BEAR"))
    world.sync()
    world.buy_numbers()
    world.desk.packing.start_wave("batch", how_many)


def test_two_lanes_claim_every_job_once(world):
    _queue_jobs(world, 10)
    other = world.new_store("desk 2")

    def drain(store: Any, holder: str) -> list[int]:
        mine = []
        while (job := store.write(lambda uow: print_queue.claim(uow, "virtual", holder))) is not None:
            mine.append(job)
        return mine

    first, second = together(lambda: drain(world.store, "lane 1"), lambda: drain(other, "lane 2"))
    assert sorted(first + second) == sorted(job.id for job in world.jobs())


def test_twin_lanes_that_look_first_and_mark_then_print_twice(world):
    _queue_jobs(world, 1)
    other, barrier = world.new_store("desk 2"), threading.Barrier(2)

    def naive(store: Any) -> int:
        waiting = select(PrintJob.id).where(PrintJob.state == "queued").limit(1)
        job_id = store.read(lambda c: c.execute(waiting).scalar_one())
        barrier.wait(10)
        store.write(lambda uow: uow.execute(update(PrintJob).where(PrintJob.id == job_id).values(state="claimed")))
        return int(job_id)

    first, second = together(lambda: naive(world.store), lambda: naive(other))
    assert first == second


def test_one_question_is_answered_once(world):
    _queue_jobs(world, 1)
    job = world.desk.jobs.claim("virtual")
    world.desk.jobs.mark_sending(job, "digest")
    world.desk.jobs.recover("virtual")
    other = world.new_desk("desk 2")
    results = together(
        lambda: world.desk.labels.answer_unknown(job.job_id, False),
        lambda: other.labels.answer_unknown(job.job_id, False),
    )
    assert sorted(getattr(result, "code", "answered") for result in results) == ["answered", "print.not_unknown"]
    assert [row.copy_no for row in world.jobs()] == [0, 1]


# --- one rush, two desks -------------------------------------------------------------------------------------


def _rush(desk: Any, wave_id: int) -> Any:
    return desk.packing.rush(wave_id, None, "6901234567892", desk.nonce(), ANY_AGE)


def test_two_desks_in_one_rush_get_different_parcels(world):
    other = world.new_desk("desk 2")
    for n in range(12):
        world.shop.place(f"A{n}", line("1", "BEAR"))
    world.sync()
    wave_id = world.desk.packing.start_wave("single_item", 12).id

    def work(desk: Any) -> list[int]:
        mine = []
        while (verdict := _rush(desk, wave_id)).code == "rush.packed":
            mine.append(verdict.parcel.id)
        assert verdict.code == "rush.none_left", verdict
        return mine

    first, second = together(lambda: work(world.desk), lambda: work(other))
    assert len(first + second) == len({*first, *second}) == 12
    verified = select(func.sum(ParcelLine.verified_qty), func.max(ParcelLine.verified_qty))
    assert tuple(world.rows(verified)[0]) == (12, 1)


def test_one_nonce_from_two_threads_takes_one_parcel_of_a_rush(world):
    for n in range(8):
        world.shop.place(f"A{n}", line("1", "BEAR"))
    world.sync()
    wave_id = world.desk.packing.start_wave("single_item", 8).id
    for n in range(4):
        act = lambda n=n: world.desk.packing.rush(wave_id, None, "BEAR", f"once {n}", ANY_AGE)  # noqa: E731  said once, used below
        first, second = together(act, act)
        assert (first.code, first.parcel.id) == (second.code, second.parcel.id)
    assert [parcel.state for n in range(8) for parcel in world.parcels(f"A{n}")].count("packed") == 4


def _rush_together(world: World, monkeypatch: pytest.MonkeyPatch, next_of: Any) -> Counter[str]:
    for n in range(2):
        world.shop.place(f"A{n}", line("1", "BEAR"))
    world.sync()
    wave_id = world.desk.packing.start_wave("single_item", 2).id
    other, barrier, opening = world.new_desk("desk 2"), threading.Barrier(2), rush.open_parcel

    def slow(*arguments: Any) -> Any:
        barrier.wait(_UNGUARDED_S)
        return opening(*arguments)

    monkeypatch.setattr(rush, "open_parcel", slow)
    monkeypatch.setattr(rush, "NEXT_OF_THE_GOODS", next_of)
    acts = [partial(_rush, desk, wave_id) for desk in (world.desk, other)]
    return Counter(getattr(verdict, "code", repr(verdict)) for verdict in together(*acts))


@pytest.mark.postgres
def test_pair_in_a_rush_the_parcel_another_desk_is_taking_is_passed_over(postgres_address, monkeypatch):
    world = World(postgres_address)
    try:
        assert _rush_together(world, monkeypatch, rush.NEXT_OF_THE_GOODS) == {"rush.packed": 2}
    finally:
        world.close()


@pytest.mark.postgres
def test_twin_in_a_rush_without_skip_locked_one_desk_is_turned_away(postgres_address, monkeypatch):
    waiting = select(Parcel.id).where(Parcel.state == "to_pack").order_by(Parcel.id).limit(1)
    world = World(postgres_address)
    try:
        assert _rush_together(world, monkeypatch, waiting) == {"rush.packed": 1, "parcel.taken": 1}
    finally:
        world.close()


def _dissolve_together(world: World) -> tuple[Any, ...]:
    world.ready("A1", line("1", "BEAR"))
    wave_id = world.desk.packing.start_wave("single_item", 2).id
    other = world.new_desk("desk 2")
    opened, given_back = together(partial(_rush, world.desk, wave_id), lambda: other.waves.dissolve(wave_id))
    (parcel,) = world.parcels("A1")
    return (opened.code, given_back, parcel.wave_id is None, parcel.state)


def test_a_parcel_is_either_packed_in_its_wave_or_given_back(world):
    assert _dissolve_together(world) in {
        ("rush.packed", 0, False, "packed"),
        ("rush.none_left", 1, True, "to_pack"),
        ("rush.not_inside", 1, True, "to_pack"),
    }


def test_of_two_desks_that_scan_one_label_in_a_burst_exactly_one_ships(world):
    other = world.new_desk("desk 2")
    numbers = [world.ready(f"B{n}", line("1", "BEAR")) for n in range(6)]
    for number in numbers:
        verdicts = together(
            partial(world.desk.packing.burst, number, world.desk.nonce(), ANY_AGE),
            partial(other.packing.burst, number, other.nonce(), ANY_AGE),
        )
        assert Counter(v.code for v in verdicts) == {"parcel.shipped": 1, "parcel.shipped_before": 1}
    sales = select(func.count()).select_from(Movement).where(Movement.kind == "sale")
    assert world.rows(sales)[0][0] == 6
    world.check_stock()
