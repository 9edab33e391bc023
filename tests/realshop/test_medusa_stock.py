"""Stock of a running Medusa: read, written over, raced for, taken off sale; and what it lists."""

import pytest

from core.channels.listing_contract import ChannelListing
from core.channels.medusa.channel import MedusaChannel
from core.channels.stock_contract import ListedSku
from core.runtime.remote_errors import Rejected
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
