"""The customer master: who buys, under which accounts, and where their parcels go."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Text, bindparam, cast, delete, literal, select, update

from core.channels.contract import Consignee
from core.customers.models import ConsigneeRow, Customer, CustomerChange, Identity, Membership
from core.db.base import Base
from core.db.sets import id_set, packed_ids, packed_texts, text_set
from core.db.unit_of_work import UnitOfWork

#: keyed digest of (kind, text): equal texts meet without being readable
Digest = Callable[[str, str], str]

_BY_KEY = select(Identity.buyer_key, Identity.customer_id).where(
    Identity.channel == bindparam("channel"), Identity.buyer_key.in_(text_set("keys"))
)
_CONSIGNEES_OF = select(ConsigneeRow.customer_id, ConsigneeRow.digest, ConsigneeRow.id).where(
    ConsigneeRow.customer_id.in_(id_set("ids"))
)

#: customer, kind and facts of one line in the change log
_Change = tuple[int, str, Mapping[str, object]]

#: identities of this kind tie the accounts of one clear phone number together
PHONE = "phone"


class Buyer(NamedTuple):
    """A buyer account on a channel with the consignee of one order."""

    buyer_key: str
    buyer_name: str
    consignee: Consignee


class Registered(NamedTuple):
    """Where a buyer stands in the master."""

    customer_id: int
    consignee_id: int


def register(uow: UnitOfWork, channel: str, buyers: Sequence[Buyer], digest: Digest) -> Sequence[Registered]:
    """Find or add the customer and the consignee of each buyer, in the order given.

    Accounts meet in one customer when they share a clear phone number; masked numbers never tie anything together.
    A handful of statements for a whole page.
    """
    if not uow.is_sqlite:
        buyers = [buyer._replace(buyer_key=account_key(uow.connection, buyer.buyer_key, digest)) for buyer in buyers]
    phones = ["" if buyer.consignee.is_masked else phone_key(buyer.consignee.phone, digest) for buyer in buyers]
    known = _identities(uow, channel, [buyer.buyer_key for buyer in buyers])
    known_phones = _identities(uow, PHONE, [phone for phone in phones if phone])
    customers: list[int] = []
    new_customers: list[int] = []
    new_identities: list[tuple[str, str, int, str | None]] = []
    changes: list[_Change] = []
    unknown = [
        buyer.buyer_key
        for buyer, phone in zip(buyers, phones, strict=True)
        if buyer.buyer_key not in known and (not phone or phone not in known_phones)
    ]
    fresh = iter(uow.take_ids(Customer, len(unknown)))
    facts = {"channel": channel}
    for buyer, phone in zip(buyers, phones, strict=True):
        key = buyer.buyer_key
        customer_id = known.get(key) or known_phones.get(phone)
        if customer_id is None:
            customer_id = next(fresh)
            new_customers.append(customer_id)
            changes.append((customer_id, "created", facts))
        if key not in known:
            known[key] = customer_id
            new_identities.append((channel, key, customer_id, buyer.buyer_name))
            changes.append((customer_id, "identity_added", facts))
        if phone and phone not in known_phones:
            known_phones[phone] = customer_id
            new_identities.append((PHONE, phone, customer_id, None))
        customers.append(customer_id)
    uow.insert_columns(Customer, {"id": new_customers}, created_at=uow.now)
    _insert(uow, Identity, ("channel", "buyer_key", "customer_id", "buyer_name"), new_identities)
    consignees = _consignees(uow, customers, buyers, digest, changes)
    _note(uow, changes)
    uow.changed("customer", *customers)
    return [Registered(c, r) for c, r in zip(customers, consignees, strict=True)]


def account_key(connection: Connection, buyer_key: str, digest: Digest) -> str:
    """A platform's account as `identity` names it: itself inside the encrypted file, its digest on the server."""
    return buyer_key if connection.dialect.name == "sqlite" else digest("account", buyer_key)


def _insert(
    uow: UnitOfWork, table: type[Base], names: Sequence[str], rows: Sequence[tuple[Any, ...]], **shared: Any
) -> None:
    if rows:
        uow.insert_columns(table, dict(zip(names, zip(*rows, strict=True), strict=True)), **shared)


def _note(uow: UnitOfWork, changes: Sequence[_Change]) -> None:
    """Write the change log of the master."""
    names = ("customer_id", "kind", "facts")
    _insert(uow, CustomerChange, names, changes, at=uow.now, operator=uow.actor.operator)


