"""Calls to Pinduoduo's gateway: signed forms, answers under their own names, refusals as errors."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from core.channels.fields import Fields
from core.channels.pdd.errors import explain, judge
from core.channels.pdd.methods import ROOTS, TIME, WITHOUT_TOKEN
from core.channels.pdd.signature import signature_of
from core.runtime.http import Call, Endpoint, HttpClient
from core.runtime.remote_errors import AuthExpired, Rejected

_PATH = "/api/router"
#: a clock that differs by so much may be why a call was refused; the platform takes ten minutes
_SKEW = timedelta(minutes=1)

#: a parameter of a call; lists and tables are sent as their JSON
Value = str | int | bool | list[dict[str, object]]


@dataclass(frozen=True, slots=True)
class PddApp:
    """The merchant's own app and, where the shop's owner has let it in, the token; secrets stay out of every text."""

    client_id: str
    client_secret: str
    access_token: str = ""

    def __repr__(self) -> str:
        return f"PddApp({self.client_id!r})"


@dataclass(frozen=True, slots=True)
class Answer:
    """What stands under the call's name, and the platform's clock; `told_at` is None where it did not tell it."""

    fields: Fields
    server_time: datetime
    told_at: datetime | None


class PddClient:
    """One app at one shop, through the platform's gateway or a relay before it."""

    def __init__(self, place: Endpoint, http: HttpClient, app: PddApp) -> None:
        self._place = place
        self._http = http
        self._app = app

    def ask(self, name: str, params: Mapping[str, Value] | None = None) -> Answer:
        """The answer to a call that changes nothing, or nothing more when it is made twice.

        Raises:
            ChannelError: one of the five kinds.
        """
        return self._call(name, params or {}, is_read=True)

    def tell(self, name: str, params: Mapping[str, Value]) -> Answer:
        """The answer to a call that changes something: made once; `Temporary` leaves open whether it was done.

        Raises:
            ChannelError: one of the five kinds.
        """
        return self._call(name, params, is_read=False)

    def now(self) -> datetime:
        """The platform's clock; asked for where nothing has answered yet, for our own may be wrong."""
        if self._http.clock_offset(self._place) is None:
            return self.ask(TIME).server_time
        return self._http.server_now(self._place)

    def _call(self, name: str, params: Mapping[str, Value], *, is_read: bool) -> Answer:
        if not self._app.access_token and name not in WITHOUT_TOKEN:
            raise AuthExpired("The shop's owner has not authorised us yet", code="no_token")
        call = Call(
            name,
            "POST",
            _PATH,
            is_read=is_read,
            account=self._app.client_id,
            renew=lambda call, now: replace(call, form=self._form(name, params, now)),
            judge=judge,
            explain=explain,
        )
        before = self._http.clock_offset(self._place) or timedelta()
        try:
            reply = self._http.call(self._place, call)
        except Rejected:
            now = self._http.clock_offset(self._place) or timedelta()
            if abs(now - before) < _SKEW:
                raise
            # Refused unprocessed, perhaps for our clock; that answer's Date header has told us the platform's.
            reply = self._http.call(self._place, call)
        root = ROOTS[name]
        return Answer(Fields(reply.data.get(root), root), reply.server_time, reply.told_at)

    def _form(self, name: str, params: Mapping[str, Value], now: datetime) -> tuple[tuple[str, str], ...]:
        sent = {param: _text(value) for param, value in params.items()}
        sent |= {
            "type": name,
            "client_id": self._app.client_id,
            "timestamp": str(int(now.timestamp())),
            "data_type": "JSON",
            "version": "V1",
        }
        if name not in WITHOUT_TOKEN:
            sent["access_token"] = self._app.access_token
        sent["sign"] = signature_of(self._app.client_secret, sent)
        return tuple(sent.items())


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return str(value)
