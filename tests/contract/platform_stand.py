"""The contract suite's stand for any simulated platform: buyers and sellers act on the shop behind the simulator."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.channels.contract import Channel
from core.channels.stock_contract import ListedSku
from core.runtime.clock import ManualClock
from core.runtime.http import Endpoint, HttpClient, endpoint
from tests.simulators.platforms.server import PlatformServer
from tests.simulators.platforms.shop import Goods, Person, Shop
from tests.support.channel_stand import Wish

_CODES = ("MF-101", "FS-201", "WJ-601")
#: verbs of the stand by what the shop's habits call them
_QUIET = {"pay": "pay", "ship": "ship", "memo": "write_note", "address": "change_address", "refund": "refund_line"}


@dataclass(frozen=True, slots=True)
class Way:
    """The product's way to a simulated platform, with a clock that moves instead of sleeping."""

    place: Endpoint
    http: HttpClient
    clock: ManualClock


def way_to(server: PlatformServer, clock: ManualClock, path: str = "") -> Way:
    """`path`: where on the server the platform's gateway is. Close `http` afterwards."""
    http = HttpClient(clock, sleep=lambda s: clock.advance(seconds=s), uniform=lambda low, _high: low)
    return Way(endpoint(server.url + path), http, clock)


class PlatformStand:
    """`tests.support.channel_stand.ShopStand` for one simulator.

    A platform's stand gives the channel, the stranger, what its people cannot do, and how long a moment is there
    (`tick_s`; platforms that count in seconds need at least two). Its channel reads small pages, three rows or so, so
    that a handful of orders fills several.
    """

    carrier = "ZTO"

    def __init__(
        self,
        server: PlatformServer,
        way: Way,
        channel: Channel,
        stranger: Channel,
        *,
        cannot: frozenset[str] = frozenset(),
        tick_s: float = 2.0,
    ) -> None:
        self.server = server
        self.shop: Shop = server.shop
        self.clock = way.clock
        self.channel = channel
        self.stranger = stranger
        self.cannot = cannot
        touches = self.shop.habits.touches
        self.quiet = frozenset(verb for what, verb in _QUIET.items() if what not in touches)
        self._tick_s = tick_s
        self._goods = [self.shop.list_goods(code, 1000) for code in _CODES]

    def now(self) -> datetime:
        return self.server.now()

    def tick(self) -> None:
        self.clock.advance(seconds=self._tick_s)

    def settle(self) -> None:
        self.clock.advance(seconds=self.channel.capabilities.safety_lag_s + 1)

    def merchant_code(self, goods: int) -> str:
        return _CODES[goods]

    def place(self, *wishes: Wish, note: str = "", address: str = "练习路1号") -> str:
        wanted = [(self._goods[wish.goods].sku_id, wish.qty) for wish in wishes or (Wish(),)]
        return self.shop.place(wanted, note=note, person=Person(address=address)).no

    def pay(self, no: str) -> None:
        self.shop.pay(no)

    def cancel(self, no: str) -> None:
        self.shop.cancel(no)

    def refund_line(self, no: str, place: int) -> None:
        self.shop.refund_line(no, self.shop.order(no).lines[place].no)

    def change_address(self, no: str, address: str) -> None:
        self.shop.change_address(no, address=address)

    def touch(self, no: str) -> None:
        if "write_note" not in self.quiet:
            self.shop.write_note(no, f"note at {self.now()}")
        elif "change_address" not in self.quiet:
            self.shop.change_address(no, address="练习路99号")
        else:
            self.shop.stop(no, "PAUSE")
            self.shop.stop(no, "")

    def waybill(self, number: int) -> str:
        return f"731{number:011}"

    def listed(self, goods: int) -> ListedSku:
        found = self._goods[goods]
        return ListedSku(found.item_id, found.sku_id, found.code)

    def stock_of(self, goods: int) -> int:
        return self._goods[goods].qty

    def is_on_sale(self, goods: int) -> bool:
        return self._goods[goods].is_on_sale

    def take_off_sale(self, goods: Goods) -> None:
        """The seller takes something off sale in their own pages."""
        goods.is_on_sale = False

    def seller_note_of(self, no: str) -> str:
        """The seller's note as the seller's own people see it."""
        return self.shop.order(no).seller_note

    def told_count(self, no: str) -> int:
        """How often the shop counted an order as sent."""
        return [what for what, subject, _at in self.shop.happened if subject == no].count("shipped")

    def waybills_of(self, no: str) -> Sequence[str]:
        return [parcel.number for parcel in self.shop.order(no).parcels]
