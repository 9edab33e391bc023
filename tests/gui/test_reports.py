"""The page of reports over the real records: days by key, sums, stopping, a table."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QToolButton, QWidget

from core.desk.files import Files
from core.files.cells import text_of
from core.files.reading import read_table
from desktop.app import build_window
from desktop.pages.reports.presenter import ReportsPresenter
from desktop.shell.window import Start
from tests.gui.conftest import ManualTasks
from tests.gui.robots import DeskRobot
from tests.support.desk_world import DeskWorld
from tests.support.ports import stand_in_ports
from tests.support.world import CARRIER, START, World
from tests.unit.test_reports import TODAY, week, worked

pytestmark = [pytest.mark.gui, pytest.mark.qt_log_ignore("This plugin does not support")]


@pytest.fixture
def spine(sqlite_address):
    world = World(sqlite_address)
    yield world
    world.close()


def files_of(spine):
    return Files(spine.store, spine.digest, CARRIER)


class Page:
    """The presenter with tasks that run when told."""

    def __init__(self, spine):
        self.told, self.tasks = [], ManualTasks()
        self.presenter = ReportsPresenter(spine.desk.day, files_of(spine), self.tasks, self._tell, spine.clock.now)
        self.do("look")

    def _tell(self, tone, phrase, undo):
        self.told.append((tone, phrase.code))

    def do(self, act, *arguments):
        getattr(self.presenter, act)(*arguments)
        self.tasks.run()

    @property
    def screen(self):
        return self.presenter.screen

    @property
    def days(self):
        return (self.screen.report.first, self.screen.report.last)


def test_every_period_is_its_days_in_china(spine):
    spine.clock.advance(hours=15)  # one in the morning of the next day in China, still the same day by UTC
    today = TODAY + timedelta(days=1)
    page = Page(spine)
    assert page.days == (today, today)
    for period, days in (
        ("yesterday", (TODAY, TODAY)),
        ("week", (today - timedelta(6), today)),
        ("month", (today - timedelta(29), today)),
    ):
        page.do("choose", period)
        assert page.days == days
    page.do("choose_days", TODAY, date(2026, 6, 1))
    assert page.days == (date(2026, 6, 1), TODAY)
    assert page.screen.period == "range"
    page.do("choose_days", date(2020, 1, 1), TODAY)
    assert page.told == [("stop", "error.report.days")]
    assert not page.screen.is_busy


def test_a_long_report_is_stopped(spine):
    page = Page(spine)
    page.presenter.choose("month")
    assert page.screen.is_busy
    assert page.presenter.cancel()
    page.tasks.run()
    assert page.told == [("notice", "error.report.cancelled")]
    assert not page.screen.is_busy
    assert not page.presenter.cancel(), "nothing runs any more"


def test_the_table_holds_what_the_page_shows(spine, tmp_path):
    week(spine)
    page = Page(spine)
    page.do("choose_days", TODAY, TODAY + timedelta(days=4))
    page.do("export", tmp_path / "report.xlsx")
    assert page.told == [("good", "files.written")]
    table = read_table(tmp_path / "report.xlsx", START)
    rows = [[text_of(cell) for cell in cells] for _, cells in table.rows]
    report = page.screen.report
    assert [row[1] for row in rows if row[0] == "日期"] == [day.day.isoformat() for day in report.days] + ["合计"]
    sums = next(row for row in rows if row[:2] == ["日期", "合计"])
    assert sums[2:7] == ["15", "15", "11", "10", "1"]
    assert sums[2:7] == next(row for row in rows if row[:2] == ["店铺", "合计"])[2:7]
    assert next(row for row in rows if row[0] == "人员")[1:] == [
        "clerk",
        "",
        "",
        "11",
        "10",
        "1",
        "15",
        "5",
        "2.2",
        "",
    ]
    assert next(row for row in rows if row[0] == "超时未发")[1] == "已打包未出库"


def test_nothing_else_is_begun_while_a_table_is_written(spine, tmp_path):
    page = Page(spine)
    page.presenter.export(tmp_path / "report.xlsx")
    page.presenter.choose("week")
    page.presenter.export(tmp_path / "other.xlsx")
    page.tasks.run()
    assert [path.name for path in tmp_path.glob("*.xlsx")] == ["report.xlsx"]
    assert page.screen.period == "today"


@pytest.fixture
def robot(qtbot, qapp, settings, spine, tmp_path):
    world = DeskWorld()
    ports = stand_in_ports(world, day=spine.desk.day, files=files_of(spine))
    window = build_window(qapp, settings, start=Start(lambda: ports), folder=tmp_path, now=spine.clock.now)
    with qtbot.waitSignal(window.ready):
        window.show()
    window.activateWindow()
    qtbot.waitUntil(lambda: window.isActiveWindow() and QApplication.focusWidget() is not None)
    yield DeskRobot(qtbot, window)
    window.close()
    window.deleteLater()


def test_a_report_is_read_and_written_by_keys(robot, spine, tmp_path):
    worked(spine, "A1")
    spine.clock.advance(hours=24)
    worked(spine, "A2")
    robot.key(Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    robot.qtbot.waitUntil(lambda: robot.window.current_page == "reports")
    robot.sees("reports.total.shipped", "1")
    assert robot.find("shell.rail.day", QToolButton).isChecked()
    robot.key(Qt.Key.Key_3, Qt.KeyboardModifier.AltModifier)
    robot.sees("reports.shops.1.shipped", "2")
    robot.sees("reports.days.sum.shipped", "2")
    page = robot.window.page("reports")
    place = tmp_path / "report.csv"
    page.ask_place = lambda name: Path(place)
    robot.key(Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    robot.sees("shell.message.words", "report.csv")
    assert "近" not in place.read_text(encoding="utf-8-sig")
    robot.find("reports.first", QWidget).setFocus()
    robot.key(Qt.Key.Key_Escape)
    robot.qtbot.waitUntil(lambda: robot.window.current_page == "day")
