"""What goes into a wave, how it gets on, and giving it up."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from core.fulfilment.cut_offs import end_of_today, last_due, next_cut_off, tidy_cut_off
from core.fulfilment.models import Parcel
from core.fulfilment.wave_records import Choice
from core.runtime.errors import NotFound, Refused
from tests.fulfilment.test_bins import put
from tests.support.fake_shop import line
from tests.support.world import CARRIER, START

# START is ten in the morning in China.


def at(hours):
    return START + timedelta(hours=hours)


def inside(world, wave):
    """Order numbers by their places."""
    rows = {}
    for no in world.shop.orders:
        for parcel in world.parcels(no):
            if parcel.wave_id == wave.id:
                rows[parcel.wave_seq] = no
    return [rows[seq] for seq in sorted(rows)]


def start(world, choice, way="scan_to_print", limit=50):
    return world.desk.waves.start(choice, way, limit)


# --- cut-offs ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("typed", "kept"), [("17:30", "17:30"), ("930", "09:30"), ("9：05", "09:05"), (" ", "")])
def test_a_cut_off_is_kept_as_hours_and_minutes(typed, kept):
    assert tidy_cut_off(typed) == kept


@pytest.mark.parametrize("typed", ["25:00", "17:60", "soon", "1:2:3"])
def test_what_is_no_time_of_day_is_refused(typed):
    with pytest.raises(Refused, match="no time of day"):
        tidy_cut_off(typed)


def test_the_next_cut_off_is_today_or_tomorrow_by_chinas_clock():
    assert next_cut_off("17:00", START) == datetime(2026, 6, 18, 9, 0, tzinfo=UTC)
    assert next_cut_off("10:00", START) == datetime(2026, 6, 19, 2, 0, tzinfo=UTC), "just now is gone"
    assert last_due("17:00", START) == datetime(2026, 6, 19, 9, 0, tzinfo=UTC)
    assert end_of_today(START) == datetime(2026, 6, 18, 16, 0, tzinfo=UTC)


def test_a_carriers_wave_takes_what_it_must_have_before_its_cut_off(world):
    world.ready("LATE", line("1", "BEAR"), ship_by_at=at(60))
    world.ready("NONE", line("1", "BEAR"))
    (none,) = world.parcels("NONE")
    world.do(lambda uow: uow.execute(update(Parcel).where(Parcel.id == none.id).values(ship_by_at=None)))
    world.ready("TODAY", line("1", "BEAR"), ship_by_at=at(5))
    # The next cut-off is at 7 h from now; this is due before the one after it.
    world.ready("NIGHT", line("1", "BEAR"), ship_by_at=at(20))
    (carrier,) = world.desk.waves.choices().carriers
    assert (carrier.carrier_name, carrier.cut_off, carrier.next_at) == ("通通快递", "", None)
    assert (carrier.must_count, carrier.waiting_count) == (4, 4)
    assert world.desk.waves.set_cut_off(CARRIER, "1700") == "17:00"
    (carrier,) = world.desk.waves.choices().carriers
    assert (carrier.cut_off, carrier.next_at) == ("17:00", at(7))
    assert (carrier.must_count, carrier.waiting_count) == (3, 4)
    wave = start(world, Choice("carrier", carrier_code=CARRIER))
    assert set(inside(world, wave)) == {"NONE", "TODAY", "NIGHT"}
    assert (wave.kind, wave.about) == ("carrier", "通通快递")
    assert start(world, Choice("carrier", carrier_code="ZZ")) is None
    world.desk.waves.set_cut_off(CARRIER, "")
    assert world.desk.waves.choices().carriers[0].cut_off == ""


# --- choices -----------------------------------------------------------------------------------------------------


def test_due_before_a_time(world):
    for no, hours in (("A1", 1), ("A2", 3), ("A3", 12), ("A4", 30)):
        world.ready(no, line("1", "BEAR"), ship_by_at=at(hours))
    world.ready("A5", line("1", "BEAR"))
    assert world.desk.waves.choices().before == (("2h", 1), ("4h", 2), ("today", 3))
    assert inside(world, start(world, Choice("before", within="4h"))) == ["A1", "A2"]
    assert inside(world, start(world, Choice("before", within="today"))) == ["A3"]
    assert world.desk.waves.choices().due_count == 2


def singles(world):
    """Three bags and two bears alone, two bears in one box, a mixed box."""
    for no, code in (("G1", "BAG"), ("R1", "BEAR"), ("G2", "BAG"), ("R2", "BEAR"), ("G3", "BAG")):
        world.ready(no, line("1", code))
    world.ready("TWO", line("1", "BEAR", 2))
    world.ready("MIX", line("1", "BEAR"), line("2", "BAG"))


def test_single_items_come_by_goods_the_hottest_first(world):
    singles(world)
    choices = world.desk.waves.choices()
    assert choices.single_count == 5
    assert [(one.code, one.parcel_count) for one in choices.skus] == [("BEAR", 3), ("BAG", 3)]
    wave = start(world, Choice("single_item"), limit=4)
    assert inside(world, wave) == ["G1", "G2", "G3", "R1"]


def test_goods_that_are_as_hot_as_each_other_come_along_the_shelves(world):
    put(world, BAG="A-10", BEAR="A-2")
    for no, code in (("G1", "BAG"), ("R1", "BEAR"), ("G2", "BAG"), ("R2", "BEAR")):
        world.ready(no, line("1", code))
    assert inside(world, start(world, Choice("single_item"))) == ["R1", "R2", "G1", "G2"]


def test_a_rush_takes_single_items_whatever_else_it_is_chosen_by(world):
    singles(world)
    wave = start(world, Choice("single_sku", sku_id=world.skus["BEAR"]), way="single_item")
    assert inside(world, wave) == ["R1", "R2"]
    rest = world.desk.packing.start_wave("single_item", 10)
    assert inside(world, rest) == ["G1", "G2", "G3"]


def test_single_goods_take_every_parcel_with_nothing_else_inside(world):
    singles(world)
    assert inside(world, start(world, Choice("single_sku", sku_id=world.skus["BEAR"]))) == ["R1", "R2", "TWO"]


def test_a_line_that_was_refunded_does_not_count(world):
    world.ready("A1", line("1", "BEAR"), line("2", "BAG"))
    assert world.desk.waves.choices().single_count == 0
    world.shop.after_sale("A1", "2", "refunded")
    world.sync("A1")
    assert world.desk.waves.choices().single_count == 1


def test_a_zone_takes_what_can_be_fetched_from_it_alone(world):
    put(world, BEAR="A-1", BAG="A-9", CARD="B-1")
    world.ready("A1", line("1", "BEAR"), line("2", "BAG"))
    world.ready("A2", line("1", "BEAR"), line("2", "CARD"))
    world.ready("A3", line("1", "CARD"))
    world.ready("A4", line("1", "BEAR"), line("2", "GIFT"))  # the gift lies nowhere
    zones = world.desk.waves.choices().zones
    assert [(one.zone, one.parcel_count) for one in zones] == [("A", 1), ("B", 1)]
    wave = start(world, Choice("zone", zone="A"))
    assert (inside(world, wave), wave.about) == (["A1"], "A")


def test_a_preview_says_what_would_come_and_starts_nothing(world):
    singles(world)
    seen = world.desk.waves.preview(Choice("due"), "batch", 3)
    assert (seen.parcel_count, seen.units, seen.sku_count, seen.waiting_count) == (3, 3, 2, 7)
    whole = world.desk.waves.preview(Choice("due"), "batch", 50)
    assert (whole.parcel_count, whole.units, whole.sku_count, whole.waiting_count) == (7, 9, 2, 7)
    rush = world.desk.waves.preview(Choice("due"), "single_item", 50)
    assert rush.waiting_count == 5
    assert world.desk.waves.running() == ()


@pytest.mark.parametrize(
    "choice",
    [
        Choice("due"),
        Choice("before"),
        Choice("carrier", carrier_code=CARRIER),
        Choice("single_item"),
        Choice("zone", zone="A"),
    ],
)
def test_nothing_under_a_hold_is_chosen(world, choice):
    put(world, BEAR="A-1")
    world.ready("A1", line("1", "BEAR"), ship_by_at=at(1))
    assert world.desk.waves.choices().zones != ()
    world.desk.orders.hold(world.order("A1").id, "by_hand", "")
    assert world.desk.waves.preview(choice, "batch", 5).waiting_count == 0
    assert start(world, choice) is None
    choices = world.desk.waves.choices()
    assert (choices.due_count, choices.single_count, choices.skus, choices.zones) == (0, 0, (), ())


@pytest.mark.parametrize(
    "choice",
    [Choice("juggling"), Choice("before", within="9h"), Choice("carrier"), Choice("single_sku"), Choice("zone")],
)
def test_a_choice_that_means_nothing_is_refused(world, choice):
    for act in (world.desk.waves.preview, world.desk.waves.start):
        with pytest.raises(Refused) as refused:
            act(choice, "batch", 5)
        assert refused.value.code == "wave.choice_unknown"


# --- how it gets on ----------------------------------------------------------------------------------------------


def test_progress_counts_parcels_and_labels(world):
    for n in range(4):
        world.ready(f"A{n}", line("1", "BEAR"))
    world.shop.place("A4", line("1", "BEAR"))
    world.sync("A4")
    wave = start(world, Choice("due"), way="batch")
    assert (wave.parcel_count, wave.waiting, wave.queued, wave.unnumbered) == (5, 5, 4, 1)
    job = world.desk.jobs.claim("virtual")
    world.desk.jobs.mark_sending(job, "digest")
    world.desk.jobs.mark_unknown(job, "the wire broke")
    world.print_labels()
    world.desk.pack("A1")
    world.desk.ship(world.number("A1"))
    world.desk.pack("A2")
    world.desk.orders.hold(world.order("A3").id, "by_hand", "")
    world.desk.open("A4")
    (now,) = world.desk.waves.running()
    assert (now.waiting, now.packing, now.packed, now.shipped, now.held) == (2, 1, 1, 1, 1)
    assert (now.printed, now.unknown, now.queued, now.unnumbered) == (3, 1, 0, 1)
    assert now.done == 2


def test_what_was_called_off_does_not_count(world):
    for n in range(2):
        world.ready(f"A{n}", line("1", "BEAR"))
    start(world, Choice("due"))
    world.shop.cancel("A0")
    world.sync("A0")
    (now,) = world.desk.waves.running()
    assert (now.parcel_count, now.waiting) == (1, 1)


def test_labels_of_a_wave_are_printed_in_order_and_once(world):
    put(world, BEAR="A-2", BAG="A-1")
    for no, code in (("A1", "BEAR"), ("A2", "BAG"), ("A3", "BEAR")):
        world.ready(no, line("1", code))
    wave = start(world, Choice("due"))
    assert world.jobs() == []
    wanted = world.desk.waves.print_labels(wave.id)
    assert (wanted.queued, wanted.there, wanted.unnumbered) == (3, 0, 0)
    assert [label["order_nos"][0] for label in world.print_labels()] == ["A2", "A1", "A3"]
    again = world.desk.waves.print_labels(wave.id)
    assert (again.queued, again.there) == (0, 3)
    assert world.print_labels() == []


def test_a_label_that_failed_is_printed_again_and_one_in_doubt_is_not(world):
    for no in ("A1", "A2"):
        world.ready(no, line("1", "BEAR"))
    wave = start(world, Choice("due"), way="batch")
    job = world.desk.jobs.claim("virtual")
    world.desk.jobs.mark_failed(job, "cannot be drawn", is_retryable=False)
    job = world.desk.jobs.claim("virtual")
    world.desk.jobs.mark_sending(job, "digest")
    world.desk.jobs.mark_unknown(job, "the wire broke")
    wanted = world.desk.waves.print_labels(wave.id)
    assert (wanted.queued, wanted.there) == (1, 1)
    assert [label["order_nos"][0] for label in world.print_labels()] == ["A1"]


# --- giving it up ------------------------------------------------------------------------------------------------


def test_a_dissolved_wave_gives_back_what_nobody_has_opened(world):
    numbers = {no: world.ready(no, line("1", "BEAR")) for no in ("A1", "A2", "A3")}
    wave = start(world, Choice("due"), way="batch")
    job = world.desk.jobs.claim("virtual")
    world.desk.jobs.mark_sending(job, "digest")
    world.desk.jobs.mark_sent(job, None)
    opened = world.desk.open("A2")
    assert world.desk.waves.dissolve(wave.id) == 2
    assert inside(world, wave) == ["A2"]
    (now,) = world.desk.waves.running()
    assert now.parcel_count == 1
    assert {no: world.number(no) for no in numbers} == numbers, "numbers stay"
    assert [job.state for job in world.jobs()] == ["sent", "queued"], "A1 is on paper, A2 is being packed"
    world.desk.verify(opened)
    assert world.desk.ship(numbers["A2"]).code == "parcel.shipped"
    assert world.desk.waves.running() == ()
    world.desk.pack("A1")
    assert world.desk.ship(numbers["A1"]).code == "parcel.shipped", "the label that was printed is valid"
    world.desk.pack("A3")
    assert [label["waybill_no"] for label in world.print_labels()] == [numbers["A3"]], "wanted again, printed once"
    assert world.desk.waves.choices().due_count == 0


def test_what_came_back_can_go_into_another_wave(world):
    world.ready("A1", line("1", "BEAR"))
    wave = start(world, Choice("due"))
    assert world.desk.waves.choices().due_count == 0
    world.desk.waves.dissolve(wave.id)
    assert inside(world, start(world, Choice("single_item"))) == ["A1"]
    with pytest.raises(NotFound):
        world.desk.waves.dissolve(99)
    with pytest.raises(NotFound):
        world.desk.waves.print_labels(99)
