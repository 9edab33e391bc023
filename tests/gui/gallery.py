"""Renders every page with the little shop into PNG files: `python -m tests.gui.gallery --out DIR`."""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton
from sqlalchemy import delete

from core.db.unit_of_work import UnitOfWork
from core.desk.door import DoorDesk
from core.desk.files import Files
from core.fulfilment.wave_records import Choice
from core.gateway.models import DoorCall, DoorNode
from core.gateway.wishes import DoorWish, put_wish
from core.runtime.remote_errors import ContractBroken, Rejected, Temporary
from core.sync import unread
from desktop.app import build_window
from desktop.commands import Command
from desktop.settings import DeskSettings
from desktop.shell.ports import DeskPorts
from desktop.shell.window import DeskWindow, Start
from tests.files.conftest import csv_bytes, pdd_orders
from tests.gui.after_sale_scenes import after_sale_scenes, furnish_after_sales
from tests.gui.batch_scenes import batch_asked, batch_scenes, furnish_batches
from tests.gui.desks_scenes import desks_scenes, several_of
from tests.gui.document_scenes import document_scenes
from tests.gui.gallery_alerts import render_alerts
from tests.gui.listing_scenes import furnish_listings, listing_scenes
from tests.gui.low_stock_scenes import furnish_low_stock, low_stock_scenes
from tests.gui.note_scenes import note_scenes
from tests.gui.payment_scenes import furnish_payments
from tests.gui.people_scenes import guarded_ports, people_scenes, staff_of
from tests.gui.scale_scenes import scale_scenes
from tests.gui.settling import opened, settle, settled
from tests.gui.shop_scenes import authorising_of, shop_scenes
from tests.gui.stock_scenes import furnish_quotas, furnish_replenish, furnish_stock, stock_scenes
from tests.gui.welcome_scenes import welcome_scenes
from tests.simulators.serial_scale import SerialScale
from tests.support.desk_world import GOODS, START, DeskWorld, furnished
from tests.support.fake_shop import LIN, line
from tests.support.ports import stand_in_ports
from tests.support.staff import Staffed
from tests.support.welcome import FakeWelcome
from tests.support.world import CARRIER, Address, World, make_tables


def ports_of(world: DeskWorld, spine: World) -> DeskPorts:
    desk = spine.desk
    files = Files(spine.store, spine.digest, CARRIER)
    named = ("entry", "waves", "handover", "day", "shops", "starting", "stock", "activity", "customers", "products")
    named += (
        "after_sales",
        "batches",
        "documents",
        "quotas",
        "listings",
        "replenish",
        "shop_history",
        "drill",
        "counting",
        "count_reports",
        "payments",
        "low_stock",
        "accidents",
    )
    return stand_in_ports(
        world,
        files=files,
        print_slip=lambda _slip: "一号",
        mall_door=lambda: DoorDesk(spine.store, "desk-1"),
        authorising=authorising_of(spine),
        **{name: getattr(desk, name) for name in named},
    )


#: printed by other software
FOREIGN = "SF1234567890123"


def tables(folder: Path) -> tuple[Path, Path, Path]:
    """A platform's table with rows that cannot be taken, one that nobody knows, and one of waybill numbers."""
    known = folder / "orders_export202606180930.csv"
    odd = [
        {"订单号": "260618-9", "订单状态": "神秘状态"},
        {"订单号": "1.2E+18"},
        {"订单号": "260618-8", "商品数量(件)": "两"},
    ]
    known.write_bytes(csv_bytes(pdd_orders(*({"订单号": f"260618-{n:03d}"} for n in range(60)), *odd)))
    strange = folder / "我的订单.csv"
    strange.write_bytes(
        csv_bytes([["流水", "货名", "件", "寄给", "电话", "住址"], ["A1", "熊", "2", "林晓", "", ""]])
    )
    numbers = folder / "numbers.csv"
    rows = [
        ["260618-001", "顺丰速运", FOREIGN],
        ["260618-777", "中通快递", "73123456789012"],
        ["260618-003", "", "?"],
    ]
    numbers.write_bytes(csv_bytes([["订单号", "快递公司", "运单号"], *rows]))
    return known, strange, numbers


