"""One delivery or one print job: how it stands, why, whose orders it is about, and what can be done."""

from collections.abc import Callable
from functools import partial

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from core.sync.deliveries import DeliveryRow
from core.waybills.records import PrintJobView
from desktop.commands import LABEL_REASONS
from desktop.formats import moment_text, number_text
from desktop.pages.activity.presenter import ActivityPresenter
from desktop.pages.activity.words import delivery_tone, trouble_phrase
from desktop.pages.packing.side import PRINT_TONES
from desktop.texts import Phrase
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton, StatePill
from desktop.widgets.drawer import Drawer
from desktop.widgets.fields import ChoiceBox
from desktop.widgets.kept_here import KeptHere
from desktop.widgets.labels import PlainLabel


class ActivityDrawer(Drawer):
    """Acts stand above, facts below; the other side's own words are folded away."""

    def __init__(self, ui: Ui, presenter: ActivityPresenter) -> None:
        super().__init__(ui, "activity.drawer", presenter.close)
        self._ui = ui
        self._presenter = presenter
        self._shown: DeliveryRow | PrintJobView | None = None
        self._state = StatePill(ui, name="activity.drawer.state")
        self.top.addWidget(self._state)
        acts = QHBoxLayout()
        self._retry = self._button("activity.retry", presenter.retry, "F6", "refresh-cw", look="main")
        self._retry_all = self._button("activity.retry_all", presenter.retry_failed, "F7", "store")
        self._came = self._button("activity.came", partial(presenter.answer, came_out=True), "F6", "check")
        self._missing = self._button("activity.missing", partial(presenter.answer, came_out=False), "F7", "x")
        self._keep = self._button("activity.keep_ours", presenter.keep_ours, "F6", "check", look="main")
        self._accept = self._button("activity.accept_theirs", presenter.accept_theirs, "F7", "store")
        self._acts = (self._retry, self._retry_all, self._came, self._missing, self._keep, self._accept)
        for button in self._acts:
            acts.addWidget(button)
        acts.addStretch(1)
        self.top.addLayout(acts)
        again = QHBoxLayout()
        self._reason = ChoiceBox(ui, "reason.label", LABEL_REASONS, "activity.drawer.reason")
        self._reprint = self._button("orders.reprint", self._on_reprint, "F8", "printer")
        again.addWidget(self._reason, 1)
        again.addWidget(self._reprint)
        self.top.addLayout(again)
        self._fold = self._button("activity.raw", self._on_fold, "", "chevron-down")
        self._raw = PlainLabel(ui, "small", wraps=True, limit=600, name="activity.drawer.words")
        self.top.addWidget(self._fold)
        self.top.addWidget(self._raw)
        ui.retranslated.connect(self._fill)

    def show_screen(self) -> None:
        """Show what is open; the drawer hides without it."""
        screen = self._presenter.screen
        shown = screen.delivery or screen.job
        is_new = shown != self._shown
        is_other = shown is None or self._shown is None or shown.id != self._shown.id
        self._shown = shown
        self.setVisible(shown is not None)
        for button in (*self._acts, self._reprint):
            button.setEnabled(not screen.is_saving)
        if is_other:
            self._raw.hide()
        if is_new and shown is not None:
            self._fill()

    def first(self) -> None:
        """What F6 does: send again, put our number there, or say that the label came out."""
        screen = self._presenter.screen
        if screen.job is not None:
            self._presenter.answer(came_out=True)
        elif screen.delivery is not None and screen.delivery.may_replace:
            self._presenter.keep_ours()
        else:
            self._presenter.retry()

    def second(self) -> None:
        """What F7 does: send all again that failed there, leave theirs, or say that no label came out."""
        screen = self._presenter.screen
        if screen.job is not None:
            self._presenter.answer(came_out=False)
        elif screen.delivery is not None and screen.delivery.is_conflict:
            self._presenter.accept_theirs()
        else:
            self._presenter.retry_failed()

    def ask_reprint(self) -> None:
        """Put the keyboard on the reason of a further copy."""
        if not self._reason.isHidden():
            self._reason.setFocus()

    def _button(
        self, code: str, on_press: Callable[[], object], key: str, icon: str, look: str = "plain"
    ) -> ActionButton:
        name = f"activity.drawer.{code.rpartition('.')[2]}"
        return ActionButton(self._ui, code, on_press, icon=icon, key=key, look=look, name=name)

    def _on_reprint(self) -> None:
        self._presenter.reprint(self._reason.value())

    def _on_fold(self) -> None:
        self._raw.setVisible(self._raw.isHidden())

    def _fill(self) -> None:
        shown = self._shown
        if shown is None:
            return
        is_job = isinstance(shown, PrintJobView)
        row = shown if isinstance(shown, DeliveryRow) else None
        is_conflict, may_replace = (False, False) if row is None else (row.is_conflict, row.may_replace)
        self._retry.setVisible(row is not None and row.state in {"waiting", "failed"} and not may_replace)
        self._retry_all.setVisible(row is not None and row.state == "failed" and not is_conflict)
        self._keep.setVisible(may_replace)
        self._accept.setVisible(is_conflict)
        for button in (self._came, self._missing):
            button.setVisible(is_job and shown.state == "unknown")
        for widget in (self._reason, self._reprint):
            widget.setVisible(is_job and shown.state in {"sent", "confirmed", "failed"})
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(6)
        if isinstance(shown, PrintJobView):
            self._fill_job(column, shown)
        else:
            self._fill_delivery(column, shown)
        self._add_orders(column, shown.order_nos)
        column.addStretch(1)
        self._raw.show_text(shown.last_error)
        self._fold.say("action.details" if is_job else "activity.raw")
        self._fold.setVisible(bool(shown.last_error))
        self.show_body(body)

    def _fill_delivery(self, column: QVBoxLayout, row: DeliveryRow) -> None:
        self.title.say(f"activity.kind.{row.kind}")
        self._state.show_state(delivery_tone(row), f"state.delivery.{row.state}")
        self._say(column, Phrase("activity.to", {"target": row.target}), "heading")
        if row.trouble:
            self._say(column, trouble_phrase(row), "stop" if row.state == "failed" else "notice")
        self._say(column, Phrase("activity.since", {"at": moment_text(row.created_at)}), "secondary")
        if row.attempts:
            self._say(column, Phrase("activity.attempts", {"n": row.attempts}), "secondary")
        if row.state == "waiting":
            self._say(column, Phrase("activity.next_try", {"at": moment_text(row.not_before_at)}), "secondary")
        if row.done_at is not None:
            self._say(column, Phrase("activity.done_at", {"at": moment_text(row.done_at)}), "secondary")
        if row.waybill_no:
            self._say(column, Phrase("activity.waybill", {"number": row.waybill_no}), "body")
        if row.is_kept_here:
            theirs, copied = "、".join(row.theirs), self._presenter.copied
            column.addWidget(KeptHere(self._ui, row.waybill_no, theirs, copied, "activity.drawer.kept_here"))

    def _fill_job(self, column: QVBoxLayout, job: PrintJobView) -> None:
        self.title.show_text(job.waybill_no)
        self._state.show_state(PRINT_TONES.get(job.state, "quiet"), f"state.print.{job.state}")
        if job.state == "unknown":
            self._say(column, Phrase("activity.question"), "notice")
        copy = Phrase("activity.first_copy") if not job.copy_no else Phrase("activity.copy", {"n": job.copy_no})
        self._say(column, copy, "heading")
        self._say(column, Phrase("activity.printer", {"name": job.printer_key}), "secondary")
        self._say(column, Phrase("activity.since", {"at": moment_text(job.created_at)}), "secondary")
        if job.reason:
            word = Phrase(f"reason.label.{job.reason}", otherwise=job.reason)
            self._say(column, Phrase("activity.why", {"reason": word}), "secondary")

    def _add_orders(self, column: QVBoxLayout, order_nos: tuple[str, ...]) -> None:
        if order_nos:
            column.addSpacing(8)
            self._say(column, Phrase("activity.orders"), "head")
        for number, order_no in enumerate(order_nos):
            door = ActionButton(
                self._ui,
                "stock.to_order",
                partial(self._presenter.open_order, order_no),
                icon="clipboard-list",
                name=f"activity.drawer.order.{number}",
            )
            door.say("stock.to_order", order_no=number_text(order_no))
            column.addWidget(door)

    def _say(self, column: QVBoxLayout, phrase: Phrase, look: str) -> None:
        label = PlainLabel(self._ui, look, wraps=True, keeps_lines=False, limit=200)
        label.say_phrase(phrase)
        column.addWidget(label)
