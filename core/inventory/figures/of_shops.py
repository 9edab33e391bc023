"""What makes a shop's part in a SKU: acts upon its number, sales, what was given back."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Connection, and_, case, func, or_, select

from core.catalog.records import AT_THE_DOOR
from core.inventory.figures.records import Figure, Name, Opened, Part
from core.inventory.quotas.models import Quota, QuotaSale, StockAct
from core.inventory.quotas.states import ActKind, ActState
from core.orders.models import SHOWN_NO, Order, OrderLine
from core.runtime.errors import NotFound
from core.runtime.ids import SkuId

_After = tuple[Any, ...] | None
#: acts that have ended
_CLOSED: Final = (ActState.DONE.value, ActState.REFUSED.value)
#: what came of it: of a withdrawal what the platform gave, of a grant what it did not take
_FELL = case(
    (StockAct.kind == ActKind.WITHDRAW.value, func.coalesce(StockAct.done_qty, 0)),
    else_=StockAct.qty - func.coalesce(StockAct.done_qty, StockAct.qty),
)
_IS_FALL = and_(
    StockAct.kind.in_((ActKind.WITHDRAW.value, ActKind.GRANT.value)), StockAct.state.in_(_CLOSED), _FELL > 0
)
_SALE = (
    select(
        QuotaSale.order_line_id,
        QuotaSale.qty,
        QuotaSale.over_qty,
        QuotaSale.restored_qty,
        QuotaSale.sold_at,
        QuotaSale.restored_at,
        Order.id.label("order_id"),
        SHOWN_NO,
    )
    .join(OrderLine, OrderLine.id == QuotaSale.order_line_id)
    .join(Order, Order.id == OrderLine.order_id)
)


def right_of(sku_id: int, quota_id: int) -> Figure:
    """What a shop may still sell."""
    return Figure(Name.RIGHT, SkuId(sku_id), quota_id=quota_id)


def _quota(connection: Connection, figure: Figure) -> Any:
    row = connection.execute(select(*Quota.__table__.c).where(Quota.id == figure.quota_id)).one_or_none()
    if row is None:
        raise NotFound("quota.unknown", f"there is no quota {figure.quota_id}")
    return row


def _right(row: Any) -> int:
    return int(row.granted_qty - row.withdrawn_qty - row.sold_qty + row.restored_qty)


def _of(figure: Figure, name: Name) -> Figure:
    return Figure(name, figure.sku_id, quota_id=figure.quota_id)


def _open_right(connection: Connection, figure: Figure, _after: _After, _limit: int) -> Opened:
    row = _quota(connection, figure)
    sums = ((Name.GRANTED, 1), (Name.WITHDRAWN, -1), (Name.SOLD, -1), (Name.RESTORED, 1))
    parts = [
        Part(name, sign * getattr(row, f"{name}_qty"), _of(figure, name))
        for name, sign in sums
        if name is Name.GRANTED or getattr(row, f"{name}_qty")
    ]
    return Opened(figure, _right(row), tuple(parts))


def _open_granted(connection: Connection, figure: Figure, after: _After, limit: int) -> Opened:
    row = _quota(connection, figure)
    is_grant = StockAct.kind == ActKind.GRANT.value
    found, next_after = _acts(connection, row.id, is_grant, StockAct.qty, after, limit)
    # What the platform had before us was taken over as if granted; a risk reserve was given with a number. Who asks
    # before it sells is given what is beyond its right by the answer.
    rest = row.granted_qty - _sum(connection, row.id, is_grant, StockAct.qty) if after is None else 0
    other = Part("taken_over", rest, at=row.adopted_at)
    if rest and _asks_first(connection, row.id):
        other = Part("answered", rest)
    parts = [*found, *([other] if rest else [])]
    return Opened(figure, row.granted_qty, tuple(parts), next_after)


def _open_withdrawn(connection: Connection, figure: Figure, after: _After, limit: int) -> Opened:
    row = _quota(connection, figure)
    found, next_after = _acts(connection, row.id, _IS_FALL, _FELL, after, limit)
    # The right fell to a number that the platform told, or less than an act said because it was sold meanwhile.
    rest = row.withdrawn_qty - _sum(connection, row.id, _IS_FALL, _FELL) if after is None else 0
    parts = [*found, *([Part("told", rest, at=row.listed_at)] if rest else [])]
    return Opened(figure, row.withdrawn_qty, tuple(parts), next_after)


def _asks_first(connection: Connection, quota_id: int) -> bool:
    """Whether what was sold last had been asked for at the door."""
    query = (
        select(OrderLine.item_id)
        .join(QuotaSale, QuotaSale.order_line_id == OrderLine.id)
        .where(QuotaSale.quota_id == quota_id)
        .order_by(QuotaSale.sold_at.desc(), QuotaSale.order_line_id.desc())
        .limit(1)
    )
    return connection.execute(query).scalar_one_or_none() == AT_THE_DOOR


def _acts(
    connection: Connection, quota_id: int, wanted: Any, units: Any, after: _After, limit: int
) -> tuple[Sequence[Part], _After]:
    query = (
        select(StockAct.id, StockAct.kind, StockAct.created_at, StockAct.reason, units.label("units"))
        .where(StockAct.quota_id == quota_id, wanted)
        .order_by(StockAct.id.desc())
        .limit(limit + 1)
    )
    if after is not None:
        query = query.where(StockAct.id < after[0])
    found: Sequence[Any] = connection.execute(query).all()
    rows = found[:limit]
    parts = [Part(f"act_{row.kind}", int(row.units), at=row.created_at, reason=row.reason) for row in rows]
    return parts, ((rows[-1].id,) if len(found) > limit else None)


def _sum(connection: Connection, quota_id: int, wanted: Any, units: Any) -> int:
    query = select(func.coalesce(func.sum(units), 0)).where(StockAct.quota_id == quota_id, wanted)
    return int(connection.execute(query).scalar_one())


def _open_sold(connection: Connection, figure: Figure, after: _After, limit: int) -> Opened:
    row = _quota(connection, figure)
    here = (QuotaSale.quota_id == row.id, QuotaSale.qty > QuotaSale.over_qty)
    query = _SALE.where(*here).order_by(QuotaSale.sold_at.desc(), QuotaSale.order_line_id.desc()).limit(limit + 1)
    if after is not None:
        at, line = after
        query = query.where(QuotaSale.sold_at <= at, or_(QuotaSale.sold_at < at, QuotaSale.order_line_id < line))
    found: Sequence[Any] = connection.execute(query).all()
    rows = found[:limit]
    parts = tuple(
        Part("sale", one.qty - one.over_qty, at=one.sold_at, order_id=one.order_id, order_no=one.order_no)
        for one in rows
    )
    return Opened(
        figure,
        row.sold_qty,
        parts,
        (rows[-1].sold_at, rows[-1].order_line_id) if len(found) > limit else None,
    )


def _open_restored(connection: Connection, figure: Figure, after: _After, limit: int) -> Opened:
    row = _quota(connection, figure)
    here = (QuotaSale.quota_id == row.id, QuotaSale.restored_at.is_not(None), QuotaSale.restored_qty > 0)
    query = _SALE.where(*here).order_by(QuotaSale.order_line_id.desc()).limit(limit + 1)
    if after is not None:
        query = query.where(QuotaSale.order_line_id < after[0])
    found: Sequence[Any] = connection.execute(query).all()
    rows = found[:limit]
    parts = [
        Part("called_off", one.restored_qty, at=one.restored_at, order_id=one.order_id, order_no=one.order_no)
        for one in rows
    ]
    if after is None:
        whole = select(func.coalesce(func.sum(QuotaSale.restored_qty), 0)).where(*here)
        # What came back first made good what had been sold beyond the right.
        repaid = int(connection.execute(whole).scalar_one()) - row.restored_qty
        parts += [Part("repaid", -repaid)] if repaid else []
    next_after = (rows[-1].order_line_id,) if len(found) > limit else None
    return Opened(figure, row.restored_qty, tuple(parts), next_after)


def _open_listed(connection: Connection, figure: Figure, _after: _After, _limit: int) -> Opened:
    row = _quota(connection, figure)
    if row.listed_qty is None:
        return Opened(figure, 0, ())
    if not row.is_counted:
        return Opened(figure, row.listed_qty, (Part("said", row.listed_qty, at=row.listed_at),))
    right = _right(row)
    parts = [Part(Name.RIGHT, right, _of(figure, Name.RIGHT))]
    if differs := row.listed_qty - right:
        drift = row.drift_qty or 0
        parts += [Part("drift", drift, at=row.drift_at)] if drift else []
        parts += [Part("since", differs - drift, at=row.listed_at)] if differs - drift else []
    return Opened(figure, row.listed_qty, tuple(parts))


#: numbers of one shop
OF_SHOPS: Final[Mapping[Name, Callable[[Connection, Figure, _After, int], Opened]]] = MappingProxyType(
    {
        Name.RIGHT: _open_right,
        Name.GRANTED: _open_granted,
        Name.WITHDRAWN: _open_withdrawn,
        Name.SOLD: _open_sold,
        Name.RESTORED: _open_restored,
        Name.LISTED: _open_listed,
    }
)
