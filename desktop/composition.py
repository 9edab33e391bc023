"""Where core and printing meet: one running desk, with or without a window."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from core.app import Core, CoreConfig, build
from core.db.unit_of_work import Changes
from core.practice.catalogue import practice_catalogue
from core.practice.moving_in import move_in
from core.practice.server import PracticeServer, kept_secrets
from core.runtime.errors import DomainError
from core.waybills.print_queue import VIRTUAL
from desktop.options import Options
from printing.errors import PrintingError
from printing.jobs import JobNews, JobStore, LaneStatus
from printing.printer import open_printer
from printing.profile import PrinterProfile, profile_from_mapping, profile_to_mapping
from printing.spooler import Spooler

if TYPE_CHECKING:
    from printing.render import LabelRenderer

_log = logging.getLogger(__name__)

#: setting that holds the printers of a desk
_PRINTERS = "printers.{desk}"
_CHOSEN = "printer.{desk}"
_PRACTICE = "practice"


def core_config(options: Options, *, holder: str = "", program_version: str = "") -> CoreConfig:
    """What the shared options mean for core."""
    return CoreConfig(
        folder=options.data,
        desk=options.desk,
        operator=options.operator,
        holder=holder,
        key_file=options.key_file,
        database_url=options.database_url,
        recovery_code=options.recovery_code,
        program_version=program_version,
    )


@dataclass
class _Ears:
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
    """The printers of this desk: their settings, their lanes, and which of them gets the labels."""

    def __init__(self, core: Core, renderer: "LabelRenderer", virtual_folder: Path) -> None:
        self._core = core
        self._virtual_folder = virtual_folder
        self._desk = core.config.desk
        self.ears = _Ears()
        # The lane hands back the very jobs it was given, so that core's own job type fits by shape.
        store = cast("JobStore", core.print_jobs)
        self.spooler = Spooler(store, renderer.render, core.config.clock.now, self.ears)
        self._unsubscribe = core.store.subscribe(self._wake_for)

    def start(self) -> None:
        """Start a lane for every printer that can be opened; one that cannot is told and left out."""
        for profile in self.profiles():
            try:
                self._put(profile)
            except PrintingError as error:
                _log.error("printer %s: %s", profile.name, error)

    def _put(self, profile: PrinterProfile) -> None:
        self.spooler.put_printer(open_printer(profile, self._core.config.clock.now))

    def profiles(self) -> Sequence[PrinterProfile]:
        """Settings of every printer, the virtual one first: it is always there."""
        stored = self._core.settings.get(_PRINTERS.format(desk=self._desk), [])
        known = {profile.key: profile for profile in map(profile_from_mapping, stored)}
        size = known[VIRTUAL].size if VIRTUAL in known else "100x150"
        virtual = PrinterProfile(VIRTUAL, "虚拟打印机 Virtual", f"virtual:{self._virtual_folder}", size=size)
        return [virtual, *(profile for key, profile in known.items() if key != VIRTUAL)]

    def save(self, profile: PrinterProfile) -> None:
        """Add or change a printer.

        Raises:
            PrintingError: the language is not there yet, or the address makes no sense; nothing is kept then.
        """
        open_printer(profile, self._core.config.clock.now)
        others = [one for one in self.profiles() if one.key != profile.key]
        self._store([*others, profile])
        self._put(profile)

    def remove(self, key: str) -> None:
        """Forget a printer; what waits for it goes to the virtual one."""
        if key == VIRTUAL:
            return
        self._store([one for one in self.profiles() if one.key != key])
        self.spooler.remove_printer(key)
        self._core.labels.move_jobs(key, VIRTUAL)
        if self.chosen() == key:
            self.choose(VIRTUAL)

    def _store(self, profiles: Sequence[PrinterProfile]) -> None:
        self._core.settings.put(_PRINTERS.format(desk=self._desk), [profile_to_mapping(one) for one in profiles])

    def choose(self, key: str) -> None:
        """Labels of this desk go to this printer from now on."""
        self._core.settings.put(_CHOSEN.format(desk=self._desk), key)

    def chosen(self) -> str:
        """The printer that gets the labels."""
        return str(self._core.settings.get(_CHOSEN.format(desk=self._desk), VIRTUAL))

    def set_size(self, key: str, size: str) -> None:
        """Change the paper of a printer."""
        for profile in self.profiles():
            if profile.key == key:
                self.save(replace(profile, size=size))

    def statuses(self) -> Mapping[str, LaneStatus]:
        """What each lane does now."""
        return self.spooler.statuses()

    @property
    def virtual_folder(self) -> Path:
        """Where the pictures of the virtual printer lie."""
        return self._virtual_folder

    def _wake_for(self, changes: Changes) -> None:
        if changes.touches("print_job"):
            self.spooler.wake()

    def stop(self) -> None:
        """Let every lane finish what it does."""
        self._unsubscribe()
        if not self.spooler.stop():
            _log.warning("a printer was still busy; its label will be asked about at the next start")


class Practice:
    """The practice shop of an installation: runs in this program, on this machine only."""

    def __init__(self, core: Core, folder: Path) -> None:
        keys = kept_secrets(folder)
        self.server = PracticeServer(folder, keys, core.config.clock)
        self.server.start()
        self.shop_id = core.store.write(
            lambda uow: move_in(uow, self.server.url, self.server.carrier_url, keys, practice_catalogue())
        )

    def stop(self) -> None:
        """Close the shop; its memory stays."""
        self.server.stop()


def wants_practice(core: Core) -> bool:
    """Whether the practice shop is switched on: it is until somebody switches it off or a real shop is added."""
    return bool(core.settings.get(_PRACTICE, True))


class Desk:
    """Core, printers and practice shop of one running program."""

    def __init__(self, config: CoreConfig, renderer: "LabelRenderer | None", *, virtual_folder: Path) -> None:
        self.core = build(config)
        self.practice: Practice | None = None
        self.printers = Printers(self.core, renderer, virtual_folder) if renderer is not None else None

    def start(self, *, with_practice: bool | None = None) -> None:
        """Open the practice shop if it is wanted, then start every lane."""
        wanted = wants_practice(self.core) if with_practice is None else with_practice
        if wanted:
            try:
                self.practice = Practice(self.core, self.core.config.folder / "practice")
            except (OSError, DomainError) as error:
                _log.error("the practice shop could not be opened: %s", error)
        if self.printers is not None:
            self.printers.start()
        self.core.start()

    def stop(self) -> None:
        """Stop in the order in which things depend on each other: labels first, then core, then the practice shop."""
        if self.printers is not None:
            self.printers.stop()
        self.core.stop()
        if self.practice is not None:
            self.practice.stop()
