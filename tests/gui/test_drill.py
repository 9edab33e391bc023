"""The page of the drill: numbers in, four modes one after the other, a table, a chart and a sentence out."""

import threading
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton, QSpinBox

from core.channels.stock_contract import WriteKind
from core.desk.drill import Drill
from core.practice.drill.records import Goods, Mode, Moment, Plan, Result
from core.runtime.errors import Refused
from desktop.app import build_window
from desktop.drill_words import comparison, meaning
from desktop.pages.drill.chart import SoldChart
from desktop.pages.drill.presenter import LINES, DrillPresenter, Line
from desktop.shell.window import Start
from tests.gui.conftest import ManualTasks
from tests.gui.robots import DeskRobot
from tests.support.desk_world import DeskWorld
from tests.support.fake_shop import line
from tests.support.ports import stand_in_ports
from tests.support.world import START, World

pytestmark = [pytest.mark.gui, pytest.mark.qt_log_ignore("This plugin does not support")]

SOLD = {Mode.NAIVE: 491, Mode.BUFFER: 450, Mode.INCREMENTAL: 405, Mode.QUOTA: 300}


def a_result(plan: Plan, mode: Mode) -> Result:
    sold = SOLD[mode] * plan.stock // 300
    story = tuple(Moment(minute, sold * minute // 10, 0, 0) for minute in range(11))
    return Result(
        mode=mode,
        stock=plan.stock,
        demand=plan.demand,
        sold=sold,
        oversold=sold - plan.stock,
        worst_oversold=sold - plan.stock,
        refused=0,
        turned_away=plan.demand - sold,
        unsold=0,
        cancelled=0,
        first_alert_s=None if mode is Mode.QUOTA else 1214.0,
        alerts={},
        pushes=276,
        calls=276,
        calls_per_hour=1059,
        known_orders=sold,
        is_ledger_whole=True,
        sold_by_shop=(sold,),
        story=story,
    )


class FakeDrill:
    """Answers at once with the figures of the accident."""

    def __init__(self):
        self.played = []
        self.refusal = None
        self.meanwhile = lambda listening: None

    def goods(self, code):
        return Goods(7, "BEAR", "团团熊", 40, 3) if code in {"BEAR", "6901234567892"} else None

    def play(self, plan, mode, listening=None):
        self.played.append((plan, mode))
        listening.on_minute(5, 10)
        self.meanwhile(listening)
        if listening.is_cancelled():
            raise Refused("drill.cancelled", "stopped")
        listening.on_minute(10, 10)
        return a_result(plan, mode)


class Page:
    """The presenter with tasks that run when told."""

    def __init__(self):
        self.told, self.tasks, self.desk = [], ManualTasks(), FakeDrill()
        self.presenter = DrillPresenter(
            self.desk, self.tasks, lambda tone, phrase, _undo: self.told.append((tone, phrase.code))
        )

    def do(self, act, *arguments, **named):
        getattr(self.presenter, act)(*arguments, **named)
        self.tasks.run()

    @property
    def screen(self):
        return self.presenter.screen


def test_every_mode_is_played_with_the_numbers_of_the_fields():
    page = Page()
    page.presenter.change(stock=30, demand=60)
    page.presenter.choose_line(Line.WILD)
    page.presenter.choose_write(WriteKind.ABSOLUTE)
    page.do("play")
    plan = Plan(stock=30, demand=60, trouble=LINES[Line.WILD], write=WriteKind.ABSOLUTE)
    assert page.desk.played == [(plan, mode) for mode in Mode]
    assert [result.mode for result in page.screen.results] == list(Mode)
    assert page.screen.played == plan
    assert not page.screen.is_busy
    assert (page.presenter.progress.done, page.presenter.progress.total) == (40, 40)


def test_results_come_one_by_one_and_nothing_is_begun_twice():
    page = Page()
    page.presenter.play()
    page.presenter.play()
    page.tasks.run(2)
    assert [result.mode for result in page.screen.results] == [Mode.NAIVE, Mode.BUFFER]
    assert page.screen.is_busy
    page.tasks.run()
    assert len(page.desk.played) == 4


def test_it_is_stopped_and_what_was_done_stays():
    page = Page()
    assert not page.presenter.cancel(), "nothing is played"
    page.desk.meanwhile = lambda _listening: len(page.desk.played) == 2 and page.presenter.cancel()
    page.do("play")
    assert page.told == [("notice", "error.drill.cancelled")]
    assert [result.mode for result in page.screen.results] == [Mode.NAIVE]
    assert not page.screen.is_busy
    page.desk.meanwhile = lambda _listening: None
    page.do("play")
    assert len(page.screen.results) == 4


def test_what_cannot_be_played_is_said_before_anything_is():
    page = Page()
    page.presenter.change(minutes=10, rush_minutes=20)
    page.do("play")
    assert page.told == [("stop", "error.drill.out_of_range")]
    assert page.desk.played == []


def test_a_sku_of_the_shop_gives_stock_and_shops():
    page = Page()
    page.do("take_goods", "BEAR")
    assert page.screen.goods is not None
    assert (page.screen.plan.stock, page.screen.plan.shops, page.screen.plan.demand) == (40, 3, 80)
    page.do("take_goods", "NONE")
    assert page.told == [("notice", "drill.goods.unknown")]
    page.do("take_goods", "  ")
    assert len(page.told) == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, "oversold"),
        ({"oversold": 0}, "sold_out"),
        ({"oversold": 0, "unsold": 4}, "left"),
        ({"oversold": 0, "unsold": 4, "turned_away": 0}, "calm"),
    ],
)
def test_each_outcome_has_its_sentence(changes, code):
    plan = Plan()
    assert meaning(plan, replace(a_result(plan, Mode.NAIVE), **changes)).code == f"drill.meaning.{code}"


