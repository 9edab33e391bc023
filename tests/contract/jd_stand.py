"""The JD adapter in front of JD's simulator."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from core.channels.jd.channel import CAPABILITIES, JdChannel
from core.channels.jd.client import JdClient, JdKey
from core.runtime.clock import ManualClock
from tests.contract.platform_stand import PlatformStand, Way, way_to
from tests.simulators.platforms.jd import JdServer, habits
from tests.simulators.platforms.shop import Shop

START = datetime(2026, 11, 23, 1, 30, 0, 250_000, tzinfo=UTC)


class JdStand(PlatformStand):
    """Small pages, and no lag: the suite asks at once."""

    server: JdServer

    def __init__(self, server: JdServer, way: Way) -> None:
        small = replace(CAPABILITIES, page_size=3, safety_lag_s=0)
        self.key = JdKey(server.app_key, server.secret, server.access_token)
        self.channel_of = lambda key: JdChannel(JdClient(way.place, way.http, key), capabilities=small)
        super().__init__(
            server,
            way,
            self.channel_of(self.key),
            self.channel_of(JdKey(server.app_key, "wrong", server.access_token)),
            # what JD keeps of a line that was paid back nobody knows; services tell no steps
            cannot=frozenset({"refund_line", "return_steps"}),
        )
        self.server = server

    def waybills_of(self, no: str) -> Sequence[str]:
        return [parcel.number for parcel in self.shop.order(no).parcels]


@contextmanager
def jd_stand(_data_dir: Path) -> Iterator[JdStand]:
    """A running simulator and the adapter in front of it."""
    clock = ManualClock(START)
    with JdServer(Shop(clock.now, habits())) as server:
        way = way_to(server, clock)
        with way.http:
            yield JdStand(server, way)
