"""The desk as people meet it who have to sign in: over core's own door, people and log, on a real database."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QToolButton

from core.access import pins
from core.access.rights import RIGHTS, Right, Role
from desktop.app import build_window
from desktop.shell.door import Door, Idle
from desktop.shell.rail import PAGES
from desktop.shell.start import RecoveryPage
from desktop.shell.window import Start
from desktop.texts import Phrase
from tests.gui.conftest import ManualTasks
from tests.gui.robots import DeskRobot
from tests.support.desk_world import GOODS, START
from tests.support.fake_shop import line
from tests.support.ports import stand_in_ports
from tests.support.staff import PIN, Staffed

pytestmark = [pytest.mark.gui, pytest.mark.qt_log_ignore("This plugin does not support")]
MILK = GOODS[0]
LI_PIN = "907351"


@pytest.fixture
def staffed(file_world, monkeypatch):
    monkeypatch.setattr(pins, "_COST", 4)
    return Staffed(file_world, file_world.desk)


@pytest.fixture
def hired(staffed):
    """An admin with a badge, a packer with a PIN, an auditor."""
    boss = staffed.hire("老板", Role.ADMIN)
    staffed.hire("小李", Role.PACKER, pin=LI_PIN)
    staffed.hire("查账", Role.AUDITOR)
    with staffed.gate.as_system():
        staffed.badge = staffed.people.make_badge(boss.id).code
    return staffed


@pytest.fixture
def printed():
    return []


@pytest.fixture
def open_desk(qtbot, qapp, settings, world, tmp_path, printed):
    """Opens a window over a desk at which people may have to sign in."""
    made = []

    def open_it(staffed):
        ports = stand_in_ports(
            world,
            listen=lambda listener: staffed.store.subscribe(listener) and None,
            door=staffed.sign_in,
            people=staffed.people,
            audit=staffed.audit,
            print_badge=lambda *badge: printed.append(badge),
        )
        window = build_window(qapp, settings, start=Start(lambda: ports), folder=tmp_path, now=lambda: START)
        made.append(window)
        with qtbot.waitSignal(window.first_page):
            window.show()
        window.activateWindow()
        qtbot.waitUntil(lambda: window.isActiveWindow() and QApplication.focusWidget() is not None)
        qtbot.waitUntil(lambda: window.can_open(window.current_page) or window.is_locked)
        return DeskRobot(qtbot, window)

    yield open_it
    for window in made:
        window.close()
        window.deleteLater()


@pytest.fixture
def robot(open_desk, hired):
    return open_desk(hired)


def in_rail(robot):
    return [page for page in PAGES if robot.find(f"shell.rail.{page}", QToolButton).isVisible()]


def signs_in(robot, name, pin):
    QTest.mouseClick(robot.find("signin.name"), Qt.MouseButton.LeftButton)
    robot.find("signin.name", QLineEdit).clear()
    robot.types(name)
    robot.key(Qt.Key.Key_Return)
    robot.types(pin)
    robot.key(Qt.Key.Key_Return)


def unlocked(robot):
    robot.qtbot.waitUntil(lambda: not robot.window.is_locked)


def shows(robot, *texts):
    """Which of these stand anywhere on the visible screen."""
    said = [label.text() for label in robot.window.findChildren(QLabel) if label.isVisible()]
    return [text for text in texts if any(text in one for one in said)]


def test_nothing_but_the_way_in_before_somebody_signs_in(robot, world):
    assert robot.window.is_locked
    assert robot.find("signin").isVisible()
    assert in_rail(robot) == []
    robot.gun(MILK.barcode)
    robot.key(Qt.Key.Key_F12)
    robot.key(Qt.Key.Key_F2)
    robot.key(Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    robot.window.go("orders")
    robot.window.show_over(RecoveryPage(robot.window.ui, "a code", lambda _typed: None, lambda: None))
    robot.qtbot.wait(100)
    assert robot.find("signin").isVisible()
    assert [name for name, _ in world.calls if name != "status"] == []


def test_a_badge_lets_in_anywhere_and_the_strip_says_who(robot, hired):
    robot.gun(hired.badge)
    unlocked(robot)
    assert in_rail(robot) == list(PAGES)
    assert "老板" in robot.find("shell.strip.desk", QToolButton).text()
    robot.goes_to("orders")
    # Another badge needs no way out first; a page that this person may not use is left.
    with hired.gate.as_system():
        audit = hired.people.make_badge(hired.people.find("查账").id).code
    robot.gun(audit)
    robot.qtbot.waitUntil(lambda: robot.window.current_page == "log")
    assert in_rail(robot) == ["log"]
    robot.window.go("orders")
    robot.sees("shell.message.words", "您的角色不能打开「订单」页")
    assert robot.window.current_page == "log"


def test_name_and_pin_let_in_by_keyboard_alone_and_failures_are_sentences(robot):
    signs_in(robot, "小李", "555123")
    robot.sees("signin.words", "姓名、PIN 或工牌不对")
    assert robot.find("signin.pin", QLineEdit).text() == ""
    robot.key(Qt.Key.Key_Return)
    robot.sees("signin.words", "请输入姓名和 PIN")
    for _ in range(4):
        robot.window.parts.door.enter("小李", "555123")
    robot.sees("signin.words", "30 秒后才能再试")
    robot.window.parts.door.enter("小李", LI_PIN)
    robot.sees("signin.words", "请等")
    robot.window.parts.door.enter("老板", PIN)
    unlocked(robot)


def test_the_packers_desk_has_the_packers_pages(robot):
    signs_in(robot, "小李", LI_PIN)
    unlocked(robot)
    assert in_rail(robot) == ["packing", "orders", "waves", "handover", "day", "alerts", "printers", "settings"]
    assert "小李" in robot.find("shell.strip.desk", QToolButton).text()


def test_an_open_parcel_stays_open_while_the_desk_is_locked_and_nothing_of_it_is_seen(robot, world):
    signs_in(robot, "小李", LI_PIN)
    unlocked(robot)
    robot.key(Qt.Key.Key_F12)
    robot.sees("packing.sentence.what", "请扫描商品：还差 4 件")
    note = world.parcels[1].buyer_note
    assert shows(robot, "张*", note, "小李") != []
    robot.key(Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    robot.qtbot.waitUntil(lambda: robot.find("signin").isVisible())
    assert shows(robot, "张*", "138****0078", note, world.parcels[1].waybill_no) == []
    robot.window.parts.tell("stop", Phrase("shell.title"))
    assert not robot.window.parts.message_bar.isVisible(), "what is told late is not for whoever stands there"
    before = len(world.calls)
    robot.gun(MILK.barcode)
    robot.qtbot.wait(100)
    assert [name for name, _ in world.calls[before:] if name == "scan_goods"] == []
    signs_in(robot, "老板", PIN)
    unlocked(robot)
    robot.sees("packing.sentence.what", "还差 4 件")
    robot.gun(MILK.barcode)
    robot.sees("packing.sentence.what", "还差 3 件")


def test_a_desk_that_nobody_touches_locks_itself_and_knows_who_was_here(robot, hired):
    signs_in(robot, "小李", LI_PIN)
    unlocked(robot)
    door = robot.window.parts.door
    now = [0.0]
    door.idle = Idle((lambda: now[0],))
    robot.window.parts.scanner.on_touch = door.idle.touch
    now[0] = 599.0
    door.look()
    assert not robot.window.is_locked
    robot.key(Qt.Key.Key_F5)
    now[0] = 1190.0
    door.look()
    assert not robot.window.is_locked, "a key is a touch"
    now[0] = 1199.0 + 1
    door.look()
    assert robot.window.is_locked
    robot.sees("signin.words", "一段时间没有操作")
    assert robot.find("signin.name", QLineEdit).text() == "小李"
    robot.qtbot.waitUntil(lambda: hired.sign_in.session().is_locked)
    robot.types(LI_PIN)
    robot.key(Qt.Key.Key_Return)
    unlocked(robot)


def test_a_clock_that_is_set_back_or_a_machine_that_slept_locks_all_the_same():
    fast, slow = [1000.0], [0.0]
    idle = Idle((lambda: fast[0], lambda: slow[0]))
    fast[0], slow[0] = 400.0, 30.0
    assert idle.seconds() == 30.0
    fast[0], slow[0] = 4600.0, 31.0
    assert idle.seconds() == 3600.0
    idle.touch()
    assert idle.seconds() == 0.0


def test_a_moved_mouse_is_a_touch(hired, qapp, monkeypatch):
    hired.arrive("小李", LI_PIN)
    now = [0.0]
    door = Door(hired.sign_in, ManualTasks(), Idle((lambda: now[0],)))
    now[0] = 599.0
    monkeypatch.setattr("desktop.shell.door.QCursor.pos", lambda: QPoint(7, 7))
    door.look()
    now[0] = 700.0
    door.look()
    assert not door.is_locked
    now[0] = 1300.0
    door.look()
    assert door.is_locked, "locked before the lane has said so"
    door.deleteLater()


def test_taken_roles_and_people_who_are_put_out_show_at_once(robot, hired):
    signs_in(robot, "小李", LI_PIN)
    unlocked(robot)
    with hired.gate.as_system():
        li = hired.people.find("小李")
        hired.people.set_roles(li.id, [Role.AUDITOR])
    robot.window.parts.door.look()
    assert in_rail(robot) == ["log"]
    with hired.gate.as_system():
        hired.people.set_active(li.id, False)
    robot.window.parts.door.look()
    assert robot.window.is_locked
    assert robot.find("signin").isVisible()


def test_a_badge_is_never_shown_where_it_is_not_meant(robot, hired):
    """A scanner without terminator would write the code into a message."""
    signs_in(robot, "小李", LI_PIN)
    unlocked(robot)
    robot.window.parts.scanner.unterminated.emit(hired.badge)
    robot.qtbot.wait(50)
    assert shows(robot, hired.badge) == []


def test_the_owner_takes_the_first_person_in_and_has_to_sign_in_from_then_on(open_desk, staffed, settings):
    robot = open_desk(staffed)
    assert not robot.window.is_locked
    robot.key(Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    assert not robot.window.is_locked, "nobody has to sign in yet"
    robot.goes_to("people")
    robot.qtbot.waitUntil(lambda: robot.find("people.empty").isVisible())
    QTest.mouseClick(robot.find("people.add_first", QPushButton), Qt.MouseButton.LeftButton)
    assert robot.find("people.form.role.admin").isChecked()
    robot.types("老板")
    robot.key(Qt.Key.Key_Tab)
    robot.types(PIN)
    robot.key(Qt.Key.Key_Return)
    robot.sees("people.form.trouble", "两次输入的 PIN 不一样")
    robot.key(Qt.Key.Key_Tab)
    robot.types(PIN)
    robot.key(Qt.Key.Key_Return)
    robot.qtbot.waitUntil(lambda: staffed.sign_in.session().is_guarded)
    robot.window.parts.door.look()
    robot.qtbot.waitUntil(lambda: robot.find("signin").isVisible())
    signs_in(robot, "老板", PIN)
    unlocked(robot)
    assert robot.window.current_page == "people"


def test_people_are_taken_in_changed_and_put_out_on_their_page(robot, hired, printed):
    signs_in(robot, "老板", PIN)
    unlocked(robot)
    robot.goes_to("people")
    robot.sees("people.card.0.name", "小李")
    assert [top for top in QApplication.topLevelWidgets() if top.isVisible()] == [robot.window]
    names = [robot.text(f"people.card.{number}.name") for number in range(3)]
    li = names.index("小李")
    assert robot.text(f"people.card.{li}.roles") == "打包员"
    QTest.mouseClick(robot.find(f"people.card.{li}.change"), Qt.MouseButton.LeftButton)
    robot.find("people.form.role.picker").setChecked(True)
    QTest.mouseClick(robot.find("people.form.save"), Qt.MouseButton.LeftButton)
    robot.sees(f"people.card.{li}.roles", "打包员、拣货员")
    QTest.mouseClick(robot.find(f"people.card.{li}.badge"), Qt.MouseButton.LeftButton)
    robot.qtbot.waitUntil(lambda: robot.find("people.badge").isVisible())
    QTest.mouseClick(robot.find("people.badge.print", QPushButton), Qt.MouseButton.LeftButton)
    robot.qtbot.waitUntil(lambda: printed != [])
    name, code, caption = printed[0]
    assert (name, caption) == ("小李", "打包台工牌")
    assert hired.sign_in.by_badge(code).person.name == "小李"
    assert shows(robot, code) == [], "bars, no text"
    hired.arrive("老板")
    robot.key(Qt.Key.Key_Escape)
    assert not robot.find("people.badge").isVisible()
    QTest.mouseClick(robot.find(f"people.card.{li}.off"), Qt.MouseButton.LeftButton)
    robot.sees("shell.message.words", "不能再登录")
    robot.qtbot.waitUntil(lambda: "已停用" in robot.text("people.card.2.state"))
    boss = next(number for number in range(3) if robot.text(f"people.card.{number}.name") == "老板")
    QTest.mouseClick(robot.find(f"people.card.{boss}.off"), Qt.MouseButton.LeftButton)
    robot.sees("shell.message.words", "必须留下至少一名")


def test_what_each_role_may_do_is_drawn_from_the_one_table(robot):
    signs_in(robot, "老板", PIN)
    unlocked(robot)
    robot.goes_to("people")
    texts = robot.window.ui.texts
    for role, rights in RIGHTS.items():
        said = robot.text(f"people.role.{role}.may")
        if rights == frozenset(Right):
            assert said == "全部"
        else:
            assert said.split("、") == [texts.t(f"right.{right}") for right in Right if right in rights]


def test_the_auditor_reads_who_looked_and_why(robot, hired):
    shop = hired.world
    shop.ready("A1", line("1", "BEAR"))
    hired.arrive("老板")
    hired.desk.orders.unmask(shop.order("A1").id, "contact_buyer")
    robot.window.parts.door.look()
    hired.arrive("查账")
    robot.window.parts.door.look()
    robot.qtbot.waitUntil(lambda: robot.window.current_page == "log")
    page = robot.window.page("log")
    # The records of this world are of another day than the window's clock.
    day = shop.clock.now().date()
    page._presenter.choose_days(day, day)
    robot.sees("log.looks", "老板 1 次")
    robot.qtbot.waitUntil(lambda: page.model.rowCount() > 3)
    lines = [[page.model.cell(row, column) for column in range(1, 5)] for row in range(page.model.rowCount())]
    assert ["老板", "desk 1", "查看收件人", "订单 A1：联系买家"] in lines
    page._presenter.choose_kind("looks")
    robot.qtbot.waitUntil(lambda: page.model.rowCount() == 1)
    page._presenter.choose_kind("exports")
    robot.qtbot.waitUntil(lambda: robot.find("log.empty").isVisible())


BUTTONS = ("orders.drawer.hold", "orders.drawer.unmask", "orders.copy.reship", "orders.new")


def test_a_button_that_somebody_may_not_use_is_grey_and_says_why_until_another_comes(robot, hired, world):
    world.add_order(4997)
    signs_in(robot, "小李", LI_PIN)
    unlocked(robot)
    robot.goes_to("orders")
    robot.window.page("orders")._presenter.open(4997)
    robot.qtbot.waitUntil(lambda: robot.find("orders.drawer.hold", QPushButton).isVisible())
    for name in BUTTONS:
        button = robot.find(name, QPushButton)
        assert not button.isEnabled(), name
        assert "您的角色没有这项权限" in button.toolTip()
    robot.key(Qt.Key.Key_F9)
    robot.sees("shell.message.words", "您的角色没有这项权限：挂起订单")
    assert not robot.find("orders.hold_form").isVisible()
    robot.key(Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    robot.sees("shell.message.words", "您的角色没有这项权限：显示收件人")
    assert not robot.find("orders.unmask_form").isVisible()
    robot.gun(hired.badge)
    robot.qtbot.waitUntil(lambda: all(robot.find(name, QPushButton).isEnabled() for name in BUTTONS))
    assert "权限" not in robot.find("orders.drawer.hold", QPushButton).toolTip()
    robot.key(Qt.Key.Key_F9)
    robot.qtbot.waitUntil(lambda: robot.find("orders.hold_form").isVisible())


def test_roles_that_are_taken_away_take_the_buttons_with_them(robot, hired, world):
    world.add_order(4997)
    robot.gun(hired.badge)
    unlocked(robot)
    robot.goes_to("orders")
    robot.window.page("orders")._presenter.open(4997)
    robot.qtbot.waitUntil(lambda: robot.find("orders.drawer.hold", QPushButton).isVisible())
    with hired.gate.as_system():
        hired.hire("另一位", Role.ADMIN)
        hired.people.set_roles(hired.people.find("老板").id, [Role.PACKER])
    robot.qtbot.waitUntil(lambda: not robot.find("orders.drawer.hold", QPushButton).isEnabled())
