"""The places where goods are kept: the first comes by itself, the others are named by somebody."""

import re
from typing import Final

from sqlalchemy import or_, select

from core.db.turn import take_turn
from core.db.unit_of_work import UnitOfWork
from core.inventory.models import Warehouse
from core.runtime.errors import Refused

_CODE: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,19}")
_LONGEST_NAME: Final = 40


def main_warehouse(uow: UnitOfWork) -> int:
    """Id of the first warehouse; a new installation gets it here, because goods need a place to be."""
    take_turn(uow, "warehouses")
    known = uow.execute(select(Warehouse.id).order_by(Warehouse.id).limit(1)).scalar_one_or_none()
    return int(known) if known is not None else uow.insert(Warehouse, {"code": "main", "name": "主仓"})


def add_warehouse(uow: UnitOfWork, code: str, name: str) -> int:
    """A further place; gives its id. Orders go on from where they went before: goods are moved there by hand.

    Raises:
        Refused: `warehouse.code`, not 1 to 20 small Latin letters, digits, `-` and `_`; `warehouse.name`, none or
            over 40 characters; `warehouse.taken`, another place has this code or name.
    """
    code, name = code.strip().lower(), " ".join(name.split())
    if not _CODE.fullmatch(code):
        raise Refused("warehouse.code", "a warehouse's code is 1 to 20 letters, digits, - and _")
    if not name or len(name) > _LONGEST_NAME:
        raise Refused("warehouse.name", f"a warehouse needs a name of {_LONGEST_NAME} characters at most")
    take_turn(uow, "warehouses")
    same = select(Warehouse.id).where(or_(Warehouse.code == code, Warehouse.name == name))
    if uow.execute(same).first() is not None:
        raise Refused("warehouse.taken", "another warehouse has this code or this name", wanted=code, name=name)
    warehouse_id = uow.insert(Warehouse, {"code": code, "name": name})
    uow.changed("warehouse", warehouse_id)
    uow.record("warehouse.made", "warehouse", warehouse_id, code=code, name=name)
    return warehouse_id
