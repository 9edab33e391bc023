"""Bins: how they are written, where they are kept, and the way along the shelves that follows them."""

import pytest
from sqlalchemy import select

from core.catalog.bins import LONGEST_BIN, tidy_bin, zone_of
from core.catalog.models import Bin
from core.catalog.records import SkuSpec
from core.fulfilment.shelving import shelf_order
from core.runtime.errors import Refused
from tests.support.fake_shop import line


@pytest.mark.parametrize(
    ("typed", "kept", "zone"),
    [
        ("A-01-03", "A-01-03", "A"),
        (" ａ－01－03 ", "A-01-03", "A"),
        ("b12", "B12", "B"),
        ("冷库3排", "冷库3排", "冷库"),
        ("2F-A-1", "2F-A-1", "2F"),
        ("0103", "0103", ""),
        ("a – 1", "A-1", "A"),
        ("", "", ""),
    ],
)
def test_a_bin_is_kept_tidy_and_its_zone_follows_from_it(typed, kept, zone):
    assert tidy_bin(typed) == kept
    assert zone_of(kept) == zone


def put(world, **bins):
    for code, place in bins.items():
        seen = world.desk.products.product(world.skus[code]).spec
        mine = ((world.warehouse, place),) if place else ()
        world.desk.products.save(world.skus[code], seen, SkuSpec(**{**vars_of(seen), "bins": mine}))


def vars_of(spec):
    return {name: getattr(spec, name) for name in SkuSpec.__slots__}


def bins(world):
    return [tuple(row) for row in world.rows(select(Bin.sku_id, Bin.code, Bin.zone).order_by(Bin.code))]


def test_a_bin_is_saved_changed_and_taken_away_with_its_product(world):
    bear = world.skus["BEAR"]
    put(world, BEAR="a-2-1")
    assert bins(world) == [(bear, "A-2-1", "A")]
    assert world.desk.products.product(bear).spec.bins == ((world.warehouse, "A-2-1"),)
    put(world, BEAR="C7")
    assert bins(world) == [(bear, "C7", "C")]
    with pytest.raises(Refused) as refused:
        put(world, BEAR="x" * (LONGEST_BIN + 1))
    assert refused.value.code == "catalog.bin_too_long"
    assert bins(world) == [(bear, "C7", "C")]
    put(world, BEAR="")
    assert bins(world) == []


def test_taking_a_catalogue_in_again_leaves_bins_alone(world):
    from core.catalog.service import take_in
    from tests.support.world import CATALOGUE

    put(world, BEAR="A-1")
    world.do(lambda uow: take_in(uow, CATALOGUE))
    assert [row[1] for row in bins(world)] == ["A-1"]


def test_the_way_along_the_shelves_goes_by_bins_and_by_codes_where_there_is_none():
    rows = [("BEAR", "B-10"), ("BAG", "B-2"), ("CARD", ""), ("A-1", "")]
    assert sorted(rows, key=lambda row: shelf_order(*row)) == [
        ("A-1", ""),
        ("BAG", "B-2"),
        ("BEAR", "B-10"),
        ("CARD", ""),
    ]


def test_labels_and_pick_list_follow_the_bins(world):
    put(world, BEAR="A-1", BAG="A-10", CARD="A-2")
    for no, code in (("A1", "BAG"), ("A2", "CARD"), ("A3", "BEAR"), ("A4", "BAG")):
        world.ready(no, line("1", code))
    wave = world.desk.packing.start_wave("batch", 10)
    assert [label["order_nos"][0] for label in world.print_labels()] == ["A3", "A2", "A1", "A4"]
    rows = world.desk.packing.pick_list(wave.id)
    assert [(row.sku_code, row.bin, row.qty) for row in rows] == [
        ("BEAR", "A-1", 1),
        ("CARD", "A-2", 1),
        ("BAG", "A-10", 2),
    ]
    assert [row.places for row in world.desk.waves.pick_list(wave.id)] == [((1, 1),), ((2, 1),), ((3, 1), (4, 1))]
