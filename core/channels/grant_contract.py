"""How a shop's owner lets us in where the platform wants that said on a page of its own (OAuth)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from core.channels.shop_contract import ShopIdentity
from core.runtime.clock import Clock

if TYPE_CHECKING:
    # The first page comes before the HTTP library is loaded.
    from core.runtime.http import HttpClient


@dataclass(frozen=True, slots=True)
class Grant:
    """A token and how long it lives; `secrets` go to the shop's secret, never into a text.

    Attributes:
        secrets: what the channel's factory wants to find in `secret`, by setting name (`access_token`, ...).
        expires_at: when somebody has to do something: the earliest of all lives the platform tells.
        refresh_until: until when it can be renewed without a person; None where the platform does not renew.
        shop: whose it is, where the answer says.
    """

    secrets: Mapping[str, str]
    expires_at: datetime
    refresh_until: datetime | None = None
    shop: ShopIdentity | None = None

    def __repr__(self) -> str:
        return f"Grant(expires_at={self.expires_at:%Y-%m-%d %H:%M}, shop={self.shop!r})"


class Authoriser(Protocol):
    """The platform's side of authorising one app. Every call may raise the five errors and nothing else."""

    def page(self, redirect_uri: str, state: str) -> str:
        """The address the owner opens in a browser. Does no HTTP. `state` comes back with the code."""
        ...

    def exchange(self, code: str, redirect_uri: str) -> Grant:
        """The grant for a code, which may be used once.

        Raises:
            Rejected: the code is unknown, used or too old: the owner begins anew.
        """
        ...

    def refresh(self, secrets: Mapping[str, str]) -> Grant | None:
        """A new grant for one that still lives; the old one is dead then. None where the platform renews none.

        Raises:
            AuthExpired: it can no longer be renewed: the owner has to authorise again.
        """
        ...


#: (settings, secret, http, clock); settings are those of the shop, with the app's key and secret
AuthoriserFactory = Callable[[Mapping[str, str], Mapping[str, str], "HttpClient", Clock], Authoriser]
