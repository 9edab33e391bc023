"""The window as a clerk meets it: keys into whatever has the focus, and what the screen says."""

import sys
import threading
import time
from dataclasses import replace
from itertools import count
from typing import ClassVar

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QDialog, QLineEdit, QPushButton, QWidget

from core.runtime.errors import Refused
from core.sync.records import AlertGlimpse, AlertLights, StatusView
from desktop.app import build_window
from desktop.pages.packing.side import SidePanel
from desktop.pages.printers.ports import PrinterDraft
from desktop.pages.printers.presenter import PrintersPresenter
from desktop.scanner import ScannerFilter
from desktop.shell.ports import DeskPorts
from desktop.shell.start import RecoveryPage, StartQuestions
from desktop.shell.window import Start
from desktop.texts import Phrase
from desktop.widgets.controls import LightButton
from desktop.widgets.line_card import LineCard
from desktop.window_verb import tell_defects
from tests.gui.conftest import ManualTasks
from tests.gui.robots import DeskRobot
from tests.support.desk_world import DESK, GOODS, START

MILK, BOTTLE, BIB, WIPES, DIAPERS = GOODS
LABEL = "7312345678001"
# The offscreen screen has no frames to size or raise, and says so.
pytestmark = [pytest.mark.gui, pytest.mark.qt_log_ignore("This plugin does not support")]


@pytest.fixture
def robot(qtbot, window):
    return DeskRobot(qtbot, window)


def opened(robot):
    robot.key(Qt.Key.Key_F12)
    robot.sees("packing.sentence.what", "请扫描商品：还差 4 件")


def test_a_whole_parcel_by_scanner_and_keys(robot, world):
    opened(robot)
    robot.gun(MILK.barcode)
    robot.sees("packing.sentence.what", "还差 3 件")
    robot.gun(DIAPERS.barcode)
    robot.sees("packing.sentence.what", "不是这个包裹的商品")
    robot.sees("packing.sentence.more", DIAPERS.name)
    robot.qtbot.wait(260)  # the same code again at once would be one scan
    robot.gun(MILK.barcode)
    robot.gun(BOTTLE.barcode)
    robot.sees("packing.sentence.what", "没有条码")
    robot.key(Qt.Key.Key_Space)
    robot.sees("packing.sentence.what", "正在打印面单")
    world.settle_prints()
    robot.sees("packing.sentence.what", "请贴单并扫描面单")
    robot.gun(LABEL)
    robot.sees("packing.sentence.what", f"已出库 {LABEL}")
    robot.sees("packing.recent", LABEL)


def test_the_focus_cannot_get_lost_on_the_packing_page(robot, window):
    opened(robot)
    page = window.page("packing")
    for key in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab, Qt.Key.Key_Tab):
        robot.key(key)
        assert QApplication.focusWidget() is page
    for button in page.findChildren(QPushButton):
        assert button.focusPolicy() is Qt.FocusPolicy.NoFocus
    robot.qtbot.mouseClick(robot.find("packing.action.next", QPushButton), Qt.MouseButton.LeftButton)
    assert QApplication.focusWidget() is page


def test_the_input_method_is_off_on_the_packing_page(window):
    page = window.page("packing")
    assert not page.testAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled)
    assert not page.inputMethodQuery(Qt.InputMethodQuery.ImEnabled)
    assert not page.findChildren(QLineEdit), "no field on this page may ask for an input method"


def test_a_scan_inside_the_search_field_goes_to_its_meaning(robot, world, window):
    world.add_order(4242, waybill_no="73123450042420")
    robot.goes_to("orders")
    robot.key(Qt.Key.Key_F2)
    field = robot.find("orders.search", QLineEdit)
    assert QApplication.focusWidget() is field
    robot.types("张")
    robot.gun("73123450042420")
    robot.sees("orders.drawer.title", "T20260100004242")
    assert field.text() == "73123450042420", "not mixed with what was typed"


def test_slow_typing_reaches_the_search_field(robot):
    robot.goes_to("orders")
    robot.key(Qt.Key.Key_F2)
    robot.types("abc 123")
    assert robot.find("orders.search", QLineEdit).text() == "abc 123"


def test_a_scan_on_another_page_opens_the_thing(robot, window):
    robot.goes_to("settings")
    robot.find("settings.desk_name", QLineEdit).setFocus()
    robot.gun(LABEL)
    robot.qtbot.waitUntil(lambda: window.current_page == "packing")
    robot.sees("packing.sentence.what", "请扫描商品")
    assert robot.find("settings.desk_name", QLineEdit).text() == DESK