def furnish_waves(spine: World) -> None:
    """Parcels that wait, and bins for their goods."""
    products = spine.desk.products
    for code, place in (("BEAR", "A-01-03"), ("BAG", "A-02-11"), ("CARD", "B-07")):
        seen = products.product(spine.skus[code]).spec
        products.save(spine.skus[code], seen, replace(seen, bins=((spine.warehouse, place),)))
    for number in range(17):
        lines = (("BAG",), ("BEAR",), ("BEAR", "BAG"), ("BEAR",))[number % 4]
        no = f"T20260618003{number:02d}"
        spine.ready(no, *(line(str(place), code, place) for place, code in enumerate(lines, 1)))


def furnish_activity(spine: World) -> None:
    for number, fault in enumerate((None, Temporary("the shop does not answer"), Rejected("40301 out of service"))):
        no = f"T202606180001{number}"
        spine.ready(no, line("1", "BEAR"))
        spine.desk.pack(no)
        if number:
            spine.desk.ship(spine.number(no))
            spine.shop.faults.append(fault)
            spine.tell_shop()
        else:
            job = spine.desk.jobs.claim("virtual")
            spine.desk.jobs.mark_sending(job, "digest")
            spine.desk.jobs.mark_unknown(job, "cut")
    spine.carrier.faults.append("refuse")
    spine.ready("T2026061800020", line("1", "BAG"))


def furnish_door(spine: World, state: str, error: str) -> None:
    """A door that was opened here, and calls at it."""
    now = spine.clock.now()
    answers = [("reserve", 201, ""), ("confirm", 200, ""), ("stock", 200, ""), ("reserve", 409, "out_of_stock")]
    answers += [("events", 200, ""), ("reserve", 401, "clock_skew"), ("release", 200, ""), ("", 404, "unknown_path")]

    def furnish(uow: UnitOfWork) -> None:
        put_wish(uow, "desk-1", DoorWish(is_open=True))
        uow.execute(delete(DoorNode))
        row = {"node": "desk-1/window", "name": "1号台", "state": state, "error": error, "at": uow.now}
        uow.insert_many(DoorNode, [row | {"address": "http://127.0.0.1:8377" if state == "open" else ""}])
        rows = [
            {"at": now - timedelta(seconds=7 * n), "operation": name, "status": status, "code": code}
            | {"shop_id": None if status in {401, 404} else spine.shop_id, "took_ms": 4 + n, "calls": 1}
            for n, (name, status, code) in enumerate(answers)
        ]
        uow.insert_many(DoorCall, rows[::-1])

    spine.do(furnish)


