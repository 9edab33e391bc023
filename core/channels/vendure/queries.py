"""The GraphQL we send. One shape of order for every question, so that there is one mapping."""

#: States of carts and drafts are left out by asking for placed orders; these are the placed ones nothing is
#: to be sent for any more. Naming the closed ones keeps orders in a shop's own, unknown states among the
#: open.
CLOSED_STATES = ("Cancelled", "Shipped", "Delivered")

#: how many of the merchant's notes on one order are read, newest first
NOTES_TAKEN = 20

_ORDER = """
fragment PackdeskOrder on Order {
  id code state currencyCode
  createdAt updatedAt orderPlacedAt
  totalWithTax shippingWithTax
  customer { id firstName lastName phoneNumber }
  shippingAddress {
    fullName company streetLine1 streetLine2 city province postalCode countryCode phoneNumber
  }
  lines {
    id quantity orderPlacedQuantity discountedUnitPriceWithTax unitPriceWithTax
    productVariant { id sku name product { id name } options { name } }
  }
  payments {
    id state amount updatedAt
    refunds { id state total updatedAt lines { orderLineId quantity } }
  }
  fulfillments { id state method trackingCode updatedAt lines { orderLineId quantity } }
  events: history(options: { filter: { type: { notEq: "ORDER_NOTE" } }, take: 1 }) { totalItems }
  notes: history(
    options: { filter: { type: { eq: "ORDER_NOTE" } }, sort: { createdAt: DESC }, take: %(notes)d }
  ) { items { id createdAt isPublic data } }
  %(custom)s
}
"""

_ORDERS = """
query ($options: OrderListOptions) {
  orders(options: $options) { items { ...PackdeskOrder } }
}
"""


def orders_query(buyer_note_field: str) -> str:
    """The question for a list of orders; `buyer_note_field` names the shop's custom field, empty for none."""
    custom = f"customFields {{ {buyer_note_field} }}" if buyer_note_field else ""
    return _ORDERS + _ORDER % {"notes": NOTES_TAKEN, "custom": custom}


CHECK = """
query { activeChannel { defaultCurrencyCode } orders(options: { take: 1 }) { items { id } } }
"""

ADD_FULFILMENT = """
mutation ($input: FulfillOrderInput!) {
  addFulfillmentToOrder(input: $input) {
    ... on Fulfillment { id state }
    ... on ErrorResult { errorCode }
  }
}
"""

MARK_SHIPPED = """
mutation ($id: ID!) {
  transitionFulfillmentToState(id: $id, state: "Shipped") {
    ... on Fulfillment { id state }
    ... on ErrorResult { errorCode }
  }
}
"""

VARIANT_STOCK = """
query ($id: ID!) {
  productVariant(id: $id) {
    id
    enabled
    stockLevels { stockLocationId stockOnHand stockAllocated }
  }
}
"""

UPDATE_VARIANT = """
mutation ($input: [UpdateProductVariantInput!]!) {
  updateProductVariants(input: $input) { id }
}
"""
