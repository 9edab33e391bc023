"""The frame around the pages: rail, strip, message bar, and the place where one page stands."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from desktop.shell.rail import Rail
from desktop.shell.tabs import Tabs
from desktop.texts import Phrase
from desktop.ui import Ui
from desktop.widgets.labels import PlainLabel


class Frame(QWidget):
    """Shows one of its pages, or says that there is none yet."""

    def __init__(self, ui: Ui, go: Callable[[str], None]) -> None:
        super().__init__()
        self.setProperty("look", "ground")
        self.rail = Rail(ui, go)
        self.tabs = Tabs(ui, go)
        self._stack = QStackedWidget()
        # No page, however hostile its texts, may make the window larger than the screen.
        self._stack.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self._placeholder = PlainLabel(ui, "title", name="shell.loading")
        self._placeholder.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._placeholder.setWordWrap(True)
        self._placeholder.say("shell.loading")
        self._stack.addWidget(self._placeholder)
        self._strip: QWidget | None = None
        self._feet: tuple[QWidget, ...] = ()
        self._news: QWidget | None = None
        self._content = QWidget()
        self._content.installEventFilter(self)
        self._column = QVBoxLayout(self._content)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(self.tabs)
        self._column.addWidget(self._stack, 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.rail)
        row.addWidget(self._content, 1)

    def mark(self, page: str) -> None:
        """Show in rail and tabs which page is open."""
        self.rail.mark(page)
        self.tabs.mark(page)

    def offer(self, may_open: Callable[[str], bool]) -> None:
        """Show the pages that whoever is here has something to do on."""
        self.rail.offer(may_open)
        self.tabs.offer(may_open)

    def surround(self, strip: QWidget, *feet: QWidget, news: QWidget) -> None:
        """Put the strip above the page and the feet below it; `news` lie over the strip.

        News and feet come and go by themselves, while somebody is about to click: nothing may move under the mouse.
        So news take no room of their own, and cover lights, not the page; what stays for hours takes its room from
        the lower end of the page.
        """
        self._strip, self._feet = strip, feet
        self._column.insertWidget(0, strip)
        for foot in feet:
            self._column.addWidget(foot)
        if news is not self._news:
            was_said = not news.isHidden()
            self._news = news
            news.setParent(self._content)
            news.installEventFilter(self)
            news.setVisible(was_said)
            self._place_news()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  Qt's name
        """Keep the news where they belong when the window, or what they say, changes its size."""
        kind = event.type()
        if (watched is self._content and kind == QEvent.Type.Resize) or (
            watched is self._news and kind in {QEvent.Type.Show, QEvent.Type.LayoutRequest}
        ):
            self._place_news()
        return bool(super().eventFilter(watched, event))

    def _place_news(self) -> None:
        news = self._news
        if news is None:
            return
        width = self._content.width()
        wanted = news.heightForWidth(width) if news.hasHeightForWidth() else news.sizeHint().height()
        strip = 0 if self._strip is None else self._strip.height()
        news.setGeometry(0, 0, width, max(wanted, strip))
        news.raise_()

    def show_page(self, page: QWidget) -> None:
        """Show a page, or anything else in the place of the pages."""
        if self._stack.indexOf(page) < 0:
            self._stack.addWidget(page)
        self._stack.setCurrentWidget(page)

    def stand_alone(self, is_alone: bool) -> None:
        """Leave a page all the room: nothing around it; news lie over its top."""
        self.rail.setVisible(not is_alone)
        for around in (self._strip, *self._feet):
            if around is not None:
                around.setVisible(not is_alone)

    def keep(self, page: QWidget) -> None:
        """Take a page without showing it yet."""
        self._stack.addWidget(page)

    def show_waiting(self, phrase: Phrase) -> None:
        """Say why there is no page."""
        self._placeholder.say_phrase(phrase)
        self._stack.setCurrentWidget(self._placeholder)
