"""Why this number: sums that add up before one's eyes, the orders that hold units, every movement with its reason."""

from collections.abc import Iterable
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from core.access.rights import Right
from core.inventory.figures.records import Opened, StockDetail
from core.inventory.queries import Explanation, HolderRow, MovementRow, NoteRow
from core.inventory.stock_list import InHandRow, StockRow
from desktop.formats import left_text, moment_text, number_text, person_text
from desktop.pages.stock.figures import FigureButton, FiguresView, figure_name
from desktop.pages.stock.form import StockForm
from desktop.pages.stock.opened import OpenedView
from desktop.pages.stock.presenter import StockPresenter
from desktop.pages.stock.words import ACTS, RIGHTS, reason_words, telling_notes
from desktop.texts import Phrase
from desktop.ui import Ui
from desktop.widgets.batches import left_days, left_phrase, left_tone
from desktop.widgets.controls import ActionButton, StatePill
from desktop.widgets.drawer import Drawer
from desktop.widgets.end_note import EndNote
from desktop.widgets.labels import ElidedLabel, PlainLabel
from desktop.widgets.ticking import while_shown

#: rows a person reads at once; more is said, not shown
_SHOWN = 50
#: act buttons beside one another
_IN_A_ROW = 3
_WIDTH_PX = 452
_WIDEST_PX = 590


