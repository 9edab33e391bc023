"""What a packer has to know of a parcel beside its goods: flags, notes, money at the door, a changed note."""

from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from core.fulfilment.records import ParcelView
from desktop.formats import age_text, yuan
from desktop.ui import Ui
from desktop.widgets.controls import StatePill
from desktop.widgets.flags import FLAGS, FlagMark
from desktop.widgets.labels import PlainLabel


class NoteCard(QFrame):
    """Hidden where there is nothing to be said."""

    def __init__(self, ui: Ui) -> None:
        super().__init__()
        self._ui = ui
        self.setObjectName("packing.side.notes")
        self.setProperty("look", "note")
        #: one for each flag: a box of several orders may have several
        self._flags = {flag: FlagMark(ui, f"packing.side.flag.{flag}") for flag in FLAGS}
        self._changed = StatePill(ui, name="packing.side.note_changed")
        self._cod = PlainLabel(ui, "heading", name="packing.side.cod", wraps=True)
        self._seller = PlainLabel(
            ui, "heading", wraps=True, keeps_lines=False, limit=160, name="packing.side.seller_note"
        )
        self._buyer = PlainLabel(
            ui, "notice", wraps=True, keeps_lines=False, limit=100, name="packing.side.buyer_note"
        )
        flags = QHBoxLayout()
        flags.setSpacing(4)
        for mark in self._flags.values():
            flags.addWidget(mark)
        flags.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 8, 10, 8)
        column.setSpacing(4)
        column.addWidget(self._changed)
        column.addWidget(self._cod)
        column.addLayout(flags)
        column.addWidget(self._seller)
        column.addWidget(self._buyer)

    def show_parcel(self, parcel: ParcelView) -> None:
        """Say what stands on its orders."""
        said = (parcel.buyer_note, parcel.seller_note, *parcel.flags)
        self.setVisible(any(said) or parcel.cod_fen is not None or parcel.note_changed_at is not None)
        for flag, mark in self._flags.items():
            mark.show_flag(flag if flag in parcel.flags else "")
        for label, code, note in (
            (self._buyer, "packing.buyer_note", parcel.buyer_note),
            (self._seller, "packing.seller_note", parcel.seller_note),
        ):
            label.setVisible(bool(note))
            label.show_text(self._ui.texts.t(code, note=note))
        self._cod.setVisible(parcel.cod_fen is not None)
        self._cod.say("packing.cod", amount=yuan(parcel.cod_fen or 0))

    def refresh_ages(self, parcel: ParcelView) -> None:
        """How long ago a note was changed that no packer was told of."""
        self._changed.setVisible(parcel.note_changed_at is not None)
        if parcel.note_changed_at is not None:
            age = age_text(parcel.note_changed_at, self._ui.now(), self._ui.texts)
            self._changed.show_state("stop", "packing.note_changed", age=age)
