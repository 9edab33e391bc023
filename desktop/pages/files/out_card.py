"""The ways out: orders, stock, shipped parcels; and what came in lately."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QSizePolicy, QVBoxLayout, QWidget

from core.access.records import EXPORT_REASONS
from core.files.records import PastImport
from desktop.formats import moment_text
from desktop.pages.files.presenter import FilesPresenter, FilesScreen
from desktop.texts import Phrase
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton
from desktop.widgets.fields import ChoiceBox, TickBox
from desktop.widgets.labels import ElidedLabel, PlainLabel

#: every shop
ALL = "all"
_RECENT = 6
_GAP = 6

#: asks where to write: (suggested name) -> path, None where nobody wants it any more
AskPlace = Callable[[str], Path | None]


class OutCard(QFrame):
    """A button for each table, and what it needs to know."""

    def __init__(self, ui: Ui, presenter: FilesPresenter, ask_place: AskPlace) -> None:
        super().__init__()
        self._presenter = presenter
        self._ask_place = ask_place
        self.setObjectName("files.out")
        self.setProperty("look", "card")
        title = PlainLabel(ui, "heading")
        title.say("files.out")
        self._shop = ChoiceBox(ui, "files.shops", (ALL,), "files.out.shop")
        self._reason = ChoiceBox(ui, "reason.export", EXPORT_REASONS, "files.out.reason")
        self._again = TickBox(ui, "files.out.again", "files.out.again")
        why = PlainLabel(ui, "secondary", wraps=True)
        why.say("files.out.why")
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        column.addWidget(title)
        column.addWidget(self._caption(ui, "files.shop"))
        column.addWidget(self._shop)
        column.addWidget(self._button(ui, "files.out.shipping", self._on_shipping, "shipping", "truck"))
        column.addWidget(self._again)
        column.addSpacing(8)
        column.addWidget(self._caption(ui, "files.out.reason"))
        column.addWidget(self._reason)
        column.addWidget(self._button(ui, "files.out.orders", self._on_orders, "orders", "clipboard-list"))
        column.addWidget(why)
        column.addSpacing(8)
        column.addWidget(self._button(ui, "files.out.stock", self._on_stock, "stock", "boxes"))
        column.addWidget(self._button(ui, "files.out.day", self._on_day, "day", "calendar-check"))

    @staticmethod
    def _caption(ui: Ui, code: str) -> PlainLabel:
        label = PlainLabel(ui, "secondary")
        label.say(code)
        return label

    @staticmethod
    def _button(ui: Ui, code: str, act: Callable[[], None], name: str, icon: str) -> ActionButton:
        return ActionButton(ui, code, act, icon=icon, name=f"files.out.{name}")

    @property
    def reason(self) -> str:
        """Why something personal leaves."""
        return self._reason.value()

    def show_screen(self, screen: FilesScreen) -> None:
        """Offer the shops."""
        self._shop.offer([ALL, *(shop.name for shop in screen.shops)])

    def _on_shipping(self) -> None:
        shop = self._shop.value()
        if shop == ALL:
            self._presenter.export_shipping(Path(), "", again=False)
            return
        place = self._ask_place("shipping.xlsx")
        if place is not None:
            self._presenter.export_shipping(place, shop, again=self._again.isChecked())

    def _on_orders(self) -> None:
        place = self._ask_place("orders.xlsx")
        if place is not None:
            self._presenter.export_orders(place, self._shop.value(), self.reason)

    def _on_day(self) -> None:
        place = self._ask_place("day.xlsx")
        if place is not None:
            self._presenter.export_day(place)

    def _on_stock(self) -> None:
        place = self._ask_place("stock.xlsx")
        if place is not None:
            self._presenter.export_stock(place)


class RecentCard(QFrame):
    """What came in lately."""

    def __init__(self, ui: Ui) -> None:
        super().__init__()
        self._ui = ui
        self.setObjectName("files.recent")
        self.setProperty("look", "card")
        title = PlainLabel(ui, "heading")
        title.say("files.recent")
        self._none = PlainLabel(ui, "secondary", wraps=True, name="files.recent.none")
        self._none.say("files.recent.none")
        self._lines = _Lines(ui)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(6)
        column.addWidget(title)
        column.addWidget(self._none)
        column.addWidget(self._lines, 1)

    def show_past(self, recent: tuple[PastImport, ...]) -> None:
        """Show the newest."""
        self._none.setVisible(not recent)
        self._lines.show_past(recent)


class _Lines(QWidget):
    """As many of the newest as there is room for: the page never grows because much came in."""

    def __init__(self, ui: Ui) -> None:
        super().__init__()
        self._recent: tuple[PastImport, ...] = ()
        self._lines = [ElidedLabel(ui, "secondary", name=f"files.recent.{place}") for place in range(_RECENT)]
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Ignored)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(_GAP)
        for line in self._lines:
            column.addWidget(line)
        column.addStretch(1)
        # One is always shown: of the newest somebody wants to know whether it came in.
        self.setMinimumHeight(self._lines[0].sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802  Qt's name
        """More or fewer find room."""
        super().resizeEvent(event)
        self._fit()

    def show_past(self, recent: tuple[PastImport, ...]) -> None:
        """Show the newest."""
        self._recent = recent
        for past, line in zip(recent, self._lines, strict=False):
            what = Phrase(f"files.kind.{past.kind}", otherwise=past.kind)
            facts = {"at": moment_text(past.at), "who": past.operator, "what": what, "shop": past.shop}
            line.say("files.past", **facts, new=past.new, changed=past.changed)
        self._fit()

    def _fit(self) -> None:
        room = (self.height() + _GAP) // (self._lines[0].sizeHint().height() + _GAP)
        for place, line in enumerate(self._lines):
            line.setVisible(place < min(max(room, 1), len(self._recent)))
