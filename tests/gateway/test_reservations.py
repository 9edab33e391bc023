"""What a mall may rely on: reserving, extending, confirming, releasing and looking up, over HTTP on both engines."""

import pytest
from sqlalchemy import select

from core.catalog.models import Sku
from core.gateway.models import DoorReservation
from core.inventory.models import Reservation, StockLevel
from core.inventory.quotas.safety import set_safety
from core.orders.models import OrderLine
from core.runtime.ids import SkuId, WarehouseId
from tests.support.door import Stand, example, line
from tests.support.world import World

STOCK = 10


@pytest.fixture
def world(spine_address):
    """Ten of each: scarce enough to run out."""
    world = World(spine_address, stock=STOCK)
    yield world
    world.check_stock()
    world.close()


def refused(code: str):
    """The door says no with this code."""
    return pytest.raises(example().DoorError, match=rf"^\d+ {code}$")


def level(stand: Stand, code: str = "BEAR"):
    """The level of a SKU."""
    query = select(*StockLevel.__table__.c).join(Sku, Sku.id == StockLevel.sku_id).where(Sku.code == code)
    return stand.world.rows(query)[0]


def claimed(stand: Stand, ref: str) -> dict[str, int]:
    """Units that an order holds or has carried away, by state: also those of lines that were replaced."""
    query = (
        select(Reservation.state, Reservation.qty)
        .join(OrderLine, OrderLine.id == Reservation.order_line_id)
        .where(OrderLine.order_id == stand.world.order(ref).id, Reservation.state.in_(("reserved", "confirmed")))
    )
    found: dict[str, int] = {}
    for state, qty in stand.world.rows(query):
        found[state] = found.get(state, 0) + qty
    return found


def test_a_reservation_is_an_unpaid_order_that_holds_its_goods(stand):
    made = stand.mall.reserve("A1", [line("BEAR", 3), line("BAG")], expires_in=600)
    assert made["state"] == "reserved"
    assert made["version"] == 1
    assert made["lines"] == [
        {"sku": "BEAR", "qty": 3, "warehouse": "main"},
        {"sku": "BAG", "qty": 1, "warehouse": "main"},
    ]
    order = stand.world.order("A1")
    assert (order.payment, order.fulfilment, order.channel_version) == ("unpaid", "to_review", 0)
    assert level(stand).reserved_qty == 3
    assert stand.mall.find("A1") == stand.mall.look(made["id"]) == made
    assert [row.order_no for row in stand.world.listed()] == ["A1"]


def test_the_same_key_gives_the_first_answer_and_takes_nothing_more(stand):
    body = {"ref": "A1", "lines": [line("BEAR", 3)]}
    first = stand.mall.send("POST", "/v1/reservations", body, key="k")
    again = stand.mall.send("POST", "/v1/reservations", dict(reversed(body.items())), key="k")
    assert (first.status, again.status, again.body) == (201, 201, first.body)
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert level(stand).reserved_qty == 3


def test_the_same_key_with_another_body_is_refused(stand):
    stand.mall.reserve("A1", [line("BEAR", 3)])
    with refused("idempotency_conflict"):
        stand.mall.reserve("A1", [line("BEAR", 4)])
    assert level(stand).reserved_qty == 3


def test_a_first_refusal_is_a_first_answer_too(stand):
    with refused("out_of_stock"):
        stand.mall.reserve("A1", [line("BEAR", 11)])
    stand.world.receive("BEAR", 5)
    with refused("out_of_stock"):
        stand.mall.reserve("A1", [line("BEAR", 11)])
    made = stand.mall.call("POST", "/v1/reservations", {"ref": "A1", "lines": [line("BEAR", 11)]}, key="other")
    assert made["state"] == "reserved"


def test_a_refused_form_is_no_first_answer(stand):
    bad = stand.mall.send("POST", "/v1/reservations", {"ref": "A1", "lines": [line("BEAR", 0)]}, key="k")
    assert (bad.status, bad.body["code"]) == (422, "invalid")
    good = stand.mall.send("POST", "/v1/reservations", {"ref": "A1", "lines": [line("BEAR", 1)]}, key="k")
    assert good.status == 201


