"""What stands beside the list: one listing with what it may be, the form of new goods, a table that was read."""

from functools import partial

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from core.access.rights import Right
from core.catalog.proposals import Proposal
from core.desk.listings import ListingDetail
from core.orders.listing_list import WaitingOrder
from desktop.formats import moment_text, number_text
from desktop.pages.listings.presenter import ListingsPresenter, NewGoods
from desktop.pages.listings.words import parts_of, price_words, qty_words, sale_words, state_code
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton
from desktop.widgets.drawer import Drawer
from desktop.widgets.fields import Field
from desktop.widgets.labels import ElidedLabel, PlainLabel

_SHOWN_ORDERS = 8
_SHOWN_REJECTED = 40
_FORM = ("code", "name", "spec", "barcode", "parts")


class ListingDrawer(Drawer):
    """Shows a `ListingDetail`, and matches what is meant: the marked listings, else this one."""

    def __init__(self, ui: Ui, presenter: ListingsPresenter) -> None:
        super().__init__(ui, "listings.drawer", presenter.close)
        self._ui = ui
        self._presenter = presenter
        self._shown: tuple[object, ...] = ()
        self._round = 0
        self._wants_code = False
        self._open_id: int | None = None
        self._about = PlainLabel(ui, "secondary", wraps=True, name="listings.drawer.about")
        self._code = Field(ui, "listings.field.sku", "listings.drawer.code", is_latin=True)
        self._code.returnPressed.connect(self.go_on)
        self._match = ActionButton(
            ui,
            "listings.do.match_this",
            self.go_on,
            look="main",
            icon="check",
            key="Ctrl+S",
            name="listings.drawer.match",
            right=Right.EDIT_PRODUCTS,
        )
        self._match_row = QWidget()
        row = QHBoxLayout(self._match_row)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._code, 1)
        row.addWidget(self._match)
        self._form = QWidget()
        self._fields = {name: Field(ui, f"listings.field.{name}", f"listings.form.{name}") for name in _FORM}
        self._make = ActionButton(
            ui,
            "listings.do.make",
            self.go_on,
            look="main",
            icon="package-plus",
            key="Ctrl+S",
            name="listings.form.make",
            right=Right.EDIT_PRODUCTS,
        )
        self._lay_out_form()
        self.top.addWidget(self._about)
        self.top.addWidget(self._match_row)
        self.top.addWidget(self._form)
        ui.retranslated.connect(self._fill)

    def _lay_out_form(self) -> None:
        column = QVBoxLayout(self._form)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        hint = PlainLabel(self._ui, "secondary", wraps=True)
        hint.say("listings.form.hint")
        column.addWidget(hint)
        for name, box in self._fields.items():
            word = PlainLabel(self._ui, "small")
            word.say(f"listings.field.{name}")
            column.addWidget(word)
            column.addWidget(box)
        column.addWidget(self._make)

    # --- what the page asks -------------------------------------------------------------------------------------

    def show_screen(self) -> None:
        """Show the open listing, or the form; the drawer hides without either."""
        screen = self._presenter.screen
        is_open = (screen.detail is not None or screen.new is not None) and screen.table is None
        self.setVisible(is_open)
        if not is_open:
            self._open_id = None
            self._wants_code = False
            return
        self._form.setVisible(screen.new is not None)
        self._match_row.setVisible(screen.new is None)
        is_asked = screen.asked.startswith("keep:")
        self._match.say("action.really" if is_asked else "listings.do.match_this")
        self._make.say("action.really" if is_asked else "listings.do.make")
        if screen.new is not None and screen.round != self._round:
            self._round = screen.round
            for name, box in self._fields.items():
                box.setText(getattr(screen.new, name))
            self._fields["code"].setFocus()
            self._fields["code"].selectAll()
        open_id = None if screen.detail is None else screen.detail.row.id
        if open_id != self._open_id:
            self._open_id = open_id
            self._code.clear()
        shown = (screen.detail, len(screen.meant), screen.new is not None, screen.asked)
        if shown != self._shown:
            self._shown = shown
            self._fill()
        if self._wants_code and screen.new is None:
            self._wants_code = False
            self._code.setFocus()

    def focus_code(self) -> None:
        """Put the keyboard into the code, as soon as the drawer is there."""
        if self.isVisible() and self._presenter.screen.new is None:
            self._code.setFocus()
            self._code.selectAll()
        else:
            self._wants_code = True

    def take(self, code: str) -> None:
        """A scanned code is the goods'."""
        self._code.setText(code)

    @Slot()
    def go_on(self) -> None:
        """Match to the code that was typed, or make what the form says."""
        if self._presenter.screen.new is None:
            if self._match.is_permitted:
                self._presenter.match_code(self._code.text())
        elif self._make.is_permitted:
            form = NewGoods(*(self._fields[name].text() for name in _FORM))
            self._presenter.make(form, parts_of(form.parts))

    # --- filling ------------------------------------------------------------------------------------------------

    @Slot()
    def _fill(self) -> None:
        screen = self._presenter.screen
        count = len(screen.meant)
        # The form of new goods for several listings is not about the open one.
        detail = None if screen.new is not None and count > 1 else screen.detail
        if detail is None:
            if screen.meant:
                self.title.show_text(screen.meant[0].title)
            self._about.say("listings.about_many" if count > 1 else "listings.about_one", n=count)
            self.show_body(QWidget())
            return
        self.title.show_text(detail.row.title)
        self._about.say("listings.about_many" if count > 1 else "listings.about_one", n=count)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(6)
        self._say_facts(column, detail)
        self._offer(column, detail.proposals)
        if detail.orders:
            self._head(column, "listings.orders", n=detail.row.waiting_count)
            for order in detail.orders[:_SHOWN_ORDERS]:
                column.addWidget(self._order(order))
        column.addStretch(1)
        self.show_body(body)

    def _head(self, column: QVBoxLayout, code: str, **facts: object) -> None:
        words = PlainLabel(self._ui, "heading")
        words.say(code, **facts)
        column.addWidget(words)

    def _say_facts(self, column: QVBoxLayout, detail: ListingDetail) -> None:
        row, texts = detail.row, self._ui.texts
        state = PlainLabel(
            self._ui, "stop" if state_code(row) == "waiting" else "heading", wraps=True, name="listings.drawer.state"
        )
        state.say(f"listings.tell.{state_code(row)}", n=row.waiting_count, code=row.sku_code, name=row.sku_name)
        column.addWidget(state)
        seen = texts.t("listings.never_seen") if row.seen_at is None else moment_text(row.seen_at)
        for code, value in (
            ("spec", row.spec),
            ("shop", row.shop_name),
            ("code", row.merchant_code),
            ("barcode", row.barcode),
            ("item", row.item_id),
            ("channel_sku", row.channel_sku_id),
            ("price", price_words(row)),
            ("qty", qty_words(row)),
            ("sale", sale_words(row, texts)),
            ("seen", seen),
            ("vanished", "" if row.vanished_at is None else moment_text(row.vanished_at)),
        ):
            if value:
                line = PlainLabel(self._ui, "secondary", wraps=True)
                line.show_text(texts.t("listings.fact", what=texts.t(f"listings.column.{code}"), value=value))
                column.addWidget(line)

    def _offer(self, column: QVBoxLayout, proposals: tuple[Proposal, ...]) -> None:
        others = [one for one in proposals if one.sku_id != self._sku_id]
        if not others or self._presenter.screen.new is not None:
            return
        self._head(column, "listings.proposals")
        for one in others:
            card = QFrame()
            card.setProperty("look", "card")
            inner = QHBoxLayout(card)
            inner.setContentsMargins(10, 6, 10, 6)
            words = QVBoxLayout()
            name = ElidedLabel(self._ui, "body")
            name.show_text("  ".join(part for part in (one.code, one.name, one.spec) if part))
            why = PlainLabel(self._ui, "small")
            why.say(f"listings.why.{one.why.value}")
            words.addWidget(name)
            words.addWidget(why)
            inner.addLayout(words, 1)
            inner.addWidget(
                ActionButton(
                    self._ui,
                    "action.really" if f"sku:{one.sku_id}:" in self._presenter.screen.asked else "listings.do.take",
                    partial(self._presenter.match_sku, one.sku_id),
                    icon="check",
                    name=f"listings.take.{one.sku_id}",
                    right=Right.EDIT_PRODUCTS,
                )
            )
            column.addWidget(card)

    @property
    def _sku_id(self) -> int | None:
        detail = self._presenter.screen.detail
        return None if detail is None else detail.row.sku_id

    def _order(self, order: WaitingOrder) -> QWidget:
        until = "" if order.ship_by_at is None else moment_text(order.ship_by_at)
        button = ActionButton(
            self._ui, "listings.order", partial(self._presenter.on_order, order.id), name=f"listings.order.{order.id}"
        )
        button.say("listings.order", no=number_text(order.order_no), n=order.qty, until=until or "—")
        return button


