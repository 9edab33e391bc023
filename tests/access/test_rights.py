"""Every right against every role, through the services themselves: the allowed act works, the refused changes nothing."""

import sqlite3
from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from core.access.gate import SYSTEM, needs
from core.access.records import LogFilter
from core.access.rights import RIGHTS, Right, Role, known_roles, rights_of
from core.catalog.records import SkuSpec
from core.db.models import Journal
from core.db.unit_of_work import Actor
from core.inventory.documents.rules import Rules
from core.inventory.quotas.plans import PlanDraft
from core.inventory.quotas.states import Mode
from core.orders.entry_records import EnteredLine, EnteredReceiver, OrderDraft
from core.orders.records import OrderFilter
from core.orders.settling.records import Outcome
from core.runtime.errors import Refused
from tests.support.fake_shop import LIN, line
from tests.support.world import ANY_AGE, CARRIER

SHA = "ab" * 32


class Acts:
    """One act for each right. `prepare` gives it something to act on, as the program itself; `do` is the act."""

    def __init__(self, staffed):
        self.staffed = staffed
        self.desk = staffed.desk
        self.world = staffed.world
        self.numbers = iter(range(1, 10_000))

    def ready(self):
        no = f"R{next(self.numbers)}"
        self.world.ready(no, line("1", "BEAR"))
        return no

    def act_of(self, right):
        return getattr(self, f"_{right.value}")()

    def _see_desk(self):
        return lambda: self.desk.packing.waves() is not None

    def _pack(self):
        no = self.ready()
        return lambda: self.desk.open(no).code == "parcel.opened"

    def _ship_unchecked(self):
        no = self.ready()
        number = self.world.number(no)
        return lambda: self.desk.packing.burst(number, self.desk.nonce(), ANY_AGE).code == "parcel.shipped"

    def _start_wave(self):
        self.ready()
        return lambda: self.desk.packing.start_wave("batch", 1).parcel_count == 1

    def _print_label(self):
        parcel = self.world.parcels(self.ready())[0].id
        return lambda: self.desk.labels.print_label(parcel).state == "queued"

    def _new_number(self):
        parcel = self.world.parcels(self.ready())[0].id
        return lambda: self.desk.labels.new_number(parcel, "torn") is False

    def _see_orders(self):
        return lambda: self.desk.orders.page(OrderFilter("all", ""), None, 5) is not None

    def _enter_order(self):
        receiver = EnteredReceiver("孙测试", f"1370000{next(self.numbers):04d}", "浙江省", "杭州市", "", "练习路1号")
        draft = OrderDraft((EnteredLine(self.world.skus["BEAR"], 1),), receiver)
        return lambda: self.desk.entry.save(draft).order_no

    def _hand_over(self):
        no = self.ready()
        with self.staffed.gate.as_system():
            self.desk.pack(no)
            self.desk.ship(self.world.number(no))
        return lambda: self.desk.handover.open_sheet(CARRIER) >= 1

    def _use_files(self):
        return lambda: self.staffed.files.shops() == ()

    def _write_note(self):
        order = self.world.order(self.ready()).id
        with self.staffed.gate.as_system():
            seen = self.desk.notes.note(order)
        return lambda: self.desk.notes.write(order, "加急", "red", seen) is None

    def _hold_order(self):
        order = self.world.order(self.ready()).id
        return lambda: self.desk.orders.hold(order, "by_hand", "") is None

    def _release_order(self):
        order = self.world.order(self.ready()).id
        with self.staffed.gate.as_system():
            self.desk.orders.hold(order, "by_hand", "")
        return lambda: self.desk.orders.release_hold(order) is None

    def _close_order(self):
        no = self.ready()
        self.world.shop.change(no, is_shipped=True)
        self.world.sync(no)
        order = self.world.order(no).id
        return lambda: self.desk.orders.close_elsewhere(order, "other_program", left_our_shelf=True) is None

    def _unmask(self):
        order = self.world.order(self.ready()).id
        return lambda: self.desk.orders.unmask(order, "after_sale").times >= 1

    def _erase_person(self):
        # A person with a phone of their own: no other order is open for them.
        no = f"E{next(self.numbers)}"
        somebody = replace(LIN, name="孙测试", phone=f"1390000{next(self.numbers):04d}")
        self.world.ready(no, line("1", "BEAR"), consignee=somebody)
        self.world.shop.cancel(no)
        self.world.sync(no)
        customer = self.world.order(no).customer_id
        return lambda: self.staffed.personal.erase(customer) >= 1

    def _export_personal(self):
        return lambda: self.staffed.personal.note_export("orders", 3, "accounting", SHA) is None

    def _see_stock(self):
        return lambda: self.desk.stock.discrepancies() == []

    def _receive_stock(self):
        key, sku = f"delivery {next(self.numbers)}", self.world.skus["BEAR"]
        return lambda: self.desk.stock.receive(self.world.warehouse, sku, 1, "delivery", key) is not None

    def _count_stock(self):
        return lambda: self.desk.counting.sheets("under_way") is not None

    def _adjust_stock(self):
        key, sku = f"lost {next(self.numbers)}", self.world.skus["BEAR"]
        return lambda: self.desk.stock.adjust(self.world.warehouse, sku, -1, "lost", key) is not None

    def _share_stock(self):
        qty, sku = next(self.numbers), self.world.skus["BEAR"]
        return lambda: self.desk.quotas.set_plan(sku, PlanDraft(Mode.OFF, buffer_qty=qty)) is None

    def _stop_sale(self):
        return lambda: self.desk.low_stock.stop("CARD", [], f"reason {next(self.numbers)}") > 0

    def _settle_shortage(self):
        no = f"S{next(self.numbers)}"
        self.world.shop.place(no, line("1", "BEAR", 10**6))
        self.world.sync(no)
        order = self.world.order(no).id
        return lambda: self.desk.accidents.decide(order, Outcome.REFUNDED, 0, "") is None

    def _approve_stock(self):
        key, sku = f"much {next(self.numbers)}", self.world.skus["BEAR"]
        with self.staffed.gate.as_system():
            system = self.desk.store.acting
            self.desk.documents.set_rules(Rules(most_units=0))
            self.desk.store.act_as(replace(system, person_id=999_999))
            made = self.desk.stock.adjust(self.world.warehouse, sku, -1, "lost", key)
            self.desk.store.act_as(system)
            self.desk.documents.set_rules(Rules())
        return lambda: self.desk.documents.approve(made.document_id, 1).acted.state == "done"

    def _edit_products(self):
        spec = SkuSpec(f"NEW-{next(self.numbers)}", "新品")
        return lambda: self.desk.products.add(spec) is not None

    def _resend(self):
        return lambda: self.desk.activity.retry_failed("shop:0") == 0

    def _change_settings(self):
        value = next(self.numbers)
        return lambda: self.staffed.settings.put("practice", value) is None

    def _manage_people(self):
        name = f"new {next(self.numbers)}"
        return lambda: self.staffed.people.add(name, [Role.PACKER], "274915").name == name

    def _see_log(self):
        now = self.world.clock.now()
        return lambda: self.staffed.audit.page(LogFilter(now, now), None, 5) is not None


