"""Models, labels, theme, sounds, pictures, and the rules no linter has."""

import ast
import sys
import threading
import time
import wave
from pathlib import Path
from types import SimpleNamespace

import pytest
from PySide6.QtCore import QEvent, QModelIndex, QPoint, QSize, Qt, QTranslator
from PySide6.QtGui import QHelpEvent, QImage
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication, QToolTip

from desktop import theme
from desktop.bridge.tasks import InlineTasks
from desktop.commands import BARCODES, Command, Order, parse_command, sheet_codes
from desktop.models.paged import Column, PagedTableModel
from desktop.pages.settings.practice import PracticeCard
from desktop.plain_text import _HARMLESS, tooltip, visible
from desktop.sounds import Sounds, scaled_wav
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton
from desktop.widgets.labels import ElidedLabel, PlainLabel, laid_out
from desktop.widgets.pictures import read_picture
from desktop.widgets.table import ListTable
from resources.interface import sound_file
from tests.support.desk_world import START

pytestmark = [pytest.mark.gui, pytest.mark.qt_log_ignore("This plugin does not support")]
ROOT = Path(__file__).resolve().parents[2]
#: what stands on the screen; verbs and the joint with core and printing are another matter
SCREENS = ("bridge", "models", "pages", "shell", "widgets")
SOURCES = sorted(path for folder in SCREENS for path in (ROOT / "desktop" / folder).rglob("*.py"))
NESTED = "<table><tr><td>" * 20 + "x"


def calls(path: Path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_house_rules(path):
    used = set(calls(path))
    assert not used & {"QDialog", "QMessageBox", "QInputDialog", "QFileDialog", "exec", "exec_"}, "no modal dialogs"
    assert not used & {"processEvents", "terminate", "QTextBrowser", "setHtml", "QShortcut"}
    if path.name != "labels.py":
        assert "QLabel" not in used, "labels are made in one place, as plain text"
    imported = {
        name.name if isinstance(node, ast.Import) else node.module or ""
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in node.names
    }
    if path.name == "presenter.py":
        assert not [name for name in imported if name.startswith("PySide6")], "presenters know no widgets"
    assert not [name for name in imported if name.startswith(("sqlalchemy", "core.db", "requests", "printing"))]


def test_rules_see_a_broken_one(tmp_path):
    bad = tmp_path / "bad.py"
    bad.write_text("QMessageBox.exec(box)\nQLabel('x')")
    assert {"exec", "QLabel"} <= set(calls(bad))


def test_nested_tables_are_text_and_do_not_freeze(qtbot, ui):
    label = PlainLabel(ui, wraps=True)
    qtbot.addWidget(label)
    label.show()
    started = time.perf_counter()
    label.show_text(NESTED)
    label.grab()
    assert time.perf_counter() - started < 0.05
    assert label.text() == NESTED
    assert label.textFormat() is Qt.TextFormat.PlainText


@pytest.mark.parametrize(
    "text", ["a<br>b", '<h1 style="color:green">已付款</h1>', "收件人&lt;b&gt;", "<img width=30000>"]
)
def test_markup_is_literal_everywhere(qtbot, ui, text):
    for kind in (PlainLabel, ElidedLabel):
        label = kind(ui)
        qtbot.addWidget(label)
        label.setText(text)
        assert label.text() == text
        assert label.sizeHint().width() < 2000
    assert "<br>" not in tooltip("a<br>b")
    assert "&lt;br&gt;" in tooltip("a<br>b")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("张\u202e三", "张※三"),
        ("a\u200bb", "a※b"),
        ("x\x00\x1b@y", "x※※@y"),
        ("a\nb\tc", "a b c"),
        ("e" + "\u0301" * 500, "e" + "\u0301" * 4),
        ("\ud800", "※"),
    ],
)
def test_what_would_act_invisibly_is_visible(text, shown):
    assert visible(text) == shown


