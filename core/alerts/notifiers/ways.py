"""The kinds of channels this version knows, and how one of each is opened."""

import ssl
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from core.alerts.notifiers import dingtalk, feishu, mail, wecom
from core.alerts.notifiers.contract import Kind, Notifier
from core.runtime.clock import Clock
from core.runtime.errors import Refused
from core.runtime.http import Endpoint, HttpClient, endpoint

KINDS: Mapping[str, Kind] = MappingProxyType({one.KIND.name: one.KIND for one in (wecom, dingtalk, feishu, mail)})
#: the only places that robots are spoken to at; no address that a person types is ever called
PLACES: Final[Mapping[str, str]] = MappingProxyType(
    {one.KIND.name: f"https://{one.HOST}" for one in (wecom, dingtalk, feishu)}
)


def is_heard_by_all(kind: str, access: Mapping[str, str]) -> bool:
    """Whether a message to nobody in particular arrives: at a group's robot, or at a mail account with a list."""
    known = KINDS.get(kind)
    return known is None or known.is_group or bool(access.get("to"))


class WaysOut:
    """Opens robots and mail accounts."""

    def __init__(
        self,
        client: Callable[[], HttpClient],
        clock: Clock,
        *,
        places: Mapping[str, str] = PLACES,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Nothing is opened yet.

        Args:
            client: gives the HTTP client.
            clock: dates mails.
            places: where each kind of robot is spoken to; another one for a stand-in on this machine.
            tls: whom mail servers are trusted by; None for this machine's own list.
        """
        self._client = client
        self._clock = clock
        self._places = places
        self._tls = tls

    def open(self, kind: str, access: Mapping[str, str]) -> Notifier:
        """A robot or account.

        Raises:
            Refused: `alert.channel_kind`, this version knows no such kind.
        """
        if kind == mail.KIND.name:
            return mail.Mail(access, self._clock, self._tls)
        robots: Mapping[str, Callable[[Mapping[str, str], HttpClient, Endpoint], Notifier]] = {
            wecom.KIND.name: wecom.WeCom,
            dingtalk.KIND.name: dingtalk.DingTalk,
            feishu.KIND.name: feishu.Feishu,
        }
        made = robots.get(kind)
        if made is None:
            raise Refused("alert.channel_kind", f"this version knows no channel of kind {kind}", kind=kind)
        return made(access, self._client(), endpoint(self._places[kind]))
