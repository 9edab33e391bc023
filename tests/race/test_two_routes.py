"""Labels of both routes on one printer: real lane, real sockets, real queue, components that die and come back.

The paper log of the simulated printer is the truth; a truthful clerk answers every question by looking at it.
"""

import itertools
import queue
import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from core.waybills.contract import PrintData
from printing import component_jobs, spooler
from printing.components.client import LocalComponents
from printing.jobs import JobState
from printing.languages.registry import find_language
from printing.printer import Printer
from printing.profile import PrinterProfile
from printing.spooler import Spooler
from printing.transports.tcp import TcpTransport
from tests.simulators.label_printer import LabelPrinter
from tests.simulators.print_component import DIES, Fault, PrintComponent, print_data_for, read_page
from tests.support.components import BitLabels
from tests.support.fake_shop import LIN, line

NOW = datetime(2026, 11, 23, 2, 5, tzinfo=UTC)
MASKED = replace(LIN, name="林*", phone="138****1234", token="oaid", is_masked=True)
PATIENCE_S = 0.5


class Ear:
    """Hears what happens to jobs."""

    def __init__(self):
        self.news = queue.Queue()
        self.states = Counter()

    def printer_changed(self, status):
        pass

    def job_changed(self, news):
        self.states[news.job_id, news.state] += 1
        self.news.put(news)


class TwoRoutes:
    """One desk, one printer, two components."""

    def __init__(self, world, printer, running, chance):
        self.world, self.printer, self.running, self.chance = world, printer, running, chance
        self.ear = Ear()
        self.answers = Counter()
        self.deaths = 0
        dialects = itertools.cycle(sorted(running))
        world.carrier.print_data = lambda request, number: (
            PrintData(next(dialects), print_data_for(int(number[2:])), "http://127.0.0.1/template/customArea/1")
            if request.consignee.is_masked
            else None
        )

    def queue_labels(self, count):
        """Own and component labels in turn."""
        numbers = [f"A{number:04}" for number in range(count)]
        for at, no in enumerate(numbers):
            self.world.shop.place(no, line("1", "BEAR"), consignee=MASKED if at % 2 else LIN)
        self.world.sync(*numbers)
        self.world.buy_numbers()
        for no in numbers:
            self.world.desk.labels.print_label(self.world.parcels(no)[0].id)

    def start(self, store):
        profile = PrinterProfile("virtual", "p", self.printer.address, cainiao_printer="QUEUE", pdd_printer="QUEUE")
        wire = TcpTransport("127.0.0.1", self.printer.port, settle_s=0.005, reply_timeout_s=0.05)
        ports = {name: component.port for name, component in self.running.items()}
        here = LocalComponents(ports, reply_s=0.3, patience_s=PATIENCE_S)
        self.spooler = Spooler(store, BitLabels(), lambda: NOW, self.ear, components=here)
        self.spooler.put_printer(Printer(profile, wire, find_language("tspl")))

    def papers(self):
        """(waybill number, copy, by component) of every paper, in order."""
        return [read_page(paper) for paper in self.printer.papers]

    def work_until_done(self, timeout_s=300, *, has_clerk=True):
        """Restart components at random and answer every question, until every label lies there or has failed."""
        open_jobs = {job.id for job in self.world.jobs()}
        while open_jobs:
            news = self.ear.news.get(timeout=timeout_s)
            if has_clerk and self.chance.random() < 0.01:
                self.chance.choice(list(self.running.values())).die()
                self.deaths += 1
            if not has_clerk:
                if news.state in {JobState.FAILED, JobState.SENT}:
                    open_jobs.discard(news.job_id)
            elif news.state in {JobState.UNKNOWN, JobState.FAILED}:
                open_jobs.discard(news.job_id)
                further = self.look(news)
                if further is not None:
                    open_jobs.add(further)
                self.spooler.wake()
            elif news.state is JobState.SENT:
                open_jobs.discard(news.job_id)

    def jobs(self):
        return self.world.jobs()

    def look(self, news):
        """What a clerk does about a question or a failure; gives the further job there is now."""
        for component in self.running.values():
            component.wait_until_idle()
        job = next(one for one in self.jobs() if one.id == news.job_id)
        number = self.number_of(job)
        if news.state is JobState.FAILED:
            return self.world.desk.labels.reprint(job.waybill_id, "failed").id
        self.answers[news.job_id] += 1
        is_there = any(paper[0] == number for paper in self.papers())
        answered = self.world.desk.labels.answer_unknown(news.job_id, came_out=is_there)
        return None if is_there else answered.id

    def number_of(self, job):
        return self.numbers()[job.waybill_id]

    def numbers(self):
        if not hasattr(self, "_numbers"):
            from sqlalchemy import select

            from core.waybills.models import Waybill

            rows = self.world.rows(select(Waybill.id, Waybill.number))
            self._numbers = {row.id: int(row.number[2:]) for row in rows}
        return self._numbers

    def check(self, count):
        """Every label once, in the order of the queue, marked as what it is; every doubt asked about once."""
        papers = self.papers()
        per_label = Counter(number for number, _, _ in papers)
        twice = [number for number, times in per_label.items() if times > 1]
        assert not twice, f"labels {twice} came out twice"
        assert len(per_label) == count
        job_of = {(self.number_of(job), job.copy_no): job for job in self.jobs()}
        printed = [job_of[number, copy].id for number, copy, _ in papers]
        assert printed == sorted(printed), "the order was lost"
        for number, _, is_by_component in papers:
            assert is_by_component is (number % 2 == 0)
        unknown = {job: times for (job, state), times in self.ear.states.items() if state is JobState.UNKNOWN}
        assert set(unknown.values()) <= {1}
        assert dict(self.answers) == unknown
        for component in self.running.values():
            assert len(component.seen) == len(set(component.seen)), "a task was handed over twice"
        assert self.printer.engine.errors == [] or all(set(one) == {0xFF} for one in self.printer.engine.errors)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(spooler, "_RETRY_S", 0.03)


