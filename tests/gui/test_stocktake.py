"""The stocktake page over the real records: scans from a gun, questions by keys, nothing lost, nothing booked twice."""

from types import SimpleNamespace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel

from core.counting.records import Scope
from core.db.unit_of_work import Actor
from core.runtime.errors import Unavailable
from desktop.app import build_window
from desktop.pages.stocktake.comparing import ComparePresenter
from desktop.pages.stocktake.counting import CountPresenter
from desktop.pages.stocktake.deciding import LinesPresenter
from desktop.pages.stocktake.sheets import SheetsPresenter
from desktop.shell.window import Start
from tests.gui.conftest import ManualTasks
from tests.gui.robots import DeskRobot
from tests.support.desk_world import START, DeskWorld
from tests.support.ports import stand_in_ports
from tests.support.world import World

pytestmark = [pytest.mark.gui, pytest.mark.qt_log_ignore("This plugin does not support")]
BEAR, CARTON, BAG = "6901234567892", "16901234567899", "6901234567908"
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def spine(sqlite_address):
    world = World(sqlite_address)
    for code, place in (("BEAR", "A-01"), ("BAG", "A-02")):
        seen = world.desk.products.product(world.skus[code]).spec
        world.desk.products.save(world.skus[code], seen, replace_bins(seen, (world.warehouse, place)))
    yield world
    world.check_stock()
    world.close()


def replace_bins(spec, *bins):
    from dataclasses import replace

    return replace(spec, bins=tuple(bins))


class Taker:
    """The four presenters, their tasks run when told, and what was said."""

    def __init__(self, spine, keys="k"):
        self.spine = spine
        self.told = []
        self.sounds = []
        self.opened = []
        self.tasks = ManualTasks()
        nonces = iter(range(10_000))
        nonce = lambda: f"{keys}{next(nonces)}"  # noqa: E731  said once, used below
        desk, reports = spine.desk.counting, spine.desk.count_reports
        self.sheets = SheetsPresenter(desk, self.tasks, self._tell, nonce)
        self.sheets.on_open = self._open
        self.counting = CountPresenter(desk, self.tasks, self._tell, nonce, self.sounds.append)
        self.lines = LinesPresenter(desk, reports, self.tasks, self._tell)
        self.lines.on_first = lambda rows, _after, _again: setattr(self, "rows", rows)
        self.compare = ComparePresenter(reports, self.tasks, self._tell, nonce)
        self.rows = ()

    def _tell(self, tone, phrase, _undo):
        self.told.append((tone, phrase.code))

    def _open(self, sheet):
        self.opened.append(sheet)
        self.counting.open(sheet.id)

    def run(self, act, *arguments, **named):
        act(*arguments, **named)
        self.tasks.run()

    def begin(self, kind="zones", values="A", *, is_blind=False):
        self.run(self.sheets.begin_new)
        self.run(self.sheets.make, self.spine.warehouse, kind, values, "", is_blind=is_blind)
        return self.opened[-1].id

    def scan(self, *codes):
        for code in codes:
            self.run(self.counting.scan, code)

    @property
    def said(self):
        return self.counting.screen.what.code

    @property
    def view(self):
        return self.counting.screen.view


@pytest.fixture
def taker(spine):
    return Taker(spine)


def level(spine, code):
    rows = spine.desk.stock.page(spine_filter(code), None, 10).rows
    return rows[0].quantities.on_hand_qty


def spine_filter(code):
    from core.inventory.stock_list import StockFilter

    return StockFilter("all", code)


# --- presenters -----------------------------------------------------------------------------------------------------


def test_a_new_sheet_is_made_filled_begun_and_opened(taker):
    taker.begin()
    assert (taker.view.sheet.state, taker.view.sheet.lines) == ("counting", 2)
    assert [place.bin for place in taker.view.places] == ["A-01", "A-02"]


