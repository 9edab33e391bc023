"""What the owner has decided about documents: what needs a second pair of eyes, where goods are put away."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy import Connection, select

from core.catalog.models import Sku
from core.db.sets import id_set, packed_ids
from core.db.settings import keep_setting, kept_setting
from core.db.unit_of_work import UnitOfWork
from core.inventory.documents.models import Document, DocumentLine
from core.inventory.documents.states import DocKind, DocState
from core.inventory.ledger import MOST_QTY
from core.runtime.errors import Refused

RULES: Final = "stock.documents"


@dataclass(frozen=True, slots=True)
class Rules:
    """None: no limit. `putaway_warehouse_ids`: there, received goods wait until somebody puts them on a shelf."""

    most_units: int | None = None
    most_fen: int | None = None
    putaway_warehouse_ids: tuple[int, ...] = ()


def rules_of(connection: Connection) -> Rules:
    """The rules as they stand."""
    kept = kept_setting(connection, RULES)
    if not isinstance(kept, Mapping):
        return Rules()
    return Rules(kept.get("most_units"), kept.get("most_fen"), tuple(kept.get("putaway_warehouse_ids", ())))


def set_rules(uow: UnitOfWork, rules: Rules) -> None:
    """Decide anew.

    Raises:
        Refused: `document.limit`, a limit below nought or beyond all bounds.
    """
    for limit in (rules.most_units, rules.most_fen):
        if limit is not None and not 0 <= limit <= MOST_QTY:
            raise Refused("document.limit", "a limit is a number from 0 on")
    value = asdict(rules) | {"putaway_warehouse_ids": sorted(rules.putaway_warehouse_ids)}
    keep_setting(uow, RULES, value)
    uow.record("document.rules", "setting", 0, **value)


def is_over(connection: Connection, lines: Sequence[Any]) -> bool:
    """Whether an adjustment by these lines is one for two people.

    Units lost and found do not make up for one another. Goods count by what they cost when they were bought, or by
    what the lines say where that is more: whoever writes an adjustment does not choose its worth. Goods whose cost
    nobody ever wrote down count by units alone.
    """
    rules = rules_of(connection)
    units = sum(abs(line.qty) for line in lines)
    if rules.most_units is not None and units > rules.most_units:
        return True
    if rules.most_fen is None:
        return False
    costs = last_costs(connection, {line.sku_id for line in lines})
    value: int = sum(abs(line.qty) * max(line.unit_cost_fen or 0, costs.get(line.sku_id, 0)) for line in lines)
    return value > rules.most_fen


def needs_other(uow: UnitOfWork, lines: Sequence[Any]) -> bool:
    """Whether somebody else has to look first. Where nobody signs in there is nobody else; see `Actor.person_id`."""
    return uow.actor.person_id > 0 and is_over(uow.connection, lines)


_BOUGHT = (
    select(DocumentLine.unit_cost_fen)
    .join(Document, Document.id == DocumentLine.document_id)
    .where(
        DocumentLine.sku_id == Sku.id,
        DocumentLine.unit_cost_fen.is_not(None),
        Document.kind.in_((DocKind.PURCHASE, DocKind.RECEIPT)),
        Document.state.not_in((DocState.DRAFT, DocState.VOID, DocState.REVERSED)),
    )
    .order_by(DocumentLine.id.desc())
    .limit(1)
    .correlate(Sku)
    .scalar_subquery()
)
_COSTS = select(Sku.id, _BOUGHT).where(Sku.id.in_(id_set("ids")))


def last_costs(connection: Connection, sku_ids: set[int]) -> dict[int, int]:
    """What a unit of these cost the last time it was bought, in fen; goods nobody wrote a cost of have no entry."""
    if not sku_ids:
        return {}
    rows: Sequence[Any] = connection.execute(_COSTS, {"ids": packed_ids(sorted(sku_ids))}).all()
    return {sku_id: cost for sku_id, cost in rows if cost is not None}
