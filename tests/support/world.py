"""A small shop with everything behind the desk, on SQLite or PostgreSQL: the real spine, a fake shop and carrier."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Select, select, text

from core.catalog.models import Sku
from core.catalog.records import SkuSpec
from core.catalog.service import take_in
from core.channels.contract import Channel, ChannelOrder
from core.channels.models import Shop
from core.channels.registry import built_in
from core.counting.comparing import nothing_listed
from core.customers.regions import RegionTable
from core.db.cipher import AesCipher, Digester
from core.db.engines import Engines, postgres_engines, sqlite_engines
from core.db.keys import DataKey
from core.db.schema import all_tables
from core.db.unit_of_work import Actor, Store, UnitOfWork
from core.desk.accidents import Accidents
from core.desk.activity import Activity
from core.desk.after_sales import AfterSales
from core.desk.batches import Batches
from core.desk.count_reports import CountReports
from core.desk.counting import Counting
from core.desk.customers import Customers
from core.desk.day import Day
from core.desk.documents import Documents
from core.desk.drill import Drill
from core.desk.handover import Handover
from core.desk.labels import Labels
from core.desk.listings import Listings
from core.desk.low_stock import LowStock
from core.desk.notes import Notes
from core.desk.order_entry import OrderEntry
from core.desk.orders import Orders
from core.desk.packing import Packing
from core.desk.payments import Payments
from core.desk.print_jobs import PrintJobs
from core.desk.products import Products
from core.desk.quotas import Quotas
from core.desk.replenish import Replenish
from core.desk.shop_history import ShopHistory
from core.desk.shops import Shops
from core.desk.starting import Starting
from core.desk.status import Status
from core.desk.stock import Stock
from core.desk.waves import Waves
from core.fulfilment.models import Parcel, ParcelLine
from core.fulfilment.parcels import release_ready
from core.fulfilment.records import KnowledgeRule, OnOld, Verdict
from core.fulfilment.resuming import goods_came, listings_matched
from core.fulfilment.taking import PageResult, take_page
from core.inventory import queries as stock_queries
from core.inventory.ledger import receive
from core.inventory.models import Warehouse
from core.inventory.service import expire_due
from core.orders.models import Hold, Order, OrderLine
from core.orders.records import OrderFilter, OrderRow
from core.payments.bills import Bills
from core.payments.contract import Gateway
from core.payments.gateways import GatewayRecord
from core.practice.drill.watching import WATCHES
from core.runtime.clock import Clock, ManualClock
from core.runtime.ids import SkuId, WarehouseId
from core.sync.asking import Asking, AskOne
from core.sync.delivering import Deliverer
from core.sync.handlers import Handlers
from core.sync.listing_rounds import ListingRounds
from core.sync.merge_asking import MergeAsking
from core.sync.pulling import Puller
from core.sync.reconciling import Reconciler
from core.sync.shops import ShopRecord, active_shops, add_shop, shop_of
from core.sync.traces import Traces
from core.waybills.accounts import Account, save_account
from core.waybills.contract import Sender
from core.waybills.models import PrintJob, Waybill
from core.waybills.numbers import lane_of
from resources.paths import regions_file
from tests.support import warm
from tests.support.fake_shop import FakeCarrier, FakeShop
from tests.support.in_order import in_order

T = TypeVar("T")

START = datetime(2026, 6, 18, 2, 0, tzinfo=UTC)
KEY = DataKey(bytes(range(32)))
CARRIER = "TT"
SENDER = Sender("练习店仓库", "05710000000", "浙江省", "杭州市", "余杭区", "练习路18号")

#: a small catalogue: plain goods, one without a barcode, an uncounted one, a bundle of 2 bears and 1 bag
CATALOGUE = (
    SkuSpec("BEAR", "团团熊", "团团熊", "大号", 200, barcodes=(("6901234567892", 1), ("16901234567899", 24))),
    SkuSpec("BAG", "布袋", "布袋", "红", 50, barcodes=(("6901234567908", 1),)),
    SkuSpec("CARD", "贺卡", "贺卡", "", 10, lacks_barcode=True),
    SkuSpec("GIFT", "赠品贴纸", "贴纸", "", 5, is_stock_managed=False, barcodes=(("6901234567915", 1),)),
    SkuSpec("SET", "团团熊礼盒", "熊礼盒", "", 450, components=(("BEAR", 2), ("BAG", 1))),
)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a world's database is; crosses to other processes."""

    sqlite_path: str = ""
    postgres_url: str = ""

    def engines(self) -> Engines:
        """Engines as one program opens them."""
        if self.sqlite_path:
            return warm.knowing(sqlite_engines(Path(self.sqlite_path), KEY.file_key), "file")
        if warm.is_kept(self.postgres_url):
            return warm.lent(self.postgres_url, self._of_server)
        return postgres_engines(self.postgres_url, AesCipher(KEY))

    def _of_server(self) -> Engines:
        return warm.knowing(postgres_engines(self.postgres_url, AesCipher(KEY)), "server")

    def store(self, clock: Clock, desk: str = "desk 1") -> Store:
        """A store of one desk."""
        return Store(self.engines(), clock, Actor("clerk", desk))


