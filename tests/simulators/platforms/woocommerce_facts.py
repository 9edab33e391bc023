"""What the simulated WooCommerce shop says and counts by: numbers, words, and what nobody could prove.

Sources: the controllers of woocommerce/woocommerce (REST API v3, authentication, stock functions, order tables) and
of the Shipment Tracking plugin, read in 2026, and the REST documentation. Nothing here was seen on a live shop.
"""

from typing import Final

#: so far a signed request's time may be from the shop's clock, and so long its nonce is remembered
OAUTH_WINDOW_S: Final = 15 * 60
LARGEST_PAGE: Final = 100
USUAL_PAGE: Final = 10
LARGEST_BATCH: Final = 100
#: so long an order that waits for payment holds its goods, then it is called off ("hold stock")
HOLD_STOCK_S: Final = 60 * 60

#: the order statuses of a fresh shop; plugins add more
STATUSES: Final = (
    "pending",
    "processing",
    "on-hold",
    "completed",
    "cancelled",
    "refunded",
    "failed",
    "checkout-draft",
)
#: statuses that "any" leaves out
HIDDEN_STATUSES: Final = frozenset({"trash", "auto-draft", "checkout-draft"})
#: statuses in which the shop has taken the goods off its number
REDUCED_IN: Final = frozenset({"processing", "on-hold", "completed"})
PRODUCT_STATUSES: Final = ("draft", "pending", "private", "publish", "future", "auto-draft", "trash")
STOCK_STATUSES: Final = ("instock", "outofstock", "onbackorder")
ORDERINGS: Final = ("date", "id", "include", "title", "slug", "modified")

#: the shop's codes for provinces, which stand in `state`
PROVINCES: Final = {
    "CN1": "云南",
    "CN2": "北京",
    "CN3": "天津",
    "CN4": "河北",
    "CN5": "山西",
    "CN6": "内蒙古",
    "CN7": "辽宁",
    "CN8": "吉林",
    "CN9": "黑龙江",
    "CN10": "上海",
    "CN11": "江苏",
    "CN12": "浙江",
    "CN13": "安徽",
    "CN14": "福建",
    "CN15": "江西",
    "CN16": "山东",
    "CN17": "河南",
    "CN18": "湖北",
    "CN19": "湖南",
    "CN20": "广东",
    "CN21": "广西",
    "CN22": "海南",
    "CN23": "重庆",
    "CN24": "四川",
    "CN25": "贵州",
    "CN26": "陕西",
    "CN27": "甘肃",
    "CN28": "青海",
    "CN29": "宁夏",
    "CN30": "澳门",
    "CN31": "西藏",
    "CN32": "新疆",
}

#: carriers that the Shipment Tracking plugin knows by name; others are told as custom ones
TRACKING_PROVIDERS: Final = ("DHL", "FedEx", "UPS", "USPS")
#: where the plugin keeps an order's parcels
TRACKING_META: Final = "_wc_shipment_tracking_items"

#: facts for which the careful reading was taken, because no source decides: (key, what)
UNPROVEN: Final = (
    ("dates.offset", "A time with Z or an offset is turned to the shop's own zone first, even with dates_are_gmt"),
    ("dates.bounds", "modified_after and modified_before leave out their own second"),
    ("list.tie", "Orders of one second follow by id, in the same direction"),
    ("list.beyond", "A page beyond the last is an empty list with the full X-WP-Total"),
    ("list.any", "status=any leaves out trash and checkout-draft, also where orders are still kept as posts"),
    ("list.unknown", "A shop before 5.8 ignores modified_after, as every parameter that it does not know"),
    ("modified.note", "A note does not move date_modified; an address, a payment, a status and meta data do"),
    ("stock.failed", "An order that fails gives nothing back; only one that is called off does"),
    ("stock.refund", "A refund puts back what was in no parcel, as the box in the seller's page is ticked"),
    ("stock.delta", "inventory_delta adds to the number: the controllers take it, no document names it"),
    ("variation.parent", "In a batch a variation of another product moves to the product that was named"),
    ("products.status", "The product list without a status is of every status but trash"),
    ("receiver.name", "The whole name stands in first_name; `splits_names` puts the family name into last_name"),
    ("receiver.district", "There is no field for the district: it begins address_1"),
    (
        "tracking.provider",
        "A carrier that the plugin does not know is told by its slug, unless a custom name is given",
    ),
    ("tracking.twice", "The plugin keeps a parcel that is told twice as two parcels"),
    ("refunds.by_people", "Refunds are made by the people of the shop: POST refunds is not played"),
)
