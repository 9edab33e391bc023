"""Which goods on their way would serve which order: the earliest promise first, the earliest delivery first."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from core.orders.settling.records import Cure, MissingLine, Supply
from core.runtime.ids import SkuId


def cured(orders: Sequence[Sequence[MissingLine]], supplies: Iterable[Supply]) -> tuple[tuple[MissingLine, ...], ...]:
    """The lines of each order with what would bring them; orders stand in order of promise.

    A delivery serves each unit once: what the first order takes, the second does not get.
    """
    on_the_way: defaultdict[SkuId, list[Supply]] = defaultdict(list)
    for supply in sorted(supplies, key=lambda one: (one.day is None, one.day or date.max, one.document_id)):
        on_the_way[supply.sku_id].append(supply)
    return tuple(tuple(_line(line, on_the_way[line.sku_id]) for line in lines) for lines in orders)


def _line(line: MissingLine, supplies: list[Supply]) -> MissingLine:
    missing = line.qty
    found: list[Cure] = []
    while missing and supplies:
        first = supplies[0]
        taken = min(missing, first.qty)
        found.append(Cure(taken, first.document_id, first.number, first.day))
        missing -= taken
        if taken == first.qty:
            supplies.pop(0)
        else:
            supplies[0] = replace(first, qty=first.qty - taken)
    if missing:
        found.append(Cure(missing))
    return replace(line, cures=tuple(found))


def comes_on(lines: Sequence[MissingLine]) -> date | None:
    """The day on which everything is there; None where something is not on its way, or nobody has said when."""
    days = [cure.day if cure.number else None for line in lines for cure in line.cures]
    known = [day for day in days if day is not None]
    return max(known) if known and len(known) == len(days) else None
