"""The card that tries the scale: what it shows right now, and the ports it may be at."""

from collections.abc import Callable
from functools import partial
from typing import Protocol

from PySide6.QtCore import SignalInstance, Slot
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from desktop.bridge.tasks import Lane, Tasks
from desktop.errors import error_phrase
from desktop.pages.packing.scale_card import ScaleCard
from desktop.scale.state import ScaleState
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton
from desktop.widgets.labels import PlainLabel
from desktop.widgets.layouts import empty

#: device and what it calls itself
Ports = tuple[tuple[str, str], ...]


class ScaleOfDesk(Protocol):
    """The scale as the frame of the window knows it."""

    changed: SignalInstance

    def look(self) -> ScaleState:
        """How it stands with it now; never waits."""
        ...


def _known_ports() -> Ports:
    from desktop.scale.reader import known_ports

    return known_ports()


class ScaleTrial(QFrame):
    """A clerk puts something on the scale and sees whether the figure is the scale's own."""

    def __init__(self, ui: Ui, tasks: Tasks, scale: ScaleOfDesk, choose: Callable[[str], None]) -> None:
        super().__init__()
        self._ui = ui
        self._tasks = tasks
        self._scale = scale
        self._choose = choose
        self.setProperty("look", "card")
        head = PlainLabel(ui, "heading")
        head.say("settings.scale")
        hint = PlainLabel(ui, "secondary", wraps=True)
        hint.say("settings.scale.hint")
        self._reading = ScaleCard(ui, "settings.scale")
        self._found = PlainLabel(ui, "secondary", wraps=True, name="settings.scale.found")
        self._found.hide()
        self._ports = QVBoxLayout()
        self._ports.setSpacing(6)
        find = ActionButton(ui, "settings.scale.find", self._find, icon="search", name="settings.scale.find")
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 14)
        column.setSpacing(8)
        widgets: tuple[QWidget, ...] = (head, hint, self._reading, find, self._found)
        for widget in widgets:
            column.addWidget(widget)
        column.addLayout(self._ports)
        scale.changed.connect(self._on_changed)
        self._on_changed()

    def _find(self) -> None:
        self._tasks.submit(
            _known_ports,
            self._show_ports,
            lambda error: self._found.say_phrase(error_phrase(error)),
            owner=self,
            lane=Lane.PRINTERS,
        )

    def _show_ports(self, ports: Ports) -> None:
        empty(self._ports)
        self._found.show()
        self._found.say("settings.scale.ports" if ports else "settings.scale.no_port")
        for number, (device, name) in enumerate(ports):
            button = ActionButton(
                self._ui,
                "settings.scale.port",
                partial(self._choose, device),
                name=f"settings.scale.port.{number}",
            )
            button.say("settings.scale.port", device=device.rpartition("/")[2], name=name)
            self._ports.addWidget(button)

    @Slot()
    def _on_changed(self) -> None:
        self._reading.show_scale(self._scale.look())
