"""What a parcel weighs against what its goods weigh, on both engines."""

import pytest
from sqlalchemy import select

from core.catalog.records import SkuSpec
from core.catalog.service import take_in
from core.db.models import Journal
from core.fulfilment.records import WeightRule
from core.fulfilment.weighing import usual_packaging_g
from tests.support.fake_shop import line

RULE = WeightRule(grams=50, percent=10)
MEANT = WeightRule(grams=50, percent=10, is_meant=True)


def weigh(world, verdict, grams, rule=RULE):
    parcel = verdict.parcel
    return world.desk.packing.weigh(parcel.id, parcel.fence, grams, world.desk.nonce(), rule)


def noted(world, action):
    return [
        row.facts for row in world.rows(select(Journal.facts).where(Journal.action == action).order_by(Journal.id))
    ]


def test_a_parcel_that_is_too_light_is_asked_about_and_goes_when_it_is_meant(world):
    world.ready("A1", line("1", "BEAR", 3))
    packed = world.desk.pack("A1")
    asked = weigh(world, packed, 290)
    assert (asked.code, asked.facts["off_g"], asked.facts["expected_g"]) == ("weight.light", 310, 600)
    assert asked.parcel.weight_g is None
    assert weigh(world, packed, 911).code == "weight.heavy"
    meant = weigh(world, packed, 290, MEANT)
    assert (meant.code, meant.parcel.weight_g) == ("weight.ok", 290)
    assert [(facts["grams"], facts["expected_g"]) for facts in noted(world, "parcel.weighed_off")] == [(290, 600)]
    assert noted(world, "parcel.weighed") == []


@pytest.mark.parametrize(("grams", "code"), [(540, "weight.ok"), (539, "weight.light"), (661, "weight.heavy")])
def test_the_larger_tolerance_counts(world, grams, code):
    world.ready("A1", line("1", "BEAR", 3))
    packed = world.desk.pack("A1")
    assert weigh(world, packed, grams).code == code


def test_a_small_parcel_is_judged_in_grams(world):
    world.ready("A1", line("1", "BAG"))
    packed = world.desk.pack("A1")
    assert weigh(world, packed, 100).code == "weight.ok"
    assert weigh(world, packed, 101).code == "weight.heavy"


def test_goods_whose_weight_nobody_knows_make_no_claim(world):
    world.skus = {**world.skus, **world.do(lambda uow: take_in(uow, [SkuSpec("AIR", "空气", weight_g=0)]))}
    world.receive("AIR", 5)
    world.ready("A1", line("1", "BEAR"), line("2", "AIR"))
    packed = world.desk.pack("A1")
    assert packed.parcel.expected_weight_g == 0
    assert weigh(world, packed, 9000).code == "weight.ok"


def test_without_a_rule_every_possible_weight_is_noted(world):
    world.ready("A1", line("1", "BEAR"))
    packed = world.desk.pack("A1")
    assert weigh(world, packed, 9000, None).code == "weight.ok"
    assert weigh(world, packed, 0, None).code == "weight.impossible"


def test_what_packaging_weighs_is_learned_from_the_parcels_that_left(world):
    for number in range(11):
        waybill_no = world.ready(f"A{number}", line("1", "BEAR"))
        weigh(world, world.desk.pack(f"A{number}"), 200 + 80 + number, None)
        assert world.desk.ship(waybill_no).code == "parcel.shipped"
        learned = world.store.read(usual_packaging_g)
        assert learned == (0 if number < 9 else 84 if number == 9 else 85)
    world.ready("B1", line("1", "BEAR"))
    packed = world.desk.pack("B1")
    assert weigh(world, packed, 200).facts["expected_g"] == 285


def test_going_without_a_weight_is_written_down_with_its_reason(world):
    world.ready("A1", line("1", "BEAR"))
    packed = world.desk.pack("A1")
    nonce = world.desk.nonce()
    for _ in range(2):
        skipped = world.desk.packing.skip_weight(packed.parcel.id, packed.parcel.fence, "silent", nonce)
        assert skipped.code == "weight.skipped"
    world.desk.packing.skip_weight(packed.parcel.id, packed.parcel.fence, "张三 13800001234", world.desk.nonce())
    assert [facts["reason"] for facts in noted(world, "parcel.unweighed")] == ["silent", "other"]


def test_what_a_parcel_weighs_is_in_what_the_shop_is_told(world):
    for no, grams in (("A1", 230), ("A2", None)):
        number = world.ready(no, line("1", "BEAR"))
        packed = world.desk.pack(no)
        if grams is not None:
            weigh(world, packed, grams)
        world.desk.ship(number)
    world.tell_shop()
    assert {notice.order_no: notice.weight_g for notice in world.shop.told.values()} == {"A1": 230, "A2": None}
