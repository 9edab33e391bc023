"""How far each shop has followed a stop, or would have to: looked at anew each time, nothing is kept of it."""

from collections.abc import Collection, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, and_, case, exists, func, not_, or_, select

from core.catalog.models import BundleLine, Listing, Sku
from core.channels.by_hand import UNCALLED
from core.channels.models import Shop
from core.inventory.quotas.acts import CAPPED, EMPTIED, RESUMED, STOPPED
from core.inventory.quotas.links import FAILED, QUIET
from core.inventory.quotas.models import Quota, SkuPlan, SpareLink, StockAct
from core.inventory.quotas.states import PLANNED, ActKind, ActState
from core.inventory.stopping.models import BreakerRule, BreakerTrip, SaleStop
from core.inventory.stopping.records import LinkText, Progress, ShopStop, StopRow, TripState, Way
from core.runtime.ids import SkuId

#: listings of a shop that are named; how many there are besides is said
MOST_LINKS: Final = 20
_SHOPS = select(Shop.id, Shop.name, Shop.channel, Shop.writes_stock).where(Shop.is_active).order_by(Shop.id)
_STOPS = (
    select(*SaleStop.__table__.c, Sku.code, Sku.name)
    .outerjoin(Sku, Sku.id == SaleStop.sku_id)
    .where(SaleStop.closed_at.is_(None))
    .order_by(SaleStop.id)
)


def open_stops(connection: Connection, asks_first: Collection[int]) -> tuple[StopRow, ...]:
    """The stops that are not over; `asks_first` are the shops that ask us before they sell."""
    found: Sequence[Any] = connection.execute(_STOPS).all()
    return tuple(
        StopRow(
            row.id,
            row.sku_id,
            row.code or "",
            row.name or "",
            not row.shop_ids,
            row.reason,
            row.at,
            row.by,
            row.lifted_at,
            shops_of(
                connection,
                row.sku_id,
                row.shop_ids,
                asks_first,
                done=row.done_shop_ids,
                is_lifted=row.lifted_at is not None,
            ),
        )
        for row in found
    )


def count_standing(connection: Connection) -> int:
    """How many stops hold now: what the bar asks again and again."""
    query = select(func.count()).where(SaleStop.closed_at.is_(None), SaleStop.lifted_at.is_(None))
    return int(connection.execute(query).scalar_one())


_ACTED = (
    select(BreakerTrip.sku_id, BreakerRule.target_shop_ids)
    .join(BreakerRule, BreakerRule.id == BreakerTrip.rule_id)
    .where(BreakerTrip.closed_at.is_(None), BreakerTrip.state == TripState.ACTED.value)
    .order_by(BreakerTrip.id)
)
#: a shop whose links and numbers are written from here
_IS_TOLD: Final = and_(Shop.writes_stock, Shop.channel.not_in(UNCALLED))
_NEWEST_ACT = (
    select(StockAct.id)
    .where(StockAct.quota_id == Quota.id, StockAct.kind != ActKind.READ.value)
    .order_by(StockAct.id.desc())
    .limit(1)
    .correlate(Quota)
    .scalar_subquery()
)
#: a link whose number is not written otherwise was brought to nothing for the stop: nobody gives it another
_IS_EMPTIED: Final = and_(
    or_(SkuPlan.mode.is_(None), SkuPlan.mode.not_in(PLANNED)),
    Quota.listed_qty == 0,
    exists().where(
        StockAct.id == _NEWEST_ACT,
        StockAct.kind == ActKind.PUSH.value,
        StockAct.state == ActState.DONE.value,
        StockAct.reason.in_((STOPPED, EMPTIED)),
    ),
)
_IS_REFUSED: Final = or_(
    and_(SpareLink.state.is_not(None), SpareLink.state == FAILED),
    exists().where(
        StockAct.id == _NEWEST_ACT,
        StockAct.state == ActState.REFUSED.value,
        StockAct.reason.in_((STOPPED, EMPTIED, CAPPED, RESUMED)),
    ),
)


def hands_needed(connection: Connection, asks_first: Collection[int]) -> tuple[str, ...]:
    """Names of the shops where somebody has to see to a stop that holds, a person's or the breaker's."""
    holding = _STOPS.where(SaleStop.lifted_at.is_(None))
    wanted = [(row.sku_id, row.shop_ids, {*asks_first, *row.done_shop_ids}) for row in connection.execute(holding)]
    wanted += [(row.sku_id, row.target_shop_ids, set(asks_first)) for row in connection.execute(_ACTED)]
    return tuple(dict.fromkeys(name for one in wanted for name in shops_by_hand(connection, *one)))


