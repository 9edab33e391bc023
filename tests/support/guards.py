"""Guards around every test: only this machine is reached, no unannounced warning, no thread left behind."""

import logging
import re
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from ipaddress import ip_address

import pytest

#: how long a thread that was told to stop may take
THREAD_GRACE_S = 2.0


class NetworkRefused(Exception):
    """A test reached for another machine."""


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker of this module."""
    config.addinivalue_line(
        "markers", "expected_log(pattern, logger=None): a warning or error that this test is meant to cause"
    )


# --- network ----------------------------------------------------------------------


def is_loopback(host: str) -> bool:
    """Say whether `host` is this machine, as an address or as `localhost`."""
    try:
        return ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host == "localhost"


def refuse_other_machines(family: int, address: object) -> None:
    """Raise NetworkRefused unless `address` of this socket family is on this machine (any Unix socket is)."""
    if family not in (socket.AF_INET, socket.AF_INET6):
        return
    host = address[0] if isinstance(address, tuple) and address else ""
    if not isinstance(host, str) or not is_loopback(host):
        raise NetworkRefused(f"tests reach and serve only this machine, not {address!r}")


def _guarded(name: str) -> Callable[..., object]:
    """Return the socket method `name` with a look at its last argument, the address."""
    unguarded: Callable[..., object] = getattr(socket.socket, name)

    def method(self: socket.socket, *arguments: object) -> object:
        refuse_other_machines(self.family, arguments[-1])
        return unguarded(self, *arguments)

    return method


@pytest.fixture(scope="session", autouse=True)
def loopback_only() -> Iterator[None]:
    """Refuse every address of another machine, and every name that would have to be asked for."""
    ask = socket.getaddrinfo

    def guarded(host: bytes | str | None, *rest: object, **options: object) -> object:
        name = host.decode() if isinstance(host, bytes) else host
        if name and not is_loopback(name):
            raise NetworkRefused(f"tests look up no other machine: {name!r}")
        return ask(host, *rest, **options)  # type: ignore[arg-type]  # passed on as given

    with pytest.MonkeyPatch.context() as patch:
        for method in ("connect", "connect_ex", "bind", "sendto"):
            patch.setattr(socket.socket, method, _guarded(method))
        patch.setattr(socket, "getaddrinfo", guarded)
        yield


# --- logs ----------------------------------------------------------------------


@dataclass(slots=True)
class _Expectation:
    pattern: re.Pattern[str]
    logger: str | None
    has_come: bool = False

    def covers(self, record: logging.LogRecord) -> bool:
        if self.logger and record.name != self.logger and not record.name.startswith(f"{self.logger}."):
            return False
        return self.pattern.search(record.getMessage()) is not None


class ExpectedLog:
    """The warnings and errors that a test is meant to cause; call it with a pattern for each kind.

    Args of the call:
        pattern: regular expression, searched in the message.
        logger: name of the logger or of one above it; None means any.
    """

    def __init__(self) -> None:
        self._expectations: list[_Expectation] = []

    def __call__(self, pattern: str, logger: str | None = None) -> None:
        self._expectations.append(_Expectation(re.compile(pattern), logger))

    def complaints(self, records: Iterable[logging.LogRecord]) -> list[str]:
        """Return a line for each record nobody announced, and for each announcement that nothing followed."""
        lines = []
        for record in records:
            covering = [expectation for expectation in self._expectations if expectation.covers(record)]
            for expectation in covering:
                expectation.has_come = True
            if not covering:
                lines.append(f"unexpected log: {record.levelname} {record.name}: {record.getMessage()}")
        lines += [
            f"expected log did not come: {expectation.pattern.pattern}"
            for expectation in self._expectations
            if not expectation.has_come
        ]
        return lines


class _Collector(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture(autouse=True)
def expected_log(request: pytest.FixtureRequest) -> Iterator[ExpectedLog]:
    """Fail the test on a log at WARNING or above that it did not announce, by this fixture or the marker."""
    expected = ExpectedLog()
    for marker in request.node.iter_markers("expected_log"):
        expected(*marker.args, **marker.kwargs)
    collector = _Collector()
    root = logging.getLogger()
    root.addHandler(collector)
    try:
        yield expected
    finally:
        root.removeHandler(collector)
    complaints = expected.complaints(collector.records)
    if complaints:
        pytest.fail("\n".join(complaints), pytrace=False)


# --- threads ----------------------------------------------------------------------


def threads_left(before: Iterable[threading.Thread], grace_s: float = THREAD_GRACE_S) -> list[threading.Thread]:
    """Return the threads not in `before` that would keep the program from ending and do not end in time."""
    known = set(before)
    new = [thread for thread in threading.enumerate() if thread not in known and not thread.daemon]
    for thread in new:
        thread.join(grace_s)
    return [thread for thread in new if thread.is_alive()]


@pytest.fixture(autouse=True)
def no_threads_left() -> Iterator[None]:
    """Fail the test that leaves a thread running."""
    before = threading.enumerate()
    yield
    left = threads_left(before)
    if left:
        pytest.fail(f"threads left running: {', '.join(thread.name for thread in left)}", pytrace=False)
