"""What uvicorn's own reading lacks: neighbours alone, a last moment for what trickles in, a bound of lines."""

import asyncio
import json
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from core.gateway.problems import Problem, answer_of

if TYPE_CHECKING:
    from uvicorn.config import Config
    from uvicorn.server import ServerState


def is_near(host: str) -> bool:
    """Whether an address is of this machine or of a private network."""
    try:
        return ip_address(host).is_private
    except ValueError:
        return False


class PatientProtocol(H11Protocol):
    """One line to a caller. `read_s` and `most` are set by `patient_protocol`."""

    read_s = 15.0
    most = 300

    def __init__(
        self,
        config: "Config",
        server_state: "ServerState",
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        """As uvicorn makes it."""
        super().__init__(config, server_state, app_state, _loop)
        self._last_moment: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """A new line; one too many is cut, or a few callers who say nothing could keep all others out.

        So is one from a public address: a router that hands the port on must not open the door to the world.
        """
        super().connection_made(transport)
        peer = transport.get_extra_info("peername") or ("",)
        if len(self.connections) > self.most or not is_near(str(peer[0])):
            transport.abort()
            return
        self._wait_for_request()

    def connection_lost(self, exc: Exception | None) -> None:
        """The line is gone."""
        self._stop_waiting()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """The next request has to come in its own time."""
        self._wait_for_request()
        super().on_response_complete()

    def _wait_for_request(self) -> None:
        self._stop_waiting()
        self._last_moment = self.loop.call_later(self.read_s, self._give_up)

    def _stop_waiting(self) -> None:
        if self._last_moment is not None:
            self._last_moment.cancel()
            self._last_moment = None

    def _give_up(self) -> None:
        is_at_work = self.cycle is not None and not self.cycle.response_complete and not self.cycle.more_body
        if not is_at_work and not self.transport.is_closing():
            self.transport.abort()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's words are for its own log
        """What is no HTTP is refused in the door's own shape."""
        answer = answer_of(Problem("bad_query", "this is no well-formed HTTP request"))
        body = json.dumps(dict(answer.body), separators=(",", ":")).encode()
        headers = [
            (b"content-type", b"application/problem+json"),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
        ]
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            for event in (h11.Response(status_code=400, headers=headers), h11.Data(data=body), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()


def patient_protocol(read_s: float, most: int) -> type[PatientProtocol]:
    """The protocol with its limits: seconds for a whole request, lines at a time."""
    return type("DoorProtocol", (PatientProtocol,), {"read_s": read_s, "most": most})
