"""What holds where nobody has said otherwise: times, promotions, suppliers; and the table of terms, out and in."""

from datetime import date, timedelta
from typing import Final

from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from core.access.rights import Right
from core.replenish.rules import MOST_DAYS, MOST_PERCENT, MOST_WINDOW, Rules
from desktop.pages.replenish.presenter import ReplenishPresenter
from desktop.ui import Ui
from desktop.widgets.ask_where import ask_where, ask_which
from desktop.widgets.controls import ActionButton
from desktop.widgets.day_field import DayField
from desktop.widgets.drawer import Drawer
from desktop.widgets.fields import NumberBox, TickBox
from desktop.widgets.labels import ElidedLabel, PlainLabel

_BOX_PX: Final = 96
#: suppliers whose times can be said here; the others keep what they have
_MOST_SUPPLIERS: Final = 60


class RulesDrawer(Drawer):
    """Filled anew with each opening; what is being typed is left alone."""

    def __init__(self, ui: Ui, presenter: ReplenishPresenter) -> None:
        super().__init__(ui, "replenish.rules.drawer", presenter.close)
        self._ui = ui
        self._presenter = presenter
        self._round = -1
        self._leads: dict[str, NumberBox] = {}
        self.title.say("replenish.rules")
        self._lead = NumberBox(0, MOST_DAYS, "replenish.rules.lead")
        self._cover = NumberBox(0, MOST_DAYS, "replenish.rules.cover")
        self._window = NumberBox(1, MOST_WINDOW, "replenish.rules.window")
        self._boost = NumberBox(0, MOST_PERCENT, "replenish.rules.boost")
        self._ends = TickBox(ui, "replenish.rules.ends", "replenish.rules.ends")
        self._until = DayField("replenish.rules.until", lambda: None)
        self._save = ActionButton(
            ui,
            "replenish.save",
            self.save,
            look="main",
            icon="check",
            key="Ctrl+S",
            name="replenish.rules.save",
            right=Right.CHANGE_SETTINGS,
        )
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.setColumnStretch(0, 1)
        boxes = (("lead", self._lead), ("cover", self._cover), ("window", self._window), ("boost", self._boost))
        for row, (code, box) in enumerate(boxes):
            word = PlainLabel(ui, "secondary", wraps=True)
            word.say(f"replenish.rules.{code}")
            box.setFixedWidth(ui.scaled(_BOX_PX))
            grid.addWidget(word, row, 0)
            grid.addWidget(box, row, 1)
        grid.addWidget(self._ends, len(boxes), 0)
        self._until.setFixedWidth(ui.scaled(_BOX_PX + 20))
        grid.addWidget(self._until, len(boxes), 1)
        tables = QHBoxLayout()
        tables.addWidget(
            ActionButton(
                ui,
                "replenish.supply.out",
                self._on_out,
                icon="file-text",
                name="replenish.supply.out",
                right=Right.USE_FILES,
            )
        )
        tables.addWidget(
            ActionButton(
                ui,
                "replenish.supply.in",
                self._on_in,
                icon="folder-open",
                name="replenish.supply.in",
                right=Right.USE_FILES,
            )
        )
        tables.addStretch(1)
        self.top.addLayout(grid)
        self.top.addWidget(self._save)
        self.top.addLayout(tables)

    def show_rules(self) -> None:
        """Show the rules; the drawer hides without them."""
        screen = self._presenter.screen
        rules = screen.rules
        self.setVisible(rules is not None)
        if rules is None:
            return
        self._save.setEnabled(self._save.is_permitted and not screen.is_saving)
        if screen.round != self._round:
            self._round = screen.round
            self._fill(rules, () if screen.found is None else screen.found.suppliers)

    def _fill(self, rules: Rules, suppliers: tuple[str, ...]) -> None:
        self._lead.setValue(rules.lead_days)
        self._cover.setValue(rules.cover_days)
        self._window.setValue(rules.window_days)
        self._boost.setValue(rules.boost_percent)
        self._ends.setChecked(rules.boost_until is not None)
        today = self._ui.now().date()
        until = today + timedelta(days=7) if rules.boost_until is None else date.fromordinal(rules.boost_until)
        self._until.show_day(until)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 8, 0)
        head = PlainLabel(self._ui, "head")
        head.say("replenish.rules.suppliers")
        hint = PlainLabel(self._ui, "secondary", wraps=True)
        hint.say("replenish.rules.suppliers.hint")
        column.addWidget(head)
        column.addWidget(hint)
        grid = QGridLayout()
        grid.setColumnStretch(0, 1)
        self._leads = {}
        for row, name in enumerate(sorted({*suppliers, *rules.suppliers})[:_MOST_SUPPLIERS]):
            who = ElidedLabel(self._ui)
            who.show_text(name)
            box = NumberBox(-1, MOST_DAYS, f"replenish.rules.supplier.{row}")
            box.setSpecialValueText("—")
            box.setFixedWidth(self._ui.scaled(_BOX_PX))
            box.setValue(rules.suppliers.get(name, -1))
            grid.addWidget(who, row, 0)
            grid.addWidget(box, row, 1)
            self._leads[name] = box
        column.addLayout(grid)
        column.addStretch(1)
        self.show_body(body)

    def focus_first(self) -> None:
        """Put the keyboard into the first field."""
        self._lead.setFocus()
        self._lead.selectAll()

    def save(self) -> None:
        """Decide what is written here."""
        before = self._presenter.screen.rules
        if before is None or not self._save.is_permitted:
            return
        for box in (self._lead, self._cover, self._window, self._boost, *self._leads.values()):
            box.interpretText()
        said = {name: box.value() for name, box in self._leads.items() if box.value() >= 0}
        others = {name: days for name, days in before.suppliers.items() if name not in self._leads}
        self._presenter.save_rules(
            Rules(
                self._lead.value(),
                self._cover.value(),
                self._window.value(),
                self._boost.value(),
                self._until.day().toordinal() if self._ends.isChecked() else None,
                others | said,
            )
        )

    def _on_out(self) -> None:
        words = self._ui.texts.t("replenish.supply.out")
        path = ask_where(self, words, "supply.xlsx")
        if path is not None:
            self._presenter.export_supply(path)

    def _on_in(self) -> None:
        words = self._ui.texts.t("replenish.supply.in")
        path = ask_which(self, words)
        if path is not None:
            self._presenter.import_supply(path)
