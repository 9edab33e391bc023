"""The Douyin adapter in front of the simulated platform, over real HTTP; three rows to a page."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from core.channels.douyin.channel import OwnAppChannel
from core.channels.douyin.client import DouyinApp, DouyinClient
from core.channels.douyin.facts import CAPABILITIES
from core.channels.douyin.tokens import OwnAppToken, own_grant
from core.runtime.clock import ManualClock
from tests.contract.platform_stand import PlatformStand, Way, way_to
from tests.simulators.platforms.douyin import DouyinServer, make_shop

START = datetime(2026, 11, 23, 1, 30, 0, 250_000, tzinfo=UTC)


class DouyinStand(PlatformStand):
    """As its base; `server`, `way` and `channel` are Douyin's."""

    server: DouyinServer
    channel: OwnAppChannel

    def __init__(self, server: DouyinServer, way: Way) -> None:
        super().__init__(server, way, opened(server, way, server.app.secret), opened(server, way, "wrong"))
        self.way = way


def opened(server: DouyinServer, way: Way, secret: str) -> OwnAppChannel:
    """The shop as a merchant's own app opens it; `secret` may be a wrong one."""
    app = DouyinApp(server.app.key, secret)
    bare = DouyinClient(way.place, way.http, app, None)
    token = OwnAppToken(lambda: own_grant(bare, way.clock, server.app.shop_id), way.clock)
    client = DouyinClient(way.place, way.http, app, token)
    return OwnAppChannel(client, way.place, way.http, token, capabilities=replace(CAPABILITIES, page_size=3))


@contextmanager
def douyin_stand(data_dir: Path) -> Iterator[DouyinStand]:
    """A running platform and its adapter, which has its token."""
    del data_dir
    clock = ManualClock(START)
    with DouyinServer(make_shop(clock.now)) as server:
        way = way_to(server, clock)
        try:
            stand = DouyinStand(server, way)
            stand.channel.check()
            yield stand
        finally:
            way.http.close()
