"""Documents as the desk works with them: old acts leave one, waiting orders go on, each needs its right."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from core.catalog.models import Sku
from core.inventory.documents.lists import DocumentFilter
from core.inventory.documents.models import Document, DocumentLine
from core.inventory.documents.records import Head, LineIn
from core.inventory.documents.rules import Rules
from core.inventory.documents.states import DocKind
from core.inventory.documents.watches import late_purchases, stuck_documents
from core.inventory.models import Batch
from core.runtime.errors import Refused
from core.runtime.standing import Severity
from tests.support.fake_shop import line
from tests.support.plans import walks


def documents(world):
    return world.desk.documents.page(DocumentFilter(), None, 50).rows


def on_hand(world, code="BEAR"):
    return world.desk.stock.detail(world.skus[code], None).row.quantities.on_hand_qty


def begun(world, kind, *lines, **head):
    made = world.desk.documents.begin(kind, Head(world.warehouse, **head), lines, world.desk.nonce())
    return world.desk.documents.detail(made.document_id)


def booked(world, kind, *lines, **head):
    seen = begun(world, kind, *lines, **head)
    world.desk.documents.book(seen.row.id, seen.row.version, world.desk.nonce())
    return world.desk.documents.detail(seen.row.id)


def refused(act, *arguments, **named):
    with pytest.raises(Refused) as error:
        act(*arguments, **named)
    return error.value.code


# --- acts that were there before -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("act", "kind", "qty", "moves"),
    [
        ("receive", "receipt", 5, 1),
        ("book_in_hand", "in_hand", 5, 1),
        ("adjust", "adjustment", -5, 1),
        ("quarantine", "quarantine", 5, 0),
    ],
)
def test_an_act_from_the_list_of_goods_leaves_a_document_and_is_undone_by_another(world, act, kind, qty, moves):
    before, aside = on_hand(world), world.desk.stock.detail(world.skus["BEAR"], None).row.quantities.quarantined_qty
    where = (world.warehouse, world.skus["BEAR"], qty, "other: 说明", "k1")
    acted = getattr(world.desk.stock, act)(*where)
    again = getattr(world.desk.stock, act)(*where)
    assert (again.booked.is_repeat, again.document_id) == (True, acted.document_id)
    (row,) = documents(world)
    assert (row.kind, row.state, row.number, row.reason) == (kind, "done", acted.document_no, "other: 说明")
    seen = world.desk.documents.detail(row.id)
    assert [len(one.movement_ids) for one in seen.lines] == [moves]
    newest = world.desk.stock.detail(world.skus["BEAR"], None).why.movements[0]
    assert newest.reference == (acted.document_no if moves else ""), "the list of goods names the document"
    world.desk.stock.take_back(acted.document_id, "k1:undo")
    world.desk.stock.take_back(acted.document_id, "k1:undo")
    quantities = world.desk.stock.detail(world.skus["BEAR"], None).row.quantities
    assert (quantities.on_hand_qty, quantities.quarantined_qty) == (before, aside)
    assert [one.kind for one in documents(world)] == ["counter", kind]


def test_a_transfer_at_once_leaves_a_document_with_both_movements(world):
    other = world.desk.stock.add_warehouse("wh2", "二号仓").id
    acted = world.desk.stock.transfer(world.warehouse, other, world.skus["BEAR"], 7, "fill_up", "k1")
    seen = world.desk.documents.detail(acted.document_id)
    assert (seen.row.kind, seen.row.state, seen.to_warehouse_id) == ("transfer", "done", other)
    assert [(one.qty, one.done_qty, len(one.movement_ids)) for one in seen.lines] == [(7, 7, 2)]
    world.desk.stock.take_back(acted.document_id, "undo")
    assert on_hand(world) == 100_000


def test_a_broken_unit_at_the_packing_desk_leaves_a_document(world):
    world.ready("A1", line("1", "BEAR", 2))
    opened = world.desk.open("A1").parcel
    world.desk.packing.damaged(opened.id, opened.fence, world.desk.nonce(), line_id=opened.lines[0].id)
    (row,) = documents(world)
    assert (row.kind, row.state, row.reason, row.qty) == ("quarantine", "done", "damaged", 1)


# --- orders that wait ------------------------------------------------------------------------------------------------


def test_goods_of_a_receipt_send_waiting_orders_on_once_they_can_be_sold(world):
    desk = world.desk
    desk.stock.count(world.warehouse, world.skus["BEAR"], 0, "stocktake", "empty")
    world.ready("A1", line("1", "BEAR", 2))
    desk.documents.set_rules(Rules(putaway_warehouse_ids=(world.warehouse,)))
    seen = booked(world, DocKind.RECEIPT, LineIn(world.skus["BEAR"], 0, done_qty=2))
    assert world.holds("A1") == {"short"}, "not on its shelf yet"
    (away,) = seen.related
    waiting = desk.documents.detail(away.id)
    from core.inventory.documents.following import Came

    came = [Came(waiting.lines[0].id, 2, bin="A-1")]
    acted = desk.documents.put_away(away.id, waiting.row.version, came, "k")
    assert (acted.served_count, world.holds("A1")) == (1, set())


# --- batches ---------------------------------------------------------------------------------------------------------


def test_goods_kept_by_batch_come_in_by_document_under_one(world):
    sku = world.skus["BEAR"]
    world.do(lambda uow: uow.execute(update(Sku).where(Sku.id == sku).values(is_batch_managed=True, life_days=100)))
    assert refused(booked, world, DocKind.RECEIPT, LineIn(sku, 0, done_qty=2)) == "stock.batch_missing"
    assert refused(booked, world, DocKind.RECEIPT, LineIn(sku, 0, "B1", done_qty=2)) == "batch.day_missing"
    booked(world, DocKind.RECEIPT, LineIn(sku, 0, "Ｂ1 ", made_day=740_000, done_qty=2))
    (batch,) = world.rows(select(Batch.code, Batch.expires_day).where(Batch.sku_id == sku))
    assert (batch.code, batch.expires_day) == ("B1", 740_100)


# --- watches ---------------------------------------------------------------------------------------------------------


def standing(world, watch):
    return world.desk.store.read(lambda connection: watch(connection, world.clock.now()))


def test_what_waits_too_long_is_named_until_it_is_done(world):
    seen = booked(world, DocKind.RETURN, LineIn(world.skus["BEAR"], 1))
    assert standing(world, stuck_documents) == []
    world.clock.advance(hours=49)
    (one,) = standing(world, stuck_documents)
    assert (one.rule, one.key, one.severity) == ("document.to_inspect", f"document:{seen.row.id}", Severity.NOTICE)
    assert one.facts["number"] == seen.row.number
    world.clock.advance(days=5)
    assert [one.severity for one in standing(world, stuck_documents)] == [Severity.WARNING]
    world.desk.documents.close(seen.row.id, seen.row.version)
    assert standing(world, stuck_documents) == []


def test_a_purchase_is_late_the_day_after_it_was_expected(world):
    today = world.clock.now().date()
    booked(world, DocKind.PURCHASE, LineIn(world.skus["BEAR"], 1), supplier="甲", expected_day=today.toordinal())
    assert standing(world, late_purchases) == []
    world.clock.advance(days=1)
    (late,) = standing(world, late_purchases)
    assert (late.rule, late.facts["days"], late.facts["supplier"]) == ("document.late", 1, "甲")


# --- speed -----------------------------------------------------------------------------------------------------------


def test_no_read_walks_through_all_lines_or_documents(file_world):
    world = file_world
    _many(world)
    desk, store = world.desk.documents, world.desk.store
    newest = documents(world)[0].id
    sku = world.skus["BEAR"]
    reads = {
        "page": lambda c: _lists().document_page(c, DocumentFilter(), None, 50),
        "pile": lambda c: _lists().document_page(c, DocumentFilter("under_way"), newest, 50),
        "kind": lambda c: _lists().document_page(c, DocumentFilter("under_way", "transfer"), newest, 50),
        "counts": lambda c: _lists().document_counts(c, DocumentFilter()),
        "order": lambda c: _order_of(c, "A1"),
        "detail": lambda c: _lists().document_detail(c, newest),
        "pending": lambda c: _pending().pending(c, [sku]),
        "why": lambda c: _pending().why_pending(c, sku),
        "stuck": lambda c: stuck_documents(c, world.clock.now() + timedelta(days=9)),
        "late": lambda c: late_purchases(c, world.clock.now()),
    }
    walked = {name: {step for step in walks(store, read) if _is_a_table(step)} for name, read in reads.items()}
    assert {name: steps for name, steps in walked.items() if steps} == {}
    counts = desk.counts(DocumentFilter())
    assert counts.by_pile == {"all": 1001, "done": 1000, "under_way": 1}, "each pair as far as a chip says it"
    assert [counts.said(number) for number in (1, 1000, 1001)] == ["1", "1 000+", "1 000+"]


def _is_a_table(step):
    return step.split()[1] in {"document", "document_line", "document_movement", "orders", "waybill", "parcel_line"}


def _lists():
    from core.inventory.documents import lists

    return lists


def _order_of(connection, code):
    from core.desk.documents import _order_of as order_of

    return order_of(connection, code)


def _pending():
    from core.inventory.documents import pending

    return pending


def _many(world):
    """Two thousand done documents and one under way."""

    def write(uow):
        day = world.clock.now().date().toordinal()
        rows = [
            {
                "number": f"RK-{n}",
                "kind": "receipt",
                "state": "done",
                "day": day,
                "seq": n + 10,
                "warehouse_id": world.warehouse,
                "supplier": "",
                "reference": "",
                "reason": "",
                "note": "",
                "author": "x",
                "hands": [],
                "created_at": uow.now,
                "decided_by": "",
                "version": 1,
            }
            for n in range(2000)
        ]
        uow.insert_many(Document, rows)
        ids = uow.execute(select(Document.id)).scalars().all()
        lines = [
            {
                "document_id": one,
                "line_no": 1,
                "sku_id": world.skus["BEAR"],
                "batch": "",
                "qty": 1,
                "done_qty": 1,
                "bad_qty": 0,
                "pending_qty": 0,
                "bin": "",
            }
            for one in ids
        ]
        uow.insert_many(DocumentLine, lines)

    world.do(write)
    booked(world, DocKind.PURCHASE, LineIn(world.skus["BEAR"], 1))
    world.do(lambda uow: uow.connection.exec_driver_sql("ANALYZE"))
