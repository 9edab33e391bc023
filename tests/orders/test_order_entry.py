"""Orders entered by hand go the way of every other, and nobody's address is taken for granted."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from core.channels.contract import Consignee
from core.channels.models import Shop
from core.customers.models import ConsigneeRow
from core.db.models import Journal, Outbox
from core.fulfilment.records import KnowledgeRule, OnOld
from core.orders.entry_records import EnteredLine, EnteredReceiver, OrderDraft
from core.orders.models import Order
from core.runtime.errors import NotFound, Refused
from tests.support.fake_shop import LIN, line

XU = EnteredReceiver("徐来", "13911112222", "浙江省", "杭州市", "西湖区", "文三路9号")


def draft(world, *lines, **more):
    wanted = lines or (("BEAR", 2),)
    entered = tuple(EnteredLine(world.skus[code], qty, unit_price_fen=500) for code, qty in wanted)
    return OrderDraft(entered, **({"receiver": XU} | more))


def enter(world, *lines, **more):
    return world.desk.entry.save(draft(world, *lines, **more))


def refused(world, wanted):
    """The code of the refusal; nothing was written."""
    before = world.dump()
    with pytest.raises(Refused) as error:
        world.desk.entry.save(wanted)
    assert world.dump() == before
    return error.value


def test_an_entered_order_is_packed_and_shipped_and_no_shop_is_told(world):
    saved = enter(world)
    assert saved.order_no == "H20260618-0001"
    assert not saved.is_short
    order = world.order(saved.order_no)
    assert (order.fulfilment, order.payment, order.amount_fen) == ("to_pack", "paid", 1000)
    assert order.ship_by_at - order.paid_at == timedelta(hours=48)
    world.buy_numbers()
    world.desk.pack(saved.order_no)
    # Hours later nobody has to be asked: what was entered here is all there is to know.
    world.clock.advance(seconds=9 * 3600)
    verdict = world.desk.ship(world.number(saved.order_no), KnowledgeRule(60, OnOld.STOP))
    assert (verdict.code, verdict.facts["age_s"]) == ("parcel.shipped", 0)
    assert world.rows(select(func.count()).select_from(Outbox).where(Outbox.kind == "confirm_shipment"))[0][0] == 0
    world.check_stock()


def test_the_shop_of_entered_orders_is_neither_pulled_nor_a_light(world):
    enter(world)
    row = world.rows(select(Shop.is_active, Shop.confirms_shipments).where(Shop.channel == "hand"))
    assert [tuple(one) for one in row] == [(False, False)]
    assert [light.name for light in world.desk.status.status().shops] == ["练习店"]


def test_a_parcel_of_entered_orders_has_no_age(world):
    saved = enter(world)
    parcel = world.desk.open(saved.order_no).parcel
    assert parcel.seen_at is None
    assert world.desk.orders.detail(saved.order_id).seen_at is None
    asked = []
    world.desk.asking.serve(world.shop_id)
    world.desk.asking.parcel_opened(parcel.id)
    assert asked == []


def test_numbers_follow_one_another_and_begin_anew_each_day(world):
    numbers = [enter(world, ("BEAR", n)).order_no for n in (1,)]
    numbers += [enter(world, ("BEAR", n), address_word="entered").order_no for n in (2, 3)]
    world.clock.advance(seconds=24 * 3600)
    numbers.append(enter(world, ("BEAR", 1), address_word="entered").order_no)
    assert numbers == ["H20260618-0001", "H20260618-0002", "H20260618-0003", "H20260619-0001"]


def test_gifts_bundles_and_what_is_short(world):
    lines = (
        EnteredLine(world.skus["SET"], 2, unit_price_fen=9900),
        EnteredLine(world.skus["CARD"], 1, is_gift=True),
        *[EnteredLine(world.skus["BAG"], 9_999)] * 11,
    )
    saved = world.desk.entry.save(OrderDraft(lines, XU, freight_fen=600))
    assert saved.is_short
    assert world.holds(saved.order_no) == {"short"}
    order = world.order(saved.order_no)
    assert (order.amount_fen, order.freight_fen) == (2 * 9900 + 600, 600)
    rows = [(row.qty, row.is_gift, row.bundle_sku_id is not None) for row in world.lines(saved.order_no)]
    assert rows[:3] == [(4, False, True), (2, False, True), (1, True, False)]
    assert rows[3:] == [(9_999, False, False)] * 11
    world.check_stock()


# --- the customer's address --------------------------------------------------------------------------------------


def test_a_known_customers_address_is_shown_and_has_to_be_confirmed(world):
    world.ready("A1", line("1", "BEAR"), consignee=replace(LIN, phone=XU.phone, name=XU.name))
    known = world.desk.entry.on_file(XU)
    assert (known.order_no, known.order_count, known.is_same, known.changed_at) == ("A1", 1, False, None)
    assert known.phone == "139******22"
    assert "301" not in known.address
    assert refused(world, draft(world)).code == "entry.address_unconfirmed"

    entered = enter(world, address_word="entered")
    order = world.order(entered.order_no)
    assert order.customer_id == known.customer_id
    assert consignee(world, order)[2:] == ("西湖区", "文三路9号")

    known = world.desk.entry.on_file(XU)
    assert (known.order_no, known.is_same, known.changed_at) == (entered.order_no, True, world.clock.now())
    assert known.changed_by == "clerk"


def test_the_address_on_file_is_taken_where_the_clerk_says_so(world):
    world.ready("A1", line("1", "BEAR"), consignee=replace(LIN, phone=XU.phone))
    saved = enter(world, address_word="on_file")
    assert world.order(saved.order_no).consignee_id == world.order("A1").consignee_id
    facts = world.rows(select(Journal.facts).where(Journal.action == "order.entered"))[0].facts
    assert facts == {"type": "normal", "address": "on_file"}


def test_a_new_customer_needs_no_word(world):
    assert world.desk.entry.on_file(XU) is None
    assert enter(world).order_no


def test_a_masked_receiver_on_file_is_never_sent_on(world):
    masked = Consignee("徐*", "139****2222", "浙江省", "杭州市", "西湖区", "***", token="oaid", is_masked=True)
    world.ready("A1", line("1", "BEAR"), consignee=masked)
    # A masked number ties nobody to anybody.
    assert world.desk.entry.on_file(XU) is None
    order_id = world.order("A1").id
    with pytest.raises(Refused) as error:
        world.desk.entry.copy(order_id)
    assert error.value.code == "entry.receiver_masked"
    assert refused(world, draft(world, receiver_of=order_id)).code == "entry.receiver_masked"


# --- again ---------------------------------------------------------------------------------------------------


def test_a_copy_keeps_goods_and_receiver_without_showing_them(world):
    world.ready("A1", line("1", "SET", 2), line("2", "CARD", is_gift=True, unit_price_fen=0))
    order = world.order("A1")
    copied = world.desk.entry.copy(order.id)
    assert [(choice.code, one.qty, one.is_gift) for choice, one in copied.lines] == [
        ("SET", 2, False),
        ("CARD", 1, True),
    ]
    assert (copied.name, copied.on_file.is_same) == ("林*", True)
    assert LIN.phone not in repr(copied)
    again = OrderDraft(
        tuple(one for _, one in copied.lines),
        receiver_of=order.id,
        order_type="reship",
        copied_from=order.id,
        address_word="entered",
    )
    saved = world.desk.entry.save(again)
    new = world.order(saved.order_no)
    assert (new.consignee_id, new.order_type) == (order.consignee_id, "reship")
    assert new.ship_by_at - new.paid_at == timedelta(hours=24)
    actions = [entry.action for entry in world.desk.orders.detail(order.id).timeline]
    assert "order.reship_entered" in actions


def test_an_erased_receiver_cannot_be_copied(world):
    from core.access.erasing import erase_customer

    number = world.ready("A1", line("1", "BEAR"))
    world.desk.pack("A1")
    world.desk.ship(number)
    order = world.order("A1")
    world.do(lambda uow: erase_customer(uow, order.customer_id))
    with pytest.raises(Refused) as error:
        world.desk.entry.copy(order.id)
    assert error.value.code == "entry.receiver_erased"


def test_the_same_again_within_a_day_is_asked_about(world):
    first = enter(world)
    twin = draft(world, address_word="entered")
    error = refused(world, twin)
    assert (error.code, error.facts["order_no"]) == ("entry.twice", first.order_no)
    assert enter(world, ("BEAR", 3), address_word="entered").order_no
    assert world.desk.entry.save(replace(twin, is_meant_twice=True)).order_no
    world.clock.advance(seconds=25 * 3600)
    assert world.desk.entry.save(twin).order_no


def test_what_cannot_become_an_order_is_refused_and_nothing_is_written(world):
    def without(**fields):
        return draft(world, receiver=replace(XU, **fields))

    cases = {
        "entry.no_lines": OrderDraft((), XU),
        "entry.qty_bad": draft(world, ("BEAR", 0)),
        "entry.sku_unknown": OrderDraft((EnteredLine(10**6, 1),), XU),
        "entry.type_bad": draft(world, order_type="presale"),
        "entry.price_bad": draft(world, freight_fen=-1),
        "entry.note_long": draft(world, seller_note="长" * 501),
        "entry.field_missing": without(city=" "),
        "entry.field_masked": without(address="文三路***"),
        "entry.field_long": without(name="长" * 51),
        "entry.field_bad": without(address='文三路9号"\r\nPRINT 500,1'),
    }
    for code, wanted in cases.items():
        error = refused(world, wanted)
        assert error.code == code
        assert not any(str(value) in repr(error.facts) for value in (XU.phone, XU.address))
    with pytest.raises(NotFound):
        world.desk.entry.save(draft(world, receiver_of=10**6))


def test_goods_are_found_by_code_name_and_barcode(world):
    find = world.desk.entry.goods
    assert [choice.code for choice in find("团团熊")] == ["BEAR", "SET"]
    carton = find("16901234567899")
    assert [(choice.code, choice.unit_qty, choice.available_qty) for choice in carton] == [("BEAR", 24, 100_000)]
    assert [choice.available_qty for choice in find("SET")] == [None]
    assert find("  ") == ()


def test_a_pasted_receiver_becomes_a_draft(world):
    found = world.desk.entry.parse("徐来 13911112222 浙江省杭州市西湖区文三路9号")
    assert found.district == "西湖区"
    assert (found.name, found.phone, found.address) == (XU.name, XU.phone, XU.address)


def test_two_desks_that_enter_at_once_get_two_numbers(world):
    from tests.race.test_spine_races import together

    other = world.new_desk("desk 2")
    second = replace(XU, phone="13733334444")
    saved = together(
        lambda: world.desk.entry.save(draft(world)), lambda: other.entry.save(draft(world, receiver=second))
    )
    assert sorted(one.order_no for one in saved) == ["H20260618-0001", "H20260618-0002"]
    assert world.rows(select(func.count()).select_from(Order).where(Order.order_no.like("H%")))[0][0] == 2


def consignee(world, order):
    columns = (ConsigneeRow.name, ConsigneeRow.phone, ConsigneeRow.district, ConsigneeRow.address)
    row = world.rows(select(*columns).where(ConsigneeRow.id == order.consignee_id))[0]
    return tuple(row)
