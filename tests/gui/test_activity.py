"""The activity page over the real outbox and print queue."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton

from core.channels.contract import Splits
from core.runtime.remote_errors import Rejected
from core.sync.troubles import KNOWN_CODES, WORDS
from desktop.app import build_window
from desktop.pages.activity.presenter import ActivityPresenter
from desktop.pages.activity.words import PILES, TONES, TROUBLES, trouble_phrase
from desktop.shell.window import Start
from desktop.texts import Texts, load_catalogue
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


def refused_shipment(spine, no="A1"):
    number = spine.ready(no, line("1", "BEAR"))
    spine.desk.pack(no)
    spine.desk.ship(number)
    spine.shop.faults.append(Rejected("<b>no</b> such service", code="no"))
    spine.tell_shop()


def unknown_print(spine, no="P1"):
    spine.ready(no, line("1", "BEAR"))
    spine.desk.pack(no)
    while (job := spine.desk.jobs.claim("virtual")) is not None:
        spine.desk.jobs.mark_sending(job, "digest")
        spine.desk.jobs.mark_unknown(job, "cut")


class Desk:
    def __init__(self, spine):
        self.told = []
        self.rows = ()
        self.jobs = ()
        self.tasks = ManualTasks()
        tell = lambda tone, phrase, _undo: self.told.append((tone, phrase.code))  # noqa: E731  said once, used below
        self.presenter = ActivityPresenter(spine.desk.activity, spine.desk.labels, self.tasks, tell)
        self.presenter.on_first = lambda rows, _next, _again: setattr(self, "rows", rows)
        self.presenter.on_prints = lambda jobs, _again: setattr(self, "jobs", jobs)

    def do(self, act, *arguments, **more):
        getattr(self.presenter, act)(*arguments, **more)
        self.tasks.run()

    @property
    def screen(self):
        return self.presenter.screen


@pytest.fixture
def desk(spine):
    return Desk(spine)


# --- presenter ---------------------------------------------------------------------------------------------------


def test_what_failed_is_shown_first_and_only_the_first_time(desk, spine):
    refused_shipment(spine)
    desk.do("start")
    assert desk.screen.pile == "failed"
    assert desk.screen.counts == {"waiting": "0", "failed": "1", "conflict": "0"}
    desk.do("choose_pile", "done")
    desk.do("start")
    assert desk.screen.pile == "done"


def test_where_nothing_failed_what_waits_is_shown(desk):
    desk.do("start")
    assert (desk.screen.pile, desk.screen.is_known_empty) == ("waiting", True)


def test_a_press_sends_again_and_the_row_leaves_the_pile(desk, spine):
    refused_shipment(spine)
    desk.do("start")
    desk.do("open", desk.rows[0])
    desk.presenter.retry()
    desk.presenter.retry()
    desk.tasks.run()
    assert desk.told == [("good", "activity.retried")]
    assert desk.rows == ()
    assert desk.screen.delivery.state == "waiting"
    assert spine.tell_shop() == 1


def conflict(spine, no="A1"):
    number = spine.ready(no, line("1", "BEAR"))
    spine.desk.pack(no)
    spine.desk.ship(number)
    spine.shop.send_elsewhere(no, "SF100")
    spine.tell_shop()
    return number


def test_a_number_in_doubt_is_shown_first_and_settled_by_a_press(desk, spine):
    number = conflict(spine)
    refused_shipment(spine, "A2")
    desk.do("start")
    assert desk.screen.pile == "conflict"
    desk.do("open", desk.rows[0])
    said = Texts().say(trouble_phrase(desk.screen.delivery))
    assert "SF100" in said
    assert number in said
    desk.do("keep_ours")
    assert desk.told == [("good", "activity.kept")]
    assert spine.tell_shop() == 1
    desk.do("keep_ours")
    desk.do("accept_theirs")
    assert len(desk.told) == 1, "what is settled asks no more"


def test_the_shops_number_is_left_by_a_press(desk, spine):
    conflict(spine)
    desk.do("start")
    desk.do("open", desk.rows[0])
    desk.do("accept_theirs")
    assert desk.told == [("good", "activity.accepted")]
    assert desk.rows == ()


def kept_here(spine, no="A1"):
    """An order in two boxes at a shop that takes one number; the number it has and the one that it has not."""
    spine.shop.capabilities = replace(spine.shop.capabilities, splits=Splits.WHOLE)
    first = spine.ready(no, line("1", "BEAR", 2))
    box = spine.desk.scan(spine.desk.open(no), "BEAR")
    spine.desk.packing.add_box(box.parcel.id, box.parcel.fence, spine.desk.nonce())
    spine.buy_numbers()
    second = spine.number(no)
    spine.desk.verify(spine.desk.open(second))
    for number in (first, second):
        assert spine.desk.ship(number).code == "parcel.shipped"
    spine.tell_shop()
    return first, second


def test_a_further_parcels_number_is_among_what_is_done_and_calls_nobody(desk, spine):
    _, second = kept_here(spine)
    desk.do("start")
    assert desk.screen.pile == "waiting"
    desk.do("choose_pile", "done")
    assert (desk.rows[0].waybill_no, desk.rows[0].is_kept_here) == (second, True)


def test_all_of_a_shop_go_again(desk, spine):
    for no in ("A1", "A2", "A3"):
        refused_shipment(spine, no)
    desk.do("start")
    desk.do("open", desk.rows[1])
    desk.do("retry_failed")
    assert desk.told == [("good", "activity.retried_all")]
    assert spine.tell_shop() == 3


def test_what_another_desk_sends_meanwhile_is_said(desk, spine):
    refused_shipment(spine)
    desk.do("start")
    desk.do("open", desk.rows[0])
    spine.desk.activity.retry(desk.rows[0].id)
    spine.tell_shop()
    desk.do("retry")
    assert desk.told == [("good", "activity.under_way")]


@pytest.mark.parametrize(("came_out", "states"), [(True, ["confirmed"]), (False, ["queued", "failed"])])
def test_an_unknown_label_is_answered_here_too(desk, spine, came_out, states):
    unknown_print(spine)
    desk.do("choose_pile", "prints")
    desk.do("open_job", desk.jobs[0])
    desk.do("answer", came_out=came_out)
    assert [job.state for job in desk.jobs] == states
    desk.do("answer", came_out=came_out)
    assert len(desk.told) == 1, "what is answered asks no more"


def test_a_printed_label_is_printed_again_as_a_numbered_copy(desk, spine):
    spine.ready("P1", line("1", "BEAR"))
    spine.desk.pack("P1")
    spine.print_labels()
    desk.do("choose_pile", "prints")
    desk.do("open_job", desk.jobs[0])
    desk.do("reprint", "torn")
    assert [(job.copy_no, job.state) for job in desk.jobs] == [(1, "queued"), (0, "sent")]


# --- page --------------------------------------------------------------------------------------------------------


@pytest.fixture
def robot(qtbot, qapp, settings, spine, tmp_path):
    world, desk = DeskWorld(), spine.desk
    settings.put("language", "zh_CN")
    refused_shipment(spine)
    unknown_print(spine)

    def boot():
        named = ("labels", "orders", "status", "entry", "stock", "activity", "customers", "products")
        return stand_in_ports(world, **{name: getattr(desk, name) for name in named})

    window = build_window(qapp, settings, start=Start(boot), folder=tmp_path, now=lambda: START)
    with qtbot.waitSignal(window.ready):
        window.show()
    window.activateWindow()
    qtbot.waitUntil(lambda: window.isActiveWindow() and QApplication.focusWidget() is not None)
    yield DeskRobot(qtbot, window)
    window.close()
    window.deleteLater()


def opened(robot):
    light = robot.find("shell.strip.outbox")
    robot.qtbot.waitUntil(light.isVisible)
    robot.qtbot.mouseClick(light, Qt.MouseButton.LeftButton)
    page = robot.window.page("activity")
    robot.qtbot.waitUntil(lambda: page.table.isVisible() and page.model.rowCount() == 1 and page.table.hasFocus())
    return page


def test_the_strips_light_leads_here_and_keys_send_again(robot, spine):
    page = opened(robot)
    robot.key(Qt.Key.Key_Return)
    robot.sees("activity.drawer.title", "告诉店铺已发货")
    assert not robot.find("activity.drawer.words").isVisible()
    robot.qtbot.mouseClick(robot.find("activity.drawer.raw", QPushButton), Qt.MouseButton.LeftButton)
    assert "<b>no</b>" in robot.text("activity.drawer.words")
    robot.key(Qt.Key.Key_F6)
    robot.qtbot.waitUntil(lambda: page.model.rowCount() == 0)
    assert spine.tell_shop() == 1


def test_a_number_that_is_known_here_only_is_copied_here_and_at_its_order(robot, spine):
    first, second = kept_here(spine, "A9")
    page = opened(robot)
    robot.qtbot.mouseClick(robot.find("activity.pile.done"), Qt.MouseButton.LeftButton)
    robot.qtbot.waitUntil(lambda: page.model.rowCount() > 1)
    texts = [page.model.data(page.model.index(0, column)) for column in range(page.model.columnCount())]
    assert "平台只收一个单号" in texts
    page.table.setFocus()
    page.table.selectRow(0)
    robot.key(Qt.Key.Key_Return)
    for name in ("activity.drawer.kept_here", "orders.drawer.parcel.1.kept_here"):
        robot.qtbot.waitUntil(lambda name=name: robot.window.findChild(QPushButton, f"{name}.copy") is not None)
        assert first in robot.text(name)
        assert second in robot.text(name)
        QApplication.clipboard().clear()
        robot.qtbot.mouseClick(robot.find(f"{name}.copy"), Qt.MouseButton.LeftButton)
        assert QApplication.clipboard().text() == second
        robot.sees("shell.message.words", f"已复制单号 {second}")
        if name.startswith("activity"):
            robot.qtbot.mouseClick(robot.find("activity.drawer.order.0"), Qt.MouseButton.LeftButton)
    assert robot.window.findChild(QPushButton, "orders.drawer.parcel.0.kept_here.copy") is None


def test_an_order_is_a_door(robot):
    opened(robot)
    robot.key(Qt.Key.Key_Return)
    robot.qtbot.waitUntil(lambda: robot.window.findChild(QPushButton, "activity.drawer.order.0") is not None)
    robot.qtbot.mouseClick(robot.find("activity.drawer.order.0"), Qt.MouseButton.LeftButton)
    robot.sees("orders.drawer.title", "A1")


def test_an_unknown_print_is_answered_by_key(robot, spine):
    page = opened(robot)
    robot.qtbot.mouseClick(robot.find("activity.pile.prints"), Qt.MouseButton.LeftButton)
    robot.qtbot.waitUntil(lambda: page.print_table.isVisible() and page.prints.rowCount() == 2)
    page.print_table.setFocus()
    robot.key(Qt.Key.Key_Return)
    robot.qtbot.waitUntil(lambda: robot.find("activity.drawer.came").isVisible())
    assert spine.desk.status.status().unknown_prints == 1
    robot.key(Qt.Key.Key_F6)
    robot.qtbot.waitUntil(lambda: spine.desk.status.status().unknown_prints == 0)


def test_esc_closes_the_drawer(robot):
    page = opened(robot)
    robot.key(Qt.Key.Key_Return)
    robot.qtbot.waitUntil(lambda: robot.find("activity.drawer").isVisible())
    robot.key(Qt.Key.Key_Escape)
    assert not robot.find("activity.drawer").isVisible()
    assert page.table.hasFocus()


def test_every_state_and_trouble_has_words():
    known = load_catalogue("zh_CN")
    wanted = {f"activity.pile.{pile}" for pile in PILES} | {f"state.delivery.{state}" for state in TONES}
    wanted |= {f"activity.empty.{pile}{part}" for pile in PILES for part in ("", ".hint")}
    wanted |= {f"activity.trouble.{part}{word}" for word in TROUBLES for part in ("", "short.")}
    wanted |= {f"activity.kind.{kind}" for kind in ("obtain_waybill", "cancel_waybill", "confirm_shipment")}
    wanted |= {f"shops.{part}.{topic}" for part in ("trouble", "todo") for topic in (*WORDS, *KNOWN_CODES)}
    assert wanted - known.keys() == set()
