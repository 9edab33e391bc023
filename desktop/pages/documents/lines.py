"""The lines of a document as rows of widgets: to be written, to be counted, or only to be read."""

from collections.abc import Mapping
from functools import partial
from typing import Final

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from core.inventory.documents.records import DocumentDetail, LineRow
from core.inventory.documents.states import DocKind, DocState
from core.inventory.ledger import MOST_QTY
from desktop.formats import yuan
from desktop.pages.documents.presenter import DocumentsPresenter, Tally
from desktop.pages.documents.words import counts_done, day_text, ordinal
from desktop.texts import Texts
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton
from desktop.widgets.day_field import DayEntry
from desktop.widgets.fields import DecimalBox, Field, NumberBox
from desktop.widgets.labels import ElidedLabel, PlainLabel, explain, set_look

_FEN: Final = 100
_MOST_YUAN: Final = 10_000_000
#: kinds whose goods have a price and come with a batch
_BOUGHT: Final = frozenset({DocKind.PURCHASE, DocKind.RECEIPT, DocKind.IN_HAND})


class _Line(QFrame):
    """Goods by code and name, and a row below for what is said of them."""

    def __init__(self, ui: Ui, presenter: DocumentsPresenter, line: LineRow, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.title = ElidedLabel(ui, "heading", name=f"{name}.title")
        self.title.show_text("  ".join(part for part in (line.code, line.name, line.spec) if part))
        self.top = QHBoxLayout()
        self.top.setSpacing(8)
        self.top.addWidget(self.title, 1)
        self.row = QHBoxLayout()
        self.row.setSpacing(8)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 4, 6, 6)
        column.setSpacing(4)
        column.addLayout(self.top)
        column.addLayout(self.row)
        self._presenter = presenter

    def mark(self, *, is_scanned: bool) -> None:
        """Show that the last scan went here."""
        set_look(self, look="question" if is_scanned else "")


class DraftLine(_Line):
    """A line of a draft: quantity, batch, last day, cost; what is written is saved when the field is left."""

    def __init__(self, ui: Ui, presenter: DocumentsPresenter, kind: str, line: LineRow, name: str) -> None:
        super().__init__(ui, presenter, line, name)
        has_expected = counts_done(kind)
        lowest = -MOST_QTY if kind == DocKind.ADJUSTMENT else 0
        self.qty = NumberBox(lowest, MOST_QTY, f"{name}.qty")
        self.qty.setFixedWidth(ui.scaled(84))
        self.qty.setValue(line.done_qty if has_expected else line.qty)
        self.qty.editingFinished.connect(lambda: presenter.change_line(line.id, qty=self.qty.value()))
        self.row.addWidget(self.qty)
        if has_expected and (line.qty or line.source_line_id):
            expected = PlainLabel(ui, "secondary", name=f"{name}.expected")
            if line.done_qty == line.qty:
                expected.say("documents.line.as_expected", n=line.qty)
            else:
                expected.say("documents.line.expected", n=line.qty, diff=f"{line.done_qty - line.qty:+d}")
                set_look(expected, look="notice")
            # Beside the goods: the row below is for what is written.
            self.top.addWidget(expected)
        self._batch = Field(ui, "documents.line.batch", f"{name}.batch", limit=60)
        self._batch.setText(line.batch)
        self._batch.setCursorPosition(0)
        self._batch.editingFinished.connect(lambda: presenter.change_line(line.id, batch=self._batch.text().strip()))
        self.row.addWidget(self._batch, 1)
        if kind in _BOUGHT:
            self._add_bought(ui, line, name)
        if kind not in _BOUGHT:
            self.row.addStretch(1)
        # Made last: Tab leads from field to field, and only then to what takes the line out.
        remove = ActionButton(
            ui,
            "documents.line.remove",
            partial(presenter.change_line, line.id, qty=None),
            icon="x",
            name=f"{name}.remove",
        )
        self.top.addWidget(remove)

    def _add_bought(self, ui: Ui, line: LineRow, name: str) -> None:
        presenter = self._presenter
        self._last = DayEntry(
            ui,
            "documents.line.last_day",
            f"{name}.last_day",
            lambda day: presenter.change_line(line.id, expires_day=ordinal(day)),
            presenter.refuse_day,
        )
        self._last.setFixedWidth(ui.scaled(106))
        self._last.setText(day_text(line.expires_day))
        self._cost = DecimalBox(0, _MOST_YUAN, f"{name}.cost")
        self._cost.setPrefix("¥ ")
        explain(self._cost, ui.texts.t("documents.line.cost"))
        self._cost.setAccessibleName(ui.texts.t("documents.line.cost"))
        self._cost.setValue((line.unit_cost_fen or 0) / _FEN)
        self._cost.editingFinished.connect(
            lambda: presenter.change_line(line.id, unit_cost_fen=round(self._cost.value() * _FEN) or None)
        )
        self._cost.setFixedWidth(ui.scaled(92))
        self.row.addWidget(self._last)
        self.row.addWidget(self._cost)


