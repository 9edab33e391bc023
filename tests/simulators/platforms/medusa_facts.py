"""What the simulated Medusa shop says and counts by, and what nobody could prove.

Sources: the code of the npm packages @medusajs/medusa, core-flows, order, inventory, payment, fulfillment, framework
and auth-emailpass 2.21.2, and what was measured on a running server of that version (real_shops.md).
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
    ("updated_at.refund", "A refund adds a credit line, which is a new version of the order: updated_at moves here"),
    (
        "updated_at.return",
        "A return that is asked for, received or called off is a new version: updated_at moves here",
    ),
    ("updated_at.authorised", "An authorisation that comes late moves updated_at as little as a capture does"),
    ("updated_at.ties", "How orders of one millisecond are sorted: `Orders.is_tie_reversed` turns it round"),
    ("list.default_order", "How a list without `order` is sorted: by id here, which is by age"),
    ("fields.unknown", "What a field that does not exist answers: nothing and no error here"),
    ("fields.relation", "What a relation without its star answers: all of it here"),
    ("refund.unsent", "Goods that were not sent are paid back by editing the order: the line stays with fewer units"),
    ("refund.asked", "A buyer's wish for money back without goods leaves no trace until somebody pays"),
    ("receiver.name", "A Chinese name stands whole in first_name, last_name is empty; `splits_names` takes it apart"),
    ("receiver.address", "District, town and street all stand in address_1: there are no fields for them"),
    ("notes.metadata", "A buyer's note and a seller's are keys of metadata that each storefront chooses"),
    ("ship.twice", "Which of two checks speaks first where a fulfillment is shipped twice: not_allowed here"),
    ("fulfil.payment", "Whether anything but the admin's pages asks for payment before goods leave: nothing here"),
    ("fulfil.location", "What is said of a location without the goods: not_found of the level, nothing happened"),
    ("limits", "Medusa counts no calls: 429 comes from whoever hosts it, with Retry-After and no JSON"),
    ("kits", "A variant is made of one inventory item, once: kits are not simulated"),
    ("taxes", "Prices include taxes, and no tax lines are shown"),
)
