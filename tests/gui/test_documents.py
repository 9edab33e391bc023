"""The documents page over real documents: scans that count, keys that book, nothing lost between two people."""

import re
from datetime import date

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QLineEdit, QPushButton, QSpinBox

from core.inventory.documents.following import Came
from core.inventory.documents.lists import DocumentFilter
from core.inventory.documents.records import Head, LineIn
from core.inventory.documents.rules import Rules
from core.inventory.documents.states import DocKind, DocState
from desktop.app import build_window
from desktop.pages.documents.forms import NewDocument, RulesForm
from desktop.pages.documents.paper import write_paper
from desktop.pages.documents.presenter import DocumentsPresenter
from desktop.pages.documents.words import (
    ACTS,
    DOCUMENT_REASONS,
    KIND_CODES,
    PILE_CODES,
    acts_of,
    told_history,
    units_words,
)
from desktop.shell.window import Start
from desktop.texts import Texts, load_catalogue
from tests.gui.conftest import ManualTasks
from tests.gui.robots import DeskRobot
from tests.gui.test_handover import picture_of, words_of
from tests.support.desk_world import START, DeskWorld
from tests.support.fake_shop import line
from tests.support.ports import stand_in_ports
from tests.support.readers import read_with_zxing
from tests.support.world import World

pytestmark = [pytest.mark.gui, pytest.mark.qt_log_ignore("This plugin does not support")]

BEAR, BOX = "6901234567892", "16901234567899"


@pytest.fixture
def spine(sqlite_address):
    world = World(sqlite_address)
    yield world
    world.check_stock()
    world.close()


class Page:
    """The presenter, its tasks run at once, and what it told."""

    def __init__(self, spine):
        self.spine = spine
        self.desk = spine.desk.documents
        self.told = []
        self.rows = ()
        self.orders = []
        self.tasks = ManualTasks()
        nonces = iter(range(1000))
        self.presenter = DocumentsPresenter(self.desk, self.tasks, self._tell, lambda: f"p{next(nonces)}")
        self.presenter.on_first = self._on_first
        self.presenter.on_order = self.orders.append

    def _tell(self, tone, phrase, _undo):
        self.told.append((tone, phrase.code))

    def _on_first(self, rows, _next, _again):
        self.rows = rows

    def do(self, act, *arguments, **named):
        getattr(self.presenter, act)(*arguments, **named)
        for _ in range(6):
            self.tasks.run()

    @property
    def screen(self):
        return self.presenter.screen

    @property
    def detail(self):
        return self.presenter.screen.detail

    def make(self, kind, to=None):
        self.do("begin_new")
        self.do("make", kind, self.spine.warehouse, to, "other")

    def on_hand(self, code="BEAR"):
        return self.spine.desk.stock.detail(self.spine.skus[code], None).row.quantities.on_hand_qty


@pytest.fixture
def page(spine):
    made = Page(spine)
    made.do("reload")
    return made


# --- presenter ---------------------------------------------------------------------------------------------------


def test_scans_count_into_a_draft_and_booking_sends_waiting_orders_on(page, spine):
    spine.desk.stock.count(spine.warehouse, spine.skus["BEAR"], 0, "stocktake", "empty")
    spine.ready("A1", line("1", "BEAR", 2))
    page.make(DocKind.RECEIPT)
    page.do("scan", BEAR)
    page.do("scan", BOX)
    assert [(one.code, one.done_qty) for one in page.detail.lines] == [("BEAR", 25)]
    assert page.screen.scanned == page.detail.lines[0].id
    page.do("act", "book")
    assert page.told[-1] == ("good", "stock.done.served")
    assert (page.detail.row.state, page.on_hand(), spine.holds("A1")) == ("done", 25, set())
    page.do("scan", "nothing at all")
    assert page.rows == (), "a done document takes no scans: they search"


def test_a_document_without_any_warehouse_is_refused_with_what_to_do(page, ui, qtbot):
    form = NewDocument(ui, page.presenter)
    qtbot.addWidget(form)
    page.presenter._show(warehouses=(), is_new=True)
    form.show_screen()
    form.make()
    assert page.told == [("notice", "stock.no_warehouse_yet")]


