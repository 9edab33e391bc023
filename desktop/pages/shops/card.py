"""A shop's card: how it is heard, how it is let in, what went wrong, and what it hears from us."""

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from core.access.rights import Right
from core.catalog.records import MOST_LIFE_DAYS
from core.sync.shop_views import NOT_STORED, ShopAccess, ShopView
from desktop.formats import age_phrase, age_text, moment_text
from desktop.pages.shops.known import abilities_of
from desktop.pages.shops.presenter import ShopsPresenter
from desktop.pages.shops.start_card import start_button
from desktop.texts import Phrase
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton, StatePill
from desktop.widgets.fields import ChoiceBox, Field, NumberBox, TickBox
from desktop.widgets.labels import ElidedLabel, PlainLabel
from desktop.widgets.ticking import while_shown

_TONES = {"good": "good", "notice": "notice", "stop": "stop", "off": "quiet", "waits": "notice"}
_ACCESS_TONES = {
    "missing": "notice",
    "by_hand": "quiet",
    "good": "good",
    "notice": "notice",
    "stop": "stop",
    "over": "stop",
}
_MOMENTS = ("print", "outbound", "handover")
#: minutes; 0 as long as the shop keeps the order open
_HOLDS = ("0", "5", "10", "15", "30", "60", "120", "1440")
_NUMBER_PX = 280
#: orders that could not be taken in, shown one by one
_MOST_UNREAD = 3


