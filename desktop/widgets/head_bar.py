"""The head of a page: its title on the left, what may be done on the right."""

from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QHBoxLayout, QWidget

from desktop.ui import Ui
from desktop.widgets.controls import ActionButton
from desktop.widgets.labels import PlainLabel


def head_bar(ui: Ui, name: str, acts: Sequence[QWidget], *, beside: Sequence[QWidget] = ()) -> QHBoxLayout:
    """The head of the page `name`: its title, what stands right `beside` it, room, and then its acts."""
    title = PlainLabel(ui, "title", name=f"{name}.title")
    title.say(f"page.{name}")
    head = QHBoxLayout()
    head.addWidget(title)
    for widget in beside:
        head.addWidget(widget)
    head.addStretch(1)
    for act in acts:
        head.addWidget(act)
    return head


def refresh_button(ui: Ui, name: str, act: Callable[[], object]) -> ActionButton:
    """Reads again what the page `name` shows."""
    return ActionButton(ui, "action.refresh", act, icon="refresh-cw", key="F5", name=f"{name}.refresh")
