"""Masked receivers share a box only by their platform's word: its key, or its answer; never by what the stars show."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from core.fulfilment import merging
from core.fulfilment.receivers import GOOD_FOR, Judged
from core.fulfilment.records import Apart, Together
from core.orders.models import MergeWord
from core.runtime.remote_errors import Rejected, Temporary
from core.sync.merge_asking import FRESH, RETRY
from tests.support.fake_shop import LIN, line

#: two people whom the stars make look alike
STARS = replace(LIN, name="林**", phone="138****1234", address="练习路*号*幢***室", is_masked=True)


def ready(world, no, key="", *, token="", **more):
    who = replace(STARS, token=token or f"cipher-{no}", **more)
    return world.ready(no, line("1", "BEAR"), consignee=who, buyer_key="one buyer", merge_key=key)


def merge(world, opened):
    return world.desk.packing.merge(opened.parcel.id, opened.parcel.fence, world.desk.nonce())


def together(verdict):
    return [(each.order_nos, each.why) for each in verdict.facts["companions"]]


def apart(verdict):
    return [(each.order_nos, each.why) for each in verdict.facts["apart"]]


def again(world, opened):
    found = world.desk.packing.neighbours(opened.parcel.id)
    return replace(opened, facts={"companions": found.companions, "apart": found.apart})


@pytest.fixture
def deciding(world):
    """The shop's platform decides; `answer` lets its lane work once."""
    world.shop.capabilities = replace(world.shop.capabilities, decides_merging=True)
    world.desk.asking.serve(world.shop_id)
    return world


def answer(world):
    world.desk.asking.work(world.shop_id)


def asked(world):
    return world.shop.calls.count("merge")


# --- by the platform's key ----------------------------------------------------------------------------------------


def test_one_key_is_one_receiver_whatever_the_ciphers_are(world):
    mine = ready(world, "A1", "place 1")
    theirs = ready(world, "A2", "place 1")
    opened = world.desk.open("A1")
    assert (together(opened), apart(opened)) == ([(("A2",), Together.KEY)], [])
    merged = merge(world, opened)
    assert (merged.code, merged.parcel.order_nos) == ("merge.done", ("A1", "A2"))
    world.buy_numbers()
    assert world.carrier.live_numbers() == [mine]
    world.desk.verify(merged)
    assert world.desk.ship(theirs).code == "label.voided"
    assert world.desk.ship(mine).code == "parcel.shipped"
    world.tell_shop()
    assert {(one.order_no, one.waybill_no) for one in world.shop.told.values()} == {("A1", mine), ("A2", mine)}


@pytest.mark.parametrize("token", ["", "one cipher"])
def test_two_keys_behind_equal_stars_never_share_a_box(world, token):
    """The twin below shows that nothing else would have kept them apart."""
    for no, key in (("A1", "place 1"), ("A2", "place 2")):
        ready(world, no, key, token=token)
    if token:
        assert world.order("A1").consignee_id == world.order("A2").consignee_id, "one row for both"
    opened = world.desk.open("A1")
    assert (together(opened), apart(opened)) == ([], [(("A2",), Apart.DIFFERS)])
    assert merge(world, opened).code == "merge.nothing"
    assert [row.state for row in world.parcels("A2")] == ["to_pack"]


def test_without_the_guard_two_keys_do_share_a_box(world, monkeypatch):
    for no, key in (("A1", "place 1"), ("A2", "place 2")):
        ready(world, no, key)
    monkeypatch.setattr(merging, "judge", lambda _receivers, _now: Judged(Together.KEY))
    merged = merge(world, world.desk.open("A1"))
    assert (merged.code, merged.parcel.order_nos) == ("merge.done", ("A1", "A2"))


def test_no_key_is_no_word(world):
    for no in ("A1", "A2"):
        ready(world, no, token="one cipher")
    opened = world.desk.open("A1")
    assert (together(opened), apart(opened)) == ([], [(("A2",), Apart.UNSAID)])
    assert merge(world, opened).code == "merge.nothing"


