"""What is written into files: orders, stock, and the tables by which platforms are told of shipments."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.engine import Connection

from core.catalog.models import Listing, Sku
from core.channels.models import Shop
from core.customers.models import Identity
from core.customers.queries import consignees
from core.db.models import AppliedKey
from core.db.sets import id_set, packed_ids, packed_texts, text_set
from core.db.unit_of_work import UnitOfWork, insert_or_ignore
from core.files import words
from core.files.cells import time_cell
from core.files.presets import own
from core.files.writing import Sheet
from core.fulfilment.models import Parcel, ParcelLine
from core.inventory.models import StockLevel, Warehouse
from core.orders.models import Order, OrderLine
from core.orders.states import Fulfilment
from core.reports.day import day_report
from core.reports.records import RangeReport, ShopWork, WorkDay
from core.runtime.money import yuan_text
from core.waybills.carriers import name_of
from core.waybills.models import Waybill, WaybillAccount

_PAGE = 1000
#: parcels that left earlier than this are not looked for
SHIPPED_WITHIN = timedelta(days=30)
_MARK = "file.shipping"

#: platform -> header of the table that its backend takes for shipping in one go (批量发货): number of the order, name
#: of the carrier, number of the parcel. PDD: as the public empty-parcel backends fill its template. The others name
#: the same three as their order tables do (not tried against a live upload: where a shop's own template differs in
#: its first row, that row wins).
SHIPPING_HEADERS: Mapping[str, tuple[str, str, str]] = {
    "taobao": ("订单编号", "物流公司", "运单号"),
    "pdd": ("订单号", "快递公司", "快递单号"),
    "jd": ("订单号", "物流公司", "运单号"),
    "douyin": ("订单号", "快递公司", "快递单号"),
    "": ("订单号", "快递公司", "运单号"),
}

_ORDERS_PAGE = (
    select(*Order.__table__.c, Shop.channel, Shop.settings)
    .join(Shop, Shop.id == Order.shop_id)
    .where(Order.id > bindparam("after"))
    .order_by(Order.id)
    .limit(_PAGE)
)
_LINES = (
    select(
        OrderLine.order_id,
        OrderLine.line_no,
        OrderLine.item_id,
        OrderLine.channel_sku_id,
        OrderLine.title,
        OrderLine.spec,
        OrderLine.channel_qty,
        OrderLine.unit_price_fen,
        OrderLine.after_sale,
        Listing.merchant_code,
    )
    .join(Order, Order.id == OrderLine.order_id)
    .outerjoin(
        Listing,
        (Listing.shop_id == Order.shop_id)
        & (Listing.item_id == OrderLine.item_id)
        & (Listing.channel_sku_id == OrderLine.channel_sku_id),
    )
    .where(OrderLine.order_id.in_(id_set("ids")), OrderLine.is_current)
    .order_by(OrderLine.order_id, OrderLine.id)
)
_NUMBERS = (
    select(ParcelLine.order_id, Waybill.number, Waybill.carrier_code, WaybillAccount.carrier_name)
    .join(Waybill, Waybill.parcel_id == ParcelLine.parcel_id)
    .outerjoin(WaybillAccount, WaybillAccount.carrier_code == Waybill.carrier_code)
    .where(ParcelLine.order_id.in_(id_set("ids")), Waybill.state == "obtained")
    .order_by(Waybill.id)
)
_ACCOUNTS = select(Identity.customer_id, Identity.buyer_key).where(
    Identity.customer_id.in_(id_set("ids")), Identity.channel == bindparam("channel")
)
_SHIPPED = (
    select(
        Parcel.id, Order.id.label("order_id"), Order.order_no, Waybill.number, Waybill.carrier_code,
        WaybillAccount.carrier_name, Parcel.shipped_at,
    )
    .distinct()
    .join(ParcelLine, ParcelLine.parcel_id == Parcel.id)
    .join(Order, Order.id == ParcelLine.order_id)
    .join(Waybill, Waybill.parcel_id == Parcel.id)
    .outerjoin(WaybillAccount, WaybillAccount.carrier_code == Waybill.carrier_code)
    .where(
        Parcel.shipped_at >= bindparam("since"),
        Parcel.state == "shipped",
        ParcelLine.is_withdrawn.is_(False),
        Order.shop_id == bindparam("shop"),
        Waybill.state == "obtained",
    )
    .order_by(Parcel.shipped_at, Parcel.id, Order.id)
)  # fmt: skip
_MARKED = select(AppliedKey.key).where(AppliedKey.key.in_(text_set("keys")))
_AFTER_SALE = {"none": "", "requested": "售后处理中", "refunded": "退款成功"}


def orders_sheet(connection: Connection, shop_id: int | None) -> Sheet:
    """Every order (of one shop, or all), a row for each line, in columns that are read back as the same orders.

    The rows are read while they are gone through, which has to be within the transaction of `connection`.
    """
    return Sheet([names[0] for names in own.ORDER_COLUMNS.values()], _orders_out(connection, shop_id))


def _orders_out(connection: Connection, shop_id: int | None) -> Iterator[list[str | int]]:
    after = 0
    query = _ORDERS_PAGE if shop_id is None else _ORDERS_PAGE.where(Order.shop_id == shop_id)
    while page := connection.execute(query, {"after": after}).all():
        yield from _order_rows(connection, page)
        after = page[-1].id


def _order_rows(connection: Connection, page: Sequence[Any]) -> list[list[str | int]]:
    ids = {"ids": packed_ids([order.id for order in page])}
    lines: dict[int, dict[str, Any]] = {}
    for line in connection.execute(_LINES, ids):
        # A bundle stands as its components with us, and as one line on the platform.
        lines.setdefault(line.order_id, {}).setdefault(line.line_no, line)
    numbers: dict[int, Any] = {row.order_id: row for row in connection.execute(_NUMBERS, ids)}
    people = consignees(connection, [order.consignee_id for order in page])
    accounts = _accounts(connection, page)
    rows = []
    for order in page:
        head = _head(order, people[order.consignee_id], accounts.get(order.id, ""), numbers.get(order.id))
        for line in lines.get(order.id, {}).values():
            facts = head | {
                "refund": _AFTER_SALE[line.after_sale],
                "line_no": line.line_no,
                "item_id": line.item_id,
                "channel_sku_id": line.channel_sku_id,
                "merchant_code": line.merchant_code or "",
                "title": line.title,
                "spec": line.spec,
                "qty": line.channel_qty,
                "unit_price": yuan_text(line.unit_price_fen),
            }
            rows.append([facts[name] for name in own.ORDER_COLUMNS])
    return rows


def _accounts(connection: Connection, page: Sequence[Any]) -> Mapping[int, str]:
    """The buyer's account of each order, where the database keeps it in clear."""
    if connection.dialect.name != "sqlite":
        return {}
    found: dict[int, str] = {}
    for shop_id, channel in {(order.shop_id, order.channel) for order in page}:
        mine = [order for order in page if order.shop_id == shop_id]
        binds = {"ids": packed_ids({order.customer_id for order in mine}), "channel": f"{channel}:{shop_id}"}
        keys: dict[int, list[str]] = {}
        for customer_id, key in connection.execute(_ACCOUNTS, binds):
            keys.setdefault(customer_id, []).append(key)
        for order in mine:
            own_keys = keys.get(order.customer_id, [])
            # Somebody with two accounts bought under one of them, and nothing says which.
            if len(own_keys) == 1 and not own_keys[0].startswith("order:"):
                found[order.id] = own_keys[0]
    return found


