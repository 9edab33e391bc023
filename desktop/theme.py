"""Type and style of every window, made from the tokens."""

from dataclasses import fields
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from desktop.tokens import DARK, LIGHT, Tokens
from resources.interface import font_files

#: an own typeface of the machine is taken before the bundled one is loaded (that costs some 100 ms)
FAMILIES: Final[tuple[str, ...]] = (
    "Microsoft YaHei UI",
    "PingFang SC",
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Noto Sans SC",
)
BODY_PX: Final = 14


def system_is_dark() -> bool:
    """Whether the system asks for dark windows."""
    return QGuiApplication.styleHints().colorScheme() is Qt.ColorScheme.Dark


def tokens_for(theme: str) -> Tokens:
    """The tokens of a theme setting: `light`, `dark` or `system`."""
    if theme == "dark" or (theme == "system" and system_is_dark()):
        return DARK
    return LIGHT


def choose_font(percent: int) -> QFont:
    """The typeface of the windows, in pixels at `percent` of the body size; figures all have one width in it."""
    font = QFont(list(FAMILIES))
    font.setPixelSize(round(BODY_PX * percent / 100))
    return font


def load_own_typeface() -> bool:
    """Load the bundled typeface where the machine has none of `FAMILIES`; whether it was loaded.

    Looking costs some milliseconds and loading some 100, so this comes after the first paint.
    """
    if set(FAMILIES).intersection(QFontDatabase.families()):
        return False
    loaded = [QFontDatabase.addApplicationFont(str(path)) >= 0 for path in font_files()]
    return any(loaded)


def palette(tokens: Tokens) -> QPalette:
    """Qt's palette from the tokens, for everything the style sheet does not name."""
    made = QPalette()
    roles = QPalette.ColorRole
    for role, name in (
        (roles.Window, "background"),
        (roles.Base, "surface"),
        (roles.AlternateBase, "raised"),
        (roles.Button, "surface"),
        (roles.ToolTipBase, "raised"),
        (roles.Text, "text"),
        (roles.WindowText, "text"),
        (roles.ButtonText, "text"),
        (roles.ToolTipText, "text"),
        (roles.PlaceholderText, "secondary"),
        (roles.Highlight, "accent"),
        (roles.HighlightedText, "on_accent"),
        (roles.Link, "accent"),
        (roles.Mid, "line"),
    ):
        made.setColor(role, tokens.color(name))
    for role in (roles.Text, roles.WindowText, roles.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, role, tokens.color("secondary"))
    return made


def dress(app: QApplication, tokens: Tokens, percent: int) -> None:
    """Put style, palette, type and style sheet on the whole application."""
    app.setStyle("Fusion")
    app.setPalette(palette(tokens))
    app.setFont(choose_font(percent))
    app.setStyleSheet(style_sheet(tokens, percent))


def style_sheet(tokens: Tokens, percent: int = 100) -> str:
    """The style sheet with the tokens filled in; widgets choose a look by the property `look`."""
    sheet = _SHEET
    for field in fields(tokens):
        sheet = sheet.replace(f"@{field.name};", f"{getattr(tokens, field.name)};")
    for size in (12, 13, 14, 16, 20, 28, 44, 68):
        sheet = sheet.replace(f"@px{size};", f"{round(size * percent / 100)}px;")
    return sheet


