"""Purchase limits: what they mean, at the door and at intake, on both engines."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from core.channels.contract import Consignee
from core.customers.members import members_of, set_member, sources_of
from core.db.models import Journal
from core.gateway.calls import Call
from core.inventory.left import left_of
from core.inventory.quotas.safety import set_safety
from core.inventory.stopping.records import Cause, RuleDraft
from core.orders.limits.deciding import all_rules, steps_of
from core.orders.limits.editing import drop_rule, put_rule
from core.orders.limits.records import LimitRule, Step
from core.runtime.errors import NotFound, Refused
from core.runtime.ids import SkuId
from tests.support.door import Stand, at_once, call, example, line
from tests.support.fake_shop import LIN
from tests.support.fake_shop import line as bought
from tests.support.world import START, World

#: the owner's usual rule
STEPS = (Step(100, 2), Step(50, 1, members_only=True))


def limit(world: World, sku: str = "BEAR", steps=STEPS, days: int = 30, *, is_active: bool = True) -> int:
    return world.do(lambda uow: put_rule(uow, sku, days, steps, is_active=is_active))


def left(world: World, sku: str = "BEAR") -> int:
    id_ = SkuId(world.skus[sku])
    return world.store.read(lambda c: left_of(c, world.warehouse, [id_], world.clock.now()))[id_]


def reserve(stand: Stand, ref: str, qty: int = 1, sku: str = "BEAR", **more):
    body = {"ref": ref, "lines": [line(sku, qty)]} | more
    return stand.mall.send("POST", "/v1/reservations", body, key=f"k {ref}")


def someone(number: int) -> Consignee:
    """A receiver of their own: in the tests' shop everybody shares one phone otherwise."""
    return replace(LIN, phone=f"1390000{number:04d}")


# --- what a rule says ------------------------------------------------------------------------------------------------


def test_the_step_of_the_least_that_is_reached_counts():
    rule = LimitRule(1, None, "", "", 30, STEPS, is_active=True, changed_at=START, changed_by="")
    assert [rule.step_at(qty) for qty in (101, 100, 51, 50, 0)] == [None, STEPS[0], STEPS[0], STEPS[1], STEPS[1]]


def test_a_rule_is_kept_as_it_was_set_and_set_anew(world):
    first = limit(world, "", (Step(10, 5),), 7)
    own = limit(world)
    assert limit(world, "", (Step(20, 3), Step(30, 4)), 9, is_active=False) == first
    general, bear = world.store.read(all_rules)
    assert (general.id, general.sku_id, general.window_days, general.is_active) == (first, None, 9, False)
    assert general.steps == (Step(30, 4), Step(20, 3))
    assert (bear.id, bear.sku_code, bear.steps) == (own, "BEAR", STEPS)
    assert [rule.id for rule in world.store.read(lambda c: all_rules(c, only_active=True))] == [own]
    world.do(lambda uow: drop_rule(uow, first))
    with pytest.raises(NotFound, match="no limit"):
        world.do(lambda uow: drop_rule(uow, first))
    assert steps_of([]) == ()


@pytest.mark.parametrize("said", ["6901234567892", "(01)06901234567892(10)A7", " BEAR "])
def test_goods_are_named_by_a_scan_as_well_as_by_their_code(world, said):
    desk = world.desk.low_stock
    assert desk.put_limit(said, 30, STEPS, is_active=True) == limit(world)
    desk.put_breaker_rule(None, RuleDraft(Cause.LOW, said))
    assert desk.preview(said, ()).sku_code == "BEAR"
    desk.stop(said, (), "")
    view = desk.view()
    assert [one.sku_code for one in (*view.limits, *view.stops)] == ["BEAR", "BEAR"]
    assert [one.draft.sku_code for one in view.rules] == ["BEAR"]


