"""The hand-over page over the real records: scans onto sheets, what must stay, the signature."""

import re
from contextlib import closing
from datetime import date
from pathlib import Path

import pypdfium2
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication, QLineEdit, QSpinBox, QTableView
from sqlalchemy import select

from core.fulfilment.handover_records import SheetLine, SheetPaper
from core.fulfilment.models import Handover
from desktop.app import build_window
from desktop.pages.handover import making
from desktop.pages.handover.paper import SheetPapers
from desktop.pages.handover.presenter import HandoverPresenter
from desktop.shell.window import Start
from desktop.texts import Texts
from tests.gui.conftest import ManualTasks
from tests.gui.robots import DeskRobot
from tests.support.desk_world import START, DeskWorld
from tests.support.fake_shop import line
from tests.support.ports import stand_in_ports
from tests.support.readers import read_with_zxing
from tests.support.world import World

pytestmark = [pytest.mark.gui, pytest.mark.qt_log_ignore("This plugin does not support")]


@pytest.fixture
def spine(sqlite_address):
    world = World(sqlite_address)
    yield world
    world.close()


def out(spine, no):
    number = spine.ready(no, line("1", "BEAR"))
    spine.desk.pack(no)
    spine.desk.ship(number)
    return number


class Page:
    """The presenter with tasks that run at once, what it told and what was heard."""

    def __init__(self, spine, folder=None):
        self.told, self.sounds, self.undo, self.slips, self.opened = [], [], None, [], []
        self.tasks = ManualTasks()
        self.presenter = HandoverPresenter(
            spine.desk.handover,
            self.tasks,
            self._tell,
            now=spine.clock.now,
            papers=SheetPapers(folder or Path("nowhere"), Texts(), QFont(""), self._print_slip),
            open_file=self.opened.append,
            on_sound=self.sounds.append,
        )
        self.do("look")

    def _print_slip(self, slip):
        self.slips.append(slip)
        return "一号"

    def _tell(self, tone, phrase, undo):
        self.told.append((tone, phrase.code))
        self.undo = undo

    def do(self, act, *arguments):
        getattr(self.presenter, act)(*arguments)
        self.tasks.run()

    @property
    def screen(self):
        return self.presenter.screen


def test_the_only_carrier_is_chosen_and_a_scan_begins_its_sheet(spine):
    number = out(spine, "A1")
    page = Page(spine)
    assert page.screen.pile.waiting == 1
    page.do("scan", number)
    assert page.told == [("good", "handover.on_it")]
    assert page.sounds == ["unit"]
    assert [row.number for row in page.screen.rows] == [number]
    page.do("scan", number)
    assert page.told[-1] == ("good", "handover.on_it_already")


def test_what_must_stay_is_loud_and_is_pulled_out_with_two_presses(spine):
    number = out(spine, "A1")
    spine.shop.after_sale("A1", "1", "refunded")
    spine.sync("A1")
    page = Page(spine)
    page.do("scan", number)
    assert page.told[-1] == ("stop", "error.handover.intercepted")
    assert page.sounds == ["stop"]
    page.do("show_list", "intercepted")
    (row,) = page.screen.rows
    page.do("pull_out", row)
    assert page.told[-1] == ("notice", "handover.pull_out_sure")
    assert spine.order("A1").fulfilment == "shipped"
    page.do("pull_out", row)
    assert page.told[-1] == ("good", "handover.pulled_out")
    assert page.screen.intercepted == 0
    assert spine.order("A1").fulfilment == "cancelled"


def test_a_press_for_another_parcel_pulls_nothing_out(spine):
    for no in ("A1", "A2"):
        out(spine, no)
    page = Page(spine)
    page.do("show_list", "waiting")
    first, second = page.screen.rows
    page.do("pull_out", first)
    page.do("pull_out", second)
    assert [told[1] for told in page.told] == ["handover.pull_out_sure"] * 2
    assert spine.order("A1").fulfilment == spine.order("A2").fulfilment == "shipped"


def test_taken_off_comes_back(spine):
    number = out(spine, "A1")
    page = Page(spine)
    page.do("scan", number)
    page.do("take_off", page.screen.rows[0])
    assert page.screen.rows == ()
    page.undo()
    page.tasks.run()
    assert [row.number for row in page.screen.rows] == [number]


