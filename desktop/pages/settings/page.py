"""The settings page, made from the declarations: a row for each setting, by its type."""

from collections.abc import Callable
from functools import partial
from itertools import groupby
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from desktop.bridge.screens import Tell
from desktop.bridge.tasks import Tasks
from desktop.errors import error_phrase
from desktop.pages.settings.practice import PracticeCard, PracticeDesk
from desktop.pages.settings.scale import ScaleOfDesk, ScaleTrial
from desktop.settings import SETTINGS, Setting
from desktop.texts import Phrase
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton
from desktop.widgets.fields import ChoiceBox, Field, NumberBox, TickBox
from desktop.widgets.labels import PlainLabel


class SettingsPage(QWidget):
    """Each change holds at once and can be taken back in the message bar."""

    def __init__(
        self,
        ui: Ui,
        tasks: Tasks,
        tell: Tell,
        play: Callable[[str], None],
        folder: Path,
        practice: PracticeDesk | None = None,
        scale: ScaleOfDesk | None = None,
        set_up_again: Callable[[], None] | None = None,
        open_desks: Callable[[], None] | None = None,
    ) -> None:
        super().__init__()
        self._ui = ui
        self._tasks = tasks
        self._tell = tell
        self._folder = folder
        self._is_filling = False
        self._fillers: list[Callable[[], None]] = []
        self.setObjectName("settings")
        title = PlainLabel(ui, "title")
        title.say("page.settings")
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(16, 14, 16, 12)
        column.setSpacing(12)
        column.addWidget(title)
        cards = [self._group(name, list(rows), play) for name, rows in groupby(SETTINGS, key=lambda row: row.group)]
        cards.append(self._sheet())
        if scale is not None:
            cards.append(ScaleTrial(ui, tasks, scale, partial(self._put, "scale_port")))
        columns = QHBoxLayout()
        columns.setSpacing(12)
        more: list[QFrame] = [] if set_up_again is None else [self._again(set_up_again)]
        more += [] if open_desks is None else [self._desks(open_desks)]
        more += [] if practice is None else [PracticeCard(ui, tasks, tell, practice)]
        for side in (cards[0::2], [*cards[1::2], *more]):
            stack = QVBoxLayout()
            stack.setSpacing(12)
            for card in side:
                stack.addWidget(card)
            stack.addStretch(1)
            columns.addLayout(stack, 1)
        column.addLayout(columns)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(holder)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scroll)
        ui.settings.listen(self._on_setting)
        self._fill()

    def handle_scan(self, raw: str) -> None:
        """Scans mean nothing here; the shell sends them where they belong."""

    def handle_command(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:  # noqa: ARG002  one shape for all
        """No keys of its own."""
        return False

    def handle_changed(self) -> None:
        """Records do not show here."""

    def _group(self, name: str, settings: list[Setting], play: Callable[[str], None]) -> QFrame:
        card = QFrame()
        card.setProperty("look", "card")
        grid = QGridLayout(card)
        grid.setContentsMargins(16, 12, 16, 14)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(0, 1)
        head = PlainLabel(self._ui, "heading")
        head.say(f"setting.group.{name}")
        grid.addWidget(head, 0, 0, 1, 2)
        for row, setting in enumerate(settings, 1):
            label = PlainLabel(self._ui, wraps=True)
            label.say(f"setting.{setting.name}")
            grid.addWidget(label, row, 0)
            editor = self._editor(setting)
            editor.setFixedWidth(self._ui.scaled(220))
            grid.addWidget(editor, row, 1)
        if name == "sound":
            grid.addLayout(self._tones(play), len(settings) + 1, 0, 1, 2)
        return card

    def _tones(self, play: Callable[[str], None]) -> QHBoxLayout:
        """Each tone at a press, so that a clerk knows them before the first parcel."""
        row = QHBoxLayout()
        row.setSpacing(6)
        listen = PlainLabel(self._ui)
        listen.say("settings.sounds")
        row.addWidget(listen, 1)
        for tone in ("unit", "line", "complete", "shipped", "wrong"):
            row.addWidget(ActionButton(self._ui, f"sound.{tone}", partial(play, tone), name=f"settings.sound.{tone}"))
        return row

    def _editor(self, setting: Setting) -> QWidget:
        name, values = setting.name, self._ui.settings
        object_name = f"settings.{name}"
        if isinstance(setting.default, bool):
            tick = TickBox(self._ui, "settings.on", object_name)
            tick.toggled.connect(lambda is_on: self._put(name, bool(is_on)))
            self._fillers.append(lambda: tick.setChecked(values.flag(name)))
            return tick
        if isinstance(setting.default, int):
            number = NumberBox(setting.lowest, setting.highest, object_name)
            number.editingFinished.connect(lambda: self._put(name, number.value()))
            self._fillers.append(lambda: number.setValue(values.number(name)))
            return number
        if setting.choices:
            choice = ChoiceBox(self._ui, f"setting.{name}", setting.choices, object_name)
            choice.picked.connect(lambda value: self._put(name, str(value)))
            self._fillers.append(lambda: choice.choose(values.text(name)))
            return choice
        field = Field(self._ui, f"setting.{name}", object_name, limit=setting.longest)
        field.editingFinished.connect(lambda: self._put(name, field.text().strip()))
        self._fillers.append(lambda: field.setText(values.text(name)))
        return field

    def _sheet(self) -> QFrame:
        save = ActionButton(
            self._ui, "settings.sheet.save", self._save_sheet, icon="file-text", name="settings.sheet"
        )
        return self._act("settings.sheet", save)

    def _again(self, set_up_again: Callable[[], None]) -> QFrame:
        button = ActionButton(self._ui, "settings.again.open", set_up_again, icon="play", name="settings.again")
        return self._act("settings.again", button)

    def _desks(self, open_desks: Callable[[], None]) -> QFrame:
        button = ActionButton(self._ui, "settings.desks.open", open_desks, icon="monitor", name="settings.desks")
        return self._act("settings.desks", button)

    def _act(self, code: str, button: ActionButton) -> QFrame:
        """A card with one thing to do, and why somebody might."""
        card = QFrame()
        card.setProperty("look", "card")
        column = QVBoxLayout(card)
        column.setContentsMargins(16, 12, 16, 14)
        column.setSpacing(8)
        head = PlainLabel(self._ui, "heading")
        head.say(code)
        text = PlainLabel(self._ui, "secondary", wraps=True)
        text.say(f"{code}.hint")
        for widget in (head, text, button):
            column.addWidget(widget)
        return card

    def _save_sheet(self) -> None:
        path = self._folder / "packdesk-commands.pdf"
        texts, font = self._ui.texts, self.font()

        def write() -> Path:
            from desktop.pages.settings.sheet import write_sheet

            write_sheet(path, texts, font)
            return path

        self._tasks.submit(
            write,
            lambda done: self._tell("good", Phrase("settings.sheet.saved", {"path": str(done)}), None),
            lambda error: self._tell("stop", error_phrase(error), None),
            owner=self,
        )

    def _put(self, name: str, value: str | int | bool) -> None:
        before = self._ui.settings.value(name)
        if self._is_filling or value == before:
            return
        self._ui.settings.put(name, value)
        self._tell(
            "good",
            Phrase("settings.saved", {"name": Phrase(f"setting.{name}")}),
            lambda: self._ui.settings.put(name, before),
        )

    def _on_setting(self, _name: str) -> None:
        self._fill()

    def _fill(self) -> None:
        self._is_filling = True
        try:
            for filler in self._fillers:
                filler()
        finally:
            self._is_filling = False
