"""Requests and answers of the practice server, and reading them strictly: what is not promised is refused."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote

from core.practice.refusal import RefusalError, invalid
from core.practice.store import Json
from core.runtime.strict_json import StrictJsonError, object_from_bytes

_LARGEST_TEXT = 100_000


@dataclass(frozen=True, slots=True)
class Request:
    """One request; `target` as in the request line, header names lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        """The target without its query, still percent-encoded."""
        return self.target.partition("?")[0]

    def query(self, *allowed: str) -> Mapping[str, str]:
        """The query's values.

        Raises:
            RefusalError: `bad_query`; unknown, doubled or malformed.
        """
        text = self.target.partition("?")[2]
        try:
            pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=True) if text else []
        except ValueError:
            raise RefusalError(400, "bad_query", "malformed query") from None
        values = dict(pairs)
        if len(values) != len(pairs) or not values.keys() <= set(allowed):
            raise RefusalError(400, "bad_query", "unknown or doubled parameter")
        return values

    def json(self) -> "Body":
        """The body as a JSON object.

        Raises:
            RefusalError: `bad_json`.
        """
        try:
            return Body(dict(object_from_bytes(self.body)))
        except StrictJsonError as fault:
            raise RefusalError(400, "bad_json", str(fault)) from None


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer."""

    status: int
    body: bytes
    content_type: str
    headers: Mapping[str, str] = field(default_factory=dict)


class Body:
    """Typed reading of one JSON object; `close()` refuses whatever was not asked for."""

    def __init__(self, fields: Json) -> None:
        self._fields = fields
        self._asked: set[str] = set()

    def _take(self, name: str) -> object:
        self._asked.add(name)
        return self._fields.get(name)

    def text(self, name: str, default: str | None = None) -> str:
        """A string, not blank unless `default` is given."""
        value = self._take(name)
        if value is None and default is not None:
            return default
        if not isinstance(value, str) or len(value) > _LARGEST_TEXT or (default is None and not value):
            raise invalid(f"{name} is a text")
        return value

    def whole(self, name: str, default: int | None = None) -> int:
        """A whole number, 0 or more."""
        value = self._take(name)
        if value is None and default is not None:
            return default
        if type(value) is not int or not 0 <= value <= 10**12:
            raise invalid(f"{name} is a whole number, 0 or more")
        return value

    def flag(self, name: str, *, default: bool | None = None) -> bool:
        """True or false."""
        value = self._take(name)
        if value is None and default is not None:
            return default
        if not isinstance(value, bool):
            raise invalid(f"{name} is true or false")
        return value

    def has(self, name: str) -> bool:
        """Whether the field is there and not null."""
        return self._take(name) is not None

    def child(self, name: str) -> "Body":
        """An object."""
        value = self._take(name)
        if not isinstance(value, dict):
            raise invalid(f"{name} is an object")
        return Body(value)

    def children(self, name: str) -> Sequence["Body"]:
        """A list of one object or more."""
        value = self._take(name)
        if not isinstance(value, list) or not value or not all(isinstance(item, dict) for item in value):
            raise invalid(f"{name} is a list of objects")
        return [Body(item) for item in value]

    def close(self) -> None:
        """Refuse fields that nobody asked for: a caller's slip must not pass in silence."""
        if unknown := self._fields.keys() - self._asked:
            raise invalid(f"unknown field: {', '.join(sorted(unknown))[:80]}")


Handler = Callable[..., Answer]


class Router:
    """Handlers by method and path pattern; `{}` stands for one segment, handed over decoded."""

    def __init__(self) -> None:
        self._routes: list[tuple[str, re.Pattern[str], Handler]] = []

    def add(self, method: str, pattern: str, handler: Handler) -> None:
        """Let `handler(request, *segments)` answer."""
        expression = re.escape(pattern).replace(r"\{\}", "([^/]+)")
        self._routes.append((method, re.compile(expression), handler))

    def answer(self, request: Request) -> Answer:
        """The handler's answer.

        Raises:
            RefusalError: `unknown_path`, `method_not_allowed`, or the handler's own.
        """
        is_known = False
        for method, pattern, handler in self._routes:
            if found := pattern.fullmatch(request.path):
                if method == request.method:
                    return handler(request, *(unquote(part) for part in found.groups()))
                is_known = True
        if is_known:
            raise RefusalError(405, "method_not_allowed", "not with this method")
        raise RefusalError(404, "unknown_path", "no such path")


def json_answer(status: int, value: Mapping[str, object]) -> Answer:
    """A JSON answer."""
    return Answer(status, json.dumps(value, ensure_ascii=False).encode(), "application/json; charset=utf-8")


def problem_answer(refusal: RefusalError) -> Answer:
    """A refusal in the contract's shape (after RFC 9457)."""
    problem: Json = {
        "type": f"urn:packdesk:open-mall:{refusal.code}",
        "title": refusal.code.replace("_", " "),
        "status": refusal.status,
        "code": refusal.code,
        "retryable": refusal.is_retryable,
        "detail": refusal.detail,
    }
    if refusal.lines:
        problem["lines"] = list(refusal.lines)
    headers = {} if refusal.retry_after_s is None else {"Retry-After": str(refusal.retry_after_s)}
    body = json.dumps(problem, ensure_ascii=False).encode()
    return Answer(refusal.status, body, "application/problem+json; charset=utf-8", headers)
