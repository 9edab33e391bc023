"""The admin API: a secret key or a session, and answers as checked fields."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from core.channels.fields import Fields
from core.channels.medusa.errors import SessionEndedError, error_of
from core.runtime.http import Call, Endpoint, HttpClient, Reply
from core.runtime.remote_errors import ContractBroken

_LOGIN: Final = "/auth/user/emailpass"
_STORES: Final = "/admin/stores"

Query = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class MedusaKey:
    """What lets us in: a secret API key, or an administrator's e-mail address and password."""

    secret_key: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """A good answer. `server_time` is our guess where the shop did not tell; `told_at` is None then."""

    fields: Fields
    server_time: datetime
    told_at: datetime | None


class MedusaClient:
    """One administrator of one shop."""

    def __init__(self, place: Endpoint, http: HttpClient, key: MedusaKey) -> None:
        self._place = place
        self._http = http
        self._key = key
        self._token = ""

    def ask(self, path: str, query: Query = ()) -> Answer:
        """The answer to a question.

        Raises:
            ChannelError: one of the five kinds.
        """
        return self._call(Call("medusa", "GET", path, query=query, explain=error_of))

    def tell(self, path: str, body: Mapping[str, object], *, is_repeatable: bool = False) -> Answer:
        """The answer to a call that changes something; made once, unless the same again changes nothing more.

        Raises:
            ChannelError: one of the five kinds; `Temporary` leaves open whether it was done.
        """
        return self._call(Call("medusa", "POST", path, body=body, is_read=is_repeatable, explain=error_of))

    def store(self) -> Answer:
        """The shop's own record: its id, name and currencies."""
        answer = self.ask(_STORES)
        stores = answer.fields.rows("stores")
        if not stores:
            raise ContractBroken("The shop's answer holds no store", code="stores")
        return Answer(stores[0], answer.server_time, answer.told_at)

    def now(self) -> datetime:
        """The shop's clock; asked for where nothing has answered yet, because our own may be wrong."""
        if self._http.clock_offset(self._place) is None:
            return self.store().server_time
        return self._http.server_now(self._place)

    def _call(self, call: Call) -> Answer:
        reply = self._with_key(call) if self._key.secret_key else self._in_session(call)
        return Answer(Fields(reply.data, "answer"), reply.server_time, reply.told_at)

    def _with_key(self, call: Call) -> Reply:
        pair = base64.b64encode(f"{self._key.secret_key}:".encode()).decode()
        return self._send(call, f"Basic {pair}")

    def _in_session(self, call: Call) -> Reply:
        """Logs in where there is no session, and once more where it has ended.

        Making a write again after that is safe: Medusa looks at the session before it does anything.
        """
        if self._token:
            try:
                return self._send(call, f"Bearer {self._token}")
            except SessionEndedError:
                self._token = ""
        self._log_in()
        return self._send(call, f"Bearer {self._token}")

    def _log_in(self) -> None:
        body = {"email": self._key.email, "password": self._key.password}
        login = Call("medusa login", "POST", _LOGIN, body=body, is_read=True, explain=error_of)
        # Where a second factor is asked for there is no token, but a place to go on.
        self._token = Fields(self._http.call(self._place, login).data, "login").text("token")

    def _send(self, call: Call, authorization: str) -> Reply:
        return self._http.call(self._place, replace(call, headers={"Authorization": authorization}))
