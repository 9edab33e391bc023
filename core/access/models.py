"""Tables of those who work here, and of the tries to sign in."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base
from core.db.types import BigId


class Operator(Base):
    """Somebody who signs in. Never deleted: what they did keeps its author."""

    __tablename__ = "operator"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    #: as shown and as written into the journal; staff data
    name: Mapped[str] = mapped_column(Text)
    #: the name as it is compared (`people.name_key`)
    key: Mapped[str] = mapped_column(Text, unique=True)
    #: list of role names
    roles: Mapped[list[Any]] = mapped_column(JSON)
    is_active: Mapped[bool]
    #: see `pins.hash_pin`; the PIN itself is stored nowhere
    pin_hash: Mapped[str] = mapped_column(Text)
    #: keyed digest of the code on the badge
    badge_digest: Mapped[str | None] = mapped_column(Text, unique=True)
    created_at: Mapped[datetime]


class SignInTry(Base):
    """Tries to sign in that have not succeeded yet, for a name (known or not) or for the badges of one desk."""

    __tablename__ = "sign_in_try"
    #: keyed digest of what was tried: a mistyped PIN may stand in the field of the name
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    bad_tries: Mapped[int]
    not_before_at: Mapped[datetime]
    last_at: Mapped[datetime]
