"""What the door does by itself: reservations whose time is up, the feeds, and forgetting what nobody needs."""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Connection, delete, select, text, update

from core.channels.models import Shop
from core.db.forgetting import forget_all, forget_some
from core.db.journal import OVERLAP, Entry, JournalTail
from core.db.models import Setting
from core.db.unit_of_work import Store, UnitOfWork, Urgency, shared_now
from core.fulfilment.cancelling import cancel_order
from core.gateway.acts import locked, settle
from core.gateway.answers import forget_answers
from core.gateway.events import begin_to_follow, forget_events, is_told, make_events, write_events
from core.gateway.keys import door_shops, forget_nonces
from core.gateway.models import DoorCall, DoorNode, DoorReservation
from core.gateway.standing import State, standings
from core.gateway.stock import changed_skus, tell_numbers
from core.gateway.touched import places_of_levels, touched_by
from core.gateway.wishes import SETTING, wanted_doors
from core.inventory.holding import move_end
from core.inventory.quotas.models import QuotaSale
from core.orders.adopting import BEFORE_ALL
from core.orders.holds import lock_orders
from core.orders.lines import LINES_CHANGED
from core.orders.models import Order, OrderLine
from core.orders.states import Payment
from core.runtime.errors import Refused

#: reservations settled in one transaction
_CHUNK: Final = 50
#: entries of the journal after which there may be more
_MANY: Final = 2000
#: what has run out and waits for the mall's word may be confirmed for so long still: the word of a payment made in
#: the last second is on its way, and a call that got no answer is made again
GRACE: Final = timedelta(minutes=10)
#: calls are shown and counted for so long
_CALLS_KEPT: Final = timedelta(days=2)
_GONE: Final = timedelta(days=7)

_ROW = select(*DoorReservation.__table__.c)
# The literal state lets both engines use the partial index.
_IS_RESERVED = text("door_reservation.state = 'reserved'")


def sweep(uow: UnitOfWork) -> int:
    """Settle reservations whose time is up; those that ran out become events. Gives how many were looked at.

    Only telling: reading, extending and confirming look at the time themselves, and the stock sweeps its claims. It
    is done under the lock of the orders, as every call: else one that is paid this moment is told to have run out.
    """
    is_due = (_IS_RESERVED, DoorReservation.expires_at <= uow.now)
    due = select(DoorReservation.id, DoorReservation.order_id).where(*is_due)
    found = uow.rows(due.order_by(DoorReservation.expires_at, DoorReservation.id).limit(_CHUNK))
    lock_orders(uow, [row.order_id for row in found])
    rows: Sequence[Any] = uow.rows(_ROW.where(DoorReservation.id.in_([row.id for row in found]), *is_due))
    kept = _kept_for_ever(uow, [row.order_id for row in rows])
    events = []
    for one in standings(uow, rows):
        # Reserved still: the clock is another's.
        if one.state is State.RESERVED:
            continue
        mine = DoorReservation.id == one.row.id
        values = {"state": one.state.value, "settled_at": uow.now, "version": DoorReservation.version + 1}
        if one.state is State.EXPIRED and one.order.id in kept:
            values["kept_until"] = uow.now + GRACE
        uow.execute(update(DoorReservation).where(mine).values(**values))
        uow.changed(DoorReservation.__tablename__, one.row.id)
        if one.state is State.EXPIRED:
            uow.record("door.expired", "orders", one.order.id, reservation=one.row.public_id)
            facts = {"ref": one.row.ref, "reservation": one.row.public_id}
            events.append({"shop_id": one.row.shop_id, "kind": "reservation.expired", "facts": facts})
    write_events(uow, events)
    return len(found)


