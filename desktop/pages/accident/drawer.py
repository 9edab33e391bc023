"""One order without goods: what is missing, what becomes of it, its buyer's message; and the owner's messages."""

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from core.access.rights import Right
from core.orders.settling.deciding import MESSAGES, MOST_FEN, MOST_MESSAGE, MOST_NOTE
from core.orders.settling.records import AffectedOrder, MissingLine, Outcome
from desktop.formats import moment_text, yuan
from desktop.pages.accident.presenter import AccidentPresenter
from desktop.pages.accident.words import REASON_TONES, cure_words, message_for
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton, StatePill
from desktop.widgets.drawer import Drawer
from desktop.widgets.fields import ChoiceBox, DecimalBox, Field
from desktop.widgets.labels import PlainLabel
from desktop.widgets.layouts import empty

_OUTCOMES = tuple(one.value for one in Outcome)


class OrderDrawer(Drawer):
    """Filled anew with each order; one that is merely read again leaves the fields alone."""

    def __init__(self, ui: Ui, presenter: AccidentPresenter) -> None:
        super().__init__(ui, "accident.drawer", presenter.close)
        self._ui = ui
        self._presenter = presenter
        self._round = -1
        self._state = StatePill(ui, "accident.drawer.reason")
        self._about = PlainLabel(ui, "secondary", wraps=True, name="accident.drawer.about")
        self._missing = QVBoxLayout()
        self._missing.setSpacing(4)
        self._outcome = ChoiceBox(ui, "accident.outcome", _OUTCOMES, "accident.drawer.outcome")
        self._amount = DecimalBox(0, MOST_FEN / 100, "accident.drawer.amount")
        self._note = Field(ui, "accident.note", "accident.drawer.note", limit=MOST_NOTE)
        self._outcome.currentIndexChanged.connect(lambda _index: self._say_message())
        self._amount.valueChanged.connect(lambda _value: self._say_message())
        self._message = PlainLabel(ui, "body", wraps=True, name="accident.drawer.message")
        self._told = PlainLabel(ui, "secondary", name="accident.drawer.told")
        self._save = ActionButton(
            ui,
            "accident.save",
            self.save,
            look="main",
            icon="check",
            key="Ctrl+S",
            name="accident.save",
            right=Right.SETTLE_SHORTAGE,
        )
        self._copy = ActionButton(
            ui,
            "accident.copy",
            self.copy,
            icon="file-text",
            key="F7",
            name="accident.copy",
            right=Right.SETTLE_SHORTAGE,
        )
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(8)
        column.addWidget(self._state)
        column.addWidget(self._about)
        column.addLayout(self._missing)
        for code, widget in (
            ("accident.field.outcome", self._outcome),
            ("accident.field.amount", self._amount),
            ("accident.field.note", self._note),
        ):
            word = PlainLabel(ui, "secondary")
            word.say(code)
            column.addWidget(word)
            column.addWidget(widget)
        row = QHBoxLayout()
        row.addWidget(self._save)
        row.addWidget(
            ActionButton(
                ui, "accident.open_order", presenter.open_order, icon="clipboard-list", name="accident.order"
            )
        )
        row.addStretch(1)
        column.addLayout(row)
        head = PlainLabel(ui, "heading")
        head.say("accident.message")
        column.addWidget(head)
        column.addWidget(self._message)
        column.addWidget(self._copy)
        column.addWidget(self._told)
        column.addStretch(1)
        self.show_body(body)

    def show_screen(self) -> None:
        """Show the open order."""
        screen = self._presenter.screen
        order = screen.order
        self.setVisible(order is not None and not screen.is_wording)
        if order is None:
            return
        self.title.show_text(order.order_no)
        self._state.show_state(REASON_TONES[order.reason], f"accident.reason.{order.reason}")
        self._about.show_text(self._facts(order))
        empty(self._missing)
        for line in order.missing:
            self._add_line(line)
        if self._round != screen.round:
            self._round = screen.round
            self._outcome.choose(order.outcome.value)
            self._amount.setValue(order.given_fen / 100)
            self._note.setText(order.note)
        self._told.setVisible(order.told_at is not None)
        if order.told_at is not None:
            self._told.say("accident.told", when=moment_text(order.told_at))
        self._say_message()

    def focus_first(self) -> None:
        """Put the keyboard into the outcome."""
        self._outcome.setFocus()

    def save(self) -> None:
        """Write down what is decided."""
        if self._save.is_permitted:
            self._presenter.decide(Outcome(self._outcome.value()), self._fen(), self._note.text())

    def copy(self) -> None:
        """Put the message into the clipboard."""
        order = self._presenter.screen.order
        if order is not None and self._copy.is_permitted:
            QGuiApplication.clipboard().setText(self._words(order))
            self._presenter.told()

    def _facts(self, order: AffectedOrder) -> str:
        texts = self._ui.texts
        ship_by = texts.t("accident.no_promise") if order.ship_by_at is None else moment_text(order.ship_by_at)
        paid = texts.t("accident.unpaid") if order.paid_at is None else moment_text(order.paid_at)
        shop, amount = order.shop_name, yuan(order.amount_fen)
        return texts.t("accident.about", shop=shop, amount=amount, ship_by=ship_by, paid=paid)

    def _add_line(self, line: MissingLine) -> None:
        words = PlainLabel(self._ui, "body", wraps=True)
        words.show_text(f"{line.code} {line.name} ×{line.qty}")
        self._missing.addWidget(words)
        cures = PlainLabel(self._ui, "secondary", wraps=True)
        cures.show_text(cure_words(line, self._ui.texts))
        self._missing.addWidget(cures)

    def _fen(self) -> int:
        self._amount.interpretText()
        return round(self._amount.value() * 100)

    def _words(self, order: AffectedOrder) -> str:
        outcome = Outcome(self._outcome.value())
        return message_for(order, outcome, self._fen(), self._presenter.screen.words, self._ui.texts)

    def _say_message(self) -> None:
        order = self._presenter.screen.order
        if order is not None and self._outcome.currentIndex() >= 0:
            self._message.show_text(self._words(order))


