"""The practice shop's `/v1`: the mall side of the open mall contract over HTTP."""

from collections.abc import Mapping
from datetime import datetime

from core.practice.mall_side import DEFAULT_LIMIT, LARGEST_LIMIT, MallSide
from core.practice.orders import Page, millis_of
from core.practice.refusal import RefusalError, invalid
from core.practice.web import Answer, Request, Router, json_answer


class MallApi:
    """Routes and field checks; the rules live in `MallSide`."""

    def __init__(self, side: MallSide) -> None:
        self._side = side

    def add_to(self, router: Router) -> None:
        """Register the endpoints."""
        router.add("GET", "/v1/orders", self._orders)
        router.add("GET", "/v1/orders/{}", self._order)
        router.add("POST", "/v1/orders/{}/shipments", self._ship)
        router.add("GET", "/v1/stock", self._number)
        router.add("PUT", "/v1/stock", self._stock)
        router.add("PUT", "/v1/products/{}/sale", self._sale)

    def _orders(self, request: Request) -> Answer:
        query = request.query("updated_after", "state", "cursor", "limit")
        limit, cursor = _limit_of(query), query.get("cursor")
        if ("updated_after" in query) == ("state" in query):
            raise RefusalError(400, "bad_query", "either updated_after or state=open")
        if "state" in query:
            if query["state"] != "open":
                raise RefusalError(400, "bad_query", "state is open")
            return _page_answer(self._side.open_orders(cursor, limit))
        return _page_answer(self._side.changed_orders(_after_of(query), cursor, limit))

    def _order(self, request: Request, no: str) -> Answer:
        request.query()
        return json_answer(200, self._side.order(no))

    def _ship(self, request: Request, no: str) -> Answer:
        request.query()
        body = request.json()
        lines = []
        for child in body.children("lines"):
            lines.append({"line_no": child.text("line_no"), "qty": child.whole("qty")})
            child.close()
        if len({line["line_no"] for line in lines}) != len(lines):
            raise invalid("a line stands twice")
        parcel: dict[str, object] = {"carrier": body.text("carrier"), "no": body.text("no"), "lines": lines}
        if body.has("replaces"):
            parcel["replaces"] = body.text("replaces")
        if body.has("weight_g"):
            parcel["weight_g"] = body.whole("weight_g")
        body.close()
        status, answer = self._side.ship(no, request.headers.get("idempotency-key", ""), parcel)
        return json_answer(status, answer)

    def _number(self, request: Request) -> Answer:
        sku = request.query("sku").get("sku", "")
        if not sku:
            raise RefusalError(400, "bad_query", "sku is missing")
        stock = self._side.stock(sku)
        return json_answer(
            200, {"sku": stock.sku, "quantity": stock.qty, "version": stock.version, "on": stock.is_on}
        )

    def _stock(self, request: Request) -> Answer:
        request.query()
        body = request.json()
        sku, qty = body.text("sku"), body.whole("quantity")
        if_version = body.whole("if_version") if body.has("if_version") else None
        body.close()
        stock = self._side.put_stock(sku, qty, if_version)
        return json_answer(200, {"sku": stock.sku, "quantity": stock.qty, "version": stock.version})

    def _sale(self, request: Request, sku: str) -> Answer:
        request.query()
        body = request.json()
        is_on = body.flag("on")
        body.close()
        self._side.put_sale(sku, is_on=is_on)
        return json_answer(200, {"sku": sku, "on": is_on})


def _page_answer(page: Page) -> Answer:
    return json_answer(200, {"orders": page.orders, "next_cursor": page.next_cursor})


def _limit_of(query: Mapping[str, str]) -> int:
    text = query.get("limit", str(DEFAULT_LIMIT))
    if not (text.isascii() and text.isdigit() and len(text) < 6) or not 1 <= int(text) <= LARGEST_LIMIT:
        raise RefusalError(400, "bad_query", f"limit is 1 to {LARGEST_LIMIT}")
    return int(text)


def _after_of(query: Mapping[str, str]) -> int:
    try:
        after = datetime.fromisoformat(query["updated_after"])
        if after.tzinfo is None:
            raise RefusalError(400, "bad_query", "updated_after needs an offset")
        return millis_of(after)
    except (ValueError, OverflowError):
        raise RefusalError(400, "bad_query", "updated_after is an ISO 8601 time") from None
