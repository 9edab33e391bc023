"""The day page over the real records: what comes first stands first, and every pile is a door."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget

from core.desk.day import Day
from core.runtime.remote_errors import AuthExpired
from core.sync.shops import note_bad_pull, note_good_pull
from core.waybills.balances import Balances
from desktop.app import build_window
from desktop.bridge.tasks import Lane
from desktop.pages.day.presenter import DayPresenter, check_words
from desktop.shell.window import Start
from desktop.texts import Texts
from tests.gui.conftest import ManualTasks
from tests.gui.robots import DeskRobot
from tests.support.desk_world import START, DeskWorld, furnished
from tests.support.fake_shop import line
from tests.support.ports import stand_in_ports
from tests.support.world import World

pytestmark = [pytest.mark.gui, pytest.mark.qt_log_ignore("This plugin does not support")]


@pytest.fixture
def spine(sqlite_address):
    world = World(sqlite_address)
    yield world
    world.close()


def looked(spine, printers):
    tasks = ManualTasks()
    presenter = DayPresenter(spine.desk.day, printers, tasks, lambda *_told: None)
    presenter.look()
    tasks.run()
    return presenter


def test_what_comes_first_stands_first(spine):
    spine.do(lambda uow: note_good_pull(uow, spine.shop_id, 0))
    spine.shop.place("A1", line("1", "UNKNOWN"))
    spine.sync("A1")
    presenter = looked(spine, furnished())
    tones = [check.tone for check in presenter.screen.all_checks]
    assert tones == sorted(tones, key=["stop", "notice", "good"].index)
    # One of its printers is out of paper.
    assert presenter.screen.all_checks[0].code == "printer"
    assert presenter.screen.worst == "stop"


def test_a_slow_carrier_keeps_nothing_else_waiting(spine):
    balances = Balances(spine.store, {"fake": lambda account: spine.carrier})
    day = Day(spine.store, lambda: None, balances.ask)
    lanes = []

    class Noting(ManualTasks):
        def submit(self, work, *rest, lane=Lane.READS, **more):
            lanes.append((work, lane))
            super().submit(work, *rest, lane=lane, **more)

    spine.carrier.left = 0
    tasks = Noting()
    presenter = DayPresenter(day, furnished(), tasks, lambda *_told: None)
    presenter.look()
    tasks.run()
    assert [lane for work, lane in lanes if work == day.carriers] == [Lane.SHOPS]
    assert "balance_empty" in {check.code for check in presenter.screen.all_checks}


def test_every_check_is_a_sentence_in_both_languages(spine):
    spine.ready("A1", line("1", "BEAR"))
    for hours in (0, 49, 1, 1):
        spine.clock.advance(hours=hours)
        if hours == 1:
            spine.do(lambda uow: note_bad_pull(uow, spine.shop_id, AuthExpired("no")))
        for check in looked(spine, furnished()).screen.all_checks:
            for language in ("zh_CN", "en"):
                texts = Texts(language)
                words = texts.say(check_words(check, spine.clock.now(), texts))
                assert "day.check" not in words
                assert "—" not in words, words


@pytest.fixture
def robot(qtbot, qapp, settings, spine, tmp_path):
    world = DeskWorld()
    ports = stand_in_ports(world, orders=spine.desk.orders, day=spine.desk.day, handover=spine.desk.handover)
    window = build_window(qapp, settings, start=Start(lambda: ports), folder=tmp_path, now=lambda: START)
    with qtbot.waitSignal(window.ready):
        window.show()
    window.activateWindow()
    qtbot.waitUntil(lambda: window.isActiveWindow() and QApplication.focusWidget() is not None)
    yield DeskRobot(qtbot, window)
    window.close()
    window.deleteLater()


def test_piles_are_doors(robot, spine):
    spine.ready("A1", line("1", "BEAR"))
    spine.ready("A2", line("1", "BEAR"))
    spine.desk.pack("A2")
    spine.desk.ship(spine.number("A2"))
    robot.goes_to("day")
    robot.qtbot.mouseClick(robot.find("day.view.orders"), Qt.MouseButton.LeftButton)
    robot.sees("day.pile.to_pack", "1")
    robot.sees("day.total", "2")
    robot.qtbot.mouseClick(robot.find("day.show.to_pack"), Qt.MouseButton.LeftButton)
    assert robot.window.current_page == "orders"
    robot.qtbot.waitUntil(lambda: robot.window.page("orders").model.rowCount() == 1)
    robot.goes_to("day")
    robot.qtbot.waitUntil(lambda: robot.window.findChild(QWidget, "day.show.awaits_courier") is not None)
    robot.qtbot.mouseClick(robot.find("day.show.awaits_courier"), Qt.MouseButton.LeftButton)
    assert robot.window.current_page == "handover"


def test_work_of_the_day_is_shown_by_shop_and_clerk(robot, spine):
    spine.ready("A1", line("1", "BEAR"))
    spine.desk.pack("A1")
    robot.goes_to("day")
    robot.qtbot.mouseClick(robot.find("day.view.work"), Qt.MouseButton.LeftButton)
    robot.sees("day.shops.1.taken", "1")
    robot.sees("day.clerks.1.packed", "1")
