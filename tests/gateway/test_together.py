"""Calls that come at the same time share a transaction, and each has its own outcome."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import event, func, select

from core.db.models import Journal
from core.gateway import door as module
from core.gateway import reservations
from core.gateway.app import App
from core.gateway.bell import Bell
from core.gateway.calls import Call
from core.gateway.keys import make_key
from core.gateway.models import DoorAnswer, DoorReservation
from core.gateway.problems import Problem
from core.gateway.together import Together
from core.inventory.queries import availability
from core.orders.limits.editing import put_rule
from core.orders.limits.records import Step
from core.sync.shops import add_shop
from tests.support.door import Stand, at_once, call, line
from tests.support.world import World

STOCK = 100


@pytest.fixture
def world(spine_address):
    world = World(spine_address, stock=STOCK)
    yield world
    world.check_stock()
    world.close()


def reserve(stand: Stand, ref: str, *lines: dict, key: str = "", **more) -> Call:
    return call(stand, "/v1/reservations", {"ref": ref, "lines": list(lines), **more}, key or f"k-{ref}")


class Statements:
    """What a store sends to its database."""

    def __init__(self, stand: Stand) -> None:
        self.all: list[str] = []
        event.listen(stand.store.engines.writer, "before_cursor_execute", self._note)
        self.commits = 0
        event.listen(stand.store.engines.writer, "commit", self._count)

    def _note(self, _connection, _cursor, statement, *_more) -> None:
        self.all.append(statement)

    def _count(self, _connection) -> None:
        self.commits += 1


def bears(world: World):
    sku = world.skus["BEAR"]
    return world.store.read(lambda c: availability(c, [sku]))[sku][world.warehouse]


def test_each_call_of_a_group_has_its_own_outcome(stand):
    seen = Statements(stand)
    said = at_once(
        stand,
        reserve(stand, "A1", line("BEAR", 60)),
        reserve(stand, "A2", line("BEAR", 60)),
        reserve(stand, "A3", line("BEAR", 40), expires_in=60),
        reserve(stand, "A4", line("BEAR", 1)),
        reserve(stand, "A5", line("NOPE")),
        reserve(stand, "A6", line("GIFT", 7), line("BAG", 2)),
        reserve(stand, "A1", line("BEAR", 60), key="again"),
        reserve(stand, "A1", line("BEAR", 61), key="another"),
        reserve(stand, "A7", line("BAG"), line("BAG")),
        reserve(stand, "A8", line("BAG", 1, warehouse="nowhere")),
    )
    assert said == [
        (201, "reserved"),
        (409, "out_of_stock"),
        (201, "reserved"),
        (409, "out_of_stock"),
        (422, "unknown_sku"),
        (201, "reserved"),
        (200, "reserved"),
        (409, "ref_conflict"),
        (422, "invalid"),
        (422, "invalid"),
    ]
    assert seen.commits == 1 if stand.store.is_sqlite else 3, "on the server each known order by itself"
    assert (bears(stand.world).reserved_qty, bears(stand.world).available_qty) == (100, 0)
    refs = stand.world.rows(select(DoorReservation.ref).order_by(DoorReservation.ref))
    assert [row.ref for row in refs] == ["A1", "A3", "A6"]
    kept = stand.world.rows(select(DoorAnswer.key, DoorAnswer.status))
    assert {row.key: row.status for row in kept} == {
        "k-A1": 201,
        "k-A2": 409,
        "k-A3": 201,
        "k-A4": 409,
        "k-A6": 201,
        "again": 200,
        "another": 409,
    }
    stand.pass_time(seconds=61)
    assert [stand.mall.find(ref)["state"] for ref in ("A1", "A3")] == ["reserved", "expired"]


def test_a_lone_call_costs_no_more_than_it_did(stand):
    """Counted, because each statement is paid for by every buyer: whoever adds one says here what for."""
    at_once(stand, reserve(stand, "W1", line("BEAR")))
    seen = Statements(stand)
    assert at_once(stand, reserve(stand, "W2", line("BEAR"))) == [(201, "reserved")]
    # The last one that came: whether the mall's owner has started it, and since when its orders are ours to send.
    assert len(seen.all) == (37 if stand.store.is_sqlite else 39), "\n".join(seen.all)


def test_a_group_costs_about_as_many_statements_as_one_call(stand):
    at_once(stand, reserve(stand, "W1", line("BEAR")))
    seen = Statements(stand)
    at_once(stand, reserve(stand, "W2", line("BEAR")))
    alone = len(seen.all)
    seen.all.clear()
    at_once(stand, *[reserve(stand, f"A{number}", line("BEAR")) for number in range(40)])
    # What is asked of PostgreSQL by call is whether another node is at work under its key.
    more = 39 if not stand.store.is_sqlite else 0
    assert len(seen.all) <= alone + more + 5, "\n".join(seen.all)


def test_buyers_are_locked_before_levels_in_a_page_of_several_malls_too(stand, monkeypatch):
    """Who extends locks the customer first: the other way round both would wait for each other."""
    world, seen = stand.world, []
    world.do(lambda uow: put_rule(uow, "BEAR", 30, (Step(10**6, 1),), is_active=True))
    other = world.do(lambda uow: make_key(uow, add_shop(uow, "fake", "another", {}, "{}", int(world.warehouse))))
    for name in ("lock_buyers", "lock_levels_of"):
        original = getattr(reservations, name)
        monkeypatch.setattr(reservations, name, lambda *args, n=name, o=original: seen.append(n) or o(*args))
    here = reserve(stand, "A1", line("BEAR"), buyer="ann")
    stand.mall = stand.client(other)
    there = reserve(stand, "B1", line("BEAR"), buyer="ann")
    assert at_once(stand, here, there) == [(201, "reserved"), (201, "reserved")]
    assert seen[:3] == ["lock_buyers", "lock_buyers", "lock_levels_of"]


def test_a_nonce_is_used_once_in_a_group_too(stand):
    one = reserve(stand, "A1", line("BEAR"), key="first")
    other = Call(one.method, one.target, one.headers | {"idempotency-key": "second"}, one.body)
    assert at_once(stand, one, other) == [(201, "reserved"), (401, "nonce_replayed")]


def test_two_calls_with_one_key_are_no_group(stand):
    asked = [stand.door.ask(reserve(stand, "A1", line("BEAR"), key="same"), "here") for _ in range(2)]
    outcome, leads = stand.door.enter(asked[0])
    assert leads
    with pytest.raises(Problem, match="idempotency_in_progress"):
        stand.door.enter(asked[1])
    stand.door.lead()
    assert outcome.result(0).status == 201
    assert stand.door.act(asked[1]).headers == {"Idempotency-Replayed": "true"}


@pytest.mark.expected_log("a call at the door met a defect")
def test_a_defect_that_one_call_meets_is_not_the_others(stand, monkeypatch):
    original = module.reserve_page

    def broken(uow, wishes, tools):
        if any(wish.body["ref"] == "BAD" for wish in wishes):
            raise RuntimeError("a defect")
        return original(uow, wishes, tools)

    monkeypatch.setattr(module, "reserve_page", broken)
    entered = [
        stand.door.enter(stand.door.ask(reserve(stand, ref, line("BEAR")), "here"))[0] for ref in ("A1", "BAD", "A2")
    ]
    stand.door.lead()
    assert [entered[place].result(0).status for place in (0, 2)] == [201, 201]
    assert module.problem_of(entered[1].exception(0)).code == "defect"
    assert bears(stand.world).reserved_qty == 2


def test_what_a_refused_call_wrote_is_taken_back_alone(file_stand):
    """It is refused after its payment was written: neither that nor a word of the journal stays, and its neighbour does."""
    stand = file_stand
    made = stand.mall.reserve("A1", [line("BEAR", 60_000)], expires_in=60)["id"]
    stand.pass_time(seconds=61)
    stand.world.tidy()
    monkey = pytest.MonkeyPatch()
    # The look lets it pass, the confirming itself finds nothing.
    monkey.setattr("core.gateway.acts.refuse_missing", lambda *_a, **_k: None)
    try:
        said = at_once(
            stand,
            reserve(stand, "B1", line("BEAR", 60_000)),
            call(stand, f"/v1/reservations/{made}/confirm", {"amount": 5}, "pay"),
            reserve(stand, "B2", line("BEAR")),
        )
    finally:
        monkey.undo()
    assert said == [(201, "reserved"), (409, "expired_out_of_stock"), (201, "reserved")]
    order = stand.world.order("A1")
    assert (order.payment, order.amount_fen, stand.world.holds("A1")) == ("unpaid", 0, {"no_receiver"})
    noted = stand.world.rows(
        select(Journal.action).where(Journal.subject == "orders", Journal.subject_id == order.id)
    )
    assert "order.held" in {row.action for row in noted}
    assert [row.action for row in noted].count("order.held") == 1, "the hold for missing goods was taken back"


def test_looking_writes_nothing_but_the_nonce(stand):
    made = stand.mall.reserve("A1", [line("BEAR")])
    stand.mall.find("A1")
    seen = Statements(stand)
    stand.mall.look(made["id"])
    stand.mall.stock("BEAR")
    stand.mall.events("latest")
    written = [one for one in seen.all if not one.lstrip().startswith("SELECT")]
    assert len(written) == 3, written
    assert all("door_nonce" in one for one in written)


def test_nobody_who_lines_up_while_the_leader_leaves_is_forgotten():
    done = []
    together: Together[int, int] = Together(lambda group: [done.append(one) or one for one in group], lambda: 3)

    def work(number: int) -> None:
        outcome, leads = together.enter(number)
        if leads:
            together.lead()
        assert outcome.result(10) == number

    threads = [threading.Thread(target=work, args=(number,)) for number in range(200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(done) == list(range(200))


def test_whoever_waits_hears_that_the_work_was_broken_off():
    def fail(_group):
        raise RuntimeError("no")

    together: Together[int, int] = Together(fail, lambda: 10)
    outcome, _ = together.enter(1)
    together.lead()
    with pytest.raises(RuntimeError, match="no"):
        outcome.result(0)
    outcome, leads = together.enter(2)
    assert leads


def test_a_caller_who_leaves_does_not_take_the_leader_along():
    """A task that is cancelled cancels what it waits for: the others are answered, and the next is led."""
    together: Together[int, int] = Together(lambda group: group, lambda: 10)
    (gone, _), (stays, _) = together.enter(1), together.enter(2)
    gone.cancel()
    together.lead()
    assert stays.result(0) == 2
    assert together.enter(3)[1], "nobody leads any more: whoever comes next does"


def test_a_call_that_is_cut_off_while_it_lines_up_is_done_all_the_same(file_stand, monkeypatch):
    """The server cancels its tasks when it is shut; the door behind it lives on for the next server."""
    stand, inside, go_on = file_stand, threading.Event(), threading.Event()
    enter = stand.door.enter

    def slow(asked):
        entered = enter(asked)
        inside.set()
        go_on.wait(10)
        return entered

    monkeypatch.setattr(stand.door, "enter", slow)
    one = reserve(stand, "A1", line("BEAR"))

    async def cut() -> None:
        with ThreadPoolExecutor(4) as workers:
            app = App(stand.door, Bell(), stand.log, stand.store.clock, workers)
            asked = stand.door.ask(one, "here")
            task = asyncio.ensure_future(app._done(asked))
            await asyncio.get_running_loop().run_in_executor(None, inside.wait, 10)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            go_on.set()

    asyncio.run(cut())
    monkeypatch.undo()
    assert bears(stand.world).reserved_qty == 1
    assert stand.mall.reserve("A2", [line("BEAR")])["state"] == "reserved"


def test_a_desk_that_scans_waits_for_few_calls(file_stand):
    from core.db.unit_of_work import Urgency

    seen = Statements(file_stand)
    calls = [reserve(file_stand, f"A{number}", line("BEAR")) for number in range(20)]
    file_stand.store.write(lambda uow: uow.execute(select(func.count()).select_from(Journal)), urgency=Urgency.SCAN)
    seen.commits = 0
    assert {status for status, _ in at_once(file_stand, *calls)} == {201}
    assert seen.commits == 3, "eight at a time"
