"""One SKU: its sentence, how it is told, its shops with what may be done there, what is planned and what was done."""

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from core.access.rights import Right
from core.desk.quotas import QuotaDetail
from core.inventory.quotas.records import ActRow, Planned
from desktop.formats import moment_text
from desktop.pages.quotas.plan_form import PlanForm
from desktop.pages.quotas.presenter import QuotaPresenter
from desktop.pages.quotas.shop_card import ShopCard, qty_box
from desktop.pages.quotas.words import sentence_text
from desktop.texts import Phrase
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton
from desktop.widgets.drawer import Drawer
from desktop.widgets.fields import NumberBox
from desktop.widgets.labels import ElidedLabel, PlainLabel, set_look
from desktop.widgets.layouts import put_away

#: acts a person reads at once
_SHOWN = 20
_WIDTH_PX = 480
_WIDEST_PX = 600


class QuotaDrawer(Drawer):
    """Shows a `QuotaDetail`."""

    def __init__(self, ui: Ui, presenter: QuotaPresenter) -> None:
        super().__init__(ui, "quotas.drawer", presenter.close)
        self._ui = ui
        self._presenter = presenter
        # Cards of shops stand in it, which are wider than lines.
        self.setFixedWidth(min(ui.scaled(_WIDTH_PX), _WIDEST_PX))
        self._shown: tuple[QuotaDetail | None, str] = (None, "")
        self._asked = ""
        self._is_stale = False
        self._cards: list[ShopCard] = []
        #: by shop the number of its next act, and what it was written for: the SKU, and the acts done before
        self._boxes: dict[int, NumberBox] = {}
        self._written_for: tuple[int, int] = (0, 0)
        self._what = ElidedLabel(ui, "secondary", name="quotas.drawer.what")
        self._sentence = PlainLabel(ui, "heading", wraps=True, name="quotas.drawer.sentence")
        self.top.addWidget(self._what)
        self.top.addWidget(self._sentence)
        self._form = PlanForm(ui, presenter)
        ui.retranslated.connect(self._fill)

    def show_detail(self, detail: QuotaDetail | None) -> None:
        """Show a SKU; the drawer hides without one."""
        shown = (detail, self._presenter.screen.asked)
        self.setVisible(detail is not None)
        if detail is not None:
            self._form.show_plan(detail)
        before, self._shown = self._shown[0], shown
        wanted_for = None if detail is None else (detail.sku.sku_id, self._presenter.screen.acts_done)
        self._is_stale = self._is_stale or (before, shown[1]) != (detail, self._asked)
        self._asked = shown[1]
        # A number is not taken from under the hand that writes it: the rest follows when it is written.
        if self._is_stale and not (wanted_for == self._written_for and self.is_written_in):
            self._fill()

    @Slot()
    def _on_written(self) -> None:
        if self._is_stale:
            self._fill()

    def save(self) -> None:
        """Save what the form says."""
        self._form.save()

    def focus_plan(self) -> None:
        """Put the keyboard into the form."""
        self._form.focus_first()

    def focus_shops(self) -> None:
        """Put the keyboard to the first shop."""
        if self._cards:
            self._cards[0].focus_first()

    def _fill(self) -> None:
        self._is_stale = False
        detail = self._shown[0]
        if detail is None:
            return
        ui, sku = self._ui, detail.sku
        self.title.show_text(sku.code)
        self._what.show_text("  ".join(part for part in (sku.name, sku.spec) if part))
        self._sentence.show_text(sentence_text(sku, ui.texts))
        worst = sku.worst_qty if sku.sentence is None else sku.sentence.worst_qty
        set_look(self._sentence, look="stop" if worst else "heading")
        focused = self.focused
        # The form is kept over a new body: what is being typed must not go.
        self._form.setParent(self)
        for box in self._boxes.values():
            box.setParent(self)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(6)
        self._propose(column, detail)
        _head(column, ui, "quotas.shops")
        if not sku.quotas:
            _say(column, ui, Phrase("quotas.no_shops"), "secondary")
        names = {one.shop_id: one.shop_name for one in sku.quotas}
        self._cards = [ShopCard(ui, self._presenter, one, self._box(sku.sku_id, one.shop_id)) for one in sku.quotas]
        for card in self._cards:
            column.addWidget(card)
        _head(column, ui, "quotas.how")
        column.addWidget(self._form)
        self._form.show()
        _head(column, ui, "quotas.planned")
        if not detail.planned:
            _say(column, ui, Phrase("quotas.nothing_planned"), "secondary")
        for planned in detail.planned:
            column.addWidget(_line(ui, *_planned_words(ui, planned)))
        if detail.acts:
            _head(column, ui, "quotas.acts")
        for shop_id, act in detail.acts[:_SHOWN]:
            column.addWidget(_line(ui, *_act_words(ui, act, names.get(shop_id, "—"))))
        if len(detail.acts) > _SHOWN:
            _say(column, ui, Phrase("list.first_of_more", {"n": _SHOWN}), "secondary")
        column.addStretch(1)
        self.show_body(body, focused)

    def _box(self, sku_id: int, shop_id: int) -> NumberBox:
        """The box of a shop: it is begun anew with another SKU and after each act, not with each reading."""
        wanted_for = (sku_id, self._presenter.screen.acts_done)
        if wanted_for != self._written_for:
            self._written_for = wanted_for
            for box in self._boxes.values():
                put_away(box)
            self._boxes = {}
        if shop_id not in self._boxes:
            self._boxes[shop_id] = qty_box(self._ui, shop_id)
            # Later: the cards are made anew, and with them the one that the box is in.
            self._boxes[shop_id].editingFinished.connect(self._on_written, Qt.ConnectionType.QueuedConnection)
        return self._boxes[shop_id]

    def _propose(self, column: QVBoxLayout, detail: QuotaDetail) -> None:
        ui, proposal = self._ui, detail.proposal
        if proposal.mode == detail.sku.mode:
            return
        words = PlainLabel(ui, "secondary", wraps=True, name="quotas.proposal")
        if proposal.days is None and proposal.reason != "no_shop":
            words.say(f"quotas.propose.{proposal.reason}_unsold")
        else:
            per_day = f"{proposal.per_day:.1f}".rstrip("0").rstrip(".")
            words.say(f"quotas.propose.{proposal.reason}", days=f"{proposal.days or 0:.0f}", per_day=per_day)
        row = QHBoxLayout()
        row.addWidget(words, 1)
        if proposal.reason != "no_shop":
            button = ActionButton(
                ui,
                f"quotas.propose.take.{proposal.mode}",
                self._presenter.take_proposal,
                icon="check",
                name="quotas.proposal.take",
                right=Right.SHARE_STOCK,
            )
            row.addWidget(button)
        column.addLayout(row)


