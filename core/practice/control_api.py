"""The practice shop's `/practice/v1`: what people do in it, for scripts, over signed HTTP."""

from collections.abc import Callable, Mapping
from functools import partial

from core.practice.carrier import PracticeCarrier
from core.practice.generator import generate_orders
from core.practice.people import Receiver
from core.practice.refusal import invalid
from core.practice.shop import DraftLine, OrderDraft, PracticeShop
from core.practice.web import Answer, Body, Request, Router, json_answer

_MOST_AT_ONCE = 2000


class ControlApi:
    """Routes and field checks; the rules live in `PracticeShop` and `PracticeCarrier`."""

    def __init__(self, shop: PracticeShop, carrier: PracticeCarrier) -> None:
        self._shop = shop
        self._carrier = carrier
        self._verbs: Mapping[str, Callable[[str, Body], Callable[[], None]]] = {
            "pay": lambda no, _body: partial(shop.pay, no),
            "cancel": lambda no, _body: partial(shop.cancel, no),
            "refund": lambda no, body: partial(shop.refund, no, _line_no(body)),
            "request-refund": lambda no, body: partial(shop.request_refund, no, _line_no(body)),
            "address": lambda no, body: partial(shop.change_address, no, receiver_of(body)),
            "note": lambda no, body: partial(shop.add_note, no, body.text("text"), by=body.text("by", "buyer")),
            "quantity": lambda no, body: partial(shop.change_quantity, no, body.text("line_no"), body.whole("qty")),
        }

    def add_to(self, router: Router) -> None:
        """Register the endpoints."""
        router.add("GET", "/practice/v1/summary", self._summary)
        router.add("GET", "/practice/v1/shipments", self._shipments)
        router.add("GET", "/practice/v1/products", self._products)
        router.add("POST", "/practice/v1/orders", self._place)
        router.add("POST", "/practice/v1/generate", self._generate)
        router.add("GET", "/practice/v1/orders/{}", self._order)
        router.add("POST", "/practice/v1/orders/{}/{}", self._act)
        router.add("PUT", "/practice/v1/carrier", self._set_carrier)

    def _summary(self, request: Request) -> Answer:
        request.query()
        live = len(self._carrier.live_numbers())
        counts = {**self._shop.summary(), "waybills": live, "carrier_balance": self._carrier.balance}
        return json_answer(200, counts)

    def _shipments(self, request: Request) -> Answer:
        request.query()
        parcels = [
            {
                "order_no": parcel.order_no,
                "carrier": parcel.carrier,
                "no": parcel.no,
                "lines": [{"line_no": line_no, "qty": qty} for line_no, qty in parcel.lines],
            }
            for parcel in self._shop.shipments()
        ]
        return json_answer(200, {"shipments": parcels})

    def _products(self, request: Request) -> Answer:
        request.query()
        products = [
            {
                "sku": sku.code,
                "title": sku.title,
                "spec": sku.spec,
                "price_fen": sku.price_fen,
                "quantity": stock.qty,
                "version": stock.version,
                "on": stock.is_on,
            }
            for sku, stock in self._shop.products()
        ]
        return json_answer(200, {"products": products})

    def _place(self, request: Request) -> Answer:
        request.query()
        body = request.json()
        lines = []
        for child in body.children("lines"):
            title = child.text("title") if child.has("title") else None
            lines.append(DraftLine(child.text("sku"), child.whole("qty"), title))
            child.close()
        draft = OrderDraft(
            buyer_key=body.text("buyer_key"),
            buyer_name=body.text("buyer_name", ""),
            receiver=receiver_of(body.child("receiver")),
            lines=lines,
            buyer_note=body.text("buyer_note", ""),
            seller_note=body.text("seller_note", ""),
            order_type=body.text("order_type", "normal"),
            ship_within_h=body.whole("ship_within_h", 48),
            not_before_h=body.whole("not_before_h") if body.has("not_before_h") else None,
        )
        is_paid = body.flag("is_paid", default=False)
        ignores_stock = body.flag("ignores_stock", default=False)
        body.close()
        no = self._shop.place_order(draft, is_paid=is_paid, ignores_stock=ignores_stock)
        return json_answer(201, self._shop.order(no))

    def _generate(self, request: Request) -> Answer:
        request.query()
        body = request.json()
        count, seed = body.whole("n"), body.whole("seed")
        body.close()
        if not 1 <= count <= _MOST_AT_ONCE:
            raise invalid(f"n is 1 to {_MOST_AT_ONCE}")
        return json_answer(201, {"orders": list(generate_orders(self._shop, count, seed))})

    def _order(self, request: Request, no: str) -> Answer:
        request.query()
        return json_answer(200, self._shop.order(no))

    def _act(self, request: Request, no: str, verb: str) -> Answer:
        request.query()
        if verb not in self._verbs:
            raise invalid("unknown verb")
        body = request.json()
        act = self._verbs[verb](no, body)
        body.close()
        act()
        return json_answer(200, self._shop.order(no))

    def _set_carrier(self, request: Request) -> Answer:
        request.query()
        body = request.json()
        balance = body.whole("balance") if body.has("balance") else None
        pool = body.whole("pool") if body.has("pool") else None
        body.close()
        if balance is not None:
            self._carrier.set_balance(balance)
        if pool is not None:
            self._carrier.set_pool(pool)
        return json_answer(200, {"balance": self._carrier.balance})


def receiver_of(body: Body) -> Receiver:
    """A receiver out of a body; blanks are allowed, as in a careless mall."""
    names = ("name", "phone", "province", "city", "district", "address", "postcode")
    values = {name: body.text(name, "") for name in names}
    body.close()
    return Receiver(**values)


def _line_no(body: Body) -> str | None:
    return body.text("line_no") if body.has("line_no") else None
