"""The waves page over the real records: what goes in, how it gets on, paper, giving it up."""

import re

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QLineEdit, QSpinBox

from core.fulfilment.records import PickRow
from core.fulfilment.wave_records import Choice
from core.runtime.errors import Refused
from desktop.app import build_window
from desktop.pages.waves.page import places_text
from desktop.pages.waves.presenter import WavesPresenter
from desktop.pages.waves.sheet import write_pick_sheet
from desktop.paper import Paper
from desktop.shell.window import Start
from desktop.texts import Texts
from tests.fulfilment.test_bins import put
from tests.gui.conftest import ManualTasks
from tests.gui.robots import DeskRobot
from tests.support.desk_world import START, DeskWorld
from tests.support.fake_shop import line
from tests.support.ports import stand_in_ports
from tests.support.world import CARRIER, World

pytestmark = [pytest.mark.gui, pytest.mark.qt_log_ignore("This plugin does not support")]


@pytest.fixture
def spine(sqlite_address):
    world = World(sqlite_address)
    put(world, BEAR="A-1", BAG="B-2")
    for no, code in (("A1", "BEAR"), ("A2", "BAG"), ("A3", "BAG")):
        world.ready(no, line("1", code))
    world.ready("A4", line("1", "BEAR", 2), line("2", "BAG"))
    yield world
    world.close()


class Page:
    """The presenter with tasks that run when told, what it told and what it wrote."""

    def __init__(self, spine, folder):
        self.told, self.undo, self.sheets, self.packed = [], None, [], []
        self.tasks = ManualTasks()
        self.presenter = WavesPresenter(spine.desk.waves, self.tasks, self._tell, self._write)
        self.presenter.on_pack = self.packed.append
        self.folder = folder
        self.do("look")

    def _tell(self, tone, phrase, undo):
        self.told.append((tone, phrase.code))
        self.undo = undo

    def _write(self, wave, picks):
        self.sheets.append((wave.code, [row.sku_code for row in picks]))
        return self.folder / f"{wave.code}.pdf"

    def do(self, act, *arguments, **more):
        getattr(self.presenter, act)(*arguments, **more)
        self.tasks.run()

    def counts(self):
        return {row.words.code.removeprefix("waves.choice."): row.count for row in self.screen.rows}

    @property
    def screen(self):
        return self.presenter.screen


@pytest.fixture
def page(spine, tmp_path):
    return Page(spine, tmp_path)


# --- presenter ---------------------------------------------------------------------------------------------------


def test_choices_come_with_counts_and_a_preview_of_the_marked_one(page):
    assert page.counts() == {
        "due": 4, "2h": 0, "4h": 0, "today": 0, "carrier": 4, "single_item": 3, "zone": 2, "sku": 1,
    }  # fmt: skip
    assert [row.count for row in page.screen.rows if row.choice.kind == "zone"] == [1, 2]
    preview = page.screen.preview
    assert (preview.parcel_count, preview.units, preview.sku_count) == (4, 6, 2)
    page.do("choose", Choice("zone", zone="B"))
    assert page.screen.preview.parcel_count == 2
    page.do("change", limit=1)
    assert (page.screen.preview.parcel_count, page.screen.preview.waiting_count) == (1, 2)
    page.do("choose", Choice("due"))
    page.do("change", way="single_item", limit=20)
    assert page.screen.preview.parcel_count == 3, "a rush takes single items only"


def test_a_start_shows_the_wave_and_its_pick_list(page):
    page.do("choose", Choice("single_item"))
    page.do("change", way="single_item")
    page.presenter.start()
    page.presenter.start()
    page.tasks.run()
    (wave,) = page.screen.running
    assert page.told == [("good", "waves.started")]
    assert (wave.way, wave.kind, wave.parcel_count) == ("single_item", "single_item", 3)
    assert [(row.bin, row.sku_code, row.qty) for row in page.screen.picks] == [("A-1", "BEAR", 1), ("B-2", "BAG", 2)]
    assert page.counts()["due"] == 1
    page.do("start")
    assert page.told[-1] == ("notice", "waves.none_fits")
    assert not page.screen.is_starting


def test_single_items_are_packed_by_scanning_them_unless_the_clerk_says_otherwise(page):
    page.do("choose", Choice("single_item"))
    assert page.screen.way == "single_item"
    page.do("choose", Choice("due"))
    assert page.screen.way == "scan_to_print"
    page.do("choose", Choice("single_item"))
    page.do("change", way="batch")
    page.do("choose", Choice("zone", zone="A"))
    assert page.screen.way == "scan_to_print"
    page.do("choose", Choice("single_item"))
    assert page.screen.way == "batch", "what the clerk chose for single items holds"
    page.do("look")
    assert page.screen.way == "batch"


