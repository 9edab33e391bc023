"""What a label says: versioned frozen content, read strictly from JSON.

Core owns the JSON schema; this is printing's own reading of it (`docs/label-content.schema.json` describes
the same in JSON Schema, `docs/examples/label-content.json` is an example with every field). Every field must
be there, none may be unknown, so that a drift between the two readings is an error at once and not an empty
spot on paper.
"""

import dataclasses
import json
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any, TypeVar

from printing.errors import LabelContentError

SCHEMA_VERSION = 1

#: foreign text is clipped when drawn; beyond this it is not text any more
MAX_TEXT_CHARS = 100_000
MAX_CODE_CHARS = 64
MAX_ITEMS = 10_000
#: no number on a label has more digits
MAX_NUMBER = 999_999_999

_CHINA = timezone(timedelta(hours=8))
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Carrier:
    """Who carries it, as printed in the head: `name` 顺丰速运, `product` 标快."""

    code: str
    name: str
    product: str


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends: the shop's own address, clear text; masked when printed."""

    name: str
    phone: str
    province: str
    city: str
    district: str
    address: str


@dataclass(frozen=True, slots=True)
class Consignee:
    """Who receives. `is_masked` says that the texts are a platform's display texts: we mask no further."""

    name: str
    phone: str
    province: str
    city: str
    district: str
    address: str
    is_masked: bool


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the packing list; no price, a short and neutral name."""

    short_name: str
    spec: str
    qty: int


@dataclass(frozen=True, slots=True)
class SequenceNo:
    """序 n/m of a wave.

    Given when the wave is made, not when it is printed: a reprint keeps it, a torn roll can be resumed.
    """

    number: int
    total: int
    wave: str


@dataclass(frozen=True, slots=True)
class Box:
    """Box n of m of one shipment (子母件)."""

    number: int
    total: int


@dataclass(frozen=True, slots=True)
class LabelContent:
    """Everything one label shows.

    Attributes:
        waybill_no: printable ASCII, no spaces: it becomes the bars.
        sort_code: 三段码 exactly as the carrier returned it; never invented.
        package_centre: 集包地, empty where the carrier gives none.
        items: packing list; may be longer than the label shows.
        item_count: pieces in the parcel, over all lines.
        order_nos: the orders this parcel serves.
        sequence: place in the wave, None for a single label.
        box: None for a parcel of one box.
        reprint: 0 on the first copy, n on the n-th reprint (补打 n).
        qr_text: printed verbatim as QR code, empty for none.
        printed_at: when this copy is printed, with zone.
    """

    waybill_no: str
    carrier: Carrier
    sort_code: str
    package_centre: str
    sender: Sender
    consignee: Consignee
    items: tuple[Item, ...]
    item_count: int
    order_nos: tuple[str, ...]
    buyer_note: str
    gift_note: str
    sequence: SequenceNo | None
    box: Box | None
    reprint: int
    qr_text: str
    printed_at: datetime
    shop_name: str

    def stamped(self, copy_no: int, printed_at: datetime) -> "LabelContent":
        """The same content as copy `copy_no` (0 = first) printed at `printed_at`."""
        return dataclasses.replace(self, reprint=copy_no, printed_at=printed_at)


def read_label(source: str | bytes) -> LabelContent:
    """Content from JSON text.

    Raises:
        LabelContentError: not JSON, or not this schema; the sentence names the field by its path.
    """
    try:
        raw = json.loads(source, object_pairs_hook=_no_doubles)
    except RecursionError as error:
        raise LabelContentError("label.not_json", "the label content is nested too deeply") from error
    except ValueError as error:
        raise LabelContentError("label.not_json", f"the label content is not JSON: {error}") from error
    return label_from_mapping(raw)


def label_from_mapping(raw: object) -> LabelContent:
    """Content from a decoded JSON object.

    Raises:
        LabelContentError: `label.schema_unknown`, `label.field_missing`, `label.field_unknown`,
        `label.field_type`,
            `label.field_range` or `label.field_too_long`; facts hold `path`.
    """
    if not isinstance(raw, Mapping):
        raise _bad("label.field_type", "", "the label content must be a JSON object")
    version = raw.get("schema")
    if version != SCHEMA_VERSION or isinstance(version, bool):
        raise LabelContentError(
            "label.schema_unknown",
            f"label content schema {version!r} is not known here, only {SCHEMA_VERSION}",
            schema=version if isinstance(version, int | str) else None,
        )
    body = {key: value for key, value in raw.items() if key != "schema"}
    return _read_record(LabelContent, body, "")


def label_to_mapping(content: LabelContent) -> dict[str, object]:
    """The JSON object of `content`: `label_from_mapping` of it is `content` again."""
    plain: dict[str, Any] = {"schema": SCHEMA_VERSION, **dataclasses.asdict(content)}
    plain["items"] = list(plain["items"])
    plain["order_nos"] = list(plain["order_nos"])
    plain["printed_at"] = content.printed_at.isoformat()
    return plain


def printed_time(content: LabelContent) -> str:
    """`2026-11-23 10:05` in Chinese time, whatever zone the PC is in."""
    return content.printed_at.astimezone(_CHINA).strftime("%Y-%m-%d %H:%M")


_LIMITS = {
    "waybill_no": (4, MAX_CODE_CHARS),
    "carrier.code": (1, MAX_CODE_CHARS),
}
_LOWEST = {
    "item_count": 0,
    "reprint": 0,
}


def _no_doubles(pairs: list[tuple[str, object]]) -> dict[str, object]:
    seen = dict(pairs)
    if len(seen) != len(pairs):
        raise ValueError("a field is there twice")
    return seen


def _bad(code: str, path: str, sentence: str) -> LabelContentError:
    return LabelContentError(code, sentence, path=path)


_RECORDS = (Carrier, Sender, Consignee, Item, SequenceNo, Box, LabelContent)
_FIELDS: Mapping[object, Mapping[str, Any]] = {kind: typing.get_type_hints(kind) for kind in _RECORDS}


def _read_record(kind: type[_T], raw: object, path: str) -> _T:
    if not isinstance(raw, Mapping):
        raise _bad("label.field_type", path, f"{path or 'the label content'} must be an object")
    hints = _FIELDS[kind]
    prefix = f"{path}." if path else ""
    for name in hints:
        if name not in raw:
            raise _bad("label.field_missing", prefix + name, f"the field {prefix + name} is missing")
    for name in raw:
        if name not in hints:
            shown = f"{prefix}{name!s:.60}"
            raise _bad("label.field_unknown", shown, f"the field {shown} is not part of this schema")
    return kind(**{name: _read_value(hint, raw[name], prefix + name) for name, hint in hints.items()})


def _read_value(hint: Any, value: object, path: str) -> object:
    if typing.get_origin(hint) is types.UnionType:
        return None if value is None else _read_value(typing.get_args(hint)[0], value, path)
    if typing.get_origin(hint) is tuple:
        return _read_list(typing.get_args(hint)[0], value, path)
    if hint is str:
        return _read_text(value, path)
    if hint is bool:
        if not isinstance(value, bool):
            raise _bad("label.field_type", path, f"{path} must be true or false")
        return value
    if hint is int:
        return _read_number(value, path)
    if hint is datetime:
        return _read_time(value, path)
    return _read_record(hint, value, path)


def _read_list(hint: Any, value: object, path: str) -> tuple[object, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str | bytes):
        raise _bad("label.field_type", path, f"{path} must be a list")
    if len(value) > MAX_ITEMS:
        raise _bad("label.field_too_long", path, f"{path} has more than {MAX_ITEMS} entries")
    return tuple(_read_value(hint, entry, f"{path}[{index}]") for index, entry in enumerate(value))


def _read_text(value: object, path: str) -> str:
    if not isinstance(value, str):
        raise _bad("label.field_type", path, f"{path} must be text")
    shortest, longest = _LIMITS.get(path, (0, MAX_TEXT_CHARS))
    if len(value) > longest:
        raise _bad("label.field_too_long", path, f"{path} has {len(value)} characters, at most {longest} are taken")
    if len(value) < shortest:
        raise _bad("label.field_range", path, f"{path} must have at least {shortest} characters")
    if path == "waybill_no" and not all("!" <= char <= "~" for char in value):
        raise _bad("label.field_range", path, "waybill_no may hold printable ASCII without spaces only")
    return value


def _read_number(value: object, path: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _bad("label.field_type", path, f"{path} must be a whole number")
    lowest = _LOWEST.get(path, 1)
    if not lowest <= value <= MAX_NUMBER:
        raise _bad("label.field_range", path, f"{path} must lie between {lowest} and {MAX_NUMBER}")
    return value


def _read_time(value: object, path: str) -> datetime:
    if not isinstance(value, str) or len(value) > MAX_CODE_CHARS:
        raise _bad("label.field_type", path, f"{path} must be a time as text")
    try:
        instant = datetime.fromisoformat(value)
    except ValueError as error:
        raise _bad("label.field_range", path, f"{path} is not an ISO 8601 time") from error
    if instant.tzinfo is None:
        raise _bad("label.field_range", path, f"{path} needs a zone, such as +08:00")
    return instant
