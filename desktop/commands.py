"""Commands of the desk: one name each, given by key, by button, or by an ASCII barcode on the command sheet."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Command(StrEnum):
    """What the clerk can tell the packing page beside scanning goods and labels."""

    NEXT = "next"
    REPRINT = "reprint"
    NEW_NUMBER = "new_number"
    EXCEPTION = "exception"
    UNDO = "undo"
    BOX = "box"
    HAND = "hand"
    QTY = "qty"
    WEIGHT = "weight"
    REASON = "reason"
    LABEL_CAME = "label_came"
    LABEL_MISSING = "label_missing"
    WAVE = "wave"
    REFRESH = "refresh"
    BACK = "back"
    TAKE_OVER = "take_over"
    MERGE = "merge"
    UNMERGE = "unmerge"
    #: labels alone are scanned out, or no longer
    BURST = "burst"
    #: what did not leave in such a burst was seen and put aside
    SEEN = "seen"


@dataclass(frozen=True, slots=True)
class Order:
    """A command with its number (`QTY` 12, `WEIGHT` 2100 g, `REASON` 2), 0 where it has none."""

    command: Command
    number: int = 0


#: barcode texts; upper case letters, digits and hyphen only, so that every scanner and Code 128 can carry them
BARCODES: Final = {
    "PD-NEXT": Command.NEXT,
    "PD-REPRINT": Command.REPRINT,
    "PD-NEWNO": Command.NEW_NUMBER,
    "PD-EXCEPTION": Command.EXCEPTION,
    "PD-UNDO": Command.UNDO,
    "PD-BOX": Command.BOX,
    "PD-HAND": Command.HAND,
    "PD-LABEL-OK": Command.LABEL_CAME,
    "PD-LABEL-NO": Command.LABEL_MISSING,
    "PD-WAVE": Command.WAVE,
    "PD-BACK": Command.BACK,
    "PD-TAKE": Command.TAKE_OVER,
    "PD-MERGE": Command.MERGE,
    "PD-PART": Command.UNMERGE,
    "PD-BURST": Command.BURST,
}
#: quantities on the printed sheet; any PD-QTY-n up to 999 is understood
SHEET_QUANTITIES: Final = (2, 3, 5, 6, 10, 12, 24, 48)
#: reasons of an exception, in the order of their keys 1 to 6
REASONS: Final = ("short", "damaged", "address", "buyer_asks", "wrong_goods", "other")
#: reasons of a reprint or a new number, in the order of their keys
LABEL_REASONS: Final = ("torn", "unreadable", "lost", "printer", "address", "other")
#: what a label is printed again for most often: a jam; the same key twice takes it
LIKELIEST_REASON: Final = "printer"

_NUMBERED: Final = re.compile(r"PD-(QTY|WEIGHT|REASON)-([0-9]{1,5})")
_LIMITS: Final = {Command.QTY: (1, 999), Command.WEIGHT: (1, 99_999), Command.REASON: (1, len(REASONS))}


def parse_command(raw: str) -> Order | None:
    """The command a scanned text stands for; None for anything else, also for a number out of bounds."""
    text = raw.strip().upper()
    if text in BARCODES:
        return Order(BARCODES[text])
    found = _NUMBERED.fullmatch(text)
    if found is None:
        return None
    command = Command(found[1].lower())
    number = int(found[2])
    lowest, highest = _LIMITS[command]
    return Order(command, number) if lowest <= number <= highest else None


def is_command_like(raw: str) -> bool:
    """Whether the text wants to be a command: one we do not know is refused instead of looked up as goods."""
    return raw.strip().upper().startswith("PD-")


def sheet_codes() -> tuple[tuple[str, str, int], ...]:
    """What the command sheet shows: barcode text, code of its caption, number in the caption."""
    plain = tuple((text, f"command.{command}", 0) for text, command in BARCODES.items())
    quantities = tuple((f"PD-QTY-{n}", "command.qty", n) for n in SHEET_QUANTITIES)
    reasons = tuple((f"PD-REASON-{n}", f"reason.hold.{name}", n) for n, name in enumerate(REASONS, 1))
    return plain + quantities + reasons