@pytest.mark.parametrize(
    ("sku", "days", "steps", "code"),
    [
        ("BEAR", 0, STEPS, "limit.days"),
        ("BEAR", 366, STEPS, "limit.days"),
        ("BEAR", 30, (), "limit.no_steps"),
        ("BEAR", 30, tuple(Step(n, 1) for n in range(9)), "limit.too_many_steps"),
        ("BEAR", 30, (Step(-1, 1),), "limit.step_bad"),
        ("BEAR", 30, (Step(10, 0),), "limit.step_bad"),
        ("BEAR", 30, (Step(10, 2), Step(10, 1)), "limit.step_twice"),
        ("BEAR", 30, (Step(10, 1), Step(5, 2)), "limit.looser_when_less"),
        ("SET", 30, STEPS, "limit.bundle"),
        ("GIFT", 30, STEPS, "limit.uncounted"),
        ("NONE", 30, STEPS, "limit.sku_unknown"),
    ],
)
def test_a_rule_that_says_nothing_sensible_is_refused_and_nothing_is_kept(world, sku, days, steps, code):
    with pytest.raises((Refused, NotFound)) as caught:
        limit(world, sku, steps, days)
    assert caught.value.code == code
    assert world.store.read(all_rules) == ()


def test_left_is_what_can_be_sold_here_and_an_allotted_unit_still_can(world, stand):
    assert left(world) == 110
    world.do(lambda uow: set_safety(uow, SkuId(world.skus["BEAR"]), world.warehouse, 30))
    assert left(world) == 80
    reserve(stand, "A1", 5)
    assert left(world) == 75
    stand.pass_time(minutes=20)
    assert left(world) == 80, "the time of the reservation has run out, swept or not"
    assert world.store.read(lambda c: left_of(c, world.warehouse, [SkuId(world.skus["GIFT"])], START)) == {}
    assert world.store.read(lambda c: left_of(c, world.warehouse, [], START)) == {}


# --- at the door -----------------------------------------------------------------------------------------------------


def test_while_there_is_plenty_nobody_is_limited_not_even_a_buyer_without_a_name(world, stand):
    limit(world)
    assert reserve(stand, "A1", 9).status == 201


def test_the_door_says_how_many_may_still_be_bought(world, stand):
    limit(world)
    reserve(stand, "A0", 10)
    assert left(world) == 100
    assert reserve(stand, "A1", 1, buyer="ann").status == 201
    refused = reserve(stand, "A2", 2, buyer="ann")
    assert (refused.status, refused.body["code"], refused.body["retryable"]) == (409, "purchase_limit", False)
    assert refused.body["lines"] == [{"sku": "BEAR", "may_buy": 1, "within_days": 30, "members_only": False}]
    assert left(world) == 99, "a refusal takes nothing"
    assert [row.order_no for row in world.listed()] == ["A1", "A0"]
    assert reserve(stand, "A3", 1, buyer="ann").status == 201
    assert reserve(stand, "A4", 1, buyer="ann").body["lines"][0]["may_buy"] == 0
    assert reserve(stand, "A5", 2, buyer="bob").status == 201


def test_two_new_buyers_in_one_transaction_are_two_customers(world, stand):
    limit(world)

    def wish(ref: str, buyer: str, qty: int) -> Call:
        body = {"ref": ref, "buyer": buyer, "lines": [line("BEAR", qty)]}
        return call(stand, "/v1/reservations", body, f"k {ref}")

    at_once(stand, wish("A0", "dan", 10))
    said = at_once(stand, wish("A1", "ann", 2), wish("A2", "bob", 2), wish("A3", "ann", 1), wish("A4", "cid", 1))
    assert said == [(201, "reserved"), (201, "reserved"), (409, "purchase_limit"), (201, "reserved")]


def test_a_buyer_nobody_names_cannot_be_counted_and_is_refused(world, stand):
    limit(world)
    reserve(stand, "A0", 10)
    refused = reserve(stand, "A1", 1)
    assert (refused.status, refused.body["code"]) == (409, "purchase_limit")
    assert "buyer" in refused.body["detail"]


