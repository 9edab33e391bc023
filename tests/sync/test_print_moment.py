"""A shop that wants to know when the label comes out: told once, of what really came out, and of the number that counts."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import select

from core.app import Core, CoreConfig, build, new_nonce
from core.db.models import Outbox
from core.practice.catalogue import practice_catalogue
from core.practice.moving_in import move_in
from core.practice.people import Receiver
from core.practice.server import PracticeSecrets, PracticeServer
from core.practice.shop import DraftLine, OrderDraft
from core.runtime.clock import SystemClock
from core.waybills.models import PrintJob
from tests.stateful.test_print_queue import PrintQueueMachine
from tests.support.fake_shop import line
from tests.support.world import ANY_AGE, World

SF = "SF1234567890123"


@pytest.fixture
def early(world: World) -> World:
    """A world whose shop is told when the label comes out."""
    world.desk.shops.set_confirm_at(world.shop_id, "print")
    return world


def notices(world: World) -> int:
    return len(world.rows(select(Outbox.id).where(Outbox.kind == "confirm_shipment")))


def failed(world: World) -> list[str]:
    return [row.last_error for row in world.rows(select(Outbox.last_error).where(Outbox.state == "failed"))]


def told(world: World) -> list[str]:
    world.tell_shop()
    return [notice.waybill_no for notice in world.shop.told.values()]


def sending(world: World, no: str) -> Any:
    """The job of a label whose first byte is about to leave."""
    world.ready(no, line("1", "BEAR"))
    world.desk.pack(no)
    job = world.desk.jobs.claim("virtual")
    assert world.desk.jobs.mark_sending(job, "digest")
    return job


def again(world: World, no: str) -> str:
    """Another number for the parcel, which comes at once; its label is wanted and printed."""
    world.desk.labels.new_number(world.parcels(no)[-1].id, "torn")
    world.buy_numbers()
    world.print_labels()
    return world.number(no)


# --- told of what came out, once --------------------------------------------------------------------------------------


def test_neither_a_queued_nor_a_sending_label_is_told(early: World) -> None:
    job = sending(early, "A1")
    assert notices(early) == 0
    early.desk.jobs.mark_sent(job, None)
    assert notices(early) == 1
    early.desk.jobs.mark_confirmed(job)
    assert told(early) == [early.number("A1")]
    assert early.desk.ship(early.number("A1")).code == "parcel.shipped"
    assert notices(early) == 1, "the outbound scan tells nothing again"
    sheet = early.desk.handover.open_sheet("TT")
    early.desk.handover.take_all(sheet)
    early.desk.handover.close(sheet, "李师傅", 1)
    assert notices(early) == 1


@pytest.mark.parametrize("came_out", [True, False])
def test_an_unknown_label_is_told_when_a_clerk_says_that_it_came_out(early: World, came_out: bool) -> None:
    job = sending(early, "A1")
    early.desk.jobs.mark_unknown(job, "cable")
    assert notices(early) == 0
    early.desk.labels.answer_unknown(job.job_id, came_out)
    assert notices(early) == int(came_out)
    early.print_labels()
    assert notices(early) == 1, "where it did not, the copy that is printed for it counts"
    assert told(early) == [early.number("A1")]


def test_a_reprint_is_no_news(early: World) -> None:
    early.desk.jobs.mark_sent(sending(early, "A1"), None)
    early.desk.labels.reprint(early.waybills("A1")[0].id, "torn")
    assert len(early.print_labels()) == 1
    assert notices(early) == 1


def test_what_was_scanned_without_a_print_we_saw_is_told_then(early: World) -> None:
    sending(early, "A1")
    assert early.desk.ship(early.number("A1")).code == "parcel.shipped"
    assert told(early) == [early.number("A1")]


def test_a_held_order_is_not_told_of_its_label(early: World) -> None:
    job = sending(early, "A1")
    early.shop.after_sale("A1", "1", "requested")
    early.sync("A1")
    early.desk.jobs.mark_sent(job, None)
    assert notices(early) == 0
    early.shop.after_sale("A1", "1", "none")
    early.sync("A1")
    assert early.desk.ship(early.number("A1")).code == "parcel.shipped"
    assert notices(early) == 1


def test_other_moments_hear_nothing_of_a_label(world: World) -> None:
    for moment in ("outbound", "handover"):
        world.desk.shops.set_confirm_at(world.shop_id, moment)
        world.desk.jobs.mark_sent(sending(world, moment), None)
    assert notices(world) == 0


def test_moved_to_the_label_whatever_is_out_already_is_told_at_once(world: World) -> None:
    world.desk.shops.set_confirm_at(world.shop_id, "handover")
    world.desk.jobs.mark_sent(sending(world, "A1"), None)
    world.desk.jobs.mark_sent(sending(world, "A2"), None)
    world.desk.ship(world.number("A2"))
    world.ready("A3", line("1", "BEAR"))
    assert notices(world) == 0
    world.desk.shops.set_confirm_at(world.shop_id, "print")
    assert sorted(told(world)) == sorted([world.number("A1"), world.number("A2")])
    world.desk.shops.set_confirm_at(world.shop_id, "outbound")
    world.desk.ship(world.number("A1"))
    assert notices(world) == 2, "told once, whatever the moment is called later"


def test_that_the_shop_says_it_is_shipped_stops_nothing_that_we_told_it(early: World) -> None:
    early.desk.jobs.mark_sent(sending(early, "A1"), None)
    early.tell_shop()
    early.shop.change("A1", is_shipped=True)
    early.sync("A1")
    assert early.holds("A1") == set()
    assert early.desk.ship(early.number("A1")).code == "parcel.shipped"


def test_said_by_somebody_else_it_still_stops(early: World) -> None:
    early.ready("A1", line("1", "BEAR"))
    early.shop.change("A1", is_shipped=True)
    early.sync("A1")
    assert early.holds("A1") == {"shipped_elsewhere"}


def test_a_number_printed_elsewhere_is_told_with_its_outbound_scan(early: World) -> None:
    early.desk.shops.set_prints_elsewhere(early.shop_id, is_on=True)
    early.shop.place("A1", line("1", "BEAR"))
    early.sync("A1")
    parcel = early.desk.open("A1").parcel
    verdict = early.desk.packing.attach_number(parcel.id, parcel.fence, SF, "SF", early.desk.nonce())
    assert notices(early) == 0, "it can still be taken off"
    early.desk.verify(verdict)
    assert early.desk.ship(SF).code == "parcel.shipped"
    assert told(early) == [SF]


# --- a number called off after it was told ------------------------------------------------------------------------------


def test_the_next_number_stands_for_the_one_that_was_told(early: World) -> None:
    early.desk.jobs.mark_sent(sending(early, "A1"), None)
    old = early.number("A1")
    assert told(early) == [old]
    assert early.desk.labels.new_number(early.parcels("A1")[0].id, "torn") is True, "the shop knows the old one"
    assert notices(early) == 1, "nothing to be said before the next label is there"
    early.buy_numbers()
    early.print_labels()
    fresh = early.number("A1")
    assert (fresh != old, told(early)) == (True, [fresh])
    third = again(early, "A1")
    assert told(early) == [third]
    assert early.desk.ship(third).code == "parcel.shipped"
    assert (told(early), failed(early)) == ([third], [])


def test_called_off_before_it_was_told_the_shop_hears_one_number(early: World) -> None:
    early.desk.jobs.mark_sent(sending(early, "A1"), None)
    assert early.desk.labels.new_number(early.parcels("A1")[0].id, "torn") is False
    assert told(early) == [], "what is called off is not told any more"
    early.buy_numbers()
    early.print_labels()
    assert told(early) == [early.number("A1")]
    assert failed(early) == []


def test_a_number_that_came_anew_before_anything_was_told_is_told_once(early: World) -> None:
    early.ready("A1", line("1", "BEAR"))
    early.desk.labels.new_number(early.parcels("A1")[0].id, "torn")
    early.buy_numbers()
    early.desk.pack("A1")
    early.print_labels()
    assert early.desk.ship(early.number("A1")).code == "parcel.shipped"
    assert notices(early) == 1
    assert told(early) == [early.number("A1")]


def test_a_notice_that_waits_while_its_number_is_called_off_tells_not_the_next(early: World) -> None:
    early.desk.jobs.mark_sent(sending(early, "A1"), None)
    early.desk.labels.new_number(early.parcels("A1")[0].id, "torn")
    early.buy_numbers()
    assert told(early) == [], "its own label is not out yet"
    assert early.desk.ship(early.number("A1")).code == "parcel.shipped"
    assert told(early) == [early.number("A1")]


def test_a_label_that_came_out_after_its_number_was_called_off_says_nothing_of_the_next(early: World) -> None:
    job = sending(early, "A1")
    early.desk.jobs.mark_unknown(job, "cable")
    early.desk.labels.new_number(early.parcels("A1")[0].id, "torn")
    early.buy_numbers()
    early.desk.labels.answer_unknown(job.job_id, came_out=True)
    assert notices(early) == 0
    early.desk.labels.print_label(early.parcels("A1")[0].id)
    early.print_labels()
    assert told(early) == [early.number("A1")]


def test_a_shop_that_takes_no_other_number_says_so_to_a_person(early: World) -> None:
    early.shop.replaces_numbers = False
    early.desk.jobs.mark_sent(sending(early, "A1"), None)
    old = early.number("A1")
    assert told(early) == [old]
    fresh = again(early, "A1")
    assert told(early) == [old]
    (row,) = early.desk.activity.page("conflict", None, 10).rows
    assert (row.trouble, row.order_nos) == ("told_other", ("A1",))
    assert fresh in row.last_error
    assert old in row.last_error
    assert early.desk.status.status().outbox_failed == 1
    assert early.desk.ship(fresh).code == "parcel.shipped", "that stops no parcel"


def test_an_order_that_comes_in_another_parcel_replaces_what_was_told(early: World) -> None:
    early.desk.jobs.mark_sent(sending(early, "A1"), None)
    old = early.number("A1")
    assert told(early) == [old]
    early.shop.move("A1", "别处路9号")
    early.sync("A1")
    early.buy_numbers()
    early.desk.pack("A1")
    early.print_labels()
    assert early.number("A1") != old
    assert (told(early), failed(early)) == ([early.number("A1")], [])


def test_two_boxes_are_told_each_with_its_own(early: World) -> None:
    early.ready("A1", line("1", "BEAR", 3))
    verdict = early.desk.scan(early.desk.open("A1"), "6901234567892")
    early.desk.packing.add_box(verdict.parcel.id, verdict.parcel.fence, early.desk.nonce())
    early.buy_numbers()
    early.print_labels()
    assert len(told(early)) == 1
    early.desk.verify(early.desk.packing.open_next(early.desk.nonce(), verdict.parcel.id))
    early.print_labels()
    told(early)
    assert sorted(notice.lines for notice in early.shop.told.values()) == [[("1", 1)], [("1", 2)]]
    assert failed(early) == []


# --- whatever dies and whoever answers ----------------------------------------------------------------------------------


class TellingMachine(PrintQueueMachine):
    """The print queue's lanes and clerks in front of a shop that is told of labels."""

    @rule()
    def the_shop_is_told(self) -> None:
        self.world.desk.shops.set_confirm_at(self.world.shop_id, "print")
        self.world.tell_shop()

    @precondition(lambda self: self.orders)
    @rule(data=st.data())
    def a_parcel_leaves(self, data: st.DataObject) -> None:
        no = f"A{data.draw(st.integers(0, self.orders - 1))}"
        if self.world.parcels(no)[0].state == "to_pack" and self.world.number(no):
            self.world.desk.pack(no)
            assert self.world.desk.ship(self.world.number(no)).code == "parcel.shipped"

    @precondition(lambda self: self.orders)
    @rule(data=st.data())
    def a_number_is_voided(self, data: st.DataObject) -> None:
        no = f"A{data.draw(st.integers(0, self.orders - 1))}"
        if self.world.parcels(no)[0].state != "shipped":
            self.world.desk.labels.new_number(self.world.parcels(no)[0].id, "address")
            self.world.buy_numbers()

    @invariant()
    def only_what_came_out_is_told_and_one_number_an_order(self) -> None:
        if not hasattr(self, "world"):
            return
        shop = self.world.shop
        orders = [notice.order_no for notice in shop.told.values()]
        assert len(orders) == len(set(orders))
        out = select(PrintJob.waybill_id).where(PrintJob.state.in_(("sent", "confirmed")))
        printed = {row.waybill_id for row in self.world.rows(out)}
        for notice in shop.told.values():
            (parcel,) = self.world.parcels(notice.order_no)
            (waybill,) = [one for one in self.world.waybills(notice.order_no) if one.number == notice.waybill_no]
            assert parcel.state == "shipped" or waybill.id in printed
        assert failed(self.world) == []


