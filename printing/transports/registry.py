"""From the address in a printer's settings to its wire.

`usb:VVVV:PPPP` (or `:SERIAL`, `@BUS.PORT` after it), `tcp://192.168.1.50:9100`, `device:/dev/usb/lp0`,
`serial:/dev/ttyUSB0?baud=115200&flow=rtscts`, `cups:QUEUE`, `windows:QUEUE`, `file:FOLDER` (one file a job),
`append:FILE`, `virtual:FOLDER`.
"""

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from printing.errors import ProfileError
from printing.profile import PrinterProfile
from printing.transports.contract import Transport
from printing.transports.cups import CupsTransport, is_queue_name
from printing.transports.device import DeviceTransport
from printing.transports.files import AppendTransport, FolderTransport, MemoryTransport
from printing.transports.serial_port import SerialTransport, parse_serial_address
from printing.transports.tcp import DEFAULT_PORT, TcpTransport
from printing.transports.usb import UsbTransport
from printing.transports.usb_bus import parse_usb_address
from printing.transports.virtual import VirtualTransport
from printing.transports.windows import WindowsTransport


def open_transport(profile: PrinterProfile, now: Callable[[], datetime]) -> Transport:
    """The wire for `profile.address`; nothing is opened or written yet. `now` is aware wall time.

    Raises:
        ProfileError: `printer.address_bad`, facts hold `address`.
    """
    scheme, _, rest = profile.address.partition(":")
    makers: dict[str, Callable[[], Transport]] = {
        "usb": lambda: _usb(profile.address, rest),
        "serial": lambda: _serial(profile.address, rest),
        "cups": lambda: _cups(profile.address, rest),
        "windows": lambda: _windows(profile.address, rest),
        "tcp": lambda: _tcp(profile.address),
        "device": lambda: _device(profile.address, rest),
        "file": lambda: FolderTransport(_path(profile.address, rest), f".{profile.language}"),
        "append": lambda: AppendTransport(_path(profile.address, rest)),
        "virtual": lambda: VirtualTransport(_path(profile.address, rest), profile, now),
        "memory": MemoryTransport,
    }
    if scheme not in makers:
        raise _bad(profile.address, f"must begin with one of {', '.join(f'{name}:' for name in makers)}")
    return makers[scheme]()


def _tcp(address: str) -> TcpTransport:
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise _bad(address, "has no valid host and port") from error
    if not host or parts.path not in {"", "/"} or parts.username is not None or parts.query or port == 0:
        raise _bad(address, "must look like tcp://192.168.1.50:9100")
    return TcpTransport(host, port or DEFAULT_PORT)


def _usb(address: str, rest: str) -> UsbTransport:
    parsed = parse_usb_address(rest)
    if parsed is None:
        raise _bad(address, "must look like usb:6868:0500, with :SERIAL or @BUS.PORT where there are several")
    return UsbTransport(parsed)


def _serial(address: str, rest: str) -> SerialTransport:
    parsed = parse_serial_address(rest)
    if parsed is None:
        raise _bad(address, "must look like serial:/dev/ttyUSB0?baud=115200 or serial:COM5?baud=9600&flow=none")
    return SerialTransport(parsed)


def _cups(address: str, rest: str) -> CupsTransport:
    if not is_queue_name(rest):
        raise _bad(address, "names no CUPS queue")
    return CupsTransport(rest)


def _windows(address: str, rest: str) -> WindowsTransport:
    if not rest.strip():
        raise _bad(address, "names no Windows printer")
    return WindowsTransport(rest)


def _device(address: str, rest: str) -> DeviceTransport:
    if os.name != "posix":
        raise _bad(address, "names a device file, which this system does not have")
    if not rest.startswith("/"):
        raise _bad(address, "must look like device:/dev/usb/lp0")
    return DeviceTransport(rest)


def _path(address: str, rest: str) -> Path:
    if not rest or not Path(rest).is_absolute():
        raise _bad(address, "needs a full path")
    return Path(rest)


def _bad(address: str, problem: str) -> ProfileError:
    return ProfileError("printer.address_bad", f"the printer address {problem}", address=address)
