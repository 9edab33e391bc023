"""The stock page over the real stock: numbers that add up, acts by keys, nothing booked twice."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QLineEdit, QPushButton, QSpinBox

from core.inventory.queries import Quantities
from core.inventory.reasons import REASONS, parted
from core.inventory.states import MovementKind
from core.inventory.stock_list import STOCK_PILES, StockFilter
from desktop.app import build_window
from desktop.formats import number_text
from desktop.pages.stock.presenter import ActForm, StockPresenter
from desktop.pages.stock.words import ACTS, question_of, what_follows
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
    world.check_stock()
    world.close()


class Desk:
    """The presenter, its tasks run at once, and what it told."""

    def __init__(self, spine):
        self.spine = spine
        self.told = []
        self.undo = None
        self.rows = ()
        self.orders = []
        self.tasks = ManualTasks()
        nonces = iter(range(1000))
        self.presenter = StockPresenter(spine.desk.stock, self.tasks, self._tell, lambda: f"k{next(nonces)}")
        self.presenter.on_first = self._on_first
        self.presenter.on_order = self.orders.append

    def _tell(self, tone, phrase, undo):
        self.told.append((tone, phrase.code))
        self.undo = undo

    def _on_first(self, rows, _next, _again):
        self.rows = rows

    def do(self, act, *arguments):
        getattr(self.presenter, act)(*arguments)
        self.tasks.run()

    @property
    def screen(self):
        return self.presenter.screen

    def open(self, code):
        self.do("open", self.spine.skus[code], None)

    def form(self, qty, **more):
        place = {"reason": "other", "note": "", "warehouse_id": self.spine.warehouse, "batch": ""}
        return ActForm(qty, **(place | more))

    def act(self, act, qty, **more):
        self.do("begin_act", act)
        self.do("do_act", self.form(qty, **more))

    @property
    def on_hand(self):
        return self.screen.detail.row.quantities.on_hand_qty


@pytest.fixture
def desk(spine):
    made = Desk(spine)
    made.do("reload")
    return made


# --- presenter ---------------------------------------------------------------------------------------------------


def test_goods_that_come_send_waiting_orders_on_and_it_is_said_how_many(desk, spine):
    desk.open("BEAR")
    desk.act("count", 0)
    spine.ready("A1", line("1", "BEAR", 2))
    desk.act("receive", 5, reason="purchase", note="整箱")
    assert desk.told[-1] == ("good", "stock.done.served")
    assert spine.holds("A1") == set()
    assert desk.on_hand == 5
    assert parted(desk.screen.detail.why.movements[0].reason) == ("purchase", "整箱")
    assert desk.screen.act == ""


@pytest.mark.parametrize(("act", "qty"), [("receive", 2), ("count", 100_002)])
def test_goods_that_come_say_which_parked_parcels_can_go_on(desk, spine, act, qty):
    spine.ready("A1", line("1", "BEAR", 2))
    opened = spine.desk.open("A1").parcel
    spine.desk.packing.exception(opened.id, opened.fence, "short", spine.desk.nonce())
    spine.clock.advance(seconds=60)
    desk.open("BEAR")
    desk.act(act, qty)
    assert desk.told[-1] == ("good", "stock.done.slips")
    assert [row.can_go_on for row in spine.desk.packing.parked()] == [True]


def test_a_second_press_before_the_answer_books_once(desk):
    desk.open("BEAR")
    desk.do("begin_act", "receive")
    desk.presenter.do_act(desk.form(5))
    desk.presenter.do_act(desk.form(5))
    desk.tasks.run()
    assert desk.on_hand == 100_005
    desk.act("receive", 5)
    assert desk.on_hand == 100_010, "another press of another form is another act"


@pytest.mark.parametrize(
    ("act", "qty", "left"),
    [
        ("receive", 5, (100_005, 0)),
        ("in_hand", 5, (100_005, 0)),
        ("adjust", -5, (99_995, 0)),
        ("quarantine", 5, (100_000, 5)),
    ],
)
def test_an_act_is_taken_back_by_its_opposite(desk, act, qty, left):
    desk.open("BEAR")
    desk.act(act, qty)
    quantities = desk.screen.detail.row.quantities
    assert (quantities.on_hand_qty, quantities.quarantined_qty) == left
    desk.undo()
    desk.tasks.run()
    quantities = desk.screen.detail.row.quantities
    assert (quantities.on_hand_qty, quantities.quarantined_qty) == (100_000, 0)
    assert desk.told[-1] == ("good", "stock.undone")
    if act != "quarantine":
        assert desk.screen.detail.why.movements[0].reason == "undone"


def test_goods_promised_meanwhile_are_not_taken_back(desk, spine):
    desk.open("BEAR")
    desk.act("count", 0)
    desk.act("receive", 5)
    undo = desk.undo
    spine.ready("A1", line("1", "BEAR", 4))
    undo()
    desk.tasks.run()
    assert desk.told[-1] == ("stop", "stock.promised")
    assert desk.on_hand == 5


def test_a_count_below_what_is_promised_is_asked_about_and_names_the_orders(desk, spine):
    spine.ready("A1", line("1", "BEAR", 3))
    desk.open("BEAR")
    desk.act("count", 1)
    assert desk.told == [("notice", "stock.count_takes")]
    assert desk.screen.is_asked
    assert desk.on_hand == 100_000
    desk.presenter.change_mind()
    desk.do("do_act", desk.form(1))
    assert desk.on_hand == 100_000, "what was changed since is asked about again"
    desk.do("do_act", desk.form(1))
    assert desk.told[-1] == ("stop", "stock.done.count_short")
    assert spine.holds("A1") == {"short"}
    assert desk.undo is None


@pytest.mark.parametrize(
    ("counted", "question", "follows"),
    [
        (20, None, ("stock.follows.count", {"now": 20, "variance": "+0"})),
        (17, None, ("stock.follows.count", {"now": 20, "variance": "-3"})),
        (15, "stock.count_uncovers", ("stock.follows.uncovered", {"units": 2, "variance": "-5"})),
        (7, "stock.count_takes", ("stock.follows.short_uncovered", {"n": 2, "units": 8, "variance": "-13"})),
        (0, "stock.count_takes", ("stock.follows.short_uncovered", {"n": 5, "units": 8, "variance": "-20"})),
    ],
)
def test_a_count_says_what_it_takes_from_orders_and_from_shops(desk, counted, question, follows):
    desk.open("BEAR")
    row = replace(desk.screen.detail.row, quantities=Quantities(20, 3, 2, 4), allotted_qty=8)
    asked, then = question_of(row, "count", counted), what_follows(row, "count", counted)
    assert (None if asked is None else asked.code) == question
    assert (then.code, dict(then.facts)) == follows


def test_goods_that_went_while_they_were_counted_do_not_come_back(desk, spine):
    desk.open("BEAR")
    desk.act("count", 100)
    desk.do("begin_act", "count")
    spine.desk.stock.adjust(spine.warehouse, spine.skus["BEAR"], -3, "used", "other desk")
    desk.do("do_act", desk.form(100))
    assert desk.told[-1] == ("stop", "error.stock.count_moved")
    desk.tasks.run()
    assert (desk.on_hand, desk.screen.act) == (97, "count"), "nothing was booked, what was written stays"
    desk.do("do_act", desk.form(97))
    assert (desk.on_hand, desk.told[-1]) == (97, ("good", "stock.done.count_same"))


def test_whoever_looked_again_books_what_is_there_now(desk, spine):
    desk.open("BEAR")
    desk.act("count", 100)
    desk.do("begin_act", "count")
    spine.desk.stock.adjust(spine.warehouse, spine.skus["BEAR"], -3, "used", "other desk")
    desk.do("do_act", desk.form(100))
    desk.do("do_act", desk.form(100))
    assert (desk.on_hand, desk.told[-1]) == (100, ("good", "stock.done.count"))


def test_an_adjustment_below_what_is_promised_points_to_the_count(desk, spine):
    desk.open("BEAR")
    desk.act("count", 5)
    spine.ready("A1", line("1", "BEAR", 3))
    desk.act("adjust", -4)
    assert desk.told[-1] == ("stop", "stock.promised")
    assert not desk.screen.is_saving
    assert desk.screen.act == "adjust", "what was written stays"


def test_a_scanned_carton_opens_its_goods_and_an_unknown_code_is_said(desk):
    desk.do("find", "16901234567899")
    assert desk.screen.detail.row.code == "BEAR"
    desk.do("find", "0000")
    assert desk.told == [("notice", "stock.unknown_code")]
    assert desk.screen.is_known_empty


def test_goods_in_hand_are_listed_until_reviewed(desk):
    desk.open("CARD")
    desk.act("in_hand", 2, reason="found")
    desk.do("review")
    (row,) = desk.screen.in_hand
    assert (row.code, row.qty) == ("CARD", 2)
    assert desk.screen.detail is None
    desk.do("reviewed", row)
    assert desk.screen.in_hand == ()


def test_moving_to_other_goods_leaves_the_form(desk):
    desk.open("BEAR")
    desk.do("begin_act", "receive")
    desk.open("BAG")
    assert desk.screen.act == ""


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
    made.key(Qt.Key.Key_3, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: window.current_page == "stock" and window.page("stock").model.rowCount() == 3)
    yield made
    window.close()
    window.deleteLater()


def test_a_clerk_scans_and_receives_without_a_mouse(robot, spine):
    robot.gun("6901234567892")
    robot.sees("stock.drawer.title", "BEAR")
    robot.key(Qt.Key.Key_F6)
    robot.qtbot.waitUntil(lambda: QApplication.focusWidget() is robot.find("stock.form.qty", QSpinBox))
    robot.types("24")
    robot.sees("stock.form.follows", "100024")
    robot.key(Qt.Key.Key_Return)
    robot.sees("stock.sum.on_hand.total", "100024")
    robot.qtbot.waitUntil(lambda: not robot.find("stock.form").isVisible())
    robot.qtbot.waitUntil(lambda: robot.window.page("stock").model.cell(0, 7) == "100024")
    assert spine.desk.stock.detail(spine.skus["BEAR"], None).row.quantities.on_hand_qty == 100_024


def test_esc_leaves_the_form_then_the_drawer_then_the_search(robot):
    robot.gun("6901234567892")
    robot.sees("stock.drawer.title", "BEAR")
    robot.key(Qt.Key.Key_F7)
    assert robot.find("stock.form").isVisible()
    robot.key(Qt.Key.Key_Escape)
    assert not robot.find("stock.form").isVisible()
    assert robot.find("stock.drawer").isVisible()
    robot.key(Qt.Key.Key_Escape)
    assert not robot.find("stock.drawer").isVisible()
    robot.key(Qt.Key.Key_Escape)
    robot.qtbot.waitUntil(lambda: robot.window.page("stock").model.rowCount() == 3)
    assert robot.find("stock.search", QLineEdit).text() == ""


def test_an_order_that_holds_units_is_a_door(robot, spine):
    spine.ready("A1", line("1", "BEAR", 2))
    robot.gun("6901234567892")
    robot.qtbot.waitUntil(lambda: robot.window.findChild(QPushButton, "stock.drawer.holder.0") is not None)
    assert robot.text("stock.sum.available.total") == "99998"
    robot.qtbot.mouseClick(robot.find("stock.drawer.holder.0"), Qt.MouseButton.LeftButton)
    robot.sees("orders.drawer.title", "A1")
    assert robot.window.current_page == "orders"


def test_a_row_read_again_leaves_what_is_typed(robot, spine):
    robot.gun("6901234567892")
    robot.sees("stock.drawer.title", "BEAR")
    robot.key(Qt.Key.Key_F7)
    robot.qtbot.waitUntil(lambda: QApplication.focusWidget() is robot.find("stock.form.qty", QSpinBox))
    robot.types("77")
    spine.receive("BEAR", 1)
    robot.window.page("stock").handle_changed()
    robot.sees("stock.sum.on_hand.total", "100001")
    assert robot.find("stock.form.qty", QSpinBox).value() == 77
    assert robot.find("stock.form").isVisible()


@pytest.mark.parametrize(
    ("number", "shown"),
    [("T2026061800000000001", "T2026061800000000001"), ("9" * 40 + "12345678", "9" * 13 + "…12345678")],
)
def test_a_door_shows_an_order_number_without_widening_the_drawer(number, shown):
    assert number_text(number) == shown


def test_every_act_kind_and_reason_has_words():
    known = load_catalogue("zh_CN")
    wanted = {f"stock.act.{act}{part}" for act in ACTS for part in ("", ".head")}
    wanted |= {f"stock.done.{act}" for act in ACTS} | {f"stock.pile.{pile}" for pile in STOCK_PILES}
    wanted |= {f"stock.kind.{kind.value}" for kind in MovementKind}
    wanted |= {f"reason.stock.{code}" for codes in REASONS.values() for code in codes}
    assert wanted - known.keys() == set()


def test_hostile_words_stay_words(robot, spine):
    from sqlalchemy import update

    from core.catalog.models import Sku

    spine.do(lambda uow: uow.execute(update(Sku).where(Sku.code == "BEAR").values(name="<b>熊</b>{0}")))
    robot.gun("6901234567892")
    robot.sees("stock.drawer.what", "<b>熊</b>{0}")
    robot.key(Qt.Key.Key_F6)
    robot.sees("stock.form.title", "<b>熊</b>{0}")
    assert all(
        label.textFormat() is Qt.TextFormat.PlainText
        for label in robot.find("stock").findChildren(QLabel)
        if label.text()
    )


def test_goods_are_moved_to_a_new_warehouse_by_keys(robot, spine):
    robot.goes_to("stock")
    robot.gun("6901234567892")
    robot.sees("stock.drawer.title", "BEAR")
    robot.key(Qt.Key.Key_F6, Qt.KeyboardModifier.ShiftModifier)
    robot.sees("shell.message.words", "只有一个仓库")
    robot.key(Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)
    name, code = robot.find("stock.place.name", QLineEdit), robot.find("stock.place.code", QLineEdit)
    robot.qtbot.waitUntil(lambda: QApplication.focusWidget() is name)
    name.setText("二号仓")
    robot.key(Qt.Key.Key_Return)
    robot.qtbot.waitUntil(lambda: QApplication.focusWidget() is code)
    code.setText("MAIN")
    robot.key(Qt.Key.Key_Return)
    robot.sees("shell.message.words", "已经有这个编码")
    robot.qtbot.mouseClick(robot.find("shell.message.close"), Qt.MouseButton.LeftButton)
    code.setFocus()
    code.setText("wh2")
    robot.key(Qt.Key.Key_Return)
    robot.sees("shell.message.words", "已新建仓库「二号仓」")
    robot.qtbot.waitUntil(lambda: len(robot.window.page("stock")._presenter.screen.warehouses) == 2)
    robot.key(Qt.Key.Key_F6, Qt.KeyboardModifier.ShiftModifier)
    qty = robot.find("stock.form.qty", QSpinBox)
    robot.qtbot.waitUntil(qty.isVisible)
    place = robot.find("stock.form.place", QComboBox)
    assert [place.itemText(n) for n in range(place.count())] == ["二号仓"]
    qty.setValue(9)
    robot.sees("stock.form.follows", "99991")
    robot.key(Qt.Key.Key_Return)
    robot.sees("shell.message.words", "BEAR 已把 9 件调到 二号仓")
    levels = {row.warehouse_name: row.quantities.on_hand_qty for row in listed(spine, "BEAR")}
    assert levels == {"主仓": 99_991, "二号仓": 9}
    robot.qtbot.mouseClick(robot.find("shell.message.undo"), Qt.MouseButton.LeftButton)
    robot.qtbot.waitUntil(
        lambda: (
            {row.warehouse_name: row.quantities.on_hand_qty for row in listed(spine, "BEAR")}
            == {"主仓": 100_000, "二号仓": 0}
        )
    )


def listed(spine, words):
    return spine.desk.stock.page(StockFilter("all", words), None, 20).rows