def scenes(window: DeskWindow, world: DeskWorld, folder: Path, spine: World) -> dict[str, Callable[[], None]]:
    presenter = window.parts.packing
    milk, bottle, _bib, _wipes, diapers = (goods.barcode for goods in GOODS)

    def idle() -> None:
        window.go("packing")

    def waves() -> None:
        world.start_wave("scan_to_print", 4)
        world.open_waves[0] = replace(world.open_waves[0], open_count=1)
        presenter.on_changed()

    def asking() -> None:
        presenter.press(Command.EXCEPTION)

    def typed() -> None:
        presenter.press(Command.BACK)
        presenter.press(Command.BACK)
        for char in "69012":
            presenter.hand.type_char(char)

    def by_eye() -> None:
        presenter.press(Command.BACK)
        presenter.scan(milk)
        presenter.scan(bottle)

    def printing() -> None:
        presenter.press(Command.HAND)

    def unknown() -> None:
        world.lose_track_of(1)
        presenter.on_changed()

    def paste() -> None:
        world.answer_unknown(1, True)
        presenter.on_changed()

    def reprint() -> None:
        presenter.press(Command.REPRINT)

    def silent() -> None:
        presenter.press(Command.BACK)
        world.shop_answers = False
        world.parcels[1] = replace(world.parcels[1], seen_at=START - timedelta(minutes=6))
        presenter.scan("7312345678001")

    def stray() -> None:
        presenter.scan(diapers)

    def taken() -> None:
        world.open_elsewhere(3, "2号台")
        presenter.scan("7312345678003")

    def armed() -> None:
        presenter.press(Command.TAKE_OVER)

    def taken_over() -> None:
        presenter.press(Command.TAKE_OVER)

    def companion(why: str, *scanned: str) -> None:
        """A parcel whose label is printed elsewhere."""
        presenter.press(Command.BACK)
        presenter.press(Command.BACK)
        settle(60)
        parcel = world.add_parcel(
            (GOODS[0], 1), waybill_no="", waybill_state="none", waybill_id=None, why_elsewhere=why
        )
        presenter.scan(parcel.order_nos[0])
        for code in scanned:
            settle(60)
            presenter.scan(code)

    def foreign_order() -> None:
        parcel = replace(world.orders[4996].parcels[0], is_foreign=True, carrier_name="顺丰速运", waybill_no=FOREIGN)
        row = replace(world.orders[4996].row, hold_reason="masked")
        world.orders[4996] = replace(world.orders[4996], row=row, holds=("masked",), parcels=(parcel,))
        window.page("orders")._presenter.open(4996)

    def drawer() -> None:
        window.go("orders")
        settle(60)
        window.page("orders")._presenter.open(4998)

    def elsewhere() -> None:
        world.hold(4997, "shipped_elsewhere", "")
        window.page("orders")._presenter.open(4997)
        settle(60)
        window.page("orders").drawer.ask_elsewhere()

    def part_sent() -> None:
        world.send_part(4995, "75312345678901", "75312345678902")
        window.page("orders")._presenter.open(4995)
        settle(60)
        window.page("orders").drawer.ask_elsewhere()

    def entry() -> None:
        window.page("orders")._presenter.close()
        window.go("entry")

    def entered() -> None:
        form = window.page("entry")._presenter
        form.paste("徐来 13911112222\n浙江杭州西湖区文三路9号 谢谢")
        for code in ("BEAR", "CARD", "6901234567908"):
            form.search(code)
            settle(60)
        form.change_line(0, qty=3, unit_price_fen=12_900)
        form.change_line(1, is_gift=True)

    def refused() -> None:
        window.page("entry")._presenter.save()

    def found() -> None:
        window.page("entry")._presenter.say_address("entered")
        window.page("entry")._presenter.search("熊")

    def copied() -> None:
        window.page("entry")._presenter.start_copy(1, "reship")

    def handover() -> None:
        window.go("handover")
        presenter = window.page("handover")._presenter
        settled(lambda: bool(presenter.screen.piles))
        presenter.take_all()
        settled(lambda: bool(presenter.screen.rows))

    def waves_empty() -> None:
        window.go("waves")

    def waves_on() -> None:
        page = window.page("waves")
        for choice, way in (
            (Choice("single_sku", sku_id=spine.skus["BAG"]), "single_item"),
            (Choice("due"), "batch"),
        ):
            page._presenter.choose(choice)
            page._presenter.change(way=way)
            settle(60)
            page._presenter.start()
            settle(100)
        page._presenter.choose_wave(2)

    def waves_cut_off() -> None:
        page = window.page("waves")
        page._presenter.choose(Choice("carrier", carrier_code=CARRIER))
        settle(60)
        page._presenter.set_cut_off("1730")

    def stopped() -> None:
        window.page("handover")._presenter.show_list("intercepted")

    def signed() -> None:
        page = window.page("handover")._presenter
        page.show_list("sheet")
        settle(60)
        pile = page.screen.pile
        if pile is not None:
            page.sign("李师傅", pile.on_sheet)
        settle(60)
        page.show_list("signed")
        page.choose_days(date(2026, 6, 1), date(2026, 6, 30))

    def day() -> None:
        window.go("day")

    def day_orders() -> None:
        window.page("day")._presenter.show_part("orders")

    def day_work() -> None:
        window.page("day")._presenter.show_part("work")

    def reports() -> None:
        window.go("reports")
        settled(lambda: not window.page("reports")._presenter.screen.is_busy)

    def reports_week() -> None:
        page = window.page("reports")
        page._presenter.choose_days(date(2026, 6, 12), date(2026, 6, 18))
        settled(lambda: not page._presenter.screen.is_busy)

    def activity() -> None:
        window.go("activity")

    def failed() -> None:
        page = window.page("activity")
        page._open(0)

    def prints() -> None:
        window.page("activity")._presenter.choose_pile("prints")
        settle(60)
        window.page("activity")._open(0)

    def customers() -> None:
        window.page("activity")._presenter.close()
        window.go("customers")

    def customer() -> None:
        window.page("customers")._presenter.find("T2026061800001")

    def erasing() -> None:
        window.page("customers")._presenter.ask_erase()

    def products() -> None:
        window.page("customers")._presenter.close()
        window.go("products")

    def product() -> None:
        window.page("products")._presenter.scan("SET")

    def new_product() -> None:
        page = window.page("products")
        page._presenter.begin()
        draft = page._presenter.screen.draft
        page._presenter._start(
            replace(draft, spec=replace(draft.spec, code="HONEY", name="蜂蜜柚子茶", weight_g=620))
        )
        page._presenter.add_barcode("6901234567999")

    def payments(part: str = "days") -> None:
        window.go("payments")
        window.page("payments")._presenter.choose_part(part)

    def payments_form() -> None:
        payments("gateways")
        window.page("payments")._presenter.edit(0)

    def unpaid() -> None:
        window.go("orders")
        window.page("orders")._presenter.choose_pile("unpaid")

    def shops() -> None:
        window.go("shops")
        settled(lambda: window.page("shops")._presenter.screen.is_known)

    def shop_unread() -> None:
        odd: dict[str, Exception] = {
            "2611290000731": ContractBroken("not what was promised", code="order.amount"),
            "2611290000748": Temporary("no answer"),
        }
        spine.store.write(lambda uow: unread.note(uow, spine.shop_id, odd))
        shops()
        window.page("shops")._presenter.look()
        settled(lambda: bool(window.page("shops")._presenter.screen.shops[0].unread))

    def shop_elsewhere() -> None:
        spine.store.write(lambda uow: unread.forget(uow, spine.shop_id, "2611290000731", "2611290000748"))
        window.go("shops")
        page = window.page("shops")
        page._presenter.set_prints_elsewhere(page._presenter.screen.shops[0])

    def shop_form() -> None:
        window.page("shops")._presenter.edit(0)

    shop_pictures = shop_scenes(window, spine, settled)

    def door_shut() -> None:
        window.go("door")

    def door_key() -> None:
        presenter = window.page("door")._presenter
        settled(lambda: presenter.screen.view is not None)
        presenter.make_key(presenter.screen.view.shops[0])
        settled(lambda: presenter.screen.new_key is not None)

    def door_open() -> None:
        presenter = window.page("door")._presenter
        presenter.put_away()
        furnish_door(spine, "open", "")
        presenter.look()
        settled(lambda: presenter.screen.state == "open")

    def door_failed() -> None:
        presenter = window.page("door")._presenter
        furnish_door(spine, "failed", "door.port_taken")
        presenter.set_lan(True)
        presenter.look()
        settled(lambda: presenter.screen.state == "failed")

    def printers() -> None:
        window.go("printers")

    known, strange, numbers = tables(folder)

    def previewed_numbers() -> None:
        page = window.page("files")
        page._presenter.put_away()
        page._presenter.choose([numbers])
        settle(1200)

    def assigning() -> None:
        window.page("files")._presenter.choose([strange])
        settle(900)

    def previewed() -> None:
        page = window.page("files")
        page._presenter.put_away()
        page._presenter.choose([known])
        settle(1200)

    def understood() -> None:
        window.page("files").findChild(QPushButton, "files.rows.understood").click()

    def taken_in() -> None:
        page = window.page("files")
        page._presenter.add_shop("拼多多小店", "pdd")
        settle(900)
        page._presenter.start()
        settle(2500)

    def form() -> None:
        window.page("printers")._presenter.edit("")

    def form_open() -> None:
        window.page("printers")._presenter.edit("p2")
        settle(60)
        window.page("printers")._form._on_more()

    def finds() -> None:
        window.page("printers").handle_command(Qt.Key.Key_F3, Qt.KeyboardModifier.NoModifier)

    return (
        {
            "01-idle": idle,
            "02-waves": waves,
            "03-open": lambda: opened(window, milk),
            "04-wrong-item": lambda: presenter.scan(diapers),
            "05-exception": asking,
            "06-typed": typed,
            "07-by-eye": by_eye,
            "08-printing": printing,
            "09-unknown": unknown,
            "10-paste": paste,
            "10b-reprint": reprint,
            "11-wrong-label": lambda: presenter.scan("7312345678002"),
            "12-shipped-on-old": silent,
            "12b-stray": stray,
            "12c-taken": taken,
            "12d-armed": armed,
            "12e-taken-over": taken_over,
            "12f-elsewhere": lambda: companion("shop"),
            "12g-offered": lambda: companion("shop", milk, FOREIGN),
            "12h-attached": lambda: presenter.press(Command.REASON, 1),
            "12i-masked": lambda: companion("masked", milk),
            "13-orders": lambda: window.go("orders"),
            "14-drawer": drawer,
            "14b-elsewhere": elsewhere,
            "14bb-part-sent": part_sent,
            "14ba-foreign": foreign_order,
            "14c-entry": entry,
            "14d-entered": entered,
            "14e-unconfirmed": refused,
            "14f-found": found,
            "14g-copied": copied,
            "14ga-waves-empty": waves_empty,
            "14gb-waves": waves_on,
            "14gc-waves-cut-off": waves_cut_off,
            "14h-handover": handover,
            "14i-stopped": stopped,
            "14ia-signed": signed,
            "14j-day": day,
            "14k-day-orders": day_orders,
            "14l-day-work": day_work,
            "14la-reports": reports,
            "14lb-reports-week": reports_week,
            **stock_scenes(window),
            "14q-activity": activity,
            "14r-failed": failed,
            "14s-prints": prints,
            "14t-customers": customers,
            "14u-customer": customer,
            "14v-erasing": erasing,
            "14w-products": products,
            "14x-product": product,
            "14y-new-product": new_product,
            "14za-shops": shops,
            "14zp-payments": payments,
            "14zq-payments-found": lambda: payments("found"),
            "14zr-payments-asked": lambda: payments("asked"),
            "14zs-payments-gateways": lambda: payments("gateways"),
            "14zt-payments-form": payments_form,
            "14zu-unpaid": unpaid,
            "14za-shops-unread": shop_unread,
            "14zaa-shop-elsewhere": shop_elsewhere,
            "14zb-shop-form": shop_form,
            **shop_pictures,
            "14zc-door-shut": door_shut,
            "14zd-door-key": door_key,
            "14ze-door": door_open,
            "14zf-door-failed": door_failed,
            "15-printers": printers,
            "16-form": form,
            "16b-form-open": form_open,
            "16c-finds": finds,
            "17-settings": lambda: window.go("settings"),
            "20-files": lambda: window.go("files"),
            "21-files-columns": assigning,
            "22-files-preview": previewed,
            "22b-files-understood": understood,
            "23-files-done": taken_in,
            "24-numbers": previewed_numbers,
            "18-keys": lambda: (window.go("packing"), window.parts.toggle_keys()),
        }
        | burst_scenes(window, world)
        | batch_scenes(window)
        | note_scenes(window, world)
        | low_stock_scenes(window, spine)
        | listing_scenes(window)
        | batch_asked(window, world)
        | document_scenes(window, spine)
        | after_sale_scenes(window, spine)
    )


