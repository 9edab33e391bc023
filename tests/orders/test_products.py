"""The catalogue as a person keeps it: nothing is overwritten by accident, no barcode stands for two things."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from core.catalog.models import BundleLine
from core.catalog.records import SkuSpec
from core.db.models import Journal
from core.runtime.errors import NotFound, Refused
from tests.support.fake_shop import line


def listed(world, pile="all", search="", limit=2):
    rows, after = [], None
    while True:
        page = world.desk.products.page(pile, search, after, limit)
        rows += [row.code for row in page.rows]
        after = page.next_after
        if after is None:
            return rows


def spec_of(world, code):
    return world.desk.products.product(world.skus[code]).spec


def save(world, code, **changes):
    seen = spec_of(world, code)
    return world.desk.products.save(world.skus[code], seen, replace(seen, **changes))


def refusal(world, act, *arguments, **more):
    before = world.dump()
    with pytest.raises(Refused) as refused:
        act(*arguments, **more)
    assert world.dump() == before, "a refusal changes nothing"
    return refused.value


def test_the_list_is_paged_filtered_and_searched(world):
    assert listed(world) == ["BAG", "BEAR", "CARD", "GIFT", "SET"]
    assert listed(world, "bundle") == ["SET"]
    assert listed(world, "uncounted") == ["GIFT"]
    world.desk.products.add(SkuSpec("NEW", "新品"))
    assert listed(world, "no_barcode") == ["NEW"]
    assert listed(world, search="熊") == ["BEAR", "SET"]
    assert listed(world, search="16901234567899") == ["BEAR"]
    assert world.desk.products.counts() == {"all": 6, "no_barcode": 1, "bundle": 1, "uncounted": 1}


def test_one_product_has_all_that_belongs_to_it(world):
    bear = world.desk.products.product(world.skus["BEAR"])
    assert bear.spec.barcodes == (("16901234567899", 24), ("6901234567892", 1))
    assert bear.part_of == ("SET",)
    bundle = world.desk.products.product(world.skus["SET"])
    assert bundle.spec.components == (("BEAR", 2), ("BAG", 1))
    assert bundle.part_names == {"BEAR": "团团熊", "BAG": "布袋"}
    assert world.desk.products.product(999_999) is None


def test_what_is_edited_is_saved_and_written_down(world):
    assert save(world, "BEAR", weight_g=210, barcodes=(("6901234567892", 1), ("X1", 6))).is_changed
    assert spec_of(world, "BEAR").weight_g == 210
    assert world.desk.entry.goods("X1")[0].unit_qty == 6
    assert world.desk.entry.goods("16901234567899") == ()
    (facts,) = world.rows(select(Journal.facts).where(Journal.action == "sku.edited"))[0]
    assert facts == {"fields": ["weight_g", "barcodes"]}
    assert not save(world, "BEAR").is_changed


def test_a_taken_barcode_says_whose_it_is(world):
    error = refusal(world, save, world, "BAG", barcodes=(("6901234567892", 1),))
    assert error.code == "catalog.barcode_taken"
    assert (error.facts["sku"], error.facts["name"]) == ("BEAR", "团团熊")
    assert world.desk.products.owner_of("6901234567892") == (world.skus["BEAR"], "BEAR", "团团熊")
    assert world.desk.products.owner_of("free") is None


def test_an_added_product_never_overwrites_one_that_is_there(world):
    error = refusal(world, world.desk.products.add, SkuSpec("BEAR", "别的熊"))
    assert (error.code, error.facts["name"]) == ("catalog.code_taken", "团团熊")


def test_orders_that_waited_for_a_code_go_on_when_it_is_added(world):
    world.shop.place("A1", line("1", "NEW"))
    world.sync("A1")
    assert world.holds("A1") == {"unmatched"}
    saved = world.desk.products.add(SkuSpec("NEW", "新品", is_stock_managed=False, lacks_barcode=True))
    assert (saved.resumed_count, world.holds("A1")) == (1, set())


def test_what_another_desk_saved_meanwhile_is_not_written_away(world):
    seen = spec_of(world, "BEAR")
    save(world, "BEAR", weight_g=210)
    edited = replace(seen, name="小熊")
    error = refusal(world, world.desk.products.save, world.skus["BEAR"], seen, edited)
    assert error.code == "catalog.changed_meanwhile"


def test_a_bundle_that_loses_its_parts_is_plain_goods(world):
    save(world, "SET", components=())
    assert world.rows(select(BundleLine.id)) == []
    assert not world.desk.products.page("all", "SET", None, 9).rows[0].is_bundle


def test_bundles_hold_plain_goods_and_goods_with_stock_are_no_bundle(world):
    assert refusal(world, save, world, "CARD", components=(("BAG", 1),)).code == "catalog.has_stock"
    world.desk.products.add(SkuSpec("BOX", "大礼盒", components=(("CARD", 2),)))
    nested = SkuSpec("B2", "礼盒", components=(("SET", 1),))
    assert refusal(world, world.desk.products.add, nested).code == "catalog.component_is_bundle"
    part = SkuSpec("B2", "礼盒", components=(("NONE", 1),))
    assert refusal(world, world.desk.products.add, part).code == "catalog.component_unknown"
    for code in ("CARD",):
        world.desk.stock.count(world.warehouse, world.skus[code], 0, "stocktake", "c1")
        assert refusal(world, save, world, code, components=(("BAG", 1),)).code == "catalog.is_component"


def test_goods_that_orders_hold_stay_counted(world):
    world.ready("A1", line("1", "BEAR"))
    assert refusal(world, save, world, "BEAR", is_stock_managed=False).code == "catalog.still_promised"
    assert save(world, "BAG", is_stock_managed=False).is_changed


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": " "}, "catalog.name_missing"),
        ({"name": "长" * 201}, "catalog.too_long"),
        ({"weight_g": -1}, "catalog.weight_bad"),
        ({"weight_g": 1_000_001}, "catalog.weight_bad"),
        ({"barcodes": (("X", 0),)}, "catalog.units_bad"),
    ],
)
def test_what_cannot_be_is_refused(world, changes, code):
    assert refusal(world, save, world, "BEAR", **changes).code == code


def test_a_product_that_is_gone_is_said(world):
    spec = spec_of(world, "BEAR")
    with pytest.raises(NotFound):
        world.desk.products.save(999_999, spec, spec)
