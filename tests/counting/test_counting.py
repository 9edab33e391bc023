"""Count sheets: what scans come to, what is booked, and that goods may come and go meanwhile."""

import pytest

from core.counting import queries, settling, sheets, tallying
from core.counting.records import Decision, Scope
from core.db.unit_of_work import Actor
from core.desk.settings import put_setting
from core.inventory import ledger
from core.inventory.assertions import last_counts
from core.runtime.errors import NotFound, Refused
from tests.support.counting_world import CHEN, LI, WANG


def refused(code):
    return pytest.raises(Refused, check=lambda error: error.code == code)


# --- sheets ---------------------------------------------------------------------------------------------------------


def test_a_sheet_is_a_document_with_number_state_and_author(counts):
    counts.goods(3, "A-01")
    first, second = counts.sheet("bins", "a-01"), counts.sheet("zones", "A", begun=False)
    seen = counts.world.store.read(queries.sheets)
    assert [(row.id, row.number, row.state, row.author, row.lines) for row in seen] == [
        (second, "PD260618-002", "draft", "li", 1),
        (first, "PD260618-001", "counting", "li", 1),
    ]


def test_the_same_key_makes_one_sheet(counts):
    make = lambda uow: sheets.make_sheet(uow, 1, Scope(), "once", is_blind=True)  # noqa: E731  said once, used below
    assert counts.do(make) == counts.do(make)


def test_what_is_on_a_sheet(counts):
    here, there = counts.goods(3, "A-01"), counts.goods(0, "A-02")
    loose, gone = counts.goods(2), counts.goods(0)
    elsewhere = counts.goods(1, "B-01")
    assert {line.sku_id for line in counts.lines(counts.sheet())} == {here, there, loose, elsewhere}
    assert {line.sku_id for line in counts.lines(counts.sheet("zones", "A"))} == {here, there}
    assert {line.sku_id for line in counts.lines(counts.sheet("bins", "A-02", "B-01"))} == {there, elsewhere}
    assert {line.sku_id for line in counts.lines(counts.sheet("skus", gone, here))} == {gone, here}


def test_a_large_sheet_is_filled_piece_by_piece(counts, monkeypatch):
    monkeypatch.setattr(sheets, "_PIECE", 2)
    for _ in range(5):
        counts.goods(1)
    sheet_id = counts.sheet(begun=False)
    assert len(counts.lines(sheet_id)) == 5
    half = counts.do(lambda uow: sheets.make_sheet(uow, 1, Scope(), "half", is_blind=False))
    counts.do(lambda uow: sheets.fill_sheet(uow, half))
    with refused("count.not_filled"):
        counts.do(lambda uow: sheets.begin(uow, half))


def test_a_sheet_about_nothing_is_refused(counts):
    with refused("count.scope"):
        counts.sheet("bins", " ")
    with refused("count.scope"):
        counts.sheet("everything")
    with pytest.raises(NotFound):
        counts.do(lambda uow: sheets.make_sheet(uow, 99, Scope(), "k", is_blind=False))
    with refused("count.empty"):
        counts.sheet("bins", "Z-99")


def test_pause_and_go_on(counts):
    sku = counts.goods(3)
    sheet_id = counts.sheet()
    here = counts.go(sheet_id)
    counts.scan(here, sku, 2)
    counts.do(lambda uow: sheets.pause(uow, sheet_id))
    with refused("count.not_counting"):
        counts.scan(here, sku)
    counts.do(lambda uow: sheets.begin(uow, sheet_id))
    assert counts.scan(here, sku).line_qty == 3


def test_a_sheet_thrown_away_books_nothing(counts):
    sku = counts.goods(3)
    sheet_id = counts.sheet()
    counts.scan(counts.go(sheet_id), sku, 9)
    counts.do(lambda uow: sheets.throw_away(uow, sheet_id))
    assert counts.world.level(sku) == (3, 0, 0, 0)
    with refused("count.wrong_state"):
        counts.do(lambda uow: sheets.begin(uow, sheet_id))


