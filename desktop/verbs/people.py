"""`packdesk people`: who may sign in, without a window.

Whoever can open the database with its key (keyring, key file or recovery code) may do all of this: the key is what
keeps others out, and an owner who has lost the PIN gets in again this way. What is done stands in the journal.
"""

import argparse
import getpass
import sys
from collections.abc import Callable, Sequence

from core.access.records import OperatorRow
from core.access.rights import Role
from core.app import Core, build
from core.db.keys import has_keys
from core.runtime.errors import Refused
from desktop.composition import core_config
from desktop.options import Options, add_options, options_of
from desktop.verbs.answer import OK, guarded, tell

_ACTS = ("list", "add", "role", "pin", "off", "on")
_ROLES = tuple(role.value for role in Role)


def run(argv: Sequence[str]) -> int:
    """List, add or change operators."""
    parser = argparse.ArgumentParser(
        prog="packdesk people",
        description="Who may sign in. Whoever can open the database with its key may change it.",
    )
    add_options(parser)
    parser.add_argument("act", choices=_ACTS, help="a PIN is asked for, or read from standard input")
    parser.add_argument("name", nargs="?", default="", metavar="NAME", help="who")
    parser.add_argument("roles", nargs="*", metavar="ROLE", help=", ".join(_ROLES))
    wish = parser.parse_intermixed_args(argv)
    is_whole = bool(wish.name) == (wish.act != "list") and bool(wish.roles) == (wish.act in {"add", "role"})
    if not is_whole or set(wish.roles) - set(_ROLES):
        parser.error(f"list | add NAME ROLE... | role NAME ROLE... | pin NAME | off NAME | on NAME; {_ROLES}")
    options = options_of(wish)
    works: dict[str, Callable[[Core], Sequence[OperatorRow]]] = {
        "list": lambda core: core.people.everybody(),
        "add": lambda core: [core.people.add(wish.name, _named(wish), _ask_pin())],
        "role": lambda core: [core.people.set_roles(_id(core, wish), _named(wish))],
        "pin": lambda core: [core.people.set_pin(_id(core, wish), _ask_pin())],
        "off": lambda core: [core.people.set_active(_id(core, wish), False)],
        "on": lambda core: [core.people.set_active(_id(core, wish), True)],
    }

    def act() -> int:
        if options.database_url is None and not has_keys(options.data):
            # Opening would make an empty database.
            raise Refused("people.nothing_here", f"there is no data in {options.data}; name its folder with --data")
        core = build(core_config(options))
        try:
            rows = works[wish.act](core)
        finally:
            core.stop()
        _answer(options, rows)
        return OK

    return guarded(options, act)


def _named(wish: argparse.Namespace) -> list[Role]:
    return [Role(name) for name in wish.roles]


def _id(core: Core, wish: argparse.Namespace) -> int:
    return core.people.find(wish.name).id


def _answer(options: Options, rows: Sequence[OperatorRow]) -> None:
    facts = [
        {
            "id": row.id,
            "name": row.name,
            "roles": [role.value for role in row.roles],
            "is_active": row.is_active,
            "has_badge": row.has_badge,
        }
        for row in rows
    ]
    lines = [
        f"{row.name}: {', '.join(row.roles)}{', badge' if row.has_badge else ''}{'' if row.is_active else ', off'}"
        for row in rows
    ]
    tell(options, {"people": facts}, "\n".join(lines) or "nobody yet: whoever starts the program may do everything")


def _ask_pin() -> str:
    """Never on the command line, where every program of this machine could read it."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().strip()
    pin = getpass.getpass("New PIN: ")
    if getpass.getpass("Once more: ") != pin:
        raise Refused("pin.differ", "the two PINs differ; nothing was changed")
    return pin
