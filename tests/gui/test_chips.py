"""Filter chips where there is little room."""

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QPushButton

from core.inventory.documents.states import DocKind
from desktop.widgets.fields import ChipRow

pytestmark = [pytest.mark.gui, pytest.mark.qt_log_ignore("This plugin does not support")]
KINDS = tuple(str(kind) for kind in DocKind)


@pytest.fixture
def row(qtbot, ui):
    made = ChipRow(ui, "document.kind", KINDS, "chips")
    qtbot.addWidget(made)
    made.resize(1600, 34)
    made.show()
    qtbot.waitUntil(made.isVisible)
    return made


def shown(row):
    return {code for code in KINDS if not row.findChild(QPushButton, f"chips.{code}").isHidden()}


def test_chips_that_count_nothing_give_way_and_come_back(row):
    row.show_counts({code: "0" if number % 2 else "12" for number, code in enumerate(KINDS)})
    row.choose(KINDS[1])
    assert shown(row) == set(KINDS)
    row.resize(700, 34)
    assert shown(row) == {code for number, code in enumerate(KINDS) if number % 2 == 0} | {KINDS[1]}
    row.resize(1600, 34)
    assert shown(row) == set(KINDS)


def test_a_chip_without_a_count_never_gives_way(row):
    row.resize(200, 34)
    assert shown(row) == set(KINDS)


def test_the_wheel_moves_the_row(row):
    row.resize(200, 34)
    at = QPointF(20, 10)
    turn = QWheelEvent(
        at, at, QPoint(), QPoint(0, -120), Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(row.viewport(), turn)
    assert row.horizontalScrollBar().value() == 120
