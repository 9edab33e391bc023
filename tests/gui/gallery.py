"""Renders every page with the little shop into PNG files: `python -m tests.gui.gallery --out DIR`."""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from core.runtime.remote_errors import Rejected, Temporary
from desktop.app import build_window
from desktop.commands import Command
from desktop.settings import DeskSettings
from desktop.shell.ports import DeskPorts
from desktop.shell.window import DeskWindow, Start
from tests.support.desk_world import GOODS, START, DeskWorld, furnished
from tests.support.fake_shop import LIN, line
from tests.support.world import Address, World, make_tables


def ports_of(world: DeskWorld, spine: World) -> DeskPorts:
    desk = spine.desk
    more = (desk.entry, desk.stock, desk.activity, desk.customers, desk.products)
    return DeskPorts(world, world, world, world, world, lambda _listener: None, world, *more)


def furnish_stock(spine: World) -> None:
    stock, bear = spine.desk.stock, spine.skus["BEAR"]
    stock.quarantine(spine.warehouse, bear, 3, "damaged: 纸箱压坏", "q1")
    stock.adjust(spine.warehouse, bear, -2, "lost", "a1")
    stock.book_in_hand(spine.warehouse, bear, 6, "unbooked_delivery: 早班送来一箱", "h1")
    stock.count(spine.warehouse, spine.skus["CARD"], 0, "stocktake", "c1")
    spine.ready("T2026061800002", line("1", "CARD", 3))


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


def settle(milliseconds: int = 200) -> None:
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def opened(window: DeskWindow, *codes: str) -> None:
    presenter = window.parts.packing
    presenter.press(Command.NEXT)
    for code in codes:
        settle(30)
        presenter.scan(code)


def scenes(window: DeskWindow, world: DeskWorld) -> dict[str, Callable[[], None]]:
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

    def drawer() -> None:
        window.go("orders")
        settle(60)
        window.page("orders")._presenter.open(4998)

    def elsewhere() -> None:
        world.hold(4997, "shipped_elsewhere", "")
        window.page("orders")._presenter.open(4997)
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

    def stock() -> None:
        window.go("stock")

    def why() -> None:
        window.page("stock").handle_scan("6901234567892")

    def counting() -> None:
        window.page("stock")._presenter.begin_act("count")
        settle(60)
        window.page("stock").drawer._form._qty.setValue(1)

    def in_hand() -> None:
        window.page("stock")._presenter.review()

    def activity() -> None:
        window.page("stock")._presenter.close()
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

    def printers() -> None:
        window.go("printers")

    def form() -> None:
        window.page("printers")._presenter.edit("")

    return {
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
        "13-orders": lambda: window.go("orders"),
        "14-drawer": drawer,
        "14b-elsewhere": elsewhere,
        "14c-entry": entry,
        "14d-entered": entered,
        "14e-unconfirmed": refused,
        "14f-found": found,
        "14g-copied": copied,
        "14h-stock": stock,
        "14i-why": why,
        "14j-count": counting,
        "14k-in-hand": in_hand,
        "14l-activity": activity,
        "14m-failed": failed,
        "14n-prints": prints,
        "14o-customers": customers,
        "14p-customer": customer,
        "14q-erasing": erasing,
        "14r-products": products,
        "14s-product": product,
        "14t-new-product": new_product,
        "15-printers": printers,
        "16-form": form,
        "17-settings": lambda: window.go("settings"),
        "18-keys": lambda: (window.go("packing"), window.parts.toggle_keys()),
    }


def render(app: QApplication, out: Path, language: str, theme: str, spine: World) -> None:
    settings = DeskSettings(None)
    for name, value in (("language", language), ("theme", theme), ("desk_name", "1号台"), ("clerk", "小李")):
        settings.put(name, value)
    settings.put("sound", False)
    world = furnished()
    window = build_window(app, settings, start=Start(lambda: ports_of(world, spine)), folder=out, now=lambda: START)
    window.show()
    settle(300)
    for name, act in scenes(window, world).items():
        act()
        settle(180)
        window.grab().save(str(out / f"{name}-{language}-{theme}.png"))
    window.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", default="")
    wanted = parser.parse_args()
    wanted.out.mkdir(parents=True, exist_ok=True)
    app = QApplication(sys.argv[:1])
    temporary = tempfile.TemporaryDirectory()
    address = Address(sqlite_path=str(Path(temporary.name) / "packdesk.db"))
    make_tables(address)
    spine = World(address)
    spine.ready("T2026061800001", line("1", "SET", 2), line("2", "CARD"), consignee=replace(LIN, phone="13911112222"))
    furnish_stock(spine)
    furnish_activity(spine)
    for language in ("zh_CN", "en"):
        for theme in ("light", "dark"):
            if wanted.only in f"{language}-{theme}":
                render(app, wanted.out, language, theme, spine)
    spine.close()
    temporary.cleanup()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
