"""The page of the malls' door: the switch, the shops with their keys, and the last calls."""

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QGuiApplication, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from core.gateway.call_log import CallView
from desktop.formats import moment_text
from desktop.models.paged import Column, PagedTableModel
from desktop.pages.door.keys import KeysCard
from desktop.pages.door.presenter import DoorPresenter
from desktop.texts import Phrase
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton, EmptyState, StatePill
from desktop.widgets.fields import NumberBox, TickBox
from desktop.widgets.head_bar import head_bar, refresh_button
from desktop.widgets.labels import ElidedLabel, PlainLabel
from desktop.widgets.page import PageWidget
from desktop.widgets.table import ListTable

_TONES = {"open": "good", "opening": "busy", "failed": "stop", "shut": "quiet"}
#: ports that need no rights of the system
_PORTS = (1024, 65535)
_LEFT_PX = 560


class DoorPage(PageWidget):
    """Shows the presenter's screen."""

    def __init__(self, ui: Ui, presenter: DoorPresenter) -> None:
        super().__init__()
        self._ui = ui
        self._presenter = presenter
        self.setObjectName("door")
        self._switch = ActionButton(ui, "door.open", presenter.toggle, look="main", key="F6", name="door.switch")
        head = head_bar(ui, "door", (refresh_button(ui, "door", presenter.look), self._switch))
        self._switch_card = _SwitchCard(ui, presenter)
        self._keys = KeysCard(ui, presenter, self.setFocus)
        inside = QWidget()
        left = QVBoxLayout(inside)
        left.setContentsMargins(0, 0, 8, 0)
        left.setSpacing(10)
        left.addWidget(self._switch_card)
        left.addWidget(self._keys)
        left.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFixedWidth(ui.scaled(_LEFT_PX))
        scroll.setWidget(inside)
        self._calls = _CallsCard(ui)
        both = QHBoxLayout()
        both.setSpacing(14)
        both.addWidget(scroll)
        both.addWidget(self._calls, 1)
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
        if key == Qt.Key.Key_F5:
            self._presenter.look()
        elif key == Qt.Key.Key_F6:
            self._presenter.toggle()
        else:
            return False
        return True

    def handle_changed(self) -> None:
        """A call came, or another desk changed something."""
        self._presenter.look()

    def handle_back(self) -> bool:
        """Esc puts a key away that is shown."""
        return self._presenter.put_away()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  Qt's name
        """Look when somebody comes; a secret does not stay on screen for them."""
        super().showEvent(event)
        self._presenter.put_away()
        self._presenter.look()

    @Slot()
    def _on_screen(self) -> None:
        screen = self._presenter.screen
        is_wanted = screen.view is not None and screen.view.wish.is_open
        self._switch.say("door.close" if is_wanted else "door.open")
        self._switch.setEnabled(screen.view is not None)
        self._switch_card.show_screen()
        self._keys.show_screen()
        self._calls.show_screen(self._presenter)


