"""The usual reservation in one statement and the locked way of all others promise the same, whatever stands there.

Each example is played twice on the same rows, once each way, and taken back both times; what would have been
committed is compared: levels, claims, the journal, and what the caller is told.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from core.db.models import Journal
from core.db.unit_of_work import UnitOfWork
from core.inventory import in_one_go, service
from core.inventory.models import Reservation, StockLevel
from core.inventory.records import OrderWants, Outcome
from core.inventory.shelves import day_of
from tests.support.inventory_world import START, World

pytestmark = pytest.mark.postgres
_PARTS = ("reserved_qty", "confirmed_qty", "quarantined_qty", "allotted_qty")


class TakenBackError(Exception):
    """Ends a transaction without a commit."""


@pytest.fixture
def shop(postgres_address) -> Iterator[World]:
    world = World(postgres_address)
    yield world
    world.close()


def played(world: World, order: OrderWants, monkeypatch: pytest.MonkeyPatch, *, is_locked: bool) -> dict[str, Any]:
    """What one way would have written."""
    found: dict[str, Any] = {}
    original = in_one_go.take

    def take(uow: UnitOfWork, *more: Any) -> bool:
        found["way"] = not is_locked and original(uow, *more)
        return bool(found["way"])

    def act(uow: UnitOfWork) -> None:
        before = uow.execute(select(Journal.id).order_by(Journal.id.desc()).limit(1)).scalar_one_or_none() or 0
        outcome: Outcome = service.reserve_page(uow, [order])[order.order_id]
        uow.flush_journal()
        levels = select(StockLevel.id, StockLevel.on_hand_qty, *(getattr(StockLevel, part) for part in _PARTS))
        claim = (Reservation.order_line_id, Reservation.sku_id, Reservation.level_id, Reservation.qty)
        more = (Reservation.state, Reservation.attempt, Reservation.created_at, Reservation.expires_at)
        told = select(
            Journal.action, Journal.subject, Journal.subject_id, Journal.facts, Journal.operator, Journal.desk
        )
        found.update(
            outcome=outcome,
            levels=[tuple(row) for row in uow.execute(levels.order_by(StockLevel.id))],
            claims=sorted(tuple(row) for row in uow.execute(select(*claim, *more)).all()),
            journal=[tuple(row) for row in uow.execute(told.where(Journal.id > before).order_by(Journal.id))],
        )
        raise TakenBackError

    with monkeypatch.context() as patch:
        patch.setattr(in_one_go, "take", take)
        with pytest.raises(TakenBackError):
            world.do(act)
    return found


@st.composite
def shelves(draw: st.DrawFn) -> dict[str, Any]:
    """What a level may hold: any split that its constraints allow."""
    on_hand = draw(st.integers(0, 12))
    left, parts = on_hand, {}
    for part in _PARTS:
        parts[part] = draw(st.integers(0, left))
        left -= parts[part]
    expires = draw(st.sampled_from([None, -1, 0, 1, 30]))
    day = None if expires is None else day_of(START + timedelta(days=expires))
    return {"on_hand_qty": on_hand, "expires_day": day, "is_blocked": draw(st.booleans()), **parts}


EXAMPLES = st.fixed_dictionaries(
    {
        "level": shelves(),
        "wants": st.lists(st.integers(1, 5), min_size=1, max_size=3),
        "is_paid": st.booleans(),
        "hold_s": st.sampled_from([0.0, 1.0, 900.0]),
        "life": st.sampled_from([0, 1, 60]),
        "again": st.booleans(),
    }
)


def test_both_ways_promise_the_same(shop: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ways = set()

    @settings(max_examples=40, deadline=None, database=None)
    @given(example=EXAMPLES)
    def check(example: dict[str, Any]) -> None:
        sku = shop.stocked(1)
        rows = update(StockLevel).where(StockLevel.sku_id == sku)
        shop.do(lambda uow: uow.execute(rows.values(**example["level"])))
        order = shop.order(*[(sku, qty) for qty in example["wants"]], is_paid=example["is_paid"])
        order = replace(order, hold_s=example["hold_s"], min_life_days=example["life"])
        if example["again"]:
            shop.do(lambda uow: service.reserve_page(uow, [order]))
        fast = played(shop, order, monkeypatch, is_locked=False)
        slow = played(shop, order, monkeypatch, is_locked=True)
        ways.add(fast.pop("way"))
        slow.pop("way")
        assert fast == slow

    check()
    assert ways == {True, False}, "both kinds of orders were met"
