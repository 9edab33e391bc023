"""Seller's notes and flags that clerks write here: of each order the newest, on its way to the shop or kept here.

The platform's own words stand in the order. What a clerk writes stands beside them until the shop has heard it, so
that neither overwrites the other unseen: whoever writes says what they saw, and a platform that says something else
by the time of the delivery makes a conflict that a person settles.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Select, select, update
from sqlalchemy.engine import Connection

from core.channels.by_hand import BY_HAND
from core.channels.models import Shop
from core.channels.shop_contract import Flag
from core.db import outbox
from core.db.models import Outbox
from core.db.sets import id_set, packed_ids
from core.db.unit_of_work import UnitOfWork
from core.orders.models import NoteWish, Order
from core.runtime.errors import NotFound, Refused

#: outbox kind: write the seller's note and flag of an order at its shop
WRITE_NOTE: Final = "write_note"
#: characters of a note; platforms have limits of their own, which they tell
LONGEST_NOTE: Final = 500
#: code of the refusal of a note that would wipe out words at the platform that its clerk has not seen
NOTE_CHANGED: Final = "note_changed"
_NOTHING: Final = dict.fromkeys(("text", "flag", "base_text", "base_flag", "sent_text", "sent_flag"), "")


class NoteState(StrEnum):
    """Where the newest note of an order stands."""

    #: the shop has it, or nobody wrote one here
    TOLD = "told"
    #: to be told; the outbox says how far it got
    WAITING = "waiting"
    #: the platform had other words meanwhile: a person says which ones stay
    CONFLICT = "conflict"
    #: the platform takes none: it is kept beside whatever the platform says
    LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Note:
    """A seller's note and flag; `flag` as `core.channels.shop_contract.Flag`, None where nobody knows it."""

    text: str = ""
    flag: str | None = ""

    def is_same(self, other: "Note") -> bool:
        """Whether it says the same; ends of lines and white space around it are the platform's own."""
        is_flag = self.flag is None or other.flag is None or self.flag == other.flag
        return is_flag and _plain(self.text) == _plain(other.text)


@dataclass(frozen=True, slots=True)
class SeenNote:
    """What a clerk saw when they began to write: our newest note, and what the platform said."""

    ours: Note
    theirs: Note


@dataclass(frozen=True, slots=True)
class Wish:
    """The newest note of an order as stored; `expected` is what the platform may have before it is told."""

    order_id: int
    number: int
    state: NoteState
    note: Note
    theirs: Note
    base: Note
    expected: tuple[Note, ...]


_W = NoteWish
#: what `wish_in` reads; the table of notes is joined from outside, since most orders have none
NOTE_COLUMNS: Final = (
    *(Order.id, Order.seller_note, Order.seller_flag),
    *(_W.number, _W.state.label("note_state"), _W.text, _W.flag, _W.base_text, _W.base_flag),
    *(_W.was_sent, _W.sent_text, _W.sent_flag),
)
#: how it is joined
IS_NOTE_OF: Final = _W.order_id == Order.id
_NOTES: Final = select(*NOTE_COLUMNS).outerjoin(NoteWish, IS_NOTE_OF).where(Order.id.in_(id_set("ids")))


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def notes_of(connection: Connection, order_ids: Sequence[int]) -> Mapping[int, Wish]:
    """The notes of orders; of one that nobody here wrote on, what the platform says."""
    rows = connection.execute(_NOTES, {"ids": packed_ids(set(order_ids))})
    return {row.id: wish_in(row) for row in rows}


def wish_in(row: Any) -> Wish:
    """The note in a row of `NOTE_COLUMNS`."""
    theirs = Note(row.seller_note, row.seller_flag)
    if row.number is None or row.note_state == NoteState.TOLD:
        return Wish(row.id, row.number or 0, NoteState.TOLD, theirs, theirs, theirs, (theirs,))
    base = Note(row.base_text, row.base_flag)
    sent = (Note(row.sent_text, row.sent_flag),) if row.was_sent else ()
    note = Note(row.text, row.flag)
    return Wish(row.id, row.number, NoteState(row.note_state), note, theirs, base, (base, *sent))


def shown(wish: Wish) -> Note:
    """What a packer has to know: what was written last, and where two words stand against each other, both."""
    if wish.state in (NoteState.TOLD, NoteState.WAITING):
        return wish.note
    texts = dict.fromkeys(text for text in (wish.note.text, wish.theirs.text) if text)
    return Note("\n".join(texts), wish.note.flag or wish.theirs.flag)


