"""Printers this machine can reach, and which language each probably speaks.

Nothing is printed and no port is spoken to: a guess comes from what a printer says of itself (IEEE-1284), else from
its maker's name. A search of the local network is made only when asked for, and only knocks: bytes sent to an unknown
port 9100 would come out of an office printer as a page of rubbish.
"""

import ipaddress
import os
import re
import socket
import sys
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from printing.errors import NothingSent
from printing.ieee1284 import DeviceId, parse_device_text, plain
from printing.transports.cups import is_queue_name
from printing.transports.failures import failure
from printing.transports.programs import TookTooLong, run
from printing.transports.tcp import DEFAULT_PORT
from printing.transports.usb import read_device_id
from printing.transports.usb_bus import UsbAddress, UsbPrinter, find_backend, plugged_in
from printing.transports.winspool import Spool, windows_spool

_KNOCK_S = 0.4
_KNOCKERS = 48

#: makers at packing desks and what their label printers speak; receipt printers of the same makers speak ESC/POS
_MAKERS: Final = (
    ("zebra", "zpl"),
    ("gprinter", "tspl"),
    ("gp-", "tspl"),
    ("xprinter", "tspl"),
    ("xp-", "tspl"),
    ("hprt", "tspl"),
    ("deli", "tspl"),
    ("tsc", "tspl"),
    ("rongta", "tspl"),
    ("rollo", "tspl"),
    ("epson", "escpos"),
)
_VENDORS: Final = {0x0A5F: "zpl", 0x1203: "tspl", 0x04B8: "escpos"}
#: what stands behind a queue that raw bytes make sense for
_RAW_SCHEMES: Final = ("usb", "socket", "lpd", "serial", "parallel", "direct", "hp")
#: ports of Windows' queues that make files and faxes
_NO_PAPER: Final = ("PORTPROMPT:", "NUL:", "SHRFAX:", "FILE:", "XPSPORT:", "MICROSOFT.")


@dataclass(frozen=True, slots=True)
class Find:
    """One printer that was found.

    Attributes:
        address: for a printer's settings, see `printing.transports.registry`.
        name: what it calls itself; foreign text.
        language: of `printing.languages.names`, empty where nothing hints at one.
        why: says | maker | unknown: the printer itself names the language, its maker's usual one, nothing known.
        is_certain: False where it may be no printer at all (a serial adapter).
        problem: wire code of why it cannot be used as it is, empty where it can.
    """

    address: str
    name: str
    language: str = ""
    why: str = "unknown"
    is_certain: bool = True
    problem: str = ""

    @property
    def kind(self) -> str:
        """How it is reached: the first word of its address."""
        return self.address.partition(":")[0]


