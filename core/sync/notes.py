"""Telling shops the seller's notes that were written here, and how far each has come.

A platform replaces the whole note, so that the same note told twice does no harm; what would do harm is wiping out
words that a person wrote there meanwhile. So the order is read before each call, which also finds a call whose answer
was lost: the note is there already. Between that reading and the call there is a moment in which somebody at the
platform may still write; no platform lets a note be written on a condition.
"""

from collections.abc import Callable

from sqlalchemy import select, update
from sqlalchemy.engine import Connection

from core.channels.by_hand import BY_HAND, UNCALLED
from core.channels.contract import CANNOT, UNKNOWN_ORDER, Capabilities, Channel
from core.channels.models import Shop
from core.channels.shop_contract import Flag, NoteChannel
from core.db import outbox
from core.db.models import Outbox
from core.db.outbox import Claim
from core.db.unit_of_work import Store, UnitOfWork, Urgency
from core.fulfilment.noticing import note_changed
from core.fulfilment.telling import SWITCHED_OFF
from core.orders import noting
from core.orders.models import Order
from core.orders.noting import NOTE_CHANGED, WRITE_NOTE, Note, NoteState, Wish
from core.orders.records import NoteView, NoteWay
from core.runtime.errors import NotFound
from core.runtime.remote_errors import RateLimited, Rejected
from core.sync.deliveries import trouble_word
from core.sync.delivering import LEASE_S
from core.sync.shops import ShopRecord, shop_of
from core.sync.troubles import trouble_in

#: how soon it is looked again whether a shop may be written to; switching on makes what waits due at once
_OFF_S = 900.0
#: how long an older note of the same order may take at another desk
_OTHER_S = 2.0


class NoteWriter:
    """Delivers `core.orders.noting.WRITE_NOTE`."""

    def __init__(self, store: Store, open_channel: Callable[[ShopRecord], Channel]) -> None:
        self._store = store
        self._open_channel = open_channel

    def deliver(self, claim: Claim) -> None:
        """Write the newest note of an order at its shop; an older one is passed over.

        Raises:
            RateLimited: the shop may not be written to (any more), or another desk writes on this order just now.
            Rejected: the platform has words that nobody here has seen (`NOTE_CHANGED`), or refuses.
            ChannelError: the other four kinds.
        """
        order_id, number = int(claim.payload["order_id"]), int(claim.payload["number"])
        shop, order_no, wish = self._store.read(lambda connection: _looked_up(connection, order_id))
        if wish.number != number or wish.state is not NoteState.WAITING:
            return
        if not may_write(shop):
            raise RateLimited("writing notes there is switched off", code=SWITCHED_OFF, retry_after_s=_OFF_S)
        if self._store.write(lambda uow: noting.is_other_told(uow, shop.id, wish, claim.id), urgency=Urgency.LANE):
            raise RateLimited("an older note of this order is on its way", retry_after_s=_OTHER_S)
        channel = self._open_channel(shop)
        if not isinstance(channel, NoteChannel):
            raise Rejected("this shop takes no notes", code=CANNOT)
        order = channel.get_order(order_no)
        if order is None:
            raise Rejected("the shop does not know this order", code=UNKNOWN_ORDER)
        theirs = Note(order.seller_note, order.seller_flag)
        if not _is_there(theirs, wish, channel.capabilities) and not self._write(
            claim, channel, order_no, wish, theirs
        ):
            return
        self._store.write(lambda uow: noting.settle_told(uow, wish), urgency=Urgency.LANE)

    def _write(self, claim: Claim, channel: NoteChannel, order_no: str, wish: Wish, theirs: Note) -> bool:
        """Say it; False where it is not ours to say any more."""
        if not any(theirs.is_same(known) for known in wish.expected):
            self._store.write(lambda uow: _conflict(uow, wish, theirs), urgency=Urgency.LANE)
            raise Rejected("the note there was changed meanwhile", code=NOTE_CHANGED)
        is_ours = self._store.write(
            lambda uow: outbox.renew(uow, claim, LEASE_S) and noting.begin_telling(uow, wish), urgency=Urgency.LANE
        )
        if is_ours:
            channel.write_note(order_no, wish.note.text, _flag_to_say(wish))
        return is_ours