# --- scans ----------------------------------------------------------------------------------------------------------


def test_scans_add_up_and_an_undo_takes_the_last_back(counts):
    sku = counts.goods(5)
    sheet_id = counts.sheet()
    here = counts.go(sheet_id)
    counts.scan(here, sku)
    counts.scan(here, sku, 4)
    undone = counts.do(lambda uow: tallying.undo_last(uow, here, "u1"))
    assert (undone.kind, undone.qty, undone.line_qty) == ("undo", -4, 1)
    assert counts.do(lambda uow: tallying.undo_last(uow, here, "u1")).is_repeat
    assert counts.line(sheet_id, sku).counted_qty == 1
    counts.do(lambda uow: tallying.undo_last(uow, here, "u2"))
    assert counts.line(sheet_id, sku).state == "open"
    with refused("count.nothing_to_undo"):
        counts.do(lambda uow: tallying.undo_last(uow, here, "u3"))


def test_the_same_scan_again_adds_nothing(counts):
    sku = counts.goods(5)
    here = counts.go(counts.sheet())
    counts.scan(here, sku, key="a")
    again = counts.scan(here, sku, key="a")
    assert (again.is_repeat, again.line_qty) == (True, 1)


def test_a_carton_counts_all_its_units(counts):
    sku = counts.goods(24)
    counts.do(lambda uow: uow.insert_many(_barcode(), [{"code": "CARTON", "sku_id": sku, "unit_qty": 12}]))
    here = counts.go(counts.sheet())
    assert counts.do(lambda uow: tallying.scan(uow, here, "CARTON", "k", 2)).line_qty == 24


def _barcode():
    from core.catalog.models import Barcode

    return Barcode


def test_what_is_not_on_the_sheet_is_kept_as_a_find(counts):
    home = counts.goods(1, "A-01")
    other = counts.goods(4, "B-07")
    sheet_id = counts.sheet("bins", "A-01")
    here = counts.go(sheet_id, "A-01")
    stranger = counts.do(lambda uow: tallying.scan(uow, here, "4006381333931", "k1", 2))
    lodger = counts.scan(here, other, 3)
    assert (stranger.kind, stranger.qty, lodger.kind, lodger.home) == ("find", 2, "find", "B-07")
    counts.scan(here, home)
    counts.finish(here)
    counts.submit(sheet_id)
    found = counts.world.store.read(lambda c: queries.finds(c, sheet_id))
    assert [(row.raw, row.sku_id, row.qty, row.home) for row in found] == [
        ("4006381333931", None, 2, ""),
        (f"69{other:08}", other, 3, "B-07"),
    ]
    assert counts.world.level(other) == (4, 0, 0, 0)


def test_goods_nobody_expected_get_a_line_on_a_sheet_of_the_whole_warehouse(counts):
    counts.goods(1)
    surprise = counts.goods(0)
    sheet_id = counts.sheet()
    here = counts.go(sheet_id)
    counts.scan(here, surprise, 2)
    line = counts.line(sheet_id, surprise)
    assert (line.is_extra, line.counted_qty, line.difference_qty) == (True, 2, 2)


def test_batches_are_counted_apart(counts):
    sku = counts.goods(3, batch="B1")
    counts.world.receive(sku, 2, batch="B2")
    sheet_id = counts.sheet()
    here = counts.go(sheet_id)
    with refused("count.which_batch"):
        counts.scan(here, sku)
    counts.scan(here, sku, 3, batch="B1")
    counts.scan(here, sku, 1, batch="B2")
    counts.scan(here, sku, 1, batch="B9")
    counts.finish(here, "zero")
    counts.submit(sheet_id)
    counts.book_all(sheet_id)
    assert counts.world.level(sku, batch="B1") == (3, 0, 0, 0)
    assert counts.world.level(sku, batch="B2") == (1, 0, 0, 0)
    assert counts.world.level(sku, batch="B9") == (1, 0, 0, 0)


