"""What platforms say of which masked receivers are the same (合单依据): by a key of theirs, or when they are asked.

The text of a masked receiver says nothing: two people of one street and one surname look alike behind the stars.
"""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import delete, select

from core.customers.service import Digest
from core.db.sets import id_set, packed_ids
from core.db.unit_of_work import UnitOfWork
from core.orders.holds import lock_orders
from core.orders.models import MergeWord, Order

_CONSIGNEES = select(Order.id, Order.consignee_id).where(Order.id.in_(id_set("ids"))).order_by(Order.id)
#: the word of a platform that was asked and did not answer
NO_ANSWER: Final = ""


def key_word(shop_id: int, key: str, digest: Digest) -> str:
    """A platform's key as it is kept: equal within one shop alone, and telling nothing of the receiver."""
    return digest("merge", f"{shop_id}\x1f{key}")


def note_keys(uow: UnitOfWork, shop_id: int, told: Sequence[tuple[int, int, str]], digest: Digest) -> None:
    """Keep the keys of new orders: (order id, consignee id, key); those without one are left out."""
    rows = [(order_id, whom, key_word(shop_id, key, digest)) for order_id, whom, key in told if key]
    if rows:
        order_ids, whose, words = zip(*rows, strict=True)
        columns = {"order_id": order_ids, "consignee_id": whose, "word": words}
        uow.insert_columns(MergeWord, columns, is_asked=False, at=uow.now)


def follow_key(uow: UnitOfWork, shop_id: int, order_id: int, key: str, digest: Digest) -> bool:
    """Follow the key of a newer copy; True where the order goes to another receiver by it.

    A key that comes for the first time, or is told no more, says nothing of that.
    """
    here = MergeWord.order_id == order_id
    query = select(MergeWord.consignee_id, MergeWord.word, MergeWord.is_asked).where(here)
    before = uow.execute(query).one_or_none()
    if not key:
        if before is not None and not before.is_asked:
            uow.execute(delete(MergeWord).where(here))
        return False
    consignee_id = uow.execute(select(Order.consignee_id).where(Order.id == order_id)).scalar_one()
    word = key_word(shop_id, key, digest)
    if before is None or (before.consignee_id, before.word, before.is_asked) != (consignee_id, word, False):
        uow.execute(delete(MergeWord).where(here))
        note_keys(uow, shop_id, [(order_id, consignee_id, key)], digest)
    return before is not None and not before.is_asked and before.word != word


def note_answer(uow: UnitOfWork, asked: Sequence[tuple[int, int]], groups: Sequence[Sequence[int]] | None) -> None:
    """Keep what a platform said when it was asked; an order that goes to somebody else since is passed over.

    Args:
        uow: the open transaction.
        asked: (order id, consignee id) of everyone in the question.
        groups: ids of orders with one receiver each; None where the question failed: none of them goes with another.
    """
    # Two desks may ask at once: one answer after the other, and no order moves meanwhile.
    lock_orders(uow, sorted(order_id for order_id, _ in asked))
    now: dict[int, int] = {
        row.id: row.consignee_id for row in _consignees_of(uow, [order_id for order_id, _ in asked])
    }
    stamp = int(uow.now.timestamp() * 1000)
    marks = {order_id: f"{min(group)}@{stamp}" for group in groups or () for order_id in group}
    about = [order_id for order_id, consignee_id in sorted(asked) if now.get(order_id) == consignee_id]
    rows = [
        {
            "order_id": order_id,
            "consignee_id": now[order_id],
            "word": marks.get(order_id, NO_ANSWER),
            "is_asked": True,
            "at": uow.now,
        }
        for order_id in about
    ]
    uow.execute(delete(MergeWord).where(MergeWord.order_id.in_(about)))
    uow.insert_many(MergeWord, rows)
    uow.changed("orders", *about)


def _consignees_of(uow: UnitOfWork, order_ids: Sequence[int]) -> Sequence[Any]:
    return uow.execute(_CONSIGNEES, {"ids": packed_ids(order_ids)}).all()
