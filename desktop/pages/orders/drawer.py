"""The order drawer: who, what, where its stock and its parcels are, and everything that happened."""

from functools import partial

from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from core.access.rights import Right
from core.fulfilment.elsewhere import REASON as SENT_ELSEWHERE
from core.fulfilment.elsewhere import SentBy
from core.orders.records import OrderDetail, OrderLineView, OrderParcelView, TimelineEntry
from desktop.commands import LABEL_REASONS
from desktop.formats import age_text, deadline_text, journal_code, left_text, moment_text, yuan
from desktop.pages.orders.note_block import NoteBlock
from desktop.pages.orders.part_sent_acts import PartSentActs
from desktop.pages.orders.presenter import OrdersPresenter
from desktop.pages.orders.receiver import ReceiverBlock
from desktop.pages.orders.words import over_limit_phrases, state_code, state_tone
from desktop.pages.packing.screen import speakable
from desktop.pages.packing.side import PRINT_TONES, number_state
from desktop.texts import Phrase
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton, StatePill
from desktop.widgets.drawer import Drawer
from desktop.widgets.fields import ChoiceBox, Field
from desktop.widgets.kept_here import KeptHere
from desktop.widgets.labels import ElidedLabel, PlainLabel

#: what can be done about a hold, in a sentence
WAYS = {
    "gone_at_platform": "orders.gone_at_platform_way",
    "masked": "orders.masked_way",
    "over_limit": "orders.over_limit_way",
    "part_sent": "orders.part_sent_way",
    "paid_no_stock": "orders.paid_no_stock_way",
    "payment_differs": "orders.payment_differs_way",
    "platform_stopped": "orders.platform_stopped_way",
    "settled_otherwise": "orders.settled_otherwise_way",
    "short": "orders.short_way",
    "short_lived": "orders.short_lived_way",
    "split_by_platform": "orders.split_by_platform_way",
}
#: of one sentence here; a way out that is cut is none
MOST_CHARS = 400
_RESERVATION_TONES = {
    "reserved": "busy",
    "confirmed": "good",
    "consumed": "good",
    "released": "quiet",
    "expired": "quiet",
    "short": "stop",
    "none": "quiet",
}
_OVER = frozenset({"shipped", "completed", "cancelled"})


