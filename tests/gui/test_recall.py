"""The page of batches over real records: what ends when, blocking, the recall list; and batches in the stock page."""

from datetime import date, timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit
from sqlalchemy import select, update

from core.catalog.gs1 import parse
from core.catalog.models import Sku
from core.fulfilment.models import PackedBatch
from core.inventory.batch_list import BATCH_PILES, BatchFilter
from core.inventory.batches import note_batch
from core.inventory.ledger import receive
from core.inventory.models import Batch
from desktop.app import build_window
from desktop.formats import typed_day
from desktop.pages.recall.presenter import PARTS, BatchForm, RecallPresenter
from desktop.pages.stock.presenter import ActForm, StockPresenter
from desktop.shell.window import Start
from desktop.texts import load_catalogue
from tests.gui.conftest import ManualTasks
from tests.gui.robots import DeskRobot
from tests.support.desk_world import DeskWorld
from tests.support.fake_shop import line
from tests.support.ports import stand_in_ports
from tests.support.world import START, World

pytestmark = [pytest.mark.gui, pytest.mark.qt_log_ignore("This plugin does not support")]

TODAY = (START + timedelta(hours=8)).date()
SOON, LATE = TODAY + timedelta(days=20), TODAY + timedelta(days=300)


@pytest.fixture
def spine(sqlite_address):
    world = World(sqlite_address, stock=0)
    sku = world.skus["BEAR"]

    def furnish(uow):
        uow.execute(update(Sku).where(Sku.id == sku).values(is_batch_managed=True, life_days=365))
        for code, last in (("SOON", SOON), ("LATE", LATE)):
            note_batch(uow, sku, code, last)
            receive(uow, world.warehouse, sku, 5, "delivery", code, code)

    world.do(furnish)
    yield world
    world.check_stock()
    world.close()


class Page:
    """The presenter, its tasks run at once, and what it told."""

    def __init__(self, spine):
        self.told, self.rows, self.orders, self.undo = [], (), [], None
        self.tasks = ManualTasks()
        self.presenter = RecallPresenter(spine.desk.batches, self.tasks, self._tell)
        self.presenter.on_first = self._on_first
        self.presenter.on_order = self.orders.append
        self.do("reload")

    def _tell(self, tone, phrase, undo):
        self.told.append((tone, phrase.code))
        self.undo = undo

    def _on_first(self, rows, _next, _again):
        self.rows = rows

    def do(self, act, *arguments):
        getattr(self.presenter, act)(*arguments)
        self.tasks.run()

    def stand_on(self, code):
        self.presenter.stand_on(next(row for row in self.rows if row.batch.code == code))

    @property
    def screen(self):
        return self.presenter.screen


@pytest.fixture
def page(spine):
    return Page(spine)


def codes(page):
    return [row.batch.code for row in page.rows]


def test_what_ends_first_stands_first_and_piles_and_search_narrow_it(page):
    assert codes(page) == ["SOON", "LATE"]
    assert (page.screen.counts["here"], page.screen.counts["ending"]) == ("2", "1")
    page.do("choose_pile", "ending")
    assert codes(page) == ["SOON"]
    page.do("find", "(01)06901234567892(10)LATE")
    assert codes(page) == ["SOON", "LATE"], "the batches of the goods that were scanned"
    page.do("search", "nothing like it")
    assert (codes(page), page.screen.is_known_empty) == ([], True)


def test_blocking_takes_a_reason_and_leads_to_the_list(spine, page):
    spine.ready("A1", line("1", "BEAR", 2))
    page.stand_on("SOON")
    page.do("begin", "block")
    page.do("block", "  ")
    assert page.told[-1] == ("stop", "error.batch.why_missing")
    page.do("block", "厂家召回")
    assert page.told[-1] == ("good", "recall.blocked")
    assert [one.batch.code for one in page.screen.found.batches] == ["SOON"]
    assert page.screen.found.places[0].on_hand_qty == 5
    assert [
        one.batch
        for one in spine.store.read(
            lambda c: c.execute(select(Batch.code.label("batch")).where(Batch.is_blocked)).all()
        )
    ] == ["SOON"]
    assert page.presenter.close()
    assert page.screen.found is None
    page.stand_on("SOON")
    page.do("unblock")
    assert page.told[-1] == ("notice", "recall.ask.unblock")
    page.do("unblock")
    assert page.told[-1] == ("good", "recall.unblocked")
    page.stand_on("LATE")
    page.do("unblock")
    assert page.told[-1] == ("notice", "recall.not_blocked")


