"""How the simulated Medusa is asked and how it answers: queries with brackets, chosen fields, strict bodies, errors.

Written from validators and middlewares of Medusa 2.21.2; knows nothing of the adapter.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

from tests.simulators.platforms.server import Answer, Call, json_answer

#: what is nested in a row and has to be asked for; other tables and lists are plain values
_RELATIONS: Final = frozenset(
    {
        *("items", "variant", "product", "tax_lines", "adjustments", "shipping_address", "billing_address"),
        *("shipping_methods", "payment_collections", "payments", "captures", "refunds", "fulfillments", "labels"),
        *("credit_lines", "customer", "variants", "options", "values", "prices", "images", "sales_channels"),
        *("inventory_items", "inventory", "inventory_item", "location_levels", "supported_currencies", "address"),
        *("returns", "reason"),
    }
)
#: rows of these relations hold no id where none was asked for
_WITHOUT_ID: Final = frozenset({"shipping_address", "billing_address", "location_levels"})
_STATUS: Final = {
    "unauthorized": 401,
    "not_allowed": 400,
    "invalid_data": 400,
    "not_found": 404,
    "forbidden": 403,
    "conflict": 409,
    "unknown_error": 500,
}


class SaysNoError(Exception):
    """Medusa's refusal: its `type` and `message`."""

    def __init__(self, kind: str, message: str, code: str = "") -> None:
        super().__init__(kind, message)
        self.kind = kind
        self.message = message
        self.code = code


def broken() -> SaysNoError:
    """What is answered where the code itself falls over."""
    return SaysNoError("unknown_error", "An unknown error occurred.", "unknown_error")


def not_found(what: str, no: str) -> SaysNoError:
    """An id that is nobody's."""
    return SaysNoError("not_found", f"{what} id not found: {no}")


def said_no(error: SaysNoError) -> Answer:
    """The answer of a refusal."""
    said = {"code": error.code} if error.code else {}
    return json_answer({**said, "type": error.kind, "message": error.message}, _STATUS[error.kind])


def stamp(at: datetime | None) -> str | None:
    """A moment as JavaScript writes it: UTC, milliseconds."""
    if at is None:
        return None
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


def times(since: datetime) -> dict[str, str | None]:
    """The times of what is never changed."""
    return {"created_at": stamp(since), "updated_at": stamp(since), "deleted_at": None}


def money(fen: int) -> int | float:
    """An amount as Medusa keeps it: plain decimals of the currency."""
    return fen // 100 if fen % 100 == 0 else fen / 100


def fen_of(amount: float) -> int:
    """The amount of a caller in hundredths."""
    return round(amount * 100)


# --- queries -------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Query:
    """The query of a call: `filters` holds name -> values, or name -> {operator: values}."""

    filters: dict[str, list[str] | dict[str, list[str]]] = field(default_factory=dict)
    fields: str | None = None
    order: str | None = None
    limit: int = 0
    offset: int = 0

    def values(self, name: str) -> list[str] | None:
        """The wanted values of a filter without operators; None where it is not there."""
        found = self.filters.get(name)
        if isinstance(found, dict):
            return [value for values in found.values() for value in values]
        return found


def query_of(call: Call, names: str, default_limit: int, *, is_strict: bool = True) -> Query:
    """What is asked for; `names` are the filters. Strict lists refuse what they do not know, others leave it out.

    Raises:
        SaysNoError: invalid_data for an unknown name and for what is no number.
    """
    query = Query(limit=default_limit)
    known = set(names.split())
    listed_names: set[str] = set()
    for raw, value in call.query:
        name, _, rest = raw.partition("[")
        operator = rest.rstrip("]")
        if name in ("fields", "order"):
            setattr(query, name, value)
        elif name in ("limit", "offset"):
            setattr(query, name, _number(name, value))
        elif name in known:
            _add(query.filters, name, operator, value)
            if rest:
                listed_names.add(name)
        elif is_strict and name != "with_deleted":
            raise SaysNoError("invalid_data", f"Invalid request: Unrecognized fields: '{name}'")
    if query.limit < 0 or query.offset < 0:
        raise broken()
    for name in listed_names:
        values = query.filters[name]
        if isinstance(values, list) and len(values) == 1:
            query.filters[name] = values[0].split(",")
    return query


