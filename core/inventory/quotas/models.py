"""Tables of the quotas. What a platform may sell is a right; what covers it is a unit of a level."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base
from core.db.types import BigId
from core.inventory.quotas.states import IS_OPEN


class SkuPlan(Base):
    """How one SKU is told to the shops; a SKU without a row is told to nobody.

    Attributes:
        mode: quota | shared | manual | off.
        buffer_qty: shared: told to nobody. quota: kept in the pool, for orders by hand and the door.
        min_lot: fewer units are not moved between shops.
        park_qty: so many and fewer stay in one shop, because a few units in each sell badly.
        parked_shop_id: that shop; None for the one that sells most.
    """

    __tablename__ = "sku_plan"
    sku_id: Mapped[int] = mapped_column(BigId, ForeignKey("sku.id"), primary_key=True, autoincrement=False)
    mode: Mapped[str] = mapped_column(Text)
    buffer_qty: Mapped[int] = mapped_column(default=0)
    min_lot: Mapped[int] = mapped_column(default=1)
    park_qty: Mapped[int] = mapped_column(default=0)
    parked_shop_id: Mapped[int | None] = mapped_column(ForeignKey("shop.id"))
    changed_at: Mapped[datetime]
    __table_args__ = (
        CheckConstraint("buffer_qty >= 0", name="buffer_not_negative"),
        CheckConstraint("min_lot >= 1", name="min_lot_positive"),
        CheckConstraint("park_qty >= 0", name="park_not_negative"),
        Index("ix_sku_plan_mode_sku_id", "mode", "sku_id"),
    )


class SafetyStock(Base):
    """Units of a SKU that a warehouse gives to no shop and to nobody who asks first; an order already sold may."""

    __tablename__ = "safety_stock"
    sku_id: Mapped[int] = mapped_column(ForeignKey("sku.id"), primary_key=True)
    warehouse_id: Mapped[int] = mapped_column(ForeignKey("warehouse.id"), primary_key=True)
    qty: Mapped[int]
    __table_args__ = (CheckConstraint("qty >= 0", name="qty_not_negative"),)


class Quota(Base):
    """One shop's right to sell one SKU (or bundle) without asking. The counters only grow.

    `right = granted - withdrawn - sold + restored`: the most the platform may still sell. `overdrawn_qty` is what it
    sold beyond that and nobody has explained yet.

    Attributes:
        listing_id: the one link that sells from it; other links of the shop to the same SKU get nothing.
        is_counted: whether sales are counted here (modes quota and manual).
        adopted_at: when, by the platform's clock, the number it had before us was taken into the right; what was sold
            before that is no sale from the right. None: not yet, nothing is granted before.
        cancelled_unit: who has a cancelled order's unit, as the platform's rules say (`CancelledUnit`).
        weight: the owner's own share for the split; None goes by the recent sales.
        slack_qty: so many units of the right the platform may not have (lost answers): its number will tell.
        slack_at: since when the newest of them is in doubt.
        listed_qty, listed_at, listed_version: the newest number the platform said, by our clock.
        evidence_from, evidence_to: when, by the platform's clock, that number was true, where nothing of ours was
            under way then; None once something is.
        is_on_sale: what the platform said of the link; None where it does not say.
        paused_at: since when the link is off sale because of us; None where it is not, as far as we know.
        regrant_qty: units that a stop of the sale took back and that are given again when it is over (mode manual).
        drift_qty: platform's number less our right, where nothing explains it; None where they agree.
        locked_until: the platform refused to take units away (promotion); not asked before.
        retry_at: a refused act is not tried again before.
    """

    __tablename__ = "quota"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    shop_id: Mapped[int] = mapped_column(ForeignKey("shop.id"))
    sku_id: Mapped[int] = mapped_column(ForeignKey("sku.id"))
    listing_id: Mapped[int | None] = mapped_column(ForeignKey("listing.id"))
    is_counted: Mapped[bool]
    adopted_at: Mapped[datetime | None]
    cancelled_unit: Mapped[str] = mapped_column(Text)
    weight: Mapped[int | None]
    granted_qty: Mapped[int] = mapped_column(default=0)
    withdrawn_qty: Mapped[int] = mapped_column(default=0)
    sold_qty: Mapped[int] = mapped_column(default=0)
    restored_qty: Mapped[int] = mapped_column(default=0)
    overdrawn_qty: Mapped[int] = mapped_column(default=0)
    slack_qty: Mapped[int] = mapped_column(default=0)
    slack_at: Mapped[datetime | None]
    listed_qty: Mapped[int | None]
    listed_at: Mapped[datetime | None]
    listed_version: Mapped[int | None]
    evidence_from: Mapped[datetime | None]
    evidence_to: Mapped[datetime | None]
    is_on_sale: Mapped[bool | None]
    paused_at: Mapped[datetime | None]
    regrant_qty: Mapped[int] = mapped_column(default=0, server_default="0")
    drift_qty: Mapped[int | None]
    drift_right_qty: Mapped[int | None]
    drift_at: Mapped[datetime | None]
    locked_until: Mapped[datetime | None]
    retry_at: Mapped[datetime | None]
    __table_args__ = (
        # The SKU first: a page of orders asks for its few SKUs.
        UniqueConstraint("sku_id", "shop_id"),
        CheckConstraint("granted_qty - withdrawn_qty - sold_qty + restored_qty >= 0", name="right_not_negative"),
        CheckConstraint("granted_qty >= 0 AND withdrawn_qty >= 0 AND sold_qty >= 0", name="counters_not_negative"),
        CheckConstraint("restored_qty >= 0 AND overdrawn_qty >= 0 AND slack_qty >= 0", name="rest_not_negative"),
        Index("ix_quota_shop_id", "shop_id"),
        Index("ix_quota_listing_id", "listing_id"),
        # Numbers that wait for their orders: looked for every few seconds, and few at any time.
        Index(
            "ix_quota_evidence",
            "id",
            sqlite_where=text("evidence_to IS NOT NULL"),
            postgresql_where=text("evidence_to IS NOT NULL"),
        ),
        Index(
            "ix_quota_drift",
            "id",
            sqlite_where=text("drift_qty IS NOT NULL"),
            postgresql_where=text("drift_qty IS NOT NULL"),
        ),
        # What is not as it should be is looked for every few seconds, and is little.
        Index(
            "ix_quota_overdrawn",
            "id",
            sqlite_where=text("overdrawn_qty > 0"),
            postgresql_where=text("overdrawn_qty > 0"),
        ),
        Index(
            "ix_quota_locked",
            "locked_until",
            sqlite_where=text("locked_until IS NOT NULL"),
            postgresql_where=text("locked_until IS NOT NULL"),
        ),
    )


class QuotaCover(Base):
    """Units of a level that stand behind a quota's right, and behind what it has sold and no line holds yet.

    The sum over a level's rows is its `allotted_qty`.
    """

    __tablename__ = "quota_cover"
    quota_id: Mapped[int] = mapped_column(ForeignKey("quota.id"), primary_key=True)
    level_id: Mapped[int] = mapped_column(ForeignKey("stock_level.id"), primary_key=True)
    qty: Mapped[int]
    __table_args__ = (
        CheckConstraint("qty >= 1", name="qty_positive"),
        Index("ix_quota_cover_level_id", "level_id"),
    )


class QuotaSale(Base):
    """What one order line has taken from a quota: counted once, whatever becomes of its claims.

    Of a bundle's lines only the one of the first component counts; the others stand here with nothing.

    Attributes:
        qty: units of the quota's SKU the platform sold with it; `over_qty` of them beyond the right.
        restored_qty: units given back since.
        sold_at, restored_at: when, by the platform's clock.
    """

    __tablename__ = "quota_sale"
    order_line_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("order_line.id"), primary_key=True, autoincrement=False
    )
    quota_id: Mapped[int] = mapped_column(ForeignKey("quota.id"))
    qty: Mapped[int]
    over_qty: Mapped[int] = mapped_column(default=0)
    restored_qty: Mapped[int] = mapped_column(default=0)
    sold_at: Mapped[datetime]
    restored_at: Mapped[datetime | None]
    __table_args__ = (
        CheckConstraint("qty >= 0 AND over_qty >= 0 AND over_qty <= qty", name="qty_not_negative"),
        CheckConstraint("restored_qty >= 0 AND restored_qty <= qty", name="restored_within"),
        Index("ix_quota_sale_quota_id_sold_at", "quota_id", "sold_at"),
        Index(
            "ix_quota_sale_restored",
            "quota_id",
            "restored_at",
            sqlite_where=text("restored_at IS NOT NULL"),
            postgresql_where=text("restored_at IS NOT NULL"),
        ),
    )


class StockAct(Base):
    """Something asked of a platform's number. One at a time for each quota.

    Attributes:
        qty: units: of the difference, or the number itself (push).
        done_qty: units the platform confirmed; None until it is known.
        step: how far an act of several calls got (`paused`, `set`).
        target_qty: the number that was written or is about to be, where numbers are set.
    """

    __tablename__ = "stock_act"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    quota_id: Mapped[int] = mapped_column(ForeignKey("quota.id"))
    kind: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    qty: Mapped[int]
    done_qty: Mapped[int | None]
    step: Mapped[str] = mapped_column(Text, default="")
    target_qty: Mapped[int | None]
    reason: Mapped[str] = mapped_column(Text)
    error: Mapped[str] = mapped_column(Text, default="")
    #: what the platform knows it by
    key: Mapped[str] = mapped_column(Text, unique=True)
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    __table_args__ = (
        Index("ix_stock_act_quota_id_id", "quota_id", "id"),
        Index(
            "uq_stock_act_open",
            "quota_id",
            unique=True,
            sqlite_where=text(IS_OPEN),
            postgresql_where=text(IS_OPEN),
        ),
        # Looks are forgotten after a while; everything else is kept.
        Index(
            "ix_stock_act_read",
            "settled_at",
            sqlite_where=text("kind = 'read'"),
            postgresql_where=text("kind = 'read'"),
        ),
    )


class SpareLink(Base):
    """A link of a shop that leads to goods another link of it sells from a quota: nothing may be bought there.

    Attributes:
        quota_id: the quota that the shop's one link sells from.
        state: asked | quiet | failed.
        is_paused: it is off sale because of us; else its number was brought to nothing.
        listed_qty: the newest number the platform said.
        asked_at, checked_at: when it was last asked for, and when the platform last confirmed that nothing is sold.
    """

    __tablename__ = "spare_link"
    listing_id: Mapped[int] = mapped_column(BigId, ForeignKey("listing.id"), primary_key=True, autoincrement=False)
    quota_id: Mapped[int] = mapped_column(ForeignKey("quota.id"))
    state: Mapped[str] = mapped_column(Text)
    is_paused: Mapped[bool] = mapped_column(default=False)
    listed_qty: Mapped[int | None]
    error: Mapped[str] = mapped_column(Text, default="")
    asked_at: Mapped[datetime]
    checked_at: Mapped[datetime | None]
    __table_args__ = (
        Index("ix_spare_link_quota_id", "quota_id"),
        Index(
            "ix_spare_link_loud",
            "listing_id",
            sqlite_where=text("state <> 'quiet'"),
            postgresql_where=text("state <> 'quiet'"),
        ),
    )
