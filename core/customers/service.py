"""The customer master: who buys, under which accounts, and where their parcels go."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Text, bindparam, cast, delete, literal, select, update

from core.channels.contract import Consignee
from core.customers.models import ConsigneeRow, Customer, CustomerChange, Identity
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

#: identities of this kind tie the accounts of one clear phone number together
_PHONE = "phone"


@dataclass(frozen=True, slots=True)
class Buyer:
    """A buyer account on a channel with the consignee of one order."""

    buyer_key: str
    buyer_name: str
    consignee: Consignee


@dataclass(frozen=True, slots=True)
class Registered:
    """Where a buyer stands in the master."""

    customer_id: int
    consignee_id: int


def register(uow: UnitOfWork, channel: str, buyers: Sequence[Buyer], digest: Digest) -> Sequence[Registered]:
    """Find or add the customer and the consignee of each buyer, in the order given.

    Accounts meet in one customer when they share a clear phone number; masked numbers never tie anything together.
    A handful of statements for a whole page.
    """
    if not uow.is_sqlite:
        buyers = [replace(buyer, buyer_key=account_key(uow.connection, buyer.buyer_key, digest)) for buyer in buyers]
    phones = [_phone_key(buyer.consignee, digest) for buyer in buyers]
    known = _identities(uow, channel, [buyer.buyer_key for buyer in buyers])
    known_phones = _identities(uow, _PHONE, [phone for phone in phones if phone])
    customers: list[int] = []
    new_identities: list[dict[str, object]] = []
    changes: list[dict[str, object]] = []
    unknown = [
        i
        for i, buyer in enumerate(buyers)
        if buyer.buyer_key not in known and (not phones[i] or phones[i] not in known_phones)
    ]
    fresh = iter(uow.take_ids(Customer, len(unknown)))
    new_customers: list[dict[str, object]] = []
    facts = {"channel": channel}
    for buyer, phone in zip(buyers, phones, strict=True):
        customer_id = known.get(buyer.buyer_key) or known_phones.get(phone)
        if customer_id is None:
            customer_id = next(fresh)
            new_customers.append({"id": customer_id, "created_at": uow.now})
            changes.append(_change(uow, customer_id, "created", facts))
        if buyer.buyer_key not in known:
            known[buyer.buyer_key] = customer_id
            row = {"channel": channel, "buyer_key": buyer.buyer_key, "customer_id": customer_id}
            new_identities.append(row | {"buyer_name": buyer.buyer_name})
            changes.append(_change(uow, customer_id, "identity_added", facts))
        if phone and phone not in known_phones:
            known_phones[phone] = customer_id
            row = {"channel": _PHONE, "buyer_key": phone, "customer_id": customer_id}
            new_identities.append(row | {"buyer_name": None})
        customers.append(customer_id)
    uow.insert_many(Customer, new_customers)
    uow.insert_many(Identity, new_identities)
    consignees = _consignees(uow, customers, buyers, digest, changes)
    uow.insert_many(CustomerChange, changes)
    uow.changed("customer", *customers)
    return [Registered(c, r) for c, r in zip(customers, consignees, strict=True)]


def account_key(connection: Connection, buyer_key: str, digest: Digest) -> str:
    """A platform's account as `identity` names it: itself inside the encrypted file, its digest on the server."""
    return buyer_key if connection.dialect.name == "sqlite" else digest("account", buyer_key)


def _phone_key(consignee: Consignee, digest: Digest) -> str:
    digits = "".join(ch for ch in consignee.phone if ch.isdigit())
    if consignee.is_masked or len(digits) < 7 or "*" in consignee.phone:
        return ""
    return digest(_PHONE, digits)


def _identities(uow: UnitOfWork, channel: str, keys: Sequence[str]) -> dict[str, int]:
    if not keys:
        return {}
    rows: Sequence[Any] = uow.execute(_BY_KEY, {"channel": channel, "keys": packed_texts(sorted(set(keys)))}).all()
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
        consignee.token,
    )
    return digest("consignee", "\x1f".join(parts))


def _consignees(
    uow: UnitOfWork,
    customers: Sequence[int],
    buyers: Sequence[Buyer],
    digest: Digest,
    changes: list[dict[str, object]],
) -> list[int]:
    digests = [consignee_digest(buyer.consignee, digest) for buyer in buyers]
    rows: Sequence[Any] = uow.execute(_CONSIGNEES_OF, {"ids": packed_ids(sorted(set(customers)))}).all()
    known = {(customer_id, mark): row_id for customer_id, mark, row_id in rows}
    had_one = {customer_id for customer_id, _, _ in rows}
    keys = list(zip(customers, digests, strict=True))
    missing = dict.fromkeys(key for key in keys if key not in known)
    known |= zip(missing, uow.take_ids(ConsigneeRow, len(missing)), strict=True)
    new: dict[int, dict[str, object]] = {}
    for key, buyer in zip(keys, buyers, strict=True):
        row_id = known[key]
        if key in missing and row_id not in new:
            new[row_id] = _consignee_row(uow, row_id, key, buyer.consignee)
            kind = "consignee_changed" if key[0] in had_one else "consignee_added"
            changes.append(_change(uow, key[0], kind, {"consignee_id": row_id}))
            had_one.add(key[0])
    uow.insert_many(ConsigneeRow, list(new.values()))
    return [known[key] for key in keys]


def _consignee_row(uow: UnitOfWork, row_id: int, key: tuple[int, str], who: Consignee) -> dict[str, object]:
    return {
        "id": row_id,
        "customer_id": key[0],
        "digest": key[1],
        "name": who.name,
        "phone": who.phone,
        "province": who.province,
        "city": who.city,
        "district": who.district,
        "address": who.address,
        "postcode": who.postcode,
        "token": who.token,
        "is_masked": who.is_masked,
        "created_at": uow.now,
    }


def _change(uow: UnitOfWork, customer_id: int, kind: str, facts: Mapping[str, object]) -> dict[str, object]:
    return {
        "customer_id": customer_id,
        "at": uow.now,
        "operator": uow.actor.operator,
        "kind": kind,
        "facts": facts,
    }


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
    uow.execute(update(Customer).where(Customer.id == customer_id).values(erased_at=uow.now))
    uow.insert_many(CustomerChange, [_change(uow, customer_id, "erased", {})])
    uow.record("customer.erased", "customer", customer_id)
