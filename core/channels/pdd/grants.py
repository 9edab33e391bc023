"""Letting our app into a shop at Pinduoduo: the owner's page, the token, its renewal."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from core.channels.fields import Fields
from core.channels.grant_contract import Grant
from core.channels.pdd.client import Answer, PddClient
from core.channels.pdd.errors import WRONG_CLIENT, WRONG_SIGN, number_in
from core.channels.pdd.methods import GRANTED, RENEWED
from core.channels.shop_contract import ShopIdentity
from core.runtime.remote_errors import AuthExpired, Rejected

#: only the shop's main account may agree there
PAGE: Final = "https://fuwu.pinduoduo.com/service-market/auth"
#: what is read and what is written has lives of its own
_LEVELS: Final = ("r1_", "r2_", "w1_", "w2_")


class PddAuthoriser:
    """An `Authoriser`. Authorising anew kills the older token; none lives longer than the service was bought for."""

    def __init__(self, client: PddClient, client_id: str) -> None:
        self._client = client
        self._client_id = client_id

    def page(self, redirect_uri: str, state: str) -> str:
        """Where the owner says yes; the code that comes back lives ten minutes."""
        asked = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": redirect_uri,
            "state": state,
        }
        return f"{PAGE}?{urlencode(asked)}"

    def exchange(self, code: str, redirect_uri: str) -> Grant:  # noqa: ARG002  the contract's
        """The token for a code."""
        try:
            return _grant_of(self._client.tell(GRANTED, {"code": code}))
        except AuthExpired as error:
            if number_in(error) in (WRONG_CLIENT, WRONG_SIGN):
                raise
            raise Rejected("Pinduoduo does not take this code (any more): begin anew", code=error.code) from error

    def refresh(self, secrets: Mapping[str, str]) -> Grant | None:
        """A new token for the one that still lives."""
        token = secrets.get("refresh_token", "")
        if not token:
            raise AuthExpired("There is nothing to renew the authorisation with", code="no_token")
        try:
            # Told once: should the answer be lost, the old one may be dead, and a person has to begin anew.
            return _grant_of(self._client.tell(RENEWED, {"refresh_token": token}))
        except Rejected as error:
            raise AuthExpired("Pinduoduo does not renew this authorisation any more", code=error.code) from error


def _grant_of(answer: Answer) -> Grant:
    fields = answer.fields
    ends = [_end(fields, prefix, answer.server_time) for prefix in ("", *_LEVELS)]
    known = [end for end in ends if end is not None]
    if ends[0] is None:
        raise fields.broken("expires_in")
    refresh_token = fields.text("refresh_token")
    owner_id = fields.id_or_blank("owner_id")
    return Grant(
        secrets={"access_token": fields.text("access_token"), "refresh_token": refresh_token},
        expires_at=min(known),
        refresh_until=_end(fields, "refresh_token_", answer.server_time),
        shop=ShopIdentity(owner_id, fields.text_or_blank("owner_name")) if owner_id else None,
    )


def _end(fields: Fields, prefix: str, now: datetime) -> datetime | None:
    """The earlier of the moment and the time left; None where neither is told."""
    ends = []
    at = fields.epoch_or_none(f"{prefix}expires_at")
    if at is not None:
        ends.append(at)
    left = fields.whole_or(f"{prefix}expires_in", 0)
    if left > 0:
        ends.append(now + timedelta(seconds=min(left, 10**9)))
    return min(ends, default=None)
