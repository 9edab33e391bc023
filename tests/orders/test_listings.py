"""Listings to SKUs: reading a shop's list, matching by code and by hand, and the orders that wait for it."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, event, select

from core.catalog.models import Listing
from core.catalog.proposals import Asked, Why, proposals
from core.catalog.records import SkuSpec
from core.catalog.service import take_in
from core.inventory.models import StockLevel
from core.orders.listing_list import LISTING_PILES, ListingFilter
from core.orders.matching import rematch
from core.runtime.errors import NotFound, Refused
from core.runtime.remote_errors import Temporary
from core.sync.listing_rounds import EVERY
from tests.support.fake_shop import line
from tests.support.listing_shop import ListingShop, offer
from tests.support.world import World


@pytest.fixture
def shop(world: World) -> ListingShop:
    """The world's shop, its items listed."""
    world.shop = world.desk.platforms[world.shop_id] = ListingShop(world.clock)
    return world.shop


def read(world: World):
    (one,) = [world.desk.listing_rounds.read(world.shop_record)]
    return one


def listing(world: World, code: str):
    return world.rows(select(*Listing.__table__.c).where(Listing.item_id == f"item-{code}"))[0]


def pile(world: World, name: str, search: str = "", limit: int = 2) -> list[str]:
    """Item numbers of a pile, read page by page."""
    found, after = [], None
    while True:
        page = world.desk.listings.page(ListingFilter(name, search), after, limit)
        found += [row.item_id.removeprefix("item-") for row in page.rows]
        after = page.next_after
        if after is None:
            return found


def held(world: World, no: str) -> bool:
    return "unmatched" in world.holds(no)


# --- reading a list ---------------------------------------------------------------------------------------------------


def test_a_list_is_taken_whole_and_matched_by_code_bundles_by_theirs(world, shop):
    shop.offer(*(offer(code) for code in ("BEAR", "SET", "NEW", "BAG")), offer("X", merchant_code=""))
    done = read(world)
    assert (done.state, done.seen_count, done.new_count, done.matched_count, done.vanished_count) == (
        *("done", 5, 5, 3),
        0,
    )
    assert [listing(world, code).sku_id for code in ("BEAR", "SET", "NEW", "X")] == [
        world.skus["BEAR"],
        world.skus["SET"],
        None,
        None,
    ]
    row = listing(world, "BEAR")
    assert (row.title, row.price_fen, row.listed_qty, row.is_on_sale) == ("goods BEAR", 1000, 5, True)
    assert row.seen_at is not None


def test_reading_again_changes_what_the_platform_says_and_keeps_a_persons_match(world, shop):
    shop.offer(offer("BEAR"), offer("NEW"))
    read(world)
    world.desk.listings.match({listing(world, "NEW").id: world.skus["BAG"]})
    shop.rewrite("NEW", title="another title", qty=2, is_on_sale=False, merchant_code="BEAR")
    done = read(world)
    row = listing(world, "NEW")
    assert (done.new_count, done.changed_count, done.matched_count) == (0, 1, 0)
    assert (row.title, row.listed_qty, row.is_on_sale, row.sku_id) == ("another title", 2, False, world.skus["BAG"])
    assert pile(world, "differs") == ["NEW"]


def test_what_a_list_leaves_blank_stays_as_orders_have_told_it(world, shop):
    shop.place("A1", line("1", "NEW", spec="red"))
    world.sync("A1")
    shop.offer(offer("NEW", title="", spec="", merchant_code=""))
    read(world)
    row = listing(world, "NEW")
    assert (row.title, row.spec, row.merchant_code) == ("goods NEW", "red", "NEW")


def test_what_vanished_is_marked_keeps_its_match_and_comes_back(world, shop):
    shop.offer(*(offer(code) for code in ("BEAR", "BAG", "CARD", "GIFT")))
    read(world)
    gone = shop.withdraw("BAG")
    assert read(world).vanished_count == 1
    assert (pile(world, "vanished"), listing(world, "BAG").sku_id) == (["BAG"], world.skus["BAG"])
    assert read(world).vanished_count == 0
    shop.offer(gone)
    read(world)
    assert (pile(world, "vanished"), listing(world, "BAG").vanished_at) == ([], None)


