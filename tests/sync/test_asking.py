"""Asking a shop for single orders (P4): when a parcel opens, for a wave, and once more where the scan finds it old."""

import threading
import time
from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from core.app import CoreConfig, build
from core.catalog.service import take_in
from core.channels.plugin import ChannelPlugin
from core.channels.registry import ChannelRegistry
from core.db.models import Journal, Outbox
from core.fulfilment import outbound
from core.fulfilment.records import KnowledgeRule, OnOld
from core.inventory.ledger import receive
from core.inventory.models import Warehouse
from core.payments.models import PaymentGateway
from core.runtime.lanes import Lane
from core.runtime.remote_errors import RateLimited, Rejected, Temporary
from core.sync.asking import Asking
from core.sync.shops import add_shop
from core.waybills.accounts import Account, save_account
from tests.support.fake_shop import line
from tests.support.world import CATALOGUE, SENDER, Desk

ASK, SHIP, STOP = (KnowledgeRule(180, on_old) for on_old in OnOld)


@pytest.fixture
def asked(world):
    """The desk's asking with the shop served; `answer` lets the lane work once."""
    desk = world.desk
    desk.asking.serve(world.shop_id)
    return SimpleNamespace(
        desk=desk,
        answer=lambda: desk.asking.work(world.shop_id),
        count=lambda: world.shop.calls.count("get"),
    )


@pytest.fixture
def lane(world, asked):
    """The shop's lane, running."""
    made = Lane("ask", lambda: asked.desk.asking.work(world.shop_id))
    asked.desk.asking._wake = lambda shop_id: made.wake()
    made.start()
    yield made
    made.stop()


# --- when a parcel opens, and for a wave ------------------------------------------------------------------------


def test_an_opened_parcel_is_asked_about_and_the_page_hears_of_it(world, asked):
    world.ready("A1", line("1", "BEAR"), line("2", "BAG"))
    world.clock.advance(minutes=1)
    opened = asked.desk.open("A1")
    assert asked.count() == 0, "the scan itself asks nobody"
    world.shop.after_sale("A1", "1", "refunded")
    heard = []
    world.store.subscribe(heard.append)
    asked.answer()
    assert asked.count() == 1
    assert any(changes.touches("orders") for changes in heard)
    fresh = asked.desk.packing.refresh(opened.parcel.id)
    assert (fresh.seen_at, fresh.lines[0].is_withdrawn) == (world.clock.now(), True)


def test_an_answer_with_nothing_new_still_makes_the_knowledge_young(world, asked):
    world.ready("A1", line("1", "BEAR"))
    world.clock.advance(minutes=1)
    opened = asked.desk.open("A1")
    heard = []
    world.store.subscribe(heard.append)
    asked.answer()
    assert any(changes.touches("orders") for changes in heard)
    assert asked.desk.packing.refresh(opened.parcel.id).seen_at == world.clock.now()


def test_what_was_heard_of_a_moment_ago_or_wanted_already_is_not_asked_again(world, asked):
    world.ready("A1", line("1", "BEAR"))
    opened = asked.desk.open("A1")
    asked.answer()
    assert asked.count() == 0, "it was pulled just now"
    world.clock.advance(seconds=30)
    for _ in range(3):
        asked.desk.asking.parcel_opened(opened.parcel.id)
    asked.answer()
    assert asked.count() == 1
    asked.desk.packing.leave(opened.parcel.id, opened.parcel.fence)
    asked.desk.open("A1")
    asked.answer()
    assert asked.count() == 1


def test_a_desk_whose_clock_is_behind_asks_all_the_same(world, asked):
    world.ready("A1", line("1", "BEAR"))
    world.clock.jump(world.clock.now().replace(year=2025))
    asked.desk.open("A1")
    asked.answer()
    assert asked.count() == 1


def test_a_wave_is_asked_about_and_the_parcel_on_the_desk_goes_first(world, asked):
    for n in range(4):
        world.ready(f"A{n}", line("1", "BEAR"))
    world.clock.advance(minutes=1)
    order = []
    asked.desk.asking._ask = lambda shop_id, no: order.append(no)
    asked.desk.packing.start_wave("scan_to_print", 4)
    asked.desk.open("A2")
    asked.answer()
    assert order == ["A2", "A0", "A1", "A3"]


def test_what_has_left_meanwhile_is_not_asked_about(world, asked):
    number = world.ready("A1", line("1", "BEAR"))
    world.clock.advance(minutes=1)
    asked.desk.pack("A1")
    assert asked.desk.ship(number).code == "parcel.shipped"
    asked.answer()
    assert asked.count() == 0


