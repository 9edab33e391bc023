"""The start: painted before anything is loaded, a true first page before core is, and nothing scanned meanwhile lost."""

import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from core.access import pins
from core.access.rights import Role
from core.desk.first_page import FirstLook
from core.desk.glance import glance
from core.runtime.errors import Refused, Unavailable
from desktop.app import build_window
from desktop.bridge.tasks import InlineTasks
from desktop.options import Options
from desktop.pages.packing.ports import PackingDesk
from desktop.pages.packing.presenter import PackingPresenter
from desktop.settings import DeskSettings
from desktop.shell.late import Late
from desktop.shell.ports import DeskPorts
from desktop.shell.window import DeskWindow, Start
from desktop.window_verb import Boot, _Wish
from tests.gui.robots import DeskRobot
from tests.support.data_folder import make_data_folder
from tests.support.desk_world import GOODS, START, DeskWorld
from tests.support.disk import spoil_tables
from tests.support.fake_shop import line
from tests.support.ports import stand_in_ports
from tests.support.world import KEY, World

MILK = GOODS[0]
ROOT = Path(__file__).parents[2]
#: as many modules as a bare window has, and a quarter more; each is a file that a virus scanner opens
MOST_MODULES = 200
#: a tenth more than the first page of a free desk has: whoever needs more says here what for
MOST_MODULES_OF_PAGE, MOST_WIDGETS_OF_PAGE = 301, 85
#: what comes with cards, tables, fields and records that a free desk does not show
LATE_FOR_PAGE = frozenset(
    {
        "core.catalog.gs1",
        "core.channels.contract",
        "desktop.models.paged",
        "desktop.pages.packing.batch_card",
        "desktop.pages.packing.burst_card",
        "desktop.pages.packing.merge_card",
        "desktop.pages.packing.parked_card",
        "desktop.pages.packing.picks",
        "desktop.pages.packing.scale_card",
        "desktop.pages.printers.ports",
        "desktop.scale.reader",
        "desktop.shell.door",
        "desktop.widgets.batches",
        "desktop.widgets.drawer",
        "desktop.widgets.fields",
        "desktop.widgets.line_card",
        "desktop.widgets.table",
        "html",
        "uuid",
    }
)
pytestmark = [pytest.mark.gui, pytest.mark.qt_log_ignore("This plugin does not support")]


# --- what is loaded when ---------------------------------------------------------------------------------------------

_CHILD = """
import json, sys
from desktop import window_verb

def measure(app, window, started):
    seen = {}
    def note(name):
        from PySide6.QtWidgets import QWidget
        seen.setdefault(name, sorted(sys.modules))
        seen.setdefault(name + " widgets", [widget.objectName() for widget in window.findChildren(QWidget)])
    def end():
        print(json.dumps(seen))
        window.close()
        app.quit()
    window.first_paint.connect(lambda: note("paint"))
    window.first_page.connect(lambda: note("page"))
    window.ready.connect(lambda: note("ready"))
    window.ready.connect(end)

window_verb._measure = measure
sys.exit(window_verb.run(sys.argv[1:]))
"""


def seen_in_a_start(folder: Path, key_file: Path) -> dict[str, list[str]]:
    """Modules and names of widgets at each mark of a start."""
    words = ["--measure-start", "--no-practice", "--data", str(folder), "--key-file", str(key_file)]
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, *words],
        cwd=ROOT,
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    seen: dict[str, list[str]] = json.loads(done.stdout)
    return seen


