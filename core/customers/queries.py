"""Reads of the customer master."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.engine import Connection

from core.channels.contract import Consignee
from core.customers.models import ConsigneeRow
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
