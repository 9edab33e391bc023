"""The steps of words: the desk's language and name, the owner and who sends, where the first orders come from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from core.access.records import OperatorRow, Session
from core.access.rights import Role
from core.customers.address_parsing import ParsedReceiver
from core.waybills.contract import Sender
from desktop.bridge.screens import ScreenPresenter, Tell
from desktop.bridge.tasks import Lane, Tasks
from desktop.errors import error_phrase
from desktop.first_start import Source
from desktop.pages.welcome.ports import WelcomeDesk
from desktop.settings import DeskSettings
from desktop.texts import Phrase

NOTHING_YET = Phrase("welcome.nothing_yet")
NOBODY = Sender("", "", "", "", "", "")
SENDER_FIELDS = Sender.__slots__


@dataclass(frozen=True, slots=True)
class LanguageScreen:
    """The chosen language and the desk's name as typed."""

    language: str
    name: str


class LanguageStep(ScreenPresenter[LanguageScreen]):
    """A language holds at once; the name once the clerk goes on."""

    def __init__(self, settings: DeskSettings, tell: Tell) -> None:
        super().__init__(LanguageScreen(settings.text("language"), settings.text("desk_name")), tell)
        self._settings = settings
        #: leads to where this desk joins others; None where there is no such page
        self.on_join: Callable[[], None] | None = None

    def enter(self) -> None:
        """Nothing is read."""
        self._show(language=self._settings.text("language"))

    def choose(self, language: str) -> None:
        """Speak it from now on."""
        self._settings.put("language", language)
        self._show(language=language)

    def name(self, text: str) -> None:
        """What this desk is to be called."""
        self._show(name=text)

    def finish(self, on_done: Callable[[], None]) -> None:
        """An empty name leaves the one the desk has."""
        name = self._screen.name.strip()
        if name:
            self._settings.put("desk_name", name)
        on_done()

    def leave(self) -> None:
        """The name stays as it was typed."""


class OwnerPeople(Protocol):
    """How the first one who signs in is taken in."""

    def add(self, name: str, roles: Sequence[Role], pin: str) -> OperatorRow:
        """Take somebody in."""
        ...


class OwnerDoor(Protocol):
    """How they come in at once."""

    def session(self) -> Session:
        """Who is here."""
        ...

    def by_pin(self, name: str, pin: str) -> Session:
        """Sign in."""
        ...


@dataclass(frozen=True, slots=True)
class OwnerScreen:
    """What is typed; no text of this object shows it.

    Attributes:
        is_guarded: people sign in here already: there is no first one to take in.
        may_sign_in: this desk has a door that could be closed.
        doubts: codes of what was not understood in a pasted sender.
    """

    name: str = field(default="", repr=False)
    pin: str = field(default="", repr=False)
    pin_again: str = field(default="", repr=False)
    sender: Sender = field(default=NOBODY, repr=False)
    is_guarded: bool = False
    may_sign_in: bool = True
    is_saving: bool = False
    trouble: Phrase | None = None
    doubts: tuple[str, ...] = ()


