"""Stock as a clerk works with it: lists that add up, acts that happen once, orders that go on or are held."""

import pytest
from sqlalchemy import select

from core.inventory import reasons
from core.inventory.stock_list import StockFilter
from core.orders import holds
from core.orders.models import Order
from core.runtime.errors import NotFound, Refused
from tests.support.fake_shop import line


def listed(world, pile="all", search="", limit=2):
    """Every row of a list, in small pages."""
    rows, after = [], None
    while True:
        page = world.desk.stock.page(StockFilter(pile, search), after, limit)
        rows += page.rows
        after = page.next_after
        if after is None:
            return rows


def codes(world, pile="all", search=""):
    return [row.code for row in listed(world, pile, search)]


def act(world, name, code, qty, key="k1", reason="other", **more):
    return getattr(world.desk.stock, name)(world.warehouse, world.skus[code], qty, reason, key, **more)


def row_of(world, code):
    return world.desk.stock.detail(world.skus[code], None).row


def empty(world, code):
    """Take everything of these goods off the books."""
    act(world, "count", code, 0, f"empty {code}")


# --- the list ----------------------------------------------------------------------------------------------------


def test_the_list_holds_counted_goods_page_by_page(world):
    assert codes(world) == ["BAG", "BEAR", "CARD"]
    act(world, "receive", "BEAR", 5, batch="B2")
    assert [(row.code, row.batch, row.quantities.on_hand_qty) for row in listed(world)][1:3] == [
        ("BEAR", "", 100_000),
        ("BEAR", "B2", 5),
    ]


def test_goods_that_were_never_booked_in_stand_in_the_list_too(world):
    from core.catalog.records import SkuSpec
    from core.catalog.service import take_in

    new = world.do(lambda uow: take_in(uow, [SkuSpec("NEW", "新品", "新品", "")]))["NEW"]
    detail = world.desk.stock.detail(new, None)
    assert (detail.row.level_id, detail.row.warehouse_id, detail.why) == (None, world.warehouse, None)
    assert codes(world, "lacking") == ["NEW"]
    acted = world.desk.stock.receive(world.warehouse, new, 3, "purchase", "first")
    detail = world.desk.stock.detail(new, None)
    assert (detail.row.level_id, detail.why.quantities.on_hand_qty) == (acted.booked.level_id, 3)


def test_each_filter_holds_what_it_says_and_the_totals_count_it(world):
    world.ready("A1", line("1", "BEAR", 2))
    act(world, "quarantine", "CARD", 4)
    empty(world, "BAG")
    assert [codes(world, pile) for pile in ("lacking", "reserved", "quarantined")] == [["BAG"], ["BEAR"], ["CARD"]]
    totals = world.desk.stock.totals(StockFilter())
    assert dict(totals.counts) == {"all": 3, "lacking": 1, "reserved": 1, "quarantined": 1}
    assert totals.quantities.available_qty == 200_000 - 2 - 4
    assert world.desk.stock.totals(StockFilter("quarantined")).quantities.quarantined_qty == 4
    assert world.desk.stock.totals(StockFilter("quarantined")).quantities.on_hand_qty == 100_000


def test_orders_that_wait_show_how_many_units_they_want(world):
    empty(world, "BEAR")
    world.ready("A1", line("1", "BEAR", 3))
    assert row_of(world, "BEAR").wanted_qty == 3
    assert world.desk.stock.totals(StockFilter("lacking")).wanted_qty == 3


def test_a_search_finds_code_name_and_barcode(world):
    assert codes(world, search="bea") == ["BEAR"]
    assert codes(world, search="布袋") == ["BAG"]
    assert codes(world, search="16901234567899") == ["BEAR"]
    assert codes(world, search="6901234567915") == [], "uncounted goods have no stock"
    assert dict(world.desk.stock.totals(StockFilter(search="布袋")).counts)["all"] == 1


# --- acts --------------------------------------------------------------------------------------------------------


def test_a_second_press_books_nothing_twice(world):
    first = act(world, "receive", "BEAR", 7)
    second = act(world, "receive", "BEAR", 7)
    assert (first.booked.is_repeat, second.booked.is_repeat) == (False, True)
    assert row_of(world, "BEAR").quantities.on_hand_qty == 100_007
    with pytest.raises(Refused) as refused:
        act(world, "receive", "BEAR", 8)
    assert refused.value.code == "stock.key_reused"


