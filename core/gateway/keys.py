"""The malls' keys: made and revoked by the owner, looked up at each call so that a revoked one opens nothing more."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.engine import Connection

from core.channels.mall.signature import NONCE_KEEP_S
from core.channels.models import Shop
from core.db.forgetting import forget_some
from core.db.sets import id_set, packed_ids
from core.db.unit_of_work import UnitOfWork, insert_or_ignore
from core.gateway.models import DoorKey, DoorNonce
from core.gateway.problems import Problem
from core.runtime.errors import NotFound, Refused

#: keys of one shop that open the door at a time: an old and a new one while a mall changes over, and some to spare
MOST_KEYS = 5

_LIVE = select(DoorKey.id).where(DoorKey.id.in_(id_set("ids")), DoorKey.revoked_at.is_(None))


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A key that opens the door; the secret stays out of every text."""

    id: int
    shop_id: int
    key: str
    secret: str

    def __repr__(self) -> str:
        return f"KeyRecord({self.key!r})"


@dataclass(frozen=True, slots=True)
class KeyView:
    """A key as a screen shows it."""

    id: int
    shop_id: int
    shop_name: str
    key: str
    made_at: datetime
    made_by: str
    revoked_at: datetime | None


def make_key(uow: UnitOfWork, shop_id: int) -> KeyRecord:
    """A new key of a shop with its secret, which is told here and never again.

    Raises:
        NotFound: `shop.unknown`.
        Refused: `door.too_many_keys`.
    """
    if uow.execute(select(Shop.id).where(Shop.id == shop_id)).first() is None:
        raise NotFound("shop.unknown", f"there is no shop {shop_id}")
    live = select(DoorKey.id).where(DoorKey.shop_id == shop_id, DoorKey.revoked_at.is_(None))
    if len(uow.rows(live)) >= MOST_KEYS:
        raise Refused("door.too_many_keys", "revoke a key of this shop first", most=MOST_KEYS)
    key, secret = f"pd-{secrets.token_hex(8)}", secrets.token_urlsafe(32)
    row = {"shop_id": shop_id, "key": key, "secret": secret, "made_at": uow.now, "made_by": uow.actor.operator}
    key_id = uow.insert(DoorKey, row)
    uow.record("door.key_made", "shop", shop_id, key=key)
    return KeyRecord(key_id, shop_id, key, secret)


def revoke_key(uow: UnitOfWork, key_id: int) -> None:
    """Let a key open nothing any more, from the next call on; done again it changes nothing.

    Raises:
        NotFound: `door.key_unknown`.
    """
    known = uow.rows(select(DoorKey.key, DoorKey.shop_id, DoorKey.revoked_at).where(DoorKey.id == key_id))
    if not known:
        raise NotFound("door.key_unknown", f"there is no key {key_id}")
    if known[0].revoked_at is None:
        uow.execute(update(DoorKey).where(DoorKey.id == key_id).values(revoked_at=uow.now))
        uow.record("door.key_revoked", "shop", known[0].shop_id, key=known[0].key)
        uow.changed(DoorKey.__tablename__, key_id)


def key_named(connection: Connection, key: str) -> KeyRecord | None:
    """The key if it opens the door."""
    query = select(DoorKey.id, DoorKey.shop_id, DoorKey.key, DoorKey.secret)
    row = connection.execute(query.where(DoorKey.key == key, DoorKey.revoked_at.is_(None))).one_or_none()
    return None if row is None else KeyRecord(*row)


def key_of_shop(connection: Connection, shop_id: int) -> KeyRecord | None:
    """The newest key of a shop that opens the door."""
    query = select(DoorKey.id, DoorKey.shop_id, DoorKey.key, DoorKey.secret).order_by(DoorKey.id.desc())
    here = query.where(DoorKey.shop_id == shop_id, DoorKey.revoked_at.is_(None))
    row = connection.execute(here.limit(1)).one_or_none()
    return None if row is None else KeyRecord(*row)


def door_shops(connection: Connection) -> frozenset[int]:
    """Shops that have a key: the door keeps events for them."""
    return frozenset(connection.execute(select(DoorKey.shop_id).where(DoorKey.revoked_at.is_(None))).scalars())


def all_keys(connection: Connection) -> tuple[KeyView, ...]:
    """Every key, the live ones first, then the newest."""
    columns = (DoorKey.id, DoorKey.shop_id, Shop.name, DoorKey.key, DoorKey.made_at, DoorKey.made_by)
    query = select(*columns, DoorKey.revoked_at).join(Shop, Shop.id == DoorKey.shop_id)
    order = (DoorKey.revoked_at.is_not(None), DoorKey.id.desc())
    return tuple(KeyView(*row) for row in connection.execute(query.order_by(*order).limit(200)))


def use_nonces(uow: UnitOfWork, used: Sequence[tuple[int, str]]) -> list[Problem | None]:
    """Use up nonces of keys: kept in the database, so that no restart and no other node lets them in again.

    Gives for each (key id, nonce) what is wrong with it: `nonce_replayed`, also where it stands twice; `bad_key`, the
    key was revoked since the signature was checked.
    """
    keys = {"ids": packed_ids({key_id for key_id, _ in used})}
    live = set(uow.execute(_LIVE, keys).scalars())
    wanted = [pair for pair in dict.fromkeys(used) if pair[0] in live]
    fresh: set[tuple[int, str]] = set()
    if wanted:
        rows = [{"key_id": key_id, "nonce": nonce, "seen_at": uow.now} for key_id, nonce in wanted]
        insert = insert_or_ignore(uow.connection, DoorNonce).returning(DoorNonce.key_id, DoorNonce.nonce)
        fresh = {(row.key_id, row.nonce) for row in uow.execute(insert, rows)}
    found: list[Problem | None] = []
    for pair in used:
        code = "bad_key" if pair[0] not in live else "nonce_replayed" if pair not in fresh else ""
        found.append(Problem(code) if code else None)
        fresh.discard(pair)
    return found


def forget_nonces(uow: UnitOfWork) -> int:
    """Forget some nonces whose time stamps would be refused anyway; gives how many."""
    return forget_some(uow, DoorNonce, DoorNonce.seen_at, uow.now - timedelta(seconds=NONCE_KEEP_S + 60))
