"""The first start as an owner meets it: at the window's keys, over a stand-in and over the real program."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QInputMethodEvent
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton

from core.access import pins
from core.access.rights import Role
from core.customers.address_parsing import parse_receiver
from core.customers.regions import RegionTable
from core.db.keys import is_recovery_confirmed
from core.practice.catalogue import practice_catalogue
from desktop import window_verb
from desktop.app import build_window
from desktop.first_start import FirstStart, FirstStartFile, Scope, Source
from desktop.options import Options
from desktop.pages.welcome.sheet import write_recovery_sheet
from desktop.pages.welcome.steps import Step
from desktop.scan_trial import QUIET_MS, SAMPLE
from desktop.settings import DeskSettings
from desktop.shell.window import Start
from desktop.texts import Texts
from desktop.window_verb import Boot, _Wish
from resources.paths import regions_file
from tests.gui.robots import DeskRobot
from tests.support.desk_world import GOODS, START, furnished
from tests.support.ports import stand_in_ports
from tests.support.welcome import CODE, FakeWelcome

pytestmark = [pytest.mark.gui, pytest.mark.qt_log_ignore("This plugin does not support")]
ALT, CTRL = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ControlModifier


# --- over a stand-in ---------------------------------------------------------------------------------------------------


@pytest.fixture
def welcome(tmp_path):
    made = FakeWelcome(tmp_path)
    made.start()
    return made


@pytest.fixture
def robot(qtbot, qapp, settings, world, welcome, tmp_path):
    with_printers = furnished()
    world.printers_by_key, world.findable = with_printers.printers_by_key, with_printers.findable
    regions = RegionTable.load(regions_file())
    entry = SimpleNamespace(parse=lambda text: parse_receiver(text, regions))
    ports = stand_in_ports(world, welcome=welcome, entry=entry)
    window = build_window(qapp, settings, start=Start(lambda: ports), folder=tmp_path, now=lambda: START)
    with qtbot.waitSignal(window.ready):
        window.show()
    window.activateWindow()
    qtbot.waitUntil(lambda: window.isActiveWindow() and QApplication.focusWidget() is not None)
    window.parts.open_welcome()
    made = DeskRobot(qtbot, window)
    at(made, Step.LANGUAGE)
    yield made
    window.close()
    window.deleteLater()


def presenter(robot):
    return robot.window.page("welcome")._presenter


def at(robot, step):
    """The step is open, and the keyboard is in it."""
    robot.qtbot.waitUntil(
        lambda: bool(presenter(robot).screen.steps) and presenter(robot).screen.step is step, timeout=20_000
    )

    # The keyboard is never lost; for a moment the door may stand before the steps, while the owner comes in.
    robot.qtbot.waitUntil(lambda: robot.window.page("welcome").isAncestorOf(QApplication.focusWidget()))


def go_to(robot, step):
    while presenter(robot).screen.step is not step:
        here = presenter(robot).screen.step
        robot.key(
            Qt.Key.Key_Return if here is Step.LANGUAGE else Qt.Key.Key_S, *(() if here is Step.LANGUAGE else (ALT,))
        )
        robot.qtbot.waitUntil(lambda here=here: presenter(robot).screen.step is not here)
    at(robot, step)


def test_the_steps_stand_alone_and_other_keys_lead_nowhere(robot, world):
    rail, strip = robot.find("shell.rail"), robot.find("shell.strip")
    assert not rail.isVisible()
    assert not strip.isVisible()
    for key, modifiers in ((Qt.Key.Key_F12, ()), (Qt.Key.Key_F2, ()), (Qt.Key.Key_N, (CTRL,))):
        robot.key(key, *modifiers)
    robot.gun(GOODS[0].barcode)
    robot.gun("PD-NEXT")
    robot.qtbot.wait(100)
    assert robot.window.current_page == "welcome"
    assert not [name for name, _ in world.calls if name in {"open_next", "open_code", "scan_goods"}]
    robot.key(Qt.Key.Key_Escape)
    robot.qtbot.waitUntil(lambda: robot.window.current_page == "packing")
    assert rail.isVisible()
    assert strip.isVisible()


def test_language_owner_and_sender_by_keys(robot, settings, welcome):
    robot.key(Qt.Key.Key_Tab)
    robot.key(Qt.Key.Key_Space)
    assert settings.text("language") == "en"
    assert "Welcome" in robot.text("welcome.title")
    robot.key(Qt.Key.Key_Tab)
    robot.types("Desk 7")
    robot.key(Qt.Key.Key_Return)
    at(robot, Step.OWNER)
    assert settings.text("desk_name").endswith("Desk 7")
    robot.types("王老板")
    robot.find("welcome.owner.paste").setPlainText("熊猫小店 13800001111 浙江杭州西湖区文三路9号")
    robot.find("welcome.owner.paste").setFocus()
    robot.key(Qt.Key.Key_Return, CTRL)
    robot.qtbot.waitUntil(lambda: robot.find("welcome.owner.sender.phone", QLineEdit).text() == "13800001111")
    robot.key(Qt.Key.Key_Right, ALT)
    at(robot, Step.RECOVERY)
    assert (welcome.kept_sender.city, settings.text("clerk")) == ("杭州市", "王老板")
    robot.key(Qt.Key.Key_Left, ALT)
    at(robot, Step.OWNER)
    assert robot.find("welcome.owner.name", QLineEdit).text() == "王老板"


def test_leaving_loses_nothing_and_settings_lead_back(robot, welcome):
    go_to(robot, Step.OWNER)
    robot.types("王")
    presenter(robot).steps[Step.OWNER].type(pin="2749")
    robot.key(Qt.Key.Key_Escape)
    robot.sees("shell.message.words", "可以继续")
    robot.qtbot.waitUntil(lambda: welcome.file.read().step == "owner")
    robot.goes_to("settings")
    robot.qtbot.mouseClick(robot.find("settings.again", QPushButton), Qt.MouseButton.LeftButton)
    at(robot, Step.OWNER)
    assert robot.find("welcome.owner.name", QLineEdit).text() == "王"
    assert robot.find("welcome.owner.pin", QLineEdit).text() == "", "no PIN stays in a field nobody looks at"


def test_the_code_goes_to_the_clipboard_at_the_second_press_and_leaves_it_with_the_step(robot):
    go_to(robot, Step.RECOVERY)
    robot.sees("welcome.recovery.code", CODE)
    clipboard = QGuiApplication.clipboard()
    clipboard.setText("mine")
    copy = robot.find("welcome.recovery.copy", QPushButton)
    copy.setFocus()
    robot.key(Qt.Key.Key_Space)
    robot.sees("welcome.recovery.warning", "剪贴板")
    assert clipboard.text() == "mine"
    robot.key(Qt.Key.Key_Space)
    assert clipboard.text() == CODE
    robot.key(Qt.Key.Key_S, ALT)
    at(robot, Step.SOURCE)
    assert clipboard.text() == ""


def test_the_code_is_confirmed_by_typing(robot, welcome):
    go_to(robot, Step.RECOVERY)
    robot.sees("welcome.recovery.code", CODE)
    assert not robot.find("welcome.recovery.code", QLabel).textInteractionFlags()
    robot.types("wrong")
    robot.key(Qt.Key.Key_Return)
    robot.qtbot.waitUntil(lambda: robot.find("welcome.recovery.trouble").isVisible())
    robot.find("welcome.recovery.typed", QLineEdit).clear()
    robot.types(CODE)
    robot.key(Qt.Key.Key_Return)
    at(robot, Step.SOURCE)
    assert welcome.is_confirmed
    assert not any(CODE in label.text() for label in robot.window.findChildren(QLabel))
    robot.key(Qt.Key.Key_Left, ALT)
    robot.sees("welcome.recovery.code", "已经确认")


def test_one_enter_on_a_choice_takes_it_and_goes_on(robot, welcome):
    go_to(robot, Step.SOURCE)
    robot.key(Qt.Key.Key_Down)
    robot.key(Qt.Key.Key_Return)
    at(robot, Step.PRINTER)
    assert welcome.practice == "closed"
    assert presenter(robot).screen.source is Source.OWN


def test_a_printer_by_keys_with_the_question_after_the_label(robot, world):
    go_to(robot, Step.PRINTER)
    robot.qtbot.waitUntil(lambda: not presenter(robot).steps[Step.PRINTER].screen.is_searching)
    rows = robot.window.page("welcome").findChildren(QLabel)
    name = next(label.objectName() for label in rows if label.text().startswith("Xprinter") and label.isVisible())
    robot.stands_on(name.replace(".name", ".try"))
    robot.key(Qt.Key.Key_Return)
    robot.sees("welcome.printer.question", "好不好")
    robot.key(Qt.Key.Key_Return)
    robot.sees("welcome.printer.question", "就用")
    assert [view.name for view in world.printers_by_key.values() if view.is_default] == ["Xprinter XP-P323B"]
    robot.key(Qt.Key.Key_Return)
    at(robot, Step.SCANNER)


def test_no_says_what_to_check(robot):
    go_to(robot, Step.PRINTER)
    robot.qtbot.waitUntil(lambda: not presenter(robot).steps[Step.PRINTER].screen.is_searching)
    robot.stands_on("welcome.printer.row.0.try")
    robot.key(Qt.Key.Key_Return)
    robot.sees("welcome.printer.question", "好不好")
    robot.key(Qt.Key.Key_N)
    robot.sees("welcome.printer.question", "看这几样")
    assert robot.find("welcome.printer.language").isVisible()
    assert QApplication.focusWidget() is robot.find("welcome.printer.again")


@pytest.mark.parametrize(("end", "kept"), [(Qt.Key.Key_Return, "enter"), (Qt.Key.Key_Tab, "tab")])
def test_a_scan_sets_the_desk_up_and_its_end_presses_nothing(robot, settings, end, kept):
    go_to(robot, Step.SCANNER)
    pad = QApplication.focusWidget()
    robot.gun(SAMPLE, end)
    robot.sees("welcome.scanner.title", "扫描枪好用")
    assert SAMPLE in robot.text("welcome.scanner.read")
    assert settings.text("scanner_terminator") == kept
    robot.qtbot.wait(150)
    assert presenter(robot).screen.step is Step.SCANNER
    assert QApplication.focusWidget() is pad
    robot.qtbot.wait(QUIET_MS)
    robot.key(Qt.Key.Key_Return)
    at(robot, Step.READY)


def types_slowly(robot, text, end):
    for place, char in enumerate(text):
        robot.types(char)
        robot.qtbot.wait(60 + 45 * (place % 3))
    robot.key(end)


def test_typing_is_seen_as_typing_and_its_end_goes_nowhere(robot, settings):
    go_to(robot, Step.SCANNER)
    robot.gun(SAMPLE)
    robot.sees("welcome.scanner.title", "扫描枪好用")
    robot.qtbot.wait(QUIET_MS)
    pad = QApplication.focusWidget()
    for end in (Qt.Key.Key_Tab, Qt.Key.Key_Return):
        types_slowly(robot, "6901234", end)
        robot.sees("welcome.scanner.title", "手打")
        assert QApplication.focusWidget() is pad
        robot.gun(SAMPLE)
        robot.sees("welcome.scanner.title", "扫描枪好用")
        robot.qtbot.wait(QUIET_MS)
    assert presenter(robot).screen.step is Step.SCANNER, "the Enter of a code is no way on"
    assert settings.text("scanner_terminator") == "enter"


def test_a_scanner_without_an_end_is_told_after_a_pause(robot):
    go_to(robot, Step.SCANNER)
    for char in SAMPLE:
        QApplication.sendEvent(QApplication.focusWidget(), _press(char))
    robot.sees("welcome.scanner.title", "没有发回车")
    assert "扫描枪" not in robot.text("shell.message.words"), "said once is enough"


def test_an_input_method_is_seen(robot):
    go_to(robot, Step.SCANNER)
    for text in ("七", "张", "包"):
        event = QInputMethodEvent()
        event.setCommitString(text)
        QApplication.sendEvent(QApplication.focusWidget(), event)
    robot.sees("welcome.scanner.title", "没有发回车")
    assert "输入法" in robot.text("welcome.scanner.more") or "Shift" in robot.text("welcome.scanner.more")


def test_a_scan_outside_the_step_of_the_scanner_changes_nothing(robot, settings):
    go_to(robot, Step.SCANNER)
    robot.key(Qt.Key.Key_Left, ALT)
    at(robot, Step.PRINTER)
    robot.gun(SAMPLE)
    robot.qtbot.wait(100)
    assert settings.text("scanner_terminator") == "either"


def test_on_another_page_no_scan_is_a_try_and_coming_back_it_is_one_again(robot, settings):
    go_to(robot, Step.SCANNER)
    robot.key(Qt.Key.Key_1, CTRL)
    robot.qtbot.waitUntil(lambda: robot.window.current_page == "packing")
    assert robot.window.parts.scanner.on_stroke is None
    robot.window.go("welcome")
    robot.qtbot.wait(50)
    robot.gun(SAMPLE)
    robot.sees("welcome.scanner.title", "扫描枪好用")
    assert settings.text("scanner_terminator") == "enter"


def _press(char):
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QKeyEvent

    return QKeyEvent(QEvent.Type.KeyPress, ord(char.upper()), Qt.KeyboardModifier.NoModifier, char)


def test_the_last_page_says_what_was_left_out_and_leads_there(robot, welcome):
    go_to(robot, Step.READY)
    assert "下次启动再问" in robot.text("welcome.ready.recovery.words")
    door = robot.find("welcome.door.recovery", QPushButton)
    assert door.text().strip() == "现在做"
    door.setFocus()
    robot.key(Qt.Key.Key_Return)
    at(robot, Step.RECOVERY)
    go_to(robot, Step.READY)
    robot.find("welcome.door.language", QPushButton).setFocus()
    robot.key(Qt.Key.Key_Return)
    robot.qtbot.waitUntil(lambda: robot.window.current_page == "settings")
    assert welcome.file.read() is None


def test_a_sheet_with_the_code_is_for_this_user_alone(tmp_path):
    path = tmp_path / "code.pdf"
    path.write_text("an older file anybody may read")
    write_recovery_sheet(path, CODE, Texts("zh_CN"), "sans", START)
    assert path.read_bytes().startswith(b"%PDF")
    assert path.stat().st_mode & 0o077 == 0


# --- over the real program ---------------------------------------------------------------------------------------------


class Program:
    """The window verb's own start on one data folder; can be killed and started again."""

    def __init__(self, qtbot, qapp, folder):
        self.qtbot, self.app, self.folder = qtbot, qapp, folder
        self.boot = self.window = None

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def start(self, **wishes) -> DeskRobot:
        self.data.mkdir(exist_ok=True)
        options = Options(self.data, None, self.folder / "machine.key", None, "desk-1", "clerk", is_json=False)
        wish = _Wish("zh_CN", **{"with_practice": True, "with_welcome": True} | wishes)
        settings = window_verb._settings_of(options, wish)
        settings.put("sound", False)
        self.boot = Boot(options, settings, wish)
        start = Start(self.boot.load, self.boot.glance, self.boot.begin)
        self.window = build_window(self.app, settings, start=start, folder=self.data, now=window_verb._now)
        self.boot.attach(self.window)
        with self.qtbot.waitSignal(self.window.ready, timeout=60_000):
            self.window.show()
        self.window.activateWindow()
        self.qtbot.waitUntil(lambda: self.window.isActiveWindow() and QApplication.focusWidget() is not None)
        return DeskRobot(self.qtbot, self.window)

    def end(self) -> None:
        if self.window is not None:
            self.window.close()
            self.window.deleteLater()
            self.boot.close()
        self.window = None


