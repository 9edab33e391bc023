"""Reads of the customer master."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.engine import Connection

from core.channels.contract import Consignee
from core.customers.models import ConsigneeRow, CustomerChange, Identity
from core.customers.service import PHONE, Digest, account_key, phone_key
from core.db.sets import id_set, packed_ids

_C = ConsigneeRow
_BY_ID = select(
    _C.id, _C.name, _C.phone, _C.province, _C.city, _C.district, _C.address, _C.postcode, _C.token, _C.is_masked
).where(_C.id.in_(id_set("ids")))


def consignees(connection: Connection, ids: Sequence[int]) -> Mapping[int, Consignee]:
    """Receivers in clear as stored; callers that show them mask them first. Erased ones are empty."""
    return {
        row.id: Consignee(
            name=row.name or "",
            phone=row.phone or "",
            province=row.province or "",
            city=row.city or "",
            district=row.district or "",
            address=row.address or "",
            postcode=row.postcode or "",
            token=row.token or "",
            is_masked=row.is_masked,
        )
        for row in connection.execute(_BY_ID, {"ids": packed_ids(sorted(set(ids)))})
    }


def customer_of_phone(connection: Connection, phone: str, digest: Digest) -> int | None:
    """The customer known under a clear phone number."""
    key = phone_key(phone, digest)
    if not key:
        return None
    here = (Identity.channel == PHONE, Identity.buyer_key == key)
    return connection.execute(select(Identity.customer_id).where(*here)).scalar_one_or_none()


def customer_of_account(connection: Connection, channel: str, buyer_key: str, digest: Digest) -> int | None:
    """The customer behind an account of a platform; None where nobody has bought with it yet."""
    key = account_key(connection, buyer_key, digest)
    here = (Identity.channel == channel, Identity.buyer_key == key)
    return connection.execute(select(Identity.customer_id).where(*here)).scalar_one_or_none()


def last_change(connection: Connection, customer_id: int) -> tuple[datetime, str] | None:
    """When the customer's receiver last changed and who did it; None where there was only ever one."""
    here = (CustomerChange.customer_id == customer_id, CustomerChange.kind == "consignee_changed")
    query = select(CustomerChange.at, CustomerChange.operator).where(*here).order_by(CustomerChange.id.desc())
    row = connection.execute(query.limit(1)).one_or_none()
    return None if row is None else (row.at, row.operator)


def newest_consignee(connection: Connection, customer_id: int) -> int | None:
    """The receiver stored last for a customer; None where none is, or all are erased."""
    here = (ConsigneeRow.customer_id == customer_id, ConsigneeRow.address.is_not(None))
    query = select(ConsigneeRow.id).where(*here).order_by(ConsigneeRow.id.desc())
    return connection.execute(query.limit(1)).scalar_one_or_none()
