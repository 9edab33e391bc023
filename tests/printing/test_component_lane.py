"""One lane for both routes: what of a printer's state, its cut labels and its settings reaches a component's job."""

import threading
from datetime import UTC, datetime

import pytest

from printing import spooler as spooler_module
from printing.components.client import LocalComponents
from printing.jobs import COMPONENT, Activity, JobState
from printing.languages.registry import find_language
from printing.printer import Printer
from printing.profile import PrinterProfile
from printing.spooler import Spooler
from printing.transports.tcp import TcpTransport
from tests.simulators.label_printer import LabelPrinter
from tests.simulators.print_component import SECRET_PHONE, Fault, PrintComponent, read_page
from tests.simulators.print_engine import READY
from tests.support.components import BitLabels, component_content
from tests.support.job_store import MemoryJobStore
from tests.support.labels import example_mapping

NOW = datetime(2026, 11, 23, 2, 5, tzinfo=UTC)


class Ear:
    def __init__(self):
        self.printers, self.jobs = [], []
        self.heard = threading.Condition()

    def printer_changed(self, status):
        with self.heard:
            self.printers.append(status)
            self.heard.notify_all()

    def job_changed(self, news):
        with self.heard:
            self.jobs.append(news)
            self.heard.notify_all()

    def wait_for(self, wanted, timeout_s=10.0):
        with self.heard:
            assert self.heard.wait_for(lambda: any(map(wanted, self.printers)), timeout_s), self.printers


class Bench:
    """A lane on a simulated printer with one component beside it."""

    def __init__(self, printer, component, dialect):
        self.printer, self.component, self.dialect = printer, component, dialect
        self.store, self.ear = MemoryJobStore(), Ear()
        self.patience_s = 1.0
        self.names = {f"{dialect}_printer": "QUEUE"}
        self.spooler = None

    def start(self):
        here = LocalComponents({self.dialect: self.component.port}, reply_s=0.5, patience_s=self.patience_s)
        self.spooler = Spooler(self.store, BitLabels(), lambda: NOW, self.ear, components=here)
        self.put(**self.names)

    def put(self, **names):
        profile = PrinterProfile("p", "p", self.printer.address, **names)
        wire = TcpTransport("127.0.0.1", self.printer.port, deadline_s=3.0)
        self.spooler.put_printer(Printer(profile, wire, find_language("tspl")))

    def own(self, number):
        return self.store.add("p", example_mapping(waybill_no=f"TT{number:09}"))

    def by_component(self, number, **more):
        raw = component_content(number, self.dialect, **more)
        return self.store.add("p", raw, name=f"TT{number:09}", route=COMPONENT)

    def papers(self):
        return [read_page(paper) for paper in self.printer.papers]


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(spooler_module, "_RETRY_S", 0.05)
    monkeypatch.setattr(spooler_module, "POLL_S", 0.2)


@pytest.fixture(params=["cainiao", "pdd"])
def bench(request):
    with LabelPrinter(dots_per_mm=2.0) as printer, PrintComponent(request.param, printer) as component:
        made = Bench(printer, component, request.param)
        yield made
        if made.spooler is not None:
            assert made.spooler.stop(10)


def test_both_routes_share_one_order(bench):
    jobs = [bench.own(1), bench.by_component(2), bench.own(3), bench.by_component(4)]
    bench.start()
    for job in jobs:
        bench.store.wait_for_state(job, "sent", "confirmed")
    assert [paper[0] for paper in bench.papers()] == [1, 2, 3, 4]
    assert [bench.store.state(job) for job in jobs[1::2]] == ["confirmed"] * 2


def test_a_slow_component_holds_back_our_own_label(bench):
    bench.component.faults = [Fault.SLOW]
    bench.component.pause_s = 0.5
    first, second = bench.by_component(1), bench.own(2)
    bench.start()
    bench.store.wait_for_state(first, "sending")
    assert bench.store.state(second) == "queued"
    bench.store.wait_for_state(second, "sent", "confirmed")
    assert [paper[0] for paper in bench.papers()] == [1, 2]


def test_no_paper_keeps_a_job_from_its_component(bench):
    bench.printer.run_out_of_paper()
    job = bench.by_component(1)
    bench.start()
    bench.ear.wait_for(lambda status: status.reason == "printer.paper_out")
    assert (bench.store.state(job), bench.component.seen) == ("queued", [])
    bench.printer.load_paper()
    bench.store.wait_for_state(job, "confirmed")


def test_paper_that_ends_meanwhile_is_waited_for_longer_than_patience_and_is_no_question(bench):
    bench.patience_s, bench.component.pause_s = 1.5, 1.0
    bench.component.faults = [Fault.NOTIFIES_LATE]
    bench.printer.answer(READY)
    bench.printer.run_out_of_paper()
    job = bench.by_component(1)
    bench.start()
    bench.ear.wait_for(lambda status: status.reason == "printer.paper_out" and status.job_id == job)
    threading.Event().wait(2.0)  # longer than its patience
    assert bench.store.state(job) == "sending"
    bench.printer.load_paper()
    # Its patience begins anew: the component's word may take a while from here.
    bench.store.wait_for_state(job, "confirmed", "unknown")
    assert bench.store.state(job) == "confirmed"
    assert bench.papers() == [(1, 0, True)]


def test_a_printer_inside_a_cut_label_is_freed_before_a_component_prints(bench):
    bench.printer.always_answer(READY)
    bench.printer.vanish_after(1500)  # behind the recovery, inside the picture
    first = bench.own(1)
    bench.start()
    bench.store.wait_for_state(first, "unknown")
    assert bench.printer.engine.is_inside_picture
    second = bench.by_component(2)
    bench.printer.come_back()
    bench.store.wait_for_state(second, "confirmed")
    assert bench.papers() == [(2, 0, True)]


