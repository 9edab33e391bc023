"""The spooler with real drawing, real TCP and the simulated printer."""

import dataclasses
import threading
from datetime import UTC, datetime, timedelta

import pytest

from printing.errors import NothingSent
from printing.jobs import Activity, JobState
from printing.label import label_from_mapping
from printing.languages.names import LANGUAGES
from printing.languages.registry import find_language
from printing.printer import Printer, open_printer
from printing.profile import PrinterProfile
from printing.resolution import Resolution
from printing.spooler import Lane, Spooler
from printing.status import PrinterState
from printing.transports.files import AppendTransport, MemoryTransport
from printing.transports.tcp import TcpTransport
from tests.simulators.label_printer import ENGINES, LabelPrinter
from tests.simulators.print_engine import PRINTING, READY
from tests.simulators.tspl_engine import TsplEngine
from tests.support.job_store import MemoryJobStore
from tests.support.labels import example_mapping, mapping_with_everywhere
from tests.support.readers import read_with_zxing

NOW = datetime(2026, 11, 23, 2, 5, tzinfo=UTC)


class Ear:
    """Listens and remembers."""

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


def numbers_on(papers):
    return [text for paper in papers for kind, text in sorted(read_with_zxing(paper)) if kind == "code128"]


def content(number):
    return example_mapping(waybill_no=f"SF{number:013d}")


#: a receipt printer says nothing of being busy
SAY_BUSY = ("tspl", "zpl", "cpcl")
#: a receipt printer prints as it goes, so that half a job is half a label on paper
HAVE_PAGES = ("tspl", "zpl", "cpcl")


@pytest.fixture(params=LANGUAGES)
def printer(request):
    """A simulated printer of each language; a test may name fewer."""
    with LabelPrinter(request.param) as simulated:
        yield simulated


@pytest.fixture
def desk(renderer, printer):
    """A store, a listener and a running spooler on the simulated printer."""
    store, ear = MemoryJobStore(), Ear()
    spooler = Spooler(store, renderer, lambda: NOW, ear)
    profile = PrinterProfile(key="p", name="p", address=printer.address, language=printer.language)
    wire = TcpTransport("127.0.0.1", printer.port, deadline_s=3.0)

    def start():
        spooler.put_printer(Printer(profile, wire, find_language(printer.language)))

    yield store, ear, spooler, start
    assert spooler.stop(10)


def test_jobs_come_out_once_each_in_order_and_readable(desk, printer):
    store, ear, spooler, start = desk
    start()
    jobs = [store.add("p", content(number)) for number in range(5)]
    spooler.wake("p")
    papers = printer.wait_for_papers(5)
    for job in jobs:
        store.wait_for_state(job, "sent", "confirmed")
    assert numbers_on(papers) == [f"SF{number:013d}" for number in range(5)]
    assert len(printer.papers) == 5
    assert [news.state for news in ear.jobs if news.job_id == 1][:2] == [JobState.SENDING, JobState.SENT]
    # The white of the recovery before the first label is no command, and is taken for none.
    assert all(set(line) in ({0xFF}, {ord("0")}) for line in printer.engine.errors)


def test_another_printers_jobs_are_left_alone(desk, printer):
    store, _, spooler, start = desk
    other = store.add("q", content(1))
    mine = store.add("p", content(2))
    start()
    store.wait_for_state(mine, "sent", "confirmed")
    assert store.state(other) == "queued"
    assert set(spooler.statuses()) == {"p"}


@pytest.mark.parametrize("printer", SAY_BUSY, indirect=True)
def test_busy_then_ready_confirms_the_paper(desk, printer):
    store, _, _, start = desk
    printer.answer(READY, PRINTING, PRINTING, READY)
    job = store.add("p", content(1))
    start()
    store.wait_for_state(job, "confirmed")


def test_always_ready_confirms_nothing(desk, printer):
    store, _, _, start = desk
    printer.always_answer(READY)
    first, second = store.add("p", content(1)), store.add("p", content(2))
    start()
    store.wait_for_state(second, "sent")
    assert store.state(first) == "sent"


