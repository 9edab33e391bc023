"""Two desks upon one document at the same moment: exactly one acts. With the guard taken out both do."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import update

from core.inventory.documents import booking, drafting, following, reversing
from core.inventory.documents.following import Came
from core.inventory.documents.models import Document
from core.inventory.documents.states import DocKind
from core.inventory.documents.writing import paper_of
from core.runtime.errors import Refused
from tests.documents.acts import OTHER, STOCK_KEEPER, THIRD, booked, by_number, decide, draft, lines, now, waiting
from tests.support.inventory_world import World

pytestmark = pytest.mark.race

ROUNDS = 3
#: how long the one that came first waits for the other, which only comes where no guard keeps it away
_MEET_S = 20.0


@pytest.fixture
def desks(world):
    """Two desks of the world, each with connections of its own."""
    stores = [world.address.store(world.clock, f"desk {number}") for number in (1, 2)]
    yield stores
    for store in stores:
        store.close()


def at_once(desks, *acts, people=(None, None)):
    """Run one act at each desk, started at the same moment; what each gave, or the code it was refused with."""
    start = threading.Barrier(len(acts))

    def run(store, act, person):
        store.act_as(person)
        start.wait(10)
        try:
            return store.write(act)
        except Refused as error:
            return error.code

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, desks, acts, people))


def one_won(results, *refusals):
    won = [result for result in results if not isinstance(result, str)]
    assert len(won) == 1, results
    assert next(result for result in results if isinstance(result, str)) in refusals
    return won[0]


@pytest.mark.parametrize("turn", range(ROUNDS))
def test_a_receipt_is_booked_by_one_desk(world, desks, turn):
    sku = world.sku()
    made = draft(world, DocKind.RECEIPT, (sku, 5))
    acts = [lambda uow, key=key: booking.book(uow, made.document_id, 1, key) for key in (world.key(), world.key())]
    one_won(at_once(desks, *acts), "document.changed", "document.state")
    assert world.level(sku)[0] == 5


@pytest.mark.parametrize("turn", range(ROUNDS))
def test_an_adjustment_is_approved_or_refused_once(world, desks, turn):
    decide(world, most_units=1)
    sku = world.stocked(10)
    world.store.act_as(STOCK_KEEPER)
    made = booked(world, DocKind.ADJUSTMENT, (sku, -5))
    world.store.act_as(None)
    version = now(world, made).version
    results = at_once(
        desks,
        lambda uow: booking.approve(uow, made.document_id, version),
        lambda uow: booking.refuse(uow, made.document_id, version, ""),
        people=(OTHER, THIRD),
    )
    won = one_won(results, "document.changed", "document.state")
    assert world.level(sku)[0] == (5 if won.state == "done" else 10)


@pytest.mark.parametrize("turn", range(ROUNDS))
def test_a_transfer_arrives_once(world, desks, turn):
    sku = world.stocked(10)
    sent = booked(world, DocKind.TRANSFER, (sku, 6))
    parts = [Came(lines(world, sent)[0].id, 6)]
    acts = [
        lambda uow, key=key: following.arrive(uow, sent.document_id, sent.version, parts, key, is_all=True)
        for key in (world.key(), world.key())
    ]
    one_won(at_once(desks, *acts), "document.changed", "document.state")
    assert (world.level(sku, World.second)[0], waiting(world, sku, "in_transit")) == (6, 0)


@pytest.mark.parametrize("turn", range(ROUNDS))
def test_a_document_is_taken_back_once(world, desks, turn):
    sku = world.sku()
    done = booked(world, DocKind.RECEIPT, (sku, 5))
    world.receive(sku, 5)
    acts = [
        lambda uow, key=key: reversing.reverse(uow, done.document_id, None, key) for key in (world.key(), world.key())
    ]
    one_won(at_once(desks, *acts), "document.changed", "document.state")
    assert world.level(sku)[0] == 5


def test_two_desks_that_receive_one_order_share_its_receipt_and_lose_no_scan(world, desks):
    sku = world.sku()
    order = booked(world, DocKind.PURCHASE, (sku, 100))
    keys = [world.key(), world.key()]
    begun = at_once(
        desks, *[lambda uow, key=key: drafting.receive_against(uow, order.document_id, key) for key in keys]
    )
    assert len({one.document_id for one in begun}) == 1
    receipt = begun[0].document_id

    def scan_all(store, number):
        for scan in range(20):
            store.write(lambda uow, scan=scan: drafting.count_in(uow, receipt, sku, 1, f"{number} {scan}"))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(scan_all, desks, (1, 2)))
    made = by_number(world, begun[0].number)
    assert [line.done_qty for line in lines(world, made)] == [40]


def test_the_same_key_at_two_desks_is_one_act(world, desks):
    sku = world.sku()
    made = draft(world, DocKind.RECEIPT, (sku, 5))
    key = world.key()
    results = at_once(desks, *[lambda uow: booking.book(uow, made.document_id, 1, key)] * 2)
    assert sorted(one.is_repeat for one in results) == [False, True]
    assert world.level(sku)[0] == 5


def test_numbers_of_two_desks_are_never_the_same(world, desks):
    sku = world.sku()

    def begin_all(store, number):
        return [
            store.write(
                lambda uow, at=at: drafting.begin(
                    uow, DocKind.RECEIPT, drafting.Head(World.main), [], f"{number} {at}"
                )
            ).number
            for at in range(8)
        ]

    with ThreadPoolExecutor(2) as pool:
        numbers = [one for part in pool.map(begin_all, desks, (1, 2)) for one in part]
    assert sorted(numbers) == [f"RK260618-{number:03d}" for number in range(1, 17)]
    assert sku


def test_without_the_guard_both_desks_book(world, desks, monkeypatch):
    """On SQLite one writer alone is the guard: there the read stands before the transaction."""
    meet = threading.Barrier(2)
    seen = threading.local()

    def careless(uow, document_id, _version, _states):
        paper = getattr(seen, "paper", None) or paper_of(uow, document_id)
        if not uow.is_sqlite and not getattr(seen, "has_met", False):
            seen.has_met = True
            meet.wait(_MEET_S)
        uow.execute(update(Document).where(Document.id == document_id).values(version=Document.version + 1))
        return paper

    monkeypatch.setattr(booking, "claim", careless)
    sku = world.stocked(10)
    made = draft(world, DocKind.QUARANTINE, (sku, 5))

    def book(key):
        def act(uow):
            return booking.book(uow, made.document_id, 1, key)

        return act

    def read_first(store, act):
        seen.paper = store.read(lambda connection: paper_of(_Reading(connection), made.document_id))
        meet.wait(_MEET_S)
        return store.write(act)

    if world.store.is_sqlite:
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(read_first, desks, [book("a"), book("b")]))
    else:
        at_once(desks, book("a"), book("b"))
    assert world.level(sku) == (10, 0, 0, 10), "set aside twice"


class _Reading:
    """A connection that reads as a unit of work does."""

    def __init__(self, connection):
        self.execute = connection.execute
