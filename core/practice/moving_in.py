"""Bringing the practice shop into a database: its catalogue, its opening stock, its shop and its carrier account."""

import json
from collections.abc import Sequence

from sqlalchemy import select, update

from core.catalog.models import Sku
from core.catalog.records import SkuSpec
from core.catalog.service import take_in
from core.db.unit_of_work import UnitOfWork
from core.inventory.documents.booking import book
from core.inventory.documents.drafting import begin
from core.inventory.documents.records import Head, LineIn
from core.inventory.documents.states import DocKind
from core.inventory.warehouses import main_warehouse
from core.practice.catalogue import PracticeSku
from core.practice.server import PracticeSecrets
from core.runtime.ids import SkuId, WarehouseId
from core.sync.shops import PRACTICE, add_shop, set_access, shop_named
from core.waybills.accounts import Account, house_sender, save_account
from core.waybills.contract import Sender

SHOP_NAME = PRACTICE
CARRIER_CODE = "PX"
_SENDER = Sender("练习店仓库", "05710000000", "浙江省", "杭州市", "余杭区", "练习路18号练习产业园2幢1层")


def move_in(
    uow: UnitOfWork, url: str, carrier_url: str, keys: PracticeSecrets, catalogue: Sequence[PracticeSku]
) -> int:
    """Make the practice shop usable: gives its shop id. Done again it only follows a changed address."""
    settings = {"base_url": url, "key": keys.mall.key}
    secret = json.dumps({"secret": keys.mall.secret})
    account = {"base_url": carrier_url, "key": keys.carrier.key}
    sender = house_sender(uow.connection) or _SENDER
    save_account(uow, Account("practice", CARRIER_CODE, "练习快递", account, keys.carrier.secret, sender))
    known = shop_named(uow.connection, SHOP_NAME)
    if known is not None:
        set_access(uow, known.id, settings, secret)
        _follow_pictures(uow, url, catalogue)
        return known.id
    warehouse_id = main_warehouse(uow)
    ids = take_in(uow, [_spec(sku, url) for sku in catalogue])
    opening = [
        LineIn(SkuId(ids[sku.code]), 0, done_qty=sku.opening_qty)
        for sku in catalogue
        if not sku.components and sku.opening_qty
    ]
    receipt = begin(
        uow, DocKind.RECEIPT, Head(WarehouseId(warehouse_id), reason="opening"), opening, "practice-opening"
    )
    book(uow, receipt.document_id, receipt.version, "practice-opening")
    return add_shop(uow, "mall", SHOP_NAME, settings, secret, warehouse_id, confirms_shipments=True)


def _follow_pictures(uow: UnitOfWork, url: str, catalogue: Sequence[PracticeSku]) -> None:
    """The shop's pictures are where the shop is now; a picture that somebody chose for these goods stays."""
    known = select(Sku.id, Sku.code, Sku.picture).where(Sku.code.in_([sku.code for sku in catalogue]))
    pictures = {row.code: (row.id, row.picture) for row in uow.rows(known)}
    for sku in catalogue:
        sku_id, picture = pictures.get(sku.code, (0, sku.picture_path))
        if picture != f"{url}{sku.picture_path}" and (not picture or picture.endswith(sku.picture_path)):
            uow.execute(update(Sku).where(Sku.id == sku_id).values(picture=f"{url}{sku.picture_path}"))
            uow.changed("sku", sku_id)


def _spec(sku: PracticeSku, url: str) -> SkuSpec:
    barcodes = [(code, 1) for code in sku.barcodes] + list(sku.cartons)
    return SkuSpec(
        code=sku.code,
        name=sku.title,
        short_name=sku.title,
        spec=sku.spec,
        weight_g=sku.weight_g,
        picture=f"{url}{sku.picture_path}",
        barcodes=tuple(barcodes),
        components=tuple(sku.components),
        lacks_barcode=sku.has_no_barcode,
    )