class OwnerStep(ScreenPresenter[OwnerScreen]):
    """Who owns the shop, whether people sign in, and who stands on the labels as the sender."""

    def __init__(
        self,
        desk: WelcomeDesk,
        settings: DeskSettings,
        tasks: Tasks,
        tell: Tell,
        parse: Callable[[str], ParsedReceiver],
        people: OwnerPeople | None,
        door: OwnerDoor | None,
    ) -> None:
        super().__init__(OwnerScreen(name=settings.text("clerk")), tell)
        self._desk = desk
        self._settings = settings
        self._tasks = tasks
        self._parse = parse
        self._people = people
        self._door = door
        self._kept: Sender | None = None

    def enter(self) -> None:
        """Read who sends, unless somebody has typed something already."""
        is_guarded = self._door is not None and self._door.session().is_guarded
        may_sign_in = self._people is not None and self._door is not None
        self._show(is_guarded=is_guarded, may_sign_in=may_sign_in, trouble=None)
        self._tasks.submit(self._desk.sender, self._on_sender, self._fail, owner=self, key="sender")

    def _on_sender(self, sender: Sender | None) -> None:
        self._kept = sender
        if sender is not None and self._screen.sender == NOBODY:
            self._show(sender=sender)

    def type(self, **typed: str) -> None:
        """What the fields hold: `name`, `pin`, `pin_again`, and those of the sender by `sender_<field>`."""
        sender = {name: typed.pop(f"sender_{name}") for name in SENDER_FIELDS if f"sender_{name}" in typed}
        self._show(sender=replace(self._screen.sender, **sender), **typed)

    def paste(self, text: str) -> None:
        """Take a pasted sender apart into the fields."""
        if text.strip():
            self._tasks.submit(
                lambda: self._parse(text), self._on_parsed, self._refused, owner=self, key="parse", lane=Lane.READS
            )

    def _on_parsed(self, read: ParsedReceiver) -> None:
        found = {name: getattr(read, name) for name in SENDER_FIELDS}
        # What was not written stays as it was typed.
        sender = replace(self._screen.sender, **{name: text for name, text in found.items() if text})
        self._show(sender=sender, doubts=read.doubts, trouble=None)

    def finish(self, on_done: Callable[[], None]) -> None:
        """Keep the sender, then take the owner in; nothing of it is lost when one of them is refused."""
        screen = self._screen
        if screen.is_saving:
            return
        name, wants_pin = screen.name.strip(), bool(screen.pin or screen.pin_again)
        has_sender = any(getattr(screen.sender, one).strip() for one in SENDER_FIELDS)
        trouble = None
        if not (name or wants_pin or has_sender or screen.is_guarded):
            trouble = NOTHING_YET
        elif wants_pin and not name:
            trouble = Phrase("welcome.owner.name_first")
        elif wants_pin and screen.pin != screen.pin_again:
            trouble = Phrase("people.pins_differ")
        if trouble is not None:
            self._show(trouble=trouble)
            return
        sender = screen.sender if has_sender and screen.sender != self._kept else None
        pin = "" if screen.is_guarded else screen.pin
        self._show(is_saving=True, trouble=None)
        self._tasks.submit(
            lambda: self._store(sender, name, pin),
            lambda _none: self._saved(name, bool(pin), on_done),
            self._refused,
            owner=self,
            lane=Lane.ACTS,
        )

    def _store(self, sender: Sender | None, name: str, pin: str) -> None:
        if sender is not None:
            self._desk.keep_sender(sender)
            self._kept = sender
        if pin and self._people is not None and self._door is not None:
            # In at once: the very moment the first one is known, the desk asks who is there.
            self._people.add(name, (Role.ADMIN,), pin)
            self._door.by_pin(name, pin)

    def _saved(self, name: str, has_pin: bool, on_done: Callable[[], None]) -> None:
        self._show(is_saving=False, pin="", pin_again="", is_guarded=self._screen.is_guarded or has_pin)
        if name and not self._screen.is_guarded:
            self._settings.put("clerk", name)
        on_done()

    def _refused(self, error: Exception) -> None:
        phrase = error_phrase(error)
        about = phrase.facts.get("field")
        if about:
            phrase = Phrase(phrase.code, {**phrase.facts, "field": Phrase(f"entry.field.{about}")}, phrase.otherwise)
        self._show(is_saving=False, trouble=phrase)

    def leave(self) -> None:
        """No PIN stays in a field that nobody looks at."""
        self._show(pin="", pin_again="")


@dataclass(frozen=True, slots=True)
class SourceScreen:
    """What was chosen, and whether it is being done."""

    chosen: Source = Source.NONE
    is_busy: bool = False
    trouble: Phrase | None = None


class SourceStep(ScreenPresenter[SourceScreen]):
    """Practice first, connect a shop, or begin with files."""

    def __init__(self, desk: WelcomeDesk, tasks: Tasks, tell: Tell) -> None:
        super().__init__(SourceScreen(), tell)
        self._desk = desk
        self._tasks = tasks
        #: what was chosen is to be remembered
        self.on_chosen: Callable[[Source], None] = lambda _source: None
        #: what was chosen before a start that was cut off
        self.chosen_before: Callable[[], Source] = lambda: Source.NONE

    def enter(self) -> None:
        """What was chosen stays chosen."""
        self._show(chosen=self._screen.chosen or self.chosen_before(), trouble=None)

    def choose(self, source: Source) -> None:
        """One of the three; it is done when the clerk goes on."""
        if not self._screen.is_busy:
            self._show(chosen=source, trouble=None)

    def finish(self, on_done: Callable[[], None]) -> None:
        """Open the practice shop, or see to it that it stays closed."""
        chosen = self._screen.chosen
        if self._screen.is_busy:
            return
        if chosen is Source.NONE:
            self._show(trouble=NOTHING_YET)
            return
        self._show(is_busy=True, trouble=None)

        def done(_none: None) -> None:
            self._show(is_busy=False)
            self.on_chosen(chosen)
            on_done()

        def failed(error: Exception) -> None:
            self._show(is_busy=False, trouble=error_phrase(error))

        work = self._desk.open_practice if chosen is Source.PRACTICE else self._desk.leave_practice
        # Not in the lane of acts: it takes seconds, and a scan must not wait for it.
        self._tasks.submit(work, done, failed, owner=self)

    def leave(self) -> None:
        """Nothing is forgotten."""
