"""Shops as the owner handles them: tried over real HTTP, added read only, paused, switched on."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from core.channels.by_hand import UNCALLED
from core.channels.models import Shop
from core.channels.registry import built_in
from core.db.models import Journal
from core.desk.shops import Shops
from core.inventory.warehouses import main_warehouse
from core.outside import Outside
from core.practice.server import PracticeServer, kept_secrets
from core.runtime.clock import SystemClock
from core.runtime.errors import NotFound, Refused, Unavailable
from core.runtime.remote_errors import Temporary
from core.sync.shop_views import ShopDraft
from core.sync.shops import active_shops, add_shop, note_bad_pull, note_good_pull, shop_of
from tests.race.test_spine_races import together
from tests.support.world import CARRIER

MALL = ShopDraft("mall", "自家商城", {"base_url": "https://mall.example/api", "key": "k1"}, {"secret": "s3cret"})


@pytest.fixture
def desk(world):
    told = []
    outside = Outside(SystemClock(), None)
    made = Shops(world.store, outside.channels, outside.channel, lambda: told.append(1), CARRIER)
    made.told = told
    yield made
    outside.close()


@pytest.fixture
def practice(tmp_path):
    keys = kept_secrets(tmp_path)
    server = PracticeServer(tmp_path, keys, SystemClock())
    server.start()
    yield ShopDraft("mall", "练习", {"base_url": server.url, "key": keys.mall.key}, {"secret": keys.mall.secret})
    server.stop()


def refused(act, *arguments, **named):
    with pytest.raises((Refused, NotFound, Unavailable)) as error:
        act(*arguments, **named)
    return error.value


def view(desk, name):
    return next(one for one in desk.shops() if one.name == name)


def test_the_access_is_tried_at_the_real_shop(desk, practice):
    assert desk.try_access(practice, None).tzinfo is not None
    wrong = replace(practice, secrets={"secret": "another"})
    assert refused(desk.try_access, wrong, None).code == "shop.access_refused"
    nobody = replace(practice, settings={**practice.settings, "base_url": "http://127.0.0.1:9"})
    assert refused(desk.try_access, nobody, None).code == "shop.silent"
    assert desk.shops()[0].name == "练习店", "trying adds nothing"
    assert len(desk.shops()) == 1


def test_a_stored_secret_is_tried_without_being_entered_again(desk, practice):
    shop_id = desk.add(practice)
    assert desk.try_access(replace(practice, secrets={}), shop_id)


def test_a_new_shop_is_pulled_and_read_only(world, desk):
    shop_id = desk.add(MALL)
    shop = view(desk, "自家商城")
    assert (shop.id, shop.is_pulled, shop.confirms, shop.confirm_at) == (shop_id, True, False, "outbound")
    assert shop_id in {one.id for one in world.store.read(active_shops)}
    assert desk.told == [1]
    stored = world.store.read(lambda c: shop_of(c, shop_id))
    assert stored.settings == {"base_url": "https://mall.example/api", "key": "k1"}


def test_no_view_and_no_journal_shows_a_secret(world, desk):
    desk.add(MALL)
    assert "s3cret" not in repr(desk.shops())
    assert "s3cret" not in repr(MALL)
    facts = world.rows(select(Journal.action, Journal.facts))
    assert "s3cret" not in repr(facts)


def test_a_changed_shop_keeps_what_was_left_empty(world, desk):
    shop_id = desk.add(MALL)
    desk.change(
        shop_id, replace(MALL, name="新名字", settings={**MALL.settings, "key": "k2"}, secrets={"secret": ""})
    )
    stored = world.store.read(lambda c: shop_of(c, shop_id))
    assert (stored.name, stored.settings["key"], stored.secret) == ("新名字", "k2", '{"secret": "s3cret"}')


def test_pausing_and_going_on(world, desk):
    shop_id = desk.add(MALL)
    desk.set_pulled(shop_id, is_pulled=False)
    assert view(desk, "自家商城").state == "off"
    assert shop_id not in {one.id for one in world.store.read(active_shops)}
    desk.set_pulled(shop_id, is_pulled=True)
    assert view(desk, "自家商城").is_pulled
    desk.stop_telling(shop_id)
    desk.set_confirm_at(shop_id, "handover")
    row = world.rows(select(Shop.confirms_shipments, Shop.confirm_at).where(Shop.id == shop_id))[0]
    assert tuple(row) == (False, "handover")


def test_its_light_follows_its_pulls(world, desk):
    shop_id = desk.add(MALL)
    world.do(lambda uow: note_good_pull(uow, shop_id, 0))
    assert view(desk, "自家商城").state == "good"
    world.clock.advance(minutes=6)
    world.do(lambda uow: note_bad_pull(uow, shop_id, Temporary("no answer")))
    shop = view(desk, "自家商城")
    assert (shop.state, shop.last_error) == ("stop", "Temporary: no answer")


def test_what_cannot_be_a_shop_is_refused_and_nothing_is_written(world, desk):
    desk.add(MALL)
    before = world.dump()
    cases = {
        "shop.kind_unknown": replace(MALL, channel="etsy"),
        "shop.name_bad": replace(MALL, name=" "),
        "shop.setting_missing": replace(MALL, name="B", settings={"base_url": "https://a.example"}),
        "shop.setting_bad": replace(MALL, name="B", settings={**MALL.settings, "key": "a\nb"}),
        "shop.name_taken": replace(MALL, name=" 自家商城 "),
    }
    for code, draft in cases.items():
        assert refused(desk.add, draft).code == code
    assert refused(desk.add, replace(MALL, name="B", secrets={})).code == "shop.setting_missing"
    assert refused(desk.change, 10**6, MALL).code == "shop.unknown"
    assert refused(lambda: desk.set_pulled(10**6, is_pulled=False)).code == "shop.unknown"
    assert world.dump() == before


def test_every_kind_says_what_it_wants_to_know_and_files_are_no_kind(desk):
    kinds = {kind.id: kind for kind in desk.kinds()}
    assert set(kinds) == {plugin.id for plugin in built_in().all()} - {"file"}
    assert [one.name for one in kinds["mall"].settings if one.kind == "secret"] == ["secret"]


def test_two_desks_that_add_one_name_at_once_have_one_shop(world, desk):
    outside = Outside(SystemClock(), None)
    other = Shops(world.new_store("desk 2"), outside.channels, outside.channel, lambda: None, CARRIER)
    results = together(lambda: desk.add(MALL), lambda: other.add(MALL))
    assert sorted(isinstance(result, int) for result in results) == [False, True], results
    assert [shop.name for shop in desk.shops()].count("自家商城") == 1
    outside.close()


@pytest.mark.parametrize("channel", sorted(UNCALLED))
def test_a_shop_that_nobody_calls_is_neither_pulled_nor_told(world, desk, channel):
    """Its plugin, if it has one at all, would refuse every call, and parcels would wait for it."""
    shop_id = world.store.write(lambda uow: add_shop(uow, channel, "本地", {}, "", main_warehouse(uow)))
    assert refused(desk.set_pulled, shop_id, is_pulled=True).code == "shop.not_asked"
    assert refused(desk.stop_telling, shop_id).code == "shop.not_asked"
    assert not view(desk, "本地").confirms
    assert shop_id not in {one.id for one in world.store.read(active_shops)}
