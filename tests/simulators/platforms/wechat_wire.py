"""Reading what a caller of the simulated WeChat shop sent, strictly, and saying no in its words."""

from collections.abc import Mapping
from typing import Any

from tests.simulators.platforms.server import Answer, Call, json_answer
from tests.simulators.platforms.wechat_facts import MESSAGES


class SaysNoError(Exception):
    """The platform's `errcode`; `why` goes behind its words."""

    def __init__(self, errcode: int, why: str = "") -> None:
        super().__init__(errcode)
        self.errcode = errcode
        self.why = why


def said_no(error: SaysNoError, rid: str) -> Answer:
    """The answer of a refusal: HTTP 200 all the same."""
    words = f"{MESSAGES[error.errcode]} {error.why}".strip()
    return json_answer({"errcode": error.errcode, "errmsg": f"{words} rid: {rid}"})


def body_of(call: Call, *names: str) -> dict[str, Any]:
    """The JSON object in the body, with no other fields than `names`.

    Raises:
        SaysNoError: 44002 empty, 47001 no JSON object, 40097 a field that this call does not have.
    """
    if not call.body:
        raise SaysNoError(44002)
    try:
        body = call.json()
    except ValueError:
        raise SaysNoError(47001) from None
    if not isinstance(body, dict):
        raise SaysNoError(47001)
    for name in body:
        if name not in names:
            raise SaysNoError(40097, f"unknown field {name}")
    return body


def whole(body: Mapping[str, Any], name: str, least: int, most: int, default: int | None = None) -> int:
    """A whole number."""
    value = body.get(name, default)
    if type(value) is not int or not least <= value <= most:
        raise SaysNoError(40097, name)
    return value


def number_text(body: Mapping[str, Any], name: str) -> str:
    """An id: text, or a whole number."""
    value = body.get(name)
    if type(value) is int:
        return str(value)
    if not isinstance(value, str) or not value:
        raise SaysNoError(40097, name)
    return value


def text(body: Mapping[str, Any], name: str) -> str:
    """Text that is not empty."""
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise SaysNoError(40097, name)
    return value


def time_range(body: Mapping[str, Any], first: str, last: str, longest_s: int) -> tuple[int, int]:
    """Two moments in seconds, not further apart than the platform answers."""
    since = whole(body, first, 0, 2**33)
    until = whole(body, last, 0, 2**33)
    if until < since or until - since > longest_s:
        raise SaysNoError(40097, f"{last} - {first}")
    return since, until


def objects(body: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """A list of objects with at least one in it."""
    value = body.get(name)
    if not isinstance(value, list) or not value or not all(isinstance(one, dict) for one in value):
        raise SaysNoError(40097, name)
    return value