@pytest.fixture
def printer():
    with LabelPrinter(dots_per_mm=2.0) as simulated:
        simulated.keep_silent()
        yield simulated


@pytest.fixture
def running(printer):
    with PrintComponent("cainiao", printer) as cainiao, PrintComponent("pdd", printer) as pdd:
        for component in (cainiao, pdd):
            component.restart_after_s = 0.05
            component.pause_s = 0.05
        yield {"cainiao": cainiao, "pdd": pdd}


def drive(world, printer, running, count, seed, store=None):
    chance = random.Random(seed)
    one = TwoRoutes(world, printer, running, chance)
    one.queue_labels(count)
    kinds = sorted(set(Fault) - {Fault.NONE}, key=lambda fault: fault.value)
    for component in running.values():
        quarter = count // 4
        component.faults = [chance.choice(kinds) if chance.random() < 0.25 else Fault.NONE for _ in range(quarter)]
        one.deaths += sum(fault in DIES for fault in component.faults)
    one.start(store or world.desk.jobs)
    try:
        one.work_until_done()
    finally:
        assert one.spooler.stop(10)
    return one


@pytest.mark.race
@pytest.mark.slow
@pytest.mark.parametrize("seed", [1])
def test_500_labels_of_both_routes_leave_one_printer_once_and_in_order(world, printer, running, seed):
    one = drive(world, printer, running, 500, seed)
    one.check(500)
    routes = Counter(is_by_component for _, _, is_by_component in one.papers())
    assert routes == {True: 250, False: 250}
    assert len(one.answers) > 10
    assert one.deaths > 10
    assert any(copy for _, copy, _ in one.papers()), "no further copy was needed: too few faults for a proof"


class ResendsWhatIsInDoubt:
    """The guard taken away: what the component left unsaid goes back into the queue by itself."""

    def __init__(self, inner):
        self._inner = inner

    def __getattr__(self, name):
        return getattr(self._inner, name)

    def mark_unknown(self, job, reason):
        self._inner.mark_failed(job, reason, is_retryable=True)


def lose_every_fourth_notice(world, printer, running, store, *, has_clerk):
    one = TwoRoutes(world, printer, running, random.Random(3))
    one.queue_labels(16)
    for component in running.values():
        component.faults = [Fault.NONE, Fault.LOSES_NOTICE] * 2
    one.start(store)
    try:
        one.work_until_done(60, has_clerk=has_clerk)
    finally:
        assert one.spooler.stop(10)
    return one


@pytest.mark.race
def test_with_the_guard_a_lost_notice_is_a_question(file_world, printer, running):
    one = lose_every_fourth_notice(file_world, printer, running, file_world.desk.jobs, has_clerk=True)
    one.check(16)
    assert len(one.answers) == 4


@pytest.mark.race
def test_without_the_guard_a_lost_notice_prints_twice(file_world, printer, running, monkeypatch):
    fresh = itertools.count()
    monkeypatch.setattr(component_jobs, "task_id_of", lambda job: f"t-{next(fresh)}")
    store = ResendsWhatIsInDoubt(file_world.desk.jobs)
    one = lose_every_fourth_notice(file_world, printer, running, store, has_clerk=False)
    with pytest.raises(AssertionError, match="came out twice"):
        one.check(16)


@pytest.mark.race
def test_the_second_guard_is_the_task_id_which_the_component_refuses_to_print_again(file_world, printer, running):
    store = ResendsWhatIsInDoubt(file_world.desk.jobs)
    one = lose_every_fourth_notice(file_world, printer, running, store, has_clerk=False)
    assert [job.last_error for job in one.jobs()].count("component.refused") == 4
    assert len(one.papers()) == len({number for number, _, _ in one.papers()}) == 16
