"""The page of after-sale cases over real ones: what to do, found by every number, everything by keys."""

from dataclasses import replace
from datetime import timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QPushButton

from core.aftersale.service import take_cases
from core.aftersale.states import PILES, NextStep, next_step
from core.channels.aftersale_contract import AfterSaleKind, AfterSaleState
from core.runtime.remote_errors import Temporary
from core.sync import cursors
from desktop.app import build_window
from desktop.pages.after_sale.catching import CatchCard
from desktop.pages.after_sale.presenter import AfterSalePresenter
from desktop.pages.after_sale.words import unread_text, until_text
from desktop.shell.window import Start
from desktop.texts import Texts, load_catalogue
from tests.gui.after_sale_scenes import LATE, SENT, UNSENT, furnish_after_sales
from tests.gui.conftest import ManualTasks
from tests.gui.robots import DeskRobot
from tests.support.after_sales import case
from tests.support.desk_world import START, DeskWorld
from tests.support.ports import stand_in_ports
from tests.support.world import World

pytestmark = [pytest.mark.gui, pytest.mark.qt_log_ignore("This plugin does not support")]
FIRST, BACK = "50260618000101", "50260615000060"


@pytest.fixture
def spine(sqlite_address):
    world = World(sqlite_address)
    furnish_after_sales(world)
    yield world
    world.close()


class Desk:
    """The presenter, its tasks run at once, and what it told."""

    def __init__(self, spine):
        self.told, self.went, self.copied = [], [], []
        self.rows, self.next = [], None
        self.tasks = ManualTasks()
        tell = lambda tone, phrase, _undo: self.told.append((tone, phrase.code))  # noqa: E731  said once, used below
        self.presenter = AfterSalePresenter(spine.desk.after_sales, self.tasks, tell)
        self.presenter.on_first = self._on_first
        self.presenter.on_more = lambda rows, _next: self.rows.extend(rows)
        self.presenter.on_order = self.went.append
        self.presenter.on_copy = self.copied.append

    def _on_first(self, rows, next_after, _again):
        self.rows, self.next = list(rows), next_after

    def do(self, act, *arguments):
        getattr(self.presenter, act)(*arguments)
        self.tasks.run()

    @property
    def screen(self):
        return self.presenter.screen

    @property
    def numbers(self):
        return [row.case_no for row in self.rows]


@pytest.fixture
def desk(spine):
    made = Desk(spine)
    made.do("reload")
    return made


def test_what_has_to_be_answered_stands_by_its_end(desk):
    assert desk.numbers == [FIRST, "50260618000102", "50260617000093"]
    assert desk.screen.counts == {"to_answer": "3", "on_way": "2", "agreed": "1", "unknown": "1"}


def test_every_case_is_in_one_pile(desk):
    seen = []
    for pile in PILES:
        desk.do("choose_pile", pile)
        if pile == "all":
            assert sorted(seen) == sorted(desk.numbers)
        seen += desk.numbers
    assert len(seen) == 20
    assert {state for states in PILES.values() for state in states} == set(AfterSaleState)


@pytest.mark.parametrize("pile", ["to_answer", "all"])
def test_pages_follow_each_other_without_a_gap(desk, monkeypatch, pile):
    desk.do("choose_pile", pile)
    whole = desk.numbers
    monkeypatch.setattr("desktop.bridge.paging.PAGE_ROWS", 1)
    other = desk
    other.do("choose_pile", pile)
    found, after = list(other.numbers), other.next
    while after is not None:
        page = other.presenter._cases.page(other.screen.wanted, after, 1)
        found += [row.case_no for row in page.rows]
        after = page.next_after
    assert found == whole


