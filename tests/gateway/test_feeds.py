"""The feeds: a mall that follows them knows what happened to its orders and goods, and misses nothing."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, update

from core.db.models import Journal
from core.gateway import tidying
from core.gateway.events import forget_events, write_events
from core.gateway.models import DoorEvent, DoorReservation
from core.inventory.models import StockLevel
from core.inventory.pausing import pause_sale, resume_sale
from core.inventory.quotas.safety import set_safety
from core.orders.lines import LINES_CHANGED
from core.runtime.ids import SkuId, WarehouseId
from tests.support.door import Stand, example, line
from tests.support.plans import walks


def feed(stand: Stand) -> None:
    """What the keeper's lane does."""
    tidying.sweep_all(stand.store)
    tidying.Feeds(stand.store).write((), is_whole=True)


def told(stand: Stand, after: str = "0") -> list[tuple[str, str | None]]:
    return [(one["type"], one.get("ref") or one.get("sku")) for one in stand.mall.events(after)["events"]]


@pytest.fixture
def followed(stand):
    """A door whose feeds have begun: the opening numbers are told, nothing else happened yet."""
    feed(stand)
    stand.cursor = stand.mall.events("latest")["next_cursor"]
    return stand


def test_numbers_that_changed_are_told_with_rising_versions(followed):
    stand = followed
    first = stand.mall.stock_since("0")
    assert {one["sku"]: one["available"] for one in first["items"]} == {
        "BEAR": 100_000,
        "BAG": 100_000,
        "CARD": 100_000,
        "SET": 50_000,
    }
    assert stand.mall.stock_since(first["next_cursor"])["items"] == []
    stand.mall.reserve("A1", [line("BEAR", 3)])
    feed(stand)
    second = stand.mall.stock_since(first["next_cursor"])
    assert {one["sku"]: one["available"] for one in second["items"]} == {"BEAR": 99_997, "SET": 49_998}
    assert min(one["version"] for one in second["items"]) > max(one["version"] for one in first["items"])
    events = stand.mall.events(stand.cursor)["events"]
    assert {(one["sku"], one["available"]) for one in events} == {("BEAR", 99_997), ("SET", 49_998)}
    feed(stand)
    assert stand.mall.stock_since(second["next_cursor"])["items"] == []


@pytest.fixture
def feeds(followed):
    """Feeds that go on following, as the keeper's lane keeps them."""
    made = tidying.Feeds(followed.store)
    made.write((), is_whole=True)
    assert not made.is_unsure
    return made


def test_what_another_desk_did_is_told_by_its_journal_without_comparing_all(followed, feeds):
    stand, world = followed, followed.world
    from tests.support.fake_shop import line as shop_line

    cursor = stand.mall.stock_since("0")["next_cursor"]

    def told_now() -> dict[str, int]:
        nonlocal cursor
        feeds.write((), is_whole=False)
        page = stand.mall.stock_since(cursor)
        cursor = page["next_cursor"]
        return {one["sku"]: one["available"] for one in page["items"]}

    world.shop.place("B1", shop_line("1", "BEAR", 4))
    world.sync("B1")
    assert told_now() == {"BEAR": 99_996, "SET": 49_998}
    world.shop.cancel("B1")
    world.sync("B1")
    assert told_now() == {"BEAR": 100_000, "SET": 50_000}
    world.receive("BAG", 5)
    assert told_now() == {"BAG": 100_005}
    assert not feeds.is_unsure
    world.do(lambda uow: set_safety(uow, SkuId(world.skus["BAG"]), WarehouseId(world.warehouse), 10))
    assert told_now() == {}
    assert feeds.is_unsure, "then all are compared"


def test_what_was_told_is_not_made_again(followed, feeds):
    """Each second the journal is looked through; where nothing happened nothing is written."""
    from sqlalchemy import event

    stand = followed
    made = stand.mall.reserve("A1", [line("BEAR", 2)])
    stand.mall.release(made["id"])
    feeds.write((), is_whole=False)
    assert ("cancelled", "A1") in told(stand, stand.cursor)
    seen = []
    event.listen(stand.store.engines.writer, "before_cursor_execute", lambda _c, _cu, words, *_: seen.append(words))
    for _ in range(3):
        feeds.write((), is_whole=False)
    assert seen == []


def test_feeds_that_could_not_be_written_are_written_the_next_time(followed, feeds, monkeypatch):
    from core.runtime.errors import Unavailable

    stand = followed
    made = stand.mall.reserve("A1", [line("BEAR", 2)])
    stand.mall.release(made["id"])

    def busy(*_words):
        raise Unavailable("db.busy", "busy")

    monkeypatch.setattr(tidying, "make_events", busy)
    with pytest.raises(Unavailable):
        feeds.write((), is_whole=False)
    monkeypatch.undo()
    feeds.write((), is_whole=False)
    feeds.write((), is_whole=False)
    assert [one for one in told(stand, stand.cursor) if one[0] == "cancelled"] == [("cancelled", "A1")]


