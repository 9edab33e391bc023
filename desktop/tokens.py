"""The colours of every window: one table of tokens, light and dark. The first paint needs no more of us."""

from dataclasses import dataclass
from typing import Final

from PySide6.QtGui import QColor


@dataclass(frozen=True, slots=True)
class Tokens:
    """The colours of one appearance; text on any ground of its own row reaches a contrast of 4.5 to 1."""

    background: str
    surface: str
    raised: str
    line: str
    text: str
    secondary: str
    accent: str
    accent_ground: str
    on_accent: str
    good: str
    good_ground: str
    notice: str
    notice_ground: str
    stop: str
    stop_ground: str
    #: the one colour of a seller's flag that says nothing else here
    purple: str
    purple_ground: str
    #: the full-width alarm: ground and the text on it
    alarm: str
    on_alarm: str

    def color(self, name: str) -> QColor:
        """One token as Qt's colour."""
        return QColor(getattr(self, name))


LIGHT: Final = Tokens(
    background="#F6F7F9",
    surface="#FFFFFF",
    raised="#EEF1F5",
    line="#E3E6EA",
    text="#1B1F24",
    secondary="#5B6570",
    accent="#1663D6",
    accent_ground="#E7F0FD",
    on_accent="#FFFFFF",
    good="#167A3E",
    good_ground="#E6F4EB",
    notice="#8F5600",
    notice_ground="#FDF3E0",
    stop="#C4262E",
    stop_ground="#FCEBEC",
    purple="#7A3DB8",
    purple_ground="#F3EAFB",
    alarm="#C4262E",
    on_alarm="#FFFFFF",
)
DARK: Final = Tokens(
    background="#15181C",
    surface="#1D2126",
    raised="#262B32",
    line="#2C3239",
    text="#E6EAEE",
    secondary="#9AA5B1",
    accent="#5A9BFF",
    accent_ground="#1B2C47",
    on_accent="#0B1320",
    good="#3FB870",
    good_ground="#16301F",
    notice="#E0A23B",
    notice_ground="#352912",
    stop="#FF6B6B",
    stop_ground="#3D1D20",
    purple="#C79BF2",
    purple_ground="#2F1F42",
    alarm="#B3202A",
    on_alarm="#FFFFFF",
)
