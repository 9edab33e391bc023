"""The place where goods are kept as long as nobody has named another."""

from sqlalchemy import select

from core.db.turn import take_turn
from core.db.unit_of_work import UnitOfWork
from core.inventory.models import Warehouse


def main_warehouse(uow: UnitOfWork) -> int:
    """Id of the first warehouse; a new installation gets it here, because goods need a place to be."""
    take_turn(uow, "warehouses")
    known = uow.execute(select(Warehouse.id).order_by(Warehouse.id).limit(1)).scalar_one_or_none()
    return int(known) if known is not None else uow.insert(Warehouse, {"code": "main", "name": "主仓"})
