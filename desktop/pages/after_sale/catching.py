"""The card of parcels that left before their money was wanted back: which, what became of each, the table."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from core.aftersale.intercepting import OUTCOMES, ToCatch
from desktop.pages.after_sale.presenter import AfterSalePresenter
from desktop.ui import Ui
from desktop.widgets.ask_where import ask_where
from desktop.widgets.controls import ActionButton, StatePill
from desktop.widgets.labels import ElidedLabel, PlainLabel
from desktop.widgets.layouts import refill

#: so many at once, so that the list below keeps its place; the others follow by a button
_SHOWN: Final = 3


class CatchCard(QFrame):
    """Hidden while there is nothing to catch."""

    def __init__(self, ui: Ui, presenter: AfterSalePresenter) -> None:
        super().__init__()
        self._ui = ui
        self._presenter = presenter
        self._parcels: Sequence[ToCatch] | None = None
        self._first = 0
        self.setProperty("look", "card")
        self.setObjectName("after_sale.catch")
        self._title = PlainLabel(ui, "heading", name="after_sale.catch.title")
        self._rest = PlainLabel(ui, "secondary", name="after_sale.catch.rest")
        top = QHBoxLayout()
        top.addWidget(self._title, 1)
        top.addWidget(ActionButton(ui, "after_sale.catch.export", self._export, name="after_sale.catch.export"))
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 10, 16, 10)
        column.setSpacing(6)
        column.addLayout(top)
        self._rows = QVBoxLayout()
        column.addLayout(self._rows)
        self._next = ActionButton(ui, "after_sale.catch.next", self.show_next, name="after_sale.catch.next")
        bottom = QHBoxLayout()
        bottom.addWidget(self._rest, 1)
        bottom.addWidget(self._next)
        column.addLayout(bottom)

    def show_parcels(self, parcels: Sequence[ToCatch]) -> None:
        """Show what is to be caught."""
        if parcels == self._parcels:
            return
        self._parcels = parcels
        self.setVisible(bool(parcels))
        self._title.say("after_sale.catch.title", n=len(parcels))
        if self._first >= len(parcels):
            self._first = 0
        self._show_some(parcels)

    def show_next(self) -> None:
        """Show those that follow; behind the last ones the first again."""
        parcels = self._parcels or ()
        self._first = self._first + _SHOWN if self._first + _SHOWN < len(parcels) else 0
        self._show_some(parcels)

    def _show_some(self, parcels: Sequence[ToCatch]) -> None:
        shown = parcels[self._first : self._first + _SHOWN]
        refill(self._rows, [self._row(parcel) for parcel in shown])
        self._rest.say("after_sale.catch.rest", first=self._first + 1, last=self._first + len(shown), n=len(parcels))
        for one in (self._rest, self._next):
            one.setVisible(len(parcels) > _SHOWN)

    def _row(self, parcel: ToCatch) -> QWidget:
        ui, name = self._ui, f"after_sale.catch.{parcel.parcel_id}"
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        where = StatePill(ui, name=f"{name}.where")
        if parcel.is_here:
            where.show_state("stop", "after_sale.catch.here")
        else:
            where.show_state("notice", "after_sale.catch.gone", carrier=parcel.carrier_name)
        row.addWidget(where)
        about = ElidedLabel(ui, "body", name=f"{name}.about")
        about.show_text("  ".join((parcel.waybill_no, *parcel.order_nos, *parcel.goods)))
        row.addWidget(about, 1)
        to_order = partial(self._presenter.on_order, parcel.order_id)
        row.addWidget(ActionButton(ui, "after_sale.catch.order", to_order, name=f"{name}.order"))
        for outcome in OUTCOMES:
            said = partial(self._presenter.settle_catch, parcel, outcome)
            row.addWidget(ActionButton(ui, f"after_sale.catch.{outcome}", said, name=f"{name}.{outcome}"))
        return line

    def _export(self) -> None:
        texts = self._ui.texts
        path = ask_where(self, texts.t("after_sale.catch.export"), texts.t("after_sale.catch.file"))
        if path is not None:
            self._presenter.export_catch(path)