class CountedLine(_Line):
    """A line under way: how many came (and of a return how many are bad, of a putaway where they lie now)."""

    def __init__(self, ui: Ui, presenter: DocumentsPresenter, kind: str, line: LineRow, name: str) -> None:
        super().__init__(ui, presenter, line, name)
        waits = PlainLabel(ui, "secondary", name=f"{name}.waits")
        waits.say(f"documents.line.waits.{kind}", n=line.pending_qty, of=line.qty)
        self.top.addWidget(waits)
        # More than was sent can arrive; more than waits here cannot be looked at.
        most = MOST_QTY if kind == DocKind.TRANSFER else line.pending_qty
        self.qty = NumberBox(0, most, f"{name}.qty")
        self.qty.setFixedWidth(ui.scaled(84))
        self.qty.valueChanged.connect(lambda units: presenter.count(line.id, qty=units))
        caption = PlainLabel(ui, "secondary")
        caption.say(f"documents.line.came.{kind}")
        self.row.addWidget(caption)
        self.row.addWidget(self.qty)
        self.bad: NumberBox | None = None
        self.bin: Field | None = None
        if kind == DocKind.RETURN:
            self.bad = NumberBox(0, line.pending_qty, f"{name}.bad")
            self.bad.setFixedWidth(ui.scaled(84))
            self.bad.valueChanged.connect(lambda units: presenter.count(line.id, bad_qty=units))
            words = PlainLabel(ui, "secondary")
            words.say("documents.line.bad")
            self.row.addWidget(words)
            self.row.addWidget(self.bad)
        if kind == DocKind.PUTAWAY:
            self.bin = Field(ui, "documents.line.bin", f"{name}.bin", is_latin=True, limit=40)
            self.bin.setText(line.usual_bin)
            self.bin.textEdited.connect(lambda text: presenter.count(line.id, bin=text))
            self.row.addWidget(self.bin)
        if line.batch:
            batch = PlainLabel(ui, "small")
            batch.show_text(line.batch)
            self.row.addWidget(batch)
        self.row.addStretch(1)
        self.setEnabled(line.pending_qty > 0 or kind == DocKind.TRANSFER)

    def show_tally(self, tally: Tally) -> None:
        """Show what was counted, without telling anybody."""
        for box, units in ((self.qty, tally.qty), (self.bad, tally.bad_qty)):
            if box is not None and box.value() != units:
                with QSignalBlocker(box):
                    box.setValue(units)


class ReadLine(_Line):
    """A line that is only read: what was wanted, what became of it."""

    def __init__(self, ui: Ui, presenter: DocumentsPresenter, kind: str, line: LineRow, name: str) -> None:
        super().__init__(ui, presenter, line, name)
        qty = PlainLabel(ui, "heading", name=f"{name}.units")
        is_signed = kind in (DocKind.ADJUSTMENT, DocKind.DIFFERENCE, DocKind.COUNTER)
        shown = line.done_qty if counts_done(kind) else line.qty
        qty.show_text(f"{shown:+d}" if is_signed else f"× {shown}")
        self.top.addWidget(qty)
        told = PlainLabel(ui, "small", wraps=True, keeps_lines=False, limit=260, name=f"{name}.told")
        texts = ui.texts
        parts = [
            _against(texts, line) if counts_done(kind) and line.source_line_id else "",
            texts.t("documents.line.good_bad", good=line.done_qty, bad=line.bad_qty)
            if kind == DocKind.RETURN
            else "",
            texts.t("documents.line.arrived", n=line.done_qty)
            if kind in (DocKind.TRANSFER, DocKind.PURCHASE)
            else "",
            texts.t("documents.line.in_bin", bin=line.bin) if line.bin else "",
            texts.t("documents.line.of_batch", batch=line.batch) if line.batch else "",
            texts.t("documents.line.until", day=day_text(line.expires_day)) if line.expires_day else "",
            yuan(line.unit_cost_fen) if line.unit_cost_fen else "",
            texts.t("documents.line.movements", ids="、".join(f"#{one}" for one in line.movement_ids[:3]))
            if line.movement_ids
            else "",
        ]
        told.show_text(" · ".join(part for part in parts if part))
        self.row.addWidget(told, 1)
        self.row.addWidget(
            ActionButton(
                ui, "documents.line.goods", partial(presenter.to_goods, line.code), icon="boxes", name=f"{name}.goods"
            )
        )


def make_line(
    ui: Ui, presenter: DocumentsPresenter, detail: DocumentDetail, line: LineRow, name: str
) -> DraftLine | CountedLine | ReadLine:
    """The widget that fits where the document stands."""
    kind, state = detail.row.kind, detail.row.state
    if state == DocState.DRAFT:
        return DraftLine(ui, presenter, kind, line, name)
    if state in (DocState.OPEN, DocState.PART) and kind != DocKind.PURCHASE:
        return CountedLine(ui, presenter, kind, line, name)
    return ReadLine(ui, presenter, kind, line, name)


def show_tallies(lines: Mapping[int, QWidget], tally: Mapping[int, Tally], scanned: int) -> None:
    """Bring what was counted since into lines that stand already."""
    for line_id, line in lines.items():
        if isinstance(line, CountedLine):
            line.show_tally(tally.get(line_id, Tally()))
        if isinstance(line, _Line):
            line.mark(is_scanned=line_id == scanned)


def _against(texts: Texts, line: LineRow) -> str:
    """What was expected, and by how much it was missed, if it was."""
    if line.done_qty == line.qty:
        return texts.t("documents.line.as_expected", n=line.qty)
    return texts.t("documents.line.expected", n=line.qty, diff=f"{line.done_qty - line.qty:+d}")
