"""What the desk shows before anybody acts: shipped just now, open waves, open print jobs, the lights of the strip.

Said once, as statements that both databases and a bare driver take: the services ask them through the store, and a
start asks them before SQLAlchemy is loaded (`core.desk.glance`).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.channels.by_hand import UNCALLED
from core.db.plain import Ask, instant, instant_or_none, milliseconds
from core.fulfilment import states as parcel_states
from core.fulfilment.records import PickRow, ShippedRow, WaveView
from core.fulfilment.shelving import shelf_order
from core.sync.records import AlertGlimpse, AlertLights, ShopLight, StatusView
from core.waybills import states as print_states
from core.waybills.records import PrintJobView

#: silence of a shop that is worth a look, and silence that is loud
NOTICE_AFTER = timedelta(minutes=2)
STOP_AFTER = timedelta(minutes=5)
#: nobody packs more in a day, and counting is quick
TO_PACK_CAP = 1000

# Without statistics SQLite begins a join with the wrong table and reads all of it: CROSS JOIN keeps the order of the
# tables there, and a "+" keeps it from walking through a whole table for the sake of the order.
_RECENT = """
    SELECT parcel.id, waybill.number, parcel.shipped_at
    FROM parcel CROSS JOIN waybill
    WHERE waybill.parcel_id = parcel.id AND parcel.shipped_at IS NOT NULL AND waybill.state = 'obtained'
    ORDER BY parcel.shipped_at DESC, parcel.id DESC
    LIMIT :limit"""
_WAVES = f"""
    SELECT wave.id, wave.code, wave.way, wave.parcel_count, count(parcel.id), wave.created_at
    FROM wave JOIN parcel ON parcel.wave_id = wave.id
    WHERE parcel.state IN ('to_pack', 'packing', 'packed') AND parcel.{parcel_states.IS_OPEN}
    GROUP BY wave.id, wave.code, wave.way, wave.parcel_count, wave.created_at
    ORDER BY wave.id
    LIMIT :limit"""  # noqa: S608 - a constant
#: of a parcel that waits: nothing holds its orders
_MAY_BE_PACKED = """NOT EXISTS (
            SELECT 1 FROM parcel_line AS other JOIN orders ON orders.id = other.order_id
            WHERE other.parcel_id = parcel.id AND orders.hold_reason <> '')"""
_TO_PACK = f"""
    SELECT count(*) FROM (
        SELECT 1 AS one FROM parcel
        WHERE state = 'to_pack' AND {parcel_states.IS_OPEN} AND {_MAY_BE_PACKED}
        LIMIT :limit) AS waiting"""  # noqa: S608 - a constant
_PICKS = f"""
    SELECT sku.id, sku.code, sku.name, sku.short_name, sku.spec, coalesce(bin.code, ''), sku.picture,
        sum(parcel_line.qty - parcel_line.verified_qty), count(DISTINCT parcel_line.parcel_id)
    FROM parcel
    JOIN parcel_line ON parcel_line.parcel_id = parcel.id
    JOIN sku ON sku.id = parcel_line.sku_id
    LEFT JOIN bin ON bin.sku_id = sku.id AND bin.warehouse_id = parcel.warehouse_id
    WHERE parcel.wave_id = :wave_id AND parcel.state = 'to_pack'
        AND NOT parcel_line.is_withdrawn AND parcel_line.verified_qty < parcel_line.qty
        AND {_MAY_BE_PACKED}
    GROUP BY sku.id, sku.code, sku.name, sku.short_name, sku.spec, bin.code, sku.picture"""  # noqa: S608 - a constant
_JOBS = """
    SELECT print_job.id, print_job.waybill_id, waybill.number, waybill.parcel_id, print_job.copy_no,
        print_job.printer_key, print_job.state, print_job.reason, print_job.last_error, print_job.created_at,
        print_job.sent_at
    FROM print_job JOIN waybill ON waybill.id = print_job.waybill_id
    WHERE {which}
    ORDER BY +print_job.id"""
_ORDER_NOS = """
    SELECT DISTINCT parcel_line.parcel_id, coalesce(orders.display_no, orders.order_no) AS order_no
    FROM print_job
    JOIN waybill ON waybill.id = print_job.waybill_id
    JOIN parcel_line ON parcel_line.parcel_id = waybill.parcel_id
    JOIN orders ON orders.id = parcel_line.order_id
    WHERE {which}
    ORDER BY order_no"""
_OPEN_JOBS = f"print_job.{print_states.IS_OPEN}"
_ONE_JOB = "print_job.id = :id"
_LATEST_JOBS = "print_job.id > (SELECT coalesce(max(id), 0) - :newest FROM print_job)"
_UNCALLED = ", ".join(f"'{channel}'" for channel in sorted(UNCALLED))
#: what is entered by hand or comes in files has no light: nobody asks such a shop
_SHOPS = f"""
    SELECT id, name, is_active, awaits_owner, last_good_pull_at, last_error, created_at
    FROM shop WHERE channel NOT IN ({_UNCALLED}) ORDER BY id"""  # noqa: S608 - a constant
#: the states are named, because what is done is nearly everything and an index cannot look for what is not
_OUTBOX = "SELECT state, count(*) FROM outbox WHERE state IN ('waiting', 'leased', 'failed') GROUP BY state"
_UNKNOWN = f"SELECT count(*) FROM print_job WHERE {print_states.IS_OPEN} AND state = 'unknown'"  # noqa: S608 - a constant

#: what somebody or something has stopped: the rows of one stop or trip count once
_STOPPED = "SELECT count(DISTINCT CASE WHEN cause = '' THEN CAST(id AS TEXT) ELSE cause END) FROM sale_pause"

#: neither answered nor over, and nobody keeps it quiet
_OPEN_ALERTS = """
    FROM alert WHERE alert.cleared_at IS NULL AND alert.acked_at IS NULL AND NOT EXISTS (
        SELECT 1 FROM alert_mute AS mute
        WHERE mute.until_at > :now AND mute.rule = alert.rule AND mute.key IN ('', alert.key))"""
_ALERTS = f"SELECT severity, count(*) {_OPEN_ALERTS} GROUP BY severity"
_NEWEST_ALERT = f"""
    SELECT id, rule, key, facts {_OPEN_ALERTS} AND severity = 'critical' ORDER BY +alert.id DESC LIMIT 1"""


@dataclass(frozen=True, slots=True)
class FirstLook:
    """All of it: what the services would answer at one moment. `picks` is what to fetch for the oldest wave."""

    recent: tuple[ShippedRow, ...]
    waves: tuple[WaveView, ...]
    picks: tuple[PickRow, ...]
    jobs: tuple[PrintJobView, ...]
    status: StatusView
    to_pack: int


def first_look(ask: Ask, now: datetime) -> FirstLook:
    """All of it, within the transaction of whoever asks."""
    waves = open_waves(ask)
    picks = pick_list(ask, waves[0].id) if waves else ()
    return FirstLook(recent_shipped(ask), waves, picks, open_jobs(ask), status(ask, now), to_pack(ask))


def recent_shipped(ask: Ask, limit: int = 8) -> tuple[ShippedRow, ...]:
    """What left last, newest first."""
    rows = ask(_RECENT, limit=limit)
    return tuple(ShippedRow(parcel_id, number or "", instant(at)) for parcel_id, number, at in rows)


def open_waves(ask: Ask, limit: int = 20) -> tuple[WaveView, ...]:
    """Waves with work left, oldest first."""
    rows = ask(_WAVES, limit=limit)
    return tuple(
        WaveView(wave_id, code, way, total, left, instant(created))
        for wave_id, code, way, total, left, created in rows
    )


def to_pack(ask: Ask) -> int:
    """How many parcels wait to be packed, counted up to TO_PACK_CAP; those under a hold do not."""
    return int(ask(_TO_PACK, limit=TO_PACK_CAP)[0][0])


def pick_list(ask: Ask, wave_id: int) -> tuple[PickRow, ...]:
    """What is still to be fetched for a wave: units of each SKU over all its parcels that may be packed."""
    rows = [
        PickRow(sku_id, code, short_name or name, spec, int(units), int(parcels), place, picture)
        for sku_id, code, name, short_name, spec, place, picture, units, parcels in ask(_PICKS, wave_id=wave_id)
    ]
    return tuple(sorted(rows, key=lambda row: (shelf_order(row.sku_code, row.bin), row.sku_code)))


def open_jobs(ask: Ask) -> tuple[PrintJobView, ...]:
    """What waits, prints or needs an answer, oldest first."""
    return _jobs(ask, _OPEN_JOBS, {})


def latest_jobs(ask: Ask, newest: int) -> tuple[PrintJobView, ...]:
    """Jobs that need an answer, then the newest, the latest first; what is open is there however old it is."""
    jobs = {job.id: job for job in (*open_jobs(ask), *_jobs(ask, _LATEST_JOBS, {"newest": newest}))}
    return tuple(sorted(jobs.values(), key=lambda job: (job.state != "unknown", -job.id)))


def print_job(ask: Ask, job_id: int) -> PrintJobView | None:
    """One job, whatever became of it."""
    return next(iter(_jobs(ask, _ONE_JOB, {"id": job_id})), None)


def _jobs(ask: Ask, which: str, values: Mapping[str, object]) -> tuple[PrintJobView, ...]:
    rows = ask(_JOBS.format(which=which), **values)
    order_nos: dict[int, tuple[str, ...]] = {}
    if rows:
        for parcel_id, order_no in ask(_ORDER_NOS.format(which=which), **values):
            order_nos[parcel_id] = (*order_nos.get(parcel_id, ()), order_no)
    return tuple(
        PrintJobView(
            id=job_id,
            waybill_id=waybill_id,
            waybill_no=number or "",
            order_nos=order_nos.get(parcel_id, ()),
            copy_no=copy_no,
            printer_key=printer_key,
            state=state,
            reason=reason,
            last_error=error or "",
            created_at=instant(created_at),
            sent_at=instant_or_none(sent_at),
        )
        for (
            job_id, waybill_id, number, parcel_id, copy_no, printer_key, state, reason, error, created_at, sent_at,
        ) in rows
    )  # fmt: skip


def status(ask: Ask, now: datetime) -> StatusView:
    """Lights of the shops, what waits for the outside, what needs an answer."""
    outbox = {state: int(count) for state, count in ask(_OUTBOX)}
    return StatusView(
        shops=tuple(
            ShopLight(
                shop_id=shop_id,
                name=name,
                state=light(
                    instant(created if pulled is None else pulled),
                    error,
                    now,
                    is_active=bool(is_active),
                    awaits_owner=bool(awaits),
                ),
                last_good_pull_at=instant_or_none(pulled),
                last_error=error or "",
            )
            for shop_id, name, is_active, awaits, pulled, error, created in ask(_SHOPS)
        ),
        outbox_waiting=sum(count for state, count in outbox.items() if state != "failed"),
        outbox_failed=outbox.get("failed", 0),
        unknown_prints=int(ask(_UNKNOWN)[0][0]),
        at=now,
        alerts=alert_lights(ask, now),
        stopped=int(ask(_STOPPED)[0][0]),
    )


def alert_lights(ask: Ask, now: datetime) -> AlertLights:
    """What waits for an answer."""
    at = milliseconds(now)
    counts = {severity: int(count) for severity, count in ask(_ALERTS, now=at)}
    critical = counts.get("critical", 0)
    newest = None
    for alert_id, rule, key, facts in ask(_NEWEST_ALERT, now=at) if critical else ():
        # A bare driver gives JSON as it is stored.
        newest = AlertGlimpse(alert_id, rule, key, json.loads(facts) if isinstance(facts, str) else facts)
    return AlertLights(sum(counts.values()), critical, newest)


def light(last: datetime, error: str | None, now: datetime, *, is_active: bool, awaits_owner: bool) -> str:
    """A shop's light by its last good pull: off | waits (for its owner to let us in) | good | notice | stop."""
    if not is_active:
        return "off"
    if awaits_owner:
        return "waits"
    silent = now - last
    if silent > STOP_AFTER:
        return "stop"
    return "notice" if silent > NOTICE_AFTER or error else "good"
