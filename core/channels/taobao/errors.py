"""The gateway's codes as the five kinds of the channel contract.

`code` of an error is the platform's own `sub_code`, or its number where it gives none. Its `sub_msg` stays out: it
may hold a name or a phone.
"""

import re
from collections.abc import Mapping
from typing import Final

from core.runtime.http import ErrorReply, plain_error
from core.runtime.remote_errors import AuthExpired, ChannelError, ContractBroken, RateLimited, Rejected, Temporary

#: refused unprocessed because our time stamp is off; the answer's Date header has told the right time
CLOCK: Final = "31"

_CALLS: Final = "7"
#: key, secret or token are not accepted: a wrong secret, no token, a dead one, an unknown app
_AUTHORISATION: Final[Mapping[str, str]] = {
    "25": "Taobao does not accept the signature: the app's secret is not right",
    "26": "Taobao wants an authorisation of this shop",
    "27": "The authorisation of this shop is over, was taken back, or belongs to another app",
    "28": "Taobao wants the app's key",
    "29": "Taobao does not know the app's key",
}
_PERMISSION: Final = "Taobao has not given this app the permission for that; ask for the package in its console"
_REFUSED: Final[Mapping[str, str]] = {
    "9": "Taobao does not take such a call",
    "11": _PERMISSION,
    "12": _PERMISSION,
    "13": _PERMISSION,
    "21": "Taobao misses the name of what was asked",
    "22": "Taobao does not know what was asked",
    "23": "Taobao does not know the form of the answer that was asked for",
    "24": "Taobao misses the signature",
    "30": "Taobao misses the time of the call",
    "32": "Taobao misses the version of the call",
    "33": "Taobao does not know the version of the call",
    "34": "Taobao does not take this version of the call",
    "40": "Taobao misses something in what was asked",
    "41": "Taobao does not take what was asked",
    "42": "Taobao forbids this call",
    "43": "Taobao does not understand what was asked",
}
#: beginnings of `sub_code` and what they mean to a clerk
_WORDS: Final = (
    (
        "isv.permission-ip-whitelist",
        "Taobao does not know the address this computer calls from; add it in its console",
    ),
    ("isv.permission", _PERMISSION),
    ("isv.trade-not-exist", "Taobao does not know this order"),
    ("isv.item-", "Taobao says no to a change of this item"),
    ("isv.logistics", "Taobao does not take this parcel"),
)
#: what the platform's own words say where goods lie in a promotion
_LOCKS: Final = ("不支持全量修改", "被系统锁定", "活动商品", "互动商品")
_LOCKED: Final = "Taobao has locked the stock of this item, a promotion runs; it can be changed when that is over"

_BAN: Final = re.compile(r"ban will last for (\d{1,7}) more second", re.IGNORECASE)
#: what a code looks like; anything else may be a sentence with somebody's name in it
_CODE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.:-]{0,95}", re.ASCII)
_DAY_IS_USED_UP: Final = "accesscontrol.limited-by-app-access-count"
_LONGEST_WAIT_S: Final = 86_400.0


def error_of(data: Mapping[str, object]) -> ChannelError | None:
    """The error that an answer is, None where it is none."""
    told = data.get("error_response")
    if told is None:
        return None
    if not isinstance(told, dict):
        return ContractBroken("Taobao refused in a way nobody understands", code="error_response")
    number, sub_code = _text(told.get("code")), _code(told.get("sub_code"))
    sub_msg = _text(told.get("sub_msg"))
    return _error(number, sub_code, sub_msg)


def explain(reply: ErrorReply) -> ChannelError:
    """The error of an answer with status 400 or above, which is a proxy's rather than the gateway's."""
    error = error_of(reply.problem) if reply.problem is not None else None
    return error or plain_error(reply)


def missing_session() -> AuthExpired:
    """What the gateway would say to a call for a shop that nobody has authorised yet."""
    return AuthExpired(_AUTHORISATION["26"], code="26")


def _error(number: str, sub_code: str, sub_msg: str) -> ChannelError:
    code = sub_code or number
    if number == _CALLS:
        return _too_many(code, sub_msg)
    if number in _AUTHORISATION or "session" in sub_code:
        return AuthExpired(_AUTHORISATION.get(number, _AUTHORISATION["27"]), code=code)
    if number == CLOCK:
        return Temporary("This computer's clock and Taobao's differ too much", code=number)
    if number == "10" or sub_code.startswith("isp."):
        return Temporary("Taobao does not answer properly at the moment", code=code)
    if number in _REFUSED or sub_code.startswith("isv."):
        return Rejected(_sentence(number, sub_code, sub_msg), code=code)
    # A word nobody knows may come after the deed.
    return Temporary("Taobao says that something went wrong", code=code)


def _too_many(code: str, sub_msg: str) -> RateLimited:
    """The ban is over when its last second is: one more than the platform counts."""
    found = _BAN.search(sub_msg)
    is_day = code == _DAY_IS_USED_UP
    wait = min(float(found[1]) + 1, _LONGEST_WAIT_S) if found else (3600.0 if is_day else 1.0)
    sentence = "The calls this app has for today are used up" if is_day else "Taobao asks for fewer calls"
    return RateLimited(sentence, code=code, retry_after_s=wait)


def _sentence(number: str, sub_code: str, sub_msg: str) -> str:
    if any(word in sub_msg for word in _LOCKS):
        return _LOCKED
    for beginning, sentence in _WORDS:
        if sub_code.startswith(beginning):
            return sentence
    return _REFUSED.get(number, "Taobao says no")


def _text(value: object) -> str:
    return value if isinstance(value, str) else str(value) if type(value) is int else ""


def _code(value: object) -> str:
    return value if isinstance(value, str) and _CODE.fullmatch(value) else ""
