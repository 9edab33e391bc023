"""The page of shops: a card a shop, and the form of one."""

from functools import partial

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from core.sync.shop_views import ShopDraft, ShopSetting, ShopView
from desktop.formats import age_text
from desktop.pages.shops.presenter import ShopsPresenter
from desktop.texts import Phrase
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton, EmptyState, StatePill
from desktop.widgets.fields import ChoiceBox, Field, TickBox
from desktop.widgets.labels import ElidedLabel, PlainLabel
from desktop.widgets.layouts import empty
from desktop.widgets.page import PageWidget

_TONES = {"good": "good", "notice": "notice", "stop": "stop", "off": "quiet"}
_MOMENTS = ("print", "outbound", "handover")


class ShopsPage(PageWidget):
    """Shows the presenter's shops."""

    def __init__(self, ui: Ui, presenter: ShopsPresenter) -> None:
        super().__init__()
        self._ui = ui
        self._presenter = presenter
        self._shown: tuple[ShopView, ...] | None = None
        self.setObjectName("shops")
        title = PlainLabel(ui, "title", name="shops.title")
        title.say("page.shops")
        refresh = ActionButton(
            ui, "action.refresh", presenter.look, icon="refresh-cw", key="F5", name="shops.refresh"
        )
        add = ActionButton(
            ui, "shops.add", partial(presenter.edit, 0), look="main", icon="plus", key="F6", name="shops.add"
        )
        head = QHBoxLayout()
        head.addWidget(title)
        head.addStretch(1)
        head.addWidget(refresh)
        head.addWidget(add)
        self._form = _Form(ui, presenter)
        self._cards = QVBoxLayout()
        self._cards.setSpacing(8)
        self._cards.setContentsMargins(0, 0, 8, 0)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._form)
        column.addLayout(self._cards)
        column.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(inside)
        self._empty = EmptyState(ui, "store", "shops.empty", "shops.empty")
        whole = QVBoxLayout(self)
        whole.setContentsMargins(16, 14, 16, 12)
        whole.setSpacing(10)
        whole.addLayout(head)
        whole.addWidget(self._scroll, 1)
        whole.addWidget(self._empty, 1)
        presenter.on_screen = self._on_screen
        ui.retranslated.connect(self._on_retranslated)
        self._on_screen()

    def handle_scan(self, raw: str) -> None:
        """Scans mean nothing here; the shell sends them where they belong."""

    def handle_command(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        """What each key does here is on the key sheet (`widgets.key_sheet`)."""
        if key == Qt.Key.Key_F5:
            self._presenter.look()
        elif key == Qt.Key.Key_F6:
            self._presenter.edit(0)
        elif key == Qt.Key.Key_S and modifiers == Qt.KeyboardModifier.ControlModifier:
            self._form.save()
        else:
            return False
        return True

    def handle_changed(self) -> None:
        """A pull ended somewhere."""
        self._presenter.look()

    def handle_back(self) -> bool:
        """Esc closes the form."""
        if self._presenter.screen.editing is not None:
            self._presenter.edit(None)
            return True
        return False

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  Qt's name
        """Read the shops."""
        super().showEvent(event)
        self._presenter.look()

    @Slot()
    def _on_retranslated(self) -> None:
        self._shown = None
        self._on_screen()

    @Slot()
    def _on_screen(self) -> None:
        screen = self._presenter.screen
        is_empty = screen.is_known and not screen.shops and screen.editing is None
        self._empty.setVisible(is_empty)
        self._scroll.setVisible(not is_empty)
        self._form.show_screen()
        if screen.shops != self._shown:
            self._shown = screen.shops
            focused = self.focusWidget()
            name = "" if focused is None else focused.objectName()
            empty(self._cards)
            for shop in screen.shops:
                self._cards.addWidget(_ShopCard(self._ui, self._presenter, shop))
            again = self.findChild(QWidget, name) if name else None
            if again is not None:
                again.setFocus()


class _ShopCard(QFrame):
    """One shop: how it is heard, and what it hears from us."""

    def __init__(self, ui: Ui, presenter: ShopsPresenter, shop: ShopView) -> None:
        super().__init__()
        self.setProperty("look", "card")
        self.setObjectName(f"shops.card.{shop.id}")
        name = f"shops.{shop.id}"
        title = ElidedLabel(ui, "heading", name=f"{name}.name")
        title.show_text(shop.name)
        state = StatePill(ui, name=f"{name}.state")
        age = age_text(shop.last_good_pull_at, ui.now(), ui.texts)
        is_new = shop.last_good_pull_at is None and shop.state != "off"
        word = "not_asked" if not shop.is_asked else "never" if is_new else shop.state
        state.show_state("quiet" if not shop.is_asked else _TONES[shop.state], f"shops.state.{word}", age=age)
        first = QHBoxLayout()
        first.addWidget(title, 1)
        first.addWidget(state)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 10, 16, 12)
        column.addLayout(first)
        if shop.last_error and shop.is_asked:
            error = PlainLabel(ui, "secondary", wraps=True, keeps_lines=False, limit=200, name=f"{name}.error")
            error.say("shops.last_error", words=shop.last_error)
            column.addWidget(error)
        told = PlainLabel(ui, "secondary", wraps=True, name=f"{name}.told")
        told.say("shops.told" if shop.confirms else "shops.read_only")
        if not shop.is_asked:
            told.say("shops.nobody_asked")
        column.addWidget(told)
        if shop.prints_elsewhere:
            elsewhere = PlainLabel(ui, "secondary", wraps=True, name=f"{name}.elsewhere_told")
            elsewhere.say("shops.prints_elsewhere")
            column.addWidget(elsewhere)
        labels = "shops.elsewhere.stop" if shop.prints_elsewhere else "shops.elsewhere.start"
        prints = ActionButton(ui, labels, partial(presenter.set_prints_elsewhere, shop), name=f"{name}.elsewhere")
        column.addLayout(self._acts(ui, presenter, shop, name, prints))

    def _acts(
        self, ui: Ui, presenter: ShopsPresenter, shop: ShopView, name: str, prints: ActionButton
    ) -> QHBoxLayout:
        row = QHBoxLayout()
        if not shop.is_asked:
            row.addWidget(prints)
            row.addStretch(1)
            return row
        pulled = "shops.pause" if shop.is_pulled else "shops.go_on"
        row.addWidget(ActionButton(ui, "action.change", partial(presenter.edit, shop.id), name=f"{name}.edit"))
        row.addWidget(ActionButton(ui, pulled, partial(presenter.set_pulled, shop), name=f"{name}.pulled"))
        confirms = "shops.stop_confirming" if shop.confirms else "shops.start_confirming"
        row.addWidget(ActionButton(ui, confirms, partial(presenter.set_confirms, shop), name=f"{name}.confirms"))
        row.addWidget(prints)
        row.addStretch(1)
        when = PlainLabel(ui, "secondary")
        when.say("shops.confirm_at")
        moment = ChoiceBox(ui, "shops.moment", _MOMENTS, f"{name}.moment")
        moment.choose(shop.confirm_at)
        moment.picked.connect(partial(presenter.set_confirm_at, shop))
        row.addWidget(when)
        row.addWidget(moment)
        return row


