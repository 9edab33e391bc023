"""A platform's print component on 127.0.0.1: takes tasks over a websocket, prints on a real (simulated) printer.

It reaches the printer as a driver does, over the printer's own wire, so that its pages and ours come out of the same
slot in the order in which the printer took them. Written from the platforms' published interfaces and sharing no code
with `printing`.
"""

import base64
import binascii
import hashlib
import json
import socket
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np

from tests.simulators.label_printer import LabelPrinter
from tests.simulators.print_engine import Dots
from tests.simulators.websocket_server import Peer, WebSocketServer

PAGE_ROWS = 120
#: stands in what a component says when it is careless, as it does in what it was given
SECRET_NAME, SECRET_PHONE = "王二小", "13900001234"


@dataclass(frozen=True, slots=True)
class Ways:
    """What this platform's component does in its own way."""

    result_command: str
    template_key: str
    tells_documents: bool


WAYS: Mapping[str, Ways] = {
    "cainiao": Ways("notifyPrintResult", "templateURL", tells_documents=True),
    "pdd": Ways("PrintResultNotify", "templateUrl", tells_documents=False),
}


class Fault(Enum):
    """What happens to the next task, or to the next question for printers."""

    NONE = "none"
    DIES_AT_PRINTERS = "dies when asked for printers"
    MUTE_AT_PRINTERS = "does not say what printers there are"
    DIES_BEFORE_ACCEPTING = "dies with the task unread"
    REFUSES = "does not accept it"
    MUTE = "says and prints nothing"
    ACCEPTS_AND_DIES = "accepts, dies before printing"
    FAILS = "accepts, then says that it failed"
    CANNOT_DRAW = "says that the document cannot be drawn"
    PRINTS_AND_DIES = "prints, dies before saying so"
    LOSES_NOTICE = "prints and never says so"
    NOTIFIES_TWICE = "prints and says so twice"
    NOTIFIES_LATE = "prints and says so a little later"
    NOTIFIES_OTHERS = "prints, and speaks of other tasks before"
    SLOW = "takes a little longer"
    GARBAGE = "prints, and sends nonsense before its word"
    BROKEN_FRAME = "prints, then sends what is no frame"
    OVERSIZED = "prints, then sends a message without end"


#: the component never says, or cannot say, what became of the task
LEAVES_DOUBT = frozenset(
    {
        Fault.DIES_BEFORE_ACCEPTING,
        Fault.MUTE,
        Fault.ACCEPTS_AND_DIES,
        Fault.PRINTS_AND_DIES,
        Fault.LOSES_NOTICE,
        Fault.BROKEN_FRAME,
        Fault.OVERSIZED,
    }
)
#: no paper comes out, and the component says so
SAYS_NO = frozenset({Fault.REFUSES, Fault.FAILS, Fault.CANNOT_DRAW})
DIES = frozenset({Fault.DIES_AT_PRINTERS, Fault.DIES_BEFORE_ACCEPTING, Fault.ACCEPTS_AND_DIES, Fault.PRINTS_AND_DIES})
_AT_PRINTERS = frozenset({Fault.DIES_AT_PRINTERS, Fault.MUTE_AT_PRINTERS})


