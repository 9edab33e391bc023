"""Seller's notes under hands: seen in the list, the drawer and at the packing desk, written by key."""

from dataclasses import replace
from datetime import timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QComboBox, QPlainTextEdit

from core.access.rights import Right
from core.channels.shop_contract import Flag
from core.orders.records import NoteView, NoteWay
from desktop.pages.packing.screen import Mood
from desktop.widgets.flags import FLAGS
from tests.gui.robots import DeskRobot
from tests.support.desk_world import GOODS, START

pytestmark = [pytest.mark.gui, pytest.mark.qt_log_ignore("This plugin does not support")]
OLD = NoteView("加急\n发顺丰", "red", "加急\n发顺丰", "red", "told", NoteWay.FLAGGED)
EVIL = "<table><tr><td>" * 20


@pytest.fixture
def robot(qtbot, window, world):
    world.add_order(10, flag="red", has_note=True, is_cod=True)
    world.add_order(11)
    made = DeskRobot(qtbot, window)
    made.goes_to("orders")
    qtbot.waitUntil(lambda: window.page("orders").model.rowCount() == 2)
    return made


@pytest.fixture
def notes(window):
    return window.page("orders")._presenter._notes


def test_every_flag_has_a_mark():
    assert {"", *FLAGS} == set(Flag)


def opened(robot, notes, note):
    notes.views[10] = note
    robot.window.page("orders")._presenter.open(10)
    robot.sees("orders.drawer.title", "T20260100000010")


def box(robot):
    return robot.find("orders.note.box", QPlainTextEdit)


def test_the_list_shows_flag_note_and_cash(window, robot):
    column = next(one for one in window.page("orders")._columns() if one.code == "orders.column.goods")
    rows = [window.page("orders").model.row_at(place) for place in range(2)]
    assert [column.text(row) for row in rows] == [rows[0].goods, f"【红旗·备注·到付】{rows[1].goods}"]


