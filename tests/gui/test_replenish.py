"""The page of replenishment over real records: one line says why, drafts come once, everything by keys."""

from datetime import timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QSpinBox
from sqlalchemy import select, update

from core.catalog.models import Sku
from core.inventory.documents.models import Document, DocumentLine
from core.replenish.records import PILES
from core.replenish.rolling import roll
from core.replenish.rules import Rules, Supplied
from core.replenish.suggesting import Why
from desktop.app import build_window
from desktop.pages.replenish.presenter import ReplenishPresenter
from desktop.shell.window import Start
from desktop.texts import LANGUAGES, load_catalogue
from tests.gui.conftest import ManualTasks
from tests.gui.robots import DeskRobot
from tests.support.desk_world import START, DeskWorld
from tests.support.fake_shop import line
from tests.support.ports import stand_in_ports
from tests.support.world import World

pytestmark = [pytest.mark.gui, pytest.mark.qt_log_ignore("This plugin does not support")]


@pytest.fixture
def spine(sqlite_address):
    world = World(sqlite_address, stock=1000)
    long_ago = world.clock.now() - timedelta(days=200)
    world.do(lambda uow: uow.execute(update(Sku).values(created_at=long_ago)))
    for code, supplier in (("BEAR", "义乌欣欣"), ("CARD", "余杭纸品")):
        world.shop.place(code, line("1", code, 12))
        world.sync(code)
        world.desk.stock.count(world.warehouse, world.skus[code], 16, "stocktake", f"c {code}")
        world.desk.replenish.set_supply(world.skus[code], Supplied(supplier, None, 12))
    world.desk.replenish.set_rules(Rules(window_days=7))
    world.clock.advance(days=1)
    roll(world.store)
    yield world
    world.check_stock()
    world.close()


def drafts(spine):
    query = select(Document.supplier, DocumentLine.sku_id, DocumentLine.qty).join(DocumentLine)
    rows = spine.rows(query.where(Document.kind == "purchase").order_by(Document.supplier))
    codes = {number: code for code, number in spine.skus.items()}
    return [(row.supplier, codes[row.sku_id], row.qty) for row in rows]


class Desk:
    """The presenter, its tasks run when told, and what it told."""

    def __init__(self, spine):
        self.told = []
        self.tasks = ManualTasks()
        nonces = iter(range(1000))
        self.presenter = ReplenishPresenter(spine.desk.replenish, self.tasks, self._tell, lambda: f"k{next(nonces)}")

    def _tell(self, tone, phrase, undo):
        self.told.append((tone, phrase.code))

    def do(self, act, *arguments):
        getattr(self.presenter, act)(*arguments)
        self.tasks.run()

    @property
    def rows(self):
        return {row.code: row for row in self.presenter.screen.found.rows}


@pytest.fixture
def desk(spine):
    made = Desk(spine)
    made.do("reload")
    return made


def test_what_was_decided_stands_on_the_draft_and_a_second_press_makes_none(desk, spine):
    assert [row.suggestion.qty for row in desk.rows.values()] == [252, 252]
    desk.do("decide", desk.rows["BEAR"], 36)
    desk.do("decide", desk.rows["CARD"], 0)
    desk.presenter.make_drafts()
    desk.presenter.make_drafts()
    desk.tasks.run()
    assert desk.told == [("good", "replenish.done.drafts")]
    assert drafts(spine) == [("义乌欣欣", "BEAR", 36)]
    assert desk.presenter.screen.decided.keys() == {(spine.skus["CARD"], spine.warehouse)}


def test_an_answer_that_was_lost_makes_no_second_draft(desk, spine, monkeypatch):
    make = spine.desk.replenish.make_drafts

    def lost(*arguments):
        make(*arguments)
        raise OSError("the line broke")

    monkeypatch.setattr(spine.desk.replenish, "make_drafts", lost)
    desk.presenter.make_drafts()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(desk.presenter, "_fail", lambda _error: None)
        desk.tasks.run()
    monkeypatch.undo()
    desk.do("make_drafts")
    assert desk.told[-1] == ("good", "replenish.done.drafts")
    assert len(drafts(spine)) == 2, "one for each supplier, not two"


def test_nothing_that_is_listed_is_said(desk):
    for row in desk.rows.values():
        desk.do("decide", row, 0)
    desk.do("make_drafts")
    assert desk.told == [("notice", "replenish.nothing_chosen")]


