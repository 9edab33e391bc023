"""A mall at the door: the real server on a free port over a world of the tests, and the example client of the docs."""

import importlib.util
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

from core.db.unit_of_work import Store
from core.gateway.call_log import CallLog
from core.gateway.calls import Call
from core.gateway.door import Door
from core.gateway.keys import KeyRecord, make_key
from core.gateway.limits import Rate, Rates
from core.gateway.problems import Problem
from core.gateway.reservations import Tools
from core.gateway.server import DoorServer
from tests.support.repository import ROOT
from tests.support.world import CARRIER, World

#: for tests that are not about limits
PLENTY = Rates(Rate(10**6, 10**6), Rate(10**6, 10**6), Rate(10**6, 10**6))


@cache
def example() -> Any:
    """The module of the example client, as the docs give it away."""
    spec = importlib.util.spec_from_file_location("door_client", ROOT / "docs" / "examples" / "door_client.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["door_client"] = module
    spec.loader.exec_module(module)
    return module


class Stand:
    """A door that is open, and malls that call it. Every call goes over HTTP."""

    def __init__(self, world: World, rates: Rates = PLENTY, store: Store | None = None) -> None:
        self.world = world
        self.store = store or world.store
        self._ids = iter(range(1, 10**9))
        self.log = CallLog()
        self.door = Door(self.store, Tools(world.digest, CARRIER, self._new_id), rates)
        self.server = DoorServer(self.door, self.log, self.store.clock, is_lan=False, port=0)
        self.server.start()
        self.key: KeyRecord = world.do(lambda uow: make_key(uow, world.shop_id))
        self._clients: list[Any] = []
        self.mall = self.client()

    def _new_id(self) -> str:
        return f"r{next(self._ids)}-{self.server.port}"

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server.port}"

    def client(self, key: KeyRecord | None = None) -> Any:
        """A caller with a line of its own; its clock is the world's."""
        known = key or self.key
        made = example().DoorClient(self.address, known.key, known.secret)
        made._ahead_s = self.ahead_s()
        self._clients.append(made)
        return made

    def ahead_s(self) -> float:
        """The world's clock minus the machine's."""
        import time

        return self.store.clock.now().timestamp() - time.time()

    def pass_time(self, **delta: float) -> None:
        """Let the world's clock run, and the callers' with it."""
        self.world.clock.advance(**delta)
        for one in self._clients:
            one._ahead_s = self.ahead_s()

    def close(self) -> None:
        """Hang up and shut."""
        for one in self._clients:
            one.close()
        self.server.stop()


@contextmanager
def open_door(world: World, rates: Rates = PLENTY) -> Iterator[Stand]:
    """A door that is shut at the end."""
    stand = Stand(world, rates)
    try:
        yield stand
    finally:
        stand.close()


def line(sku: str, qty: int = 1, **more: Any) -> Mapping[str, Any]:
    """A line of a call."""
    return {"sku": sku, "qty": qty, **more}


def call(stand: Stand, path: str, body: Mapping[str, Any], key: str = "") -> Call:
    """A signed call that no socket has carried yet."""
    raw = json.dumps(body).encode()
    headers = stand.mall.headers("POST", path, raw, key)
    return Call("POST", path, {name.lower(): text for name, text in headers.items()}, raw)


def at_once(stand: Stand, *calls: Call) -> list[tuple[int, str]]:
    """All of them in one group: the first leads, and begins when the others have lined up."""
    entered = [stand.door.enter(stand.door.ask(one, "here")) for one in calls]
    assert [leads for _, leads in entered] == [True, *[False] * (len(calls) - 1)]
    stand.door.lead()
    said = []
    for outcome, _ in entered:
        try:
            answer = outcome.result(0)
            assert answer is not None
        except Problem as problem:
            said.append((problem.kind.status, problem.code))
        else:
            said.append((answer.status, answer.code or answer.body["state"]))
    return said