def _head(order: Any, who: Any, account: str, number: Any) -> dict[str, str | int]:
    return {
        "order_no": order.order_no,
        "status": order.channel_status if order.channel == "file" and order.channel_status else _state(order),
        "placed_at": time_cell(order.placed_at),
        "paid_at": time_cell(order.paid_at),
        "ship_by_at": time_cell(order.ship_by_at),
        "amount": yuan_text(order.amount_fen),
        "freight": yuan_text(order.freight_fen),
        "buyer": account,
        "receiver": who.name,
        "phone": who.phone,
        "province": who.province,
        "city": who.city,
        "district": who.district,
        "address": who.address,
        "postcode": who.postcode,
        "buyer_note": order.buyer_note,
        "seller_note": order.seller_note,
        "waybill_no": number.number if number is not None else "",
        "carrier": name_of(number.carrier_code, number.carrier_name) if number is not None else "",
    }


def _state(order: Any) -> str:
    state = words.State(
        is_paid=order.payment != "unpaid",
        is_closed=order.fulfilment == Fulfilment.CANCELLED,
        is_shipped=order.fulfilment in (Fulfilment.SHIPPED, Fulfilment.COMPLETED),
        is_completed=order.fulfilment == Fulfilment.COMPLETED,
        is_refunded=order.fulfilment == Fulfilment.CANCELLED and order.payment == "refunded",
    )
    return words.word_of(state)


def stock_sheet(connection: Connection) -> Sheet:
    """What every warehouse has of every SKU."""
    level = StockLevel
    query = (
        select(Warehouse.name, Sku.code, Sku.name, Sku.spec, level.batch, level.expires_day, level.is_blocked,
               level.on_hand_qty, level.reserved_qty, level.confirmed_qty, level.quarantined_qty)
        .join(Sku, Sku.id == level.sku_id)
        .join(Warehouse, Warehouse.id == level.warehouse_id)
        .order_by(Warehouse.id, Sku.code, level.batch)
    )  # fmt: skip
    rows: list[list[str | int]] = []
    for (
        name,
        code,
        title,
        spec,
        batch,
        expires,
        blocked,
        on_hand,
        reserved,
        confirmed,
        quarantined,
    ) in connection.execute(query):
        free = on_hand - reserved - confirmed - quarantined
        last = "" if expires is None else date.fromordinal(expires).isoformat()
        said = "冻结" if blocked else ""
        rows.append([name, code, title, spec, batch, last, on_hand, reserved, confirmed, quarantined, free, said])
    quantities = ("在库数量", "预占", "已确认", "隔离", "可用")
    return Sheet(("仓库", "商家编码", "商品名称", "规格", "批次", "到期日", *quantities, "状态"), rows)


