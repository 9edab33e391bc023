"""What each watch sees, and what it does not: true troubles, their limits, and the plans by which they look."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, update

from core.alerts.channels import put_channel
from core.alerts.telling import TELL, lane_of
from core.alerts.watches import machine_watches, messages_stuck
from core.channels.models import Shop
from core.db.backup import Newest
from core.db.models import Journal, Outbox
from core.db.space import STOP_BELOW, WARN_BELOW
from core.desk.settings import put_setting
from core.inventory.low import stock_below_floor, stock_low
from core.inventory.models import StockLevel
from core.inventory.quotas import acts
from core.inventory.quotas.models import Quota
from core.orders.watches import orders_late, orders_short, ship_times_near
from core.runtime.remote_errors import AuthExpired, Rejected, Temporary
from core.runtime.standing import Severity
from core.sync.shops import add_shop, note_bad_pull
from core.sync.watches import clock_wrong, orders_missing, outbox_stuck, shops_silent
from core.waybills.watches import prints_in_doubt
from tests.alerts.conftest import KEYS
from tests.support.fake_shop import line
from tests.support.plans import walks


def seen(world, watch):
    now = world.clock.now()
    return {(one.rule, one.key): one for one in world.store.read(lambda connection: watch(connection, now))}


def shop_values(world, **values):
    world.do(lambda uow: uow.execute(update(Shop).where(Shop.id == world.shop_id).values(**values)))


def limit(world, rule, **limits):
    value = {"limits": {key.replace("_", ":") if key != "usual" else "": one for key, one in limits.items()}}
    world.do(lambda uow: put_setting(uow, f"alerts.rule.{rule}", value))


def test_a_shop_that_lets_nobody_in_is_told_as_that(world):
    shop_values(world, last_good_pull_at=world.clock.now())
    assert seen(world, shops_silent) == {}
    world.do(lambda uow: note_bad_pull(uow, world.shop_id, AuthExpired("no")))
    world.clock.advance(hours=1)
    assert list(seen(world, shops_silent)) == [("shop.access", f"shop:{world.shop_id}")]


def test_a_shop_that_never_answered_counts_from_its_birth_and_one_that_is_paused_not_at_all(world):
    world.clock.advance(minutes=6)
    assert list(seen(world, shops_silent)) == [("shop.silent", f"shop:{world.shop_id}")]
    shop_values(world, is_active=False)
    assert seen(world, shops_silent) == {}
    world.do(lambda uow: add_shop(uow, "file", "表格店", {}, "", 1))
    world.clock.advance(hours=1)
    assert seen(world, shops_silent) == {}, "nobody asks a shop whose orders come in files"


def test_nobody_is_woken_by_the_practice_shop(world):
    world.clock.advance(minutes=6)
    for url, severity in (("http://127.0.0.1:8099", Severity.NOTICE), ("https://mall.example", Severity.CRITICAL)):
        shop_values(world, settings={"base_url": url})
        assert [one.severity for one in seen(world, shops_silent).values()] == [severity]


def test_a_promised_ship_time_that_is_near_is_told_once_for_its_hour(world):
    at = world.clock.now()
    ends = {"A1": 100, "A2": 110, "A3": 170, "late": -5, "unpaid": 60}
    for no, minutes in ends.items():
        more = {"ship_by_at": at + timedelta(minutes=minutes), "is_paid": no != "unpaid"}
        world.shop.place(no, line("1", "BEAR"), **more)
    world.sync()

    def told():
        return {key: (one.facts["n"], one.facts["minutes"]) for (_, key), one in seen(world, ship_times_near).items()}

    first = f"shop:{world.shop_id}:{at + timedelta(minutes=100):%Y%m%d%H}"
    second = f"shop:{world.shop_id}:{at + timedelta(minutes=170):%Y%m%d%H}"
    assert told() == {first: (2, 100)}
    world.clock.advance(minutes=55)
    assert told() == {first: (2, 45), second: (1, 115)}, "the same group still stands, the next is another"
    world.desk.open("A1")
    world.shop.cancel("A1")
    world.shop.cancel("A2")
    world.sync()
    assert told() == {second: (1, 115)}
    limit(world, "order.ship_near", usual=1.0)
    assert told() == {}


def test_a_clock_that_is_wrong_is_graver_the_more_it_is(world):
    for seconds, severity in ((60, None), (61, Severity.WARNING), (-301, Severity.CRITICAL)):
        shop_values(world, clock_offset_ms=seconds * 1000)
        found = seen(world, clock_wrong).get(("clock.wrong", "clock"))
        assert (None if found is None else found.severity) == severity


def test_a_lane_that_does_not_drain_is_seen_however_often_it_was_tried(world):
    number = world.ready("A1", line("1", "BEAR"))
    world.desk.pack("A1")
    world.desk.ship(number)
    key = ("outbox.stuck", f"shop:{world.shop_id}")
    for _ in range(12):
        world.shop.faults.append(Temporary("no"))
        world.tell_shop()
        world.clock.advance(seconds=30)
    found = seen(world, outbox_stuck)
    assert (found[key].severity, found[key].facts["target"]) == (Severity.WARNING, "练习店")
    world.clock.advance(minutes=20)
    assert seen(world, outbox_stuck)[key].severity == Severity.CRITICAL
    limit(world, "outbox.stuck", usual=300, **{f"shop_{world.shop_id}": 36_000})
    assert seen(world, outbox_stuck) == {}


def test_what_was_put_off_on_purpose_is_not_stuck_and_messages_to_people_are_not_looked_at(world):
    world.do(lambda uow: uow.enqueue("later", "k", {}, lane="shop:1", delay_s=36_000))
    world.do(lambda uow: uow.enqueue("alert.tell", "k", {}, lane="alert:1"))
    world.clock.advance(hours=1)
    assert seen(world, outbox_stuck) == {}


def test_what_was_refused_for_good_is_seen(world):
    number = world.ready("A1", line("1", "BEAR"))
    world.desk.pack("A1")
    world.desk.ship(number)
    world.shop.faults.append(Rejected("no"))
    world.tell_shop()
    found = seen(world, outbox_stuck)
    assert found["outbox.failed", f"shop:{world.shop_id}"].facts == {"target": "练习店", "n": 1}


def took(world, *, weeks, orders):
    """So many orders were taken within the hour before now, some weeks ago."""
    at = world.clock.now() - timedelta(weeks=weeks, minutes=30)
    row = {"operator": "x", "desk": "x", "action": "order.taken", "subject": "orders", "subject_id": 1}
    facts = {"shop_id": world.shop_id, "order_no": "N"}
    world.do(lambda uow: uow.execute(insert(Journal), [row | {"at": at, "facts": facts}] * orders))


def test_silence_is_seen_where_orders_are_usual_at_this_hour_of_the_week(world):
    world.clock.advance(weeks=6)
    key = ("shop.no_orders", f"shop:{world.shop_id}")
    for weeks in (4, 3, 2, 1):
        took(world, weeks=weeks, orders=5)
    assert seen(world, orders_missing)[key].facts == {"shop": "练习店", "expected": 5}
    limit(world, "shop.no_orders", usual=6)
    assert seen(world, orders_missing) == {}


def test_one_order_is_not_silence(world):
    world.clock.advance(weeks=6)
    for weeks in (4, 3, 2, 1):
        took(world, weeks=weeks, orders=9)
    took(world, weeks=0, orders=1)
    assert seen(world, orders_missing) == {}


def test_a_young_shop_is_expected_to_bring_nothing(world):
    world.clock.advance(days=3)
    assert seen(world, orders_missing) == {}


def test_labels_in_doubt_and_labels_that_wait(world):
    for no in ("P1", "P2"):
        world.ready(no, line("1", "BEAR"))
        world.desk.pack(no)
    job = world.desk.jobs.claim("virtual")
    world.desk.jobs.mark_sending(job, "digest")
    world.desk.jobs.mark_unknown(job, "cut")
    found = seen(world, prints_in_doubt)
    assert [(name, one.facts["n"]) for name, one in found.items()] == [(("print.doubt", "desk:desk 1"), 1)]
    world.clock.advance(seconds=601)
    assert ("print.stuck", "printer:virtual") in seen(world, prints_in_doubt)


def test_orders_without_goods_and_orders_that_are_late(world):
    assert seen(world, orders_short) == {}
    world.shop.place("A1", line("1", "BEAR", qty=500_000))
    world.shop.place("A2", line("1", "BAG"), ship_by_at=world.clock.now() + timedelta(hours=1))
    world.sync("A1", "A2")
    short = seen(world, orders_short)["order.short", f"shop:{world.shop_id}"]
    assert (short.severity, short.facts) == (Severity.CRITICAL, {"shop": "练习店", "n": 1})
    assert seen(world, orders_late) == {}
    world.clock.advance(hours=2)
    assert seen(world, orders_late)["order.late", "all"].facts["n"] == 1


def sell(world, code, qty):
    number = world.ready(f"S-{code}-{qty}", line("1", code, qty))
    world.desk.pack(f"S-{code}-{qty}")
    world.desk.ship(number)


def test_what_sells_and_will_not_last_is_low_and_what_lies_still_is_not(world):
    stock, bear, bag = world.desk.stock, world.skus["BEAR"], world.skus["BAG"]
    stock.count(world.warehouse, bear, 24, "stocktake", "c1")
    stock.count(world.warehouse, bag, 1, "stocktake", "c2")
    sell(world, "BEAR", 14)  # two a day, ten left: five days
    assert seen(world, stock_low) == {}
    stock.count(world.warehouse, bear, 3, "stocktake", "c3")
    found = seen(world, stock_low)["stock.low", f"sku:{bear}"]
    assert (found.severity, found.facts["n"], found.facts["days"]) == (Severity.NOTICE, 3, 1.5)
    stock.count(world.warehouse, bear, 0, "stocktake", "c4")
    assert seen(world, stock_low)["stock.low", f"sku:{bear}"].severity == Severity.WARNING
    assert seen(world, stock_below_floor) == {}
    limit(world, "stock.floor", **{f"sku_{bag}": 5, f"sku_{bear}": 5})
    found = seen(world, stock_below_floor)
    assert found["stock.floor", f"sku:{bag}"].facts["floor"] == 5
    assert seen(world, stock_low) == {}, "what has a number of its own is told by that"
    limit(world, "stock.floor", **{f"sku_{bag}": 5})
    world.clock.advance(days=8)
    assert list(seen(world, stock_below_floor)) == [("stock.floor", f"sku:{bag}")]
    assert seen(world, stock_low) == {}, "it did not sell for a week"


@pytest.mark.parametrize("change", [{"is_blocked": True}, {"expires_day": 1}])
def test_goods_that_may_not_be_sold_are_no_stock(world, change):
    bear = world.skus["BEAR"]
    world.desk.stock.count(world.warehouse, bear, 17, "stocktake", "c1")
    sell(world, "BEAR", 7)  # one a day, ten left
    assert seen(world, stock_low) == {}
    world.do(lambda uow: uow.execute(update(StockLevel).where(StockLevel.sku_id == bear).values(**change)))
    assert seen(world, stock_low)["stock.low", f"sku:{bear}"].facts["n"] == 0


def test_what_belongs_to_shops_is_for_sale_too(world):
    bear = world.skus["BEAR"]
    world.desk.stock.count(world.warehouse, bear, 17, "stocktake", "c1")
    sell(world, "BEAR", 7)

    def allot(uow):
        opened = acts.open_quota(
            uow, world.shop_id, bear, listing_id=None, cancelled_unit="platform", is_counted=True
        )
        uow.execute(update(Quota).where(Quota.id == opened).values(adopted_at=uow.now))
        acts.grant(uow, opened, 9, "test")

    world.do(allot)
    assert seen(world, stock_low) == {}


def test_more_than_anybody_reads_is_one_alert(world, monkeypatch):
    monkeypatch.setattr("core.inventory.low.MOST", 1)
    for place, code in enumerate(("BEAR", "BAG")):
        sell(world, code, 7)
        world.desk.stock.count(world.warehouse, world.skus[code], place, "stocktake", f"c {code}")
    found = seen(world, stock_low)
    assert list(found) == [("stock.low_many", "all")]
    assert found["stock.low_many", "all"].facts == {"n": 2, "gone": 1}


@pytest.mark.parametrize(
    ("free", "severity"), [(WARN_BELOW, None), (WARN_BELOW - 1, "warning"), (STOP_BELOW - 1, "critical")]
)
def test_a_disk_that_fills_up(world, tmp_path, monkeypatch, free, severity):
    from core.alerts import watches
    from core.db.space import space_of

    monkeypatch.setattr(watches, "space_of", lambda folder: space_of(folder, free))
    disk = next(one for one in machine_watches(tmp_path, lambda: None) if one.name == "disk")
    found = seen(world, disk.watch).get(("disk.low", "disk"))
    assert (None if found is None else found.severity) == severity


@pytest.mark.parametrize(("hours", "severity"), [(None, None), (26, None), (27, "warning"), (73, "critical")])
def test_a_backup_that_is_old(world, tmp_path, hours, severity):
    at = None if hours is None else world.clock.now() - timedelta(hours=hours)
    watched = machine_watches(tmp_path, lambda: at and Newest(at))
    backup = next(one for one in watched if one.name == "backup")
    found = seen(world, backup.watch).get(("backup.old", "backup"))
    assert (None if found is None else found.severity) == severity


@pytest.mark.parametrize(("hours", "severity"), [(26, None), (27, "warning"), (73, "critical")])
def test_a_shop_that_never_made_a_backup_is_told_so(world, tmp_path, hours, severity):
    world.clock.advance(hours=hours)
    backup = next(one for one in machine_watches(tmp_path, lambda: None) if one.name == "backup")
    found = seen(world, backup.watch)
    assert {key: one.severity for key, one in found.items()} == (
        {} if severity is None else {("backup.none", "backup"): severity}
    )
    assert {"backup.none", "backup.old"} == {rule.rule for rule in backup.rules}


def test_messages_that_do_not_get_out_are_seen_and_those_that_wait_for_the_morning_are_not(world):
    entered = {"key": KEYS["wecom"]}
    channel = world.do(lambda uow: put_channel(uow, None, "wecom", "仓库群", entered))
    world.do(lambda uow: uow.enqueue(TELL, "1:1:1", {}, lane=lane_of(channel)))
    world.do(lambda uow: uow.enqueue(TELL, "2:1:1", {}, lane=lane_of(channel), delay_s=8 * 3600))
    world.do(lambda uow: uow.enqueue("other", "x", {}, lane="shop:1"))
    world.clock.advance(seconds=600)
    assert seen(world, messages_stuck) == {}
    world.clock.advance(seconds=61)
    found = seen(world, messages_stuck)["alerts.stuck", f"channel:{channel}"]
    assert (found.severity, found.facts) == ("warning", {"channel": "仓库群", "n": 1, "minutes": 11})
    world.clock.advance(hours=8)
    assert seen(world, messages_stuck)["alerts.stuck", f"channel:{channel}"].facts["n"] == 2


def test_no_watch_that_looks_every_few_seconds_walks_through_a_growing_table(file_world):
    for watch in (outbox_stuck, prints_in_doubt, orders_short, orders_late, orders_missing):
        now = file_world.clock.now()
        steps = walks(file_world.store, lambda connection, watch=watch, now=now: watch(connection, now))
        grows = [step for step in steps if any(name in step.split() for name in ("orders", "outbox", "journal"))]
        assert not [step for step in grows if "INDEX" not in step], (watch.__name__, steps)
    assert Outbox.__tablename__
