"""The tab of those on duty: the weekly plan, and what differs from it for a while."""

from collections.abc import Mapping
from functools import partial
from typing import Final

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from core.alerts.roster import Change, Roster, Shift
from core.runtime.china import CHINA
from desktop.pages.alerts.deciding import DecidingPresenter, clock_of, day_of, minutes_of
from desktop.pages.alerts.ports import AlertSettingsDesk
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton
from desktop.widgets.fields import ChoiceBox, Field
from desktop.widgets.labels import ElidedLabel, PlainLabel
from desktop.widgets.layouts import refill

_DAYS: Final[Mapping[str, tuple[int, ...]]] = {
    "all": tuple(range(7)),
    "work": tuple(range(5)),
    "weekend": (5, 6),
    **{str(day): (day,) for day in range(7)},
}
_KINDS: Final = ("absent", "closed", "shift", "stands_in")


class DutyTab(QScrollArea):
    """Two cards: what is every week, and what is different for a while."""

    def __init__(self, ui: Ui, presenter: DecidingPresenter) -> None:
        super().__init__()
        self._ui = ui
        self._presenter = presenter
        self.setObjectName("alerts.duty_tab")
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._none = PlainLabel(ui, "notice", wraps=True, name="alerts.duty_tab.none")
        self._none.say("alerts.duty.no_people")
        self._trouble = PlainLabel(ui, "stop", wraps=True, name="alerts.duty_tab.trouble")
        self._plan = QVBoxLayout()
        self._changes = QVBoxLayout()
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(12)
        column.addWidget(self._none)
        column.addWidget(self._trouble)
        cards = QHBoxLayout()
        cards.setSpacing(16)
        cards.addWidget(self._plan_card(), 1)
        cards.addWidget(self._changes_card(), 1)
        column.addLayout(cards)
        column.addStretch(1)
        self.setWidget(holder)
        presenter.on_screen = self._on_screen
        ui.retranslated.connect(self._on_screen)
        self._on_screen()

    def look_again(self, *, is_new: bool) -> None:
        """Read the plan."""
        if is_new:
            self._presenter.forget_trouble()
        self._presenter.look_at_duty()

    def _plan_card(self) -> QFrame:
        ui = self._ui
        card, column = _card(ui, "alerts.duty.title", "alerts.duty.hint")
        self._day = ChoiceBox(ui, "alerts.day", tuple(_DAYS), "alerts.duty_tab.day")
        self._begins = Field(ui, "alerts.duty.from", "alerts.duty_tab.from", is_latin=True, limit=5)
        self._ends = Field(ui, "alerts.duty.to", "alerts.duty_tab.to", is_latin=True, limit=5)
        self._person = ChoiceBox(ui, "alerts.person", (), "alerts.duty_tab.person")
        self._rank = ChoiceBox(ui, "alerts.rank", ("1", "2"), "alerts.duty_tab.rank")
        add = ActionButton(ui, "alerts.duty.add", self._on_add, look="main", icon="plus", name="alerts.duty_tab.add")
        first, second = QHBoxLayout(), QHBoxLayout()
        for widget in (self._day, self._begins, self._ends):
            first.addWidget(widget, 1)
        for widget in (self._person, self._rank):
            second.addWidget(widget, 1)
        second.addWidget(add)
        for field in (self._begins, self._ends):
            field.returnPressed.connect(self._on_add)
        column.addLayout(self._plan)
        column.addSpacing(4)
        column.addLayout(first)
        column.addLayout(second)
        column.addStretch(1)
        return card

    def _changes_card(self) -> QFrame:
        ui = self._ui
        card, column = _card(ui, "alerts.duty.change.title", "alerts.duty.change.hint")
        self._kind = ChoiceBox(ui, "alerts.change", _KINDS, "alerts.duty_tab.kind")
        self._kind.picked.connect(lambda _kind: self._show_fields())
        self._who = ChoiceBox(ui, "alerts.person", (), "alerts.duty_tab.who")
        self._other = ChoiceBox(ui, "alerts.person", (), "alerts.duty_tab.other")
        self._first = Field(ui, "alerts.duty.change.first", "alerts.duty_tab.first", is_latin=True, limit=10)
        self._last = Field(ui, "alerts.duty.change.last", "alerts.duty_tab.last", is_latin=True, limit=10)
        add = ActionButton(
            ui, "alerts.duty.change.add", self._on_change, look="main", icon="plus", name="alerts.duty_tab.change"
        )
        first, second = QHBoxLayout(), QHBoxLayout()
        for widget in (self._kind, self._who, self._other):
            first.addWidget(widget, 1)
        for field in (self._first, self._last):
            second.addWidget(field, 1)
            field.returnPressed.connect(self._on_change)
        second.addWidget(add)
        column.addLayout(self._changes)
        column.addSpacing(4)
        column.addLayout(first)
        column.addLayout(second)
        column.addStretch(1)
        self._show_fields()
        return card

    def _show_fields(self) -> None:
        kind = self._kind.value()
        self._who.setVisible(kind != "closed")
        self._other.setVisible(kind == "stands_in")

    @Slot()
    def _on_add(self) -> None:
        begins, ends = minutes_of(self._begins.text()), minutes_of(self._ends.text())
        if begins is None or ends is None:
            self._presenter.refuse_entry("alerts.duty.bad_time")
            return
        days, person, rank = _DAYS[self._day.value()], _id_in(self._person), int(self._rank.value())
        desk = self._presenter.desk
        self._presenter.act(lambda: desk.put_shift(days, begins, ends, person, rank), self._presenter.look_at_duty)

    @Slot()
    def _on_change(self) -> None:
        begins, ends = day_of(self._first.text()), day_of(self._last.text() or self._first.text(), is_last=True)
        if begins is None or ends is None:
            self._presenter.refuse_entry("alerts.duty.bad_time")
            return
        kind, who, other = self._kind.value(), _id_in(self._who), _id_in(self._other)
        desk = self._presenter.desk
        self._presenter.act(
            lambda: desk.put_change(kind, begins, ends, person_id=who, for_person_id=other),
            self._presenter.look_at_duty,
        )

    @Slot()
    def _on_screen(self) -> None:
        screen = self._presenter.screen
        self._trouble.setVisible(screen.trouble is not None)
        if screen.trouble is not None:
            self._trouble.say_phrase(screen.trouble)
        roster = screen.roster
        if roster is None:
            self._none.hide()
            return
        self._none.setVisible(not roster.people)
        names = {str(person): name for person, name in roster.people.items()}
        for box in (self._person, self._who, self._other):
            box.offer(tuple(names), names)
        refill(self._plan, [self._shift_row(same, roster) for same in _alike(roster.shifts)] or [self._empty_row()])
        refill(self._changes, [self._change_row(one, roster) for one in roster.changes])

    def _empty_row(self) -> QWidget:
        label = PlainLabel(self._ui, "secondary", wraps=True, name="alerts.duty_tab.empty")
        label.say("alerts.duty.empty")
        return label

    def _shift_row(self, shifts: tuple[Shift, ...], roster: Roster) -> QWidget:
        """The same shift on several days is one row."""
        texts, shift = self._ui.texts, shifts[0]
        days = tuple(one.weekday for one in shifts)
        named = next((name for name, meant in _DAYS.items() if meant == days), "")
        said = [texts.t(f"alerts.day.{day}") for day in days]
        ends = clock_of(shift.ends_min)
        if shift.ends_min <= shift.begins_min:
            ends = texts.t("alerts.duty.next_day", at=ends)
        words = texts.t(
            "alerts.duty.shift",
            day=texts.t(f"alerts.day.{named}") if named else texts.t("list.comma").join(said),
            begins=clock_of(shift.begins_min),
            ends=ends,
            who=roster.people.get(shift.person_id, "—"),
            rank=texts.t(f"alerts.rank.{shift.rank}"),
        )
        desk, ids = self._presenter.desk, tuple(one.id for one in shifts)
        return self._row(words, f"alerts.duty_tab.shift.{shift.id}", partial(_drop_all, desk, ids))

    def _change_row(self, change: Change, roster: Roster) -> QWidget:
        words = self._ui.texts.t(
            f"alerts.duty.change.row.{change.kind}",
            who=roster.people.get(change.person_id, "—"),
            other=roster.people.get(change.for_person_id or 0, "—"),
            from_at=f"{change.begins_at.astimezone(CHINA):%m-%d %H:%M}",
            to_at=f"{change.ends_at.astimezone(CHINA):%m-%d %H:%M}",
        )
        desk = self._presenter.desk
        return self._row(words, f"alerts.duty_tab.changed.{change.id}", partial(desk.drop_change, change.id))

    def _row(self, words: str, name: str, drop: "partial[None]") -> QWidget:
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        label = ElidedLabel(self._ui, name=name)
        label.show_text(words)
        row.addWidget(label, 1)
        look = self._presenter.look_at_duty
        button = ActionButton(self._ui, "alerts.duty.drop", lambda: self._presenter.act(drop, look), icon="trash-2")
        button.setObjectName(f"{name}.drop")
        row.addWidget(button)
        return holder