class _Form(QFrame):
    """A shop's kind, name and access; made anew for each kind."""

    def __init__(self, ui: Ui, presenter: ShopsPresenter) -> None:
        super().__init__()
        self._ui = ui
        self._presenter = presenter
        self._round = -1
        self._kinds: tuple[str, ...] = ()
        self._fields: dict[str, QLineEdit | TickBox] = {}
        self.setProperty("look", "card")
        self._title = PlainLabel(ui, "heading", name="shops.form.title")
        self._kind_row = QHBoxLayout()
        self._name = Field(ui, "shops.name", "shops.form.name", limit=40)
        self._name.returnPressed.connect(self.save)
        self._grid_holder = QVBoxLayout()
        self._tried = StatePill(ui, name="shops.form.tried")
        self._hint = PlainLabel(ui, "secondary", wraps=True, name="shops.form.hint")
        self._hint.say("shops.form.hint")
        acts = QHBoxLayout()
        acts.addWidget(ActionButton(ui, "shops.try", self._try, icon="cloud-upload", name="shops.form.try"))
        acts.addWidget(self._tried)
        acts.addStretch(1)
        acts.addWidget(ActionButton(ui, "action.save", self.save, look="main", key="Ctrl+S", name="shops.form.save"))
        acts.addWidget(
            ActionButton(ui, "action.cancel", partial(presenter.edit, None), key="Esc", name="shops.form.cancel")
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 14)
        column.setSpacing(8)
        column.addWidget(self._title)
        column.addLayout(self._kind_row)
        column.addWidget(self._name)
        column.addLayout(self._grid_holder)
        column.addWidget(self._hint)
        column.addLayout(acts)

    def save(self) -> None:
        """Store what is entered."""
        self._presenter.save(self._draft())

    def show_screen(self) -> None:
        """Open, close, fill; what is being typed is left alone."""
        screen = self._presenter.screen
        self.setVisible(screen.editing is not None)
        self._tried.setVisible(screen.tried is not None or screen.is_busy)
        if screen.is_busy:
            self._tried.show_state("busy", "shops.trying")
        elif screen.tried is not None:
            self._tried.show_state(
                "good" if screen.tried else "stop", f"shops.tried.{'yes' if screen.tried else 'no'}"
            )
        if screen.editing is None or screen.round == self._round:
            return
        self._round = screen.round
        shop = screen.form_shop
        self._title.say("shops.form.change" if shop else "shops.form.new")
        typed = self._name.text() if shop is None and self._name.isVisible() else ""
        self._name.setText(shop.name if shop else typed)
        self._make_kinds()
        self._make_fields()
        self._name.setFocus()

    def _make_kinds(self) -> None:
        """One button a kind; an existing shop keeps its own."""
        screen = self._presenter.screen
        empty(self._kind_row)
        if screen.form_shop is not None:
            return
        for kind in screen.kinds:
            label = kind.label_zh if self._ui.texts.language == "zh_CN" else kind.label_en
            look = "main" if kind.id == screen.kind else "plain"
            button = ActionButton(
                self._ui,
                "shops.kind",
                partial(self._presenter.choose_kind, kind.id),
                look=look,
                name=f"shops.form.kind.{kind.id}",
            )
            button.say("shops.kind", name=label)
            self._kind_row.addWidget(button)
        self._kind_row.addStretch(1)

    def _make_fields(self) -> None:
        screen = self._presenter.screen
        empty(self._grid_holder)
        self._fields = {}
        kind = screen.form_kind
        if kind is None:
            return
        holder = QWidget()
        grid = QGridLayout(holder)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setColumnStretch(1, 1)
        kept = screen.form_shop.settings if screen.form_shop else {}
        for row, setting in enumerate(kind.settings):
            label = PlainLabel(self._ui)
            label.show_text(self._label_of(setting))
            grid.addWidget(label, row, 0)
            editor = self._editor(setting, kept.get(setting.name, ""), is_new=screen.form_shop is None)
            self._fields[setting.name] = editor
            grid.addWidget(editor, row, 1)
        self._grid_holder.addWidget(holder)

    def _label_of(self, setting: ShopSetting) -> str:
        is_chinese = self._ui.texts.language == "zh_CN"
        label = setting.label_zh if is_chinese else setting.label_en
        if setting.is_required or setting.kind == "flag":
            return label
        return self._ui.texts.say(Phrase("shops.optional", {"name": label}))

    def _editor(self, setting: ShopSetting, value: str, *, is_new: bool) -> QLineEdit | TickBox:
        name = f"shops.form.setting.{setting.name}"
        if setting.kind == "flag":
            tick = TickBox(self._ui, "settings.on", name)
            tick.setChecked(value == "1")
            return tick
        is_secret = setting.kind == "secret"
        code = "shops.secret_kept" if is_secret and not is_new else "shops.setting"
        editor = Field(self._ui, code, name, is_latin=True, limit=500)
        if is_secret:
            editor.setEchoMode(QLineEdit.EchoMode.Password)
        else:
            editor.setText(value)
        return editor

    def _draft(self) -> ShopDraft:
        kind = self._presenter.screen.form_kind
        settings: dict[str, str] = {}
        secrets: dict[str, str] = {}
        for setting in () if kind is None else kind.settings:
            editor = self._fields[setting.name]
            value = ("1" if editor.isChecked() else "") if isinstance(editor, TickBox) else editor.text().strip()
            (secrets if setting.kind == "secret" else settings)[setting.name] = value
        return ShopDraft("" if kind is None else kind.id, self._name.text().strip(), settings, secrets)

    def _try(self) -> None:
        self._presenter.try_access(self._draft())
