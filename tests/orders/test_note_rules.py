"""The rules of seller's notes, where the engine makes no difference: what stops, who wins, what platforms cannot."""

import pytest
from sqlalchemy import select

from core.access.erasing import erase_customer
from core.fulfilment import outbound
from core.orders import noting
from core.orders.models import NoteWish
from core.runtime.remote_errors import AuthExpired, RateLimited, Temporary
from tests.support.fake_shop import line
from tests.support.noting_shop import listed, noted, queued, refusal, switch, take_notes, view, write
from tests.support.world import ANY_AGE


@pytest.fixture
def world(file_world):
    return file_world


@pytest.fixture
def shop(world):
    shop = take_notes(world)
    shop.place("A1", line("1", "BEAR"))
    return shop


def later(world, **more):
    world.clock.advance(**more)
    return world.tell_shop()


CHANGES = {"note": {"seller_note": "改发红色"}, "flag": {"seller_flag": "red"}, "buyer": {"buyer_note": "放门口"}}


def test_a_platform_that_tells_no_flags_takes_none_away(world, shop):
    shop.change("A1", seller_flag="green")
    world.sync()
    shop.change("A1", seller_flag=None, seller_note="later")
    world.sync()
    assert (world.order("A1").seller_flag, world.order("A1").seller_note) == ("green", "later")
    shop.change("A1", seller_flag="")
    world.sync()
    assert world.order("A1").seller_flag == ""


@pytest.mark.parametrize("what", CHANGES)
def test_what_changes_after_packing_stops_the_label_once_and_then_lets_it_go(world, what):
    number = world.ready("A1", line("1", "BEAR"))
    world.desk.pack("A1")
    world.shop.change("A1", **CHANGES[what])
    world.sync()
    nonce = world.desk.nonce()
    told = [world.desk.packing.scan_label(None, None, number, nonce, ANY_AGE) for _ in range(2)]
    assert [one.code for one in told] == ["note.changed", "note.changed"]
    parcel = told[0].parcel
    assert (parcel.seller_note, parcel.buyer_note, *parcel.flags) == tuple(
        CHANGES[what].get(name, "") for name in ("seller_note", "buyer_note")
    ) + tuple(filter(None, [CHANGES[what].get("seller_flag")]))
    assert world.desk.ship(number).code == "parcel.shipped"


def test_without_the_guard_it_would_leave_unread(world, monkeypatch):
    monkeypatch.setattr(outbound, "take_note", lambda _uow, _parcel_id: False)
    number = world.ready("A1", line("1", "BEAR"))
    world.desk.pack("A1")
    world.shop.change("A1", seller_note="别发")
    world.sync()
    assert world.desk.ship(number).code == "parcel.shipped"


def test_what_changes_before_anybody_began_and_the_same_copy_again_stop_nothing(world):
    number = world.ready("A1", line("1", "BEAR"), seller_note="first")
    world.shop.change("A1", seller_note="second")
    world.sync()
    world.desk.pack("A1")
    world.shop.change("A1", channel_status="other", seller_note="second\r\n")
    world.sync()
    assert world.desk.ship(number).code == "parcel.shipped"


def test_a_burst_of_labels_stops_for_it_too(world):
    numbers = [world.ready(no, line("1", "BEAR")) for no in ("A1", "A2")]
    for no in ("A1", "A2"):
        world.desk.labels.print_label(world.parcels(no)[0].id)
    world.print_labels()
    world.shop.change("A1", seller_note="别发")
    world.sync()
    codes = [world.desk.packing.burst(number, world.desk.nonce(), ANY_AGE).code for number in [*numbers, numbers[0]]]
    assert codes == ["note.changed", "parcel.shipped", "parcel.shipped"]


@pytest.mark.parametrize(
    "closed", [{"writes_notes": False}, {"awaits_owner": True}, {"is_active": False}], ids=lambda one: next(iter(one))
)
def test_a_shop_that_may_not_be_written_to_hears_nothing_until_it_may(world, shop, closed):
    world.sync()
    shop.calls.clear()
    switch(world, **closed)
    write(world, "A1", "加急")
    assert (world.tell_shop(), shop.calls) == (0, [])
    seen = view(world)
    assert (seen.state, seen.trouble, seen.is_switched_on) == ("waiting", "switched_off", False)
    (row,) = listed(world, "waiting")
    assert (row.kind, row.trouble, row.order_nos) == (noting.WRITE_NOTE, "switched_off", ("A1",))
    # The twin: the same note at a shop that may be written to.
    switch(world, **{name: not value for name, value in closed.items()})
    later(world, minutes=16)
    assert shop.notes == [("A1", "加急", None)]


