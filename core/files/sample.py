"""What the first rows of a file were understood as, so that a person can see a wrong column before it is taken in."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from core.channels.contract import ChannelOrder, Consignee
from core.customers.masking import masked_address, masked_name, masked_phone
from core.files.goods import Item, ItemTable
from core.files.numbers import NumberTable
from core.files.orders import OrderTable
from core.files.people import shown
from core.waybills.carriers import code_of, name_of

#: a page of the preview's table; nobody reads more before he presses the key
_MOST = 200


@dataclass(frozen=True, slots=True)
class Sampled:
    """One order, waybill number, SKU, count or person as it would be taken in, receivers masked.

    `state` is a code below `files.state`, empty where the file says nothing of the kind; `qty` is None where the file
    counts nothing.
    """

    code: str
    goods: str = ""
    qty: int | None = None
    person: str = field(default="", repr=False)
    state: str = ""
    number: str = ""
    carrier: str = ""


def sample_of_orders(table: OrderTable) -> tuple[Sampled, ...]:
    """The first orders, in the order of the file."""
    return tuple(map(_order, table.orders[:_MOST]))


def sample_of_numbers(table: NumberTable) -> tuple[Sampled, ...]:
    """The first numbers; where the file names no carrier, the one that the number suggests."""
    return tuple(
        Sampled(one.order_no, number=one.number, carrier=name_of(code_of(one.carrier, one.number)))
        for one in table.said[:_MOST]
    )


def sample_of_items(table: ItemTable) -> tuple[Sampled, ...]:
    """The first SKUs, counts or persons."""
    read = {"products": _product, "counts": _count, "customers": _customer}[table.kind]
    return tuple(map(read, table.items[:_MOST]))


def _order(order: ChannelOrder) -> Sampled:
    goods = "；".join(f"{_words(line.title, line.spec)} × {line.qty}" for line in order.lines)
    state = "closed" if order.is_closed else "shipped" if order.is_shipped else order.payment
    qty = sum(line.qty for line in order.lines)
    return Sampled(order.order_no, goods, qty, _person(order.consignee), state)


def _product(item: Item) -> Sampled:
    facts = item.facts
    codes: Sequence[str] = facts["barcodes"] or ()
    return Sampled(item.code, _words(facts["name"], facts["spec"] or "", *codes, facts["bin"] or ""))


def _count(item: Item) -> Sampled:
    return Sampled(item.code, qty=item.facts["qty"])


def _customer(item: Item) -> Sampled:
    # The code of a customer without an account is the phone number: the masked person says enough.
    return Sampled("", person=_person(item.facts["consignee"]))


def _person(consignee: Consignee) -> str:
    name, phone = shown(consignee.name), shown(consignee.phone)
    region = (consignee.province, consignee.city, consignee.district)
    if consignee.is_masked:
        return _words(name, phone, *region)
    return _words(masked_name(name), masked_phone(phone), masked_address(*region, consignee.address))


def _words(*words: str) -> str:
    return " ".join(word for word in words if word)
