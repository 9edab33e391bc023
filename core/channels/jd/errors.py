"""JD's ways of saying no, as the five kinds every adapter speaks.

The gateway refuses with `error_response` and a code; the service behind it with `success: false` somewhere inside,
and texts that differ from call to call. JD's texts are kept in `code` without long numbers, which may be an order's
or a phone's.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from core.channels.contract import (
    CARRIER_REFUSED,
    ORDER_CLOSED,
    REFUND_OPEN,
    SHIPPED_OTHERWISE,
    UNKNOWN_ORDER,
    WAYBILL_REFUSED,
)
from core.channels.fields import CHINA
from core.runtime.http import Reply
from core.runtime.remote_errors import AuthExpired, ChannelError, ContractBroken, RateLimited, Rejected, Temporary

#: the clock of this computer and JD's differ by more than six minutes
CLOCK: Final = "8"
#: a call for a shop whose owner has not let us in yet
NOT_LET_IN: Final = "18"
_RETRY: Final = frozenset({"43", "65", "66", "67", "69", "70", "78"})
_TOKEN: Final = frozenset({"18", "19", "22", "79", "87"})
_SIGN: Final = frozenset({"11", "12", "20", "21"})
_BUG: Final = frozenset({"13", "16", "17", "60", "61", "62", "63", "68", "83", "85", "86"})
#: `errorCode` of services behind the gateway when they are unwell
_UNWELL: Final = frozenset({"999999", "99999999"})
#: what is final until somebody changes the app's settings at JD, or ours
_SETTINGS: Final[Mapping[str, str]] = {
    CLOCK: "This computer's clock and JD's differ too much",
    **dict.fromkeys(
        # the second is SP-API's word for it
        ("73", "99904030005"),
        "JD answers this only to programs in its own cloud: enter the address of a relay there",
    ),
    "80": "JD does not know this computer's address: put it on the app's list of addresses, or use a relay",
    **dict.fromkeys(
        ("4", "5", "7", "14", "15", "23", "24", "25", "28", "64", "71", "72", "74", "75", "77", "88", "89", "92"),
        "JD does not give this app this ability: look at the app's permissions in JD's console",
    ),
}
#: words in a service's text, the first that fit; JD publishes no codes for most of them
_REASONS: Final[Sequence[tuple[str, re.Pattern[str], str]]] = (
    (SHIPPED_OTHERWISE, re.compile("已经?(发货|出库)|重复(发货|出库)"), "JD already has this order as sent"),
    (
        UNKNOWN_ORDER,
        re.compile("订单不存在|(未|没有?|无法)查询?到.{0,4}订单|查询?不到.{0,4}订单|order_not_exist"),
        "JD does not know this order",
    ),
    (REFUND_OPEN, re.compile("锁定|申请取消"), "The buyer asked JD to cancel this order"),
    (ORDER_CLOSED, re.compile("取消|关闭"), "JD has cancelled this order"),
    (CARRIER_REFUSED, re.compile("物流公司|承运商|快递公司"), "JD does not take this carrier"),
    (WAYBILL_REFUSED, re.compile("运单号|快递单号|物流单号"), "JD does not take this waybill number"),
)
_NEXT_DAY: Final = re.compile("明[天日]|今[天日]|当[天日]|每[天日]|tomorrow|today|day", re.IGNORECASE)
_SECONDS: Final = re.compile(r"(\d{1,5})\s*(?:秒|seconds?)", re.IGNORECASE)
_PAUSE_S: Final = 10.0
_LONG_NUMBER: Final = re.compile(r"\d{5,}")
_TEXTS: Final = ("chineseErrCode", "chinese_err_code", "zh_desc", "msg", "message", "errorMsg", "resultErrorMsg")
_CODES: Final = ("error_code", "errorCode", "englishErrCode", "numberCode", "code")


def judged(reply: Reply) -> ChannelError | None:
    """The error that an answer with status 200 is, None where it is none."""
    refused = reply.data.get("error_response")
    if isinstance(refused, dict):
        text = f"{refused.get('zh_desc') or ''} {refused.get('en_desc') or ''}"
        return gateway_error(_plain(refused.get("code")), text, reply.server_time)
    body = next((value for value in reply.data.values() if isinstance(value, dict)), None)
    if body is None:
        return ContractBroken("JD's answer holds nothing", code="root")
    code = _plain(body.get("code", "0"))
    if code not in ("", "0", "200"):
        return gateway_error(code, _text_in(body), reply.server_time)
    for part in _parts(body):
        if part.get("success") in (False, "false"):
            return service_error(part)
    return None


def gateway_error(code: str, text: str, now: datetime) -> ChannelError:
    """The error of a code of the gateway's table. `now` is JD's clock."""
    if code in _RETRY:
        return Temporary("JD is unwell at the moment", code=code)
    if code == "2":
        return RateLimited("JD asks for fewer calls", code=code, retry_after_s=_wait(text, now))
    if code in _TOKEN:
        sentence = "JD does not have the owner's authorisation, or not any more: the owner has to give it"
        return AuthExpired(sentence, code=code)
    if code in _SIGN:
        return AuthExpired("JD does not accept the app's key and secret", code=code)
    if code in _BUG or not code:
        return ContractBroken("JD does not understand us", code=code or "error_response")
    return Rejected(_SETTINGS.get(code, "JD refused"), code=code)


def service_error(part: Mapping[str, object]) -> ChannelError:
    """The error of a service's `success: false`."""
    code = next((_plain(part[name]) for name in _CODES if _plain(part.get(name)) not in ("", "0")), "")
    text = _text_in(part)
    if code in _UNWELL:
        return Temporary("JD is unwell at the moment", code=code)
    for reason, words, sentence in _REASONS:
        if words.search(f"{text} {code}"):
            return Rejected(sentence, code=reason)
    return Rejected("JD refused", code=f"{code} {_LONG_NUMBER.sub('…', text)}".strip()[:80] or "refused")


def _parts(body: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    """The answer and what is in it, two steps deep: services put their verdict in either place."""
    yield body
    for value in body.values():
        if isinstance(value, dict):
            yield value
            yield from (inner for inner in value.values() if isinstance(inner, dict))


def _text_in(part: Mapping[str, object]) -> str:
    return next((value for name in _TEXTS if isinstance(value := part.get(name), str) and value), "")


def _plain(code: object) -> str:
    text = str(code) if type(code) is int else code
    return text if isinstance(text, str) and len(text) <= 40 and text.isascii() else ""


def _wait(text: str, now: datetime) -> float:
    """How long JD wants us away: until its next day where the text speaks of days."""
    told = _SECONDS.search(text)
    if told is not None:
        return float(told[1])
    if not _NEXT_DAY.search(text):
        return _PAUSE_S
    local = now.astimezone(CHINA)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return (midnight - local).total_seconds() + 1
