"""`packdesk demo`: the whole job in a temporary data folder, against the practice shop over HTTP.

Headless it plays the clerk: key events go through the scanner's rules into the packing page's own presenter, labels
go through the print queue to the virtual printer, and the barcode that closes a parcel is read off the picture.
"""

import argparse
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.app import new_nonce
from core.fulfilment.records import PackLine, ParcelView
from core.orders.records import OrderFilter
from core.practice.catalogue import PracticeSku, practice_catalogue
from core.practice.generator import generate_orders
from core.runtime.errors import Unavailable
from desktop.bridge.tasks import InlineTasks
from desktop.commands import Command
from desktop.composition import Desk, core_config
from desktop.options import Options, add_options, options_of
from desktop.pages.packing.presenter import PackingPresenter
from desktop.printers import Printers
from desktop.scan_parser import Key, ScanParser
from desktop.settings import DeskSettings
from desktop.verbs.answer import OK, REFUSED, guarded, tell
from printing.jobs import JobNews
from printing.render import LabelRenderer

if TYPE_CHECKING:
    from desktop.pages.packing.screen import PackingScreen

#: milliseconds between two keys of a scanner
_KEY_MS = 4.0
#: what a clerk takes by multiplier instead of one by one
_MANY = 6
#: how long one thing may take before the demo gives up and says where
_PATIENCE_S = 60.0


def run(argv: Sequence[str]) -> int:
    """Run the demo with the words after `demo`."""
    parser = argparse.ArgumentParser(prog="packdesk demo", description="The whole job against the practice shop.")
    add_options(parser)
    parser.add_argument("--headless", action="store_true", help="without a window: a script plays the clerk")
    parser.add_argument("--orders", type=_count, default=20, metavar="N", help="how many orders are placed")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="the same seed places the same orders")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where printer bytes and pictures go")
    wish = parser.parse_args(argv)
    if not wish.headless:
        from desktop.window_verb import run_demo

        return run_demo(options_of(wish), wish.orders, wish.seed)
    options = options_of(wish)
    return guarded(options, lambda: _headless(options, wish.orders, wish.seed, wish.out))


