"""The daily bill against our orders: every kind of difference, on both engines; nothing is ever corrected by itself."""

import tracemalloc
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from core.payments import watches
from core.payments.bills import (
    china_day,
    confirm_bill,
    newest_bill_day,
    settle_difference,
    want_bill,
)
from core.payments.gateways import set_active
from core.payments.models import PaymentBill, PaymentDifference
from core.payments.queries import has_bills_to_see
from core.payments.wechat_bill import wechat_bill
from core.runtime.errors import NotFound, Refused
from core.runtime.remote_errors import ContractBroken
from tests.simulators.payment_gateways import wechat_bill_text
from tests.support.fake_shop import line
from tests.support.world import START

#: START is ten in the morning of this day in China
TODAY = date(2026, 6, 18)


def paid_order(world, no, **more):
    world.shop.place(no, line("1", "BEAR"), **more)
    world.sync(no)
    return world.order(no).amount_fen


def both_paid(till, no, kind="wechat"):
    getattr(till, kind).pay(no, paid_order(till.world, no))


def next_morning(till):
    # The day before the gateway was set up is compared first.
    till.bills.work()
    till.world.clock.advance(days=1)


def bill_of(world, day=TODAY):
    rows = world.rows(select(*PaymentBill.__table__.c).where(PaymentBill.day == day.toordinal()))
    return rows[0] if rows else None


def differences(world, day=TODAY):
    query = select(*PaymentDifference.__table__.c).where(PaymentDifference.bill_id == bill_of(world, day).id)
    return world.rows(query.order_by(PaymentDifference.id))


def kinds(world, day=TODAY):
    return [(row.kind, row.payment_no, row.ours_fen, row.theirs_fen) for row in differences(world, day)]


def standing(world):
    return [one.rule for one in world.store.read(lambda c: watches.bills(c, world.clock.now()))]


def test_a_day_that_is_the_same_on_both_sides(till):
    till.add("wechat")
    till.add("alipay")
    for no in ("A1", "A2"):
        both_paid(till, no)
    both_paid(till, "A3", "alipay")
    next_morning(till)
    till.bills.work()
    bill = bill_of(till.world)
    assert (bill.state, bill.rows, bill.matched, bill.paid_fen, bill.refunded_fen) == ("compared", 3, 3, 3000, 0)
    assert differences(till.world) == []
    assert standing(till.world) == []


def test_every_kind_of_difference_is_found_and_none_is_mended(till):
    world = till.world
    till.add()
    for no in ("A1", "amount", "twice", "back", "gone back"):
        both_paid(till, no)
    paid_order(world, "missing")
    world.shop.place("unpaid", line("1", "BEAR"), is_paid=False)
    world.sync("unpaid")
    till.wechat.pay("unpaid", 1000)
    till.wechat.pay("strange", 700)
    till.wechat.payments["amount"].fen = 900
    till.wechat.refund("back", 400)
    till.wechat.refund("gone back")
    world.shop.change("gone back", payment="refunded", is_closed=True)
    world.sync("gone back")
    before = {no: world.order(no) for no in ("A1", "amount", "unpaid", "missing", "back")}
    next_morning(till)
    till.wechat.strange = [("twice", "another transaction", 1000, False), ("nobody", "x", 30, True)]
    till.bills.work()
    assert sorted(kinds(world)) == [
        ("amount", "amount", 1000, 900),
        ("missing_there", "missing", 1000, None),
        ("refund_not_here", "back", 1000, -400),
        ("twice", "twice", 1000, 1000),
        ("unknown_here", "nobody", None, -30),
        ("unknown_here", "strange", None, 700),
        ("unpaid_here", "unpaid", 1000, 1000),
    ]
    assert {no: world.order(no) for no in before} == before
    assert standing(world) == ["payment.bill_differs"]


