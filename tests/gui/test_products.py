"""The products page over the real catalogue: written by keys and scans, nothing lost, nobody's barcode taken."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit, QSpinBox, QToolButton

from core.catalog.products import PRODUCT_PILES
from desktop.app import build_window
from desktop.pages.products.presenter import ProductsPresenter
from desktop.shell.window import Start
from desktop.texts import load_catalogue
from tests.gui.conftest import ManualTasks
from tests.gui.robots import DeskRobot
from tests.support.desk_world import START, DeskWorld
from tests.support.fake_shop import line
from tests.support.ports import stand_in_ports
from tests.support.world import World

pytestmark = [pytest.mark.gui, pytest.mark.qt_log_ignore("This plugin does not support")]


@pytest.fixture
def spine(sqlite_address):
    world = World(sqlite_address)
    yield world
    world.close()


class Desk:
    def __init__(self, spine):
        self.spine = spine
        self.told = []
        self.undo = None
        self.tasks = ManualTasks()
        self.presenter = ProductsPresenter(spine.desk.products, self.tasks, self._tell)

    def _tell(self, tone, phrase, undo):
        self.told.append((tone, phrase.code))
        self.facts = phrase.facts
        self.undo = undo

    def do(self, act, *arguments, **more):
        getattr(self.presenter, act)(*arguments, **more)
        self.tasks.run()

    def open(self, code):
        self.do("open", self.spine.skus[code])

    @property
    def screen(self):
        return self.presenter.screen

    @property
    def spec(self):
        return self.screen.draft.spec

    def stored(self, code):
        return self.spine.desk.products.product(self.spine.skus[code]).spec


@pytest.fixture
def desk(spine):
    made = Desk(spine)
    made.do("reload")
    return made


# --- presenter ---------------------------------------------------------------------------------------------------


def test_a_new_product_sends_the_orders_on_that_waited_for_its_code(desk, spine):
    spine.shop.place("A1", line("1", "NEW"))
    spine.sync("A1")
    desk.do("begin")
    desk.do("change", code=" NEW ", name="新品", is_stock_managed=False)
    desk.do("scan", "6900000000001")
    assert desk.spec.barcodes == (("6900000000001", 1),)
    desk.presenter.save()
    desk.presenter.save()
    desk.tasks.run()
    assert desk.told == [("good", "products.saved_resumed")]
    assert desk.facts["n"] == 1
    assert desk.spec.code == "NEW"
    assert not desk.screen.draft.is_changed


def test_a_taken_barcode_says_whose_and_is_not_added(desk):
    desk.open("BAG")
    desk.do("scan", "6901234567892")
    assert desk.told == [("stop", "error.catalog.barcode_taken")]
    assert (desk.facts["sku"], desk.facts["name"]) == ("BEAR", "团团熊")
    assert desk.spec.barcodes == (("6901234567908", 1),)
    desk.do("scan", "6901234567908")
    assert desk.told[-1] == ("notice", "products.barcode_here")


def test_a_scan_without_a_form_opens_its_owner(desk):
    desk.do("scan", "16901234567899")
    assert desk.spec.code == "BEAR"
    desk.do("close")
    desk.do("scan", "none")
    assert desk.told == [("notice", "products.unknown_code")]


def test_what_was_saved_can_be_taken_back(desk):
    desk.open("BEAR")
    desk.do("change", weight_g=333)
    desk.do("add_barcode", "00-first")
    desk.do("save")
    assert desk.stored("BEAR").weight_g == 333
    desk.undo()
    desk.tasks.run()
    assert desk.told[-1] == ("good", "products.taken_back")
    assert desk.stored("BEAR").weight_g == 200
    assert "00-first" not in dict(desk.stored("BEAR").barcodes)
    assert desk.spec.weight_g == 200


def test_a_draft_that_is_put_away_comes_back(desk):
    desk.open("BEAR")
    desk.do("change", name="小熊")
    desk.open("BAG")
    assert desk.told == [("notice", "products.put_away")]
    desk.undo()
    assert desk.spec.name == "小熊"
    desk.do("close")
    desk.undo()
    assert desk.spec.name == "小熊"
    desk.do("save")
    assert desk.stored("BEAR").name == "小熊"


def test_what_is_being_written_stays_when_records_change(desk):
    desk.open("BEAR")
    desk.do("change", name="小熊")
    desk.do("reload")
    desk.open("BEAR")
    assert desk.spec.name == "小熊"


def test_two_desks_do_not_write_each_others_work_away(desk, spine):
    desk.open("BEAR")
    other = Desk(spine)
    other.open("BEAR")
    other.do("change", weight_g=1)
    other.do("save")
    desk.do("change", name="小熊")
    desk.do("save")
    assert desk.told == [("stop", "error.catalog.changed_meanwhile")]
    assert desk.spec.name == "小熊", "what was written stays"
    assert desk.stored("BEAR").weight_g == 1


def test_a_bundle_is_made_of_what_is_found(desk):
    desk.do("begin")
    desk.do("change", code="BOX", name="礼盒")
    desk.do("add_part", "6901234567892")
    desk.do("add_part", "CARD")
    desk.do("add_part", "BEAR")
    desk.do("add_part", "nothing")
    desk.do("add_part", "A")
    codes = [code for _, code in desk.told]
    assert codes == ["products.part_here", "products.part_none", "products.part_many"]
    desk.do("change_row", "components", 0, 3)
    desk.do("remove_row", "components", 1)
    assert desk.spec.components == (("BEAR", 3),)
    desk.undo()
    assert desk.spec.components == (("BEAR", 3), ("CARD", 1))
    desk.do("save")
    assert desk.spec.components == (("BEAR", 3), ("CARD", 1))


def test_a_bin_is_written_saved_tidy_and_taken_back(desk):
    warehouse = desk.spine.warehouse
    assert [place.id for place in desk.screen.warehouses] == [warehouse]
    desk.open("BEAR")
    desk.do("change_bin", warehouse, "a－1 ")
    assert desk.screen.draft.is_changed
    desk.do("save")
    assert desk.stored("BEAR").bins == desk.spec.bins == ((warehouse, "A-1"),)
    assert not desk.screen.draft.is_changed
    desk.undo()
    desk.tasks.run()
    assert desk.stored("BEAR").bins == ()
    desk.do("change_bin", warehouse, "B")
    desk.do("change_bin", warehouse, " ")
    assert not desk.screen.draft.is_changed


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
    made.goes_to("products")
    qtbot.waitUntil(lambda: window.page("products").model.rowCount() == 5)
    yield made
    window.close()
    window.deleteLater()


def test_a_clerk_adds_a_product_without_a_mouse(robot, spine):
    robot.key(Qt.Key.Key_F6)
    assert QApplication.focusWidget() is robot.find("products.form.code", QLineEdit)
    robot.types("NEW")
    robot.key(Qt.Key.Key_Tab)
    robot.types("Tea")
    robot.gun("6900000000001")
    robot.qtbot.waitUntil(lambda: robot.window.findChild(QSpinBox, "products.form.barcodes.0.qty") is not None)
    assert robot.find("products.form.name", QLineEdit).text() == "Tea", "the scan went into a field"
    robot.key(Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    robot.qtbot.waitUntil(lambda: robot.window.page("products").model.rowCount() == 6)
    (found,) = spine.desk.products.page("all", "6900000000001", None, 9).rows
    assert (found.code, found.name) == ("NEW", "Tea")


def test_keys_edit_and_esc_puts_away(robot, spine):
    robot.key(Qt.Key.Key_Down)
    robot.key(Qt.Key.Key_Return)
    robot.sees("products.form.title", "BEAR")
    assert not robot.find("products.form.code", QLineEdit).isEnabled()
    box = robot.find("products.form.weight", QSpinBox)
    box.setFocus()
    box.selectAll()
    robot.types("321")
    robot.sees("products.form.told", "还没有保存")
    robot.key(Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    robot.qtbot.waitUntil(lambda: spine.desk.products.product(spine.skus["BEAR"]).spec.weight_g == 321)
    robot.sees("products.form.told", "SET")
    robot.key(Qt.Key.Key_Escape)
    assert not robot.find("products.form").isVisible()


def test_a_clerk_writes_a_bin(robot, spine):
    robot.key(Qt.Key.Key_Down)
    robot.key(Qt.Key.Key_Return)
    robot.sees("products.form.title", "BEAR")
    field = robot.find("products.form.bin.main", QLineEdit)
    field.setFocus()
    robot.types("a-7")
    robot.sees("products.form.told", "还没有保存")
    robot.key(Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    robot.qtbot.waitUntil(lambda: field.text() == "A-7")
    assert spine.desk.products.product(spine.skus["BEAR"]).spec.bins == ((spine.warehouse, "A-7"),)


def test_the_rail_with_every_page_fits_a_small_screen(robot):
    rail = robot.find("shell.rail")
    rail.offer(lambda _page: True)
    rail.layout().activate()
    assert rail.minimumSizeHint().height() <= 700
    for button in rail.findChildren(QToolButton):
        assert button.sizeHint().height() <= button.height(), f"{button.text()} is cut"


def test_every_pile_has_a_word():
    assert {f"products.pile.{pile}" for pile in PRODUCT_PILES} <= load_catalogue("zh_CN").keys()
