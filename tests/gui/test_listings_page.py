"""The page of listings over real records: what waits, marks, matching one and many, new goods, tables, by keys."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit
from sqlalchemy import select

from core.access.rights import Role
from core.catalog.models import Listing, Sku
from core.catalog.records import SkuSpec
from core.files.listings import ListingTable
from core.runtime.errors import Refused
from desktop.app import build_window
from desktop.pages.listings.presenter import ListingsPresenter, NewGoods
from desktop.pages.listings.words import parts_of
from desktop.shell.window import Start
from tests.gui.conftest import ManualTasks
from tests.gui.robots import DeskRobot
from tests.support.desk_world import DeskWorld
from tests.support.fake_shop import line
from tests.support.listing_shop import ListingShop, offer
from tests.support.ports import stand_in_ports
from tests.support.staff import Staffed
from tests.support.world import START, World

pytestmark = [pytest.mark.gui, pytest.mark.qt_log_ignore("This plugin does not support")]


@pytest.fixture
def spine(sqlite_address):
    world = World(sqlite_address)
    world.shop = world.desk.platforms[world.shop_id] = ListingShop(world.clock)
    world.shop.offer(offer("N1", merchant_code="be ar"), offer("N2", merchant_code="", barcode="6901234567908"))
    world.shop.offer(offer("N3", merchant_code=""), offer("CARD"))
    world.shop.place("A1", line("1", "N1"))
    world.desk.listing_rounds.read(world.shop_record)
    world.sync()
    yield world
    world.check_stock()
    world.close()


class Page:
    """The presenter, its tasks run at once, and what it told."""

    def __init__(self, spine):
        self.told, self.rows, self.undo = [], (), None
        self.tasks = ManualTasks()
        self.presenter = ListingsPresenter(spine.desk.listings, self.tasks, self._tell)
        self.presenter.on_first = self._on_first
        self.do("reload")

    def _tell(self, tone, phrase, undo):
        self.told.append((tone, phrase.code))
        self.facts, self.undo = phrase.facts, undo

    def _on_first(self, rows, _next, _again):
        self.rows = rows

    def do(self, act, *arguments):
        getattr(self.presenter, act)(*arguments)
        self.tasks.run()

    def stand_on(self, code):
        self.do("stand_on", next(row for row in self.rows if row.item_id == f"item-{code}"))

    def mark(self, *codes):
        for code in codes:
            self.stand_on(code)
            self.do("mark")

    @property
    def screen(self):
        return self.presenter.screen


@pytest.fixture
def page(spine):
    return Page(spine)


def matches(spine):
    query = select(Listing.item_id, Sku.code).outerjoin(Sku, Sku.id == Listing.sku_id)
    return {row[0].removeprefix("item-"): row[1] for row in spine.rows(query)}


def test_the_page_begins_with_what_has_to_be_matched_the_waiting_first(page):
    assert [row.item_id for row in page.rows] == ["item-N1", "item-N3", "item-N2"]
    assert (page.screen.counts["waiting"], page.screen.counts["unmatched"], page.screen.counts["all"]) == (
        *("1", "3"),
        "4",
    )
    page.do("search", "CARD")
    assert [row.item_id for row in page.rows] == ["item-CARD"]


def test_marked_listings_are_matched_together_told_and_taken_back(spine, page):
    page.mark("N1", "N3")
    page.do("match_code", " BAG ")
    assert (page.told[-1], page.facts["n"], page.facts["released"]) == (("good", "listings.done.matched"), 2, 1)
    assert matches(spine) == {"N1": "BAG", "N2": None, "N3": "BAG", "CARD": "CARD"}
    assert (page.screen.marked, spine.holds("A1")) == ({}, set())
    page.undo()
    page.tasks.run()
    assert page.told[-1] == ("good", "listings.done.taken_back")
    assert matches(spine)["N1"] is matches(spine)["N3"] is None


def test_proposals_of_the_marked_are_taken_each_its_own(spine, page):
    page.stand_on("N3")
    page.do("take_proposals")
    assert page.told[-1] == ("notice", "listings.no_proposal")
    page.mark("N1", "N2", "N3")
    page.do("take_proposals")
    assert matches(spine) == {"N1": "BEAR", "N2": "BAG", "N3": None, "CARD": "CARD"}


def test_a_match_with_open_orders_asks_and_the_same_press_means_it(spine, page):
    spine.shop.place("B1", line("1", "CARD"))
    spine.sync("B1")
    page.do("choose_pile", "matched")
    page.stand_on("CARD")
    page.do("match_code", "BAG")
    assert (page.told[-1], page.facts["orders"]) == (("notice", "listings.ask.open_orders"), 1)
    page.do("match_code", "BEAR")
    assert page.told[-1] == ("notice", "listings.ask.open_orders"), "another act is another question"
    assert matches(spine)["CARD"] == "CARD"
    page.do("match_code", "BEAR")
    assert (page.told[-1], matches(spine)["CARD"]) == (("good", "listings.done.matched"), "BEAR")
    assert spine.lines("B1")[0].sku_id == spine.skus["CARD"]


def test_taking_a_match_away_asks_first_and_again_where_orders_hold_it(spine, page):
    page.stand_on("N1")
    page.do("unmatch")
    assert page.told[-1] == ("notice", "listings.choose_matched")
    spine.shop.place("B1", line("1", "CARD"))
    spine.sync("B1")
    page.do("choose_pile", "matched")
    page.stand_on("CARD")
    for said in ("listings.ask.unmatch", "listings.ask.open_orders", "listings.done.matched"):
        page.do("unmatch")
        assert page.told[-1][1] == said
    assert matches(spine)["CARD"] is None


def test_what_somebody_else_has_matched_meanwhile_is_not_overwritten(spine, page):
    page.stand_on("N3")
    spine.desk.listings.match({page.screen.current.id: spine.skus["BEAR"]})
    page.do("match_code", "BAG")
    assert page.told[-1] == ("stop", "error.listing.changed_meanwhile")
    assert matches(spine)["N3"] == "BEAR"


def test_new_goods_come_from_the_listing_and_a_bundle_from_those_marked(spine, page):
    page.stand_on("N2")
    page.do("begin_new")
    assert page.screen.new == NewGoods("", "goods N2", "", "6901234567908", "")
    page.do("make", NewGoods("", "x"), ())
    assert page.told[-1] == ("stop", "error.catalog.code_missing")
    page.do("make", NewGoods("N-2", "新品", barcode="690999"), ())
    assert (page.told[-1], page.screen.new) == (("good", "listings.done.made"), None)
    assert matches(spine)["N2"] == "N-2"
    page.do("choose_pile", "all")
    page.mark("CARD", "N2", "N1")
    page.do("begin_new")
    assert page.screen.new.parts in {"CARD×1, N-2×1", "N-2×1, CARD×1"}
    page.do("make", NewGoods("TWO", "两件套"), parts_of("CARD×1, N-2×2"))
    assert (matches(spine)["N1"], sorted(row.qty for row in spine.lines("A1"))) == ("TWO", [1, 2])


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("BEAR×2, BAG", (("BEAR", 2), ("BAG", 1))),
        (" BOX2；BOX2*3 ", (("BOX2", 4),)),
        ("红色熊×1", (("红色熊", 1),)),
        ("", ()),
    ],
)
def test_parts_are_written_as_people_write_them(text, parts):
    assert parts_of(text) == parts


def test_a_table_is_looked_at_before_it_is_taken(spine, page, tmp_path):
    path = tmp_path / "listings.csv"
    page.do("choose_pile", "all")
    page.do("export", path)
    assert page.told[-1] == ("good", "listings.done.export")
    text = path.read_text("utf-8-sig")
    path.write_text("\n".join(one + ("BAG" if "item-N3" in one else "") for one in text.splitlines()), "utf-8")
    page.do("read_table", path)
    assert (len(page.screen.table.wanted), matches(spine)["N3"]) == (1, None)
    page.do("take_table")
    assert (page.screen.table, matches(spine)["N3"]) == (None, "BAG")
    path.write_text(text.splitlines()[0] + "\n无此店,item-N1,sku-N1,,,,BAG\n", "utf-8")
    page.do("read_table", path)
    page.do("take_table")
    assert page.told[-1] == ("notice", "listings.table.wrong")
    assert page.presenter.close()
    assert page.screen.table is None


def test_lists_are_read_when_asked_and_stopped_by_the_same_key(spine, page):
    page.do("read_now")
    assert page.told[-1] == ("good", "listings.done.asked")
    assert [one.state for one in page.screen.rounds] == ["waiting"]
    page.do("read_now")
    assert [one.state for one in page.screen.rounds] == ["cancelled"]


# --- in the window ------------------------------------------------------------------------------------------------


@pytest.fixture
def robot(qapp, qtbot, settings, spine, tmp_path):
    settings.put("language", "zh_CN")
    ports = stand_in_ports(DeskWorld(), listings=spine.desk.listings, products=spine.desk.products)
    window = build_window(qapp, settings, start=Start(lambda: ports), folder=tmp_path, now=lambda: START)
    with qtbot.waitSignal(window.ready):
        window.show()
    window.activateWindow()
    qtbot.waitUntil(lambda: window.isActiveWindow() and QApplication.focusWidget() is not None)
    yield DeskRobot(qtbot, window)
    window.close()
    window.deleteLater()


def test_matching_by_keys_alone(robot, spine):
    robot.goes_to("listings")
    page = robot.window.page("listings")
    robot.qtbot.waitUntil(lambda: page.model.rowCount() == 3)
    assert page.table.hasFocus()
    robot.key(Qt.Key.Key_F8)
    robot.qtbot.waitUntil(lambda: matches(spine)["N1"] == "BEAR")
    robot.qtbot.waitUntil(lambda: page.model.rowCount() == 2)
    assert spine.holds("A1") == set()
    robot.key(Qt.Key.Key_F6)
    robot.qtbot.waitUntil(lambda: robot.find("listings.drawer.code", QLineEdit).hasFocus())
    robot.types("GHOST")
    robot.key(Qt.Key.Key_Return)
    robot.qtbot.waitUntil(lambda: not page._presenter.screen.is_saving)
    field = robot.find("listings.drawer.code", QLineEdit)
    field.selectAll()
    robot.types("BAG")
    robot.key(Qt.Key.Key_Return)
    robot.qtbot.waitUntil(lambda: matches(spine)["N3"] == "BAG")
    robot.qtbot.waitUntil(lambda: page.model.rowCount() == 1)
    robot.key(Qt.Key.Key_F7)
    robot.qtbot.waitUntil(lambda: robot.find("listings.form.code", QLineEdit).hasFocus())
    robot.key(Qt.Key.Key_Escape)
    robot.key(Qt.Key.Key_Escape)
    robot.qtbot.waitUntil(page.table.hasFocus)
    robot.key(Qt.Key.Key_Space)
    robot.qtbot.waitUntil(lambda: "1" in robot.find("listings.marked", QLabel).text())


def test_only_those_who_edit_products_match(spine):
    staff, desk = Staffed(spine, spine.desk), spine.desk.listings
    staff.hire("老板", Role.ADMIN)
    staff.hire("小李", Role.PACKER, Role.SERVICE, pin="381642")
    staff.hire("仓管", Role.STOCK_KEEPER, pin="590273")
    here = next(row.id for row in spine.rows(select(Listing.id).where(Listing.item_id == "item-N3")))
    acts = (
        lambda: desk.match({here: spine.skus["BAG"]}),
        lambda: desk.match_to_code([here], "BAG"),
        lambda: desk.make_and_match([here], SkuSpec("X", "x")),
        lambda: desk.take_back(()),
        lambda: desk.take_table(ListingTable("t.csv", {here: spine.skus["BAG"]}, {}, 0)),
        lambda: desk.read_now(None),
        desk.stop_reading,
        desk.rounds,
        desk.shops,
    )
    staff.arrive("小李", "381642")
    for act in acts:
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.code == "right.missing"
    assert matches(spine)["N3"] is None
    staff.arrive("仓管", "590273")
    acts[0]()
    assert matches(spine)["N3"] == "BAG"
