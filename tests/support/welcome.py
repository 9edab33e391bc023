"""A stand-in for what a first start asks of whoever loads the program; where it stands is kept in a real file."""

from dataclasses import dataclass, field
from pathlib import Path

from core.runtime.errors import Refused
from core.waybills.contract import Sender
from desktop.first_start import FirstStart, FirstStartFile, Scope
from desktop.pages.welcome.ports import Standing

CODE = "GTPRH-X909K-VQZN3-H9EJ1-1MG7B-WGHQX-SY2M7-T7C6M"


@dataclass
class FakeWelcome:
    """`folder` holds the file; `fault` is raised by the next act."""

    folder: Path
    is_confirmed: bool = False
    kept_sender: Sender | None = None
    practice: str = "undecided"
    codes_given: int = 0
    fault: Exception | None = None
    file: FirstStartFile = field(init=False)

    def __post_init__(self) -> None:
        self.file = FirstStartFile(self.folder)

    def start(self, scope: Scope = Scope.SHOP) -> None:
        """A first start that nobody has gone on with."""
        self.file.keep(FirstStart(scope))

    def standing(self) -> Standing:
        return Standing(self.file.read(), not self.is_confirmed, has_practice=True)

    def keep(self, state: FirstStart) -> None:
        self.file.keep(state)

    def end(self) -> None:
        self.file.end()

    def recovery_code(self) -> str | None:
        self._fail()
        self.codes_given += 1
        return None if self.is_confirmed else CODE

    def confirm_recovery_code(self, typed: str) -> None:
        if typed.strip().upper() != CODE:
            raise Refused("key.code_wrong", "this is not the code")
        self.is_confirmed = True

    def open_practice(self) -> None:
        self._fail()
        self.practice = "open"

    def leave_practice(self) -> None:
        self.practice = "closed"

    def sender(self) -> Sender | None:
        return self.kept_sender

    def keep_sender(self, sender: Sender) -> None:
        self._fail()
        self.kept_sender = sender

    def _fail(self) -> None:
        fault, self.fault = self.fault, None
        if fault is not None:
            raise fault
