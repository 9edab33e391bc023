"""What goes into a wave: due first, by a deadline, for a carrier's cut-off, single items, one kind of goods, a zone.

Nothing under a hold is ever chosen, and nothing that is in a wave already.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, func, or_, select, text
from sqlalchemy.engine import Connection

from core.catalog.models import Bin, Sku
from core.fulfilment.cut_offs import cut_offs, end_of_today, last_due, next_cut_off
from core.fulfilment.models import Parcel, ParcelLine
from core.fulfilment.picking import in_picking_order
from core.fulfilment.shelving import shelf_order
from core.fulfilment.states import IS_OPEN
from core.fulfilment.wave_records import (
    CarrierChoice,
    Choice,
    SkuChoice,
    WaveChoices,
    WavePreview,
    ZoneChoice,
)
from core.orders.models import Order
from core.runtime.errors import Refused
from core.waybills.models import WaybillAccount

KINDS: Final = ("due", "before", "carrier", "single_item", "single_sku", "zone")
#: how soon a parcel has to leave
WITHIN: Final = ("2h", "4h", "today")
#: the way in which every parcel is one unit
RUSH: Final = "single_item"
#: kinds of goods that are offered by name
_SKUS_OFFERED = 30

_HELD = (
    select(ParcelLine.id)
    .join(Order, Order.id == ParcelLine.order_id)
    .where(ParcelLine.parcel_id == Parcel.id, Order.hold_reason != "")
    .correlate(Parcel)
)
_FREE: tuple[Any, ...] = (
    Parcel.state == "to_pack",
    # Literally, so that SQLite knows its index of open parcels.
    text(f"parcel.{IS_OPEN}"),
    Parcel.wave_id.is_(None),
    ~_HELD.exists(),
)
_DUE_FIRST: tuple[Any, ...] = (Parcel.ship_by_at.is_(None), Parcel.ship_by_at, Parcel.id)
_STAYS = ParcelLine.is_withdrawn.is_(False)
#: what each parcel that is free holds, as one row
_INSIDE = (
    select(
        Parcel.id.label("parcel_id"),
        func.sum(ParcelLine.qty).label("units"),
        func.sum(ParcelLine.verified_qty).label("verified"),
        func.min(ParcelLine.sku_id).label("sku_id"),
        func.max(ParcelLine.sku_id).label("other_sku_id"),
        func.min(func.coalesce(Bin.zone, "")).label("zone"),
        func.max(func.coalesce(Bin.zone, "")).label("other_zone"),
    )
    .join(ParcelLine, and_(ParcelLine.parcel_id == Parcel.id, _STAYS))
    .outerjoin(Bin, and_(Bin.sku_id == ParcelLine.sku_id, Bin.warehouse_id == Parcel.warehouse_id))
    .where(*_FREE)
    .group_by(Parcel.id)
    .subquery("inside")
)
_ONE_UNIT = and_(_INSIDE.c.units == 1, _INSIDE.c.verified == 0)
_ONE_KIND = _INSIDE.c.sku_id == _INSIDE.c.other_sku_id
_ONE_ZONE = and_(_INSIDE.c.zone == _INSIDE.c.other_zone, _INSIDE.c.zone != "")


def check(choice: Choice, way: str) -> None:
    """Whether this choice means anything.

    Raises:
        Refused: `wave.choice_unknown`.
    """
    fitting = {
        "before": choice.within in WITHIN,
        "carrier": bool(choice.carrier_code),
        "single_sku": choice.sku_id > 0,
        "zone": bool(choice.zone),
    }
    if choice.kind not in KINDS or not fitting.get(choice.kind, True):
        raise Refused("wave.choice_unknown", f"nothing is chosen by {choice.kind} for {way}", kind=choice.kind)


def chosen(connection: Connection, choice: Choice, way: str, now: datetime, limit: int) -> Sequence[int]:
    """The parcels of a wave in the order of their places.

    Single items follow each other by SKU, the hottest first; all others follow the pick list along the shelves, so
    that the roll of labels does. Where more fit than may come in, the hottest or those due first do.
    """
    if choice.kind == "single_item":
        return _hottest_first(connection, _fitting(connection, choice, way, now), limit)
    query = select(Parcel.id).where(*_FREE, *_fitting(connection, choice, way, now))
    ids = list(connection.execute(query.order_by(*_DUE_FIRST).limit(limit)).scalars())
    return in_picking_order(connection, ids)


def preview(connection: Connection, choice: Choice, way: str, now: datetime, limit: int) -> WavePreview:
    """What a wave of this choice would hold."""
    ids = chosen(connection, choice, way, now, limit)
    here = (ParcelLine.parcel_id.in_(ids), _STAYS)
    counts = select(func.coalesce(func.sum(ParcelLine.qty), 0), func.count(ParcelLine.sku_id.distinct()))
    units, kinds = connection.execute(counts.where(*here)).one()
    fitting = select(func.count()).select_from(Parcel).where(*_FREE, *_fitting(connection, choice, way, now))
    waiting = connection.execute(fitting).scalar_one()
    return WavePreview(len(ids), int(units), int(kinds), int(waiting))


def about(connection: Connection, choice: Choice) -> str:
    """Which carrier, goods or zone a wave was chosen by, as a clerk calls it; empty where there is but one."""
    if choice.kind == "carrier":
        name = select(WaybillAccount.carrier_name).where(WaybillAccount.carrier_code == choice.carrier_code)
        return connection.execute(name).scalar_one_or_none() or choice.carrier_code
    if choice.kind == "single_sku":
        return connection.execute(select(Sku.code).where(Sku.id == choice.sku_id)).scalar_one_or_none() or ""
    return choice.zone if choice.kind == "zone" else ""


def _fitting(connection: Connection, choice: Choice, way: str, now: datetime) -> list[ColumnElement[bool]]:
    here: list[ColumnElement[bool]] = []
    if choice.kind == "before":
        here.append(Parcel.ship_by_at <= deadline(choice.within, now))
    if choice.kind == "carrier":
        here.append(Parcel.carrier_code == choice.carrier_code)
        at = cut_offs(connection).get(choice.carrier_code)
        if at is not None:
            here.append(_must_leave(at, now))
    if choice.kind == "single_item" or way == RUSH:
        here.append(Parcel.id.in_(select(_INSIDE.c.parcel_id).where(_ONE_UNIT)))
    if choice.kind == "single_sku":
        mine = and_(_ONE_KIND, _INSIDE.c.sku_id == choice.sku_id)
        here.append(Parcel.id.in_(select(_INSIDE.c.parcel_id).where(mine)))
    if choice.kind == "zone":
        mine = and_(_ONE_ZONE, _INSIDE.c.zone == choice.zone)
        here.append(Parcel.id.in_(select(_INSIDE.c.parcel_id).where(mine)))
    return here


def deadline(within: str, now: datetime) -> datetime:
    """The moment that one of `WITHIN` means."""
    return end_of_today(now) if within == "today" else now + timedelta(hours=int(within.removesuffix("h")))


def _must_leave(at: str, now: datetime) -> ColumnElement[bool]:
    """What the carrier must have at its next cut-off.

    What is due later than the cut-off after that can go with it then; what has no deadline waits for nothing.
    """
    return or_(Parcel.ship_by_at.is_(None), Parcel.ship_by_at < last_due(at, now))


def _hottest_first(connection: Connection, fitting: Sequence[ColumnElement[bool]], limit: int) -> Sequence[int]:
    singles = (
        select(
            Parcel.id,
            Parcel.ship_by_at,
            _INSIDE.c.sku_id,
            func.count().over(partition_by=_INSIDE.c.sku_id).label("heat"),
            Sku.code,
            func.coalesce(Bin.code, "").label("bin"),
        )
        .join(_INSIDE, _INSIDE.c.parcel_id == Parcel.id)
        .join(Sku, Sku.id == _INSIDE.c.sku_id)
        .outerjoin(Bin, and_(Bin.sku_id == Sku.id, Bin.warehouse_id == Parcel.warehouse_id))
        .where(*_FREE, _ONE_UNIT, *fitting)
        .subquery("singles")
    )
    order = (singles.c.heat.desc(), singles.c.sku_id, singles.c.ship_by_at.is_(None), singles.c.ship_by_at)
    columns = (singles.c.id, singles.c.heat, singles.c.code, singles.c.bin)
    rows = connection.execute(select(*columns).order_by(*order, singles.c.id).limit(limit)).all()
    # Goods that are as hot as each other along the shelves; within them as the database has sorted them.
    return [row.id for row in sorted(rows, key=lambda row: (-row.heat, shelf_order(row.code, row.bin), row.code))]


# --- what could be chosen -----------------------------------------------------------------------------------------


def choices(connection: Connection, now: datetime) -> WaveChoices:
    """Counts for every choice."""
    by_then = (func.count().filter(Parcel.ship_by_at <= deadline(within, now)) for within in WITHIN)
    waiting = select(func.count(), *by_then).select_from(Parcel).where(*_FREE)
    every, *before = connection.execute(waiting).one()
    singles = select(func.count()).select_from(_INSIDE).where(_ONE_UNIT)
    zones = select(_INSIDE.c.zone, func.count()).where(_ONE_ZONE).group_by(_INSIDE.c.zone)
    return WaveChoices(
        due_count=int(every),
        before=tuple(zip(WITHIN, map(int, before), strict=True)),
        carriers=_carriers(connection, now),
        single_count=int(connection.execute(singles).scalar_one()),
        skus=_skus(connection),
        # In Python: a server sorts by its own language.
        zones=tuple(ZoneChoice(zone, int(count)) for zone, count in sorted(_pairs(connection, zones))),
    )


def _pairs(connection: Connection, query: Any) -> list[tuple[str, int]]:
    return [(str(name), int(count)) for name, count in connection.execute(query)]


def _skus(connection: Connection) -> tuple[SkuChoice, ...]:
    kinds = select(_INSIDE.c.sku_id, func.count().label("n")).where(_ONE_KIND).group_by(_INSIDE.c.sku_id)
    hot = kinds.order_by(func.count().desc(), _INSIDE.c.sku_id).limit(_SKUS_OFFERED).subquery("hot")
    query = select(Sku.id, Sku.code, Sku.short_name, Sku.name, hot.c.n).join(hot, hot.c.sku_id == Sku.id)
    rows = connection.execute(query.order_by(hot.c.n.desc(), Sku.id))
    return tuple(SkuChoice(row.id, row.code, row.short_name or row.name, int(row.n)) for row in rows)


def _carriers(connection: Connection, now: datetime) -> tuple[CarrierChoice, ...]:
    at_of = cut_offs(connection)
    names: Mapping[str, str] = {
        row.carrier_code: row.carrier_name
        for row in connection.execute(select(WaybillAccount.carrier_code, WaybillAccount.carrier_name))
    }
    count = select(Parcel.carrier_code, func.count()).where(*_FREE).group_by(Parcel.carrier_code)
    waiting = dict(_pairs(connection, count))
    found = []
    for code in sorted({*waiting, *at_of, *names}):
        at, must = at_of.get(code, ""), waiting.get(code, 0)
        if at and must:
            due = count.where(Parcel.carrier_code == code, _must_leave(at, now))
            must = dict(_pairs(connection, due)).get(code, 0)
        next_at = next_cut_off(at, now) if at else None
        found.append(CarrierChoice(code, names.get(code, code), at, next_at, must, waiting.get(code, 0)))
    return tuple(found)
