"""The GraphQL admin API: session, renewal of an ended session, and replies as plain data."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from core.channels.vendure.errors import (
    SessionEndedError,
    code_of,
    error_for_code,
    error_for_result,
    error_of,
)
from core.runtime.http import Call, Endpoint, HttpClient, Reply
from core.runtime.remote_errors import ContractBroken

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
    """The `data` of a reply without errors, and the shop's clock when it answered.

    `server_time` is our guess of it where the shop did not tell; `told_at` is None then.
    """

    data: Mapping[str, object]
    server_time: datetime
    told_at: datetime | None = None


class VendureClient:
    """One merchant account at one Vendure: holds the session token, logs in again when it has ended."""

    def __init__(
        self, place: Endpoint, http: HttpClient, *, username: str, password: str, channel_token: str = ""
    ) -> None:
        self._place = place
        self._http = http
        self._username = username
        self._password = password
        self._channel_token = channel_token
        self._token = ""

    def ask(self, query: str, variables: Mapping[str, object]) -> Answer:
        """The answer to a question.

        Raises:
            ChannelError: one of the five kinds.
        """
        return self._in_session(query, variables, is_read=True)

    def do(self, mutation: str, name: str, variables: Mapping[str, object]) -> object:
        """The result of the mutation `name`.

        Raises:
            ChannelError: one of the five kinds; error results of Vendure are among them.
        """
        return self.done(mutation, name, variables)[0]

    def done(self, mutation: str, name: str, variables: Mapping[str, object]) -> tuple[object, datetime | None]:
        """As `do`, with the shop's clock when it answered, where it told it."""
        answer = self._in_session(mutation, variables, is_read=False)
        return _result(answer.data, name), answer.told_at

    def _in_session(self, query: str, variables: Mapping[str, object], *, is_read: bool) -> Answer:
        """Logs in where there is no session, and once more where it has ended.

        Sending a mutation again after that is safe: Vendure looks at the session before it does anything.
        """
        if self._token:
            try:
                return self._send(query, variables, is_read=is_read)
            except SessionEndedError:
                self._token = ""
        self._log_in()
        return self._send(query, variables, is_read=is_read)

    def _log_in(self) -> None:
        reply = self._post(_LOGIN, {"username": self._username, "password": self._password}, is_read=True)
        _result(_data_of(reply), "login")
        token = reply.headers.get("vendure-auth-token", "")
        if not token:
            raise ContractBroken("The shop gives no bearer token; it must allow them.", code="no_token")
        self._token = token

    def _send(self, query: str, variables: Mapping[str, object], *, is_read: bool) -> Answer:
        reply = self._post(query, variables, is_read=is_read)
        return Answer(_data_of(reply), reply.server_time, reply.told_at)

    def _post(self, query: str, variables: Mapping[str, object], *, is_read: bool) -> Reply:
        headers = {}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        if self._channel_token:
            headers["vendure-token"] = self._channel_token
        call = Call(
            name="vendure",
            method="POST",
            path="/admin-api",
            body={"query": query, "variables": dict(variables)},
            headers=headers,
            is_read=is_read,
            explain=error_of,
        )
        return self._http.call(self._place, call)


def _data_of(reply: Reply) -> Mapping[str, object]:
    errors = reply.data.get("errors")
    if errors:
        raise error_for_code(code_of(errors))
    data = reply.data.get("data")
    if not isinstance(data, dict):
        raise ContractBroken("The shop's answer holds no data.", code="no_data")
    return data


def _result(data: Mapping[str, object], name: str) -> object:
    result = data.get(name)
    if result is None:
        raise ContractBroken("The shop's answer holds no result.", code="no_result")
    code = result.get("errorCode") if isinstance(result, dict) else None
    if code is not None:
        raise error_for_result(code)
    return result
