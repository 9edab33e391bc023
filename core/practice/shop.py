"""What people do in the practice shop: place, pay, cancel, refund and change orders."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from core.practice.catalogue import PracticeSku
from core.practice.checkout import Checkout
from core.practice.orders import OrderBook, instant_text
from core.practice.people import Receiver
from core.practice.refusal import RefusalError, invalid
from core.practice.stock import ShopStock, StockBook
from core.practice.store import Json, Store
from core.runtime.clock import Clock

_ORDER_TYPES = frozenset({"normal", "presale", "custom", "cross_border", "reship"})
_FREE_FREIGHT_FROM_FEN = 9900
_FREIGHT_FEN = 800
_HOUR_MS = 3_600_000
_LARGEST_QTY = 9999


@dataclass(frozen=True, slots=True)
class DraftLine:
    """One wish in the cart; `title` replaces the catalogue's title (a shop may write anything there)."""

    sku: str
    qty: int
    title: str | None = None


@dataclass(frozen=True, slots=True)
class OrderDraft:
    """An order before it is placed. `not_before_h` makes a shop promise "not before"; hours from placing."""

    buyer_key: str
    buyer_name: str
    receiver: Receiver
    lines: Sequence[DraftLine]
    buyer_note: str = ""
    seller_note: str = ""
    order_type: str = "normal"
    ship_within_h: int = 48
    not_before_h: int | None = None


@dataclass(frozen=True, slots=True)
class ShopShipment:
    """A parcel that the shop was told of."""

    order_no: str
    carrier: str
    no: str
    lines: Sequence[tuple[str, int]]