def test_what_vanished_from_the_choices_is_no_longer_marked(page):
    page.do("choose", Choice("zone", zone="A"))
    page.do("start")
    assert page.screen.choice == Choice("due")
    assert page.screen.preview.parcel_count == 3


def test_labels_are_asked_for_and_what_lacks_a_number_is_said(page, spine):
    spine.shop.place("A5", line("1", "BEAR"))
    spine.sync("A5")
    page.do("start")
    page.do("print_labels")
    assert page.told[-1] == ("good", "waves.labels_queued_unnumbered")
    assert page.screen.wave.queued == 4
    spine.print_labels()
    page.do("print_labels")
    assert page.told[-1] == ("notice", "waves.labels_there_unnumbered")
    assert page.screen.wave.printed == 4


def test_a_wave_is_dissolved_with_two_presses(page, spine):
    page.do("start")
    page.do("dissolve")
    assert page.told[-1] == ("notice", "waves.dissolve_sure")
    assert len(page.screen.running) == 1
    page.do("dissolve")
    assert page.told[-1] == ("good", "waves.dissolved")
    assert (page.screen.running, page.counts()["due"]) == ((), 4)


def test_a_press_after_something_else_asks_again(page):
    page.do("start")
    page.do("dissolve")
    page.do("print_labels")
    page.do("dissolve")
    assert page.told[-1] == ("notice", "waves.dissolve_sure")
    assert page.screen.running


def test_a_press_for_another_wave_dissolves_nothing(page):
    page.do("choose", Choice("zone", zone="A"))
    page.do("start")
    page.do("start")
    first, second = page.screen.running
    page.do("choose_wave", first.id)
    page.do("dissolve")
    page.do("choose_wave", second.id)
    page.do("dissolve")
    assert [code for _, code in page.told[-2:]] == ["waves.dissolve_sure"] * 2
    assert len(page.screen.running) == 2


def test_a_cut_off_is_kept_and_taken_back(page, spine):
    page.do("choose", Choice("carrier", carrier_code=CARRIER))
    page.do("set_cut_off", "17:30")
    assert page.told == [("good", "waves.cut_off_kept")]
    assert page.screen.row.words.facts["at"] == "17:30"
    page.do("set_cut_off", "17:30")
    assert len(page.told) == 1, "nothing was changed"
    page.undo()
    page.tasks.run()
    assert page.told[-1] == ("good", "waves.cut_off_gone")
    assert page.screen.row.carrier.cut_off == ""
    page.do("set_cut_off", "soon")
    assert page.told[-1] == ("stop", "error.wave.cut_off_bad")


def test_the_pick_list_goes_onto_paper_while_there_is_anything_to_fetch(page, spine):
    page.do("save_sheet")
    assert page.sheets == []
    page.do("start")
    page.do("save_sheet")
    assert page.sheets == [(page.screen.wave.code, ["BEAR", "BAG"])]
    assert page.told[-1] == ("good", "waves.sheet_saved")
    page.do("pack")
    assert page.packed == [page.screen.wave.id]


def test_what_core_refuses_is_said_and_the_page_goes_on(page, spine, monkeypatch):
    def refuse(*_arguments):
        raise Refused("right.missing", "no", right="start_wave")

    monkeypatch.setattr(spine.desk.waves, "start", refuse)
    page.do("start")
    assert page.told == [("stop", "error.right.missing")]
    assert not page.screen.is_starting


# --- paper -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_every_row_stands_on_paper_and_nobody_does(page, tmp_path, qapp, monkeypatch, language):
    words = []

    def watched(draw):
        def writing(self, area, said, *rest, **more):
            assert 0 <= area.left() < area.right() <= 200
            assert 0 <= area.top() < area.bottom() <= 290
            words.append(said)
            draw(self, area, said, *rest, **more)

        return writing

    for name in ("text", "lines"):
        monkeypatch.setattr(Paper, name, watched(getattr(Paper, name)))
    page.do("start")
    wave = page.screen.wave
    rows = tuple(
        PickRow(n, f"SKU-{n:03d}", f"货{n}", "大号", n, 1, f"A-{n:02d}", "bear.png", ((n, 1), (n + 1, 2)))
        for n in range(1, 41)
    )
    asked = []

    def picture(name):
        asked.append(name)
        image = QImage(64, 32, QImage.Format.Format_RGB32)
        image.fill(Qt.GlobalColor.red)
        return image

    path = tmp_path / "lists" / "W.pdf"
    write_pick_sheet(path, wave, rows, Texts(language), qapp.font(), picture)
    body = path.read_bytes()
    assert len(re.findall(rb"/Type /Page\b", body)) == 3
    assert re.search(rb"/MediaBox \[0 0 595[.\d]* 842[.\d]*\]", body)
    assert [said for said in words if said.startswith("A-")] == [row.bin for row in rows]
    assert [said for said in words if "SKU-" in said] == [f"大号   {row.sku_code}" for row in rows]
    assert {"1 / 3", "2 / 3", "3 / 3", "39  40×2"} <= set(words)
    assert sum(wave.code in said for said in words) == 3
    assert asked == ["bear.png"] * 40


