"""Tables of stopped sales: the owner's stops, the breaker's rules and what tripped it."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base
from core.db.types import BigId


class SaleStop(Base):
    """A stop that somebody made with the button; it is over when every shop sells again.

    Attributes:
        sku_id: None stops everything.
        shop_ids: shops it holds for; empty for all there are.
        done_shop_ids: shops somebody has seen to by hand, since the stop or since it was lifted.
        lifted_at: when selling was allowed again.
        closed_at: when nothing was left to be done.
    """

    __tablename__ = "sale_stop"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    sku_id: Mapped[int | None] = mapped_column(ForeignKey("sku.id"))
    shop_ids: Mapped[list[int]] = mapped_column(JSON)
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(Text)
    done_shop_ids: Mapped[list[int]] = mapped_column(JSON)
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[str] = mapped_column(Text)
    closed_at: Mapped[datetime | None]
    __table_args__ = (
        Index(
            "ix_sale_stop_open",
            "id",
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
    )


class BreakerRule(Base):
    """What the breaker looks for, and what it does then.

    Attributes:
        kind: low | silent.
        sku_id: low: the SKU; None for all with a safety stock.
        shop_id: silent: the shop; None for every shop.
        minutes: silent: for so long without a good pull.
        target_shop_ids: shops whose sale is stopped or capped; empty for all.
        act: stop | cap.
        cap_qty: cap: so many units of each SKU may still be sold by each of the shops.
        is_automatic: done at once; otherwise a person is asked.
        resumes: let go by itself when the cause is over.
        margin_qty: low: over only when so many units more than the safety stock are there.
        calm_minutes: over only when the cause was gone for so long.
    """

    __tablename__ = "breaker_rule"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    sku_id: Mapped[int | None] = mapped_column(ForeignKey("sku.id"))
    shop_id: Mapped[int | None] = mapped_column(ForeignKey("shop.id"))
    minutes: Mapped[int]
    target_shop_ids: Mapped[list[int]] = mapped_column(JSON)
    act: Mapped[str] = mapped_column(Text)
    cap_qty: Mapped[int | None]
    is_automatic: Mapped[bool]
    resumes: Mapped[bool]
    margin_qty: Mapped[int]
    calm_minutes: Mapped[int]
    is_active: Mapped[bool]
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(Text)
    __table_args__ = (
        CheckConstraint("cap_qty >= 0", name="cap_not_negative"),
        CheckConstraint("minutes >= 0 AND margin_qty >= 0 AND calm_minutes >= 0", name="numbers_not_negative"),
    )


class BreakerTrip(Base):
    """One cause that tripped one rule, from its first sight to its end.

    Attributes:
        key: `sku:` or `shop:` with an id.
        state: proposed | acted | declined.
        calm_since: since when the cause is gone; None while it stands.
        facts: plain values for the words.
    """

    __tablename__ = "breaker_trip"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    rule_id: Mapped[int] = mapped_column(ForeignKey("breaker_rule.id"))
    key: Mapped[str] = mapped_column(Text)
    sku_id: Mapped[int | None] = mapped_column(ForeignKey("sku.id"))
    state: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    acted_at: Mapped[datetime | None]
    acted_by: Mapped[str] = mapped_column(Text)
    calm_since: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    __table_args__ = (
        Index(
            "uq_breaker_trip_open",
            "rule_id",
            "key",
            unique=True,
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
    )
