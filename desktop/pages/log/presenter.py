"""The log page without widgets."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from core.access.records import EXPORT_REASONS, LogFilter, LogPage, LogRow
from desktop.bridge.screens import ScreenPresenter, Tell
from desktop.bridge.tasks import Tasks
from desktop.formats import journal_code
from desktop.pages.log.ports import AuditDesk
from desktop.texts import Phrase

PAGE_ROWS = 100
#: days before today that are shown first
_FIRST_DAYS = 7


@dataclass(frozen=True, slots=True)
class LogScreen:
    """What the page shows.

    Attributes:
        first, last: the first and the last day, both included, in the time of this machine.
        kind: one of `LOG_KINDS`.
        looks: how often each person looked in that time, most often first.
    """

    first: date
    last: date
    kind: str = "all"
    rows: tuple[LogRow, ...] = ()
    next_after: tuple[datetime, int] | None = None
    looks: tuple[tuple[str, int], ...] = field(default=())
    is_known: bool = False


class LogPresenter(ScreenPresenter[LogScreen]):
    """Asks for one page after the other."""

    def __init__(self, audit: AuditDesk, tasks: Tasks, tell: Tell, now: Callable[[], datetime]) -> None:
        today = now().astimezone().date()
        super().__init__(LogScreen(today - timedelta(days=_FIRST_DAYS - 1), today), tell)
        self._audit = audit
        self._tasks = tasks
        #: a further page of the same list
        self.on_more: Callable[[LogPage], None] = lambda _page: None
        #: it could not be had, and may be asked for again
        self.on_no_more: Callable[[], None] = lambda: None

    def choose_kind(self, kind: str) -> None:
        """Only lines of one kind."""
        self._show(kind=kind)
        self.look()

    def choose_days(self, first: date, last: date) -> None:
        """Only lines between two days; days the wrong way round are turned."""
        self._show(first=min(first, last), last=max(first, last))
        # Days that were turned may be those of before: the page's fields still stand the wrong way round.
        self.on_screen()
        self.look()

    def look(self) -> None:
        """Read the first page again, and how often each person looked."""
        wanted = self._wanted()

        def ask() -> tuple[LogPage, Mapping[str, int]]:
            return self._audit.page(wanted, None, PAGE_ROWS), self._audit.looks(wanted.since, wanted.until)

        self._tasks.submit(ask, self._on_seen, self._fail, owner=self, key="look")

    def more(self, after: tuple[datetime, int]) -> None:
        """Read the page behind a cursor."""
        wanted = self._wanted()

        def failed(error: Exception) -> None:
            self.on_no_more()
            self._fail(error)

        self._tasks.submit(
            lambda: self._audit.page(wanted, after, PAGE_ROWS), self.on_more, failed, owner=self, key="look"
        )

    def _wanted(self) -> LogFilter:
        screen = self._screen
        since = datetime.combine(screen.first, time()).astimezone()
        until = datetime.combine(screen.last + timedelta(days=1), time()).astimezone()
        return LogFilter(since, until, screen.kind)

    def _on_seen(self, seen: tuple[LogPage, Mapping[str, int]]) -> None:
        page, looks = seen
        often = tuple(sorted(looks.items(), key=lambda one: (-one[1], one[0])))
        self._show(rows=page.rows, next_after=page.next_after, looks=often, is_known=True)


def _listed(words: Sequence[Phrase]) -> Phrase | str:
    """Several words as one: a phrase may hold others."""
    if not words:
        return ""
    first, *rest = words
    return Phrase("list.pair", {"first": first, "rest": _listed(rest)}) if rest else first


def action_code(row: LogRow) -> str:
    """The word for what was done; a look at a receiver has its reason among the facts, not here."""
    return "log.saw_receiver" if row.action == "order.unmasked" else journal_code(row.action, row.facts)


def facts_phrase(row: LogRow) -> Phrase:
    """What a line says beside who, when and where: `log.facts.<action>` with the line's facts as words."""
    facts: dict[str, object] = {"id": row.order_no or row.subject_id} | dict(row.facts)
    if "why" in facts:
        why = str(facts["why"])
        family = "reason.export" if why in EXPORT_REASONS else "reason.unmask"
        facts["why"] = Phrase(f"{family}.{why}", otherwise=why)
    if "way" in facts:
        facts["way"] = Phrase(f"signin.way.{facts['way']}", otherwise=str(facts["way"]))
    if row.action == "signin.refused":
        facts["who"] = facts.get("name") or Phrase("log.nobody")
    for name in ("roles", "before"):
        named = facts.get(name)
        if isinstance(named, list):
            facts[name] = _listed([Phrase(f"role.{role}", otherwise=str(role)) for role in named])
    return Phrase(f"log.facts.{row.action}", facts, otherwise=" ")
