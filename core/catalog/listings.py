"""Listings as their platforms tell them, and what a person matches them to.

A listing is never deleted: orders, quotas and links refer to it. One that its platform's list does not name any more
is marked, and unmarked when it comes back.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, bindparam, func, or_, select, update

from core.catalog.models import Listing, Sku
from core.channels.listing_contract import ChannelListing
from core.db.sets import id_set, packed_ids, packed_texts, text_set
from core.db.unit_of_work import UnitOfWork, insert_or_ignore
from core.runtime.errors import NotFound, Refused

#: longer texts are no titles
_LONGEST: Final = 500
_WORDS: Final = ("merchant_code", "title", "spec", "barcode", "picture_url")
_FACTS: Final = (*_WORDS, "price_fen", "listed_qty", "is_on_sale")
_KNOWN = select(
    Listing.id,
    Listing.item_id,
    Listing.channel_sku_id,
    Listing.sku_id,
    Listing.is_by_hand,
    Listing.vanished_at,
    *(getattr(Listing, name) for name in _FACTS),
).where(Listing.shop_id == bindparam("shop"), Listing.item_id.in_(text_set("items")))
_CODES = select(Sku.code, Sku.id).where(Sku.code.in_(text_set("codes")))
_SEEN = (
    update(Listing)
    .where(Listing.id.in_(id_set("ids")))
    .values(seen_at=bindparam("at"), vanished_at=None)
    .execution_options(synchronize_session=False)
)
_TOLD = (
    update(Listing)
    .where(Listing.id == bindparam("listing"))
    .values({name: bindparam(f"new_{name}") for name in _FACTS})
    .execution_options(synchronize_session=False)
)


@dataclass(frozen=True, slots=True)
class Taken:
    """What a piece of a platform's list changed.

    `matched_count` are matched by their code now; of them `matched_ids` were known before, so that orders may wait.
    """

    new_count: int
    changed_count: int
    matched_count: int
    matched_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class MatchChange:
    """One listing whose match a person changed, with what it was before: enough to take it back."""

    listing_id: int
    before_sku_id: int | None
    was_by_hand: bool
    sku_id: int | None


def take_listings(uow: UnitOfWork, shop_id: int, told: Sequence[ChannelListing], started: datetime) -> Taken:
    """Write a piece of a shop's list; new listings are matched by merchant code, bundles by theirs.

    What the list leaves blank stays as orders have told it. `started` is when the reading of the list began. Screens
    are told by whoever reads the list: hundreds of such pieces follow each other.
    """
    by_key = {(one.item_id, one.channel_sku_id): one for one in told}
    items = sorted({item for item, _ in by_key})
    rows: Sequence[Any] = uow.execute(_KNOWN, {"shop": shop_id, "items": packed_texts(items)}).all()
    known = {key: row for row in rows if (key := (row.item_id, row.channel_sku_id)) in by_key}
    new = [one for key, one in by_key.items() if key not in known]
    matched_new = 0
    changed = [(row, facts) for key, row in known.items() if (facts := _changed(row, by_key[key])) is not None]
    seen_at = max(uow.now, started)
    if new:
        by_code = _ids_of(uow, [one.merchant_code for one in new])
        inserted = [_row(shop_id, one, by_code.get(one.merchant_code), seen_at) for one in new]
        uow.execute(insert_or_ignore(uow.connection, Listing), inserted)
        matched_new = sum(row["sku_id"] is not None for row in inserted)
    if changed:
        uow.execute(_TOLD, [{"listing": row.id, **_named(facts)} for row, facts in changed])
    if known:
        uow.execute(_SEEN, {"ids": packed_ids(row.id for row in known.values()), "at": seen_at})
    codes = {
        row.id: (row.merchant_code, row.item_id)
        for row in known.values()
        if row.sku_id is None and not row.is_by_hand
    }
    codes |= {row.id: (facts["merchant_code"], row.item_id) for row, facts in changed if row.id in codes}
    matched = _match_known(uow, shop_id, codes)
    return Taken(len(new), len(changed), matched_new + len(matched), matched)


def _told(one: ChannelListing) -> dict[str, Any]:
    facts = {name: str(getattr(one, name))[:_LONGEST] for name in _WORDS}
    return facts | {"price_fen": one.price_fen, "listed_qty": one.qty, "is_on_sale": one.is_on_sale}


def _row(shop_id: int, one: ChannelListing, sku_id: int | None, at: datetime) -> dict[str, Any]:
    place = {"shop_id": shop_id, "item_id": one.item_id, "channel_sku_id": one.channel_sku_id}
    return {**place, **_told(one), "sku_id": sku_id, "is_by_hand": False, "seen_at": at}


def _changed(row: Any, one: ChannelListing) -> dict[str, Any] | None:
    before = {name: getattr(row, name) for name in _FACTS}
    facts = {name: before[name] if name in _WORDS and not value else value for name, value in _told(one).items()}
    return None if facts == before else facts


def _named(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {f"new_{name}": value for name, value in facts.items()}


def _ids_of(uow: UnitOfWork, codes: Iterable[str]) -> dict[str, int]:
    wanted = sorted({code for code in codes if code})
    if not wanted:
        return {}
    rows: Sequence[Any] = uow.execute(_CODES, {"codes": packed_texts(wanted)}).all()
    return dict(rows)


def _match_known(uow: UnitOfWork, shop_id: int, codes: Mapping[int, tuple[str, str]]) -> tuple[int, ...]:
    """Match listings that were known before: listing id -> (its merchant code, its item)."""
    by_code = _ids_of(uow, [code for code, _ in codes.values()])
    matched = []
    for listing_id, (code, item) in codes.items():
        sku_id = by_code.get(code)
        # A person may decide while we do.
        here = (Listing.id == listing_id, Listing.sku_id.is_(None), ~Listing.is_by_hand)
        if sku_id is not None and uow.count(update(Listing).where(*here).values(sku_id=sku_id)):
            uow.record("listing.matched", "sku", sku_id, shop_id=shop_id, item=item)
            matched.append(listing_id)
    return tuple(matched)


# --- what is gone from the platform ---------------------------------------------------------------------------------


def last_listing(connection: Connection, shop_id: int) -> int:
    """The highest id of a shop's listings, 0 without any: what comes later belongs to the next reading."""
    query = select(func.max(Listing.id)).where(Listing.shop_id == shop_id)
    return int(connection.execute(query).scalar_one() or 0)


