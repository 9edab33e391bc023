"""What can be wrong at the door: it cannot listen, calls are refused or break it, reservations run out in bulk."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, case, func, or_, select

from core.channels.models import Shop
from core.gateway.models import DoorCall, DoorNode, DoorReservation
from core.gateway.wishes import BEAT_S, wanted_doors
from core.runtime.standing import Severity, Standing

#: refusals that mean that key, signature or clock is wrong
_ACCESS: Final = ("bad_signature", "clock_skew", "nonce_replayed")
#: looked back so far
_CALLS: Final = timedelta(minutes=10)
_EXPIRY: Final = timedelta(minutes=30)
_DEFECTS: Final = timedelta(hours=1)
#: so many refused calls in that time are no accident
_REFUSED: Final = 5
#: so many reservations that ran out unpaid, and this share of those that ended
_EXPIRED: Final = 20
_SHARE: Final = 0.8


def door_deaf(connection: Connection, at: datetime) -> Sequence[Standing]:
    """Doors that are wanted and do not listen: the port is taken, or its program is gone or never came."""
    fresh = at - timedelta(seconds=3 * BEAT_S)
    columns = (DoorNode.node, DoorNode.name, DoorNode.state, DoorNode.error, DoorNode.at)
    programs: dict[str, list[Any]] = {}
    for row in connection.execute(select(*columns).order_by(DoorNode.node)):
        programs.setdefault(row.node.partition("/")[0], []).append(row)
    found = []
    for desk, (name, since) in sorted(wanted_doors(connection).items()):
        rows = programs.get(desk, [])
        if any(row.state == "open" and row.at > fresh for row in rows):
            continue
        ailing = [row for row in rows if row.state != "closed"]
        if not ailing and (rows or since > fresh):
            # Shut by its own program, which may open it again at any moment; or wanted a moment ago.
            continue
        newest = ailing[-1] if ailing else None
        is_failed = newest is not None and newest.state == "failed"
        why = newest.error if newest is not None and is_failed else "door.gone"
        facts = {"desk": (newest.name if newest is not None else name) or desk, "why": why}
        found.append(Standing("door.deaf", f"desk:{desk}", Severity.CRITICAL, facts))
    return found


def mall_refused(connection: Connection, at: datetime) -> Sequence[Standing]:
    """Malls with several calls that were refused for signature or clock, and none that was let in since.

    By mall: that others are let in says nothing of it. Calls with a key that nobody has may be any mall's.
    """
    is_refused = DoorCall.code.in_((*_ACCESS, "bad_key"))
    last_refused = func.max(case((is_refused, DoorCall.id), else_=0))
    last_good = func.max(case((is_refused, 0), else_=DoorCall.id))
    query = (
        select(DoorCall.shop_id, func.coalesce(Shop.name, "").label("name"))
        .outerjoin(Shop, Shop.id == DoorCall.shop_id)
        .where(DoorCall.at > at - _CALLS)
        .group_by(DoorCall.shop_id, Shop.name)
        .having(func.sum(case((is_refused, DoorCall.calls), else_=0)) >= _REFUSED)
        .having(or_(DoorCall.shop_id.is_(None), last_refused > last_good))
        .order_by(DoorCall.shop_id)
    )
    return [_refused(connection, row, at) for row in connection.execute(query).all()]


def _refused(connection: Connection, shop: Any, at: datetime) -> Standing:
    number = func.sum(DoorCall.calls).label("calls")
    here = (DoorCall.at > at - _CALLS, DoorCall.code.in_((*_ACCESS, "bad_key")))
    of = DoorCall.shop_id.is_(None) if shop.shop_id is None else DoorCall.shop_id == shop.shop_id
    codes = connection.execute(select(DoorCall.code, number).where(*here, of).group_by(DoorCall.code)).all()
    worst = max(codes, key=lambda row: (row.calls, row.code))
    calls = sum(int(row.calls) for row in codes)
    if shop.shop_id is None:
        return Standing("door.strangers", "door", Severity.WARNING, {"calls": calls})
    facts = {"shop": shop.name, "calls": calls, "why": str(worst.code)}
    return Standing("door.refused", f"shop:{shop.shop_id}", Severity.WARNING, facts)


def unpaid_in_bulk(connection: Connection, at: datetime) -> Sequence[Standing]:
    """Shops whose reservations run out unpaid: their payment page is broken, or somebody empties the shelves."""
    ended = ("expired", "confirmed", "released")
    query = (
        select(
            DoorReservation.shop_id,
            Shop.name,
            func.sum(case((DoorReservation.state == "expired", 1), else_=0)).label("expired"),
            func.count().label("ended"),
        )
        .join(Shop, Shop.id == DoorReservation.shop_id)
        .where(DoorReservation.state.in_(ended), DoorReservation.settled_at > at - _EXPIRY)
        .group_by(DoorReservation.shop_id, Shop.name)
    )
    return [_unpaid(row) for row in connection.execute(query) if _is_bulk(int(row.expired), int(row.ended))]


def _is_bulk(expired: int, ended: int) -> bool:
    return expired >= _EXPIRED and expired >= _SHARE * ended


def _unpaid(row: Any) -> Standing:
    facts = {"shop": row.name, "expired": int(row.expired), "ended": int(row.ended)}
    return Standing("door.unpaid", f"shop:{row.shop_id}", Severity.WARNING, facts)


def defects(connection: Connection, at: datetime) -> Sequence[Standing]:
    """Calls that met a defect of ours: a mall was told that we do not know what came of them."""
    query = select(func.coalesce(func.sum(DoorCall.calls), 0))
    number = int(connection.execute(query.where(DoorCall.at > at - _DEFECTS, DoorCall.code == "defect")).scalar_one())
    return [Standing("door.defect", "door", Severity.WARNING, {"calls": number})] if number else []
