"""Broken units, parked parcels and their slips, and parcels for one receiver, without a QApplication."""

import pytest

from core.fulfilment.records import Apart, Companion, Lookalike, Together
from core.runtime.errors import Refused
from desktop.commands import Command
from desktop.pages.packing.presenter import PackingPresenter
from desktop.pages.packing.screen import Asking
from desktop.texts import Texts
from tests.gui.conftest import Desk
from tests.support.desk_world import GOODS, START

MILK, BOTTLE, BIB, WIPES = GOODS[:4]


@pytest.fixture
def desk():
    made = Desk()
    made.slips = []
    made.presenter = PackingPresenter(
        made.world,
        made.world,
        made.tasks,
        made.settings,
        now=lambda: made.now,
        nonce=lambda: f"a{next(made._nonces)}",
        on_sound=made.sounds.append,
        print_slip=made.slips.append,
        say=Texts("zh_CN").say,
    )
    return made


def opened(desk, *lines):
    parcel = desk.world.add_parcel(*lines)
    desk.press(Command.NEXT)
    assert desk.screen.parcel.id == parcel.id
    return parcel


def press_reason(desk, number):
    desk.press(Command.EXCEPTION)
    desk.presenter.hand.type_char(str(number))
    desk.tasks.run()


def test_a_short_pick_is_parked_and_its_slip_comes_out(desk):
    opened(desk, (MILK, 2), (BOTTLE, 1))
    desk.scan(MILK.barcode)
    press_reason(desk, 1)
    assert (desk.said, desk.screen.parcel) == ("verdict.parcel.parked", None)
    (slip,) = desk.slips
    assert (slip.code, slip.title, slip.large) == ("PARK-1", "搁置 1", "缺货")
    assert slip.facts == ("缺 婴儿配方奶粉 3段 × 1  MLK-3-900", "缺 宽口径奶瓶 × 1  BTL-240-P")
    assert ("小李" in slip.foot[-1], "1号台" in slip.foot[-1]) == (True, True)
    assert [row.slip for row in desk.screen.parked] == ["PARK-1"]


def test_a_desk_that_prints_no_slips_prints_none(desk):
    desk.settings.put("print_slip", False)
    opened(desk, (MILK, 2))
    press_reason(desk, 1)
    assert (desk.said, desk.slips) == ("verdict.parcel.parked", [])


def test_a_slip_that_cannot_be_printed_is_told_and_the_parcel_is_parked_all_the_same(desk):
    def refuse(_slip):
        raise Refused("wire.absent", "no printer")

    desk.presenter._aside._print_slip = refuse
    opened(desk, (MILK, 2))
    press_reason(desk, 1)
    assert desk.said == "error.wire.absent"
    assert desk.world.parcels[1].state == "held"


def test_a_broken_unit_is_named_by_a_scan_and_another_one_is_asked_for(desk):
    opened(desk, (MILK, 2))
    desk.scan(MILK.barcode)
    press_reason(desk, 2)
    assert (desk.said, desk.screen.asking) == ("packing.which_damaged", Asking.DAMAGED)
    desk.scan(MILK.barcode)
    assert (desk.called("damaged"), desk.said) == ([MILK.barcode], "verdict.unit.damaged")
    assert (desk.screen.asking, desk.screen.parcel.missing_qty, desk.slips) == (Asking.NOTHING, 1, [])
    desk.scan(MILK.barcode)
    assert desk.screen.parcel.missing_qty == 0


def test_broken_goods_without_a_barcode_are_the_marked_line(desk):
    opened(desk, (BIB, 2))
    press_reason(desk, 2)
    desk.presenter.hand.type_char(" ")
    desk.tasks.run()
    assert (desk.called("damaged"), desk.called("confirm_by_hand")) == ([101], [])


def test_a_typed_code_names_the_broken_unit_too(desk):
    opened(desk, (MILK, 2))
    press_reason(desk, 2)
    for char in MILK.barcode:
        desk.presenter.hand.type_char(char)
    desk.presenter.hand.enter()
    desk.tasks.run()
    assert desk.called("damaged") == [MILK.barcode]


def test_the_last_unit_broken_parks_the_parcel_with_a_slip(desk):
    desk.world.broken_last = True
    opened(desk, (MILK, 1))
    press_reason(desk, 2)
    desk.scan(MILK.barcode)
    assert (desk.said, desk.screen.parcel, len(desk.slips)) == ("verdict.parcel.parked", None, 1)


@pytest.mark.parametrize("leave", [Command.BACK, Command.UNDO, Command.REPRINT, Command.WEIGHT])
def test_another_key_means_that_nothing_is_broken(desk, leave):
    opened(desk, (MILK, 2))
    press_reason(desk, 2)
    desk.press(leave)
    assert desk.screen.asking is not Asking.DAMAGED
    if leave is Command.WEIGHT:
        desk.press(Command.BACK)
    desk.scan(MILK.barcode)
    assert (desk.called("damaged"), desk.screen.parcel.missing_qty) == ([], 1)


def test_a_look_at_the_records_does_not_forget_the_question(desk):
    opened(desk, (MILK, 2))
    press_reason(desk, 2)
    desk.presenter.on_changed()
    desk.presenter.tick()
    desk.tasks.run()
    desk.scan(MILK.barcode)
    assert desk.called("damaged") == [MILK.barcode]


def test_parcels_for_the_same_receiver_are_said_when_one_opens(desk):
    other = desk.world.add_parcel((WIPES, 1))
    desk.world.companions = (Companion(other.id, 0, other.order_nos),)
    desk.world.open_next, before = (
        lambda nonce, other_than=None: _with_companions(desk.world, before(nonce, other_than)),
        desk.world.open_next,
    )
    desk.press(Command.NEXT)
    assert desk.screen.companions == (Companion(1, 0, other.order_nos),)


def _with_companions(world, verdict):
    from dataclasses import replace

    return replace(verdict, facts={**verdict.facts, "companions": world.companions})


def test_merging_empties_the_reminder_and_parting_wants_a_second_press(desk):
    opened(desk, (MILK, 1))
    other = desk.world.add_parcel((WIPES, 1))
    desk.world.companions = (Companion(other.id, 0, other.order_nos),)
    desk.press(Command.MERGE)
    assert (desk.said, desk.screen.companions) == ("verdict.merge.done", ())
    assert len(desk.screen.parcel.order_nos) == 2
    desk.press(Command.UNMERGE)
    assert (desk.said, desk.called("unmerge")) == ("packing.part_armed", [])
    desk.press(Command.UNMERGE)
    assert (desk.said, len(desk.screen.parcel.order_nos)) == ("verdict.merge.undone", 1)


def test_a_platform_that_answers_behind_the_scan_is_heard_at_the_next_look(desk):
    opened(desk, (MILK, 1))
    other = desk.world.add_parcel((WIPES, 1))
    desk.presenter._board.show(apart=(Lookalike(other.id, other.order_nos, Apart.UNSAID),))
    desk.world.companions = (Companion(other.id, 0, other.order_nos, Together.ASKED, START),)
    desk.presenter.on_changed()
    desk.tasks.run()
    assert (desk.screen.companions, desk.screen.apart) == (desk.world.companions, ())


def test_where_nobody_else_waits_nothing_is_looked_up(desk):
    opened(desk, (MILK, 1))
    desk.presenter.on_changed()
    desk.tasks.run()
    assert desk.called("neighbours") == []