def journal(world):
    return world.rows(select(Journal.operator, Journal.desk, Journal.action).order_by(Journal.id))


@pytest.mark.parametrize("role", Role)
def test_every_right_against_a_role(staffed, role):
    acts = Acts(staffed)
    staffed.hire("老板", Role.ADMIN)
    staffed.hire("小李", role)
    for right in Right:
        act = acts.act_of(right)
        staffed.arrive("小李")
        before, count = staffed.world.dump(), len(journal(staffed.world))
        if right in RIGHTS[role]:
            assert act(), right
            fresh = journal(staffed.world)[count:]
            assert {(row.operator, row.desk) for row in fresh} <= {("小李", "desk 1")}, right
            continue
        with pytest.raises(Refused) as refused:
            act()
        assert (refused.value.code, refused.value.facts) == ("right.missing", {"right": right.value})
        assert staffed.world.dump() == before, right


def test_nobody_may_do_anything_before_somebody_signs_in(staffed):
    acts = Acts(staffed)
    staffed.hire("老板", Role.ADMIN)
    for right in Right:
        act = acts.act_of(right)
        before = staffed.world.dump()
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.code == "signin.needed", right
        assert staffed.world.dump() == before


def test_without_operators_the_owner_works_under_the_name_the_program_was_started_by(staffed):
    acts = Acts(staffed)
    for right in Right:
        if right is not Right.MANAGE_PEOPLE:
            assert acts.act_of(right)(), right
    assert {row.operator for row in journal(staffed.world)} == {"clerk"}
    assert not staffed.sign_in.session().is_locked


def test_the_table_is_whole():
    assert RIGHTS.keys() == set(Role)
    assert set().union(*RIGHTS.values()) == set(Right)
    assert RIGHTS[Role.ADMIN] == set(Right)
    assert RIGHTS[Role.AUDITOR] == {Right.SEE_LOG}
    for personal in (Right.UNMASK, Right.EXPORT_PERSONAL, Right.ERASE_PERSON):
        assert personal not in RIGHTS[Role.PACKER] | RIGHTS[Role.PICKER] | RIGHTS[Role.STOCK_KEEPER]
    assert known_roles(["packer", "juggler", "picker"]) == (Role.PACKER, Role.PICKER)
    assert rights_of([Role.PICKER, Role.AUDITOR]) == {
        Right.SEE_DESK,
        Right.START_WAVE,
        Right.COUNT_STOCK,
        Right.SEE_LOG,
    }


