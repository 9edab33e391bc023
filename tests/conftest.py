"""What holds for every test: only this machine, no unannounced warnings, no threads left behind."""

import atexit
import os
import sys

import pytest
from hypothesis import settings

# Before anything imports Qt: tests open no windows on anybody's screen.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

pytest_plugins = [
    "pytester",
    "tests.support.guards",
    "tests.support.databases",
    "tests.support.shim_fixture",
    "tests.support.world_fixtures",
]

settings.register_profile("dev", max_examples=15, stateful_step_count=20, deadline=None)
settings.register_profile(
    "ci", max_examples=100, stateful_step_count=40, deadline=None, derandomize=True, print_blob=True
)
settings.register_profile("night", max_examples=1000, stateful_step_count=50, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "dev"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of one shop server on one worker: it is started once, not once per worker."""
    for item in items:
        if item.get_closest_marker("realshop") and not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group("realshop"))


_ended: dict[str, int] = {}


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Keep what the tests said, for the way out."""
    if not hasattr(session.config, "workerinput"):
        _ended["status"] = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """Leave without Python's last clearing up where Qt was used.

    After thousands of windows Shiboken's own clearing up reads a thread state that is gone, and a run in which
    every test passed would end with a signal instead of its status.
    """
    if "status" in _ended and "PySide6.QtWidgets" in sys.modules:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(_ended["status"])
