"""The one button (全渠道停售): stopping and letting go, by a person's hand."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import select, update

from core.catalog.models import Sku
from core.channels.models import Shop
from core.db.turn import take_turn
from core.db.unit_of_work import UnitOfWork
from core.inventory.pausing import pause_sale, resume_cause
from core.inventory.stopping.models import SaleStop
from core.runtime.errors import NotFound, Refused
from core.runtime.ids import SkuId

MOST_REASON: Final = 200


def stop_sale(uow: UnitOfWork, sku_id: SkuId | None, shop_ids: Sequence[int], reason: str) -> int:
    """Stop the sale of a SKU (None: of everything) at these shops (none named: at all of them); gives the stop's id.

    The same stop again is the one that stands.

    Raises:
        NotFound: `stop.sku_unknown`, `shop.unknown`.
        Refused: `stop.reason_long`.
    """
    reason = " ".join(reason.split())
    if len(reason) > MOST_REASON:
        raise Refused("stop.reason_long", f"a reason has {MOST_REASON} characters at most", most=MOST_REASON)
    take_turn(uow, "sale_stop")
    wanted = sorted(set(shop_ids))
    known = set(uow.execute(select(Shop.id).where(Shop.id.in_(wanted))).scalars())
    if len(known) != len(wanted):
        raise NotFound("shop.unknown", "one of the shops is not there (any more)")
    if sku_id is not None and uow.execute(select(Sku.id).where(Sku.id == sku_id)).first() is None:
        raise NotFound("stop.sku_unknown", f"there is no SKU {sku_id}")
    for row in uow.rows(_open().where(SaleStop.lifted_at.is_(None))):
        if row.sku_id == sku_id and list(row.shop_ids) == wanted:
            return int(row.id)
    facts = {
        "sku_id": sku_id,
        "shop_ids": wanted,
        "reason": reason,
        "at": uow.now,
        "by": uow.actor.operator,
        "done_shop_ids": [],
        "lifted_at": None,
        "lifted_by": "",
        "closed_at": None,
    }
    stop_id = uow.insert(SaleStop, facts)
    for shop_id in wanted or (None,):
        pause_sale(uow, shop_id, sku_id, "by_hand", cause=_cause(stop_id))
    uow.record("stop.made", "sale_stop", stop_id, sku_id=sku_id, shops=wanted, reason=reason)
    return stop_id


def lift_stop(uow: UnitOfWork, stop_id: int) -> None:
    """Let it be sold again, as far as this stop goes; again it changes nothing.

    Raises:
        NotFound: `stop.unknown`, it is not there or over.
    """
    stop = _stop(uow, stop_id)
    if stop.lifted_at is not None:
        return
    resume_cause(uow, _cause(stop_id))
    facts = {"lifted_at": uow.now, "lifted_by": uow.actor.operator, "done_shop_ids": []}
    uow.execute(update(SaleStop).where(SaleStop.id == stop_id).values(**facts))
    uow.changed(SaleStop.__tablename__, stop_id)
    uow.record("stop.lifted", "sale_stop", stop_id)


def mark_shop(uow: UnitOfWork, stop_id: int, shop_id: int, *, is_done: bool) -> None:
    """Write down that somebody has seen to a shop by hand, or has not after all.

    Raises:
        NotFound: `stop.unknown`.
    """
    stop = _stop(uow, stop_id)
    done = set(stop.done_shop_ids) - {shop_id} | ({shop_id} if is_done else set())
    uow.execute(update(SaleStop).where(SaleStop.id == stop_id).values(done_shop_ids=sorted(done)))
    uow.changed(SaleStop.__tablename__, stop_id)
    uow.record("stop.seen_to", "sale_stop", stop_id, shop_id=shop_id, is_done=is_done)


def close_stop(uow: UnitOfWork, stop_id: int) -> None:
    """Put a lifted stop away.

    Raises:
        NotFound: `stop.unknown`.
        Refused: `stop.still_stands`, it is not lifted.
    """
    if _stop(uow, stop_id).lifted_at is None:
        raise Refused("stop.still_stands", "a stop that holds is lifted before it is put away")
    uow.execute(update(SaleStop).where(SaleStop.id == stop_id).values(closed_at=uow.now))
    uow.changed(SaleStop.__tablename__, stop_id)
    uow.record("stop.closed", "sale_stop", stop_id)


def _open() -> Any:
    return select(*SaleStop.__table__.c).where(SaleStop.closed_at.is_(None)).order_by(SaleStop.id)


def _stop(uow: UnitOfWork, stop_id: int) -> Any:
    take_turn(uow, "sale_stop")
    found = uow.execute(_open().where(SaleStop.id == stop_id)).one_or_none()
    if found is None:
        raise NotFound("stop.unknown", f"no stop {stop_id} stands")
    return found


def _cause(stop_id: int) -> str:
    return f"stop:{stop_id}"
