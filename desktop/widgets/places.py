"""Choosing a warehouse."""

from core.inventory.stock_list import WarehouseRow
from desktop.ui import Ui
from desktop.widgets.fields import ChoiceBox


class PlaceBox(ChoiceBox):
    """Warehouses by their own names."""

    def __init__(self, ui: Ui, name: str) -> None:
        super().__init__(ui, "stock.place", (), name)
        self._places: tuple[WarehouseRow, ...] = ()

    def show_places(self, places: tuple[WarehouseRow, ...]) -> None:
        """Offer these, by name."""
        if places != self._places:
            self._places = places
            names = {str(place.id): place.name for place in places}
            self.offer(tuple(names), names)

    def place(self) -> WarehouseRow | None:
        """The chosen one."""
        return next((one for one in self._places if str(one.id) == self.value()), None)
