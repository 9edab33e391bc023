"""Gateways on this machine, and a world whose shop has them."""

from collections.abc import Iterator

import pytest

from core.payments.asking import PaymentAsking
from core.payments.bills import Bills
from core.payments.gateways import gateway_of, open_gateway, save_gateway
from core.payments.records import GatewayDraft
from core.runtime.http import HttpClient, HttpPolicy
from tests.simulators.payment_gateways import AlipayServer, WechatServer
from tests.support.world import CARRIER, START, World


class Till:
    """A world's gateways and what asks them."""

    def __init__(self, world: World, http: HttpClient, wechat: WechatServer, alipay: AlipayServer) -> None:
        self.world, self.http, self.wechat, self.alipay = world, http, wechat, alipay
        self.asking = PaymentAsking(world.store, self.open, CARRIER)
        self.bills = Bills(world.store, self.open)

    def open(self, record):
        return open_gateway(record, self.http, self.world.clock)

    def add(self, kind: str = "wechat", shop_id: int | None = None, template: str = "{order_no}") -> int:
        server = getattr(self, kind)
        draft = GatewayDraft(shop_id or self.world.shop_id, kind, server.settings(), server.secrets(), template)
        return self.world.do(lambda uow: save_gateway(uow, draft))

    def gateway(self, gateway_id: int):
        return self.open(self.world.store.read(lambda c: gateway_of(c, gateway_id)))


@pytest.fixture
def http_client() -> Iterator[HttpClient]:
    from core.runtime.clock import ManualClock

    with HttpClient(
        ManualClock(START), policy=HttpPolicy(attempts=2, first_pause_s=0.0), sleep=lambda _s: None
    ) as client:
        yield client


def till_of(world: World) -> Iterator[Till]:
    policy = HttpPolicy(attempts=2, first_pause_s=0.0)
    with (
        HttpClient(world.clock, policy=policy, sleep=lambda _s: None) as http,
        WechatServer(world.clock.now) as wechat,
        AlipayServer(world.clock.now) as alipay,
    ):
        yield Till(world, http, wechat, alipay)


@pytest.fixture
def till(world: World) -> Iterator[Till]:
    """On both engines."""
    yield from till_of(world)


@pytest.fixture
def file_till(file_world: World) -> Iterator[Till]:
    """On SQLite alone, for what asks no database."""
    yield from till_of(file_world)
