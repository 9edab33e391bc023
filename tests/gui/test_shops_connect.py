"""Connecting a shop of a platform on the page of shops, with the platform's simulator behind it."""

from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QApplication, QLineEdit

from core.desk.authorising import Authorising
from core.desk.pulling_now import PulledNow
from core.desk.shops import Shops
from core.outside import Outside
from core.runtime.errors import Refused
from core.runtime.remote_errors import Rejected
from core.sync.granting import Granting
from core.sync.shop_views import ShopDraft
from core.sync.shops import note_bad_pull, note_good_pull
from desktop.app import build_window
from desktop.pages.shops.presenter import ShopsPresenter
from desktop.shell.window import Start
from desktop.widgets.labels import PlainLabel
from tests.gui.conftest import ManualTasks
from tests.gui.robots import DeskRobot
from tests.simulators.platforms.taobao import TaobaoServer, taobao_shop
from tests.support.desk_world import START, DeskWorld
from tests.support.ports import stand_in_ports
from tests.support.world import CARRIER, World

pytestmark = [pytest.mark.gui, pytest.mark.qt_log_ignore("This plugin does not support")]


@pytest.fixture
def spine(sqlite_address):
    world = World(sqlite_address)
    yield world
    world.close()


@pytest.fixture
def taobao(spine):
    with TaobaoServer(taobao_shop(spine.clock.now)) as server:
        yield server


@pytest.fixture
def outside(spine):
    made = Outside(spine.clock, None)
    yield made
    made.close()


@pytest.fixture
def desk(spine, outside):
    return Shops(spine.store, outside.channels, outside.channel, lambda: None, CARRIER)


@pytest.fixture
def authorising(spine, outside):
    granting = Granting(spine.store, outside.authoriser, outside.channel)
    return Authorising(spine.store, granting, lambda: None)


@pytest.fixture
def robot(qtbot, qapp, settings, spine, desk, authorising, tmp_path):
    settings.put("language", "zh_CN")
    ports = stand_in_ports(DeskWorld(), shops=desk, starting=spine.desk.starting, authorising=authorising)
    window = build_window(qapp, settings, start=Start(lambda: ports), folder=tmp_path, now=lambda: START)
    with qtbot.waitSignal(window.ready):
        window.show()
    window.activateWindow()
    qtbot.waitUntil(lambda: window.isActiveWindow() and QApplication.focusWidget() is not None)
    yield DeskRobot(qtbot, window)
    window.close()
    window.deleteLater()


def entered(server):
    return {
        "app_key": server.app.key,
        "app_secret": server.app.secret,
        "redirect_uri": server.app.redirect_uri,
        "base_url": f"{server.url}/router/rest",
        "oauth_url": server.url,
    }


def draft_of(server):
    values = entered(server)
    return ShopDraft("taobao", "旗舰店", values, {"app_secret": values.pop("app_secret")})


def press(robot, name):
    robot.qtbot.mouseClick(robot.find(name), Qt.MouseButton.LeftButton)


