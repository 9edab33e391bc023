"""Pinduoduo's codes and tokens: single use, ten minutes, one living pair per shop (channels_other.md 2.3)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from tests.simulators.platforms.pdd_wire import RefusedError

CODE_LIFE: Final = timedelta(minutes=10)
TOKEN_LIFE: Final = timedelta(days=30)
REFRESH_LIFE: Final = timedelta(days=45)
#: receivers may be read for less long than the rest: the earliest of all lives is what counts
RECEIVERS_SHORTER: Final = timedelta(hours=1)
OWNER_ID: Final = "880012345"
OWNER_NAME: Final = "pdd88001234567"


@dataclass(frozen=True, slots=True)
class _Pair:
    access: str
    refresh: str
    expires_at: datetime
    receivers_until: datetime
    refresh_until: datetime


class TokenBook:
    """What the owner has allowed. `service_until` is the end of what the shop has paid for: no token outlives it."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._codes: dict[str, datetime] = {}
        self._pair: _Pair | None = None
        self._dead: set[str] = set()
        self._next = 1
        self.service_until = datetime.max.replace(tzinfo=now().tzinfo)

    def code(self) -> str:
        """The owner says yes on the page."""
        code = f"code-{self._number()}"
        self._codes[code] = self._now()
        return code

    def exchange(self, code: str) -> dict[str, object]:
        """A pair for a code; an older pair is dead then."""
        given_at = self._codes.pop(code, None)
        if given_at is None or self._now() - given_at > CODE_LIFE:
            raise RefusedError(50001, "code无效或已过期")
        return self._give()

    def refresh(self, token: str) -> dict[str, object]:
        """A new pair for the living one."""
        pair = self._pair
        if pair is None or token != pair.refresh or self._now() >= pair.refresh_until:
            raise RefusedError(10019, "refresh_token无效或已过期")
        return self._give()

    def grant(self) -> tuple[str, str]:
        """An access and a refresh token without the pages."""
        told = self._give()
        return str(told["access_token"]), str(told["refresh_token"])

    def expire(self) -> None:
        """The access token has run out, the refresh token lives."""
        if self._pair is not None:
            self._dead.add(self._pair.access)

    def check(self, token: str, *, receivers: bool) -> None:
        """Refuse a token that is not the living one."""
        pair = self._pair
        if pair is None or token != pair.access:
            raise RefusedError(10019 if token in self._dead else 20032)
        until = pair.receivers_until if receivers else pair.expires_at
        if token in self._dead or self._now() >= until:
            raise RefusedError(10019)

    def _number(self) -> int:
        self._next += 1
        return self._next

    def _give(self) -> dict[str, object]:
        if self._pair is not None:
            self._dead.add(self._pair.access)
        now = self._now()
        ends = min(now + TOKEN_LIFE, self.service_until)
        refresh_ends = min(now + REFRESH_LIFE, self.service_until)
        number = self._number()
        self._pair = _Pair(f"access-{number}", f"refresh-{number}", ends, ends - RECEIVERS_SHORTER, refresh_ends)
        return self._told(self._pair)

    def _told(self, pair: _Pair) -> dict[str, object]:
        told: dict[str, object] = {
            "access_token": pair.access,
            "refresh_token": pair.refresh,
            "owner_id": OWNER_ID,
            "owner_name": OWNER_NAME,
            "scope": ["pdd.order.number.list.increment.get", "pdd.goods.quantity.update"],
        }
        ends = {"": pair.expires_at, "r1_": pair.expires_at, "w1_": pair.expires_at, "w2_": pair.expires_at}
        for prefix, at in (*ends.items(), ("r2_", pair.receivers_until), ("refresh_token_", pair.refresh_until)):
            told[f"{prefix}expires_at"] = int(at.timestamp())
            told[f"{prefix}expires_in"] = int((at - self._now()).total_seconds())
        return told
