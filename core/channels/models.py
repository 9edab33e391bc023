"""Table of shops: one authorised account on a channel each."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ColumnElement, Text, and_, false, true
from sqlalchemy.orm import Mapped, mapped_column

from core.channels.by_hand import UNCALLED
from core.db.base import Base
from core.db.types import BigId, Personal

#: how long an unpaid order of a shop of one's own keeps its units
HOLD_S = 900


class Shop(Base):
    """One authorised account on a channel; owns its key, its cursors and its switches."""

    __tablename__ = "shop"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    channel: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text, unique=True)
    settings: Mapped[dict[str, Any]] = mapped_column(JSON)
    #: the shop's secret is as sensitive as the data it opens
    secret: Mapped[str] = mapped_column(Personal("shop.secret"))
    is_active: Mapped[bool] = mapped_column(default=True)
    #: its orders go to the desk only when the owner switched that on, and only those paid since the cut-over
    on_desk: Mapped[bool] = mapped_column(default=True, server_default=true())
    #: what was paid before is sent by whoever sent before; None: there is nothing before
    cut_over_at: Mapped[datetime | None]
    #: its owner has not said yes on the platform's page yet: nobody calls it, and nobody is told that it is silent
    awaits_owner: Mapped[bool] = mapped_column(default=False, server_default=false())
    #: confirmations of shipments are sent only when the owner switched them on
    confirms_shipments: Mapped[bool] = mapped_column(default=False)
    #: its numbers of stock are written only when the owner switched that on; they are read before
    writes_stock: Mapped[bool] = mapped_column(default=False, server_default=false())
    #: seller's notes and flags are written there only when the owner switched that on
    writes_notes: Mapped[bool] = mapped_column(default=False, server_default=false())
    #: when it is told: print (the label came out) | outbound (it was scanned) | handover (the courier signed)
    confirm_at: Mapped[str] = mapped_column(Text, default="outbound", server_default="outbound")
    #: other software prints its labels: its parcels get no numbers of ours, theirs are scanned in
    prints_elsewhere: Mapped[bool] = mapped_column(default=False, server_default=false())
    #: seconds for which an unpaid order keeps its units; 0: as long as the platform keeps it open
    hold_s: Mapped[int] = mapped_column(default=HOLD_S, server_default=str(HOLD_S))
    warehouse_id: Mapped[int]
    #: days its goods have to last still when they are promised
    min_life_days: Mapped[int] = mapped_column(default=0, server_default="0")
    created_at: Mapped[datetime]
    last_good_pull_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(Text)
    last_error_at: Mapped[datetime | None]
    #: platform clock minus ours at the last call, in milliseconds
    clock_offset_ms: Mapped[int] = mapped_column(default=0)


def is_called() -> ColumnElement[bool]:
    """Which shops are pulled: not those that are paused, that nobody calls, or that wait for their owner's word."""
    return and_(Shop.is_active.is_(True), Shop.awaits_owner.is_(False), Shop.channel.not_in(UNCALLED))
