"""A TCP proxy that can lose a reply: the request arrives and takes effect, the caller never hears of it."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class CuttingProxy:
    """Passes bytes both ways between loopback ports until it is told which request's reply to lose."""

    def __init__(self, target_port: int) -> None:
        self._target_port = target_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []
        self._sockets: list[socket.socket] = [self._listener]
        self._lock = threading.Lock()
        self._needle: bytes | None = None
        self._is_down_after = False
        self._is_down = False
        #: how many replies were lost so far
        self.lost = 0
        self.port: int = self._listener.getsockname()[1]
        self._spawn(self._accept)

    def lose_reply_to(self, needle: bytes) -> None:
        """The reply to the next request that contains `needle` is lost, once."""
        with self._lock:
            self._needle = needle

    def lose_all_after_that(self) -> None:
        """With the lost reply the line goes dead: nobody can connect any more."""
        with self._lock:
            self._is_down_after = True

    def close(self) -> None:
        """Cut every connection and wait for the threads."""
        with self._lock:
            sockets = list(self._sockets)
        for one in sockets:
            _cut(one)
        for thread in list(self._threads):
            thread.join(10)

    def _spawn(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                caller, _ = self._listener.accept()
                shop = socket.create_connection(("127.0.0.1", self._target_port))
            except OSError:
                return
            with self._lock:
                self._sockets += [caller, shop]
                if self._is_down:
                    _cut(caller)
                    _cut(shop)
                    continue
            marked = threading.Event()
            self._spawn(self._requests, caller, shop, marked)
            self._spawn(self._replies, shop, caller, marked)

    def _requests(self, caller: socket.socket, shop: socket.socket, marked: threading.Event) -> None:
        tail = b""
        with contextlib.suppress(OSError):
            while chunk := caller.recv(65_536):
                with self._lock:
                    if self._needle is not None and self._needle in tail + chunk:
                        marked.set()
                        self._needle = None
                tail = (tail + chunk)[-200:]
                shop.sendall(chunk)
        _cut(shop)

    def _replies(self, shop: socket.socket, caller: socket.socket, marked: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while chunk := shop.recv(65_536):
                if marked.is_set():
                    with self._lock:
                        self.lost += 1
                        self._is_down = self._is_down_after
                    break
                caller.sendall(chunk)
        _cut(caller)
        _cut(shop)


def _cut(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()


@contextmanager
def cutting_proxy(target_port: int) -> Iterator[CuttingProxy]:
    """A proxy in front of a loopback port; it ends with the block."""
    proxy = CuttingProxy(target_port)
    try:
        yield proxy
    finally:
        proxy.close()
