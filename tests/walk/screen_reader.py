"""Reads a window as a screen reader does: over AT-SPI, from outside the program, by what its labels show.

Nothing in the program is opened for this: Qt itself offers every window to assistive programs once they ask.
"""

import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from jeepney import DBusAddress, MessageType, new_method_call
from jeepney.io.blocking import DBusConnection, open_dbus_connection

from tests.walk.stranger import Seen

_ACCESSIBLE = "org.a11y.atspi.Accessible"
_PROPERTIES = "org.freedesktop.DBus.Properties"
_ROOT = "/org/a11y/atspi/accessible/root"
#: bits of AT-SPI's state set
_FOCUSED, _SHOWING = 12, 25


@contextmanager
def session_bus() -> Iterator[Mapping[str, str]]:
    """A message bus of our own; gives the environment that leads a program to it."""
    bus = subprocess.Popen(
        ["dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address=1"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert bus.stdout is not None
    try:
        yield {"DBUS_SESSION_BUS_ADDRESS": bus.stdout.readline().strip(), "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1"}
    finally:
        bus.terminate()
        bus.wait(10)


class ScreenReader:
    """Reads the only program on the bus."""

    def __init__(self, bus_address: str) -> None:
        with open_dbus_connection(bus_address) as session:
            where = DBusAddress("/org/a11y/bus", "org.a11y.Bus", "org.a11y.Bus")
            (address,) = _asked(session, new_method_call(where, "GetAddress"))
        self._bus = open_dbus_connection(address)
        self._program = ""
        self._ids: dict[str, str] = {}

    def close(self) -> None:
        self._bus.close()

    def wait_for_program(self, timeout_s: float = 60.0) -> None:
        """Until a program has shown itself on the bus."""
        give_up = time.monotonic() + timeout_s
        while time.monotonic() < give_up:
            children = self._call("org.a11y.atspi.Registry", _ROOT, "GetChildren")[0]
            if children:
                self._program = children[0][0]
                return
            time.sleep(0.2)
        raise TimeoutError("no program came to the accessibility bus")

    def look(self) -> dict[str, Seen]:
        """Everything in the window by its identifier (the widget's name where it has one)."""
        found: dict[str, Seen] = {}
        self._walk(_ROOT, found)
        return found

    def _walk(self, path: str, found: dict[str, Seen]) -> None:
        for program, child in self._call(self._program, path, "GetChildren")[0]:
            if program != self._program or child.endswith("/null"):
                continue
            low, high = (*self._call(program, child, "GetState")[0], 0)[:2]
            state = low | high << 32
            if not state >> _SHOWING & 1:
                continue
            if child not in self._ids:
                self._ids[child] = self._get(child, "AccessibleId") or child
            found[self._ids[child]] = Seen(self._get(child, "Name"), bool(state >> _FOCUSED & 1))
            self._walk(child, found)

    def _get(self, path: str, name: str) -> str:
        where = DBusAddress(path, self._program, _PROPERTIES)
        return str(_asked(self._bus, new_method_call(where, "Get", "ss", (_ACCESSIBLE, name)))[0][1])

    def _call(self, program: str, path: str, method: str) -> Any:
        return _asked(self._bus, new_method_call(DBusAddress(path, program, _ACCESSIBLE), method))


def _asked(bus: DBusConnection, message: Any) -> Any:
    reply = bus.send_and_get_reply(message, timeout=10)
    if reply.header.message_type is MessageType.error:
        raise OSError(f"{reply.header.fields}: {reply.body}")
    return reply.body