def test_a_place_is_not_finished_while_goods_of_it_were_not_scanned(counts):
    seen, unseen = counts.goods(2, "A-01"), counts.goods(3, "A-01")
    sheet_id = counts.sheet("bins", "A-01")
    here = counts.go(sheet_id, "A-01")
    counts.scan(here, seen, 2)
    with refused("count.some_left"):
        counts.finish(here)
    assert counts.finish(here, "zero") == 1
    assert (counts.line(sheet_id, unseen).counted_qty, counts.line(sheet_id, unseen).difference_qty) == (0, -3)


def test_the_same_goods_in_two_places_add_up(counts):
    sku = counts.goods(5, "A-01")
    sheet_id = counts.sheet()
    home, corner = counts.go(sheet_id, "A-01"), counts.go(sheet_id, "Z-99")
    counts.scan(home, sku, 3)
    counts.scan(corner, sku, 2)
    line = counts.line(sheet_id, sku)
    assert (line.counted_qty, line.is_disputed) == (5, False)


def test_a_second_person_in_the_same_place_recounts_and_both_counts_are_kept(counts):
    sku = counts.goods(10, "A-01")
    sheet_id = counts.sheet()
    first = counts.go(sheet_id, "A-01")
    counts.scan(first, sku, 9)
    told = counts.do(lambda uow: tallying.go_to(uow, sheet_id, "A-01"), WANG)
    assert (told.pass_number, told.other) == (2, "li")
    counts.scan(told.pass_id, sku, 10, WANG)
    line = counts.line(sheet_id, sku)
    assert (line.counted_qty, line.is_disputed, line.counters) == (10, True, ("li", "wang"))
    story = counts.world.store.read(lambda c: queries.story(c, line.id))
    assert [(one.counter, one.qty, one.is_effective) for one in story.tallies] == [
        ("li", 9, False),
        ("wang", 10, True),
    ]
    counts.do(lambda uow: tallying.drop_place(uow, told.pass_id), WANG)
    line = counts.line(sheet_id, sku)
    assert (line.counted_qty, line.is_disputed) == (9, False)


def test_who_comes_back_goes_on_in_the_place_they_had_begun(counts):
    sku = counts.goods(10, "A-01")
    sheet_id = counts.sheet()
    here = counts.go(sheet_id, "A-01")
    counts.scan(here, sku, 4)
    again = counts.do(lambda uow: tallying.go_to(uow, sheet_id, "A-01"))
    assert (again.pass_id, again.is_repeat) == (here, True)
    view = counts.world.store.read(lambda c: queries.count_view(c, sheet_id, "li"))
    assert (view.pass_id, view.bin, [row.qty for row in view.scans]) == (here, "A-01", [4])


def test_after_a_scan_only_the_place_it_was_made_in_is_read(counts):
    from tests.support.plans import plans_on

    first, second = counts.goods(10, "A-01"), counts.goods(1, "B-01")
    counts.goods(2, "A-01")
    sheet_id = counts.sheet()
    here = counts.go(sheet_id, "A-01")

    def view(seen=None):
        return counts.world.store.read(lambda c: queries.count_view(c, sheet_id, "li", here, seen))

    before = view()
    counts.scan(here, first, 10)
    after = view(before)
    assert (after, after.left_here, after.sheet.counted) == (view(), 1, 1)
    elsewhere = counts.go(sheet_id, "B-01", WANG)
    counts.scan(elsewhere, second, who=WANG)
    assert [one.counted for one in view(after).places] == [1, 0]
    assert [one.counted for one in view().places] == [1, 1]
    if counts.world.store.engines.writer.dialect.name == "sqlite":
        steps = counts.world.store.read(
            lambda c: plans_on(c, lambda: queries.count_view(c, sheet_id, "li", here, after))
        )
        of_lines = {step for _, step in steps if "count_line" in step}
        assert of_lines == {
            "SEARCH count_line USING COVERING INDEX ix_count_line_sheet_id_state_bin (sheet_id=? AND state=? AND bin=?)"
        }


