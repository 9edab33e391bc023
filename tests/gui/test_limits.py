"""The page of limits over real records: rules, the button with its preview, stops and trips, and the bar on every page."""

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QWidget

from core.catalog.models import Listing
from core.desk.status import Status
from core.inventory.pausing import pause_sale
from core.inventory.quotas.safety import set_safety
from core.inventory.stopping.breaker import follow_rules
from core.inventory.stopping.records import Act, Cause, RuleDraft
from core.orders.limits.flagged import FlaggedOrder
from core.orders.limits.records import Step
from core.runtime.first_of import FirstOf
from core.runtime.ids import SkuId
from desktop.app import build_window
from desktop.pages.limits.page import LimitsPage
from desktop.pages.limits.presenter import PARTS, LimitsPresenter
from desktop.pages.limits.words import preview_words, progress_words, trip_words
from desktop.shell.window import Start
from desktop.texts import LANGUAGES, load_catalogue
from tests.gui.conftest import ManualTasks
from tests.gui.robots import DeskRobot
from tests.gui.test_payments import Now, press
from tests.support.desk_world import START, DeskWorld
from tests.support.fake_shop import line
from tests.support.ports import stand_in_ports

pytestmark = [pytest.mark.gui, pytest.mark.qt_log_ignore("propagateSizeHints")]
CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def page(file_world, qtbot, ui):
    said = []
    presenter = LimitsPresenter(
        file_world.desk.low_stock, Now(), lambda tone, phrase, undo: said.append((tone, phrase.code, undo))
    )
    page = LimitsPage(ui, presenter)
    page.said, page.presenter, page.world = said, presenter, file_world
    qtbot.addWidget(page)
    page.resize(1280, 700)
    page.show()
    return page


def child(page, kind, name):
    found = page.findChild(kind, name)
    assert found is not None, name
    return found


def test_nothing_set_up_says_how_to_begin(page):
    for part in PARTS:
        page.presenter.choose_part(part)
        empty = child(page, QLabel, f"limits.{part}.empty.title" if part != "stops" else "limits.stops.empty.title")
        assert empty.isVisible()
    assert page.presenter.screen.view.asks_first == ()


def test_a_limit_is_written_changed_and_taken_back_by_keys(page):
    page.presenter.choose_part("limits")
    press(page, Qt.Key.Key_F6)
    assert page.limit_form.isVisible()
    page.handle_scan("BEAR")
    press(page, Qt.Key.Key_S, CTRL)
    assert page.said[-1][:2] == ("good", "limits.saved")
    (rule,) = page.presenter.screen.view.limits
    assert (rule.sku_code, rule.steps) == ("BEAR", (Step(100, 2), Step(50, 1, members_only=True)))
    page.limits.table.opened.emit(0)
    assert not page.limit_form._sku.isEnabled()
    page.limit_form._steps[1][1].setValue(0)
    press(page, Qt.Key.Key_S, CTRL)
    assert page.presenter.screen.view.limits[0].steps == (Step(100, 2),)
    press(page, Qt.Key.Key_F8)
    assert page.presenter.screen.view.limits == ()
    page.said[-1][2]()
    assert page.presenter.screen.view.limits[0].steps == (Step(100, 2),)
    press(page, Qt.Key.Key_F6)
    page.handle_scan("NONE")
    press(page, Qt.Key.Key_S, CTRL)
    assert page.said[-1][:2] == ("stop", "error.limit.sku_unknown")
    assert page.limit_form.isVisible(), "what was written is not lost"
    assert page.handle_back()
    assert not page.handle_back()


def link(world, code="BEAR"):
    """A link of the shop that nothing of ours writes to."""
    names = {"shop_id": world.shop_id, "item_id": "item", "channel_sku_id": "", "merchant_code": code}
    world.do(lambda uow: uow.insert(Listing, names | {"title": code, "spec": "", "sku_id": world.skus[code]}))


