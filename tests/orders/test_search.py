"""The search misses nothing that a look through every order would find, on both engines."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from core.catalog.records import SkuSpec
from core.catalog.service import take_in
from core.customers.queries import consignees
from core.orders import search
from core.orders.models import Order
from core.orders.records import PILES, OrderFilter
from tests.support.fake_shop import LIN, line

NAMES = (
    "李雷",
    "李",
    "王李雷",
    "欧阳娜娜",
    "阿卜杜·热合曼",
    "𠮷田",  # beyond the basic plane
    "㐂龘",
    "Anna Müller",
    "O'Neil",
    "张三（公司）",
    "1688",
    "%_%",
    "王 小 明",
    "ＡＢＣ商行",
    "",
)


def _fill(world):
    for n, name in enumerate(NAMES):
        phone = f"1380000{n:04}"
        who = replace(LIN, name=name, phone=phone)
        goods = line("1", ("BEAR", "BAG", "SET", "CARD")[n % 4])
        world.shop.place(f"W2026-{n:03}", goods, consignee=who, buyer_key=f"open_id_{n}")
    world.sync()


def _plain(text):
    import unicodedata

    return "".join(ch for ch in unicodedata.normalize("NFKC", text).casefold() if ch.isalnum())


def _scan_names(world, part):
    """The slow truth: every order whose receiver's name contains the part, punctuation aside."""
    rows = world.rows(select(Order.order_no, Order.consignee_id))
    people = world.store.read(lambda c: consignees(c, [row.consignee_id for row in rows]))
    return {row.order_no for row in rows if _plain(part) and _plain(part) in _plain(people[row.consignee_id].name)}


def test_every_piece_of_every_name_is_found(world):
    _fill(world)
    pieces = {name[i : i + n] for name in NAMES for n in (1, 2, 3) for i in range(len(name) - n + 1)}
    for part in sorted(pieces):
        found = {row.order_no for row in world.listed(search=part)}
        missed = _scan_names(world, part) - found
        assert not missed, part
    assert {row.order_no for row in world.listed(search="李雷")} == {"W2026-000", "W2026-002"}
    assert {row.order_no for row in world.listed(search="𠮷")} == {"W2026-005"}


def test_numbers_tails_buyers_and_waybills_are_found(world):
    _fill(world)
    world.buy_numbers()
    number = world.number("W2026-003")
    for typed in ("W2026-003", f" {number.lower()} ", "0003", "open_id_3"):
        assert "W2026-003" in {row.order_no for row in world.listed(search=typed)}, typed
    assert len(world.listed(search="W2026")) == len(NAMES)
    world.desk.labels.new_number(world.parcels("W2026-003")[0].id, "torn")
    assert [row.order_no for row in world.listed(search=number)] == ["W2026-003"]


def test_goods_are_found_by_name_code_and_bundle(world):
    _fill(world)
    of = {
        code: {f"W2026-{n:03}" for n in range(len(NAMES)) if n % 4 == place}
        for place, code in enumerate(("BEAR", "BAG", "SET", "CARD"))
    }
    assert {row.order_no for row in world.listed(search="礼盒")} == of["SET"]
    assert {row.order_no for row in world.listed(search="布袋")} == of["BAG"] | of["SET"]
    assert {row.order_no for row in world.listed(search="CARD")} == of["CARD"]
    world.shop.place("N1", line("1", "NEW", title="限定版徽章"))
    world.sync("N1")
    assert [row.order_no for row in world.listed(search="定版")] == ["N1"]


@pytest.mark.parametrize("reach", [1, 3000])
def test_a_word_in_very_many_goods_misses_nothing(world, monkeypatch, reach):
    """Whether the newest orders fill the page or the index has to."""
    monkeypatch.setattr(search, "_RECENT", reach)
    specs = [SkuSpec(f"T{n:04}", f"T恤 {n}", is_stock_managed=False) for n in range(300)]
    world.do(lambda uow: take_in(uow, specs))
    for n in (0, 150, 299):
        world.shop.place(f"T{n}", line("1", f"T{n:04}"))
    world.sync()
    assert [row.order_no for row in world.listed(search="T恤", limit=2)] == ["T299", "T150", "T0"]


@pytest.mark.parametrize(
    "typed", ["%' OR 1=1--", "_", "%", '"', "'", "\\", "NEAR(", "a AND", "*", "\0", "\ud800", "%" * 5000]
)
def test_hostile_searches_find_nothing_they_should_not(world, typed):
    world.shop.place("A1", line("1", "BEAR"))
    world.shop.place("A2", line("1", "BEAR"), consignee=replace(LIN, name="%_%'\""))
    world.sync()
    assert "A1" not in {row.order_no for row in world.listed(search=typed.strip("\0\ud800") or "no such thing")}
    world.listed(search=typed)


