"""An own mall whose notice of a payment was lost: the gateway is asked, and the order goes on. Both engines."""

import itertools
from datetime import timedelta

import pytest
from sqlalchemy import event, func, select

from core.db.models import Journal
from core.inventory.queries import availability
from core.orders.watches import paid_no_stock
from core.payments import watches
from core.payments.asking import ASK_AFTER, next_ask, see_to, settle
from core.payments.contract import Trade, TradeState
from core.payments.models import PaymentGateway, PaymentQuestion
from core.runtime.remote_errors import AuthExpired, ContractBroken, RateLimited, Rejected, Temporary
from core.runtime.standing import Severity
from tests.simulators.payment_gateways import rsa_key
from tests.support.fake_shop import line
from tests.support.world import CARRIER, START

PRICE = 26_800


def place(world, no, qty=2, **more):
    """An unpaid order of 2 bears; its amount is what the shop says."""
    world.shop.place(no, line("1", "BEAR", qty), is_paid=False, **more)
    world.sync(no)
    return world.order(no).amount_fen


def ask(till, gateway_id, **later):
    if later:
        till.world.clock.advance(**later)
    return till.asking.ask_due(gateway_id)


def questions(world):
    return world.rows(select(*PaymentQuestion.__table__.c).order_by(PaymentQuestion.id))


def actions(world, no):
    query = select(Journal.action).where(Journal.subject == "orders", Journal.subject_id == world.order(no).id)
    return [row.action for row in world.rows(query.order_by(Journal.id))]


def standing(world, watch):
    return [(one.rule, one.key) for one in world.store.read(lambda c: watch(c, world.clock.now()))]


def level(world):
    found = world.store.read(lambda c: availability(c, [world.skus["BEAR"]]))
    return found[world.skus["BEAR"]][world.warehouse]


@pytest.mark.parametrize("kind", ["wechat", "alipay"])
def test_a_payment_the_mall_never_heard_of_is_found_and_packed(till, kind):
    world, server, gateway_id = till.world, getattr(till, kind), till.add(kind)
    fen = place(world, "A1")
    server.pay("A1", fen)
    assert ask(till, gateway_id) == 0, "a notice that is on its way arrives sooner"
    assert ask(till, gateway_id, minutes=3) == 1
    order = world.order("A1")
    assert (order.payment, order.fulfilment, order.paid_at) == ("paid", "to_pack", START)
    assert order.ship_by_at == START + timedelta(hours=48)
    assert "order.payment_found" in actions(world, "A1")
    assert standing(world, watches.lost_notices) == [("payment.callback_lost", f"shop:{world.shop_id}")]
    world.sync("A1")
    assert world.order("A1").payment == "paid", "the mall still calls it unpaid"
    world.buy_numbers()
    world.desk.pack("A1")
    assert world.desk.ship(world.number("A1")).code == "parcel.shipped"
    world.clock.advance(hours=24)
    assert standing(world, watches.lost_notices) == []


def test_it_is_asked_under_the_number_the_mall_gives(till):
    gateway_id = till.add(template="MALL-{order_no}-1")
    till.wechat.pay("MALL-A1-1", place(till.world, "A1"))
    assert ask(till, gateway_id, minutes=3) == 1
    assert till.world.order("A1").payment == "paid"
    assert till.wechat.calls[-1][1].endswith("/MALL-A1-1")


def test_late_money_claims_anew_or_stands_without_goods(till):
    world, gateway_id = till.world, till.add()
    first, second = place(world, "A1"), place(world, "A2")
    world.clock.advance(minutes=16)
    world.tidy()
    world.shop.place("B1", line("1", "BEAR", level(world).available_qty - 2))
    world.sync("B1")
    till.wechat.pay("A1", first)
    assert ask(till, gateway_id) == 2
    assert (world.order("A1").fulfilment, world.holds("A1")) == ("to_pack", set())
    till.wechat.pay("A2", second)
    ask(till, gateway_id, minutes=10)
    assert (world.order("A2").payment, world.holds("A2")) == ("paid", {"paid_no_stock"})
    assert standing(world, paid_no_stock) == [("order.paid_no_stock", f"order:{world.order('A2').id}")]


def test_another_amount_is_never_taken_as_paid(till):
    world, gateway_id = till.world, till.add()
    fen = place(world, "A1")
    till.wechat.pay("A1", fen - 1)
    ask(till, gateway_id, minutes=3)
    order = world.order("A1")
    assert (order.payment, order.fulfilment, world.holds("A1")) == ("unpaid", "to_review", {"payment_differs"})
    assert standing(world, watches.findings) == [("payment.amount_differs", f"order:{order.id}")]
    assert ask(till, gateway_id, hours=1) == 0, "a person decides now"
    question = questions(world)[0].id
    assert world.do(lambda uow: see_to(uow, question))
    assert not world.do(lambda uow: see_to(uow, question))
    assert standing(world, watches.findings) == []


