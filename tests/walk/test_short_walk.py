"""The recorded run in short, without a screen: the same stranger at the real desk's window, with the practice shop."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel

from core.app import CoreConfig
from core.practice.catalogue import practice_catalogue
from core.practice.server import kept_secrets
from desktop.app import build_window
from desktop.composition import Desk
from desktop.pages.printers.ports import PrinterDraft
from desktop.settings import DeskSettings
from desktop.shell.ports import DeskPorts
from desktop.shell.window import Start
from printing.render import LabelRenderer
from tests.gui.robots import DeskRobot
from tests.simulators.label_printer import LabelPrinter
from tests.support.ports import core_ports
from tests.support.practice_control import PracticeControl
from tests.walk.orders import place_all
from tests.walk.stranger import Seen, Stranger

pytestmark = [
    pytest.mark.slow,
    pytest.mark.gui,
    # The offscreen screen has no frames to size or raise, and says so.
    pytest.mark.qt_log_ignore("This plugin does not support"),
]

KEYS = {"space": Qt.Key.Key_Space, "Escape": Qt.Key.Key_Escape} | {
    f"F{number}": Qt.Key(Qt.Key.Key_F1 + number - 1) for number in range(1, 13)
}
BOTTLE = next(sku.barcodes[0] for sku in practice_catalogue() if sku.code == "NP-301")
TRICKS = ("rare characters", "refund midway", "no barcode, gift", "quantity 24")


@dataclass
class RobotHands:
    robot: DeskRobot

    def press(self, key: str) -> None:
        self.robot.key(KEYS[key])

    def scan(self, code: str) -> float:
        self.robot.qtbot.wait(260)  # the same code again at once would be one scan
        self.robot.gun(code)
        return time.monotonic()

    def rest(self, seconds: float) -> None:
        """A robot's hands need no rest."""


@dataclass
class RobotEyes:
    robot: DeskRobot

    def look(self) -> Mapping[str, Seen]:
        labels = self.robot.window.findChildren(QLabel)
        return {
            f".{one.objectName()}": Seen(one.text(), False) for one in labels if one.objectName() and one.isVisible()
        }

    def blink(self, seconds: float) -> None:
        self.robot.qtbot.wait(max(1, int(seconds * 1000)))


@pytest.fixture
def printer():
    with LabelPrinter() as made:
        yield made


@pytest.fixture
def desk(qapp, tmp_path, printer):
    config = CoreConfig(tmp_path / "data", desk="desk-1", key_file=tmp_path / "key", pull_every_s=0.5)
    made = Desk(config, LabelRenderer, virtual_folder=tmp_path / "labels")
    made.start(with_practice=True)
    key = made.printers.add(PrinterDraft("TSPL", printer.address, "100x150")).key
    made.printers.make_default(key)
    yield made
    made.stop()


@pytest.fixture
def shop(desk, tmp_path):
    keys = kept_secrets(tmp_path / "data" / "practice").control
    return PracticeControl(desk.practice.address(), keys.key, keys.secret)


@pytest.fixture
def robot(qtbot, qapp, desk, tmp_path):
    settings = DeskSettings(None)
    settings.put("sound", False)
    core = desk.core

    def boot() -> DeskPorts:
        return core_ports(core, desk.printers, core.store.subscribe)

    window = build_window(qapp, settings, start=Start(boot), folder=tmp_path, now=core.config.clock.now)
    with qtbot.waitSignal(window.first_page, timeout=20_000):
        window.show()
    window.activateWindow()
    qtbot.waitUntil(lambda: window.isActiveWindow() and QApplication.focusWidget() is not None)
    yield DeskRobot(qtbot, window)
    window.close()
    window.deleteLater()


def test_a_stranger_packs_what_the_screen_offers_and_the_shop_knows(qtbot, desk, shop, robot, printer):
    tricks = place_all(shop, only=TRICKS)
    qtbot.waitUntil(lambda: desk.core.orders.pile_counts()["to_pack"] == len(TRICKS), timeout=20_000)
    stranger = Stranger(RobotHands(robot), RobotEyes(robot), printer, "zh_CN")
    slips = {"wrong item", "paper out", "refund"}

    def is_refused() -> bool:
        return stranger.means(stranger.view().what, ["verdict.item.wrong"])

    give_up = time.monotonic() + 300
    while not stranger.means((view := stranger.view()).what, ["verdict.nothing.to_pack"]) or view.lines:
        assert time.monotonic() < give_up, view
        trick = tricks.get(next(iter(view.orders), ""))
        if view.entry:
            # A busy machine hands over the gun's keys so late that they look typed.
            stranger.step(view)
        elif trick == "rare characters" and "wrong item" in slips:
            stranger.scan(BOTTLE, view)
            qtbot.waitUntil(lambda: is_refused() or bool(stranger.view().entry), timeout=20_000)
            if is_refused():
                slips.remove("wrong item")
        elif trick == "refund midway" and view.lines[0].done and "refund" in slips:
            slips.remove("refund")
            shop.post(f"orders/{view.orders[0]}/refund", line_no="1")
            qtbot.waitUntil(lambda: stranger.means(stranger.view().what, ["verdict.line.refunded"]), timeout=20_000)
        elif trick == "no barcode, gift" and "paper out" in slips:
            slips.remove("paper out")
            printer.run_out_of_paper()
        elif view.trouble:
            assert stranger.words["printer.paper_out"] in view.trouble
            printer.load_paper()
            qtbot.waitUntil(lambda: stranger.has_new_paper and not stranger.view().trouble, timeout=20_000)
        else:
            stranger.step(view)
    assert slips == set()
    qtbot.waitUntil(lambda: shop.summary()["shipped"] == len(TRICKS), timeout=20_000)
    assert len(printer.papers) == len(TRICKS)