def test_a_row_that_moves_to_an_earlier_page_while_the_list_is_read_is_not_gone(world, shop):
    shop.offer(*(offer(f"N{number}") for number in range(7)))
    read(world)
    moved = []

    def first_row_goes(number: int) -> None:
        if number == 1 and not moved:
            # N3 stands on the first page now, which was read already.
            moved.append(shop.withdraw("N0"))

    shop.before_page = first_row_goes
    calls = shop.calls.count("list")
    assert read(world).vanished_count == 0
    assert moved
    # It was looked for a second time; N0 was there while its page was read.
    assert (shop.calls.count("list") - calls, pile(world, "vanished")) == (4, [])
    assert read(world).vanished_count == 1
    assert pile(world, "vanished") == ["N0"]


def test_a_reading_that_breaks_off_marks_nothing(world, shop):
    shop.offer(*(offer(f"N{number}") for number in range(7)))
    read(world)
    shop.withdraw("N6")
    shop.faults = [None, Temporary("gone")]
    with pytest.raises(Temporary):
        read(world)
    (one,) = world.desk.listings.rounds()
    assert (one.state, one.seen_count, one.error) == ("failed", 3, "gone")
    assert pile(world, "vanished") == []
    assert read(world).vanished_count == 1


def test_a_reading_is_stopped_between_pages_and_what_was_read_stays(world, shop):
    shop.offer(*(offer(f"N{number}") for number in range(7)))
    shop.before_page = lambda number: world.desk.listings.stop_reading() if number == 1 else None
    assert read(world).state == "cancelled"
    assert len(pile(world, "all")) == 3


def test_a_list_is_read_by_itself_a_few_times_a_day_and_at_once_when_asked(world, shop):
    shop.offer(offer("BEAR"))
    rounds = world.desk.listing_rounds
    rounds.work()
    rounds.work()
    assert shop.calls.count("list") == 1
    world.clock.advance(seconds=EVERY.total_seconds())
    rounds.work()
    assert shop.calls.count("list") == 2
    assert world.desk.listings.read_now(None) == 1
    assert [one.state for one in world.desk.listings.rounds()] == ["waiting"]
    rounds.work()
    assert shop.calls.count("list") == 3


def test_another_desk_that_reads_the_list_is_left_to_it(world, shop):
    shop.offer(offer("BEAR"))
    other = world.new_desk("desk 2")
    other.platforms[world.shop_id] = shop
    found = []
    shop.before_page = lambda _number: found.append(other.listing_rounds.read(world.shop_record).state)
    read(world)
    assert found == ["elsewhere"]


def test_a_list_that_names_what_orders_wait_for_lets_them_go(world, shop):
    shop.place("A1", line("1", "ODD"))
    shop.place("A2", line("1", "OTHER"))
    world.sync()
    shop.offer(offer("ODD", merchant_code="BEAR"), offer("OTHER"))
    done = read(world)
    assert (done.matched_count, done.released_count) == (1, 1)
    assert (held(world, "A1"), held(world, "A2")) == (False, True)


# --- matching ---------------------------------------------------------------------------------------------------------


def test_a_match_releases_its_orders_and_undoing_it_keeps_those(world, shop):
    for no in ("A1", "A2"):
        shop.place(no, line("1", "NEW", 2))
    shop.place("A3", line("1", "NEW"), line("2", "OTHER"))
    world.sync()
    desk = world.desk.listings
    done = desk.match({listing(world, "NEW").id: world.skus["SET"]})
    assert (done.released_count, done.still_waiting) == (2, 1)
    assert [held(world, no) for no in ("A1", "A2", "A3")] == [False, False, True]
    assert sorted(one.qty for one in world.lines("A1")) == [2, 4]
    assert desk.take_back(done.changes) == 1
    assert listing(world, "NEW").sku_id is None
    assert sorted(one.qty for one in world.lines("A1")) == [2, 4]
    shop.place("A4", line("1", "NEW"))
    world.sync("A4")
    assert held(world, "A4")


def test_a_match_taken_away_is_not_made_again_by_its_code(world, shop):
    shop.offer(offer("BEAR"))
    read(world)
    desk = world.desk.listings
    done = desk.match({listing(world, "BEAR").id: None})
    world.tidy()
    read(world)
    shop.place("A1", line("1", "BEAR"))
    world.sync("A1")
    assert (listing(world, "BEAR").sku_id, held(world, "A1")) == (None, True)
    assert desk.take_back(done.changes) == 1
    world.tidy()
    assert not held(world, "A1")


