"""How a channel introduces itself: its labels, the settings it asks for, and how to open a shop on it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from core.channels.contract import Capabilities, Channel
from core.runtime.clock import Clock


class HttpReply(Protocol):
    """A whole reply, read to its end."""

    @property
    def status(self) -> int:
        """The HTTP status code."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """The reply's headers; names compare without regard to case."""
        ...

    @property
    def body(self) -> bytes:
        """The body, decompressed, never longer than the client's cap."""
        ...


class HttpClient(Protocol):
    """What an adapter needs from HTTP: total deadline, byte cap and refused redirects are its business."""

    def post(self, url: str, *, headers: Mapping[str, str], body: bytes) -> HttpReply:
        """Send and read to the end.

        Raises:
            Temporary: no answer, a cut answer, or not within the deadline. The request may have arrived.
            ContractBroken: the answer is longer than the cap.
        """
        ...


@dataclass(frozen=True, slots=True)
class SettingField:
    """One thing the shop owner is asked for; the settings page is made from these."""

    name: str
    label_zh: str
    label_en: str
    #: text | url
    kind: str = "text"
    required: bool = True
    #: kept in the secrets store and handed to the factory apart from the settings
    secret: bool = False


ChannelFactory = Callable[[Mapping[str, str], str, HttpClient | None, Clock], Channel]


@dataclass(frozen=True, slots=True)
class ChannelPlugin:
    """A kind of channel. `factory(settings, secret, http, clock)` opens one shop without doing HTTP."""

    id: str
    label_zh: str
    label_en: str
    settings: tuple[SettingField, ...]
    factory: ChannelFactory
    capabilities: Capabilities
