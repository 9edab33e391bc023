"""Settings of this desk alone: declared here, kept in `desk.json` in the data folder; and which desk it is."""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from desktop.scale.reading import BAUDS, FORMAT_NAMES, UNITS

FILE_NAME: Final = "desk.json"
_IDENTITY_NAME: Final = "desk-id.json"

Value = str | int | bool


@dataclass(frozen=True, slots=True)
class Setting:
    """One declared setting; the page with all of them is made from these.

    Attributes:
        name: stable, also the code of its words (`setting.<name>`).
        default: what holds until somebody chooses; its type is the setting's type.
        group: heading it stands under (`settings.group.<group>`).
        choices: allowed values of a text setting; empty for free text.
        lowest, highest: bounds of a number, both included.
        longest: characters of a free text at most.
    """

    name: str
    default: Value
    group: str
    choices: tuple[str, ...] = ()
    lowest: int = 0
    highest: int = 0
    longest: int = 40

    def accepts(self, value: object) -> bool:
        """Whether `value` may be stored here."""
        if isinstance(self.default, bool) or isinstance(value, bool):
            return isinstance(self.default, bool) and isinstance(value, bool)
        if isinstance(self.default, int):
            return isinstance(value, int) and self.lowest <= value <= self.highest
        if not isinstance(value, str):
            return False
        return value in self.choices if self.choices else len(value) <= self.longest


SETTINGS: Final = (
    Setting("language", "zh_CN", "look", choices=("zh_CN", "en")),
    Setting("theme", "system", "look", choices=("system", "light", "dark")),
    Setting("text_size", 100, "look", lowest=80, highest=150),
    Setting("desk_name", "", "desk"),
    Setting("clerk", "", "desk"),
    Setting("way", "scan_to_print", "work", choices=("scan_to_print", "batch", "single_item")),
    Setting("auto_next", default=False, group="work"),
    Setting("wave_size", 20, "work", lowest=1, highest=500),
    Setting("knowledge_limit_s", 180, "work", lowest=10, highest=3600),
    Setting("ship_on_old", default=True, group="work"),
    Setting("print_slip", default=True, group="work"),
    Setting("sound", default=True, group="sound"),
    Setting("volume", 80, "sound", lowest=0, highest=100),
    Setting("scanner_gap_ms", 50, "scanner", lowest=10, highest=200),
    Setting("scanner_terminator", "either", "scanner", choices=("either", "enter", "tab")),
    Setting("scanner_debounce_ms", 250, "scanner", lowest=0, highest=2000),
    Setting("scale_port", "", "scale", longest=200),
    Setting("scale_format", "ad", "scale", choices=FORMAT_NAMES),
    Setting("scale_baud", BAUDS[0], "scale", choices=BAUDS),
    Setting("scale_unit", UNITS[0], "scale", choices=UNITS),
    Setting("weight_grams", 100, "scale", lowest=0, highest=5000),
    Setting("weight_percent", 10, "scale", lowest=0, highest=100),
)
BY_NAME: Final[Mapping[str, Setting]] = {setting.name: setting for setting in SETTINGS}


class DeskSettings:
    """The values of this desk. A file nobody can read any more is no reason not to open: defaults hold then."""

    def __init__(self, folder: Path | None, run_later: Callable[[Callable[[], None]], None] | None = None) -> None:
        """Read the file.

        Args:
            folder: the data folder; None keeps everything in memory.
            run_later: runs the writing of the file elsewhere; without it the file is written at once.
        """
        self._path = None if folder is None else folder / FILE_NAME
        self.run_later = run_later
        self._listeners: list[Callable[[str], None]] = []
        self._values: dict[str, object] = self._read()

    def text(self, name: str) -> str:
        """The value of a text setting."""
        return str(self.value(name))

    def number(self, name: str) -> int:
        """The value of a number setting."""
        return int(self.value(name))

    def flag(self, name: str) -> bool:
        """The value of a yes-or-no setting."""
        return bool(self.value(name))

    def value(self, name: str) -> Value:
        """The chosen or default value of a declared setting."""
        setting = BY_NAME[name]
        value = self._values.get(name)
        if setting.accepts(value) and isinstance(value, str | int):
            return value
        return setting.default

    def put(self, name: str, value: Value) -> None:
        """Choose a value, write the file, and tell those who listen.

        Raises:
            ValueError: the declaration does not allow this value.
        """
        setting = BY_NAME[name]
        if not setting.accepts(value):
            raise ValueError(f"{value!r} is not a value of {name}")
        if value == self.value(name) and name in self._values:
            return
        self._values[name] = value
        body = json.dumps(self._values, ensure_ascii=False, indent=2, sort_keys=True)
        if self._path is not None:
            path = self._path
            if self.run_later is None:
                _write(path, body)
            else:
                self.run_later(lambda: _write(path, body))
        for listener in list(self._listeners):
            listener(name)

    def listen(self, listener: Callable[[str], None]) -> None:
        """Call `listener(name)` after each change."""
        self._listeners.append(listener)

    def _read(self) -> dict[str, object]:
        if self._path is None:
            return {}
        try:
            body = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}
        return dict(body) if isinstance(body, dict) else {}


def desk_identity(folder: Path, machine: str = "") -> str:
    """Which desk this is, whatever it is called: `machine:word`, made once for each data folder.

    Kept in a file of its own, so that it outlives damaged settings. A folder that was copied to another machine is
    another desk.

    Raises:
        OSError: the file cannot be written.
    """
    # Some fifteen modules that the first paint, which reads settings, has no use for.
    import socket
    import uuid

    here = machine or socket.gethostname() or "desk"
    path = folder / _IDENTITY_NAME
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        known = None
    if isinstance(known, str) and known.rpartition(":")[0] == here:
        return known
    made = f"{here}:{uuid.uuid4().hex[:12]}"
    _write(path, json.dumps(made))
    return made


def _write(path: Path, body: str) -> None:
    """Replace the file in one step, so that a power cut leaves the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".new")
    with beside.open("w", encoding="utf-8") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