def test_quick_edits_are_saved_one_after_the_other(page):
    page.make(DocKind.ADJUSTMENT)
    page.do("scan", BEAR)
    page.presenter.change_line(page.detail.lines[0].id, qty=-3)
    page.presenter.change_head(note="纸箱压坏")
    page.presenter.scan("CARD")
    page.presenter.change_line(page.detail.lines[0].id, batch="B1")
    page.presenter.change_line(page.detail.lines[0].id, qty=-4)
    page.do("refresh_document")
    assert [(one.code, one.qty) for one in page.detail.lines] == [("BEAR", -4), ("CARD", 1)]
    assert page.detail.lines[0].batch == "B1"
    page.do("change_line", page.detail.lines[0].id, qty=-3, batch="")
    assert page.detail.row.note == "纸箱压坏"
    page.do("change_line", page.detail.lines[1].id, qty=None)
    page.do("act", "book")
    assert page.on_hand() == 99_997


def test_what_somebody_else_changed_is_shown_and_not_overwritten(page, spine):
    page.make(DocKind.RECEIPT)
    page.do("scan", BEAR)
    seen = page.detail
    spine.desk.documents.change(seen.row.id, seen.row.version, Head(spine.warehouse, note="她写的"), [])
    page.do("change_head", note="我写的")
    assert page.told[-1] == ("stop", "error.document.changed")
    assert (page.detail.row.note, page.detail.lines) == ("她写的", ())


def test_a_purchase_is_received_by_scanning(page):
    page.make(DocKind.PURCHASE)
    page.do("scan", BOX)
    page.do("act", "book")
    assert (page.detail.row.state, page.told[-1]) == ("open", ("good", "documents.done.book.purchase"))
    purchase = page.detail.row.id
    page.do("scan", BEAR)
    assert (page.detail.row.kind, [(one.qty, one.done_qty) for one in page.detail.lines]) == ("receipt", [(24, 1)])
    page.do("act", "book")
    page.do("open", purchase)
    assert (page.detail.row.state, page.detail.row.pending_qty) == ("part", 23)
    page.do("act", "close")
    assert (page.detail.row.state, page.told[-1]) == ("part", ("notice", "documents.ask.close"))
    page.do("act", "close")
    assert page.detail.row.state == "closed"


def test_a_transfer_is_counted_at_the_other_end(page, spine):
    other = spine.desk.stock.add_warehouse("wh2", "二号仓").id
    page.do("reload")
    page.make(DocKind.TRANSFER, other)
    page.do("scan", BOX)
    page.do("act", "book")
    page.do("scan", BEAR)
    page.do("scan", BEAR)
    assert page.screen.tally[page.detail.lines[0].id].qty == 2
    page.do("act", "arrive")
    assert (page.detail.row.state, page.screen.tally) == ("part", {})
    page.do("act", "fill")
    assert page.screen.tally[page.detail.lines[0].id].qty == 22
    page.do("count", page.detail.lines[0].id, qty=21)
    page.do("act", "arrive_all")
    page.do("act", "arrive_all")
    assert page.told[-1] == ("good", "documents.done.arrive_all.follower")
    assert [one.kind for one in page.detail.related] == ["difference"]


def to_put_away(page, spine, qty):
    """A receipt of so many bears, and its put-away open."""
    spine.desk.documents.set_rules(Rules(putaway_warehouse_ids=(spine.warehouse,)))
    page.make(DocKind.RECEIPT)
    page.do("scan", BEAR, qty)
    page.do("act", "book")
    page.do("open", page.detail.related[0].id)


def test_what_is_not_there_to_be_put_away_is_closed_as_a_difference(page, spine):
    to_put_away(page, spine, 10)
    assert acts_of(page.detail) == ("put_away", "fill", "close")
    page.do("scan", BEAR, 8)
    page.do("act", "put_away")
    assert acts_of(page.detail) == ("put_away", "fill", "close", "reverse")
    page.do("act", "close")
    assert page.told[-1] == ("notice", "documents.ask.close.putaway")
    page.do("act", "close")
    assert page.told[-1] == ("good", "documents.done.close.putaway.follower")
    assert (page.detail.row.state, acts_of(page.detail)) == ("closed", ("reverse",))


