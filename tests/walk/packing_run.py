"""The recorded run: a stranger packs the practice shop's orders in the real window, by scanner and keys alone.

`python -m tests.walk.packing_run --out DIR [--language zh_CN]` needs Linux with Xvfb, xdotool, ImageMagick and at-spi2-core;
it writes `run.json`, `report.md` with the table, and the pictures. docs/packing-run.md says what it shows.
"""

import argparse
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.practice.catalogue import practice_catalogue
from core.practice.server import kept_secrets
from desktop.scan_trial import QUIET_MS, SAMPLE
from desktop.texts import Texts
from tests.simulators.label_printer import LabelPrinter
from tests.support.practice_control import PracticeControl
from tests.support.readers import read_with_zxing
from tests.walk.orders import place_all
from tests.walk.report import report
from tests.walk.stage import missing_programs, program
from tests.walk.stranger import PRINTER_WAITS, Packed, Stranger, View, text_of

_GOODS = {sku.code: sku for sku in practice_catalogue()}
_BUYERS_CANCEL = 3


class Run:
    """One run: sets up the desk as a new owner does, packs everything, and compares with the shop."""

    def __init__(self, out: Path, language: str) -> None:
        self.out, self.language = out, language
        self.parcels: list[Packed] = []
        self.log: list[str] = []
        self._taken: set[str] = set()
        self._done_tricks: set[str] = set()
        self._set_aside = ""
        self._swapped_label = ""

    def play(self, display: str) -> Mapping[str, Any]:
        """All of it."""
        data = self.out / "data"
        with LabelPrinter() as printer, program(data, self.language, display) as (hands, eyes):
            self.hands, self.eyes, self.printer = hands, eyes, printer
            started = time.monotonic()
            self._begin()
            self._add_printer()
            setup = {"seconds": round(time.monotonic() - started, 1), "keys": hands.keys}
            self.stranger = Stranger(hands, eyes, printer, self.language)
            shop = self._shop(data)
            self.control = shop
            self.tricks = dict(place_all(shop))
            self._cancel_some()
            self._wait_until_pulled()
            self._pack_all()
            self._wait_until_told()
            self._photograph("end")
            complaints = self._compare()
            result = {
                "language": self.language,
                "set_up": setup,
                "parcels": [asdict(parcel) for parcel in self.parcels],
                "summary": shop.summary(),
                "papers": len(printer.papers),
                "look_ms": eyes.look_ms(),
                "load": os.getloadavg()[1],
                "complaints": complaints,
                "log": self.log,
            }
        (self.out / "run.json").write_text(json.dumps(result, ensure_ascii=False, indent=1))
        return result

    # --- setting up ---------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        """A machine without keyring, then the steps of a first start: as the screen asks."""
        self.eyes.wait("the keyring question", lambda seen: text_of(seen, "start.keyring.title"))
        self.hands.press("Return")
        self._step("language", "Return")
        self._step("owner", "alt+s")
        self._wait_for_focus("welcome.recovery.typed")
        code = text_of(self.eyes.look(), "welcome.recovery.code")
        self.hands.types(code)
        self._step("recovery", "Return")
        self._step("source", "Return")
        # The printer stands in the network, where a search would try every machine: by its address, later.
        self._see("printer")
        self._tab_to("welcome.printer.virtual")
        self.hands.press("Return")
        self.eyes.wait("the virtual printer", lambda seen: text_of(seen, "welcome.printer.question"))
        self._step("printer", "Return")
        self._see("scanner")
        self.hands.scan(SAMPLE)
        self.eyes.wait("what came of the scan", lambda seen: SAMPLE in text_of(seen, "welcome.scanner.read"))
        self._photograph("scanner")
        time.sleep(QUIET_MS / 1000)
        self._step("scanner", "Return")
        self._see("ready.practice")

    def _see(self, step: str) -> None:
        title = Texts(self.language).t(f"welcome.{step}")
        self.eyes.wait(f"the step {step}", lambda seen: text_of(seen, "welcome.title") == title)

    def _step(self, step: str, key: str) -> None:
        """Leave one step of the first start by a key."""
        self._see(step)
        self.hands.press(key)

    def _add_printer(self) -> None:
        """The thermal printer, by keys alone; the last step has a door to its page."""
        self._tab_to("welcome.door.printer")
        self.hands.press("Return")
        self._tab_to("printers.add")
        self.hands.press("Return")
        self._wait_for_focus("printers.form.name")
        self.hands.types("TSPL")
        self._tab_to("printers.form.address")
        self.hands.types(f"127.0.0.1:{self.printer.port}")
        self.hands.press("Return")
        self.eyes.wait("the new printer", lambda seen: text_of(seen, "printers.card.1.name"))
        self._tab_to("printers.card.1.default_button")
        self.hands.press("Return")
        self.eyes.wait("the default", lambda seen: text_of(seen, "printers.card.1.default"))
        self._photograph("printers")
        self.hands.press("ctrl+1")

    def _tab_to(self, name: str) -> None:
        for _ in range(20):
            if any(seen.is_focused and key.endswith(f".{name}") for key, seen in self.eyes.look().items()):
                return
            self.hands.press("Tab")
            time.sleep(0.05)
        raise RuntimeError(f"Tab does not lead to {name}")

    def _wait_for_focus(self, name: str) -> None:
        self.eyes.wait(
            name, lambda seen: any(one.is_focused and key.endswith(f".{name}") for key, one in seen.items())
        )

    def _shop(self, data: Path) -> PracticeControl:
        import sqlite3

        keys = kept_secrets(data / "practice")
        with sqlite3.connect(data / "practice" / "practice.sqlite3") as memory:
            (port,) = memory.execute("SELECT value FROM number WHERE name = 'port'").fetchone()
        return PracticeControl(f"http://127.0.0.1:{port}", keys.control.key, keys.control.secret)

    def _cancel_some(self) -> None:
        """A few buyers of the first twenty think better of it before anybody packs."""
        mine = set(self.tricks)
        listed = sorted(no for no in self._all_orders() if no not in mine)
        for no in listed[-_BUYERS_CANCEL:]:
            self.control.post(f"orders/{no}/cancel")

    def _all_orders(self) -> list[str]:
        first = min(self.tricks)
        prefix, digits = first[: len(first) - 6], int(first[-6:])
        found = []
        for number in range(max(0, digits - 40), digits + 40):
            try:
                found.append(self.control.get(f"orders/{prefix}{number:06d}")["no"])
            except OSError:
                continue
        return found

    def _wait_until_pulled(self) -> None:
        time.sleep(12)

    def _wait_until_told(self) -> None:
        self.eyes.wait("the outbox", lambda seen: not text_of(seen, "shell.strip.outbox"), 60)

    # --- packing ------------------------------------------------------------------------------------------------

    def _pack_all(self) -> None:
        view = self.stranger.view()
        while True:
            if not view.lines:
                if self.stranger.means(view.what, ("verdict.nothing.to_pack",)):
                    if not self._more_work(view):
                        return
                    view = self.stranger.view()
                    continue
                view = self._open_next(view)
                continue
            view = self._pack_one(view)

    def _open_next(self, view: View) -> View:
        self._start_counting()
        if len(self.parcels) % 5 == 4 and "F12" in view.words:
            return self.stranger.scan("PD-NEXT", view)
        return self.stranger.step(view)

    def _start_counting(self) -> None:
        self._opened_at = time.monotonic()
        self._before = (self.hands.keys, self.hands.scans, self.hands.spent_s)

    def _more_work(self, view: View) -> bool:
        """The queue is empty: what the desk still owes comes from outside it."""
        if self._set_aside:
            label, self._set_aside = self._set_aside, ""
            self._start_counting()
            self.stranger.scan(label, view)
            self.stranger.label_in_hand = label
            return True
        unpaid = [no for no, trick in self.tricks.items() if trick == "unpaid, then paid"]
        if unpaid and "paid" not in self._done_tricks:
            self._done_tricks.add("paid")
            self.control.post(f"orders/{unpaid[0]}/pay")
            time.sleep(15)
            self.stranger.press("Escape", view)
            return True
        return False

    def _pack_one(self, view: View) -> View:
        stranger = self.stranger
        trick = " + ".join(dict.fromkeys(self.tricks[no] for no in view.orders if no in self.tricks))
        parcel = Packed(view.orders, trick, pieces=sum(line.wanted for line in view.lines))
        stranger.asked, stranger.answers_ms = [], []
        stranger.notice(view)
        if not stranger.has_new_paper and not (trick.startswith("swapped") and stranger.label_in_hand):
            stranger.label_in_hand = ""
        mishap: Callable[[View, Packed], View | None] = _MISHAPS.get(trick, Run._usual)
        self._photograph_first("open")
        while view.lines and view.orders == parcel.orders:
            acted = mishap(self, view, parcel)
            view = acted if acted is not None else stranger.step(view)
            self._photograph_moment(view)
        parcel.end = view.words
        parcel.seconds = round(time.monotonic() - self._opened_at, 2)
        keys, scans, hands_s = self._before
        parcel.keys, parcel.scans = self.hands.keys - keys, self.hands.scans - scans
        parcel.hands_s = round(self.hands.spent_s - hands_s, 2)
        parcel.answers_ms = [round(ms) for ms in stranger.answers_ms]
        parcel.asked = list(stranger.asked)
        self.parcels.append(parcel)
        print(len(self.parcels), parcel.trick, parcel.seconds, parcel.hands_s, parcel.end, flush=True)
        self._start_counting()  # where the next one is open already
        after = _AFTER.get(len(self.parcels))
        return view if after is None else after(self, view)

    def _is_new(self, what: str) -> bool:
        is_new = what not in self._done_tricks
        self._done_tricks.add(what)
        return is_new

    # --- what goes wrong ----------------------------------------------------------------------------------------

    def _usual(self, view: View, parcel: Packed) -> View | None:
        """Nothing, but for a slip of the hand now and then."""
        wants_goods = self.stranger.means(view.what, ("packing.scan_goods",))
        place = len(self.parcels)
        if wants_goods and place == 16 and self._is_new("wrong item"):
            parcel.trick = "wrong item"
            return self.stranger.scan(_another(view), view)
        if wants_goods and place == 18 and view.lines[0].done and self._is_new("undo"):
            parcel.trick = "a scan taken back"
            return self.stranger.press("F4", view)
        if (
            self.stranger.means(view.what, ("packing.printing", "packing.scan_label"))
            and place == 20
            and self._is_new("too many")
        ):
            parcel.trick = "goods scanned instead of the label"
            return self.stranger.scan(_another(view), view)
        return None

    def _short(self, view: View, parcel: Packed) -> View | None:
        """The shelf is empty: the exception key of the button row, and the reason."""
        if view.choice:
            number = view.reasons.index(self.stranger.words["reason.hold.short"]) + 1
            return self.stranger.press(str(number), view)
        return self.stranger.press("F9", view)

    def _refund_midway(self, view: View, parcel: Packed) -> View | None:
        if view.lines[0].done and self._is_new("refund midway"):
            self.control.post(f"orders/{parcel.orders[0]}/refund", line_no="1")
            return self._phone_call(view)
        return None

    def _refund_after_label(self, view: View, parcel: Packed) -> View | None:
        if self.stranger.means(view.what, ("packing.scan_label",)) and self._is_new("refund after"):
            self.stranger.new_label()
            self.control.post(f"orders/{parcel.orders[0]}/refund")
            return self._phone_call(view)
        return None

    def _phone_call(self, view: View) -> View:
        """The clerk does something else until the screen says something: a pull takes up to ten seconds."""
        started = time.monotonic()
        while (now := self.stranger.view()).words == view.words:
            time.sleep(0.05)
            if time.monotonic() - started > 40:
                raise TimeoutError("the refund never came to the screen")
        self.hands.spent_s += time.monotonic() - started
        self.stranger.notice(now)
        return now

    def _two_boxes(self, view: View, parcel: Packed) -> View | None:
        if view.lines[0].done == view.lines[0].wanted and len(view.lines) > 1 and self._is_new("box"):
            return self.stranger.press("F10", view)
        return None

    def _quantity(self, view: View, parcel: Packed) -> View | None:
        """A person's way: 24*, then one piece."""
        if self._is_new("24"):
            self.hands.types("24*")
            time.sleep(0.2)
            self._photograph("quantity")
            return self.stranger.scan(_GOODS["SJ-402"].barcodes[0], view)
        return None

    def _paper_out(self, view: View, parcel: Packed) -> View | None:
        if self._is_new("paper out"):
            self.printer.run_out_of_paper()
            return None
        if (
            self.stranger.means(view.what, ("packing.printing", "packing.scan_label", *PRINTER_WAITS))
            and not self.stranger.has_new_paper
        ):
            if view.trouble and self._is_new("paper in"):
                self.stranger.notice(view)
                self.stranger.asked.append(view.trouble)
                self._photograph("paper-out")
                self.hands.rest(8.0)
                self.printer.load_paper()
            time.sleep(0.1)
            return self.stranger.view()
        return None

    def _swapped_first(self, view: View, parcel: Packed) -> View | None:
        """The label is printed, and the box is put aside; its label stays in the hand."""
        if not self._is_new("swapped first"):
            return self._later(view) if "set aside" in self._done_tricks else self._put_aside(view)
        return None

    def _put_aside(self, view: View) -> View | None:
        if not self.stranger.means(view.what, ("packing.scan_label",)):
            return None
        self._done_tricks.add("set aside")
        self._swapped_label = self._set_aside = self.stranger.new_label()
        view = self.stranger.press("F12", view)
        return self.stranger.press("F12", view)

    def _later(self, view: View) -> View | None:
        return None

    def _swapped_second(self, view: View, parcel: Packed) -> View | None:
        if self.stranger.means(view.what, ("packing.scan_label",)) and self._is_new("swapped second"):
            mine = self.stranger.new_label()
            wrong = self.stranger.scan(self._swapped_label, view)
            self._photograph("wrong-label")
            self.stranger.label_in_hand = mine
            return wrong
        return None

    def _torn(self, view: View, parcel: Packed) -> View | None:
        if view.choice:
            number = view.reasons.index(self.stranger.words["reason.label.torn"]) + 1
            view = self.stranger.press(str(number), view)
            self.stranger.label_in_hand = ""
            return view
        if self.stranger.means(view.what, ("packing.scan_label",)) and self._is_new("torn"):
            self.stranger.new_label()
            return self.stranger.press("F8", view)
        return None

    def _unplugged(self, view: View, parcel: Packed) -> View | None:
        if self._is_new("unplugged"):
            self.printer.vanish_after(20_000)
            return None
        if view.question and self._is_new("plugged in"):
            self._photograph("question")
            self.hands.rest(5.0)
            self.printer.come_back()
            return None
        return None

    # --- after certain parcels ----------------------------------------------------------------------------------

    def _scan_again(self, view: View) -> View:
        """The label of a parcel that has just left is scanned once more, after a moment."""
        self.hands.rest(1.0)
        view = self.stranger.scan(self.stranger.label_in_hand, view)
        self.log.append(f"the same label again: {view.words}")
        self._photograph("again")
        return view

    # --- pictures, and the comparison -----------------------------------------------------------------------------

    def _photograph_first(self, name: str) -> None:
        if self._is_new(f"picture {name}"):
            self._photograph(name)

    def _photograph_moment(self, view: View) -> None:
        for name, codes in _MOMENTS.items():
            if self.stranger.means(view.what, codes):
                self._photograph_first(name)

    def _photograph(self, name: str) -> None:
        self.eyes.photograph(self.out / f"{name}.png")

    def _compare(self) -> list[str]:
        """The shop's side: what is shipped, told once, and under the numbers on the papers."""
        complaints = []
        ended = {"refund after the label": "cancelled", "short": "open"}
        orders = {no: self.control.get(f"orders/{no}") for no in self._all_orders()}
        packed = {no for parcel in self.parcels for no in parcel.orders}
        for no, order in orders.items():
            wanted = ended.get(self.tricks.get(no, ""), "shipped" if no in packed else "cancelled")
            if order["state"] != wanted:
                complaints.append(f"{no} ({self.tricks.get(no)}) is {order['state']}, not {wanted}")
        papers = Counter(
            next(text for kind, text in read_with_zxing(paper) if kind == "code128") for paper in self.printer.papers
        )
        told = Counter(parcel["no"] for parcel in self.control.get("shipments")["shipments"])
        complaints += [f"number {no} was never on paper" for no in told if no not in papers]
        self.log.append(f"papers that came out twice: {[no for no, count in papers.items() if count > 1]}")
        return complaints