def may_write(shop: ShopRecord) -> bool:
    """Whether a shop's notes may be written at this moment: its owner has let us in and switched that on."""
    return shop.writes_notes and shop.is_active and not shop.awaits_owner and shop.channel not in UNCALLED


def set_writes_notes(uow: UnitOfWork, shop_id: int, *, is_on: bool) -> None:
    """Switch the writing of a shop's notes; what waits since it was off is due at once."""
    uow.execute(update(Shop).where(Shop.id == shop_id).values(writes_notes=is_on))
    late = (Outbox.kind == WRITE_NOTE, Outbox.lane == f"shop:{shop_id}", Outbox.state == "waiting")
    if is_on:
        off = Outbox.last_error.contains(f"[{SWITCHED_OFF}]", autoescape=True)
        uow.execute(update(Outbox).where(*late, off).values(not_before_at=uow.now))
        uow.changed("outbox")
    uow.record("shop.writes_notes", "shop", shop_id, is_on=is_on)


def way_of(channel: str, can: Capabilities | None) -> NoteWay:
    """What becomes of a note on an order of a shop of this kind; `can` None: this version does not know the kind."""
    if channel == BY_HAND:
        return NoteWay.HERE
    if can is None or not can.writes_notes or channel in UNCALLED:
        return NoteWay.LOCAL
    return NoteWay.FLAGGED if can.writes_flags else NoteWay.PLAIN


def note_view(connection: Connection, order_id: int, way: NoteWay) -> NoteView:
    """The note of an order for those who write on it.

    Raises:
        NotFound: `order.unknown`.
    """
    wish = noting.notes_of(connection, [order_id]).get(order_id)
    if wish is None:
        raise NotFound("order.unknown", f"there is no order {order_id}")
    row = noting.delivery_of(connection, wish) if wish.state is NoteState.WAITING else None
    said = None if row is None else trouble_in(row.last_error)
    has_failed = row is not None and row.state == "failed"
    shop_id = connection.execute(select(Order.shop_id).where(Order.id == order_id)).scalar_one()
    return NoteView(
        text=wish.note.text,
        flag=wish.note.flag or "",
        theirs_text=wish.theirs.text,
        theirs_flag=wish.theirs.flag or "",
        state="failed" if has_failed else wish.state.value,
        way=way,
        trouble="" if row is None else trouble_word(row.state, row.last_error or ""),
        said="" if said is None else said.words,
        is_switched_on=may_write(shop_of(connection, shop_id)),
    )


def _looked_up(connection: Connection, order_id: int) -> tuple[ShopRecord, str, Wish]:
    order = connection.execute(select(Order.order_no, Order.shop_id).where(Order.id == order_id)).one()
    wish = noting.notes_of(connection, [order_id])[order_id]
    return shop_of(connection, order.shop_id), order.order_no, wish


def _is_there(theirs: Note, wish: Wish, can: Capabilities) -> bool:
    """Whether the platform has it; one that takes flags and does not tell them hears a changed one again."""
    is_flag_open = theirs.flag is None and can.writes_flags and wish.note.flag != wish.base.flag
    return theirs.is_same(wish.note) and not is_flag_open


def _flag_to_say(wish: Wish) -> Flag | None:
    """A flag that stands is said with each note, since not every platform keeps it else; none only as a change."""
    flag = Flag(wish.note.flag or "")
    return flag if flag or wish.note.flag != wish.base.flag else None


def _conflict(uow: UnitOfWork, wish: Wish, theirs: Note) -> None:
    noting.note_conflict(uow, wish, theirs)
    # A packer has to know of both.
    note_changed(uow, wish.order_id)
