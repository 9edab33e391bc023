"""The top strip: is all well outside, is the printer well, what waits, who is here."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QSizePolicy, QWidget

from core.sync.records import ShopLight, StatusView
from desktop.formats import age_text
from desktop.texts import Phrase
from desktop.ui import Ui
from desktop.widgets.controls import LightButton

if TYPE_CHECKING:
    from core.access.records import Session

_TONES: Final = {"good": "good", "notice": "notice", "stop": "stop", "off": "quiet", "waits": "notice"}
_SHOPS_SHOWN: Final = 5
#: more shops than this may not all fit: then trouble stands first
_SHOPS_FIT: Final = 3
_NAME_CHARS: Final = 14
_HEIGHT: Final = 42


class Strip(QFrame):
    """Lights; a press on one opens its story."""

    def __init__(
        self,
        ui: Ui,
        tell: Callable[[str, Phrase, str], None],
        go: Callable[[str], None],
        change_language: Callable[[], None],
        leave: Callable[[], bool] = lambda: False,
    ) -> None:
        super().__init__()
        self._ui = ui
        self._go = go
        self._leave = leave
        self._session: Session | None = None
        self._tell = tell
        self._status: StatusView | None = None
        self.setObjectName("shell.strip")
        self.setProperty("look", "strip")
        self.setFixedHeight(ui.scaled(_HEIGHT))
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._shops: list[LightButton] = []
        holder = QWidget()
        self._shop_row = QHBoxLayout(holder)
        self._shop_row.setContentsMargins(0, 0, 0, 0)
        self._shop_row.setSpacing(2)
        self._shop_row.addStretch(1)
        # Shops share what room there is: a long name must not make the window wider than the screen.
        shops = QScrollArea()
        shops.setWidget(holder)
        shops.setWidgetResizable(True)
        shops.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        shops.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        shops.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._printer = LightButton(ui, "shell.strip.printer", lambda: go("printers"))
        self._outbox = LightButton(ui, "shell.strip.outbox", lambda: go("activity"))
        self._alerts = LightButton(ui, "shell.strip.alerts", lambda: go("alerts"))
        self._questions = LightButton(ui, "shell.strip.questions", lambda: go("packing"))
        self._desk = LightButton(ui, "shell.strip.desk", self._on_desk, "user")
        self._language = LightButton(ui, "shell.strip.language", change_language, "languages")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 12, 0)
        row.setSpacing(4)
        row.addWidget(shops, 1)
        for light in (self._alerts, self._questions, self._outbox, self._printer, self._desk, self._language):
            row.addWidget(light)
        for light in (self._alerts, self._questions, self._outbox, self._printer):
            light.hide()
        ui.settings.listen(lambda _name: self._show_desk())
        self._show_desk()

    def show_status(self, status: StatusView) -> None:
        """Show what core says."""
        self._status = status
        texts = self._ui.texts
        while len(self._shops) < min(len(status.shops), _SHOPS_SHOWN):
            number = len(self._shops)
            light = LightButton(self._ui, f"shell.strip.shop.{number}", partial(self._tell_shop, number))
            self._shops.append(light)
            self._shop_row.insertWidget(number, light)
        for light in self._shops[len(status.shops) :]:
            light.hide()
        for light, shop in zip(self._shops, _worst_first(status.shops), strict=False):
            light.show()
            light.show_state(
                _TONES.get(shop.state, "notice"),
                partial(self._shop_words, shop),
                partial(self._shop_story, shop),
            )
        waiting, failed = status.outbox_waiting, status.outbox_failed
        self._outbox.setVisible(bool(waiting or failed))
        self._outbox.show_state(
            "stop" if failed else "busy",
            lambda: texts.t("strip.outbox_failed" if failed else "strip.outbox", n=failed or waiting),
            lambda: texts.t("strip.outbox.more", waiting=waiting, failed=failed),
        )
        alerts = status.alerts
        self._alerts.setVisible(bool(alerts.open))
        self._alerts.show_state(
            "stop" if alerts.critical else "notice",
            lambda: texts.t("strip.alerts", n=alerts.open),
            lambda: texts.t("strip.alerts.more", n=alerts.open, critical=alerts.critical),
        )
        unknown = status.unknown_prints
        self._questions.setVisible(bool(unknown))
        self._questions.show_state(
            "notice",
            lambda: texts.t("strip.questions", n=unknown),
            lambda: texts.t("strip.questions.more", n=unknown),
        )

    def show_session(self, session: "Session") -> None:
        """Show who is here; a press then locks the desk for somebody else."""
        self._session = session
        self._show_desk()

    def _on_desk(self) -> None:
        if not self._leave():
            self._go("settings")

    def show_printer(self, tone: str, name: str, words: Phrase) -> None:
        """Show the default printer's state in words."""
        texts = self._ui.texts
        self._printer.show()
        self._printer.show_state(
            tone, lambda: f"{_short(name)} · {texts.say(words)}", lambda: texts.t("strip.printer.more", name=name)
        )

    def _show_desk(self) -> None:
        texts, settings = self._ui.texts, self._ui.settings

        session = self._session
        is_guarded = session is not None and session.is_guarded
        clerk = settings.text("clerk")
        if session is not None and session.is_guarded:
            clerk = "" if session.person is None else session.person.name

        def words() -> str:
            parts = (settings.text("desk_name"), clerk)
            return " ".join(_short(part) for part in parts if part) or texts.t("strip.no_desk")

        named = bool(settings.text("desk_name") and clerk)
        more = "strip.desk.leave" if is_guarded else "strip.desk.more"
        self._desk.show_state("quiet" if named else "notice", words, lambda: texts.t(more))
        self._language.show_state("quiet", lambda: texts.t("strip.language"), lambda: texts.t("strip.language.more"))

    def _shop_words(self, shop: ShopLight) -> str:
        status = self._status
        return shop.name if status is None else f"{_short(shop.name)} {self._age(shop)}"

    def _shop_story(self, shop: ShopLight) -> str:
        return self._ui.texts.say(self._story(shop))

    def _age(self, shop: ShopLight) -> str:
        status = self._status
        return "—" if status is None else age_text(shop.last_good_pull_at, status.at, self._ui.texts)

    def _story(self, shop: ShopLight) -> Phrase:
        return Phrase(f"strip.shop.{shop.state}", {"name": shop.name, "age": self._age(shop)})

    def _tell_shop(self, number: int) -> None:
        if self._status is not None and number < len(self._status.shops):
            shop = _worst_first(self._status.shops)[number]
            self._tell(_TONES.get(shop.state, "notice"), self._story(shop), shop.last_error)


def _short(name: str) -> str:
    return name if len(name) <= _NAME_CHARS else f"{name[: _NAME_CHARS - 1]}…"


def _worst_first(shops: tuple[ShopLight, ...]) -> tuple[ShopLight, ...]:
    """In their own order while all fit; otherwise trouble first, so that none hides beyond the edge."""
    if len(shops) <= _SHOPS_FIT:
        return shops
    order = {"stop": 0, "notice": 1, "waits": 2, "good": 3, "off": 4}
    return tuple(sorted(shops, key=lambda shop: order.get(shop.state, 1)))
