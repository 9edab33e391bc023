"""Pulling loses no order and takes none twice, whatever the pages, the clocks and the kills do."""

import contextlib
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from core.channels.contract import OrderPage
from core.db import leases
from core.runtime.remote_errors import AuthExpired, ContractBroken, Temporary
from core.sync.models import Cursor
from core.sync.pulling import Pull
from tests.support.fake_shop import FakeShop, line
from tests.support.pulling_desk import lanes_of


def _cursor(world):
    rows = world.rows(select(Cursor.until_at))
    return rows[0].until_at if rows else None


def _pull(world, *, all_open=True, **more):
    return world.puller(**more).pull(world.shop_record, world.shop, all_open=all_open)


def _taken(world):
    return {row.order_no for row in world.listed()}


def test_the_cursor_moves_after_the_whole_window_alone(world):
    world.shop.capabilities = FakeShop(world.clock, page_size=2).capabilities
    for n in range(5):
        world.shop.place(f"A{n}", line("1", "BEAR"))
    world.shop.faults = [None, None, Temporary("cut")]
    with pytest.raises(Temporary):
        _pull(world)
    assert (len(_taken(world)), _cursor(world)) == (2, None)
    done = _pull(world)
    assert (done.new_count, done.pages, len(_taken(world))) == (3, 3, 5)
    assert _cursor(world) == world.clock.now()
    assert _pull(world).new_count == 0


def test_a_pull_that_is_stopped_between_pages_leaves_the_cursor(world):
    world.shop.capabilities = FakeShop(world.clock, page_size=1).capabilities
    for n in range(3):
        world.shop.place(f"A{n}", line("1", "BEAR"))
    _pull(world, is_cancelled=lambda: "pull" in world.shop.calls)
    assert (len(_taken(world)), _cursor(world)) == (1, None)
    _pull(world)
    assert len(_taken(world)) == 3


def test_how_far_the_open_orders_reach_moves_no_watermark(world):
    shop = world.shop
    shop.capabilities = replace(shop.capabilities, needs_state_poll=True, safety_lag_s=180)
    shop.place("A1", line("1", "BEAR"))
    whole = world.clock.now() - timedelta(seconds=180)
    answered = shop.pull_orders
    shop.pull_orders = lambda since, cursor: replace(answered(since, cursor), whole_until=whole)
    shop.open_orders = lambda cursor: OrderPage([shop.orders["A1"]], None, world.clock.now(), world.clock.now())
    _pull(world)
    assert _cursor(world) == whole


def test_a_lease_that_went_to_another_desk_stops_the_pull_before_the_page_is_stored(world):
    shop = world.shop
    shop.capabilities = FakeShop(world.clock, page_size=1).capabilities
    for n in range(4):
        shop.place(f"A{n}", line("1", "BEAR"))
    fences = []

    def meanwhile(_cursor):
        # Each page takes longer than half a lease: the pages hold it on.
        world.clock.advance(seconds=70)
        if len(shop.calls) == 4:
            world.clock.advance(seconds=60)
        fences.append(world.do(lambda uow: leases.take(uow, "pull", "desk 2", 120)))

    shop.meanwhile = meanwhile
    with pytest.raises(leases.LeaseLost), leases.held(world.store, "pull", "desk 1", 120) as hold:
        world.puller().pull(world.shop_record, shop, Pull(hold))
    assert fences == [None, None, 2]
    assert (_taken(world), _cursor(world)) == ({"A0", "A1"}, None)
    # What it let go of at its end was not its own any more.
    assert world.do(lambda uow: leases.is_held(uow, "pull", 2))


def test_pages_without_orders_hold_the_lease_on_too(world):
    pages = iter(range(1, 6))

    def pull(_since, _cursor):
        world.clock.advance(seconds=70)
        assert world.do(lambda uow: leases.take(uow, "pull", "desk 2", 120)) is None
        n = next(pages)
        return OrderPage([], str(n) if n < 5 else None, world.clock.now())

    world.shop.pull_orders = pull
    with leases.held(world.store, "pull", "desk 1", 120) as hold:
        world.puller().pull(world.shop_record, world.shop, Pull(hold))
    assert _cursor(world) is not None


