"""The printers of a desk: their settings, their lanes, and which of them gets the labels."""

import logging
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from core.app import Core
from core.db.unit_of_work import Changes
from core.runtime.errors import NotFound, Refused
from core.waybills.print_queue import VIRTUAL
from desktop.pages.printers.ports import LabelPicture, PrinterDraft, PrinterView
from printing.errors import PrintingError
from printing.jobs import Activity, JobNews, JobStore, LaneStatus
from printing.label import label_from_mapping
from printing.printer import open_printer
from printing.profile import PrinterProfile, profile_from_mapping, profile_to_mapping
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
    def _made(key: str, draft: PrinterDraft) -> PrinterProfile:
        try:
            return PrinterProfile(key, draft.name.strip(), draft.address.strip(), size=draft.size)
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
        new = self._made(key, draft)
        return self._save(replace(old, name=new.name, address=new.address, size=new.size))

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
            Refused: what the printer or its wire says.
        """
        profile = self._profile(key)
        content = label_from_mapping(
            _test_content(self._core.config.clock.now().astimezone().isoformat("T", "seconds"))
        )
        try:
            label = self._renderer.render(content, profile.size, profile.resolution)
            open_printer(profile, self._core.config.clock.now).print_label(label.bitmap, "TEST")
        except PrintingError as error:
            raise Refused(error.code, str(error), **error.facts) from error

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
            open_printer(profile, self._core.config.clock.now).print_label(label.bitmap, "BADGE")
        except PrintingError as error:
            raise Refused(error.code, str(error), **error.facts) from error

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


def _test_content(printed_at: str) -> dict[str, object]:
    """An invented label with a number that no carrier gives."""
    place = {"province": "浙江省", "city": "杭州市", "district": "余杭区"}
    return {
        "schema": 1,
        "waybill_no": "TEST0000000000",
        "carrier": {"code": "TEST", "name": "测试面单 TEST", "product": ""},
        "sort_code": "000-A00-00",
        "package_centre": "",
        "sender": {"name": "测试", "phone": "05710000000", **place, "address": "测试路1号"},
        "consignee": {"name": "测试", "phone": "13800000000", **place, "address": "测试路2号", "is_masked": False},
        "items": [{"short_name": "不要寄出 Do not send", "spec": "", "qty": 1}],
        "item_count": 1,
        "order_nos": ["TEST"],
        "buyer_note": "",
        "gift_note": "",
        "sequence": None,
        "box": None,
        "reprint": 0,
        "qr_text": "TEST",
        "printed_at": printed_at,
        "shop_name": "Packdesk 打包台",
    }
