"""The tab of channels: robots and mail accounts, a test for each, and how each person is reached."""

from functools import partial
from typing import Final

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from core.alerts.channels import ChannelView
from core.alerts.notifiers.contract import AccessField
from desktop.pages.alerts.deciding import DecidingPresenter
from desktop.texts import Phrase
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton, StatePill
from desktop.widgets.fields import ChoiceBox, Field, TickBox
from desktop.widgets.labels import ElidedLabel, PlainLabel
from desktop.widgets.layouts import empty, is_written_in

_KINDS: Final = ("wecom", "dingtalk", "feishu", "email")
#: fields in one line of the form
_IN_A_ROW: Final = 3


class ChannelsTab(QScrollArea):
    """A list of channels with their states, a form for a new one, a grid of people."""

    def __init__(self, ui: Ui, presenter: DecidingPresenter) -> None:
        super().__init__()
        self._ui = ui
        self._presenter = presenter
        self._cards: dict[int, _ChannelCard] = {}
        self._inputs: dict[str, Field | ChoiceBox | TickBox] = {}
        self._made_for = ""
        self._people: tuple[object, ...] = ()
        self._contact_fields: dict[tuple[int, int], Field] = {}
        self.setObjectName("alerts.channels_tab")
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        title, hint = PlainLabel(ui, "heading"), PlainLabel(ui, "secondary", wraps=True)
        title.say("alerts.channels.title")
        hint.say("alerts.channels.hint")
        self._trouble = PlainLabel(ui, "stop", wraps=True, name="alerts.channels_tab.trouble")
        self._list = QVBoxLayout()
        self._list.setSpacing(8)
        self._contacts = self._contacts_card()
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(10)
        for widget in (title, hint, self._trouble):
            column.addWidget(widget)
        column.addLayout(self._list)
        column.addWidget(self._form_card())
        column.addWidget(self._contacts)
        column.addStretch(1)
        self.setWidget(holder)
        presenter.on_screen = self._on_screen
        self._on_screen()

    def look_again(self, *, is_new: bool) -> None:
        """Read the channels."""
        if is_new:
            self._presenter.forget_trouble()
        self._presenter.look_at_channels()

    # --- the form ---------------------------------------------------------------------------------------------------

    def _form_card(self) -> QFrame:
        ui = self._ui
        card = QFrame()
        card.setObjectName("alerts.channels_tab.form")
        card.setProperty("look", "card")
        self._kind = ChoiceBox(ui, "alerts.kind", _KINDS, "alerts.channels_tab.kind")
        self._kind.picked.connect(lambda _kind: self._make_inputs())
        self._name = Field(ui, "alerts.channels.name", "alerts.channels_tab.name", limit=40)
        self._name.returnPressed.connect(self._on_add)
        add = ActionButton(
            ui, "alerts.channels.add", self._on_add, look="main", icon="plus", name="alerts.channels_tab.add"
        )
        head = QHBoxLayout()
        head.addWidget(self._kind)
        head.addWidget(self._name, 1)
        head.addWidget(add)
        self._grid = QGridLayout()
        column = QVBoxLayout(card)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        column.addLayout(head)
        column.addLayout(self._grid)
        return card

    def _make_inputs(self) -> None:
        kind = next((one for one in self._presenter.screen.kinds if one.name == self._kind.value()), None)
        if kind is None or kind.name == self._made_for:
            return
        self._made_for = kind.name
        empty(self._grid)
        self._inputs = {}
        for place, one in enumerate(kind.fields):
            widget = self._input(one)
            self._inputs[one.name] = widget
            self._grid.addWidget(widget, place // _IN_A_ROW, place % _IN_A_ROW)

    def _input(self, one: AccessField) -> Field | ChoiceBox | TickBox:
        ui, name = self._ui, f"alerts.channels_tab.field.{one.name}"
        if one.kind == "choice":
            return ChoiceBox(ui, f"alerts.field.{one.name}", one.choices, name)
        if one.kind == "flag":
            return TickBox(ui, f"alerts.field.{one.name}", name)
        field = Field(ui, f"alerts.field.{one.name}", name, is_latin=True, limit=400)
        field.setText(one.default)
        if one.kind == "secret":
            field.setEchoMode(QLineEdit.EchoMode.Password)
        field.returnPressed.connect(self._on_add)
        return field

    def _entered(self) -> dict[str, str]:
        found = {}
        for name, widget in self._inputs.items():
            if isinstance(widget, TickBox):
                found[name] = "1" if widget.isChecked() else ""
            else:
                found[name] = widget.value() if isinstance(widget, ChoiceBox) else widget.text()
        return found

    @Slot()
    def _on_add(self) -> None:
        kind, name, entered = self._kind.value(), self._name.text(), self._entered()
        desk = self._presenter.desk
        self._presenter.act(
            lambda: desk.put_channel(None, kind, name, entered),
            self._presenter.look_at_channels,
            Phrase("alerts.channels.saved"),
            on_done=self._forget,
        )

    def _forget(self) -> None:
        """The new channel was saved: its keys stand in no field any more, and the form is as it was at first."""
        if any(widget.hasFocus() for widget in self._inputs.values()):
            self._name.setFocus()
        self._name.clear()
        self._made_for = ""
        self._make_inputs()

    # --- people -----------------------------------------------------------------------------------------------------

    def _contacts_card(self) -> QFrame:
        card = QFrame()
        card.setProperty("look", "card")
        title, hint = PlainLabel(self._ui, "heading"), PlainLabel(self._ui, "secondary", wraps=True)
        title.say("alerts.channels.contacts")
        hint.say("alerts.channels.contacts.hint")
        self._people_grid = QGridLayout()
        column = QVBoxLayout(card)
        column.setContentsMargins(16, 12, 16, 14)
        column.setSpacing(8)
        column.addWidget(title)
        column.addWidget(hint)
        column.addLayout(self._people_grid)
        return card

    def _fill_people(self) -> None:
        screen = self._presenter.screen
        people = {} if screen.roster is None else dict(screen.roster.people)
        shown = [one for one in screen.channels if one.broken_why != "dropped"]
        self._contacts.setVisible(bool(shown) and bool(people))
        about = (tuple(people.items()), tuple((one.id, one.name) for one in shown), screen.contacts)
        if about == self._people or is_written_in(self._contacts):
            return
        if about[:2] == self._people[:2]:
            # The same people and channels: what was saved is shown in the fields that stand there.
            self._people = about
            for (person, channel_id), field in self._contact_fields.items():
                field.setText(self._address_of(person, channel_id))
            return
        self._people = about
        self._contact_fields = {}
        empty(self._people_grid)
        for place, channel in enumerate(shown, 1):
            head = ElidedLabel(self._ui, "small")
            head.show_text(channel.name)
            self._people_grid.addWidget(head, 0, place)
        for line, (person, name) in enumerate(people.items(), 1):
            label = PlainLabel(self._ui, limit=20)
            label.show_text(name)
            self._people_grid.addWidget(label, line, 0)
            for place, channel in enumerate(shown, 1):
                self._people_grid.addWidget(self._contact_field(person, channel), line, place)

    def _contact_field(self, person: int, channel: ChannelView) -> Field:
        name = f"alerts.channels_tab.contact.{person}.{channel.id}"
        field = Field(self._ui, f"alerts.kind.{channel.kind}", name, is_latin=True, limit=254)
        # Staff's numbers are nobody's to read over a shoulder.
        field.setEchoMode(QLineEdit.EchoMode.PasswordEchoOnEdit)
        field.setText(self._address_of(person, channel.id))
        field.editingFinished.connect(partial(self._on_contact, field, person, channel.id))
        self._contact_fields[person, channel.id] = field
        return field

    def _address_of(self, person: int, channel_id: int) -> str:
        contacts = self._presenter.screen.contacts
        return next((one.address for one in contacts if (one.person_id, one.channel_id) == (person, channel_id)), "")

    def _on_contact(self, field: Field, person: int, channel_id: int) -> None:
        address = field.text().strip()
        if address != self._address_of(person, channel_id):
            desk = self._presenter.desk
            self._presenter.act(
                lambda: desk.put_contact(person, channel_id, address),
                self._presenter.look_at_channels,
                Phrase("alerts.channels.contact.saved"),
                waits=True,
            )

    # --- showing ----------------------------------------------------------------------------------------------------

    @Slot()
    def _on_screen(self) -> None:
        screen = self._presenter.screen
        self._trouble.setVisible(screen.trouble is not None)
        if screen.trouble is not None:
            self._trouble.say_phrase(screen.trouble)
        self._make_inputs()
        for channel in screen.channels:
            if channel.id not in self._cards:
                self._cards[channel.id] = _ChannelCard(self._ui, self._presenter, channel.id)
                self._list.addWidget(self._cards[channel.id])
            self._cards[channel.id].show_channel(channel, is_busy=screen.is_saving)
        self._fill_people()


class _ChannelCard(QFrame):
    """One channel: is it well, try it, use it, forget it."""

    def __init__(self, ui: Ui, presenter: DecidingPresenter, channel_id: int) -> None:
        super().__init__()
        self._presenter = presenter
        self._channel: ChannelView | None = None
        name = f"alerts.channels_tab.card.{channel_id}"
        self.setObjectName(name)
        self.setProperty("look", "card")
        self._name = ElidedLabel(ui, "heading", name=f"{name}.name")
        self._kind = ElidedLabel(ui, "secondary", name=f"{name}.kind")
        self._state = StatePill(ui, name=f"{name}.state")
        self._sure = PlainLabel(ui, "stop", wraps=True, name=f"{name}.sure")
        self._test = ActionButton(ui, "alerts.channels.test", self._on_test, icon="play", name=f"{name}.test")
        self._use = ActionButton(ui, "alerts.channels.on", self._on_use, name=f"{name}.use")
        self._drop = ActionButton(ui, "alerts.channels.drop", self._on_drop, look="danger", name=f"{name}.drop")
        words = QVBoxLayout()
        words.setSpacing(2)
        for widget in (self._name, self._kind, self._sure):
            words.addWidget(widget)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 10, 12, 10)
        row.setSpacing(8)
        row.addLayout(words, 1)
        for shown in (self._state, self._test, self._use, self._drop):
            row.addWidget(shown)

    def show_channel(self, channel: ChannelView, *, is_busy: bool) -> None:
        """Show how it is; offer only what can be done."""
        self._channel = channel
        self._name.show_text(channel.name)
        self._kind.say(f"alerts.kind.{channel.kind}")
        is_dropped = channel.broken_why == "dropped"
        self.setVisible(not is_dropped)
        if not channel.is_on:
            self._state.show_state("quiet", "alerts.channels.state.off")
        elif channel.is_broken:
            self._state.show_state("stop", "alerts.channels.state.broken", why=channel.broken_why)
        else:
            self._state.show_state("good", "alerts.channels.state.good")
        self._use.say("alerts.channels.off" if channel.is_on else "alerts.channels.on")
        is_asked = self._presenter.screen.asked == f"drop:{channel.id}"
        self._sure.setVisible(is_asked)
        self._sure.say("alerts.channels.sure", name=channel.name)
        self._drop.say("action.really" if is_asked else "alerts.channels.drop")
        for button in (self._test, self._use, self._drop):
            button.setEnabled(not is_busy)

    def _on_test(self) -> None:
        if self._channel is not None:
            self._presenter.test(self._channel)

    def _on_use(self) -> None:
        channel = self._channel
        if channel is not None:
            desk = self._presenter.desk
            self._presenter.act(
                lambda: desk.set_channel_on(channel.id, not channel.is_on), self._presenter.look_at_channels
            )

    def _on_drop(self) -> None:
        if self._channel is not None:
            self._presenter.drop(self._channel)