def test_places_are_short(page):
    assert places_text(((1, 1), (3, 2), (7, 1))) == "1  3×2  7"
    assert places_text(((1, 1), (2, 1), (3, 1), (4, 2), (5, 2), (7, 1))) == "1–3  4–5×2  7"
    assert places_text(()) == ""


# --- page --------------------------------------------------------------------------------------------------------


@pytest.fixture
def robot(qtbot, qapp, settings, spine, tmp_path):
    world = DeskWorld()
    settings.put("language", "zh_CN")

    def boot():
        return stand_in_ports(world, waves=spine.desk.waves, packing=spine.desk.packing, labels=spine.desk.labels)

    window = build_window(qapp, settings, start=Start(boot), folder=tmp_path, now=lambda: START)
    with qtbot.waitSignal(window.ready):
        window.show()
    window.activateWindow()
    qtbot.waitUntil(lambda: window.isActiveWindow() and QApplication.focusWidget() is not None)
    made = DeskRobot(qtbot, window)
    made.goes_to("waves")
    qtbot.waitUntil(lambda: window.page("waves")._presenter.screen.is_known)
    yield made
    window.close()
    window.deleteLater()


def test_a_clerk_starts_prints_and_packs_a_rush_by_keys(robot, spine, tmp_path):
    robot.sees("waves.empty.title", "没有进行中的波次")
    robot.sees("waves.preview", "4 个包裹")
    for _ in range(5):
        robot.key(Qt.Key.Key_Down)
    robot.sees("waves.preview", "3 个包裹")
    robot.key(Qt.Key.Key_F3)
    robot.sees("waves.picks.title", "W0618-01")
    robot.sees("waves.picks.total", "共 2 种 3 件")
    robot.key(Qt.Key.Key_F9)
    path = tmp_path / "pick-lists" / "W0618-01.pdf"
    robot.qtbot.waitUntil(path.exists)
    robot.key(Qt.Key.Key_F6)
    robot.qtbot.waitUntil(lambda: robot.window.current_page == "packing")
    robot.sees("packing.sentence.what", "请扫商品")
    robot.gun("6901234567892")
    robot.qtbot.waitUntil(lambda: robot.window.parts.packing.screen.parcel is not None)
    assert robot.window.parts.packing.screen.parcel.order_nos == ("A1",)
    assert spine.parcels("A1")[0].state == "packed"
    assert [label["waybill_no"] for label in spine.print_labels()] == [spine.number("A1")]


def test_the_cut_off_has_a_field_while_its_carrier_is_marked(robot, spine):
    field = robot.find("waves.cut_off", QLineEdit)
    assert not field.isVisible()
    for _ in range(4):
        robot.key(Qt.Key.Key_Down)
    robot.qtbot.waitUntil(field.isVisible)
    field.setFocus()
    robot.types("1730")
    robot.key(Qt.Key.Key_Return)
    robot.qtbot.waitUntil(lambda: spine.desk.waves.choices().carriers[0].cut_off == "17:30")
    robot.qtbot.waitUntil(lambda: field.text() == "17:30")


def test_the_number_that_is_being_typed_counts(robot, spine):
    limit = robot.find("waves.limit", QSpinBox)
    limit.setFocus()
    limit.selectAll()
    robot.types("2")
    robot.key(Qt.Key.Key_F3)
    robot.qtbot.waitUntil(lambda: len(spine.desk.waves.running()) == 1)
    assert spine.desk.waves.running()[0].parcel_count == 2


def test_what_happens_at_another_desk_shows_on_the_page(qtbot, qapp, settings, spine, tmp_path):
    def boot():
        return stand_in_ports(DeskWorld(), waves=spine.desk.waves, listen=spine.store.subscribe)

    made = build_window(qapp, settings, start=Start(boot), folder=tmp_path, now=lambda: START)
    with qtbot.waitSignal(made.ready):
        made.show()
    robot = DeskRobot(qtbot, made)
    robot.goes_to("waves")
    robot.sees("waves.preview", "4 个包裹")
    spine.desk.packing.start_wave("batch", 3)
    robot.sees("waves.picks.title", "W0618-01")
    made.close()
    made.deleteLater()


def test_a_label_scanned_on_the_page_goes_to_the_desk(robot, spine):
    robot.gun(spine.number("A1"))
    robot.qtbot.waitUntil(lambda: robot.window.current_page == "packing")