class PrintComponent:
    """One platform's component. Use as a context manager.

    Attributes:
        printers: names of the queues it knows.
        disabled: those of them that are switched off.
        faults: what happens next, one entry a task; none left means no fault.
        seen: every task it ever read, oldest first.
        restart_after_s: dead for so long, then started again by itself; None stays dead.
        remembers: whether its memory of tasks outlives it.
    """

    def __init__(self, dialect: str, printer: LabelPrinter, queue: str = "QUEUE") -> None:
        self.ways = WAYS[dialect]
        self.printers = [queue]
        self.disabled: set[str] = set()
        self.faults: list[Fault] = []
        self.seen: list[str] = []
        self.restart_after_s: float | None = None
        self.remembers = False
        self.pause_s = 0.15
        self._printer = printer
        self._tasks: dict[str, str] = {}
        self._lock = threading.Lock()
        #: held while a page goes to the printer: a program that died prints nothing afterwards
        self._pressing = threading.RLock()
        self._lives = 0
        self._idle = threading.Condition()
        self._busy = 0
        self._is_over = threading.Event()
        self._timers: list[threading.Timer] = []
        self._server = WebSocketServer(self._hear)

    def __enter__(self) -> "PrintComponent":
        self._server.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._is_over.set()
        for timer in self._timers:
            timer.cancel()
            timer.join(10)
        self._server.die()
        self._server.join()

    @property
    def port(self) -> int:
        """Where it listens, dead or alive."""
        return self._server.port

    def die(self) -> None:
        """Lines break, tasks in hand are forgotten; a page that is on its way to the printer arrives there."""
        with self._pressing:
            self._lives += 1
            self._server.die()
            if not self.remembers:
                self._tasks.clear()
        if self.restart_after_s is not None and not self._is_over.is_set():
            timer = threading.Timer(self.restart_after_s, self.come_back)
            self._timers.append(timer)
            timer.start()

    def hang_up(self) -> None:
        """Every line is closed in good order; new ones are taken."""
        self._server.hang_up()

    def come_back(self) -> None:
        """Started again."""
        if not self._server.is_open and not self._is_over.is_set():
            self._server.start()

    def wait_until_idle(self, timeout_s: float = 30.0) -> None:
        """What it still has in hand is done."""
        with self._idle:
            assert self._idle.wait_for(lambda: not self._busy, timeout_s)

    # --- the protocol -------------------------------------------------------------------------------------------

    def _hear(self, peer: Peer, text: str) -> None:
        with self._idle:
            self._busy += 1
        try:
            raw = json.loads(text)
            if raw["cmd"] == "getPrinters":
                self._tell_printers(peer, raw)
            elif raw["cmd"] == "print":
                with self._lock:
                    self._print(peer, raw)
            else:
                self._reply(peer, raw, status="failed", msg="unknown cmd")
        finally:
            with self._idle:
                self._busy -= 1
                self._idle.notify_all()

    def _next_fault(self, *, at_printers: bool) -> Fault:
        if self.faults and (self.faults[0] in _AT_PRINTERS) is at_printers:
            return self.faults.pop(0)
        return Fault.NONE

    def _reply(self, peer: Peer, raw: Mapping[str, Any], **body: object) -> None:
        peer.send_text(json.dumps({"cmd": raw["cmd"], "requestID": raw["requestID"], **body}, ensure_ascii=False))

    def _tell_printers(self, peer: Peer, raw: Mapping[str, Any]) -> None:
        fault = self._next_fault(at_printers=True)
        if fault is Fault.DIES_AT_PRINTERS:
            self.die()
        elif fault is not Fault.MUTE_AT_PRINTERS:
            known = [
                {"name": name, "status": "disable" if name in self.disabled else "enable"} for name in self.printers
            ]
            peer.ping()
            self._reply(peer, raw, status="success", defaultPrinter=self.printers[0], printers=known)

    def _print(self, peer: Peer, raw: Mapping[str, Any]) -> None:
        fault = self._next_fault(at_printers=False)
        life = self._lives
        task = raw["task"]
        task_id = task["taskID"]
        self.seen.append(task_id)
        if fault is Fault.DIES_BEFORE_ACCEPTING:
            self.die()
            return
        if fault is Fault.MUTE:
            return
        problem = self._problem(task)
        if problem or fault is Fault.REFUSES:
            said = problem or f"打印机忙 {SECRET_NAME} {SECRET_PHONE}"
            self._reply(peer, raw, taskID=task_id, status="failed", msg=said)
            return
        self._tasks[task_id] = "accepted"
        self._reply(peer, raw, taskID=task_id, status="success", msg="")
        if fault is Fault.ACCEPTS_AND_DIES:
            self.die()
        elif fault is Fault.FAILS:
            self._notify(peer, task, "failed", f"缺纸 {SECRET_NAME} {SECRET_PHONE}")
        elif fault is Fault.CANNOT_DRAW:
            body = {
                "taskId": task_id,
                "documentId": "1",
                "status": "rendered",
                "code": 40,
                "detail": "Unknown cipher",
            }
            peer.send_text(json.dumps({"cmd": "notifyDocResult" if self.ways.tells_documents else "unheard", **body}))
            if not self.ways.tells_documents:
                self._notify(peer, task, "failed", "Unknown cipher")
        else:
            self._put_on_paper(peer, task, fault, life)

    def _put_on_paper(self, peer: Peer, task: Mapping[str, Any], fault: Fault, life: int) -> None:
        self._notify(peer, task, "rendered")
        if self.ways.tells_documents:
            peer.send_text(json.dumps({"cmd": "notifyDocResult", "taskId": task["taskID"], "code": 0}))
        if fault is Fault.NOTIFIES_OTHERS:
            for state in ("failed", "printed"):
                self._notify(peer, {**task, "taskID": f"other-{state}"}, state)
        if fault is Fault.SLOW:
            self._is_over.wait(self.pause_s)
        with self._pressing:
            is_taken = life == self._lives and self._press(task["documents"])
        if not is_taken:
            self._notify(peer, task, "failed", "printer offline")
            return
        self._printer.wait_until_paper_is_in()
        self._tasks[task["taskID"]] = "printed"
        if fault is Fault.PRINTS_AND_DIES:
            self.die()
            return
        if fault is Fault.NOTIFIES_LATE:
            self._is_over.wait(self.pause_s)
        if fault is Fault.GARBAGE:
            for nonsense in ("", "{", "[]", "null", '{"cmd":7}', '{"cmd":"print","requestID":[]}', "[" * 5000):
                peer.send_text(nonsense)
            peer.send_binary(b"\x00\xff")
        if fault is Fault.BROKEN_FRAME:
            peer.send_raw(b"\xf3\x02no")
        elif fault is Fault.OVERSIZED:
            peer.send_raw(b"\x81\x7f" + (1 << 40).to_bytes(8, "big") + b" " * 2_000_000)
        elif fault is not Fault.LOSES_NOTICE:
            for _ in range(2 if fault is Fault.NOTIFIES_TWICE else 1):
                self._notify(peer, task, "printed")

    def _notify(self, peer: Peer, task: Mapping[str, Any], state: str, msg: str = "") -> None:
        body = {"cmd": self.ways.result_command, "taskID": task["taskID"], "taskStatus": state, "msg": msg}
        peer.send_text(json.dumps({**body, "requestID": "", "printer": task["printer"]}, ensure_ascii=False))

    # --- what it checks -----------------------------------------------------------------------------------------

    def _problem(self, task: Mapping[str, Any]) -> str:
        if task["taskID"] in self._tasks:
            return "taskID is repeated"
        if task["printer"] not in self.printers:
            return "no such printer"
        if not task["documents"]:
            return "document not found"
        for document in task["documents"]:
            content = document["contents"][0]
            if self.ways.template_key not in content:
                return "template not found"
            if content["signature"] != signature_of(content["encryptedData"]):
                return "signature"
        return ""

    # --- paper --------------------------------------------------------------------------------------------------

    def _press(self, documents: Sequence[Mapping[str, Any]]) -> bool:
        """One page a document, through the printer's own wire; True when it has taken every byte."""
        data = b"".join(_tspl(_drawn(document)) for document in documents)
        try:
            with socket.create_connection(("127.0.0.1", self._printer.port), timeout=10) as line:
                line.sendall(data)
                line.shutdown(socket.SHUT_WR)
                while line.recv(64):
                    pass
        except OSError:
            return False
        return True


