"""P3: at most one valid label per parcel, whatever is killed when. The printer keeps the truth."""

import shutil
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import update

from core.desk.print_jobs import PaperJob, PrintJobs
from core.waybills.models import PrintJob, Waybill
from tests.support.fake_shop import line
from tests.support.world import Address, World

_PLACES = ("claimed", "marked", "half sent", "sent", "told")
#: not a kill: the wire is found dead before the first byte
_OFF = "off"
#: a printer that holds paper of another size
_OTHER_PAPER = "printer 2"


class Paper:
    """A printer that remembers every sheet: (waybill number, copy number)."""

    def __init__(self) -> None:
        self.sheets: list[tuple[str, int]] = []

    def print(self, job: PaperJob) -> None:
        self.sheets.append((job.name, job.copy_no))


class Cut(Exception):
    """The program was killed here."""


def print_one(
    jobs: PrintJobs, paper: Paper, cut_at: str, *, comes_out: bool, confirms: bool, printer: str = "virtual"
) -> None:
    """What a printer lane does with its next job, killed at `cut_at` if it comes there."""

    def here(place: str) -> None:
        if place == cut_at:
            raise Cut(place)

    job = jobs.claim(printer)
    if job is None:
        return
    here("claimed")
    if not jobs.mark_sending(job, "digest"):
        return
    here("marked")
    if cut_at == _OFF:
        jobs.mark_failed(job, "switched off", is_retryable=True)
        return
    if cut_at == "half sent" and comes_out:
        paper.print(job)
    here("half sent")
    paper.print(job)
    here("sent")
    jobs.mark_sent(job, None)
    here("told")
    if confirms:
        jobs.mark_confirmed(job)


class PrintQueueMachine(RuleBasedStateMachine):
    """Lanes that die anywhere, clerks that answer, reprint and ask for new numbers."""

    empty_file: Path
    folder: Path

    @initialize()
    def start(self) -> None:
        number = len(list(self.folder.iterdir()))
        path = self.folder / f"{number}.db"
        shutil.copy(self.empty_file, path)
        self.world = World(Address(sqlite_path=str(path)))
        self.paper = Paper()
        #: how many copies of each number a person asked for, beyond the first
        self.asked: Counter[str] = Counter()
        self.orders = 0

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.world.close()

    @rule(how_many=st.integers(1, 3))
    def labels_are_wanted(self, how_many: int) -> None:
        for _ in range(how_many):
            self.world.shop.place(f"A{self.orders}", line("1", "GIFT"))
            self.world.sync(f"A{self.orders}")
            self.orders += 1
        self.world.buy_numbers()
        self.world.desk.packing.start_wave("batch", 10)

    @rule(
        cut_at=st.sampled_from(("", "", _OFF, *_PLACES)),
        comes_out=st.booleans(),
        confirms=st.booleans(),
        printer=st.sampled_from(("virtual", "virtual", _OTHER_PAPER)),
    )
    def a_lane_works(self, cut_at: str, comes_out: bool, confirms: bool, printer: str) -> None:
        jobs = self.world.desk.jobs
        try:
            print_one(jobs, self.paper, cut_at, comes_out=comes_out, confirms=confirms, printer=printer)
        except Cut:
            # The program comes back under the same name, and its lanes recover first.
            for key in ("virtual", _OTHER_PAPER):
                PrintJobs(self.world.store, "desk 1").recover(key)

    @rule(times=st.integers(1, 2))
    def a_job_goes_to_the_printer_with_its_paper(self, times: int) -> None:
        jobs = self.world.desk.jobs
        if (job := jobs.claim("virtual")) is not None:
            for _ in range(times):  # the answer to the first commit was lost
                jobs.hand_over(job, "virtual", _OTHER_PAPER)

    @rule(cut_at=st.sampled_from(_PLACES), comes_out=st.booleans())
    def another_desk_dies_and_never_comes_back(self, cut_at: str, comes_out: bool) -> None:
        try:
            jobs = PrintJobs(self.world.store, "a desk that left")
            print_one(jobs, self.paper, cut_at, comes_out=comes_out, confirms=False)
        except Cut:
            pass

    @rule()
    def an_hour_passes(self) -> None:
        from core.waybills.print_queue import doubt_forgotten

        self.world.clock.advance(hours=1)
        self.world.do(doubt_forgotten)

    @precondition(lambda self: any(job.state == "unknown" for job in self.world.jobs()))
    @rule(data=st.data())
    def a_clerk_answers(self, data: st.DataObject) -> None:
        unknown = [job for job in self.world.desk.labels.open_jobs() if job.state == "unknown"]
        job = data.draw(st.sampled_from(unknown))
        # The clerk tells the truth: it lies there or it does not.
        came_out = (job.waybill_no, job.copy_no) in self.paper.sheets
        self.world.desk.labels.answer_unknown(job.id, came_out)
        if not came_out:
            self.asked[job.waybill_no] += 1

    @precondition(lambda self: self.world.jobs())
    @rule(data=st.data())
    def a_clerk_reprints(self, data: st.DataObject) -> None:
        from core.runtime.errors import Refused

        job = data.draw(st.sampled_from(self.world.jobs()))
        number = self.world.desk.labels._job(job.id).waybill_no
        try:
            self.world.desk.labels.reprint(job.waybill_id, "smeared")
        except Refused:
            return
        self.asked[number] += 1

    @precondition(lambda self: self.orders)
    @rule(data=st.data())
    def a_number_is_voided(self, data: st.DataObject) -> None:
        no = f"A{data.draw(st.integers(0, self.orders - 1))}"
        (parcel,) = self.world.parcels(no)
        self.world.desk.labels.new_number(parcel.id, "address")
        self.world.buy_numbers()

    @invariant()
    def no_sheet_comes_out_twice(self) -> None:
        if hasattr(self, "paper"):
            assert max(Counter(self.paper.sheets).values(), default=1) == 1

    @invariant()
    def no_copy_without_a_persons_word(self) -> None:
        if hasattr(self, "paper"):
            for number, copies in Counter(number for number, _ in self.paper.sheets).items():
                assert copies <= 1 + self.asked[number]

    @invariant()
    def a_sheet_is_known_or_asked_about(self) -> None:
        if hasattr(self, "paper"):
            known = {(job.waybill_no, job.copy_no) for job in self._spoken_of()}
            assert set(self.paper.sheets) <= known

    def _spoken_of(self):
        labels = self.world.desk.labels
        jobs = [labels._job(job.id) for job in self.world.jobs()]
        return [job for job in jobs if job.state in ("sending", "sent", "confirmed", "unknown")]


