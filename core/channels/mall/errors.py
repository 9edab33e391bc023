"""The mall's error codes as the five kinds of the channel contract.

The mall's `title` and `detail` stay out of the errors: a careless mall may write a name or a phone into them.
"""

from core.channels.contract import NOT_PAID, ORDER_CLOSED, SHIPPED_OTHERWISE
from core.runtime.http import ErrorReply
from core.runtime.remote_errors import AuthExpired, ChannelError, ContractBroken, RateLimited, Rejected, Temporary

_SENTENCES = {
    "order_not_found": "The mall does not know this order",
    "order_closed": "The mall has closed this order",
    "order_not_paid": "The mall says that this order is not paid",
    "line_not_found": "The mall does not know this order line",
    "line_refunded": "The mall has refunded a line of this parcel",
    "already_shipped": "The mall already has this order as sent, with another number",
    "qty_exceeded": "The mall says that fewer pieces are still to be sent",
    "idempotency_conflict": "The mall has another notice under this key",
    "version_conflict": "The mall's number has changed meanwhile",
    "sku_not_found": "The mall does not know this SKU",
    "clock_skew": "This computer's clock and the mall's clock differ too much",
}
#: those that mean the same on every platform
_SHARED = {"order_not_paid": NOT_PAID, "already_shipped": SHIPPED_OTHERWISE, "order_closed": ORDER_CLOSED}
_CODE_CHARS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_.-")


def error_of(reply: ErrorReply) -> ChannelError:
    """The error for one refused call."""
    code = _code_of(reply)
    if reply.status == 429:
        wait = 1.0 if reply.retry_after_s is None else reply.retry_after_s
        return RateLimited("The mall asks for fewer calls", code=code, retry_after_s=wait)
    if reply.status >= 500 or reply.status == 408:
        return Temporary("The mall does not answer properly at the moment", code=code)
    if reply.problem is None:
        return ContractBroken("The mall refused without saying why", code=code)
    if reply.status in {401, 403} and code != "clock_skew":
        return AuthExpired("The mall does not accept key and secret", code=code)
    if reply.problem.get("retryable") is True:
        return Temporary("The mall asks to try again later", code=code)
    return Rejected(_SENTENCES.get(code, "The mall refused"), code=_SHARED.get(code, code))


def _code_of(reply: ErrorReply) -> str:
    code = (reply.problem or {}).get("code")
    if isinstance(code, str) and 0 < len(code) <= 64 and _CODE_CHARS.issuperset(code):
        return code
    return str(reply.status)
