"""The printer page: one card a printer, its state in words, and what the virtual printer made."""

from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from desktop.pages.printers.ports import LabelPicture, PrinterDraft, PrinterView
from desktop.pages.printers.presenter import PrintersPresenter, printer_tone, printer_words
from desktop.texts import Phrase
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton, ChoiceBox, EmptyState, Field, StatePill
from desktop.widgets.labels import ElidedLabel, PictureLabel, PlainLabel
from desktop.widgets.pictures import PictureBook

_LOOK_MS = 3000
_PICTURE_SIDE = 300
#: kinds of printers the form offers, and how their addresses begin
KINDS = {"tcp": "tcp://", "device": "device:", "file": "file:", "virtual": "virtual:"}
_EXAMPLES = {"tcp": "192.168.1.50:9100", "device": "/dev/usb/lp0", "file": "/home/desk/labels", "virtual": ""}
SIZES = ("100x150", "76x130")


class PrintersPage(QWidget):
    """Shows what the presenter saw."""

    def __init__(self, ui: Ui, presenter: PrintersPresenter, pictures: PictureBook) -> None:
        super().__init__()
        self._ui = ui
        self._presenter = presenter
        self._cards: list[_PrinterCard] = []
        self.setObjectName("printers")
        title = PlainLabel(ui, "title")
        title.say("page.printers")
        add = ActionButton(
            ui, "printers.add", lambda: presenter.edit(""), look="main", icon="plus", name="printers.add"
        )
        head = QHBoxLayout()
        head.addWidget(title)
        head.addStretch(1)
        head.addWidget(add)
        self._form = _PrinterForm(ui, presenter)
        self._rows = QVBoxLayout()
        self._rows.setSpacing(8)
        self._empty = EmptyState(ui, "printer", "printers.empty", "printers.empty")
        self._gallery = _Gallery(ui, pictures)
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(16, 14, 16, 12)
        column.setSpacing(12)
        column.addLayout(head)
        column.addWidget(self._form)
        column.addLayout(self._rows)
        column.addWidget(self._empty, 1)
        column.addWidget(self._gallery)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(holder)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scroll)
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(presenter.look)
        presenter.on_screen = self._on_screen
        self._on_screen()

    def handle_scan(self, raw: str) -> None:
        """Scans mean nothing here; the shell sends them where they belong."""

    def handle_command(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:  # noqa: ARG002  one shape for all
        """F5 looks again."""
        if key != Qt.Key.Key_F5:
            return False
        self._presenter.look()
        return True

    def handle_changed(self) -> None:
        """Jobs may have moved."""
        self._presenter.look()

    def handle_back(self) -> bool:
        """Esc closes the form."""
        was_open = self._presenter.screen.editing is not None
        self._presenter.edit(None)
        return was_open

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  Qt's name
        """Esc anywhere on the page."""
        if event.key() == Qt.Key.Key_Escape and self.handle_back():
            return
        super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  Qt's name
        """Look while somebody sees it."""
        super().showEvent(event)
        self._presenter.look()
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802  Qt's name
        """Rest."""
        super().hideEvent(event)
        self._timer.stop()

    @Slot()
    def _on_screen(self) -> None:
        screen = self._presenter.screen
        while len(self._cards) < len(screen.printers):
            card = _PrinterCard(self._ui, self._presenter, f"printers.card.{len(self._cards)}")
            self._cards.append(card)
            self._rows.addWidget(card)
        for card, view in zip(self._cards, screen.printers, strict=False):
            card.show_printer(view, is_only=len(screen.printers) == 1)
            card.show()
        for card in self._cards[len(screen.printers) :]:
            card.hide()
        self._empty.setVisible(screen.is_known and not screen.printers)
        self._gallery.show_pictures(screen.pictures)
        edited = next((view for view in screen.printers if view.key == screen.editing), None)
        self._form.show_form(screen.editing, edited)


class _PrinterCard(QFrame):
    def __init__(self, ui: Ui, presenter: PrintersPresenter, name: str) -> None:
        super().__init__()
        self._presenter = presenter
        self._view: PrinterView | None = None
        self.setObjectName(name)
        self.setProperty("look", "card")
        self._name = ElidedLabel(ui, "heading", name=f"{name}.name")
        self._address = ElidedLabel(ui, "secondary", name=f"{name}.address")
        self._state = StatePill(ui, name=f"{name}.state")
        self._default = StatePill(ui, name=f"{name}.default")
        self._waiting = PlainLabel(ui, "secondary", name=f"{name}.waiting")
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._name)
        words.addWidget(self._address)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 12, 12, 12)
        row.setSpacing(12)
        row.addLayout(words, 1)
        for widget in (self._state, self._default, self._waiting):
            row.addWidget(widget)
        self._make_default = self._button(ui, "printers.make_default", presenter.make_default, "default_button")
        self._move = self._button(ui, "printers.move", presenter.move_jobs, "move")
        self._remove = self._button(ui, "printers.remove", presenter.remove, "remove")
        test = self._button(ui, "printers.test", presenter.print_test, "test")
        edit = self._button(ui, "printers.edit", lambda view: presenter.edit(view.key), "edit")
        for button in (self._make_default, test, self._move, edit, self._remove):
            row.addWidget(button)

    def _button(self, ui: Ui, code: str, act: "object", name: str) -> ActionButton:
        def press() -> None:
            if self._view is not None and callable(act):
                act(self._view)

        return ActionButton(ui, code, press, name=f"{self.objectName()}.{name}")

    def show_printer(self, view: PrinterView, *, is_only: bool) -> None:
        """Show a printer."""
        self._view = view
        self._name.show_text(view.name)
        self._address.show_text(f"{view.address}   {view.size} mm")
        if view.reason:
            reason = Phrase(f"error.{view.reason}", otherwise=view.reason)
            self._state.show_state("stop", "printers.waits_because", words=printer_words(view), reason=reason)
        else:
            self._state.show_state(printer_tone(view), "packing.printer", words=printer_words(view))
        self._default.setVisible(view.is_default)
        self._default.show_state("good", "printers.is_default")
        self._make_default.setVisible(not view.is_default)
        self._move.setVisible(bool(view.waiting) and not view.is_default)
        self._remove.setVisible(not is_only)
        self._waiting.setVisible(bool(view.waiting))
        self._waiting.say("printers.waiting", n=view.waiting)


