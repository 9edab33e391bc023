"""Who is at this desk: signing in, leaving, and locking it when nobody has touched it for a while. No widgets."""

import time
from collections.abc import Callable
from typing import Final, Protocol

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtGui import QCursor

from core.access.records import Session
from core.access.rights import Right
from desktop.bridge.tasks import Lane, Tasks
from desktop.errors import error_phrase
from desktop.texts import Phrase

_LOOK_MS: Final = 1000
#: what each page needs: one of these. A page that is not named here is for whoever may change settings
PAGE_RIGHTS: Final = {
    "packing": (Right.PACK, Right.START_WAVE, Right.SHIP_UNCHECKED),
    "orders": (Right.SEE_ORDERS,),
    "after_sale": (Right.SEE_ORDERS,),
    "entry": (Right.ENTER_ORDER,),
    "stock": (Right.SEE_STOCK,),
    "quotas": (Right.SEE_STOCK,),
    "limits": (Right.SEE_STOCK,),
    "accident": (Right.SETTLE_SHORTAGE,),
    "replenish": (Right.SEE_STOCK,),
    "stocktake": (Right.COUNT_STOCK,),
    "recall": (Right.SEE_STOCK,),
    "documents": (Right.SEE_STOCK,),
    "drill": (Right.SEE_STOCK,),
    "products": (Right.SEE_STOCK,),
    "listings": (Right.SEE_STOCK,),
    "customers": (Right.UNMASK, Right.ENTER_ORDER, Right.ERASE_PERSON),
    "activity": (Right.RESEND,),
    "files": (Right.USE_FILES,),
    "waves": (Right.START_WAVE,),
    "handover": (Right.HAND_OVER,),
    "shops": (Right.CHANGE_SETTINGS,),
    "door": (Right.CHANGE_SETTINGS,),
    "payments": (Right.RELEASE_ORDER, Right.CHANGE_SETTINGS),
    "day": (Right.SEE_ORDERS,),
    "alerts": (Right.SEE_DESK,),
    "reports": (Right.SEE_ORDERS,),
    "printers": (Right.PRINT_LABEL, Right.CHANGE_SETTINGS),
    "settings": (Right.SEE_DESK,),
    "desks": (Right.CHANGE_SETTINGS,),
    "welcome": (Right.SEE_DESK,),
    "people": (Right.MANAGE_PEOPLE,),
    "log": (Right.SEE_LOG,),
}


class DoorDesk(Protocol):
    """The door as core keeps it."""

    def session(self) -> Session:
        """Who is here now; reads nothing and never waits."""
        ...

    def by_badge(self, code: str) -> Session:
        """Sign in with a scanned badge. Raises `Refused`."""
        ...

    def by_pin(self, name: str, pin: str) -> Session:
        """Sign in by name; takes a tenth of a second and more. Raises `Refused`."""
        ...

    def leave(self, why: str) -> Session:
        """Nobody is here any more: `out` or `idle`."""
        ...


class Idle:
    """How long nobody has touched the desk, by two clocks: one of them stops while the machine sleeps."""

    def __init__(self, clocks: tuple[Callable[[], float], ...] = (time.monotonic, time.time)) -> None:
        self._clocks = clocks
        self._since = [clock() for clock in clocks]

    def touch(self) -> None:
        """Somebody is here."""
        self._since = [clock() for clock in self._clocks]

    def seconds(self) -> float:
        """Since the last touch; a clock that was set back counts for nothing."""
        return max(clock() - since for clock, since in zip(self._clocks, self._since, strict=True))


class Door(QObject):
    """Lets people in and out. Everything that writes runs in the lane of acts: no scan falls between two people.

    Signals:
        changed: who is here, or what they may do, is another than before.
        told: a sentence for whoever stands before the locked desk.
    """

    changed = Signal()
    told = Signal(object)

    def __init__(self, desk: DoorDesk, tasks: Tasks, idle: Idle, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._tasks = tasks
        self.idle = idle
        self._session = desk.session()
        self._is_leaving = False
        self._mouse = QCursor.pos()
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()
        #: who was here last: the name stands in the field already
        self.last_name = ""

    @property
    def session(self) -> Session:
        """Who is here."""
        return self._session

    @property
    def is_locked(self) -> bool:
        """Whether nothing may be seen or done."""
        return self._session.is_locked or self._is_leaving

    def may(self, right: Right) -> bool:
        """Whether whoever is here has the right."""
        return not self.is_locked and self._session.may(right)

    def may_open(self, page: str) -> bool:
        """Whether whoever is here has something to do on a page."""
        rights = PAGE_RIGHTS.get(page, (Right.CHANGE_SETTINGS,))
        return any(self.may(right) for right in rights)

    def scan(self, code: str) -> None:
        """A badge was scanned, whoever is here."""
        if self._session.is_guarded:
            self._enter(lambda: self._desk.by_badge(code))
        else:
            self.told.emit(Phrase("signin.nobody_yet"))

    def enter(self, name: str, pin: str) -> None:
        """A name and a PIN were typed."""
        self.told.emit(Phrase("signin.checking"))
        self._enter(lambda: self._desk.by_pin(name, pin))

    def leave(self, why: str = "out") -> None:
        """Lock the desk now; what the program does by itself goes on."""
        if not self._session.is_guarded or self.is_locked:
            return
        # Before the lane has said so: nothing is seen from this moment on.
        self._is_leaving = True
        self.last_name = self._session.person.name if why == "idle" and self._session.person is not None else ""
        self.told.emit(Phrase(f"signin.{why}"))
        self.changed.emit()
        self._tasks.submit(lambda: self._desk.leave(why), self._left, self._left_badly, owner=self, lane=Lane.ACTS)

    @Slot()
    def look(self) -> None:
        """Each second: has somebody else changed who may be here, and is anybody?"""
        mouse = QCursor.pos()
        if mouse != self._mouse:
            self._mouse = mouse
            self.idle.touch()
        if not self._is_leaving:
            self._take(self._desk.session())
        if not self.is_locked and self.idle.seconds() >= self._session.lock_minutes * 60:
            self.leave("idle")

    def _enter(self, work: Callable[[], Session]) -> None:
        self._tasks.submit(work, self._entered, self._refused, owner=self, lane=Lane.ACTS)

    def _entered(self, session: Session) -> None:
        self._is_leaving = False
        self.idle.touch()
        self._session = session
        self.changed.emit()

    def _refused(self, error: Exception) -> None:
        self.told.emit(error_phrase(error))

    def _left(self, session: Session) -> None:
        self._is_leaving = False
        self._take(session)

    def _left_badly(self, error: Exception) -> None:
        """The line in the journal is lost; core has let nobody in all the same."""
        self._left(self._desk.session())
        self._refused(error)

    def _take(self, session: Session) -> None:
        if session != self._session:
            self._session = session
            self.changed.emit()
