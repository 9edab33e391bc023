"""A small websocket server (RFC 6455) on 127.0.0.1, written from the standard: a print component's door.

It shares nothing with the library the program calls it with, so that the two check each other.
"""

import base64
import hashlib
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_TEXT, _BINARY, _CLOSE, _PING, _PONG = 0x1, 0x2, 0x8, 0x9, 0xA


class Peer:
    """One caller. Sending to one that has gone is no error: the far end does not care."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._lock = threading.Lock()

    def send_text(self, text: str) -> None:
        """One text message."""
        self.send_raw(frame(_TEXT, text.encode()))

    def send_binary(self, data: bytes) -> None:
        """One binary message."""
        self.send_raw(frame(_BINARY, data))

    def ping(self) -> None:
        """Ask whether the caller is there."""
        self.send_raw(frame(_PING, b"?"))

    def send_raw(self, data: bytes) -> None:
        """Bytes as they are, frame or not."""
        with self._lock, suppress(OSError):
            self._line.sendall(data)

    def kill(self) -> None:
        """Reset the connection, as the system does for a program that died."""
        with suppress(OSError):
            self._line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._line.shutdown(socket.SHUT_RDWR)
        self._line.close()

    def hang_up(self) -> None:
        """Say goodbye and close, as a program does that ends in good order."""
        self.send_raw(frame(_CLOSE, b"\x03\xe8"))
        with suppress(OSError):
            self._line.shutdown(socket.SHUT_WR)

    def messages(self, hear: Callable[[str], None]) -> None:
        """Shake hands, then hear text messages until the caller hangs up."""
        if not self._shake_hands():
            return
        while (head := self._take(2)) is not None:
            opcode, size = head[0] & 0x0F, head[1] & 0x7F
            if not head[0] & 0x80 or not head[1] & 0x80:
                return  # in pieces or unmasked: no caller of ours does that
            if size >= 126:
                more = self._take(2 if size == 126 else 8)
                if more is None:
                    return
                size = int.from_bytes(more, "big")
            mask, body = self._take(4), self._take(size)
            if mask is None or body is None or opcode == _CLOSE:
                return
            data = bytes(byte ^ mask[at % 4] for at, byte in enumerate(body))
            if opcode == _TEXT:
                hear(data.decode())
            elif opcode == _PING:
                self.send_raw(frame(_PONG, data))

    def _shake_hands(self) -> bool:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            piece = self._take(1)
            if piece is None or len(head) > 8192:
                return False
            head += piece
        for header in head.split(b"\r\n"):
            name, _, value = header.partition(b":")
            if name.strip().lower() == b"sec-websocket-key":
                accept = base64.b64encode(hashlib.sha1(value.strip() + _GUID, usedforsecurity=False).digest())
                self.send_raw(
                    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
                )
                return True
        return False

    def _take(self, count: int) -> bytes | None:
        data = b""
        while len(data) < count:
            try:
                piece = self._line.recv(count - len(data))
            except OSError:
                return None
            if not piece:
                return None
            data += piece
        return data


def frame(opcode: int, data: bytes) -> bytes:
    """An unmasked frame, as a server sends it."""
    size = len(data)
    if size < 126:
        head = bytes([0x80 | opcode, size])
    elif size < 1 << 16:
        head = bytes([0x80 | opcode, 126]) + size.to_bytes(2, "big")
    else:
        head = bytes([0x80 | opcode, 127]) + size.to_bytes(8, "big")
    return head + data


_PATIENCE_S = 10.0


class WebSocketServer:
    """Listens, keeps its port over restarts, and dies on request."""

    def __init__(self, hear: Callable[[Peer, str], None]) -> None:
        self._hear = hear
        self._lock = threading.Lock()
        self._door: socket.socket | None = None
        self._peers: set[Peer] = set()
        self._threads: list[threading.Thread] = []
        self.port = 0

    def start(self) -> None:
        """Open the door; on the same port as before."""
        door = self._bound()
        door.listen(16)
        with self._lock:
            self._door = door
            self.port = door.getsockname()[1]
        self._spawn(self._accept, door)

    def _bound(self) -> socket.socket:
        # The door before is open as long as the thread that waits at it has not woken up.
        ends_at = time.monotonic() + _PATIENCE_S
        while True:
            door = socket.socket()
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                door.bind(("127.0.0.1", self.port))
            except OSError:
                door.close()
                if time.monotonic() > ends_at:
                    raise
                time.sleep(0.02)
            else:
                return door

    def die(self) -> None:
        """Every line is reset and nobody listens any more, at once."""
        with self._lock:
            door, self._door = self._door, None
            peers, self._peers = self._peers, set()
        if door is not None:
            with suppress(OSError):
                door.shutdown(socket.SHUT_RDWR)
            door.close()
        for peer in peers:
            peer.kill()

    def hang_up(self) -> None:
        """Close every line in good order; the door stays open."""
        with self._lock:
            peers = set(self._peers)
        for peer in peers:
            peer.hang_up()

    def join(self) -> None:
        """Wait until every thread has ended; after `die`."""
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(10)

    @property
    def is_open(self) -> bool:
        """Whether somebody listens."""
        return self._door is not None

    def _spawn(self, work: Callable[[socket.socket], None], line: socket.socket) -> None:
        thread = threading.Thread(target=work, args=(line,), daemon=True, name="websocket-server")
        self._threads = [one for one in self._threads if one.is_alive()]
        self._threads.append(thread)
        thread.start()

    def _accept(self, door: socket.socket) -> None:
        while True:
            try:
                line, _ = door.accept()
                line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except OSError:
                return
            self._spawn(self._talk, line)

    def _talk(self, line: socket.socket) -> None:
        peer = Peer(line)
        with self._lock:
            if self._door is None:
                peer.kill()
                return
            self._peers.add(peer)
        with suppress(OSError):
            peer.messages(lambda text: self._hear(peer, text))
        with self._lock:
            self._peers.discard(peer)
        line.close()
