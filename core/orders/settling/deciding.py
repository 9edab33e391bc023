"""What somebody decides for an order without goods, and the words for its buyer."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import delete, select, update
from sqlalchemy.engine import Connection

from core.db.settings import keep_setting, kept_setting
from core.db.unit_of_work import UnitOfWork, insert_or_ignore
from core.orders import holds
from core.orders.models import Order
from core.orders.settling.models import ShortageOutcome
from core.orders.settling.queries import was_affected
from core.orders.settling.records import WANTS_NO_GOODS, Outcome
from core.orders.states import OPEN_STATES, Fulfilment
from core.runtime.errors import NotFound, Refused

MOST_NOTE: Final = 200
MOST_MESSAGE: Final = 500
MOST_FEN: Final = 100_000_000
#: the messages an owner may word: to wait until a day, to wait without one, and for each outcome
MESSAGES: Final = ("waits", "waits_unknown", "refunded", "replaced", "compensated")
#: what a message may name
WORDS: Final = ("{order_no}", "{shop}", "{goods}", "{day}", "{amount}")
_SETTING: Final = "accident.messages"


def decide(uow: UnitOfWork, order_id: int, outcome: Outcome, given_fen: int, note: str) -> bool:
    """Write down what becomes of an order; `Outcome.OPEN` takes a decision back.

    Whose buyer was paid back, or gets other goods, is held: goods that come go to others. Where that is taken back
    the order is due for serving and sending again, which is the caller's to do (True).

    Raises:
        NotFound: `order.unknown`.
        Refused: `settle.not_affected`, goods were never missing for it; `settle.amount`; `settle.note_long`.
    """
    note = " ".join(note.split())
    if len(note) > MOST_NOTE:
        raise Refused("settle.note_long", f"a note has {MOST_NOTE} characters at most", most=MOST_NOTE)
    if not 0 <= given_fen <= MOST_FEN or (outcome is Outcome.COMPENSATED and not given_fen):
        raise Refused("settle.amount", "a compensation is an amount above nothing")
    state = _affected(uow, order_id)
    if outcome is Outcome.OPEN:
        uow.execute(delete(ShortageOutcome).where(ShortageOutcome.order_id == order_id))
        given_fen, note = 0, ""
    else:
        _put(uow, order_id, {"outcome": outcome.value, "amount_fen": given_fen, "note": note})
    uow.changed(ShortageOutcome.__tablename__, order_id)
    uow.record("order.shortage_settled", "orders", order_id, outcome=outcome.value, given_fen=given_fen)
    if outcome not in WANTS_NO_GOODS:
        return bool(holds.release(uow, order_id, [holds.SETTLED_OTHERWISE]))
    if state in OPEN_STATES:
        holds.place_many(uow, [(order_id, holds.SETTLED_OTHERWISE)])
    return False


def note_told(uow: UnitOfWork, order_id: int) -> None:
    """Write down that the buyer's message was taken along.

    Raises:
        NotFound, Refused: as `decide`.
    """
    _affected(uow, order_id)
    _put(uow, order_id, {"told_at": uow.now})
    uow.changed(ShortageOutcome.__tablename__, order_id)
    uow.record("order.buyer_told", "orders", order_id)


def _affected(uow: UnitOfWork, order_id: int) -> Fulfilment:
    state = uow.execute(select(Order.fulfilment).where(Order.id == order_id)).scalar_one_or_none()
    if state is None:
        raise NotFound("order.unknown", f"there is no order {order_id}")
    if not was_affected(uow.connection, order_id):
        raise Refused("settle.not_affected", "no goods were missing for this order")
    return Fulfilment(state)


def _put(uow: UnitOfWork, order_id: int, facts: Mapping[str, Any]) -> None:
    stamp = {"at": uow.now, "by": uow.actor.operator}
    here = ShortageOutcome.order_id == order_id
    if not uow.count(update(ShortageOutcome).where(here).values(**facts, **stamp)):
        blank = {"order_id": order_id, "outcome": Outcome.OPEN.value, "amount_fen": 0, "note": "", "told_at": None}
        uow.count(insert_or_ignore(uow.connection, ShortageOutcome), blank | dict(facts) | stamp)


def messages(connection: Connection) -> Mapping[str, str]:
    """The owner's words for buyers; what nobody has worded is left out."""
    kept = kept_setting(connection, _SETTING)
    if not isinstance(kept, dict):
        return {}
    return {name: str(kept[name]) for name in MESSAGES if kept.get(name)}


def put_messages(uow: UnitOfWork, words: Mapping[str, str]) -> None:
    """Keep the owner's words; an empty text goes back to the usual one.

    Raises:
        Refused: `settle.message_long`; `settle.message_word`, something in braces that is no word of `WORDS`.
    """
    kept = {name: words[name].strip() for name in MESSAGES if words.get(name, "").strip()}
    for name, message in kept.items():
        if len(message) > MOST_MESSAGE:
            raise Refused("settle.message_long", f"{MOST_MESSAGE} characters at most", most=MOST_MESSAGE)
        bare = message
        for word in WORDS:
            bare = bare.replace(word, "")
        if "{" in bare or "}" in bare:
            raise Refused("settle.message_word", f"{name}: braces hold one of {WORDS}", words=" ".join(WORDS))
    keep_setting(uow, _SETTING, kept)
    uow.record("accident.messages_set", "setting", 0, count=len(kept))


def filled(message: str, facts: Mapping[str, str]) -> str:
    """A message with its words filled in; what a buyer wrote is never looked at for words again."""
    pieces = [message]
    for word in WORDS:
        value = facts[word.strip("{}")]
        pieces = [part for piece in pieces for part in _split(piece, word, value)]
    return "".join(pieces)


class _Value(str):
    """A piece that is filled in already."""

    __slots__ = ()


def _split(piece: str, word: str, value: str) -> list[str]:
    if isinstance(piece, _Value) or word not in piece:
        return [piece]
    found: list[str] = []
    for number, part in enumerate(piece.split(word)):
        if number:
            found.append(_Value(value))
        found.append(part)
    return found