class TableDrawer(Drawer):
    """A table that was read: what it would change, and which of its rows are wrong."""

    def __init__(self, ui: Ui, presenter: ListingsPresenter) -> None:
        super().__init__(ui, "listings.import.drawer", presenter.close)
        self._ui = ui
        self._presenter = presenter
        self._shown: object = None
        self._said = PlainLabel(ui, "heading", wraps=True, name="listings.import.said")
        self._take = ActionButton(
            ui,
            "listings.do.take_table",
            presenter.take_table,
            look="main",
            icon="check",
            key="Ctrl+S",
            name="listings.import.take",
            right=Right.EDIT_PRODUCTS,
        )
        self.top.addWidget(self._said)
        self.top.addWidget(self._take)
        ui.retranslated.connect(self._fill)

    def show_screen(self) -> None:
        """Show the table; the drawer hides without one."""
        screen = self._presenter.screen
        self.setVisible(screen.table is not None)
        self._take.say("action.really" if screen.asked.startswith("keep:table") else "listings.do.take_table")
        if screen.table is not None and screen.table is not self._shown:
            self._shown = screen.table
            self._fill()
            self._take.setFocus()

    @Slot()
    def _fill(self) -> None:
        table = self._presenter.screen.table
        if table is None:
            return
        self.title.show_text(table.file)
        facts: dict[str, object] = {"n": len(table.wanted), "same": table.same_count, "bad": len(table.rejected)}
        self._said.say("listings.table.rejected" if table.rejected else "listings.table.fine", **facts)
        self._take.setVisible(bool(table.wanted) and not table.rejected)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(4)
        texts = self._ui.texts
        for one in table.rejected[:_SHOWN_REJECTED]:
            line = PlainLabel(self._ui, "body", wraps=True)
            why = texts.t(f"files.reason.{one.reason}")
            line.show_text(texts.t("listings.table.row", row=one.row, column=one.column, why=why, shown=one.shown))
            column.addWidget(line)
        more = len(table.rejected) - _SHOWN_REJECTED
        if more > 0:
            line = PlainLabel(self._ui, "secondary")
            line.say("listings.table.more", n=more)
            column.addWidget(line)
        column.addStretch(1)
        self.show_body(body)
