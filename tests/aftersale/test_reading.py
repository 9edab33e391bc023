"""Reading a shop's cases: nothing is skipped, a bad shop costs only its cases, and their orders are asked for."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.aftersale import service
from core.aftersale.models import AfterSaleCase
from core.aftersale.watches import answers_due
from core.app import CoreConfig, build
from core.channels.aftersale_contract import AfterSaleState
from core.channels.contract import Unread
from core.channels.plugin import ChannelPlugin
from core.channels.registry import ChannelRegistry
from core.db import leases
from core.inventory.models import Warehouse
from core.orders.models import Hold
from core.runtime.remote_errors import AuthExpired, ContractBroken, Rejected, Temporary
from core.runtime.standing import Severity
from core.sync.cases import CaseReader
from core.sync.models import Cursor
from core.sync.shops import add_shop
from core.sync.watches import cases_unread
from tests.support.after_sales import FakeTeller, case
from tests.support.fake_shop import line


@pytest.fixture
def teller(world):
    world.shop = FakeTeller(world.clock)
    return world.shop


def read(world, teller):
    return CaseReader(world.store, world.puller().refresh).read(world.shop_record, teller)


def states(world):
    return dict(map(tuple, world.rows(select(AfterSaleCase.case_no, AfterSaleCase.state))))


def cursor(world):
    return world.rows(select(Cursor.until_at, Cursor.failing_since, Cursor.error).where(Cursor.feed == "cases"))[0]


def reasons(world, no):
    query = select(Hold.reason).where(Hold.order_id == world.order(no).id, Hold.released_at.is_(None))
    return {row.reason for row in world.rows(query)}


def asks_refund(teller, no, state="requested"):
    """The buyer asks; the order's own change is not among what was pulled."""
    order = teller.orders[no]
    teller.change(no, lines=tuple(replace(one, after_sale=state) for one in order.lines))


def test_cases_are_left_to_the_desk_that_took_the_shop_over(world, teller):
    teller.place("A1", line("1", "BEAR"))
    world.sync()
    teller.say(case("C1", "A1", world.clock.now()))
    tell = teller.pull_after_sales

    def taken_over(since, cursor):
        world.clock.advance(seconds=121)
        world.do(lambda uow: leases.take(uow, "pull", "desk 2", 120))
        return tell(since, cursor)

    teller.pull_after_sales = taken_over
    reader = CaseReader(world.store, world.puller().refresh)
    with pytest.raises(leases.LeaseLost), leases.held(world.store, "pull", "desk 1", 120) as hold:
        reader.read(world.shop_record, teller, hold)
    assert (states(world), world.rows(select(Cursor))) == ({}, []), "nor is it noted as a shop that cannot be read"


def test_a_shop_that_tells_no_cases_is_not_asked(world):
    assert read(world, world.shop) is None


def test_what_changed_is_read_once_whole_and_then_from_there_on(world, teller):
    for number in range(3):
        teller.say(case(f"C{number}", "A1", world.clock.now()))
    assert read(world, teller).new_count == 3
    world.clock.advance(minutes=10)
    teller.goes_on("C1", AfterSaleState.DONE)
    again = read(world, teller)

    assert (again.new_count, again.changed_count) == (0, 1)
    assert states(world) == {"C0": "requested", "C1": "done", "C2": "requested"}
    assert teller.asked_since[-1] == world.clock.now() - timedelta(minutes=10, seconds=60)
    assert cursor(world).until_at == world.clock.now()


def test_a_cut_moves_nothing_and_says_since_when(world, teller):
    teller.say(case("C1", "A1", world.clock.now()))
    began_at = world.clock.now()
    teller.case_faults = [Temporary("the line was cut"), Temporary("and again")]
    for _ in range(2):
        with pytest.raises(Temporary):
            read(world, teller)
        world.clock.advance(minutes=10)
    failing = cursor(world)
    found = world.store.read(lambda connection: cases_unread(connection, world.clock.now()))

    assert failing.failing_since == began_at
    assert failing.error == "Temporary: and again"
    assert [(one.rule, one.facts["minutes"]) for one in found] == [("after_sale.unread", 20)]
    assert read(world, teller).new_count == 1
    assert cursor(world).failing_since is None
    assert world.store.read(lambda connection: cases_unread(connection, world.clock.now())) == []


def test_a_case_that_nobody_understands_keeps_no_other_out_and_the_feed_counts_as_unread(world, teller):
    teller.say(case("GOOD", "A1", world.clock.now()))
    tell = teller.pull_after_sales
    odd = Unread("BAD", ContractBroken("odd", code="case.odd"))
    teller.pull_after_sales = lambda since, page: replace(tell(since, page), unread=[odd])
    with pytest.raises(ContractBroken, match=r"BAD: ContractBroken case\.odd"):
        read(world, teller)
    assert (states(world), cursor(world).failing_since) == ({"GOOD": "requested"}, world.clock.now())
    teller.pull_after_sales = tell
    read(world, teller)
    assert cursor(world).failing_since is None


def test_a_case_that_cannot_be_stored_keeps_no_other_out_and_is_read_again(world, teller, monkeypatch, caplog):
    caplog.set_level("CRITICAL", "core.sync.cases")
    teller.say(case("BAD", "A1", world.clock.now()))
    teller.say(case("GOOD", "A1", world.clock.now()))
    copy = service._copy

    def broken(one, erased):
        if one.case_no == "BAD":
            raise ValueError("a defect of ours")
        return copy(one, erased)

    with monkeypatch.context() as patch:
        patch.setattr(service, "_copy", broken)
        with pytest.raises(ContractBroken, match="BAD: ValueError"):
            read(world, teller)
    assert states(world) == {"GOOD": "requested"}

    read(world, teller)
    assert states(world) == {"BAD": "requested", "GOOD": "requested"}


