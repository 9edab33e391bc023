"""Every act on stock has a document: what it does, what it refuses, how it is taken back."""

import pytest
from sqlalchemy import delete, text, update
from sqlalchemy.exc import DBAPIError

from core.catalog.models import BundleLine
from core.inventory.documents import booking, drafting, following, lists, searching
from core.inventory.documents.lists import DocumentFilter
from core.inventory.documents.records import Head, LineIn
from core.inventory.documents.states import DocKind
from core.inventory.models import Movement
from core.runtime.errors import DomainError, NotFound, Refused
from tests.documents.acts import (
    OTHER,
    STOCK_KEEPER,
    THIRD,
    book,
    booked,
    by_number,
    came,
    decide,
    detail,
    draft,
    lines,
    now,
    reverse,
    waiting,
)
from tests.support.inventory_world import World


def refused(act, *arguments, **named) -> DomainError:
    with pytest.raises((Refused, NotFound)) as error:
        act(*arguments, **named)
    return error.value


# --- numbers and drafts -----------------------------------------------------------------------------------------


def test_a_number_says_kind_day_and_place_in_the_day(world):
    sku = world.sku()
    numbers = [draft(world, DocKind.RECEIPT, (sku, 1)).number for _ in range(2)]
    assert numbers == ["RK260618-001", "RK260618-002"]
    assert draft(world, DocKind.PURCHASE, (sku, 1)).number == "CG260618-001"
    world.clock.advance(hours=17)
    assert draft(world, DocKind.RECEIPT, (sku, 1)).number == "RK260619-001", "the day is China's"


def test_a_draft_moves_nothing_and_can_be_changed_and_thrown_away(world):
    sku, other = world.sku(), world.sku()
    made = draft(world, DocKind.RECEIPT, (sku, 5))
    assert world.level(sku) is None
    changed = world.do(
        lambda uow: drafting.change(
            uow,
            made.document_id,
            made.version,
            Head(World.second, supplier="甲 公司"),
            [LineIn(other, 0, done_qty=3)],
        )
    )
    assert [(line.sku_id, line.done_qty) for line in lines(world, made)] == [(other, 3)]
    assert now(world, made).supplier == "甲 公司"
    world.do(lambda uow: drafting.throw_away(uow, made.document_id, changed.version))
    assert now(world, made).state == "void"
    assert refused(book, world, by_number(world, made.number)).code == "document.state"
    assert world.level(other) is None


def test_a_line_stays_the_line_it_is_while_others_go(world):
    sku, other = world.sku(), world.sku()
    made = draft(world, DocKind.ADJUSTMENT, (sku, 5), (other, 2))
    kept = lines(world, made)[1].id
    world.do(
        lambda uow: drafting.change(
            uow, made.document_id, made.version, Head(World.main), [LineIn(other, 3, line_id=kept), LineIn(sku, 9)]
        )
    )
    assert next((one.id, one.sku_id, one.qty) for one in lines(world, made)) == (kept, other, 3)
    assert [one.qty for one in lines(world, made)] == [3, 9]


def test_two_people_do_not_lose_each_others_lines(world):
    sku, other = world.sku(), world.sku()
    made = draft(world, DocKind.RECEIPT, (sku, 5))

    def save(lines_):
        return world.do(lambda uow: drafting.change(uow, made.document_id, made.version, Head(World.main), lines_))

    save([LineIn(sku, 0, done_qty=5), LineIn(other, 0, done_qty=1)])
    error = refused(save, [LineIn(sku, 0, done_qty=7)])
    assert (error.code, error.facts["operator"]) == ("document.changed", "clerk")
    assert [line.done_qty for line in lines(world, made)] == [5, 1]
    assert refused(book, world, made).code == "document.changed", "nobody books what they have not seen"


def test_scans_of_two_people_add_up_and_a_repeated_scan_counts_once(world):
    sku, other = world.sku(), world.sku()
    made = draft(world, DocKind.RECEIPT)

    def scan(goods, qty, key):
        return world.do(lambda uow: drafting.count_in(uow, made.document_id, goods, qty, key))

    assert [scan(sku, 1, "a").qty, scan(sku, 12, "b").qty, scan(other, 1, "c").qty] == [1, 13, 1]
    again = scan(sku, 12, "b")
    assert (again.qty, again.is_repeat) == (13, True)
    assert [line.done_qty for line in lines(world, made)] == [13, 1]
    assert scan(sku, -3, "d").qty == 10
    assert refused(scan, sku, -11, "e").code == "document.below_zero"