def test_a_platforms_shop_is_added_authorised_and_counted_down(robot, desk, taobao, monkeypatch):
    opened = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toString()) or True)
    robot.goes_to("shops")
    robot.key(Qt.Key.Key_F6)
    robot.qtbot.waitUntil(lambda: robot.window.findChild(QLineEdit, "shops.form.setting.key") is not None)
    assert robot.window.findChild(QLineEdit, "shops.form.step.1") is None
    press(robot, "shops.form.kind.taobao")
    robot.qtbot.waitUntil(lambda: robot.window.findChild(QLineEdit, "shops.form.setting.session") is not None)
    robot.sees("shops.form.step.1", "自有应用")
    robot.sees("shops.form.step.4", "没有证实")
    robot.sees("shops.form.hint.app_key", "控制台")
    assert "taobao.com" in robot.find("shops.form.setting.base_url", QLineEdit).placeholderText()
    robot.find("shops.form.name", QLineEdit).setText("旗舰店")
    for name, value in entered(taobao).items():
        robot.find(f"shops.form.setting.{name}", QLineEdit).setText(value)
    robot.key(Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    robot.sees("shops.connect.title", "旗舰店")
    robot.qtbot.waitUntil(lambda: robot.find("shops.connect.open").isEnabled())
    robot.sees("shops.2.access", "还没授权")
    page = robot.window.page("shops")._presenter
    assert robot.find("shops.connect.danger", PlainLabel).isHidden(), "the code stays on this computer"
    there = page.screen.page
    page._show(page=replace(there, returns_to="https://shop.example/back", danger="elsewhere"))
    robot.sees("shops.connect.danger", "https://shop.example/back：确认这是您自己的网站")
    page._show(page=there)
    press(robot, "shops.connect.copy")
    address = QGuiApplication.clipboard().text()
    press(robot, "shops.connect.open")
    assert opened == [address]
    assert robot.find("shops.connect.pasted", QLineEdit).hasFocus()
    robot.find("shops.connect.pasted", QLineEdit).setText("https://shop.example/back?error=no")
    robot.key(Qt.Key.Key_Return)
    robot.sees("shell.message.words", "没有")
    back = taobao.grants.agree(dict(parse_qsl(urlsplit(address).query)))
    robot.find("shops.connect.pasted", QLineEdit).setText(back)
    press(robot, "shops.connect.finish")
    robot.sees("shops.connect.state", "练习旗舰店")
    robot.sees("shops.2.whose", "练习旗舰店")
    robot.sees("shops.2.access", "还有")
    robot.sees("shops.2.told", "什么也不写到平台")
    press(robot, "shops.connect.next")
    robot.sees("start.title", "旗舰店")
    robot.sees("start.stage", "只读")
    robot.key(Qt.Key.Key_Escape)
    robot.key(Qt.Key.Key_Escape)
    robot.qtbot.waitUntil(lambda: not robot.find("shops.connect.title").isVisible())


def test_the_last_error_is_in_the_clerks_language_and_the_platforms_words_are_folded(robot, spine, desk, taobao):
    shop_id = desk.add(replace(draft_of(taobao), secrets={"app_secret": "s", "session": "typed"}))
    error = Rejected("Taobao does not know the address", code="isv.permission-ip-whitelist-limit")
    spine.do(lambda uow: note_good_pull(uow, shop_id, 0))
    spine.do(lambda uow: note_bad_pull(uow, shop_id, error))
    robot.goes_to("shops")
    robot.sees(f"shops.{shop_id}.error", "白名单")
    robot.sees(f"shops.{shop_id}.todo", "控制台")
    assert robot.window.findChild(QLineEdit, f"shops.{shop_id}.said") is None
    press(robot, f"shops.{shop_id}.details")
    robot.sees(f"shops.{shop_id}.said", "isv.permission-ip-whitelist-limit")
    robot.sees(f"shops.{shop_id}.ability.unpaid", "未付款")
    robot.sees(f"shops.{shop_id}.unproven", "没有证实")
    robot.key(Qt.Key.Key_Escape)
    robot.qtbot.waitUntil(lambda: robot.window.page("shops")._presenter.screen.unfolded is None)


class Answers:
    """A way in that answers as told."""

    def __init__(self, whose="", error=None):
        self.whose, self.error, self.asked = whose, error, []

    def identify(self, shop_id):
        self.asked.append(shop_id)
        if self.error is not None:
            raise self.error
        return self.whose


MALL = ShopDraft("mall", "自家商城", {"base_url": "https://mall.example", "key": "k"}, {"secret": "s"})


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (Answers(), ("good", "shops.added")),
        (Answers("大店"), ("good", "shops.authorised_as")),
        (Answers(error=Refused("shop.same_shop", "it is here", name="旧店")), ("stop", "error.shop.same_shop")),
        (Answers(error=Refused("shop.answered", "no", topic="address_list")), ("stop", "shops.trouble.address_list")),
    ],
)
def test_a_shop_with_a_key_alone_is_asked_whose_it_is_at_once(desk, answers, said):
    told, tasks = [], ManualTasks()
    presenter = ShopsPresenter(
        desk, answers, None, tasks, lambda tone, phrase, _undo: told.append((tone, phrase.code))
    )
    presenter.look()
    tasks.run()
    presenter.edit(0)
    presenter.save(MALL)
    tasks.run()
    assert answers.asked == [2]
    assert told[-1] == said
    assert presenter.screen.connecting is None


def test_what_comes_after_the_card_was_closed_opens_nothing(desk, authorising, taobao):
    told, tasks = [], ManualTasks()
    presenter = ShopsPresenter(desk, authorising, None, tasks, lambda tone, phrase, _undo: told.append(phrase.code))
    shop_id = desk.add(draft_of(taobao))
    presenter.look()
    tasks.run()
    presenter.connect(shop_id)
    assert presenter.put_away()
    tasks.run()
    assert (presenter.screen.page, presenter.screen.connecting) == (None, None)
    presenter.finish("code")
    assert not tasks.waiting, "nothing is asked for a shop that nobody is connecting"


class Pulling:
    """Pulls as told."""

    def __init__(self, error=None):
        self.error, self.asked = error, []

    def pull(self, shop_id):
        self.asked.append(shop_id)
        if self.error is not None:
            raise self.error
        return PulledNow(2, 1)

    def order(self, shop_id, order_no):
        self.asked.append((shop_id, order_no))
        return order_no


def test_a_shop_is_pulled_now_and_so_is_one_order_by_its_number(qtbot, qapp, settings, desk, tmp_path):
    settings.put("language", "zh_CN")
    pulling = Pulling()
    ports = stand_in_ports(DeskWorld(), shops=desk, pulling_now=pulling)
    window = build_window(qapp, settings, start=Start(lambda: ports), folder=tmp_path, now=lambda: START)
    with qtbot.waitSignal(window.ready):
        window.show()
    window.activateWindow()
    qtbot.waitUntil(lambda: window.isActiveWindow() and QApplication.focusWidget() is not None)
    robot = DeskRobot(qtbot, window)
    robot.goes_to("shops")
    robot.sees("shops.1.name", "练习店")
    press(robot, "shops.1.pull")
    robot.sees("shell.message.words", "新订单 2")
    press(robot, "shops.1.details")
    qtbot.waitUntil(lambda: window.findChild(QLineEdit, "shops.1.order_no") is not None)
    robot.stands_on("shops.1.order_no", QLineEdit)
    robot.types("T20260618")
    robot.key(Qt.Key.Key_Return)
    robot.sees("shell.message.words", "T20260618")
    assert pulling.asked == [1, (1, "T20260618")]
    window.close()
    window.deleteLater()


def test_a_pull_that_fails_is_told_in_the_clerks_language(desk):
    told, tasks = [], ManualTasks()
    pulling = Pulling(Refused("shop.answered", "no", topic="permission"))
    presenter = ShopsPresenter(desk, None, pulling, tasks, lambda tone, phrase, _undo: told.append(phrase.code))
    presenter.look()
    tasks.run()
    presenter.pull(presenter.screen.shops[0])
    tasks.run()
    assert told == ["shops.pulling", "shops.trouble.permission"]