def cipher_text(number: int, name: str = SECRET_NAME, phone: str = SECRET_PHONE) -> str:
    """What only the component reads: here it is not hard to read, and nobody else does."""
    return "AES:" + base64.b64encode(json.dumps([number, name, phone]).encode()).decode()


def signature_of(encrypted: str) -> str:
    """The platform's signature over print data."""
    return "MD:" + base64.b64encode(hashlib.sha256(encrypted.encode()).digest()).decode()


def print_data_for(number: int) -> dict[str, str]:
    """Print data as a platform grants it."""
    encrypted = cipher_text(number)
    return {
        "encryptedData": encrypted,
        "signature": signature_of(encrypted),
        "templateURL": "http://127.0.0.1/template/standard/1",
        "ver": "waybill_print_secret_version_1",
    }


def _drawn(document: Mapping[str, Any]) -> Dots:
    try:
        number = int(json.loads(base64.b64decode(document["contents"][0]["encryptedData"].removeprefix("AES:")))[0])
    except (ValueError, binascii.Error):
        number = 0
    copy_no = 0
    for area in document["contents"][1:]:
        copy_no = int(area["data"].get("reprint", "").removeprefix("补打 ") or 0)
    return page(number, copy_no, by_component=True)


def page(number: int, copy_no: int, *, by_component: bool) -> Dots:
    """A page that says in bits, in every row, which label and copy it is and who drew it."""
    word = number | copy_no << 16 | int(by_component) << 24
    black = np.zeros((PAGE_ROWS, 64), dtype=np.bool_)
    black[:, :32] = [(word >> bit) & 1 for bit in range(32)]
    return black


def read_page(paper: Dots) -> tuple[int, int, bool]:
    """Number, copy and who drew it; the paper is whole, or this fails."""
    assert (paper[:PAGE_ROWS, :32] == paper[0, :32]).all(), "a torn page"
    assert not paper[PAGE_ROWS:].any()
    assert not paper[:, 32:].any()
    word = sum(int(paper[0, bit]) << bit for bit in range(32))
    return word & 0xFFFF, word >> 16 & 0xFF, bool(word >> 24)


def _tspl(black: Dots) -> bytes:
    body = (~np.packbits(black, axis=1)).tobytes()
    head = f"SIZE 100 mm,150 mm\r\nCLS\r\nBITMAP 0,0,{black.shape[1] // 8},{black.shape[0]},0,"
    return head.encode() + body + b"\r\nPRINT 1,1\r\n"