def _id_in(box: ChoiceBox) -> int:
    """Who is chosen; 0 where nobody can be."""
    return int(box.value()) if box.count() else 0


def _alike(shifts: tuple[Shift, ...]) -> list[tuple[Shift, ...]]:
    """Shifts that differ by the day alone together, in the order of hour and rank."""
    found: dict[tuple[int, int, int, int], list[Shift]] = {}
    for shift in shifts:
        found.setdefault((shift.rank, shift.begins_min, shift.ends_min, shift.person_id), []).append(shift)
    return [tuple(sorted(found[key], key=lambda shift: shift.weekday)) for key in sorted(found)]


def _drop_all(desk: AlertSettingsDesk, shift_ids: tuple[int, ...]) -> None:
    for shift_id in shift_ids:
        desk.drop_shift(shift_id)


def _card(ui: Ui, title: str, hint: str) -> tuple[QFrame, QVBoxLayout]:
    card = QFrame()
    card.setProperty("look", "card")
    column = QVBoxLayout(card)
    column.setContentsMargins(16, 12, 16, 14)
    column.setSpacing(8)
    head = PlainLabel(ui, "heading")
    head.say(title)
    small = PlainLabel(ui, "secondary", wraps=True)
    small.say(hint)
    column.addWidget(head)
    column.addWidget(small)
    return card, column
