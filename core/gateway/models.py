"""Tables of the door: keys, nonces, first answers, reservations, events, the numbers told, calls and nodes."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base
from core.db.types import BigId, Personal


class DoorKey(Base):
    """A key with which one mall calls. Its secret is shown once, and as sensitive as what it opens."""

    __tablename__ = "door_key"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    shop_id: Mapped[int] = mapped_column(ForeignKey("shop.id"))
    key: Mapped[str] = mapped_column(Text, unique=True)
    secret: Mapped[str] = mapped_column(Personal("door_key.secret"))
    made_at: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(Text)
    revoked_at: Mapped[datetime | None]


class DoorNonce(Base):
    """A word that a signed call has used up: kept for as long as its time stamp could pass."""

    __tablename__ = "door_nonce"
    key_id: Mapped[int] = mapped_column(ForeignKey("door_key.id"), primary_key=True)
    nonce: Mapped[str] = mapped_column(Text, primary_key=True)
    seen_at: Mapped[datetime]
    __table_args__ = (Index("ix_door_nonce_seen_at", "seen_at"),)


class DoorAnswer(Base):
    """The first answer under an idempotency key of a shop: a repeat gets it again. Nothing personal is in it."""

    __tablename__ = "door_answer"
    shop_id: Mapped[int] = mapped_column(ForeignKey("shop.id"), primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    #: SHA-256 of method, path and body as it was understood
    digest: Mapped[str] = mapped_column(Text)
    status: Mapped[int]
    body: Mapped[dict[str, Any]] = mapped_column(JSON)
    at: Mapped[datetime]
    __table_args__ = (Index("ix_door_answer_at", "at"),)


class DoorReservation(Base):
    """What a mall calls a reservation: an unpaid order of ours, with a public id, an end and a version of its own.

    The units are the order's claims. `asked` holds the lines as they were asked for and given. `kept_until`: it has
    expired, its units would never come back by themselves, and until then the mall may still confirm it.
    """

    __tablename__ = "door_reservation"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = mapped_column(Text, unique=True)
    shop_id: Mapped[int] = mapped_column(ForeignKey("shop.id"))
    #: the mall's order number
    ref: Mapped[str] = mapped_column(Text)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), unique=True)
    #: reserved | confirmed | released | expired, as the door last wrote it; `standing` looks at the order besides
    state: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1)
    asked: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    kept_until: Mapped[datetime | None]
    #: cancelled | timeout | refund where it was released
    reason: Mapped[str] = mapped_column(Text, default="")
    __table_args__ = (
        UniqueConstraint("shop_id", "ref"),
        Index(
            "ix_door_reservation_open",
            "expires_at",
            sqlite_where=text("state = 'reserved'"),
            postgresql_where=text("state = 'reserved'"),
        ),
        Index("ix_door_reservation_settled_at", "state", "settled_at"),
        Index(
            "ix_door_reservation_kept",
            "kept_until",
            sqlite_where=text("kept_until IS NOT NULL"),
            postgresql_where=text("kept_until IS NOT NULL"),
        ),
    )


class DoorEvent(Base):
    """Something a mall wants to hear. Written by one transaction at a time, so ids come in the order of commits."""

    __tablename__ = "door_event"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime]
    #: whom it concerns: one shop, or every shop that sells from the warehouse
    shop_id: Mapped[int | None] = mapped_column(ForeignKey("shop.id"))
    warehouse_id: Mapped[int | None] = mapped_column(ForeignKey("warehouse.id"))
    #: shipped | cancelled | stock.changed | sale.paused | sale.resumed | reservation.expired
    kind: Mapped[str] = mapped_column(Text)
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    #: what it was made of, once for ever; None where nothing could make it twice
    source: Mapped[str | None] = mapped_column(Text, unique=True)
    __table_args__ = (Index("ix_door_event_at", "at"),)


class DoorStock(Base):
    """What malls were last told of a SKU in a warehouse. `version` rises over all SKUs: the feed goes by it.

    Attributes:
        available_qty: what is compared to see a change, no number to be shown: what all may have, and what door shops
            have of their own, each weighed (`core.gateway.stock`).
    """

    __tablename__ = "door_stock"
    warehouse_id: Mapped[int] = mapped_column(ForeignKey("warehouse.id"), primary_key=True)
    sku_id: Mapped[int] = mapped_column(ForeignKey("sku.id"), primary_key=True)
    available_qty: Mapped[int]
    version: Mapped[int]
    __table_args__ = (Index("ix_door_stock_warehouse_id_version", "warehouse_id", "version"),)


class DoorMark(Base):
    """How far something that is followed has been read."""

    __tablename__ = "door_mark"
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    number: Mapped[int]


class DoorCall(Base):
    """One call as it was answered, or `calls` alike; no body and no order number is kept. Old ones are forgotten."""

    __tablename__ = "door_call"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime]
    shop_id: Mapped[int | None] = mapped_column(ForeignKey("shop.id"))
    #: the operation's name in the contract
    operation: Mapped[str] = mapped_column(Text)
    status: Mapped[int]
    #: the problem's code, empty where all was well
    code: Mapped[str] = mapped_column(Text)
    took_ms: Mapped[int]
    calls: Mapped[int] = mapped_column(default=1, server_default="1")
    __table_args__ = (Index("ix_door_call_at", "at"),)


class DoorNode(Base):
    """A running program that keeps a door, and whether it can."""

    __tablename__ = "door_node"
    node: Mapped[str] = mapped_column(Text, primary_key=True)
    #: desk and kind of program, for people
    name: Mapped[str] = mapped_column(Text)
    #: open | failed | closed
    state: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)
    #: why it cannot listen
    error: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
