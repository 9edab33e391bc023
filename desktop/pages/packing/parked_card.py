"""What was set aside and waits, while nothing is open: why, what it lacks, and whether it can go on."""

from typing import Final

from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from core.fulfilment.records import ParkedRow
from desktop.formats import time_text
from desktop.pages.packing.screen import PackingScreen
from desktop.pages.packing.setting_aside import reason_phrase
from desktop.ui import Ui
from desktop.widgets.controls import StatePill
from desktop.widgets.labels import ElidedLabel, PlainLabel

_SHOWN: Final = 5


class ParkedCard(QFrame):
    """A row for each parked parcel; its slip, scanned or typed, opens it."""

    def __init__(self, ui: Ui) -> None:
        super().__init__()
        self._ui = ui
        self.setObjectName("packing.parked")
        self.setProperty("look", "card")
        self._title = PlainLabel(ui, "heading", name="packing.parked.title")
        self._hint = PlainLabel(ui, "secondary", name="packing.parked.hint")
        self._hint.say("packing.parked.hint")
        self._more = PlainLabel(ui, "secondary", name="packing.parked.more")
        self._rows: list[_Row] = []
        head = QHBoxLayout()
        head.addWidget(self._title)
        head.addStretch(1)
        head.addWidget(self._hint)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 10, 16, 10)
        column.setSpacing(4)
        column.addLayout(head)
        for place in range(_SHOWN):
            row = _Row(ui, f"packing.parked.{place}")
            self._rows.append(row)
            column.addWidget(row)
        column.addWidget(self._more)
        self.hide()

    def show_parked(self, screen: PackingScreen) -> None:
        """Show what waits; what can go on stands first."""
        rows = sorted(screen.parked, key=lambda row: not row.can_go_on)
        self.setVisible(screen.parcel is None and bool(rows) and not screen.burst.is_shown)
        ready = sum(row.can_go_on for row in rows)
        self._title.say("packing.parked.ready" if ready else "packing.parked", n=len(rows), ready=ready)
        for place, widget in enumerate(self._rows):
            widget.setVisible(place < len(rows))
            if place < len(rows):
                widget.show_row(rows[place])
        self._more.setVisible(len(rows) > _SHOWN)
        self._more.say("packing.parked.more", n=len(rows) - _SHOWN)


class _Row(QWidget):
    """Slip, order, why, what is missing, since when."""

    def __init__(self, ui: Ui, name: str) -> None:
        super().__init__()
        self._ui = ui
        self._slip = PlainLabel(ui, "mono", name=f"{name}.slip")
        self._slip.setFixedWidth(ui.scaled(120))
        self._state = StatePill(ui, name=f"{name}.state")
        self._state.setFixedWidth(ui.scaled(120))
        self._what = ElidedLabel(ui, name=f"{name}.what")
        self._since = PlainLabel(ui, "secondary", name=f"{name}.since")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addWidget(self._slip)
        row.addWidget(self._state)
        row.addWidget(self._what, 1)
        row.addWidget(self._since)

    def show_row(self, row: ParkedRow) -> None:
        """Show one parked parcel."""
        texts = self._ui.texts
        self._slip.show_text(row.slip)
        self._state.show_state(
            "good" if row.can_go_on else "notice", "packing.parked.can" if row.can_go_on else "packing.parked.waits"
        )
        missing = "  ".join(f"{one.name} × {one.qty}" for one in row.missing)
        self._what.show_text(f"{texts.say(reason_phrase(row))}   {missing}   {' '.join(row.order_nos)}".strip())
        self._since.show_text(f"{time_text(row.at, self._ui.now(), texts)}  {row.desk}".strip())
