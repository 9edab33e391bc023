"""The Pinduoduo adapter in front of its simulator; three rows to a page."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from core.channels.pdd.channel import PddChannel
from core.channels.pdd.client import PddApp, PddClient
from core.channels.pdd.facts import CAPABILITIES
from core.runtime.clock import ManualClock
from tests.contract.platform_stand import PlatformStand, way_to
from tests.simulators.platforms.pdd import CLIENT_ID, SECRET, PddServer, pdd_shop

START = datetime(2026, 11, 23, 1, 30, 0, 250_000, tzinfo=UTC)


class PddStand(PlatformStand):
    """`tests.support.channel_stand.ShopStand` for Pinduoduo, with its simulator at hand."""

    server: PddServer
    channel: PddChannel


@contextmanager
def pdd_stand(_data_dir: Path) -> Iterator[PddStand]:
    """A running platform with a shop that has let our app in."""
    clock = ManualClock(START)
    with PddServer(pdd_shop(clock.now)) as server:
        token, _refresh_token = server.tokens.grant()
        way = way_to(server, clock)
        small_pages = replace(CAPABILITIES, page_size=3)

        def opened(secret: str) -> PddChannel:
            client = PddClient(way.place, way.http, PddApp(CLIENT_ID, secret, token))
            return PddChannel(client, capabilities=small_pages)

        try:
            yield PddStand(server, way, opened(SECRET), opened("wrong"))
        finally:
            way.http.close()
