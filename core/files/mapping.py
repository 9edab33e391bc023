"""Which table this is, and which of its columns says what."""

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from core.files.fields import FIELDS, Row
from core.files.presets import douyin, jd, own, pdd, taobao
from core.files.presets.preset import Preset
from core.files.records import Table
from core.runtime.errors import Refused

#: the more particular ones first: of two that fit equally the first is taken
PRESETS: tuple[Preset, ...] = (
    taobao.HEADS,
    taobao.LINES,
    pdd.ORDERS,
    jd.ORDERS,
    douyin.ORDERS,
    own.ORDERS,
    own.NUMBERS,
    own.CUSTOMERS,
    own.PRODUCTS,
    own.COUNTS,
)

#: a packing desk needs no such thing (PIPL art. 6)
_NOT_OURS = re.compile(r"身份证|证件号|银行卡|ID ?card", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Mapped:
    """A table with what its columns say: field -> places, of which the first that is filled counts.

    `aside` are the columns nobody asked for, kept with the rows; `dropped` those that hold what a packing desk must
    not have, kept nowhere. `confidence` is the part of the columns that are called as in that kind of table, in
    hundredths.
    """

    preset: Preset
    places: Mapping[str, Sequence[int]]
    aside: tuple[str, ...]
    dropped: tuple[str, ...]
    confidence: int

    def rows(self, table: Table) -> Sequence[Row]:
        """The rows by the names of fields."""
        places, blanks = self.places, frozenset(self.preset.blanks)
        return [Row(number, cells, places, blanks) for number, cells in table.rows]

    def kept_header(self, table: Table) -> Sequence[str]:
        """The columns' names, empty for those that are dropped."""
        return tuple("" if name in self.dropped else name for name in table.header)

    def column(self, field: str, table: Table) -> str:
        """What the column of a field is called in the file."""
        places = self.places.get(field)
        return table.header[places[0]] if places else ""


def normal(name: str) -> str:
    """A column's name without what differs from export to export: spaces, widths, case."""
    return "".join(unicodedata.normalize("NFKC", name).split()).strip("'\ufeff").casefold()


def signature(header: Sequence[str]) -> str:
    """Names one way of writing a table: the same columns in the same order."""
    return hashlib.sha256("\n".join(map(normal, header)).encode()).hexdigest()[:16]


def recognise(header: Sequence[str]) -> Sequence[Mapped]:
    """Every known table this header may belong to, the likeliest first; empty where none fits."""
    fitting = [mapped for preset in PRESETS if (mapped := apply(preset, header)) is not None]
    return sorted(fitting, key=lambda mapped: (-len(mapped.places), -mapped.confidence))


def apply(preset: Preset, header: Sequence[str]) -> Mapped | None:
    """The header seen as one kind of table; None where a column is missing without which it is not that."""
    names: dict[str, int] = {}
    for place, name in enumerate(header):
        # Of two columns of one name the first counts, and the other is kept aside.
        names.setdefault(normal(name), place)
    places: dict[str, tuple[int, ...]] = {}
    for field, known in preset.columns.items():
        found = dict.fromkeys(names[normal(name)] for name in known if normal(name) in names)
        if found:
            places[field] = tuple(found)
    if any(field not in places for field in preset.required):
        return None
    called = {normal(name) for name in preset.headers} | {
        normal(n) for known in preset.columns.values() for n in known
    }
    filled = [name for name in header if name]
    known_count = sum(1 for name in filled if normal(name) in called)
    used = {place for found in places.values() for place in found}
    left = tuple(name for place, name in enumerate(header) if name and place not in used)
    dropped = tuple(name for name in left if _NOT_OURS.search(name))
    aside = tuple(name for name in left if name not in dropped)
    return Mapped(preset, places, aside, dropped, known_count * 100 // max(len(filled), 1))


#: words that say too little to tell a kind of table by, but mean this once a person has said which kind it is
_PLAIN_WORDS: Final = {"counts": {"qty": ("数量", "件数", "Qty", "Quantity")}}


def known_columns(kind: str, header: Sequence[str]) -> Mapping[str, str]:
    """Field -> column, where a column is called as in a table of this kind, whatever else the header lacks.

    The more particular tables say first what a name means.
    """
    names = {normal(name): name for name in reversed(header) if name}
    found: dict[str, str] = {}
    for preset in PRESETS:
        for field, known in preset.columns.items() if preset.kind == kind else ():
            column = next((names[normal(name)] for name in known if normal(name) in names), None)
            if column is not None and column not in found.values():
                found.setdefault(field, column)
    for field, known in _PLAIN_WORDS.get(kind, {}).items():
        column = next((names[normal(name)] for name in known if normal(name) in names), None)
        if column is not None and column not in found.values():
            found.setdefault(field, column)
    return found


def by_hand(kind: str, columns: Mapping[str, str], header: Sequence[str], platform: str = "") -> Mapped:
    """A table whose columns a person has assigned: field -> column's name.

    Raises:
        Refused: `files.mapping_incomplete`, a field that is needed has no column; `files.mapping_unknown`, no such
            field or column.
    """
    fields = {field.name: field for field in FIELDS.get(kind, ())}
    names = set(header)
    wrong = next((field for field in columns if field not in fields or columns[field] not in names), None)
    if wrong is not None or not fields:
        raise Refused("files.mapping_unknown", f"there is no such field or column: {wrong}", field=str(wrong))
    missing = next((name for name, field in fields.items() if field.is_needed and name not in columns), None)
    if missing is not None:
        raise Refused("files.mapping_incomplete", f"no column says {missing}", field=missing)
    preset = Preset("by_hand", kind, platform, {field: (name,) for field, name in columns.items()}, tuple(columns))
    mapped = apply(preset, header)
    if mapped is None:
        raise Refused("files.mapping_unknown", "the columns are not those of this file", field="")
    return mapped
