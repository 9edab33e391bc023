"""Checking a body against the very JSON Schema that the door publishes: what the page says is what is checked.

Only the words that the door's schemas use; one that is not known here is our defect and raises.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from core.gateway.problems import Problem

Schema = Mapping[str, Any]

_KINDS: Mapping[str, Callable[[object], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    # True is an int to Python, and 3.0 is none to the contract
    "integer": lambda value: type(value) is int,
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
}
#: words that say something to people alone
_SILENT = frozenset({"description", "example", "examples", "default", "title"})


def check(value: object, schema: Schema, place: str = "body") -> None:
    """Refuse a value that its schema does not allow.

    Raises:
        Problem: `invalid`; the detail names the place, never the value.
    """
    for word, rule in schema.items():
        if word not in _SILENT:
            _RULES[word](value, rule, schema, place)


def _bad(place: str, why: str) -> Problem:
    return Problem("invalid", f"{place}: {why}")


def _type(value: object, rule: str | list[str], _schema: Schema, place: str) -> None:
    kinds = [rule] if isinstance(rule, str) else rule
    if not any(_KINDS[kind](value) for kind in kinds):
        raise _bad(place, f"has to be {' or '.join(kinds)}")


def _properties(value: object, rule: Mapping[str, Schema], _schema: Schema, place: str) -> None:
    if isinstance(value, dict):
        for name, inner in rule.items():
            if name in value:
                check(value[name], inner, f"{place}.{name}")


def _required(value: object, rule: list[str], _schema: Schema, place: str) -> None:
    if isinstance(value, dict):
        for name in rule:
            if name not in value:
                raise _bad(f"{place}.{name}", "is missing")


def _additional(value: object, rule: bool, schema: Schema, place: str) -> None:
    if isinstance(value, dict) and not rule and value.keys() - schema["properties"].keys():
        raise _bad(place, "has a field that is not known")


def _items(value: object, rule: Schema, _schema: Schema, place: str) -> None:
    if isinstance(value, list):
        for number, item in enumerate(value):
            check(item, rule, f"{place}[{number}]")


def _size(is_good: Callable[[int, int], bool], kind: type, words: str) -> Callable[..., None]:
    def rule_of(value: object, rule: int, _schema: Schema, place: str) -> None:
        if isinstance(value, kind) and not is_good(len(value), rule):  # type: ignore[arg-type]  # a list or a text
            raise _bad(place, words.format(rule))

    return rule_of


def _number(is_good: Callable[[int, int], bool], words: str) -> Callable[..., None]:
    def rule_of(value: object, rule: int, _schema: Schema, place: str) -> None:
        if type(value) is int and not is_good(value, rule):
            raise _bad(place, words.format(rule))

    return rule_of


def _enum(value: object, rule: list[object], _schema: Schema, place: str) -> None:
    if value not in rule:
        raise _bad(place, f"has to be one of {', '.join(map(str, rule))}")


def _pattern(value: object, rule: str, _schema: Schema, place: str) -> None:
    if isinstance(value, str) and re.search(rule, value) is None:
        raise _bad(place, f"does not match {rule}")


def _format(value: object, rule: str, _schema: Schema, place: str) -> None:
    if rule == "date-time" and isinstance(value, str):
        instant(value, place)


def instant(text: str, place: str) -> datetime:
    """The moment of an ISO 8601 text with offset.

    Raises:
        Problem: `invalid`.
    """
    try:
        at = datetime.fromisoformat(text)
        at.timestamp()
    except (ValueError, OverflowError):
        raise _bad(place, "has to be an ISO 8601 time") from None
    if at.tzinfo is None or not 1971 <= at.year <= 2999:
        raise _bad(place, "has to be an ISO 8601 time with an offset")
    return at


_RULES: Mapping[str, Callable[..., None]] = {
    "type": _type,
    "properties": _properties,
    "required": _required,
    "additionalProperties": _additional,
    "items": _items,
    "minItems": _size(lambda size, rule: size >= rule, list, "has at least {} items"),
    "maxItems": _size(lambda size, rule: size <= rule, list, "has at most {} items"),
    "minLength": _size(lambda size, rule: size >= rule, str, "has at least {} characters"),
    "maxLength": _size(lambda size, rule: size <= rule, str, "has at most {} characters"),
    "minimum": _number(lambda value, rule: value >= rule, "is at least {}"),
    "maximum": _number(lambda value, rule: value <= rule, "is at most {}"),
    "enum": _enum,
    "pattern": _pattern,
    "format": _format,
}
