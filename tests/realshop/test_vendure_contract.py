"""The contract every channel adapter keeps, held against the running Vendure."""

import inspect
import itertools
from collections.abc import Callable, Sequence
from datetime import datetime

import pytest

from core.channels.contract import Capabilities, ChannelOrder, OrderPage, ShipmentNotice
from core.channels.vendure.channel import VendureChannel
from core.runtime.clock import SystemClock

# the suite itself: its tests are collected here a second time, with the stand below
from tests.contract.test_channel_contract import *  # noqa: F403  (the names are the tests)
from tests.support.channel_stand import Wish
from tests.support.vendure_driver import VendureDriver

for _name in [name for name in globals() if name.startswith("test_")]:
    # What is held against the simulated platforms alone has no stand here.
    if "platform" in inspect.signature(globals()[_name]).parameters:
        del globals()[_name]

pytestmark = pytest.mark.realshop

_serial = itertools.count(1)


class OwnOrders:
    """The adapter, showing only this test's orders, and each state of one once.

    The shop is shared by the whole run, and pages of Vendure overlap on purpose: what comes twice unchanged
    is dropped by the intake, which a contract test does not have.
    """

    def __init__(self, inner: VendureChannel, own: set[str]) -> None:
        self.inner = inner
        self._own = own
        self._seen: set[tuple[str, int]] = set()
        self.capabilities: Capabilities = inner.capabilities

    def pull_orders(self, since: datetime, cursor: str | None) -> OrderPage:
        return self._shown(self.inner.pull_orders(since, cursor), cursor)

    def open_orders(self, cursor: str | None) -> OrderPage:
        return self._shown(self.inner.open_orders(cursor), cursor)

    def _shown(self, page: OrderPage, cursor: str | None) -> OrderPage:
        if cursor is None:
            self._seen.clear()
        shown = []
        for order in page.orders:
            if order.order_no in self._own and (order.order_no, order.version) not in self._seen:
                self._seen.add((order.order_no, order.version))
                shown.append(order)
        unread = [one for one in page.unread if one.no in self._own]
        return OrderPage(shown, page.next_cursor, page.server_time, unread=unread)

    def get_order(self, order_no: str) -> ChannelOrder | None:
        return self.inner.get_order(order_no)

    def confirm_shipment(self, notice: ShipmentNotice) -> None:
        self.inner.confirm_shipment(notice)

    def check(self) -> datetime:
        return self.inner.check()


class VendureStand:
    """`tests.support.channel_stand.ShopStand` for the running Vendure; three orders to a page."""

    cannot: frozenset[str] = frozenset()
    quiet: frozenset[str] = frozenset()
    carrier = "PX"

    def __init__(self, driver: VendureDriver, open_channel: Callable[..., VendureChannel]) -> None:
        self._driver = driver
        self._own: set[str] = set()
        serial = next(_serial)
        self._skus = [f"STAND-{serial}-{goods}" for goods in range(3)]
        self._variants = [driver.new_variant(sku, stock=100) for sku in self._skus]
        self.channel = OwnOrders(open_channel(page_size=3), self._own)
        self.stranger = open_channel(password="wrong")

    def now(self) -> datetime:
        return SystemClock().now()

    def tick(self) -> None:
        """Nothing: the version tells changes of one second apart."""

    def settle(self) -> None:
        """Nothing: Vendure tells at once."""

    def touch(self, no: str) -> None:
        self.change_address(no, "练习路99号")

    def waybill(self, number: int) -> str:
        return f"PX{number:013d}"

    def merchant_code(self, goods: int) -> str:
        return self._skus[goods]

    def place(self, *wishes: Wish, note: str = "", address: str = "练习路1号") -> str:
        goods = [(self._variants[wish.goods], wish.qty) for wish in wishes or (Wish(),)]
        code = self._driver.place_order(goods, note=note, address={"streetLine1": address})
        self._own.add(code)
        return code

    def pay(self, no: str) -> None:
        self._driver.settle(no)

    def cancel(self, no: str) -> None:
        self._driver.cancel(no)

    def refund_line(self, no: str, place: int) -> None:
        line = self._driver.order(no)["lines"][place]
        self._driver.cancel(no, [(line["id"], line["quantity"])])
        self._driver.refund(no, 100)

    def change_address(self, no: str, address: str) -> None:
        self._driver.change_address(no, address)

    def waybills_of(self, no: str) -> Sequence[str]:
        return [one["trackingCode"] for one in self._driver.order(no)["fulfillments"]]


@pytest.fixture
def stand(driver: VendureDriver, open_channel: Callable[..., VendureChannel]) -> VendureStand:
    return VendureStand(driver, open_channel)
