"""The table of the way of the goods."""

from pathlib import Path

import pytest

from core.orders.lifecycle import move, move_where_possible
from core.orders.states import FINAL, OPEN_STATES, TABLE, Event, Fulfilment, document, next_state
from core.runtime.errors import Refused
from tests.support.fake_shop import line

DOCS = Path(__file__).parents[2] / "docs" / "order-lifecycle.md"


def test_every_state_is_reached_from_the_first():
    reached = {Fulfilment.TO_REVIEW}
    while fresh := {target for (state, _), target in TABLE.items() if state in reached} - reached:
        reached |= fresh
    assert reached == set(Fulfilment)


def test_nothing_leads_out_of_a_final_state_and_every_open_one_has_a_way_to_an_end():
    assert not [key for key in TABLE if key[0] in FINAL]
    assert frozenset({Fulfilment.COMPLETED}) == FINAL
    ends = FINAL | {Fulfilment.CANCELLED}
    for start in Fulfilment:
        seen = {start}
        while fresh := {target for (state, _), target in TABLE.items() if state in seen} - seen:
            seen |= fresh
        assert seen & ends
    assert set(Fulfilment) - {Fulfilment.SHIPPED, Fulfilment.COMPLETED, Fulfilment.CANCELLED} == OPEN_STATES


@pytest.mark.parametrize("event", Event)
@pytest.mark.parametrize("state", Fulfilment)
def test_every_event_is_allowed_or_refused_with_a_sentence(state, event):
    if (state, event) in TABLE:
        assert next_state(state, event) is TABLE[state, event]
        return
    with pytest.raises(Refused) as refusal:
        next_state(state, event)
    assert refusal.value.code == "order.impossible"
    assert len(str(refusal.value)) > len(f"cannot {event}: ")
    assert refusal.value.facts == {"state": str(state), "event": str(event)}


def test_every_event_is_of_use():
    assert {event for _, event in TABLE} == set(Event)


def test_the_diagram_in_the_docs_is_current():
    assert DOCS.read_text(encoding="utf-8") == document()


def test_an_impossible_event_changes_nothing(world):
    world.ready("A1", line("1", "BEAR"))
    order_id = world.order("A1").id
    with pytest.raises(Refused, match="waiting to be packed"):
        world.do(lambda uow: move(uow, order_id, Event.PACK))
    assert world.do(lambda uow: move_where_possible(uow, [order_id], Event.PACK)) == ()
    assert world.order("A1").fulfilment == "to_pack"
    assert world.do(lambda uow: move(uow, order_id, Event.OPEN)) is Fulfilment.PACKING
