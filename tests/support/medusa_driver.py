"""Shoppers and a merchant at a running Medusa: real orders through its own two REST APIs.

Nothing here uses our adapter, so that what it tells can be held against what the adapter says.
"""

import base64
import itertools
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import requests

Json = dict[str, Any]

_TIMEOUT_S = 60.0
_serial = itertools.count(1)

SHOPPER_NAME = "李四"
SHOPPER_PHONE = "13800000000"
ADDRESS: Json = {
    "last_name": "李",
    "first_name": "四",
    "address_1": "幸福路 1 号",
    "address_2": "2 栋 301",
    "city": "杭州市",
    "province": "浙江省",
    "postal_code": "310000",
    "country_code": "cn",
    "phone": SHOPPER_PHONE,
}


class ShopRefusedError(Exception):
    """Medusa answered with status 400 or above; `type` is its own word."""

    def __init__(self, status: int, body: Json) -> None:
        super().__init__(f"{status}: {body}")
        self.status = status
        self.type = str(body.get("type", ""))


@dataclass(frozen=True)
class Variant:
    """One thing on sale, and what it is counted by."""

    id: str
    product_id: str
    sku: str
    inventory_item_id: str


@dataclass(frozen=True)
class Cart:
    """A cart that only has to be completed."""

    id: str


