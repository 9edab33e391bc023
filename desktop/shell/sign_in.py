"""The names of desk and clerk: what Settings say holds at once in everything that is written from then on."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from desktop.bridge.tasks import Lane, Tasks
from desktop.errors import error_phrase
from desktop.settings import DeskSettings
from desktop.texts import Phrase

if TYPE_CHECKING:
    # What it names of other pages is not needed for the first one.
    from desktop.shell.ports import DeskNames


class SignIn(QObject):
    """Hands changed names to the program behind, in the lane of acts: no scan falls between two names."""

    def __init__(
        self,
        settings: DeskSettings,
        desks: "DeskNames",
        tasks: Tasks,
        tell: Callable[[str, Phrase], None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self._desks = desks
        self._tasks = tasks
        self._tell = tell
        self._name = self._wanted = desks.name
        settings.put("desk_name", self._name)
        settings.listen(self._on_setting)

    def _on_setting(self, name: str) -> None:
        value = self._settings.text(name) if name in {"desk_name", "clerk"} else ""
        if name == "clerk":
            self._tasks.submit(lambda: self._desks.sign_in(value), lambda _none: None, owner=self, lane=Lane.ACTS)
        elif name == "desk_name" and value != self._wanted:
            self._wanted = value
            self._tasks.submit(
                lambda: self._desks.rename(value), self._on_renamed, self._on_refused, owner=self, lane=Lane.ACTS
            )

    def _on_renamed(self, name: str) -> None:
        self._name = name

    def _on_refused(self, error: Exception) -> None:
        self._wanted = self._name
        self._settings.put("desk_name", self._name)
        self._tell("stop", error_phrase(error))
