"""Settings of the whole installation, kept in the database."""

from typing import Any

from sqlalchemy import select

from core.access.gate import OPEN, declares, needs
from core.access.rights import Right
from core.db.models import Setting
from core.db.settings import keep_setting
from core.db.unit_of_work import Store, UnitOfWork

#: which printer gets the labels of a desk: whoever prints may turn to another one when theirs is broken
_CHOSEN_PRINTER = "printer."


def _right_to_put(name: str, _value: Any) -> Right:
    return Right.PRINT_LABEL if name.startswith(_CHOSEN_PRINTER) else Right.CHANGE_SETTINGS


class Settings:
    """Named values that every desk shares; what belongs to one desk alone stands in that desk's own file."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @declares(OPEN)
    def get(self, name: str, default: Any = None) -> Any:
        """The value, or `default` where none was ever set. Nothing personal is kept here."""
        query = select(Setting.value).where(Setting.name == name)
        row = self._store.read(lambda connection: connection.execute(query).one_or_none())
        return default if row is None else row.value

    @needs(Right.CHANGE_SETTINGS, less=_right_to_put)
    def put(self, name: str, value: Any) -> None:
        """Set a value; it has to be JSON."""
        self._store.write(lambda uow: put_setting(uow, name, value))


def put_setting(uow: UnitOfWork, name: str, value: Any) -> None:
    """Set a value within an open transaction."""
    keep_setting(uow, name, value)
    uow.record("setting.changed", "setting", 0, name=name)