def test_a_lost_answer_is_looked_up_and_not_said_again(world, shop):
    world.sync()
    write(world, "A1", "加急", "red")
    shop.losses = [Temporary("cut off")]
    assert world.tell_shop() == 0
    assert view(world).trouble == "silent"
    assert later(world, seconds=6) == 1
    assert (shop.notes, view(world).state) == ([("A1", "加急", "red")], "told")


def test_a_note_written_after_a_lost_answer_is_no_conflict_with_it(world, shop):
    world.sync()
    write(world, "A1", "one")
    shop.losses = [Temporary("cut off")]
    world.tell_shop()
    write(world, "A1", "two")
    world.tell_shop()
    assert [text for _, text, _ in shop.notes] == ["one", "two"]
    assert view(world).state == "told"


@pytest.mark.parametrize(
    ("error", "trouble", "wait_s"),
    [
        (RateLimited("slow", retry_after_s=7), "busy", 8),
        (AuthExpired("key"), "access", 301),
        (Temporary("x"), "silent", 6),
    ],
)
def test_what_a_repeat_mends_is_repeated(world, shop, error, trouble, wait_s):
    world.sync()
    write(world, "A1", "加急")
    shop.faults = [error]
    assert world.tell_shop() == 0
    assert (view(world).state, view(world).trouble) == ("waiting", trouble)
    assert later(world, seconds=wait_s) == 1


def test_what_only_a_person_mends_is_shown_with_its_reason_and_sent_again_by_them(world, shop):
    world.sync()
    write(world, "A1", "长" * 301)
    world.tell_shop()
    seen = view(world)
    assert (seen.state, seen.trouble, seen.said) == ("failed", "refused", "300 characters at most")
    (row,) = listed(world, "failed")
    assert (row.kind, row.code_said, row.order_nos, row.is_conflict) == (
        noting.WRITE_NOTE,
        "note_too_long",
        ("A1",),
        False,
    )
    order_id = world.order("A1").id
    world.desk.notes.send_again(order_id)
    assert view(world).state == "waiting"
    world.tell_shop()
    write(world, "A1", "短")
    world.tell_shop()
    assert (shop.notes, view(world).state) == ([("A1", "短", None)], "told")
    assert refusal(lambda: world.desk.notes.send_again(order_id)) == "note.settled"
    assert listed(world, "failed") == []


def test_an_order_the_shop_does_not_know_is_a_refusal(world, shop):
    world.sync()
    write(world, "A1", "加急")
    del shop.orders["A1"]
    world.tell_shop()
    assert (view(world).state, view(world).trouble) == ("failed", "unknown_order")


@pytest.mark.parametrize("is_pulled", [False, True])
def test_words_that_nobody_here_has_seen_are_not_written_over(world, shop, is_pulled):
    shop.people_write("A1", "old")
    world.sync()
    number = world.ready("A1", line("1", "BEAR"), seller_note="old", version=9)
    world.desk.pack("A1")
    write(world, "A1", "ours", "red")
    world.desk.ship(number)
    shop.people_write("A1", "theirs", "blue")
    if is_pulled:
        world.sync()
    world.tell_shop()
    assert (shop.notes, noted(shop, "A1")) == ([], ("theirs", "blue"))
    seen = view(world)
    assert (seen.state, seen.text, seen.flag, seen.theirs_text, seen.theirs_flag) == (
        "conflict",
        "ours",
        "red",
        "theirs",
        "blue",
    )
    (row,) = listed(world, "failed")
    assert row.trouble == "note_changed"
    # Sent once more by somebody who has not looked: it is the same conflict still.
    world.desk.activity.retry(row.id)
    world.tell_shop()
    assert noted(shop, "A1") == ("theirs", "blue")
    # The packer sees both before it leaves.
    stopped = world.desk.ship(number)
    assert (stopped.code, stopped.parcel.seller_note) == ("note.changed", "ours\ntheirs")


def test_a_person_who_has_seen_both_may_keep_ours(world, shop):
    world.sync()
    write(world, "A1", "ours", "red")
    shop.people_write("A1", "theirs", "blue")
    world.tell_shop()
    order_id = world.order("A1").id
    world.desk.notes.keep_ours(order_id)
    assert world.tell_shop() == 1
    assert (noted(shop, "A1"), view(world).state) == (("ours", "red"), "told")
    assert refusal(lambda: world.desk.notes.keep_ours(order_id)) == "note.settled"
    assert listed(world, "failed") == []


def test_or_leave_theirs_or_write_a_third(world, shop):
    shop.place("A2", line("1", "BEAR"))
    world.sync()
    for no in ("A1", "A2"):
        write(world, no, "ours")
        shop.people_write(no, "theirs")
    world.tell_shop()
    world.desk.notes.accept_theirs(world.order("A1").id)
    write(world, "A2", "third")
    world.tell_shop()
    assert shop.notes == [("A2", "third", None)]
    assert [(view(world, no).text, view(world, no).state) for no in ("A1", "A2")] == [
        ("theirs", "told"),
        ("third", "told"),
    ]
    assert listed(world, "failed") == []


