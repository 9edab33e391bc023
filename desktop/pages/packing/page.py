"""The packing page's widgets: they show the presenter's screen and hand it keys. Nothing here decides anything."""

from functools import partial
from typing import TYPE_CHECKING, Final, cast

from PySide6.QtCore import QEvent, Qt, QTimer, Slot
from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from core.access.rights import Right
from core.fulfilment.records import PackLine, ParcelView, ShippedRow
from core.waybills.carriers import name_of
from desktop.commands import LABEL_REASONS, REASONS, Command
from desktop.formats import time_text
from desktop.pages.packing.idle import IdlePanel
from desktop.pages.packing.presenter import PackingPresenter
from desktop.pages.packing.screen import BURST_KEY, TAKE_OVER_KEY, Asking, Attachable, PackingScreen, left_to_pack
from desktop.pages.packing.side import SidePanel
from desktop.scale.state import Condition
from desktop.texts import Phrase
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton
from desktop.widgets.labels import ElidedLabel, PlainLabel, set_look
from desktop.widgets.pictures import PictureBook
from desktop.widgets.sentence import DeskSentence
from desktop.widgets.when_needed import WhenNeeded

if TYPE_CHECKING:
    from desktop.pages.packing.batch_card import BatchCard
    from desktop.pages.packing.burst_card import BurstCard
    from desktop.pages.packing.merge_card import MergeCard
    from desktop.pages.packing.parked_card import ParkedCard
    from desktop.pages.packing.scale_card import ScaleCard
    from desktop.widgets.line_card import LineCard

_TICK_MS: Final = 1000
_RECENT_SHOWN: Final = 4
#: most scans are answered sooner, and a row that flashes up at each would be restless
_PATIENCE_MS: Final = 250
#: function keys of this page; the shell hands them over
KEYS: Final = {
    Qt.Key.Key_F3: Command.WAVE,
    Qt.Key.Key_F4: Command.UNDO,
    Qt.Key.Key_F5: Command.REFRESH,
    Qt.Key.Key_F6: Command.LABEL_CAME,
    Qt.Key.Key_F7: Command.LABEL_MISSING,
    Qt.Key.Key_F8: Command.REPRINT,
    Qt.Key.Key_F9: Command.EXCEPTION,
    Qt.Key.Key_F10: Command.BOX,
    Qt.Key.Key_F11: Command.WEIGHT,
    Qt.Key.Key_F12: Command.NEXT,
}
#: with Shift: the rarer, weightier act of the same family
SHIFTED: Final = {
    Qt.Key.Key_F3: Command.BURST,
    Qt.Key.Key_F4: Command.UNMERGE,
    Qt.Key.Key_F8: Command.NEW_NUMBER,
    Qt.Key.Key_F10: Command.MERGE,
    Qt.Key.Key_F12: Command.TAKE_OVER,
}