def test_money_for_an_order_that_was_closed_meanwhile_is_told(till):
    """The mall waited for a notice that was lost, and closed the order: the money is there all the same."""
    world, gateway_id = till.world, till.add()
    fen = place(world, "A1")
    assert ask(till, gateway_id, minutes=3) == 1
    till.wechat.pay("A1", fen)
    world.shop.cancel("A1")
    world.sync("A1")
    assert ask(till, gateway_id, minutes=3) == 1
    found = world.store.read(lambda c: watches.findings(c, world.clock.now()))
    assert [(one.rule, one.severity) for one in found] == [("payment.paid_but_closed", Severity.CRITICAL)]
    assert (world.order("A1").fulfilment, level(world).confirmed_qty) == ("cancelled", 0)


def test_money_that_went_back_there_is_told_here(till):
    world, gateway_id = till.world, till.add()
    till.wechat.pay("A1", place(world, "A1"))
    till.wechat.refund("A1")
    ask(till, gateway_id, minutes=3)
    assert (world.order("A1").payment, world.holds("A1")) == ("unpaid", {"payment_differs"})
    assert standing(world, watches.findings)[0][0] == "payment.refunded_there"


def test_a_till_that_is_closed_gives_the_goods_free(till):
    world, gateway_id = till.world, till.add()
    fen = place(world, "A1")
    till.wechat.open("A1", fen)
    till.wechat.shut("A1")
    assert level(world).reserved_qty == 2
    ask(till, gateway_id, minutes=3)
    assert (level(world).reserved_qty, questions(world)[0].state) == (0, "settled")
    world.shop.pay("A1")
    world.sync("A1")
    assert world.order("A1").fulfilment == "to_pack", "a payment by another way claims anew"


def test_goods_stay_kept_while_another_till_is_open(till):
    world, wechat, alipay = till.world, till.add("wechat"), till.add("alipay")
    fen = place(world, "A1")
    till.wechat.open("A1", fen)
    till.wechat.shut("A1")
    till.alipay.open("A1", fen)
    till.world.clock.advance(minutes=3)
    ask(till, alipay)
    ask(till, wechat)
    assert level(world).reserved_qty == 2
    till.alipay.pay("A1", fen)
    ask(till, alipay, minutes=2)
    assert world.order("A1").payment == "paid"


def test_what_the_mall_says_first_ends_the_asking(till):
    world, gateway_id = till.world, till.add()
    place(world, "A1")
    ask(till, gateway_id, minutes=3)
    world.shop.pay("A1")
    world.sync("A1")
    assert ask(till, gateway_id, minutes=10) == 1
    assert questions(world)[0].state == "settled"
    assert "order.payment_found" not in actions(world, "A1")
    assert ask(till, gateway_id, hours=5) == 0


def test_the_same_finding_twice_changes_nothing(till):
    """Two desks ask at the same moment, or a program dies between answer and commit."""
    world, gateway_id = till.world, till.add()
    fen = place(world, "A1")
    ask(till, gateway_id, minutes=3)
    question = questions(world)[0].id
    trade = Trade("A1", TradeState.PAID, fen, "42", world.clock.now())
    assert world.do(lambda uow: settle(uow, question, trade, CARRIER)) == "paid"
    before = world.dump()
    assert world.do(lambda uow: settle(uow, question, trade, CARRIER)) == "paid"
    assert world.dump() == before


def test_asking_grows_slower_but_looks_around_the_end_of_the_time(till):
    world, gateway_id = till.world, till.add()
    place(world, "A1")
    asked = []
    ask(till, gateway_id, minutes=3)
    while (question := questions(world)[0]).state == "waiting":
        asked.append((world.clock.now() - START).total_seconds())
        left = (question.next_at - world.clock.now()).total_seconds()
        assert ask(till, gateway_id, seconds=left - 1) == 0
        assert ask(till, gateway_id, seconds=1) == 1
    until = 900
    assert asked[0] == ASK_AFTER.total_seconds()
    assert any(until - 65 <= at < until for at in asked), asked
    assert any(until <= at <= until + 10 for at in asked), asked
    gaps = [later - sooner for sooner, later in itertools.pairwise(asked[6:])]
    assert gaps == sorted(gaps)
    assert len(asked) < 30
    assert questions(world)[0].state == "settled"
    assert asked[-1] <= 24 * 3600


@pytest.mark.parametrize(
    ("attempts", "kept_in", "expected"), [(1, None, 120), (1, 90, 30), (1, 400, 120), (1, 30, 35), (9, None, 7200)]
)
def test_the_next_question(attempts, kept_in, expected):
    kept = None if kept_in is None else START + timedelta(seconds=kept_in)
    assert next_ask(START, attempts, kept) == START + timedelta(seconds=expected)