def test_the_shop_is_told_the_truth_whatever_dies(empty_file: Path, tmp_path: Path) -> None:
    class Machine(TellingMachine):
        pass

    Machine.empty_file, Machine.folder = empty_file, tmp_path
    run_state_machine_as_test(
        Machine, settings=settings(max_examples=min(settings().max_examples, 25), stateful_step_count=20)
    )


# --- over HTTP ------------------------------------------------------------------------------------------------------------


@dataclass
class Practice:
    """A desk in front of the real practice shop and carrier."""

    core: Core
    server: PracticeServer
    shop_id: int

    def place(self) -> str:
        receiver = Receiver("赵练习", "13800000001", "浙江省", "杭州市", "余杭区", "练习路1号")
        no = self.server.shop.place_order(OrderDraft("b-1", "买家一", receiver, [DraftLine("MF-101", 2)]))
        self.server.shop.pay(no)
        self.core.pull_shop(self.shop_id)
        self.core.deliver("waybill:PX")
        return no

    def pack(self, no: str) -> Any:
        parcel = self.core.packing.open_code(no, new_nonce()).parcel
        assert parcel is not None
        for one in parcel.lines:
            args = (parcel.id, parcel.fence, one.id, one.missing_qty, new_nonce())
            parcel = self.core.packing.confirm_by_hand(*args).parcel
        return parcel

    def print(self) -> str:
        job = self.core.print_jobs.claim("virtual")
        assert job is not None
        assert self.core.print_jobs.mark_sending(job, "digest")
        self.core.print_jobs.mark_sent(job, None)
        self.core.deliver(f"shop:{self.shop_id}")
        return job.name

    def there(self, no: str) -> tuple[str, list[str]]:
        numbers = [parcel.no for parcel in self.server.shop.shipments() if parcel.order_no == no]
        return self.server.shop.order(no)["state"], numbers


