"""Orders of a table into a shop, through the same intake as those of a pulled page."""

import json
import logging
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.engine import Connection

from core.channels.contract import ChannelOrder
from core.customers.service import Digest
from core.db.sets import packed_texts, text_set
from core.db.unit_of_work import Store, UnitOfWork, Urgency
from core.files.orders import OrderTable
from core.files.progress import Progress
from core.files.records import Counts, Imported
from core.fulfilment.taking import slices, take_page
from core.orders.heard import heard_in_file
from core.orders.models import ChannelCopy, Order
from core.runtime.errors import DomainError
from core.sync.shops import ShopRecord

_log = logging.getLogger(__name__)

#: orders looked at together; `slices` makes them fewer while a clerk scans
_PIECE = 200
_KNOWN = (
    select(Order.order_no, Order.modified_at, ChannelCopy.body)
    .outerjoin(ChannelCopy, ChannelCopy.order_id == Order.id)
    .where(Order.shop_id == bindparam("shop"), Order.order_no.in_(text_set("nos")))
)


@dataclass(frozen=True, slots=True)
class _Sorted:
    """Orders by what they would do."""

    new: Sequence[ChannelOrder]
    changed: Sequence[ChannelOrder]
    same: Sequence[ChannelOrder]
    older: Sequence[ChannelOrder]


def preview(store: Store, shop: ShopRecord | None, table: OrderTable) -> Counts:
    """What importing would do; `shop` None is one that is still to be added."""
    counts = Counts(rejected=len(table.rejected), masked=table.masked)
    if shop is None:
        return replace(counts, new=len(table.orders))
    shop_id = shop.id
    for start in range(0, len(table.orders), _PIECE):
        piece = table.orders[start : start + _PIECE]
        found = store.read(partial(_sort_out, shop_id=shop_id, orders=piece))
        counts = _added(counts, found)
    return counts


def import_orders(
    store: Store, shop: ShopRecord, table: OrderTable, digest: Digest, carrier_code: str, progress: Progress
) -> Imported:
    """Take the orders in, piece by piece, each piece a transaction of whole orders.

    The same table again changes nothing; a copy that is older than what is known is left alone, and so is one that
    would take back what the platform has said already (paid, shipped, closed). Stopped by `progress`, what was stored
    stays.
    """
    counts = Counts(rejected=len(table.rejected), masked=table.masked)
    total, done = len(table.orders), 0
    progress.show(0, total)
    for start in range(0, total, _PIECE):
        for part in slices(store, table.orders[start : start + _PIECE]):
            if progress.is_cancelled:
                return _finish(store, shop, counts, is_whole=False)
            counts = _stored(store, shop, part, digest, carrier_code, counts)
            done += len(part)
            progress.show(done, total)
    return _finish(store, shop, counts, is_whole=True)


def _stored(
    store: Store, shop: ShopRecord, part: Sequence[ChannelOrder], digest: Digest, carrier_code: str, counts: Counts
) -> Counts:
    def take(orders: Sequence[ChannelOrder]) -> _Sorted:
        return store.write(lambda uow: _take(uow, shop, orders, digest, carrier_code), urgency=Urgency.BULK)

    try:
        return _added(counts, take(part))
    except DomainError:
        raise
    except Exception:  # noqa: BLE001 - one order that we cannot store must not keep all others out
        _log.exception("shop %s: a piece of a file cannot be stored, its orders are tried one by one", shop.id)
    for order in part:
        try:
            counts = _added(counts, take([order]))
        except DomainError:
            raise
        except Exception:  # noqa: BLE001 - as above
            _log.exception("shop %s: an order of a file cannot be stored", shop.id)
            counts = replace(counts, rejected=counts.rejected + 1)
    return counts


def _take(
    uow: UnitOfWork, shop: ShopRecord, orders: Sequence[ChannelOrder], digest: Digest, carrier_code: str
) -> _Sorted:
    found = _sort_out(uow.connection, shop_id=shop.id, orders=orders)
    fresh = [*found.new, *found.changed]
    if fresh:
        take_page(uow, shop.facts, fresh, digest, carrier_code)
    by_file: dict[datetime, tuple[list[str], list[str]]] = {}
    for place, part in enumerate((fresh, found.same)):
        for order in part:
            by_file.setdefault(order.modified_at, ([], []))[place].append(order.order_no)
    for written_at, (taken, same) in by_file.items():
        heard_in_file(uow, shop.id, taken, same, written_at)
    return found


def _sort_out(connection: Connection, *, shop_id: int, orders: Sequence[ChannelOrder]) -> _Sorted:
    binds = {"shop": shop_id, "nos": packed_texts(order.order_no for order in orders)}
    rows: Sequence[Any] = connection.execute(_KNOWN, binds).all()
    known = {no: (modified_at, _unpacked(body)) for no, modified_at, body in rows}
    found = _Sorted([], [], [], [])
    for order in orders:
        pile: Any = found.new
        if order.order_no in known:
            modified_at, raw = known[order.order_no]
            pile = found.changed
            if raw.get("print") == order.raw["print"]:
                pile = found.same
            elif order.modified_at < modified_at or _goes_back(raw.get("stands"), order.raw["stands"]):
                pile = found.older
        pile.append(order)
    return found


def _unpacked(body: bytes | None) -> Mapping[str, Any]:
    if not body:
        return {}
    try:
        raw = json.loads(zlib.decompress(body))
    except (ValueError, zlib.error):
        return {}
    return raw if isinstance(raw, dict) else {}


def _goes_back(before: object, now: object) -> bool:
    """Whether the copy would take something back: its file is older than its date pretends."""
    if not isinstance(before, list) or not isinstance(now, list):
        return False
    return any(later < earlier for earlier, later in zip(before, now, strict=False))


def _added(counts: Counts, found: _Sorted) -> Counts:
    return replace(
        counts,
        new=counts.new + len(found.new),
        changed=counts.changed + len(found.changed),
        unchanged=counts.unchanged + len(found.same),
        older=counts.older + len(found.older),
    )


def _finish(store: Store, shop: ShopRecord, counts: Counts, *, is_whole: bool) -> Imported:
    note(store, shop.id, "orders", counts)
    return Imported(counts, is_whole)


def note(store: Store, shop_id: int, kind: str, counts: Counts) -> None:
    """Write down what an import did; one that changed nothing leaves no trace."""
    if not (counts.new or counts.changed):
        return
    facts = {"new": counts.new, "changed": counts.changed, "unchanged": counts.unchanged, "rejected": counts.rejected}
    store.write(lambda uow: uow.record("file.imported", "file", shop_id, kind=kind, **facts), urgency=Urgency.BULK)