def make_tables(address: Address) -> None:
    """An empty schema."""
    engines = address.engines()
    all_tables().create_all(engines.writer)
    engines.dispose()


#: for tests that are not about the age of what we know
ANY_AGE = KnowledgeRule(10**9, OnOld.STOP)


def _no_way_out(shop: ShopRecord) -> Channel:
    raise AssertionError(f"nobody opens {shop.name} here")


def _nobody(shop_id: int) -> Channel:
    raise AssertionError(f"nobody opens shop {shop_id} here")


def _no_gateway(record: GatewayRecord) -> Gateway:
    raise AssertionError(f"nobody opens {record} here")


class Desk:
    """One packing desk: what its pages call."""

    def __init__(
        self,
        store: Store,
        digest: Callable[[str, str], str],
        nonces: "count[int]",
        ask: AskOne,
        open_channel: Callable[[int], Channel] = _nobody,
    ) -> None:
        self.store = store
        #: a test that wants shops to be asked serves them and calls `work`, or lets a lane do it
        self.merge_asking = MergeAsking(store, open_channel)
        self.asking = Asking(store, ask, lambda shop_id: None, ask_receivers=self.merge_asking.ask)
        self.packing = Packing(store, self.asking, CARRIER, lambda: self.kinds)
        self.waves = Waves(store, self.asking)
        self.orders = Orders(store, digest, CARRIER)
        #: what its shop is kind of
        self.kinds: Any = built_in()
        self.notes = Notes(store, lambda: self.kinds)
        self.entry = OrderEntry(store, digest, CARRIER, lambda: RegionTable.load(regions_file()))
        self.handover = Handover(store)
        self.shops = Shops(store, built_in, _no_way_out, lambda: None, CARRIER)
        self.starting = Starting(store, self._platform, lambda: None, CARRIER)
        self.payments = Payments(store, _no_gateway, lambda: Bills(store, _no_gateway))
        self.day = Day(store, lambda: None)
        self.labels = Labels(store, CARRIER)
        self.jobs = PrintJobs(store, store.actor.desk)
        self.stock = Stock(store, CARRIER)
        #: shops whose stock may be written, by id
        self.platforms: dict[int, Any] = {}
        self.after_sales = AfterSales(store)
        self.quotas = Quotas(store, self._platform, built_in)
        #: reads the lists of `platforms` when a test calls `work`
        self.listing_rounds = ListingRounds(
            store,
            digest,
            CARRIER,
            holder=store.actor.desk,
            shops=lambda: store.read(active_shops),
            open_channel=self._platform,
        )
        self.listings = Listings(store, digest, CARRIER, self.listing_rounds)
        #: compares the orders of `platforms` when a test calls `work`
        self.reconciler = Reconciler(
            store,
            digest,
            CARRIER,
            holder=store.actor.desk,
            shops=lambda: store.read(active_shops),
            open_channel=self._platform,
        )
        self.traces = Traces(store.clock)
        self.shop_history = ShopHistory(store, built_in, self.reconciler, self.traces)
        self.low_stock = LowStock(store)
        self.accidents = Accidents(store, CARRIER)
        self.replenish = Replenish(store)
        self.counting = Counting(store, CARRIER)
        self.count_reports = CountReports(store, nothing_listed)
        self.batches = Batches(store, CARRIER)
        self.documents = Documents(store, CARRIER)
        self.drill = Drill(store, WATCHES)
        self.status = Status(store)
        self.customers = Customers(store, digest)
        self.products = Products(store, digest, CARRIER)
        self.activity = Activity(store)
        self._nonces = nonces

    def _platform(self, shop: ShopRecord) -> Any:
        return self.platforms.get(shop.id)

    def nonce(self) -> str:
        """A word no other act has."""
        return f"n{next(self._nonces)}"

    def open(self, order_no: str) -> Verdict:
        """Open an order's parcel by its number."""
        return self.packing.open_code(order_no, self.nonce())

    def pack(self, order_no: str) -> Verdict:
        """Open the parcel of an order and verify everything in it; gives the last verdict."""
        verdict = self.open(order_no)
        assert verdict.code == "parcel.opened", verdict
        return self.verify(verdict)

    def verify(self, verdict: Verdict) -> Verdict:
        """Verify what is missing in the open parcel."""
        parcel = verdict.parcel
        assert parcel is not None
        for one in parcel.lines:
            if one.missing_qty:
                verdict = self.packing.confirm_by_hand(parcel.id, parcel.fence, one.id, one.missing_qty, self.nonce())
        return verdict

    def scan(self, verdict: Verdict, code: str, qty: int = 1) -> Verdict:
        """Scan goods into the parcel of a verdict."""
        parcel = verdict.parcel
        assert parcel is not None
        return self.packing.scan_goods(parcel.id, parcel.fence, code, self.nonce(), qty)

    def ship(self, number: str, rule: KnowledgeRule = ANY_AGE) -> Verdict:
        """Scan a label with nothing open."""
        return self.packing.scan_label(None, None, number, self.nonce(), rule)