def test_a_bin_is_told_from_goods(counts):
    sku = counts.goods(1, "A-01")
    sheet_id = counts.sheet()
    is_bin = lambda raw: counts.do(lambda uow: tallying.is_bin(uow, sheet_id, raw))  # noqa: E731  said once, used below
    assert is_bin("a－01")
    assert not is_bin(f"69{sku:08}")
    assert not is_bin("nothing")
    elsewhere = counts.goods(1, "B-02")
    narrow = counts.sheet("skus", sku)
    assert counts.do(lambda uow: tallying.is_bin(uow, narrow, "B-02"))
    assert elsewhere


# --- while goods come and go ----------------------------------------------------------------------------------------


def test_a_parcel_shipped_after_the_count_is_not_lost(counts):
    sku = counts.goods(10)
    order = counts.world.bought((sku, 2), is_paid=True)
    sheet_id = counts.counted((sku, 9))
    counts.world.consume(order, "box 1")
    counts.book_all(sheet_id)
    assert counts.world.level(sku) == (7, 0, 0, 0), "9 were there, 2 left since"


def test_what_came_in_since_is_kept(counts):
    sku = counts.goods(10)
    sheet_id = counts.counted((sku, 12))
    counts.world.receive(sku, 5)
    counts.book_all(sheet_id)
    assert counts.world.level(sku) == (17, 0, 0, 0)


def test_units_in_boxes_on_the_desks_are_not_missing(counts):
    sku = counts.goods(10)
    order = counts.world.bought((sku, 3), is_paid=True)
    parcel = counts.box(order, verified=3)
    sheet_id = counts.counted((sku, 7))
    line = counts.line(sheet_id, sku)
    assert (line.state, line.book_qty, line.away_qty, line.difference_qty) == ("equal", 10, 3, 0)
    counts.ship_box(parcel, order, "box 1")
    assert counts.world.level(sku) == (7, 0, 0, 0)


def test_picked_and_not_yet_scanned_is_said(counts):
    sku = counts.goods(10)
    order = counts.world.bought((sku, 3), is_paid=True)
    counts.box(order, verified=1)
    sheet_id = counts.counted((sku, 7))
    line = counts.line(sheet_id, sku)
    assert line.difference_qty == -2
    story = counts.world.store.read(lambda c: queries.story(c, line.id))
    assert [(box.order_no, box.seen_qty, box.to_come_qty) for box in story.boxes] == [(counts.order_no(order), 1, 2)]


def test_what_moves_while_it_is_counted_makes_the_count_unsure(counts):
    sku = counts.goods(10)
    sheet_id = counts.sheet("skus", sku)
    here = counts.go(sheet_id)
    counts.scan(here, sku, 4)
    counts.world.receive(sku, 5)
    counts.scan(here, sku, 11)
    counts.finish(here)
    counts.submit(sheet_id)
    line = counts.line(sheet_id, sku)
    assert (line.difference_qty, line.moved_qty, line.state) == (0, 5, "counted")
    with refused("count.reason"):
        counts.settle(sheet_id, [Decision(line.id, "book")])
    counts.settle(sheet_id, [Decision(line.id, "book", "other: saw it come")])
    assert counts.state(sheet_id) == "done"


def test_a_parcel_that_leaves_the_desk_does_not_disturb_the_count(counts):
    sku = counts.goods(10)
    order = counts.world.bought((sku, 3), is_paid=True)
    parcel = counts.box(order, verified=3)
    sheet_id = counts.sheet("skus", sku)
    here = counts.go(sheet_id)
    counts.scan(here, sku, 4)
    counts.ship_box(parcel, order, "box 1")
    counts.scan(here, sku, 3)
    line = counts.line(sheet_id, sku)
    assert (line.moved_qty, line.difference_qty) == (0, 0)