def test_what_is_not_there_is_said_and_leaves_nothing(stand):
    with refused("out_of_stock") as caught:
        stand.mall.reserve("A1", [line("BAG", 2), line("BEAR", 11)])
    assert caught.value.status == 409
    assert caught.value.body["lines"] == [{"sku": "BEAR", "available": 10}]
    assert (level(stand).reserved_qty, level(stand, "BAG").reserved_qty) == (0, 0)
    assert stand.world.listed() == []
    with refused("reservation_not_found"):
        stand.mall.find("A1")


def test_part_is_given_where_the_mall_wants_it(stand):
    body = {"ref": "A1", "all_or_nothing": False, "lines": [line("BEAR", 12), line("BAG", 2)]}
    made = stand.mall.send("POST", "/v1/reservations", body, key="a")
    assert made.status == 201
    assert made.body["short"] == [{"sku": "BEAR", "asked": 12, "reserved": 10}]
    assert [(one["sku"], one["qty"]) for one in made.body["lines"]] == [("BEAR", 10), ("BAG", 2)]
    same = stand.mall.send("POST", "/v1/reservations", body, key="another key, the same wish")
    assert (same.status, same.body["id"]) == (200, made.body["id"])
    with refused("out_of_stock"):
        stand.mall.call("POST", "/v1/reservations", body | {"ref": "A2", "lines": [line("BEAR", 1)]}, key="b")


def test_a_bundle_takes_its_parts(stand):
    made = stand.mall.reserve("A1", [line("SET", 4)])
    assert made["lines"] == [{"sku": "SET", "qty": 4, "warehouse": "main"}]
    assert (level(stand).reserved_qty, level(stand, "BAG").reserved_qty) == (8, 4)
    with refused("out_of_stock") as caught:
        stand.mall.reserve("A2", [line("SET", 1), line("BEAR", 1)])
    assert caught.value.body["lines"] == [{"sku": "BEAR", "available": 2}]


def test_goods_that_nobody_counts_are_always_there_and_still_run_out(stand):
    made = stand.mall.reserve("A1", [line("GIFT", 5000)], expires_in=60)
    assert made["state"] == "reserved"
    stand.pass_time(seconds=61)
    assert stand.mall.find("A1")["state"] == "expired"
    assert stand.mall.confirm(made["id"])["state"] == "confirmed"


def test_a_ref_means_one_order(stand):
    stand.mall.reserve("A1", [line("BEAR", 3)])
    same = stand.mall.send("POST", "/v1/reservations", {"ref": "A1", "lines": [line("BEAR", 3)]}, key="b")
    assert same.status == 200
    other = stand.mall.send("POST", "/v1/reservations", {"ref": "A1", "lines": [line("BEAR", 4)]}, key="c")
    assert (other.status, other.body["code"]) == (409, "ref_conflict")
    assert level(stand).reserved_qty == 3


def test_unknown_goods_and_warehouses_are_named(stand):
    with refused("unknown_sku") as caught:
        stand.mall.reserve("A1", [line("BEAR"), line("NOPE")])
    assert caught.value.body["lines"] == [{"sku": "NOPE"}]
    with refused("invalid"):
        stand.mall.reserve("A2", [line("BEAR", 1, warehouse="nowhere")])
    with refused("invalid"):
        stand.mall.reserve("A3", [line("BEAR"), line("BEAR", 2)])
    assert stand.mall.reserve("A4", [line("BEAR", 1, warehouse="main")])["state"] == "reserved"


def test_time_runs_out_by_the_centres_clock_and_gives_the_goods_back(stand):
    made = stand.mall.reserve("A1", [line("BEAR", 10)], expires_in=60)
    stand.pass_time(seconds=59)
    assert stand.mall.look(made["id"])["state"] == "reserved"
    with refused("out_of_stock"):
        stand.mall.reserve("A2", [line("BEAR", 1)])
    stand.pass_time(seconds=2)
    # Nobody has swept anything: it is seen on reading.
    assert stand.mall.look(made["id"])["state"] == "expired"
    assert stand.mall.reserve("A3", [line("BEAR", 10)])["state"] == "reserved"


