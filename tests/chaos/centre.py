"""The product over the simulated shops: its real puller, lanes' work, outbox and desk, in virtual time."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import select

from core.aftersale.models import AfterSaleCase
from core.behind import Behind
from core.catalog.models import Sku
from core.catalog.records import SkuSpec
from core.catalog.service import take_in
from core.channels.contract import Channel
from core.channels.plugin import ChannelPlugin
from core.channels.registry import ChannelRegistry, built_in
from core.config import CoreConfig
from core.customers.queries import consignees
from core.db import outbox
from core.db.cipher import AesCipher, Digester
from core.db.models import Outbox
from core.db.unit_of_work import Actor, Store, UnitOfWork
from core.desk.activity import Activity
from core.desk.packing import Packing
from core.fulfilment.models import Parcel, ParcelLine
from core.inventory import queries as stock_queries
from core.inventory.ledger import receive
from core.inventory.models import StockLevel, Warehouse
from core.orders.models import Hold, Order, OrderLine
from core.outside import Outside
from core.runtime.clock import Clock, ManualClock
from core.runtime.http import HttpClient
from core.runtime.ids import SkuId, WarehouseId
from core.sync.cursors import CASES, CHANGED, move
from core.sync.pulling import Pull
from core.sync.shops import add_shop
from core.waybills.accounts import Account, ServiceFactory, save_account
from core.waybills.contract import WaybillGrant, WaybillRequest
from core.waybills.models import Waybill
from core.waybills.numbers import lane_of
from tests.chaos.platforms import CODES, PLENTY, Played
from tests.support.fake_shop import FakeCarrier
from tests.support.world import ANY_AGE, KEY, SENDER, Address, make_tables

CARRIER = "ZTO"
#: the program's name among those that share the database: the same after a kill
HOLDER = "desk 1"
_OPEN = ("waiting", "leased")


class Carrier(FakeCarrier):
    """Numbers as platforms know them of this carrier."""

    def _grant(self, request: WaybillRequest, *, is_same: bool) -> WaybillGrant:
        if request.key not in self.granted:
            number = f"731{len(self.granted) + 1:011}"
            self.granted[request.key] = WaybillGrant(request.key, request.carrier_code, number, "", "", number)
        return self.granted[request.key]


class _VirtualOutside(Outside):
    """The ways to the outside, with a client that waits in virtual time."""

    def __init__(self, clock: ManualClock, channels: ChannelRegistry, carrier: FakeCarrier) -> None:
        super().__init__(clock, channels)
        self._virtual = HttpClient(clock, sleep=lambda s: clock.advance(seconds=s), uniform=lambda low, _high: low)
        self._carrier = carrier

    def client(self) -> HttpClient:
        return self._virtual

    def services(self) -> Mapping[str, ServiceFactory]:
        return {"fake": lambda _account: self._carrier}

    def close(self) -> None:
        self._virtual.close()


#: what is changed of how a channel is opened; a twin takes a guard away here
Change = Callable[[Channel], Channel]


def _registry(page_size: int, change: Change) -> ChannelRegistry:
    """Every kind of shop as the program opens it, with small pages: a handful of orders fills several."""

    def small(plugin: ChannelPlugin) -> ChannelPlugin:
        def factory(settings: Any, secret: Any, http: HttpClient, clock: Clock) -> Channel:
            return change(_with_pages(plugin.factory(settings, secret, http, clock), page_size))

        return replace(plugin, factory=factory)

    return ChannelRegistry([small(plugin) for plugin in built_in().all()])


def _with_pages(channel: Any, size: int) -> Channel:
    channel.capabilities = small = replace(channel.capabilities, page_size=size)
    for part in vars(channel).values():
        # Some read the size from their channel, some were told it when they were made.
        if hasattr(part, "_capabilities"):
            part._capabilities = small
        if hasattr(part, "_page_size"):
            part._page_size = size
    return channel  # type: ignore[no-any-return]


def _no_alerts() -> Any:
    raise AssertionError("no alerts here")


@dataclass(frozen=True, slots=True)
class Seen:
    """An order as the centre has it."""

    id: int
    payment: str
    fulfilment: str
    after_sale: str
    amount_fen: int
    lines: tuple[tuple[str, int, str], ...]
    address: str
    seller_note: str
    holds: frozenset[str]


class Centre:
    """One program on one database file. Close it."""

    def __init__(
        self,
        path: Path,
        clock: ManualClock,
        *,
        page_size: int = 7,
        carrier: FakeCarrier | None = None,
        change: Change = lambda channel: channel,
    ) -> None:
        self.path, self.clock = path, clock
        self.carrier = carrier or Carrier(left=10**9)
        engines = Address(sqlite_path=str(path)).engines()
        for engine in (engines.writer, engines.reader):
            engine.dialect.personal_cipher = AesCipher(KEY)  # type: ignore[attr-defined]  # as open_store does
        self.store = Store(engines, clock, Actor("clerk", HOLDER))
        self._outside = _VirtualOutside(clock, _registry(page_size, change), self.carrier)
        config = CoreConfig(folder=path.parent, desk_id=HOLDER, carrier_code=CARRIER, clock=clock)
        self.behind = Behind(
            self.store,
            Digester(KEY).digest,
            config,
            self._outside,
            alerting=_no_alerts,
            refresh_people=lambda: None,
        )
        self.packing = Packing(self.store, self.behind.asking, CARRIER, self._outside.channels)
        self.activity = Activity(self.store)
        self._nonces = count(int(clock.now().timestamp() * 1000))
        #: shop id of each kind
        self.shop_ids = {shop.channel: shop.id for shop in self.behind.shops()}
        self._codes = {row.id: row.code for row in self._rows(select(Sku.id, Sku.code))}
        self._serve()

    def restarted(self) -> None:
        """As a program does when it starts: what its former self had in hand is due at once."""
        self.store.write(lambda uow: outbox.take_back(uow, HOLDER))

    def _serve(self) -> None:
        self.restarted()
        for shop_id in self.shop_ids.values():
            self.behind.asking.serve(shop_id)

    def furnish(self, shops: Sequence[Played]) -> None:
        """One warehouse, the goods, and the shops; each was pulled whole a moment ago."""
        self.store.write(lambda uow: _furnish(uow, shops))
        self.shop_ids = {shop.channel: shop.id for shop in self.behind.shops()}
        self._codes = {row.id: row.code for row in self._rows(select(Sku.id, Sku.code))}
        self._serve()

    def close(self) -> None:
        """Give everything back."""
        self._outside.close()
        self.store.close()

    # --- the lanes' work ---------------------------------------------------------------------------------------------

    def pull(self, kind: str, *, all_open: bool = False) -> Pull | None:
        """What the shop's pulling lane does; raises as it."""
        return self.behind.pull_shop(self.shop_ids[kind], all_open=all_open)

    def tell(self, kind: str) -> int:
        """What the lanes do that tell the shop and ask it for single orders."""
        shop_id = self.shop_ids[kind]
        self.behind.asking.work(shop_id)
        return self.behind.deliver(f"shop:{shop_id}")

    def buy_numbers(self) -> None:
        """What the carrier's lane does."""
        self.behind.deliver(lane_of(CARRIER))

    # --- the clerk's hands -------------------------------------------------------------------------------------------

    def number_of(self, kind: str, no: str) -> str:
        """The number of the parcel that waits for an order, blank where there is none yet."""
        query = (
            select(Waybill.number)
            .join(ParcelLine, ParcelLine.parcel_id == Waybill.parcel_id)
            .join(Parcel, Parcel.id == ParcelLine.parcel_id)
            .join(Order, Order.id == ParcelLine.order_id)
            .where(Order.shop_id == self.shop_ids[kind], Order.order_no == no, Waybill.state == "obtained")
            .where(Parcel.state != "cancelled")
        )
        found = self._rows(query.order_by(Waybill.id.desc()).limit(1))
        return str(found[0].number) if found else ""

    def pack(self, kind: str, no: str, number: str) -> tuple[str, dict[str, int]]:
        """Open a parcel, ask its shop as the lane does, verify the goods, and scan it out.

        Gives the last verdict's code and, where it left, what the clerk laid into the box: merchant code -> units.
        """
        opened = self.packing.open_code(number, self._nonce())
        if opened.code != "parcel.opened" or opened.parcel is None:
            return opened.code, {}
        self.behind.asking.work(self.shop_ids[kind])
        parcel = self.packing.refresh(opened.parcel.id)
        if parcel is None or parcel.state == "cancelled":
            return "parcel.gone", {}
        laid: dict[str, int] = {}
        for line in parcel.lines:
            if line.missing_qty:
                verdict = self.packing.confirm_by_hand(
                    parcel.id, parcel.fence, line.id, line.missing_qty, self._nonce()
                )
                if verdict.tone == "stop":
                    return verdict.code, {}
            laid[line.sku_code] = laid.get(line.sku_code, 0) + line.verified_qty + line.missing_qty
        done = self.packing.scan_label(parcel.id, parcel.fence, number, self._nonce(), ANY_AGE)
        if not done.code.startswith("parcel.shipped") or done.code == "parcel.shipped_before":
            self.packing.leave(parcel.id, parcel.fence)
            return done.code, {}
        return done.code, laid

    def _nonce(self) -> str:
        return f"n{next(self._nonces)}"

    def retry_failed(self) -> int:
        """The clerk presses "try again" for all that failed and is no conflict; gives how many."""
        page = self.activity.page("failed", None, 500)
        return sum(self.activity.retry(row.id) for row in page.rows)

    # --- looking -----------------------------------------------------------------------------------------------------

    def _rows(self, query: Any) -> Sequence[Any]:
        return self.store.read(lambda connection: connection.execute(query).all())

    def numbers(self, kind: str) -> list[str]:
        """Every order of a shop, by number."""
        query = select(Order.order_no).where(Order.shop_id == self.shop_ids[kind]).order_by(Order.order_no)
        return [row.order_no for row in self._rows(query)]

    def cases(self, kind: str) -> dict[str, list[str]]:
        """Order -> the states its after-sale cases are in."""
        query = select(AfterSaleCase.order_no, AfterSaleCase.state)
        found: dict[str, set[str]] = {}
        for row in self._rows(query.where(AfterSaleCase.shop_id == self.shop_ids[kind])):
            found.setdefault(row.order_no, set()).add(row.state)
        return {no: sorted(states) for no, states in found.items()}

    def seen(self, kind: str, numbers: Sequence[str]) -> dict[str, Seen]:
        """These orders as they are here; those that are not here are left out."""
        found: dict[str, Seen] = {}
        for start in range(0, len(numbers), 500):
            found |= self.store.read(
                lambda connection, start=start: self._seen(  # type: ignore[misc]
                    connection, self.shop_ids[kind], numbers[start : start + 500]
                )
            )
        return found

    def _seen(self, connection: Any, shop_id: int, numbers: Sequence[str]) -> dict[str, Seen]:
        query = select(*Order.__table__.c).where(Order.shop_id == shop_id, Order.order_no.in_(numbers))
        rows = connection.execute(query).all()
        ids = [row.id for row in rows]
        lines: dict[int, list[tuple[str, int, str]]] = {}
        columns = (OrderLine.order_id, OrderLine.sku_id, OrderLine.channel_qty, OrderLine.after_sale)
        for line in connection.execute(
            select(*columns).where(OrderLine.order_id.in_(ids), OrderLine.is_current).order_by(OrderLine.id)
        ):
            code = self._codes.get(line.sku_id, "?")
            lines.setdefault(line.order_id, []).append((code, line.channel_qty, line.after_sale))
        holds: dict[int, set[str]] = {}
        open_ones = select(Hold.order_id, Hold.reason).where(Hold.order_id.in_(ids), Hold.released_at.is_(None))
        for hold in connection.execute(open_ones.order_by(Hold.id)):
            holds.setdefault(hold.order_id, set()).add(hold.reason)
        people = consignees(connection, [row.consignee_id for row in rows])
        return {
            row.order_no: Seen(
                row.id,
                row.payment,
                row.fulfilment,
                row.after_sale,
                row.amount_fen,
                tuple(sorted(lines.get(row.id, ()))),
                people[row.consignee_id].address,
                row.seller_note,
                frozenset(holds.get(row.id, ())),
            )
            for row in rows
        }

    def stock(self) -> dict[str, tuple[int, int]]:
        """Merchant code -> (on hand, promised)."""
        query = select(
            StockLevel.sku_id, StockLevel.on_hand_qty, StockLevel.reserved_qty, StockLevel.confirmed_qty
        ).order_by(StockLevel.id)
        return {
            self._codes[row.sku_id]: (row.on_hand_qty, row.reserved_qty + row.confirmed_qty)
            for row in self._rows(query)
        }

    def bad_sums(self) -> Sequence[Any]:
        """Where the movements do not sum up to the levels."""
        return self.store.read(stock_queries.check_sums)

    def waiting(self) -> int:
        """Deliveries that are still to be made."""
        return len(self._rows(select(Outbox.id).where(Outbox.state.in_(_OPEN))))

    def unsettled(self) -> Mapping[int, str]:
        """Order id -> why a person has to look: what was to be told of it and never went through."""
        query = select(Outbox.payload, Outbox.last_error).where(Outbox.state == "failed").order_by(Outbox.id)
        return {
            int(row.payload["order_id"]): row.last_error for row in self._rows(query) if "order_id" in row.payload
        }


def _furnish(uow: UnitOfWork, shops: Sequence[Played]) -> None:
    warehouse = uow.insert(Warehouse, {"code": "main", "name": "主仓"})
    skus = take_in(uow, [SkuSpec(code, f"商品 {code}", code, "", 100, lacks_barcode=True) for code in CODES])
    for code in CODES:
        receive(uow, WarehouseId(warehouse), SkuId(skus[code]), PLENTY, "opening", f"opening {code}")
    save_account(uow, Account("fake", CARRIER, "中通快递", {}, "carrier secret", SENDER))
    for shop in shops:
        secret = json.dumps(dict(shop.secret()))
        shop_id = add_shop(
            uow, shop.kind, f"{shop.kind} 店", shop.settings(), secret, warehouse, confirms_shipments=True
        )
        for feed in (CHANGED, CASES):
            move(uow, shop_id, feed, uow.now)


def new_file(path: Path) -> None:
    """An empty database."""
    make_tables(Address(sqlite_path=str(path)))


__all__ = ["Carrier", "Centre", "Seen", "new_file"]
