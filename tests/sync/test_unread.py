"""An order that cannot be taken in: it keeps no other out, is not forgotten, and people hear of it."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from core.channels.contract import OrderPage, Unread
from core.runtime.errors import NotFound
from core.runtime.remote_errors import ContractBroken, RateLimited, Temporary
from core.sync import unread
from core.sync.cursors import CHANGED, reached_until
from core.sync.known import known_until
from core.sync.models import UnreadOrder as Row
from tests.support.fake_shop import line

ODD = ContractBroken("not understood", code="order.amount")


def _pull(world):
    return world.puller().pull(world.shop_record, world.shop)


def _taken(world):
    return {row.order_no for row in world.listed()}


def _numbers(world):
    return [one.order_no for one in _unread(world)]


def _unread(world):
    return world.store.read(lambda connection: unread.unread(connection, world.shop_id))


def _reached(world):
    return world.store.read(lambda connection: reached_until(connection, world.shop_id, CHANGED))


def _known(world):
    return world.store.read(lambda connection: known_until(connection, world.shop_id, 0))


def _standing(world):
    return world.store.read(lambda connection: unread.orders_unread(connection, world.clock.now()))


@pytest.fixture
def odd(world):
    """A shop of which every second order is odd."""
    for n in range(4):
        world.shop.place(f"A{n}", line("1", "BEAR"))
    world.shop.odd["A2"] = ODD
    world.clock.advance(seconds=1)
    world.shop.capabilities = replace(world.shop.capabilities, overlap_s=0)
    return world


def test_it_keeps_no_other_out_and_the_watermark_goes_on(odd):
    _pull(odd)
    assert _taken(odd) == {"A0", "A1", "A3"}
    assert _reached(odd) == odd.clock.now()
    assert [(one.order_no, one.trouble.code) for one in _unread(odd)] == [("A2", "order.amount")]


def test_it_is_taken_in_as_soon_as_it_can_be_read(odd):
    _pull(odd)
    odd.clock.advance(minutes=30)
    del odd.shop.odd["A2"]
    odd.shop.calls.clear()
    _pull(odd)
    assert len(_taken(odd)) == 4
    assert (_numbers(odd), odd.shop.calls.count("get")) == ([], 1)


def test_it_is_asked_for_less_and_less_often(odd):
    for _ in range(6 * 60 * 3):
        _pull(odd)
        odd.clock.advance(seconds=10)
    # At once, after 20 s, 40 s ... and once an hour then.
    assert odd.shop.calls.count("get") == 10


def test_one_that_comes_another_way_is_not_asked_for(odd):
    _pull(odd)
    odd.clock.advance(minutes=30)
    del odd.shop.odd["A2"]
    odd.shop.change("A2", buyer_note="again")
    odd.shop.calls.clear()
    _pull(odd)
    assert (_numbers(odd), odd.shop.calls.count("get")) == ([], 0)


def test_asking_for_it_by_hand_settles_it(odd):
    _pull(odd)
    del odd.shop.odd["A2"]
    assert odd.puller().refresh(odd.shop_record, odd.shop, "A2")
    assert _numbers(odd) == []


def test_one_that_its_shop_does_not_know_is_waited_for_an_hour(world):
    listed = OrderPage((), None, world.clock.now(), unread=[Unread("GHOST", Temporary("listed, not there"))])
    read, world.shop.pull_orders = world.shop.pull_orders, lambda since, cursor: listed
    _pull(world)
    world.shop.pull_orders = read
    assert _numbers(world) == ["GHOST"]
    world.clock.advance(minutes=59)
    _pull(world)
    assert _numbers(world) == ["GHOST"]
    world.clock.advance(minutes=61)
    _pull(world)
    assert _numbers(world) == []


def test_nothing_after_it_counts_as_known_until_it_comes(odd):
    _pull(odd)
    assert _known(odd) is None, "before the first window nothing was known"
    del odd.shop.odd["A2"]
    odd.clock.advance(minutes=5)
    _pull(odd)
    before = _known(odd)
    assert before == odd.clock.now()
    odd.clock.advance(minutes=5)
    odd.shop.place("B1", line("1", "BEAR"))
    odd.shop.odd["B1"] = ODD
    _pull(odd)
    odd.clock.advance(minutes=5)
    _pull(odd)
    assert (_known(odd), _reached(odd)) == (before, odd.clock.now())
    odd.store.write(lambda uow: unread.set_awaited(uow, odd.shop_id, "B1", is_awaited=False))
    assert _known(odd) == odd.clock.now()


def test_people_hear_of_it_and_may_let_it_go(odd):
    _pull(odd)
    assert _standing(odd) == []
    odd.clock.advance(minutes=4)
    (one,) = _standing(odd)
    assert (one.rule, one.facts["n"], one.facts["numbers"]) == ("order.unread", 1, "A2")
    odd.store.write(lambda uow: unread.set_awaited(uow, odd.shop_id, "A2", is_awaited=False))
    assert (_standing(odd), _numbers(odd)) == ([], [])
    odd.store.write(lambda uow: unread.set_awaited(uow, odd.shop_id, "A2", is_awaited=True))
    assert (len(_standing(odd)), _numbers(odd)) == (1, ["A2"])
    odd.store.write(lambda uow: unread.set_awaited(uow, odd.shop_id, "A2", is_awaited=False))
    # The shop lists it once more: it stays let go, and is taken in should it be readable one day.
    odd.shop.change("A2", buyer_note="again")
    odd.clock.advance(minutes=5)
    _pull(odd)
    assert (_standing(odd), _numbers(odd)) == ([], [])
    with pytest.raises(NotFound):
        odd.store.write(lambda uow: unread.set_awaited(uow, odd.shop_id, "A2", is_awaited=False))
    del odd.shop.odd["A2"]
    odd.clock.advance(minutes=5)
    odd.shop.change("A2", buyer_note="and again")
    _pull(odd)
    assert "A2" in _taken(odd)
    assert odd.rows(select(Row.order_no)) == []


def test_one_that_cannot_be_stored_is_such_an_order_too(world, expected_log):
    expected_log("cannot be stored", "core.sync")
    for n in range(4):
        world.shop.place(f"A{n}", line("1", "BEAR"))
    world.shop.change("A2", order_type="of a kind nobody knows")
    _pull(world)
    assert (_taken(world), _numbers(world)) == ({"A0", "A1", "A3"}, ["A2"])
    (row,) = world.rows(select(Row.error))
    assert row.error == "ContractBroken [not_stored]: it cannot be stored: ValueError"
    world.shop.change("A2", order_type="normal")
    world.clock.advance(minutes=1)
    _pull(world)
    assert (len(_taken(world)), _numbers(world)) == (4, [])


def test_a_ban_is_obeyed_while_it_is_asked_for(odd):
    _pull(odd)
    odd.clock.advance(minutes=30)
    odd.shop.odd["A2"] = RateLimited("slower", retry_after_s=60)
    with pytest.raises(RateLimited):
        _pull(odd)
    assert (_numbers(odd), _reached(odd)) == (["A2"], odd.clock.now()), "the others are known all the same"


def test_an_odd_order_that_presses_is_asked_for_and_ends_no_round(odd):
    _pull(odd)
    del odd.shop.odd["A2"]
    odd.clock.advance(seconds=30)
    _pull(odd)
    odd.shop.capabilities = replace(odd.shop.capabilities, needs_state_poll=True)
    odd.shop.odd.update(dict.fromkeys(("A0", "A1", "A2", "A3"), ODD))
    puller = odd.puller()
    puller.pull(odd.shop_record, odd.shop)
    odd.clock.advance(seconds=65)
    for _ in range(6):
        puller.pull(odd.shop_record, odd.shop, all_open=False)
    assert _reached(odd) == odd.clock.now()