def test_prefix_keys_of_a_scanner_do_nothing(robot, window):
    opened(robot)
    fired = []
    shortcut = QShortcut(QKeySequence("Ctrl+P"), window)
    shortcut.activated.connect(lambda: fired.append("print"))
    target = QApplication.focusWidget()
    QTest.keyClick(target, Qt.Key.Key_F4, Qt.KeyboardModifier.AltModifier)
    QTest.keyClick(target, Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier)
    robot.gun(MILK.barcode)
    robot.sees("packing.sentence.what", "还差 3 件")
    robot.qtbot.waitUntil(lambda: not window.parts.scanner._timer.isActive())
    assert window.isVisible()
    assert window.parts.packing.screen.typed == ""
    assert window.parts.scanner._held == []
    assert fired == []


def test_a_code_is_not_cut_in_two_when_the_window_stalls(qtbot, qapp):
    """After a stall the timer may be due before keys that have long arrived: it looks once more."""
    field = QLineEdit()
    qtbot.addWidget(field)
    scanner = ScannerFilter(lambda _key, _modifiers: False, now_ms=lambda: 1.0)
    scanned = []
    scanner.scanned.connect(scanned.append)
    field.show()
    field.activateWindow()
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    scanner.watch(qapp, field)
    QTest.keyClicks(field, "69012")
    scanner._on_quiet()
    QTest.keyClicks(field, "34567892")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert (scanned, field.text()) == (["6901234567892"], "")
    scanner.unwatch(qapp, field)


def test_what_is_pasted_or_typed_quickly_into_a_dialog_is_no_scan(qtbot, qapp):
    dialog = QDialog()
    field = QLineEdit(dialog)
    qtbot.addWidget(dialog)
    scanner = ScannerFilter(lambda _key, _modifiers: False, now_ms=lambda: 1.0)
    told = []
    scanner.scanned.connect(told.append)
    scanner.unterminated.connect(told.append)
    dialog.show()
    dialog.activateWindow()
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    scanner.watch(qapp, dialog)
    QTest.keyClicks(field, "D:/orders_export.xlsx")
    assert (told, field.text()) == ([], "D:/orders_export.xlsx")
    scanner.unwatch(qapp, dialog)


def test_enter_takes_the_choice_of_an_open_list_and_a_scan_does_not(qtbot, qapp):
    holder = QWidget()
    box = QComboBox(holder)
    box.addItems(["一号", "二号", "三号"])
    qtbot.addWidget(holder)
    ticks = count(1)
    scanner = ScannerFilter(lambda _key, _modifiers: False, now_ms=lambda: float(next(ticks)))
    scanned = []
    scanner.scanned.connect(scanned.append)
    holder.show()
    holder.activateWindow()
    box.setFocus()
    qtbot.waitUntil(box.hasFocus)
    scanner.watch(qapp, holder)
    box.showPopup()
    qtbot.waitUntil(box.view().hasFocus)
    QTest.keyClick(box.view(), Qt.Key.Key_Down)
    QTest.keyClicks(box.view(), "6901234567892")
    QTest.keyClick(box.view(), Qt.Key.Key_Return)
    assert (scanned, box.currentText()) == (["6901234567892"], "一号")
    QTest.keyClick(box.view(), Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: box.currentText() == "二号")
    assert not box.view().isVisible()
    scanner.unwatch(qapp, holder)


def test_full_width_digits_and_tab_are_understood(robot):
    opened(robot)
    wide = "".join(chr(ord(char) + 0xFEE0) for char in MILK.barcode)
    robot.gun(wide, Qt.Key.Key_Tab)
    robot.sees("packing.sentence.what", "还差 3 件")


def test_a_code_typed_by_hand(robot):
    opened(robot)
    robot.types(MILK.barcode)
    robot.sees("packing.entry.words", MILK.barcode)
    robot.key(Qt.Key.Key_Return)
    robot.sees("packing.sentence.what", "还差 3 件")


def test_a_scanner_without_terminator_is_told_of(robot, window):
    opened(robot)
    robot.fires(MILK.barcode, terminator=None)
    robot.sees("shell.message.words", "扫描枪没有发回车")
    robot.sees("packing.entry.words", MILK.barcode)


