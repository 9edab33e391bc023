"""The breaker: what trips it, what everything that sells obeys, and that it neither flaps nor forgets."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import select, update

from core.channels.models import Shop
from core.db.models import Journal
from core.gateway.keys import door_shops
from core.inventory.capping import under_caps
from core.inventory.models import SalePause
from core.inventory.pausing import caps_of, is_shop_paused, pause_sale, paused_skus, resume_sale
from core.inventory.quotas.safety import set_safety
from core.inventory.stopping import breaker
from core.inventory.stopping.breaker import Breaker, accept, follow_rules, let_go, open_trips
from core.inventory.stopping.records import Act, Cause, RuleDraft, TripState
from core.inventory.stopping.rules import breaker_rules, drop_breaker_rule, put_breaker_rule
from core.inventory.stopping.watches import breaker_tripped
from core.runtime.errors import NotFound, Refused
from core.runtime.ids import SkuId
from core.sync.shops import add_shop
from tests.support.door import line
from tests.support.fake_shop import line as bought

LOW = RuleDraft(Cause.LOW, is_automatic=True, resumes=True, margin_qty=5, calm_minutes=10)
SILENT = RuleDraft(Cause.SILENT, minutes=10, is_automatic=True, resumes=True, calm_minutes=2)


class Shopkeeper:
    """What the tests do with a world: time passes a minute at a time, and the breaker looks at each."""

    def __init__(self, world):
        self.world = world
        self.bear = SkuId(world.skus["BEAR"])

    def rule(self, draft, rule_id=None):
        return self.world.do(lambda uow: put_breaker_rule(uow, rule_id, draft))

    def safety(self, qty):
        self.world.do(lambda uow: set_safety(uow, self.bear, self.world.warehouse, qty))

    def minutes(self, n=1):
        for _ in range(n):
            self.world.clock.advance(minutes=1)
            self.world.do(follow_rules)

    def pulled(self):
        now = self.world.clock.now()
        self.world.do(lambda uow: uow.execute(update(Shop).values(last_good_pull_at=now)))

    @property
    def trips(self):
        return self.world.store.read(open_trips)

    @property
    def paused(self):
        shop = self.world.shop_id
        return self.bear in self.world.store.read(lambda c: paused_skus(c, shop, [self.bear]))

    @property
    def standing(self):
        at = self.world.clock.now()
        found = self.world.store.read(lambda c: breaker_tripped(door_shops, c, at))
        return [(one.rule, one.severity.value) for one in found]

    def actions(self, *names):
        rows = self.world.rows(select(Journal.action).where(Journal.action.in_(names)).order_by(Journal.id))
        return [row.action for row in rows]


@pytest.fixture
def keeper(world):
    return Shopkeeper(world)


# --- low -------------------------------------------------------------------------------------------------------


def test_below_the_safety_stock_the_sale_stops_everywhere_and_goes_on_when_the_goods_are_back(keeper):
    keeper.rule(LOW)
    keeper.safety(110)
    keeper.minutes(2)
    assert (keeper.trips, keeper.paused) == ((), False), "as much as the safety stock is not below it"
    keeper.safety(111)
    keeper.minutes()
    (trip,) = keeper.trips
    assert (trip.state, trip.cause, trip.facts) == (
        TripState.ACTED,
        Cause.LOW,
        {"sku": "BEAR", "n": 110, "safety": 111},
    )
    assert keeper.paused
    assert keeper.standing == [("sale.broken_low", "critical")]
    keeper.world.receive("BEAR", 5)
    keeper.minutes(30)
    assert keeper.paused, "above it again, but not by the margin"
    keeper.world.receive("BEAR", 1)
    keeper.minutes(10)
    assert keeper.paused, "for long enough it has not been so yet"
    keeper.minutes(1)
    assert (keeper.trips, keeper.paused, keeper.standing) == ((), False, [])
    assert keeper.actions("breaker.tripped", "breaker.acted", "sale.paused", "sale.resumed", "breaker.over") == [
        "breaker.tripped",
        "sale.paused",
        "breaker.acted",
        "sale.resumed",
        "breaker.over",
    ]


def test_a_number_that_wavers_stops_the_sale_once(keeper):
    keeper.rule(LOW)
    keeper.safety(111)
    keeper.minutes()
    for number in range(4):
        keeper.world.receive("BEAR", 6)
        keeper.minutes(5)
        world = keeper.world
        world.desk.stock.adjust(world.warehouse, keeper.bear, -6, "lost", f"lost {number}")
        keeper.minutes(5)
    assert keeper.paused
    assert len(keeper.trips) == 1
    assert keeper.actions("breaker.tripped", "sale.paused", "sale.resumed") == ["breaker.tripped", "sale.paused"]


def test_a_look_reads_what_is_low_or_has_tripped_and_no_more(keeper, monkeypatch):
    read = []
    real = breaker._seen_low

    def seen(rule, rows):
        read.append([row.code for row in rows])
        return real(rule, rows)

    monkeypatch.setattr(breaker, "_seen_low", seen)
    world = keeper.world
    world.do(lambda uow: set_safety(uow, SkuId(world.skus["BAG"]), world.warehouse, 200))
    named = keeper.rule(replace(LOW, sku_code="BEAR"))
    keeper.safety(50)
    keeper.minutes()
    assert read[-1] == [], "another SKU is not the rule's"
    keeper.safety(111)
    keeper.minutes()
    keeper.world.receive("BEAR", 1)
    keeper.minutes()
    assert read[-1] == ["BEAR"], "it tripped, and is looked at until that is over"
    keeper.rule(LOW, named)
    keeper.minutes()
    assert read[-1] == ["BAG"]


def test_a_rule_that_proposes_waits_for_a_person(keeper):
    keeper.rule(RuleDraft(Cause.LOW, "BEAR", calm_minutes=0))
    keeper.safety(111)
    keeper.minutes(3)
    (trip,) = keeper.trips
    assert (trip.state, keeper.paused) == (TripState.PROPOSED, False)
    assert keeper.standing == [("sale.break_proposed_low", "warning")]
    keeper.world.do(lambda uow: accept(uow, trip.id))
    keeper.world.do(lambda uow: accept(uow, trip.id))
    assert (keeper.trips[0].state, keeper.paused) == (TripState.ACTED, True)
    keeper.world.receive("BEAR", 50)
    keeper.minutes(20)
    assert keeper.paused, "it does not let go by itself where its rule does not say so"
    assert keeper.trips[0].is_calm
    keeper.world.do(lambda uow: let_go(uow, trip.id))
    assert not keeper.paused
    keeper.minutes()
    assert keeper.trips == ()
    with pytest.raises(NotFound, match="over"):
        keeper.world.do(lambda uow: accept(uow, trip.id))


def test_who_lets_go_while_the_cause_stands_is_not_asked_again_before_it_was_over(keeper):
    keeper.rule(LOW)
    keeper.safety(111)
    keeper.minutes()
    (trip,) = keeper.trips
    keeper.world.do(lambda uow: let_go(uow, trip.id))
    keeper.world.do(lambda uow: let_go(uow, trip.id))
    keeper.minutes(30)
    assert ([one.state for one in keeper.trips], keeper.paused, keeper.standing) == ([TripState.DECLINED], False, [])
    keeper.safety(10)
    keeper.minutes(12)
    assert keeper.trips == ()
    keeper.safety(111)
    keeper.minutes()
    assert keeper.paused


def test_a_cause_that_is_over_at_once_is_noted_where_a_person_has_to_resume(keeper):
    keeper.rule(RuleDraft(Cause.LOW, is_automatic=True, calm_minutes=0))
    keeper.safety(111)
    keeper.minutes()
    keeper.safety(0)
    keeper.minutes(3)
    assert (keeper.paused, keeper.trips[0].is_calm) == (True, True)
    keeper.safety(111)
    keeper.minutes()
    assert not keeper.trips[0].is_calm, "and stands again"


def test_two_programs_that_look_at_once_trip_once(keeper):
    keeper.rule(LOW)
    keeper.safety(111)
    world = keeper.world
    stores = [world.new_store(f"node {number}") for number in range(3)]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda store: store.write(follow_rules), stores * 2))
    assert len(keeper.trips) == 1
    assert len(world.rows(select(SalePause.id))) == 1


def test_a_rule_that_is_changed_or_dropped_lets_go_of_what_it_stopped(keeper):
    rule = keeper.rule(LOW)
    keeper.safety(111)
    keeper.minutes()
    assert keeper.paused
    keeper.rule(RuleDraft(Cause.LOW, is_active=False), rule)
    assert not keeper.paused
    keeper.minutes()
    assert keeper.trips == ()
    keeper.rule(LOW, rule)
    keeper.minutes()
    assert keeper.paused
    keeper.world.do(lambda uow: drop_breaker_rule(uow, rule))
    assert not keeper.paused
    assert keeper.world.store.read(breaker_rules) == ()
    with pytest.raises(NotFound, match="no rule"):
        keeper.world.do(lambda uow: drop_breaker_rule(uow, rule))
    with pytest.raises(NotFound, match="no rule"):
        keeper.rule(LOW, rule)


def test_what_a_person_stopped_too_stays_stopped_when_the_breaker_lets_go(keeper):
    """Each cause holds for itself."""
    world = keeper.world
    keeper.rule(LOW)
    keeper.safety(111)
    keeper.minutes()
    assert world.do(lambda uow: pause_sale(uow, None, keeper.bear, "by_hand"))
    keeper.safety(0)
    keeper.minutes(12)
    assert (keeper.trips, keeper.paused) == ((), True)
    assert world.do(lambda uow: resume_sale(uow, None, keeper.bear))
    assert not world.do(lambda uow: resume_sale(uow, None, keeper.bear))
    assert not keeper.paused


# --- silent ------------------------------------------------------------------------------------------------------


def test_while_a_shop_is_silent_the_chosen_shops_sell_nothing(keeper):
    world = keeper.world
    other = world.do(lambda uow: add_shop(uow, "fake", "另一家", {}, json.dumps({}), world.warehouse))
    by_hand = world.do(lambda uow: add_shop(uow, "file", "表格店", {}, "", world.warehouse))
    keeper.pulled()
    keeper.rule(
        RuleDraft(Cause.SILENT, "", world.shop_id, 10, (other,), is_automatic=True, resumes=True, calm_minutes=2)
    )
    keeper.minutes(10)
    assert keeper.trips == ()
    keeper.minutes(1)
    (trip,) = keeper.trips
    assert (trip.facts, trip.target_names) == ({"shop": "练习店", "minutes": 11}, ("另一家",))
    assert keeper.standing == [("sale.broken_silent", "critical")]
    assert [
        world.store.read(lambda c, one=shop: is_shop_paused(c, one)) for shop in (other, world.shop_id, by_hand)
    ] == [
        True,
        False,
        False,
    ]
    keeper.pulled()
    keeper.minutes(1)
    assert keeper.trips[0].is_calm
    keeper.minutes(2)
    assert keeper.trips == ()
    assert world.rows(select(SalePause.id)) == []


def test_a_shop_nobody_calls_is_never_silent(keeper):
    world = keeper.world
    world.do(lambda uow: add_shop(uow, "file", "表格店", {}, "", world.warehouse))
    keeper.rule(SILENT)
    keeper.pulled()
    keeper.minutes(11)
    assert [trip.facts["shop"] for trip in keeper.trips] == ["练习店"]
    world.do(lambda uow: uow.execute(update(Shop).values(is_active=False)))
    keeper.minutes(3)
    assert keeper.trips == (), "a shop that is closed is silent no more"


def test_after_a_night_without_anybody_looking_nothing_is_stopped_before_the_shops_were_asked(keeper):
    keeper.rule(SILENT)
    breaker = Breaker(keeper.world.store)
    keeper.world.clock.advance(hours=9)
    assert breaker.work() == 10.0
    assert keeper.trips == ()
    keeper.pulled()
    for _ in range(8):
        keeper.world.clock.advance(seconds=10)
        breaker.work()
    assert keeper.trips == ()
    keeper.world.clock.advance(hours=9)
    breaker.work()
    for _ in range(8):
        keeper.world.clock.advance(seconds=10)
        breaker.work()
    assert len(keeper.trips) == 1, "asked, and still silent"


# --- what obeys --------------------------------------------------------------------------------------------------


def test_the_door_refuses_its_feed_says_nothing_is_left_and_what_was_sold_is_taken_in(keeper, stand):
    world = keeper.world
    made = stand.mall.reserve("A0", [line("BEAR")])
    keeper.rule(LOW)
    keeper.safety(110)
    world.do(follow_rules)
    refused = stand.mall.send("POST", "/v1/reservations", {"ref": "A1", "lines": [line("BEAR")]}, key="k1")
    assert (refused.status, refused.body["code"], refused.body["lines"]) == (423, "sale_paused", [{"sku": "BEAR"}])
    told = stand.mall.stock("BEAR")["items"] + stand.mall.stock("SET")["items"] + stand.mall.stock("BAG")["items"]
    assert [(one["sku"], one["available"], one["sale_state"]) for one in told] == [
        ("BEAR", 0, "paused"),
        ("SET", 0, "paused"),
        ("BAG", 110, "on"),
    ]
    assert stand.mall.confirm(made["id"])["state"] == "confirmed", "what was promised is kept"
    world.shop.place("M1", bought("1", "BEAR", 3))
    world.sync("M1")
    assert (world.holds("M1"), world.order("M1").payment) == (set(), "paid")


def test_a_cap_leaves_the_shop_so_many_units_and_what_is_called_off_comes_back(keeper, stand):
    world = keeper.world
    stand.mall.reserve("A0", [line("BEAR", 7)])
    keeper.rule(RuleDraft(Cause.LOW, "BEAR", act=Act.CAP, cap_qty=4, is_automatic=True, resumes=True, calm_minutes=0))
    keeper.safety(104)
    world.do(follow_rules)
    keeper.safety(0)
    assert stand.mall.stock("BEAR")["items"][0]["available"] == 4
    assert not keeper.paused, "a cap is no stop"
    made = stand.mall.reserve("A1", [line("BEAR", 3)])
    refused = stand.mall.send("POST", "/v1/reservations", {"ref": "A2", "lines": [line("SET")]}, key="k2")
    assert (refused.status, refused.body["lines"]) == (409, [{"sku": "SET", "available": 0}])
    assert stand.mall.stock("BEAR")["items"][0]["available"] == 1
    stand.mall.release(made["id"])
    assert stand.mall.stock("BEAR")["items"][0]["available"] == 4
    shop = world.shop_id
    assert world.store.read(lambda c: under_caps(c, shop, [keeper.bear], world.clock.now())) == {keeper.bear: 4}
    assert world.store.read(lambda c: caps_of(c, shop, [SkuId(world.skus["CARD"])])) == {}
    stand.pass_time(minutes=20)
    world.do(follow_rules)
    assert stand.mall.stock("BEAR")["items"][0]["available"] == 110


def test_an_expired_reservation_comes_back_only_within_the_cap(keeper, stand):
    world = keeper.world
    made = stand.mall.reserve("A0", [line("BEAR", 3)])
    stand.pass_time(minutes=16)
    world.do(lambda uow: pause_sale(uow, world.shop_id, keeper.bear, "test", cap_qty=2))
    refused = stand.mall.send("POST", f"/v1/reservations/{made['id']}/extend", {"expires_in": 600})
    assert (refused.status, refused.body["code"]) == (409, "expired_out_of_stock")
    world.do(lambda uow: resume_sale(uow, world.shop_id, keeper.bear))
    assert stand.mall.extend(made["id"], 600)["state"] == "reserved"


@pytest.mark.parametrize(
    ("draft", "code"),
    [
        (RuleDraft(Cause.SILENT, minutes=0), "breaker.minutes"),
        (RuleDraft(Cause.SILENT, minutes=1441), "breaker.minutes"),
        (RuleDraft(Cause.LOW, margin_qty=-1), "breaker.margin"),
        (RuleDraft(Cause.LOW, act=Act.CAP), "breaker.cap"),
        (RuleDraft(Cause.LOW, "NONE"), "limit.sku_unknown"),
        (RuleDraft(Cause.LOW, target_shop_ids=(99,)), "shop.unknown"),
    ],
)
def test_a_rule_that_says_nothing_sensible_is_refused(keeper, draft, code):
    with pytest.raises((Refused, NotFound)) as caught:
        keeper.rule(draft)
    assert caught.value.code == code
    assert keeper.world.store.read(breaker_rules) == ()


def test_a_rule_reads_back_as_it_was_written(keeper):
    world = keeper.world
    draft = RuleDraft(Cause.SILENT, "", world.shop_id, 7, (world.shop_id,), Act.CAP, 9, True, True, 0, 3)
    keeper.rule(draft)
    (rule,) = world.store.read(breaker_rules)
    assert (rule.draft, rule.shop_name, rule.target_names) == (draft, "练习店", ("练习店",))
