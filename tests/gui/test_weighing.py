"""The weight at the label scan, without a QApplication: taken by itself, or one clear question."""

from datetime import timedelta

import pytest

from desktop.commands import Command
from desktop.pages.packing.presenter import PackingPresenter
from desktop.scale.state import Condition, ScaleState
from tests.gui.conftest import Desk
from tests.support.desk_world import GOODS

MILK, BOTTLE = GOODS[:2]
FIRST, SECOND = "7312345678001", "7312345678002"
EXPECTED_G = 2100


class Pan:
    """What the desk sees of a scale; counts how often it was empty, as the reader does."""

    def __init__(self):
        self.state = ScaleState(Condition.STEADY, 0, emptied=1)

    def look(self):
        return self.state

    def put(self, grams):
        self.state = ScaleState(Condition.STEADY, grams, emptied=self.state.emptied)

    def take_off(self):
        self.state = ScaleState(Condition.STEADY, 0, emptied=self.state.emptied + 1)

    def show(self, condition, grams=0):
        self.state = ScaleState(condition, grams, emptied=self.state.emptied)


@pytest.fixture
def pan():
    return Pan()


@pytest.fixture
def desk(pan):
    made = Desk()
    made.presenter = PackingPresenter(
        made.world,
        made.world,
        made.tasks,
        made.settings,
        now=lambda: made.now,
        nonce=lambda: f"s{next(made._nonces)}",
        on_sound=made.sounds.append,
        scale=pan,
    )
    for _ in range(2):
        made.world.add_parcel((BOTTLE, 1))
    return made


def packed(desk):
    desk.press(Command.NEXT)
    desk.scan(BOTTLE.barcode)
    return desk.screen.parcel.waybill_no


def later(desk, seconds=2.0):
    desk.now += timedelta(seconds=seconds)
    desk.presenter.tick()
    desk.tasks.run()


def test_the_weight_is_taken_with_the_label_and_the_parcel_leaves(desk, pan):
    label = packed(desk)
    pan.put(2150)
    desk.scan(label)
    assert (desk.said, desk.called("weigh")) == ("packing.shipped", [2150])
    assert desk.world.parcels[1].weight_g == 2150


def test_another_parcels_label_is_stopped_before_anything_is_weighed(desk, pan):
    packed(desk)
    pan.put(2150)
    desk.scan(SECOND)
    assert (desk.said, desk.called("weigh")) == ("verdict.label.wrong", [])


def test_a_desk_without_a_scale_asks_for_no_weight(desk, pan):
    label = packed(desk)
    pan.show(Condition.OFF)
    desk.scan(label)
    assert (desk.said, desk.called("weigh")) == ("packing.shipped", [])


def test_a_parcel_that_lacks_something_is_asked_about_and_the_second_press_sends_it(desk, pan):
    label = packed(desk)
    pan.put(EXPECTED_G - 310)
    desk.scan(label)
    assert (desk.said, desk.screen.sentence.what.facts["off_g"]) == ("verdict.weight.light", 310)
    assert desk.called("scan_label") == []
    desk.scan(label)
    assert (desk.said, desk.called("scan_label")) == ("verdict.weight.light", []), "a scanner that reads twice"
    later(desk)
    desk.scan(label)
    assert desk.said == "packing.shipped"
    assert desk.world.parcels[1].weight_g == EXPECTED_G - 310


def test_a_parcel_that_holds_too_much_is_asked_about(desk, pan):
    label = packed(desk)
    pan.put(EXPECTED_G + 310)
    desk.scan(label)
    assert (desk.said, desk.screen.sentence.what.facts["off_g"]) == ("verdict.weight.heavy", 310)
    assert desk.called("scan_label") == []


def test_what_was_missing_is_put_in_and_the_right_weight_is_noted(desk, pan):
    label = packed(desk)
    pan.put(EXPECTED_G - 310)
    desk.scan(label)
    pan.put(EXPECTED_G + 20)
    later(desk)
    desk.scan(label)
    assert (desk.said, desk.world.parcels[1].weight_g) == ("packing.shipped", EXPECTED_G + 20)