def test_a_sheet_without_any_warehouse_is_refused_with_what_to_do(taker):
    nowhere = SimpleNamespace(warehouses=tuple)
    sheets = SheetsPresenter(nowhere, taker.tasks, taker._tell, lambda: "k")
    taker.run(sheets.begin_new)
    assert not sheets.screen.is_new, "no form that waits for ever"
    assert taker.told == [("notice", "stock.no_warehouse_yet")]


def test_goods_scanned_right_after_their_bin_are_counted_there(taker):
    """Scans come faster than answers: nothing may hang on what the screen has been told yet."""
    taker.begin()
    for code in ("A-01", BEAR, BEAR, CARTON):
        taker.counting.scan(code)
    taker.tasks.run()
    assert (taker.view.bin, [row.qty for row in taker.view.scans]) == ("A-01", [24, 1, 1])
    assert taker.counting.screen.what.facts["total"] == 26


def test_scans_before_the_sheet_is_read_are_not_lost(taker):
    sheet_id = taker.begin()
    taker.counting.open(sheet_id)
    taker.counting._screen = type(taker.counting.screen)()
    taker.counting.scan("A-01")
    taker.counting.scan(BEAR)
    taker.tasks.run()
    assert [row.qty for row in taker.view.scans] == [1]


def test_a_number_multiplies_the_next_scan_and_a_code_may_be_typed(taker):
    taker.begin()
    taker.scan("A-01")
    for key in "12":
        taker.counting.type_key(key)
    taker.counting.multiply()
    assert taker.counting.screen.factor == 12
    taker.scan(BEAR, BEAR)
    assert [row.qty for row in taker.view.scans] == [1, 12]
    for key in "BEARX":
        taker.counting.type_key(key)
    taker.counting.rub_out()
    taker.run(taker.counting.enter)
    assert [row.qty for row in taker.view.scans] == [1, 1, 12]
    assert taker.counting.screen.typed == ""


def test_what_cannot_be_stored_is_kept_and_sent_again_under_its_key(taker, monkeypatch):
    taker.begin()
    taker.scan("A-01", BEAR)
    desk = taker.spine.desk.counting
    real = desk.scan

    def lost(*arguments, **named):
        real(*arguments, **named)
        raise Unavailable("db.busy", "stored, and its answer lost")

    monkeypatch.setattr(desk, "scan", lost)
    taker.scan(BEAR)
    assert taker.counting.screen.unsent == 1
    monkeypatch.setattr(desk, "scan", real)
    taker.scan(BEAR)
    assert taker.counting.screen.unsent == 0
    assert sum(row.qty for row in taker.view.scans) == 3


def busy(*_arguments, **_named):
    raise Unavailable("db.busy", "not stored")


def test_a_scan_that_is_stored_late_takes_nobody_back_to_its_bin(taker):
    """Which batch it is was answered when the counter stood in the next bin already."""
    spine = taker.spine
    for batch in ("B1", "B2"):
        spine.desk.stock.receive(spine.warehouse, spine.skus["BEAR"], 5, "purchase", f"in {batch}", batch)
    taker.begin()
    taker.scan("A-01")
    taker.counting.scan(BEAR)
    taker.counting.scan("A-02")
    taker.tasks.run()
    assert (taker.view.bin, taker.counting.screen.batches) == ("A-02", ("", "B1", "B2"))
    taker.run(taker.counting.choose_batch, 2)
    assert taker.view.bin == "A-02"
    taker.scan(BAG)
    counted = {place.bin: place.counted for place in taker.view.places}
    assert counted["A-02"] == 1, "the bag was counted where it lay"


