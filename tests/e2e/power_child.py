"""One run of the whole job whose world is outside: shop, carrier and paper stay when this desk loses its power.

`python -m tests.e2e.power_child FOLDER OUTSIDE setup` makes the data folder; with `work SYNCHRONOUS AT WHERE LOG` (under
the fault shim) it works through what the shop has, the database's file operations are recorded in LOG, and the
process is killed at the AT-th moment WHERE: `disk-before` or `disk-after` a file operation of the database;
`paper-before`, `paper-half` or `paper-after` the bytes of a label; `wire-before` or `wire-after` a call to the shop or
the carrier. AT 0 lets it end.
"""

import inspect
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtGui import QGuiApplication, QImage

from core.app import CoreConfig
from core.db import engines
from core.db.driver import DATABASE_FILE
from core.practice.catalogue import practice_catalogue
from core.practice.moving_in import move_in
from core.practice.server import kept_secrets
from core.runtime.http import Call, Endpoint, HttpClient, Reply
from desktop.composition import Desk
from desktop.pages.printers.ports import PrinterDraft
from desktop.printers import Printers
from desktop.verbs.demo import Run
from printing.render import LabelRenderer
from printing.transports.contract import Receipt
from printing.transports.files import AppendTransport
from tests.simulators.print_engine import Dots
from tests.simulators.tspl_engine import TsplEngine
from tests.support.fault_shim import Mode, Shim
from tests.support.practice_control import PracticeControl
from tests.support.readers import read_with_zxing

#: in the folder outside: where the shop is, the paper that came out, and what the clerk saw acknowledged
SHOP, PAPER, SEEN = "shop.json", "paper.tspl", "seen.jsonl"
KEY = "machine.key"


def desk_on(folder: Path) -> Desk:
    """The desk of this data folder, not started."""
    config = CoreConfig(folder / "data", desk="desk-1", operator="clerk", key_file=folder / KEY, pull_every_s=5.0)
    return Desk(config, LabelRenderer, virtual_folder=folder / "labels")


def set_up(folder: Path, outside: Path) -> None:
    """Move the shop in, and choose a plain file outside as the printer."""
    place = json.loads((outside / SHOP).read_text())
    desk = desk_on(folder)
    try:
        keys = kept_secrets(outside)
        desk.core.store.write(
            lambda uow: move_in(uow, place["url"], place["carrier_url"], keys, practice_catalogue())
        )
        printers = Printers(desk.core, LabelRenderer(), folder / "labels")
        try:
            added = printers.add(PrinterDraft("Plain file", f"append:{outside / PAPER}", "100x150"))
            printers.make_default(added.key)
        finally:
            printers.stop()
    finally:
        desk.stop()


class Tray:
    """The clerk's look at the paper that came out, read from the plain file by an engine of the tests' own."""

    def __init__(self, outside: Path) -> None:
        self._outside = outside
        self._engine = TsplEngine()
        self._read = 0
        self._found: dict[str, Path] = {}

    def find(self, number: str) -> Path | None:
        """The picture of the label with this number."""
        path = self._outside / PAPER
        if path.exists():
            with path.open("rb") as file:
                file.seek(self._read)
                more = file.read()
            self._read += len(more)
            before = len(self._engine.papers)
            self._engine.feed(more)
            for place, paper in enumerate(self._engine.papers[before:], before):
                self._found[number_on(paper)] = self._picture(place, paper)
        return self._found.get(number)

    def _picture(self, place: int, paper: Dots) -> Path:
        path = self._outside / f"paper-{place}.png"
        height, width = paper.shape
        grey = np.where(paper, 0, 255).astype(np.uint8).tobytes()
        QImage(grey, width, height, width, QImage.Format.Format_Grayscale8).save(str(path))
        return path


def number_on(paper: Dots) -> str:
    """The waybill number in the label's barcode."""
    return next(text for kind, text in read_with_zxing(paper) if kind == "code128")


