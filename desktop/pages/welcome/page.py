"""The frame of the first start: a head that says how far it is, one step, and the ways on, back and out."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QFocusEvent, QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from desktop.first_start import Source
from desktop.pages.welcome.presenter import WelcomePresenter
from desktop.pages.welcome.steps import Outcome, Step
from desktop.pages.welcome.word_panels import Panel, card
from desktop.texts import Phrase
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton
from desktop.widgets.labels import IconLabel, PlainLabel, set_look
from desktop.widgets.page import PageWidget

#: wide enough for two columns of fields, narrow enough to be read at a glance
_WIDTH: Final = 920
#: where each step is changed later
_DOORS: Final = {
    Step.LANGUAGE: "settings",
    Step.OWNER: "people",
    Step.SOURCE: "shops",
    Step.PRINTER: "printers",
    Step.SCANNER: "settings",
}
_ICONS: Final = {Outcome.DONE: ("circle-check", "good"), Outcome.SKIPPED: ("circle", "secondary")}
#: keys that would open other pages: nobody is thrown out of the steps by one
_SWALLOWED: Final = range(Qt.Key.Key_F2, Qt.Key.Key_F12 + 1)


class WelcomePage(PageWidget):
    """Shows one panel; Alt+← goes back, Enter on, Alt+S past it, Esc out."""

    def __init__(
        self,
        ui: Ui,
        presenter: WelcomePresenter,
        panels: Mapping[Step, Panel],
        on_leave: Callable[[Step | None], None],
    ) -> None:
        """Make the page.

        Args:
            ui: words and colours.
            presenter: of the frame.
            panels: one for every step but the last.
            on_leave: hears which step goes out of sight, and None before the first comes into it.
        """
        super().__init__()
        self._ui = ui
        self._presenter = presenter
        self._on_leave = on_leave
        self._shown: Step | None = None
        self.setObjectName("welcome")
        self._foot = _Foot(ui, presenter)
        self._ready = ReadyPanel(ui, presenter, self._foot.go_on)
        self._panels: dict[Step, Panel] = {**panels, Step.READY: self._ready}
        self._head = _Head(ui)
        self._title = PlainLabel(ui, "title", wraps=True, name="welcome.title")
        self._why = PlainLabel(ui, "secondary", wraps=True, name="welcome.why")
        middle = QWidget()
        middle.setFixedWidth(ui.scaled(_WIDTH))
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 14, 0, 14)
        column.setSpacing(10)
        column.addWidget(self._title)
        column.addWidget(self._why)
        column.addSpacing(4)
        for panel in self._panels.values():
            panel.hide()
            column.addWidget(panel)
        column.addStretch(1)
        holder = QWidget()
        outer = QHBoxLayout(holder)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addStretch(1)
        outer.addWidget(middle)
        outer.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(holder)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self._head)
        whole.addWidget(scroll, 1)
        whole.addWidget(self._foot)
        presenter.on_screen = self.show_screen
        for panel in panels.values():
            panel.show_screen()

    def begin(self, *, again: bool = False) -> None:
        """Go on where it stands, or from the first step."""
        self._presenter.begin(again=again)

    @Slot()
    def show_screen(self) -> None:
        """Show the open step; the keyboard goes where it begins."""
        screen = self._presenter.screen
        if not screen.steps:
            return
        step = screen.step
        if self._shown is None:
            self._on_leave(None)
        self._head.show_steps(screen.steps, step, screen.outcomes)
        is_ready = step is Step.READY
        code = f"welcome.ready.{screen.source or 'packing'}" if is_ready else f"welcome.{step}"
        self._title.say(code)
        self._why.say(f"{code}.why")
        self._foot.show_step(step, is_first=screen.is_first, source=screen.source)
        if is_ready:
            self._ready.show_screen()
        if step is self._shown:
            return
        if self._shown is not None:
            self._panels[self._shown].hide()
            self._on_leave(self._shown)
        self._shown = step
        panel = self._panels[step]
        panel.show_screen()
        panel.show()
        if self.isVisible():
            self._take_keyboard(panel.first())

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  Qt's name
        """The open step goes on."""
        super().showEvent(event)
        self._presenter.resume()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802  Qt's name
        """Whatever led away: the open step rests, and what nobody else may read is gone."""
        super().hideEvent(event)
        self._presenter.pause()
        self._on_leave(self._shown)

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802  Qt's name
        """Hand the keyboard to where it was in the open step, else to where that begins."""
        super().focusInEvent(event)
        panel = None if self._shown is None else self._panels[self._shown]
        last = None if panel is None else panel.focusWidget()
        self._take_keyboard(last or (self._foot.go_on if panel is None else panel.first()))

    def _take_keyboard(self, widget: QWidget) -> None:
        """Put the keyboard there; where that is not there yet, onto the way on: it must never be lost."""
        (widget if widget.isVisibleTo(self) and widget.isEnabled() else self._foot.go_on).setFocus()

    def handle_scan(self, raw: str) -> None:
        """A code that was read at once; the step of the scanner has seen its keys already."""

    def handle_command(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        """Alt+← and Alt+→, Alt+S; function keys open nothing from here."""
        if modifiers == Qt.KeyboardModifier.AltModifier:
            act = {
                Qt.Key.Key_Left: self._presenter.back,
                Qt.Key.Key_Right: self._presenter.next,
                Qt.Key.Key_S: self._presenter.skip,
            }.get(key)
            if act is not None:
                act()
            return act is not None
        is_new = key == Qt.Key.Key_N and modifiers == Qt.KeyboardModifier.ControlModifier
        return key in _SWALLOWED or is_new

    def handle_changed(self) -> None:
        """Records do not show here."""

    def handle_back(self) -> bool:
        """Esc goes out; it can be gone on with later."""
        self._presenter.later()
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  Qt's name
        """Enter that nobody wanted goes on."""
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and not event.isAutoRepeat():
            self._presenter.next()
        else:
            super().keyPressEvent(event)


class _Head(QFrame):
    """The steps in a row: what came of those behind, which one is open."""

    def __init__(self, ui: Ui) -> None:
        super().__init__()
        self._ui = ui
        self.setObjectName("welcome.head")
        self.setProperty("look", "strip")
        self._marks: dict[Step, tuple[QWidget, IconLabel, PlainLabel]] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(24, 8, 24, 8)
        row.setSpacing(22)
        row.addStretch(1)
        for step in Step:
            holder = QWidget()
            inside = QHBoxLayout(holder)
            inside.setContentsMargins(0, 0, 0, 0)
            inside.setSpacing(6)
            icon = IconLabel(ui, "circle", "secondary", 16)
            word = PlainLabel(ui, "secondary", name=f"welcome.head.{step}")
            word.say(f"welcome.step.{step}")
            inside.addWidget(icon)
            inside.addWidget(word)
            self._marks[step] = (holder, icon, word)
            row.addWidget(holder)
        row.addStretch(1)

    def show_steps(self, steps: tuple[Step, ...], current: Step, outcomes: Mapping[Step, Outcome]) -> None:
        """Mark them."""
        for step, (holder, icon, word) in self._marks.items():
            holder.setVisible(step in steps)
            if step is current:
                icon.change("circle-dot", "accent")
            else:
                icon.change(*_ICONS.get(outcomes.get(step, Outcome.SKIPPED), _ICONS[Outcome.SKIPPED]))
            set_look(word, look="step" if step is current else "secondary")


class _Foot(QFrame):
    """Back and out on the left; what is missing without this step, and the way on, on the right."""

    def __init__(self, ui: Ui, presenter: WelcomePresenter) -> None:
        super().__init__()
        self._ui = ui
        self.setObjectName("welcome.foot")
        self.setProperty("look", "foot")
        self._back = ActionButton(ui, "welcome.back", presenter.back, key="Alt+←", name="welcome.back")
        self._later = ActionButton(ui, "welcome.later", presenter.later, key="Esc", name="welcome.later")
        self._missing = PlainLabel(ui, "secondary", wraps=True, name="welcome.missing")
        self._missing.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._skip = ActionButton(ui, "welcome.skip", presenter.skip, key="Alt+S", name="welcome.skip")
        self._next = ActionButton(ui, "welcome.next", presenter.next, look="main", key="↵", name="welcome.next")
        row = QHBoxLayout(self)
        row.setContentsMargins(24, 10, 24, 12)
        row.setSpacing(10)
        row.addWidget(self._back)
        row.addWidget(self._later)
        row.addWidget(self._missing, 1)
        row.addWidget(self._skip)
        row.addWidget(self._next)

    @property
    def go_on(self) -> QWidget:
        """The button that leads on."""
        return self._next

    def show_step(self, step: Step, *, is_first: bool, source: Source) -> None:
        """The words of this step's buttons."""
        is_ready = step is Step.READY
        self._back.setEnabled(not is_first)
        self._later.setVisible(not is_ready)
        self._skip.setVisible(not is_ready and step is not Step.LANGUAGE)
        self._next.say(f"welcome.start.{source or 'packing'}" if is_ready else "welcome.next")
        if is_ready or step is Step.LANGUAGE:
            self._missing.show_text("")
        else:
            self._missing.say(f"welcome.missing.{step}")


