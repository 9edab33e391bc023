"""What a search for printers found: one row each, taken with one key."""

from collections.abc import Callable

from PySide6.QtCore import QTimer, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from desktop.pages.printers.ports import FindView
from desktop.pages.printers.presenter import PrintersPresenter, PrintersScreen
from desktop.texts import Phrase
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton, StatePill
from desktop.widgets.labels import ElidedLabel, PlainLabel

_PROGRESS_MS = 150


class FindsCard(QFrame):
    """Shown while a search runs and until its list is put away."""

    def __init__(self, ui: Ui, presenter: PrintersPresenter) -> None:
        super().__init__()
        self._ui = ui
        self._presenter = presenter
        self._rows: list[_FindRow] = []
        self._was_searching = False
        self.setObjectName("printers.finds")
        self.setProperty("look", "card")
        title = PlainLabel(ui, "heading")
        title.say("printers.finds")
        self._words = PlainLabel(ui, "secondary", wraps=True, name="printers.finds.words")
        self._network = ActionButton(
            ui, "printers.find_network", lambda: presenter.search(with_network=True), name="printers.finds.network"
        )
        self._cancel = ActionButton(
            ui, "action.cancel", presenter.end_search, key="Esc", name="printers.finds.cancel"
        )
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(title)
        head.addStretch(1)
        head.addWidget(self._network)
        head.addWidget(self._cancel)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(16, 12, 12, 12)
        self._column.setSpacing(8)
        self._column.addLayout(head)
        self._column.addWidget(self._words)
        self._timer = QTimer(self)
        self._timer.setInterval(_PROGRESS_MS)
        self._timer.timeout.connect(self._on_tick)

    def show_search(self, screen: PrintersScreen) -> None:
        """Show how far the search is, or what it found."""
        found = screen.found
        self.setVisible(screen.is_searching or found is not None)
        self._network.setVisible(not screen.is_searching)
        finds = found.finds if found is not None else ()
        while len(self._rows) < len(finds):
            row = _FindRow(self._ui, self._presenter.add_find, f"printers.find.{len(self._rows)}")
            self._rows.append(row)
            self._column.addWidget(row)
        for row, find in zip(self._rows, finds, strict=False):
            row.show_find(find)
            row.show()
        for row in self._rows[len(finds) :]:
            row.hide()
        if screen.is_searching:
            self._timer.start()
            self._on_tick()
        else:
            self._timer.stop()
            self._say_end(screen)
        if self._was_searching and not screen.is_searching and found is not None:
            # One key takes the first one: the focus waits on its button.
            (self._rows[0].add if finds else self._network).setFocus()
        self._was_searching = screen.is_searching

    def _say_end(self, screen: PrintersScreen) -> None:
        found = screen.found
        if found is None:
            return
        problem = next(iter(found.problems), "")
        if problem:
            self._words.say("printers.finds.problem", n=len(found.finds), problem=Phrase(f"error.{problem}"))
        elif not found.finds:
            self._words.say("printers.finds.none")
        else:
            self._words.say("printers.finds.some", n=len(found.finds))

    @Slot()
    def _on_tick(self) -> None:
        done, total = self._presenter.progress()
        if total:
            self._words.say("printers.finds.network", done=done, total=total)
        else:
            self._words.say("printers.finds.looking")


class _FindRow(QWidget):
    def __init__(self, ui: Ui, add: Callable[[FindView], None], name: str) -> None:
        super().__init__()
        self._find: FindView | None = None
        self.setObjectName(name)
        self._name = ElidedLabel(ui, name=f"{name}.name")
        self._where = ElidedLabel(ui, "secondary", name=f"{name}.where")
        self._guess = StatePill(ui, name=f"{name}.guess")
        self.add = ActionButton(ui, "printers.find.add", lambda: self._on_add(add), icon="plus", name=f"{name}.add")
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self._name)
        words.addWidget(self._where)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addLayout(words, 1)
        row.addWidget(self._guess)
        row.addWidget(self.add)

    def show_find(self, find: FindView) -> None:
        """Show one printer: its name, how it is reached, what it probably speaks and how sure that is."""
        self._find = find
        if find.name:
            self._name.show_text(find.name)
        else:
            self._name.say("printers.find.nameless")
        self._where.say("printers.find.where", kind=Phrase(f"printers.kind.{find.kind}"), address=find.address)
        show_guess(self._guess, find)

    def _on_add(self, add: Callable[[FindView], None]) -> None:
        if self._find is not None:
            add(self._find)


def show_guess(pill: StatePill, find: FindView) -> None:
    """Say what a printer that was found probably speaks, and how sure that is."""
    language = Phrase(f"printers.field.language.{find.language}") if find.language else ""
    if find.problem:
        pill.show_state("stop", "printers.find.problem", problem=Phrase(f"error.{find.problem}"))
    elif not find.is_certain:
        pill.show_state("notice", "printers.find.perhaps")
    elif find.why == "says":
        pill.show_state("good", "printers.find.says", language=language)
    elif find.why == "maker":
        pill.show_state("busy", "printers.find.maker", language=language)
    else:
        pill.show_state("notice", "printers.find.unknown")
