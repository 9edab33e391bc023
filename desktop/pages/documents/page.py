"""The documents page: piles and kinds with counts, search, table, drawer. A scan counts into the open document."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt

from core.access.rights import Right
from core.inventory.documents.records import DocumentRow
from desktop.formats import person_text, time_text
from desktop.models.paged import Column
from desktop.pages.documents.drawer import DocumentDrawer
from desktop.pages.documents.forms import NewDocument, RulesForm
from desktop.pages.documents.presenter import DocumentsPresenter
from desktop.pages.documents.words import (
    ACTS,
    EVERY,
    KIND_CODES,
    PILE_CODES,
    acts_of,
    place_words,
    state_word,
    tone_of,
    units_words,
)
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton
from desktop.widgets.fields import ChipRow
from desktop.widgets.list_page import ListPage
from desktop.widgets.page import if_may


class DocumentsPage(ListPage[DocumentRow]):
    """Shows what the presenter lists."""

    def __init__(self, ui: Ui, presenter: DocumentsPresenter) -> None:
        super().__init__(ui, presenter, "documents", hint="documents.search", icon="scroll-text")
        self._presenter = presenter
        self._pointed_id = 0
        rules = self._button("documents.rules", presenter.begin_rules, "settings", "Ctrl+B", Right.CHANGE_SETTINGS)
        new = self._button("documents.new", presenter.begin_new, "plus", "Ctrl+N", Right.RECEIVE_STOCK)
        self._piles = ChipRow(ui, "document.pile", PILE_CODES, "documents.pile")
        self._piles.chosen.connect(presenter.choose_pile)
        self._kinds = ChipRow(ui, "document.kind", KIND_CODES, "documents.kind")
        self._kinds.chosen.connect(presenter.choose_kind)
        self.drawer = DocumentDrawer(ui, presenter)
        self.new_form = NewDocument(ui, presenter)
        self.rules_form = RulesForm(ui, presenter)
        self._compose(
            acts=(rules, new),
            above=(self._piles, self._kinds),
            beside=(self.drawer, self.new_form, self.rules_form),
        )
        presenter.on_begun = self.drawer.focus_code

    def _button(self, code: str, act: Callable[[], None], icon: str, key: str, right: Right) -> ActionButton:
        return ActionButton(self._ui, code, act, icon=icon, key=key, name=code, right=right)

    def _open(self, row: DocumentRow) -> None:
        self._presenter.open(row.id)

    def _on_first(self, rows: tuple[DocumentRow, ...], next_after: object, is_again: bool) -> None:
        super()._on_first(rows, next_after, is_again)
        self._point()

    def _point(self) -> None:
        """Mark the row of the open document: one that was begun or found by a scan was not chosen there."""
        detail = self._presenter.screen.detail
        if detail is not None and self._presenter.is_open(detail.row):
            self.table.point_at(self.model.place_of(detail.row))

    def _follows(self) -> bool:
        return super()._follows() and not self._presenter.stay()

    def _refresh_beside(self) -> None:
        self._presenter.refresh_beside()

    def _columns(self) -> tuple[Column[DocumentRow], ...]:
        texts = self._ui.texts
        return (
            Column("documents.column.state", lambda row: state_word(row.kind, row.state, texts), 128, tone=tone_of),
            Column("documents.column.number", lambda row: row.number, 124),
            Column("documents.column.kind", lambda row: texts.word("document.kind", row.kind), 96, spare=3),
            Column("documents.column.place", place_words, 120, stretch=True, spare=2),
            Column(
                "documents.column.supplier", lambda row: row.supplier or row.reference, 120, stretch=True, spare=4
            ),
            Column("documents.column.lines", lambda row: str(row.line_count), 56, is_right=True, spare=6),
            Column("documents.column.units", units_words, 84, is_right=True),
            Column("documents.column.author", lambda row: person_text(row.author, texts), 84, spare=5),
            Column("documents.column.at", lambda row: time_text(row.created_at, self._ui.now(), texts), 96),
        )

    # --- keys, scans --------------------------------------------------------------------------------------------

    def handle_scan(self, raw: str) -> None:
        """Goods count into the open document; a document's number opens it."""
        self._presenter.scan(raw)

    def _act_by(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        presenter = self._presenter
        with_ctrl: dict[Qt.Key, Callable[[], None]] = {
            Qt.Key.Key_N: partial(if_may, self._ui, presenter, Right.RECEIVE_STOCK, presenter.begin_new),
            Qt.Key.Key_B: partial(if_may, self._ui, presenter, Right.CHANGE_SETTINGS, presenter.begin_rules),
            Qt.Key.Key_E: self.drawer.export,
            Qt.Key.Key_I: self.drawer.import_lines,
        }
        if modifiers == Qt.KeyboardModifier.ControlModifier and key in with_ctrl:
            with_ctrl[key]()
            return True
        return modifiers == Qt.KeyboardModifier.NoModifier and self._press(key)

    def _press(self, key: Qt.Key) -> bool:
        """Do what the key stands for where the page stands; whether there was something."""
        screen = self._presenter.screen
        if key == Qt.Key.Key_F6 and screen.is_new:
            self.new_form.make()
            return True
        if key == Qt.Key.Key_F6 and screen.rules is not None:
            self.rules_form.save()
            return True
        if screen.detail is None:
            return False
        for act in acts_of(screen.detail):
            if getattr(Qt.Key, f"Key_{ACTS[act][0]}") == key:
                # What is being typed is part of what is booked: a field is saved when it is left.
                (self.table if self.table.isVisible() else self._search).setFocus()
                self.drawer.press(act)
                return True
        return False

    # --- showing ------------------------------------------------------------------------------------------------

    def _on_screen(self) -> None:
        screen = self._presenter.screen
        wanted = screen.wanted
        self._piles.choose(wanted.pile)
        self._kinds.choose(wanted.kind or EVERY)
        counts = screen.counts
        if counts is not None:
            self._piles.show_counts({code: counts.said(counts.by_pile.get(code, 0)) for code in PILE_CODES})
            by_kind = {code: counts.by_kind.get("" if code == EVERY else code, 0) for code in KIND_CODES}
            self._kinds.show_counts({code: counts.said(number) for code, number in by_kind.items()})
        is_found = bool(wanted.search) or wanted.pile != "all" or bool(wanted.kind)
        self._show_list("documents.nothing_found" if is_found else "documents.empty", search=wanted.search)
        self.new_form.show_screen()
        self.rules_form.show_screen()
        self.drawer.show_screen()
        if screen.detail is not None and screen.detail.row.id != self._pointed_id:
            self._point()
        self._pointed_id = 0 if screen.detail is None else screen.detail.row.id
