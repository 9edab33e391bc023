"""The guards around every test, tried from inside: what must be refused is refused, what must pass passes."""

import logging
import socket
import threading
from pathlib import Path

import pytest

from tests.support.guards import ExpectedLog, NetworkRefused, is_loopback, threads_left

#: an address set aside for documentation: nobody is there
ELSEWHERE = ("192.0.2.1", 80)


def test_another_machine_is_not_reached() -> None:
    with socket.socket() as plain, pytest.raises(NetworkRefused):
        plain.connect(ELSEWHERE)
    with socket.socket() as plain, pytest.raises(NetworkRefused):
        plain.connect_ex(ELSEWHERE)
    with socket.socket(type=socket.SOCK_DGRAM) as plain, pytest.raises(NetworkRefused):
        plain.sendto(b"x", ELSEWHERE)
    with pytest.raises(NetworkRefused):
        socket.create_connection(("shop.example", 443), timeout=1)


def test_a_server_is_not_opened_to_other_machines() -> None:
    with socket.socket() as plain, pytest.raises(NetworkRefused):
        plain.bind(("0.0.0.0", 0))  # noqa: S104 - refused is what we want
    with socket.socket() as plain, pytest.raises(NetworkRefused):
        plain.bind(("", 0))


def test_this_machine_is_reached_over_tcp_and_unix_sockets(tmp_path: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(("localhost", server.getsockname()[1]), timeout=5) as client,
        server.accept()[0] as accepted,
    ):
        client.sendall(b"order")
        assert accepted.recv(5) == b"order"
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(str(tmp_path / "s"))
        server.listen()
        client.connect(str(tmp_path / "s"))


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("localhost", True),
        ("", False),
        ("0.0.0.0", False),  # noqa: S104 - asked about, not bound
        ("10.0.0.1", False),
        ("localhost.example", False),
    ],
)
def test_loopback_is_known(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


def test_announced_warning_passes(expected_log: ExpectedLog) -> None:
    expected_log("printer .* offline", logger="printing")
    logging.getLogger("printing.spooler").warning("printer %s is offline", "A")


@pytest.mark.expected_log("half a page")
def test_warning_announced_by_marker_passes() -> None:
    logging.getLogger("core").error("the shop sent half a page")


def record(name: str, text: str) -> logging.LogRecord:
    return logging.LogRecord(name, logging.WARNING, __file__, 1, text, None, None)


def test_unannounced_warning_is_a_complaint() -> None:
    expected = ExpectedLog()
    assert expected.complaints([]) == []
    assert expected.complaints([record("core.sync", "gone")]) == ["unexpected log: WARNING core.sync: gone"]


def test_announcement_covers_its_own_logger_only_and_must_come_true() -> None:
    expected = ExpectedLog()
    expected("gone", logger="core")
    assert expected.complaints([record("coretools", "gone")]) == [
        "unexpected log: WARNING coretools: gone",
        "expected log did not come: gone",
    ]
    assert expected.complaints([record("core", "gone"), record("core.sync", "all gone")]) == []


def test_warning_in_a_real_test_run_fails_that_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import logging, threading

        pytest_plugins = ["tests.support.guards"]

        def test_quiet():
            pass

        def test_loud():
            logging.getLogger("core").warning("nobody announced me")

        def test_threads(request):
            stop = threading.Event()
            request.config.add_cleanup(stop.set)
            threading.Thread(target=stop.wait, name="forgotten").start()
        """
    )
    root = Path(__file__).parents[2]
    result = pytester.runpytest_subprocess("-p", "no:randomly", "-o", f"pythonpath={root}", "--color=no")
    result.assert_outcomes(passed=3, errors=2)
    result.stdout.fnmatch_lines(["*unexpected log: WARNING core: nobody announced me*"])
    result.stdout.fnmatch_lines(["*threads left running: forgotten*"])


def test_thread_that_ends_in_time_is_forgiven() -> None:
    before = threading.enumerate()
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    assert threads_left(before, grace_s=0.01) == [thread]
    stop.set()
    assert threads_left(before) == []
