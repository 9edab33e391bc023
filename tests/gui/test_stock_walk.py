"""What happens to stock, from its cause to its end: a clerk with keys and a scanner, and the records behind her."""

from datetime import timedelta

import pytest
from openpyxl import load_workbook
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton
from sqlalchemy import select, update

from core.catalog.models import Sku
from core.inventory.batch_list import BatchFilter
from core.inventory.batches import note_batch
from core.inventory.ledger import receive
from core.inventory.models import StockLevel
from core.inventory.quotas.states import ActKind, Mode
from core.orders.limits.records import Step
from desktop.app import build_window
from desktop.pages.orders import drawer
from desktop.pages.recall import page as recall_page
from desktop.shell.window import Start
from desktop.texts import LANGUAGES, load_catalogue
from tests.gui.robots import DeskRobot
from tests.support.desk_world import DeskWorld
from tests.support.fake_shop import line
from tests.support.ports import stand_in_ports
from tests.support.quota_world import QuotaWorld
from tests.support.stock_platform import StockPlatform
from tests.support.world import World

pytestmark = [pytest.mark.gui, pytest.mark.qt_log_ignore("This plugin does not support")]

CTRL = Qt.KeyboardModifier.ControlModifier
BEAR, BAG, STICKER = "6901234567892", "6901234567908", "6901234567915"
#: parts of the window that are the real ones, by the names of ports
REAL = (
    *("packing", "labels", "orders", "notes", "status", "activity", "products", "customers", "entry", "shops"),
    *("handover", "waves", "day", "stock", "quotas", "low_stock", "accidents", "batches", "documents"),
)


class Clerk(DeskRobot):
    """Hands at a window over the records of a world."""

    def waits(self, check):
        self.qtbot.waitUntil(check, timeout=15_000)

    def opens(self, name):
        self.goes_to(name)
        return self.window.page(name)

    def enters(self, table, number=0):
        """Stand on a row of a table and press Enter there."""
        self.waits(lambda: table.model().rowCount() > number and table.isVisible())
        table.setFocus()
        table.setCurrentIndex(table.model().index(number, 0))
        self.key(Qt.Key.Key_Return)

    def reads(self, name, *words):
        """All of these stand somewhere in the part of the window that is called so."""
        self.waits(lambda: all(any(one in said for said in self._said(name)) for one in words))

    def reads_not(self, name, words):
        self.waits(lambda: not any(words in said for said in self._said(name)))

    def _said(self, name):
        return [label.text() for label in self.find(name).findChildren(QLabel) if label.isVisible()]

    def is_told(self, *words):
        """The bar over the strip says so."""
        self.waits(lambda: all(one in self.text("shell.message.words") for one in words))

    def presses(self, name):
        """Go to a button and press it by key."""
        self.stands_on(name, QPushButton)
        self.key(Qt.Key.Key_Space)

    def scans(self, *codes):
        """Goods one after another, however soon the same ones come again, on a machine however slow."""
        parser = self.window.parts.scanner.parser
        parser.debounce_ms = 0
        for code in codes:
            self.gun(code)
            self.waits(lambda: not self.window.parts.scanner._held)


@pytest.fixture
def sits_down(qtbot, qapp, settings, tmp_path):
    """Seats the clerk at a window over a world; a second time it is the program started again."""
    windows, listening = [], []
    settings.put("language", "zh_CN")

    def close():
        while listening:
            listening.pop()()
        while windows:
            window = windows.pop()
            window.close()
            window.deleteLater()

    def sit_down(world):
        close()
        real = {name: getattr(world.desk, name) for name in REAL}
        real["listen"] = lambda listener: listening.append(world.store.subscribe(listener))
        ports = stand_in_ports(DeskWorld(), **real)
        window = build_window(qapp, settings, start=Start(lambda: ports), folder=tmp_path, now=world.clock.now)
        windows.append(window)
        window.resize(1366, 768)
        with qtbot.waitSignal(window.ready, timeout=20_000):
            window.show()
        window.activateWindow()
        qtbot.waitUntil(lambda: window.isActiveWindow() and QApplication.focusWidget() is not None, timeout=20_000)
        return Clerk(qtbot, window)

    yield sit_down
    close()


