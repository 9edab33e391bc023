"""The composition root: everything is built here from a configuration, and nothing is global."""

import logging
import secrets as random_secrets
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.access.gate import Gate
from core.behind import Behind
from core.channels.contract import Channel
from core.config import CoreConfig
from core.counting.listed import listed_numbers
from core.customers.regions import RegionTable
from core.db.open import OpenedStore, StoreConfig, open_store
from core.db.unit_of_work import Actor
from core.desk.accidents import Accidents
from core.desk.activity import Activity
from core.desk.after_sales import AfterSales
from core.desk.audit import Audit
from core.desk.authorising import Authorising
from core.desk.batches import Batches
from core.desk.count_reports import CountReports
from core.desk.counting import Counting
from core.desk.customers import Customers
from core.desk.day import Day
from core.desk.desks import Desks
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
from core.desk.people import People
from core.desk.personal import PersonalData
from core.desk.pictures import Pictures
from core.desk.print_jobs import PrintJobs
from core.desk.products import Products
from core.desk.pulling_now import PullingNow
from core.desk.quotas import Quotas
from core.desk.replenish import Replenish
from core.desk.set_up import SetUp
from core.desk.settings import Settings
from core.desk.several import Several
from core.desk.shop_history import ShopHistory
from core.desk.shops import Shops
from core.desk.sign_in import SignIn
from core.desk.starting import Starting
from core.desk.status import Status
from core.desk.stock import Stock
from core.desk.waves import Waves
from core.outside import Outside
from core.practice.drill.watching import WATCHES
from core.runtime.errors import DomainError
from core.sync.pulling import Pull
from core.sync.shops import ShopRecord
from core.waybills.balances import Balances

if TYPE_CHECKING:
    from core.alerting import Alerting
    from core.channels.registry import ChannelRegistry
    from core.db.backup import Backup, Newest
    from core.desk.alert_settings import AlertSettings
    from core.desk.alerts import Alerts
    from core.desk.door import DoorDesk
    from core.desk.files import Files

_log = logging.getLogger(__name__)

__all__ = ["Core", "CoreConfig", "build", "new_nonce"]


