"""A desk keeps its identity through every name: what lies open, its printers and what a crash left half sent."""

import pytest
from sqlalchemy import select

from core.db import outbox
from core.db.models import Journal, Outbox
from core.desk.desks import Desks
from core.desk.print_jobs import PrintJobs
from core.desk.settings import Settings
from core.runtime.errors import Refused
from core.waybills.numbers import lane_of
from tests.support.fake_shop import line
from tests.support.world import CARRIER


def desks_of(world, store=None, desk_id="front-pc:1"):
    return Desks(store or world.store, desk_id)


def test_a_desk_acts_under_its_new_name_at_once(world):
    desks = desks_of(world)
    assert desks.settle("", "front-pc") == "front-pc"
    world.ready("A1", line("1", "BEAR", 2))
    opened = world.desk.open("A1")
    assert opened.parcel.opened_by == "front-pc"
    desks.rename("1号台")
    desks.sign_in("小李")
    # The parcel that lies open is still this desk's, and its label goes to this desk's printer.
    assert world.desk.verify(opened).code == "parcel.complete"
    assert world.parcels("A1")[0].opened_by == "1号台"
    (job,) = world.jobs()
    assert (job.desk, job.operator) == ("1号台", "小李")
    last = world.rows(select(Journal.desk, Journal.operator).order_by(Journal.id.desc()).limit(1))[0]
    assert tuple(last) == ("1号台", "小李")
    desks.sign_in("")
    assert world.store.actor.operator == "clerk"


def test_printers_and_waiting_labels_go_with_the_name(world):
    desks, settings = desks_of(world), Settings(world.store)
    desks.settle("", "front-pc")
    settings.put("printer.front-pc", "p-1")
    settings.put("printers.front-pc", [{"key": "p-1"}])
    world.ready("A1", line("1", "BEAR"))
    world.desk.pack("A1")
    desks.rename("1号台")
    assert settings.get("printer.1号台") == "p-1"
    assert settings.get("printers.1号台") == [{"key": "p-1"}]
    assert settings.get("printers.front-pc") is None
    assert [job.desk for job in world.jobs()] == ["1号台"]
    # A number that comes later is printed for the desk that started the wave, whatever it is called by then.
    world.shop.place("A2", line("1", "BEAR"))
    world.sync("A2")
    world.desk.packing.start_wave("batch", 5)
    desks.rename("前台")
    world.buy_numbers()
    assert [job.printer_key for job in world.jobs()] == ["p-1", "p-1"]


def test_two_desks_never_bear_one_name(world):
    first, other = desks_of(world), desks_of(world, world.new_store("x"), "back-pc:2")
    assert first.settle("", "packdesk") == "packdesk"
    assert other.settle("", "packdesk") == "packdesk-2"
    Settings(world.store).put("printer.packdesk-2", "p-1")
    assert other.settle("packdesk", "back-pc") == "packdesk-2"
    assert Settings(world.store).get("printer.packdesk-2") == "p-1"
    with pytest.raises(Refused) as refused:
        other.rename("packdesk")
    assert refused.value.code == "desk.name_taken"
    with pytest.raises(Refused) as refused:
        other.rename("  ")
    assert refused.value.code == "desk.name_missing"
    assert other.name == "packdesk-2"
    first.rename("前台")
    assert other.rename("packdesk") == "packdesk"


def test_a_name_is_found_again_and_a_new_data_folder_of_the_machine_may_take_it(world):
    desks_of(world).settle("", "front-pc")
    desks_of(world).rename("前台")
    again = desks_of(world, world.new_store("x"))
    assert again.settle("", "front-pc") == "前台"
    reinstalled = desks_of(world, world.new_store("y"), "front-pc:9")
    assert reinstalled.settle("", "front-pc") == "front-pc"
    assert reinstalled.rename("前台") == "前台"


def test_what_a_renamed_desk_left_half_done_is_found_by_its_identity(world):
    """The holder is the desk's identity: a label half sent and a delivery half made are known at the next start."""
    holder = "front-pc:1/window"
    desks_of(world).settle("", "front-pc")
    world.ready("A1", line("1", "BEAR"))
    world.desk.pack("A1")
    lane = PrintJobs(world.store, holder)
    assert lane.mark_sending(lane.claim("virtual"), "digest")
    world.shop.place("A2", line("1", "BEAR"))
    world.sync("A2")
    assert world.do(lambda uow: outbox.claim(uow, lane_of(CARRIER), holder, 120.0))
    desks_of(world).rename("1号台")
    assert PrintJobs(world.store, holder).recover("virtual") == 1
    assert [job.state for job in world.jobs()] == ["unknown"]
    assert world.do(lambda uow: outbox.take_back(uow, holder)) == 1
    assert world.rows(select(Outbox.state).where(Outbox.kind == "obtain_waybill", Outbox.state == "leased")) == []