def burst_scenes(window: DeskWindow, world: DeskWorld) -> dict[str, Callable[[], None]]:
    """Labels alone are scanned out."""
    presenter = window.parts.packing

    def begun() -> None:
        window.parts.toggle_keys()
        window.go("packing")
        for _ in range(4):
            presenter.press(Command.BACK)
            settle(30)
        world.shop_answers = True
        presenter.press(Command.BURST)

    def heap(count: int, **changes: object) -> list[str]:
        return [world.add_parcel((GOODS[0], 2), **changes).waybill_no for _ in range(count)]

    def gone() -> None:
        for number in [*heap(4), *heap(2, carrier_name="顺丰速运", carrier_code="SF")]:
            presenter.scan(number)

    def stopped() -> None:
        held, half, *_ = [*heap(1, state="held"), *heap(1)]
        parcel = next(one for one in world.parcels.values() if one.waybill_no == half)
        lines = tuple(replace(line, verified_qty=1) for line in parcel.lines)
        world.parcels[parcel.id] = replace(parcel, lines=lines)
        for number in ("99990000111122", held, *heap(8, shop_name="练习店"), half):
            presenter.scan(number)

    def on() -> None:
        world.parcels[1] = replace(world.parcels[1], state="to_pack")
        for number in heap(2):
            presenter.scan(number)

    return {
        "60-burst": begun,
        "60b-burst-gone": gone,
        "60c-burst-stopped": stopped,
        "60d-burst-on": on,
        "60e-burst-armed": lambda: presenter.press(Command.BACK),
    }


