"""What the printer page needs from the joint of printing and core."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class PrinterView:
    """One printer as the screens show it.

    Attributes:
        key: stable id.
        address: `tcp://…`, `device:…`, `file:…`, `virtual:…`.
        size: paper in it, such as `100x150`.
        state: ready | printing | cover_open | paper_out | paper_jam | paused | ribbon_out | error | offline |
            unknown.
        reason: stable code of what its lane waits for, empty while it works.
        waiting: jobs queued for it.
        is_fixed: it is always there and cannot be removed.
    """

    key: str
    name: str
    address: str
    size: str
    is_default: bool
    state: str
    reason: str = ""
    waiting: int = 0
    is_fixed: bool = False


@dataclass(frozen=True, slots=True)
class PrinterDraft:
    """What a person enters for a printer."""

    name: str
    address: str
    size: str


@dataclass(frozen=True, slots=True)
class LabelPicture:
    """A label the virtual printer made: its name, when, and the picture's path."""

    name: str
    printed_at: str
    path: str


class PrinterDesk(Protocol):
    """Looking at printers and setting them up. Everything here may be slow and runs in the printers' lane."""

    def printers(self) -> tuple[PrinterView, ...]:
        """All printers with their state; asking the wire is not this call's business."""
        ...

    def add(self, draft: PrinterDraft) -> PrinterView:
        """Take a new printer; refuses an address that makes no sense."""
        ...

    def change(self, key: str, draft: PrinterDraft) -> PrinterView:
        """Change a printer; what the draft does not name stays."""
        ...

    def remove(self, key: str) -> None:
        """Forget a printer; refused while jobs wait for it."""
        ...

    def make_default(self, key: str) -> None:
        """New jobs of this desk go there."""
        ...

    def print_test(self, key: str) -> None:
        """Print a test label."""
        ...

    def move_jobs(self, from_key: str, to_key: str) -> int:
        """Give what waits for one printer to another; how many jobs went."""
        ...

    def newest_labels(self, limit: int) -> tuple[LabelPicture, ...]:
        """The newest pictures of the virtual printer, newest first."""
        ...
