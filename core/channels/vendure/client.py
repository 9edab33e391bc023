"""The GraphQL admin API: session, renewal of an ended session, and replies as plain data."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from core.channels.contract import AuthExpired, ContractBroken
from core.channels.plugin import HttpClient, HttpReply
from core.channels.vendure.errors import (
    NO_SESSION_CODES,
    code_of,
    error_for_code,
    error_for_result,
    error_for_status,
)
from core.runtime.clock import Clock

_LOGIN = """
mutation ($username: String!, $password: String!) {
  login(username: $username, password: $password) {
    ... on CurrentUser { id }
    ... on ErrorResult { errorCode }
  }
}
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """The `data` of a reply without errors, and the shop's clock when it answered."""

    data: Mapping[str, object]
    server_time: datetime


class VendureClient:
    """One merchant account at one Vendure: holds the session token, logs in again when it has ended."""

    def __init__(
        self,
        *,
        base_url: str,
        username: str,
        password: str,
        http: HttpClient,
        clock: Clock,
        channel_token: str = "",
    ) -> None:
        self._url = f"{base_url.rstrip('/')}/admin-api"
        self._username = username
        self._password = password
        self._http = http
        self._clock = clock
        self._channel_token = channel_token
        self._token = ""

    def ask(self, query: str, variables: Mapping[str, object]) -> Answer:
        """Put a question or a mutation; logs in where there is no session or it has ended.

        Repeating after an ended session is safe for mutations, too: Vendure checks the session before it does
        anything.

        Raises:
            ChannelError: one of the five kinds.
        """
        if not self._token:
            self._log_in()
        answer = self._try(query, variables)
        if answer is None:
            self._log_in()
            answer = self._try(query, variables)
        if answer is None:
            raise AuthExpired("This account may not do that in the shop.", code="FORBIDDEN")
        return answer

    def do(self, mutation: str, name: str, variables: Mapping[str, object]) -> Mapping[str, object]:
        """The result of the mutation `name`.

        Raises:
            ChannelError: one of the five kinds; error results of Vendure are among them.
        """
        return _result(self.ask(mutation, variables).data, name)

    def _try(self, query: str, variables: Mapping[str, object]) -> Answer | None:
        """The answer, None where the session has ended."""
        reply = self._post(query, variables)
        if reply.status == 401:
            return None
        body = _json_of(reply)
        errors = body.get("errors")
        if errors:
            code = code_of(errors)
            if code in NO_SESSION_CODES:
                return None
            raise error_for_code(code)
        data = body.get("data")
        if not isinstance(data, dict):
            raise ContractBroken("The shop's answer holds no data.", code="no_data")
        return Answer(data, self._time_of(reply))

    def _log_in(self) -> None:
        self._token = ""
        reply = self._post(_LOGIN, {"username": self._username, "password": self._password})
        body = _json_of(reply)
        errors = body.get("errors")
        if errors:
            raise error_for_code(code_of(errors))
        data = body.get("data")
        _result(data if isinstance(data, dict) else {}, "login")
        token = reply.headers.get("vendure-auth-token", "")
        if not token:
            raise ContractBroken(
                "The shop gives no bearer token; its tokenMethod must allow it.", code="no_token"
            )
        self._token = token

    def _post(self, query: str, variables: Mapping[str, object]) -> HttpReply:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        if self._channel_token:
            headers["vendure-token"] = self._channel_token
        body = json.dumps({"query": query, "variables": dict(variables)}).encode()
        return self._http.post(self._url, headers=headers, body=body)

    def _time_of(self, reply: HttpReply) -> datetime:
        try:
            at = parsedate_to_datetime(reply.headers.get("Date", ""))
        except ValueError:
            return self._clock.now()
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def _json_of(reply: HttpReply) -> dict[str, object]:
    error = error_for_status(reply.status, reply.headers.get("Retry-After", ""))
    if error is not None:
        raise error
    try:
        body = json.loads(reply.body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as broken:
        raise ContractBroken("The shop's answer is not JSON.", code="not_json") from broken
    if not isinstance(body, dict):
        raise ContractBroken("The shop's answer is not an object.", code="not_json")
    return body


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def _result(data: Mapping[str, object], name: str) -> Mapping[str, object]:
    result = data.get(name)
    if not isinstance(result, dict):
        raise ContractBroken("The shop's answer holds no result.", code="no_result")
    code = result.get("errorCode")
    if code is not None:
        raise error_for_result(str(code))
    return result