def test_scans_are_kept_in_order_while_the_records_are_slow(robot, world):
    opened(robot)
    world.gate = threading.Event()
    robot.gun(MILK.barcode)
    robot.gun(BOTTLE.barcode)
    robot.gun(DIAPERS.barcode)
    robot.sees("packing.entry.hint", "排队")
    world.gate.set()
    robot.sees("packing.sentence.what", "不是这个包裹的商品")
    scans = [about for name, about in world.calls if name == "scan_goods"]
    assert scans == [MILK.barcode, BOTTLE.barcode, DIAPERS.barcode]


def test_one_scan_that_is_not_answered_at_once_is_told_of(robot, world):
    opened(robot)
    world.gate = threading.Event()
    robot.gun(MILK.barcode)
    assert not robot.find("packing.entry").isVisible()
    robot.sees("packing.entry.hint", "还有 1 个扫描在排队")
    robot.qtbot.waitUntil(lambda: robot.find("packing.entry").isVisible())
    world.gate.set()
    robot.qtbot.waitUntil(lambda: not robot.find("packing.entry").isVisible())


def test_a_code_typed_by_hand_leaves_its_row_when_it_is_sent(robot, world):
    opened(robot)
    robot.types(MILK.barcode)
    robot.sees("packing.entry.words", MILK.barcode)
    world.gate = threading.Event()
    robot.key(Qt.Key.Key_Return)
    assert not robot.find("packing.entry").isVisible()
    robot.qtbot.waitUntil(lambda: robot.find("packing.entry").isVisible())
    world.gate.set()


def test_what_multiplies_the_next_scan_stands_as_large_as_the_sentence(robot):
    opened(robot)
    factor, what = robot.find("packing.sentence.factor"), robot.find("packing.sentence.what")
    assert not factor.isVisible()
    robot.gun("PD-QTY-2")
    robot.sees("packing.sentence.factor", "× 2")
    assert factor.isVisible()
    assert factor.fontInfo().pixelSize() >= what.fontInfo().pixelSize()
    robot.gun(MILK.barcode)
    robot.qtbot.waitUntil(lambda: not factor.isVisible())


def test_an_unknown_label_is_asked_inline_and_no_dialog_opens(robot, world):
    opened(robot)
    for code in (MILK.barcode, BOTTLE.barcode):
        robot.gun(code)
        robot.qtbot.wait(10)
    robot.gun("PD-QTY-2")
    robot.key(Qt.Key.Key_Escape)
    world.lose_track_of_later = True
    world._queue(world.parcels[1], "")
    world.lose_track_of(1)
    robot.sees("packing.question.what", LABEL)
    robot.key(Qt.Key.Key_F7)
    robot.qtbot.waitUntil(lambda: ("answer_unknown", False) in world.calls)
    assert not [widget for widget in QApplication.topLevelWidgets() if isinstance(widget, QDialog)]


def test_hostile_text_is_shown_as_text_and_fast(robot, world):
    evil = "<table><tr><td>" * 20 + "x"
    world.parcels[1] = replace(
        world.parcels[1],
        consignee_name='<img src="file:////attacker/share/x.png">张\u202e三',
        buyer_note=evil,
        lines=tuple(replace(line, short_name=f"<h1>{line.name}</h1>") for line in world.parcels[1].lines),
    )
    robot.key(Qt.Key.Key_F12)
    started = time.perf_counter()
    robot.sees("packing.side.buyer_note", "<table><tr><td>")
    assert time.perf_counter() - started < 1
    assert "※" in robot.text("packing.side.name")
    assert "\u202e" not in robot.text("packing.side.name")
    robot.sees("packing.line.0.title", "<h1>")
    page = robot.window.page("packing")
    started = time.perf_counter()
    page.findChild(SidePanel).refresh()
    page.grab()
    assert time.perf_counter() - started < 0.25
    assert robot.window.width() == 1366


