"""Goods that come, go, are counted and set aside; every act once per key."""

import pytest

from core.inventory import ledger, queries
from core.inventory.records import Shortage
from core.runtime.errors import NotFound, Refused
from core.runtime.ids import SkuId
from tests.support.inventory_world import lines_of


def kinds(world):
    return [(row[3], row[4]) for row in world.stock()["movement"]]


def test_receipts_add_up_and_a_repeated_key_gives_the_first_answer(world):
    sku = world.sku()

    def act(uow):
        return ledger.receive(uow, world.main, sku, 7, "delivery", "R1")

    first, again = world.do(act), world.do(act)

    assert (first.on_hand_qty, first.is_repeat) == (7, False)
    assert (again.on_hand_qty, again.is_repeat, again.level_id) == (7, True, first.level_id)
    assert world.level(sku) == (7, 0, 0, 0)
    assert kinds(world) == [(7, "receipt")]


def test_a_key_stands_for_one_act_only(world):
    sku = world.sku()
    world.do(lambda uow: ledger.receive(uow, world.main, sku, 7, "delivery", "R1"))
    before = world.stock()
    with pytest.raises(Refused) as refusal:
        world.do(lambda uow: ledger.receive(uow, world.main, sku, 8, "delivery", "R1"))
    assert refusal.value.code == "stock.key_reused"
    assert world.stock() == before


def test_goods_in_hand_are_booked_with_a_kind_of_their_own(world):
    sku = world.sku()
    world.do(lambda uow: ledger.book_in_hand(uow, world.main, sku, 1, "on the desk", "H1"))
    assert kinds(world) == [(1, "unbooked_receipt")]
    assert world.level(sku) == (1, 0, 0, 0)


def test_an_adjustment_never_takes_what_is_promised(world):
    sku = world.stocked(5)
    world.bought((sku, 3))
    before = world.stock()
    with pytest.raises(Refused) as refusal:
        world.do(lambda uow: ledger.adjust(uow, world.main, sku, -3, "broken", "A1"))
    assert refusal.value.code == "stock.too_little"
    assert refusal.value.facts == {"qty": 3, "available_qty": 2, "quarantined_qty": 0}
    assert world.stock() == before

    world.do(lambda uow: ledger.adjust(uow, world.main, sku, -2, "broken", "A1"))
    world.do(lambda uow: ledger.adjust(uow, world.main, sku, 1, "found", "A2"))
    assert world.level(sku) == (4, 3, 0, 0)


@pytest.mark.parametrize("qty", [0, ledger.MOST_QTY + 1, 10**30])
def test_absurd_quantities_are_refused(world, qty):
    sku = world.sku()
    before = world.stock()
    with pytest.raises(Refused, match="no quantity of goods"):
        world.do(lambda uow: ledger.receive(uow, world.main, sku, qty, "delivery", "R1"))
    with pytest.raises(Refused, match="no quantity of goods"):
        world.do(lambda uow: ledger.count(uow, world.main, sku, qty or -1, "stocktake", "C1"))
    assert world.stock() == before


def test_bundles_uncounted_goods_and_unknown_skus_have_no_stock(world):
    bundle, free = world.sku(is_bundle=True), world.sku(is_stock_managed=False)
    for sku, kind, code in (
        (bundle, Refused, "stock.is_bundle"),
        (free, Refused, "stock.not_managed"),
        (SkuId(999), NotFound, "stock.no_sku"),
    ):
        with pytest.raises(kind) as refusal:
            world.do(lambda uow, sku=sku: ledger.receive(uow, world.main, sku, 1, "delivery", "R1"))
        assert refusal.value.code == code
    assert world.stock()["stock_level"] == []


def test_quarantine_takes_only_free_units_and_gives_back_only_its_own(world):
    sku = world.stocked(5)
    world.bought((sku, 2))

    def act(how, qty, key):
        return world.do(lambda uow: how(uow, world.main, sku, qty, "damp", key))

    with pytest.raises(Refused, match="more than can be taken"):
        act(ledger.quarantine, 4, "Q1")
    assert act(ledger.quarantine, 3, "Q1").quarantined_qty == 3
    assert act(ledger.quarantine, 3, "Q1").is_repeat
    assert world.level(sku) == (5, 2, 0, 3)
    with pytest.raises(Refused, match="more than can be taken"):
        act(ledger.unquarantine, 4, "Q2")
    act(ledger.unquarantine, 1, "Q2")
    assert world.level(sku) == (5, 2, 0, 2)
    assert kinds(world) == [(5, "receipt")]


def test_a_transfer_moves_free_units_once(world):
    sku = world.stocked(5)
    world.bought((sku, 2))

    def act(qty, key, to=world.second):
        return world.do(lambda uow: ledger.transfer(uow, world.main, to, sku, qty, "fill up", key))

    before = world.level(sku)
    with pytest.raises(Refused, match="more than can be taken"):
        act(4, "T1")
    assert (world.level(sku), world.level(sku, world.second)) == (before, None)
    with pytest.raises(Refused, match="two warehouses"):
        act(1, "T1", to=world.main)

    first, again = act(3, "T1"), act(3, "T1")
    assert (first.source.on_hand_qty, first.target.on_hand_qty) == (2, 3)
    assert (again.source.is_repeat, again.target.on_hand_qty) == (True, 3)
    assert world.level(sku) == (2, 2, 0, 0)
    assert world.level(sku, world.second) == (3, 0, 0, 0)
    assert sorted(kinds(world)) == [(-3, "transfer"), (3, "transfer"), (5, "receipt")]