def test_a_key_opens_the_form_and_another_keeps_what_was_written(robot, notes):
    opened(robot, notes, OLD)
    robot.sees("orders.note.text", "加急")
    robot.sees("orders.note.flag", "红旗")
    robot.key(Qt.Key.Key_F7)
    assert QApplication.focusWidget() is box(robot)
    assert box(robot).toPlainText() == OLD.text
    box(robot).setPlainText("不急了")
    robot.find("orders.note.choice", QComboBox).setCurrentIndex(0)
    # What others write meanwhile takes nothing out of the clerk's hands.
    robot.window.page("orders")._presenter.reload()
    assert box(robot).toPlainText() == "不急了"
    robot.qtbot.keyClick(box(robot), Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    robot.qtbot.waitUntil(lambda: not box(robot).isVisible())
    assert notes.calls == [("write", (10, "不急了", ""))]
    robot.sees("orders.note.state", "等着写到店铺")
    assert robot.find("orders.note.flag").isHidden()


def test_words_somebody_else_wrote_meanwhile_are_not_written_over_and_ours_stay_in_the_box(robot, notes):
    opened(robot, notes, OLD)
    robot.key(Qt.Key.Key_F7)
    box(robot).setPlainText("我写的")
    notes.views[10] = replace(OLD, text="别人写的", theirs_text="别人写的")
    robot.window.page("orders")._presenter.reload()
    robot.sees("orders.note.text", "别人写的")
    robot.qtbot.keyClick(box(robot), Qt.Key.Key_Enter, Qt.KeyboardModifier.ControlModifier)
    robot.qtbot.waitUntil(lambda: bool(notes.calls))
    robot.sees("shell.message.words", "刚被别人改过")
    assert box(robot).isVisible()
    assert (box(robot).toPlainText(), notes.views[10].text) == ("我写的", "别人写的")
    # Told of it, with theirs in sight, a second press is meant.
    robot.qtbot.keyClick(box(robot), Qt.Key.Key_Enter, Qt.KeyboardModifier.ControlModifier)
    robot.sees("orders.note.text", "我写的")


@pytest.mark.parametrize(("button", "after"), [("keep_ours", "加急"), ("accept_theirs", "改发黑色")])
def test_a_conflict_shows_both_and_waits_for_a_word(robot, notes, button, after):
    opened(robot, notes, replace(OLD, theirs_text="改发黑色", theirs_flag="blue", state="conflict"))
    robot.sees("orders.note.theirs", "改发黑色")
    robot.sees("orders.note.theirs_flag", "蓝旗")
    robot.sees("orders.note.state", "请选一个")
    robot.qtbot.mouseClick(robot.find(f"orders.note.{button}"), Qt.MouseButton.LeftButton)
    robot.qtbot.waitUntil(lambda: notes.calls == [(button, 10)])
    robot.sees("orders.note.text", after)
    robot.qtbot.waitUntil(lambda: robot.find(f"orders.note.{button}").isHidden())


def test_a_note_that_failed_says_why_and_is_sent_again(robot, notes):
    opened(robot, notes, replace(OLD, state="failed", trouble="refused", said=EVIL))
    robot.sees("orders.note.why", "<table>")
    robot.qtbot.mouseClick(robot.find("orders.note.again"), Qt.MouseButton.LeftButton)
    robot.qtbot.waitUntil(lambda: notes.calls == [("send_again", 10)])
    robot.sees("orders.note.state", "等着写到店铺")


@pytest.mark.parametrize(
    ("way", "is_on", "words"),
    [
        (NoteWay.FLAGGED, True, "保存后写到店铺"),
        (NoteWay.PLAIN, True, "旗标只存在这里"),
        (NoteWay.FLAGGED, False, "没打开备注回写"),
        (NoteWay.LOCAL, False, "不收备注"),
        (NoteWay.HERE, False, "手工单"),
    ],
)
def test_the_form_says_where_the_note_goes(robot, notes, way, is_on, words):
    opened(robot, notes, replace(OLD, way=way, is_switched_on=is_on))
    robot.key(Qt.Key.Key_F7)
    robot.sees("orders.note.way", words)


def test_without_the_right_the_key_says_so(robot, notes, window):
    window.ui.may = lambda right: right is not Right.WRITE_NOTE
    window.ui.entitled.emit()
    opened(robot, notes, OLD)
    robot.key(Qt.Key.Key_F7)
    robot.sees("shell.message.words", "写卖家备注")
    assert not box(robot).isVisible()


def test_the_packer_sees_note_flags_and_cash_and_a_changed_note_stops_the_label_once(desk):
    parcel = desk.world.add_parcel(
        (GOODS[0], 1), print_state="confirmed", note_changed_at=START - timedelta(minutes=3)
    )
    desk.scan(parcel.order_nos[0])
    desk.scan(GOODS[0].barcode)
    desk.scan(parcel.waybill_no)
    assert (desk.said, desk.screen.sentence.mood) == ("verdict.note.changed", Mood.STOP)
    assert (desk.screen.parcel.id, desk.world.shipped) == (parcel.id, [])
    desk.scan(parcel.waybill_no)
    assert [row.parcel_id for row in desk.world.shipped] == [parcel.id]


def test_the_side_of_the_desk_shows_it_large_and_plain(qtbot, window, world):
    facts = {"seller_note": EVIL, "flags": ("red", "purple"), "cod_fen": 2599}
    parcel = world.add_parcel((GOODS[0], 1), **facts, note_changed_at=START - timedelta(minutes=3))
    robot = DeskRobot(qtbot, window)
    window.parts.packing.scan(parcel.order_nos[0])
    robot.sees("packing.side.seller_note", "<table>")
    robot.sees("packing.side.cod", "25.99")
    robot.sees("packing.side.note_changed", "改过")
    shown = [flag for flag in ("red", "yellow", "purple") if robot.find(f"packing.side.flag.{flag}").isVisible()]
    assert shown == ["red", "purple"]
    world.parcels[parcel.id] = replace(
        world.parcels[parcel.id], seller_note="", flags=(), cod_fen=None, note_changed_at=None
    )
    window.parts.packing.on_changed()
    robot.qtbot.waitUntil(lambda: robot.find("packing.side.notes").isHidden())
