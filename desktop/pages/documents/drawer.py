"""One document: what it is, what can be done with it, its lines, what belongs to it, its history."""

from functools import partial

from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from core.access.rights import Right
from core.inventory.documents.records import DocumentDetail, HistoryRow
from core.inventory.documents.states import DocState
from desktop.formats import journal_code, moment_text, number_text, person_text
from desktop.pages.documents.head import DraftHead
from desktop.pages.documents.lines import make_line, show_tallies
from desktop.pages.documents.paper import write_paper
from desktop.pages.documents.presenter import DocumentsPresenter
from desktop.pages.documents.words import (
    ACTS,
    ASKED,
    acts_of,
    code_of,
    day_text,
    place_words,
    right_of,
    state_word,
    told_history,
    tone_of,
)
from desktop.pages.stock.words import reason_words
from desktop.texts import Phrase
from desktop.ui import Ui
from desktop.widgets.ask_where import ask_where, ask_which
from desktop.widgets.controls import ActionButton, StatePill
from desktop.widgets.day_field import DayEntry
from desktop.widgets.drawer import Drawer
from desktop.widgets.fields import Field
from desktop.widgets.labels import PlainLabel, set_look
from desktop.widgets.layouts import empty
from desktop.widgets.page import if_may

#: lines a person writes and reads at once; more is said, and stands in the table that is written
_SHOWN = 100
_WIDTH, _WIDEST = 560, 680
#: pixels left and right of the words
_MARGINS = 40
#: act buttons beside one another
_IN_A_ROW = 3
_HEADER = ("code", "name", "spec", "batch", "until", "qty", "done", "bad", "pending", "cost", "bin")