def test_paper_out_before_sending_leaves_the_job_queued_and_says_so_in_words(desk, printer):
    store, ear, spooler, start = desk
    printer.run_out_of_paper()
    job = store.add("p", content(1))
    start()
    ear.wait_for(lambda status: status.reason == "printer.paper_out" and status.activity is Activity.WAITING)
    assert (store.state(job), printer.papers, store.rows[job].attempts) == ("queued", (), 0)
    printer.load_paper()
    spooler.wake()
    printer.wait_for_papers(1)
    store.wait_for_state(job, "sent", "confirmed")


def test_offline_before_sending_leaves_the_job_queued(desk, printer):
    store, ear, spooler, start = desk
    printer.vanish_after(0)
    job = store.add("p", content(1))
    start()
    ear.wait_for(lambda status: status.printer is PrinterState.OFFLINE)
    assert store.state(job) in {"queued", "claimed"}
    printer.come_back()
    spooler.wake()
    printer.wait_for_papers(1)
    store.wait_for_state(job, "sent", "confirmed")
    assert len(printer.papers) == 1


@pytest.mark.parametrize("printer", HAVE_PAGES, indirect=True)
def test_a_cut_job_is_unknown_is_not_repeated_and_the_next_label_comes_out_whole(desk, printer):
    store, ear, spooler, start = desk
    first = store.add("p", content(1))
    printer.always_answer(READY)
    printer.vanish_after(60_000)
    start()
    store.wait_for_state(first, "unknown")
    second = store.add("p", content(2))
    printer.come_back()
    spooler.wake()
    printer.wait_for_papers(1)
    store.wait_for_state(second, "sent", "confirmed")
    assert numbers_on(printer.papers) == ["SF0000000000002"]
    assert store.state(first) == "unknown"
    assert any(status.reason.startswith("wire.") for status in ear.printers)


@pytest.mark.parametrize("printer", ["escpos"], indirect=True)
def test_without_pages_half_a_label_comes_out_and_the_next_one_is_whole(desk, printer, renderer):
    store, _, spooler, start = desk
    first = store.add("p", content(1))
    printer.always_answer(READY)
    printer.vanish_after(60_000)
    start()
    store.wait_for_state(first, "unknown")
    second = store.add("p", content(2))
    printer.come_back()
    spooler.wake()
    half, whole = printer.wait_for_papers(2)
    store.wait_for_state(second, "sent", "confirmed")
    assert not half[800:].any()
    wanted = renderer.render(label_from_mapping(content(2)).stamped(0, NOW), "100x150", Resolution(8.0)).bitmap
    assert (whole == wanted.to_array()).all()
    assert (store.state(first), len(printer.papers)) == ("unknown", 2)


@pytest.mark.parametrize("printer", HAVE_PAGES, indirect=True)
def test_after_the_clerks_word_the_cut_job_comes_out_once_as_a_marked_copy(desk, printer):
    store, _, spooler, start = desk
    first = store.add("p", content(1))
    printer.always_answer(READY)
    printer.vanish_after(60_000)
    start()
    store.wait_for_state(first, "unknown")
    printer.come_back()
    store.reprint(first)
    spooler.wake()
    printer.wait_for_papers(1)
    store.wait_for_state(first, "sent", "confirmed")
    assert numbers_on(printer.papers) == ["SF0000000000001"]


def stopped_by_paper(desk, printer) -> int:
    """A job whose paper ran out in the middle of the label."""
    store, ear, _, start = desk
    printer.answer(READY)
    printer.run_out_of_paper()
    job = store.add("p", content(1))
    start()
    ear.wait_for(lambda status: status.reason == "printer.paper_out")
    return job


def test_paper_out_in_the_middle_is_finished_by_the_printer_and_not_sent_again(desk, printer):
    store, _, spooler, _ = desk
    job = stopped_by_paper(desk, printer)
    assert store.state(job) == "sent"
    assert printer.papers == ()
    printer.load_paper()
    spooler.wake()
    store.wait_for_state(job, "confirmed")
    assert numbers_on(printer.papers) == ["SF0000000000001"]


def test_a_printer_that_goes_off_with_half_a_label_is_asked_about(desk, printer):
    """Paper ran out in the middle and the printer was switched off: it forgets the other half."""
    store, _, spooler, _ = desk
    job = stopped_by_paper(desk, printer)
    printer.vanish_after(0)
    spooler.wake()
    store.wait_for_state(job, "unknown")
    assert store.rows[job].reason == "printer.lost_midway"
    assert printer.papers == ()