def test_only_members_may_buy_the_last(world, stand):
    limit(world)
    reserve(stand, "A0", 60)
    refused = reserve(stand, "A1", 1, buyer="ann")
    assert refused.body["lines"] == [{"sku": "BEAR", "may_buy": 0, "within_days": 30, "members_only": True}]
    assert reserve(stand, "A2", 1, buyer="ann", member=True).status == 201
    assert reserve(stand, "A3", 1, buyer="ann").body["lines"][0]["members_only"] is False, "the mall's word is kept"
    assert reserve(stand, "A4", 1, buyer="bob").body["lines"][0]["members_only"] is True
    world.do(lambda uow: set_member(uow, world.order("A2").customer_id, False))
    assert reserve(stand, "A5", 1, buyer="ann").body["lines"][0]["members_only"] is True, "the owner's stands above"
    said_again = reserve(stand, "A6", 1, buyer="ann", member=True)
    assert said_again.body["lines"][0]["members_only"] is True, "whatever the mall says now"


def test_a_bundle_counts_as_what_is_in_it(world, stand):
    limit(world, steps=(Step(200, 3),))
    assert reserve(stand, "A1", 1, "SET", buyer="ann").status == 201
    refused = reserve(stand, "A2", 1, "SET", buyer="ann")
    assert refused.body["lines"] == [{"sku": "SET", "may_buy": 0, "within_days": 30, "members_only": False}]
    assert reserve(stand, "A3", 1, buyer="ann").status == 201


def test_what_ran_out_or_was_called_off_is_not_bought_and_comes_back_only_within_the_limit(world, stand):
    limit(world, steps=(Step(200, 2),))
    first = reserve(stand, "A1", 2, buyer="ann").body
    stand.pass_time(minutes=16)
    second = reserve(stand, "A2", 2, buyer="ann")
    assert second.status == 201
    with pytest.raises(example().DoorError, match="409 purchase_limit"):
        stand.mall.extend(first["id"], 600)
    again = stand.mall.send("POST", "/v1/reservations", {"ref": "A1", "lines": [line("BEAR", 2)]}, key="again")
    assert (again.status, again.body["code"]) == (409, "purchase_limit")
    stand.mall.release(second.body["id"])
    assert stand.mall.extend(first["id"], 600)["state"] == "reserved"
    assert world.holds("A1") == {"no_receiver"}


def test_money_that_came_is_taken_whatever_the_limit(world, stand):
    limit(world, steps=(Step(200, 2),))
    first = reserve(stand, "A1", 2, buyer="ann").body
    stand.pass_time(minutes=16)
    reserve(stand, "A2", 2, buyer="ann")
    assert stand.mall.confirm(first["id"])["state"] == "confirmed"


def test_the_window_of_days_moves(world, stand):
    limit(world, steps=(Step(200, 2),), days=7)
    stand.mall.confirm(reserve(stand, "A1", 2, buyer="ann").body["id"])
    stand.pass_time(days=6)
    assert reserve(stand, "A2", 1, buyer="ann").status == 409
    stand.pass_time(days=1, seconds=1)
    assert reserve(stand, "A3", 2, buyer="ann").status == 201


def test_one_customer_at_two_malls_is_one_customer(world, stand):
    """Accounts meet by the clear phone number of their orders."""
    limit(world, steps=(Step(200, 2),))
    world.shop.place("M1", bought("1", "BEAR", 2), buyer_key="ann", consignee=someone(1))
    world.sync("M1")
    assert reserve(stand, "A1", 1, buyer="ann").body["lines"][0]["may_buy"] == 0
    world.shop.place("M2", bought("1", "CARD"), buyer_key="ann-elsewhere", consignee=someone(1))
    world.sync("M2")
    assert reserve(stand, "A2", 1, buyer="ann-elsewhere").body["lines"][0]["may_buy"] == 0
    assert reserve(stand, "A3", 1, buyer="somebody else").status == 201