def begin_reading(connection: Connection, shop_id: int, now: datetime) -> datetime:
    """The moment by which a reading that begins now is known: later than all before it, whatever the clock does."""
    query = select(func.max(Listing.seen_at)).where(Listing.shop_id == shop_id)
    newest: datetime | None = connection.execute(query).scalar_one()
    return now if newest is None else max(now, newest + timedelta(milliseconds=1))


def _missing(shop_id: int, started: datetime, last_id: int) -> tuple[Any, ...]:
    unseen = or_(Listing.seen_at.is_(None), Listing.seen_at < started)
    return (Listing.shop_id == shop_id, Listing.id <= last_id, Listing.vanished_at.is_(None), unseen)


def has_missing(connection: Connection, shop_id: int, started: datetime, last_id: int) -> bool:
    """Whether there are listings that a whole reading since `started` has not named and that are not marked yet."""
    query = select(Listing.id).where(*_missing(shop_id, started, last_id)).limit(1)
    return connection.execute(query).first() is not None


def mark_vanished(uow: UnitOfWork, shop_id: int, started: datetime, last_id: int) -> int:
    """Mark what a whole reading since `started` has not named; gives how many. Matches stay."""
    here = _missing(shop_id, started, last_id)
    gone = uow.count(update(Listing).where(*here).values(vanished_at=uow.now))
    if gone:
        uow.record("listing.vanished", "listing", 0, shop_id=shop_id, count=gone)
    return gone


