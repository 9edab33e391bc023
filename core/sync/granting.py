"""Being let in by a shop's owner, and staying so: the platform's page, the code, the token's renewal."""

import json
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import Final
from urllib.parse import parse_qs, urlsplit

from sqlalchemy.engine import Connection

from core.channels.contract import Channel
from core.channels.grant_contract import Authoriser
from core.channels.shop_contract import IdentifiedChannel
from core.db.unit_of_work import Store, Urgency, shared_now
from core.runtime.errors import Refused, Unavailable
from core.runtime.remote_errors import ChannelError, RateLimited, Temporary
from core.sync.grants import (
    GrantView,
    await_code,
    awaited_word,
    claim_identity,
    grants,
    keep_grant,
    may_try,
    note_failed,
)
from core.sync.shops import ShopRecord, shop_of

_log = logging.getLogger(__name__)

#: the setting with the address that is registered for the app in the platform's console
REDIRECT: Final = "redirect_uri"
_LONGEST_CODE: Final = 2000

#: opens the platform's side of authorising a shop; None where its kind has no such page
OpenAuthoriser = Callable[[ShopRecord], Authoriser | None]


@dataclass(frozen=True, slots=True)
class AuthorisePage:
    """Where the owner says yes; afterwards the browser stands at `returns_to` with the code in its address.

    `danger`: who else gets to see the code there, as `danger_of` says.
    """

    url: str
    returns_to: str
    danger: str = ""


def danger_of(returns_to: str) -> str:
    """Who else sees a code that is brought to an address.

    `clear`: everybody on the way, it goes over http; `elsewhere`: whoever keeps that site; blank where it stays on
    this computer or where there is no address.
    """
    try:
        parts = urlsplit(returns_to.strip())
        host = parts.hostname or ""
    except ValueError:
        return "elsewhere"
    if not host or _is_here(host):
        return ""
    return "elsewhere" if parts.scheme == "https" else "clear"