class Witness:
    """Passes every act on, and writes down outside what the clerk saw come back: that must last."""

    def __init__(self, target: object, path: Path) -> None:
        self._target, self._path = target, path

    def __getattr__(self, name: str) -> Any:
        method: Callable[..., Any] = getattr(self._target, name)

        def act(*args: Any, **more: Any) -> Any:
            result = method(*args, **more)
            given = inspect.signature(method).bind(*args, **more).arguments
            fact = {"act": name, "nonce": given.get("nonce"), "code": getattr(result, "code", None)}
            if name == "answer_unknown":
                fact |= {
                    "job": given["job_id"],
                    "came_out": given["came_out"],
                    "number": result.waybill_no,
                }
            if fact["nonce"] or name == "answer_unknown":
                self._write(fact)
            return result

        return act

    def _write(self, fact: Mapping[str, object]) -> None:
        # One write: a kill leaves a whole line or none.
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(descriptor, (json.dumps(fact) + "\n").encode())
        os.close(descriptor)


def be_careless(synchronous: str) -> None:
    """Give every connection this setting, and a short log, so that the copying back is hit too."""
    careful = engines.connect_sqlite

    def connect(*args: Any, **more: Any) -> Any:
        connection = careful(*args, **more)
        connection.execute(f"PRAGMA synchronous = {synchronous}")
        return connection

    engines.connect_sqlite = connect
    engines.BACKSTOP = 60


class Fate:
    """Ends the process at the `at`-th moment of one kind."""

    def __init__(self, at: int, where: str) -> None:
        self._left, self._where = at, where
        self._lock = threading.Lock()

    def comes_to_paper(self) -> None:
        """Meet every label on its way to the plain file."""
        whole = AppendTransport.send

        def send(transport: AppendTransport, data: bytes, name: str) -> Receipt:
            if self._is_due("paper-before"):
                _die()
            if self._is_due("paper-half"):
                with transport.path.open("ab") as file:
                    file.write(data[: len(data) // 2])
                _die()
            receipt = whole(transport, data, name)
            if self._is_due("paper-after"):
                _die()
            return receipt

        AppendTransport.send = send  # type: ignore[method-assign]  # in this process alone

    def comes_to_wire(self) -> None:
        """Meet every call over HTTP."""
        whole = HttpClient.call

        def call(client: HttpClient, place: Endpoint, what: Call) -> Reply:
            if self._is_due("wire-before"):
                _die()
            reply = whole(client, place, what)
            if self._is_due("wire-after"):
                _die()
            return reply

        HttpClient.call = call  # type: ignore[method-assign]  # in this process alone

    def _is_due(self, where: str) -> bool:
        with self._lock:
            if where != self._where:
                return False
            self._left -= 1
            return self._left == 0


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def work(folder: Path, outside: Path, synchronous: str, at: int, where: str, log: Path) -> None:
    """Do the whole job; print the demo's counts."""
    be_careless(synchronous)
    fate = Fate(at, where)
    fate.comes_to_paper()
    fate.comes_to_wire()
    shim = Shim()
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    ends_at = at if where.startswith("disk") else 0
    shim.arm(Mode.RECORD, DATABASE_FILE, at=ends_at, sticky=where == "disk-before", log=descriptor)
    place = json.loads((outside / SHOP).read_text())
    desk = desk_on(folder)
    for name in ("packing", "labels"):
        setattr(desk.core, name, Witness(getattr(desk.core, name), outside / SEEN))
    desk.start(with_practice=False)
    try:
        control = PracticeControl(place["url"], place["key"], place["secret"])
        result = Run(desk, control.summary, Tray(outside).find, {}).play()
    finally:
        desk.stop()
    operations = shim.counted()
    shim.disarm()
    print(json.dumps({**result, "operations": operations}), flush=True)


def main(words: Sequence[str]) -> None:
    """As above."""
    folder, outside, what, *more = words
    application = QGuiApplication(["power", "-platform", "offscreen"])
    if what == "setup":
        set_up(Path(folder), Path(outside))
    else:
        synchronous, at, where, log = more
        work(Path(folder), Path(outside), synchronous, int(at), where, Path(log))
    application.shutdown()


if __name__ == "__main__":
    main(sys.argv[1:])