@pytest.mark.parametrize(
    ("name", "qty"), [("receive", 3), ("book_in_hand", 3), ("adjust", 3), ("unquarantine", 3), ("count", 3)]
)
def test_goods_that_become_free_send_waiting_orders_on(world, name, qty):
    empty(world, "BEAR")
    if name == "unquarantine":
        act(world, "receive", "BEAR", 3, "r")
        act(world, "quarantine", "BEAR", 3, "q")
    world.ready("A1", line("1", "BEAR", 3))
    assert world.holds("A1") == {"short"}
    acted = act(world, name, "BEAR", qty)
    assert (acted.served_count, world.holds("A1")) == (1, set())
    again = act(world, name, "BEAR", qty)
    assert again.served_count == 0


def test_an_adjustment_never_takes_what_is_promised(world):
    act(world, "count", "BEAR", 5, "c")
    world.ready("A1", line("1", "BEAR", 3))
    with pytest.raises(Refused) as refused:
        act(world, "adjust", "BEAR", -3)
    assert refused.value.code == "stock.too_little"
    assert refused.value.facts["available_qty"] == 2
    act(world, "adjust", "BEAR", -2, "k2")
    assert row_of(world, "BEAR").quantities.available_qty == 0


def test_a_count_below_what_is_promised_holds_the_orders_and_names_them(world):
    world.ready("A1", line("1", "BEAR", 3))
    world.ready("A2", line("1", "BEAR", 2))
    counted = act(world, "count", "BEAR", 3)
    (short,) = counted.short_order_nos
    assert world.holds(short) == {"short"}
    assert world.holds("A1" if short == "A2" else "A2") == set()
    assert act(world, "count", "BEAR", 3).short_order_nos == (short,), "a repeat tells the same"
    (order_id,) = [row.id for row in world.rows(select(Order.id).where(Order.order_no == short))]
    world.store.write(lambda uow: holds.release(uow, order_id))
    act(world, "count", "BEAR", 3)
    assert world.holds(short) == set(), "what was decided since stands"
    assert row_of(world, "BEAR").wanted_qty == sum(one.wanted_qty for one in counted.result.deficits)


def test_the_drawers_numbers_add_up(world):
    world.ready("A1", line("1", "BEAR", 3))
    act(world, "adjust", "BEAR", -10, reason=reasons.written("damaged", "纸箱  压坏"))
    act(world, "quarantine", "BEAR", 2, "k2")
    why = world.desk.stock.detail(world.skus["BEAR"], None).why
    quantities = why.quantities
    assert sum(why.moved_by_kind.values()) == quantities.on_hand_qty
    assert sum(one.qty for one in why.holders) == quantities.reserved_qty + quantities.confirmed_qty
    assert [one.order_no for one in why.holders] == ["A1"]
    assert reasons.parted(why.movements[0].reason) == ("damaged", "纸箱 压坏")


def test_goods_in_hand_wait_for_a_review_and_are_reviewed_once(world):
    act(world, "book_in_hand", "BEAR", 2, reason="found")
    (row,) = world.desk.stock.in_hand()
    assert (row.code, row.qty, row.operator, row.reason) == ("BEAR", 2, "clerk", "found")
    assert world.desk.stock.review_in_hand(row.movement_id)
    assert world.desk.stock.in_hand() == ()
    assert not world.desk.stock.review_in_hand(row.movement_id)
    act(world, "receive", "BEAR", 2, "k2")
    movement = world.desk.stock.why(row.level_id).movements[0]
    assert movement.kind == "receipt"
    with pytest.raises(NotFound):
        world.desk.stock.review_in_hand(row.movement_id + 1)


def test_a_place_that_does_not_exist_is_refused(world):
    with pytest.raises(NotFound) as refused:
        world.desk.stock.receive(world.warehouse + 999, world.skus["BEAR"], 1, "purchase", "k")
    assert refused.value.code == "stock.no_warehouse"


def test_a_note_has_an_end():
    with pytest.raises(Refused):
        reasons.written("other", "长" * 201)
    assert reasons.parted(reasons.written("other", "a: b")) == ("other", "a: b")
    assert reasons.parted("opening") == ("opening", "")