class PackingPage(QWidget):
    """The page. It takes the focus itself and no child does, so that the focus cannot get lost."""

    def __init__(self, ui: Ui, presenter: PackingPresenter, pictures: PictureBook) -> None:
        super().__init__()
        self._ui = ui
        self._presenter = presenter
        self._pictures = pictures
        self._cards: list[LineCard] = []
        self.setObjectName("packing")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        # A plain widget asks for no input method: a scanner's keys are never offered to one on this page.
        self.sentence = DeskSentence(ui, "packing.sentence")
        self._question = WhenNeeded(lambda: _QuestionCard(ui, presenter))
        self._choice = WhenNeeded(lambda: _ChoiceCard(ui, presenter))
        self._entry = _EntryRow(ui)
        self._side = WhenNeeded(self._make_side)
        self._scale = WhenNeeded(self._make_scale)
        self._merge = WhenNeeded(self._make_merge)
        self._parked = WhenNeeded(self._make_parked)
        self._batch = WhenNeeded(self._make_batch)
        self._printer: tuple[str, Phrase] | None = None
        self._idle = IdlePanel(ui, presenter, pictures)
        self._burst = WhenNeeded(self._make_burst)
        self._lines = QVBoxLayout()
        self._lines.setSpacing(6)
        self._lines.setContentsMargins(0, 0, 6, 0)
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(self._lines)
        column.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setObjectName("packing.lines")
        self._scroll.setWidgetResizable(True)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(holder)
        self._recent = ElidedLabel(ui, "secondary", name="packing.recent")
        self._actions = _ActionRow(ui, presenter)
        self._lay_out()
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._on_tick)
        presenter.listen(self._on_screen)
        ui.retranslated.connect(self._on_screen)
        ui.entitled.connect(self._on_entitled)
        self._on_screen()

    def _lay_out(self) -> None:
        middle = self._middle = QHBoxLayout()
        middle.setSpacing(12)
        middle.addWidget(self._scroll, 1)
        middle.addWidget(self._idle, 1)
        middle.addLayout(self._burst)
        right = QVBoxLayout()
        right.setSpacing(10)
        right.addLayout(self._scale)
        right.addLayout(self._side, 1)
        right.addStretch(0)
        middle.addLayout(right)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 10)
        column.setSpacing(10)
        column.addWidget(self.sentence)
        for place in (self._question, self._choice, self._batch, self._merge):
            column.addLayout(place)
        column.addLayout(middle, 1)
        column.addLayout(self._parked)
        column.addWidget(self._entry)
        column.addWidget(self._actions)
        column.addWidget(self._recent)

    def _make_burst(self) -> "BurstCard":
        # Its table is the dearest thing here.
        from desktop.pages.packing.burst_card import BurstCard

        return BurstCard(self._ui)

    def _make_batch(self) -> "BatchCard":
        from desktop.pages.packing.batch_card import BatchCard

        return BatchCard(self._ui, self._presenter)

    def _make_merge(self) -> "MergeCard":
        from desktop.pages.packing.merge_card import MergeCard

        return MergeCard(self._ui, self._presenter)

    def _make_parked(self) -> "ParkedCard":
        from desktop.pages.packing.parked_card import ParkedCard

        return ParkedCard(self._ui)

    def _make_scale(self) -> "ScaleCard":
        from desktop.pages.packing.scale_card import ScaleCard

        return ScaleCard(self._ui)

    def _make_line(self) -> "LineCard":
        from desktop.widgets.line_card import LineCard

        return LineCard(self._ui, self._pictures, f"packing.line.{len(self._cards)}")

    def _make_side(self) -> SidePanel:
        side = SidePanel(self._ui)
        if self._printer is not None:
            side.show_printer(*self._printer)
        return side

    # --- keys ---------------------------------------------------------------------------------------------------

    def handle_scan(self, raw: str) -> None:
        """A scan anywhere in the window that belongs here."""
        self._presenter.scan(raw)

    def handle_command(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        """A function key; whether this page knows it."""
        if modifiers == Qt.KeyboardModifier.ControlModifier and key == Qt.Key.Key_Z:
            self._presenter.press(Command.UNDO)
            return True
        is_shifted = modifiers == Qt.KeyboardModifier.ShiftModifier
        command = (SHIFTED if is_shifted else KEYS).get(key)
        if command is None or not (is_shifted or modifiers == Qt.KeyboardModifier.NoModifier):
            return False
        self._presenter.press(command)
        return True

    def handle_changed(self) -> None:
        """Records changed somewhere."""
        self._presenter.on_changed()

    def handle_back(self) -> bool:
        """Esc."""
        self._presenter.press(Command.BACK)
        return True

    def show_printer(self, tone: str, words: Phrase) -> None:
        """What the printer says about itself."""
        self._printer = (tone, words)
        if self._side.made is not None:
            self._side.made.show_printer(tone, words)
        self._presenter.show_printer(words if tone in {"notice", "stop"} else None)

    def event(self, event: QEvent) -> bool:
        """Tab stays here: there is nothing to go to, and the focus must not wander."""
        is_press = isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress
        if is_press and cast(QKeyEvent, event).key() in {Qt.Key.Key_Tab, Qt.Key.Key_Backtab}:
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  Qt's name
        """Keys typed slowly by hand."""
        key = event.key()
        if key in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self._presenter.hand.enter()
        elif key == Qt.Key.Key_Backspace:
            self._presenter.hand.erase()
        elif key in {Qt.Key.Key_PageUp, Qt.Key.Key_PageDown}:
            self._idle.leaf(-1 if key == Qt.Key.Key_PageUp else 1)
        elif key in {Qt.Key.Key_Up, Qt.Key.Key_Down}:
            self._presenter.choose_line(-1 if key == Qt.Key.Key_Up else 1)
        elif key == Qt.Key.Key_Escape:
            self.handle_back()
            event.ignore()  # the window puts its message away with the same key
        elif event.text() and event.text().isprintable():
            self._presenter.hand.type_char(event.text())
        else:
            super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  Qt's name
        """Take the focus and look around."""
        super().showEvent(event)
        self.setFocus()
        self._presenter.start()
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802  Qt's name
        """Rest while nobody looks; the parcel stays open."""
        super().hideEvent(event)
        self._timer.stop()
        if not event.spontaneous():
            # A label scanned on another page leads back here, and must not leave unseen by surprise.
            self._presenter.end_burst()

    # --- showing ------------------------------------------------------------------------------------------------

    @Slot()
    def _on_tick(self) -> None:
        self._presenter.tick()
        if self._side.made is not None:
            self._side.made.refresh_ages()

    @Slot()
    def _on_entitled(self) -> None:
        """Somebody came, went, or may do something else than before."""
        self._presenter.end_burst(is_clerk_gone=True)

    @Slot()
    def _on_screen(self) -> None:
        screen = self._presenter.screen
        sentence = screen.sentence
        self.sentence.say(sentence.mood, sentence.what, sentence.more, sentence.way)
        self.sentence.show_factor("" if screen.qty == 1 else f"× {screen.qty}")
        self.sentence.show_corner(self._corner(screen))
        self._show_at_times(screen)
        self._entry.show_entry(screen)
        self._show_lines(screen.parcel, screen.current_line_id)
        self._idle.show_waves(screen)
        self._actions.show_for(screen)
        self._recent.show_text(self._recent_text(screen))

    def _show_at_times(self, screen: PackingScreen) -> None:
        if (question := self._question.look(is_wanted=screen.question is not None)) is not None:
            question.show_question(screen)
        if (choice := self._choice.look(is_wanted=_is_choice(screen))) is not None:
            choice.show_choice(screen)
        if (batch := self._batch.look(is_wanted=screen.batch is not None)) is not None:
            batch.show_for(screen)
        if (side := self._side.look(is_wanted=screen.parcel is not None)) is not None:
            side.show_parcel(screen.parcel)
        if (scale := self._scale.look(is_wanted=screen.scale.condition is not Condition.OFF)) is not None:
            scale.show_scale(screen.scale)
        if (burst := self._burst.look(is_wanted=screen.burst.is_shown)) is not None:
            burst.show_burst(screen)
            self._middle.setStretchFactor(self._burst, int(not burst.isHidden()))
        if (parked := self._parked.look(is_wanted=bool(screen.parked))) is not None:
            parked.show_parked(screen)
        if (merge := self._merge.look(is_wanted=screen.parcel is not None)) is not None:
            merge.show_for(screen)

    def _corner(self, screen: PackingScreen) -> str:
        parcel = screen.parcel
        texts = self._ui.texts
        parts: list[str] = []
        left = left_to_pack(screen)
        if left is not None:
            parts.append(texts.say(left))
        if parcel is not None:
            if parcel.wave_seq is not None:
                parts.append(texts.t("packing.place", n=parcel.wave_seq, total=parcel.wave_total))
            if parcel.wave_code:
                parts.append(texts.t("packing.wave", code=parcel.wave_code))
            if parcel.box_count > 1:
                parts.append(texts.t("packing.box", n=parcel.box_no, total=parcel.box_count))
        return "\n".join(parts)

    def _show_lines(self, parcel: ParcelView | None, current: int | None) -> None:
        lines: tuple[PackLine, ...] = () if parcel is None else parcel.lines
        while len(self._cards) < len(lines):
            card = self._make_line()
            self._cards.append(card)
            self._lines.addWidget(card)
        for card, line in zip(self._cards, lines, strict=False):
            card.show_line(line, is_current=line.id == current)
            card.show()
            if line.id == current:
                self._scroll.ensureWidgetVisible(card)
        for card in self._cards[len(lines) :]:
            card.hide()
        self._scroll.setVisible(parcel is not None)

    def _recent_text(self, screen: PackingScreen) -> str:
        if not screen.recent:
            return ""
        ages = dict(screen.shipped_on_old)
        done = "     ".join(self._recent_row(row, ages.get(row.waybill_no)) for row in screen.recent[:_RECENT_SHOWN])
        return self._ui.texts.t("packing.recent", rows=done)

    def _recent_row(self, row: ShippedRow, age: Phrase | None) -> str:
        texts = self._ui.texts
        shown = f"{row.waybill_no}  {time_text(row.shipped_at, self._ui.now(), texts)}"
        return f"✓ {shown}" if age is None else f"▲ {shown} {texts.t('packing.recent.on_old', age=age)}"


class _QuestionCard(QFrame):
    """Did the label come out? Asked inline, answered by a scan or one of two keys."""

    def __init__(self, ui: Ui, presenter: PackingPresenter) -> None:
        super().__init__()
        self.setObjectName("packing.question")
        self.setProperty("look", "question")
        self._what = ElidedLabel(ui, "heading", name="packing.question.what")
        self._more = PlainLabel(ui, name="packing.question.more")
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 10, 16, 10)
        column = QVBoxLayout()
        column.addWidget(self._what)
        column.addWidget(self._more)
        row.addLayout(column, 1)
        for code, key, command in (
            ("packing.question.came", "F6", Command.LABEL_CAME),
            ("packing.question.missing", "F7", Command.LABEL_MISSING),
        ):
            name = f"packing.question.{command}"
            row.addWidget(
                ActionButton(
                    ui,
                    code,
                    partial(presenter.press, command),
                    key=key,
                    name=name,
                    takes_focus=False,
                )
            )

    def show_question(self, screen: PackingScreen) -> None:
        """Show the first open question, or nothing."""
        job = screen.question
        self.setVisible(job is not None)
        if job is not None:
            self._what.say("packing.question.what", waybill_no=job.waybill_no, order_no=" ".join(job.order_nos))
            self._more.say("packing.question.more", n=screen.questions)