def test_labels_that_cannot_be_drawn_fail_with_their_reason_and_stop_nobody(desk, printer):
    store, _, _, start = desk
    bad = store.add("p", {"schema": 1})
    long = store.add("p", example_mapping(waybill_no="A1b" * 21))
    paper = store.add("p", content(2), size="76x130")
    good = store.add("p", content(3))
    start()
    store.wait_for_state(good, "sent", "confirmed")
    assert [store.rows[job].reason for job in (bad, long, paper)] == [
        "label.field_missing",
        "render.waybill_too_long",
        "job.wrong_paper",
    ]
    assert [store.state(job) for job in (bad, long, paper)] == ["failed"] * 3
    assert len(printer.papers) == 1


def two_papers(renderer, printers, *others):
    """A running spooler: `p` holds 100x150; others are `(key, address, size)`."""
    store, ear = MemoryJobStore(), Ear()
    spooler = Spooler(store, renderer, lambda: NOW, ear)
    for key, address, size in [("p", printers[0].address, "100x150"), *others]:
        language = printers[0].language if key == "p" else "tspl"
        profile = PrinterProfile(key=key, name=key, address=address, size=size, language=language)
        spooler.put_printer(open_printer(profile, lambda: NOW))
    return store, spooler


def test_a_job_for_other_paper_goes_to_the_printer_that_holds_it(renderer, printer):
    with LabelPrinter() as small:
        store, spooler = two_papers(renderer, [printer], ("q", small.address, "76x130"))
        narrow, wide = store.add("p", content(1), size="76x130"), store.add("q", content(2), size="100x150")
        spooler.wake()
        for job in (narrow, wide):
            store.wait_for_state(job, "sent", "confirmed")
        small.wait_for_papers(1)
        printer.wait_for_papers(1)
        assert spooler.stop(10)
        assert (numbers_on(small.papers), numbers_on(printer.papers)) == (["SF0000000000001"], ["SF0000000000002"])
        assert small.papers[0].shape == (1040, 608)
        assert printer.language == "escpos" or printer.papers[0].shape == (1200, 800)


def test_without_that_paper_it_is_said_and_no_picture_passes_for_a_label(renderer, printer, tmp_path):
    store, spooler = two_papers(renderer, [printer], ("virtual", f"virtual:{tmp_path}", "76x130"))
    job = store.add("p", content(1), size="76x130")
    spooler.wake()
    store.wait_for_state(job, "failed")
    assert spooler.stop(10)
    assert (store.rows[job].reason, printer.papers, list(tmp_path.iterdir())) == ("job.wrong_paper", (), [])


def test_a_cancelled_job_is_not_sent(renderer):
    class Cancelling(MemoryJobStore):
        def mark_sending(self, job, sha256):
            self.rows[job.job_id].state = "cancelled"
            return super().mark_sending(job, sha256)

    store = Cancelling()
    lane = lane_on(MemoryTransport(), store, renderer)
    store.add("p", content(1))
    assert lane.step() == 0.0
    assert store.state(1) == "cancelled"
    assert lane._printer.transport.jobs == []


def lane_on(transport, store, renderer, ear=None, **changes):
    profile = PrinterProfile(key="p", name="p", address="memory:", **changes)
    printer = Printer(profile, transport, find_language(profile.language))
    return Lane(printer, store, renderer, lambda: NOW, ear or Ear())


def test_a_copy_carries_its_number_and_the_time_of_printing(renderer):
    store, transport = MemoryJobStore(), MemoryTransport()
    lane = lane_on(transport, store, renderer)
    store.add("p", content(1), copy_no=0)
    store.add("p", content(1), copy_no=3)
    lane.step()
    lane.step()
    engine = TsplEngine()
    for _, data in transport.jobs:
        engine.feed(data)
    stamped = label_from_mapping(content(1)).stamped(3, NOW)
    wanted = renderer.render(stamped, "100x150", lane._printer.profile.resolution).bitmap.to_array()
    assert (engine.papers[0] != engine.papers[1]).any()
    assert (engine.papers[1] == wanted).all()


