"""What a printer says about itself, in one word the desktop translates."""

from dataclasses import dataclass
from enum import Enum


class PrinterState(Enum):
    """The one thing that matters most right now; `printer.<value>` is the word code for translation."""

    READY = "ready"
    PRINTING = "printing"
    COVER_OPEN = "cover_open"
    PAPER_OUT = "paper_out"
    PAPER_JAM = "paper_jam"
    PAUSED = "paused"
    RIBBON_OUT = "ribbon_out"
    ERROR = "error"
    OFFLINE = "offline"
    #: many clones never answer: that is no error
    UNKNOWN = "unknown"


_CAN_PRINT = frozenset({PrinterState.READY, PrinterState.PRINTING, PrinterState.UNKNOWN})


@dataclass(frozen=True, slots=True)
class PrinterStatus:
    """One answer of a printer. `raw` is what it sent, for the details fold; empty without an answer."""

    state: PrinterState
    raw: bytes = b""

    @property
    def can_print(self) -> bool:
        """Whether a label may be sent now. A printer that says nothing is given the benefit of the doubt."""
        return self.state in _CAN_PRINT

    @property
    def code(self) -> str:
        """The word code, such as `printer.paper_out`."""
        return f"printer.{self.state.value}"
