"""Tokens of shops: granted by an owner on a page, or asked for by the shop's own app whenever one is needed."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from core.channels.douyin.client import DouyinClient
from core.channels.fields import Fields
from core.channels.grant_contract import Grant
from core.channels.shop_contract import ShopIdentity
from core.runtime.clock import Clock
from core.runtime.remote_errors import AuthExpired, ContractBroken, Rejected

#: Douyin gives another token in the last hour of the old one, which then lives on to its end
_EARLY: Final = timedelta(minutes=30)
_REFRESH_LIFE: Final = timedelta(days=14)
#: a number of seconds beyond this is a moment since 1970, which one document says it is
_LONGEST_LIFE_S: Final = 1_000_000_000


class GrantedToken:
    """What an owner granted; another one comes by authorising or renewing, not from here."""

    def __init__(self, token: str) -> None:
        """`token` "" where nobody has granted any."""
        self._token = token

    def current(self) -> str:
        """The token.

        Raises:
            AuthExpired: there is none yet.
        """
        if not self._token:
            raise AuthExpired("The shop's owner has not authorised this app yet", code="no_token")
        return self._token

    def renewed(self, refused: str) -> str:  # noqa: ARG002  (the protocol's shape)
        """None from here."""
        return ""


class OwnAppToken:
    """The token of a merchant's own app, for all channels of one shop. Thread-safe."""

    def __init__(self, create: Callable[[], Grant], clock: Clock) -> None:
        self._create = create
        self._clock = clock
        self._lock = threading.Lock()
        self._grant: Grant | None = None

    def current(self) -> str:
        """A token that still lives a while.

        Raises:
            AuthExpired: the shop does not let this app in.
            ChannelError: the other four kinds.
        """
        with self._lock:
            if self._grant is None or self._grant.expires_at - self._clock.now() < _EARLY:
                self._grant = self._create()
            return self._grant.secrets["access_token"]

    def renewed(self, refused: str) -> str:
        """The token to go on with; where Douyin gives the refused one again, it deserves one more try."""
        with self._lock:
            if self._grant is None or self._grant.secrets["access_token"] == refused:
                self._grant = self._create()
            return self._grant.secrets["access_token"]

    def shop(self) -> ShopIdentity:
        """Whose shop lets this app in, asked anew.

        Raises:
            ContractBroken: the answer does not say.
            ChannelError: as `current`.
        """
        with self._lock:
            self._grant = self._create()
            found = self._grant.shop
        if found is None:
            raise ContractBroken("Douyin does not say whose token this is", code="token.shop_id")
        return found


def own_grant(client: DouyinClient, clock: Clock, shop_id: str) -> Grant:
    """The living grant of a merchant's own app for its shop.

    Raises:
        AuthExpired: the shop does not let this app in, or it is another shop.
        ChannelError: the other kinds.
    """
    try:
        grant = asked(client, clock, "/token/create", grant_type="authorization_self", code="", shop_id=shop_id)
    except Rejected as error:
        raise AuthExpired(f"This shop does not let the app in: {error}", code=error.code) from error
    if grant.shop is not None and grant.shop.id != shop_id:
        raise AuthExpired("This app belongs to another shop than the one in the settings", code="other_shop")
    return grant


def asked(client: DouyinClient, clock: Clock, path: str, **params: object) -> Grant:
    """The grant that a token call gives.

    Raises:
        ChannelError: one of the five kinds.
    """
    fields = Fields(client.tell(path, params).data, "token")
    now = clock.now()
    shop_id = fields.id_or_blank("shop_id")
    return Grant(
        secrets={"access_token": fields.text("access_token"), "refresh_token": fields.text("refresh_token")},
        expires_at=_end(fields, now),
        refresh_until=now + _REFRESH_LIFE,
        shop=ShopIdentity(shop_id, fields.text_or_blank("shop_name")) if shop_id else None,
    )


def _end(fields: Fields, now: datetime) -> datetime:
    seconds = fields.whole("expires_in", 1, 10 * _LONGEST_LIFE_S)
    return fields.epoch("expires_in") if seconds > _LONGEST_LIFE_S else now + timedelta(seconds=seconds)
