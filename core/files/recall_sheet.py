"""The recall list as a table: who got the batch, who may have, which parcels hold it, what is still here."""

from core.files.cells import time_cell
from core.files.writing import Sheet
from core.fulfilment.recall import Recall, RecallRow

_HEADER = ("类别", "商家编码", "商品名称", "批次", "订单号", "店铺", "发货时间", "运单号", "数量", "依据", "备注")
_HOW = {"scan": "扫码确认", "key": "人工确认", "books": "按账面"}
_STATES = {"to_pack": "待打包", "packing": "打包中", "packed": "已打包", "waiting": "未生成包裹"}


def recall_sheet(found: Recall) -> Sheet:
    """One row for each order of each parcel, then one for each place; nothing personal stands in it."""
    goods = {one.batch.id: (one.sku_code, one.sku_name) for one in found.batches}
    rows: list[list[str | int]] = []
    for kind, parcels in (("已发出", found.gone), ("可能发出", found.maybe), ("还在仓内", found.inside)):
        rows += [[kind, *goods[row.batch_id], *_parcel(row)] for row in parcels]
    codes = {one.batch.id: one.batch.code for one in found.batches}
    for place in found.places:
        where = " ".join(part for part in (place.warehouse_name, place.bin) if part)
        said = f"占用 {place.promised_qty}，隔离 {place.quarantined_qty}"
        batch = codes[place.batch_id]
        rows.append(["在库", *goods[place.batch_id], batch, "", where, "", "", place.on_hand_qty, "", said])
    return Sheet(_HEADER, rows)


def _parcel(row: RecallRow) -> list[str | int]:
    gone = "未交快递" if row.is_here else ""
    said = gone if row.state == "shipped" else _STATES.get(row.state, row.state)
    return [
        row.batch, row.order_no, row.shop_name, time_cell(row.shipped_at), row.waybill_no, row.qty, _HOW[row.how],
        said,
    ]  # fmt: skip
