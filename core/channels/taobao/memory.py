"""What was read a moment ago: overlapping windows list the same trades again, and each costs a call of its own.

Kept in this process alone, and never longer than a quarter of an hour: notes may change without moving the modified
time.
"""

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from core.channels.taobao.carriers import Company
from core.channels.taobao.client import TopKey

_TRADES: Final = 2000
_TRADE_AGE: Final = timedelta(minutes=15)
_COMPANIES_AGE: Final = timedelta(hours=12)
#: modified times are whole seconds: a trade read in the second in which it changed may have changed again in it
_GRAIN: Final = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class _Read:
    trade: Mapping[str, object]
    modified_at: datetime
    read_at: datetime


class ShopMemory:
    """Of one shop. Thread-safe; every time in here is the platform's."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._trades: OrderedDict[str, _Read] = OrderedDict()
        self._companies: tuple[Sequence[Company], datetime] | None = None

    def keep_trade(self, tid: str, trade: Mapping[str, object], modified_at: datetime, read_at: datetime) -> None:
        """Remember a trade as it was when it was asked for at `read_at`."""
        with self._lock:
            self._trades[tid] = _Read(trade, modified_at, read_at)
            self._trades.move_to_end(tid)
            while len(self._trades) > _TRADES:
                self._trades.popitem(last=False)

    def trade(self, tid: str, modified_at: datetime, now: datetime) -> Mapping[str, object] | None:
        """The trade that was last modified then, None where it has to be asked for."""
        with self._lock:
            found = self._trades.get(tid)
        if found is None or found.modified_at != modified_at:
            return None
        is_whole = found.read_at - found.modified_at >= _GRAIN
        return found.trade if is_whole and timedelta(0) <= now - found.read_at < _TRADE_AGE else None

    def keep_companies(self, companies: Sequence[Company], read_at: datetime) -> None:
        """Remember the platform's list of carriers."""
        with self._lock:
            self._companies = (tuple(companies), read_at)

    def companies(self, now: datetime) -> Sequence[Company] | None:
        """The list of carriers, None where it has to be asked for."""
        with self._lock:
            found = self._companies
        if found is None or not timedelta(0) <= now - found[1] < _COMPANIES_AGE:
            return None
        return found[0]


class Memories:
    """Of all shops, by what opens them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shops: dict[tuple[str, TopKey], ShopMemory] = {}

    def of(self, base: str, key: TopKey) -> ShopMemory:
        """A shop's memory; a new token begins a new one."""
        with self._lock:
            return self._shops.setdefault((base, key), ShopMemory())
