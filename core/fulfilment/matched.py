"""A person matches listings: orders that waited for them go on, others keep what they hold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from core.catalog.listings import MatchChange, set_matches
from core.customers.service import Digest
from core.db.unit_of_work import Store, UnitOfWork, Urgency
from core.fulfilment.resuming import listings_matched
from core.orders.matching import standing_with, waiting_for
from core.runtime.errors import Refused

#: orders that are taken up in one transaction; while somebody scans each has its own, because a scan waits for it
_TOGETHER = 10


@dataclass(frozen=True, slots=True)
class Matched:
    """What a match did.

    Attributes:
        changes: listings whose match is another one now; enough to take it back.
        released_count: orders that waited and are whole now.
        still_waiting: orders that waited for one of the listings and wait for another one still.
    """

    changes: tuple[MatchChange, ...]
    released_count: int = 0
    still_waiting: int = 0


def change_matches(
    uow: UnitOfWork,
    wanted: Mapping[int, int | None],
    seen: Mapping[int, int | None] | None = None,
    *,
    keeps_orders: bool = False,
) -> tuple[MatchChange, ...]:
    """As `set_matches`; a match with open orders behind it is changed only where the person knows of them.

    Raises:
        NotFound, Refused: as `core.catalog.listings.set_matches`; Refused `listing.open_orders`, open orders hold
            the SKU it was matched to, facts `orders` and `listings`; they would keep it.
    """
    changes = set_matches(uow, wanted, seen)
    moved = {one.listing_id: one.sku_id for one in changes if one.before_sku_id not in (None, one.sku_id)}
    if moved and not keeps_orders:
        standing = standing_with(uow.connection, moved)
        if standing:
            raise Refused(
                "listing.open_orders",
                "open orders hold the SKU of this match and would keep it",
                orders=sum(standing.values()),
                listings=len(standing),
            )
    return changes


def resume_waiting(store: Store, digest: Digest, carrier_code: str, listing_ids: Sequence[int]) -> tuple[int, int]:
    """Take up the orders that wait for these listings, a few at a time: (released, still waiting for another one).

    What is not reached, because the program ends, is taken up by the next round that tidies up.
    """
    waiting = store.read(lambda connection: waiting_for(connection, listing_ids))
    released = place = 0
    while place < len(waiting):
        piece = waiting[place : place + (1 if store.is_scanning else _TOGETHER)]
        place += len(piece)
        whole = store.write(
            partial(_take_up, carrier_code=carrier_code, digest=digest, order_ids=piece), urgency=Urgency.BULK
        )
        released += len(whole)
    return released, len(waiting) - released


def _take_up(uow: UnitOfWork, carrier_code: str, digest: Digest, order_ids: Sequence[int]) -> tuple[int, ...]:
    return listings_matched(uow, carrier_code, digest, order_ids, by_code=False)
