"""Vendure's ways of saying no, as the five kinds of error every adapter speaks.

Two channels carry them: HTTP status and the `errors` list of a GraphQL reply (`extensions.code`), and error
*results*, which are ordinary data with an `errorCode`. Texts of the server are not passed on: they may quote
what was sent.
"""

from collections.abc import Mapping, Sequence

from core.channels.contract import AuthExpired, ChannelError, ContractBroken, RateLimited, Rejected, Temporary

#: `extensions.code` of a reply to a call that needs a session and has none, or one without the permission
NO_SESSION_CODES = frozenset({"FORBIDDEN", "UNAUTHORIZED", "UNAUTHENTICATED"})

_MISUNDERSTOOD_CODES = frozenset(
    {"GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED", "BAD_REQUEST", "BAD_USER_INPUT"}
)
_UNWELL_CODES = frozenset({"INTERNAL_SERVER_ERROR", "PERSISTED_QUERY_NOT_FOUND"})
_LONGEST_WAIT_S = 3600.0


def error_for_status(status: int, retry_after: str) -> ChannelError | None:
    """What an HTTP status alone says; None where the body has to be read (200, 400 with GraphQL errors)."""
    code = f"http_{status}"
    if status in (200, 400):
        return None
    if status in (401, 403):
        return AuthExpired("The shop does not let us in.", code=code)
    if status == 429:
        return RateLimited("The shop asks for fewer calls.", code=code, retry_after_s=wait_from(retry_after))
    if status == 408 or status >= 500:
        return Temporary("The shop is unwell.", code=code)
    if 300 <= status < 400:
        return ContractBroken("The address sends us elsewhere; enter the address it leads to.", code=code)
    return ContractBroken("There is no Vendure at this address.", code=code)


def wait_from(retry_after: str) -> float:
    """Seconds of a Retry-After header; 1 where it is absent or a date, never more than an hour."""
    try:
        seconds = float(retry_after)
    except ValueError:
        return 1.0
    # a NaN fails both comparisons and ends as the lower bound
    return min(seconds, _LONGEST_WAIT_S) if seconds > 1.0 else 1.0


def code_of(errors: object) -> str:
    """The `extensions.code` of the first entry of a GraphQL `errors` list; empty where there is none."""
    if not isinstance(errors, Sequence) or isinstance(errors, str) or not errors:
        return ""
    first = errors[0]
    extensions = first.get("extensions") if isinstance(first, Mapping) else None
    code = extensions.get("code") if isinstance(extensions, Mapping) else None
    return code if isinstance(code, str) else ""


def error_for_code(code: str) -> ChannelError:
    """The error for a GraphQL `errors` entry."""
    if code in NO_SESSION_CODES:
        return AuthExpired("This account may not do that in the shop.", code=code)
    if code in _MISUNDERSTOOD_CODES:
        return ContractBroken(
            "The shop does not understand our question; its version may be too old.", code=code
        )
    if code in _UNWELL_CODES or not code:
        return Temporary("The shop failed on our question.", code=code)
    return Rejected("The shop says no.", code=code)


def error_for_result(code: str) -> ChannelError:
    """The error for an error result (`errorCode`) of a mutation."""
    if code in ("INVALID_CREDENTIALS_ERROR", "NATIVE_AUTH_STRATEGY_ERROR", "NOT_VERIFIED_ERROR"):
        return AuthExpired("The shop does not accept this user name and password.", code=code)
    if code == "INSUFFICIENT_STOCK_ON_HAND_ERROR":
        return Rejected("The shop counts fewer units on hand than this parcel holds.", code=code)
    if code == "ITEMS_ALREADY_FULFILLED_ERROR":
        return Rejected("The shop says these goods were already sent.", code=code)
    return Rejected("The shop says no.", code=code)
