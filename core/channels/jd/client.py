"""Calls to `routerjson`: signed anew for each attempt, judged before anything is read from them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from core.channels.fields import Fields
from core.channels.jd.errors import CLOCK, NOT_LET_IN, gateway_error, judged
from core.channels.jd.signature import router_sign, timestamp_text
from core.runtime.http import Call, Endpoint, HttpClient, Reply
from core.runtime.remote_errors import Rejected

_PARAMS = "360buy_param_json"


@dataclass(frozen=True, slots=True)
class JdKey:
    """An app's key and secret and one shop's token; secrets stay out of every text."""

    app_key: str
    app_secret: str
    access_token: str

    def __repr__(self) -> str:
        return f"JdKey({self.app_key!r})"


@dataclass(frozen=True, slots=True)
class Answer:
    """What is inside an answer, and JD's clock; `told_at` is None where the clock is a guess of ours."""

    body: Fields
    server_time: datetime
    told_at: datetime | None


class JdClient:
    """One shop behind one app. Every call may raise the five errors and nothing else."""

    def __init__(self, place: Endpoint, http: HttpClient, key: JdKey) -> None:
        self._place = place
        self._http = http
        self._key = key

    def ask(self, method: str, params: Mapping[str, object]) -> Answer:
        """The answer of a call that only reads; tried again where that may help."""
        return self._call(method, params, is_read=True)

    def tell(self, method: str, params: Mapping[str, object]) -> Answer:
        """The answer of a call that writes; never repeated here. `Temporary` leaves it open what became of it."""
        return self._call(method, params, is_read=False)

    def now(self) -> datetime | None:
        """JD's clock, None before it has answered once."""
        offset = self._http.clock_offset(self._place)
        return None if offset is None else self._http.server_now(self._place)

    def _call(self, method: str, params: Mapping[str, object], *, is_read: bool) -> Answer:
        if not self._key.access_token:
            raise gateway_error(NOT_LET_IN, "", self._http.server_now(self._place))
        given = {name: value for name, value in params.items() if value is not None}
        call = Call(
            name=method,
            method="POST",
            path="/routerjson",
            form=((_PARAMS, json.dumps(given, ensure_ascii=False, sort_keys=True, separators=(",", ":"))),),
            is_read=is_read,
            account=self._key.app_key,
            renew=self._signed,
            judge=judged,
        )
        try:
            return _answer(self._http.call(self._place, call))
        except Rejected as error:
            if error.code != CLOCK:
                raise
        # refused unprocessed, and that answer's Date header has told us JD's clock
        return _answer(self._http.call(self._place, call))

    def _signed(self, call: Call, now: datetime) -> Call:
        system = {
            "method": call.name,
            "app_key": self._key.app_key,
            "access_token": self._key.access_token,
            "timestamp": timestamp_text(now),
            "v": "2.0",
        }
        sign = router_sign({**system, **dict(call.form)}, self._key.app_secret)
        return replace(call, query=(*system.items(), ("sign", sign)))


def _answer(reply: Reply) -> Answer:
    # the root's name is not always `<method>_responce`, so it is not asked for by name
    body = next(value for value in reply.data.values() if isinstance(value, dict))
    return Answer(Fields(body, "jd"), reply.server_time, reply.told_at)