@pytest.fixture
def program(qtbot, qapp, tmp_path, monkeypatch):
    monkeypatch.setattr(pins, "_COST", 4)
    made = Program(qtbot, qapp, tmp_path)
    yield made
    made.end()


BARCODES = {sku.code: sku.barcodes[0] for sku in practice_catalogue() if sku.barcodes}


def pack_one(robot):
    """What the large sentence asks for, until the parcel has left."""
    desk = robot.window.parts.packing
    robot.key(Qt.Key.Key_F12)
    robot.qtbot.waitUntil(lambda: desk.screen.parcel is not None, timeout=20_000)
    parcel_id = desk.screen.parcel.id
    while (parcel := desk.screen.parcel) is not None and parcel.missing_qty:
        line = next(line for line in parcel.lines if line.missing_qty)
        robot.qtbot.wait(260)
        if line.sku_code in BARCODES:
            robot.gun(BARCODES[line.sku_code])
        else:
            robot.key(Qt.Key.Key_Space)
        robot.qtbot.waitUntil(
            lambda missing=parcel.missing_qty: desk.screen.parcel.missing_qty < missing, timeout=20_000
        )
    robot.qtbot.waitUntil(lambda: desk.screen.parcel.print_state in {"sent", "confirmed"}, timeout=30_000)
    number = desk.screen.parcel.waybill_no
    robot.gun(number)
    robot.qtbot.waitUntil(lambda: number in {row.waybill_no for row in desk.screen.recent}, timeout=20_000)
    return parcel_id