def phone_key(phone: str, digest: Digest) -> str:
    """What a clear phone number is known by; empty for anything that could be several people's."""
    digits = "".join(filter(str.isdigit, phone))
    if len(digits) < 7 or "*" in phone:
        return ""
    return digest(PHONE, digits)


def _identities(uow: UnitOfWork, channel: str, keys: Sequence[str]) -> dict[str, int]:
    if not keys:
        return {}
    rows: Sequence[Any] = uow.execute(_BY_KEY, {"channel": channel, "keys": packed_texts(set(keys))}).all()
    return dict(rows)


def consignee_digest(consignee: Consignee, digest: Digest) -> str:
    """The same for the same receiver, and telling nothing about them."""
    parts = (
        consignee.name,
        consignee.phone,
        consignee.province,
        consignee.city,
        consignee.district,
        consignee.address,
        consignee.postcode,
        consignee.identity or consignee.token,
    )
    return digest("consignee", "\x1f".join(parts))


def _consignees(
    uow: UnitOfWork,
    customers: Sequence[int],
    buyers: Sequence[Buyer],
    digest: Digest,
    changes: list[_Change],
) -> list[int]:
    digests = [consignee_digest(buyer.consignee, digest) for buyer in buyers]
    rows: Sequence[Any] = uow.execute(_CONSIGNEES_OF, {"ids": packed_ids(set(customers))}).all()
    known = {(customer_id, mark): row_id for customer_id, mark, row_id in rows}
    had_one = {customer_id for customer_id, _, _ in rows}
    keys = list(zip(customers, digests, strict=True))
    _renew_ciphers(
        uow, {known[key]: buyer.consignee for key, buyer in zip(keys, buyers, strict=True) if key in known}
    )
    missing = {key: buyer.consignee for key, buyer in zip(keys, buyers, strict=True) if key not in known}
    ids = uow.take_ids(ConsigneeRow, len(missing))
    for (customer_id, mark), row_id in zip(missing, ids, strict=True):
        known[customer_id, mark] = row_id
        kind = "consignee_changed" if customer_id in had_one else "consignee_added"
        changes.append((customer_id, kind, {"consignee_id": row_id}))
        had_one.add(customer_id)
    people = missing.values()
    uow.insert_columns(
        ConsigneeRow,
        {
            "id": ids,
            "customer_id": [customer_id for customer_id, _ in missing],
            "digest": [mark for _, mark in missing],
            "name": [who.name for who in people],
            "phone": [who.phone for who in people],
            "province": [who.province for who in people],
            "city": [who.city for who in people],
            "district": [who.district for who in people],
            "address": [who.address for who in people],
            "postcode": [who.postcode for who in people],
            "token": [who.token for who in people],
            "is_masked": [who.is_masked for who in people],
        },
        created_at=uow.now,
    )
    return [known[key] for key in keys]


def _renew_ciphers(uow: UnitOfWork, people: Mapping[int, Consignee]) -> None:
    """Keep the newest cipher of receivers that are still the same: the older ones may be dead one day."""
    told = {row_id: who.token for row_id, who in people.items() if who.identity and who.token}
    if not told:
        return
    kept = select(ConsigneeRow.id, ConsigneeRow.token).where(ConsigneeRow.id.in_(sorted(told)))
    for row in uow.rows(kept):
        if row.token is not None and row.token != told[row.id]:
            uow.execute(update(ConsigneeRow).where(ConsigneeRow.id == row.id).values(token=told[row.id]))


def erase(uow: UnitOfWork, customer_id: int) -> None:
    """Erase what the master knows of a customer: receivers, accounts and phone numbers.

    The whole act is `core.access.erasing.erase_customer`. The customer stays as an empty row, so that a later copy of
    an old order finds nobody to bring back.
    """
    names = ("name", "phone", "address", "postcode", "token", "province", "city", "district")
    mine = ConsigneeRow.customer_id == customer_id
    # The digest of a receiver tells whether a guess is right, to whoever has the key.
    digest = literal("erased-") + cast(ConsigneeRow.id, Text)
    uow.execute(update(ConsigneeRow).where(mine).values(**dict.fromkeys(names), digest=digest))
    uow.execute(delete(Identity).where(Identity.customer_id == customer_id))
    uow.execute(delete(Membership).where(Membership.customer_id == customer_id))
    uow.execute(update(Customer).where(Customer.id == customer_id).values(erased_at=uow.now))
    _note(uow, [(customer_id, "erased", {})])
    uow.record("customer.erased", "customer", customer_id)
