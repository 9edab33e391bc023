"""Up to when every order of a shop is known."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from core.sync.cursors import CHANGED
from core.sync.models import Cursor, UnreadOrder


def known_until(connection: Connection, shop_id: int, lag_s: float) -> datetime | None:
    """By the platform's clock; None where no window was ever finished.

    An order that could not be taken in may have sold units: nothing after it is known until it comes, or somebody
    lets it go.

    Args:
        connection: to read from.
        shop_id: whose orders.
        lag_s: how long the platform may keep an order out of its list (`StockRules.orders_lag_s`).
    """
    query = select(Cursor.until_at).where(Cursor.shop_id == shop_id, Cursor.feed == CHANGED)
    until = connection.execute(query).scalar_one_or_none()
    awaited = select(UnreadOrder.known_until).where(UnreadOrder.shop_id == shop_id, UnreadOrder.let_go_at.is_(None))
    known = [until, *connection.execute(awaited).scalars()]
    return None if None in known else min(known) - timedelta(seconds=lag_s)
