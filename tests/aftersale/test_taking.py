"""Cases in any order, doubled and late, end in the same state; what is personal in them is erased with its customer."""

import zlib
from collections import Counter
from datetime import timedelta
from itertools import count

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from core.access.erasing import erase_customer
from core.aftersale.models import AfterSaleCase, AfterSaleCopy
from core.aftersale.service import take_cases
from core.channels.aftersale_contract import AfterSaleKind, AfterSaleState
from core.db.models import Journal
from core.sync.shops import add_shop
from tests.support.after_sales import case
from tests.support.fake_shop import line
from tests.support.world import START

_NUMBERS = count(1)
_TEXTS = st.text(st.characters(exclude_characters="\x00", exclude_categories=("Cs",)), max_size=8)
_STEPS = st.lists(
    st.fixed_dictionaries(
        {
            "state": st.sampled_from(AfterSaleState),
            "kind": st.sampled_from(AfterSaleKind),
            "refund_fen": st.integers(0, 10**9),
            "goods_were_sent": st.none() | st.booleans(),
            "return_waybill_no": st.sampled_from(("", "SF1", "YT2")),
            "reason": _TEXTS,
            "lines": st.lists(st.tuples(st.sampled_from("123"), st.integers(1, 9)), max_size=3).map(tuple),
        }
    ),
    min_size=1,
    max_size=5,
)


def rows(world, prefix=""):
    table = AfterSaleCase.__table__
    query = select(*(column for column in table.c if column.name != "id"), AfterSaleCopy.body)
    found = world.rows(query.join(AfterSaleCopy, AfterSaleCopy.case_id == table.c.id).order_by(table.c.case_no))
    return {
        row.case_no.removeprefix(prefix): {
            name: zlib.decompress(value) if name == "body" else value
            for name, value in row._mapping.items()
            if name != "case_no"
        }
        for row in found
        if row.case_no.startswith(prefix)
    }


def take(world, *cases):
    return world.do(lambda uow: take_cases(uow, world.shop_id, cases))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories=st.lists(_STEPS, min_size=1, max_size=3), data=st.data())
def test_any_order_doubling_and_delay_ends_in_the_same_state(world, histories, data):
    """Times rise within a case; what is told in the end of the same instant wins."""
    ways = []
    told = [(number, at, step) for number, steps in enumerate(histories) for at, step in enumerate(steps)]
    chaos = data.draw(st.permutations(told + data.draw(st.lists(st.sampled_from(told), max_size=6))))
    cuts = data.draw(st.lists(st.integers(0, len(chaos)), max_size=3).map(sorted))
    pages = [chaos[a:b] for a, b in zip([0, *cuts], [*cuts, len(chaos)], strict=True)]
    for page_list in ([[one] for one in told], pages):
        prefix = f"w{next(_NUMBERS)}-"
        for page in page_list:
            take(
                world,
                *(
                    case(
                        f"{prefix}{number}",
                        f"order {number}",
                        START + timedelta(seconds=at),
                        requested_at=START,
                        raw={"at": at, "why": step["reason"]},
                        **step,
                    )
                    for number, at, step in page
                ),
            )
        ways.append(rows(world, prefix))

    assert ways[0] == ways[1]
    assert {no: row["state"] for no, row in ways[0].items()} == {
        str(number): steps[-1]["state"].value for number, steps in enumerate(histories)
    }


def test_what_is_told_again_changes_nothing_and_writes_nothing_down(world):
    one = case("C1", "A1", START)
    assert take(world, one, one).new_count == 1
    before = rows(world)
    world.clock.advance(minutes=1)
    result = take(world, one)

    assert (result.new_count, result.changed_count) == (0, 0)
    assert rows(world) == before
    assert Counter(row.action for row in world.rows(select(Journal.action)))["after_sale.changed"] == 0


def test_of_two_words_in_one_second_the_later_one_counts_and_an_older_never(world):
    take(world, case("C1", "A1", START))
    take(world, case("C1", "A1", START, state=AfterSaleState.AGREED))
    take(world, case("C1", "A1", START - timedelta(seconds=1), state=AfterSaleState.CLOSED))

    assert rows(world)["C1"]["state"] == "agreed"


def test_two_shops_may_use_the_same_number(world):
    second = world.do(lambda uow: add_shop(uow, "fake", "另一家", {}, "{}", world.warehouse))
    take(world, case("C1", "A1", START))
    world.do(lambda uow: take_cases(uow, second, [case("C1", "Z9", START, state=AfterSaleState.DONE)]))

    found = world.rows(select(AfterSaleCase.shop_id, AfterSaleCase.order_no, AfterSaleCase.state))
    assert set(map(tuple, found)) == {(world.shop_id, "A1", "requested"), (second, "Z9", "done")}


def test_an_erased_buyer_is_gone_from_cases_and_does_not_come_back(world):
    no = world.ready("A1", line("1", "BEAR"))
    assert no
    take(world, case("C1", "A1", START), case("C2", "B2", START))
    world.shop.cancel("A1")
    world.sync("A1")
    customer = world.order("A1").customer_id
    world.do(lambda uow: erase_customer(uow, customer))

    late = case("C1", "A1", START + timedelta(hours=1), state=AfterSaleState.DONE)
    erased = rows(world)["C1"]
    take(world, late, case("C3", "A1", START))

    assert (erased["reason"], erased["body"]) == ("", b"{}")
    for name in ("C1", "C3"):
        assert (rows(world)[name]["reason"], rows(world)[name]["body"]) == ("", b"{}")
    assert rows(world)["C1"]["state"] == "done"
    assert rows(world)["C2"]["reason"]


def test_the_journal_knows_nothing_of_the_buyers_words(world):
    take(world, case("C1", "A1", START, reason="请打13800001234"))

    (facts,) = [
        row.facts for row in world.rows(select(Journal.action, Journal.facts)) if row.action == "after_sale.opened"
    ]
    assert "13800001234" not in str(facts)
