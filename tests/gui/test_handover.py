"""The hand-over page over the real records: scans onto sheets, what must stay, the signature."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit, QSpinBox
from sqlalchemy import select

from core.fulfilment.models import Handover
from desktop.app import build_window
from desktop.pages.handover.presenter import HandoverPresenter
from desktop.shell.window import Start
from tests.gui.conftest import ManualTasks
from tests.gui.robots import DeskRobot
from tests.support.desk_world import START, DeskWorld
from tests.support.fake_shop import line
from tests.support.ports import stand_in_ports
from tests.support.world import World

pytestmark = [pytest.mark.gui, pytest.mark.qt_log_ignore("This plugin does not support")]


@pytest.fixture
def spine(sqlite_address):
    world = World(sqlite_address)
    yield world
    world.close()


def out(spine, no):
    number = spine.ready(no, line("1", "BEAR"))
    spine.desk.pack(no)
    spine.desk.ship(number)
    return number


class Page:
    """The presenter with tasks that run at once, what it told and what was heard."""

    def __init__(self, spine):
        self.told, self.sounds, self.undo = [], [], None
        self.tasks = ManualTasks()
        self.presenter = HandoverPresenter(spine.desk.handover, self.tasks, self._tell, self.sounds.append)
        self.do("look")

    def _tell(self, tone, phrase, undo):
        self.told.append((tone, phrase.code))
        self.undo = undo

    def do(self, act, *arguments):
        getattr(self.presenter, act)(*arguments)
        self.tasks.run()

    @property
    def screen(self):
        return self.presenter.screen


def test_the_only_carrier_is_chosen_and_a_scan_begins_its_sheet(spine):
    number = out(spine, "A1")
    page = Page(spine)
    assert page.screen.pile.waiting == 1
    page.do("scan", number)
    assert page.told == [("good", "handover.on_it")]
    assert page.sounds == ["unit"]
    assert [row.number for row in page.screen.rows] == [number]
    page.do("scan", number)
    assert page.told[-1] == ("good", "handover.on_it_already")


def test_what_must_stay_is_loud_and_is_pulled_out_with_two_presses(spine):
    number = out(spine, "A1")
    spine.shop.after_sale("A1", "1", "refunded")
    spine.sync("A1")
    page = Page(spine)
    page.do("scan", number)
    assert page.told[-1] == ("stop", "error.handover.intercepted")
    assert page.sounds == ["stop"]
    page.do("show_list", "intercepted")
    (row,) = page.screen.rows
    page.do("pull_out", row)
    assert page.told[-1] == ("notice", "handover.pull_out_sure")
    assert spine.order("A1").fulfilment == "shipped"
    page.do("pull_out", row)
    assert page.told[-1] == ("good", "handover.pulled_out")
    assert page.screen.intercepted == 0
    assert spine.order("A1").fulfilment == "cancelled"


def test_a_press_for_another_parcel_pulls_nothing_out(spine):
    for no in ("A1", "A2"):
        out(spine, no)
    page = Page(spine)
    page.do("show_list", "waiting")
    first, second = page.screen.rows
    page.do("pull_out", first)
    page.do("pull_out", second)
    assert [told[1] for told in page.told] == ["handover.pull_out_sure"] * 2
    assert spine.order("A1").fulfilment == spine.order("A2").fulfilment == "shipped"


def test_taken_off_comes_back(spine):
    number = out(spine, "A1")
    page = Page(spine)
    page.do("scan", number)
    page.do("take_off", page.screen.rows[0])
    assert page.screen.rows == ()
    page.undo()
    page.tasks.run()
    assert [row.number for row in page.screen.rows] == [number]


def test_a_second_press_signs_no_second_time(spine):
    number = out(spine, "A1")
    page = Page(spine)
    page.do("scan", number)
    page.presenter.sign("李师傅", 1)
    page.presenter.sign("李师傅", 1)
    page.tasks.run()
    assert [told for told in page.told if told[0] != "good"] == []
    assert [row.state for row in spine.rows(select(Handover.state))] == ["closed"]


def test_with_nothing_waiting_a_scan_says_so(spine):
    page = Page(spine)
    page.do("scan", "TT000000001")
    assert page.told == [("notice", "handover.nothing_waits")]


@pytest.fixture
def robot(qtbot, qapp, settings, spine, tmp_path):
    world = DeskWorld()

    def boot():
        return stand_in_ports(world, orders=spine.desk.orders, handover=spine.desk.handover)

    window = build_window(qapp, settings, start=Start(boot), folder=tmp_path, now=lambda: START)
    with qtbot.waitSignal(window.ready):
        window.show()
    window.activateWindow()
    qtbot.waitUntil(lambda: window.isActiveWindow() and QApplication.focusWidget() is not None)
    yield DeskRobot(qtbot, window)
    window.close()
    window.deleteLater()


def test_a_clerk_hands_over_by_scans_and_keys(robot, spine):
    numbers = [out(spine, f"A{n}") for n in range(3)]
    robot.goes_to("handover")
    robot.sees("handover.count", "0")
    robot.gun(numbers[0])
    robot.sees("handover.count", "1")
    robot.key(Qt.Key.Key_F3)
    robot.sees("handover.count", "3")
    courier = robot.find("handover.courier", QLineEdit)
    robot.key(Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    robot.qtbot.waitUntil(lambda: QApplication.focusWidget() is courier)
    courier.setText("李师傅")
    robot.find("handover.counted", QSpinBox).setValue(2)
    robot.key(Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    robot.sees("shell.message.words", "一起再点一遍")
    robot.find("handover.counted", QSpinBox).setValue(3)
    robot.key(Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    robot.qtbot.waitUntil(lambda: [row.state for row in spine.rows(select(Handover.state))] == ["closed"])
    robot.qtbot.waitUntil(lambda: courier.text() == "")


def test_the_door_leads_to_the_order(robot, spine):
    number = out(spine, "A1")
    robot.goes_to("handover")
    robot.gun(number)
    robot.sees("handover.count", "1")
    robot.qtbot.mouseClick(robot.find("handover.open_order"), Qt.MouseButton.LeftButton)
    robot.sees("orders.drawer.title", "A1")
