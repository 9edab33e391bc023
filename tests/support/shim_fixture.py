"""The fault shim for tests, compiled once."""

from pathlib import Path

import pytest

from tests.support.fault_shim import compile_shim


@pytest.fixture(scope="session")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library to preload; the test is skipped where it cannot be had."""
    found = compile_shim(tmp_path_factory.mktemp("shim"))
    if found is None:
        pytest.skip("needs Linux and a C compiler")
    return found
