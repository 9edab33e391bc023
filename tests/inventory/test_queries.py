"""Numbers that open into what makes them."""

import pytest

from core.inventory import ledger, queries
from core.runtime.errors import NotFound
from core.runtime.ids import LevelId
from tests.support.inventory_world import lines_of


def test_availability_sums_batches_per_warehouse(world):
    sku, unknown = world.sku(), world.sku()
    world.receive(sku, 2, batch="a")
    world.receive(sku, 3, batch="b")
    world.receive(sku, 4, world.second)
    world.bought((sku, 1))
    world.bought((sku, 2), is_paid=True)
    world.do(lambda uow: ledger.quarantine(uow, world.second, sku, 1, "damp", "Q1"))

    found = world.store.read(lambda connection: queries.availability(connection, [sku, unknown]))

    assert found == {
        sku: {
            world.main: queries.Quantities(5, 1, 2, 0),
            world.second: queries.Quantities(4, 0, 0, 1),
        }
    }
    assert [place.available_qty for place in found[sku].values()] == [2, 3]


def test_pages_of_levels_meet_every_row_once(world):
    skus = [world.stocked(number) for number in range(1, 6)]
    world.receive(skus[2], 9, world.second)

    def pages(**more):
        rows, cursor = world.store.read(lambda c: queries.levels_page(c, limit=2, **more))
        yield rows
        while cursor:
            rows, cursor = world.store.read(lambda c, at=cursor: queries.levels_page(c, at, limit=2, **more))
            yield rows

    found = [row for page in pages() for row in page]
    assert [(row.sku_id, row.warehouse_id, row.quantities.on_hand_qty) for row in found] == [
        (skus[0], 1, 1),
        (skus[1], 1, 2),
        (skus[2], 1, 3),
        (skus[2], 2, 9),
        (skus[3], 1, 4),
        (skus[4], 1, 5),
    ]
    assert [row.sku_id for page in pages(warehouse_id=world.second) for row in page] == [skus[2]]
    assert found[0].warehouse_name == "main"
    assert found[0].sku_name.startswith("goods S")


def test_why_opens_a_level_into_movements_claims_and_notes(world):
    sku = world.sku()
    level = world.receive(sku, 9)
    gone = world.bought((sku, 2), is_paid=True)
    world.consume(gone, "P1")
    kept = world.bought((sku, 3), is_paid=True)
    waiting = world.bought((sku, 1))
    world.do(lambda uow: ledger.quarantine(uow, world.main, sku, 1, "damp", "Q1"))

    answer = world.store.read(lambda connection: queries.why(connection, level))

    assert answer.quantities == queries.Quantities(7, 1, 3, 1)
    assert answer.moved_by_kind == {"receipt": 9, "sale": -2}
    assert sum(answer.moved_by_kind.values()) == answer.quantities.on_hand_qty
    assert [(row.qty, row.kind, row.reference) for row in answer.movements] == [
        (-2, "sale", "P1"),
        (9, "receipt", ""),
    ]
    assert [(row.order_line_id, row.qty, row.state) for row in answer.holders] == [
        (lines_of(waiting)[0], 1, "reserved"),
        (lines_of(kept)[0], 3, "confirmed"),
    ]
    assert answer.holders[0].order_id == waiting.order_id
    assert [note.action for note in answer.notes] == ["stock.quarantine", "stock.receipt"]
    assert answer.notes[0].facts == {"qty": 1, "reason": "damp", "key": "Q1"}
    assert answer.notes[0].operator == "clerk"


def test_why_of_no_level_is_not_found(world):
    with pytest.raises(NotFound):
        world.store.read(lambda connection: queries.why(connection, LevelId(404)))
