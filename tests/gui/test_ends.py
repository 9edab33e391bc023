"""What a screen owes to whoever looks at it for a while: no list ends silently, no age stands still, no key is double."""

from collections import Counter
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QLabel, QWidget

from core.inventory.documents.states import DocKind, DocState
from core.inventory.queries import HolderRow
from core.runtime.first_of import FirstOf
from desktop.pages.documents.words import ACTS as DOCUMENT_ACTS
from desktop.pages.documents.words import acts_of
from desktop.pages.stock.drawer import _HolderLine
from desktop.pages.stock.words import ACTS as STOCK_ACTS
from desktop.widgets.ask_where import ask_where, ask_which
from desktop.widgets.end_note import EndNote
from desktop.widgets.ticking import while_shown
from tests.support.desk_world import START

pytestmark = [pytest.mark.gui, pytest.mark.qt_log_ignore("This plugin does not support")]


@pytest.mark.parametrize(("shown", "whole", "says"), [(5, 5, ""), (0, 0, ""), (5, 1200, "1,200"), (5, None, "5")])
def test_a_list_that_shows_a_part_says_so(qtbot, ui, shown, whole, says):
    note = EndNote(ui, "end")
    qtbot.addWidget(note)
    note.show_end(shown, whole)
    assert note.isHidden() is (not says)
    assert says in note.text() or not says


def test_what_is_repeated_is_repeated_while_it_is_seen(qtbot):
    seen = []
    widget = QWidget()
    qtbot.addWidget(widget)
    while_shown(widget, lambda: seen.append(1), every_ms=5)
    qtbot.wait(30)
    assert seen == []
    widget.show()
    qtbot.waitUntil(lambda: len(seen) > 1)


def test_minutes_left_go_down_while_the_drawer_is_open(qtbot, ui):
    holder = HolderRow(1, 1, "A1", 2, "reserved", START + timedelta(minutes=12))
    line = _HolderLine(ui, SimpleNamespace(open_order=lambda _order_id: None), holder, "holder")
    qtbot.addWidget(line)
    line.show()
    left = line.findChild(QLabel, "holder.left")
    assert "12" in left.text()
    ui.now = lambda: START + timedelta(minutes=9)
    left.findChild(QTimer).timeout.emit()
    assert "3" in left.text()
    ui.now = lambda: START + timedelta(minutes=13)
    left.findChild(QTimer).timeout.emit()
    assert left.text() == ui.texts.t("time.run_out")


def doubled(keys):
    return [key for key, times in Counter(keys).items() if times > 1]


def test_no_key_means_two_acts_of_one_thing():
    assert doubled(key for key, _icon in STOCK_ACTS.values()) == []
    offered = set()
    for kind in DocKind:
        for state in DocState:
            detail = type("Detail", (), {"row": type("Row", (), {"kind": kind, "state": state})()})()
            acts = acts_of(detail)
            offered |= set(acts)
            assert doubled(DOCUMENT_ACTS[act][0] for act in acts) == [], (kind, state)
    assert offered == set(DOCUMENT_ACTS)


def test_a_table_without_an_ending_is_an_xlsx(qtbot, monkeypatch):
    parent = QWidget()
    qtbot.addWidget(parent)
    for chosen, written in (("/x/stock", "/x/stock.xlsx"), ("/x/a.csv", "/x/a.csv"), ("/x/v1.2", "/x/v1.2.xlsx")):
        monkeypatch.setattr(
            "desktop.widgets.ask_where.QFileDialog.getSaveFileName", lambda *_about, chosen=chosen: (chosen, "")
        )
        assert str(ask_where(parent, "words", "name.xlsx")) == written
    monkeypatch.setattr("desktop.widgets.ask_where.QFileDialog.getSaveFileName", lambda *_about: ("", ""))
    assert ask_where(parent, "words", "name.xlsx") is None


@pytest.mark.parametrize(("rows", "is_said"), [(FirstOf("ab"), False), (FirstOf("ab", 1234), True), (("a",), False)])
def test_the_note_below_a_list_says_how_many_there_are(qtbot, ui, rows, is_said):
    note = EndNote(ui, "x.end")
    qtbot.addWidget(note)
    note.show_rows(rows)
    assert note.isHidden() is not is_said
    assert ("1,234" in note.text()) is is_said


def test_a_dialog_for_files_begins_where_people_keep_theirs_and_then_where_it_ended(qtbot, tmp_path, monkeypatch):
    """Never in the folder the program was started from."""
    page, asked = QWidget(), []
    qtbot.addWidget(page)
    dialog = "desktop.widgets.ask_where.QFileDialog"
    (tmp_path / "tables").mkdir()
    monkeypatch.setattr(f"{dialog}.getOpenFileName", lambda *about: (asked.append(about[2]), ("", ""))[1])
    monkeypatch.setattr(
        f"{dialog}.getSaveFileName",
        lambda *about: (asked.append(about[2]), (str(tmp_path / "tables" / "a.xlsx"), ""))[1],
    )
    assert ask_which(page, "which?") is None
    assert ask_where(page, "where?", "a.xlsx") == tmp_path / "tables" / "a.xlsx"
    ask_which(page, "which?")
    assert Path(asked[0]).is_dir()
    assert not Path(asked[0]).samefile(Path.cwd())
    assert Path(asked[1]) == Path(asked[0]) / "a.xlsx"
    assert Path(asked[2]) == tmp_path / "tables"
