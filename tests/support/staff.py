"""A desk at which people sign in, over the real services of a world."""

from core.access.gate import Gate
from core.access.records import OperatorRow
from core.access.rights import Role
from core.desk.audit import Audit
from core.desk.desks import Desks
from core.desk.files import Files
from core.desk.people import People
from core.desk.personal import PersonalData
from core.desk.settings import Settings
from core.desk.sign_in import SignIn
from tests.support.world import CARRIER, Desk, World

#: PINs of invented people
PIN = "274915"


class Staffed:
    """One desk of a world with its door closed to strangers."""

    def __init__(self, world: World, desk: Desk) -> None:
        self.world = world
        self.desk = desk
        self.store = desk.store
        self.gate = Gate(self.store)
        self.desks = Desks(self.store, f"machine:{self.store.actor.desk}")
        self.gate.close_to_strangers()
        self.sign_in = SignIn(self.store, self.gate, world.digest)
        self.people = People(self.store, world.digest)
        self.personal = PersonalData(self.store)
        self.audit = Audit(self.store)
        self.settings = Settings(self.store)
        self.files = Files(self.store, world.digest, CARRIER)

    def hire(self, name: str, *roles: Role, pin: str = PIN) -> OperatorRow:
        """Take somebody in, as the program itself."""
        with self.gate.as_system():
            return self.people.add(name, roles, pin)

    def arrive(self, name: str, pin: str = PIN) -> None:
        """Somebody signs in."""
        self.sign_in.by_pin(name, pin)