def shops_by_hand(
    connection: Connection, sku_id: SkuId | None, shop_ids: Collection[int], seen_to: Collection[int]
) -> tuple[str, ...]:
    """Names of the shops (none named: of all) where a stop needs somebody's hand.

    Such as have listings that are not written from here, or that the platform would not take off sale; `seen_to` are
    shops that need nobody: they ask us first, or somebody was there.
    """
    query = _links(sku_id).where(_needs_hand(is_lifted=False)).limit(1)
    return tuple(
        shop.name
        for shop in _wanted(connection, shop_ids)
        if shop.id not in seen_to and connection.execute(query.where(Listing.shop_id == shop.id)).first()
    )


def shops_of(
    connection: Connection,
    sku_id: SkuId | None,
    shop_ids: Collection[int],
    asks_first: Collection[int],
    *,
    done: Collection[int] = (),
    is_lifted: bool = False,
) -> tuple[ShopStop, ...]:
    """How each of these shops (none named: all) hears of a stop, and how far it is.

    Told through the platform are the listings of shops we write to; they have followed when the platform has said
    that nothing can be bought. All others, and those the platform refused, somebody has to see to there.
    """
    shops = _wanted(connection, shop_ids)
    by_hand = _needs_hand(is_lifted=is_lifted)
    waits = and_(_IS_TOLD, not_(by_hand), not_(_has_followed(is_lifted=is_lifted)))
    links = _links(sku_id)
    counts = links.with_only_columns(
        Listing.shop_id,
        *(func.sum(case((each, 1), else_=0)) for each in (and_(_IS_TOLD, not_(by_hand)), waits, by_hand)),
    ).group_by(Listing.shop_id)
    rows: Sequence[Any] = connection.execute(counts).all()
    found = {shop_id: tuple(int(number) for number in numbers) for shop_id, *numbers in rows}
    named = links.with_only_columns(Listing.item_id, Listing.title, Listing.spec).where(by_hand)
    named = named.order_by(Listing.id).limit(MOST_LINKS)

    def first(shop_id: int) -> tuple[LinkText, ...]:
        some = connection.execute(named.where(Listing.shop_id == shop_id))
        return tuple(LinkText(row.item_id, row.title, row.spec) for row in some)

    stops = []
    for shop in shops:
        told, waiting, count = found.get(shop.id, (0, 0, 0))
        asks = shop.id in asks_first
        if asks:
            # Refused at our door whatever the platform does with its link.
            told, count = told + count * shop.writes_stock, 0
        texts = first(shop.id) if count else ()
        way = Way.ASKS if asks else Way.BY_HAND if count else Way.TOLD if told else Way.NOTHING
        is_to_do = count > 0 and shop.id not in done
        progress = Progress.TO_DO if is_to_do else Progress.WAITING if waiting else Progress.DONE
        stops.append(ShopStop(shop.id, shop.name, shop.channel, way, progress, told, waiting, count, texts))
    return tuple(stops)


def _wanted(connection: Connection, shop_ids: Collection[int]) -> Sequence[Any]:
    shops: Sequence[Any] = connection.execute(_SHOPS).all()
    return [shop for shop in shops if not shop_ids or shop.id in shop_ids]


def _links(sku_id: SkuId | None) -> Select[Any]:
    """Listings of these goods (None: of all) and of bundles of them.

    Not those that another link of the shop sells instead of: nothing can be bought there, and nothing may be.
    """
    query = (
        select(Listing.id)
        .join(Shop, Shop.id == Listing.shop_id)
        .outerjoin(Quota, Quota.listing_id == Listing.id)
        .outerjoin(SkuPlan, SkuPlan.sku_id == Quota.sku_id)
        .outerjoin(SpareLink, SpareLink.listing_id == Listing.id)
        .where(Listing.sku_id.is_not(None), SpareLink.state.is_distinct_from(QUIET))
    )
    if sku_id is None:
        return query
    bundles = select(BundleLine.bundle_sku_id).where(BundleLine.component_sku_id == sku_id)
    return query.where(or_(Listing.sku_id == sku_id, Listing.sku_id.in_(bundles)))


def _has_followed(*, is_lifted: bool) -> ColumnElement[bool]:
    if is_lifted:
        return and_(Quota.is_on_sale.is_not(False), SpareLink.is_paused.is_not(True))
    return and_(Quota.id.is_not(None), or_(Quota.is_on_sale.is_(False), func.coalesce(Quota.listed_qty, -1) == 0))


def _needs_hand(*, is_lifted: bool) -> ColumnElement[bool]:
    """Not written from here, or refused by the platform; on the way back also what nobody gives a number again."""
    refused = and_(not_(_has_followed(is_lifted=is_lifted)), _IS_REFUSED)
    return or_(not_(_IS_TOLD), refused, _IS_EMPTIED) if is_lifted else or_(not_(_IS_TOLD), refused)