def test_a_person_settles_each_difference_and_then_the_day(till):
    world = till.world
    till.add()
    paid_order(world, "missing")
    next_morning(till)
    till.bills.work()
    bill, difference = bill_of(world).id, differences(world)[0].id
    with pytest.raises(Refused) as told:
        world.do(lambda uow: confirm_bill(uow, bill))
    assert (told.value.code, told.value.facts["left"]) == ("payment.bill_open", 1)
    assert world.do(lambda uow: settle_difference(uow, difference, "  paid   in cash "))
    assert not world.do(lambda uow: settle_difference(uow, difference, "again"))
    row = differences(world)[0]
    assert (row.note, row.settled_by, row.settled_at) == ("paid in cash", "clerk", world.clock.now())
    assert standing(world) == []
    world.do(lambda uow: confirm_bill(uow, bill))
    world.do(lambda uow: confirm_bill(uow, bill))
    assert bill_of(world).confirmed_by == "clerk"
    with pytest.raises(Refused, match="confirmed"):
        world.do(lambda uow: want_bill(uow, world.shop_id, TODAY))
    with pytest.raises(NotFound):
        world.do(lambda uow: settle_difference(uow, 999, ""))
    with pytest.raises(Refused):
        world.do(lambda uow: settle_difference(uow, difference, "x" * 201))


def test_a_day_compared_again_keeps_what_was_settled(till):
    world = till.world
    till.add()
    paid_order(world, "m1")
    paid_order(world, "m2")
    next_morning(till)
    till.bills.work()
    first = differences(world)[0]
    world.do(lambda uow: settle_difference(uow, first.id, "cash"))
    till.wechat.strange = [("m2", "t", 1000, False)]
    bill = world.do(lambda uow: want_bill(uow, world.shop_id, TODAY))
    till.bills.fetch(bill)
    assert [(row.payment_no, row.note) for row in differences(world)] == [("m1", "cash")]
    assert bill_of(world).matched == 1


def test_bills_are_there_from_ten_in_the_morning(till):
    world = till.world
    till.add()
    both_paid(till, "A1")
    world.clock.advance(hours=23, minutes=59)
    till.bills.work()
    assert bill_of(world) is None
    with pytest.raises(Refused) as told:
        world.do(lambda uow: want_bill(uow, world.shop_id, TODAY))
    assert told.value.code == "payment.no_bill_yet"
    world.clock.advance(minutes=1)
    till.bills.work()
    assert bill_of(world).state == "compared"


@pytest.mark.parametrize(
    ("fault", "code"), [(["", "half"], "payment.bill_cut"), (["wrong_hash"], "payment.bill_hash")]
)
def test_a_damaged_bill_is_told_and_had_again(till, fault, code):
    world = till.world
    till.add()
    both_paid(till, "A1")
    next_morning(till)
    till.wechat.faults = list(fault)
    till.bills.work()
    bill = bill_of(world)
    assert (bill.state, bill.attempts, bill.last_error.partition(":")[0]) == ("waiting", 1, code)
    assert differences(world) == []
    till.wechat.faults = []
    till.bills.work()
    assert bill_of(world).state == "waiting", "not at once"
    world.clock.advance(minutes=5)
    till.bills.work()
    assert (bill_of(world).state, bill_of(world).last_error) == ("compared", "")


def test_a_bill_that_does_not_come_is_missed_loudly(till):
    world = till.world
    till.add()
    both_paid(till, "A1")
    next_morning(till)
    till.wechat.faults = ["system_error"] * 100
    till.bills.work()
    assert standing(world) == []
    world.clock.advance(hours=4)
    assert standing(world) == ["payment.bill_missing"]


def test_one_gateway_that_fails_leaves_the_day_open(till):
    """Half of the bills would make the other half look missing."""
    till.add("wechat")
    till.add("alipay")
    both_paid(till, "A1", "alipay")
    next_morning(till)
    till.alipay.faults = ["unknown"] * 50
    till.bills.work()
    assert bill_of(till.world).state == "waiting"
    assert differences(till.world) == []


def test_a_gateway_that_is_switched_off_makes_nothing_look_missing(till):
    """Who paid there stands in a bill that is not fetched; what the other bill says is compared all the same."""
    world = till.world
    till.add("wechat")
    alipay = till.add("alipay")
    both_paid(till, "A1", "alipay")
    both_paid(till, "A2")
    till.wechat.pay("strange", 700)
    next_morning(till)
    world.do(lambda uow: set_active(uow, alipay, is_active=False))
    till.bills.work()
    assert (bill_of(world).state, bill_of(world).matched) == ("compared", 1)
    assert kinds(world) == [("unknown_here", "strange", None, 700)]


