"""The shop behind the simulated WooCommerce: the shared story with the rules of its own.

A WooCommerce shop keeps its number itself: it falls when an order is paid (or waits for a bank transfer), rises when
the order is called off, and an unpaid order only holds its goods for a while. Nothing stops a seller: any order can be
completed, and nobody asks for a refund in it, the people of the shop just make one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from tests.simulators.platforms.shop import Goods, Habits, Line, Order, Parcel, Person, RuleError
from tests.simulators.platforms.woocommerce_facts import HOLD_STOCK_S, REDUCED_IN
from tests.simulators.platforms.woocommerce_refunds import WooRefunds

#: products, variations, orders and refunds are posts of one WordPress: no two have one id
_FIRST_ID = 1_000
_WORDS = {"unpaid": "pending", "paid": "processing", "part_shipped": "processing", "cancelled": "cancelled"}


def woocommerce_shop(now: Callable[[], datetime], first_no: int = 1) -> "WooShop":
    """A shop as WooCommerce keeps it."""
    shop = WooShop(now, Habits(deducts="payment", touches=frozenset({"pay", "ship", "address", "refund"})), first_no)
    shop.numbering = lambda _kind, number: str(_FIRST_ID + number)
    return shop


class WooShop(WooRefunds):
    """The shop with the rules of WooCommerce.

    Attributes:
        unmanaged: SKUs without stock management: sold without a limit while they are not in `sold_out`.
        sold_out: unmanaged SKUs that somebody set to "out of stock".
        pooled: items whose variations share the number of the item: item -> units.
        own_number: variations of such items that have their own all the same.
        private: variations that are switched off.
        deleted: SKUs that are gone for good: orders keep their lines, without a SKU.
        item_status: products that are not published: item -> draft | pending | private | trash.
    """

    def __init__(self, now: Callable[[], datetime], habits: Habits, first_no: int) -> None:
        super().__init__(now, habits, first_no)
        self.unmanaged: set[str] = set()
        self.sold_out: set[str] = set()
        self.pooled: dict[str, int] = {}
        self.own_number: set[str] = set()
        self.item_status: dict[str, str] = {}
        self.private: set[str] = set()
        self.deleted: set[str] = set()
        self._waiting: set[str] = set()
        self.goods_listed_at: dict[str, datetime] = {}
        self.goods_changed_at: dict[str, datetime] = {}

    # --- goods -------------------------------------------------------------------------------------------------------

    def list_goods(
        self, code: str, qty: int, *, title: str = "", spec: str = "", price_fen: int = 9900, item_id: str = ""
    ) -> Goods:
        """As the story's; an item with one choice and no words for it is a simple product."""
        with self.lock:
            goods = super().list_goods(code, qty, title=title, spec=spec, price_fen=price_fen, item_id=item_id)
            self.goods_listed_at[goods.sku_id] = self.goods_changed_at[goods.sku_id] = self.now()
            return goods

    def edit_stock(self, sku_id: str, qty: int) -> None:
        """As the story's; goods of a pool share one number."""
        with self.lock:
            self._put_qty(self.goods_of(sku_id), qty)
            self._note("stock_edited", sku_id)

    def choices(self, item_id: str) -> list[Goods]:
        """The goods of one item, in the order they were listed."""
        return [
            goods for goods in self.goods.values() if goods.item_id == item_id and goods.sku_id not in self.deleted
        ]

    def is_simple(self, item_id: str) -> bool:
        """Whether the item has no variations."""
        choices = [goods for goods in self.goods.values() if goods.item_id == item_id]
        return len(choices) == 1 and not choices[0].spec

    def delete_goods(self, sku_id: str) -> None:
        """Somebody deletes a product or a variation."""
        with self.lock:
            self.goods_of(sku_id).is_on_sale = False
            self.deleted.add(sku_id)

    def publish(self, item_id: str, status: str) -> None:
        """Somebody publishes a product, or makes it a draft; variations that are switched off stay so."""
        with self.lock:
            self.item_status[item_id] = status
            for goods in self.choices(item_id):
                self._note_on_sale(goods)

    def switch(self, sku_id: str, *, is_on: bool) -> None:
        """Somebody switches a variation off or on."""
        with self.lock:
            (self.private.discard if is_on else self.private.add)(sku_id)
            self._note_on_sale(self.goods_of(sku_id))

    def _note_on_sale(self, goods: Goods) -> None:
        is_published = self.item_status.get(goods.item_id, "publish") == "publish"
        goods.is_on_sale = is_published and goods.sku_id not in self.private
        self.goods_changed_at[goods.sku_id] = self.now()

    def manages_stock(self, goods: Goods) -> bool:
        """Whether a number says how many may be sold."""
        return self.shares(goods) or goods.sku_id not in self.unmanaged

    def shares(self, goods: Goods) -> bool:
        """Whether the item's number is that of this variation too."""
        return goods.item_id in self.pooled and goods.sku_id not in self.own_number

    def on_hand(self, goods: Goods) -> int:
        """The number, that of the item where the variations share one."""
        return self.pooled[goods.item_id] if self.shares(goods) else goods.qty

    def held(self, goods: Goods) -> int:
        """Units that unpaid orders hold."""
        since = self.now() - timedelta(seconds=HOLD_STOCK_S)
        return sum(
            line.qty
            for order in map(self.orders.__getitem__, self._waiting)
            if order.placed_at > since
            for line in order.lines
            if line.goods is goods
            or (self.shares(goods) and self.shares(line.goods) and line.goods.item_id == goods.item_id)
        )

    def pool(self, item_id: str, qty: int | None) -> None:
        """Let the variations of an item share one number, or each have its own again."""
        with self.lock:
            self.pooled.pop(item_id, None)
            if qty is not None:
                self.pooled[item_id] = qty

    # --- orders ------------------------------------------------------------------------------------------------------

    def status_of(self, order: Order) -> str:
        """WooCommerce's word for how far an order is."""
        word = order.extra.get("status")
        if word is not None:
            return str(word)
        if self.is_refunded(order):
            return "refunded"
        return _WORDS.get(order.state, "completed")

    def place(
        self,
        wanted: Sequence[tuple[str, int]],
        *,
        buyer: str = "b-1",
        person: Person | None = None,
        note: str = "",
        freight_fen: int = 0,
        discount_fen: int = 0,
        gift_sku_ids: Sequence[str] = (),
    ) -> Order:
        """As the story's; until it is paid, the order holds its goods for a while."""
        with self.lock:
            order = super().place(
                wanted,
                buyer=buyer,
                person=person,
                note=note,
                freight_fen=freight_fen,
                discount_fen=discount_fen,
                gift_sku_ids=gift_sku_ids,
            )
            self._waiting.add(order.no)
            return order

    def pay(self, no: str) -> None:
        """As the story's, but nobody looks at the number any more: it may fall below zero."""
        with self.lock:
            order = self._in(no, "unpaid")
            self._become(order, "processing")
            self._note("paid", no)

    def hold(self, no: str) -> None:
        """The buyer will pay by bank transfer: the order waits "on-hold", and the number has fallen."""
        with self.lock:
            self._become(self._in(no, "unpaid"), "on-hold")

    def cancel(self, no: str) -> None:
        """As the story's; what the order took returns to the number."""
        with self.lock:
            order = self._in(no, "unpaid", "paid")
            self._become(order, "cancelled")
            self._note("cancelled", no)

    def drop_unpaid(self) -> list[str]:
        """What WordPress does now and then: unpaid orders older than the time to hold stock are called off."""
        with self.lock:
            since = self.now() - timedelta(seconds=HOLD_STOCK_S)
            late = [one for one in self.orders.values() if self.status_of(one) == "pending" and one.placed_at < since]
            for order in late:
                self._become(order, "cancelled")
                self.add_note(order, "Unpaid order cancelled - time limit reached.", is_for_customer=False)
            return [order.no for order in late]

    def set_status(self, no: str, word: str) -> None:
        """Somebody chooses another status; every one is possible from every other."""
        with self.lock:
            order = self.order(no)
            before = self.status_of(order)
            if before == word:
                return
            self._become(order, word)
            text = f"Order status changed from {before} to {word}."
            self.add_note(order, text, is_for_customer=False)
            self._note(f"status_{word}", no)

    def delete_for_good(self, no: str) -> None:
        """Somebody empties the trash: no list and no call knows the order any more."""
        with self.lock:
            del self.orders[no]

    def write_note(self, no: str, text: str, flag: str | None = None) -> None:
        """A private order note; there are no flags."""
        with self.lock:
            super().write_note(no, text, None if flag is None else "")
            self.add_note(self.order(no), text, is_for_customer=False, author="店主")

    def ship(self, no: str, carrier: str, number: str, lines: Mapping[str, int] | None = None) -> Parcel:
        """As the story's; the shop shows it as completed when all of it is sent."""
        with self.lock:
            parcel = super().ship(no, carrier, number, lines)
            order = self.order(no)
            if order.state == "shipped":
                order.extra.setdefault("completed_at", self.now())
            item = {"custom_tracking_provider": carrier, "tracking_number": number}
            self.add_tracking(order, {**item, "date_shipped": str(int(self.now().timestamp()))})
            return parcel

    # --- inside ------------------------------------------------------------------------------------------------------

    def _become(self, order: Order, word: str) -> None:
        """Another status with what follows from it; dates of payment and completion are set once."""
        at = self.now()
        if word in REDUCED_IN:
            self._reduce(order)
        elif word in ("cancelled", "pending"):
            self._restore(order)
        if word in ("processing", "completed") and order.paid_at is None:
            order.paid_at = at
        if word == "completed":
            order.extra.setdefault("completed_at", at)
        states = {"processing": "paid", "completed": "shipped", "cancelled": "cancelled", "pending": "unpaid"}
        order.state = states.get(word, order.state)
        order.extra.pop("status", None)
        (self._waiting.add if word == "pending" else self._waiting.discard)(order.no)
        if word == "refunded" and order.paid_at is not None and self.left_fen(order) > 0:
            self.refund_money(order.no, self.left_fen(order), "Order fully refunded.")
        if self.status_of(order) != word:
            order.extra["status"] = word
        if word == "cancelled":
            order.ended_at = at
        self.touch(order)

    def _reduce(self, order: Order) -> None:
        if not order.extra.get("is_reduced"):
            order.extra["is_reduced"] = True
            self._deduct(order.lines)
            words = ", ".join(f"{line.goods.title} -{line.qty}" for line in order.lines)
            self.add_note(order, f"Stock levels reduced: {words}", is_for_customer=False)

    def _restore(self, order: Order) -> None:
        if order.extra.pop("is_reduced", False):
            left = [line for line in order.lines if line.after_sale != "refunded"]
            self._give_back([replace(line, qty=line.qty - self.units_back(order, line.no)) for line in left])

    def _deduct(self, lines: Sequence[Line]) -> None:
        for line in lines:
            if self.manages_stock(line.goods):
                self._put_qty(line.goods, self.on_hand(line.goods) - line.qty)

    def _give_back(self, lines: Sequence[Line]) -> None:
        for line in lines:
            if self.manages_stock(line.goods):
                self._put_qty(line.goods, self.on_hand(line.goods) + line.qty)

    def _put_qty(self, goods: Goods, qty: int) -> None:
        if self.shares(goods):
            self.pooled[goods.item_id] = qty
        else:
            goods.qty = qty
        self.goods_changed_at[goods.sku_id] = self.now()

    def _check_sellable(self, lines: Sequence[Line]) -> None:
        known = {line.goods.sku_id: (line.goods, line.goods.qty) for line in lines}
        try:
            for goods, _qty in known.values():
                free = self.on_hand(goods) - self.held(goods)
                goods.qty = free if self.manages_stock(goods) else 10**9 * (goods.sku_id not in self.sold_out)
            super()._check_sellable(lines)
            self._check_pools(lines)
        finally:
            for goods, qty in known.values():
                goods.qty = qty

    def _check_pools(self, lines: Sequence[Line]) -> None:
        asked: dict[str, int] = {}
        for line in lines:
            if self.shares(line.goods):
                asked[line.goods.item_id] = asked.get(line.goods.item_id, 0) + line.qty
                if self.pooled[line.goods.item_id] - self.held(line.goods) < asked[line.goods.item_id]:
                    raise RuleError("sold_out")

    def _check_parts(self, order: Order, asked: Mapping[str, int], left: Mapping[str, int]) -> None:
        asking = [line for line in order.lines if line.after_sale == "requested"]
        for line in asking:
            line.after_sale = "none"
        try:
            super()._check_parts(order, asked, left)
        finally:
            for line in asking:
                line.after_sale = "requested"