def test_goods_after_a_bin_that_could_not_be_stored_wait_for_it(taker, monkeypatch):
    taker.begin()
    taker.scan("A-01", BEAR)
    desk = taker.spine.desk.counting
    real, calls = desk.scan, []

    def lost_once(*arguments, **named):
        calls.append(arguments[1])
        if len(calls) == 1:
            raise Unavailable("db.busy", "not stored")
        return real(*arguments, **named)

    monkeypatch.setattr(desk, "scan", lost_once)
    taker.counting.scan("A-02")
    taker.counting.scan(BAG)
    taker.tasks.run()
    assert (calls, taker.counting.screen.unsent) == (["A-02"], 2), "the bag is not counted in the bin before"
    taker.run(taker.counting.look)
    assert (calls[1:], taker.counting.screen.unsent, taker.view.bin) == (["A-02", BAG], 0, "A-02")
    assert [(row.code, row.qty) for row in taker.view.scans][:1] == [("BAG", 1)]


@pytest.mark.parametrize("act", ["submit", "finish_place", "drop_place", "undo", "pause_or_resume"])
def test_nothing_is_finished_while_a_scan_waits(taker, monkeypatch, act):
    sheet_id = taker.begin()
    taker.scan("A-01", BEAR)
    desk = taker.spine.desk.counting
    real = desk.scan
    monkeypatch.setattr(desk, "scan", busy)
    taker.scan(BEAR)
    handed = []
    taker.counting.on_submitted = handed.append
    taker.run(getattr(taker.counting, act))
    taker.run(getattr(taker.counting, act))
    assert (taker.said, taker.counting.screen.unsent, handed) == ("error.count.unsent", 1, [])
    view = desk.count_view(sheet_id)
    assert (view.sheet.state, view.bin, [row.qty for row in view.scans]) == ("counting", "A-01", [1])
    monkeypatch.setattr(desk, "scan", real)
    taker.run(taker.counting.look)
    assert [row.qty for row in taker.view.scans] == [1, 1]


def test_goods_scanned_twice_before_their_batch_is_asked_are_both_counted(taker):
    spine = taker.spine
    spine.desk.stock.receive(spine.warehouse, spine.skus["BEAR"], 5, "purchase", "in", "B1")
    taker.begin()
    taker.scan("A-01")
    taker.counting.scan(BEAR)
    taker.counting.scan(BEAR)
    taker.tasks.run()
    taker.scan(BAG)
    assert taker.counting.screen.batches, "the question stays until it is answered"
    taker.run(taker.counting.choose_batch, 2)
    assert [(row.code, row.qty) for row in taker.view.scans] == [("BEAR", 1), ("BEAR", 1)]


def test_the_sheet_is_read_once_for_a_burst_of_scans(taker, monkeypatch):
    taker.begin()
    desk = taker.spine.desk.counting
    real, looks = desk.count_view, []
    monkeypatch.setattr(desk, "count_view", lambda *about: (looks.append(about), real(*about))[1])
    for code in ("A-01", *[BEAR] * 20):
        taker.counting.scan(code)
    taker.tasks.run()
    assert len(looks) <= 2
    assert len(taker.view.scans) > 5, "and the last look shows what the last scan did"
    assert taker.view.scans[0].qty == 1


def test_what_to_count_is_of_the_warehouse_that_is_chosen(taker):
    spine = taker.spine
    spine.desk.stock.add_warehouse("wh2", "二号仓")
    taker.run(taker.sheets.look)
    taker.run(taker.sheets.begin_new)
    assert taker.sheets.screen.suggested
    other = taker.sheets.screen.warehouses[1].id
    taker.sheets.suggest(other)
    assert taker.sheets.screen.suggested is None
    taker.sheets.make(other, "suggested", "", "", is_blind=True)
    assert taker.told[-1] == ("notice", "count.new.wait")
    taker.tasks.run()
    assert taker.opened == []


def test_the_rest_of_a_place_is_nothing_only_after_a_question(taker):
    taker.begin("bins", "A-01, A-02")
    taker.scan("A-02")
    taker.run(taker.counting.finish_place)
    assert (taker.said, taker.counting.screen.asks) == ("count.say.some_left", "zero")
    taker.run(taker.counting.finish_place)
    assert taker.said == "count.say.place_done"
    assert {place.bin: place.counted for place in taker.view.places} == {"A-01": 0, "A-02": 1}


