"""Four printers on one desk, each of another language on another wire, and the labels they put out."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
import serial.tools.list_ports
import usb.backend.libusb1

from desktop.pages.printers.ports import PrinterDraft
from tests.simulators.label_printer import LabelPrinter
from tests.simulators.print_engine import Dots, PrintEngine
from tests.simulators.serial_printer import SerialPrinter
from tests.simulators.usb_printers import UsbBus, usb_printer
from tests.support.readers import read_with_zbar, read_with_zxing

SIZE = "100x150"


@dataclass(frozen=True, slots=True)
class DayPrinter:
    """One printer: what a clerk enters for it, and what it has put out."""

    draft: PrinterDraft
    engine: PrintEngine

    @property
    def papers(self) -> Sequence[Dots]:
        """Every paper that came out, oldest first."""
        return tuple(self.engine.papers)


@dataclass(frozen=True, slots=True)
class FourPrinters:
    """The desk's printers by language; `zpl` and `escpos` can be made to fail."""

    by_language: Mapping[str, DayPrinter]
    zpl: LabelPrinter
    escpos: LabelPrinter


@contextmanager
def four_printers(monkeypatch: pytest.MonkeyPatch) -> Iterator[FourPrinters]:
    """TSPL over USB, ZPL at 300 dpi and ESC/POS over TCP, CPCL over a serial line."""
    device = usb_printer(device_id="MFG:Xprinter;CMD:TSPL;MDL:XP-P323B;")
    bus = UsbBus(device)
    monkeypatch.setattr(usb.backend.libusb1, "get_backend", lambda find_library=None: bus)
    monkeypatch.setattr(serial.tools.list_ports, "comports", list)

    def made(language: str, address: str, engine: PrintEngine, **settings: object) -> DayPrinter:
        draft = PrinterDraft(f"{language} 打印机", address, SIZE, {"language": language, **settings})
        return DayPrinter(draft, engine)

    with LabelPrinter("zpl", 12.0) as zpl, LabelPrinter("escpos") as escpos, SerialPrinter("cpcl") as cpcl:
        yield FourPrinters(
            {
                "tspl": made("tspl", "usb:2d37:cbb4", device.engine),
                "zpl": made("zpl", zpl.address, zpl.engine, dots_per_mm=12.0, zpl_encoding="z64"),
                "cpcl": made("cpcl", f"serial:{cpcl.path}?baud=115200&flow=none", cpcl.engine),
                "escpos": made("escpos", escpos.address, escpos.engine, media="mark"),
            },
            zpl,
            escpos,
        )


def number_on(paper: Dots, is_number: Callable[[str], bool]) -> str:
    """The waybill number on a paper, read by two programs that know nothing of each other; empty where none is."""
    mine = {text for kind, text in read_with_zxing(paper) if kind == "code128" and is_number(text)}
    theirs = read_with_zbar(paper)
    assert theirs is not None, "the second reader is not installed"
    assert {text for kind, text in theirs if kind == "code128" and is_number(text)} == mine
    assert len(mine) <= 1, mine
    return next(iter(mine), "")
