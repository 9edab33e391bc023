"""What a shop's owner granted us: kept, looked at, renewed in time."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.engine import Connection

from core.channels.grant_contract import Grant
from core.channels.models import Shop
from core.channels.shop_contract import ShopIdentity
from core.db.turn import take_turn
from core.db.unit_of_work import UnitOfWork, insert_or_ignore
from core.runtime.errors import Refused
from core.sync.models import ShopGrant
from core.sync.shops import shop_of

#: a token is renewed when this share of its life is left, and not later than this long before its end
_LEFT: Final = 0.2
_AT_LEAST: Final = timedelta(minutes=10)
#: after a renewing that failed the next one waits: the platforms count such calls
_AGAIN: Final = timedelta(minutes=10)


#: days before a token's end at which somebody is told, and what is pressing
ENDING: Final = "shop.access_ends"
ENDING_DAYS: Final = 7.0
LAST_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class GrantView:
    """One shop's grant as people see it: no token in it.

    Attributes:
        shop_id: whose.
        granted_at: when somebody let us in, or when it was renewed last; None where never.
        expires_at: when it ends.
        refresh_until: until when the program renews it by itself; None where a person has to.
        shop: whose shop the platform says it is; None where it does not say.
        error: why the last renewing failed, in the platform's words.
    """

    shop_id: int
    granted_at: datetime | None
    expires_at: datetime | None
    refresh_until: datetime | None
    shop: ShopIdentity | None
    error: str

    @property
    def ends_at(self) -> datetime | None:
        """When a person has to act: not before the last renewing, unless renewing fails; None where it never ends."""
        return (self.refresh_until if not self.error else None) or self.expires_at

    @property
    def renews_itself(self) -> bool:
        """Whether the program renews it without a person, as far as it went well."""
        return self.refresh_until is not None and not self.error

    def needs_renewal(self, now: datetime) -> bool:
        """Whether the program should renew it now."""
        if self.granted_at is None or self.expires_at is None or self.refresh_until is None:
            return False
        life = self.expires_at - self.granted_at
        return now >= min(self.expires_at - life * _LEFT, self.expires_at - _AT_LEAST)


def grants(connection: Connection, shop_id: int | None = None) -> Sequence[GrantView]:
    """The grants of all shops, or of one."""
    query = select(*ShopGrant.__table__.c).order_by(ShopGrant.shop_id)
    if shop_id is not None:
        query = query.where(ShopGrant.shop_id == shop_id)
    return tuple(_view(row) for row in connection.execute(query))


def await_code(uow: UnitOfWork, shop_id: int, state_word: str) -> None:
    """Remember the word that has to come back with the code; a new one replaces it."""
    _put(uow, shop_id, state_word=state_word)


def awaited_word(connection: Connection, shop_id: int) -> str:
    """The word a code has to come with; blank where none is awaited."""
    query = select(ShopGrant.state_word).where(ShopGrant.shop_id == shop_id)
    return connection.execute(query).scalar_one_or_none() or ""


def keep_grant(uow: UnitOfWork, shop_id: int, grant: Grant, *, by_person: bool) -> None:
    """Take a new token in the place of the old one, which may be dead by now.

    Raises:
        Refused: `shop.same_shop`, another shop here is the same one at the platform; `shop.other_shop`, the token
            opens another shop than the one before: its orders would come in under this one's name. Facts: `name`.
    """
    shop = shop_of(uow.connection, shop_id)
    if grant.shop is not None:
        claim_identity(uow, shop_id, grant.shop)
    secret = json.dumps({**json.loads(shop.secret), **grant.secrets})
    uow.execute(update(Shop).where(Shop.id == shop_id).values(secret=secret, awaits_owner=False))
    _put(
        uow,
        shop_id,
        granted_at=uow.now,
        expires_at=grant.expires_at,
        refresh_until=grant.refresh_until,
        state_word="",
        error="",
        tried_at=uow.now,
    )
    action = "shop.authorised" if by_person else "shop.token_renewed"
    uow.record(action, "shop", shop_id, until=f"{grant.expires_at:%Y-%m-%d}")


def claim_identity(uow: UnitOfWork, shop_id: int, who: ShopIdentity) -> None:
    """This shop here is that shop there, and no other here is.

    Raises:
        Refused: as `keep_grant`.
    """
    take_turn(uow, "shops")
    channel = shop_of(uow.connection, shop_id).channel
    query = select(Shop.id, Shop.name, ShopGrant.platform_id, ShopGrant.platform_name).join(
        Shop, Shop.id == ShopGrant.shop_id
    )
    for row in uow.rows(query.where(Shop.channel == channel)):
        if row.id != shop_id and row.platform_id == who.id:
            raise Refused("shop.same_shop", "another shop here is the same one at the platform", name=row.name)
        if row.id == shop_id and row.platform_id and row.platform_id != who.id:
            facts = {"name": who.name or who.id, "before": row.platform_name or row.platform_id}
            raise Refused("shop.other_shop", "this key opens another shop than before", **facts)
    _put(uow, shop_id, platform_id=who.id, platform_name=who.name)


def note_failed(uow: UnitOfWork, shop_id: int, error: Exception) -> None:
    """A renewing failed: kept for people, and the next one waits a while."""
    _put(uow, shop_id, error=f"{type(error).__name__}: {error}"[:300], tried_at=uow.now)


def may_try(connection: Connection, shop_id: int, now: datetime) -> bool:
    """Whether a renewing may be tried again after one that failed."""
    query = select(ShopGrant.tried_at, ShopGrant.error).where(ShopGrant.shop_id == shop_id)
    row = connection.execute(query).one_or_none()
    return row is not None and (not row.error or row.tried_at is None or now - row.tried_at >= _AGAIN)


def _put(uow: UnitOfWork, shop_id: int, **values: Any) -> None:
    uow.execute(insert_or_ignore(uow.connection, ShopGrant), [{"shop_id": shop_id}])
    uow.execute(update(ShopGrant).where(ShopGrant.shop_id == shop_id).values(**values))
    uow.changed("shop", shop_id)


def _view(row: Any) -> GrantView:
    who = ShopIdentity(row.platform_id, row.platform_name) if row.platform_id else None
    return GrantView(row.shop_id, row.granted_at, row.expires_at, row.refresh_until, who, row.error)
