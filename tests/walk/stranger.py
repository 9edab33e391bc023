"""A packer who was never shown the program: does what the screen says, with the goods and the printed papers in hand.

It reads the window's labels, tells by their words whether goods or a label are to be scanned or whether to wait, and
else presses the key that the words name. What it knows besides is what lies on a desk: which barcodes are on which goods,
and what the papers say that came out of the printer.
"""

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from core.practice.catalogue import practice_catalogue
from desktop.texts import load_catalogue
from tests.simulators.label_printer import LabelPrinter
from tests.support.readers import read_with_zxing

#: the model of the clerk's hands, seconds: take one piece and aim; find and press a key; tear off and paste a label
SCAN_S, KEY_S, PASTE_S = 0.6, 0.4, 2.0

_GOODS = {sku.code: sku for sku in practice_catalogue()}
#: sentences that ask for goods, for a label, for patience
_SCAN_GOODS = (
    "packing.scan_goods",
    "verdict.item.wrong",
    "verdict.item.too_many",
    "verdict.scan.undone",
    "verdict.code.unknown",
)
_SCAN_LABEL = ("packing.scan_label", "verdict.label.wrong", "verdict.label.unknown")
#: the printer has something, and nothing on the page is to be done about it
PRINTER_WAITS = ("packing.print_waits",)
_WAIT = ("packing.printing", "packing.await_number", "packing.print_unknown", *PRINTER_WAITS)
_DONE = ("verdict.nothing.to_pack",)
_KEYS = {"Space": "space", "空格": "space", "空格键": "space", "Esc": "Escape"}
_NAMED_KEY = re.compile(r"F1[0-2]|F[1-9]|Space|空格|Esc")
_MANY = 6


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing that can be seen in the window: what it says, and whether it has the keyboard."""

    text: str
    is_focused: bool


class Hands(Protocol):
    """A scanner and ten fingers."""

    def press(self, key: str) -> None:
        """One key by its X name, such as `F12`, `space`."""
        ...

    def scan(self, code: str) -> float:
        """Read a barcode; gives the moment its last key was sent."""
        ...

    def rest(self, seconds: float) -> None:
        """What hands do apart from the program."""
        ...


class Eyes(Protocol):
    """What stands in the window now."""

    def look(self) -> Mapping[str, Seen]:
        """Every visible thing by its identifier, which ends with the widget's name."""
        ...

    def blink(self, seconds: float) -> None:
        """Let a moment pass."""
        ...