def test_a_sku_whose_last_batch_can_be_sold_no_more_is_told_as_nothing(followed):
    stand, world = followed, followed.world
    bag = world.skus["BAG"]
    cursor = stand.mall.stock_since("0")["next_cursor"]
    world.do(lambda uow: uow.execute(update(StockLevel).where(StockLevel.sku_id == bag).values(is_blocked=True)))
    feed(stand)
    told = stand.mall.stock_since(cursor)
    assert {one["sku"]: one["available"] for one in told["items"]} == {"BAG": 0, "SET": 0}
    feed(stand)
    assert stand.mall.stock_since(told["next_cursor"])["items"] == []
    world.do(lambda uow: uow.execute(update(StockLevel).where(StockLevel.sku_id == bag).values(is_blocked=False)))
    feed(stand)
    assert [one["sku"] for one in stand.mall.stock_since(told["next_cursor"])["items"]] == ["BAG", "SET"]


@pytest.mark.parametrize("broken", ["tell_numbers", "keep_ends"])
def test_whatever_broke_off_is_made_up_for(followed, feeds, monkeypatch, broken):
    from core.runtime.errors import Unavailable

    stand, cursor = followed, followed.mall.stock_since("0")["next_cursor"]
    stand.mall.reserve("A1", [line("BEAR", 2)])
    entry = {"at": stand.world.clock.now(), "operator": "x", "desk": "x", "action": LINES_CHANGED, "facts": {}}
    row = entry | {"subject": "orders", "subject_id": stand.world.order("A1").id}
    stand.world.do(lambda uow: uow.insert_many(Journal, [row]))
    kept = []

    def busy(*_words):
        raise Unavailable("db.busy", "busy")

    monkeypatch.setattr(tidying, broken, busy)
    with pytest.raises(Unavailable):
        feeds.write((), is_whole=False)
    monkeypatch.undo()
    assert feeds.is_unsure, "levels that were named to it are compared with all others"
    original = tidying.keep_ends
    monkeypatch.setattr(tidying, "keep_ends", lambda uow, ids: kept.extend(ids) or original(uow, ids))
    feeds.write((), is_whole=False)
    assert {one["sku"]: one["available"] for one in stand.mall.stock_since(cursor)["items"]} == {
        "BEAR": 99_998,
        "SET": 49_999,
    }
    assert kept == [row["subject_id"]]


def test_safety_stock_is_no_part_of_the_number(followed):
    stand, bear = followed, SkuId(followed.world.skus["BEAR"])
    cursor = stand.mall.stock_since("0")["next_cursor"]
    stand.world.do(lambda uow: set_safety(uow, bear, WarehouseId(stand.world.warehouse), 40_000))
    feed(stand)
    told = stand.mall.stock_since(cursor)["items"]
    assert {one["sku"]: one["available"] for one in told} == {"BEAR": 60_000, "SET": 30_000}


def test_numbers_come_in_pages_that_lose_nothing(followed):
    stand, cursor, found = followed, "0", []
    while True:
        page = stand.mall.stock_since(cursor, limit=1)
        found += [one["sku"] for one in page["items"]]
        cursor = page["next_cursor"]
        if not page["has_more"]:
            break
    assert sorted(found) == ["BAG", "BEAR", "CARD", "SET"]


def test_numbers_are_as_of_now_whatever_was_told(stand):
    stand.mall.reserve("A1", [line("BEAR", 99_999)], expires_in=60)
    now = {one["sku"]: one for one in stand.mall.stock("BEAR", "SET", "GIFT")["items"]}
    assert [now[sku]["available"] for sku in ("BEAR", "SET", "GIFT")] == [1, 0, None]
    stand.pass_time(seconds=61)
    assert stand.mall.stock("BEAR")["items"][0]["available"] == 100_000, "what ran out is free, swept or not"
    assert stand.mall.stock("BEAR", "NOPE")["unknown"] == ["NOPE"]


def test_a_reservation_that_ran_out_is_told_once(followed):
    stand = followed
    stand.mall.reserve("A1", [line("BEAR")], expires_in=60)
    paid = stand.mall.reserve("A2", [line("BEAR")], expires_in=60)
    stand.mall.confirm(paid["id"])
    stand.pass_time(seconds=61)
    feed(stand)
    feed(stand)
    assert [one for one in told(stand, stand.cursor) if one[0] == "reservation.expired"] == [
        ("reservation.expired", "A1")
    ]
    rows = stand.world.rows(select(DoorReservation.ref, DoorReservation.state))
    assert dict(rows) == {"A1": "expired", "A2": "confirmed"}