def test_a_parcel_that_holds_it_is_said_and_shown_first(spine, page):
    spine.ready("A1", line("1", "BEAR", 1))
    opened = spine.desk.open("A1")
    spine.desk.scan(opened, "(01)06901234567892(10)SOON")
    page.stand_on("SOON")
    page.do("block", "recall")
    assert (page.told[-1], page.screen.part) == (("notice", "recall.blocked_packed"), "inside")
    row = page.screen.found.inside[0]
    page.presenter.open_order(row)
    assert page.orders == [row.order_id]


def blocked(spine):
    return [
        row.code for row in spine.store.read(lambda c: c.execute(select(Batch.code).where(Batch.is_blocked)).all())
    ]


def test_what_somebody_blocked_is_let_go_by_a_second_press_alone(spine, page):
    for code in ("SOON", "LATE"):
        page.stand_on(code)
        page.do("block", "厂家召回")
        page.presenter.close()
    page.do("choose_pile", "all")
    page.stand_on("SOON")
    page.do("unblock")
    page.do("reload")
    assert page.screen.asked, "a list that is read again takes no question away"
    assert page.presenter.close()
    page.do("unblock")
    page.stand_on("LATE")
    page.do("unblock")
    assert (page.told[-1], blocked(spine)) == (("notice", "recall.ask.unblock"), ["SOON", "LATE"])
    page.do("unblock")
    assert (page.told[-1], blocked(spine)) == (("good", "recall.unblocked"), ["SOON"])


def test_an_open_form_is_about_what_it_was_opened_for(spine, page):
    page.stand_on("SOON")
    page.do("begin", "block")
    spine.ready("A1", line("1", "BEAR", 2))
    page.do("reload")
    page.stand_on("SOON")
    assert (page.screen.form, page.screen.current.promised_qty) == ("block", 2), "the row changed, the form stays"
    page.stand_on("LATE")
    page.do("block", "厂家召回")
    assert blocked(spine) == ["SOON"]
    page.presenter.close()
    page.do("choose_pile", "all")
    page.stand_on("LATE")
    page.presenter.mark()
    page.stand_on("SOON")
    page.do("begin", "correct")
    page.stand_on("LATE")
    page.do("correct", BatchForm("2027-01-05", "", "typed wrong"))
    assert [row.batch.code for row in page.rows if row.batch.note] == ["SOON"], "a mark is for other acts"


def test_a_recall_list_that_was_left_does_not_come_back(page):
    page.stand_on("SOON")
    page.presenter.recall()
    page.presenter.leave_recall()
    page.tasks.run()
    assert page.screen.found is None
    page.do("recall")
    page.presenter.reload()
    page.presenter.show_part("places")
    page.tasks.run()
    assert page.screen.part == "places", "what is read again is shown where it was"


def test_several_batches_are_followed_together(page):
    for code in ("SOON", "LATE"):
        page.stand_on(code)
        page.presenter.mark()
    page.do("recall")
    assert len(page.screen.found.batches) == 2
    page.presenter.close()
    page.presenter.mark()
    assert [row.batch.code for row in page.screen.meant] == ["SOON"]
    page.presenter.close()
    assert page.screen.marked == {}


def test_a_corrected_batch_can_be_taken_back(page):
    page.stand_on("SOON")
    page.do("correct", BatchForm("2027.13.5", "20260105", "typed wrong"))
    assert page.told[-1] == ("notice", "recall.day_bad")
    page.do("correct", BatchForm("2027.1.5", "20260105", "typed wrong"))
    assert page.told[-1] == ("good", "recall.corrected")
    first = next(row.batch for row in page.rows if row.batch.code == "SOON")
    assert (first.expires_on, first.made_on, first.note) == (date(2027, 1, 5), date(2026, 1, 5), "typed wrong")
    page.undo()
    page.tasks.run()
    assert next(row.batch for row in page.rows if row.batch.code == "SOON").expires_on == SOON