@pytest.mark.parametrize(
    ("fault", "error"),
    [("rate_limit", RateLimited), ("system_error", Temporary), ("unsigned", ContractBroken), ("old", ContractBroken)],
)
def test_a_gateway_that_fails_is_asked_later_and_its_silence_is_told(till, fault, error):
    world, gateway_id = till.world, till.add()
    fen = place(world, "A1")
    till.wechat.pay("A1", fen)
    world.clock.advance(minutes=3)
    for _ in range(3):
        till.wechat.faults = [fault] * 2
        with pytest.raises(error):
            till.asking.ask_due(gateway_id)
        till.wechat.faults = []
        assert till.asking.ask_due(gateway_id) == 0, "not at once"
        assert till.world.order("A1").payment == "unpaid"
        world.clock.advance(minutes=20)
    assert standing(world, watches.silent_gateways) == [("payment.gateway_silent", f"gateway:{gateway_id}")]
    assert till.asking.ask_due(gateway_id) == 1
    assert world.order("A1").payment == "paid"
    assert standing(world, watches.silent_gateways) == []


class Stubborn:
    """A gateway that refuses one number."""

    def __init__(self, gateway, number, error):
        self.gateway, self.number, self.error = gateway, number, error

    def query(self, number):
        if number == self.number:
            raise self.error
        return self.gateway.query(number)


def test_a_question_that_is_refused_holds_up_no_other_and_ends_with_its_time(till):
    world, gateway_id = till.world, till.add()
    place(world, "A1")
    fen = place(world, "A2")
    till.wechat.pay("A2", fen)
    opened = till.open
    till.asking._open_gateway = lambda record: Stubborn(opened(record), "A1", Rejected("no", code="PARAM_ERROR"))
    assert ask(till, gateway_id, minutes=3) == 2
    assert world.order("A2").payment == "paid"
    assert world.rows(select(PaymentGateway.last_error_at))[0].last_error_at is None, "it answers"
    for _ in range(20):
        if questions(world)[0].state != "waiting":
            break
        ask(till, gateway_id, hours=2)
    assert (questions(world)[0].state, questions(world)[0].last_error) == ("settled", "PARAM_ERROR")
    assert world.clock.now() < START + timedelta(hours=27)


def test_a_gateway_that_refuses_every_question_is_as_loud_as_a_silent_one(till):
    """It counted as well, and the money of every order that it knew of was never found."""
    world, gateway_id = till.world, till.add()
    for number in range(3):
        place(world, f"A{number}")
    opened = till.open
    refusing = type("Refusing", (), {"query": lambda _self, _number: (_ for _ in ()).throw(Rejected("no", code="N"))})
    till.asking._open_gateway = lambda record: refusing()
    assert ask(till, gateway_id, minutes=3) == 3
    assert ask(till, gateway_id, minutes=20) == 3
    assert standing(world, watches.silent_gateways) == []
    world.clock.advance(minutes=11)
    (said,) = world.store.read(lambda c: watches.silent_gateways(c, world.clock.now()))
    assert (said.rule, said.facts["words"]) == ("payment.gateway_silent", "N")
    till.asking._open_gateway = lambda record: Stubborn(opened(record), "A1", Rejected("no", code="N"))
    ask(till, gateway_id)
    assert standing(world, watches.silent_gateways) == [], "it answers, only not to one"


def test_an_old_question_meets_one_hiccup_and_the_gateway_is_not_silent_for_it(till):
    world, gateway_id = till.world, till.add()
    place(world, "A1")
    ask(till, gateway_id, minutes=3)
    for _ in range(7):
        ask(till, gateway_id, hours=2)
    assert questions(world)[0].attempts == 8
    till.wechat.faults = ["system_error"] * 2
    with pytest.raises(Temporary):
        ask(till, gateway_id, hours=2)
    assert ask(till, gateway_id, minutes=5) == 1, "and not in two hours"
    world.clock.advance(hours=1)
    assert standing(world, watches.silent_gateways) == []


def test_what_an_unwell_gateway_was_never_asked_is_asked_for_a_week_and_no_longer(till):
    world, gateway_id = till.world, till.add()
    place(world, "A1")
    world.clock.advance(days=2)
    till.wechat.faults = ["system_error"] * 99
    with pytest.raises(Temporary):
        ask(till, gateway_id)
    assert questions(world)[0].state == "waiting"
    with pytest.raises(Temporary):
        ask(till, gateway_id, days=6)
    assert questions(world)[0].state == "settled"


