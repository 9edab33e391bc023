"""Small things the steps share: a choice as a card, bars on screen, a row of words with a door."""

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from desktop.ui import Ui
from desktop.widgets.labels import IconLabel, PlainLabel

_QUIET_MODULES = 10


class ChoiceCard(QPushButton):
    """A large button with a title and a sentence: one of a few."""

    def __init__(self, ui: Ui, icon: str, code: str, on_choose: Callable[[], object], name: str) -> None:
        super().__init__()
        self._ui = ui
        self.setObjectName(name)
        self.setProperty("look", "pile")
        self.setCheckable(True)
        self.setAutoDefault(False)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self.clicked.connect(lambda _checked=False: on_choose())
        self._title = PlainLabel(ui, "heading", wraps=True)
        self._title.say(code)
        self._more = PlainLabel(ui, "secondary", wraps=True)
        self._more.say(f"{code}.more")
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._title)
        words.addWidget(self._more)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 10, 16, 10)
        row.setSpacing(16)
        row.addWidget(IconLabel(ui, icon, "accent", 28), alignment=Qt.AlignmentFlag.AlignVCenter)
        row.addLayout(words, 1)
        for label in (self._title, self._more):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        ui.retranslated.connect(self._name_it)
        self._name_it()

    def sizeHint(self) -> QSize:  # noqa: N802  Qt's name
        """As the words inside ask for: a button without text of its own knows nothing of them."""
        inside = self.layout()
        return super().sizeHint() if inside is None else inside.sizeHint()

    def minimumSizeHint(self) -> QSize:  # noqa: N802  Qt's name
        """The same."""
        inside = self.layout()
        return super().minimumSizeHint() if inside is None else inside.minimumSize()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  Qt's name
        """Space chooses; Enter goes on, as everywhere in the steps; arrows move."""
        if event.key() in {Qt.Key.Key_Up, Qt.Key.Key_Down}:
            self.focusNextPrevChild(event.key() == Qt.Key.Key_Down)
        elif event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            if not self.isChecked():
                self.click()
            event.ignore()
        else:
            super().keyPressEvent(event)

    def _name_it(self) -> None:
        self.setAccessibleName(self._title.text())


class BarsView(QWidget):
    """A barcode on screen, black on white in every appearance: scanners read screens, too."""

    def __init__(self, modules: list[bool], module_px: int, height_px: int) -> None:
        super().__init__()
        self._modules = modules
        self._module_px = module_px
        self.setFixedSize((len(modules) + 2 * _QUIET_MODULES) * module_px, height_px)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802, ARG002  Qt's name and signature
        """White, then the bars."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor("white"))
        for place, is_dark in enumerate(self._modules):
            if is_dark:
                left = (place + _QUIET_MODULES) * self._module_px
                painter.fillRect(left, 8, self._module_px, self.height() - 16, QColor("black"))
        painter.end()
