"""The customer file as a clerk may see it: masked, found by keyed search, with all that hangs on a customer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from core.channels.contract import Consignee
from core.channels.models import Shop
from core.customers.masking import masked_address, masked_name, masked_phone
from core.customers.members import OWNER, members_of, sources_of
from core.customers.models import ConsigneeRow, Customer, CustomerChange, Identity
from core.customers.queries import consignees, customer_of_phone
from core.customers.service import PHONE, Digest
from core.db.sets import id_set, packed_ids
from core.orders.models import SHOWN_NO, Order
from core.orders.search import NEWEST, search_people
from core.orders.states import OPEN_STATES

#: rows of each list in the drawer; the counts beside them cover everything
_SHOWN = 50
#: before a customer's number, as screens write it
_SIGN = "K"


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """One customer, masked: their receiver of last time, and how much they ordered."""

    id: int
    name: str
    phone: str
    region: str
    order_count: int
    last_order_at: datetime | None
    created_at: datetime
    is_erased: bool


@dataclass(frozen=True, slots=True)
class CustomerPage:
    """Rows, and where the next page starts (None at the end). A search may name a customer on two pages."""

    rows: tuple[CustomerRow, ...]
    next_after: int | None


@dataclass(frozen=True, slots=True)
class AccountView:
    """A buyer account: `shop_name` is empty for the tie of a clear phone number."""

    shop_name: str
    buyer_name: str


@dataclass(frozen=True, slots=True)
class ReceiverView:
    """A receiver on file, masked. `used_at` is the newest order that goes there; None where none does any more."""

    consignee_id: int
    name: str
    phone: str
    address: str
    is_masked_by_platform: bool
    is_erased: bool
    order_count: int
    used_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class CustomerOrder:
    """One order of a customer."""

    id: int
    order_no: str
    shop_name: str
    placed_at: datetime
    amount_fen: int
    fulfilment: str


@dataclass(frozen=True, slots=True)
class ChangeView:
    """One line of the change log."""

    at: datetime
    operator: str
    kind: str


@dataclass(frozen=True, slots=True)
class CustomerDetail:
    """Everything the drawer shows; lists are the newest of their kind. `open_count` orders are still to be sent.

    `member_said`: whose word makes them a member or none, `owner` or the name of a mall; empty where nobody has said
    anything.
    """

    row: CustomerRow
    accounts: tuple[AccountView, ...]
    receivers: tuple[ReceiverView, ...]
    orders: tuple[CustomerOrder, ...]
    changes: tuple[ChangeView, ...]
    open_count: int
    is_member: bool = False
    member_said: str = ""


def customer_no(customer_id: int) -> str:
    """A customer's number as screens write it: `K12`."""
    return f"{_SIGN}{customer_id}"


def customer_page(connection: Connection, search: str, after: int | None, limit: int, digest: Digest) -> CustomerPage:
    """A page, the newest first; a search goes by the newest orders that match.

    What is typed may be a receiver's name or part of it, a phone number or its last four digits, an order number, a
    buyer's id, or a customer's number (`K12`).
    """
    words = search.strip()
    if not words:
        query = select(Customer.id).where(Customer.id < (after or NEWEST)).order_by(Customer.id.desc()).limit(limit)
        ids = list(connection.execute(query).scalars())
        return CustomerPage(_rows(connection, ids), ids[-1] if len(ids) == limit else None)
    order_ids = search_people(connection, words, digest, after or NEWEST, limit)
    owners = select(Order.id, Order.customer_id).where(Order.id.in_(id_set("order_ids")))
    owner_of = {row.id: row.customer_id for row in connection.execute(owners, {"order_ids": packed_ids(order_ids)})}
    found = [owner_of[order_id] for order_id in order_ids]
    if after is None:
        found = [*_named(connection, words, digest), *found]
    next_after = order_ids[-1] if len(order_ids) == limit else None
    return CustomerPage(_rows(connection, list(dict.fromkeys(found))), next_after)


def customer_detail(connection: Connection, customer_id: int) -> CustomerDetail | None:
    """Everything about one customer, masked; None where there is no such customer."""
    rows = _rows(connection, [customer_id])
    if not rows:
        return None
    mine = Order.customer_id == customer_id
    shops = {
        f"{row.channel}:{row.id}": row.name for row in connection.execute(select(Shop.id, Shop.channel, Shop.name))
    }
    columns = (Order.id, SHOWN_NO, Shop.name, Order.placed_at, Order.amount_fen, Order.fulfilment)
    orders: Sequence[Any] = connection.execute(
        select(*columns).join(Shop, Shop.id == Order.shop_id).where(mine).order_by(Order.id.desc()).limit(_SHOWN)
    ).all()
    changes: Sequence[Any] = connection.execute(
        select(CustomerChange.at, CustomerChange.operator, CustomerChange.kind)
        .where(CustomerChange.customer_id == customer_id)
        .order_by(CustomerChange.id.desc())
        .limit(_SHOWN)
    ).all()
    accounts = connection.execute(
        select(Identity.channel, Identity.buyer_name).where(Identity.customer_id == customer_id).order_by(Identity.id)
    ).all()
    still = select(func.count()).select_from(Order).where(mine, Order.fulfilment.in_(OPEN_STATES))
    return CustomerDetail(
        row=rows[0],
        accounts=tuple(
            AccountView(
                "" if one.channel == PHONE else shops.get(one.channel, one.channel), masked_name(one.buyer_name or "")
            )
            for one in accounts
        ),
        receivers=_receivers(connection, customer_id),
        orders=tuple(CustomerOrder(*order) for order in orders),
        changes=tuple(ChangeView(*change) for change in changes),
        open_count=int(connection.execute(still).scalar_one()),
        is_member=customer_id in members_of(connection, [customer_id]),
        member_said=_member_said(connection, customer_id),
    )


