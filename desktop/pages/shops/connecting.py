"""The way in to a shop: its platform's page in the browser, and what comes back from there."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from desktop.pages.shops.presenter import ShopsPresenter
from desktop.texts import Phrase
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton, StatePill
from desktop.widgets.fields import Field
from desktop.widgets.labels import ElidedLabel, PlainLabel

#: as much as core takes apart
_LONGEST = 2000


class ConnectCard(QFrame):
    """Three steps in one card: open the page, say yes there, paste what the browser shows afterwards."""

    def __init__(self, ui: Ui, presenter: ShopsPresenter, on_start: Callable[[int, str], None]) -> None:
        """`on_start` opens what is switched on last, for a shop by id and name."""
        super().__init__()
        self._on_start = on_start
        self._ui = ui
        self._presenter = presenter
        self._round = 0
        #: the page's address is on its way: its button cannot take the keyboard yet
        self._is_waiting = False
        self.setProperty("look", "card")
        self.setObjectName("shops.connect")
        self._title = PlainLabel(ui, "heading", wraps=True, name="shops.connect.title")
        first = PlainLabel(ui, "body", wraps=True)
        first.say("shops.connect.first")
        self._open = ActionButton(
            ui, "shops.connect.open", self._on_open, look="main", icon="arrow-right", name="shops.connect.open"
        )
        self._copy = ActionButton(ui, "shops.connect.copy", self._on_copy, name="shops.connect.copy")
        self._address = ElidedLabel(ui, "secondary", name="shops.connect.address")
        self._returns = PlainLabel(ui, "secondary", wraps=True, name="shops.connect.returns")
        self._danger = PlainLabel(ui, "notice", wraps=True, name="shops.connect.danger")
        second = PlainLabel(ui, "body", wraps=True)
        second.say("shops.connect.second")
        self._pasted = Field(ui, "shops.connect.pasted", "shops.connect.pasted", is_latin=True, limit=_LONGEST)
        self._pasted.returnPressed.connect(self._on_finish)
        self._finish = ActionButton(
            ui, "shops.connect.finish", self._on_finish, look="main", name="shops.connect.finish"
        )
        self._state = StatePill(ui, name="shops.connect.state")
        self._next = ActionButton(
            ui, "start.open.read_only", self._on_next, look="main", icon="arrow-right", name="shops.connect.next"
        )
        close = ActionButton(
            ui, "action.close", partial(presenter.connect, None), key="Esc", name="shops.connect.close"
        )
        opening = QHBoxLayout()
        opening.addWidget(self._open)
        opening.addWidget(self._copy)
        opening.addWidget(self._address, 1)
        pasting = QHBoxLayout()
        pasting.addWidget(self._pasted, 1)
        pasting.addWidget(self._finish)
        ending = QHBoxLayout()
        ending.addWidget(self._state)
        ending.addStretch(1)
        ending.addWidget(self._next)
        ending.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 14)
        column.setSpacing(8)
        column.addWidget(self._title)
        column.addWidget(first)
        column.addLayout(opening)
        column.addWidget(second)
        column.addWidget(self._returns)
        column.addWidget(self._danger)
        column.addLayout(pasting)
        column.addLayout(ending)

    def show_screen(self) -> None:
        """Open or close, and follow how far it has come; what is pasted is left alone."""
        screen = self._presenter.screen
        shop = screen.connect_shop
        self.setVisible(shop is not None)
        if shop is None:
            return
        self._title.say("shops.connect.title", name=shop.name)
        page = screen.page
        for button in (self._open, self._copy):
            button.setEnabled(page is not None)
        self._address.show_text("" if page is None else page.url)
        self._returns.setVisible(page is not None and bool(page.returns_to))
        if page is not None:
            self._returns.say("shops.connect.returns", address=page.returns_to)
        self._danger.setVisible(page is not None and bool(page.danger))
        if page is not None and page.danger:
            self._danger.say(f"shops.connect.danger.{page.danger}", address=page.returns_to)
        is_over = screen.granted is not None
        self._next.setVisible(is_over)
        self._pasted.setEnabled(not is_over)
        self._finish.setEnabled(page is not None and not is_over and not screen.is_busy)
        self._show_state()
        if screen.connect_round != self._round:
            self._round = screen.connect_round
            self._pasted.clear()
            self._is_waiting = True
        if page is not None and self._is_waiting:
            self._is_waiting = False
            self._open.setFocus()

    def _on_next(self) -> None:
        """What is switched on last."""
        shop = self._presenter.screen.connect_shop
        if shop is not None:
            self._on_start(shop.id, shop.name)

    def _show_state(self) -> None:
        screen = self._presenter.screen
        self._state.setVisible(screen.is_busy or screen.granted is not None)
        if screen.is_busy:
            self._state.show_state("busy", "shops.trying")
        elif screen.granted is not None:
            granted = screen.granted
            until = granted.expires_at if granted.ends_at is None else granted.ends_at
            facts = {
                "name": granted.shop.name or granted.shop.id if granted.shop else Phrase("shops.connect.unnamed"),
                "until": "—" if until is None else f"{until.astimezone():%Y-%m-%d %H:%M}",
            }
            self._state.show_state("good", f"shops.connect.{'renews' if granted.renews_itself else 'done'}", **facts)

    def _on_open(self) -> None:
        page = self._presenter.screen.page
        if page is not None:
            if not QDesktopServices.openUrl(QUrl(page.url)):
                self._presenter.say_no_browser()
            self._pasted.setFocus()

    def _on_copy(self) -> None:
        page = self._presenter.screen.page
        if page is not None:
            QGuiApplication.clipboard().setText(page.url)
            self._presenter.say_copied()

    def _on_finish(self) -> None:
        self._presenter.finish(self._pasted.text())
