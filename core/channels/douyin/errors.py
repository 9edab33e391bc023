"""Douyin's refusals, which come with status 200, as the five kinds of the channel contract.

Sources: the platform's tables of main codes and of sub codes per call (channels_other.md 3.2). The platform's own
sentence is kept behind ours, without long numbers: they may be somebody's phone.
"""

import re
from collections.abc import Mapping
from typing import Final

from core.channels.contract import (
    CARRIER_REFUSED,
    KEPT_BACK,
    NOT_PAID,
    ORDER_CLOSED,
    REFUND_OPEN,
    SHIPPED_OTHERWISE,
    UNKNOWN_ORDER,
    WAYBILL_REFUSED,
)
from core.runtime.http import ErrorReply, plain_error
from core.runtime.remote_errors import AuthExpired, ChannelError, ContractBroken, RateLimited, Rejected, Temporary

#: the request's time and the platform's differ by more than ten minutes: nothing was done
CLOCK_SKEW: Final = "clock_skew"
#: the difference of stock with this key has been applied already
DONE_BEFORE: Final = "done_before"
#: the parcel was told in a way that this call cannot change
IN_PACKS: Final = "in_packs"
UNKNOWN_LISTING: Final = "unknown_listing"
STATE_AS_IT_IS: Final = "state_as_it_is"
NOTE_REFUSED: Final = "note_refused"
NOTE_TOO_LONG: Final = "note_too_long"

OK: Final = 10000
_PARTLY: Final = 10001
_RATE_S: Final = 5.0
_SUB_CODE: Final = re.compile(r"[a-z][a-z.-]{0,60}(?::\d{1,10})?", re.ASCII)
_LONG_NUMBER: Final = re.compile(r"\d{7,}")
_LONGEST_SAYING: Final = 120

#: numbers of the calls that tell a parcel; what else they say is a plain no
SENDING: Final[Mapping[str, str]] = {
    "60033": UNKNOWN_ORDER,
    "60101": UNKNOWN_ORDER,
    "60102": UNKNOWN_ORDER,
    "60021": ORDER_CLOSED,
    "60068": ORDER_CLOSED,
    "60113": ORDER_CLOSED,
    "60040": REFUND_OPEN,
    "60120": REFUND_OPEN,
    "60110": SHIPPED_OTHERWISE,
    "70023": SHIPPED_OTHERWISE,
    "60011": CARRIER_REFUSED,
    "60018": CARRIER_REFUSED,
    "60026": CARRIER_REFUSED,
    "60083": CARRIER_REFUSED,
    "60126": CARRIER_REFUSED,
    "60128": CARRIER_REFUSED,
    "60138": CARRIER_REFUSED,
    "60014": WAYBILL_REFUSED,
    "60017": WAYBILL_REFUSED,
    "60127": WAYBILL_REFUSED,
    "70018": WAYBILL_REFUSED,
    "70019": WAYBILL_REFUSED,
    "70020": WAYBILL_REFUSED,
    "70022": WAYBILL_REFUSED,
    "60109": KEPT_BACK,
    "60137": NOT_PAID,
}
#: numbers of the calls that replace a number
REPLACING: Final[Mapping[str, str]] = {**SENDING, "10002": WAYBILL_REFUSED, "70011": IN_PACKS}
ORDERS: Final[Mapping[str, str]] = {"20014": UNKNOWN_ORDER, "60033": UNKNOWN_ORDER, "50049": UNKNOWN_ORDER}
NOTES: Final[Mapping[str, str]] = {"20002": UNKNOWN_ORDER, "50051": NOTE_REFUSED, "50056": NOTE_TOO_LONG}
STOCK: Final[Mapping[str, str]] = {
    "4": UNKNOWN_LISTING,
    "5": UNKNOWN_LISTING,
    "20050": UNKNOWN_LISTING,
    "40010": DONE_BEFORE,
}
SALE: Final[Mapping[str, str]] = {
    "2010021": STATE_AS_IT_IS,
    "2010058": UNKNOWN_LISTING,
    "2010064": UNKNOWN_LISTING,
}

_SENTENCES: Final = {
    UNKNOWN_ORDER: "Douyin does not know this order",
    ORDER_CLOSED: "Douyin has closed or refunded this order: nothing may be sent for it",
    REFUND_OPEN: "The buyer has asked for a refund: answer that first",
    SHIPPED_OTHERWISE: "Douyin already has these goods as sent, with another number",
    CARRIER_REFUSED: "Douyin does not take this carrier for this order",
    WAYBILL_REFUSED: "Douyin does not take this waybill number",
    KEPT_BACK: "Douyin is still reviewing this order: it cannot be sent yet",
    NOT_PAID: "Douyin says that this order is not paid",
    IN_PACKS: "Douyin keeps this order in parcels of their own",
    UNKNOWN_LISTING: "Douyin does not know this listing",
    NOTE_REFUSED: "Douyin does not take this note",
    NOTE_TOO_LONG: "The note is longer than Douyin takes (500 characters)",
}
#: main code -> what a person does about it
_FINAL: Final = {
    30001: "This app may not make the call: apply for the permission in the Douyin console",
    30002: "Douyin does not take calls from this address: put it on the app's list, or use a relay",
    80000: "Douyin refused the call for safety reasons: look into the app's console",
}
_ACCESS_GONE: Final = "isv.access-token-"
_TEMPORARY: Final = frozenset({20000, 20001, 90000})
_BUSINESS: Final = frozenset({50001, 50002, 40004})
_BUSY: Final = ("稍后重试", "稍后再试", "繁忙", "请重试")
_THROTTLED: Final = "限流"