# --- what a person decides ------------------------------------------------------------------------------------------


def set_matches(
    uow: UnitOfWork, wanted: Mapping[int, int | None], seen: Mapping[int, int | None] | None = None
) -> tuple[MatchChange, ...]:
    """Match listings to SKUs or bundles as a person has decided; None takes a match away. Gives what was changed.

    From then on no merchant code changes it. Orders that were taken before keep the SKU they were taken with.

    Args:
        uow: the transaction.
        wanted: listing id -> SKU id.
        seen: listing id -> the SKU id the person saw there, where that is to be unchanged still.

    Raises:
        NotFound: `listing.gone`; `catalog.no_sku`.
        Refused: `listing.changed_meanwhile`, somebody has matched one of them since.
    """
    ids = packed_ids(sorted(wanted))
    query = select(Listing.id, Listing.shop_id, Listing.item_id, Listing.sku_id, Listing.is_by_hand)
    query = query.where(Listing.id.in_(id_set("ids"))).order_by(Listing.id)
    rows: Sequence[Any] = uow.execute(query if uow.is_sqlite else query.with_for_update(), {"ids": ids}).all()
    if len(rows) < len(wanted):
        raise NotFound("listing.gone", "a listing is not there any more")
    skus = {sku_id for sku_id in wanted.values() if sku_id is not None}
    there = select(func.count()).select_from(Sku).where(Sku.id.in_(id_set("skus")))
    if uow.execute(there, {"skus": packed_ids(skus)}).scalar_one() < len(skus):
        raise NotFound("catalog.no_sku", "there is no such SKU")
    if seen is not None and any(row.id in seen and row.sku_id != seen[row.id] for row in rows):
        raise Refused("listing.changed_meanwhile", "somebody else has matched one of these listings meanwhile")
    changes = []
    for row in rows:
        sku_id = wanted[row.id]
        if (row.sku_id, row.is_by_hand) == (sku_id, True):
            continue
        changes.append(MatchChange(row.id, row.sku_id, row.is_by_hand, sku_id))
        if row.sku_id == sku_id:
            continue
        if sku_id is None:
            uow.record("listing.unmatched", "sku", row.sku_id or 0, shop_id=row.shop_id, item=row.item_id)
        else:
            uow.record("listing.matched", "sku", sku_id, shop_id=row.shop_id, item=row.item_id)
    _write_matches(uow, [(change.listing_id, change.sku_id, True) for change in changes])
    return tuple(changes)


def take_back(uow: UnitOfWork, changes: Sequence[MatchChange]) -> int:
    """Put the matches back as they were, where nobody has changed them since; gives how many."""
    query = select(Listing.id, Listing.sku_id).where(Listing.id.in_(id_set("ids"))).order_by(Listing.id)
    ids = packed_ids(change.listing_id for change in changes)
    rows: Sequence[Any] = uow.execute(query if uow.is_sqlite else query.with_for_update(), {"ids": ids}).all()
    now = {row.id: row.sku_id for row in rows}
    mine = [change for change in changes if now.get(change.listing_id, -1) == change.sku_id]
    _write_matches(uow, [(change.listing_id, change.before_sku_id, change.was_by_hand) for change in mine])
    for change in mine:
        uow.record("listing.match_taken_back", "sku", change.sku_id or change.before_sku_id or 0)
    return len(mine)


def _write_matches(uow: UnitOfWork, rows: Sequence[tuple[int, int | None, bool]]) -> None:
    if not rows:
        return
    statement = (
        update(Listing)
        .where(Listing.id == bindparam("listing"))
        .values(sku_id=bindparam("sku"), is_by_hand=bindparam("by_hand"))
        .execution_options(synchronize_session=False)
    )
    uow.execute(statement, [{"listing": one, "sku": sku, "by_hand": by_hand} for one, sku, by_hand in rows])
    uow.changed("listing", *(one for one, _, _ in rows))
