"""Up to when every order of a shop is known."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from core.sync.cursors import CHANGED
from core.sync.models import Cursor


def known_until(connection: Connection, shop_id: int, lag_s: float) -> datetime | None:
    """By the platform's clock; None where no window was ever finished.

    Args:
        connection: to read from.
        shop_id: whose orders.
        lag_s: how long the platform may keep an order out of its list (`StockRules.orders_lag_s`).
    """
    query = select(Cursor.until_at).where(Cursor.shop_id == shop_id, Cursor.feed == CHANGED)
    until = connection.execute(query).scalar_one_or_none()
    return None if until is None else until - timedelta(seconds=lag_s)