# --- at intake -------------------------------------------------------------------------------------------------------


def test_a_marketplace_order_over_the_limit_is_taken_in_and_held_for_a_person(world):
    limit(world, steps=(Step(200, 2),))
    world.shop.place("M1", bought("1", "BEAR", 2), buyer_key="ann", consignee=someone(1))
    world.shop.place("M2", bought("1", "BEAR", 1), buyer_key="ann", consignee=someone(1))
    world.shop.place("M3", bought("1", "BEAR", 2), buyer_key="bob", consignee=someone(2))
    world.sync()
    assert [world.holds(no) for no in ("M1", "M2", "M3")] == [set(), {"over_limit"}, set()]
    assert left(world) == 105, "what was sold is sold"
    told = world.rows(select(Journal.facts).where(Journal.action == "order.over_limit").order_by(Journal.id))
    assert [row.facts for row in told] == [
        {"sku": "BEAR", "qty": 1, "may": 0, "bought": 2, "left": 108, "days": 30, "needs_member": False}
    ]
    world.sync()
    world.desk.orders.release_hold(world.order("M2").id)
    world.sync()
    assert (world.holds("M2"), world.order("M2").fulfilment) == (set(), "to_pack"), "released by right, for good"


def test_an_order_changed_over_the_limit_is_held_and_back_under_it_let_go(world):
    limit(world, steps=(Step(200, 2),))
    world.shop.place("M1", bought("1", "BEAR", 2), buyer_key="ann", consignee=someone(1))
    world.sync()
    world.clock.advance(minutes=1)
    world.shop.change("M1", lines=(bought("1", "BEAR", 3),))
    world.sync()
    assert world.holds("M1") == {"over_limit"}
    world.clock.advance(minutes=1)
    world.shop.change("M1", lines=(bought("1", "BEAR", 1),))
    world.sync()
    assert world.holds("M1") == set()


def test_cancelled_and_refunded_orders_do_not_count(world):
    limit(world, steps=(Step(200, 2),))
    for number, no in enumerate(("M1", "M2")):
        world.shop.place(no, bought("1", "BEAR", 2), buyer_key="ann", consignee=someone(1))
        world.sync(no)
        assert world.holds(no) == set()
        world.clock.advance(minutes=1)
        world.shop.cancel(no) if number else world.shop.after_sale(no, "1", "refunded")
        world.sync(no)
    world.shop.place("M3", bought("1", "BEAR", 2), buyer_key="ann", consignee=someone(1))
    world.sync("M3")
    assert world.holds("M3") == set()


def test_members_by_the_word_of_a_mall_and_of_the_owner(world):
    world.shop.place("M1", bought("1", "BEAR"), buyer_key="ann", buyer_is_member=True, consignee=someone(1))
    world.shop.place("M2", bought("1", "BEAR"), buyer_key="bob", consignee=someone(2))
    world.sync()
    ann, bob = (world.order(no).customer_id for no in ("M1", "M2"))

    def members() -> set[int]:
        return set(world.store.read(lambda c: members_of(c, [ann, bob])))

    assert members() == {ann}
    world.do(lambda uow: set_member(uow, bob, True))
    world.do(lambda uow: set_member(uow, ann, False))
    assert members() == {bob}
    assert world.store.read(lambda c: sources_of(c, ann)) == {f"shop:{world.shop_id}": True, "owner": False}
    world.do(lambda uow: set_member(uow, ann, None))
    assert members() == {ann, bob}
    world.clock.advance(minutes=1)
    world.shop.change("M1", buyer_is_member=False)
    world.sync()
    assert members() == {bob}
    with pytest.raises(NotFound, match="no customer"):
        world.do(lambda uow: set_member(uow, 10**6, True))
