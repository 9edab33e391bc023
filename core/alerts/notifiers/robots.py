"""What the group robots share: pasted addresses, text cut at a number of bytes, errors that come with status 200."""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from core.alerts.notifiers.contract import WayBroken
from core.runtime.errors import Refused
from core.runtime.http import Endpoint, ErrorReply, HttpClient, Reply, plain_error
from core.runtime.remote_errors import ChannelError, ContractBroken, RateLimited, Rejected, Temporary

_KEY: Final = re.compile(r"[A-Za-z0-9_-]{8,200}")
_CUT: Final = "…"
_WORTH_A_TRY: Final = timedelta(seconds=60)


def cut_to_bytes(text: str, most: int) -> str:
    """As much of a text as fits into `most` bytes of UTF-8, ended by an ellipsis where anything is lost."""
    if len(text.encode()) <= most:
        return text
    room = most - len(_CUT.encode())
    return text.encode()[: max(room, 0)].decode(errors="ignore") + _CUT


def key_in(pasted: str, host: str, path: str, parameter: str) -> str:
    """The key of a robot out of what a person pasted: the whole address, or the key alone.

    Args:
        pasted: as entered.
        host: the only host that such an address may name; nothing is ever sent to another one.
        path: how the address goes on.
        parameter: name of the query's parameter that holds the key; empty where the key ends the path.

    Raises:
        Refused: `alert.channel_key`.
    """
    text = pasted.strip()
    if _KEY.fullmatch(text):
        return text
    try:
        parts = urlsplit(text)
    except ValueError:
        raise _bad_key() from None
    # The whole place, so that neither a name before an @ nor a port leads elsewhere.
    if parts.scheme != "https" or parts.netloc.lower() != host:
        raise _bad_key()
    if parameter:
        found = parse_qs(parts.query).get(parameter, []) if parts.path == path else []
        key = found[0] if len(found) == 1 else ""
    else:
        key = parts.path.removeprefix(path) if parts.path.startswith(path) else ""
    if not _KEY.fullmatch(key):
        raise _bad_key()
    return key


def secret_in(entered: str) -> str:
    """A signing secret as entered.

    Raises:
        Refused: `alert.channel_secret`.
    """
    text = entered.strip()
    if not 4 <= len(text) <= 200 or not text.isprintable() or not text.isascii():
        raise Refused("alert.channel_secret", "this is no signing secret of a robot")
    return text


def _bad_key() -> Refused:
    # Never with what was entered: it is the secret.
    return Refused("alert.channel_key", "this is neither the address of such a robot nor its key")


def send_signed(http: HttpClient, place: Endpoint, once: Callable[[], None]) -> None:
    """Send what is signed with the time; once more where the refusal taught us that our clock is wrong.

    A signature that was refused was certainly not taken, so the second try doubles nothing.
    """
    before = http.clock_offset(place) or timedelta()
    try:
        once()
    except WayBroken:
        learnt = http.clock_offset(place)
        if learnt is None or abs(learnt - before) < _WORTH_A_TRY:
            raise
    else:
        return
    once()


#: what the platforms' numbers mean: the class of failure, and seconds to wait where it is known
Meaning = tuple[type[ChannelError], float]


def check_answer(reply: Reply, field: str, meanings: Mapping[int, Meaning]) -> None:
    """Raise what an answer with status 200 says; the platform's own words may hold addresses and are dropped."""
    code = reply.data.get(field)
    if isinstance(code, bool) or not isinstance(code, int):
        raise ContractBroken("The robot's answer has no code", code="robot.answer")
    if code != 0:
        raise error_of(code, meanings)


def error_of(code: int, meanings: Mapping[int, Meaning]) -> ChannelError:
    """The error of a platform's number; one nobody here knows is final for the message, not for the robot."""
    kind, wait_s = meanings.get(code, (Rejected, 0.0))
    if kind is RateLimited:
        return RateLimited("The robot takes no more for a while", code=str(code), retry_after_s=wait_s)
    if kind is WayBroken:
        return WayBroken("The robot cannot be used", code=str(code))
    if kind is Temporary:
        return Temporary("The robot is unwell", code=str(code))
    return Rejected("The robot refused the message", code=str(code))


def explain_by(field: str, meanings: Mapping[int, Meaning]) -> Any:
    """How a refusal by status is read: by the platform's number where one stands in it, else by the status."""

    def explain(reply: ErrorReply) -> ChannelError:
        code = None if reply.problem is None else reply.problem.get(field)
        if isinstance(code, int) and not isinstance(code, bool) and code in meanings:
            return error_of(code, meanings)
        return plain_error(reply)

    return explain
