"""The drawer's receiver: masked until somebody says why, and masked again soon."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QComboBox, QPushButton

from tests.gui.robots import DeskRobot

pytestmark = [pytest.mark.gui, pytest.mark.qt_log_ignore("This plugin does not support")]
CLEAR = "张三丰  13800000078"


@pytest.fixture
def robot(qtbot, window, world):
    for order_id in (10, 11):
        world.add_order(order_id)
    made = DeskRobot(qtbot, window)
    made.goes_to("orders")
    qtbot.waitUntil(lambda: window.page("orders").model.rowCount() == 2)
    made.key(Qt.Key.Key_Return)
    made.sees("orders.drawer.title", "T20260100000011")
    return made


def shown(robot):
    robot.key(Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.focusWidget() is robot.find("orders.unmask_form.reason", QComboBox)
    robot.key(Qt.Key.Key_Down)
    robot.qtbot.mouseClick(robot.find("orders.unmask_form.show"), Qt.MouseButton.LeftButton)
    robot.sees("orders.drawer.consignee", CLEAR)


def is_masked(robot):
    return "张三丰" not in robot.text("orders.drawer.consignee") and "文三路" not in robot.text(
        "orders.drawer.address"
    )


def test_a_key_and_a_reason_show_the_receiver_for_a_minute(robot, world):
    assert is_masked(robot)
    shown(robot)
    assert ("unmask", (11, "check_address")) in world.calls
    assert "301室" in robot.text("orders.drawer.address")
    robot.sees("orders.drawer.unmask_hint", "第 3 次")
    assert robot.find("orders.drawer.unmask").isHidden()
    clock = robot.window.page("orders").drawer._receiver._clock
    assert clock.isActive()
    assert clock.interval() == 60_000
    clock.timeout.emit()
    robot.qtbot.waitUntil(lambda: is_masked(robot))
    assert not clock.isActive()
    assert not robot.find("orders.drawer.unmask").isHidden()


def test_without_a_reason_nothing_is_shown(robot, world):
    robot.qtbot.mouseClick(robot.find("orders.drawer.unmask"), Qt.MouseButton.LeftButton)
    assert robot.find("orders.unmask_form").isVisible()
    robot.qtbot.mouseClick(robot.find("orders.drawer.unmask"), Qt.MouseButton.LeftButton)
    assert not robot.find("orders.unmask_form").isVisible()
    assert is_masked(robot)
    assert not [call for call in world.calls if call[0] == "unmask"]


@pytest.mark.parametrize("leave", ["other_order", "other_page", "close"])
def test_whoever_leaves_leaves_nothing_to_read(robot, window, leave):
    shown(robot)
    presenter = window.page("orders")._presenter
    if leave == "other_order":
        presenter.open(10)
        robot.sees("orders.drawer.title", "T20260100000010")
    elif leave == "other_page":
        robot.goes_to("packing")
        robot.goes_to("orders")
    else:
        presenter.close()
        presenter.open(11)
        robot.qtbot.waitUntil(window.page("orders").drawer.isVisible)
    assert presenter.screen.unmasked is None
    robot.qtbot.waitUntil(lambda: is_masked(robot))


def test_a_look_at_the_records_does_not_hide_what_is_shown(robot, window):
    shown(robot)
    window.page("orders")._presenter.reload()
    robot.qtbot.wait(100)
    robot.sees("orders.drawer.consignee", CLEAR)


def test_an_answer_that_comes_after_the_clerk_went_on_is_dropped(robot, window, world):
    presenter = window.page("orders")._presenter
    late = world.unmask(11, "after_sale")
    presenter.open(10)
    robot.sees("orders.drawer.title", "T20260100000010")
    presenter._on_unmasked(late)
    assert presenter.screen.unmasked is None


def test_what_the_platform_masks_has_no_eye(robot, world, window):
    world.orders[11] = replace(world.orders[11], is_masked_by_platform=True)
    window.page("orders")._presenter.reload()
    robot.sees("orders.drawer.unmask_hint", "平台已脱敏")
    assert robot.find("orders.drawer.unmask", QPushButton).isHidden()
    robot.key(Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    assert not robot.find("orders.unmask_form").isVisible()
