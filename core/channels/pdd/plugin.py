"""What Pinduoduo is called, what it asks for, and how a shop there is opened and authorised."""

from collections.abc import Mapping
from typing import Final

from core.channels.contract import Channel
from core.channels.grant_contract import Authoriser
from core.channels.pdd.channel import PddChannel
from core.channels.pdd.client import PddApp, PddClient
from core.channels.pdd.facts import CAPABILITIES, STOCK_RULES
from core.channels.pdd.grants import PddAuthoriser
from core.channels.pdd.steps import MEANS, STEPS
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
from core.runtime.http import HttpClient

#: the platform's own gateway; a relay stands before it where the platform wants calls to come out of its cloud
GATEWAY: Final = "https://gw-api.pinduoduo.com"


def open_shop(
    settings: Mapping[str, str],
    secret: Mapping[str, str],
    http: HttpClient,
    clock: Clock,  # noqa: ARG001  (the factory's shape; times are the platform's)
) -> Channel:
    """One shop. Does no HTTP; a shop without a token opens too, and every call of it says that it is not authorised.

    Raises:
        Refused: `channel.setting` for a setting that is missing, `http.address` for an address a secret must not be
            sent to.
    """
    return PddChannel(_client(settings, secret, http))


def authoriser(
    settings: Mapping[str, str],
    secret: Mapping[str, str],
    http: HttpClient,
    clock: Clock,  # noqa: ARG001  (the factory's shape)
) -> Authoriser:
    """The way to a token for the app in the settings; `Refused` as `open_shop`."""
    return PddAuthoriser(_client(settings, secret, http), needed(settings, "client_id"))


def _client(settings: Mapping[str, str], secret: Mapping[str, str], http: HttpClient) -> PddClient:
    token = secret.get("access_token", "").strip()
    app = PddApp(needed(settings, "client_id"), needed(secret, "client_secret"), token)
    return PddClient(place_of(settings, GATEWAY), http, app)


PLUGIN = ChannelPlugin(
    id="pdd",
    label_zh="拼多多",
    label_en="Pinduoduo",
    settings=(
        SettingField(
            "client_id",
            "应用 client_id",
            "The app's client_id",
            hint_zh="拼多多开放平台 → 控制台 → 应用",
            hint_en="open.pinduoduo.com, console, your app",
        ),
        SettingField("client_secret", "应用 client_secret", "The app's client_secret", kind="secret"),
        redirect_setting(hint_zh="与应用里登记的一致；主账号授权后把浏览器地址栏的内容贴回来", is_required=True),
        relay_setting(
            GATEWAY,
            hint_zh="平台要求从它的云里调用时，填中转的地址",
            hint_en="where the platform wants calls to come out of its cloud",
        ),
        lan_setting(),
    ),
    capabilities=CAPABILITIES,
    factory=open_shop,
    stock_rules=STOCK_RULES,
    authoriser=authoriser,
    steps=STEPS,
    means=MEANS,
)
