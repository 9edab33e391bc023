"""The forms of the page of limits: the one button, a purchase limit, a rule of the breaker. Ctrl+S goes on."""

from collections.abc import Sequence

from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from core.access.rights import Right
from core.desk.low_stock import ShopName
from core.inventory.stopping.records import Act, Cause, RuleDraft
from core.inventory.stopping.stops import MOST_REASON
from core.orders.limits.editing import MOST_DAYS
from core.orders.limits.records import Step
from desktop.pages.limits.presenter import LimitsPresenter
from desktop.pages.limits.words import preview_words
from desktop.plain_text import visible
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton
from desktop.widgets.drawer import Drawer
from desktop.widgets.fields import ChoiceBox, Field, NumberBox, TickBox
from desktop.widgets.labels import PlainLabel
from desktop.widgets.layouts import empty

_MOST = 1_000_000
_MINUTES = 24 * 60
_STEPS = 4


class _ShopTicks(QWidget):
    """Which shops are meant: a tick each; none ticked means all."""

    def __init__(self, ui: Ui, name: str) -> None:
        super().__init__()
        self._ui = ui
        self._name = name
        self._boxes: dict[int, TickBox] = {}
        self._shops: tuple[ShopName, ...] = ()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)
        self.on_change: object = None

    def offer(self, shops: tuple[ShopName, ...]) -> None:
        """Offer these shops; what is ticked stays ticked."""
        if shops == self._shops:
            return
        ticked = set(self.chosen())
        self._shops = shops
        empty(self._column)
        self._boxes = {}
        for shop in shops:
            box = TickBox(self._ui, "limits.form.shop", f"{self._name}.{shop.id}")
            box.setText(visible(shop.name).replace("&", "&&"))
            self._ui.retranslated.connect(lambda b=box, s=shop: b.setText(visible(s.name).replace("&", "&&")))
            box.setChecked(shop.id in ticked)
            if callable(self.on_change):
                box.toggled.connect(self.on_change)
            self._boxes[shop.id] = box
            self._column.addWidget(box)

    def chosen(self) -> tuple[int, ...]:
        """The ticked shops."""
        return tuple(shop_id for shop_id, box in self._boxes.items() if box.isChecked())

    def choose(self, shop_ids: Sequence[int]) -> None:
        """Tick these and no others."""
        for shop_id, box in self._boxes.items():
            box.setChecked(shop_id in shop_ids)


def _row(ui: Ui, column: QVBoxLayout, code: str, widget: QWidget) -> None:
    word = PlainLabel(ui, "secondary")
    word.say(code)
    column.addWidget(word)
    column.addWidget(widget)