def test_a_silent_shop_is_tried_again_later_and_later_and_then_as_before(world, asked):
    world.ready("A1", line("1", "BEAR"))
    world.clock.advance(minutes=1)
    asked.desk.open("A1")
    world.shop.faults = [Temporary("away")] * 6
    assert [asked.answer() for _ in range(6)] == [5, 10, 20, 40, 60, 60]
    asked.answer()
    assert asked.count() == 7
    world.clock.advance(minutes=1)
    asked.desk.asking.parcel_opened(world.parcels("A1")[0].id)
    world.shop.faults = [RateLimited("slowly", retry_after_s=90)]
    assert asked.answer() == 90


def test_an_order_the_shop_refuses_to_speak_of_keeps_no_other_waiting(world, asked, expected_log):
    for n in range(3):
        world.ready(f"A{n}", line("1", "BEAR"))
    world.clock.advance(minutes=1)
    asked.desk.packing.start_wave("scan_to_print", 3)
    world.shop.faults = [Rejected("never heard of it")]
    world.shop.change("A1", order_type="of a kind nobody knows")
    expected_log("cannot be stored", "core.sync")
    asked.answer()
    assert asked.count() == 3
    assert world.order("A2").seen_at == world.clock.now()


# --- at the outbound scan ----------------------------------------------------------------------------------------


def _packed(world, asked):
    number = world.ready("A1", line("1", "BEAR"))
    packed = asked.desk.pack("A1")
    world.clock.advance(seconds=181)
    return number, packed.parcel


def test_young_knowledge_ships_without_a_word(world, asked):
    number, _ = _packed(world, asked)
    world.clock.advance(seconds=-1)
    assert asked.desk.ship(number, ASK).code == "parcel.shipped"


def test_old_knowledge_wants_the_shop_asked_and_the_same_scan_is_judged_again(world, asked, lane):
    number, parcel = _packed(world, asked)
    first = asked.desk.packing.scan_label(parcel.id, parcel.fence, number, "one nonce", ASK)
    assert (first.code, first.facts["age_s"]) == ("knowledge.ask", 181)
    asked.desk.packing.ask_shop(parcel.id)
    assert asked.count() == 1
    second = asked.desk.packing.scan_label(parcel.id, parcel.fence, number, "one nonce", STOP)
    assert second.code == "parcel.shipped"
    facts = [
        row.facts
        for row in world.rows(select(Journal.facts).where(Journal.action == "parcel.shipped").order_by(Journal.id))
    ]
    assert facts == [{"number": number, "knowledge_age_s": 0}]


def _refunded_at_the_shop(world, asked):
    """What the scans say after a refund nobody pulled: the desk asks as the page does."""
    number, parcel = _packed(world, asked)
    world.shop.after_sale("A1", "1", "refunded")
    verdict = asked.desk.packing.scan_label(parcel.id, parcel.fence, number, "one nonce", ASK)
    if verdict.code == "knowledge.ask":
        asked.desk.packing.ask_shop(parcel.id)
        verdict = asked.desk.packing.scan_label(parcel.id, parcel.fence, number, "one nonce", SHIP)
    return verdict.code


def test_a_refund_at_the_shop_between_pull_and_label_is_stopped(world, asked, lane):
    assert _refunded_at_the_shop(world, asked) == "label.voided"
    assert world.order("A1").fulfilment == "cancelled"


def test_twin_without_the_look_at_the_age_the_refunded_goods_leave(world, asked, lane, monkeypatch):
    monkeypatch.setattr(outbound, "_age_of_knowledge", lambda uow, parcel_id: 0)
    assert _refunded_at_the_shop(world, asked) == "parcel.shipped"


def test_a_shop_that_does_not_answer_is_shipped_on_or_stopped_as_the_desk_says(world, asked, lane):
    number, parcel = _packed(world, asked)
    world.shop.faults = [Temporary("away")] * 50
    asked.desk.packing.ask_shop(parcel.id)
    stopped = asked.desk.ship(number, STOP)
    assert (stopped.code, stopped.parcel.state, stopped.facts["age_s"]) == ("knowledge.old", "packed", 181)
    shipped = asked.desk.ship(number, SHIP)
    assert (shipped.code, shipped.facts["age_s"]) == ("parcel.shipped_on_old", 181)
    assert asked.desk.packing.refresh(parcel.id).state == "shipped"


