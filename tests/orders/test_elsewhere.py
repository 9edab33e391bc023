"""An order that somebody else sent is closed by a person's word, with the goods' fate said, and can be taken back."""

import pytest
from sqlalchemy import select

from core.db.models import Journal, Outbox
from core.inventory.models import Movement, StockLevel
from core.runtime.errors import NotFound, Refused
from tests.support.fake_shop import line


def sent_elsewhere(world, no="A1", *lines, **more):
    number = world.ready(no, *(lines or (line("1", "BEAR", 2),)), **more)
    world.shop.change(no, is_shipped=True)
    world.sync(no)
    assert world.holds(no) == {"shipped_elsewhere"}
    return number


def close(world, no="A1", *, left=True, sent_by="other_program"):
    world.desk.orders.close_elsewhere(world.order(no).id, sent_by, left_our_shelf=left)


def reopen(world, no="A1"):
    world.desk.orders.reopen_elsewhere(world.order(no).id)


def bears(world):
    query = select(StockLevel.on_hand_qty, StockLevel.confirmed_qty).where(StockLevel.sku_id == world.skus["BEAR"])
    row = world.rows(query)[0]
    return row.on_hand_qty, row.confirmed_qty


def test_goods_that_left_our_shelf_leave_the_books(world):
    number = sent_elsewhere(world)
    assert bears(world) == (100_000, 2)
    close(world)
    assert bears(world) == (99_998, 0)
    order = world.order("A1")
    assert (order.fulfilment, order.hold_reason, world.holds("A1")) == ("shipped", "", set())
    assert order.shipped_at == world.clock.now()
    # Our number goes back, nothing is printed, and the label that may exist is stopped at the scan.
    world.buy_numbers()
    assert world.carrier.live_numbers() == []
    assert world.print_labels() == []
    assert world.desk.ship(number).code == "label.voided"
    # The shop knows already: nothing is told.
    assert world.rows(select(Outbox.id).where(Outbox.kind == "confirm_shipment")) == []
    said = [
        row.facts
        for row in world.rows(
            select(Journal.facts).where(Journal.action == "order.closed_elsewhere").order_by(Journal.id)
        )
    ]
    assert said == [{"left_our_shelf": True, "sent_by": "other_program"}]
    assert world.desk.orders.detail(order.id).is_closed_elsewhere


def test_goods_that_stayed_here_serve_whoever_waits_for_them(world):
    sent_elsewhere(world, "A1", line("1", "BEAR", 99_999))
    world.shop.place("A2", line("1", "BEAR", 2))
    world.sync("A2")
    assert world.holds("A2") == {"short"}
    close(world, left=False)
    assert world.holds("A2") == set()
    assert world.order("A2").fulfilment == "to_pack"
    assert bears(world) == (100_000, 2)
    assert world.rows(select(Movement.id).where(Movement.kind == "sale")) == []


def test_a_parcel_open_on_a_desk_is_called_off(world):
    sent_elsewhere(world)
    world.desk.orders.release_hold(world.order("A1").id)
    opened = world.desk.open("A1")
    world.shop.change("A1", buyer_note="x")
    world.sync("A1")
    close(world)
    assert world.desk.scan(opened, "BEAR").code == "parcel.recalled"


def test_an_order_that_was_never_released_can_be_closed(world):
    world.shop.place("A1", line("1", "BEAR", 2), is_paid=False)
    world.sync("A1")
    world.shop.change("A1", is_shipped=True)
    world.sync("A1")
    assert world.order("A1").fulfilment == "to_review"
    close(world)
    assert (world.order("A1").fulfilment, bears(world)) == ("shipped", (99_998, 0))


@pytest.mark.parametrize("left", [True, False])
def test_a_closing_is_taken_back_as_often_as_need_be(world, left):
    sent_elsewhere(world, "A1", line("1", "BEAR", 2), line("2", "GIFT"))
    for _ in range(2):
        close(world, left=left)
        world.clock.advance(seconds=1)
        reopen(world)
        order = world.order("A1")
        assert (order.fulfilment, order.shipped_at, world.holds("A1")) == ("to_review", None, {"shipped_elsewhere"})
        assert bears(world) == (100_000, 2)
        assert not world.desk.orders.detail(order.id).is_closed_elsewhere
        world.check_stock()
    # The platform was wrong: released, it is packed and sent like any other.
    world.desk.orders.release_hold(world.order("A1").id)
    world.buy_numbers()
    world.desk.pack("A1")
    assert world.desk.ship(world.number("A1")).code == "parcel.shipped"
    assert bears(world) == (99_998, 0)
    with pytest.raises(Refused) as refused:
        reopen(world)
    assert refused.value.code == "order.not_closed_elsewhere"


def test_units_that_the_books_do_not_have_by_now_leave_the_reopened_order_short(world):
    sent_elsewhere(world)
    close(world, left=False)
    world.shop.place("A2", line("1", "BEAR", 99_999))
    world.sync("A2")
    reopen(world)
    assert world.holds("A1") == {"shipped_elsewhere", "paid_no_stock"}


def test_only_what_the_platform_says_is_sent_can_be_closed(world):
    world.ready("A1", line("1", "BEAR"))
    with pytest.raises(Refused) as refused:
        close(world)
    assert refused.value.code == "order.not_sent_elsewhere"
    sent_elsewhere(world, "A2")
    with pytest.raises(Refused) as refused:
        close(world, "A2", sent_by="张三")
    assert refused.value.code == "elsewhere.reason_unknown"
    for act in (
        lambda: world.desk.orders.close_elsewhere(99, "other", left_our_shelf=True),
        lambda: world.desk.orders.reopen_elsewhere(99),
    ):
        with pytest.raises(NotFound):
            act()
    # An order that the platform sent before we ever saw it was never ours to close or to take back.
    world.shop.place("A3", line("1", "BEAR"), is_shipped=True)
    world.sync("A3")
    with pytest.raises(Refused):
        reopen(world, "A3")