@pytest.fixture
def world(sqlite_address):
    made = World(sqlite_address, stock=0)
    yield made
    made.check_stock()
    made.close()


def on_hand(world, code):
    query = select(StockLevel.on_hand_qty).where(StockLevel.sku_id == world.skus[code], StockLevel.batch == "")
    return sum(row.on_hand_qty for row in world.rows(query))


# --- batches ------------------------------------------------------------------------------------------------------


def gs1(batch):
    return f"(01)0{BEAR}(10){batch}"


def comes_in_batches(world, **units):
    sku, today = world.skus["BEAR"], world.clock.now().date()

    def furnish(uow):
        uow.execute(update(Sku).where(Sku.id == sku).values(is_batch_managed=True, life_days=365))
        for number, (code, qty) in enumerate(units.items(), 1):
            note_batch(uow, sku, code, today + timedelta(days=90 * number))
            receive(uow, world.warehouse, sku, qty, "delivery", code, code)

    world.do(furnish)


def test_a_blocked_batch_is_followed_to_whoever_has_it_and_none_of_it_leaves(sits_down, world, tmp_path, monkeypatch):
    comes_in_batches(world, FIRST=4, SECOND=2)
    gone = world.ready("T2026061800001", line("1", "BEAR", 1))
    world.desk.scan(world.desk.open("T2026061800001"), gs1("FIRST"))
    world.desk.ship(gone)
    boxed = world.ready("T2026061800002", line("1", "BEAR", 1))
    world.desk.scan(world.desk.open("T2026061800002"), gs1("FIRST"))
    world.print_labels()
    world.ready("T2026061800003", line("1", "BEAR", 2))
    world.ready("T2026061800004", line("1", "BEAR", 2))
    clerk = sits_down(world)
    page = clerk.opens("recall")
    clerk.waits(lambda: page.model.rowCount() == 2)
    page.table.setFocus()
    page.table.setCurrentIndex(page.model.index(0, 0))
    clerk.key(Qt.Key.Key_F9)
    clerk.waits(lambda: clerk.find("recall.form.why", QLineEdit).hasFocus())
    clerk.types("maker 12")
    clerk.key(Qt.Key.Key_Return)
    clerk.waits(page.found.isVisible)
    # Whom it takes the goods from, and what has to be opened, by number: each of them is somebody's next step.
    clerk.is_told("T2026061800003", boxed)
    assert [world.holds(no) for no in ("T2026061800002", "T2026061800003", "T2026061800004")] == [
        set(),
        {"short"},
        set(),
    ]
    assert [row.order_no for row in page._presenter.screen.found.inside] == ["T2026061800002"]
    path = tmp_path / "recall.xlsx"
    monkeypatch.setattr(recall_page, "ask_where", lambda *_asked: path)
    clerk.key(Qt.Key.Key_F10)
    clerk.is_told("recall.xlsx")
    written = [[str(cell) for cell in row] for row in load_workbook(path).active.values]
    told = {
        no
        for no in ("T2026061800001", "T2026061800002", "T2026061800003", "T2026061800004")
        for row in written
        if no in row
    }
    assert told == {"T2026061800001", "T2026061800002"}
    clerk.opens("orders")
    clerk.gun("T2026061800003")
    clerk.sees("orders.drawer.title", "T2026061800003")
    clerk.reads("orders.drawer", "缺货善后")
    # At the desk the box says itself what is wrong with it, and asks for none of that batch again.
    clerk.goes_to("packing")
    clerk.gun(boxed)
    clerk.sees("packing.sentence.what", "冻结")
    clerk.sees("packing.sentence.more", "FIRST")
    clerk.key(Qt.Key.Key_F4)
    clerk.sees("packing.sentence.what", "订单挂起了，不能发")
    assert world.holds("T2026061800002") == {"short"}
    assert [parcel.state for parcel in world.parcels("T2026061800002")] == ["packing"]
    assert world.desk.batches.page(BatchFilter("blocked"), None, 10).rows[0].batch.code == "FIRST"


