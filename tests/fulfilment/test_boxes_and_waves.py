"""One order in several boxes, and many parcels in one wave."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.catalog.records import SkuSpec
from core.catalog.service import take_in
from core.channels.contract import Capabilities, Splits
from core.channels.plugin import ChannelPlugin
from core.channels.registry import ChannelRegistry
from core.runtime.errors import Refused
from tests.support.fake_shop import line
from tests.support.world import START, World


def _box(world, opened):
    return world.desk.packing.add_box(opened.parcel.id, opened.parcel.fence, world.desk.nonce())


def _sells_at(world, **capabilities):
    """What the world's shop is kind of."""
    can = Capabilities(sees_unpaid=True, **capabilities)
    world.desk.kinds = ChannelRegistry([ChannelPlugin("fake", "练习", "Practice", (), can, lambda *_: world.shop)])


@pytest.mark.parametrize(
    ("can", "is_said"),
    [
        ({"splits": Splits.WHOLE}, True),
        ({"splits": Splits.WHOLE, "adds_numbers": True}, False),
        ({"splits": Splits.LINES}, False),
        ({"splits": Splits.UNITS}, False),
    ],
)
def test_who_splits_an_order_hears_that_its_shop_takes_one_number(world, can, is_said):
    _sells_at(world, **can)
    world.ready("A1", line("1", "BEAR", 2))
    opened = world.desk.open("A1")
    world.desk.scan(opened, "BEAR")
    boxed = _box(world, opened)
    assert (boxed.code, boxed.tone, boxed.facts["one_number"]) == ("box.added", "complete", is_said)
    assert [parcel.state for parcel in world.parcels("A1")] == ["packed", "to_pack"], "nothing is blocked"


def test_orders_that_are_each_whole_in_a_box_keep_their_numbers(world):
    _sells_at(world, splits=Splits.WHOLE)
    world.ready("A1", line("1", "BEAR"))
    world.ready("A2", line("1", "BAG"))
    opened = world.desk.open("A1")
    merged = world.desk.packing.merge(opened.parcel.id, opened.parcel.fence, world.desk.nonce())
    assert merged.code == "merge.done"
    world.desk.scan(merged, "BEAR")
    assert _box(world, merged).facts["one_number"] is False


def test_two_boxes_have_two_numbers_and_the_shop_hears_of_both(world):
    first = world.ready("A1", line("1", "BEAR", 5), line("2", "BAG"))
    opened = world.desk.open("A1")
    world.desk.scan(opened, "BEAR", 2)
    assert _box(world, opened).facts["box"] == 1
    world.buy_numbers()
    assert world.desk.ship(first).code == "parcel.shipped"
    assert world.order("A1").fulfilment == "packing"
    rest = world.desk.packing.open_next(world.desk.nonce())
    assert rest.parcel.box_no == 2
    assert [(one.sku_code, one.qty) for one in rest.parcel.lines] == [("BAG", 1), ("BEAR", 3)]
    world.desk.verify(rest)
    second = world.number("A1")
    assert world.desk.ship(second).code == "parcel.shipped"
    assert world.order("A1").fulfilment == "shipped"
    assert world.tell_shop() == 2
    assert sorted(sorted(notice.lines) for notice in world.shop.told.values()) == [[("1", 2)], [("1", 3), ("2", 1)]]
    labels = [content["box"] for content in world.print_labels()]
    assert labels == []  # both boxes had left before a printer asked


@pytest.mark.parametrize("has_left", [False, True])
def test_the_rest_of_a_box_is_next_at_the_desk_where_it_lies_and_waits_its_turn_elsewhere(world, has_left):
    first = world.ready("A1", line("1", "BEAR", 5), ship_by_at=START + timedelta(hours=9))
    world.ready("A2", line("1", "BEAR", 1), ship_by_at=START + timedelta(hours=3))
    world.ready("A3", line("1", "BEAR", 1), ship_by_at=START + timedelta(hours=4))
    opened = world.desk.open("A1")
    world.desk.scan(opened, "BEAR", 2)
    _box(world, opened)
    world.buy_numbers()
    if has_left:
        assert world.desk.ship(first).code == "parcel.shipped"
    other = world.new_desk("desk 2")
    assert other.packing.open_next(other.nonce()).parcel.order_nos == ("A2",)
    mine = world.desk.packing.open_next(world.desk.nonce(), None if has_left else opened.parcel.id)
    assert (mine.parcel.order_nos, mine.parcel.box_no) == (("A1",), 2)


