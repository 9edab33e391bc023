"""The counts beside the piles are counted, not kept: they are right whatever happened, and cheap whatever is stored."""

import random

import pytest
from sqlalchemy import bindparam, select, text, update

from core.orders import queries
from core.orders.models import Order
from core.orders.records import PILES
from core.orders.states import OPEN_STATES, Fulfilment, Payment
from tests.support.fake_shop import line

_EVENTS = 10_000


def _in_pile(order, pile):
    """The promise of each chip, said of one order."""
    is_open = order.fulfilment in OPEN_STATES
    is_held = order.hold_reason not in ("", "short", "paid_no_stock")
    is_short = order.hold_reason == "short"
    is_free = not order.hold_reason
    return {
        "open": is_open,
        "unpaid": order.fulfilment == "to_review" and order.payment == "unpaid" and is_free,
        "waiting": order.fulfilment == "to_review" and order.payment != "unpaid" and is_free,
        "held": is_open and is_held,
        "paid_no_stock": is_open and order.hold_reason == "paid_no_stock",
        "short": is_open and is_short,
        "to_pack": order.fulfilment == "to_pack" and is_free,
        "packing": order.fulfilment == "packing" and is_free,
        "packed": order.fulfilment == "packed" and is_free,
        "shipped": order.fulfilment == "shipped",
        "closed": order.fulfilment in ("completed", "cancelled"),
        "all": True,
    }[pile]


def _truth(connection):
    orders = connection.execute(select(Order.fulfilment, Order.payment, Order.hold_reason)).all()
    return {pile: sum(_in_pile(order, pile) for order in orders) for pile in PILES}


@pytest.mark.slow
def test_the_counts_are_right_after_ten_thousand_random_events(world):
    """Orders move through every pair of states, also those that no lifecycle has."""
    for n in range(300):
        world.shop.place(f"C{n}", line("1", "GIFT"))
    world.sync()
    chance = random.Random(618)
    ids = [row.id for row in world.rows(select(Order.id))]
    values = {
        "fulfilment": [state.value for state in Fulfilment],
        "payment": [state.value for state in Payment],
        "hold_reason": ["", "", "short", "by_hand", "unmatched", "paid_no_stock"],
    }

    move = update(Order).where(Order.id == bindparam("which"))
    move = move.values({name: bindparam(f"new_{name}") for name in values})

    def some_events():
        for _ in range(500):
            yield {"which": chance.choice(ids)} | {f"new_{name}": chance.choice(of) for name, of in values.items()}

    for _ in range(_EVENTS // 500):
        events = list(some_events())
        world.do(lambda uow, events=events: uow.execute(move, events))
        truth, counted = world.store.read(lambda c: (_truth(c), queries.pile_counts(c)))
        assert counted == truth


def test_a_count_ends_at_the_cap(world, monkeypatch):
    for n in range(7):
        world.shop.place(f"C{n}", line("1", "GIFT"))
    world.sync()
    assert world.desk.orders.pile_counts()["all"] == 7
    monkeypatch.setattr(queries, "COUNT_CAP", 5)
    capped = queries._count_of("all")
    assert world.store.read(lambda connection: connection.execute(capped).scalar_one()) == 5


def test_no_count_reads_through_the_orders(file_world):
    """Each is answered by the index of its state or of the holds, and ends at the cap."""
    with file_world.store.engines.reader.connect() as connection:
        for pile in PILES:
            query = queries._count_of(pile).compile(
                dialect=connection.dialect, compile_kwargs={"literal_binds": True}
            )
            steps = [row[3] for row in connection.execute(text(f"EXPLAIN QUERY PLAN {query}"))]
            scans = [step for step in steps if step.startswith("SCAN orders") and "ix_orders_held" not in step]
            # All orders need no state: counting a thousand of them reads a thousand entries of any index.
            assert not scans or pile == "all", (pile, steps)
