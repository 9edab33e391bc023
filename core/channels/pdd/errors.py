"""Pinduoduo's refusals as the five kinds of error: it answers status 200 with an `error_response`."""

import re
from collections.abc import Mapping
from typing import Final

from core.runtime.http import ErrorReply, Reply, plain_error
from core.runtime.remote_errors import AuthExpired, ChannelError, RateLimited, Rejected, Temporary

EXPIRED: Final = 10019
NOT_THIS_APP: Final = 20032
WRONG_CLIENT: Final = 10016
WRONG_SIGN: Final = 20004
#: a service behind the gateway says no; only its words tell whether it is only unwell
BUSINESS: Final = 50001

#: code -> how long to keep still: it throttles by the minute, and apps that are not released yet by the day
_WAITS: Final = {52101: 5.0, 70031: 10.0, 70036: 3600.0}
_UNWELL: Final = frozenset({50000, 50002, 52001, 52002, 52102, 52103, 70033})
_ACCESS: Final = {
    EXPIRED: "The shop's authorisation has run out",
    NOT_THIS_APP: "The authorisation belongs to another app",
    WRONG_CLIENT: "Pinduoduo does not know this client_id",
    WRONG_SIGN: "Pinduoduo does not accept the app's secret",
}
#: refusals that a person has to do something about outside
_SETTINGS: Final = {
    10017: "Pinduoduo does not know this call any more",
    20005: "This computer's address is not on the app's list: enter it there, or set a relay",
    20031: "The app has no permission for this call: apply for it in the open platform's console",
    20034: "Pinduoduo has switched this call off",
    20035: "This call has to be made through another gateway of Pinduoduo: set a relay",
    30000: "Pinduoduo does not let this app make the call",
    30001: "Pinduoduo does not let this app make the call",
    70032: "Pinduoduo has barred this app",
    70034: "Pinduoduo has barred this app",
    70035: "Pinduoduo has barred this app",
}
_MISUNDERSTOOD: Final = frozenset({10000, 10001, 21001, 21002, 52004})
_PASSING: Final = re.compile("系统|繁忙|稍后|重试|超时|busy|timeout|try again", re.IGNORECASE)
_SUB_CODE: Final = re.compile(r"[0-9A-Za-z_.:-]{1,64}", re.ASCII)
#: what has figures in it may be a phone, a parcel or an order of somebody
_QUOTED: Final = re.compile(r"(?=[A-Za-z+_.-]*[0-9*@])[0-9A-Za-z*+_.@-]{5,}")
_LONGEST_WORDS: Final = 80


def judge(reply: Reply) -> ChannelError | None:
    """The error that an answer with status 200 is, None where it is none."""
    told = reply.data.get("error_response")
    return None if told is None else error_of(told)


def explain(reply: ErrorReply) -> ChannelError:
    """The error of an answer with another status: of a proxy, or of the relay, or the platform's own all the same."""
    told = (reply.problem or {}).get("error_response")
    return plain_error(reply) if told is None else error_of(told)


def error_of(told: object) -> ChannelError:
    """The error for one `error_response`."""
    fields: Mapping[str, object] = told if isinstance(told, dict) else {}
    number = _number_of(fields.get("error_code"))
    sub = fields.get("sub_code")
    code = str(number)
    is_code = isinstance(sub, (str, int)) and not isinstance(sub, bool) and _SUB_CODE.fullmatch(str(sub))
    if is_code and str(sub) != code:
        code = f"{code}/{sub}"
    words = _words_of(fields)
    if number in _WAITS:
        sentence = f"Pinduoduo asks for fewer calls{words}"
        return RateLimited(sentence, code=code, retry_after_s=_WAITS[number])
    if number in _ACCESS:
        return AuthExpired(f"{_ACCESS[number]}{words}", code=code)
    if number in _SETTINGS:
        return Rejected(f"{_SETTINGS[number]}{words}", code=code)
    if number in _MISUNDERSTOOD:
        return Rejected(f"Pinduoduo does not understand what was asked{words}", code=code)
    if number == BUSINESS:
        is_passing = not words or _PASSING.search(words) is not None
    else:
        # What this version does not know: the numbers of the services behind the gateway begin with 5.
        is_passing = number in _UNWELL or 50_000 <= number < 60_000
    if is_passing:
        return Temporary(f"Pinduoduo does not answer properly at the moment{words}", code=code)
    return Rejected(f"Pinduoduo refused{words}", code=code)


def is_business(error: ChannelError) -> bool:
    """Whether a service behind the gateway said no."""
    return number_in(error) == BUSINESS


def number_in(error: ChannelError) -> int:
    """The platform's number in an error of ours, 0 where it is none of the platform's."""
    return _number_of(error.code.partition("/")[0])


def _number_of(value: object) -> int:
    if type(value) is int:
        return value
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 12 else 0


def _words_of(fields: Mapping[str, object]) -> str:
    """The platform's own words in brackets, without anything that could be somebody's number."""
    for name in ("sub_msg", "error_msg"):
        said = fields.get(name)
        if isinstance(said, str) and said.strip():
            plain = "".join(char for char in said.strip() if char.isprintable())
            return f" ({_QUOTED.sub('…', plain)[:_LONGEST_WORDS]})"
    return ""