class Core:
    """The program without screen and printers: the services a desk calls, and the lanes that work behind it."""

    def __init__(self, config: CoreConfig, opened: OpenedStore, channels: "ChannelRegistry | None" = None) -> None:
        self.config = config
        self.opened = opened
        self.store = opened.store
        self._outside = Outside(config.clock, channels)
        digest = opened.digester.digest
        desk_id = config.desk_id or config.desk
        holder = config.holder or desk_id
        self.desks = Desks(self.store, desk_id)
        self.several = Several(self.store, opened)
        self.gate = Gate(self.store)
        if config.signs_in:
            self.gate.close_to_strangers()
        self.sign_in = SignIn(self.store, self.gate, digest)
        self.people = People(self.store, digest)
        self.personal = PersonalData(self.store)
        self.audit = Audit(self.store)
        self.behind = Behind(
            self.store,
            digest,
            config,
            self._outside,
            alerting=lambda: self.alerting,
            refresh_people=self.gate.refresh,
        )
        self.packing = Packing(self.store, self.behind.asking, config.carrier_code, self._outside.channels)
        self.waves = Waves(self.store, self.behind.asking)
        self.handover = Handover(self.store)
        self.shop_desk = Shops(
            self.store, self._outside.channels, self.open_channel, self.behind.on_shops_changed, config.carrier_code
        )
        self.starting = Starting(self.store, self.open_channel, self.behind.on_shops_changed, config.carrier_code)
        self.authorising = Authorising(self.store, self.behind.granting, self.behind.on_shops_changed)
        self.pulling_now = PullingNow(self.store, self.behind.pull_shop, self.behind.ask_order)
        self.shop_history = ShopHistory(
            self.store,
            self._outside.channels,
            self.behind.reconciler,
            self._outside.traces,
            self.behind.reconcile_now,
        )
        self.day = Day(self.store, self.newest_backup, Balances(self.store, self._outside.services()).ask)
        self.labels = Labels(self.store, config.carrier_code)
        self.orders = Orders(self.store, digest, config.carrier_code)
        self.notes = Notes(self.store, self._outside.channels)
        self.order_entry = OrderEntry(self.store, digest, config.carrier_code, self._regions)
        self.status = Status(self.store)
        self.activity = Activity(self.store)
        self.customers = Customers(self.store, digest)
        self.products = Products(self.store, digest, config.carrier_code)
        self.stock = Stock(self.store, config.carrier_code)
        self.payments = Payments(self.store, self._outside.gateway, self.behind.bills, self.behind.adopt_gateways)
        self.after_sales = AfterSales(self.store)
        self.quotas = Quotas(self.store, self.open_channel, self._outside.channels)
        self.listings = Listings(
            self.store, digest, config.carrier_code, self.behind.listing_rounds, self.behind.read_listings_now
        )
        self.low_stock = LowStock(self.store)
        self.accidents = Accidents(self.store, config.carrier_code)
        self.replenish = Replenish(self.store)
        self.counting = Counting(self.store, config.carrier_code)
        self.count_reports = CountReports(self.store, listed_numbers)
        self.batches = Batches(self.store, config.carrier_code)
        self.documents = Documents(self.store, config.carrier_code)
        self.drill = Drill(self.store, WATCHES)
        self.settings = Settings(self.store)
        self.set_up = SetUp(self.store)
        self._files: Files | None = None
        self._door_desk: DoorDesk | None = None
        self._alerting: Alerting | None = None
        self._alerting_lock = threading.Lock()
        self.pictures = Pictures(self.store, self._outside.client)
        self.print_jobs = PrintJobs(self.store, holder)
        self._holder = holder
        self._desk_id = desk_id

    def newest_backup(self) -> "Newest | None":
        """When the newest backup was made; reads the disk, or the server."""
        from core.backing_up import newest_backup

        return newest_backup(self.opened)

    def back_up(self, root: Path | None = None) -> "Backup":
        """A verified backup now, under `root`. Raises as `core.backing_up.back_up`."""
        from core.backing_up import back_up

        return back_up(self.opened, root or self.opened.backup_root, self.config.clock, self._holder)

    def back_up_if_due(self, is_stopping: Callable[[], bool] = lambda: False) -> "Backup | None":
        """The daily backup, where it is due; ask every now and then.

        What hinders it is logged, and tried again when it is asked next: of one that is old somebody is told.
        """
        from core.backing_up import back_up_if_due

        try:
            return back_up_if_due(self.opened, self.config.clock, self._holder, is_stopping)
        except DomainError as error:
            _log.warning("no backup was made: %s", error)
            return None

    def _regions(self) -> RegionTable:
        path = self.config.regions_file
        return RegionTable(()) if path is None else RegionTable.load(path)

    @property
    def files(self) -> "Files":
        """Files in and out; loaded when they are first asked for, which a start never does."""
        if self._files is None:
            from core.desk.files import Files

            self._files = Files(self.store, self.opened.digester.digest, self.config.carrier_code)
        return self._files

    @property
    def door(self) -> "DoorDesk":
        """The door of own malls, for its owner; loaded when it is first asked for."""
        if self._door_desk is None:
            from core.desk.door import DoorDesk

            self._door_desk = DoorDesk(self.store, self._desk_id)
        return self._door_desk

    @property
    def alerts(self) -> "Alerts":
        """What stands; loaded as `files`."""
        return self.alerting.alerts

    @property
    def alert_settings(self) -> "AlertSettings":
        """Rules, who is on duty, robots; loaded as `files`."""
        return self.alerting.settings

    @property
    def alerting(self) -> "Alerting":
        """What watches and tells; loaded as `files`, because it speaks HTTP."""
        with self._alerting_lock:
            if self._alerting is None:
                from core.alerting import Alerting, everything_watched
                from core.alerts.notifiers.ways import WaysOut

                ways = WaysOut(self._outside.client, self.config.clock)
                watched = everything_watched(self.config.folder, self.newest_backup)
                self._alerting = Alerting(self.store, ways, self._holder, watched, self.config.say)
            return self._alerting

    def open_channel(self, shop: ShopRecord) -> Channel:
        """The channel of a shop.

        Raises:
            Refused: `channel.unknown`, this version has no such channel; or a setting cannot be used.
        """
        return self._outside.channel(shop)

    # --- work behind the desk -----------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the lanes; shops that are new later get theirs with `adopt_shops`."""
        self.behind.start()

    def stop(self) -> None:
        """Stop every lane after its current piece of work, then close the database."""
        self.behind.stop()
        if self._alerting is not None:
            self._alerting.rounds.stop()
        self._outside.close()
        self.opened.close()

    def shops(self) -> Sequence[ShopRecord]:
        """Shops that are pulled."""
        return self.behind.shops()

    def adopt_shops(self) -> None:
        """Start lanes for shops that have none yet."""
        self.behind.adopt_shops()

    def pull_now(self) -> None:
        """Wake every pulling lane."""
        self.behind.pull_now()

    def pull_shop(self, shop_id: int) -> Pull | None:
        """Pull one shop now; as `Behind.pull_shop`."""
        return self.behind.pull_shop(shop_id)

    def deliver(self, lane: str) -> int:
        """Deliver what is due in one outbox lane now."""
        return self.behind.deliver(lane)

    def tidy(self) -> None:
        """Sweep and send on what waited; as `Behind.tidy`."""
        self.behind.tidy()


def build(config: CoreConfig, channels: "ChannelRegistry | None" = None) -> Core:
    """Open the database and build the core; lanes are started by `Core.start`.

    Raises:
        DomainError: what `open_store` says.
    """
    return Core(config, open_store(store_config(config)), channels)


def store_config(config: CoreConfig) -> StoreConfig:
    """What of it opens the database."""
    return StoreConfig(
        folder=config.folder,
        key_source=config.key_source,
        actor=Actor(config.operator, config.desk),
        clock=config.clock,
        database_url=config.database_url,
        program_version=config.program_version,
        recovery_code=config.recovery_code,
        may_migrate_without_backup=config.may_migrate_without_backup,
    )


def new_nonce() -> str:
    """A word that no other scan has."""
    return random_secrets.token_hex(12)
