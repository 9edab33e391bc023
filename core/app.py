"""The composition root: everything is built here from a configuration, and nothing is global."""

import logging
import secrets as random_secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from core.access.gate import Gate
from core.channels.contract import Channel
from core.customers.regions import RegionTable
from core.db import leases, outbox
from core.db.key_sources import key_source
from core.db.keys import KeySource
from core.db.open import OpenedStore, StoreConfig, open_store
from core.db.unit_of_work import Actor, Changes, UnitOfWork, Urgency
from core.desk.activity import Activity
from core.desk.audit import Audit
from core.desk.customers import Customers
from core.desk.day import Day
from core.desk.desks import Desks
from core.desk.handover import Handover
from core.desk.labels import Labels
from core.desk.order_entry import OrderEntry
from core.desk.orders import Orders
from core.desk.packing import Packing
from core.desk.people import People
from core.desk.personal import PersonalData
from core.desk.pictures import Pictures
from core.desk.print_jobs import PrintJobs
from core.desk.products import Products
from core.desk.set_up import SetUp
from core.desk.settings import Settings
from core.desk.shops import Shops
from core.desk.sign_in import SignIn
from core.desk.status import Status
from core.desk.stock import Stock
from core.desk.waves import Waves
from core.fulfilment.parcels import release_ready
from core.fulfilment.resuming import goods_came, listings_matched
from core.inventory.service import expire_due
from core.outside import Outside
from core.runtime.clock import Clock, SystemClock
from core.runtime.errors import DomainError
from core.runtime.lanes import Lane
from core.runtime.remote_errors import ChannelError
from core.sync.asking import Asking
from core.sync.delivering import Deliverer
from core.sync.handlers import Handlers
from core.sync.pulling import Pull, Puller
from core.sync.shops import ShopRecord, active_shops, note_bad_pull, shop_of
from core.waybills.accounts import ServiceFactory
from core.waybills.balances import Balances
from core.waybills.numbers import lane_of
from core.waybills.print_queue import doubt_forgotten

if TYPE_CHECKING:
    from core.channels.registry import ChannelRegistry
    from core.desk.files import Files

_log = logging.getLogger(__name__)

_PULL_LEASE_S = 120.0
#: how soon a desk knows what another has changed about people
_PEOPLE_S = 2.0


