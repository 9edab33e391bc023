"""The page of files with the real reader and the real records behind it: drop, look, take in, write."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QScrollArea
from sqlalchemy import func, select

from core.counting.models import CountSheet
from core.db.unit_of_work import Actor
from core.desk.files import Files
from core.files.progress import Progress
from core.orders.models import Order
from desktop.pages.files.page import FilesPage
from desktop.pages.files.presenter import FilesPresenter
from desktop.texts import Phrase
from tests.files.conftest import csv_bytes, jd_orders, pdd_orders
from tests.gui.conftest import ManualTasks
from tests.support.world import CARRIER, World

pytestmark = [pytest.mark.gui, pytest.mark.qt_log_ignore("This plugin does not support")]


class Clerk:
    """The page with somebody before it; what was told stands in `told`, pages asked for in `went`."""

    def __init__(self, qtbot, ui, files: Files | None) -> None:
        self.told: list[Phrase] = []
        self.went: list[str] = []
        self.tasks = ManualTasks()
        self.presenter = FilesPresenter(files, self.tasks, lambda _tone, phrase, _undo: self.told.append(phrase))
        self.page = FilesPage(ui, self.presenter, self.went.append)
        qtbot.addWidget(self.page)
        self.page.resize(1280, 720)
        self.page.show()
        self.tasks.run()

    def opens(self, *paths: Path) -> None:
        self.page.ask_files = lambda: list(paths)
        QTest.keyClick(self.page, Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier)
        self.tasks.run()

    def presses(self, name: str) -> None:
        button = self.page.findChild(object, name)
        assert button.isVisible(), name
        assert button.isEnabled(), name
        button.click()
        self.tasks.run()

    def reads(self, name: str) -> str:
        label = self.page.findChild(object, name)
        assert label.isVisible(), name
        return label.text()

    def sees(self, name: str) -> bool:
        return self.page.findChild(object, name).isVisible()

    @property
    def phase(self) -> str:
        return self.presenter.screen.phase


@pytest.fixture
def files(file_world: World) -> Files:
    return Files(file_world.store, file_world.digest, CARRIER)


@pytest.fixture
def clerk(qtbot, ui, files: Files) -> Clerk:
    return Clerk(qtbot, ui, files)


@pytest.fixture
def put(tmp_path: Path) -> Callable[..., Path]:
    def write(name: str, rows) -> Path:
        path = tmp_path / name
        path.write_bytes(csv_bytes(rows))
        return path

    return write


def orders_in(world: World) -> int:
    return world.rows(select(func.count()).select_from(Order))[0][0]


def test_from_the_first_file_to_its_orders_by_keyboard(clerk: Clerk, file_world: World, put):
    assert clerk.sees("files.empty")
    path = put("pdd202606181000.csv", pdd_orders({"订单号": "1-1"}, {"订单号": "1-2", "订单状态": "神秘"}))
    clerk.opens(path)
    assert clerk.phase == "preview"
    assert clerk.reads("files.sentence") == "请选择这些订单属于哪个店铺"
    assert "拼多多订单表" in clerk.reads("files.file.0.words")
    assert not clerk.page.findChild(object, "files.start").isEnabled()
    QTest.keyClick(clerk.page, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    clerk.tasks.run()
    assert orders_in(file_world) == 0, "nothing is taken in before somebody said whose it is"
    name = clerk.page.findChild(object, "files.shop.name")
    name.setText("小店")
    QTest.keyClick(name, Qt.Key.Key_Return)
    clerk.tasks.run()
    assert clerk.told[-1].code == "files.shop_added"
    assert clerk.reads("files.sentence") == "请核对，然后导入"
    table = clerk.page.findChild(object, "files.rejected")
    assert table.model().cell(0, 3) == "不认识的订单状态"
    QTest.keyClick(clerk.page, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    clerk.tasks.run()
    assert orders_in(file_world) == 1
    assert clerk.reads("files.sentence") == "已导入：新增 1，更新 0"
    assert "小店" in clerk.reads("files.recent.0")
    clerk.presses("files.to_orders")
    assert clerk.went == ["orders"]
    QTest.keyClick(clerk.page, Qt.Key.Key_Escape)
    assert clerk.sees("files.empty")


def test_the_same_file_again_says_that_nothing_is_new(clerk: Clerk, files: Files, put):
    files.add_shop("小店", "pdd")
    path = put("pdd202606181000.csv", pdd_orders({"订单号": "1-1"}))
    for said in ("请核对，然后导入", "里面没有新内容"):
        clerk.opens(path)
        clerk.presenter.look()
        clerk.tasks.run()
        clerk.presenter.pick_shop("小店")
        clerk.tasks.run()
        assert clerk.reads("files.sentence") in (said, "没有新内容")
        clerk.presses("files.start")
        clerk.presenter.put_away()
    assert [past.new for past in files.recent()] == [1]


def test_a_dropped_file_is_read(clerk: Clerk, put):
    path = put("jd202606181000.csv", jd_orders({"订单号": "298765432101"}))
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    none = Qt.KeyboardModifier.NoModifier
    event = QDropEvent(QPointF(QPoint(50, 50)), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, none)
    clerk.page.dropEvent(event)
    clerk.tasks.run()
    assert clerk.phase == "preview"
    assert "1 个订单的收件信息被平台隐藏" in clerk.reads("files.masked")


def test_an_unknown_table_asks_for_its_columns_once(clerk: Clerk, put):
    header = ["流水", "货名", "件", "<b>寄给</b>"]
    clerk.opens(put("mine.csv", [header, ["A-1", "熊", "2", "林晓"]]))
    assert clerk.phase == "mapping"
    clerk.presses("files.mapping.keep")
    assert clerk.told[-1].code == "error.files.mapping_incomplete"
    for field, column in {"order_no": "流水", "title": "货名", "qty": "件", "receiver": "<b>寄给</b>"}.items():
        clerk.page.findChild(object, f"files.column.{field}").choose(column)
    clerk.presses("files.mapping.keep")
    assert clerk.phase == "preview"
    assert clerk.presenter.screen.plan is not None
    assert clerk.presenter.screen.plan.counts.new == 1
    clerk.presenter.put_away()
    clerk.opens(put("mine2.csv", [header, ["A-2", "熊", "1", "林晓"]]))
    assert clerk.phase == "preview", "the same header is known from then on"
    clerk.presses("files.file.0.edit")
    assert clerk.phase == "mapping"
    assert clerk.page.findChild(object, "files.column.title").value() == "货名"


def test_a_bare_list_of_codes_and_numbers_is_proposed_as_a_count(clerk: Clerk, put):
    clerk.opens(put("opening.csv", [["商家编码", "数量"], ["BEAR", "20"], ["NIX", "5"]]))
    assert clerk.phase == "mapping", "it might be many things: a person says so"
    assert clerk.page.findChild(object, "files.mapping.kind").value() == "counts"
    clerk.presses("files.mapping.keep")
    assert clerk.presenter.screen.plan is not None
    assert clerk.presenter.screen.plan.kind == "counts"


def test_a_hostile_file_is_a_sentence_and_the_page_goes_on(clerk: Clerk, tmp_path: Path):
    bad = tmp_path / "a.xlsx"
    bad.write_bytes(b"<html><table>")
    clerk.opens(bad)
    assert clerk.told[-1].code == "error.files.is_html"
    assert clerk.phase == "empty"


def test_ways_out(clerk: Clerk, file_world: World, files: Files, put, tmp_path: Path):
    clerk.page.ask_place = lambda name: tmp_path / name
    clerk.presses("files.out.stock")
    assert (clerk.told[-1].code, (tmp_path / "stock.xlsx").exists()) == ("files.written", True)
    clerk.presses("files.out.orders")
    assert clerk.told[-1].code == "files.written"
    clerk.presses("files.out.shipping")
    assert clerk.told[-1].code == "files.name_shop_first"
    files.add_shop("小店", "pdd")
    clerk.presenter.look()
    clerk.tasks.run()
    clerk.page.findChild(object, "files.out.shop").choose("小店")
    clerk.presses("files.out.shipping")
    assert clerk.told[-1].code == "error.files.nothing_to_ship"
    clerk.page.ask_place = lambda _name: None
    before = len(clerk.told)
    clerk.presses("files.out.stock")
    assert len(clerk.told) == before


def test_refused_rows_can_be_saved(clerk: Clerk, put, tmp_path: Path):
    clerk.opens(put("pdd202606181000.csv", pdd_orders({"订单号": "1-1"}, {"订单号": "1.2E+18"})))
    clerk.page.ask_place = lambda name: tmp_path / name
    clerk.presses("files.save_rejected")
    assert clerk.told[-1].code == "files.written"
    assert (tmp_path / "rejected.xlsx").exists()


def test_work_can_be_stopped_and_shows_how_far_it_is(clerk: Clerk, put):
    clerk.page.ask_files = lambda: [put("pdd202606181000.csv", pdd_orders({"订单号": "1-1"}))]
    clerk.page.choose()
    assert clerk.phase == "reading"
    assert clerk.sees("files.busy")
    clerk.presses("files.stop")
    assert clerk.told[-1].code == "error.files.cancelled"
    assert clerk.phase == "empty"


def test_reading_20000_rows_leaves_the_window_free(clerk: Clerk, put):
    """Nothing of it runs on the window's thread: choosing only hands the work on."""
    path = put("pdd202606181000.csv", pdd_orders(*({"订单号": f"1-{n}"} for n in range(2000))))
    clerk.page.ask_files = lambda: [path]
    began = time.perf_counter()
    clerk.page.choose()
    assert time.perf_counter() - began < 0.1
    assert len(clerk.tasks.waiting) == 1