def furnished_spine(folder: Path) -> World:
    """A shop with real records: orders on their way, parcels that wait for a courier, one refunded meanwhile."""
    address = Address(sqlite_path=str(folder / "packdesk.db"))
    make_tables(address)
    spine = World(address)
    spine.ready("T2026061800001", line("1", "SET", 2), line("2", "CARD"), consignee=replace(LIN, phone="13911112222"))
    for number in range(6):
        label = spine.ready(f"T20260618001{number:02d}", line("1", "BEAR"))
        spine.desk.pack(f"T20260618001{number:02d}")
        spine.desk.ship(label)
    spine.shop.after_sale("T2026061800103", "1", "requested")
    spine.sync("T2026061800103")
    furnish_stock(spine)
    furnish_quotas(spine)
    furnish_activity(spine)
    furnish_waves(spine)
    furnish_payments(spine)
    furnish_batches(spine)
    furnish_low_stock(spine)
    furnish_replenish(spine)
    furnish_listings(spine)
    furnish_after_sales(spine)
    return spine


def render_people(app: QApplication, out: Path, language: str, theme: str) -> None:
    """The same for a desk at which people sign in."""
    settings = settings_of(language, theme)
    with tempfile.TemporaryDirectory() as folder:
        staff = staff_of(Path(folder))
        ports = guarded_ports(furnished(), staff)
        window = build_window(app, settings, start=Start(lambda: ports), folder=out, now=lambda: START)
        window.show()
        settle(400)
        for name, act in people_scenes(window, staff).items():
            act()
            settle(500)
            window.grab().save(str(out / f"{name}-{language}-{theme}.png"))
        window.close()
        staff.world.close()


