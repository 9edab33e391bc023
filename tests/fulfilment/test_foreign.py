"""Parcels whose labels other software prints, at the desk: the number is scanned in, taken off, stopped like any."""

import pytest
from sqlalchemy import select, update

from core.db.models import Outbox
from core.fulfilment import companion, foreign, packing
from core.fulfilment.merging import neighbours
from core.fulfilment.models import Parcel
from core.fulfilment.records import KnowledgeRule, OnOld
from core.runtime.errors import NotFound, Refused
from core.waybills import carriers
from core.waybills.models import ForeignNumber, PrintJob
from tests.race.test_spine_races import together
from tests.support.fake_shop import LIN, line
from tests.support.plans import plans_on
from tests.support.world import ANY_AGE, CARRIER

SF, YT = "SF1234567890123", "YT1234567890123"
BEAR = "6901234567892"
#: tables of a few rows each, and a sub-query without one
FEW = {"SCAN shop", "SCAN warehouse", "SCAN waybill_account", "SCAN CONSTANT ROW"}
MASKED = {"consignee": type(LIN)("林*", "138****1234", "浙江省", "杭州市", "西湖区", "练习路****", is_masked=True)}


@pytest.fixture
def elsewhere(world):
    """A shop whose labels other software prints."""
    world.desk.shops.set_prints_elsewhere(world.shop_id, is_on=True)
    return world


def place(world, no, *lines, **more):
    world.shop.place(no, *(lines or (line("1", "BEAR"),)), **more)
    world.sync(no)


def attach(world, verdict, number=SF, carrier="SF"):
    parcel = verdict.parcel
    return world.desk.packing.attach_number(parcel.id, parcel.fence, number, carrier, world.desk.nonce())


def detach(world, verdict):
    return world.desk.packing.detach_number(verdict.parcel.id, verdict.parcel.fence, world.desk.nonce())


def scan_out(world, verdict, number, rule=ANY_AGE):
    return world.desk.packing.scan_label(verdict.parcel.id, verdict.parcel.fence, number, world.desk.nonce(), rule)


def asked(world):
    return len(world.rows(select(Outbox.id).where(Outbox.kind == "obtain_waybill")))


def refused(act, *arguments):
    with pytest.raises((Refused, NotFound)) as error:
        act(*arguments)
    return error.value.code


def test_an_unknown_number_is_offered_attached_and_scanned_out(elsewhere):
    world = elsewhere
    place(world, "A1")
    verdict = world.desk.scan(world.desk.open("A1"), SF)
    assert (verdict.code, verdict.facts["attachable"], verdict.facts["carriers"][0]) == ("code.unknown", SF, "SF")
    verdict = attach(world, verdict)
    assert (verdict.code, verdict.parcel.waybill_no, verdict.parcel.is_foreign) == ("number.attached", SF, True)
    assert (verdict.parcel.carrier_name, verdict.parcel.state) == ("顺丰速运", "packing")
    verdict = world.desk.scan(verdict, BEAR)
    assert verdict.code == "parcel.complete"
    assert scan_out(world, verdict, f" {SF.lower()} ").code == "parcel.shipped"
    assert (asked(world), world.rows(select(PrintJob.id))) == (0, [])
    world.tell_shop()
    assert [(one.waybill_no, one.carrier_code) for one in world.shop.told.values()] == [(SF, "SF")]


def test_goods_that_are_there_are_never_offered_as_a_number(elsewhere):
    world = elsewhere
    place(world, "A1")
    opened = world.desk.open("A1")
    for code in ("6909999999999", "12345", "short", BEAR, "A B C D E F G H"):
        assert "attachable" not in world.desk.scan(opened, code).facts, code


def test_a_parcel_with_a_number_is_offered_no_other(elsewhere):
    world = elsewhere
    place(world, "A1")
    verdict = world.desk.verify(attach(world, world.desk.open("A1")))
    wrong = scan_out(world, verdict, YT)
    assert (wrong.code, dict(wrong.facts)) == ("label.unknown", {"raw": YT})
    assert attach(world, verdict, YT, "YTO").code == "number.there_already"


def test_one_of_ours_that_is_there_is_not_replaced_in_passing(world):
    world.ready("A1", line("1", "BEAR"))
    opened = world.desk.open("A1")
    assert "attachable" not in world.desk.scan(opened, SF).facts
    assert attach(world, opened).code == "number.there_already"