def test_a_desk_without_files_says_so_by_its_empty_page(qtbot, ui):
    clerk = Clerk(qtbot, ui, None)
    clerk.page.ask_files = lambda: [Path("a.csv")]
    clerk.page.choose()
    assert clerk.phase == "empty"


def test_both_languages(clerk: Clerk, ui, put):
    ui.texts.use("en")
    ui.retranslated.emit()
    clerk.opens(put("pdd202606181000.csv", pdd_orders({"订单号": "1-1", "订单状态": "神秘"})))
    assert "Pinduoduo orders" in clerk.reads("files.file.0.words")
    assert clerk.page.findChild(object, "files.rejected").model().cell(0, 3) == "A state nobody knows"


def test_the_rows_are_shown_as_they_were_understood_before_anything_is_taken_in(clerk: Clerk, put):
    rows = pdd_orders({"订单号": "1-1"}, {"订单号": "1-2", "订单状态": "神秘"})
    clerk.opens(put("pdd202606181000.csv", rows))
    refused = clerk.page.findChild(object, "files.rejected")
    understood = clerk.page.findChild(object, "files.sample.orders")
    assert refused.isVisible(), "what wants a person comes first"
    assert not understood.isVisible()
    clerk.presses("files.rows.understood")
    assert understood.isVisible()
    cells = [understood.model().cell(0, column) for column in range(understood.model().columnCount())]
    order = clerk.presenter.screen.plan.orders.orders[0]
    assert cells[0] == "1-1"
    assert order.lines[0].title in cells[1]
    assert cells[4] == "已付款"
    assert order.consignee.phone not in cells[3]