def test_days_of_a_shop_that_asks_no_more_are_not_missed_for_ever(till):
    world, gateway_id = till.world, till.add()
    paid_order(world, "missing")
    next_morning(till)
    till.bills.work()
    again = world.do(lambda uow: want_bill(uow, world.shop_id, TODAY))
    world.clock.advance(days=1)
    till.wechat.faults = ["system_error"] * 100
    till.bills.work()
    world.do(lambda uow: set_active(uow, gateway_id, is_active=False))
    world.clock.advance(hours=5)
    assert "payment.bill_missing" in standing(world)
    assert world.store.read(has_bills_to_see), "the lane has to see to them"
    with pytest.raises(Refused, match="no gateway"):
        till.bills.fetch(again)
    till.bills.work()
    assert standing(world) == ["payment.bill_differs"], "what was compared before stands"
    assert bill_of(world, TODAY + timedelta(days=1)) is None
    assert not world.store.read(has_bills_to_see)


def test_payments_around_midnight_are_not_missed_on_either_day(till):
    """By the gateway's clock it was paid before midnight, by the mall's after it, and the other way round."""
    world = till.world
    till.add()
    paid_order(world, "first")
    till.wechat.pay("first", 1000)
    world.clock.advance(hours=13, minutes=58)  # 23:58 in China
    both_paid(till, "late here")
    till.wechat.pay("early there", 1000)
    both_paid(till, "lost")
    del till.wechat.payments["lost"]
    world.clock.advance(minutes=4)  # 00:02
    till.wechat.payments["late here"].paid_at = world.clock.now()
    paid_order(world, "early there")
    world.clock.advance(hours=10)
    till.bills.work()
    assert kinds(world) == []
    next_morning(till)
    till.bills.work()
    assert kinds(world, TODAY + timedelta(days=1)) == [("missing_there", "lost", 1000, None)]


def test_bills_are_forgotten_after_three_months(till):
    world = till.world
    till.add()
    paid_order(world, "missing")
    next_morning(till)
    till.bills.work()
    assert bill_of(world) is not None
    world.clock.advance(days=93)
    till.bills.work()
    assert bill_of(world) is None
    with pytest.raises(Refused) as told:
        world.do(lambda uow: want_bill(uow, world.shop_id, TODAY))
    assert told.value.code == "payment.bill_too_old"


def test_days_that_the_desk_slept_through_are_made_up_for(till):
    world = till.world
    till.add()
    both_paid(till, "A1")
    next_morning(till)
    next_morning(till)
    till.bills.work()
    assert [bill_of(world, TODAY + timedelta(days=n)).state for n in (0, 1)] == ["compared"] * 2


def test_days_are_chinas():
    assert china_day(START) == TODAY
    assert newest_bill_day(START) == TODAY - timedelta(days=1)
    assert newest_bill_day(START - timedelta(seconds=1)) == TODAY - timedelta(days=2)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda text: text.rpartition("\r\n`")[0], "payment.bill_sums"),
        (lambda text: text.partition("总交易单数")[0], "payment.bill_cut"),
        (lambda text: text.replace("交易状态", "状态"), "payment.bill_columns"),
        (lambda text: "".join(row for row in text.splitlines(True) if "`t0," not in row), "payment.bill_sums"),
        (lambda text: text.replace("`9.99", "`8.99"), "payment.bill_sums"),
        (lambda text: text.replace("\n`2`", "\n`3`").replace("\n`2,", "\n`3,"), "payment.bill_sums"),
        (lambda text: "", "payment.bill_columns"),
    ],
    ids=["no sums", "no end", "columns", "a row less", "an amount", "a count", "nothing"],
)
def test_rows_that_are_not_what_the_sums_say_are_refused(change, code):
    import gzip
    import hashlib

    text = change(wechat_bill_text([("A0", "t0", 999, False), ("A1", "t1", 1, False)])).encode()
    bill = wechat_bill(gzip.compress(text), hashlib.sha1(text, usedforsecurity=False).hexdigest())
    with pytest.raises(ContractBroken) as told:
        list(bill.read())
    assert told.value.code == code


@pytest.mark.slow
def test_a_long_bill_is_streamed(file_till):
    """Memory stays far below the bill's own size. Tracing memory costs a second per few thousand rows."""
    import gzip
    import hashlib

    text = wechat_bill_text([(f"M{n:07d}", f"42{n:026d}", 100 + n, False) for n in range(100_000)]).encode()
    packed, sha1 = gzip.compress(text, 1), hashlib.sha1(text, usedforsecurity=False).hexdigest()
    size = len(text)
    del text
    tracemalloc.start()
    rows = sum(1 for _ in wechat_bill(packed, sha1).read())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert rows == 100_000
    assert peak < size / 5