def test_a_rule_of_the_breaker_is_written_and_its_trip_decided(page):
    world = page.world
    link(world)
    world.do(lambda uow: set_safety(uow, SkuId(world.skus["BEAR"]), world.warehouse, 200_000))
    page.presenter.choose_part("breaker")
    press(page, Qt.Key.Key_F6)
    form = page.rule_form
    form._act.setCurrentIndex(1)
    form._arrange()
    form._cap.setValue(9)
    form._targets._boxes[world.shop_id].setChecked(True)
    press(page, Qt.Key.Key_S, CTRL)
    (rule,) = page.presenter.screen.view.rules
    assert rule.draft == RuleDraft(Cause.LOW, "", None, 0, (world.shop_id,), Act.CAP, 9, margin_qty=5, calm_minutes=5)
    world.do(follow_rules)
    page.handle_changed()
    page.presenter.choose_part("stops")
    (trip,) = page.presenter.screen.view.trips
    words = child(page, QLabel, f"limits.trip.{trip.id}.words").text()
    assert "BEAR" in words
    assert "9" in words
    child(page, object, f"limits.trip.{trip.id}.accept").click()
    assert page.presenter.screen.view.trips[0].state == "acted"
    assert child(page, QLabel, f"limits.trip.{trip.id}.by_hand").text().endswith("练习店")
    child(page, object, f"limits.trip.{trip.id}.let_go").click()
    assert page.presenter.screen.view.trips[0].state == "declined"
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert page.findChild(QLabel, f"limits.trip.{trip.id}.by_hand") is None
    page.presenter.choose_part("breaker")
    page.rules.table.opened.emit(0)
    assert page.rule_form._cap.value() == 9
    press(page, Qt.Key.Key_F8)
    assert page.presenter.screen.view.rules == ()
    page.said[-1][2]()
    assert len(page.presenter.screen.view.rules) == 1


def test_nothing_is_stopped_before_it_was_seen_what_will_happen(page):
    world = page.world
    world.shop.place("A1", line("1", "BEAR"))
    world.sync()
    page.begin_stop("BEAR")
    press(page, Qt.Key.Key_F10)
    assert page.presenter.screen.view.stops == ()
    press(page, Qt.Key.Key_S, CTRL)
    assert page.stop_form._confirm.isVisible()
    said = child(page, QLabel, f"limits.stop_form.will.{world.shop_id}").text()
    assert said.startswith("练习店：")
    page.stop_form._shops._boxes[world.shop_id].setChecked(True)
    assert page.presenter.screen.preview is None, "something else would be stopped than was looked at"
    press(page, Qt.Key.Key_F10)
    assert page.presenter.screen.view.stops == ()
    press(page, Qt.Key.Key_S, CTRL)
    press(page, Qt.Key.Key_F10)
    assert page.said[-1][:2] == ("notice", "limits.stopped")
    (stop,) = page.presenter.screen.view.stops
    assert [shop.shop_id for shop in stop.shops] == [world.shop_id]
    name = f"limits.stop.{stop.id}"
    child(page, object, f"{name}.{world.shop_id}.copy").click()
    assert "item-BEAR" in QGuiApplication.clipboard().text()
    child(page, object, f"{name}.{world.shop_id}.done").click()
    assert page.presenter.screen.view.stops[0].is_done
    child(page, object, f"{name}.lift").click()
    assert page.said[-1][:2] == ("good", "limits.lifted")
    assert page.presenter.screen.view.stops[0].lifted_at is not None
    child(page, object, f"{name}.close").click()
    assert page.presenter.screen.view.stops == ()


def test_what_was_looked_at_before_a_change_is_not_what_will_be_stopped(page):
    tasks = ManualTasks()
    presenter = LimitsPresenter(page.world.desk.low_stock, tasks, lambda *_told: None)
    for change in (presenter.forget_preview, lambda: presenter.begin_stop("BAG"), presenter.close):
        presenter.begin_stop("BEAR")
        presenter.look_ahead("BEAR", ())
        change()
        tasks.run()
        assert presenter.screen.preview is None, "the answer came late"
    presenter.begin_stop("BEAR")
    presenter.look_ahead("BEAR", ())
    tasks.run()
    assert presenter.screen.preview is not None


def test_orders_over_a_limit_say_why_and_lead_to_the_order(page):
    opened = []
    page.presenter.on_order = opened.append
    world = page.world
    world.desk.low_stock.put_limit("", 30, (Step(10**6, 1),), is_active=True)
    world.shop.place("A1", line("1", "BEAR", 2))
    world.sync()
    page.handle_changed()
    page.presenter.choose_part("flagged")
    cells = [page.flagged.model.columns[3].text(row) for row in page.flagged.model.rows]
    assert "BEAR" in cells[0]
    page.flagged.table.opened.emit(0)
    assert opened == [world.order("A1").id]


def test_who_may_not_stop_a_sale_is_told_so(page, ui, monkeypatch):
    monkeypatch.setattr(ui, "may", lambda right: False)
    press(page, Qt.Key.Key_F9)
    page.begin_stop("BEAR")
    assert (page.presenter.screen.form, page.said[-1][1]) == ("", "error.right.missing")


