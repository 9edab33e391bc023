"""Single-item rush: scan the goods, the next label comes."""

import pytest

from core.fulfilment.records import KnowledgeRule, OnOld, Tone
from core.fulfilment.wave_records import Choice
from tests.support.fake_shop import line
from tests.support.world import ANY_AGE, World

BEAR, BAG, CARTON = "6901234567892", "6901234567908", "16901234567899"


class Rush:
    """A desk in a rush: what is on it, as the presenter keeps it."""

    def __init__(self, world, desk=None, wave=None):
        self.world = world
        self.desk = desk or world.desk
        self.wave = wave or self.desk.packing.start_wave("single_item", 50)
        self.on_desk = None

    def scan(self, raw, nonce=None, rule=ANY_AGE):
        verdict = self.desk.packing.rush(self.wave.id, self.on_desk, raw, nonce or self.desk.nonce(), rule)
        if verdict.code == "rush.packed":
            self.on_desk = (verdict.parcel.id, verdict.parcel.fence)
        elif verdict.code.startswith("parcel.shipped"):
            self.on_desk = None
        return verdict


def place(world, *codes):
    return [world.ready(f"A{n}", line("1", code)) for n, code in enumerate(codes, 1)]


def test_goods_open_the_next_parcel_and_its_label_comes_and_ships_it(world):
    numbers = place(world, "BEAR", "BAG", "BEAR")
    rush = Rush(world)
    first = rush.scan(BEAR)
    assert (first.code, first.tone, first.parcel.order_nos) == ("rush.packed", Tone.COMPLETE, ("A1",))
    assert (first.parcel.state, first.parcel.missing_qty) == ("packed", 0)
    assert [label["waybill_no"] for label in world.print_labels()] == [numbers[0]]
    assert rush.scan(numbers[0]).code == "parcel.shipped"
    assert rush.scan(BAG).parcel.order_nos == ("A2",)
    world.print_labels()
    assert rush.scan(BEAR).parcel.order_nos == ("A3",), "without shipping the one before"
    assert world.parcels("A2")[0].opened_by == ""
    world.print_labels()
    assert rush.scan(numbers[2]).code == "parcel.shipped"
    assert rush.scan(numbers[1]).code == "parcel.shipped", "put aside, shipped by its label at once"
    assert rush.scan(BEAR).code == "rush.none_left"
    assert world.tell_shop() == 3
    world.check_stock()


def test_wrong_goods_say_so_and_take_nothing(world):
    place(world, "BEAR")
    world.ready("B1", line("1", "BAG", 2))
    rush = Rush(world)
    wrong = rush.scan(BAG)
    assert (wrong.code, wrong.tone, wrong.facts["name"]) == ("rush.not_inside", Tone.WRONG, "布袋")
    assert rush.scan("nobody knows").code == "code.unknown"
    carton = rush.scan(CARTON)
    assert (carton.code, carton.facts["units"]) == ("rush.carton", 24)
    assert {parcel.state for no in ("A1", "B1") for parcel in world.parcels(no)} == {"to_pack"}


def test_the_same_nonce_is_the_same_answer_and_one_parcel(world):
    place(world, "BEAR", "BEAR")
    rush = Rush(world)
    first = rush.desk.packing.rush(rush.wave.id, None, BEAR, "once", ANY_AGE)
    again = rush.desk.packing.rush(rush.wave.id, None, BEAR, "once", ANY_AGE)
    assert (first.code, again.code, first.parcel.id) == ("rush.packed", "rush.packed", again.parcel.id)
    assert [parcel.state for no in ("A1", "A2") for parcel in world.parcels(no)] == ["packed", "to_pack"]


def test_a_doubled_scan_takes_no_second_parcel(world):
    place(world, "BEAR", "BEAR")
    rush = Rush(world)
    rush.scan(BEAR)
    doubled = rush.scan(BEAR)
    assert (doubled.code, doubled.tone, doubled.parcel.order_nos) == ("rush.label_first", Tone.NOTICE, ("A1",))
    assert world.parcels("A2")[0].state == "to_pack"
    world.print_labels()
    assert rush.scan(BEAR).parcel.order_nos == ("A2",)


