"""Whether two parcels have one receiver: by his clear address, or, where he is masked, by the platform's word alone.

The masked text is never compared: two neighbours of one surname look the same behind the stars.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.engine import Connection

from core.customers.models import ConsigneeRow
from core.db.sets import id_set, packed_ids
from core.fulfilment.models import ParcelLine
from core.fulfilment.records import Apart, Together
from core.orders.merge_words import NO_ANSWER
from core.orders.models import SHOWN_NO, MergeWord, Order

#: how long an answer is good: the receiver of either order may have changed at the platform since
GOOD_FOR: Final = timedelta(minutes=30)

_RECEIVING = (
    select(
        ParcelLine.parcel_id,
        Order.id,
        SHOWN_NO,
        Order.shop_id,
        Order.consignee_id,
        ConsigneeRow.is_masked,
        MergeWord.word,
        MergeWord.is_asked,
        MergeWord.at,
        MergeWord.consignee_id.label("said_of"),
    )
    .join(Order, Order.id == ParcelLine.order_id)
    .join(ConsigneeRow, ConsigneeRow.id == Order.consignee_id)
    .outerjoin(MergeWord, MergeWord.order_id == Order.id)
    .where(ParcelLine.parcel_id.in_(id_set("ids")))
    .distinct()
    .order_by(ParcelLine.parcel_id, SHOWN_NO)
)


@dataclass(frozen=True, slots=True)
class Receiver:
    """Who receives an order, and what its platform says of him; `word` None where it has said nothing of this one."""

    order_no: str
    shop_id: int
    consignee_id: int
    is_masked: bool
    word: str | None
    is_asked: bool
    said_at: datetime | None


@dataclass(frozen=True, slots=True)
class Judged:
    """Whether parcels may travel together, by whose word, and of when it is."""

    why: Together | Apart
    said_at: datetime | None = None


def receivers_of(connection: Connection, parcel_ids: Sequence[int]) -> Mapping[int, Sequence[Receiver]]:
    """The receivers of the orders in each of these parcels."""
    found: defaultdict[int, list[Receiver]] = defaultdict(list)
    for row in connection.execute(_RECEIVING, {"ids": packed_ids(parcel_ids)}):
        is_his = row.said_of == row.consignee_id
        found[row.parcel_id].append(
            Receiver(
                order_no=row.order_no,
                shop_id=row.shop_id,
                consignee_id=row.consignee_id,
                is_masked=row.is_masked,
                word=row.word if is_his else None,
                is_asked=bool(row.is_asked),
                said_at=row.at if is_his else None,
            )
        )
    return found


def judge(receivers: Sequence[Receiver], now: datetime) -> Judged | None:
    """Whether all of these may be one parcel; None where they are in the clear and go to several addresses."""
    if not any(one.is_masked for one in receivers):
        is_one = len({one.consignee_id for one in receivers}) == 1
        return Judged(Together.ADDRESS) if is_one else None
    if len({one.shop_id for one in receivers}) > 1:
        return Judged(Apart.OTHER_SHOP)
    if not all(one.is_masked and one.word is not None for one in receivers):
        return Judged(Apart.UNSAID)
    asked_at = [one.said_at for one in receivers if one.is_asked and one.said_at is not None]
    oldest = min(asked_at, default=None)
    is_old = oldest is not None and oldest + GOOD_FOR < now
    if is_old or any(one.word == NO_ANSWER for one in receivers):
        return Judged(Apart.SILENT, oldest)
    if len({one.word for one in receivers}) > 1:
        # Answers to two questions cannot be held against each other.
        is_one_question = len(set(asked_at)) <= 1 and len(asked_at) in (0, len(receivers))
        return Judged(Apart.DIFFERS if is_one_question else Apart.UNSAID, oldest)
    return Judged(Together.ASKED if asked_at else Together.KEY, oldest)
