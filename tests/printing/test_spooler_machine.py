"""Random jobs, cut wires, crashes between every two states, a clerk who looks: no paper twice, none lost."""

import contextlib
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from printing.bitmap import Bitmap
from printing.errors import NothingSent, PartlySent
from printing.languages.registry import find_language
from printing.printer import Printer
from printing.profile import PrinterProfile
from printing.render import RenderedLabel
from printing.spooler import Lane
from printing.transports.contract import Receipt, digest
from tests.simulators.label_printer import ENGINES
from tests.support.job_store import MemoryJobStore
from tests.support.labels import example_mapping

NOW = datetime(2026, 11, 23, 2, 5, tzinfo=UTC)
ROWS = 120
POINTS = [
    f"{when} {what}"
    for what in (
        "claim",
        "mark_sending",
        "mark_sent",
        "mark_confirmed",
        "mark_failed",
        "mark_unknown",
        "recover",
    )
    for when in ("before", "after")
]


class PowerCutError(BaseException):
    """No `except Exception` may survive it, as no program survives the real thing."""


class Fate:
    """Where the next power cut strikes."""

    def __init__(self):
        self.point = None

    def strike(self, point):
        if self.point == point:
            self.point = None
            raise PowerCutError(point)


class CrashingStore:
    """A store over rows that outlive it, with a possible power cut before and after every commit."""

    def __init__(self, rows, fate):
        self._rows, self._fate = rows, fate

    def __getattr__(self, name):
        action = getattr(self._rows, name)

        def call(*args, **words):
            self._fate.strike(f"before {name}")
            result = action(*args, **words)
            self._fate.strike(f"after {name}")
            return result

        return call


