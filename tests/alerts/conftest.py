"""What the tests of alerts share: a shop whose troubles a test makes, with a robot server and a clock that it moves."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from core.access import pins
from core.access.rights import Role
from core.alerting import Alerting
from core.alerts.models import Alert, AlertNotice
from core.alerts.notifiers.ways import WaysOut
from core.alerts.records import RuleInfo, Watched
from core.alerts.rounds import Rounds
from core.alerts.telling import TELL
from core.alerts.watched import WATCHED
from core.channels.models import Shop
from core.desk.alert_settings import AlertSettings
from core.desk.alerts import Alerts
from core.runtime.http import HttpClient
from core.runtime.standing import Severity, Standing
from core.sync.delivering import Deliverer
from desktop.alert_words import catalogue_words
from tests.simulators.robot_server import Robot, RobotServer
from tests.support.staff import Staffed
from tests.support.world import World

KEYS = {
    "wecom": "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa",
    "dingtalk": "tok_0123456789abcdef",
    "feishu": "hook-0123-4567",
}
SECRETS = {"wecom": "", "dingtalk": "SECtest0001", "feishu": "test0001"}

#: the watches that the rounds of these tests ask: what the others see is tested without rounds
_LOOKS = {"shops", "clock", "no orders", "channels", "messages", "breaker"}

#: rules that a test lets stand by hand
HAND = tuple(RuleInfo(rule, Severity.WARNING) for rule in ("hand.one", "hand.two"))


class AlertWorld:
    """One shop, and programs that watch it. `standing` is what a watch of the test's own reports."""

    def __init__(self, world: World, robots: RobotServer) -> None:
        self.world = world
        self.clock = world.clock
        self.server = robots
        self.http = HttpClient(world.clock, sleep=lambda _s: None)
        self.standing: list[Standing] = []
        self.is_failing = False
        self.by_hand = Watched("by hand", self._by_hand, HAND, 0.0)
        self.watched = (*(one for one in WATCHED if one.name in _LOOKS), self.by_hand)
        self.quieten_shop()
        self.main = self.program("node 1")
        self.alerts: Alerts = self.main.alerts
        self.settings: AlertSettings = self.main.settings

    def _by_hand(self, _connection, _at):
        if self.is_failing:
            raise RuntimeError("a defect of a watch")
        return list(self.standing)

    def quieten_shop(self) -> None:
        """The shop answered just now."""
        values = {"last_good_pull_at": self.clock.now(), "last_error": None}
        self.world.do(lambda uow: uow.execute(update(Shop).values(**values)))

    def program(self, holder: str, store=None, *, watched=None) -> Alerting:
        """One more program on the same database."""
        places = dict.fromkeys(("wecom", "dingtalk", "feishu"), self.server.url)
        ways = WaysOut(lambda: self.http, self.clock, places=places)
        made = Alerting(
            store or self.world.new_store(holder), ways, holder, watched or self.watched, catalogue_words()
        )
        made.rounds = Rounds(made._store, watched or self.watched, holder, settle_s=0)
        return made

    def robot(self, kind: str = "wecom", *, name: str = "仓库群") -> tuple[int, Robot]:
        """A robot on the platform, and as a channel here."""
        robot = self.server.add(kind, KEYS[kind], SECRETS[kind])
        field = "key" if kind == "wecom" else "token"
        entered = {field: KEYS[kind], "secret": SECRETS[kind]}
        return self.settings.put_channel(None, kind, name, entered), robot

    def stands(self, rule="hand.one", key="k", severity=Severity.CRITICAL, **facts) -> None:
        """This is wrong from now on."""
        self.over(rule, key)
        self.standing.append(Standing(rule, key, severity, facts))

    def over(self, rule="hand.one", key="k") -> None:
        """And is wrong no longer."""
        self.standing = [one for one in self.standing if (one.rule, one.key) != (rule, key)]

    def round(self, program: Alerting | None = None) -> None:
        """One round of a program, and everything delivered that is due."""
        one = program or self.main
        while one.rounds.work() == 0.0:
            pass
        self.deliver(one)

    def deliver(self, program: Alerting | None = None, holder: str = "node 1") -> None:
        one = program or self.main
        deliverer = Deliverer(one._store, holder, {TELL: one.carrier.tell}, {})
        for lane in one.lanes():
            deliverer.drain(lane)

    def after(self, **delta: float) -> None:
        """Time passes, in rounds, while the shop answers; then one more round."""
        left = timedelta(**delta)
        while left > timedelta():
            step = min(left, timedelta(seconds=60)) if left <= timedelta(hours=1) else timedelta(minutes=20)
            self.clock.advance(seconds=step.total_seconds())
            self.quieten_shop()
            self.round()
            left -= step

    def rows(self, *here):
        return self.world.rows(select(*Alert.__table__.c).where(*here).order_by(Alert.id))

    def notices(self, *here):
        return self.world.rows(select(*AlertNotice.__table__.c).where(*here).order_by(AlertNotice.id))

    def told(self) -> list[tuple[str, str]]:
        """Event and person of each notice."""
        return [(row.event, row.person_name) for row in self.notices()]

    def close(self) -> None:
        self.http.close()


@pytest.fixture
def robots_of() -> Iterator[Callable[[World], RobotServer]]:
    """Starts the robots' platforms, by the clock of a world."""
    started: list[RobotServer] = []

    def start(world: World) -> RobotServer:
        started.append(RobotServer(lambda: world.clock.now().timestamp()))
        return started[-1]

    yield start
    for server in started:
        server.stop()


@pytest.fixture
def robots(world, robots_of) -> RobotServer:
    return robots_of(world)


@pytest.fixture
def shop(world, robots) -> Iterator[AlertWorld]:
    made = AlertWorld(world, robots)
    yield made
    made.close()


@pytest.fixture
def file_shop(file_world, robots_of) -> Iterator[AlertWorld]:
    """The same on SQLite alone, for what does not depend on the engine."""
    made = AlertWorld(file_world, robots_of(file_world))
    yield made
    made.close()


@pytest.fixture
def staff(world, monkeypatch) -> Staffed:
    """People of the shop: 王老板 owns it; nobody is on duty yet."""
    monkeypatch.setattr(pins, "_COST", 4)
    made = Staffed(world, world.desk)
    made.hire("王老板", Role.ADMIN)
    return made
