"""After an accident: which orders, in order of promise, what would serve them, what became of each."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from core.db.models import Journal
from core.inventory.documents import booking, drafting
from core.inventory.documents.records import Head, LineIn
from core.inventory.documents.states import DocKind
from core.orders.lines import claim, current_lines
from core.orders.settling import queries
from core.orders.settling.curing import comes_on, cured
from core.orders.settling.deciding import filled
from core.orders.settling.records import Cure, MissingLine, Outcome, Supply
from core.runtime.errors import NotFound, Refused
from core.runtime.ids import SkuId
from desktop.pages.accident.words import summary
from desktop.texts import LANGUAGES, Texts
from tests.support.fake_shop import line as bought
from tests.support.world import World

DAY = date(2026, 6, 20)


@pytest.fixture
def world(spine_address):
    """Five of each, and more is sold."""
    world = World(spine_address, stock=5)
    yield world
    world.check_stock()
    world.close()


def order(world, no, qty, sku="BEAR", *, hours=None, **more):
    facts = {} if hours is None else {"ship_by_at": world.clock.now() + timedelta(hours=hours)}
    world.shop.place(no, bought("1", sku, qty), **facts, **more)
    world.sync(no)
    world.clock.advance(seconds=1)


def purchase(world, qty, day, sku="BEAR"):
    """A purchase that is on its way; its number."""

    def write(uow):
        head = Head(world.warehouse, expected_day=day.toordinal())
        lines = [LineIn(SkuId(world.skus[sku]), qty)]
        made = drafting.begin(uow, DocKind.PURCHASE, head, lines, f"p{qty}{day}")
        return booking.book(uow, made.document_id, made.version, f"b{qty}{day}").number

    return world.do(write)


def page(world, days=30):
    return world.desk.accidents.page(days)


# --- what would serve whom -------------------------------------------------------------------------------------


def missing(qty, sku=1):
    return MissingLine(SkuId(sku), "A", "a", qty)


def supply(qty, day, number="P1", sku=1):
    return Supply(SkuId(sku), int(number[1:]), number, "purchase", day, qty)


def test_the_earliest_delivery_serves_the_earliest_promise_and_each_unit_one_order():
    late = date(2026, 7, 1)
    supplies = [supply(5, None, "P3"), supply(4, late, "P2"), supply(3, DAY)]
    first, second, third = cured([[missing(2)], [missing(4)], [missing(9)]], supplies)
    assert first[0].cures == (Cure(2, 1, "P1", DAY),)
    assert second[0].cures == (Cure(1, 1, "P1", DAY), Cure(3, 2, "P2", late))
    assert third[0].cures == (Cure(1, 2, "P2", late), Cure(5, 3, "P3", None), Cure(3))
    assert [comes_on(lines) for lines in (first, second, third)] == [DAY, late, None]
    assert comes_on(()) is None


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 3)), max_size=3), max_size=6),
    st.lists(st.tuples(st.integers(1, 9), st.integers(1, 3), st.one_of(st.none(), st.dates())), max_size=6),
)
def test_every_missing_unit_is_served_once_or_said_to_be_coming_from_nowhere(orders, deliveries):
    lines = [[missing(qty, sku) for qty, sku in one] for one in orders]
    supplies = [supply(qty, day, f"P{number}", sku) for number, (qty, sku, day) in enumerate(deliveries, 1)]
    served = cured(lines, supplies)
    for before, after in zip(lines, served, strict=True):
        assert [sum(cure.qty for cure in line.cures) for line in after] == [line.qty for line in before]
    for one in supplies:
        used = [c.qty for order in served for line in order for c in line.cures if c.number == one.number]
        assert sum(used) <= one.qty
    for sku in (1, 2, 3):
        wanted = sum(line.qty for order in lines for line in order if line.sku_id == sku)
        there = sum(one.qty for one in supplies if one.sku_id == sku)
        nowhere = [c.qty for o in served for line in o if line.sku_id == sku for c in line.cures if not c.number]
        assert sum(nowhere) == max(wanted - there, 0)


# --- the list --------------------------------------------------------------------------------------------------


def test_the_orders_stand_by_promise_and_say_what_is_missing_and_when_it_comes(world):
    order(world, "A1", 5)
    order(world, "LATE", 3, hours=40)
    order(world, "SOON", 2, hours=5)
    order(world, "UNPAID", 1, is_paid=False)
    order(world, "OTHER", 1, "BAG")
    number = purchase(world, 4, DAY)
    seen = page(world)
    assert [(one.order_no, one.is_paid, one.outcome, one.pile) for one in seen.orders] == [
        ("SOON", True, Outcome.OPEN, "open"),
        ("LATE", True, Outcome.OPEN, "open"),
        ("UNPAID", False, Outcome.OPEN, "open"),
    ]
    soon, late, unpaid = seen.orders
    assert [(line.code, line.qty, line.cures[0].number) for line in soon.missing] == [("BEAR", 2, number)]
    assert (soon.comes_on, late.comes_on, unpaid.comes_on) == (DAY, None, None)
    assert [(cure.qty, cure.number) for cure in late.missing[0].cures] == [(2, number), (1, "")]
    (sku,) = seen.skus
    assert (sku.code, sku.qty, sku.order_count, sku.uncured_qty) == ("BEAR", 6, 3, 2)
    assert [(one.number, one.qty, one.day) for one in sku.supplies] == [(number, 4, DAY)]
    assert seen.counts() == {"open": 3, "waits": 0, "settled": 0}
    assert page(world, 0).counts()["open"] == 3, "what is missing is shown however old it is"


def test_nothing_missing_is_an_empty_page(world):
    order(world, "A1", 5)
    seen = page(world)
    assert (seen.orders, seen.skus, seen.given_fen, seen.given_count, seen.is_cut) == ((), (), 0, 0, False)


def test_each_order_is_settled_in_its_own_way_until_all_are(world):
    for number in range(1, 5):
        order(world, f"A{number}", 6)
    ids = {one.order_no: one.order_id for one in page(world).orders}
    desk = world.desk.accidents
    desk.decide(ids["A1"], Outcome.WAITS, 0, "")
    desk.decide(ids["A2"], Outcome.REFUNDED, 500, " 补 5 元  红包 ")
    desk.decide(ids["A3"], Outcome.COMPENSATED, 1500, "")
    desk.note_told(ids["A4"])
    seen = {one.order_no: one for one in page(world).orders}
    assert {no: (one.pile, one.outcome) for no, one in seen.items()} == {
        "A1": ("waits", Outcome.WAITS),
        "A2": ("settled", Outcome.REFUNDED),
        "A3": ("settled", Outcome.COMPENSATED),
        "A4": ("open", Outcome.OPEN),
    }
    assert (seen["A2"].note, seen["A2"].given_fen, seen["A2"].settled_by) == ("补 5 元 红包", 500, "clerk")
    assert seen["A4"].told_at == world.clock.now()
    assert (page(world).given_fen, page(world).given_count) == (2000, 2)
    desk.decide(ids["A4"], Outcome.REPLACED, 0, "")
    assert seen["A4"].told_at == next(one.told_at for one in page(world).orders if one.order_no == "A4")
    desk.decide(ids["A3"], Outcome.OPEN, 0, "")
    assert page(world).counts() == {"open": 1, "waits": 1, "settled": 2}
    told = world.rows(select(Journal.facts).where(Journal.action == "order.shortage_settled").order_by(Journal.id))
    assert [row.facts for row in told][:2] == [
        {"outcome": "waits", "given_fen": 0},
        {"outcome": "refunded", "given_fen": 500},
    ]


def test_who_was_paid_back_takes_no_goods_from_those_who_wait(world):
    for number in range(1, 4):
        order(world, f"A{number}", 6)
    number = purchase(world, 8, DAY)
    first, second, third = page(world).orders
    assert [one.comes_on for one in (first, second, third)] == [DAY, None, None]
    world.desk.accidents.decide(first.order_id, Outcome.REFUNDED, 0, "")
    world.desk.accidents.decide(second.order_id, Outcome.COMPENSATED, 100, "")
    first, second, third = page(world).orders
    assert (first.missing[0].cures, second.missing[0].cures[0].number, second.comes_on) == ((), number, DAY)
    (sku,) = page(world).skus
    assert (sku.qty, sku.order_count, sku.uncured_qty) == (12, 2, 4)


@pytest.mark.parametrize("outcome", [Outcome.REFUNDED, Outcome.REPLACED])
def test_goods_that_come_go_to_those_who_wait_and_not_to_who_was_settled_otherwise(world, outcome):
    order(world, "A1", 6)
    order(world, "A2", 6)
    first = world.order("A1").id
    world.desk.accidents.decide(first, outcome, 0, "")
    assert "settled_otherwise" in world.holds("A1")
    world.receive("BEAR", 7)
    assert (world.holds("A1"), world.holds("A2")) == ({"short", "settled_otherwise"}, set())
    assert [world.order(no).fulfilment for no in ("A1", "A2")] == ["to_review", "to_pack"]
    # Even what it gets in another way is not sent.
    world.receive("BEAR", 6)
    world.do(lambda uow: claim(uow, first, world.warehouse, _lines(uow, first), is_paid=True))
    assert (world.holds("A1"), world.order("A1").fulfilment) == ({"settled_otherwise"}, "to_review")
    world.desk.accidents.decide(first, Outcome.WAITS, 0, "")
    assert (world.holds("A1"), world.order("A1").fulfilment) == (set(), "to_pack")


def test_a_decision_that_is_taken_back_is_served_at_once(world):
    order(world, "A1", 6)
    first = world.order("A1").id
    world.desk.accidents.decide(first, Outcome.REFUNDED, 0, "")
    world.receive("BEAR", 7)
    assert world.order("A1").fulfilment == "to_review"
    world.desk.accidents.decide(first, Outcome.OPEN, 0, "")
    assert (world.holds("A1"), world.order("A1").fulfilment) == (set(), "to_pack")


def test_where_not_all_can_be_shown_those_who_wait_are_and_all_are_counted(world, monkeypatch):
    monkeypatch.setattr(queries, "MOST", 2)
    for number in range(1, 5):
        order(world, f"A{number}", 6)
    for number in (1, 2):
        world.desk.accidents.decide(world.order(f"A{number}").id, Outcome.REFUNDED, 500, "")
    seen = page(world)
    assert [one.order_no for one in seen.orders] == ["A3", "A4"]
    assert (seen.is_cut, seen.counts()) == (True, {"open": 2, "waits": 0, "settled": 2})
    assert [(sku.qty, sku.order_count) for sku in seen.skus] == [(12, 2)]
    assert (seen.given_fen, seen.given_count) == (1000, 2)
    world.desk.accidents.decide(world.order("A4").id, Outcome.REPLACED, 0, "")
    assert [one.order_no for one in page(world).orders] == ["A1", "A3"], "filled up, in the same order"


def test_what_the_goods_lack_and_who_is_served_is_of_all_orders_not_of_those_shown(world, monkeypatch, tmp_path):
    for number in range(1, 5):
        order(world, f"A{number}", 6, hours=100 - number)
    brings = purchase(world, 7, DAY)
    whole = page(world)
    monkeypatch.setattr(queries, "MOST", 1)
    seen = page(world)
    assert [one.order_no for one in seen.orders] == ["A4"], "the first promise is shown"
    assert seen.skus == whole.skus
    assert [(sku.qty, sku.order_count, sku.uncured_qty) for sku in seen.skus] == [(24, 4, 17)]
    assert seen.orders == whole.orders[:1]
    assert [cure.number for cure in seen.orders[0].missing[0].cures] == [brings]
    assert (seen.is_cut, seen.counts()["open"]) == (True, 4)
    assert world.desk.accidents.export(tmp_path / "all.csv", 30) == 4, "a table is never cut"
    for language in LANGUAGES:
        assert "4" in summary(seen, 30, Texts(language))
        assert Texts(language).t("list.first_of", n=1, all=4) in summary(seen, 30, Texts(language))
        assert Texts(language).t("list.first_of", n=4, all=4) not in summary(whole, 30, Texts(language))


def _lines(uow, order_id):
    return [(line.id, line) for line in current_lines(uow, order_id)]


def test_goods_that_came_or_an_order_called_off_settle_what_waited(world):
    order(world, "A1", 6)
    order(world, "A2", 6)
    ids = {one.order_no: one.order_id for one in page(world).orders}
    for order_id in ids.values():
        world.desk.accidents.decide(order_id, Outcome.WAITS, 0, "")
    world.clock.advance(minutes=1)
    world.shop.cancel("A2")
    world.sync("A2")
    world.receive("BEAR", 1)
    assert {one.order_no: (one.pile, one.is_missing, one.is_cancelled) for one in page(world).orders} == {
        "A1": ("settled", False, False),
        "A2": ("settled", False, True),
    }
    world.clock.advance(days=31)
    assert page(world).orders == ()


@pytest.mark.parametrize(
    ("outcome", "fen", "note", "code"),
    [
        (Outcome.COMPENSATED, 0, "", "settle.amount"),
        (Outcome.REFUNDED, -1, "", "settle.amount"),
        (Outcome.REFUNDED, 0, "x" * 201, "settle.note_long"),
    ],
)
def test_an_outcome_that_says_nothing_sensible_is_refused(world, outcome, fen, note, code):
    order(world, "A1", 6)
    with pytest.raises(Refused) as caught:
        world.desk.accidents.decide(world.order("A1").id, outcome, fen, note)
    assert caught.value.code == code
    assert page(world).counts()["open"] == 1


def test_only_orders_that_lacked_goods_are_settled_here(world):
    order(world, "A1", 1)
    with pytest.raises(Refused, match="no goods were missing"):
        world.desk.accidents.decide(world.order("A1").id, Outcome.REFUNDED, 0, "")
    with pytest.raises(NotFound, match="no order"):
        world.desk.accidents.note_told(10**6)


# --- the buyers' words -----------------------------------------------------------------------------------------


def test_the_owner_words_the_messages_and_an_empty_text_is_the_usual_one(world):
    desk = world.desk.accidents
    assert desk.messages() == {}
    desk.put_messages({"waits": " 亲，{goods} {day} 到 ", "refunded": "", "nonsense": "x"})
    assert desk.messages() == {"waits": "亲，{goods} {day} 到"}
    desk.put_messages({"waits": ""})
    assert desk.messages() == {}
    for bad, code in (({"waits": "{name}"}, "settle.message_word"), ({"waits": "x" * 501}, "settle.message_long")):
        with pytest.raises(Refused) as caught:
            desk.put_messages(bad)
        assert caught.value.code == code


def test_a_message_is_filled_once_whatever_its_values_look_like():
    facts = {"order_no": "{day}", "shop": "店", "goods": "熊×2", "day": "6月20日", "amount": "5.00"}
    assert filled("{order_no} {goods} {day} {day}", facts) == "{day} 熊×2 6月20日 6月20日"


def test_the_list_as_a_table_holds_nothing_personal(world, tmp_path):
    from core.files.reading import read_table

    order(world, "A1", 6)
    order(world, "A2", 6)
    order(world, "A3", 7)
    ids = {one.order_no: one.order_id for one in page(world).orders}
    number = purchase(world, 2, DAY)
    world.desk.accidents.decide(ids["A2"], Outcome.COMPENSATED, 1234, "寄赠品")
    world.desk.accidents.decide(ids["A3"], Outcome.WAITS, 0, "")
    world.clock.advance(minutes=1)
    world.shop.cancel("A3")
    world.sync("A3")
    path = tmp_path / "accident.xlsx"
    assert world.desk.accidents.export(path, 30) == 3
    table = read_table(path, world.clock.now(), None)
    text = "\n".join(str(row) for row in table.rows)
    assert number in text
    assert "没有在途×4" in text
    assert all(word in text for word in ("12.34", "寄赠品", "已补偿", "未处理", "已取消"))
    assert "林晓" not in text
    assert "1380000" not in text
