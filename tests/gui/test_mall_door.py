"""The page of the malls' door: what its owner sees and does, over a real core."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton
from sqlalchemy import select, update

from core.desk.door import DoorDesk
from core.gateway.models import DoorCall, DoorKey, DoorNode
from core.gateway.wishes import DoorWish, wish_of
from core.inventory.pausing import is_shop_paused
from core.runtime.errors import Refused
from desktop.bridge.tasks import InlineTasks
from desktop.pages.door.page import DoorPage
from desktop.pages.door.presenter import DoorPresenter
from desktop.settings import DeskSettings
from desktop.ui import Ui
from tests.support.world import START

pytestmark = [pytest.mark.gui, pytest.mark.qt_log_ignore("This plugin does not support")]

NO = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def told():
    return []


@pytest.fixture
def presenter(file_world, told):
    desk = DoorDesk(file_world.store, "desk-1")

    def fail(error: Exception) -> None:
        raise error

    made = DoorPresenter(
        lambda: desk, InlineTasks(fail), lambda tone, phrase, undo: told.append((tone, phrase, undo))
    )
    made.look()
    return made


@pytest.fixture
def page(qtbot, qapp, presenter):
    ui = Ui(qapp, DeskSettings(None), lambda: START)
    made = DoorPage(ui, presenter)
    qtbot.addWidget(made)
    made.resize(1280, 700)
    made.show()
    return made


def wish(world) -> DoorWish:
    return world.store.read(lambda connection: wish_of(connection, "desk-1"))


def test_the_door_is_shut_until_somebody_opens_it(file_world, presenter, told):
    assert (presenter.screen.state, wish(file_world).is_open) == ("shut", False)
    presenter.toggle()
    assert wish(file_world) == DoorWish(is_open=True, is_lan=False)
    assert presenter.screen.state == "opening", "nobody listens yet"
    told[-1][2]()  # undo
    assert not wish(file_world).is_open


def test_the_network_is_let_in_only_by_a_second_press(file_world, presenter, told):
    presenter.toggle()
    presenter.set_lan(True)
    assert not wish(file_world).is_lan
    assert told[-1][1].code == "door.lan_sure"
    presenter.set_lan(True)
    assert wish(file_world).is_lan
    presenter.toggle()
    presenter.toggle()
    assert not wish(file_world).is_open, "opening to the network is asked again"
    presenter.toggle()
    assert wish(file_world).is_open


def test_a_secret_is_shown_once(file_world, presenter, page):
    presenter.make_key(presenter.screen.view.shops[0])
    made = presenter.screen.new_key
    assert made.secret not in repr(made)
    row = file_world.rows(select(DoorKey.key, DoorKey.secret))[0]
    assert (row.key, row.secret) == (made.key, made.secret)
    assert page.handle_back()
    assert presenter.screen.new_key is None
    assert not page.handle_back()
    presenter.make_key(presenter.screen.view.shops[0])
    page.hide()
    page.show()
    assert presenter.screen.new_key is None, "nobody who comes later sees it"


def test_a_key_is_revoked_by_a_second_press(file_world, presenter, told):
    presenter.make_key(presenter.screen.view.shops[0])
    key = presenter.screen.view.keys[0]
    presenter.revoke(key)
    assert file_world.rows(select(DoorKey.revoked_at))[0].revoked_at is None
    presenter.revoke(key)
    assert file_world.rows(select(DoorKey.revoked_at))[0].revoked_at is not None


def test_a_sale_is_stopped_and_resumed(file_world, presenter, told):
    shop = presenter.screen.view.shops[0]
    presenter.set_paused(shop)
    assert file_world.store.read(lambda connection: is_shop_paused(connection, shop.id))
    assert presenter.screen.view.shops[0].is_paused
    told[-1][2]()
    assert not presenter.screen.view.shops[0].is_paused


def test_a_port_that_cannot_be_is_refused(file_world):
    with pytest.raises(Refused, match="1024"):
        DoorDesk(file_world.store, "desk-1").set_wish(DoorWish(port=80))


def test_how_it_stands_is_said_in_words(file_world, presenter, page):
    presenter.toggle()
    row = {"node": "desk-1/window", "name": "1", "address": "http://127.0.0.1:8377", "error": "", "at": START}
    file_world.do(lambda uow: uow.insert_many(DoorNode, [row | {"state": "open"}]))
    presenter.look()
    assert (presenter.screen.state, presenter.screen.address) == ("open", "http://127.0.0.1:8377")
    file_world.clock.advance(seconds=31)
    presenter.look()
    assert presenter.screen.state == "opening", "a beat that does not come is no open door"
    file_world.do(
        lambda uow: uow.execute(update(DoorNode).values(state="failed", error="door.port_taken", at=uow.now))
    )
    presenter.look()
    assert presenter.screen.state == "failed"
    assert "8377" in page.findChild(object, "door.story").text()


def test_keys_do_what_the_buttons_do(file_world, presenter, page):
    assert page.handle_command(Qt.Key.Key_F6, NO)
    assert wish(file_world).is_open
    assert page.handle_command(Qt.Key.Key_F5, NO)
    assert not page.handle_command(Qt.Key.Key_F7, NO)
    assert "F6" in page.findChild(QPushButton, "door.switch").toolTip()


def test_calls_are_listed_and_refusals_counted(file_world, presenter, page):
    rows = [
        {
            "at": START,
            "operation": "reserve",
            "status": 201,
            "code": "",
            "shop_id": file_world.shop_id,
            "took_ms": 5,
            "calls": 1,
        },
        {"at": START, "operation": "", "status": 401, "code": "bad_key", "shop_id": None, "took_ms": 1, "calls": 1},
    ]
    file_world.do(lambda uow: uow.insert_many(DoorCall, rows))
    page.handle_changed()
    counts = presenter.screen.view.counts
    assert (counts.calls, counts.refused, counts.codes) == (2, 1, (("bad_key", 1),))
    assert [page._calls.model.cell(row, 3) for row in range(2)] == ["401 bad_key", "201"]
    file_world.clock.advance(hours=2)
    presenter.look()
    assert presenter.screen.view.counts.calls == 0


def test_the_practice_shop_may_try_the_door(file_world, told):
    class Practice:
        is_on = False

        def uses_door(self) -> bool:
            return self.is_on

        def use_door(self, *, is_on: bool) -> None:
            self.is_on = is_on

    practice, desk = Practice(), DoorDesk(file_world.store, "desk-1")

    def fail(error: Exception) -> None:
        raise error

    presenter = DoorPresenter(
        lambda: desk, InlineTasks(fail), lambda tone, phrase, undo: told.append((tone, phrase, undo)), practice
    )
    presenter.look()
    assert presenter.screen.tries is False
    presenter.set_tries(True)
    assert (practice.is_on, presenter.screen.tries) == (True, True)
    told[-1][2]()
    assert (practice.is_on, presenter.screen.tries) == (False, False)


def test_the_keyboard_lands_on_no_act_when_a_key_is_put_away(presenter, page, qtbot):
    """The next button stops the shop's sale: a Space or an Enter too many would press it."""
    page.show()
    page.activateWindow()
    qtbot.waitUntil(page.isActiveWindow)
    presenter.make_key(presenter.screen.view.shops[0])
    qtbot.waitUntil(page.findChild(QPushButton, "door.new_key.copy").hasFocus)
    assert page.handle_back()
    assert QApplication.focusWidget() is page
