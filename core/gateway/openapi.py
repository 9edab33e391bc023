"""The contract as OpenAPI 3.1, made of the very table by which calls are checked."""

from collections import defaultdict
from functools import cache
from typing import Any, Final

from core.gateway.contract import OPERATIONS, Operation, Parameter, problems_of
from core.gateway.problems import KINDS

_TITLE: Final = "Packdesk reservation door"
_ABOUT: Final = (
    "Reserve in the centre before you sell, so that two shops never sell the same unit. Every call is signed:"
    " X-Signature is the lower-case hex of HMAC-SHA256 with your secret over five lines joined by \\n: method; path"
    " and query as in the request line; X-Timestamp; X-Nonce; lower-case hex of SHA-256 of the body. A nonce is used"
    " once."
    " Repeat a lost call with the same Idempotency-Key: you get the first answer, for 90 days at least."
)
_HEADERS: Final = {
    "X-Key": ("the key", {"type": "string"}),
    "X-Timestamp": ("seconds since 1970 UTC, at most 300 off", {"type": "string", "pattern": "^[0-9]{1,12}$"}),
    "X-Nonce": ("never used before", {"type": "string", "pattern": "^[A-Za-z0-9._~-]{8,64}$"}),
    "X-Signature": ("see above", {"type": "string", "pattern": "^[0-9a-f]{64}$"}),
}
_KEY_TEXT: Final = "1 to 255 printable ASCII characters, new for each new wish"
#: statuses that say when to come again
_AGAIN: Final = frozenset({423, 429, 503})

PROBLEM: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["type", "title", "status", "code", "retryable", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "enum": list(KINDS)},
        "retryable": {"type": "boolean"},
        "detail": {"type": "string", "description": "for developers; show the buyer your own words"},
        "lines": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["sku"],
                "properties": {
                    "sku": {"type": "string"},
                    "available": {"type": "integer", "minimum": 0},
                    "may_buy": {"type": "integer", "minimum": 0},
                    "within_days": {"type": "integer", "minimum": 1},
                    "members_only": {"type": "boolean"},
                },
            },
        },
        "until": {"type": "string", "format": "date-time"},
        "allow": {"type": "array", "items": {"type": "string"}},
    },
}


@cache
def document() -> dict[str, Any]:
    """The whole document."""
    paths: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    for operation in OPERATIONS:
        paths[_path(operation)][operation.method.lower()] = _operation(operation)
    schemes = {
        name: {"type": "apiKey", "in": "header", "name": name, "description": text}
        for name, (text, _) in _HEADERS.items()
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": _TITLE, "version": "1", "description": _ABOUT},
        "paths": dict(paths),
        "components": {"schemas": {"Problem": PROBLEM}, "securitySchemes": schemes},
        "security": [{name: [] for name in _HEADERS}],
    }


def _path(operation: Operation) -> str:
    path = operation.path
    for word in operation.words:
        path = path.replace("{}", f"{{{word}}}", 1)
    return path


def _operation(operation: Operation) -> dict[str, Any]:
    parameters = [
        {"name": word, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for word in operation.words
    ]
    parameters += [_parameter(one) for one in operation.parameters]
    if operation.key:
        parameters.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": operation.key == "must",
                "description": _KEY_TEXT,
                "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
            }
        )
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.text,
        "parameters": parameters,
        "responses": _responses(operation),
    }
    if operation.body is not None:
        content: dict[str, Any] = {"schema": operation.body}
        if operation.example:
            content["example"] = dict(operation.example)
        described["requestBody"] = {"required": True, "content": {"application/json": content}}
    return described


def _parameter(one: Parameter) -> dict[str, Any]:
    schema: dict[str, Any] = dict(one.schema)
    if one.is_list:
        schema = {"type": "array", "minItems": 1, "maxItems": 100, "items": schema}
    told = {"name": one.name, "in": "query", "required": one.is_required, "description": one.text, "schema": schema}
    return told | ({"explode": True, "style": "form"} if one.is_list else {})


def _responses(operation: Operation) -> dict[str, Any]:
    responses: dict[str, Any] = {
        str(status): {
            "description": "done",
            "content": {"application/json": {"schema": schema}},
            **({"headers": _REPLAYED} if operation.key else {}),
        }
        for status, schema in operation.answers.items()
    }
    by_status: defaultdict[int, list[str]] = defaultdict(list)
    for code in (*problems_of(operation), "unknown_path"):
        by_status[KINDS[code].status].append(code)
    for status, codes in sorted(by_status.items()):
        described = {
            "description": " ".join(f"`{code}`: {KINDS[code].text}" for code in codes),
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        if status in _AGAIN:
            described["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "seconds"}}
        responses[str(status)] = described
    return responses


_REPLAYED: Final = {
    "Idempotency-Replayed": {"schema": {"type": "string", "enum": ["true"]}, "description": "a first answer, again"}
}