def test_more_missing_than_is_left_ends_at_nothing(counts):
    sku = counts.goods(5)
    order = counts.world.bought((sku, 2), is_paid=True)
    sheet_id = counts.counted((sku, 0))
    counts.world.consume(order, "box 1")
    counts.book_all(sheet_id)
    assert counts.world.level(sku) == (0, 0, 0, 0)
    assert counts.line(sheet_id, sku).booked_qty == -3


def test_below_what_is_promised_gives_a_shortage_list_by_priority(counts):
    sku = counts.goods(10)
    early = counts.world.bought((sku, 4), is_paid=True, ship_by_h=4)
    late = counts.world.bought((sku, 4), is_paid=True, ship_by_h=40)
    unpaid = counts.world.bought((sku, 2))
    sheet_id = counts.counted((sku, 3))
    settled = counts.book_all(sheet_id)
    assert [(row.order_no, row.short_qty, row.still_qty) for row in settled.short] == [
        (counts.order_no(unpaid), 2, 0),
        (counts.order_no(late), 4, 0),
        (counts.order_no(early), 1, 3),
    ]
    assert counts.world.level(sku) == (3, 0, 3, 0)
    from core.counting.shortage import shortage_of_sheet

    assert counts.world.store.read(lambda c: shortage_of_sheet(c, sheet_id)) == settled.short
    from core.orders.models import Order

    held = counts.world.store.read(
        lambda c: c.execute(Order.__table__.select().where(Order.hold_reason == "short")).all()
    )
    assert len(held) == 3


# --- decisions ------------------------------------------------------------------------------------------------------


def test_a_large_difference_is_booked_by_somebody_who_did_not_count(counts):
    sku = counts.goods(10)
    sheet_id = counts.counted((sku, 5))
    book = [Decision(counts.line(sheet_id, sku).id, "book")]
    with refused("count.other_person"):
        counts.settle(sheet_id, book, LI)
    assert counts.world.level(sku) == (10, 0, 0, 0)
    counts.settle(sheet_id, book, CHEN)
    assert counts.world.level(sku) == (5, 0, 0, 0)


def test_whoever_handed_the_sheet_in_is_no_second_pair_of_eyes(counts):
    sku = counts.goods(10)
    sheet_id = counts.sheet("skus", sku)
    here = counts.go(sheet_id)
    counts.scan(here, sku, 5)
    counts.finish(here)
    counts.submit(sheet_id, who=WANG)
    for who in (LI, WANG):
        with refused("count.other_person"):
            counts.settle(sheet_id, [Decision(counts.line(sheet_id, sku).id, "book")], who)


def test_the_limit_is_the_owners(counts):
    sku = counts.goods(10)
    sheet_id = counts.counted((sku, 5))
    counts.world.do(lambda uow: put_setting(uow, settling.ALONE_QTY, 5))
    counts.settle(sheet_id, [Decision(counts.line(sheet_id, sku).id, "book")], LI)
    assert counts.world.level(sku) == (5, 0, 0, 0)


def test_a_small_difference_and_a_house_of_one_need_nobody_else(counts):
    sku = counts.goods(10)
    sheet_id = counts.counted((sku, 9))
    counts.book_all(sheet_id, LI)
    owner = Actor("clerk", "desk 1", -1)
    alone = counts.counted((sku, 1), who=owner)
    counts.book_all(alone, owner)
    assert counts.world.level(sku) == (1, 0, 0, 0)


def test_keeping_the_books_needs_a_reason(counts):
    sku = counts.goods(10)
    sheet_id = counts.counted((sku, 5))
    line_id = counts.line(sheet_id, sku).id
    with refused("count.reason"):
        counts.settle(sheet_id, [Decision(line_id, "keep")])
    counts.settle(sheet_id, [Decision(line_id, "keep", "other: rest is at the fair")])
    assert (counts.world.level(sku), counts.state(sheet_id)) == ((10, 0, 0, 0), "done")