def test_shipped_and_cancelled_orders_are_told_with_their_parcels(followed):
    stand, world = followed, followed.world
    from tests.support.fake_shop import line as shop_line

    number = world.ready("B1", shop_line("1", "BEAR", 2))
    world.desk.pack("B1")
    assert world.desk.ship(number).code == "parcel.shipped"
    stand.mall.reserve("B2", [line("BAG")])
    world.shop.place("B3", shop_line("1", "BAG"), is_paid=False)
    world.sync("B3")
    world.shop.cancel("B3")
    world.sync("B3")
    feed(stand)
    feed(stand)
    events = [one for one in stand.mall.events(stand.cursor)["events"] if one["type"] in {"shipped", "cancelled"}]
    assert [(one["type"], one["ref"]) for one in events] == [("shipped", "B1"), ("cancelled", "B3")]
    assert (events[0]["carrier"], events[0]["no"], events[0]["lines"]) == ("TT", number, [{"sku": "BEAR", "qty": 2}])


def test_a_sale_that_another_stop_still_holds_is_not_told_to_go_on(followed):
    stand, world = followed, followed.world
    bear = world.skus["BEAR"]
    world.do(lambda uow: pause_sale(uow, world.shop_id, bear, "low"))
    world.do(lambda uow: pause_sale(uow, None, None, "all", cause="stop:1"))
    world.do(lambda uow: resume_sale(uow, world.shop_id, bear))
    feed(stand)
    assert told(stand, stand.cursor) == [("sale.paused", "BEAR"), ("sale.paused", None)]
    world.do(lambda uow: resume_sale(uow, None, None, cause="stop:1"))
    feed(stand)
    assert told(stand, stand.cursor)[2:] == [("sale.resumed", None)]


def test_a_stopped_sale_is_told(followed):
    stand, world = followed, followed.world
    world.do(lambda uow: pause_sale(uow, None, world.skus["BEAR"], "low"))
    world.do(lambda uow: pause_sale(uow, world.shop_id, None, "all"))
    assert not world.do(lambda uow: pause_sale(uow, world.shop_id, None, "again"))
    feed(stand)
    assert stand.mall.stock("BAG")["items"][0]["sale_state"] == "paused"
    assert stand.mall.stock("BAG")["paused"] is True
    world.do(lambda uow: resume_sale(uow, world.shop_id, None))
    feed(stand)
    assert told(stand, stand.cursor) == [
        ("sale.paused", "BEAR"),
        ("sale.paused", None),
        ("sale.resumed", None),
        ("sale.paused", "BEAR"),
    ], "what stays stopped is told again"
    states = {one["sku"]: one["sale_state"] for one in stand.mall.stock("BAG", "BEAR", "SET")["items"]}
    assert states == {"BAG": "on", "BEAR": "paused", "SET": "paused"}


def test_another_shops_events_are_not_told(followed):
    from core.gateway.keys import make_key
    from core.sync.shops import add_shop

    stand, world = followed, followed.world
    other = world.do(lambda uow: make_key(uow, add_shop(uow, "fake", "another", {}, "{}", world.warehouse)))
    stand.mall.reserve("A1", [line("GIFT")], expires_in=60)
    stand.pass_time(seconds=61)
    feed(stand)
    assert stand.client(other).events(stand.cursor)["events"] == []


def test_a_cursor_passes_nothing_by_though_transactions_overlap(stand):
    """Two writers at once, the one that began first commits last: the turn lets ids appear in their order."""
    world = stand.world
    second = world.new_store("desk 2")
    inside, go_on = threading.Event(), threading.Event()

    def slow(uow) -> None:
        write_events(uow, [{"kind": "cancelled", "shop_id": world.shop_id, "facts": {"ref": "slow"}}])
        inside.set()
        go_on.wait(2)

    def quick(uow) -> None:
        write_events(uow, [{"kind": "cancelled", "shop_id": world.shop_id, "facts": {"ref": "quick"}}])

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(world.store.write, slow)
        assert inside.wait(10)
        other = pool.submit(second.write, quick)
        time.sleep(0.3)
        before = stand.store.read(lambda connection: connection.execute(select(DoorEvent.id)).all())
        assert before == [], "the later one has to wait, or a cursor behind it would pass the first by"
        go_on.set()
        first.result(20)
        other.result(20)
    assert told(stand) == [("cancelled", "slow"), ("cancelled", "quick")]