def write_note(uow: UnitOfWork, order_id: int, note: Note, seen: SeenNote, *, is_told: bool) -> bool:
    """Write on an order. Nobody is called: where the shop takes notes (`is_told`), the outbox tells it.

    The same again changes nothing; gives whether anything did.

    Raises:
        NotFound: `order.unknown`.
        Refused: `note.long`; `note.flag_unknown`; `note.other_meanwhile`, it is not what the clerk saw any more.
    """
    if len(note.text) > LONGEST_NOTE:
        raise Refused("note.long", f"a note has at most {LONGEST_NOTE} characters", most=LONGEST_NOTE)
    if note.flag not in set(Flag):
        raise Refused("note.flag_unknown", f"there is no flag {note.flag}")
    order = _locked(uow, order_id)
    wish = notes_of(uow.connection, [order_id])[order_id]
    if not (wish.note.is_same(seen.ours) and wish.theirs.is_same(seen.theirs)):
        raise Refused("note.other_meanwhile", "somebody has changed this note meanwhile")
    if wish.state is not NoteState.CONFLICT and wish.note.is_same(note):
        return False
    if order.channel == BY_HAND:
        facts = {"seller_note": note.text, "seller_flag": note.flag}
        uow.execute(update(Order).where(Order.id == order_id).values(**facts))
    else:
        # What stands at the platform was seen, so that it may be written over.
        state = NoteState.WAITING if is_told else NoteState.LOCAL
        _put(uow, order.shop_id, wish, state, note, wish.theirs)
    uow.record("order.note_written", "orders", order_id, flag=note.flag)
    return True


def keep_ours(uow: UnitOfWork, order_id: int) -> None:
    """Write our note over the words that the platform has meanwhile: a person has seen both.

    Raises:
        NotFound: `order.unknown`.
        Refused: `note.settled`, nothing is to be settled (any more).
    """
    order, wish = _in_conflict(uow, order_id)
    _put(uow, order.shop_id, wish, NoteState.WAITING, wish.note, wish.theirs)
    uow.record("order.note_kept", "orders", order_id)


def accept_theirs(uow: UnitOfWork, order_id: int) -> None:
    """Leave the platform's words as they are, and forget ours.

    Raises:
        NotFound, Refused: as `keep_ours`.
    """
    _, wish = _in_conflict(uow, order_id)
    _forget(uow, wish)
    uow.record("order.note_given_up", "orders", order_id)


def send_again(uow: UnitOfWork, order_id: int) -> None:
    """Try a note now that failed or waits.

    Raises:
        NotFound: `order.unknown`.
        Refused: `note.settled`, nothing waits (any more).
    """
    _locked(uow, order_id)
    wish = notes_of(uow.connection, [order_id])[order_id]
    row = delivery_of(uow.connection, wish)
    if wish.state is not NoteState.WAITING or row is None or not outbox.retry(uow, row.id):
        raise Refused("note.settled", "somebody has settled it, or it is under way")


def delivery_of(connection: Connection, wish: Wish) -> Any:
    """(id, state, last_error) of the row that tells a note; None where there is none."""
    here = (Outbox.kind == WRITE_NOTE, Outbox.key == _key(wish.order_id, wish.number))
    return connection.execute(select(Outbox.id, Outbox.state, Outbox.last_error).where(*here)).one_or_none()


def is_other_told(uow: UnitOfWork, shop_id: int, wish: Wish, row_id: int) -> bool:
    """Whether another desk is telling an older note of the same order at this moment: it would be heard last."""
    mine = Outbox.key.startswith(f"{wish.order_id}:", autoescape=True)
    other = (Outbox.lane == _lane(shop_id), Outbox.kind == WRITE_NOTE, mine, Outbox.id != row_id)
    leased = (Outbox.state == "leased", Outbox.lease_until_at > uow.now)
    return uow.execute(select(Outbox.id).where(*other, *leased).limit(1)).first() is not None


def begin_telling(uow: UnitOfWork, wish: Wish) -> bool:
    """Note that the platform may have this from now on, whatever becomes of the call; False: superseded."""
    sent = {"was_sent": True, "sent_text": wish.note.text, "sent_flag": wish.note.flag}
    return uow.count(update(NoteWish).where(*_is(wish)).values(**sent)) == 1