def test_every_word_of_the_page_is_there_in_both_languages():
    for language in LANGUAGES:
        words = load_catalogue(language)
        wanted = [f"limits.part.{part}" for part in PARTS] + [f"limits.about.{part}" for part in PARTS]
        for way in ("asks", "told", "by_hand", "nothing"):
            wanted += [f"limits.will.{way}", f"limits.done.{way}", f"limits.back.done.{way}"]
        wanted += [f"limits.progress.{one}" for one in ("done", "waiting", "to_do")]
        wanted += [f"limits.{back}{one}" for back in ("", "back.") for one in ("to_do", "waiting", "done_by_hand")]
        wanted += [
            f"limits.state.{one}" for one in ("stopped", "coming_back", "back", "acted", "proposed", "declined")
        ]
        wanted += [f"limits.{family}.{kind}" for family in ("trip", "cause", "over", "kind") for kind in Cause]
        wanted += [f"limits.{family}.{kind}" for family in ("act", "kind_of_act") for kind in Act]
        assert sorted(set(wanted) - words.keys()) == []
    assert callable(preview_words)
    assert callable(progress_words)
    assert callable(trip_words)


# --- in the window -----------------------------------------------------------------------------------------------


@pytest.fixture
def robot(qapp, qtbot, settings, file_world, tmp_path):
    settings.put("language", "zh_CN")
    desk = file_world.desk
    ports = stand_in_ports(
        DeskWorld(), stock=desk.stock, quotas=desk.quotas, low_stock=desk.low_stock, status=Status(file_world.store)
    )
    window = build_window(qapp, settings, start=Start(lambda: ports), folder=tmp_path, now=lambda: START)
    with qtbot.waitSignal(window.ready):
        window.show()
    window.activateWindow()
    qtbot.waitUntil(lambda: window.isActiveWindow() and QApplication.focusWidget() is not None)
    yield DeskRobot(qtbot, window)
    window.close()
    window.deleteLater()


def test_from_the_stock_page_to_a_stop_and_back_by_keys_with_a_bar_on_every_page(robot, file_world):
    wait = robot.qtbot.waitUntil
    link(file_world)
    robot.goes_to("stock")
    stock = robot.window.page("stock")
    wait(lambda: stock.model.rowCount() > 0)
    stock.handle_scan("6901234567892")
    wait(stock.drawer.isVisible)
    robot.key(Qt.Key.Key_D, CTRL)
    wait(lambda: robot.window.current_page == "limits")
    field = robot.find("limits.stop_form.sku", QLineEdit)
    wait(field.hasFocus)
    assert field.text() == "BEAR"
    robot.key(Qt.Key.Key_Return)
    page = robot.window.page("limits")
    wait(lambda: page._presenter.screen.preview is not None)
    robot.key(Qt.Key.Key_F10)
    wait(lambda: len(file_world.desk.low_stock.view().stops) == 1)
    robot.window.parts.ask_status()
    wait(lambda: robot.window.parts.stop_bar is not None and robot.window.parts.stop_bar.isVisible())
    words = robot.find("shell.stopped.words", QLabel)
    wait(lambda: "练习店" in words.text())
    robot.goes_to("quotas")
    assert robot.window.parts.stop_bar.isVisible()
    robot.key(Qt.Key.Key_D, CTRL)
    wait(lambda: robot.window.current_page == "limits")
    robot.key(Qt.Key.Key_Escape)
    wait(lambda: page._presenter.screen.form == "")
    wait(lambda: bool(page._presenter.screen.view.stops))
    stop = page._presenter.screen.view.stops[0]
    robot.stands_on(f"limits.stop.{stop.id}.lift").click()
    wait(lambda: file_world.desk.low_stock.standing() == 0)
    robot.window.parts.ask_status()
    wait(lambda: not robot.window.parts.stop_bar.isVisible())
    wait(lambda: robot.window.findChild(QWidget, f"limits.stop.{stop.id}.lift") is None)
    focus = robot.window.focusWidget()
    assert focus is page or page.isAncestorOf(focus), "the button that went has not left the keyboard on the rail"


def test_the_strip_counts_each_stop_once(file_world):
    status = Status(file_world.store)
    assert status.status().stopped == 0
    file_world.do(lambda uow: pause_sale(uow, file_world.shop_id, None, "by_hand"))
    assert status.status().stopped == 1
    file_world.desk.low_stock.stop("BEAR", [], "")
    assert status.status().stopped == 2


def test_where_only_the_first_orders_over_a_limit_are_shown_the_page_says_so(page):
    now = page.world.clock.now()
    orders = tuple(FlaggedOrder(number, f"A{number}", "店", now, {}) for number in range(1, 4))
    page.presenter.choose_part("flagged")
    page.flagged.show_rows(FirstOf(orders, 1200))
    assert "1,200" in child(page, QLabel, "limits.flagged.end").text()
    page.flagged.show_rows(orders)
    assert child(page, QLabel, "limits.flagged.end").isHidden()
