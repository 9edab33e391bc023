"""Links that sell from no quota: other links of a shop to the same goods, and links that lead elsewhere by now.

Of several links of a shop to one SKU one sells from the quota; what the others offer would be sold unseen, so that
they are brought to nothing, or taken off sale, and looked at again and again. Done where numbers are written.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, case, delete, or_, select, text, update
from sqlalchemy.orm import aliased

from core.catalog.models import Listing, Sku
from core.channels.models import Shop
from core.db.sets import id_set, packed_ids
from core.db.unit_of_work import UnitOfWork
from core.inventory.pausing import is_held, is_shop_paused
from core.inventory.quotas import acts
from core.inventory.quotas.book import parts_of
from core.inventory.quotas.covering import lock_for
from core.inventory.quotas.models import Quota, SkuPlan, SpareLink, StockAct
from core.inventory.quotas.planning import LOOK_AGAIN
from core.inventory.quotas.states import OPEN, PLANNED
from core.runtime.errors import NotFound
from core.runtime.standing import Severity, Standing

#: outbox kind
STOCK_LINK: Final = "stock.link"
#: the reason of the last withdrawal through a link that leads to other goods by now
REMATCHED: Final = "rematched"
ASKED, QUIET, FAILED = "asked", "quiet", "failed"
#: how soon a link is asked for again that the platform refused to silence
_AGAIN: Final = timedelta(minutes=2)
#: a link that sells for so long is told to people
_LOUD: Final = timedelta(minutes=10)

_OTHER = aliased(Quota)
_MODE = select(SkuPlan.mode).where(SkuPlan.sku_id == Quota.sku_id).correlate(Quota).scalar_subquery()
_RIGHT = Quota.granted_qty - Quota.withdrawn_qty - Quota.sold_qty + Quota.restored_qty
#: a link that must sell nothing, of a shop that is written to, and that no other quota is still selling from: what is
#: told to a shop is told to one of its links, in every mode; a right that stands is sold by one as well; and of what
#: is stopped none sells
_IS_SPARE: ColumnElement[bool] = and_(
    or_(_MODE.in_(PLANNED), and_(Quota.is_counted, _RIGHT > 0), is_held(Quota.shop_id, Quota.sku_id)),
    Quota.listing_id.is_not(None),
    Quota.listing_id != Listing.id,
    Shop.writes_stock,
    Shop.is_active,
    ~select(_OTHER.id).where(_OTHER.listing_id == Listing.id).exists(),
)
_SPARE = (
    select(Listing.id, Listing.shop_id, Quota.id.label("quota_id"), *SpareLink.__table__.c[2:])
    .select_from(Listing)
    .join(Quota, and_(Quota.shop_id == Listing.shop_id, Quota.sku_id == Listing.sku_id))
    .join(Shop, Shop.id == Listing.shop_id)
    .outerjoin(SpareLink, SpareLink.listing_id == Listing.id)
    .where(_IS_SPARE)
    .order_by(Listing.id)
)
_OF_SKUS = _SPARE.where(Listing.sku_id.in_(id_set("sku_ids")))
_REMATCHED = (
    select(Quota.id, Quota.shop_id, Shop.writes_stock)
    .join(Listing, Listing.id == Quota.listing_id)
    .join(Shop, Shop.id == Quota.shop_id)
    .where(or_(Listing.sku_id.is_(None), Listing.sku_id != Quota.sku_id))
    .order_by(Quota.id)
)


@dataclass(frozen=True, slots=True)
class Spare:
    """A link that is to be silenced, or looked at again."""

    listing_id: int
    shop_id: int
    quota_id: int


def due_links(connection: Connection, sku_ids: Collection[int], now: datetime) -> Sequence[Spare]:
    """Links to these SKUs that sell from no quota and are not silent, or were not looked at for a while."""
    rows: Sequence[Any] = connection.execute(_OF_SKUS, {"sku_ids": packed_ids(sku_ids)}).all()
    return [Spare(row.id, row.shop_id, row.quota_id) for row in rows if _is_due(row, now)]


def _is_due(row: Any, now: datetime) -> bool:
    if row.state is None:
        return True
    if row.state == QUIET:
        return bool(now - max(row.checked_at, row.asked_at) >= LOOK_AGAIN)
    return bool(row.state == FAILED and now - row.asked_at >= _AGAIN)


def is_spare(connection: Connection, listing_id: int) -> bool:
    """Whether a link must sell nothing."""
    return connection.execute(_SPARE.where(Listing.id == listing_id)).first() is not None


def released_links(connection: Connection, now: datetime) -> Sequence[Spare]:
    """Links that were silenced and need not be any more: a link that we took off sale goes back.

    While its sale is stopped it stays as it is.
    """
    spare = _SPARE.with_only_columns(Listing.id).order_by(None)
    query = (
        select(SpareLink.listing_id, Listing.shop_id, SpareLink.quota_id)
        .join(Listing, Listing.id == SpareLink.listing_id)
        .join(Shop, Shop.id == Listing.shop_id)
        .where(SpareLink.asked_at <= now - _AGAIN, SpareLink.listing_id.not_in(spare), Shop.writes_stock)
        .order_by(SpareLink.listing_id)
    )
    found = [Spare(*row) for row in connection.execute(query)]
    return [spare for spare in found if not is_stopped(connection, spare.listing_id)]


def is_stopped(connection: Connection, listing_id: int) -> bool:
    """Whether the shop may not sell now what the link leads to."""
    row = connection.execute(select(Listing.shop_id, Listing.sku_id).where(Listing.id == listing_id)).one()
    if row.sku_id is None:
        return is_shop_paused(connection, row.shop_id)
    return acts.holds(connection, row.shop_id, row.sku_id, parts_of(connection, [row.sku_id])[row.sku_id])


def ask(uow: UnitOfWork, spare: Spare) -> None:
    """Have a link brought to what it should be; what that is decides itself when it is done."""
    facts = {"quota_id": spare.quota_id, "asked_at": uow.now}
    # A silent link that is only looked at again is silent until it is found to sell.
    state = case((SpareLink.state == QUIET, QUIET), else_=ASKED)
    here = SpareLink.listing_id == spare.listing_id
    if not uow.count(update(SpareLink).where(here).values(state=state, **facts)):
        row = {"listing_id": spare.listing_id, "is_paused": False, "state": ASKED, "error": "", **facts}
        uow.insert_many(SpareLink, [row])
        uow.record("quota.spare_link", "quota", spare.quota_id, listing_id=spare.listing_id)
    key = f"{spare.listing_id}:{uow.now.timestamp():.3f}"
    uow.enqueue(STOCK_LINK, key, {"listing_id": spare.listing_id}, lane=acts.lane_of(spare.shop_id))
    uow.changed("quota", spare.quota_id)


def is_planned(connection: Connection, listing_id: int) -> bool:
    """Whether numbers of what a link leads to are written, so that one that was brought to nothing gets another."""
    query = select(SkuPlan.sku_id).join(Listing, Listing.sku_id == SkuPlan.sku_id)
    return connection.execute(query.where(Listing.id == listing_id, SkuPlan.mode.in_(PLANNED))).first() is not None


def link_of(connection: Connection, listing_id: int) -> Any:
    """The row of a link that was asked for; None where it is forgotten."""
    query = select(*SpareLink.__table__.c).where(SpareLink.listing_id == listing_id)
    return connection.execute(query).one_or_none()


def note_pausing(uow: UnitOfWork, listing_id: int) -> None:
    """It is taken off sale because of us; committed before the platform hears of it."""
    uow.execute(update(SpareLink).where(SpareLink.listing_id == listing_id).values(is_paused=True))


def note_quiet(uow: UnitOfWork, listing_id: int, listed_qty: int) -> None:
    """The platform has confirmed that nothing can be bought there."""
    _note(uow, listing_id, state=QUIET, listed_qty=listed_qty, checked_at=uow.now, error="")


def note_failed(uow: UnitOfWork, listing_id: int, error: str) -> None:
    """The platform will not, or cannot be asked."""
    _note(uow, listing_id, state=FAILED, error=error[:300])


def _note(uow: UnitOfWork, listing_id: int, **facts: object) -> None:
    uow.execute(update(SpareLink).where(SpareLink.listing_id == listing_id).values(**facts))
    quota = uow.execute(select(SpareLink.quota_id).where(SpareLink.listing_id == listing_id)).scalar_one_or_none()
    if quota is not None:
        uow.changed("quota", quota)


def forget(uow: UnitOfWork, listing_id: int) -> None:
    """It may sell again, as far as we are concerned."""
    uow.execute(delete(SpareLink).where(SpareLink.listing_id == listing_id))


# --- links that lead to other goods by now --------------------------------------------------------------------------


def rematched(connection: Connection) -> Sequence[tuple[int, int, bool]]:
    """(quota, shop, is written) of quotas whose link leads to other goods by now."""
    return [(row.id, row.shop_id, row.writes_stock) for row in connection.execute(_REMATCHED)]


def wind_down(uow: UnitOfWork, quota_id: int, *, writes: bool) -> bool:
    """Take the old goods' units off such a link, then let go of it; whether it is free now.

    Only then does the link sell from the quota of its new goods: two would write the same number. What its buyers
    take meanwhile counts as the new goods, so that what one withdrawal does not find is nobody's right any more.
    """
    query = select(StockAct.state, StockAct.reason).where(StockAct.quota_id == quota_id)
    newest = uow.execute(query.order_by(StockAct.id.desc()).limit(1)).one_or_none()
    if newest is not None and newest.state in OPEN:
        return False
    book, _ = lock_for(uow, [quota_id])
    if not book.quotas:
        raise NotFound("quota.unknown", f"there is no quota {quota_id}")
    quota = book.quotas[0]
    if writes and quota.right and (newest is None or newest.reason != REMATCHED):
        acts.withdraw(uow, quota_id, quota.right, REMATCHED)
        return False
    acts.fall(book, quota, quota.right)
    quota.slack = quota.overdrawn = 0
    quota.adopted_at = None
    acts.write_book(uow, book)
    _keep_pause(uow, quota_id)
    acts.let_go(uow, quota_id)
    return True


def _keep_pause(uow: UnitOfWork, quota_id: int) -> None:
    """That the link is off sale because of us outlives the quota's hold of it: as of a silent link, it goes back."""
    query = select(Quota.listing_id).where(Quota.id == quota_id, Quota.paused_at.is_not(None))
    listing_id = uow.execute(query).scalar_one_or_none()
    if listing_id is None:
        return
    forget(uow, listing_id)
    facts = {"state": QUIET, "is_paused": True, "error": "", "asked_at": uow.now}
    uow.insert_many(SpareLink, [{"listing_id": listing_id, "quota_id": quota_id, **facts}])


