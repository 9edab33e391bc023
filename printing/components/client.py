"""A component over its local websocket: one connection a task, so that a restarted component is found by itself.

The word that counts is `printed`. The reply to `print` only says that the component will try, and a line that breaks
after `print` was sent says nothing at all: a component may print on without us.
"""

import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from printing.components.contract import ComponentPrinter, Session, Task, TaskState
from printing.components.dialects import DIALECTS, Dialect
from printing.components.messages import GET_PRINTERS, PRINT, Message, clean_words, print_request, read, request
from printing.errors import NothingSent, PartlySent, TaskFailed

if TYPE_CHECKING:
    from printing.components.wire import Wire, WireError

_FAILED = frozenset({"failed", "canceled", "cancelled"})
_PORTS: Mapping[str, int] = MappingProxyType({key: dialect.port for key, dialect in DIALECTS.items()})


@dataclass(frozen=True, slots=True)
class LocalComponents:
    """Implements `Components` over the components of this machine.

    Attributes:
        ports: dialect -> port, where it is another one than the platform's.
        connect_s: to open a line, handshake included.
        reply_s: for the list of printers.
        patience_s: for a whole task; the platform's own advice is 30 to 60 seconds.
    """

    ports: Mapping[str, int] = field(default_factory=lambda: _PORTS)
    connect_s: float = 3.0
    reply_s: float = 5.0
    patience_s: float = 60.0

    def open(self, dialect: str) -> Session:
        """Call the component of `dialect`.

        Raises:
            NothingSent: `component.absent`, `component.garbled`.
        """
        from printing.components.wire import Wire, WireError

        port = self.ports.get(dialect, DIALECTS[dialect].port)
        try:
            return LocalSession(DIALECTS[dialect], Wire(port, self.connect_s), self.reply_s)
        except WireError as error:
            raise NothingSent(error.code, str(error), dialect=dialect) from error


class LocalSession:
    """Implements `Session`."""

    def __init__(self, dialect: Dialect, wire: "Wire", reply_s: float) -> None:
        self._dialect = dialect
        self._wire = wire
        self._reply_s = reply_s
        self._task: Task | None = None
        self._request_id = ""

    def printers(self) -> Sequence[ComponentPrinter]:
        """What it can print on."""
        from printing.components.wire import WireError

        request_id = uuid.uuid4().hex
        ends_at = time.monotonic() + self._reply_s
        try:
            self._wire.send(request(GET_PRINTERS, request_id), self._reply_s)
            while (left_s := ends_at - time.monotonic()) > 0:
                message = self._next(left_s)
                if message is not None and _is_reply(message, GET_PRINTERS, request_id):
                    return message.printers
        except WireError as error:
            raise NothingSent(error.code, str(error), dialect=self._dialect.key) from error
        raise NothingSent("component.silent", "the component does not answer", dialect=self._dialect.key)

    def print(self, task: Task) -> None:
        """Hand over a task."""
        from printing.components.wire import WireError

        self._request_id = uuid.uuid4().hex
        text = print_request(self._dialect, self._request_id, task)
        try:
            # Bytes still go into a line that the far end has closed: look before the first one leaves.
            self._wire.receive(0.001)
        except WireError as error:
            raise NothingSent(error.code, str(error), dialect=self._dialect.key) from error
        try:
            self._wire.send(text, self._reply_s)
        except WireError as error:
            kind = PartlySent if error.facts.get("sent_bytes") else NothingSent
            raise kind(error.code, str(error), dialect=self._dialect.key) from error
        self._task = task

    def follow(self, timeout_s: float) -> TaskState | None:
        """The next word about the task, within `timeout_s`."""
        from printing.components.wire import WireError

        if self._task is None:
            raise ValueError("there is no task to follow")
        ends_at = time.monotonic() + timeout_s
        while True:
            try:
                message = self._next(max(0.001, ends_at - time.monotonic()))
            except WireError as error:
                raise self._broken(error) from error
            state = None if message is None else self._state(message, self._task)
            if state is not None or time.monotonic() >= ends_at:
                return state

    def close(self) -> None:
        """Hang up."""
        self._wire.close()

    def _next(self, timeout_s: float) -> Message | None:
        text = self._wire.receive(timeout_s)
        return None if text is None else read(text)

    def _broken(self, error: "WireError") -> PartlySent:
        return PartlySent(error.code, str(error), dialect=self._dialect.key)

    def _state(self, message: Message, task: Task) -> TaskState | None:
        """What a message says about our task; None where it is about something else."""
        if _is_reply(message, PRINT, self._request_id) or (message.command, message.task_id) == (PRINT, task.task_id):
            if message.status.lower() == "failed":
                raise self._failure("component.refused", message, task)
            return TaskState.ACCEPTED
        if message.task_id != task.task_id:
            return None
        if message.command == self._dialect.document_command and message.code not in {"", "0"}:
            raise self._failure("component.failed", message, task)
        if message.command not in self._dialect.result_commands:
            return None
        word = message.task_status.lower()
        if word in _FAILED:
            raise self._failure("component.failed", message, task)
        return {"printed": TaskState.PRINTED, "rendered": TaskState.RENDERED}.get(word)

    def _failure(self, code: str, message: Message, task: Task) -> TaskFailed | PartlySent:
        # Its words may quote what only it could decrypt: they are for the screen, never for a log.
        words = clean_words(message.text, task.documents)
        if code == "component.failed" and len(task.documents) > 1:
            return PartlySent("component.part_failed", "some pages of the task failed", message=words)
        return TaskFailed(code, "the print component says no", message=words, dialect=self._dialect.key)


def _is_reply(message: Message, command: str, request_id: str) -> bool:
    return message.command == command and message.request_id == request_id
