"""The page of people without widgets."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.access.records import NewBadge, OperatorRow
from core.access.rights import Role
from desktop.bridge.screens import ScreenPresenter, Tell
from desktop.bridge.tasks import Lane, Tasks
from desktop.errors import error_phrase
from desktop.pages.people.ports import PeopleDesk, PrintBadge
from desktop.texts import Phrase


class Form(StrEnum):
    """What the open form asks for."""

    NEW = "new"
    ROLES = "roles"
    PIN = "pin"


@dataclass(frozen=True, slots=True)
class Draft:
    """What a person enters; a form that does not ask for a field leaves it empty."""

    name: str = ""
    roles: tuple[Role, ...] = ()
    pin: str = ""
    pin_again: str = ""


@dataclass(frozen=True, slots=True)
class PeopleScreen:
    """What the page shows.

    Attributes:
        form: the open form, None for none; `about` is whose it is, None for somebody new.
        trouble: why the form was not taken.
        badge: a badge just made, shown until it is put away.
    """

    people: tuple[OperatorRow, ...] = ()
    is_known: bool = False
    form: Form | None = None
    about: OperatorRow | None = None
    trouble: Phrase | None = None
    is_saving: bool = False
    badge: NewBadge | None = None


class PeoplePresenter(ScreenPresenter[PeopleScreen]):
    """Asks and acts; the first one taken in has to be an admin, and from then on people sign in."""

    def __init__(
        self, people: PeopleDesk, tasks: Tasks, tell: Tell, print_badge: PrintBadge | None, caption: Callable[[], str]
    ) -> None:
        super().__init__(PeopleScreen(), tell)
        self._people = people
        self._tasks = tasks
        self._print_badge = print_badge
        self._caption = caption

    @property
    def can_print(self) -> bool:
        """Whether there is a way to a printer."""
        return self._print_badge is not None

    def look(self) -> None:
        """Read the list again."""
        self._tasks.submit(
            self._people.everybody,
            lambda rows: self._show(people=rows, is_known=True),
            self._fail,
            owner=self,
            key="look",
        )

    def open_form(self, form: Form, about: OperatorRow | None = None) -> None:
        """Ask for something about somebody."""
        self._show(form=form, about=about, trouble=None, badge=None)

    def close(self) -> bool:
        """Put form and badge away; whether there was one."""
        was_open = self._screen.form is not None or self._screen.badge is not None
        self._show(form=None, about=None, trouble=None, badge=None)
        return was_open

    def save(self, draft: Draft) -> None:
        """Store what the form holds."""
        form, about = self._screen.form, self._screen.about
        if form is None or self._screen.is_saving:
            # A second Enter before the answer is no second person.
            return
        if form is not Form.ROLES and draft.pin != draft.pin_again:
            self._show(trouble=Phrase("people.pins_differ"))
            return
        self._show(is_saving=True, trouble=None)
        self._tasks.submit(
            lambda: self._store(form, about, draft),
            lambda row: self._saved(form, row),
            self._refused,
            owner=self,
            lane=Lane.ACTS,
        )

    def make_badge(self, row: OperatorRow) -> None:
        """A new badge, shown to be printed."""
        self._tasks.submit(
            lambda: self._people.make_badge(row.id), self._badge_made, self._fail, owner=self, lane=Lane.ACTS
        )

    def print_badge(self) -> None:
        """Print the badge that is shown."""
        badge, print_badge, caption = self._screen.badge, self._print_badge, self._caption()
        if badge is not None and print_badge is not None:
            self._tasks.submit(
                lambda: print_badge(badge.name, badge.code, caption),
                lambda _none: self._tell("good", Phrase("people.badge.printed", {"name": badge.name}), None),
                self._fail,
                owner=self,
                lane=Lane.PRINTERS,
            )

    def take_badge(self, row: OperatorRow) -> None:
        """A badge was lost."""
        self._act(lambda: self._people.take_badge(row.id), Phrase("people.badge.taken", {"name": row.name}))

    def set_active(self, row: OperatorRow, is_active: bool) -> None:
        """Let somebody sign in, or no longer; the message offers to take it back."""
        done = Phrase("people.is_on" if is_active else "people.is_off", {"name": row.name})
        self._act(
            lambda: self._people.set_active(row.id, is_active), done, lambda: self.set_active(row, not is_active)
        )

    def set_lock_minutes(self, minutes: int) -> None:
        """After how many minutes desks lock themselves."""
        self._act(lambda: self._people.set_lock_minutes(minutes), Phrase("people.lock.saved", {"n": minutes}))

    def _store(self, form: Form, about: OperatorRow | None, draft: Draft) -> OperatorRow:
        if form is Form.NEW or about is None:
            return self._people.add(draft.name, draft.roles, draft.pin)
        if form is Form.ROLES:
            return self._people.set_roles(about.id, draft.roles)
        return self._people.set_pin(about.id, draft.pin)

    def _saved(self, form: Form, row: OperatorRow) -> None:
        self._show(is_saving=False, form=None, about=None)
        self._tell("good", Phrase(f"people.saved.{form}", {"name": row.name}), None)
        self.look()

    def _badge_made(self, badge: NewBadge) -> None:
        self._show(badge=badge, form=None, about=None)
        self.look()

    def _act(self, work: Callable[[], object], done: Phrase, undo: Callable[[], None] | None = None) -> None:
        def finished(_result: object) -> None:
            self._tell("good", done, undo)
            self.look()

        self._tasks.submit(work, finished, self._fail, owner=self, lane=Lane.ACTS)

    def _refused(self, error: Exception) -> None:
        self._show(is_saving=False, trouble=error_phrase(error))


def roles_phrase(roles: Sequence[Role]) -> tuple[Phrase, ...]:
    """The roles as words, in their order."""
    return tuple(Phrase(f"role.{role}") for role in roles)