def test_ends_that_are_the_same_and_ends_that_are_not_said_page_on(desk, spine):
    at = START + timedelta(hours=3)
    more = [case(f"S{n}", "X", START, answer_by_at=at) for n in range(3)] + [
        case(f"N{n}", "X", START) for n in range(3)
    ]
    spine.do(lambda uow: take_cases(uow, spine.shop_id, more))
    desk.do("reload")
    whole, found, after = desk.numbers, [], None
    while True:
        page = spine.desk.after_sales.page(desk.screen.wanted, after, 1)
        found += [row.case_no for row in page.rows]
        after = page.next_after
        if after is None:
            break
    assert found == whole
    assert len(found) == 9


def test_a_case_is_found_by_every_number_of_it(desk, spine):
    for code, number in ((FIRST, FIRST), (UNSENT, FIRST), ("YT7312345678901", BACK)):
        desk.do("find", code)
        assert (desk.screen.wanted.pile, desk.numbers) == ("all", [number])
        assert desk.screen.detail.row.case_no == number
    desk.do("find", spine.number(SENT))
    assert sorted(desk.numbers) == [BACK, "50260618000102"]
    desk.do("find", "nobody")
    assert desk.told[-1] == ("notice", "after_sale.unknown_code")
    desk.do("search", "")
    assert desk.screen.wanted.pile == "to_answer"


def test_a_case_of_unsent_goods_says_leave_them_here(desk, spine):
    desk.do("find", FIRST)
    detail = desk.screen.detail
    assert (detail.next, detail.has_left) == (NextStep.KEEP_AND_ANSWER, False)
    assert (detail.order.id, detail.order.hold_reason) == (spine.order(UNSENT).id, "refund_requested")
    assert [(one.title, one.spec, one.units) for one in detail.lines] == [("团团熊", "大号", 2)]
    desk.do("open_order")
    desk.do("copy_number")
    assert (desk.went, desk.copied) == ([spine.order(UNSENT).id], [FIRST])


def test_goods_that_we_sent_have_left_whatever_the_platform_says(desk):
    desk.do("find", BACK)
    assert (desk.screen.detail.next, desk.screen.detail.has_left) == (NextStep.RECEIVE, True)


def test_a_case_whose_order_is_not_here_says_so(desk):
    desk.do("find", "50260617000093")
    assert desk.screen.detail.order is None
    desk.do("open_order")
    assert desk.went == []


def test_every_state_and_kind_has_its_words():
    for language in ("zh_CN", "en"):
        words = load_catalogue(language)
        for state in AfterSaleState:
            assert f"after_sale.state.{state.value}" in words
            for kind in AfterSaleKind:
                for has_left in (True, False):
                    step = next_step(state, kind, has_left=has_left)
                    assert f"after_sale.next.{step.value}" in words
        assert {f"after_sale.kind.{kind.value}" for kind in AfterSaleKind} <= words.keys()
        for pile in PILES:
            assert f"after_sale.pile.{pile}" in words
            assert f"after_sale.empty.{pile}.hint" in words


def test_an_end_is_said_as_near_as_it_is(desk):
    row, texts = desk.rows[0], Texts("en")
    ends = row.answer_by_at
    said = [until_text(row, ends - timedelta(minutes=left), texts) for left in (-1, 0, 1, 119, 121, 1439)]
    assert said[0].startswith("ended")
    assert said[2:] == ["1 minutes left", "119 minutes left", "2 hours left", "23 hours left"]
    assert until_text(row, ends - timedelta(days=2), texts)[:2] == "01"


def test_a_shop_that_cannot_be_read_is_named_over_the_list(desk, spine):
    assert unread_text(desk.screen.unread, START, Texts("en")) == ""
    spine.do(lambda uow: cursors.note_unread(uow, spine.shop_id, cursors.CASES, Temporary("no line"), START))
    desk.do("reload")
    words = unread_text(desk.screen.unread, spine.clock.now(), Texts("en"))
    assert "练习店" in words
    assert "Temporary: no line" in words


# --- the page ----------------------------------------------------------------------------------------------------


