"""Stock of a running Medusa: read, written over, raced for, taken off sale; and what it lists."""

from collections.abc import Callable

import pytest

from core.channels.listing_contract import ChannelListing
from core.channels.medusa.channel import MedusaChannel
from core.channels.medusa.errors import KIT, SEVERAL_STOCKS
from core.channels.stock_contract import ListedSku
from core.runtime.remote_errors import Rejected
from tests.support.medusa import RunningMedusa
from tests.support.medusa_driver import MedusaDriver, ShopRefusedError, Variant

pytestmark = pytest.mark.realshop


def listed(variant: Variant) -> ListedSku:
    return ListedSku(variant.product_id, variant.id, variant.sku)


def listings(channel: MedusaChannel) -> dict[str, ChannelListing]:
    found: list[ChannelListing] = []
    cursor = None
    while True:
        page = channel.pull_listings(cursor)
        found += page.listings
        cursor = page.next_cursor
        if cursor is None:
            assert len({one.channel_sku_id for one in found}) == len(found)
            return {one.merchant_code: one for one in found}


def test_pushed_stock_is_what_can_still_be_sold(medusa_channel: MedusaChannel, merchant: MedusaDriver) -> None:
    variant, other = merchant.new_product("PUSHED", "PUSHED-2", stock=10, price=12.5, title="杯子")
    no = merchant.place((variant, 4))
    assert medusa_channel.read_stock(listed(variant)).qty == 6

    written = medusa_channel.set_stock(listed(variant), 2)

    assert (written.qty, written.is_on_sale) == (2, True)
    assert merchant.stock_of(variant) == (6, 4)
    # Four buyers at once for two units: the shop itself sells two.
    accepted, refused = merchant.race(variant, 4)
    assert (len(accepted), set(refused)) == (2, {"not_allowed"})
    assert medusa_channel.read_stock(listed(variant)).qty == 0
    merchant.cancel(no)
    assert medusa_channel.read_stock(listed(variant)).qty == 4
    assert medusa_channel.read_stock(listed(other)).qty == 10

    shown = listings(medusa_channel)[variant.sku]
    assert (shown.item_id, shown.channel_sku_id) == (variant.product_id, variant.id)
    assert (shown.title, shown.spec, shown.price_fen, shown.qty, shown.is_on_sale) == ("杯子", "款0", 1250, 4, True)
    assert shown.barcode


def test_of_several_places_only_the_one_in_the_settings_is_written(
    medusa_channel: MedusaChannel,
    open_medusa: Callable[..., MedusaChannel],
    merchant: MedusaDriver,
    medusa: RunningMedusa,
) -> None:
    main = medusa.facts["location_id"]
    second = merchant.new_location("二仓")
    here, there = open_medusa(location_id=main), open_medusa(location_id=second)
    (variant,) = merchant.new_product("TWO-PLACES", stock=7)
    # It was never kept there: the first number makes the place.
    assert (there.read_stock(listed(variant)).qty, merchant.stock_at(variant, second)) == (0, None)
    there.set_stock(listed(variant), 5)
    assert (merchant.stock_at(variant, main), merchant.stock_at(variant, second)) == (7, 5)

    here.set_stock(listed(variant), 3)

    assert (merchant.stock_at(variant, main), merchant.stock_at(variant, second)) == (3, 5)
    assert [channel.read_stock(listed(variant)).qty for channel in (here, there)] == [3, 5]
    # Where the settings name none, nobody guesses.
    for act in (medusa_channel.read_stock, lambda one: medusa_channel.set_stock(one, 1)):
        with pytest.raises(Rejected) as refused:
            act(listed(variant))
        assert refused.value.code == SEVERAL_STOCKS
    assert (merchant.stock_at(variant, main), merchant.stock_at(variant, second)) == (3, 5)


def test_a_kit_has_as_many_as_its_scarcest_part_and_is_not_written(
    medusa_channel: MedusaChannel, merchant: MedusaDriver
) -> None:
    cup, spoon = merchant.new_product("KIT-CUP", "KIT-SPOON", stock=10)
    kit = merchant.new_kit("KIT", (cup, 1), (spoon, 4))
    assert medusa_channel.read_stock(listed(kit)).qty == 2
    merchant.place((kit, 1))
    # The shop's own count, the same as what it sells.
    assert medusa_channel.read_stock(listed(kit)).qty == 1
    assert listings(medusa_channel)["KIT"].qty == 1
    with pytest.raises(ShopRefusedError):
        merchant.place((kit, 2))
    with pytest.raises(Rejected) as refused:
        medusa_channel.set_stock(listed(kit), 5)
    assert refused.value.code == KIT
    assert (merchant.stock_of(cup), merchant.stock_of(spoon)) == ((10, 1), (10, 4))
    # Its parts are, and what open orders of the kit took stays with them.
    medusa_channel.set_stock(listed(spoon), 8)
    assert (merchant.stock_of(spoon), medusa_channel.read_stock(listed(kit)).qty) == ((12, 4), 2)


def test_a_paused_product_cannot_be_bought_until_it_is_resumed(
    medusa_channel: MedusaChannel, merchant: MedusaDriver
) -> None:
    (variant,) = merchant.new_product("PAUSED", stock=5)

    for _ in range(2):
        medusa_channel.pause_sale(listed(variant))
    assert merchant.status_of(variant) == "draft"
    with pytest.raises(ShopRefusedError):
        merchant.fill_cart((variant, 1))
    assert medusa_channel.read_stock(listed(variant)).is_on_sale is False
    assert listings(medusa_channel)["PAUSED"].is_on_sale is False

    medusa_channel.resume_sale(listed(variant))
    assert merchant.fill_cart((variant, 1))


def test_stock_of_an_unknown_listing_is_refused(medusa_channel: MedusaChannel) -> None:
    unknown = ListedSku("prod_1", "variant_1", "NO-SUCH")
    for act in (medusa_channel.read_stock, medusa_channel.pause_sale):
        with pytest.raises(Rejected):
            act(unknown)
    with pytest.raises(Rejected):
        medusa_channel.set_stock(unknown, 1)