def render_desks(app: QApplication, out: Path, language: str, theme: str) -> None:
    """The same for a desk that takes others in."""
    settings = settings_of(language, theme)
    with tempfile.TemporaryDirectory() as folder:
        address = Address(sqlite_path=str(Path(folder) / "packdesk.db"))
        make_tables(address)
        spine = World(address)
        ports = stand_in_ports(furnished(), several=several_of(spine, Path(folder)))
        window = build_window(app, settings, start=Start(lambda: ports), folder=out, now=spine.clock.now)
        window.show()
        settled(lambda: window.can_open("desks"))
        for name, act in desks_scenes(window, spine, Path(folder), settled).items():
            act()
            settle(300)
            window.grab().save(str(out / f"{name}-{language}-{theme}.png"))
        window.close()
        spine.close()


def render_scale(app: QApplication, out: Path, language: str, theme: str) -> None:
    """The same for a desk with a scale."""
    settings, world = settings_of(language, theme), furnished()
    with tempfile.TemporaryDirectory() as folder, SerialScale(Path(folder)) as scale:
        settings.put("scale_port", scale.path)
        window = build_window(
            app, settings, start=Start(lambda: stand_in_ports(world)), folder=out, now=lambda: START
        )
        window.show()
        settle(400)
        for name, act in scale_scenes(window, world, scale).items():
            act()
            settle(250)
            window.grab().save(str(out / f"{name}-{language}-{theme}.png"))
        window.close()