class ReadyPanel(Panel):
    """What is set and what was left out, each with a door."""

    def __init__(self, ui: Ui, presenter: WelcomePresenter, go_on: QWidget) -> None:
        """`go_on` is the button that leads to work."""
        super().__init__("ready")
        self._go_on = go_on
        self._ui = ui
        self._presenter = presenter
        frame, column = card()
        self._rows: dict[Step, tuple[QWidget, IconLabel, PlainLabel, ActionButton]] = {}
        for step in Step:
            if step is not Step.READY:
                self._rows[step] = self._row(step)
                column.addWidget(self._rows[step][0])
        more = PlainLabel(ui, "secondary", wraps=True, name="welcome.ready.more")
        more.say("welcome.ready.more")
        self.column.addWidget(frame)
        self.column.addWidget(more)

    def _row(self, step: Step) -> tuple[QWidget, IconLabel, PlainLabel, ActionButton]:
        holder = QWidget()
        grid = QGridLayout(holder)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        icon = IconLabel(self._ui, "circle", "secondary", 20)
        word = PlainLabel(self._ui, "heading")
        word.say(f"welcome.step.{step}")
        words = PlainLabel(self._ui, "secondary", wraps=True, name=f"welcome.ready.{step}.words")
        door = ActionButton(
            self._ui, "welcome.door", partial(self._open, step), icon="arrow-right", name=f"welcome.door.{step}"
        )
        grid.addWidget(icon, 0, 0, 2, 1)
        grid.addWidget(word, 0, 1)
        grid.addWidget(words, 1, 1)
        grid.addWidget(door, 0, 2, 2, 1)
        grid.setColumnStretch(1, 1)
        return holder, icon, words, door

    def _open(self, step: Step) -> None:
        """To the page where it is changed; what was left out can be done in its step at once."""
        is_done = self._presenter.screen.outcomes.get(step) is Outcome.DONE
        if is_done and step in _DOORS:
            self._presenter.go_through(_DOORS[step])
        else:
            self._presenter.go_to(step)

    def first(self) -> QWidget:
        """The way to work."""
        return self._go_on

    def show_screen(self) -> None:
        """Each step of this run."""
        screen = self._presenter.screen
        for step, (holder, icon, words, door) in self._rows.items():
            holder.setVisible(step in screen.steps)
            outcome = screen.outcomes.get(step, Outcome.SKIPPED)
            icon.change(*_ICONS[outcome])
            if outcome is Outcome.DONE:
                words.say_phrase(Phrase(f"welcome.set.{step}"))
            else:
                words.say(f"welcome.missing.{step}")
            door.say("welcome.door" if outcome is Outcome.DONE else "welcome.door.now")
            door.setVisible(outcome is Outcome.SKIPPED or step in _DOORS)
