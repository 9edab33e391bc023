"""The entry page over the real order entry: from a pasted receiver to a saved order, by keys and scans alone."""

from dataclasses import replace

import pytest
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QSpinBox
from sqlalchemy import func, select

from core.orders.models import Order
from desktop.app import build_window
from desktop.pages.entry.presenter import EntryPresenter
from desktop.pages.entry.words import fen, yuan_field
from desktop.shell.window import Start
from tests.gui.conftest import ManualTasks
from tests.gui.robots import DeskRobot
from tests.support.desk_world import START, DeskWorld
from tests.support.fake_shop import LIN, line
from tests.support.ports import stand_in_ports
from tests.support.world import World

pytestmark = [pytest.mark.gui, pytest.mark.qt_log_ignore("This plugin does not support")]
PASTED = "徐来 13911112222\n浙江省杭州市西湖区文三路9号"


@pytest.fixture
def spine(sqlite_address):
    world = World(sqlite_address)
    yield world
    world.close()


class Form:
    """The presenter, its tasks run at once, and what it told."""

    def __init__(self, spine):
        self.told = []
        self.undo = None
        self.tasks = ManualTasks()
        self.presenter = EntryPresenter(spine.desk.entry, self.tasks, self._tell)

    def _tell(self, tone, phrase, undo):
        self.told.append((tone, phrase.code))
        self.undo = undo

    def do(self, act, *arguments, **more):
        getattr(self.presenter, act)(*arguments, **more)
        self.tasks.run()

    @property
    def screen(self):
        return self.presenter.screen

    def fill(self, pasted=PASTED):
        self.do("paste", pasted)
        self.do("search", "6901234567892")


@pytest.fixture
def form(spine):
    return Form(spine)


def count_of_entered(spine):
    return spine.rows(select(func.count()).select_from(Order).where(Order.order_no.like("H%")))[0][0]


# --- presenter ---------------------------------------------------------------------------------------------------


def test_a_pasted_receiver_and_a_scan_make_an_order(form, spine):
    form.fill()
    assert form.screen.receiver.district == "西湖区"
    assert form.screen.sureness["phone"] == "sure"
    assert [(one.goods.code, one.line.qty) for one in form.screen.lines] == [("BEAR", 1)]
    form.do("save")
    assert form.told == [("good", "entry.saved")]
    assert not form.screen.is_begun
    assert count_of_entered(spine) == 1


def test_a_second_press_before_the_answer_is_no_second_order(form, spine):
    form.fill()
    form.presenter.save()
    form.presenter.save()
    form.tasks.run()
    assert count_of_entered(spine) == 1


def test_a_known_customer_is_shown_and_asked_about_before_saving(form, spine):
    spine.ready("A1", line("1", "BEAR"), consignee=replace(LIN, phone="13911112222"))
    form.fill()
    assert form.screen.on_file.order_no == "A1"
    form.do("save")
    assert form.told == [("notice", "error.entry.address_unconfirmed")]
    assert form.screen.bad_field == "on_file"
    form.do("say_address", "on_file")
    form.do("save")
    assert form.told[-1] == ("good", "entry.saved")
    assert spine.order("H20260618-0001").consignee_id == spine.order("A1").consignee_id


def test_what_was_said_of_an_address_does_not_count_for_another(form, spine):
    spine.ready("A1", line("1", "BEAR"), consignee=replace(LIN, phone="13911112222"))
    form.fill()
    form.do("say_address", "entered")
    form.do("put_field", "address", "文三路10号")
    assert form.screen.address_word == ""


def test_the_same_order_twice_takes_a_second_press(form, spine):
    form.fill()
    form.do("save")
    form.fill()
    form.do("say_address", "entered")
    form.do("save")
    assert form.told[-1] == ("notice", "error.entry.twice")
    assert form.screen.twin == "H20260618-0001"
    form.do("save")
    assert form.told[-1] == ("good", "entry.saved")
    assert count_of_entered(spine) == 2


