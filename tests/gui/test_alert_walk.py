"""One alert from its real cause to its all-clear, with nothing between but the shop's own parts.

What happens at a shop or to the stock is found by the watches of the program, goes through roster, outbox and HTTP to
the robot's stand-in, which refuses wrong formats; it is answered in the window, mended there or at the shop, and
called off at both.
"""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFrame, QSpinBox, QToolButton

from core.alerts.watched import WATCHED
from core.runtime.remote_errors import Temporary
from tests.gui.gallery_alerts import KEY, TOKEN, TroubledShop, window_of
from tests.gui.robots import DeskRobot
from tests.support.fake_shop import line

pytestmark = [pytest.mark.gui, pytest.mark.qt_log_ignore("This plugin does not support")]

BEAR = "6901234567892"
#: units the little shop begins with
HAS = 100_000


@pytest.fixture
def shop(tmp_path, monkeypatch):
    from core.access import pins

    monkeypatch.setattr(pins, "_COST", 4)
    made = TroubledShop(tmp_path, WATCHED)
    made.furnish()
    made.robots.robots["dingtalk", TOKEN].is_removed = False
    made.staff.arrive("王老板")
    yield made
    made.close()


@pytest.fixture
def clerk(qtbot, qapp, settings, shop, tmp_path):
    desk = shop.world.desk
    real = {name: getattr(desk, name) for name in ("orders", "stock", "shops", "activity", "documents")}
    window = window_of(qapp, settings, shop, tmp_path, **real)
    with qtbot.waitSignal(window.ready, timeout=20_000):
        window.show()
    window.activateWindow()
    qtbot.waitUntil(lambda: window.isActiveWindow() and QApplication.focusWidget() is not None, timeout=20_000)
    yield DeskRobot(qtbot, window)
    window.close()
    window.deleteLater()


def wait(clerk, check):
    clerk.qtbot.waitUntil(check, timeout=15_000)


class Walk:
    """What the robot's group read so far, and the way through the window."""

    def __init__(self, clerk, shop):
        self.clerk, self.shop = clerk, shop
        self.group = shop.robots.robots["wecom", KEY]
        #: whether the shop is pulled well before each round
        self.is_heard = True

    @property
    def page(self):
        return self.clerk.window.page("alerts")

    def rows(self):
        model = self.page.model
        return [model.row_at(number) for number in range(model.rowCount())]

    def round(self, *, minutes=0.0):
        """A round of the watches, and what is to be sent goes out; gives what the group got."""
        before = len(self.group.got)
        self.shop.clock.advance(minutes=minutes)
        if self.is_heard:
            self.shop.world.puller().pull(self.shop.world.shop_record, self.shop.world.shop)
        self.shop.world.buy_numbers()
        self.shop.round()
        assert self.group.refusals == [], "the platform takes every message as it was written"
        return list(zip(self.group.got, self.group.called, strict=True))[before:]

    def is_told_and_escalated(self, words):
        """On duty is told once, by name; the bar stands on every page; nobody reacts, and the next is told."""
        ((text, called),) = self.round(minutes=0.5)
        assert text.startswith(f"【严重】{words}"), text
        assert called == ["xiaoli"]
        assert self.round() == [], "and it is told once"
        self.clerk.window.parts.ask_status()
        self.clerk.sees("shell.alert.words", words)
        assert self.clerk.find("shell.alert", QFrame).isVisible()
        wait(self.clerk, lambda: "1" in self.clerk.find("shell.rail.alerts", QToolButton).text())
        assert self.round(minutes=4) == []
        ((text, called),) = self.round(minutes=2)
        assert "xiaochen" in called

    def is_answered(self):
        """Opened and answered by keys; from then on nobody is told again, whatever time goes by."""
        self.clerk.find("shell.strip.alerts").click()
        wait(self.clerk, lambda: self.clerk.window.current_page == "alerts" and len(self.rows()) == 1)
        self.page.table.setFocus()
        self.page.table.setCurrentIndex(self.page.model.index(0, 0))
        self.clerk.key(Qt.Key.Key_Return)
        wait(self.clerk, lambda: self.page._presenter.screen.detail is not None)
        self.clerk.key(Qt.Key.Key_F6)
        wait(self.clerk, lambda: self.page._presenter.screen.detail.row.state == "acked")
        self.clerk.window.parts.ask_status()
        wait(self.clerk, lambda: not self.clerk.find("shell.alert", QFrame).isVisible())
        assert [text for text, _called in self.round(minutes=45) if text.startswith("【严重】")] == []

    def is_over(self, words):
        """The cause is gone: the all-clear comes to the group, and the window lists it among what is past."""
        assert self.round(minutes=0.5) == [], "what is gone for a moment may come back"
        ((text, _called),) = self.round(minutes=2)
        assert text.startswith(f"【已恢复】{words}"), text
        self.clerk.goes_to("alerts")
        self.page._presenter.choose_pile("past")
        wait(self.clerk, lambda: [row.state for row in self.rows()] == ["past"])
        self.clerk.window.parts.ask_status()
        wait(self.clerk, lambda: not self.clerk.find("shell.alert", QFrame).isVisible())
        assert self.round(minutes=20) == [], "over is over"


def test_a_shop_falls_silent_and_answers_again(clerk, shop):
    walk, world = Walk(clerk, shop), shop.world
    assert walk.round() == []
    walk.is_heard = False
    for _ in range(3):
        world.shop.faults.append(Temporary("the shop does not answer"))
        with pytest.raises(Temporary):
            world.puller().pull(world.shop_record, world.shop)
        shop.clock.advance(minutes=1.5)
    assert walk.round() == [], "four minutes and a half are no silence yet"
    shop.clock.advance(minutes=0.6)
    walk.is_told_and_escalated("天猫旗舰店 已 5 分钟没有更新")
    walk.is_answered()
    clerk.key(Qt.Key.Key_F8)
    wait(clerk, lambda: clerk.window.current_page == "shops")
    walk.is_heard = True
    walk.is_over("天猫旗舰店")


def test_more_is_sold_than_there_is_and_the_goods_come(clerk, shop):
    """The accident itself: an order that a marketplace has sold already, and nothing to send."""
    walk, world = Walk(clerk, shop), shop.world
    assert walk.round() == []
    world.shop.place("T1", line("1", "BEAR", HAS + 5))
    walk.is_told_and_escalated("天猫旗舰店")
    walk.is_answered()
    clerk.key(Qt.Key.Key_F8)
    wait(clerk, lambda: clerk.window.current_page == "orders")
    wait(clerk, lambda: clerk.window.page("orders").model.rowCount() == 1)
    assert clerk.window.page("orders").model.row_at(0).order_no == "T1"
    clerk.goes_to("stock")
    wait(clerk, lambda: clerk.window.page("stock").model.rowCount() > 0)
    clerk.gun(BEAR)
    clerk.sees("stock.drawer.title", "BEAR")
    clerk.key(Qt.Key.Key_F6)
    wait(clerk, lambda: QApplication.focusWidget() is clerk.find("stock.form.qty", QSpinBox))
    clerk.types("8")
    clerk.key(Qt.Key.Key_Return)
    clerk.sees("stock.sum.on_hand.total", str(HAS + 8))
    wait(clerk, lambda: not world.holds("T1"))
    walk.is_over("天猫旗舰店")
    world.check_stock()
