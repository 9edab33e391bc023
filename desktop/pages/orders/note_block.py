"""The drawer's seller note: what stands, how far it has come, and the form in which it is written."""

from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from core.access.rights import Right
from core.orders.noting import LONGEST_NOTE
from core.orders.records import NoteView, OrderDetail
from desktop.pages.activity.words import word_of_trouble
from desktop.pages.orders.presenter import OrdersPresenter
from desktop.texts import Phrase
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton, StatePill
from desktop.widgets.fields import ChoiceBox
from desktop.widgets.flags import FLAGS, FlagMark
from desktop.widgets.labels import PlainLabel
from desktop.widgets.note_box import NoteBox

#: as the choice of a flag names them: a word has to stand for none
_NONE = "none"
_FLAGS = (_NONE, *FLAGS)
_TONES = {"waiting": "busy", "failed": "stop", "conflict": "stop", "local": "quiet"}


class NoteBlock(QWidget):
    """Shows and writes the seller's note of the open order. What is being written stays while records change."""

    def __init__(self, ui: Ui, presenter: OrdersPresenter) -> None:
        super().__init__()
        self._ui = ui
        self._presenter = presenter
        self._note: NoteView | None = None
        #: what the clerk saw when they began to write; None: what is shown
        self._seen: NoteView | None = None
        name = "orders.note"
        right = Right.WRITE_NOTE
        self._flag = FlagMark(ui, f"{name}.flag")
        self._text = PlainLabel(ui, "notice", wraps=True, limit=300, name=f"{name}.text")
        self._edit = ActionButton(
            ui, "orders.note.edit", self.ask, icon="pencil", key="F7", name=f"{name}.edit", right=right
        )
        self._theirs_flag = FlagMark(ui, f"{name}.theirs_flag")
        self._theirs = PlainLabel(ui, "secondary", wraps=True, limit=300, name=f"{name}.theirs")
        self._state = StatePill(ui, name=f"{name}.state")
        self._why = PlainLabel(ui, "secondary", wraps=True, keeps_lines=False, limit=200, name=f"{name}.why")
        self._again = ActionButton(
            ui, "orders.note.again", presenter.send_note_again, icon="refresh-cw", name=f"{name}.again", right=right
        )
        self._ours = ActionButton(
            ui, "orders.note.keep_ours", presenter.keep_our_note, look="main", name=f"{name}.keep_ours", right=right
        )
        self._accept = ActionButton(
            ui, "orders.note.accept_theirs", presenter.accept_their_note, name=f"{name}.accept_theirs", right=right
        )
        self._form = QFrame()
        self._form.setProperty("look", "question")
        self._box = NoteBox(ui, "orders.note.box", self._on_save, f"{name}.box", 66, LONGEST_NOTE)
        self._choice = ChoiceBox(ui, "flag", _FLAGS, f"{name}.choice")
        self._way = PlainLabel(ui, "secondary", wraps=True, name=f"{name}.way")
        save = ActionButton(
            ui, "orders.note.save", self._on_save, look="main", key="Ctrl+Enter", name=f"{name}.save", right=right
        )
        cancel = ActionButton(ui, "action.cancel", self.fold, name=f"{name}.cancel")
        self._lay_out(save, cancel)
        self.fold()

    def _lay_out(self, save: QWidget, cancel: QWidget) -> None:
        acts = _row(self._choice, save, cancel)
        inside = QVBoxLayout(self._form)
        inside.addWidget(self._box)
        inside.addLayout(acts)
        inside.addWidget(self._way)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._text)
        column.addLayout(_row(self._flag, self._edit, is_left=True))
        column.addWidget(self._theirs)
        column.addLayout(_row(self._theirs_flag, is_left=True))
        column.addWidget(self._state)
        column.addWidget(self._why)
        column.addLayout(_row(self._again, self._ours, self._accept, is_left=True))
        column.addWidget(self._form)

    def show_detail(self, detail: OrderDetail) -> None:
        """Show the note of an order."""
        note = self._note = detail.note
        self.setVisible(note is not None)
        if note is None:
            return
        self._text.setVisible(bool(note.text))
        self._text.say("packing.seller_note", note=note.text)
        self._flag.show_flag(note.flag)
        is_other = (note.text, note.flag) != (note.theirs_text, note.theirs_flag)
        has_theirs = is_other and note.state != "told" and bool(note.theirs_text or note.theirs_flag)
        self._theirs.setVisible(has_theirs)
        self._theirs.say("orders.note.theirs", note=note.theirs_text or "—")
        self._theirs_flag.show_flag(note.theirs_flag if has_theirs else "")
        self._state.setVisible(note.state in _TONES)
        tone = "notice" if note.state == "waiting" and note.trouble else _TONES.get(note.state, "quiet")
        self._state.show_state(tone, f"orders.note.state.{note.state}")
        self._show_why(note)
        self._again.setVisible(note.state == "failed" or (note.state == "waiting" and bool(note.trouble)))
        for button in (self._ours, self._accept):
            button.setVisible(note.state == "conflict")
        self._way.say(f"orders.note.way.{note.goes}")

    def _show_why(self, note: NoteView) -> None:
        is_why = note.state in {"waiting", "failed"} and bool(note.trouble)
        self._why.setVisible(is_why)
        if is_why:
            word = Phrase(word_of_trouble(note.trouble))
            if note.said and note.state == "failed":
                self._why.say("orders.note.why_said", word=word, said=note.said)
            else:
                self._why.say("orders.note.why", word=word)

    def ask(self) -> None:
        """Open the form with what stands, the keyboard in it."""
        note = self._note
        if note is None or self.isHidden():
            return
        if not self._edit.is_permitted:
            self._presenter.refuse(Right.WRITE_NOTE)
            return
        self._seen = note
        self._box.setPlainText(note.text)
        self._choice.choose(note.flag or _NONE)
        self._form.show()
        self._edit.hide()
        self._box.setFocus()

    def fold(self) -> None:
        """Put the form away."""
        self._form.hide()
        self._edit.show()

    def _on_save(self) -> None:
        seen = self._seen or self._note
        if seen is None or self._form.isHidden():
            return
        flag = self._choice.value()
        self._presenter.write_note(self._box.toPlainText(), "" if flag == _NONE else flag, seen, self._on_answer)

    def _on_answer(self, is_kept: bool) -> None:
        if is_kept:
            self.fold()
        else:
            # Somebody was quicker, and the clerk is told: what is shown by the next press is what they have seen.
            self._seen = None


def _row(*widgets: QWidget, is_left: bool = False) -> QHBoxLayout:
    row = QHBoxLayout()
    for place, widget in enumerate(widgets):
        row.addWidget(widget, 0 if is_left or place else 1)
    if is_left:
        row.addStretch(1)
    return row
