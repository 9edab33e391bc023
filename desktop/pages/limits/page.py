"""The page of limits: what is stopped, purchase limits, the breaker's rules, orders over a limit."""

from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from core.access.rights import Right
from core.desk.low_stock import LowStockView
from core.inventory.stopping.records import BreakerRuleRow
from core.orders.limits.flagged import FlaggedOrder
from core.orders.limits.records import LimitRule
from desktop.formats import moment_text
from desktop.models.paged import Column, PagedTableModel
from desktop.pages.limits.forms import LimitForm, RuleForm, StopForm
from desktop.pages.limits.presenter import PARTS, LimitsPresenter
from desktop.pages.limits.stops import StopsPart
from desktop.pages.limits.words import (
    act_words,
    cause_words,
    end_words,
    flagged_words,
    limit_goods,
    steps_words,
)
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton, EmptyState
from desktop.widgets.end_note import EndNote
from desktop.widgets.fields import ChipRow
from desktop.widgets.head_bar import head_bar, refresh_button
from desktop.widgets.labels import PlainLabel
from desktop.widgets.page import PageWidget
from desktop.widgets.table import ListTable


class LimitsPage(PageWidget):
    """Shows the presenter's part, and a form beside it."""

    def __init__(self, ui: Ui, presenter: LimitsPresenter) -> None:
        super().__init__()
        self._ui = ui
        self._presenter = presenter
        self.setObjectName("limits")
        self._chips = ChipRow(ui, "limits.part", PARTS, "limits.part")
        self._chips.chosen.connect(presenter.choose_part)
        self.stops = StopsPart(ui, presenter)
        self.limits = _ListPart(ui, "limits", self._limit_columns(), "layers", presenter.edit_limit)
        self.rules = _ListPart(ui, "breaker", self._rule_columns(), "octagon-x", presenter.edit_rule)
        self.flagged = _ListPart(
            ui, "flagged", self._flagged_columns(), "circle-check", lambda order: presenter.on_order(order.order_id)
        )
        self._parts: dict[str, QWidget] = {
            "stops": self.stops,
            "limits": self.limits,
            "breaker": self.rules,
            "flagged": self.flagged,
        }
        self._stack = QStackedWidget()
        for part in self._parts.values():
            self._stack.addWidget(part)
        self._about = PlainLabel(ui, "secondary", wraps=True, name="limits.about")
        self.stop_form = StopForm(ui, presenter)
        self.limit_form = LimitForm(ui, presenter)
        self.rule_form = RuleForm(ui, presenter)
        self._forms: dict[str, StopForm | LimitForm | RuleForm] = {
            "stop": self.stop_form,
            "limit": self.limit_form,
            "rule": self.rule_form,
        }
        left = QVBoxLayout()
        left.setContentsMargins(16, 14, 16, 12)
        left.setSpacing(10)
        left.addLayout(self._head())
        left.addWidget(self._chips)
        left.addWidget(self._about)
        left.addWidget(self._stack, 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addLayout(left, 1)
        for form in self._forms.values():
            form.hide()
            row.addWidget(form)
        self._was_form = ""
        presenter.on_screen = self._on_screen
        ui.retranslated.connect(self._on_screen)
        self._on_screen()

    def _head(self) -> QHBoxLayout:
        ui, presenter = self._ui, self._presenter
        self._add = ActionButton(
            ui, "limits.do.add", self._on_add, icon="plus", key="F6", name="limits.add", right=Right.SHARE_STOCK
        )
        self._drop = ActionButton(
            ui, "limits.do.drop", self._on_drop, icon="trash-2", key="F8", name="limits.drop", right=Right.SHARE_STOCK
        )
        stop = ActionButton(
            ui,
            "limits.do.stop_all",
            partial(presenter.begin_stop, ""),
            look="danger",
            icon="octagon-x",
            key="F9",
            name="limits.stop_all",
            right=Right.STOP_SALE,
        )
        return head_bar(ui, "limits", (self._add, self._drop, refresh_button(ui, "limits", presenter.look), stop))

    # --- keys, scans --------------------------------------------------------------------------------------------

    def handle_scan(self, raw: str) -> None:
        """The code of goods goes into the open form."""
        form = self._forms.get(self._presenter.screen.form)
        if form is not None:
            form.take(raw)

    def handle_command(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        """What each key does here stands on its button."""
        form = self._presenter.screen.form
        if key == Qt.Key.Key_F5:
            self._presenter.look()
        elif key == Qt.Key.Key_F6 and self._presenter.screen.part in {"limits", "breaker"}:
            self._with(Right.SHARE_STOCK, self._on_add)
        elif key == Qt.Key.Key_F8 and self._presenter.screen.part in {"limits", "breaker"}:
            self._with(Right.SHARE_STOCK, self._on_drop)
        elif key == Qt.Key.Key_F9:
            self._with(Right.STOP_SALE, self._presenter.begin_stop)
        elif key == Qt.Key.Key_F10 and form == "stop":
            self._with(Right.STOP_SALE, self.stop_form.stop)
        elif key == Qt.Key.Key_S and modifiers == Qt.KeyboardModifier.ControlModifier and form:
            self._go_on(form)
        else:
            return False
        return True

    def _go_on(self, form: str) -> None:
        if form == "stop":
            self.stop_form.look()
        else:
            self._with(Right.SHARE_STOCK, (self.limit_form if form == "limit" else self.rule_form).save)

    def _with(self, right: Right, act: Callable[[], object]) -> None:
        if self._ui.may(right):
            act()
        else:
            self._presenter.refuse(right)

    def begin_stop(self, sku_code: str) -> None:
        """Sent here from another page: the goods that are to be stopped stand in the form."""
        self._with(Right.STOP_SALE, partial(self._presenter.begin_stop, sku_code))

    def handle_changed(self) -> None:
        """Records changed somewhere."""
        self._presenter.look()

    def handle_back(self) -> bool:
        """Esc closes the form."""
        return self._presenter.close()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  Qt's name
        """Read."""
        super().showEvent(event)
        self._presenter.look()

    @Slot()
    def _on_add(self) -> None:
        if self._presenter.screen.part == "breaker":
            self._presenter.edit_rule(None)
        else:
            self._presenter.edit_limit(None)

    @Slot()
    def _on_drop(self) -> None:
        if self._presenter.screen.part == "breaker":
            rule: BreakerRuleRow | None = self.rules.current()
            if rule is not None:
                self._presenter.drop_rule(rule)
        else:
            limit: LimitRule | None = self.limits.current()
            if limit is not None:
                self._presenter.drop_limit(limit)

    # --- showing ------------------------------------------------------------------------------------------------

    @Slot()
    def _on_screen(self) -> None:
        screen = self._presenter.screen
        view = screen.view
        self._chips.choose(screen.part)
        self._stack.setCurrentWidget(self._parts[screen.part])
        has_list = screen.part in {"limits", "breaker"}
        self._add.setVisible(has_list)
        self._drop.setVisible(has_list)
        if view is not None:
            self._chips.show_counts(_counts(view))
            self.limits.show_rows(view.limits)
            self.rules.show_rows(view.rules)
            self.flagged.show_rows(view.flagged)
            self._say_about(screen.part, view)
        self.stops.show_screen()
        for form in self._forms.values():
            form.show_screen()
        if screen.form != self._was_form:
            self._was_form = screen.form
            self._focus(screen.form, screen.part)

    def _focus(self, form: str, part: str) -> None:
        if form:
            self._forms[form].focus_first()
        elif part in {"limits", "breaker", "flagged"}:
            self._parts[part].setFocus()
        else:
            self.setFocus()

    def _say_about(self, part: str, view: LowStockView) -> None:
        texts = self._ui.texts
        doors = texts.t("limits.and_shop").join(view.asks_first) or texts.t("limits.no_door")
        self._about.say(f"limits.about.{part}", doors=doors, owner=view.owner_members, malls=view.mall_members)

    def _limit_columns(self) -> tuple[Column[LimitRule], ...]:
        texts = self._ui.texts
        return (
            Column(
                "limits.column.state",
                lambda row: texts.t("limits.on" if row.is_active else "limits.off"),
                90,
                tone=lambda row: "good" if row.is_active else "quiet",
            ),
            Column("limits.column.goods", lambda row: limit_goods(row, texts), 210, stretch=True),
            Column("limits.column.steps", lambda row: steps_words(row.steps, texts), 380, stretch=True),
            Column("limits.column.days", lambda row: texts.t("limits.days", n=row.window_days), 100, is_right=True),
            Column(
                "limits.column.changed", lambda row: f"{moment_text(row.changed_at)} {row.changed_by}", 160, spare=1
            ),
        )

    def _rule_columns(self) -> tuple[Column[BreakerRuleRow], ...]:
        texts = self._ui.texts

        def state(row: BreakerRuleRow) -> str:
            if not row.draft.is_active:
                return texts.t("limits.off")
            return texts.t("limits.automatic" if row.draft.is_automatic else "limits.asks")

        def tone(row: BreakerRuleRow) -> str:
            return "quiet" if not row.draft.is_active else "busy" if row.draft.is_automatic else "notice"

        def act(row: BreakerRuleRow) -> str:
            return act_words(row.draft.act, row.draft.cap_qty, row.target_names, texts)

        return (
            Column("limits.column.state", state, 110, tone=tone),
            Column("limits.column.cause", lambda row: cause_words(row, texts), 260, stretch=True),
            Column("limits.column.act", act, 220, stretch=True),
            Column("limits.column.end", lambda row: end_words(row, texts), 280, stretch=True, spare=1),
        )

    def _flagged_columns(self) -> tuple[Column[FlaggedOrder], ...]:
        texts = self._ui.texts
        return (
            Column("orders.column.order_no", lambda row: row.order_no, 180),
            Column("limits.column.shop", lambda row: row.shop_name, 130),
            Column("limits.column.placed", lambda row: moment_text(row.placed_at), 110),
            Column("limits.column.why", lambda row: flagged_words(row, texts), 420, stretch=True),
        )


def _counts(view: LowStockView) -> dict[str, str]:
    held = len(view.stops) + len(view.trips)
    numbers = {"stops": held, "limits": len(view.limits), "breaker": len(view.rules), "flagged": len(view.flagged)}
    return {part: str(n) if n else "" for part, n in numbers.items()}


class _ListPart(QWidget):
    """A table that fits into one look, or the words for an empty one."""

    def __init__(
        self, ui: Ui, part: str, columns: tuple[Column[Any], ...], icon: str, on_open: Callable[[Any], object]
    ) -> None:
        super().__init__()
        self.model: PagedTableModel[Any] = PagedTableModel(
            ui, columns, lambda row: int(getattr(row, "id", 0) or getattr(row, "order_id", 0)), self
        )
        self.table = ListTable(ui, self.model, f"limits.{part}")
        self._on_open = on_open
        self.table.opened.connect(self._on_opened)
        self._empty = EmptyState(ui, icon, f"limits.{part}.empty", f"limits.{part}.empty")
        self.setFocusProxy(self.table)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.table, 1)
        column.addWidget(self._empty, 1)
        self._end = EndNote(ui, f"limits.{part}.end")
        column.addWidget(self._end)

    def current(self) -> Any | None:
        """The row the keyboard is on."""
        return self.model.row_at(self.table.currentIndex().row())

    def show_rows(self, rows: tuple[Any, ...]) -> None:
        """Show these."""
        if tuple(self.model.rows) != rows:
            self.table.show_first(rows, None, is_again=True)
        self.table.setVisible(bool(rows))
        self._empty.setVisible(not rows)
        self._end.show_rows(rows)

    @Slot(int)
    def _on_opened(self, number: int) -> None:
        row = self.model.row_at(number)
        if row is not None:
            self._on_open(row)