class StopForm(Drawer):
    """What to stop and where; first it says what will happen, then the red button stops it."""

    def __init__(self, ui: Ui, presenter: LimitsPresenter) -> None:
        super().__init__(ui, "limits.stop_form", presenter.close)
        self._ui = ui
        self._presenter = presenter
        self._round = -1
        self.title.say("limits.stop_form.title")
        self._sku = Field(ui, "limits.stop_form.sku", "limits.stop_form.sku", is_latin=True, limit=64)
        self._shops = _ShopTicks(ui, "limits.stop_form.shop")
        self._shops.on_change = lambda _on: presenter.forget_preview()
        self._reason = Field(ui, "limits.stop_form.reason", "limits.stop_form.reason", limit=MOST_REASON)
        self._sku.textChanged.connect(lambda _text: presenter.forget_preview())
        self._sku.returnPressed.connect(self.look)
        self._look = ActionButton(
            ui, "limits.do.look", self.look, look="main", icon="search", key="Ctrl+S", name="limits.stop_form.look"
        )
        self._will = QVBoxLayout()
        self._will.setSpacing(6)
        self._confirm = ActionButton(
            ui,
            "limits.do.stop",
            self.stop,
            look="danger",
            icon="octagon-x",
            key="F10",
            name="limits.stop_form.stop",
            right=Right.STOP_SALE,
        )
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(8)
        _row(ui, column, "limits.stop_form.what", self._sku)
        _row(ui, column, "limits.stop_form.where", self._shops)
        _row(ui, column, "limits.stop_form.why", self._reason)
        column.addWidget(self._look)
        column.addLayout(self._will)
        column.addWidget(self._confirm)
        column.addStretch(1)
        self.show_body(body)

    def show_screen(self) -> None:
        """Show the form, and what was seen ahead."""
        screen = self._presenter.screen
        is_open = screen.form == "stop"
        if screen.view is not None:
            self._shops.offer(screen.view.shops)
        if is_open and self._round != screen.round:
            self._round = screen.round
            self._sku.setText(screen.sku_code)
            self._reason.clear()
            self._shops.choose(())
        self.setVisible(is_open)
        empty(self._will)
        self._confirm.setVisible(is_open and screen.preview is not None)
        if not is_open or screen.preview is None:
            return
        head = PlainLabel(self._ui, "heading", wraps=True, name="limits.stop_form.will")
        goods = f"{screen.preview.sku_code} {screen.preview.sku_name}".strip()
        head.say("limits.will.of" if goods else "limits.will.everything", goods=goods)
        self._will.addWidget(head)
        for shop in screen.preview.shops:
            line = PlainLabel(self._ui, "body", wraps=True, name=f"limits.stop_form.will.{shop.shop_id}")
            line.say("limits.will.line", shop=shop.shop_name, words=preview_words(shop, self._ui.texts))
            self._will.addWidget(line)
        taken = PlainLabel(self._ui, "secondary", wraps=True)
        taken.say("limits.will.taken")
        self._will.addWidget(taken)

    def focus_first(self) -> None:
        """Put the keyboard into the SKU."""
        self._sku.setFocus()
        self._sku.selectAll()

    def look(self) -> None:
        """Say what will happen."""
        self._presenter.look_ahead(self._sku.text(), self._shops.chosen())

    def stop(self) -> None:
        """Stop it."""
        if self._confirm.is_permitted:
            self._presenter.stop(self._reason.text())

    def take(self, code: str) -> None:
        """A scanned code is the SKU's."""
        self._sku.setText(code)
        self.look()


