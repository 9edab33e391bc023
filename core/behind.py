"""What works behind the desk: lanes that pull, deliver, ask, tidy up, watch and compare without being told to.

Four lanes a shop, one a payment gateway, one a carrier and a channel of alerts, and one each for what there is once.
What only one node of several may do at a time is done under a lease.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from core.config import CoreConfig
from core.counting.listed import listed_numbers
from core.counting.reports import make_nightly
from core.counting.settling import finish_handed_in
from core.db import leases, outbox
from core.db.elsewhere import Elsewhere
from core.db.forgetting import forget_all
from core.db.leases import LeaseLost
from core.db.unit_of_work import Changes, Store, UnitOfWork, Urgency, shared_now
from core.fulfilment.parcels import release_ready
from core.fulfilment.resuming import goods_came, listings_matched
from core.gateway.wishes import BEAT_S, wish_of
from core.inventory.quotas.acts import STOCK_LANES
from core.inventory.quotas.acts import lane_of as stock_lane_of
from core.inventory.service import expire_due
from core.inventory.stopping.breaker import Breaker
from core.outside import Outside
from core.payments.queries import active_ids, has_bills_to_see
from core.replenish.rolling import roll
from core.runtime.errors import DomainError
from core.runtime.lanes import Lane
from core.runtime.remote_errors import AuthExpired, ChannelError
from core.sync.asking import Asking
from core.sync.cases import CaseReader, CasesRead
from core.sync.delivering import Deliverer
from core.sync.granting import Granting
from core.sync.handlers import Handlers
from core.sync.history import RoundDone, forget_rounds, note_round
from core.sync.listing_rounds import ListingRounds
from core.sync.merge_asking import MergeAsking
from core.sync.presence import BEAT_S as AWAKE_S
from core.sync.presence import beat
from core.sync.pulling import Pull, Puller
from core.sync.reconciliations import forget_reports
from core.sync.reconciling import Reconciler
from core.sync.shops import ShopRecord, active_shops, note_bad_pull, shop_of
from core.sync.stock_lane import StockLane
from core.waybills.numbers import lane_of
from core.waybills.print_queue import doubt_forgotten

if TYPE_CHECKING:
    from core.alerting import Alerting
    from core.channels.contract import Channel
    from core.gateway.keeper import Keeper
    from core.payments.bills import Bills

_log = logging.getLogger(__name__)

_PULL_LEASE_S = _ALONE_LEASE_S = 120.0
#: kind of the outbox rows that tell people: said here so that what speaks HTTP is not loaded for it
_TELL = "alert.tell"
#: how often a node looks whether the night's comparison is due: after a sleep it is made within this time
_COMPARE_LOOK_S = 60.0
#: how soon the days' sales are brought up to date
_ROLL_S = 300.0
#: whoever starts the program wants to see their first page: what loads or reads much for it begins later
_AFTER_START_S = 5.0
#: how soon a lane looks again whether there is something to ask
_GATEWAY_OFF_S = 30.0
#: how long a delivery is known by its key, and how often those that are older are forgotten
_DONE_KEPT = timedelta(days=100)
_FORGET_S = 3600.0
#: how soon a desk knows what another has changed about people
_PEOPLE_S = 2.0


class Behind:
    """The lanes of one program, and what runs in them; each piece of work can be done without its lane as well."""

    def __init__(
        self,
        store: Store,
        digest: Callable[[str, str], str],
        config: CoreConfig,
        outside: Outside,
        *,
        alerting: "Callable[[], Alerting]",
        refresh_people: Callable[[], None],
    ) -> None:
        """Nothing runs yet.

        Args:
            store: the database.
            digest: the keyed digest of this installation.
            config: how the core is built.
            outside: the ways to shops, carriers and gateways.
            alerting: what watches and tells, made when it is first asked for.
            refresh_people: reads again who works here.
        """
        self._store = store
        self._digest = digest
        self._config = config
        self._outside = outside
        self._alerting = alerting
        self._refresh_people = refresh_people
        self._is_stopping = threading.Event()
        self._desk_id = config.desk_id or config.desk
        self._holder = config.holder or self._desk_id
        receivers = MergeAsking(store, self._channel_of)
        self.asking = Asking(
            store, self._ask_order, self._wake_asking, self._is_stopping.is_set, ask_receivers=receivers.ask
        )
        self.granting = Granting(store, outside.authoriser, outside.channel)
        self.puller = Puller(store, digest, config.carrier_code, self._is_stopping.is_set)
        self.case_reader = CaseReader(store, self.puller.refresh, self._is_stopping.is_set)
        handlers = Handlers(store, outside.services(), outside.channel)
        by_kind = {**handlers.by_kind(), _TELL: self._tell_people}
        self.deliverer = Deliverer(store, self._holder, by_kind, handlers.give_ups(), self._is_stopping.is_set)
        self.stock_lane = StockLane(store, outside.channel, self._holder, self._is_stopping.is_set)
        self.breaker = Breaker(store)
        self.elsewhere = Elsewhere(store)
        self.listing_rounds = ListingRounds(
            store,
            digest,
            config.carrier_code,
            holder=self._holder,
            shops=self.shops,
            open_channel=outside.channel,
            is_stopping=self._is_stopping.is_set,
        )
        self.reconciler = Reconciler(
            store,
            digest,
            config.carrier_code,
            holder=self._holder,
            shops=self.shops,
            open_channel=outside.channel,
            is_stopping=self._is_stopping.is_set,
        )
        self._keeper: Keeper | None = None
        self._lanes: dict[str, Lane] = {}
        self._adopting = threading.Lock()
        self._pulling: set[int] = set()
        self._pulling_lock = threading.Lock()
        self._forgot_s: float | None = None
        self._unsubscribe: Callable[[], None] | None = None

    # --- starting and stopping ----------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the lanes: four per shop, one per carrier, one that tidies up, one that compares at night.

        New shops get theirs with `adopt_shops`.
        """
        self._unsubscribe = self._store.subscribe(self._wake_for)
        self._store.write(lambda uow: outbox.take_back(uow, self._holder), urgency=Urgency.LANE)
        carrier = lane_of(self._config.carrier_code)
        self._add_lane(carrier, lambda: self._deliver_lane(carrier))
        self._add_lane("alerts", self._alerts_lane, first_after_s=_AFTER_START_S)
        self._add_lane("stock", self.stock_lane.work, first_after_s=_AFTER_START_S)
        self._add_lane("door", self._door_lane)
        self._add_lane("awake", self._awake_lane)
        self._add_lane("elsewhere", self.elsewhere.work_on)
        self._add_lane("breaker", self.breaker.work, first_after_s=_AFTER_START_S)
        self._add_lane("compare", self._compare_lane, first_after_s=_COMPARE_LOOK_S)
        self._add_lane("roll_up", self._roll_lane, first_after_s=_COMPARE_LOOK_S)
        # One for all shops: a list may take minutes, and nothing waits for it.
        self._add_lane("listings", self.listing_rounds.work, first_after_s=_COMPARE_LOOK_S)
        self._add_lane("reconcile", self.reconciler.work, first_after_s=_COMPARE_LOOK_S)
        if self._config.signs_in:
            self._add_lane("people", self._people_lane)
        self.adopt_shops()
        self._add_lane("bills", self._bills_lane, first_after_s=_AFTER_START_S)
        self.adopt_gateways(is_starting=True)
        # It adopts too: what another program has added meanwhile.
        self._add_lane("tidy", self._tidy_lane)

    def stop(self) -> None:
        """Stop every lane after its current piece of work."""
        self._is_stopping.set()
        if self._unsubscribe is not None:
            self._unsubscribe()
        for lane in list(self._lanes.values()):
            lane.stop()
        # The lane of the rounds may have added some while it was told to stop.
        for lane in list(self._lanes.values()):
            lane.stop()
        self._lanes.clear()
        if self._keeper is not None:
            self._keeper.stop()

    def on_shops_changed(self) -> None:
        """Serve new shops and look at all of them; a verb that works without lanes starts none for it."""
        if self._lanes:
            self.adopt_shops()
            self.pull_now()

    def adopt_shops(self) -> None:
        """Start lanes for shops that have none yet."""
        for shop in self.shops():
            self.asking.serve(shop.id)
            for name, work in self._shop_work(shop.id):
                self._add_new_lane(name, work)

    def adopt_gateways(self, *, is_starting: bool = False) -> None:
        """Start a lane for each gateway that has none yet; a verb that works without lanes starts none."""
        if not (self._lanes or is_starting):
            return
        for gateway_id in self._store.read(active_ids):
            name = f"pay:{gateway_id}"
            later_s = _AFTER_START_S if is_starting else 0.0
            self._add_new_lane(name, partial(self._pay_lane, gateway_id), first_after_s=later_s)

    def pull_now(self) -> None:
        """Wake every pulling lane."""
        for name, lane in list(self._lanes.items()):
            if name.startswith("pull:"):
                lane.wake()

    def read_listings_now(self) -> None:
        """Wake what reads the shops' lists; a verb that works without lanes has none."""
        lane = self._lanes.get("listings")
        if lane is not None:
            lane.wake()

    def reconcile_now(self) -> None:
        """Wake what compares shops' orders with ours; a verb that works without lanes has none."""
        lane = self._lanes.get("reconcile")
        if lane is not None:
            lane.wake()

    def _wake_for(self, changes: Changes) -> None:
        self.stock_lane.note(changes)
        if changes.touches("outbox"):
            # A lane of the alerts may be added meanwhile.
            for name, lane in list(self._lanes.items()):
                if name.startswith(("waybill:", "shop:", STOCK_LANES, "alert:")):
                    lane.wake()
        door = self._lanes.get("door")
        if door is not None and changes.touches("setting"):
            door.wake()
        if changes.touches("alert_channel") and "alerts" in self._lanes:
            self._lanes["alerts"].wake()

    def _add_lane(self, name: str, work: Callable[[], float], *, first_after_s: float = 0.0) -> None:
        self._lanes[name] = Lane(name, work, first_after_s=first_after_s)
        self._lanes[name].start()

    def _add_new_lane(self, name: str, work: Callable[[], float], *, first_after_s: float = 0.0) -> None:
        # A page and a lane may find the same shop at the same time.
        with self._adopting:
            if name not in self._lanes and not self._is_stopping.is_set():
                self._add_lane(name, work, first_after_s=first_after_s)

    def _shop_work(self, shop_id: int) -> Sequence[tuple[str, Callable[[], float]]]:
        # Lanes of their own: neither a confirmation nor a parcel on the desk must wait behind a long pull, and no
        # shipment behind numbers of stock.
        return (
            (f"pull:{shop_id}", lambda: self._pull_lane(shop_id)),
            (f"shop:{shop_id}", lambda: self._deliver_lane(f"shop:{shop_id}")),
            (stock_lane_of(shop_id), lambda: self._deliver_lane(stock_lane_of(shop_id))),
            (f"ask:{shop_id}", lambda: self.asking.work(shop_id)),
        )

    # --- what can be done now -----------------------------------------------------------------------------------

    def pull_shop(self, shop_id: int, *, all_open: bool = True) -> Pull | None:
        """Pull one shop now, unless another desk is doing it or took over meanwhile (then None).

        `all_open` as `Puller.pull`.

        Raises:
            ChannelError: the shop did not answer as it should; its light shows it.
            DomainError: the shop cannot be asked (a setting, an unknown channel); its light shows it.
        """
        with self._pulling_lock:
            if shop_id in self._pulling:
                # By the same program: it would take its own lease away from itself.
                return None
            self._pulling.add(shop_id)
        try:
            with leases.held(self._store, f"pull:{shop_id}", self._holder, _PULL_LEASE_S) as hold:
                return None if hold is None else self._pull_under(hold, shop_id, all_open=all_open)
        except LeaseLost as lost:
            _log.info("shop %s: %s", shop_id, lost)
            return None
        finally:
            with self._pulling_lock:
                self._pulling.discard(shop_id)

    def _pull_under(self, hold: leases.Held, shop_id: int, *, all_open: bool) -> Pull:
        shop = self._store.read(lambda connection: shop_of(connection, shop_id))
        begun_at, begun_s = self._shared_now(), self._store.clock.monotonic()
        tries: list[Pull] = []
        # Left as it is by a defect of ours, whose words may be about people.
        done: RoundDone | None = None

        def round_done(bad: ChannelError | DomainError | None = None) -> RoundDone:
            took_ms = int((self._store.clock.monotonic() - begun_s) * 1000)
            pages = sum(one.pages for one in tries)
            new, changed = sum(one.new_count for one in tries), sum(one.updated_count for one in tries)
            return RoundDone(begun_at, took_ms, pages, new, changed, bad)

        try:
            renewed = self.granting.renew_if_due(shop)
            pulled, shop, channel = self._pull(renewed, hold, tries, all_open=all_open)
            done = round_done()
            self._read_cases(shop, channel, hold)
            return pulled
        except LeaseLost:
            raise
        except (ChannelError, DomainError) as error:
            done = round_done(error)
            raise
        finally:
            ended = done
            if ended is not None:
                hold.write(lambda uow: _end_round(uow, shop_id, ended))

    def ask_order(self, shop_id: int, order_no: str) -> bool:
        """Bring one order of a shop up to date now; False where the shop does not know it.

        Raises:
            NotFound: `shop.unknown`.
            ChannelError, DomainError: as `pull_shop`; nothing was stored.
        """
        shop = self._store.read(lambda connection: shop_of(connection, shop_id))
        return self.puller.refresh(shop, self._outside.channel(shop), order_no)

    def _channel_of(self, shop_id: int) -> "Channel":
        return self._outside.channel(self._store.read(lambda connection: shop_of(connection, shop_id)))

    def _pull(
        self, shop: ShopRecord, hold: leases.Held, tries: list[Pull], *, all_open: bool
    ) -> "tuple[Pull, ShopRecord, Channel]":
        # With the shop and the channel that were let in at last: what is read next has no use for the refused ones.
        channel = self._outside.channel(shop)
        tries.append(Pull(hold))
        try:
            return self.puller.pull(shop, channel, tries[-1], all_open=all_open), shop, channel
        except AuthExpired:
            # Platforms end tokens early, too; where they renew them by themselves nobody has to be called for it.
            renewed = self.granting.renew_after_refusal(shop)
            if renewed is None:
                raise
        channel = self._outside.channel(renewed)
        tries.append(Pull(hold))
        return self.puller.pull(renewed, channel, tries[-1], all_open=all_open), renewed, channel

    def _shared_now(self) -> datetime:
        return self._store.read(lambda connection: shared_now(connection, self._store.clock))

    def _read_cases(self, shop: ShopRecord, channel: "Channel", hold: leases.Held) -> CasesRead | None:
        try:
            return self.case_reader.read(shop, channel, hold)
        except (ChannelError, DomainError) as error:
            # The orders came: neither they nor the shop's light are touched by this. A watch looks how long it lasts.
            _log.info("shop %s: after-sale cases: %s", shop.id, error)
            return None

    def deliver(self, lane: str) -> int:
        """Deliver what is due in one outbox lane now."""
        return self.deliverer.drain(lane)

    def tidy(self) -> None:
        """Sweep expired claims, and send on what waited for goods, for a listing's match or for the clock."""
        carrier_code, digest = self._config.carrier_code, self._digest
        for operation in (
            _sweep,
            lambda uow: goods_came(uow, carrier_code),
            lambda uow: listings_matched(uow, carrier_code, digest),
            lambda uow: release_ready(uow, None, carrier_code),
        ):
            self._store.write(operation, urgency=Urgency.LANE)

    def shops(self) -> Sequence[ShopRecord]:
        """Shops that are pulled."""
        return self._store.read(active_shops)

    def compare_if_due(self) -> int | None:
        """Make today's comparison of the stock where its hour has come and no other node makes it; gives its id."""
        return make_nightly(self._store, self._holder, listed_numbers, self._is_stopping.is_set)

    def bills(self) -> "Bills":
        """What fetches the gateways' bills; loaded when it is first asked for."""
        from core.payments.bills import Bills

        return Bills(self._store, self._outside.gateway, self._is_stopping.is_set)

    # --- what a lane does ---------------------------------------------------------------------------------------

    def _alone(self, name: str, work: Callable[[leases.Held], float]) -> float:
        """Do what one desk at a time may do; another one does it meanwhile where this one cannot, or no more."""
        try:
            with leases.held(self._store, name, self._holder, _ALONE_LEASE_S) as hold:
                return _GATEWAY_OFF_S if hold is None else work(hold)
        except LeaseLost as lost:
            _log.info("%s", lost)
            return _GATEWAY_OFF_S

    def _pull_lane(self, shop_id: int) -> float:
        if all(shop.id != shop_id for shop in self.shops()):
            return self._config.pull_every_s  # paused; its lane looks again
        try:
            self.pull_shop(shop_id, all_open=False)
        except (ChannelError, DomainError) as error:
            _log.info("shop %s: %s", shop_id, error)
            return min(self._config.pull_every_s * 3, 60.0)
        return self._config.pull_every_s

    def _deliver_lane(self, lane: str) -> float:
        self.deliver(lane)
        return self.deliverer.pause_s(lane)

    def _tidy_lane(self) -> float:
        # Shops and gateways may have been added at another desk.
        self.adopt_shops()
        self.adopt_gateways()
        self.tidy()
        self._forget_done()
        return 30.0

    def _forget_done(self) -> None:
        elapsed_s = self._store.clock.monotonic()
        if self._forgot_s is None or elapsed_s - self._forgot_s >= _FORGET_S:
            self._forgot_s = elapsed_s
            forget_all(self._store, lambda uow: outbox.prune(uow, uow.now - _DONE_KEPT), self._is_stopping.is_set)
            for forget in (forget_rounds, forget_reports):
                forget_all(self._store, forget, self._is_stopping.is_set)

    def _door_lane(self) -> float:
        # The server behind it costs a start more than all lanes together, and most shops have no mall of their own.
        if self._keeper is None:
            if not self._store.read(lambda connection: wish_of(connection, self._desk_id)).is_open:
                return BEAT_S
            from core.gateway.keeper import Keeper

            digest, code = self._digest, self._config.carrier_code
            self._keeper = Keeper(self._store, digest, code, desk_id=self._desk_id, holder=self._holder)
        return self._keeper.work()

    def _awake_lane(self) -> float:
        self._store.write(lambda uow: beat(uow, self._holder), urgency=Urgency.LANE)
        return AWAKE_S

    def _alerts_lane(self) -> float:
        for name in self._alerting().lanes():
            self._add_new_lane(name, partial(self._deliver_lane, name))
        return self._alerting().rounds.work()

    def _compare_lane(self) -> float:
        self.compare_if_due()
        finish_handed_in(self._store, self._is_stopping.is_set)
        return _COMPARE_LOOK_S

    def roll_up(self, hold: leases.Freely | None = None) -> int:
        """Bring the days' sales up to date; gives how many days differed. `hold`: as `roll`."""
        return roll(self._store, self._is_stopping.is_set, hold)

    def _roll_lane(self) -> float:
        self._alone("roll_up", lambda hold: float(self.roll_up(hold)))
        return _ROLL_S

    def _people_lane(self) -> float:
        try:
            self._refresh_people()
        except DomainError as error:
            _log.info("who works here could not be read: %s", error)
        return _PEOPLE_S

    def _pay_lane(self, gateway_id: int) -> float:
        if gateway_id not in self._store.read(active_ids):
            return _GATEWAY_OFF_S
        from core.payments.asking import PaymentAsking

        asking = PaymentAsking(
            self._store, self._outside.gateway, self._config.carrier_code, self._is_stopping.is_set
        )
        return self._alone(f"pay:{gateway_id}", lambda hold: asking.work(gateway_id, hold))

    def _bills_lane(self) -> float:
        if not self._store.read(has_bills_to_see):
            return _GATEWAY_OFF_S
        return self._alone("bills", self.bills().work)

    def _ask_order(self, shop_id: int, order_no: str) -> None:
        self.ask_order(shop_id, order_no)

    def _wake_asking(self, shop_id: int) -> None:
        lane = self._lanes.get(f"ask:{shop_id}")
        if lane is not None:
            lane.wake()

    def _tell_people(self, claim: outbox.Claim) -> None:
        self._alerting().carrier.tell(claim)


def _end_round(uow: UnitOfWork, shop_id: int, done: RoundDone) -> None:
    if done.error is not None:
        note_bad_pull(uow, shop_id, done.error)
    note_round(uow, shop_id, done)


def _sweep(uow: UnitOfWork) -> None:
    expire_due(uow)
    doubt_forgotten(uow)