@pytest.fixture
def robot(qtbot, qapp, settings, tmp_path, spine):
    ports = stand_in_ports(DeskWorld(), orders=spine.desk.orders, after_sales=spine.desk.after_sales)
    window = build_window(qapp, settings, start=Start(lambda: ports), folder=tmp_path, now=lambda: START)
    qtbot.addWidget(window)
    window.show()
    made = DeskRobot(qtbot, window)
    made.window = window
    yield made
    window.close()


def words_of(page):
    return [label.text() for label in page.findChildren(QLabel) if label.isVisibleTo(page)]


def test_a_scan_opens_the_case_and_keys_lead_on(robot, qtbot):
    window = robot.window
    qtbot.waitUntil(lambda: window.can_open("after_sale"))
    window.go("after_sale")
    page = window.page("after_sale")
    qtbot.waitUntil(lambda: page.model.rowCount() == 3)
    page.handle_scan(UNSENT)
    qtbot.waitUntil(page.drawer.isVisible)
    said = words_of(page.drawer)
    assert load_catalogue("zh_CN")["after_sale.next.keep_and_answer"] in said
    assert load_catalogue("zh_CN")["after_sale.answered_there"] in said
    assert not page.drawer.findChild(QPushButton, "after_sale.receive").isVisible()

    robot.key(Qt.Key.Key_F8)
    assert QGuiApplication.clipboard().text() == FIRST
    robot.key(Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not page.drawer.isVisible())
    page.handle_scan(UNSENT)
    qtbot.waitUntil(page.drawer.isVisible)
    robot.key(Qt.Key.Key_F6)
    orders = window.page("orders")
    qtbot.waitUntil(lambda: orders.isVisible() and orders.drawer.isVisible())


def test_an_empty_pile_says_what_comes_there(robot, qtbot, spine):
    window = robot.window
    qtbot.waitUntil(lambda: window.can_open("after_sale"))
    window.go("after_sale")
    page = window.page("after_sale")
    page.handle_scan("nobody")
    hint = load_catalogue("zh_CN")["after_sale.nothing_found.hint"]
    qtbot.waitUntil(lambda: hint in words_of(page))
    page._on_pile("done")
    qtbot.waitUntil(lambda: page.model.rowCount() == 3)
    assert page._search.text() == ""


def test_parcels_to_be_caught_beyond_the_first_three_are_shown_by_the_button(robot, qtbot, spine):
    window = robot.window
    qtbot.waitUntil(lambda: window.can_open("after_sale"))
    window.go("after_sale")
    there = window.page("after_sale")._catch
    qtbot.waitUntil(lambda: bool(there._parcels))
    (parcel,) = there._parcels
    assert not there._next.isVisible()
    card = CatchCard(there._ui, there._presenter)
    qtbot.addWidget(card)
    card.show_parcels([replace(parcel, parcel_id=n) for n in range(1, 8)])
    card.show()
    seen = []
    for _ in range(4):
        buttons = [one.objectName() for one in card.findChildren(QPushButton) if one.isVisibleTo(card)]
        seen.append([n for n in range(1, 8) if f"after_sale.catch.{n}.order" in buttons])
        qtbot.mouseClick(card._next, Qt.MouseButton.LeftButton)
    assert seen == [[1, 2, 3], [4, 5, 6], [7], [1, 2, 3]]


def test_a_parcel_that_left_too_early_is_written_into_a_table_and_settled(desk, spine, tmp_path):
    (parcel,) = desk.screen.to_catch
    assert (parcel.order_nos, parcel.is_here, parcel.is_refunded) == ((LATE,), True, False)
    desk.do("export_catch", tmp_path / "list.csv")
    assert parcel.waybill_no in (tmp_path / "list.csv").read_text(encoding="utf-8-sig")
    desk.do("settle_catch", parcel, "caught")
    assert desk.screen.to_catch == ()
    assert desk.told == [("good", "after_sale.catch.exported"), ("good", "after_sale.catch.told.caught")]
