"""The printers of a desk: their settings, their lanes, and which of them gets the labels."""

import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from core.app import Core
from core.db.unit_of_work import Changes
from core.runtime.errors import NotFound, Refused
from core.waybills.label_size import LabelSize
from core.waybills.print_queue import VIRTUAL
from desktop.pages.printers.ports import (
    FindView,
    FoundPrinters,
    LabelPicture,
    PrinterDraft,
    PrinterView,
    Search,
    SlipDraft,
)
from printing.calibration import calibration
from printing.discovery import Find, find_here, find_on_network, neighbours, own_address
from printing.errors import PrintingError
from printing.jobs import Activity, JobNews, JobStore, LaneStatus
from printing.printer import open_printer
from printing.profile import PrinterProfile, profile_from_mapping, profile_to_mapping
from printing.slip import Slip
from printing.spooler import Spooler
from printing.status import PrinterState
from printing.transports.virtual import read_virtual_labels

if TYPE_CHECKING:
    from printing.render import LabelRenderer

_log = logging.getLogger(__name__)

#: settings: the printers of a desk, and the one that gets its labels
PRINTERS = "printers.{desk}"
_CHOSEN = "printer.{desk}"
#: printers that put what they print into files
_KEEP_PICTURES = ("virtual:", "file:")


@dataclass
class Ears:
    """Hears the printer lanes and passes on to whoever listens."""

    on_printer: Callable[[LaneStatus], None] = lambda _status: None
    on_job: Callable[[JobNews], None] = lambda _news: None

    def printer_changed(self, status: LaneStatus) -> None:
        """A lane or its printer changed."""
        self.on_printer(status)

    def job_changed(self, news: JobNews) -> None:
        """A job took a step."""
        self.on_job(news)