def test_a_second_press_signs_no_second_time(spine):
    number = out(spine, "A1")
    page = Page(spine)
    page.do("scan", number)
    page.presenter.sign("李师傅", 1)
    page.presenter.sign("李师傅", 1)
    page.tasks.run()
    assert [told for told in page.told if told[0] != "good"] == []
    assert [row.state for row in spine.rows(select(Handover.state))] == ["closed"]


def test_with_nothing_waiting_a_scan_says_so(spine):
    page = Page(spine)
    page.do("scan", "TT000000001")
    assert page.told == [("notice", "handover.nothing_waits")]


def signed(page, *numbers):
    for number in numbers:
        page.do("scan", number)
    page.do("sign", "李师傅", len(numbers))


def words_of(path):
    """What stands on each page of a PDF, read by another program."""
    with closing(pypdfium2.PdfDocument(path)) as document:
        return [page.get_textpage().get_text_range() for page in document]


def picture_of(path):
    with closing(pypdfium2.PdfDocument(path)) as document:
        return document[0].render(scale=4, grayscale=True).to_numpy().squeeze() < 128


@pytest.mark.usefixtures("qapp")
def test_a_sheet_goes_onto_a_page_with_bars_and_every_number(spine, tmp_path):
    numbers = [out(spine, f"A{n}") for n in range(3)]
    page = Page(spine, tmp_path)
    page.do("print_page")
    assert page.told == [("notice", "handover.no_sheet_to_print")]
    page.do("take_all")
    page.do("print_page")
    code = page.screen.pile.sheet_code
    assert page.opened == [tmp_path / f"{code}.pdf"]
    (words,) = words_of(page.opened[0])
    for said in (*numbers, "快递交接单", "通通快递", "练习店", "desk 1", "clerk", "共 3 件", f"{code} · 第 1 / 1"):
        assert said in words
    assert "补打" not in words
    assert read_with_zxing(picture_of(page.opened[0])) == {("code128", code)}
    page.do("sign", "李师傅", 3)
    page.do("show_list", "signed")
    page.do("print_page", page.screen.sheets[0])
    assert page.opened[1] == tmp_path / f"{code}-copy1.pdf"
    (words,) = words_of(page.opened[1])
    assert "补打 1" in words
    assert "李师傅" not in words, "a file is no place for a name"
    assert page.told[-1] == ("good", "handover.paper_written")


@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize(("count", "pages"), [(1, 1), (108, 1), (109, 2), (128, 2), (700, 6)])
def test_every_number_of_a_long_sheet_stands_on_it_once(tmp_path, count, pages):
    lines = tuple(SheetLine(f"TT{n:013d}", n % 3000 or None) for n in range(count))
    paper = SheetPaper(
        "JJ0618-01", "通通快递", "open", ("甲店", "乙店"), START, None, START, "1号台", "小李", lines, 0
    )
    path = SheetPapers(tmp_path, Texts("en"), QFont(""), None).write(paper)
    found = words_of(path)
    assert len(found) == pages
    assert sorted(re.findall(r"TT[0-9]{13}", "\n".join(found))) == [line.number for line in lines]
    assert [number for number, words in enumerate(found, 1) if "Signature" in words] == [pages]
    for number, words in enumerate(found, 1):
        assert f"page {number} of {pages}" in words


def test_a_page_that_cannot_be_written_is_said(spine, tmp_path, qapp):
    page = Page(spine, tmp_path / "file" / "below")
    (tmp_path / "file").write_text("in the way")
    signed(page, out(spine, "A1"))
    page.do("show_list", "signed")
    page.do("print_page", page.screen.sheets[0])
    assert page.told[-1] == ("stop", "error.files.cannot_write")
    assert page.opened == []


def test_the_short_form_says_count_and_copy(spine):
    page = Page(spine)
    signed(page, out(spine, "A1"), out(spine, "A2"))
    page.do("show_list", "signed")
    page.do("print_short", page.screen.sheets[0])
    page.do("print_short", page.screen.sheets[0])
    first, second = page.slips
    assert (first.code, first.large, first.mark) == (page.screen.sheets[0].code, "共 2 件", "")
    assert second.mark == "补打 1"
    assert first.blanks == ("快递员姓名", "签字", "时间")
    assert page.told[-1] == ("good", "handover.paper_printed")


