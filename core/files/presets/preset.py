"""How the columns of one kind of table are called."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Preset:
    """One kind of table.

    Attributes:
        id: stable; the word for it is `files.preset.<id>`.
        kind: orders | order_heads | order_lines | numbers | products | counts | customers.
        platform: whose table it is, empty for the shop's own.
        columns: field -> names its column has had, the newest first.
        required: fields without which it is not this table.
        headers: the header row of its source, for those who compare.
        blanks: what stands where there is nothing.
        is_amount_per_line: the amount belongs to the row's line; otherwise to the whole order, repeated in each row.
    """

    id: str
    kind: str
    platform: str
    columns: Mapping[str, Sequence[str]]
    required: Sequence[str]
    headers: Sequence[str] = ()
    blanks: Sequence[str] = ()
    is_amount_per_line: bool = False


def names_of(row: str) -> Sequence[str]:
    """The names of a header row, written with commas between them."""
    return tuple(row.split(","))
