"""What the files are and what taking them in would do: counts, rows, whose orders they are."""

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from core.desk.files import PLATFORMS, Read
from core.files.records import Counts
from desktop.pages.files.presenter import DONE, FilesPresenter, FilesScreen
from desktop.pages.files.rows import FileRows
from desktop.texts import Phrase
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton, StatePill
from desktop.widgets.fields import ChoiceBox, Field
from desktop.widgets.labels import ElidedLabel, PlainLabel

#: choice before a shop is chosen
NO_SHOP = "—"
_FILES = 4


class PreviewCard(QFrame):
    """Looks the same before and after: then the counts say what was done."""

    def __init__(self, ui: Ui, presenter: FilesPresenter) -> None:
        super().__init__()
        self._ui = ui
        self._presenter = presenter
        self.setObjectName("files.preview")
        self.setProperty("look", "card")
        self._sentence = PlainLabel(ui, "heading", wraps=True, name="files.sentence")
        self._files = [_FileLine(ui, presenter, place) for place in range(_FILES)]
        self._shop = _ShopLine(ui, presenter)
        self._pills = {name: StatePill(ui, name=f"files.count.{name}") for name in _TONES}
        pills = QHBoxLayout()
        for pill in self._pills.values():
            pills.addWidget(pill)
        pills.addStretch(1)
        self._masked = PlainLabel(ui, "secondary", wraps=True, name="files.masked")
        self._rows = FileRows(ui)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(10)
        column.addWidget(self._sentence)
        for line in self._files:
            column.addWidget(line)
        column.addWidget(self._shop)
        column.addLayout(pills)
        column.addWidget(self._masked)
        column.addWidget(self._rows, 50)
        column.addStretch(1)

    def show_screen(self, screen: FilesScreen) -> None:
        """Show files, counts and refused rows."""
        for place, line in enumerate(self._files):
            line.setVisible(place < len(screen.reads))
            if place < len(screen.reads):
                line.show_read(screen.reads[place], is_open=screen.phase != DONE)
        plan = screen.plan
        self._shop.setVisible(plan is not None and plan.kind in {"orders", "numbers"} and screen.phase != DONE)
        self._shop.show_screen(screen)
        self._sentence.say_phrase(_sentence(screen))
        counts = screen.done.counts if screen.done is not None else plan.counts if plan is not None else Counts()
        for name, pill in self._pills.items():
            number = int(getattr(counts, name))
            pill.setVisible(bool(number) or (name == "new" and plan is not None))
            pill.show_state(_TONES[name], f"files.count.{name}", n=number)
        self._masked.setVisible(counts.masked > 0)
        self._masked.say("files.masked", n=counts.masked)
        self._rows.show_screen(screen)


_TONES = {
    "new": "good",
    "changed": "busy",
    "waiting": "notice",
    "unchanged": "quiet",
    "older": "quiet",
    "rejected": "stop",
}


def _sentence(screen: FilesScreen) -> Phrase:
    if screen.done is not None:
        counts = screen.done.counts
        facts = {"new": counts.new, "changed": counts.changed}
        if screen.done.sheets:
            sheets = ", ".join(screen.done.sheets)
            return Phrase("files.done_waiting", facts | {"n": counts.waiting, "sheets": sheets})
        if not screen.done.is_whole:
            return Phrase("files.stopped", facts)
        is_numbers = screen.plan is not None and screen.plan.kind == "numbers"
        done = "files.done_numbers" if is_numbers else "files.done"
        return Phrase(done if counts.new or counts.changed else "files.done_nothing", facts)
    if screen.plan is None:
        return Phrase("files.working_out")
    if screen.needs_shop:
        return Phrase("files.whose")
    counts = screen.plan.counts
    nothing = not (counts.new or counts.changed or counts.waiting)
    return Phrase("files.nothing_new" if nothing else "files.ready")


class _FileLine(QFrame):
    def __init__(self, ui: Ui, presenter: FilesPresenter, place: int) -> None:
        super().__init__()
        self._ui = ui
        name = f"files.file.{place}"
        self.setObjectName(name)
        self._words = ElidedLabel(ui, "body", name=f"{name}.words")
        self._aside = ElidedLabel(ui, "secondary", name=f"{name}.aside")
        self._edit = ActionButton(
            ui, "files.edit_columns", lambda: presenter.edit_columns(place), name=f"{name}.edit"
        )
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._words)
        words.addWidget(self._aside)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addLayout(words, 1)
        row.addWidget(self._edit)

    def show_read(self, read: Read, *, is_open: bool) -> None:
        """Show what the file is taken for, and what stands in it that nobody asked for."""
        mapped = read.choices[0] if read.choices else None
        word = Phrase(f"files.preset.{mapped.preset.id}") if mapped is not None else Phrase("files.unknown")
        rows = len(read.table.rows)
        percent = mapped.confidence if mapped is not None else 0
        self._words.say("files.is", file=read.table.name, what=word, rows=rows, percent=percent)
        dropped = "、".join(mapped.dropped) if mapped is not None else ""
        aside = "、".join(mapped.aside) if mapped is not None else ""
        self._aside.setVisible(bool(aside or dropped))
        if dropped:
            self._aside.say("files.dropped", columns=dropped)
        else:
            self._aside.say("files.aside", columns=aside)
        self._edit.setVisible(is_open)


class _ShopLine(QFrame):
    """Whose orders these are: one of the shops, or a new one."""

    def __init__(self, ui: Ui, presenter: FilesPresenter) -> None:
        super().__init__()
        self._presenter = presenter
        self.setObjectName("files.shop")
        words = PlainLabel(ui, "body")
        words.say("files.shop")
        self._box = ChoiceBox(ui, "files.shop", (NO_SHOP,), "files.shop.choice")
        self._box.picked.connect(self._on_picked)
        self._name = Field(ui, "files.shop.name", "files.shop.name", limit=60)
        self._platform = ChoiceBox(
            ui, "files.platform", tuple(name or "other" for name in PLATFORMS), "files.shop.platform"
        )
        add = ActionButton(ui, "files.shop.add", self._on_add, icon="plus", name="files.shop.add")
        self._name.returnPressed.connect(self._on_add)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(words)
        row.addWidget(self._box, 2)
        row.addWidget(self._name, 2)
        row.addWidget(self._platform, 1)
        row.addWidget(add)

    def show_screen(self, screen: FilesScreen) -> None:
        """Offer the shops; suggest the platform whose table it is."""
        self._box.offer([NO_SHOP, *(shop.name for shop in screen.shops)])
        chosen = next((shop.name for shop in screen.shops if shop.id == screen.shop_id), NO_SHOP)
        self._box.choose(chosen)
        if screen.reads and screen.reads[0].choices and not self._name.text():
            self._platform.choose(screen.reads[0].choices[0].preset.platform or "other")

    @Slot(str)
    def _on_picked(self, name: str) -> None:
        self._presenter.pick_shop(name)

    def _on_add(self) -> None:
        platform = self._platform.value()
        self._presenter.add_shop(self._name.text(), "" if platform == "other" else platform)
        self._name.clear()
