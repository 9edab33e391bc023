"""The page of several desks without widgets."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from core.desk.several import Invitation, ServerLook, ServerWords, Together
from core.sync.presence import NodeRow
from desktop.bridge.screens import ScreenPresenter, Tell
from desktop.bridge.tasks import Lane, Tasks
from desktop.errors import error_phrase
from desktop.pages.desks.ports import SeveralDesk
from desktop.texts import Phrase

#: the ways a desk that works alone can take
HOST, JOIN = "host", "join"
_NO_SERVER: Final = ServerWords("", 5432, "packdesk", "packdesk", "")


@dataclass(frozen=True, slots=True)
class DesksScreen:
    """What the page shows.

    Attributes:
        together: how this desk works, None before the first answer.
        way: which form is open, empty for none.
        server: as typed; `look` is what was found there, None while nothing of it was tried.
        may_make: the server is there and the database is not: the next press makes it.
        code, pin: as typed.
        invitation: for another desk; shown until it is put away.
        leaves: the next press of joining sets this desk's own records aside.
        next_start: what will be done at the next start; empty where nothing is.
    """

    together: Together | None = None
    way: str = ""
    server: ServerWords = _NO_SERVER
    look: ServerLook | None = None
    may_make: bool = False
    code: str = field(default="", repr=False)
    pin: str = field(default="", repr=False)
    invitation: Invitation | None = None
    trouble: Phrase | None = None
    is_busy: bool = False
    leaves: bool = False
    asked: str = ""
    next_start: str = ""


class DesksPresenter(ScreenPresenter[DesksScreen]):
    """Whatever waits for a server does so in a lane of its own; nothing changes before the next start."""

    def __init__(self, desk: SeveralDesk, tasks: Tasks, tell: Tell) -> None:
        super().__init__(DesksScreen(), tell)
        self._desk = desk
        self._tasks = tasks
        #: closes the program and opens it again
        self.on_restart: Callable[[], None] = lambda: None

    def look(self) -> None:
        """Read again how it stands."""
        self._tasks.submit(
            self._desk.standing, lambda seen: self._show(together=seen), self._fail, owner=self, key="look"
        )

    # --- the two ways -------------------------------------------------------------------------------------------

    def choose(self, way: str) -> None:
        """Open a form, or close the one that is open."""
        together = self._screen.together
        if together is None or together.server or self._screen.is_busy or self._screen.next_start:
            return
        self._show(way="" if self._screen.way == way else way, trouble=None, leaves=False)

    def type_server(self, server: ServerWords) -> None:
        """What the fields hold; what was found at another address does not count any more."""
        if server != self._screen.server:
            self._show(server=server, look=None, may_make=False, trouble=None)

    def type_code(self, code: str, pin: str) -> None:
        """The code and its PIN."""
        if (code, pin) != (self._screen.code, self._screen.pin):
            self._show(code=code, pin=pin, trouble=None, leaves=False)

    def go_on(self) -> None:
        """The next step of the form that is open: try, then do."""
        screen = self._screen
        if screen.next_start:
            self.on_restart()
        elif screen.is_busy or not screen.way:
            return
        elif screen.way == JOIN:
            self._join()
        elif screen.may_make:
            self._look_with(self._desk.make_database)
        elif screen.look is None or not screen.look.is_empty:
            self._look_with(self._desk.try_server)
        else:
            self._wait_for(lambda: self._desk.become_host(screen.server), lambda _none: self._done(HOST))

    def _look_with(self, look: Callable[[ServerWords], ServerLook]) -> None:
        server = self._screen.server

        def found(seen: ServerLook) -> None:
            trouble = None if seen.is_empty else Phrase("error.move.not_empty")
            self._show(is_busy=False, look=seen, may_make=False, trouble=trouble)

        self._wait_for(lambda: look(server), found)

    def _join(self) -> None:
        screen = self._screen
        self._wait_for(
            lambda: self._desk.join(screen.code, screen.pin, leaves_records=screen.leaves),
            lambda _none: self._done(JOIN),
        )

    def _wait_for(self, work: Callable[[], object], done: Callable[..., None]) -> None:
        self._show(is_busy=True, trouble=None)
        self._tasks.submit(work, done, self._refused, owner=self)

    def _refused(self, error: Exception) -> None:
        phrase = error_phrase(error)
        about = phrase.facts.get("field")
        if about:
            phrase = Phrase(phrase.code, {**phrase.facts, "field": Phrase(f"desks.field.{about}")}, phrase.otherwise)
        code = getattr(error, "code", "")
        may_make = code == "server.no_database" and self._screen.way == HOST
        self._show(is_busy=False, look=None, may_make=may_make, trouble=phrase, leaves=code == "join.has_records")

    def _done(self, way: str) -> None:
        # No password and no key stays in a field that nobody needs any more.
        emptied = {"server": _NO_SERVER, "look": None, "may_make": False, "code": "", "pin": "", "leaves": False}
        self._show(is_busy=False, next_start=way, way="", trouble=None, **emptied)

    # --- letting others in --------------------------------------------------------------------------------------

    def invite(self) -> None:
        """A code for another desk."""
        if self._screen.is_busy:
            return
        self._wait_for(self._desk.invite, lambda made: self._show(is_busy=False, invitation=made))

    def put_away(self) -> bool:
        """Forget what is shown once, or close the form; whether there was anything."""
        screen = self._screen
        was_open = screen.invitation is not None or bool(screen.way) or bool(screen.asked)
        way = screen.way if screen.is_busy else ""
        self._show(invitation=None, way=way, trouble=None, asked="", leaves=False)
        return was_open

    def copied(self) -> None:
        """The code is in the clipboard; the PIN goes another way."""
        self._tell("good", Phrase("desks.copied"), None)

    # --- who is awake -------------------------------------------------------------------------------------------

    def watch_over(self, row: NodeRow, *, is_always_on: bool) -> None:
        """Whether the others tell when it falls silent."""
        code = "desks.watched" if is_always_on else "desks.not_watched"
        self._act(
            lambda: self._desk.watch_over(row.node, is_always_on=is_always_on),
            Phrase(code, {"desk": row.desk}),
            lambda: self.watch_over(replace(row, is_always_on=is_always_on), is_always_on=not is_always_on),
        )

    def forget(self, row: NodeRow) -> None:
        """Take it out of the list, with a second press."""
        if self._is_meant(f"forget:{row.node}", Phrase("desks.forget.sure", {"desk": row.desk})):
            self._show(asked="")
            self._act(lambda: self._desk.forget(row.node), Phrase("desks.forgotten", {"desk": row.desk}), None)

    def _act(self, work: Callable[[], None], done: Phrase, undo: Callable[[], None] | None) -> None:
        def finished(_none: None) -> None:
            self._tell("good", done, undo)
            self.look()

        self._tasks.submit(work, finished, self._fail, owner=self, lane=Lane.ACTS)