def test_the_print_queue_keeps_its_promise(empty_file, tmp_path):
    from hypothesis import settings
    from hypothesis.stateful import run_state_machine_as_test

    class Machine(PrintQueueMachine):
        pass

    Machine.empty_file, Machine.folder = empty_file, tmp_path
    run_state_machine_as_test(
        Machine, settings=settings(max_examples=min(settings().max_examples, 25), stateful_step_count=20)
    )


# --- the rig itself -----------------------------------------------------------------------------------------------


def _one_job(world: World) -> PrintJobs:
    world.ready("A1", line("1", "BEAR"))
    world.desk.pack("A1")
    return world.desk.jobs


@pytest.mark.parametrize("cut_at", _PLACES)
def test_killed_anywhere_no_label_comes_twice_by_itself(world, cut_at):
    jobs, paper = _one_job(world), Paper()
    with pytest.raises(Cut):
        print_one(jobs, paper, cut_at, comes_out=True, confirms=False)
    doubtful = jobs.recover("virtual")
    print_one(jobs, paper, "", comes_out=True, confirms=False)
    assert len(paper.sheets) <= 1
    assert doubtful == (1 if cut_at in ("marked", "half sent", "sent") else 0)
    assert world.desk.status.status().unknown_prints == doubtful


def test_twin_without_the_commit_before_the_first_byte_a_label_comes_twice(world):
    jobs, paper = _one_job(world), Paper()
    job = jobs.claim("virtual")
    # The naive lane prints first and writes down then; it is killed in between.
    paper.print(job)
    jobs.recover("virtual")
    print_one(jobs, paper, "", comes_out=True, confirms=False)
    assert paper.sheets == [(job.name, 0), (job.name, 0)]


def test_a_job_whose_number_was_voided_is_not_sent(world):
    jobs = _one_job(world)
    job = jobs.claim("virtual")
    world.do(lambda uow: uow.execute(update(Waybill).values(state="voided")))
    assert jobs.mark_sending(job, "digest") is False