def test_counted_again_on_request_and_the_first_count_is_kept(counts):
    sku, fine = counts.goods(10), counts.goods(3)
    sheet_id = counts.counted((sku, 5), (fine, 3))
    line = counts.line(sheet_id, sku)
    counts.settle(sheet_id, [Decision(line.id, "recount")])
    assert (counts.state(sheet_id), counts.line(sheet_id, sku).state) == ("counting", "recount")
    here = counts.go(sheet_id, who=WANG)
    with refused("count.line_settled"):
        counts.scan(here, fine, 3, WANG)
    counts.scan(here, sku, 10, WANG)
    counts.finish(here, who=WANG)
    counts.submit(sheet_id, who=WANG)
    assert (counts.state(sheet_id), counts.world.level(sku)) == ("done", (10, 0, 0, 0))
    story = counts.world.store.read(lambda c: queries.story(c, line.id))
    assert [(one.qty, one.is_replaced) for one in story.tallies] == [(5, True), (10, False)]


def test_a_decision_holds_once(counts):
    sku = counts.goods(10)
    sheet_id = counts.counted((sku, 5))
    book = Decision(counts.line(sheet_id, sku).id, "book")
    counts.settle(sheet_id, [book])
    assert counts.settle(sheet_id, [book]).booked == 0
    with refused("count.settled"):
        counts.settle(sheet_id, [Decision(book.line_id, "keep", "other: no")])
    assert counts.world.level(sku) == (5, 0, 0, 0)


def test_a_sheet_with_open_places_or_lines_is_not_handed_in(counts):
    sku, other = counts.goods(1), counts.goods(1)
    sheet_id = counts.sheet()
    with refused("count.not_all"):
        counts.submit(sheet_id)
    here = counts.go(sheet_id)
    counts.scan(here, sku)
    with refused("count.still_counted"):
        counts.submit(sheet_id, leave_open=True)
    counts.finish(here, "leave")
    counts.submit(sheet_id, leave_open=True)
    assert (counts.line(sheet_id, other).state, counts.state(sheet_id)) == ("left", "done")


def test_nobody_who_counts_blind_sees_the_books(counts):
    sku = counts.goods(10)
    sheet_id = counts.sheet(is_blind=True)
    here = counts.go(sheet_id)
    counts.scan(here, sku, 5)
    line = counts.line(sheet_id, sku)
    assert (line.counted_qty, line.book_qty, line.shelf_qty, line.difference_qty) == (5, None, None, None)
    story = counts.world.store.read(lambda c: queries.story(c, line.id))
    assert (story.movements, story.boxes, story.now_qty, [one.shelf_qty for one in story.tallies]) == ((), (), 0, [0])
    counts.finish(here)
    counts.submit(sheet_id)
    assert counts.line(sheet_id, sku).difference_qty == -5


# --- counts as assertions -------------------------------------------------------------------------------------------


def test_every_count_is_an_assertion_that_moves_forward(counts):
    sku = counts.goods(10)
    level = counts.world.receive(sku, 1)
    sheet_id = counts.counted((sku, 9))
    counts.world.receive(sku, 5)
    counts.book_all(sheet_id)
    look = lambda: counts.world.store.read(lambda c: last_counts(c, [level]))[level]  # noqa: E731  said once, used below
    assert (look().forward_qty, look().book_qty, look().replayed_qty) == (14, 11, 11)
    assert look().reference == "PD260618-001"
    counts.do(lambda uow: ledger.count(uow, 1, sku, 20, "spot_check", "spot"))
    counts.world.receive(sku, 2)
    assert (look().forward_qty, counts.world.level(sku)) == (22, (22, 0, 0, 0))


def test_a_clamped_correction_leaves_the_assertion_and_the_level_apart(counts):
    sku = counts.goods(5)
    order = counts.world.bought((sku, 2), is_paid=True)
    sheet_id = counts.counted((sku, 0))
    counts.world.consume(order, "box 1")
    counts.book_all(sheet_id)
    level = counts.world.receive(sku, 1)
    assert counts.world.store.read(lambda c: last_counts(c, [level]))[level].forward_qty == -1
