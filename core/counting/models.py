"""Tables of counting. Scans are append-only and the truth; tallies and a line's figures are caches of them."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base
from core.db.types import BigId, Personal


class CountSheet(Base):
    """A count sheet (盘点单): what is to be counted in one warehouse, by whom it was made and how far it is.

    draft -> counting <-> paused -> to_approve -> done, or thrown away (see `states`).
    """

    __tablename__ = "count_sheet"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    number: Mapped[str] = mapped_column(Text, unique=True)
    #: of the act that made it
    key: Mapped[str] = mapped_column(Text, unique=True)
    state: Mapped[str] = mapped_column(Text)
    warehouse_id: Mapped[int] = mapped_column(ForeignKey("warehouse.id"))
    #: warehouse | zones | bins | skus
    scope: Mapped[str] = mapped_column(Text)
    #: zones, bins or SKU ids; empty for the whole warehouse
    scope_values: Mapped[list[Any]] = mapped_column(JSON)
    #: True: whoever counts does not see what the books say
    is_blind: Mapped[bool]
    note: Mapped[str] = mapped_column(Text, default="")
    author: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    #: lines are made up to this SKU; a large sheet is filled piece by piece
    filled_to: Mapped[int] = mapped_column(BigId, default=0)
    is_filled: Mapped[bool] = mapped_column(default=False, server_default=false())
    started_at: Mapped[datetime | None]
    submitted_at: Mapped[datetime | None]
    submitted_by: Mapped[str] = mapped_column(Text, default="")
    submitted_by_id: Mapped[int] = mapped_column(default=0)
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str] = mapped_column(Text, default="")
    __table_args__ = (Index("ix_count_sheet_state_id", "state", "id"),)


class CountLine(Base):
    """Goods (of one batch) on a sheet. The figures are those of the count that holds, None until there is one."""

    __tablename__ = "count_line"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    sheet_id: Mapped[int] = mapped_column(ForeignKey("count_sheet.id"))
    sku_id: Mapped[int] = mapped_column(ForeignKey("sku.id"))
    batch: Mapped[str] = mapped_column(Text, default="")
    #: where they live; empty where no place is known
    bin: Mapped[str] = mapped_column(Text, default="")
    #: True: not on the sheet when it was made, somebody found them
    is_extra: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(Text)
    counted_qty: Mapped[int | None]
    #: on hand by the books at the moment of the last scan
    book_qty: Mapped[int | None]
    #: of those, units that stood in boxes on the desks and not in their place
    away_qty: Mapped[int | None]
    #: the level's last movement at that moment
    movement_id: Mapped[int | None] = mapped_column(BigId)
    counted_at: Mapped[datetime | None]
    #: units that came to or left the place between its first scan and its last
    moved_qty: Mapped[int] = mapped_column(default=0)
    #: True: two people counted the same place and came to different ends
    is_disputed: Mapped[bool] = mapped_column(default=False)
    #: how often it was sent back to be counted again
    round: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str] = mapped_column(Text, default="")
    #: by how much the books were moved
    booked_qty: Mapped[int | None]
    #: who had to give way: order line, units held, units left
    deficits: Mapped[list[Any]] = mapped_column(JSON)
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[str] = mapped_column(Text, default="")
    __table_args__ = (
        UniqueConstraint("sheet_id", "sku_id", "batch"),
        Index("ix_count_line_sheet_id_state_bin", "sheet_id", "state", "bin", "id"),
        Index("ix_count_line_sku_id", "sku_id", "id"),
    )


class CountPass(Base):
    """One person's way through one place of a sheet. The second through the same place is a recount (复盘)."""

    __tablename__ = "count_pass"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    sheet_id: Mapped[int] = mapped_column(ForeignKey("count_sheet.id"))
    #: empty: goods without a known place
    bin: Mapped[str] = mapped_column(Text)
    number: Mapped[int]
    #: open | done | dropped
    state: Mapped[str] = mapped_column(Text)
    counter: Mapped[str] = mapped_column(Text)
    counter_id: Mapped[int]
    desk: Mapped[str] = mapped_column(Text)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    __table_args__ = (
        UniqueConstraint("sheet_id", "bin", "number"),
        Index(
            "ix_count_pass_open",
            "sheet_id",
            "counter",
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
    )


class CountTally(Base):
    """What one pass has counted of one line so far, and what the books said at its first and its last scan."""

    __tablename__ = "count_tally"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    pass_id: Mapped[int] = mapped_column(ForeignKey("count_pass.id"))
    line_id: Mapped[int] = mapped_column(ForeignKey("count_line.id"))
    qty: Mapped[int]
    #: scans that were not taken back; 0: as if it had not been counted
    scan_count: Mapped[int]
    #: True: sent back to be counted again; kept, and of no effect
    is_replaced: Mapped[bool] = mapped_column(default=False)
    first_at: Mapped[datetime]
    #: what had to be in the place at the first scan
    first_shelf_qty: Mapped[int]
    at: Mapped[datetime]
    movement_id: Mapped[int] = mapped_column(BigId)
    book_qty: Mapped[int]
    away_qty: Mapped[int]
    moved_qty: Mapped[int] = mapped_column(default=0)
    __table_args__ = (
        UniqueConstraint("pass_id", "line_id"),
        CheckConstraint("qty >= 0", name="qty_not_negative"),
        Index("ix_count_tally_line_id", "line_id"),
    )


class CountScan(Base):
    """Append-only: one scan, number or undo of somebody who counts, under a key of its own."""

    __tablename__ = "count_scan"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str] = mapped_column(Text, unique=True)
    at: Mapped[datetime]
    sheet_id: Mapped[int] = mapped_column(ForeignKey("count_sheet.id"))
    pass_id: Mapped[int] = mapped_column(ForeignKey("count_pass.id"))
    #: None: a find, nothing of it is on the sheet
    line_id: Mapped[int | None] = mapped_column(ForeignKey("count_line.id"))
    #: what it is, where that is known
    sku_id: Mapped[int | None] = mapped_column(ForeignKey("sku.id"))
    #: goods | paper | zero | find | undo
    kind: Mapped[str] = mapped_column(Text)
    #: whatever was under the scanner: a letter's code holds an address
    raw: Mapped[str] = mapped_column(Personal("count_scan.raw"))
    qty: Mapped[int]
    movement_id: Mapped[int] = mapped_column(BigId, default=0)
    book_qty: Mapped[int] = mapped_column(default=0)
    away_qty: Mapped[int] = mapped_column(default=0)
    counter: Mapped[str] = mapped_column(Text)
    desk: Mapped[str] = mapped_column(Text)
    undoes_id: Mapped[int | None] = mapped_column(ForeignKey("count_scan.id"), unique=True)
    __table_args__ = (Index("ix_count_scan_pass_id", "pass_id", "id"), Index("ix_count_scan_line_id", "line_id"))