def test_what_holds_no_stock_is_refused_with_what_does(world):
    bundle, part = world.sku(is_bundle=True), world.sku()
    world.do(
        lambda uow: uow.insert(BundleLine, {"bundle_sku_id": bundle, "component_sku_id": part, "qty": 2}),
    )
    for kind in (DocKind.RECEIPT, DocKind.PURCHASE, DocKind.TRANSFER, DocKind.ADJUSTMENT):
        error = refused(draft, world, kind, (bundle, 1))
        assert (error.code, "× 2" in str(error.facts["components"])) == ("document.bundle", True)
    assert (
        refused(draft, world, DocKind.RECEIPT, (world.sku(is_stock_managed=False), 1)).code == "document.not_managed"
    )
    assert refused(draft, world, DocKind.RECEIPT, (999_999, 1)).code == "stock.no_sku"
    made = draft(world, DocKind.RECEIPT)
    scan = refused(lambda: world.do(lambda uow: drafting.count_in(uow, made.document_id, bundle, 1, "k")))
    assert scan.code == "document.bundle"


def test_odd_documents_are_refused(world):
    sku = world.stocked(5)
    assert refused(draft, world, DocKind.PUTAWAY, (sku, 1)).code == "document.kind"
    assert refused(draft, world, DocKind.COUNTER, (sku, 1)).code == "document.kind"
    assert (
        refused(draft, world, DocKind.TRANSFER, (sku, 1), to_warehouse_id=World.main).code == "stock.same_warehouse"
    )
    assert refused(draft, world, DocKind.RECEIPT, (sku, 1), warehouse_id=99).code == "stock.no_warehouse"
    assert refused(draft, world, DocKind.RECEIPT, (sku, 1), note="长" * 201).code == "document.text_long"
    assert refused(draft, world, DocKind.TRANSFER, (sku, -1)).code == "stock.qty_out_of_range"
    assert refused(book, world, draft(world, DocKind.RECEIPT, (sku, 0))).code == "document.empty"


def test_the_same_key_begins_one_draft_and_books_once(world):
    sku = world.sku()
    head = Head(World.main)
    first, second = (
        world.do(lambda uow: drafting.begin(uow, DocKind.RECEIPT, head, [LineIn(sku, 0, done_qty=4)], "k"))
        for _ in range(2)
    )
    assert (first.document_id, second.is_repeat) == (second.document_id, True)
    assert book(world, first, "b").is_repeat is False
    again = book(world, first, "b")
    assert (again.is_repeat, again.state) == (True, "done")
    assert world.level(sku)[0] == 4


# --- receiving --------------------------------------------------------------------------------------------------


def test_a_receipt_books_its_lines_each_bound_to_its_movement(world):
    sku, other = world.sku(), world.sku()
    done = booked(world, DocKind.RECEIPT, (sku, 5), (other, 2), LineIn(sku, 0, "B1", done_qty=3, expires_day=740000))
    assert (done.state, set(done.came)) == ("done", {sku, other})
    assert (world.level(sku)[0], world.level(other)[0], world.level(sku, batch="B1")[0]) == (5, 2, 3)
    seen = detail(world, done.document_id)
    movement_ids = [number for line in seen.lines for number in line.movement_ids]
    assert len(movement_ids) == 3
    back = world.store.read(lambda c: lists.documents_of_movements(c, movement_ids))
    assert set(back.values()) == {(done.document_id, done.number)}
    assert [row.action for row in seen.history] == ["document.made", "document.booked"]
    levels = world.stock()["stock_level"]
    assert [row[-2] for row in levels if row[3] == "B1"] == [740000]


