"""Starting with a shop on the page of shops, over the real records."""

from datetime import timedelta

import pytest
from openpyxl import load_workbook
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton

from core.channels.registry import built_in
from core.desk.shops import Shops
from core.sync.shop_views import ShopDraft
from core.sync.start_list import RowKind, StartStage
from desktop.app import build_window
from desktop.formats import typed_moment
from desktop.pages.shops.start_presenter import StartPresenter
from desktop.shell.window import Start
from tests.gui.conftest import ManualTasks
from tests.gui.robots import DeskRobot
from tests.gui.shop_scenes import furnish_start
from tests.support.desk_world import START, DeskWorld
from tests.support.ports import stand_in_ports
from tests.support.world import CARRIER, World

pytestmark = [pytest.mark.gui, pytest.mark.qt_log_ignore("This plugin does not support")]
MALL = ShopDraft("mall", "新店", {"base_url": "https://mall.example", "key": "k"}, {"secret": "s"})


class Unasked:
    """The way in to shops whose platform tells nothing of them."""

    def identify(self, _shop_id):
        return ""


@pytest.fixture
def spine(sqlite_address):
    world = World(sqlite_address)
    yield world
    world.close()


@pytest.fixture
def desk(spine):
    return Shops(spine.store, built_in, lambda _shop: None, lambda: None, CARRIER)


@pytest.fixture
def shop_id(spine, desk):
    made = desk.add(MALL)
    furnish_start(spine, made)
    return made


@pytest.fixture
def robot(qtbot, qapp, settings, spine, desk, shop_id, tmp_path):
    settings.put("language", "zh_CN")
    ports = stand_in_ports(DeskWorld(), shops=desk, starting=spine.desk.starting, authorising=Unasked())
    window = build_window(qapp, settings, start=Start(lambda: ports), folder=tmp_path, now=lambda: START)
    with qtbot.waitSignal(window.ready):
        window.show()
    window.activateWindow()
    qtbot.waitUntil(lambda: window.isActiveWindow() and QApplication.focusWidget() is not None)
    yield DeskRobot(qtbot, window)
    window.close()
    window.deleteLater()


def presenter_of(spine, shop_id):
    told = []
    tasks = ManualTasks()
    presenter = StartPresenter(
        spine.desk.starting, tasks, lambda tone, phrase, _undo: told.append((tone, phrase.code, dict(phrase.facts)))
    )
    presenter.open(shop_id, "新店")
    tasks.run()
    return presenter, tasks, told


def numbers_of(presenter, kind):
    return {row.order_no for row in presenter.screen.found.rows if row.kind is kind}


def test_an_owner_starts_a_shop_by_keys_and_stops_it_again(robot, spine, shop_id, tmp_path):
    robot.goes_to("shops")
    robot.sees(f"shops.{shop_id}.told", "只读")
    robot.qtbot.mouseClick(robot.find(f"shops.{shop_id}.start"), Qt.MouseButton.LeftButton)
    page = robot.window.page("shops")
    starting = page._starting
    robot.qtbot.waitUntil(lambda: starting.screen.found is not None and not starting.screen.is_busy)
    robot.qtbot.waitUntil(lambda: QApplication.focusWidget() is page.start.table)
    robot.sees("start.stage", "只读")
    assert not robot.find("start.numbers", QPushButton).isEnabled(), "the mall has no numbers to write"
    page.start.ask_place = lambda name: tmp_path / name
    robot.key(Qt.Key.Key_F10)
    robot.sees("shell.message.words", "xlsx")
    (table,) = tmp_path.glob("*.xlsx")
    assert load_workbook(table).active.max_row == len(starting.screen.rows) + 1

    ticked = next(number for number, row in enumerate(starting.screen.rows) if row.kind is RowKind.BEFORE)
    page.start.table.point_at(ticked)
    robot.key(Qt.Key.Key_Return)
    assert starting.screen.also == (starting.screen.rows[ticked].order_id,)
    robot.key(Qt.Key.Key_F7)
    robot.sees("shell.message.words", "再按一次")
    assert not any(spine.parcels(row.order_no) for row in starting.screen.found.rows)
    robot.key(Qt.Key.Key_F7)
    robot.qtbot.waitUntil(lambda: starting.screen.found.on_desk and not starting.screen.is_busy)
    assert spine.parcels(starting.screen.found.rows[0].order_no) == []
    robot.sees("start.stage", "部分启用")
    robot.key(Qt.Key.Key_F9)
    robot.key(Qt.Key.Key_F9)
    robot.qtbot.waitUntil(lambda: starting.screen.found.confirms and not starting.screen.is_busy)
    robot.key(Qt.Key.Key_F9)
    robot.qtbot.waitUntil(lambda: not starting.screen.found.confirms and not starting.screen.is_busy)
    robot.key(Qt.Key.Key_F7)
    robot.qtbot.waitUntil(lambda: not starting.screen.found.on_desk and not starting.screen.is_busy)
    robot.key(Qt.Key.Key_Escape)
    assert starting.screen.shop_id is None