def test_sending_is_committed_before_the_first_byte(renderer):
    store = MemoryJobStore()
    states = []

    class Watching(MemoryTransport):
        def send(self, data, name):
            states.append(store.state(1))
            return MemoryTransport.send(self, data, name)

    lane = lane_on(Watching(), store, renderer)
    store.add("p", content(1))
    lane.step()
    assert states == ["sending"]


class FailsOnce:
    """A store whose call `name` fails the first time, before or after it took effect."""

    def __init__(self, rows, name, *, is_committed):
        self._rows, self._name, self._is_committed = rows, name, is_committed
        self.has_failed = False

    def __getattr__(self, name):
        action = getattr(self._rows, name)

        def call(*args, **words):
            if name != self._name or self.has_failed:
                return action(*args, **words)
            self.has_failed = True
            if self._is_committed:
                action(*args, **words)
            raise RuntimeError("the database is away")

        return call


class AbsentFirst(MemoryTransport):
    """A printer that is plugged in after the first try."""

    tries = 0

    def send(self, data, name):
        AbsentFirst.tries += 1
        if AbsentFirst.tries == 1:
            raise NothingSent("wire.absent", "not plugged in")
        return MemoryTransport.send(self, data, name)


#: a mark that failed is repeated and logged; claiming and recovering are simply tried again
_IS_LOGGED = pytest.mark.expected_log("", logger="printing.spooler")


@pytest.mark.parametrize(
    "call",
    [
        "claim",
        "recover",
        *(pytest.param(call, marks=_IS_LOGGED) for call in ("mark_sending", "mark_sent", "mark_failed")),
    ],
)
@pytest.mark.parametrize("is_committed", [False, True])
def test_a_store_that_fails_once_at_any_call_costs_no_second_paper_and_no_job(renderer, caplog, call, is_committed):
    rows = MemoryJobStore()
    store = FailsOnce(rows, call, is_committed=is_committed)
    AbsentFirst.tries = 0 if call == "mark_failed" else 1
    transport = AbsentFirst()
    lane = lane_on(transport, store, renderer)
    job = rows.add("p", content(1))
    for _ in range(8):
        try:
            lane.step()
        except RuntimeError:
            if call == "claim" and is_committed:
                # Claimed without our knowing: only a new start finds it, as after a crash.
                lane = lane_on(transport, store, renderer)
    assert store.has_failed
    assert (rows.state(job), len(transport.jobs)) == ("sent", 1)


@pytest.mark.parametrize("printer", HAVE_PAGES, indirect=True)
def test_a_new_start_forgets_a_cut_but_not_the_recovery(renderer, printer):
    """The cut was in the run before and its job is settled as unknown: nothing in the store tells of it."""
    store = MemoryJobStore()
    wire = TcpTransport("127.0.0.1", printer.port, deadline_s=3.0)
    printer.always_answer(READY)
    printer.vanish_after(60_000)
    store.add("p", content(1))
    lane_on(wire, store, renderer, language=printer.language).step()
    assert store.state(1) == "unknown"
    printer.come_back()
    store.add("p", content(2))
    lane_on(wire, store, renderer, language=printer.language).step()
    assert numbers_on(printer.wait_for_papers(1)) == ["SF0000000000002"]


@pytest.mark.parametrize("language", HAVE_PAGES)
def test_half_a_label_in_a_growing_file_does_not_swallow_the_next(renderer, tmp_path, language):
    """A kill in the middle of a write leaves half a picture; the next start must not be taken for its pixels."""
    store, path = MemoryJobStore(), tmp_path / "all"
    for number in (1, 2):
        store.add("p", content(number))
        lane_on(AppendTransport(path), store, renderer, language=language).step()
        if number == 1:
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    engine = ENGINES[language]()
    engine.feed(path.read_bytes())
    assert numbers_on(engine.papers) == ["SF0000000000002"]


def test_a_file_gets_the_label_and_nothing_else(renderer):
    store, transport = MemoryJobStore(), MemoryTransport()
    store.add("p", content(1))
    lane_on(transport, store, renderer).step()
    assert transport.jobs[0][1].startswith(b"SIZE ")


