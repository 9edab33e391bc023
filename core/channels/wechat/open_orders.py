"""Reading one list after the other under one cursor."""

import json
from dataclasses import dataclass

from core.runtime.remote_errors import ContractBroken


@dataclass(frozen=True, slots=True)
class Places:
    """Which of `count` lists is being read, and the place inside it."""

    place: int
    inner: str | None
    count: int

    @classmethod
    def parse(cls, cursor: str | None, count: int) -> "Places":
        """The place a cursor names, the first list where there is none.

        Raises:
            ContractBroken: the cursor is none of ours.
        """
        if cursor is None:
            return cls(0, None, count)
        try:
            place, inner = json.loads(cursor)
        except (ValueError, TypeError):
            raise _no_place() from None
        if type(place) is not int or not 0 <= place < count or not (inner is None or isinstance(inner, str)):
            raise _no_place()
        return cls(place, inner, count)

    def following(self, inner: str | None) -> str | None:
        """The cursor of the page after this one, `inner` being the place that follows in the same list."""
        if inner is not None:
            return json.dumps([self.place, inner])
        return json.dumps([self.place + 1, None]) if self.place + 1 < self.count else None


def _no_place() -> ContractBroken:
    return ContractBroken("This is no place in WeChat's lists", code="cursor")