def test_a_purchase_is_received_in_parts_with_differences_and_closed(world):
    sku, other = world.sku(), world.sku()
    order = booked(world, DocKind.PURCHASE, (sku, 10), (other, 4), supplier="甲")
    assert (order.state, waiting(world, sku, "incoming"), world.level(sku)) == ("open", 10, None)

    receipt = world.do(lambda uow: drafting.receive_against(uow, order.document_id, "r1"))
    same = world.do(lambda uow: drafting.receive_against(uow, order.document_id, "r2"))
    assert same.document_id == receipt.document_id, "two people at one delivery count together"
    assert [(line.qty, line.done_qty) for line in lines(world, receipt)] == [(10, 0), (4, 0)]
    world.do(lambda uow: drafting.count_in(uow, receipt.document_id, sku, 6, "s1"))
    world.do(lambda uow: drafting.count_in(uow, receipt.document_id, other, 5, "s2"))
    done = book(world, by_number(world, receipt.number))

    assert (now(world, order).state, waiting(world, sku, "incoming"), waiting(world, other, "incoming")) == (
        "part",
        4,
        0,
    )
    assert (world.level(sku)[0], world.level(other)[0]) == (6, 5)
    booking_row = detail(world, done.document_id).history[-1]
    assert booking_row.facts["differing_lines"] == 2

    rest = world.do(lambda uow: drafting.receive_against(uow, order.document_id, "r3"))
    assert [(line.sku_id, line.qty) for line in lines(world, rest)] == [(sku, 4)]
    world.do(lambda uow: drafting.throw_away(uow, rest.document_id, rest.version))
    version = now(world, order).version
    closed = world.do(lambda uow: following.close(uow, order.document_id, version))
    assert (closed.state, waiting(world, sku, "incoming")) == ("closed", 0)
    assert refused(lambda: world.do(lambda uow: drafting.receive_against(uow, order.document_id, "r4"))).code == (
        "document.state"
    )


def test_a_purchase_that_came_whole_is_done(world):
    sku = world.sku()
    order = booked(world, DocKind.PURCHASE, (sku, 3))
    receipt = world.do(lambda uow: drafting.receive_against(uow, order.document_id, "r"))
    world.do(lambda uow: drafting.count_in(uow, receipt.document_id, sku, 3, "s"))
    book(world, by_number(world, receipt.number))
    assert now(world, order).state == "done"
    reverse(world, by_number(world, receipt.number))
    assert (now(world, order).state, waiting(world, sku, "incoming"), world.level(sku)[0]) == ("open", 3, 0)


def test_where_goods_are_put_away_they_wait_for_their_shelf(world):
    decide(world, putaway_warehouse_ids=(World.main,))
    sku = world.sku()
    receipt = booked(world, DocKind.RECEIPT, (sku, 10))
    assert (receipt.state, receipt.came, world.level(sku), waiting(world, sku, "to_put_away")) == (
        "done",
        (),
        None,
        10,
    )
    away = by_number(world, receipt.follower)
    assert came(world, "put_away", away, (4, " ａ－01 ")).state == "part"
    assert (world.level(sku)[0], waiting(world, sku, "to_put_away")) == (4, 6)
    assert detail(world, away.document_id).lines[0].usual_bin == "A-01"
    assert refused(came, world, "put_away", away, (7, "A-01")).code == "document.beyond"
    assert came(world, "put_away", away, (6, "A-02")).state == "done"
    assert world.level(sku)[0] == 10
    assert refused(reverse, world, receipt).code == "document.put_away_first"

    reverse(world, away)
    assert (world.level(sku)[0], waiting(world, sku, "to_put_away")) == (0, 10)
    reverse(world, receipt)
    assert (world.level(sku)[0], waiting(world, sku, "to_put_away")) == (0, 0)
    assert refused(came, world, "put_away", away, (1, "A-01")).code == "document.state"


def close(world, made):
    return world.do(lambda uow: following.close(uow, made.document_id, now(world, made).version))


def begun_putaway(world, sku, expected, put):
    """A receipt and its put-away, of which so many are on their shelf."""
    decide(world, putaway_warehouse_ids=(World.main,))
    receipt = booked(world, DocKind.RECEIPT, (sku, expected))
    away = by_number(world, receipt.follower)
    if put:
        came(world, "put_away", away, (put, "A-01"))
    return receipt, away


