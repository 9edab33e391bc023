"""Who may do what with documents: each kind takes its right, and nobody is the second pair of eyes for themselves."""

import pytest
from sqlalchemy import select

from core.access.rights import Role
from core.counting.comparing import nothing_listed
from core.counting.records import Scope
from core.db.models import Journal
from core.desk.count_reports import CountReports
from core.files.progress import Progress
from core.inventory.documents.lists import DocumentFilter
from core.inventory.documents.records import Head, LineIn
from core.inventory.documents.rules import Rules
from core.inventory.documents.states import DocKind
from core.runtime.errors import Refused


def refused(act, *arguments, **named):
    with pytest.raises(Refused) as error:
        act(*arguments, **named)
    return error.value.code


def on_hand(staffed):
    with staffed.gate.as_system():
        return staffed.desk.stock.detail(staffed.world.skus["BEAR"], None).row.quantities.on_hand_qty


def test_an_adjustment_beyond_the_limit_waits_for_somebody_else(staffed):
    world, desk = staffed.world, staffed.desk
    staffed.hire("老板", Role.ADMIN)
    staffed.hire("小李", Role.STOCK_KEEPER)
    staffed.hire("小王", Role.APPROVER)
    with staffed.gate.as_system():
        desk.documents.set_rules(Rules(most_units=10))
    staffed.arrive("小王")
    where = (world.warehouse, world.skus["BEAR"], -11, "lost", "k1")
    own = desk.stock.adjust(*where)
    assert (own.waits, refused(desk.documents.approve, own.document_id, 1)) == (True, "document.own")
    staffed.arrive("小李")
    where = (world.warehouse, world.skus["BEAR"], -12, "lost", "k2")
    acted, again = desk.stock.adjust(*where), desk.stock.adjust(*where)
    assert (acted.waits, acted.booked.qty, again.document_id) == (True, 0, acted.document_id)
    assert len(desk.documents.page(DocumentFilter("to_approve"), None, 9).rows) == 2
    assert refused(desk.documents.approve, own.document_id, 1) == "right.missing"
    assert refused(desk.documents.refuse, own.document_id, 1, "") == "right.missing"
    assert on_hand(staffed) == 100_000
    staffed.arrive("小王")
    desk.documents.approve(acted.document_id, 1)
    assert on_hand(staffed) == 99_988
    staffed.arrive("小李")
    assert refused(desk.stock.take_back, acted.document_id, "u") == "document.needs_other"
    staffed.arrive("小王")
    desk.documents.reverse(acted.document_id, 2, "u2", "typing_error")
    assert on_hand(staffed) == 100_000


def test_each_kind_takes_its_right(staffed):
    world, desk = staffed.world, staffed.desk.documents
    staffed.hire("老板", Role.ADMIN)
    staffed.hire("小李", Role.APPROVER)
    staffed.arrive("小李")
    sku = world.skus["BEAR"]
    head = Head(world.warehouse)
    assert refused(desk.begin, DocKind.RECEIPT, head, [], "a") == "right.missing"
    adjusted = desk.begin(DocKind.ADJUSTMENT, head, [LineIn(sku, -1)], "b")
    assert desk.book(adjusted.document_id, 1, "c").acted.state == "done"
    with staffed.gate.as_system():
        receipt = desk.begin(DocKind.RECEIPT, head, [LineIn(sku, 0, done_qty=1)], "d")
    for act in (
        lambda: desk.book(receipt.document_id, 1, "e"),
        lambda: desk.change(receipt.document_id, 1, head, []),
        lambda: desk.count_in(receipt.document_id, sku, 1, "f"),
        lambda: desk.throw_away(receipt.document_id, 1),
    ):
        assert refused(act) == "right.missing"