def _is_here(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class Granting:
    """Grants of all shops. What waits for a platform does so outside of any transaction."""

    def __init__(
        self,
        store: Store,
        open_authoriser: OpenAuthoriser,
        open_channel: Callable[[ShopRecord], Channel],
        make_word: Callable[[], str] = lambda: secrets.token_urlsafe(12),
    ) -> None:
        self._store = store
        self._open_authoriser = open_authoriser
        self._open_channel = open_channel
        self._make_word = make_word

    def page(self, shop_id: int) -> AuthorisePage:
        """The platform's page for this shop; a code is awaited from then on.

        Raises:
            NotFound: `shop.unknown`.
            Refused: `shop.no_page`, this kind of shop is let in by its key alone; a setting is missing.
        """
        shop = self._shop(shop_id)
        authoriser = self._authoriser(shop)
        word = self._make_word()
        returns_to = shop.settings.get(REDIRECT, "")
        url = authoriser.page(returns_to, word)
        self._store.write(lambda uow: await_code(uow, shop_id, word))
        return AuthorisePage(url, returns_to, danger_of(returns_to))

    def finish(self, shop_id: int, pasted: str) -> GrantView:
        """Take the code out of what was pasted (the address the browser stands at, or the code) and get the token.

        Raises:
            NotFound: `shop.unknown`.
            Refused: `shop.no_page`; `shop.no_code`, there is no code in it; `shop.code_elsewhere`, it belongs to
                another attempt; `shop.code_refused`, used or too old; `shop.same_shop`, `shop.other_shop`.
            Unavailable: `shop.silent`.
        """
        shop = self._shop(shop_id)
        authoriser = self._authoriser(shop)
        code, word = code_in(pasted)
        awaited = self._store.read(lambda connection: awaited_word(connection, shop_id))
        if word and awaited and word != awaited:
            raise Refused("shop.code_elsewhere", "this code belongs to another attempt")
        try:
            grant = authoriser.exchange(code, shop.settings.get(REDIRECT, ""))
        except (Temporary, RateLimited) as error:
            raise Unavailable("shop.silent", f"the shop cannot be reached: {error}") from error
        except ChannelError as error:
            raise Refused("shop.code_refused", f"the code was refused: {error}", words=str(error)[:200]) from error
        self._store.write(lambda uow: keep_grant(uow, shop_id, grant, by_person=True))
        return self._store.read(lambda connection: grants(connection, shop_id))[0]

    def identify(self, shop_id: int) -> GrantView | None:
        """Ask whose shop it is, where the platform tells, and hold it to that; None where it does not tell.

        Raises:
            ChannelError: one of the five kinds.
            Refused: `shop.same_shop`, `shop.other_shop`.
        """
        channel = self._open_channel(self._shop(shop_id))
        if not isinstance(channel, IdentifiedChannel):
            return None
        who = channel.identify()
        self._store.write(lambda uow: claim_identity(uow, shop_id, who), urgency=Urgency.LANE)
        return self._store.read(lambda connection: grants(connection, shop_id))[0]

    def renew_if_due(self, shop: ShopRecord) -> ShopRecord:
        """The shop with a token that will live a while; a renewing that fails leaves the old one in use.

        Only one desk may do this at a time (the lease of the pull): the old token dies with the renewing.
        """
        found = self._store.read(lambda connection: (grants(connection, shop.id), self._now(connection)))
        if not found[0] or not found[0][0].needs_renewal(found[1]):
            return shop
        return self._renewed(shop) or shop

    def renew_after_refusal(self, shop: ShopRecord) -> ShopRecord | None:
        """The shop with a new token after the platform refused the old one; None where that is not possible."""
        found = self._store.read(lambda connection: grants(connection, shop.id))
        if not found or found[0].refresh_until is None:
            return None
        return self._renewed(shop)

    def _renewed(self, shop: ShopRecord) -> ShopRecord | None:
        if not self._store.read(lambda connection: may_try(connection, shop.id, self._now(connection))):
            return None
        try:
            authoriser = self._open_authoriser(shop)
            grant = None if authoriser is None else authoriser.refresh(json.loads(shop.secret))
        except (ChannelError, Refused) as error:
            bad = error
            _log.warning("the token of shop %s could not be renewed: %s", shop.id, type(error).__name__)
            self._store.write(lambda uow: note_failed(uow, shop.id, bad), urgency=Urgency.LANE)
            return None
        if grant is None:
            return None
        renewed = grant
        # The old token is dead by now: this write is all that stands between the shop and its owner's coming again.
        self._store.write(lambda uow: keep_grant(uow, shop.id, renewed, by_person=False), urgency=Urgency.LANE)
        return self._shop(shop.id)

    def _now(self, connection: Connection) -> datetime:
        return shared_now(connection, self._store.clock)

    def _shop(self, shop_id: int) -> ShopRecord:
        return self._store.read(lambda connection: shop_of(connection, shop_id))

    def _authoriser(self, shop: ShopRecord) -> Authoriser:
        found = self._open_authoriser(shop)
        if found is None:
            raise Refused("shop.no_page", "this kind of shop is let in by its key alone")
        return found


def code_in(pasted: str) -> tuple[str, str]:
    """(code, state word) of an address or a code that somebody pasted; the word is blank where there is none.

    Raises:
        Refused: `shop.no_code`.
    """
    text = pasted.strip()
    if not text or len(text) > _LONGEST_CODE or not text.isprintable() or any(char.isspace() for char in text):
        raise Refused("shop.no_code", "there is no code in what was pasted")
    if "://" not in text:
        if any(char in text for char in "?&=/"):
            raise Refused("shop.no_code", "there is no code in what was pasted")
        return text, ""
    parts = urlsplit(text)
    given = parse_qs(parts.query)
    code = given.get("code", [""])[0]
    if not code:
        raise Refused("shop.no_code", "there is no code in what was pasted")
    return code, given.get("state", [""])[0]
