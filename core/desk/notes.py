"""Seller's notes and flags as clerks write them. Nothing here calls a shop: the outbox tells it."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlalchemy import select

from core.access.gate import needs
from core.access.rights import Right
from core.channels.models import Shop
from core.db.unit_of_work import Store, UnitOfWork
from core.fulfilment.noticing import note_changed
from core.orders import noting
from core.orders.models import Order
from core.orders.noting import Note, SeenNote
from core.orders.records import NoteView, NoteWay
from core.runtime.errors import NotFound
from core.sync.notes import note_view, way_of

if TYPE_CHECKING:
    from core.channels.registry import ChannelRegistry


class Notes:
    """Reading and writing the seller's note of an order."""

    def __init__(self, store: Store, channels: "Callable[[], ChannelRegistry]") -> None:
        """`channels`: the kinds of shops; loaded when a note is first looked at."""
        self._store = store
        self._channels = channels

    @needs(Right.SEE_ORDERS)
    def note(self, order_id: int) -> NoteView:
        """The note of an order, and how far it has come.

        Raises:
            NotFound: `order.unknown`.
        """
        way = self._way(order_id)
        return self._store.read(lambda connection: note_view(connection, order_id, way))

    @needs(Right.WRITE_NOTE)
    def write(self, order_id: int, text: str, flag: str, seen: NoteView) -> None:
        """Write a note with its flag. `seen` is what the clerk was shown when they began.

        Raises:
            NotFound, Refused: as `core.orders.noting.write_note`.
        """
        note = Note(text.strip(), flag)
        was = SeenNote(Note(seen.text, seen.flag), Note(seen.theirs_text, seen.theirs_flag))
        is_told = self._way(order_id) in (NoteWay.FLAGGED, NoteWay.PLAIN)

        def put(uow: UnitOfWork) -> None:
            if noting.write_note(uow, order_id, note, was, is_told=is_told):
                note_changed(uow, order_id)

        self._store.write(put)

    @needs(Right.WRITE_NOTE)
    def keep_ours(self, order_id: int) -> None:
        """Write our note over what somebody wrote at the platform meanwhile.

        Raises:
            NotFound, Refused: as `core.orders.noting.keep_ours`.
        """
        self._settle(order_id, noting.keep_ours)

    @needs(Right.WRITE_NOTE)
    def accept_theirs(self, order_id: int) -> None:
        """Leave what somebody wrote at the platform, and forget ours.

        Raises:
            NotFound, Refused: as `core.orders.noting.accept_theirs`.
        """
        self._settle(order_id, noting.accept_theirs)

    @needs(Right.WRITE_NOTE)
    def send_again(self, order_id: int) -> None:
        """Try a note now that failed or waits.

        Raises:
            NotFound, Refused: as `core.orders.noting.send_again`.
        """
        self._store.write(lambda uow: noting.send_again(uow, order_id))

    def _settle(self, order_id: int, act: Callable[[UnitOfWork, int], None]) -> None:
        def settle(uow: UnitOfWork) -> None:
            act(uow, order_id)
            note_changed(uow, order_id)

        self._store.write(settle)

    def _way(self, order_id: int) -> NoteWay:
        kind = select(Shop.channel).join(Order, Order.shop_id == Shop.id).where(Order.id == order_id)
        channel = self._store.read(lambda connection: connection.execute(kind).scalar_one_or_none())
        if channel is None:
            raise NotFound("order.unknown", f"there is no order {order_id}")
        plugin = self._channels().get(channel)
        return way_of(channel, None if plugin is None else plugin.capabilities)
