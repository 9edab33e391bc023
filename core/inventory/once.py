"""Acts that happen once: the first call does it and leaves its answer, every repeat gets that answer."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, update

from core.db.models import AppliedKey
from core.db.unit_of_work import UnitOfWork, insert_or_ignore
from core.runtime.errors import Refused


class OnceOnly:
    """One act under one key. `request` is what was asked, in plain JSON values."""

    def __init__(self, uow: UnitOfWork, act: str, key: str, request: Mapping[str, Any]) -> None:
        self._uow = uow
        self._key = f"stock.{act}:{key}"
        self._request = dict(request)

    def earlier_answer(self) -> Any:
        """The answer of the first call, or None when this is the first.

        A desk that asks with the same key at the same moment waits here until the other has committed.

        Raises:
            Refused: `stock.key_reused`, the key stands for something else.
        """
        row = {"key": self._key, "at": self._uow.now, "result": {"request": self._request}}
        # RETURNING, because the row count of an ignored insert is not the same on every driver.
        taken = insert_or_ignore(self._uow.connection, AppliedKey).returning(AppliedKey.key)
        if self._uow.execute(taken, row).one_or_none() is not None:
            return None
        stored = self._uow.execute(select(AppliedKey.result).where(AppliedKey.key == self._key)).scalar_one()
        if stored["request"] != self._request:
            raise Refused("stock.key_reused", f"{self._key} was used for something else before", key=self._key)
        return stored["answer"]

    def keep(self, answer: Any) -> None:
        """Leave the answer for repeats."""
        result = {"request": self._request, "answer": answer}
        self._uow.execute(update(AppliedKey).where(AppliedKey.key == self._key).values(result=result))
