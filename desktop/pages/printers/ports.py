"""What the printer page needs from the joint of printing and core."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    # It reads the database, and the first page, which knows these ports, is shown before that is loaded.
    from core.waybills.label_size import LabelSize


@dataclass(frozen=True, slots=True)
class PrinterView:
    """One printer as the screens show it.

    Attributes:
        key: stable id.
        address: `usb:…`, `tcp://…`, `device:…`, `serial:…`, `cups:…`, `windows:…`, `file:…`, `virtual:…`.
        size: paper in it, such as `100x150`.
        state: ready | printing | cover_open | paper_out | paper_jam | paused | ribbon_out | error | offline |
            unknown.
        reason: stable code of what its lane waits for, empty while it works.
        waiting: jobs queued for it.
        is_fixed: it is always there and cannot be removed.
        settings: every setting of its profile by name, see `printing.profile.PrinterProfile`.
        can_calibrate: whether its language has a command to measure the paper.
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
    settings: Mapping[str, object] = field(default_factory=dict)
    can_calibrate: bool = False


@dataclass(frozen=True, slots=True)
class PrinterDraft:
    """What a person enters for a printer; settings that are not named keep their value, or take their default."""

    name: str
    address: str
    size: str
    settings: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FindView:
    """One printer that was found and may be added.

    Attributes:
        name: what it calls itself, may be empty; foreign text.
        kind: usb | device | tcp | serial | cups | windows.
        language: a guess, empty without one.
        why: says | maker | unknown, see `printing.discovery.Find`.
        is_certain: False where it may be no printer at all.
        problem: wire code of why it cannot be used yet, empty where it can.
    """

    address: str
    name: str
    kind: str
    language: str
    why: str
    is_certain: bool = True
    problem: str = ""


@dataclass(frozen=True, slots=True)
class FoundPrinters:
    """What a search found that this desk does not have yet, and codes of what it could not look at."""

    finds: tuple[FindView, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(slots=True)
class Search:
    """A search under way, seen from both threads: one counts and asks, the other looks and cancels."""

    with_network: bool = False
    done: int = 0
    total: int = 0
    is_cancelled: bool = False


@dataclass(frozen=True, slots=True)
class LabelPicture:
    """A label the virtual printer made: its name, when, and the picture's path."""

    name: str
    printed_at: str
    path: str


@dataclass(frozen=True, slots=True)
class SlipDraft:
    """A slip of our own for the label printer, in the clerk's words; as `printing.slip.Slip` has it."""

    title: str
    code: str
    large: str
    facts: tuple[str, ...] = ()
    blanks: tuple[str, ...] = ()
    mark: str = ""
    more: str = ""
    foot: tuple[str, ...] = ()


#: sends a slip to this desk's label printer and gives that printer's name. Raises `Refused`
PrintSlip = Callable[[SlipDraft], str]


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

    def calibrate(self, key: str) -> None:
        """Let it measure its paper; it feeds a few labels."""
        ...

    def find(self, search: Search) -> FoundPrinters:
        """Look for printers on this machine, and in its network where the search says so."""
        ...

    def label_sizes(self) -> "tuple[LabelSize, ...]":
        """Which paper each carrier's labels want."""
        ...

    def set_label_size(self, carrier_code: str, size: str) -> None:
        """A carrier's labels go to the printer that holds this paper; empty for the chosen one."""
        ...

    def move_jobs(self, from_key: str, to_key: str) -> int:
        """Give what waits for one printer to another; how many jobs went."""
        ...

    def newest_labels(self, limit: int) -> tuple[LabelPicture, ...]:
        """The newest pictures of the virtual printer, newest first."""
        ...
