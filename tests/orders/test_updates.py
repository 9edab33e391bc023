"""What a platform says later about an order we know: every case on both engines."""

from dataclasses import replace

import pytest

from core.customers.queries import consignees
from core.orders.queries import order_detail
from tests.support.fake_shop import LIN, line


def test_an_unpaid_order_waits_and_its_payment_sends_it_on(world):
    world.shop.place("A1", line("1", "BEAR"), is_paid=False)
    world.sync("A1")
    assert (world.order("A1").fulfilment, world.parcels("A1")) == ("to_review", [])
    world.shop.pay("A1")
    world.sync("A1")
    assert world.order("A1").fulfilment == "to_pack"
    assert [parcel.state for parcel in world.parcels("A1")] == ["to_pack"]


def test_payment_and_another_quantity_in_one_copy(world):
    world.shop.place("A1", line("1", "BEAR"), is_paid=False)
    world.sync("A1")
    world.shop.change("A1", payment="paid", paid_at=world.clock.now(), lines=(line("1", "BEAR", 3), line("2", "BAG")))
    world.sync("A1")
    assert world.order("A1").fulfilment == "to_pack"
    assert [(one.line_no, one.qty) for one in world.lines("A1")] == [("1", 3), ("2", 1)]
    world.buy_numbers()
    world.desk.pack("A1")
    assert world.desk.ship(world.number("A1")).code == "parcel.shipped"


def test_a_payment_after_the_reservation_expired_claims_anew(world):
    world.shop.place("A1", line("1", "BEAR"), is_paid=False)
    world.sync("A1")
    world.clock.advance(minutes=16)
    world.tidy()
    world.shop.pay("A1")
    world.sync("A1")
    assert (world.order("A1").fulfilment, world.holds("A1")) == ("to_pack", set())


def test_a_payment_of_a_short_order_lifts_the_hold_when_goods_are_there(world):
    world.shop.place("A1", line("1", "BEAR", 100_001), is_paid=False)
    world.sync("A1")
    assert world.holds("A1") == {"short"}
    world.do(lambda uow: _book(uow, world, "BEAR", 1))
    world.shop.pay("A1")
    world.sync("A1")
    assert (world.order("A1").fulfilment, world.holds("A1")) == ("to_pack", set())


def _book(uow, world, code, qty):
    from core.inventory.ledger import receive

    receive(uow, world.warehouse, world.skus[code], qty, "delivery", f"late {code}")


def test_a_short_order_that_is_cancelled_gives_everything_up(world):
    world.shop.place("A1", line("1", "BEAR", 100_001), line("2", "BAG"))
    world.sync("A1")
    world.shop.cancel("A1")
    world.sync("A1")
    assert (world.order("A1").fulfilment, world.holds("A1")) == ("cancelled", set())
    world.tidy()
    assert world.order("A1").fulfilment == "cancelled"


def test_an_order_refunded_line_by_line_is_cancelled_without_being_closed(world):
    number = world.ready("A1", line("1", "BEAR"), line("2", "BAG"))
    world.shop.after_sale("A1", "1", "refunded")
    world.sync("A1")
    assert world.order("A1").fulfilment == "to_pack"
    world.shop.after_sale("A1", "2", "refunded")
    world.sync("A1")
    assert world.order("A1").fulfilment == "cancelled"
    assert [parcel.state for parcel in world.parcels("A1")] == ["cancelled"]
    world.buy_numbers()
    assert world.carrier.returned == {number}
    assert world.desk.ship(number).code == "label.voided"


def test_a_refund_request_holds_and_its_withdrawal_lets_go(world):
    world.ready("A1", line("1", "BEAR"), line("2", "BAG"))
    world.shop.after_sale("A1", "1", "requested")
    world.sync("A1")
    assert world.holds("A1") == {"refund_requested"}
    assert world.desk.open("A1").code == "parcel.held"
    world.shop.after_sale("A1", "1", "none")
    world.sync("A1")
    assert world.holds("A1") == set()
    assert world.desk.open("A1").code == "parcel.opened"