def _is_choice(screen: PackingScreen) -> bool:
    return screen.asking not in {Asking.NOTHING, Asking.WEIGHT, Asking.DAMAGED, Asking.BATCH}


class _ChoiceCard(QFrame):
    """Numbered reasons while one is asked for."""

    def __init__(self, ui: Ui, presenter: PackingPresenter) -> None:
        super().__init__()
        self.setObjectName("packing.choice")
        self.setProperty("look", "question")
        self._title = PlainLabel(ui, "heading", name="packing.choice.title")
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 10, 16, 10)
        column.addWidget(self._title)
        row = QHBoxLayout()
        self._buttons: list[ActionButton] = []
        for number in range(1, max(len(REASONS), len(LABEL_REASONS)) + 1):
            button = ActionButton(
                ui,
                "action.choose",
                partial(presenter.press, Command.REASON, number),
                key=str(number),
                name=f"packing.choice.{number}",
                takes_focus=False,
            )
            self._buttons.append(button)
            row.addWidget(button)
        row.addStretch(1)
        column.addLayout(row)

    def show_choice(self, screen: PackingScreen) -> None:
        """Show the reasons of what is asked, the likeliest marked with the key that takes it; or nothing."""
        asking, likeliest = screen.asking, screen.likeliest
        for button in self._buttons:
            button.show()
        if asking is Asking.CARRIER and screen.attachable is not None:
            self._show_carriers(screen.attachable)
            return
        is_label = asking in {Asking.REPRINT, Asking.NEW_NUMBER}
        self.setVisible(_is_choice(screen))
        if not self.isHidden():
            self._title.say(f"packing.choice.{asking}")
            family, reasons = ("reason.label", LABEL_REASONS) if is_label else ("reason.hold", REASONS)
            for number, (button, reason) in enumerate(zip(self._buttons, reasons, strict=True), 1):
                is_likeliest = reason == likeliest
                button.say_key(f"{number} / F8" if is_likeliest else str(number))
                button.say(f"{family}.{reason}")
                set_look(button, look="main" if is_likeliest else "plain")

    def _show_carriers(self, offered: Attachable) -> None:
        self._title.say("packing.choice.carrier", number=offered.number)
        self.show()
        for place, button in enumerate(self._buttons):
            button.setVisible(place < len(offered.carriers))
            if place < len(offered.carriers):
                button.say_key(str(place + 1))
                button.say("packing.carrier", name=name_of(offered.carriers[place]))
                set_look(button, look="main" if place == 0 else "plain")