def text_of(things: Mapping[str, Seen], name: str) -> str:
    """What the thing whose identifier ends with `name` says."""
    return next((seen.text for key, seen in things.items() if key.endswith(f".{name}")), "")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of goods on the page."""

    sku: str
    state: str
    done: int
    wanted: int


@dataclass(frozen=True, slots=True)
class View:
    """What the packing page shows, without the clocks."""

    what: str
    more: str
    way: str
    lines: tuple[Line, ...]
    orders: tuple[str, ...]
    question: str
    choice: str
    label: str
    trouble: str
    reasons: tuple[str, ...]
    entry: str

    @property
    def words(self) -> str:
        """Everything the large sentence says."""
        return " / ".join(part for part in (self.what, self.more, self.way) if part)


def view_of(things: Mapping[str, Seen]) -> View:
    """The page as a person takes it in."""
    lines = []
    for number in range(30):
        spec = text_of(things, f"packing.line.{number}.spec")
        count = text_of(things, f"packing.line.{number}.count")
        if not count or not spec:
            break
        done, _, wanted = count.partition(" / ")
        lines.append(Line(spec.split()[-1], text_of(things, f"packing.line.{number}.state"), int(done), int(wanted)))
    return View(
        what=text_of(things, "packing.sentence.what"),
        more=text_of(things, "packing.sentence.more"),
        way=text_of(things, "packing.sentence.way"),
        lines=tuple(lines),
        orders=tuple(re.findall(r"\S*\d{6,}\S*", text_of(things, "packing.side.orders"))),
        question=text_of(things, "packing.question.what"),
        choice=text_of(things, "packing.choice.title"),
        label=text_of(things, "packing.side.print"),
        trouble=text_of(things, "packing.side.printer"),
        reasons=tuple(text_of(things, f"packing.choice.{number}") for number in range(1, 7)),
        entry=text_of(things, "packing.entry.words"),
    )


@dataclass
class Packed:
    """One parcel of the run."""

    orders: tuple[str, ...]
    trick: str
    pieces: int = 0
    scans: int = 0
    keys: int = 0
    seconds: float = 0.0
    hands_s: float = 0.0
    answers_ms: list[float] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    end: str = ""


class Stranger:
    """Packs what the screen offers. Tricks of the run override `mishap`, which may act in its stead."""

    def __init__(self, hands: Hands, eyes: Eyes, printer: LabelPrinter, language: str) -> None:
        self.hands, self.eyes, self.printer = hands, eyes, printer
        self._patterns = patterns_of(language)
        self.words = load_catalogue(language)
        self.answers_ms: list[float] = []
        self.asked: list[str] = []
        self._papers_seen = 0
        self.label_in_hand = ""

    # --- reading ------------------------------------------------------------------------------------------------

    def view(self) -> View:
        """The page now, read twice alike: it may change while it is being read."""
        view = view_of(self.eyes.look())
        while (again := view_of(self.eyes.look())) != view:
            view = again
        return view

    def means(self, text: str, codes: Sequence[str]) -> bool:
        """Whether a text is the sentence of one of these codes."""
        return any(self._patterns[code].fullmatch(text) for code in codes)

    def new_label(self, timeout_s: float = 20.0) -> str:
        """Take the newest paper out of the printer: the number in its barcode. A slip goes onto its goods."""
        while True:
            papers = self.printer.wait_for_papers(self._papers_seen + 1, timeout_s)
            self._papers_seen = len(papers)
            number = next(text for kind, text in read_with_zxing(papers[-1]) if kind == "code128")
            if not number.startswith("PARK-"):
                self.label_in_hand = number
                return number

    @property
    def has_new_paper(self) -> bool:
        """Whether a paper hangs out of the printer."""
        return len(self.printer.papers) > self._papers_seen

    # --- acting -------------------------------------------------------------------------------------------------

    def scan(self, code: str, before: View) -> View:
        """Scan, and wait for the answer."""
        return self._answer(before, self.hands.scan(code))

    def press(self, key: str, before: View) -> View:
        """Press a key, and wait for the answer."""
        self.hands.press(key)
        return self._answer(before, time.monotonic())

    def _answer(self, before: View, sent: float) -> View:
        give_up = time.monotonic() + 20
        while (now := self.view()) == before:
            if time.monotonic() > give_up:
                raise TimeoutError(f"no answer; the screen still says {before}")
            self.eyes.blink(0.005)
        self.answers_ms.append((time.monotonic() - sent) * 1000)
        self.notice(now)
        return now

    def notice(self, view: View) -> None:
        """Remember what the screen asked, once each."""
        for text in (view.words if not self.means(view.what, ("packing.scan_goods",)) else "", view.question):
            if text and text not in self.asked:
                self.asked.append(text)

    def step(self, view: View) -> View:
        """Do what the screen says; gives the next view."""
        if view.entry:
            # A busy machine may hand over a scanner's keys so late that they look typed; the row says: Esc cancels.
            return self.press("Escape", view)
        if view.question:
            return self._answer_question(view)
        if self.means(view.what, _SCAN_LABEL):
            return self._paste_and_scan(view)
        if self.means(view.what, _WAIT):
            return self._wait(view)
        named = _NAMED_KEY.search(view.way) or _NAMED_KEY.search(view.more) or _NAMED_KEY.search(view.what)
        is_marked = self._current(view) is not None
        if is_marked and (named is None or self.means(view.what, _SCAN_GOODS)):
            return self._take_goods(view)
        if named is not None:
            return self.press(_KEYS.get(named[0], named[0]), view)
        return self._unsaid(view)

    def _unsaid(self, view: View) -> View:
        """The sentence names nothing to do: a paper that comes out is pasted, else the button row has a next parcel."""
        give_up = time.monotonic() + 6
        while view.lines and time.monotonic() < give_up:
            if self.has_new_paper:
                return self._paste_and_scan(view)
            self.eyes.blink(0.05)
            if (now := self.view()) != view:
                return now
        self.asked.append(f"(nothing said what to do, took F12 from the buttons: {view.words})")
        return self.press("F12", view)

    def _current(self, view: View) -> Line | None:
        now = self.words["packing.line.now"]
        return next((line for line in view.lines if line.state == now), None)

    def _take_goods(self, view: View) -> View:
        line = self._current(view)
        assert line is not None
        sku, left = _GOODS[line.sku], line.wanted - line.done
        carton = next((code for code, pieces in sku.cartons if pieces <= left), "")
        if carton:
            return self.scan(carton, view)
        if left >= _MANY:
            self.hands.scan(f"PD-QTY-{left}")
            self.eyes.blink(0.1)
        return self.scan(sku.barcodes[0], view)

    def _paste_and_scan(self, view: View) -> View:
        if self.has_new_paper or not self.label_in_hand:
            self.new_label()
            self.hands.rest(PASTE_S)
        return self.scan(self.label_in_hand, view)

    def _wait(self, view: View) -> View:
        """Nothing to do but look: at the page, and at the printer's lamp."""
        give_up = time.monotonic() + 60
        while (now := self.view()) == view:
            if time.monotonic() > give_up:
                raise TimeoutError(f"the screen says nothing new: {view}")
            self.eyes.blink(0.02)
        self.notice(now)
        if now.trouble:
            self.asked.append(now.trouble) if now.trouble not in self.asked else None
        return now

    def _answer_question(self, view: View) -> View:
        """Did the label come out? Look into the tray: a paper is scanned, none is said by the key on the card."""
        number = re.search(r"[A-Z]{2}\d+", view.question)
        assert number is not None
        if self.has_new_paper and self.new_label() == number[0]:
            self.hands.rest(PASTE_S)
            return self.scan(self.label_in_hand, view)
        return self.press("F7", view)


def patterns_of(language: str) -> Mapping[str, re.Pattern[str]]:
    """Code -> what its sentence looks like, whatever its facts."""
    patterns = {}
    for code, template in load_catalogue(language).items():
        parts = re.split(r"\{\w+\}", template)
        patterns[code] = re.compile(".*".join(map(re.escape, parts)), re.DOTALL)
    return patterns
