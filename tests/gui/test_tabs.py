"""Pages that share a place in the rail: tabs above them, gone through by keys."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QToolButton

from desktop.shell.rail import GROUPS, INSIDE, PAGES, Rail
from desktop.shell.tabs import Tabs
from tests.gui.robots import DeskRobot

pytestmark = [pytest.mark.gui, pytest.mark.qt_log_ignore("This plugin does not support")]
CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def tabs(qtbot, ui):
    opened = []

    def go(page):
        opened.append(page)
        made.mark(page)

    made = Tabs(ui, go)
    made.opened = opened
    qtbot.addWidget(made)
    return made


def shown(tabs):
    """Names of the tabs that are there, in their order."""
    buttons = tabs.findChildren(QPushButton)
    return tuple(one.objectName().removeprefix("shell.tabs.") for one in buttons if not one.isHidden())


@pytest.mark.parametrize("place", list(GROUPS))
def test_turning_goes_round_the_group_and_back(tabs, place):
    pages = GROUPS[place]
    tabs.mark(pages[0])
    for page in (*pages[1:], pages[0]):
        assert tabs.turn(1)
        assert tabs.opened[-1] == page
    for page in (*reversed(pages[1:]), pages[0]):
        assert tabs.turn(-1)
        assert tabs.opened[-1] == page


def test_a_page_that_may_not_be_opened_is_no_tab_and_is_stepped_over(tabs):
    tabs.offer(lambda page: page not in {"documents", "drill"})
    tabs.mark("stock")
    assert shown(tabs) == ("stock", "stocktake", "quotas", "replenish", "limits", "accident", "recall")
    tabs.turn(1)
    assert tabs.opened[-1] == "stocktake"
    tabs.mark("stock")
    tabs.turn(-1)
    assert tabs.opened[-1] == "recall"


def test_one_page_alone_needs_no_tabs(tabs):
    tabs.offer(lambda page: page in {"stock", "shops"})
    tabs.mark("stock")
    assert tabs.isHidden()
    assert not tabs.turn(1)
    assert tabs.opened == []


@pytest.mark.parametrize("page", [page for page in PAGES if page not in GROUPS])
def test_pages_without_a_group_have_no_tabs(tabs, page):
    tabs.mark("stock")
    assert not tabs.isHidden()
    tabs.mark(page)
    assert tabs.isHidden()
    assert not tabs.turn(1)


def test_every_tab_is_marked_in_the_rail_under_its_group():
    assert {page: INSIDE[page] for pages in GROUPS.values() for page in pages} == {
        page: place for place, pages in GROUPS.items() for page in pages
    }
    assert set(GROUPS) <= set(PAGES)


@pytest.fixture
def robot(qtbot, window):
    return DeskRobot(qtbot, window)


def test_the_keys_go_round_in_the_window(robot, window):
    # The desk of this window has no stocktakes, suggestions or accidents: as for somebody who may not see them.
    lacking = {"stocktake", "replenish", "accident"}
    window.frame.tabs.offer(lambda page: page not in lacking)
    pages = tuple(page for page in GROUPS["stock"] if page not in lacking)
    robot.goes_to("stock")
    for page in (*pages[1:], "stock"):
        robot.key(Qt.Key.Key_Tab, CTRL)
        robot.qtbot.waitUntil(lambda page=page: window.current_page == page)
        assert window.findChild(QPushButton, f"shell.tabs.{page}").isChecked()
    robot.key(Qt.Key.Key_Backtab, CTRL | SHIFT)
    robot.qtbot.waitUntil(lambda: window.current_page == GROUPS["stock"][-1])
    assert window.frame.rail.findChild(object, "shell.rail.stock").isChecked()


def test_the_keys_do_nothing_where_there_are_no_tabs(robot, window):
    robot.goes_to("customers")
    robot.key(Qt.Key.Key_Tab, CTRL)
    robot.qtbot.wait(50)
    assert window.current_page == "customers"
    assert window.frame.tabs.isHidden()


def test_a_place_opens_the_first_page_of_it_that_may_be_opened(qtbot, ui):
    opened = []
    rail = Rail(ui, opened.append)
    qtbot.addWidget(rail)
    rail.offer(lambda page: page in {"waves", "stocktake", "recall"})
    places = {place for place in PAGES if not rail.findChild(QToolButton, f"shell.rail.{place}").isHidden()}
    assert places == {"waves", "stock"}
    rail.findChild(QToolButton, "shell.rail.stock").click()
    assert opened == ["stocktake"]


def test_who_may_count_but_not_see_stock_comes_to_the_stocktake_by_key(robot, window, monkeypatch):
    went = []
    monkeypatch.setattr(window, "may_open", lambda page: page in {"packing", "stocktake"})
    monkeypatch.setattr(window, "go", went.append)
    robot.key(Qt.Key.Key_3, CTRL)
    assert went == ["stocktake"]