def test_taken_off_before_it_left_and_another_put_on(elsewhere):
    world = elsewhere
    place(world, "A1")
    verdict = detach(world, attach(world, world.desk.open("A1")))
    assert (verdict.code, verdict.parcel.waybill_no, verdict.parcel.waybill_state) == ("number.taken_off", "", "none")
    assert world.rows(select(ForeignNumber.id)) == []
    assert world.desk.ship(SF).code == "label.voided", "a label that was taken off is stopped"
    verdict = world.desk.verify(attach(world, verdict, YT, "YTO"))
    assert scan_out(world, verdict, YT).code == "parcel.shipped"
    assert world.rows(select(Outbox.id).where(Outbox.kind == "cancel_waybill")) == []


def test_taken_off_by_mistake_it_goes_on_again(elsewhere):
    world = elsewhere
    place(world, "A1")
    verdict = attach(world, detach(world, attach(world, world.desk.open("A1"))))
    assert verdict.code == "number.attached"
    assert scan_out(world, world.desk.verify(verdict), SF).code == "parcel.shipped"
    assert detach(world, verdict).code == "parcel.lost"


def test_a_number_that_was_taken_off_is_offered_again_to_whatever_parcel_has_none(elsewhere):
    world = elsewhere
    place(world, "A1")
    place(world, "A2")
    detach(world, attach(world, world.desk.open("A1")))
    verdict = world.desk.open("A2")
    assert world.desk.scan(verdict, SF).facts["attachable"] == SF
    verdict = world.desk.verify(verdict)
    assert scan_out(world, verdict, SF).facts["attachable"] == SF
    assert attach(world, verdict).code == "number.attached"
    assert scan_out(world, verdict, SF).code == "parcel.shipped"


def test_the_label_of_a_refunded_order_is_offered_to_no_other_parcel(elsewhere):
    world = elsewhere
    place(world, "A1")
    place(world, "A2")
    opened = attach(world, world.desk.open("A1"))
    world.desk.packing.leave(opened.parcel.id, opened.parcel.fence)
    world.shop.cancel("A1")
    world.sync("A1")
    verdict = world.desk.open("A2")
    assert world.desk.scan(verdict, SF).code == "label.not_now"
    assert scan_out(world, world.desk.verify(verdict), SF).code == "label.voided"
    assert attach(world, verdict).code == "number.elsewhere"


def test_the_same_key_twice_is_one_act(elsewhere):
    world = elsewhere
    place(world, "A1")
    parcel = world.desk.open("A1").parcel
    act = (parcel.id, parcel.fence, SF, "SF", "once")
    assert world.desk.packing.attach_number(*act).code == world.desk.packing.attach_number(*act).code
    assert len(world.waybills("A1")) == 1


def test_a_number_another_parcel_carries_is_no_second_one(elsewhere):
    world = elsewhere
    place(world, "A1")
    place(world, "A2")
    attach(world, world.desk.open("A1"))
    other = world.new_desk("desk 2")
    verdict = other.open("A2")
    parcel = verdict.parcel
    again = other.packing.attach_number(parcel.id, parcel.fence, SF, "SF", other.nonce())
    assert again.code == "number.elsewhere"
    assert other.packing.attach_number(parcel.id, parcel.fence, "x", "SF", other.nonce()).code == "number.impossible"


@pytest.mark.race
def test_two_desks_that_scan_one_number_have_it_once(elsewhere):
    world = elsewhere
    place(world, "A1")
    place(world, "A2")
    other = world.new_desk("desk 2")
    first, second = world.desk.open("A1").parcel, other.open("A2").parcel
    results = together(
        lambda: world.desk.packing.attach_number(first.id, first.fence, SF, "SF", "n-a").code,
        lambda: other.packing.attach_number(second.id, second.fence, SF, "SF", "n-b").code,
    )
    assert sorted(results) == ["number.attached", "number.elsewhere"], results


# --- the same stops -----------------------------------------------------------------------------------------------


def test_a_refund_a_hold_and_old_knowledge_stop_it_like_any(elsewhere):
    world = elsewhere
    place(world, "A1")
    verdict = world.desk.verify(attach(world, world.desk.open("A1")))
    world.clock.advance(seconds=600)
    assert scan_out(world, verdict, SF, KnowledgeRule(300, OnOld.STOP)).code == "knowledge.old"
    world.desk.orders.hold(world.order("A1").id, "by_hand", "wait")
    assert scan_out(world, verdict, SF).code == "parcel.held"
    world.desk.orders.release_hold(world.order("A1").id)
    assert asked(world) == 0, "released, it still wants no number of ours"
    world.shop.after_sale("A1", "1", "refunded")
    world.sync("A1")
    assert world.desk.ship(SF).code == "label.voided"