def _planned_words(ui: Ui, planned: Planned) -> tuple[str, str, str]:
    what = ui.texts.t(f"quotas.act.{planned.kind}", n=planned.qty)
    why = ui.texts.word("quotas.reason", planned.reason)
    only = "" if planned.is_written else ui.texts.t("quotas.only_shown")
    return planned.shop_name, " · ".join(part for part in (what, why) if part), only


def _act_words(ui: Ui, act: ActRow, shop: str) -> tuple[str, str, str]:
    what = ui.texts.t(f"quotas.act.{act.kind}", n=act.qty)
    state = ui.texts.word("quotas.act_state", act.state)
    if act.done_qty is not None and act.done_qty != act.qty and act.state == "done" and act.kind != "push":
        state = ui.texts.t("quotas.act_done_part", n=act.done_qty)
    said = " · ".join(part for part in (what, ui.texts.word("quotas.reason", act.reason), act.error) if part)
    return f"{moment_text(act.created_at)}  {shop}", said, state


def _line(ui: Ui, left: str, middle: str, right: str) -> QFrame:
    frame = QFrame()
    who = PlainLabel(ui, "small", limit=60)
    who.show_text(left)
    what = PlainLabel(ui, "body", wraps=True, keeps_lines=False, limit=200)
    what.show_text(middle)
    end = PlainLabel(ui, "small")
    end.show_text(right)
    row = QHBoxLayout()
    row.addWidget(who, 1)
    row.addWidget(end)
    column = QVBoxLayout(frame)
    column.setContentsMargins(0, 2, 0, 2)
    column.setSpacing(0)
    column.addLayout(row)
    column.addWidget(what)
    return frame


def _head(column: QVBoxLayout, ui: Ui, code: str) -> None:
    column.addSpacing(8)
    _say(column, ui, Phrase(code), "head")
    rule = QFrame()
    rule.setProperty("look", "rule")
    column.addWidget(rule)


def _say(column: QVBoxLayout, ui: Ui, phrase: Phrase, look: str) -> None:
    label = PlainLabel(ui, look, wraps=True, keeps_lines=False, limit=200)
    label.say_phrase(phrase)
    column.addWidget(label)
