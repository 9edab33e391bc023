"""One customer: receivers on file, orders, accounts, what changed; the eye shows one receiver for a minute."""

from functools import partial
from typing import Final

from PySide6.QtCore import QTimer, Slot
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from core.access.customer_file import AccountView, CustomerDetail, CustomerOrder, ReceiverView, customer_no
from core.access.records import REASONS, UnmaskedReceiver
from core.access.rights import Right
from desktop.formats import moment_text, number_text, time_text, yuan
from desktop.pages.customers.presenter import CustomersPresenter
from desktop.texts import Phrase
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton
from desktop.widgets.drawer import Drawer
from desktop.widgets.fields import ChoiceBox, Field
from desktop.widgets.labels import ElidedLabel, PlainLabel

#: how long clear text stays before the eyes of whoever passes by
_SHOWN_MS: Final = 60_000


class CustomerDrawer(Drawer):
    """Shows a `CustomerDetail`."""

    def __init__(self, ui: Ui, presenter: CustomersPresenter) -> None:
        super().__init__(ui, "customers.drawer", presenter.close)
        self._ui = ui
        self._presenter = presenter
        self._shown: tuple[CustomerDetail | None, UnmaskedReceiver | None] = (None, None)
        self._who = ElidedLabel(ui, "heading", name="customers.drawer.who")
        self.top.addWidget(self._who)
        self._reason = ChoiceBox(ui, "reason.unmask", REASONS, "customers.drawer.reason")
        why = PlainLabel(ui, "secondary")
        why.say("customers.why")
        self._erase = ActionButton(
            ui,
            "customers.erase",
            presenter.ask_erase,
            icon="trash-2",
            look="danger",
            name="customers.drawer.erase",
            right=Right.ERASE_PERSON,
        )
        row = QHBoxLayout()
        row.addWidget(why)
        row.addWidget(self._reason, 1)
        row.addWidget(self._erase)
        self.top.addLayout(row)
        self._member = PlainLabel(ui, "secondary", wraps=True, name="customers.drawer.member")
        self._turn = ActionButton(
            ui,
            "customers.member.make",
            presenter.turn_member,
            icon="star",
            name="customers.drawer.turn_member",
            right=Right.SHARE_STOCK,
        )
        standing = QHBoxLayout()
        standing.addWidget(self._member, 1)
        standing.addWidget(self._turn)
        self.top.addLayout(standing)
        self._form = _EraseForm(ui, presenter)
        self.top.addWidget(self._form)
        self._clock = QTimer(self)
        self._clock.setSingleShot(True)
        self._clock.setInterval(_SHOWN_MS)
        self._clock.timeout.connect(presenter.mask)
        ui.retranslated.connect(self._fill)
        ui.entitled.connect(self._on_entitled)
        self._on_entitled()

    @Slot()
    def _on_entitled(self) -> None:
        """A reason is asked of whoever may look; what one person was shown is not for the next who may not."""
        may = self._ui.may(Right.UNMASK)
        self._reason.setEnabled(may)
        if not may:
            self._presenter.mask()

    def show_screen(self) -> None:
        """Show the open customer; the drawer hides without one."""
        screen = self._presenter.screen
        before, self._shown = self._shown, (screen.detail, screen.clear)
        if screen.clear is None:
            self._clock.stop()
        elif screen.clear is not before[1]:
            self._clock.start()
        self.setVisible(screen.detail is not None)
        self._form.show_screen()
        if screen.detail is not None and self._shown != before:
            self._fill()

    def ask_unmask(self) -> None:
        """Put the keyboard on the reason of a look."""
        if self.isVisible() and not self._ui.may(Right.UNMASK):
            self._presenter.refuse(Right.UNMASK)
        elif self.isVisible():
            self._reason.setFocus()

    def unmask(self, receiver: ReceiverView) -> None:
        """Show one receiver for the chosen reason."""
        self._presenter.unmask(receiver.consignee_id, self._reason.value())

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802  Qt's name
        """Whoever leaves leaves nothing to read."""
        super().hideEvent(event)
        self._presenter.mask()

    @Slot()
    def _fill(self) -> None:
        detail, clear = self._shown
        if detail is None:
            return
        ui, row = self._ui, detail.row
        self.title.show_text(customer_no(row.id))
        if row.is_erased:
            self._who.say("customers.is_erased")
        else:
            self._who.show_text("  ".join(part for part in (row.name, row.phone, row.region) if part))
        self._erase.setVisible(not row.is_erased)
        self._say_member(detail)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(6)
        if detail.open_count:
            _say(column, ui, Phrase("customers.open", {"n": detail.open_count}), "notice")
        _head(column, ui, Phrase("customers.receivers", {"n": len(detail.receivers)}))
        for number, receiver in enumerate(detail.receivers):
            seen = clear if clear is not None and clear.consignee_id == receiver.consignee_id else None
            column.addWidget(_ReceiverRow(ui, self, receiver, seen, f"customers.receiver.{number}"))
        _head(column, ui, Phrase("customers.orders", {"n": row.order_count}))
        for number, order in enumerate(detail.orders):
            column.addWidget(_OrderRow(ui, self._presenter, order, f"customers.order.{number}"))
        _head(column, ui, Phrase("customers.accounts", {"n": len(detail.accounts)}))
        for account in detail.accounts:
            _say(column, ui, _account_phrase(account), "body")
        _head(column, ui, Phrase("customers.changes"))
        for change in detail.changes:
            word = Phrase(f"customers.change.{change.kind}", otherwise=change.kind)
            facts = {"at": moment_text(change.at), "what": word, "who": change.operator}
            _say(column, ui, Phrase("customers.change", facts), "secondary")
        column.addStretch(1)
        self.show_body(body)

    def _say_member(self, detail: CustomerDetail) -> None:
        self._turn.setVisible(not detail.row.is_erased)
        self._turn.say("customers.member.drop" if detail.is_member else "customers.member.make")
        said = detail.member_said
        if not said:
            self._member.say("customers.member.none")
            return
        is_owner = said == "owner"
        who = Phrase("customers.member.owner") if is_owner else Phrase("customers.member.mall", {"shop": said})
        self._member.say("customers.member.yes" if detail.is_member else "customers.member.no", who=who)