def test_two_swapped_foreign_labels_are_stopped(elsewhere):
    world = elsewhere
    place(world, "A1")
    place(world, "A2")
    attach(world, world.desk.open("A2"), YT, "YTO")
    world.desk.packing.leave(*(world.parcels("A2")[0].id, world.parcels("A2")[0].fence))
    verdict = world.desk.verify(attach(world, world.desk.open("A1")))
    assert scan_out(world, verdict, YT).code == "label.wrong"


# --- nothing of ours is printed, asked for or renewed -----------------------------------------------------------------


def test_nothing_of_the_printers_is_done_to_it(elsewhere):
    world = elsewhere
    place(world, "A1")
    verdict = world.desk.verify(attach(world, world.desk.open("A1")))
    parcel, waybill = verdict.parcel, world.waybills("A1")[0]
    assert refused(world.desk.labels.print_label, parcel.id) == "waybill.foreign"
    assert refused(world.desk.labels.reprint, waybill.id, "torn") == "waybill.foreign"
    assert refused(world.desk.labels.new_number, parcel.id, "torn") == "waybill.foreign"
    world.desk.packing.start_wave("batch", 10)
    assert (asked(world), world.rows(select(PrintJob.id))) == (0, [])


def test_a_wave_prints_ours_and_passes_over_the_others(world):
    world.ready("A1", line("1", "BEAR"))
    world.desk.shops.set_prints_elsewhere(world.shop_id, is_on=True)
    place(world, "A2")
    attach(world, world.desk.open("A2"))
    world.desk.packing.leave(world.parcels("A2")[0].id, world.parcels("A2")[0].fence)
    assert world.desk.packing.start_wave("batch", 10).parcel_count == 2
    assert len(world.print_labels()) == 1


def test_a_number_of_ours_goes_back_where_the_shop_prints_elsewhere_since(world):
    number = world.ready("A1", line("1", "BEAR"))
    world.desk.shops.set_prints_elsewhere(world.shop_id, is_on=True)
    world.desk.labels.new_number(world.parcels("A1")[0].id, "other")
    world.buy_numbers()
    assert (world.carrier.live_numbers(), len(world.waybills("A1"))) == ([], 1)
    opened = world.desk.open("A1")
    assert (opened.parcel.waybill_no, opened.parcel.why_elsewhere) == ("", "shop")
    assert world.desk.ship(number).code == "label.voided"
    assert attach(world, opened).code == "number.attached"


def test_after_taking_off_one_of_ours_can_be_had_where_labels_are_made_here(elsewhere):
    world = elsewhere
    place(world, "A1")
    verdict = detach(world, attach(world, world.desk.open("A1")))
    world.desk.shops.set_prints_elsewhere(world.shop_id, is_on=False)
    world.desk.labels.new_number(verdict.parcel.id, "other")
    world.buy_numbers()
    (live,) = [row for row in world.waybills("A1") if row.state == "obtained"]
    assert (live.carrier_code, live.is_foreign) == (CARRIER, False)
    assert world.parcels("A1")[0].carrier_code == CARRIER


def test_a_lifted_hold_asks_for_no_number_that_nobody_wants(world):
    world.desk.shops.set_prints_elsewhere(world.shop_id, is_on=True)
    place(world, "A1")
    detach(world, attach(world, world.desk.open("A1")))
    world.desk.shops.set_prints_elsewhere(world.shop_id, is_on=False)
    world.desk.orders.hold(world.order("A1").id, "by_hand", "wait")
    world.desk.orders.release_hold(world.order("A1").id)
    assert asked(world) == 0, "it waits for a number under the scanner"
    world.carrier.faults.append("refuse")
    world.ready("A2", line("1", "BEAR"))
    assert (world.holds("A2"), asked(world)) == ({"waybill_failed"}, 1)
    world.desk.shops.set_prints_elsewhere(world.shop_id, is_on=True)
    world.desk.orders.release_hold(world.order("A2").id)
    assert asked(world) == 1, "other software prints it by now"


