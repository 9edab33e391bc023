"""Pictures of a desk at which people sign in."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QLabel

from core.access.rights import Role
from core.runtime.errors import Refused
from desktop.pages.people.presenter import Form
from desktop.shell.ports import DeskPorts
from desktop.shell.window import DeskWindow
from tests.gui.settling import settle, settled
from tests.support.desk_world import DeskWorld
from tests.support.fake_shop import line
from tests.support.ports import stand_in_ports
from tests.support.staff import PIN, Staffed
from tests.support.world import Address, World, make_tables


def guarded_ports(world: DeskWorld, staff: Staffed) -> DeskPorts:
    """With people: a real door, list and log."""
    ports = stand_in_ports(world)
    return replace(
        ports, door=staff.sign_in, people=staff.people, audit=staff.audit, print_badge=lambda *_badge: None
    )


def staff_of(folder: Path) -> Staffed:
    """People of a shop, and what an auditor finds of them."""
    address = Address(sqlite_path=str(folder / "packdesk.db"))
    make_tables(address)
    world = World(address)
    staff = Staffed(world, world.desk)
    boss = staff.hire("王老板", Role.ADMIN)
    staff.hire("小李", Role.PACKER, Role.PICKER)
    staff.hire("客服小陈", Role.SERVICE)
    gone = staff.hire("小赵", Role.STOCK_KEEPER)
    staff.hire("查账", Role.AUDITOR)
    with staff.gate.as_system():
        staff.people.make_badge(boss.id)
        staff.people.set_active(gone.id, False)
    staff.arrive("客服小陈")
    world.ready("A1", line("1", "BEAR"))
    order = world.order("A1").id
    for reason in ("contact_buyer", "check_address", "after_sale"):
        world.clock.advance(seconds=300)
        staff.desk.orders.unmask(order, reason)
    staff.arrive("王老板")
    staff.personal.note_export("orders", 128, "accounting", "9f" * 32)
    with suppress(Refused):
        staff.sign_in.by_pin("小李", "555123")
    staff.sign_in.leave("out")
    return staff


def people_scenes(window: DeskWindow, staff: Staffed) -> dict[str, Callable[[], None]]:
    """Signing in, the page of people, the log."""

    def presenter(page: str) -> Any:
        return window.page(page)._presenter

    def entered(name: str, pin: str) -> None:
        window.parts.door.enter(name, pin)
        settled(lambda: not window.is_locked)

    def wrong() -> None:
        said = window.findChild(QLabel, "signin.words")
        window.parts.door.enter("小李", "555123")
        checking = said.text()
        settled(lambda: said.text() != checking)

    def people() -> None:
        window.go("people")
        settled(lambda: bool(presenter("people").screen.people))

    def badge() -> None:
        presenter("people").make_badge(presenter("people").screen.people[0])

    def log() -> None:
        window.go("log")
        day = staff.world.clock.now().date()
        presenter("log").choose_days(day, day)

    def packer() -> None:
        with staff.gate.as_system():
            staff.people.set_pin(staff.people.find("小李").id, PIN)
        entered("小李", PIN)

    def packers_order() -> None:
        window.go("orders")
        settle(60)
        presenter("orders").open(4998)

    return {
        "20-sign-in": lambda: None,
        "21-wrong-pin": wrong,
        "22-signed-in": lambda: entered("王老板", PIN),
        "23-people": people,
        "24-new-person": lambda: presenter("people").open_form(Form.NEW),
        "25-roles": lambda: presenter("people").open_form(Form.ROLES, presenter("people").screen.people[1]),
        "26-badge": badge,
        "27-log": log,
        "28-locked": lambda: window.parts.door.leave("idle"),
        "29-packer": packer,
        "29b-packers-order": packers_order,
    }