def test_it_is_extended_while_it_lasts_but_not_for_ever(stand):
    made = stand.mall.reserve("A1", [line("BEAR", 10)], expires_in=60)
    stand.pass_time(seconds=50)
    longer = stand.mall.extend(made["id"], 60)
    assert longer["state"] == "reserved"
    assert longer["version"] == made["version"] + 1
    assert stand.mall.extend(made["id"], 60) == longer, "again it changes nothing"
    assert stand.mall.extend(made["id"], 10) == longer, "and never makes it shorter"
    stand.pass_time(seconds=55)
    assert stand.mall.look(made["id"])["state"] == "reserved"
    with refused("out_of_stock"):
        stand.mall.reserve("A2", [line("BEAR", 1)])
    with refused("extend_limit") as caught:
        stand.mall.extend(made["id"], 3600)
    assert caught.value.body["until"] > longer["expires_at"]


def test_what_ran_out_is_extended_only_whole(stand):
    made = stand.mall.reserve("A1", [line("BEAR", 6), line("BAG", 2)], expires_in=60)
    stand.pass_time(seconds=61)
    taken = stand.mall.reserve("A2", [line("BEAR", 5)], expires_in=600)
    with refused("expired_out_of_stock") as caught:
        stand.mall.extend(made["id"], 60)
    assert caught.value.body["lines"] == [{"sku": "BEAR", "available": 5}]
    stand.world.tidy()
    assert claimed(stand, "A1") == {}
    stand.mall.release(taken["id"])
    assert stand.mall.extend(made["id"], 60)["state"] == "reserved"
    assert claimed(stand, "A1") == {"reserved": 8}


def test_confirming_keeps_the_goods_and_repeats(stand):
    made = stand.mall.reserve("A1", [line("BEAR", 3)], expires_in=60)
    done = stand.mall.confirm(made["id"], paid_at=stand.world.clock.now().isoformat(), amount=5400, payment_no="wx1")
    assert done["state"] == "confirmed"
    assert stand.mall.confirm(made["id"], payment_no="another") == done
    stand.pass_time(hours=5)
    assert stand.mall.look(made["id"]) == done
    order = stand.world.order("A1")
    assert (order.payment, order.amount_fen) == ("paid", 5400)
    assert order.ship_by_at is not None
    assert claimed(stand, "A1") == {"confirmed": 3}
    with refused("already_confirmed"):
        stand.mall.extend(made["id"], 60)


def test_a_paid_order_waits_for_its_receiver(stand):
    made = stand.mall.reserve("A1", [line("BEAR", 3)])
    stand.mall.confirm(made["id"])
    stand.world.tidy()
    assert stand.world.holds("A1") == {"no_receiver"}
    assert stand.world.parcels("A1") == []


def test_a_late_payment_takes_the_goods_again_or_is_sent_back(stand):
    made = stand.mall.reserve("A1", [line("BEAR", 6)], expires_in=60)
    stand.pass_time(seconds=61)
    other = stand.mall.reserve("A2", [line("BEAR", 6)])
    with refused("expired_out_of_stock") as caught:
        stand.mall.confirm(made["id"])
    assert caught.value.body["lines"] == [{"sku": "BEAR", "available": 4}]
    assert stand.world.order("A1").payment == "unpaid"
    assert claimed(stand, "A1") == {}
    stand.mall.release(other["id"])
    assert stand.mall.confirm(made["id"])["state"] == "confirmed"
    assert claimed(stand, "A1") == {"confirmed": 6}


def test_releasing_gives_back_once(stand):
    made = stand.mall.reserve("A1", [line("BEAR", 6)])
    gone = stand.mall.release(made["id"], "timeout")
    assert gone["state"] == "released"
    assert stand.mall.release(made["id"]) == gone
    assert level(stand).reserved_qty == 0
    assert stand.world.order("A1").fulfilment == "cancelled"
    with refused("reservation_closed"):
        stand.mall.confirm(made["id"])
    with refused("reservation_closed"):
        stand.mall.extend(made["id"], 60)
    with refused("ref_conflict"):
        stand.mall.call("POST", "/v1/reservations", {"ref": "A1", "lines": [line("BEAR", 6)]}, key="again")
    assert level(stand).reserved_qty == 0