def test_the_list_is_written_without_receivers(spine, page, tmp_path):
    spine.ready("A1", line("1", "BEAR", 1))
    spine.desk.scan(spine.desk.open("A1"), "(01)06901234567892(10)SOON")
    spine.desk.ship(spine.number("A1"))
    page.stand_on("SOON")
    page.do("recall")
    assert page.screen.found.gone[0].receiver
    path = tmp_path / "recall.csv"
    page.do("export", path)
    assert page.told[-1] == ("good", "recall.exported")
    text = path.read_text("utf-8-sig")
    assert "A1" in text
    assert page.screen.found.gone[0].receiver not in text
    written = spine.rows(select(PackedBatch.qty))
    assert [row.qty for row in written] == [1]


@pytest.mark.parametrize(
    ("typed", "day"),
    [("", None), ("2027-12-31", date(2027, 12, 31)), ("271231", date(2027, 12, 31)), ("27.1.5", date(2027, 1, 5))],
)
def test_days_are_read_as_people_type_them(typed, day):
    assert typed_day(typed) == day


@pytest.mark.parametrize("typed", ["2027-13-01", "27", "abc", "2027-02-30"])
def test_what_is_no_day_is_refused(typed):
    with pytest.raises(ValueError, match=r"day|month"):
        typed_day(typed)


def test_every_pile_part_and_state_has_words():
    for language in ("zh_CN", "en"):
        words = load_catalogue(language)
        wanted = [f"recall.pile.{pile}" for pile in BATCH_PILES] + [f"recall.part.{part}" for part in PARTS]
        wanted += [f"recall.part_hint.{part}" for part in PARTS]
        wanted += [f"recall.how.{how}" for how in ("scan", "key", "books")]
        wanted += [f"alert.batch.{rule}" for rule in ("ending", "ended", "blocked_promised")]
        assert [code for code in wanted if code not in words] == []


# --- the stock page -----------------------------------------------------------------------------------------------


class Stock(Page):
    def __init__(self, spine):
        self.told, self.rows, self.undo = [], (), None
        self.tasks = ManualTasks()
        nonces = iter(range(100))
        self.presenter = StockPresenter(spine.desk.stock, self.tasks, self._tell, lambda: f"s{next(nonces)}")
        self.presenter.on_first = self._on_first


def form(spine, qty, batch, **more):
    return ActForm(qty, "purchase", "", spine.warehouse, batch, **more)


def test_goods_kept_by_batch_come_in_with_batch_and_day(spine):
    stock = Stock(spine)
    stock.do("open", spine.skus["BEAR"], None)
    stock.do("begin_act", "receive")
    stock.do("do_act", form(spine, 4, ""))
    assert stock.told[-1] == ("stop", "error.stock.batch_missing")
    stock.do("do_act", form(spine, 4, "NEW"))
    assert stock.told[-1] == ("stop", "error.batch.day_missing")
    stock.do("do_act", form(spine, 4, "NEW", made_on="31.6"))
    assert stock.told[-1] == ("notice", "recall.day_bad")
    stock.do("do_act", form(spine, 4, "NEW", made_on=str(TODAY)))
    assert stock.told[-1] == ("good", "stock.done.receive")
    found = spine.store.read(lambda c: c.execute(select(Batch.expires_day).where(Batch.code == "NEW")).scalar_one())
    assert date.fromordinal(found) == TODAY + timedelta(days=365)
    assert (stock.screen.detail.row.batch, stock.screen.detail.row.expires_on) == ("NEW", TODAY + timedelta(days=365))


def test_the_code_of_the_goods_in_hand_says_their_batch_while_they_are_booked_in(spine):
    stock = Stock(spine)
    raw = "(01)06901234567892(10)NEW(17)271231"
    stock.do("find", raw, parse(raw, 2026))
    assert stock.screen.label.batch == "NEW"
    stock.do("begin_act", "receive")
    again = "(01)06901234567892(10)NEWER"
    stock.do("find", again, parse(again, 2026))
    assert (stock.screen.act, stock.screen.label.batch) == ("receive", "NEWER")
    other = "(01)06901234567908(10)NEWER"
    stock.do("find", other, parse(other, 2026))
    assert (stock.screen.act, stock.screen.detail.row.code) == ("", "BAG")
    assert stock.screen.label is None


# --- in the window ------------------------------------------------------------------------------------------------


