"""Reads a scale's port in a thread of its own, whatever the scale does; nobody ever waits for it."""

import errno
import logging
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from desktop.scale.formats import FORMATS, decode
from desktop.scale.state import Condition, ScaleState, Watch

if TYPE_CHECKING:
    import serial

_log = logging.getLogger(__name__)

_READ_S: Final = 0.1
_READ_BYTES: Final = 256
_ASK_EVERY_S: Final = 0.25
#: scales speak five to twenty times a second
_SILENT_S: Final = 1.5
_RETRY_S: Final = 1.0
#: a driver that hangs keeps its thread; what it said last is not believed any longer
_HUNG_S: Final = 3.0


@dataclass(frozen=True, slots=True)
class PortSettings:
    """Where the scale is and how it talks.

    Attributes:
        port: `/dev/ttyUSB0`, `COM5`.
        format: of `desktop.scale.formats.FORMATS`.
        baud: must be the scale's own.
        unit: of `desktop.scale.reading.UNITS`.
    """

    port: str
    format: str = "ad"
    baud: int = 9600
    unit: str = "told"


class ScaleReader:
    """One scale at one port: `start`, then `look` whenever somebody wants to know; `stop` ends it.

    A scale that is unplugged, silent or unintelligible is tried again until it speaks; nothing has to be pressed.
    """

    def __init__(
        self,
        settings: PortSettings,
        on_change: Callable[[ScaleState], None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Make a reader that does nothing yet.

        Args:
            settings: which port, which format.
            on_change: called on the reader's thread with every state that differs from the one before.
            monotonic: seconds that never run backwards.
        """
        self._settings = settings
        self._on_change = on_change
        self._monotonic = monotonic
        self._stop = threading.Event()
        self._watch = Watch()
        self._state = ScaleState(Condition.WAITING)
        self._beat = monotonic()
        self._thread = threading.Thread(target=self._run, name="scale", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self, patience_s: float = 2.0) -> bool:
        """End; whether the thread ended in time."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join(patience_s)
        return not self._thread.is_alive()

    def look(self) -> ScaleState:
        """The newest state; never waits."""
        state = self._state
        if self._monotonic() - self._beat > _HUNG_S:
            return ScaleState(Condition.SILENT, emptied=state.emptied)
        return state

    # --- the thread ---------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stop.is_set():
            self._beat = self._monotonic()
            try:
                port = _open(self._settings)
            except (OSError, ValueError) as error:
                self._tell(_why_not(error))
            else:
                try:
                    self._listen(port)
                except Exception as error:  # noqa: BLE001  termios has an error of its own; all mean "unplugged"
                    _log.info("the scale's port failed: %s", type(error).__name__)
                    self._tell(Condition.GONE)
                finally:
                    with suppress(Exception):
                        port.close()
            self._watch.forget()
            self._stop.wait(_RETRY_S)

    def _listen(self, port: "serial.Serial") -> None:
        request = FORMATS[self._settings.format].request
        port.reset_input_buffer()
        rest, strange_bytes = b"", 0
        heard_at = self._monotonic()
        asked_at = heard_at - _ASK_EVERY_S
        while not self._stop.is_set():
            self._beat = now = self._monotonic()
            if request and now - asked_at >= _ASK_EVERY_S:
                port.write(request)
                asked_at = now
            data = port.read(_READ_BYTES)
            now = self._monotonic()
            decoded = decode(self._settings.format, rest + data, self._settings.unit)
            rest = decoded.rest
            for reading in decoded.readings:
                self._publish(self._watch.feed(reading, now))
            if decoded.readings:
                heard_at, strange_bytes = now, 0
                continue
            strange_bytes += len(data)
            if now - heard_at > _SILENT_S:
                self._watch.forget()
                self._tell(Condition.GARBLED if strange_bytes else Condition.SILENT)
                if self._settings.port.startswith("/dev/") and not Path(self._settings.port).exists():
                    return
                if strange_bytes and now - heard_at > 2 * _SILENT_S:
                    heard_at, strange_bytes = now - _SILENT_S, 0

    def _tell(self, condition: Condition) -> None:
        self._publish(ScaleState(condition, emptied=self._watch.emptied))

    def _publish(self, state: ScaleState) -> None:
        if state == self._state:
            return
        self._state = state
        try:
            self._on_change(state)
        except Exception:  # noqa: BLE001  a listener must not end the reading
            _log.exception("a listener of the scale failed")


def _open(settings: PortSettings) -> "serial.Serial":
    import serial

    return serial.Serial(
        settings.port,
        settings.baud,
        timeout=_READ_S,
        write_timeout=1.0,
        exclusive=True if os.name == "posix" else None,
    )


def _why_not(error: Exception) -> Condition:
    words = str(error)
    under = error.__context__
    number = getattr(error, "errno", None) or (under.args[0] if under is not None and under.args else None)
    if number in {errno.EAGAIN, errno.EBUSY} or "PermissionError" in words:
        # Windows says so of a port that another program has open.
        return Condition.BUSY
    return Condition.FORBIDDEN if number in {errno.EACCES, errno.EPERM} else Condition.GONE


def known_ports() -> tuple[tuple[str, str], ...]:
    """Serial ports of this machine, with what they call themselves; on Linux by the name that outlives replugging."""
    from serial.tools import list_ports

    lasting = {}
    with suppress(OSError):
        lasting = {str(link.resolve()): str(link) for link in sorted(Path("/dev/serial/by-id").iterdir())}
    # A built-in port that nothing stands behind has no hardware id.
    return tuple(
        (lasting.get(port.device, port.device), port.description or port.device)
        for port in list_ports.comports()
        if os.name != "posix" or port.hwid not in {None, "", "n/a"}
    )
