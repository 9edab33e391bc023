"""What of a call may be shown to people: its shape, its codes and its sizes, and nothing that it says.

Everything is masked but what is known to be harmless: a platform's field that nobody here has heard of is personal
until somebody has looked at it. A masked text keeps its length, because that is what support asks for next.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import parse_qsl

#: characters of a body that are looked at, and of a masked one that are kept
_LOOKED_AT: Final = 1500
_LONGEST: Final = 900
_LONGEST_WORD: Final = 48
#: numbers of at most so many digits say nothing about anybody
_SHORT_DIGITS: Final = 4
#: fields whose short words are the platform's own, never a buyer's: error codes, states, names of calls, paging
_HARMLESS: Final = frozenset(
    {
        *("errcode", "errorcode", "subcode", "errno", "errcodes", "success", "issuccess", "requestsuccess"),
        *("status", "orderstatus", "refundstatus", "afterstatus", "state", "tradestatus"),
        *("method", "api", "fields", "format", "v", "signmethod", "ordertype", "type", "datatype", "version"),
        *("page", "pageno", "pagesize", "pageindex", "size", "count", "total", "totalresults", "totalcount"),
        *("hasnext", "hasmore", "usehasnext", "orderby", "orderasc"),
    }
)
_TOKENS: Final = re.compile(
    r'"(?P<text>(?:[^"\\]|\\.)*)(?P<end>"?)|(?P<number>-?\d[\d.eE+\-]*)|(?P<word>true|false|null)|(?P<mark>[{}\[\],:])'
    r"|(?P<space>\s+)|(?P<other>.)",
    re.DOTALL,
)
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z_.\-]{0,40}\d{0,2}")
#: a code: words with dots and dashes, no long run of digits
_CODE: Final = re.compile(r"[A-Za-z][A-Za-z_]*(?:[.\-:][A-Za-z][A-Za-z_]*)*")
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+\-]\d\d:?\d\d)?")
_SEGMENT: Final = re.compile(r"[A-Za-z][A-Za-z_.\-]{0,30}\d{0,2}")


@dataclass(slots=True)
class Exchange:
    """One call and its answer as they went over the wire, filled in on the way; never kept, never shown.

    `code` and `error`: of what came of it, where it failed; `name` stands for the call in our own words.
    """

    name: str
    method: str = ""
    host: str = ""
    path: str = ""
    query: str = ""
    sent: bytes = b""
    status: int = 0
    body: bytes = b""
    took_ms: int = 0
    error: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class TracedCall:
    """The same, as it may be shown. `status` 0: no answer came. `size` in bytes, of the answer."""

    at: datetime
    name: str
    method: str
    host: str
    path: str
    status: int
    took_ms: int
    size: int
    error: str
    code: str
    sent: str
    answered: str


def masked_call(exchange: Exchange, at: datetime) -> TracedCall:
    """What of a call may be kept."""
    asked = masked_fields(exchange.query)
    return TracedCall(
        at,
        exchange.name,
        exchange.method,
        exchange.host,
        masked_path(exchange.path) + (f"?{asked}" if asked else ""),
        exchange.status,
        exchange.took_ms,
        len(exchange.body),
        exchange.error,
        _code(exchange.code),
        masked_body(exchange.sent),
        masked_body(exchange.body),
    )


def masked_path(path: str) -> str:
    """A path whose segments that may be numbers of orders, or keys, are masked."""
    return "/".join(part if not part or _SEGMENT.fullmatch(part) else _hidden(part) for part in path.split("/"))


def masked_fields(text: str) -> str:
    """A query or a form: names stay, values are masked."""
    pairs: Iterable[tuple[str, str]] = parse_qsl(text[:_LOOKED_AT], keep_blank_values=True)
    return "&".join(f"{_name(name)}={_value(name, value)}" for name, value in pairs)[:_LONGEST]


def masked_body(body: bytes) -> str:
    """The beginning of a body, each value masked that may say something; nothing of what is no JSON and no form."""
    text = body[: _LOOKED_AT * 4].decode("utf-8", "replace")[:_LOOKED_AT].strip()
    if not text:
        return ""
    is_cut = len(body) > len(text.encode("utf-8", "replace"))
    if text[0] in "{[":
        shown = "".join(_masked_json(text))
    elif "=" in text and re.match(r"[\w.\-%]+=", text, re.ASCII):
        shown = masked_fields(text)
    else:
        return _hidden(text)
    return shown[:_LONGEST] + ("…" if is_cut or len(shown) > _LONGEST else "")


def _masked_json(text: str) -> Sequence[str]:
    said: list[str] = []
    field = ""
    tokens = list(_TOKENS.finditer(text))
    for place, token in enumerate(tokens):
        kind = token.lastgroup or ""
        if kind == "space":
            continue
        if kind in {"mark", "word"}:
            said.append(token[0])
        elif kind == "number":
            # One that ends where we stopped reading may be the beginning of a longer one.
            said.append(_number(token[0]) if token.end() < len(text) else "‹#›")
        elif kind in {"text", "end"}:
            words, is_whole = token["text"], bool(token["end"])
            if is_whole and _is_field(tokens, place):
                field = words
                said.append(f'"{_name(words)}"')
            else:
                said.append(f'"{_value(field, words) if is_whole else _hidden(words)}"')
        elif not said or said[-1] != "‹?›":
            said.append("‹?›")
    return said


def _is_field(tokens: Sequence["re.Match[str]"], place: int) -> bool:
    following = next((one for one in tokens[place + 1 : place + 3] if one.lastgroup != "space"), None)
    return following is not None and following[0] == ":"


def _name(name: str) -> str:
    return name if _NAME.fullmatch(name) else _hidden(name)


def _value(field: str, value: str) -> str:
    if not value or _MOMENT.fullmatch(value):
        return value
    is_harmless = re.sub(r"[_\-.]", "", field).lower() in _HARMLESS
    if is_harmless and re.fullmatch(r"\d+(\.\d+)?", value, re.ASCII):
        return _number(value)
    is_word = len(value) <= _LONGEST_WORD and _CODE.fullmatch(value)
    return value if is_harmless and is_word else _hidden(value)


def _number(text: str) -> str:
    digits = sum(char.isdigit() for char in text)
    return text if digits <= _SHORT_DIGITS else f"‹{digits}#›"


def _code(code: str) -> str:
    """A platform's code; what is no code by its looks is masked: some put whole sentences there."""
    is_code = re.fullmatch(r"[A-Za-z0-9_.:\-*/]{0,80}", code, re.ASCII) and not re.search(r"\d{8}", code)
    return code if is_code else "‹?›"


def _hidden(text: str) -> str:
    return f"‹{len(text)}›"