@dataclass(frozen=True, slots=True)
class CoreConfig:
    """How to build the core.

    `key_file` None keeps the machine's secret in the system keyring; `asked` is that place where it has been asked
    already. `desk_id` tells this desk from all others whatever it is called (see `Desks`). `holder` names this
    program among all that share the database; it outlives a crash of the same program and a renaming of its desk, so
    that what it left half done is found again. `regions_file` holds the table by which addresses are taken apart.

    `signs_in` lets only those who are signed in work here, once there are operators: for a window. A verb without
    one, like the lanes, is the program itself and may do everything: whoever can open the database with its key
    could do so anyway.
    """

    folder: Path
    desk: str = "desk-1"
    operator: str = "clerk"
    desk_id: str = ""
    holder: str = ""
    signs_in: bool = False
    key_file: Path | None = None
    asked: KeySource | None = None
    database_url: str | None = None
    recovery_code: str | None = field(default=None, repr=False)
    may_migrate_without_backup: bool = False
    program_version: str = ""
    carrier_code: str = "PX"
    regions_file: Path | None = None
    pull_every_s: float = 10.0
    clock: Clock = field(default_factory=SystemClock)

    @property
    def key_source(self) -> KeySource:
        """Where the machine keeps its secret."""
        return self.asked or key_source(self.key_file)


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
        self.gate = Gate(self.store)
        if config.signs_in:
            self.gate.close_to_strangers()
        self.sign_in = SignIn(self.store, self.gate, digest)
        self.people = People(self.store, digest)
        self.personal = PersonalData(self.store)
        self.audit = Audit(self.store)
        self._is_stopping = threading.Event()
        self.asking = Asking(self.store, self._ask_order, self._wake_asking, self._is_stopping.is_set)
        self.packing = Packing(self.store, self.asking, config.carrier_code)
        self.waves = Waves(self.store, self.asking)
        self.handover = Handover(self.store)
        self.shop_desk = Shops(
            self.store, self._outside.channels, self.open_channel, self._on_shops_changed, config.carrier_code
        )
        self.day = Day(self.store, self._newest_backup_at, Balances(self.store, self._services()).ask)
        self.labels = Labels(self.store, config.carrier_code)
        self.orders = Orders(self.store, digest, config.carrier_code)
        self.order_entry = OrderEntry(self.store, digest, config.carrier_code, self._regions)
        self.status = Status(self.store)
        self.activity = Activity(self.store)
        self.customers = Customers(self.store, digest)
        self.products = Products(self.store, digest, config.carrier_code)
        self.stock = Stock(self.store, config.carrier_code)
        self.settings = Settings(self.store)
        self.set_up = SetUp(self.store)
        self._files: Files | None = None
        self.pictures = Pictures(self.store, self._outside.client)
        self.print_jobs = PrintJobs(self.store, holder)
        self._holder = holder
        self.puller = Puller(self.store, digest, config.carrier_code, self._is_stopping.is_set)
        handlers = Handlers(self.store, self._services(), self.open_channel)
        self.deliverer = Deliverer(
            self.store, holder, handlers.by_kind(), handlers.give_ups(), self._is_stopping.is_set
        )
        self._lanes: dict[str, Lane] = {}
        self._unsubscribe: Callable[[], None] | None = None

    def _newest_backup_at(self) -> datetime | None:
        from core.db.backup import BACKUP_FOLDER, list_backups

        newest = next(iter(list_backups(self.config.folder / BACKUP_FOLDER)), None)
        return None if newest is None else newest.at

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

    def _services(self) -> Mapping[str, ServiceFactory]:
        return {"practice": self._outside.practice_waybills}

    def open_channel(self, shop: ShopRecord) -> Channel:
        """The channel of a shop.

        Raises:
            Refused: `channel.unknown`, this version has no such channel; or a setting cannot be used.
        """
        return self._outside.channel(shop)

    # --- work behind the desk -----------------------------------------------------------------------------------

    def pull_shop(self, shop_id: int) -> Pull | None:
        """Pull one shop now, unless another desk is doing it (then None).

        Raises:
            ChannelError: the shop did not answer as it should; its light shows it.
            DomainError: the shop cannot be asked (a setting, an unknown channel); its light shows it.
        """
        name = f"pull:{shop_id}"
        fence = self.store.write(
            lambda uow: leases.take(uow, name, self._holder, _PULL_LEASE_S), urgency=Urgency.LANE
        )
        if fence is None:
            return None
        shop = self.store.read(lambda connection: shop_of(connection, shop_id))
        try:
            return self.puller.pull(shop, self.open_channel(shop))
        except (ChannelError, DomainError) as error:
            bad = error
            self.store.write(lambda uow: note_bad_pull(uow, shop_id, bad), urgency=Urgency.LANE)
            raise
        finally:
            self.store.write(lambda uow: leases.release(uow, name, fence), urgency=Urgency.LANE)

    def _ask_order(self, shop_id: int, order_no: str) -> None:
        shop = self.store.read(lambda connection: shop_of(connection, shop_id))
        self.puller.refresh(shop, self.open_channel(shop), order_no)

    def _wake_asking(self, shop_id: int) -> None:
        lane = self._lanes.get(f"ask:{shop_id}")
        if lane is not None:
            lane.wake()

    def deliver(self, lane: str) -> int:
        """Deliver what is due in one outbox lane now."""
        return self.deliverer.drain(lane)

    def tidy(self) -> None:
        """Sweep expired claims, and send on what waited for goods, for a listing's match or for the clock."""
        carrier_code, digest = self.config.carrier_code, self.opened.digester.digest
        for operation in (
            _sweep,
            lambda uow: goods_came(uow, carrier_code),
            lambda uow: listings_matched(uow, carrier_code, digest),
            lambda uow: release_ready(uow, None, carrier_code),
        ):
            self.store.write(operation, urgency=Urgency.LANE)

    def shops(self) -> Sequence[ShopRecord]:
        """Shops that are pulled."""
        return self.store.read(active_shops)

    def start(self) -> None:
        """Start the lanes: three per shop, one per carrier, one that tidies up. New shops get theirs with `adopt`."""
        self._unsubscribe = self.store.subscribe(self._wake_for)
        self.store.write(lambda uow: outbox.take_back(uow, self._holder), urgency=Urgency.LANE)
        carrier = lane_of(self.config.carrier_code)
        self._add_lane(carrier, lambda: self._deliver_lane(carrier))
        self._add_lane("tidy", self._tidy_lane)
        if self.config.signs_in:
            self._add_lane("people", self._people_lane)
        self.adopt_shops()

    def _on_shops_changed(self) -> None:
        # A verb that works without lanes starts none for it.
        if self._lanes:
            self.adopt_shops()
            self.pull_now()

    def adopt_shops(self) -> None:
        """Start lanes for shops that have none yet."""
        for shop in self.shops():
            self.asking.serve(shop.id)
            for name, work in self._shop_work(shop.id):
                if name not in self._lanes:
                    self._add_lane(name, work)

    def _shop_work(self, shop_id: int) -> Sequence[tuple[str, Callable[[], float]]]:
        # Lanes of their own: neither a confirmation nor a parcel on the desk must wait behind a long pull.
        return (
            (f"pull:{shop_id}", lambda: self._pull_lane(shop_id)),
            (f"shop:{shop_id}", lambda: self._deliver_lane(f"shop:{shop_id}")),
            (f"ask:{shop_id}", lambda: self.asking.work(shop_id)),
        )

    def _add_lane(self, name: str, work: Callable[[], float]) -> None:
        self._lanes[name] = Lane(name, work)
        self._lanes[name].start()

    def _pull_lane(self, shop_id: int) -> float:
        if all(shop.id != shop_id for shop in self.shops()):
            return self.config.pull_every_s  # paused; its lane looks again
        try:
            self.pull_shop(shop_id)
        except (ChannelError, DomainError) as error:
            _log.info("shop %s: %s", shop_id, error)
            return min(self.config.pull_every_s * 3, 60.0)
        return self.config.pull_every_s

    def _deliver_lane(self, lane: str) -> float:
        self.deliver(lane)
        return self.deliverer.pause_s(lane)

    def _tidy_lane(self) -> float:
        self.tidy()
        return 30.0

    def _people_lane(self) -> float:
        try:
            self.gate.refresh()
        except DomainError as error:
            _log.info("who works here could not be read: %s", error)
        return _PEOPLE_S

    def pull_now(self) -> None:
        """Wake every pulling lane."""
        for name, lane in self._lanes.items():
            if name.startswith("pull:"):
                lane.wake()

    def _wake_for(self, changes: Changes) -> None:
        if changes.touches("outbox"):
            for name, lane in self._lanes.items():
                if name.startswith(("waybill:", "shop:")):
                    lane.wake()

    def stop(self) -> None:
        """Stop every lane after its current piece of work, then close the database."""
        self._is_stopping.set()
        if self._unsubscribe is not None:
            self._unsubscribe()
        for lane in self._lanes.values():
            lane.stop()
        self._lanes.clear()
        self._outside.close()
        self.opened.close()


def _sweep(uow: UnitOfWork) -> None:
    expire_due(uow)
    doubt_forgotten(uow)


def build(config: CoreConfig, channels: "ChannelRegistry | None" = None) -> Core:
    """Open the database and build the core; lanes are started by `Core.start`.

    Raises:
        DomainError: what `open_store` says.
    """
    opened = open_store(
        StoreConfig(
            folder=config.folder,
            key_source=config.key_source,
            actor=Actor(config.operator, config.desk),
            clock=config.clock,
            database_url=config.database_url,
            program_version=config.program_version,
            recovery_code=config.recovery_code,
            may_migrate_without_backup=config.may_migrate_without_backup,
        )
    )
    return Core(config, opened, channels)


def new_nonce() -> str:
    """A word that no other scan has."""
    return random_secrets.token_hex(12)