def test_a_refusal_names_the_field_and_keeps_the_draft(form):
    form.fill("徐来 13911112222 浙江省杭州市西湖区")
    form.do("save")
    assert form.told == [("stop", "error.entry.field_missing")]
    assert (form.screen.bad_field, form.screen.receiver.name) == ("address", "徐来")
    assert not form.screen.is_saving


def test_a_removed_line_and_a_cleared_draft_come_back(form):
    form.fill()
    form.do("search", "CARD")
    form.do("change_line", 0, qty=7)
    form.do("remove_line", 0)
    assert [one.goods.code for one in form.screen.lines] == ["CARD"]
    form.undo()
    assert [(one.goods.code, one.line.qty) for one in form.screen.lines] == [("BEAR", 7), ("CARD", 1)]
    form.do("clear")
    assert not form.screen.is_begun
    form.undo()
    assert len(form.screen.lines) == 2
    assert form.screen.receiver.name == "徐来"


def test_goods_that_stand_there_become_more_and_a_carton_counts_whole(form):
    form.fill()
    form.do("search", "16901234567899")
    assert [one.line.qty for one in form.screen.lines] == [25]
    form.do("change_line", 0, is_gift=True)
    form.do("search", "6901234567892")
    assert [(one.line.qty, one.line.is_gift) for one in form.screen.lines] == [(25, True), (1, False)]


def test_a_gift_costs_nothing(form):
    form.fill()
    form.do("change_line", 0, qty=2, unit_price_fen=500)
    form.do("put", freight_fen=600)
    assert form.screen.total_fen == 1600
    form.do("change_line", 0, is_gift=True)
    assert form.screen.total_fen == 600


def test_several_finds_are_offered_and_none_is_said(form):
    form.do("search", "熊")
    assert [choice.code for choice in form.screen.found] == ["BEAR", "SET"]
    assert form.screen.lines == ()
    form.do("add", form.screen.found[1])
    assert [one.goods.code for one in form.screen.lines] == ["SET"]
    form.do("search", "无此商品")
    assert form.told == [("notice", "entry.goods_unknown")]


def test_what_is_sent_again_costs_nothing_and_goes_to_the_same_receiver(form, spine):
    spine.ready("A1", line("1", "BEAR", 2))
    order = spine.order("A1")
    form.do("start_copy", order.id, "reship")
    assert form.screen.total_fen == 0
    assert form.screen.copied.name == "林*"
    assert form.screen.on_file.is_same
    form.do("save")
    assert form.told == [("notice", "error.entry.address_unconfirmed")]
    form.do("say_address", "on_file")
    form.do("save")
    entered = spine.order("H20260618-0001")
    assert (entered.consignee_id, entered.order_type) == (order.consignee_id, "reship")


@pytest.mark.parametrize(
    ("text", "amount"),
    [("12", 1200), ("12.5", 1250), (" ¥1,299.00 ", 129_900), ("", 0), ("0.01", 1), ("1.001", None), ("-1", None)]
    + [(bad, None) for bad in ("abc", "1e9", "NaN", "Infinity", "1.2.3", "9999999999")],
)
def test_amounts_as_typed(text, amount):
    assert fen(text) == amount


@pytest.mark.parametrize(("amount", "text"), [(0, ""), (1250, "12.5"), (1, "0.01"), (10_000, "100")])
def test_amounts_as_shown(amount, text):
    assert yuan_field(amount) == text
    assert fen(text) == amount


# --- page --------------------------------------------------------------------------------------------------------


@pytest.fixture
def robot(qtbot, qapp, settings, spine, tmp_path):
    world = DeskWorld()
    settings.put("language", "zh_CN")

    def boot():
        return stand_in_ports(world, orders=spine.desk.orders, entry=spine.desk.entry)

    window = build_window(qapp, settings, start=Start(boot), folder=tmp_path, now=lambda: START)
    with qtbot.waitSignal(window.ready):
        window.show()
    window.activateWindow()
    qtbot.waitUntil(lambda: window.isActiveWindow() and QApplication.focusWidget() is not None)
    yield DeskRobot(qtbot, window)
    window.close()
    window.deleteLater()


