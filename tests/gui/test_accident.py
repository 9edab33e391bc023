"""The page after an accident over real records, by keys; and the words for buyers."""

from datetime import timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QLabel

from core.inventory.documents import booking, drafting
from core.inventory.documents.records import Head, LineIn
from core.inventory.documents.states import DocKind
from core.orders.settling.deciding import MESSAGES, WORDS
from core.orders.settling.records import Outcome
from core.runtime.ids import SkuId
from desktop.pages.accident.page import AccidentsPage
from desktop.pages.accident.presenter import DAYS, PARTS, AccidentPresenter
from desktop.texts import LANGUAGES, load_catalogue
from tests.gui.test_payments import Now, press
from tests.support.fake_shop import line

pytestmark = [pytest.mark.gui, pytest.mark.qt_log_ignore("propagateSizeHints")]
CTRL = Qt.KeyboardModifier.ControlModifier
MUCH = 200_000


@pytest.fixture
def page(file_world, qtbot, ui):
    world, said = file_world, []
    presenter = AccidentPresenter(
        world.desk.accidents, Now(), lambda tone, phrase, undo: said.append((tone, phrase.code, undo))
    )
    page = AccidentsPage(ui, presenter)
    page.said, page.presenter, page.world = said, presenter, world
    qtbot.addWidget(page)
    page.resize(1280, 700)
    page.show()
    return page


def sell_twice(page, *hours):
    """Orders without goods that have to leave within so many hours."""
    world = page.world
    for number, limit in enumerate(hours, 1):
        world.shop.place(f"A{number}", line("1", "BEAR", MUCH), ship_by_at=world.clock.now() + timedelta(hours=limit))
        world.sync(f"A{number}")
    page.handle_changed()


def shown(page):
    return [row.order_no for row in page.model.rows]


def test_all_is_well_says_so(page):
    page.handle_changed()
    assert page.findChild(QLabel, "accident.empty.title").isVisible()
    assert not page.table.isVisible()


def test_orders_stand_by_promise_and_are_settled_one_after_the_other_by_keys(page):
    sell_twice(page, 9, 3, 6)
    assert shown(page) == ["A2", "A3", "A1"]
    page.table.opened.emit(0)
    drawer = page.drawer
    assert drawer.isVisible()
    drawer._outcome.choose("compensated")
    drawer._amount.setValue(12.5)
    assert "12.50" in drawer._message.text()
    drawer._note.setText("红包")
    press(page, Qt.Key.Key_S, CTRL)
    assert page.said[-1][:2] == ("good", "accident.decided")
    assert page.presenter.screen.order.order_no == "A3", "on to the next one"
    assert (shown(page), drawer._amount.value(), drawer._note.text()) == (["A3", "A1"], 0, "")
    page.said[-1][2]()
    assert shown(page) == ["A2", "A3", "A1"]
    drawer._outcome.choose("waits")
    press(page, Qt.Key.Key_S, CTRL)
    page.presenter.choose_part("waits")
    assert shown(page) == ["A3"]
    page.presenter.choose_part("open")
    page.table.opened.emit(0)
    drawer._outcome.choose("compensated")
    press(page, Qt.Key.Key_S, CTRL)
    assert page.said[-1][:2] == ("stop", "error.settle.amount")
    assert page.handle_back()
    assert not page.handle_back()


def test_what_waits_for_goods_is_not_said_to_be_left_to_settle(page):
    sell_twice(page, 9)
    page.table.opened.emit(0)
    page.drawer._outcome.choose("waits")
    press(page, Qt.Key.Key_S, CTRL)
    summary, title = (page.findChild(QLabel, f"accident.{name}").text() for name in ("summary", "empty.title"))
    assert "未处理 0 单，等货 1 单" in summary
    assert "1 单在等货" in title, "nor is all of it over"


def test_the_message_is_copied_in_the_owners_words_and_noted(page):
    sell_twice(page, 9)
    world = page.world

    def buy(uow):
        day = (world.clock.now().date() + timedelta(days=2)).toordinal()
        head = Head(world.warehouse, expected_day=day)
        made = drafting.begin(uow, DocKind.PURCHASE, head, [LineIn(SkuId(world.skus["BEAR"]), MUCH)], "p")
        return booking.book(uow, made.document_id, made.version, "b").number

    number = world.do(buy)
    press(page, Qt.Key.Key_F9)
    assert page.words.isVisible()
    page.words._fields["waits"].setText("亲，{goods} {day} 到，单号 {order_no}")
    press(page, Qt.Key.Key_S, CTRL)
    assert page.said[-1][:2] == ("good", "accident.words.saved")
    page.table.opened.emit(0)
    press(page, Qt.Key.Key_F7)
    assert page.said[-1][:2] == ("good", "accident.copied")
    day = world.clock.now().date() + timedelta(days=2)
    assert f"团团熊×{MUCH}" in QGuiApplication.clipboard().text()
    assert str(day.day) in QGuiApplication.clipboard().text()
    assert QGuiApplication.clipboard().text().endswith("A1")
    assert page.presenter.screen.order.told_at is not None
    page.presenter.choose_part("goods")
    opened = []
    page.presenter.on_document = opened.append
    page.goods_table.opened.emit(0)
    assert opened == [number]
    press(page, Qt.Key.Key_F9)
    page.words._fields["refunded"].setText("{buyer}")
    press(page, Qt.Key.Key_S, CTRL)
    assert page.said[-1][:2] == ("stop", "error.settle.message_word")


def test_a_scanned_number_opens_its_order_and_a_strange_one_says_so(page):
    sell_twice(page, 9, 3)
    page.handle_scan("A1")
    assert page.presenter.screen.order.order_no == "A1"
    opened = []
    page.presenter.on_order = opened.append
    page.presenter.open_order()
    assert opened == [page.world.order("A1").id]
    page.handle_scan("B7")
    assert page.said[-1][:2] == ("notice", "accident.not_here")


def test_the_list_is_exported_and_settled_orders_go_by_days(page, tmp_path, monkeypatch):
    sell_twice(page, 9)
    page.world.desk.accidents.decide(page.world.order("A1").id, Outcome.REFUNDED, 0, "")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "a.xlsx"), ""))
    press(page, Qt.Key.Key_F10)
    assert page.said[-1][:2] == ("good", "accident.exported")
    assert (tmp_path / "a.xlsx").stat().st_size > 1000
    page.world.clock.advance(days=8)
    page.presenter.choose_part("settled")
    page.presenter.choose_days(7)
    assert page.presenter.screen.page.orders[0].outcome is Outcome.REFUNDED, (
        "the goods are missing still: it is shown"
    )
    page.presenter.choose_days(30)
    assert shown(page) == ["A1"]


def test_every_word_of_the_page_is_there_and_the_usual_messages_hold_no_other_words():
    for language in LANGUAGES:
        words = load_catalogue(language)
        wanted = [f"accident.part.{part}" for part in PARTS] + [f"accident.empty.{part}" for part in PARTS]
        wanted += [f"accident.days.{days}" for days in DAYS]
        wanted += [f"accident.outcome.{one}" for one in (*(one.value for one in Outcome), "came", "cancelled")]
        wanted += [f"accident.reason.{one}" for one in ("oversold", "paid_no_stock", "short")]
        wanted += [f"accident.{family}.{name}" for family in ("message", "words") for name in MESSAGES]
        assert sorted(set(wanted) - words.keys()) == []
        for name in MESSAGES:
            bare = words[f"accident.message.{name}"]
            for word in WORDS:
                bare = bare.replace(word, "")
            assert not set("{}") & set(bare)
