"""Forgetting what is too old: a few rows in a transaction, so that nobody waits long, however much there is."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, delete, inspect, select, tuple_

from core.db.base import Base
from core.db.unit_of_work import Store, UnitOfWork, Urgency

#: rows forgotten in one transaction
AT_ONCE: Final = 500


def forget_some(uow: UnitOfWork, model: type[Base], age: Any, before: datetime, *more: ColumnElement[bool]) -> int:
    """Forget the oldest rows of a table, at most `AT_ONCE`; gives how many.

    Args:
        uow: the open transaction.
        model: the table.
        age: the column with its time, which has an index.
        before: rows from then on stay.
        more: what holds besides for those that go.
    """
    keys = inspect(model).primary_key
    old = select(*keys).where(age < before, *more).order_by(age).limit(AT_ONCE)
    return uow.count(delete(model).where(tuple_(*keys).in_(old) if len(keys) > 1 else keys[0].in_(old)))


def forget_all(store: Store, some: Callable[[UnitOfWork], int], is_cancelled: Callable[[], bool]) -> None:
    """Forget everything that `some` finds, a transaction for each `AT_ONCE` rows."""
    while not is_cancelled() and store.write(some, urgency=Urgency.BULK) == AT_ONCE:
        pass