def test_a_search_pages_through_everything_once(world):
    for n in range(23):
        world.shop.place(f"P{(n * 7) % 23:02}-x", line("1", "BEAR"), buyer_key="one buyer")
    world.sync()
    for typed in ("one buyer", "林晓", "团团熊", "1234"):
        rows = [row.id for row in world.listed(search=typed, limit=4)]
        assert (len(rows), rows) == (23, sorted(set(rows), reverse=True)), typed
    world.shop.place("P00-y", line("1", "BAG"))
    world.sync("P00-y")
    assert len(world.listed(search="P0", limit=4)) == 0  # a beginning has three characters at least
    assert {row.order_no for row in world.listed(search="P00", limit=1)} == {"P00-x", "P00-y"}
    many = {row.order_no for row in world.listed(search="one", limit=3)}
    assert many == set()


def test_a_prefix_of_many_orders_pages_through_all_of_them(world):
    for n in range(17):
        world.shop.place(f"2026{(n * 5) % 17:02}", line("1", "BEAR"))
    world.sync()
    assert len({row.id for row in world.listed(search="2026", limit=3)}) == 17


def test_new_orders_in_between_do_not_disturb_the_pages(world):
    for n in range(9):
        world.shop.place(f"K{n}", line("1", "BEAR"))
    world.sync()
    seen, after = [], None
    for n in range(9, 100):
        page = world.desk.orders.page(OrderFilter("open"), after, 2)
        seen += [row.order_no for row in page.rows]
        after = page.next_after
        if after is None:
            break
        world.shop.place(f"K{n}", line("1", "BEAR"))
        world.sync(f"K{n}")
    assert sorted(seen) == [f"K{n}" for n in range(9)]


def test_every_open_order_is_in_exactly_one_pile_and_the_counts_agree(world):
    """One order in each situation a desk can meet."""
    place, sync = world.shop.place, world.sync
    place("unpaid", line("1", "BEAR"), is_paid=False)
    place("waiting", line("1", "BEAR"), not_before_at=world.clock.now().replace(year=2027))
    place("short", line("1", "BEAR", 100_001))
    place("unmatched", line("1", "NEW"))
    place("refund", line("1", "BEAR", after_sale="requested"))
    for no in ("to_pack", "packing", "packed", "held packed", "shipped", "cancelled", "done"):
        place(no, line("1", "BEAR"))
    place("both", line("1", "NEW", after_sale="requested"))
    sync()
    world.buy_numbers()
    world.desk.open("packing")
    for no in ("packed", "held packed", "shipped"):
        world.desk.pack(no)
    world.desk.ship(world.number("shipped"))
    world.desk.orders.hold(world.order("held packed").id, "by_hand", "")
    world.shop.cancel("cancelled")
    world.shop.change("done", is_shipped=True)
    sync()
    piles = {pile: {row.order_no for row in world.listed(pile, limit=3)} for pile in PILES}
    assert world.desk.orders.pile_counts() == {pile: len(rows) for pile, rows in piles.items()}
    middle = [piles[pile] for pile in PILES if pile not in ("open", "shipped", "closed", "all")]
    assert sum(map(len, middle)) == len(set().union(*middle)) == len(piles["open"])
    assert set().union(*middle) == piles["open"]
    assert piles["open"] | piles["shipped"] | piles["closed"] == piles["all"]
    assert piles["held"] == {"unmatched", "refund", "held packed", "both", "done"}
    assert (piles["short"], piles["unpaid"], piles["waiting"]) == ({"short"}, {"unpaid"}, {"waiting"})


def test_what_has_left_or_is_closed_takes_no_hold(world):
    from core.runtime.errors import NotFound, Refused

    number = world.ready("A1", line("1", "BEAR"))
    world.desk.pack("A1")
    world.desk.ship(number)
    with pytest.raises(Refused, match="has left"):
        world.desk.orders.hold(world.order("A1").id, "by_hand", "")
    with pytest.raises(NotFound):
        world.desk.orders.hold(404, "by_hand", "")
    with pytest.raises(NotFound):
        world.desk.orders.release_hold(404)
    with pytest.raises(Refused, match="no hold reason"):
        world.desk.orders.hold(1, "because", "")