def test_the_cut_over_divides_the_list_and_only_ticked_older_ones_come(spine, shop_id):
    presenter, tasks, told = presenter_of(spine, shop_id)
    assert presenter.screen.found.stage is StartStage.READ_ONLY
    assert len(numbers_of(presenter, RowKind.TO_DESK)) == 2
    older = numbers_of(presenter, RowKind.BEFORE)
    assert len(older) == 3
    presenter.choose_moment("gestern")
    assert told[-1][1] == "start.bad_moment"
    early = spine.clock.now() - timedelta(hours=6)
    presenter.choose_moment(f"{early.astimezone():%Y-%m-%d %H:%M}")
    tasks.run()
    assert numbers_of(presenter, RowKind.BEFORE) == set()
    presenter.choose_moment(f"{spine.clock.now().astimezone():%Y-%m-%d %H:%M}")
    tasks.run()
    picked = next(row for row in presenter.screen.found.rows if row.kind is RowKind.BEFORE)
    presenter.tick(picked)
    begun = next(row for row in presenter.screen.found.rows if row.kind is RowKind.PART_SENT)
    presenter.tick(begun)
    coming = next(row for row in presenter.screen.found.rows if row.kind is RowKind.TO_DESK)
    presenter.tick(coming)
    assert told[-1][1] == "start.not_chosen_singly"
    presenter.orders()
    tasks.run()
    assert not spine.parcels(picked.order_no)
    presenter.orders()
    tasks.run()
    assert told[-1][1:] == ("start.orders_on", {"name": "新店", "n": 3})
    assert spine.parcels(picked.order_no)
    assert spine.holds(begun.order_no) == {"part_sent"}, "a person says there what is left of it"
    assert numbers_of(presenter, RowKind.BEFORE) == older - {picked.order_no}


def test_a_parcel_that_is_unticked_is_never_told(spine, shop_id):
    presenter, tasks, _told = presenter_of(spine, spine.shop_id)
    spine.desk.shops.stop_telling(spine.shop_id)
    for no in ("1", "2"):
        spine.shop.place(no, *spine.shop.orders.get(no, _bear()))
        spine.sync(no)
        spine.buy_numbers()
        spine.desk.pack(no)
        spine.desk.ship(spine.number(no))
    presenter.look()
    tasks.run()
    rows = [row for row in presenter.screen.found.rows if row.kind is RowKind.CONFIRM]
    assert [row.order_no for row in rows] == ["1", "2"]
    presenter.tick(rows[0])
    presenter.confirm(lambda _shop: None)
    presenter.confirm(lambda _shop: None)
    tasks.run()
    spine.tell_shop()
    assert [one.order_no for one in spine.shop.told.values()] == ["2"]


def _bear():
    from tests.support.fake_shop import line

    return (line("1", "BEAR"),)


def test_what_is_stopped_half_way_stays_in_the_list(spine, shop_id):
    presenter, tasks, _told = presenter_of(spine, shop_id)
    presenter.orders()
    presenter.orders()
    assert presenter.cancel()
    tasks.run()
    assert presenter.screen.found.on_desk
    assert len(numbers_of(presenter, RowKind.TO_DESK)) == 2
    assert presenter.close()


def test_a_moment_is_read_as_people_type_it():
    assert typed_moment("2026/6/18 9:05") == typed_moment("26-06-18 09.05")
    with pytest.raises(ValueError, match="no moment"):
        typed_moment("2026-06-18")


def test_the_field_of_the_cut_over_is_read_when_it_is_left(robot, shop_id):
    robot.goes_to("shops")
    page = robot.window.page("shops")
    page.open_start(shop_id, "新店")
    starting = page._starting
    robot.qtbot.waitUntil(lambda: starting.screen.found is not None and not starting.screen.is_busy)
    field = robot.find("start.moment", QLineEdit)
    field.setText("2026-06-17 08:00")
    field.editingFinished.emit()
    robot.qtbot.waitUntil(lambda: starting.screen.found.cut_over_at == typed_moment("2026-06-17 08:00"))
