"""What documents refuse and repeat at their edges: each refusal leaves everything as it was."""

import pytest

from core.inventory.documents import drafting, following, lists, pending, rules
from core.inventory.documents.following import Came
from core.inventory.documents.records import MOST_LINES, LineIn
from core.inventory.documents.rules import Rules
from core.inventory.documents.states import DocKind, DocState
from core.inventory.documents.writing import claim, paper_of, step
from core.runtime.errors import NotFound, Refused
from tests.documents.acts import booked, by_number, came, decide, detail, draft, lines, now, waiting
from tests.inventory.conftest import address, world  # noqa: F401 - fixtures


def refused(act, *arguments, **named):
    with pytest.raises((Refused, NotFound)) as error:
        act(*arguments, **named)
    return error.value.code


def follow(world, act, made, parts, **more):  # noqa: F811  the fixture
    key, version = world.key(), now(world, made).version
    return world.do(lambda uow: getattr(following, act)(uow, made.document_id, version, parts, key, **more))


def test_each_step_belongs_to_its_kind_and_names_its_own_lines(world):  # noqa: F811  the fixture
    sku, other = world.stocked(9), world.stocked(9)
    sent = booked(world, DocKind.TRANSFER, (sku, 3))
    line = lines(world, sent)[0]
    foreign = lines(world, booked(world, DocKind.TRANSFER, (other, 1)))[0]
    assert refused(follow, world, "inspect", sent, [Came(line.id, 1)]) == "document.state"
    assert refused(follow, world, "put_away", sent, [Came(line.id, 1)]) == "document.state"
    for parts in ([Came(foreign.id, 1)], [Came(line.id, 1), Came(line.id, 1)]):
        assert refused(follow, world, "arrive", sent, parts, is_all=False) == "document.line"
    version = now(world, sent).version
    assert refused(world.do, lambda uow: following.close(uow, sent.document_id, version)) == "document.state"
    too_many = [Came(line.id, -1)]
    assert refused(follow, world, "arrive", sent, too_many, is_all=False) == "stock.qty_out_of_range"
    assert (now(world, sent).state, waiting(world, sku, "in_transit")) == ("open", 3)


def test_what_comes_later_is_done_once_under_its_key(world):  # noqa: F811  the fixture
    decide(world, putaway_warehouse_ids=(world.main,))
    sku = world.sku()
    away = by_number(world, booked(world, DocKind.RECEIPT, (sku, 6)).follower)
    back = booked(world, DocKind.RETURN, (sku, 4))
    decide(world)
    for made, act, parts in ((away, "put_away", ((4, "A-1"),)), (back, "inspect", ((1, 2),))):
        first = came(world, act, made, *parts, key="k")
        again = came(world, act, made, *parts, key="k")
        assert (again.is_repeat, again.version) == (True, first.version)
    assert world.level(sku) == (7, 0, 0, 2)


def test_only_so_many_come_and_a_shelf_has_a_short_name(world):  # noqa: F811  the fixture
    decide(world, putaway_warehouse_ids=(world.main,))
    sku = world.sku()
    away = by_number(world, booked(world, DocKind.RECEIPT, (sku, 6)).follower)
    back = booked(world, DocKind.RETURN, (sku, 4))
    assert refused(came, world, "inspect", back, (3, 2)) == "document.beyond"
    assert refused(came, world, "put_away", away, (1, "A" * 60)) == "document.bin"
    assert came(world, "put_away", away, (0, "A-2")).state == "open", "the shelf is known before the goods are on it"
    assert came(world, "put_away", away, 2).state == "part"
    assert refused(came, world, "inspect", back, (0, 0)) == "document.nothing_counted"
    assert (world.level(sku)[0], detail(world, away.document_id).lines[0].bin) == (2, "A-2")


def test_nothing_is_called_booked_where_nothing_was_counted(world):  # noqa: F811  the fixture
    sku = world.stocked(10)
    decide(world, putaway_warehouse_ids=(world.main,))
    away = by_number(world, booked(world, DocKind.RECEIPT, (sku, 4)).follower)
    back, sent = (booked(world, kind, (sku, 3)) for kind in (DocKind.RETURN, DocKind.TRANSFER))
    for made, act, more in ((away, "put_away", {}), (back, "inspect", {}), (sent, "arrive", {"is_all": False})):
        for parts in ([], [Came(lines(world, made)[0].id, 0)]):
            assert refused(follow, world, act, made, parts, **more) == "document.nothing_counted"
        assert now(world, made).state == "open"
    assert came(world, "arrive", sent, 0).state == "done", "nothing came, and nothing more will"


