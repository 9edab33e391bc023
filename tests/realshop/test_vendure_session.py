"""Sessions that end, wrong passwords, and the first look at a shop."""

from collections.abc import Callable

import pytest

from core.channels.vendure.channel import VendureChannel
from core.channels.vendure.client import VendureClient
from core.channels.vendure.plugin import PLUGIN
from core.runtime.clock import SystemClock
from core.runtime.http import Call, Endpoint, HttpClient, Reply, endpoint
from core.runtime.remote_errors import AuthExpired
from tests.support.cutting_proxy import cutting_proxy
from tests.support.vendure import PASSWORD, USERNAME, RunningShop
from tests.support.vendure_driver import VendureDriver

pytestmark = pytest.mark.realshop


class SpyClient(HttpClient):
    """The real client, remembering the tokens it was given."""

    def __init__(self) -> None:
        super().__init__(SystemClock(), sleep=lambda _: None)
        self.tokens: list[str] = []

    def call(self, place: Endpoint, call: Call) -> Reply:
        self.tokens.append(call.headers.get("Authorization", "").removeprefix("Bearer "))
        return super().call(place, call)


def test_the_plugin_opens_a_shop_that_answers(vendure: RunningShop, http: HttpClient) -> None:
    settings = {"base_url": f"{vendure.base_url}/", "username": USERNAME}
    clock = SystemClock()

    shop = PLUGIN.factory(settings, {"password": PASSWORD}, http, clock)

    assert abs((shop.check() - clock.now()).total_seconds()) < 60
    assert shop.capabilities.needs_state_poll


def test_an_ended_session_is_renewed_once_and_unseen(vendure: RunningShop, driver: VendureDriver) -> None:
    spy = SpyClient()
    client = VendureClient(endpoint(vendure.base_url), spy, username=USERNAME, password=PASSWORD)
    channel = VendureChannel(client)
    channel.open_orders(None)
    first = spy.tokens[-1]
    spy.tokens.clear()

    driver.end_session(first)
    channel.open_orders(None)
    channel.open_orders(None)

    second = spy.tokens[-1]
    assert second not in ("", first)
    assert spy.tokens == [first, "", second, second]
    spy.close()


def test_a_wrong_password_needs_a_person(open_channel: Callable[..., VendureChannel]) -> None:
    with pytest.raises(AuthExpired) as refusal:
        open_channel(password="wrong").check()

    assert refusal.value.code == "INVALID_CREDENTIALS_ERROR"
    assert "wrong" not in str(refusal.value)


def test_a_lost_reply_to_a_question_is_asked_again(
    vendure: RunningShop, open_channel: Callable[..., VendureChannel]
) -> None:
    with cutting_proxy(vendure.port) as proxy:
        channel = open_channel(port=proxy.port)
        channel.check()
        proxy.lose_reply_to(b"activeChannel")

        channel.check()

        assert proxy.lost == 1
