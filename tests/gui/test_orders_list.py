"""The list of orders under hands: keys, refreshes while somebody looks, and what is painted."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from tests.gui.robots import DeskRobot

pytestmark = [pytest.mark.gui, pytest.mark.qt_log_ignore("This plugin does not support")]


class Written:
    """A committed write of orders."""

    def touches(self, *names):
        return "orders" in names


@pytest.fixture
def robot(qtbot, window):
    return DeskRobot(qtbot, window)


@pytest.fixture
def page(robot, window, world):
    """The page with the newest hundred of 350 orders."""
    for order_id in range(1, 351):
        world.add_order(order_id)
    robot.goes_to("orders")
    page = window.page("orders")
    robot.qtbot.waitUntil(lambda: page.model.rowCount() == 100)
    return page


def current(page):
    return page.model.row_at(page.table.currentIndex().row()).id


def changed(robot, window, world):
    """Records changed; back when the page has read them again."""
    reads = [name for name, _ in world.calls].count("page")
    window._tasks.announce(Written())
    robot.qtbot.waitUntil(lambda: [name for name, _ in world.calls].count("page") > reads)
    robot.qtbot.waitUntil(lambda: not window.page("orders")._presenter.screen.is_loading)


def test_home_and_end_go_through_the_rows(robot, page):
    robot.key(Qt.Key.Key_End)
    robot.qtbot.waitUntil(lambda: page.model.rowCount() == 350 and current(page) == 1)
    robot.key(Qt.Key.Key_Home)
    assert (current(page), page.table.verticalScrollBar().value()) == (350, 0)


def test_the_next_page_comes_before_the_end_is_reached(robot, page):
    while page.table.verticalScrollBar().value() + 50 < page.table.verticalScrollBar().maximum():
        robot.key(Qt.Key.Key_PageDown)
    robot.qtbot.waitUntil(lambda: page.model.rowCount() == 200)
    assert page.table.currentIndex().row() < 90


def test_new_orders_do_not_take_the_chosen_one_away(robot, page, window, world):
    robot.key(Qt.Key.Key_Down)
    assert current(page) == 349
    world.add_order(900)
    changed(robot, window, world)
    robot.qtbot.waitUntil(lambda: page.model.row_at(0).id == 900)
    assert (current(page), page.table.currentIndex().row()) == (349, 2)


def test_the_drawer_stays_with_its_order_when_that_leaves_the_pile(robot, page, window, world):
    """Else the next key would hold whatever order came into its place."""
    robot.key(Qt.Key.Key_Down)
    robot.key(Qt.Key.Key_Return)
    robot.sees("orders.drawer.title", "T20260100000349")
    world.add_order(349, fulfilment="shipped")
    changed(robot, window, world)
    robot.qtbot.waitUntil(lambda: page.model.find(349) < 0)
    robot.qtbot.wait(100)
    assert page._presenter.screen.detail.row.id == 349
    assert page.table.currentIndex().row() == 1
    robot.key(Qt.Key.Key_Down)
    robot.sees("orders.drawer.title", "T20260100000347")


def test_an_act_far_down_leaves_the_list_where_it_is(robot, page, world):
    robot.key(Qt.Key.Key_End)
    robot.qtbot.waitUntil(lambda: page.model.rowCount() == 350 and current(page) == 1)
    robot.key(Qt.Key.Key_Return)
    chosen, scroll, rows = current(page), page.table.verticalScrollBar().value(), page.model.rowCount()
    robot.qtbot.waitUntil(lambda: page._presenter.screen.detail is not None)
    page._presenter.hold("")
    robot.qtbot.waitUntil(lambda: world.orders[chosen].holds == ("by_hand",))
    robot.qtbot.waitUntil(lambda: page.model.row_at(page.model.find(chosen)).hold_reason == "by_hand")
    assert (current(page), page.table.verticalScrollBar().value()) == (chosen, scroll)
    assert page.model.rowCount() == rows


def test_another_pile_begins_at_its_newest(robot, page, world):
    for order_id in range(400, 550):
        world.add_order(order_id, fulfilment="shipped")
    robot.key(Qt.Key.Key_End)
    robot.qtbot.mouseClick(robot.find("orders.pile.shipped"), Qt.MouseButton.LeftButton)
    robot.qtbot.waitUntil(lambda: page.model.row_at(0).id == 549)
    assert (current(page), page.table.verticalScrollBar().value()) == (549, 0)


def test_the_keyboard_stays_on_the_page_when_nothing_is_found(robot, page):
    robot.key(Qt.Key.Key_F2)
    robot.types("zz")
    page.table.setFocus()
    page._presenter.search("zz")
    robot.qtbot.waitUntil(lambda: not page.table.isVisible())
    assert QApplication.focusWidget() is page._search
    robot.key(Qt.Key.Key_Escape)
    robot.qtbot.waitUntil(lambda: page.table.isVisible() and page.model.rowCount() == 100)


def test_a_cell_is_laid_out_as_plain_text_within_its_column(page):
    shown = page.table._lay_out("<b>1</b> " * 30, 120)
    assert shown.textFormat() is Qt.TextFormat.PlainText
    assert shown.text().startswith("<b>1</b>")
    assert shown.text().endswith("…")
    assert shown.size().width() <= 120


def test_every_row_that_shows_is_painted(robot, page):
    """Dark pixels in every row and every column: nothing is left out, at the edges neither."""
    while page.model.rowCount() < 350:
        rows = page.model.rowCount()
        page.table.scrollToBottom()
        robot.qtbot.waitUntil(lambda rows=rows: page.model.rowCount() > rows)
    page.table.scrollToBottom()
    robot.qtbot.wait(50)
    image = page.table.viewport().grab().toImage()
    height = page.table.verticalHeader().defaultSectionSize()
    for row in range(page.table.rowAt(0) + 1, page.model.rowCount()):
        top = page.table.rowViewportPosition(row)
        for place in page.table._places():
            text = page.model.cell(row, place.column)
            inks = {
                image.pixel(x, y)
                for x in range(place.left, place.left + place.width)
                for y in range(top, top + height)
            }
            assert (len(inks) > 1) is bool(text.strip()), (row, place)