def test_a_refund_that_is_taken_back_sends_the_goods_after_all(world):
    world.ready("A1", line("1", "BEAR"), line("2", "BAG"))
    world.shop.after_sale("A1", "1", "refunded")
    world.sync("A1")
    world.shop.after_sale("A1", "1", "none")
    world.sync("A1")
    world.buy_numbers()
    assert world.desk.pack("A1").code == "parcel.complete"
    assert world.desk.ship(world.number("A1")).code == "parcel.shipped"
    assert world.tell_shop() == 1
    assert [world.shop.told_qty("A1", no) for no in ("1", "2")] == [1, 1]


def test_a_copy_of_the_same_moment_from_before_a_refund_is_not_believed(world):
    world.shop._has_versions = False
    world.ready("A1", line("1", "BEAR"), line("2", "BAG"))
    stale = world.shop.orders["A1"]
    world.shop.after_sale("A1", "1", "refunded")
    assert world.shop.orders["A1"].modified_at == stale.modified_at, "a refund does not move the order there"
    world.sync("A1")
    # The list still shows it as it was before.
    world.take(stale)
    assert (world.order("A1").payment, world.order("A1").after_sale) == ("partly_refunded", "settled")
    assert [one.after_sale for one in world.lines("A1")] == ["refunded", "none"]
    # A refund that is really taken back moves the order.
    world.clock.advance(seconds=1)
    world.shop.change("A1", lines=stale.lines, payment="paid")
    world.sync("A1")
    assert (world.order("A1").payment, world.order("A1").after_sale) == ("paid", "none")


def test_a_cancelled_order_that_the_platform_reopens_is_held_for_a_person(world):
    world.ready("A1", line("1", "BEAR"))
    world.shop.cancel("A1")
    world.sync("A1")
    world.shop.change("A1", is_closed=False, channel_status="open")
    world.sync("A1")
    assert (world.order("A1").fulfilment, world.holds("A1")) == ("to_review", {"reopened"})
    assert world.parcels("A1", "to_pack") == []
    world.desk.orders.release_hold(world.order("A1").id)
    assert world.order("A1").fulfilment == "to_pack"
    world.buy_numbers()
    world.desk.pack("A1")
    assert world.desk.ship(world.number("A1")).code == "parcel.shipped"


def test_the_same_copy_again_leaves_no_trace_but_its_age(world):
    world.shop._has_versions = False
    world.shop.place("A1", line("1", "BEAR"), buyer_note="red please")
    world.sync("A1")
    before = world.dump()
    world.clock.advance(seconds=5)
    result = world.sync("A1")
    after = world.dump()
    assert (result.new_count, result.updated_count) == (0, 0)
    assert {name for name in before if before[name] != after[name]} == {"orders"}
    assert world.order("A1").seen_at == world.clock.now()


def test_a_change_within_the_same_second_is_seen_without_versions(world):
    world.shop._has_versions = False
    world.shop.place("A1", line("1", "BEAR"), is_paid=False)
    world.sync("A1")
    world.shop.change("A1", payment="paid")
    world.sync("A1")
    assert world.order("A1").fulfilment == "to_pack"


def test_an_older_copy_changes_nothing(world):
    old = world.shop.place("A1", line("1", "BEAR"), is_paid=False)
    world.shop.pay("A1")
    world.sync("A1")
    world.take(old)
    assert (world.order("A1").payment, world.order("A1").fulfilment) == ("paid", "to_pack")


