"""What the packing page needs from core. Core's services satisfy these by shape; composition joins them.

Every act carries a nonce: the same nonce again is the same answer and no second act. `fence` goes with every act on
an open parcel: a desk that lost the parcel is refused.

A refusal may carry the view of a parcel that is not this desk's (who has it): the presenter takes over only its own.
"""

from typing import Protocol

from core.fulfilment.records import (
    KnowledgeRule,
    Neighbours,
    ParcelView,
    ParkedRow,
    PickRow,
    ShippedRow,
    Verdict,
    WaveView,
    WeightRule,
)
from core.waybills.records import PrintJobView
from desktop.scale.state import ScaleState


class PackingDesk(Protocol):
    """The acts of a packing desk."""

    def open_next(self, nonce: str, other_than: int | None = None) -> Verdict:
        """Open the parcel that is next by the stated rule, another than the one that lies open on the desk."""
        ...

    def open_code(self, raw: str, nonce: str) -> Verdict:
        """Nothing is open: open the parcel of a scanned waybill or order number."""
        ...

    def take_over(self, parcel_id: int, fence: int, nonce: str) -> Verdict:
        """Open a parcel that lies open at another desk, as it was told with this fence."""
        ...

    def scan_goods(self, parcel_id: int, fence: int, raw: str, nonce: str, qty: int = 1, batch: str = "") -> Verdict:
        """Verify `qty` units of the goods with this barcode; `batch` answers `batch.ask`."""
        ...

    def confirm_by_hand(
        self, parcel_id: int, fence: int, line_id: int, qty: int, nonce: str, batch: str = ""
    ) -> Verdict:
        """Verify units of a line by eye and key; `batch` answers `batch.ask`."""
        ...

    def undo(self, parcel_id: int, fence: int, nonce: str) -> Verdict:
        """Take back the last verification of this parcel."""
        ...

    def weigh(self, parcel_id: int, fence: int, grams: int, nonce: str, rule: WeightRule | None = None) -> Verdict:
        """Note the parcel's weight; one that is off by more than the rule allows has to be meant."""
        ...

    def skip_weight(self, parcel_id: int, fence: int, why: str, nonce: str) -> Verdict:
        """It goes without a weight; `why` is what was wrong with the scale."""
        ...

    def scan_label(
        self, parcel_id: int | None, fence: int | None, raw: str, nonce: str, rule: KnowledgeRule
    ) -> Verdict:
        """The pasted label's number closes the parcel and sends it out; `knowledge.ask`: after `ask_shop`, again."""
        ...

    def attach_number(self, parcel_id: int, fence: int, raw: str, carrier_code: str, nonce: str) -> Verdict:
        """Put the parcel under a number that other software printed."""
        ...

    def detach_number(self, parcel_id: int, fence: int, nonce: str) -> Verdict:
        """Take such a number off again."""
        ...

    def rush(
        self,
        wave_id: int,
        on_desk: tuple[int, int] | None,
        raw: str,
        nonce: str,
        rule: KnowledgeRule,
        batch: str = "",
    ) -> Verdict:
        """Any scan while a rush is on; `on_desk` is id and fence of the parcel that lies complete on the desk."""
        ...

    def burst(self, raw: str, nonce: str, rule: KnowledgeRule) -> Verdict:
        """A label while labels alone are scanned out; `knowledge.ask` names its parcel: after `ask_shop`, again."""
        ...

    def ask_shop(self, parcel_id: int) -> None:
        """Ask the shop for the newest word on the parcel's orders; may take a few seconds."""
        ...

    def take_out(self, parcel_id: int, fence: int, line_id: int, nonce: str) -> Verdict:
        """The clerk took a refunded line out of the box."""
        ...

    def add_box(self, parcel_id: int, fence: int, nonce: str) -> Verdict:
        """Verified units stay in this box, the rest goes into a next one."""
        ...

    def exception(self, parcel_id: int, fence: int, reason: str, nonce: str) -> Verdict:
        """Hold the orders of this parcel and free the desk."""
        ...

    def damaged(self, parcel_id: int, fence: int, nonce: str, raw: str = "", line_id: int | None = None) -> Verdict:
        """A unit is broken, named by its barcode or its line: another one is asked for, or the parcel parked."""
        ...

    def merge(self, parcel_id: int, fence: int, nonce: str) -> Verdict:
        """Put the other parcels for the same receiver into this box."""
        ...

    def neighbours(self, parcel_id: int) -> Neighbours:
        """What else waits for the buyer of the open parcel."""
        ...

    def unmerge(self, parcel_id: int, fence: int, nonce: str) -> Verdict:
        """Part the orders in this box again."""
        ...

    def parked(self) -> tuple[ParkedRow, ...]:
        """What was set aside and waits, the oldest first."""
        ...

    def parked_slip(self, parcel_id: int) -> ParkedRow | None:
        """What the slip of a parcel that was set aside says; None where it has gone on."""
        ...

    def leave(self, parcel_id: int, fence: int) -> None:
        """Put the parcel back; what was verified stays verified."""
        ...

    def refresh(self, parcel_id: int) -> ParcelView | None:
        """The newest state of a parcel."""
        ...

    def recent(self) -> tuple[ShippedRow, ...]:
        """What left this desk last, newest first."""
        ...

    def waves(self) -> tuple[WaveView, ...]:
        """Open waves."""
        ...

    def to_pack(self) -> int:
        """How many parcels wait to be packed, counted up to `TO_PACK_CAP`."""
        ...

    def pick_list(self, wave_id: int) -> tuple[PickRow, ...]:
        """What is still to be fetched for a wave, in the order of the shelves."""
        ...

    def start_wave(self, way: str, limit: int) -> WaveView | None:
        """Put at most `limit` waiting parcels into a new wave; None when nothing waits."""
        ...


class Scale(Protocol):
    """The scale of this desk."""

    def look(self) -> ScaleState:
        """How it stands with it now; never waits."""
        ...


class LabelDesk(Protocol):
    """Labels of parcels and the print queue."""

    def print_label(self, parcel_id: int) -> PrintJobView:
        """Ask for the first copy of the parcel's label."""
        ...

    def reprint(self, waybill_id: int, reason: str) -> PrintJobView:
        """The same number again, visibly a further copy."""
        ...

    def new_number(self, parcel_id: int, reason: str) -> bool:
        """Void the number and ask for another; whether a shop was told the old one."""
        ...

    def take_off_foreign(self, parcel_id: int) -> None:
        """Take a number that other software printed off a parcel that is still here."""
        ...

    def open_jobs(self) -> tuple[PrintJobView, ...]:
        """Jobs that are not settled, unknown ones among them."""
        ...

    def answer_unknown(self, job_id: int, came_out: bool) -> PrintJobView:
        """The clerk says whether the label of an unknown job came out."""
        ...

    def move_jobs(self, from_key: str, to_key: str) -> int:
        """Send what waits for one printer to another; how many jobs went."""
        ...
