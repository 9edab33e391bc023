"""The panel of the printer: what was found, the question after the test label, and what to check."""

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from desktop.pages.printers.finds import show_guess
from desktop.pages.printers.ports import FindView, PrinterView
from desktop.pages.welcome.printer_step import LANGUAGES, SIZES, PrinterScreen, PrinterStep, Stage
from desktop.pages.welcome.word_panels import Panel, card, show_trouble, trouble_label
from desktop.texts import Phrase
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton, StatePill
from desktop.widgets.fields import ChoiceBox
from desktop.widgets.labels import ElidedLabel, PlainLabel

_PROGRESS_MS = 150
_MOST_ROWS = 5
_CHECKS = ("paper", "size", "language", "dark")


class PrinterPanel(Panel):
    """One of two cards: the list to choose from, or the printer that is tried."""

    def __init__(self, ui: Ui, presenter: PrinterStep) -> None:
        super().__init__("printer")
        self._ui = ui
        self._presenter = presenter
        self._stage: Stage | None = None
        self._list = _ListCard(ui, presenter)
        self._trial = _TrialCard(ui, presenter)
        self._trouble = trouble_label(ui, "printer")
        for widget in (self._list, self._trial, self._trouble):
            self.column.addWidget(widget)
        presenter.on_screen = self.show_screen

    def first(self) -> QWidget:
        """What the stage is about."""
        stage = self._presenter.screen.stage
        return self._list.first() if stage is Stage.CHOOSE else self._trial.first(stage)

    def show_screen(self) -> None:
        """Show the card of the stage; the keyboard goes along when it changes."""
        screen = self._presenter.screen
        is_list = screen.stage is Stage.CHOOSE
        self._list.setVisible(is_list)
        self._trial.setVisible(not is_list)
        had_focus = self.isVisible() and (self.focusWidget() is None or self.isAncestorOf(self.focusWidget()))
        if is_list:
            self._list.show_list(screen)
        else:
            self._trial.show_trial(screen)
        show_trouble(self._trouble, screen.trouble)
        if self._stage is not screen.stage:
            self._stage = screen.stage
            if had_focus:
                self.first().setFocus()


class _ListCard(QFrame):
    """Printers that are there, the search, and the way on without any."""

    def __init__(self, ui: Ui, presenter: PrinterStep) -> None:
        super().__init__()
        self._ui = ui
        self._presenter = presenter
        self._rows: list[_Row] = []
        self.setProperty("look", "card")
        self._words = PlainLabel(ui, "secondary", wraps=True, name="welcome.printer.words")
        self._again = ActionButton(
            ui, "welcome.printer.search", presenter.search, icon="refresh-cw", name="welcome.printer.search"
        )
        self._network = ActionButton(
            ui,
            "printers.find_network",
            lambda: presenter.search(with_network=True),
            icon="monitor",
            name="welcome.printer.network",
        )
        self._virtual = ActionButton(
            ui, "welcome.printer.virtual", presenter.take_virtual, icon="image", name="welcome.printer.virtual"
        )
        more = PlainLabel(ui, "secondary", wraps=True)
        more.say("welcome.printer.virtual.more")
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 14)
        column.setSpacing(10)
        column.addWidget(self._words)
        self._finds = QVBoxLayout()
        self._finds.setSpacing(8)
        column.addLayout(self._finds)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        for button in (self._again, self._network, self._virtual):
            buttons.addWidget(button)
        buttons.addStretch(1)
        column.addLayout(buttons)
        column.addWidget(more)
        self._timer = QTimer(self)
        self._timer.setInterval(_PROGRESS_MS)
        self._timer.timeout.connect(self._on_tick)

    def first(self) -> QWidget:
        """The first printer, or the way on without one."""
        shown = [row for row in self._rows if not row.isHidden()]
        return shown[0].button if shown else self._virtual

    def show_list(self, screen: PrinterScreen) -> None:
        """Printers of this desk first, then what was found."""
        finds = screen.finds
        entries: list[PrinterView | FindView] = []
        entries += screen.known
        entries += finds
        del entries[_MOST_ROWS:]
        had_rows = any(not row.isHidden() for row in self._rows)
        while len(self._rows) < len(entries):
            row = _Row(self._ui, self._presenter, f"welcome.printer.row.{len(self._rows)}")
            self._rows.append(row)
            self._finds.addWidget(row)
        for place, row in enumerate(self._rows):
            row.setVisible(place < len(entries))
            if place < len(entries):
                row.show_entry(entries[place])
        if entries and not had_rows and self._virtual.hasFocus():
            # One key tries the first one: the keyboard waited where there was something to press.
            self.first().setFocus()
        for button in (self._again, self._network):
            button.setEnabled(not screen.is_searching)
        if screen.is_searching:
            self._timer.start()
            self._on_tick()
            return
        self._timer.stop()
        problem = next(iter(screen.found.problems), "") if screen.found is not None else ""
        if problem:
            self._words.say("printers.finds.problem", n=len(finds), problem=Phrase(f"error.{problem}"))
        elif entries:
            self._words.say("welcome.printer.some", n=len(entries))
        else:
            self._words.say("welcome.printer.none")

    @Slot()
    def _on_tick(self) -> None:
        done, total = self._presenter.progress()
        if total:
            self._words.say("printers.finds.network", done=done, total=total)
        else:
            self._words.say("printers.finds.looking")