def test_a_key_counts_for_all_in_a_box_that_holds_several(world):
    for no, key in (("A1", "place 1"), ("A2", "place 1"), ("A3", "place 2"), ("A4", "place 1")):
        ready(world, no, key)
    opened = world.desk.open("A1")
    assert together(opened) == [(("A2",), Together.KEY), (("A4",), Together.KEY)]
    assert apart(merge(world, opened)) == [(("A3",), Apart.DIFFERS)]


def test_parted_again_each_has_the_token_of_its_own_order(world):
    for no in ("A1", "A2"):
        ready(world, no, "place 1")
    merged = merge(world, world.desk.open("A1"))
    parted = world.desk.packing.unmerge(merged.parcel.id, merged.parcel.fence, world.desk.nonce())
    assert parted.code == "merge.undone"
    world.buy_numbers()
    assert [request.consignee.token for request in world.carrier.requests][-1] == "cipher-A2"
    assert world.parcels("A2", "to_pack")[0].consignee_id == world.order("A2").consignee_id


def test_an_order_whose_key_changes_leaves_the_box_though_it_looks_the_same(world):
    for no in ("A1", "A2", "A3"):
        ready(world, no, "place 1", token="one cipher")
    merged = merge(world, world.desk.open("A1"))
    assert merged.parcel.order_nos == ("A1", "A2", "A3")
    world.shop.change("A2", merge_key="place 2")
    world.sync("A2")
    world.buy_numbers()
    assert world.desk.scan(merged, "BEAR").code == "parcel.recalled"
    assert len({world.parcels(no, "to_pack")[0].id for no in ("A1", "A2", "A3")}) == 3
    opened = world.desk.open("A1")
    assert (together(opened), apart(opened)) == ([(("A3",), Together.KEY)], [(("A2",), Apart.DIFFERS)])


@pytest.mark.parametrize("change", ["address", "cancel"])
def test_an_order_that_moves_or_is_called_off_leaves_the_box(world, change):
    for no in ("A1", "A2"):
        ready(world, no, "place 1")
    merged = merge(world, world.desk.open("A1"))
    if change == "cancel":
        world.shop.cancel("A2")
    else:
        world.shop.change("A2", consignee=replace(STARS, token="cipher-new"), merge_key="place 2")
    world.sync("A2")
    world.buy_numbers()
    assert world.desk.scan(merged, "BEAR").code == "parcel.recalled"
    opened = world.desk.open("A1")
    assert (opened.parcel.order_nos, together(opened)) == (("A1",), [])
    world.desk.verify(opened)
    assert world.desk.ship(world.number("A1")).code == "parcel.shipped"
    world.check_stock()


def test_a_key_is_told_no_more(world):
    for no in ("A1", "A2"):
        ready(world, no, "place 1", token="one cipher")
    world.shop.change("A2", merge_key="")
    world.sync("A2")
    assert world.parcels("A2", "cancelled") == [], "nothing says that it goes elsewhere"
    assert apart(world.desk.open("A1")) == [(("A2",), Apart.UNSAID)]


# --- by asking the platform ---------------------------------------------------------------------------------------


def test_the_platform_is_asked_behind_the_scan_and_its_answer_shown(deciding):
    world = deciding
    for no in ("A1", "A2", "A3"):
        ready(world, no)
    world.shop.receivers = {"A1": "Lin", "A2": "Lin"}
    opened = world.desk.open("A1")
    assert asked(world) == 0, "the scan itself asks nobody"
    assert apart(opened) == [(("A2",), Apart.UNSAID), (("A3",), Apart.UNSAID)]
    assert merge(world, opened).code == "merge.nothing"
    heard = []
    world.store.subscribe(heard.append)
    answer(world)
    assert any(changes.touches("orders") for changes in heard), "the page looks again"
    fresh = again(world, opened)
    assert (together(fresh), apart(fresh)) == ([(("A2",), Together.ASKED)], [(("A3",), Apart.DIFFERS)])
    assert fresh.facts["companions"][0].said_at == world.clock.now()
    assert merge(world, opened).parcel.order_nos == ("A1", "A2")
    assert asked(world) == 1, "one question for all of a buyer"