def test_the_drawer_takes_it_off_while_the_parcel_is_here(elsewhere):
    world = elsewhere
    place(world, "A1")
    verdict = attach(world, world.desk.open("A1"))
    (view,) = world.desk.orders.detail(world.order("A1").id).parcels
    assert (view.waybill_no, view.is_foreign, view.carrier_name) == (SF, True, "顺丰速运")
    world.desk.labels.take_off_foreign(verdict.parcel.id)
    (view,) = world.desk.orders.detail(world.order("A1").id).parcels
    assert (view.waybill_no, view.is_foreign, view.why_elsewhere) == ("", False, "shop")
    assert refused(world.desk.labels.take_off_foreign, verdict.parcel.id) == "waybill.not_foreign"
    assert refused(world.desk.labels.take_off_foreign, 10**6) == "parcel.unknown"
    actions = [entry.action for entry in world.desk.orders.detail(world.order("A1").id).timeline]
    assert {"order.number_attached", "order.number_taken_off"} <= set(actions)
    scan_out(world, world.desk.verify(attach(world, verdict)), SF)
    assert refused(world.desk.labels.take_off_foreign, verdict.parcel.id) == "parcel.gone"


def test_a_further_box_waits_for_a_number_of_its_own(elsewhere):
    world = elsewhere
    place(world, "A1", line("1", "BEAR", 2))
    verdict = world.desk.scan(attach(world, world.desk.open("A1")), BEAR)
    parcel = verdict.parcel
    assert world.desk.packing.add_box(parcel.id, parcel.fence, world.desk.nonce()).code == "box.added"
    assert asked(world) == 0
    assert world.desk.ship(SF).code == "parcel.shipped"
    rest = world.desk.verify(world.desk.packing.open_next(world.desk.nonce()))
    assert rest.parcel.waybill_state == "none"
    assert scan_out(world, attach(world, rest, YT, "YTO"), YT).code == "parcel.shipped"
    world.tell_shop()
    assert sorted(one.waybill_no for one in world.shop.told.values()) == [SF, YT]


# --- receivers nobody here knows ------------------------------------------------------------------------------------


def test_a_masked_order_is_taken_up_at_the_desk_and_says_what_to_do(world):
    place(world, "A1", **MASKED)
    assert (world.holds("A1"), world.parcels("A1")) == ({"masked"}, [])
    verdict = world.desk.open("A1")
    assert (verdict.code, verdict.parcel.why_elsewhere) == ("parcel.opened", "masked")
    assert asked(world) == 0
    verdict = world.desk.verify(attach(world, verdict))
    assert scan_out(world, verdict, SF).code == "parcel.shipped"


def test_a_masked_order_is_taken_up_in_the_middle_of_a_rush(world):
    world.ready("B1", line("1", "BEAR"))
    wave = world.desk.packing.start_wave("single_item", 50)
    place(world, "A1", **MASKED)
    verdict = world.desk.packing.rush(wave.id, None, "A1", world.desk.nonce(), ANY_AGE)
    assert (verdict.code, verdict.parcel.why_elsewhere) == ("parcel.opened", "masked")


def test_a_masked_order_that_waits_for_more_is_not_taken_up(world):
    place(world, "A1", **MASKED)
    world.desk.orders.hold(world.order("A1").id, "by_hand", "wait")
    place(world, "A2", is_paid=False, **MASKED)
    for no in ("A1", "A2"):
        assert world.desk.open(no).code == "code.unknown"
        assert "masked" in world.holds(no), no


def test_a_masked_receiver_with_a_token_gets_one_of_ours(world):
    known = {"consignee": type(LIN)("林*", "1", "浙江省", "杭州市", "西湖区", "路*", token="oaid", is_masked=True)}
    place(world, "A1", **known)
    assert asked(world) == 1


# --- what a number says of its carrier --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (SF, "SF"),
        (YT, "YTO"),
        ("73123456789012", "ZTO"),
        ("772012345678901", "STO"),
        ("461234567890123", "YD"),
        ("JT1234567890123", "JTSD"),
        ("JDVA12345678901", "JD"),
        ("DPK202012345678", "DBL"),
        ("9876543210123", "EMS"),
    ],
)
def test_a_number_suggests_its_carrier(number, code):
    assert carriers.suggested(number, 3)[0] == code
    assert carriers.code_of("", number) == code


