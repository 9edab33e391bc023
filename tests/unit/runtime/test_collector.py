"""The collector holds nobody up while a large table is looked at, and works on afterwards."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from core.desk import files as desk_files
from core.desk.files import Files
from core.runtime.collector import unwalked
from desktop.cli import main
from tests.files.conftest import csv_bytes, pdd_orders
from tests.support.world import CARRIER, World


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.set_threshold(*thresholds)
    gc.unfreeze()


@contextmanager
def full_passes() -> Iterator[list[int]]:
    seen: list[int] = []

    def look(phase: str, info: dict[str, int]) -> None:
        if phase == "start" and info["generation"] == 2:
            seen.append(1)

    # A full pass is due after each few allocations; what other tests left would put it off, so it is not counted.
    gc.collect()
    gc.freeze()
    gc.collect()
    gc.set_threshold(50, 1, 1)
    gc.callbacks.append(look)
    try:
        yield seen
    finally:
        gc.callbacks.remove(look)


def much() -> list[list[int]]:
    return [[number] for number in range(50_000)]


def test_nothing_is_walked_meanwhile_nor_what_it_made_later():
    with full_passes() as seen:
        much()
        assert seen, "nothing is proved"
        seen.clear()
        before = gc.get_freeze_count()
        with unwalked():
            made = much()
        assert seen == []
    assert gc.isenabled()
    # Some of what was frozen before is gone meanwhile.
    assert gc.get_freeze_count() >= before + len(made) * 0.9


def test_after_a_failure_the_collector_works_on():
    with pytest.raises(KeyError), unwalked():
        raise KeyError
    assert gc.isenabled()


def test_it_rests_until_the_last_who_wants_it_is_through():
    with unwalked():
        with unwalked():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()


def test_a_table_is_read_and_understood_in_such_quiet(
    file_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "pdd202606181000.csv"
    path.write_bytes(csv_bytes(pdd_orders({"订单号": "260618-1"})))
    at_work: list[bool] = []
    for name in ("read_table", "orders_of"):
        work = getattr(desk_files, name)

        def watched(*given: Any, work: Callable[..., Any] = work) -> Any:
            at_work.append(gc.isenabled())
            return work(*given)

        monkeypatch.setattr(desk_files, name, watched)
    files = Files(file_world.store, file_world.digest, CARRIER)
    (read,) = files.read([path])
    assert files.plan([(read, read.choices[0])], None).counts.new == 1
    assert (at_work, gc.isenabled()) == ([False, False], True)


def test_serve_leaves_out_of_every_pass_what_its_start_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pass over all that is loaded takes 80 ms, and the file may be held meanwhile."""
    frozen: list[bool] = []
    monkeypatch.setattr(gc, "freeze", lambda: frozen.append(True))
    words = ["serve", "--data", str(tmp_path), "--key-file", str(tmp_path / "key"), "--seconds", "0", "--json"]
    assert main(words) == 0
    assert frozen
