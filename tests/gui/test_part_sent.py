"""From the drawer, by keys alone: others have sent a part, so the clerk says what went, and takes it back."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from tests.gui.robots import DeskRobot

pytestmark = [pytest.mark.gui, pytest.mark.qt_log_ignore("This plugin does not support")]


@pytest.fixture
def robot(qtbot, window, world):
    """The drawer of an order of which others have sent a part."""
    robot = DeskRobot(qtbot, window)
    world.add_order(10)
    world.send_part(10, "ZT0001")
    robot.goes_to("orders")
    qtbot.waitUntil(lambda: window.page("orders").model.rowCount() == 1)
    robot.key(Qt.Key.Key_Return)
    robot.sees("orders.drawer.title", "T20260100000010")
    return robot


def said(world):
    return [facts for name, facts in world.calls if name == "send_rest"]


def test_the_rest_is_sent_with_a_word_on_each_line_and_taken_back(qtbot, robot, world):
    assert robot.find("orders.drawer.release").isHidden(), "to lift it all would send a part twice"
    units = {line.id: 1 for line in world.orders[10].lines}
    robot.key(Qt.Key.Key_F10)
    robot.sees("orders.part_sent.told", "ZT0001")
    box = robot.find("orders.part_sent.line.0")
    assert (QApplication.focusWidget(), box.value()) == (box, 1), "as the platform says"
    robot.types("0")
    assert (box.value(), said(world)) == (0, []), "nothing happens without an answer"
    box.selectAll()
    robot.types("1")
    while QApplication.focusWidget() is not robot.find("orders.part_sent.stayed"):
        robot.key(Qt.Key.Key_Tab)
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: said(world) == [(10, units, False)])
    robot.sees("shell.message.words", "发剩下的")
    qtbot.waitUntil(lambda: not robot.find("orders.part_sent.take_back").isHidden())
    assert robot.find("orders.part_sent", QPushButton).isHidden()
    qtbot.mouseClick(robot.find("shell.message.undo"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: world.orders[10].holds == ("part_sent",))
    qtbot.waitUntil(lambda: not robot.find("orders.part_sent", QPushButton).isHidden())


def test_what_is_typed_stays_while_the_records_change(qtbot, robot, world, window):
    robot.key(Qt.Key.Key_F10)
    box = robot.find("orders.part_sent.line.0")
    box.setValue(0)
    window.page("orders")._presenter.reload()
    qtbot.wait(50)
    assert robot.find("orders.part_sent.line.0") is box
    assert (box.value(), box.isVisible()) == (0, True)


def test_zero_of_every_line_sends_all_of_it(qtbot, robot, world):
    robot.key(Qt.Key.Key_F10)
    for row in range(len(world.orders[10].lines)):
        robot.find(f"orders.part_sent.line.{row}").setValue(0)
    qtbot.mouseClick(robot.find("orders.part_sent.left"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: said(world) == [(10, {}, True)])
