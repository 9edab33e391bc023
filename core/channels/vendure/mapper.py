"""Vendure's order as a canonical one. Pure; the unexpected is `ContractBroken`, never a crash.

What Vendure does, and what follows (measured on 3.7.3):

* Cancelling sets a line's `quantity` to 0 and the order's total with it. The bought quantity is then
  `orderPlacedQuantity`, which is 0 only for a line the merchant added later (and cancelled again): nothing
  the shop says tells that line's quantity any more. **Stock is therefore released from our own copy of the
  order, never from the quantities of a cancelled one.**
* `updatedAt` does not move when a payment is settled or a parcel is sent. `modified_at` is the newest time of
  the order, its payments, refunds and fulfilments; `version` counts the entries of the order's history, which
  only grows, and breaks ties by time.
* Money is in the currency's smallest unit: fen for CNY. Other currencies are refused.
* Ids and codes are text.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from core.channels.contract import ChannelOrder, ChannelOrderLine, Consignee
from core.runtime.remote_errors import ContractBroken

#: seconds since 1970 stay below this until the year 5138, so that one more history entry outweighs any time
_VERSION_STEP = 100_000_000_000
#: the version still is a 64-bit integer
_MOST_EVENTS = 50_000_000

#: a control character no database takes, and halves of surrogate pairs, which are no characters at all
_UNSTORABLE = {0: "\ufffd", **dict.fromkeys(range(0xD800, 0xE000), "\ufffd")}


@dataclass(frozen=True, slots=True)
class Fulfilment:
    """One parcel as Vendure knows it: number, state, and (line id, quantity)."""

    id: str
    state: str
    tracking_code: str
    lines: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class _Money:
    bought_fen: int
    #: what the order costs as it stands now
    due_fen: int
    settled_fen: int
    refunded_fen: int
    refund_wanted_fen: int

    @property
    def payment(self) -> str:
        if self.settled_fen <= 0:
            return "paid" if self.bought_fen == 0 else "unpaid"
        if self.refunded_fen >= self.settled_fen:
            return "refunded"
        if self.refunded_fen > 0:
            return "partly_refunded"
        # the merchant may have added goods, and the buyer not yet paid for them
        return "paid" if self.settled_fen >= self.due_fen else "unpaid"

    @property
    def is_paid(self) -> bool:
        """Whether there is a payment whose time can be told."""
        return self.settled_fen > 0 and self.payment != "unpaid"

    @property
    def is_refund_wanted(self) -> bool:
        """A refund of everything is under way: the merchant has agreed, the money has not moved."""
        return 0 < self.settled_fen <= self.refunded_fen + self.refund_wanted_fen


def code_of(raw: Mapping[str, object]) -> str:
    """The number of a raw order.

    Raises:
        ContractBroken: it has none.
    """
    code = _text(raw, "code")
    if not code:
        raise ContractBroken("An order has no code.", code="order")
    return code


def map_order(raw: Mapping[str, object], *, buyer_note_field: str = "") -> ChannelOrder:
    """One canonical order of one raw one.

    Raises:
        ContractBroken: not the shape our own question asks for, or not in yuan.
    """
    code = code_of(raw)
    currency = _text(raw, "currencyCode")
    if currency != "CNY":
        raise ContractBroken(f"Order {code} is not in yuan.", code="currency")
    payments = _maps(raw, "payments")
    refunds = [refund for payment in payments for refund in _maps(payment, "refunds")]
    fulfilments = map_fulfilments(raw)
    money = _money(raw, payments, refunds)
    lines = _lines(raw, refunds, is_all_wanted=money.is_refund_wanted)
    state = _text(raw, "state")
    modified_at = _modified_at(raw, payments, refunds)
    ordered_at = _time(raw, "orderPlacedAt") or _required_time(raw, "createdAt")
    customer = _map(raw, "customer")
    to_send = map_quantities(raw)
    return ChannelOrder(
        order_no=code,
        version=_version(raw, modified_at),
        modified_at=modified_at,
        placed_at=ordered_at,
        # on SQLite a payment's time is cut to the second and would lie before the order it pays
        paid_at=max(_paid_at(payments), ordered_at) if money.is_paid else None,
        payment=money.payment,
        channel_status=state,
        is_closed=state == "Cancelled" or money.payment == "refunded" or not any(to_send.values()),
        is_shipped=state in ("Shipped", "Delivered") or _is_all_shipped(to_send, fulfilments),
        buyer_key=_id(customer, "id"),
        buyer_name=_person(customer),
        consignee=_consignee(_map(raw, "shippingAddress"), customer),
        lines=lines,
        amount_fen=money.bought_fen,
        freight_fen=_money_of(raw, "shippingWithTax"),
        buyer_note=_text(_map(raw, "customFields"), buyer_note_field) if buyer_note_field else "",
        seller_note=_seller_note(raw),
        raw=raw,
    )


def map_fulfilments(raw: Mapping[str, object]) -> Sequence[Fulfilment]:
    """The order's parcels that have not been cancelled.

    Raises:
        ContractBroken: not the shape our own question asks for.
    """
    parcels = []
    for fulfilment in _maps(raw, "fulfillments"):
        state = _text(fulfilment, "state")
        if state != "Cancelled":
            lines = _quantities(_maps(fulfilment, "lines"))
            parcels.append(Fulfilment(_id(fulfilment, "id"), state, _text(fulfilment, "trackingCode"), lines))
    return parcels


def map_made_fulfilment(raw: object, tracking_code: str) -> Fulfilment:
    """The parcel a mutation has just made; its lines are those that were asked for and are not repeated.

    Raises:
        ContractBroken: not the shape our own mutation asks for.
    """
    if not isinstance(raw, dict) or not _id(raw, "id"):
        raise _broken("addFulfillmentToOrder")
    return Fulfilment(_id(raw, "id"), _text(raw, "state"), tracking_code, {})


def map_quantities(raw: Mapping[str, object]) -> Mapping[str, int]:
    """Line id to the quantity still bought, 0 where it was cancelled."""
    return {_id(line, "id"): _count(line, "quantity") for line in _maps(raw, "lines")}


@dataclass(frozen=True, slots=True)
class VariantStock:
    """Units of one variant in one stock location; its open orders have been allocated some of those on hand."""

    location_id: str
    on_hand: int
    allocated: int
    is_on_sale: bool


def map_stock(raw: Mapping[str, object]) -> Sequence[VariantStock]:
    """The variant's stock, a row per location.

    Raises:
        ContractBroken: not the shape our own question asks for.
    """
    return [
        VariantStock(
            _id(level, "stockLocationId"),
            _count(level, "stockOnHand"),
            _count(level, "stockAllocated"),
            raw.get("enabled") is True,
        )
        for level in _maps(raw, "stockLevels")
    ]


def updated_at(raw: Mapping[str, object]) -> datetime:
    """The order's own `updatedAt`, which is what windows are asked by."""
    return _required_time(raw, "updatedAt")


