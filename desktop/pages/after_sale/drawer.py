"""One case: what to do, what it is about, its money, its way back, and the door to its order."""

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from core.aftersale.records import CaseDetail, CaseOrder
from core.aftersale.states import NextStep
from desktop.formats import moment_text, number_text, yuan
from desktop.pages.after_sale.presenter import AfterSalePresenter
from desktop.pages.after_sale.words import next_look, state_text, tone_of, until_text
from desktop.texts import Phrase
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton, StatePill
from desktop.widgets.drawer import Drawer
from desktop.widgets.labels import PlainLabel, set_look


class CaseDrawer(Drawer):
    """Shows a `CaseDetail`."""

    def __init__(self, ui: Ui, presenter: AfterSalePresenter) -> None:
        super().__init__(ui, "after_sale.drawer", presenter.close)
        self._ui = ui
        self._presenter = presenter
        self._shown: CaseDetail | None = None
        self._pill = StatePill(ui, "after_sale.drawer.state")
        self._what = PlainLabel(ui, "secondary", name="after_sale.drawer.what")
        standing = QHBoxLayout()
        standing.addWidget(self._pill)
        standing.addWidget(self._what, 1)
        self._next = PlainLabel(ui, "heading", wraps=True, name="after_sale.drawer.next")
        self._where = PlainLabel(ui, "small", wraps=True, name="after_sale.drawer.where")
        self._where.say("after_sale.answered_there")
        self.top.addLayout(standing)
        self.top.addWidget(self._next)
        self.top.addWidget(self._where)
        order = ActionButton(
            ui, "after_sale.to_order", presenter.open_order, icon="clipboard-list", key="F6", name="after_sale.order"
        )
        receive = ActionButton(
            ui, "after_sale.receive", presenter.receive, icon="package-plus", key="F7", name="after_sale.receive"
        )
        copy = ActionButton(
            ui, "after_sale.copy", presenter.copy_number, icon="file-text", key="F8", name="after_sale.copy"
        )
        self._order, self._receive = order, receive
        acts = QHBoxLayout()
        for act in (order, receive, copy):
            acts.addWidget(act)
        acts.addStretch(1)
        self.top.addLayout(acts)
        ui.retranslated.connect(self._fill)

    def show_detail(self, detail: CaseDetail | None) -> None:
        """Show a case; the drawer hides without one."""
        before, self._shown = self._shown, detail
        self.setVisible(detail is not None)
        if detail is not None and detail != before:
            self._fill()

    @Slot()
    def _fill(self) -> None:
        detail = self._shown
        if detail is None:
            return
        ui, row = self._ui, detail.row
        self.title.show_text(row.case_no)
        self._pill.show_state(tone_of(row), f"after_sale.state.{row.state.value}")
        self._what.show_text("  ".join((ui.texts.t(f"after_sale.kind.{row.kind.value}"), row.shop_name)))
        self._next.say(f"after_sale.next.{detail.next.value}", state=detail.channel_state)
        set_look(self._next, look=next_look(detail))
        self._order.setEnabled(detail.order is not None)
        self._receive.setVisible(detail.next in (NextStep.RECEIVE, NextStep.AWAIT_GOODS))
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(6)
        self._tell_case(column, detail)
        _head(column, ui, "after_sale.goods")
        if not detail.lines:
            _say(column, ui, Phrase("after_sale.whole_order"), "body")
        for line in detail.lines:
            title = "  ".join(part for part in (line.title, line.spec) if part)
            code = "after_sale.line" if title else "after_sale.line_unknown"
            _say(column, ui, Phrase(code, {"title": title, "n": line.units, "line": line.line_no}), "body")
        _head(column, ui, "after_sale.reason")
        reason = PlainLabel(ui, "body", wraps=True, keeps_lines=False, limit=500, name="after_sale.drawer.reason")
        reason.show_text(detail.reason or "—")
        column.addWidget(reason)
        self._tell_order(column, row.order_no, detail.order)
        self._tell_return(column, detail)
        column.addStretch(1)
        self.show_body(body)

    def _tell_case(self, column: QVBoxLayout, detail: CaseDetail) -> None:
        ui, row = self._ui, detail.row
        money = PlainLabel(ui, "heading", name="after_sale.drawer.money")
        money.say("after_sale.money", amount=yuan(row.refund_fen))
        column.addWidget(money)
        until = until_text(row, ui.now(), ui.texts)
        if until:
            _say(column, ui, Phrase("after_sale.until", {"until": until}), "notice")
        at = {"requested": moment_text(row.requested_at), "modified": moment_text(detail.modified_at)}
        _say(column, ui, Phrase("after_sale.times", at), "secondary")
        said = {"state": detail.channel_state, "ours": state_text(row, ui.texts)}
        _say(column, ui, Phrase("after_sale.channel_state", said), "secondary")

    def _tell_order(self, column: QVBoxLayout, order_no: str, order: CaseOrder | None) -> None:
        ui = self._ui
        _head(column, ui, "after_sale.its_order")
        _say(column, ui, Phrase("after_sale.order_no", {"number": number_text(order_no)}), "body")
        if order is None:
            _say(column, ui, Phrase("after_sale.order_unknown"), "secondary")
            return
        word = Phrase(f"state.fulfilment.{order.fulfilment}", otherwise=order.fulfilment)
        _say(column, ui, Phrase("after_sale.order", {"state": word, "amount": yuan(order.amount_fen)}), "body")
        if order.shipped_at is not None:
            _say(column, ui, Phrase("after_sale.shipped", {"at": moment_text(order.shipped_at)}), "secondary")
        elif order.hold_reason:
            reason = Phrase(f"reason.hold.{order.hold_reason}", otherwise=order.hold_reason)
            _say(column, ui, Phrase("after_sale.held", {"reason": reason}), "notice")

    def _tell_return(self, column: QVBoxLayout, detail: CaseDetail) -> None:
        number = detail.row.return_waybill_no
        if number:
            _head(column, self._ui, "after_sale.way_back")
            facts = {"carrier": detail.return_carrier or "—", "number": number}
            _say(column, self._ui, Phrase("after_sale.parcel", facts), "body")


def _head(column: QVBoxLayout, ui: Ui, code: str) -> None:
    column.addSpacing(8)
    _say(column, ui, Phrase(code), "head")
    rule = QFrame()
    rule.setProperty("look", "rule")
    column.addWidget(rule)


def _say(column: QVBoxLayout, ui: Ui, phrase: Phrase, look: str) -> None:
    label = PlainLabel(ui, look, wraps=True, keeps_lines=False, limit=300)
    label.say_phrase(phrase)
    column.addWidget(label)
