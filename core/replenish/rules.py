"""What the owner has decided about buying: how long things take, how long they should last, what is expected."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, select, update

from core.catalog.models import Sku
from core.db.settings import keep_setting, kept_setting
from core.db.unit_of_work import UnitOfWork
from core.replenish.models import Supply
from core.replenish.suggesting import Terms
from core.runtime.errors import NotFound, Refused
from core.runtime.ids import SkuId

RULES: Final = "replenish.rules"
#: longer than any supplier takes
MOST_DAYS: Final = 365
MOST_QTY: Final = 1_000_000
MOST_PERCENT: Final = 2_000
#: days of sales that are kept, so long may be looked back
MOST_WINDOW: Final = 90
_MOST_TEXT: Final = 200


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds where nobody has said otherwise for a SKU.

    Attributes:
        lead_days: from an order until its goods are here.
        cover_days: so long a delivery should last.
        window_days: sales of so many days are looked at.
        boost_percent: of these that are expected until `boost_until` (a day as `date.toordinal()`; None: always).
        suppliers: supplier -> the days it takes.
    """

    lead_days: int = 7
    cover_days: int = 14
    window_days: int = 28
    boost_percent: int = 100
    boost_until: int | None = None
    suppliers: Mapping[str, int] = field(default_factory=dict)

    def boost_on(self, day: int) -> int:
        """What is expected on a day, in percent."""
        return self.boost_percent if self.boost_until is None or day <= self.boost_until else 100


@dataclass(frozen=True, slots=True)
class Supplied:
    """How one SKU is bought, as somebody has said; None: as the supplier, else the rules, say."""

    supplier: str = ""
    lead_days: int | None = None
    pack_qty: int = 1
    min_qty: int = 0


def rules_of(connection: Connection) -> Rules:
    """The rules as they stand."""
    kept: Any = kept_setting(connection, RULES)
    if not isinstance(kept, Mapping):
        return Rules()
    known = {name: kept[name] for name in Rules.__dataclass_fields__ if name in kept}
    return Rules(**known)


def set_rules(uow: UnitOfWork, rules: Rules) -> None:
    """Decide anew.

    Raises:
        Refused: `replenish.days`, `replenish.percent`: beyond what can be meant.
    """
    for days in (rules.lead_days, rules.cover_days, *rules.suppliers.values()):
        _check_days(days)
    if not 1 <= rules.window_days <= MOST_WINDOW:
        raise Refused("replenish.window", f"sales of 1 to {MOST_WINDOW} days are looked at", most=MOST_WINDOW)
    if not 0 <= rules.boost_percent <= MOST_PERCENT:
        raise Refused("replenish.percent", f"between 0 and {MOST_PERCENT} percent", most=MOST_PERCENT)
    value = asdict(rules) | {"suppliers": dict(sorted(rules.suppliers.items()))}
    keep_setting(uow, RULES, value)
    uow.record("replenish.rules_set", "setting", 0, **value)


def set_supply(uow: UnitOfWork, sku_id: SkuId, said: Supplied) -> None:
    """Say how a SKU is bought.

    Raises:
        Refused: `replenish.days`, `replenish.lot`, `document.text_long`.
        NotFound: `stock.no_sku`.
    """
    check_supply(said)
    supplier = tidy_supplier(said.supplier)
    if uow.execute(select(Sku.id).where(Sku.id == sku_id)).one_or_none() is None:
        raise NotFound("stock.no_sku", f"there is no SKU {sku_id}", sku_id=sku_id)
    facts = {
        "supplier": supplier,
        "lead_days": said.lead_days,
        "pack_qty": said.pack_qty,
        "min_qty": said.min_qty,
    }
    values = facts | {"changed_at": uow.now}
    if uow.count(update(Supply).where(Supply.sku_id == sku_id).values(**values)) == 0:
        uow.insert_many(Supply, [{"sku_id": sku_id, **values}])
    uow.changed("supply", sku_id)
    uow.record("replenish.supply_set", "sku", sku_id, **facts)


def tidy_supplier(name: str) -> str:
    """A supplier's name as it is kept."""
    return " ".join(name.split())


def check_supply(said: Supplied) -> None:
    """Whether goods can be bought so.

    Raises:
        Refused: `replenish.days`, `replenish.lot`, `document.text_long`.
    """
    if said.lead_days is not None:
        _check_days(said.lead_days)
    if not 1 <= said.pack_qty <= MOST_QTY or not 0 <= said.min_qty <= MOST_QTY:
        raise Refused("replenish.lot", f"a box has 1 to {MOST_QTY} units", most=MOST_QTY)
    if len(tidy_supplier(said.supplier)) > _MOST_TEXT:
        raise Refused("document.text_long", f"a text has {_MOST_TEXT} characters at most", most=_MOST_TEXT)


def terms_of(rules: Rules, said: Supplied, supplier: str, day: int) -> Terms:
    """How a SKU is bought on a day: what was said of it, else of its supplier, else of everything."""
    lead = said.lead_days if said.lead_days is not None else rules.suppliers.get(supplier, rules.lead_days)
    return Terms(lead, rules.cover_days, said.pack_qty, said.min_qty, rules.boost_on(day))


def _check_days(days: int) -> None:
    if not 0 <= days <= MOST_DAYS:
        raise Refused("replenish.days", f"between 0 and {MOST_DAYS} days", most=MOST_DAYS)
