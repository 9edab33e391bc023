"""The usual reservation on PostgreSQL, guard, claims and journal in one statement: one order, one level, no obstacle.

Desks that sell a hot SKU wait for whoever has locked its level, so nothing may be asked while it is locked. `looking`
has read before all that the order meets, and this statement is the last one before the commit. It locks the level by
its UPDATE, whose condition is tested again after a wait: what was seen of the level may be old, and decides nothing.

What the look may have missed is asked again in the statement: rows of the lines (the look may have waited for whoever
claimed for them), and quotas. One that is opened while the UPDATE waits does not miss this sale: the number it begins
with is one that its platform says later than the order came.

Where any of it fails, nothing is written, and the order goes the way of all others, under locks.
"""

import json
from datetime import timedelta
from typing import Final

from sqlalchemy import Text, TextClause, bindparam, text

from core.db.ready import ReadyStatement
from core.db.sets import packed_ids, stored_ms
from core.db.unit_of_work import UnitOfWork
from core.inventory.looking import Seen, goods_of
from core.inventory.records import OrderWants
from core.inventory.shelves import day_of, last_day
from core.inventory.states import ClaimState
from core.runtime.ids import LevelId

_CLAIM: Final = """
    WITH asked AS MATERIALIZED (
        SELECT (j->>'level')::bigint AS level_id, (j->>'sku')::bigint AS sku_id, j->>'state' AS state,
               (j->>'reserved')::bigint AS reserved, (j->>'confirmed')::bigint AS confirmed,
               (j->>'until')::bigint AS until, (j->>'now')::bigint AS now, (j->>'ends')::bigint AS ends,
               j->'lines' AS lines
        FROM (SELECT CAST(:asked AS json) AS j) AS packed
    ), met AS (
        UPDATE stock_level
        SET reserved_qty = stock_level.reserved_qty + asked.reserved,
            confirmed_qty = stock_level.confirmed_qty + asked.confirmed
        FROM asked
        WHERE stock_level.id = asked.level_id
          AND stock_level.reserved_qty + stock_level.confirmed_qty + stock_level.quarantined_qty
              + stock_level.allotted_qty + asked.reserved + asked.confirmed <= stock_level.on_hand_qty
          AND NOT stock_level.is_blocked
          AND (stock_level.expires_day IS NULL OR stock_level.expires_day >= asked.until)
          AND NOT EXISTS (SELECT 1 FROM json_array_elements_text(CAST(:line_ids AS json)) AS line WHERE
                          (SELECT 1 FROM reservation WHERE order_line_id = line.value::bigint LIMIT 1) = 1)
          AND NOT EXISTS (SELECT 1 FROM json_array_elements_text(CAST(:goods_ids AS json)) AS goods WHERE
                          (SELECT 1 FROM quota WHERE sku_id = goods.value::bigint AND is_counted LIMIT 1) = 1)
        RETURNING stock_level.id
    ), claims AS (
        INSERT INTO reservation (order_line_id, sku_id, level_id, qty, state, attempt, created_at, expires_at)
        SELECT (line->>0)::bigint, asked.sku_id, met.id, (line->>1)::bigint, asked.state, 1, asked.now, asked.ends
        FROM met, asked, json_array_elements(asked.lines) AS line
    )
"""
_JOURNAL: Final = """
    INSERT INTO journal (at, operator, desk, action, subject, subject_id, facts)
    SELECT asked.now, j->>'operator', j->>'desk', 'stock.reserved', 'reservation', 0, j->'facts'
    FROM met, asked, (SELECT CAST(:entry AS json) AS j) AS entry
    RETURNING 1
"""
_ALONE: Final = "SELECT 1 FROM met"


def _texts(sql: str, *names: str) -> TextClause:
    # Numbers too go as JSON: the driver tells small ones from large, and every mix would be a statement of its own.
    return text(sql).bindparams(*[bindparam(name, type_=Text) for name in names])


_NAMES: Final = ("asked", "line_ids", "goods_ids")
_WITH_JOURNAL: Final = ReadyStatement(lambda: _texts(_CLAIM + _JOURNAL, *_NAMES, "entry"))
_WITHOUT: Final = ReadyStatement(lambda: _texts(_CLAIM + _ALONE, *_NAMES))


def take(uow: UnitOfWork, seen: Seen, order: OrderWants) -> bool:
    """Reserve an order whole, where nothing that was seen is in the way; writes the journal's row of it too.

    False where it is no usual order, or is none any more: then nothing has been written.
    """
    until = day_of(uow.now) + order.min_life_days
    level_id = _only_level(seen, order, until)
    if level_id is None:
        return False
    qty = sum(want.qty for want in order.wants)
    can_expire = order.hold_s > 0 and not order.is_paid
    asked = {
        "level": level_id,
        "sku": order.wants[0].sku_id,
        "state": (ClaimState.CONFIRMED if order.is_paid else ClaimState.RESERVED).value,
        "reserved": 0 if order.is_paid else qty,
        "confirmed": qty if order.is_paid else 0,
        "until": until,
        "now": stored_ms(uow.now),
        "ends": stored_ms(uow.now + timedelta(seconds=order.hold_s)) if can_expire else None,
        "lines": [(want.order_line_id, want.qty) for want in order.wants],
    }
    binds = {
        "asked": json.dumps(asked),
        "line_ids": packed_ids([want.order_line_id for want in order.wants]),
        "goods_ids": packed_ids(goods_of(order.wants)),
    }
    facts = {"order_ids": [order.order_id], "short_ids": []}
    # A journal row of its own would stand before those that wait to be written: then it waits as they do.
    waits = uow.has_recorded
    if not waits:
        binds["entry"] = json.dumps({"operator": uow.actor.operator, "desk": uow.actor.desk, "facts": facts})
    is_taken = (_WITHOUT if waits else _WITH_JOURNAL).run(uow.connection, **binds).first() is not None
    if is_taken and waits:
        uow.record("stock.reserved", "reservation", 0, **facts)
    if is_taken:
        uow.changed("reservation", 0)
        uow.changed("stock_level", level_id)
    return is_taken


def _only_level(seen: Seen, order: OrderWants, until: int) -> LevelId | None:
    """The level that has everything, where it is the only one and nothing is in the way."""
    if seen.levels is None or len(seen.levels) != 1 or seen.is_special:
        return None
    level, _, _, _, on_hand, reserved, confirmed, quarantined, allotted, expires, blocked = seen.levels[0]
    is_enough = sum(want.qty for want in order.wants) <= on_hand - reserved - confirmed - quarantined - allotted
    return level if is_enough and last_day(expires, is_blocked=blocked) >= until else None
