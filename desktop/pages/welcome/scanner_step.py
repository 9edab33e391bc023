"""The step of the scanner: any barcode is scanned, and the desk sets itself up for what it saw."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from desktop.bridge.screens import ScreenPresenter, Tell
from desktop.pages.welcome.desk_steps import NOTHING_YET
from desktop.scan_parser import Stroke
from desktop.scan_trial import QUIET_MS, Tape, Trial
from desktop.settings import DeskSettings
from desktop.texts import Phrase


@dataclass(frozen=True, slots=True)
class ScannerScreen:
    """The newest try, and whether the desk is set up for a scanner."""

    trial: Trial | None = None
    is_set: bool = False
    trouble: Phrase | None = None


class ScannerStep(ScreenPresenter[ScannerScreen]):
    """Judges each try; one that works sets gap and terminator."""

    def __init__(
        self, settings: DeskSettings, tell: Tell, now_ms: Callable[[], float] = lambda: time.monotonic() * 1000
    ) -> None:
        super().__init__(ScannerScreen(), tell)
        self._settings = settings
        self._tape = Tape()
        self._now_ms = now_ms
        self._ended_ms = -1e12
        #: hands every key of the window to `put`, or to nobody
        self.on_listen: Callable[[bool], None] = lambda _listens: None

    def enter(self) -> None:
        """Listen to the keys."""
        self._tape = Tape()
        self.on_listen(True)

    def put(self, stroke: Stroke) -> None:
        """One key came."""
        self._take(self._tape.put(stroke))

    def quiet(self) -> None:
        """No key has come for a while."""
        self._take(self._tape.quiet())

    def is_scanning(self) -> bool:
        """Whether an Enter or Tab that comes now is a scanner's, and none of the clerk's."""
        return self._tape.is_open or 0 <= self._now_ms() - self._ended_ms <= QUIET_MS

    def finish(self, on_done: Callable[[], None]) -> None:
        """Only a scanner that was understood is one."""
        if self._screen.is_set:
            on_done()
        else:
            self._show(trouble=NOTHING_YET)

    def leave(self) -> None:
        """Nobody listens any more."""
        self.on_listen(False)
        self._show(trouble=None)

    def _take(self, trial: Trial | None) -> None:
        if trial is None:
            return
        self._ended_ms = self._now_ms()
        if trial.works:
            self._settings.put("scanner_gap_ms", trial.gap_ms)
            self._settings.put("scanner_terminator", trial.ends)
        self._show(trial=trial, is_set=self._screen.is_set or trial.works, trouble=None)
