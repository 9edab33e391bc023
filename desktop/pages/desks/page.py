"""The page of several desks: how this one works, the two ways to others, and who is awake."""

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from desktop.pages.desks.forms import HostForm, InvitationBox, JoinForm
from desktop.pages.desks.nodes import NodesCard
from desktop.pages.desks.presenter import HOST, JOIN, DesksPresenter
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton, StatePill
from desktop.widgets.head_bar import head_bar, refresh_button
from desktop.widgets.labels import PlainLabel
from desktop.widgets.page import PageWidget

_LEFT_PX = 620


class DesksPage(PageWidget):
    """Shows the presenter's screen."""

    def __init__(self, ui: Ui, presenter: DesksPresenter) -> None:
        super().__init__()
        self._presenter = presenter
        self.setObjectName("desks")
        head = head_bar(ui, "desks", (refresh_button(ui, "desks", presenter.look),))
        self._ways = _WaysCard(ui, presenter)
        self._nodes = NodesCard(ui, presenter)
        inside = QWidget()
        left = QVBoxLayout(inside)
        left.setContentsMargins(0, 0, 8, 0)
        left.addWidget(self._ways)
        left.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFixedWidth(ui.scaled(_LEFT_PX))
        scroll.setWidget(inside)
        right = QVBoxLayout()
        right.addWidget(self._nodes)
        right.addStretch(1)
        both = QHBoxLayout()
        both.setSpacing(14)
        both.addWidget(scroll)
        both.addLayout(right, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(16, 14, 16, 12)
        whole.setSpacing(10)
        whole.addLayout(head)
        whole.addLayout(both, 1)
        presenter.on_screen = self._on_screen
        ui.retranslated.connect(self._on_screen)
        self._on_screen()

    def handle_scan(self, raw: str) -> None:
        """Scans mean nothing here; the shell sends them where they belong."""

    def handle_command(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        """What each key does here is on the key sheet (`widgets.key_sheet`)."""
        if modifiers != Qt.KeyboardModifier.NoModifier:
            return False
        together = self._presenter.screen.together
        if key == Qt.Key.Key_F5:
            self._presenter.look()
        elif key == Qt.Key.Key_F6:
            if together is not None and together.server:
                self._presenter.invite()
            else:
                self._presenter.choose(HOST)
        elif key == Qt.Key.Key_F7:
            self._presenter.choose(JOIN)
        elif key == Qt.Key.Key_F8:
            self._presenter.go_on()
        else:
            return False
        return True

    def handle_changed(self) -> None:
        """A program came or was heard again."""
        self._presenter.look()

    def handle_back(self) -> bool:
        """Esc puts a code away that is shown, or closes a form."""
        return self._presenter.put_away()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  Qt's name
        """Look when somebody comes; a PIN does not stay on screen for them."""
        super().showEvent(event)
        self._presenter.put_away()
        self._presenter.look()

    @Slot()
    def _on_screen(self) -> None:
        self._ways.show_screen()
        self._nodes.show_screen()


class _WaysCard(QFrame):
    """How this desk works, and the ways it can take."""

    def __init__(self, ui: Ui, presenter: DesksPresenter) -> None:
        super().__init__()
        self._presenter = presenter
        self.setProperty("look", "card")
        self._state = StatePill(ui, name="desks.state")
        self._where = PlainLabel(ui, "heading", name="desks.where")
        self._story = PlainLabel(ui, "secondary", wraps=True, name="desks.story")
        self._host = ActionButton(
            ui, "desks.be_host", lambda: presenter.choose(HOST), icon="monitor", key="F6", name="desks.host"
        )
        self._join = ActionButton(
            ui, "desks.join", lambda: presenter.choose(JOIN), icon="arrow-right", key="F7", name="desks.join"
        )
        self._invite = ActionButton(
            ui, "desks.invite", presenter.invite, look="main", icon="plus", key="F6", name="desks.invite"
        )
        self._host_form = HostForm(ui, presenter)
        self._join_form = JoinForm(ui, presenter)
        self._box = InvitationBox(ui, presenter)
        self._trouble = PlainLabel(ui, "stop", wraps=True, name="desks.trouble")
        self._restart = ActionButton(
            ui, "desks.restart", presenter.go_on, look="main", key="F8", name="desks.restart"
        )
        top = QHBoxLayout()
        top.addWidget(self._state)
        top.addWidget(self._where, 1)
        acts = QHBoxLayout()
        for button in (self._host, self._join, self._invite, self._restart):
            acts.addWidget(button)
        acts.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 14)
        column.setSpacing(10)
        column.addLayout(top)
        column.addWidget(self._story)
        column.addLayout(acts)
        for widget in (self._host_form, self._join_form, self._box, self._trouble):
            column.addWidget(widget)

    def show_screen(self) -> None:
        """Show how it stands."""
        screen = self._presenter.screen
        together = screen.together
        is_alone = together is not None and not together.server
        self._state.show_state(
            "quiet" if is_alone else "good", "desks.state.alone" if is_alone else "desks.state.several"
        )
        self._state.setVisible(together is not None)
        self._where.show_text("" if together is None else together.server)
        if screen.next_start:
            self._story.say(f"desks.next_start.{screen.next_start}")
        else:
            self._story.say("desks.story.alone" if is_alone else "desks.story.several")
        self._host.setVisible(is_alone and not screen.next_start)
        self._join.setVisible(is_alone and not screen.next_start)
        self._invite.setVisible(together is not None and not is_alone and screen.invitation is None)
        was_hidden = self._restart.isHidden()
        self._restart.setVisible(bool(screen.next_start))
        if screen.next_start and was_hidden:
            self._restart.setFocus()
        self._host_form.show_screen()
        self._join_form.show_screen()
        self._box.show_screen()
        self._trouble.setVisible(screen.trouble is not None)
        if screen.trouble is not None:
            self._trouble.say_phrase(screen.trouble)