def test_what_is_paid_is_released_for_a_refund_alone(stand):
    made = stand.mall.reserve("A1", [line("BEAR", 6)])
    stand.mall.confirm(made["id"])
    with refused("already_confirmed"):
        stand.mall.release(made["id"], "cancelled")
    assert claimed(stand, "A1") == {"confirmed": 6}
    assert stand.mall.release(made["id"], "refund")["state"] == "released"
    assert (level(stand).confirmed_qty, stand.world.order("A1").payment) == (0, "refunded")


def test_a_paused_sale_is_423_and_the_same_key_may_come_again(stand):
    from core.inventory.pausing import pause_sale, resume_sale

    world = stand.world
    world.do(lambda uow: pause_sale(uow, world.shop_id, world.skus["BEAR"], "test"))
    for lines in ([line("BEAR")], [line("SET")]):
        with refused("sale_paused") as caught:
            stand.mall.reserve(f"A{lines[0]['sku']}", lines)
        assert (caught.value.status, caught.value.retry_after_s) == (423, 30)
        assert caught.value.body["lines"] == [{"sku": lines[0]["sku"]}]
    assert stand.mall.reserve("A2", [line("BAG")])["state"] == "reserved"
    world.do(lambda uow: resume_sale(uow, world.shop_id, world.skus["BEAR"]))
    assert stand.mall.reserve("ABEAR", [line("BEAR")])["state"] == "reserved"
    world.do(lambda uow: pause_sale(uow, None, None, "everything"))
    with refused("sale_paused"):
        stand.mall.reserve("A3", [line("CARD")])


def test_what_is_allotted_to_other_shops_is_not_for_the_door(stand):
    from sqlalchemy import update

    def allot(qty: int) -> None:
        now = update(StockLevel).where(StockLevel.id == level(stand).id).values(allotted_qty=qty)
        stand.world.do(lambda uow: uow.execute(now))

    allot(8)
    assert stand.mall.stock("BEAR")["items"][0]["available"] == 2
    with refused("out_of_stock") as caught:
        stand.mall.reserve("A1", [line("BEAR", 3)])
    assert caught.value.body["lines"] == [{"sku": "BEAR", "available": 2}]
    assert stand.mall.reserve("A2", [line("BEAR", 2)])["state"] == "reserved"
    allot(0)


def test_the_safety_stock_stays_unless_it_is_paid_for(stand):
    keep = lambda qty: stand.world.do(  # noqa: E731  said once, used below
        lambda uow: set_safety(uow, SkuId(stand.world.skus["BEAR"]), WarehouseId(stand.world.warehouse), qty)
    )
    made = stand.mall.reserve("A1", [line("BEAR", 6)], expires_in=60)
    stand.pass_time(seconds=61)
    keep(7)
    assert stand.mall.stock("BEAR")["items"][0]["available"] == 3
    with refused("out_of_stock") as caught:
        stand.mall.reserve("A2", [line("BEAR", 4)])
    assert caught.value.body["lines"] == [{"sku": "BEAR", "available": 3}]
    with refused("expired_out_of_stock"):
        stand.mall.extend(made["id"], 60)
    assert stand.mall.reserve("A3", [line("BEAR", 3)])["state"] == "reserved"
    assert stand.mall.confirm(made["id"])["state"] == "confirmed"
    assert claimed(stand, "A1") == {"confirmed": 6}


def test_another_shop_sees_nothing(stand):
    from core.gateway.keys import make_key
    from core.sync.shops import add_shop

    other = stand.world.do(
        lambda uow: make_key(uow, add_shop(uow, "fake", "another", {}, "{}", stand.world.warehouse))
    )
    made = stand.mall.reserve("A1", [line("BEAR", 3)])
    stranger = stand.client(other)
    for act in (
        lambda: stranger.look(made["id"]),
        lambda: stranger.find("A1"),
        lambda: stranger.confirm(made["id"]),
        lambda: stranger.release(made["id"]),
        lambda: stranger.extend(made["id"], 60),
    ):
        with refused("reservation_not_found"):
            act()
    assert stranger.reserve("A1", [line("BEAR", 2)])["id"] != made["id"], "its own order number"
    assert stranger.call("POST", "/v1/reservations", {"ref": "B", "lines": [line("BEAR", 5)]}, key="reserve-A1x")


