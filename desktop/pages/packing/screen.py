"""What the packing page shows, as one frozen picture: made without widgets, said in any language."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.desk.first_page import TO_PACK_CAP
from core.fulfilment.records import (
    Companion,
    LineBatch,
    Lookalike,
    Owner,
    PackLine,
    ParcelView,
    ParkedRow,
    PickRow,
    ShippedRow,
    Verdict,
    WaveView,
)
from core.waybills.records import PrintJobView
from desktop.formats import age_phrase
from desktop.pages.packing.batch_asking import BatchQuestion
from desktop.scale.state import OFF, ScaleState
from desktop.texts import Phrase

#: states of a label in which the clerk can paste it
PRINTED = frozenset({"sent", "confirmed"})
#: as sentences and the button name it
TAKE_OVER_KEY = "Shift+F12"
MERGE_KEY = "Shift+F10"
UNMERGE_KEY = "Shift+F4"
BURST_KEY = "Shift+F3"


class Mood(StrEnum):
    """The ground behind the desk sentence."""

    CALM = "calm"
    GOOD = "good"
    NOTICE = "notice"
    STOP = "stop"


class Asking(StrEnum):
    """What the numbered keys stand for at the moment."""

    NOTHING = "nothing"
    EXCEPTION = "exception"
    REPRINT = "reprint"
    NEW_NUMBER = "new_number"
    CARRIER = "carrier"
    WEIGHT = "weight"
    #: the next scan names a broken unit
    DAMAGED = "damaged"
    #: which batch is in hand: see `batch_asking`
    BATCH = "batch"


@dataclass(frozen=True, slots=True)
class Sentence:
    """The large sentence, a line below it, and what to do."""

    mood: Mood
    what: Phrase
    more: Phrase | None = None
    way: Phrase | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """A parcel that lies open at another desk, as the clerk was told of it; a second press takes it over."""

    parcel_id: int
    fence: int
    by: str


def offer_of(verdict: Verdict) -> Offer | None:
    """What a verdict lets the clerk take over from another desk."""
    parcel, owner = verdict.parcel, verdict.facts.get("owner")
    if verdict.code == "parcel.taken" and parcel is not None:
        return Offer(parcel.id, parcel.fence, parcel.opened_by)
    if verdict.code == "goods.nothing_open" and isinstance(owner, Owner) and owner.opened_by:
        return Offer(owner.parcel_id, owner.fence, owner.opened_by)
    return None


@dataclass(frozen=True, slots=True)
class Attachable:
    """A scanned number that nobody knows and that may have been printed elsewhere; `carriers` are codes of whom."""

    number: str
    carriers: tuple[str, ...]


def attachable_of(verdict: Verdict) -> Attachable | None:
    """The number that a verdict lets the clerk put the parcel under."""
    number, carriers = verdict.facts.get("attachable"), verdict.facts.get("carriers")
    return Attachable(number, carriers) if isinstance(number, str) and isinstance(carriers, tuple) else None


@dataclass(frozen=True, slots=True)
class BurstRow:
    """One label of a burst.

    Attributes:
        id: rises with each scan.
        tone: busy (not answered yet) | good | quiet (had left already) | notice (left, but look) | stop (still here).
        more: what is to be known beside it; shown where its facts are there.
    """

    id: int
    number: str
    carrier: str
    order_nos: str
    tone: str
    what: Phrase
    more: Phrase | None = None


@dataclass(frozen=True, slots=True)
class Burst:
    """Labels that are scanned out without their goods (批量出库).

    Attributes:
        is_on: a label that is scanned now leaves.
        left: how many parcels have left since it was turned on.
        by_carrier: how many of them with each carrier, the most first.
        waiting: labels that are not answered yet.
        last: the number that left last, empty before the first.
        rows: what did not leave and nobody has acknowledged, then the last dozen of the others; the newest first.
    """

    is_on: bool = False
    left: int = 0
    by_carrier: tuple[tuple[str, int], ...] = ()
    waiting: int = 0
    last: str = ""
    rows: tuple[BurstRow, ...] = ()

    @property
    def stopped(self) -> int:
        """How many did not leave and are still to be acknowledged."""
        return sum(row.tone == "stop" for row in self.rows)

    @property
    def is_shown(self) -> bool:
        """Whether there is anything to show of it: it is on, or ended by itself with something stopped."""
        return self.is_on or bool(self.stopped)


@dataclass(frozen=True, slots=True)
class PackingScreen:
    """Everything on the page.

    Attributes:
        current_line_id: the line that is asked for.
        typed: what the clerk types by hand, shown until Enter.
        qty: how many units the next scan stands for.
        waiting: scans not answered yet.
        likeliest: the reason that the asking key takes when it is pressed again, empty where none is likeliest.
        offer: the parcel that may be taken over from another desk.
        attachable: the number under which the open parcel may be put, printed elsewhere.
        question: a print job of unknown outcome, asked inline.
        questions: how many such jobs there are.
        is_alarming: the stop tone repeats until somebody acknowledges.
        wave_id: the wave the clerk chose to look at.
        picks: what is still to be fetched for it.
        to_pack: how many parcels wait to be packed; None before the first look.
        companions: parcels for the same receiver that could go into this box.
        apart: parcels of the same buyer that look as if they could, and may not.
        parked: what was set aside and waits.
        scale: what the scale of this desk shows.
        burst: labels that are scanned out without their goods.
        batch: goods that were scanned and whose batch is asked for.
        shipped_on_old: what left here although the shop was silent: waybill number and how old its word was.
    """

    sentence: Sentence
    parcel: ParcelView | None = None
    current_line_id: int | None = None
    typed: str = ""
    asking: Asking = Asking.NOTHING
    likeliest: str = ""
    offer: Offer | None = None
    attachable: Attachable | None = None
    qty: int = 1
    waiting: int = 0
    question: PrintJobView | None = None
    questions: int = 0
    is_alarming: bool = False
    shipped_on_old: tuple[tuple[str, Phrase], ...] = ()
    recent: tuple[ShippedRow, ...] = ()
    waves: tuple[WaveView, ...] = ()
    wave_id: int | None = None
    picks: tuple[PickRow, ...] = ()
    to_pack: int | None = None
    printer_trouble: Phrase | None = None
    scale: ScaleState = OFF
    companions: tuple[Companion, ...] = ()
    apart: tuple[Lookalike, ...] = ()
    parked: tuple[ParkedRow, ...] = ()
    burst: Burst = Burst()
    batch: BatchQuestion | None = None

    @property
    def wave(self) -> WaveView | None:
        """The wave that is looked at while no parcel is open: the chosen one, else the oldest."""
        chosen = (wave for wave in self.waves if wave.id == self.wave_id)
        return next(chosen, self.waves[0] if self.waves else None)

    @property
    def rush(self) -> WaveView | None:
        """The rush whose goods open their parcels by a scan: nothing is open, or one of its own lies complete."""
        wave, parcel = self.wave, self.parcel
        if wave is None or wave.way != "single_item":
            return None
        return wave if parcel is None or (parcel.wave_code == wave.code and not parcel.missing_qty) else None


def next_line(parcel: ParcelView, preferred: int | None) -> PackLine | None:
    """The line to ask for: the preferred one while it misses units, else the first that does."""
    missing = [line for line in parcel.lines if line.missing_qty]
    for line in missing:
        if line.id == preferred:
            return line
    return missing[0] if missing else None


def idle_sentence(last_shipped: str, to_pack: int | None = None, rush: WaveView | None = None) -> Sentence:
    """Nothing is open; `to_pack` parcels wait; `rush` is the one that is on."""
    if rush is not None:
        what = Phrase("packing.shipped", {"waybill_no": last_shipped}) if last_shipped else Phrase("packing.rush")
        facts = {"code": rush.code, "n": rush.open_count}
        return Sentence(Mood.GOOD if last_shipped else Mood.CALM, what, way=Phrase("packing.rush.way", facts))
    if last_shipped:
        shipped, way = Phrase("packing.shipped", {"waybill_no": last_shipped}), Phrase("packing.shipped.way")
        return Sentence(Mood.GOOD, shipped, way=Phrase("packing.left.none") if to_pack == 0 else way)
    way = Phrase("packing.left.none") if to_pack == 0 else Phrase("packing.idle.way")
    return Sentence(Mood.CALM, Phrase("packing.idle"), way=way)


def burst_sentence(burst: Burst) -> Sentence:
    """Labels alone are scanned: what left last, and what still has to be looked at."""
    on = Phrase("packing.burst")
    what = Phrase("packing.shipped", {"waybill_no": burst.last}) if burst.last else on
    more = on if burst.last else None
    if burst.stopped:
        return Sentence(Mood.NOTICE, what, more, Phrase("packing.burst.stopped", {"n": burst.stopped}))
    return Sentence(Mood.GOOD if burst.last else Mood.CALM, what, more, Phrase("packing.burst.way"))


def left_to_pack(screen: PackingScreen) -> Phrase | None:
    """How many parcels wait, while the desk is free and nothing more urgent is said."""
    if (
        screen.parcel is not None
        or screen.burst.is_on
        or not screen.to_pack
        or screen.sentence.mood not in {Mood.CALM, Mood.GOOD}
    ):
        return None
    count = f"{TO_PACK_CAP}+" if screen.to_pack >= TO_PACK_CAP else str(screen.to_pack)
    return Phrase("packing.left", {"n": count})


def withdrawn_inside(parcel: ParcelView) -> PackLine | None:
    """A refunded line whose units lie in the box and have to come out."""
    return next((line for line in parcel.lines if line.is_withdrawn and line.verified_qty), None)


def blocked_inside(parcel: ParcelView) -> tuple[PackLine, LineBatch] | None:
    """The first line with units of a blocked batch in the box."""
    found = ((line, line.blocked_inside) for line in parcel.lines)
    return next(((line, batch) for line, batch in found if batch is not None), None)


def parcel_sentence(parcel: ParcelView, line: PackLine | None, printer_trouble: Phrase | None = None) -> Sentence:
    """What the open parcel wants next; `printer_trouble` is what keeps the printer from printing, in words."""
    inside = withdrawn_inside(parcel)
    if inside is not None:
        facts = {"name": inside.short_name or inside.name, "qty": inside.verified_qty}
        return Sentence(
            Mood.STOP,
            Phrase("verdict.line.refunded", facts),
            Phrase("verdict.line.refunded.more", facts),
            Phrase("verdict.line.refunded.way", facts),
        )
    stopped = blocked_inside(parcel)
    if stopped is not None:
        of, batch = stopped
        said = {"name": of.short_name or of.name, "batch": batch.code, "blocked_why": batch.blocked_why}
        return Sentence(
            Mood.STOP,
            Phrase("packing.batch_blocked"),
            Phrase("packing.batch_blocked.more", said),
            Phrase("packing.batch_blocked.way"),
        )
    if line is not None:
        facts = {"missing": parcel.missing_qty, "name": line.short_name or line.name, "left": line.missing_qty}
        if line.lacks_barcode:
            return Sentence(
                Mood.CALM, Phrase("packing.confirm_by_eye", facts), Phrase("packing.confirm_by_eye.more", facts)
            )
        return Sentence(Mood.CALM, Phrase("packing.scan_goods", facts), Phrase("packing.scan_goods.more", facts))
    if parcel.is_foreign or parcel.waybill_state == "none":
        return _elsewhere_sentence(parcel)
    if parcel.waybill_state == "failed":
        return Sentence(
            Mood.NOTICE, Phrase("packing.no_number"), Phrase("packing.complete"), Phrase("packing.no_number.way")
        )
    if parcel.waybill_state != "obtained":
        return Sentence(Mood.GOOD, Phrase("packing.await_number"))
    return _label_sentence(parcel, printer_trouble)


def _elsewhere_sentence(parcel: ParcelView) -> Sentence:
    """Other software prints the label: scan it where its number is known, and where not, say whence it comes."""
    if parcel.is_foreign:
        facts = {"carrier": parcel.carrier_name, "waybill_no": parcel.waybill_no}
        what, more = Phrase("packing.scan_foreign"), Phrase("packing.scan_foreign.more", facts)
        return Sentence(Mood.GOOD, what, more, Phrase("packing.scan_foreign.way"))
    base = f"packing.no_label.{parcel.why_elsewhere or 'none'}"
    mood = Mood.GOOD if parcel.why_elsewhere == "shop" else Mood.NOTICE
    return Sentence(mood, Phrase(base), Phrase("packing.complete"), Phrase(f"{base}.way"))


def _label_sentence(parcel: ParcelView, printer_trouble: Phrase | None) -> Sentence:
    facts = {"waybill_no": parcel.waybill_no}
    complete = Phrase("packing.complete")
    if parcel.print_state in PRINTED:
        return Sentence(Mood.GOOD, Phrase("packing.scan_label"), Phrase("packing.scan_label.more", facts))
    if parcel.print_state == "failed":
        return Sentence(
            Mood.NOTICE, Phrase("packing.print_failed"), complete, Phrase("packing.print_failed.way", facts)
        )
    if parcel.print_state == "unknown":
        return Sentence(Mood.NOTICE, Phrase("packing.print_unknown"), Phrase("packing.print_unknown.more", facts))
    if parcel.print_state == "none":
        return Sentence(Mood.GOOD, Phrase("packing.print_by_key"), complete)
    if printer_trouble is not None:
        what = Phrase("packing.print_waits", {"words": printer_trouble})
        return Sentence(Mood.NOTICE, what, complete, Phrase("packing.print_waits.way"))
    return Sentence(Mood.GOOD, Phrase("packing.printing"))


def damaged_sentence() -> Sentence:
    """The next scan is a broken unit."""
    return Sentence(Mood.NOTICE, Phrase("packing.which_damaged"), way=Phrase("packing.which_damaged.way"))


def verdict_sentence(verdict: Verdict, facts: Mapping[str, object], mood: Mood) -> Sentence:
    """The verdict's own sentence, with what it is and the way out."""
    base = "packing.offered" if verdict.facts.get("attachable") else f"verdict.{verdict.code}"
    more = f"{base}.one_number" if verdict.facts.get("one_number") else f"{base}.more"
    return Sentence(mood, Phrase(base, facts), Phrase(more, facts), Phrase(f"{base}.way", facts))


