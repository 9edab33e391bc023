"""Many clients of the door want one hot SKU: exactly what there is is given, on both engines and over HTTP."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from core.catalog.models import Sku
from core.gateway.keys import KeyRecord, key_named
from core.gateway.models import DoorReservation
from core.inventory.models import StockLevel
from core.runtime.clock import SystemClock
from tests.support.door import Stand, example, line, open_door
from tests.support.repository import ROOT
from tests.support.world import World

pytestmark = pytest.mark.race

#: reservations in all: 10,000 take minutes, and are asked for by whoever has them
CALLS = int(os.environ.get("PACKDESK_DOOR_CALLS", "300"))
CLIENTS = 50
EACH = CALLS // CLIENTS
STOCK = CALLS * 13 // 30


@pytest.fixture
def world(spine_address):
    world = World(spine_address, clock=SystemClock(), stock=STOCK)
    yield world
    world.check_stock()
    world.close()


def reserved(world: World) -> int:
    query = select(StockLevel.reserved_qty).join(Sku, Sku.id == StockLevel.sku_id).where(Sku.code == "BEAR")
    return world.rows(query)[0].reserved_qty


def rush(stand) -> list[int]:
    """Every client asks for one piece, again and again; the statuses."""

    def one(number: int) -> list[int]:
        client = stand.client()
        said = []
        for turn in range(EACH):
            body = {"ref": f"R{number}-{turn}", "lines": [line("BEAR")]}
            said.append(client.send("POST", "/v1/reservations", body, key=f"k{number}-{turn}").status)
        return said

    with ThreadPoolExecutor(CLIENTS) as pool:
        return [status for statuses in pool.map(one, range(CLIENTS)) for status in statuses]


@pytest.mark.slow
def test_fifty_clients_get_what_there_is_and_no_more(world):
    with open_door(world) as stand:
        said = rush(stand)
    assert (said.count(201), said.count(409)) == (STOCK, CLIENTS * EACH - STOCK), "nothing else was answered"
    assert reserved(world) == STOCK
    assert len(world.rows(select(DoorReservation.id))) == STOCK


def test_should_the_look_ever_err_the_reserving_itself_decides(world, monkeypatch):
    """Two guards: what the door sees free, and what the intake's reservation found. The second one is the last word."""
    from core.gateway import reservations

    monkeypatch.setattr(reservations, "free_now", lambda _uow, _w, skus, *_a, **_k: dict.fromkeys(skus, 10**6))
    with open_door(world) as stand:
        body = {"ref": "R1", "lines": [line("BEAR", STOCK + 1)]}
        reply = stand.mall.send("POST", "/v1/reservations", body, key="k")
    assert (reply.status, reply.body["code"]) == (409, "out_of_stock")
    assert (reserved(world), world.rows(select(DoorReservation.id)), world.listed()) == (0, [], [])


CHILD = """
import sys, time
from tests.support.door import Stand
from tests.support.world import Address, World
from core.runtime.clock import SystemClock
world = World(Address(sqlite_path=sys.argv[1]), clock=SystemClock(), stock=10)
stand = Stand(world)
print(stand.address, stand.key.key, stand.key.secret, flush=True)
time.sleep(60)
"""


def test_a_kill_between_answer_and_client_loses_nothing(sqlite_address):
    """The answer is on its way when the program dies: the look-up finds it, and the repeat gives the first answer."""
    path = sqlite_address.sqlite_path
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, path], cwd=ROOT, stdout=subprocess.PIPE, text=True, env=environment
    )
    try:
        assert child.stdout is not None
        address, key, secret = child.stdout.readline().split()
        client = example().DoorClient(address, key, secret)
        body = {"ref": "K1", "lines": [line("BEAR", 7)]}
        first = client.send("POST", "/v1/reservations", body, key="k")
        assert first.status == 201
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait(20)
        if child.stdout is not None:
            child.stdout.close()
    client.close()

    again = World(sqlite_address, clock=SystemClock(), is_new=False)
    try:
        stand = Stand(again)
        known = again.store.read(lambda connection: key_named(connection, key))
        assert isinstance(known, KeyRecord)
        mall = stand.client(known)
        assert mall.find("K1") == first.body
        repeat = mall.send("POST", "/v1/reservations", body, key="k")
        assert (repeat.status, repeat.body, repeat.headers["idempotency-replayed"]) == (201, first.body, "true")
        assert mall.stock("BEAR")["items"][0]["available"] == 3
        stand.close()
        again.check_stock()
    finally:
        again.close()