@pytest.mark.expected_log("", logger="printing.spooler")
def test_a_defect_in_a_wire_is_doubt_and_the_thread_lives(renderer, caplog):
    class Broken(MemoryTransport):
        def send(self, data, name):
            if not self.jobs:
                self.jobs.append((name, b""))
                raise ZeroDivisionError
            return MemoryTransport.send(self, data, name)

    store, ear, transport = MemoryJobStore(), Ear(), Broken()
    spooler = Spooler(store, renderer, lambda: NOW, ear)
    first, second = store.add("p", content(1)), store.add("p", content(2))
    profile = PrinterProfile(key="p", name="p", address="memory:")
    spooler.put_printer(Printer(profile, transport, find_language("tspl")))
    store.wait_for_state(first, "unknown")
    store.wait_for_state(second, "sent")
    assert spooler.stop()
    assert store.rows[first].reason == "printing.defect"


@pytest.mark.expected_log("", logger="printing.spooler")
def test_a_listener_that_fails_stops_nothing(renderer, caplog):
    class Deaf:
        def printer_changed(self, status):
            raise ValueError

        def job_changed(self, news):
            raise ValueError

    store, transport = MemoryJobStore(), MemoryTransport()
    lane = lane_on(transport, store, renderer, Deaf())
    store.add("p", content(1))
    lane.step()
    assert (store.state(1), len(transport.jobs)) == ("sent", 1)


@pytest.mark.expected_log("", logger="printing.spooler")
def test_nothing_is_printed_while_an_outcome_cannot_be_stored(renderer, caplog):
    class Down(MemoryJobStore):
        is_down = True

        def mark_sent(self, job, receipt):
            if self.is_down:
                raise OSError("the disk is full")
            super().mark_sent(job, receipt)

    store, transport, ear = Down(), MemoryTransport(), Ear()
    lane = lane_on(transport, store, renderer, ear)
    first, second = store.add("p", content(1)), store.add("p", content(2))
    for _ in range(4):
        lane.step()
    assert (store.state(first), store.state(second), len(transport.jobs)) == ("sending", "queued", 1)
    assert (ear.printers[-1].activity, ear.printers[-1].reason) == (Activity.WAITING, "store.unavailable")
    store.is_down = False
    for _ in range(4):
        lane.step()
    assert (store.state(first), store.state(second), len(transport.jobs)) == ("sent", "sent", 2)


@pytest.mark.expected_log("", logger="printing.spooler")
def test_a_defect_in_drawing_fails_that_label_and_a_cold_start_costs_none(renderer, caplog):
    class Clumsy:
        def warm_up(self, resolution):
            raise ZeroDivisionError

        def render(self, label, size, resolution):
            if label.waybill_no.endswith("1"):
                raise ZeroDivisionError
            return renderer.render(label, size, resolution)

    store, transport = MemoryJobStore(), MemoryTransport()
    spooler = Spooler(store, Clumsy(), lambda: NOW, Ear())
    bad, good = store.add("p", content(1)), store.add("p", content(2))
    profile = PrinterProfile(key="p", name="p", address="memory:")
    spooler.put_printer(Printer(profile, transport, find_language("tspl")))
    store.wait_for_state(good, "sent")
    assert spooler.stop()
    assert (store.state(bad), store.rows[bad].reason) == ("failed", "printing.defect")


def test_a_job_that_comes_while_the_lane_goes_to_rest_is_not_stranded(desk, printer):
    store, _, spooler, start = desk
    printer.always_answer(READY)
    start()
    for number in range(8):
        job = store.add("p", content(number))
        spooler.wake("p")
        store.wait_for_state(job, "sent", "confirmed", timeout_s=2.5)
    assert len(printer.papers) == 8


def test_new_settings_take_effect_with_the_next_job_and_recover_nothing(desk, printer):
    store, _, spooler, start = desk
    printer.always_answer(READY)
    start()
    store.wait_for_state(store.add("p", content(1)), "sent", "confirmed")
    profile = PrinterProfile(key="p", name="p", address=printer.address, language=printer.language, size="76x130")
    spooler.put_printer(open_printer(profile, lambda: NOW))
    store.wait_for_state(store.add("p", content(2)), "sent", "confirmed")
    # Of paper that is not told to it a receipt printer knows nothing: there the label stands in the corner.
    assert not printer.papers[1][1040:].any()
    assert not printer.papers[1][:, 608:].any()
    assert printer.language == "escpos" or [paper.shape for paper in printer.papers] == [(1200, 800), (1040, 608)]


