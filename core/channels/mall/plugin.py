"""What the settings page and the composition need to know about own malls."""

from collections.abc import Mapping

from core.channels.contract import Channel
from core.channels.mall.client import CAPABILITIES, STOCK_RULES, MallChannel, MallKey
from core.channels.plugin import ChannelPlugin, SettingField, lan_setting, needed, place_of
from core.runtime.clock import Clock
from core.runtime.http import HttpClient


def _open(
    settings: Mapping[str, str],
    secret: Mapping[str, str],
    http: HttpClient,
    clock: Clock,  # noqa: ARG001  (the factory's shape; time stamps follow the mall's clock)
) -> Channel:
    place = place_of(settings)
    key = MallKey(needed(settings, "key"), needed(secret, "secret"))
    return MallChannel(place, key, http, tells_weight=settings.get("tells_weight") == "1")


PLUGIN = ChannelPlugin(
    id="mall",
    label_zh="自有商城",
    label_en="Own mall",
    settings=(
        SettingField("base_url", "接口地址", "Address", kind="url", hint_en="https://shop.example/packdesk"),
        SettingField("key", "密钥编号", "Key"),
        SettingField("secret", "密钥", "Secret", kind="secret"),
        lan_setting(),
        SettingField(
            "tells_weight",
            "发货时告诉包裹重量",
            "Tell what a parcel weighs",
            kind="flag",
            is_required=False,
        ),
    ),
    capabilities=CAPABILITIES,
    factory=_open,
    stock_rules=STOCK_RULES,
)
