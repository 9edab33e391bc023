"""Looking around: print jobs that wait for an answer, what left last, the open waves."""

import logging
from dataclasses import replace
from typing import Final

from core.desk.first_page import FirstLook
from core.runtime.errors import DomainError
from core.waybills.records import PrintJobView
from desktop.bridge.tasks import Tasks
from desktop.pages.packing.board import Board
from desktop.pages.packing.ports import LabelDesk, PackingDesk
from desktop.pages.packing.screen import PackingScreen, idle_sentence

_log = logging.getLogger(__name__)

_UNKNOWN: Final = "unknown"


class Lookout:
    """Reads what moves without the clerk and puts it on the board. A look never waits and is never waited for."""

    def __init__(self, board: Board, packing: PackingDesk, labels: LabelDesk, tasks: Tasks) -> None:
        self._board = board
        self._packing = packing
        self._labels = labels
        self._tasks = tasks

    def look_at_jobs(self) -> None:
        """Is there a label of which nobody knows whether it came out? The open parcel's own is asked first."""
        self._tasks.submit(self._labels.open_jobs, self._on_jobs, self.on_error, owner=self, key="jobs")

    def look_around(self) -> None:
        """What left last, the waves, and what is to be fetched for the one that is looked at."""
        wave_id = self._board.screen.wave_id
        self._tasks.submit(lambda: self._around(wave_id), self._on_around, self.on_error, owner=self, key="around")

    def show_first(self, look: FirstLook) -> None:
        """Show what was read at the start, before anybody has asked."""
        self._on_jobs(look.jobs)
        self._board.show(recent=look.recent, waves=look.waves, picks=look.picks, to_pack=look.to_pack)
        self._board.render()

    def choose_wave(self, step: int) -> None:
        """Look at the wave before (-1) or after (+1) the one that is shown."""
        screen = self._board.screen
        if screen.wave is not None:
            place = screen.waves.index(screen.wave) + step
            self._board.show(wave_id=screen.waves[max(0, min(len(screen.waves) - 1, place))].id)
            self.look_around()

    def on_error(self, error: Exception) -> None:
        """Looking around failed: what is shown stays, the next look tries again."""
        if not isinstance(error, DomainError):
            _log.error("a look at the records failed", exc_info=error)

    def _around(self, wave_id: int | None) -> PackingScreen:
        recent, waves = self._packing.recent(), self._packing.waves()
        to_pack = self._packing.to_pack()
        seen = PackingScreen(
            idle_sentence(""),
            recent=recent,
            waves=waves,
            wave_id=wave_id,
            to_pack=to_pack,
            parked=self._packing.parked(),
        )
        return seen if seen.wave is None else replace(seen, picks=self._packing.pick_list(seen.wave.id))

    def _on_around(self, seen: PackingScreen) -> None:
        self._board.show(
            recent=seen.recent, waves=seen.waves, picks=seen.picks, to_pack=seen.to_pack, parked=seen.parked
        )
        self._board.render()

    def _on_jobs(self, jobs: tuple[PrintJobView, ...]) -> None:
        unknown = [job for job in jobs if job.state == _UNKNOWN]
        parcel = self._board.screen.parcel
        mine = [job for job in unknown if parcel is not None and job.waybill_no == parcel.waybill_no]
        self._board.show(question=next(iter(mine or unknown), None), questions=len(unknown))