def test_a_platform_that_counts_the_first_box_as_the_order_does_not_stop_the_second(world):
    first = world.ready("A1", line("1", "BEAR", 2))
    opened = world.desk.open("A1")
    world.desk.scan(opened, "BEAR")
    _box(world, opened)
    world.buy_numbers()
    world.desk.ship(first)
    world.shop.change("A1", is_shipped=True)
    world.sync("A1")
    assert world.holds("A1") == set()
    world.desk.pack("A1")
    assert world.desk.ship(world.number("A1")).code == "parcel.shipped"


def test_an_address_changed_between_two_boxes_sends_only_the_rest_again(world):
    first = world.ready("A1", line("1", "BEAR", 5))
    opened = world.desk.open("A1")
    world.desk.scan(opened, "BEAR", 2)
    _box(world, opened)
    world.buy_numbers()
    world.desk.ship(first)
    world.shop.move("A1", "新路99号")
    world.sync("A1")
    world.buy_numbers()
    (parcel,) = world.parcels("A1", "to_pack")
    rest = world.desk.open("A1")
    assert (rest.parcel.id, [one.qty for one in rest.parcel.lines]) == (parcel.id, [3])
    world.desk.verify(rest)
    assert world.desk.ship(world.number("A1")).code == "parcel.shipped"
    world.tell_shop()
    assert world.shop.told_qty("A1", "1") == 5


def test_a_wish_changed_between_two_boxes_needs_a_person(world):
    first = world.ready("A1", line("1", "BEAR", 5))
    opened = world.desk.open("A1")
    world.desk.scan(opened, "BEAR", 2)
    _box(world, opened)
    world.desk.ship(first)
    world.shop.change("A1", lines=(line("1", "BEAR", 4),))
    world.sync("A1")
    assert world.holds("A1") == {"changed_after_shipping"}


def test_a_second_box_that_is_refunded_lets_the_order_count_as_sent(world):
    first = world.ready("A1", line("1", "BEAR"), line("2", "BAG"))
    opened = world.desk.open("A1")
    world.desk.scan(opened, "BEAR")
    _box(world, opened)
    world.desk.ship(first)
    world.shop.after_sale("A1", "2", "refunded")
    world.sync("A1")
    assert (world.order("A1").fulfilment, len(world.parcels("A1", "cancelled"))) == ("shipped", 1)
    world.buy_numbers()
    assert world.carrier.live_numbers() == [first]


def test_a_scan_that_was_taken_back_does_not_keep_a_line_in_the_box(world):
    world.ready("A1", line("1", "BEAR"), line("2", "BAG"))
    opened = world.desk.open("A1")
    world.desk.scan(opened, "BAG")
    world.desk.packing.undo(opened.parcel.id, opened.parcel.fence, world.desk.nonce())
    world.desk.scan(opened, "BEAR")
    assert _box(world, opened).code == "box.added"


def test_a_box_is_not_closed_over_refunded_goods(world):
    world.ready("A1", line("1", "BEAR"), line("2", "BAG"))
    opened = world.desk.open("A1")
    world.desk.scan(opened, "BEAR")
    world.shop.after_sale("A1", "1", "refunded")
    world.sync("A1")
    assert _box(world, opened).code == "line.refunded"


@settings(max_examples=min(settings().max_examples, 40))
@given(sets=st.integers(1, 4), cuts=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 5)), max_size=4))
def test_a_bundle_over_any_boxes_is_told_exactly_once(shared_world: World, sets, cuts):
    world = shared_world
    no = f"B{len(world.shop.orders)}"
    world.ready(no, line("1", "SET", sets), line("2", "BEAR", 1))
    opened = world.desk.open(no)
    for bears, bags in cuts:
        for code, qty in (("BEAR", bears), ("BAG", bags)):
            if qty:
                world.desk.scan(opened, code, qty)
        if _box(world, opened).code == "box.added":
            opened = world.desk.open(no)
    world.desk.verify(opened)
    world.buy_numbers()
    for waybill in world.waybills(no):
        world.clock.advance(seconds=1)
        assert world.desk.ship(waybill.number).code == "parcel.shipped"
    world.tell_shop()
    assert [world.shop.told_qty(no, one) for one in ("1", "2")] == [sets, 1]
    assert world.order(no).fulfilment == "shipped"


