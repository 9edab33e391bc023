"""The desks that share a database: each has a name of its own, and takes along what lies open when it is renamed."""

from collections.abc import Mapping

from sqlalchemy import delete, select, text, update

from core.access.gate import OPEN, SYSTEM, declares, needs
from core.access.rights import Right
from core.db.models import Setting
from core.db.unit_of_work import Actor, Store, UnitOfWork, insert_or_ignore
from core.desk.settings import put_setting
from core.fulfilment.models import Parcel, Wave
from core.fulfilment.states import IS_OPEN
from core.runtime.errors import Refused
from core.waybills.models import PrintJob
from core.waybills.states import OPEN as OPEN_PRINTS

#: setting: which desk bears a name
_BEARER = "desk.{name}"
#: settings that are kept under the name of a desk: its printers, and the one that gets its labels
_KEPT_BY_NAME = ("printers.{name}", "printer.{name}")


class Desks:
    """Who acts at this desk. `desk_id` outlives every renaming; up to its last colon it names the machine."""

    def __init__(self, store: Store, desk_id: str) -> None:
        self._store = store
        self._desk_id = desk_id
        self._starter = store.actor.operator

    @property
    @declares(OPEN)
    def name(self) -> str:
        """The name this desk acts under."""
        return self._store.actor.desk

    @declares(OPEN)
    def settle(self, chosen: str, proposed: str) -> str:
        """At the start: act under the chosen name, else under the one borne before, else under a proposal.

        A name that another desk bears gets a number that is free. Gives the name.
        """
        name = self._store.write(lambda uow: _settle(uow, self._desk_id, chosen.strip(), proposed))
        self._act_as(self._store.actor.operator, name)
        return name

    @needs(Right.CHANGE_SETTINGS)
    def rename(self, name: str) -> str:
        """Take another name at once, with printers, open parcels and waiting labels; gives it.

        Raises:
            Refused: `desk.name_missing`; `desk.name_taken`, a desk on another machine bears it.
        """
        wanted = name.strip()
        self._store.write(lambda uow: _rename(uow, self._desk_id, self.name, wanted))
        self._act_as(self._store.actor.operator, wanted)
        return wanted

    @declares(OPEN)
    def sign_in(self, operator: str) -> None:
        """From now on this person acts here; without a name the one the program was started by.

        Raises:
            Refused: `signin.by_name`, people sign in here (`core.desk.sign_in`): a mere name is nobody.
        """
        if self._store.actor.operator == SYSTEM:
            raise Refused("signin.by_name", "people sign in here; a mere name is nobody")
        self._act_as(operator.strip() or self._starter, self.name)

    def _act_as(self, operator: str, name: str) -> None:
        self._store.actor = Actor(operator, name)


def _settle(uow: UnitOfWork, desk_id: str, chosen: str, proposed: str) -> str:
    bearers = _bearers(uow)
    own = next((name for name, bearer in bearers.items() if bearer == desk_id), "")
    wanted = chosen or own or proposed
    if wanted == own:
        return own
    name, number = wanted, 1
    while not _bear(uow, name, desk_id):
        number += 1
        name = f"{wanted}-{number}"
    if own and own != name:
        _take_along(uow, desk_id, own, name)
    return name


def _rename(uow: UnitOfWork, desk_id: str, old: str, new: str) -> None:
    if not new:
        raise Refused("desk.name_missing", "a desk needs a name")
    if new == old:
        return
    if not _bear(uow, new, desk_id):
        bearer = uow.execute(select(Setting.value).where(Setting.name == _BEARER.format(name=new))).scalar_one()
        # A data folder made anew on the same machine may have the name it had before.
        if _machine(bearer) != _machine(desk_id):
            raise Refused("desk.name_taken", f"another desk is called {new}", name=new)
        put_setting(uow, _BEARER.format(name=new), desk_id)
    _take_along(uow, desk_id, old, new)


def _bearers(uow: UnitOfWork) -> Mapping[str, str]:
    prefix = _BEARER.format(name="")
    rows = uow.rows(select(Setting.name, Setting.value).where(Setting.name.startswith(prefix, autoescape=True)))
    return {row.name.removeprefix(prefix): str(row.value) for row in rows}


def _bear(uow: UnitOfWork, name: str, desk_id: str) -> bool:
    """Take a name that nobody bears, or that is ours already; the row's key decides between two desks at once."""
    row = {"name": _BEARER.format(name=name), "value": desk_id}
    if uow.count(insert_or_ignore(uow.connection, Setting), row):
        uow.record("desk.named", "desk", 0, name=name)
        return True
    return _bearers(uow).get(name) == desk_id


def _machine(desk_id: str) -> str:
    return desk_id.rpartition(":")[0]


def _take_along(uow: UnitOfWork, desk_id: str, old: str, new: str) -> None:
    """What refers to the desk by its name and is not history yet goes on under the new one."""
    mine = (Parcel.opened_by == old, text(f"parcel.{IS_OPEN}"))
    uow.execute(update(Parcel).where(*mine).values(opened_by=new))
    at_work = select(Parcel.wave_id).where(Parcel.wave_id.is_not(None), text(f"parcel.{IS_OPEN}"))
    uow.execute(update(Wave).where(Wave.desk == old, Wave.id.in_(at_work)).values(desk=new))
    uow.execute(update(PrintJob).where(PrintJob.desk == old, PrintJob.state.in_(OPEN_PRINTS)).values(desk=new))
    for kept in _KEPT_BY_NAME:
        value = uow.execute(select(Setting.value).where(Setting.name == kept.format(name=old))).scalar_one_or_none()
        if value is not None:
            put_setting(uow, kept.format(name=new), value)
            uow.execute(delete(Setting).where(Setting.name == kept.format(name=old)))
    for name, bearer in _bearers(uow).items():
        if bearer == desk_id and name != new:
            uow.execute(delete(Setting).where(Setting.name == _BEARER.format(name=name)))
    uow.record("desk.renamed", "desk", 0, old=old, new=new)
    uow.changed("parcel")
    uow.changed("print_job")
