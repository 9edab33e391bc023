"""The bar of what is critical: below every page, until somebody answers. It never takes the keyboard."""

from collections.abc import Callable

from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from core.sync.records import AlertLights
from desktop.texts import Phrase
from desktop.ui import Ui
from desktop.widgets.controls import SIGNS, TONE_TOKENS, ActionButton
from desktop.widgets.labels import ElidedLabel, IconLabel, set_look


class AlertBar(QFrame):
    """Says the newest critical alert that nobody has answered, and how many more there are."""

    def __init__(self, ui: Ui, go: Callable[[str], None], on_sound: Callable[[str], None], place: QWidget) -> None:
        """`place` is the foot of the frame that it lies in: the frame shows and hides that as it needs."""
        super().__init__()
        self.on_sound = on_sound
        self._heard = 0
        self.setObjectName("shell.alert")
        self.setProperty("look", "message")
        self._words = ElidedLabel(ui, name="shell.alert.words")
        see = ActionButton(ui, "shell.alert.see", lambda: go("alerts"), name="shell.alert.see", takes_focus=False)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 4, 8, 4)
        row.setSpacing(8)
        row.addWidget(IconLabel(ui, SIGNS["stop"], TONE_TOKENS["stop"], 18))
        row.addWidget(self._words, 1)
        row.addWidget(see)
        whole = QVBoxLayout(place)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self)
        place.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        set_look(self, tone="stop")

    def show_alerts(self, alerts: AlertLights, *, is_locked: bool) -> None:
        """Show what is critical, with a sound once for each that is new; a locked desk shows none."""
        newest = None if is_locked else alerts.newest
        self.setVisible(newest is not None)
        if newest is None:
            return
        what = Phrase(f"alert.{newest.rule}", dict(newest.facts), otherwise=f"{newest.rule}: {newest.key}")
        more = alerts.critical - 1
        code = "shell.alert.more" if more else "shell.alert"
        self._words.say_phrase(Phrase(code, {"what": what, "n": more}))
        if newest.id > self._heard:
            self._heard = newest.id
            self.on_sound("stop")
