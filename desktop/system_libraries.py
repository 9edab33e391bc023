"""The system libraries that Qt needs on Linux, looked for without importing Qt.

A missing one is a native abort inside `QApplication()`, with a message that names the wrong library, and
cannot be caught; so it has to be found before. Standard library only: the set-up script asks here too, before
anything is installed. The table was measured on bare Debian 12 with PySide6 6.9.
"""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Literal, NamedTuple

#: `offscreen` draws labels and pictures without a screen; `screen` opens windows on X11 or XWayland
Goal = Literal["offscreen", "screen"]


class SystemLibrary(NamedTuple):
    """One shared object, the Debian package that brings it, and the smallest goal that needs it."""

    soname: str
    package: str
    goal: Goal


LIBRARIES = (
    SystemLibrary("libglib-2.0.so.0", "libglib2.0-0", "offscreen"),
    SystemLibrary("libGL.so.1", "libgl1", "offscreen"),
    SystemLibrary("libEGL.so.1", "libegl1", "offscreen"),
    SystemLibrary("libxkbcommon.so.0", "libxkbcommon0", "offscreen"),
    SystemLibrary("libdbus-1.so.3", "libdbus-1-3", "offscreen"),
    SystemLibrary("libfontconfig.so.1", "libfontconfig1", "offscreen"),
    SystemLibrary("libxcb-cursor.so.0", "libxcb-cursor0", "screen"),
    SystemLibrary("libxcb-icccm.so.4", "libxcb-icccm4", "screen"),
    SystemLibrary("libxcb-image.so.0", "libxcb-image0", "screen"),
    SystemLibrary("libxcb-keysyms.so.1", "libxcb-keysyms1", "screen"),
    SystemLibrary("libxcb-randr.so.0", "libxcb-randr0", "screen"),
    SystemLibrary("libxcb-render-util.so.0", "libxcb-render-util0", "screen"),
    SystemLibrary("libxcb-shape.so.0", "libxcb-shape0", "screen"),
    SystemLibrary("libxcb-xkb.so.1", "libxcb-xkb1", "screen"),
    SystemLibrary("libxkbcommon-x11.so.0", "libxkbcommon-x11-0", "screen"),
)

#: file name beginnings of the usual fonts with Chinese characters
_CJK_FONT_NAMES = (
    "notosanscjk",
    "notosanssc",
    "sourcehansans",
    "wqy-",
    "droidsansfallback",
    "uming",
    "ukai",
    "msyh",
)
_FONT_FOLDERS = (
    Path("/usr/share/fonts"),
    Path("/usr/local/share/fonts"),
    Path("~/.local/share/fonts").expanduser(),
    Path("~/.fonts").expanduser(),
)
CJK_FONT_PACKAGE = "fonts-noto-cjk"
#: nothing waits for it: printers at the network, behind queues and at /dev/usb/lp0 work without
USB_LIBRARY = "libusb-1.0.so.0"
USB_PACKAGE = "libusb-1.0-0"


def missing_libraries(goal: Goal, load: Callable[[str], object] | None = None) -> tuple[SystemLibrary, ...]:
    """Return the libraries that `goal` needs and the loader does not find, in the order of the table.

    `load` raises OSError for a library that is not there; by default it is `ctypes.CDLL`.
    """
    return tuple(
        library
        for library in LIBRARIES
        if (goal == "screen" or library.goal == "offscreen") and not _loads(library.soname, load)
    )


def has_library(soname: str) -> bool:
    """Whether the loader finds one library."""
    return _loads(soname, None)


def _loads(soname: str, load: Callable[[str], object] | None) -> bool:
    if load is None:
        from ctypes import CDLL

        load = CDLL
    try:
        load(soname)
    except OSError:
        return False
    return True


def apt_command(packages: Iterable[str], *, sudo: bool = True) -> str:
    """Return the one command that installs `packages` on Debian, Ubuntu, deepin, UOS or Kylin."""
    return ("sudo " if sudo else "") + "apt install --no-install-recommends " + " ".join(packages)


def has_screen(environ: Mapping[str, str]) -> bool:
    """Say whether a window can appear: a display is named, or Qt was told to use another platform."""
    platform = environ.get("QT_QPA_PLATFORM", "").partition(":")[0]
    if platform and not platform.startswith(("xcb", "wayland")):
        return True
    return bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))


def has_cjk_font(folders: Iterable[Path] = _FONT_FOLDERS) -> bool:
    """Say whether a font with Chinese characters is installed; without one bare Debian shows boxes."""
    return any(
        file.name.lower().startswith(_CJK_FONT_NAMES)
        for folder in folders
        if folder.is_dir()
        for file in folder.rglob("*.[to]t[fc]")
    )
