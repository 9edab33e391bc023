"""What every channel must do whose stock we may write; its `StockRules` are its promise."""

import pytest

from core.channels.stock_contract import BelowZero, CancelledUnit, ListedSku, StockChannel, StockRules, WriteKind
from core.runtime.remote_errors import Rejected
from tests.support.channel_stand import ShopStand, Wish

DELTAS = frozenset({WriteKind.KEYED_DELTA, WriteKind.PLAIN_DELTA})


@pytest.fixture
def writer(stand: ShopStand) -> StockChannel:
    if not isinstance(stand.channel, StockChannel):
        pytest.skip("the numbers of this shop are not written from here")
    return stand.channel


@pytest.fixture
def rules(writer: StockChannel) -> StockRules:
    return writer.stock_rules


def needs(is_so: bool, otherwise: str) -> None:
    if not is_so:
        pytest.skip(otherwise)


def put(stand: ShopStand, writer: StockChannel, qty: int) -> None:
    """Bring the first of the goods to a number, however this platform is written to."""
    if writer.stock_rules.write in DELTAS:
        writer.change_stock(stand.listed(0), qty - stand.stock_of(0), f"put-{qty}")
    else:
        writer.set_stock(stand.listed(0), qty)
    assert stand.stock_of(0) == qty


def test_the_rules_say_where_they_are_from(rules: StockRules) -> None:
    assert rules.source
    assert rules.calls_per_minute > 0


def test_the_number_is_read_as_the_platform_has_it(stand: ShopStand, writer: StockChannel, rules: StockRules) -> None:
    needs(rules.reads_back, "this platform's number cannot be read")
    put(stand, writer, 10)
    no = stand.place(Wish(0, 3))
    stand.pay(no)

    read = writer.read_stock(stand.listed(0))

    assert read.qty == stand.stock_of(0) == 7
    assert read.is_on_sale is not False


def test_a_difference_moves_the_number_by_itself(stand: ShopStand, writer: StockChannel, rules: StockRules) -> None:
    needs(rules.write in DELTAS, "this platform takes no differences")
    put(stand, writer, 10)

    other = stand.stock_of(1)
    more = writer.change_stock(stand.listed(0), 5, "act-1")
    assert (more.qty, stand.stock_of(0)) == (15, 15)
    less = writer.change_stock(stand.listed(0), -6, "act-2")
    assert (less.qty, stand.stock_of(0)) == (9, 9)
    assert stand.stock_of(1) == other, "nothing else moves"


def test_a_key_is_applied_once(stand: ShopStand, writer: StockChannel, rules: StockRules) -> None:
    needs(rules.write is WriteKind.KEYED_DELTA, "differences have no key here")
    put(stand, writer, 10)

    for _ in range(3):
        writer.change_stock(stand.listed(0), -4, "act-1")
    writer.change_stock(stand.listed(0), -1, "act-2")

    assert stand.stock_of(0) == 5


def test_asking_for_too_much_ends_as_the_rules_say(stand: ShopStand, writer: StockChannel, rules: StockRules) -> None:
    needs(rules.write in DELTAS, "this platform takes no differences")
    put(stand, writer, 2)

    if rules.below_zero is BelowZero.REFUSES:
        with pytest.raises(Rejected):
            writer.change_stock(stand.listed(0), -3, "act-1")
        assert stand.stock_of(0) == 2
        return
    # careful rules say that it clamps where nobody knows: then a refusal is as good
    try:
        answer = writer.change_stock(stand.listed(0), -3, "act-1")
    except Rejected:
        assert stand.stock_of(0) == 2
    else:
        assert (answer.qty, stand.stock_of(0)) == (0, 0)


def test_a_platform_without_differences_refuses_them(
    stand: ShopStand, writer: StockChannel, rules: StockRules
) -> None:
    needs(rules.write not in DELTAS, "this platform takes differences")
    before = stand.stock_of(0)

    with pytest.raises(Rejected):
        writer.change_stock(stand.listed(0), 1, "act-1")

    assert stand.stock_of(0) == before


def test_the_number_itself_is_set(stand: ShopStand, writer: StockChannel, rules: StockRules) -> None:
    needs(rules.write not in DELTAS, "this platform is written to by differences")
    for qty in (7, 0, 7):
        assert writer.set_stock(stand.listed(0), qty).qty == qty
        assert stand.stock_of(0) == qty


def test_a_sale_in_between_makes_the_write_fail(stand: ShopStand, writer: StockChannel, rules: StockRules) -> None:
    needs(rules.write is WriteKind.COMPARE_AND_SET, "this platform's numbers have no version")
    put(stand, writer, 10)
    version = writer.read_stock(stand.listed(0)).version
    stand.pay(stand.place(Wish(0, 1)))

    with pytest.raises(Rejected) as caught:
        writer.set_stock(stand.listed(0), 20, version)

    assert caught.value.code == "version_conflict"
    assert stand.stock_of(0) == 9


def test_the_sale_of_a_link_is_stopped_and_opened(stand: ShopStand, writer: StockChannel, rules: StockRules) -> None:
    needs(rules.pauses_sale, "a single link cannot be taken off sale here")
    for _ in range(2):
        writer.pause_sale(stand.listed(0))
        assert not stand.is_on_sale(0)
    assert stand.is_on_sale(1)
    before = stand.stock_of(0)
    for _ in range(2):
        writer.resume_sale(stand.listed(0))
        assert stand.is_on_sale(0)
    assert stand.stock_of(0) == before


def test_a_link_nobody_knows_is_refused(stand: ShopStand, writer: StockChannel, rules: StockRules) -> None:
    unknown = ListedSku("999999999", "888888888", "NO-SUCH")
    takes_differences = rules.write in DELTAS
    with pytest.raises(Rejected):
        writer.change_stock(unknown, 1, "act-1") if takes_differences else writer.set_stock(unknown, 1)
    if rules.reads_back:
        with pytest.raises(Rejected):
            writer.read_stock(unknown)


def test_a_cancelled_order_gives_its_units_back_where_that_is_promised(
    stand: ShopStand, writer: StockChannel, rules: StockRules
) -> None:
    needs(rules.cancelled_unit is not CancelledUnit.UNKNOWN, "nobody knows that of this platform")
    put(stand, writer, 10)
    no = stand.place(Wish(0, 3))
    stand.pay(no)
    stand.cancel(no)

    assert stand.stock_of(0) == (10 if rules.cancelled_unit is CancelledUnit.PLATFORM else 7)
