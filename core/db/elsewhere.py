"""What others wrote, another desk or `packdesk serve`: told to the screens here, which hear of own writes only.

The journal says of each write what it was about, not each table it touched: a receipt changes levels, an order its
reservations. So whoever hears of something takes it that whatever is on screen may have changed.
"""

from collections.abc import Callable

from core.db.journal import JournalTail
from core.db.unit_of_work import Changes, Store
from core.runtime.errors import DomainError

#: how soon a screen shows what was written elsewhere
EVERY_S = 2.0
#: looked back each time; a transaction would have to stay open while others write this many rows
_OVERLAP = 100


class ChangedElsewhere(Changes):
    """Something was written by somebody else."""

    def touches(self, *names: str) -> bool:
        """Whether any of these tables may have been written."""
        return bool(names)


class Elsewhere:
    """Follows the journal for listeners; `work` is called by one thread at a time."""

    def __init__(self, store: Store) -> None:
        """Nothing is read before somebody listens."""
        self._store = store
        self._tail: JournalTail | None = None
        self._listeners: tuple[Callable[[Changes], None], ...] = ()
        self._own = self._own_seen = 0

    def listen(self, listener: Callable[[Changes], None]) -> None:
        """Call `listener`, on the thread that works, when others have written."""
        if not self._listeners:
            self._store.subscribe(self._note)
        self._listeners = (*self._listeners, listener)

    def work(self) -> float:
        """Look once, and tell; gives the seconds until the next look.

        Raises:
            DomainError: the database cannot be read now; what came meanwhile is told at the next look.
        """
        if not self._listeners:
            return EVERY_S
        if self._tail is None:
            self._tail = self._store.read(lambda connection: JournalTail.from_now(connection, _OVERLAP))
            return EVERY_S
        own, self._own_seen = self._own - self._own_seen, self._own
        fresh = self._store.read(self._tail.new_entries)
        # `packdesk serve` may run at this desk, under its name: what is written here while this program writes
        # nothing is that one's.
        desk = self._store.actor.desk
        if any(entry.desk != desk or not own for entry in fresh):
            for listener in self._listeners:
                listener(ChangedElsewhere())
        return EVERY_S

    def work_on(self) -> float:
        """`work`, for a lane: a database that is away is told of by whoever writes."""
        try:
            return self.work()
        except DomainError:
            return EVERY_S

    def _note(self, _changes: Changes) -> None:
        self._own += 1
