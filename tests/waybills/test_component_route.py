"""Waybills whose labels only a platform's print component can print: kept, routed, erased."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from core.access.erasing import erase_customer
from core.waybills.contract import PrintData
from printing.components.content import content_from_mapping
from tests.simulators.print_component import print_data_for
from tests.support.fake_shop import LIN, line

MASKED = replace(LIN, name="林*", phone="138****1234", token="oaid", is_masked=True)
TEMPLATE = "http://127.0.0.1/template/customArea/1"


@pytest.fixture
def granting(world):
    """A carrier account at a platform: each number comes with print data."""
    world.carrier.print_data = lambda request, number: PrintData("cainiao", print_data_for(int(number[2:])), TEMPLATE)
    return world


def claim(world):
    return world.desk.jobs.claim("virtual")


def test_a_masked_receiver_with_print_data_goes_to_the_component_untouched(granting):
    number = granting.ready("A1", line("1", "BEAR", 2), consignee=MASKED, buyer_note="快点")
    granting.desk.pack("A1")
    job = claim(granting)
    content = content_from_mapping(job.content)
    (document,) = content.documents
    assert (job.route, job.name, job.copy_no, content.dialect) == ("component", number, 0, "cainiao")
    assert (document.document_id, document.contents) == (number, (print_data_for(int(number[2:])),))
    assert document.custom_area.template_url == TEMPLATE
    said = document.custom_area.data
    assert (said["order_nos"], said["items"], said["item_count"], said["buyer_note"]) == (
        "A1",
        "团团熊 大号 ×2",
        "2",
        "快点",
    )


def test_without_a_template_of_the_merchant_there_is_no_custom_area(granting):
    granting.carrier.print_data = lambda request, number: PrintData("pdd", print_data_for(1))
    granting.ready("A1", line("1", "BEAR"), consignee=MASKED)
    granting.desk.pack("A1")
    assert content_from_mapping(claim(granting).content).documents[0].custom_area is None


def test_a_masked_receiver_without_print_data_can_only_be_printed_elsewhere(world):
    world.ready("A1", line("1", "BEAR"), consignee=MASKED)
    world.desk.pack("A1")
    assert claim(world) is None
    assert [(job.state, job.last_error) for job in world.jobs()] == [("failed", "label.masked")]


def test_a_clear_receiver_without_print_data_is_drawn_by_us(world):
    world.ready("A1", line("1", "BEAR"))
    world.desk.pack("A1")
    job = claim(world)
    assert (job.route, job.content["schema"]) == ("own", 1)


def test_a_further_copy_is_another_task(granting):
    granting.ready("A1", line("1", "BEAR"), consignee=MASKED)
    granting.desk.pack("A1")
    first = claim(granting)
    granting.desk.jobs.mark_sending(first, "digest")
    granting.desk.jobs.mark_unknown(first, "component.silent")
    granting.desk.labels.answer_unknown(first.job_id, came_out=False)
    further = claim(granting)
    assert (further.copy_no, further.name, further.route) == (1, first.name, "component")
    assert further.job_id != first.job_id
    stamped = content_from_mapping(further.content).stamped(further.copy_no)
    assert stamped.documents[0].custom_area.data["reprint"] == "补打 1"


def test_a_voided_number_is_not_given_to_a_component(granting):
    granting.ready("A1", line("1", "BEAR"), consignee=MASKED)
    granting.desk.pack("A1")
    granting.desk.labels.new_number(granting.parcels("A1")[0].id, "torn")
    assert claim(granting) is None


def test_print_data_is_cipher_text_on_the_server_and_nowhere_else(granting):
    granting.ready("A1", line("1", "BEAR"), consignee=MASKED)
    encrypted = print_data_for(1)["encryptedData"]
    if granting.address.postgres_url:
        assert encrypted not in repr(granting.dump())
    places = {name for name, rows in granting.dump().items() if encrypted[:40] in repr(rows)}
    assert places <= {"waybill"}
    assert encrypted[:20] not in repr(PrintData("cainiao", print_data_for(1)))


def test_erasing_a_person_erases_what_would_print_their_label(granting):
    number = granting.ready("A1", line("1", "BEAR"), consignee=MASKED)
    granting.desk.pack("A1")
    granting.desk.jobs.claim("virtual")
    granting.desk.ship(number)
    granting.do(lambda uow: erase_customer(uow, granting.order("A1").customer_id))
    stored = granting.store.read(
        lambda connection: connection.execute(text("SELECT print_data FROM waybill")).scalars().all()
    )
    assert stored == [None]


def test_a_number_called_off_while_it_was_asked_for_keeps_no_print_data(granting):
    def call_off(request):
        granting.carrier.meanwhile = lambda _request: None
        granting.desk.labels.new_number(granting.parcels("A1")[0].id, "changed")

    granting.carrier.meanwhile = call_off
    granting.ready("A1", line("1", "BEAR"), consignee=MASKED)
    granting.buy_numbers()
    kept = {row.state: row.print_data is not None for row in granting.waybills("A1")}
    assert kept == {"voided": False, "obtained": True}
