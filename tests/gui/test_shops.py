"""The page of shops over the real records."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QLineEdit, QSpinBox

from core.channels.registry import built_in
from core.desk.shops import Shops
from core.runtime.errors import Refused
from core.runtime.remote_errors import ContractBroken
from core.sync import unread
from core.sync.shop_views import ShopDraft
from desktop.app import build_window
from desktop.pages.shops.presenter import ShopsPresenter
from desktop.shell.window import Start
from desktop.widgets.layouts import empty
from tests.gui.conftest import ManualTasks
from tests.gui.robots import DeskRobot
from tests.support.desk_world import START, DeskWorld
from tests.support.ports import stand_in_ports
from tests.support.world import CARRIER, World

pytestmark = [pytest.mark.gui, pytest.mark.qt_log_ignore("This plugin does not support")]


class Answering:
    """A shop that lets in whoever has the right secret."""

    def __init__(self, shop, clock):
        self._shop, self._clock = shop, clock

    def check(self):
        if '"right"' not in self._shop.secret:
            raise Refused("shop.access_refused", "no")
        return self._clock.now()


@pytest.fixture
def spine(sqlite_address):
    world = World(sqlite_address)
    yield world
    world.close()


@pytest.fixture
def desk(spine):
    return Shops(spine.store, built_in, lambda shop: Answering(shop, spine.clock), lambda: None, CARRIER)


class Unasked:
    """The way in to shops whose platform tells nothing of them."""

    def identify(self, _shop_id):
        return ""


def presenter_of(desk, authorising=None):
    told = []
    tasks = ManualTasks()
    presenter = ShopsPresenter(
        desk, authorising or Unasked(), None, tasks, lambda tone, phrase, _undo: told.append((tone, phrase.code))
    )
    presenter.look()
    tasks.run()
    return presenter, tasks, told


def undoing_presenter_of(desk):
    """As `presenter_of` before its first look, with what takes each act back."""
    told, undo = [], []
    tasks = ManualTasks()

    def tell(tone, phrase, take_back):
        told.append((tone, phrase.code))
        undo.append(take_back)

    return ShopsPresenter(desk, Unasked(), None, tasks, tell), tasks, told, undo


def test_a_form_opened_before_the_first_reading_learns_its_kind_later(desk):
    tasks = ManualTasks()
    presenter = ShopsPresenter(desk, Unasked(), None, tasks, lambda *_told: None)
    presenter.look()
    presenter.edit(0)
    assert presenter.screen.kind == ""
    tasks.run()
    assert presenter.screen.kind == desk.kinds()[0].id
    presenter.choose_kind("vendure")
    presenter.look()
    tasks.run()
    assert presenter.screen.kind == "vendure"


@pytest.fixture
def robot(qtbot, qapp, settings, spine, desk, tmp_path):
    settings.put("language", "zh_CN")
    ports = stand_in_ports(DeskWorld(), shops=desk, authorising=Unasked())
    window = build_window(qapp, settings, start=Start(lambda: ports), folder=tmp_path, now=lambda: START)
    with qtbot.waitSignal(window.ready):
        window.show()
    window.activateWindow()
    qtbot.waitUntil(lambda: window.isActiveWindow() and QApplication.focusWidget() is not None)
    yield DeskRobot(qtbot, window)
    window.close()
    window.deleteLater()


def test_an_owner_adds_a_shop_by_keys(robot, desk):
    robot.goes_to("shops")
    robot.sees("shops.1.name", "练习店")
    assert robot.find("shops.1.state").property("tone") == "quiet", "never heard is not well"
    robot.key(Qt.Key.Key_F6)
    robot.qtbot.waitUntil(lambda: QApplication.focusWidget() is robot.find("shops.form.name"))
    for name, text in (
        ("shops.form.name", "自家商城"),
        ("shops.form.setting.base_url", "https://mall.example"),
        ("shops.form.setting.key", "k"),
        ("shops.form.setting.secret", "wrong"),
    ):
        robot.find(name, QLineEdit).setText(text)
    assert robot.find("shops.form.setting.secret", QLineEdit).echoMode() == QLineEdit.EchoMode.Password
    robot.qtbot.mouseClick(robot.find("shops.form.try"), Qt.MouseButton.LeftButton)
    robot.sees("shell.message.words", "不接受")
    robot.find("shops.form.setting.secret", QLineEdit).setText("right")
    robot.qtbot.mouseClick(robot.find("shops.form.try"), Qt.MouseButton.LeftButton)
    robot.qtbot.waitUntil(lambda: robot.window.page("shops")._presenter.screen.tried is True)
    robot.key(Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    robot.qtbot.waitUntil(lambda: [shop.name for shop in desk.shops()] == ["练习店", "自家商城"])
    robot.sees("shops.2.told", "只读")


def test_notes_are_written_at_a_shop_only_when_its_owner_ticks_that(robot, desk):
    keys = {"app_key": "1", "redirect_uri": "https://shop.example/back"}
    shop_id = desk.add(ShopDraft("tmall", "天猫店", keys, {"app_secret": "s"}))
    robot.goes_to("shops")
    robot.sees(f"shops.{shop_id}.name", "天猫店")
    assert robot.window.findChild(QCheckBox, "shops.1.writes_notes") is None, "this kind takes none"
    for is_on in (True, False):
        tick = robot.find(f"shops.{shop_id}.writes_notes", QCheckBox)
        assert tick.isChecked() is not is_on
        tick.click()
        robot.qtbot.waitUntil(lambda: desk.shops()[-1].writes_notes is is_on)  # noqa: B023  waited for here
        robot.qtbot.waitUntil(
            lambda: robot.find(f"shops.{shop_id}.writes_notes", QCheckBox).isChecked() is is_on  # noqa: B023  as above
        )


def test_another_kind_wants_other_things_and_the_name_stays(robot):
    robot.goes_to("shops")
    robot.key(Qt.Key.Key_F6)
    robot.qtbot.waitUntil(lambda: robot.window.findChild(QLineEdit, "shops.form.setting.key") is not None)
    robot.find("shops.form.name", QLineEdit).setText("我的店")
    robot.qtbot.mouseClick(robot.find("shops.form.kind.vendure"), Qt.MouseButton.LeftButton)
    robot.qtbot.waitUntil(lambda: robot.window.findChild(QLineEdit, "shops.form.setting.username") is not None)
    assert robot.find("shops.form.name", QLineEdit).text() == "我的店"


def test_esc_closes_the_form(robot):
    robot.goes_to("shops")
    robot.key(Qt.Key.Key_F6)
    robot.qtbot.waitUntil(lambda: robot.find("shops.form.name").isVisible())
    robot.key(Qt.Key.Key_Escape)
    robot.qtbot.waitUntil(lambda: not robot.find("shops.form.name").isVisible())


def test_how_long_goods_have_to_last_is_kept_shown_and_taken_back(desk):
    presenter, tasks, told, undo = undoing_presenter_of(desk)
    presenter.look()
    tasks.run()
    presenter.set_min_life(presenter.screen.shops[0], 180)
    tasks.run()
    assert (told[-1], presenter.screen.shops[0].min_life_days) == (("good", "shops.min_life_set"), 180)
    presenter.set_min_life(presenter.screen.shops[0], 180)
    tasks.run()
    assert len(told) == 1, "leaving the field as it was says nothing"
    undo[-1]()
    tasks.run()
    assert (told[-1], presenter.screen.shops[0].min_life_days) == (("good", "shops.min_life_none"), 0)


def _odd(spine, *numbers):
    errors = {number: ContractBroken("not understood", code="order.amount") for number in numbers}
    spine.store.write(lambda uow: unread.note(uow, spine.shop_id, errors))


def test_orders_that_cannot_be_taken_in_stand_on_the_card_with_what_can_be_done(robot, desk, spine):
    _odd(spine, "A2")
    robot.goes_to("shops")
    name = f"shops.{spine.shop_id}"
    robot.sees(f"{name}.unread.0", "A2")
    robot.sees(f"{name}.unread.0", "文档")
    robot.qtbot.mouseClick(robot.find(f"{name}.let_go.0"), Qt.MouseButton.LeftButton)
    robot.sees("shell.message.words", "不再等订单 A2")
    assert desk.shops()[0].unread == ()


def test_letting_one_go_is_taken_back_and_one_that_came_is_no_more(desk, spine):
    presenter, tasks, told, undo = undoing_presenter_of(desk)
    _odd(spine, "A2", "A3")
    presenter.look()
    tasks.run()
    (shop,) = presenter.screen.shops
    assert [(one.order_no, one.topic) for one in shop.unread] == [("A2", "garbled"), ("A3", "garbled")]
    presenter.set_awaited(shop, "A2", is_awaited=False)
    tasks.run()
    assert told[-1] == ("good", "shops.unread.gone")
    assert [one.order_no for one in presenter.screen.shops[0].unread] == ["A3"]
    undo[-1]()
    tasks.run()
    assert (told[-1], len(presenter.screen.shops[0].unread)) == (("good", "shops.unread.awaited"), 2)
    spine.store.write(lambda uow: unread.forget(uow, spine.shop_id, "A3"))
    presenter.set_awaited(shop, "A3", is_awaited=False)
    tasks.run()
    assert told[-1][1] == "error.order.unread_unknown"


def test_what_is_being_written_is_neither_saved_nor_taken_by_a_look(robot, desk):
    robot.goes_to("shops")
    robot.sees("shops.1.name", "练习店")
    box = robot.stands_on("shops.1.min_life", QSpinBox)
    box.selectAll()
    robot.types("1")
    (shop,) = desk.shops()
    desk.set_hold(shop.id, 30)
    page = robot.window.page("shops")
    page.handle_changed()
    robot.qtbot.waitUntil(lambda: page._presenter.screen.shops[0].hold_minutes == 30)
    assert (robot.find("shops.1.min_life", QSpinBox), box.hasFocus(), desk.shops()[0].min_life_days) == (box, True, 0)
    robot.types("80")
    robot.key(Qt.Key.Key_Return)
    robot.qtbot.waitUntil(lambda: desk.shops()[0].min_life_days == 180)
    robot.qtbot.waitUntil(lambda: robot.find("shops.1.hold", QComboBox).currentData() == "30")
    robot.qtbot.waitUntil(lambda: QApplication.focusWidget().objectName() == "shops.1.min_life")


def test_a_card_that_goes_while_it_is_written_in_saves_nothing(robot, desk):
    """The language is another one: every card is made anew, whoever has the keyboard."""
    robot.goes_to("shops")
    robot.sees("shops.1.name", "练习店")
    box = robot.stands_on("shops.1.min_life", QSpinBox)
    box.selectAll()
    robot.types("1")
    page = robot.window.page("shops")
    empty(page._cards)
    robot.qtbot.wait(50)
    assert desk.shops()[0].min_life_days == 0


def test_an_answer_is_about_the_form_it_was_asked_in(desk):
    presenter, tasks, told = presenter_of(desk)
    draft = ShopDraft("mall", "自家商城", {"base_url": "https://mall.example", "key": "k"}, {"secret": "right"})
    presenter.edit(0)
    presenter.try_access(draft)
    presenter.edit(None)
    presenter.edit(0)
    tasks.run()
    assert (presenter.screen.tried, told) == (None, [])
    presenter.save(draft)
    presenter.edit(None)
    presenter.edit(1)
    tasks.run()
    assert presenter.screen.editing == 1, "the form of another shop is not closed by what was saved before"
    assert told[-1] == ("good", "shops.added")