class Slow:
    """A service with a method that writes twice; somebody else signs in between."""

    def __init__(self, store, between):
        self._store = store
        self._between = between

    @needs(Right.PACK)
    def write_twice(self):
        self._store.write(lambda uow: uow.record("test.first", "test", 1))
        self._between()
        self._store.write(lambda uow: uow.record("test.second", "test", 1))


def test_what_began_keeps_its_author_and_the_next_has_the_next(staffed):
    staffed.hire("老板", Role.ADMIN)
    staffed.hire("小王", Role.PACKER)
    staffed.arrive("老板")
    slow = Slow(staffed.store, lambda: staffed.arrive("小王"))
    slow.write_twice()
    slow.write_twice()
    mine = [row.operator for row in journal(staffed.world) if row.action.startswith("test.")]
    assert mine == ["老板", "老板", "小王", "小王"]


def test_a_repeated_attempt_keeps_its_author(world, monkeypatch):
    once, attempts = world.store._once, []

    def busy_first(operation, urgency, actor):
        attempts.append(actor)
        if len(attempts) == 1:
            world.store.actor = Actor("other", "desk 1")
            raise OperationalError("x", None, sqlite3.OperationalError("database is locked"))
        return once(operation, urgency, actor)

    monkeypatch.setattr(world.store, "_once", busy_first)
    world.do(lambda uow: uow.record("test.done", "test", 1))
    assert [actor.operator for actor in attempts] == ["clerk", "clerk"]


def test_the_programs_own_lanes_may_do_everything_and_are_nobody(staffed):
    staffed.hire("老板", Role.ADMIN)
    staffed.world.ready("A1", line("1", "BEAR"))
    assert staffed.desk.status.status() is not None
    assert staffed.desk.labels.open_jobs() == ()
    assert staffed.settings.get("practice", True) is True
    with staffed.gate.as_system():
        staffed.desk.labels.print_label(staffed.world.parcels("A1")[0].id)
    assert len(staffed.world.print_labels()) == 1
    assert journal(staffed.world)[-1].operator == SYSTEM


def test_a_right_taken_at_another_desk_is_gone_at_once_for_personal_data_and_soon_for_all(staffed):
    staffed.hire("老板", Role.ADMIN)
    mine = staffed.hire("小李", Role.SERVICE, Role.APPROVER)
    acts = Acts(staffed)
    personal = (Right.UNMASK, Right.ERASE_PERSON, Right.EXPORT_PERSONAL)
    prepared = [acts.act_of(right) for right in personal]
    staffed.arrive("小李")
    other = type(staffed)(staffed.world, staffed.world.new_desk("desk 2"))
    with other.gate.as_system():
        other.people.set_roles(mine.id, [Role.PACKER])
    for right, act in zip(personal, prepared, strict=True):
        assert staffed.sign_in.session().may(right), "this desk has not looked yet"
        with pytest.raises(Refused) as refused:
            act()
        assert (refused.value.code, refused.value.facts) == ("right.missing", {"right": right.value})
    staffed.gate.refresh()
    assert not any(staffed.sign_in.session().may(right) for right in personal)
    with other.gate.as_system():
        other.people.set_active(mine.id, False)
    staffed.gate.refresh()
    assert staffed.sign_in.session().is_locked


def test_the_first_operator_closes_all_desks(staffed):
    other = type(staffed)(staffed.world, staffed.world.new_desk("desk 2"))
    staffed.people.add("老板", [Role.ADMIN], "274915")
    assert staffed.sign_in.session().is_locked
    with pytest.raises(Refused) as refused:
        other.people.add("别人", [Role.ADMIN], "274915")
    assert refused.value.code == "signin.needed", "the other desk has not looked yet, its transaction has"
    other.gate.refresh()
    assert other.sign_in.session().is_locked


def test_whoever_prints_may_turn_to_another_printer_and_change_nothing_else(staffed):
    staffed.hire("老板", Role.ADMIN)
    staffed.hire("小王", Role.PACKER)
    staffed.arrive("小王")
    staffed.settings.put("printer.desk 1", "p-2")
    for name in ("printers.desk 1", "practice", "desk.desk 9"):
        with pytest.raises(Refused) as refused:
            staffed.settings.put(name, [])
        assert refused.value.facts == {"right": "change_settings"}
