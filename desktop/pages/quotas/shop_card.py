"""One shop of a SKU: its numbers, what is wrong, and what a person may do there."""

from collections.abc import Callable
from functools import partial

from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QVBoxLayout

from core.access.rights import Right
from core.inventory.quotas.records import QuotaRow
from desktop.formats import moment_text
from desktop.pages.quotas.presenter import QuotaPresenter
from desktop.pages.quotas.words import is_mending, troubles
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton, StatePill
from desktop.widgets.fields import NumberBox
from desktop.widgets.labels import ElidedLabel, PlainLabel

_MOST = 1_000_000
_IN_A_ROW = 4


def qty_box(ui: Ui, shop_id: int) -> NumberBox:
    """The box with the number of the next act at a shop."""
    box = NumberBox(1, _MOST, f"quotas.shop.{shop_id}.qty")
    box.setFixedWidth(ui.scaled(72))
    return box


class ShopCard(QFrame):
    """Shows a `QuotaRow`; the box with the number of the next act outlives the card, see `qty_box`."""

    def __init__(self, ui: Ui, presenter: QuotaPresenter, quota: QuotaRow, box: NumberBox) -> None:
        super().__init__()
        self._ui = ui
        self._presenter = presenter
        self._quota = quota
        self._name = f"quotas.shop.{quota.shop_id}"
        self.setProperty("look", "card")
        self.setObjectName(self._name)
        self._qty = box
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 10)
        column.setSpacing(6)
        column.addLayout(self._head())
        column.addLayout(self._figures())
        for code, facts in troubles(quota):
            words = PlainLabel(
                ui, "secondary" if code.endswith(("slack", "links", "mending")) else "stop", wraps=True
            )
            words.say(code, **facts)
            column.addWidget(words)
        if quota.drift_qty is not None and not is_mending(quota):
            column.addLayout(self._drift())
        column.addLayout(self._acts())

    @property
    def _number(self) -> int:
        self._qty.interpretText()
        return self._qty.value()

    def focus_first(self) -> None:
        """Put the keyboard into the number."""
        self._qty.setFocus()
        self._qty.selectAll()

    def _head(self) -> QHBoxLayout:
        quota = self._quota
        name = ElidedLabel(self._ui, "heading", name=f"{self._name}.name")
        name.show_text(quota.shop_name)
        pill = StatePill(self._ui, name=f"{self._name}.state")
        if quota.open_act is not None:
            pill.show_state("busy", f"quotas.busy.{quota.open_act.state}")
        elif quota.is_counted and not quota.is_adopted:
            pill.show_state("quiet", "quotas.busy.adopting")
        elif quota.locked_until is not None:
            pill.show_state("notice", "quotas.busy.locked", at=moment_text(quota.locked_until))
        elif quota.drift_qty is not None or quota.overdrawn_qty or quota.uncovered_qty:
            more = quota.overdrawn_qty or quota.uncovered_qty or (quota.drift_qty or 0) > 0
            pill.show_state("stop" if more else "notice", "quotas.state.risk" if more else "quotas.state.drift")
        elif not quota.writes_stock:
            pill.show_state("quiet", "quotas.state.read_only")
        else:
            pill.show_state("good", "quotas.state.fine")
        row = QHBoxLayout()
        row.addWidget(name, 1)
        row.addWidget(pill)
        return row

    def _figures(self) -> QGridLayout:
        quota, texts = self._quota, self._ui.texts
        listed = "—" if quota.listed_qty is None else str(quota.listed_qty)
        figures = (
            ("right", str(quota.right_qty)),
            ("covered", str(quota.covered_qty)),
            ("listed", listed),
            ("day", str(quota.day_qty)),
            ("granted", str(quota.granted_qty)),
            ("withdrawn", str(quota.withdrawn_qty)),
            ("sold", str(quota.sold_qty)),
            ("restored", str(quota.restored_qty)),
        )
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(1)
        for number, (code, value) in enumerate(figures):
            row, place = divmod(number, _IN_A_ROW)
            word = PlainLabel(self._ui, "small")
            word.show_text(texts.t(f"quotas.figure.{code}"))
            amount = PlainLabel(self._ui, "heading" if row == 0 else "body", name=f"{self._name}.{code}")
            amount.show_text(value)
            grid.addWidget(word, row * 2, place)
            grid.addWidget(amount, row * 2 + 1, place)
            grid.setColumnStretch(place, 1)
        if quota.listed_at is not None:
            age = PlainLabel(self._ui, "small", name=f"{self._name}.age")
            age.say("quotas.read_at", at=moment_text(quota.listed_at))
            grid.addWidget(age, 4, 0, 1, _IN_A_ROW)
        return grid

    def _drift(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.addWidget(self._button("theirs", self._presenter.take_theirs, look="danger"))
        row.addWidget(self._button("ours", self._presenter.put_ours, look="danger"))
        row.addStretch(1)
        return row

    def _acts(self) -> QGridLayout:
        quota = self._quota
        grid = QGridLayout()
        grid.setHorizontalSpacing(6)
        grid.setVerticalSpacing(6)
        grid.addWidget(self._qty, 0, 0)
        grant = self._button("grant", lambda one: self._presenter.grant(one, self._number), icon="plus")
        withdraw = self._button("withdraw", lambda one: self._presenter.withdraw(one, self._number), icon="undo-2")
        for button in (grant, withdraw):
            button.setEnabled(button.is_permitted and quota.writes_stock and quota.open_act is None)
        grid.addWidget(grant, 0, 1)
        grid.addWidget(withdraw, 0, 2)
        grid.addWidget(self._button("read", self._presenter.read_number, icon="refresh-cw"), 0, 3)
        code = "writes_off" if quota.writes_stock else "writes_on"
        switch = ActionButton(
            self._ui,
            f"quotas.do.{code}",
            partial(self._presenter.switch_writes, quota),
            icon="pause" if quota.writes_stock else "play",
            look="danger" if self._is_asked(f"writes:{quota.shop_id}") else "plain",
            name=f"{self._name}.writes",
            right=Right.CHANGE_SETTINGS,
        )
        if self._is_asked(f"writes:{quota.shop_id}"):
            switch.say("action.really")
        share = self._button("share", self._share, icon="pencil")
        grid.addWidget(share, 1, 0, 1, 2)
        grid.addWidget(switch, 1, 2, 1, 2)
        grid.setColumnStretch(4, 1)
        return grid

    def _share(self, quota: QuotaRow) -> None:
        """The number in the box becomes the shop's own share; pressed while it is, it goes by its sales again."""
        value = self._number
        self._presenter.set_weight(quota, None if quota.weight == value else value)

    def _button(
        self, code: str, act: Callable[[QuotaRow], None], *, icon: str = "", look: str = "plain"
    ) -> ActionButton:
        button = ActionButton(
            self._ui,
            f"quotas.do.{code}",
            partial(act, self._quota),
            icon=icon,
            look=look,
            name=f"{self._name}.{code}",
            right=Right.SHARE_STOCK,
        )
        if code in {"theirs", "ours"} and self._is_asked(f"{code}:{self._quota.quota_id}"):
            button.say("action.really")
        elif code == "share":
            weight = self._quota.weight
            button.say("quotas.do.share", share="—" if weight is None else weight)
        return button

    def _is_asked(self, question: str) -> bool:
        return self._presenter.screen.asked == question
