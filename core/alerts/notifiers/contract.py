"""What every way to a person has in common: a message goes out, or one of a few kinds of failure comes back."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from core.runtime.remote_errors import Rejected


class WayBroken(Rejected):
    """The robot or account itself does not work (any more): a person has to mend it, no message will get through."""


@dataclass(frozen=True, slots=True)
class Message:
    """Plain text: a title, and lines below it. Nothing in it is ever taken for markup or for a mention."""

    title: str
    lines: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """All of it, one line below the other."""
        return "\n".join((self.title, *self.lines))


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a channel may be used; below what the platform allows, so that it never blocks us."""

    per_minute: int
    per_second: int = 1


@dataclass(frozen=True, slots=True)
class AccessField:
    """One thing that a kind of channel has to be told. `kind`: text | secret | number | flag | choice."""

    name: str
    kind: str
    is_required: bool = True
    choices: tuple[str, ...] = ()
    #: shown again in the form; what is secret never is
    default: str = ""


class Notifier(Protocol):
    """Sends through one robot or account."""

    def send(self, message: Message, to: Sequence[str]) -> None:
        """Send once, without any repeat.

        Args:
            message: what is said.
            to: whom a robot mentions, or the addresses of a mail; empty for the group, or the account's own address.

        Raises:
            WayBroken: nothing gets through here until somebody mends it.
            Rejected: this message was refused.
            RateLimited: wait as long as it says.
            Temporary: try later; whether this one arrived is unknown.
        """
        ...


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of channel.

    Attributes:
        name: wecom | dingtalk | feishu | email.
        fields: what it has to be told.
        pace: how often it may be used.
        check: makes clean access data of what was entered; raises `Refused` where it cannot be used.
        is_group: a robot in a group, which everybody there reads; mail needs an address.
    """

    name: str
    fields: tuple[AccessField, ...]
    pace: Pace
    check: Callable[[Mapping[str, str]], dict[str, str]]
    is_group: bool = True
    secrets: frozenset[str] = field(default=frozenset())
