"""Reads of the customer master."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.engine import Connection

from core.channels.contract import Consignee
from core.customers.models import ConsigneeRow


def consignees(connection: Connection, ids: Sequence[int]) -> Mapping[int, Consignee]:
    """Receivers in clear as stored; callers that show them mask them first. Erased ones are empty."""
    c = ConsigneeRow
    columns = (c.id, c.name, c.phone, c.province, c.city, c.district, c.address, c.postcode, c.token, c.is_masked)
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
        for row in connection.execute(select(*columns).where(c.id.in_(sorted(set(ids)))))
    }
