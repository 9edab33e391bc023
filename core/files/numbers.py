"""Waybill numbers in tables: what a row says of them, and taking them in for orders that are here already.

A platform's order table names the numbers it knows; what other software has printed comes as a table of order numbers
and waybill numbers. Both are judged by `core.fulfilment.companion`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from core.db.unit_of_work import Store, Urgency
from core.files.cells import BadCell, number_of, text_of
from core.files.fields import Row
from core.files.mapping import Mapped
from core.files.progress import Progress
from core.files.records import Counts, Imported, NumberSaid, Rejected, Table
from core.fulfilment import companion
from core.fulfilment.companion import Judgement, Said
from core.waybills.carriers import tidied

_EXPRESS = re.compile(r"([0-9A-Za-z]{6,40})[-_ ]+(\S{2,30})")
_SEVERAL = re.compile(r"[,，;；、/\s]+")
#: orders looked at together
_PIECE = 100
_SHOWN = 40


@dataclass(frozen=True, slots=True)
class NumberTable:
    """The numbers of a table, and the rows that say nothing clear."""

    said: Sequence[NumberSaid]
    rejected: Sequence[Rejected]


def numbers_in(row: Row) -> dict[str, str]:
    """Every number a row names, with its carrier's name; what Excel has spoilt is left out."""
    found: dict[str, str] = {}
    express = row.cell("express")
    if express is not None:
        found.update(_EXPRESS.findall(text_of(express)))
    cell = row.cell("waybill_no")
    if cell is None:
        return found
    carrier = row.cell("carrier")
    name = text_of(carrier) if carrier is not None else ""
    told = [part for part in _SEVERAL.split(cell) if part] if isinstance(cell, str) else [cell]
    for part in told:
        try:
            found[number_of(part)] = name
        except BadCell:
            continue
    return found


def numbers_of(table: Table, mapped: Mapped) -> NumberTable:
    """The rows of a table of numbers."""
    said: dict[tuple[str, str], NumberSaid] = {}
    rejected: list[Rejected] = []
    column = mapped.column("waybill_no", table)
    for row in mapped.rows(table):
        try:
            cell = row.cell("order_no")
            order_no = number_of(cell) if cell is not None else ""
        except BadCell as error:
            rejected.append(_reject(table, mapped, row, "order_no", error.reason))
            continue
        numbers = numbers_in(row)
        if not order_no:
            rejected.append(_reject(table, mapped, row, "order_no", "no_order_no"))
        elif not numbers:
            rejected.append(_reject(table, mapped, row, "waybill_no", "no_number"))
        for number, carrier in numbers.items() if order_no else ():
            one = NumberSaid(order_no, tidied(number), carrier, table.name, row.number, column)
            said.setdefault((one.order_no, one.number), one)
    return NumberTable(tuple(said.values()), rejected)


def _reject(table: Table, mapped: Mapped, row: Row, name: str, reason: str) -> Rejected:
    cell = row.cell(name)
    shown = text_of(cell)[:_SHOWN] if cell is not None else ""
    return Rejected(table.name, row.number, mapped.column(name, table) or name, reason, shown)


def refused_by(said: Sequence[NumberSaid], judgements: Sequence[Judgement]) -> list[Rejected]:
    """The numbers that were not taken, each with its place and the reason."""
    return [
        Rejected(one.file, one.row, one.column, str(judgement), one.number[:_SHOWN])
        for one, judgement in zip(said, judgements, strict=True)
        if judgement not in {Judgement.NEW, Judgement.SAME}
    ]


def as_said(said: Sequence[NumberSaid], shop_id: int | None) -> list[Said]:
    """As the desk takes them."""
    return [Said(one.order_no, one.number, one.carrier, shop_id) for one in said]


def preview_numbers(store: Store, table: NumberTable, shop_id: int | None) -> tuple[Counts, Sequence[Rejected]]:
    """What taking them in would do, and every row that is refused."""
    counts, refused = Counts(), list(table.rejected)
    for piece in _pieces(table.said):
        asked = as_said(piece, shop_id)
        judged = store.read(partial(companion.judge, said=asked))
        counts = _counted(counts, judged)
        refused += refused_by(piece, judged)
    return replace(counts, rejected=len(refused)), sorted(refused, key=lambda one: one.row)


def import_numbers(
    store: Store, table: NumberTable, shop_id: int | None, carrier_code: str, progress: Progress
) -> tuple[Imported, Sequence[Rejected]]:
    """Take numbers in, piece by piece; the same table again changes nothing.

    Stopped by `progress`, what is in stays. `shop_id` decides where several shops have an order of that number.
    """
    counts, refused, is_whole, done = Counts(), list(table.rejected), True, 0
    progress.show(0, len(table.said))
    for piece in _pieces(table.said):
        if progress.is_cancelled:
            is_whole = False
            break
        operation = partial(companion.take, said=as_said(piece, shop_id), default_carrier=carrier_code)
        judged = store.write(operation, urgency=Urgency.BULK)
        counts = _counted(counts, judged)
        refused += refused_by(piece, judged)
        done += len(piece)
        progress.show(done, len(table.said))
    refused.sort(key=lambda one: one.row)
    return Imported(replace(counts, rejected=len(refused)), is_whole), refused


def _pieces(said: Sequence[NumberSaid]) -> Iterator[Sequence[NumberSaid]]:
    """All numbers of an order stay together: they are judged together."""
    groups: dict[str, list[NumberSaid]] = {}
    for one in said:
        groups.setdefault(one.order_no, []).append(one)
    orders = list(groups.values())
    for start in range(0, len(orders), _PIECE):
        yield [one for group in orders[start : start + _PIECE] for one in group]


def _counted(counts: Counts, judged: Sequence[Judgement]) -> Counts:
    return replace(
        counts,
        new=counts.new + judged.count(Judgement.NEW),
        unchanged=counts.unchanged + judged.count(Judgement.SAME),
    )