def test_journal_rows_that_appear_late_make_their_events(followed):
    """The journal's ids commit out of order: a row below the mark still counts."""
    stand, world = followed, followed.world
    stand.mall.reserve("A1", [line("BAG")])
    order_id = world.order("A1").id
    last = world.rows(select(Journal.id).order_by(Journal.id.desc()).limit(1))[0].id
    row = {"at": world.clock.now(), "operator": "x", "desk": "x", "subject": "orders", "subject_id": order_id}
    world.do(lambda uow: uow.insert_many(Journal, [row | {"id": last + 20, "action": "order.seen", "facts": {}}]))
    feed(stand)
    world.do(lambda uow: uow.insert_many(Journal, [row | {"id": last + 10, "action": "order.cancel", "facts": {}}]))
    feed(stand)
    feed(stand)
    assert [one for one in told(stand, stand.cursor) if one[0] == "cancelled"] == [("cancelled", "A1")]


def test_a_caller_who_waits_hears_at_once_and_holds_no_thread(stand):
    waiting = [stand.client() for _ in range(40)]
    with ThreadPoolExecutor(40) as pool:
        heard = [pool.submit(one.events, "0", 20) for one in waiting]
        time.sleep(1.5)
        began = time.monotonic()
        assert stand.mall.stock("BEAR")["items"], "forty waiting callers keep nobody out"
        assert time.monotonic() - began < 5
        row = {"kind": "cancelled", "shop_id": stand.world.shop_id, "facts": {"ref": "A1"}}
        stand.world.do(lambda uow: write_events(uow, [row]))
        stand.server.bell.ring()
        for one in heard:
            assert [event["ref"] for event in one.result(20)["events"]] == ["A1"]
    assert stand.mall.events(heard[0].result()["next_cursor"], 0)["events"] == []


def test_waiting_ends_with_its_time(file_stand):
    file_stand.mall.stock("BEAR")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(file_stand.client().events, "0", 25)
        time.sleep(0.5)
        file_stand.world.clock.advance(seconds=26)
        file_stand.server.bell.ring()
        assert waiting.result(10) == {"events": [], "next_cursor": "0"}


def test_old_events_are_forgotten_and_numbers_never_given_again(stand):
    row = {"kind": "cancelled", "shop_id": stand.world.shop_id, "facts": {"ref": "A1"}}
    for _ in range(3):
        stand.world.do(lambda uow: write_events(uow, [row]))
    cursor = stand.mall.events("0")["next_cursor"]
    stand.pass_time(days=15)
    stand.world.do(forget_events)
    stand.world.do(lambda uow: write_events(uow, [row | {"facts": {"ref": "A2"}}]))
    assert [one["ref"] for one in stand.mall.events(cursor)["events"]] == ["A2"]
    assert int(stand.mall.events("0")["next_cursor"]) > int(cursor)


def test_reading_a_feed_walks_through_no_table(file_stand):
    from core.gateway import events, stock
    from core.sync.shops import shop_of

    stand = file_stand
    feed(stand)
    shop = stand.store.read(lambda connection: shop_of(connection, stand.world.shop_id))
    now = stand.store.clock.now()
    assert walks(stand.store, lambda c: events.page(c, shop.id, shop.warehouse_id, "0", 10)) <= {"SCAN sale_pause"}
    found = walks(stand.store, lambda c: stock.changes(c, shop, "0", 10, now))
    assert not [step for step in found if "stock_level" in step or "door_stock" in step or "reservation" in step], (
        found
    )


def test_the_example_of_the_docs_works_as_a_program(file_stand, capsys, monkeypatch):
    module = example()
    real = module.time.time
    ahead_s = file_stand.ahead_s()
    monkeypatch.setattr(module.time, "time", lambda: real() + ahead_s)
    words = [file_stand.address, file_stand.key.key, file_stand.key.secret, "BEAR", "2"]
    assert module.main(words) == 0
    said = capsys.readouterr().out
    assert '"state": "reserved"' in said
    assert '"state": "confirmed"' in said
    assert module.main([*words[:4], "99999999"]) == 1
    assert module.main([]) == 2


@pytest.mark.parametrize(
    ("address", "is_taken"),
    [
        ("http://127.0.0.1:8377", True),
        ("http://localhost:8377", True),
        ("http://[::1]:8377", True),
        ("https://mall.example/door", True),
        ("http://192.168.1.20:8377", False),
        ("http://mall.example", False),
        ("ftp://127.0.0.1", False),
        ("127.0.0.1:8377", False),
    ],
)
def test_the_example_sends_nothing_in_clear_over_a_network(address, is_taken, capsys):
    client = example().DoorClient
    if is_taken:
        client(address, "k", "s")
        return
    with pytest.raises(ValueError, match="https"):
        client(address, "k", "s")
    assert example().main([address, "k", "s", "BEAR", "1"]) == 2
    assert "https" in capsys.readouterr().err
    if address.startswith("http://192"):
        client(address, "k", "s", trusts_network=True)
