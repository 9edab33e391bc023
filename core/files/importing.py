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
from core.files.numbers import as_said, refused_by
from core.files.orders import OrderTable
from core.files.progress import Progress
from core.files.records import Counts, Imported, NumberSaid, Rejected
from core.fulfilment import companion
from core.fulfilment.companion import Judgement
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


#: order number -> the waybill numbers a file gives it
Numbers = Mapping[str, Sequence[NumberSaid]]


@dataclass(frozen=True, slots=True)
class _Sorted:
    """Orders by what they would do, and the numbers that were refused."""

    new: Sequence[ChannelOrder]
    changed: Sequence[ChannelOrder]
    same: Sequence[ChannelOrder]
    older: Sequence[ChannelOrder]
    refused: Sequence[Rejected] = ()


def preview(store: Store, shop: ShopRecord | None, table: OrderTable) -> tuple[Counts, Sequence[Rejected]]:
    """What importing would do, and the waybill numbers it would not take; `shop` None is one still to be added."""
    counts = Counts(rejected=len(table.rejected), masked=table.masked)
    if shop is None:
        return replace(counts, new=len(table.orders)), ()
    shop_id = shop.id
    refused: list[Rejected] = []
    for start in range(0, len(table.orders), _PIECE):
        piece = table.orders[start : start + _PIECE]
        found = store.read(partial(_looked_at, shop_id=shop_id, orders=piece, numbers=table.numbers))
        counts = _added(counts, found)
        refused += found.refused
    return counts, refused


def _looked_at(connection: Connection, *, shop_id: int, orders: Sequence[ChannelOrder], numbers: Numbers) -> _Sorted:
    """What would become of these orders, and of the numbers of those that are here already."""
    found = _sort_out(connection, shop_id=shop_id, orders=orders)
    said = _said([*found.changed, *found.same], numbers)
    return _with_numbers(found, said, companion.judge(connection, as_said(said, shop_id)) if said else ())


def import_orders(
    store: Store, shop: ShopRecord, table: OrderTable, digest: Digest, carrier_code: str, progress: Progress
) -> tuple[Imported, Sequence[Rejected]]:
    """Take the orders in, piece by piece, each piece a transaction of whole orders.

    The same table again changes nothing; a copy that is older than what is known is left alone, and so is one that
    would take back what the platform has said already (paid, shipped, closed). Stopped by `progress`, what was stored
    stays. Also gives the waybill numbers that were not taken.
    """
    counts = Counts(rejected=len(table.rejected), masked=table.masked)
    total, done = len(table.orders), 0
    refused: list[Rejected] = []
    taking = _Taking(store, shop, digest, carrier_code, table.numbers, refused)
    progress.show(0, total)
    for start in range(0, total, _PIECE):
        for part in slices(store, table.orders[start : start + _PIECE]):
            if progress.is_cancelled:
                return _finish(store, shop, counts, is_whole=False), refused
            counts = taking.stored(part, counts)
            done += len(part)
            progress.show(done, total)
    return _finish(store, shop, counts, is_whole=True), refused


@dataclass(frozen=True, slots=True)
class _Taking:
    """Stores the parts of one table."""

    store: Store
    shop: ShopRecord
    digest: Digest
    carrier_code: str
    numbers: Numbers
    #: grows with what was not taken
    refused: list[Rejected]

    def stored(self, part: Sequence[ChannelOrder], counts: Counts) -> Counts:
        """Store a part; its orders one by one where it cannot be stored whole."""
        try:
            return self._added(counts, part)
        except DomainError:
            raise
        except Exception:  # noqa: BLE001 - one order that we cannot store must not keep all others out
            _log.exception("shop %s: a piece of a file cannot be stored, its orders are tried alone", self.shop.id)
        for order in part:
            try:
                counts = self._added(counts, [order])
            except DomainError:
                raise
            except Exception:  # noqa: BLE001 - as above
                _log.exception("shop %s: an order of a file cannot be stored", self.shop.id)
                counts = replace(counts, rejected=counts.rejected + 1)
                # Where its rows stand is not known any more; its number tells which they are.
                self.refused.append(Rejected("", 0, "", "not_stored", order.order_no))
        return counts

    def _added(self, counts: Counts, orders: Sequence[ChannelOrder]) -> Counts:
        found = self.store.write(lambda uow: self._take(uow, orders), urgency=Urgency.BULK)
        self.refused.extend(found.refused)
        return _added(counts, found)

    def _take(self, uow: UnitOfWork, orders: Sequence[ChannelOrder]) -> _Sorted:
        found = _sort_out(uow.connection, shop_id=self.shop.id, orders=orders)
        fresh = [*found.new, *found.changed]
        said = _said([*fresh, *found.same], self.numbers)
        judged: list[Judgement] = []

        def take_numbers(uow: UnitOfWork) -> None:
            judged.extend(companion.take(uow, as_said(said, self.shop.id), self.carrier_code))

        if fresh:
            take_page(uow, self.shop.facts, fresh, self.digest, self.carrier_code, take_numbers)
        else:
            take_numbers(uow)
        _note_age(uow, self.shop.id, fresh, found.same)
        return _with_numbers(found, said, judged)


def _said(orders: Sequence[ChannelOrder], numbers: Numbers) -> list[NumberSaid]:
    return [one for order in orders for one in numbers.get(order.order_no, ())] if numbers else []


def _with_numbers(found: _Sorted, said: Sequence[NumberSaid], judged: Sequence[Judgement]) -> _Sorted:
    """The same, where orders of which only the number is new count as changed."""
    news = {one.order_no for one, verdict in zip(said, judged, strict=True) if verdict is Judgement.NEW}
    moved = [order for order in found.same if order.order_no in news]
    return replace(
        found,
        changed=[*found.changed, *moved],
        same=[order for order in found.same if order.order_no not in news],
        refused=refused_by(said, judged),
    )


def _note_age(
    uow: UnitOfWork, shop_id: int, fresh: Sequence[ChannelOrder], unchanged: Sequence[ChannelOrder]
) -> None:
    by_file: dict[datetime, tuple[list[str], list[str]]] = {}
    for place, part in enumerate((fresh, unchanged)):
        for order in part:
            by_file.setdefault(order.modified_at, ([], []))[place].append(order.order_no)
    for written_at, (taken, same) in by_file.items():
        heard_in_file(uow, shop_id, taken, same, written_at)


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
        rejected=counts.rejected + len(found.refused),
    )


def _finish(store: Store, shop: ShopRecord, counts: Counts, *, is_whole: bool) -> Imported:
    note(store, shop.id, "orders", counts)
    return Imported(counts, is_whole)


def note(store: Store, shop_id: int, kind: str, counts: Counts) -> None:
    """Write down what an import did; one that changed nothing leaves no trace."""
    if not (counts.new or counts.changed or counts.waiting):
        return
    facts = {"new": counts.new, "changed": counts.changed, "unchanged": counts.unchanged, "rejected": counts.rejected}
    if counts.waiting:
        facts["waiting"] = counts.waiting
    store.write(lambda uow: uow.record("file.imported", "file", shop_id, kind=kind, **facts), urgency=Urgency.BULK)