class LimitForm(Drawer):
    """A purchase limit: whose, over how many days, and the steps."""

    def __init__(self, ui: Ui, presenter: LimitsPresenter) -> None:
        super().__init__(ui, "limits.limit_form", presenter.close)
        self._ui = ui
        self._presenter = presenter
        self._round = -1
        self.title.say("limits.limit_form.title")
        self._sku = Field(ui, "limits.limit_form.sku", "limits.limit_form.sku", is_latin=True, limit=64)
        self._days = NumberBox(1, MOST_DAYS, "limits.limit_form.days")
        self._active = TickBox(ui, "limits.limit_form.active", "limits.limit_form.active")
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        for place, code in enumerate(("left", "most", "members")):
            head = PlainLabel(ui, "small", wraps=True)
            head.say(f"limits.limit_form.{code}")
            grid.addWidget(head, 0, place)
        self._steps: list[tuple[NumberBox, NumberBox, TickBox]] = []
        for number in range(_STEPS):
            left = NumberBox(0, _MOST, f"limits.limit_form.left.{number}")
            most = NumberBox(0, _MOST, f"limits.limit_form.most.{number}")
            members = TickBox(ui, "limits.limit_form.only", f"limits.limit_form.members.{number}")
            for place, widget in enumerate((left, most, members)):
                grid.addWidget(widget, number + 1, place)
            self._steps.append((left, most, members))
        self._save = ActionButton(
            ui,
            "limits.do.save",
            self.save,
            look="main",
            icon="check",
            key="Ctrl+S",
            name="limits.limit_form.save",
            right=Right.SHARE_STOCK,
        )
        hint = PlainLabel(ui, "secondary", wraps=True)
        hint.say("limits.limit_form.hint")
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(8)
        _row(ui, column, "limits.limit_form.whose", self._sku)
        _row(ui, column, "limits.limit_form.window", self._days)
        column.addLayout(grid)
        column.addWidget(hint)
        column.addWidget(self._active)
        column.addWidget(self._save)
        column.addStretch(1)
        self.show_body(body)

    def show_screen(self) -> None:
        """Show the form, filled when it was opened."""
        screen = self._presenter.screen
        is_open = screen.form == "limit"
        self.setVisible(is_open)
        if not is_open or self._round == screen.round:
            return
        self._round = screen.round
        rule = screen.limit
        self._sku.setText("" if rule is None else rule.sku_code)
        self._sku.setEnabled(rule is None)
        self._days.setValue(30 if rule is None else rule.window_days)
        self._active.setChecked(rule is None or rule.is_active)
        steps = (Step(100, 2), Step(50, 1, members_only=True)) if rule is None else rule.steps
        for number, (left, most, members) in enumerate(self._steps):
            step = steps[number] if number < len(steps) else Step(0, 0)
            left.setValue(step.left_qty)
            most.setValue(step.most_qty)
            members.setChecked(step.members_only)

    def focus_first(self) -> None:
        """Put the keyboard into the first field that may be written."""
        (self._sku if self._sku.isEnabled() else self._days).setFocus()

    def save(self) -> None:
        """Keep the rule; a line where nobody may buy anything is no step."""
        if not self._save.is_permitted:
            return
        for left, most, _ in self._steps:
            left.interpretText()
            most.interpretText()
        self._days.interpretText()
        steps = [
            Step(left.value(), most.value(), members.isChecked())
            for left, most, members in self._steps
            if most.value()
        ]
        self._presenter.save_limit(self._sku.text(), self._days.value(), steps, is_active=self._active.isChecked())

    def take(self, code: str) -> None:
        """A scanned code is the SKU's."""
        if self._sku.isEnabled():
            self._sku.setText(code)