def test_a_dead_line_is_waited_for_once_and_then_no_more_until_it_answers(world):
    hangs, was_asked = threading.Event(), threading.Event()

    def ask(shop_id, order_no):
        was_asked.set()
        hangs.wait(10)

    desk = Desk(world.store, world.digest, world._nonces, ask)
    asking = Asking(world.store, ask, lambda shop_id: made.wake(), answer_s=0.2)
    made = Lane("ask", lambda: asking.work(world.shop_id))
    world.ready("A1", line("1", "BEAR"))
    parcel_id = desk.open("A1").parcel.id
    world.clock.advance(minutes=5)
    asking.serve(world.shop_id)
    made.start()
    try:
        waits = []
        for _ in range(3):
            started = time.monotonic()
            asking.ask_now(parcel_id)
            waits.append(time.monotonic() - started)
        assert was_asked.is_set()
        assert waits[0] >= 0.2
        assert max(waits[1:]) < 0.2
        hangs.set()
        made.stop()
        assert not asking._lines[world.shop_id].is_silent, "it has answered in the end"
    finally:
        hangs.set()
        made.stop()


def test_a_shop_without_a_lane_is_not_waited_for(world):
    world.ready("A1", line("1", "BEAR"))
    parcel_id = world.parcels("A1")[0].id
    world.clock.advance(minutes=5)
    started = time.monotonic()
    world.desk.packing.ask_shop(parcel_id)
    assert time.monotonic() - started < 1
    assert world.shop.calls.count("get") == 0


# --- the whole program --------------------------------------------------------------------------------------------


def _furnish(uow, shop_name):
    warehouse = uow.insert(Warehouse, {"code": "main", "name": "main"})
    receive(uow, warehouse, take_in(uow, CATALOGUE)["BEAR"], 10, "opening", "opening")
    # The carrier that a program asks where nobody chose one, out of reach: an unknown one would hold the order.
    place = {"base_url": "http://127.0.0.1:9", "key": "k"}
    save_account(uow, Account("practice", "PX", "通通快递", place, "secret", SENDER))
    return add_shop(uow, "fake", shop_name, {}, "{}", warehouse)


def _until(is_so):
    give_up = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < give_up
        threading.Event().wait(0.02)


def test_a_running_program_asks_by_itself_when_a_parcel_opens(file_world, tmp_path):
    """The lanes of `core.app`: opened, asked, stored, and told by the normal changes."""
    shop, clock = file_world.shop, file_world.clock
    plugin = ChannelPlugin("fake", "假", "fake", (), shop.capabilities, lambda *arguments: shop)
    place = CoreConfig(folder=tmp_path / "core", key_file=tmp_path / "key", clock=clock, pull_every_s=3600)
    core = build(place, ChannelRegistry([plugin]))
    try:
        core.pull_shop(core.store.write(lambda uow: _furnish(uow, "店")))
        shop.place("R1", line("1", "BEAR"))
        clock.advance(minutes=1)
        core.start()
        # The whole pull, not only its first page: what is left of it must not see the cancellation.
        _until(lambda: core.status.status().shops[0].last_good_pull_at == clock.now())
        clock.advance(minutes=1)
        shop.cancel("R1")
        opened = core.packing.open_code("R1", "one nonce")
        assert opened.code == "parcel.opened", "the verdict does not wait for the shop"
        _until(lambda: core.packing.refresh(opened.parcel.id).state == "cancelled")
        assert shop.calls.count("get") == 1
    finally:
        core.stop()


def test_what_another_program_has_added_is_served_within_a_round(file_world, tmp_path):
    shop, clock = file_world.shop, file_world.clock
    plugin = ChannelPlugin("fake", "假", "fake", (), shop.capabilities, lambda *arguments: shop)
    place = CoreConfig(folder=tmp_path / "core", key_file=tmp_path / "key", clock=clock, pull_every_s=3600)
    core = build(place, ChannelRegistry([plugin]))
    try:
        core.start()
        new_shop = core.store.write(lambda uow: _furnish(uow, "店"))
        old = {"kind": "x", "key": "k", "payload": {}, "lane": "x", "state": "done"}
        times = dict.fromkeys(("created_at", "not_before_at", "done_at"), clock.now() - timedelta(days=101))
        core.store.write(lambda uow: uow.insert(Outbox, old | times))
        row = {"shop_id": new_shop, "kind": "wechat", "settings": {}, "secret": "{}", "template": "{order_no}"}
        values = row | {"is_active": True, "created_at": clock.now()}
        gateway = core.store.write(lambda uow: uow.insert(PaymentGateway, values))
        clock.advance(hours=1)
        core.behind._lanes["tidy"].wake()
        _until(lambda: {f"pull:{new_shop}", f"pay:{gateway}"} <= set(core.behind._lanes))
        _until(lambda: core.status.status().shops[0].last_good_pull_at == clock.now())
        _until(lambda: not core.store.read(lambda c: c.execute(select(Outbox.id)).all()))
    finally:
        core.stop()
    core.behind.adopt_shops()
    assert not core.behind._lanes, "what is stopping begins nothing"