class World:
    """One warehouse with plenty of stock, one shop that is told of shipments, one carrier. Every act is committed."""

    def __init__(
        self,
        address: Address,
        *,
        clock: Clock | None = None,
        shop: FakeShop | None = None,
        stock: int = 100_000,
        is_new: bool = True,
    ) -> None:
        """`is_new` False finds what another process has furnished."""
        self.address = address
        self.clock = ManualClock(START)
        self._wall = clock or self.clock
        self.digest = Digester(KEY).digest
        self._stores: list[Store] = []
        self._nonces = count(1)
        self.store = self.new_store("desk 1")
        self.shop = shop or FakeShop(self.clock)
        self.carrier = FakeCarrier()
        self.desk = self.new_desk("desk 1")
        self.skus: Mapping[str, int] = {}
        self.shop_id = self.do(lambda uow: self._furnish(uow, stock)) if is_new else self._find()

    def _find(self) -> int:
        self.warehouse = WarehouseId(self.rows(select(Warehouse.id))[0].id)
        self.skus = dict(self.rows(select(Sku.code, Sku.id)))  # type: ignore[arg-type]  # rows of two columns
        return int(self.rows(select(Shop.id))[0].id)

    def _furnish(self, uow: UnitOfWork, stock: int) -> int:
        warehouse = uow.insert(Warehouse, {"code": "main", "name": "主仓"})
        self.warehouse = WarehouseId(warehouse)
        self.skus = take_in(uow, CATALOGUE)
        for code in ("BEAR", "BAG", "CARD"):
            if stock:
                receive(uow, self.warehouse, SkuId(self.skus[code]), stock, "opening", f"opening {code}")
        save_account(uow, Account("fake", CARRIER, "通通快递", {}, "carrier secret", SENDER))
        return add_shop(uow, "fake", "练习店", {}, json.dumps({}), warehouse, confirms_shipments=True)

    def new_store(self, desk: str) -> Store:
        """Another program on the same database."""
        engines = self.address.engines()
        for engine in (engines.writer, engines.reader):
            engine.dialect.personal_cipher = AesCipher(KEY)  # type: ignore[attr-defined]  # as open_store does
        store = Store(engines, self._wall, Actor("clerk", desk))
        self._stores.append(store)
        return store

    def new_desk(self, desk: str) -> Desk:
        """Another desk on the same database."""
        store = self.store if not hasattr(self, "desk") else self.new_store(desk)
        return Desk(store, self.digest, self._nonces, self.ask_shop, lambda _shop_id: self.shop)

    def ask_shop(self, _shop_id: int, order_no: str) -> None:
        """Ask the shop for one order, as the lane does."""
        self.puller().refresh(self.shop_record, self.shop, order_no)

    def close(self) -> None:
        """Give every connection back."""
        for store in self._stores:
            store.close()

    def do(self, operation: Callable[[UnitOfWork], T]) -> T:
        """Run one operation and commit it."""
        return self.store.write(operation)

    # --- the work behind the desk ---------------------------------------------------------------------------------

    @property
    def shop_record(self) -> ShopRecord:
        """The shop as stored."""
        return self.store.read(lambda connection: shop_of(connection, self.shop_id))

    def take(self, *orders: ChannelOrder) -> PageResult:
        """Store a page of orders as they are."""
        shop = self.shop_record.facts
        return self.do(lambda uow: take_page(uow, shop, orders, self.digest, CARRIER))

    def sync(self, *numbers: str) -> PageResult:
        """Take the newest copies of these orders (none: all)."""
        return self.take(*(self.shop.orders[no] for no in numbers or self.shop.orders))

    def puller(self, **more: Any) -> Puller:
        """The puller of this program."""
        return Puller(self.store, self.digest, CARRIER, **more)

    def handlers(self) -> Handlers:
        """The deliveries of this program."""
        return Handlers(self.store, {"fake": lambda account: self.carrier}, lambda shop: self.shop)

    def deliverer(self, holder: str = "desk 1") -> Deliverer:
        """Delivers the outbox."""
        handlers = self.handlers()
        return Deliverer(self.store, holder, handlers.by_kind(), handlers.give_ups())

    def buy_numbers(self) -> int:
        """Deliver what waits for the carrier."""
        return self.deliverer().drain(lane_of(CARRIER))

    def tell_shop(self) -> int:
        """Deliver what waits for the shop."""
        return self.deliverer().drain(f"shop:{self.shop_id}")

    def tidy(self) -> None:
        """What the tidy lane does."""
        self.do(expire_due)
        self.do(lambda uow: goods_came(uow, CARRIER))
        self.do(lambda uow: listings_matched(uow, CARRIER, self.digest))
        self.do(lambda uow: release_ready(uow, None, CARRIER))

    def receive(self, code: str, qty: int) -> None:
        """Book goods in, as the desk does."""
        self.desk.stock.receive(
            self.warehouse, SkuId(self.skus[code]), qty, "delivery", f"delivery {next(self._nonces)}"
        )

    def print_labels(self, printer_key: str = "virtual") -> list[Mapping[str, Any]]:
        """Print what waits; the contents in order."""
        printed = []
        while (job := self.desk.jobs.claim(printer_key)) is not None:
            assert self.desk.jobs.mark_sending(job, "digest")
            self.desk.jobs.mark_sent(job, None)
            printed.append(job.content)
        return printed

    def ready(self, no: str, *lines: Any, **more: Any) -> str:
        """An order that is placed, taken and has its number; gives the number."""
        self.shop.place(no, *lines, **more)
        self.sync(no)
        self.buy_numbers()
        return self.number(no)

    # --- looking --------------------------------------------------------------------------------------------------

    def rows(self, query: Select[Any]) -> Sequence[Any]:
        """Rows of any query; those of tables in order of their making where it names no other.

        PostgreSQL gives rows as they lie: where an earlier test left room, a later row may lie before an earlier one.
        """
        return self.store.read(lambda connection: connection.execute(in_order(query)).all())

    def order(self, no: str) -> Any:
        """The order's row."""
        return self.rows(select(*Order.__table__.c).where(Order.order_no == no))[0]

    def lines(self, no: str) -> Sequence[Any]:
        """Its lines that count."""
        query = select(*OrderLine.__table__.c).join(Order, Order.id == OrderLine.order_id)
        return self.rows(query.where(Order.order_no == no, OrderLine.is_current).order_by(OrderLine.id))

    def holds(self, no: str) -> set[str]:
        """Reasons that stand."""
        query = select(Hold.reason).join(Order, Order.id == Hold.order_id)
        return {row.reason for row in self.rows(query.where(Order.order_no == no, Hold.released_at.is_(None)))}

    def parcels(self, no: str, *states: str) -> Sequence[Any]:
        """Its parcels, oldest first; all or those in some states."""
        inside = select(ParcelLine.parcel_id).join(Order, Order.id == ParcelLine.order_id).where(Order.order_no == no)
        query = select(*Parcel.__table__.c).where(Parcel.id.in_(inside)).order_by(Parcel.id)
        return self.rows(query.where(Parcel.state.in_(states)) if states else query)

    def waybills(self, no: str) -> Sequence[Any]:
        """The waybills of its parcels, oldest first."""
        ids = [parcel.id for parcel in self.parcels(no)]
        return self.rows(select(*Waybill.__table__.c).where(Waybill.parcel_id.in_(ids)).order_by(Waybill.id))

    def number(self, no: str) -> str:
        """Its newest valid number."""
        live = [row.number for row in self.waybills(no) if row.state == "obtained"]
        return live[-1] if live else ""

    def jobs(self) -> Sequence[Any]:
        """Every print job."""
        return self.rows(select(*PrintJob.__table__.c).order_by(PrintJob.id))

    def listed(self, pile: str = "all", search: str = "", limit: int = 50) -> list[OrderRow]:
        """Every row of a list, page by page."""
        found: list[OrderRow] = []
        after: int | None = None
        while True:
            page = self.desk.orders.page(OrderFilter(pile, search), after, limit)
            found += page.rows
            after = page.next_after
            if after is None:
                return found

    def check_stock(self) -> None:
        """Sums equal levels."""
        assert self.store.read(stock_queries.check_sums) == []

    def dump(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every table as it stands in the database, nothing decrypted."""

        def tables(connection: Any) -> dict[str, list[tuple[Any, ...]]]:
            if connection.dialect.name == "sqlite":
                names = [
                    row[0] for row in connection.execute(text("SELECT name FROM sqlite_master WHERE type='table'"))
                ]
            else:
                names = [
                    row[0]
                    for row in connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname='public'"))
                ]
            return {
                name: [tuple(row) for row in connection.execute(text(f'SELECT * FROM "{name}"'))]
                for name in names
                if name != "order_search" or connection.dialect.name != "sqlite"
            }

        return self.store.read(tables)
