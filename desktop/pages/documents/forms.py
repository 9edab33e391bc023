"""Two small forms beside the list: a new document, and what the owner decides about documents."""

from decimal import Decimal, InvalidOperation

from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QVBoxLayout, QWidget

from core.access.rights import Right
from core.inventory.documents.rules import Rules
from core.inventory.documents.states import BEGUN, DocKind
from desktop.pages.documents.presenter import DocumentsPresenter
from desktop.pages.documents.words import DOCUMENT_REASONS
from desktop.plain_text import visible
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton
from desktop.widgets.drawer import Drawer
from desktop.widgets.fields import ChoiceBox, Field
from desktop.widgets.labels import PlainLabel
from desktop.widgets.places import PlaceBox

_FEN = 100


class NewDocument(Drawer):
    """Which kind, and where; the rest is written in the draft."""

    def __init__(self, ui: Ui, presenter: DocumentsPresenter) -> None:
        super().__init__(ui, "documents.new_form", presenter.close)
        self._presenter = presenter
        self.title.say("documents.new")
        self._kind = ChoiceBox(ui, "document.kind", tuple(str(kind) for kind in BEGUN), "documents.new.kind")
        self._kind.picked.connect(lambda _kind: self._follow())
        self._hint = PlainLabel(ui, "secondary", wraps=True, name="documents.new.hint")
        self._place = PlaceBox(ui, "documents.new.place")
        self._to = PlaceBox(ui, "documents.new.to")
        self._place_words = PlainLabel(ui, "secondary")
        self._to_words = PlainLabel(ui, "secondary")
        self._to_words.say("documents.new.to")
        make = ActionButton(
            ui, "documents.new.make", self.make, look="main", icon="plus", key="F6", name="documents.new.make"
        )
        row = QHBoxLayout()
        row.addWidget(make)
        row.addStretch(1)
        for widget in (self._kind, self._hint, self._place_words, self._place, self._to_words, self._to):
            self.top.addWidget(widget)
        self.top.addLayout(row)
        self.show_body(QWidget())
        self.hide()

    def show_screen(self) -> None:
        """Open or close with the screen."""
        screen = self._presenter.screen
        opens = screen.is_new and self.isHidden()
        self.setVisible(screen.is_new)
        self._place.show_places(screen.warehouses)
        self._to.show_places(screen.warehouses)
        if opens:
            if self._to.count() > 1:
                self._to.setCurrentIndex(1)
            self._kind.setFocus()
        self._follow()

    def make(self) -> None:
        """Begin it."""
        place, to = self._place.place(), self._to.place()
        kind = DocKind(self._kind.value())
        if place is None:
            self._presenter.tell_no_warehouse()
        else:
            reasons = DOCUMENT_REASONS.get(kind, ("",))
            self._presenter.make(kind, place.id, None if to is None else to.id, reasons[0])

    def _follow(self) -> None:
        kind = self._kind.value()
        is_transfer = kind == DocKind.TRANSFER
        self._hint.say(f"document.kind.{kind}.hint")
        self._place_words.say("documents.new.from" if is_transfer else "documents.new.place")
        self._to.setVisible(is_transfer)
        self._to_words.setVisible(is_transfer)


class RulesForm(Drawer):
    """Limits beyond which somebody else looks first, and where goods are put away by hand."""

    def __init__(self, ui: Ui, presenter: DocumentsPresenter) -> None:
        super().__init__(ui, "documents.rules_form", presenter.close)
        self._ui = ui
        self._presenter = presenter
        self._shown: Rules | None = None
        self.title.say("documents.rules")
        self._units = Field(ui, "documents.rules.none", "documents.rules.units", is_latin=True, limit=9)
        self._yuan = Field(ui, "documents.rules.none", "documents.rules.yuan", is_latin=True, limit=9)
        for code, field in (("documents.rules.units", self._units), ("documents.rules.yuan", self._yuan)):
            words = PlainLabel(ui, "body", wraps=True)
            words.say(code)
            self.top.addWidget(words)
            self.top.addWidget(field)
        self._hint = PlainLabel(ui, "secondary", wraps=True)
        self._hint.say("documents.rules.hint")
        self.top.addWidget(self._hint)
        self._boxes: dict[int, QCheckBox] = {}
        self.hide()

    def show_screen(self) -> None:
        """Open or close with the screen."""
        screen = self._presenter.screen
        self.setVisible(screen.rules is not None)
        if screen.rules is None:
            self._shown = None
            return
        if screen.rules != self._shown:
            self._shown = screen.rules
            self._fill(screen.rules)

    def save(self) -> None:
        """Decide as written."""
        places = tuple(number for number, box in self._boxes.items() if box.isChecked())
        limits: list[int | None] = []
        for field, whole in ((self._units, 1), (self._yuan, _FEN)):
            try:
                limits.append(_number(field.text(), whole))
            except ValueError:
                field.setFocus()
                self._presenter.refuse_number()
                return
        self._presenter.set_rules(Rules(limits[0], limits[1], places))

    def _fill(self, rules: Rules) -> None:
        self._units.setText("" if rules.most_units is None else str(rules.most_units))
        fen = rules.most_fen
        self._yuan.setText("" if fen is None else str(fen // _FEN) if fen % _FEN == 0 else f"{fen / _FEN:.2f}")
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 8, 0)
        words = PlainLabel(self._ui, "body", wraps=True)
        words.say("documents.rules.putaway")
        column.addWidget(words)
        self._boxes = {}
        for place in self._presenter.screen.warehouses:
            box = QCheckBox(visible(place.name))
            box.setObjectName(f"documents.rules.putaway.{place.id}")
            box.setChecked(place.id in rules.putaway_warehouse_ids)
            self._boxes[place.id] = box
            column.addWidget(box)
        save = ActionButton(
            self._ui,
            "documents.rules.save",
            self.save,
            look="main",
            icon="check",
            key="F6",
            name="documents.rules.save",
            right=Right.CHANGE_SETTINGS,
        )
        column.addWidget(save)
        column.addStretch(1)
        self.show_body(body)
        self._units.setFocus()


def _number(text: str, whole: int) -> int | None:
    """How many of the smallest unit, of which there are `whole` in one; None where nothing is written.

    Raises:
        ValueError: it cannot be read, or is finer than the smallest unit.
    """
    tidy = "".join(text.replace("，", ",").replace(",", "").split()).removeprefix("¥")
    if not tidy:
        return None
    try:
        found = Decimal(tidy) * whole
    except InvalidOperation as error:
        raise ValueError(f"{text!r} is no number") from error
    if not found.is_finite() or found < 0 or found != int(found):
        raise ValueError(f"{text!r} is no such number")
    return int(found)
