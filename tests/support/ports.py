"""What a window talks to, in tests: one stand-in for every desk, but for those that a test names."""

import threading
from collections.abc import Callable
from dataclasses import MISSING, fields
from typing import Any

from core.channels.registry import built_in
from core.desk.notes import Notes
from desktop.shell.ports import DeskPorts
from tests.support.desk_notes import DeskNotes

#: what the window's own start hands over before it is made: `desktop.shell.late`
_LATE = ("printers", "files", "alerts", "alert_settings", "practice")


class LatePart:
    """As what is still being made: it has methods alone, and calling one waits, which the window's thread must not."""

    def __init__(self, part: Any) -> None:
        self._part = part

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            if threading.current_thread() is threading.main_thread():
                raise AssertionError(f"{name} is called in a lane: in the window's thread it would stand still")
            return getattr(self._part, name)(*arguments, **named)

        return call


def stand_in_ports(world: Any, **real: Any) -> DeskPorts:
    """Ports that all lead to `world`, a stand-in of several desks; `real` names the others by field."""
    needed = (field.name for field in fields(DeskPorts) if field.default is MISSING)
    behind: dict[str, Any] = dict.fromkeys(needed, world) | {"listen": lambda _listener: None}
    # Where the orders are real records, so are their notes.
    store = getattr(real.get("orders"), "_store", None)
    behind |= {"notes": DeskNotes(world) if store is None else Notes(store, built_in)} | real
    late = {name: LatePart(part) for name in _LATE if (part := behind.get(name)) is not None}
    return DeskPorts(**behind | late)


def core_ports(core: Any, printers: Any, listen: Any) -> DeskPorts:
    """Ports onto a real core, as the window's own start makes them."""
    names = {"entry": "order_entry", "shops": "shop_desk"}
    needed = (field.name for field in fields(DeskPorts) if field.default is MISSING)
    given = {"printers": printers, "listen": listen}
    behind: dict[str, Any] = {name: getattr(core, names.get(name, name)) for name in needed if name not in given}
    return DeskPorts(**behind | given)
