"""How many numbers each account is still good for: asked of the carrier, kept for a minute, never guessed."""

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.engine import Connection

from core.db.unit_of_work import Store
from core.runtime.errors import DomainError
from core.runtime.remote_errors import ChannelError
from core.waybills.accounts import Account, ServiceFactory, account_of
from core.waybills.models import WaybillAccount

_log = logging.getLogger(__name__)
#: a page that looks again with every change of the records must not ask a carrier each time
_KEPT_FOR: Final = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Balance:
    """What one account is still good for."""

    carrier_name: str
    left: int


class Balances:
    """Asks every account; an account whose service does not say, or does not answer, is left out."""

    def __init__(self, store: Store, services: Mapping[str, ServiceFactory]) -> None:
        self._store = store
        self._services = services
        self._lock = threading.Lock()
        self._known: tuple[datetime, tuple[Balance, ...]] | None = None

    def ask(self) -> tuple[Balance, ...]:
        """What is left, by carrier; calls the outside, so in no transaction."""
        with self._lock:
            now = self._store.clock.now()
            if self._known is None or not timedelta() <= now - self._known[0] < _KEPT_FOR:
                accounts = self._store.read(_accounts)
                found = ((account.carrier_name, self._left(account)) for account in accounts)
                self._known = now, tuple(Balance(name, left) for name, left in found if left is not None)
            return self._known[1]

    def _left(self, account: Account) -> int | None:
        open_service = self._services.get(account.service)
        if open_service is None:
            return None
        try:
            return open_service(account).balance()
        except (ChannelError, DomainError) as error:
            _log.info("the balance at %s could not be had: %s", account.carrier_code, error)
            return None


def _accounts(connection: Connection) -> tuple[Account, ...]:
    codes = connection.execute(select(WaybillAccount.carrier_code).order_by(WaybillAccount.id)).scalars().all()
    return tuple(account_of(connection, code) for code in codes)
