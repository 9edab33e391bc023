"""Tables of the customer master; personal values stand in `consignee` and `buyer` alone, where erasing erases."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base
from core.db.types import BigId, Personal


class Customer(Base):
    """One person or company in our master; everything personal hangs on it by id."""

    __tablename__ = "customer"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    created_at: Mapped[datetime]
    erased_at: Mapped[datetime | None]


class Identity(Base):
    """A buyer account on one channel. The key is the platform's id of it (on the server its keyed digest)."""

    __tablename__ = "identity"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    channel: Mapped[str] = mapped_column(Text)
    buyer_key: Mapped[str] = mapped_column(Text)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    buyer_name: Mapped[str | None] = mapped_column(Personal("identity.buyer_name"))
    __table_args__ = (UniqueConstraint("channel", "buyer_key"),)


class ConsigneeRow(Base):
    """A receiver as once given for a customer; never edited: a change is a new row, so old parcels stay explained."""

    __tablename__ = "consignee"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    #: keyed digest of all fields: the same receiver is stored once per customer
    digest: Mapped[str] = mapped_column(Text)
    name: Mapped[str | None] = mapped_column(Personal("consignee.name"))
    phone: Mapped[str | None] = mapped_column(Personal("consignee.phone"))
    province: Mapped[str | None] = mapped_column(Personal("consignee.province"))
    city: Mapped[str | None] = mapped_column(Personal("consignee.city"))
    district: Mapped[str | None] = mapped_column(Personal("consignee.district"))
    address: Mapped[str | None] = mapped_column(Personal("consignee.address"))
    postcode: Mapped[str | None] = mapped_column(Personal("consignee.postcode"))
    #: OAID or cipher of the platform; passed on to the waybill service, never shown
    token: Mapped[str | None] = mapped_column(Personal("consignee.token"))
    is_masked: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    __table_args__ = (UniqueConstraint("customer_id", "digest"),)


class Membership(Base):
    """Whether a customer is a member, as one source says it: `owner`, or `shop:` with the id of an own mall."""

    __tablename__ = "membership"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    source: Mapped[str] = mapped_column(Text)
    is_member: Mapped[bool]
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(Text)
    __table_args__ = (UniqueConstraint("customer_id", "source"),)


class CustomerChange(Base):
    """Change log of the master: what changed when and through which order, without the values."""

    __tablename__ = "customer_change"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    at: Mapped[datetime]
    operator: Mapped[str] = mapped_column(Text)
    #: created | consignee_added | consignee_changed | identity_added | merged | erased
    kind: Mapped[str] = mapped_column(Text)
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