def test_a_wave_takes_the_due_parcels_in_their_order_and_prints_first(world):
    for number in range(4):
        world.ready(f"A{number}", line("1", "BEAR" if number % 2 else "BAG"))
    wave = world.desk.packing.start_wave("batch", 3)
    assert (wave.parcel_count, wave.open_count, wave.way) == (3, 3, "batch")
    labels = world.print_labels()
    assert [label["sequence"] for label in labels] == [
        {"number": place, "total": 3, "wave": wave.code} for place in (1, 2, 3)
    ]
    assert sum(row.qty for row in world.desk.packing.pick_list(wave.id)) == 3
    opened = world.desk.packing.open_next(world.desk.nonce())
    assert (opened.parcel.wave_seq, opened.parcel.waybill_no) == (1, labels[0]["waybill_no"])
    second = world.desk.packing.start_wave("scan_to_print", 10)
    assert (second.parcel_count, second.code) == (1, f"{wave.code[:-2]}02")
    assert world.desk.packing.start_wave("batch", 10) is None
    with pytest.raises(Refused, match="no way of working"):
        world.desk.packing.start_wave("juggling", 1)


def test_a_number_that_comes_after_the_wave_prints_at_the_waves_desk(world):
    world.shop.place("A1", line("1", "BEAR"))
    world.sync("A1")
    other = world.new_desk("desk 2")
    other.packing.start_wave("batch", 5)
    assert world.jobs() == []
    world.buy_numbers()
    assert [job.desk for job in world.jobs()] == ["desk 2"]


def test_a_held_order_is_in_no_wave(world):
    world.ready("A1", line("1", "BEAR"))
    world.desk.orders.hold(world.order("A1").id, "by_hand", "")
    assert world.desk.packing.start_wave("batch", 5) is None


def test_labels_follow_the_pick_list_along_the_shelves(world):
    """One kind alone first, grouped by code in the order of the shelves; then the mixed ones, by their first goods."""
    codes = ("S-10", "S-2", "S-1")
    world.skus = {**world.skus, **world.do(lambda uow: take_in(uow, [SkuSpec(code, code) for code in codes]))}
    for code in codes:
        world.receive(code, 100)
    wishes = {
        "A1": ("S-10",),
        "A2": ("S-2", "S-10"),
        "A3": ("S-2",),
        "A4": ("S-10",),
        "A5": ("S-1", "S-2"),
        "A6": ("S-2",),
    }
    for no, inside in wishes.items():
        world.ready(no, *(line(str(place), code, place) for place, code in enumerate(inside, 1)))
    wave = world.desk.packing.start_wave("batch", 10)
    labels = [label["order_nos"][0] for label in world.print_labels()]
    assert labels == ["A3", "A6", "A1", "A4", "A5", "A2"]
    rows = world.desk.packing.pick_list(wave.id)
    assert [(row.sku_code, row.qty, row.parcel_count) for row in rows] == [
        ("S-1", 1, 1),
        ("S-2", 5, 4),
        ("S-10", 4, 3),
    ]


def test_the_pick_list_leaves_out_what_is_packed_refunded_or_held(world):
    for no in ("A1", "A2", "A3", "A4"):
        world.ready(no, line("1", "BEAR", 2), line("2", "BAG"))
    wave = world.desk.packing.start_wave("scan_to_print", 10)

    def left():
        return [(row.sku_code, row.qty) for row in world.desk.packing.pick_list(wave.id)]

    assert left() == [("BAG", 4), ("BEAR", 8)]
    world.desk.orders.hold(world.order("A1").id, "by_hand", "")
    world.shop.after_sale("A2", "2", "refunded")
    world.sync("A2")
    assert left() == [("BAG", 2), ("BEAR", 6)]
    opened = world.desk.open("A3")
    world.desk.scan(opened, "BEAR")
    assert left() == [("BAG", 1), ("BEAR", 4)], "what lies on the desk has been fetched"
    world.desk.packing.leave(opened.parcel.id, opened.parcel.fence)
    assert left() == [("BAG", 2), ("BEAR", 5)]
