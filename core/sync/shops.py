"""Shops: adding one, opening its channel, noting how its pulls went."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.engine import Connection

from core.channels.by_hand import FILE
from core.channels.models import HOLD_S, Shop, is_called
from core.db.turn import take_turn
from core.db.unit_of_work import UnitOfWork
from core.orders.intake import ShopFacts
from core.runtime.errors import NotFound
from core.sync.troubles import kept_text, trouble_in


@dataclass(frozen=True, slots=True)
class ShopRecord:
    """One shop as stored; `secret` is in clear here and nowhere else."""

    id: int
    channel: str
    name: str
    settings: Mapping[str, str]
    secret: str
    warehouse_id: int
    confirms_shipments: bool
    prints_elsewhere: bool = False
    hold_s: int = HOLD_S
    awaits_owner: bool = False
    writes_notes: bool = False
    is_active: bool = True

    def __repr__(self) -> str:
        return f"ShopRecord({self.id}, {self.channel}, {self.name})"

    @property
    def facts(self) -> ShopFacts:
        """What intake needs. Buyer keys are unique within one shop account; clear phone numbers tie them together."""
        return ShopFacts(self.id, f"{self.channel}:{self.id}", self.warehouse_id, self.prints_elsewhere, self.hold_s)


def add_shop(
    uow: UnitOfWork,
    channel: str,
    name: str,
    settings: Mapping[str, str],
    secret: str,
    warehouse_id: int,
    *,
    confirms_shipments: bool = False,
    hold_s: int | None = None,
    on_desk: bool = True,
    awaits_owner: bool = False,
) -> int:
    """Add a shop. Nothing is told to the platform until that is switched on.

    `on_desk` False keeps its orders off the desk until its owner starts it (`core.fulfilment.starting`).
    `hold_s` None is what is usual: marketplaces whose orders come in files keep theirs open by rules of their own.
    `awaits_owner`: it is not pulled before its owner has let us in on the platform's page.
    """
    row = {
        "channel": channel,
        "name": name,
        "settings": dict(settings),
        "secret": secret,
        "warehouse_id": warehouse_id,
        "confirms_shipments": confirms_shipments,
        "on_desk": on_desk,
        "awaits_owner": awaits_owner,
        "created_at": uow.now,
        "hold_s": (0 if channel == FILE else HOLD_S) if hold_s is None else hold_s,
    }
    shop_id = uow.insert(Shop, row)
    uow.record("shop.added", "shop", shop_id, channel=channel)
    return shop_id


def set_access(uow: UnitOfWork, shop_id: int, settings: Mapping[str, str], secret: str) -> None:
    """Change address and key of a shop."""
    uow.execute(update(Shop).where(Shop.id == shop_id).values(settings=dict(settings), secret=secret))
    uow.record("shop.access_changed", "shop", shop_id)


def shop_of(connection: Connection, shop_id: int) -> ShopRecord:
    """One shop.

    Raises:
        NotFound: `shop.unknown`.
    """
    found = _shops(connection, Shop.id == shop_id)
    if not found:
        raise NotFound("shop.unknown", f"there is no shop {shop_id}")
    return found[0]


def active_shops(connection: Connection) -> Sequence[ShopRecord]:
    """Shops that are pulled; see `core.channels.models.is_called`."""
    return _shops(connection, is_called())


def file_shops(connection: Connection) -> Sequence[ShopRecord]:
    """Shops whose orders come in files."""
    return _shops(connection, Shop.channel == FILE)


def is_taken(uow: UnitOfWork, name: str, shop_id: int = 0) -> bool:
    """Whether a shop other than `shop_id` bears this name; nobody else gives a name until the transaction ends."""
    take_turn(uow, "shops")
    return uow.execute(select(Shop.id).where(Shop.name == name, Shop.id != shop_id)).first() is not None


def shop_named(connection: Connection, name: str) -> ShopRecord | None:
    """The shop of that name."""
    return next(iter(_shops(connection, Shop.name == name)), None)


def _shops(connection: Connection, here: ColumnElement[bool]) -> Sequence[ShopRecord]:
    columns = (Shop.id, Shop.channel, Shop.name, Shop.settings, Shop.secret, Shop.warehouse_id)
    more = (Shop.confirms_shipments, Shop.prints_elsewhere, Shop.hold_s, Shop.awaits_owner)
    also = (Shop.writes_notes, Shop.is_active)
    query = select(*columns, *more, *also).where(here).order_by(Shop.id)
    return [
        ShopRecord(
            r.id,
            r.channel,
            r.name,
            r.settings,
            r.secret,
            r.warehouse_id,
            r.confirms_shipments,
            r.prints_elsewhere,
            r.hold_s,
            r.awaits_owner,
            r.writes_notes,
            r.is_active,
        )
        for r in connection.execute(query)
    ]


def note_good_pull(uow: UnitOfWork, shop_id: int, offset_ms: int) -> None:
    """The shop answered and everything it said is stored."""
    facts = {"last_good_pull_at": uow.now, "last_error": None, "last_error_at": None, "clock_offset_ms": offset_ms}
    uow.execute(update(Shop).where(Shop.id == shop_id).values(**facts))
    uow.changed("shop", shop_id)


def note_bad_pull(uow: UnitOfWork, shop_id: int, error: Exception) -> None:
    """The shop did not answer as it should; it is never switched off for it, only shown."""
    said = kept_text(error)
    uow.execute(update(Shop).where(Shop.id == shop_id).values(last_error=said, last_error_at=uow.now))
    uow.changed("shop", shop_id)


def is_access_refused(last_error: str | None) -> bool:
    """Whether what a shop said last means that somebody has to authorise us again."""
    found = trouble_in(last_error)
    return found is not None and found.kind == "access"


#: the shop that is played on this machine, while the program that plays it runs
PRACTICE = "练习店"
_HERE = "http://127.0.0.1"


def is_practice(name: str, settings: Mapping[str, str]) -> bool:
    """Whether a shop is only played: nobody is woken because it is closed."""
    return name == PRACTICE and str(settings.get("base_url", "")).startswith(_HERE)