def _number(name: str, value: str) -> int:
    found = re.match(r"\s*-?\d+", value)
    if found is None:
        raise SaysNoError(
            "invalid_data", f"Invalid request: Expected type: 'number' for field '{name}', got: '{value}'"
        )
    return int(found.group())


def _add(filters: dict[str, list[str] | dict[str, list[str]]], name: str, operator: str, value: str) -> None:
    if operator.startswith("$"):
        table = filters.setdefault(name, {})
        if isinstance(table, dict):
            table.setdefault(operator.removesuffix("[").rstrip("]"), []).append(value)
        return
    values = filters.setdefault(name, [])
    if isinstance(values, list):
        values.append(value)


_COMPARED: Final[Mapping[str, Callable[[datetime, datetime], bool]]] = {
    "$gte": lambda at, bound: at >= bound,
    "$gt": lambda at, bound: at > bound,
    "$lte": lambda at, bound: at <= bound,
    "$lt": lambda at, bound: at < bound,
    "$eq": lambda at, bound: at == bound,
    "$ne": lambda at, bound: at != bound,
}


def within(query: Query, name: str) -> Callable[[datetime], bool]:
    """Says of a moment whether it fits the filter of this name.

    Raises:
        SaysNoError: unknown_error for text that the database cannot read as a moment.
    """
    wanted = query.filters.get(name, {})
    table = wanted if isinstance(wanted, dict) else {"$eq": wanted}
    if any(operator not in _COMPARED for operator in table):
        raise broken()
    bounds = [(_COMPARED[operator], _moment(value)) for operator, values in table.items() for value in values]

    def fits_bounds(at: datetime) -> bool:
        at = at.replace(microsecond=at.microsecond // 1000 * 1000)
        return all(compared(at, bound) for compared, bound in bounds)

    return fits_bounds if bounds else lambda _at: True


def _moment(text: str) -> datetime:
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise broken() from None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def page_of(rows: Sequence[Any], query: Query) -> Sequence[Any]:
    """The asked part of all rows."""
    return rows[query.offset : query.offset + query.limit]


# --- fields --------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Wish:
    """What is wanted of one table: all plain values, and some by name."""

    is_all: bool = False
    parts: dict[str, "_Wish"] = field(default_factory=dict)

    def at(self, path: str) -> "_Wish":
        """The wish at a dotted path, made where it is missing."""
        found = self
        for part in path.split("."):
            found = found.parts.setdefault(part, _Wish())
        return found


def choice(fields: str | None, defaults: str, always: str = "id") -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """Cuts rows to what is answered to `fields`: names alone replace the defaults, `+`, `-` and `*` change them."""
    wish = _Wish()
    for name in [*_names(fields, defaults), *always.split(",")]:
        if name.startswith("*") or name.endswith(".*"):
            wish.at(name.removeprefix("*").removesuffix(".*")).is_all = True
        else:
            wish.at(name)
    return lambda row: _cut(row, wish)


def chosen(row: Mapping[str, Any], fields: str | None, defaults: str, always: str = "id") -> dict[str, Any]:
    """One row, cut by its `choice`."""
    return choice(fields, defaults, always)(row)


def _names(fields: str | None, defaults: str) -> Sequence[str]:
    usual = dict.fromkeys(defaults.split(","))
    asked = [name for name in (fields or "").split(",") if name]
    if fields is None:
        return [*usual]
    if not asked or any(not (name[0] in "+- *" or name.endswith(".*")) for name in asked):
        return [name.lstrip("+- \t") for name in asked]
    for name in asked:
        bare = name.lstrip("+- \t")
        if name.startswith("-"):
            for one in [one for one in usual if f"{one.lstrip('*')}.".startswith(f"{bare}.")]:
                del usual[one]
        else:
            usual[bare] = None
    return [*usual]


def _cut(row: Mapping[str, Any], wish: _Wish) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for name, value in row.items():
        part = wish.parts.get(name)
        if name not in _RELATIONS:
            if part is not None or wish.is_all:
                out[name] = value
        elif part is not None and value is not None:
            if name not in _WITHOUT_ID or not part.parts:
                part.at("id")
            out[name] = [_cut(one, part) for one in value] if isinstance(value, list) else _cut(value, part)
    return out


def fits(row: Mapping[str, Any], query: Query, *names: str) -> bool:
    """Whether a row has the wanted values of these filters, and the words of `q` somewhere."""
    for name in names:
        wanted = query.values(name)
        if wanted is not None and row[name] not in wanted:
            return False
    text = query.values("q")
    return not text or any(text[0] in str(row.get(name) or "") for name in ("title", "sku", "name", "description"))


def listed(name: str, found: Sequence[Mapping[str, Any]], query: Query, defaults: str) -> Answer:
    """A page of what was found, sorted as asked, cut to the asked fields."""
    place = (query.order or "").removeprefix("-")
    if place and found:
        if place not in found[0]:
            raise broken()
        found = sorted(found, key=lambda row: str(row[place]), reverse=(query.order or "").startswith("-"))
    rows = [*map(choice(query.fields, defaults), page_of(found, query))]
    return json_answer({name: rows, "count": len(found), "offset": query.offset, "limit": query.limit})


# --- bodies --------------------------------------------------------------------------------------------------------------

#: what Medusa calls a type -> what Python reads of JSON
_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "string": (str,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}


def body_of(call: Call, needed: str = "", optional: str = "", nullable: str = "") -> dict[str, Any]:
    """The JSON body, with these fields and no others; each is written `name:type`.

    Raises:
        SaysNoError: invalid_data.
    """
    if not call.body or "json" not in call.headers.get("content-type", ""):
        body: object = {}
    else:
        try:
            body = call.json()
        except ValueError:
            message = "Expected property name or '}' in JSON at position 1"
            raise SaysNoError("invalid_data", message) from None
    return checked(body, needed, optional, nullable)


def checked(
    body: object,
    needed: str = "",
    optional: str = "",
    nullable: str = "",
    path: Iterable[object] = (),
    *,
    is_strict: bool = True,
) -> dict[str, Any]:
    """A table with these fields, strict ones with no others; `path` is where it lies."""
    at = [str(part) for part in path]
    if not isinstance(body, dict):
        raise _wrong("object", at, body)
    types = {**_typed(needed), **_typed(optional), **_typed(nullable)}
    for name in body:
        if name not in types and is_strict:
            raise SaysNoError("invalid_data", f"Invalid request: Unrecognized fields: '{name}'")
    for name, kind in types.items():
        if name not in body:
            if name in _typed(needed):
                raise SaysNoError("invalid_data", f"Invalid request: Field '{', '.join([*at, name])}' is required")
            continue
        value = body[name]
        if value is None and name in _typed(nullable):
            continue
        if not isinstance(value, _TYPES[kind]) or (kind == "number" and isinstance(value, bool)):
            raise _wrong(kind, [*at, name], value)
    return body


def _typed(names: str) -> dict[str, str]:
    return dict(name.split(":") for name in names.split())


def _wrong(kind: str, path: Sequence[str], value: object) -> SaysNoError:
    """What is said of a value of another type; inside lists Medusa's own look-up fails, and it says that none is there."""
    where = ", ".join(path)
    if not where or any(part.isdigit() for part in path):
        return SaysNoError("invalid_data", f"Invalid request: Field '{where}' is required")
    kind = "record" if kind == "object" and path[-1].endswith(("metadata", "additional_data")) else kind
    return SaysNoError(
        "invalid_data", f"Invalid request: Expected type: '{kind}' for field '{where}', got: '{value}'"
    )


def check_url(value: str) -> None:
    """A link of a label: empty, `#`, or http."""
    if value not in ("", "#") and urlsplit(value).scheme not in ("http", "https"):
        raise SaysNoError("invalid_data", "Invalid request: URL must use http: or https: scheme")