def test_a_listing_matched_later_sends_the_order_on(world):
    from core.catalog.records import SkuSpec
    from core.catalog.service import take_in

    world.shop.place("A1", line("1", "NEW", 2), line("2", "BEAR"))
    world.sync("A1")
    assert world.holds("A1") == {"unmatched"}
    with pytest.raises(Exception, match="matches no SKU"):
        world.desk.orders.release_hold(world.order("A1").id)
    world.do(lambda uow: take_in(uow, [SkuSpec("NEW", "新品", is_stock_managed=False)]))
    world.tidy()
    assert (world.order("A1").fulfilment, world.holds("A1")) == ("to_pack", set())
    assert sorted((one.line_no, one.qty) for one in world.lines("A1")) == [("1", 2), ("2", 1)]
    assert [row.order_no for row in world.listed(search="新品")] == ["A1"]


def test_a_listing_matched_by_hand_lets_a_clerk_release(world):
    from core.catalog.service import match_listing

    world.shop.place("A1", line("1", "OTHER", 2))
    world.sync("A1")
    world.do(lambda uow: match_listing(uow, world.shop_id, ("item-OTHER", "sku-OTHER"), world.skus["SET"]))
    world.desk.orders.release_hold(world.order("A1").id)
    assert world.order("A1").fulfilment == "to_pack"
    assert sorted(one.qty for one in world.lines("A1")) == [2, 4]


def test_an_unmatched_order_that_is_paid_is_not_called_short(world):
    world.shop.place("A1", line("1", "NEW"), line("2", "BEAR"), is_paid=False)
    world.sync("A1")
    world.shop.pay("A1")
    world.sync("A1")
    assert world.holds("A1") == {"unmatched"}


def test_another_colour_under_the_same_line_number_is_another_purchase(world):
    world.ready("A1", line("1", "BEAR"))
    world.shop.change("A1", lines=(line("1", "BAG"),))
    world.sync("A1")
    assert [one.sku_id for one in world.lines("A1")] == [world.skus["BAG"]]
    assert [parcel.state for parcel in world.parcels("A1")] == ["cancelled", "to_pack"]
    assert [row.order_no for row in world.listed(search="布袋")] == ["A1"]
    assert world.listed(search="团团熊") == []


def test_an_address_changed_after_the_label_was_printed_stops_the_old_label(world):
    number = world.ready("A1", line("1", "BEAR"))
    world.desk.pack("A1")
    assert len(world.print_labels()) == 1
    world.shop.move("A1", "新路99号")
    world.sync("A1")
    world.buy_numbers()
    assert world.desk.ship(number).code == "label.voided"
    fresh = world.number("A1")
    assert fresh != number
    assert world.carrier.live_numbers() == [fresh]
    world.desk.pack("A1")
    (content,) = world.print_labels()
    assert content["consignee"]["address"] == "新路99号"
    assert world.desk.ship(fresh).code == "parcel.shipped"


def test_a_changed_order_is_called_back_while_a_desk_has_the_parcel_open(world):
    world.ready("A1", line("1", "BEAR", 2))
    opened = world.desk.open("A1")
    world.shop.change("A1", lines=(line("1", "BEAR", 5),))
    world.sync("A1")
    assert world.desk.scan(opened, "BEAR").code == "parcel.recalled"
    assert world.desk.verify(world.desk.open("A1")).code == "parcel.complete"


def test_a_cancelled_order_is_stopped_at_the_desk_that_has_it_open(world):
    world.ready("A1", line("1", "BEAR", 2))
    opened = world.desk.open("A1")
    world.shop.cancel("A1")
    world.sync("A1")
    verdict = world.desk.scan(opened, "BEAR")
    assert (verdict.code, verdict.facts["whole"]) == ("line.refunded", True)


def test_an_order_sent_from_elsewhere_is_held_and_let_go_when_that_was_wrong(world):
    world.ready("A1", line("1", "BEAR"))
    world.shop.change("A1", is_shipped=True)
    world.sync("A1")
    assert world.holds("A1") == {"shipped_elsewhere"}
    world.shop.change("A1", is_shipped=False)
    world.sync("A1")
    assert world.holds("A1") == set()