def test_what_is_shown_without_a_look_at_each_character_would_come_out_the_same():
    quick = [char for char in map(chr, range(sys.maxunicode + 1)) if _HARMLESS.fullmatch(char)]
    assert len(quick) > 27_000
    behind = "\u200b"  # makes the whole text be looked at
    assert visible("".join(quick) + behind, limit=len(quick) + 1) == "".join(quick) + "※"


def test_long_texts_are_cut_and_fast():
    started = time.perf_counter()
    assert visible("长" * 1_000_000).endswith("…")
    assert time.perf_counter() - started < 0.05


def contrast(one: str, other: str) -> float:
    def luminance(color: str) -> float:
        parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("tokens", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
def test_text_can_be_read_on_its_ground(tokens):
    pairs = [(name, ground) for name in ("text", "secondary") for ground in ("background", "surface", "raised")]
    pairs += [
        (name, ground)
        for name in ("accent", "good", "notice", "stop", "purple")
        for ground in (f"{name}_ground", "surface")
    ]
    pairs += [("text", "accent_ground"), ("text", "notice_ground"), ("on_accent", "accent"), ("on_alarm", "alarm")]
    for name, ground in pairs:
        assert contrast(getattr(tokens, name), getattr(tokens, ground)) >= 4.5, (name, ground)


@pytest.mark.parametrize("tokens", [theme.LIGHT, theme.DARK])
def test_every_token_of_the_style_sheet_is_filled_in(tokens):
    assert "@" not in theme.style_sheet(tokens, 125)


def paged(ui):
    """A model of numbers, and the cursors it asked for."""
    columns = (
        Column("orders.column.order_no", lambda row: f"<b>{row}</b>", 100, stretch=True),
        Column("orders.column.state", str, 80, tone=lambda _row: "good"),
        Column("orders.column.qty", str, 80, is_right=True, spare=1),
    )
    model = PagedTableModel(ui, columns, lambda row: row)
    asked = []
    model.more_wanted.connect(asked.append)
    return model, asked


def test_a_list_that_is_read_again_keeps_eye_and_hand_on_their_row(ui, qtbot):
    model, _ = paged(ui)
    table = ListTable(ui, model, "t")
    qtbot.addWidget(table)
    table.resize(400, 200)
    table.show()
    moved, opened = [], []
    table.moved.connect(moved.append)
    table.opened.connect(opened.append)
    table.show_first(list(range(100)), None, False)
    assert (moved, table.currentIndex().row()) == ([0], 0)
    table.setCurrentIndex(model.index(40, 0))
    scroll = table.verticalScrollBar().value()
    assert scroll > 0
    table.show_first(list(range(10, 100)), None, True)
    assert (model.row_at(table.currentIndex().row()), table.verticalScrollBar().value()) == (40, scroll)
    table.show_first([row for row in range(10, 100) if row != 40], None, True)
    assert model.row_at(table.currentIndex().row()) == 41, "what stands in its place now is next"
    assert moved == [0, 40], "rows that move by themselves do not tell"
    qtbot.keyClick(table, Qt.Key.Key_Return)
    assert opened == [30]
    table.show_first([], None, False)
    assert moved == [0, 40]


def test_paged_model_keeps_qts_rules(ui, qtbot):
    pages = [list(range(100)), list(range(100, 200)), list(range(200, 257))]
    model, asked = paged(ui)
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.show_first(pages[0], 1)
    for cursor in (1, 2):
        model.fetchMore(QModelIndex())
        assert asked[-1] == cursor
        model.append(pages[cursor], cursor + 1 if cursor == 1 else None)
    assert not model.canFetchMore(QModelIndex())
    assert model.rowCount() == 257
    assert model.find(256) == 256
    assert model.find(999) == -1
    assert model.index(3, 0).data() == "<b>3</b>"
    assert model.index(3, 0).data(Qt.ItemDataRole.ToolTipRole) is None, "the view shows it, escaped"
    ui.settings.put("language", "en")
    assert model.headerData(0, Qt.Orientation.Horizontal) == "Order"
    model.show_first([], None)
    assert model.rowCount() == 0
    del tester


def test_a_page_is_asked_for_once_while_it_is_on_its_way(ui, qtbot):
    model, wanted = paged(ui)
    model.show_first([1, 2], 7)
    model.fetchMore(QModelIndex())
    model.fetchMore(QModelIndex())
    assert wanted == [7]
    model.give_up()
    model.fetchMore(QModelIndex())
    assert wanted == [7, 7]


def long_list(ui, qtbot, pages):
    """A table whose further pages come a turn of the loop later, and what it told of moves; None fails."""
    model, _ = paged(ui)
    table = ListTable(ui, model, "t")
    qtbot.addWidget(table)
    table.resize(400, 200)
    table.show()
    moved = []

    def answer(cursor):
        page = pages[cursor]
        if page is None:
            model.give_up()
        else:
            model.append(page, cursor + 1 if cursor + 1 < len(pages) else None)

    model.more_wanted.connect(answer, Qt.ConnectionType.QueuedConnection)
    table.show_first(pages[0], 1, False)
    moved.clear()
    table.moved.connect(moved.append)
    return table, moved


@pytest.mark.parametrize("modifier", [Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier])
def test_end_goes_to_the_last_row_of_a_list_that_is_not_loaded_yet(ui, qtbot, modifier):
    table, moved = long_list(ui, qtbot, [list(range(n * 100, n * 100 + 100)) for n in range(5)])
    qtbot.keyClick(table, Qt.Key.Key_End, modifier)
    qtbot.waitUntil(lambda: table.currentIndex().row() == 499)
    assert moved == [499], "the rows on the way are nobody's choice"
    qtbot.keyClick(table, Qt.Key.Key_Home, modifier)
    assert table.currentIndex().row() == 0


def test_the_way_to_the_end_ends_where_a_page_fails_or_the_hand_does_something_else(ui, qtbot):
    table, moved = long_list(ui, qtbot, [list(range(100)), list(range(100, 200)), None, [7]])
    qtbot.keyClick(table, Qt.Key.Key_End)
    qtbot.waitUntil(lambda: moved == [199])
    other, moved = long_list(ui, qtbot, [list(range(n * 100, n * 100 + 100)) for n in range(9)])
    qtbot.keyClick(other, Qt.Key.Key_End)
    qtbot.keyClick(other, Qt.Key.Key_Home)
    qtbot.wait(50)
    assert other.currentIndex().row() == 0


def test_the_tooltip_of_a_cell_is_escaped(ui, qtbot):
    model, _ = paged(ui)
    model.show_first([7], None)
    table = ListTable(ui, model, "t")
    qtbot.addWidget(table)
    table.resize(600, 200)
    table.show()
    place = table.visualRect(model.index(0, 0)).center()
    event = QHelpEvent(QEvent.Type.ToolTip, place, table.viewport().mapToGlobal(place))
    QApplication.sendEvent(table.viewport(), event)
    assert QToolTip.text() == "<span>&lt;b&gt;7&lt;/b&gt;</span>"
    QToolTip.hideText()


def test_a_head_says_what_it_means_where_its_words_do_not(ui, qtbot):
    columns = (Column("stock.column.available", str, 100), Column("stock.column.code", str, 100))
    table = ListTable(ui, PagedTableModel(ui, columns, lambda row: row), "t")
    qtbot.addWidget(table)
    table.resize(600, 200)
    table.show()
    head = table.horizontalHeader()
    said = []
    # The one without a hint first: a tip takes its time to go.
    for section in (1, 0):
        place = QPoint(head.sectionViewportPosition(section) + 5, 5)
        QToolTip.hideText()
        QApplication.sendEvent(
            head.viewport(), QHelpEvent(QEvent.Type.ToolTip, place, head.viewport().mapToGlobal(place))
        )
        said.append(QToolTip.text() if QToolTip.isVisible() else "")
    assert said[0] == ""
    assert "<span>在库" in said[1]
    QToolTip.hideText()


def test_a_narrow_table_hides_what_it_can_spare(ui, qtbot):
    model, _ = paged(ui)
    model.show_first([1], None)
    table = ListTable(ui, model, "t")
    qtbot.addWidget(table)
    table.resize(600, 200)
    table.show()
    assert not table.isColumnHidden(2)
    table.resize(230, 200)
    assert table.isColumnHidden(2)
    assert not table.isColumnHidden(0)


def test_painting_a_full_page_takes_less_than_a_frame(ui, qtbot):
    model, _ = paged(ui)
    model.show_first(list(range(200)), None)
    table = ListTable(ui, model, "t")
    qtbot.addWidget(table)
    table.resize(1280, 700)
    table.show()
    table.grab()
    best = min(_timed(table.viewport().grab) for _ in range(5))
    assert best < 0.05, "a frame has 16 ms; a busy machine gets three"


def _timed(act) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def test_enter_presses_the_button_with_the_focus(qtbot, ui):
    presses: list[str] = []
    button = ActionButton(ui, "action.next", lambda: presses.append("next"))
    qtbot.addWidget(button)
    button.show()
    for key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
        qtbot.keyClick(button, key)
    assert presses == ["next"] * 3


def test_sounds_are_distinct_and_scaled():
    tones = {
        name: sound_file(name).read_bytes()
        for name in ("unit", "line", "complete", "shipped", "notice", "wrong", "stop")
    }
    assert len(set(tones.values())) == len(tones)
    with wave.open(str(sound_file("unit"))) as file:
        assert file.getnframes() / file.getframerate() < 0.1
    assert len(scaled_wav("unit", 10)) == len(tones["unit"])
    assert scaled_wav("unit", 10) != scaled_wav("unit", 100)


def test_the_stop_tone_repeats_until_somebody_is_there(qtbot, settings):
    played, came = [], threading.Event()

    def player(wav: bytes) -> bool:
        played.append(wav)
        came.set()
        return True

    settings.put("sound", True)
    sounds = Sounds(settings, find_player=lambda: player)
    sounds._timer.setInterval(20)
    sounds.play("stop")
    assert sounds.is_repeating
    qtbot.waitUntil(lambda: len(played) >= 3)
    sounds.play("quiet")
    assert not sounds.is_repeating
    sounds.stop()
    count = len(played)
    settings.put("sound", False)
    sounds.play("unit")
    assert len(played) == count


def test_a_machine_without_a_player_beeps_and_nothing_breaks(qtbot, settings):
    settings.put("sound", True)
    sounds = Sounds(settings, find_player=lambda: None)
    with qtbot.waitSignal(sounds.unplayable):
        sounds.play("unit")
    sounds.stop()


def test_pictures_stay_in_their_folder_and_small(tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    image = QImage(800, 400, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.red)
    image.save(str(folder / "milk.png"))
    image.save(str(tmp_path / "outside.png"))
    (folder / "text.png").write_text("no picture")
    found = read_picture(folder, "milk.png")
    assert (found.width(), found.height()) == (256, 128)
    for name in ("../outside.png", str(tmp_path / "outside.png"), "none.png", "text.png", "milk.png\x00"):
        assert _safely(folder, name) is None, name


def _safely(folder: Path, name: str):
    try:
        return read_picture(folder, name)
    except ValueError:
        return None  # the lane drops what a hostile name raises


@pytest.mark.parametrize(
    ("raw", "meant"),
    [
        ("PD-NEXT", Order(Command.NEXT)),
        ("pd-next", Order(Command.NEXT)),
        ("PD-QTY-12", Order(Command.QTY, 12)),
        ("PD-WEIGHT-2100", Order(Command.WEIGHT, 2100)),
        ("PD-QTY-0", None),
        ("PD-QTY-1000", None),
        ("PD-REASON-7", None),
        ("PD-QTY-１２", None),
        ("6901234567892", None),
    ],
)
def test_command_barcodes(raw, meant):
    assert parse_command(raw) == meant


def test_every_code_of_the_sheet_is_understood_and_read_back():
    import zxingcpp

    from desktop.paper import bars

    assert {code for code, _, _ in sheet_codes()} >= set(BARCODES)
    for code, _, _ in sheet_codes():
        assert parse_command(code) is not None, code
        modules = [False] * 10 + bars(code) + [False] * 10
        image = QImage(len(modules) * 3, 60, QImage.Format.Format_Grayscale8)
        for place, is_dark in enumerate(modules):
            for offset in range(3):
                for row in range(60):
                    image.setPixel(place * 3 + offset, row, 0xFF000000 if is_dark else 0xFFFFFFFF)
        import numpy as np

        pixels = np.frombuffer(image.constBits(), np.uint8).reshape(60, image.bytesPerLine())[:, : image.width()]
        assert zxingcpp.read_barcode(np.ascontiguousarray(pixels)).text == code


def test_the_practice_card_says_where_the_shop_is_and_lets_its_buyers_buy(qtbot, qapp, settings):
    class Shop:
        def address(self) -> str:
            return "http://127.0.0.1:1234"

        placed = 0

        def place_orders(self, count: int) -> int:
            self.placed += count
            return self.placed

    told, failed, shop = [], [], Shop()
    tasks = InlineTasks(failed.append)
    card = PracticeCard(Ui(qapp, settings, lambda: START), tasks, lambda *words: told.append(words), shop)
    qtbot.addWidget(card)
    card.show()
    assert shop.address() in card.findChild(PlainLabel, "settings.practice.hint").text()
    card.findChild(ActionButton, "settings.practice.more").click()
    assert (shop.placed, [(tone, phrase.code) for tone, phrase, _ in told], failed) == (
        20,
        [("good", "settings.practice.placed")],
        [],
    )


def test_wrapped_words_stay_whole_unless_one_is_longer_than_the_line(qapp):
    def lines_of(text: str) -> list[str]:
        layout, _ = laid_out(text, qapp.font(), 160)
        lines = [layout.lineAt(number) for number in range(layout.lineCount())]
        return [text[line.textStart() : line.textStart() + line.textLength()] for line in lines]

    lines = lines_of(said := "Our waybill number becomes void: tear up a printed label.\nNext")
    assert len(lines) > 2
    assert all(line.endswith((" ", ".", "\n", "Next")) for line in lines), lines
    one, all_of_it = (laid_out(text, qapp.font(), 160)[1] for text in ("Next", said))
    assert all_of_it == pytest.approx(one * len(lines), abs=len(lines))
    assert len(lines_of("x" * 200)) > 1


def test_what_qt_itself_says_follows_the_clerks_language(ui):
    ui.settle()
    words = ui.findChild(QTranslator)
    assert "复制" in words.translate("QWidgetTextControl", "&Copy")
    ui.settings.put("language", "en")
    assert words.translate("QWidgetTextControl", "&Copy") in {"", "&Copy"}


def test_icons_are_drawn_for_dense_screens_once_there_is_one(ui, qapp, monkeypatch):
    told = []
    ui.restyled.connect(lambda: told.append(True))
    plain = ui.icon("package", "text", 16)
    assert plain.pixmap(QSize(16, 16), 2.0).width() == 16
    ui.look_at_screens()
    assert told == []
    monkeypatch.setattr(ui, "_app", SimpleNamespace(devicePixelRatio=lambda: 2.0))
    ui.look_at_screens()
    ui.look_at_screens()
    assert told == [True]
    assert ui.icon("package", "text", 16).pixmap(QSize(16, 16), 2.0).width() == 32