class OrderDrawer(Drawer):
    """Shows an `OrderDetail`."""

    def __init__(self, ui: Ui, presenter: OrdersPresenter) -> None:
        super().__init__(ui, "orders.drawer", presenter.close)
        self._ui = ui
        self._presenter = presenter
        self._detail: OrderDetail | None = None
        self._state = StatePill(ui, name="orders.drawer.state")
        self._form = _HoldForm(ui, presenter)
        self._hold = ActionButton(
            ui,
            "orders.hold",
            self.ask_hold,
            icon="pause",
            key="F9",
            name="orders.drawer.hold",
            right=Right.HOLD_ORDER,
        )
        self._release = ActionButton(
            ui,
            "orders.release",
            presenter.release_hold,
            icon="play",
            look="main",
            name="orders.drawer.release",
            right=Right.RELEASE_ORDER,
        )
        row = QHBoxLayout()
        row.addWidget(self._state, 1)
        row.addWidget(self._hold)
        row.addWidget(self._release)
        self.top.addLayout(row)
        self.top.addWidget(self._form)
        self._elsewhere = _ElsewhereActs(ui, presenter)
        self._part_sent = PartSentActs(ui, presenter)
        self.top.addWidget(self._elsewhere)
        self.top.addWidget(self._part_sent)
        self._receiver = ReceiverBlock(ui, presenter)
        self.top.addWidget(self._receiver)
        self._note = NoteBlock(ui, presenter)
        self.top.addWidget(self._note)
        again = QHBoxLayout()
        for order_type, icon in (("reship", "truck"), ("normal", "plus")):
            code = f"orders.copy.{order_type}"
            act = partial(presenter.copy, order_type)
            again.addWidget(ActionButton(ui, code, act, icon=icon, name=code, right=Right.ENTER_ORDER))
        again.addStretch(1)
        self.top.addLayout(again)
        ui.retranslated.connect(self._fill)

    def show_detail(self, detail: OrderDetail | None) -> None:
        """Show an order; the drawer hides without one."""
        is_other = detail is None or self._detail is None or detail.row.id != self._detail.row.id
        is_new = detail != self._detail
        self._detail = detail
        self.setVisible(detail is not None)
        if is_other:
            self._form.hide()
            self._elsewhere.fold()
            self._part_sent.fold()
            self._receiver.fold()
            self._note.fold()
        if detail is not None:
            self._receiver.show_detail(detail, self._presenter.screen.unmasked)
        if detail is not None and is_new:
            self._fill()

    def ask_hold(self) -> None:
        """Ask for the note of a hold, inline."""
        if self._detail is None or self._hold.isHidden():
            return
        if self._hold.is_permitted:
            self._form.open()
        else:
            self._presenter.refuse(Right.HOLD_ORDER)

    def ask_elsewhere(self) -> None:
        """Ask where the goods of an order went that somebody else has sent, or sent a part of."""
        if self._detail is not None and self._part_sent.is_offered and not self._elsewhere.is_offered:
            self._part_sent.ask()
        elif self._detail is not None:
            self._elsewhere.ask()

    def ask_note(self) -> None:
        """Open the form of the seller's note."""
        if self._detail is not None:
            self._note.ask()

    def ask_unmask(self) -> None:
        """Ask why somebody has to see the receiver."""
        self._receiver.ask()

    def ask_reprint(self) -> None:
        """Put the focus on the reason of the newest parcel's reprint."""
        rows = self.findChildren(_ParcelRow)
        if rows:
            rows[-1].ask()

    def _fill(self) -> None:
        detail = self._detail
        if detail is None:
            return
        row = detail.row
        self.title.show_text(row.order_no)
        family, value = state_code(row)
        self._state.show_state(state_tone(row), "orders.state", word=Phrase(f"{family}.{value}", otherwise=value))
        self._hold.setVisible(not detail.holds and row.fulfilment not in _OVER)
        is_asked = detail.part_sent is not None and detail.part_sent.is_open
        self._release.setVisible(bool(detail.holds) and not is_asked)
        self._elsewhere.show_detail(detail)
        self._note.show_detail(detail)
        self._part_sent.show_detail(detail)
        self.show_body(self._body(detail))

    def _body(self, detail: OrderDetail) -> QWidget:
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(6)
        self._add_people(column, detail)
        self._add_head(column, "orders.lines")
        for number, line in enumerate(detail.lines):
            column.addWidget(_LineRow(self._ui, line, f"orders.drawer.line.{number}"))
        total = PlainLabel(self._ui, "heading", name="orders.drawer.total")
        total.say("orders.total", qty=detail.row.total_qty, amount=yuan(detail.row.amount_fen))
        column.addWidget(total)
        self._add_head(column, "orders.parcels")
        if not detail.parcels:
            self._add_text(column, Phrase("orders.no_parcels"), "secondary")
        for number, parcel in enumerate(detail.parcels):
            name = f"orders.drawer.parcel.{number}"
            column.addWidget(_ParcelRow(self._ui, self._presenter, parcel, name))
            theirs = detail.kept_here.get(parcel.waybill_no)
            if theirs is not None:
                copied = self._presenter.copied
                column.addWidget(KeptHere(self._ui, parcel.waybill_no, theirs, copied, f"{name}.kept_here"))
        self._add_head(column, "orders.timeline")
        for entry in reversed(detail.timeline):
            column.addWidget(_TimeRow(self._ui, entry))
        column.addStretch(1)
        return body

    def _add_people(self, column: QVBoxLayout, detail: OrderDetail) -> None:
        ui, now = self._ui, self._ui.now()
        for reason in detail.holds:
            word = Phrase(f"reason.hold.{reason}", otherwise=reason)
            self._add_text(column, Phrase("orders.hold_stands", {"reason": word}), "stop")
            if reason == "over_limit":
                for why in over_limit_phrases(detail.timeline):
                    self._add_text(column, why, "notice")
            if reason in WAYS:
                self._add_text(column, Phrase(WAYS[reason], {"said": detail.stopped_for}), "notice")
        if detail.row.held_until is not None:
            left = left_text(detail.row.held_until, now, ui.texts)
            self._add_text(column, Phrase("orders.held_until", {"left": left}), "secondary")
        if detail.row.is_cod:
            self._add_text(column, Phrase("packing.cod", {"amount": yuan(detail.row.amount_fen)}), "stop")
        if detail.buyer_note:
            name = "orders.drawer.packing.buyer_note"
            label = PlainLabel(ui, "notice", wraps=True, keeps_lines=False, limit=300, name=name)
            label.show_text(ui.texts.t("packing.buyer_note", note=detail.buyer_note))
            column.addWidget(label)
        if detail.seen_at is None:
            told = Phrase("orders.entered_here", {"shop": detail.row.shop_name})
        else:
            age = age_text(detail.seen_at, now, ui.texts)
            facts = {"shop": detail.row.shop_name, "status": detail.channel_status, "age": age}
            told = Phrase("orders.channel", facts)
        self._add_text(column, told, "secondary")
        if detail.row.ship_by_at is not None:
            at = deadline_text(detail.row.ship_by_at, now)
            self._add_text(column, Phrase("packing.ship_by", {"at": at}), "secondary")

    def _add_head(self, column: QVBoxLayout, code: str) -> None:
        column.addSpacing(8)
        self._add_text(column, Phrase(code), "head")
        rule = QFrame()
        rule.setProperty("look", "rule")
        column.addWidget(rule)

    def _add_text(self, column: QVBoxLayout, phrase: Phrase, look: str) -> None:
        label = PlainLabel(self._ui, look, wraps=True, keeps_lines=False, limit=MOST_CHARS)
        label.say_phrase(phrase)
        column.addWidget(label)