# --- what a shop may sell -----------------------------------------------------------------------------------------


@pytest.fixture
def merchant(sqlite_address):
    made = QuotaWorld(sqlite_address)
    made.receive("BEAR", 300)
    made.first = made.add(StockPlatform(made.clock), "天猫旗舰店")
    made.second = made.add(StockPlatform(made.clock), "自有商城 APP")
    made.plan(Mode.QUOTA, buffer_qty=30)
    made.turn(4)
    made.desk.platforms.update(made.platforms)
    yield made
    made.check_stock()
    made.close()


def opens_bear(clerk):
    page = clerk.opens("quotas")
    clerk.waits(lambda: page.model.rowCount() == 1)
    clerk.gun(BEAR)
    clerk.waits(lambda: page._presenter.screen.detail is not None)
    return page


def is_read(clerk, world):
    """The page shows what the records hold: what is read later makes its cards anew, and a key may fall between."""
    presenter = clerk.window.page("quotas")._presenter
    clerk.waits(lambda: presenter.screen.detail == world.desk.quotas.detail(world.sku))


def goes_by(clerk, world):
    """What comes from the platforms in a quarter of an hour, and the page is read again."""
    world.clock.advance(minutes=11)
    world.turn(3)
    clerk.window.page("quotas").handle_changed()
    is_read(clerk, world)


def test_a_number_changed_at_the_platform_is_shown_and_left_until_the_owner_decides(sits_down, merchant):
    world, platform = merchant, merchant.platforms[merchant.first]
    card = f"quotas.shop.{world.first}"
    clerk = sits_down(world)
    opens_bear(clerk)
    platform.edit(150)
    goes_by(clerk, world)
    clerk.reads(card, "平台显示 150，我们算 135", "有超卖风险")
    goes_by(clerk, world)
    assert (platform.number, world.rights()[world.first]) == (150, 135), "nobody has decided, nobody has written"
    clerk.presses(f"{card}.ours")
    clerk.is_told("改回 135？再按一次确定")
    assert world.quota(world.first).open_act is None
    clerk.presses(f"{card}.ours")
    clerk.waits(lambda: world.quota(world.first).open_act is not None)
    assert world.quota(world.first).open_act.kind is ActKind.MEND
    clerk.reads(card, "正在改回我们算的 135")
    clerk.waits(lambda: clerk.window.findChild(QPushButton, f"{card}.ours") is None)
    goes_by(clerk, world)
    assert platform.number == 135
    clerk.reads(card, "正常")


def test_the_platforms_own_number_is_taken_over_and_stays_where_a_person_shares_out(sits_down, merchant):
    world, platform = merchant, merchant.platforms[merchant.first]
    card = f"quotas.shop.{world.first}"
    clerk = sits_down(world)
    opens_bear(clerk)
    platform.edit(100)
    goes_by(clerk, world)
    clerk.reads(card, "平台显示 100，我们算 135")
    clerk.presses(f"{card}.theirs")
    clerk.is_told("自动分配接着会按销量再改", "手动")
    clerk.key(Qt.Key.Key_F7)
    clerk.find("quotas.form.mode").choose("manual")
    clerk.key(Qt.Key.Key_S, CTRL)
    clerk.waits(lambda: world.look().mode is Mode.MANUAL)
    is_read(clerk, world)
    clerk.presses(f"{card}.theirs")
    clerk.is_told("数字 100 当作它的配额？再按一次确定")
    clerk.presses(f"{card}.theirs")
    clerk.waits(lambda: world.quota(world.first).drift_qty is None)
    goes_by(clerk, world)
    assert (platform.number, world.rights()[world.first]) == (100, 100)
    clerk.reads("quotas.drawer", "池 65")


