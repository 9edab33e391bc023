"""Keeping the door: opened and shut by its owner's word, told to all desks, and what is wrong with it named."""

import subprocess
import sys
import time
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from core.gateway.call_log import CallLog, counts, write_calls
from core.gateway.keeper import Keeper, nodes
from core.gateway.keys import make_key
from core.gateway.models import DoorCall, DoorEvent, DoorNode, DoorReservation
from core.gateway.server import DoorServer
from core.gateway.watches import defects, door_deaf, mall_refused, unpaid_in_bulk
from core.gateway.wishes import DoorWish, put_wish, wish_of
from tests.support.door import PLENTY, Stand, example, line
from tests.support.repository import ROOT
from tests.support.world import CARRIER, World


@pytest.fixture
def keeper(world):
    made = Keeper(world.store, world.digest, CARRIER, desk_id="d1", holder="d1/window", rates=PLENTY)
    yield made
    made.stop()


def want(world: World, **wish) -> None:
    world.do(lambda uow: put_wish(uow, "d1", DoorWish(**wish)))


def states(world: World) -> list[tuple[str, str]]:
    return [(one.state, one.error) for one in world.store.read(nodes)]


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def call(world: World, keeper: Keeper, key):
    client = example().DoorClient(keeper.address, key.key, key.secret)
    client._ahead_s = world.clock.now().timestamp() - time.time()
    return client


def test_it_is_shut_by_default_and_follows_its_owners_word(world, keeper):
    keeper.work()
    assert (keeper.address, states(world)) == ("", [])
    assert world.store.read(lambda c: wish_of(c, "d1")) == DoorWish(is_open=False, is_lan=False, port=8377)
    want(world, is_open=True, port=free_port())
    keeper.work()
    assert states(world) == [("open", "")]
    key = world.do(lambda uow: make_key(uow, world.shop_id))
    client = call(world, keeper, key)
    assert client.stock("BEAR")["items"]
    want(world, is_open=False)
    keeper.work()
    assert (keeper.address, states(world)) == ("", [("closed", "")])
    with pytest.raises(OSError, match="refused"):
        client.stock("BEAR")


def test_it_listens_to_this_machine_alone_unless_told_otherwise(world, keeper):
    want(world, is_open=True, port=free_port())
    keeper.work()
    assert keeper._server._socket.getsockname()[0] == "127.0.0.1"


def test_a_taken_port_is_told_and_got_over(world, keeper, make_blocker):
    server = make_blocker(world)
    want(world, is_open=True, port=server.port)
    keeper.work()
    assert states(world) == [("failed", "door.port_taken")]
    standing = world.store.read(lambda c: door_deaf(c, world.clock.now()))
    assert [(one.rule, one.key, one.facts["why"]) for one in standing] == [
        ("door.deaf", "desk:d1", "door.port_taken")
    ]
    server.stop()
    keeper.work()
    assert states(world) == [("open", "")]
    assert world.store.read(lambda c: door_deaf(c, world.clock.now())) == []


@pytest.fixture
def make_blocker():
    made = []

    def make(world: World) -> DoorServer:
        from core.gateway.door import Door
        from core.gateway.reservations import Tools

        server = DoorServer(
            Door(world.store, Tools(world.digest, CARRIER, lambda: "x")), CallLog(), world.clock, is_lan=False, port=0
        )
        made.append(server)
        return server

    yield make
    for server in made:
        server.stop()


def test_a_window_beside_serve_stands_by_in_silence(world, keeper):
    want(world, is_open=True, port=free_port())
    serve = Keeper(world.new_store("desk 1"), world.digest, CARRIER, desk_id="d1", holder="d1/serve", rates=PLENTY)
    try:
        serve.work()
        keeper.work()
        assert states(world) == [("open", "")]
        assert world.store.read(lambda c: door_deaf(c, world.clock.now())) == []
    finally:
        serve.stop()
    keeper.work()
    assert {one.node: one.state for one in world.store.read(nodes)} == {
        "d1/serve": "closed",
        "d1/window": "open",
    }


def test_a_program_that_died_is_told(world, keeper):
    want(world, is_open=True, port=free_port())
    keeper.work()
    now = world.clock.now()
    assert world.store.read(lambda c: door_deaf(c, now)) == []
    (dead,) = world.store.read(lambda c: door_deaf(c, now + timedelta(seconds=31)))
    assert dead.facts["why"] == "door.gone"
    want(world, is_open=False)
    assert world.store.read(lambda c: door_deaf(c, now + timedelta(seconds=31))) == []