def paste(robot, text):
    data = QMimeData()
    data.setText(text)
    data.setHtml("<b>markup</b>")
    QGuiApplication.clipboard().setMimeData(data)
    box = robot.find("entry.paste", QPlainTextEdit)
    box.setFocus()
    box.paste()
    # Qt frees what lies in the clipboard at the very end, when Python is gone: a run of tests would end with a signal.
    QGuiApplication.clipboard().clear()


def test_a_clerk_enters_an_order_without_a_mouse(robot, spine):
    robot.key(Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    robot.qtbot.waitUntil(lambda: QApplication.focusWidget() is robot.find("entry.paste"))
    paste(robot, PASTED)
    robot.qtbot.waitUntil(lambda: robot.find("entry.address", QLineEdit).text() == "文三路9号")
    robot.gun("6901234567892")
    robot.qtbot.waitUntil(lambda: robot.window.findChild(QSpinBox, "entry.line.0.qty") is not None)
    assert robot.find("entry.address", QLineEdit).text() == "文三路9号", "the scan went into a field"
    assert robot.find("entry.paste", QPlainTextEdit).toPlainText() == PASTED
    robot.key(Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    robot.qtbot.waitUntil(lambda: count_of_entered(spine) == 1)
    robot.qtbot.waitUntil(lambda: robot.find("entry.name", QLineEdit).text() == "")
    assert robot.find("entry.paste", QPlainTextEdit).toPlainText() == ""


def test_keys_confirm_a_known_customers_address(robot, spine):
    spine.ready("A1", line("1", "BEAR"), consignee=replace(LIN, phone="13911112222"))
    robot.key(Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    paste(robot, PASTED)
    robot.gun("6901234567892")
    robot.qtbot.waitUntil(lambda: robot.find("entry.on_file").isVisible())
    assert "13911112222" not in robot.text("entry.on_file.address")
    robot.key(Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    robot.qtbot.waitUntil(lambda: QApplication.focusWidget() is robot.find("entry.use_on_file"))
    robot.key(Qt.Key.Key_2, Qt.KeyboardModifier.AltModifier)
    robot.key(Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    robot.qtbot.waitUntil(lambda: count_of_entered(spine) == 1)


def test_the_drawer_sends_an_order_again(robot, spine):
    spine.ready("A1", line("1", "BEAR", 2))
    robot.goes_to("orders")
    robot.qtbot.waitUntil(lambda: robot.window.page("orders").model.rowCount() == 1)
    robot.key(Qt.Key.Key_Return)
    robot.sees("orders.drawer.title", "A1")
    robot.qtbot.mouseClick(robot.find("orders.copy.reship"), Qt.MouseButton.LeftButton)
    robot.sees("entry.copied.from", "A1")
    assert robot.window.current_page == "entry"
    assert not robot.find("entry.name").isVisible()
    robot.qtbot.mouseClick(robot.find("entry.other_receiver"), Qt.MouseButton.LeftButton)
    assert robot.find("entry.name").isVisible()
    assert robot.find("entry.name", QLineEdit).text() == ""


def test_hostile_words_stay_words(robot):
    hostile = "<table><tr><td>" * 20 + "x"
    robot.key(Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    paste(robot, hostile + " 13911112222")
    robot.qtbot.waitUntil(lambda: robot.find("entry.phone", QLineEdit).text() == "13911112222")
    assert "<table>" in robot.text("entry.doubts") or "<table>" in robot.find("entry.address", QLineEdit).text()


def test_the_paste_box_takes_no_more_than_is_read(robot):
    robot.key(Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    paste(robot, "长" * 100_000)
    assert len(robot.find("entry.paste", QPlainTextEdit).toPlainText()) == 1000
