"""A buyer's parcel is scanned when it comes back: the return knows its order, and what should be in it."""

import pytest

from core.aftersale.service import take_cases
from core.channels.aftersale_contract import AfterSaleKind, AfterSaleState
from core.inventory.documents.records import Head
from core.inventory.documents.states import DocKind
from desktop.pages.documents.presenter import DocumentsPresenter
from tests.gui.conftest import ManualTasks
from tests.support.after_sales import case
from tests.support.fake_shop import line
from tests.support.plans import walks
from tests.support.world import START


@pytest.fixture
def sent(world):
    number = world.ready("A1", line("1", "BEAR", 3), line("2", "SET", 2), line("3", "CARD"))
    world.desk.pack("A1")
    world.desk.ship(number)
    return world


def back(world, no="C1", **more):
    facts = {"kind": AfterSaleKind.RETURN, "state": AfterSaleState.RETURNING, "return_waybill_no": "YT1"} | more
    world.do(lambda uow: take_cases(uow, world.shop_id, [case(no, facts.pop("order_no", "A1"), START, **facts)]))


def units(world, code="YT1"):
    found = world.desk.documents.order_of(code)
    names = {sku_id: name for name, sku_id in world.skus.items()}
    return None if found is None else {names[one.sku_id]: one.qty for one in found.lines}


def test_what_the_case_is_about_comes_and_nothing_else(sent):
    back(sent, lines=(("1", 2),))
    found = sent.desk.documents.order_of("YT1")

    assert (found.order_no, found.waybill_no) == ("A1", "YT1")
    assert units(sent) == {"BEAR": 2}


def test_a_bundle_comes_by_its_components_and_two_cases_in_one_parcel(sent):
    back(sent, lines=(("2", 1),))
    back(sent, "C2", lines=(("1", 1),))
    assert units(sent) == {"BEAR": 3, "BAG": 1}


def test_never_more_comes_than_was_sent(sent):
    back(sent, lines=(("3", 9),))
    assert units(sent) == {"CARD": 1}


@pytest.mark.parametrize("lines", [(), (("77", 1),)], ids=["not said", "unknown line"])
def test_where_it_is_not_known_what_comes_the_whole_order_is_shown(sent, lines):
    back(sent, lines=lines)
    assert units(sent) == {"BEAR": 7, "BAG": 2, "CARD": 1}


@pytest.mark.parametrize("state", [AfterSaleState.REFUSED, AfterSaleState.CLOSED])
def test_what_was_refused_or_withdrawn_is_not_expected(sent, state):
    back(sent, state=state)
    assert units(sent) is None


def test_an_order_that_is_not_here_and_a_blank_number_expect_nothing(sent):
    back(sent, order_no="Z9")
    back(sent, "C2", return_waybill_no="")
    assert (units(sent), units(sent, "")) == (None, None)


def test_our_own_numbers_still_mean_all_that_was_sent(sent):
    back(sent, lines=(("1", 2),))
    for code in ("A1", sent.number("A1")):
        assert sum(units(sent, code).values()) == 10
        assert sent.desk.documents.order_of(code).waybill_no == ""


def test_a_scan_at_a_new_return_brings_its_order_goods_and_number(sent):
    back(sent, lines=(("1", 2),))
    desk, tasks = sent.desk.documents, ManualTasks()
    made = desk.begin(DocKind.RETURN, Head(sent.warehouse), (), sent.desk.nonce())
    presenter = DocumentsPresenter(desk, tasks, lambda *_: None, sent.desk.nonce)
    presenter.open(made.document_id)
    tasks.run()
    presenter.scan("YT1")
    tasks.run()

    detail = desk.detail(made.document_id)
    assert [(one.sku_id, one.qty) for one in detail.lines] == [(sent.skus["BEAR"], 2)]
    assert (detail.row.reference, detail.order_id) == ("YT1", sent.order("A1").id)


def test_a_parcel_is_found_by_its_index(file_world):
    from core.aftersale.returns import expected_return

    walked = walks(file_world.store, lambda connection: expected_return(connection, "YT1"))
    assert not [step for step in walked if step.split()[1] in {"after_sale_case", "orders"}]
