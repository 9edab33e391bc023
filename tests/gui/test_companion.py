"""Labels printed elsewhere, on the screens: offered, attached with one key, taken off with two, never printed."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QApplication

from core.desk.files import Files
from core.desk.shops import Shops
from core.files.progress import Progress
from desktop.app import build_window
from desktop.commands import Command
from desktop.pages.files.presenter import DONE, PREVIEW, FilesPresenter
from desktop.pages.orders.presenter import OrdersPresenter
from desktop.pages.packing.screen import Asking, Mood
from desktop.pages.packing.side import number_state
from desktop.shell.window import Start
from desktop.texts import load_catalogue
from tests.files.conftest import pdd_orders, put  # noqa: F401 - the second is a fixture
from tests.gui.conftest import ManualTasks
from tests.gui.robots import DeskRobot
from tests.gui.test_packing_presenter import BOTTLE, MILK, opened
from tests.gui.test_shops import desk as shop_desk  # noqa: F401 - a fixture
from tests.gui.test_shops import presenter_of, spine  # noqa: F401 - a fixture
from tests.support.desk_notes import DeskNotes
from tests.support.desk_world import START, DeskWorld
from tests.support.fake_shop import line
from tests.support.ports import stand_in_ports
from tests.support.world import CARRIER

pytestmark = [pytest.mark.gui, pytest.mark.qt_log_ignore("This plugin does not support")]

SF = "SF1234567890123"
NO_NUMBER = {"waybill_no": "", "waybill_state": "none", "waybill_id": None, "why_elsewhere": "shop"}


def test_an_unknown_number_is_attached_with_one_key_and_scanned_out(desk):
    opened(desk, (MILK, 1), **NO_NUMBER)
    desk.scan(MILK.barcode)
    assert (desk.said, desk.screen.sentence.mood) == ("packing.no_label.shop", Mood.GOOD)
    desk.scan(SF)
    assert (desk.said, desk.screen.sentence.mood) == ("packing.offered", Mood.NOTICE)
    assert (desk.screen.asking, desk.screen.attachable.carriers[0]) == (Asking.CARRIER, "SF")
    desk.presenter.hand.type_char("1")
    desk.tasks.run()
    assert desk.called("attach_number") == [(SF, "SF")]
    assert (desk.said, desk.screen.asking, desk.screen.attachable) == ("packing.scan_foreign", Asking.NOTHING, None)
    desk.scan(SF)
    assert desk.said == "packing.shipped"
    assert desk.called("print_label") == []


def test_it_may_be_scanned_while_goods_are_missing_and_then_they_are_asked_for(desk):
    opened(desk, (MILK, 1), **NO_NUMBER)
    desk.scan(SF)
    desk.presenter.hand.type_char("2")
    desk.tasks.run()
    assert desk.called("attach_number") == [(SF, desk.world.parcels[1].carrier_code)]
    assert desk.said == "packing.scan_goods"


def test_nothing_is_attached_without_a_key(desk):
    opened(desk, (MILK, 1), (BOTTLE, 1), **NO_NUMBER)
    desk.scan(SF)
    desk.press(Command.BACK)
    assert (desk.said, desk.screen.asking) == ("packing.scan_goods", Asking.NOTHING)
    desk.presenter.hand.type_char("1")
    desk.press(Command.BACK)
    desk.scan(SF, MILK.barcode)
    assert (desk.screen.asking, desk.screen.attachable) == (Asking.NOTHING, None)
    desk.presenter.hand.type_char("1")
    assert (desk.screen.typed, desk.called("attach_number")) == ("1", [])


def test_a_digit_beyond_the_offered_carriers_does_nothing(desk):
    opened(desk, (MILK, 1), **NO_NUMBER)
    desk.scan(SF)
    for digit in "0789":
        desk.presenter.hand.type_char(digit)
    desk.tasks.run()
    assert desk.called("attach_number") == []


def test_it_is_taken_off_with_two_presses(desk):
    opened(desk, (MILK, 1), is_foreign=True, carrier_name="顺丰速运", waybill_no=SF)
    desk.press(Command.NEW_NUMBER)
    assert (desk.said, desk.called("detach_number")) == ("packing.take_off_armed", [])
    desk.press(Command.NEW_NUMBER)
    assert (desk.said, desk.called("detach_number")) == ("verdict.number.taken_off", [1])
    assert desk.called("new_number") == []


def test_the_printer_has_nothing_to_do_with_it(desk):
    opened(desk, (MILK, 1), is_foreign=True, waybill_no=SF)
    desk.scan(MILK.barcode)
    assert desk.said == "packing.scan_foreign"
    desk.press(Command.REPRINT)
    assert (desk.said, desk.called("print_label"), desk.called("reprint")) == ("packing.printed_elsewhere", [], [])
    before = len(desk.called("refresh"))
    desk.presenter.tick()
    desk.tasks.run()
    assert len(desk.called("refresh")) == before, "no label of it is waited for"


@pytest.mark.parametrize(
    ("why", "mood"), [("masked", Mood.NOTICE), ("shop", Mood.GOOD), ("", Mood.NOTICE)], ids=["masked", "shop", "none"]
)
def test_a_parcel_without_a_number_says_what_to_do(desk, why, mood):
    opened(desk, (MILK, 1), **NO_NUMBER | {"why_elsewhere": why})
    desk.scan(MILK.barcode)
    said = desk.screen.sentence
    assert (said.mood, said.what.code) == (mood, f"packing.no_label.{why or 'none'}")
    assert {said.what.code, said.way.code} <= load_catalogue("zh_CN").keys()


def test_a_number_the_shop_knows_is_said_when_it_is_voided(desk):
    parcel = opened(desk, (MILK, 1), print_state="confirmed")
    desk.world.told.add(parcel.waybill_no)
    desk.press(Command.NEW_NUMBER)
    desk.presenter.hand.type_char("1")
    desk.tasks.run()
    assert desk.screen.sentence.way.code == "packing.new_number.told"


@pytest.mark.parametrize(
    ("state", "why", "is_foreign", "word"),
    [
        ("obtained", "", True, "foreign"),
        ("none", "masked", False, "masked"),
        ("none", "shop", False, "elsewhere"),
        ("none", "", False, "none"),
        ("obtained", "", False, "obtained"),
    ],
)
def test_a_numbers_pill_says_whence_it_comes(state, why, is_foreign, word):
    assert number_state(state, why, is_foreign=is_foreign)[1] == word


def test_the_shops_page_has_both_settings(shop_desk, spine):  # noqa: F811 - the fixtures
    presenter, tasks, told = presenter_of(shop_desk)
    (shop,) = presenter.screen.shops
    presenter.set_prints_elsewhere(shop)
    tasks.run()
    assert (presenter.screen.shops[0].prints_elsewhere, told[-1]) == (True, ("good", "shops.elsewhere_on"))
    presenter.set_prints_elsewhere(presenter.screen.shops[0])
    tasks.run()
    assert (presenter.screen.shops[0].prints_elsewhere, told[-1]) == (False, ("good", "shops.elsewhere_off"))
    presenter.set_confirm_at(shop, "print")
    tasks.run()
    assert presenter.screen.shops[0].confirm_at == "print"


def test_a_table_of_numbers_needs_no_shop(spine, put):  # noqa: F811 - the fixtures
    files, tasks = Files(spine.store, spine.digest, CARRIER), ManualTasks()
    shop = files.add_shop("拼多多小店", "pdd").id
    Shops(spine.store, dict, lambda _shop: None, lambda: None, CARRIER).set_prints_elsewhere(shop, is_on=True)
    (read,) = files.read([put("pdd202606181000.csv", pdd_orders({"订单号": "260618-001"}))])
    files.run(files.plan([(read, read.choices[0])], shop), Progress())
    presenter = FilesPresenter(files, tasks, lambda *_told: None)
    presenter.choose([put("n.csv", [["订单号", "快递公司", "快递单号"], ["260618-001", "", SF], ["x", "", SF]])])
    tasks.run()
    screen = presenter.screen
    assert (screen.phase, screen.plan.kind, screen.needs_shop, screen.can_start) == (PREVIEW, "numbers", False, True)
    assert [(one.row, one.reason) for one in screen.rejected] == [(3, "order_unknown")]
    presenter.start()
    tasks.run()
    assert (presenter.screen.phase, presenter.screen.done.counts.new) == (DONE, 1)
    assert files.recent()[0].kind == "numbers"


def orders_of(world):
    """The orders page over the little shop, one order open; its messages."""
    told, tasks = [], ManualTasks()
    presenter = OrdersPresenter(
        world, world, DeskNotes(world), tasks, lambda tone, phrase, _undo: told.append((tone, phrase.code))
    )
    presenter.open(7)
    tasks.run()
    return presenter, tasks, told


def test_the_orders_page_takes_it_off():
    world = DeskWorld()
    world.add_order(7)
    detail = world.orders[7]
    world.orders[7] = replace(detail, parcels=(replace(detail.parcels[0], is_foreign=True, waybill_no=SF),))
    presenter, tasks, told = orders_of(world)
    presenter.take_off(presenter.screen.detail.parcels[0])
    tasks.run()
    assert told == [("good", "orders.number_taken_off")]
    assert presenter.screen.detail.parcels[0].waybill_no == ""


@pytest.mark.parametrize(("is_told", "said"), [(True, "orders.new_number_told"), (False, "orders.new_number")])
def test_the_orders_page_says_that_a_shop_knows_the_voided_number(is_told, said):
    world = DeskWorld()
    world.add_order(7)
    parcel = world.add_parcel((MILK, 1))
    if is_told:
        world.told.add(parcel.waybill_no)
    presenter, tasks, told = orders_of(world)
    presenter.new_number(replace(presenter.screen.detail.parcels[0], id=parcel.id), "torn")
    tasks.run()
    assert told == [("notice" if is_told else "good", said)]


# --- in the window, over the real records -----------------------------------------------------------------------------


@pytest.fixture
def robot(qtbot, qapp, settings, spine, shop_desk, tmp_path):  # noqa: F811 - the fixtures
    settings.put("language", "zh_CN")
    desk = spine.desk
    ports = stand_in_ports(DeskWorld(), shops=shop_desk, packing=desk.packing, labels=desk.labels, orders=desk.orders)
    window = build_window(qapp, settings, start=Start(lambda: ports), folder=tmp_path, now=lambda: START)
    with qtbot.waitSignal(window.ready):
        window.show()
    window.activateWindow()
    qtbot.waitUntil(lambda: window.isActiveWindow() and QApplication.focusWidget() is not None)
    yield DeskRobot(qtbot, window)
    window.close()
    window.deleteLater()


def test_a_parcel_goes_out_under_a_foreign_number_with_scanner_and_keys(robot, spine):  # noqa: F811 - the fixture
    robot.goes_to("shops")
    robot.sees("shops.1.name", "练习店")
    robot.qtbot.mouseClick(robot.find("shops.1.elsewhere"), Qt.MouseButton.LeftButton)
    robot.sees("shops.1.elsewhere_told", "面单在别处打印")
    spine.shop.place("A1", line("1", "BEAR"))
    spine.sync("A1")
    robot.goes_to("packing")
    packing = robot.window.parts.packing
    packing.scan("A1")
    robot.sees("packing.side.waybill", "面单在别处打印")
    packing.scan("6901234567892")
    robot.sees("packing.sentence.what", "请扫描别处打印的面单")
    packing.scan(SF)
    robot.sees("packing.choice.title", SF)
    robot.qtbot.waitUntil(lambda: packing.screen.asking is Asking.CARRIER)
    assert "顺丰速运" in robot.find("packing.choice.1", QAbstractButton).text()
    robot.key(Qt.Key.Key_1)
    robot.sees("packing.side.waybill", "面单来自别处")
    robot.sees("packing.side.carrier", f"顺丰速运  {SF}")
    assert not robot.find("packing.side.print").isVisible()
    robot.key(Qt.Key.Key_F8, Qt.KeyboardModifier.ShiftModifier)
    robot.key(Qt.Key.Key_F8, Qt.KeyboardModifier.ShiftModifier)
    robot.sees("packing.side.waybill", "面单在别处打印")
    packing.scan(SF)
    robot.qtbot.waitUntil(lambda: packing.screen.asking is Asking.CARRIER)
    assert "顺丰速运" in robot.find("packing.choice.1", QAbstractButton).text()
    robot.key(Qt.Key.Key_1)
    robot.sees("packing.side.waybill", "面单来自别处")
    packing.scan(SF)
    robot.sees("packing.sentence.what", SF)
    assert spine.order("A1").fulfilment == "shipped"
    robot.goes_to("orders")
    robot.window.page("orders")._presenter.open(spine.order("A1").id)
    robot.sees("orders.drawer.parcel.0.number", f"顺丰速运  {SF}")
    robot.sees("orders.drawer.parcel.0.print", "面单来自别处")