def test_what_was_miscounted_and_is_not_there_to_be_put_away_becomes_a_difference(world):
    sku = world.sku()
    receipt, away = begun_putaway(world, sku, 10, 8)
    ended = close(world, away)
    assert (ended.state, waiting(world, sku, "to_put_away"), world.level(sku)[0]) == ("closed", 0, 8)
    difference = by_number(world, ended.follower)
    assert [(line.qty, line.done_qty) for line in lines(world, difference)] == [(-2, 2)]

    assert refused(reverse, world, receipt).code == "document.put_away_first"
    reverse(world, away)
    assert (world.level(sku)[0], waiting(world, sku, "to_put_away")) == (0, 8)
    reverse(world, receipt)
    assert (world.level(sku)[0], waiting(world, sku, "to_put_away")) == (0, 0)
    reverse(world, difference)
    assert world.level(sku)[0] == 2, "they turned up"


def test_a_receipt_of_which_nothing_reached_a_shelf_is_taken_back_without_a_movement(world):
    sku = world.stocked(3)
    receipt, away = begun_putaway(world, sku, 10, 0)
    close(world, away)
    reverse(world, away)
    reverse(world, receipt)
    assert (world.level(sku)[0], waiting(world, sku, "to_put_away")) == (3, 0)


def test_a_put_away_that_was_begun_is_taken_back_with_what_still_waits(world):
    sku = world.sku()
    receipt, away = begun_putaway(world, sku, 10, 8)
    reverse(world, away)
    assert (world.level(sku)[0], waiting(world, sku, "to_put_away")) == (0, 10)
    reverse(world, receipt)
    assert (world.level(sku)[0], waiting(world, sku, "to_put_away")) == (0, 0)


# --- transfers --------------------------------------------------------------------------------------------------


def test_a_transfer_is_on_the_road_until_it_arrives(world):
    sku = world.stocked(10)
    sent = booked(world, DocKind.TRANSFER, (sku, 6))
    assert (sent.state, world.level(sku)[0], world.level(sku, World.second)) == ("open", 4, None)
    assert waiting(world, sku, "in_transit") == 6
    assert came(world, "arrive", sent, 2, is_all=False).state == "part"
    assert (world.level(sku, World.second)[0], waiting(world, sku, "in_transit")) == (2, 4)
    arrived = came(world, "arrive", sent, 4)
    assert (arrived.state, arrived.follower, world.level(sku, World.second)[0]) == ("done", "", 6)


@pytest.mark.parametrize(("arrives", "difference"), [(4, -2), (9, 3)])
def test_what_arrives_otherwise_is_a_difference_with_a_number_of_its_own(world, arrives, difference):
    sku = world.stocked(10)
    sent = booked(world, DocKind.TRANSFER, (sku, 6))
    arrived = came(world, "arrive", sent, arrives)
    assert (arrived.state, world.level(sku, World.second)[0], waiting(world, sku, "in_transit")) == (
        "done",
        arrives,
        0,
    )
    other = detail(world, by_number(world, arrived.follower).document_id)
    assert [(line.qty, len(line.movement_ids)) for line in other.lines] == [(difference, int(difference > 0))]
    assert [(one.number, one.tie) for one in other.related] == [(sent.number, "parent")]

    reverse(world, by_number(world, arrived.follower))
    assert world.level(sku, World.second)[0] == 6, "what was lost is found, what was too much is gone"


def test_a_transfer_takes_only_what_is_free(world):
    sku = world.stocked(10)
    world.bought((sku, 7), is_paid=True)
    error = refused(booked, world, DocKind.TRANSFER, (sku, 4))
    assert (error.code, error.facts["available_qty"], error.facts["qty"]) == ("document.too_little", 3, 4)
    assert world.level(sku) == (10, 0, 7, 0)
    error = refused(booked, world, DocKind.TRANSFER, (sku, 2), (sku, 2))
    assert error.code == "document.too_little", "two lines of the same goods add up"


def test_a_transfer_on_the_road_comes_back(world):
    sku = world.stocked(10)
    sent = booked(world, DocKind.TRANSFER, (sku, 6))
    came(world, "arrive", sent, 2, is_all=False)
    reverse(world, sent)
    assert (world.level(sku)[0], world.level(sku, World.second)[0], waiting(world, sku, "in_transit")) == (10, 0, 0)


# --- returns ----------------------------------------------------------------------------------------------------