@pytest.mark.slow
def test_from_an_empty_folder_to_the_first_parcel_by_keyboard_alone(program):
    robot = program.start()
    robot.qtbot.waitUntil(lambda: robot.window.current_page == "welcome")
    at(robot, Step.LANGUAGE)
    robot.key(Qt.Key.Key_Return)
    at(robot, Step.OWNER)
    robot.types("王老板")
    robot.key(Qt.Key.Key_Tab)
    robot.types("274915")
    robot.key(Qt.Key.Key_Tab)
    robot.types("274915")
    robot.key(Qt.Key.Key_Tab)
    robot.types("熊猫小店 13800001111 浙江杭州西湖区文三路9号")
    robot.key(Qt.Key.Key_Return, CTRL)
    robot.qtbot.waitUntil(lambda: robot.find("welcome.owner.sender.city", QLineEdit).text() == "杭州市")
    robot.key(Qt.Key.Key_Right, ALT)
    at(robot, Step.RECOVERY)
    assert not robot.window.is_locked, "the owner is in"
    robot.qtbot.waitUntil(lambda: "-" in robot.text("welcome.recovery.code"), timeout=20_000)
    robot.qtbot.waitUntil(lambda: QApplication.focusWidget() is robot.find("welcome.recovery.typed"))
    robot.types(robot.text("welcome.recovery.code"))
    robot.key(Qt.Key.Key_Return)
    at(robot, Step.SOURCE)
    core = program.boot._desk.core
    assert core.shops() == [], "no invented orders before somebody asks for them"
    robot.key(Qt.Key.Key_Return)
    at(robot, Step.PRINTER)
    robot.qtbot.waitUntil(lambda: not presenter(robot).steps[Step.PRINTER].screen.is_searching, timeout=20_000)
    robot.stands_on("welcome.printer.virtual")
    robot.key(Qt.Key.Key_Return)
    robot.sees("welcome.printer.question", "虚拟打印机")
    robot.key(Qt.Key.Key_Return)
    at(robot, Step.SCANNER)
    robot.gun(SAMPLE)
    robot.sees("welcome.scanner.title", "用")
    robot.qtbot.wait(QUIET_MS + 50)
    robot.key(Qt.Key.Key_Return)
    at(robot, Step.READY)
    assert "跳过" not in "".join(robot.text(f"welcome.ready.{step}.words") for step in list(Step)[:-1])
    robot.key(Qt.Key.Key_Return)
    robot.qtbot.waitUntil(lambda: robot.window.current_page == "packing")
    robot.qtbot.waitUntil(lambda: core.packing.to_pack() > 0, timeout=20_000)
    pack_one(robot)
    content = core.set_up.sender()
    assert content.name == "熊猫小店"
    assert is_recovery_confirmed(program.data)
    assert [row.roles for row in core.people.everybody()] == [(Role.ADMIN,)]
    assert not (program.data / "welcome.json").exists()
    program.end()
    again = program.start()
    assert again.window.is_locked
    assert again.window.current_page != "welcome", "the first start is over"