class _HoldForm(QFrame):
    """Why is the order held? One line, Enter holds, Esc leaves it."""

    def __init__(self, ui: Ui, presenter: OrdersPresenter) -> None:
        super().__init__()
        self.setObjectName("orders.hold_form")
        self.setProperty("look", "question")
        self._presenter = presenter
        self._note = Field(ui, "orders.hold_note", "orders.hold_form.note")
        confirm = ActionButton(ui, "orders.hold", self._on_confirm, look="danger", name="orders.hold_form.confirm")
        row = QHBoxLayout(self)
        row.addWidget(self._note, 1)
        row.addWidget(confirm)
        self._note.returnPressed.connect(self._on_confirm)
        self.hide()

    def open(self) -> None:
        """Show the form and put the focus into it."""
        self._note.clear()
        self.show()
        self._note.setFocus()

    def _on_confirm(self) -> None:
        self.hide()
        self._presenter.hold(self._note.text())


class _ElsewhereActs(QWidget):
    """Somebody else has sent the order: close it with a word on its goods, or take such a closing back."""

    def __init__(self, ui: Ui, presenter: OrdersPresenter) -> None:
        super().__init__()
        self._presenter = presenter
        name = "orders.elsewhere"
        right = Right.CLOSE_ORDER
        self._open = ActionButton(ui, name, self.ask, icon="truck", key="F10", name=name, right=right)
        self._reopen = ActionButton(
            ui, f"{name}.reopen", presenter.reopen_elsewhere, icon="undo-2", name=f"{name}.reopen", right=right
        )
        self._form = QFrame()
        self._form.setProperty("look", "question")
        question = PlainLabel(ui, "heading", wraps=True)
        question.say(f"{name}.question")
        what_follows = PlainLabel(ui, "secondary", wraps=True)
        what_follows.say(f"{name}.what_follows")
        self._sent_by = ChoiceBox(ui, "reason.sent_by", tuple(SentBy), f"{name}.sent_by")
        acts = QHBoxLayout()
        for code, left in (("left", True), ("stayed", False)):
            acts.addWidget(ActionButton(ui, f"{name}.{code}", partial(self._on_answer, left), name=f"{name}.{code}"))
        acts.addWidget(ActionButton(ui, "action.cancel", self.fold, name=f"{name}.cancel"))
        acts.addStretch(1)
        inside = QVBoxLayout(self._form)
        who = PlainLabel(ui, "secondary")
        who.say("reason.sent_by")
        for widget in (question, what_follows, who, self._sent_by):
            inside.addWidget(widget)
        inside.addLayout(acts)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._open)
        whole.addWidget(self._reopen)
        whole.addWidget(self._form)
        self.fold()

    def show_detail(self, detail: OrderDetail) -> None:
        """Offer what is possible for this order."""
        can_close = SENT_ELSEWHERE in detail.holds
        if not can_close:
            self.fold()
        self._open.setVisible(can_close and self._form.isHidden())
        self._reopen.setVisible(detail.is_closed_elsewhere)
        self.setVisible(can_close or detail.is_closed_elsewhere)

    @property
    def is_offered(self) -> bool:
        """Whether this order asks for it."""
        return not self._open.isHidden()

    def ask(self) -> None:
        """Open the question, the keyboard on its first answer to give."""
        if not self._open.isHidden() and not self._open.is_permitted:
            self._presenter.refuse(Right.CLOSE_ORDER)
        elif not self._open.isHidden():
            self._open.hide()
            self._form.show()
            self._sent_by.setFocus()

    def fold(self) -> None:
        """Put the question away."""
        if not self._form.isHidden():
            self._form.hide()
            self._open.show()

    def _on_answer(self, left_our_shelf: bool) -> None:
        self.fold()
        self._presenter.close_elsewhere(self._sent_by.value(), left_our_shelf=left_our_shelf)


