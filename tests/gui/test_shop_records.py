"""The records of a shop over the real records: its pulls, its comparisons, its calls."""

import re

import openpyxl
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QComboBox

from core.channels.registry import built_in
from core.desk.shops import Shops
from core.runtime.http_trace import Exchange
from core.runtime.remote_errors import Rejected
from core.sync.history import RoundDone, note_round
from desktop.app import build_window
from desktop.pages.shops.records_presenter import RecordsPresenter
from desktop.shell.window import Start
from tests.gui.conftest import ManualTasks
from tests.gui.robots import DeskRobot
from tests.support.desk_world import START, DeskWorld
from tests.support.fake_shop import line
from tests.support.ports import stand_in_ports
from tests.support.world import CARRIER, World

pytestmark = [pytest.mark.gui, pytest.mark.qt_log_ignore("This plugin does not support")]


@pytest.fixture
def spine(sqlite_address):
    world = World(sqlite_address)
    world.desk.platforms[world.shop_id] = world.shop
    # One order that every pull missed, and one that has another amount here.
    for no in ("A0", "A1"):
        world.shop.place(no, line("1", "BEAR"))
    hidden = world.shop.orders.pop("A0")
    world.clock.advance(seconds=5)
    world.puller().pull(world.shop_record, world.shop)
    world.shop.orders["A0"] = hidden
    refused = Rejected("no permission for this", code="isv.permission")
    for done in (RoundDone(world.clock.now(), 1200, 1, 1, 0), RoundDone(world.clock.now(), 80, error=refused)):
        world.do(lambda uow, done=done: note_round(uow, world.shop_id, done))
    yield world
    world.close()


@pytest.fixture
def desk(spine):
    return Shops(spine.store, built_in, lambda _shop: spine.shop, lambda: None, CARRIER)


def presenter_of(spine, desk):
    told, tasks = [], ManualTasks()
    presenter = RecordsPresenter(
        spine.desk.shop_history, tasks, lambda tone, phrase, _undo: told.append((tone, phrase.code))
    )
    presenter.open(desk.shops()[0])
    tasks.run()
    return presenter, tasks, told


def test_a_comparison_is_asked_for_stopped_made_seen_and_written(spine, desk, tmp_path):
    presenter, tasks, told = presenter_of(spine, desk)
    assert [row.new_count for row in presenter.screen.rounds] == [0, 1]
    presenter.choose("reports")
    tasks.run()
    presenter.compare("7")
    tasks.run()
    assert presenter.screen.is_comparing
    presenter.compare("7")
    tasks.run()
    assert not presenter.screen.is_comparing
    assert [code for _, code in told] == ["shops.comparing_asked", "shops.comparing_stopped"]
    presenter.compare("7")
    tasks.run()
    spine.desk.reconciler.work()
    presenter.look()
    tasks.run()
    (row,) = presenter.screen.reports.rows
    assert (row.is_open, row.missing_count) == (True, 1)
    presenter.open_report(row.id)
    tasks.run()
    assert [one.order_no for one in presenter.screen.report.lines] == ["A0"]
    presenter.export(tmp_path / "r.xlsx")
    tasks.run()
    assert openpyxl.load_workbook(tmp_path / "r.xlsx").active.max_row == 2
    presenter.mark_seen()
    tasks.run()
    assert not presenter.screen.reports.rows[0].is_open
    assert presenter.put_away()
    assert presenter.screen.report is None
    assert presenter.put_away()
    assert presenter.screen.shop is None
    assert not presenter.put_away()


def test_what_comes_after_the_records_were_closed_or_turned_is_not_shown(spine, desk):
    presenter, tasks, _told = presenter_of(spine, desk)
    presenter.choose("reports")
    presenter.choose("calls")
    tasks.run()
    assert (presenter.screen.reports, presenter.screen.calls) == (None, ())
    presenter.look()
    presenter.close()
    tasks.run()
    assert presenter.screen.calls is None


