"""Authorising a shop, renewing its token in time, and being told before it ends; no token in any text."""

import json
import logging
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.app import CoreConfig, build
from core.channels.grant_contract import Grant
from core.channels.plugin import ChannelPlugin
from core.channels.registry import ChannelRegistry
from core.channels.shop_contract import ShopIdentity
from core.db.limits import RULE_SETTING
from core.db.models import Journal
from core.desk.settings import put_setting
from core.inventory.models import Warehouse
from core.runtime.errors import Refused, Unavailable
from core.runtime.remote_errors import AuthExpired, Rejected, Temporary
from core.runtime.standing import Severity
from core.sync.granting import Granting, code_in, danger_of
from core.sync.grants import grants
from core.sync.shops import add_shop, shop_of
from core.sync.watches import access_ending
from tests.support.fake_shop import FakeShop

DAY = timedelta(days=1)


class Platform:
    """A platform with an authorising page: codes work once, a renewing kills the token before."""

    def __init__(self, clock):
        self.clock = clock
        self.codes = {"code-1", "code-2"}
        self.serial = 0
        self.live = ""
        self.renews = True
        self.life = 10 * DAY
        self.faults = []
        self.who = ShopIdentity("u-1", "天猫旗舰店", "B")

    def page(self, redirect_uri, state):
        return f"https://platform.example/authorize?redirect_uri={redirect_uri}&state={state}"

    def exchange(self, code, redirect_uri):
        if self.faults:
            raise self.faults.pop(0)
        if code not in self.codes:
            raise Rejected("authorize code expire", code="code")
        self.codes.discard(code)
        return self._grant()

    def refresh(self, secrets):
        if self.faults:
            raise self.faults.pop(0)
        if not self.renews:
            return None
        if secrets["refresh_token"] != f"refresh-{self.live}":
            raise AuthExpired("refresh token is dead")
        return self._grant()

    def _grant(self):
        self.serial += 1
        self.live = f"token-{self.serial}"
        secrets = {"access_token": self.live, "refresh_token": f"refresh-{self.live}"}
        until = self.clock.now() + 30 * DAY if self.renews else None
        return Grant(secrets, self.clock.now() + self.life, until, self.who)


@pytest.fixture
def platform(world):
    return Platform(world.clock)


@pytest.fixture
def granting(world, platform):
    return Granting(world.store, lambda shop: platform, lambda shop: world.shop, lambda: "word-1")


def _shop(world):
    return world.store.read(lambda c: shop_of(c, world.shop_id))


def _grant(world):
    return world.store.read(lambda c: grants(c, world.shop_id))[0]


def _standing(world):
    return world.store.read(lambda c: access_ending(c, world.clock.now()))


def _code(act, *arguments):
    with pytest.raises((Refused, Unavailable)) as error:
        act(*arguments)
    return error.value.code


def test_an_owner_lets_us_in_by_pasting_the_address(world, platform, granting):
    secret_before = json.loads(_shop(world).secret) if _shop(world).secret else {}
    page = granting.page(world.shop_id)
    assert "state=word-1" in page.url
    granting.finish(world.shop_id, " https://shop.example/back?code=code-1&state=word-1 \n")
    assert json.loads(_shop(world).secret) == {
        **secret_before,
        "access_token": "token-1",
        "refresh_token": "refresh-token-1",
    }
    found = _grant(world)
    assert (found.expires_at, found.shop.name) == (world.clock.now() + 10 * DAY, "天猫旗舰店")


def test_what_is_no_code_of_this_attempt_changes_nothing(world, platform, granting):
    granting.page(world.shop_id)
    before = _shop(world).secret
    back = "https://shop.example/back"
    assert _code(granting.finish, world.shop_id, "") == "shop.no_code"
    assert _code(granting.finish, world.shop_id, back) == "shop.no_code"
    assert _code(granting.finish, world.shop_id, "code=code-1") == "shop.no_code"
    assert _code(granting.finish, world.shop_id, f"{back}?code=code-1&state=another") == "shop.code_elsewhere"
    assert _code(granting.finish, world.shop_id, f"{back}?code=used&state=word-1") == "shop.code_refused"
    platform.faults = [Temporary("no answer")]
    assert _code(granting.finish, world.shop_id, "code-1") == "shop.silent"
    assert _shop(world).secret == before
    granting.finish(world.shop_id, "code-1")


def test_one_shop_of_the_platform_is_one_shop_here(world, platform, granting):
    granting.finish(world.shop_id, "code-1")
    channel = _shop(world).channel
    twin = world.do(lambda uow: add_shop(uow, channel, "另一家", {}, "{}", 1))
    assert _code(granting.finish, twin, "code-2") == "shop.same_shop"
    platform.codes.add("code-3")
    platform.who = ShopIdentity("u-2", "别人的店")
    secret = _shop(world).secret
    assert _code(granting.finish, world.shop_id, "code-3") == "shop.other_shop"
    assert _shop(world).secret == secret


def test_a_token_is_renewed_when_a_fifth_of_its_life_is_left(world, platform, granting):
    granting.finish(world.shop_id, "code-1")
    world.clock.advance(days=7.9)
    assert json.loads(granting.renew_if_due(_shop(world)).secret)["access_token"] == "token-1"
    world.clock.advance(days=0.2)
    assert json.loads(granting.renew_if_due(_shop(world)).secret)["access_token"] == "token-2"
    assert json.loads(_shop(world).secret)["refresh_token"] == "refresh-token-2"
    assert _grant(world).expires_at == world.clock.now() + platform.life