def _member_said(connection: Connection, customer_id: int) -> str:
    said = sources_of(connection, customer_id)
    if not said or OWNER in said:
        return OWNER if said else ""
    # The malls that say yes are what makes a member.
    malls = [int(source.removeprefix("shop:")) for source, is_member in sorted(said.items()) if is_member] or [
        int(source.removeprefix("shop:")) for source in sorted(said)
    ]
    return str(connection.execute(select(Shop.name).where(Shop.id == malls[0])).scalar_one())


def _named(connection: Connection, words: str, digest: Digest) -> list[int]:
    """Who is meant by a whole phone number or a customer's number."""
    found = [customer_of_phone(connection, words, digest)]
    number = words.upper().removeprefix(_SIGN)
    if number != words.upper() and number.isascii() and number.isdigit() and int(number) < NEWEST:
        found.append(connection.execute(select(Customer.id).where(Customer.id == int(number))).scalar_one_or_none())
    return [customer_id for customer_id in found if customer_id is not None]


def _rows(connection: Connection, ids: Sequence[int]) -> tuple[CustomerRow, ...]:
    binds = {"ids": packed_ids(ids)}
    people = select(Customer.id, Customer.created_at, Customer.erased_at).where(Customer.id.in_(id_set("ids")))
    known = {row.id: row for row in connection.execute(people, binds)}
    counted = (
        select(Order.customer_id, func.count().label("n"), func.max(Order.id).label("last"))
        .where(Order.customer_id.in_(id_set("ids")))
        .group_by(Order.customer_id)
    )
    counts = {row.customer_id: row for row in connection.execute(counted, binds)}
    last = select(Order.customer_id, Order.placed_at, Order.consignee_id).where(Order.id.in_(id_set("orders")))
    orders = {
        row.customer_id: row
        for row in connection.execute(last, {"orders": packed_ids([row.last for row in counts.values()])})
    }
    receivers = consignees(connection, [row.consignee_id for row in orders.values()])
    rows = []
    for customer_id in ids:
        customer, order = known.get(customer_id), orders.get(customer_id)
        if customer is None:
            continue
        who = None if order is None else receivers[order.consignee_id]
        rows.append(
            CustomerRow(
                id=customer_id,
                name="" if who is None else _name(who),
                phone="" if who is None else _phone(who),
                region="" if who is None else " ".join(part for part in (who.province, who.city) if part),
                order_count=int(counts[customer_id].n) if customer_id in counts else 0,
                last_order_at=None if order is None else order.placed_at,
                created_at=customer.created_at,
                is_erased=customer.erased_at is not None,
            )
        )
    return tuple(rows)


def _receivers(connection: Connection, customer_id: int) -> tuple[ReceiverView, ...]:
    used = (
        select(Order.consignee_id, func.count().label("n"), func.max(Order.placed_at).label("at"))
        .where(Order.customer_id == customer_id)
        .group_by(Order.consignee_id)
    )
    uses: Mapping[int, Any] = {row.consignee_id: row for row in connection.execute(used)}
    here = select(ConsigneeRow.id, ConsigneeRow.created_at).where(ConsigneeRow.customer_id == customer_id)
    rows = connection.execute(here.order_by(ConsigneeRow.id.desc()).limit(_SHOWN)).all()
    people = consignees(connection, [row.id for row in rows])
    return tuple(_receiver(row, people[row.id], uses.get(row.id)) for row in rows)


def _receiver(row: Any, who: Consignee, use: Any) -> ReceiverView:
    return ReceiverView(
        consignee_id=row.id,
        name=_name(who),
        phone=_phone(who),
        address=who.address if who.is_masked else masked_address(who.province, who.city, who.district, who.address),
        is_masked_by_platform=who.is_masked,
        is_erased=not (who.name or who.phone or who.address),
        order_count=0 if use is None else int(use.n),
        used_at=None if use is None else use.at,
        created_at=row.created_at,
    )


def _name(who: Consignee) -> str:
    return who.name if who.is_masked else masked_name(who.name)


def _phone(who: Consignee) -> str:
    return who.phone if who.is_masked else masked_phone(who.phone)