def error_of(reply: ErrorReply) -> ChannelError:
    """The error of an answer with status 400 or above: Douyin's word where it has one."""
    if reply.problem is not None and reply.status != 429:
        found = refusal_of(reply.problem)
        if found is not None and not isinstance(found, ContractBroken):
            return found
    return plain_error(reply)


def refusal_of(data: Mapping[str, object], meanings: Mapping[str, str] | None = None) -> ChannelError | None:
    """The error that an answer with status 200 is; None where it is a good one.

    Args:
        data: the answer.
        meanings: number behind the colon of `sub_code` -> code of ours; the same number means something else in
            another call.
    """
    code = data.get("code", data.get("err_no"))
    if type(code) is not int:
        return ContractBroken("The answer is not one of Douyin's", code="code")
    if code == OK or ("code" not in data and code == 0):
        return None
    sub_code, saying = _plain(data.get("sub_code")), _saying(data)
    shown = f"{code} {sub_code}".strip()
    return _of_gate(code, sub_code, shown, saying) or _of_business(code, sub_code, shown, saying, meanings or {})


def is_token_refused(error: AuthExpired) -> bool:
    """Whether another token would do, rather than another key or the owner."""
    return _ACCESS_GONE in error.code


def _of_gate(code: int, sub_code: str, shown: str, saying: str) -> ChannelError | None:
    """What stands between the call and the service: app, token, time, limits, and the service being unwell."""
    if code == 40003:
        return _of_parameters(sub_code, shown, saying)
    if code == 30001 and sub_code.startswith("dop.authorization-"):
        return AuthExpired(f"The shop's owner has to authorise this app again{saying}", code=shown)
    if code == 60000 or (_THROTTLED in saying and code in _BUSINESS):
        return RateLimited(f"Douyin asks for fewer calls{saying}", code=shown, retry_after_s=_RATE_S)
    if code in _TEMPORARY or code == _PARTLY:
        return Temporary(f"Douyin does not answer properly at the moment{saying}", code=shown)
    if code == 70000:
        return ContractBroken("Douyin no longer has this call: this program is too old", code=shown)
    sentence = _FINAL.get(code)
    return None if sentence is None else Rejected(f"{sentence}{saying}", code=shown)


def _of_parameters(sub_code: str, shown: str, saying: str) -> ChannelError | None:
    if sub_code.startswith(_ACCESS_GONE):
        return AuthExpired(f"The shop's token has run out or is not known{saying}", code=shown)
    if sub_code == "isv.signature-invalid":
        return AuthExpired(f"Douyin does not accept App Key and App Secret{saying}", code=shown)
    if sub_code == "isv.timestamp-invalid":
        return Rejected("This computer's clock and Douyin's clock differ too much", code=CLOCK_SKEW)
    if sub_code == "isv.idempotent-id-existed":
        return Rejected("Douyin has done this before", code=DONE_BEFORE)
    return None


def _of_business(code: int, sub_code: str, shown: str, saying: str, meanings: Mapping[str, str]) -> ChannelError:
    meaning = meanings.get(sub_code.rpartition(":")[2], "")
    if meaning:
        sentence = _SENTENCES.get(meaning, "Douyin says no")
        return Rejected(f"{sentence} ({shown}){saying}", code=meaning)
    if code in _BUSINESS and any(word in saying for word in _BUSY):
        return Temporary(f"Douyin asks to try again later{saying}", code=shown)
    return Rejected(f"Douyin says no{saying}", code=shown)


def _plain(sub_code: object) -> str:
    """A sub code that looks like one; anything else may be a sentence with somebody's name in it."""
    return sub_code if isinstance(sub_code, str) and _SUB_CODE.fullmatch(sub_code) else ""


def _saying(data: Mapping[str, object]) -> str:
    said = data.get("sub_msg") or data.get("msg") or data.get("message")
    if not isinstance(said, str) or not said.strip():
        return ""
    words = "".join(letter if letter.isprintable() else " " for letter in said)
    return f": {_LONG_NUMBER.sub('…', words)[:_LONGEST_SAYING].strip()}"
