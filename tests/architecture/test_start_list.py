"""What a shop's start list decides is switched on there alone: whoever did it elsewhere had seen no list."""

import ast
from pathlib import Path

import core

#: a shop's three switches: orders to the desk, telling of parcels, writing of numbers
SWITCHES = {"on_desk", "confirms_shipments", "writes_stock"}
#: the list itself, what it stands on, and what makes a shop that has no orders yet
MAY = {"desk/starting.py", "fulfilment/starting.py", "sync/shops.py"}
#: what is made up for a drill has no owner and no platform
NO_REAL_SHOP = ("practice/",)


def switched_on(source: str) -> set[int]:
    """Lines that write one of the switches, by keyword or by name, with anything but a plain False."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        written = []
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "values":
            written = [(keyword.arg, keyword.value) for keyword in node.keywords]
        elif isinstance(node, ast.Dict):
            written = [
                (getattr(key, "value", None), value) for key, value in zip(node.keys, node.values, strict=True)
            ]
        for name, value in written:
            if name in SWITCHES and not (isinstance(value, ast.Constant) and value.value is False):
                found.add(value.lineno)
    return found


def test_no_service_switches_a_shop_on_past_its_start_list():
    folder = Path(core.__file__).parent
    found = set()
    for path in sorted(folder.rglob("*.py")):
        name = path.relative_to(folder).as_posix()
        if not name.startswith(NO_REAL_SHOP) and switched_on(path.read_text(encoding="utf-8")):
            found.add(name)
    assert found <= MAY, found - MAY
    assert "desk/starting.py" in found, "what is looked for is found where it may be"


def test_a_way_past_it_is_found():
    assert switched_on("update(Shop).values(writes_stock=writes)") == {1}
    assert switched_on("set_(shop, {'confirms_shipments': True})") == {1}
    assert switched_on("update(Shop).values(on_desk=True, writes_stock=False)") == {1}
    assert switched_on("update(Shop).values(writes_stock=False)") == set()
    assert switched_on("ShopView(writes_stock=row.writes_stock)") == set()
