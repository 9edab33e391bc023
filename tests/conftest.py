"""What holds for every test: only this machine, no unannounced warnings, no threads left behind."""

import os
import re
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler.loadscope import LoadScopeScheduling

# Before anything imports Qt: tests open no windows on anybody's screen.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

pytest_plugins = [
    "pytester",
    "tests.support.guards",
    "tests.support.databases",
    "tests.support.shim_fixture",
    "tests.support.world_fixtures",
]

_REAL_SHOP = re.compile(r"tests/realshop/test_([a-z]+)_")

settings.register_profile("dev", max_examples=15, stateful_step_count=20, deadline=None)
settings.register_profile(
    "ci", max_examples=100, stateful_step_count=40, deadline=None, derandomize=True, print_blob=True
)
settings.register_profile("night", max_examples=1000, stateful_step_count=50, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "dev"))


class _OneServerOneWorker(LoadScopeScheduling):
    """Gives the tests of one shop server to one worker: it is started once, not once per worker.

    By the names of their files: xdist 3.8's own groups are set on a field that pytest 9.2 does not read any more.
    """

    def _split_scope(self, nodeid: str) -> str:
        server = _REAL_SHOP.match(nodeid)
        return nodeid if server is None else server[1]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """However the tests are dealt out, a server's stay together."""
    return _OneServerOneWorker(config, log)