# Longer token names never begin with a shorter one followed by ";", so plain replacement is exact.
_SHEET: Final = """
QWidget { color: @text; }
QMainWindow, QWidget[look="ground"] { background: @background; }
QWidget[look="card"], QFrame[look="card"] {
    background: @surface; border: 1px solid @line; border-radius: 6px; }
QFrame[look="card"][tone="chosen"] { border: 2px solid @accent; }
QLabel { background: transparent; border: none; }
QLabel[look="title"] { font-size: @px20; font-weight: 600; }
QLabel[look="heading"] { font-size: @px16; font-weight: 600; }
QLabel[look="small"] { font-size: @px12; color: @secondary; }
QLabel[look="secondary"] { color: @secondary; }
QLabel[look="head"] { font-size: @px12; font-weight: 700; color: @secondary; }
QLabel[look="good"] { color: @good; }
QLabel[look="notice"] { color: @notice; }
QLabel[look="stop"] { color: @stop; font-weight: 600; }
QLabel[look="step"] { color: @accent; font-weight: 600; }
QLabel[look="number"] { font-size: @px20; font-weight: 600; }
QLabel[look="figure"] { font-size: @px28; font-weight: 700; }
QLabel[look="mono"] { font-size: @px16; font-weight: 600; }

QFrame[look="rail"] { background: @surface; border: none; border-right: 1px solid @line; }
QFrame[look="strip"] { background: @surface; border: none; border-bottom: 1px solid @line; }
QFrame[look="foot"] { background: @surface; border: none; border-top: 1px solid @line; }
QFrame[look="pad"] { background: @surface; border: 1px solid @line; border-radius: 6px; }
QFrame[look="pad"]:focus { border: 2px solid @accent; }
QFrame[look="drawer"] { background: @surface; border: none; border-left: 1px solid @line; }
QFrame[look="rule"] { background: @line; border: none; max-height: 1px; min-height: 1px; }

QToolButton[look="rail"] {
    background: transparent; border: none; border-radius: 6px; padding: 0; font-size: @px13;
    color: @secondary; min-width: @px68; max-width: @px68; min-height: 34px; }
QToolButton[look="rail"]:hover { background: @raised; }
QToolButton[look="rail"]:checked { background: @accent_ground; color: @accent; font-weight: 600; }
QToolButton[look="rail"]:focus { border: 2px solid @accent; }

QToolButton[look="light"], QToolButton[look="plain"] {
    background: transparent; border: 1px solid transparent; border-radius: 6px; padding: 3px 8px; font-size: @px13; }
QToolButton[look="light"]:hover, QToolButton[look="plain"]:hover { background: @raised; }
QToolButton[look="light"]:focus, QToolButton[look="plain"]:focus { border: 1px solid @accent; }
QToolButton[look="light"][tone="notice"] { color: @notice; background: @notice_ground; }
QToolButton[look="light"][tone="stop"] { color: @stop; background: @stop_ground; font-weight: 600; }

QPushButton {
    background: @surface; border: 1px solid @line; border-radius: 6px; padding: 6px 14px; min-height: 20px; }
QPushButton:hover { background: @raised; }
QPushButton, QToolButton { outline: none; }
QPushButton:focus { border: 2px solid @accent; padding: 5px 13px; }
QPushButton:disabled { color: @secondary; background: @background; }
QPushButton[look="main"] { background: @accent; color: @on_accent; border: 1px solid @accent; font-weight: 600; }
QPushButton[look="main"]:focus { border-color: @text; }
QPushButton[look="main"]:disabled { background: @raised; color: @secondary; border-color: @line; }
QPushButton[look="danger"] { color: @stop; border-color: @stop; }
QPushButton[look="figure"] { background: transparent; border: 1px solid transparent; border-radius: 4px;
    padding: 1px 6px; min-height: 20px; text-align: right; font-weight: 600; }
QPushButton[look="figure"][tone="quiet"] { color: @secondary; font-weight: 400; }
QPushButton[look="figure"][tone="whole"] { color: @accent; font-size: @px16; }
QPushButton[look="figure"]:hover { background: @raised; }
QPushButton[look="figure"]:focus { border: 1px solid @accent; padding: 1px 6px; }

QPushButton[look="chip"] {
    border-radius: 14px; padding: 3px 12px; min-height: 20px; background: @surface; color: @secondary; }
QPushButton[look="chip"]:hover { background: @raised; }
QPushButton[look="chip"]:checked {
    background: @accent_ground; color: @accent; border: 1px solid @accent; }
QPushButton[look="chip"]:focus { border: 2px solid @accent; padding: 2px 11px; }
QFrame[look="tabs"] { background: @surface; border: none; border-bottom: 1px solid @line; }
QPushButton[look="tab"] { background: transparent; border: none; border-bottom: 3px solid transparent;
    border-radius: 0; padding: 6px 14px 4px 14px; min-height: 20px; color: @secondary; }
QPushButton[look="tab"]:hover { color: @text; }
QPushButton[look="tab"]:checked { color: @accent; border-bottom: 3px solid @accent; font-weight: 600; }
QPushButton[look="tab"]:focus { border: 2px solid @accent; padding: 4px 12px 5px 12px; }
QPushButton[look="pile"] {
    border-radius: 6px; padding: 8px 12px; background: @surface; border: 1px solid @line; text-align: left; }
QPushButton[look="pile"]:hover { background: @raised; }
QPushButton[look="pile"]:checked { background: @accent_ground; color: @accent; border: 1px solid @accent; }
QPushButton[look="pile"]:focus { border: 2px solid @accent; padding: 7px 11px; }

QLineEdit, QAbstractSpinBox, QComboBox {
    background: @surface; border: 1px solid @line; border-radius: 6px; padding: 5px 8px; min-height: 22px;
    selection-background-color: @accent; selection-color: @on_accent; }
QLineEdit:focus, QAbstractSpinBox:focus, QComboBox:focus { border: 1px solid @accent; }
QLineEdit[tone="stop"] { border: 1px solid @stop; }
QLabel[look="small"][tone="stop"] { color: @stop; font-weight: 600; }
QPlainTextEdit { background: @surface; border: 1px solid @line; border-radius: 6px; padding: 4px 6px; }
QPlainTextEdit:focus { border: 1px solid @accent; }
QLineEdit:disabled { color: @secondary; background: @background; }
QComboBox::drop-down { border: none; width: 24px; }
QComboBox QAbstractItemView { background: @surface; border: 1px solid @line;
    selection-background-color: @accent_ground; selection-color: @text; outline: none; }
QCheckBox { spacing: 8px; }
QCheckBox::indicator { width: 16px; height: 16px; border: 1px solid @secondary; border-radius: 4px;
    background: @surface; }
QCheckBox::indicator:checked { background: @accent; border: 1px solid @accent; }
QCheckBox:focus { color: @accent; }

QTableView { background: @surface; border: 1px solid @line; border-radius: 6px; gridline-color: transparent;
    selection-background-color: @accent_ground; selection-color: @text; outline: none; }
QTableView[look="large"] { font-size: @px16; }
QHeaderView { background: @surface; border: none; }
QHeaderView::section { background: @surface; color: @secondary; border: none; border-bottom: 1px solid @line;
    padding: 0 10px; font-size: @px12; font-weight: 700; }
QScrollArea { background: transparent; border: none; }
QScrollArea > QWidget > QWidget { background: transparent; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 2px; }
QScrollBar::handle:vertical { background: @line; border-radius: 3px; min-height: 32px; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 2px; }
QScrollBar::handle:horizontal { background: @line; border-radius: 3px; min-width: 32px; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QToolTip { background: @raised; color: @text; border: 1px solid @line; padding: 6px; }
QProgressBar { background: @raised; border: none; border-radius: 3px; max-height: 6px; min-height: 6px; }
QProgressBar::chunk { background: @accent; border-radius: 3px; }

QFrame[look="message"] { background: @accent_ground; border: none; border-bottom: 1px solid @line; }
QFrame[look="message"][tone="good"] { background: @good_ground; }
QFrame[look="message"][tone="notice"] { background: @notice_ground; }
QFrame[look="message"][tone="stop"] { background: @stop_ground; }

QFrame[look="sentence"] { background: @surface; border: 1px solid @line; border-radius: 6px; }
QFrame[look="sentence"] QLabel[look="desk"] { font-size: @px44; font-weight: 700; color: @text; }
QFrame[look="sentence"] QLabel[look="deskMore"] { font-size: @px20; color: @secondary; }
QFrame[look="sentence"][tone="good"] { background: @good_ground; border-color: @good; }
QFrame[look="sentence"][tone="good"] QLabel[look="desk"] { color: @good; }
QFrame[look="sentence"][tone="notice"] { background: @notice_ground; border-color: @notice; }
QFrame[look="sentence"][tone="notice"] QLabel[look="desk"] { color: @notice; }
QFrame[look="sentence"][tone="stop"] { background: @alarm; border-color: @alarm; }
QFrame[look="sentence"][tone="stop"] QLabel[look="desk"] { color: @on_alarm; }
QFrame[look="sentence"][tone="stop"] QLabel[look="deskMore"] { color: @on_alarm; font-weight: 600; }

QFrame[look="line"] { background: @surface; border: 1px solid @line; border-radius: 6px; }
QFrame[look="line"][tone="current"] { background: @accent_ground; border: 2px solid @accent; }
QFrame[look="line"][tone="done"] { background: @background; }
QFrame[look="line"][tone="done"] QLabel { color: @secondary; }
QFrame[look="line"][tone="done"] QLabel[look="good"] { color: @good; }
QFrame[look="line"][tone="out"] { background: @stop_ground; border: 2px solid @stop; }
QFrame[look="question"] { background: @notice_ground; border: 2px solid @notice; border-radius: 6px; }
QLabel[look="key"] { background: @raised; border: 1px solid @line; border-radius: 4px; padding: 1px 6px;
    font-size: @px12; font-weight: 600; }
QLabel[look="pill"] { border-radius: 4px; padding: 1px 8px; font-size: @px12; font-weight: 600; }
QLabel[look="pill"][tone="good"] { color: @good; background: @good_ground; }
QLabel[look="pill"][tone="busy"] { color: @accent; background: @accent_ground; }
QLabel[look="pill"][tone="notice"] { color: @notice; background: @notice_ground; }
QLabel[look="pill"][tone="stop"] { color: @stop; background: @stop_ground; }
QLabel[look="pill"][tone="quiet"] { color: @secondary; background: @raised; }
QLabel[look="flag"] { border-radius: 4px; padding: 1px 8px; font-size: @px12; font-weight: 600; }
QLabel[look="flag"][tone="red"] { color: @stop; background: @stop_ground; border: 1px solid @stop; }
QLabel[look="flag"][tone="yellow"] { color: @notice; background: @notice_ground; border: 1px solid @notice; }
QLabel[look="flag"][tone="green"] { color: @good; background: @good_ground; border: 1px solid @good; }
QLabel[look="flag"][tone="blue"] { color: @accent; background: @accent_ground; border: 1px solid @accent; }
QLabel[look="flag"][tone="purple"] { color: @purple; background: @purple_ground; border: 1px solid @purple; }
QFrame[look="note"] { background: @notice_ground; border: 1px solid @notice; border-radius: 6px; }
QFrame[look="keysheet"] { background: @surface; border: 1px solid @line; border-radius: 6px; }
"""