def test_a_document_has_only_so_many_lines(world, monkeypatch):  # noqa: F811  the fixture
    sku, more = world.sku(), world.sku()
    many = [LineIn(sku, 1)] * (MOST_LINES + 1)
    assert refused(draft, world, DocKind.PURCHASE, *many) == "document.many_lines"
    monkeypatch.setattr(drafting, "MOST_LINES", 1)
    made = draft(world, DocKind.RECEIPT, (sku, 1))
    count = lambda uow: drafting.count_in(uow, made.document_id, more, 1, "k")  # noqa: E731  said once, used below
    assert refused(world.do, count) == "document.many_lines"
    assert refused(draft, world, DocKind.PURCHASE, LineIn(sku, 1, unit_cost_fen=-1)) == "document.cost"
    assert len(lines(world, made)) == 1


def test_days_that_a_later_scan_says_are_learnt_and_never_overwritten(world):  # noqa: F811  the fixture
    sku = world.sku()
    made = draft(world, DocKind.RECEIPT)
    days = [(None, None), (740_100, 740_000), (1, 1)]
    for place, (expires, makes) in enumerate(days):
        world.do(
            lambda uow, place=place, ends=expires, made_day=makes: drafting.count_in(
                uow, made.document_id, sku, 1, f"k{place}", "A", ends, made_day
            )
        )
    (line,) = lines(world, made)
    assert (line.done_qty, line.expires_day, line.made_day) == (3, 740_100, 740_000)


def test_the_same_key_begins_one_receipt_of_an_order(world):  # noqa: F811  the fixture
    sku = world.sku()
    order = booked(world, DocKind.PURCHASE, (sku, 5))
    first = world.do(lambda uow: drafting.receive_against(uow, order.document_id, "k"))
    world.do(lambda uow: drafting.throw_away(uow, first.document_id, first.version))
    again = world.do(lambda uow: drafting.receive_against(uow, order.document_id, "k"))
    assert (again.document_id, again.state, again.is_repeat) == (first.document_id, "void", True)


def test_goods_in_hand_are_a_document_of_unbooked_receipts(world):  # noqa: F811  the fixture
    sku = world.sku()
    done = booked(world, DocKind.IN_HAND, (sku, 3))
    assert (done.state, done.came, world.level(sku)) == ("done", (sku,), (3, 0, 0, 0))
    assert [row[4] for row in world.stock()["movement"]] == ["unbooked_receipt"]


def test_what_is_not_there_is_said(world):  # noqa: F811  the fixture
    assert refused(world.do, lambda uow: paper_of(uow, 404)) == "document.none"
    read = world.store.read
    assert read(lambda c: lists.document_detail(c, 404)) is None
    sku = world.sku()
    made = booked(world, DocKind.PURCHASE, (sku, 5))
    assert read(lambda c: lists.document_by_number(c, f" {made.number.lower()} ")) == made.document_id
    assert read(lambda c: lists.document_by_number(c, "CG-404")) is None
    assert [(row.sku_id, row.qty) for row in read(pending.pending)] == [(sku, 5)]
    assert read(lambda c: rules.last_costs(c, set())) == {}
    assert read(lambda c: c.execute(pending.pending_query(), {"sku_ids": "[]"}).all()) == []


def test_limits_are_numbers_from_nought_on(world):  # noqa: F811  the fixture
    for limits in ({"most_units": -1}, {"most_fen": 10**10}):
        code = refused(world.do, lambda uow, limits=limits: rules.set_rules(uow, Rules(**limits)))
        assert code == "document.limit"
    assert world.store.read(rules.rules_of) == Rules()


def test_there_is_no_step_but_those_of_the_table(world):  # noqa: F811  the fixture
    made = draft(world, DocKind.RECEIPT)

    def jump(uow):
        step(uow, claim(uow, made.document_id, 1, [DocState.DRAFT]), DocState.REVERSED, "document.reversed")

    assert refused(world.do, jump) == "document.state"
    assert now(world, made).state == "draft"


@pytest.mark.parametrize("typed", ["RK26X", "ZZ26", "RK2600", "RK269", "RK26061899", "R"])
def test_what_begins_no_number_is_looked_for_among_words_alone(world, typed):  # noqa: F811  the fixture
    sku = world.sku()
    booked(world, DocKind.RECEIPT, (sku, 1), reference=f"送货 {typed}")
    booked(world, DocKind.RECEIPT, (sku, 1))
    wanted = lists.DocumentFilter("all", "", typed)
    found = world.store.read(lambda c: lists.document_page(c, wanted, None, 9))
    assert [row.reference for row in found.rows] == [f"送货 {typed}"]
