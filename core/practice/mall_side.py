"""What the practice shop answers when the centre calls: the mall side of the open mall contract."""

import hashlib

from core.practice.orders import Page
from core.practice.refusal import RefusalError, invalid
from core.practice.shop import PracticeShop, settle_state, shipped_qty
from core.practice.stock import ShopStock
from core.practice.store import Json, Store, packed, unpacked

LARGEST_LIMIT = 200
DEFAULT_LIMIT = 100
_LARGEST_KEY = 255


class MallSide:
    """Orders by change and by state, shipments, stock and sale."""

    def __init__(self, store: Store, shop: PracticeShop) -> None:
        self._store = store
        self._shop = shop

    def changed_orders(self, after_ms: int, cursor: str | None, limit: int) -> Page:
        """Orders changed at or after a time, by change."""
        return self._shop.orders.changed_page(after_ms, cursor, limit)

    def open_orders(self, cursor: str | None, limit: int) -> Page:
        """Orders still to be sent."""
        return self._shop.orders.open_page(cursor, limit)

    def order(self, no: str) -> Json:
        """One order."""
        return self._shop.orders.get(no)

    def ship(self, no: str, key: str, body: Json) -> tuple[int, Json]:
        """Note a parcel of an order; (status, answer). The same key again gives the same answer.

        Raises:
            RefusalError: see the contract's table of codes.
        """
        if not 1 <= len(key) <= _LARGEST_KEY:
            raise RefusalError(400, "idempotency_key_missing", "Idempotency-Key of 1 to 255 characters")
        digest = hashlib.sha256(f"{no}\n{packed(body)}".encode()).hexdigest()
        with self._store.write():
            known = self._store.row("SELECT digest, status, body FROM answered WHERE scope = 'ship' AND key = ?", key)
            if known is not None:
                if known[0] != digest:
                    raise RefusalError(409, "idempotency_conflict", "this key came with another content")
                return int(known[1]), unpacked(known[2])
            status, answer = self._note_parcel(no, body)
            self._store.run(
                "INSERT INTO answered (scope, key, digest, status, body) VALUES ('ship', ?, ?, ?, ?)",
                key,
                digest,
                status,
                packed(answer),
            )
            return status, answer

    def _note_parcel(self, no: str, body: Json) -> tuple[int, Json]:
        with self._shop.orders.changing(no) as order:
            parcel: Json = {name: body[name] for name in ("carrier", "no", "lines", "weight_g") if name in body}
            is_new = not any(_same_parcel(parcel, told) for told in order["shipments"])
            if is_new:
                _take_back(order, body.get("replaces", ""))
                _must_be_shippable(order)
                for line in parcel["lines"]:
                    _must_be_to_come(order, line)
                order["shipments"].append(parcel)
                settle_state(order)
        version = self._shop.orders.get(no)["version"]
        answer = {"order_no": no, "carrier": parcel["carrier"], "no": parcel["no"], "version": version}
        return (201 if is_new else 200), answer

    def stock(self, sku: str) -> ShopStock:
        """The number of one SKU."""
        return self._shop.stock_book.get(sku)

    def put_stock(self, sku: str, qty: int, if_version: int | None) -> ShopStock:
        """Set the number of one SKU."""
        return self._shop.stock_book.put(sku, qty, if_version)

    def put_sale(self, sku: str, *, is_on: bool) -> None:
        """Open or stop the sale of one SKU."""
        self._shop.stock_book.switch(sku, is_on=is_on)


def _take_back(order: Json, no: str) -> None:
    """The number told before is called off: its goods are told anew, with another."""
    before = [parcel for parcel in order["shipments"] if parcel["no"] == no]
    if before:
        order["shipments"].remove(before[0])
        if order["state"] == "shipped":
            order["state"] = "open"


def _same_parcel(one: Json, other: Json) -> bool:
    def shape(parcel: Json) -> tuple[str, str, list[tuple[str, int]]]:
        lines = sorted((line["line_no"], line["qty"]) for line in parcel["lines"])
        return parcel["carrier"], parcel["no"], lines

    return shape(one) == shape(other)


def _must_be_shippable(order: Json) -> None:
    if order["state"] == "cancelled":
        raise RefusalError(409, "order_closed", "this order is cancelled")
    if order["payment"] == "unpaid":
        raise RefusalError(409, "order_not_paid", "this order is not paid")
    if order["state"] != "open":
        raise RefusalError(409, "already_shipped", "this order is shipped with another number")


def _must_be_to_come(order: Json, told: Json) -> None:
    line_no, qty = told["line_no"], told["qty"]
    found = next((line for line in order["lines"] if line["line_no"] == line_no), None)
    if found is None:
        raise RefusalError(404, "line_not_found", "no such line")
    line = {"line_no": line_no, "qty": qty}
    if found["after_sale"] == "refunded":
        raise RefusalError(409, "line_refunded", "this line is refunded", lines=[line])
    left = found["qty"] - shipped_qty(order, line_no)
    if left == 0:
        raise RefusalError(409, "already_shipped", "this line is shipped with another number", lines=[line])
    if qty > left:
        raise RefusalError(409, "qty_exceeded", "fewer pieces are still to come", lines=[line])
    if qty < 1:
        raise invalid("a quantity is 1 or more")
