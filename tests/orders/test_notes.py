"""Seller's notes and flags on both engines: in, seen by the packer, out; what locks, joins and leases."""

import pytest
from sqlalchemy import select

from core.db import outbox
from core.db.models import Journal, Outbox
from core.orders.models import NoteWish
from tests.support.fake_shop import line
from tests.support.noting_shop import queued, refusal, take_notes, view, write
from tests.support.world import ANY_AGE


@pytest.fixture
def shop(world):
    shop = take_notes(world)
    shop.place("A1", line("1", "BEAR"))
    return shop


def test_flag_note_and_cash_at_the_door_are_taken_in_and_shown(world):
    facts = {"buyer_note": "放门口", "seller_note": "加急", "seller_flag": "red", "is_cod": True, "amount_fen": 2599}
    world.ready("A1", line("1", "BEAR"), **facts)
    world.ready("A2", line("1", "BAG"))
    rows = {row.order_no: (row.flag, row.has_note, row.is_cod) for row in world.listed()}
    assert rows == {"A1": ("red", True, True), "A2": ("", False, False)}
    parcel = world.desk.open("A1").parcel
    assert (parcel.seller_note, parcel.buyer_note, parcel.flags, parcel.cod_fen) == ("加急", "放门口", ("red",), 2599)
    other = world.desk.open("A2").parcel
    assert (other.seller_note, other.flags, other.cod_fen, other.note_changed_at) == ("", (), None, None)


def test_what_changes_after_the_label_came_out_is_seen_when_the_parcel_opens(world):
    number = world.ready("A1", line("1", "BEAR"))
    world.desk.labels.print_label(world.parcels("A1")[0].id)
    world.print_labels()
    world.clock.advance(minutes=3)
    world.shop.change("A1", seller_note="改发红色")
    world.sync()
    opened = world.desk.open("A1")
    assert opened.parcel.note_changed_at == world.clock.now()
    world.desk.verify(opened)
    parcel = world.desk.packing.refresh(opened.parcel.id)
    stopped = world.desk.packing.scan_label(parcel.id, parcel.fence, number, world.desk.nonce(), ANY_AGE)
    assert (stopped.code, stopped.parcel.note_changed_at) == ("note.changed", None)
    again = world.desk.packing.scan_label(parcel.id, parcel.fence, number, world.desk.nonce(), ANY_AGE)
    assert again.code == "parcel.shipped"


def test_what_a_clerk_writes_is_told_to_the_packer_and_its_echo_is_not(world, shop):
    number = world.ready("A1", line("1", "BEAR"))
    world.desk.pack("A1")
    write(world, "A1", "改发红色", "red")
    stopped = world.desk.ship(number)
    assert (stopped.code, stopped.parcel.seller_note, stopped.parcel.flags) == ("note.changed", "改发红色", ("red",))
    shop.people_write("A1", "改发红色", "red")
    world.sync()
    assert world.tell_shop() == 1
    world.sync()
    assert world.desk.ship(number).code == "parcel.shipped"


def test_a_note_goes_to_the_shop_once_and_is_what_stands_then(world, shop):
    world.sync()
    write(world, "A1", " 加急 ", "red")
    seen = view(world)
    assert (seen.text, seen.flag, seen.theirs_text, seen.state, seen.way) == ("加急", "red", "", "waiting", "flagged")
    assert [row.flag for row in world.listed()] == ["red"]
    assert world.tell_shop() == 1
    assert shop.notes == [("A1", "加急", "red")]
    done = view(world)
    assert (done.text, done.flag, done.theirs_text, done.theirs_flag, done.state) == (
        "加急",
        "red",
        "加急",
        "red",
        "told",
    )
    assert (world.tell_shop(), queued(world)) == (0, [("1", "done")])
    # Nothing of it stays beside the order, and its words are in no journal and in no payload.
    (kept,) = world.rows(select(NoteWish.text, NoteWish.base_text, NoteWish.sent_text))
    assert tuple(kept) == ("", "", "")
    words = [str(row) for row in world.rows(select(Journal.facts))] + [
        str(row) for row in world.rows(select(Outbox.payload, Outbox.last_error))
    ]
    assert not [one for one in words if "加急" in one]


def test_only_the_newest_of_an_order_is_told_and_orders_keep_their_turn(world, shop):
    shop.place("A2", line("1", "BEAR"))
    world.sync()
    write(world, "A1", "one")
    write(world, "A2", "other")
    write(world, "A1", "two", "blue")
    write(world, "A1", "three")
    world.tell_shop()
    assert shop.notes == [("A2", "other", None), ("A1", "three", None)]
    assert {state for _, state in queued(world)} == {"done"}


def test_an_older_note_that_is_on_its_way_at_another_desk_is_waited_for(world, shop):
    world.sync()
    write(world, "A1", "one")
    lane = f"shop:{world.shop_id}"
    world.do(lambda uow: outbox.claim(uow, lane, "desk 2", 120.0))
    write(world, "A1", "two")
    assert (world.tell_shop(), shop.notes) == (0, [])
    world.clock.advance(seconds=121)
    world.tell_shop()
    assert shop.notes == [("A1", "two", None)]
    assert {state for _, state in queued(world)} == {"done"}


def test_switching_on_sends_what_waited_at_once_and_only_where_notes_are_taken(world, shop):
    world.desk.shops._channels = lambda: world.desk.kinds
    world.sync()
    world.desk.shops.set_writes_notes(world.shop_id, is_on=False)
    write(world, "A1", "加急")
    world.tell_shop()
    world.desk.shops.set_writes_notes(world.shop_id, is_on=True)
    world.tell_shop()
    assert shop.notes == [("A1", "加急", None)]
    (found,) = world.desk.shops.shops()
    assert (found.takes_notes, found.writes_notes) == (True, True)
    take_notes(world, writes_notes=False, is_on=False)
    assert refusal(lambda: world.desk.shops.set_writes_notes(world.shop_id, is_on=True)) == "shop.takes_no_notes"


def test_words_changed_again_between_the_decision_and_the_call_are_a_new_conflict(world, shop):
    world.sync()
    write(world, "A1", "ours")
    shop.people_write("A1", "theirs")
    world.tell_shop()
    world.desk.notes.keep_ours(world.order("A1").id)
    shop.people_write("A1", "still other")
    world.tell_shop()
    assert (view(world).state, view(world).theirs_text, shop.notes) == ("conflict", "still other", [])
