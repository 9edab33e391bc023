"""What a window talks to, in tests: one stand-in for every desk, but for those that a test names."""

from dataclasses import MISSING, fields
from typing import Any

from desktop.shell.ports import DeskPorts


def stand_in_ports(world: Any, **real: Any) -> DeskPorts:
    """Ports that all lead to `world`, a stand-in of several desks; `real` names the others by field."""
    needed = (field.name for field in fields(DeskPorts) if field.default is MISSING)
    behind: dict[str, Any] = dict.fromkeys(needed, world) | {"listen": lambda _listener: None} | real
    return DeskPorts(**behind)


def core_ports(core: Any, printers: Any, listen: Any) -> DeskPorts:
    """Ports onto a real core, as the window's own start makes them."""
    names = {"entry": "order_entry", "shops": "shop_desk"}
    needed = (field.name for field in fields(DeskPorts) if field.default is MISSING)
    behind: dict[str, Any] = {name: getattr(core, names.get(name, name), None) for name in needed}
    return DeskPorts(**behind | {"printers": printers, "listen": listen})
