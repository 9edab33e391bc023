"""The customers page over the real customer file: masked, found, seen for a reason, erased on purpose."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton

from core.access.customer_file import customer_no
from desktop.app import build_window
from desktop.pages.customers.presenter import CustomersPresenter
from desktop.shell.window import Start
from desktop.texts import load_catalogue
from tests.gui.conftest import ManualTasks
from tests.gui.robots import DeskRobot
from tests.support.desk_world import START, DeskWorld
from tests.support.fake_shop import LIN, line
from tests.support.ports import stand_in_ports
from tests.support.world import World

pytestmark = [pytest.mark.gui, pytest.mark.qt_log_ignore("This plugin does not support")]
WANG = replace(LIN, name="王小明", phone="13911112222", address="文三路9号3幢501室")


@pytest.fixture
def spine(sqlite_address):
    world = World(sqlite_address)
    world.ready("A1", line("1", "BEAR"), consignee=LIN, buyer_key="lin")
    world.ready("B1", line("1", "BAG"), consignee=WANG, buyer_key="wang")
    yield world
    world.close()


class Desk:
    def __init__(self, spine):
        self.told = []
        self.rows = []
        self.tasks = ManualTasks()
        tell = lambda tone, phrase, _undo: self.told.append((tone, phrase.code))  # noqa: E731  said once, used below
        self.presenter = CustomersPresenter(spine.desk.customers, self.tasks, tell)
        self.presenter.on_first = self._on_first
        self.presenter.on_more = lambda rows, _next: self.rows.extend(rows)
        self.next = None

    def _on_first(self, rows, next_after, _again):
        self.rows, self.next = list(rows), next_after

    def do(self, act, *arguments, **more):
        getattr(self.presenter, act)(*arguments, **more)
        self.tasks.run()

    @property
    def screen(self):
        return self.presenter.screen


@pytest.fixture
def desk(spine):
    made = Desk(spine)
    made.do("reload")
    return made


# --- presenter ---------------------------------------------------------------------------------------------------


def test_a_scanned_order_opens_its_customer(desk):
    desk.do("find", "B1")
    assert (desk.screen.detail.row.name, len(desk.rows)) == ("王**", 1)


def test_who_is_listed_is_not_listed_again_by_the_next_page(desk, spine, monkeypatch):
    monkeypatch.setattr("desktop.bridge.paging.PAGE_ROWS", 1)
    spine.ready("A2", line("1", "BEAR"), consignee=LIN, buyer_key="lin")
    desk.do("search", "林晓")
    assert [row.order_count for row in desk.rows] == [2]
    desk.do("more", desk.next)
    assert len(desk.rows) == 1


def test_a_look_is_shown_for_this_customer_alone(desk, spine):
    desk.do("find", "B1")
    receiver = desk.screen.detail.receivers[0]
    desk.do("unmask", receiver.consignee_id, "after_sale")
    assert desk.screen.clear.phone == "13911112222"
    desk.do("open", spine.order("A1").customer_id)
    assert desk.screen.clear is None


def test_only_the_number_erases_and_only_once(desk, spine):
    customer_id = spine.order("B1").customer_id
    spine.desk.pack("B1")
    spine.desk.ship(spine.number("B1"))
    desk.do("find", "B1")
    desk.do("erase", customer_no(customer_id))
    assert desk.told == [], "nobody was asked yet"
    desk.do("ask_erase")
    desk.do("erase", "K")
    assert desk.told == [("notice", "customers.erase_typed_wrong")]
    assert not desk.screen.detail.row.is_erased
    desk.presenter.erase(customer_no(customer_id).lower())
    desk.presenter.erase(customer_no(customer_id))
    desk.tasks.run()
    assert desk.told[1:] == [("good", "customers.erased")]
    assert desk.screen.detail.row.is_erased
    desk.do("ask_erase")
    assert not desk.screen.is_erasing


def test_who_still_waits_for_goods_is_not_erased(desk, spine):
    desk.do("find", "B1")
    desk.do("ask_erase")
    desk.do("erase", customer_no(spine.order("B1").customer_id))
    assert desk.told == [("stop", "error.customer.open_orders")]
    assert not desk.screen.is_saving


# --- page --------------------------------------------------------------------------------------------------------


@pytest.fixture
def robot(qtbot, qapp, settings, spine, tmp_path):
    world, desk = DeskWorld(), spine.desk
    settings.put("language", "zh_CN")

    def boot():
        named = ("orders", "entry", "stock", "activity", "customers", "products")
        return stand_in_ports(world, **{name: getattr(desk, name) for name in named})

    window = build_window(qapp, settings, start=Start(boot), folder=tmp_path, now=lambda: START)
    with qtbot.waitSignal(window.ready):
        window.show()
    window.activateWindow()
    qtbot.waitUntil(lambda: window.isActiveWindow() and QApplication.focusWidget() is not None)
    made = DeskRobot(qtbot, window)
    made.goes_to("customers")
    qtbot.waitUntil(lambda: window.page("customers").model.rowCount() == 2)
    yield made
    window.close()
    window.deleteLater()


def shown_texts(robot):
    return " ".join(label.text() for label in robot.find("customers").findChildren(QLabel) if label.isVisible())


def opened(robot):
    assert QApplication.focusWidget() is robot.find("customers.search", QLineEdit)
    robot.types("2222")
    robot.key(Qt.Key.Key_Return)
    robot.qtbot.waitUntil(lambda: robot.window.page("customers").model.rowCount() == 1)
    robot.qtbot.waitUntil(robot.window.page("customers").table.hasFocus)
    robot.key(Qt.Key.Key_Return)
    robot.qtbot.waitUntil(lambda: robot.window.findChild(QLabel, "customers.receiver.0.who") is not None)


def test_a_clerk_finds_and_sees_a_receiver_for_a_minute(robot):
    opened(robot)
    assert "13911112222" not in shown_texts(robot)
    assert "501" not in shown_texts(robot)
    robot.key(Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.focusWidget() is robot.find("customers.drawer.reason")
    robot.qtbot.mouseClick(robot.find("customers.receiver.0.unmask", QPushButton), Qt.MouseButton.LeftButton)
    robot.qtbot.waitUntil(lambda: "王小明  13911112222" in shown_texts(robot))
    clock = robot.window.page("customers").drawer._clock
    assert (clock.isActive(), clock.interval()) == (True, 60_000)
    clock.timeout.emit()
    robot.qtbot.waitUntil(lambda: "13911112222" not in shown_texts(robot))


def test_whoever_leaves_the_page_leaves_nothing_to_read(robot):
    opened(robot)
    robot.qtbot.mouseClick(robot.find("customers.receiver.0.unmask", QPushButton), Qt.MouseButton.LeftButton)
    robot.qtbot.waitUntil(lambda: "13911112222" in shown_texts(robot))
    robot.goes_to("orders")
    assert robot.window.page("customers")._presenter.screen.clear is None


def test_an_order_is_a_door(robot):
    opened(robot)
    robot.qtbot.mouseClick(robot.find("customers.order.0", QPushButton), Qt.MouseButton.LeftButton)
    robot.sees("orders.drawer.title", "B1")


def test_erasing_wants_the_number_typed(robot, spine):
    spine.desk.pack("B1")
    spine.desk.ship(spine.number("B1"))
    opened(robot)
    robot.qtbot.mouseClick(robot.find("customers.drawer.erase", QPushButton), Qt.MouseButton.LeftButton)
    robot.qtbot.waitUntil(lambda: QApplication.focusWidget() is robot.find("customers.erase_form.number"))
    robot.key(Qt.Key.Key_Escape)
    assert not robot.find("customers.erase_form").isVisible()
    robot.qtbot.mouseClick(robot.find("customers.drawer.erase", QPushButton), Qt.MouseButton.LeftButton)
    robot.types(customer_no(spine.order("B1").customer_id))
    robot.key(Qt.Key.Key_Return)
    robot.sees("customers.drawer.who", "资料已清除")


def test_every_change_has_a_word():
    kinds = ("created", "consignee_added", "consignee_changed", "identity_added", "merged", "erased")
    assert {f"customers.change.{kind}" for kind in kinds} <= load_catalogue("zh_CN").keys()
