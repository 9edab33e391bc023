"""An order of which others have sent a part: held wherever it stands, and only the rest of it leaves from here."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from core.db.models import Journal
from core.fulfilment.models import ParcelLine
from core.inventory.models import Movement, StockLevel
from core.orders.models import PlatformParcel, SentElsewhere
from core.runtime.errors import NotFound, Refused
from tests.support.fake_shop import line


def ready(world, no="A1", *lines):
    """An order on the desk of which others then send a part."""
    return world.ready(no, *(lines or (line("1", "BEAR", 3), line("2", "BAG", 2))))


def part(world, no="A1", number="ZT00000001", *lines):
    world.shop.send_part(no, number, *lines)
    world.sync(no)
    assert world.holds(no) == {"part_sent"}


def say(world, no, *units, left=True):
    ids = [one.id for one in world.lines(no)]
    said = dict(zip(ids, units, strict=True))
    world.desk.orders.send_rest(world.order(no).id, said, left_our_shelf=left)


def take_back(world, no="A1"):
    world.desk.orders.take_back_part_sent(world.order(no).id)


def known(world, no="A1"):
    return world.desk.orders.detail(world.order(no).id).part_sent


def stock(world, code):
    """On hand, and promised to somebody."""
    query = select(StockLevel.on_hand_qty, StockLevel.confirmed_qty).where(StockLevel.sku_id == world.skus[code])
    row = world.rows(query)[0]
    return row.on_hand_qty, row.confirmed_qty


def send(world, no="A1"):
    world.buy_numbers()
    assert world.desk.pack(no).code == "parcel.complete"
    verdict = world.desk.ship(world.number(no))
    assert verdict.code == "parcel.shipped", verdict
    return verdict


def test_a_part_sent_while_the_order_lies_on_a_desk_stops_it(world):
    number = ready(world)
    packed = world.desk.pack("A1")
    assert packed.code == "parcel.complete"
    part(world, "A1", "ZT00000001", ("1", 1))
    assert world.desk.ship(number).code == "parcel.held"
    # The same copy again, and a person's word since, place nothing anew.
    say(world, "A1", 1, 0)
    world.shop.change("A1", seller_note="x")
    world.sync("A1")
    assert world.holds("A1") == set()
    # A further number does.
    part(world, "A1", "ZT00000002", ("2", 1))


@pytest.mark.parametrize("left", [True, False])
def test_only_the_rest_is_packed_told_and_booked(world, left):
    ready(world)
    part(world, "A1", "ZT00000001", ("1", 2))
    before = known(world)
    assert (before.is_open, before.is_told, before.numbers) == (True, True, ("ZT00000001",))
    assert [(one.qty, one.told_qty, one.left_qty) for one in before.lines] == [(3, 2, 3), (2, 0, 2)]
    say(world, "A1", 2, 0, left=left)
    assert world.holds("A1") == set()
    assert (stock(world, "BEAR"), stock(world, "BAG")) == ((100_000 - 2 * left, 1), (100_000, 2))
    (parcel,) = world.parcels("A1", "to_pack")
    inside = world.rows(select(ParcelLine.qty).where(ParcelLine.parcel_id == parcel.id).order_by(ParcelLine.id))
    assert [row.qty for row in inside] == [1, 2]
    send(world)
    assert world.order("A1").fulfilment == "shipped"
    assert (stock(world, "BEAR"), stock(world, "BAG")) == ((99_999 - 2 * left, 0), (99_998, 0))
    assert world.tell_shop() == 1
    (notice,) = world.shop.told.values()
    assert list(notice.lines) == [("1", 1), ("2", 2)], "the rest alone is told"
    assert [world.shop.told_qty("A1", no) for no in ("1", "2")] == [3, 2]
    world.check_stock()


def test_where_the_platform_does_not_say_what_went_a_person_does(world):
    ready(world)
    part(world)
    found = known(world)
    assert (found.is_told, [one.told_qty for one in found.lines]) == (False, [0, 0])
    say(world, "A1", 0, 2)
    send(world)
    world.tell_shop()
    assert [list(one.lines) for one in world.shop.told.values()] == [[("1", 3)]]


def test_nothing_was_sent_after_all(world):
    ready(world)
    part(world)
    with pytest.raises(Refused) as refused:
        world.desk.orders.release_hold(world.order("A1").id)
    assert refused.value.code == "hold.part_sent"
    say(world, "A1", 0, 0)
    assert known(world) is None
    send(world)
    assert (stock(world, "BEAR"), stock(world, "BAG")) == ((99_997, 0), (99_998, 0))


def test_an_order_that_came_with_a_part_sent_is_known_by_its_lines(world):
    world.shop.place("A1", line("1", "BEAR", 3))
    world.shop.send_part("A1", "ZT00000001", ("1", 1))
    world.sync("A1")
    assert world.holds("A1") == {"part_sent"}
    assert [one.told_qty for one in known(world).lines] == [1]
    say(world, "A1", 1)
    send(world)
    assert world.shop.orders["A1"].lines[0].qty == 1 + stock_moved(world)


def stock_moved(world):
    query = select(Movement.qty).where(Movement.reference.like("parcel:%"), Movement.kind == "sale")
    return -sum(row.qty for row in world.rows(query))


def test_our_own_number_is_no_stranger_whoever_spells_it(world):
    number = ready(world)
    world.shop.send_part("A1", f" {number.lower()} ", ("1", 1))
    world.sync("A1")
    assert world.holds("A1") == set()
    assert world.rows(select(PlatformParcel.id)) == []


def test_a_number_called_off_here_is_no_stranger_either(world):
    number = ready(world)
    world.desk.labels.new_number(world.parcels("A1")[0].id, "damaged")
    world.buy_numbers()
    assert world.number("A1") != number
    world.shop.send_part("A1", number, ("1", 1))
    world.sync("A1")
    assert world.holds("A1") == set()


def test_the_last_units_sent_elsewhere_end_the_order(world):
    ready(world)
    part(world, "A1", "ZT00000001", ("1", 3), ("2", 1))
    say(world, "A1", 3, 2, left=False)
    order = world.order("A1")
    assert (order.fulfilment, world.holds("A1"), world.parcels("A1", "to_pack")) == ("shipped", set(), [])
    assert (stock(world, "BEAR"), stock(world, "BAG")) == ((100_000, 0), (100_000, 0))
    take_back(world)
    assert (world.order("A1").fulfilment, world.holds("A1")) == ("to_review", {"part_sent"})
    assert (stock(world, "BEAR"), stock(world, "BAG")) == ((100_000, 3), (100_000, 2))


def test_a_second_part_sent_after_our_first_box_left_ends_the_order(world):
    ready(world, "A1", line("1", "BEAR", 2))
    opened = world.desk.open("A1")
    world.desk.scan(opened, "BEAR")
    world.desk.packing.add_box(opened.parcel.id, opened.parcel.fence, world.desk.nonce())
    world.buy_numbers()
    first = next(row.number for row in world.waybills("A1") if row.parcel_id == opened.parcel.id)
    assert world.desk.ship(first).code == "parcel.shipped"
    part(world, "A1", "ZT00000001", ("1", 1))
    assert [one.left_qty for one in known(world).lines] == [1]
    say(world, "A1", 1)
    assert world.order("A1").fulfilment == "shipped"
    assert stock(world, "BEAR") == (99_998, 0)
    with pytest.raises(Refused) as refused:
        take_back(world)
    assert refused.value.code == "part_sent.has_left"
    world.check_stock()


@pytest.mark.parametrize("left", [True, False])
def test_what_was_said_is_taken_back_as_often_as_need_be(world, left):
    ready(world)
    part(world, "A1", "ZT00000001", ("1", 2))
    for _ in range(2):
        say(world, "A1", 2, 1, left=left)
        world.clock.advance(seconds=1)
        assert known(world).can_take_back
        take_back(world)
        assert world.holds("A1") == {"part_sent"}
        assert (stock(world, "BEAR"), stock(world, "BAG")) == ((100_000, 3), (100_000, 2))
        assert world.rows(select(SentElsewhere.qty)) == []
        world.check_stock()
    actions = [row.action for row in world.rows(select(Journal.action).where(Journal.subject == "orders"))]
    assert (actions.count("order.part_sent"), actions.count("order.part_sent_taken_back")) == (2, 2)


def test_more_than_is_left_cannot_be_said(world):
    ready(world)
    part(world)
    for units in ((4, 0), (-1, 0)):
        with pytest.raises(Refused) as refused:
            say(world, "A1", *units)
        assert refused.value.code == "part_sent.too_many"
    with pytest.raises(Refused) as refused:
        world.desk.orders.send_rest(world.order("A1").id, {10**6: 1}, left_our_shelf=True)
    assert refused.value.code == "part_sent.too_many"
    assert stock(world, "BEAR") == (100_000, 3), "nothing has changed"
    say(world, "A1", 1, 0)
    for act in (lambda: say(world, "A1", 1, 0), lambda: take_back(world, "A2")):
        ready(world, "A2") if not world.parcels("A2") else None
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.code in {"part_sent.not_held", "part_sent.not_said"}
    for unknown in (
        lambda: world.desk.orders.send_rest(99, {}, left_our_shelf=True),
        lambda: world.desk.orders.take_back_part_sent(99),
    ):
        with pytest.raises(NotFound):
            unknown()


def test_lines_that_the_buyer_changes_after_a_part_went_wait_for_a_person(world):
    ready(world)
    part(world, "A1", "ZT00000001", ("1", 1))
    say(world, "A1", 1, 0, left=False)
    world.shop.change("A1", lines=(line("1", "BEAR", 5), line("2", "BAG", 2)))
    world.sync("A1")
    assert world.holds("A1") == {"changed_after_shipping"}
    assert [one.qty for one in world.lines("A1")] == [3, 2], "else the part that went would be sent again"


def test_the_units_of_a_bundle_follow_its_pieces(world):
    ready(world, "A1", line("1", "SET", 2))
    part(world, "A1", "ZT00000001", ("1", 1))
    told = [(one.qty, one.told_qty) for one in known(world).lines]
    assert told == [(4, 2), (2, 1)]
    say(world, "A1", 2, 1)
    send(world)
    world.tell_shop()
    assert [list(one.lines) for one in world.shop.told.values()] == [[("1", 1)]]
    assert (stock(world, "BEAR"), stock(world, "BAG")) == ((99_996, 0), (99_998, 0))


@pytest.mark.parametrize("left", [True, False])
def test_a_short_order_is_served_where_only_what_others_sent_was_missing(world, left):
    ready(world, "A0", line("1", "BEAR", 99_999))
    world.shop.place("A1", line("1", "BEAR", 2))
    world.sync("A1")
    assert world.holds("A1") == {"short"}
    world.shop.send_part("A1", "ZT00000001", ("1", 1))
    world.sync("A1")
    say(world, "A1", 1, left=left)
    assert world.holds("A1") == set()
    send(world)
    assert stock(world, "BEAR")[0] == 99_999, "what the books never promised has not left them"
    world.check_stock()


def test_the_platform_takes_a_part_back_that_was_released_to_the_rest(world):
    """A refund of a line after its part was sent elsewhere takes only what is still here out of the box."""
    ready(world)
    part(world, "A1", "ZT00000001", ("1", 1))
    say(world, "A1", 1, 0)
    world.shop.after_sale("A1", "1", "refunded")
    world.sync("A1")
    send(world)
    world.tell_shop()
    assert [list(one.lines) for one in world.shop.told.values()] == [[("2", 2)]]
    assert (stock(world, "BEAR"), stock(world, "BAG")) == ((99_999, 0), (99_998, 0))
    world.check_stock()


@settings(max_examples=min(settings().max_examples, 8), deadline=None)
@given(
    bought=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    parts=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.booleans()), min_size=1, max_size=3),
    takes_back=st.booleans(),
)
def test_every_unit_reaches_the_buyer_once_and_leaves_the_books_once(shared_world, bought, parts, takes_back):
    world, no = shared_world, f"P{len(shared_world.shop.orders)}"
    at_first = {code: stock(world, code) for code in ("BEAR", "BAG")}
    ready(world, no, line("1", "BEAR", bought[0]), line("2", "BAG", bought[1]))
    left_over, off_shelf = list(bought), [0, 0]
    for number, (bears, bags, is_ours) in enumerate(parts):
        units = [min(bears, left_over[0]), min(bags, left_over[1])]
        pieces = [(str(place + 1), qty) for place, qty in enumerate(units) if qty]
        if not pieces or not any(left_over):
            continue
        part(world, no, f"ZT{no}{number}00000", *pieces)
        say(world, no, *units, left=is_ours)
        left_over = [have - qty for have, qty in zip(left_over, units, strict=True)]
        off_shelf = [have + qty * is_ours for have, qty in zip(off_shelf, units, strict=True)]
        world.check_stock()
    if takes_back and left_over != list(bought):
        take_back(world, no)
        assert [stock(world, code)[0] for code in ("BEAR", "BAG")] == [on_hand for on_hand, _ in at_first.values()]
        sent = [have - qty for have, qty in zip(bought, left_over, strict=True)]
        say(world, no, *sent, left=False)
        off_shelf = [0, 0]
    if any(left_over):
        send(world, no)
        world.tell_shop()
    assert world.order(no).fulfilment == "shipped"
    for place, code in enumerate(("BEAR", "BAG")):
        on_hand, promised = at_first[code]
        assert stock(world, code) == (on_hand - off_shelf[place] - left_over[place], promised)
    told = [one for one in world.shop.told.values() if one.order_no == no]
    sent = {line_no: qty for one in told for line_no, qty in one.lines}
    assert [sent.get("1", 0), sent.get("2", 0)] == left_over
    world.check_stock()