def test_a_door_that_is_wanted_and_whose_program_never_came_is_told_until_it_is_forgotten(world):
    from core.desk.door import DoorDesk
    from core.gateway.tidying import forget_gone_doors

    def standing():
        return world.store.read(lambda c: [one.facts for one in door_deaf(c, world.clock.now())])

    want(world, is_open=True, port=8377)
    assert standing() == [], "it has a moment to open"
    world.clock.advance(seconds=31)
    assert standing() == [{"desk": "desk 1", "why": "door.gone"}]
    world.clock.advance(days=6)
    world.do(forget_gone_doors)
    assert len(standing()) == 1
    world.clock.advance(days=1)
    DoorDesk(world.store, "d2").set_wish(DoorWish(is_open=False))
    assert standing() == []
    assert world.store.read(lambda c: wish_of(c, "d1")) == DoorWish()


def test_calls_and_feeds_are_written_by_its_lane(world, keeper):
    want(world, is_open=True, port=free_port())
    keeper.work()
    key = world.do(lambda uow: make_key(uow, world.shop_id))
    keeper.work()
    client = call(world, keeper, key)
    client.reserve("A1", [line("BEAR", 2)], expires_in=60)
    world.clock.advance(seconds=61)
    client._ahead_s += 61
    keeper.work()
    kinds = {row.kind for row in world.rows(select(DoorEvent.kind))}
    assert kinds == {"stock.changed", "reservation.expired"}
    assert [(row.operation, row.status, row.shop_id) for row in world.rows(select(*DoorCall.__table__.c))] == [
        ("reserve", 201, world.shop_id)
    ]
    client.close()


def test_a_caller_who_waits_hears_what_another_node_wrote(world, keeper):
    from concurrent.futures import ThreadPoolExecutor

    from core.gateway.events import write_events

    want(world, is_open=True, port=free_port())
    keeper.work()
    key = world.do(lambda uow: make_key(uow, world.shop_id))
    keeper.work()
    client = call(world, keeper, key)
    cursor = client.events("latest")["next_cursor"]
    other = world.new_store("desk 2")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(client.events, cursor, 20)
        time.sleep(0.3)
        row = {"kind": "cancelled", "shop_id": world.shop_id, "facts": {"ref": "far"}}
        other.write(lambda uow: write_events(uow, [row]))
        keeper.work()
        assert [one["ref"] for one in waiting.result(20)["events"]] == ["far"]
    client.close()


def refuse(world: World, code: str, times: int, shop_id=None) -> None:
    row = {"operation": "reserve", "status": 401 if code else 201, "code": code, "shop_id": shop_id, "took_ms": 1}
    row["calls"] = 1
    world.do(lambda uow: uow.insert_many(DoorCall, [row | {"at": uow.now}] * times))


def test_calls_that_are_refused_again_and_again_are_named(world):
    def standing():
        return world.store.read(lambda c: mall_refused(c, world.clock.now()))

    mine = world.shop_id
    refuse(world, "clock_skew", 4, mine)
    assert standing() == []
    refuse(world, "clock_skew", 1, mine)
    (one,) = standing()
    assert (one.rule, one.key) == ("door.refused", f"shop:{mine}")
    assert one.facts == {"shop": "练习店", "calls": 5, "why": "clock_skew"}
    refuse(world, "", 1, mine)
    assert standing() == [], "it was let in since"
    refuse(world, "bad_signature", 1, mine)
    assert len(standing()) == 1
    world.clock.advance(minutes=11)
    assert standing() == []


def test_a_mall_that_is_let_in_silences_no_other(world):
    from core.sync.shops import add_shop

    other = world.do(lambda uow: add_shop(uow, "fake", "二店", {}, "{}", world.warehouse))
    refuse(world, "bad_signature", 5, other)
    refuse(world, "bad_key", 7)
    refuse(world, "", 3, world.shop_id)
    found = world.store.read(lambda c: mall_refused(c, world.clock.now()))
    assert {(one.rule, one.key, one.facts["calls"]) for one in found} == {
        ("door.refused", f"shop:{other}", 5),
        ("door.strangers", "door", 7),
    }


