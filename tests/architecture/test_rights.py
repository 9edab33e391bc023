"""Every public method of every service declares the right it needs, and the few that need none are known by name."""

import inspect
import pkgutil
from importlib import import_module

import core.desk
from core.access.gate import LANES, OPEN, needs
from core.access.rights import Right
from core.app import CoreConfig, build

#: a locked desk calls these, or somebody at the door; none says anything about a person
OPEN_TO_ALL = {
    "Desks.name",
    "Desks.settle",
    "Desks.sign_in",
    "Labels.open_jobs",
    "SetUp.is_new",
    "Settings.get",
    "SignIn.session",
    "SignIn.by_badge",
    "SignIn.by_pin",
    "SignIn.leave",
    "Status.status",
}
#: called by printer lanes alone
OF_LANES = {"PrintJobs"}
#: what hangs on Core and is no service of a desk: the lanes' own machinery
MACHINERY = {"config", "opened", "store", "gate", "behind"}


def services():
    for module in pkgutil.iter_modules(core.desk.__path__, "core.desk."):
        for _, found in inspect.getmembers(import_module(module.name), inspect.isclass):
            if found.__module__ == module.name and "store" in inspect.signature(found.__init__).parameters:
                yield found


def public_methods(service):
    for name, member in vars(service).items():
        if not name.startswith("_") and (callable(member) or isinstance(member, property)):
            yield f"{service.__name__}.{name}", member.fget if isinstance(member, property) else member


def undeclared(found):
    return {name for service in found for name, method in public_methods(service) if not hasattr(method, "declared")}


def test_every_method_of_every_service_declares_what_it_needs():
    found = list(services())
    assert len(found) > 12
    assert undeclared(found) == set()


def test_a_method_that_declares_nothing_is_found():
    class Careless:
        def __init__(self, store):
            self._store = store

        @needs(Right.PACK)
        def careful(self):
            """Declares."""

        def careless(self):
            """Does not."""

        @property
        def also_careless(self):
            """Neither."""

    assert undeclared([Careless]) == {"Careless.careless", "Careless.also_careless"}


def test_what_needs_no_right_is_known_by_name():
    declared = {name: method.declared for service in services() for name, method in public_methods(service)}
    assert {name for name, right in declared.items() if right == OPEN} == OPEN_TO_ALL
    assert {name.partition(".")[0] for name, right in declared.items() if right == LANES} == OF_LANES
    assert set(declared.values()) - {OPEN, LANES} <= set(Right)
    used = {right for right in declared.values() if isinstance(right, Right)}
    assert used == set(Right), "a right that nothing needs"


def test_core_has_no_service_beside_these(tmp_path):
    made = build(CoreConfig(tmp_path / "data", key_file=tmp_path / "key", signs_in=True))
    try:
        public = {name: value for name, value in vars(made).items() if not name.startswith("_")}
        known = set(services())
        assert {name for name, value in public.items() if type(value) not in known} == MACHINERY
        at_once = {type(value) for name, value in public.items() if name not in MACHINERY}
        # These are loaded when they are first asked for.
        later = {type(made.files), type(made.door), type(made.alerts), type(made.alert_settings)}
        assert at_once | later == known
        assert made.store.guard is made.gate
    finally:
        made.stop()