def placed_at(raw: Mapping[str, object]) -> datetime:
    """When the cart became an order; it never changes after."""
    return _required_time(raw, "orderPlacedAt")


def text_id(raw: Mapping[str, object]) -> str:
    """The row's id as text."""
    return _id(raw, "id")


def _lines(
    raw: Mapping[str, object], refunds: Sequence[Mapping[str, object]], *, is_all_wanted: bool
) -> Sequence[ChannelOrderLine]:
    refunded = _refunded_quantities(refunds, "Settled")
    wanted = _refunded_quantities(refunds, "Pending")
    return tuple(_line(line, refunded, wanted, is_all_wanted=is_all_wanted) for line in _maps(raw, "lines"))


def _line(
    line: Mapping[str, object],
    refunded: Mapping[str, int],
    wanted: Mapping[str, int],
    *,
    is_all_wanted: bool,
) -> ChannelOrderLine:
    line_no = _id(line, "id")
    quantity = _count(line, "quantity")
    bought = quantity or _count(line, "orderPlacedQuantity")
    done = refunded.get(line_no, 0)
    pending = wanted.get(line_no, 0)
    after_sale = "none"
    if quantity == 0 or done >= max(bought, 1):
        after_sale = "refunded"
    elif pending > 0 or is_all_wanted:
        after_sale = "requested"
    variant = _map(line, "productVariant")
    product = _map(variant, "product")
    return ChannelOrderLine(
        line_no=line_no,
        item_id=_id(product, "id") if product else "",
        channel_sku_id=_id(variant, "id"),
        merchant_code=_text(variant, "sku"),
        title=_text(product, "name") or _text(variant, "name"),
        spec=" ".join(_text(option, "name") for option in _maps(variant, "options")),
        qty=bought,
        # the discounted price of a line with nothing left on it means nothing
        unit_price_fen=_money_of(line, "discountedUnitPriceWithTax" if quantity else "unitPriceWithTax"),
        after_sale=after_sale,
    )


def _money(
    raw: Mapping[str, object],
    payments: Sequence[Mapping[str, object]],
    refunds: Sequence[Mapping[str, object]],
) -> _Money:
    carried = sum(_money_of(p, "amount") for p in payments if _text(p, "state") not in ("Declined", "Error"))
    # cancelling takes the total to 0; what was bought then shows only in what was paid for it
    due = _money_of(raw, "totalWithTax")
    return _Money(
        bought_fen=carried if _text(raw, "state") == "Cancelled" else due,
        due_fen=due,
        settled_fen=sum(_money_of(p, "amount") for p in payments if _text(p, "state") == "Settled"),
        refunded_fen=sum(_money_of(r, "total") for r in refunds if _text(r, "state") == "Settled"),
        refund_wanted_fen=sum(_money_of(r, "total") for r in refunds if _text(r, "state") == "Pending"),
    )


