"""What the settings page and the composition need to know about WeChat shops."""

from collections.abc import Mapping
from typing import Final

from core.channels.plugin import ChannelPlugin, SettingField, lan_setting, relay_setting
from core.channels.wechat.abilities import CAPABILITIES, STOCK_RULES
from core.channels.wechat.channel import WechatChannel
from core.channels.wechat.client import WechatClient
from core.channels.wechat.session import SessionShelf
from core.channels.wechat.steps import MEANS, STEPS
from core.runtime.clock import Clock
from core.runtime.errors import Refused
from core.runtime.http import HttpClient, endpoint

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
        for name, given in (("appid", settings), ("secret", secret)):
            if not given.get(name, "").strip():
                raise Refused("channel.setting", f"The setting {name} is missing.", field=name)
        place = endpoint(settings.get("base_url", "").strip() or BASE_URL, allow_lan=settings.get("allow_lan") == "1")
        session = self._sessions.session(
            place, http, clock, appid=settings["appid"].strip(), secret=secret["secret"].strip()
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
