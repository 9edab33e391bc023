"""Whether and where each desk keeps a door: what the owner wants, readable without loading any of the door."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.engine import Connection

from core.db.models import Setting
from core.db.settings import keep_setting, kept_setting
from core.db.unit_of_work import UnitOfWork

PORT: Final = 8377
#: setting: the door of one desk
SETTING: Final = "door."
#: how often a node says that its door is open; after three times so long it counts as gone
BEAT_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class DoorWish:
    """What the owner wants of one desk: whether its door is open, to whom, and behind which port."""

    is_open: bool = False
    is_lan: bool = False
    port: int = PORT


def wish_of(connection: Connection, desk_id: str) -> DoorWish:
    """What is wanted of a desk; nothing until the owner says so."""
    kept = kept_setting(connection, f"{SETTING}{desk_id}")
    if not isinstance(kept, dict):
        return DoorWish()
    port = kept.get("port")
    good = port if type(port) is int and 0 <= port < 65536 else PORT
    return DoorWish(kept.get("is_open") is True, kept.get("is_lan") is True, good)


def put_wish(uow: UnitOfWork, desk_id: str, wish: DoorWish) -> None:
    """Say what is wanted of a desk."""
    value: dict[str, object] = {"is_open": wish.is_open, "is_lan": wish.is_lan, "port": wish.port}
    # For whoever has to be told that this desk is heard no more.
    value |= {"name": uow.actor.desk, "at_s": int(uow.now.timestamp())}
    keep_setting(uow, f"{SETTING}{desk_id}", value)
    uow.record("door.set", "setting", 0, is_open=wish.is_open, is_lan=wish.is_lan, port=wish.port)


def wanted_doors(connection: Connection) -> dict[str, tuple[str, datetime]]:
    """Desks whose doors are wanted open: the name of each, and since when, as far as that was written down."""
    query = select(Setting.name, Setting.value).where(Setting.name.startswith(SETTING, autoescape=True))
    return {
        row.name[len(SETTING) :]: (str(row.value.get("name") or ""), _moment(row.value.get("at_s")))
        for row in connection.execute(query)
        if isinstance(row.value, dict) and row.value.get("is_open") is True
    }


def _moment(at_s: object) -> datetime:
    return datetime.fromtimestamp(at_s if isinstance(at_s, int) else 0, UTC)
