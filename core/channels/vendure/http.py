"""HTTP for this adapter: one `requests` session with a total deadline, a byte cap and redirects off."""

from collections.abc import Mapping
from dataclasses import dataclass

import requests
from requests.auth import AuthBase

from core.channels.contract import ContractBroken, Temporary
from core.runtime.clock import Clock

_CHUNK_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole reply, read to its end."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class _AsGiven(AuthBase):
    """Leaves the Authorization header alone: without an auth object a .netrc file would replace it."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


class RequestsClient:
    """An `HttpClient` on requests; the wait for a byte and the time for the whole body are both limited."""

    def __init__(
        self, clock: Clock, *, connect_s: float = 10.0, deadline_s: float = 30.0, cap_bytes: int = 32_000_000
    ) -> None:
        self._clock = clock
        self._connect_s = connect_s
        self._deadline_s = deadline_s
        self._cap_bytes = cap_bytes
        self._session = requests.Session()

    def post(self, url: str, *, headers: Mapping[str, str], body: bytes) -> Reply:
        """Send and read to the end.

        Raises:
            Temporary: no answer, a cut answer, or not within the deadline. The request may have arrived.
            ContractBroken: the answer is longer than the cap.
        """
        ends_at = self._clock.monotonic() + self._deadline_s
        try:
            with self._session.post(
                url,
                data=body,
                headers=dict(headers),
                auth=_AsGiven(),
                timeout=(self._connect_s, self._deadline_s),
                allow_redirects=False,
                stream=True,
            ) as response:
                content = self._read(response, ends_at)
                return Reply(response.status_code, response.headers, content)
        except requests.RequestException as error:
            # the exception's text holds the address and maybe more: only its kind is told
            raise Temporary("The shop does not answer.", code=type(error).__name__) from error

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