def test_a_program_does_not_take_its_own_lease_away_from_itself(world):
    behind = lanes_of(world, "desk 1")
    world.shop.place("A1", line("1", "BEAR"))
    second = []
    world.shop.meanwhile = lambda _cursor: second.append(behind.pull_shop(world.shop_id))
    assert behind.pull_shop(world.shop_id).new_count == 1
    assert second == [None]
    assert behind.pull_shop(world.shop_id) is not None


def test_orders_that_change_while_we_page_are_not_lost(world):
    world.shop.capabilities = FakeShop(world.clock, page_size=2).capabilities
    for n in range(6):
        world.shop.place(f"A{n}", line("1", "BEAR"), is_paid=False)

    def drift(cursor):
        world.clock.advance(seconds=1)
        if cursor is not None and world.shop.orders["A0"].payment == "unpaid":
            world.shop.pay("A0")
            world.shop.place("late", line("1", "BEAR"))

    world.shop.meanwhile = drift
    _pull(world)
    world.shop.meanwhile = lambda cursor: None
    _pull(world)
    assert _taken(world) == {*(f"A{n}" for n in range(6)), "late"}
    assert world.order("A0").payment == "paid"


def test_pages_that_lead_in_a_circle_do_not_move_the_cursor(world):
    order = world.shop.place("A1", line("1", "BEAR"))
    world.shop.pull_orders = lambda since, cursor: OrderPage([order], "same", world.clock.now())
    with pytest.raises(ContractBroken, match="circle"):
        _pull(world)
    assert (_taken(world), _cursor(world)) == ({"A1"}, None)


@pytest.mark.parametrize("skew_h", [-30, -1, 1, 30])
def test_a_wrong_clock_on_either_side_loses_nothing(world, skew_h):
    """The shop's Date header is wrong for one pull; what is placed meanwhile is still found."""
    world.shop.place("A1", line("1", "BEAR"))
    world.shop.skew = timedelta(hours=skew_h)
    _pull(world)
    world.shop.skew = timedelta()
    for n in range(3):
        world.clock.advance(minutes=15)
        world.shop.place(f"B{n}", line("1", "BEAR"))
        # Longer than the overlap: a cursor that ran ahead would come back behind this order.
        world.clock.advance(minutes=25)
        _pull(world)
    assert _taken(world) == {"A1", "B0", "B1", "B2"}


def test_our_own_clock_far_ahead_does_not_hide_the_first_window(world):
    shop_clock = world.clock.now() - timedelta(days=30)
    world.shop.skew = -timedelta(days=30)
    world.shop.place("A1", line("1", "BEAR"), modified_at=shop_clock)
    _pull(world)
    assert _taken(world) == {"A1"}


def test_a_border_within_one_second_is_read_twice_and_taken_once(world):
    world.shop._has_versions = False
    world.shop.place("A1", line("1", "BEAR"), is_paid=False)
    _pull(world)
    world.shop.change("A1", payment="paid")
    _pull(world)
    assert world.order("A1").payment == "paid"
    assert len(_taken(world)) == 1


def test_a_shop_whose_payments_move_no_time_is_also_read_by_state(world):
    world.shop = FakeShop(world.clock, has_versions=False, needs_state_poll=True, overlap_s=0)
    world.shop.place("A1", line("1", "BEAR"), is_paid=False)
    _pull(world)
    world.clock.advance(hours=1)
    before = world.shop.orders["A1"].modified_at
    world.shop.change("A1", payment="paid", modified_at=before)
    _pull(world)
    assert world.order("A1").payment == "paid"
    assert world.shop.calls.count("open") == 2


def _calls_of(world, act):
    before = len(world.shop.calls)
    act()
    return world.shop.calls[before:]