def _account_phrase(account: AccountView) -> Phrase:
    if not account.shop_name:
        return Phrase("customers.account_phone")
    return Phrase("customers.account", {"shop": account.shop_name, "name": account.buyer_name or "—"})


class _EraseForm(QFrame):
    """What erasing means, and the number to be typed; Enter erases, Esc leaves."""

    def __init__(self, ui: Ui, presenter: CustomersPresenter) -> None:
        super().__init__()
        self._presenter = presenter
        self.setObjectName("customers.erase_form")
        self.setProperty("look", "question")
        self._question = PlainLabel(ui, wraps=True, name="customers.erase_form.question")
        self._number = Field(ui, "customers.erase_number", "customers.erase_form.number", is_latin=True, limit=24)
        self._number.returnPressed.connect(self._on_erase)
        self._confirm = ActionButton(
            ui, "customers.erase", self._on_erase, look="danger", name="customers.erase_form.confirm"
        )
        row = QHBoxLayout()
        row.addWidget(self._number, 1)
        row.addWidget(self._confirm)
        row.addWidget(ActionButton(ui, "action.cancel", presenter.leave_erase, key="Esc"))
        column = QVBoxLayout(self)
        column.addWidget(self._question)
        column.addLayout(row)
        self.hide()

    def show_screen(self) -> None:
        """Open or close with the question."""
        screen = self._presenter.screen
        is_open = screen.is_erasing and screen.detail is not None
        opens = is_open and self.isHidden()
        self.setVisible(is_open)
        self._confirm.setEnabled(not screen.is_saving)
        if opens and screen.detail is not None:
            self._question.say("customers.erase_question", number=customer_no(screen.detail.row.id))
            self._number.clear()
            self._number.setFocus()

    def _on_erase(self) -> None:
        self._presenter.erase(self._number.text())


class _ReceiverRow(QFrame):
    """A receiver, masked or in clear, and when it was used."""

    def __init__(
        self, ui: Ui, drawer: CustomerDrawer, receiver: ReceiverView, clear: UnmaskedReceiver | None, name: str
    ) -> None:
        super().__init__()
        self.setObjectName(name)
        who = ElidedLabel(ui, "heading", name=f"{name}.who")
        where = PlainLabel(ui, wraps=True, keeps_lines=False, limit=200, name=f"{name}.where")
        if receiver.is_erased:
            who.say("customers.is_erased")
        elif clear is not None:
            who.show_text(f"{clear.name}  {clear.phone}".strip())
            where.show_text(clear.address)
        else:
            who.show_text(f"{receiver.name}  {receiver.phone}".strip())
            where.show_text(receiver.address)
        head = QHBoxLayout()
        head.addWidget(who, 1)
        if clear is None and not receiver.is_erased and not receiver.is_masked_by_platform:
            eye = ActionButton(
                ui,
                "orders.unmask",
                partial(drawer.unmask, receiver),
                icon="eye",
                name=f"{name}.unmask",
                right=Right.UNMASK,
            )
            head.addWidget(eye)
        used = PlainLabel(ui, "small", wraps=True)
        at = "—" if receiver.used_at is None else time_text(receiver.used_at, ui.now(), ui.texts)
        used.say("customers.used" if receiver.order_count else "customers.unused", n=receiver.order_count, at=at)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 2, 0, 6)
        column.setSpacing(2)
        column.addLayout(head)
        column.addWidget(where)
        column.addWidget(used)
        if clear is not None:
            hint = PlainLabel(ui, "notice", wraps=True)
            hint.say("orders.unmask.shown", count=clear.times)
            column.addWidget(hint)
        elif receiver.is_masked_by_platform:
            hint = PlainLabel(ui, "small", wraps=True)
            hint.say("orders.unmask.by_platform")
            column.addWidget(hint)


class _OrderRow(QWidget):
    """An order; the button is the door to it."""

    def __init__(self, ui: Ui, presenter: CustomersPresenter, order: CustomerOrder, name: str) -> None:
        super().__init__()
        door = ActionButton(
            ui, "stock.to_order", partial(presenter.open_order, order.id), icon="clipboard-list", name=name
        )
        door.say("stock.to_order", order_no=number_text(order.order_no))
        state = PlainLabel(ui, "secondary")
        state.say_phrase(Phrase(f"state.fulfilment.{order.fulfilment}", otherwise=order.fulfilment))
        more = PlainLabel(ui, "small")
        more.show_text(f"{time_text(order.placed_at, ui.now(), ui.texts)}  {yuan(order.amount_fen)}")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(door)
        row.addWidget(state)
        row.addStretch(1)
        row.addWidget(more)


def _head(column: QVBoxLayout, ui: Ui, phrase: Phrase) -> None:
    column.addSpacing(8)
    _say(column, ui, phrase, "head")
    rule = QFrame()
    rule.setProperty("look", "rule")
    column.addWidget(rule)


def _say(column: QVBoxLayout, ui: Ui, phrase: Phrase, look: str) -> None:
    label = PlainLabel(ui, look, wraps=True, keeps_lines=False, limit=200)
    label.say_phrase(phrase)
    column.addWidget(label)