def test_no_text_makes_the_window_larger_than_the_screen(robot, world, window, settings):
    from core.sync.records import ShopLight

    world.shops = tuple(ShopLight(number, "很长的店铺名称旗舰店" * 5, "stop", None, "<b>boom") for number in range(8))
    long = tuple(replace(line, short_name="超长商品名称" * 40, spec="规格" * 90) for line in world.parcels[1].lines)
    world.parcels[1] = replace(
        world.parcels[1], lines=long * 8, buyer_note="x" * 10_000, seller_note="行\n" * 500,
        consignee_name="张" * 500, consignee_address="杭州" * 500,
    )  # fmt: skip
    window.parts.ask_status()
    robot.key(Qt.Key.Key_F12)
    robot.sees("packing.sentence.what", "请扫描商品")
    robot.qtbot.waitUntil(lambda: window.findChild(LightButton, "shell.strip.shop.4") is not None)
    for language, size in (("zh_CN", 100), ("en", 150)):
        settings.put("language", language)
        settings.put("text_size", size)
        for page in ("packing", "orders", "printers", "settings"):
            robot.goes_to(page)
            assert (window.width(), window.height()) == (1366, 768), (page, language, size)
            assert window.minimumSizeHint().width() <= 1366


def test_language_changes_while_the_window_is_open(robot, window, settings):
    opened(robot)
    settings.put("language", "en")
    robot.sees("packing.sentence.what", "Scan the goods: 4 to go")
    assert window.windowTitle() == "Packdesk"
    assert "Packing" in robot.find("shell.rail.packing").text()
    settings.put("language", "zh_CN")
    robot.sees("packing.sentence.what", "请扫描商品")


def test_theme_changes_while_the_window_is_open(robot, settings, window):
    opened(robot)
    settings.put("theme", "dark")
    dark = window.grab().toImage().pixelColor(700, 740).lightness()
    settings.put("theme", "light")
    light = window.grab().toImage().pixelColor(700, 740).lightness()
    assert dark < 60 < 200 < light


def test_line_cards_are_large_enough(robot):
    opened(robot)
    cards = [card for card in robot.window.findChildren(LineCard) if card.isVisible()]
    assert len(cards) == 3
    assert cards[0]._picture.width() >= 96
    assert all(card.height() >= 64 for card in cards)


def test_a_question_key_shows_the_key_sheet_and_scans_go_on(robot, world):
    opened(robot)
    robot.key(Qt.Key.Key_F1)
    assert robot.find("shell.keys").isVisible()
    robot.gun(MILK.barcode)
    robot.sees("packing.sentence.what", "还差 3 件")
    robot.key(Qt.Key.Key_Escape)
    assert not robot.find("shell.keys").isVisible()
    assert QApplication.focusWidget() is robot.window.page("packing")


def test_held_enter_is_one_act(robot, world):
    opened(robot)
    robot.types(MILK.barcode[:-1])
    page = QApplication.focusWidget()
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QKeyEvent

    for number in range(5):
        event = QKeyEvent(
            QEvent.Type.KeyPress, Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier, "\r", number > 0, 1
        )
        QApplication.sendEvent(page, event)
    robot.sees("packing.sentence.what", "不认识这个条码")
    assert sum(name == "scan_goods" for name, _ in world.calls) == 1


def test_hold_and_undo_from_the_drawer(robot, world, window):
    world.add_order(10)
    robot.goes_to("orders")
    robot.qtbot.waitUntil(lambda: window.page("orders").model.rowCount() == 1)
    robot.key(Qt.Key.Key_Return)
    robot.sees("orders.drawer.title", "T20260100000010")
    robot.key(Qt.Key.Key_F9)
    note = robot.find("orders.hold_form.note", QLineEdit)
    assert QApplication.focusWidget() is note
    robot.types("wait")
    robot.key(Qt.Key.Key_Return)
    robot.qtbot.waitUntil(lambda: world.orders[10].holds == ("by_hand",))
    assert ("hold", (10, "by_hand", "wait")) in world.calls
    robot.sees("shell.message.words", "已挂起")
    robot.qtbot.mouseClick(robot.find("shell.message.undo"), Qt.MouseButton.LeftButton)
    robot.qtbot.waitUntil(lambda: world.orders[10].holds == ())


def test_a_refusal_of_core_is_shown_in_words(robot, world, window):
    world.add_order(10, hold_reason="short")
    robot.goes_to("orders")
    robot.qtbot.waitUntil(lambda: window.page("orders").model.rowCount() == 1)
    robot.key(Qt.Key.Key_Return)
    robot.sees("orders.drawer.title", "T20260100000010")
    robot.qtbot.mouseClick(robot.find("orders.drawer.release"), Qt.MouseButton.LeftButton)
    robot.sees("shell.message.words", "还缺货，不能解除")