def test_a_scan_under_way_counts_the_batch_that_its_code_says(page, spine):
    other = spine.desk.stock.add_warehouse("wh2", "二号仓").id
    place, sku = spine.warehouse, spine.skus["BEAR"]
    for batch in ("A", "B"):
        spine.desk.stock.receive(place, sku, 5, "purchase", batch, batch)
    head = Head(place, other, reason="other")
    made = page.desk.begin(DocKind.TRANSFER, head, [LineIn(sku, 2, batch) for batch in ("A", "B")], "t")
    page.desk.book(made.document_id, made.version, "b")
    page.do("open", made.document_id)

    def counted():
        return {
            line.batch: page.screen.tally[line.id].qty for line in page.detail.lines if line.id in page.screen.tally
        }

    page.do("scan", f"(01)0{BEAR}(10)B")
    assert counted() == {"B": 1}
    page.do("scan", f"(01)0{BEAR}(10)C")
    assert (page.told[-1], counted()) == (("stop", "documents.batch_not_in_it"), {"B": 1})
    page.do("scan", BEAR)
    assert (page.told[-1], counted()) == (("notice", "documents.which_batch"), {"B": 1})
    page.do("scan", f"(01)0{BEAR}(10)B")
    page.do("scan", BEAR)
    assert counted() == {"B": 2, "A": 1}, "only one batch is still to come"


def test_a_scanned_label_finds_the_order_of_a_return(page, spine):
    label = spine.ready("A1", line("1", "BEAR", 2), line("2", "GIFT"))
    page.make(DocKind.RETURN)
    page.do("scan", label)
    assert (page.detail.order_no, [(one.code, one.qty) for one in page.detail.lines]) == ("A1", [("BEAR", 2)])
    page.do("act", "book")
    page.do("count", page.detail.lines[0].id, qty=1, bad_qty=1)
    page.do("act", "inspect")
    row = spine.desk.stock.detail(spine.skus["BEAR"], None).row.quantities
    assert (page.detail.row.state, row.on_hand_qty, row.quarantined_qty) == ("done", 100_002, 1)
    page.do("open_order")
    assert page.orders == [page.detail.order_id]


def returned(page, spine, number="A1"):
    label = spine.ready(number, line("1", "BEAR", 3))
    page.make(DocKind.RETURN)
    page.do("scan", label)
    page.do("act", "book")
    return page.detail.lines[0].id


def test_the_rest_of_a_return_is_well_and_what_was_said_to_be_bad_stays_bad(page, spine):
    line_id = returned(page, spine)
    page.do("count", line_id, bad_qty=1)
    page.do("act", "fill")
    assert (page.screen.tally[line_id].qty, page.screen.tally[line_id].bad_qty) == (2, 1)
    page.do("act", "inspect")
    row = spine.desk.stock.detail(spine.skus["BEAR"], None).row.quantities
    assert (row.on_hand_qty, row.quarantined_qty) == (100_003, 1)


def test_what_was_counted_and_not_booked_is_asked_about_before_it_is_dropped(page, spine):
    line_id = returned(page, spine)
    opened = page.detail.row.id
    other = spine.desk.documents.begin(DocKind.RECEIPT, Head(spine.warehouse), [], "other").document_id
    page.do("count", line_id, qty=2)
    for act, *arguments in (("open", other), ("begin_new",), ("begin_rules",), ("close",)):
        page.presenter._show(asked="")
        page.do(act, *arguments)
        assert page.told[-1] == ("notice", "documents.ask.leave"), act
        assert (page.detail.row.id, page.screen.tally[line_id].qty, page.screen.is_new) == (opened, 2, False)
    assert page.presenter.stay(), "a table that is read again turns to no other document"
    page.do("open", other)
    assert (page.detail.row.id, page.screen.tally) == (other, {}), "pressed again it is meant"


def test_goods_scanned_at_a_purchase_while_its_receipt_opens_are_counted_in_it(page):
    page.make(DocKind.PURCHASE)
    page.do("scan", BOX)
    page.do("act", "book")
    for code in (BEAR, BEAR, BEAR):
        page.presenter.scan(code)
    page.do("refresh_document")
    assert (page.detail.row.kind, [one.done_qty for one in page.detail.lines]) == ("receipt", [3])


def test_what_was_closed_meanwhile_stays_closed(page, spine):
    page.presenter.begin_rules()
    page.presenter.close()
    page.do("reload")
    assert page.screen.rules is None
    page.make(DocKind.PURCHASE)
    page.do("scan", BOX)
    page.do("act", "book")
    page.presenter.scan(BEAR)
    page.presenter.close()
    page.do("reload")
    assert page.detail is None, "the receipt is there, and nobody is thrown into it"