class _SwitchCard(QFrame):
    """Whether the door is open, where, and to whom."""

    def __init__(self, ui: Ui, presenter: DoorPresenter) -> None:
        super().__init__()
        self._presenter = presenter
        self.setProperty("look", "card")
        self._state = StatePill(ui, name="door.state")
        self._story = PlainLabel(ui, "secondary", wraps=True, name="door.story")
        self._address = ElidedLabel(ui, "heading", name="door.address")
        self._copy = ActionButton(ui, "door.copy", self._on_copy, name="door.copy")
        self._lan = TickBox(ui, "door.lan", "door.lan")
        self._lan.clicked.connect(self._on_lan)
        self._warning = PlainLabel(ui, "small", wraps=True, name="door.lan_warning")
        self._warning.say("door.lan_warning")
        port_words = PlainLabel(ui, "secondary")
        port_words.say("door.port")
        self._port = NumberBox(*_PORTS, "door.port")
        self._port.setFixedWidth(ui.scaled(96))
        self._port.editingFinished.connect(self._on_port)
        self._tries = TickBox(ui, "door.practice", "door.practice")
        self._tries.clicked.connect(self._on_tries)
        self._others = PlainLabel(ui, "small", wraps=True, name="door.others")
        self._others.setVisible(False)
        top = QHBoxLayout()
        top.addWidget(self._state)
        top.addWidget(self._address, 1)
        top.addWidget(self._copy)
        ways = QHBoxLayout()
        ways.addWidget(self._lan)
        ways.addStretch(1)
        ways.addWidget(port_words)
        ways.addWidget(self._port)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 14)
        column.setSpacing(8)
        column.addLayout(top)
        column.addWidget(self._story)
        column.addLayout(ways)
        column.addWidget(self._warning)
        column.addWidget(self._tries)
        column.addWidget(self._others)

    def show_screen(self) -> None:
        """Show how it stands."""
        screen = self._presenter.screen
        view = screen.view
        state = screen.state
        self._state.show_state(_TONES[state], f"door.state.{state}")
        self._address.show_text(screen.address)
        self._copy.setVisible(bool(screen.address))
        for widget in (self._lan, self._port):
            widget.setEnabled(view is not None)
        self._tries.setVisible(False)
        if view is None:
            self._story.say("door.story.shut")
            return
        if state == "failed" and view.node is not None:
            why = Phrase(f"error.{view.node.error}", {"port": view.wish.port})
            self._story.say("door.story.failed", why=why)
        else:
            self._story.say(f"door.story.{state}")
        self._lan.setChecked(view.wish.is_lan)
        self._tries.setVisible(screen.tries is not None)
        self._tries.setChecked(screen.tries is True)
        self._warning.setVisible(view.wish.is_lan or screen.is_lan_armed)
        if not self._port.hasFocus():
            self._port.setValue(view.wish.port)
        open_ones = [node for node in view.others if node.state == "open"]
        self._others.setVisible(bool(open_ones))
        if open_ones:
            self._others.say("door.others", where=", ".join(f"{node.name} {node.address}" for node in open_ones))

    @Slot()
    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(self._presenter.screen.address)
        self._presenter.copied("door.copied.address")

    @Slot()
    def _on_lan(self) -> None:
        self._presenter.set_lan(self._lan.isChecked())
        view = self._presenter.screen.view
        if view is not None:
            # Until it is so, the box shows what is.
            self._lan.setChecked(view.wish.is_lan)

    @Slot()
    def _on_tries(self) -> None:
        self._presenter.set_tries(self._tries.isChecked())
        self._tries.setChecked(self._presenter.screen.tries is True)

    @Slot()
    def _on_port(self) -> None:
        self._presenter.set_port(self._port.value())


class _CallsCard(QFrame):
    """How the last hour went, and the last calls."""

    def __init__(self, ui: Ui) -> None:
        super().__init__()
        self._ui = ui
        self.setProperty("look", "card")
        heading = PlainLabel(ui, "heading")
        heading.say("door.calls")
        self._counts = PlainLabel(ui, "secondary", wraps=True, name="door.counts")
        self.model: PagedTableModel[CallView] = PagedTableModel(ui, self._columns(), id, self)
        self.table = ListTable(ui, self.model, "door.calls")
        self._empty = EmptyState(ui, "cloud-upload", "door.calls.empty", "door.calls.empty")
        developers = PlainLabel(ui, "small", wraps=True, name="door.developers")
        developers.say("door.developers")
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 14)
        column.setSpacing(8)
        column.addWidget(heading)
        column.addWidget(self._counts)
        column.addWidget(self.table, 1)
        column.addWidget(self._empty, 1)
        column.addWidget(developers)

    def _columns(self) -> tuple[Column[CallView], ...]:
        texts = self._ui.texts

        def what(row: CallView) -> str:
            return texts.t(f"door.operation.{row.operation or 'unknown'}")

        def who(row: CallView) -> str:
            return row.shop_name or texts.t("door.stranger")

        def answer(row: CallView) -> str:
            alike = "" if row.calls == 1 else f" × {row.calls}"
            return f"{row.status} {row.code}".strip() + alike

        return (
            Column("door.column.at", lambda row: moment_text(row.at), 100),
            Column("door.column.shop", who, 110, stretch=True, spare=1),
            Column("door.column.what", what, 120, stretch=True),
            Column("door.column.answer", answer, 200, stretch=True, tone=_tone),
            Column("door.column.took", lambda row: f"{row.took_ms} ms", 70, is_right=True, spare=2),
        )

    def show_screen(self, presenter: DoorPresenter) -> None:
        """Show what was read."""
        view = presenter.screen.view
        calls = () if view is None else view.calls
        self.model.show_first(calls, None)
        self.table.setVisible(bool(calls))
        self._empty.setVisible(not calls)
        counts = None if view is None else view.counts
        self._counts.setVisible(counts is not None and counts.calls > 0)
        if counts is not None and counts.refused:
            codes = ", ".join(f"{code} × {number}" for code, number in counts.codes[:3])
            self._counts.say("door.counts.refused", n=counts.calls, refused=counts.refused, codes=codes)
        elif counts is not None:
            self._counts.say("door.counts", n=counts.calls)


def _tone(row: CallView) -> str:
    if row.status < 400:
        return "good"
    # What the rules answer is business; what key, clock or form are refused for, somebody has to mend.
    return "notice" if row.status in {404, 409, 423, 429} else "stop"