#: piles of the day in the words of the table
_PILE_WORDS = {
    "unpaid": "等付款",
    "waiting": "等待审核",
    "held": "挂起",
    "short": "缺货",
    "to_pack": "待打包",
    "packing": "打包中",
    "packed": "已打包未出库",
    "awaits_courier": "已出库未交接",
    "handed_over": "已交给快递",
    "elsewhere": "别处发出",
    "cancelled": "取消",
}


def day_sheet(connection: Connection, now: datetime) -> Sheet:
    """The day so far: its orders by pile, and its work by shop and by clerk. An empty cell is not counted there."""
    report = day_report(connection, now)
    rows: list[list[str | int]] = [
        ["订单", _PILE_WORDS[pile.name], pile.orders, "", "", "", pile.late] for pile in report.piles if pile.orders
    ]
    rows.append(["订单", "合计", report.total, "", "", "", sum(pile.late for pile in report.piles)])
    rows += [["店铺", day.shop_name, day.taken, day.printed, "", day.shipped, day.stuck] for day in report.shops]
    rows += [["人员", day.operator, "", "", day.packed, day.shipped, ""] for day in report.clerks]
    return Sheet(("类别", "名称", "订单数", "打印", "打包", "出库", "超时未发"), rows)


def report_sheet(report: RangeReport) -> Sheet:
    """A report over days: a line for each day, shop and clerk, their sums, and what stands too long by stage."""
    rows: list[list[str | int]] = [
        ["日期", day.day.isoformat(), *_figures(day), "", "", "", ""] for day in report.days
    ]
    rows.append(["日期", "合计", *_sums(report.days), "", "", "", ""])
    rows += [["店铺", shop.shop_name, *_figures(shop), "", "", "", shop.stuck] for shop in report.shops]
    stuck = sum(shop.stuck for shop in report.shops)
    rows.append(["店铺", "合计", *_sums(report.shops), "", "", "", stuck])
    for clerk in report.clerks:
        done = [clerk.shipped, clerk.handed_over, clerk.pulled_out, clerk.packed]
        rows.append(["人员", clerk.operator, "", "", *done, clerk.hours, f"{clerk.per_hour:.1f}", ""])
    rows += [["超时未发", _PILE_WORDS[stage], *[""] * 8, count] for stage, count in report.stuck]
    header = ("类别", "名称", "新单", "打印", "出库", "交接", "拦截取出", "打包", "工时", "每小时出库", "超时未发")
    return Sheet(header, rows)


def _figures(work: WorkDay | ShopWork) -> list[str | int]:
    return [work.taken, work.printed, work.shipped, work.handed_over, work.pulled_out]


def _sums(works: Sequence[WorkDay] | Sequence[ShopWork]) -> list[str | int]:
    figures = [_figures(work) for work in works]
    return [sum(int(column) for column in columns) for columns in zip(*figures, strict=True)] or [0] * 5


@dataclass(frozen=True, slots=True)
class Shipments:
    """The parcels of a shipping table, with the marks that say that they stand in one."""

    sheet: Sheet
    marks: Sequence[str]


def shipments(connection: Connection, shop_id: int, now: datetime, *, again: bool) -> Shipments:
    """Parcels that left and are in no shipping table yet; `again` gives those that are in one too."""
    shop = connection.execute(select(Shop.settings).where(Shop.id == shop_id)).scalar_one()
    header = SHIPPING_HEADERS.get(str(shop.get("platform", "")), SHIPPING_HEADERS[""])
    found = connection.execute(_SHIPPED, {"since": now - SHIPPED_WITHIN, "shop": shop_id}).all()
    keys = {f"{_MARK}:{row.id}:{row.order_id}": row for row in found}
    known: set[str] = set()
    if not again:
        known = set(connection.execute(_MARKED, {"keys": packed_texts(keys)}).scalars())
    wanted = {key: row for key, row in keys.items() if key not in known}
    rows = [[row.order_no, name_of(row.carrier_code, row.carrier_name), row.number] for row in wanted.values()]
    return Shipments(Sheet(header, rows), tuple(wanted))


def mark_told(uow: UnitOfWork, marks: Sequence[str]) -> None:
    """The parcels stand in a table now."""
    statement = insert_or_ignore(uow.connection, AppliedKey)
    rows = [{"key": mark, "at": uow.now, "result": {}} for mark in marks]
    if rows:
        uow.execute(statement, rows)