def test_reprint_from_the_drawer_carries_the_reason(robot, world, window):
    world.add_order(1, waybill_no=LABEL)
    world.orders[1] = replace(
        world.orders[1], parcels=(replace(world.orders[1].parcels[0], waybill_id=501, waybill_no=LABEL),)
    )
    robot.goes_to("orders")
    robot.qtbot.waitUntil(lambda: window.page("orders").model.rowCount() == 1)
    robot.key(Qt.Key.Key_Return)
    robot.sees("orders.drawer.parcel.0.number", LABEL)
    robot.qtbot.mouseClick(robot.find("orders.drawer.parcel.0.reprint"), Qt.MouseButton.LeftButton)
    robot.qtbot.waitUntil(lambda: ("reprint", "torn") in world.calls)


def test_printer_page_adds_and_shows_words(robot, world, window):
    robot.goes_to("printers")
    robot.qtbot.mouseClick(robot.find("printers.add"), Qt.MouseButton.LeftButton)
    robot.find("printers.form.name", QLineEdit).setText("一号打印机")
    robot.find("printers.form.address", QLineEdit).setText("192.168.1.50:9100")
    robot.qtbot.mouseClick(robot.find("printers.form.save"), Qt.MouseButton.LeftButton)
    robot.sees("printers.card.0.name", "一号打印机")
    assert world.printers_by_key["p1"].address == "tcp://192.168.1.50:9100"
    world.printers_by_key["p1"] = replace(world.printers_by_key["p1"], state="paper_out")
    robot.key(Qt.Key.Key_F5)
    robot.sees("printers.card.0.state", "没有纸了")


def test_enter_in_the_printer_form_saves(robot, world):
    robot.goes_to("printers")
    robot.qtbot.mouseClick(robot.find("printers.add"), Qt.MouseButton.LeftButton)
    robot.find("printers.form.name", QLineEdit).setText("一号打印机")
    address = robot.find("printers.form.address", QLineEdit)
    address.setText("192.168.1.50:9100")
    address.setFocus()
    robot.key(Qt.Key.Key_Return)
    robot.sees("printers.card.0.name", "一号打印机")
    assert world.printers_by_key["p1"].address == "tcp://192.168.1.50:9100"


def test_a_second_enter_before_the_answer_makes_no_second_printer(world):
    tasks = ManualTasks()
    presenter = PrintersPresenter(world, tasks, lambda *_words: None)
    presenter.edit("")
    draft = PrinterDraft("一号打印机", "tcp://192.168.1.50:9100", "100x150")
    presenter.save(draft)
    presenter.save(draft)
    tasks.run()
    assert [view.name for view in world.printers_by_key.values()].count("一号打印机") == 1


def test_command_sheet_holds_every_command(robot, tmp_path):
    robot.goes_to("settings")
    robot.qtbot.mouseClick(robot.find("settings.sheet"), Qt.MouseButton.LeftButton)
    robot.sees("shell.message.words", "命令条码表已保存")
    assert (tmp_path / "packdesk-commands.pdf").read_bytes().startswith(b"%PDF")


def test_a_failed_start_is_said_in_the_window(qtbot, qapp, settings, tmp_path):
    def boot() -> DeskPorts:
        raise Refused("desk.taken", "open in another window")

    made = build_window(qapp, settings, start=Start(boot), folder=tmp_path, now=lambda: START)
    with qtbot.waitSignal(made.failed_to_start):
        made.show()
    assert DeskRobot(qtbot, made).text("shell.loading") == "打不开：打包台已经在另一个窗口打开"
    made.close()


def test_closing_puts_the_open_parcel_back_and_ends_the_threads(robot, window, world):
    opened(robot)
    window.close()
    assert world.parcels[1].state == "to_pack"
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("desk-")]


def test_a_wave_is_started_by_key_and_esc_puts_a_message_away(robot, window, world):
    robot.key(Qt.Key.Key_F3)
    robot.sees("packing.wave.0.code", "W0108-04")
    assert ("start_wave", "scan_to_print") in world.calls
    window.parts.tell("stop", Phrase("error.bug"))
    assert window.parts.message_bar.isVisible()
    robot.key(Qt.Key.Key_Escape)
    assert not window.parts.message_bar.isVisible()


