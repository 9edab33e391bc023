"""An owner connects a shop of a platform: its page, the code, whose shop it is, how long that lasts, what went wrong.

The platform is the simulated one behind real HTTP.
"""

import json
import re
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from core.channels.contract import Splits
from core.channels.plugin import MEANINGS
from core.channels.registry import built_in
from core.channels.stock_contract import CancelledUnit, WriteKind
from core.desk.authorising import Authorising
from core.desk.pulling_now import PullingNow
from core.desk.shop_kinds import abilities
from core.desk.shops import Shops
from core.outside import Outside
from core.reports.preflight import preflight
from core.runtime.errors import Refused
from core.runtime.remote_errors import (
    AuthExpired,
    ContractBroken,
    RateLimited,
    Rejected,
    Temporary,
)
from core.sync.granting import Granting
from core.sync.shop_views import ShopDraft
from core.sync.shops import active_shops, is_access_refused, note_bad_pull, note_good_pull
from core.sync.troubles import KNOWN_CODES, WORDS, kept_text, trouble_in
from core.sync.watches import shops_silent
from resources.interface import translation_file
from tests.simulators.platforms.taobao import TaobaoServer, taobao_shop
from tests.support.world import CARRIER

OWN_LIST = ("taobao", "tmall", "jd", "pdd", "douyin", "wechat")


@pytest.fixture
def taobao(world):
    with TaobaoServer(taobao_shop(world.clock.now)) as server:
        yield server


@pytest.fixture
def outside(world):
    made = Outside(world.clock, None)
    yield made
    made.close()


@pytest.fixture
def desk(world, outside):
    return Shops(world.store, outside.channels, outside.channel, lambda: None, CARRIER)


@pytest.fixture
def authorising(world, outside):
    granting = Granting(world.store, outside.authoriser, outside.channel)
    told = []
    made = Authorising(world.store, granting, lambda: told.append(1))
    made.told = told
    return made


def draft_of(server, name="旗舰店"):
    settings = {
        "app_key": server.app.key,
        "redirect_uri": server.app.redirect_uri,
        "base_url": f"{server.url}/router/rest",
        "oauth_url": server.url,
    }
    return ShopDraft("taobao", name, settings, {"app_secret": server.app.secret})


def said_yes(page):
    """The address at which the browser stands after the owner said yes."""
    asked = dict(parse_qsl(urlsplit(page.url).query))
    sent = requests.post(page.url.partition("?")[0], data=asked, allow_redirects=False, timeout=10)
    return sent.headers["Location"]


def view(desk, shop_id):
    return next(one for one in desk.shops() if one.id == shop_id)


def code_of(act, *arguments):
    with pytest.raises(Refused) as error:
        act(*arguments)
    return error.value.code


def test_an_owner_is_led_from_the_keys_to_the_first_answer(desk, authorising, taobao):
    draft = draft_of(taobao)
    assert code_of(desk.try_access, draft, None) == "shop.not_authorised", "no fault of the keys"
    shop_id = desk.add(draft)
    assert (view(desk, shop_id).access.state, view(desk, shop_id).whose) == ("missing", "")
    page = authorising.page(shop_id)
    assert page.returns_to == taobao.app.redirect_uri
    grant = authorising.finish(shop_id, said_yes(page))
    assert (grant.shop.name, authorising.told) == ("练习旗舰店", [1])
    assert view(desk, shop_id).whose == "练习旗舰店"
    assert desk.try_access(replace(draft, secrets={}), shop_id).tzinfo is not None
    assert authorising.identify(shop_id) == "练习旗舰店"
    # once it was authorised, a refusal is about the key again
    wrong = replace(draft, secrets={"app_secret": "another"})
    assert code_of(desk.try_access, wrong, shop_id) == "shop.access_refused"


