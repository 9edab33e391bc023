"""R6: whatever way a platform's events come (doubled, late, in any order), an order ends as in the right order."""

from collections.abc import Callable
from dataclasses import replace
from itertools import count

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from core.channels.contract import ChannelOrder
from core.orders.intake import has_nothing_to_send
from tests.support.fake_shop import FakeShop, line
from tests.support.world import World

_numbers = count(1)
_CODES = ("BEAR", "BAG", "SET", "NEW")


def _step(shop: FakeShop, no: str, what: str, arg: int) -> None:
    order = shop.orders[no]
    lines = order.lines
    target = lines[arg % len(lines)]
    if has_nothing_to_send(order) or (what in ("request", "no request") and target.after_sale == "refunded"):
        # A cancellation taken back is held for a person, which those who never heard of it cannot know.
        return
    acts: dict[str, Callable[[], object]] = {
        "pay": lambda: order.payment == "unpaid" and shop.pay(no),
        "request": lambda: shop.after_sale(no, target.line_no, "requested"),
        "no request": lambda: shop.after_sale(no, target.line_no, "none"),
        "refund": lambda: shop.after_sale(no, target.line_no, "refunded"),
        "qty": lambda: shop.change(no, lines=(replace(lines[0], qty=1 + arg), *lines[1:])),
        "sku": lambda: shop.change(no, lines=(*lines[:-1], line(lines[-1].line_no, _CODES[arg % 4]))),
        "address": lambda: shop.move(no, f"练习路{arg}号"),
        "cancel": lambda: shop.cancel(no),
        "elsewhere": lambda: shop.change(no, is_shipped=bool(arg % 2)),
        "note": lambda: shop.change(no, buyer_note=f"note {arg}", ship_by_at=order.placed_at),
    }
    acts[what]()


_EVENTS = st.tuples(
    st.sampled_from(("pay", "pay", "request", "no request", "refund", "qty", "sku", "address", "note")),
    st.integers(0, 4),
)
#: with what we see differently when it was there from the start: such an order was never ours to send
_EVENTS_AT_THE_DESK = _EVENTS | st.tuples(st.just("elsewhere"), st.integers(0, 4))


@st.composite
def lives(draw: st.DrawFn) -> tuple[list[tuple[str, int]], list[int], bool]:
    """What happens at the shop, and the order in which the copies reach us: every one at least once, then doubled."""
    events = draw(st.lists(_EVENTS, min_size=1, max_size=6))
    if draw(st.booleans()):
        events.append(("cancel", 0))
    copies = len(events) + 1
    arrivals = draw(st.permutations(range(copies)))
    doubled = draw(st.lists(st.integers(0, copies - 1), max_size=5))
    return events, [*arrivals, *doubled], draw(st.booleans())


def _copies(world: World, no: str, events: list[tuple[str, int]], has_versions: bool) -> list[ChannelOrder]:
    shop = FakeShop(world.clock, has_versions=has_versions)
    shop.place(no, line("1", "BEAR", 2), line("2", "BAG"), is_paid=False, buyer_key=f"b-{no}")
    copies = [shop.orders[no]]
    for what, arg in events:
        world.clock.advance(seconds=1)
        _step(shop, no, what, arg)
        copies.append(shop.orders[no])
    return copies


def _final(world: World, no: str) -> dict[str, object]:
    row = world.order(no)
    open_parcels = world.parcels(no, "to_pack", "packing", "packed")
    names = ("payment", "fulfilment", "after_sale", "channel_status", "hold_reason", "channel_version", "buyer_note")
    address = world.desk.orders.detail(row.id).consignee_address
    facts = {name: getattr(row, name) for name in names} | {"address": address}
    if row.fulfilment == "cancelled":
        # What was last wished of goods that are not sent any more is nobody's business.
        return {name: facts[name] for name in ("fulfilment", "payment", "channel_status", "hold_reason")}
    if world.holds(no):
        # A hold stops an order where it stands, with a parcel planned for it or not yet.
        facts["fulfilment"], open_parcels = "held", []
    return facts | {
        "holds": world.holds(no),
        "lines": sorted((one.line_no, one.sku_id or 0, one.qty, one.after_sale) for one in world.lines(no)),
        "parcels": sorted(_inside(world, parcel.id) for parcel in open_parcels),
        "claims": sorted(
            (one.sku_code, one.reservation)
            for one in world.desk.orders.detail(row.id).lines
            if one.after_sale != "refunded"
        ),
    }


def _inside(world: World, parcel_id: int) -> list[tuple[str, int]]:
    view = world.desk.packing.refresh(parcel_id)
    return sorted((one.sku_code, one.qty) for one in view.lines if not one.is_withdrawn)


@settings(max_examples=min(settings().max_examples, 60))
@given(life=lives())
def test_any_order_of_arrival_ends_like_the_right_one(shared_world: World, life):
    events, arrivals, has_versions = life
    world = shared_world
    tidy_no, wild_no = f"T{next(_numbers)}", f"W{next(_numbers)}"
    for copy in _copies(world, tidy_no, events, has_versions):
        world.take(copy)
    copies = _copies(world, wild_no, events, has_versions)
    for place in arrivals:
        world.take(copies[place])
    expected, found = _final(world, tidy_no), _final(world, wild_no)
    assert found == expected
    if expected["fulfilment"] == "to_pack" and not expected["holds"]:
        assert len(expected["parcels"]) == 1


@settings(max_examples=min(settings().max_examples, 60), phases=(Phase.explicit, Phase.generate))
@given(data=st.data())
def test_lives_in_pages_with_packing_in_between_never_ship_what_was_refunded(shared_world: World, data):
    """A desk packs while the platform goes on changing its mind; what leaves is what stood when it left."""
    world = shared_world
    no = f"P{next(_numbers)}"
    world.shop.place(no, line("1", "BEAR", 2), line("2", "BAG"), buyer_key=f"b-{no}")
    world.sync(no)
    for _ in range(data.draw(st.integers(1, 5))):
        what, arg = data.draw(_EVENTS_AT_THE_DESK.filter(lambda event: event != ("sku", 3)))
        world.clock.advance(seconds=1)
        _step(world.shop, no, what, arg)
        world.sync(no)
        world.buy_numbers()
        opened = world.desk.open(no)
        if opened.code == "parcel.opened" and data.draw(st.booleans()):
            one = data.draw(st.sampled_from(opened.parcel.lines))
            world.desk.scan(opened, one.sku_code)
        if data.draw(st.integers(0, 3)) == 0 and opened.code == "parcel.opened":
            world.desk.verify(world.desk.open(no))
            world.desk.ship(world.number(no))
    for parcel in world.parcels(no, "shipped"):
        by_line = {one.line_no: one for one in world.shop.orders[no].lines}
        sent = world.desk.packing.refresh(parcel.id)
        assert sent.missing_qty == 0
        assert all(one.verified_qty == 0 for one in sent.lines if one.is_withdrawn)
        assert by_line
    world.tell_shop()
    world.check_stock()
    row = world.order(no)
    has_work = world.parcels(no, "to_pack", "packing", "packed")
    if row.fulfilment in ("to_pack", "packing", "packed"):
        assert has_work, "an order waits without a parcel"
    else:
        assert not has_work
