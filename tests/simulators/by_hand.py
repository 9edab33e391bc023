"""Platforms with sample shops for people to try the program on: who to connect as, and a life that goes on.

Nothing in here knows the product: what a person has to type is printed.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from tests.simulators.platforms import pdd, wechat
from tests.simulators.platforms.douyin import DouyinServer, make_shop
from tests.simulators.platforms.jd import JdServer
from tests.simulators.platforms.jd import habits as jd_habits
from tests.simulators.platforms.pdd import PddServer, pdd_shop
from tests.simulators.platforms.server import PlatformServer
from tests.simulators.platforms.shop import Person, RuleError, Shop
from tests.simulators.platforms.taobao import Seller, TaobaoServer, taobao_shop
from tests.simulators.platforms.wechat import WechatServer, wechat_shop

#: code, title, choice, fen, units
_GOODS: Final = (
    ("MF-101", "练习奶粉 一段", "900 克", 29_900, 300),
    ("FS-201", "练习辅食 米粉", "原味", 4_900, 120),
    ("WJ-601", "练习玩具 布书", "6 册", 6_800, 40),
)
_NAMES: Final = ("赵练习", "钱练习", "孙练习", "李练习")


@dataclass(frozen=True, slots=True)
class Sample:
    """One running platform and what somebody types to connect its shop."""

    name: str
    server: PlatformServer
    fields: Mapping[str, str]
    #: a code as the owner's page would give it, where the platform has one
    make_code: Callable[[], str] | None = None

    @property
    def shop(self) -> Shop:
        """The shop behind it."""
        return self.server.shop


def taobao(now: Callable[[], datetime]) -> Sample:
    """A shop on Taobao."""
    return _top("taobao", TaobaoServer(taobao_shop(now), seller=Seller(kind="C")))


def tmall(now: Callable[[], datetime]) -> Sample:
    """A shop on Tmall: the same doors, and calls of stock of its own."""
    return _top("tmall", TaobaoServer(taobao_shop(now), seller=Seller(kind="B")))


def _top(name: str, server: TaobaoServer) -> Sample:
    app = server.app
    fields = {
        "app_key": app.key,
        "app_secret": app.secret,
        "session": server.grants.session(),
        "base_url": f"{server.url}/router/rest",
        "redirect_uri": app.redirect_uri,
        "oauth_url": server.url,
    }
    return Sample(name, server, fields)


def jd(now: Callable[[], datetime]) -> Sample:
    """A shop at JD."""
    server = JdServer(Shop(now, jd_habits()))
    fields = {
        "app_key": server.app_key,
        "app_secret": server.secret,
        "access_token": server.access_token,
        "base_url": server.url,
    }
    return Sample("jd", server, fields)


def pinduoduo(now: Callable[[], datetime]) -> Sample:
    """A shop at Pinduoduo; it is let in by a code."""
    server = PddServer(pdd_shop(now))
    fields = {"client_id": pdd.CLIENT_ID, "client_secret": pdd.SECRET, "base_url": server.url}
    return Sample("pdd", server, fields, server.tokens.code)


def douyin(now: Callable[[], datetime]) -> Sample:
    """A shop at Douyin, opened by the merchant's own app."""
    server = DouyinServer(make_shop(now))
    app = server.app
    fields = {"app_key": app.key, "app_secret": app.secret, "shop_id": str(app.shop_id), "base_url": server.url}
    return Sample("douyin", server, fields)


def wechat_small_shop(now: Callable[[], datetime]) -> Sample:
    """A shop in WeChat."""
    server = WechatServer(wechat_shop(now))
    return Sample("wechat", server, {"appid": wechat.APPID, "secret": wechat.SECRET, "base_url": server.url})


SAMPLES: Final[Mapping[str, Callable[[Callable[[], datetime]], Sample]]] = {
    "taobao": taobao,
    "tmall": tmall,
    "jd": jd,
    "pdd": pinduoduo,
    "douyin": douyin,
    "wechat": wechat_small_shop,
}


def furnish(shop: Shop, rng: random.Random, orders: int = 6) -> None:
    """Goods, and a morning of orders: most paid, one not, one that the buyer wants back."""
    goods = [
        shop.list_goods(code, qty, title=title, spec=spec, price_fen=fen) for code, title, spec, fen, qty in _GOODS
    ]
    for number in range(orders):
        sku = rng.choice(goods).sku_id
        person = Person(name=rng.choice(_NAMES), address=f"练习路{rng.randint(1, 99)}号")
        order = shop.place(
            [(sku, rng.randint(1, 3))], buyer=f"b-{number}", person=person, note=rng.choice(("", "请轻放"))
        )
        if number != 1:
            shop.pay(order.no)
    shop.ask_refund(next(iter(shop.orders)))


def live_on(shop: Shop, rng: random.Random) -> str:
    """One thing that happens; says what."""
    paid = [order.no for order in shop.orders.values() if order.state == "paid"]
    what = rng.choice(("order", "order", "order", "refund", "cancel"))
    try:
        if what == "order" or not paid:
            no = place_one(shop, rng, rng.randint(1, 2))
            return f"a buyer ordered and paid: {no}"
        no = rng.choice(paid)
        if what == "refund":
            shop.ask_refund(no)
            return f"a buyer wants money back: {no}"
        shop.cancel(no)
    except RuleError as error:
        return f"nothing: {error.code}"
    return f"an order was called off: {no}"


def place_one(shop: Shop, rng: random.Random, qty: int) -> str:
    """One paid order."""
    order = shop.place([(rng.choice(list(shop.goods)), qty)], buyer=f"b-{rng.randint(1, 999)}")
    shop.pay(order.no)
    return order.no
