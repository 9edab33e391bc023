"""What Medusa is called, what it asks for, and how a shop on it is opened."""

from collections.abc import Mapping
from typing import Final

from core.channels.medusa.channel import MedusaChannel
from core.channels.medusa.client import MedusaClient, MedusaKey
from core.channels.medusa.facts import CAPABILITIES, STOCK_RULES
from core.channels.medusa.mapper import Reading
from core.channels.medusa.shipping import NUMBER_MARK
from core.channels.medusa.steps import MEANS, STEPS
from core.channels.plugin import ChannelPlugin, SettingField, lan_setting, place_of
from core.runtime.clock import Clock
from core.runtime.errors import Refused
from core.runtime.http import HttpClient

_YES: Final = "1"


def open_shop(
    settings: Mapping[str, str],
    secret: Mapping[str, str],
    http: HttpClient,
    clock: Clock,  # noqa: ARG001  (the factory's shape; times are the shop's)
) -> MedusaChannel:
    """One shop. Does no HTTP.

    Raises:
        Refused: `http.address` for an address a key must not be sent to, `channel.setting` for a setting that is
            missing or cannot be right.
    """
    key = MedusaKey(
        secret_key=secret.get("api_key", "").strip(),
        email=settings.get("email", "").strip(),
        password=secret.get("password", ""),
    )
    if not key.secret_key and not (key.email and key.password):
        raise Refused("channel.setting", "A secret key, or an e-mail address and password.", field="api_key")
    tracking_url = settings.get("tracking_url", "").strip()
    if tracking_url and not (tracking_url.startswith(("https://", "http://")) and NUMBER_MARK in tracking_url):
        raise Refused("channel.setting", f"The parcels' page needs {NUMBER_MARK}.", field="tracking_url")
    place = place_of(settings)
    return MedusaChannel(
        MedusaClient(place, http, key),
        reading=Reading(
            note_field=settings.get("buyer_note_field", "").strip(),
            counts_authorised=settings.get("counts_authorised") == _YES,
        ),
        location_id=settings.get("stock_location_id", "").strip(),
        tracking_url=tracking_url,
    )


PLUGIN = ChannelPlugin(
    id="medusa",
    label_zh="Medusa 商城",
    label_en="Medusa shop",
    settings=(
        SettingField(
            "base_url",
            "服务器网址",
            "Server address",
            kind="url",
            hint_zh="Medusa 后台的网址去掉 /app",
            hint_en="That of the admin pages, without /app",
        ),
        SettingField(
            "api_key",
            "密钥（Secret API Key）",
            "Secret API key",
            kind="secret",
            is_required=False,
            hint_zh="后台 → 设置 → Secret API Keys，sk_ 开头；填了就不用邮箱和密码",
            hint_en="Settings, secret API keys; begins with sk_. With it no e-mail address and password are needed",
        ),
        SettingField(
            "email", "管理员邮箱（没有密钥时）", "Administrator's e-mail (without a key)", is_required=False
        ),
        SettingField("password", "密码（没有密钥时）", "Password (without a key)", kind="secret", is_required=False),
        SettingField(
            "counts_authorised",
            "已授权就算已付款",
            "Authorised counts as paid",
            kind="flag",
            is_required=False,
            hint_zh="发货时才收款的商城勾选",
            hint_en="For shops that capture payments when the parcel leaves",
        ),
        SettingField(
            "buyer_note_field",
            "买家留言在 metadata 里的名称",
            "Name of the buyer's note in metadata",
            is_required=False,
            hint_zh="例如 note；不填就不读留言",
            hint_en="For example note; blank: notes are not read",
        ),
        SettingField(
            "stock_location_id",
            "发货地点编号（多地点才填）",
            "Stock location id (if several)",
            is_required=False,
            hint_zh="sloc_ 开头",
            hint_en="Begins with sloc_",
        ),
        SettingField(
            "tracking_url",
            "给买家的查件网址",
            "Page where buyers follow a parcel",
            is_required=False,
            hint_zh="单号处写 {number}，例如 https://example.com/track?no={number}",
            hint_en="With {number} for the number, such as https://example.com/track?no={number}",
        ),
        lan_setting(),
    ),
    capabilities=CAPABILITIES,
    factory=open_shop,
    stock_rules=STOCK_RULES,
    steps=STEPS,
    means=MEANS,
)
