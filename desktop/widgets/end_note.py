"""Below a list that has more than it shows."""

from typing import Any

from core.runtime.first_of import FirstOf
from desktop.ui import Ui
from desktop.widgets.labels import PlainLabel


class EndNote(PlainLabel):
    """Says where a list ends before its rows do; hidden where it shows all: no list ends silently."""

    def __init__(self, ui: Ui, name: str) -> None:
        super().__init__(ui, "secondary", wraps=True, name=name)
        self.hide()

    def show_rows(self, rows: tuple[Any, ...]) -> None:
        """These rows are shown: all there are, unless they say how many there are in all."""
        self.show_end(len(rows), rows.of_all if isinstance(rows, FirstOf) else len(rows))

    def show_end(self, shown: int, all_rows: int | None) -> None:
        """So many rows are shown of so many; None where it is known only that there are more."""
        self.setVisible(all_rows is None or shown < all_rows)
        if all_rows is None:
            self.say("list.first_of_more", n=shown)
        elif shown < all_rows:
            self.say("list.first_of", n=shown, all=f"{all_rows:,}")
