"""The listening end: one thread with an event loop, few threads for the work, and a patience with slow callers.

uvicorn is loaded here and nowhere else, and this module only when a door opens: no window starts later for it.
"""

import asyncio
import errno
import logging
import os
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from core.gateway.app import App
from core.gateway.bell import Bell
from core.gateway.call_log import CallLog
from core.gateway.door import Door
from core.runtime.clock import Clock
from core.runtime.errors import Unavailable

if TYPE_CHECKING:
    import uvicorn

_log = logging.getLogger(__name__)

#: calls worked on at a time; the database has one writer anyway
_WORKERS: Final = 8
#: lines at a time; more are cut
_CONNECTIONS: Final = 300
#: from connecting (or the last answer) to the last byte of the next request
_READ_S: Final = 15.0
_STOP_S: Final = 8.0
LOOPBACK: Final = "127.0.0.1"
EVERYWHERE: Final = "0.0.0.0"  # noqa: S104 - only where the owner opens the door to the local network


class DoorServer:
    """One open port. Made and started once; a stopped one is not started again."""

    def __init__(self, door: Door, log: CallLog, clock: Clock, *, is_lan: bool, port: int) -> None:
        """Open the port; nothing is answered before `start`.

        Raises:
            Unavailable: `door.port_taken`, `door.port_refused`; facts hold `port`.
        """
        self.bell = Bell()
        self._clock = clock
        self._socket = _listening(EVERYWHERE if is_lan else LOOPBACK, port)
        self.port: int = self._socket.getsockname()[1]
        self._workers = ThreadPoolExecutor(_WORKERS, thread_name_prefix="door-work")
        self._app = App(door, self.bell, log, clock, self._workers)
        self._server: uvicorn.Server | None = None
        #: set when it answers, or never will
        self._is_decided = threading.Event()
        self._is_answering = False
        self._thread = threading.Thread(target=self._run, name="door", daemon=True)

    @property
    def is_alive(self) -> bool:
        """Whether it answers."""
        return self._is_answering and self._thread.is_alive()

    def start(self, patience_s: float = 10.0) -> None:
        """Answer from a thread of its own.

        Raises:
            Unavailable: `door.not_up`, it did not come up, or not in time.
        """
        self._thread.start()
        if not self._is_decided.wait(patience_s) or not self._is_answering:
            self.stop()
            raise Unavailable("door.not_up", "the door did not come up")

    def stop(self) -> None:
        """Let waiting callers go, finish what is at work, close the port."""
        self.bell.close()
        if self._server is not None:
            self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(_STOP_S)
        if self._thread.is_alive() and self._server is not None:
            self._server.force_exit = True
            self._thread.join(_STOP_S)
        self._workers.shutdown(wait=True)
        self._socket.close()

    def _run(self) -> None:
        import uvicorn

        from core.gateway.patience import patient_protocol

        async def serve() -> None:
            self.bell.hang()
            await server.serve(sockets=[self._socket])

        class Server(uvicorn.Server):
            async def startup(inner, sockets: list[socket.socket] | None = None) -> None:  # noqa: N805 - `self` is the door's
                await super().startup(sockets)
                self._is_answering = inner.started
                self._is_decided.set()

        config = uvicorn.Config(
            self._app,
            http=patient_protocol(_READ_S, _CONNECTIONS),
            ws="none",
            lifespan="off",
            loop="asyncio",
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            timeout_keep_alive=int(_READ_S),
            timeout_graceful_shutdown=3,
            h11_max_incomplete_event_size=16 * 1024,
        )
        server = self._server = Server(config)
        try:
            asyncio.run(serve())
        except Exception:  # noqa: BLE001 - the program goes on without its door, and says so
            _log.exception("the door fell shut")
        finally:
            self._is_answering = False
            self._is_decided.set()


def _listening(host: str, port: int) -> socket.socket:
    # asyncio sends at once only on sockets that say they are TCP: else each answer's body waits 40 ms, until the
    # caller has said that its head has come.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "nt":
            # Otherwise another program could take the same port beside us.
            listener.setsockopt(socket.SOL_SOCKET, getattr(socket, "SO_EXCLUSIVEADDRUSE", -5), 1)
        else:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(256)
    except OSError as error:
        listener.close()
        if error.errno in {errno.EADDRINUSE, getattr(errno, "WSAEADDRINUSE", 10048)}:
            raise Unavailable("door.port_taken", f"another program uses port {port}", port=port) from error
        raise Unavailable("door.port_refused", f"port {port} cannot be opened: {error}", port=port) from error
    listener.setblocking(False)
    return listener