def test_a_shop_nobody_has_let_us_into_is_neither_called_nor_missed(world, desk, authorising, taobao):
    shop_id = desk.add(draft_of(taobao))

    def called():
        return shop_id in {shop.id for shop in world.store.read(active_shops)}

    def alerts():
        return [one.key for one in world.store.read(lambda one: shops_silent(one, world.clock.now()))]

    key = f"shop:{shop_id}"
    world.clock.advance(hours=2)
    assert (called(), key in alerts(), view(desk, shop_id).state) == (False, False, "waits")
    pulling = PullingNow(world.store, lambda _: pytest.fail("called"), lambda *_: pytest.fail("called"))
    assert code_of(pulling.pull, shop_id) == "shop.not_authorised"
    checks = world.store.read(lambda one: preflight(one, world.clock.now(), None))
    assert "shop_waits" in {check.code for check in checks}
    desk.change(shop_id, draft_of(taobao, "旗舰店二"))
    assert not called(), "another name lets nobody in"
    authorising.finish(shop_id, said_yes(authorising.page(shop_id)))
    assert (called(), key in alerts(), view(desk, shop_id).state) == (True, True, "stop")
    desk.change(shop_id, draft_of(taobao))
    assert called(), "what was let in stays loud"


def test_a_token_that_is_typed_needs_no_page(world, desk, taobao):
    draft = draft_of(taobao)
    typed = replace(draft, secrets={**draft.secrets, "session": taobao.grants.session()})
    ids = [desk.add(typed), desk.add(replace(draft, name="另一家"))]
    assert [view(desk, shop_id).state for shop_id in ids] == ["good", "waits"]
    desk.change(ids[1], replace(typed, name="另一家"))
    assert view(desk, ids[1]).state == "good"


def test_the_countdown_follows_the_shortest_life_and_ends(world, desk, authorising, taobao):
    shop_id = desk.add(draft_of(taobao))
    authorising.finish(shop_id, said_yes(authorising.page(shop_id)))
    access = view(desk, shop_id).access
    assert (access.state, access.renews) == ("good", False)
    assert access.ends_at == world.clock.now() + timedelta(days=300)
    for days, state in ((292.9, "good"), (0.2, "notice"), (6, "stop"), (1, "over")):
        world.clock.advance(days=days)
        assert view(desk, shop_id).access.state == state


def test_a_token_that_is_renewed_says_so(desk, authorising, taobao):
    taobao.app = taobao.desk.app = replace(taobao.app, can_refresh=True)
    shop_id = desk.add(draft_of(taobao))
    authorising.finish(shop_id, said_yes(authorising.page(shop_id)))
    assert view(desk, shop_id).access.renews


def test_a_typed_token_that_works_is_no_missing_one(world, desk, taobao):
    draft = draft_of(taobao)
    shop_id = desk.add(replace(draft, secrets={**draft.secrets, "session": taobao.grants.session()}))
    world.do(lambda uow: note_good_pull(uow, shop_id, 0))
    assert view(desk, shop_id).access.state == "by_hand"


def test_jd_without_a_token_asks_for_its_page_too(desk):
    settings = {"app_key": "k", "redirect_uri": "https://shop.example/back", "base_url": "http://127.0.0.1:9"}
    draft = ShopDraft("jd", "京东店", settings, {"app_secret": "s"})
    assert code_of(desk.try_access, draft, None) == "shop.not_authorised"


def test_a_shop_with_an_app_of_its_own_has_no_page(desk):
    own = ShopDraft("douyin", "抖店", {"app_key": "k", "shop_id": "1"}, {"app_secret": "s"})
    assert view(desk, desk.add(own)).access is None
    service = replace(own, name="抖店二", settings={**own.settings, "service_id": "2"})
    assert view(desk, desk.add(service)).access.state == "missing"
    assert view(desk, 1).access is None, "a mall is let in by its key"


def test_what_went_wrong_keeps_kind_code_and_words(world, desk, taobao):
    shop_id = desk.add(draft_of(taobao))
    code = "isv.permission-ip-whitelist-limit"
    world.do(lambda uow: note_bad_pull(uow, shop_id, Rejected("not on the list: see", code=code)))
    shop = view(desk, shop_id)
    assert (shop.trouble.kind, shop.trouble.code, shop.trouble.words) == ("refused", code, "not on the list: see")
    assert shop.topic == "address_list"
    world.do(lambda uow: note_bad_pull(uow, shop_id, Rejected("missing", code="isv.permission-api-package-limit")))
    assert view(desk, shop_id).topic == "permission"
    world.do(lambda uow: note_bad_pull(uow, shop_id, Rejected("no", code="isv.other")))
    assert view(desk, shop_id).topic == "refused"


