"""Vendure's ways of saying no, as the five kinds of error every adapter speaks.

Two channels carry them: HTTP status and the `errors` list of a GraphQL reply (`extensions.code`), and error
*results*, which are ordinary data with an `errorCode`. The server's texts are not passed on: they may quote
what was sent.
"""

import re

from core.runtime.http import ErrorReply
from core.runtime.remote_errors import AuthExpired, ChannelError, ContractBroken, RateLimited, Rejected, Temporary

#: `extensions.code` of a call that needs a session and has none, or has one without the permission
_NO_SESSION_CODES = frozenset({"FORBIDDEN", "UNAUTHORIZED", "UNAUTHENTICATED"})
_MISUNDERSTOOD_CODES = frozenset(
    {"GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED", "BAD_REQUEST", "BAD_USER_INPUT"}
)
_BAD_LOGIN_CODES = frozenset({"INVALID_CREDENTIALS_ERROR", "NATIVE_AUTH_STRATEGY_ERROR", "NOT_VERIFIED_ERROR"})
#: what a code looks like; anything else may be a sentence with somebody's name in it
_CODE = re.compile(r"[A-Z][A-Z0-9_]{0,63}", re.ASCII)


class SessionEndedError(AuthExpired):
    """No session, an ended one, or one without the permission: logging in again tells which."""


def error_of(reply: ErrorReply) -> ChannelError:
    """What an answer with status 400 or above says; GraphQL errors come with 200, 400 or 500 alike."""
    code = f"http_{reply.status}"
    if reply.status == 429:
        wait = 1.0 if reply.retry_after_s is None else reply.retry_after_s
        return RateLimited("The shop asks for fewer calls.", code=code, retry_after_s=wait)
    if reply.problem and reply.problem.get("errors"):
        return error_for_code(code_of(reply.problem["errors"]))
    if reply.status in (401, 403):
        return SessionEndedError("The shop does not let us in.", code=code)
    if reply.status == 408 or reply.status >= 500:
        return Temporary("The shop is unwell.", code=code)
    return ContractBroken("There is no Vendure at this address.", code=code)


def code_of(errors: object) -> str:
    """The `extensions.code` of the first entry of a GraphQL `errors` list; empty where there is none."""
    first = errors[0] if isinstance(errors, list) and errors else None
    extensions = first.get("extensions") if isinstance(first, dict) else None
    code = extensions.get("code") if isinstance(extensions, dict) else None
    return _plain(code)


def error_for_code(code: str) -> ChannelError:
    """The error for a GraphQL `errors` entry."""
    if code in _NO_SESSION_CODES:
        return SessionEndedError("This account may not do that in the shop.", code=code)
    if code in _MISUNDERSTOOD_CODES:
        return ContractBroken("The shop does not understand us; its version may be too old.", code=code)
    if code in ("INTERNAL_SERVER_ERROR", ""):
        return Temporary("The shop failed on our question.", code=code)
    return Rejected("The shop says no.", code=code)


def error_for_result(error_code: object) -> ChannelError:
    """The error for an error result (`errorCode`) of a mutation."""
    code = _plain(error_code)
    if code in _BAD_LOGIN_CODES:
        return AuthExpired("The shop does not accept this user name and password.", code=code)
    if code == "INSUFFICIENT_STOCK_ON_HAND_ERROR":
        return Rejected("The shop counts fewer units on hand than this parcel holds.", code=code)
    if code == "ITEMS_ALREADY_FULFILLED_ERROR":
        return Rejected("The shop says these goods were already sent.", code=code)
    return Rejected("The shop says no.", code=code)


def _plain(code: object) -> str:
    return code if isinstance(code, str) and _CODE.fullmatch(code) else ""
