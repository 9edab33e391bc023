"""WooCommerce's refusals as the five kinds of error, and those of what stands before a WordPress: firewalls, pages.

The shop says `{code, message, data: {status}}`; its words are in the site's language and may quote what was sent.
"""

import re
from collections.abc import Mapping
from typing import Final

from core.runtime.http import ErrorReply
from core.runtime.remote_errors import AuthExpired, ChannelError, ContractBroken, RateLimited, Rejected, Temporary

#: what the shop's own refusals of an order, product or variation that is not there end with
_NOT_THERE: Final = ("_invalid_id", "_invalid_parent", "_id_invalid", "post_invalid_id")
#: what WordPress says of places that nothing stands behind
_NO_ROUTE: Final = frozenset({"rest_no_route", "rest_invalid_namespace"})
#: hosters that throttle without saying for how long
_GUESSED_WAIT_S: Final = 10.0
_CODE: Final = re.compile(r"[0-9A-Za-z_.:-]{1,80}", re.ASCII)
_TAG: Final = re.compile(r"<[^<>]*>")
#: what has figures in it may be a phone, a parcel or an order of somebody
_QUOTED: Final = re.compile(r"(?=[A-Za-z+_.-]*[0-9*@])[0-9A-Za-z*+_.@-]{5,}")
_LONGEST_WORDS: Final = 120


def explain(reply: ErrorReply) -> ChannelError:
    """The error for one refused call."""
    problem = reply.problem or {}
    code = _code_of(problem, reply.status)
    words = _words_of(problem)
    if reply.status == 429:
        wait = _GUESSED_WAIT_S if reply.retry_after_s is None else reply.retry_after_s
        return RateLimited(f"The shop's host asks for fewer calls{words}", code=code, retry_after_s=wait)
    if reply.status >= 500 or reply.status == 408:
        return Temporary(f"The shop does not answer properly at the moment{words}", code=code)
    if reply.problem is None:
        return ContractBroken(
            "A web page came instead of an answer: a firewall, a login page, or no WooCommerce at this address",
            code=f"page.{reply.status}",
        )
    if code in _NO_ROUTE:
        return ContractBroken(f"The site has no WooCommerce REST API v3{words}", code=code)
    if reply.status == 401:
        return AuthExpired(f"The shop does not accept this key{words}", code=code)
    if reply.status == 403:
        return Rejected(f"The shop does not let this key's user do it{words}", code=code)
    return Rejected(f"The shop refused{words}", code=code)


def is_not_there(error: ChannelError) -> bool:
    """Whether the shop does not know what was asked for."""
    return error.code.endswith(_NOT_THERE)


def is_no_route(error: ChannelError) -> bool:
    """Whether nothing stands behind the place that was called: a program of the site's is missing, or too old."""
    return error.code in _NO_ROUTE


def _code_of(problem: Mapping[str, object], status: int) -> str:
    code = problem.get("code")
    return code if isinstance(code, str) and _CODE.fullmatch(code) else str(status)


def _words_of(problem: Mapping[str, object]) -> str:
    """The shop's own words in brackets, without marks and without anything that could be somebody's number."""
    said = problem.get("message")
    if not isinstance(said, str) or not said.strip():
        return ""
    plain = "".join(char for char in _TAG.sub("", said).strip() if char.isprintable())
    return f" ({_QUOTED.sub('…', plain)[:_LONGEST_WORDS]})"