def test_a_scan_among_the_signed_asks_where_it_left(spine):
    gone, here = out(spine, "A1"), out(spine, "A2")
    page = Page(spine)
    signed(page, gone)
    page.do("show_list", "signed")
    page.do("scan", gone)
    assert [sheet.parcel_count for sheet in page.screen.sheets] == [1]
    page.do("scan", here)
    assert page.screen.sheets == ()
    assert spine.desk.handover.piles()[0].on_sheet == 0, "it was looked for, not taken"
    page.do("search", "")
    assert len(page.screen.sheets) == 1
    page.do("choose_days", date(2026, 6, 1), date(2026, 5, 1))
    assert (page.screen.first, page.screen.last) == (date(2026, 5, 1), date(2026, 6, 1))
    assert page.screen.sheets == ()


@pytest.fixture
def robot(qtbot, qapp, settings, spine, tmp_path):
    world = DeskWorld()

    def boot():
        return stand_in_ports(world, orders=spine.desk.orders, handover=spine.desk.handover)

    window = build_window(qapp, settings, start=Start(boot), folder=tmp_path, now=lambda: START)
    with qtbot.waitSignal(window.ready):
        window.show()
    window.activateWindow()
    qtbot.waitUntil(lambda: window.isActiveWindow() and QApplication.focusWidget() is not None)
    yield DeskRobot(qtbot, window)
    window.close()
    window.deleteLater()


def test_a_clerk_hands_over_by_scans_and_keys(robot, spine):
    numbers = [out(spine, f"A{n}") for n in range(3)]
    robot.goes_to("handover")
    robot.sees("handover.count", "0")
    robot.gun(numbers[0])
    robot.sees("handover.count", "1")
    robot.key(Qt.Key.Key_F3)
    robot.sees("handover.count", "3")
    courier = robot.find("handover.courier", QLineEdit)
    robot.key(Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    robot.qtbot.waitUntil(lambda: QApplication.focusWidget() is courier)
    courier.setText("李师傅")
    robot.find("handover.counted", QSpinBox).setValue(2)
    robot.key(Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    robot.sees("shell.message.words", "一起再点一遍")
    robot.find("handover.counted", QSpinBox).setValue(3)
    robot.key(Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    robot.qtbot.waitUntil(lambda: [row.state for row in spine.rows(select(Handover.state))] == ["closed"])
    robot.qtbot.waitUntil(lambda: courier.text() == "")


def test_the_door_leads_to_the_order(robot, spine):
    number = out(spine, "A1")
    robot.goes_to("handover")
    robot.gun(number)
    robot.sees("handover.count", "1")
    robot.qtbot.mouseClick(robot.find("handover.open_order"), Qt.MouseButton.LeftButton)
    robot.sees("orders.drawer.title", "A1")


def test_the_sheet_is_printed_and_found_again_by_keys(robot, spine, tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr(making, "open_file", opened.append)
    number = out(spine, "A1")
    robot.goes_to("handover")
    robot.gun(number)
    robot.sees("handover.count", "1")
    robot.key(Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier)
    robot.qtbot.waitUntil(lambda: len(opened) == 1)
    assert opened[0].parent == tmp_path / "handover"
    made = spine.desk.handover.open_sheet("TT")
    spine.desk.handover.close(made, "李师傅", 1)
    robot.key(Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    search = robot.find("handover.search", QLineEdit)
    robot.qtbot.waitUntil(lambda: QApplication.focusWidget() is search)
    search.setText("NOBODY1")
    robot.key(Qt.Key.Key_Return)
    robot.sees("handover.empty.title", "NOBODY1")
    search.setText(number)
    robot.key(Qt.Key.Key_Return)
    model = robot.find("handover.signed", QTableView).model()
    robot.qtbot.waitUntil(lambda: model.rowCount() == 1)
    robot.key(Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier)
    robot.qtbot.waitUntil(lambda: len(opened) == 2)
    assert opened[1].name.endswith("-copy1.pdf")
    robot.key(Qt.Key.Key_Escape)
    robot.qtbot.waitUntil(lambda: search.text() == "")