def render_welcome(app: QApplication, out: Path, language: str, theme: str) -> None:
    """The same for a desk that has never been used."""
    settings = settings_of(language, theme)
    with tempfile.TemporaryDirectory() as folder:
        address = Address(sqlite_path=str(Path(folder) / "packdesk.db"))
        make_tables(address)
        spine = World(address)
        staff = Staffed(spine, spine.desk)
        welcome = FakeWelcome(Path(folder))
        welcome.start()
        ports = stand_in_ports(
            furnished(), welcome=welcome, entry=spine.desk.entry, people=staff.people, door=staff.sign_in
        )
        window = build_window(app, settings, start=Start(lambda: ports), folder=out, now=lambda: START)
        window.show()
        settled(lambda: window.can_open("welcome"))
        window.parts.open_welcome()
        settled(lambda: bool(window.page("welcome")._presenter.screen.steps))
        for name, act in welcome_scenes(window).items():
            act()
            settle(300)
            window.grab().save(str(out / f"{name}-{language}-{theme}.png"))
        window.close()
        spine.close()


def settings_of(language: str, theme: str) -> DeskSettings:
    settings = DeskSettings(None)
    for name, value in (("language", language), ("theme", theme), ("desk_name", "1号台"), ("clerk", "小李")):
        settings.put(name, value)
    settings.put("sound", False)
    return settings


def render(app: QApplication, out: Path, language: str, theme: str) -> None:
    settings = settings_of(language, theme)
    world = furnished()
    with tempfile.TemporaryDirectory() as temporary:
        spine = furnished_spine(Path(temporary))
        start = Start(lambda: ports_of(world, spine))
        window = build_window(app, settings, start=start, folder=out, now=lambda: START)
        window.show()
        settle(300)
        for name, act in scenes(window, world, Path(temporary), spine).items():
            # What an earlier scene said lies over the lights.
            window.parts.message_bar.dismiss()
            act()
            settle(180)
            window.grab().save(str(out / f"{name}-{language}-{theme}.png"))
        window.close()
        spine.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", default="")
    wanted = parser.parse_args()
    wanted.out.mkdir(parents=True, exist_ok=True)
    app = QApplication(sys.argv[:1])
    for language in ("zh_CN", "en"):
        for theme in ("light", "dark"):
            if wanted.only in f"{language}-{theme}":
                render(app, wanted.out, language, theme)
                render_people(app, wanted.out, language, theme)
                render_scale(app, wanted.out, language, theme)
                render_desks(app, wanted.out, language, theme)
                render_welcome(app, wanted.out, language, theme)
                render_alerts(app, settings_of(language, theme), wanted.out, f"{language}-{theme}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