def test_a_plan_is_kept_over_a_restart_and_taken_back_by_its_message(sits_down, merchant):
    world = merchant
    clerk = sits_down(world)
    opens_bear(clerk)
    clerk.key(Qt.Key.Key_F7)
    clerk.find("quotas.form.mode").choose("manual")
    clerk.find("quotas.form.buffer").setValue(100)
    clerk.find(f"quotas.form.safety.{world.warehouse}").setValue(12)
    clerk.key(Qt.Key.Key_S, CTRL)
    clerk.is_told("BEAR 已保存")

    def plan():
        sku = world.look()
        return sku.mode, sku.buffer_qty, sku.safety_by_warehouse.get(world.warehouse, 0)

    assert plan() == (Mode.MANUAL, 100, 12)
    clerk = sits_down(world)
    opens_bear(clerk)
    form = ("mode", "buffer", f"safety.{world.warehouse}")
    clerk.waits(lambda: [clerk.find(f"quotas.form.{name}").value() for name in form] == ["manual", 100, 12])
    clerk.key(Qt.Key.Key_F7)
    clerk.find("quotas.form.buffer").setValue(7)
    clerk.key(Qt.Key.Key_S, CTRL)
    clerk.waits(lambda: plan() == (Mode.MANUAL, 7, 12))
    clerk.is_told("BEAR 已保存")
    clerk.presses("shell.message.undo")
    clerk.is_told("BEAR 改回去了")
    assert plan() == (Mode.MANUAL, 100, 12)
    clerk.waits(lambda: clerk.find("quotas.form.buffer").value() == 100)


# --- orders that cannot go ----------------------------------------------------------------------------------------


def test_money_that_comes_when_the_goods_are_gone_stands_in_a_pile_until_they_are_back(sits_down, world):
    world.receive("BEAR", 2)
    world.shop.place("T2026061800001", line("1", "BEAR", 2), is_paid=False)
    world.sync()
    world.clock.advance(hours=30)
    world.tidy()
    world.ready("T2026061800002", line("1", "BEAR", 2))
    world.shop.pay("T2026061800001")
    world.sync("T2026061800001")
    clerk = sits_down(world)
    page = clerk.opens("orders")
    clerk.presses("orders.pile.paid_no_stock")
    clerk.waits(lambda: [page.model.row_at(n).order_no for n in range(page.model.rowCount())] == ["T2026061800001"])
    clerk.enters(page.table)
    clerk.reads("orders.drawer", "等到货", "退款")
    # It is no way out to say that it may go.
    clerk.presses("orders.drawer.release")
    clerk.is_told("还缺货，不能解除", "退款")
    assert world.holds("T2026061800001") == {"paid_no_stock"}
    accident = clerk.opens("accident")
    clerk.enters(accident.table)
    clerk.reads("accident.drawer", "BEAR 团团熊 ×2")
    stock = clerk.opens("stock")
    clerk.waits(lambda: stock.model.rowCount() > 0)
    clerk.gun(BEAR)
    clerk.sees("stock.drawer.title", "BEAR")
    clerk.key(Qt.Key.Key_F6)
    clerk.waits(lambda: clerk.find("stock.form.qty").hasFocus())
    clerk.types("5")
    clerk.key(Qt.Key.Key_Return)
    clerk.waits(lambda: not world.holds("T2026061800001"))
    page = clerk.opens("orders")
    clerk.presses("orders.pile.open")
    clerk.waits(lambda: {page.model.row_at(n).hold_reason for n in range(page.model.rowCount())} == {""})
    assert (world.order("T2026061800001").fulfilment, on_hand(world, "BEAR")) == ("to_pack", 7)


