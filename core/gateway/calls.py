"""A call as it came in, and reading it strictly: what is not promised is refused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote_to_bytes

from core.gateway.contract import OPERATIONS, Operation, Parameter
from core.gateway.problems import Problem
from core.gateway.shapes import check
from core.runtime.strict_json import StrictJsonError, object_from_bytes

_LONGEST_KEY = 255
_MOST_VALUES = 100


@dataclass(frozen=True, slots=True)
class Call:
    """One call; `target` as in the request line, header names in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def path(self) -> str:
        """The target without its query, percent-encoding untouched."""
        return self.target.partition("?")[0]


@dataclass(frozen=True, slots=True)
class Route:
    """An operation with the words of the path."""

    operation: Operation
    words: Mapping[str, str]


def route_of(method: str, path: str) -> Route:
    """What is asked for. The path is compared as it came, piece by piece, so that no encoding leads elsewhere.

    Raises:
        Problem: `unknown_path`; `method_not_allowed`, the facts name those that are.
    """
    pieces = path.split("/")
    allowed = []
    for operation in OPERATIONS:
        pattern = operation.path.split("/")
        if len(pattern) != len(pieces):
            continue
        pairs = list(zip(pattern, pieces, strict=True))
        if any(one != piece if one != "{}" else not piece for one, piece in pairs):
            continue
        allowed.append(operation.method)
        if operation.method == method:
            words = [_word(piece) for one, piece in pairs if one == "{}"]
            return Route(operation, dict(zip(operation.words, words, strict=True)))
    if allowed:
        raise Problem("method_not_allowed", allow=sorted(set(allowed)))
    raise Problem("unknown_path")


def _word(piece: str) -> str:
    try:
        word = unquote_to_bytes(piece).decode("utf-8")
    except UnicodeDecodeError:
        raise Problem("unknown_path") from None
    if not word.isprintable():
        raise Problem("unknown_path")
    return word


def query_of(operation: Operation, target: str) -> Mapping[str, Any]:
    """The query's values, numbers as numbers, lists as lists.

    Raises:
        Problem: `bad_query`; the detail names the parameter.
    """
    text = target.partition("?")[2]
    try:
        pairs = (
            parse_qsl(
                text, keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=_MOST_VALUES + 5
            )
            if text
            else []
        )
    except ValueError:
        raise Problem("bad_query", "the query is malformed") from None
    known = {one.name: one for one in operation.parameters}
    given: dict[str, list[str]] = {}
    for name, value in pairs:
        if name not in known:
            raise Problem("bad_query", "a parameter is not known")
        given.setdefault(name, []).append(value)
    values = {name: _value(known[name], texts) for name, texts in given.items()}
    for one in operation.parameters:
        if one.is_required and one.name not in values:
            raise Problem("bad_query", f"{one.name} is missing")
        if one.name not in values and "default" in one.schema:
            values[one.name] = one.schema["default"]
    return values


def _value(parameter: Parameter, texts: Sequence[str]) -> Any:
    most = _MOST_VALUES if parameter.is_list else 1
    if len(texts) > most:
        raise Problem("bad_query", f"{parameter.name} stands too often")
    values: list[Any] = [_number(text) if parameter.schema["type"] == "integer" else text for text in texts]
    for value in values:
        try:
            check(value, parameter.schema, parameter.name)
        except Problem as problem:
            raise Problem("bad_query", problem.detail) from None
    return values if parameter.is_list else values[0]


def _number(text: str) -> int | str:
    """The number, or the text itself, which no schema takes for one."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text


def body_of(operation: Operation, body: bytes) -> Mapping[str, Any]:
    """The checked body; empty where the operation has none.

    Raises:
        Problem: `bad_json`, `invalid`.
    """
    if operation.body is None:
        if body:
            raise Problem("bad_query", "this call has no body")
        return {}
    try:
        value = object_from_bytes(body)
    except StrictJsonError as fault:
        raise Problem("bad_json", f"the body is refused: {fault}") from None
    check(value, operation.body)
    return value


def idempotency_key(operation: Operation, headers: Mapping[str, str]) -> str:
    """The key of the call, empty where none is given and none is needed.

    Raises:
        Problem: `idempotency_key_bad`.
    """
    key = headers.get("idempotency-key", "") if operation.key else ""
    is_given = bool(operation.key) and "idempotency-key" in headers
    if not is_given and operation.key != "must":
        return ""
    if not 1 <= len(key) <= _LONGEST_KEY or not (key.isascii() and key.isprintable()):
        raise Problem("idempotency_key_bad")
    return key
