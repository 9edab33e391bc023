"""What a channel folder declares about itself: name, settings, abilities, and how to open a shop."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from core.channels.contract import Capabilities, Channel
from core.runtime.clock import Clock


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


#: (settings, secret, http, clock) -> one authorised shop. Raises `Refused` when a setting cannot be used.
ChannelFactory = Callable[[Mapping[str, str], Mapping[str, str], object, Clock], Channel]


@dataclass(frozen=True, slots=True)
class ChannelPlugin:
    """A kind of shop: what it is called, what it needs to know, what it can do, and how to open one."""

    id: str
    label_zh: str
    label_en: str
    settings: Sequence[SettingField]
    capabilities: Capabilities
    factory: ChannelFactory
