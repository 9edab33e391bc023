import errno
import json
import os
import pty
import select
import socket
import threading
import tty
from datetime import UTC, datetime

import pytest

from printing.errors import NothingSent, PartlySent
from printing.languages.names import LANGUAGES
from printing.languages.registry import find_language
from printing.printer import Printer, open_printer
from printing.profile import PrinterProfile
from printing.resolution import Resolution
from printing.status import PrinterState
from printing.transports.contract import digest
from printing.transports.device import DeviceTransport
from printing.transports.files import AppendTransport, FolderTransport, MemoryTransport
from printing.transports.tcp import TcpTransport
from printing.transports.virtual import VirtualTransport, read_virtual_labels
from tests.simulators.label_printer import LabelPrinter
from tests.simulators.print_engine import COVER_OPEN, PAPER_OUT, PRINTING
from tests.simulators.tspl_engine import STATUS_REQUEST, TsplEngine
from tests.support.labels import example_label

NOW = datetime(2026, 11, 23, 2, 5, tzinfo=UTC)


def profile(address, **changes):
    return PrinterProfile(key="p", name="p", address=address, **changes)


def job(renderer, **changes):
    printer = open_printer(profile("memory:"), lambda: NOW)
    bitmap = renderer.render(example_label(**changes), "100x150", Resolution(8.0)).bitmap
    return printer.encode(bitmap), bitmap


@pytest.fixture
def tcp_printer():
    with LabelPrinter() as printer:
        yield printer


def wire(printer, **changes):
    return TcpTransport("127.0.0.1", printer.port, **{"deadline_s": 10.0, **changes})


