"""One order comes by the door, by a pull and by a snapshot, in every order: its goods are taken once."""

from collections.abc import Callable
from itertools import permutations

import pytest
from sqlalchemy import select

from core.gateway.tidying import Feeds
from core.inventory.models import Reservation
from core.orders.models import OrderLine
from tests.support.door import Stand, example, line
from tests.support.fake_shop import LIN
from tests.support.fake_shop import line as shop_line

REF = "M1"


def held(stand: Stand) -> int:
    """Units that all lines of the order hold, replaced ones too."""
    query = (
        select(Reservation.qty)
        .join(OrderLine, OrderLine.id == Reservation.order_line_id)
        .where(OrderLine.order_id == stand.world.order(REF).id, Reservation.state.in_(("reserved", "confirmed")))
    )
    return sum(row.qty for row in stand.world.rows(query))


def snapshot(version: int, payment: str, state: str = "open", qty: int = 3) -> dict:
    """The order as the mall's own object."""
    return {
        "no": REF,
        "version": version,
        "state": state,
        "payment": payment,
        "placed_at": "2026-06-18T10:00:00+08:00",
        "updated_at": "2026-06-18T10:00:00+08:00",
        "paid_at": "2026-06-18T10:00:00+08:00" if payment == "paid" else None,
        "currency": "CNY",
        "amount_fen": 4000,
        "freight_fen": 0,
        "buyer": {"key": f"buyer-{REF}", "name": ""},
        "consignee": {
            name: getattr(LIN, name) for name in ("name", "phone", "province", "city", "district", "address")
        },
        "lines": [
            {"line_no": "7", "item_id": "item-BEAR", "sku_id": "sku-BEAR", "sku": "BEAR", "title": "熊", "qty": qty}
            | {"unit_price_fen": 1000},
            {"line_no": "8", "item_id": "item-SET", "sku_id": "sku-SET", "sku": "SET", "title": "礼盒", "qty": 1}
            | {"unit_price_fen": 1000},
        ],
    }


def by_door(stand: Stand) -> None:
    stand.mall.reserve(REF, [line("SET"), line("BEAR", 3)])


def by_pull(stand: Stand) -> None:
    if REF not in stand.world.shop.orders:
        stand.world.shop.place(
            REF,
            shop_line("7", "BEAR", 3),
            shop_line("8", "SET"),
            is_paid=False,
        )
    stand.world.sync(REF)


def by_snapshot(stand: Stand) -> None:
    stand.mall.put_order(REF, snapshot(1, "unpaid"))


def pay_at_door(stand: Stand) -> None:
    stand.mall.confirm(stand.mall.find(REF)["id"])


def pay_by_pull(stand: Stand) -> None:
    if stand.world.shop.orders[REF].payment == "unpaid":
        stand.world.shop.pay(REF)
    stand.world.sync(REF)


def pay_by_snapshot(stand: Stand) -> None:
    stand.mall.put_order(REF, snapshot(2, "paid"))


WAYS: dict[str, Callable[[Stand], None]] = {"door": by_door, "pull": by_pull, "snapshot": by_snapshot}
PAYMENTS: dict[str, Callable[[Stand], None]] = {
    "door": pay_at_door,
    "pull": pay_by_pull,
    "snapshot": pay_by_snapshot,
}


#: 3 bears, and a set of 2 bears and a bag
UNITS = 6


@pytest.mark.parametrize("first", list(permutations(WAYS)), ids="-".join)
def test_goods_are_taken_once_whichever_comes_first(stand, first):
    for name in first:
        WAYS[name](stand)
        assert held(stand) == UNITS, name
        stand.world.check_stock()
    WAYS["pull"](stand)
    made = stand.mall.find(REF)
    assert made["state"] == "reserved"
    assert {(one["sku"], one["qty"]) for one in made["lines"]} == {("BEAR", 3), ("SET", 1)}
    for name in first:
        PAYMENTS[name](stand)
        assert held(stand) == UNITS, name
    assert stand.mall.find(REF)["state"] == "confirmed"
    assert stand.world.holds(REF) == set()
    assert [parcel.state for parcel in stand.world.parcels(REF)] == ["to_pack"]


@pytest.mark.parametrize("order", list(permutations(PAYMENTS)), ids="-".join)
def test_a_payment_is_heard_once_and_never_taken_back(file_stand, order):
    stand = file_stand
    by_door(stand)
    by_pull(stand)
    for name in order:
        PAYMENTS[name](stand)
        assert held(stand) == UNITS, name
        assert stand.mall.find(REF)["state"] == "confirmed", name
        # A copy that was made before the payment comes late.
        stand.mall.put_order(REF, snapshot(1, "unpaid"))
        assert stand.world.order(REF).payment == "paid"


