"""The contract as data: every operation with its parameters, body, answers and problems.

Calls are found, checked and described by this one table, so that the published schema cannot say another thing than
what is checked.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from core.gateway.shapes import Schema

#: of a call without an order; an order may be larger
BODY_BYTES: Final = 64 * 1024
ORDER_BYTES: Final = 1024 * 1024
LARGEST_WAIT_S: Final = 25

EVENT_KINDS: Final = (
    "shipped",
    "cancelled",
    "stock.changed",
    "sale.paused",
    "sale.resumed",
    "reservation.expired",
)

_TEXT: Final = {"type": "string", "minLength": 1, "maxLength": 64, "pattern": r"^[^\x00-\x1f\x7f]+$"}
_SKU: Final = _TEXT | {"description": "merchant code 商家编码", "example": "MF-101"}
_QTY: Final = {"type": "integer", "minimum": 1, "maximum": 100_000}
_SECONDS: Final = {"type": "integer", "minimum": 10, "maximum": 3600, "default": 900}
_MOMENT: Final = {"type": "string", "format": "date-time", "example": "2026-11-23T12:00:00.250+08:00"}
_CURSOR: Final = {"type": "string", "pattern": "^[0-9]{1,18}$", "example": "1042"}
#: a path's word that names nothing we have is not found, so anything is allowed in it
_PATH_WORD: Final = {"type": "string", "minLength": 1}


def _object(required: list[str], **properties: Schema) -> Schema:
    return {"type": "object", "required": required, "properties": properties, "additionalProperties": False}


_LINE = _object(["sku", "qty"], sku=_SKU, qty=_QTY, warehouse={**_TEXT, "description": "its code; one per order"})
_LINES = {"type": "array", "minItems": 1, "maxItems": 200, "items": _LINE}

RESERVE = _object(
    ["ref", "lines"],
    ref=_TEXT | {"description": "your order number, never used again", "example": "LX2611230000001"},
    channel={**_TEXT, "description": "a name for your own logs; the key says which shop you are"},
    buyer={
        **_TEXT,
        "description": "who buys, as buyer.key of your orders; needed while a purchase limit holds for the goods",
    },
    member={"type": "boolean", "description": "whether your mall calls this buyer a member"},
    expires_in=_SECONDS,
    lines=_LINES,
    all_or_nothing={"type": "boolean", "default": True},
)
EXTEND = _object(["expires_in"], expires_in=_SECONDS)
CONFIRM = _object(
    [],
    paid_at=_MOMENT,
    amount={"type": "integer", "minimum": 0, "maximum": 10**12, "description": "what was paid, in fen"},
    currency={"type": "string", "enum": ["CNY"]},
    payment_no={**_TEXT, "maxLength": 128},
)
RELEASE = _object(["reason"], reason={"type": "string", "enum": ["cancelled", "timeout", "refund"]})
#: the order object is that of the mall side of the contract; its reader checks it further
ORDER: Schema = {
    "type": "object",
    "description": "the order object of the open mall contract, as your mall answers it to a pull",
    "required": [
        "no",
        "version",
        "state",
        "payment",
        "placed_at",
        "updated_at",
        "currency",
        "amount_fen",
        "freight_fen",
        "buyer",
        "lines",
    ],
    "properties": {
        "no": _TEXT,
        "version": {"type": "integer", "minimum": 1, "maximum": 2**53},
        "lines": {"type": "array", "items": {"type": "object"}},
        "buyer": {"type": "object"},
    },
}

_RESERVATION = _object(
    ["id", "ref", "state", "expires_at", "lines", "version"],
    id={"type": "string"},
    ref={"type": "string"},
    state={"type": "string", "enum": ["reserved", "confirmed", "released", "expired"]},
    expires_at=_MOMENT,
    lines={
        "type": "array",
        "items": _object(["sku", "qty", "warehouse"], sku={"type": "string"}, qty=_QTY, warehouse={"type": "string"}),
    },
    version={"type": "integer", "minimum": 1, "description": "rises with each change of state"},
    short={
        "type": "array",
        "description": "lines that were given in part or not at all, where all_or_nothing is false",
        "items": _object(
            ["sku", "asked", "reserved"],
            sku={"type": "string"},
            asked=_QTY,
            reserved={"type": "integer", "minimum": 0},
        ),
    },
)
_APPLIED = _object(
    ["ref", "version", "applied", "fulfilment", "payment"],
    ref={"type": "string"},
    version={"type": "integer"},
    applied={"type": "boolean", "description": "false: what is known is as new or newer"},
    fulfilment={"type": "string"},
    payment={"type": "string"},
)
_STOCK = _object(
    ["items", "paused"],
    items={
        "type": "array",
        "items": _object(
            ["sku", "available", "version", "sale_state"],
            sku={"type": "string"},
            available={"type": ["integer", "null"], "description": "null: nobody counts these goods"},
            version={"type": "integer", "minimum": 0},
            sale_state={"type": "string", "enum": ["on", "paused"]},
        ),
    },
    unknown={"type": "array", "items": {"type": "string"}},
    next_cursor=_CURSOR,
    has_more={"type": "boolean"},
    paused={"type": "boolean", "description": "everything of your shop is stopped"},
)
_EVENTS = _object(
    ["events", "next_cursor"],
    events={
        "type": "array",
        "items": {
            "type": "object",
            "required": ["cursor", "type", "at"],
            "properties": {
                "cursor": _CURSOR,
                "type": {
                    "type": "string",
                    "enum": list(EVENT_KINDS),
                },
                "at": _MOMENT,
                "ref": {"type": "string"},
                "sku": {"type": ["string", "null"]},
            },
        },
    },
    next_cursor=_CURSOR,
)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a query. `is_list`: it may stand several times."""

    name: str
    schema: Schema
    text: str
    is_required: bool = False
    is_list: bool = False


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that a mall may ask for.

    Attributes:
        name: how it is called in lists and logs.
        method: of HTTP.
        path: `{}` stands for one segment.
        text: what it does.
        parameters: of the query.
        body: schema of the body, None where there is none.
        answers: schema by status, of what goes well.
        problems: codes it may answer beside those of all.
        key: whether an Idempotency-Key `must` or `may` stand, or does not (``).
        words: names of the path's segments.
        largest: bytes of a body.
    """

    name: str
    method: str
    path: str
    text: str
    answers: Mapping[int, Schema]
    parameters: tuple[Parameter, ...] = ()
    body: Schema | None = None
    problems: tuple[str, ...] = ()
    key: str = ""
    words: tuple[str, ...] = ()
    largest: int = BODY_BYTES
    example: Mapping[str, Any] = field(default_factory=dict)


#: what every call may be answered
COMMON: Final = (
    "bad_query",
    "bad_key",
    "bad_signature",
    "clock_skew",
    "nonce_replayed",
    "rate_limited",
    "defect",
    "unavailable",
    "outcome_unknown",
)
#: what every call with a body may be answered besides
WITH_BODY: Final = ("bad_json", "invalid", "length_required", "too_large")
#: what every call with an idempotency key may be answered besides
WITH_KEY: Final = ("idempotency_key_bad", "idempotency_conflict", "idempotency_in_progress")

_EXTENDING: Final = (
    "reservation_closed",
    "already_confirmed",
    "extend_limit",
    "expired_out_of_stock",
    "purchase_limit",
)
_LIMIT = Parameter("limit", {"type": "integer", "minimum": 1, "maximum": 500, "default": 200}, "at most so many")

OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        "reserve",
        "POST",
        "/v1/reservations",
        "Reserve the lines of an order before you sell. 201 with a new reservation; 200 with the one that this order"
        " number has already, if the lines are the same.",
        {201: _RESERVATION, 200: _RESERVATION},
        body=RESERVE,
        problems=("unknown_sku", "out_of_stock", "purchase_limit", "ref_conflict", "sale_paused"),
        key="must",
        example={"ref": "LX2611230000001", "expires_in": 900, "lines": [{"sku": "MF-101", "qty": 2}]},
    ),
    Operation(
        "find",
        "GET",
        "/v1/reservations",
        "Look a reservation up by your order number, after a lost answer.",
        {200: _RESERVATION},
        parameters=(Parameter("ref", _TEXT, "your order number", is_required=True),),
        problems=("reservation_not_found",),
    ),
    Operation(
        "look",
        "GET",
        "/v1/reservations/{}",
        "Look a reservation up by its id.",
        {200: _RESERVATION},
        problems=("reservation_not_found",),
        words=("id",),
    ),
    Operation(
        "extend",
        "POST",
        "/v1/reservations/{}/extend",
        "Let it last so many seconds from now, at most 60 minutes in all. One that has expired is reserved anew, all"
        " of it or nothing.",
        {200: _RESERVATION},
        body=EXTEND,
        problems=("reservation_not_found", *_EXTENDING),
        key="may",
        words=("id",),
        example={"expires_in": 600},
    ),
    Operation(
        "confirm",
        "POST",
        "/v1/reservations/{}/confirm",
        "The buyer has paid. One that has expired is reserved anew, all of it or nothing: on expired_out_of_stock you"
        " have to pay back. Again it gives the same answer.",
        {200: _RESERVATION},
        body=CONFIRM,
        problems=("reservation_not_found", "reservation_closed", "expired_out_of_stock"),
        key="may",
        words=("id",),
        example={"paid_at": "2026-11-23T12:00:40+08:00", "amount": 54090, "payment_no": "4200001"},
    ),
    Operation(
        "release",
        "POST",
        "/v1/reservations/{}/release",
        "Give the goods back. After confirm only with reason refund, and only while nothing has left. Again it"
        " changes nothing.",
        {200: _RESERVATION},
        body=RELEASE,
        problems=("reservation_not_found", "already_confirmed", "already_shipped"),
        key="may",
        words=("id",),
        example={"reason": "cancelled"},
    ),
    Operation(
        "put_order",
        "PUT",
        "/v1/orders/{}",
        "Hand in the whole order, as you would answer a pull. An older version is ignored and is no error.",
        {200: _APPLIED},
        body=ORDER,
        words=("ref",),
        largest=ORDER_BYTES,
    ),
    Operation(
        "stock",
        "GET",
        "/v1/stock",
        "What may be sold: of the SKUs named by sku (several times), or of those whose number changed behind since"
        " (0 at first). A hint for your pages: only a reservation decides.",
        {200: _STOCK},
        parameters=(
            Parameter("sku", _TEXT, "a merchant code; at most 100", is_list=True),
            Parameter("since", _CURSOR, "next_cursor of the last answer, 0 at first"),
            _LIMIT,
        ),
        problems=("bad_cursor",),
    ),
    Operation(
        "events",
        "GET",
        "/v1/events",
        "What happened to your orders and goods behind a cursor, oldest first; waits up to wait seconds for one.",
        {200: _EVENTS},
        parameters=(
            Parameter(
                "after",
                {"type": "string", "pattern": "^([0-9]{1,18}|latest)$", "default": "0"},
                "next_cursor of the last answer; 0 for the oldest kept (14 days), latest to begin now",
            ),
            Parameter(
                "wait",
                {"type": "integer", "minimum": 0, "maximum": LARGEST_WAIT_S, "default": 0},
                "seconds to wait while there is nothing",
            ),
            _LIMIT,
        ),
        problems=("bad_cursor",),
    ),
)

BY_NAME: Final[Mapping[str, Operation]] = MappingProxyType({one.name: one for one in OPERATIONS})


def problems_of(operation: Operation) -> tuple[str, ...]:
    """Every code that an operation may answer."""
    more = (WITH_BODY if operation.body is not None else ()) + (WITH_KEY if operation.key else ())
    return (*COMMON, *more, *operation.problems)
