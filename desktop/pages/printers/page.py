"""The printer page: one card a printer, its state in words, and what the virtual printer made."""

from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from core.access.rights import Right
from core.waybills.label_size import SIZES, LabelSize
from desktop.pages.printers.finds import FindsCard
from desktop.pages.printers.form import KINDS, PrinterForm
from desktop.pages.printers.ports import LabelPicture, PrinterView
from desktop.pages.printers.presenter import ANY, PrintersPresenter, printer_tone, printer_words
from desktop.texts import Phrase
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton, EmptyState, StatePill
from desktop.widgets.fields import ChoiceBox
from desktop.widgets.labels import ElidedLabel, PictureLabel, PlainLabel
from desktop.widgets.layouts import empty
from desktop.widgets.page import PageWidget
from desktop.widgets.pictures import PictureBook

_LOOK_MS = 3000
_PICTURE_SIDE = 300


class PrintersPage(PageWidget):
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
        find = ActionButton(ui, "printers.search", presenter.search, icon="search", key="F3", name="printers.search")
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(title)
        head.addStretch(1)
        head.addWidget(find)
        head.addWidget(add)
        self._finds = FindsCard(ui, presenter)
        self._form = PrinterForm(ui, presenter)
        self._rows = QVBoxLayout()
        self._rows.setSpacing(8)
        self._empty = EmptyState(ui, "printer", "printers.empty", "printers.empty")
        self._sizes = _SizesCard(ui, presenter)
        self._gallery = _Gallery(ui, pictures)
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(16, 14, 16, 12)
        column.setSpacing(12)
        column.addLayout(head)
        column.addWidget(self._finds)
        column.addWidget(self._form)
        column.addLayout(self._rows)
        column.addWidget(self._empty, 1)
        column.addWidget(self._sizes)
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
        """F5 looks again, F3 searches."""
        if key == Qt.Key.Key_F3:
            self._presenter.search()
        elif key == Qt.Key.Key_F5:
            self._presenter.look()
        else:
            return False
        return True

    def handle_changed(self) -> None:
        """Jobs may have moved."""
        self._presenter.look()

    def handle_back(self) -> bool:
        """Esc closes the form, else the list of a search."""
        if self._presenter.screen.editing is not None:
            self._presenter.edit(None)
            return True
        return self._presenter.end_search()

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
        self._finds.show_search(screen)
        self._sizes.show_sizes(screen.sizes)
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
        self._calibrate = self._button(ui, "printers.calibrate", presenter.calibrate, "calibrate")
        test = self._button(ui, "printers.test", presenter.print_test, "test")
        edit = self._button(ui, "printers.edit", lambda view: presenter.edit(view.key), "edit")
        for button in (self._make_default, self._move, test, self._calibrate, edit, self._remove):
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
        self._address.say_phrase(_where(view))
        if view.reason and not view.reason.startswith("printer."):
            reason = Phrase(f"error.{view.reason}", otherwise=view.reason)
            self._state.show_state("stop", "printers.waits_because", words=printer_words(view), reason=reason)
        else:
            self._state.show_state(printer_tone(view), "packing.printer", words=printer_words(view))
        self._default.setVisible(view.is_default)
        self._default.show_state("good", "printers.is_default")
        self._make_default.setVisible(not view.is_default)
        self._calibrate.setVisible(view.can_calibrate)
        self._move.setVisible(bool(view.waiting) and not view.is_default)
        self._remove.setVisible(not (is_only or view.is_fixed))
        self._waiting.setVisible(bool(view.waiting))
        self._waiting.say("printers.waiting", n=view.waiting)


def _where(view: PrinterView) -> Phrase:
    """Where a printer is, in words instead of an address with its scheme."""
    kind = next((kind for kind, scheme in KINDS.items() if view.address.startswith(scheme)), "")
    size = Phrase(f"printers.field.size.{view.size}", otherwise=f"{view.size} mm")
    word = Phrase(f"printers.kind.{kind}") if kind else ""
    facts = {"kind": word, "place": view.address.removeprefix(KINDS.get(kind, "")), "size": size}
    return Phrase("printers.where", facts)


class _SizesCard(QFrame):
    """Which paper each carrier's labels want: with two printers, each label comes out of the right one."""

    def __init__(self, ui: Ui, presenter: PrintersPresenter) -> None:
        super().__init__()
        self._ui = ui
        self._presenter = presenter
        self._shown: tuple[LabelSize, ...] = ()
        self.setObjectName("printers.sizes")
        self.setProperty("look", "card")
        title = PlainLabel(ui, "heading")
        title.say("printers.sizes")
        hint = PlainLabel(ui, "secondary", wraps=True)
        hint.say("printers.sizes.hint")
        self._rows = QVBoxLayout()
        self._rows.setSpacing(6)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 14)
        column.setSpacing(8)
        for widget in (title, hint):
            column.addWidget(widget)
        column.addLayout(self._rows)
        ui.entitled.connect(self._on_entitled)
        self.hide()

    def show_sizes(self, sizes: tuple[LabelSize, ...]) -> None:
        """Show every carrier."""
        self.setVisible(bool(sizes))
        if sizes == self._shown:
            return
        self._shown = sizes
        empty(self._rows)
        for wanted in sizes:
            self._rows.addWidget(self._row(wanted))
        self._on_entitled()

    def _row(self, wanted: LabelSize) -> QWidget:
        name = PlainLabel(self._ui)
        name.show_text(wanted.carrier_name)
        box = ChoiceBox(
            self._ui,
            "printers.size",
            tuple(size or ANY for size in SIZES),
            f"printers.size.{wanted.carrier_code}",
        )
        box.choose(wanted.size or ANY)
        box.setMinimumWidth(self._ui.scaled(220))
        box.picked.connect(lambda size: self._presenter.set_size(wanted, "" if size == ANY else size))
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(name, 1)
        row.addWidget(box)
        return line

    @Slot()
    def _on_entitled(self) -> None:
        for box in self.findChildren(ChoiceBox):
            box.setEnabled(self._ui.may(Right.CHANGE_SETTINGS))


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
