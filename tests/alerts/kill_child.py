"""A program that goes the rounds and carries messages until it is killed: `... kill_child FILE ROBOTS CAUSES`.

What stands is read from the file CAUSES, one key a line; only whole lines count.
"""

import sys
import time
from pathlib import Path

from core.alerting import Alerting
from core.alerts.notifiers.ways import WaysOut
from core.alerts.records import RuleInfo, Watched
from core.alerts.rounds import Rounds
from core.alerts.telling import TELL
from core.db import outbox
from core.db.unit_of_work import Actor, Store
from core.runtime.clock import SystemClock
from core.runtime.http import HttpClient
from core.runtime.standing import Severity, Standing
from core.sync.delivering import Deliverer
from desktop.alert_words import catalogue_words
from tests.support.world import Address

HOLDER = "the program that is killed"
RULE = "hand.one"


def main(path: str, robots: str, causes: str) -> None:
    clock = SystemClock()
    store = Store(Address(sqlite_path=path).engines(), clock, Actor("system", "desk 1"))

    def by_hand(_connection, _at):
        whole = Path(causes).read_text("utf-8").split("\n")[:-1]
        return [Standing(RULE, key, Severity.CRITICAL) for key in whole]

    watched = [Watched("by hand", by_hand, (RuleInfo(RULE, Severity.CRITICAL),), 0.0)]
    http = HttpClient(clock)
    alerting = Alerting(
        store, WaysOut(lambda: http, clock, places={"feishu": robots}), HOLDER, watched, catalogue_words()
    )
    rounds = Rounds(store, watched, HOLDER, settle_s=0)
    # As a program does at its start: what its former self was carrying is due at once.
    store.write(lambda uow: outbox.take_back(uow, HOLDER))
    deliverer = Deliverer(store, HOLDER, {TELL: alerting.carrier.tell}, {})
    print("ready", flush=True)
    while True:
        rounds.work()
        for lane in alerting.lanes():
            deliverer.drain(lane)
        time.sleep(0.01)


if __name__ == "__main__":
    main(*sys.argv[1:])
