"""What the settings page and the composition need to know about WeChat shops."""

from collections.abc import Mapping
from typing import Final

from core.channels.plugin import ChannelPlugin, SettingField, lan_setting, needed, place_of, relay_setting
from core.channels.wechat.abilities import CAPABILITIES, STOCK_RULES
from core.channels.wechat.channel import WechatChannel
from core.channels.wechat.client import WechatClient
from core.channels.wechat.session import SessionShelf
from core.channels.wechat.steps import MEANS, STEPS
from core.runtime.clock import Clock
from core.runtime.http import HttpClient

#: the platform's own address; a relay in the cloud stands in for it where the shop's IP list wants a fixed one
BASE_URL: Final = "https://api.weixin.qq.com"


class ShopOpener:
    """Opens shops, and keeps the token of an app for the next time."""

    def __init__(self) -> None:
        self._sessions = SessionShelf()

    def __call__(
        self, settings: Mapping[str, str], secret: Mapping[str, str], http: HttpClient, clock: Clock
    ) -> WechatChannel:
        """One shop. Does no HTTP.

        Raises:
            Refused: `channel.setting` for a missing setting, `http.address` for an address that cannot be used.
        """
        place = place_of(settings, BASE_URL)
        session = self._sessions.session(
            place, http, clock, appid=needed(settings, "appid"), secret=needed(secret, "secret")
        )
        return WechatChannel(WechatClient(session, http))


PLUGIN = ChannelPlugin(
    id="wechat",
    label_zh="微信小店",
    label_en="WeChat shop",
    settings=(
        SettingField(
            "appid",
            "小店 AppID",
            "Shop AppID",
            hint_zh="小店后台 → 服务市场 → 经营工具 → 自研，wx 开头",
            hint_en="In the shop's pages under self-built tools; begins with wx",
        ),
        SettingField(
            "secret",
            "小店 AppSecret",
            "Shop AppSecret",
            kind="secret",
            hint_zh="只显示一次；同一页还要把出口 IP 加进白名单",
            hint_en="Shown once; on the same page the computer's public address has to be put on the IP list",
        ),
        relay_setting(BASE_URL),
        lan_setting(),
    ),
    capabilities=CAPABILITIES,
    factory=ShopOpener(),
    keeps_unpaid=True,
    stock_rules=STOCK_RULES,
    steps=STEPS,
    means=MEANS,
)