def test_looking_for_what_is_due_writes_nothing(till):
    world, gateway_id = till.world, till.add()
    place(world, "A1")
    ask(till, gateway_id, minutes=3)
    seen = []
    event.listen(world.store.engines.writer, "begin", lambda _connection: seen.append(1))
    assert ask(till, gateway_id) == 0
    assert seen == []


def test_the_lane_waits_as_long_as_the_gateway_wants(till):
    gateway_id = till.add()
    place(till.world, "A1")
    till.world.clock.advance(minutes=3)
    till.wechat.faults = ["rate_limit"] * 2
    assert till.asking.work(gateway_id) == 7


def test_wrong_keys_stop_nothing_but_the_asking(till):
    gateway_id = till.add()
    place(till.world, "A1")
    till.world.clock.advance(minutes=3)
    opened = till.open

    def with_wrong_key(record):
        gateway = opened(record)
        from dataclasses import replace

        gateway._account = replace(gateway._account, private=rsa_key("somebody else"))
        return gateway

    till.asking._open_gateway = with_wrong_key
    with pytest.raises(AuthExpired):
        till.asking.ask_due(gateway_id)
    error = till.world.rows(select(PaymentGateway.last_error))[0].last_error
    assert error.startswith("AuthExpired")


def test_it_is_asked_as_long_as_the_goods_are_kept(till):
    """A shop keeps unpaid orders for two days: who pays on the second one is heard."""
    world, gateway_id = till.world, till.add()
    world.desk.shops.set_hold(world.shop_id, 2 * 24 * 60)
    fen = place(world, "A1")
    while (question := next(iter(questions(world)), None)) is None or question.next_at < START + timedelta(hours=47):
        left = timedelta(minutes=3) if question is None else question.next_at - world.clock.now()
        ask(till, gateway_id, seconds=left.total_seconds())
        assert world.clock.now() < START + timedelta(hours=49)
    till.wechat.pay("A1", fen)
    ask(till, gateway_id, hours=2)
    assert (world.order("A1").payment, world.holds("A1")) == ("paid", set())


def test_an_order_that_nobody_asked_for_in_its_day_is_asked_for_once(till):
    """The program was off over a weekend: what was paid meanwhile is found, and who did not pay is left alone."""
    world, gateway_id = till.world, till.add()
    fen = place(world, "A1")
    place(world, "A2")
    till.wechat.pay("A1", fen)
    assert ask(till, gateway_id, days=3) == 2
    assert (world.order("A1").payment, world.order("A2").payment) == ("paid", "unpaid")
    assert {row.state for row in questions(world)} == {"paid", "settled"}


def test_only_orders_of_its_own_shop_and_of_this_week_are_asked_for(till):
    from core.sync.shops import add_shop

    world = till.world
    other = world.do(lambda uow: add_shop(uow, "fake", "二店", {}, "{}", world.warehouse))
    gateway_id = till.add(shop_id=other)
    place(world, "A1")
    assert ask(till, gateway_id, hours=1) == 0
    own = till.add()
    place(world, "A2", placed_at=world.clock.now() - timedelta(days=8, minutes=1))
    assert ask(till, own, minutes=3) == 1
    assert world.rows(select(func.count()).select_from(PaymentQuestion))[0][0] == 1


def reserve_at_the_door(world, no, qty=2):
    """An order that only the door knows: nobody has said yet what it costs."""
    from core.gateway.reservations import Tools, Wish, reserve

    body = {"ref": no, "lines": [{"sku": "BEAR", "qty": qty}]}
    tools = Tools(world.digest, CARRIER, lambda: f"r-{no}")
    world.do(lambda uow: reserve(uow, Wish(world.shop_record, body), tools))


def test_money_for_an_order_that_only_the_door_knows_is_what_it_costs(till):
    world, gateway_id = till.world, till.add()
    reserve_at_the_door(world, "A1")
    till.wechat.pay("A1", PRICE)
    assert ask(till, gateway_id, minutes=3) == 1
    order = world.order("A1")
    assert (order.payment, order.amount_fen, world.holds("A1")) == ("paid", PRICE, {"no_receiver"})
    assert questions(world)[0].state == "paid"
    place(world, "A1")
    assert "payment_differs" in world.holds("A1"), "then the mall names another amount"
    assert "order.payment_differs" in actions(world, "A1")


def test_goods_stay_kept_for_a_till_that_was_not_asked_yet(till):
    """The buyer went back from one payment page and is at the other: our question there comes a moment later."""
    world, wechat, alipay = till.world, till.add("wechat"), till.add("alipay")
    fen = place(world, "A1")
    till.wechat.open("A1", fen)
    till.wechat.shut("A1")
    ask(till, wechat, minutes=3)
    assert level(world).reserved_qty == 2
    till.alipay.open("A1", fen)
    till.alipay.shut("A1")
    ask(till, alipay)
    assert level(world).reserved_qty == 0, "nobody can pay anywhere any more"
