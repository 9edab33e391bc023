"""The WeChat adapter in front of the simulated WeChat shop, over real HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from core.channels.wechat.channel import WechatChannel
from core.channels.wechat.client import WechatClient
from core.channels.wechat.session import WechatSession
from core.runtime.clock import ManualClock
from tests.contract.platform_stand import PlatformStand, Way, way_to
from tests.simulators.platforms.wechat import APPID, SECRET, WechatServer, wechat_shop

START = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)


class WechatStand(PlatformStand):
    """`PlatformStand` for WeChat shops; three orders to a page."""

    server: WechatServer


def opened(way: Way, secret: str = SECRET) -> WechatChannel:
    """The shop with this secret."""
    session = WechatSession(way.place, way.http, way.clock, appid=APPID, secret=secret)
    return WechatChannel(WechatClient(session, way.http), page_size=3)


@contextmanager
def wechat_stand(_data_dir: Path) -> Iterator[WechatStand]:
    """A running shop and its adapter."""
    clock = ManualClock(START)
    with WechatServer(wechat_shop(clock.now)) as server:
        way = way_to(server, clock)
        try:
            yield WechatStand(server, way, opened(way), opened(way, "wrong"))
        finally:
            way.http.close()