@pytest.fixture
def robot(qapp, qtbot, settings, spine, tmp_path):
    settings.put("language", "zh_CN")
    ports = stand_in_ports(DeskWorld(), stock=spine.desk.stock, batches=spine.desk.batches)
    window = build_window(qapp, settings, start=Start(lambda: ports), folder=tmp_path, now=lambda: START)
    with qtbot.waitSignal(window.ready):
        window.show()
    window.activateWindow()
    qtbot.waitUntil(lambda: window.isActiveWindow() and QApplication.focusWidget() is not None)
    yield DeskRobot(qtbot, window)
    window.close()
    window.deleteLater()


def test_a_recall_by_keys_alone(robot, spine):
    spine.ready("A1", line("1", "BEAR", 1))
    spine.desk.scan(spine.desk.open("A1"), "(01)06901234567892(10)SOON")
    robot.goes_to("recall")
    page = robot.window.page("recall")
    robot.qtbot.waitUntil(lambda: page.model.rowCount() == 2)
    assert page.table.hasFocus()
    robot.key(Qt.Key.Key_F9)
    robot.qtbot.waitUntil(lambda: robot.find("recall.form.why", QLineEdit).hasFocus())
    robot.types("recall")
    robot.key(Qt.Key.Key_Return)
    robot.qtbot.waitUntil(page.found.isVisible)
    robot.qtbot.waitUntil(page.found.table.hasFocus)
    assert "SOON" in robot.find("recall.found.title", QLabel).text()
    for key in (Qt.Key.Key_F8, Qt.Key.Key_F9, Qt.Key.Key_F7):
        robot.key(key)
    assert (page._presenter.screen.form, page._presenter.screen.asked) == ("", ""), "the list behind is left alone"
    robot.key(Qt.Key.Key_Escape)
    robot.qtbot.waitUntil(lambda: not page.found.isVisible())
    robot.qtbot.waitUntil(page.table.hasFocus)
    assert spine.desk.batches.page(BatchFilter("blocked"), None, 10).rows[0].batch.code == "SOON"


def test_a_mark_is_seen_on_its_row(robot):
    robot.goes_to("recall")
    page = robot.window.page("recall")
    robot.qtbot.waitUntil(lambda: page.model.rowCount() == 2)
    column = next(number for number, one in enumerate(page.model.columns) if one.code == "recall.column.batch")
    assert page.model.cell(0, column) == "SOON"
    robot.key(Qt.Key.Key_Space)
    assert page.model.cell(0, column) == "✓ SOON"
    robot.key(Qt.Key.Key_Space)
    assert page.model.cell(0, column) == "SOON"


def test_the_reason_that_is_being_written_stays_while_others_sell(robot, spine):
    robot.goes_to("recall")
    page = robot.window.page("recall")
    robot.qtbot.waitUntil(lambda: page.model.rowCount() == 2)
    robot.key(Qt.Key.Key_F9)
    field = robot.find("recall.form.why", QLineEdit)
    robot.qtbot.waitUntil(field.hasFocus)
    robot.types("leak")
    spine.ready("A1", line("1", "BEAR", 1))
    page.handle_changed()
    robot.qtbot.waitUntil(lambda: page.model.row_at(0).promised_qty == 1)
    assert (field.isVisible(), field.hasFocus(), field.text()) == (True, True, "leak")


def test_a_code_that_is_read_shows_its_batches(robot):
    robot.goes_to("recall")
    page = robot.window.page("recall")
    robot.qtbot.waitUntil(lambda: page.model.rowCount() == 2)
    robot.gun("6901234567892")
    robot.qtbot.waitUntil(lambda: page._presenter.screen.wanted.search == "6901234567892")
    assert robot.window.current_page == "recall"


def test_the_label_of_the_goods_fills_the_form_by_which_they_come_in(robot):
    robot.goes_to("stock")
    page = robot.window.page("stock")
    robot.qtbot.waitUntil(lambda: page.model.rowCount() > 0)
    scanner = robot.window.parts.scanner.parser
    gap_ms, scanner.gap_ms = scanner.gap_ms, 2000  # a long code, and a busy machine types it slowly
    robot.gun("(01)06901234567892(10)NEW(17)271231")
    scanner.gap_ms = gap_ms
    robot.qtbot.waitUntil(page.drawer.isVisible)
    robot.key(Qt.Key.Key_F6)
    robot.qtbot.waitUntil(lambda: robot.find("stock.form.batch", QLineEdit).isVisible())
    assert robot.find("stock.form.batch", QLineEdit).text() == "NEW"
    assert robot.find("stock.form.expires_on", QLineEdit).text() == "2027-12-31"
