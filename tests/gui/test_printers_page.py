"""The printers page: every setting by hand, searches that can be put away, one key to take what was found."""

import threading
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QLineEdit, QSpinBox

from core.runtime.errors import Refused
from desktop.bridge.tasks import InlineTasks
from desktop.pages.printers.ports import FindView, FoundPrinters, PrinterDraft
from desktop.pages.printers.presenter import PrintersPresenter
from desktop.texts import Texts
from tests.gui.robots import DeskRobot
from tests.support.desk_world import furnished

pytestmark = [pytest.mark.gui, pytest.mark.qt_log_ignore("This plugin does not support")]

FOUND = FindView("usb:2d37:cbb4", "Xprinter XP-P323B", "usb", "tspl", "says")
NAMELESS = FindView("serial:/dev/ttyUSB0", "", "serial", "", "unknown", is_certain=False)


@pytest.fixture
def world(world):
    world.printers_by_key = furnished().printers_by_key
    return world


@pytest.fixture
def robot(qtbot, window):
    return DeskRobot(qtbot, window)


class Waiting:
    """Tasks that are done when the test says so."""

    def __init__(self):
        self.open = []

    def submit(self, work, on_result, on_error=None, **_rest):
        self.open.append((work, on_result, on_error))

    def do(self):
        work, on_result, _ = self.open.pop(0)
        on_result(work())


def choose(robot, name, value):
    box = robot.find(name, QComboBox)
    box.setCurrentIndex(box.findData(value))
    box.activated.emit(box.currentIndex())


def save(robot):
    robot.qtbot.mouseClick(robot.find("printers.form.save"), Qt.MouseButton.LeftButton)
    robot.qtbot.waitUntil(lambda: not robot.find("printers.form").isVisible())


def edit(robot, window, key):
    robot.goes_to("printers")
    robot.qtbot.waitUntil(lambda: bool(window.page("printers")._presenter.screen.printers))
    window.page("printers")._presenter.edit(key)


def test_every_setting_is_entered_and_kept(robot, world, window):
    edit(robot, window, "p1")
    choose(robot, "printers.form.language", "zpl")
    choose(robot, "printers.form.size", "76x130")
    choose(robot, "printers.form.dots_per_mm", "11.81")
    choose(robot, "printers.form.media", "mark")
    robot.find("printers.form.gap_mm", QDoubleSpinBox).setValue(2.5)
    robot.find("printers.form.density", QSpinBox).setValue(12)
    robot.find("printers.form.offset_x_dots", QDoubleSpinBox).setValue(-1.5)
    window.page("printers")._form._on_more()
    choose(robot, "printers.form.direction", "1")
    robot.find("printers.form.has_ribbon").setChecked(True)
    save(robot)
    view = world.printers_by_key["p1"]
    assert (view.size, view.settings["language"], view.settings["dots_per_mm"]) == ("76x130", "zpl", 11.81)
    assert (view.settings["media"], view.settings["gap_mm"], view.settings["density"]) == ("mark", 2.5, 12)
    assert (view.settings["offset_x_dots"], view.settings["direction"]) == (-18, 1)
    assert (view.settings["has_ribbon"], view.settings["speed"]) == (True, 4)


def test_millimetres_are_shown_and_dots_are_kept(robot, world, window):
    old = world.printers_by_key["p1"]
    world.printers_by_key["p1"] = replace(old, settings={"offset_y_dots": 24, "dots_per_mm": 12.0})
    edit(robot, window, "p1")
    assert robot.find("printers.form.offset_y_dots", QDoubleSpinBox).text() == "2"
    assert robot.find("printers.form.dots_per_mm", QComboBox).currentData() == "12"
    save(robot)
    assert world.printers_by_key["p1"].settings["offset_y_dots"] == 24


def test_a_head_that_is_sold_as_nothing_usual_has_its_own_number(robot, world, window):
    edit(robot, window, "p1")
    assert not robot.find("printers.form.dots_per_mm.other").isVisible()
    choose(robot, "printers.form.dots_per_mm", "other")
    robot.find("printers.form.dots_per_mm.other", QDoubleSpinBox).setValue(7.87)
    save(robot)
    assert world.printers_by_key["p1"].settings["dots_per_mm"] == 7.87
    # The list is read again after a form was saved: one opened before shows what stood there.
    presenter = window.page("printers")._presenter
    robot.qtbot.waitUntil(lambda: world.printers_by_key["p1"] in presenter.screen.printers)
    edit(robot, window, "p1")
    assert robot.find("printers.form.dots_per_mm.other", QDoubleSpinBox).value() == 7.87