def test_a_blanked_receiver_is_no_new_address(world):
    number = world.ready("A1", line("1", "BEAR"))
    world.shop.change("A1", consignee=replace(LIN, name="", phone="", address="", province="", city="", district=""))
    world.sync("A1")
    assert world.number("A1") == number
    assert [parcel.state for parcel in world.parcels("A1")] == ["to_pack"]


def test_what_the_buyer_received_is_completed(world):
    number = world.ready("A1", line("1", "BEAR"))
    world.desk.pack("A1")
    world.desk.ship(number)
    world.shop.change("A1", is_shipped=True, is_completed=True)
    world.sync("A1")
    assert world.order("A1").fulfilment == "completed"
    world.shop.place("A2", line("1", "BEAR"), is_shipped=True, is_completed=True)
    world.sync("A2")
    assert world.order("A2").fulfilment == "completed"


def test_a_not_before_date_is_waited_for(world):
    from datetime import timedelta

    world.shop.place(
        "A1", line("1", "BEAR"), order_type="presale", not_before_at=world.clock.now() + timedelta(days=2)
    )
    world.sync("A1")
    world.tidy()
    assert world.order("A1").fulfilment == "to_review"
    world.clock.advance(days=2)
    world.tidy()
    assert world.order("A1").fulfilment == "to_pack"


def test_an_order_sent_from_elsewhere_and_refunded_line_by_line_is_cancelled(world):
    world.ready("A1", line("1", "BEAR"), line("2", "BAG"))
    world.shop.change("A1", is_shipped=True)
    world.sync("A1")
    for line_no in ("1", "2"):
        world.shop.after_sale("A1", line_no, "refunded")
        world.sync("A1")
    assert (world.order("A1").fulfilment, world.holds("A1")) == ("cancelled", set())


def test_an_order_the_platform_keeps_back_waits_and_goes_on_by_itself(world):
    """Under review, a group still gathering, the buyer asked to call it off: the platform would refuse the parcel."""
    world.shop.place("A1", line("1", "BEAR"), stopped_for="风控审核中")
    world.sync("A1")
    assert world.holds("A1") == {"platform_stopped"}
    detail = world.store.read(lambda c: order_detail(c, world.order("A1").id, lambda *_: {}, lambda *_: ()))
    assert detail.stopped_for == "风控审核中"
    world.shop.change("A1", stopped_for="")
    world.sync("A1")
    assert (world.holds("A1"), world.order("A1").fulfilment) == (set(), "to_pack")


def test_what_the_platform_stops_later_is_not_packed(world):
    world.ready("A1", line("1", "BEAR"))
    world.shop.change("A1", stopped_for="LOCKED")
    world.sync("A1")
    assert world.desk.open("A1").code == "parcel.held"
    world.shop.change("A1", stopped_for="")
    world.sync("A1")
    assert world.desk.open("A1").code == "parcel.opened"
    world.shop.change("A1", stopped_for="LOCKED")
    world.sync("A1")
    world.shop.cancel("A1")
    world.sync("A1")
    assert (world.holds("A1"), world.order("A1").fulfilment) == (set(), "cancelled")


def test_a_receiver_ciphered_anew_is_no_other_receiver(world):
    """Else every pull would take the parcels of such a shop apart."""
    masked = replace(LIN, name="林*", phone="138****1234", is_masked=True, token="cipher-1", identity="A1 place-7")
    world.ready("A1", line("1", "BEAR"), consignee=masked)
    parcel = world.parcels("A1")[0].id
    world.shop.change("A1", consignee=replace(masked, token="cipher-2"))
    world.sync("A1")
    assert [(one.id, one.state) for one in world.parcels("A1")] == [(parcel, "to_pack")]
    who = world.store.read(lambda c: consignees(c, [world.order("A1").consignee_id]))[world.order("A1").consignee_id]
    assert who.token == "cipher-2", "the newest one is told to the carrier"
    world.shop.change("A1", consignee=replace(masked, token="cipher-3", identity="A1 place-8"))
    world.sync("A1")
    assert parcel not in {one.id for one in world.parcels("A1") if one.state != "cancelled"}
