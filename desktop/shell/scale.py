"""The scale of this desk between its settings, its reader and the pages."""

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Qt, Signal, Slot

from desktop.scale.state import OFF, ScaleState
from desktop.settings import DeskSettings

if TYPE_CHECKING:
    from desktop.scale.reader import ScaleReader

_SETTINGS: Final = ("scale_port", "scale_format", "scale_baud", "scale_unit")


class ScaleAtDesk(QObject):
    """Reads the scale that the settings name, from `start` until `stop`; other settings mean another reader.

    Signals:
        changed: it shows something else than before; queued from the reader's thread.
    """

    changed = Signal()
    _told = Signal(object)

    def __init__(self, settings: DeskSettings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._reader: ScaleReader | None = None
        self._is_open = False
        self._told.connect(self._on_told, Qt.ConnectionType.QueuedConnection)
        settings.listen(self._on_setting)

    def look(self) -> ScaleState:
        """How it stands with the scale now; never waits."""
        return OFF if self._reader is None else self._reader.look()

    def start(self) -> None:
        """Begin to read, where a scale is set up."""
        self._is_open = True
        self._renew()

    def stop(self) -> None:
        """Read no more."""
        self._is_open = False
        self._renew()

    def _renew(self) -> None:
        if self._reader is not None:
            # Never waited for: a driver that hangs keeps its thread, not the window.
            self._reader.stop(0.3)
            self._reader = None
        port = self._settings.text("scale_port").strip()
        if self._is_open and port:
            # Loaded where a scale is set up only: the first paint waits for nothing it does not need.
            from desktop.scale.reader import PortSettings, ScaleReader

            settings = PortSettings(
                port,
                self._settings.text("scale_format"),
                int(self._settings.text("scale_baud")),
                self._settings.text("scale_unit"),
            )
            self._reader = ScaleReader(settings, self._told.emit)
            self._reader.start()
        self.changed.emit()

    def _on_setting(self, name: str) -> None:
        if name in _SETTINGS and self._is_open:
            self._renew()

    @Slot(object)
    def _on_told(self, _state: ScaleState) -> None:
        self.changed.emit()
