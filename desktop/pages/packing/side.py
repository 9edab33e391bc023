"""The right column of the packing page: for whom, what the buyer wants, carrier, weight, age of the knowledge."""

from datetime import timedelta
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from core.fulfilment.records import ParcelView
from desktop.formats import age_text, deadline_text, kilograms
from desktop.pages.packing.note_card import NoteCard
from desktop.texts import Phrase
from desktop.ui import Ui
from desktop.widgets.controls import StatePill
from desktop.widgets.labels import ElidedLabel, PlainLabel

PRINT_TONES = {
    "none": "quiet",
    "queued": "busy",
    "claimed": "busy",
    "sending": "busy",
    "sent": "good",
    "confirmed": "good",
    "failed": "stop",
    "unknown": "notice",
}
WAYBILL_TONES = {
    "none": "quiet",
    "planned": "busy",
    "requesting": "busy",
    "obtained": "good",
    "failed": "stop",
    "voided": "notice",
    "foreign": "good",
    "elsewhere": "quiet",
    "masked": "notice",
}


def number_state(waybill_state: str, why_elsewhere: str, *, is_foreign: bool) -> tuple[str, str]:
    """Tone and word of a number, which may be printed by other software, or have to be."""
    if is_foreign:
        word = "foreign"
    elif waybill_state == "none" and why_elsewhere:
        word = "masked" if why_elsewhere == "masked" else "elsewhere"
    else:
        word = waybill_state
    return WAYBILL_TONES.get(word, "quiet"), word


#: older than a shift: what was refunded since stands only in a newer one
_OLD_TABLE: Final = timedelta(hours=8)


class SidePanel(QFrame):
    """Shows a `ParcelView`'s address and paper."""

    def __init__(self, ui: Ui) -> None:
        super().__init__()
        self._ui = ui
        self._parcel: ParcelView | None = None
        self.setObjectName("packing.side")
        self.setProperty("look", "card")
        self.setFixedWidth(min(ui.scaled(320), 420))
        self._name = ElidedLabel(ui, "heading", name="packing.side.name")
        self._phone = ElidedLabel(ui, "secondary", name="packing.side.phone")
        # As wide as a number, never wider than half the panel, whatever somebody wrote instead of one.
        self._phone.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self._phone.setMaximumWidth(self.width() * 11 // 20)
        self._address = PlainLabel(ui, wraps=True, limit=80, name="packing.side.address")
        self._notes = NoteCard(ui)
        self._orders = ElidedLabel(ui, "secondary", name="packing.side.orders")
        self._carrier = ElidedLabel(ui, "heading", name="packing.side.carrier")
        self._number = StatePill(ui, name="packing.side.waybill")
        self._label = StatePill(ui, name="packing.side.print")
        self._printer = StatePill(ui, name="packing.side.printer")
        self._weight = PlainLabel(ui, name="packing.side.weight")
        self._deadline = PlainLabel(ui, name="packing.side.deadline")
        self._age = StatePill(ui, name="packing.side.age")
        self._table = StatePill(ui, name="packing.side.table")
        holder = QWidget()
        scroll = QScrollArea()
        scroll.setWidget(holder)
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scroll)
        column = QVBoxLayout(holder)
        column.setContentsMargins(16, 14, 16, 14)
        column.setSpacing(6)
        top = QHBoxLayout()
        top.addWidget(self._name, 1)
        top.addWidget(self._phone)
        column.addLayout(top)
        for text in (self._address, self._notes, self._orders):
            column.addWidget(text)
        column.addWidget(self._rule())
        paper: tuple[QWidget, ...] = (self._carrier, self._number, self._label, self._printer)
        for widget in paper:
            column.addWidget(widget)
        column.addWidget(self._rule())
        rest: tuple[QWidget, ...] = (self._weight, self._deadline, self._age, self._table)
        for widget in rest:
            column.addWidget(widget)
        column.addStretch(1)
        self._printer.hide()
        ui.retranslated.connect(self.refresh)

    def show_parcel(self, parcel: ParcelView | None) -> None:
        """Show a parcel; the panel hides while nothing is open."""
        self._parcel = parcel
        self.setVisible(parcel is not None)
        self.refresh()

    def show_printer(self, tone: str, phrase: Phrase) -> None:
        """Show trouble of the printer in words; nothing while it is well."""
        self._printer.setVisible(tone not in {"good", "quiet", "busy"})
        self._printer.show_state(tone, "packing.printer", words=phrase)

    def refresh(self) -> None:
        """Say everything again: language changed, or time went on."""
        parcel = self._parcel
        if parcel is None:
            return
        self._name.show_text(parcel.consignee_name)
        self._phone.show_text(parcel.consignee_phone)
        self._address.show_text(parcel.consignee_address)
        self._notes.show_parcel(parcel)
        self._orders.show_text(f"{parcel.shop_name}  {' '.join(parcel.order_nos)}")
        # Until other software has printed the label nobody here knows who carries it.
        self._carrier.setVisible(parcel.waybill_state != "none")
        self._carrier.show_text(f"{parcel.carrier_name}  {parcel.waybill_no}".strip())
        tone, state = number_state(parcel.waybill_state, parcel.why_elsewhere, is_foreign=parcel.is_foreign)
        self._number.show_state(tone, f"state.waybill.{state}")
        self._label.setVisible(not parcel.is_labelled_elsewhere)
        self._label.show_state(PRINT_TONES.get(parcel.print_state, "quiet"), f"state.print.{parcel.print_state}")
        self._show_weight(parcel)
        self.refresh_ages()

    def refresh_ages(self) -> None:
        """Only what grows older by itself."""
        parcel = self._parcel
        if parcel is None:
            return
        now = self._ui.now()
        self._notes.refresh_ages(parcel)
        self._age.setVisible(parcel.seen_at is not None)
        if parcel.seen_at is not None:
            is_old = (now - parcel.seen_at).total_seconds() > self._ui.settings.number("knowledge_limit_s")
            age = age_text(parcel.seen_at, now, self._ui.texts)
            self._age.show_state("notice" if is_old else "good", "packing.seen", age=age)
        self._table.setVisible(parcel.table_at is not None)
        if parcel.table_at is not None:
            age = age_text(parcel.table_at, now, self._ui.texts)
            is_old = now - parcel.table_at > _OLD_TABLE
            self._table.show_state("notice" if is_old else "quiet", "packing.table", age=age)
        self._deadline.setVisible(parcel.ship_by_at is not None)
        if parcel.ship_by_at is not None:
            self._deadline.say("packing.ship_by", at=deadline_text(parcel.ship_by_at, now))

    def _show_weight(self, parcel: ParcelView) -> None:
        if parcel.weight_g is not None:
            self._weight.say("packing.weighed", weight=kilograms(parcel.weight_g))
        else:
            self._weight.say("packing.expected_weight", weight=kilograms(parcel.expected_weight_g))
        self._weight.setVisible(parcel.weight_g is not None or parcel.expected_weight_g > 0)

    @staticmethod
    def _rule() -> QFrame:
        rule = QFrame()
        rule.setProperty("look", "rule")
        return rule