def test_nothing_of_a_payment_or_buyer_stands_in_clear_outside_its_place(stand):
    made = stand.mall.call(
        "POST", "/v1/reservations", {"ref": "A1", "buyer": "buyer-77-secret", "lines": [line("BEAR")]}, key="a"
    )
    stand.mall.confirm(made["id"], payment_no="wx-4200-secret")
    dumped = stand.world.dump()
    if not stand.world.store.is_sqlite:
        assert "wx-4200-secret" not in str(dumped)
        assert stand.key.secret not in str(dumped)
    for table in ("journal", "outbox", "door_event", "door_answer", "door_call"):
        assert "secret" not in str(dumped[table]), table


def test_rows_of_the_door_and_of_orders_belong_together(stand):
    stand.mall.reserve("A1", [line("BEAR", 3)])
    rows = stand.world.rows(select(DoorReservation.order_id, DoorReservation.ref))
    assert [(row.order_id, row.ref) for row in rows] == [(stand.world.order("A1").id, "A1")]


def test_a_paused_sale_leaves_nothing_of_an_order_that_was_there_before(stand):
    """The order came by a pull and ran out; the refused call must not leave a reservation that nobody was told of."""
    from core.inventory.pausing import pause_sale
    from tests.support.fake_shop import line as shop_line

    world = stand.world
    world.shop.place("P1", shop_line("1", "BEAR", 2), is_paid=False)
    world.sync("P1")
    stand.pass_time(seconds=901)
    world.do(lambda uow: pause_sale(uow, world.shop_id, world.skus["BEAR"], "test"))
    with refused("sale_paused"):
        stand.mall.reserve("P1", [line("BEAR", 2)])
    assert world.rows(select(DoorReservation.id)) == []


def test_the_journal_names_the_mall_whoever_sits_at_the_desk(stand):
    from core.db.models import Journal

    stand.mall.reserve("A1", [line("BEAR")])
    rows = stand.world.rows(select(Journal.action, Journal.operator).where(Journal.subject == "orders"))
    assert {row.operator for row in rows} == {"mall"}
    assert "order.taken" in {row.action for row in rows}


@pytest.mark.parametrize("why", ["too near its last day", "blocked"])
def test_goods_that_may_not_be_promised_are_not_for_the_door(stand, why):
    from sqlalchemy import update

    from core.channels.models import Shop
    from core.inventory.shelves import day_of

    world = stand.world
    here = StockLevel.id == level(stand).id
    if why == "blocked":
        change = update(StockLevel).where(here).values(is_blocked=True)
    else:
        change = update(StockLevel).where(here).values(expires_day=day_of(world.clock.now()) + 10)
        world.do(lambda uow: uow.execute(update(Shop).values(min_life_days=30)))
    made = stand.mall.reserve("A0", [line("BAG", 1)])
    world.do(lambda uow: uow.execute(change))
    assert stand.mall.stock("BEAR")["items"][0]["available"] == 0
    with refused("out_of_stock") as caught:
        stand.mall.reserve("A1", [line("BEAR", 1)])
    assert caught.value.body["lines"] == [{"sku": "BEAR", "available": 0}]
    assert stand.mall.confirm(made["id"])["state"] == "confirmed"


def test_what_is_asked_for_at_the_door_makes_no_listing(stand):
    """Nobody offers it: it neither stands among the links of a shop nor is read again at each call."""
    from core.catalog.models import Listing

    stand.mall.reserve("A1", [line("BEAR", 3), line("SET")])
    assert stand.world.rows(select(Listing.item_id)) == []
    assert {row.item_id for row in stand.world.lines("A1")} == {"@door"}
    assert claimed(stand, "A1") == {"reserved": 6}