def _count(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 100_000:
        raise argparse.ArgumentTypeError("between 1 and 100000")
    return number


@dataclass(frozen=True, slots=True)
class PrintedLabel:
    """One label that came out of the virtual printer."""

    order: str
    waybill: str
    bytes_file: str
    language: str
    picture: str


def _headless(options: Options, orders: int, seed: int, out: Path | None) -> int:
    from PySide6.QtGui import QGuiApplication

    application = QGuiApplication.instance() or QGuiApplication(["packdesk", "-platform", "offscreen"])
    try:
        with tempfile.TemporaryDirectory(prefix="packdesk-demo-") as temporary:
            folder = Path(temporary)
            result = play(options, folder, (out or Path("demo-out")).expanduser().absolute(), orders, seed)
    finally:
        application.shutdown()
    is_good = result["stock_ok"] and result["orders"] == result["shipped"] == result["confirmed_by_shop"]
    sentence = (
        f"{result['orders']} orders, {result['parcels']} parcels, {result['shipped']} shipped,"
        f" {result['confirmed_by_shop']} confirmed by the shop, stock {'in order' if result['stock_ok'] else 'WRONG'}"
    )
    tell(options, result, sentence)
    return OK if is_good else REFUSED


def play(options: Options, data: Path, out: Path, orders: int, seed: int) -> Mapping[str, object]:
    """Do the whole job with `data` as data folder; gives what the verb prints."""
    config = core_config(
        Options(
            data=data / "data",
            database_url=options.database_url,
            key_file=data / "demo.key",
            recovery_code=None,
            desk=options.desk,
            operator=options.operator,
            is_json=True,
        )
    )
    stages: dict[str, float] = {}
    with _stage(stages, "start"):
        desk = Desk(config, LabelRenderer(), virtual_folder=out)
        desk.start(with_practice=True)
    try:
        if desk.practice is None or desk.printers is None:
            raise Unavailable("demo.no_practice", "the practice shop could not be opened; see the log above")
        shop, printers = desk.practice.server.shop, desk.printers
        with _stage(stages, "place"):
            if orders:
                generate_orders(shop, orders, seed)
        return Run(desk, shop.summary, lambda number: _in_tray(printers, number), stages).play()
    finally:
        desk.stop()


def _in_tray(printers: Printers, number: str) -> Path | None:
    """What lies in the virtual printer's tray under this number."""
    found = [label for label in printers.newest_labels(1000) if label.name == number]
    return Path(found[0].path) if found else None


@contextmanager
def _stage(stages: dict[str, float], name: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    stages[name] = round(time.perf_counter() - started, 3)


class Run:
    """One demo on a running desk: the clerk, and the counting at the end.

    Args:
        desk: started; its shop is pulled and told over HTTP, wherever it runs.
        count_at_shop: the shop's own count: `orders`, `shipped`.
        find_label: the clerk's look into the printer's tray: the picture of a number's newest label, None where no
            such label lies there.
        stages: takes the seconds of each stage.
    """

    def __init__(
        self,
        desk: Desk,
        count_at_shop: Callable[[], Mapping[str, int]],
        find_label: Callable[[str], Path | None],
        stages: dict[str, float],
    ) -> None:
        if desk.printers is None:
            raise Unavailable("demo.no_printer", "a demo needs a printer")
        self._core = desk.core
        self._count_at_shop = count_at_shop
        self._find_label = find_label
        self._stages = stages
        self._moved = threading.Event()
        desk.printers.ears.on_job = self._on_job
        self._unsubscribe = desk.core.store.subscribe(lambda _changes: self._moved.set())
        self.presenter = PackingPresenter(
            desk.core.packing,
            desk.core.labels,
            InlineTasks(_raise),
            DeskSettings(None),
            now=desk.core.config.clock.now,
            nonce=new_nonce,
            on_sound=lambda _name: None,
        )
        self._scanner = _Scanner(self.presenter)

    def _on_job(self, _news: JobNews) -> None:
        self._moved.set()

    def play(self) -> Mapping[str, object]:
        """Pull, buy numbers, pack, ship, tell the shop; then count on both sides."""
        core = self._core
        self._answer_questions()
        with _stage(self._stages, "pull"):
            self._pull_twice()
        with _stage(self._stages, "numbers"):
            self._until("every number has come", lambda: core.status.status().outbox_waiting == 0)
        labels: list[PrintedLabel] = []
        with _stage(self._stages, "pack"):
            while (packed := self._pack_next()) is not None:
                labels.append(packed)
        with _stage(self._stages, "confirm"):
            self._until("the shop has been told", lambda: core.status.status().outbox_waiting == 0)
        self._unsubscribe()
        told = self._count_at_shop()
        return {
            "orders": told["orders"],
            "parcels": len(labels),
            "shipped": self._count_shipped(),
            "confirmed_by_shop": told["shipped"],
            "labels": [_as_dict(label) for label in labels],
            "stock_ok": not core.stock.discrepancies(),
            "left_open": core.orders.pile_counts()["open"],
            "seconds": self._stages,
        }

    def _pull_twice(self) -> None:
        """A pull that was under way while orders were placed may have missed some; the next whole one has not."""
        good: set[object] = {self._core.status.status().shops[0].last_good_pull_at}

        def is_done() -> bool:
            self._core.pull_now()
            good.add(self._core.status.status().shops[0].last_good_pull_at)
            return len(good) > 2

        self._until("the orders are in", is_done)

    def _count_shipped(self) -> int:
        count, after = 0, None
        while True:
            page = self._core.orders.page(OrderFilter("shipped"), after, 200)
            count += len(page.rows)
            after = page.next_after
            if after is None:
                return count

    def _until(self, what: str, is_done: Callable[[], bool]) -> None:
        give_up = time.monotonic() + _PATIENCE_S
        while True:
            # Cleared before looking: what moves between the look and the wait ends the wait at once.
            self._moved.clear()
            if is_done():
                return
            if self._moved.wait(0.2):
                give_up = time.monotonic() + _PATIENCE_S
            elif time.monotonic() > give_up:
                raise Unavailable("demo.stuck", f"gave up waiting until {what}")

    # --- the clerk ----------------------------------------------------------------------------------------------

    def _pack_next(self) -> PrintedLabel | None:
        self.presenter.press(Command.NEXT)
        parcel = self._screen.parcel
        if parcel is None:
            return None
        while (line := _wanted(self._screen)) is not None:
            before = line.verified_qty
            self._take(line)
            after = _line(self._screen, line.id)
            if after is not None and after.verified_qty <= before:
                raise Unavailable("demo.stuck", f"the desk did not accept {line.sku_code}: {self._screen.sentence}")
        label = self._printed_label(parcel.id)
        number = _read_barcode(label)
        self._scanner.read(number)
        if self._screen.parcel is not None:
            raise Unavailable("demo.stuck", f"parcel {number} was not closed: {self._screen.sentence}")
        bytes_file = label.with_suffix(".tspl")
        return PrintedLabel(" ".join(parcel.order_nos), number, str(bytes_file), "tspl", str(label))

    def _take(self, line: PackLine) -> None:
        sku = _GOODS[line.sku_code]
        if not sku.barcodes:
            self.presenter.press(Command.HAND)
            return
        carton = next((code for code, pieces in sku.cartons if line.missing_qty >= pieces), None)
        if carton is not None:
            self._scanner.read(carton)
        elif line.missing_qty >= _MANY:
            self._scanner.read(f"PD-QTY-{line.missing_qty}")
            self._scanner.read(sku.barcodes[0])
        else:
            self._scanner.read(sku.barcodes[0])

    def _printed_label(self, parcel_id: int) -> Path:
        """Wait for the label; gives its picture, the newest copy where there are several."""

        def is_printed() -> bool:
            self.presenter.press(Command.REFRESH)
            self._answer_questions()
            return _is_out(self._screen.parcel, parcel_id)

        self._until("the label is printed", is_printed)
        parcel = self._screen.parcel
        picture = None if parcel is None else self._find_label(parcel.waybill_no)
        if picture is None:
            raise Unavailable("demo.stuck", "the label's picture is not in the printer's folder")
        return picture

    def _answer_questions(self) -> None:
        """After a crash: did the label come out? The clerk looks into the tray and says so with a key."""
        self.presenter.tick()
        while (question := self._screen.question) is not None:
            is_there = self._find_label(question.waybill_no) is not None
            self.presenter.press(Command.LABEL_CAME if is_there else Command.LABEL_MISSING)
            self.presenter.tick()

    @property
    def _screen(self) -> "PackingScreen":
        return self.presenter.screen


def _is_out(parcel: ParcelView | None, parcel_id: int) -> bool:
    return parcel is not None and parcel.id == parcel_id and parcel.print_state in {"sent", "confirmed"}


def _wanted(screen: "PackingScreen") -> PackLine | None:
    parcel = screen.parcel
    if parcel is None:
        return None
    current = _line(screen, screen.current_line_id)
    if current is not None and current.missing_qty:
        return current
    return next((line for line in parcel.lines if line.missing_qty), None)


def _line(screen: "PackingScreen", line_id: int | None) -> PackLine | None:
    if screen.parcel is None:
        return None
    return next((line for line in screen.parcel.lines if line.id == line_id), None)


class _Scanner:
    """A scanner as the computer sees it: fast keys and Enter, sorted by the very rules of the window."""

    def __init__(self, presenter: PackingPresenter) -> None:
        self._presenter = presenter
        self._parser = ScanParser(debounce_ms=0)
        self._at_ms = 0.0

    def read(self, code: str) -> None:
        """Send a code key by key."""
        for char in code:
            self._key(Key.CHAR, char)
        self._key(Key.TERMINATOR, "")
        self._at_ms += 400.0

    def _key(self, kind: Key, char: str) -> None:
        self._at_ms += _KEY_MS
        answer = self._parser.key(kind, char, self._at_ms)
        if answer.scan:
            self._presenter.scan(answer.scan)


def _read_barcode(picture: Path) -> str:
    import numpy as np
    import zxingcpp
    from PySide6.QtGui import QImage

    image = QImage(str(picture)).convertToFormat(QImage.Format.Format_Grayscale8)
    rows = np.frombuffer(image.constBits(), dtype=np.uint8).reshape(image.height(), image.bytesPerLine())
    found = zxingcpp.read_barcodes(
        rows[:, : image.width()], formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.Code128)
    )
    if not found:
        raise Unavailable("demo.unreadable", f"no barcode could be read from {picture}")
    return str(found[0].text)


def _as_dict(label: PrintedLabel) -> Mapping[str, str]:
    return {name: getattr(label, name) for name in PrintedLabel.__slots__}


def _raise(error: Exception) -> None:
    raise error


#: the goods on the shelf: their barcodes are on them, as on any box of milk powder
_GOODS: Mapping[str, PracticeSku] = {sku.code: sku for sku in practice_catalogue()}