class TestTcp:
    def test_a_label_arrives_dot_for_dot(self, renderer, tcp_printer):
        data, bitmap = job(renderer)
        receipt = wire(tcp_printer).send(data, "x")
        (paper,) = tcp_printer.wait_for_papers(1)
        assert (paper != bitmap.to_array()).sum() == 0
        assert (receipt.sha256, receipt.is_confirmed) == (digest(data), False)

    def test_nobody_there_means_nothing_sent(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            with pytest.raises(NothingSent) as caught:
                TcpTransport("127.0.0.1", taken.getsockname()[1]).send(b"x" * 100, "x")
        assert caught.value.code == "wire.refused"

    @pytest.mark.parametrize("after", [1, 5_000, 100_000])
    def test_a_printer_that_vanishes_midway_leaves_doubt(self, renderer, tcp_printer, after):
        data, _ = job(renderer)
        tcp_printer.vanish_after(after)
        with pytest.raises(PartlySent):
            wire(tcp_printer).send(data, "x")

    def test_a_printer_that_stops_reading_ends_in_doubt_by_the_deadline(self, renderer, tcp_printer):
        tcp_printer.stop_reading()
        data, _ = job(renderer)
        with pytest.raises(PartlySent) as caught:
            wire(tcp_printer, deadline_s=0.4).send(data * 40, "x")
        assert caught.value.code == "wire.timeout"

    def test_bytes_left_in_our_own_kernel_are_not_called_sent(self, tcp_printer):
        tcp_printer.stop_reading()
        with pytest.raises(PartlySent) as caught:
            wire(tcp_printer, deadline_s=0.5).send(b"\xff" * 60_000, "x")
        assert caught.value.code == "wire.timeout"

    def test_a_slow_printer_gets_its_label(self, renderer, tcp_printer):
        tcp_printer.read_slowly(1_000_000)
        data, bitmap = job(renderer)
        wire(tcp_printer).send(data, "x")
        (paper,) = tcp_printer.wait_for_papers(1)
        assert (paper == bitmap.to_array()).all()

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_status_in_words(self, language):
        with LabelPrinter(language) as simulated:
            printer = open_printer(profile(simulated.address, language=language), lambda: NOW)
            assert printer.status().state is PrinterState.READY
            simulated.answer(COVER_OPEN | PAPER_OUT)
            assert printer.status().code == "printer.cover_open"
            simulated.answer(PRINTING)
            busy = PrinterState.READY if language == "escpos" else PrinterState.PRINTING
            assert printer.status().state is busy
            simulated.run_out_of_paper()
            assert printer.status().state is PrinterState.PAPER_OUT
            assert not printer.status().can_print

    def test_an_answer_that_never_ends_is_none_and_soon_over(self, tcp_printer):
        reply = wire(tcp_printer, reply_timeout_s=0.1).query(STATUS_REQUEST, lambda reply: len(reply) == 2)
        assert reply is None

    def test_of_an_answer_nothing_is_taken_beyond_its_end(self):
        with LabelPrinter("zpl") as simulated:
            reply = wire(simulated).query(b"~HS", lambda reply: reply.endswith(b"\x03"))
        assert reply.startswith(b"\x02")
        assert reply.count(b"\x03") == 1

    def test_a_printer_that_answers_one_question_and_goes_is_judged_by_that(self):
        class GoneAfterOne(MemoryTransport):
            def query(self, request, is_whole):
                if request != b"\x10\x04\x01":
                    raise NothingSent("wire.refused", "still closing")
                return MemoryTransport.query(self, request, is_whole)

        chosen = profile("memory:", language="escpos")
        answers = GoneAfterOne(replies={b"\x10\x04\x01": b"\x1a"})
        assert Printer(chosen, answers, find_language("escpos")).status().state is PrinterState.PAUSED

    def test_a_silent_printer_is_unknown_and_soon(self, tcp_printer):
        tcp_printer.keep_silent()
        printer = Printer(profile(tcp_printer.address), wire(tcp_printer, reply_timeout_s=0.1), find_language("tspl"))
        status = printer.status()
        assert (status.state, status.can_print) == (PrinterState.UNKNOWN, True)

    def test_a_printer_out_of_reach_is_offline(self, tcp_printer):
        printer = open_printer(profile(tcp_printer.address), lambda: NOW)
        tcp_printer.vanish_after(0)
        assert printer.status().state in {PrinterState.OFFLINE, PrinterState.UNKNOWN}
        tcp_printer_gone = printer.status()
        assert (tcp_printer_gone.state, tcp_printer_gone.can_print) == (PrinterState.OFFLINE, False)


@pytest.fixture
def usb():
    """A pseudo terminal whose far end is a TSPL engine, as /dev/usb/lp0 has a printer behind it."""
    near, far = pty.openpty()
    tty.setraw(near)
    tty.setraw(far)
    engine, stop = TsplEngine(), threading.Event()

    def serve():
        while not stop.is_set():
            if select.select([near], [], [], 0.01)[0]:
                try:
                    engine.feed(os.read(near, 4096), lambda reply: os.write(near, reply))
                except OSError:
                    return

    thread = threading.Thread(target=serve)
    thread.start()
    yield os.ttyname(far), engine
    stop.set()
    thread.join(5)
    os.close(near)
    os.close(far)


class TestDevice:
    def test_a_label_and_a_status_go_through(self, renderer, usb):
        path, engine = usb
        data, bitmap = job(renderer)
        printer = open_printer(profile(f"device:{path}"), lambda: NOW)
        printer.send(data, "x")
        engine.has_paper = False
        assert printer.status().state is PrinterState.PAPER_OUT
        (paper,) = engine.papers or engine._waiting
        assert (paper == bitmap.to_array()).all()

    def test_an_answer_nobody_waited_for_is_not_taken_for_the_next_one(self, usb):
        path, engine = usb
        handle = os.open(path, os.O_RDWR | os.O_NOCTTY)
        try:
            os.write(handle, STATUS_REQUEST)
            assert select.select([handle], [], [], 5)[0]
        finally:
            os.close(handle)
        engine.has_paper = False
        assert DeviceTransport(path).query(STATUS_REQUEST, lambda reply: len(reply) == 1) == bytes([PAPER_OUT])

    def test_a_silent_device_is_unknown(self, usb):
        path, _ = usb
        device = DeviceTransport(path, reply_timeout_s=0.05)
        assert device.query(b"no question", lambda reply: len(reply) == 1) is None

    @pytest.mark.parametrize(("path", "code"), [("/dev/none/lp0", "wire.absent"), ("/dev/full", "wire.full")])
    def test_absent_or_full_means_nothing_sent(self, path, code):
        with pytest.raises(NothingSent) as caught:
            DeviceTransport(path).send(b"x" * 100, "x")
        assert caught.value.code == code

    def test_a_regular_file_is_no_printer(self, tmp_path):
        path = tmp_path / "lp0"
        path.write_bytes(b"precious")
        with pytest.raises(NothingSent) as caught:
            DeviceTransport(str(path)).send(b"x", "x")
        assert (caught.value.code, path.read_bytes()) == ("wire.no_device", b"precious")

    def test_a_device_that_stops_reading_ends_in_doubt_by_the_deadline(self, tmp_path):
        path = tmp_path / "lp0"
        os.mkfifo(path)
        reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        try:
            with pytest.raises(PartlySent) as caught:
                DeviceTransport(str(path), deadline_s=0.2).send(b"x" * 200_000, "x")
            assert caught.value.code == "wire.timeout"
        finally:
            os.close(reader)

    @pytest.mark.parametrize("number", [errno.EIO, errno.ENODEV, errno.ENOSPC])
    def test_an_error_after_the_first_byte_leaves_doubt(self, usb, monkeypatch, number):
        path, _ = usb
        real, calls = os.write, []

        def write(handle, data):
            calls.append(len(data))
            if len(calls) == 3:
                raise OSError(number, os.strerror(number))
            return real(handle, data)

        monkeypatch.setattr(os, "write", write)
        with pytest.raises(PartlySent) as caught:
            DeviceTransport(path).send(b"\n" * 100_000, "x")
        assert caught.value.facts["sent_bytes"] > 0
        assert caught.value.code in {"wire.broken", "wire.absent", "wire.full"}

    def test_unplugged_hides_no_status(self):
        printer = open_printer(profile("device:/dev/none/lp0"), lambda: NOW)
        assert printer.status().state is PrinterState.OFFLINE


class TestFiles:
    def test_one_file_a_job_in_order(self, tmp_path):
        folder = FolderTransport(tmp_path / "jobs")
        receipts = [folder.send(bytes([number]), "SF1/../x\n") for number in range(3)]
        files = sorted((tmp_path / "jobs").iterdir())
        assert [file.read_bytes() for file in files] == [b"\0", b"\1", b"\2"]
        assert [receipt.bytes_file for receipt in receipts] == [str(file) for file in files]
        assert all(receipt.is_confirmed for receipt in receipts)
        assert {file.parent for file in files} == {tmp_path / "jobs"}

    def test_a_full_disk_leaves_no_half_job(self, tmp_path, monkeypatch):
        def full(_handle):
            raise OSError(errno.ENOSPC, "full")

        FolderTransport(tmp_path).send(b"first", "a")
        append = AppendTransport(tmp_path / "all")
        append.send(b"first", "a")
        monkeypatch.setattr(os, "fsync", full)
        for transport in (FolderTransport(tmp_path), append):
            with pytest.raises(NothingSent) as caught:
                transport.send(b"second", "b")
            assert caught.value.code == "wire.full"
        assert (tmp_path / "all").read_bytes() == b"first"
        assert sorted(path.name for path in tmp_path.iterdir()) == ["000001-a.tspl", "all"]


class TestVirtual:
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_a_picture_a_label_decoded_from_the_bytes(self, renderer, tmp_path, language):
        from PySide6.QtGui import QImage

        printer = open_printer(profile(f"virtual:{tmp_path}", language=language), lambda: NOW)
        bitmap = renderer.render(example_label(), "100x150", Resolution(8.0)).bitmap
        data = printer.encode(bitmap)
        receipt = printer.send(data, "SF1390000123456")
        assert receipt.is_confirmed
        (label,) = read_virtual_labels(tmp_path)
        assert (label.serial, label.name, label.language) == (1, "SF1390000123456", language)
        assert label.printed_at == "2026-11-23T02:05:00+00:00"
        assert (tmp_path / label.bytes_file).read_bytes() == data
        picture = QImage(str(tmp_path / label.pictures[0]))
        assert (picture.width(), picture.height()) == (800, 1200)
        black = bitmap.to_array()
        for y, x in [(0, 0), (200, 400), (350, 300), (560, 60), (24, 24), (900, 650)]:
            assert (picture.pixelColor(x, y).lightness() < 128) == black[y, x]
        assert printer.status().state is PrinterState.READY

    def test_two_papers_in_one_job_are_two_pictures(self, tmp_path):
        virtual = VirtualTransport(tmp_path, profile("virtual:/x"), lambda: NOW)
        virtual.send(b"SIZE 10 mm,10 mm\r\nCLS\r\nPRINT 1,2\r\n", "x")
        (label,) = read_virtual_labels(tmp_path)
        assert [(tmp_path / name).exists() for name in label.pictures] == [True, True]

    def test_a_cut_index_line_is_skipped_and_serials_go_on(self, tmp_path):
        virtual = VirtualTransport(tmp_path, profile("virtual:/x"), lambda: NOW)
        data = b"SIZE 10 mm,10 mm\r\nCLS\r\nPRINT 1,1\r\n"
        virtual.send(data, "a")
        with (tmp_path / "index.jsonl").open("ab") as file:
            file.write(b'{"serial": 2, "na')
        assert [label.name for label in read_virtual_labels(tmp_path)] == ["a"]
        virtual.send(data, "b")
        virtual.send(data, "c")
        assert [label.name for label in read_virtual_labels(tmp_path)] == ["a", "b", "c"]
        assert len(list(tmp_path.glob("*.png"))) == 3

    def test_old_labels_are_forgotten_with_their_files(self, tmp_path):
        virtual = VirtualTransport(tmp_path, profile("virtual:/x"), lambda: NOW, keep=5)
        for number in range(20):
            virtual.send(b"SIZE 10 mm,10 mm\r\nCLS\r\nPRINT 1,1\r\n", f"n{number}")
        names = [label.name for label in read_virtual_labels(tmp_path)]
        assert names[-5:] == [f"n{number}" for number in range(15, 20)]
        assert len(names) <= 15
        assert len(list(tmp_path.glob("*.png"))) == len(names)

    def test_a_folder_that_cannot_be_written_means_nothing_sent(self, tmp_path):
        (tmp_path / "file").write_text("")
        virtual = VirtualTransport(tmp_path / "file" / "x", profile("virtual:/x"), lambda: NOW)
        with pytest.raises(NothingSent):
            virtual.send(b"SIZE 10 mm,10 mm\r\nCLS\r\nPRINT 1,1\r\n", "x")

    def test_the_index_is_plain_json_lines(self, tmp_path):
        VirtualTransport(tmp_path, profile("virtual:/x"), lambda: NOW).send(b"SIZE 1 mm,1 mm\r\n", "空")
        assert json.loads((tmp_path / "index.jsonl").read_text(encoding="utf-8"))["pictures"] == []
