"""What WooCommerce is called, what it asks for, and how a shop on it is opened."""

from collections.abc import Mapping

from core.channels.contract import Channel
from core.channels.plugin import ChannelPlugin, SettingField, needed, place_of
from core.channels.woocommerce.channel import WooChannel
from core.channels.woocommerce.client import Ways, WooClient, WooKey
from core.channels.woocommerce.facts import CAPABILITIES, STOCK_RULES
from core.channels.woocommerce.steps import MEANS, STEPS
from core.runtime.clock import Clock
from core.runtime.http import HttpClient


def open_shop(
    settings: Mapping[str, str],
    secret: Mapping[str, str],
    http: HttpClient,
    clock: Clock,  # noqa: ARG001  (the factory's shape; times are the shop's)
) -> Channel:
    """One shop. Does no HTTP.

    Raises:
        Refused: `channel.setting` for a setting that is missing, `http.address` for an address a secret must not be
            sent to.
    """
    place = place_of(settings)
    key = WooKey(needed(settings, "consumer_key"), needed(secret, "consumer_secret"))
    ways = Ways(signs=settings.get("signs") == "1", plain_links=settings.get("plain_links") == "1")
    return WooChannel(WooClient(place, http, key, ways))


PLUGIN = ChannelPlugin(
    id="woocommerce",
    label_zh="WooCommerce 商城",
    label_en="WooCommerce shop",
    settings=(
        SettingField(
            "base_url",
            "商城网址",
            "Shop address",
            kind="url",
            hint_zh="首页的网址，例如 https://shop.example；不用加 /wp-json",
            hint_en="Of the front page, https://shop.example; without /wp-json",
        ),
        SettingField(
            "consumer_key",
            "Consumer key（ck_ 开头）",
            "Consumer key (begins with ck_)",
            hint_zh="WooCommerce → 设置 → 高级 → REST API → 添加密钥，权限选“读/写”",
            hint_en="WooCommerce, Settings, Advanced, REST API, Add key, Read/Write",
        ),
        SettingField(
            "consumer_secret", "Consumer secret（cs_ 开头）", "Consumer secret (begins with cs_)", kind="secret"
        ),
        SettingField(
            "signs",
            "签名放在网址里（主机去掉验证头时）",
            "Sign in the address (where the host drops the header)",
            kind="flag",
            is_required=False,
        ),
        SettingField("plain_links", "固定链接为朴素", "Plain permalinks", kind="flag", is_required=False),
        SettingField(
            "allow_lan",
            "允许局域网地址",
            "Allow an address in the local network",
            kind="flag",
            is_required=False,
        ),
    ),
    capabilities=CAPABILITIES,
    factory=open_shop,
    # Its buyers may pay until the shop calls the order off ("hold stock", an hour as it comes).
    keeps_unpaid=True,
    stock_rules=STOCK_RULES,
    steps=STEPS,
    means=MEANS,
)