def test_a_carrier_is_known_by_any_of_its_names_and_else_by_its_own():
    assert carriers.code_of("顺 丰", "1") == carriers.code_of("shunfeng", "1") == "SF"
    assert carriers.code_of("通通快递", "1", [("TT", "通通快递")]) == "TT"
    assert carriers.code_of("跨越速运", "1") == carriers.name_of("跨越速运") == "跨越速运"
    assert carriers.name_of("SF") == "顺丰速运"
    assert carriers.name_of("SF", "我的顺丰") == "我的顺丰"
    assert carriers.tidied(" jdva12345678901-1-2- ") == "JDVA12345678901"


# --- boxes shared by hand -----------------------------------------------------------------------------------------------


def test_a_parcel_with_a_label_of_its_own_from_elsewhere_is_put_into_no_other_box(elsewhere):
    world = elsewhere
    buyer = {"buyer_key": "one buyer"}
    for no in ("A1", "A2", "A3"):
        place(world, no, **buyer)
    opened = attach(world, world.desk.open("A1"))
    world.desk.packing.leave(opened.parcel.id, opened.parcel.fence)
    ids = [one.parcel_id for one in companions_of(world, "A2")]
    assert ids == [world.parcels("A3")[0].id], "A1 has its label already"


def test_orders_that_are_parted_again_get_no_number_of_ours(elsewhere):
    world = elsewhere
    for no in ("A1", "A2"):
        place(world, no, buyer_key="one buyer")
    opened = world.desk.open("A1").parcel
    merged = world.desk.packing.merge(opened.id, opened.fence, world.desk.nonce())
    assert merged.code == "merge.done"
    parted = world.desk.packing.unmerge(merged.parcel.id, merged.parcel.fence, world.desk.nonce())
    assert (parted.code, asked(world)) == ("merge.undone", 0)


def companions_of(world, no):
    parcel_id = world.parcels(no)[0].id
    return world.store.read(lambda connection: neighbours(connection, parcel_id, world.clock.now())).companions


def test_a_parcel_with_a_number_of_others_is_nobodys_companion(elsewhere):
    world = elsewhere
    for no in ("A1", "A2"):
        place(world, no, buyer_key="one buyer")
    assert companions_of(world, "A1") != ()
    opened = attach(world, world.desk.open("A2"), YT, CARRIER)
    assert opened.code == "number.attached"
    world.desk.packing.leave(opened.parcel.id, opened.parcel.fence)
    assert companions_of(world, "A1") == ()


def test_a_box_that_a_desk_has_opened_meanwhile_takes_nothing_in(elsewhere):
    world = elsewhere
    for no in ("A1", "A2"):
        place(world, no)
    (box,), (other,) = (world.parcels(no) for no in ("A1", "A2"))
    assert world.desk.open("A1").code == "parcel.opened"
    assert world.do(lambda uow: foreign._is_joined(uow, other.id, box.id)) is False
    assert [parcel.state for parcel in world.parcels("A2")] == ["to_pack"]


def test_goods_of_another_warehouse_share_no_box(elsewhere):
    world = elsewhere
    for no in ("A1", "A2"):
        place(world, no)
    (box,), (other,) = (world.parcels(no) for no in ("A1", "A2"))
    opened = attach(world, world.desk.open("A1"), YT, CARRIER)
    world.desk.packing.leave(opened.parcel.id, opened.parcel.fence)
    world.do(lambda uow: uow.execute(update(Parcel).where(Parcel.id == box.id).values(state="to_pack")))

    def may_share():
        return world.store.read(lambda c: foreign.may_share(c, other.id, foreign.holders(c, [YT])[YT]))

    assert may_share()
    second = world.desk.stock.add_warehouse("wh2", "二号仓").id
    world.do(lambda uow: uow.execute(update(Parcel).where(Parcel.id == other.id).values(warehouse_id=second)))
    assert not may_share()


def test_no_number_is_looked_up_by_walking_through_orders_or_parcels(file_world):
    """A typed or scanned order number, a code nobody knows, a number in a table: at the desk and within imports."""
    file_world.ready("A1", line("1", "BEAR"))

    def asked(act):
        steps = {step for _, step in file_world.do(lambda uow: plans_on(uow.connection, lambda: act(uow)))}
        # The sets that are handed over are no tables.
        return {step for step in steps if step.startswith("SCAN") and "VIRTUAL TABLE" not in step} - FEW

    for code in ("A1", "nobody's"):
        act = packing.Act("open", code, f"plan-{code}")
        assert asked(lambda uow, act=act: packing.open_code(uow, act)) == set(), code
    assert asked(lambda uow: companion.judge(uow.connection, [companion.Said("A1", SF)])) == set()