def test_news_move_nothing_on_the_page_and_cover_nothing_of_it(robot, window):
    robot.goes_to("orders")
    page, bar = window.page("orders"), window.parts.message_bar

    def place():
        return page.mapTo(window, QPoint(0, 0)), page.size()

    before = place()
    window.parts.tell("stop", Phrase("error.bug"))
    assert bar.isVisible()
    robot.qtbot.wait(30)
    assert place() == before
    assert bar.mapTo(window, QPoint(0, bar.height())).y() <= before[0].y(), "it lies over the strip"
    window.parts._tell_story("notice", Phrase("error.bug"), "细节 " * 300)
    robot.find("shell.message.fold", QPushButton).click()
    robot.qtbot.waitUntil(lambda: bar.height() > 60)
    assert place() == before, "the clerk opened the fold; still nothing moves"
    window.resize(window.width() - 90, window.height())
    robot.qtbot.waitUntil(lambda: bar.mapTo(window, QPoint(bar.width(), 0)).x() == window.width())


@pytest.mark.expected_log("an operation failed|a defect could not be told")
def test_a_defect_in_what_a_key_does_is_told(robot, window, monkeypatch):
    printed = []
    monkeypatch.setattr(sys, "excepthook", lambda *about: printed.append(about[0]))
    tell_defects(window.tell_defect)
    sys.excepthook(ZeroDivisionError, ZeroDivisionError("of a slot"), None)
    robot.sees("shell.message.words", "程序出错了")
    assert printed == []
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    monkeypatch.setattr(window.parts, "on_failed", lambda _error: 1 / 0)
    sys.excepthook(ValueError, ValueError(), None)
    assert printed == [KeyboardInterrupt, ValueError], "what cannot be told is printed"


def test_a_bar_that_comes_by_itself_moves_nothing_from_its_place(robot, window, world):
    world.by_hand = lambda: ()
    robot.goes_to("orders")
    page, tabs = window.page("orders"), window.frame.tabs
    before = [widget.mapTo(window, QPoint(0, 0)) for widget in (tabs, page)]
    status = StatusView((), 0, 0, 0, START, AlertLights(1, 1, AlertGlimpse(1, "order.short", "k", {})), stopped=1)
    window.parts._show_status(status)
    for bar in (window.parts.alert_bar, window.parts.stop_bar):
        robot.qtbot.waitUntil(lambda bar=bar: bar.isVisible() and bar.height() > 20)
        assert bar.mapTo(window, QPoint(0, 0)).y() >= page.mapTo(window, QPoint(0, page.height())).y()
    assert [widget.mapTo(window, QPoint(0, 0)) for widget in (tabs, page)] == before


def test_a_wave_shows_what_to_fetch_and_its_keys_take_no_focus(robot, window, world):
    robot.key(Qt.Key.Key_F3)
    robot.sees("packing.picks.title", "拣货单 W0108-04")
    robot.sees("packing.picks.total", "共 5 种 29 件")
    for key in (Qt.Key.Key_Down, Qt.Key.Key_PageDown, Qt.Key.Key_Tab):
        robot.key(key)
        assert QApplication.focusWidget() is window.page("packing")


def test_shift_f12_twice_takes_a_dead_desks_parcel_over(robot, world):
    world.open_elsewhere(1, "2号台")
    robot.gun(LABEL)
    robot.sees("packing.sentence.what", "别的台正在打这个包裹")
    assert robot.find("packing.action.take_over").isVisible()
    robot.key(Qt.Key.Key_F12, Qt.KeyboardModifier.ShiftModifier)
    robot.sees("packing.sentence.what", "再按一次 Shift+F12")
    robot.key(Qt.Key.Key_F12, Qt.KeyboardModifier.ShiftModifier)
    robot.sees("packing.sentence.what", "已从 2号台 接手")
    assert not robot.find("packing.action.take_over").isVisible()


class Written:
    """What a write touched, as core tells it."""

    def __init__(self, *tables: str) -> None:
        self.tables = tables

    def touches(self, *names: str) -> bool:
        return bool(set(names) & set(self.tables))


def test_a_change_refreshes_only_the_page_that_shows_it(robot, window, world):
    for order_id in range(1, 200):
        world.add_order(order_id)
    robot.goes_to("orders")
    page = window.page("orders")
    robot.qtbot.waitUntil(lambda: page.model.rowCount() == 100)
    reads = [name for name, _ in world.calls].count("page")
    window._tasks.announce(Written("stock_level"))
    for _ in range(20):
        window._tasks.announce(Written("orders"))
    robot.qtbot.waitUntil(lambda: [name for name, _ in world.calls].count("page") == reads + 1)
    robot.qtbot.wait(300)
    assert [name for name, _ in world.calls].count("page") == reads + 1, "twenty changes are one look"


