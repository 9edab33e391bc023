"""What Douyin shops are called, what they need to know, and how one is opened."""

import threading
from collections.abc import Mapping
from typing import Final

from core.channels.douyin.authoriser import DouyinAuthoriser
from core.channels.douyin.channel import DouyinChannel, OwnAppChannel
from core.channels.douyin.client import BASE_URL, DouyinApp, DouyinClient
from core.channels.douyin.facts import CAPABILITIES, STOCK_RULES
from core.channels.douyin.steps import MEANS, STEPS
from core.channels.douyin.tokens import GrantedToken, OwnAppToken, own_grant
from core.channels.grant_contract import Authoriser
from core.channels.plugin import (
    ChannelPlugin,
    SettingField,
    lan_setting,
    needed,
    place_of,
    redirect_setting,
    relay_setting,
)
from core.runtime.clock import Clock
from core.runtime.errors import Refused
from core.runtime.http import Endpoint, HttpClient


class ShopOpener:
    """Opens shops, and keeps the token of a merchant's own app for the next time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tokens: dict[tuple[str, str, str, str], OwnAppToken] = {}

    def __call__(
        self, settings: Mapping[str, str], secret: Mapping[str, str], http: HttpClient, clock: Clock
    ) -> DouyinChannel:
        """One shop. Does no HTTP; one that nobody has authorised opens too, and every call of it says so.

        Raises:
            Refused: `channel.setting` for a missing setting, `http.address` for an address that cannot be used.
        """
        place, app = place_of(settings, BASE_URL), _app(settings, secret)
        warehouse = settings.get("out_warehouse_id", "").strip()
        if settings.get("service_id", "").strip():
            granted = GrantedToken(secret.get("access_token", "").strip())
            return DouyinChannel(DouyinClient(place, http, app, granted), place, http, out_warehouse_id=warehouse)
        own = self._own(place, http, clock, app, needed(settings, "shop_id"))
        return OwnAppChannel(DouyinClient(place, http, app, own), place, http, own, out_warehouse_id=warehouse)

    def _own(self, place: Endpoint, http: HttpClient, clock: Clock, app: DouyinApp, shop_id: str) -> OwnAppToken:
        client = DouyinClient(place, http, app, None)
        with self._lock:
            fresh = OwnAppToken(lambda: own_grant(client, clock, shop_id), clock)
            return self._tokens.setdefault((place.base, app.key, app.secret, shop_id), fresh)


def _authorise(settings: Mapping[str, str], secret: Mapping[str, str], http: HttpClient, clock: Clock) -> Authoriser:
    service_id = settings.get("service_id", "").strip()
    if not service_id:
        raise Refused("shop.no_page", "a shop's own app is let in by its key alone")
    client = DouyinClient(place_of(settings, BASE_URL), http, _app(settings, secret), None)
    return DouyinAuthoriser(client, clock, service_id)


def _app(settings: Mapping[str, str], secret: Mapping[str, str]) -> DouyinApp:
    return DouyinApp(needed(settings, "app_key"), needed(secret, "app_secret"))


PLUGIN: Final = ChannelPlugin(
    id="douyin",
    label_zh="抖店",
    label_en="Douyin shop",
    settings=(
        SettingField(
            "app_key", "App Key", "App Key", hint_zh="抖店开放平台 › 应用详情", hint_en="open platform, app"
        ),
        SettingField("app_secret", "App Secret", "App Secret", kind="secret"),
        SettingField(
            "shop_id",
            "店铺 ID（自用型应用必填）",
            "Shop id (for an app of one's own)",
            is_required=False,
            hint_zh="抖店后台右上角 › 店铺信息",
            hint_en="seller's pages, top right",
        ),
        SettingField(
            "service_id",
            "服务 ID（工具型应用才填）",
            "Service id (for a service's app)",
            is_required=False,
        ),
        redirect_setting("授权回调地址（工具型应用才填）", "Redirect address (for a service's app)"),
        SettingField(
            "out_warehouse_id",
            "区域仓编码（用区域库存才填）",
            "Warehouse code (stock per region only)",
            is_required=False,
        ),
        relay_setting(BASE_URL),
        lan_setting(),
    ),
    capabilities=CAPABILITIES,
    factory=ShopOpener(),
    keeps_unpaid=True,
    stock_rules=STOCK_RULES,
    authoriser=_authorise,
    page_needs="service_id",
    steps=STEPS,
    means=MEANS,
)
