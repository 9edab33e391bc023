"""What can be wrong with after-sale cases: the shop has to answer, and the time for it ends."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, func, select, text

from core.aftersale.models import AfterSaleCase
from core.channels.models import Shop
from core.db.limits import limits_of
from core.runtime.standing import Severity, Standing

ANSWER: Final = "after_sale.answer"
#: how long before the end somebody is told
ANSWER_HOURS: Final = 12.0
_LAST: Final = timedelta(hours=2)
# The words of the partial index, so that both engines use it.
_TO_ANSWER = text("after_sale_case.state = 'requested' AND after_sale_case.answer_by_at IS NOT NULL")


def answers_due(connection: Connection, at: datetime) -> Sequence[Standing]:
    """Shops with cases that have to be answered soon: after the time the platform decides, mostly for the buyer."""
    early = limits_of(connection, ANSWER, ANSWER_HOURS)
    longest = timedelta(hours=max((early.usual, *early.own.values())))
    shops = select(AfterSaleCase.shop_id).where(_TO_ANSWER, AfterSaleCase.answer_by_at <= at + longest).distinct()
    found = []
    for shop in connection.execute(select(Shop.id, Shop.name).where(Shop.id.in_(shops)).order_by(Shop.id)).all():
        key = f"shop:{shop.id}"
        until = at + timedelta(hours=early.of(key))
        query = select(func.count(), func.min(AfterSaleCase.answer_by_at)).where(
            _TO_ANSWER, AfterSaleCase.shop_id == shop.id, AfterSaleCase.answer_by_at <= until
        )
        count, first_at = connection.execute(query).one()
        if first_at is not None:
            left = first_at - at
            severity = Severity.CRITICAL if left <= _LAST else Severity.WARNING
            hours = max(left // timedelta(hours=1), 0)
            found.append(Standing(ANSWER, key, severity, {"shop": shop.name, "n": count, "hours": hours}))
    return found
