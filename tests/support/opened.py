"""Configurations for `open_store` in tests: a key file in a folder of its own is "this machine"."""

from pathlib import Path

from core.db.key_sources import FileSource
from core.db.open import StoreConfig
from core.db.unit_of_work import Actor
from core.runtime.clock import Clock, ManualClock
from tests.support.stores import START


def config_for(
    folder: Path,
    machine: Path,
    *,
    clock: Clock | None = None,
    url: str | None = None,
    code: str | None = None,
    version: str = "0.1.0",
) -> StoreConfig:
    """A configuration whose machine secret is the file `machine`."""
    return StoreConfig(
        folder=folder,
        key_source=FileSource(machine),
        actor=Actor("tester", "desk 1"),
        clock=clock or ManualClock(START),
        database_url=url,
        program_version=version,
        recovery_code=code,
    )