@pytest.mark.parametrize(
    ("units", "yuan", "decided"),
    [("200", "1,000.50", (200, 100_050)), ("", "", (None, None)), ("0", "¥ 3", (0, 300))],
)
def test_limits_are_read_as_they_are_written(page, ui, qtbot, units, yuan, decided):
    form = rules_form(page, ui, qtbot)
    form._units.setText(units)
    form._yuan.setText(yuan)
    form.save()
    page.do("reload")
    rules = page.desk.rules()
    assert (rules.most_units, rules.most_fen) == decided


@pytest.mark.parametrize(("units", "yuan"), [("2.5", ""), ("many", "10"), ("-3", ""), ("", "10.005"), ("", "1e400x")])
def test_what_is_no_number_is_not_no_limit(page, ui, qtbot, units, yuan):
    page.do("set_rules", Rules(5, 500, ()))
    form = rules_form(page, ui, qtbot)
    form._units.setText(units)
    form._yuan.setText(yuan)
    form.save()
    page.do("reload")
    assert page.told[-1] == ("notice", "documents.rules.bad_number")
    assert page.desk.rules().most_units == 5


def rules_form(page, ui, qtbot):
    page.do("begin_rules")
    form = RulesForm(ui, page.presenter)
    qtbot.addWidget(form)
    form.show_screen()
    return form


def test_a_done_document_is_taken_back_after_a_question(page):
    page.make(DocKind.RECEIPT)
    page.do("scan", BEAR)
    page.do("act", "book")
    page.do("act", "reverse")
    assert (page.detail.row.state, page.screen.asked) == ("done", "reverse")
    assert page.presenter.close(), "Esc takes the question away and leaves the document"
    assert page.detail is not None
    page.do("act", "reverse")
    page.do("act", "reverse")
    assert (page.detail.row.state, page.on_hand()) == ("reversed", 100_000)


def test_a_scan_of_a_documents_number_opens_it(page):
    page.make(DocKind.RECEIPT)
    number = page.detail.row.number
    page.do("close")
    assert page.detail is None
    page.do("scan", number)
    assert page.detail.row.number == number


def test_a_table_fills_a_draft_and_a_document_becomes_a_table(page, tmp_path):
    table = tmp_path / "delivery.csv"
    table.write_text("货号,数量,批次,到期日,单价\nBEAR,5,B1,2027-06-30,18.5\nNOPE,3,,,\n", encoding="utf-8")
    page.make(DocKind.RECEIPT)
    page.do("take_file", table)
    assert page.told[-1] == ("notice", "documents.file.unknown")
    (only,) = page.detail.lines
    assert (only.code, only.done_qty, only.batch, only.unit_cost_fen) == ("BEAR", 5, "B1", 1850)
    assert only.expires_day == date(2027, 6, 30).toordinal()
    out = tmp_path / "out.csv"
    page.do("write_file", out, tuple("abcdefghijk"))
    assert "BEAR" in out.read_text("utf-8-sig")
    assert page.told[-1] == ("good", "documents.file.written")


@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize(("count", "pages"), [(1, 1), (35, 2)])
def test_a_document_becomes_a_page_with_every_line_and_a_number_that_opens_it(page, tmp_path, count, pages):
    sku = page.spine.skus["BEAR"]
    lines = [LineIn(sku, 0, f"B{number:03}", expires_day=740_000, done_qty=1) for number in range(count)]
    page.desk.begin(DocKind.RECEIPT, Head(page.spine.warehouse, supplier="甲公司"), lines, "k")
    page.do("reload")
    page.do("open", page.rows[0].id)
    out = tmp_path / "out.pdf"
    page.do("write_paper", out, lambda path, detail: write_paper(path, detail, Texts(), QFont("")))
    assert page.told[-1] == ("good", "documents.paper.written")
    number = page.detail.row.number
    found = words_of(out)
    assert len(found) == pages
    for words in found:
        assert number in words
        assert "甲公司" in words
    assert sorted(re.findall(r"B[0-9]{3}", "\n".join(found))) == [line.batch for line in lines]
    assert read_with_zxing(picture_of(out)) == {("code128", number)}
    assert page.desk.detail(page.detail.row.id).history[-1].action == "document.printed"