def test_the_comparison_names_the_worst_and_wants_a_quota():
    plan = Plan()
    results = tuple(a_result(plan, mode) for mode in Mode)
    together = comparison(results)
    assert together is not None
    assert (together.facts["oversold"], together.facts["kept"]) == (191, 0)
    assert comparison(results[:3]) is None
    assert comparison(results[3:]) is None


def test_the_service_reads_what_the_sku_has_and_which_shops_offer_it(sqlite_address):
    world = World(sqlite_address, stock=50)
    try:
        desk = Drill(world.store)
        assert desk.goods("BEAR") == Goods(world.skus["BEAR"], "BEAR", "团团熊", 50, 0)
        world.ready("A1", line("1", "BEAR", 2))
        found = desk.goods(" 6901234567892 ")
        assert found is not None
        assert (found.code, found.available_qty, found.shops) == ("BEAR", 48, 1)
        assert desk.goods("?") is None
        before = world.dump()
        result = desk.play(Plan(stock=5, demand=9, minutes=10, rush_minutes=5, lag_s=30), Mode.NAIVE)
        assert result.sold + result.turned_away == 9
        assert world.dump() == before, "a drill touches no record of the shop"
    finally:
        world.close()


@pytest.fixture
def fake():
    return FakeDrill()


@pytest.fixture
def robot(qtbot, qapp, settings, fake, tmp_path):
    ports = stand_in_ports(DeskWorld(), drill=fake)
    window = build_window(qapp, settings, start=Start(lambda: ports), folder=tmp_path, now=lambda: START)
    with qtbot.waitSignal(window.ready):
        window.show()
    window.activateWindow()
    qtbot.waitUntil(lambda: window.isActiveWindow() and QApplication.focusWidget() is not None)
    yield DeskRobot(qtbot, window)
    window.close()
    window.deleteLater()


def test_the_whole_page_by_keys(robot, fake):
    robot.goes_to("drill")
    chart = robot.find("drill.chart", SoldChart)
    assert not chart.isVisible()
    assert robot.find("drill.empty").isVisible()
    robot.key(Qt.Key.Key_F3)
    assert robot.find("drill.stock", QSpinBox).hasFocus()
    robot.types("600")
    robot.key(Qt.Key.Key_Return)
    robot.qtbot.waitUntil(lambda: len(robot.window.page("drill")._presenter.screen.results) == 4)
    assert [plan.stock for plan, _ in fake.played] == [600] * 4
    assert robot.text("drill.result.naive.oversold") == "382"
    assert robot.text("drill.result.naive.first_alert_s") == "20:14"
    assert robot.text("drill.result.quota.first_alert_s") == "—"
    assert "382" in robot.text("drill.comparison")
    assert "600" in robot.text("drill.meaning")
    robot.key(Qt.Key.Key_1, Qt.KeyboardModifier.AltModifier)
    assert robot.find("drill.mode.naive", QPushButton).isChecked()
    assert "982" in robot.text("drill.meaning")
    assert "982" in chart.accessibleName()
    assert chart.isVisible()
    robot.key(Qt.Key.Key_F5)
    robot.qtbot.waitUntil(lambda: len(fake.played) == 8)


def test_the_chosen_line_is_drawn_strong_and_what_lies_beyond_the_stock_is_filled(robot):
    """The same figures with another mode chosen are another picture."""
    robot.goes_to("drill")
    robot.key(Qt.Key.Key_F5)
    robot.qtbot.waitUntil(lambda: len(robot.window.page("drill")._presenter.screen.results) == 4)
    chart = robot.find("drill.chart", SoldChart)
    pictures = []
    for key in (Qt.Key.Key_1, Qt.Key.Key_4):
        robot.key(key, Qt.KeyboardModifier.AltModifier)
        pictures.append(chart.grab().toImage())
    assert pictures[0] != pictures[1]
    reddish = [_reddish(picture) for picture in pictures]
    assert reddish[0] > 2 * reddish[1]


def _reddish(picture):
    """Dots of the filled area between the stock and what was sold."""
    return sum(
        picture.pixelColor(x, y).red() - picture.pixelColor(x, y).green() > 30
        for x in range(0, picture.width(), 4)
        for y in range(0, picture.height(), 4)
    )


def test_esc_stops_what_is_played(robot, fake):
    robot.goes_to("drill")
    gate = threading.Event()
    fake.meanwhile = lambda _listening: gate.wait(10)
    robot.key(Qt.Key.Key_F5)
    robot.qtbot.waitUntil(lambda: robot.find("drill.busy").isVisible())
    assert not robot.find("drill.stock", QSpinBox).isEnabled()
    robot.key(Qt.Key.Key_Escape)
    gate.set()
    robot.qtbot.waitUntil(lambda: not robot.find("drill.busy").isVisible())
    assert len(fake.played) == 1
    assert robot.find("drill.stock", QSpinBox).isEnabled()


def test_a_scan_takes_the_scanned_goods(robot):
    robot.goes_to("drill")
    robot.gun("6901234567892")
    robot.qtbot.waitUntil(lambda: robot.find("drill.stock", QSpinBox).value() == 40)
    assert robot.find("drill.shops", QSpinBox).value() == 3
    assert "团团熊" in robot.text("drill.goods.name")
