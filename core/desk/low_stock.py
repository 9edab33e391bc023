"""Rules when stock runs low: purchase limits, the breaker, and the one button that stops a sale everywhere."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from core.access.gate import needs
from core.access.rights import Right
from core.catalog.queries import by_name
from core.channels.models import Shop
from core.customers.members import member_counts
from core.db.unit_of_work import Store
from core.inventory.stopping import breaker, stops
from core.inventory.stopping.progress import count_standing, hands_needed, open_stops, shops_of
from core.inventory.stopping.records import BreakerRuleRow, RuleDraft, ShopStop, StopRow, TripRow
from core.inventory.stopping.rules import breaker_rules, drop_breaker_rule, put_breaker_rule
from core.orders.limits import editing
from core.orders.limits.deciding import all_rules
from core.orders.limits.flagged import FlaggedOrder, flagged_orders
from core.orders.limits.records import LimitRule, Step
from core.runtime.errors import NotFound
from core.runtime.first_of import FirstOf
from core.runtime.ids import SkuId


@dataclass(frozen=True, slots=True)
class ShopName:
    """A shop to choose."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class LowStockView:
    """Everything of one moment.

    Attributes:
        limits: purchase limits, the one for everything first.
        flagged: orders over a limit that wait for a person's word.
        rules, trips: the breaker's.
        stops: stops that are not over.
        shops: shops a rule may name.
        asks_first: names of the shops that ask before they sell; limits are enforced there.
        owner_members, mall_members: how many customers the owner made members, and how many malls call so.
    """

    limits: tuple[LimitRule, ...]
    flagged: FirstOf[FlaggedOrder]
    rules: tuple[BreakerRuleRow, ...]
    trips: tuple[TripRow, ...]
    stops: tuple[StopRow, ...]
    shops: tuple[ShopName, ...]
    asks_first: tuple[str, ...]
    owner_members: int
    mall_members: int


@dataclass(frozen=True, slots=True)
class StopPreview:
    """What a stop would do; `sku_code` is empty for everything."""

    sku_id: SkuId | None
    sku_code: str
    sku_name: str
    shops: tuple[ShopStop, ...]


