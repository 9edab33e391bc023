"""A shop's way in, for its owner: the platform's page, the code that comes back, and whose shop it is."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from core.access.gate import needs
from core.access.rights import Right
from core.db.unit_of_work import Store
from core.runtime.remote_errors import ChannelError
from core.sync.granting import AuthorisePage, Granting
from core.sync.grants import LAST_DAY, GrantView
from core.sync.shop_views import ShopAccess
from core.sync.troubles import as_domain_error

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.channels.plugin import ChannelPlugin


class Authorising:
    """Authorising a shop, step by step. What waits for a platform is called in a lane."""

    def __init__(self, store: Store, granting: Granting, on_changed: Callable[[], None]) -> None:
        """`on_changed` is told when a shop was let in, so that it is pulled at once."""
        self._store = store
        self._granting = granting
        self._on_changed = on_changed

    @needs(Right.CHANGE_SETTINGS)
    def page(self, shop_id: int) -> AuthorisePage:
        """The platform's page for a shop; a code is awaited from then on.

        Raises:
            NotFound: `shop.unknown`.
            Refused: `shop.no_page`; a setting is missing.
        """
        return self._granting.page(shop_id)

    @needs(Right.CHANGE_SETTINGS)
    def finish(self, shop_id: int, pasted: str) -> GrantView:
        """Let the program in with what was pasted: the address the browser stands at, or the code. Waits for the net.

        Raises:
            NotFound, Refused, Unavailable: as `core.sync.granting.Granting.finish`.
        """
        granted = self._granting.finish(shop_id, pasted)
        self._on_changed()
        return granted

    @needs(Right.CHANGE_SETTINGS)
    def identify(self, shop_id: int) -> str:
        """Whose shop it is, as the platform says; blank where it does not say. Waits for the network.

        Raises:
            NotFound: `shop.unknown`.
            Refused: `shop.same_shop`, `shop.other_shop`; `shop.access_refused`, `shop.answered`.
            Unavailable: `shop.silent`.
        """
        try:
            found = self._granting.identify(shop_id)
        except ChannelError as error:
            raise as_domain_error(error) from error
        return whose(found)


def whose(grant: GrantView | None) -> str:
    """Whose shop a grant says it is; blank where it does not say."""
    return "" if grant is None or grant.shop is None else grant.shop.name or grant.shop.id


def access_of(
    plugin: "ChannelPlugin | None",
    settings: "Mapping[str, str]",
    grant: GrantView | None,
    *,
    was_heard: bool,
    early_days: float,
    now: datetime,
) -> ShopAccess | None:
    """How a shop is let in; None where its key alone does. `early_days`: so long before the end somebody is told."""
    if plugin is None or not plugin.has_page(settings):
        return None
    if grant is None or grant.granted_at is None:
        return ShopAccess("by_hand" if was_heard else "missing")
    ends_at = grant.ends_at
    left = None if ends_at is None else ends_at - now
    if left is None or left > timedelta(days=early_days):
        state = "good"
    elif left <= timedelta():
        state = "over"
    else:
        state = "stop" if left <= LAST_DAY else "notice"
    return ShopAccess(state, grant.renews_itself, ends_at, grant.error)
