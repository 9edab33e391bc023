"""What people call the one at the other end of an outbox lane."""

from sqlalchemy import Connection, select

from core.channels.models import Shop
from core.inventory.quotas.acts import lane_of as stock_lane_of
from core.waybills.models import WaybillAccount
from core.waybills.numbers import lane_of


def lane_names(connection: Connection) -> dict[str, str]:
    """The names of shops and carriers, by their lanes."""
    shops: dict[str, str] = {}
    for row in connection.execute(select(Shop.id, Shop.name)):
        shops |= {f"shop:{row.id}": row.name, stock_lane_of(row.id): row.name}
    carriers = connection.execute(select(WaybillAccount.carrier_code, WaybillAccount.carrier_name))
    return shops | {lane_of(row.carrier_code): row.carrier_name for row in carriers}