class RuleForm(Drawer):
    """A rule of the breaker: what trips it, what it does where, when it is over."""

    def __init__(self, ui: Ui, presenter: LimitsPresenter) -> None:
        super().__init__(ui, "limits.rule_form", presenter.close)
        self._ui = ui
        self._presenter = presenter
        self._round = -1
        self.title.say("limits.rule_form.title")
        self._cause = ChoiceBox(ui, "limits.kind", tuple(one.value for one in Cause), "limits.rule_form.cause")
        self._cause.picked.connect(lambda _value: self._arrange())
        self._sku = Field(ui, "limits.rule_form.sku", "limits.rule_form.sku", is_latin=True, limit=64)
        self._shop = ChoiceBox(ui, "limits.no_family", (), "limits.rule_form.shop")
        self._minutes = NumberBox(1, _MINUTES, "limits.rule_form.minutes")
        self._act = ChoiceBox(ui, "limits.kind_of_act", tuple(one.value for one in Act), "limits.rule_form.act")
        self._act.picked.connect(lambda _value: self._arrange())
        self._cap = NumberBox(0, _MOST, "limits.rule_form.cap")
        self._targets = _ShopTicks(ui, "limits.rule_form.target")
        self._automatic = TickBox(ui, "limits.rule_form.automatic", "limits.rule_form.automatic")
        self._resumes = TickBox(ui, "limits.rule_form.resumes", "limits.rule_form.resumes")
        self._margin = NumberBox(0, _MOST, "limits.rule_form.margin")
        self._calm = NumberBox(0, _MINUTES, "limits.rule_form.calm")
        self._active = TickBox(ui, "limits.rule_form.active", "limits.rule_form.active")
        self._save = ActionButton(
            ui,
            "limits.do.save",
            self.save,
            look="main",
            icon="check",
            key="Ctrl+S",
            name="limits.rule_form.save",
            right=Right.SHARE_STOCK,
        )
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(8)
        self._low, self._silent, self._capped = QWidget(), QWidget(), QWidget()
        for holder, lines in (
            (self._low, (("limits.rule_form.goods", self._sku), ("limits.rule_form.margin", self._margin))),
            (self._silent, (("limits.rule_form.which", self._shop), ("limits.rule_form.minutes", self._minutes))),
            (self._capped, (("limits.rule_form.cap", self._cap),)),
        ):
            inner = QVBoxLayout(holder)
            inner.setContentsMargins(0, 0, 0, 0)
            for code, widget in lines:
                _row(ui, inner, code, widget)
        _row(ui, column, "limits.rule_form.cause", self._cause)
        column.addWidget(self._low)
        column.addWidget(self._silent)
        _row(ui, column, "limits.rule_form.act", self._act)
        column.addWidget(self._capped)
        _row(ui, column, "limits.rule_form.where", self._targets)
        column.addWidget(self._automatic)
        column.addWidget(self._resumes)
        _row(ui, column, "limits.rule_form.calm", self._calm)
        row = QHBoxLayout()
        row.addWidget(self._active)
        row.addStretch(1)
        row.addWidget(self._save)
        column.addLayout(row)
        column.addStretch(1)
        self.show_body(body)

    def show_screen(self) -> None:
        """Show the form, filled when it was opened."""
        screen = self._presenter.screen
        is_open = screen.form == "rule"
        if screen.view is not None:
            self._targets.offer(screen.view.shops)
        self.setVisible(is_open)
        if not is_open or self._round == screen.round or screen.view is None:
            return
        self._round = screen.round
        draft = RuleDraft(Cause.LOW, margin_qty=5, calm_minutes=5) if screen.rule is None else screen.rule.draft
        self._shop.clear()
        self._shop.addItem(visible(self._ui.texts.t("limits.any_shop")), "")
        for shop in screen.view.shops:
            self._shop.addItem(visible(shop.name), str(shop.id))
        self._shop.setCurrentIndex(max(self._shop.findData("" if draft.shop_id is None else str(draft.shop_id)), 0))
        self._cause.choose(draft.cause.value)
        self._sku.setText(draft.sku_code)
        self._minutes.setValue(draft.minutes or 10)
        self._act.choose(draft.act.value)
        self._cap.setValue(draft.cap_qty or 0)
        self._targets.choose(draft.target_shop_ids)
        self._automatic.setChecked(draft.is_automatic)
        self._resumes.setChecked(draft.resumes)
        self._margin.setValue(draft.margin_qty)
        self._calm.setValue(draft.calm_minutes)
        self._active.setChecked(draft.is_active)
        self._arrange()

    def focus_first(self) -> None:
        """Put the keyboard into what trips it."""
        self._cause.setFocus()

    def save(self) -> None:
        """Keep the rule."""
        if not self._save.is_permitted:
            return
        for box in (self._minutes, self._cap, self._margin, self._calm):
            box.interpretText()
        cause, act = Cause(self._cause.value()), Act(self._act.value())
        shop = str(self._shop.currentData() or "")
        self._presenter.save_rule(
            RuleDraft(
                cause,
                self._sku.text().strip() if cause is Cause.LOW else "",
                int(shop) if shop and cause is Cause.SILENT else None,
                self._minutes.value(),
                self._targets.chosen(),
                act,
                self._cap.value() if act is Act.CAP else None,
                self._automatic.isChecked(),
                self._resumes.isChecked(),
                self._margin.value(),
                self._calm.value(),
                self._active.isChecked(),
            )
        )

    def take(self, code: str) -> None:
        """A scanned code is the SKU's."""
        self._sku.setText(code)

    def _arrange(self) -> None:
        is_low = self._cause.value() == Cause.LOW.value
        self._low.setVisible(is_low)
        self._silent.setVisible(not is_low)
        self._capped.setVisible(self._act.value() == Act.CAP.value)