def test_every_act_state_and_kind_has_words():
    known = load_catalogue("zh_CN")
    wanted = {f"documents.act.{act}" for act in ACTS} | {f"document.pile.{pile}" for pile in PILE_CODES}
    wanted |= {f"documents.done.{act}" for act in ACTS if act not in ("fill", "receive")}
    wanted |= {f"document.kind.{kind}" for kind in KIND_CODES}
    wanted |= {f"document.state.{state}" for state in DocState if state not in (DocState.OPEN, DocState.PART)}
    waits = (DocKind.PURCHASE, DocKind.TRANSFER, DocKind.RETURN, DocKind.PUTAWAY)
    wanted |= {f"document.state.{state}.{kind}" for state in ("open", "part") for kind in waits}
    wanted |= {f"documents.hint.open.{kind}" for kind in waits}
    wanted |= {f"reason.stock.{code}" for codes in DOCUMENT_REASONS.values() for code in codes}
    assert wanted - known.keys() == set()


# --- window ------------------------------------------------------------------------------------------------------


@pytest.fixture
def robot(qtbot, qapp, settings, spine, tmp_path):
    ports = stand_in_ports(DeskWorld(), stock=spine.desk.stock, documents=spine.desk.documents)
    window = build_window(qapp, settings, start=Start(lambda: ports), folder=tmp_path, now=lambda: START)
    window.show()
    qtbot.waitUntil(lambda: window.can_open("documents"), timeout=20_000)
    yield DeskRobot(qtbot, window)
    window.close()


def wait(robot, check):
    robot.qtbot.waitUntil(check, timeout=10_000)


def detail_of(robot):
    return robot.window.page("documents")._presenter.screen.detail


