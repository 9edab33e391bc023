"""What holds for every test: only this machine, no unannounced warnings, no threads left behind."""

import os

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
