"""Pulling a shop, or one order of it, because somebody wants it now; the platform is the simulated one over HTTP."""

import pytest
from sqlalchemy import select

from core.app import CoreConfig, build
from core.channels.by_hand import BY_HAND
from core.desk.pulling_now import PulledNow, PullingNow
from core.inventory.models import Warehouse
from core.orders.models import Order
from core.runtime.errors import NotFound, Refused, Unavailable
from core.sync.shop_views import ShopDraft
from core.sync.shops import add_shop
from tests.simulators.platforms.taobao import TaobaoServer, taobao_shop


@pytest.fixture
def taobao(file_world):
    with TaobaoServer(taobao_shop(file_world.clock.now)) as server:
        yield server


@pytest.fixture
def core(file_world, tmp_path):
    core = build(CoreConfig(folder=tmp_path / "core", key_file=tmp_path / "key", clock=file_world.clock))
    core.store.write(lambda uow: uow.insert(Warehouse, {"code": "main", "name": "main"}))
    yield core
    core.stop()


@pytest.fixture
def shop_id(core, taobao):
    settings = {"app_key": taobao.app.key, "base_url": f"{taobao.url}/router/rest"}
    secrets = {"app_secret": taobao.app.secret, "session": taobao.grants.session()}
    return core.shop_desk.add(ShopDraft("taobao", "旗舰店", settings, secrets))


def paid(taobao):
    goods = taobao.shop.list_goods("BEAR", 100)
    order = taobao.shop.place([(goods.sku_id, 1)])
    taobao.shop.pay(order.no)
    return order.no


def code_of(act, *arguments):
    with pytest.raises((Refused, NotFound, Unavailable)) as error:
        act(*arguments)
    return error.value.code


def stored(core):
    return set(core.store.read(lambda connection: connection.execute(select(Order.order_no)).scalars().all()))


def test_a_shop_is_pulled_now(core, taobao, shop_id, file_world):
    number = paid(taobao)
    file_world.clock.advance(minutes=10)
    assert core.pulling_now.pull(shop_id) == PulledNow(1, 0)
    assert any(number in one for one in stored(core))
    assert core.pulling_now.pull(shop_id).new == 0


def test_one_order_is_brought_by_its_number_before_any_list_has_it(core, taobao, shop_id):
    number = paid(taobao)
    assert core.pulling_now.order(shop_id, f" {number} ") == number
    assert any(number in one for one in stored(core))
    assert code_of(core.pulling_now.order, shop_id, "9999999999999") == "shop.order_unknown"
    assert code_of(core.pulling_now.order, shop_id, "  ") == "shop.order_no_bad"
    assert code_of(core.pulling_now.order, shop_id + 7, number) == "shop.unknown"


def test_what_the_shop_says_comes_as_an_error_of_the_desk(core, taobao, shop_id):
    taobao.grants.life = taobao.grants.sensitive_life = taobao.grants.life * 0
    taobao.desk.sessions.clear()
    assert code_of(core.pulling_now.pull, shop_id) == "shop.access_refused"
    assert core.shop_desk.shops()[0].topic == "access"


def test_neither_a_busy_nor_an_uncalled_shop_is_pulled(core, shop_id):
    busy = PullingNow(core.store, lambda _shop: None, lambda _shop, _number: False)
    assert code_of(busy.pull, shop_id) == "shop.pulled_elsewhere"
    by_hand = core.store.write(lambda uow: add_shop(uow, BY_HAND, "手工", {}, "{}", 1))
    assert code_of(core.pulling_now.pull, by_hand) == "shop.not_asked"
    assert code_of(core.pulling_now.order, by_hand, "1") == "shop.not_asked"
