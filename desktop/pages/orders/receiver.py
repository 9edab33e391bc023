"""The drawer's receiver: masked, and for a minute in clear for whoever says why."""

from typing import Final

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from core.access.records import REASONS, Unmasked
from core.access.rights import Right
from core.orders.records import OrderDetail
from desktop.pages.orders.presenter import OrdersPresenter
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton
from desktop.widgets.fields import ChoiceBox
from desktop.widgets.labels import ElidedLabel, PlainLabel

#: how long clear text stays before the eyes of whoever passes by
_SHOWN_MS: Final = 60_000


class ReceiverBlock(QWidget):
    """Name, phone and address. The eye asks for a reason; a minute later, or on leaving, all is masked again."""

    def __init__(self, ui: Ui, presenter: OrdersPresenter) -> None:
        super().__init__()
        self._ui = ui
        self._presenter = presenter
        self._shown: Unmasked | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._who = ElidedLabel(ui, "heading", name="orders.drawer.consignee")
        self._eye = ActionButton(
            ui,
            "orders.unmask",
            self.ask,
            icon="eye",
            key="Ctrl+E",
            name="orders.drawer.unmask",
            right=Right.UNMASK,
        )
        ui.entitled.connect(self._on_entitled)
        self._where = PlainLabel(ui, wraps=True, keeps_lines=False, limit=150, name="orders.drawer.address")
        self._hint = PlainLabel(ui, "small", wraps=True, name="orders.drawer.unmask_hint")
        self._form = QFrame()
        self._form.setObjectName("orders.unmask_form")
        self._form.setProperty("look", "question")
        question = PlainLabel(ui, "secondary", wraps=True)
        question.say("orders.unmask.why")
        self._reason = ChoiceBox(ui, "reason.unmask", REASONS, "orders.unmask_form.reason")
        show = ActionButton(ui, "orders.unmask.show", self._on_show, look="main", name="orders.unmask_form.show")
        answer = QHBoxLayout()
        answer.addWidget(self._reason, 1)
        answer.addWidget(show)
        inside = QVBoxLayout(self._form)
        inside.addWidget(question)
        inside.addLayout(answer)
        head = QHBoxLayout()
        head.addWidget(self._who, 1)
        head.addWidget(self._eye)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(head)
        for widget in (self._where, self._hint, self._form):
            column.addWidget(widget)
        self._form.hide()
        self._clock = QTimer(self)
        self._clock.setSingleShot(True)
        self._clock.setInterval(_SHOWN_MS)
        self._clock.timeout.connect(presenter.mask)

    def show_detail(self, detail: OrderDetail, clear: Unmasked | None) -> None:
        """Show an order's receiver, in clear where somebody may see it."""
        if clear is None:
            self._clock.stop()
        elif clear is not self._shown:
            self._clock.start()
        self._shown = clear
        name, phone = (detail.consignee_name, detail.consignee_phone) if clear is None else (clear.name, clear.phone)
        self._who.show_text(f"{name}  {phone}".strip())
        self._where.show_text(detail.consignee_address if clear is None else clear.address)
        is_ours = bool(detail.consignee_name or detail.consignee_phone) and not detail.is_masked_by_platform
        self._eye.setVisible(is_ours and clear is None)
        self._hint.setVisible(clear is not None or detail.is_masked_by_platform)
        if clear is not None:
            self._hint.say("orders.unmask.shown", count=clear.times)
        elif detail.is_masked_by_platform:
            self._hint.say("orders.unmask.by_platform")
        if not is_ours or clear is not None:
            self.fold()

    def ask(self) -> None:
        """Ask for the reason, the keyboard on its answers; asked again, put the question away."""
        if self._eye.isHidden() or not self._form.isHidden():
            self.fold()
            return
        if not self._eye.is_permitted:
            self._presenter.refuse(Right.UNMASK)
            return
        self._form.show()
        self._reason.setFocus()

    def fold(self) -> None:
        """Put the question away; a keyboard that was in it stays here, off the reprint's reasons below."""
        focus = QApplication.focusWidget()
        if focus is not None and self._form.isAncestorOf(focus):
            self.setFocus()
        self._form.hide()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802  Qt's name
        """Whoever leaves leaves nothing to read."""
        super().hideEvent(event)
        self.fold()
        self._presenter.mask()

    @Slot()
    def _on_entitled(self) -> None:
        """What one person was shown is not for the next who may not see it."""
        if not self._eye.is_permitted:
            self.fold()
            self._presenter.mask()

    def _on_show(self) -> None:
        self.fold()
        self._presenter.unmask(self._reason.value())