def test_nothing_heavy_is_loaded_before_the_first_paint_and_the_first_page(tmp_path):
    folder = make_data_folder(tmp_path / "data", tmp_path / "machine.key")
    found = seen_in_a_start(folder.path, folder.key_file)
    seen = {name: set(names) for name, names in found.items()}
    assert len(seen["paint"]) < MOST_MODULES
    heavy = {"sqlalchemy", "alembic", "psycopg", "requests", "numpy", "keyring", "zxingcpp", "escpos", "openpyxl"}
    assert not heavy & seen["paint"]
    assert not heavy & seen["page"]
    # The enumerations of `Qt` are made when a module first asks for them, and cost a fifth of the first paint.
    assert {"desktop.ui", "desktop.theme", "desktop.widgets.labels", "desktop.bridge"}.isdisjoint(seen["paint"])
    assert "core.desk.glance" in seen["page"]
    # Nor is anything made that a free desk does not show: it would cost each start, and nobody would notice.
    assert LATE_FOR_PAGE.isdisjoint(seen["page"])
    assert len(seen["page"]) <= MOST_MODULES_OF_PAGE
    assert len(found["page widgets"]) <= MOST_WIDGETS_OF_PAGE
    late = {"batch", "burst", "question", "choice", "merge", "parked", "scale", "picks", "side.name"}
    assert {f"packing.{name}" for name in late}.isdisjoint(seen["page widgets"])
    assert not [name for name in found["page widgets"] if name.startswith("shell.tabs.")]
    # What speaks HTTP is loaded with the first shop that is asked, also behind the page.
    code = "import sys, core.app; print(sorted({'requests', 'urllib3', 'openpyxl', 'numpy'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.strip() == "[]"
    # The steps of a first start are of no use to a desk that has been set up.
    welcome = {"page", "presenter", "making", "steps", "printer_panel"}
    assert {f"desktop.pages.welcome.{name}" for name in welcome}.isdisjoint(seen["ready"])