def test_many_open_orders_cost_few_calls_an_hour_and_those_that_press_are_heard_of_sooner(world):
    world.shop = FakeShop(world.clock, has_versions=False, needs_state_poll=True, overlap_s=0, page_size=5)
    placed = {"placed_at": world.clock.now() - timedelta(days=1)}
    for n in range(60):
        world.shop.place(f"A{n:02}", line("1", "BEAR"), **placed)
    world.shop.place("near", line("1", "BEAR"), ship_by_at=world.clock.now() + timedelta(hours=2), **placed)
    before = world.clock.now()
    world.clock.advance(minutes=1)
    _pull(world, all_open=False)
    heard = {}

    def third_of_an_hour():
        # As often as a lane comes round.
        for number in range(120):
            if number == 6:
                for no in ("A07", "near"):
                    world.shop.change(no, seller_note="先发", modified_at=before)
            _pull(world, all_open=False)
            for no in ("A07", "near"):
                if no not in heard and world.order(no).seller_note:
                    heard[no] = (number - 6) * 10
            world.clock.advance(seconds=10)

    calls = _calls_of(world, third_of_an_hour)
    assert heard["near"] <= 60
    assert 60 < heard["A07"] <= 270
    # 234 calls an hour: all 13 pages each time, or even each minute, would be 4680 or 780.
    assert calls.count("open") * 3 <= 13 * 18
    assert calls.count("get") * 3 <= 60
    assert _calls_of(world, lambda: _pull(world)).count("open") == 13, "who asks for all gets all"


def test_all_of_a_few_open_orders_are_read_every_two_minutes(world):
    world.shop = FakeShop(world.clock, has_versions=False, needs_state_poll=True, overlap_s=0)
    world.shop.place("A1", line("1", "BEAR"), placed_at=world.clock.now() - timedelta(days=1))
    for _ in range(60):
        _pull(world, all_open=False)
        world.clock.advance(seconds=10)
    assert (world.shop.calls.count("open"), world.shop.calls.count("get")) == (5, 0)


def test_an_order_of_which_the_shop_says_nothing_stands_in_nobodys_way(world):
    world.shop = FakeShop(world.clock, has_versions=False, needs_state_poll=True, overlap_s=0)
    for no in ("A1", "A2"):
        world.shop.place(no, line("1", "BEAR"))
    world.clock.advance(minutes=1)
    puller = world.puller()
    puller.pull(world.shop_record, world.shop)
    del world.shop.orders["A1"]
    asked = []
    world.shop.get_order = lambda no: asked.append(no) or world.shop.orders.get(no)
    world.clock.advance(seconds=65)
    for _ in range(3):
        puller.pull(world.shop_record, world.shop, all_open=False)
    assert asked == ["A1", "A2"]


def test_a_refresh_brings_the_newest_word_on_one_order(world):
    world.ready("A1", line("1", "BEAR"))
    world.shop.cancel("A1")
    world.puller().refresh(world.shop_record, world.shop, "A1")
    assert world.order("A1").fulfilment == "cancelled"
    world.puller().refresh(world.shop_record, world.shop, "nobody knows")


@given(
    acts=st.lists(
        st.one_of(
            st.just(("place", 0)),
            st.tuples(st.just("pay"), st.integers(0, 9)),
            st.tuples(st.just("pull"), st.integers(-1, 4)),
            st.tuples(st.just("wait"), st.integers(1, 2000)),
            st.tuples(st.just("skew"), st.integers(-7200, 7200)),
        ),
        max_size=14,
    ),
    page_size=st.integers(1, 3),
)
def test_whatever_happens_every_order_is_taken_exactly_once(shared_world, acts, page_size):
    world = shared_world
    start = len(world.shop.orders)
    world.shop.capabilities = FakeShop(world.clock, page_size=page_size).capabilities
    own = []
    for act, arg in acts:
        if act == "place":
            own.append(f"H{start}-{len(own)}")
            world.shop.place(own[-1], line("1", "GIFT"), is_paid=False)
        elif act == "pay" and own:
            world.shop.pay(own[arg % len(own)])
        elif act == "wait":
            world.clock.advance(seconds=arg)
        elif act == "skew":
            world.shop.skew = timedelta(seconds=arg)
        elif act == "pull":
            world.shop.faults = [] if arg < 0 else [*[None] * arg, Temporary("cut")]
            with contextlib.suppress(Temporary):
                _pull(world)
    world.shop.faults, world.shop.skew = [], timedelta()
    _pull(world)
    for no in own:
        assert world.order(no).payment == world.shop.orders[no].payment