def test_the_claims_stay_the_same_rows_when_the_order_itself_comes(stand):
    by_door(stand)
    query = select(Reservation.id, Reservation.state, Reservation.expires_at).order_by(Reservation.id)
    before = stand.world.rows(query)
    stand.pass_time(seconds=100)
    by_pull(stand)
    assert stand.world.rows(query) == before
    assert {row.line_no for row in stand.world.lines(REF)} == {"7", "8"}
    assert {row.item_id for row in stand.world.lines(REF)} == {"item-BEAR", "item-SET"}


def test_a_newer_copy_with_other_lines_rules(stand):
    by_door(stand)
    stand.mall.put_order(REF, snapshot(3, "unpaid", qty=5))
    assert held(stand) == 8
    assert {(one["sku"], one["qty"]) for one in stand.mall.find(REF)["lines"]} == {("BEAR", 5), ("SET", 1)}
    again = stand.mall.send("POST", "/v1/reservations", {"ref": REF, "lines": [line("BEAR", 9)]}, key="x")
    assert (again.status, again.body["code"]) == (409, "ref_conflict")


def test_an_unpaid_copy_from_before_a_payment_at_the_door_changes_nothing_of_it(stand):
    by_door(stand)
    pay_at_door(stand)
    due = stand.world.order(REF).ship_by_at
    by_pull(stand)
    order = stand.world.order(REF)
    assert (order.payment, order.ship_by_at) == ("paid", due)
    assert order.paid_at is not None
    assert held(stand) == UNITS
    assert stand.world.holds(REF) == set()
    assert [parcel.state for parcel in stand.world.parcels(REF)] == ["to_pack"]


@pytest.mark.parametrize("is_paid", [False, True])
def test_released_at_the_door_and_cancelled_at_the_mall_is_one_thing(stand, is_paid):
    by_door(stand)
    by_pull(stand)
    if is_paid:
        pay_at_door(stand)
    stand.mall.release(stand.mall.find(REF)["id"], "refund")
    assert held(stand) == 0
    stand.world.shop.cancel(REF)
    stand.world.sync(REF)
    assert (held(stand), stand.world.order(REF).fulfilment) == (0, "cancelled")
    assert stand.mall.find(REF)["state"] == "released"
    assert stand.world.parcels(REF, "to_pack") == []


def test_cancelled_at_the_mall_cannot_be_confirmed_at_the_door(stand):
    by_door(stand)
    by_pull(stand)
    made = stand.mall.find(REF)
    stand.world.shop.cancel(REF)
    stand.world.sync(REF)
    with pytest.raises(example().DoorError, match="409 reservation_closed"):
        stand.mall.confirm(made["id"])
    assert held(stand) == 0
    assert stand.mall.release(made["id"])["state"] == "released"


def test_what_has_left_is_not_released(stand):
    by_door(stand)
    by_pull(stand)
    pay_at_door(stand)
    stand.world.buy_numbers()
    stand.world.desk.pack(REF)
    assert stand.world.desk.ship(stand.world.number(REF)).code == "parcel.shipped"
    made = stand.mall.find(REF)
    assert made["state"] == "confirmed"
    with pytest.raises(example().DoorError, match="409 already_shipped"):
        stand.mall.release(made["id"], "refund")
    assert stand.mall.confirm(made["id"])["state"] == "confirmed"


def test_paid_at_the_mall_after_the_goods_are_gone_is_told_at_the_door(stand):
    stand.mall.reserve(REF, [line("BEAR", 3), line("SET")], expires_in=60)
    by_pull(stand)
    stand.pass_time(seconds=61)
    other = stand.mall.reserve("M2", [line("BEAR", 99_996)])
    pay_by_pull(stand)
    made = stand.mall.find(REF)
    assert made["state"] == "expired"
    assert stand.world.holds(REF) == {"paid_no_stock"}
    with pytest.raises(example().DoorError, match="409 expired_out_of_stock"):
        stand.mall.confirm(made["id"])
    stand.mall.release(other["id"])
    assert stand.mall.confirm(made["id"])["state"] == "confirmed"
    assert (held(stand), stand.world.holds(REF)) == (UNITS, set())


def test_another_amount_than_the_mall_named_is_kept_and_held_for_a_person(stand):
    by_door(stand)
    by_snapshot(stand)
    stand.mall.confirm(stand.mall.find(REF)["id"], amount=3999)
    assert (held(stand), stand.world.order(REF).amount_fen) == (UNITS, 4000)
    assert stand.world.holds(REF) == {"payment_differs"}
    assert stand.world.parcels(REF) == []