def test_what_means_nothing_now_is_not_shown(robot, window):
    edit(robot, window, "p1")
    gap, swapped = robot.find("printers.form.gap_mm"), robot.find("printers.form.is_inverted")
    assert (gap.isVisible(), swapped.isVisible()) == (True, False)
    choose(robot, "printers.form.media", "continuous")
    window.page("printers")._form._on_more()
    assert (gap.isVisible(), swapped.isVisible()) == (False, True)
    choose(robot, "printers.form.language", "zpl")
    assert not swapped.isVisible()


def test_the_virtual_printer_has_its_paper_only(robot, world, window):
    edit(robot, window, "p3")
    assert robot.find("printers.form.size").isVisible()
    assert not robot.find("printers.form.density").isVisible()
    assert not robot.find("printers.form.name", QLineEdit).isEnabled()


def test_f3_finds_and_enter_takes_the_first(robot, world, window):
    world.findable = (FOUND, NAMELESS)
    robot.goes_to("printers")
    robot.key(Qt.Key.Key_F3)
    robot.sees("printers.find.0.name", "Xprinter XP-P323B")
    robot.sees("printers.find.0.guess", "TSPL")
    robot.sees("printers.find.1.guess", "可能不是打印机")
    robot.qtbot.waitUntil(lambda: robot.find("printers.find.0.add").hasFocus())
    robot.key(Qt.Key.Key_Return)
    robot.qtbot.waitUntil(lambda: any(view.address == FOUND.address for view in world.printers_by_key.values()))
    (added,) = [view for view in world.printers_by_key.values() if view.address == FOUND.address]
    assert (added.name, added.settings["language"]) == ("Xprinter XP-P323B", "tspl")
    robot.sees("printers.find.0.name", "没有名字的打印机")


def test_a_search_without_finds_says_what_to_do_and_esc_puts_it_away(robot, world, window):
    world.findable, world.find_problems = (), ("wire.no_libusb",)
    robot.goes_to("printers")
    robot.key(Qt.Key.Key_F3)
    robot.sees("printers.finds.words", "libusb-1.0-0")
    robot.key(Qt.Key.Key_Escape)
    robot.qtbot.waitUntil(lambda: not robot.find("printers.finds").isVisible())


def test_a_list_put_away_while_it_is_made_stays_away(world):
    tasks = Waiting()
    presenter = PrintersPresenter(world, tasks, lambda *_words: None)
    presenter.search()
    presenter.search()
    assert len(tasks.open) == 1, "a second search while one runs"
    assert presenter.end_search()
    tasks.do()
    assert (presenter.screen.found, presenter.screen.is_searching) == (None, False)
    assert not presenter.end_search()


def test_progress_and_cancel_reach_the_search(world):
    seen, entered = [], threading.Event()
    tasks = Waiting()
    presenter = PrintersPresenter(world, tasks, lambda *_words: None)

    def find(search):
        search.done, search.total = 7, 253
        seen.append((search.with_network, search.is_cancelled))
        entered.set()
        return FoundPrinters((FOUND,))

    world.find = find
    presenter.search(with_network=True)
    assert presenter.progress() == (0, 0)
    presenter.end_search()
    tasks.do()
    assert (seen, presenter.progress()) == ([(True, True)], (7, 253))


@pytest.fixture
def told(world):
    words = []
    tasks = InlineTasks(lambda error: words.append(("unhandled", error)))
    presenter = PrintersPresenter(world, tasks, lambda tone, phrase, undo: words.append((tone, phrase, undo)))
    presenter.look()
    return presenter, words


def test_a_removed_printer_comes_back_with_its_settings(told, world):
    presenter, words = told
    old = world.printers_by_key["p1"]
    settings = {"key": "p1", "name": old.name, "address": old.address, "size": "76x130", "density": 14}
    world.printers_by_key["p1"] = replace(old, size="76x130", settings=settings)
    presenter.look()
    presenter.remove(presenter.screen.printers[0])
    assert "p1" not in world.printers_by_key
    words[-1][2]()
    (back,) = [view for view in world.printers_by_key.values() if view.address == old.address]
    assert (back.size, dict(back.settings)) == ("76x130", {"density": 14})


def test_a_setting_out_of_range_is_named(told, world):
    presenter, words = told

    def refuse(_key, _draft):
        raise Refused("printer.setting_bad", "density must lie between 0 and 15", field="density")

    world.change = refuse
    presenter.edit("p1")
    presenter.save(PrinterDraft("x", "tcp://x", "100x150", {"density": 99}))
    assert (words[-1][0], Texts("zh_CN").say(words[-1][1])) == ("stop", "「浓度」填得不对")
    assert presenter.screen.editing == "p1", "what was entered is not lost"


def test_calibrating_says_what_happens(told):
    presenter, words = told
    presenter.calibrate(presenter.screen.printers[0])
    assert words[-1][1].code == "printers.calibrating"
    presenter.calibrate(presenter.screen.printers[1])
    assert words[-1][1].code == "error.printer.no_calibration"