def test_measure_start_prints_the_contract(tmp_path):
    words = [
        "--measure-start",
        "--no-practice",
        "--data",
        str(tmp_path / "data"),
        "--key-file",
        str(tmp_path / "key"),
    ]
    for _ in range(2):  # the first start makes the data, the second finds it
        done = subprocess.run(
            [sys.executable, "-m", "desktop", *words],
            cwd=ROOT,
            env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
        figures = json.loads(done.stdout)
        assert list(figures) == ["first_paint_ms", "first_page_ms", "modules_at_first_paint"]
        assert 0 < figures["first_paint_ms"] < figures["first_page_ms"]
        assert json.loads(done.stderr.splitlines()[-1])["ready_ms"] > figures["first_paint_ms"]


# --- a glance shows what the page shows -------------------------------------------------------------------------------


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[tuple[World, Callable[[], FirstLook | None]]]:
    folder = make_data_folder(tmp_path / "data", tmp_path / "machine.key")
    made = folder.world()
    yield made, lambda: glance(folder.path, folder.source, made.clock.now())
    made.close()


def presenter_of(world: World) -> PackingPresenter:
    def fail(error: Exception) -> None:
        raise error

    return PackingPresenter(
        world.desk.packing,
        world.desk.labels,
        InlineTasks(fail),
        DeskSettings(None),
        now=world.clock.now,
        nonce=world.desk.nonce,
        on_sound=lambda _name: None,
    )


def test_the_first_screen_is_the_one_the_presenter_makes_itself(installation):
    world, look = installation
    filled = set()

    def compare() -> None:
        found = look()
        early, real = presenter_of(world), presenter_of(world)
        early.show_first(found)
        real.start()
        assert early.screen == real.screen
        assert found.status == world.desk.status.status()
        filled.update(name for name in ("recent", "waves", "question") if getattr(real.screen, name))

    compare()
    for number in range(6):
        world.ready(f"A{number}", line("1", "BEAR", 2), line("2", "BAG", 1))
    compare()
    world.desk.packing.start_wave("batch", 4)
    compare()
    opened = world.desk.packing.open_next(world.desk.nonce())
    compare()
    done = world.desk.verify(opened)
    world.desk.ship(done.parcel.waybill_no)
    compare()
    for number in (3, 4):
        world.desk.labels.print_label(world.parcels(f"A{number}")[0].id)
        job = world.desk.jobs.claim("virtual")
        assert world.desk.jobs.mark_sending(job, "digest")
        world.desk.jobs.mark_unknown(job, "the wire broke")
        compare()
    world.clock.advance(minutes=10)
    world.tell_shop()
    compare()
    assert filled == {"recent", "waves", "question"}


# --- the window while core is being loaded ----------------------------------------------------------------------------


class SlowStart:
    """A start whose loading ends when the test says so, or fails."""

    def __init__(self, world: DeskWorld, *, has_glance: bool = True) -> None:
        self.world = world
        self.has_glance = has_glance
        self.may_load = threading.Event()
        self.may_begin = threading.Event()
        self.may_begin.set()
        self.error: Exception | None = None

    def glance(self) -> FirstLook | None:
        world = self.world
        if not self.has_glance:
            return None
        return FirstLook(world.recent(), world.waves(), (), world.open_jobs(), world.status(), world.to_pack())

    def load(self) -> DeskPorts:
        assert self.may_load.wait(20)
        if self.error is not None:
            raise self.error
        world = self.world
        return stand_in_ports(world)

    def begin(self) -> None:
        assert self.may_begin.wait(20)

    def window(self, qapp, settings, folder) -> DeskWindow:
        start = Start(self.load, self.glance, self.begin)
        return build_window(qapp, settings, start=start, folder=folder, now=lambda: START)


@pytest.fixture
def slow(world) -> SlowStart:
    world.start_wave("batch", 3)
    return SlowStart(world)


@pytest.fixture
def robot(qtbot, qapp, settings, slow, tmp_path) -> Iterator[DeskRobot]:
    """In front of a window that shows its first page and still loads."""
    made = slow.window(qapp, settings, tmp_path)
    with qtbot.waitSignal(made.first_page):
        made.show()
    made.activateWindow()
    qtbot.waitUntil(lambda: made.isActiveWindow() and made.page("packing").hasFocus())
    yield DeskRobot(qtbot, made)
    slow.may_load.set()
    slow.may_begin.set()
    made.close()
    made.deleteLater()


def ready(robot: DeskRobot, slow: SlowStart) -> None:
    with robot.qtbot.waitSignal(robot.window.ready):
        slow.may_load.set()


def test_the_first_page_stands_with_its_records_while_core_is_loaded(robot, slow, world):
    assert robot.find("packing.wave.0").isVisible()
    assert robot.text("packing.wave.0.code") == world.open_waves[0].code
    assert robot.find("shell.strip").isVisible()
    assert not slow.may_load.is_set()
    ready(robot, slow)
    assert robot.find("packing.wave.0").isVisible()


def test_what_is_scanned_before_core_is_there_is_answered_in_order(robot, slow, world):
    robot.gun("1001")  # an order number, before anybody can look it up
    robot.qtbot.wait(300)
    robot.gun(MILK.barcode)
    robot.key(Qt.Key.Key_F11)
    robot.qtbot.wait(100)
    assert acts(world) == []
    assert robot.text("packing.sentence.what") == "请扫描面单或订单号"
    ready(robot, slow)
    robot.qtbot.waitUntil(lambda: len(acts(world)) >= 2)
    assert acts(world)[0] == "open_code"


def acts(world: DeskWorld) -> list[str]:
    return [name for name, _ in world.calls if name in {"open_code", "open_next", "scan_goods", "scan_label"}]


def test_a_parcel_opened_by_key_before_core_is_there_takes_the_scans_that_followed(robot, slow, world):
    robot.key(Qt.Key.Key_F12)
    robot.gun(MILK.barcode)
    robot.qtbot.wait(50)
    assert acts(world) == []
    ready(robot, slow)
    robot.sees("packing.sentence.what", "还差 3 件")
    assert acts(world) == ["open_next", "scan_goods"]


def test_typing_stands_on_the_page_and_waits(robot, slow, world):
    robot.types("4006")
    assert robot.text("packing.entry.words").startswith("4006")
    robot.key(Qt.Key.Key_Return)
    ready(robot, slow)
    robot.qtbot.waitUntil(lambda: acts(world) == ["open_code"])


def test_other_pages_come_when_they_have_something_to_say(robot, slow):
    robot.key(Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    assert robot.window.current_page == "orders"
    assert robot.find("shell.loading").isVisible()
    assert robot.text("shell.loading") == "正在打开……"
    ready(robot, slow)
    robot.qtbot.waitUntil(lambda: robot.window.page("orders").isVisible())


def test_a_start_that_fails_after_the_first_page_is_said_and_waiting_scans_are_told_when_it_works(robot, slow, world):
    slow.error = Unavailable("db.damaged", "the file is damaged")
    robot.key(Qt.Key.Key_F12)
    with robot.qtbot.waitSignal(robot.window.failed_to_start):
        slow.may_load.set()
    robot.sees("shell.loading", "打不开")
    assert robot.find("shell.loading").isVisible()
    robot.window.go("packing")
    assert robot.find("shell.loading").isVisible()  # nothing to be done there
    assert acts(world) == []
    slow.error = None
    with robot.qtbot.waitSignal(robot.window.ready):
        robot.window.try_again()
    assert robot.window.page("packing").isVisible()


def test_closing_while_core_is_loaded_waits_for_nobody(robot, slow):
    slow.may_load.set()
    robot.window.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("desk-")]


def test_without_a_glance_the_first_page_comes_with_its_records_when_core_does(
    qtbot, qapp, settings, world, tmp_path
):
    world.start_wave("batch", 3)
    slow = SlowStart(world, has_glance=False)
    made = slow.window(qapp, settings, tmp_path)
    shown: list[bool] = []
    made.first_page.connect(lambda: shown.append(DeskRobot(qtbot, made).find("packing.wave.0").isVisible()))
    with qtbot.waitSignal(made.first_paint):
        made.show()
    qtbot.wait(150)
    assert shown == []
    assert DeskRobot(qtbot, made).text("shell.loading") == "正在打开……"
    with qtbot.waitSignal(made.first_page):
        slow.may_load.set()
    assert shown == [True]
    made.close()


@pytest.mark.expected_log("the first look failed")
def test_a_glance_that_breaks_does_not_stop_the_start(qtbot, qapp, settings, world, tmp_path, caplog):
    slow = SlowStart(world)
    slow.may_load.set()

    def broken() -> None:
        raise RuntimeError("broken")

    made = build_window(
        qapp, settings, start=Start(slow.load, broken, slow.begin), folder=tmp_path, now=lambda: START
    )
    with qtbot.waitSignal(made.ready):
        made.show()
    assert "the first look failed" in caplog.text
    made.close()


def keep_writing(packing: PackingDesk) -> None:
    for _ in range(400):
        packing.start_wave("batch", 1)
        time.sleep(0.05)


@pytest.mark.expected_log("the database file is damaged")
@pytest.mark.expected_log("^lane .*failed")
@pytest.mark.expected_log("^no backup was made")  # nor is a damaged file copied
def test_after_the_start_the_file_is_checked_and_a_damaged_one_is_not_written_to(qapp, tmp_path, monkeypatch):
    # Whether the printer's lane meets the damage too before all is over, is chance.
    monkeypatch.setattr(logging.getLogger("printing.spooler"), "disabled", True)
    folder = make_data_folder(tmp_path / "data", tmp_path / "machine.key")
    spoil_tables(folder.database, KEY.file_key)
    options = Options(folder.path, None, folder.key_file, None, "desk-1", "clerk", is_json=False)
    boot = Boot(options, DeskSettings(None), _Wish(None, with_practice=False))
    packing = boot.load().packing
    boot.begin()
    try:
        with pytest.raises(Unavailable) as refused:
            keep_writing(packing)
        assert refused.value.code == "db.damaged"
    finally:
        boot.close()


@pytest.mark.parametrize("trouble", ["no key", "damaged key"])
def test_a_machine_without_a_key_is_opened_with_the_recovery_code_and_asks_no_more(qapp, tmp_path, trouble):
    def boot_with(name):
        options = Options(tmp_path / "data", None, tmp_path / name, None, "desk-1", "clerk", is_json=False)
        return Boot(options, DeskSettings(None), _Wish(None, with_practice=False))

    first = boot_with("first.key")
    first.load()
    code = first.recovery_code()
    first.begin()
    first.close()
    if trouble == "damaged key":
        account = (tmp_path / "first.key").read_text().split()[0]
        (tmp_path / "second.key").write_text(f"{account} not-base64!\nanother AAAA\n")
        (tmp_path / "second.key").chmod(0o600)
        # Only a file of the same kind is asked: the wrap for it has to be there.
        wanted = "key.secret_damaged"
    else:
        wanted = "key.recovery_needed"
    second = boot_with("second.key")
    with pytest.raises(Refused) as caught:
        second.load()
    assert caught.value.code == wanted
    second.open_with(code[:-1] + ("A" if code[-1] != "A" else "B"))
    with pytest.raises(Refused) as caught:
        second.load()
    assert caught.value.code == "key.code_typo"
    second.open_with(code.lower())
    assert second.load().packing.to_pack() == 0
    second.begin()
    second.close()
    third = boot_with("second.key")
    assert third.load().packing.to_pack() == 0
    third.begin()
    third.close()
    if trouble == "damaged key":
        assert "another AAAA" in (tmp_path / "second.key").read_text(), "other data's keys stay"


def test_the_recovery_code_is_shown_to_nobody_who_may_not_manage_people(qapp, tmp_path, monkeypatch):
    monkeypatch.setattr(pins, "_COST", 4)
    options = Options(tmp_path / "data", None, tmp_path / "machine.key", None, "desk-1", "clerk", is_json=False)
    boot = Boot(options, DeskSettings(None), _Wish(None, with_practice=False))
    ports = boot.load()
    try:
        assert boot.wants_recovery_code(), "the owner of a new folder is asked"
        ports.people.add("老板", [Role.ADMIN], "274915")
        assert ports.door.session().is_locked
        assert not boot.wants_recovery_code()
        ports.door.by_pin("老板", "274915")
        assert boot.wants_recovery_code()
        ports.people.add("小李", [Role.PACKER], "907351")
        ports.door.by_pin("小李", "907351")
        assert not boot.wants_recovery_code()
        assert boot.recovery_code() is None
        with pytest.raises(Refused):
            ports.people.everybody()
        assert ports.packing.to_pack() == 0
    finally:
        boot.begin()
        boot.close()


# --- late things --------------------------------------------------------------------------------------------------------


def test_whoever_needs_a_late_thing_waits_for_it_and_gets_its_failure():
    late: Late[list[int]] = Late()
    part = late.stand_in(lambda made: made)
    got: list[object] = []

    def need() -> None:
        try:
            got.append(part.count(2))
        except ZeroDivisionError as error:
            got.append(error)

    waiting = threading.Thread(target=need)
    waiting.start()
    assert got == []
    with pytest.raises(ZeroDivisionError) as failed:
        late.make(lambda: [1 // 0])
    waiting.join(5)
    assert got == [failed.value]
    late.make(lambda: [2, 2])
    assert part.count(2) == 2
    late.give_up(RuntimeError("closed"))
    assert part.count(2) == 2  # what was made stays


def test_nobody_waits_for_a_thing_that_was_given_up():
    late: Late[list[int]] = Late()
    late.give_up(RuntimeError("closed"))
    with pytest.raises(RuntimeError, match="closed"):
        late.get()