def _paid_at(payments: Sequence[Mapping[str, object]]) -> datetime:
    # Vendure keeps no time of settlement; the row of a settled payment is not written again by default
    return max(_required_time(p, "updatedAt") for p in payments if _text(p, "state") == "Settled")


def _modified_at(
    raw: Mapping[str, object],
    payments: Sequence[Mapping[str, object]],
    refunds: Sequence[Mapping[str, object]],
) -> datetime:
    times = [_required_time(raw, "updatedAt"), _time(raw, "orderPlacedAt")]
    times += [_time(row, "updatedAt") for row in (*payments, *refunds, *_maps(raw, "fulfillments"))]
    return max(at for at in times if at is not None)


def _version(raw: Mapping[str, object], modified_at: datetime) -> int:
    events = min(_count(_map(raw, "events"), "totalItems"), _MOST_EVENTS)
    return events * _VERSION_STEP + max(int(modified_at.timestamp()), 0)


def _is_all_shipped(to_send: Mapping[str, int], fulfilments: Sequence[Fulfilment]) -> bool:
    sent: dict[str, int] = {}
    for fulfilment in fulfilments:
        if fulfilment.state in ("Shipped", "Delivered"):
            for line_no, qty in fulfilment.lines.items():
                sent[line_no] = sent.get(line_no, 0) + qty
    return any(to_send.values()) and all(sent.get(line_no, 0) >= qty for line_no, qty in to_send.items())


def _consignee(address: Mapping[str, object], customer: Mapping[str, object]) -> Consignee:
    parts = (_text(address, key) for key in ("streetLine1", "streetLine2", "company"))
    return Consignee(
        name=_text(address, "fullName") or _person(customer),
        phone=_text(address, "phoneNumber") or _text(customer, "phoneNumber"),
        province=_text(address, "province"),
        city=_text(address, "city"),
        district="",
        address=" ".join(part for part in parts if part),
        postcode=_text(address, "postalCode"),
    )


def _person(customer: Mapping[str, object]) -> str:
    first, last = _text(customer, "firstName"), _text(customer, "lastName")
    return f"{first} {last}".strip()


def _seller_note(raw: Mapping[str, object]) -> str:
    """The merchant's private notes, oldest first; public ones are messages to the buyer."""
    entries = [entry for entry in _maps(_map(raw, "notes"), "items") if entry.get("isPublic") is False]
    # two notes of one second carry the same time on SQLite; a longer numeric id is a later one
    entries.sort(key=lambda entry: (_text(entry, "createdAt"), len(_id(entry, "id")), _id(entry, "id")))
    return "\n".join(_text(_map(entry, "data"), "note") for entry in entries)


def _refunded_quantities(refunds: Sequence[Mapping[str, object]], state: str) -> Mapping[str, int]:
    return _quantities(
        [line for refund in refunds if _text(refund, "state") == state for line in _maps(refund, "lines")]
    )


def _quantities(lines: Sequence[Mapping[str, object]]) -> Mapping[str, int]:
    total: dict[str, int] = {}
    for line in lines:
        line_no = _id(line, "orderLineId")
        total[line_no] = total.get(line_no, 0) + _count(line, "quantity")
    return total


def _text(raw: Mapping[str, object], key: str) -> str:
    value = raw.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _broken(key)
    return value.translate(_UNSTORABLE)


def _id(raw: Mapping[str, object], key: str) -> str:
    value = raw.get(key)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return _text(raw, key)


def _money_of(raw: Mapping[str, object], key: str) -> int:
    value = raw.get(key)
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        # a Money scalar travels as a JSON number and some strategies write 299.0
        return int(value)
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= 2**53:
        raise _broken(key)
    return value


def _count(raw: Mapping[str, object], key: str) -> int:
    value = raw.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**31:
        raise _broken(key)
    return value


def _map(raw: Mapping[str, object], key: str) -> Mapping[str, object]:
    value = raw.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise _broken(key)
    return value


def _maps(raw: Mapping[str, object], key: str) -> Sequence[Mapping[str, object]]:
    value = raw.get(key)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise _broken(key)
    return value


def _required_time(raw: Mapping[str, object], key: str) -> datetime:
    at = _time(raw, key)
    if at is None:
        raise _broken(key)
    return at


def _time(raw: Mapping[str, object], key: str) -> datetime | None:
    value = _text(raw, key)
    if not value:
        return None
    try:
        at = datetime.fromisoformat(value)
        # without a zone it would be the server's wall time: which, it does not say
        return at.astimezone(UTC) if at.tzinfo else None
    except (ValueError, OverflowError) as error:
        raise _broken(key) from error


def _broken(key: str) -> ContractBroken:
    return ContractBroken(f"The shop's answer is not what its document promises: {key}.", code=key)
