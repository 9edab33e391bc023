"""Two printers with two papers: each carrier's label comes out of the one that holds its paper."""

from types import SimpleNamespace

import pytest
from sqlalchemy import update

from core.desk.desks import Desks
from core.desk.settings import Settings
from core.fulfilment.models import Parcel
from core.runtime.errors import NotFound, Refused
from core.waybills.accounts import Account, save_account
from core.waybills.models import Waybill
from desktop.pages.printers.ports import PrinterDraft
from desktop.printers import Printers
from printing.render import LabelRenderer
from tests.simulators.label_printer import LabelPrinter
from tests.support.fake_shop import line
from tests.support.readers import read_with_zxing
from tests.support.world import CARRIER, SENDER


@pytest.fixture
def printers(file_world, qapp, tmp_path):
    """Printers over the real spine of a world, named as `Core` names its services."""
    world = file_world
    core = SimpleNamespace(
        print_jobs=world.desk.jobs,
        labels=world.desk.labels,
        settings=Settings(world.store),
        desks=Desks(world.store, "machine"),
        store=world.store,
        config=SimpleNamespace(clock=world.clock),
    )
    made = Printers(core, LabelRenderer(), tmp_path / "labels")
    made.start()
    yield made
    made.stop()


@pytest.fixture
def papers():
    with LabelPrinter() as wide, LabelPrinter() as narrow:
        yield wide, narrow


def printed(world, no, carrier=CARRIER):
    """The label of an order's parcel is wanted; gives its number."""
    number = world.ready(no, line("1", "BEAR"))
    parcel = world.parcels(no)[0].id
    if carrier != CARRIER:
        for table, here in ((Waybill, Waybill.parcel_id), (Parcel, Parcel.id)):
            world.do(
                lambda uow, t=table, h=here: uow.execute(update(t).where(h == parcel).values(carrier_code=carrier))
            )
    world.desk.labels.print_label(parcel)
    return number


def number_on(paper):
    return {text for kind, text in read_with_zxing(paper) if kind == "code128"}


def settled(world):
    return {row.state for row in world.jobs()} <= {"sent", "confirmed"}


def test_each_label_comes_out_of_the_printer_that_holds_its_paper(file_world, printers, papers, qtbot):
    world, (wide, narrow) = file_world, papers
    world.do(lambda uow: save_account(uow, Account("fake", "SF", "顺丰速运", {}, "secret", SENDER)))
    first = printers.add(PrinterDraft("宽", wide.address, "100x150"))
    printers.add(PrinterDraft("窄", narrow.address, "76x130"))
    printers.make_default(first.key)
    printers.set_label_size("SF", "76x130")
    assert [(one.carrier_name, one.size) for one in printers.label_sizes()] == [
        ("通通快递", ""),
        ("顺丰速运", "76x130"),
    ]
    numbers = [printed(world, "A1"), printed(world, "B1", "SF"), printed(world, "A2"), printed(world, "B2", "SF")]
    wide.wait_for_papers(2)
    narrow.wait_for_papers(2)
    assert [number_on(paper) for paper in wide.papers] == [{numbers[0]}, {numbers[2]}]
    assert [number_on(paper) for paper in narrow.papers] == [{numbers[1]}, {numbers[3]}]
    assert {paper.shape for paper in narrow.papers} == {(1040, 608)}
    qtbot.waitUntil(lambda: settled(world))
    assert len(world.jobs()) == 4, "none was printed twice"


def test_without_a_wish_everything_goes_to_the_chosen_printer(file_world, printers, papers):
    wide, narrow = papers
    first = printers.add(PrinterDraft("宽", wide.address, "100x150"))
    printers.add(PrinterDraft("窄", narrow.address, "76x130"))
    printers.make_default(first.key)
    printed(file_world, "A1")
    wide.wait_for_papers(1)
    printers.set_label_size(CARRIER, "76x130")
    printed(file_world, "A2")
    narrow.wait_for_papers(1)
    printers.set_label_size(CARRIER, "")
    printed(file_world, "A3")
    wide.wait_for_papers(2)


def test_whoever_chose_the_virtual_printer_gets_pictures_whatever_paper_is_wished(
    file_world, printers, papers, qtbot
):
    _, narrow = papers
    printers.add(PrinterDraft("窄", narrow.address, "76x130"))
    printers.set_label_size(CARRIER, "76x130")
    number = printed(file_world, "A1")
    qtbot.waitUntil(lambda: [label.name for label in printers.newest_labels(2)] == [number])
    assert narrow.papers == ()


def test_a_paper_that_nobody_makes_and_a_carrier_that_nobody_has_are_refused(printers):
    with pytest.raises(Refused) as refused:
        printers.set_label_size(CARRIER, "10x10")
    assert refused.value.code == "label.size_unknown"
    with pytest.raises(NotFound) as unknown:
        printers.set_label_size("NOBODY", "76x130")
    assert unknown.value.code == "waybill.no_account"
