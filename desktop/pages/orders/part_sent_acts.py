"""Others have sent a part of the order: say what of each line went and from which shelf, or take that back."""

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from core.access.rights import Right
from core.orders.records import OrderDetail, PartSent
from desktop.formats import goods_text
from desktop.pages.orders.presenter import OrdersPresenter
from desktop.texts import Phrase
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton
from desktop.widgets.fields import NumberBox
from desktop.widgets.labels import ElidedLabel, PlainLabel

_NAME = "orders.part_sent"
#: more numbers than a clerk compares; the platform's own page has all
_NUMBERS = 3
#: of the lines, before they are scrolled
_HIGHEST = 210


class PartSentActs(QWidget):
    """A question with a number per line; nothing is written down without an answer."""

    def __init__(self, ui: Ui, presenter: OrdersPresenter) -> None:
        super().__init__()
        self._ui = ui
        self._presenter = presenter
        self._known: PartSent | None = None
        right = Right.CLOSE_ORDER
        self._open = ActionButton(ui, _NAME, self.ask, icon="truck", key="F10", name=_NAME, right=right)
        back = f"{_NAME}.take_back"
        self._back = ActionButton(ui, back, presenter.take_back_part_sent, icon="undo-2", name=back, right=right)
        self._form = QFrame()
        self._form.setProperty("look", "question")
        question = PlainLabel(ui, "heading", wraps=True)
        question.say(f"{_NAME}.question")
        self._told = PlainLabel(ui, "secondary", wraps=True, keeps_lines=False, limit=200, name=f"{_NAME}.told")
        #: an order of many lines must not push its answers off the page
        self._lines = QScrollArea()
        self._lines.setWidgetResizable(True)
        self._lines.setFrameShape(QFrame.Shape.NoFrame)
        self._lines.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._boxes: dict[int, NumberBox] = {}
        shelf = PlainLabel(ui, "secondary", wraps=True)
        shelf.say(f"{_NAME}.shelf")
        acts = QHBoxLayout()
        for code, left in (("left", True), ("stayed", False)):
            acts.addWidget(
                ActionButton(ui, f"{_NAME}.{code}", partial(self._on_answer, left), name=f"{_NAME}.{code}")
            )
        acts.addWidget(ActionButton(ui, "action.cancel", self.fold, name=f"{_NAME}.cancel"))
        acts.addStretch(1)
        inside = QVBoxLayout(self._form)
        for widget in (question, self._told, self._lines, shelf):
            inside.addWidget(widget)
        inside.addLayout(acts)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._open)
        whole.addWidget(self._back)
        whole.addWidget(self._form)
        self.fold()

    def show_detail(self, detail: OrderDetail) -> None:
        """Offer what is possible for this order; what is being typed stays."""
        self._known = known = detail.part_sent
        is_open = known is not None and known.is_open
        if not is_open:
            self.fold()
        self._open.setVisible(is_open and self._form.isHidden())
        self._back.setVisible(known is not None and known.can_take_back)
        self.setVisible(known is not None and (is_open or known.can_take_back))

    @property
    def is_offered(self) -> bool:
        """Whether this order asks for it."""
        return not self._open.isHidden()

    def ask(self) -> None:
        """Open the question, the keyboard on the first number."""
        known = self._known
        if known is None or not known.is_open:
            return
        if not self._open.is_permitted:
            self._presenter.refuse(Right.CLOSE_ORDER)
            return
        self._fill(known)
        self._open.hide()
        self._form.show()
        for box in self._boxes.values():
            box.setFocus()
            box.selectAll()
            break

    def fold(self) -> None:
        """Put the question away."""
        if not self._form.isHidden():
            self._form.hide()
            self._open.show()

    def _fill(self, known: PartSent) -> None:
        shown = "  ".join(known.numbers[:_NUMBERS]) + (" …" if known.numbers[_NUMBERS:] else "")
        code = f"{_NAME}.told" if known.is_told else f"{_NAME}.untold"
        self._told.say_phrase(Phrase(code, {"numbers": shown or "—"}))
        lines = QWidget()
        grid = QGridLayout(lines)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setColumnStretch(0, 1)
        self._boxes = {}
        for row, line in enumerate(known.lines):
            title = ElidedLabel(self._ui, name=f"{_NAME}.line.{row}.title")
            title.show_text(goods_text(line.title, line.spec))
            of = PlainLabel(self._ui, "secondary", name=f"{_NAME}.line.{row}.of")
            of.say(f"{_NAME}.of", left=line.left_qty, qty=line.qty)
            box = NumberBox(0, line.left_qty, f"{_NAME}.line.{row}")
            box.setValue(line.told_qty)
            box.setEnabled(line.left_qty > 0)
            if line.left_qty:
                self._boxes[line.id] = box
            for column, widget in enumerate((title, of, box)):
                grid.addWidget(widget, row, column)
        self._lines.setWidget(lines)
        self._lines.setFixedHeight(min(lines.sizeHint().height(), self._ui.scaled(_HIGHEST)))

    def _on_answer(self, left_our_shelf: bool) -> None:
        sent = {line_id: box.value() for line_id, box in self._boxes.items() if box.value()}
        self.fold()
        self._presenter.send_rest(sent, left_our_shelf=left_our_shelf)
