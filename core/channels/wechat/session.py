"""The access token of one app, and what else is known of it between two calls.

WeChat gives the same token to everybody who asks (`stable_token`), with the life that is left. Forcing a new one
kills the old one for all others, and is counted: at most 20 a day, 30 seconds apart.
"""

import threading
import weakref
from collections import deque
from datetime import timedelta
from typing import Final

from core.channels.fields import Fields
from core.channels.wechat.carriers import CarrierList
from core.channels.wechat.errors import error_of, refusal
from core.runtime.clock import Clock
from core.runtime.http import Call, Endpoint, HttpClient
from core.runtime.remote_errors import RateLimited

_FORCED_APART_S: Final = 30.0
_FORCED_A_DAY: Final = 20
_DAY_S: Final = 86_400.0
#: a token is not used in the last seconds of its life, because a call takes time
_MARGIN_S: Final = 20.0
_LONGEST_LIFE_S: Final = 86_400


class WechatSession:
    """One app at one address. Thread-safe; holds its secret and its token, which no text of it shows."""

    def __init__(self, place: Endpoint, http: HttpClient, clock: Clock, *, appid: str, secret: str) -> None:
        self.place = place
        self.appid = appid
        #: the platform's carriers, as they were read last
        self.carriers: CarrierList | None = None
        self._http = http
        self._clock = clock
        self._secret = secret
        self._lock = threading.Lock()
        self._token = ""
        #: when it ends, by the wall and by elapsed time: a suspended computer stops the second, a person the first
        self._ends_at = clock.now()
        self._ends_s = clock.monotonic()
        self._forced: deque[float] = deque(maxlen=_FORCED_A_DAY)

    def __repr__(self) -> str:
        return f"WechatSession({self.appid!r})"

    def token(self) -> str:
        """The token to call with.

        Raises:
            AuthExpired: appid or secret is not accepted.
            ChannelError: the other kinds.
        """
        with self._lock:
            if not self._is_alive():
                self._fetch(is_forced=False)
            return self._token

    def token_after(self, refused: str) -> str:
        """The token to call with, where this one was refused: the platform's present one, else a forced new one.

        Raises:
            RateLimited: a new one was forced too lately, or too often.
            ChannelError: as `token`.
        """
        with self._lock:
            if self._token != refused:
                return self._token
            self._fetch(is_forced=False)
            if self._token == refused:
                self._note_force()
                self._fetch(is_forced=True)
            return self._token

    def _is_alive(self) -> bool:
        left = min(
            (self._ends_at - self._clock.now()).total_seconds(),
            self._ends_s - self._clock.monotonic(),
        )
        return bool(self._token) and left > 0

    def _note_force(self) -> None:
        now = self._clock.monotonic()
        if self._forced and now - self._forced[-1] < _FORCED_APART_S:
            raise _too_often(_FORCED_APART_S - (now - self._forced[-1]))
        if len(self._forced) == _FORCED_A_DAY and now - self._forced[0] < _DAY_S:
            raise _too_often(_DAY_S - (now - self._forced[0]))
        self._forced.append(now)

    def _fetch(self, *, is_forced: bool) -> None:
        body = {
            "grant_type": "client_credential",
            "appid": self.appid,
            "secret": self._secret,
            "force_refresh": is_forced,
        }
        call = Call(
            "token",
            "POST",
            "/cgi-bin/stable_token",
            body=body,
            is_read=True,
            explain=error_of,
            judge=refusal,
            account=self.appid,
        )
        asked_s, asked_at = self._clock.monotonic(), self._clock.now()
        answer = Fields(self._http.call(self.place, call).data, "token")
        life_s = answer.whole("expires_in", 0, _LONGEST_LIFE_S)
        self._token = answer.text("access_token")
        usable_s = max(life_s - _MARGIN_S, life_s / 2)
        self._ends_at, self._ends_s = asked_at + timedelta(seconds=usable_s), asked_s + usable_s


class SessionShelf:
    """The sessions of one program: the token of an app outlives the channels that are opened for single acts."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_client: weakref.WeakKeyDictionary[HttpClient, dict[tuple[str, str, str], WechatSession]] = (
            weakref.WeakKeyDictionary()
        )

    def session(self, place: Endpoint, http: HttpClient, clock: Clock, *, appid: str, secret: str) -> WechatSession:
        """The session of an app at an address, the same one as long as the HTTP client lives."""
        key = (place.base, appid, secret)
        with self._lock:
            of_client = self._by_client.setdefault(http, {})
            if key not in of_client:
                of_client[key] = WechatSession(place, http, clock, appid=appid, secret=secret)
            return of_client[key]


def _too_often(wait_s: float) -> RateLimited:
    return RateLimited("A new access token was asked for too often", code="force_refresh", retry_after_s=wait_s)
