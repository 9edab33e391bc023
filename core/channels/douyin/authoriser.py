"""How an owner lets a service's app in: a page of the platform's, and a code that comes back from it."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from core.channels.douyin.client import DouyinClient
from core.channels.douyin.tokens import asked
from core.channels.grant_contract import Grant
from core.runtime.clock import Clock
from core.runtime.remote_errors import AuthExpired, Rejected

AUTHORISE_URL: Final = "https://fuwu.jinritemai.com/authorize"


class DouyinAuthoriser:
    """The tokens of a service's app for one shop. A merchant's own app needs none of this: see `tokens`."""

    def __init__(self, client: DouyinClient, clock: Clock, service_id: str) -> None:
        self._client = client
        self._clock = clock
        self._service_id = service_id

    def page(self, redirect_uri: str, state: str) -> str:  # noqa: ARG002  the address is kept in the app's console
        """The owner's page."""
        return f"{AUTHORISE_URL}?{urlencode({'service_id': self._service_id, 'state': state})}"

    def exchange(self, code: str, redirect_uri: str) -> Grant:  # noqa: ARG002  the contract's shape
        """The grant for a code, which lives ten minutes."""
        return asked(self._client, self._clock, "/token/create", grant_type="authorization_code", code=code)

    def refresh(self, secrets: Mapping[str, str]) -> Grant | None:
        """A new pair; before its last hour Douyin gives the same one again."""
        token = secrets.get("refresh_token", "")
        if not token:
            raise AuthExpired("The shop's owner has to authorise again", code="refresh_token")
        try:
            return asked(self._client, self._clock, "/token/refresh", grant_type="refresh_token", refresh_token=token)
        except Rejected as error:
            raise AuthExpired(f"The shop's owner has to authorise again: {error}", code=error.code) from error