def count(world, sku, qty, key="C1"):
    return world.do(lambda uow: ledger.count(uow, world.main, sku, qty, "stocktake", key))


def test_a_count_books_its_variance_once(world):
    sku = world.stocked(5)
    assert count(world, sku, 8).variance_qty == 3
    again = count(world, sku, 8)
    assert (again.variance_qty, again.is_repeat) == (3, True)
    assert count(world, sku, 8, "C2").variance_qty == 0
    assert world.level(sku) == (8, 0, 0, 0)
    assert kinds(world) == [(5, "receipt"), (3, "count")]


def test_i10_a_count_below_what_is_promised_gives_a_deficit_list_by_priority(world):
    sku = world.stocked(12)
    urgent = world.bought((sku, 3), is_paid=True, ship_by_h=2)
    later = world.bought((sku, 3), is_paid=True, ship_by_h=20)
    whenever = world.bought((sku, 2), is_paid=True)
    unpaid = world.bought((sku, 2), ship_by_h=1)
    world.do(lambda uow: ledger.quarantine(uow, world.main, sku, 2, "damp", "Q1"))

    result = count(world, sku, 7)

    line = {name: lines_of(order)[0] for name, order in (("later", later), ("any", whenever), ("unpaid", unpaid))}
    assert result.deficits == (
        Shortage(line["unpaid"], sku, 2, 0),
        Shortage(line["any"], sku, 2, 0),
        Shortage(line["later"], sku, 3, 2),
    )
    assert world.level(sku) == (7, 0, 5, 2)
    assert world.claims(urgent) == [("confirmed", 3)]
    assert world.claims(later) == [("confirmed", 2), ("released", 1), ("short", 1)]
    assert world.claims(unpaid) == [("released", 2), ("short", 2)]
    assert count(world, sku, 7).deficits == result.deficits


def test_i10_counting_nothing_empties_everything_and_quarantine_goes_last(world):
    sku = world.stocked(5)
    order = world.bought((sku, 2), is_paid=True)
    world.do(lambda uow: ledger.quarantine(uow, world.main, sku, 3, "damp", "Q1"))
    assert len(count(world, sku, 0).deficits) == 1
    assert world.level(sku) == (0, 0, 0, 0)
    assert world.claims(order) == [("released", 2), ("short", 2)]


def test_expired_claims_give_way_before_living_ones(world):
    sku = world.stocked(5)
    sleeper = world.bought((sku, 2), ship_by_h=1)
    world.clock.advance(minutes=10)
    newer = world.bought((sku, 3))
    world.clock.advance(minutes=6)
    assert count(world, sku, 3).deficits == ()
    assert world.claims(sleeper) == [("expired", 2)]
    assert world.claims(newer) == [("reserved", 3)]
    assert world.level(sku) == (3, 3, 0, 0)


def test_living_claims_give_way_where_the_expired_ones_were_not_enough(world):
    sku = world.stocked(5)
    sleeper = world.bought((sku, 2))
    world.clock.advance(minutes=10)
    later = world.bought((sku, 3), ship_by_h=1)
    sooner_paid = world.order((sku, 1), is_paid=True, ship_by_h=1)
    world.clock.advance(minutes=6)
    assert count(world, sku, 1).deficits == (Shortage(lines_of(later)[0], sku, 3, 1),)
    assert world.claims(sleeper) == [("expired", 2)]
    assert not world.reserve(sooner_paid)[sooner_paid.order_id].is_reserved
    assert world.level(sku) == (1, 1, 0, 0)


def test_a_line_with_two_claims_on_a_level_is_one_deficit(world):
    sku = world.stocked(4)
    order = world.bought((sku, 2))
    from core.inventory.records import OrderWants, Want

    grown = OrderWants(order.order_id, world.main, (Want(lines_of(order)[0], sku, 4),), is_paid=False)
    world.reserve(grown)
    assert count(world, sku, 1).deficits == (Shortage(lines_of(order)[0], sku, 4, 1),)
    assert world.level(sku) == (1, 1, 0, 0)


def test_claims_of_orders_that_count_as_done_are_found_all_the_same(world):
    sku = world.stocked(4)
    world.bought((sku, 4), is_paid=True, fulfilment="shipped")
    assert count(world, sku, 3).deficits[0].available_qty == 3
    assert world.level(sku) == (3, 0, 3, 0)


def test_check_sums_finds_every_kind_of_damage(world):
    from sqlalchemy import text

    sku = world.stocked(4)
    assert world.store.read(queries.check_sums) == []
    world.do(
        lambda uow: uow.execute(text("UPDATE stock_level SET on_hand_qty = 9, reserved_qty = 2, confirmed_qty = 1"))
    )
    assert [
        (wrong.quantity, wrong.cached_qty, wrong.summed_qty) for wrong in world.store.read(queries.check_sums)
    ] == [
        ("on_hand_qty", 9, 4),
        ("reserved_qty", 2, 0),
        ("confirmed_qty", 1, 0),
    ]
    world.do(
        lambda uow: uow.execute(text("UPDATE stock_level SET on_hand_qty = 4, reserved_qty = 0, confirmed_qty = 0"))
    )
    assert world.level(sku) == (4, 0, 0, 0)
