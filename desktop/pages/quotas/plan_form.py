"""How the SKU is told to the shops: mode, buffer, lots, the parked shop, safety stock. Ctrl+S saves."""

from PySide6.QtWidgets import QFrame, QGridLayout, QVBoxLayout

from core.access.rights import Right
from core.desk.quotas import QuotaDetail
from core.inventory.quotas.plans import PlanDraft
from core.inventory.quotas.states import Mode
from core.runtime.ids import WarehouseId
from desktop.pages.quotas.presenter import QuotaPresenter
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton
from desktop.widgets.fields import ChoiceBox, NumberBox
from desktop.widgets.labels import PlainLabel

_MOST = 1_000_000
_BOX_PX = 76
#: the last units are parked where they sell best
_BEST = "best"
_CHOICE_PX = 128
_MODES = tuple(mode.value for mode in Mode)


class PlanForm(QFrame):
    """Filled anew with each SKU and after each saving; a SKU that is merely read again leaves it alone."""

    def __init__(self, ui: Ui, presenter: QuotaPresenter) -> None:
        super().__init__()
        self._ui = ui
        self._presenter = presenter
        self._round = -1
        self._detail: QuotaDetail | None = None
        self.setObjectName("quotas.form")
        self.setProperty("look", "card")
        self._mode = ChoiceBox(ui, "quotas.mode", _MODES, "quotas.form.mode")
        self._mode.picked.connect(lambda _mode: self._explain())
        self._hint = PlainLabel(ui, "secondary", wraps=True, name="quotas.form.hint")
        self._buffer = NumberBox(0, _MOST, "quotas.form.buffer")
        self._lot = NumberBox(1, _MOST, "quotas.form.lot")
        self._park = NumberBox(0, _MOST, "quotas.form.park")
        self._shop = ChoiceBox(ui, "quotas.parked", (), "quotas.form.shop")
        for box in (self._buffer, self._lot, self._park):
            box.setFixedWidth(ui.scaled(_BOX_PX))
        # A long name of a shop must not push the numbers out of the drawer.
        for choice in (self._mode, self._shop):
            choice.setFixedWidth(ui.scaled(_CHOICE_PX))
        self._safety: dict[WarehouseId, NumberBox] = {}
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(10)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(1, 1)
        self._put("quotas.field.mode", self._mode, 0, 0)
        self._put("quotas.field.buffer", self._buffer, 0, 2)
        self._put("quotas.field.lot", self._lot, 1, 0)
        self._put("quotas.field.park", self._park, 1, 2)
        self._put("quotas.field.shop", self._shop, 2, 0)
        self._confirm = ActionButton(
            ui,
            "quotas.do.save",
            self.save,
            look="main",
            icon="check",
            key="Ctrl+S",
            name="quotas.form.save",
            right=Right.SHARE_STOCK,
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 10)
        column.addLayout(self._grid)
        column.addWidget(self._hint)
        column.addWidget(self._confirm)

    def _put(self, code: str, widget: "ChoiceBox | NumberBox", row: int, place: int) -> None:
        word = PlainLabel(self._ui, "secondary")
        word.say(code)
        self._grid.addWidget(word, row, place)
        self._grid.addWidget(widget, row, place + 1)

    def show_plan(self, detail: QuotaDetail) -> None:
        """Show the SKU's plan, unless somebody is writing in it."""
        is_other = self._detail is None or self._detail.sku.sku_id != detail.sku.sku_id
        self._detail = detail
        self._confirm.setEnabled(self._confirm.is_permitted and not self._presenter.screen.is_saving)
        if not is_other and self._round == self._presenter.screen.round:
            return
        self._round = self._presenter.screen.round
        sku = detail.sku
        self._mode.choose(sku.mode.value)
        self._buffer.setValue(sku.buffer_qty)
        self._lot.setValue(sku.min_lot)
        self._park.setValue(sku.park_qty)
        names = {str(one.shop_id): one.shop_name for one in sku.quotas}
        self._shop.offer((_BEST, *names), names)
        self._shop.setCurrentIndex(max(self._shop.findData(str(sku.parked_shop_id)), 0))
        for place in detail.warehouses:
            if place.id not in self._safety:
                box = NumberBox(0, _MOST, f"quotas.form.safety.{place.id}")
                word = PlainLabel(self._ui, "secondary")
                if len(detail.warehouses) > 1:
                    word.say("quotas.field.safety_at", place=place.name)
                else:
                    word.say("quotas.field.safety")
                box.setFixedWidth(self._ui.scaled(_BOX_PX))
                number = len(self._safety)
                row, column = (2, 2) if number == 0 else (2 + (number + 1) // 2, 0 if number % 2 else 2)
                self._grid.addWidget(word, row, column)
                self._grid.addWidget(box, row, column + 1)
                self._safety[place.id] = box
            self._safety[place.id].setValue(sku.safety_by_warehouse.get(place.id, 0))
            self._safety[place.id].setEnabled(not sku.is_bundle)
        self._explain()

    def focus_first(self) -> None:
        """Put the keyboard into the mode."""
        self._mode.setFocus()

    def save(self) -> None:
        """Decide what is written here."""
        if self._detail is None or not self._confirm.is_permitted:
            return
        for box in (self._buffer, self._lot, self._park, *self._safety.values()):
            box.interpretText()
        shop = self._shop.value()
        draft = PlanDraft(
            Mode(self._mode.value()),
            self._buffer.value(),
            self._lot.value(),
            self._park.value(),
            None if shop == _BEST else int(shop),
        )
        is_bundle = self._detail.sku.is_bundle
        safety = {} if is_bundle else {place: box.value() for place, box in self._safety.items()}
        self._presenter.save_plan(draft, safety)

    def _explain(self) -> None:
        self._hint.say(f"quotas.mode.{self._mode.value()}.hint")
