"""What of an order somebody else has sent (别处已发一部分): read by whoever counts what is still to be sent."""

from collections.abc import Iterable, Mapping

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from core.orders.models import OrderLine, PlatformParcel, SentElsewhere


def sent_units(connection: Connection, order_id: int, *, on_books_only: bool = False) -> Mapping[int, int]:
    """Order line -> units that others have sent; `on_books_only`: those that did not come off our shelf."""
    query = select(SentElsewhere.order_line_id, func.sum(SentElsewhere.qty).label("qty"))
    query = query.where(SentElsewhere.order_id == order_id).group_by(SentElsewhere.order_line_id)
    if on_books_only:
        query = query.where(SentElsewhere.left_our_shelf.is_(False))
    return {row.order_line_id: int(row.qty) for row in connection.execute(query)}


def told_units(connection: Connection, order_id: int) -> Mapping[int, int]:
    """Order line -> units that the platform says went in parcels of others; empty where it does not say what did."""
    told = (
        select(PlatformParcel.line_no, func.sum(PlatformParcel.qty).label("qty"))
        .where(PlatformParcel.order_id == order_id, PlatformParcel.line_no != "")
        .group_by(PlatformParcel.line_no)
    )
    pieces = {row.line_no: int(row.qty) for row in connection.execute(told)}
    return _of_lines(connection, order_id, pieces) if pieces else {}


def _of_lines(connection: Connection, order_id: int, pieces: Mapping[str, int]) -> Mapping[int, int]:
    columns = (OrderLine.id, OrderLine.line_no, OrderLine.qty, OrderLine.channel_qty)
    here = (OrderLine.order_id == order_id, OrderLine.is_current)
    return {
        row.id: min(row.qty, pieces.get(row.line_no, 0) * row.qty // row.channel_qty)
        for row in connection.execute(select(*columns).where(*here).order_by(OrderLine.id))
    }


def told_pieces(connection: Connection, order_id: int) -> tuple[Mapping[int, int], Mapping[str, int]]:
    """What others have sent, by our line and, in the platform's own units, by its line.

    A bundle counts as sent with its first piece, as it does in parcels of ours.
    """
    sent = sent_units(connection, order_id)
    if not sent:
        return {}, {}
    columns = (OrderLine.id, OrderLine.line_no, OrderLine.qty, OrderLine.channel_qty)
    rows = connection.execute(select(*columns).where(OrderLine.id.in_(sorted(sent))).order_by(OrderLine.id))
    return sent, _most((row.line_no, -(-sent[row.id] * row.channel_qty // row.qty)) for row in rows)


def _most(pairs: Iterable[tuple[str, int]]) -> Mapping[str, int]:
    most: dict[str, int] = {}
    for line_no, pieces in pairs:
        most[line_no] = max(most.get(line_no, 0), pieces)
    return most
