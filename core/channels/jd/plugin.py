"""What the settings page and the composition need to know about JD."""

from collections.abc import Mapping
from typing import Final

from core.channels.jd.authoriser import LOGIN, JdAuthoriser
from core.channels.jd.carriers import Memories
from core.channels.jd.channel import CAPABILITIES, JdChannel
from core.channels.jd.client import JdClient, JdKey
from core.channels.jd.goods import STOCK_RULES
from core.channels.jd.steps import MEANS, STEPS
from core.channels.plugin import ChannelPlugin, SettingField, lan_setting, needed, redirect_setting, relay_setting
from core.runtime.clock import Clock
from core.runtime.http import HttpClient, endpoint

GATEWAY: Final = "https://api.jd.com"


class ShopOpener:
    """Opens shops, and remembers what was read of them for the next time."""

    def __init__(self) -> None:
        self._memories = Memories()

    def __call__(
        self,
        settings: Mapping[str, str],
        secret: Mapping[str, str],
        http: HttpClient,
        clock: Clock,  # noqa: ARG002  (the factory's shape; time stamps follow JD's clock)
    ) -> JdChannel:
        """One shop. Does no HTTP.

        Raises:
            Refused: `channel.setting` for a setting that is missing; `http.address` for a relay that cannot be used.
        """
        # a shop is kept before its owner has let us in
        token = secret.get("access_token", "").strip()
        key = JdKey(needed(settings, "app_key"), needed(secret, "app_secret"), token)
        # JD's documents name the address with its path
        address = settings.get("base_url", "").strip().rstrip("/").removesuffix("/routerjson") or GATEWAY
        place = endpoint(address, allow_lan=settings.get("allow_lan") == "1")
        memory = self._memories.of(place.base, key.app_key, key.access_token)
        return JdChannel(JdClient(place, http, key), memory)


def open_authoriser(
    settings: Mapping[str, str],
    secret: Mapping[str, str],
    http: HttpClient,
    clock: Clock,  # noqa: ARG001  (the factory's shape)
) -> JdAuthoriser:
    """JD's pages for the shop's app. Does no HTTP.

    Raises:
        Refused: as `ShopOpener`.
    """
    place = endpoint(settings.get("login_url", "").strip() or LOGIN)
    return JdAuthoriser(place, http, needed(settings, "app_key"), needed(secret, "app_secret"))


PLUGIN = ChannelPlugin(
    id="jd",
    label_zh="京东",
    label_en="JD",
    settings=(
        SettingField(
            "app_key",
            "AppKey",
            "App key",
            hint_zh="京东宙斯开放平台 → 应用管理",
            hint_en="JD open platform, application management",
        ),
        SettingField("app_secret", "AppSecret", "App secret", kind="secret"),
        redirect_setting(),
        SettingField(
            "access_token",
            "令牌",
            "Token",
            kind="secret",
            is_required=False,
            hint_zh="一般由授权页取得，不用填",
            hint_en="Comes from the page of authorising; rarely typed",
        ),
        relay_setting(
            GATEWAY,
            hint_zh="京东要求从京东云调用时，填写云上中转的地址",
            hint_en="Where JD answers only from its own cloud: the address of a relay there",
        ),
        SettingField(
            "login_url",
            "授权页地址（一般不改）",
            "Address of the pages of authorising (rarely changed)",
            kind="url",
            is_required=False,
            default=LOGIN,
        ),
        lan_setting(),
    ),
    capabilities=CAPABILITIES,
    factory=ShopOpener(),
    # JD does not tell that an unpaid order was called off, so what it claims has to run out
    keeps_unpaid=False,
    stock_rules=STOCK_RULES,
    authoriser=open_authoriser,
    steps=STEPS,
    means=MEANS,
)