class DocumentDrawer(Drawer):
    """Shows a `DocumentDetail`; a draft is written here, and what is under way is counted here."""

    def __init__(self, ui: Ui, presenter: DocumentsPresenter) -> None:
        super().__init__(ui, "documents.drawer", presenter.close)
        self.setFixedWidth(min(ui.scaled(_WIDTH), _WIDEST))
        self._ui = ui
        self._presenter = presenter
        self._detail: DocumentDetail | None = None
        self._lines: dict[int, QWidget] = {}
        self._is_stale = False
        self._state = StatePill(ui, "documents.drawer.state")
        self._what = PlainLabel(ui, "secondary", wraps=True, keeps_lines=False, name="documents.drawer.what")
        self.top.addWidget(self._state)
        self.top.addWidget(self._what)
        self._acts = QWidget()
        self._acts_grid = QGridLayout(self._acts)
        self._acts_grid.setContentsMargins(0, 0, 0, 0)
        self._acts_grid.setSpacing(6)
        self._acts_grid.setColumnStretch(_IN_A_ROW, 1)
        self.top.addWidget(self._acts)
        self._buttons: dict[str, ActionButton] = {}
        self._why_not = Field(ui, "documents.refuse.why", "documents.refuse.why", limit=200)
        self.top.addWidget(self._why_not)
        self._scan_hint = PlainLabel(ui, "secondary", wraps=True, name="documents.drawer.hint")
        self._code = Field(ui, "documents.scan", "documents.scan", limit=80)
        self._code.returnPressed.connect(self._on_code)
        self.top.addWidget(self._code)
        self.top.addWidget(self._scan_hint)
        ui.retranslated.connect(self._fill)

    def show_screen(self) -> None:
        """Show the open document; the drawer hides without one."""
        screen = self._presenter.screen
        before, self._detail = self._detail, screen.detail
        self._is_stale = self._is_stale or screen.detail != before
        self.setVisible(screen.detail is not None)
        is_same = before is not None and screen.detail is not None and before.row.id == screen.detail.row.id
        # What a hand is writing is not taken from under it: the rest follows when it is saved.
        if self._is_stale and not (is_same and (screen.is_saving or self.is_written_in)):
            self._fill()
        show_tallies(self._lines, screen.tally, screen.scanned)
        for act, button in self._buttons.items():
            button.setEnabled(button.is_permitted and not screen.is_saving)
            is_asked = screen.asked == act
            set_look(button, look="danger" if is_asked else self._look_of(act))
            button.say("action.really" if is_asked else code_of(act, self._kind))

    def export(self) -> None:
        """Ask where to, and write the document as a table, or as a page to print."""
        detail = self._detail
        if detail is None:
            return
        words = self._ui.texts.t("documents.export")
        path = ask_where(self, words, f"{detail.row.number}.xlsx", has_paper=True)
        if path is not None and path.suffix.lower() == ".pdf":
            draw = partial(write_paper, texts=self._ui.texts, font=self.font())
            self._presenter.write_paper(path, draw)
        elif path is not None:
            header = tuple(self._ui.texts.t(f"documents.table.{name}") for name in _HEADER)
            self._presenter.write_file(path, header)

    def import_lines(self) -> None:
        """Ask which table, and put its goods into the draft."""
        detail = self._detail
        if detail is None or detail.row.state != DocState.DRAFT:
            return
        words = self._ui.texts.t("documents.import")
        path = ask_which(self, words)
        if path is not None:
            self._presenter.take_file(path)

    def focus_code(self) -> None:
        """Put the keyboard where goods are typed."""
        if self._code.isVisible():
            self._code.setFocus()

    @property
    def _kind(self) -> str:
        return "" if self._detail is None else self._detail.row.kind

    def _look_of(self, act: str) -> str:
        return (
            "main"
            if self._detail is not None and acts_of(self._detail)[:1] == (act,) and act not in ASKED
            else "plain"
        )

    def _on_code(self) -> None:
        self._presenter.scan(self._code.text())
        self._code.clear()

    def _fill(self) -> None:
        self._is_stale = False
        detail = self._detail
        if detail is None:
            return
        row, ui = detail.row, self._ui
        self.title.show_text(f"{row.number}  {ui.texts.word('document.kind', row.kind)}")
        code = f"document.state.{row.state}"
        self._state.show_state(
            tone_of(row), f"{code}.{row.kind}" if row.state in (DocState.OPEN, DocState.PART) else code
        )
        self._what.show_text(" · ".join(part for part in self._facts(detail) if part))
        self._show_acts(detail)
        is_scanned = row.state in (DocState.DRAFT, DocState.OPEN, DocState.PART)
        self._code.setVisible(is_scanned)
        self._scan_hint.setVisible(is_scanned)
        self._scan_hint.say(f"documents.hint.{'draft' if row.state == DocState.DRAFT else 'open'}.{row.kind}")
        # A wrapped label in a fixed column is told its height, or its second line is cut.
        self._scan_hint.setMinimumHeight(self._scan_hint.heightForWidth(self.width() - _MARGINS))
        self._why_not.setVisible(row.state == DocState.TO_APPROVE)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(6)
        if row.state == DocState.DRAFT:
            column.addWidget(DraftHead(ui, self._presenter, detail))
        self._add_lines(column, detail)
        self._add_related(column, detail)
        _head(column, ui, "documents.history")
        for entry in told_history(detail.history):
            column.addWidget(_HistoryLine(ui, entry))
        column.addStretch(1)
        self.show_body(body)

    def _facts(self, detail: DocumentDetail) -> tuple[str, ...]:
        row, texts = detail.row, self._ui.texts
        expected = texts.t("documents.expected", day=day_text(row.expected_day)) if row.expected_day else ""
        is_draft = row.state == DocState.DRAFT
        return (
            place_words(row),
            "" if is_draft else row.supplier,
            "" if is_draft else row.reference,
            "" if is_draft else reason_words(row.reason, texts),
            expected,
            "" if is_draft else row.note,
            texts.t("documents.by", name=person_text(row.author, texts)),
            texts.t("documents.decided", name=person_text(detail.decided_by, texts)) if detail.decided_by else "",
        )

    def _show_acts(self, detail: DocumentDetail) -> None:
        empty(self._acts_grid)
        self._buttons = {}
        for act in acts_of(detail):
            key, icon = ACTS[act]
            button = ActionButton(
                self._ui,
                code_of(act, detail.row.kind),
                partial(self.press, act),
                icon=icon,
                key=key,
                look=self._look_of(act),
                name=f"documents.act.{act}",
                right=right_of(detail, act),
            )
            self._buttons[act] = button
            self._put(button)
        if detail.row.state == DocState.DRAFT:
            self._put(
                ActionButton(
                    self._ui,
                    "documents.import",
                    self.import_lines,
                    icon="inbox",
                    key="Ctrl+I",
                    name="documents.import",
                )
            )
        else:
            self._put(
                ActionButton(
                    self._ui,
                    "documents.export",
                    self.export,
                    icon="file-text",
                    key="Ctrl+E",
                    name="documents.export",
                    right=Right.USE_FILES,
                )
            )

    def _put(self, button: ActionButton) -> None:
        row, column = divmod(self._acts_grid.count(), _IN_A_ROW)
        self._acts_grid.addWidget(button, row, column)

    def press(self, act: str) -> None:
        """Do an act of the open document, if whoever is here may."""
        detail = self._detail
        if detail is None or act not in acts_of(detail):
            return
        right = right_of(detail, act)
        bad = next((field for field in self.findChildren(DayEntry) if field.isVisible() and field.is_bad), None)
        if bad is not None and act == "book":
            # Booked without the day that stands there it could not be corrected any more.
            bad.setFocus()
            bad.refuse()
        else:
            if_may(self._ui, self._presenter, right, lambda: self._presenter.act(act, self._why_not.text()))

    def _add_lines(self, column: QVBoxLayout, detail: DocumentDetail) -> None:
        ui = self._ui
        _head(column, ui, "documents.lines", n=len(detail.lines))
        self._lines = {}
        if not detail.lines:
            _say(column, ui, Phrase("documents.no_lines"), "secondary")
        for number, line in enumerate(detail.lines[:_SHOWN]):
            widget = make_line(ui, self._presenter, detail, line, f"documents.line.{number}")
            self._lines[line.id] = widget
            column.addWidget(widget)
        if len(detail.lines) > _SHOWN:
            _say(column, ui, Phrase("stock.and_more", {"n": len(detail.lines) - _SHOWN}), "secondary")

    def _add_related(self, column: QVBoxLayout, detail: DocumentDetail) -> None:
        ui = self._ui
        if not detail.related and detail.order_id is None:
            return
        _head(column, ui, "documents.related")
        if detail.order_id is not None:
            door = ActionButton(
                ui, "stock.to_order", self._presenter.open_order, icon="clipboard-list", name="documents.to_order"
            )
            door.say("stock.to_order", order_no=number_text(detail.order_no))
            column.addWidget(door)
        for number, other in enumerate(detail.related):
            button = ActionButton(
                ui,
                f"documents.tie.{other.tie}",
                partial(self._presenter.open, other.id),
                icon="scroll-text",
                name=f"documents.related.{number}",
            )
            kind = ui.texts.word("document.kind", other.kind)
            button.say(
                f"documents.tie.{other.tie}",
                number=other.number,
                kind=kind,
                state=state_word(other.kind, other.state, ui.texts),
            )
            column.addWidget(button)


class _HistoryLine(QWidget):
    """When, what, by whom."""

    def __init__(self, ui: Ui, entry: HistoryRow) -> None:
        super().__init__()
        at = PlainLabel(ui, "small")
        at.show_text(moment_text(entry.at))
        at.setFixedWidth(ui.scaled(84))
        what = PlainLabel(ui, wraps=True, keeps_lines=False, limit=260)
        facts = dict(entry.facts)
        what.show_text(ui.texts.say(Phrase(journal_code(entry.action, facts), facts, otherwise=entry.action)))
        who = PlainLabel(ui, "small", limit=30)
        who.show_text(person_text(entry.operator, ui.texts))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(at)
        row.addWidget(what, 1)
        row.addWidget(who)


def _head(column: QVBoxLayout, ui: Ui, code: str, **facts: object) -> None:
    column.addSpacing(8)
    _say(column, ui, Phrase(code, facts), "head")
    rule = QFrame()
    rule.setProperty("look", "rule")
    column.addWidget(rule)


def _say(column: QVBoxLayout, ui: Ui, phrase: Phrase, look: str) -> None:
    label = PlainLabel(ui, look, wraps=True, keeps_lines=False, limit=150)
    label.say_phrase(phrase)
    column.addWidget(label)
