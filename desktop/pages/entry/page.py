"""The entry page: who gets it on the left, what is sent on the right, saving above."""

from functools import partial

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from core.orders.entry_records import ENTRY_TYPES, ReceiverOnFile
from desktop.formats import yuan
from desktop.pages.entry.goods import GoodsCard
from desktop.pages.entry.presenter import EntryPresenter
from desktop.pages.entry.words import fen, on_file_words, sureness_tone, yuan_field
from desktop.texts import Phrase
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton, StatePill
from desktop.widgets.fields import ChoiceBox, Field
from desktop.widgets.labels import PlainLabel, set_look
from desktop.widgets.page import PageWidget
from desktop.widgets.paste_box import PasteBox

#: rows of the form: fields that stand beside one another
_ROWS = (("name", "phone"), ("province", "city", "district"), ("address",))


class EntryPage(PageWidget):
    """Shows the presenter's draft."""

    def __init__(self, ui: Ui, presenter: EntryPresenter) -> None:
        super().__init__()
        self._ui = ui
        self._presenter = presenter
        self.setObjectName("entry")
        title = PlainLabel(ui, "title", name="entry.title")
        title.say("page.entry")
        self._total = PlainLabel(ui, "heading", name="entry.total")
        clear = ActionButton(ui, "entry.clear", presenter.clear, icon="trash-2", name="entry.clear")
        save = ActionButton(ui, "entry.save", self._save, look="main", icon="check", key="Ctrl+S", name="entry.save")
        head = QHBoxLayout()
        head.addWidget(title)
        head.addStretch(1)
        head.addWidget(self._total)
        head.addSpacing(12)
        head.addWidget(clear)
        head.addWidget(save)
        self._receiver = _ReceiverCard(ui, presenter)
        self._goods = GoodsCard(ui, presenter)
        self._more = _MoreCard(ui, presenter)
        left, right = QVBoxLayout(), QVBoxLayout()
        left.addWidget(self._receiver)
        left.addStretch(1)
        right.addWidget(self._goods, 1)
        right.addWidget(self._more)
        columns = QHBoxLayout()
        columns.setSpacing(12)
        columns.addLayout(left, 1)
        columns.addLayout(right, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(16, 14, 16, 12)
        whole.setSpacing(10)
        whole.addLayout(head)
        whole.addLayout(columns, 1)
        presenter.on_screen = self._on_screen
        ui.retranslated.connect(self._on_screen)
        self._on_screen()

    # --- keys, scans --------------------------------------------------------------------------------------------

    def handle_scan(self, raw: str) -> None:
        """A scanned code puts its goods onto the order."""
        self._presenter.search(raw)

    def handle_command(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        """What each key does here is on the key sheet (`widgets.key_sheet`)."""
        has_ctrl = modifiers == Qt.KeyboardModifier.ControlModifier
        has_alt = modifiers == Qt.KeyboardModifier.AltModifier
        if has_ctrl and key == Qt.Key.Key_S:
            self._save()
        elif has_ctrl and key == Qt.Key.Key_N:
            self._presenter.clear()
            self._receiver.focus_first()
        elif key == Qt.Key.Key_F2 or (has_ctrl and key == Qt.Key.Key_F):
            self._goods.focus_search()
        elif has_alt and key in {Qt.Key.Key_1, Qt.Key.Key_2}:
            self._receiver.say_address("on_file" if key == Qt.Key.Key_1 else "entered")
        else:
            return False
        return True

    def handle_changed(self) -> None:
        """Stock may have moved; what is searched next shows it."""

    def handle_back(self) -> bool:
        """Esc puts the found goods away."""
        if self._presenter.screen.found:
            self._presenter.put(found=())
            return True
        return False

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  Qt's name
        """The keyboard begins where the buyer's words go."""
        super().showEvent(event)
        self._receiver.focus_first()

    def _save(self) -> None:
        self._goods.commit()
        self._presenter.save()

    @Slot()
    def _on_screen(self) -> None:
        screen = self._presenter.screen
        self._total.setVisible(screen.total_fen > 0)
        self._total.show_text(yuan(screen.total_fen))
        self._receiver.show_screen()
        self._goods.show_screen()
        self._more.show_screen()


class _ReceiverCard(QFrame):
    """The pasted text, the fields with how sure each is, and what is on file."""

    def __init__(self, ui: Ui, presenter: EntryPresenter) -> None:
        super().__init__()
        self._ui = ui
        self._presenter = presenter
        self._round = -1
        self.setProperty("look", "card")
        head = PlainLabel(ui, "heading")
        head.say("entry.receiver")
        self._paste = PasteBox(ui, "entry.paste", presenter.paste, "entry.paste", 84)
        read = ActionButton(ui, "entry.parse", self._paste.read, key="Ctrl+↵", name="entry.parse")
        top = QHBoxLayout()
        top.addWidget(head, 1)
        top.addWidget(read)
        self._fields: dict[str, Field] = {}
        self._pills: dict[str, StatePill] = {}
        self._entered = QWidget()
        rows = QVBoxLayout(self._entered)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(6)
        rows.addWidget(self._paste)
        for names in _ROWS:
            rows.addLayout(self._row(names))
        self._notes = PlainLabel(ui, "notice", wraps=True, name="entry.doubts")
        rows.addWidget(self._notes)
        self._copied = _CopiedBlock(ui, presenter)
        self._on_file = _OnFileBlock(ui, presenter)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 14)
        column.setSpacing(8)
        column.addLayout(top)
        column.addWidget(self._entered)
        column.addWidget(self._copied)
        column.addWidget(self._on_file)
        self._read = read

    def _row(self, names: tuple[str, ...]) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(2)
        for place, name in enumerate(names):
            label = PlainLabel(self._ui, "small")
            label.say(f"entry.field.{name}")
            pill = self._pills[name] = StatePill(self._ui, name=f"entry.sure.{name}")
            above = QHBoxLayout()
            above.addWidget(label)
            above.addStretch(1)
            above.addWidget(pill)
            field = self._fields[name] = Field(self._ui, f"entry.field.{name}", f"entry.{name}", limit=200)
            field.textEdited.connect(partial(self._presenter.put_field, name))
            field.editingFinished.connect(self._presenter.look_up)
            grid.addLayout(above, 0, place)
            grid.addWidget(field, 1, place)
        return grid

    def focus_first(self) -> None:
        """The paste box, or the first field that is asked for."""
        (self._on_file if self._presenter.screen.copied is not None else self._paste).setFocus()

    def say_address(self, word: str) -> None:
        """A key said which address is right."""
        known = self._presenter.screen.on_file
        if known is not None:
            self._presenter.say_address("on_file" if known.is_same else word)

    def show_screen(self) -> None:
        """Show receiver, doubts and what is on file."""
        screen = self._presenter.screen
        if screen.round != self._round:
            self._round = screen.round
            for name, field in self._fields.items():
                field.setText(getattr(screen.receiver, name))
            if not screen.is_begun:
                self._paste.clear()
        self._entered.setVisible(screen.copied is None)
        self._read.setVisible(screen.copied is None)
        self._copied.setVisible(screen.copied is not None)
        if screen.copied is not None:
            self._copied.show_order(
                screen.copied.order_no, screen.copied.name, screen.copied.phone, screen.copied.address
            )
        for name, pill in self._pills.items():
            word = screen.sureness.get(name, "")
            # Sure is silent: only what wants an eye says so.
            pill.setVisible(bool(word) and word != "sure")
            if word:
                pill.show_state(sureness_tone(word), f"entry.sure.{word}")
            set_look(self._fields[name], tone="stop" if screen.bad_field == name else "")
        if screen.bad_field in self._fields:
            self._fields[screen.bad_field].setFocus()
        notes = [self._ui.texts.say(Phrase(f"entry.doubt.{code}")) for code in screen.doubts]
        if screen.leftover:
            notes.append(self._ui.texts.t("entry.leftover", text="，".join(screen.leftover)))
        self._notes.setVisible(bool(notes))
        self._notes.show_text("\n".join(notes))
        self._on_file.show_customer(screen.on_file, screen.address_word)
        if screen.bad_field == "on_file":
            self._on_file.setFocus()


class _CopiedBlock(QFrame):
    """The receiver of an old order, unseen, with a way to enter another."""

    def __init__(self, ui: Ui, presenter: EntryPresenter) -> None:
        super().__init__()
        self._from = PlainLabel(ui, "secondary", name="entry.copied.from")
        self._who = PlainLabel(ui, "heading", name="entry.copied.who")
        self._where = PlainLabel(ui, wraps=True, name="entry.copied.where")
        other = ActionButton(ui, "entry.other_receiver", presenter.enter_receiver, name="entry.other_receiver")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        for label in (self._from, self._who, self._where):
            column.addWidget(label)
        column.addWidget(other)

    def show_order(self, order_no: str, name: str, phone: str, address: str) -> None:
        """Show whose receiver is taken."""
        self._from.say("entry.copied_from", order_no=order_no)
        self._who.show_text(f"{name}  {phone}")
        self._where.show_text(address)


class _OnFileBlock(QFrame):
    """A known customer: the address on file, its last change, and the word that has to be given."""

    def __init__(self, ui: Ui, presenter: EntryPresenter) -> None:
        super().__init__()
        self._ui = ui
        self.setObjectName("entry.on_file")
        self.setProperty("look", "question")
        self._head = PlainLabel(ui, "heading", wraps=True, name="entry.on_file.head")
        self._address = PlainLabel(ui, wraps=True, name="entry.on_file.address")
        self._story = PlainLabel(ui, "secondary", wraps=True, name="entry.on_file.story")
        self._keep = ActionButton(
            ui, "entry.use_on_file", partial(presenter.say_address, "on_file"), key="Alt+1", name="entry.use_on_file"
        )
        self._take = ActionButton(
            ui, "entry.use_entered", partial(presenter.say_address, "entered"), key="Alt+2", name="entry.use_entered"
        )
        self._said = StatePill(ui, name="entry.on_file.said")
        acts = QHBoxLayout()
        acts.addWidget(self._keep)
        acts.addWidget(self._take)
        acts.addStretch(1)
        column = QVBoxLayout(self)
        for widget in (self._head, self._address, self._story):
            column.addWidget(widget)
        column.addLayout(acts)
        column.addWidget(self._said)
        self.setFocusProxy(self._keep)

    def show_customer(self, known: ReceiverOnFile | None, word: str) -> None:
        """Show what is on file, and what was said of it."""
        self.setVisible(known is not None)
        if known is None:
            return
        self._head.say("entry.on_file.same" if known.is_same else "entry.on_file.differs")
        self._address.show_text(f"{known.name}  {known.phone}  {known.address}")
        self._story.say_phrase(on_file_words(known, self._ui.now(), self._ui.texts))
        self._keep.say("entry.address_unchanged" if known.is_same else "entry.use_on_file")
        self._take.setVisible(not known.is_same)
        self._said.setVisible(bool(word))
        if word:
            code = "entry.said.same" if known.is_same else f"entry.said.{word}"
            self._said.show_state("good", code)


class _MoreCard(QFrame):
    """Type, freight and notes."""

    def __init__(self, ui: Ui, presenter: EntryPresenter) -> None:
        super().__init__()
        self._presenter = presenter
        self._round = -1
        self.setProperty("look", "card")
        self._type = ChoiceBox(ui, "entry.type", ENTRY_TYPES, "entry.type")
        self._type.picked.connect(lambda word: presenter.put(order_type=word))
        self._freight = Field(ui, "entry.freight", "entry.freight", is_latin=True, limit=10)
        self._freight.textEdited.connect(self._on_freight)
        self._seller = Field(ui, "entry.seller_note", "entry.seller_note", limit=500)
        self._seller.textEdited.connect(lambda text: presenter.put(seller_note=text))
        self._buyer = Field(ui, "entry.buyer_note", "entry.buyer_note", limit=500)
        self._buyer.textEdited.connect(lambda text: presenter.put(buyer_note=text))
        first = QHBoxLayout()
        first.addWidget(self._type, 1)
        first.addWidget(self._freight, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 14)
        column.addLayout(first)
        column.addWidget(self._buyer)
        column.addWidget(self._seller)

    def show_screen(self) -> None:
        """Fill the fields of a new draft; what is being typed is left alone."""
        screen = self._presenter.screen
        self._type.choose(screen.order_type)
        if screen.round != self._round:
            self._round = screen.round
            self._freight.setText(yuan_field(screen.freight_fen))
            self._seller.setText(screen.seller_note)
            self._buyer.setText(screen.buyer_note)

    def _on_freight(self, text: str) -> None:
        amount = fen(text)
        set_look(self._freight, tone="stop" if amount is None else "")
        if amount is not None:
            self._presenter.put(freight_fen=amount)
