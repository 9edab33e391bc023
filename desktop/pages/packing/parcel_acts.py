"""Acts on the open parcel that need nothing but a key: undo, a further box, joining and parting."""

from collections.abc import Callable

from core.fulfilment.records import ParcelView, Verdict
from desktop.commands import Command
from desktop.pages.packing.board import Board
from desktop.pages.packing.ports import PackingDesk
from desktop.pages.packing.screen import UNMERGE_KEY


def plain_act(packing: PackingDesk, command: Command, parcel: ParcelView, nonce: str) -> Callable[[], Verdict] | None:
    """The act of a key on a parcel; None where the key is another kind of act."""
    act = {
        Command.UNDO: packing.undo,
        Command.BOX: packing.add_box,
        Command.MERGE: packing.merge,
        Command.UNMERGE: packing.unmerge,
    }.get(command)
    return None if act is None else lambda: act(parcel.id, parcel.fence, nonce)


def is_asked_first(board: Board, command: Command, parcel: ParcelView) -> bool:
    """Whether a press is only the first of two: what was verified of parted orders has to come out of the box."""
    if command is not Command.UNMERGE or not parcel.order_nos[1:] or board.is_armed(command):
        return False
    board.arm(command, "packing.part_armed", key=UNMERGE_KEY)
    return True
