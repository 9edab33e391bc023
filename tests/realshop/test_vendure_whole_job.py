"""The whole job on a shop nobody here wrote: bought in Vendure, packed and labelled here, shown as shipped there."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.app import Core, CoreConfig, build, new_nonce
from core.catalog.records import SkuSpec
from core.catalog.service import take_in
from core.db.unit_of_work import UnitOfWork
from core.inventory.ledger import receive
from core.orders.records import OrderFilter
from core.practice.catalogue import practice_catalogue
from core.practice.moving_in import move_in
from core.practice.server import PracticeSecrets, PracticeServer
from core.runtime.clock import SystemClock
from core.runtime.ids import SkuId, WarehouseId
from core.sync.shops import add_shop
from tests.support.vendure import PASSWORD, USERNAME, RunningShop
from tests.support.vendure_driver import VendureDriver
from tests.support.world import ANY_AGE

pytestmark = pytest.mark.realshop
BARCODE = "2999000000017"


class Desk:
    """A desk with a Vendure shop and the practice carrier."""

    def __init__(self, core: Core, shop_id: int) -> None:
        self.core = core
        self.shop_id = shop_id

    def sync(self) -> None:
        self.core.pull_shop(self.shop_id)
        self.core.deliver("waybill:PX")

    def fulfilment(self, order_no: str) -> tuple[str, str]:
        rows = self.core.orders.page(OrderFilter("all", order_no), None, 5).rows
        return next((row.fulfilment, row.hold_reason) for row in rows if row.order_no == order_no)

    def pack_and_ship(self, order_no: str, code: str) -> str:
        """Scan, print, scan out; gives the waybill number."""
        packing = self.core.packing
        verdict = packing.open_code(order_no, new_nonce())
        assert verdict.code == "parcel.opened", verdict
        parcel = verdict.parcel
        assert parcel is not None
        verdict = packing.scan_goods(parcel.id, parcel.fence, code, new_nonce(), parcel.missing_qty)
        assert verdict.code == "parcel.complete", verdict
        job = self.core.print_jobs.claim("virtual")
        assert job is not None
        assert job.name == parcel.waybill_no
        assert self.core.print_jobs.mark_sending(job, "digest")
        self.core.print_jobs.mark_sent(job, None)
        shipped = packing.scan_label(parcel.id, parcel.fence, parcel.waybill_no, new_nonce(), ANY_AGE)
        assert shipped.code == "parcel.shipped"
        self.core.deliver(f"shop:{self.shop_id}")
        return parcel.waybill_no


def stocked(uow: UnitOfWork, warehouse_id: int, code: str, qty: int) -> None:
    ids = take_in(uow, [SkuSpec(code, "帆布包", weight_g=300, barcodes=((f"{BARCODE}-{code}", 1),))])
    receive(uow, WarehouseId(warehouse_id), SkuId(ids[code]), qty, "opening", f"opening:{code}")


@pytest.fixture
def desk(tmp_path: Path, vendure: RunningShop) -> Iterator[Desk]:
    core = build(CoreConfig(tmp_path / "data", key_file=tmp_path / "key"))
    keys = PracticeSecrets.fresh()
    with PracticeServer(tmp_path / "practice", keys, SystemClock()) as practice:
        urls = (practice.url, practice.carrier_url)
        core.store.write(lambda uow: move_in(uow, *urls, keys, practice_catalogue()))
        settings = {"base_url": vendure.base_url, "username": USERNAME}
        secret = json.dumps({"password": PASSWORD})
        shop_id = core.store.write(
            lambda uow: add_shop(uow, "vendure", "Vendure", settings, secret, 1, confirms_shipments=True)
        )
        yield Desk(core, shop_id)
        core.stop()


def test_bought_there_packed_here_and_shown_as_shipped_there(desk: Desk, driver: VendureDriver, new_sku: str) -> None:
    desk.core.store.write(lambda uow: stocked(uow, 1, new_sku, 5))
    variant = driver.new_variant(new_sku, stock=5)
    code = driver.place_order([(variant, 2)])
    desk.sync()
    assert desk.fulfilment(code) == ("to_review", "")
    driver.settle(code)
    desk.sync()
    assert desk.fulfilment(code) == ("to_pack", "")
    number = desk.pack_and_ship(code, f"{BARCODE}-{new_sku}")
    there = driver.order(code)
    assert there["state"] == "Shipped"
    assert [one["trackingCode"] for one in there["fulfillments"]] == [number]
    desk.sync()
    assert desk.fulfilment(code)[0] == "shipped"
    assert desk.core.stock.discrepancies() == []


def test_what_a_race_oversold_there_is_held_here(desk: Desk, driver: VendureDriver, new_sku: str) -> None:
    desk.core.store.write(lambda uow: stocked(uow, 1, new_sku, 3))
    variant = driver.new_variant(new_sku, stock=3)
    accepted = driver.race(variant, 8).accepted
    assert len(accepted) > 3, "the shop did not oversell: nothing is proved"
    for code in accepted:
        driver.settle(code)
    desk.sync()
    states = [desk.fulfilment(code) for code in accepted]
    assert states.count(("to_pack", "")) == 3
    assert states.count(("to_review", "short")) == len(accepted) - 3
    assert desk.core.stock.discrepancies() == []


def test_cancelled_there_while_its_label_is_printed_here_does_not_leave(
    desk: Desk, driver: VendureDriver, new_sku: str
) -> None:
    desk.core.store.write(lambda uow: stocked(uow, 1, new_sku, 2))
    code = driver.place_order([(driver.new_variant(new_sku, stock=2), 1)])
    driver.settle(code)
    desk.sync()
    parcel = desk.core.packing.open_code(code, new_nonce()).parcel
    assert parcel is not None
    driver.cancel(code)
    desk.sync()
    stopped = desk.core.packing.scan_label(None, None, parcel.waybill_no, new_nonce(), ANY_AGE)
    assert stopped.code == "label.voided"
    assert desk.fulfilment(code)[0] == "cancelled"
