"""What is kept of acts upon platforms' numbers: everything that changed one for good, mere looks for two days."""

from datetime import timedelta
from typing import Final

from sqlalchemy import delete, select, text

from core.channels.models import Shop
from core.db.models import Outbox
from core.db.unit_of_work import UnitOfWork
from core.inventory.quotas.acts import lane_of
from core.inventory.quotas.models import StockAct

#: how long looks, and what was delivered for any act, are kept
KEPT: Final = timedelta(days=2)
#: so many rows go in one transaction, so that no scan waits for it
_AT_A_TIME: Final = 500


def forget_looks(uow: UnitOfWork) -> int:
    """Forget some of what is old: numbers that were only read, and deliveries of acts; how many rows.

    A number is read every ten minutes, so that these are nearly all rows there are. Acts that changed something stay:
    they explain the right. Their keys never come again, so that the outbox need not remember them.
    """
    before = uow.now - KEPT
    old = select(StockAct.id).where(text("stock_act.kind = 'read'"), StockAct.settled_at < before)
    gone = uow.count(delete(StockAct).where(StockAct.id.in_(old.order_by(StockAct.settled_at).limit(_AT_A_TIME))))
    for shop_id in uow.execute(select(Shop.id).order_by(Shop.id)).scalars().all():
        left = _AT_A_TIME - gone
        if left <= 0:
            break
        here = (Outbox.state == "done", Outbox.lane == lane_of(shop_id), Outbox.not_before_at < before)
        done = select(Outbox.id).where(*here, Outbox.done_at < before).order_by(Outbox.not_before_at).limit(left)
        gone += uow.count(delete(Outbox).where(Outbox.id.in_(done)))
    return gone