def test_whoever_begins_where_another_one_counts_is_told_with_and_without_bins(taker, spine):
    taker.begin("skus", "BEAR, BAG")
    taker.scan(BEAR)
    assert (taker.counting.screen.mood, taker.counting.screen.more.code) == ("good", "count.more.goods")
    sheet_id = taker.opened[-1].id
    other = Taker(spine, "of wang")
    spine.store.act_as(Actor("wang", "desk 2", 9))
    try:
        other.run(other.counting.open, sheet_id)
        other.scan(BAG)
        said = other.counting.screen
        assert (said.mood, said.more.code, said.what.code) == ("notice", "count.more.recount", "count.say.goods")
        assert said.more.facts["other"].code == "person.clerk", "a person is meant"
        other.scan(BAG)
        assert other.counting.screen.mood == "good", "said once is enough"
        counting = {place.bin: place.counters for place in other.view.places}
        assert counting[""] == ("clerk", "wang"), "who began first has not gone"
    finally:
        spine.store.act_as(None)
    again = Taker(spine)
    again.run(again.counting.open, sheet_id)
    assert again.counting.screen.what.facts["bin"].code == "count.no_bin", "its place has no name"


def test_the_last_place_that_is_done_says_what_comes_next(taker):
    taker.begin("bins", "A-01, A-02")
    for place, code, way in (("A-01", BEAR, "count.way.next_bin"), ("A-02", BAG, "count.way.hand_in")):
        taker.scan(place, code)
        taker.run(taker.counting.finish_place)
        assert (taker.said, taker.counting.screen.way.code) == ("count.say.place_done", way)


def test_undo_drop_pause_and_back(taker):
    taker.begin()
    taker.scan("A-01", BEAR, BEAR)
    taker.run(taker.counting.undo)
    assert taker.counting.screen.what.facts["total"] == 1
    taker.run(taker.counting.pause_or_resume)
    taker.scan(BEAR)
    assert taker.said == "count.say.paused"
    taker.run(taker.counting.pause_or_resume)
    taker.scan(BEAR)
    assert taker.counting.screen.what.facts["total"] == 2
    taker.run(taker.counting.drop_place)
    assert (taker.said, taker.counting.screen.asks) == ("count.say.drop", "drop")
    taker.scan(BEAR)
    assert taker.counting.screen.what.facts["total"] == 3, "whoever goes on scanning keeps it"
    taker.run(taker.counting.drop_place)
    taker.run(taker.counting.drop_place)
    assert (taker.said, taker.view.pass_id) == ("count.say.dropped", 0)
    left = []
    taker.counting.on_left = lambda: left.append(True)
    taker.counting.type_key("7")
    taker.counting.back()
    assert (taker.counting.screen.typed, left) == ("", [])
    taker.counting.back()
    assert left == [True]


def test_a_find_is_told_and_may_be_put_onto_the_sheet(taker):
    taker.begin("bins", "A-01")
    taker.scan("A-01", "4006381333931")
    assert (taker.said, taker.sounds[-1]) == ("count.say.unknown", "wrong")
    taker.scan(BAG)
    assert (taker.said, taker.counting.screen.find.home) == ("count.say.not_on_sheet", "A-02")
    taker.run(taker.counting.add_find)
    taker.scan(BAG)
    assert taker.said == "count.say.goods"


def test_which_batch_is_asked_once(taker):
    spine = taker.spine
    bear = spine.skus["BEAR"]
    for batch in ("B1", "B2"):
        spine.desk.stock.receive(spine.warehouse, bear, 5, "purchase", f"in {batch}", batch)
    taker.begin()
    taker.scan("A-01", BEAR)
    assert (taker.said, taker.counting.screen.batches) == ("count.say.which_batch", ("", "B1", "B2"))
    taker.run(taker.counting.type_key, "3")
    assert taker.counting.screen.more.facts == {"batch": "B2"}
    taker.scan(BEAR)
    assert taker.counting.screen.what.facts["total"] == 2
    taker.counting.other_batch()
    taker.scan(BEAR)
    assert taker.said == "count.say.which_batch"