class Comparison(Base):
    """The nightly comparison (每日对账) of level, ledger, platforms and last count; made, and never changed after."""

    __tablename__ = "comparison"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    #: `night:` and the day, once for each; or one of its own where somebody asked for it
    key: Mapped[str] = mapped_column(Text, unique=True)
    #: China's day, as `date.toordinal()` counts it
    day: Mapped[int]
    #: making | ready
    state: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(Text)
    sku_count: Mapped[int] = mapped_column(default=0)
    place_count: Mapped[int] = mapped_column(default=0)
    difference_count: Mapped[int] = mapped_column(default=0)
    __table_args__ = (Index("ix_comparison_day_id", "day", "id"),)


class ComparisonLine(Base):
    """Goods of one warehouse (or of all: None) whose numbers differ. Nothing is ever corrected because of it."""

    __tablename__ = "comparison_line"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    comparison_id: Mapped[int] = mapped_column(ForeignKey("comparison.id"))
    sku_id: Mapped[int] = mapped_column(ForeignKey("sku.id"))
    warehouse_id: Mapped[int | None] = mapped_column(ForeignKey("warehouse.id"))
    #: the classes of difference (`comparing.Difference`), the most pressing first
    kinds: Mapped[list[Any]] = mapped_column(JSON)
    level_qty: Mapped[int]
    ledger_qty: Mapped[int]
    #: the last count moved forward; None where it was never counted whole
    counted_qty: Mapped[int | None]
    counted_at: Mapped[datetime | None]
    #: what the platforms list: shop, number, when it was read
    listed: Mapped[list[Any]] = mapped_column(JSON)
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[str] = mapped_column(Text, default="")
    note: Mapped[str] = mapped_column(Text, default="")
    __table_args__ = (
        Index("ix_comparison_line_comparison_id", "comparison_id", "id"),
        Index(
            "ix_comparison_line_unconfirmed",
            "comparison_id",
            sqlite_where=text("confirmed_at IS NULL"),
            postgresql_where=text("confirmed_at IS NULL"),
        ),
    )
