"""Each round of pulling is written down for people: what it brought, what went wrong, quiet ones together."""

from datetime import timedelta

import pytest

from core.app import CoreConfig, build
from core.channels.plugin import ADDRESS_LIST, ChannelPlugin
from core.channels.registry import ChannelRegistry
from core.inventory.models import Warehouse
from core.runtime.remote_errors import Rejected, Temporary
from core.sync.history import KEPT, forget_rounds, rounds
from core.sync.shops import add_shop
from tests.support.fake_shop import FakeShop, line
from tests.support.plans import plans_on


@pytest.fixture
def core(file_world, tmp_path):
    file_world.shop.capabilities = FakeShop(file_world.clock, page_size=2).capabilities
    plugin = ChannelPlugin(
        "fake",
        "假",
        "fake",
        (),
        file_world.shop.capabilities,
        lambda *_arguments: file_world.shop,
        means={"ip-list": ADDRESS_LIST},
    )
    config = CoreConfig(folder=tmp_path / "core", key_file=tmp_path / "key", clock=file_world.clock)
    core = build(config, ChannelRegistry([plugin]))
    warehouse = core.store.write(lambda uow: uow.insert(Warehouse, {"code": "main", "name": "main"}))
    core.store.write(lambda uow: add_shop(uow, "fake", "店", {}, "{}", warehouse))
    yield core
    core.stop()


def rows(core):
    return core.shop_history.rounds(1)


def pull(core, file_world, *faults):
    file_world.clock.advance(seconds=15)
    file_world.shop.faults = list(faults)
    if any(faults):
        with pytest.raises(type(faults[-1])):
            core.pull_shop(1)
    else:
        core.pull_shop(1)


def test_a_round_says_what_it_brought_and_quiet_ones_are_one_row(core, file_world):
    for n in range(3):
        file_world.shop.place(f"A{n}", line("1", "BEAR"))
    pull(core, file_world)
    began = file_world.clock.now() + timedelta(seconds=15)
    for _ in range(4):
        pull(core, file_world)
    quiet, first = rows(core)
    assert (first.new_count, first.page_count, first.round_count, first.trouble) == (3, 2, 1, None)
    assert (quiet.round_count, quiet.begun_at, quiet.ended_at) == (4, began, began + timedelta(seconds=45))
    assert quiet.until_at == file_world.clock.now()
    file_world.shop.cancel("A1")
    pull(core, file_world)
    assert [(row.new_count, row.changed_count) for row in rows(core)] == [(0, 1), (0, 0), (3, 0)]
    file_world.clock.advance(hours=2)
    for _ in range(2):
        pull(core, file_world)
    file_world.clock.advance(hours=1)
    pull(core, file_world)
    assert [row.round_count for row in rows(core)] == [1, 2, 1, 4, 1], "an hour a row"


def test_a_failure_says_how_far_it_came_and_what_it_means(core, file_world):
    for n in range(3):
        file_world.shop.place(f"A{n}", line("1", "BEAR"))
    refused = Rejected("this address is not on the list", code="ip-list")
    # The clock is asked first, then the first page comes.
    pull(core, file_world, None, None, Temporary("the line was cut", code="http.cut"))
    pull(core, file_world, refused)
    pull(core, file_world, refused)
    again, cut = rows(core)
    assert (cut.new_count, cut.page_count, cut.until_at) == (2, 1, None)
    assert (cut.topic, cut.trouble.code) == ("silent", "http.cut")
    assert (again.topic, again.round_count) == (ADDRESS_LIST, 2)
    assert again.trouble.words == "this address is not on the list"
    pull(core, file_world)
    assert rows(core)[0].trouble is None


def test_rounds_are_forgotten_after_two_weeks_and_read_page_by_page(core, file_world):
    for n in range(3):
        file_world.shop.place(f"A{n}", line("1", "BEAR"))
        pull(core, file_world)
    newest, *older = rows(core)
    assert core.shop_history.rounds(1, newest.id, 1) == older[:1]
    file_world.clock.advance(seconds=KEPT.total_seconds() - 20)
    pull(core, file_world)
    assert core.store.write(forget_rounds) == 2
    assert len(rows(core)) == 2
    steps = core.store.read(lambda connection: plans_on(connection, lambda: rounds(connection, 1)))
    assert {step for _, step in steps} == {"SEARCH sync_round USING INDEX ix_sync_round_shop_id_id (shop_id=?)"}
    steps = core.store.write(lambda uow: plans_on(uow.connection, lambda: forget_rounds(uow)))
    assert any("ix_sync_round_ended_at" in step for _, step in steps)
    assert not any(step.startswith("SCAN") for _, step in steps)