def take_over(uow: UnitOfWork, quota_id: int) -> None:
    """A quota sells from a link now: one that is off sale because of us is the quota's to put back."""
    query = select(SpareLink.listing_id).join(Quota, Quota.listing_id == SpareLink.listing_id)
    listing_id = uow.execute(query.where(Quota.id == quota_id, SpareLink.is_paused)).scalar_one_or_none()
    if listing_id is not None:
        acts.note_paused(uow, quota_id)
        forget(uow, listing_id)


# --- what people are told -------------------------------------------------------------------------------------------


def spare_links(connection: Connection, at: datetime) -> Sequence[Standing]:
    """Links that may still sell what another link of the shop sells from a quota."""
    query = (
        select(SpareLink.listing_id, SpareLink.error, Listing.title, Sku.id.label("sku_id"), Sku.code, Sku.name)
        .add_columns(Shop.name.label("shop"))
        .join(Listing, Listing.id == SpareLink.listing_id)
        .join(Quota, Quota.id == SpareLink.quota_id)
        .join(Sku, Sku.id == Quota.sku_id)
        .join(Shop, Shop.id == Quota.shop_id)
        .where(text("spare_link.state <> 'quiet'"), or_(SpareLink.state == FAILED, SpareLink.asked_at < at - _LOUD))
        .order_by(SpareLink.listing_id)
    )
    return [
        Standing(
            "quota.spare_link",
            f"listing:{row.listing_id}",
            Severity.WARNING,
            {"sku_id": row.sku_id, "code": row.code, "name": row.name, "shop": row.shop, "title": row.title},
        )
        for row in connection.execute(query)
    ]
