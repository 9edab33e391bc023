"""The roll-up of demand equals what a rebuild gives, whatever happens to orders and whenever rounds are made."""

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, update

from core.inventory.shelves import day_of
from core.orders.paying import pay
from core.replenish import rolling
from core.replenish.models import SkuDay
from core.replenish.rolling import Sums
from tests.support.fake_shop import line
from tests.support.plans import walks
from tests.support.world import World


def days(world: World) -> range:
    today = day_of(world.clock.now())
    return range(today - 20, today + 1)


def kept(world: World) -> dict:
    return {day: dict(world.store.read(lambda c, day=day: rolling.kept(c, day))) for day in days(world)}


def fresh(world: World) -> dict:
    return {day: dict(world.store.read(lambda c, day=day: rolling.fresh(c, day))) for day in days(world)}


def demand(world: World, code: str, day: int | None = None) -> int:
    place = (world.warehouse, world.skus[code])
    found = kept(world)
    return sum(one.get(place, Sums()).demand for at, one in found.items() if day in (None, at))


def test_demand_is_what_was_paid_and_not_called_off(world):
    world.shop.place("A1", line("1", "SET", 2), line("2", "CARD", 3))
    world.shop.place("A2", line("1", "BEAR", 5))
    world.shop.place("A3", line("1", "BEAR", 7), is_paid=False)
    world.sync()
    rolling.roll(world.store)
    components = world.lines("A1")
    parts = {row.sku_id: row.qty for row in components}
    assert demand(world, "CARD") == parts[world.skus["CARD"]], "bundles want their components"
    assert demand(world, "BEAR") == 5 + parts.get(world.skus["BEAR"], 0)
    assert demand(world, "SET") == 0 if "SET" in world.skus else True
    bears = demand(world, "BEAR")
    world.shop.pay("A3")
    world.shop.cancel("A2")
    world.clock.advance(hours=30)
    world.sync("A2", "A3")
    rolling.roll(world.store)
    assert demand(world, "BEAR") == bears - 5 + 7
    assert kept(world) == fresh(world)


def test_orders_that_found_no_goods_are_wanted_all_the_same(world):
    world.shop.place("A1", line("1", "BEAR", 4000))
    world.sync()
    rolling.roll(world.store)
    assert world.holds("A1") == {"short"}
    assert demand(world, "BEAR") == 4000


def test_what_changes_about_an_old_day_is_found_by_the_journal(world):
    world.shop.place("A1", line("1", "BEAR", 4))
    world.sync()
    first = day_of(world.clock.now())
    rolling.roll(world.store)
    world.clock.advance(days=9)
    rolling.roll(world.store)
    assert demand(world, "BEAR", first) == 4
    world.shop.cancel("A1")
    world.sync("A1")
    assert rolling.roll(world.store) == 1
    assert demand(world, "BEAR", first) == 0
    assert rolling.roll(world.store) == 0, "a round in which nothing changed writes nothing"


def test_money_found_at_a_gateway_counts_on_its_day(world):
    world.shop.place("A1", line("1", "BEAR", 4), is_paid=False)
    world.sync()
    rolling.roll(world.store)
    paid_at = world.clock.now()
    world.do(lambda uow: pay(uow, world.order("A1").id, paid_at))
    rolling.roll(world.store)
    assert demand(world, "BEAR", day_of(paid_at)) == 4


def test_a_night_heals_what_was_damaged(world):
    world.shop.place("A1", line("1", "BEAR", 4))
    world.sync()
    rolling.roll(world.store)
    world.do(lambda uow: uow.execute(update(SkuDay).values(demand_qty=99)))
    world.clock.advance(days=3)
    rolling.roll(world.store)
    assert kept(world) == fresh(world)
    world.do(lambda uow: uow.execute(delete(SkuDay)))
    assert rolling.rebuild(world.store, days(world)) == 1
    assert kept(world) == fresh(world)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["place", "place", "unpaid", "pay", "cancel", "refund", "receive", "night", "roll"]),
        st.integers(0, 7),
    ),
    max_size=16,
)


def test_the_kept_days_are_what_a_rebuild_gives(world):
    numbers: list[str] = []

    def step(act: str, which: int) -> None:
        no = numbers[which % len(numbers)] if numbers else ""
        if act in {"place", "unpaid"}:
            no = f"T{len(numbers):04}"
            numbers.append(no)
            world.shop.place(
                no, line("1", "BEAR", which + 1), line("2", "SET" if which % 2 else "CARD"), is_paid=act == "place"
            )
        elif act == "receive":
            world.receive("BEAR", which + 1)
        elif act == "night":
            world.clock.advance(days=1)
        elif act == "roll":
            rolling.roll(world.store)
        elif no and act == "pay":
            world.shop.pay(no)
        elif no and act == "cancel":
            world.shop.cancel(no)
        elif no and act == "refund":
            world.shop.after_sale(no, "1", "refunded")
        if no:
            world.sync(no)

    @settings(
        max_examples=15 if world.store.is_sqlite else 6,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
        database=None,
    )
    @given(STEPS)
    def run(steps):
        for act, which in steps:
            step(act, which)
        rolling.roll(world.store)
        assert kept(world) == fresh(world)

    run()


def test_a_round_reads_by_index(sqlite_address):
    world = World(sqlite_address, stock=5)
    try:
        today = day_of(world.clock.now())
        walked = walks(world.store, lambda connection: rolling.fresh(connection, today))
        assert not [step for step in walked if "orders" in step or "movement" in step], walked
    finally:
        world.close()
