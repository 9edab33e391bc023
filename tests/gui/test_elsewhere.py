"""From the drawer, by keys alone: an order that somebody else sent is closed, and the closing taken back."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from tests.gui.robots import DeskRobot

pytestmark = [pytest.mark.gui, pytest.mark.qt_log_ignore("This plugin does not support")]


def test_an_order_sent_elsewhere_is_closed_with_a_word_on_its_goods_and_taken_back(qtbot, window, world):
    robot = DeskRobot(qtbot, window)
    world.add_order(10, hold_reason="shipped_elsewhere")
    robot.goes_to("orders")
    qtbot.waitUntil(lambda: window.page("orders").model.rowCount() == 1)
    robot.key(Qt.Key.Key_Return)
    robot.sees("orders.drawer.title", "T20260100000010")
    robot.key(Qt.Key.Key_F10)
    assert QApplication.focusWidget() is robot.find("orders.elsewhere.sent_by")
    robot.key(Qt.Key.Key_Down)
    robot.key(Qt.Key.Key_Tab)
    robot.key(Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is robot.find("orders.elsewhere.stayed")
    assert not [name for name, _ in world.calls if name == "close_elsewhere"], "nothing happens without an answer"
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: world.orders[10].row.fulfilment == "shipped")
    assert ("close_elsewhere", (10, "other_warehouse", False)) in world.calls
    robot.sees("shell.message.words", "别处发货")
    qtbot.waitUntil(lambda: not robot.find("orders.elsewhere.reopen").isHidden())
    assert robot.find("orders.elsewhere", QPushButton).isHidden()
    qtbot.mouseClick(robot.find("shell.message.undo"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: world.orders[10].holds == ("shipped_elsewhere",))
    qtbot.waitUntil(lambda: not robot.find("orders.elsewhere", QPushButton).isHidden())


def test_the_key_does_nothing_for_any_other_order(qtbot, window, world):
    robot = DeskRobot(qtbot, window)
    world.add_order(10, hold_reason="short")
    robot.goes_to("orders")
    qtbot.waitUntil(lambda: window.page("orders").model.rowCount() == 1)
    robot.key(Qt.Key.Key_Return)
    robot.sees("orders.drawer.title", "T20260100000010")
    robot.key(Qt.Key.Key_F10)
    assert not robot.find("orders.elsewhere.sent_by").isVisible()