def test_a_refused_call_is_noted_for_the_shop_of_its_key(file_stand):
    headers = file_stand.mall.headers("GET", "/v1/stock?sku=BEAR", b"") | {"X-Signature": "0" * 64}
    file_stand.mall.raw("GET", "/v1/stock?sku=BEAR", b"", headers)
    file_stand.mall.raw("GET", "/v1/stock?sku=BEAR", b"", headers | {"X-Key": "nobody"})
    noted = [(row["code"], row["shop_id"]) for row in file_stand.log.take()]
    assert noted == [("bad_signature", file_stand.world.shop_id), ("bad_key", None)]


def test_a_defect_is_told_for_an_hour(world):
    refuse(world, "defect", 2, world.shop_id)
    (one,) = world.store.read(lambda c: defects(c, world.clock.now()))
    assert (one.rule, one.facts) == ("door.defect", {"calls": 2})
    world.clock.advance(hours=1, seconds=1)
    assert world.store.read(lambda c: defects(c, world.clock.now())) == []


def test_strangers_fill_no_file(world):
    """A thousand calls of nobody are one row that counts them; a mall's own stand one by one, up to a bound."""
    log = CallLog()
    for number in range(1000):
        log.note(world.clock.now(), None, "reserve", 401, "bad_key", number)
        log.note(world.clock.now(), world.shop_id, "stock", 200, "", 1)
    rows = log.take()
    world.do(lambda uow: write_calls(uow, rows))
    assert [row["calls"] for row in rows if row["shop_id"] is None] == [1000]
    assert len(rows) == 21
    told = world.store.read(lambda c: counts(c, world.clock.now()))
    assert (told.calls, told.codes) == (2000, (("bad_key", 1000),))
    assert max(row["took_ms"] for row in rows) == 999


def test_a_server_that_falls_at_once_is_no_open_door(world, keeper, monkeypatch, caplog):
    import uvicorn

    async def fall(*_args, **_more):
        raise OSError("no")

    monkeypatch.setattr(uvicorn.Server, "startup", fall)
    want(world, is_open=True, port=free_port())
    with caplog.at_level("CRITICAL"):
        keeper.work()
    assert (keeper.address, states(world)) == ("", [("failed", "door.not_up")])
    caplog.clear()
    monkeypatch.undo()
    keeper.work()
    assert states(world) == [("open", "")]


def test_reservations_that_run_out_in_bulk_are_named(world):
    stand = Stand(world)
    try:
        for number in range(20):
            stand.mall.reserve(f"A{number}", [line("BEAR")], expires_in=60)
        paid = stand.mall.reserve("P", [line("BEAR")], expires_in=60)
        stand.mall.confirm(paid["id"])
        stand.pass_time(seconds=61)
        from core.gateway.tidying import sweep_all

        sweep_all(world.store)
        (one,) = world.store.read(lambda c: unpaid_in_bulk(c, world.clock.now()))
        assert one.rule == "door.unpaid"
        assert (one.facts["expired"], one.facts["ended"]) == (20, 21)
        world.do(
            lambda uow: uow.execute(
                update(DoorReservation).where(DoorReservation.ref == "A1").values(state="released")
            )
        )
        assert world.store.read(lambda c: unpaid_in_bulk(c, world.clock.now())) == []
    finally:
        stand.close()


def test_old_calls_are_forgotten(world):
    from core.gateway.tidying import forget

    refuse(world, "bad_key", 3)
    world.clock.advance(days=3)
    forget(world.store)
    assert world.store.read(lambda c: counts(c, world.clock.now())).calls == 0
    assert world.rows(select(DoorCall.id)) == []
    assert world.rows(select(DoorNode.node)) == []


def test_nothing_of_the_server_is_loaded_while_the_door_is_shut():
    code = (
        "import sys, core.app, core.gateway.wishes, desktop.verbs.serve, desktop.shell.parts\n"
        "heavy = {'uvicorn', 'h11', 'core.gateway.keeper', 'core.gateway.models'}\n"
        "print(sorted(heavy & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_answers_go_out_at_once(file_stand):
    """asyncio turns Nagle's waiting off only where the socket says that it is TCP: else every body came 40 ms late."""
    import socket

    assert file_stand.server._socket.proto == socket.IPPROTO_TCP
