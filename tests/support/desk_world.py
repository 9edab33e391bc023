"""A small shop in memory that satisfies the ports of the desk: stateful, with the rules that screens can run into.

It answers like core does: nonces are remembered, fences rise, refusals show other desks' parcels, and a label's
number closes its own parcel only. Nothing is canned: what a test sees follows from what was done before.
"""

import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from core.access.records import Unmasked
from core.catalog.gs1 import parse
from core.fulfilment.records import (
    Companion,
    KnowledgeRule,
    LineBatch,
    Lookalike,
    MissingRow,
    Neighbours,
    OnOld,
    Owner,
    PackLine,
    ParcelView,
    ParkedRow,
    PickRow,
    ShippedRow,
    Tone,
    Verdict,
    WaveView,
    WeightRule,
)
from core.orders.records import (
    PILES,
    OrderDetail,
    OrderFilter,
    OrderLineView,
    OrderPageView,
    OrderParcelView,
    OrderRow,
    PartSent,
    PartSentLine,
    TimelineEntry,
)
from core.runtime.errors import NotFound, Refused
from core.sync.records import ShopLight, StatusView
from core.waybills.carriers import name_of, suggested
from core.waybills.label_size import LabelSize
from core.waybills.records import PrintJobView
from desktop.pages.printers.ports import (
    FindView,
    FoundPrinters,
    LabelPicture,
    PrinterDraft,
    PrinterView,
    Search,
)

START = datetime(2026, 1, 8, 2, 31, tzinfo=UTC)
DESK = "1号台"


@dataclass(frozen=True, slots=True)
class Goods:
    """One SKU of the little shop."""

    code: str
    name: str
    spec: str
    barcode: str
    lacks_barcode: bool = False


GOODS = (
    Goods("MLK-3-900", "婴儿配方奶粉 3段", "900g", "6901234567892"),
    Goods("BTL-240-P", "宽口径奶瓶", "240ml 粉色", "6901234567908"),
    Goods("BIB-01", "防水围兜", "均码", "", lacks_barcode=True),
    Goods("WIP-80", "婴儿湿巾", "80 抽", "6901234567915"),
    Goods("DIA-L", "纸尿裤", "L 码 48 片", "6901234567922"),
)