def test_returned_goods_come_back_only_by_inspection(world):
    sku = world.stocked(1)
    made = booked(world, DocKind.RETURN, (sku, 5))
    assert (made.state, world.level(sku)[0], waiting(world, sku, "to_inspect")) == ("open", 1, 5)
    looked = came(world, "inspect", made, (2, 1))
    assert (looked.state, looked.came, world.level(sku)) == ("part", (sku,), (4, 0, 0, 1))
    assert refused(came, world, "inspect", made, (2, 1)).code == "document.beyond"
    looked = came(world, "inspect", made, (0, 2))
    assert (looked.state, looked.came, world.level(sku)) == ("done", (), (6, 0, 0, 3))
    reverse(world, made)
    assert (world.level(sku), waiting(world, sku, "to_inspect")) == ((1, 0, 0, 0), 0)


# --- set aside, adjust ------------------------------------------------------------------------------------------


def test_goods_are_set_aside_and_released(world):
    sku = world.stocked(5)
    aside = booked(world, DocKind.QUARANTINE, (sku, 4), reason="damaged")
    assert world.level(sku) == (5, 0, 0, 4)
    assert refused(booked, world, DocKind.QUARANTINE, (sku, 2)).code == "document.too_little"
    freed = booked(world, DocKind.RELEASE, (sku, 3))
    assert (freed.came, world.level(sku)) == ((sku,), (5, 0, 0, 1))
    assert refused(reverse, world, aside).code == "document.goods_gone", "three of the four are free already"
    reverse(world, freed)
    reverse(world, aside)
    assert world.level(sku) == (5, 0, 0, 0)


def test_an_adjustment_goes_both_ways_in_one_document(world):
    sku, other = world.stocked(5), world.stocked(5)
    done = booked(world, DocKind.ADJUSTMENT, (sku, -2), (other, 3), reason="damaged")
    assert (world.level(sku)[0], world.level(other)[0]) == (3, 8)
    reverse(world, done)
    assert (world.level(sku)[0], world.level(other)[0]) == (5, 5)


def as_person(world, person, act, *arguments, **named):
    world.store.act_as(person)
    try:
        return act(*arguments, **named)
    finally:
        world.store.act_as(None)


def approve(world, made):
    version = now(world, made).version
    return world.do(lambda uow: booking.approve(uow, made.document_id, version))


def refuse(world, made, note=""):
    version = now(world, made).version
    return world.do(lambda uow: booking.refuse(uow, made.document_id, version, note))


def test_beyond_the_limit_somebody_else_looks_first(world):
    decide(world, most_units=10)
    sku = world.stocked(100)
    small = as_person(world, STOCK_KEEPER, booked, world, DocKind.ADJUSTMENT, (sku, -10))
    assert small.state == "done"
    large = as_person(world, STOCK_KEEPER, booked, world, DocKind.ADJUSTMENT, (sku, -11))
    assert (large.state, world.level(sku)[0]) == ("to_approve", 90)
    assert as_person(world, STOCK_KEEPER, lambda: refused(approve, world, large).code) == "document.own"
    done = as_person(world, OTHER, approve, world, large)
    assert (done.state, world.level(sku)[0]) == ("done", 79)
    assert detail(world, large.document_id).decided_by == "Wang"
    assert as_person(world, THIRD, lambda: refused(approve, world, large).code) == "document.state"


def test_whoever_had_a_hand_in_it_is_no_second_pair_of_eyes(world):
    decide(world, most_units=10)
    sku = world.stocked(100)
    made = as_person(world, STOCK_KEEPER, draft, world, DocKind.ADJUSTMENT, (sku, -1))
    changed = as_person(
        world,
        OTHER,
        world.do,
        lambda uow: drafting.change(uow, made.document_id, 1, Head(World.main), [LineIn(sku, -50)]),
    )
    as_person(world, STOCK_KEEPER, book, world, changed)
    for person in (STOCK_KEEPER, OTHER):
        assert as_person(world, person, lambda: refused(approve, world, made).code) == "document.own"
        assert as_person(world, person, lambda: refused(refuse, world, made).code) == "document.own"
    as_person(world, THIRD, refuse, world, made, "数过了, 没少")
    assert (now(world, made).state, world.level(sku)[0]) == ("refused", 100)
    assert detail(world, made.document_id).history[-1].facts["note"] == "数过了, 没少"


def test_losses_and_finds_do_not_make_up_for_one_another(world):
    decide(world, most_units=10)
    sku, other = world.stocked(100), world.stocked(100)
    both = as_person(world, STOCK_KEEPER, booked, world, DocKind.ADJUSTMENT, (sku, -8), (other, 8))
    assert both.state == "to_approve"