def _another(view: View) -> str:
    """A piece that is not in this parcel."""
    inside = {line.sku for line in view.lines}
    return next(sku.barcodes[0] for sku in _GOODS.values() if sku.barcodes and sku.code not in inside)


_MISHAPS: Mapping[str, Any] = {
    "short": Run._short,
    "refund midway": Run._refund_midway,
    "refund after the label": Run._refund_after_label,
    "two boxes": Run._two_boxes,
    "quantity 24": Run._quantity,
    "paper out": Run._paper_out,
    "swapped labels, first": Run._swapped_first,
    "swapped labels, second": Run._swapped_second,
    "torn label": Run._torn,
    "printer unplugged": Run._unplugged,
}
_AFTER: Mapping[int, Any] = {22: Run._scan_again}
_MOMENTS: Mapping[str, tuple[str, ...]] = {
    "wrong-item": ("verdict.item.wrong",),
    "by-eye": ("packing.confirm_by_eye",),
    "paste": ("packing.scan_label",),
    "refunded": ("verdict.line.refunded",),
    "set-aside": ("verdict.parcel.parked",),
    "next-box": ("verdict.box.added",),
}


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(prog="python -m tests.walk.packing_run")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--language", choices=("zh_CN", "en"), default="zh_CN")
    parser.add_argument("--display", default=":95")
    wish = parser.parse_args()
    missing = missing_programs()
    if missing:
        sys.stderr.write(f"missing: {', '.join(missing)}\n")
        return 3
    wish.out.mkdir(parents=True)
    result = Run(wish.out, wish.language).play(wish.display)
    (wish.out / "report.md").write_text(report(result))
    print(*result["complaints"], *result["log"], sep="\n")
    return 1 if result["complaints"] else 0


if __name__ == "__main__":
    sys.exit(main())