class Printers:
    """What the printer page asks (`PrinterDesk`), over the lanes that print."""

    def __init__(self, core: Core, renderer: "LabelRenderer", virtual_folder: Path) -> None:
        self._core = core
        self._renderer = renderer
        self._virtual_folder = virtual_folder
        self.ears = Ears()
        # The lane hands back the very jobs it was given, so that core's own job type fits by shape.
        store = cast("JobStore", core.print_jobs)
        self._spooler = Spooler(store, renderer, core.config.clock.now, self.ears)
        self._unsubscribe = core.store.subscribe(self._wake_for)

    def start(self) -> None:
        """Start a lane for every printer that can be opened; one that cannot is told and left out."""
        for profile in self._profiles():
            try:
                self._put(profile)
            except PrintingError as error:
                _log.error("printer %s: %s", profile.name, error)

    def stop(self) -> None:
        """Let every lane finish what it does."""
        self._unsubscribe()
        if not self._spooler.stop():
            _log.warning("a printer was still busy; its label will be asked about at the next start")

    def _put(self, profile: PrinterProfile) -> None:
        self._spooler.put_printer(open_printer(profile, self._core.config.clock.now))

    def _wake_for(self, changes: Changes) -> None:
        if changes.touches("print_job"):
            self._spooler.wake()

    def _profiles(self) -> Sequence[PrinterProfile]:
        """Settings of every printer, the virtual one first: it is always there."""
        stored = self._core.settings.get(PRINTERS.format(desk=self._core.desks.name), [])
        known = {profile.key: profile for profile in map(profile_from_mapping, stored)}
        size = known[VIRTUAL].size if VIRTUAL in known else "100x150"
        virtual = PrinterProfile(VIRTUAL, "虚拟打印机 Virtual", f"virtual:{self._virtual_folder}", size=size)
        return [virtual, *(profile for key, profile in known.items() if key != VIRTUAL)]

    def _profile(self, key: str) -> PrinterProfile:
        for profile in self._profiles():
            if profile.key == key:
                return profile
        raise NotFound("printer.unknown", "this printer has been removed")

    def _save(self, profile: PrinterProfile) -> PrinterView:
        try:
            open_printer(profile, self._core.config.clock.now)
        except PrintingError as error:
            raise Refused(error.code, str(error), **error.facts) from error
        self._keep([*(one for one in self._profiles() if one.key != profile.key), profile])
        self._put(profile)
        return self._view(profile)

    def _keep(self, profiles: Sequence[PrinterProfile]) -> None:
        self._core.settings.put(
            PRINTERS.format(desk=self._core.desks.name), [profile_to_mapping(one) for one in profiles]
        )

    # --- what the page asks -------------------------------------------------------------------------------------

    def printers(self) -> tuple[PrinterView, ...]:
        """All printers with their state as the lanes know it."""
        return tuple(self._view(profile) for profile in self._profiles())

    def _view(self, profile: PrinterProfile) -> PrinterView:
        status = self._spooler.statuses().get(profile.key)
        waiting = sum(1 for job in self._core.labels.open_jobs() if job.printer_key == profile.key)
        return PrinterView(
            key=profile.key,
            name=profile.name,
            address=profile.address,
            size=profile.size,
            is_default=profile.key == self._chosen(),
            state=_word(status),
            reason=status.reason if status is not None else "",
            waiting=waiting,
            is_fixed=profile.key == VIRTUAL,
            settings=profile_to_mapping(profile),
            can_calibrate=profile.key != VIRTUAL and bool(calibration(profile)),
        )

    def _chosen(self) -> str:
        return str(self._core.settings.get(_CHOSEN.format(desk=self._core.desks.name), VIRTUAL))

    def add(self, draft: PrinterDraft) -> PrinterView:
        """Take a new printer; it gets labels once it is chosen.

        Raises:
            Refused: the address makes no sense.
        """
        return self._save(self._made(f"p-{secrets.token_hex(3)}", draft))

    @staticmethod
    def _made(key: str, draft: PrinterDraft, old: Mapping[str, object] | None = None) -> PrinterProfile:
        named = {"key": key, "name": draft.name.strip(), "address": draft.address.strip(), "size": draft.size}
        try:
            return profile_from_mapping({**(old or {}), **draft.settings, **named})
        except PrintingError as error:
            raise Refused(error.code, str(error), **error.facts) from error

    def change(self, key: str, draft: PrinterDraft) -> PrinterView:
        """Change a printer from its next job on; the virtual one keeps its place.

        Raises:
            NotFound: `printer.unknown`. Refused: the address makes no sense.
        """
        old = self._profile(key)
        if key == VIRTUAL:
            return self._save(replace(old, size=draft.size))
        return self._save(self._made(key, draft, profile_to_mapping(old)))

    def remove(self, key: str) -> None:
        """Forget a printer.

        Raises:
            Refused: `printer.virtual_stays`; `printer.jobs_wait`, give its jobs to another printer first.
        """
        if key == VIRTUAL:
            raise Refused("printer.virtual_stays", "the virtual printer is always there")
        if any(job.printer_key == key for job in self._core.labels.open_jobs()):
            raise Refused("printer.jobs_wait", "labels still wait for this printer: give them to another one first")
        if self._chosen() == key:
            self.make_default(VIRTUAL)
        self._keep([one for one in self._profiles() if one.key != key])
        self._spooler.remove_printer(key)

    def make_default(self, key: str) -> None:
        """Labels of this desk go to this printer from now on."""
        self._profile(key)
        self._core.settings.put(_CHOSEN.format(desk=self._core.desks.name), key)

    def print_test(self, key: str) -> None:
        """Send an invented label straight to the printer: no parcel, no number, no place in the queue.

        Raises:
            Refused: `printer.busy_now`, a label is on its way; what the printer or its wire says.
        """
        profile = self._profile(key)
        now = self._core.config.clock.now
        try:
            label = self._renderer.render_trial(profile, now().astimezone())
            with self._spooler.resting(key):
                open_printer(profile, now).print_label(label.bitmap, "TEST")
        except PrintingError as error:
            raise Refused(error.code, str(error), **error.facts) from error

    def calibrate(self, key: str) -> None:
        """Let a printer measure its paper; it feeds a few labels.

        Raises:
            Refused: `printer.no_calibration`; `printer.busy_now`, a label is on its way; what its wire says.
        """
        profile = self._profile(key)
        command = calibration(profile)
        if key == VIRTUAL or not command:
            raise Refused("printer.no_calibration", "this printer's language has no command to measure the paper")
        self._expect_idle(key)
        try:
            with self._spooler.resting(key):
                open_printer(profile, self._core.config.clock.now).send(command, "calibrate")
        except PrintingError as error:
            raise Refused(error.code, str(error), **error.facts) from error

    def _expect_idle(self, key: str) -> None:
        status = self._spooler.statuses().get(key)
        if status is not None and status.activity is Activity.PRINTING:
            raise Refused("printer.busy_now", "a label is on its way to this printer")

    def find(self, search: Search) -> FoundPrinters:
        """Look for printers on this machine, and in its network where the search says so.

        What is set up already is left out.
        """
        here = find_here()
        finds = list(here.finds)
        if search.with_network and not search.is_cancelled:

            def count(done: int, total: int) -> None:
                search.done, search.total = done, total

            finds += find_on_network(
                neighbours(own_address()), on_progress=count, is_cancelled=lambda: search.is_cancelled
            )
        known = {_place_of(profile.address) for profile in self._profiles()}
        return FoundPrinters(
            tuple(_find_view(find) for find in finds if _place_of(find.address) not in known), here.problems
        )

    def print_badge(self, name: str, code: str, caption: str) -> None:
        """Send a badge straight to this desk's printer.

        Raises:
            Refused: `badge.no_paper`, the chosen printer keeps pictures: a badge opens the desk and is kept nowhere;
                what the printer or its wire says.
        """
        profile = self._profile(self._chosen())
        if profile.address.startswith(_KEEP_PICTURES):
            raise Refused("badge.no_paper", "choose a printer with paper: a badge is not kept as a file")
        try:
            label = self._renderer.render_badge(name, code, caption, profile.size, profile.resolution)
            with self._spooler.resting(profile.key):
                open_printer(profile, self._core.config.clock.now).print_label(label.bitmap, "BADGE")
        except PrintingError as error:
            raise Refused(error.code, str(error), **error.facts) from error

    def print_slip(self, draft: SlipDraft) -> str:
        """Send a slip straight to this desk's printer; gives that printer's name.

        Raises:
            Refused: `printer.busy_now`, a label is on its way to it; what the printer or its wire says.
        """
        profile = self._profile(self._chosen())
        self._expect_idle(profile.key)
        slip = Slip(**{one.name: getattr(draft, one.name) for one in fields(SlipDraft)})
        try:
            label = self._renderer.render_slip(slip, profile.size, profile.resolution)
            with self._spooler.resting(profile.key):
                open_printer(profile, self._core.config.clock.now).print_label(label.bitmap, draft.code)
        except PrintingError as error:
            raise Refused(error.code, str(error), **error.facts) from error
        return profile.name

    def label_sizes(self) -> tuple[LabelSize, ...]:
        """Which paper each carrier's labels want."""
        return self._core.labels.label_sizes()

    def set_label_size(self, carrier_code: str, size: str) -> None:
        """A carrier's labels go to the printer that holds this paper; what waits already too.

        Raises:
            NotFound, Refused: as `core.desk.labels.Labels.set_label_size`.
        """
        self._core.labels.set_label_size(carrier_code, size)
        self._spooler.wake()

    def move_jobs(self, from_key: str, to_key: str) -> int:
        """Give what waits for one printer to another."""
        self._profile(to_key)
        moved = self._core.labels.move_jobs(from_key, to_key)
        self._spooler.wake(to_key)
        return moved

    def newest_labels(self, limit: int) -> tuple[LabelPicture, ...]:
        """The newest pictures of the virtual printer, newest first."""
        found = []
        for label in reversed(read_virtual_labels(self._virtual_folder)):
            paths = [self._virtual_folder / name for name in label.pictures]
            found += [LabelPicture(label.name, label.printed_at, str(path)) for path in paths if path.exists()]
            if len(found) >= limit:
                break
        return tuple(found[:limit])


def _word(status: LaneStatus | None) -> str:
    if status is None:
        return "error"
    if status.activity is Activity.PRINTING and status.printer is PrinterState.READY:
        return "printing"
    return status.printer.value


def _find_view(find: Find) -> FindView:
    return FindView(find.address, find.name, find.kind, find.language, find.why, find.is_certain, find.problem)


def _place_of(address: str) -> str:
    """An address without what may be set differently for one place: a serial port's speed, a usual port's number."""
    return address.partition("?")[0].removesuffix(":9100")