class Wire:
    """Bytes into a print engine, with a cut after any thousandth of them: of the wire, or of the whole PC."""

    is_stream = True

    def __init__(self, engine, fate):
        self.engine, self._fate = engine, fate
        self.cut_after = None
        self.crash_after = None
        self.is_absent = False

    def send(self, data, name):
        if self.is_absent:
            raise NothingSent("wire.absent", "not plugged in")
        cut, crash = self.cut_after, self.crash_after
        self.cut_after = self.crash_after = None
        if crash is not None:
            self.engine.feed(data[: len(data) * crash // 1000])
            raise PowerCutError("while sending")
        if cut is not None and cut < 1000:
            cut = len(data) * cut // 1000
            self.engine.feed(data[:cut])
            raise (PartlySent if cut else NothingSent)("wire.broken", "cut")
        self.engine.feed(data)
        return Receipt(digest(data))

    def query(self, request, is_whole):
        assert request == self.engine.question
        if self.is_absent:
            raise NothingSent("wire.absent", "not plugged in")
        return None if self.engine.is_inside_picture else self.engine.reply(request)


class SmallLabels:
    """Labels with the job number as bits in every row: papers can be told apart and seen to be whole.

    Their pixels outnumber the other bytes: a job that falls into the picture of a cut one is lost altogether.
    """

    def render(self, content, size, resolution):
        number = int(content.waybill_no)
        black = np.zeros((ROWS, 64), dtype=np.bool_)
        black[:, :16] = [(number >> bit) & 1 for bit in range(16)]
        return RenderedLabel(Bitmap.from_array(black), ())

    def warm_up(self, resolution):
        pass


def number_on(paper):
    return sum(int(paper[0, bit]) << bit for bit in range(16))


class Silent:
    def printer_changed(self, status):
        pass

    def job_changed(self, news):
        pass


class PrintingDesk(RuleBasedStateMachine):
    make_rows = MemoryJobStore
    language = "tspl"

    @initialize()
    def set_up(self):
        self.rows = self.make_rows()
        self.engine = ENGINES[self.language](dots_per_mm=2.0)
        self.time = 0.0
        #: how often a person asked for this job's paper: once by adding it, once more for each "not there"
        self.asked = {}
        self.switch_on()

    def switch_on(self):
        self.fate = Fate()
        self.wire = Wire(self.engine, self.fate)
        profile = PrinterProfile(key="p", name="p", address="memory:", language=self.language)
        printer = Printer(profile, self.wire, find_language(self.language))
        store = CrashingStore(self.rows, self.fate)
        self.lane = Lane(printer, store, SmallLabels(), lambda: NOW, Silent(), monotonic=lambda: self.time)

    def run(self, steps=1):
        for _ in range(steps):
            self.time += 100.0
            try:
                self.lane.step()
            except PowerCutError:
                self.switch_on()

    def papers_of(self, job):
        return sum(number_on(paper) == job for paper in self.engine.papers)

    @rule()
    def add(self):
        number = len(self.rows.rows) + 1
        self.asked[self.rows.add("p", example_mapping(waybill_no=f"{number:06d}"))] = 1

    def want_something(self):
        """A crash shows most while there is a job to lose or to repeat."""
        if not any(row.state == "queued" for row in self.rows.rows.values()):
            self.add()

    @rule(steps=st.integers(1, 4))
    def work(self, steps):
        self.run(steps)

    @rule(point=st.sampled_from(POINTS))
    def cut_power_at(self, point):
        self.want_something()
        self.fate.point = point
        self.run(4)
        self.fate.point = None

    @rule(after=st.integers(0, 1000))
    def cut_power_while_sending(self, after):
        self.want_something()
        self.wire.crash_after = after
        self.run()
        self.wire.crash_after = None

    @rule()
    def cut_power_now(self):
        self.switch_on()

    @rule(after=st.integers(0, 1000), steps=st.integers(1, 3))
    def cut_wire(self, after, steps):
        self.wire.cut_after = after
        self.run(steps)
        self.wire.cut_after = None

    @rule(steps=st.integers(1, 3))
    def unplug_for_a_while(self, steps):
        self.wire.is_absent = True
        self.run(steps)
        self.wire.is_absent = False

    @rule()
    def paper_runs_out(self):
        self.engine.has_paper = False

    @rule()
    def load_paper(self):
        self.engine.load_paper()

    @precondition(lambda self: any(row.state == "unknown" for row in self.rows.rows.values()))
    @rule()
    def clerk_looks(self):
        """Looks for the paper of every doubtful job and says so, after loading paper."""
        self.engine.load_paper()
        for job, row in self.rows.rows.items():
            if row.state == "unknown":
                if self.papers_of(job):
                    self.rows.say_it_is_there(job)
                else:
                    self.rows.reprint(job)
                    self.asked[job] += 1

    @invariant()
    def no_paper_without_a_question(self):
        for job in getattr(self, "asked", {}):
            assert self.papers_of(job) <= 1, f"job {job} came out twice"

    @invariant()
    def papers_are_whole(self):
        for paper in self.engine.papers if hasattr(self, "engine") else ():
            assert number_on(paper) in self.asked
            assert (paper[:ROWS, :16] == paper[0, :16]).all()
            assert not paper[ROWS:].any()
            assert not paper[:, 16:].any()

    def teardown(self):
        if not hasattr(self, "rows"):
            return
        with contextlib.suppress(StopIteration):
            for _ in range(4):
                self.run(4 + 6 * len(self.rows.rows))
                self.clerk_looks()
        for job, row in self.rows.rows.items():
            assert row.state in {"sent", "confirmed"}, f"job {job} stayed {row.state}"
            assert self.papers_of(job) == 1, f"job {job} has {self.papers_of(job)} papers"


class ZplDesk(PrintingDesk):
    language = "zpl"


class CpclDesk(PrintingDesk):
    language = "cpcl"


# A receipt printer has no page: half a label on its paper is no sign of a defect there.
TestPrintingDesk, TestZplDesk, TestCpclDesk = PrintingDesk.TestCase, ZplDesk.TestCase, CpclDesk.TestCase
TestZplDesk.settings = TestCpclDesk.settings = settings(
    max_examples=40,
    stateful_step_count=30,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
TestPrintingDesk.settings = settings(
    max_examples=100,
    stateful_step_count=30,
    deadline=None,
    # Shrinking a failure takes minutes; the failing steps are printed all the same.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)


class ForgetsSending(MemoryJobStore):
    """The guard taken away: "sending" is not committed, so a crash finds the job merely claimed."""

    def mark_sending(self, job, sha256):
        return True

    def _move(self, job, allowed, state, reason=""):
        super()._move(job, {*allowed, "claimed"}, state, reason)


class ResendsAfterACrash(MemoryJobStore):
    """The other way to lose the guard: what was in "sending" at a crash goes back into the queue."""

    def recover(self, printer_key):
        for row in self.rows.values():
            if row.state in {"claimed", "sending"}:
                row.state = "queued"
        return 0


@pytest.mark.parametrize("store", [ForgetsSending, ResendsAfterACrash])
def test_without_the_guard_the_machine_finds_a_second_paper(store):
    class Unguarded(PrintingDesk):
        make_rows = store

    with pytest.raises(AssertionError, match=r"came out twice|has 2 papers"):
        run_state_machine_as_test(
            Unguarded,
            settings=settings(
                max_examples=300,
                stateful_step_count=30,
                deadline=None,
                database=None,
                derandomize=True,
                phases=[Phase.generate],
                print_blob=False,
                report_multiple_bugs=False,
                suppress_health_check=list(HealthCheck),
            ),
        )
