"""A screen shows what another desk wrote, and is not told twice of its own writes."""

import time
from types import SimpleNamespace

from core.app import CoreConfig, build
from core.db.elsewhere import EVERY_S, Elsewhere
from core.db.unit_of_work import Actor
from desktop.window_verb import _subscribe


def note(store, number=1):
    store.write(lambda uow: uow.record("test.done", "orders", number))


def followed(store):
    """What follows the others for a screen of this store, and what it told."""
    told = []
    elsewhere = Elsewhere(store)
    note(store)
    assert elsewhere.work() == EVERY_S, "nobody listens, nothing is read"
    elsewhere.listen(lambda changes: told.append(changes.touches("stock_level", "movement")))
    elsewhere.work()
    return elsewhere, told


def test_what_another_desk_wrote_is_told_once_whatever_it_touched(make_store, engine_kind, clock):
    here, there = make_store(engine_kind, clock, desk="desk 1"), make_store(engine_kind, clock, desk="desk 2")
    elsewhere, told = followed(here)
    note(there)
    elsewhere.work()
    elsewhere.work()
    assert told == [True], "also tables that the journal does not name"
    note(here)
    note(there)
    elsewhere.work()
    assert told == [True, True], "beside a write of our own"


def test_own_writes_are_told_by_themselves_and_the_nodes_beside_the_window_are_not_taken_for_them(
    make_store, engine_kind, clock
):
    window, serve = make_store(engine_kind, clock, desk="desk 1"), make_store(engine_kind, clock, desk="desk 1")
    elsewhere, told = followed(window)
    note(window)
    elsewhere.work()
    assert told == []
    note(serve)
    elsewhere.work()
    assert told == [True]


def test_a_running_desk_tells_its_window_of_both(tmp_path):
    core, told = build(CoreConfig(tmp_path / "data", desk="desk 1", key_file=tmp_path / "key")), []
    try:
        _subscribe(SimpleNamespace(core=core), lambda changes: told.append(changes.touches("movement")))
        core.start()
        give_up = time.monotonic() + 60
        while not any(told):
            assert time.monotonic() < give_up, told
            core.store.write(lambda uow: uow.record("test.done", "orders", 1), actor=Actor("wang", "desk 2"))
            time.sleep(0.2)
        assert False in told, "its own are told as what they are"
    finally:
        core.stop()