def test_a_refund_asked_for_unsent_goods_holds_their_order_before_its_own_change_is_pulled(world, teller):
    world.ready("A1", line("1", "BEAR"))
    world.clock.advance(minutes=1)
    asks_refund(teller, "A1")
    teller.say(case("C1", "A1", world.clock.now()))
    assert read(world, teller).asked_count == 1
    assert reasons(world, "A1") == {"refund_requested"}

    world.clock.advance(minutes=1)
    asks_refund(teller, "A1", "none")
    teller.goes_on("C1", AfterSaleState.CLOSED)
    read(world, teller)
    assert reasons(world, "A1") == set()


def test_an_order_is_asked_for_once_per_change_and_until_it_was_told(world, teller):
    world.ready("A1", line("1", "BEAR"))
    world.clock.advance(minutes=1)
    asks_refund(teller, "A1")
    teller.say(case("C1", "A1", world.clock.now()))
    teller.faults = [None, Temporary("not now")]
    with pytest.raises(Temporary):
        read(world, teller)
    assert reasons(world, "A1") == set()

    assert [read(world, teller).asked_count for _ in range(2)] == [1, 0]
    assert reasons(world, "A1") == {"refund_requested"}


def test_one_order_that_is_refused_keeps_no_other_from_being_asked(world, teller):
    for no in ("A1", "A2"):
        world.ready(no, line("1", "BEAR"))
        asks_refund(teller, no)
        teller.say(case(f"C-{no}", no, world.clock.now()))
    teller.faults = [None, Rejected("not this one")]
    with pytest.raises(Rejected):
        read(world, teller)

    assert (reasons(world, "A1"), reasons(world, "A2")) == (set(), {"refund_requested"})


def test_orders_that_left_and_orders_of_others_are_not_asked_for(world, teller):
    number = world.ready("A1", line("1", "BEAR"))
    world.desk.pack("A1")
    world.desk.ship(number)
    for no in ("A1", "Z9"):
        teller.say(case(f"C-{no}", no, world.clock.now()))
    assert read(world, teller).asked_count == 0
    assert not world.rows(select(AfterSaleCase.id).where(AfterSaleCase.asks_order))


@pytest.mark.parametrize(("is_quiet", "payment"), [(True, "refunded"), (False, "paid")])
def test_what_left_and_is_paid_back_is_asked_for_where_its_order_does_not_move(world, is_quiet, payment):
    teller = world.shop = FakeTeller(world.clock, needs_state_poll=is_quiet)
    number = world.ready("A1", line("1", "BEAR"))
    world.desk.pack("A1")
    world.desk.ship(number)
    teller.change("A1", payment="refunded")
    teller.say(case("C1", "A1", world.clock.now(), state=AfterSaleState.DONE))

    assert read(world, teller).asked_count == is_quiet
    assert (world.order("A1").payment, world.order("A1").fulfilment) == (payment, "shipped")
    assert not world.rows(select(AfterSaleCase.id).where(AfterSaleCase.asks_order))


def test_somebody_is_told_before_the_time_for_an_answer_ends(world, teller):
    now = world.clock.now()
    teller.say(case("C1", "A1", now, answer_by_at=now + timedelta(hours=20)))
    teller.say(case("C2", "A1", now, answer_by_at=now + timedelta(hours=21), state=AfterSaleState.AGREED))
    teller.say(case("C3", "A1", now))
    read(world, teller)

    def told(hours):
        at = now + timedelta(hours=hours)
        found = world.store.read(lambda connection: answers_due(connection, at))
        return [(one.severity, one.facts["n"], one.facts["hours"]) for one in found]

    assert told(7) == []
    assert told(8) == [(Severity.WARNING, 1, 12)]
    assert told(18.5) == [(Severity.CRITICAL, 1, 1)]
    assert told(30) == [(Severity.CRITICAL, 1, 0)]


def test_a_shop_whose_cases_fail_still_brings_its_orders_and_its_light_stays_good(file_world, tmp_path):
    teller = FakeTeller(file_world.clock)
    plugin = ChannelPlugin("fake", "假", "fake", (), teller.capabilities, lambda *_: teller)
    config = CoreConfig(folder=tmp_path / "core", key_file=tmp_path / "key", clock=file_world.clock)
    core = build(config, ChannelRegistry([plugin]))
    try:
        warehouse = core.store.write(lambda uow: uow.insert(Warehouse, {"code": "main", "name": "main"}))
        shop_id = core.store.write(lambda uow: add_shop(uow, "fake", "店", {}, "{}", warehouse))
        teller.place("A1", line("1", "BEAR"))
        teller.say(case("C1", "A1", file_world.clock.now()))
        teller.case_faults = [AuthExpired("no scope for after-sale")]
        assert core.pull_shop(shop_id).new_count == 1
        assert core.status.status().shops[0].state == "good"
        assert [one.name for one in core.after_sales.unread()] == ["店"]

        core.pull_shop(shop_id)
        assert core.after_sales.unread() == ()
        assert core.after_sales.counts()["to_answer"] == 1
    finally:
        core.stop()