def test_a_table_of_goods_shows_its_goods(clerk: Clerk, put):
    clerk.opens(
        put("goods.csv", [["商家编码", "商品名称", "规格", "条码"], ["NF-800", "奶粉 3 段", "800g", "6900000000017"]])
    )
    table = clerk.page.findChild(object, "files.sample.products")
    assert [table.model().cell(0, column) for column in range(2)] == ["NF-800", "奶粉 3 段 800g 6900000000017"]
    assert not clerk.sees("files.rows.understood"), "nothing was refused: there is one list only"


def test_a_table_is_never_offered_to_a_shop_of_another_platform(clerk: Clerk, files: Files, file_world: World, put):
    files.add_shop("拼多多小店", "pdd")
    clerk.presenter.look()
    clerk.tasks.run()
    clerk.opens(put("pdd202606181000.csv", pdd_orders({"订单号": "1-1"})))
    assert clerk.presenter.screen.can_start, "its only shop is taken by itself"
    clerk.opens(put("jd202606181000.csv", jd_orders({"订单号": "29876543210001"})))
    assert clerk.reads("files.sentence") == "请选择这些订单属于哪个店铺"
    clerk.presenter.pick_shop("拼多多小店")
    clerk.tasks.run()
    assert clerk.told[-1].code == "files.other_platform"
    assert not clerk.presenter.screen.can_start
    QTest.keyClick(clerk.page, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    clerk.tasks.run()
    assert orders_in(file_world) == 0


def test_many_imports_do_not_push_the_keys_of_the_page_out_of_sight(clerk: Clerk, files: Files, put):
    shop = files.add_shop("名字很长很长很长的拼多多旗舰小店", "pdd")
    for number in range(8):
        read = files.read([put(f"pdd{number}.csv", pdd_orders({"订单号": f"9-{number}"}))])[0]
        files.run(files.plan([(read, read.choices[0])], shop.id), Progress())
    clerk.page.resize(1280, 700)
    clerk.opens(put("pdd202606181000.csv", pdd_orders({"订单号": "1-1"})))
    clerk.presenter.look()
    clerk.tasks.run()
    assert clerk.sees("files.recent.0")
    QTest.qWait(50)
    assert clerk.page.findChild(QScrollArea).verticalScrollBar().maximum() == 0


def test_counts_that_wait_for_somebody_else_are_said_before_and_after(clerk: Clerk, put, file_world: World):
    file_world.store.act_as(Actor("li", "desk 1", 11))
    clerk.opens(put("counts.csv", [["商家编码", "实盘数量"], ["BEAR", "9"]]))
    assert clerk.reads("files.count.waiting").startswith("1")
    clerk.presses("files.start")
    sheet = file_world.rows(select(CountSheet.number))[0][0]
    assert sheet in clerk.reads("files.sentence")
