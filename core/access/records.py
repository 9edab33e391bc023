"""People who sign in, and what is handed to somebody who may see a receiver in clear."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.access.rights import Right, Role

#: why somebody may look. Codes, no free text: what a person types could name somebody, and the journal is for ever
REASONS = ("contact_buyer", "check_address", "after_sale", "carrier_asks")
#: why a file with personal data may be made, beside those
EXPORT_REASONS = ("ship_elsewhere", "accounting", "platform_asks", "buyer_asks", "moving_house")


@dataclass(frozen=True, slots=True)
class Unmasked:
    """The receiver of an order in clear; no text of this object shows it, so that no log does.

    `times` counts how often this person looked within the last 24 hours, this look included.
    """

    order_id: int
    name: str = field(repr=False)
    phone: str = field(repr=False)
    address: str = field(repr=False)
    times: int


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is signed in."""

    id: int
    name: str
    roles: tuple[Role, ...]
    rights: frozenset[Right]


@dataclass(frozen=True, slots=True)
class Session:
    """Who is at this desk.

    Attributes:
        is_guarded: somebody has to be signed in; without that the owner is here.
        person: who is.
        lock_minutes: after how many minutes without a touch the desk is to be locked.
    """

    is_guarded: bool
    person: Person | None = None
    lock_minutes: int = 10

    @property
    def is_locked(self) -> bool:
        """Whether nothing may be done or seen."""
        return self.is_guarded and self.person is None

    def may(self, right: Right) -> bool:
        """Whether whoever is here has the right."""
        return not self.is_guarded or (self.person is not None and right in self.person.rights)


@dataclass(frozen=True, slots=True)
class OperatorRow:
    """One operator as the list of people shows them."""

    id: int
    name: str
    roles: tuple[Role, ...]
    is_active: bool
    has_badge: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class NewBadge:
    """A badge just made. The code is shown once, for printing; only its digest is stored."""

    name: str
    code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class LogRow:
    """One line of the log: who did what, where, to what. `order_no` is the order's whose receiver was looked at."""

    id: int
    at: datetime
    operator: str
    desk: str
    action: str
    subject_id: int
    facts: Mapping[str, Any]
    order_no: str = ""


@dataclass(frozen=True, slots=True)
class LogPage:
    """A page of the log, newest first; `next_after` is the cursor of the next, None at the end."""

    rows: tuple[LogRow, ...]
    next_after: tuple[datetime, int] | None


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Which lines: from `since` on, before `until`, of one of `LOG_KINDS`."""

    since: datetime
    until: datetime
    kind: str = "all"


#: kinds of lines and the actions they hold
LOG_KINDS: Mapping[str, tuple[str, ...]] = {
    "all": (),
    "looks": ("order.unmasked",),
    "exports": ("personal.exported",),
    "erased": ("person.erased",),
    "people": (
        "operator.added",
        "operator.roles",
        "operator.pin",
        "operator.badge",
        "operator.off",
        "operator.on",
    ),
    "sign_in": ("signin.done", "signin.refused", "signin.out", "signin.idle"),
}


@dataclass(frozen=True, slots=True)
class UnmaskedReceiver:
    """A receiver on a customer's file in clear; no text of this object shows it. `times` as in `Unmasked`."""

    customer_id: int
    consignee_id: int
    name: str = field(repr=False)
    phone: str = field(repr=False)
    address: str = field(repr=False)
    times: int
