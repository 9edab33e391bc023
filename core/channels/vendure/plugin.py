"""What Vendure is called, what it asks for, and how a shop on it is opened."""

import re
from collections.abc import Mapping

from core.channels.plugin import ChannelPlugin, SettingField, lan_setting, needed, place_of
from core.channels.vendure.channel import CAPABILITIES, STOCK_RULES, VendureChannel
from core.channels.vendure.client import VendureClient
from core.runtime.clock import Clock
from core.runtime.errors import Refused
from core.runtime.http import HttpClient

_GRAPHQL_NAME = re.compile(r"[_A-Za-z][_0-9A-Za-z]*", re.ASCII)


def open_shop(
    settings: Mapping[str, str],
    secret: Mapping[str, str],
    http: HttpClient,
    clock: Clock,  # noqa: ARG001  (the factory's shape; times are the shop's)
) -> VendureChannel:
    """One shop. Does no HTTP.

    Raises:
        Refused: `http.address` for an address a password must not be sent to, `channel.setting` for a setting that is
            missing or cannot be right.
    """
    # Looked at, and kept as it was typed: a password may end in a blank.
    needed(secret, "password")
    note_field = settings.get("buyer_note_field", "").strip()
    if note_field and not _GRAPHQL_NAME.fullmatch(note_field):
        raise Refused("channel.setting", "The field of the buyer's note is not a name.", field="buyer_note_field")
    client = VendureClient(
        place_of(settings),
        http,
        username=needed(settings, "username"),
        password=secret["password"],
        channel_token=settings.get("channel_token", "").strip(),
    )
    return VendureChannel(
        client,
        buyer_note_field=note_field,
        stock_location_id=settings.get("stock_location_id", "").strip(),
    )


PLUGIN = ChannelPlugin(
    id="vendure",
    label_zh="Vendure 商城",
    label_en="Vendure shop",
    settings=(
        SettingField("base_url", "商城网址", "Shop address", kind="url"),
        SettingField("username", "管理员账号", "Administrator"),
        SettingField("password", "密码", "Password", kind="secret"),
        SettingField(
            "channel_token",
            "渠道令牌（多渠道商城才填）",
            "Channel token (multi-channel shops)",
            is_required=False,
        ),
        SettingField(
            "buyer_note_field",
            "买家留言的自定义字段名",
            "Custom field of the buyer's note",
            is_required=False,
        ),
        SettingField(
            "stock_location_id",
            "库存地点编号（多地点才填）",
            "Stock location id (if several)",
            is_required=False,
        ),
        lan_setting(),
    ),
    factory=open_shop,
    capabilities=CAPABILITIES,
    stock_rules=STOCK_RULES,
)