def test_a_limit_is_set_by_a_scan_and_its_order_says_in_numbers_why_it_waits(sits_down, world):
    world.receive("BEAR", 80)
    world.receive("BAG", 20)
    clerk = sits_down(world)
    page = clerk.opens("limits")
    clerk.presses("limits.part.limits")
    clerk.key(Qt.Key.Key_F6)
    clerk.waits(lambda: clerk.find("limits.limit_form.sku", QLineEdit).hasFocus())
    clerk.gun(BEAR)
    clerk.key(Qt.Key.Key_S, CTRL)
    clerk.is_told("限购已保存")
    (rule,) = world.desk.low_stock.view().limits
    assert (rule.sku_code, rule.steps) == ("BEAR", (Step(100, 2), Step(50, 1, members_only=True)))
    for no, qty in (("T2026061800001", 1), ("T2026061800002", 4)):
        world.shop.place(no, line("1", "BEAR", qty), line("2", "BAG"), buyer_key="one buyer")
        world.sync(no)
    assert [world.holds(no) for no in ("T2026061800001", "T2026061800002")] == [set(), {"over_limit"}]
    clerk.presses("limits.part.flagged")
    clerk.waits(lambda: page.flagged.model.rowCount() == 1)
    clerk.enters(page.flagged.table)
    clerk.waits(lambda: clerk.window.current_page == "orders")
    clerk.sees("orders.drawer.title", "T2026061800002")
    clerk.reads("orders.drawer", "BEAR 要 4 件，还能买 1 件：30 天内已买 1 件", "决定照发就解除挂起")
    clerk.presses("orders.drawer.release")
    clerk.waits(lambda: not world.holds("T2026061800002"))
    assert world.order("T2026061800002").fulfilment == "to_pack"
    clerk.reads_not("orders.drawer", "决定照发就解除挂起")


def test_goods_for_members_alone_are_not_said_to_be_too_many(sits_down, world):
    world.receive("BEAR", 20)
    world.desk.low_stock.put_limit("BEAR", 30, (Step(50, 1, members_only=True),), is_active=True)
    world.shop.place("T2026061800001", line("1", "BEAR"))
    world.sync()
    clerk = sits_down(world)
    clerk.opens("orders")
    clerk.gun("T2026061800001")
    clerk.sees("orders.drawer.title", "T2026061800001")
    clerk.reads("orders.drawer", "BEAR 当时剩 20 件，只卖会员，这位顾客不是会员")
    clerk.reads_not("orders.drawer", "还能买 0 件")


def test_no_way_out_of_a_hold_is_cut():
    for language in LANGUAGES:
        words = load_catalogue(language)
        assert {code: words[code] for code in drawer.WAYS.values() if len(words[code]) > drawer.MOST_CHARS} == {}


# --- a bundle -----------------------------------------------------------------------------------------------------


def test_a_bundle_is_packed_by_its_parts_and_takes_them_from_the_shelf(sits_down, world):
    world.receive("BEAR", 10)
    world.receive("BAG", 10)
    number = world.ready("T2026061800001", line("1", "SET", 2, unit_price_fen=9_900), amount_fen=19_800)
    clerk = sits_down(world)
    clerk.opens("orders")
    clerk.gun("T2026061800001")
    clerk.reads("orders.drawer.line.0", "团团熊", "组合装 SET × 2", "每套 ¥99.00", "× 4")
    clerk.reads("orders.drawer.line.1", "布袋", "组合装 SET × 2", "× 2")
    clerk.goes_to("packing")
    clerk.key(Qt.Key.Key_F12)
    clerk.sees("packing.sentence.what", "还差 6 件")
    clerk.scans(BEAR, STICKER)
    clerk.sees("packing.sentence.what", "不是这个包裹的商品")
    clerk.scans(BEAR, BEAR, BEAR, BAG, BAG)
    clerk.sees("packing.sentence.what", "商品齐了")
    assert (on_hand(world, "BEAR"), on_hand(world, "BAG")) == (10, 10), "nothing has left yet"
    (label,) = world.print_labels()
    assert (label["waybill_no"], label["item_count"]) == (number, 6)
    clerk.sees("packing.sentence.what", "请贴单并扫描面单")
    clerk.gun(number)
    clerk.sees("packing.sentence.what", f"已出库 {number}")
    assert (on_hand(world, "BEAR"), on_hand(world, "BAG")) == (6, 8)
    assert world.order("T2026061800001").fulfilment == "shipped"
    world.tell_shop()
    (told,) = world.shop.told.values()
    assert (told.waybill_no, list(told.lines)) == (number, [("1", 2)]), "the shop hears of bundles, as it sold them"
    stock = clerk.opens("stock")
    clerk.waits(lambda: stock.model.rowCount() > 0)
    clerk.gun(BEAR)
    clerk.sees("stock.sum.on_hand.total", "6")
