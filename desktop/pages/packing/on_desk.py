"""What becomes of the parcel on the desk: taken over from a verdict, read again, gone, or another desk's by now."""

from typing import Final

from core.fulfilment.records import SHIPPED, ParcelView, Tone, Verdict
from desktop.pages.packing.board import Board
from desktop.pages.packing.lookout import Lookout
from desktop.pages.packing.screen import PRINTED

_OPENED: Final = frozenset({"parcel.opened", "parcel.taken_over", "rush.packed"})
#: after these the desk is free
_ENDS: Final = SHIPPED | {"parcel.lost", "parcel.parked"}


class OnDesk:
    """Keeps the board's parcel with what is heard of it."""

    def __init__(self, board: Board, lookout: Lookout) -> None:
        self._board = board
        self._lookout = lookout

    def follow(self, verdict: Verdict) -> None:
        """Take over the parcel of a verdict, if it is this desk's: refusals show other desks' parcels too."""
        mine, theirs = self._board.screen.parcel, verdict.parcel
        if verdict.code in SHIPPED:
            shipped = theirs or mine
            age_s = verdict.facts.get("age_s", 0) if verdict.code == "parcel.shipped_on_old" else None
            self._board.shipped("" if shipped is None else shipped.waybill_no, age_s)
        if verdict.code in _OPENED and theirs is not None:
            self._board.adopt(theirs)
        elif mine is not None and (
            verdict.code in _ENDS or (theirs is not None and theirs.id == mine.id and not _is_still(mine, theirs))
        ):
            self._board.adopt(None)
            self._lookout.look_around()
        elif mine is not None and theirs is not None and theirs.id == mine.id:
            self._board.prefer(verdict.line_id)
            self._board.adopt(theirs)

    def refreshed(self, fresh: ParcelView | None) -> None:
        """The parcel was read again; None where it is not there any more."""
        mine = self._board.screen.parcel
        if mine is None:
            return
        if fresh is None or not _is_still(mine, fresh):
            self._lost(fresh)
        else:
            self._board.adopt(fresh)
            self._board.tell_withdrawn()
        self._board.render()

    def _lost(self, fresh: ParcelView | None) -> None:
        code = "parcel.lost"
        if fresh is not None and fresh.state == "cancelled":
            is_refunded = all(line.is_withdrawn for line in fresh.lines)
            code = "line.refunded" if is_refunded else "parcel.recalled"
        facts = {} if fresh is None else {"by": fresh.opened_by}
        self._board.adopt(None)
        self._board.alarm(Verdict(code, Tone.STOP), facts)


def _is_still(mine: ParcelView, fresh: ParcelView) -> bool:
    """Whether the parcel that was read again is still this desk's open one."""
    return fresh.id == mine.id and fresh.fence == mine.fence and fresh.state not in {"shipped", "cancelled"}


def is_moving(parcel: ParcelView) -> bool:
    """Whether number or label are on their way, so that looking again is worth it."""
    return not (parcel.missing_qty or parcel.is_labelled_elsewhere) and (
        parcel.waybill_state not in {"obtained", "failed"} or parcel.print_state not in PRINTED
    )