def test_the_amount_is_compared_when_the_mall_names_it_after_the_payment(stand):
    by_door(stand)
    stand.mall.confirm(stand.mall.find(REF)["id"], amount=3999)
    assert stand.world.order(REF).amount_fen == 3999
    by_snapshot(stand)
    assert (held(stand), stand.world.holds(REF)) == (UNITS, {"payment_differs"})
    assert stand.world.parcels(REF) == []


def test_the_same_amount_stops_nothing(stand):
    by_door(stand)
    stand.mall.confirm(stand.mall.find(REF)["id"], amount=4000)
    by_snapshot(stand)
    assert stand.world.holds(REF) == set()
    assert [parcel.state for parcel in stand.world.parcels(REF)] == ["to_pack"]


def free(stand: Stand) -> int:
    """Bears that another buyer may have."""
    return stand.mall.stock("BEAR")["items"][0]["available"]


@pytest.mark.parametrize("passed_s", [30, 61])
def test_other_lines_buy_an_unpaid_reservation_no_time(stand, passed_s):
    """What the door calls run out is free for others, whether its lines were changed before or after."""
    feeds = Feeds(stand.store)
    feeds.write((), is_whole=True)
    stand.mall.reserve(REF, [line("BEAR", 3), line("SET")], expires_in=60)
    stand.pass_time(seconds=passed_s)
    stand.mall.put_order(REF, snapshot(3, "unpaid", qty=5))
    feeds.write((), is_whole=False)
    stand.pass_time(seconds=61 - passed_s)
    assert stand.mall.find(REF)["state"] == "expired"
    assert free(stand) == 100_000
    stand.world.tidy()
    stand.mall.confirm(stand.mall.find(REF)["id"])
    assert (stand.mall.find(REF)["state"], held(stand)) == ("confirmed", 8)


def test_a_payment_that_commits_while_run_out_reservations_are_told_is_not_told_as_run_out(stand):
    """Both at once on the server: the telling waits for the call that has the order, and looks again."""
    import threading

    from core.gateway import acts, tidying
    from core.gateway.models import DoorEvent, DoorReservation

    if stand.store.is_sqlite:
        pytest.skip("one writer: nothing happens at once")
    made = stand.mall.reserve(REF, [line("BEAR")], expires_in=60)
    stand.pass_time(seconds=61)
    has_order, may_commit = threading.Event(), threading.Event()

    def pay(uow):
        one = acts.on_reservation(uow, stand.world.shop_id, made["id"])
        has_order.set()
        may_commit.wait(10)
        return acts.confirm(uow, one, {}, "TT")

    paying = threading.Thread(target=lambda: stand.store.write(pay))
    paying.start()
    assert has_order.wait(10)
    telling = threading.Thread(target=lambda: tidying.sweep_all(stand.store))
    telling.start()
    telling.join(0.5)
    may_commit.set()
    paying.join(10)
    telling.join(10)
    assert stand.world.rows(select(DoorReservation.state))[0].state == "confirmed"
    assert stand.world.rows(select(DoorEvent.kind).where(DoorEvent.kind == "reservation.expired")) == []


def test_late_money_tries_again_and_otherwise_stands_as_paid_without_goods_until_some_come(stand):
    """The mall did not pay back what the door refused: the money is there, somebody is told, and goods end it."""
    from core.orders.watches import paid_no_stock

    def alerts():
        return [one.key for one in stand.store.read(lambda c: paid_no_stock(c, stand.world.clock.now()))]

    early = stand.mall.reserve("M0", [line("BEAR", 2)], expires_in=60)
    stand.mall.reserve(REF, [line("BEAR", 3), line("SET")], expires_in=60)
    stand.pass_time(seconds=61)
    stand.mall.reserve("M2", [line("BEAR", 99_997)])
    assert stand.mall.confirm(early["id"])["state"] == "confirmed", "there is enough: it has its goods again"
    with pytest.raises(example().DoorError, match="409 expired_out_of_stock"):
        stand.mall.confirm(stand.mall.find(REF)["id"])
    assert (stand.world.order(REF).payment, alerts()) == ("unpaid", [])
    pay_by_snapshot(stand)
    order = stand.world.order(REF)
    assert (order.payment, stand.world.holds(REF), held(stand)) == ("paid", {"paid_no_stock"}, 0)
    assert alerts() == [f"order:{order.id}"]
    stand.world.receive("BEAR", 10)
    stand.world.tidy()
    assert (held(stand), stand.world.holds(REF), alerts()) == (UNITS, set(), [])
    assert stand.mall.find(REF)["state"] == "confirmed"