@pytest.mark.parametrize("act", ["finish_place", "submit", "pause_or_resume"])
def test_a_scan_whose_batch_is_not_known_yet_is_not_left_behind(taker, act):
    """F9 twice would count as nothing what was just scanned; its question comes back instead."""
    spine = taker.spine
    spine.desk.stock.receive(spine.warehouse, spine.skus["BEAR"], 5, "purchase", "in", "B1")
    taker.begin("bins", "A-01")
    taker.scan("A-01", BEAR)
    for _ in range(2):
        taker.run(getattr(taker.counting, act))
        assert (taker.said, taker.counting.screen.batches) == ("count.say.which_batch", ("", "B1"))
    taker.run(taker.counting.type_key, "2")
    assert (taker.view.sheet.state, [(row.code, row.qty) for row in taker.view.scans]) == ("counting", [("BEAR", 1)])


def test_the_next_place_and_the_next_round_ask_for_the_batch_again(taker):
    spine = taker.spine
    spine.desk.stock.receive(spine.warehouse, spine.skus["BEAR"], 5, "purchase", "in", "B1")
    taker.begin()
    taker.scan("A-01", BEAR)
    taker.run(taker.counting.type_key, "2")
    taker.scan("A-02", BEAR)
    assert taker.said == "count.say.which_batch", "what lies here may be of another batch"
    taker.run(taker.counting.type_key, "1")
    taker.scan(BEAR)
    assert taker.said == "count.say.goods"
    taker.run(taker.counting.drop_place)
    taker.run(taker.counting.drop_place)
    taker.scan("A-02", BEAR)
    assert taker.said == "count.say.which_batch"


def submitted(taker, counted=3):
    """A sheet of the bears: so many counted, handed in."""
    sheet_id = taker.begin("bins", "A-01")
    taker.scan("A-01")
    taker.counting.type_key(str(counted))
    taker.scan(BEAR)
    taker.run(taker.counting.finish_place)
    handed = []
    taker.counting.on_submitted = handed.append
    taker.run(taker.counting.submit)
    assert handed[0].id == sheet_id
    return handed[0]


def test_a_place_left_open_is_asked_about_and_the_same_key_ends_it(taker, spine):
    sheet_id = taker.begin()
    taker.scan("A-01", BEAR)
    handed = []
    taker.counting.on_submitted = handed.append
    taker.run(taker.counting.submit)
    assert (taker.said, taker.counting.screen.asks) == ("count.say.place_own", "end_places")
    taker.run(taker.counting.submit)
    assert (taker.said, taker.counting.screen.asks) == ("count.say.not_all", "leave_open")
    taker.run(taker.counting.submit)
    assert [sheet.id for sheet in handed] == [sheet_id]
    assert spine.desk.counting.sheet(sheet_id).state == "to_approve"


def test_differences_are_explained_and_booked(taker, spine):
    had = level(spine, "BEAR")
    sheet = submitted(taker)
    taker.run(taker.lines.open, sheet)
    (row,) = taker.rows
    assert (row.counted_qty, row.difference_qty) == (3, 3 - had)
    taker.run(taker.lines.explain, row.id)
    assert taker.lines.screen.story.now_qty == had
    taker.run(taker.lines.decide, row, "book", "other: 水淹")
    assert taker.told[-1] == ("stop", "error.count.other_person")
    assert level(spine, "BEAR") == had
    spine.store.act_as(Actor("boss", "desk 2", 9))
    try:
        taker.run(taker.lines.decide, row, "book", "other: 水淹")
    finally:
        spine.store.act_as(None)
    assert level(spine, "BEAR") == 3
    assert taker.lines.screen.sheet.state == "done"
    assert taker.lines.screen.story is None, "no word stands beside the list about a line that has left it"