def test_a_start_that_was_killed_goes_on_with_its_step_and_asks_nothing_twice(program):
    robot = program.start()
    at(robot, Step.LANGUAGE)
    robot.key(Qt.Key.Key_Return)
    at(robot, Step.OWNER)
    robot.key(Qt.Key.Key_S, ALT)
    at(robot, Step.RECOVERY)
    robot.qtbot.waitUntil(lambda: FirstStartFile(program.data).read().step == "recovery")
    program.end()
    robot = program.start()
    robot.qtbot.waitUntil(lambda: robot.window.current_page == "welcome")
    at(robot, Step.RECOVERY)
    assert robot.window.findChild(QLabel, "recovery.code") is None, "the old question does not come as well"
    assert program.boot._running().practice is None, "no practice shop before it is chosen"


def test_a_skipped_code_is_asked_for_at_the_next_start_as_ever(program):
    robot = program.start(with_practice=False)
    at(robot, Step.LANGUAGE)
    go_to(robot, Step.READY)
    robot.key(Qt.Key.Key_Return)
    robot.qtbot.waitUntil(lambda: robot.window.current_page == "packing")
    robot.qtbot.waitUntil(lambda: not (program.data / "welcome.json").exists())
    program.end()
    robot = program.start()
    robot.qtbot.waitUntil(lambda: robot.window.findChild(QLabel, "recovery.code") is not None, timeout=20_000)
    assert robot.window.current_page == "packing"
    assert program.boot._running().practice is None, "nobody asked for the practice shop"