@pytest.mark.parametrize(
    "condition",
    [
        Condition.OUT,
        Condition.SILENT,
        Condition.GARBLED,
        Condition.GONE,
        Condition.BUSY,
        Condition.FORBIDDEN,
    ],
)
def test_a_scale_in_trouble_is_one_sentence_and_the_second_scan_sends_without_a_weight(desk, pan, condition):
    label = packed(desk)
    pan.show(condition)
    desk.scan(label)
    assert (desk.said, desk.called("scan_label")) == (f"packing.scale.{condition}", [])
    desk.scan(label)
    assert desk.called("scan_label") == [], "a scanner that reads twice"
    later(desk)
    desk.scan(label)
    assert (desk.said, desk.called("skip_weight")) == ("packing.shipped", [str(condition)])
    assert desk.world.parcels[1].weight_g is None


def test_a_scale_that_comes_back_is_used_at_the_second_scan(desk, pan):
    label = packed(desk)
    pan.show(Condition.GONE)
    desk.scan(label)
    pan.put(EXPECTED_G)
    later(desk)
    desk.scan(label)
    assert (desk.said, desk.called("skip_weight")) == ("packing.shipped", [])
    assert desk.world.parcels[1].weight_g == EXPECTED_G


def test_a_swinging_scale_is_waited_for(desk, pan):
    label = packed(desk)
    pan.show(Condition.MOVING, 1800)
    desk.scan(label)
    assert (desk.said, desk.called("weigh")) == ("packing.scale.settling", [])
    pan.put(EXPECTED_G)
    desk.presenter.follow_scale()
    desk.tasks.run()
    assert (desk.said, desk.called("weigh")) == ("packing.shipped", [EXPECTED_G])


def test_what_is_scanned_while_the_scale_swings_waits_its_turn(desk, pan):
    label = packed(desk)
    pan.show(Condition.MOVING, 1800)
    desk.scan(label)
    desk.scan(SECOND)
    assert desk.called("open_code") == []
    pan.put(EXPECTED_G)
    desk.presenter.follow_scale()
    desk.tasks.run()
    assert desk.called("open_code") == [SECOND]


def test_a_scale_that_swings_for_ever_ends_in_a_question(desk, pan):
    label = packed(desk)
    pan.show(Condition.MOVING, 1800)
    desk.scan(label)
    for _ in range(2):
        later(desk, 1.0)
        assert desk.said == "packing.scale.settling"
    later(desk, 1.0)
    assert desk.said == "packing.scale.moving"
    later(desk)
    desk.scan(label)
    assert (desk.said, desk.called("skip_weight")) == ("packing.shipped", ["moving"])


def test_an_empty_scale_is_no_weight(desk, pan):
    label = packed(desk)
    desk.scan(label)
    assert desk.said == "packing.scale.empty"
    pan.put(EXPECTED_G)
    later(desk)
    desk.scan(label)
    assert desk.called("weigh") == [EXPECTED_G]


def test_what_lay_there_before_the_desk_began_is_not_taken(desk, pan):
    label = packed(desk)
    pan.state = ScaleState(Condition.STEADY, EXPECTED_G, emptied=0)
    desk.scan(label)
    assert (desk.said, desk.called("weigh")) == ("packing.scale.not_emptied", [])
    pan.take_off()
    pan.put(EXPECTED_G)
    later(desk)
    desk.scan(label)
    assert desk.called("weigh") == [EXPECTED_G]


@pytest.mark.parametrize(("grams", "why"), [(EXPECTED_G, "same"), (EXPECTED_G + 30, "not_emptied")])
def test_the_last_parcels_weight_is_not_taken_for_the_next(desk, pan, grams, why):
    label = packed(desk)
    pan.put(EXPECTED_G)
    desk.scan(label)
    label = packed(desk)
    pan.put(grams)
    desk.scan(label)
    assert (desk.said, desk.called("weigh")) == (f"packing.scale.{why}", [EXPECTED_G])
    later(desk)
    desk.scan(label)
    assert (desk.said, desk.called("skip_weight")) == ("packing.shipped", [why])
    assert desk.world.parcels[2].weight_g is None