class _Row(QWidget):
    """One printer: its name, how it is reached, and the button that tries it."""

    def __init__(self, ui: Ui, presenter: PrinterStep, name: str) -> None:
        super().__init__()
        self._presenter = presenter
        self._entry: PrinterView | FindView | None = None
        self.setObjectName(name)
        self._name = ElidedLabel(ui, name=f"{name}.name")
        self._where = ElidedLabel(ui, "secondary", name=f"{name}.where")
        self._guess = StatePill(ui, name=f"{name}.guess")
        self.button = ActionButton(ui, "welcome.printer.try", self._on_try, icon="printer", name=f"{name}.try")
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self._name)
        words.addWidget(self._where)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addLayout(words, 1)
        row.addWidget(self._guess)
        row.addWidget(self.button)

    def show_entry(self, entry: PrinterView | FindView) -> None:
        """A printer of this desk, or one that was found."""
        self._entry = entry
        if entry.name:
            self._name.show_text(entry.name)
        else:
            self._name.say("printers.find.nameless")
        kind = entry.kind if isinstance(entry, FindView) else entry.address.partition(":")[0]
        self._where.say("printers.find.where", kind=Phrase(f"printers.kind.{kind}"), address=entry.address)
        self._guess.setVisible(isinstance(entry, FindView))
        if isinstance(entry, FindView):
            show_guess(self._guess, entry)

    def _on_try(self) -> None:
        if isinstance(self._entry, FindView):
            self._presenter.take_find(self._entry)
        elif self._entry is not None:
            self._presenter.take_known(self._entry)


class _TrialCard(QFrame):
    """The test label is on its way; did it come out well?"""

    def __init__(self, ui: Ui, presenter: PrinterStep) -> None:
        super().__init__()
        self._presenter = presenter
        self.setProperty("look", "card")
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._title = PlainLabel(ui, "heading", wraps=True, name="welcome.printer.question")
        self._more = PlainLabel(ui, "secondary", wraps=True, name="welcome.printer.more")
        self._yes = ActionButton(
            ui, "welcome.printer.yes", presenter.came_well, look="main", icon="check", name="welcome.printer.yes"
        )
        self._no = ActionButton(ui, "welcome.printer.no", presenter.came_badly, icon="x", name="welcome.printer.no")
        self._checks, checks = card()
        self._checks.setProperty("look", "plain")
        checks.setContentsMargins(0, 0, 0, 0)
        for check in _CHECKS:
            line = PlainLabel(ui, "body", wraps=True)
            line.say(f"welcome.printer.check.{check}")
            checks.addWidget(line)
        self._size = ChoiceBox(ui, "printers.field.size", SIZES, "welcome.printer.size")
        self._language = ChoiceBox(ui, "printers.field.language", LANGUAGES, "welcome.printer.language")
        settings = QHBoxLayout()
        settings.setSpacing(8)
        for code, box in (("printers.field.size", self._size), ("printers.field.language", self._language)):
            label = PlainLabel(ui, "secondary")
            label.say(code)
            box.setMinimumWidth(ui.scaled(150))
            settings.addWidget(label)
            settings.addWidget(box)
        settings.addStretch(1)
        checks.addLayout(settings)
        self._again = ActionButton(
            ui, "welcome.printer.again", self._on_again, look="main", icon="printer", name="welcome.printer.again"
        )
        self._other = ActionButton(
            ui, "welcome.printer.other", presenter.choose_another, icon="undo-2", name="welcome.printer.other"
        )
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        for button in (self._yes, self._no, self._again, self._other):
            buttons.addWidget(button)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 16)
        column.setSpacing(10)
        for widget in (self._title, self._more, self._checks):
            column.addWidget(widget)
        column.addLayout(buttons)

    def first(self, stage: Stage) -> QWidget:
        """Yes comes first; after a no, printing again. Where there is nothing to press, Enter goes on from here."""
        return {Stage.ASKED: self._yes, Stage.CHECKS: self._again}.get(stage, self)

    def show_trial(self, screen: PrinterScreen) -> None:
        """The stage's words and buttons."""
        stage, view = screen.stage, screen.tried
        name = view.name if view is not None else ""
        is_virtual = view is not None and view.is_fixed
        code = "virtual_set" if stage is Stage.GOOD and is_virtual else stage.value
        self._title.say(f"welcome.printer.{code}", name=name)
        self._more.say(f"welcome.printer.{code}.more", name=name)
        self._yes.setVisible(stage is Stage.ASKED)
        self._no.setVisible(stage is Stage.ASKED)
        self._checks.setVisible(stage is Stage.CHECKS)
        self._again.setVisible(stage is Stage.CHECKS)
        self._other.setVisible(stage is not Stage.PRINTING)
        if stage is Stage.ASKED and view is not None:
            self._size.choose(view.size)
            self._language.choose(str(view.settings.get("language", LANGUAGES[0])))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  Qt's name
        """Y and N answer, as the buttons say."""
        answer = {Qt.Key.Key_Y: self._presenter.came_well, Qt.Key.Key_N: self._presenter.came_badly}
        if self._presenter.screen.stage is Stage.ASKED and event.key() in answer:
            answer[Qt.Key(event.key())]()
            return
        super().keyPressEvent(event)

    def _on_again(self) -> None:
        self._presenter.again(self._size.value(), self._language.value())
