"""Goods that cannot go on: a broken unit is named and replaced, a parcel is parked and gets its slip."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from core.fulfilment.records import ParcelView, ParkedRow, Verdict
from desktop.bridge.tasks import Lane, Tasks
from desktop.pages.packing.board import Board
from desktop.pages.packing.ports import PackingDesk
from desktop.pages.packing.screen import Asking, next_line
from desktop.settings import DeskSettings
from desktop.texts import Phrase

if TYPE_CHECKING:
    from desktop.pages.printers.ports import PrintSlip, SlipDraft

#: of the desk's exceptions, the one that asks for the broken unit first
DAMAGED = "damaged"


class SettingAside:
    """Asks which unit is broken, and prints the slip of what was parked."""

    def __init__(
        self,
        board: Board,
        packing: PackingDesk,
        tasks: Tasks,
        settings: DeskSettings,
        *,
        print_slip: "PrintSlip | None",
        say: Callable[[Phrase], str],
        on_error: Callable[[Exception], None],
    ) -> None:
        """Make it.

        Args:
            board: where its words are said.
            packing: core's packing desk.
            tasks: where its acts run.
            settings: whether slips are printed here.
            print_slip: prints one; None where nothing is printed.
            say: a phrase in the clerk's language.
            on_error: says what went wrong.
        """
        self._board = board
        self._packing = packing
        self._tasks = tasks
        self._settings = settings
        self._print_slip = print_slip
        self._say = say
        self._on_error = on_error

    def ask_which(self) -> None:
        """The next scan names the broken unit; a space stands for the marked line."""
        self._board.show(asking=Asking.DAMAGED)
        self._board.say_over(None)

    def broken(self, parcel: ParcelView, nonce: str, raw: str = "") -> Callable[[], Verdict] | None:
        """The act on the unit that was scanned, or without a scan on the marked line; None where none is marked."""
        self._board.show(asking=Asking.NOTHING)
        if raw:
            return lambda: self._packing.damaged(parcel.id, parcel.fence, nonce, raw)
        line = next_line(parcel, self._board.screen.current_line_id)
        if line is None:
            return None
        line_id = line.id
        return lambda: self._packing.damaged(parcel.id, parcel.fence, nonce, line_id=line_id)

    def parked(self, parcel_id: int) -> None:
        """A parcel was parked: its slip comes out, where this desk prints slips."""
        print_slip = self._print_slip
        if print_slip is None or not self._settings.flag("print_slip"):
            return

        def work() -> None:
            row = self._packing.parked_slip(parcel_id)
            if row is not None:
                print_slip(self._text(row))

        self._tasks.submit(work, lambda _none: None, self._on_error, owner=self, lane=Lane.PRINTERS)

    def _text(self, row: ParkedRow) -> "SlipDraft":
        # Printers come long after the first page.
        from desktop.pages.printers.ports import SlipDraft

        say = self._say
        at = f"{row.at.astimezone():%m-%d %H:%M}"
        return SlipDraft(
            title=say(Phrase("slip.title", {"n": row.parcel_id})),
            code=row.slip,
            large=say(reason_phrase(row)),
            facts=tuple(
                say(Phrase("slip.missing", {"name": one.name, "code": one.sku_code, "n": one.qty}))
                for one in row.missing
            ),
            more=say(Phrase("slip.more")),
            foot=(
                " ".join(row.order_nos),
                say(Phrase("slip.foot", {"at": at, "by": row.operator, "desk": row.desk})),
            ),
        )


def reason_phrase(row: ParkedRow) -> Phrase:
    """Why it was parked."""
    return Phrase(f"reason.hold.{row.reason}", otherwise=row.reason)
