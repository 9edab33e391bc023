"""Tables of the catalogue."""

from datetime import datetime

from sqlalchemy import DDL, CheckConstraint, ForeignKey, Text, UniqueConstraint, event, false
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base
from core.db.letters import folded_text
from core.db.types import BigId


class Sku(Base):
    """The stock-keeping unit (规格). A bundle (组合装) is a SKU that holds no stock of its own."""

    __tablename__ = "sku"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    code: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    short_name: Mapped[str] = mapped_column(Text, default="")
    spec: Mapped[str] = mapped_column(Text, default="")
    weight_g: Mapped[int] = mapped_column(default=0)
    #: address at its shop, or file name below the data folder's pictures; empty where there is none
    picture: Mapped[str] = mapped_column(Text, default="")
    is_bundle: Mapped[bool] = mapped_column(default=False)
    #: False: 不管库存, sold without counting
    is_stock_managed: Mapped[bool] = mapped_column(default=True)
    #: True: carries no barcode; the clerk confirms it by key and picture
    lacks_barcode: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    #: goods that come in have to name their batch, and what is packed says which one it is
    is_batch_managed: Mapped[bool] = mapped_column(default=False, server_default=false())
    #: days from making to the last day; 0 where nobody has said
    life_days: Mapped[int] = mapped_column(default=0, server_default="0")
    #: so many days before its last day a batch is spoken of
    warn_days: Mapped[int] = mapped_column(default=30, server_default="30")


# Listings are matched by what is left of these without spaces and capitals. Not declared as indexes: alembic cannot
# compare those over expressions; a test compares their text.
for _name in ("code", "name", "short_name"):
    for _dialect in ("sqlite", "postgresql"):
        _made = DDL(f"CREATE INDEX ix_sku_folded_{_name} ON sku ({folded_text(_name, _dialect)})")  # type: ignore[no-untyped-call]  # the library has no types here
        event.listen(Base.metadata, "after_create", _made.execute_if(dialect=_dialect))


class Barcode(Base):
    """One code that may be scanned for a SKU; a carton's code stands for several units."""

    __tablename__ = "barcode"
    code: Mapped[str] = mapped_column(Text, primary_key=True)
    sku_id: Mapped[int] = mapped_column(ForeignKey("sku.id"), index=True)
    unit_qty: Mapped[int] = mapped_column(default=1)
    __table_args__ = (CheckConstraint("unit_qty >= 1", name="unit_qty_positive"),)


class Bin(Base):
    """Where one warehouse keeps a SKU (库位). `zone` follows from the code (`bins.zone_of`): queries ask for it."""

    __tablename__ = "bin"
    sku_id: Mapped[int] = mapped_column(ForeignKey("sku.id"), primary_key=True)
    warehouse_id: Mapped[int] = mapped_column(ForeignKey("warehouse.id"), primary_key=True)
    code: Mapped[str] = mapped_column(Text)
    zone: Mapped[str] = mapped_column(Text)


class BundleLine(Base):
    """What one bundle holds."""

    __tablename__ = "bundle_line"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    bundle_sku_id: Mapped[int] = mapped_column(ForeignKey("sku.id"))
    component_sku_id: Mapped[int] = mapped_column(ForeignKey("sku.id"))
    qty: Mapped[int]
    __table_args__ = (
        UniqueConstraint("bundle_sku_id", "component_sku_id"),
        CheckConstraint("qty >= 1", name="qty_positive"),
    )


class Listing(Base):
    """An item as one shop offers it (平台链接), matched to our SKU or not yet."""

    __tablename__ = "listing"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    shop_id: Mapped[int] = mapped_column(ForeignKey("shop.id"))
    item_id: Mapped[str] = mapped_column(Text)
    channel_sku_id: Mapped[str] = mapped_column(Text)
    merchant_code: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    spec: Mapped[str] = mapped_column(Text)
    sku_id: Mapped[int | None] = mapped_column(ForeignKey("sku.id"), index=True)
    #: a person has decided what it is matched to, or that it is not: no merchant code changes that
    is_by_hand: Mapped[bool] = mapped_column(default=False, server_default=false())
    barcode: Mapped[str] = mapped_column(Text, default="", server_default="")
    picture_url: Mapped[str] = mapped_column(Text, default="", server_default="")
    #: the platform's price, number and switch; None where it does not say
    price_fen: Mapped[int | None]
    listed_qty: Mapped[int | None]
    is_on_sale: Mapped[bool | None]
    #: when the platform's own list last named it; None: only orders did
    seen_at: Mapped[datetime | None]
    #: since when the list does not name it; the row stays, orders and quotas refer to it
    vanished_at: Mapped[datetime | None]
    __table_args__ = (UniqueConstraint("shop_id", "item_id", "channel_sku_id"),)
