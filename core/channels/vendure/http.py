"""The one place of this adapter that does HTTP: a GraphQL body goes out, a checked JSON object comes back."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Protocol

import requests
from requests.auth import AuthBase

from core.channels.contract import ContractBroken, Temporary
from core.channels.vendure.errors import error_for_status, wait_from
from core.runtime.clock import Clock

_CHUNK_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Reply:
    """A checked answer. Header names are lower case; `server_time` is the Date header, else our own clock."""

    headers: Mapping[str, str]
    data: Mapping[str, object]
    server_time: datetime


class Door(Protocol):
    """What the client needs of HTTP."""

    def post(self, body: Mapping[str, object], *, headers: Mapping[str, str], is_read: bool) -> Reply:
        """Send one GraphQL body and read the answer to its end.

        Raises:
            ChannelError: one of the five kinds. For a write, `Temporary` means that the outcome is unknown.
        """
        ...

    def close(self) -> None:
        """Let go of the connections."""
        ...


class _AsGiven(AuthBase):
    """Leaves the Authorization header alone: without an auth object a .netrc file would replace it."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


class RequestsDoor:
    """A door on one `requests` session: total deadline, byte cap, redirects off."""

    def __init__(
        self,
        base_url: str,
        clock: Clock,
        *,
        connect_s: float = 10.0,
        deadline_s: float = 30.0,
        cap_bytes: int = 32_000_000,
    ) -> None:
        self._url = f"{base_url}/admin-api"
        self._clock = clock
        self._connect_s = connect_s
        self._deadline_s = deadline_s
        self._cap_bytes = cap_bytes
        self._session = requests.Session()

    def post(self, body: Mapping[str, object], *, headers: Mapping[str, str], is_read: bool) -> Reply:
        """Send one GraphQL body and read the answer to its end; `is_read` changes nothing here: one attempt.

        Raises:
            ChannelError: one of the five kinds.
        """
        del is_read
        ends_at = self._clock.monotonic() + self._deadline_s
        try:
            with self._session.post(
                self._url,
                json=body,
                headers=dict(headers),
                auth=_AsGiven(),
                timeout=(self._connect_s, self._deadline_s),
                allow_redirects=False,
                stream=True,
            ) as response:
                content = self._read(response, ends_at)
        except requests.RequestException as error:
            # the exception's text holds the address and maybe more: only its kind is told
            raise Temporary("The shop does not answer.", code=type(error).__name__) from error
        told = {name.lower(): value for name, value in response.headers.items()}
        data = _object_of(content)
        failure = error_for_status(response.status_code, data, wait_from(told.get("retry-after", "")))
        if failure is not None:
            raise failure
        if data is None:
            raise ContractBroken("The shop's answer is not a JSON object.", code="not_json")
        return Reply(told, data, self._time_of(told))

    def close(self) -> None:
        """Let go of the connections."""
        self._session.close()

    def _read(self, response: requests.Response, ends_at: float) -> bytes:
        content = bytearray()
        for chunk in response.iter_content(_CHUNK_BYTES):
            content += chunk
            if len(content) > self._cap_bytes:
                raise ContractBroken("The shop's answer is too long.", code="too_long")
            if self._clock.monotonic() > ends_at:
                raise Temporary("The shop answers too slowly.", code="deadline")
        return bytes(content)

    def _time_of(self, headers: Mapping[str, str]) -> datetime:
        try:
            at = parsedate_to_datetime(headers.get("date", ""))
        except ValueError:
            return self._clock.now()
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def _object_of(content: bytes) -> Mapping[str, object] | None:
    try:
        body = json.loads(content, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")