@pytest.fixture
def robot(qtbot, qapp, settings, spine, desk, tmp_path):
    settings.put("language", "zh_CN")
    ports = stand_in_ports(DeskWorld(), shops=desk, shop_history=spine.desk.shop_history)
    window = build_window(qapp, settings, start=Start(lambda: ports), folder=tmp_path, now=lambda: START)
    with qtbot.waitSignal(window.ready):
        window.show()
    window.activateWindow()
    qtbot.waitUntil(lambda: window.isActiveWindow() and QApplication.focusWidget() is not None)
    yield DeskRobot(qtbot, window)
    window.close()
    window.deleteLater()


def press(robot, name):
    robot.stands_on(name)
    robot.key(Qt.Key.Key_Space)


def cells(robot, table):
    """Every text of a table of the records, once it is there."""
    robot.qtbot.waitUntil(lambda: robot.find(f"shops.records.{table}").isVisible())
    model = robot.find(f"shops.records.{table}").model()
    return [[model.cell(row, column) for column in range(model.columnCount())] for row in range(model.rowCount())]


def test_a_clerk_sees_why_orders_do_not_come_and_has_them_compared_by_keys(robot, spine):
    robot.goes_to("shops")
    robot.sees("shops.1.name", "练习店")
    press(robot, "shops.1.records")
    rows = cells(robot, "rounds")
    assert rows[0][1] == "平台拒绝了这次调用"
    assert rows[0][-1] == "isv.permission"
    assert rows[1][1] == "新订单 1，有变化 0"
    press(robot, "shops.records.tab.reports")
    robot.sees("shops.records.nothing", "还没有对过账")
    assert robot.find("shops.records.days", QComboBox).currentText() == "最近 3 天"
    press(robot, "shops.records.compare")
    robot.sees("shops.records.progress", "排队等待对账")
    spine.desk.reconciler.work()
    robot.key(Qt.Key.Key_F5)
    assert cells(robot, "reports")[0][1] == "漏单 1"
    robot.stands_on("shops.records.reports")
    robot.key(Qt.Key.Key_Return)
    robot.qtbot.waitUntil(lambda: robot.find("shops.records.lines").hasFocus())
    ((no, kind, ours, theirs, outcome),) = cells(robot, "lines")
    assert (no, kind, ours, outcome) == ("A0", "漏单", "没有", "已补进")
    assert re.fullmatch(r"已付款 · .+ · \d\d-\d\d \d\d:\d\d(:\d\d)?", theirs)
    press(robot, "shops.records.seen")
    robot.qtbot.waitUntil(lambda: not robot.find("shops.records.seen").isVisible())
    robot.key(Qt.Key.Key_Escape)
    assert "看过" in cells(robot, "reports")[0][-1]
    robot.key(Qt.Key.Key_Escape)
    robot.sees("shops.1.name", "练习店")


def test_calls_are_copied_for_support_without_a_word_of_what_they_said(robot, spine):
    spine.desk.traces.hearer(spine.shop_id)(
        Exchange(
            "orders.one", "GET", "mall.example", "/v1/orders/2026061812", "", b"", 200, '{"n":"林晓"}'.encode(), 5
        )
    )
    robot.goes_to("shops")
    robot.sees("shops.1.name", "练习店")
    press(robot, "shops.1.records")
    press(robot, "shops.records.tab.calls")
    assert cells(robot, "calls")[0][1:4] == ["orders.one", "GET /v1/orders/‹10›", "200"]
    robot.sees("shops.records.answered", '{"n":"‹2›"}')
    press(robot, "shops.records.copy")
    robot.sees("shell.message.words", "已复制")
    said = QApplication.clipboard().text()
    assert "GET mall.example/v1/orders/‹10› (orders.one) -> 200 ok, 0 ms" in re.sub(r", \d+ ms", ", 0 ms", said)
    assert "林晓" not in said