def whose(owner: object) -> Phrase:
    """Whose goods these are, for those in the wrong hand."""
    if not isinstance(owner, Owner):
        return Phrase("packing.whose.nobody")
    facts = {"order_no": owner.order_no, "by": owner.opened_by, "n": owner.wave_seq, "total": owner.wave_total}
    if owner.opened_by:
        return Phrase("packing.whose.desk", facts)
    return Phrase("packing.whose.order" if owner.wave_seq is None else "packing.whose.wave", facts)


def speakable(facts: Mapping[str, object], now: datetime) -> dict[str, object]:
    """Facts as a sentence takes them: times as the clock on the wall, ages, owners and reasons as words."""
    said: dict[str, object] = {}
    for name, value in facts.items():
        if name == "owner":
            said["whose"] = whose(value)
        elif isinstance(value, datetime):
            local = value.astimezone()
            said[name] = f"{local:%H:%M}" if local.date() == now.astimezone().date() else f"{local:%m-%d %H:%M}"
        elif name == "age_s" and isinstance(value, int):
            said["age"] = age_phrase(value)
        elif name == "reason" and isinstance(value, str):
            said[name] = Phrase(f"reason.hold.{value}", otherwise=value)
        elif name == "batches" and isinstance(value, tuple):
            said["asked"] = value[0].code if value else "—"
        elif name == "why":
            said[name] = Phrase(f"reason.unmask.{value}", otherwise=str(value))
        else:
            said[name] = value
    if "name" in said:
        said["goods"] = f"{said['name']} {said.get('spec', '')}".strip()
    return said
