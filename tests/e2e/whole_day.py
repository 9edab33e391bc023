"""A shop's day played by script on the desk as the desktop joins it: files, a shop, orders by hand; paper, scans, sheets.

The script keeps a book of its own: what each order wants and where it has to stand. Numbers come off the paper alone,
read by two programs; goods are scanned as a scanner would; what the files, the shop and the day's report say in the
evening has to agree with the book.
"""

import csv
import math
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

import openpyxl
import pytest
from sqlalchemy import Connection, text

from core.app import Core, new_nonce
from core.desk.files import Plan
from core.files.exporting import SHIPPING_HEADERS
from core.files.progress import Progress
from core.fulfilment.records import Verdict
from core.inventory.stock_list import StockFilter, StockRow
from core.orders.entry_records import EnteredLine, EnteredReceiver, OrderDraft
from core.orders.records import PILES, OrderFilter, OrderRow
from core.practice.catalogue import practice_catalogue
from core.runtime.clock import SystemClock
from core.runtime.errors import Refused
from desktop.bridge.tasks import InlineTasks
from desktop.commands import Command
from desktop.composition import Desk
from desktop.pages.packing.presenter import PackingPresenter
from desktop.settings import DeskSettings
from printing.languages.escpos import _BAND_ROWS
from printing.render import LabelRenderer
from tests.e2e import day_files
from tests.e2e.day_files import GOODS, LATER, PLATFORMS, Fate, FileOrder
from tests.e2e.day_printers import FourPrinters, number_on
from tests.support.data_folder import day_options

_PATIENCE_S = 60.0
#: bytes of 100 x 150 mm as ESC/POS writes them, near enough: a label, and what frees a printer before its first one
_LABEL, _FREEING = 100 * 1200, 100 * _BAND_ROWS
#: a clerk takes so many units of one thing with a multiplier
_MANY = 6
#: where the orders of a file go
_TOLD_AT = frozenset({"seen_at", "received_at"})
_INTAKE = (
    "orders",
    "order_line",
    "customer",
    "consignee",
    "channel_copy",
    "hold",
    "reservation",
    "stock_level",
    "movement",
    "parcel",
    "parcel_line",
)
_SHIPPED = frozenset({"parcel.shipped", "parcel.shipped_on_old"})
#: the carrier of our own numbers
OURS = "练习快递"
#: of JD's masked orders so many are sent by another program altogether
_SENT_ELSEWHERE = 5
#: the pile of the day in which an order of a file stands once it was read
_PILE = {
    Fate.PACKS: "to_pack",
    Fate.MASKED: "held",
    Fate.UNPAID: "unpaid",
    Fate.CLOSED: "cancelled",
    Fate.REFUND: "held",
    Fate.UNMATCHED: "held",
    Fate.SHORT: "short",
    Fate.LATE: "short",
}
#: as buyers write themselves in chats; nobody lives there
_PASTED = (
    "收件人：林小满 电话：13800000001 地址：浙江省杭州市余杭区练习路18号3栋402室",
    "周谷雨，13800000002，广东省深圳市南山区示范街7号",
    "13800000003 王白露 江苏省苏州市姑苏区样例大道99号星河小区5栋1201",
    "姓名: 陈立夏\n手机号码: 13800000004\n详细地址: 上海市浦东新区演练巷12号",
    "李青禾 138-0000-0005 北京市朝阳区虚构大街1号院2号楼3单元401",
    "四川省成都市武侯区练习路66号 赵半夏 13800000006",
    "湖北省武汉市洪山区示范街8号青禾苑 孙知秋 +86 13800000007",
    "郑听雨　１３８０００００００８　福建省厦门市思明区样例大道5号",
    "收货人: 吴小麦\n所在地区: 山东省青岛市市南区\n详细地址: 演练巷3号\n手机: 13800000009",
    "冯豆豆 13800000010 陕西省西安市雁塔区虚构大街20号云朵花园",
)


