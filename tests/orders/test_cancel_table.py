"""Every word of the platform at every stage of an order (I5, I7): units, state, and the same word twice. Both engines."""

from itertools import product

import pytest

from core.inventory.queries import availability
from tests.support.fake_shop import line

STOCK = 10


def reserved(world):
    world.shop.place("A1", line("1", "BEAR", 3), line("2", "BAG", 2), is_paid=False)
    world.sync("A1")


def run_out(world):
    reserved(world)
    world.clock.advance(minutes=16)


def swept(world):
    run_out(world)
    world.tidy()


def taken_by_another(world):
    swept(world)
    world.shop.place("B1", line("1", "BEAR", STOCK))
    world.sync("B1")


def paid_late_without_goods(world):
    taken_by_another(world)
    world.shop.pay("A1")
    world.sync("A1")
    assert world.holds("A1") == {"paid_no_stock"}


def paid(world):
    reserved(world)
    world.shop.pay("A1")
    world.sync("A1")
    world.buy_numbers()


def packing(world):
    paid(world)
    assert world.desk.open("A1").code == "parcel.opened"


def packed(world):
    paid(world)
    assert world.desk.pack("A1").code == "parcel.complete"


def shipped(world):
    packed(world)
    assert world.desk.ship(world.number("A1")).code == "parcel.shipped"


def cancel(world):
    world.shop.cancel("A1")


def refund_all(world):
    for number in ("1", "2"):
        world.shop.after_sale("A1", number, "refunded")
    world.shop.change("A1", payment="refunded")


def refund_one(world):
    world.shop.after_sale("A1", "1", "refunded")
    if world.shop.orders["A1"].payment != "unpaid":
        world.shop.change("A1", payment="partly_refunded")


STAGES = (reserved, run_out, swept, taken_by_another, paid_late_without_goods, paid, packing, packed, shipped)
WORDS = (cancel, refund_all, refund_one)
OTHERS = {taken_by_another, paid_late_without_goods}


def bears_and_bags(world):
    found = world.store.read(lambda c: availability(c, [world.skus["BEAR"], world.skus["BAG"]]))
    out = []
    for code in ("BEAR", "BAG"):
        now = found[world.skus[code]][world.warehouse]
        out.append((now.on_hand_qty, now.reserved_qty, now.confirmed_qty))
    return out


def expected(stage, word):
    """(fulfilment, bears, bags) of on hand, reserved, confirmed; B1 holds all bears where it came."""
    others = STOCK if stage in OTHERS else 0
    if stage is shipped:
        return "shipped", (STOCK - 3, 0, 0), (STOCK - 2, 0, 0)
    if word is not refund_one:
        return "cancelled", (STOCK, 0, others), (STOCK, 0, 0)
    # Also of an order nobody had seen paid: what is partly refunded was paid, and the rest of it is kept.
    bags = {} if stage is paid_late_without_goods else {stage: (STOCK, 0, 2)}
    state = {paid: "to_pack", packing: "packing", packed: "packing"}.get(stage, "to_review")
    return state, (STOCK, 0, others), bags.get(stage)


@pytest.fixture
def shop(world):
    """Ten of each."""
    for code in ("BEAR", "BAG"):
        level = availability_of(world, code)
        world.desk.stock.count(world.warehouse, world.skus[code], STOCK, "stocktake", f"count {code}")
        assert level
    return world


def availability_of(world, code):
    return world.store.read(lambda c: availability(c, [world.skus[code]]))[world.skus[code]]


@pytest.mark.parametrize(
    ("stage", "word"),
    list(product(STAGES, WORDS)),
    ids=[f"{stage.__name__}-{word.__name__}" for stage, word in product(STAGES, WORDS)],
)
def test_every_word_at_every_stage(shop, stage, word):
    stage(shop)
    word(shop)
    shop.sync("A1")
    state, bears, bags = expected(stage, word)
    seen = bears_and_bags(shop)
    assert seen[0] == bears
    if bags is not None:
        assert seen[1] == bags
    if word is not refund_one or stage is shipped:
        assert shop.order("A1").fulfilment == state
    else:
        assert shop.order("A1").fulfilment not in ("cancelled", "shipped")
    # The same word again, and again after a sweep, changes nothing.
    for again in (lambda: shop.sync("A1"), shop.tidy, lambda: shop.sync("A1")):
        again()
        assert bears_and_bags(shop)[0] == bears
    assert shop.order("A1").fulfilment != "cancelled" or shop.holds("A1") == set()
    shop.check_stock()
