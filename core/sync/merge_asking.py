"""Asking platforms which masked receivers are the same (合单), in the shop's lane, behind the desk.

Each buyer is asked about at most once in a while. Only what was answered counts: a question that failed means that
nothing is merged.
"""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.engine import Connection

from core.channels.contract import Channel, Consignee
from core.channels.shop_contract import MergeChannel
from core.customers.models import ConsigneeRow
from core.customers.queries import consignees
from core.db.sets import id_set, packed_ids
from core.db.unit_of_work import Store, Urgency, shared_now
from core.orders.merge_words import NO_ANSWER, note_answer
from core.orders.models import MergeWord, Order
from core.orders.states import OPEN_STATES
from core.runtime.errors import DomainError
from core.runtime.remote_errors import ChannelError

_log = logging.getLogger(__name__)

#: an answer that is younger is not asked for again, nor, by the second number, one that did not come
FRESH: Final = timedelta(minutes=10)
RETRY: Final = timedelta(minutes=1)
#: of a buyer so many open orders are asked about, the newest first; and so many at once: Taobao takes 100
_OF_ONE: Final = 50
_AT_ONCE: Final = 100

_WAITING = (
    select(
        Order.id,
        Order.order_no,
        Order.customer_id,
        Order.consignee_id,
        MergeWord.word,
        MergeWord.at,
        MergeWord.is_asked,
        MergeWord.consignee_id.label("said_of"),
    )
    .join(ConsigneeRow, ConsigneeRow.id == Order.consignee_id)
    .outerjoin(MergeWord, MergeWord.order_id == Order.id)
    .where(
        Order.customer_id.in_(id_set("ids")),
        Order.fulfilment.in_([state.value for state in OPEN_STATES]),
        ConsigneeRow.is_masked,
    )
    .order_by(Order.customer_id, Order.id.desc())
)


@dataclass(frozen=True, slots=True)
class _Asked:
    """An order in a question, as `core.channels.shop_contract.Receiving`."""

    order_no: str
    buyer_key: str
    consignee: Consignee


class MergeAsking:
    """Asks one shop at a time; a shop whose platform does not decide is never asked."""

    def __init__(self, store: Store, open_channel: Callable[[int], Channel]) -> None:
        """Make it; `open_channel` opens the shop of an id and may raise `DomainError`."""
        self._store = store
        self._open_channel = open_channel

    def ask(self, shop_id: int, customer_ids: Collection[int]) -> int:
        """Ask about the open orders of these buyers, those whose answers are young left out; gives the questions.

        A failed question is kept as such, and what was still to be asked is left for the next time.
        """
        questions = self._questions(shop_id, customer_ids)
        if not questions:
            return 0
        try:
            channel = self._open_channel(shop_id)
        except (ChannelError, DomainError) as error:
            _log.info("shop %s cannot be asked about receivers: %s", shop_id, error)
            return 0
        if not (channel.capabilities.decides_merging and isinstance(channel, MergeChannel)):
            return 0
        asked = 0
        for part in questions:
            asked += 1
            if not self._ask(channel, part):
                break
        return asked

    def _questions(self, shop_id: int, customer_ids: Collection[int]) -> Sequence[Sequence[Any]]:
        """Orders to ask about, all of one buyer in one question: answers to two cannot be held against each other."""

        def look(connection: Connection) -> tuple[Sequence[Any], datetime]:
            binds = {"ids": packed_ids(sorted(set(customer_ids)))}
            rows = connection.execute(_WAITING.where(Order.shop_id == shop_id), binds).all()
            return rows, shared_now(connection, self._store.clock)

        rows, now = self._store.read(look)
        parts: list[list[Any]] = [[]]
        for _, orders in groupby(rows, lambda row: row.customer_id):
            mine = list(orders)[:_OF_ONE]
            if len(mine) < 2 or not _is_due(mine, now):
                continue
            if len(parts[-1]) + len(mine) > _AT_ONCE:
                parts.append([])
            parts[-1] += mine
        return [part for part in parts if part]

    def _ask(self, channel: MergeChannel, rows: Sequence[Any]) -> bool:
        people: Mapping[int, Consignee] = self._store.read(
            lambda connection: consignees(connection, [row.consignee_id for row in rows])
        )
        asked = [_Asked(row.order_no, str(row.customer_id), people[row.consignee_id]) for row in rows]
        ids = {row.order_no: row.id for row in rows}
        groups: list[list[int]] | None = None
        try:
            told = channel.may_merge(asked)
            groups = [[ids[no] for no in group if no in ids] for group in told]
        except (ChannelError, DomainError) as error:
            _log.info("%s orders, whether their receivers are the same: %s", len(asked), error)
        pairs = [(row.id, row.consignee_id) for row in rows]
        found = groups
        self._store.write(lambda uow: note_answer(uow, pairs, found), urgency=Urgency.LANE)
        return groups is not None


def _is_due(orders: Sequence[Any], now: datetime) -> bool:
    """Whether any of a buyer's orders has no word of its own, or an old one; or not all were in one question."""
    if any(row.word is None or not row.is_asked or row.said_of != row.consignee_id for row in orders):
        return True
    if len({row.at for row in orders}) > 1:
        return True
    is_missed = any(row.word == NO_ANSWER for row in orders)
    return bool(orders[0].at + (RETRY if is_missed else FRESH) <= now)
