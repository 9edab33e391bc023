"""Members (会员): whom the owner made one, and whom an own mall calls one.

The owner's word stands above the malls'. Marketplaces do not tell, so their members are whom the owner named.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, delete, func, select, update

from core.customers.models import Customer, Membership
from core.db.sets import id_set, packed_ids
from core.db.unit_of_work import UnitOfWork, insert_or_ignore
from core.runtime.errors import NotFound

OWNER: Final = "owner"
_OF = select(Membership.customer_id, Membership.source, Membership.is_member).where(
    Membership.customer_id.in_(id_set("ids"))
)


def members_of(connection: Connection, customer_ids: Collection[int], named: Collection[int] = ()) -> frozenset[int]:
    """Those of the customers who are members; `named` are those whom a mall calls one just now."""
    if not customer_ids:
        return frozenset()
    said: dict[int, dict[str, bool]] = {one: {"": True} for one in named}
    for customer_id, source, is_member in connection.execute(_OF, {"ids": packed_ids(sorted(customer_ids))}):
        said.setdefault(customer_id, {})[source] = is_member
    return frozenset(one for one, words in said.items() if words.get(OWNER, any(words.values())))


def sources_of(connection: Connection, customer_id: int) -> Mapping[str, bool]:
    """Who has said what of a customer: `owner`, or `shop:` with the shop's id."""
    rows = connection.execute(_OF, {"ids": packed_ids([customer_id])})
    return {row.source: row.is_member for row in rows}


def member_counts(connection: Connection) -> Mapping[str, int]:
    """How many members the owner made, and how many the malls name."""
    is_owner = Membership.source == OWNER
    query = select(is_owner, func.count()).where(Membership.is_member).group_by(is_owner)
    rows: Sequence[Any] = connection.execute(query).all()
    found = {bool(by_owner): int(n) for by_owner, n in rows}
    return {"owner": found.get(True, 0), "malls": found.get(False, 0)}


def note_members(uow: UnitOfWork, shop_id: int, said: Mapping[int, bool | None]) -> None:
    """Write down what a mall says of customers (None: nothing); what it said before is written over."""
    for customer_id, is_member in said.items():
        if is_member is not None:
            _put(uow, customer_id, f"shop:{shop_id}", is_member=is_member)


def set_member(uow: UnitOfWork, customer_id: int, is_member: bool | None) -> None:
    """The owner's word about a customer; None takes it back, so that the malls' counts again.

    Raises:
        NotFound: `customer.unknown`.
    """
    if uow.execute(select(Customer.id).where(Customer.id == customer_id)).first() is None:
        raise NotFound("customer.unknown", f"there is no customer {customer_id}")
    if is_member is None:
        uow.execute(delete(Membership).where(Membership.customer_id == customer_id, Membership.source == OWNER))
    else:
        _put(uow, customer_id, OWNER, is_member=is_member)
    uow.changed("customer", customer_id)
    uow.record("customer.member_set", "customer", customer_id, is_member=is_member)


def _put(uow: UnitOfWork, customer_id: int, source: str, *, is_member: bool) -> None:
    facts = {"is_member": is_member, "at": uow.now, "by": uow.actor.operator}
    here = (Membership.customer_id == customer_id, Membership.source == source)
    if not uow.count(update(Membership).where(*here).values(**facts)):
        row = {"customer_id": customer_id, "source": source} | facts
        uow.count(insert_or_ignore(uow.connection, Membership), row)