def settle_told(uow: UnitOfWork, wish: Wish) -> None:
    """The shop has it: it is what the platform says from now on."""
    told = {"seller_note": wish.note.text, "seller_flag": wish.note.flag}
    uow.execute(update(Order).where(Order.id == wish.order_id).values(**told))
    now = notes_of(uow.connection, [wish.order_id])[wish.order_id]
    if now.number == wish.number:
        _forget(uow, wish)
    uow.record("order.note_told", "orders", wish.order_id, flag=wish.note.flag)


def note_conflict(uow: UnitOfWork, wish: Wish, theirs: Note) -> None:
    """The platform has words that the clerk has not seen: keep both until a person has said which ones stay."""
    facts = {"seller_note": theirs.text} | ({} if theirs.flag is None else {"seller_flag": theirs.flag})
    uow.execute(update(Order).where(Order.id == wish.order_id).values(**facts))
    uow.execute(update(NoteWish).where(*_is(wish)).values(state=NoteState.CONFLICT.value))
    uow.record("order.note_conflict", "orders", wish.order_id)


def forget_notes(uow: UnitOfWork, order_ids: Select[Any]) -> None:
    """Erase what was written on these orders here; what is still to be told of it is not told any more."""
    here = update(NoteWish).where(NoteWish.order_id.in_(order_ids))
    uow.execute(here.values(state=NoteState.TOLD.value, was_sent=False, **_NOTHING))


def _is(wish: Wish) -> tuple[Any, ...]:
    """Still the newest, and still to be told."""
    waiting = NoteWish.state == NoteState.WAITING.value
    return (NoteWish.order_id == wish.order_id, NoteWish.number == wish.number, waiting)


def _locked(uow: UnitOfWork, order_id: int) -> Any:
    query = select(Order.id, Order.shop_id, Shop.channel).join(Shop, Shop.id == Order.shop_id)
    row = uow.execute(query.where(Order.id == order_id).with_for_update(of=Order, key_share=True)).one_or_none()
    if row is None:
        raise NotFound("order.unknown", f"there is no order {order_id}")
    return row


def _in_conflict(uow: UnitOfWork, order_id: int) -> tuple[Any, Wish]:
    order = _locked(uow, order_id)
    wish = notes_of(uow.connection, [order_id])[order_id]
    if wish.state is not NoteState.CONFLICT:
        raise Refused("note.settled", "nothing is to be settled any more")
    return order, wish


def _put(uow: UnitOfWork, shop_id: int, before: Wish, state: NoteState, note: Note, base: Note) -> None:
    """The newest note of an order takes the place of the one before, whose delivery is not made any more."""
    _close(uow, before)
    number = before.number + 1
    facts = {
        "number": number,
        "state": state.value,
        "text": note.text,
        "flag": note.flag,
        "base_text": base.text,
        "base_flag": base.flag,
        "written_at": uow.now,
        "written_by": uow.actor.operator,
    }
    # What a call may have carried stays known: its answer may be on its way still.
    if not uow.count(update(NoteWish).where(NoteWish.order_id == before.order_id).values(**facts)):
        uow.insert_columns(NoteWish, {"order_id": [before.order_id]}, **facts, was_sent=False)
    if state is NoteState.WAITING:
        payload = {"order_id": before.order_id, "number": number}
        uow.enqueue(WRITE_NOTE, _key(before.order_id, number), payload, lane=_lane(shop_id))


def _close(uow: UnitOfWork, wish: Wish) -> None:
    """What waits or failed of an older note is not told: the newest alone is."""
    open_row = (Outbox.key == _key(wish.order_id, wish.number), Outbox.state.in_(("waiting", "failed")))
    closing = update(Outbox).where(Outbox.kind == WRITE_NOTE, *open_row)
    if uow.count(closing.values(state="done", done_at=uow.now, last_error=None)):
        uow.changed("outbox")


def _forget(uow: UnitOfWork, wish: Wish) -> None:
    """Nothing personal of a note stays here beside what the platform says."""
    _close(uow, wish)
    here = update(NoteWish).where(NoteWish.order_id == wish.order_id)
    uow.execute(here.values(state=NoteState.TOLD.value, was_sent=False, **_NOTHING))


def _lane(shop_id: int) -> str:
    return f"shop:{shop_id}"


def _key(order_id: int, number: int) -> str:
    return f"{order_id}:{number}"
