"""A label printer on 127.0.0.1: takes one language, answers its questions, misbehaves on request."""

import socket
import struct
import threading
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from tests.simulators.cpcl_engine import CpclEngine
from tests.simulators.escpos_engine import EscposEngine
from tests.simulators.print_engine import Dots, PrintEngine, State
from tests.simulators.tspl_engine import TsplEngine
from tests.simulators.zpl_engine import ZplEngine

ENGINES: Mapping[str, type[PrintEngine]] = {
    "tspl": TsplEngine,
    "zpl": ZplEngine,
    "cpcl": CpclEngine,
    "escpos": EscposEngine,
}

_PIECE_BYTES = 2048
_TICK_S = 0.01


class LabelPrinter:
    """One printer with one place for one peer, as most have. Use as a context manager."""

    def __init__(self, language: str = "tspl", dots_per_mm: float = 8.0) -> None:
        self.language = language
        self.engine = ENGINES[language](dots_per_mm)
        self.engine.tell = self._tell
        #: bytes received since the start
        self.received = 0
        self._states: list[State] = []
        self._forced_state: State | None = None
        self._is_silent = False
        self._is_reading = True
        self._bytes_per_s = 0
        self._vanish_at: int | None = None
        self._changed = threading.Condition()
        self._stop = threading.Event()
        self._listener: socket.socket | None = None
        self._port = 0
        self._thread = threading.Thread(target=self._serve, name="label-printer", daemon=True)

    def __enter__(self) -> Self:
        self._listen()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        with self._changed:
            self._is_reading = True
            self._changed.notify_all()
        self._thread.join(5)
        if self._listener is not None:
            self._listener.close()

    @property
    def address(self) -> str:
        return f"tcp://127.0.0.1:{self._port}"

    @property
    def port(self) -> int:
        return self._port

    @property
    def papers(self) -> Sequence[Dots]:
        with self._changed:
            return tuple(self.engine.papers)

    def wait_for_papers(self, count: int, timeout_s: float = 10.0) -> Sequence[Dots]:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.engine.papers) >= count, timeout_s), (
                f"{len(self.engine.papers)} of {count} papers came out"
            )
            return tuple(self.engine.papers)

    def wait_for_bytes(self, count: int, timeout_s: float = 10.0) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self.received >= count, timeout_s)

    def answer(self, *states: State) -> None:
        """The next answers when asked for the state, one each; afterwards the true state again."""
        with self._changed:
            self._states = list(states)

    def always_answer(self, state: State | None) -> None:
        with self._changed:
            self._forced_state = state

    def keep_silent(self) -> None:
        self._is_silent = True

    def run_out_of_paper(self) -> None:
        with self._changed:
            self.engine.has_paper = False

    def load_paper(self) -> None:
        with self._changed:
            self.engine.load_paper()
            self._changed.notify_all()

    def wait_until_paper_is_in(self, timeout_s: float = 30.0) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self.engine.has_paper, timeout_s)

    def stop_reading(self) -> None:
        with self._changed:
            self._is_reading = False

    def resume_reading(self) -> None:
        with self._changed:
            self._is_reading = True
            self._changed.notify_all()

    def read_slowly(self, bytes_per_s: int) -> None:
        self._bytes_per_s = bytes_per_s

    def vanish_after(self, more_bytes: int) -> None:
        """Reset the connection and stop listening after so many further bytes (unplugged, switched off)."""
        with self._changed:
            self._vanish_at = self.received + more_bytes

    def come_back(self) -> None:
        with self._changed:
            self._vanish_at = None
            self._listen()

    def _listen(self) -> None:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # A printer's buffer is small: what it does not read must pile up at the sender.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        listener.bind(("127.0.0.1", self._port))
        listener.listen(4)
        listener.settimeout(_TICK_S)
        self._port = listener.getsockname()[1]
        self._listener = listener

    def _serve(self) -> None:
        while not self._stop.is_set():
            listener = self._listener
            if listener is None:
                self._stop.wait(_TICK_S)
                continue
            try:
                peer, _ = listener.accept()
            except TimeoutError:
                continue
            with peer:
                peer.settimeout(_TICK_S)
                self._talk(peer)

    def _talk(self, peer: socket.socket) -> None:
        while not self._stop.is_set():
            with self._changed:
                self._changed.wait_for(lambda: self._is_reading)
                most = _PIECE_BYTES
                if self._vanish_at is not None:
                    most = min(most, self._vanish_at - self.received)
            if most <= 0:
                self._vanish(peer)
                return
            try:
                piece = peer.recv(most)
            except TimeoutError:
                continue
            except OSError:
                return
            if not piece:
                return
            self._take(piece, peer)

    def _take(self, piece: bytes, peer: socket.socket) -> None:
        if self._bytes_per_s:
            time.sleep(len(piece) / self._bytes_per_s)
        with self._changed:
            self.engine.feed(piece, lambda reply: self._reply(peer, reply))
            self.received += len(piece)
            self._changed.notify_all()

    def _tell(self) -> State:
        if self._states:
            return self._states.pop(0)
        return self.engine.state if self._forced_state is None else self._forced_state

    def _reply(self, peer: socket.socket, reply: bytes) -> None:
        if self._is_silent:
            return
        try:
            peer.sendall(reply)
        except OSError:
            return

    def _vanish(self, peer: socket.socket) -> None:
        with self._changed:
            listener, self._listener = self._listener, None
            if listener is not None:
                listener.close()
            self._changed.notify_all()
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.close()
