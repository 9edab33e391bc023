"""Seller's notes of the orders of a stand-in desk."""

from dataclasses import replace
from typing import Any

from core.orders.records import NoteView, NoteWay
from core.runtime.errors import Refused


class DeskNotes:
    """Implements the order page's `NoteDesk`."""

    def __init__(self, world: Any) -> None:
        self._world = world
        self.views: dict[int, NoteView] = {}
        self.calls: list[tuple[str, object]] = []

    def note(self, order_id: int) -> NoteView:
        """What stands."""
        text = self._world.orders[order_id].seller_note
        return self.views.get(order_id) or NoteView(text, "", text, "", "told", NoteWay.FLAGGED)

    def write(self, order_id: int, text: str, flag: str, seen: NoteView) -> None:
        """It waits from then on."""
        self.calls.append(("write", (order_id, text, flag)))
        if self.note(order_id) != seen:
            raise Refused("note.other_meanwhile", "somebody has changed this note meanwhile")
        self.views[order_id] = replace(seen, text=text, flag=flag, state="waiting")

    def keep_ours(self, order_id: int) -> None:
        """It waits again."""
        self.calls.append(("keep_ours", order_id))
        self.views[order_id] = replace(self.note(order_id), state="waiting")

    def accept_theirs(self, order_id: int) -> None:
        """Theirs stands."""
        self.calls.append(("accept_theirs", order_id))
        note = self.note(order_id)
        self.views[order_id] = replace(note, text=note.theirs_text, flag=note.theirs_flag, state="told")

    def send_again(self, order_id: int) -> None:
        """It waits again."""
        self.calls.append(("send_again", order_id))
        self.views[order_id] = replace(self.note(order_id), state="waiting", trouble="")