@dataclass
class DeskWorld:
    """Packing, labels, orders, status and printers of one desk. Every method may be called from any thread."""

    now: Callable[[], datetime] = lambda: START
    prints: bool = True
    name: str = DESK
    clerk: str = ""
    shop_answers: bool = True
    #: what has happened at the shop and is not known here before it is asked
    at_shop: Callable[[int], None] = lambda _parcel_id: None
    #: whether the shops here take one number for an order
    takes_one_number: bool = False
    parcels: dict[int, ParcelView] = field(default_factory=dict)
    jobs: dict[int, PrintJobView] = field(default_factory=dict)
    orders: dict[int, OrderDetail] = field(default_factory=dict)
    printers_by_key: dict[str, PrinterView] = field(default_factory=dict)
    sizes: dict[str, LabelSize] = field(default_factory=dict)
    findable: tuple[FindView, ...] = ()
    find_problems: tuple[str, ...] = ()
    shipped: list[ShippedRow] = field(default_factory=list)
    open_waves: list[WaveView] = field(default_factory=list)
    shops: tuple[ShopLight, ...] = ()
    label_pictures: tuple[LabelPicture, ...] = ()
    voided: set[str] = field(default_factory=set)
    #: numbers that a shop was told already
    told: set[str] = field(default_factory=set)
    calls: list[tuple[str, object]] = field(default_factory=list)
    #: no other unit is left of whatever breaks
    broken_last: bool = False
    #: for the same receiver as whatever opens next
    companions: tuple[Companion, ...] = ()
    apart: tuple[Lookalike, ...] = ()
    parked_rows: dict[int, ParkedRow] = field(default_factory=dict)
    #: goods code -> its batches, what ends first in front: such goods say theirs, or are asked for it
    batches: dict[str, tuple[LineBatch, ...]] = field(default_factory=dict)
    gate: threading.Event | None = None
    failures: list[Exception] = field(default_factory=list)
    _answers: dict[str, Verdict] = field(default_factory=dict)
    _history: list[tuple[int, int, int]] = field(default_factory=list)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def rename(self, name: str) -> str:
        """Take another name; 「2号台」 is another desk's."""
        if name in {"", "2号台"}:
            raise Refused("desk.name_taken" if name else "desk.name_missing", "no", name=name)
        self.name = name
        return name

    def sign_in(self, operator: str) -> None:
        """Another person acts here."""
        self.clerk = operator

    # --- making the shop ----------------------------------------------------------------------------------------

    def add_parcel(self, *lines: tuple[Goods, int], note: str = "", **changes: object) -> ParcelView:
        """A parcel that waits, with its number obtained."""
        number = len(self.parcels) + 1
        parcel = ParcelView(
            id=number,
            fence=0,
            state="to_pack",
            opened_by="",
            order_nos=(f"T2026010800{number:03d}",),
            shop_name="练习店",
            wave_code="W0108-03",
            wave_seq=number,
            wave_total=120,
            box_no=1,
            box_count=1,
            consignee_name="张*",
            consignee_phone="138****0078",
            consignee_address="浙江省 杭州市 西湖区 ****",
            buyer_note=note,
            seller_note="",
            carrier_code="zto",
            carrier_name="中通快递",
            waybill_no=f"7312345678{number:03d}",
            waybill_state="obtained",
            print_state="none",
            expected_weight_g=2100,
            weight_g=None,
            ship_by_at=START + timedelta(hours=6),
            seen_at=START - timedelta(seconds=3),
            lines=tuple(
                PackLine(
                    id=number * 100 + place,
                    sku_id=GOODS.index(goods) + 1,
                    sku_code=goods.code,
                    name=goods.name,
                    short_name=goods.name,
                    spec=goods.spec,
                    picture="",
                    qty=qty,
                    verified_qty=0,
                    is_gift=goods.lacks_barcode,
                    lacks_barcode=goods.lacks_barcode,
                    is_withdrawn=False,
                    asked=self._asked(goods.code, qty),
                )
                for place, (goods, qty) in enumerate(lines, 1)
            ),
            waybill_id=number + 500,
        )
        parcel = replace(parcel, **changes)  # type: ignore[arg-type]  # a test names the fields it wants
        self.parcels[number] = parcel
        return parcel

    def refund(self, parcel_id: int, line_id: int) -> None:
        """The platform refunds a line while it is being packed."""
        with self._lock:
            self._put(self.parcels[parcel_id], line_id, is_withdrawn=True)

    def open_elsewhere(self, parcel_id: int, desk: str) -> None:
        """Another desk opens the parcel."""
        with self._lock:
            parcel = self.parcels[parcel_id]
            self.parcels[parcel_id] = replace(parcel, opened_by=desk, fence=parcel.fence + 1, state="packing")

    def lose_track_of(self, parcel_id: int) -> PrintJobView:
        """The printer died while the label was on its way."""
        with self._lock:
            parcel = self.parcels[parcel_id]
            job = next(job for job in self.jobs.values() if job.waybill_no == parcel.waybill_no)
            return self._settle(job, "unknown")

    def settle_prints(self, state: str = "confirmed") -> None:
        """The printer finishes what is queued."""
        with self._lock:
            for job in list(self.jobs.values()):
                if job.state == "queued":
                    self._settle(job, state)

    # --- packing ------------------------------------------------------------------------------------------------

    def open_next(self, nonce: str, other_than: int | None = None) -> Verdict:
        with self._entered("open_next", nonce):
            waiting = [parcel for parcel in self.parcels.values() if parcel.state == "to_pack"]
            return self._once(
                nonce,
                lambda: self._open(waiting[0]) if waiting else Verdict("nothing.to_pack", Tone.NOTICE),
            )

    def open_code(self, raw: str, nonce: str) -> Verdict:
        with self._entered("open_code", raw):
            return self._once(nonce, lambda: self._open_code(raw))

    def take_over(self, parcel_id: int, fence: int, nonce: str) -> Verdict:
        with self._entered("take_over", parcel_id):
            return self._once(nonce, lambda: self._open(self.parcels[parcel_id], over=fence))

    def scan_goods(self, parcel_id: int, fence: int, raw: str, nonce: str, qty: int = 1, batch: str = "") -> Verdict:
        with self._entered("scan_goods", raw):
            return self._once(nonce, lambda: self._lost(parcel_id, fence) or self._scan(parcel_id, raw, qty, batch))

    def confirm_by_hand(
        self, parcel_id: int, fence: int, line_id: int, qty: int, nonce: str, batch: str = ""
    ) -> Verdict:
        with self._entered("confirm_by_hand", line_id):
            return self._once(
                nonce, lambda: self._lost(parcel_id, fence) or self._verify(parcel_id, line_id, qty, batch)
            )

    def undo(self, parcel_id: int, fence: int, nonce: str) -> Verdict:
        with self._entered("undo", nonce):
            return self._once(nonce, lambda: self._lost(parcel_id, fence) or self._undo(parcel_id))

    def weigh(self, parcel_id: int, fence: int, grams: int, nonce: str, rule: WeightRule | None = None) -> Verdict:
        with self._entered("weigh", grams):

            def weigh() -> Verdict:
                off_g = grams - self.parcels[parcel_id].expected_weight_g
                if rule is not None and not rule.is_meant and abs(off_g) > rule.grams:
                    code = "weight.light" if off_g < 0 else "weight.heavy"
                    facts = {"grams": grams, "off_g": abs(off_g)}
                    return Verdict(code, Tone.WRONG, self.parcels[parcel_id], facts=facts)
                self.parcels[parcel_id] = replace(self.parcels[parcel_id], weight_g=grams)
                return Verdict("weight.ok", Tone.UNIT, self.parcels[parcel_id], facts={"grams": grams})

            return self._once(nonce, lambda: self._lost(parcel_id, fence) or weigh())

    def skip_weight(self, parcel_id: int, fence: int, why: str, nonce: str) -> Verdict:
        with self._entered("skip_weight", why):
            skipped = Verdict("weight.skipped", Tone.NOTICE, self.parcels[parcel_id], facts={"reason": why})
            return self._once(nonce, lambda: self._lost(parcel_id, fence) or skipped)

    def scan_label(
        self, parcel_id: int | None, fence: int | None, raw: str, nonce: str, rule: KnowledgeRule
    ) -> Verdict:
        with self._entered("scan_label", raw):
            return self._once(nonce, lambda: self._scan_label(parcel_id, fence, raw, rule))

    def attach_number(self, parcel_id: int, fence: int, raw: str, carrier_code: str, nonce: str) -> Verdict:
        with self._entered("attach_number", (raw, carrier_code)):

            def attach() -> Verdict:
                self.parcels[parcel_id] = replace(
                    self.parcels[parcel_id],
                    carrier_code=carrier_code,
                    carrier_name=name_of(carrier_code),
                    waybill_no=raw,
                    waybill_state="obtained",
                    is_foreign=True,
                    why_elsewhere="",
                )
                return Verdict("number.attached", Tone.COMPLETE, self.parcels[parcel_id])

            return self._once(nonce, lambda: self._lost(parcel_id, fence) or attach())

    def detach_number(self, parcel_id: int, fence: int, nonce: str) -> Verdict:
        with self._entered("detach_number", parcel_id):

            def detach() -> Verdict:
                number = self.parcels[parcel_id].waybill_no
                self.parcels[parcel_id] = replace(
                    self.parcels[parcel_id],
                    waybill_no="",
                    waybill_state="none",
                    is_foreign=False,
                    why_elsewhere="shop",
                )
                return Verdict("number.taken_off", Tone.NOTICE, self.parcels[parcel_id], facts={"number": number})

            return self._once(nonce, lambda: self._lost(parcel_id, fence) or detach())

    def rush(
        self,
        wave_id: int,
        on_desk: tuple[int, int] | None,
        raw: str,
        nonce: str,
        rule: KnowledgeRule,
        batch: str = "",
    ) -> Verdict:
        with self._entered("rush", raw):

            def rush() -> Verdict:
                return (self._lost(*on_desk) if on_desk else None) or self._rush(wave_id, on_desk, raw, rule, batch)

            return self._once(nonce, rush)

    def burst(self, raw: str, nonce: str, rule: KnowledgeRule) -> Verdict:
        with self._entered("burst", raw):
            return self._once(nonce, lambda: self._burst(raw, rule))

    def ask_shop(self, parcel_id: int) -> None:
        with self._entered("ask_shop", parcel_id):
            self.at_shop(parcel_id)
            if self.shop_answers:
                self.parcels[parcel_id] = replace(self.parcels[parcel_id], seen_at=self.now())

    def take_out(self, parcel_id: int, fence: int, line_id: int, nonce: str) -> Verdict:
        with self._entered("take_out", line_id):

            def take_out() -> Verdict:
                self._put(self.parcels[parcel_id], line_id, verified_qty=0)
                return Verdict("line.withdrawn", Tone.NOTICE, self.parcels[parcel_id], line_id)

            return self._once(nonce, lambda: self._lost(parcel_id, fence) or take_out())

    def add_box(self, parcel_id: int, fence: int, nonce: str) -> Verdict:
        with self._entered("add_box", nonce):
            return self._once(nonce, lambda: self._lost(parcel_id, fence) or self._add_box(parcel_id))

    def exception(self, parcel_id: int, fence: int, reason: str, nonce: str) -> Verdict:
        with self._entered("exception", reason):
            return self._once(nonce, lambda: self._lost(parcel_id, fence) or self._park(parcel_id, reason))

    def damaged(self, parcel_id: int, fence: int, nonce: str, raw: str = "", line_id: int | None = None) -> Verdict:
        with self._entered("damaged", raw or line_id):
            lines = self.parcels[parcel_id].lines
            code = next((goods.code for goods in GOODS if raw and goods.barcode == raw), None)
            line = next((one for one in lines if one.id == line_id or one.sku_code == code), None)

            def break_one() -> Verdict:
                if line is None:
                    return Verdict("unit.not_here", Tone.WRONG, self.parcels[parcel_id], facts={"raw": raw})
                if self.broken_last:
                    return self._park(parcel_id, "damaged")
                self._put(self.parcels[parcel_id], line.id, verified_qty=min(line.verified_qty, line.qty - 1))
                return Verdict("unit.damaged", Tone.NOTICE, self.parcels[parcel_id], line.id)

            return self._once(nonce, lambda: self._lost(parcel_id, fence) or break_one())

    def merge(self, parcel_id: int, fence: int, nonce: str) -> Verdict:
        with self._entered("merge", parcel_id):

            def merge() -> Verdict:
                mine = self.parcels[parcel_id]
                for each in self.companions:
                    other = self.parcels[each.parcel_id]
                    mine = replace(mine, lines=mine.lines + other.lines, order_nos=mine.order_nos + other.order_nos)
                    self.parcels[other.id] = replace(other, state="cancelled", lines=())
                self.parcels[parcel_id] = mine
                count, self.companions = len(self.companions), ()
                facts: dict[str, object] = {"n": count, "orders": count, "companions": ()}
                return Verdict("merge.done", Tone.NOTICE, mine, facts=facts)

            return self._once(nonce, lambda: self._lost(parcel_id, fence) or merge())

    def neighbours(self, parcel_id: int) -> Neighbours:
        with self._entered("neighbours", parcel_id):
            return Neighbours(self.companions, self.apart)

    def unmerge(self, parcel_id: int, fence: int, nonce: str) -> Verdict:
        with self._entered("unmerge", parcel_id):
            parcel = self.parcels[parcel_id]
            mine = tuple(line for line in parcel.lines if line.id // 100 == parcel_id)

            def part() -> Verdict:
                self.parcels[parcel_id] = replace(parcel, lines=mine, order_nos=parcel.order_nos[:1])
                return Verdict("merge.undone", Tone.NOTICE, self.parcels[parcel_id], facts={"n": 1, "units": 1})

            return self._once(nonce, lambda: self._lost(parcel_id, fence) or part())

    def parked(self) -> tuple[ParkedRow, ...]:
        with self._lock:
            return tuple(self.parked_rows.values())

    def parked_slip(self, parcel_id: int) -> ParkedRow | None:
        with self._entered("parked_slip", parcel_id):
            return self.parked_rows.get(parcel_id)

    def _park(self, parcel_id: int, reason: str) -> Verdict:
        parcel = self.parcels[parcel_id]
        self.parcels[parcel_id] = replace(parcel, state="held", opened_by="", fence=parcel.fence + 1)
        self.parked_rows[parcel_id] = ParkedRow(
            parcel_id=parcel_id,
            slip=f"PARK-{parcel_id}",
            order_nos=parcel.order_nos,
            reason=reason,
            at=self.now(),
            operator="小李",
            desk=self.name,
            missing=tuple(
                MissingRow(line.sku_id, line.sku_code, line.short_name, line.missing_qty)
                for line in parcel.lines
                if line.missing_qty
            ),
            can_go_on=False,
        )
        return Verdict("parcel.parked", Tone.NOTICE, self.parcels[parcel_id], facts={"reason": reason})

    def leave(self, parcel_id: int, fence: int) -> None:
        with self._entered("leave", parcel_id):
            parcel = self.parcels[parcel_id]
            if parcel.fence == fence:
                state = "to_pack" if parcel.state == "packing" else parcel.state
                self.parcels[parcel_id] = replace(parcel, state=state, opened_by="", fence=fence + 1)

    def refresh(self, parcel_id: int) -> ParcelView | None:
        with self._entered("refresh", parcel_id):
            return self.parcels.get(parcel_id)

    def recent(self) -> tuple[ShippedRow, ...]:
        with self._lock:
            return tuple(reversed(self.shipped))

    def waves(self) -> tuple[WaveView, ...]:
        with self._lock:
            return tuple(self.open_waves)

    def to_pack(self) -> int:
        with self._lock:
            return sum(parcel.state == "to_pack" for parcel in self.parcels.values())

    def pick_list(self, wave_id: int) -> tuple[PickRow, ...]:
        with self._lock:
            if not any(wave.id == wave_id for wave in self.open_waves):
                return ()
            lines = [
                line for p in self.parcels.values() if p.state == "to_pack" for line in p.lines if line.missing_qty
            ]
            rows = []
            for code in sorted({line.sku_code for line in lines}):
                mine = [line for line in lines if line.sku_code == code]
                first, units = mine[0], sum(line.missing_qty for line in mine)
                rows.append(PickRow(first.sku_id, code, first.short_name, first.spec, units, len(mine)))
            return tuple(rows)

    def start_wave(self, way: str, limit: int) -> WaveView | None:
        with self._entered("start_wave", way):
            count = min(limit, sum(parcel.state == "to_pack" for parcel in self.parcels.values()))
            if not count:
                return None
            wave = WaveView(len(self.open_waves) + 1, f"W0108-0{len(self.open_waves) + 4}", way, count, count, START)
            self.open_waves.append(wave)
            if way == "single_item":
                for parcel in list(self.parcels.values()):
                    self.parcels[parcel.id] = replace(parcel, wave_code=wave.code)
            return wave

    # --- labels -------------------------------------------------------------------------------------------------

    def print_label(self, parcel_id: int) -> PrintJobView:
        with self._entered("print_label", parcel_id):
            return self._queue(self.parcels[parcel_id], "")

    def reprint(self, waybill_id: int, reason: str) -> PrintJobView:
        with self._entered("reprint", reason):
            parcel = next(parcel for parcel in self.parcels.values() if parcel.waybill_id == waybill_id)
            return self._queue(parcel, reason)

    def new_number(self, parcel_id: int, reason: str) -> bool:
        with self._entered("new_number", reason):
            parcel = self.parcels[parcel_id]
            self.voided.add(parcel.waybill_no)
            fresh = f"{parcel.waybill_no}9"
            self.parcels[parcel_id] = replace(parcel, waybill_no=fresh, print_state="none")
            return parcel.waybill_no in self.told

    def take_off_foreign(self, parcel_id: int) -> None:
        with self._entered("take_off_foreign", parcel_id):
            detail = next(one for one in self.orders.values() if any(p.id == parcel_id for p in one.parcels))
            parcels = tuple(
                replace(p, waybill_no="", waybill_id=None, is_foreign=False) if p.id == parcel_id else p
                for p in detail.parcels
            )
            self.orders[detail.row.id] = replace(detail, parcels=parcels)

    def open_jobs(self) -> tuple[PrintJobView, ...]:
        with self._lock:
            return tuple(job for job in self.jobs.values() if job.state in {"queued", "sending", "unknown"})

    def answer_unknown(self, job_id: int, came_out: bool) -> PrintJobView:
        with self._entered("answer_unknown", came_out):
            job = self.jobs[job_id]
            if job.state != "unknown":
                raise Refused("print.not_unknown", "this question has been answered")
            return self._settle(job, "confirmed" if came_out else "queued")

    def move_jobs(self, from_key: str, to_key: str) -> int:
        with self._entered("move_jobs", (from_key, to_key)):
            source, target = self.printers_by_key[from_key], self.printers_by_key[to_key]
            self.printers_by_key[from_key] = replace(source, waiting=0)
            self.printers_by_key[to_key] = replace(target, waiting=target.waiting + source.waiting)
            return source.waiting

    # --- orders -------------------------------------------------------------------------------------------------

    def page(self, wanted: OrderFilter, after: int | None, limit: int) -> OrderPageView:
        with self._entered("page", wanted):
            found = [row for row in self._rows() if self._is_in(row, wanted) and (after is None or row.id < after)]
            shown = found[:limit]
            return OrderPageView(tuple(shown), shown[-1].id if len(found) > limit else None)

    def pile_counts(self) -> Mapping[str, int]:
        with self._lock:
            rows = self._rows()
            return {pile: min(1000, sum(self._is_in(row, OrderFilter(pile)) for row in rows)) for pile in PILES}

    def detail(self, order_id: int) -> OrderDetail | None:
        with self._entered("detail", order_id):
            return self.orders.get(order_id)

    def unmask(self, order_id: int, reason: str) -> Unmasked:
        with self._entered("unmask", (order_id, reason)):
            return Unmasked(order_id, "张三丰", "13800000078", "浙江省 杭州市 西湖区 文三路1号2幢301室", 3)

    def hold(self, order_id: int, reason: str, note: str) -> None:
        with self._entered("hold", (order_id, reason, note)):
            detail = self.orders[order_id]
            self.orders[order_id] = replace(
                detail, row=replace(detail.row, hold_reason=reason), holds=(*detail.holds, reason)
            )

    def release_hold(self, order_id: int) -> None:
        with self._entered("release_hold", order_id):
            detail = self.orders[order_id]
            if "short" in detail.holds:
                raise Refused("hold.still_short", "goods of this order are still missing")
            self.orders[order_id] = replace(detail, row=replace(detail.row, hold_reason=""), holds=())

    def close_elsewhere(self, order_id: int, sent_by: str, *, left_our_shelf: bool) -> None:
        with self._entered("close_elsewhere", (order_id, sent_by, left_our_shelf)):
            detail = self.orders[order_id]
            if "shipped_elsewhere" not in detail.holds:
                raise Refused("order.not_sent_elsewhere", "no")
            entry = TimelineEntry(START, "小李", DESK, "order.closed_elsewhere", {})
            row = replace(detail.row, hold_reason="", fulfilment="shipped")
            parcels = tuple(replace(parcel, state="cancelled") for parcel in detail.parcels)
            self.orders[order_id] = replace(
                detail, row=row, holds=(), parcels=parcels, timeline=(*detail.timeline, entry)
            )

    def reopen_elsewhere(self, order_id: int) -> None:
        with self._entered("reopen_elsewhere", order_id):
            detail = self.orders[order_id]
            if not detail.is_closed_elsewhere:
                raise Refused("order.not_closed_elsewhere", "no")
            row = replace(detail.row, hold_reason="shipped_elsewhere", fulfilment="to_review")
            self.orders[order_id] = replace(detail, row=row, holds=("shipped_elsewhere",))

    def send_rest(self, order_id: int, sent: Mapping[int, int], *, left_our_shelf: bool) -> None:
        with self._entered("send_rest", (order_id, dict(sent), left_our_shelf)):
            detail = self.orders[order_id]
            known = detail.part_sent
            if known is None or not known.is_open:
                raise Refused("part_sent.not_held", "no")
            row = replace(detail.row, hold_reason="")
            said = replace(known, is_open=False, can_take_back=bool(sent))
            self.orders[order_id] = replace(detail, row=row, holds=(), part_sent=said)

    def take_back_part_sent(self, order_id: int) -> None:
        with self._entered("take_back_part_sent", order_id):
            detail = self.orders[order_id]
            known = detail.part_sent
            if known is None or not known.can_take_back:
                raise Refused("part_sent.not_said", "no")
            row = replace(detail.row, hold_reason="part_sent")
            said = replace(known, is_open=True, can_take_back=False)
            self.orders[order_id] = replace(detail, row=row, holds=("part_sent",), part_sent=said)

    def send_part(self, order_id: int, *numbers: str, is_told: bool = True) -> None:
        """Others have sent one unit of each line of an order."""
        detail = self.orders[order_id]
        lines = tuple(
            PartSentLine(one.id, one.title, one.spec, one.qty, 0, int(is_told), one.qty) for one in detail.lines
        )
        self.orders[order_id] = replace(
            detail,
            row=replace(detail.row, hold_reason="part_sent"),
            holds=("part_sent",),
            part_sent=PartSent(True, False, is_told, numbers, lines),
        )

    def add_order(self, order_id: int, **changes: object) -> OrderRow:
        """An order of the list."""
        goods = GOODS[order_id % len(GOODS)]
        row = OrderRow(
            id=order_id,
            order_no=f"T202601{order_id:08d}",
            shop_name=("天猫旗舰店", "拼多多店", "练习店")[order_id % 3],
            placed_at=START - timedelta(minutes=7 * (5000 - order_id)),
            ship_by_at=START + timedelta(hours=order_id % 40),
            consignee=("张*", "李**", "欧阳**")[order_id % 3] + f" {order_id % 10000:04d}",
            goods=f"{goods.name} {goods.spec} × {1 + order_id % 3}",
            total_qty=1 + order_id % 3,
            amount_fen=12_900 + order_id * 37 % 90_000,
            payment="paid",
            fulfilment="to_pack",
            after_sale="none",
            hold_reason="",
            waybill_no=f"7312345{order_id:06d}",
        )
        row = replace(row, **changes)  # type: ignore[arg-type]  # a test names the fields it wants
        self.orders[order_id] = OrderDetail(
            row=row,
            consignee_name=row.consignee.split(" ")[0],
            consignee_phone="138****0078",
            consignee_address="浙江省 杭州市 西湖区 ****",
            buyer_note="请放门口，谢谢",
            seller_note="",
            channel_status="WAIT_SELLER_SEND_GOODS",
            seen_at=START - timedelta(seconds=40),
            holds=(row.hold_reason,) if row.hold_reason else (),
            lines=(
                OrderLineView(
                    order_id * 10,
                    goods.name,
                    goods.spec,
                    goods.code,
                    row.total_qty,
                    12_900,
                    False,
                    "none",
                    "short" if row.hold_reason == "short" else "confirmed",
                ),
                OrderLineView(order_id * 10 + 1, "防水围兜", "均码", "BIB-01", 1, 0, True, "none", "confirmed"),
            ),
            parcels=(
                OrderParcelView(order_id, "to_pack", "中通快递", order_id, row.waybill_no, "confirmed", 1, None),
            ),
            timeline=(
                TimelineEntry(START - timedelta(hours=5), "", "", "order.taken", {"order_no": row.order_no}),
                TimelineEntry(START - timedelta(hours=5), "", "", "stock.reserved", {}),
                TimelineEntry(START - timedelta(hours=4), "", "", "order.to_pack", {}),
                TimelineEntry(
                    START - timedelta(hours=1), "小李", DESK, "waybill.obtained", {"number": row.waybill_no}
                ),
            ),
        )
        return row

    # --- status, printers ---------------------------------------------------------------------------------------

    def status(self) -> StatusView:
        with self._lock:
            unknown = sum(job.state == "unknown" for job in self.jobs.values())
            return StatusView(self.shops, outbox_waiting=3, outbox_failed=0, unknown_prints=unknown, at=self.now())

    def printers(self) -> tuple[PrinterView, ...]:
        with self._lock:
            return tuple(self.printers_by_key.values())

    def add(self, draft: PrinterDraft) -> PrinterView:
        with self._entered("add", draft):
            if draft.address in {"tcp://", "device:"}:
                raise Refused("printer.address_bad", "the printer address makes no sense", address=draft.address)
            key = f"p{len(self.printers_by_key) + 1}"
            view = PrinterView(
                key, draft.name, draft.address, draft.size, not self.printers_by_key, "ready", settings=draft.settings
            )
            self.printers_by_key[key] = view
            return view

    def change(self, key: str, draft: PrinterDraft) -> PrinterView:
        with self._entered("change", draft):
            old = self.printers_by_key[key]
            settings = {**old.settings, **draft.settings}
            view = replace(old, name=draft.name, address=draft.address, size=draft.size, settings=settings)
            self.printers_by_key[key] = view
            return view

    def remove(self, key: str) -> None:
        with self._entered("remove", key):
            if key not in self.printers_by_key:
                raise NotFound("printer.unknown", "there is no such printer")
            del self.printers_by_key[key]

    def make_default(self, key: str) -> None:
        with self._entered("make_default", key):
            self.printers_by_key = {
                name: replace(view, is_default=name == key) for name, view in self.printers_by_key.items()
            }

    def label_sizes(self) -> tuple[LabelSize, ...]:
        with self._lock:
            return tuple(self.sizes.values())

    def set_label_size(self, carrier_code: str, size: str) -> None:
        with self._entered("set_label_size", carrier_code):
            self.sizes[carrier_code] = replace(self.sizes[carrier_code], size=size)

    def print_test(self, key: str) -> None:
        with self._entered("print_test", key):
            view = self.printers_by_key[key]
            self.printers_by_key[key] = replace(view, waiting=view.waiting + 1)

    def calibrate(self, key: str) -> None:
        with self._entered("calibrate", key):
            if not self.printers_by_key[key].can_calibrate:
                raise Refused("printer.no_calibration", "this printer's language has no command for it")

    def find(self, search: Search) -> FoundPrinters:
        with self._entered("find", search.with_network):
            known = {view.address for view in self.printers_by_key.values()}
            finds = tuple(find for find in self.findable if find.address not in known)
            return FoundPrinters(finds, self.find_problems)

    def newest_labels(self, limit: int) -> tuple[LabelPicture, ...]:
        with self._lock:
            return self.label_pictures[:limit]

    # --- inside -------------------------------------------------------------------------------------------------

    def _entered(self, name: str, about: object) -> "_Entry":
        if self.gate is not None and threading.current_thread() is not threading.main_thread():
            self.gate.wait(10)
        self.calls.append((name, about))
        if self.failures:
            raise self.failures.pop(0)
        return _Entry(self._lock)

    def _once(self, nonce: str, act: Callable[[], Verdict]) -> Verdict:
        if nonce in self._answers:
            return self._answers[nonce]
        verdict = act()
        if verdict.code != "knowledge.ask":
            # The same scan is judged again once the shop was asked.
            self._answers[nonce] = verdict
        return verdict

    def _open(self, parcel: ParcelView, over: int | None = None) -> Verdict:
        if parcel.state == "shipped":
            at = next(row.shipped_at for row in self.shipped if row.parcel_id == parcel.id)
            return Verdict("parcel.shipped_before", Tone.STOP, parcel, facts={"by": DESK, "at": at})
        if parcel.state == "held":
            return Verdict("parcel.held", Tone.STOP, parcel, facts={"reason": "desk_exception"})
        is_theirs = parcel.opened_by not in {"", DESK}
        if is_theirs and parcel.fence != over:
            return Verdict("parcel.taken", Tone.STOP, parcel, facts={"by": parcel.opened_by, "at": self.now()})
        state = "packing" if parcel.state == "to_pack" else parcel.state
        opened = replace(parcel, state=state, opened_by=DESK, fence=parcel.fence + 1)
        self.parcels[parcel.id] = opened
        if is_theirs:
            return Verdict("parcel.taken_over", Tone.NOTICE, opened, facts={"by": parcel.opened_by})
        return Verdict("parcel.opened", Tone.UNIT, opened)

    def _open_code(self, raw: str) -> Verdict:
        if raw in self.voided:
            return Verdict("label.voided", Tone.STOP, facts={"number": raw})
        for parcel in self.parcels.values():
            if raw == parcel.waybill_no or raw in parcel.order_nos:
                return self._open(parcel)
        goods = next((goods for goods in GOODS if goods.barcode == raw), None)
        if goods is not None:
            return Verdict("goods.nothing_open", Tone.WRONG, facts=self._facts_of(goods, None))
        return Verdict("code.unknown", Tone.WRONG, facts={"raw": raw})

    @staticmethod
    def _offer(parcel: ParcelView, raw: str) -> dict[str, object]:
        """A number printed elsewhere, for a parcel that has none."""
        is_number = raw[:2] in {"SF", "YT"} and not parcel.waybill_no
        return {"attachable": raw, "carriers": suggested(raw, 6)} if is_number else {}

    def _facts_of(self, goods: Goods, mine: int | None) -> dict[str, object]:
        """What it is and whose it is."""
        facts: dict[str, object] = {"name": goods.name, "spec": goods.spec, "sku": goods.code, "owner": None}
        for parcel in self.parcels.values():
            wants = any(line.sku_code == goods.code and line.missing_qty for line in parcel.lines)
            if wants and parcel.id != mine and parcel.state in {"to_pack", "packing"}:
                by = parcel.opened_by
                seq = None if by else parcel.wave_seq
                facts["owner"] = Owner(
                    parcel.id,
                    parcel.fence,
                    parcel.order_nos[0],
                    by,
                    self.now() if by else None,
                    seq,
                    parcel.wave_total,
                )
                break
        return facts

    def _lost(self, parcel_id: int, fence: int) -> Verdict | None:
        parcel = self.parcels[parcel_id]
        if parcel.fence == fence and parcel.opened_by == DESK:
            return None
        return Verdict("parcel.lost", Tone.STOP, parcel, facts={"by": parcel.opened_by})

    def _asked(self, code: str, qty: int) -> tuple[LineBatch, ...]:
        return tuple(replace(one, qty=qty) for one in self.batches.get(code, ())[:1])

    def _scan(self, parcel_id: int, raw: str, qty: int, batch: str = "") -> Verdict:
        parcel = self.parcels[parcel_id]
        label = parse(raw, START.year)
        raw = raw if label is None or not label.gtin else label.gtin.removeprefix("0")
        batch = label.batch if label is not None and label.batch else batch
        goods = next((goods for goods in GOODS if goods.barcode == raw), None)
        if goods is None and any(raw == other.waybill_no for other in self.parcels.values()):
            return Verdict("label.not_now", Tone.WRONG, parcel, facts={"number": raw, "missing": parcel.missing_qty})
        if goods is None:
            return Verdict("code.unknown", Tone.WRONG, parcel, facts={"raw": raw, **self._offer(parcel, raw)})
        for line in parcel.lines:
            if line.sku_code == goods.code and line.is_withdrawn:
                return Verdict("line.refunded", Tone.STOP, parcel, line.id, {"name": goods.name})
            if line.sku_code == goods.code:
                return self._verify(parcel_id, line.id, qty, batch)
        return Verdict("item.wrong", Tone.WRONG, parcel, facts=self._facts_of(goods, parcel_id))

    def _rush(
        self, wave_id: int, on_desk: tuple[int, int] | None, raw: str, rule: KnowledgeRule, batch: str
    ) -> Verdict:
        wave = next(wave for wave in self.open_waves if wave.id == wave_id)
        mine = None if on_desk is None else self.parcels[on_desk[0]]
        goods = next((goods for goods in GOODS if goods.barcode == raw), None)
        if goods is None:
            return self._open_code(raw) if on_desk is None else self._scan_label(*on_desk, raw, rule)
        facts = {"name": goods.name, "spec": goods.spec, "sku": goods.code, "wave": wave.code}
        if mine is not None and mine.print_state not in {"sent", "confirmed"}:
            return Verdict("rush.label_first", Tone.NOTICE, mine, facts=facts)
        inside = [
            parcel
            for parcel in self.parcels.values()
            if parcel.wave_code == wave.code and [line.sku_code for line in parcel.lines] == [goods.code]
        ]
        waiting = next((parcel for parcel in inside if parcel.state == "to_pack"), None)
        if waiting is None:
            code, tone = ("rush.none_left", Tone.NOTICE) if inside else ("rush.not_inside", Tone.WRONG)
            return Verdict(code, tone, mine, facts=facts)
        known = self.batches.get(goods.code, ())
        batch = batch or (known[0].code if len(known) == 1 else "")
        if known and not batch:
            return Verdict("batch.ask", Tone.NOTICE, mine, waiting.lines[0].id, facts | {"batches": known})
        if mine is not None:
            self.parcels[mine.id] = replace(mine, opened_by="", fence=mine.fence + 1)
        self._open(waiting)
        packed = self._verify(waiting.id, waiting.lines[0].id, 1, batch)
        return replace(packed, code="rush.packed", facts=facts)

    def _verify(self, parcel_id: int, line_id: int, qty: int, batch: str = "") -> Verdict:
        parcel = self.parcels[parcel_id]
        line = next(line for line in parcel.lines if line.id == line_id)
        if line.verified_qty + qty > line.qty:
            return Verdict("item.too_many", Tone.WRONG, parcel, line_id, {"missing": line.missing_qty, "units": qty})
        known = self.batches.get(line.sku_code, ())
        if known and not any(one.code == batch for one in known):
            facts = {"name": line.name, "spec": line.spec, "batch": batch, "batches": known}
            if batch:
                return Verdict("batch.unknown", Tone.WRONG, parcel, line_id, facts)
            return Verdict("batch.ask", Tone.NOTICE, parcel, line_id, facts)
        if known:
            packed = (*line.packed, *(replace(one, qty=qty) for one in known if one.code == batch))
            left = line.missing_qty - qty
            parcel = self._put(parcel, line_id, packed=packed, asked=self._asked(line.sku_code, left) if left else ())
        self._history.append((parcel_id, line_id, qty))
        parcel = self._put(parcel, line_id, verified_qty=line.verified_qty + qty)
        if not parcel.missing_qty:
            self.parcels[parcel_id] = replace(parcel, state="packed")
            if self.prints and parcel.print_state == "none" and parcel.waybill_state == "obtained":
                self._queue(self.parcels[parcel_id], "")
            return Verdict("parcel.complete", Tone.COMPLETE, self.parcels[parcel_id], line_id)
        full = line.verified_qty + qty == line.qty
        return Verdict("line.ok" if full else "unit.ok", Tone.LINE if full else Tone.UNIT, parcel, line_id)

    def _undo(self, parcel_id: int) -> Verdict:
        mine = [entry for entry in self._history if entry[0] == parcel_id]
        parcel = self.parcels[parcel_id]
        if not mine:
            return Verdict("nothing.to_undo", Tone.NOTICE, parcel)
        self._history.remove(mine[-1])
        _, line_id, qty = mine[-1]
        line = next(line for line in parcel.lines if line.id == line_id)
        parcel = self._put(replace(parcel, state="packing"), line_id, verified_qty=line.verified_qty - qty)
        return Verdict("scan.undone", Tone.NOTICE, parcel, line_id)

    def _burst(self, raw: str, rule: KnowledgeRule) -> Verdict:
        parcel = next((one for one in self.parcels.values() if one.waybill_no == raw), None)
        goods = next((one for one in GOODS if one.barcode == raw), None)
        if goods is not None:
            return Verdict("burst.goods", Tone.WRONG, facts={"name": goods.name, "spec": goods.spec})
        if parcel is None or raw in self.voided:
            return self._scan_label(None, None, raw, rule)
        if parcel.state == "shipped":
            if self.shipped[-1].parcel_id == parcel.id:
                return Verdict("burst.again", Tone.NOTICE, parcel, facts={"number": raw})
            return self._open(parcel)
        if parcel.state == "held":
            return self._open(parcel)
        seen = sum(line.verified_qty for line in parcel.lines)
        if seen and parcel.missing_qty:
            return Verdict("burst.begun", Tone.STOP, parcel, facts={"seen": seen, "missing": parcel.missing_qty})
        lines = tuple(replace(line, verified_qty=line.qty) for line in parcel.lines)
        self.parcels[parcel.id] = replace(parcel, lines=lines)
        verdict = self._scan_label(None, None, raw, rule)
        left = parcel if verdict.tone is not Tone.SHIPPED else replace(self.parcels[parcel.id], lines=parcel.lines)
        self.parcels[parcel.id] = left
        return replace(verdict, parcel=left)

    def _scan_label(self, parcel_id: int | None, fence: int | None, raw: str, rule: KnowledgeRule) -> Verdict:
        if raw in self.voided:
            return Verdict("label.voided", Tone.STOP, facts={"number": raw})
        theirs = next((parcel for parcel in self.parcels.values() if parcel.waybill_no == raw), None)
        mine = None if parcel_id is None else self.parcels[parcel_id]
        if theirs is None:
            facts = {"raw": raw, **(self._offer(mine, raw) if mine is not None else {})}
            return Verdict("label.unknown", Tone.NOTICE if len(facts) > 1 else Tone.WRONG, mine, facts=facts)
        if mine is not None and fence is not None:
            lost = self._lost(mine.id, fence)
            if lost is not None:
                return lost
        if mine is not None and theirs.id != mine.id:
            return Verdict("label.wrong", Tone.STOP, mine, facts={"number": raw})
        inside = next((line for line in theirs.lines if line.is_withdrawn and line.verified_qty), None)
        if inside is not None:
            return Verdict("line.refunded", Tone.STOP, theirs, inside.id)
        if theirs.missing_qty:
            return Verdict("parcel.incomplete", Tone.WRONG, theirs, facts={"missing": theirs.missing_qty})
        age_s = 0 if theirs.seen_at is None else int((self.now() - theirs.seen_at).total_seconds())
        if age_s > rule.limit_s and rule.on_old is OnOld.ASK:
            return Verdict("knowledge.ask", Tone.NOTICE, facts={"age_s": age_s})
        if age_s > rule.limit_s and rule.on_old is OnOld.STOP:
            return Verdict("knowledge.old", Tone.STOP, theirs, facts={"age_s": age_s})
        if theirs.note_changed_at is not None:
            told = self.parcels[theirs.id] = replace(theirs, note_changed_at=None)
            return Verdict("note.changed", Tone.STOP, told, facts={"number": raw})
        gone = replace(theirs, state="shipped", opened_by="", fence=theirs.fence + 1, print_state="confirmed")
        self.parcels[theirs.id] = gone
        self.shipped.append(ShippedRow(theirs.id, raw, self.now()))
        code = "parcel.shipped_on_old" if age_s > rule.limit_s else "parcel.shipped"
        return Verdict(code, Tone.SHIPPED, gone, facts={"number": raw, "age_s": age_s})

    def _add_box(self, parcel_id: int) -> Verdict:
        parcel = self.parcels[parcel_id]
        inside = tuple(replace(line, qty=line.verified_qty) for line in parcel.lines if line.verified_qty)
        left = tuple(
            replace(line, id=line.id + 50, qty=line.missing_qty, verified_qty=0)
            for line in parcel.lines
            if line.missing_qty
        )
        if not inside or not left:
            return Verdict("box.nothing_to_split", Tone.NOTICE, parcel)
        count = parcel.box_count + 1
        rest = replace(
            parcel, id=parcel_id + 1000, lines=left, box_no=count, box_count=count, state="to_pack", opened_by="",
            waybill_no=f"{parcel.waybill_no}2",
        )  # fmt: skip
        self.parcels[rest.id] = rest
        self.parcels[parcel_id] = replace(parcel, lines=inside, box_count=count, state="packed")
        self._queue(self.parcels[parcel_id], "")
        facts = {"box": parcel.box_no, "one_number": self.takes_one_number}
        return Verdict("box.added", Tone.COMPLETE, self.parcels[parcel_id], facts=facts)

    def _put(self, parcel: ParcelView, line_id: int, **changes: object) -> ParcelView:
        lines = tuple(
            replace(line, **changes) if line.id == line_id else line  # type: ignore[arg-type]  # own names
            for line in parcel.lines
        )
        self.parcels[parcel.id] = replace(parcel, lines=lines)
        return self.parcels[parcel.id]

    def _queue(self, parcel: ParcelView, reason: str) -> PrintJobView:
        copies = sum(job.waybill_no == parcel.waybill_no for job in self.jobs.values())
        job = PrintJobView(
            id=len(self.jobs) + 1,
            waybill_id=parcel.waybill_id or 0,
            waybill_no=parcel.waybill_no,
            order_nos=parcel.order_nos,
            copy_no=copies,
            printer_key="p1",
            state="queued",
            reason=reason,
            last_error="",
            created_at=self.now(),
            sent_at=None,
        )
        return self._settle(job, "queued")

    def _settle(self, job: PrintJobView, state: str) -> PrintJobView:
        self.jobs[job.id] = replace(job, state=state)
        for parcel in list(self.parcels.values()):
            if parcel.waybill_no == job.waybill_no:
                self.parcels[parcel.id] = replace(parcel, print_state=state)
        return self.jobs[job.id]

    def _rows(self) -> list[OrderRow]:
        return [self.orders[key].row for key in sorted(self.orders, reverse=True)]

    @staticmethod
    def _is_in(row: OrderRow, wanted: OrderFilter) -> bool:
        text = wanted.search
        if text and text not in f"{row.order_no} {row.waybill_no} {row.goods} {row.consignee}":
            return False
        over = row.fulfilment in {"shipped", "completed", "cancelled"}
        piles = {
            "all": True,
            "open": not over,
            "unpaid": not over and row.payment == "unpaid",
            "held": not over and bool(row.hold_reason) and row.hold_reason not in ("short", "paid_no_stock"),
            "paid_no_stock": not over and row.hold_reason == "paid_no_stock",
            "short": not over and row.hold_reason == "short",
            "shipped": row.fulfilment == "shipped",
            "closed": row.fulfilment in {"completed", "cancelled"},
        }
        return piles.get(wanted.pile, row.fulfilment == wanted.pile and not row.hold_reason)


@dataclass
class _Entry:
    """Holds the world's lock for one call."""

    lock: AbstractContextManager[bool]

    def __enter__(self) -> None:
        self.lock.__enter__()

    def __exit__(self, *_: object) -> None:
        self.lock.__exit__(None, None, None)


def furnished(folder: Path | None = None) -> DeskWorld:
    """A world with parcels, orders, shops and printers, as a demonstration shows it."""
    world = DeskWorld()
    milk, bottle, bib, wipes, diapers = GOODS
    world.add_parcel((milk, 2), (bottle, 1), (bib, 1), note="请放门口，谢谢")
    world.add_parcel((wipes, 24))
    world.add_parcel((diapers, 2), (milk, 1))
    world.add_parcel((bottle, 1))
    for order_id in range(4700, 5000):
        changes: dict[str, object] = {}
        if order_id % 17 == 0:
            changes = {"hold_reason": "short"}
        elif order_id % 13 == 0:
            changes = {"payment": "unpaid", "fulfilment": "to_review", "waybill_no": ""}
        elif order_id % 7 == 0:
            changes = {"fulfilment": "shipped"}
        elif order_id % 11 == 0:
            changes = {"after_sale": "requested", "hold_reason": "refund_requested"}
        elif order_id % 5 == 0:
            changes = {"fulfilment": "packed"}
        world.add_order(order_id, **changes)
    world.shops = (
        ShopLight(1, "天猫旗舰店", "good", START - timedelta(seconds=12), ""),
        ShopLight(2, "拼多多店", "good", START - timedelta(seconds=40), ""),
        ShopLight(3, "练习店", "notice", START - timedelta(minutes=6), "no answer within 10 s"),
    )
    where = "virtual:" + ("/home/desk/labels" if folder is None else str(folder))
    world.sizes = {"TT": LabelSize("TT", "通通快递", ""), "SF": LabelSize("SF", "顺丰速运", "76x130")}
    world.printers_by_key = {
        "p1": PrinterView(
            "p1", "GP-1324D 一号台", "tcp://192.168.1.50:9100", "100x150", True, "ready", can_calibrate=True
        ),
        "p2": PrinterView("p2", "二号打印机", "device:/dev/usb/lp0", "76x130", False, "paper_out", waiting=3),
        "p3": PrinterView("p3", "虚拟打印机", where, "100x150", False, "ready", is_fixed=True),
    }
    world.findable = (
        FindView("usb:2d37:cbb4", "Xprinter XP-P323B", "usb", "tspl", "says"),
        FindView("usb:0a5f:0166@1.3", "Zebra GK888t", "usb", "zpl", "maker", problem="wire.forbidden"),
        FindView("cups:label", "label", "cups", "", "unknown"),
        FindView("serial:/dev/ttyUSB0", "USB Serial", "serial", "", "unknown", is_certain=False),
    )
    return world