class StockDrawer(Drawer):
    """Shows a `StockDetail`, with the acts upon it above."""

    def __init__(self, ui: Ui, presenter: StockPresenter) -> None:
        super().__init__(ui, "stock.drawer", presenter.close)
        # Three acts stand beside one another, each with its word and its key.
        self.setFixedWidth(min(ui.scaled(_WIDTH_PX), _WIDEST_PX))
        self._ui = ui
        self._presenter = presenter
        self._detail: StockDetail | None = None
        self._trail: tuple[Opened, ...] = ()
        self._what = ElidedLabel(ui, "secondary", name="stock.drawer.what")
        self.top.addWidget(self._what)
        acts = QGridLayout()
        acts.setHorizontalSpacing(6)
        acts.setVerticalSpacing(6)
        for number, (act, (key, icon)) in enumerate(ACTS.items()):
            button = ActionButton(
                ui,
                f"stock.act.{act}",
                partial(presenter.begin_act, act),
                icon=icon,
                key=key,
                name=f"stock.drawer.{act}",
                right=RIGHTS[act],
            )
            # The last one stands alone and has the longest key: it must not widen the column above it.
            columns = _IN_A_ROW if number == len(ACTS) - 1 else 1
            acts.addWidget(button, number // _IN_A_ROW, number % _IN_A_ROW, 1, columns)
        acts.setColumnStretch(_IN_A_ROW, 1)
        self.top.addLayout(acts)
        self._form = StockForm(ui, presenter)
        self.top.addWidget(self._form)
        ui.retranslated.connect(self._fill)

    def show_detail(self, detail: StockDetail | None) -> None:
        """Show a row; the drawer hides without one."""
        trail = self._presenter.screen.trail
        before = self._trail
        is_new = (detail, trail) != (self._detail, before)
        focus = self._focus_within()
        self._detail, self._trail = detail, trail
        self.setVisible(detail is not None)
        self._form.show_act(None if detail is None else detail.row)
        if is_new and detail is not None:
            self._fill()
            if focus:
                self._follow(before, focus)

    def focus_figures(self) -> None:
        """Put the keyboard to the first number, or what can be opened of the one that is open."""
        button = self.findChild(FigureButton) or next(
            (door for door in self.findChildren(ActionButton) if door.objectName().endswith((".order", ".document"))),
            None,
        )
        if button is not None:
            button.setFocus()

    def _focus_within(self) -> str:
        """The name of what has the keyboard in the body, which is about to be made anew; empty where nothing has."""
        focus = self.window().focusWidget()
        return "" if focus is None or not self.holds(focus) else focus.objectName()

    def _follow(self, before: tuple[Opened, ...], focus: str) -> None:
        """The body is another one: the keyboard stays where it was, or goes into what was opened, or back out."""
        if len(self._trail) > len(before):
            self.focus_first()
            return
        name = figure_name(before[-1].figure) if len(self._trail) < len(before) else focus
        widget = self.findChild(QWidget, name)
        if widget is not None:
            widget.setFocus()
        else:
            self.focus_first()

    def focus_first(self) -> None:
        """Put the keyboard to the way back of an open number, or to the first number."""
        back = self.findChild(ActionButton, "stock.opened.back")
        if self._trail and back is not None:
            back.setFocus()
        else:
            self.focus_figures()

    def _fill(self) -> None:
        detail = self._detail
        if detail is None:
            return
        row = detail.row
        self.title.show_text(row.code)
        self._what.show_text("  ".join(part for part in (row.name, row.spec, row.warehouse_name, row.batch) if part))
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(6)
        if self._trail:
            column.addWidget(OpenedView(self._ui, self._presenter, self._trail))
            column.addStretch(1)
            self.show_body(body)
            return
        if row.batch:
            self._tell_batch(column, row)
        if row.wanted_qty:
            _say(column, self._ui, Phrase("stock.wanted", {"n": row.wanted_qty}), "stop")
        if detail.figures is not None:
            column.addWidget(FiguresView(self._ui, detail.figures, self._presenter.open_figure))
        if detail.why is None:
            _say(column, self._ui, Phrase("stock.never_booked"), "secondary")
        else:
            self._explain(column, detail.why)
        column.addStretch(1)
        self.show_body(body)

    def _tell_batch(self, column: QVBoxLayout, row: StockRow) -> None:
        """The batch of this place: its last day, how many are left, and whether it may be promised."""
        days = None if row.expires_on is None else left_days(row.expires_on, self._ui.now())
        pill = StatePill(self._ui, name="stock.drawer.batch")
        tone = left_tone(days, is_ending=False, is_blocked=row.is_blocked)
        left = Phrase("batches.blocked") if row.is_blocked else left_phrase(days)
        pill.show_state(tone, "stock.batch_line", batch=row.batch, day=str(row.expires_on or ""), left=left)
        column.addWidget(pill)

    def _explain(self, column: QVBoxLayout, why: Explanation) -> None:
        ui = self._ui
        now = why.quantities
        parts = (
            ("stock.column.on_hand", now.on_hand_qty),
            ("stock.minus.reserved", -now.reserved_qty),
            ("stock.minus.confirmed", -now.confirmed_qty),
            ("stock.minus.quarantined", -now.quarantined_qty),
        )
        _head(column, ui, "stock.why.available")
        column.addWidget(
            _Sum(ui, [(ui.texts.t(code), qty) for code, qty in parts], now.available_qty, "stock.sum.available")
        )
        _head(column, ui, "stock.why.on_hand")
        kinds = [
            (ui.texts.word("stock.kind", kind), qty)
            for kind, qty in sorted(why.moved_by_kind.items(), key=lambda one: -one[1])
        ]
        column.addWidget(_Sum(ui, kinds, now.on_hand_qty, "stock.sum.on_hand"))
        _head(column, ui, "stock.why.holders")
        if not why.holders:
            _say(column, ui, Phrase("stock.no_holders"), "secondary")
        for number, holder in enumerate(why.holders[:_SHOWN]):
            column.addWidget(_HolderLine(ui, self._presenter, holder, f"stock.drawer.holder.{number}"))
        _say_more(column, ui, len(why.holders))
        _head(column, ui, "stock.why.movements")
        for movement in why.movements[:_SHOWN]:
            column.addWidget(_MovementLine(ui, movement))
        _say_more(column, ui, len(why.movements))
        notes = telling_notes(why)
        if notes:
            _head(column, ui, "stock.why.notes")
        for note in notes[:_SHOWN]:
            column.addWidget(_NoteLine(ui, note))
        _say_more(column, ui, len(notes))


class InHandDrawer(Drawer):
    """Goods that were booked on the spot and wait for a second look."""

    def __init__(self, ui: Ui, presenter: StockPresenter) -> None:
        super().__init__(ui, "stock.review", presenter.close)
        self._ui = ui
        self._presenter = presenter
        self._rows: tuple[InHandRow, ...] | None = None
        self.title.say("stock.in_hand")
        ui.retranslated.connect(self._fill)

    def show_rows(self, rows: tuple[InHandRow, ...], *, is_open: bool) -> None:
        """Show the list while it is wanted."""
        self.setVisible(is_open)
        if is_open and rows != self._rows:
            self._rows = rows
            self._fill()

    def _fill(self) -> None:
        rows = self._rows
        if rows is None:
            return
        ui = self._ui
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(6)
        _say(column, ui, Phrase("stock.in_hand.hint" if rows else "stock.in_hand.none"), "secondary")
        for number, row in enumerate(rows):
            column.addWidget(_InHandLine(ui, self._presenter, row, f"stock.review.{number}"))
        end = EndNote(ui, "stock.review.end")
        column.addWidget(end)
        end.show_rows(rows)
        column.addStretch(1)
        self.show_body(body)


class _Sum(QFrame):
    """Addends, a rule, and what they come to."""

    def __init__(self, ui: Ui, parts: Iterable[tuple[str, int]], total: int, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(2)
        grid.setColumnStretch(0, 1)
        number = 0
        for words, qty in parts:
            label = PlainLabel(ui)
            label.show_text(words)
            amount = _amount(ui, f"{qty:+d}" if number and qty else str(qty))
            grid.addWidget(label, number, 0)
            grid.addWidget(amount, number, 1)
            number += 1
        rule = QFrame()
        rule.setProperty("look", "rule")
        grid.addWidget(rule, number, 0, 1, 2)
        whole = PlainLabel(ui, "heading")
        whole.say(name)
        amount = _amount(ui, str(total), "heading", f"{name}.total")
        grid.addWidget(whole, number + 1, 0)
        grid.addWidget(amount, number + 1, 1)


class _HolderLine(QWidget):
    """An order that holds units; the button is the door to it."""

    def __init__(self, ui: Ui, presenter: StockPresenter, holder: HolderRow, name: str) -> None:
        super().__init__()
        door = ActionButton(
            ui, "stock.to_order", partial(presenter.open_order, holder.order_id), icon="clipboard-list", name=name
        )
        door.say("stock.to_order", order_no=number_text(holder.order_no))
        state = PlainLabel(ui, "secondary")
        state.say_phrase(Phrase(f"state.reservation.{holder.state}", otherwise=holder.state))
        row = _line(self, door, state)
        if holder.state == "reserved":
            left = PlainLabel(ui, "small", name=f"{name}.left")

            def say_left() -> None:
                left.show_text(left_text(holder.expires_at, ui.now(), ui.texts) or ui.texts.t("time.kept"))

            say_left()
            while_shown(left, say_left)
            row.addWidget(left)
        row.addStretch(1)
        qty = PlainLabel(ui, "heading")
        qty.show_text(f"× {holder.qty}")
        row.addWidget(qty)


class _MovementLine(QWidget):
    """When, what, why, by whom, how many."""

    def __init__(self, ui: Ui, movement: MovementRow) -> None:
        super().__init__()
        at = PlainLabel(ui, "small")
        at.show_text(moment_text(movement.at))
        at.setFixedWidth(ui.scaled(84))
        what = PlainLabel(ui, wraps=True, keeps_lines=False, limit=260)
        kind = ui.texts.word("stock.kind", movement.kind)
        why = reason_words(movement.reason, ui.texts)
        what.show_text(" · ".join(part for part in (kind, why, movement.reference) if part))
        who = PlainLabel(ui, "small", limit=30)
        who.show_text(person_text(movement.operator, ui.texts))
        qty = _amount(ui, f"{movement.qty:+d}")
        row = _line(self, at)
        row.addWidget(what, 1)
        row.addWidget(who)
        row.addWidget(qty)


class _NoteLine(QWidget):
    """A quarantine or a stocktake, with who and why."""

    def __init__(self, ui: Ui, note: NoteRow) -> None:
        super().__init__()
        at = PlainLabel(ui, "small")
        at.show_text(moment_text(note.at))
        at.setFixedWidth(ui.scaled(84))
        what = PlainLabel(ui, wraps=True, keeps_lines=False, limit=260)
        facts = dict(note.facts)
        said = ui.texts.say(Phrase(f"stock.note.{note.action}", facts, otherwise=note.action))
        why = reason_words(str(facts.get("reason", "")), ui.texts)
        what.show_text(" · ".join(part for part in (said, why) if part))
        who = PlainLabel(ui, "small", limit=30)
        who.show_text(person_text(note.operator, ui.texts))
        row = _line(self, at)
        row.addWidget(what, 1)
        row.addWidget(who)


class _InHandLine(QFrame):
    """Goods in hand: what, how many, who and why; the button says they were looked into."""

    def __init__(self, ui: Ui, presenter: StockPresenter, row: InHandRow, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        title = ElidedLabel(ui, "heading")
        title.show_text(f"{row.code}  {row.name}")
        qty = PlainLabel(ui, "heading")
        qty.show_text(f"× {row.qty}")
        told = PlainLabel(ui, "small", wraps=True, keeps_lines=False, limit=260)
        parts = (moment_text(row.at), person_text(row.operator, ui.texts), reason_words(row.reason, ui.texts))
        told.show_text(" · ".join(part for part in parts if part))
        top = QHBoxLayout()
        top.addWidget(title, 1)
        top.addWidget(qty)
        acts = QHBoxLayout()
        acts.addWidget(
            ActionButton(ui, "stock.why.open", partial(presenter.open, row.sku_id, row.level_id), name=f"{name}.open")
        )
        acts.addWidget(
            ActionButton(
                ui,
                "stock.review",
                partial(presenter.reviewed, row),
                icon="check",
                look="main",
                name=f"{name}.done",
                right=Right.ADJUST_STOCK,
            )
        )
        acts.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 2, 0, 6)
        column.addLayout(top)
        column.addWidget(told)
        column.addLayout(acts)


def _line(widget: QWidget, *parts: QWidget) -> QHBoxLayout:
    row = QHBoxLayout(widget)
    row.setContentsMargins(0, 0, 0, 0)
    for part in parts:
        row.addWidget(part)
    return row


def _amount(ui: Ui, text: str, look: str = "body", name: str = "") -> PlainLabel:
    label = PlainLabel(ui, look, name=name)
    label.show_text(text)
    label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    return label


def _head(column: QVBoxLayout, ui: Ui, code: str) -> None:
    column.addSpacing(8)
    _say(column, ui, Phrase(code), "head")
    rule = QFrame()
    rule.setProperty("look", "rule")
    column.addWidget(rule)


def _say(column: QVBoxLayout, ui: Ui, phrase: Phrase, look: str) -> None:
    label = PlainLabel(ui, look, wraps=True, keeps_lines=False, limit=150)
    label.say_phrase(phrase)
    column.addWidget(label)


def _say_more(column: QVBoxLayout, ui: Ui, count: int) -> None:
    if count > _SHOWN:
        _say(column, ui, Phrase("stock.and_more", {"n": count - _SHOWN}), "secondary")
