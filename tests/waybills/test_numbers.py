"""Numbers: bought once per parcel, found again after a lost answer, given back when called off."""

import pytest

from core.runtime.errors import Refused
from core.runtime.remote_errors import ContractBroken, RateLimited
from tests.support.fake_shop import line


def _later(world):
    world.clock.advance(minutes=20)
    return world.buy_numbers()


def test_a_lost_answer_is_asked_for_by_key_before_anything_is_bought_again(world):
    world.carrier.faults = ["lose_answer"]
    assert world.ready("A1", line("1", "BEAR")) == ""
    assert [row.state for row in world.waybills("A1")] == ["requesting"]
    _later(world)
    assert world.carrier.finds == 1
    assert world.carrier.live_numbers() == [world.number("A1")]
    assert len(world.carrier.requests) == 1


def test_a_number_that_arrives_for_a_cancelled_parcel_goes_back(world):
    def cancel(request):
        world.shop.cancel("A1")
        world.sync("A1")

    world.carrier.meanwhile = cancel
    world.shop.place("A1", line("1", "BEAR"))
    world.sync("A1")
    world.buy_numbers()
    world.buy_numbers()
    assert world.carrier.live_numbers() == []
    (waybill,) = world.waybills("A1")
    assert waybill.state == "voided"
    assert world.desk.ship(waybill.number).code == "label.voided"


def test_a_number_bought_unheard_for_a_parcel_called_off_since_goes_back(world):
    world.carrier.faults = ["lose_answer"]
    world.ready("A1", line("1", "BEAR"))
    world.shop.cancel("A1")
    world.sync("A1")
    assert len(world.carrier.live_numbers()) == 1
    _later(world)
    _later(world)
    assert world.carrier.live_numbers() == []


def test_a_number_bought_unheard_before_a_change_of_address_goes_back(world):
    world.carrier.faults = ["lose_answer"]
    world.ready("A1", line("1", "BEAR"))
    world.shop.move("A1", "新路99号")
    world.sync("A1")
    _later(world)
    _later(world)
    assert world.carrier.live_numbers() == [world.number("A1")]


def test_a_refusal_for_good_holds_the_order_and_releasing_asks_again(world):
    world.carrier.faults = ["refuse"]
    world.ready("A1", line("1", "BEAR"))
    assert (world.waybills("A1")[0].state, world.holds("A1")) == ("failed", {"waybill_failed"})
    world.desk.orders.release_hold(world.order("A1").id)
    world.buy_numbers()
    assert world.number("A1")
    world.desk.pack("A1")
    assert len(world.print_labels()) == 1
    assert world.desk.ship(world.number("A1")).code == "parcel.shipped"


def test_a_new_number_lifts_the_hold_of_a_failed_one(world):
    world.carrier.faults = ["refuse"]
    world.ready("A1", line("1", "BEAR"))
    world.desk.labels.new_number(world.parcels("A1")[0].id, "address")
    world.buy_numbers()
    assert (bool(world.number("A1")), world.holds("A1")) == (True, set())


def test_an_empty_balance_holds_and_after_topping_up_the_clerk_gets_a_number(world):
    world.carrier.left = 0
    world.ready("A1", line("1", "BEAR"))
    assert world.holds("A1") == {"waybill_failed"}
    world.carrier.left = 5
    world.desk.orders.release_hold(world.order("A1").id)
    world.buy_numbers()
    assert world.number("A1")


def test_a_number_that_another_parcel_carries_is_not_used(world):
    first = world.ready("A1", line("1", "BEAR"))
    world.carrier.faults = ["same_number"]
    assert world.ready("A2", line("1", "BEAR")) == ""
    assert (world.holds("A2"), world.number("A1")) == ({"waybill_failed"}, first)
    world.desk.orders.release_hold(world.order("A2").id)
    world.buy_numbers()
    assert world.number("A2") not in ("", first)
    assert first not in world.carrier.returned


def test_a_garbled_answer_is_asked_for_again_by_key(world):
    world.carrier.faults = [ContractBroken("not what was promised"), RateLimited("slow down", retry_after_s=30)]
    world.ready("A1", line("1", "BEAR"))
    assert world.holds("A1") == set()
    _later(world)
    _later(world)
    assert world.number("A1")


def test_an_answer_nobody_understands_ends_with_a_person(world):
    world.carrier.faults = [ContractBroken("not what was promised")] * 9
    world.ready("A1", line("1", "BEAR"))
    for _ in range(5):
        _later(world)
    assert world.holds("A1") == {"waybill_failed"}


def test_the_new_number_voids_the_old_one_and_its_label_is_not_printed(world):
    old = world.ready("A1", line("1", "BEAR"))
    world.desk.pack("A1")
    world.desk.labels.new_number(world.parcels("A1")[0].id, "torn")
    assert world.print_labels() == []
    world.buy_numbers()
    (content,) = world.print_labels()
    assert content["waybill_no"] == world.number("A1") != old
    assert world.desk.ship(old).code == "label.voided"
    assert world.desk.ship(world.number("A1")).code == "parcel.shipped"
    with pytest.raises(Refused, match="has left"):
        world.desk.labels.new_number(world.parcels("A1")[0].id, "torn")


def test_a_masked_receiver_is_not_printed_by_us(world):
    from dataclasses import replace

    from tests.support.fake_shop import LIN

    world.ready("A1", line("1", "BEAR"), consignee=replace(LIN, name="林*", token="oaid", is_masked=True))
    world.desk.pack("A1")
    assert world.print_labels() == []
    assert [(job.state, job.last_error) for job in world.jobs()] == [("failed", "label.masked")]
    assert world.carrier.requests[0].consignee.token == "oaid"


HOSTILE = (
    "张三\x1b@\x1dV\x00",
    'x"\r\nPRINT 500,1\r\n',
    "^XZ^XA^PQ500^XZ~JA",
    "<b onload=alert(1)>",
    "\u202egnp.exe",
    "=HYPERLINK(1)",
    "%' OR 1=1--",
    "名" * 5000,
)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_in_every_field_reaches_the_label_as_text(world, text):
    from dataclasses import replace

    from tests.support.fake_shop import LIN

    clean = text.replace("\x00", "\ufffd")  # as the strict reading of every reply leaves it
    who = replace(LIN, name=clean, phone=clean, province=clean, city=clean, district=clean, address=clean)
    goods = line("1", "BEAR", title=clean, spec=clean)
    facts = {"buyer_note": clean, "seller_note": clean, "buyer_name": clean, "channel_status": clean}
    number = world.ready("A1", goods, consignee=who, raw={clean: clean}, **facts)
    opened = world.desk.pack("A1")
    (content,) = world.print_labels()
    assert (content["consignee"]["name"], content["buyer_note"]) == (clean, clean)
    assert opened.parcel.buyer_note == clean
    assert world.desk.orders.detail(world.order("A1").id).buyer_note == clean
    assert [row.order_no for row in world.listed(search=clean[:80])] in (["A1"], [])
    assert world.desk.ship(number).code == "parcel.shipped"