class WordsForm(Drawer):
    """The owner's messages for buyers; an empty one is the usual one."""

    def __init__(self, ui: Ui, presenter: AccidentPresenter) -> None:
        super().__init__(ui, "accident.words", presenter.close)
        self._ui = ui
        self._presenter = presenter
        self._round = -1
        self.title.say("accident.words.title")
        self._fields: dict[str, Field] = {}
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(8)
        hint = PlainLabel(ui, "secondary", wraps=True)
        hint.say("accident.words.hint")
        column.addWidget(hint)
        for name in MESSAGES:
            word = PlainLabel(ui, "secondary", wraps=True)
            word.say(f"accident.words.{name}")
            column.addWidget(word)
            entry = Field(ui, "accident.words.usual", f"accident.words.{name}", limit=MOST_MESSAGE)
            usual = PlainLabel(ui, "small", wraps=True)
            usual.show_text(ui.texts.template(f"accident.message.{name}"))
            ui.retranslated.connect(
                lambda label=usual, code=f"accident.message.{name}": label.show_text(ui.texts.template(code))
            )
            self._fields[name] = entry
            column.addWidget(entry)
            column.addWidget(usual)
        self._save = ActionButton(
            ui,
            "accident.words.save",
            self.save,
            look="main",
            icon="check",
            key="Ctrl+S",
            name="accident.words.save",
            right=Right.CHANGE_SETTINGS,
        )
        column.addWidget(self._save)
        column.addStretch(1)
        self.show_body(body)

    def show_screen(self) -> None:
        """Show the form, filled when it was opened."""
        screen = self._presenter.screen
        self.setVisible(screen.is_wording)
        if screen.is_wording and self._round != screen.round:
            self._round = screen.round
            for name, entry in self._fields.items():
                entry.setText(screen.words.get(name, ""))

    def focus_first(self) -> None:
        """Put the keyboard into the first message."""
        next(iter(self._fields.values())).setFocus()

    def save(self) -> None:
        """Keep the messages."""
        if self._save.is_permitted:
            self._presenter.save_words({name: entry.text() for name, entry in self._fields.items()})
