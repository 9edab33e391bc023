"""From decisions to drafts of purchases: one for each supplier and warehouse, made once however often it is asked."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence

from core.db.unit_of_work import UnitOfWork
from core.inventory.documents import drafting
from core.inventory.documents.records import MOST_LINES, Head, LineIn
from core.inventory.documents.states import DocKind
from core.inventory.shelves import day_of
from core.replenish.records import Drafted, Wanted
from core.runtime.errors import Refused
from core.runtime.ids import WarehouseId


def make_drafts(uow: UnitOfWork, wanted: Sequence[Wanted], key: str) -> tuple[Drafted, ...]:
    """Write drafts of purchases for what somebody has decided to order; the same key gives the same drafts.

    Nothing is ordered by a draft: somebody looks at it, and books it when it is sent.

    Raises:
        Refused: `replenish.nothing`, no units are wanted; and as `core.inventory.documents.drafting.begin`.
        NotFound: as there.
    """
    orders = [one for one in wanted if one.qty]
    if not orders:
        raise Refused("replenish.nothing", "nothing is to be ordered")
    groups: defaultdict[tuple[WarehouseId, str], list[Wanted]] = defaultdict(list)
    for one in orders:
        groups[one.warehouse_id, one.supplier].append(one)
    made = []
    for (warehouse, supplier), mine in sorted(groups.items()):
        for start in range(0, len(mine), MOST_LINES):
            part = mine[start : start + MOST_LINES]
            lines = [LineIn(one.sku_id, one.qty, unit_cost_fen=one.unit_cost_fen) for one in part]
            expected = day_of(uow.now) + max(one.lead_days for one in part)
            head = Head(warehouse, supplier=supplier, expected_day=expected)
            acted = drafting.begin(uow, DocKind.PURCHASE, head, lines, _key(key, warehouse, supplier, start))
            made.append(Drafted(acted.document_id, acted.number, supplier, warehouse, len(part)))
    return tuple(made)


def _key(key: str, warehouse: int, supplier: str, start: int) -> str:
    """A key of its own for each draft of one press; a supplier's name may hold anything."""
    who = hashlib.sha256(supplier.encode()).hexdigest()[:16]
    return f"replenish:{key}:{warehouse}:{who}:{start}"
