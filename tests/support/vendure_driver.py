"""Shoppers and a merchant at a running Vendure: real orders through its own two GraphQL APIs.

Nothing here uses our adapter, so that what it tells can be held against what the adapter says.
"""

import itertools
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import requests

Json = dict[str, Any]

_TIMEOUT_S = 30.0
_serial = itertools.count(1)

SHOPPER_NAME = "李四"
SHOPPER_PHONE = "13800000000"
ADDRESS: Json = {
    "fullName": SHOPPER_NAME,
    "streetLine1": "幸福路 1 号",
    "streetLine2": "2 栋 301",
    "city": "杭州市",
    "province": "浙江省",
    "postalCode": "310000",
    "countryCode": "CN",
    "phoneNumber": SHOPPER_PHONE,
}


class ShopRefusedError(Exception):
    """Vendure answered with an error result; `code` is its `errorCode`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


class GraphQl:
    """One session at one of the two APIs; keeps the bearer token it is given."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._session = requests.Session()
        self.token = ""

    def ask(self, query: str, **variables: object) -> Json:
        """The `data` of a reply without errors."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        reply = self._session.post(
            self._url, json={"query": query, "variables": variables}, headers=headers, timeout=_TIMEOUT_S
        )
        self.token = reply.headers.get("vendure-auth-token", self.token)
        body: Json = reply.json()
        if body.get("errors"):
            raise AssertionError(f"Vendure refused the driver's query: {body['errors']}")
        data: Json = body["data"]
        return data

    def do(self, mutation: str, name: str, **variables: object) -> Json:
        """The result of the mutation `name`, unless it is one of Vendure's error results."""
        result: Json = self.ask(mutation, **variables)[name]
        if isinstance(result, dict) and "errorCode" in result:
            raise ShopRefusedError(result["errorCode"], result["message"])
        return result

    def close(self) -> None:
        """Let go of the connections."""
        self._session.close()


_ERROR = "... on ErrorResult { errorCode message }"


@dataclass
class Shopper:
    """A guest with a cart. `pay` turns the cart into an order."""

    api: GraphQl
    order_code: str = ""

    def add(self, variant_id: str, qty: int) -> None:
        """Put goods into the cart."""
        order = self.api.do(
            f"mutation($v: ID!, $q: Int!) {{ addItemToOrder(productVariantId: $v, quantity: $q)"
            f" {{ ... on Order {{ code }} {_ERROR} }} }}",
            "addItemToOrder",
            v=variant_id,
            q=qty,
        )
        self.order_code = order["code"]

    def check_in(self, *, name: str = SHOPPER_NAME, note: str = "", address: Json | None = None) -> None:
        """Say who gets it, where, and how it travels."""
        self.api.do(
            f"mutation($i: CreateCustomerInput!) {{ setCustomerForOrder(input: $i)"
            f" {{ ... on Order {{ code }} {_ERROR} }} }}",
            "setCustomerForOrder",
            i={
                "firstName": name,
                "lastName": "",
                "emailAddress": f"shopper{next(_serial)}.{self.order_code}@example.com",
                "phoneNumber": SHOPPER_PHONE,
            },
        )
        self.api.do(
            f"mutation($i: CreateAddressInput!) {{ setOrderShippingAddress(input: $i)"
            f" {{ ... on Order {{ code }} {_ERROR} }} }}",
            "setOrderShippingAddress",
            i={**ADDRESS, "fullName": name, **(address or {})},
        )
        if note:
            self.api.do(
                f"mutation($i: UpdateOrderInput!) {{ setOrderCustomFields(input: $i)"
                f" {{ ... on Order {{ code }} {_ERROR} }} }}",
                "setOrderCustomFields",
                i={"customFields": {"buyerNote": note}},
            )
        methods = self.api.ask("{ eligibleShippingMethods { id } }")["eligibleShippingMethods"]
        self.api.do(
            f"mutation($m: [ID!]!) {{ setOrderShippingMethod(shippingMethodId: $m)"
            f" {{ ... on Order {{ code }} {_ERROR} }} }}",
            "setOrderShippingMethod",
            m=[methods[0]["id"]],
        )

    def pay(self) -> str:
        """Check out; the payment is authorised, the merchant settles it. Returns the order's code."""
        self.api.do(
            f"mutation($s: String!) {{ transitionOrderToState(state: $s) {{ ... on Order {{ code }} {_ERROR} }} }}",
            "transitionOrderToState",
            s="ArrangingPayment",
        )
        method = self.api.ask("{ eligiblePaymentMethods { code } }")["eligiblePaymentMethods"][0]["code"]
        order = self.api.do(
            f"mutation($i: PaymentInput!) {{ addPaymentToOrder(input: $i)"
            f" {{ ... on Order {{ code state }} {_ERROR} }} }}",
            "addPaymentToOrder",
            i={"method": method, "metadata": {}},
        )
        return str(order["code"])


