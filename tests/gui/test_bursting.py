"""Shipping by labels alone at the desk: every scan answered in its order, what stayed kept in sight."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from sqlalchemy import select

from core.access.rights import Right
from core.db.models import Journal
from core.fulfilment.records import Tone, Verdict
from core.runtime.errors import Unavailable
from desktop.bridge.task_runner import TaskRunner
from desktop.commands import Command
from desktop.formats import journal_code
from desktop.pages.packing.presenter import PackingPresenter
from desktop.pages.packing.screen import Mood
from desktop.settings import DeskSettings
from desktop.texts import Texts
from tests.gui.robots import DeskRobot
from tests.support.desk_world import GOODS, DeskWorld
from tests.support.fake_shop import line

MILK, BOTTLE = GOODS[:2]
UNKNOWN = "99990000111122"


def label(n):
    return f"7312345678{n:03d}"


@pytest.fixture
def burst(desk):
    """A desk with six parcels nobody has verified, in a burst."""
    for _ in range(6):
        desk.world.add_parcel((MILK, 2))
    desk.press(Command.BURST)
    desk.sounds.clear()
    return desk


def tones(desk):
    return [(row.number, row.tone) for row in desk.screen.burst.rows]


def later(desk, seconds=1.0):
    desk.now += timedelta(seconds=seconds)


def test_label_after_label_leaves_and_is_counted_by_carrier(burst):
    assert (burst.said, burst.screen.sentence.mood) == ("packing.burst", Mood.CALM)
    burst.world.parcels[2] = replace(burst.world.parcels[2], carrier_name="顺丰速运")
    burst.scan(label(1), label(2), label(3))
    shown = burst.screen.burst
    assert (shown.left, shown.by_carrier, shown.waiting) == (3, (("中通快递", 2), ("顺丰速运", 1)), 0)
    assert (burst.said, burst.screen.sentence.more.code) == ("packing.shipped", "packing.burst")
    assert burst.screen.sentence.what.facts["waybill_no"] == label(3)
    assert tones(burst) == [(label(3), "good"), (label(2), "good"), (label(1), "good")]
    assert shown.rows[0].order_nos == burst.world.parcels[3].order_nos[0]
    assert burst.sounds == ["shipped"] * 3
    assert burst.screen.recent[0].waybill_no == label(3)
    assert burst.called("open_code") == burst.called("open_next") == []


def test_what_was_stopped_stands_on_top_until_it_is_acknowledged(burst):
    burst.world.voided.add(label(1))
    burst.scan(label(1))
    assert (burst.said, burst.screen.sentence.mood) == ("verdict.label.voided", Mood.STOP)
    assert burst.screen.is_alarming
    assert burst.screen.sentence.more.facts["number"] == label(1), "the gun is at another by then"
    burst.scan(UNKNOWN, label(2))
    assert (burst.said, burst.screen.sentence.mood) == ("packing.shipped", Mood.NOTICE)
    assert (burst.screen.sentence.way.code, burst.screen.burst.stopped) == ("packing.burst.stopped", 2)
    assert tones(burst) == [(UNKNOWN, "stop"), (label(1), "stop"), (label(2), "good")]
    assert burst.sounds == ["stop", "quiet", "wrong", "shipped"]
    later(burst)
    burst.presenter.hand.enter()
    assert tones(burst) == [(label(1), "stop"), (label(2), "good")]
    burst.presenter.hand.enter()
    assert (tones(burst), burst.screen.sentence.mood) == ([(label(2), "good")], Mood.GOOD)
    burst.presenter.hand.enter()
    assert burst.screen.burst.is_on


def test_the_second_enter_of_a_scanner_acknowledges_nothing(burst):
    burst.scan(UNKNOWN)
    later(burst, 0.1)
    burst.presenter.hand.enter()
    assert burst.screen.burst.stopped == 1
    later(burst)
    burst.presenter.hand.enter()
    assert burst.screen.burst.stopped == 0


def test_a_stopped_label_that_is_scanned_again_all_right_is_gone_from_the_top(burst):
    number = label(1)
    burst.world.parcels[1] = replace(burst.world.parcels[1], state="held")
    burst.scan(number, number, label(2))
    assert tones(burst) == [(number, "stop"), (label(2), "good")], "stopped twice, listed once"
    burst.world.parcels[1] = replace(burst.world.parcels[1], state="to_pack")
    burst.scan(number)
    assert tones(burst) == [(number, "good"), (label(2), "good")]


def test_the_same_label_twice_is_quiet(burst):
    burst.scan(label(1), label(1))
    assert (burst.screen.burst.left, burst.screen.is_alarming) == (1, False)
    assert (tones(burst)[0], burst.sounds) == ((label(1), "quiet"), ["shipped", "notice"])


def test_goods_are_told_as_wrong_and_there_is_nothing_to_put_aside(burst):
    burst.scan(MILK.barcode)
    assert (burst.said, burst.screen.sentence.mood, burst.sounds) == ("verdict.burst.goods", Mood.STOP, ["wrong"])
    assert burst.screen.burst.stopped == 0


def test_a_partly_verified_parcel_stays(burst):
    first = burst.world.parcels[1]
    lines = tuple(replace(line, verified_qty=1) for line in first.lines)
    burst.world.parcels[1] = replace(first, lines=lines)
    burst.scan(label(1))
    assert (burst.said, burst.screen.sentence.way.code) == ("verdict.burst.begun", "verdict.burst.begun.way")
    assert burst.world.parcels[1].state == "to_pack"


# --- the shop's word is old ---------------------------------------------------------------------------------------


def test_an_old_word_is_asked_behind_the_next_labels_and_its_row_keeps_its_place(burst):
    burst.world.parcels[1] = replace(burst.world.parcels[1], seen_at=burst.now - timedelta(hours=1))
    for n in (1, 2, 3):
        burst.presenter.scan(label(n))
    burst.tasks.run(3)
    assert (burst.called("ask_shop"), burst.screen.burst.left) == ([], 2), "nothing waited for the shop"
    assert tones(burst) == [(label(3), "good"), (label(2), "good"), (label(1), "busy")]
    burst.tasks.run()
    assert (burst.called("ask_shop"), burst.screen.burst.left) == ([1], 3)
    assert tones(burst) == [(label(3), "good"), (label(2), "good"), (label(1), "good")]


@pytest.mark.parametrize(("ships", "tone", "left"), [(True, "notice", 1), (False, "stop", 0)])
def test_where_the_shop_stays_silent_the_setting_of_the_desk_decides(burst, ships, tone, left):
    burst.settings.put("ship_on_old", ships)
    burst.world.shop_answers = False
    burst.world.parcels[1] = replace(burst.world.parcels[1], seen_at=burst.now - timedelta(hours=1))
    burst.scan(label(1))
    assert (tones(burst), burst.screen.burst.left) == ([(label(1), tone)], left)
    assert [number for number, _ in burst.screen.shipped_on_old] == [label(1)] * left


def test_what_the_shop_is_asked_about_does_not_leave_under_the_next_clerks_name(burst):
    burst.world.parcels[1] = replace(burst.world.parcels[1], seen_at=burst.now - timedelta(hours=1))
    burst.presenter.scan(label(1))
    burst.tasks.run(1)
    burst.presenter.end_burst(is_clerk_gone=True)
    burst.tasks.run()
    assert burst.world.parcels[1].state == "to_pack"
    assert [(row.tone, row.what.code) for row in burst.screen.burst.rows] == [("stop", "packing.burst.dropped")]


def test_what_was_judged_first_after_the_clerk_had_gone_is_not_judged_again(burst):
    burst.world.parcels[1] = replace(burst.world.parcels[1], seen_at=burst.now - timedelta(hours=1))
    burst.presenter.scan(label(1))
    burst.presenter.end_burst(is_clerk_gone=True)
    burst.tasks.run()
    assert (burst.called("ask_shop"), burst.world.parcels[1].state) == ([], "to_pack")
    assert tones(burst) == [(label(1), "stop")]


# --- turning it on and off ----------------------------------------------------------------------------------------


def test_the_next_label_after_a_burst_opens_its_parcel_again(burst):
    burst.scan(label(1))
    burst.press(Command.BACK)
    assert (burst.screen.burst.is_on, burst.said) == (False, "packing.idle")
    burst.scan(label(2))
    assert (burst.screen.parcel.id, burst.world.parcels[2].state) == (2, "packing")


def test_leaving_with_something_stopped_asks_once(burst):
    burst.scan(UNKNOWN)
    burst.press(Command.BACK)
    assert (burst.said, burst.screen.burst.is_on, burst.screen.is_alarming) == ("packing.burst.armed", True, False)
    burst.scan(label(1))
    burst.press(Command.BACK)
    assert burst.screen.burst.is_on, "a scan between makes it a first press again"
    burst.press(Command.BACK)
    assert not burst.screen.burst.is_shown


def test_it_begins_by_its_barcode_and_only_with_a_free_desk(desk):
    desk.world.add_parcel((MILK, 2))
    desk.press(Command.NEXT)
    desk.scan("PD-BURST")
    assert (desk.said, desk.screen.burst.is_on) == ("packing.burst.parcel_open", False)
    desk.press(Command.BACK)
    desk.press(Command.BACK)
    desk.scan("PD-BURST", label(1))
    assert (desk.screen.burst.left, desk.screen.parcel) == (1, None)
    desk.scan("PD-BURST")
    assert not desk.screen.burst.is_on


def test_labels_scanned_behind_the_key_belong_to_the_burst(desk):
    desk.world.add_parcel((MILK, 2))
    desk.presenter.press(Command.WAVE)
    desk.presenter.press(Command.BURST)
    desk.presenter.scan(label(1))
    desk.tasks.run()
    assert desk.called("burst") == [label(1)]


def test_without_the_right_it_does_not_begin(desk):
    desk.presenter._burst._may = lambda right: right is not Right.SHIP_UNCHECKED
    desk.press(Command.BURST)
    assert (desk.said, desk.screen.burst.is_on) == ("error.right.missing", False)


def test_other_keys_do_nothing_meanwhile(burst):
    for command in (Command.NEXT, Command.WAVE, Command.TAKE_OVER, Command.EXCEPTION, Command.UNDO):
        burst.press(command)
        assert burst.said == "packing.burst.only_labels"
    assert {name for name, _ in burst.world.calls} & {"open_next", "start_wave", "undo"} == set()


def test_left_alone_it_ends_and_what_was_stopped_stays_until_it_is_seen(burst):
    burst.scan(UNKNOWN)
    later(burst, 599)
    burst.presenter.tick()
    assert burst.screen.burst.is_on
    later(burst, 1)
    burst.presenter.tick()
    burst.tasks.run()
    assert (burst.said, burst.screen.burst.is_on, burst.screen.burst.stopped) == ("packing.burst.ended", False, 1)
    burst.scan(label(1))
    assert (burst.screen.parcel.id, burst.called("burst")) == (1, [UNKNOWN]), "a label opens its parcel again"
    burst.press(Command.BACK)
    burst.presenter.hand.enter()
    assert not burst.screen.burst.is_shown


def test_a_label_after_a_long_rest_opens_its_parcel_even_before_anybody_has_looked_at_the_clock(burst):
    later(burst, 601)
    burst.scan(label(1))
    assert (burst.screen.parcel.id, burst.called("burst")) == (1, [])


def test_an_order_refunded_as_a_whole_is_named_by_its_label(burst):
    refunded = Verdict("line.refunded", Tone.STOP, burst.world.parcels[1], facts={"whole": True})
    burst.world._burst = lambda _raw, _rule: refunded
    burst.scan(label(1))
    more = burst.screen.sentence.more
    assert Texts("zh_CN").say(more).strip() == label(1)


def test_a_burst_goes_before_a_rush(desk):
    for _ in range(2):
        desk.world.add_parcel((MILK, 1))
    desk.settings.put("way", "single_item")
    desk.press(Command.WAVE)
    desk.press(Command.BURST)
    assert desk.said == "packing.burst"
    desk.scan(label(1))
    assert (desk.called("rush"), desk.screen.burst.left) == ([], 1)


# --- trouble ------------------------------------------------------------------------------------------------------


def test_a_busy_database_is_tried_once_more_with_the_same_nonce(burst):
    burst.world.failures.append(Unavailable("db.busy", "busy"))
    burst.scan(label(1))
    assert (burst.screen.burst.left, burst.called("burst")) == (1, [label(1)] * 2)


def test_what_could_not_be_recorded_is_said_kept_and_scanned_again(burst):
    burst.world.failures += [Unavailable("db.busy", "busy"), Unavailable("db.busy", "busy")]
    burst.scan(label(1))
    assert (burst.said, tones(burst)) == ("error.db.busy", [(label(1), "stop")])
    burst.scan(label(1))
    assert tones(burst) == [(label(1), "good")]


# --- as quick as the gun goes -------------------------------------------------------------------------------------


def test_thirty_labels_within_three_seconds_are_all_answered_in_their_order(desk):
    for _ in range(30):
        desk.world.add_parcel((MILK, 2))
    desk.world.voided.add(label(7))
    desk.press(Command.BURST)
    for n in range(1, 31):
        desk.presenter.scan(label(n))
        later(desk, 0.1)
    assert desk.screen.burst.waiting == 30
    desk.tasks.run()
    assert desk.called("burst") == [label(n) for n in range(1, 31)]
    assert (desk.screen.burst.left, desk.screen.burst.waiting) == (29, 0)
    assert tones(desk) == [(label(7), "stop"), *((label(n), "good") for n in range(30, 18, -1))]


def test_core_itself_answers_thirty_labels_within_three_seconds(qtbot, file_world):
    """The whole way on a real database: every label a transaction of its own, in the order of the gun."""
    numbers = [file_world.ready(f"A{n}", line("1", "BEAR")) for n in range(30)]
    tasks = TaskRunner()
    desk = file_world.desk
    nonces = iter(range(1000))
    presenter = PackingPresenter(
        desk.packing,
        desk.labels,
        tasks,
        DeskSettings(None),
        now=file_world.clock.now,
        nonce=lambda: f"gun {next(nonces)}",
        on_sound=lambda _name: None,
    )
    presenter.press(Command.BURST)
    for number in numbers:
        presenter.scan(number)
    qtbot.waitUntil(lambda: presenter.screen.burst.waiting == 0, timeout=10_000)
    assert presenter.screen.burst.left == 30
    shipped = select(Journal.facts).where(Journal.action == "parcel.shipped").order_by(Journal.id)
    assert [row.facts["number"] for row in file_world.rows(shipped)] == numbers
    assert tasks.stop()


def test_thirty_labels_are_answered_by_real_lanes_while_a_shop_is_slow(qtbot):
    """One clerk, one gun, a shop that answers nobody before the last label was scanned."""
    answers = threading.Event()
    world = DeskWorld(at_shop=lambda _parcel_id: answers.wait(30))
    for n in range(1, 31):
        old = {"seen_at": world.now() - timedelta(hours=1)} if n % 3 == 0 else {}
        world.add_parcel((MILK, 2), **old)
    tasks = TaskRunner()
    nonces = iter(range(1000))
    presenter = PackingPresenter(
        world,
        world,
        tasks,
        DeskSettings(None),
        now=world.now,
        nonce=lambda: f"n{next(nonces)}",
        on_sound=lambda _name: None,
    )
    presenter.press(Command.BURST)
    for n in range(1, 31):
        presenter.scan(label(n))
    qtbot.waitUntil(lambda: presenter.screen.burst.left == 20, timeout=10_000)
    assert presenter.screen.burst.waiting == 10, "the gun waits for no shop"
    answers.set()
    qtbot.waitUntil(lambda: presenter.screen.burst.waiting == 0, timeout=10_000)
    assert presenter.screen.burst.left == 30
    first = [about for name, about in world.calls if name == "burst"]
    assert list(dict.fromkeys(first)) == [label(n) for n in range(1, 31)]
    assert len(first) == 40, "ten were judged again"
    assert tasks.stop()


# --- in the window ------------------------------------------------------------------------------------------------


@pytest.fixture
def robot(qtbot, window):
    return DeskRobot(qtbot, window)


def rows(robot):
    model = robot.find("packing.burst.table").model()
    return [(model.cell(n, 0), model.cell(n, 1)) for n in range(model.rowCount())]


def begins(robot):
    robot.key(Qt.Key.Key_F3, Qt.KeyboardModifier.ShiftModifier)
    robot.sees("packing.sentence.what", "批量出库：扫面单，不验货")


@pytest.mark.gui
@pytest.mark.qt_log_ignore("This plugin does not support")
def test_a_burst_by_gun_and_keys_in_the_window(robot, world):
    button = robot.find("packing.action.burst", QPushButton)
    assert (button.isVisible(), button.isEnabled(), "Shift+F3" in button.text()) == (True, True, True)
    begins(robot)
    assert not robot.find("packing.idle").isVisible()
    for code in (label(1), UNKNOWN, label(2)):
        robot.gun(code)
    robot.sees("packing.burst.left", "已出库 2 个")
    robot.sees("packing.burst.hint", "1 个没有出库")
    assert robot.text("packing.burst.carriers") == "中通快递 2"
    assert [number for _, number in rows(robot)] == [UNKNOWN, label(2), label(1)]
    robot.sees("packing.sentence.way", "按 Enter 逐个确认")
    robot.key(Qt.Key.Key_Escape)
    robot.sees("packing.sentence.what", "还有 1 个没有出库")
    # A clerk is slower than a scanner's second Enter; the desk's clock stands still here.
    robot.window.parts.packing._burst._scanned_at = None
    robot.qtbot.wait(120)
    robot.key(Qt.Key.Key_Return)
    robot.qtbot.waitUntil(lambda: [number for _, number in rows(robot)] == [label(2), label(1)])
    robot.key(Qt.Key.Key_Escape)
    robot.qtbot.waitUntil(lambda: not robot.find("packing.burst").isVisible())
    assert robot.find("packing.idle").isVisible()
    robot.gun(label(3))
    robot.qtbot.waitUntil(lambda: world.parcels[3].state == "packing")


@pytest.mark.gui
@pytest.mark.qt_log_ignore("This plugin does not support")
def test_another_page_ends_the_burst_and_a_label_scanned_there_opens_its_parcel(robot, world):
    begins(robot)
    robot.gun(UNKNOWN)
    robot.sees("packing.burst.hint", "1 个没有出库")
    robot.goes_to("customers")
    robot.goes_to("packing")
    robot.sees("packing.sentence.what", "批量出库已自动结束")
    assert [number for _, number in rows(robot)] == [UNKNOWN], "it has still not left"
    robot.gun(label(1))
    robot.qtbot.waitUntil(lambda: world.parcels[1].state == "packing")


@pytest.mark.gui
@pytest.mark.qt_log_ignore("This plugin does not support")
def test_somebody_else_at_the_desk_ends_the_burst(robot):
    begins(robot)
    robot.window.ui.entitled.emit()
    robot.sees("packing.sentence.what", "批量出库已自动结束")
    assert not robot.window.parts.packing.screen.burst.is_on


@pytest.mark.gui
@pytest.mark.qt_log_ignore("This plugin does not support")
def test_without_the_right_the_button_is_grey_and_the_key_says_why(robot):
    ui = robot.window.ui
    ui.may = lambda right: right is not Right.SHIP_UNCHECKED
    ui.entitled.emit()
    button = robot.find("packing.action.burst", QPushButton)
    assert (button.isEnabled(), "批量出库" in button.toolTip()) == (False, True)
    robot.key(Qt.Key.Key_F3, Qt.KeyboardModifier.ShiftModifier)
    robot.sees("packing.sentence.what", "批量出库（不验货）")
    assert not robot.window.parts.packing.screen.burst.is_on


def test_the_time_line_says_that_nobody_has_verified_it():
    said = Texts("zh_CN")
    facts = {"number": label(1), "unchecked": 3, "knowledge_age_s": 4}
    assert said.t(journal_code("parcel.shipped", facts), **facts) == f"包裹出库 {label(1)}，3 件没有验货"
    del facts["unchecked"]
    assert said.t(journal_code("parcel.shipped", facts), **facts) == f"包裹出库 {label(1)}"


@pytest.mark.gui
@pytest.mark.qt_log_ignore("This plugin does not support")
def test_what_is_not_shown_takes_no_room_from_what_is(robot):
    page = robot.window.page("packing")
    idle = robot.find("packing.idle")

    def is_wide() -> bool:
        return idle.width() > 0.95 * (page.width() - 32)

    robot.qtbot.waitUntil(is_wide)
    begins(robot)
    assert robot.find("packing.burst").width() > 0.95 * (page.width() - 32)
    robot.key(Qt.Key.Key_Escape)
    robot.qtbot.waitUntil(is_wide)