def keep_ends(uow: UnitOfWork, order_ids: Collection[int]) -> None:
    """Let lines that were written anew be kept until when the door said, and not for the shop's usual time.

    What the door calls run out would be held for nobody otherwise.
    """
    lock_orders(uow, sorted(order_ids))
    is_open = DoorReservation.state.in_((State.RESERVED.value, State.EXPIRED.value))
    rows: Sequence[Any] = uow.rows(_ROW.where(DoorReservation.order_id.in_(order_ids), is_open))
    for one in standings(uow, rows, is_locked=True):
        if one.state in {State.RESERVED, State.EXPIRED} and not one.is_paid:
            move_end(uow, one.line_ids, one.row.expires_at)


def release_kept(uow: UnitOfWork, reservation_id: int) -> None:
    """Call off an order whose time is up, and its grace, and whose units would never come back by themselves.

    What comes from the mall's own units has no end: it waits for the mall's word. Where the mall has never sent the
    order itself, no word will come: it has forgotten it, as a `release` for `timeout` would have said.
    """
    row = uow.execute(_ROW.where(DoorReservation.id == reservation_id)).one()
    one = locked(uow, row)
    if one.row.kept_until is None or one.row.kept_until > uow.now:
        return
    if one.state is State.EXPIRED and one.order.id in _kept_for_ever(uow, [one.order.id]):
        try:
            cancel_order(uow, one.order.id, "timeout", is_refunded=False)
        except Refused:
            # What has left already: it is no more to be kept for anybody.
            _keep_no_longer(uow, one.row.id)
        else:
            settle(uow, one, State.RELEASED, "door.released", reason="timeout")
    else:
        # Paid, extended or sent by the mall meanwhile: it goes the way of any other.
        _keep_no_longer(uow, one.row.id)


def _keep_no_longer(uow: UnitOfWork, reservation_id: int) -> None:
    uow.execute(update(DoorReservation).where(DoorReservation.id == reservation_id).values(kept_until=None))


def _kept_for_ever(uow: UnitOfWork, order_ids: Collection[int]) -> frozenset[int]:
    """Those of the orders that hold a shop's own units, unpaid, and that the mall itself has never sent."""
    own = select(OrderLine.order_id).join(QuotaSale, QuotaSale.order_line_id == OrderLine.id)
    query = select(Order.id).where(
        Order.id.in_(order_ids),
        Order.modified_at == BEFORE_ALL,
        Order.payment == Payment.UNPAID.value,
        own.where(OrderLine.order_id == Order.id).exists(),
    )
    return frozenset(uow.execute(query).scalars())


def sweep_all(store: Store) -> None:
    """Settle everything that is due, a few at a time."""
    while store.write(sweep, urgency=Urgency.LANE) == _CHUNK:
        pass
    due = select(DoorReservation.id).where(text("door_reservation.kept_until IS NOT NULL"))
    due = due.order_by(DoorReservation.kept_until, DoorReservation.id)

    def over(connection: Connection) -> Sequence[int]:
        now = shared_now(connection, store.clock)
        return connection.execute(due.where(DoorReservation.kept_until <= now)).scalars().all()

    # One order in a transaction: together they would lock levels in an order of their own.
    for found in store.read(over):
        store.write(lambda uow, one=found: release_kept(uow, one), urgency=Urgency.LANE)  # type: ignore[misc]  # bound at once


