"""What several pages do with their layouts, and with what a hand is writing in them."""

from collections.abc import Iterable

from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QBoxLayout, QLayout, QLineEdit, QPlainTextEdit, QWidget


def put_away(widget: QWidget) -> None:
    """Hide a widget at once and delete it when Qt is at leisure.

    It tells nobody any more: a field that goes while it has the keyboard would say that it was finished, and what
    stands in it half written would be saved. It is found by no name any more: what took its place has the same.
    """
    for part in (widget, *widget.findChildren(QWidget)):
        part.blockSignals(True)
        part.setObjectName("")
    widget.hide()
    widget.deleteLater()


def empty(layout: QLayout) -> None:
    """Take everything out of a layout, see `put_away`."""
    while layout.count():
        item = layout.takeAt(0)
        widget = None if item is None else item.widget()
        if widget is not None:
            put_away(widget)


def refill(layout: QBoxLayout, made: Iterable[QWidget]) -> None:
    """Put other widgets into a layout; the keyboard stays on what is called the same as what it was on."""
    focus = QApplication.focusWidget()
    before = (item.widget() for place in range(layout.count()) if (item := layout.itemAt(place)) is not None)
    had_it = focus is not None and any(one is focus or one.isAncestorOf(focus) for one in before if one is not None)
    name = focus.objectName() if focus is not None and had_it else ""
    empty(layout)
    for widget in made:
        layout.addWidget(widget)
        parent = widget.parentWidget()
        if parent is not None and parent.isVisible():
            # Now, not with the next turn of the loop: a hidden widget takes no keyboard.
            widget.show()
        again = (widget if widget.objectName() == name else widget.findChild(QWidget, name)) if name else None
        if again is not None:
            again.setFocus()


def is_written_in(holder: QWidget) -> bool:
    """Whether a hand is at a field in there whose words are not saved yet, or has a list of choices open.

    Whoever would make the fields anew waits until it is not.
    """
    focus = QApplication.focusWidget()
    above: QWidget | None = QApplication.activePopupWidget()
    while above is not None:
        # A list of choices stands in a window of its own, over the box it belongs to.
        if above is holder:
            return True
        above = above.parentWidget()
    if focus is None or not (focus is holder or holder.isAncestorOf(focus)):
        return False
    if isinstance(focus, QAbstractSpinBox):
        line = focus.lineEdit()
        return line is not None and line.isModified()
    if isinstance(focus, QLineEdit):
        return focus.isModified()
    return isinstance(focus, QPlainTextEdit) and focus.document().isModified()