def test_a_held_parcel_is_passed_over(world):
    place(world, "BEAR", "BEAR")
    rush = Rush(world)
    world.desk.orders.hold(world.order("A1").id, "by_hand", "")
    assert rush.scan(BEAR).parcel.order_nos == ("A2",)


def test_an_undo_takes_the_one_unit_back(world):
    place(world, "BEAR")
    rush = Rush(world)
    packed = rush.scan(BEAR).parcel
    undone = world.desk.packing.undo(packed.id, packed.fence, world.desk.nonce())
    assert (undone.code, undone.parcel.missing_qty, undone.parcel.state) == ("scan.undone", 1, "packing")


def test_another_labels_swap_is_stopped_unless_the_goods_are_the_same(world):
    numbers = place(world, "BEAR", "BAG", "BEAR")
    rush = Rush(world)
    for code in (BEAR, BAG):
        assert rush.scan(code).code == "rush.packed"
        world.print_labels()
    assert rush.scan(numbers[0]).code == "label.wrong", "a bear's label while a bag lies here"
    assert rush.scan(BEAR).parcel.order_nos == ("A3",)
    world.print_labels()
    assert rush.scan(numbers[0]).code == "parcel.shipped", "one bear is as good as the other"
    assert world.parcels("A3")[0].opened_by == ""
    assert rush.scan(numbers[2]).code == "parcel.shipped"


def test_a_number_that_is_not_there_yet_prints_when_it_comes(world):
    world.shop.place("A1", line("1", "BEAR"))
    world.sync()
    rush = Rush(world)
    assert rush.scan(BEAR).parcel.waybill_no == ""
    world.buy_numbers()
    assert len(world.print_labels()) == 1


def test_refunded_meanwhile_is_said_on_the_next_scan(world):
    numbers = place(world, "BEAR", "BEAR")
    rush = Rush(world)
    rush.scan(BEAR)
    world.print_labels()
    world.shop.after_sale("A1", "1", "refunded")
    world.sync("A1")
    assert rush.scan(numbers[0]).code == "line.refunded"


def test_the_shop_is_asked_for_the_parcel_whose_label_it_is(world):
    numbers = place(world, "BEAR", "BEAR")
    rush = Rush(world)
    for _ in range(2):
        rush.scan(BEAR)
        world.print_labels()
    world.clock.advance(seconds=900)
    rule = KnowledgeRule(180, OnOld.ASK)
    asked = rush.desk.packing.rush(rush.wave.id, None, numbers[0], "label", rule)
    assert (asked.code, asked.parcel.order_nos) == ("knowledge.ask", ("A1",))
    world.sync()
    assert rush.desk.packing.rush(rush.wave.id, None, numbers[0], "label", rule).code == "parcel.shipped"


def test_an_order_number_opens_its_parcel_as_ever(world):
    place(world, "BEAR")
    world.ready("B1", line("1", "BAG", 2))
    assert Rush(world).scan("B1").code == "parcel.opened"


def test_another_desk_goes_on_with_the_same_wave(world):
    place(world, "BEAR", "BEAR")
    mine = Rush(world)
    theirs = Rush(world, world.new_desk("desk 2"), mine.wave)
    assert mine.scan(BEAR).parcel.order_nos == ("A1",)
    assert theirs.scan(BEAR).parcel.order_nos == ("A2",)
    assert theirs.scan(BEAR).code == "rush.label_first"


@pytest.mark.parametrize("way", ["batch", "scan_to_print"])
def test_single_items_of_another_way_are_packed_as_ever(world: World, way):
    place(world, "BEAR")
    wave = world.desk.waves.start(Choice("single_item"), way, 5)
    assert wave.way == way
    opened = world.desk.packing.open_next(world.desk.nonce())
    assert world.desk.scan(opened, BEAR).code == "parcel.complete"
