"""The hand-over sheet on paper: what stands on it, what does not, copies, and where a number left."""

from dataclasses import asdict, replace
from datetime import timedelta

from sqlalchemy import select

from core.db.models import Journal
from core.fulfilment import handover_paper
from core.fulfilment.handover_queries import signed_sheets
from core.fulfilment.handover_records import SheetSearch
from tests.fulfilment.test_handover import out, refused, sheet
from tests.support.fake_shop import LIN, line
from tests.support.plans import plans_on, walks


def closed(world, *numbers, courier="李师傅"):
    made = sheet(world)
    for number in numbers:
        world.desk.handover.scan(made, number)
    world.desk.handover.close(made, courier, len(numbers))
    return made


def codes(world, text="", since=None, until=None):
    return [view.code for view in world.desk.handover.signed(SheetSearch(text, since, until), 10)]


def test_every_parcel_of_a_sheet_stands_on_its_paper(world):
    numbers = [out(world, f"A{n}") for n in range(3)]
    made = sheet(world)
    assert refused(world.desk.handover.print_sheet, made, "page").code == "handover.empty"
    assert refused(world.desk.handover.print_sheet, 999, "page").code == "handover.unknown"
    world.desk.handover.take_all(made)
    paper = world.desk.handover.print_sheet(made, "page")
    assert [one.number for one in paper.lines] == numbers
    assert (paper.carrier_name, paper.shops, paper.desk, paper.clerk) == ("通通快递", ("练习店",), "desk 1", "clerk")
    assert (paper.state, paper.closed_at, paper.copy_no) == ("open", None, 0)
    world.desk.handover.close(made, "李师傅", 3)
    world.clock.advance(seconds=60)
    again = world.desk.handover.print_sheet(made, "label")
    assert again.lines == paper.lines
    assert (again.state, again.copy_no, again.printed_at) == ("closed", 1, world.clock.now())
    assert again.closed_at == world.clock.now() - timedelta(seconds=60)


def test_a_paper_is_as_long_as_its_sheet(world):
    """The page shows no more than 500 rows of a sheet; its paper shows them all."""
    made = sheet(world)
    first = out(world, "A0")
    world.desk.handover.take_all(made)
    assert len(world.desk.handover.print_sheet(made, "page").lines) == 1
    for n in range(1, 12):
        out(world, f"A{n}")
    world.desk.handover.take_all(made)
    paper = world.desk.handover.print_sheet(made, "page")
    assert len(paper.lines) == 12
    assert paper.lines[0].number == first


def test_nothing_of_a_receiver_or_courier_stands_on_paper_or_in_the_journal(world):
    number = out(world, "A1", consignee=replace(LIN, name="林晓测", phone="13911112222"))
    made = closed(world, number, courier="周师傅")
    said = str(asdict(world.desk.handover.print_sheet(made, "page")))
    query = select(Journal.facts).where(Journal.action == "handover.printed")
    said += str(world.rows(query))
    for personal in ("林晓测", "13911112222", LIN.address, "周师傅"):
        assert personal not in said
    assert {"code": codes(world)[0], "parcels": 1, "copy": 0, "way": "page"} in [row[0] for row in world.rows(query)]


def test_a_number_tells_on_which_sheet_it_left(world):
    first = closed(world, out(world, "A1"))
    world.clock.advance(seconds=86_400)
    number = out(world, "B1", line("1", "BAG"))
    closed(world, number)
    both = codes(world)
    assert len(both) == 2
    assert codes(world, number) == codes(world, f" {number.lower()} ") == codes(world, "B1") == both[:1]
    assert codes(world, both[1].lower()) == both[1:]
    assert codes(world, out(world, "C1")) == [], "it is still here"
    assert codes(world, "%") == []
    (view,) = world.desk.handover.signed(SheetSearch(both[1]), 10)
    assert view.id == first
    now = world.clock.now()
    assert codes(world, since=now - timedelta(hours=1)) == both[:1]
    assert codes(world, until=now - timedelta(hours=1)) == both[1:]
    assert codes(world, number, until=now - timedelta(hours=1)) == both[:1], "a number is looked for on every day"


def test_no_question_about_sheets_walks_through_orders_or_parcels(file_world):
    """Sheets are few; what left with them is not."""
    made = closed(file_world, out(file_world, "A1"))
    found = walks(file_world.store, lambda c: signed_sheets(c, SheetSearch("A1"), 10))
    assert found <= {"SCAN handover", "SCAN shop", "SCAN waybill_account"}

    def printed(uow):
        return plans_on(uow.connection, lambda: handover_paper.sheet_paper(uow, made))

    steps = {step for _, step in file_world.do(printed)}
    assert not {step for step in steps if step.startswith("SCAN")}
    assert any("ix_parcel_handover_id" in step for step in steps)