class FortyOrders(Protocol):
    """A shop in which people buy."""

    def open(self, core: Core) -> int:
        """Make it known to the desk; gives its id there. Its goods are the day's, or known to the desk already."""
        ...

    def buy(self) -> Mapping[str, Mapping[str, int]]:
        """Forty orders, paid: number -> goods by code, as they are packed."""
        ...

    def cancel(self, order_no: str) -> None:
        """Call an order off and give the money back."""
        ...

    def told(self, order_no: str) -> Sequence[str]:
        """The numbers of parcels the shop shows as sent, for an order that it shows as shipped."""
        ...


@dataclass
class Entry:
    """One order in the script's own book."""

    source: str
    goods: Mapping[str, int]
    pile: str
    order: FileOrder | None = None
    number: str = ""
    carrier: str = OURS


@dataclass
class Heard:
    """Passes every act on to core and keeps the verdicts."""

    packing: Any
    codes: list[str] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        act = getattr(self.packing, name)

        def heard(*args: Any) -> Any:
            answer = act(*args)
            if isinstance(answer, Verdict):
                self.codes.append(answer.code)
            return answer

        return heard


class Evening(SystemClock):
    """The machine's clock; shortly before midnight in China it is put back, because the day must not end meanwhile."""

    def __init__(self) -> None:
        minute = (super().now() + timedelta(hours=8)).time()
        self.back = timedelta(hours=2 if (minute.hour, minute.minute) >= (23, 40) else 0)

    def now(self) -> Any:
        return super().now() - self.back


@contextmanager
def running_desk(folder: Path) -> Iterator[Desk]:
    """A desk on a new data folder, with the practice shop and its carrier."""
    desk = Desk(day_options(folder, Evening()), LabelRenderer, virtual_folder=folder / "labels")
    desk.start(with_practice=True)
    try:
        yield desk
    finally:
        desk.stop()


