"""The gateways: a card each, and the form of one."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from core.access.rights import Right
from core.payments.records import KINDS, ORDER_NO, GatewayDraft, GatewayField, GatewayView
from desktop.formats import age_text
from desktop.pages.payments.presenter import PaymentsPresenter
from desktop.pages.payments.words import fault_words
from desktop.plain_text import visible
from desktop.ui import Ui
from desktop.widgets.ask_where import ask_which
from desktop.widgets.controls import ActionButton, EmptyState, StatePill
from desktop.widgets.fields import ChoiceBox, Field
from desktop.widgets.labels import ElidedLabel, PlainLabel
from desktop.widgets.layouts import empty, refill
from desktop.widgets.ticking import while_shown

_KEY_BYTES = 16_000
_RIGHT = Right.CHANGE_SETTINGS


class GatewaysPart(QWidget):
    """Cards, the form above them, and what to do where there is none."""

    def __init__(self, ui: Ui, presenter: PaymentsPresenter) -> None:
        super().__init__()
        self._ui = ui
        self._presenter = presenter
        self._shown: tuple[GatewayView, ...] | None = None
        self.form = GatewayForm(ui, presenter)
        self._cards = QVBoxLayout()
        self._cards.setSpacing(8)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 8, 0)
        column.addWidget(self.form)
        column.addLayout(self._cards)
        column.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(inside)
        self._empty = EmptyState(ui, "store", "payments.empty.gateways", "payments.empty.gateways")
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._scroll, 1)
        whole.addWidget(self._empty, 1)
        ui.retranslated.connect(self._on_retranslated)

    def show_screen(self) -> None:
        """Show the gateways there are."""
        screen = self._presenter.screen
        is_empty = screen.is_known and not screen.gateways and screen.editing is None
        self._empty.setVisible(is_empty)
        self._scroll.setVisible(not is_empty)
        self.form.show_screen()
        if screen.gateways != self._shown:
            self._shown = screen.gateways
            refill(self._cards, [_GatewayCard(self._ui, self._presenter, one) for one in screen.gateways])

    @Slot()
    def _on_retranslated(self) -> None:
        self._shown = None
        self.show_screen()


class _GatewayCard(QFrame):
    """One gateway: whose, how it answers, and its acts."""

    def __init__(self, ui: Ui, presenter: PaymentsPresenter, gateway: GatewayView) -> None:
        super().__init__()
        self.setProperty("look", "card")
        name = f"payments.gateway.{gateway.id}"
        self.setObjectName(name)
        title = ElidedLabel(ui, "heading", name=f"{name}.title")
        title.show_text(f"{gateway.shop_name} · {ui.texts.word('payments.kind', gateway.kind)}")
        state = StatePill(ui, name=f"{name}.state")

        def say_state() -> None:
            age = age_text(gateway.last_good_at, ui.now(), ui.texts)
            if not gateway.is_active:
                state.show_state("quiet", "payments.gateway.off")
            elif gateway.last_error:
                state.show_state("stop", "payments.gateway.silent", age=age)
            elif gateway.last_good_at is None:
                state.show_state("quiet", "payments.gateway.never")
            else:
                state.show_state("good", "payments.gateway.good", age=age)

        say_state()
        while_shown(state, say_state)
        first = QHBoxLayout()
        first.addWidget(title, 1)
        first.addWidget(state)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 10, 16, 12)
        column.addLayout(first)
        if gateway.last_error:
            error = PlainLabel(ui, "secondary", wraps=True, keeps_lines=False, limit=200, name=f"{name}.error")
            error.say("shops.last_error", words=fault_words(gateway.last_error, ui.texts))
            column.addWidget(error)
        account = gateway.settings.get("mchid") or gateway.settings.get("app_id", "")
        told = PlainLabel(ui, "secondary", wraps=True, name=f"{name}.told")
        told.say("payments.gateway.told", account=account, template=gateway.template)
        column.addWidget(told)
        acts = QHBoxLayout()
        edit = partial(presenter.edit, gateway.shop_id, gateway.kind)
        acts.addWidget(ActionButton(ui, "action.change", edit, name=f"{name}.edit", right=_RIGHT))
        code = "payments.pause" if gateway.is_active else "payments.go_on"
        acts.addWidget(
            ActionButton(ui, code, partial(presenter.set_active, gateway), name=f"{name}.active", right=_RIGHT)
        )
        acts.addStretch(1)
        column.addLayout(acts)


class _KeyBox(QWidget):
    """A key in several lines, pasted or out of a file."""

    def __init__(self, ui: Ui, code: str, name: str) -> None:
        super().__init__()
        self._ui = ui
        self._box = QPlainTextEdit()
        self._box.setObjectName(name)
        self._box.setTabChangesFocus(True)
        self._box.setFixedHeight(ui.scaled(64))
        self._box.setPlaceholderText(visible(ui.texts.t(code)))
        self._box.setAccessibleName(visible(ui.texts.t(code)))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._box, 1)
        pick = ActionButton(ui, "payments.key_file", self._on_file, icon="folder-open", name=f"{name}.file")
        row.addWidget(pick, alignment=Qt.AlignmentFlag.AlignTop)

    def text(self) -> str:
        """What stands here."""
        return self._box.toPlainText()

    def put(self, text: str) -> None:
        """Show a text."""
        self._box.setPlainText(text)

    def _on_file(self) -> None:
        path = ask_which(self, self._ui.texts.t("payments.key_file"), ("pem", "txt", "*"))
        if path is not None:
            self.take(path)

    def take(self, path: Path) -> None:
        """Read a key out of a file; one that is no text is no key, and is told when it is saved."""
        with path.open("rb") as file:
            self.put(file.read(_KEY_BYTES).decode("utf-8", "replace"))


class GatewayForm(QFrame):
    """Shop, kind and keys of a gateway; made anew for each kind."""

    def __init__(self, ui: Ui, presenter: PaymentsPresenter) -> None:
        super().__init__()
        self._ui = ui
        self._presenter = presenter
        self._round = -1
        self._editors: dict[str, QLineEdit | _KeyBox] = {}
        self.setProperty("look", "card")
        self.setObjectName("payments.form")
        self._title = PlainLabel(ui, "heading", name="payments.form.title")
        self._shop = ChoiceBox(ui, "payments.shop", (), "payments.form.shop")
        self._kind = ChoiceBox(ui, "payments.kind", tuple(KINDS), "payments.form.kind")
        self._kind.picked.connect(self._on_kind)
        self._holder = QVBoxLayout()
        self._template = Field(ui, "payments.template", "payments.form.template", is_latin=True, limit=60)
        self._tried = StatePill(ui, name="payments.form.tried")
        hint = PlainLabel(ui, "secondary", wraps=True, name="payments.form.hint")
        hint.say("payments.form.hint")
        top = QHBoxLayout()
        top.addWidget(self._shop, 1)
        top.addWidget(self._kind, 1)
        acts = QHBoxLayout()
        acts.addWidget(ActionButton(ui, "shops.try", self._try, icon="cloud-upload", name="payments.form.try"))
        acts.addWidget(self._tried)
        acts.addStretch(1)
        save = ActionButton(ui, "action.save", self.save, look="main", key="Ctrl+S", name="payments.form.save")
        acts.addWidget(save)
        close = partial(presenter.edit, None)
        acts.addWidget(ActionButton(ui, "action.cancel", close, key="Esc", name="payments.form.cancel"))
        words = PlainLabel(ui)
        words.say("payments.template.label")
        made = QHBoxLayout()
        made.addWidget(words)
        made.addWidget(self._template, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 14)
        column.setSpacing(8)
        column.addWidget(self._title)
        column.addLayout(top)
        column.addLayout(self._holder)
        column.addLayout(made)
        column.addWidget(hint)
        column.addLayout(acts)

    def save(self) -> None:
        """Keep what is entered."""
        if self._presenter.screen.editing is not None:
            self._presenter.save(self.draft())

    def show_screen(self) -> None:
        """Open, close, fill; what is being typed is left alone."""
        screen = self._presenter.screen
        self.setVisible(screen.editing is not None)
        self._tried.setVisible(screen.tried is not None or screen.is_busy)
        if screen.is_busy:
            self._tried.show_state("busy", "payments.trying")
        elif screen.tried is not None:
            word = "yes" if screen.tried else "no"
            self._tried.show_state("good" if screen.tried else "stop", f"shops.tried.{word}")
        if screen.round == self._round:
            return
        self._round = screen.round
        if screen.editing is None:
            # Keys do not stay on screen.
            empty(self._holder)
            self._editors = {}
            return
        shop_id, kind = screen.editing
        is_new = screen.form_gateway is None
        self._title.say("payments.form.new" if is_new else "payments.form.change")
        self._fill_shops(shop_id)
        self._kind.choose(kind)
        self._shop.setEnabled(is_new)
        self._kind.setEnabled(is_new)
        self._template.setText(ORDER_NO if is_new or screen.form_gateway is None else screen.form_gateway.template)
        self._make_fields(kind)
        self._shop.setFocus()

    def draft(self) -> GatewayDraft:
        """What is entered."""
        kind = self._kind.value()
        settings: dict[str, str] = {}
        secrets: dict[str, str] = {}
        for one in KINDS[kind]:
            (secrets if one.is_secret else settings)[one.name] = self._editors[one.name].text().strip()
        shop_id = int(self._shop.value()) if self._shop.count() else 0
        return GatewayDraft(shop_id, kind, settings, secrets, self._template.text().strip())

    def _fill_shops(self, shop_id: int) -> None:
        names = {str(shop.id): shop.name for shop in self._presenter.screen.shops}
        self._shop.offer(tuple(names), names)
        self._shop.setCurrentIndex(max(self._shop.findData(str(shop_id)), 0))

    @Slot(str)
    def _on_kind(self, kind: str) -> None:
        self._make_fields(kind)

    def _make_fields(self, kind: str) -> None:
        empty(self._holder)
        self._editors = {}
        gateway = self._presenter.screen.form_gateway
        holder = QWidget()
        grid = QGridLayout(holder)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setColumnStretch(1, 1)
        for row, one in enumerate(KINDS[kind]):
            label = PlainLabel(self._ui)
            label.say(f"payments.field.{kind}.{one.name}")
            grid.addWidget(label, row, 0)
            editor = self._editor(one, "" if gateway is None else gateway.settings.get(one.name, ""), gateway)
            self._editors[one.name] = editor
            grid.addWidget(editor, row, 1)
        self._holder.addWidget(holder)

    def _editor(self, one: GatewayField, value: str, gateway: GatewayView | None) -> QLineEdit | _KeyBox:
        name = f"payments.form.{one.name}"
        is_kept = one.is_secret and gateway is not None
        if one.kind in {"pem", "secret_pem"}:
            box = _KeyBox(self._ui, "shops.secret_kept" if is_kept else "payments.paste_key", name)
            box.put(value)
            return box
        code = "shops.secret_kept" if is_kept else "shops.setting" if one.is_required else "payments.usual"
        field = Field(self._ui, code, name, is_latin=True, limit=500)
        if one.is_secret:
            field.setEchoMode(QLineEdit.EchoMode.Password)
        else:
            field.setText(value)
        return field

    def _try(self) -> None:
        self._presenter.try_gateway(self.draft())
