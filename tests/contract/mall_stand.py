"""The own-mall adapter in front of the practice shop, over real HTTP."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from core.channels.mall.client import CAPABILITIES, MallChannel, MallKey
from core.channels.stock_contract import ListedSku
from core.practice.people import Receiver
from core.practice.server import PracticeSecrets
from core.practice.shop import DraftLine, OrderDraft
from core.runtime.clock import ManualClock
from core.runtime.http import HttpClient, endpoint
from tests.simulators.faulty_practice import FaultyPracticeServer
from tests.support.channel_stand import Wish

START = datetime(2026, 11, 23, 1, 30, 0, 250_000, tzinfo=UTC)
_GOODS = ("MF-101", "FS-201", "WJ-601")


class MallStand:
    """`tests.support.channel_stand.ShopStand` for own malls; three orders to a page."""

    cannot: frozenset[str] = frozenset()
    quiet: frozenset[str] = frozenset()
    carrier = "PX"

    def __init__(self, server: FaultyPracticeServer, clock: ManualClock, keys: PracticeSecrets) -> None:
        self.server = server
        self.clock = clock
        self.http = HttpClient(clock, sleep=lambda s: clock.advance(seconds=s), uniform=lambda low, _high: low)
        self.place_ = endpoint(server.url)
        small_pages = replace(CAPABILITIES, page_size=3)
        key = MallKey(keys.mall.key, keys.mall.secret)
        self.channel = MallChannel(self.place_, key, self.http, capabilities=small_pages)
        self.stranger = MallChannel(self.place_, MallKey(key.key, "wrong"), self.http)

    def now(self) -> datetime:
        return self.clock.now()

    def tick(self) -> None:
        self.clock.advance(milliseconds=20)

    def settle(self) -> None:
        """What happened is told at once."""

    def merchant_code(self, goods: int) -> str:
        return _GOODS[goods]

    def place(self, *wishes: Wish, note: str = "", address: str = "练习路1号") -> str:
        lines = [DraftLine(_GOODS[wish.goods], wish.qty) for wish in wishes or (Wish(),)]
        receiver = Receiver("赵练习", "13800000001", "浙江省", "杭州市", "余杭区", address)
        return self.server.shop.place_order(OrderDraft("b-1", "买家一", receiver, lines, buyer_note=note))

    def pay(self, no: str) -> None:
        self.server.shop.pay(no)

    def cancel(self, no: str) -> None:
        self.server.shop.cancel(no)

    def refund_line(self, no: str, place: int) -> None:
        self.server.shop.refund(no, str(place + 1))

    def change_address(self, no: str, address: str) -> None:
        receiver = Receiver(**self.server.shop.order(no)["consignee"])
        self.server.shop.change_address(no, replace(receiver, address=address))

    def touch(self, no: str) -> None:
        self.change_address(no, "练习路99号")

    def waybill(self, number: int) -> str:
        return f"PX{number:013}"

    def listed(self, goods: int) -> ListedSku:
        return ListedSku("", "", _GOODS[goods])

    def stock_of(self, goods: int) -> int:
        return self.server.shop.stock(_GOODS[goods]).qty

    def is_on_sale(self, goods: int) -> bool:
        return self.server.shop.stock(_GOODS[goods]).is_on

    def waybills_of(self, no: str) -> Sequence[str]:
        return [parcel.no for parcel in self.server.shop.shipments() if parcel.order_no == no]


@contextmanager
def mall_stand(data_dir: Path) -> Iterator[MallStand]:
    """A running practice shop and its adapter; every call must have been signed properly."""
    clock = ManualClock(START)
    keys = PracticeSecrets.fresh()
    with FaultyPracticeServer(data_dir, keys, clock) as server:
        stand = MallStand(server, clock, keys)
        try:
            yield stand
        finally:
            stand.http.close()
