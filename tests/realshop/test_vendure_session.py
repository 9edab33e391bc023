"""Sessions that end, wrong passwords, and the first look at a shop."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from core.channels.contract import AuthExpired, Temporary
from core.channels.vendure.channel import VendureChannel
from core.channels.vendure.client import VendureClient
from core.channels.vendure.plugin import PLUGIN
from core.runtime.clock import SystemClock
from tests.support.cutting_proxy import cutting_proxy
from tests.support.vendure import PASSWORD, USERNAME, RunningShop
from tests.support.vendure_driver import VendureDriver

pytestmark = [pytest.mark.realshop, pytest.mark.xdist_group("vendure")]


class _SpyHttp:
    """Real HTTP that remembers the tokens it was given."""

    def __init__(self, inner: object) -> None:
        self._inner = inner
        self.tokens: list[str] = []

    def post(self, url: str, *, headers: dict[str, str], body: bytes) -> object:
        self.tokens.append(headers.get("Authorization", "").removeprefix("Bearer "))
        return self._inner.post(url, headers=headers, body=body)


def test_the_plugin_opens_a_shop_that_answers(vendure: RunningShop) -> None:
    settings = {"base_url": f"{vendure.base_url}/", "username": USERNAME}

    shop = PLUGIN.factory(settings, PASSWORD, None, SystemClock())

    assert (
        abs((shop.check() - datetime.fromtimestamp(SystemClock().now().timestamp(), UTC)).total_seconds())
        < 60
    )
    assert shop.capabilities.needs_state_poll
    shop._client._http.close()


def test_an_ended_session_is_renewed_once_and_unseen(vendure: RunningShop, driver: VendureDriver) -> None:
    from core.channels.vendure.http import RequestsClient

    real = RequestsClient(SystemClock())
    spy = _SpyHttp(real)
    client = VendureClient(
        base_url=vendure.base_url, username=USERNAME, password=PASSWORD, http=spy, clock=SystemClock()
    )
    channel = VendureChannel(client)
    channel.open_orders(None)
    first = spy.tokens[-1]
    calls = len(spy.tokens)

    driver.end_session(first)
    page = channel.open_orders(None)

    assert page.server_time.tzinfo is not None
    assert spy.tokens[calls:] == [first, "", spy.tokens[-1]]
    assert spy.tokens[-1] not in ("", first)
    real.close()


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