@pytest.fixture
def practice(tmp_path: Path) -> Iterator[Practice]:
    core = build(CoreConfig(tmp_path / "data", key_file=tmp_path / "key"))
    keys = PracticeSecrets.fresh()
    with PracticeServer(tmp_path / "practice", keys, SystemClock()) as server:
        urls = (server.url, server.carrier_url)
        shop_id = core.store.write(lambda uow: move_in(uow, *urls, keys, practice_catalogue()))
        core.shop_desk.set_confirm_at(shop_id, "print")
        yield Practice(core, server, shop_id)
        core.stop()


def test_the_practice_shop_hears_of_the_label_and_of_the_next_number(practice: Practice) -> None:
    no = practice.place()
    parcel = practice.pack(no)
    assert practice.there(no) == ("open", [])
    first = practice.print()
    assert practice.there(no) == ("shipped", [first])
    practice.core.pull_shop(practice.shop_id)
    assert practice.core.labels.new_number(parcel.id, "torn") is True
    practice.core.deliver("waybill:PX")
    second = practice.print()
    assert practice.there(no) == ("shipped", [second])
    practice.core.pull_shop(practice.shop_id)
    shipped = practice.core.packing.scan_label(None, None, second, new_nonce(), ANY_AGE)
    assert shipped.code == "parcel.shipped"
    practice.core.deliver(f"shop:{practice.shop_id}")
    assert practice.there(no) == ("shipped", [second])
    assert practice.core.activity.counts() == {"waiting": 0, "failed": 0, "conflict": 0}