@dataclass(frozen=True)
class Race:
    """What came of several shoppers paying at once."""

    accepted: Sequence[str]
    refused: Sequence[str] = field(default_factory=tuple)


_ORDER = """
  id code state updatedAt orderPlacedAt totalWithTax
  lines { id quantity orderPlacedQuantity productVariant { id sku } }
  payments { id state amount updatedAt refunds { id state total } }
  fulfillments { id state method trackingCode lines { orderLineId quantity } }
"""


class VendureDriver:
    """The merchant's side, and the door through which shoppers come."""

    def __init__(self, base_url: str, username: str, password: str) -> None:
        self.base_url = base_url
        self._username = username
        self._password = password
        self.admin = GraphQl(f"{base_url}/admin-api")
        self._shoppers: list[GraphQl] = []
        self.log_in()

    def log_in(self) -> None:
        """Open a session as the merchant."""
        self.admin.do(
            f"mutation($u: String!, $p: String!) {{ login(username: $u, password: $p)"
            f" {{ ... on CurrentUser {{ id }} {_ERROR} }} }}",
            "login",
            u=self._username,
            p=self._password,
        )

    def end_session(self, token: str) -> None:
        """Log out whoever holds `token`: the next call with it meets an ended session."""
        other = GraphQl(f"{self.base_url}/admin-api")
        other.token = token
        try:
            other.ask("mutation { logout { success } }")
        finally:
            other.close()

    def close(self) -> None:
        """Let go of every connection."""
        for api in (self.admin, *self._shoppers):
            api.close()

    def new_variant(self, sku: str, *, stock: int, price_fen: int = 2990, name: str = "帆布包") -> str:
        """Put a product with one variant on sale; returns the variant's id."""
        product = self.admin.ask(
            "mutation($i: CreateProductInput!) { createProduct(input: $i) { id } }",
            i={
                "enabled": True,
                "translations": [{"languageCode": "zh_Hans", "name": name, "slug": sku.lower(), "description": ""}],
            },
        )["createProduct"]
        variants = self.admin.ask(
            "mutation($i: [CreateProductVariantInput!]!) { createProductVariants(input: $i) { id } }",
            i=[
                {
                    "productId": product["id"],
                    "sku": sku,
                    "price": price_fen,
                    "trackInventory": "TRUE",
                    "stockOnHand": stock,
                    "translations": [{"languageCode": "zh_Hans", "name": name}],
                }
            ],
        )["createProductVariants"]
        return str(variants[0]["id"])

    def stock_of(self, variant_id: str) -> tuple[int, int]:
        """(on hand, allocated) as Vendure counts them."""
        variant = self.admin.ask(
            "query($id: ID!) { productVariant(id: $id) { stockLevels { stockOnHand stockAllocated } } }",
            id=variant_id,
        )["productVariant"]
        (level,) = variant["stockLevels"]
        return level["stockOnHand"], level["stockAllocated"]

    def count_stock(self, variant_id: str, on_hand: int) -> None:
        """The merchant writes a counted number into the shop."""
        self.admin.ask(
            "mutation($i: [UpdateProductVariantInput!]!) { updateProductVariants(input: $i) { id } }",
            i=[{"id": variant_id, "stockOnHand": on_hand}],
        )

    def is_on_sale(self, variant_id: str) -> bool:
        """Whether shoppers see the variant."""
        variant = self.admin.ask("query($id: ID!) { productVariant(id: $id) { enabled } }", id=variant_id)[
            "productVariant"
        ]
        return bool(variant["enabled"])

    def new_shopper(self) -> Shopper:
        """Someone with an empty cart."""
        api = GraphQl(f"{self.base_url}/shop-api")
        self._shoppers.append(api)
        return Shopper(api)

    def place_order(
        self,
        goods: Sequence[tuple[str, int]],
        *,
        name: str = SHOPPER_NAME,
        note: str = "",
        address: Json | None = None,
    ) -> str:
        """One shopper buys (variant id, quantity) and pays; returns the order's code."""
        shopper = self.new_shopper()
        for variant_id, qty in goods:
            shopper.add(variant_id, qty)
        shopper.check_in(name=name, note=note, address=address)
        return shopper.pay()

    def race(self, variant_id: str, shoppers: int) -> Race:
        """As many shoppers as told, each with one unit in a ready cart, pay at the same moment."""
        ready = []
        for _ in range(shoppers):
            shopper = self.new_shopper()
            shopper.add(variant_id, 1)
            shopper.check_in()
            ready.append(shopper)
        start = threading.Barrier(shoppers)

        def check_out(shopper: Shopper) -> tuple[str, str]:
            start.wait(_TIMEOUT_S)
            try:
                return shopper.pay(), ""
            except ShopRefusedError as error:
                return "", error.code

        with ThreadPoolExecutor(shoppers) as pool:
            results = list(pool.map(check_out, ready))
        return Race(
            accepted=tuple(code for code, _ in results if code),
            refused=tuple(refusal for _, refusal in results if refusal),
        )

    def order(self, code: str) -> Json:
        """The order as Vendure's administrator sees it."""
        items = self.admin.ask(
            f"query($c: String!) {{ orders(options: {{ filter: {{ code: {{ eq: $c }} }} }})"
            f" {{ items {{ {_ORDER} }} }} }}",
            c=code,
        )["orders"]["items"]
        (order,) = items
        result: Json = order
        return result

    def settle(self, code: str) -> None:
        """Capture every authorised payment of the order."""
        for payment in self.order(code)["payments"]:
            if payment["state"] == "Authorized":
                self.admin.do(
                    f"mutation($id: ID!) {{ settlePayment(id: $id) {{ ... on Payment {{ id }} {_ERROR} }} }}",
                    "settlePayment",
                    id=payment["id"],
                )

    def cancel(self, code: str, lines: Sequence[tuple[str, int]] | None = None) -> None:
        """Cancel the order, or only (line id, quantity) of it."""
        order = self.order(code)
        selected = None if lines is None else [{"orderLineId": i, "quantity": q} for i, q in lines]
        self.admin.do(
            f"mutation($i: CancelOrderInput!) {{ cancelOrder(input: $i) {{ ... on Order {{ id }} {_ERROR} }} }}",
            "cancelOrder",
            i={
                "orderId": order["id"],
                "lines": selected,
                "cancelShipping": lines is None,
                "reason": "changed mind",
            },
        )

    def refund(self, code: str, amount_fen: int) -> None:
        """Give part of the money back, and settle it."""
        payment = self.order(code)["payments"][0]
        refund = self.admin.do(
            f"mutation($i: RefundOrderInput!) {{ refundOrder(input: $i)"
            f" {{ ... on Refund {{ id state }} {_ERROR} }} }}",
            "refundOrder",
            # `amount` alone ends in "NOT NULL constraint failed: refund.shipping" (Vendure 3.7.3): the
            # deprecated parts must be said, too.
            i={
                "paymentId": payment["id"],
                "amount": amount_fen,
                "lines": [],
                "shipping": 0,
                "adjustment": 0,
                "reason": "scratch",
            },
        )
        if refund["state"] == "Pending":
            self.admin.do(
                f"mutation($i: SettleRefundInput!) {{ settleRefund(input: $i)"
                f" {{ ... on Refund {{ id }} {_ERROR} }} }}",
                "settleRefund",
                i={"id": refund["id"], "transactionId": "refund"},
            )

    def change_address(self, code: str, street: str) -> None:
        """The merchant changes where the paid order goes."""
        order = self.order(code)
        self._move(order["id"], "Modifying")
        self.admin.do(
            f"mutation($i: ModifyOrderInput!) {{ modifyOrder(input: $i) {{ ... on Order {{ id }} {_ERROR} }} }}",
            "modifyOrder",
            i={
                "dryRun": False,
                "orderId": order["id"],
                "updateShippingAddress": {**ADDRESS, "streetLine1": street},
            },
        )
        self._move(order["id"], order["state"])

    def _move(self, order_id: str, state: str) -> None:
        self.admin.do(
            f"mutation($id: ID!, $s: String!) {{ transitionOrderToState(id: $id, state: $s)"
            f" {{ ... on Order {{ id }} {_ERROR} }} }}",
            "transitionOrderToState",
            id=order_id,
            s=state,
        )

    def add_note(self, code: str, note: str) -> None:
        """A note only the merchant sees."""
        self.admin.ask(
            "mutation($i: AddNoteToOrderInput!) { addNoteToOrder(input: $i) { id } }",
            i={"id": self.order(code)["id"], "note": note, "isPublic": False},
        )

    def deliver(self, code: str) -> None:
        """Say that every parcel under way has arrived."""
        for fulfilment in self.order(code)["fulfillments"]:
            self.admin.do(
                f'mutation($id: ID!) {{ transitionFulfillmentToState(id: $id, state: "Delivered")'
                f" {{ ... on Fulfillment {{ id }} {_ERROR} }} }}",
                "transitionFulfillmentToState",
                id=fulfilment["id"],
            )
