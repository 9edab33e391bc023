"""What every payment gateway speaks: frozen records in, the five kinds of error of `core.runtime.remote_errors`."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from core.runtime.remote_errors import ContractBroken

_YUAN = re.compile(r"(-?)([0-9]{1,10})(?:\.([0-9]{1,2}))?")


class TradeState(StrEnum):
    """How a payment stands at its gateway."""

    #: nobody ever began to pay
    UNKNOWN = "unknown"
    WAITING = "waiting"
    PAID = "paid"
    CLOSED = "closed"
    REFUNDED = "refunded"


@dataclass(frozen=True, slots=True)
class Trade:
    """One payment as the gateway says it now. Amount, number and time only where it was paid."""

    payment_no: str
    state: TradeState
    amount_fen: int | None = None
    transaction_no: str = ""
    paid_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class BillRow:
    """One line of a day's bill. `fen` is what came, or what went back where `is_refund`."""

    payment_no: str
    transaction_no: str
    fen: int
    is_refund: bool


class BillDamaged(ContractBroken):
    """The bill did not come whole, or is not what its own check or sums say: it has to be fetched again."""


@dataclass(frozen=True, slots=True)
class Bill:
    """A day's bill, checked as far as its file can be; `read` goes through its rows, as often as it is called.

    `read` raises `BillDamaged` at the end where the rows are not what the bill's own sums say.
    """

    read: Callable[[], Iterable[BillRow]]


class Gateway(Protocol):
    """One merchant account. Every method does HTTP and may raise the five errors, nothing else."""

    def query(self, payment_no: str) -> Trade:
        """How the payment of this number stands."""
        ...

    def close(self, payment_no: str) -> None:
        """Let nobody pay under this number any more; a number that nobody began to pay counts as closed."""
        ...

    def bill(self, day: date) -> Bill:
        """The bill of one day of China; there from 10:00 of the day after. A day without trades has an empty one."""
        ...

    def check(self) -> None:
        """Prove keys and account with the cheapest call."""
        ...


def fen_of(yuan: str) -> int:
    """Whole fen of an amount in yuan, exactly.

    Raises:
        ContractBroken: it is no amount.
    """
    met = _YUAN.fullmatch(yuan.strip().replace(",", ""))
    if met is None:
        raise ContractBroken("An amount is no amount", code="payment.amount")
    sign, whole, part = met.groups()
    fen = int(whole) * 100 + int((part or "").ljust(2, "0"))
    return -fen if sign else fen