@pytest.mark.expected_log("could not be renewed", logger="core.sync.granting")
def test_a_renewing_that_fails_waits_leaves_the_token_and_is_shown(world, platform, granting):
    granting.finish(world.shop_id, "code-1")
    world.clock.advance(days=8.1)
    platform.faults = [Temporary("away"), Temporary("away")]
    assert json.loads(granting.renew_if_due(_shop(world)).secret)["access_token"] == "token-1"
    assert _grant(world).error == "Temporary: away"
    granting.renew_if_due(_shop(world))
    assert len(platform.faults) == 1, "not again at once"
    world.clock.advance(minutes=11)
    granting.renew_if_due(_shop(world))
    world.clock.advance(minutes=11)
    assert json.loads(granting.renew_if_due(_shop(world)).secret)["access_token"] == "token-2"
    assert _grant(world).error == ""


def test_the_end_of_a_token_is_told_early_only_where_a_person_is_needed(world, platform, granting):
    granting.finish(world.shop_id, "code-1")
    world.clock.advance(days=5)
    assert _standing(world) == [], "it renews itself"
    platform.renews = False
    granting.finish(world.shop_id, "code-2")
    assert _standing(world) == []
    world.clock.advance(days=4)
    assert [(one.key, one.severity, one.facts["days"]) for one in _standing(world)] == [
        (f"shop:{world.shop_id}", Severity.WARNING, 6)
    ]
    world.clock.advance(days=5.5)
    assert [one.severity for one in _standing(world)] == [Severity.CRITICAL]
    world.do(lambda uow: put_setting(uow, RULE_SETTING.format(rule="shop.access_ends"), {"limits": {"": 0.1}}))
    assert _standing(world) == []


@pytest.mark.expected_log("could not be renewed", logger="core.sync.granting")
def test_a_renewing_that_failed_is_told_although_it_could_renew(world, platform, granting):
    platform.life = 5 * DAY
    granting.finish(world.shop_id, "code-1")
    world.clock.advance(days=4.5)
    platform.faults = [AuthExpired("refused")]
    granting.renew_if_due(_shop(world))
    assert [one.severity for one in _standing(world)] == [Severity.CRITICAL]


@pytest.mark.expected_log("could not be renewed", logger="core.sync.granting")
def test_neither_journal_nor_log_nor_view_holds_a_token(world, platform, granting, caplog):
    caplog.set_level(logging.DEBUG)
    granting.finish(world.shop_id, "code-1")
    world.clock.advance(days=9)
    granting.renew_if_due(_shop(world))
    platform.faults = [Temporary("away")]
    world.clock.advance(days=9)
    granting.renew_if_due(_shop(world))
    told = f"{caplog.text} {[dict(row.facts) for row in world.rows(select(Journal.facts))]} {_grant(world)!r}"
    assert "token-" not in told
    assert "code-1" not in told
    assert "token-" not in repr(Grant({"access_token": "token-9"}, world.clock.now()))


class Gated(FakeShop):
    """Pulls with the live token alone."""

    def __init__(self, clock, platform, token):
        super().__init__(clock)
        self._platform, self._token = platform, token

    def pull_orders(self, since, cursor):
        if self._token != self._platform.live:
            raise AuthExpired("invalid session")
        return super().pull_orders(since, cursor)


def _core(tmp_path, world, platform, opened):
    def factory(settings, secret, http, clock):
        opened.append(Gated(world.clock, platform, secret.get("access_token")))
        return opened[-1]

    abilities = FakeShop(world.clock).capabilities
    plugin = ChannelPlugin("gated", "门", "gated", (), abilities, factory, authoriser=lambda *_: platform)
    config = CoreConfig(folder=tmp_path / "core", key_file=tmp_path / "key", clock=world.clock)
    return build(config, ChannelRegistry([plugin]))


@pytest.mark.parametrize("renews", [True, False])
def test_a_token_that_is_ended_early_is_renewed_in_the_same_pull(file_world, tmp_path, renews):
    platform, opened = Platform(file_world.clock), []
    platform.renews = renews
    core = _core(tmp_path, file_world, platform, opened)
    try:
        warehouse = core.store.write(lambda uow: uow.insert(Warehouse, {"code": "main", "name": "main"}))
        shop_id = core.store.write(lambda uow: add_shop(uow, "gated", "门店", {}, "{}", warehouse))
        core.behind.granting.finish(shop_id, "code-1")
        assert core.pull_shop(shop_id) is not None
        opened.clear()
        # The platform ends the token; what renews it still lives.
        platform.refresh, platform.live = (lambda secrets: platform._grant() if renews else None), "ended"
        if renews:
            assert core.pull_shop(shop_id) is not None
            assert len(opened) == 2, "the refused one and the renewed one"
        else:
            with pytest.raises(AuthExpired):
                core.pull_shop(shop_id)
    finally:
        core.stop()


def test_codes_are_found_in_what_people_paste():
    assert code_in("abc-DEF_1") == ("abc-DEF_1", "")
    assert code_in("http://127.0.0.1/?state=s&code=a%2Bb") == ("a+b", "s")
    for bad in ("", "a b", "http://x/?error=denied", "x" * 3000, "http://x/#code=1"):
        with pytest.raises(Refused):
            code_in(bad)


@pytest.mark.parametrize(
    ("address", "danger"),
    [
        ("http://localhost:8080/back", ""),
        ("https://127.0.0.1/back", ""),
        ("http://[::1]/back", ""),
        ("", ""),
        ("urn:ietf:wg:oauth:2.0:oob", ""),
        ("http://shop.example/back", "clear"),
        # Only looks as if it stayed here.
        ("http://localhost.evil.example/", "clear"),
        ("https://localhost@evil.example/", "elsewhere"),
        ("https://shop.example/back", "elsewhere"),
        ("https://[broken/", "elsewhere"),
    ],
)
def test_who_else_sees_the_code_is_said(address, danger):
    assert danger_of(address) == danger
