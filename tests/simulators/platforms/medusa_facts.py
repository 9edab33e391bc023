"""What the simulated Medusa shop says and counts by, and what nobody could prove.

Sources: the code of the npm packages @medusajs/medusa, core-flows, order, inventory, payment, fulfillment, framework
and auth-emailpass 2.21.2, and a server of that version which was asked the same calls.
"""

from typing import Final

#: seconds that a user's token opens the admin API (`http.jwtExpiresIn`, "1d" by default)
TOKEN_LIFE_S: Final = 86_400
ORDERS_TO_PAGE: Final = 15
PRODUCTS_TO_PAGE: Final = 50
ROWS_TO_PAGE: Final = 20
LEVELS_TO_PAGE: Final = 50

PAYMENT_PROVIDER: Final = "pp_system_default"
CURRENCY: Final = "cny"
COUNTRY: Final = "cn"
REGION_ID: Final = "reg_01K9MEDPRACT1CEREG10N00000"
SALES_CHANNEL_ID: Final = "sc_01K9MEDPRACT1CECHANNE10000"
SHIPPING_OPTION_ID: Final = "so_01K9MEDPRACT1CEOPT10N00000"
MAIN_LOCATION_ID: Final = "sloc_01K9MEDPRACT1CEMA1N000000"

#: what a list shows where no `fields` are named; a star takes a relation whole
ORDER_LIST_FIELDS: Final = (
    "id,display_id,custom_display_id,status,version,summary,total,metadata,locale,created_at,updated_at"
)
ORDER_FIELDS: Final = (
    f"{ORDER_LIST_FIELDS},region_id,subtotal,tax_total,discount_total,item_total,item_subtotal,shipping_total,"
    "shipping_subtotal,original_total,credit_line_total,*items,*credit_lines,*items.tax_lines,*items.adjustments,"
    "*items.variant,*items.variant.product,*items.detail,*shipping_address,*billing_address,*shipping_methods,"
    "*shipping_methods.tax_lines,*shipping_methods.adjustments,*payment_collections,*payment_collections.payments,"
    "*payment_collections.payments.refunds,*payment_collections.payments.captures"
)
#: what the list and the detail of orders fetch besides, whatever was asked for
LIST_ADDS: Final = "id,status,version,items.*"
#: what the list adds besides where something of these is asked for
LIST_ADDS_TO: Final = {
    "payment_collections": (
        "payment_collections.status,payment_collections.amount,payment_collections.captured_amount,"
        "payment_collections.refunded_amount"
    ),
    "fulfillments": (
        "fulfillments.packed_at,fulfillments.shipped_at,fulfillments.delivered_at,fulfillments.canceled_at"
    ),
}
DETAIL_ADDS: Final = "id,status,version,payment_collections.*,fulfillments.*"
PAYMENT_FIELDS: Final = (
    "id,currency_code,amount,captured_at,payment_collection_id,payment_session_id,captures.id,captures.amount,"
    "refunds.id,refunds.amount,refunds.note,refunds.payment_id"
)
VARIANT_FIELDS: Final = (
    "id,title,sku,thumbnail,barcode,ean,upc,allow_backorder,manage_inventory,weight,metadata,variant_rank,product_id,"
    "created_at,updated_at,deleted_at,*product,*prices,*options"
)
PRODUCT_FIELDS: Final = (
    "id,title,subtitle,status,external_id,description,handle,is_giftcard,discountable,thumbnail,collection_id,type_id,"
    "weight,created_at,updated_at,deleted_at,metadata,*options,*options.values,*images,*variants,*variants.prices,"
    "*variants.options,*sales_channels"
)
INVENTORY_FIELDS: Final = (
    "id,sku,title,description,thumbnail,requires_shipping,weight,metadata,reserved_quantity,stocked_quantity,"
    "created_at,updated_at,*location_levels"
)
LEVEL_FIELDS: Final = (
    "id,inventory_item_id,location_id,stocked_quantity,reserved_quantity,incoming_quantity,available_quantity,"
    "metadata,created_at,updated_at"
)
RESERVATION_FIELDS: Final = (
    "id,location_id,inventory_item_id,quantity,line_item_id,description,metadata,created_at,updated_at,"
    "inventory_item.id,inventory_item.sku,inventory_item.title"
)
RETURN_LIST_FIELDS: Final = (
    "id,order_id,exchange_id,claim_id,display_id,location_id,order_version,status,metadata,no_notification,"
    "refund_amount,created_by,created_at,updated_at,canceled_at,requested_at,received_at"
)
RETURN_FIELDS: Final = f"{RETURN_LIST_FIELDS},items.*,items.reason.*"
STORE_FIELDS: Final = (
    "id,name,*supported_currencies,default_sales_channel_id,default_region_id,default_location_id,metadata,created_at,"
    "updated_at"
)
LOCATION_FIELDS: Final = "id,name,metadata,created_at,updated_at,address.id,address.city,address.country_code"

#: facts for which the careful reading was taken, because neither code nor a run decides: (key, what)
UNPROVEN: Final = (
    ("updated_at.authorised", "An authorisation that comes late moves updated_at as little as a capture does"),
    ("updated_at.ties", "How orders of one millisecond are sorted: `Orders.is_tie_reversed` turns it round"),
    ("list.default_order", "How a list without `order` is sorted: by id here, which is by age; seen of nine orders"),
    (
        "edit.collection",
        "Whether editing a paid order changes what its payment collection is to be: it does not here",
    ),
    ("refund.asked", "A buyer's wish for money back without goods leaves no trace until somebody pays"),
    ("receiver.name", "A Chinese name stands whole in first_name, last_name is empty; `splits_names` takes it apart"),
    ("receiver.address", "District, town and street all stand in address_1: there are no fields for them"),
    ("notes.metadata", "A buyer's note and a seller's are keys of metadata that each storefront chooses"),
    ("fulfil.payment", "Goods may be packed where the money is not even promised; seen only of authorized payments"),
    ("limits", "Medusa counts no calls: 429 comes from whoever hosts it, with Retry-After and no JSON"),
    ("kits", "A variant is made of one inventory item, once: kits are not simulated"),
    ("taxes", "No tax lines are shown, and totals hold no taxes"),
)