class _EntryRow(QFrame):
    """What is typed by hand, until Enter; or how many scans wait, when one is not answered at once."""

    def __init__(self, ui: Ui) -> None:
        super().__init__()
        self.setObjectName("packing.entry")
        self.setProperty("look", "card")
        self._words = PlainLabel(ui, "mono", name="packing.entry.words")
        self._hint = PlainLabel(ui, "secondary", name="packing.entry.hint")
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 6, 16, 6)
        row.addWidget(self._words)
        row.addWidget(self._hint, 1)
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(_PATIENCE_MS)
        self._patience.timeout.connect(self._on_late)
        self._is_late = False

    def show_entry(self, screen: PackingScreen) -> None:
        """Show the typed text and what Enter does with it."""
        is_weight = screen.asking is Asking.WEIGHT
        if not screen.waiting:
            self._patience.stop()
            self._is_late = False
        elif not self._is_late and not self._patience.isActive():
            self._patience.start()
        self.setVisible(bool(screen.typed) or is_weight or screen.waiting > 1 or self._is_late)
        self._words.show_text(f"{screen.typed}▏" if screen.typed or is_weight else "")
        if screen.typed or is_weight:
            code = "packing.entry.batch" if screen.asking is Asking.BATCH else "packing.entry.code"
            self._hint.say("packing.entry.weight" if is_weight else code)
        else:
            self._hint.say("packing.entry.waiting", n=screen.waiting)

    @Slot()
    def _on_late(self) -> None:
        self._is_late = True
        self.show()


