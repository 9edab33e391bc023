"""What Taobao and Tmall are called, what they need to know, and how a shop there is opened."""

from collections.abc import Mapping
from dataclasses import replace

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
from core.channels.taobao.authoriser import PAGES, TaobaoAuthoriser
from core.channels.taobao.channel import CAPABILITIES, TaobaoChannel
from core.channels.taobao.client import GATEWAY, TopClient, TopKey
from core.channels.taobao.items import TAOBAO_RULES, TMALL_RULES
from core.channels.taobao.memory import Memories
from core.channels.taobao.steps import MEANS, STEPS
from core.runtime.clock import Clock
from core.runtime.http import HttpClient, endpoint


class ShopOpener:
    """Opens shops, and remembers what was read of them a moment ago for the next time."""

    def __init__(self, *, is_tmall: bool) -> None:
        self._is_tmall = is_tmall
        self._memories = Memories()

    def __call__(
        self,
        settings: Mapping[str, str],
        secret: Mapping[str, str],
        http: HttpClient,
        clock: Clock,  # noqa: ARG002  (the factory's shape; time stamps follow the platform's clock)
    ) -> TaobaoChannel:
        """One shop. Does no HTTP.

        Raises:
            Refused: `channel.setting`, `http.address`; a setting cannot be used.
        """
        key = TopKey(needed(settings, "app_key"), needed(secret, "app_secret"), secret.get("session", "").strip())
        place = place_of(settings, GATEWAY)
        memory = self._memories.of(place.base, key)
        return TaobaoChannel(TopClient(place, http, key), memory, is_tmall=self._is_tmall)


def open_authoriser(
    settings: Mapping[str, str], secret: Mapping[str, str], http: HttpClient, clock: Clock
) -> Authoriser:
    """The platform's side of authorising the app.

    Raises:
        Refused: `channel.setting`, `http.address`; a setting cannot be used.
    """
    place = endpoint(settings.get("oauth_url", "").strip() or PAGES)
    return TaobaoAuthoriser(place, http, clock, needed(settings, "app_key"), needed(secret, "app_secret"))


PLUGIN = ChannelPlugin(
    id="taobao",
    label_zh="淘宝",
    label_en="Taobao",
    settings=(
        SettingField(
            "app_key",
            "AppKey",
            "App key",
            hint_zh="开放平台控制台里自有应用的 AppKey(商家后台系统类,需有订单、商品、退款权限包)",
            hint_en="Of your own app in the open platform's console, with its packages for orders, items and refunds",
        ),
        SettingField("app_secret", "AppSecret", "App secret", kind="secret"),
        redirect_setting(),
        SettingField(
            "session",
            "授权令牌(SessionKey)",
            "Token of the shop (session key)",
            kind="secret",
            is_required=False,
            hint_zh="一般由授权页取得,不用填;也可以贴上平台授权工具给出的令牌",
            hint_en="Comes from the page of authorising; one from the platform's own tool can be pasted too",
        ),
        relay_setting(GATEWAY),
        SettingField(
            "oauth_url",
            "授权页地址(一般不改)",
            "Address of the authorisation pages (rarely changed)",
            kind="url",
            is_required=False,
            default=PAGES,
        ),
        lan_setting(),
    ),
    capabilities=CAPABILITIES,
    factory=ShopOpener(is_tmall=False),
    keeps_unpaid=True,
    stock_rules=TAOBAO_RULES,
    authoriser=open_authoriser,
    steps=STEPS,
    means=MEANS,
)

TMALL = replace(
    PLUGIN, id="tmall", label_zh="天猫", label_en="Tmall", factory=ShopOpener(is_tmall=True), stock_rules=TMALL_RULES
)
