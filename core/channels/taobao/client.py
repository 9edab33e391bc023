"""Calls to the gateway: a form, signed with the server's time, and the answer's inner object."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from core.channels.fields import Fields, china_text
from core.channels.taobao.errors import CLOCK, error_of, explain, missing_session
from core.channels.taobao.signature import SignMethod, sign
from core.runtime.http import Call, Endpoint, HttpClient, Reply
from core.runtime.remote_errors import ContractBroken, Temporary

#: where the platform itself listens; a shop's setting may name a relay instead
GATEWAY = "https://gw.api.taobao.com/router/rest"


@dataclass(frozen=True, slots=True)
class TopKey:
    """An app, and the token of one shop; the secrets stay out of every text."""

    app_key: str
    app_secret: str
    session: str

    def __repr__(self) -> str:
        return f"TopKey({self.app_key!r})"


@dataclass(frozen=True, slots=True)
class Answer:
    """What stands inside `..._response`. `told_at` is None where `server_time` is a guess of ours."""

    fields: Fields
    server_time: datetime
    told_at: datetime | None


class TopClient:
    """One shop's way to the gateway."""

    def __init__(
        self, place: Endpoint, http: HttpClient, key: TopKey, sign_method: SignMethod = SignMethod.HMAC_SHA256
    ) -> None:
        self._place = place
        self._http = http
        self._key = key
        self._sign_method = sign_method

    def read(self, method: str, params: Mapping[str, str]) -> Answer:
        """The answer to a question, or to a write that may be said twice without harm.

        Raises:
            ChannelError: one of the five kinds.
        """
        return self._asked(method, params, is_repeatable=True)

    def write(self, method: str, params: Mapping[str, str]) -> Answer:
        """The answer to a write, which is said once.

        Raises:
            ChannelError: one of the five kinds; `Temporary` and `ContractBroken` leave open whether it was done.
        """
        return self._asked(method, params, is_repeatable=False)

    def server_now(self) -> datetime:
        """The platform's clock; it is asked where it has not told the time yet."""
        if self._http.clock_offset(self._place) is None:
            self._call("taobao.time.get", {}, is_repeatable=True, needs_session=False)
        return self._http.server_now(self._place)

    def clock_offset(self) -> timedelta | None:
        """The platform's clock minus ours."""
        return self._http.clock_offset(self._place)

    def _asked(self, method: str, params: Mapping[str, str], *, is_repeatable: bool) -> Answer:
        return self._call(method, params, is_repeatable=is_repeatable, needs_session=True)

    def _call(self, method: str, params: Mapping[str, str], *, is_repeatable: bool, needs_session: bool) -> Answer:
        session = {"session": self._key.session} if needs_session else {}
        if needs_session and not self._key.session:
            raise missing_session()

        def renew(call: Call, now: datetime) -> Call:
            return replace(call, form=tuple(self._signed({"method": method, **session, **params}, now).items()))

        call = Call(
            method,
            "POST",
            "",
            is_read=is_repeatable,
            explain=explain,
            # each of an app's methods has a limit of its own
            account=f"{self._key.app_key} {method}",
            renew=renew,
            judge=lambda reply: error_of(reply.data),
        )
        try:
            reply = self._http.call(self._place, call)
        except Temporary as error:
            if error.code != CLOCK:
                raise
            # refused unprocessed, and that answer's Date header has told the time
            reply = self._http.call(self._place, call)
        return Answer(_inner(method, reply), reply.server_time, reply.told_at)

    def _signed(self, params: Mapping[str, str], now: datetime) -> Mapping[str, str]:
        sent = {
            "app_key": self._key.app_key,
            "timestamp": china_text(now),
            "format": "json",
            "v": "2.0",
            "sign_method": self._sign_method.value,
            # half a character, as a broken clipboard gives it, is nothing that could be sent
            **{name: value.encode(errors="replace").decode() for name, value in params.items() if value},
        }
        return {**sent, "sign": sign(self._key.app_secret, sent, self._sign_method)}


def _inner(method: str, reply: Reply) -> Fields:
    name = method.removeprefix("taobao.").replace(".", "_") + "_response"
    inner = reply.data.get(name)
    if not isinstance(inner, dict):
        raise ContractBroken("Taobao's answer is not what its document promises", code=name)
    return Fields(inner, name)
