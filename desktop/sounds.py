"""Plays the signal tones through the system's own player, in a thread of its own; never required for use."""

import importlib
import os
import queue
import shutil
import threading
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtWidgets import QApplication

from desktop.settings import DeskSettings
from resources.interface import sound_file

#: the stop tone comes again after this time until somebody acknowledges
_REPEAT_MS: Final = 2500
_PLAY_LIMIT_S: Final = 3
QUIET: Final = "quiet"
#: programs that play a WAV from standard input or a file, best first
_PLAYERS: Final = ("pw-play", "paplay", "aplay")


@lru_cache(maxsize=32)
def scaled_wav(name: str, volume: int) -> bytes:
    """The WAV of a tone at `volume` percent."""
    import array
    import io
    import wave

    with wave.open(str(sound_file(name)), "rb") as source:
        parameters = source.getparams()
        data = array.array("h", source.readframes(source.getnframes()))
    for index, value in enumerate(data):
        data[index] = value * volume // 100
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as target:
        target.setparams(parameters)
        target.writeframes(data.tobytes())
    return buffer.getvalue()


def system_player() -> Callable[[bytes], bool] | None:
    """What plays a WAV on this machine and waits for its end; None where nothing can."""
    if os.name == "nt":
        return _play_windows
    for program in _PLAYERS:
        path = shutil.which(program)
        if path is not None:
            arguments = [path, "-q", "-"] if program == "aplay" else [path, "/dev/stdin"]
            return lambda wav: _play_program(arguments, wav)
    return None


def _play_program(arguments: list[str], wav: bytes) -> bool:
    import subprocess

    try:
        done = subprocess.run(  # noqa: S603  a player found on the path, fed with our own tone
            arguments,
            input=wav,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_PLAY_LIMIT_S,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0


def _play_windows(wav: bytes) -> bool:
    winsound: Any = importlib.import_module("winsound")  # exists on Windows only
    try:
        winsound.PlaySound(wav, winsound.SND_MEMORY)
    except RuntimeError:
        return False
    return True


class Sounds(QObject):
    """Plays tones by name; a tone that cannot be played becomes the system's beep.

    Signals:
        unplayable: a tone found no player; the beep is made on the GUI thread.
    """

    unplayable = Signal()

    def __init__(
        self,
        settings: DeskSettings,
        parent: QObject | None = None,
        find_player: Callable[[], Callable[[bytes], bool] | None] = system_player,
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self._find_player = find_player
        self._waiting: queue.SimpleQueue[tuple[str, int] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(_REPEAT_MS)
        self._timer.timeout.connect(self._on_repeat)
        self.unplayable.connect(self._on_unplayable)

    @property
    def is_repeating(self) -> bool:
        """Whether the stop tone goes on."""
        return self._timer.isActive()

    def play(self, name: str) -> None:
        """Play a tone now; `stop` repeats until `quiet` (or any other tone of good news) comes."""
        if name == QUIET:
            self._timer.stop()
            return
        if name == "stop":
            self._timer.start()
        self._enqueue(name)

    def play_once(self, name: str) -> None:
        """Play a tone that nobody has to silence."""
        self._enqueue(name)

    def stop(self) -> None:
        """End the thread; what is being played is waited for, but not long."""
        self._timer.stop()
        if self._thread is not None:
            self._waiting.put(None)
            self._thread.join(_PLAY_LIMIT_S + 1)
            self._thread = None

    def _enqueue(self, name: str) -> None:
        if not self._settings.flag("sound") or not self._settings.number("volume"):
            return
        if self._waiting.qsize() > 1:
            return  # a tone that comes seconds late says something wrong
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="desk-sounds", daemon=True)
            self._thread.start()
        self._waiting.put((name, self._settings.number("volume")))

    def _run(self) -> None:
        player = self._find_player()
        while (tone := self._waiting.get()) is not None:
            if player is None or not player(scaled_wav(*tone)):
                self.unplayable.emit()

    @Slot()
    def _on_repeat(self) -> None:
        self._enqueue("stop")

    @Slot()
    def _on_unplayable(self) -> None:
        QApplication.beep()
