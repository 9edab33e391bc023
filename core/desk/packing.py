"""The packing page's service."""

import unicodedata
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from core.access.badges import PREFIX, is_badge_like
from core.access.gate import needs
from core.access.rights import Right
from core.db.plain import ask_connection
from core.db.unit_of_work import Store, UnitOfWork, Urgency, shared_now
from core.desk import first_page
from core.fulfilment import (
    boxes,
    burst,
    companion,
    merging,
    outbound,
    packing,
    parked,
    rush,
    views,
    waves,
    weighing,
)
from core.fulfilment.packing import Act
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
from core.fulfilment.slips import parcel_of_slip
from core.fulfilment.whose import owner_of
from core.sync.asking import Asking

if TYPE_CHECKING:
    from core.channels.registry import ChannelRegistry

#: the parcel is this desk's from now on
_OPENED = frozenset({"parcel.opened", "parcel.taken_over", "rush.packed"})
#: what could go into its box is looked up
_MAY_TAKE_MORE = frozenset({"parcel.opened", "parcel.taken_over", "merge.done", "merge.undone"})
#: goods in hand that no line here wants
_STRAY = frozenset({"item.wrong", "goods.nothing_open"})


class Packing:
    """Every act of the packing page. A verdict never waits for the network or a printer."""

    def __init__(
        self, store: Store, asking: Asking, carrier_code: str, channels: "Callable[[], ChannelRegistry]"
    ) -> None:
        """`channels`: the kinds of shops; loaded when a box is first added."""
        self._store = store
        self._asking = asking
        self._carrier_code = carrier_code
        self._channels = channels

    def _look_up(self, uow: UnitOfWork, act: Act) -> Verdict:
        """Open what a number names: a waybill, ours or not, or an order."""
        return companion.open_code(uow, act, self._carrier_code)

    def _open(self, operation: Callable[[UnitOfWork], Verdict]) -> Verdict:
        """An act that may put a parcel on the desk: the shop is asked for its newest word from then on (P4)."""
        verdict = self._act(operation)
        if verdict.code in _OPENED and verdict.parcel is not None:
            self._asking.parcel_opened(verdict.parcel.id)
        return self._with_companions(verdict)

    def _with_companions(self, verdict: Verdict) -> Verdict:
        """What could travel in the same box, read behind the verdict's write."""
        parcel = verdict.parcel
        if verdict.code not in _MAY_TAKE_MORE or parcel is None:
            return verdict
        found = self._neighbours(parcel.id)
        return replace(verdict, facts={**verdict.facts, "companions": found.companions, "apart": found.apart})

    def _neighbours(self, parcel_id: int) -> Neighbours:
        def look(connection: Connection) -> Neighbours:
            return merging.neighbours(connection, parcel_id, shared_now(connection, self._store.clock))

        return self._store.read(look)

    def _with_owner(self, verdict: Verdict) -> Verdict:
        """Goods that do not belong where they were scanned: say whose they are, read behind the verdict's write."""
        sku_id = verdict.facts.get("sku_id")
        if verdict.code not in _STRAY or not isinstance(sku_id, int):
            return verdict
        parcel_id = None if verdict.parcel is None else verdict.parcel.id
        owner = self._store.read(lambda connection: owner_of(connection, sku_id, parcel_id))
        return replace(verdict, facts={**verdict.facts, "owner": owner})

    def _act(self, operation: Callable[[UnitOfWork], Verdict]) -> Verdict:
        try:
            return self._store.write(operation, urgency=Urgency.SCAN)
        except IntegrityError:
            # The same nonce came twice at the same moment: the other one has its answer by now.
            return self._store.write(operation, urgency=Urgency.SCAN)

    @needs(Right.PACK)
    def open_next(self, nonce: str, other_than: int | None = None) -> Verdict:
        """Open the parcel that is due next, another than the one that lies open on the desk."""
        return self._open(lambda uow: packing.open_next(uow, Act("next", "", nonce), other_than))

    @needs(Right.PACK)
    def open_code(self, raw: str, nonce: str) -> Verdict:
        """Open the parcel that a scanned waybill number, order number or slip names."""
        parcel_id, act = parcel_of_slip(raw), Act("open", _clean(raw), nonce)
        if parcel_id is not None:
            return self._open(lambda uow: parked.open_parked(uow, parcel_id, act))
        return self._with_owner(self._open(lambda uow: self._look_up(uow, act)))

    @needs(Right.PACK)
    def take_over(self, parcel_id: int, fence: int, nonce: str) -> Verdict:
        """Open a parcel that lies open at another desk, which is refused from then on."""
        return self._open(lambda uow: packing.take_over(uow, parcel_id, fence, Act("take_over", "", nonce)))

    @needs(Right.PACK)
    def scan_goods(self, parcel_id: int, fence: int, raw: str, nonce: str, qty: int = 1, batch: str = "") -> Verdict:
        """Verify what was scanned, `qty` times; `batch` is the clerk's answer to `batch.ask`."""
        act = Act("batch" if batch else "goods", _clean(raw), nonce)
        return self._with_owner(self._act(lambda uow: packing.scan_goods(uow, parcel_id, fence, act, qty, batch)))

    @needs(Right.PACK)
    def confirm_by_hand(
        self, parcel_id: int, fence: int, line_id: int, qty: int, nonce: str, batch: str = ""
    ) -> Verdict:
        """Verify units that carry no barcode; `batch` is the clerk's answer to `batch.ask`."""
        act = Act("hand", "", nonce)
        return self._act(lambda uow: packing.confirm_by_hand(uow, parcel_id, fence, line_id, act, qty, batch))

    @needs(Right.PACK)
    def undo(self, parcel_id: int, fence: int, nonce: str) -> Verdict:
        """Take back the last accepted scan."""
        # What becomes of a blocked batch comes along: a start has no use for it.
        from core.fulfilment.undoing import undo

        return self._act(lambda uow: undo(uow, parcel_id, fence, Act("undo", "", nonce)))

    @needs(Right.PACK)
    def weigh(self, parcel_id: int, fence: int, grams: int, nonce: str, rule: WeightRule | None = None) -> Verdict:
        """Note the weight; with a rule, ask first about one that is far from what the goods weigh."""
        act = Act("weigh", "", nonce)
        return self._act(lambda uow: weighing.weigh(uow, parcel_id, fence, grams, rule, act))

    @needs(Right.PACK)
    def skip_weight(self, parcel_id: int, fence: int, why: str, nonce: str) -> Verdict:
        """The clerk sends it without a weight; `why` is what was wrong with the scale."""
        act = Act("weigh", "", nonce)
        return self._act(lambda uow: weighing.skip_weight(uow, parcel_id, fence, why, act))

    @needs(Right.PACK)
    def scan_label(
        self, parcel_id: int | None, fence: int | None, raw: str, nonce: str, rule: KnowledgeRule
    ) -> Verdict:
        """Close and ship by the label on the box; with a parcel open it must be that parcel's."""
        act = Act("label", _clean(raw), nonce)
        return self._act(lambda uow: outbound.scan_label(uow, parcel_id, fence, rule, act))

    @needs(Right.PACK)
    def attach_number(self, parcel_id: int, fence: int, raw: str, carrier_code: str, nonce: str) -> Verdict:
        """Put the parcel under a number that other software printed."""
        act = Act("attach", _clean(raw), nonce)
        return self._act(lambda uow: companion.attach(uow, parcel_id, fence, act, carrier_code))

    @needs(Right.PACK)
    def detach_number(self, parcel_id: int, fence: int, nonce: str) -> Verdict:
        """Take such a number off again."""
        act = Act("detach", "", nonce)
        return self._act(lambda uow: companion.detach(uow, parcel_id, fence, act, self._carrier_code))

    @needs(Right.PACK)
    def rush(
        self,
        wave_id: int,
        on_desk: tuple[int, int] | None,
        raw: str,
        nonce: str,
        rule: KnowledgeRule,
        batch: str = "",
    ) -> Verdict:
        """A scan while a rush is on: goods open, fill and label their next parcel, a label ships its own.

        `on_desk` is id and fence of the parcel that lies complete on the desk; `batch` as in `scan_goods`.
        """
        parcel_id = parcel_of_slip(raw)
        if on_desk is None and parcel_id is not None:
            return self.open_code(raw, nonce)
        act = Act("rush", _clean(raw), nonce)
        return self._open(lambda uow: rush.scan(uow, wave_id, on_desk, rule, act, self._look_up, batch))

    @needs(Right.SHIP_UNCHECKED)
    def burst(self, raw: str, nonce: str, rule: KnowledgeRule) -> Verdict:
        """A label while labels alone are scanned out, with no parcel open: it ships, its goods verified or not."""
        verdict = self._act(lambda uow: burst.scan(uow, rule, Act(burst.KIND, _clean(raw), nonce)))
        if verdict.code == "knowledge.ask" and verdict.parcel is not None:
            # In line at once, however many wait: the shop's lane goes through them one after the other.
            self._asking.parcel_opened(verdict.parcel.id)
        return verdict

    @needs(Right.SEE_DESK)
    def ask_shop(self, parcel_id: int) -> None:
        """Ask for the newest word on the parcel's orders; waits for the answer, but not longer than a clerk can.

        It only makes what is known here newer, so that whoever scans parcels out by either way may ask.
        """
        self._asking.ask_now(parcel_id)

    @needs(Right.PACK)
    def take_out(self, parcel_id: int, fence: int, line_id: int, nonce: str) -> Verdict:
        """The refunded line was taken out of the box."""
        act = Act("take_out", "", nonce)
        return self._act(lambda uow: outbound.take_out(uow, parcel_id, fence, line_id, act))

    @needs(Right.PACK)
    def add_box(self, parcel_id: int, fence: int, nonce: str) -> Verdict:
        """What is verified stays in this box, the rest goes into a next one."""
        verdict = self._act(lambda uow: boxes.add_box(uow, parcel_id, fence, Act("box", "", nonce)))
        next_id = verdict.facts.get("next_parcel_id")
        if not isinstance(next_id, int):
            return verdict
        kinds = self._store.read(lambda connection: boxes.kinds_in_both(connection, parcel_id, next_id))
        return replace(verdict, facts={**verdict.facts, "one_number": self._takes_one_number(kinds)})

    def _takes_one_number(self, kinds: Collection[str]) -> bool:
        plugins = (self._channels().get(kind) for kind in kinds)
        return any(plugin is not None and plugin.capabilities.takes_one_number for plugin in plugins)

    @needs(Right.PACK)
    def merge(self, parcel_id: int, fence: int, nonce: str) -> Verdict:
        """Put the other parcels for the same receiver into this box."""
        act = Act("merge", "", nonce)
        verdict = self._act(lambda uow: merging.merge(uow, parcel_id, fence, act))
        if verdict.code == "merge.done":
            # The shop is asked about the orders that came in, too (P4).
            self._asking.parcel_opened(parcel_id)
        return self._with_companions(verdict)

    @needs(Right.PACK)
    def neighbours(self, parcel_id: int) -> Neighbours:
        """What else waits for the buyer of the open parcel, read again: a platform may have answered since."""
        return self._neighbours(parcel_id)

    @needs(Right.PACK)
    def unmerge(self, parcel_id: int, fence: int, nonce: str) -> Verdict:
        """Part the orders in this box again."""
        act = Act("unmerge", "", nonce)
        return self._with_companions(self._act(lambda uow: merging.unmerge(uow, parcel_id, fence, act)))

    @needs(Right.PACK)
    def exception(self, parcel_id: int, fence: int, reason: str, nonce: str) -> Verdict:
        """Hold the orders and free the desk."""
        act = Act("exception", "", nonce)
        return self._act(lambda uow: packing.exception(uow, parcel_id, fence, reason, act))

    @needs(Right.PACK)
    def damaged(self, parcel_id: int, fence: int, nonce: str, raw: str = "", line_id: int | None = None) -> Verdict:
        """A unit is broken, named by its barcode or its line: set it aside in the books and ask for another."""
        act = Act("damaged", _clean(raw), nonce)
        return self._act(lambda uow: parked.damaged(uow, parcel_id, fence, line_id, act))

    @needs(Right.SEE_DESK)
    def parked(self) -> tuple[ParkedRow, ...]:
        """What was set aside and waits, the oldest first."""
        return self._store.read(parked.parked)

    @needs(Right.PACK)
    def parked_slip(self, parcel_id: int) -> ParkedRow | None:
        """What the slip of a parcel that was set aside says; None where it has gone on."""
        return next(iter(self._store.read(lambda connection: parked.parked(connection, parcel_id))), None)

    @needs(Right.PACK)
    def leave(self, parcel_id: int, fence: int) -> None:
        """Put the parcel aside as it is."""
        self._store.write(lambda uow: packing.leave(uow, parcel_id, fence), urgency=Urgency.SCAN)

    @needs(Right.PACK)
    def refresh(self, parcel_id: int) -> ParcelView | None:
        """The parcel as it is now."""
        return self._store.read(lambda connection: views.parcel_view(connection, parcel_id))

    @needs(Right.SEE_DESK)
    def recent(self) -> tuple[ShippedRow, ...]:
        """What left last."""
        return self._store.read(lambda connection: first_page.recent_shipped(ask_connection(connection)))

    @needs(Right.SEE_DESK)
    def waves(self) -> tuple[WaveView, ...]:
        """Waves with work left."""
        return self._store.read(lambda connection: first_page.open_waves(ask_connection(connection)))

    @needs(Right.SEE_DESK)
    def to_pack(self) -> int:
        """How many parcels wait."""
        return self._store.read(lambda connection: first_page.to_pack(ask_connection(connection)))

    @needs(Right.SEE_DESK)
    def pick_list(self, wave_id: int) -> tuple[PickRow, ...]:
        """What is still to be fetched for a wave, along the shelves."""
        return self._store.read(lambda connection: first_page.pick_list(ask_connection(connection), wave_id))

    @needs(Right.START_WAVE)
    def start_wave(self, way: str, limit: int) -> WaveView | None:
        """Start a wave of the parcels due first."""
        wave_id = self._store.write(lambda uow: waves.start_wave(uow, way, limit))
        if wave_id is not None:
            self._asking.wave_started(wave_id)
        return next((wave for wave in self.waves() if wave.id == wave_id), None)


def _clean(raw: str) -> str:
    """What was scanned as text every database takes: full-width characters of an input method made plain.

    Scans are kept, and a badge opens the desk: of one that came here no more than its beginning is.
    """
    plain = unicodedata.normalize("NFKC", raw)
    if is_badge_like(plain):
        return PREFIX
    return "".join(ch for ch in plain if ch != "\0" and not 0xD800 <= ord(ch) <= 0xDFFF).strip()
