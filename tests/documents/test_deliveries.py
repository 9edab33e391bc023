"""What a purchase order expects while deliveries come in several batches, from tables, and are taken back."""

from dataclasses import replace

from sqlalchemy import update

from core.inventory.documents import drafting, following
from core.inventory.documents.models import DocumentLine
from core.inventory.documents.records import LineIn
from core.inventory.documents.states import DocKind
from tests.documents.acts import book, booked, by_number, detail, lines, now, reverse, waiting
from tests.inventory.conftest import address, world  # noqa: F401 - fixtures


def receipt_of(world, order):  # noqa: F811  the fixture
    key = world.key()
    return world.do(lambda uow: drafting.receive_against(uow, order.document_id, key))


def count(world, receipt, sku, qty, batch=""):  # noqa: F811  the fixture
    key = world.key()
    return world.do(lambda uow: drafting.count_in(uow, receipt.document_id, sku, qty, key, batch))


def stands(world, order, sku):  # noqa: F811  the fixture
    """The order's state, what is still expected of the goods, and done and pending units of its lines."""
    figures = [(line.done_qty, line.pending_qty) for line in lines(world, order) if line.sku_id == sku]
    return now(world, order).state, waiting(world, sku, "incoming"), figures


def test_a_delivery_in_two_batches_is_all_that_was_ordered(world):  # noqa: F811  the fixture
    sku = world.sku()
    order = booked(world, DocKind.PURCHASE, LineIn(sku, 10, unit_cost_fen=320))
    receipt = receipt_of(world, order)
    count(world, receipt, sku, 6, "A")
    count(world, receipt, sku, 4, "B")
    source = lines(world, order)[0].id
    assert [(line.batch, line.source_line_id, line.unit_cost_fen) for line in lines(world, receipt)] == [
        ("A", source, 320),
        ("B", source, 320),
    ]
    done = book(world, by_number(world, receipt.number))
    assert stands(world, order, sku) == ("done", 0, [(10, 0)])
    assert detail(world, done.document_id).history[-1].facts["differing_lines"] == 0, "together they are what came"
    reverse(world, by_number(world, receipt.number))
    assert stands(world, order, sku) == ("open", 10, [(0, 10)])


def test_goods_from_a_table_and_lines_written_by_hand_are_what_was_ordered(world):  # noqa: F811  the fixture
    sku, other = world.sku(), world.sku()
    order = booked(world, DocKind.PURCHASE, (sku, 10), (other, 2))
    receipt = receipt_of(world, order)
    world.do(
        lambda uow: drafting.append(uow, receipt.document_id, receipt.version, [LineIn(sku, 7), LineIn(other, 2)])
    )
    version = now(world, receipt).version
    head = detail(world, receipt.document_id)
    written = [
        LineIn(
            one.sku_id, one.qty, one.batch, done_qty=one.done_qty, source_line_id=one.source_line_id, line_id=one.id
        )
        for one in head.lines
    ]
    words = replace(drafting.Head(head.warehouse_id), supplier="甲")
    more = [*written, LineIn(sku, 0, "B", done_qty=1)]
    world.do(lambda uow: drafting.change(uow, receipt.document_id, version, words, more))
    book(world, by_number(world, receipt.number))
    assert stands(world, order, sku) == ("part", 2, [(8, 2)])
    assert stands(world, order, other) == ("part", 0, [(2, 0)])


def test_what_one_line_did_not_want_goes_to_its_like(world):  # noqa: F811  the fixture
    """The same goods at two prices: the delivery note knows one row."""
    sku = world.sku()
    order = booked(world, DocKind.PURCHASE, LineIn(sku, 5, unit_cost_fen=100), LineIn(sku, 5, unit_cost_fen=90))
    receipt = receipt_of(world, order)
    count(world, receipt, sku, 8)
    book(world, by_number(world, receipt.number))
    assert stands(world, order, sku) == ("part", 2, [(5, 0), (3, 2)])
    rest = receipt_of(world, order)
    count(world, rest, sku, 3)
    book(world, by_number(world, rest.number))
    assert stands(world, order, sku) == ("done", 0, [(6, 0), (5, 0)]), "one more than was ordered"
    reverse(world, by_number(world, receipt.number))
    assert stands(world, order, sku) == ("part", 7, [(0, 5), (3, 2)])


def test_of_an_order_that_was_closed_nothing_is_expected_whatever_still_comes(world):  # noqa: F811  the fixture
    sku = world.sku()
    order = booked(world, DocKind.PURCHASE, (sku, 5))
    receipt = receipt_of(world, order)
    count(world, receipt, sku, 2)
    version = now(world, order).version
    world.do(lambda uow: following.close(uow, order.document_id, version))
    book(world, by_number(world, receipt.number))
    assert stands(world, order, sku) == ("closed", 0, [(2, 0)])
    reverse(world, by_number(world, receipt.number))
    assert stands(world, order, sku) == ("closed", 0, [(0, 0)])


def test_lines_that_never_knew_their_order_count_for_its_first_line_of_these_goods(world):  # noqa: F811  the fixture
    """As programs before this one wrote them."""
    sku, stranger = world.sku(), world.sku()
    order = booked(world, DocKind.PURCHASE, (sku, 10))
    receipt = receipt_of(world, order)
    count(world, receipt, sku, 4)
    count(world, receipt, stranger, 1)
    unbound = update(DocumentLine).where(DocumentLine.document_id == receipt.document_id)
    world.do(lambda uow: uow.execute(unbound.values(source_line_id=None)))
    book(world, by_number(world, receipt.number))
    assert stands(world, order, sku) == ("part", 6, [(4, 6)])
