"""What Vendure is called, what it asks for, and how a shop on it is opened."""

import re
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from core.channels.plugin import ChannelPlugin, SettingField
from core.channels.vendure.channel import CAPABILITIES, VendureChannel
from core.channels.vendure.client import VendureClient
from core.channels.vendure.http import RequestsDoor
from core.runtime.clock import Clock
from core.runtime.errors import Refused

_GRAPHQL_NAME = re.compile(r"[_A-Za-z][_0-9A-Za-z]*", re.ASCII)


def open_shop(
    settings: Mapping[str, str], secret: Mapping[str, str], _http: object, clock: Clock
) -> VendureChannel:
    """One shop. Does no HTTP. The adapter brings its own door; the program's HTTP client is not used yet.

    Raises:
        Refused: `channel.address` for an address a password must not be sent to, `channel.setting` for a
        setting that
            cannot be right.
    """
    note_field = settings.get("buyer_note_field", "").strip()
    if note_field and not _GRAPHQL_NAME.fullmatch(note_field):
        raise Refused(
            "channel.setting", "The field of the buyer's note is not a name.", field="buyer_note_field"
        )
    username = settings.get("username", "").strip()
    if not username:
        raise Refused("channel.setting", "The user name is missing.", field="username")
    client = VendureClient(
        RequestsDoor(_checked_address(settings.get("base_url", "")), clock),
        username=username,
        password=secret.get("password", ""),
        channel_token=settings.get("channel_token", "").strip(),
    )
    return VendureChannel(
        client,
        buyer_note_field=note_field,
        stock_location_id=settings.get("stock_location_id", "").strip(),
    )


def _checked_address(text: str) -> str:
    """The address without a trailing slash; https, or http to this very machine."""
    address = text.strip().rstrip("/")
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        host, parts = "", urlsplit("")
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and _is_this_machine(host))
    if not host or not is_safe or parts.query or parts.fragment or parts.username is not None:
        raise Refused("channel.address", "The shop's address must be an https address.", field="base_url")
    return address


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


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
    ),
    factory=open_shop,
    capabilities=CAPABILITIES,
)