def test_a_component_that_does_not_run_is_waited_for_in_words_and_found_again(bench):
    bench.component.die()
    job, later = bench.by_component(1), bench.own(2)
    bench.start()
    bench.ear.wait_for(lambda status: (status.activity, status.reason) == (Activity.WAITING, "component.absent"))
    assert bench.store.state(later) == "queued"
    bench.component.come_back()
    bench.store.wait_for_state(job, "confirmed")
    bench.store.wait_for_state(later, "sent", "confirmed")
    assert [paper[0] for paper in bench.papers()] == [1, 2]


@pytest.mark.parametrize("fault", [Fault.ACCEPTS_AND_DIES, Fault.PRINTS_AND_DIES, Fault.MUTE, Fault.LOSES_NOTICE])
def test_a_doubt_is_a_question_and_the_further_copy_says_which_it_is(bench, fault):
    bench.component.faults = [fault]
    bench.component.restart_after_s = 0.05
    job, next_one = bench.by_component(1), bench.by_component(2)
    bench.start()
    bench.store.wait_for_state(job, "unknown")
    bench.store.wait_for_state(next_one, "confirmed")
    assert bench.store.state(job) == "unknown"
    assert len([news for news in bench.ear.jobs if news.state is JobState.UNKNOWN]) == 1
    bench.store.reprint(job)
    bench.spooler.wake()
    bench.store.wait_for_state(job, "confirmed")
    assert bench.papers()[-1] == (1, 1, True)
    assert len(set(bench.component.seen)) == len(bench.component.seen) == 3


def test_without_a_custom_area_a_further_copy_is_printed_as_it_is(bench):
    bench.component.faults = [Fault.FAILS]
    job = bench.by_component(1, has_area=False)
    bench.start()
    bench.store.wait_for_state(job, "failed")
    bench.store.reprint(job)
    bench.spooler.wake()
    bench.store.wait_for_state(job, "confirmed")
    assert bench.papers() == [(1, 0, True)]


def test_a_failure_is_told_once_with_cleaned_words_and_does_not_stop_the_next(bench):
    bench.component.faults = [Fault.FAILS]
    job, later = bench.by_component(1), bench.by_component(2)
    bench.start()
    bench.store.wait_for_state(job, "failed")
    bench.store.wait_for_state(later, "confirmed")
    (news,) = [news for news in bench.ear.jobs if news.state is JobState.FAILED]
    assert (news.reason, news.message[:2]) == ("component.failed", "缺纸")
    assert SECRET_PHONE not in news.message


def test_a_printer_the_component_does_not_have_gets_nothing_until_it_has_it(bench):
    bench.component.printers = ["OTHER"]
    job = bench.by_component(1)
    bench.start()
    bench.ear.wait_for(lambda status: status.reason == "component.no_printer")
    assert (bench.component.seen, bench.store.state(job) in {"queued", "claimed"}) == ([], True)
    bench.component.printers = ["OTHER", "QUEUE"]
    bench.store.wait_for_state(job, "confirmed")


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda bench: bench.names.clear(), "component.not_set_up"),
        (lambda bench: bench.store.rows[1].job.content.update(dialect="morse"), "component.content_bad"),
    ],
)
def test_what_cannot_be_given_to_a_component_fails_in_words(bench, spoil, reason):
    job = bench.by_component(1)
    spoil(bench)
    bench.start()
    bench.store.wait_for_state(job, "failed")
    assert bench.store.rows[job].reason == reason
    assert bench.component.seen == []


def test_stopping_waits_for_a_components_last_word(bench):
    bench.component.faults = [Fault.SLOW]
    bench.component.pause_s = 0.5
    job = bench.by_component(1)
    bench.start()
    bench.store.wait_for_state(job, "sending")
    assert bench.spooler.stop(10)
    assert bench.store.state(job) == "confirmed"


def test_a_crash_while_a_component_prints_is_a_question_at_the_next_start(bench):
    job = bench.by_component(1)
    bench.store.rows[job].state = "sending"  # as the last run left it
    bench.start()
    bench.store.wait_for_state(job, "unknown")
    assert bench.component.seen == []


@pytest.mark.expected_log("could not be marked as sending")
def test_a_store_that_stays_away_for_a_moment_keeps_the_task_here_until_it_is_back(bench, monkeypatch):
    real, away = bench.store.mark_sending, [OSError("away")]

    def mark_sending(job, sha256):
        if away:
            raise away.pop()
        return real(job, sha256)

    monkeypatch.setattr(bench.store, "mark_sending", mark_sending)
    job = bench.by_component(1)
    bench.start()
    bench.store.wait_for_state(job, "confirmed")
    assert (away, [paper[0] for paper in bench.papers()]) == ([], [1])


@pytest.mark.expected_log("could not be given to its component")
def test_a_defect_before_the_component_was_asked_fails_the_job_in_words(bench, monkeypatch):
    def broken(*_arguments):
        raise RuntimeError("a defect of ours")

    monkeypatch.setattr(spooler_module, "call_component", broken)
    job = bench.by_component(1)
    bench.start()
    bench.store.wait_for_state(job, "failed")
    assert bench.store.rows[job].reason == "printing.defect"
    assert bench.component.seen == []


@pytest.mark.expected_log("broke while being sent")
def test_a_defect_once_the_task_may_have_left_is_a_question(bench, monkeypatch):
    real = spooler_module.call_component

    def called(*arguments):
        followed = real(*arguments)

        def broken(_task):
            raise RuntimeError("a defect of ours")

        monkeypatch.setattr(followed.session, "print", broken)
        return followed

    monkeypatch.setattr(spooler_module, "call_component", called)
    job = bench.by_component(1)
    bench.start()
    bench.store.wait_for_state(job, "unknown")
