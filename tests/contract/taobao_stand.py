"""The adapter of Taobao and Tmall in front of the simulated gateway; three rows to a page."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from core.channels.stock_contract import ListedSku
from core.channels.taobao.channel import TaobaoChannel
from core.channels.taobao.client import TopClient, TopKey
from core.runtime.clock import ManualClock
from tests.contract.platform_stand import PlatformStand, way_to
from tests.simulators.platforms.taobao import Seller, TaobaoServer, taobao_shop

START = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


class TaobaoStand(PlatformStand):
    """With the simulator's own verbs."""

    server: TaobaoServer

    def listed(self, goods: int) -> ListedSku:
        """Without a SKU: these items come in one choice."""
        return replace(super().listed(goods), channel_sku_id="")


@contextmanager
def _stand(kind: str) -> Iterator[TaobaoStand]:
    clock = ManualClock(START)
    with TaobaoServer(taobao_shop(clock.now), seller=Seller(kind=kind)) as server:
        way = way_to(server, clock, "/router/rest")
        app = server.app

        def channel(secret: str) -> TaobaoChannel:
            client = TopClient(way.place, way.http, TopKey(app.key, secret, server.grants.session()))
            return TaobaoChannel(client, is_tmall=kind == "B", page_size=3)

        with way.http:
            yield TaobaoStand(server, way, channel(app.secret), channel("wrong"))


@contextmanager
def taobao_stand(_data_dir: Path) -> Iterator[TaobaoStand]:
    """A shop on Taobao."""
    with _stand("C") as stand:
        yield stand


@contextmanager
def tmall_stand(_data_dir: Path) -> Iterator[TaobaoStand]:
    """A shop on Tmall."""
    with _stand("B") as stand:
        yield stand
