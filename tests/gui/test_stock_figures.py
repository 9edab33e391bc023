"""Every number in the stock drawer is a door: by keys into what makes it, and back again."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QPushButton

from core.inventory.figures.records import Figure, Name
from core.inventory.states import MovementKind
from desktop.texts import LANGUAGES, Texts, load_catalogue
from tests.gui.test_stock import desk, robot, spine  # noqa: F401 - fixtures
from tests.support.fake_shop import line

pytestmark = [pytest.mark.gui, pytest.mark.qt_log_ignore("This plugin does not support")]


def focused() -> str:
    widget = QApplication.focusWidget()
    return "" if widget is None else widget.objectName()


def goes_to(robot, name: str) -> None:  # noqa: F811  the fixture
    robot.stands_on(name, QPushButton)
    robot.key(Qt.Key.Key_Return)


def test_keys_lead_from_a_number_to_the_order_behind_it_and_back(robot, spine):  # noqa: F811  the fixture
    spine.ready("A1", line("1", "BEAR", 2))
    robot.gun("6901234567892")
    robot.sees("stock.drawer.title", "BEAR")
    robot.sees("stock.sentence", "100000 = 已售待发 2 + 池 99998；最坏情况超卖 0")
    robot.key(Qt.Key.Key_F4)
    robot.qtbot.waitUntil(lambda: focused() == "stock.figure.on_hand")
    robot.key(Qt.Key.Key_Down)
    robot.key(Qt.Key.Key_Down)
    assert focused() == "stock.figure.confirmed"
    goes_to(robot, "stock.figure.available")
    robot.sees("stock.opened.whole", "可用 = 99,998 件")
    robot.qtbot.waitUntil(lambda: focused() == "stock.opened.back")
    amounts = [robot.find(f"stock.opened.{number}.open", QPushButton).text() for number in range(2)]
    assert amounts == ["100,000", "-2"]
    goes_to(robot, "stock.opened.1.open")
    robot.sees("stock.opened.0.what", "已确认")
    robot.key(Qt.Key.Key_Escape)
    robot.sees("stock.opened.whole", "可用 = 99,998 件")
    robot.key(Qt.Key.Key_Escape)
    robot.qtbot.waitUntil(lambda: focused() == "stock.figure.available")
    assert robot.find("stock.drawer").isVisible()
    goes_to(robot, "stock.figure.confirmed")
    robot.qtbot.waitUntil(lambda: robot.window.findChild(QPushButton, "stock.opened.0.order") is not None)
    goes_to(robot, "stock.opened.0.order")
    robot.sees("orders.drawer.title", "A1")


def test_a_clerk_finds_goods_and_opens_their_numbers_by_keys_alone(robot, spine):  # noqa: F811  the fixture
    """From the search into the list, from the list into the numbers, and from a number to what it has of doors."""
    spine.ready("A1", line("1", "BEAR", 2))
    page = robot.window.page("stock")
    robot.key(Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    robot.types("bear")
    robot.key(Qt.Key.Key_Return)
    robot.qtbot.waitUntil(lambda: page.model.rowCount() == 1)
    assert focused() == "stock.search"
    robot.key(Qt.Key.Key_Return)
    assert focused() == "stock.table", "a second Enter goes into what was found"
    robot.key(Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    robot.key(Qt.Key.Key_Down)
    assert focused() == "stock.table"
    robot.key(Qt.Key.Key_F4)
    robot.sees("stock.drawer.title", "BEAR")
    robot.qtbot.waitUntil(lambda: focused() == "stock.figure.on_hand")
    goes_to(robot, "stock.figure.confirmed")
    robot.qtbot.waitUntil(lambda: focused() == "stock.opened.back")
    page.table.setFocus()
    robot.key(Qt.Key.Key_F4)
    assert focused() == "stock.opened.0.order"


def test_goods_of_one_name_are_told_apart_where_the_window_is_as_small_as_it_may_be(robot):  # noqa: F811  the fixture
    page = robot.window.page("stock")
    robot.window.resize(1366, 768)
    robot.qtbot.wait(50)
    columns = [column.code for column in page.model.columns]
    assert not page.table.isColumnHidden(columns.index("stock.column.spec"))
    robot.gun("6901234567892")
    robot.sees("stock.drawer.title", "BEAR")
    assert not page.table.isColumnHidden(columns.index("stock.column.spec"))


def test_what_changes_meanwhile_is_shown_in_the_open_number(robot, spine):  # noqa: F811  the fixture
    robot.gun("6901234567892")
    robot.sees("stock.drawer.title", "BEAR")
    robot.qtbot.waitUntil(lambda: robot.window.findChild(QPushButton, "stock.figure.on_hand") is not None)
    goes_to(robot, "stock.figure.on_hand")
    robot.sees("stock.opened.whole", "100,000")
    spine.receive("BEAR", 24)
    robot.window.page("stock").handle_changed()
    robot.sees("stock.opened.whole", "100,024")
    assert "收货" in robot.find("stock.opened.0.what", QLabel).text()


def test_a_long_number_is_read_page_by_page(desk, spine):  # noqa: F811  the fixture
    for number in range(120):
        spine.receive("CARD", number % 5 + 1)
    desk.open("CARD")
    level = desk.screen.detail.row
    desk.do("open_figure", Figure(Name.MOVED, level.sku_id, level.warehouse_id, "", kind="receipt"))
    (shown,) = desk.screen.trail
    assert shown.next_after is not None
    desk.do("more_parts")
    (shown,) = desk.screen.trail
    assert shown.next_after is None
    assert sum(part.qty for part in shown.parts) == shown.qty
    desk.open("BEAR")
    assert desk.screen.trail == (), "other goods begin with all their numbers"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_number_and_part_has_words(language):
    known = load_catalogue(language)
    assert [name for name in Name if f"stock.figure.{name}" not in known] == []
    codes = ("earlier", "quarantine", "return", "counted", "past", "blocked", "kept", "set", "cover")
    codes += ("act_grant", "act_withdraw", "taken_over", "answered", "told", "sale", "called_off", "repaid", "said")
    codes += ("drift", "since")
    assert [code for code in codes if f"stock.part.{code}" not in known] == []
    assert [kind for kind in MovementKind if Texts(language).word("stock.kind", kind) == kind] == []
