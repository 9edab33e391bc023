"""Pulling a shop, or one order of it, because somebody wants to see it now."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from core.access.gate import needs
from core.access.rights import Right
from core.channels.by_hand import UNCALLED
from core.db.unit_of_work import Store
from core.runtime.errors import Refused
from core.runtime.remote_errors import ChannelError
from core.sync.shops import shop_of
from core.sync.troubles import as_domain_error

if TYPE_CHECKING:
    from core.sync.pulling import Pull

_LONGEST: Final = 64


@dataclass(frozen=True, slots=True)
class PulledNow:
    """What a pull brought: orders that are new, and orders that changed."""

    new: int
    changed: int


class PullingNow:
    """One round more than the lanes make. Everything here waits for the network."""

    def __init__(
        self, store: Store, pull: "Callable[[int], Pull | None]", ask_order: Callable[[int, str], bool]
    ) -> None:
        """`pull`: None where another desk is at it; `ask_order`: False for an order that nobody knows there."""
        self._store = store
        self._pull = pull
        self._ask_order = ask_order

    @needs(Right.SEE_ORDERS)
    def pull(self, shop_id: int) -> PulledNow:
        """Pull a shop.

        Raises:
            NotFound: `shop.unknown`.
            Refused: `shop.not_asked`; `shop.not_authorised`, its owner has not let us in yet;
                `shop.pulled_elsewhere`, another desk is at it; `shop.access_refused`, `shop.answered`,
                facts as `core.sync.troubles`.
            Unavailable: `shop.silent`.
        """
        self._check(shop_id)
        try:
            done = self._pull(shop_id)
        except ChannelError as error:
            raise as_domain_error(error) from error
        if done is None:
            raise Refused("shop.pulled_elsewhere", "this shop is being pulled at this moment")
        return PulledNow(done.new_count, done.updated_count)

    @needs(Right.SEE_ORDERS)
    def order(self, shop_id: int, order_no: str) -> str:
        """Bring one order up to date by its number at the platform; gives the number as it was asked for.

        Raises:
            NotFound: `shop.unknown`.
            Refused, Unavailable: as `pull`; `shop.order_no_bad`, this is no number of an order;
                `shop.order_unknown`, the shop does not know it.
        """
        self._check(shop_id)
        wanted = order_no.strip()
        if not wanted or len(wanted) > _LONGEST or not wanted.isprintable():
            raise Refused("shop.order_no_bad", "this is no number of an order")
        try:
            is_known = self._ask_order(shop_id, wanted)
        except ChannelError as error:
            raise as_domain_error(error) from error
        if not is_known:
            raise Refused("shop.order_unknown", "the shop does not know this order")
        return wanted

    def _check(self, shop_id: int) -> None:
        shop = self._store.read(lambda connection: shop_of(connection, shop_id))
        if shop.channel in UNCALLED:
            raise Refused("shop.not_asked", "nobody calls this shop; its orders come by hand or in files")
        if shop.awaits_owner:
            raise Refused("shop.not_authorised", "this shop has to be authorised on its platform's page first")
