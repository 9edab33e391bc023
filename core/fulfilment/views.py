"""Reading a parcel as the desk shows it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.engine import Connection

from core.catalog.models import Sku
from core.channels.by_hand import FILE, UNCALLED
from core.channels.contract import Consignee
from core.channels.models import Shop
from core.customers.masking import masked_address, masked_name, masked_phone
from core.customers.queries import consignees
from core.fulfilment.batching import batches_of_lines
from core.fulfilment.models import Parcel, ParcelLine, Wave
from core.fulfilment.records import PackLine, ParcelView
from core.orders.models import SHOWN_NO, NoteWish, Order, OrderLine
from core.orders.noting import IS_NOTE_OF, NOTE_COLUMNS, shown, wish_in
from core.waybills.carriers import name_of
from core.waybills.models import PrintJob, Waybill, WaybillAccount

# Built once: every scan ends in this view, and building its statements costs more than running them.
_PARCEL = (
    select(*Parcel.__table__.c, Shop.name.label("shop_name"), Shop.prints_elsewhere, Wave.code, Wave.parcel_count)
    .join(Shop, Shop.id == Parcel.shop_id)
    .outerjoin(Wave, Wave.id == Parcel.wave_id)
    .where(Parcel.id == bindparam("id"))
)
_LINES = (
    select(
        ParcelLine.id,
        ParcelLine.sku_id,
        ParcelLine.qty,
        ParcelLine.verified_qty,
        ParcelLine.is_withdrawn,
        Order.fulfilment,
        OrderLine.is_gift,
        Sku.code,
        Sku.name,
        Sku.short_name,
        Sku.spec,
        Sku.picture,
        Sku.lacks_barcode,
        Sku.weight_g,
        Sku.is_batch_managed,
        ParcelLine.order_line_id,
    )
    .join(Sku, Sku.id == ParcelLine.sku_id)
    .join(OrderLine, OrderLine.id == ParcelLine.order_line_id)
    .join(Order, Order.id == ParcelLine.order_id)
    .where(ParcelLine.parcel_id == bindparam("id"))
    .order_by(ParcelLine.id)
)
_ORDERS = (
    select(*NOTE_COLUMNS, SHOWN_NO, Order.buyer_note, Order.is_cod, Order.amount_fen, Order.seen_at, Shop.channel)
    .outerjoin(NoteWish, IS_NOTE_OF)
    .join(Shop, Shop.id == Order.shop_id)
    .where(Order.id.in_(select(ParcelLine.order_id).where(ParcelLine.parcel_id == bindparam("id"))))
    .order_by(Order.id)
)
_WAYBILL = (
    select(Waybill.id, Waybill.number, Waybill.state, Waybill.is_foreign)
    .where(Waybill.parcel_id == bindparam("id"))
    .order_by(Waybill.attempt.desc())
    .limit(1)
)
_CARRIER = select(WaybillAccount.carrier_name).where(WaybillAccount.carrier_code == bindparam("code"))
_PRINT_STATE = (
    select(PrintJob.state).where(PrintJob.waybill_id == bindparam("id")).order_by(PrintJob.copy_no.desc()).limit(1)
)
#: what is known of a parcel that left or was called off stays what it was
_GONE = frozenset({"shipped", "cancelled"})


def parcel_view(connection: Connection, parcel_id: int) -> ParcelView | None:
    """One parcel, masked; None where there is no such parcel."""
    row = connection.execute(_PARCEL, {"id": parcel_id}).one_or_none()
    if row is None:
        return None
    lines = connection.execute(_LINES, {"id": parcel_id}).all()
    orders = connection.execute(_ORDERS, {"id": parcel_id}).all()
    notes = [shown(wish_in(order)) for order in orders]
    waybill = connection.execute(_WAYBILL, {"id": parcel_id}).one_or_none()
    if waybill is not None and waybill.state == "voided" and row.state not in _GONE:
        # Taken off, and none has come instead of it.
        waybill = None
    who = consignees(connection, [row.consignee_id])[row.consignee_id]
    carrier = connection.execute(_CARRIER, {"code": row.carrier_code}).scalar_one_or_none()
    has_cod = any(order.is_cod for order in orders)
    return ParcelView(
        id=row.id,
        fence=row.fence,
        state=row.state,
        opened_by=row.opened_by,
        order_nos=tuple(order.order_no for order in orders),
        shop_name=row.shop_name,
        wave_code=row.code or "",
        wave_seq=row.wave_seq,
        wave_total=row.parcel_count or 0,
        box_no=row.box_no,
        box_count=row.box_count,
        consignee_name=who.name if who.is_masked else masked_name(who.name),
        consignee_phone=who.phone if who.is_masked else masked_phone(who.phone),
        consignee_address=masked_address(who.province, who.city, who.district, who.address),
        buyer_note="\n".join(order.buyer_note for order in orders if order.buyer_note),
        seller_note="\n".join(note.text for note in notes if note.text),
        carrier_code=row.carrier_code,
        carrier_name=name_of(row.carrier_code, carrier),
        waybill_id=waybill.id if waybill else None,
        waybill_no=(waybill.number or "") if waybill else "",
        waybill_state=waybill.state if waybill else "none",
        print_state=_print_state(connection, waybill.id) if waybill else "none",
        expected_weight_g=_goods_weight(lines),
        weight_g=row.weight_g,
        ship_by_at=row.ship_by_at,
        seen_at=min((order.seen_at for order in orders if order.channel not in UNCALLED), default=None),
        lines=_pack_lines(connection, lines),
        table_at=min((order.seen_at for order in orders if order.channel == FILE), default=None),
        is_foreign=waybill is not None and waybill.is_foreign,
        flags=tuple(dict.fromkeys(note.flag for note in notes if note.flag)),
        note_changed_at=None if row.state in _GONE else row.note_changed_at,
        cod_fen=sum(order.amount_fen for order in orders if order.is_cod) if has_cod else None,
        why_elsewhere="" if waybill is not None else _why_elsewhere(row.prints_elsewhere, who),
    )


def _why_elsewhere(is_by_shop: bool, who: Consignee) -> str:
    if is_by_shop:
        return "shop"
    return "masked" if who.is_masked and not who.token else ""


def _goods_weight(lines: Sequence[Any]) -> int:
    """What the goods weigh together, without their packaging; 0 where nobody has said what one of them weighs."""
    inside = [line for line in lines if not line.is_withdrawn]
    return sum(line.weight_g * line.qty for line in inside) if all(line.weight_g for line in inside) else 0


def _pack_lines(connection: Connection, lines: Sequence[Any]) -> tuple[PackLine, ...]:
    managed = {line.id: line.order_line_id for line in lines if line.is_batch_managed}
    shown = tuple(_pack_line(line) for line in lines)
    if not managed:
        return shown
    asked, packed = batches_of_lines(connection, managed)
    return tuple(replace(line, asked=asked.get(line.id, ()), packed=packed.get(line.id, ())) for line in shown)


def _pack_line(line: Any) -> PackLine:
    return PackLine(
        id=line.id,
        sku_id=line.sku_id,
        sku_code=line.code,
        name=line.name,
        short_name=line.short_name,
        spec=line.spec,
        picture=line.picture,
        qty=line.qty,
        verified_qty=line.verified_qty,
        is_gift=line.is_gift,
        lacks_barcode=line.lacks_barcode,
        # An order that was called off as a whole takes its lines along, although none was withdrawn by itself.
        is_withdrawn=line.is_withdrawn or line.fulfilment == "cancelled",
    )


def _print_state(connection: Connection, waybill_id: int) -> str:
    return connection.execute(_PRINT_STATE, {"id": waybill_id}).scalar_one_or_none() or "none"
