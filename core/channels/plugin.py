"""What a channel folder declares about itself: name, settings, abilities, and how to open a shop."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from core.channels.contract import Capabilities, Channel
from core.channels.grant_contract import AuthoriserFactory
from core.channels.stock_contract import StockRules
from core.runtime.clock import Clock
from core.runtime.errors import Refused
from core.runtime.http import Endpoint, HttpClient, endpoint


@dataclass(frozen=True, slots=True)
class SettingField:
    """One thing the settings page asks for. `kind` is text | url | secret | flag (`"1"` or `""`).

    Values of kind `secret` go into the keyring and reach the factory in `secret`, all others in `settings`.
    """

    name: str
    label_zh: str
    label_en: str
    kind: str = "text"
    is_required: bool = True
    default: str = ""
    hint_zh: str = ""
    hint_en: str = ""


def needed(given: Mapping[str, str], name: str) -> str:
    """A setting or secret that a shop cannot be opened without.

    Raises:
        Refused: `channel.setting`, it is missing.
    """
    value = given.get(name, "").strip()
    if not value:
        raise Refused("channel.setting", f"The setting {name} is missing.", field=name)
    return value


def place_of(settings: Mapping[str, str], usual: str = "") -> Endpoint:
    """Where a shop is called: at the address in its settings, at the platform's usual one where none stands there.

    Raises:
        Refused: `channel.setting`, there is neither; `http.address`, a secret must not be sent there.
    """
    address = settings.get("base_url", "").strip() or usual or needed(settings, "base_url")
    return endpoint(address, allow_lan=settings.get("allow_lan") == "1")


def relay_setting(
    default: str,
    label_zh: str = "接口地址（用中转时才改）",
    label_en: str = "Address (only for a relay)",
    hint_zh: str = "",
    hint_en: str = "",
) -> SettingField:
    """The platform's gateway, or the address of a relay that stands before it."""
    hints = {"hint_zh": hint_zh, "hint_en": hint_en}
    return SettingField("base_url", label_zh, label_en, "url", is_required=False, default=default, **hints)


def lan_setting() -> SettingField:
    """Whether an address in the local network may be called: a relay, or a shop of one's own, may stand there."""
    return SettingField(
        "allow_lan", "允许局域网地址", "Allow an address in the local network", "flag", is_required=False
    )


def redirect_setting(
    label_zh: str = "授权回调地址",
    label_en: str = "Redirect address",
    hint_zh: str = "与应用里登记的一致；授权后把浏览器地址栏的内容贴回来",
    hint_en: str = "As registered for the app; afterwards paste what stands in the browser's address line",
    *,
    is_required: bool = False,
) -> SettingField:
    """The address that is registered for the app, at which the browser stands after the owner said yes."""
    return SettingField("redirect_uri", label_zh, label_en, "url", is_required, hint_zh=hint_zh, hint_en=hint_en)


#: what platforms refuse for reasons that an owner mends in their console: this computer's address is not on the app's
#: list; the app has no permission for the call; only programs in the platform's own cloud are answered; the clocks
#: differ; the day's calls are used up. And at a shop's own site: the key's user may not do it; a firewall or a login
#: page answers; there is no such shop at the address; the address leads elsewhere; it sells in other money
ADDRESS_LIST: Final = "address_list"
PERMISSION: Final = "permission"
OWN_CLOUD: Final = "own_cloud"
CLOCKS: Final = "clocks"
DAY_QUOTA: Final = "day_quota"
KEY_RIGHTS: Final = "key_rights"
FIREWALL: Final = "firewall"
NO_SHOP: Final = "no_shop"
MOVED: Final = "moved"
CURRENCY: Final = "currency"
MEANINGS: Final = (
    *(ADDRESS_LIST, PERMISSION, OWN_CLOUD, CLOCKS, DAY_QUOTA),
    *(KEY_RIGHTS, FIREWALL, NO_SHOP, MOVED, CURRENCY),
)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing an owner does at the platform, or here, before a shop of this kind answers.

    `is_proven` False: nobody could check it at the platform; the page says so.
    """

    zh: str
    en: str
    is_proven: bool = True


#: (settings, secret, http, clock) -> one authorised shop. Raises `Refused` when a setting cannot be used.
ChannelFactory = Callable[[Mapping[str, str], Mapping[str, str], HttpClient, Clock], Channel]


@dataclass(frozen=True, slots=True)
class ChannelPlugin:
    """A kind of shop: what it is called, what it needs to know, what it can do, and how to open one."""

    id: str
    label_zh: str
    label_en: str
    settings: Sequence[SettingField]
    capabilities: Capabilities
    factory: ChannelFactory
    #: buyers of a marketplace may pay there until it closes the order, whatever we think of it: what such an order
    #: claimed stays claimed until then
    keeps_unpaid: bool = False
    #: how its numbers of stock are written; None: not from here
    stock_rules: StockRules | None = None
    #: for platforms whose owner authorises us on a page of theirs; the tokens are no settings to be typed
    authoriser: AuthoriserFactory | None = None
    #: the setting without which the shop is let in by its key alone although its kind has a page; blank: none
    page_needs: str = ""
    #: what has to be applied for and where it goes, in the order in which it is done
    steps: Sequence[Step] = ()

    #: the platform's own code -> what it means to a clerk (one of `MEANINGS`); a trailing * stands for any rest
    means: Mapping[str, str] = field(default_factory=dict)

    def meaning_of(self, code: str) -> str:
        """What a code of the platform's means to a clerk, by the longest entry that fits; blank where none does."""
        fits = (one for one in self.means if one == code or (one.endswith("*") and code.startswith(one[:-1])))
        found = max(fits, key=len, default=None)
        return "" if found is None else self.means[found]

    def awaits_owner(self, settings: Mapping[str, str], secrets: Mapping[str, str]) -> bool:
        """Whether a shop cannot be called before its owner said yes on the page: no token was typed in its place."""
        typed = (one.name for one in self.settings if one.kind == "secret" and not one.is_required)
        return self.has_page(settings) and not any(secrets.get(name, "").strip() for name in typed)

    def has_page(self, settings: Mapping[str, str]) -> bool:
        """Whether a shop with these settings is authorised on a page of the platform's."""
        if self.authoriser is None:
            return False
        return not self.page_needs or bool(settings.get(self.page_needs, "").strip())