class PracticeShop:
    """The shop as its customers and owner see it. Every verb raises `RefusalError` where the shop says no."""

    def __init__(self, store: Store, clock: Clock, catalogue: Sequence[PracticeSku]) -> None:
        self._store = store
        self.catalogue = catalogue
        self.orders = OrderBook(store, clock)
        self.stock_book = StockBook(store, catalogue)
        self._skus = {sku.code: sku for sku in catalogue}
        #: how it asks the centre before it sells; None where it sells from its own number alone
        self.checkout: Checkout | None = None

    def place_order(self, draft: OrderDraft, *, is_paid: bool = False, ignores_stock: bool = False) -> str:
        """Place an order; its number. `ignores_stock` sells what is not there, as a racing mall does."""
        lines = [self._line_of(place, line) for place, line in enumerate(draft.lines, 1)]
        if not lines:
            raise invalid("an order needs a line")
        if draft.order_type not in _ORDER_TYPES:
            raise invalid("unknown order type")
        with self._store.write():
            wanted: Counter[str] = Counter()
            for line in lines:
                wanted[line["sku"]] += line["qty"]
            self.stock_book.take(wanted, ignores_stock=ignores_stock)
            now = self.orders.stamp()
            order: Json = {
                "state": "open",
                "payment": "unpaid",
                "type": draft.order_type,
                "paid_at": None,
                "ship_by_at": instant_text(now + draft.ship_within_h * _HOUR_MS),
                "not_before_at": None,
                "currency": "CNY",
                "buyer": {"key": draft.buyer_key, "name": draft.buyer_name},
                "consignee": asdict(draft.receiver),
                "buyer_note": draft.buyer_note,
                "seller_note": draft.seller_note,
                "lines": lines,
                "shipments": [],
            }
            if draft.not_before_h is not None:
                order["not_before_at"] = instant_text(now + draft.not_before_h * _HOUR_MS)
            _set_amounts(order)
            asks = None if ignores_stock else self.checkout
            if is_paid and asks is None:
                order |= {"payment": "paid", "paid_at": instant_text(now)}
            no = self.orders.add(order)
        if asks is not None:
            self._ask_first(asks, no, lines, is_paid=is_paid)
        return no

    def _ask_first(self, checkout: Checkout, no: str, lines: Sequence[Json], *, is_paid: bool) -> None:
        """Reserve in the centre, outside of the own transaction; where it says no, the order is none."""
        try:
            checkout.reserve(no, lines)
        except RefusalError:
            self.cancel(no)
            raise
        if is_paid:
            self.pay(no)

    def pay(self, no: str) -> None:
        """Pay an unpaid order; paying again changes nothing.

        Raises:
            RefusalError: also what the centre's door says, where the shop asks it: nothing is paid then.
        """
        if self.checkout is not None and self.order(no)["payment"] == "unpaid":
            self.checkout.confirm(no, self.order(no)["amount_fen"])
        with self.orders.changing(no) as order:
            _must_be_open(order)
            if order["payment"] == "unpaid":
                order |= {"payment": "paid", "paid_at": instant_text(self.orders.stamp())}

    def cancel(self, no: str) -> None:
        """Cancel an order that has not left yet; what was paid is paid back."""
        with self.orders.changing(no) as order:
            if order["state"] == "cancelled":
                return
            _must_be_open(order)
            if order["shipments"]:
                raise RefusalError(409, "already_shipped", "a parcel has left already")
            if order["payment"] != "unpaid":
                order["payment"] = "refunded"
                for line in order["lines"]:
                    line["after_sale"] = "refunded"
            order["state"] = "cancelled"
            for line in order["lines"]:
                self.stock_book.give_back(line["sku"], line["qty"])
        if self.checkout is not None:
            self.checkout.release(no, is_refund=order["payment"] == "refunded")

    def request_refund(self, no: str, line_no: str | None = None) -> None:
        """The buyer asks for the money back, for one line or all of them; the owner has not answered yet."""
        with self.orders.changing(no) as order:
            _must_be_paid(order)
            for line in _chosen(order, line_no):
                if line["after_sale"] == "none":
                    line["after_sale"] = "requested"

    def refund(self, no: str, line_no: str | None = None) -> None:
        """Pay one line back, or the whole order; an order with nothing left to send is cancelled."""
        with self.orders.changing(no) as order:
            _must_be_paid(order)
            for line in _chosen(order, line_no):
                if line["after_sale"] != "refunded":
                    line["after_sale"] = "refunded"
                    if order["state"] == "open":
                        self.stock_book.give_back(line["sku"], line["qty"] - shipped_qty(order, line["line_no"]))
            bought = [line for line in order["lines"] if not line["is_gift"]]
            if all(line["after_sale"] == "refunded" for line in bought):
                order["payment"] = "refunded"
                if order["state"] == "open" and not order["shipments"]:
                    order["state"] = "cancelled"
            else:
                order["payment"] = "partly_refunded"
            settle_state(order)

    def change_address(self, no: str, receiver: Receiver) -> None:
        """The buyer moves the parcel elsewhere."""
        with self.orders.changing(no) as order:
            _must_be_open(order)
            order["consignee"] = asdict(receiver)

    def add_note(self, no: str, text: str, *, by: str = "buyer") -> None:
        """Write the buyer's or the seller's note; an earlier one stays above it."""
        if by not in {"buyer", "seller"}:
            raise invalid("a note is by buyer or seller")
        with self.orders.changing(no) as order:
            name = f"{by}_note"
            order[name] = f"{order[name]}\n{text}" if order[name] else text

    def change_quantity(self, no: str, line_no: str, qty: int) -> None:
        """Make a line larger or smaller while nothing of the order has left."""
        if not 1 <= qty <= _LARGEST_QTY:
            raise invalid("a quantity is 1 to 9999")
        with self.orders.changing(no) as order:
            _must_be_open(order)
            if order["shipments"]:
                raise RefusalError(409, "already_shipped", "a parcel has left already")
            (line,) = _chosen(order, line_no)
            if line["after_sale"] == "refunded":
                raise RefusalError(409, "line_refunded", "this line is refunded")
            more = qty - line["qty"]
            if more > 0:
                self.stock_book.take({line["sku"]: more})
            elif more < 0:
                self.stock_book.give_back(line["sku"], -more)
            line["qty"] = qty
            _set_amounts(order)

    def order(self, no: str) -> Json:
        """The order as the contract's JSON object."""
        return self.orders.get(no)

    def stock(self, sku: str) -> ShopStock:
        """What the shop believes it may still sell of a SKU."""
        return self.stock_book.get(sku)

    def products(self) -> Sequence[tuple[PracticeSku, ShopStock]]:
        """Everything on offer with its number."""
        return [(sku, self.stock_book.get(sku.code)) for sku in self.catalogue]

    def shipments(self) -> Sequence[ShopShipment]:
        """Every parcel this shop was told of, by order number: what a test counts on the shop's side."""
        return [
            ShopShipment(
                order["no"],
                parcel["carrier"],
                parcel["no"],
                tuple((line["line_no"], line["qty"]) for line in parcel["lines"]),
            )
            for order in self.orders.everything()
            for parcel in order["shipments"]
        ]

    def summary(self) -> Mapping[str, int]:
        """Orders by state, and how many of them are told as sent."""
        states = Counter(order["state"] for order in self.orders.everything())
        return {
            "orders": states.total(),
            "open": states["open"],
            "shipped": states["shipped"],
            "cancelled": states["cancelled"],
            "shipments": len(self.shipments()),
        }

    def _line_of(self, place: int, wish: DraftLine) -> Json:
        sku = self._skus.get(wish.sku)
        if sku is None:
            raise RefusalError(404, "sku_not_found", "no such SKU")
        if not 1 <= wish.qty <= _LARGEST_QTY:
            raise invalid("a quantity is 1 to 9999")
        return {
            "line_no": str(place),
            "item_id": f"P-{sku.code[:4]}",
            "sku_id": f"S-{sku.code}",
            "sku": sku.code,
            "title": sku.title if wish.title is None else wish.title,
            "spec": sku.spec,
            "qty": wish.qty,
            "unit_price_fen": sku.price_fen,
            "after_sale": "none",
            "is_gift": sku.is_gift,
        }


def shipped_qty(order: Json, line_no: str) -> int:
    """How many pieces of a line are told as sent."""
    return sum(line["qty"] for parcel in order["shipments"] for line in parcel["lines"] if line["line_no"] == line_no)


def settle_state(order: Json) -> None:
    """An open order of which a parcel has left and nothing more is to come is shipped."""
    to_come = any(
        line["after_sale"] != "refunded" and shipped_qty(order, line["line_no"]) < line["qty"]
        for line in order["lines"]
    )
    if order["state"] == "open" and order["shipments"] and not to_come:
        order["state"] = "shipped"


def _set_amounts(order: Json) -> None:
    goods = sum(line["qty"] * line["unit_price_fen"] for line in order["lines"])
    order["freight_fen"] = 0 if goods >= _FREE_FREIGHT_FROM_FEN else _FREIGHT_FEN
    order["amount_fen"] = goods + order["freight_fen"]


def _chosen(order: Json, line_no: str | None) -> Sequence[Json]:
    lines = [line for line in order["lines"] if line_no is None or line["line_no"] == line_no]
    if not lines:
        raise RefusalError(404, "line_not_found", "no such line")
    return lines


def _must_be_open(order: Json) -> None:
    if order["state"] == "cancelled":
        raise RefusalError(409, "order_closed", "this order is cancelled")
    if order["state"] != "open":
        raise RefusalError(409, "already_shipped", "this order is shipped")


def _must_be_paid(order: Json) -> None:
    if order["payment"] == "unpaid":
        raise RefusalError(409, "order_not_paid", "this order is not paid")