class _LineRow(QWidget):
    def __init__(self, ui: Ui, line: OrderLineView, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        title = ElidedLabel(ui, name=f"{name}.title")
        title.show_text(line.sku_name if line.bundle_code else line.title)
        spec = ElidedLabel(ui, "small", name=f"{name}.spec")
        facts = {"sku": line.sku_code, "bundle": line.bundle_code, "n": line.bundle_qty}
        code = ui.texts.t("orders.line.of_bundle", **facts) if line.bundle_code else line.sku_code
        spec.show_text("  ".join(part for part in (line.spec, code) if part))
        qty = PlainLabel(ui, "heading", name=f"{name}.qty")
        qty.show_text(f"× {line.qty}")
        price = PlainLabel(ui, "secondary")
        amount = yuan(line.unit_price_fen)
        price.show_text(ui.texts.t("orders.line.per_bundle", amount=amount) if line.bundle_code else amount)
        pill = StatePill(ui)
        if line.after_sale not in {"", "none"}:
            pill.show_state("stop", f"state.line_after_sale.{line.after_sale}")
        else:
            pill.show_state(
                _RESERVATION_TONES.get(line.reservation, "quiet"), f"state.reservation.{line.reservation}"
            )
        top = QHBoxLayout()
        top.addWidget(title, 1)
        top.addWidget(qty)
        below = QHBoxLayout()
        below.setSpacing(12)
        below.addWidget(spec, 1)
        below.addWidget(price)
        below.addWidget(pill)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 2, 0, 4)
        column.setSpacing(1)
        column.addLayout(top)
        column.addLayout(below)


class _ParcelRow(QFrame):
    """A parcel: its number, its label, and the label's acts."""

    def __init__(self, ui: Ui, presenter: OrdersPresenter, parcel: OrderParcelView, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self._presenter = presenter
        self._parcel = parcel
        number = ElidedLabel(ui, "heading", name=f"{name}.number")
        if parcel.why_elsewhere and not parcel.waybill_no:
            number.say("state.waybill.none")
        else:
            number.show_text(f"{parcel.carrier_name}  {parcel.waybill_no}".strip())
        state = StatePill(ui, name=f"{name}.state")
        state.show_state("good" if parcel.state in {"packed", "shipped"} else "busy", f"state.parcel.{parcel.state}")
        paper = StatePill(ui, name=f"{name}.print")
        is_elsewhere = parcel.is_foreign or bool(parcel.why_elsewhere)
        if is_elsewhere:
            tone, word = number_state("none", parcel.why_elsewhere, is_foreign=parcel.is_foreign)
            paper.show_state(tone, f"state.waybill.{word}")
        else:
            paper.show_state(PRINT_TONES.get(parcel.print_state, "quiet"), f"state.print.{parcel.print_state}")
        top = QHBoxLayout()
        top.addWidget(number, 1)
        top.addWidget(state)
        acts = QHBoxLayout()
        self._reason = ChoiceBox(ui, "reason.label", LABEL_REASONS, f"{name}.reason")
        if is_elsewhere:
            if parcel.is_foreign and parcel.state not in {"shipped", "cancelled"}:
                acts.addWidget(ActionButton(ui, "orders.take_off", self._on_take_off, name=f"{name}.take_off"))
            acts.addStretch(1)
        elif parcel.waybill_id is not None and parcel.print_state == "none":
            acts.addWidget(
                ActionButton(
                    ui,
                    "action.print",
                    self._on_print,
                    icon="printer",
                    name=f"{name}.print_label",
                    right=Right.PRINT_LABEL,
                )
            )
            acts.addStretch(1)
        elif parcel.waybill_id is not None:
            acts.addWidget(self._reason, 1)
            acts.addWidget(
                ActionButton(ui, "orders.reprint", self._on_reprint, name=f"{name}.reprint", right=Right.PRINT_LABEL)
            )
            if parcel.state not in {"shipped", "cancelled"}:
                acts.addWidget(
                    ActionButton(
                        ui, "orders.renumber", self._on_new_number, name=f"{name}.renumber", right=Right.NEW_NUMBER
                    )
                )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 2, 0, 4)
        column.addLayout(top)
        column.addWidget(paper)
        column.addLayout(acts)

    def ask(self) -> None:
        """Put the focus on the reason."""
        self._reason.setFocus()

    def _on_print(self) -> None:
        self._presenter.print_label(self._parcel)

    def _on_take_off(self) -> None:
        self._presenter.take_off(self._parcel)

    def _on_reprint(self) -> None:
        self._presenter.reprint(self._parcel, self._reason.value())

    def _on_new_number(self) -> None:
        self._presenter.new_number(self._parcel, self._reason.value())


class _TimeRow(QWidget):
    def __init__(self, ui: Ui, entry: TimelineEntry) -> None:
        super().__init__()
        at = PlainLabel(ui, "small")
        at.show_text(moment_text(entry.at))
        at.setFixedWidth(ui.scaled(84))
        what = PlainLabel(ui, wraps=True, limit=200)
        facts = speakable(entry.facts, ui.now())
        what.say_phrase(Phrase(journal_code(entry.action, entry.facts), facts, otherwise=entry.action))
        who = PlainLabel(ui, "small", limit=30)
        who.show_text(" ".join(part for part in (entry.desk, entry.operator) if part))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(at)
        row.addWidget(what, 1)
        row.addWidget(who)