def _core(tmp_path, world):
    from core.app import CoreConfig, build
    from core.channels.plugin import ChannelPlugin
    from core.channels.registry import ChannelRegistry

    plugin = ChannelPlugin("fake", "假", "fake", (), world.shop.capabilities, lambda *arguments: world.shop)
    return build(
        CoreConfig(folder=tmp_path / "core", key_file=tmp_path / "key", clock=world.clock), ChannelRegistry([plugin])
    )


@pytest.mark.parametrize("error", [AuthExpired("key"), Temporary("away"), ContractBroken("html")])
def test_the_shops_light_says_what_went_wrong_and_is_good_again(file_world, tmp_path, error):
    from core.sync.shops import add_shop

    core = _core(tmp_path, file_world)
    try:
        from core.inventory.models import Warehouse

        warehouse = core.store.write(lambda uow: uow.insert(Warehouse, {"code": "main", "name": "main"}))
        shop = core.store.write(lambda uow: add_shop(uow, "fake", "店", {}, "{}", warehouse))
        strange = core.store.write(lambda uow: add_shop(uow, "unheard of", "怪店", {}, "{}", warehouse))
        file_world.shop.faults = [error]
        with pytest.raises(type(error)):
            core.pull_shop(shop)
        with pytest.raises(Exception, match="no channel"):
            core.pull_shop(strange)
        lights = core.status.status().shops
        assert [light.state for light in lights] == ["notice", "notice"]
        assert type(error).__name__ in lights[0].last_error
        core.pull_shop(shop)
        assert core.status.status().shops[0].state == "good"
        file_world.clock.advance(minutes=6)
        assert core.status.status().shops[0].state == "stop"
        # Another desk is pulling this shop: we leave it alone.
        from core.db import leases

        core.store.write(lambda uow: leases.take(uow, f"pull:{shop}", "another desk", 60))
        assert core.pull_shop(shop) is None
        core.tidy()
    finally:
        core.stop()


def test_each_window_that_is_whole_moves_the_cursor(world):
    """After days offline a cut costs one window, not all of them."""
    begins_at = world.clock.now() - timedelta(days=2)
    reached = [begins_at + timedelta(days=day) for day in (1, 2)]
    orders = [world.shop.place(f"A{n}", line("1", "BEAR")) for n in range(3)]
    pages = {
        None: OrderPage(orders[:1], "1", world.clock.now()),
        "1": OrderPage(orders[1:2], "2", world.clock.now(), reached[0]),
        "2": OrderPage(orders[2:], None, world.clock.now(), reached[1]),
    }
    faults = {"2": Temporary("cut")}

    def pull(since, cursor):
        if cursor in faults:
            raise faults.pop(cursor)
        return pages[cursor]

    world.shop.pull_orders = pull
    with pytest.raises(Temporary):
        _pull(world)
    assert (len(_taken(world)), _cursor(world)) == (2, reached[0])
    _pull(world)
    assert (len(_taken(world)), _cursor(world)) == (3, reached[1])


def test_a_window_that_ends_beyond_our_clock_does_not_move_the_cursor_there(world):
    world.shop.pull_orders = lambda since, cursor: OrderPage(
        [], None, world.clock.now(), world.clock.now() + timedelta(days=1)
    )
    _pull(world)
    assert _cursor(world) == world.clock.now()