@dataclass(frozen=True, slots=True)
class Findings:
    """What a search found, and codes of what kept it from seeing more (`wire.no_libusb`)."""

    finds: tuple[Find, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Machine:
    """Where to look; the defaults are this machine.

    Attributes:
        backend: pyusb's; None looks for libusb.
        device_folder: of usblp's devices.
        sysfs: where Linux tells about them.
        spool: what opens Windows' spooler.
    """

    backend: Any = None
    device_folder: Path = Path("/dev/usb")
    sysfs: Path = Path("/sys")
    spool: Callable[[], Spool] = windows_spool


def find_here(machine: Machine | None = None) -> Findings:
    """Everything plugged in or set up on this machine. Takes a second or two; never raises."""
    here = machine or Machine()
    problems: list[str] = []
    finds = [*_usb_finds(here, problems), *_serial_finds()]
    if sys.platform == "win32":
        finds += _windows_finds(here, problems)
    else:
        finds += _cups_finds(problems)
    return Findings(tuple(finds), tuple(dict.fromkeys(problems)))


# --- USB ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Node:
    """One device of usblp, and the place of its printer on the bus."""

    find: Find
    place: str


def _usb_finds(machine: Machine, problems: list[str]) -> Sequence[Find]:
    """Each printer once: by its device file where there is one printer, else by an address that stays its own.

    Device files are numbered in the order of plugging in, so with two of them the labels could change places.
    """
    nodes = _nodes(machine)
    seen = _bus(machine, problems)
    if len(nodes) > 1:
        places = {place for _, place in seen}
        return [*(find for find, _ in seen), *(node.find for node in nodes if node.place not in places)]
    taken = {node.place for node in nodes}
    return [*(node.find for node in nodes), *(find for find, place in seen if place not in taken)]


def _nodes(machine: Machine) -> Sequence[_Node]:
    if not machine.device_folder.is_dir():
        return []
    nodes = []
    for path in sorted(machine.device_folder.glob("lp*")):
        home = machine.sysfs / "class" / "usbmisc" / path.name / "device"
        device_id = _told(home / "ieee1284_id")
        place = home.resolve().name.partition(":")[0].replace("-", ".")
        problem = "" if os.access(path, os.R_OK | os.W_OK) else "wire.forbidden"
        nodes.append(_Node(_guessed(f"device:{path}", device_id, "", 0, problem), place))
    return nodes


def _told(path: Path) -> DeviceId:
    try:
        return parse_device_text(path.read_text(encoding="latin-1"))
    except OSError:
        return DeviceId()


def _bus(machine: Machine, problems: list[str]) -> Sequence[tuple[Find, str]]:
    import usb.core

    try:
        printers = list(plugged_in(machine.backend or find_backend()))
        return _addressed(printers, machine)
    except NothingSent as error:
        # On Windows the driver's queue is the way, and nobody misses libusb.
        if sys.platform != "win32":
            problems.append(error.code)
    except usb.core.USBError:
        problems.append("wire.failed")
    return []


def _addressed(printers: Sequence[UsbPrinter], machine: Machine) -> Sequence[tuple[Find, str]]:
    known = [(printer, printer.serial()) for printer in printers]
    kinds = [(printer.vendor, printer.product) for printer in printers]
    finds = []
    for printer, serial in known:
        kind = (printer.vendor, printer.product)
        is_own = [other for one, other in known if (one.vendor, one.product) == kind].count(serial) == 1
        if serial and is_own:
            address = UsbAddress(*kind, serial=serial)
        elif kinds.count(kind) > 1:
            address = UsbAddress(*kind, place=printer.place)
        else:
            address = UsbAddress(*kind)
        names = " ".join(printer.names()).strip()
        device_id = read_device_id(printer)
        if device_id == DeviceId():
            bus, _, ports = printer.place.partition(".")
            home = (
                machine.sysfs
                / "bus"
                / "usb"
                / "devices"
                / f"{bus}-{ports}:{printer.configuration}.{printer.interface}"
            )
            device_id = _told(home / "ieee1284_id")
        lock = printer.locked_by()
        problem = "" if lock is None else failure(lock, 0).code
        finds.append((_guessed(f"usb:{address}", device_id, names, printer.vendor, problem), printer.place))
        printer.close()
    return finds


def _guessed(address: str, device_id: DeviceId, names: str, vendor: int, problem: str) -> Find:
    name = f"{device_id.maker} {device_id.model}".strip() or names
    language, why = _guess(device_id.language, name, vendor)
    return Find(address, name, language, why, problem=problem)


def _guess(said: str, name: str, vendor: int = 0) -> tuple[str, str]:
    if said:
        return said, "says"
    lower = name.lower()
    language = next((language for word, language in _MAKERS if word in lower), _VENDORS.get(vendor, ""))
    return language, "maker" if language else "unknown"


# --- ports and queues ---------------------------------------------------------------------------------------------


def _serial_finds() -> Sequence[Find]:
    """USB adapters and virtual ports; a board's own ports are on every machine and tell nothing."""
    import serial.tools.list_ports

    finds = []
    for port in serial.tools.list_ports.comports():
        if port.vid is None:
            continue
        name = plain(" ".join(filter(None, (port.manufacturer, port.product))) or port.description or "")
        language, why = _guess("", name, port.vid)
        finds.append(Find(f"serial:{port.device}", name, language, why, is_certain=False))
    return finds


def _cups_finds(problems: list[str]) -> Sequence[Find]:
    try:
        said = run(["lpstat", "-v"], timeout_s=5.0)
    except NothingSent:
        return []  # no CUPS, no queues: most desks have none
    except TookTooLong:
        problems.append("wire.timeout")
        return []
    finds = []
    for queue, uri in re.findall(r"^device for ([^:\s]+): (\S+)", said.out, re.MULTILINE):
        if is_queue_name(queue) and uri.partition(":")[0] in _RAW_SCHEMES:
            language, why = _guess("", f"{queue} {uri}")
            finds.append(Find(f"cups:{queue}", plain(queue), language, why))
    return finds


def _windows_finds(machine: Machine, problems: list[str]) -> Sequence[Find]:
    try:
        queues = machine.spool().queues()
    except (NothingSent, OSError):
        problems.append("wire.queue_silent")
        return []
    finds = []
    for queue in queues:
        if queue.port.upper().startswith(_NO_PAPER):
            continue
        language, why = _guess("", f"{queue.name} {queue.driver}")
        finds.append(Find(f"windows:{queue.name}", plain(queue.name), language, why))
    return finds


# --- the local network --------------------------------------------------------------------------------------------


def own_address() -> str:
    """This machine's address in its network, empty without one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing: only asks which way one would go
        except OSError:
            return ""
        return str(probe.getsockname()[0])


def neighbours(own: str) -> Sequence[str]:
    """The other addresses of the /24 around `own`; none where that is no private network."""
    try:
        address = ipaddress.IPv4Address(own)
    except ValueError:
        return []
    if not address.is_private or address.is_loopback or address.is_link_local:
        return []
    network = ipaddress.IPv4Network(f"{own}/24", strict=False)
    return [str(host) for host in network.hosts() if host != address]


def find_on_network(
    hosts: Iterable[str],
    *,
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
    is_cancelled: Callable[[], bool] = lambda: False,
    port: int = DEFAULT_PORT,
) -> tuple[Find, ...]:
    """Knock at port 9100 of each host.

    Args:
        hosts: addresses, see `neighbours`.
        on_progress: hears how many of how many were tried, on this thread.
        is_cancelled: asked between hosts; what was found until then is returned.
        port: where raw printers listen.
    """
    all_hosts = list(hosts)
    found: list[str] = []
    with ThreadPoolExecutor(_KNOCKERS, "knock") as pool:
        for done, (host, answers) in enumerate(
            pool.map(lambda host: (host, not is_cancelled() and _listens(host, port)), all_hosts), 1
        ):
            if answers:
                found.append(host)
            on_progress(done, len(all_hosts))
    suffix = "" if port == DEFAULT_PORT else f":{port}"
    return tuple(Find(f"tcp://{host}{suffix}", host) for host in found)


def _listens(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=_KNOCK_S):
            return True
    except OSError:
        return False
