"""The form of a shop: its kind, what to do at the platform first, its name and access."""

from functools import partial

from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from core.sync.shop_views import ShopDraft, ShopSetting
from desktop.pages.shops.known import abilities_of, steps_of
from desktop.pages.shops.presenter import ShopsPresenter
from desktop.plain_text import visible
from desktop.texts import Phrase
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton, StatePill
from desktop.widgets.fields import Field, TickBox
from desktop.widgets.labels import PlainLabel
from desktop.widgets.layouts import empty


class ShopForm(QFrame):
    """A shop's kind, name and access; made anew for each kind."""

    def __init__(self, ui: Ui, presenter: ShopsPresenter) -> None:
        super().__init__()
        self._ui = ui
        self._presenter = presenter
        self._round = -1
        self._fields: dict[str, QLineEdit | TickBox] = {}
        self.setProperty("look", "card")
        self._title = PlainLabel(ui, "heading", name="shops.form.title")
        self._kind_row = QHBoxLayout()
        self._name = Field(ui, "shops.name", "shops.form.name", limit=40)
        self._name.returnPressed.connect(self.save)
        self._steps = QVBoxLayout()
        self._steps.setSpacing(4)
        self._grid_holder = QVBoxLayout()
        self._abilities = QVBoxLayout()
        self._abilities.setSpacing(4)
        self._fold = ActionButton(ui, "shops.unfold", partial(presenter.unfold, 0), name="shops.form.details")
        self._error = PlainLabel(ui, "secondary", wraps=True, name="shops.form.error")
        self._folded: tuple[str, bool] = ("", False)
        self._tried = StatePill(ui, name="shops.form.tried")
        self._hint = PlainLabel(ui, "secondary", wraps=True, name="shops.form.hint")
        self._hint.say("shops.form.hint")
        acts = QHBoxLayout()
        acts.addWidget(ActionButton(ui, "shops.try", self._try, icon="cloud-upload", name="shops.form.try"))
        acts.addWidget(self._tried)
        acts.addStretch(1)
        acts.addWidget(self._fold)
        acts.addWidget(ActionButton(ui, "action.save", self.save, look="main", key="Ctrl+S", name="shops.form.save"))
        acts.addWidget(
            ActionButton(ui, "action.cancel", partial(presenter.edit, None), key="Esc", name="shops.form.cancel")
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 14)
        column.setSpacing(8)
        column.addWidget(self._title)
        column.addLayout(self._kind_row)
        column.addLayout(self._steps)
        column.addWidget(self._name)
        column.addLayout(self._grid_holder)
        column.addWidget(self._hint)
        column.addLayout(acts)
        column.addWidget(self._error)
        column.addLayout(self._abilities)

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
        self._error.setVisible(bool(screen.topic))
        if screen.topic:
            todo = Phrase(f"shops.todo.{screen.topic}")
            facts = {"words": Phrase(f"shops.trouble.{screen.topic}"), "todo": todo}
            self._error.say("shops.form.refused", **facts, said=screen.said, code=screen.said_code or "—")
        if screen.editing is None:
            return
        self._show_abilities()
        if screen.round == self._round:
            return
        self._round = screen.round
        shop = screen.form_shop
        self._title.say("shops.form.change" if shop else "shops.form.new")
        typed = self._name.text() if shop is None and self._name.isVisible() else ""
        self._name.setText(shop.name if shop else typed)
        self._make_kinds()
        self._make_steps()
        self._make_fields()
        self._name.setFocus()

    def _make_steps(self) -> None:
        """What to do at the platform, for a new shop; the form of one that answers has no need of it."""
        screen = self._presenter.screen
        empty(self._steps)
        if screen.form_shop is None and screen.form_kind is not None:
            for line in steps_of(self._ui, screen.form_kind):
                self._steps.addWidget(line)

    def _show_abilities(self) -> None:
        screen = self._presenter.screen
        wanted = (screen.kind, screen.unfolded == 0)
        if wanted == self._folded:
            return
        self._folded = wanted
        empty(self._abilities)
        self._fold.say("shops.fold" if wanted[1] else "shops.unfold")
        if wanted[1] and screen.form_kind is not None:
            for line in abilities_of(self._ui, screen.form_kind, "shops.form"):
                self._abilities.addWidget(line)

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
        row = 0
        for setting in kind.settings:
            label = PlainLabel(self._ui)
            label.show_text(self._label_of(setting))
            grid.addWidget(label, row, 0)
            editor = self._editor(setting, kept.get(setting.name, ""), is_new=screen.form_shop is None)
            self._fields[setting.name] = editor
            grid.addWidget(editor, row, 1)
            row += 1
            hint = setting.hint_zh if self._ui.texts.language == "zh_CN" else setting.hint_en
            if setting.name == "base_url" and not setting.is_required:
                hint = " ".join(part for part in (hint, self._ui.texts.t("shops.form.relay")) if part)
            if hint:
                words = PlainLabel(self._ui, "small", wraps=True, name=f"shops.form.hint.{setting.name}")
                words.show_text(hint)
                grid.addWidget(words, row, 1)
                row += 1
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
            if setting.default:
                # What is taken where the field stays empty: the platform's own address.
                editor.setPlaceholderText(visible(setting.default))
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
