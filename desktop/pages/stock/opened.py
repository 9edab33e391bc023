"""One number, opened: what it is made of, each part with its door, and the sum below."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from core.inventory.figures.records import FLOWS, Name, Opened, Part
from desktop.formats import left_text, moment_text, number_text, person_text
from desktop.pages.stock.figures import FigureButton
from desktop.pages.stock.presenter import StockPresenter
from desktop.pages.stock.words import reason_words
from desktop.texts import Phrase, Texts
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton
from desktop.widgets.labels import PlainLabel

#: numbers whose parts count with their sign
_SIGNED: Final = frozenset(
    {Name.ON_HAND, Name.MOVED, Name.QUARANTINED, Name.AVAILABLE, Name.SELLABLE, Name.RIGHT, Name.LISTED}
)


def part_words(opened: Opened, part: Part, texts: Texts) -> str:
    """What a part is."""
    families = ["stock.part", "stock.figure", "stock.kind", "state.reservation"]
    if opened.figure.name in FLOWS:
        families = ["document.kind"]
    elif opened.figure.name in {Name.RESERVED, Name.CONFIRMED} and part.figure is None:
        families = ["state.reservation"]
    elif opened.figure.name in {Name.ON_HAND, Name.MOVED}:
        families = ["stock.kind", "stock.figure"]
    for family in families:
        if texts.has(f"{family}.{part.code}"):
            return texts.t(f"{family}.{part.code}")
    return part.code


def figure_words(opened: Opened, texts: Texts) -> str:
    """What an opened number is."""
    figure = opened.figure
    if figure.name is Name.MOVED:
        return texts.word("stock.kind", figure.kind)
    return texts.word("stock.figure", figure.name)


class OpenedView(QWidget):
    """The number that was opened last."""

    def __init__(self, ui: Ui, presenter: StockPresenter, trail: Sequence[Opened]) -> None:
        super().__init__()
        self._ui = ui
        self._presenter = presenter
        opened = trail[-1]
        texts = ui.texts
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        self.back = ActionButton(
            ui, "stock.opened.back", presenter.close, icon="undo-2", key="Esc", name="stock.opened.back"
        )
        column.addWidget(self.back)
        way = PlainLabel(ui, "small", wraps=True, keeps_lines=False, limit=200, name="stock.opened.way")
        way.show_text(" › ".join(figure_words(one, texts) for one in trail))
        column.addWidget(way)
        whole = PlainLabel(ui, "title", name="stock.opened.whole")
        whole.say("stock.opened.whole", what=figure_words(opened, texts), n=f"{opened.qty:,}")
        column.addWidget(whole)
        hint = texts.say_if_known(Phrase(f"stock.figure.{opened.figure.name}.hint"))
        if hint:
            said = PlainLabel(ui, "secondary", wraps=True, keeps_lines=False, limit=300)
            said.show_text(hint)
            column.addWidget(said)
        rule = QFrame()
        rule.setProperty("look", "rule")
        column.addWidget(rule)
        if not opened.parts:
            nothing = PlainLabel(ui, "secondary", name="stock.opened.nothing")
            nothing.say("stock.opened.nothing")
            column.addWidget(nothing)
        for number, part in enumerate(opened.parts):
            column.addWidget(self._part(opened, part, f"stock.opened.{number}"))
        if opened.next_after is not None:
            column.addWidget(
                ActionButton(ui, "stock.opened.more", presenter.more_parts, icon="plus", name="stock.opened.more")
            )

    def _part(self, opened: Opened, part: Part, name: str) -> QWidget:
        ui, texts = self._ui, self._ui.texts
        line = QWidget()
        line.setObjectName(name)
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 1, 0, 1)
        left = QVBoxLayout()
        left.setSpacing(0)
        words = part_words(opened, part, texts)
        where = "  ".join(one for one in (part.shop_name, part.warehouse_name, part.batch) if one)
        what = PlainLabel(ui, wraps=True, keeps_lines=False, limit=200, name=f"{name}.what")
        what.show_text(" · ".join(one for one in (words, where) if one))
        left.addWidget(what)
        told = " · ".join(one for one in self._told(opened, part) if one)
        if told:
            small = PlainLabel(ui, "small", wraps=True, keeps_lines=False, limit=260)
            small.show_text(told)
            left.addWidget(small)
        row.addLayout(left, 1)
        if part.order_id is not None:
            door = ActionButton(
                ui,
                "stock.to_order",
                partial(self._presenter.open_order, part.order_id),
                icon="clipboard-list",
                name=f"{name}.order",
            )
            door.say("stock.to_order", order_no=number_text(part.order_no))
            row.addWidget(door)
        elif part.document_no:
            door = ActionButton(
                ui,
                "stock.to_document",
                partial(self._presenter.open_document, part.document_no),
                icon="layers",
                name=f"{name}.document",
            )
            door.say("stock.to_document", number=part.document_no)
            row.addWidget(door)
        row.addWidget(self._amount(opened, part, name))
        return line

    def _amount(self, opened: Opened, part: Part, name: str) -> QWidget:
        shown = f"{part.qty:+,}" if opened.figure.name in _SIGNED and part != opened.parts[0] else f"{part.qty:,}"
        if part.figure is not None:
            button = FigureButton(self._ui, part.figure, part.qty, self._presenter.open_figure)
            button.setText(shown)
            button.setObjectName(f"{name}.open")
            return button
        label = PlainLabel(self._ui, "heading", name=f"{name}.qty")
        label.show_text(shown)
        label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        label.setContentsMargins(0, 0, 7, 0)
        return label

    def _told(self, opened: Opened, part: Part) -> Sequence[str]:
        ui, texts = self._ui, self._ui.texts
        reason = part.reason
        if opened.figure.quota_id is not None:
            why = texts.word("quotas.reason", reason) if reason else ""
        else:
            why = reason_words(reason, texts) if reason else ""
        left = ""
        if part.code == "reserved" and part.order_id is not None:
            left = left_text(part.until, ui.now(), texts) or texts.t("time.kept")
        if part.expected_on is None:
            day = ""
        else:
            code = "stock.opened.expected" if opened.figure.name in FLOWS else "stock.figures.until"
            day = texts.t(code, day=str(part.expected_on))
        return (moment_text(part.at) if part.at else "", person_text(part.by, texts), why, left, day)