class _PrinterForm(QFrame):
    """Add or change a printer, inline."""

    def __init__(self, ui: Ui, presenter: PrintersPresenter) -> None:
        super().__init__()
        self._presenter = presenter
        self._shown: str | None = None
        self.setObjectName("printers.form")
        self.setProperty("look", "card")
        self._title = PlainLabel(ui, "heading", name="printers.form.title")
        self._hint = PlainLabel(ui, "secondary", wraps=True, name="printers.form.hint")
        self._name = Field(ui, "printers.form.name", "printers.form.name", limit=60)
        self._kind = ChoiceBox(ui, "printers.kind", tuple(KINDS), "printers.form.kind")
        self._kind.picked.connect(self._on_kind)
        self._address = Field(ui, "printers.form.address", "printers.form.address", is_latin=True, limit=300)
        self._size = ChoiceBox(ui, "printers.size", SIZES, "printers.form.size")
        for field in (self._name, self._address):
            field.returnPressed.connect(self._on_save)
        save = ActionButton(ui, "action.save", self._on_save, look="main", name="printers.form.save")
        cancel = ActionButton(
            ui, "action.cancel", lambda: presenter.edit(None), key="Esc", name="printers.form.cancel"
        )
        fields = QHBoxLayout()
        fields.addWidget(self._name, 2)
        fields.addWidget(self._kind, 1)
        fields.addWidget(self._address, 3)
        fields.addWidget(self._size, 1)
        fields.addWidget(save)
        fields.addWidget(cancel)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.addWidget(self._title)
        column.addLayout(fields)
        column.addWidget(self._hint)
        self._address.returnPressed.connect(self._on_save)
        self._name.returnPressed.connect(self._on_save)

    def show_form(self, editing: str | None, view: PrinterView | None) -> None:
        """Open for a printer, for a new one, or close."""
        self.setVisible(editing is not None)
        if editing == self._shown:
            return
        self._shown = editing
        if editing is None:
            return
        self._title.say("printers.form.change" if view else "printers.form.new")
        self._name.setText("" if view is None else view.name)
        kind = "tcp" if view is None else view.address.partition(":")[0]
        self._kind.choose(kind if kind in KINDS else "tcp")
        address = "" if view is None else view.address.removeprefix(KINDS.get(kind, ""))
        self._address.setText(address)
        self._size.choose("100x150" if view is None else view.size)
        self._on_kind(self._kind.value())
        self._name.setFocus()

    @Slot(str)
    def _on_kind(self, kind: str) -> None:
        self._hint.say(f"printers.kind.{kind}.hint", example=_EXAMPLES[kind])

    def _on_save(self) -> None:
        address = KINDS[self._kind.value()] + self._address.text().strip()
        self._presenter.save(PrinterDraft(self._name.text().strip(), address, self._size.value()))


class _Gallery(QWidget):
    """The newest labels of the virtual printer as pictures."""

    def __init__(self, ui: Ui, pictures: PictureBook) -> None:
        super().__init__()
        self._ui = ui
        self._pictures = pictures
        self._shown: tuple[LabelPicture, ...] = ()
        title = PlainLabel(ui, "heading")
        title.say("printers.newest")
        self._row = QHBoxLayout()
        self._row.setSpacing(12)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        column.addWidget(title)
        column.addLayout(self._row)
        self._tiles: list[tuple[PictureLabel, ElidedLabel]] = []
        for number in range(4):
            picture = PictureLabel(ui, _PICTURE_SIDE, f"printers.newest.{number}")
            caption = ElidedLabel(ui, "small", name=f"printers.newest.{number}.name")
            caption.setAlignment(Qt.AlignmentFlag.AlignCenter)
            caption.setFixedWidth(_PICTURE_SIDE)
            tile = QVBoxLayout()
            tile.addWidget(picture)
            tile.addWidget(caption)
            self._row.addLayout(tile)
            self._tiles.append((picture, caption))
        self._row.addStretch(1)

    def show_pictures(self, pictures: tuple[LabelPicture, ...]) -> None:
        """Show the newest labels."""
        self.setVisible(bool(pictures))
        if pictures == self._shown:
            return
        self._shown = pictures
        for number, (label, caption) in enumerate(self._tiles):
            has = number < len(pictures)
            label.setVisible(has)
            caption.setVisible(has)
            if has:
                caption.show_text(pictures[number].name)
                self._pictures.show_file_in(label, Path(pictures[number].path))