def test_a_match_somebody_has_changed_since_is_not_taken_back(world, shop):
    shop.offer(offer("NEW"))
    read(world)
    here, desk = listing(world, "NEW").id, world.desk.listings
    done = desk.match({here: world.skus["BAG"]})
    desk.match({here: world.skus["CARD"]})
    assert desk.take_back(done.changes) == 0
    assert listing(world, "NEW").sku_id == world.skus["CARD"]
    with pytest.raises(Refused, match="meanwhile"):
        desk.match({here: world.skus["BEAR"]}, {here: world.skus["BAG"]})


def bears_and_bags(world: World) -> list[tuple[int, int]]:
    columns = (StockLevel.reserved_qty, StockLevel.confirmed_qty)
    return [
        tuple(world.rows(select(*columns).where(StockLevel.sku_id == world.skus[code]))[0])
        for code in ("BEAR", "BAG")
    ]


def test_a_match_with_open_orders_is_changed_only_by_who_knows_of_them_and_they_keep_their_goods(world, shop):
    shop.place("A1", line("1", "BEAR", 2))
    shop.place("A2", line("1", "BEAR"), line("2", "NEW"))
    world.sync()
    here, desk = listing(world, "BEAR").id, world.desk.listings
    with pytest.raises(Refused) as refused:
        desk.match({here: world.skus["BAG"]})
    assert (refused.value.code, refused.value.facts["orders"]) == ("listing.open_orders", 2)
    assert listing(world, "BEAR").sku_id == world.skus["BEAR"]

    desk.match({here: world.skus["BAG"]}, keeps_orders=True)

    assert bears_and_bags(world) == [(0, 3), (0, 0)]
    # Neither the match of another line nor a change of the order gives the goods away.
    desk.match({listing(world, "NEW").id: world.skus["CARD"]})
    shop.change("A1", lines=(line("1", "BEAR", 5),))
    world.sync("A1")
    assert bears_and_bags(world) == [(0, 6), (0, 0)]
    shop.place("A3", line("1", "BEAR"))
    world.sync("A3")
    assert bears_and_bags(world) == [(0, 6), (0, 1)]
    world.check_stock()


def test_orders_that_cannot_go_on_keep_no_others_waiting(world, shop):
    for number in range(4):
        shop.place(f"A{number}", line("1", "NEVER"))
    shop.place("B1", line("1", "NEW"))
    world.sync()
    world.do(lambda uow: take_in(uow, [SkuSpec("NEW", "新品", is_stock_managed=False)]))
    assert world.do(lambda uow: rematch(uow, world.digest, limit=1)) == (world.order("B1").id,)
    assert all(held(world, f"A{number}") for number in range(4))


def test_a_new_sku_and_a_bundle_of_several_are_made_and_matched_in_one_act(world, shop):
    shop.place("A1", line("1", "N1"))
    shop.place("A2", line("1", "N2"))
    world.sync()
    desk, one, two = world.desk.listings, listing(world, "N1").id, listing(world, "N2").id
    done = desk.make_and_match([one], SkuSpec("NEW-1", "新品", is_stock_managed=False))
    assert done.released_count == 1
    done = desk.make_and_match([two], SkuSpec("NEW-2", "两件套", components=(("BEAR", 2), ("CARD", 1))))
    assert (done.released_count, sorted(row.qty for row in world.lines("A2"))) == (1, [1, 2])
    with pytest.raises(Refused, match="there already"):
        desk.make_and_match([one], SkuSpec("NEW-2", "x"))
    with pytest.raises(NotFound):
        desk.make_and_match([one, 999_999], SkuSpec("NEW-3", "x"))
    with pytest.raises(NotFound):
        desk.match_to_code([one], "NEW-3")


def test_a_typed_code_may_be_a_barcode(world, shop):
    shop.offer(offer("N1"))
    read(world)
    world.desk.listings.match_to_code([listing(world, "N1").id], " 6901234567892 ")
    assert listing(world, "N1").sku_id == world.skus["BEAR"]


# --- the lists --------------------------------------------------------------------------------------------------------


