"""The auditor sees who looked at, exported and erased what: between two times, page by page, and nothing else."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from core.access.records import LogFilter
from core.access.rights import Role
from core.db.models import AUDITED
from core.runtime.errors import Refused
from tests.support.fake_shop import line

SHA = "0f" * 32


@pytest.fixture
def watched(staffed):
    staffed.hire("老板", Role.ADMIN)
    staffed.hire("小李", Role.SERVICE, Role.APPROVER)
    staffed.hire("查账", Role.AUDITOR)
    staffed.world.ready("A1", line("1", "BEAR"))
    return staffed


def read(staffed, since, until, kind="all", limit=2):
    rows, after = [], None
    while True:
        page = staffed.audit.page(LogFilter(since, until, kind), after, limit)
        assert len(page.rows) <= limit
        rows += page.rows
        after = page.next_after
        if after is None:
            return rows


def test_looks_exports_and_erasures_are_listed_with_their_reasons(watched):
    world, clock = watched.world, watched.world.clock
    start = clock.now()
    order = world.order("A1")
    watched.arrive("小李")
    for reason in ("contact_buyer", "after_sale"):
        clock.advance(seconds=60)
        watched.desk.orders.unmask(order.id, reason)
    watched.personal.note_export("orders", 12, "accounting", SHA)
    world.shop.cancel("A1")
    world.sync("A1")
    watched.personal.erase(order.customer_id)
    watched.arrive("查账")
    end = clock.now() + timedelta(seconds=1)
    personal = [
        (row.operator, row.desk, row.action, row.subject_id, dict(row.facts))
        for kind in ("looks", "exports", "erased")
        for row in read(watched, start, end, kind)
    ]
    assert personal == [
        ("小李", "desk 1", "order.unmasked", order.id, {"why": "after_sale"}),
        ("小李", "desk 1", "order.unmasked", order.id, {"why": "contact_buyer"}),
        (
            "小李",
            "desk 1",
            "personal.exported",
            0,
            {"what": "orders", "count": 12, "why": "accounting", "sha256": SHA},
        ),
        ("小李", "desk 1", "person.erased", order.customer_id, {"orders": 1}),
    ]
    assert [row.order_no for row in read(watched, start, end, "looks")] == ["A1", "A1"]
    whole = read(watched, start, end)
    assert [row.id for row in whole] == sorted((row.id for row in whole), reverse=True)
    assert {row.action for row in whole} >= {"operator.added", "signin.done", "order.unmasked", "person.erased"}
    assert not any(row.action.startswith(("parcel.", "order.held", "stock.")) for row in whole)
    # Between two times: only the second look.
    assert len(read(watched, start + timedelta(seconds=90), end, "looks")) == 1
    assert read(watched, end, end + timedelta(days=1)) == []
    assert watched.audit.looks(start, end) == {"小李": 2}
    assert watched.audit.looks(start, start + timedelta(seconds=90)) == {"小李": 1}
    with pytest.raises(Refused) as refused:
        watched.desk.orders.detail(order.id)
    assert refused.value.facts == {"right": "see_orders"}, "an auditor reads the log and no orders"


@pytest.mark.parametrize("limit", [1, 3, 7, 50])
def test_pages_hold_every_line_once_also_where_many_have_one_time(watched, limit):
    now = watched.world.clock.now()

    def write(uow):
        for number in range(23):
            uow.record("order.unmasked", "access", number, why="after_sale")

    watched.world.do(write)
    watched.arrive("查账")
    rows = read(watched, now, now + timedelta(seconds=1), "looks", limit)
    assert [row.subject_id for row in rows] == list(range(22, -1, -1))


def test_an_export_says_what_it_is_in_words_of_ours(watched):
    watched.arrive("小李")
    with pytest.raises(Refused) as refused:
        watched.personal.note_export("orders", 1, "林晓要的", SHA)
    assert refused.value.code == "export.reason_unknown"
    for what, sha in (("订单 of 林晓", SHA), ("orders", "no digest")):
        with pytest.raises(ValueError, match="SHA-256"):
            watched.personal.note_export(what, 1, "accounting", sha)


def test_the_log_is_found_through_its_own_index(file_world):
    def plan(connection):
        query = (
            f"EXPLAIN QUERY PLAN SELECT id FROM journal WHERE {AUDITED}"
            " AND at >= 1 AND at < 9 ORDER BY at DESC, id DESC LIMIT 50"
        )
        return " ".join(row[3] for row in connection.execute(text(query)))

    found = file_world.store.read(plan)
    assert "ix_journal_audited" in found
    assert "TEMP B-TREE" not in found
