"""The shops with their keys, and a key that was just made: its secret is shown this once."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from core.desk.door import DoorShop, DoorView
from core.gateway.keys import KeyView
from desktop.formats import moment_text
from desktop.pages.door.presenter import DoorPresenter
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton, EmptyState, StatePill
from desktop.widgets.labels import ElidedLabel, PlainLabel
from desktop.widgets.layouts import refill


class KeysCard(QFrame):
    """One block a shop; made anew when something changed."""

    def __init__(self, ui: Ui, presenter: DoorPresenter, on_leave: Callable[[], None]) -> None:
        """`on_leave` takes the keyboard when a key that was shown goes."""
        super().__init__()
        self._ui = ui
        self._presenter = presenter
        self._shown: object = None
        self.setProperty("look", "card")
        heading = PlainLabel(ui, "heading")
        heading.say("door.keys")
        hint = PlainLabel(ui, "secondary", wraps=True)
        hint.say("door.keys.hint")
        self._new = _NewKeyBox(ui, presenter, on_leave)
        self._rows = QVBoxLayout()
        self._rows.setSpacing(10)
        self._empty = EmptyState(ui, "store", "door.keys.empty", "door.keys.empty")
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 14)
        column.setSpacing(8)
        column.addWidget(heading)
        column.addWidget(hint)
        column.addWidget(self._new)
        column.addLayout(self._rows)
        column.addWidget(self._empty)
        ui.retranslated.connect(self._forget)

    @Slot()
    def _forget(self) -> None:
        self._shown = None

    def show_screen(self) -> None:
        """Show shops and keys."""
        screen = self._presenter.screen
        self._new.show_key()
        view = screen.view
        shops = () if view is None else view.shops
        self._empty.setVisible(view is not None and not shops)
        wanted = (shops, () if view is None else view.keys, screen.armed)
        if wanted == self._shown or view is None:
            return
        self._shown = wanted
        refill(self._rows, [self._block(shop, view, screen.armed) for shop in shops])

    def _block(self, shop: DoorShop, view: DoorView, armed: int) -> QWidget:
        block = QFrame()
        block.setObjectName(f"door.shop.{shop.id}")
        column = QVBoxLayout(block)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(4)
        row = QHBoxLayout()
        name = ElidedLabel(self._ui, "body", name=f"door.shop.{shop.id}.name")
        name.show_text(shop.name)
        row.addWidget(name, 1)
        if shop.is_paused:
            pill = StatePill(self._ui, name=f"door.shop.{shop.id}.state")
            pill.show_state("notice", "door.shop.paused")
            row.addWidget(pill)
        stop = "door.resume" if shop.is_paused else "door.pause"
        act = partial(self._presenter.set_paused, shop)
        row.addWidget(ActionButton(self._ui, stop, act, name=f"door.shop.{shop.id}.pause"))
        make = partial(self._presenter.make_key, shop)
        row.addWidget(ActionButton(self._ui, "door.make_key", make, icon="plus", name=f"door.shop.{shop.id}.make"))
        column.addLayout(row)
        live = [key for key in view.keys if key.shop_id == shop.id and key.revoked_at is None]
        for key in live:
            column.addLayout(self._key(key, is_armed=armed == key.id))
        if not live:
            none = PlainLabel(self._ui, "small")
            none.say("door.no_key")
            column.addWidget(none)
        return block

    def _key(self, key: KeyView, *, is_armed: bool) -> QHBoxLayout:
        row = QHBoxLayout()
        word = ElidedLabel(self._ui, "secondary", name=f"door.shop.{key.shop_id}.key.{key.id}")
        word.say("door.key", key=key.key, at=moment_text(key.made_at), by=key.made_by)
        row.addWidget(word, 1)
        code = "door.revoke.sure" if is_armed else "door.revoke"
        look = "danger" if is_armed else "plain"
        act = partial(self._presenter.revoke, key)
        row.addWidget(ActionButton(self._ui, code, act, look=look, name=f"door.shop.{key.shop_id}.revoke.{key.id}"))
        return row


class _NewKeyBox(QFrame):
    """A key with its secret, until it is put away."""

    def __init__(self, ui: Ui, presenter: DoorPresenter, on_leave: Callable[[], None]) -> None:
        """`on_leave` takes the keyboard when the box goes."""
        super().__init__()
        self._presenter = presenter
        self._on_leave = on_leave
        self.setObjectName("door.new_key")
        self.setProperty("look", "card")
        words = PlainLabel(ui, "body", wraps=True)
        words.say("door.new_key")
        self._key = PlainLabel(ui, "secondary", name="door.new_key.key")
        self._secret = PlainLabel(ui, "secondary", name="door.new_key.secret")
        for label in (self._key, self._secret):
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        acts = QHBoxLayout()
        self._copy = ActionButton(ui, "door.new_key.copy", self._on_copy, look="main", name="door.new_key.copy")
        acts.addWidget(self._copy)
        acts.addWidget(ActionButton(ui, "door.new_key.done", presenter.put_away, key="Esc", name="door.new_key.done"))
        acts.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 12)
        column.setSpacing(6)
        for label in (words, self._key, self._secret):
            column.addWidget(label)
        column.addLayout(acts)
        self.hide()

    def show_key(self) -> None:
        """Show the key, or forget it."""
        key = self._presenter.screen.new_key
        was_hidden = self.isHidden()
        focus = QApplication.focusWidget()
        if key is None and focus is not None and self.isAncestorOf(focus):
            # Else the keyboard would land on the next button, by which a shop's sale is stopped.
            self._on_leave()
        self.setVisible(key is not None)
        if key is None:
            self._secret.show_text("")
            return
        self._key.say("door.new_key.key", key=key.key)
        self._secret.say("door.new_key.secret", secret=key.secret)
        if was_hidden:
            self._copy.setFocus()

    @Slot()
    def _on_copy(self) -> None:
        key = self._presenter.screen.new_key
        if key is not None:
            QGuiApplication.clipboard().setText(f"X-Key: {key.key}\nsecret: {key.secret}\n")
            self._presenter.copied("door.copied.key")
