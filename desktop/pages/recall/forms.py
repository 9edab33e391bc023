"""The forms of a batch: what is right of it, and why it is blocked. Enter does it, Esc leaves."""

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from desktop.pages.recall.presenter import BatchForm, RecallPresenter
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton
from desktop.widgets.fields import Field
from desktop.widgets.labels import PlainLabel


class BatchForms(QFrame):
    """Open while the presenter says so."""

    def __init__(self, ui: Ui, presenter: RecallPresenter) -> None:
        super().__init__()
        self._presenter = presenter
        self._round = 0
        self.setObjectName("recall.form")
        self.setProperty("look", "question")
        self._what = PlainLabel(ui, "heading", wraps=True, name="recall.form.what")
        self._expires = Field(ui, "recall.field.expires_on", "recall.form.expires_on", is_latin=True, limit=10)
        self._made = Field(ui, "recall.field.made_on", "recall.form.made_on", is_latin=True, limit=10)
        self._note = Field(ui, "recall.field.note", "recall.form.note", limit=200)
        self._why = Field(ui, "recall.field.why", "recall.form.why", limit=100)
        for field in (self._expires, self._made, self._note, self._why):
            field.returnPressed.connect(self._on_do)
        self._do = ActionButton(ui, "recall.save", self._on_do, look="main", icon="check", name="recall.form.do")
        leave = ActionButton(ui, "action.cancel", presenter.close, key="Esc", name="recall.form.cancel")
        correct = QHBoxLayout()
        for field, code in (
            (self._expires, "recall.label.expires_on"),
            (self._made, "recall.label.made_on"),
            (self._note, "recall.label.note"),
        ):
            label = PlainLabel(ui, "secondary")
            label.say(code)
            correct.addWidget(label)
            correct.addWidget(field, 2 if field is self._note else 1)
        correct.setContentsMargins(0, 0, 0, 0)
        block = QHBoxLayout()
        block.setContentsMargins(0, 0, 0, 0)
        block.addWidget(self._why)
        self._stack = QStackedWidget()
        for layout in (correct, block):
            side = QWidget()
            side.setLayout(layout)
            self._stack.addWidget(side)
        row = QHBoxLayout()
        row.addWidget(self._stack, 1)
        row.addWidget(self._do)
        row.addWidget(leave)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 10, 16, 10)
        column.addWidget(self._what)
        column.addLayout(row)
        self.hide()

    def show_screen(self) -> None:
        """Open, fill, or close; what is being typed is left alone."""
        screen = self._presenter.screen
        self.setVisible(bool(screen.form))
        self._do.setEnabled(not screen.is_saving)
        if not screen.form or screen.round == self._round:
            return
        self._round = screen.round
        self._stack.setCurrentIndex(0 if screen.form == "correct" else 1)
        self._do.say("recall.save" if screen.form == "correct" else "recall.do_block")
        if screen.form == "block":
            codes = "、".join(row.batch.code for row in screen.about)
            promised = sum(row.promised_qty for row in screen.about)
            self._what.say("recall.block_what", batch=codes, n=len(screen.about), promised=promised)
            self._why.clear()
            self._why.setFocus()
            return
        row = screen.about[0]
        self._what.say("recall.correct_what", batch=row.batch.code, name=row.sku_name)
        self._expires.setText("" if row.batch.expires_on is None else row.batch.expires_on.isoformat())
        self._made.setText("" if row.batch.made_on is None else row.batch.made_on.isoformat())
        self._note.setText(row.batch.note)
        self._expires.setFocus()
        self._expires.selectAll()

    @Slot()
    def _on_do(self) -> None:
        if self._presenter.screen.form == "block":
            self._presenter.block(self._why.text())
        else:
            self._presenter.correct(BatchForm(self._expires.text(), self._made.text(), self._note.text()))
