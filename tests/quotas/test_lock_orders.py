"""Levels are locked before a quota is: who reserves goods does so, and would be waited for crosswise on PostgreSQL."""

import re

import pytest
from sqlalchemy import event

from core.channels.stock_contract import WriteKind
from core.inventory.quotas import acts
from tests.quotas.test_stops import go_on, shop_with, stop

_LEVELS = re.compile(r"FROM stock_level\b.* FOR ", re.DOTALL)
_QUOTA = re.compile(r"FROM quota\b.* FOR |^UPDATE quota\b", re.DOTALL)


@pytest.fixture
def late_locks(world):
    """The transactions of an act that lock levels while they hold a quota, and did not lock them before."""
    engine = world.store.engines.writer
    if engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer, and needs no lock")

    def of(act):
        late, held, seen = [], [], set()

        def note(_connection, _cursor, statement, *_rest):
            name = "levels" if _LEVELS.search(statement) else "quota" if _QUOTA.search(statement) else ""
            if name == "levels" and "quota" in held and "levels" not in held:
                late.append(statement)
            if name:
                held.append(name)
                seen.add(name)

        def begin(_connection):
            held.clear()

        event.listen(engine, "before_cursor_execute", note)
        event.listen(engine, "begin", begin)
        try:
            act()
        finally:
            event.remove(engine, "before_cursor_execute", note)
            event.remove(engine, "begin", begin)
        assert seen == {"levels", "quota"}
        return late

    return of


def test_a_link_that_goes_back_on_sale(world, late_locks):
    shop = shop_with(world, WriteKind.COMPARE_AND_SET, pauses=True)
    stop(world, shop)
    world.turn(2)
    go_on(world, shop)
    world.run_planner()
    assert late_locks(lambda: world.deliver(shop)) == []
    assert world.platforms[shop].is_on_sale


def test_a_number_that_is_set_while_the_link_is_off_sale(world, late_locks):
    shop = shop_with(world, WriteKind.ABSOLUTE, pauses=True)
    quota = world.quota_id(shop)
    world.do(lambda uow: acts.grant(uow, quota, 5, "by hand"))
    assert late_locks(lambda: world.turn(4)) == []
    assert (world.platforms[shop].number, world.platforms[shop].is_on_sale) == (15, True)


def test_what_is_called_off(world, late_locks):
    shop = shop_with(world)
    quota = world.quota_id(shop)
    world.do(lambda uow: acts.grant(uow, quota, 5, "by hand", delay_s=60))
    stop(world, shop)
    assert late_locks(world.run_planner) == []
    assert world.acts()[-2][:2] == ("grant", "refused")