def test_who_has_seen_something_else_may_not_write(world, shop):
    world.sync()
    order_id = world.order("A1").id
    before = view(world)
    shop.people_write("A1", "theirs")
    world.sync()
    assert refusal(lambda: world.desk.notes.write(order_id, "blind", "", before)) == "note.other_meanwhile"
    before = view(world)
    write(world, "A1", "a colleague's")
    assert refusal(lambda: world.desk.notes.write(order_id, "blind", "", before)) == "note.other_meanwhile"
    assert view(world).text == "a colleague's"


def test_a_shop_without_notes_keeps_ours_here_beside_its_own(world):
    shop = take_notes(world, writes_notes=False)
    shop.place("A1", line("1", "BEAR"), seller_note="theirs")
    world.sync()
    write(world, "A1", "ours", "green")
    seen = view(world)
    assert (seen.state, seen.way, seen.text, seen.theirs_text) == ("local", "local", "ours", "theirs")
    shop.change("A1", seller_note="theirs 2")
    world.sync()
    assert (world.tell_shop(), shop.notes, queued(world)) == (0, [], [])
    world.buy_numbers()
    parcel = world.desk.open("A1").parcel
    assert (parcel.seller_note, parcel.flags) == ("ours\ntheirs 2", ("green",))


def test_a_shop_without_flags_gets_the_note_and_the_flag_stays_here(world):
    shop = take_notes(world, writes_flags=False)
    shop.tells_flags = False
    shop.place("A1", line("1", "BEAR"))
    world.sync()
    write(world, "A1", "加急", "red")
    assert (world.tell_shop(), view(world).way) == (1, "plain")
    world.sync()
    assert [row.flag for row in world.listed()] == ["red"]
    write(world, "A1", "加急", "blue")
    assert (world.tell_shop(), [text for _, text, _ in shop.notes], view(world).flag) == (1, ["加急"], "blue")


def test_a_shop_that_takes_flags_and_never_names_them_is_told_a_changed_one(world, shop):
    shop.tells_flags = False
    shop.change("A1", seller_flag=None)
    world.sync()
    write(world, "A1", "加急", "red")
    world.tell_shop()
    world.sync()
    write(world, "A1", "加急", "blue")
    world.tell_shop()
    write(world, "A1", "不急了", "blue")
    world.tell_shop()
    write(world, "A1", "不急了", "")
    world.tell_shop()
    assert [flag for _, _, flag in shop.notes] == ["red", "blue", "blue", ""]
    assert view(world).flag == ""


def test_no_flag_is_said_where_none_was_and_none_is_wanted(world, shop):
    world.sync()
    write(world, "A1", "加急")
    world.tell_shop()
    assert shop.notes == [("A1", "加急", None)]


def test_what_cannot_be_a_note_is_refused(world, shop):
    world.sync()
    assert refusal(lambda: write(world, "A1", "长" * 501)) == "note.long"
    assert refusal(lambda: write(world, "A1", "x", "pink")) == "note.flag_unknown"
    assert refusal(lambda: world.desk.notes.note(999)) == "order.unknown"
    write(world, "A1", "")
    assert queued(world) == []


def test_a_box_that_takes_another_in_or_is_split_keeps_what_nobody_was_told(world):
    for no in ("A1", "A2"):
        world.ready(no, line("1", "BEAR", 2))
    left = world.desk.open("A2").parcel
    world.desk.packing.leave(left.id, left.fence)
    world.shop.change("A2", seller_note="改发红色")
    world.sync()
    box = world.desk.open("A1").parcel
    assert box.note_changed_at is None
    merged = world.desk.packing.merge(box.id, box.fence, world.desk.nonce())
    assert (merged.code, merged.parcel.note_changed_at) == ("merge.done", world.clock.now())
    world.desk.scan(merged, "6901234567892")
    split = world.desk.packing.add_box(box.id, box.fence, world.desk.nonce())
    assert split.code == "box.added"
    marks = {one.note_changed_at for one in world.parcels("A2") + world.parcels("A1") if one.state != "cancelled"}
    assert marks == {world.clock.now()}


def test_a_person_who_is_erased_leaves_no_note_here_and_none_on_its_way(world, shop):
    number = world.ready("A1", line("1", "BEAR"), version=9)
    world.desk.pack("A1")
    world.desk.ship(number)
    world.tell_shop()
    write(world, "A1", "门卫转青衫")
    world.do(lambda uow: erase_customer(uow, world.order("A1").customer_id))
    world.tell_shop()
    assert (shop.notes, view(world).text) == ([], "")
    assert [row.text for row in world.rows(select(NoteWish.text))] == [""]
