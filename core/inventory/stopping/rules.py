"""The breaker's rules, as their owner writes them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, delete, select, update

from core.catalog.models import Sku
from core.catalog.queries import by_name
from core.channels.models import Shop
from core.db.turn import take_turn
from core.db.unit_of_work import UnitOfWork
from core.inventory.pausing import resume_cause
from core.inventory.stopping.models import BreakerRule, BreakerTrip
from core.inventory.stopping.records import Act, BreakerRuleRow, Cause, RuleDraft
from core.runtime.errors import NotFound, Refused

MOST_MINUTES: Final = 24 * 60
_MOST_QTY: Final = 1_000_000
_RULES = (
    select(*BreakerRule.__table__.c, Sku.code)
    .outerjoin(Sku, Sku.id == BreakerRule.sku_id)
    .order_by(BreakerRule.kind, BreakerRule.id)
)


def breaker_rules(connection: Connection, *, only_active: bool = False) -> tuple[BreakerRuleRow, ...]:
    """The rules, by kind."""
    query = _RULES.where(BreakerRule.is_active) if only_active else _RULES
    rows: Sequence[Any] = connection.execute(query).all()
    names = shop_names(connection) if rows else {}
    return tuple(_row(row, names) for row in rows)


def shop_names(connection: Connection) -> Mapping[int, str]:
    """Every shop's name."""
    rows: Sequence[Any] = connection.execute(select(Shop.id, Shop.name)).all()
    return dict(rows)


def _row(row: Any, names: Mapping[int, str]) -> BreakerRuleRow:
    targets = tuple(row.target_shop_ids)
    draft = RuleDraft(
        Cause(row.kind),
        row.code or "",
        row.shop_id,
        row.minutes,
        targets,
        Act(row.act),
        row.cap_qty,
        row.is_automatic,
        row.resumes,
        row.margin_qty,
        row.calm_minutes,
        row.is_active,
    )
    named = tuple(names.get(shop_id, str(shop_id)) for shop_id in targets)
    shop = "" if row.shop_id is None else names.get(row.shop_id, "")
    return BreakerRuleRow(row.id, draft, row.sku_id, shop, named, row.changed_at, row.changed_by)


def put_breaker_rule(uow: UnitOfWork, rule_id: int | None, draft: RuleDraft) -> int:
    """Write a rule anew (None: a new one); gives its id. What it had stopped is let go, and looked at afresh.

    Raises:
        NotFound: `breaker.rule_unknown`, `shop.unknown`, `limit.sku_unknown`.
        Refused: `breaker.minutes`, `breaker.margin`, `breaker.cap`.
    """
    take_turn(uow, "breaker")
    facts = _facts(uow, draft)
    if rule_id is None:
        rule_id = uow.insert(BreakerRule, facts)
    else:
        let_go_of_rule(uow, rule_id)
        if not uow.count(update(BreakerRule).where(BreakerRule.id == rule_id).values(**facts)):
            raise NotFound("breaker.rule_unknown", f"there is no rule {rule_id}")
    uow.changed(BreakerRule.__tablename__, rule_id)
    uow.record("breaker.rule_set", "breaker_rule", rule_id, kind=draft.cause.value, is_active=draft.is_active)
    return rule_id


def drop_breaker_rule(uow: UnitOfWork, rule_id: int) -> None:
    """Take a rule away; what it had stopped is let go.

    Raises:
        NotFound: `breaker.rule_unknown`.
    """
    take_turn(uow, "breaker")
    let_go_of_rule(uow, rule_id)
    uow.execute(delete(BreakerTrip).where(BreakerTrip.rule_id == rule_id))
    if not uow.count(delete(BreakerRule).where(BreakerRule.id == rule_id)):
        raise NotFound("breaker.rule_unknown", f"there is no rule {rule_id}")
    uow.changed(BreakerRule.__tablename__, rule_id)
    uow.record("breaker.rule_dropped", "breaker_rule", rule_id)


def let_go_of_rule(uow: UnitOfWork, rule_id: int) -> None:
    """Let go of everything that a rule has stopped, and close its trips."""
    here = (BreakerTrip.rule_id == rule_id, BreakerTrip.closed_at.is_(None))
    for trip in uow.rows(select(BreakerTrip.id).where(*here)):
        resume_cause(uow, cause_of(trip.id))
        uow.changed(BreakerTrip.__tablename__, trip.id)
        uow.record("breaker.over", "breaker_trip", trip.id)
    uow.execute(update(BreakerTrip).where(*here).values(closed_at=uow.now))


def cause_of(trip_id: int) -> str:
    """What `sale_pause` calls a trip."""
    return f"breaker:{trip_id}"


def _facts(uow: UnitOfWork, draft: RuleDraft) -> dict[str, Any]:
    if draft.cause is Cause.SILENT and not 1 <= draft.minutes <= MOST_MINUTES:
        raise Refused("breaker.minutes", f"1 to {MOST_MINUTES} minutes", most=MOST_MINUTES)
    if not (0 <= draft.margin_qty <= _MOST_QTY and 0 <= draft.calm_minutes <= MOST_MINUTES):
        raise Refused("breaker.margin", "units and minutes from 0 on", most=MOST_MINUTES)
    if draft.act is Act.CAP and (draft.cap_qty is None or not 0 <= draft.cap_qty <= _MOST_QTY):
        raise Refused("breaker.cap", "a cap is a number of units from 0 on")
    shops = sorted({*draft.target_shop_ids, *([] if draft.shop_id is None else [draft.shop_id])})
    if len(set(uow.execute(select(Shop.id).where(Shop.id.in_(shops))).scalars())) != len(shops):
        raise NotFound("shop.unknown", "one of the shops is not there (any more)")
    is_low = draft.cause is Cause.LOW
    return {
        "kind": draft.cause.value,
        "sku_id": _sku(uow, draft.sku_code) if is_low and draft.sku_code.strip() else None,
        "shop_id": None if is_low else draft.shop_id,
        "minutes": 0 if is_low else draft.minutes,
        "target_shop_ids": sorted(set(draft.target_shop_ids)),
        "act": draft.act.value,
        "cap_qty": draft.cap_qty if draft.act is Act.CAP else None,
        "is_automatic": draft.is_automatic,
        "resumes": draft.resumes,
        "margin_qty": draft.margin_qty if is_low else 0,
        "calm_minutes": draft.calm_minutes,
        "is_active": draft.is_active,
        "changed_at": uow.now,
        "changed_by": uow.actor.operator,
    }


def _sku(uow: UnitOfWork, said: str) -> int:
    found = by_name(uow.connection, said)
    if found is None:
        raise NotFound("limit.sku_unknown", f"there is no SKU {said}", sku=said.strip())
    return found.sku_id