def test_goods_are_received_without_a_mouse(robot, spine):
    robot.goes_to("documents")
    robot.sees("documents.empty.title", "还没有单据")
    robot.key(Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    kind = robot.find("documents.new.kind", QComboBox)
    wait(robot, kind.isVisible)
    kind.setCurrentIndex(kind.findData("receipt"))
    kind.activated.emit(kind.currentIndex())
    robot.key(Qt.Key.Key_F6)
    wait(robot, lambda: detail_of(robot) is not None)
    robot.gun(BEAR)
    wait(robot, lambda: bool(detail_of(robot).lines))
    robot.gun(BOX)
    wait(robot, lambda: detail_of(robot).lines[0].done_qty == 25)
    robot.sees("documents.line.0.title", "BEAR")
    assert robot.find("documents.line.0.qty", QSpinBox).value() == 25
    robot.key(Qt.Key.Key_F6)
    robot.sees("shell.message.words", "已入账")
    assert spine.desk.stock.detail(spine.skus["BEAR"], None).row.quantities.on_hand_qty == 100_025
    robot.sees("documents.drawer.state", "已完成")
    robot.key(Qt.Key.Key_F9)
    robot.sees("shell.message.words", "要冲销")
    robot.key(Qt.Key.Key_F9)
    robot.sees("documents.drawer.state", "已冲销")
    assert spine.desk.stock.detail(spine.skus["BEAR"], None).row.quantities.on_hand_qty == 100_000
    robot.key(Qt.Key.Key_Escape)
    wait(robot, lambda: detail_of(robot) is None)


def focused():
    widget = QApplication.focusWidget()
    return "" if widget is None else widget.objectName()


def marked(robot):
    page = robot.window.page("documents")
    row = page.model.row_at(page.table.currentIndex().row())
    return None if row is None else row.number


def test_goods_can_be_typed_as_soon_as_a_document_is_begun(robot, spine):
    """The form that begins it goes away with the keyboard in it: the rail beside the page must not get it."""
    robot.goes_to("documents")
    robot.key(Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    wait(robot, robot.find("documents.new.kind", QComboBox).isVisible)
    assert focused() == "documents.new.kind"
    robot.key(Qt.Key.Key_F6)
    wait(robot, lambda: focused() == "documents.scan")
    wait(robot, lambda: marked(robot) == detail_of(robot).row.number)
    robot.types("BEAR")
    robot.key(Qt.Key.Key_Return)
    wait(robot, lambda: bool(detail_of(robot).lines))
    robot.key(Qt.Key.Key_F6)
    wait(robot, lambda: detail_of(robot).row.state == DocState.OPEN)
    purchase = detail_of(robot).row.number
    robot.key(Qt.Key.Key_F6)
    wait(robot, lambda: detail_of(robot).row.number != purchase)
    wait(robot, lambda: focused() == "documents.scan")
    wait(robot, lambda: marked(robot) == detail_of(robot).row.number)


def test_the_keyboard_stays_on_the_page_when_its_form_goes(robot, spine):
    spine.desk.documents.begin(DocKind.RECEIPT, Head(spine.warehouse), [], "k")
    robot.goes_to("documents")
    page = robot.window.page("documents")
    wait(robot, lambda: page.model.rowCount() == 1)
    for key, form in ((Qt.Key.Key_B, page.rules_form), (Qt.Key.Key_N, page.new_form)):
        robot.key(key, Qt.KeyboardModifier.ControlModifier)
        wait(robot, form.isVisible)
        wait(robot, lambda form=form: form.isAncestorOf(QApplication.focusWidget()))
        page._presenter.close()
        wait(robot, lambda form=form: not form.isVisible())
        assert focused() == "documents.table"


def test_tab_leads_through_the_fields_of_a_line_before_what_takes_it_out(robot, spine):
    desk = spine.desk.documents
    made = desk.begin(DocKind.RECEIPT, Head(spine.warehouse), [LineIn(spine.skus["BEAR"], 0, done_qty=1)], "k")
    robot.goes_to("documents")
    robot.window.page("documents")._presenter.open(made.document_id)
    wait(robot, lambda: detail_of(robot) is not None)
    robot.stands_on("documents.line.0.qty", QSpinBox)
    walked = []
    for _ in range(4):
        robot.key(Qt.Key.Key_Tab)
        walked.append(focused().removeprefix("documents.line.0."))
    assert walked == ["batch", "last_day", "cost", "remove"]


def test_a_delivery_of_many_scans_has_a_short_history(page):
    page.make(DocKind.RECEIPT)
    for code in (BEAR, BEAR, BOX):
        page.do("scan", code)
    page.do("change_head", note="zwei")
    page.do("scan", BEAR)
    told = [
        (entry.action, entry.facts.get("qty"), entry.facts.get("scans"))
        for entry in told_history(page.detail.history)
    ]
    assert told == [
        ("document.counted", 1, None),
        ("document.changed", None, None),
        ("document.counted_in_a_row", 26, 3),
        ("document.made", None, None),
    ]
    for language in ("zh_CN", "en"):
        assert Texts(language).has("journal.document.counted_in_a_row")


def test_a_transfer_that_lost_a_unit_says_so_in_the_list(page, spine):
    other = spine.desk.stock.add_warehouse("wh2", "二号仓").id
    page.do("reload")
    page.make(DocKind.TRANSFER, other)
    page.do("scan", BEAR, 6)
    page.do("act", "book")
    page.do("scan", BEAR, 5)
    page.do("act", "arrive_all")
    page.do("act", "arrive_all")
    page.do("reload")
    row = next(row for row in page.rows if row.kind == DocKind.TRANSFER)
    assert (row.state, units_words(row)) == (DocState.DONE, "5 / 6")


def test_a_quantity_that_is_being_typed_is_part_of_what_is_booked(robot, spine):
    robot.goes_to("documents")
    desk = spine.desk.documents
    made = desk.begin(DocKind.RECEIPT, Head(spine.warehouse), [LineIn(spine.skus["BEAR"], 0, done_qty=1)], "k")
    robot.window.page("documents")._presenter.open(made.document_id)
    wait(robot, lambda: detail_of(robot) is not None)
    box = robot.find("documents.line.0.qty", QSpinBox)
    box.setFocus()
    box.selectAll()
    robot.types("40")
    robot.key(Qt.Key.Key_F6)
    robot.sees("shell.message.words", "已入账")
    assert spine.desk.stock.detail(spine.skus["BEAR"], None).row.quantities.on_hand_qty == 100_040


def test_the_keyboard_stays_where_it_was_after_a_save(robot, spine):
    robot.goes_to("documents")
    desk = spine.desk.documents
    made = desk.begin(DocKind.PURCHASE, Head(spine.warehouse), [LineIn(spine.skus["BEAR"], 5)], "k")
    robot.window.page("documents")._presenter.open(made.document_id)
    wait(robot, lambda: detail_of(robot) is not None)
    field = robot.find("documents.head.supplier", QLineEdit)
    field.setText("义乌欣欣")
    field.setFocus()
    robot.key(Qt.Key.Key_Return)
    wait(robot, lambda: detail_of(robot).row.supplier == "义乌欣欣")
    assert QApplication.focusWidget().objectName() == "documents.head.supplier"


def open_purchase(robot, spine, **head):
    desk = spine.desk.documents
    made = desk.begin(DocKind.PURCHASE, Head(spine.warehouse, **head), [LineIn(spine.skus["BEAR"], 5)], "k")
    robot.goes_to("documents")
    robot.window.page("documents")._presenter.open(made.document_id)
    wait(robot, lambda: detail_of(robot) is not None)
    return made.document_id


def test_what_a_hand_is_writing_is_not_taken_from_under_it(robot, spine):
    """Somebody else's change is shown when what is being written is saved, not in its place."""
    number = open_purchase(robot, spine)
    field = robot.stands_on("documents.head.supplier", QLineEdit)
    robot.types("yiwu")
    desk = spine.desk.documents
    desk.change(number, 1, Head(spine.warehouse, note="hers"), [LineIn(spine.skus["BEAR"], 5)])
    robot.window.page("documents").handle_changed()
    wait(robot, lambda: detail_of(robot).row.note == "hers")
    assert robot.find("documents.head.supplier", QLineEdit) is field
    assert (field.hasFocus(), field.text(), desk.detail(number).row.supplier) == (True, "yiwu", "")
    robot.types("x")
    robot.key(Qt.Key.Key_Return)
    wait(robot, lambda: desk.detail(number).row.supplier == "yiwux")
    wait(robot, lambda: robot.find("documents.head.note", QLineEdit).text() == "hers")
    wait(robot, lambda: QApplication.focusWidget().objectName() == "documents.head.supplier")


def test_a_day_that_cannot_be_read_is_no_unknown_day_and_is_not_booked_over(robot, spine):
    number = open_purchase(robot, spine, expected_day=date(2026, 12, 24).toordinal())
    field = robot.stands_on("documents.head.expected", QLineEdit)
    field.selectAll()
    robot.types("24.12")
    robot.key(Qt.Key.Key_F6)
    robot.sees("shell.message.words", "2027-12-31")
    assert field.hasFocus()
    row = spine.desk.documents.detail(number).row
    assert (row.state, row.expected_day) == ("draft", date(2026, 12, 24).toordinal())
    field.selectAll()
    robot.types("26.12.31")
    robot.key(Qt.Key.Key_F6)
    wait(robot, lambda: spine.desk.documents.detail(number).row.state == "open")
    assert spine.desk.documents.detail(number).row.expected_day == date(2026, 12, 31).toordinal()


def test_hostile_words_stay_words(robot, spine):
    desk = spine.desk.documents
    hostile = "<b>甲</b>{0}%s"
    head = Head(spine.warehouse, supplier=hostile, reference=hostile, note=hostile)
    made = desk.begin(DocKind.PURCHASE, head, [LineIn(spine.skus["BEAR"], 5, hostile)], "k")
    desk.book(made.document_id, 1, "b")
    robot.goes_to("documents")
    robot.window.page("documents")._presenter.open(made.document_id)
    robot.sees("documents.drawer.what", hostile)
    texts = [label for label in robot.find("documents").findChildren(QLabel) if label.text()]
    assert all(label.textFormat() is Qt.TextFormat.PlainText for label in texts)


def test_chips_filter_by_pile_and_kind(robot, spine):
    desk = spine.desk.documents
    sku = spine.skus["BEAR"]
    for number, kind in enumerate((DocKind.PURCHASE, DocKind.RETURN, DocKind.QUARANTINE)):
        made = desk.begin(kind, Head(spine.warehouse), [LineIn(sku, 2)], f"k{number}")
        desk.book(made.document_id, 1, f"b{number}")
    robot.goes_to("documents")
    page = robot.window.page("documents")
    wait(robot, lambda: page.model.rowCount() == 3)
    robot.qtbot.mouseClick(robot.find("documents.pile.under_way", QPushButton), Qt.MouseButton.LeftButton)
    wait(robot, lambda: page.model.rowCount() == 2)
    robot.qtbot.mouseClick(robot.find("documents.kind.return", QPushButton), Qt.MouseButton.LeftButton)
    wait(robot, lambda: page.model.rowCount() == 1)
    wait(robot, lambda: robot.find("documents.kind.purchase", QPushButton).text().endswith("1"))
    assert desk.counts(DocumentFilter("under_way", "return")).by_pile["under_way"] == 1
    arrived = desk.detail(page.model.row_at(0).id)
    desk.inspect(arrived.row.id, arrived.row.version, [Came(arrived.lines[0].id, 2)], "i")
    page.handle_changed()
    wait(robot, lambda: page.model.rowCount() == 0)
    robot.sees("documents.empty.title", "没有这样的单据")