def test_the_limit_of_value_goes_by_the_last_known_cost(world):
    decide(world, most_fen=10_000)
    sku, unknown = world.stocked(100), world.stocked(100)
    booked(world, DocKind.RECEIPT, LineIn(sku, 0, done_qty=1, unit_cost_fen=900))
    booked(world, DocKind.RECEIPT, LineIn(sku, 0, done_qty=1, unit_cost_fen=2_500))
    states = [
        as_person(world, STOCK_KEEPER, booked, world, DocKind.ADJUSTMENT, line).state
        for line in ((sku, -4), (sku, -5), (unknown, -50))
    ]
    assert states == ["done", "to_approve", "done"]


def test_whoever_writes_an_adjustment_does_not_choose_its_worth(world):
    decide(world, most_fen=10_000)
    sku = world.stocked(100)
    booked(world, DocKind.RECEIPT, LineIn(sku, 0, done_qty=1, unit_cost_fen=2_500))
    as_person(world, STOCK_KEEPER, draft, world, DocKind.RECEIPT, LineIn(sku, 0, done_qty=1, unit_cost_fen=1))
    as_person(world, STOCK_KEEPER, booked, world, DocKind.ADJUSTMENT, LineIn(sku, -1, unit_cost_fen=1))
    states = [
        as_person(world, STOCK_KEEPER, booked, world, DocKind.ADJUSTMENT, LineIn(sku, -qty, unit_cost_fen=cost)).state
        for qty, cost in ((4, 0), (5, 0), (4, 2_600))
    ]
    assert states == ["done", "to_approve", "to_approve"]


def test_taking_back_beyond_the_limit_needs_the_other_too(world):
    sku = world.stocked(100)
    done = as_person(world, STOCK_KEEPER, booked, world, DocKind.ADJUSTMENT, (sku, -50))
    decide(world, most_units=10)
    for person, may in ((STOCK_KEEPER, True), (OTHER, False)):
        error = as_person(world, person, lambda may=may: refused(reverse, world, done, may_approve=may))
        assert error.code == "document.needs_other"
    as_person(world, OTHER, reverse, world, done, may_approve=True)
    assert world.level(sku)[0] == 100


def test_a_difference_beyond_the_limit_needs_the_other_too(world):
    sku = world.stocked(100)
    sent = as_person(world, STOCK_KEEPER, booked, world, DocKind.TRANSFER, (sku, 50))
    _, away = as_person(world, STOCK_KEEPER, begun_putaway, world, sku, 50, 8)
    decide(world, most_units=10)

    def end(made, **more):
        version = now(world, made).version
        if made is away:
            return world.do(lambda uow: following.close(uow, made.document_id, version, **more))
        return came(world, "arrive", made, 8, **more)

    for made in (sent, away):
        for person, may in ((STOCK_KEEPER, True), (OTHER, False)):
            error = as_person(world, person, lambda made=made, may=may: refused(end, made, may_approve=may))
            assert error.code == "document.differs_much"
        assert as_person(world, OTHER, end, made, may_approve=True).follower


# --- taking back ------------------------------------------------------------------------------------------------


def test_a_done_document_is_taken_back_once_by_a_counter_document(world):
    sku = world.sku()
    done = booked(world, DocKind.RECEIPT, (sku, 5))
    first = reverse(world, done, "k")
    assert (first.state, first.follower[:2], world.level(sku)[0]) == ("reversed", "CX", 0)
    assert reverse(world, done, "k").is_repeat
    assert refused(reverse, world, done).code == "document.state"
    counter = detail(world, by_number(world, first.follower).document_id)
    assert [(line.qty, len(line.movement_ids)) for line in counter.lines] == [(-5, 1)]
    assert [(one.number, one.tie) for one in counter.related] == [(done.number, "reverses")]
    assert [line.done_qty for line in lines(world, done)] == [5], "what was booked stays as it was written"
    assert refused(reverse, world, by_number(world, first.follower)).code == "document.state"
    assert (
        refused(
            lambda: world.do(
                lambda uow: drafting.change(uow, done.document_id, now(world, done).version, Head(World.main), [])
            )
        ).code
        == "document.state"
    )


