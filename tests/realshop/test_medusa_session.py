"""Keys, sessions that end, and the first look at a shop."""

from collections.abc import Callable

import pytest

from core.channels.medusa.channel import MedusaChannel
from core.channels.medusa.client import MedusaClient, MedusaKey
from core.channels.medusa.plugin import PLUGIN
from core.runtime.clock import SystemClock
from core.runtime.http import Call, HttpClient, Reply, endpoint
from core.runtime.remote_errors import AuthExpired
from tests.support.medusa import RunningMedusa

pytestmark = pytest.mark.realshop


class SpyClient(HttpClient):
    """The real client, remembering what it asked with which session, and able to spoil one."""

    def __init__(self) -> None:
        super().__init__(SystemClock(), sleep=lambda _: None)
        self.asked: list[str] = []
        self.spoils = False

    def call(self, place, call: Call) -> Reply:
        authorization = call.headers.get("Authorization", "")
        self.asked.append(call.path)
        if self.spoils and authorization:
            self.spoils = False
            object.__setattr__(call, "headers", {"Authorization": authorization[:-4] + "none"})
        return super().call(place, call)


def test_the_plugin_opens_a_shop_that_answers_with_a_key_and_with_a_password(
    medusa: RunningMedusa, http: HttpClient
) -> None:
    clock = SystemClock()
    settings = {"base_url": f"{medusa.base_url}/"}
    by_key = PLUGIN.factory(settings, {"api_key": medusa.facts["secret_key"]}, http, clock)
    settings |= {"email": medusa.facts["email"]}
    by_password = PLUGIN.factory(settings, {"password": medusa.facts["password"]}, http, clock)
    assert isinstance(by_key, MedusaChannel)
    assert isinstance(by_password, MedusaChannel)

    for shop in (by_key, by_password):
        assert abs((shop.check() - clock.now()).total_seconds()) < 60
    assert by_key.identify() == by_password.identify()
    assert by_key.identify().name == "练习商城"


def test_an_ended_session_is_renewed_once_and_unseen(medusa: RunningMedusa) -> None:
    spy = SpyClient()
    key = MedusaKey(email=medusa.facts["email"], password=medusa.facts["password"])
    client = MedusaClient(endpoint(medusa.base_url), spy, key)
    client.store()
    spy.asked.clear()
    spy.spoils = True

    client.store()
    client.store()

    assert spy.asked == ["/admin/stores", "/auth/user/emailpass", "/admin/stores", "/admin/stores"]
    spy.close()


def test_a_wrong_key_and_a_wrong_password_need_a_person(
    medusa: RunningMedusa, open_medusa: Callable[..., MedusaChannel]
) -> None:
    wrong = (MedusaKey("sk_wrong"), MedusaKey(email=medusa.facts["email"], password="wrong"))
    for key in wrong:
        with pytest.raises(AuthExpired) as refusal:
            open_medusa(key=key).check()
        assert refusal.value.code == "unauthorized"
        assert "wrong" not in str(refusal.value)
