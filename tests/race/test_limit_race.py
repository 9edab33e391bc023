"""Two calls of one customer at the same time: the limit lets one through. Each with its guard-off twin."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import replace
from unittest.mock import patch

import pytest

from core.customers.queries import customer_of_account
from core.fulfilment.taking import take_page
from core.gateway import reservations
from core.gateway.problems import Problem
from core.gateway.purchase_limits import Gate
from core.gateway.reservations import Tools, Wish, reserve
from core.orders.limits.deciding import excesses
from core.orders.limits.editing import put_rule
from core.orders.limits.records import Step, Wanted
from core.runtime.clock import SystemClock
from core.runtime.ids import SkuId
from core.sync.shops import add_shop, shop_of
from tests.support.fake_shop import LIN
from tests.support.fake_shop import line as bought
from tests.support.world import CARRIER, World

pytestmark = pytest.mark.race


@pytest.fixture
def world(spine_address):
    world = World(spine_address, clock=SystemClock(), stock=50)
    world.do(lambda uow: put_rule(uow, "BEAR", 30, [Step(100, 2)], is_active=True))
    yield world
    world.check_stock()
    world.close()


class Meeting:
    """Where both have looked before either goes on; whoever is kept from looking is not waited for long."""

    def __init__(self) -> None:
        self._barrier = threading.Barrier(2)

    def wait(self) -> None:
        with suppress(threading.BrokenBarrierError):
            self._barrier.wait(0.5)


def rush(world: World, buyers) -> int:
    """Each of (shop, buyer) asks for two in a program of its own; how many got them."""
    stores = [world.new_store(f"door {number}") for number in range(len(buyers))]

    def one(number: int) -> bool:
        shop_id, buyer = buyers[number]
        ids = iter(f"r{number}-{turn}" for turn in range(10))
        tools = Tools(world.digest, CARRIER, lambda: next(ids))
        body = {"ref": f"R{number}", "buyer": buyer, "lines": [{"sku": "BEAR", "qty": 2}]}
        shop = stores[number].read(lambda connection: shop_of(connection, shop_id))
        try:
            stores[number].write(lambda uow: reserve(uow, Wish(shop, body), tools))
        except Problem as problem:
            if problem.code != "purchase_limit":
                raise
            return False
        return True

    with ThreadPoolExecutor(len(buyers)) as pool:
        return sum(pool.map(one, range(len(buyers))))


def looking(meeting: Meeting):
    """Both look, and only then does either take anything."""
    real = Gate.let_through

    def look(*arguments, **named):
        real(*arguments, **named)
        meeting.wait()

    return patch.object(Gate, "let_through", look)


def _same_customer_elsewhere(world: World) -> list[tuple[int, str]]:
    """Two accounts at two malls that have shown one phone."""
    other = world.do(lambda uow: add_shop(uow, "fake", "另一家", {}, "{}", world.warehouse))
    world.shop.place("M1", bought("1", "CARD"), buyer_key="ann", consignee=LIN)
    world.sync("M1")
    world.shop.place("M2", bought("1", "CARD"), buyer_key="ann there", consignee=replace(LIN, name="小林"))
    facts = world.store.read(lambda connection: shop_of(connection, other)).facts
    world.do(lambda uow: take_page(uow, facts, [world.shop.orders["M2"]], world.digest, CARRIER))
    return [(world.shop_id, "ann"), (other, "ann there")]


@pytest.mark.parametrize("who", ["a new buyer", "a customer of two malls"])
@pytest.mark.parametrize("is_guarded", [True, False])
def test_one_customer_at_once_gets_the_limit_once(world, who, is_guarded):
    """The turn of all intake is off here, so that the buyer's own lock is what is seen."""
    buyers = [(world.shop_id, "ann")] * 2 if who == "a new buyer" else _same_customer_elsewhere(world)
    if not is_guarded and world.store.is_sqlite:
        pytest.skip("one writer at a time: see the twin that looks outside of its transaction")

    def unlocked(uow, shop, keys, _skus, digest):
        accounts = shop.facts.accounts
        return {key: customer_of_account(uow.connection, accounts, key, digest) or 0 for key in keys}

    with ExitStack() as stack:
        stack.enter_context(looking(Meeting()))
        stack.enter_context(patch.object(reservations, "take_turn", lambda *_: None))
        # Goods are locked as well: without this the levels alone would let one look after the other.
        stack.enter_context(
            patch.object(reservations, "free_now", lambda _u, _w, skus, *_a, **_k: dict.fromkeys(skus, 10**6))
        )
        if not is_guarded:
            stack.enter_context(patch.object(reservations, "lock_buyers", unlocked))
        got = rush(world, buyers)
    assert got == (1 if is_guarded else 2)


def test_a_look_outside_of_the_transaction_would_let_both_through(world):
    """The twin for the engine with one writer: looked at first, taken afterwards."""
    meeting = Meeting()
    stores = [world.new_store(f"door {number}") for number in range(2)]
    shop, wanted = world.shop_record, {SkuId(world.skus["BEAR"]): 2}

    def look(connection):
        customer = customer_of_account(connection, shop.facts.accounts, "ann", world.digest) or 0
        return excesses(connection, [Wanted(customer, world.warehouse, wanted)], world.store.clock.now())[0]

    def one(number: int) -> bool:
        ids = iter(f"r{number}-{turn}" for turn in range(10))
        body = {"ref": f"R{number}", "buyer": "ann", "lines": [{"sku": "BEAR", "qty": 2}]}
        if stores[number].read(look):
            return False
        meeting.wait()
        tools = Tools(world.digest, CARRIER, lambda: next(ids))
        stores[number].write(lambda uow: reserve(uow, Wish(shop, body), tools))
        return True

    with patch.object(Gate, "let_through", lambda *_a, **_k: None), ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(one, range(2))) == 2