class WholeDay:
    """The day, one step after the other. Each step says what has to be so afterwards."""

    def __init__(self, desk: Desk, shop: FortyOrders, printers: FourPrinters, folder: Path) -> None:
        assert desk.printers is not None
        self.core = desk.core
        assert isinstance(desk.core.config.clock, Evening)
        self._clock = desk.core.config.clock
        self._desk_printers = desk.printers
        self._shop = shop
        self._printers = printers
        self._folder = folder
        self._chance = random.Random(11)
        self._book: dict[str, Entry] = {}
        self._orders = day_files.orders_of_the_morning()
        self._barcodes: dict[str, str] = {good.code: good.barcode for good in GOODS}
        self._barcodes |= {sku.code: sku.barcodes[0] for sku in practice_catalogue() if sku.barcodes}
        self._sold: Counter[str] = Counter()
        self._received: Counter[str] = Counter()
        self._sku_ids: dict[str, int] = {}
        self._keys: dict[str, str] = {}
        #: language -> what its papers say, so that none is read twice
        self._read: dict[str, list[str]] = {}
        self.heard = Heard(desk.core.packing)
        self._settings = DeskSettings(None)
        self._presenter = PackingPresenter(
            self.heard,  # type: ignore[arg-type]  # passes every call on
            desk.core.labels,
            InlineTasks(_raise),
            self._settings,
            now=desk.core.config.clock.now,
            nonce=new_nonce,
            on_sound=lambda _name: None,
        )
        self.stages: dict[str, float] = {}

    def play(self) -> None:
        """From the morning to the evening."""
        for step in (
            self.bring_goods,
            self.look_before_work,
            self.import_morning,
            self.buy_at_the_shop,
            self.enter_by_hand,
            self.wait_for_numbers,
            self.set_up_printers,
            self.print_waves,
            self.pack_by_paper,
            self.goods_come_late,
            self.pack_what_others_printed,
            self.import_later,
            self.hand_over,
            self.tell_platforms,
            self.tell_shop,
            self.close_the_day,
        ):
            began = time.perf_counter()
            step()
            self.stages[step.__name__] = round(time.perf_counter() - began, 2)

    # --- the morning ----------------------------------------------------------------------------------------------

    def bring_goods(self) -> None:
        """Goods with barcodes and their counts come from files."""
        for path in day_files.write_goods(self._folder / "in"):
            for expected in ((len(GOODS), 0), (0, len(GOODS))):
                counts = self._run(self._planned(None, [path]))
                assert (counts.new, counts.unchanged, counts.rejected) == (*expected, 0), path.name
        levels = self._levels()
        counted = {good.code: levels[good.code].quantities.on_hand_qty for good in GOODS if good.opening}
        assert counted == {good.code: good.opening for good in GOODS if good.opening}
        self._sku_ids = {row.code: row.sku_id for row in self._stock_rows()}
        self._opening = {code: row.quantities.on_hand_qty for code, row in levels.items()}

    def look_before_work(self) -> None:
        """Nothing stops the day from beginning."""
        self._shop_id = self._shop.open(self.core)
        # A new shop's light is good before its first pull; what a used one has sold before comes with that.
        self._until("every shop was heard", lambda: "shop_never" not in [one.code for one in self.core.day.checks()])
        assert {one.state for one in self._lights()} == {"good"}
        stops = {check.code for check in self.core.day.checks() if check.tone == "stop"}
        # A desk whose clock was put back is told so by a real shop, whose clock was not.
        assert stops <= ({"clock"} if self._clock.back else set()), stops

    def import_morning(self) -> None:
        """Four exports; broken rows are named, and a second reading changes nothing."""
        at = self.core.config.clock.now() - timedelta(minutes=30)
        self._files = day_files.write_morning(self._folder / "in", self._orders, at)
        self._file_shops: dict[str, int] = {}
        for platform, paths in self._files.items():
            shop_id = self._file_shops[platform] = self.core.files.add_shop(f"{platform} 店", platform).id
            plan = self._planned(shop_id, paths)
            assert [one.reason for one in plan.rejected] == list(day_files.REASONS[platform]), platform
            mine = [one for one in self._orders if one.platform == platform]
            masked = sum(1 for one in mine if one.fate is Fate.MASKED)
            counts = self._run(plan)
            assert (counts.new, counts.changed, counts.masked) == (len(mine), 0, masked), platform
            before = self._everything()
            counts = self._run(self._planned(shop_id, paths))
            assert (counts.new, counts.changed, counts.unchanged) == (0, 0, len(mine)), platform
            assert self._everything() == before, "the same file again"
            for one in mine:
                self._book[one.no] = Entry(platform, one.goods, _PILE[one.fate], one)
        self._look_at_piles()

    def buy_at_the_shop(self) -> None:
        """Forty orders at a shop, pulled over HTTP."""
        bought = self._shop.buy()
        assert len(bought) == 40
        for no, goods in bought.items():
            self._book[no] = Entry("shop", goods, "to_pack")

        def are_in() -> bool:
            self.core.pull_now()
            return bought.keys() <= {row.order_no for row in self._rows("to_pack")}

        self._until("the shop's orders are in", are_in)

    def enter_by_hand(self) -> None:
        """Ten orders with pasted addresses."""
        entry = self.core.order_entry
        for place, pasted in enumerate(_PASTED):
            parsed = entry.parse(pasted)
            receiver = EnteredReceiver(
                parsed.name, parsed.phone, parsed.province, parsed.city, parsed.district, parsed.address
            )
            assert receiver.phone == f"138000000{place + 1:02d}", pasted
            assert len(receiver.name) == 3, pasted
            goods = {GOODS[place].code: 1 + place % 2}
            (choice,) = entry.goods(GOODS[place].code)
            lines = (EnteredLine(choice.sku_id, 1 + place % 2, unit_price_fen=1990),)
            saved = entry.save(OrderDraft(lines, receiver))
            assert not saved.is_short
            self._book[saved.order_no] = Entry("hand", goods, "to_pack")

    def wait_for_numbers(self) -> None:
        """The carrier gives every parcel its number; all stands where the book says."""
        self._until("every number has come", lambda: self.core.status.status().outbox_waiting == 0)
        self._look_at_piles()
        rows = self._rows("to_pack")
        assert len({row.waybill_no for row in rows} - {""}) == len(rows)
        assert not any(row.waybill_no for pile in ("held", "short", "unpaid") for row in self._rows(pile))

    # --- paper ----------------------------------------------------------------------------------------------------

    def set_up_printers(self) -> None:
        """Four printers of four languages, each tried with a test label."""
        for language, printer in self._printers.by_language.items():
            self._keys[language] = self._desk_printers.add(printer.draft).key
            self._desk_printers.print_test(self._keys[language])
            self._until("the test label is out", lambda papers=printer: len(papers.papers) == 1)  # type: ignore[misc]
            assert number_on(printer.papers[0], lambda code: code.startswith("TEST")) == "TEST0000000000"

    def print_waves(self) -> None:
        """A wave for each printer. One runs out of paper in the middle, one vanishes and comes back."""
        zpl, escpos = self._printers.zpl, self._printers.escpos
        waiting = self.core.packing.to_pack()
        self._settings.put("way", "batch")
        self._settings.put("wave_size", math.ceil(waiting / 4))
        # In the beginning of the third label: what comes out of it holds no number.
        escpos.vanish_after(_FREEING + 2 * _LABEL + _LABEL // 16)
        for language in self._printers.by_language:
            self._desk_printers.make_default(self._keys[language])
            self._presenter.start_wave()
        assert [wave.way for wave in self._presenter.screen.waves] == ["batch"] * 4
        zpl.wait_for_papers(4, 30)
        zpl.run_out_of_paper()
        self._until("the desk knows of the paper", lambda: self._printer_state("zpl") == "paper_out")
        self._until("the desk knows that one is gone", lambda: self._printer_state("escpos") == "offline")
        stood = len(self._printers.by_language["zpl"].papers)
        assert stood < self._settings.number("wave_size")
        zpl.load_paper()
        escpos.come_back()
        self._until("all labels are out", self._is_queue_empty)
        self._presenter.tick()
        question = self._presenter.screen.question
        assert question is not None, "nobody was asked about the label that broke off"
        assert question.waybill_no not in self._numbers_of("escpos")
        self._presenter.press(Command.LABEL_MISSING)
        self._until("the last label is out", self._is_queue_empty)
        self._presenter.tick()
        assert self._presenter.screen.question is None

    def _is_queue_empty(self) -> bool:
        return not any(job.state in {"queued", "claimed", "sending"} for job in self.core.labels.open_jobs())

    def _printer_state(self, language: str) -> str:
        return next(one.state for one in self._desk_printers.printers() if one.key == self._keys[language])

    def _numbers_of(self, language: str) -> list[str]:
        """The numbers on the papers of a printer, without its test label; a paper that broke off has none."""
        read = self._read.setdefault(language, [])
        read += [number_on(paper, _is_ours) for paper in self._printers.by_language[language].papers[1 + len(read) :]]
        return [number for number in read if number]

    # --- packing --------------------------------------------------------------------------------------------------

    def pack_by_paper(self) -> None:
        """Every label is read off its paper, its goods are scanned, and it is scanned out."""
        wanted = {row.waybill_no: row.order_no for row in self._rows("to_pack")}
        pasted: list[str] = []
        for language in self._printers.by_language:
            numbers = self._numbers_of(language)
            spoiled = 1 if language == "escpos" else 0
            assert len(self._printers.by_language[language].papers) - 1 - len(numbers) <= spoiled, language
            pasted += numbers
        assert Counter(pasted) == Counter(list(wanted)), "one label for each parcel, and no label twice"
        self._chance.shuffle(pasted)
        special = self._special_ones()
        for place, number in enumerate(pasted):
            order_no = wanted[number]
            self._book[order_no].number = number
            special.get(order_no, self._pack_and_ship)(number, order_no)
            if place % 10 == 0:
                assert self.core.stock.discrepancies() == []
        self._look_at_piles()

    def _special_ones(self) -> Mapping[str, Callable[[str, str], None]]:
        """Orders to which something happens on the desk."""

        def some(source: str, count: int) -> list[str]:
            found = [no for no, entry in self._book.items() if entry.source == source and entry.pile == "to_pack"]
            return self._chance.sample(found, count)

        paid_back, self._intercepted = some("pdd", 2)
        (lacking, damaged), (cancelled,) = some("hand", 2), some("shop", 1)
        self._paid_back = paid_back
        return {
            paid_back: self._pack_and_put_aside,
            lacking: self._meet_a_gap,
            damaged: self._meet_damage,
            cancelled: self._meet_a_cancellation,
        }

    def _pack_and_ship(self, number: str, order_no: str) -> None:
        self._pack(number)
        self._ship(number, order_no)

    def _pack(self, number: str) -> None:
        """Scan the label, then the goods; now and then something wrong."""
        self._scan(number, "parcel.opened")
        if self._chance.random() < 0.2:
            self._scan_wrong()
        self._verify()

    def _verify(self) -> None:
        while (line := self._missing_line()) is not None:
            units = line.missing_qty
            barcode = self._barcodes.get(line.sku_code, "")
            if not barcode:
                self._presenter.press(Command.HAND)
            elif units >= _MANY:
                self._presenter.scan(f"PD-QTY-{units}")
                self._presenter.scan(barcode)
            else:
                self._presenter.scan(barcode)
            assert self._missing_line() != line, f"the desk did not take {line.sku_code}: {self.heard.codes[-1]}"
        assert self.heard.codes[-1] == "parcel.complete"

    def _scan_wrong(self) -> None:
        """What is not wanted here, nobody's code, and the label before the goods: nothing is counted."""
        parcel = self._presenter.screen.parcel
        assert parcel is not None
        stranger = next(good for good in GOODS if all(line.sku_code != good.code for line in parcel.lines))
        self._scan(stranger.barcode, "item.wrong")
        self._scan("6900000000000", "code.unknown")
        self._presenter.scan(parcel.waybill_no)
        assert self.heard.codes[-1] == "parcel.incomplete"
        after = self._presenter.screen.parcel
        assert after is not None
        assert after.missing_qty == parcel.missing_qty

    def _ship(self, number: str, order_no: str) -> None:
        self._presenter.scan(number)
        assert self.heard.codes[-1] in _SHIPPED, self.heard.codes[-1]
        assert self._presenter.screen.parcel is None
        entry = self._book[order_no]
        entry.pile, entry.number = "awaits_courier", number
        self._sold.update(entry.goods)

    def _pack_and_put_aside(self, number: str, order_no: str) -> None:
        self._pack(number)
        self._put_back()
        self._book[order_no].pile = "packed"

    def _meet_a_gap(self, number: str, order_no: str) -> None:
        """The shelf is empty: the parcel waits."""
        self._scan(number, "parcel.opened")
        self._presenter.scan("PD-EXCEPTION")
        self._scan("PD-REASON-1", "parcel.parked")
        self._scan(number, "parcel.held")
        self._book[order_no].pile = "held"

    def _meet_damage(self, number: str, order_no: str) -> None:
        """One unit is broken: named by its barcode it is set aside, and another one is taken."""
        self._scan(number, "parcel.opened")
        self._presenter.scan("PD-EXCEPTION")
        self._presenter.scan("PD-REASON-2")
        self._broken = next(iter(self._book[order_no].goods))
        self._scan(self._barcodes[self._broken], "unit.damaged")
        self._verify()
        self._ship(number, order_no)

    def _meet_a_cancellation(self, number: str, order_no: str) -> None:
        """Called off after it was packed: its label opens no door any more."""
        self._pack(number)
        self._shop.cancel(order_no)
        # The desk's own round may be at it, begun before: it is left alone then.
        self._until("the shop was asked", lambda: self.core.pull_shop(self._shop_id) is not None)
        self._presenter.press(Command.REFRESH)
        self._scan(number, "label.voided")
        self._presenter.press(Command.BACK)
        self._book[order_no].pile = "cancelled"

    def _put_back(self) -> None:
        for _ in range(2):
            if self._presenter.screen.parcel is not None:
                self._presenter.press(Command.BACK)
        assert self._presenter.screen.parcel is None

    def _scan(self, code: str, verdict: str) -> None:
        self._presenter.scan(code)
        assert self.heard.codes[-1] == verdict, (code, self.heard.codes[-1])

    def _missing_line(self) -> Any:
        parcel = self._presenter.screen.parcel
        assert parcel is not None
        return next((line for line in parcel.lines if line.missing_qty), None)

    # --- the afternoon --------------------------------------------------------------------------------------------

    def goods_come_late(self) -> None:
        """What an order waited for is booked in: it goes its way, and its label comes with the last unit."""
        (order_no,) = [one.no for one in self._orders if one.fate is Fate.LATE]
        warehouse = self.core.stock.warehouses()[0].id
        self.core.stock.receive(warehouse, self._sku_ids[LATER], 5, "delivery", "delivery of the afternoon")
        self._received[LATER] += 5
        self._until("its number has come", lambda: self._row(order_no).waybill_no != "")
        self._desk_printers.make_default(self._keys["tspl"])
        before = len(self._numbers_of("tspl"))
        self._presenter.scan(order_no)
        assert self.heard.codes[-1] == "parcel.opened"
        for _ in range(2):
            self._presenter.scan(self._barcodes[LATER])
        assert self.heard.codes[-1] == "parcel.complete"
        self._until("its label is out", lambda: len(self._numbers_of("tspl")) == before + 1)
        self._ship(self._numbers_of("tspl")[-1], order_no)

    def pack_what_others_printed(self) -> None:
        """Masked orders come with numbers that the platforms' own software printed: packed and scanned out like any.

        Their labels are no business of ours, so nothing more is printed here. Taobao's and Pinduoduo's masked orders
        have no numbers yet and stand held.
        """
        mine = self._masked("jd")[:-_SENT_ELSEWHERE] + self._masked("douyin")
        printed = sum(len(printer.papers) for printer in self._printers.by_language.values())
        table, numbers = day_files.write_numbers(self._folder / "in", mine, self.core.config.clock.now())
        for expected in ((len(mine), 0), (0, len(mine))):
            counts = self._run(self._planned(None, [table]))
            assert (counts.new, counts.unchanged, counts.rejected) == (*expected, 0)
        for one in mine:
            entry = self._book[one.no]
            entry.pile, entry.carrier = "to_pack", day_files.PRINTED_ELSEWHERE[one.platform][0]
        self._look_at_piles()
        for one in mine:
            self._pack_and_ship(numbers[one.no], one.no)
        assert self._is_queue_empty()
        assert sum(len(printer.papers) for printer in self._printers.by_language.values()) == printed

    def _masked(self, platform: str) -> list[FileOrder]:
        return [one for one in self._orders if one.platform == platform and one.fate is Fate.MASKED]

    def import_later(self) -> None:
        """Later exports: what was paid back after packing is stopped, what another program sent is closed."""
        at = self.core.config.clock.now() - timedelta(minutes=1)
        sent = [one.no for one in self._masked("jd")[-_SENT_ELSEWHERE:]]
        refunded = (self._paid_back, self._intercepted)
        files = day_files.write_later(self._folder / "in", self._orders, at, refunded=refunded, sent=sent)
        for platform, changed in (("pdd", len(refunded)), ("jd", len(sent))):
            counts = self._run(self._planned(self._file_shops[platform], files[platform]))
            assert (counts.new, counts.changed, counts.older) == (0, changed, 0), platform
        self._scan(self._book[self._paid_back].number, "label.voided")
        self._book[self._paid_back].pile = "cancelled"
        self._close_as_sent(sent)
        self._look_at_piles()

    def _close_as_sent(self, sent: Sequence[str]) -> None:
        """What another program sent altogether: the desk hears of it by the next export, a person says so."""
        for order_no in sent:
            row = self._row(order_no)
            assert self.core.orders.detail(row.id).holds != (), order_no  # type: ignore[union-attr]
            self.core.orders.close_elsewhere(row.id, "other_program", left_our_shelf=True)
            entry = self._book[order_no]
            entry.pile = "elsewhere"
            self._sold.update(entry.goods)

    def hand_over(self) -> None:
        """The courier counts; what was paid back meanwhile stays here."""
        desk = self.core.handover
        intercepted = self._book[self._intercepted]
        assert [one.number for one in desk.intercepted()] == [intercepted.number]
        gone = {no for no, entry in self._book.items() if entry.pile == "awaits_courier" and no != self._intercepted}
        signed = 0
        for pile in desk.piles():
            sheet = desk.open_sheet(pile.carrier_code)
            some = [self._book[no].number for no in gone if self._book[no].carrier == pile.carrier_name][:3]
            assert [desk.scan(sheet, number).count for number in some] == [1, 2, 3]
            assert desk.scan(sheet, some[0]).is_again
            with pytest.raises(Refused) as stays:
                desk.scan(sheet, intercepted.number)
            is_its_own = pile.carrier_name == intercepted.carrier
            assert stays.value.code == ("handover.intercepted" if is_its_own else "handover.other_carrier")
            count = desk.take_all(sheet).count
            with pytest.raises(Refused) as wrong:
                desk.close(sheet, "王师傅", count + 1)
            assert wrong.value.facts == {"ours": count, "counted": count + 1}
            desk.close(sheet, "王师傅", count)
            signed += count
        assert signed == len(gone)
        for no in gone:
            self._book[no].pile = "handed_over"
        (kept,) = desk.intercepted()
        desk.pull_out(kept.parcel_id)
        intercepted.pile = "cancelled"
        self._sold.subtract(intercepted.goods)
        assert desk.piles() == ()
        self._look_at_piles()

    # --- the evening ----------------------------------------------------------------------------------------------

    def tell_platforms(self) -> None:
        """A table of shipped parcels for each platform, row by row what was packed; none of them twice."""
        for platform in PLATFORMS:
            shop_id = self._file_shops[platform]
            path = self._folder / f"{platform}.{'csv' if platform in {'taobao', 'douyin'} else 'xlsx'}"
            done = self.core.files.export_shipping(path, shop_id)
            header, *rows = _cells(path)
            assert tuple(header) == SHIPPING_HEADERS[platform]
            mine = [no for no, one in self._book.items() if one.source == platform and one.pile == "handed_over"]
            assert mine, platform
            expected = Counter((no, self._book[no].carrier, self._book[no].number) for no in mine)
            assert Counter(tuple(row) for row in rows) == expected, platform
            assert done.rows == len(mine)
            with pytest.raises(Refused) as none_left:
                self.core.files.export_shipping(path, shop_id)
            assert none_left.value.code == "files.nothing_to_ship"

    def tell_shop(self) -> None:
        """The shop shows every order that left with the number that was on its paper, and no other."""
        self._until("the shop has been told", lambda: self.core.status.status().outbox_waiting == 0)
        assert self.core.status.status().outbox_failed == 0
        for no, entry in self._book.items():
            if entry.source == "shop":
                assert list(self._shop.told(no)) == ([entry.number] if entry.pile == "handed_over" else []), no

    def close_the_day(self) -> None:
        """Every order in one pile, every unit explained, the day in a table."""
        self._look_at_piles()
        report = self.core.day.report()
        assert {pile.name: pile.orders for pile in report.piles if pile.orders} == Counter(
            entry.pile for entry in self._book.values()
        )
        assert report.total == len(self._book)
        left = [entry for entry in self._book.values() if entry.pile == "handed_over"]
        # One was scanned out and pulled out again.
        figures = [(day.shipped, day.handed_over, day.pulled_out) for day in report.shops]
        assert [sum(column) for column in zip(*figures, strict=True)] == [len(left) + 1, len(left), 1]
        assert sum(day.taken for day in report.shops) == len(self._book)
        self._account_for_stock()
        table = self._folder / "day.xlsx"
        self.core.files.export_day(table)
        assert ["合计", len(self._book)] in [row[1:3] for row in _cells(table)]
        self._look_over_paper()

    def _account_for_stock(self) -> None:
        assert self.core.stock.discrepancies() == []
        for code, row in self._levels().items():
            expected = self._opening.get(code, 0) + self._received[code] - self._sold[code]
            assert row.quantities.on_hand_qty == expected, code
            assert row.level_id is not None
            why = self.core.stock.why(row.level_id)
            assert sum(why.moved_by_kind.values()) == expected, code
            assert sum(one.qty for one in why.holders) == row.quantities.reserved_qty + row.quantities.confirmed_qty
            assert row.quantities.quarantined_qty == (1 if code == self._broken else 0)

    def _look_over_paper(self) -> None:
        """No number stands on two papers, not even over the whole day."""
        numbers = [number for language in self._printers.by_language for number in self._numbers_of(language)]
        assert len(numbers) == len(set(numbers))
        ours = [entry for entry in self._book.values() if entry.pile == "handed_over" and entry.carrier == OURS]
        assert {entry.number for entry in ours} <= set(numbers)

    # --- looking --------------------------------------------------------------------------------------------------

    def _look_at_piles(self) -> None:
        """Each order of the book stands where the book says, in one pile of the list and no other."""
        stands: dict[str, list[str]] = {}
        for pile in PILES:
            if pile not in {"all", "open"}:
                for row in self._rows(pile):
                    stands.setdefault(row.order_no, []).append(pile)
        doors = {pile: pile for pile in PILES} | {
            "awaits_courier": "shipped",
            "handed_over": "shipped",
            "elsewhere": "shipped",
            "cancelled": "closed",
        }
        assert stands == {no: [doors[entry.pile]] for no, entry in self._book.items()}

    def _rows(self, pile: str) -> list[OrderRow]:
        found: list[OrderRow] = []
        after: int | None = None
        while True:
            page = self.core.orders.page(OrderFilter(pile), after, 200)
            found += page.rows
            after = page.next_after
            if after is None:
                return found

    def _row(self, order_no: str) -> OrderRow:
        rows = self.core.orders.page(OrderFilter("all", order_no), None, 5).rows
        return next(row for row in rows if row.order_no == order_no)

    def _stock_rows(self) -> list[StockRow]:
        found: list[StockRow] = []
        after = None
        while True:
            page = self.core.stock.page(StockFilter(), after, 200)
            found += page.rows
            after = page.next_after
            if after is None:
                return found

    def _levels(self) -> dict[str, StockRow]:
        return {row.code: row for row in self._stock_rows() if row.level_id is not None}

    def _lights(self) -> Sequence[Any]:
        self.core.pull_now()
        return self.core.status.status().shops

    def _everything(self) -> object:
        """Every row of the tables that a file's orders go into; the carrier's numbers come meanwhile.

        Without the moments at which a shop told us: that of the forty orders is asked again and again beside.
        """

        def rows(connection: Connection, name: str) -> Sequence[Mapping[str, Any]]:
            found = connection.execute(text(f'SELECT * FROM "{name}" ORDER BY 1')).mappings()
            return [{key: value for key, value in row.items() if key not in _TOLD_AT} for row in found]

        return self.core.store.read(lambda connection: {name: rows(connection, name) for name in _INTAKE})

    def _planned(self, shop_id: int | None, paths: Sequence[Path]) -> Plan:
        files = self.core.files
        return files.plan([(read, read.choices[0]) for read in files.read(paths)], shop_id)

    def _run(self, plan: Plan) -> Any:
        done, _ = self.core.files.run(plan, Progress())
        assert done.is_whole
        return done.counts

    def _until(self, what: str, is_so: Callable[[], bool]) -> None:
        ends_at = time.monotonic() + _PATIENCE_S
        while not is_so():
            assert time.monotonic() < ends_at, f"gave up waiting until {what}"
            time.sleep(0.05)


def _cells(path: Path) -> list[list[Any]]:
    """A written table, read by no code of the program; csv cells without the mark that keeps Excel's hands off."""
    if path.suffix == ".xlsx":
        sheet = openpyxl.load_workbook(path).active
        assert sheet is not None
        return [list(row) for row in sheet.iter_rows(values_only=True)]
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [[cell.removeprefix("'") for cell in row] for row in csv.reader(file)]


def _is_ours(code: str) -> bool:
    return code.startswith("PX")


def _raise(error: Exception) -> None:
    raise error