def test_what_orders_wait_for_stands_on_top_the_most_urgent_first(world, shop):
    shop.offer(*(offer(code) for code in ("LATE", "NONE", "SOON", "BEAR", "OPEN")))
    shop.place("A1", line("1", "LATE"), ship_by_at=world.clock.now().replace(year=2027))
    shop.place("A2", line("1", "SOON"), line("2", "SOON"), ship_by_at=world.clock.now())
    shop.place("A3", line("1", "SOON"))
    shop.place("A4", line("1", "OPEN"), is_paid=False)
    world.sync()
    read(world)
    assert pile(world, "waiting") == ["SOON", "LATE", "OPEN"]
    assert pile(world, "unmatched") == ["SOON", "LATE", "OPEN", "NONE"]
    assert pile(world, "matched") == ["BEAR"]
    counts = world.desk.listings.counts(ListingFilter())
    assert counts == {"waiting": 3, "unmatched": 4, "matched": 1, "differs": 0, "vanished": 0, "all": 5}
    (top, *_) = world.desk.listings.page(ListingFilter(), None, 10).rows
    assert top.waiting_count == 2
    detail = world.desk.listings.detail(top.id)
    assert [(one.order_no, one.qty) for one in detail.orders] == [("A2", 2), ("A3", 1)]


@pytest.mark.parametrize("name", LISTING_PILES)
def test_every_pile_is_read_row_by_row_and_counted_alike(world, shop, name):
    shop.offer(*(offer(code) for code in ("BEAR", "BAG", "N1", "N2", "N3")), offer("ODD", merchant_code="CARD"))
    read(world)
    world.desk.listings.match({listing(world, "ODD").id: world.skus["BAG"]})
    shop.withdraw("N3")
    shop.place("A1", line("1", "N1"))
    world.sync()
    read(world)
    whole = pile(world, name, limit=50)
    assert whole
    assert pile(world, name, limit=1) == whole
    assert len(set(whole)) == len(whole) == world.desk.listings.counts(ListingFilter())[name]


def test_a_search_finds_titles_codes_and_numbers_without_case(world, shop):
    shop.offer(offer("BEAR", title="Big 团团熊 100%"), offer("N1", spec="红_L"))
    read(world)
    for words, found in (("big", ["BEAR"]), ("100%", ["BEAR"]), ("红_l", ["N1"]), ("SKU-n1", ["N1"]), ("_", ["N1"])):
        assert pile(world, "all", words) == found, words


def test_proposals_are_by_barcode_code_and_words(world, shop):
    shop.offer(
        offer("N1", merchant_code="", barcode="6901234567892"),
        offer("N2", merchant_code=" be ar"),
        offer("N3", merchant_code="", title="团团熊", spec="大号"),
        offer("N4", merchant_code="", title="可爱团团熊 毛绒玩具"),
        offer("N5", merchant_code="16901234567899"),
        offer("N6", merchant_code="", title="熊"),
    )
    read(world)
    rows = {row.item_id[-2:]: row for row in world.desk.listings.page(ListingFilter(), None, 10).rows}
    said = {name: row.proposal and (row.proposal.code, row.proposal.why) for name, row in rows.items()}
    assert said == {
        "N1": ("BEAR", Why.BARCODE),
        "N2": ("BEAR", Why.CODE),
        "N3": ("BEAR", Why.NAME),
        "N4": None,
        # A carton's code stands for 24 of them.
        "N5": None,
        "N6": None,
    }
    detail = world.desk.listings.detail(rows["N4"].id)
    assert [(one.code, one.why) for one in detail.proposals] == [("BEAR", Why.SIMILAR)]


# --- tables -----------------------------------------------------------------------------------------------------------


def test_a_table_comes_in_again_and_says_nothing_new(world, shop, tmp_path):
    shop.offer(offer("BEAR", title="=1+1"), replace(offer("N1"), item_id="601234567890123456", channel_sku_id=""))
    read(world)
    desk = world.desk.listings
    for name in ("a.xlsx", "a.csv"):
        assert desk.export(tmp_path / name, ListingFilter("all")) == 2
        table = desk.read_table(tmp_path / name)
        assert (table.wanted, table.rejected, table.same_count) == ({}, (), 2)


