"""Two desks at one gateway: what one had in its hands while it slept is not stored once another took over."""

from contextlib import nullcontext

import pytest

from core.db import leases
from core.db.leases import LeaseLost
from core.payments.asking import PaymentAsking
from core.payments.bills import Bills
from tests.payments.test_asking import place, questions
from tests.payments.test_bills import bill_of, both_paid
from tests.support.world import CARRIER


class SlowGateway:
    """A real gateway that is done with each call only after `seconds`; `meanwhile` happens in that time."""

    def __init__(self, gateway, clock, seconds, meanwhile):
        self._gateway, self._clock, self._seconds, self._meanwhile = gateway, clock, seconds, meanwhile

    def query(self, payment_no):
        return self._late(self._gateway.query(payment_no))

    def bill(self, day):
        return self._late(self._gateway.bill(day))

    def _late(self, answer):
        self._clock.advance(seconds=self._seconds)
        self._meanwhile()
        return answer


def slow(till, seconds, tries):
    """Gateways behind which another desk tries to take the job over; `tries` gets what became of it."""
    world = till.world

    def meanwhile():
        tries.append(world.do(lambda uow: leases.take(uow, "job", "desk 2", 120)))

    return lambda record: SlowGateway(till.open(record), world.clock, seconds, meanwhile)


@pytest.mark.parametrize("is_guarded", [True, False])
def test_questions_and_bills_of_a_desk_that_slept_are_not_stored(file_till, monkeypatch, is_guarded):
    till, world, tries = file_till, file_till.world, []
    if not is_guarded:
        monkeypatch.setattr(leases.Held, "write", leases.Freely.write)
    gateway_id = till.add()
    till.bills.work()
    both_paid(till, "A1")
    place(world, "A2")
    till.wechat.pay("A2", world.order("A2").amount_fen)
    world.clock.advance(minutes=3)
    open_late = slow(till, 200, tries)

    def refused():
        return pytest.raises(LeaseLost) if is_guarded else nullcontext()

    with refused(), leases.held(world.store, "job", "desk 1", 120) as hold:
        PaymentAsking(world.store, open_late, CARRIER).work(gateway_id, hold)
    assert {row.state for row in questions(world)} == ({"waiting"} if is_guarded else {"paid"})

    world.clock.advance(days=1)
    with refused(), leases.held(world.store, "job", "desk 1", 120) as hold:
        Bills(world.store, open_late).work(hold)
    bill = bill_of(world)
    assert bill is None or (bill.state, bill.attempts) == ("waiting" if is_guarded else "compared", 0)
    assert tries[0] == 2, "it was free by then"


def test_slow_answers_hold_the_lease_on(file_till):
    till, world, tries = file_till, file_till.world, []
    gateway_id = till.add()
    for n in range(3):
        place(world, f"A{n}")
    world.clock.advance(minutes=3)
    with leases.held(world.store, "job", "desk 1", 120) as hold:
        assert PaymentAsking(world.store, slow(till, 70, tries), CARRIER).ask_due(gateway_id, hold) == 3
    assert tries == [None] * 3, "three answers take longer than one lease"