def test_an_answer_is_kept_for_a_while_and_then_no_word_at_all(deciding):
    world = deciding
    for no in ("A1", "A2"):
        ready(world, no)
    world.shop.receivers = {"A1": "Lin", "A2": "Lin"}
    opened = world.desk.open("A1")
    answer(world)
    world.clock.advance(seconds=FRESH.total_seconds() - 1)
    world.desk.asking.parcel_opened(opened.parcel.id)
    answer(world)
    assert asked(world) == 1
    world.clock.advance(seconds=(GOOD_FOR - FRESH).total_seconds() + 2)
    assert (together(again(world, opened)), apart(again(world, opened))) == ([], [(("A2",), Apart.SILENT)])
    assert merge(world, opened).code == "merge.nothing"
    world.desk.asking.parcel_opened(opened.parcel.id)
    answer(world)
    assert (asked(world), together(again(world, opened))) == (2, [(("A2",), Together.ASKED)])


@pytest.mark.parametrize("fault", [Temporary("no line"), Rejected("not this app", code="cannot")])
def test_a_question_that_failed_means_not_merged(deciding, fault):
    world = deciding
    for no in ("A1", "A2"):
        ready(world, no)
    world.shop.receivers = {"A1": "Lin", "A2": "Lin"}
    opened = world.desk.open("A1")
    world.shop.faults = [fault]
    answer(world)
    assert (together(again(world, opened)), apart(again(world, opened))) == ([], [(("A2",), Apart.SILENT)])
    assert merge(world, opened).code == "merge.nothing"
    world.desk.asking.parcel_opened(opened.parcel.id)
    answer(world)
    assert asked(world) == 1, "it is let be for a moment"
    world.clock.advance(seconds=RETRY.total_seconds())
    world.desk.asking.parcel_opened(opened.parcel.id)
    answer(world)
    assert together(again(world, opened)) == [(("A2",), Together.ASKED)]


def test_an_order_that_moved_while_the_platform_was_asked_has_no_word(deciding, monkeypatch):
    world = deciding
    for no in ("A1", "A2"):
        ready(world, no)
    world.shop.receivers = {"A1": "Lin", "A2": "Lin"}
    opened = world.desk.open("A1")
    before = world.shop.may_merge

    def moves(orders):
        world.shop.change("A2", consignee=replace(STARS, token="cipher-new"))
        world.sync("A2")
        return before(orders)

    monkeypatch.setattr(world.shop, "may_merge", moves)
    answer(world)
    assert apart(again(world, opened)) == [(("A2",), Apart.UNSAID)]


def test_a_wave_is_asked_about_at_once_and_single_orders_never(deciding):
    world = deciding
    for no, buyer in (("A1", "a"), ("A2", "a"), ("B1", "b"), ("B2", "b"), ("C1", "c")):
        who = replace(STARS, token=f"cipher-{no}")
        world.ready(no, line("1", "BEAR"), consignee=who, buyer_key=buyer)
    world.shop.receivers = {"A1": "Lin", "A2": "Lin", "B1": "Bo", "B2": "Bo"}
    world.desk.packing.start_wave("batch", 10)
    answer(world)
    assert asked(world) == 1
    words = world.rows(select(MergeWord.order_id, MergeWord.word).order_by(MergeWord.order_id))
    ids = {world.order(no).id: no for no in ("A1", "A2", "B1", "B2")}
    assert [ids[row.order_id] for row in words] == ["A1", "A2", "B1", "B2"]
    assert len({row.word for row in words}) == 2


def test_a_platform_that_does_not_decide_is_not_asked(world):
    world.desk.asking.serve(world.shop_id)
    for no in ("A1", "A2"):
        ready(world, no)
    world.desk.open("A1")
    answer(world)
    assert asked(world) == 0


def test_an_erased_person_leaves_no_word(world):
    ready(world, "A1", "place 1")
    world.desk.pack("A1")
    world.desk.ship(world.number("A1"))
    assert len(world.rows(select(MergeWord.order_id))) == 1
    world.desk.customers.erase(world.order("A1").customer_id)
    assert world.rows(select(MergeWord.order_id)) == []
