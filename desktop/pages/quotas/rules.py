"""How every platform's numbers behave, as a person reads it: one card a platform."""

from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from core.channels.stock_table import PlatformRules
from desktop.pages.quotas.presenter import QuotaPresenter
from desktop.ui import Ui
from desktop.widgets.drawer import Drawer
from desktop.widgets.labels import PlainLabel


class RulesDrawer(Drawer):
    """The rule table."""

    def __init__(self, ui: Ui, presenter: QuotaPresenter) -> None:
        super().__init__(ui, "quotas.rules.drawer", presenter.close)
        self._ui = ui
        self._rules: tuple[PlatformRules, ...] | None = None
        self.title.say("quotas.rules")
        ui.retranslated.connect(self._fill)

    def show_rules(self, rules: tuple[PlatformRules, ...] | None) -> None:
        """Show the table; the drawer hides without one."""
        self.setVisible(rules is not None)
        if rules != self._rules:
            self._rules = rules
            self._fill()

    def _fill(self) -> None:
        if self._rules is None:
            return
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(8)
        hint = PlainLabel(self._ui, "secondary", wraps=True)
        hint.say("quotas.rules.hint")
        column.addWidget(hint)
        for one in self._rules:
            column.addWidget(_Platform(self._ui, one))
        column.addStretch(1)
        self.show_body(body)


class _Platform(QFrame):
    """One platform: how it is written to, and what follows from it."""

    def __init__(self, ui: Ui, one: PlatformRules) -> None:
        super().__init__()
        self.setProperty("look", "card")
        self.setObjectName(f"quotas.rules.{one.id}")
        rules = one.rules
        name = PlainLabel(ui, "heading", name=f"quotas.rules.{one.id}.name")
        name.show_text(one.label_zh if ui.texts.language == "zh_CN" else one.label_en)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 10)
        column.setSpacing(3)
        column.addWidget(name)
        lines = [
            ui.texts.t(f"quotas.rules.write.{rules.write}"),
            ui.texts.t(f"quotas.rules.below.{rules.below_zero}"),
            ui.texts.t(f"quotas.rules.cancelled.{rules.cancelled_unit}"),
        ]
        if not rules.reads_back:
            lines.append(ui.texts.t("quotas.rules.no_read"))
        if rules.may_refuse_decrease:
            lines.append(ui.texts.t("quotas.rules.promotion"))
        for words in lines:
            line = PlainLabel(ui, "body", wraps=True)
            line.show_text(words)
            column.addWidget(line)
        end = PlainLabel(ui, "small", wraps=True)
        end.show_text(ui.texts.t("quotas.rules.unverified") if rules.source == "unverified" else rules.source)
        column.addWidget(end)
