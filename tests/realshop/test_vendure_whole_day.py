"""The whole day again, with forty orders bought in a running Vendure."""

import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.app import Core
from core.sync.shop_views import ShopDraft
from tests.e2e.day_files import GOODS
from tests.e2e.day_printers import four_printers
from tests.e2e.whole_day import WholeDay, running_desk
from tests.support.vendure import PASSWORD, USERNAME, RunningShop
from tests.support.vendure_driver import VendureDriver

pytestmark = [pytest.mark.realshop, pytest.mark.slow]
_ORDERS = 40


class VendureOrders:
    """Forty orders bought by shoppers of a Vendure, added to the desk as an owner does it."""

    def __init__(self, shop: RunningShop, driver: VendureDriver) -> None:
        self._shop = shop
        self._driver = driver

    def open(self, core: Core) -> int:
        settings = {"base_url": self._shop.base_url, "username": USERNAME}
        draft = ShopDraft("vendure", "Vendure", settings, {"password": PASSWORD})
        core.shop_desk.try_access(draft, None)
        shop_id = core.shop_desk.add(draft)
        core.starting.begin(shop_id, datetime(2020, 1, 1, tzinfo=UTC))
        core.starting.confirm(shop_id, ())
        return shop_id

    def buy(self) -> Mapping[str, Mapping[str, int]]:
        chance = random.Random(5)
        variants = {good.code: self._driver.new_variant(good.code, stock=500, name=good.title) for good in GOODS[:12]}
        bought: dict[str, Mapping[str, int]] = {}
        for _ in range(_ORDERS):
            goods = {
                code: chance.choice((1, 1, 2, 7))
                for code in chance.sample(sorted(variants), chance.choice((1, 1, 2)))
            }
            code = self._driver.place_order([(variants[name], qty) for name, qty in goods.items()])
            self._driver.settle(code)
            bought[code] = goods
        return bought

    def cancel(self, order_no: str) -> None:
        self._driver.cancel(order_no)

    def told(self, order_no: str) -> Sequence[str]:
        order = self._driver.order(order_no)
        parcels = [one["trackingCode"] for one in order["fulfillments"] or ()]
        return parcels if order["state"] == "Shipped" else []


@pytest.fixture
def driver(fresh_vendure: RunningShop) -> Iterator[VendureDriver]:
    driver = VendureDriver(fresh_vendure.base_url, USERNAME, PASSWORD)
    yield driver
    driver.close()


def test_a_whole_day_with_vendure(
    tmp_path: Path, fresh_vendure: RunningShop, driver: VendureDriver, qapp: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    with four_printers(monkeypatch) as printers, running_desk(tmp_path) as desk:
        day = WholeDay(desk, VendureOrders(fresh_vendure, driver), printers, tmp_path)
        day.play()
    print(f"seconds: {day.stages}")