def test_sent_back_and_counted_again(taker, spine):
    had = level(spine, "BEAR")
    sheet = submitted(taker)
    taker.run(taker.lines.open, sheet)
    again = []
    taker.lines.on_recount = again.append
    taker.run(taker.lines.decide, taker.rows[0], "recount", "stocktake")
    assert again[0].id == sheet.id
    taker.run(taker.counting.open, sheet.id)
    taker.scan("A-01")
    assert taker.said == "count.say.bin"
    for digit in str(had):
        taker.counting.type_key(digit)
    taker.counting._show(factor=had, typed="")
    taker.scan(BEAR)
    taker.run(taker.counting.finish_place)
    taker.run(taker.counting.submit)
    assert spine.desk.counting.sheet(sheet.id).state == "done"


def test_all_sure_differences_are_booked_after_a_question(taker, spine):
    sheet = submitted(taker, 1)
    taker.run(taker.lines.open, sheet)
    taker.run(taker.lines.book_all, "stocktake")
    assert (taker.told[-1], taker.lines.screen.asked) == (("notice", "count.book_all_asked"), "book_all")
    spine.store.act_as(Actor("boss", "desk 2", 9))
    try:
        taker.run(taker.lines.book_all, "stocktake")
    finally:
        spine.store.act_as(None)
    assert level(spine, "BEAR") == 1


def test_a_sheet_is_thrown_away_after_a_question(taker, spine):
    sheet_id = taker.begin()
    sheet = spine.desk.counting.sheet(sheet_id)
    taker.run(taker.sheets.throw_away, sheet)
    assert spine.desk.counting.sheet(sheet_id).state == "counting"
    taker.run(taker.sheets.throw_away, sheet)
    assert spine.desk.counting.sheet(sheet_id).state == "thrown_away"


def test_reports_are_made_chosen_and_confirmed(taker):
    taker.run(taker.compare.look)
    assert taker.compare.screen.reports == ()
    taker.run(taker.compare.compare)
    (report,) = taker.compare.screen.reports
    assert (report.difference_count, report.is_nightly) == (0, False)
    taker.run(taker.compare.confirm, None, "fine")
    assert taker.told[-1] == ("good", "count.compare.confirmed")


def test_paper_comes_in_and_goes_out(taker, spine, tmp_path):
    from openpyxl import load_workbook

    sheet_id = taker.begin()
    sheet = spine.desk.counting.sheet(sheet_id)
    taker.run(taker.lines.open, sheet)
    path = tmp_path / "paper.xlsx"
    taker.run(taker.lines.save, path, is_paper=True)
    book = load_workbook(path)
    for row in book.active.iter_rows(min_row=2):
        row[6].value = 7
    book.save(path)
    taker.run(taker.lines.read_paper, path)
    assert taker.told[-1] == ("good", "count.paper_taken")
    assert {row.counted_qty for row in spine.desk.counting.lines(sheet_id)[0]} == {7}


# --- the window -----------------------------------------------------------------------------------------------------


@pytest.fixture
def robot(qtbot, settings, spine, tmp_path):
    desk = spine.desk
    ports = stand_in_ports(DeskWorld(), stock=desk.stock, counting=desk.counting, count_reports=desk.count_reports)
    window = build_window(
        QApplication.instance(), settings, start=Start(lambda: ports), folder=tmp_path, now=lambda: START
    )
    qtbot.addWidget(window)
    with qtbot.waitSignal(window.ready, timeout=10_000):
        window.show()
    robot = DeskRobot(qtbot, window)
    robot.goes_to("stocktake")
    yield robot
    window.close()