def test_an_unknown_code_is_said_and_a_known_one_opened(desk):
    desk.do("find", "6901234567892")
    assert desk.presenter.screen.row.code == "BEAR"
    assert desk.presenter.screen.supply == Supplied("义乌欣欣", None, 12)
    desk.do("find", "nobody")
    assert desk.told[-1] == ("notice", "stock.unknown_code")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_is_there(language):
    words = load_catalogue(language)
    wanted = [f"replenish.pile.{pile}" for pile in PILES]
    wanted += [f"replenish.{family}.{why}" for family in ("why", "state") for why in Why if family == "state"]
    wanted += [f"replenish.why.{why}" for why in Why]
    figures = ("available", "coming", "drafted", "short", "safety", "sold", "counted", "out", "per_day", "cover")
    wanted += [f"replenish.figure.{figure}" for figure in (*figures, "lead", "wish")]
    wanted += [f"replenish.rules.{field}" for field in ("lead", "cover", "window", "boost")]
    assert [code for code in wanted if code not in words] == []


# --- page --------------------------------------------------------------------------------------------------------


@pytest.fixture
def robot(qtbot, qapp, settings, spine, tmp_path):
    world, desk = DeskWorld(), spine.desk
    settings.put("language", "zh_CN")

    def boot():
        named = ("stock", "replenish", "documents")
        return stand_in_ports(world, **{name: getattr(desk, name) for name in named})

    window = build_window(qapp, settings, start=Start(boot), folder=tmp_path, now=lambda: START)
    with qtbot.waitSignal(window.ready):
        window.show()
    window.activateWindow()
    qtbot.waitUntil(lambda: window.isActiveWindow() and QApplication.focusWidget() is not None)
    made = DeskRobot(qtbot, window)
    made.goes_to("replenish")
    qtbot.waitUntil(lambda: window.current_page == "replenish" and window.page("replenish").model.rowCount() == 2)
    yield made
    window.close()
    window.deleteLater()


def focused(robot, name):
    robot.qtbot.waitUntil(lambda: QApplication.focusWidget().objectName() == name)


def test_an_owner_scans_changes_the_units_and_drafts_without_a_mouse(robot, spine):
    robot.gun("6901234567892")
    robot.sees("replenish.drawer.title", "BEAR")
    robot.sees("replenish.drawer.why", "卖 12 件/天")
    robot.key(Qt.Key.Key_F8)
    focused(robot, "replenish.drawer.qty")
    robot.types("48")
    robot.key(Qt.Key.Key_Return)
    robot.sees("replenish.drawer.why", "改成订 48 件")
    robot.sees("replenish.sums", "48 件")
    robot.key(Qt.Key.Key_F6)
    robot.sees("documents.drawer.title", "CG")
    assert robot.window.current_page == "documents"
    assert drafts(spine) == [("义乌欣欣", "BEAR", 48)]


def test_how_goods_are_bought_is_saved_by_its_key(robot, spine):
    robot.gun("6901234567892")
    robot.qtbot.waitUntil(lambda: robot.find("replenish.form.pack", QSpinBox).value() == 12)
    robot.key(Qt.Key.Key_F9)
    focused(robot, "replenish.form.supplier")
    robot.find("replenish.form.supplier", QLineEdit).setText("甲")
    robot.find("replenish.form.lead", QSpinBox).setValue(3)
    robot.key(Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    robot.qtbot.waitUntil(lambda: spine.desk.replenish.supply(spine.skus["BEAR"]) == Supplied("甲", 3, 12))
    robot.sees("replenish.drawer.why", "供应商要 3 天")
    robot.key(Qt.Key.Key_Escape)
    assert not robot.find("replenish.drawer").isVisible()


def test_rules_open_by_their_key_and_esc_leaves_them(robot, spine):
    robot.key(Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier)
    robot.qtbot.waitUntil(lambda: robot.find("replenish.rules.drawer").isVisible())
    robot.find("replenish.rules.lead", QSpinBox).setValue(5)
    robot.find("replenish.rules.supplier.0", QSpinBox).setValue(2)
    robot.key(Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    rules = spine.desk.replenish.rules
    robot.qtbot.waitUntil(lambda: (rules().lead_days, dict(rules().suppliers)) == (5, {"义乌欣欣": 2}))
    robot.key(Qt.Key.Key_Escape)
    assert not robot.find("replenish.rules.drawer").isVisible()


def test_the_list_is_written_for_the_suppliers(robot, tmp_path, monkeypatch):
    path = tmp_path / "list.xlsx"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_more: (str(path), ""))
    robot.key(Qt.Key.Key_F7)
    robot.sees("shell.message.words", "已导出 2 行")
    assert path.exists()
