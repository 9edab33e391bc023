"""What several pages do with their layouts."""

from PySide6.QtWidgets import QBoxLayout


def empty(layout: QBoxLayout) -> None:
    """Take everything out of a layout; widgets are hidden at once and deleted when Qt is at leisure."""
    while layout.count():
        widget = layout.takeAt(0).widget()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
