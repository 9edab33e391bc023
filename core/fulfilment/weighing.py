"""What a parcel weighs, and whether that can be right: its goods and the usual packaging say what to expect.

Where nobody has said what one of the goods weighs, nothing is claimed.
"""

from statistics import median
from typing import Final

from sqlalchemy import func, select, update
from sqlalchemy.engine import Connection

from core.catalog.models import Sku
from core.db.unit_of_work import UnitOfWork
from core.fulfilment.models import Parcel, ParcelLine
from core.fulfilment.packing import Act, answer, lost, repeated
from core.fulfilment.records import Tone, Verdict, WeightRule

_MOST_GRAMS: Final = 1_000_000
#: how many of the newest parcels are looked at for what packaging weighs, and how few are too few to say
_LOOKED_AT, _ENOUGH = 60, 10
#: why a parcel may go without a weight: what was wrong with the scale
_SKIPPED_FOR: Final = frozenset(
    {"waiting", "moving", "out", "silent", "garbled", "gone", "busy", "forbidden", "empty", "same", "not_emptied"}
)


def weigh(uow: UnitOfWork, parcel_id: int, fence: int, grams: int, rule: WeightRule | None, act: Act) -> Verdict:
    """Note the weight; one that is off by more than the rule allows is asked about, and noted when it is meant."""
    seen = repeated(uow, act) or lost(uow, act, parcel_id, fence)
    if seen is not None:
        return seen
    if not 0 < grams < _MOST_GRAMS:
        return answer(uow, act, "weight.impossible", Tone.WRONG, parcel_id=parcel_id, grams=grams)
    expected_g = 0 if rule is None else expected_weight_g(uow.connection, parcel_id)
    difference_g = grams - expected_g
    is_off = rule is not None and expected_g > 0 and abs(difference_g) > _tolerance_g(rule, expected_g)
    facts = {"grams": grams, "expected_g": expected_g, "off_g": abs(difference_g)}
    if rule is not None and is_off and not rule.is_meant:
        code = "weight.light" if difference_g < 0 else "weight.heavy"
        return answer(uow, act, code, Tone.WRONG, parcel_id=parcel_id, **facts)
    uow.execute(update(Parcel).where(Parcel.id == parcel_id).values(weight_g=grams))
    if is_off:
        uow.record("parcel.weighed_off", "parcel", parcel_id, grams=grams, expected_g=expected_g)
    else:
        uow.record("parcel.weighed", "parcel", parcel_id, grams=grams)
    return answer(uow, act, "weight.ok", Tone.UNIT, parcel_id=parcel_id, grams=grams)


def skip_weight(uow: UnitOfWork, parcel_id: int, fence: int, why: str, act: Act) -> Verdict:
    """Write down that the parcel goes without a weight, and what was wrong with the scale."""
    seen = repeated(uow, act) or lost(uow, act, parcel_id, fence)
    if seen is not None:
        return seen
    reason = why if why in _SKIPPED_FOR else "other"
    uow.record("parcel.unweighed", "parcel", parcel_id, reason=reason)
    return answer(uow, act, "weight.skipped", Tone.NOTICE, parcel_id=parcel_id, reason=reason)


def _tolerance_g(rule: WeightRule, expected_g: int) -> int:
    return max(rule.grams, expected_g * rule.percent // 100)


def expected_weight_g(connection: Connection, parcel_id: int) -> int:
    """What the parcel should weigh with its usual packaging; 0 where nobody can say."""
    goods = _goods_of(connection, [parcel_id]).get(parcel_id, 0)
    return 0 if not goods else goods + usual_packaging_g(connection)


def usual_packaging_g(connection: Connection) -> int:
    """What cardboard and filling weigh: the median over the parcels weighed last; 0 while those are too few."""
    newest = (
        select(Parcel.id, Parcel.weight_g)
        .where(Parcel.shipped_at.is_not(None))
        .order_by(Parcel.shipped_at.desc())
        .limit(_LOOKED_AT)
        .subquery()
    )
    query = select(newest.c.id, newest.c.weight_g).where(newest.c.weight_g.is_not(None))
    weighed = {row.id: int(row.weight_g) for row in connection.execute(query)}
    goods = _goods_of(connection, list(weighed))
    rests = [weighed[parcel_id] - own for parcel_id, own in goods.items() if own]
    return max(0, round(median(rests))) if len(rests) >= _ENOUGH else 0


def _goods_of(connection: Connection, parcel_ids: list[int]) -> dict[int, int]:
    """Grams of the goods in each parcel; 0 where one of them has no weight."""
    query = (
        select(
            ParcelLine.parcel_id,
            func.sum(ParcelLine.qty * Sku.weight_g).label("grams"),
            func.min(Sku.weight_g).label("least"),
        )
        .join(Sku, Sku.id == ParcelLine.sku_id)
        .where(ParcelLine.parcel_id.in_(parcel_ids), ParcelLine.is_withdrawn.is_(False))
        .group_by(ParcelLine.parcel_id)
    )
    return {row.parcel_id: int(row.grams) if row.least else 0 for row in connection.execute(query)}
