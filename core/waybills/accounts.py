"""Accounts with waybill services, and the services they open."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.engine import Connection

from core.db.unit_of_work import UnitOfWork
from core.runtime.errors import NotFound
from core.waybills.contract import Sender, WaybillService
from core.waybills.models import HouseSender, WaybillAccount

_ONLY_ROW = 1


@dataclass(frozen=True, slots=True)
class Account:
    """One account as stored; `secret` is in clear here and nowhere else."""

    service: str
    carrier_code: str
    carrier_name: str
    settings: Mapping[str, str]
    secret: str
    sender: Sender

    def __repr__(self) -> str:
        return f"Account({self.service}, {self.carrier_code})"


#: opens a service from an account; one entry per service the program knows
ServiceFactory = Callable[[Account], WaybillService]


def account_of(connection: Connection, carrier_code: str) -> Account:
    """The account that buys numbers of a carrier.

    Raises:
        NotFound: `waybill.no_account`.
    """
    query = select(*WaybillAccount.__table__.c).where(WaybillAccount.carrier_code == carrier_code)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound("waybill.no_account", f"no waybill account for carrier {carrier_code}", carrier=carrier_code)
    sender = Sender(**row.sender)
    return Account(row.service, row.carrier_code, row.carrier_name, row.settings, row.secret, sender)


def save_account(uow: UnitOfWork, account: Account) -> None:
    """Add or replace the account of a carrier."""
    row = {
        "service": account.service,
        "carrier_code": account.carrier_code,
        "carrier_name": account.carrier_name,
        "settings": dict(account.settings),
        "secret": account.secret,
        "sender": _record(account.sender),
    }
    here = WaybillAccount.carrier_code == account.carrier_code
    if uow.count(update(WaybillAccount).where(here).values(**row)) == 0:
        uow.insert(WaybillAccount, row)
    uow.record("waybill_account.saved", "waybill_account", 0, carrier=account.carrier_code)


def house_sender(connection: Connection) -> Sender | None:
    """Who sends, None while nobody has said it."""
    row = connection.execute(select(HouseSender.sender).where(HouseSender.id == _ONLY_ROW)).one_or_none()
    return None if row is None else Sender(**row.sender)


def keep_house_sender(uow: UnitOfWork, sender: Sender) -> None:
    """From now on this is who sends, on the labels of every account."""
    record = _record(sender)
    if uow.count(update(HouseSender).where(HouseSender.id == _ONLY_ROW).values(sender=record)) == 0:
        uow.insert(HouseSender, {"id": _ONLY_ROW, "sender": record})
    uow.execute(update(WaybillAccount).values(sender=record))
    uow.record("sender.saved", "house_sender", _ONLY_ROW)


def _record(sender: Sender) -> dict[str, Any]:
    return {name: getattr(sender, name) for name in Sender.__slots__}
