"""What every widget is handed: words, colours, icons, time. There are no globals to reach for."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QLibraryInfo, QObject, QSize, Qt, QTranslator, Signal, Slot
from PySide6.QtGui import QGuiApplication, QIcon, QPixmap
from PySide6.QtWidgets import QApplication

from desktop import theme
from desktop.settings import DeskSettings
from desktop.texts import Texts

if TYPE_CHECKING:
    # A bare window is painted before anybody has rights.
    from core.access.rights import Right


class Ui(QObject):
    """Words, tokens and icons of the running window; tells widgets when language or appearance changed.

    Signals:
        retranslated: every text has to be said again.
        restyled: every own-drawn colour and icon has to be taken again.
        entitled: who is here, or what they may do, is another than before.
    """

    retranslated = Signal()
    restyled = Signal()
    entitled = Signal()

    def __init__(
        self, app: QApplication, settings: DeskSettings, now: Callable[[], datetime], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._app = app
        self.settings = settings
        self.now = now
        #: whether whoever is here has a right: buttons show it, core refuses all the same
        self.may: Callable[[Right], bool] = lambda _right: True
        self.texts = Texts(settings.text("language"))
        self.tokens = theme.tokens_for(settings.text("theme"))
        self._icons: dict[tuple[str, str, int], QIcon] = {}
        self._is_dense = self._has_dense_screen()
        self._qt_words = QTranslator(self)
        theme.dress(app, self.tokens, settings.number("text_size"))
        settings.listen(self._on_setting)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._on_system_scheme)

    def icon(self, name: str, tint: str = "text", size: int = 20) -> QIcon:
        """An icon of the set in a token's colour, sharp at 100 to 200 % on the screens that there are."""
        color = str(getattr(self.tokens, tint))
        made = self._icons.get((name, color, size))
        if made is None:
            from desktop.widgets.icons import draw_icon

            made = draw_icon(name, color, size, is_dense=self._is_dense)
            self._icons[name, color, size] = made
        return made

    def pixmap(self, name: str, tint: str = "text", size: int = 20) -> QPixmap:
        """The same as a picture for a label, at the screen's density."""
        return self.icon(name, tint, size).pixmap(QSize(size, size), self._app.devicePixelRatio())

    def look_at_screens(self) -> None:
        """The window came to a screen of another density: icons that were drawn for plain ones are drawn anew."""
        if self._has_dense_screen() and not self._is_dense:
            self._is_dense = True
            self._icons.clear()
            self.restyled.emit()

    def _has_dense_screen(self) -> bool:
        # Twice the drawing, at the start for 20 icons, and most desks have a plain screen.
        return self._app.devicePixelRatio() > 1

    def settle(self) -> None:
        """After the first paint: the bundled typeface where the machine has no Chinese one, and Qt's own words."""
        if theme.load_own_typeface():
            self._redress()
        self._use_qt_words()

    def scaled(self, pixels: int) -> int:
        """A size that follows the text-size setting."""
        return round(pixels * self.settings.number("text_size") / 100)

    def _on_setting(self, name: str) -> None:
        if name == "language":
            self.texts.use(self.settings.text("language"))
            self._use_qt_words()
            self.retranslated.emit()
        elif name in {"theme", "text_size"}:
            self._redress()

    def _use_qt_words(self) -> None:
        """What Qt itself says (its file dialog, the menus of its fields) in the clerk's language too."""
        self._app.removeTranslator(self._qt_words)
        folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
        # English is what Qt says without a catalogue.
        if self._qt_words.load(f"qtbase_{self.texts.language}", folder):
            self._app.installTranslator(self._qt_words)

    @Slot(Qt.ColorScheme)
    def _on_system_scheme(self, _scheme: Qt.ColorScheme) -> None:
        if self.settings.text("theme") == "system":
            self._redress()

    def _redress(self) -> None:
        self.tokens = theme.tokens_for(self.settings.text("theme"))
        theme.dress(self._app, self.tokens, self.settings.number("text_size"))
        self.restyled.emit()
