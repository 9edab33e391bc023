"""One line of the open parcel as a card: picture, name, count, sign."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from core.fulfilment.records import PackLine
from desktop.ui import Ui
from desktop.widgets.batches import left_days, left_phrase
from desktop.widgets.controls import StatePill
from desktop.widgets.labels import ElidedLabel, IconLabel, PictureLabel, PlainLabel, set_look
from desktop.widgets.pictures import PictureBook

_HEIGHT = 64
_CURRENT_HEIGHT = 116
_SIDE = 48
_CURRENT_SIDE = 100


class LineCard(QFrame):
    """Shows a `PackLine`; the line that is asked for is larger and marked, done ones fade but stay."""

    def __init__(self, ui: Ui, pictures: PictureBook, name: str) -> None:
        super().__init__()
        self._ui = ui
        self._pictures = pictures
        self._line: PackLine | None = None
        self._picture_name: str | None = None
        self.setObjectName(name)
        self.setProperty("look", "line")
        self._arrow = IconLabel(ui, "arrow-right", "accent", 22)
        self._picture = PictureLabel(ui, _SIDE)
        self._title = ElidedLabel(ui, "heading", name=f"{name}.title")
        self._spec = ElidedLabel(ui, "secondary", name=f"{name}.spec")
        self._batch = ElidedLabel(ui, "heading", name=f"{name}.batch")
        self._pill = StatePill(ui, name=f"{name}.state")
        self._count = PlainLabel(ui, "number", name=f"{name}.count")
        self._count.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._count.setMinimumWidth(ui.scaled(84))
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addStretch(1)
        words.addWidget(self._title)
        words.addWidget(self._spec)
        words.addWidget(self._batch)
        words.addStretch(1)
        self._pill.setFixedWidth(ui.scaled(160))
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 6, 16, 6)
        row.setSpacing(12)
        for widget, stretch in ((self._arrow, 0), (self._picture, 0)):
            row.addWidget(widget, stretch)
        row.addLayout(words, 1)
        row.addWidget(self._pill)
        row.addWidget(self._count)

    @property
    def line(self) -> PackLine | None:
        """What the card shows."""
        return self._line

    def show_line(self, line: PackLine, *, is_current: bool) -> None:
        """Show a line."""
        if self._line != line:
            self._line = line
            self._title.show_text(line.short_name or line.name)
            self._spec.show_text("  ".join(part for part in (line.spec, line.sku_code) if part))
            self._count.show_text(f"{line.verified_qty} / {line.qty}")
        self._show_batch(line, is_current=is_current)
        self._show_state(line, is_current=is_current)
        self._picture.set_side(_CURRENT_SIDE if is_current else _SIDE)
        self.setFixedHeight(self._ui.scaled(_CURRENT_HEIGHT if is_current else _HEIGHT))
        self._arrow.setVisible(is_current)
        if self._picture_name != line.picture:
            self._picture_name = line.picture
            self._pictures.show_in(self._picture, line.picture, "gift" if line.is_gift else "package")

    def _show_batch(self, line: PackLine, *, is_current: bool) -> None:
        """The batch to take, as long as it is asked for: large beside the goods it is about."""
        self._batch.setVisible(is_current and bool(line.asked))
        if not line.asked:
            return
        first = next((one for one in line.asked if not one.is_blocked), line.asked[0])
        if first.is_blocked:
            self._batch.say("packing.line.batch_blocked", batch=first.code)
            return
        days = None if first.expires_on is None else left_days(first.expires_on, self._ui.now())
        day = first.expires_on.isoformat() if first.expires_on is not None else ""
        code = "packing.line.batch" if len(line.asked) == 1 else "packing.line.batches"
        self._batch.say(code, batch=first.code, day=day, left=left_phrase(days), n=first.qty)

    def _show_state(self, line: PackLine, *, is_current: bool) -> None:
        if line.is_withdrawn:
            set_look(self, tone="out")
            self._pill.show_state("stop", "packing.line.withdrawn")
        elif line.blocked_inside is not None:
            set_look(self, tone="out")
            self._pill.show_state("stop", "packing.line.blocked")
        elif not line.missing_qty:
            set_look(self, tone="done")
            self._pill.show_state("good", "packing.line.done")
        elif is_current:
            set_look(self, tone="current")
            self._pill.show_state("busy", "packing.line.by_eye" if line.lacks_barcode else "packing.line.now")
        else:
            set_look(self, tone="waiting")
            self._pill.show_state("quiet", "packing.line.gift" if line.is_gift else "packing.line.waiting")