def test_a_gun_counts_a_zone_from_the_empty_list_to_the_differences(robot, spine):
    page = robot.window.page("stocktake")
    robot.qtbot.waitUntil(lambda: page.sheets.screen.is_known)
    focus = robot.window.focusWidget()
    assert focus is page or page.isAncestorOf(focus), "an empty list does not leave the keyboard on the rail"
    robot.key(Qt.Key.Key_F6)
    robot.qtbot.waitUntil(lambda: page.sheets.screen.suggested is not None)
    assert robot.window.findChild(QLabel, "count.new.hint").text()
    robot.gun("A-01")
    robot.qtbot.waitUntil(lambda: page.sheets_view.form._values.text() == "A-01")
    robot.key(Qt.Key.Key_S, CTRL)
    robot.qtbot.waitUntil(lambda: page.counting.screen.view is not None)
    for code in ("A-01", BEAR, CARTON):
        robot.gun(code)
    robot.sees("count.sentence.what", "= 25")
    robot.key(Qt.Key.Key_F4)
    robot.qtbot.waitUntil(lambda: page.counting.screen.what.code == "count.say.undone")
    robot.types("3*")
    robot.gun(CARTON)
    robot.sees("count.sentence.what", "= 73")
    robot.key(Qt.Key.Key_F9)
    robot.qtbot.waitUntil(lambda: page.counting.screen.what.code == "count.say.place_done")
    robot.key(Qt.Key.Key_S, CTRL)
    robot.qtbot.waitUntil(lambda: page.lines_view.model.rowCount() == 1)
    row = page.lines_view.model.row_at(0)
    assert (row.counted_qty, row.state) == (73, "counted")
    page.lines_view.table.setFocus()
    robot.key(Qt.Key.Key_Return)
    robot.qtbot.waitUntil(page.lines_view.drawer.isVisible)
    robot.key(Qt.Key.Key_F8)
    robot.qtbot.waitUntil(lambda: page._stack.currentWidget() is page.count_view)


def test_counting_goes_on_after_a_restart(qtbot, settings, spine, tmp_path):
    made = spine.desk.counting.make(spine.warehouse, Scope("zones", ("A",)), "k", "", is_blind=True)
    while spine.desk.counting.fill(made.id) is not None:
        pass
    spine.desk.counting.begin(made.id)
    desk = spine.desk
    ports = stand_in_ports(DeskWorld(), stock=desk.stock, counting=desk.counting, count_reports=desk.count_reports)
    for round_no in (1, 2):
        window = build_window(
            QApplication.instance(), settings, start=Start(lambda: ports), folder=tmp_path, now=lambda: START
        )
        qtbot.addWidget(window)
        with qtbot.waitSignal(window.ready, timeout=10_000):
            window.show()
        robot = DeskRobot(qtbot, window)
        robot.goes_to("stocktake")
        page = window.page("stocktake")
        qtbot.waitUntil(lambda page=page: page.sheets_view.model.rowCount() == 1)
        robot.key(Qt.Key.Key_Return)
        qtbot.waitUntil(lambda page=page: page.counting.screen.view is not None)
        if round_no == 1:
            robot.gun("A-01")
        robot.gun(BEAR)
        qtbot.waitUntil(lambda page=page, n=round_no: len(page.counting.screen.view.scans) == n)
        assert page.counting.screen.view.bin == "A-01"
        window.close()


def test_the_comparison_is_made_and_read_by_keys(robot):
    page = robot.window.page("stocktake")
    page.choose("compare")
    robot.qtbot.waitUntil(lambda: page.comparing.screen.is_known)
    robot.key(Qt.Key.Key_F6)
    robot.qtbot.waitUntil(lambda: len(page.comparing.screen.reports) == 1)
    robot.sees("count.compare.story", "3")
    robot.key(Qt.Key.Key_Escape)
    robot.qtbot.waitUntil(lambda: page._stack.currentWidget() is page.sheets_view)