def test_a_lane_that_lost_its_claim_sends_nothing(world):
    jobs = _one_job(world)
    job = jobs.claim("virtual")
    world.clock.advance(seconds=61)
    other = PrintJobs(world.store, "lane 2")
    assert other.claim("virtual").job_id == job.job_id
    assert jobs.mark_sending(job, "digest") is False
    assert other.mark_sending(job, "digest") is True


def test_nothing_sent_goes_back_into_the_queue_and_no_mark_moves_a_job_back(world):
    jobs = _one_job(world)
    job = jobs.claim("virtual")
    jobs.mark_failed(job, "cover open", is_retryable=True)
    job = jobs.claim("virtual")
    assert jobs.mark_sending(job, "digest")
    assert jobs.mark_sending(job, "digest")  # the answer to the first commit was lost
    PrintJobs(world.store, "lane 2").mark_failed(job, "not mine", is_retryable=True)
    assert [row.state for row in world.jobs()] == ["sending"]
    jobs.mark_failed(job, "switched off", is_retryable=True)
    assert [row.state for row in world.jobs()] == ["queued"]
    job = jobs.claim("virtual")
    assert jobs.mark_sending(job, "digest")
    jobs.mark_sent(job, None)
    jobs.mark_failed(job, "too late", is_retryable=True)
    jobs.mark_confirmed(job)
    jobs.mark_unknown(job, "late")
    assert [row.state for row in world.jobs()] == ["confirmed"]
    assert jobs.claim("virtual") is None


def test_a_reprint_has_a_reason_and_waits_for_the_copy_before_it(world):
    from core.runtime.errors import NotFound, Refused

    _one_job(world)
    (waybill,) = world.waybills("A1")
    with pytest.raises(Refused, match="not been settled"):
        world.desk.labels.reprint(waybill.id, "smeared")
    world.print_labels()
    with pytest.raises(Refused, match="needs a reason"):
        world.desk.labels.reprint(waybill.id, " ")
    world.desk.labels.reprint(waybill.id, "smeared")
    assert [content["reprint"] for content in world.print_labels()] == [1]
    with pytest.raises(NotFound):
        world.desk.labels.reprint(404, "smeared")


def test_a_copy_that_still_waits_when_the_parcel_leaves_is_not_printed(world):
    number = world.ready("A1", line("1", "BEAR"))
    world.desk.pack("A1")
    world.print_labels()
    world.desk.labels.reprint(world.waybills("A1")[0].id, "smeared")
    world.desk.ship(number)
    assert world.print_labels() == []
    assert [row.state for row in world.jobs()] == ["confirmed", "failed"]


def test_waiting_jobs_move_to_another_printer_and_begun_ones_stay(world):
    jobs = _one_job(world)
    world.ready("A2", line("1", "BEAR"))
    world.desk.pack("A2")
    first = jobs.claim("virtual")
    assert world.desk.labels.move_jobs("virtual", "printer 2") == 1
    assert {row.id: row.printer_key for row in world.jobs()}[first.job_id] == "virtual"
    assert len(world.print_labels("printer 2")) == 1


def test_a_job_is_handed_over_only_by_the_lane_that_holds_it_and_before_its_first_byte(world):
    jobs = _one_job(world)
    job = jobs.claim("virtual")
    PrintJobs(world.store, "lane 2").hand_over(job, "virtual", "printer 2")
    assert [row.printer_key for row in world.jobs()] == ["virtual"]
    jobs.hand_over(job, "virtual", "printer 2")
    assert [(row.printer_key, row.state) for row in world.jobs()] == [("printer 2", "queued")]
    assert jobs.claim("virtual") is None
    job = jobs.claim("printer 2")
    jobs.hand_over(job, "virtual", "printer 3")  # an old lane that repeats itself
    assert jobs.mark_sending(job, "digest")
    jobs.hand_over(job, "printer 2", "printer 3")
    assert [(row.printer_key, row.state) for row in world.jobs()] == [("printer 2", "sending")]


def test_a_desk_that_fell_silent_in_the_middle_of_a_label_is_asked_about(world):
    from core.waybills.print_queue import doubt_forgotten

    jobs = _one_job(world)
    jobs.mark_sending(jobs.claim("virtual"), "digest")
    world.clock.advance(minutes=11)
    assert len(world.do(doubt_forgotten)) == 1
    assert world.rows(PrintJob.__table__.select())[0].state == "unknown"