class Feeds:
    """Writes the feeds of one program; for one thread."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._tail: JournalTail | None = None
        self._reached = self._marked = 0
        self._is_unsure = True

    @property
    def is_unsure(self) -> bool:
        """Whether numbers may have changed that nobody named: then all have to be compared."""
        return self._is_unsure

    def write(self, level_ids: Collection[int], *, is_whole: bool) -> None:
        """Write what is new into the feeds.

        Args:
            level_ids: levels that this program knows to have changed.
            is_whole: compare every SKU's number with what was told, whoever changed it.
        """
        try:
            self._write(level_ids, is_whole=is_whole)
        except BaseException:
            # What was read is not written: from the mark on again, and all numbers are compared.
            self._tail, self._is_unsure = None, True
            raise

    def _write(self, level_ids: Collection[int], *, is_whole: bool) -> None:
        pairs = self._store.read(lambda connection: places_of_levels(connection, level_ids)) if level_ids else set()
        is_more = True
        while is_more:
            entries = self._followed()
            is_more = len(entries) >= _MANY
            changed = {entry.subject_id for entry in entries if entry.action == LINES_CHANGED}
            if changed:
                self._store.write(lambda uow, ids=changed: keep_ends(uow, ids), urgency=Urgency.LANE)  # type: ignore[misc]  # bound at once
            touched = touched_by(entries)
            self._is_unsure |= touched.is_unsure
            pairs |= self._store.read(touched.places)
        by_warehouse: defaultdict[int, list[int]] = defaultdict(list)
        for warehouse_id, sku_id in sorted(pairs):
            by_warehouse[warehouse_id].append(sku_id)
        for warehouse_id, ids in by_warehouse.items():
            self._tell(warehouse_id, ids)
        if is_whole:
            self._is_unsure = False
            tell_changes(self._store)

    def _followed(self) -> Sequence[Entry]:
        """What the journal has told since the last time; its events are made."""
        if self._tail is None:
            self._reached = self._marked = self._store.write(begin_to_follow, urgency=Urgency.LANE)
            self._tail = JournalTail(self._marked)
        entries = self._store.read(self._tail.new_entries)
        self._reached = max([self._reached, *(entry.id for entry in entries)])
        # Without events the mark follows from afar: who begins there anew reads no more than a page.
        if any(map(is_told, entries)) or self._reached - self._marked > OVERLAP:
            reached = self._reached
            self._store.write(lambda uow: make_events(uow, entries, reached), urgency=Urgency.LANE)
            self._marked = reached
        return entries

    def _tell(self, warehouse_id: int, ids: Sequence[int]) -> None:
        for place in range(0, len(ids), _CHUNK):
            part = ids[place : place + _CHUNK]
            self._store.write(lambda uow, found=part: tell_numbers(uow, warehouse_id, found), urgency=Urgency.LANE)  # type: ignore[misc]  # bound at once


def tell_changes(store: Store) -> None:
    """Tell every number that is not what was last told, a few hundred at a time."""
    warehouses = store.read(
        lambda connection: set(
            connection.execute(select(Shop.warehouse_id).where(Shop.id.in_(door_shops(connection)))).scalars()
        )
    )
    for warehouse_id in sorted(warehouses):
        while True:
            now = store.clock.now()
            ids = store.read(lambda connection, w=warehouse_id, at=now: changed_skus(connection, w, at))  # type: ignore[misc]  # bound at once
            if not ids:
                break
            told = store.write(
                lambda uow, w=warehouse_id, found=ids: tell_numbers(uow, w, found),  # type: ignore[misc]  # as above
                urgency=Urgency.LANE,
            )
            if not told:
                # Changed back meanwhile; the next round looks again.
                break


def forget_gone_doors(uow: UnitOfWork) -> None:
    """A desk that was not heard for a week comes no more: its door is wanted no longer, and nobody is told of it."""
    before = uow.now - _GONE
    heard = {row.node.partition("/")[0] for row in uow.rows(select(DoorNode.node).where(DoorNode.at >= before))}
    for desk, (name, since) in wanted_doors(uow.connection).items():
        if desk not in heard and since < before:
            uow.execute(delete(Setting).where(Setting.name == f"{SETTING}{desk}"))
            uow.record("door.forgotten", "setting", 0, desk=name or desk)
    uow.execute(delete(DoorNode).where(DoorNode.at < before))


def _forget_calls(uow: UnitOfWork) -> int:
    return forget_some(uow, DoorCall, DoorCall.at, uow.now - _CALLS_KEPT)


def forget(store: Store, is_cancelled: Callable[[], bool] = lambda: False) -> None:
    """Forget what is too old to be asked for, a few rows at a time: calls that come meanwhile do not wait for it."""
    store.write(forget_gone_doors, urgency=Urgency.BULK)
    for some in (forget_nonces, forget_answers, forget_events, _forget_calls):
        forget_all(store, some, is_cancelled)