class LowStock:
    """Looking at the rules and at what is stopped; writing them; stopping and letting go."""

    def __init__(self, store: Store) -> None:
        self._store = store

    # --- looking ------------------------------------------------------------------------------------------------

    @needs(Right.SEE_STOCK)
    def view(self) -> LowStockView:
        """What the page shows."""
        return self._store.read(_view)

    @needs(Right.SEE_DESK)
    def standing(self) -> int:
        """How many stops of a person and of the breaker hold now."""

        def count(connection: Connection) -> int:
            return count_standing(connection) + breaker.count_acted(connection)

        return self._store.read(count)

    @needs(Right.SEE_DESK)
    def by_hand(self) -> tuple[str, ...]:
        """Names of the shops where somebody has to see to what is stopped now."""
        return self._store.read(lambda connection: hands_needed(connection, _asks_first(connection)))

    @needs(Right.SEE_STOCK)
    def preview(self, sku_code: str, shop_ids: Sequence[int]) -> StopPreview:
        """What a stop of this SKU (empty: of everything) would do at which shop.

        Raises:
            NotFound: `limit.sku_unknown`.
        """

        def look(connection: Connection) -> StopPreview:
            sku_id, code, name = _named(connection, sku_code)
            return StopPreview(sku_id, code, name, shops_of(connection, sku_id, shop_ids, _asks_first(connection)))

        return self._store.read(look)

    # --- the button ---------------------------------------------------------------------------------------------

    @needs(Right.STOP_SALE)
    def stop(self, sku_code: str, shop_ids: Sequence[int], reason: str) -> int:
        """Stop the sale of a SKU (empty: of everything) at these shops (none named: at all); gives the stop's id.

        Raises:
            NotFound: `limit.sku_unknown`; as `core.inventory.stopping.stops.stop_sale`.
            Refused: as `core.inventory.stopping.stops.stop_sale`.
        """
        return self._store.write(
            lambda uow: stops.stop_sale(uow, _named(uow.connection, sku_code)[0], shop_ids, reason)
        )

    @needs(Right.STOP_SALE)
    def lift(self, stop_id: int) -> None:
        """Let it be sold again.

        Raises:
            NotFound: as `core.inventory.stopping.stops.lift_stop`.
        """
        self._store.write(lambda uow: stops.lift_stop(uow, stop_id))

    @needs(Right.STOP_SALE)
    def mark_shop(self, stop_id: int, shop_id: int, *, is_done: bool) -> None:
        """Write down that a shop was seen to by hand, or was not after all.

        Raises:
            NotFound: as `core.inventory.stopping.stops.mark_shop`.
        """
        self._store.write(lambda uow: stops.mark_shop(uow, stop_id, shop_id, is_done=is_done))

    @needs(Right.STOP_SALE)
    def close(self, stop_id: int) -> None:
        """Put a lifted stop away.

        Raises:
            NotFound, Refused: as `core.inventory.stopping.stops.close_stop`.
        """
        self._store.write(lambda uow: stops.close_stop(uow, stop_id))

    # --- the breaker --------------------------------------------------------------------------------------------

    @needs(Right.STOP_SALE)
    def accept(self, trip_id: int) -> None:
        """Do what the breaker proposes.

        Raises:
            NotFound: as `core.inventory.stopping.breaker.accept`.
        """
        self._store.write(lambda uow: breaker.accept(uow, trip_id))

    @needs(Right.STOP_SALE)
    def let_go(self, trip_id: int) -> None:
        """Say no to the breaker, or let it be sold again.

        Raises:
            NotFound: as `core.inventory.stopping.breaker.let_go`.
        """
        self._store.write(lambda uow: breaker.let_go(uow, trip_id))

    @needs(Right.SHARE_STOCK)
    def put_breaker_rule(self, rule_id: int | None, draft: RuleDraft) -> int:
        """Write a rule of the breaker.

        Raises:
            NotFound, Refused: as `core.inventory.stopping.rules.put_breaker_rule`.
        """
        return self._store.write(lambda uow: put_breaker_rule(uow, rule_id, draft))

    @needs(Right.SHARE_STOCK)
    def drop_breaker_rule(self, rule_id: int) -> None:
        """Take a rule of the breaker away.

        Raises:
            NotFound: as `core.inventory.stopping.rules.drop_breaker_rule`.
        """
        self._store.write(lambda uow: drop_breaker_rule(uow, rule_id))

    # --- purchase limits ----------------------------------------------------------------------------------------

    @needs(Right.SHARE_STOCK)
    def put_limit(self, sku_code: str, window_days: int, steps: Sequence[Step], *, is_active: bool) -> int:
        """Write a purchase limit.

        Raises:
            NotFound, Refused: as `core.orders.limits.editing.put_rule`.
        """
        return self._store.write(lambda uow: editing.put_rule(uow, sku_code, window_days, steps, is_active=is_active))

    @needs(Right.SHARE_STOCK)
    def drop_limit(self, rule_id: int) -> None:
        """Take a purchase limit away.

        Raises:
            NotFound: as `core.orders.limits.editing.drop_rule`.
        """
        self._store.write(lambda uow: editing.drop_rule(uow, rule_id))


def _view(connection: Connection) -> LowStockView:
    asks_first = _asks_first(connection)
    members = member_counts(connection)
    query = select(Shop.id, Shop.name).where(Shop.is_active).order_by(Shop.id)
    shops = tuple(ShopName(row.id, row.name) for row in connection.execute(query))
    return LowStockView(
        all_rules(connection),
        flagged_orders(connection),
        breaker_rules(connection),
        breaker.open_trips(connection, asks_first),
        open_stops(connection, asks_first),
        shops,
        tuple(shop.name for shop in shops if shop.id in asks_first),
        members["owner"],
        members["malls"],
    )


def _asks_first(connection: Connection) -> frozenset[int]:
    # Nothing of the door is loaded by a start.
    from core.gateway.keys import door_shops

    return door_shops(connection)


def _named(connection: Connection, sku_code: str) -> tuple[SkuId | None, str, str]:
    said = sku_code.strip()
    if not said:
        return None, "", ""
    found = by_name(connection, said)
    if found is None:
        raise NotFound("limit.sku_unknown", f"there is no SKU {said}", sku=said)
    return SkuId(found.sku_id), found.code, found.name
