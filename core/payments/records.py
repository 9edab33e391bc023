"""What the page of payments is told: frozen, nothing secret, nothing personal."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

#: where the number of the order stands in a payment number
ORDER_NO: Final = "{order_no}"


@dataclass(frozen=True, slots=True)
class GatewayField:
    """One thing a kind of gateway has to be told. `kind` is text | url | pem | secret_pem | secret."""

    name: str
    kind: str = "text"
    is_required: bool = True

    @property
    def is_secret(self) -> bool:
        """Whether it is kept with the secrets and never shown again."""
        return self.kind.startswith("secret")


#: kind -> what it has to be told, in the order of the form
KINDS: Final[Mapping[str, tuple[GatewayField, ...]]] = {
    "wechat": (
        GatewayField("mchid"),
        GatewayField("serial_no"),
        GatewayField("private_key", "secret_pem"),
        GatewayField("gateway_serial"),
        GatewayField("gateway_key", "pem"),
        GatewayField("base_url", "url", is_required=False),
    ),
    "alipay": (
        GatewayField("app_id"),
        GatewayField("private_key", "secret_pem"),
        GatewayField("gateway_key", "pem"),
        GatewayField("app_auth_token", "secret", is_required=False),
        GatewayField("base_url", "url", is_required=False),
    ),
}


@dataclass(frozen=True, slots=True)
class GatewayDraft:
    """A gateway as entered. Secrets that are empty stay what they were; no text of this object shows them."""

    shop_id: int
    kind: str
    settings: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    template: str = ORDER_NO


@dataclass(frozen=True, slots=True)
class PaidShop:
    """A shop that may have gateways."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class GatewayView:
    """One gateway; its secrets are never in here. `last_error` are its own words, foreign text."""

    id: int
    shop_id: int
    shop_name: str
    kind: str
    settings: Mapping[str, str]
    template: str
    is_active: bool
    last_good_at: datetime | None
    last_error: str
    last_error_at: datetime | None


@dataclass(frozen=True, slots=True)
class QuestionView:
    """An order that was asked for, and what was found."""

    id: int
    order_id: int
    order_no: str
    shop_name: str
    kind: str
    #: waiting | settled | paid | late | differs | refunded
    state: str
    #: unknown | waiting | paid | closed | refunded, empty before the first answer
    found: str
    ours_fen: int
    theirs_fen: int | None
    attempts: int
    asked_at: datetime | None
    next_at: datetime
    last_error: str


@dataclass(frozen=True, slots=True)
class QuestionPage:
    """Newest first; `next_after` goes into the next call, None at the end."""

    rows: tuple[QuestionView, ...]
    next_after: int | None


@dataclass(frozen=True, slots=True)
class BillView:
    """One day of one shop."""

    id: int
    shop_id: int
    shop_name: str
    day: date
    #: waiting | compared
    state: str
    rows: int
    matched: int
    paid_fen: int
    refunded_fen: int
    #: differences, and those that nobody has seen to
    differences: int
    open_count: int
    last_error: str
    confirmed_at: datetime | None
    confirmed_by: str


@dataclass(frozen=True, slots=True)
class DifferenceView:
    """One line in which bill and orders differ."""

    id: int
    #: unpaid_here | twice | amount | refund_not_here | unknown_here | missing_there
    kind: str
    gateway: str
    order_id: int | None
    order_no: str
    payment_no: str
    transaction_no: str
    ours_fen: int | None
    theirs_fen: int | None
    note: str
    settled_at: datetime | None
    settled_by: str


@dataclass(frozen=True, slots=True)
class DifferencePage:
    """In the order of the bill."""

    rows: tuple[DifferenceView, ...]
    next_after: int | None
