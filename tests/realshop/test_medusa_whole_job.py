"""The whole job on a Medusa: bought there while we pull, packed here, shown as sent there; nothing missed or doubled."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.app import Core, CoreConfig, build, new_nonce
from core.catalog.records import SkuSpec
from core.catalog.service import take_in
from core.db.unit_of_work import UnitOfWork
from core.inventory.ledger import receive
from core.orders.records import OrderFilter, OrderRow
from core.practice.catalogue import practice_catalogue
from core.practice.moving_in import move_in
from core.practice.server import PracticeSecrets, PracticeServer
from core.runtime.clock import SystemClock
from core.runtime.ids import SkuId, WarehouseId
from core.sync.shops import add_shop
from tests.support.medusa import RunningMedusa
from tests.support.medusa_driver import MedusaDriver, Variant
from tests.support.world import ANY_AGE

pytestmark = pytest.mark.realshop
BARCODE = "2999000000024"


class Desk:
    """A desk with the Medusa shop and the practice carrier."""

    def __init__(self, core: Core, shop_id: int) -> None:
        self.core = core
        self.shop_id = shop_id

    def sync(self) -> None:
        self.core.pull_shop(self.shop_id)
        self.core.deliver("waybill:PX")

    def rows(self, order_no: str) -> list[OrderRow]:
        # Found by what the shop is asked by; what stands there is the number people know.
        return list(self.core.orders.page(OrderFilter("all", order_no), None, 5).rows)

    def state(self, order_no: str) -> tuple[str, str]:
        (row,) = self.rows(order_no)
        return row.fulfilment, row.hold_reason

    def pack_and_ship(self, order_no: str, code: str) -> str:
        """Scan, print, scan out; gives the waybill number."""
        packing = self.core.packing
        parcel = packing.open_code(order_no, new_nonce()).parcel
        assert parcel is not None
        verdict = packing.scan_goods(parcel.id, parcel.fence, code, new_nonce(), parcel.missing_qty)
        assert verdict.code == "parcel.complete", verdict
        job = self.core.print_jobs.claim("virtual")
        assert job is not None
        assert self.core.print_jobs.mark_sending(job, "digest")
        self.core.print_jobs.mark_sent(job, None)
        shipped = packing.scan_label(parcel.id, parcel.fence, parcel.waybill_no, new_nonce(), ANY_AGE)
        assert shipped.code == "parcel.shipped"
        self.core.deliver(f"shop:{self.shop_id}")
        return parcel.waybill_no


def stocked(uow: UnitOfWork, code: str, qty: int) -> None:
    ids = take_in(uow, [SkuSpec(code, "帆布包", weight_g=300, barcodes=((BARCODE, 1),))])
    receive(uow, WarehouseId(1), SkuId(ids[code]), qty, "opening", f"opening:{code}")


@pytest.fixture
def desk(tmp_path: Path, medusa: RunningMedusa) -> Iterator[Desk]:
    core = build(CoreConfig(tmp_path / "data", key_file=tmp_path / "key"))
    keys = PracticeSecrets.fresh()
    with PracticeServer(tmp_path / "practice", keys, SystemClock()) as practice:
        urls = (practice.url, practice.carrier_url)
        core.store.write(lambda uow: move_in(uow, *urls, keys, practice_catalogue()))
        settings = {"base_url": medusa.base_url, "buyer_note_field": "note"}
        secret = json.dumps({"api_key": medusa.facts["secret_key"]})
        shop_id = core.store.write(
            lambda uow: add_shop(uow, "medusa", "Medusa", settings, secret, 1, confirms_shipments=True)
        )
        yield Desk(core, shop_id)
        core.stop()


def lived(merchant: MedusaDriver, variant: Variant, ends: str) -> tuple[str, str]:
    """One shopper's order, and what becomes of it."""
    no = merchant.place((variant, 1))
    if ends != "unpaid":
        merchant.capture(no)
    if ends == "cancelled":
        merchant.cancel(no)
    if ends == "refunded":
        merchant.refund(no, 37.9)
    if ends == "partly":
        merchant.refund(no, 5)
    return no, ends


def test_what_happens_there_while_we_pull_is_the_same_here_in_the_end(desk: Desk, merchant: MedusaDriver) -> None:
    (variant,) = merchant.new_product("WHILE-WE-PULL", stock=50)
    desk.core.store.write(lambda uow: stocked(uow, variant.sku, 50))
    stop = threading.Event()

    def pull() -> None:
        while not stop.is_set():
            desk.sync()

    with ThreadPoolExecutor(3) as pool:
        puller = pool.submit(pull)
        ends = ("unpaid", "paid", "cancelled", "refunded", "partly")
        lives = [pool.submit(lived, merchant, variant, end) for end in ends]
        try:
            orders = dict(one.result() for one in lives)
        finally:
            stop.set()
        puller.result()
    merchant.let_the_second_pass()
    desk.sync()

    seen = {no: desk.rows(no) for no in orders}
    assert all(len(rows) == 1 for rows in seen.values()), "each once"
    payments = {no: rows[0].payment for no, rows in seen.items()}
    expected = {"unpaid": "unpaid", "paid": "paid", "partly": "partly_refunded"}
    assert payments == {no: expected.get(ends, "refunded") for no, ends in orders.items()}
    cancelled = {no for no, rows in seen.items() if rows[0].fulfilment == "cancelled"}
    assert cancelled == {no for no, ends in orders.items() if ends in {"cancelled", "refunded"}}
    assert desk.core.stock.discrepancies() == []

    ready = next(no for no, ends in orders.items() if ends == "paid")
    assert desk.state(ready) == ("to_pack", "")
    number = desk.pack_and_ship(ready, BARCODE)
    assert merchant.numbers_of(ready) == [number]
    assert merchant.order(ready)["fulfillment_status"] == "shipped"
    desk.sync()
    assert desk.state(ready)[0] == "shipped"