class MedusaDriver:
    """The merchant's side, and the door through which shoppers come."""

    def __init__(self, base_url: str, facts: Mapping[str, str]) -> None:
        self._base_url = base_url
        self._facts = facts
        pair = base64.b64encode(f"{facts['secret_key']}:".encode()).decode()
        self._as_merchant = {"Authorization": f"Basic {pair}"}
        self._as_shopper = {"x-publishable-api-key": facts["publishable_key"]}

    def let_the_second_pass(self) -> None:
        """Windows end at the last whole second of what is known of the shop's clock, which is up to a second late."""
        time.sleep(2.0)

    # --- goods -------------------------------------------------------------------------------------------------------

    def new_product(self, *skus: str, stock: int = 100, price: float = 29.9, title: str = "帆布包") -> list[Variant]:
        """Put a product on sale, with one variant per merchant code."""
        choices = [f"款{place}" for place in range(len(skus))]
        product = self.admin(
            "POST",
            "products",
            title=title,
            handle=f"goods-{next(_serial)}",
            status="published",
            shipping_profile_id=self._facts["shipping_profile_id"],
            sales_channels=[{"id": self._facts["sales_channel_id"]}],
            options=[{"title": "款式", "values": choices}],
            variants=[
                {
                    "title": choice,
                    "sku": sku,
                    "barcode": f"2{next(_serial):012}",
                    "options": {"款式": choice},
                    "prices": [{"currency_code": "cny", "amount": price}],
                    "manage_inventory": True,
                }
                for sku, choice in zip(skus, choices, strict=True)
            ],
        )["product"]
        made = {row["sku"]: row["id"] for row in product["variants"]}
        return [self._counted(product["id"], made[sku], sku, stock) for sku in skus]

    def _counted(self, product_id: str, variant_id: str, sku: str, stock: int) -> Variant:
        path = f"products/{product_id}/variants/{variant_id}?fields=id,*inventory_items"
        (item,) = self.admin("GET", path)["variant"]["inventory_items"]
        variant = Variant(variant_id, product_id, sku, item["inventory_item_id"])
        place = {"location_id": self._facts["location_id"], "stocked_quantity": stock}
        self.admin("POST", f"inventory-items/{variant.inventory_item_id}/location-levels", **place)
        return variant

    def new_location(self, name: str) -> str:
        """One more place of the merchant's from which the shop sells; gives its id."""
        made = self.admin("POST", "stock-locations", name=name)["stock_location"]
        self.admin("POST", f"stock-locations/{made['id']}/sales-channels", add=[self._facts["sales_channel_id"]])
        return str(made["id"])

    def stock_at(self, variant: Variant, location_id: str, stock: int | None = None) -> int | None:
        """What lies at one place, None where the goods are not kept there; with `stock` they are put there."""
        path = f"inventory-items/{variant.inventory_item_id}/location-levels"
        if stock is not None:
            self.admin("POST", path, location_id=location_id, stocked_quantity=stock)
        levels = {row["location_id"]: row["stocked_quantity"] for row in self.admin("GET", path)["inventory_levels"]}
        return levels.get(location_id)

    def new_kit(self, sku: str, *parts: tuple[Variant, int]) -> Variant:
        """A product that is several others; `parts` are those with the units of each."""
        product = self.admin(
            "POST",
            "products",
            title="礼盒",
            handle=f"goods-{next(_serial)}",
            status="published",
            shipping_profile_id=self._facts["shipping_profile_id"],
            sales_channels=[{"id": self._facts["sales_channel_id"]}],
            options=[{"title": "款式", "values": ["一"]}],
            variants=[
                {
                    "title": "一",
                    "sku": sku,
                    "options": {"款式": "一"},
                    "prices": [{"currency_code": "cny", "amount": 99}],
                    "manage_inventory": True,
                    "inventory_items": [
                        {"inventory_item_id": part.inventory_item_id, "required_quantity": qty} for part, qty in parts
                    ],
                }
            ],
        )["product"]
        return Variant(product["variants"][0]["id"], product["id"], sku, "")

    def new_discount(self, code: str, percent: int) -> None:
        """A code that takes part of the goods' price away."""
        self.admin(
            "POST",
            "promotions",
            code=code,
            type="standard",
            status="active",
            application_method={
                "type": "percentage",
                "target_type": "items",
                "allocation": "across",
                "value": percent,
                "currency_code": "cny",
            },
        )

    def stock_of(self, variant: Variant) -> tuple[int, int]:
        """(stocked, reserved) as Medusa counts them."""
        (level,) = self.admin("GET", f"inventory-items/{variant.inventory_item_id}/location-levels")[
            "inventory_levels"
        ]
        return level["stocked_quantity"], level["reserved_quantity"]

    def status_of(self, variant: Variant) -> str:
        """Of its product: published, draft, ..."""
        return str(self.admin("GET", f"products/{variant.product_id}")["product"]["status"])

    # --- shoppers ----------------------------------------------------------------------------------------------------

    def fill_cart(
        self,
        *goods: tuple[Variant, int],
        note: str = "",
        address: Mapping[str, str] | None = None,
        codes: Sequence[str] = (),
    ) -> Cart:
        """Someone puts goods into a cart, says where they go, and is ready to pay."""
        cart = self.store(
            "POST",
            "carts",
            region_id=self._facts["region_id"],
            sales_channel_id=self._facts["sales_channel_id"],
            email=f"shopper{next(_serial)}@example.com",
            shipping_address={**ADDRESS, **(address or {})},
            items=[{"variant_id": variant.id, "quantity": qty} for variant, qty in goods],
            metadata={"note": note} if note else {},
            **({"promo_codes": list(codes)} if codes else {}),
        )["cart"]
        self.store("POST", f"carts/{cart['id']}/shipping-methods", option_id=self._facts["shipping_option_id"])
        payment = self.store("POST", "payment-collections", cart_id=cart["id"])["payment_collection"]
        self.store("POST", f"payment-collections/{payment['id']}/payment-sessions", provider_id="pp_system_default")
        return Cart(cart["id"])

    def check_out(self, cart: Cart) -> str:
        """Pay: authorised, captured later by the merchant. Gives the order's id."""
        return str(self.store("POST", f"carts/{cart.id}/complete")["order"]["id"])

    def place(self, *goods: tuple[Variant, int], note: str = "", address: Mapping[str, str] | None = None) -> str:
        """One shopper buys; gives the order's id."""
        return self.check_out(self.fill_cart(*goods, note=note, address=address))

    def race(self, variant: Variant, shoppers: int) -> tuple[list[str], list[str]]:
        """As many shoppers as told, one unit each, pay at once: (orders, Medusa's words to the others)."""
        carts = [self.fill_cart((variant, 1)) for _ in range(shoppers)]
        start = threading.Barrier(shoppers)

        def check_out(cart: Cart) -> tuple[str, str]:
            start.wait(_TIMEOUT_S)
            try:
                return self.check_out(cart), ""
            except ShopRefusedError as error:
                return "", error.type

        with ThreadPoolExecutor(shoppers) as pool:
            results = list(pool.map(check_out, carts))
        return [order for order, _ in results if order], [word for _, word in results if word]

    # --- the merchant ------------------------------------------------------------------------------------------------

    def order(self, order_id: str) -> Json:
        """The order as Medusa's administrator sees it."""
        fields = "+payment_status,+fulfillment_status,*fulfillments,*fulfillments.labels,*fulfillments.items"
        order: Json = self.admin("GET", f"orders/{order_id}?fields={fields}")["order"]
        return order

    def numbers_of(self, order_id: str) -> list[str]:
        """The waybill numbers of every parcel that was sent."""
        parcels = self.order(order_id)["fulfillments"]
        return sorted(
            label["tracking_number"] for one in parcels if not one["canceled_at"] for label in one["labels"]
        )

    def capture(self, order_id: str) -> None:
        """Take the money that was authorised."""
        self.admin("POST", f"payments/{self._payment(order_id)}/capture")

    def refund(self, order_id: str, yuan: float) -> None:
        """Give part of the money back."""
        self.admin("POST", f"payments/{self._payment(order_id)}/refund", amount=yuan)

    def _payment(self, order_id: str) -> str:
        (collection,) = self.order(order_id)["payment_collections"]
        return str(collection["payments"][0]["id"])

    def cancel(self, order_id: str) -> None:
        """Call the whole order off."""
        self.admin("POST", f"orders/{order_id}/cancel")

    def change(self, order_id: str, **changes: object) -> None:
        """Change address or metadata."""
        self.admin("POST", f"orders/{order_id}", **changes)

    def drop_line(self, order_id: str, line_id: str) -> None:
        """Take a line out of the order."""
        self.admin("POST", "order-edits", order_id=order_id)
        self.admin("POST", f"order-edits/{order_id}/items/item/{line_id}", quantity=0)
        self.admin("POST", f"order-edits/{order_id}/request")
        self.admin("POST", f"order-edits/{order_id}/confirm")

    def pack(self, order_id: str, *lines: tuple[str, int]) -> None:
        """Make a parcel in the merchant's own pages, not sent yet."""
        self.admin(
            "POST", f"orders/{order_id}/fulfillments", items=[{"id": line, "quantity": qty} for line, qty in lines]
        )

    def let_return(self, order_id: str, *lines: tuple[str, int]) -> str:
        """Agree to a return; gives its id."""
        made = self.admin("POST", "returns", order_id=order_id, location_id=self._facts["location_id"])
        case = str(made["return"]["id"])
        self.admin(
            "POST", f"returns/{case}/request-items", items=[{"id": line, "quantity": qty} for line, qty in lines]
        )
        self.admin("POST", f"returns/{case}/request")
        return case

    def receive(self, case: str, *lines: tuple[str, int]) -> None:
        """The goods of a return came."""
        self.admin("POST", f"returns/{case}/receive")
        self.admin(
            "POST", f"returns/{case}/receive-items", items=[{"id": line, "quantity": qty} for line, qty in lines]
        )
        self.admin("POST", f"returns/{case}/receive/confirm")

    # --- inside ------------------------------------------------------------------------------------------------------

    def admin(self, method: str, path: str, **body: object) -> Json:
        """One call of the merchant's API."""
        return self._call(method, f"admin/{path}", self._as_merchant, body)

    def store(self, method: str, path: str, **body: object) -> Json:
        """One call of the storefront's API."""
        return self._call(method, f"store/{path}", self._as_shopper, body)

    def _call(self, method: str, path: str, headers: Mapping[str, str], body: Mapping[str, object]) -> Json:
        reply = requests.request(
            method,
            f"{self._base_url}/{path}",
            json=None if method == "GET" else body,
            headers=headers,
            timeout=_TIMEOUT_S,
        )
        answer: Json = reply.json()
        if reply.status_code >= 400:
            raise ShopRefusedError(reply.status_code, answer)
        return answer