def test_goods_that_are_promised_or_gone_do_not_come_back(world):
    sku = world.sku()
    done = booked(world, DocKind.RECEIPT, (sku, 5))
    world.bought((sku, 3), is_paid=True)
    error = refused(reverse, world, done)
    assert (error.code, error.facts["available_qty"], error.facts["qty"]) == ("document.goods_gone", 2, 5)
    assert (now(world, done).state, world.level(sku)) == ("done", (5, 0, 3, 0))


# --- movements stay ---------------------------------------------------------------------------------------------


def test_no_sql_changes_or_deletes_a_movement(world):
    world.stocked(5)
    for statement in (update(Movement).values(qty=6), delete(Movement), text("DELETE FROM movement WHERE id = 1")):
        with pytest.raises(DBAPIError, match="append-only"), world.store.engines.writer.begin() as connection:
            connection.execute(statement)
    assert [row[3] for row in world.stock()["movement"]] == [5]


# --- looking ----------------------------------------------------------------------------------------------------


def test_the_list_is_searched_and_counted_by_pile_and_kind(world):
    sku, other = world.sku(), world.sku()
    receipts = [booked(world, DocKind.RECEIPT, (sku, 1), supplier=f"供货商{n}") for n in range(3)]
    draft(world, DocKind.RECEIPT, (other, 1))
    order = booked(world, DocKind.PURCHASE, (other, 9), supplier="ACME 公司")

    def page(after=None, limit=2, **wanted):
        return world.store.read(lambda c: lists.document_page(c, DocumentFilter(**wanted), after, limit))

    first = page()
    assert len(first.rows) == 2
    assert first.rows[0].number == order.number
    assert (first.rows[0].line_count, first.rows[0].pending_qty) == (1, 9)
    second = page(after=first.next_after, limit=10)
    assert [row.number for row in second.rows] == [one.number for one in reversed(receipts)]
    assert second.next_after is None

    def numbers(**wanted):
        return [row.number for row in page(limit=10, **wanted).rows]

    assert numbers(search="acme") == [order.number]
    assert numbers(search="供货商1") == [receipts[1].number]
    assert numbers(search=receipts[2].number.lower()) == [receipts[2].number]
    newest_first = [one.number for one in reversed(receipts)]
    for begun in ("rk", "ＲＫ2606", "RK260618-0", "260618-00"):
        assert numbers(search=begun, kind="receipt", pile="done") == newest_first, begun
    assert numbers(search="RK260618-1") == numbers(search="RK2699") == numbers(search="-001") == []
    assert page(limit=1, search="rk", pile="done").next_after is not None
    code = detail(world, order.document_id).lines[0].code
    assert len(numbers(search=code)) == 2
    assert numbers(pile="under_way") == [order.number]
    assert len(numbers(kind="receipt", pile="done")) == 3
    counts = world.store.read(lambda c: lists.document_counts(c, DocumentFilter("done", "receipt")))
    assert counts.by_pile == {"all": 4, "done": 3, "draft": 1}
    assert counts.by_kind == {"": 3, "receipt": 3}
    found = world.store.read(lambda c: lists.document_counts(c, DocumentFilter("done", "", "供货商")))
    assert (found.by_pile, found.by_kind, found.is_capped) == (
        {"all": 3, "done": 3},
        {"": 3, "receipt": 3},
        False,
    )


def test_counts_of_a_search_that_finds_very_many_say_so_many_at_least(world, monkeypatch):
    monkeypatch.setattr(searching, "COUNT_CAP", 2)
    sku = world.sku()
    for _ in range(3):
        booked(world, DocKind.RECEIPT, (sku, 1), supplier="甲")
    found = world.store.read(lambda c: lists.document_counts(c, DocumentFilter("all", "", "甲")))
    assert (found.by_pile["done"], found.said(found.by_pile["done"]), found.said(0)) == (2, "2+", "0")


def test_a_search_that_means_very_many_goods_finds_their_documents(world, monkeypatch):
    sku = world.sku()
    made = booked(world, DocKind.RECEIPT, (sku, 1))
    many = range(sku, sku + 70_000)
    monkeypatch.setattr(searching.catalogue, "sku_ids_called", lambda _connection, _piece: many)
    found = world.store.read(lambda c: lists.document_page(c, DocumentFilter("all", "", "杯"), None, 5))
    assert [row.number for row in found.rows] == [made.number]
