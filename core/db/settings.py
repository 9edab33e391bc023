"""Values of the whole installation by their names, read and written within what is going on."""

from typing import Any

from sqlalchemy import Connection, select, update

from core.db.models import Setting
from core.db.unit_of_work import UnitOfWork


def kept_setting(connection: Connection, name: str) -> Any:
    """The value; None where none was ever kept."""
    return connection.execute(select(Setting.value).where(Setting.name == name)).scalar_one_or_none()


def keep_setting(uow: UnitOfWork, name: str, value: Any) -> None:
    """Keep a value, which has to be JSON; what that means stands in a journal row of whoever does."""
    if not uow.count(update(Setting).where(Setting.name == name).values(value=value)):
        uow.insert_many(Setting, [{"name": name, "value": value}])
