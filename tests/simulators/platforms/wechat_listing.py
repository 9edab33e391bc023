"""Lists of the simulated WeChat shop: ids only, led through by a key that is bound to what was asked."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from tests.simulators.platforms.wechat_wire import SaysNoError

#: (sorting number, id)
Mark = tuple[int, str]
#: where a list begins that is read from its oldest row, and from its newest
_BEFORE_ALL: Final[Mark] = (0, "")
_AFTER_ALL: Final[Mark] = (10**12, "")


def next_page(
    rows: Sequence[Mark], body: Mapping[str, Any], size: int, *, is_newest_first: bool = False
) -> tuple[list[str], str]:
    """The ids of one page and the key behind it, "" at the end.

    Rows are those of the whole window as it is now: one that left it meanwhile is not told any more.

    Raises:
        SaysNoError: 606006; the key belongs to other parameters, or is none.
    """
    ordered = sorted(rows, reverse=is_newest_first)
    after = _place(body)
    if after is not None:
        ordered = [mark for mark in ordered if (mark < after if is_newest_first else mark > after)]
    page = ordered[:size]
    if len(ordered) <= size:
        return [no for _, no in page], ""
    return [no for _, no in page], _key(body, page[-1])


def key_after(body: Mapping[str, Any], page: Sequence[Mark]) -> str:
    """The key behind a page, also behind the last one."""
    return _key(body, page[-1])


def key_before(body: Mapping[str, Any], *, is_newest_first: bool = False) -> str:
    """Another key to the very place where this call stood: behind an empty page that is not the last."""
    place = _place(body) or (_AFTER_ALL if is_newest_first else _BEFORE_ALL)
    count = int(str(body.get("next_key", "")).partition("~")[2] or 0) + 1
    return f"{_key(body, place)}~{count}"


def _place(body: Mapping[str, Any]) -> Mark | None:
    key = body.get("next_key", "")
    if not isinstance(key, str):
        raise SaysNoError(40097, "next_key")
    if not key:
        return None
    bound, _, rest = key.partition(".")
    number, _, no = rest.partition(".")
    if bound != _bound(body) or not number.isdigit():
        raise SaysNoError(606006)
    return int(number), no.partition("~")[0]


def _key(body: Mapping[str, Any], last: Mark) -> str:
    return f"{_bound(body)}.{last[0]}.{last[1]}"


def _bound(body: Mapping[str, Any]) -> str:
    asked = json.dumps({name: value for name, value in body.items() if name != "next_key"}, sort_keys=True)
    return hashlib.sha256(asked.encode()).hexdigest()[:16]