def test_a_reader_that_begins_anew_is_believed_again_once_the_scale_was_empty(desk, pan):
    label = packed(desk)
    for _ in range(5):
        pan.take_off()
    pan.put(EXPECTED_G)
    desk.scan(label)
    label = packed(desk)
    pan.state = ScaleState(Condition.STEADY, EXPECTED_G, emptied=0)
    desk.scan(label)
    assert desk.said == "packing.scale.not_emptied"
    pan.take_off()
    pan.put(EXPECTED_G)
    later(desk)
    desk.scan(label)
    assert (desk.said, desk.called("weigh")) == ("packing.shipped", [EXPECTED_G, EXPECTED_G])


def test_the_same_weight_is_taken_where_the_scale_was_empty_in_between(desk, pan):
    label = packed(desk)
    pan.put(EXPECTED_G)
    desk.scan(label)
    label = packed(desk)
    pan.take_off()
    pan.put(EXPECTED_G)
    desk.scan(label)
    assert (desk.said, desk.called("weigh")) == ("packing.shipped", [EXPECTED_G, EXPECTED_G])


def test_the_key_takes_the_weight_and_the_label_does_not_weigh_again(desk, pan):
    label = packed(desk)
    pan.put(EXPECTED_G)
    desk.press(Command.WEIGHT)
    assert desk.screen.parcel.weight_g == EXPECTED_G
    pan.show(Condition.GONE)
    desk.scan(label)
    assert (desk.said, desk.called("weigh")) == ("packing.shipped", [EXPECTED_G])


def test_the_key_asks_for_a_typed_weight_where_the_scale_cannot_be_believed(desk, pan):
    label = packed(desk)
    pan.show(Condition.SILENT)
    desk.press(Command.WEIGHT)
    assert desk.screen.asking == "weight"
    for char in "2130":
        desk.presenter.hand.type_char(char)
    desk.presenter.hand.enter()
    desk.tasks.run()
    assert desk.screen.parcel.weight_g == 2130
    desk.scan(label)
    assert desk.said == "packing.shipped"


def test_a_typed_weight_that_is_off_is_meant_when_it_is_typed_again(desk, pan):
    packed(desk)
    pan.show(Condition.OFF)
    desk.press(Command.WEIGHT, 300)
    assert (desk.said, desk.screen.parcel.weight_g) == ("verdict.weight.light", None)
    later(desk)
    desk.press(Command.WEIGHT, 1000)
    assert (desk.said, desk.screen.parcel.weight_g) == ("verdict.weight.light", None)
    later(desk)
    desk.press(Command.WEIGHT, 1000)
    assert desk.screen.parcel.weight_g == 1000


def test_a_typed_weight_that_is_off_is_meant_when_the_label_follows(desk, pan):
    label = packed(desk)
    pan.show(Condition.OFF)
    desk.press(Command.WEIGHT, 300)
    later(desk)
    desk.scan(label)
    assert (desk.said, desk.world.parcels[1].weight_g) == ("packing.shipped", 300)


def test_a_question_of_the_morning_is_asked_again_in_the_afternoon(desk, pan):
    label = packed(desk)
    pan.show(Condition.SILENT)
    desk.scan(label)
    later(desk, 3600)
    desk.scan(label)
    assert (desk.said, desk.called("scan_label")) == ("packing.scale.silent", [])


def test_a_rush_weighs_at_the_label_and_not_at_the_goods(desk, pan):
    desk.settings.put("way", "single_item")
    desk.press(Command.WAVE)
    desk.scan(BOTTLE.barcode)
    assert (desk.screen.rush is not None, desk.called("weigh")) == (True, [])
    pan.put(EXPECTED_G - 310)
    desk.scan(FIRST)
    assert (desk.said, desk.called("weigh")) == ("verdict.weight.light", [EXPECTED_G - 310])
    pan.put(EXPECTED_G)
    later(desk)
    desk.scan(FIRST)
    assert (desk.said, desk.world.parcels[1].weight_g) == ("packing.shipped", EXPECTED_G)
    desk.scan(BOTTLE.barcode)
    assert desk.screen.parcel.id == 2


def test_what_the_scale_shows_is_on_the_page(desk, pan):
    pan.put(523)
    desk.presenter.follow_scale()
    assert desk.screen.scale == ScaleState(Condition.STEADY, 523, emptied=1)
