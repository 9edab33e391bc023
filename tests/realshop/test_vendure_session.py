"""Sessions that end, wrong passwords, and the first look at a shop."""

from collections.abc import Callable, Mapping

import pytest

from core.channels.contract import AuthExpired, Temporary
from core.channels.vendure.channel import VendureChannel
from core.channels.vendure.client import VendureClient
from core.channels.vendure.http import Reply, RequestsDoor
from core.channels.vendure.plugin import open_shop
from core.runtime.clock import SystemClock
from tests.support.cutting_proxy import cutting_proxy
from tests.support.vendure import PASSWORD, USERNAME, RunningShop
from tests.support.vendure_driver import VendureDriver

pytestmark = [pytest.mark.realshop, pytest.mark.xdist_group("vendure")]


class SpyDoor:
    """The real door, remembering the tokens it was given."""

    def __init__(self, inner: RequestsDoor) -> None:
        self._inner = inner
        self.tokens: list[str] = []

    def post(self, body: Mapping[str, object], *, headers: Mapping[str, str], is_read: bool) -> Reply:
        self.tokens.append(headers.get("Authorization", "").removeprefix("Bearer "))
        return self._inner.post(body, headers=headers, is_read=is_read)

    def close(self) -> None:
        self._inner.close()


def test_the_plugin_opens_a_shop_that_answers(vendure: RunningShop) -> None:
    settings = {"base_url": f"{vendure.base_url}/", "username": USERNAME}
    clock = SystemClock()

    shop = open_shop(settings, {"password": PASSWORD}, None, clock)

    assert abs((shop.check() - clock.now()).total_seconds()) < 60
    assert shop.capabilities.needs_state_poll
    shop.close()


def test_an_ended_session_is_renewed_once_and_unseen(vendure: RunningShop, driver: VendureDriver) -> None:
    spy = SpyDoor(RequestsDoor(vendure.base_url, SystemClock()))
    channel = VendureChannel(VendureClient(spy, username=USERNAME, password=PASSWORD))
    channel.open_orders(None)
    first = spy.tokens[-1]
    spy.tokens.clear()

    driver.end_session(first)
    channel.open_orders(None)
    channel.open_orders(None)

    second = spy.tokens[-1]
    assert second not in ("", first)
    assert spy.tokens == [first, "", second, second]
    channel.close()


def test_a_wrong_password_needs_a_person(open_channel: Callable[..., VendureChannel]) -> None:
    with pytest.raises(AuthExpired) as refusal:
        open_channel(password="wrong").check()

    assert refusal.value.code == "INVALID_CREDENTIALS_ERROR"
    assert "wrong" not in str(refusal.value)


def test_a_lost_reply_to_a_question_is_temporary(
    vendure: RunningShop, open_channel: Callable[..., VendureChannel]
) -> None:
    with cutting_proxy(vendure.port) as proxy:
        channel = open_channel(port=proxy.port)
        channel.check()
        proxy.lose_reply_to(b"activeChannel")

        with pytest.raises(Temporary):
            channel.check()
        channel.check()
