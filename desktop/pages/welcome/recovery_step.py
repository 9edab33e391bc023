"""The step of the recovery code: shown, explained, and typed once by whoever has written it down."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from desktop.bridge.screens import ScreenPresenter, Tell
from desktop.bridge.tasks import Lane, Tasks
from desktop.errors import error_phrase
from desktop.pages.welcome.desk_steps import NOTHING_YET
from desktop.pages.welcome.ports import WelcomeDesk
from desktop.texts import Phrase

#: puts the code into a file somebody chose
WriteSheet = Callable[[Path, str], None]


@dataclass(frozen=True, slots=True)
class RecoveryScreen:
    """What the step shows; no text of this object shows the code.

    Attributes:
        is_confirmed: its owner has proved to have it.
        armed: `copy` or `save` after the first press: the warning stands, a second press does it.
        good: what was done last, empty for nothing.
    """

    code: str = field(default="", repr=False)
    is_confirmed: bool = False
    is_checking: bool = False
    armed: str = ""
    trouble: Phrase | None = None
    good: Phrase | None = None


class RecoveryStep(ScreenPresenter[RecoveryScreen]):
    """Asks for the code once: each asking makes another one."""

    def __init__(self, desk: WelcomeDesk, tasks: Tasks, tell: Tell, write_sheet: WriteSheet) -> None:
        super().__init__(RecoveryScreen(), tell)
        self._desk = desk
        self._tasks = tasks
        self._write_sheet = write_sheet
        self._is_asking = False
        self._typed = ""

    def enter(self) -> None:
        """Show the code."""
        if not (self._screen.code or self._screen.is_confirmed or self._is_asking):
            self._is_asking = True
            self._tasks.submit(self._desk.recovery_code, self._on_code, self._not_given, owner=self)

    def _on_code(self, code: str | None) -> None:
        self._is_asking = False
        self._show(code=code or "", is_confirmed=code is None)

    def _not_given(self, error: Exception) -> None:
        self._is_asking = False
        self._show(trouble=error_phrase(error))

    def type(self, text: str) -> None:
        """What was typed from the paper."""
        self._typed = text

    def arm(self, what: str) -> bool:
        """A button that lets the code out of this window was pressed; whether it was the second time."""
        if self._screen.armed == what:
            self._show(armed="")
            return True
        self._show(armed=what, good=None)
        return False

    def copied(self) -> None:
        """The code lies in the clipboard."""
        self._show(good=Phrase("welcome.recovery.copied"))

    def save(self, path: Path) -> None:
        """Write the sheet into a file that somebody chose."""
        code = self._screen.code
        self._tasks.submit(
            lambda: self._write_sheet(path, code),
            lambda _none: self._show(good=Phrase("welcome.recovery.saved", {"path": str(path)})),
            self._refused,
            owner=self,
        )

    def finish(self, on_done: Callable[[], None]) -> None:
        """Check what was typed."""
        screen = self._screen
        if screen.is_checking:
            return
        if screen.is_confirmed:
            on_done()
            return
        typed = self._typed
        if not typed.strip():
            self._show(trouble=Phrase("welcome.recovery.type_first") if screen.code else NOTHING_YET)
            return
        self._show(is_checking=True, trouble=None)

        def right(_none: None) -> None:
            self._typed = ""
            self._show(is_checking=False, is_confirmed=True, code="")
            on_done()

        self._tasks.submit(
            lambda: self._desk.confirm_recovery_code(typed), right, self._refused, owner=self, lane=Lane.READS
        )

    def _refused(self, error: Exception) -> None:
        self._show(is_checking=False, trouble=error_phrase(error))

    def leave(self) -> None:
        """Nothing stays armed."""
        self._typed = ""
        self._show(armed="", trouble=None, good=None)
