"""The scale in the window: a real port, a stand-in scale, the packing page, the settings and the day's start."""

import os
import subprocess
import sys

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton

from desktop.app import build_window
from desktop.scale.state import Condition
from desktop.settings import DeskSettings
from desktop.shell.scale import ScaleAtDesk
from desktop.shell.window import Start
from tests.gui.robots import DeskRobot
from tests.simulators.serial_scale import SerialScale
from tests.support.desk_world import GOODS, START
from tests.support.ports import stand_in_ports
from tests.support.world import World

pytestmark = [
    pytest.mark.gui,
    pytest.mark.qt_log_ignore("This plugin does not support"),
    pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals"),
]
DIAPERS = GOODS[4]


@pytest.fixture
def scale(tmp_path):
    with SerialScale(tmp_path) as made:
        yield made


@pytest.fixture
def spine(sqlite_address):
    made = World(sqlite_address)
    yield made
    made.close()


@pytest.fixture
def robot(qtbot, qapp, settings, world, spine, tmp_path, scale):
    settings.put("scale_port", scale.path)
    start = Start(lambda: stand_in_ports(world, day=spine.desk.day))
    window = build_window(qapp, settings, start=start, folder=tmp_path, now=lambda: START)
    with qtbot.waitSignal(window.first_page):
        window.show()
    window.activateWindow()
    qtbot.waitUntil(lambda: window.isActiveWindow() and QApplication.focusWidget() is not None)
    yield DeskRobot(qtbot, window)
    window.close()
    window.deleteLater()


def test_a_parcel_is_packed_weighed_and_sent_without_a_key(robot, scale, world):
    robot.sees("packing.scale.figure", "0.000 kg")
    robot.gun("7312345678003")
    robot.gun(DIAPERS.barcode)
    scale.put(2100)
    robot.sees("packing.scale.figure", "2.100 kg")
    robot.gun("7312345678003")
    robot.qtbot.waitUntil(lambda: world.parcels[3].state == "shipped")
    assert world.parcels[3].weight_g == 2100


def test_a_pulled_cable_is_said_on_the_page_and_at_the_days_start_and_heals_by_itself(robot, scale):
    robot.sees("packing.scale.figure", "0.000 kg")
    scale.unplug()
    robot.qtbot.waitUntil(lambda: robot.text("packing.scale.figure") == "— kg", timeout=10_000)
    said = robot.text("packing.scale.state")
    robot.goes_to("day")
    robot.qtbot.waitUntil(lambda: said in robot.text("day.check.scale.words"))
    robot.qtbot.waitUntil(lambda: robot.find("day.mend.scale", QPushButton).isVisible())
    scale.put(700)
    scale.plug_in()
    robot.goes_to("packing")
    robot.qtbot.waitUntil(lambda: robot.text("packing.scale.figure") == "0.700 kg", timeout=10_000)


def test_the_settings_show_what_the_scale_shows_and_another_format_at_once(robot, scale, settings):
    robot.goes_to("settings")
    scale.put(523)
    robot.sees("settings.scale.figure", "0.523 kg")
    settings.put("scale_format", "yaohua")
    robot.qtbot.waitUntil(lambda: robot.text("settings.scale.figure") == "— kg", timeout=10_000)
    scale.talk = "yaohua"
    robot.qtbot.waitUntil(lambda: robot.text("settings.scale.figure") == "0.523 kg", timeout=10_000)


def test_ports_are_found_and_chosen_with_the_keyboard(robot, scale, settings, monkeypatch):
    monkeypatch.setattr("desktop.scale.reader.known_ports", lambda: (("/dev/serial/by-id/usb-CH340", "USB Serial"),))
    robot.goes_to("settings")
    robot.stands_on("settings.scale.find", QPushButton)
    robot.key(Qt.Key.Key_Space)
    robot.stands_on("settings.scale.port.0", QPushButton)
    robot.key(Qt.Key.Key_Space)
    assert settings.text("scale_port") == "/dev/serial/by-id/usb-CH340"


def test_a_desk_without_a_scale_reads_none_and_shows_none(qapp, qtbot, window):
    assert window.findChild(object, "packing.scale") is None
    desk = ScaleAtDesk(DeskSettings(None))
    desk.start()
    assert desk.look().condition is Condition.OFF
    desk.stop()


def test_a_desk_without_a_scale_loads_nothing_of_one():
    code = (
        "import sys, desktop.shell.parts;"
        "print([name for name in ('serial', 'desktop.scale.reader', 'desktop.scale.formats') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