class _ActionRow(QWidget):
    """The page's verbs with their keys, for those who have a mouse in hand."""

    _VERBS: Final = (
        ("action.next", "F12", Command.NEXT, "main", True),
        ("action.by_eye", "Space", Command.HAND, "plain", False),
        ("action.undo_scan", "F4", Command.UNDO, "plain", False),
        ("action.box", "F10", Command.BOX, "plain", False),
        ("action.weigh", "F11", Command.WEIGHT, "plain", False),
        ("action.print", "F8", Command.REPRINT, "plain", False),
        ("action.exception", "F9", Command.EXCEPTION, "danger", False),
    )

    def __init__(self, ui: Ui, presenter: PackingPresenter) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self._of_parcel: list[ActionButton] = []
        self._always: list[ActionButton] = []
        for code, key, command, look, is_always in self._VERBS:
            button = ActionButton(
                ui,
                code,
                partial(presenter.press, command),
                look=look,
                key=key,
                name=f"packing.action.{command}",
                takes_focus=False,
            )
            row.addWidget(button)
            (self._always if is_always else self._of_parcel).append(button)
        self._take_over = ActionButton(
            ui,
            "action.take_over",
            partial(presenter.press, Command.TAKE_OVER),
            look="danger",
            key=TAKE_OVER_KEY,
            name="packing.action.take_over",
            takes_focus=False,
        )
        row.addWidget(self._take_over)
        self._burst = ActionButton(
            ui,
            "action.burst",
            partial(presenter.press, Command.BURST),
            key=BURST_KEY,
            name="packing.action.burst",
            takes_focus=False,
            right=Right.SHIP_UNCHECKED,
        )
        row.addWidget(self._burst)
        row.addStretch(1)

    def show_for(self, screen: PackingScreen) -> None:
        """Offer only what can be done now."""
        for button in self._of_parcel:
            button.setVisible(screen.parcel is not None)
        for button in self._always:
            button.setVisible(not screen.burst.is_on)
        self._burst.setVisible(screen.parcel is None)
        self._burst.say_key("Esc" if screen.burst.is_on else BURST_KEY)
        self._burst.say("action.burst_end" if screen.burst.is_on else "action.burst")
        self._take_over.setVisible(screen.offer is not None)
