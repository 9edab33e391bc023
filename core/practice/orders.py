"""The practice shop's order book: every change moves `version` and `updated_at` upwards."""

import base64
import binascii
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from core.practice.refusal import RefusalError, unknown_order
from core.practice.store import Json, Store, packed, unpacked
from core.runtime.clock import Clock

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Chinese shops tell the time of Beijing, whatever zone the machine is set to
_BEIJING = timezone(timedelta(hours=8))


def millis_of(at: datetime) -> int:
    """Whole milliseconds since 1970."""
    return (at - _EPOCH) // timedelta(milliseconds=1)


def instant_text(millis: int) -> str:
    """The contract's form: ISO 8601 with offset and milliseconds."""
    return (_EPOCH + timedelta(milliseconds=millis)).astimezone(_BEIJING).isoformat(timespec="milliseconds")


@dataclass(frozen=True, slots=True)
class Page:
    """Some orders and the cursor of the next page, None on the last."""

    orders: Sequence[Json]
    next_cursor: str | None


class OrderBook:
    """Orders as JSON objects of the contract, by number."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def get(self, no: str) -> Json:
        """The order.

        Raises:
            RefusalError: `order_not_found`.
        """
        found = self._store.row("SELECT body FROM shop_order WHERE no = ?", no)
        if found is None:
            raise unknown_order()
        return unpacked(found[0])

    def newest(self, offset: int, limit: int) -> Sequence[Json]:
        """Orders by number, newest first."""
        rows = self._store.rows("SELECT body FROM shop_order ORDER BY no DESC LIMIT ? OFFSET ?", limit, offset)
        return [unpacked(body) for (body,) in rows]

    def everything(self) -> Iterator[Json]:
        """All orders by number."""
        for (body,) in self._store.rows("SELECT body FROM shop_order ORDER BY no"):
            yield unpacked(body)

    def stamp(self) -> int:
        """Now in milliseconds, but never before what was already given out."""
        found = self._store.row("SELECT max(updated_ms) FROM shop_order")
        last = 0 if found is None or found[0] is None else int(found[0])
        return max(millis_of(self._clock.now()), last)

    def add(self, order: Json) -> str:
        """Give the order its number and keep it as version 1."""
        with self._store.write():
            serial = self._store.number("order_serial", 0) + 1
            self._store.set_number("order_serial", serial)
            stamp = self.stamp()
            # LX for 练习; the serial alone makes it unique, whatever the clock does
            no = f"LX{instant_text(stamp)[2:10].replace('-', '')}{serial:07d}"
            order |= {"no": no, "version": 1, "placed_at": instant_text(stamp)}
            self._keep(order, stamp)
        return no

    @contextmanager
    def changing(self, no: str) -> Iterator[Json]:
        """Change the order inside the block; a block that changes nothing leaves version and time alone."""
        with self._store.write():
            order = self.get(no)
            before = packed(order)
            yield order
            if packed(order) == before:
                return
            last = millis_of(datetime.fromisoformat(order["updated_at"]))
            order["version"] += 1
            self._keep(order, max(self.stamp(), last + 1))

    def _keep(self, order: Json, stamp: int) -> None:
        order["updated_at"] = instant_text(stamp)
        self._store.run(
            "INSERT OR REPLACE INTO shop_order (no, updated_ms, state, body) VALUES (?, ?, ?, ?)",
            order["no"],
            stamp,
            order["state"],
            packed(order),
        )

    def changed_page(self, after_ms: int, cursor: str | None, limit: int) -> Page:
        """Orders changed at or after a time, oldest change first; one that changes meanwhile comes again."""
        at_ms, no = (after_ms - 1, "") if cursor is None else _changed_cursor(cursor)
        rows = self._store.rows(
            "SELECT updated_ms, no, body FROM shop_order WHERE updated_ms >= ? AND (updated_ms, no) > (?, ?)"
            " ORDER BY updated_ms, no LIMIT ?",
            after_ms,
            at_ms,
            no,
            limit + 1,
        )
        taken = rows[:limit]
        more = cursor_text("changed", taken[-1][0], taken[-1][1]) if len(rows) > limit else None
        return Page([unpacked(body) for _, _, body in taken], more)

    def open_page(self, cursor: str | None, limit: int) -> Page:
        """Orders still to be sent, paid or not, by number."""
        after = "" if cursor is None else _open_cursor(cursor)
        rows = self._store.rows(
            "SELECT no, body FROM shop_order WHERE state = 'open' AND no > ? ORDER BY no LIMIT ?",
            after,
            limit + 1,
        )
        taken = rows[:limit]
        more = cursor_text("open", taken[-1][0]) if len(rows) > limit else None
        return Page([unpacked(body) for _, body in taken], more)


def cursor_text(*parts: object) -> str:
    """An opaque cursor."""
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def _cursor_parts(cursor: str) -> list[object]:
    try:
        parts = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError):
        parts = None
    return parts if isinstance(parts, list) else []


def _changed_cursor(cursor: str) -> tuple[int, str]:
    match _cursor_parts(cursor):
        case ["changed", int(at_ms), str(no), *_]:
            return at_ms, no
    raise RefusalError(400, "bad_cursor", "this cursor belongs to no page of this list")


def _open_cursor(cursor: str) -> str:
    match _cursor_parts(cursor):
        case ["open", str(no), *_]:
            return no
    raise RefusalError(400, "bad_cursor", "this cursor belongs to no page of this list")
