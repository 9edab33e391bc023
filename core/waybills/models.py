"""Tables of waybills and of the print jobs that put them on paper."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base
from core.db.types import BigId, Personal, PersonalJson
from core.waybills.states import IS_OPEN


class WaybillAccount(Base):
    """An account with a waybill service, and the sender printed on its labels."""

    __tablename__ = "waybill_account"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    service: Mapped[str] = mapped_column(Text)
    carrier_code: Mapped[str] = mapped_column(Text, unique=True)
    carrier_name: Mapped[str] = mapped_column(Text)
    settings: Mapped[dict[str, Any]] = mapped_column(JSON)
    secret: Mapped[str] = mapped_column(Personal("waybill_account.secret"))
    #: name, phone, province, city, district, address of the shop itself
    sender: Mapped[dict[str, Any]] = mapped_column(PersonalJson("waybill_account.sender"))


class HouseSender(Base):
    """Who sends, as the shop's owner has said it once: what every account takes over. One row at most."""

    __tablename__ = "house_sender"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    #: as `WaybillAccount.sender`
    sender: Mapped[dict[str, Any]] = mapped_column(PersonalJson("house_sender.sender"))


class Waybill(Base):
    """A carrier's number for one parcel (面单记录).

    planned -> requesting (committed before the call) -> obtained -> voided; or failed. After a lost answer the
    service is asked by key before anything is asked for again.

    A foreign one was printed by other software: it begins as obtained, and nobody asks for it, prints it or gives it
    back.
    """

    __tablename__ = "waybill"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    parcel_id: Mapped[int] = mapped_column(ForeignKey("parcel.id"))
    attempt: Mapped[int]
    key: Mapped[str] = mapped_column(Text, unique=True)
    carrier_code: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    number: Mapped[str | None] = mapped_column(Text)
    sort_code: Mapped[str] = mapped_column(Text, default="")
    package_centre: Mapped[str] = mapped_column(Text, default="")
    qr_text: Mapped[str] = mapped_column(Text, default="")
    #: dialect, content, custom_template_url: for the platform's print component; None where we draw the label
    print_data: Mapped[dict[str, Any] | None] = mapped_column(PersonalJson("waybill.print_data"))
    #: the consignee the number was bought for: an address changed later needs a new number
    consignee_id: Mapped[int] = mapped_column(ForeignKey("consignee.id"))
    requested_at: Mapped[datetime | None]
    obtained_at: Mapped[datetime | None]
    voided_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(Text)
    is_foreign: Mapped[bool] = mapped_column(default=False, server_default=false())
    __table_args__ = (
        UniqueConstraint("number", "carrier_code"),
        UniqueConstraint("parcel_id", "attempt"),
        Index(
            "uq_waybill_live",
            "parcel_id",
            unique=True,
            sqlite_where=text("state IN ('planned', 'requesting', 'obtained')"),
            postgresql_where=text("state IN ('planned', 'requesting', 'obtained')"),
        ),
    )


class ForeignNumber(Base):
    """A number that other software has printed for an order, whether or not a parcel of it is here yet.

    Several of one order are several boxes; one of several orders is one box for all of them.
    """

    __tablename__ = "foreign_number"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    number: Mapped[str] = mapped_column(Text, index=True)
    carrier_code: Mapped[str] = mapped_column(Text)
    #: for whom it was printed: for an order that goes elsewhere since, it is no good
    consignee_id: Mapped[int] = mapped_column(ForeignKey("consignee.id"))
    created_at: Mapped[datetime]
    __table_args__ = (UniqueConstraint("order_id", "number"),)


class PrintJob(Base):
    """One sheet of paper wanted for a waybill; copy_no 0 is the label, n is 补打 n.

    queued -> claimed -> sending (committed before the first byte) -> sent -> confirmed | failed | unknown.
    """

    __tablename__ = "print_job"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    waybill_id: Mapped[int] = mapped_column(ForeignKey("waybill.id"))
    copy_no: Mapped[int]
    printer_key: Mapped[str] = mapped_column(Text)
    desk: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text, default="")
    operator: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    claimed_by: Mapped[str] = mapped_column(Text, default="")
    lease_until_at: Mapped[datetime | None]
    sending_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    bytes_digest: Mapped[str] = mapped_column(Text, default="")
    last_error: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (
        UniqueConstraint("waybill_id", "copy_no"),
        Index(
            "ix_print_job_open",
            "printer_key",
            "id",
            sqlite_where=text(IS_OPEN),
            postgresql_where=text(IS_OPEN),
        ),
    )