def test_an_act_is_taken_back_by_whoever_may_do_its_kind(staffed):
    world, stock = staffed.world, staffed.desk.stock
    staffed.hire("老板", Role.ADMIN)
    staffed.hire("小李", Role.APPROVER)
    with staffed.gate.as_system():
        received = stock.receive(world.warehouse, world.skus["BEAR"], 5, "purchase", "k1")
    staffed.arrive("小李")
    aside = stock.quarantine(world.warehouse, world.skus["BEAR"], 1, "damaged", "k2")
    assert refused(stock.take_back, received.document_id, "u1") == "right.missing"
    assert on_hand(staffed) == 100_005
    assert stock.take_back(aside.document_id, "u2").state == "reversed"


def test_a_table_leaves_only_by_right_and_is_written_down(staffed, tmp_path):
    world, desk = staffed.world, staffed.desk
    staffed.hire("老板", Role.ADMIN)
    staffed.hire("小李", Role.STOCK_KEEPER)
    staffed.hire("小陈", Role.PICKER)
    staffed.hire("小周", Role.SERVICE)
    staffed.arrive("小李")
    made = desk.stock.quarantine(world.warehouse, world.skus["BEAR"], 1, "damaged", "k")
    reports = CountReports(world.desk.store, nothing_listed)
    acts = (
        lambda: desk.documents.write_file(made.document_id, tmp_path / "d.xlsx", ["x"] * 11),
        lambda: reports.save_report(1, tmp_path / "r.xlsx"),
        lambda: reports.save_differences(_sheet(staffed), tmp_path / "c.xlsx"),
        lambda: reports.save_shortage(1, tmp_path / "s.xlsx"),
    )
    for person in ("小陈", "小周"):
        staffed.arrive(person)
        assert [refused(act) for act in acts] == ["right.missing"] * 4
    assert list(tmp_path.glob("*.xlsx*")) == []
    staffed.arrive("小李")
    assert [act() for act in acts] == [1, 0, 0, 0]
    written = world.rows(select(Journal.facts, Journal.operator).where(Journal.action == "file.exported"))
    kinds = ["document", "comparison", "count_differences", "count_shortage"]
    assert [(row.facts["kind"], row.operator) for row in written] == [(kind, "小李") for kind in kinds]


def _sheet(staffed):
    world = staffed.world
    counting = staffed.desk.counting
    with staffed.gate.as_system():
        return counting.make(world.warehouse, Scope("skus", ("BEAR",)), "sheet", "", is_blind=False).id


def test_a_table_of_stock_leaves_only_with_the_right_to_see_it_and_counts_come_in_only_with_that_to_count(
    staffed, tmp_path
):
    staffed.hire("老板", Role.ADMIN)
    staffed.hire("小李", Role.STOCK_KEEPER)
    staffed.hire("小陈", Role.PICKER)
    staffed.hire("小周", Role.SERVICE)
    desk, files = staffed.desk, staffed.files
    table = tmp_path / "counts.csv"
    table.write_text("商家编码,实盘数量\nBEAR,1\n", "utf-8")

    def count():
        (read,) = files.read([table])
        return files.run(files.plan([(read, read.choices[0])], None), Progress())[0].counts.waiting

    acts = (
        lambda: desk.replenish.export_orders(tmp_path / "o.xlsx", []),
        lambda: desk.replenish.export_supply(tmp_path / "s.xlsx"),
        lambda: files.export_stock(tmp_path / "a.xlsx"),
        lambda: desk.accidents.export(tmp_path / "x.xlsx", 30),
        count,
    )
    staffed.arrive("小周")
    assert [refused(act) for act in (*acts[:3], count)] == ["right.missing"] * 4
    staffed.arrive("小陈")
    assert [refused(act) for act in acts] == ["right.missing"] * 5
    assert list(tmp_path.glob("*.xlsx*")) == []
    assert on_hand(staffed) == 100_000
    staffed.arrive("小李")
    for act in acts[:4]:
        act()
    assert count() == 1, "a difference this large waits for somebody else"
    assert on_hand(staffed) == 100_000