def test_a_wire_that_its_lane_does_not_let_go_is_said_and_one_without_a_lane_is_free(desk, monkeypatch):
    _, _, spooler, start = desk
    start()
    with spooler.resting("p"):
        pass
    monkeypatch.setattr("printing.spooler._LET_GO_S", 0.05)
    with spooler.resting("p"), pytest.raises(NothingSent) as busy, spooler.resting("p"):
        pass
    assert busy.value.code == "printer.busy_now"
    with spooler.resting("nobody's"):
        pass


def test_a_removed_printer_keeps_its_jobs_in_the_store(desk, printer):
    store, ear, spooler, start = desk
    start()
    ear.wait_for(lambda status: status.printer is PrinterState.READY)
    spooler.remove_printer("p")
    ear.wait_for(lambda status: status.activity is Activity.STOPPED)
    job = store.add("p", content(1))
    spooler.wake()
    assert (store.state(job), dict(spooler.statuses())) == ("queued", {})


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_virtual_printer_confirms_by_itself_and_names_its_files(renderer, tmp_path, language):
    store = MemoryJobStore()
    profile = PrinterProfile(key="p", name="p", address=f"virtual:{tmp_path}", language=language)
    lane = Lane(open_printer(profile, lambda: NOW), store, renderer, lambda: NOW, Ear())
    job = store.add("p", content(1), name="SF0000000000001")
    lane.step()
    assert store.state(job) == "confirmed"
    receipt = store.rows[job].receipt
    assert receipt.picture.endswith("000001-SF0000000000001.png")
    assert store.rows[job].sha256 == receipt.sha256


HOSTILE = {
    "printer command": 'x"\r\nPRINT 500,1\r\n',
    "tspl all": '"\r\nCLS\r\nBITMAP 0,0,1,1,0,\x00\r\nPRINT 9,9\r\n\x1b!R',
    "escpos": "张三\x1b@\x1dV\x00\x10\x14\x01\x00\x01",
    "zpl": "^XZ^XA^PQ500^XZ~JA",
    "controls": "".join(map(chr, range(32))) + "\x7f\x85\x9b",
    "bidi": "张\u202e三\u2066\u200f\ufeff",
    "long note": "请小心！" * 2500,
    "digits": "1" * 100_000,
    "dashes": "1-" * 50_000,
    "slashes": "/" * 100_000,
    "accents": "é" + "\u0301" * 20_000,
    "nested": "<table><tr><td>" * 3000,
    "lone surrogate": "半\ud800\udfff",
    "emoji": "👩‍👩‍👧‍👦🇨🇳" * 50,
    "noncharacters": "\uffff\U0010ffff\ue000",
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_hostile_text_in_every_field_gives_exactly_one_readable_label(renderer, name, language):
    text = HOSTILE[name]
    raw = mapping_with_everywhere(text)
    store, transport = MemoryJobStore(), MemoryTransport()
    lane = lane_on(transport, store, renderer, language=language)
    store.add("p", raw)
    raw_masked = {**raw, "consignee": {**raw["consignee"], "is_masked": True}}
    store.add("p", raw_masked)
    lane.step()
    lane.step()
    engine = ENGINES[language]()
    for _, data in transport.jobs:
        engine.feed(data)
    assert [store.state(job) for job in (1, 2)] == ["sent", "sent"]
    assert (len(engine.papers), engine.errors) == (2, [])
    assert numbers_on(engine.papers) == ["SF1390000123456"] * 2


def test_printed_time_is_the_spoolers_not_the_contents(renderer):
    store, transport = MemoryJobStore(), MemoryTransport()
    lane = lane_on(transport, store, renderer)
    for minutes in (0, 90):
        store.add("p", example_mapping(printed_at=NOW - timedelta(minutes=minutes)))
        lane.step()
    assert transport.jobs[0][1] == transport.jobs[1][1]
    assert dataclasses.is_dataclass(lane.status)