def test_who_wants_no_steps_sees_none_and_gets_no_invented_orders_by_that(program):
    robot = program.start()
    at(robot, Step.LANGUAGE)
    program.end()
    robot = program.start(with_welcome=False)
    robot.qtbot.waitUntil(lambda: robot.window.findChild(QLabel, "recovery.code") is not None, timeout=20_000)
    assert robot.window.current_page == "packing"
    assert program.boot._running().practice is None


def test_a_folder_from_before_never_sees_the_steps(program):
    robot = program.start(with_welcome=False)
    robot.qtbot.waitUntil(lambda: robot.window.findChild(QLabel, "recovery.code") is not None, timeout=20_000)
    program.end()
    robot = program.start()
    robot.qtbot.wait(200)
    assert robot.window.current_page == "packing"
    assert not (program.data / "welcome.json").exists()


def test_one_more_desk_of_a_shop_is_asked_for_its_own_steps_only(program):
    program.start(with_welcome=False, with_practice=False)
    program.boot._desk.core.people.add("老板", [Role.ADMIN], "274915")
    program.end()
    FirstStartFile(program.data).keep(FirstStart())
    robot = program.start(with_practice=False)
    assert robot.window.is_locked
    assert robot.window.current_page != "welcome", "nobody is here yet"
    robot.window.parts.door.enter("老板", "274915")
    robot.qtbot.waitUntil(lambda: robot.window.current_page == "welcome", timeout=20_000)
    at(robot, Step.LANGUAGE)
    assert presenter(robot).screen.steps == (Step.LANGUAGE, Step.PRINTER, Step.SCANNER, Step.READY)
    assert json.loads((program.data / "welcome.json").read_text())["scope"] == Scope.DESK


def test_the_system_chooses_the_first_language(tmp_path, monkeypatch):
    monkeypatch.setattr(window_verb, "_system_language", lambda: "en_GB")
    options = Options(tmp_path, None, tmp_path / "key", None, "desk-1", "clerk", is_json=False)
    assert window_verb._settings_of(options, _Wish(None, True, with_welcome=True)).text("language") == "en"
    assert FirstStartFile(tmp_path).read() == FirstStart()
    monkeypatch.setattr(window_verb, "_system_language", lambda: "zh_CN")
    kept: DeskSettings = window_verb._settings_of(options, _Wish(None, True, with_welcome=True))
    assert kept.text("language") == "en", "chosen once, the system has no say"
