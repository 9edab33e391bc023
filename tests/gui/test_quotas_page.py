"""The page of quotas over real quotas: one sentence that adds up, decisions asked twice, everything by keys."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QSpinBox

from core.channels.registry import built_in
from core.desk.quotas import Quotas
from core.inventory.quotas.listing import QUOTA_PILES
from core.inventory.quotas.plans import PlanDraft
from core.inventory.quotas.states import ActKind, ActState, Mode
from core.inventory.quotas.watches import exposed_watch, quota_watch
from desktop.app import build_window
from desktop.pages.quotas.presenter import QuotaPresenter
from desktop.pages.quotas.words import sentence_text, state_code
from desktop.shell.window import Start
from desktop.texts import Texts, load_catalogue
from tests.gui.conftest import ManualTasks
from tests.gui.robots import DeskRobot
from tests.support.desk_world import START, DeskWorld
from tests.support.ports import stand_in_ports
from tests.support.quota_world import QuotaWorld
from tests.support.stock_platform import StockPlatform

pytestmark = [pytest.mark.gui, pytest.mark.qt_log_ignore("This plugin does not support")]


@pytest.fixture
def spine(sqlite_address):
    world = QuotaWorld(sqlite_address)
    world.receive("BEAR", 300)
    world.first = world.add(StockPlatform(world.clock), "天猫")
    world.second = world.add(StockPlatform(world.clock), "APP")
    world.plan(Mode.QUOTA, buffer_qty=30)
    world.turn(4)
    world.service = Quotas(world.store, world.open_channel, built_in)
    yield world
    world.check_stock()
    world.close()


class Desk:
    """The presenter, its tasks run at once, and what it told."""

    def __init__(self, spine):
        self.told = []
        self.rows = ()
        self.tasks = ManualTasks()
        self.presenter = QuotaPresenter(spine.service, self.tasks, self._tell)
        self.presenter.on_first = self._on_first

    def _tell(self, tone, phrase, undo):
        self.told.append((tone, phrase.code))

    def _on_first(self, rows, _next, _again):
        self.rows = rows

    def do(self, act, *arguments):
        getattr(self.presenter, act)(*arguments)
        self.tasks.run()

    @property
    def screen(self):
        return self.presenter.screen


@pytest.fixture
def desk(spine):
    made = Desk(spine)
    made.do("reload")
    return made


def test_the_sentence_reads_as_the_owner_says_it(spine):
    assert sentence_text(spine.look(), Texts("zh_CN")) == "300 = 天猫 135 + APP 135 + 池 30；最坏情况超卖 0"
    assert sentence_text(spine.look(), Texts("en")) == "300 = 天猫 135 + APP 135 + pool 30; at worst 0 oversold"


def test_the_list_counts_and_a_scan_opens(desk, spine):
    assert [row.code for row in desk.rows] == ["BEAR"]
    assert desk.screen.counts["told"] == "1"
    desk.do("find", "6901234567892")
    assert desk.screen.detail.sku.code == "BEAR"
    desk.do("find", "nobody")
    assert desk.told[-1] == ("notice", "stock.unknown_code")


def test_a_grant_by_hand_is_asked_for_and_refused_with_a_sentence(desk, spine):
    desk.do("open", spine.sku)
    desk.do("grant", spine.quota(spine.first), 10)
    assert desk.told[-1] == ("good", "quotas.done.grant")
    assert spine.rights()[spine.first] == 145
    desk.do("grant", spine.quota(spine.first), 5)
    assert desk.told[-1] == ("stop", "error.quota.busy")
    desk.do("grant", spine.quota(spine.second), 500)
    assert desk.told[-1] == ("stop", "error.quota.pool_short")


def test_what_cannot_be_taken_back_is_asked_first(desk, spine):
    spine.platforms[spine.first].edit(140)
    spine.clock.advance(minutes=11)
    spine.turn(3)
    desk.do("open", spine.sku)
    assert state_code(spine.look()) == "risk"
    desk.do("put_ours", spine.quota(spine.first))
    assert desk.told[-1] == ("notice", "quotas.ask.ours")
    assert spine.quota(spine.first).open_act is None
    desk.do("put_ours", spine.quota(spine.first))
    assert desk.told[-1] == ("good", "quotas.done.ours")
    assert spine.quota(spine.first).open_act.kind is ActKind.MEND
    desk.do("switch_writes", spine.quota(spine.second))
    assert spine.quota(spine.second).writes_stock
    desk.do("switch_writes", spine.quota(spine.second))
    assert not spine.quota(spine.second).writes_stock
    # Another question in between takes the first one back.
    desk.do("switch_writes", spine.quota(spine.first))
    desk.do("take_theirs", spine.quota(spine.first))
    desk.do("switch_writes", spine.quota(spine.first))
    assert spine.quota(spine.first).writes_stock


def test_writing_is_switched_on_where_its_owner_sees_what_would_be_written(desk, spine):
    spine.desk.quotas.stop_writing(spine.second)
    led = []
    desk.presenter.on_start = lambda *shop: led.append(shop)
    desk.do("open", spine.sku)
    for _ in range(2):
        desk.do("switch_writes", spine.quota(spine.second))
    assert led == [(spine.second, spine.quota(spine.second).shop_name)] * 2
    assert not spine.quota(spine.second).writes_stock


def test_the_plan_is_saved_with_what_stays_with_us(desk, spine):
    desk.do("open", spine.sku)
    desk.do("save_plan", PlanDraft(Mode.MANUAL, 5, 2, 3, spine.second), {spine.warehouse: 12})
    sku = spine.look()
    assert (sku.mode, sku.buffer_qty, sku.min_lot, sku.park_qty, sku.parked_shop_id) == (
        Mode.MANUAL,
        5,
        2,
        3,
        spine.second,
    )
    assert sku.safety_by_warehouse == {spine.warehouse: 12}


def test_every_word_is_there_in_both_languages(spine):
    for watch in (quota_watch, exposed_watch):
        assert spine.store.read(lambda connection, watch=watch: watch(connection, spine.clock.now())) == ()
    for language in ("zh_CN", "en"):
        words = load_catalogue(language)
        wanted = [f"quotas.pile.{pile}" for pile in QUOTA_PILES]
        wanted += [f"quotas.mode.{mode}" for mode in Mode] + [f"quotas.mode.{mode}.hint" for mode in Mode]
        wanted += [f"quotas.act.{kind}" for kind in ActKind] + [f"quotas.act_state.{state}" for state in ActState]
        wanted += [f"quotas.busy.{state}" for state in ("waiting", "sending", "unsettled", "adopting", "locked")]
        wanted += [f"alert.quota.{rule}" for rule in ("exposed", "overdrawn", "drift", "locked", "stuck")]
        wanted += [f"quotas.state.{code}" for code in ("risk", "drift", "busy", "off", "fine", "read_only")]
        assert [code for code in wanted if code not in words] == []


# --- page --------------------------------------------------------------------------------------------------------


@pytest.fixture
def robot(qtbot, qapp, settings, spine, tmp_path):
    world = DeskWorld()
    settings.put("language", "zh_CN")

    def boot():
        return stand_in_ports(world, stock=spine.desk.stock, quotas=spine.service)

    window = build_window(qapp, settings, start=Start(boot), folder=tmp_path, now=lambda: START)
    with qtbot.waitSignal(window.ready):
        window.show()
    window.activateWindow()
    qtbot.waitUntil(lambda: window.isActiveWindow() and QApplication.focusWidget() is not None)
    made = DeskRobot(qtbot, window)
    made.key(Qt.Key.Key_3, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: window.current_page == "stock")
    made.goes_to("quotas")
    qtbot.waitUntil(lambda: window.current_page == "quotas" and window.page("quotas").model.rowCount() == 1)
    yield made
    window.close()
    window.deleteLater()


def test_an_owner_scans_and_gives_units_without_a_mouse(robot, spine):
    robot.gun("6901234567892")
    robot.sees("quotas.drawer.sentence", "300 = ")
    robot.key(Qt.Key.Key_F6)
    box = f"quotas.shop.{spine.first}.qty"
    robot.qtbot.waitUntil(lambda: QApplication.focusWidget().objectName() == box)
    robot.types("7")
    robot.find(f"quotas.shop.{spine.first}.grant", QPushButton).click()
    robot.qtbot.waitUntil(lambda: spine.rights()[spine.first] == 142)
    robot.qtbot.waitUntil(
        lambda: robot.find(f"quotas.shop.{spine.first}.right", QLabel).text() == "142", timeout=5000
    )


def test_the_number_of_the_next_act_outlives_what_happens_meanwhile(robot, spine):
    """A sale or a question makes the cards anew: what was typed is granted, not the 1 that stood there before."""
    robot.gun("6901234567892")
    robot.sees("quotas.drawer.sentence", "300 = ")
    robot.key(Qt.Key.Key_F6)
    name = f"quotas.shop.{spine.first}.qty"
    robot.qtbot.waitUntil(lambda: QApplication.focusWidget().objectName() == name)
    robot.types("7")
    grant = robot.stands_on(f"quotas.shop.{spine.first}.grant", QPushButton)
    spine.service.set_weight(spine.quota(spine.second).quota_id, 3)
    robot.window.page("quotas").handle_changed()
    robot.qtbot.waitUntil(lambda: robot.find(f"quotas.shop.{spine.first}.grant", QPushButton) is not grant)
    assert QApplication.focusWidget().objectName() == f"quotas.shop.{spine.first}.grant"
    assert robot.find(name, QSpinBox).value() == 7
    robot.key(Qt.Key.Key_Space)
    robot.qtbot.waitUntil(lambda: spine.rights()[spine.first] == 142)
    robot.qtbot.waitUntil(lambda: robot.find(name, QSpinBox).value() == 1, timeout=5000)


def test_a_number_is_not_taken_from_under_the_hand_that_writes_it(robot, spine):
    robot.gun("6901234567892")
    robot.sees("quotas.drawer.sentence", "300 = ")
    robot.key(Qt.Key.Key_F6)
    name = f"quotas.shop.{spine.first}.qty"
    robot.qtbot.waitUntil(lambda: QApplication.focusWidget().objectName() == name)
    robot.types("1")
    spine.service.set_weight(spine.quota(spine.second).quota_id, 3)
    robot.window.page("quotas").handle_changed()
    share = f"quotas.shop.{spine.second}.share"
    robot.qtbot.waitUntil(lambda: robot.window.page("quotas")._presenter.screen.detail.sku.quotas[1].weight == 3)
    robot.types("2")
    assert robot.find(name, QSpinBox).text() == "12"
    robot.key(Qt.Key.Key_Return)
    robot.qtbot.waitUntil(lambda: "3" in robot.find(share, QPushButton).text())
    assert (robot.find(name, QSpinBox).value(), robot.find(name).hasFocus()) == (12, True)


def test_a_rule_table_that_was_left_does_not_come_back(desk, spine):
    desk.presenter.show_rules()
    desk.presenter.close()
    desk.tasks.run()
    assert desk.screen.rules is None
    desk.presenter.show_rules()
    desk.do("open", spine.sku)
    assert (desk.screen.rules, desk.screen.detail.sku.code) == (None, "BEAR")


def test_the_form_is_saved_by_its_key_and_what_is_typed_stays_while_others_change(robot, spine):
    robot.gun("6901234567892")
    robot.sees("quotas.drawer.sentence", "300 = ")
    robot.key(Qt.Key.Key_F7)
    buffer = robot.find("quotas.form.buffer")
    buffer.setValue(55)
    robot.window.page("quotas").handle_changed()
    robot.qtbot.wait(200)
    assert buffer.value() == 55
    robot.key(Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    robot.qtbot.waitUntil(lambda: spine.look().buffer_qty == 55)


def test_the_form_shows_what_was_saved_and_not_what_stood_there_before(robot, spine):
    """Its next saving would take the decision back otherwise."""
    robot.gun("6901234567892")
    robot.sees("quotas.drawer.sentence", "300 = ")
    robot.key(Qt.Key.Key_F7)
    robot.find("quotas.form.mode").choose("manual")
    robot.key(Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    robot.qtbot.waitUntil(lambda: spine.look().mode is Mode.MANUAL)
    screen = robot.window.page("quotas")._presenter
    robot.qtbot.waitUntil(lambda: screen.screen.detail.sku.mode is Mode.MANUAL)
    robot.qtbot.wait(200)
    assert robot.find("quotas.form.mode").value() == "manual"


def test_units_taken_back_where_shares_follow_sales_are_said_to_be_shared_out_again(desk, spine):
    desk.do("open", spine.sku)
    desk.do("withdraw", spine.quota(spine.first), 10)
    assert desk.told[-1] == ("good", "quotas.done.withdraw_shared")


def test_a_shop_whose_number_is_too_high_is_not_called_in_order(robot, spine):
    spine.platforms[spine.first].edit(140)
    spine.clock.advance(minutes=11)
    spine.turn(3)
    robot.gun("6901234567892")
    robot.sees(f"quotas.shop.{spine.first}.state", "有超卖风险")
    robot.sees(f"quotas.shop.{spine.second}.state", "正常")
    robot.find(f"quotas.shop.{spine.second}.writes", QPushButton).click()
    robot.qtbot.waitUntil(
        lambda: "再按一次确定" in robot.find(f"quotas.shop.{spine.second}.writes", QPushButton).text()
    )


def test_the_rule_table_opens_by_its_key_and_esc_closes_it(robot):
    robot.key(Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier)
    robot.qtbot.waitUntil(lambda: robot.find("quotas.rules.drawer").isVisible())
    robot.sees("quotas.rules.mall.name", "自有商城")
    robot.key(Qt.Key.Key_Escape)
    robot.qtbot.waitUntil(lambda: not robot.find("quotas.rules.drawer").isVisible())
