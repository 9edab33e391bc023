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

#: the rest stands in the table
_SHOWN: Final = 3


class CatchCard(QFrame):
    """Hidden while there is nothing to catch."""

    def __init__(self, ui: Ui, presenter: AfterSalePresenter) -> None:
        super().__init__()
        self._ui = ui
        self._presenter = presenter
        self._parcels: Sequence[ToCatch] | None = None
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
        column.addWidget(self._rest)

    def show_parcels(self, parcels: Sequence[ToCatch]) -> None:
        """Show what is to be caught."""
        if parcels == self._parcels:
            return
        self._parcels = parcels
        self.setVisible(bool(parcels))
        self._title.say("after_sale.catch.title", n=len(parcels))
        refill(self._rows, [self._row(parcel) for parcel in parcels[:_SHOWN]])
        self._rest.say("after_sale.catch.rest", n=len(parcels) - _SHOWN)
        self._rest.setVisible(len(parcels) > _SHOWN)

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