class ShopCard(QFrame):
    """One shop: how it is heard, and what it hears from us."""

    def __init__(
        self,
        ui: Ui,
        presenter: ShopsPresenter,
        shop: ShopView,
        on_start: Callable[[int, str], None],
        open_records: Callable[[], object] = lambda: None,
    ) -> None:
        """Make it.

        Args:
            ui: what all widgets share.
            presenter: acts.
            shop: whose card it is.
            on_start: opens what is switched on last, for a shop by id and name.
            open_records: shows how its pulls went.
        """
        super().__init__()
        self._on_start = on_start
        self.setProperty("look", "card")
        self.setObjectName(f"shops.card.{shop.id}")
        name = f"shops.{shop.id}"
        self.days = NumberBox(0, MOST_LIFE_DAYS, f"{name}.min_life")
        title = ElidedLabel(ui, "heading", name=f"{name}.name")
        title.show_text(shop.name)
        state = StatePill(ui, name=f"{name}.state")
        is_new = shop.last_good_pull_at is None and shop.state not in {"off", "waits"}
        word = "not_asked" if not shop.is_asked else "never" if is_new else shop.state
        # Nothing was heard yet: that is neither good nor a fault.
        is_silent = not shop.is_asked or (is_new and shop.state == "good")

        def say_state() -> None:
            age = age_text(shop.last_good_pull_at, ui.now(), ui.texts)
            state.show_state("quiet" if is_silent else _TONES[shop.state], f"shops.state.{word}", age=age)

        say_state()
        while_shown(state, say_state)
        records = ActionButton(ui, "shops.records", open_records, name=f"{name}.records")
        first = _row(title, state, *((records,) if shop.is_asked else ()))
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 10, 16, 12)
        column.addLayout(first)
        if shop.whose:
            whose = PlainLabel(ui, "secondary", wraps=True, name=f"{name}.whose")
            whose.say("shops.whose", name=shop.whose)
            column.addWidget(whose)
        if shop.access is not None:
            column.addLayout(self._access(ui, shop.access, name))
        is_waiting = shop.access is not None and shop.access.state == "missing"
        if shop.trouble is not None and shop.is_asked and not is_waiting:
            error = PlainLabel(ui, "secondary", wraps=True, name=f"{name}.error")
            error.say("shops.last_error", words=Phrase(f"shops.trouble.{shop.topic}"))
            column.addWidget(error)
            todo = PlainLabel(ui, "secondary", wraps=True, name=f"{name}.todo")
            todo.say(f"shops.todo.{shop.topic}")
            column.addWidget(todo)
        column.addLayout(self._unread(ui, presenter, shop, name))
        told = PlainLabel(ui, "secondary", wraps=True, name=f"{name}.told")
        at = "" if shop.cut_over_at is None else f"{shop.cut_over_at.astimezone():%Y-%m-%d %H:%M}"
        orders, numbers, confirm = (Phrase(code, {"at": at}) for code in _switches(shop))
        code = "start.told.read_only" if shop.stage == "read_only" else "start.told"
        told.say(code, orders=orders, numbers=numbers, confirm=confirm)
        if not shop.is_asked:
            told.say("shops.nobody_asked")
        column.addWidget(told)
        if shop.prints_elsewhere:
            elsewhere = PlainLabel(ui, "secondary", wraps=True, name=f"{name}.elsewhere_told")
            elsewhere.say("shops.prints_elsewhere")
            column.addWidget(elsewhere)
        labels = "shops.elsewhere.stop" if shop.prints_elsewhere else "shops.elsewhere.start"
        prints = ActionButton(ui, labels, partial(presenter.set_prints_elsewhere, shop), name=f"{name}.elsewhere")
        column.addLayout(self._acts(ui, presenter, shop, name, prints))
        column.addLayout(self._times(ui, presenter, shop, name))
        column.addLayout(self._life(ui, presenter, shop, name))
        kind = next((one for one in presenter.screen.kinds if one.id == shop.channel), None)
        if presenter.screen.unfolded == shop.id and shop.is_asked:
            if shop.trouble is not None:
                said = PlainLabel(ui, "small", wraps=True, keeps_lines=False, limit=400, name=f"{name}.said")
                said.say("shops.said", words=shop.trouble.words, code=shop.trouble.code or "—")
                column.addWidget(said)
            column.addLayout(self._order(ui, presenter, shop, name))
            for line in () if kind is None else abilities_of(ui, kind, name):
                column.addWidget(line)

    def _order(self, ui: Ui, presenter: ShopsPresenter, shop: ShopView, name: str) -> QHBoxLayout:
        """One order by its number, for a buyer who is on the phone."""
        row = QHBoxLayout()
        number = Field(ui, "shops.order_no", f"{name}.order_no", is_latin=True, limit=64)

        def go() -> None:
            presenter.pull_order(shop, number.text())

        number.setFixedWidth(ui.scaled(_NUMBER_PX))
        number.returnPressed.connect(go)
        row.addWidget(number)
        row.addWidget(ActionButton(ui, "shops.pull_order", go, name=f"{name}.pull_order"))
        row.addStretch(1)
        return row

    def _unread(self, ui: Ui, presenter: ShopsPresenter, shop: ShopView, name: str) -> QGridLayout:
        """Orders that could not be taken in, each with why, and what can be done about it."""
        grid = QGridLayout()
        grid.setColumnStretch(0, 1)
        for place, one in enumerate(shop.unread[:_MOST_UNREAD]):
            said = PlainLabel(ui, "notice", wraps=True, name=f"{name}.unread.{place}")
            why = Phrase("shops.unread.not_stored" if one.topic == NOT_STORED else f"shops.trouble.{one.topic}")
            said.say("shops.unread", number=one.order_no, at=moment_text(one.since_at), why=why)
            again = partial(presenter.pull_order, shop, one.order_no)
            let_go = partial(presenter.set_awaited, shop, one.order_no, is_awaited=False)
            grid.addWidget(said, place, 0)
            grid.addWidget(ActionButton(ui, "shops.unread.again", again, name=f"{name}.again.{place}"), place, 1)
            grid.addWidget(
                ActionButton(
                    ui, "shops.unread.let_go", let_go, name=f"{name}.let_go.{place}", right=Right.CHANGE_SETTINGS
                ),
                place,
                2,
            )
        if len(shop.unread) > _MOST_UNREAD:
            more = PlainLabel(ui, "notice", wraps=True, name=f"{name}.unread.more")
            more.say("shops.unread.more", n=len(shop.unread) - _MOST_UNREAD)
            grid.addWidget(more, _MOST_UNREAD, 0)
        return grid

    def _access(self, ui: Ui, access: ShopAccess, name: str) -> QHBoxLayout:
        """How long its authorising lasts; it counts on while it is looked at."""
        row = QHBoxLayout()
        pill = StatePill(ui, name=f"{name}.access")
        tone = _ACCESS_TONES[access.state]

        def count() -> None:
            if access.ends_at is None:
                code = access.state if access.state in {"missing", "by_hand"} else "endless"
                pill.show_state(tone, f"shops.access.{code}")
                return
            left_s = (access.ends_at - ui.now()).total_seconds()
            facts = {"day": f"{access.ends_at.astimezone():%Y-%m-%d %H:%M}"}
            if left_s <= 0:
                pill.show_state("stop", "shops.access.over", **facts)
                return
            code = "renews" if access.renews else "left"
            pill.show_state(tone, f"shops.access.{code}", left=age_phrase(left_s), **facts)

        count()
        while_shown(pill, count)
        row.addWidget(pill)
        if access.failed:
            failed = PlainLabel(ui, "secondary", wraps=True, name=f"{name}.renew_failed")
            failed.say("shops.access.failed")
            row.addWidget(failed, 1)
        else:
            row.addStretch(1)
        return row

    def _times(self, ui: Ui, presenter: ShopsPresenter, shop: ShopView, name: str) -> QHBoxLayout:
        """How long its unpaid orders keep their goods, and when it is told of a parcel."""
        row = QHBoxLayout()
        keep = PlainLabel(ui, "secondary")
        keep.say("shops.hold")
        minutes = str(shop.hold_minutes)
        hold = ChoiceBox(ui, "shops.hold", _HOLDS, f"{name}.hold")
        if minutes not in _HOLDS:
            hold.offer((*_HOLDS, minutes))
        hold.choose(minutes)
        hold.picked.connect(partial(presenter.set_hold, shop))
        row.addWidget(keep)
        row.addWidget(hold)
        if shop.is_asked:
            row.addSpacing(24)
            when = PlainLabel(ui, "secondary")
            when.say("shops.confirm_at")
            moment = ChoiceBox(ui, "shops.moment", _MOMENTS, f"{name}.moment")
            moment.choose(shop.confirm_at)
            moment.picked.connect(partial(presenter.set_confirm_at, shop))
            row.addWidget(when)
            row.addWidget(moment)
        if shop.takes_notes:
            row.addSpacing(24)
            notes = TickBox(ui, "shops.writes_notes", f"{name}.writes_notes")
            notes.setChecked(shop.writes_notes)
            notes.clicked.connect(lambda: presenter.set_writes_notes(shop, is_on=notes.isChecked()))
            row.addWidget(notes)
        row.addStretch(1)
        return row

    def _life(self, ui: Ui, presenter: ShopsPresenter, shop: ShopView, name: str) -> QHBoxLayout:
        """How long goods have to last still; Enter or leaving the field keeps what was written."""
        row = QHBoxLayout()
        words, days = PlainLabel(ui, "secondary"), self.days
        words.say("shops.min_life")
        days.setValue(shop.min_life_days)
        days.setFixedWidth(ui.scaled(84))
        days.editingFinished.connect(lambda: presenter.set_min_life(shop, days.value()))
        told = PlainLabel(ui, "secondary", name=f"{name}.min_life_told")
        told.say("shops.min_life_days" if shop.min_life_days else "shops.min_life_any")
        row.addWidget(words)
        row.addWidget(days)
        row.addWidget(told)
        row.addStretch(1)
        return row

    def _acts(
        self, ui: Ui, presenter: ShopsPresenter, shop: ShopView, name: str, prints: ActionButton
    ) -> QHBoxLayout:
        row = QHBoxLayout()
        if not shop.is_asked:
            row.addWidget(prints)
            row.addStretch(1)
            return row
        pulled = "shops.pause" if shop.is_pulled else "shops.go_on"
        row.addWidget(ActionButton(ui, "action.change", partial(presenter.edit, shop.id), name=f"{name}.edit"))
        if shop.access is not None:
            is_new = shop.access.state == "missing"
            code, look = ("shops.authorise", "main") if is_new else ("shops.authorise_again", "plain")
            go = partial(presenter.connect, shop.id)
            row.addWidget(ActionButton(ui, code, go, look=look, name=f"{name}.authorise"))
        row.addWidget(ActionButton(ui, pulled, partial(presenter.set_pulled, shop), name=f"{name}.pulled"))
        row.addWidget(start_button(ui, name, shop.stage, partial(self._on_start, shop.id, shop.name)))
        row.addWidget(prints)
        if shop.is_pulled and shop.state != "waits":
            row.addWidget(ActionButton(ui, "shops.pull_now", partial(presenter.pull, shop), name=f"{name}.pull"))
        details = "shops.fold" if presenter.screen.unfolded == shop.id else "shops.unfold"
        row.addWidget(ActionButton(ui, details, partial(presenter.unfold, shop.id), name=f"{name}.details"))
        row.addStretch(1)
        return row


def _switches(shop: ShopView) -> Sequence[str]:
    """What is said of the three switches of a shop: orders, numbers, confirmations."""
    since = "" if shop.cut_over_at is None else "_since"
    return (
        f"start.part.orders{since}" if shop.on_desk else "start.part.orders_off",
        "start.part.numbers" if shop.writes_stock else "start.part.numbers_off",
        "start.part.confirm" if shop.confirms else "start.part.confirm_off",
    )


def _row(title: QWidget, *others: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.addWidget(title, 1)
    for widget in others:
        row.addWidget(widget)
    return row
