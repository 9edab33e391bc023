"""Silencing links that sell from no quota, and putting those back on sale that need not be silent any more."""

import hashlib
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, select

from core.catalog.models import Listing
from core.channels.contract import Channel
from core.channels.models import Shop
from core.channels.stock_contract import ListedSku, StockChannel, WriteKind
from core.db.outbox import Claim
from core.db.unit_of_work import Store, UnitOfWork, Urgency
from core.inventory.quotas import links
from core.runtime.remote_errors import Temporary
from core.sync.shops import ShopRecord, shop_of
from core.sync.stock_line import LinkLine


class LinkPusher:
    """The handler of the outbox's `stock.link` rows. All it does may be done again without harm."""

    def __init__(self, store: Store, open_channel: Callable[[ShopRecord], Channel]) -> None:
        self._store = store
        self._open_channel = open_channel

    def deliver(self, claim: Claim) -> None:
        """Bring one link to what it should be now.

        Raises:
            ChannelError: it is to be tried later once more.
        """
        listing_id = int(claim.payload["listing_id"])
        shop, listed, writes, is_spare, kept = self._store.read(lambda one: _facts(one, listing_id))
        channel = self._open_channel(shop)
        if not isinstance(channel, StockChannel) or not writes:
            self.give_up(claim, "this shop's numbers are not written from here")
            return
        line = LinkLine(self._store, claim, (channel, listed))
        if not is_spare:
            if kept is not None and kept.is_paused:
                # It stays off sale while that is stopped, and is asked for again when it goes on.
                if self._store.read(lambda one: links.is_stopped(one, listing_id)):
                    return
                line.resume()
            line.write(lambda uow: links.forget(uow, listing_id))
        elif line.rules.pauses_sale and not (kept is not None and kept.error):
            self._pause(line, listing_id)
        elif self._store.read(lambda one: links.is_planned(one, listing_id)):
            # The platform would not take it off sale, or cannot: its number says the same.
            self._empty(line, listing_id, claim)
        else:
            self.give_up(claim, "nobody would give this link its number back")

    def give_up(self, claim: Claim, error: str) -> None:
        """The platform will not: somebody has to do it by hand, and is told."""
        listing_id = int(claim.payload["listing_id"])

        def store(uow: UnitOfWork) -> None:
            links.note_failed(uow, listing_id, error)

        self._store.write(store, urgency=Urgency.LANE)

    @staticmethod
    def _pause(line: LinkLine, listing_id: int) -> None:
        said = line.read()
        if said.stock.is_on_sale is not False:
            line.write(lambda uow: links.note_pausing(uow, listing_id))
            line.pause()
            said = line.read()
            if said.stock.is_on_sale:
                raise Temporary("the link is still on sale", code="still_on_sale")
        line.write(lambda uow: links.note_quiet(uow, listing_id, said.qty))

    @staticmethod
    def _empty(line: LinkLine, listing_id: int, claim: Claim) -> None:
        said = line.read()
        if said.qty > 0:
            write = line.rules.write
            if write in (WriteKind.ABSOLUTE, WriteKind.COMPARE_AND_SET):
                line.set(0, said.version)
            else:
                # Each try takes what it saw, so that a repeat is another difference; too much takes what is there.
                key = hashlib.sha256(f"{claim.key}:{claim.attempts}".encode()).hexdigest()[:32]
                line.change(-said.qty, key)
            said = line.read()
            if said.qty > 0:
                raise Temporary("somebody called off or bought meanwhile", code="still_on_sale")
        line.write(lambda uow: links.note_quiet(uow, listing_id, said.qty))


def _facts(connection: Connection, listing_id: int) -> tuple[ShopRecord, ListedSku, bool, bool, Any]:
    """Whose link it is and its names there; whether it may be written to, must sell nothing; what is kept of it."""
    columns = (Listing.shop_id, Listing.item_id, Listing.channel_sku_id, Listing.merchant_code, Shop.writes_stock)
    query = select(*columns).join(Shop, Shop.id == Listing.shop_id).where(Listing.id == listing_id)
    row = connection.execute(query).one()
    listed = ListedSku(row.item_id, row.channel_sku_id, row.merchant_code)
    return (
        shop_of(connection, row.shop_id),
        listed,
        row.writes_stock,
        links.is_spare(connection, listing_id),
        links.link_of(connection, listing_id),
    )
