"""Foreign text is shown as text: no screen makes a widget that guesses whether it got HTML."""

import pytest

from tests.support.plain_text import guessed_texts
from tests.support.repository import ROOT, modules_of


def test_screens_make_their_text_widgets_in_one_place() -> None:
    """Use the makers in `desktop.widgets`; they set the plain text format."""
    wrong = [
        f"{file.relative_to(ROOT)}:{finding.line}: {finding.name}"
        for file in modules_of("desktop")
        if not file.is_relative_to(ROOT / "desktop" / "widgets")
        for finding in guessed_texts(file.read_text(encoding="utf-8"))
    ]
    assert wrong == []


IMPORTS = (
    "from PySide6 import QtWidgets\nfrom PySide6.QtCore import Qt\nfrom PySide6.QtWidgets import QLabel, QWidget\n"
)


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("QLabel(note)", "QLabel"),
        ("box = QtWidgets.QMessageBox(parent)", "QMessageBox"),
        ("QtWidgets.QMessageBox.warning(parent, title, note)", "QMessageBox"),
        ("QtWidgets.QToolTip.showText(point, note)", "QToolTip"),
        ("class Note(QLabel): pass", "QLabel"),
        ("widget.setToolTip(note)", "setToolTip"),
        ("label.setTextFormat(Qt.TextFormat.AutoText)", "AutoText"),
        ("if role == Qt.ItemDataRole.ToolTipRole: note", "ToolTipRole"),
        ("make(QLabel, note)", "QLabel"),
        ("maker = QtWidgets.QLabel", "QLabel"),
        ("edit.setHtml(note)", "setHtml"),
        ("from PySide6.QtWidgets import QLabel as L\nL(note)", "QLabel"),
    ],
)
def test_guessing_text_is_noticed(line: str, name: str) -> None:
    assert name in [finding.name for finding in guessed_texts(IMPORTS + line)]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "def show(label: QLabel) -> QLabel: return label",
        "label.setText(note)",
        "plain_label(note, parent)",
        "class Page(QWidget): pass",
        "class QLabelled: pass",
    ],
)
def test_plain_text_passes(line: str) -> None:
    assert guessed_texts(IMPORTS + line) == []