def test_a_change_does_not_pull_the_list_away(robot, window, world):
    for order_id in range(1, 400):
        world.add_order(order_id)
    robot.goes_to("orders")
    page = window.page("orders")
    robot.qtbot.waitUntil(lambda: page.model.rowCount() == 100)
    page.table.scrollToBottom()
    robot.qtbot.waitUntil(lambda: page.model.rowCount() >= 200)
    place = page.table.verticalScrollBar().value()
    world.add_order(900)
    window._tasks.announce(Written("orders"))
    all_chip = robot.find("orders.pile.all")
    robot.qtbot.waitUntil(lambda: "400" in all_chip.text())
    assert page.table.verticalScrollBar().value() == place
    assert page.model.rowCount() >= 200


@pytest.mark.parametrize("act", ["scan", "key"])
def test_nothing_is_packed_behind_what_covers_the_page(robot, window, world, act):
    """A scan or F12 over the recovery code brings the packing page into sight and is answered there."""
    cover = RecoveryPage(window.ui, "ABCDE-FGHIJ", lambda _typed: None, lambda: None)
    window.show_over(cover)
    assert cover.isVisible()
    if act == "scan":
        robot.gun(next(iter(world.parcels.values())).order_nos[0])
    else:
        robot.key(Qt.Key.Key_F12)
    robot.qtbot.waitUntil(lambda: window.parts.packing.screen.parcel is not None)
    assert not cover.isVisible()
    assert window.page("packing").isVisible()


def test_the_recovery_code_is_worked_out_behind_the_window(robot, window):
    class Decisions:
        def keep_key_in_file(self) -> None:
            raise AssertionError

        def recovery_code(self) -> str:
            self.asked_in = threading.current_thread()
            return "ABCDE-FGHIJ"

        def confirm_recovery_code(self, typed: str) -> None:
            raise AssertionError

    decisions = Decisions()
    questions = StartQuestions(window, decisions)
    questions.on_ready()
    robot.sees("recovery.code", "ABCDE-FGHIJ")
    assert decisions.asked_in is not threading.main_thread()


@pytest.mark.parametrize("code", ["key.recovery_needed", "key.secret_damaged", "key.code_wrong", "key.code_typo"])
def test_a_machine_without_a_key_asks_for_the_recovery_code(robot, window, monkeypatch, code):
    class Decisions:
        typed: ClassVar[list[str]] = []

        def open_with(self, recovery_code: str) -> None:
            self.typed.append(recovery_code)

    tries = []
    monkeypatch.setattr(window, "try_again", lambda: tries.append(1))
    questions = StartQuestions(window, Decisions())
    questions.on_failed(Refused(code, "no"))
    robot.sees("unlock.title", "恢复码")
    assert "⟨" not in robot.text("unlock.why")
    field = robot.find("unlock.typed", QLineEdit)
    assert field.hasFocus()
    robot.key(Qt.Key.Key_Return)
    assert tries == [], "nothing was typed"
    robot.types("ABCDE-12345")
    robot.key(Qt.Key.Key_Return)
    assert (Decisions.typed.pop(), tries) == ("ABCDE-12345", [1])


def test_typing_the_recovery_code_stays_on_its_page(robot, window):
    cover = RecoveryPage(window.ui, "ABCDE-FGHIJ", lambda _typed: None, lambda: None)
    window.show_over(cover)
    QTest.keyClick(cover.focusProxy(), Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    robot.types("ABCDE")
    assert cover.isVisible()


def test_tab_leads_from_the_rail_through_the_tabs_of_a_group_to_the_page(robot):
    robot.goes_to("orders")
    robot.goes_to("stock")
    widget, met = robot.find("shell.rail.settings"), []
    while len(met) < 10:
        widget = widget.nextInFocusChain()
        # Tabs of other groups are hidden: the key passes them by.
        is_other_tab = widget.objectName().startswith("shell.tabs.") and widget.isHidden()
        if widget.focusPolicy() != Qt.FocusPolicy.NoFocus and not is_other_tab:
            met.append(widget.objectName())
    tabs = ("stock", "documents", "stocktake", "quotas", "replenish", "limits", "accident", "recall", "drill")
    assert met[:9] == [f"shell.tabs.{page}" for page in tabs]
    assert not met[9].startswith("shell.")