def test_a_table_matches_all_it_says_or_nothing_where_a_row_is_wrong(world, shop, tmp_path):
    from core.files.listings import LISTINGS
    from core.files.writing import Sheet, as_workbook

    shop.place("A1", line("1", "N1"))
    shop.place("A2", line("1", "N2"))
    world.sync()
    desk, path = world.desk.listings, tmp_path / "t.xlsx"

    def taken(*rows: tuple[str, str, str]):
        shop_name = world.shop_record.name
        whole = [[name or shop_name, f"item-{item}", f"sku-{item}", "", "", "", sku] for name, item, sku in rows]
        path.write_bytes(as_workbook(Sheet(LISTINGS.headers, whole)))
        return desk.read_table(path)

    good = [("", "N1", "BEAR"), ("", "N2", "SET")]
    bad = [("nobody", "N1", "BEAR"), ("", "N9", "BEAR"), ("", "N1", "GHOST"), ("", "N2", "BAG"), ("", "N2", "")]
    table = taken(*good, *bad)
    assert [(one.row, one.column, one.reason) for one in table.rejected] == [
        (4, "店铺", "shop_unknown"),
        (5, "平台商品ID", "listing_unknown"),
        (6, "匹配货品编码", "stock_no_sku"),
        (7, "匹配货品编码", "rows_disagree"),
    ]
    with pytest.raises(Refused, match="wrong"):
        desk.take_table(table)
    assert listing(world, "N1").sku_id is None

    table = taken(*good)
    done = desk.take_table(table)
    assert (len(done.changes), done.released_count) == (2, 2)
    with pytest.raises(Refused, match="meanwhile"):
        desk.take_table(replace(table, wanted={**table.wanted, listing(world, "N1").id: world.skus["CARD"]}))


# --- a match releases exactly the waiting orders -----------------------------------------------------------------------

CODES = ("P", "Q", "R", "BEAR")


@given(
    orders=st.lists(st.sets(st.sampled_from(CODES), min_size=1, max_size=3), min_size=1, max_size=8),
    acts=st.lists(st.tuples(st.sampled_from(CODES[:3]), st.sampled_from(("BAG", "SET", None))), max_size=5),
)
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_match_releases_exactly_the_orders_that_waited_for_nothing_else(world, shop, orders, acts):
    """Against a plain model: an order waits while one of its lines was never matched; a match is for good."""
    prefix = f"T{len(shop.orders)}"
    suffix = {code: code if code == "BEAR" else f"{code}{prefix}" for code in CODES}
    for number, codes in enumerate(orders):
        shop.place(f"{prefix}-{number}", *(line(code, suffix[code]) for code in sorted(codes)))
    world.sync(*(f"{prefix}-{number}" for number in range(len(orders))))
    open_lines = {number: set(codes) - {"BEAR"} for number, codes in enumerate(orders)}
    for code, to in acts:
        rows = world.rows(select(Listing.id).where(Listing.item_id == f"item-{suffix[code]}"))
        if not rows:
            continue
        done = world.desk.listings.match({rows[0].id: world.skus.get(to)}, keeps_orders=True)
        if to is None:
            assert done.released_count == 0
            continue
        waited = [number for number, codes in open_lines.items() if code in codes]
        for codes in open_lines.values():
            codes.discard(code)
        assert done.released_count == sum(not open_lines[number] for number in waited)
        assert done.still_waiting == sum(bool(open_lines[number]) for number in waited)
    for number, codes in open_lines.items():
        no = f"{prefix}-{number}"
        assert held(world, no) == bool(codes)
        assert {row.line_no for row in world.lines(no) if row.sku_id is None} == codes
        assert world.order(no).fulfilment == ("to_review" if codes else "to_pack")
    world.check_stock()


def test_skus_are_proposed_through_indexes(world):
    """Without them each page of unmatched listings looks at every SKU three times: 0.35 s among 100,000."""
    asked: list[tuple[str, Any]] = []

    def plans(connection: Connection) -> str:
        on_server = connection.dialect.name == "postgresql"
        if on_server:
            # Of a few rows it would read the whole table.
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        event.listen(connection, "before_cursor_execute", lambda _c, _cu, sql, binds, *_: asked.append((sql, binds)))
        proposals(connection, [Asked(1, "BEAR", "", "团团熊", "大号")])
        word = "EXPLAIN" if on_server else "EXPLAIN QUERY PLAN"
        return str([connection.exec_driver_sql(f"{word} {sql}", binds).all() for sql, binds in tuple(asked)])

    with world.store.engines.reader.begin() as connection:
        told = plans(connection)
    assert len(asked) >= 3
    assert all(f"ix_sku_folded_{name}" in told for name in ("code", "name", "short_name")), told


def test_rows_that_orders_wait_for_end_within_a_page_and_the_next_goes_on_by_age(world, shop):
    shop.offer(*(offer(f"N{n}") for n in range(5)))
    read(world)
    for no, code in (("A1", "N1"), ("A2", "N3")):
        world.shop.place(no, line("1", code))
    world.sync()
    for limit in (1, 2, 3, 9):
        assert pile(world, "unmatched", limit=limit) == ["N3", "N1", "N4", "N2", "N0"]
