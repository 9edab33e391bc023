"""The WooCommerce adapter in front of its simulator; three rows to a page."""

import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from core.channels.stock_contract import ListedSku
from core.channels.woocommerce.channel import WooChannel
from core.channels.woocommerce.client import Ways, WooClient, WooKey
from core.channels.woocommerce.facts import CAPABILITIES
from core.runtime.clock import ManualClock
from core.runtime.http import endpoint
from tests.contract.platform_stand import PlatformStand, Way, way_to
from tests.simulators.mail_server import certificate
from tests.simulators.platforms.shop import Goods
from tests.simulators.platforms.woocommerce import CONSUMER_KEY, CONSUMER_SECRET, WooServer
from tests.simulators.platforms.woocommerce_shop import woocommerce_shop

START = datetime(2026, 11, 23, 1, 30, 0, 250_000, tzinfo=UTC)


class WooStand(PlatformStand):
    """`tests.support.channel_stand.ShopStand` for WooCommerce, with its simulator at hand."""

    server: WooServer
    channel: WooChannel

    def __init__(self, server: WooServer, way: Way) -> None:
        self.way = way
        # An order is kept back by its state, `on-hold`; the shop knows nothing beside that.
        super().__init__(server, way, self.opened(), self.opened(secret="cs_wrong"), cannot=frozenset({"stop"}))

    def listed(self, goods: int) -> ListedSku:
        found = self._goods[goods]
        return ListedSku(found.item_id, "" if self.server.shop.is_simple(found.item_id) else found.sku_id, found.code)

    def take_off_sale(self, goods: Goods) -> None:
        self.server.shop.item_status[goods.item_id] = "draft"

    def seller_note_of(self, no: str) -> str:
        """The newest private note of people, as the order's page shows it."""
        order = self.server.shop.order(no)
        return [note.text for note in self.server.shop.notes_of(order) if not note.is_for_customer][-1]

    def told_count(self, no: str) -> int:
        return [what for what, subject, _at in self.shop.happened if subject == no].count("status_completed")

    def waybills_of(self, no: str) -> Sequence[str]:
        """As the shop's own people see them: rows of the plugin, else notes to the buyer."""
        order = self.server.shop.order(no)
        if self.server.site.has_tracking:
            return [str(row["tracking_number"]) for row in self.server.shop.trackings_of(order)]
        notes = [note.text for note in self.server.shop.notes_of(order) if note.is_for_customer]
        return [text.rsplit(" ", 1)[-1] for text in notes]

    def opened(self, key: str = CONSUMER_KEY, secret: str = CONSUMER_SECRET, ways: Ways | None = None) -> WooChannel:
        """Another way into the same shop."""
        client = WooClient(self.way.place, self.way.http, WooKey(key, secret), ways)
        return WooChannel(client, capabilities=replace(CAPABILITIES, page_size=3))


@contextmanager
def woo_stand(_data_dir: Path) -> Iterator[WooStand]:
    """A running shop with the plugin for tracking numbers, and a key that may read and write."""
    with _opened(None) as stand:
        yield stand


@contextmanager
def woo_tls_stand(data_dir: Path) -> Iterator[WooStand]:
    """The same shop over TLS, where the key goes in a header instead of signing each call."""
    pem = certificate(data_dir, "localhost")
    with _opened(pem) as stand:
        yield stand


@contextmanager
def _opened(pem: Path | None) -> Iterator[WooStand]:
    clock, tls = ManualClock(START), None
    if pem is not None:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(pem)
    with WooServer(woocommerce_shop(clock.now), tls=tls) as server:
        server.site.has_tracking = True
        way = way_to(server, clock)
        if pem is not None:
            way = replace(way, place=endpoint(server.url.replace("127.0.0.1", "localhost")))
            way.http._session.verify = str(pem)
        try:
            yield WooStand(server, way)
        finally:
            way.http.close()