class OwnAccessError(AuthExpired):
    """A channel's own kind."""


@pytest.mark.parametrize(
    ("error", "kind", "topic"),
    [
        (AuthExpired("a"), "access", "access"),
        (OwnAccessError("a", code="7"), "access", "access"),
        (RateLimited("a"), "busy", "busy"),
        (Temporary("a: b"), "silent", "silent"),
        (Rejected("a", code="order_closed"), "refused", "order_closed"),
        (Rejected("a", code="12] x"), "refused", "refused"),
        (ContractBroken("a"), "garbled", "garbled"),
        (Refused("channel.setting", "a"), "setting", "setting"),
        (RuntimeError("a"), "other", "other"),
    ],
)
def test_a_kept_trouble_is_read_again(error, kind, topic):
    found = trouble_in(kept_text(error))
    assert (found.kind, found.topic, found.words) == (kind, topic, str(error))
    assert is_access_refused(kept_text(error)) == (kind == "access")


def test_what_older_versions_kept_is_still_understood():
    assert trouble_in(None) is None
    assert trouble_in("Temporary: no answer").kind == "silent"
    assert is_access_refused("AuthExpired: the key is not accepted")
    assert trouble_in("something else").words == "something else"


def _texts():
    for language in ("zh_CN", "en"):
        yield json.loads(translation_file(language).read_text(encoding="utf-8"))


def test_every_trouble_and_ability_has_its_sentence_in_both_languages():
    plugins = built_in().all()
    wanted = {f"shops.{part}.{topic}" for part in ("trouble", "todo") for topic in (*WORDS, *KNOWN_CODES, *MEANINGS)}
    for plugin in plugins:
        assert set(plugin.means.values()) <= set(MEANINGS)
        can, stock = plugin.capabilities, plugin.stock_rules
        for splits in Splits:
            for is_on in (True, False):
                other = replace(
                    can,
                    splits=splits,
                    adds_numbers=is_on and splits is Splits.WHOLE,
                    sees_unpaid=is_on,
                    masks_receivers=is_on,
                    changes_number=is_on,
                    tells_after_sales=is_on,
                    lists_items=is_on,
                    writes_notes=is_on,
                    decides_merging=is_on,
                )
                plain = replace(other, writes_notes=True, writes_flags=False)
                wanted |= {f"shops.ability.{one.code}" for each in (other, plain) for one in abilities(each, None)}
        for write in WriteKind if stock else ():
            for unit in CancelledUnit:
                rules = replace(stock, write=write, cancelled_unit=unit)
                more = replace(rules, pauses_sale=not rules.pauses_sale, reads_back=False, may_refuse_decrease=True)
                wanted |= {f"shops.ability.{a.code}" for each in (rules, more) for a in abilities(can, each)}
    for texts in _texts():
        assert wanted - texts.keys() == set()
        unused = {
            key for key in texts if key.startswith(("shops.ability.", "shops.trouble.", "shops.todo."))
        } - wanted
        assert unused == set()


def test_abilities_say_what_a_platform_cannot_do():
    pdd = next(plugin for plugin in built_in().all() if plugin.id == "pdd")
    found = {one.code: one.tone for one in abilities(pdd.capabilities, pdd.stock_rules)}
    assert found["unpaid.no"] == found["pause.no"] == found["promotion.yes"] == "notice"
    assert found["stock.plain_delta"] == found["renumber.yes"] == found["splits.added"] == "good"
    assert [one.code for one in abilities(pdd.capabilities, None)][-1] == "stock.none"
    jd = next(plugin for plugin in built_in().all() if plugin.id == "jd")
    assert {one.code: one.tone for one in abilities(jd.capabilities, jd.stock_rules)}["splits.whole"] == "notice"


@pytest.mark.parametrize("kind", OWN_LIST)
def test_a_platform_says_what_to_apply_for_and_names_no_address(desk, kind):
    found = next(one for one in desk.kinds() if one.id == kind)
    assert len(found.steps) >= 4
    for step in found.steps:
        assert step.zh
        assert step.en.isascii()
        assert not re.search(r"https?://|[a-z]\.(com|cn)\b", step.zh + step.en), (
            "addresses change; the console has them"
        )
    assert found.unproven
    assert all(setting.default for setting in found.settings if setting.name == "base_url")
