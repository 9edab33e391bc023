"""What WeChat says with `errcode`, sorted into the five kinds.

Sources: the platform's table of common codes (developers.weixin.qq.com/doc/store/API/basics/commErrCode) and those of
the single calls. Its own text stays out of the errors, because it may repeat what was sent; `rid`, by which the
platform finds the call again, is kept.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

from core.channels.contract import CANNOT, CARRIER_REFUSED, REFUND_OPEN, UNKNOWN_ORDER, WAYBILL_REFUSED
from core.channels.windows import WindowTooFullError
from core.runtime.http import ErrorReply, Reply
from core.runtime.remote_errors import AuthExpired, ChannelError, ContractBroken, RateLimited, Rejected, Temporary

#: of `Rejected`: the platform does not know this item or SKU
UNKNOWN_LISTING: Final = "unknown_listing"
#: the order's state does not allow it: not paid, a gift nobody accepted, closed, sent
ORDER_STATE: Final = "order_state"
NOT_ON_SALE: Final = "not_on_sale"
IN_AUDIT: Final = "in_audit"
TOO_FEW: Final = "too_few"
#: of `AuthExpired`: this computer's address is not on the list in the shop's pages
ADDRESS_NOT_LISTED: Final = "address_not_listed"

#: the day's calls are used up; it is asked again so much later
_DAY_QUOTA_S: Final = 3600.0
_MINUTE_QUOTA_S: Final = 60.0
_ADDRESS_WORDS: Final = (
    "WeChat lets this computer's address in only after it was put on the IP list in the shop's pages"
)
_RID: Final = re.compile(r"\brid: ?([0-9A-Za-z-]{8,64})")


class TokenRefusedError(AuthExpired):
    """The access token is not, or no longer, the valid one: a new one tells whether that was all."""


_TOKEN: Final = frozenset({40001, 40014, 41001, 42001})
_ACCESS: Final[Mapping[int, str]] = {
    40002: "WeChat does not accept appid and secret",
    40013: "WeChat does not know this appid",
    40125: "WeChat does not accept this secret",
    41002: "WeChat does not know this appid",
    48001: "The app has no permission for this call",
    48004: "WeChat has blocked this call for the app",
    50001: "The shop has not allowed this call",
    50002: "WeChat has restricted the shop's account",
    61007: "The app has no permission for this call",
}
_ADDRESS: Final = frozenset({40164, 45035, 61004})
_MISUNDERSTOOD: Final = frozenset({40066, 40097, 43001, 43002, 43003, 44002, 45002, 47001, 606006, 10020051})
_REJECTED: Final[Mapping[int, tuple[str, str]]] = {
    100002: (UNKNOWN_ORDER, "WeChat does not know this order"),
    101100: (ORDER_STATE, "WeChat says that the order's state does not allow this"),
    108009: (REFUND_OPEN, "WeChat sends nothing while a refund is open"),
    606003: ("no_return_address", "The shop has no default address for returns; set one in its pages"),
    606004: (CARRIER_REFUSED, "WeChat does not know this carrier"),
    606005: (WAYBILL_REFUSED, "WeChat does not take this waybill number"),
    606034: (CANNOT, "Another service has to send this order"),
    606040: (CANNOT, "WeChat changes no number of an order in several parcels"),
    606041: (CANNOT, "WeChat does not let this number be changed once more"),
    606042: ("goods_differ", "WeChat has other goods in this parcel"),
    10020047: (IN_AUDIT, "WeChat is reviewing this item"),
    10020049: (IN_AUDIT, "WeChat is reviewing this item"),
    10020052: (UNKNOWN_LISTING, "WeChat does not know this item"),
    10020065: (NOT_ON_SALE, "This item is not on sale"),
    10020217: (IN_AUDIT, "WeChat is reviewing this item and takes no number of it"),
    10020218: ("no_difference", "A difference of nothing is none"),
    10020219: (TOO_FEW, "WeChat has fewer units than were to be taken away"),
}


def refusal(reply: Reply) -> ChannelError | None:
    """The error that an answer with status 200 is, None where it is a good one."""
    code = reply.data.get("errcode", 0)
    if type(code) is not int:
        return ContractBroken("WeChat's answer is not what its document promises", code="errcode")
    return None if code == 0 else error_for(code, reply.data.get("errmsg"))


def error_of(reply: ErrorReply) -> ChannelError:
    """The error of an answer with status 400 or above; WeChat itself has only 403, for an unlisted address."""
    code = (reply.problem or {}).get("errcode")
    if type(code) is int and code != 0:
        return error_for(code, (reply.problem or {}).get("errmsg"))
    if reply.status == 403:
        return AuthExpired(_ADDRESS_WORDS, code=ADDRESS_NOT_LISTED)
    if reply.status == 429:
        wait = _MINUTE_QUOTA_S if reply.retry_after_s is None else reply.retry_after_s
        return RateLimited("WeChat asks for fewer calls", code="429", retry_after_s=wait)
    if reply.status >= 500 or reply.status == 408:
        return Temporary("WeChat does not answer properly at the moment", code=str(reply.status))
    return ContractBroken("WeChat's API is not at this address", code=str(reply.status))


def error_for(code: int, message: object = "") -> ChannelError:
    """The error for an `errcode`."""
    rid = _RID.search(message) if isinstance(message, str) else None
    shown = f"{code}, rid {rid[1]}" if rid else str(code)

    def said(kind: Callable[..., ChannelError], words: str, own_code: str = "") -> ChannelError:
        return kind(f"{words} ({shown})", code=own_code or str(code))

    if code == -1:
        return said(Temporary, "WeChat is busy")
    if code in _TOKEN:
        return said(TokenRefusedError, "WeChat does not accept the access token")
    if code in _ACCESS:
        return said(AuthExpired, _ACCESS[code])
    if code in _ADDRESS:
        return said(AuthExpired, _ADDRESS_WORDS, ADDRESS_NOT_LISTED)
    if code in (45009, 45011):
        wait = _DAY_QUOTA_S if code == 45009 else _MINUTE_QUOTA_S
        return RateLimited(f"WeChat asks for fewer calls ({shown})", code=str(code), retry_after_s=wait)
    if code == 31042:
        return said(WindowTooFullError, "Too many orders in one stretch of time")
    if code in _MISUNDERSTOOD:
        return said(ContractBroken, "WeChat does not understand this call")
    own_code, words = _REJECTED.get(code, (str(code), "WeChat says no"))
    return said(Rejected, words, own_code)
