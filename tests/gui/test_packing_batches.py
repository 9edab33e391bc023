"""Goods that are kept by batch at the packing desk: one scan where their code says it, one key where it does not."""

from dataclasses import replace
from datetime import date

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel

from core.fulfilment.records import LineBatch
from desktop.app import build_window
from desktop.commands import Command
from desktop.pages.packing.batch_asking import BatchQuestion
from desktop.pages.packing.screen import Asking, Mood, parcel_sentence
from desktop.shell.window import Start
from desktop.texts import Texts
from desktop.widgets.batches import left_days, left_phrase, left_tone
from desktop.widgets.line_card import LineCard
from desktop.widgets.pictures import PictureBook
from tests.gui.conftest import Desk, ManualTasks
from tests.gui.robots import DeskRobot, strike
from tests.support.desk_world import GOODS, START, DeskWorld
from tests.support.ports import stand_in_ports

pytestmark = [pytest.mark.gui, pytest.mark.qt_log_ignore("This plugin does not support")]

MILK, BOTTLE, BIB = GOODS[:3]
SOON, LATE = LineBatch("SOON", date(2026, 4, 18), 9), LineBatch("LATE", date(2027, 1, 8), 9)
GTIN = f"0{MILK.barcode}"


@pytest.fixture
def desk():
    made = Desk()
    made.world.batches = {MILK.code: (SOON, LATE), BIB.code: (SOON,)}
    return made


def opened(desk, *lines):
    desk.world.add_parcel(*lines)
    desk.press(Command.NEXT)
    return desk.screen.parcel


def types(desk, text):
    for char in text:
        desk.presenter.hand.type_char(char)
    desk.presenter.hand.enter()
    desk.tasks.run()


def packed(desk):
    return [(one.code, one.qty) for line in desk.screen.parcel.lines for one in line.packed]


def test_a_code_that_says_its_batch_asks_nothing(desk):
    opened(desk, (MILK, 2))
    desk.scan(f"(01){GTIN}(10)SOON")
    assert (desk.screen.asking, packed(desk)) == (Asking.NOTHING, [("SOON", 1)])
    desk.scan(f"]d201{GTIN}10LATE")
    assert packed(desk) == [("SOON", 1), ("LATE", 1)]


def test_a_plain_code_is_asked_and_enter_takes_what_the_books_have_chosen(desk):
    opened(desk, (MILK, 2))
    desk.scan(MILK.barcode)
    assert (desk.said, desk.screen.asking, packed(desk)) == ("verdict.batch.ask", Asking.BATCH, [])
    assert [one.code for one in desk.screen.batch.offered] == ["SOON", "LATE"]
    types(desk, "")
    assert (desk.screen.asking, desk.screen.batch, packed(desk)) == (Asking.NOTHING, None, [("SOON", 1)])


@pytest.mark.parametrize("answer", ["2", "LATE", "late"])
def test_a_number_or_the_batch_itself_takes_another_one(desk, answer):
    desk.world.batches = (
        {MILK.code: (SOON, LATE, LineBatch("late", None, 1))} if answer == "late" else desk.world.batches
    )
    opened(desk, (MILK, 2))
    desk.scan(MILK.barcode)
    types(desk, answer)
    assert [code.upper() for code, _ in packed(desk)] == ["LATE"]


@pytest.mark.parametrize("code", ["LATE", "(10)LATE", "]C110LATE"])
def test_a_scan_of_the_batch_alone_is_an_answer(desk, code):
    opened(desk, (MILK, 2))
    desk.scan(MILK.barcode)
    desk.scan(code)
    assert packed(desk) == [("LATE", 1)]


def test_the_quantity_before_the_code_holds_for_its_answer(desk):
    opened(desk, (MILK, 3))
    desk.scan("PD-QTY-3")
    desk.scan(MILK.barcode)
    assert desk.screen.batch.qty == 3
    types(desk, "")
    assert packed(desk) == [("SOON", 3)]
    assert desk.screen.parcel.missing_qty == 0


def test_other_goods_scanned_instead_put_the_question_away(desk):
    opened(desk, (MILK, 1), (BOTTLE, 1))
    desk.scan(MILK.barcode)
    desk.scan(BOTTLE.barcode)
    assert (desk.screen.asking, desk.screen.batch, desk.screen.parcel.missing_qty) == (Asking.NOTHING, None, 1)
    types(desk, "")
    assert packed(desk) == []


def test_esc_takes_the_question_back(desk):
    opened(desk, (MILK, 1))
    desk.scan(MILK.barcode)
    desk.press(Command.BACK)
    assert (desk.screen.asking, desk.screen.batch) == (Asking.NOTHING, None)
    types(desk, "")
    assert packed(desk) == []


def test_goods_confirmed_by_key_are_asked_too(desk):
    opened(desk, (BIB, 2))
    desk.press(Command.HAND)
    assert desk.screen.asking is Asking.BATCH
    types(desk, "")
    assert packed(desk) == [("SOON", 1)]


def test_a_batch_the_books_do_not_know_is_said_and_counts_nothing(desk):
    opened(desk, (MILK, 1))
    desk.scan(MILK.barcode)
    types(desk, "NEVER")
    assert (desk.said, packed(desk)) == ("verdict.batch.unknown", [])


def test_goods_kept_without_batches_need_no_key(desk):
    opened(desk, (BOTTLE, 1))
    desk.scan(BOTTLE.barcode)
    assert (desk.screen.asking, desk.screen.parcel.missing_qty) == (Asking.NOTHING, 0)


def test_a_batch_that_is_a_number_of_the_list_is_meant_as_itself():
    two = BatchQuestion("x", 1, 1, "milk", (SOON, LATE, replace(SOON, code="2")))
    assert two.answer_by_key("2") == "2"
    assert two.answer_by_key("1") == "SOON"
    assert two.answer_by_key("7") == "7"
    assert BatchQuestion("x", 1, 1, "milk", ()).answer_by_key("") == ""


@pytest.mark.parametrize("code", ["ask", "unknown", "not_free", "blocked", "expired", "short_life"])
def test_every_verdict_has_its_words(code):
    for language in ("zh_CN", "en"):
        texts = Texts(language)
        for part in ("", ".more", ".way"):
            assert texts.t(
                f"verdict.batch.{code}{part}",
                goods="g",
                batch="b",
                blocked_why="w",
                expires_on="d",
                left=1,
                life=2,
                asked="a",
            )


def test_a_card_asks_for_no_blocked_batch_and_says_that_one_has_to_come_out(qtbot, ui):
    blocked = replace(SOON, is_blocked=True, blocked_why="召回")
    parcel = DeskWorld().add_parcel((MILK, 2))
    card = LineCard(ui, PictureBook(ManualTasks()), "card")
    qtbot.addWidget(card)

    def said(*, asked=(), packed=(), verified=0):
        line = replace(parcel.lines[0], asked=asked, packed=packed, verified_qty=verified)
        card.show_line(line, is_current=verified < 2)
        return card.findChild(QLabel, "card.batch").text(), parcel_sentence(replace(parcel, lines=(line,)), line)

    assert said(asked=(blocked,))[0] == ui.texts.t("packing.line.batch_blocked", batch="SOON")
    assert "LATE" in said(asked=(blocked, LATE))[0]
    sentence = said(packed=(blocked,), verified=1)[1]
    assert (sentence.mood, sentence.what.code) == (Mood.STOP, "packing.batch_blocked")
    as_booked = said(asked=(blocked,), verified=2)[1]
    assert as_booked.what.code == "packing.batch_blocked", "nobody has said which batch was packed"
    state = card.findChild(QLabel, "card.state")
    assert state.text() == ui.texts.t("packing.line.blocked"), "its card is not green under a red sentence"
    assert said(packed=(LATE,), verified=1)[1].mood is not Mood.STOP


def test_days_left_have_a_word_and_a_tone_of_their_own():
    assert left_days(date(2026, 1, 8), START) == 0
    late_evening = START.replace(hour=16)
    assert left_days(date(2026, 1, 8), late_evening) == -1, "in China it is the next day"
    said = [left_phrase(days).code for days in (None, -2, 0, 5)]
    assert said == ["batches.no_day", "batches.ended", "batches.last_day", "batches.left"]
    tones = [left_tone(days, is_ending=days == 20) for days in (None, -1, 0, 20, 90)]
    assert tones == ["quiet", "stop", "notice", "notice", "good"]
    assert left_tone(90, is_ending=False, is_blocked=True) == "stop"


# --- in the window ------------------------------------------------------------------------------------------------


@pytest.fixture
def robot(qapp, qtbot, settings, tmp_path):
    settings.put("language", "zh_CN")
    world = DeskWorld(batches={MILK.code: (SOON, LATE)})
    world.add_parcel((MILK, 2), (BOTTLE, 1))
    window = build_window(
        qapp, settings, start=Start(lambda: stand_in_ports(world)), folder=tmp_path, now=lambda: START
    )
    with qtbot.waitSignal(window.ready):
        window.show()
    window.activateWindow()
    qtbot.waitUntil(lambda: window.isActiveWindow() and QApplication.focusWidget() is not None)
    made = DeskRobot(qtbot, window)
    made.world = world
    yield made
    window.close()
    window.deleteLater()


def lines(robot):
    return [[(one.code, one.qty) for one in line.packed] for line in robot.world.parcels[1].lines]


def scans(robot, code):
    """A scan that stays one, however slowly a busy machine types it, and however soon the same goods come again."""
    parser = robot.window.parts.scanner.parser
    parser.debounce_ms = 0
    gap_ms, parser.gap_ms = parser.gap_ms, 2000
    robot.gun(code)
    parser.gap_ms = gap_ms
    # A hand is slower than a scanner: a key at once behind the code would be the scanner's second Enter.
    robot.qtbot.wait(300)


def test_a_clerk_packs_goods_by_batch_with_two_hands_and_a_scanner(robot):
    robot.key(Qt.Key.Key_F12)
    robot.sees("packing.line.0.batch", "SOON")
    scans(robot, MILK.barcode)
    robot.qtbot.waitUntil(lambda: robot.find("packing.batch").isVisible())
    robot.key(Qt.Key.Key_Return)
    robot.qtbot.waitUntil(lambda: lines(robot) == [[("SOON", 1)], []])
    robot.qtbot.waitUntil(lambda: not robot.find("packing.batch").isVisible())
    scans(robot, MILK.barcode)
    robot.qtbot.waitUntil(lambda: robot.find("packing.batch").isVisible())
    robot.types("2")
    robot.key(Qt.Key.Key_Return)
    robot.qtbot.waitUntil(lambda: lines(robot) == [[("SOON", 1), ("LATE", 1)], []])
    scans(robot, BOTTLE.barcode)
    robot.qtbot.waitUntil(lambda: robot.world.parcels[1].state == "packed")


def test_a_scanner_types_the_separator_of_a_code_as_a_key_with_ctrl(robot):
    robot.key(Qt.Key.Key_F12)
    robot.sees("packing.line.0.batch", "SOON")
    parser = robot.window.parts.scanner.parser
    gap_ms, parser.gap_ms = parser.gap_ms, 2000
    for char in f"]d201{GTIN}10LATE":
        strike(char)
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_BracketRight, Qt.KeyboardModifier.ControlModifier)
    robot.gun("17270108")
    parser.gap_ms = gap_ms
    robot.qtbot.waitUntil(lambda: lines(robot) == [[("LATE", 1)], []])


def test_a_rush_asks_for_the_batch_and_goes_on_with_its_answer(desk):
    for _ in range(2):
        desk.world.add_parcel((MILK, 1))
    desk.settings.put("way", "single_item")
    desk.press(Command.WAVE)
    desk.scan(MILK.barcode)
    assert (desk.said, desk.screen.asking, desk.screen.parcel) == ("verdict.batch.ask", Asking.BATCH, None)
    types(desk, "2")
    assert (desk.screen.asking, packed(desk), desk.screen.parcel.id) == (Asking.NOTHING, [("LATE", 1)], 1)
    desk.world.settle_prints()
    desk.presenter.tick()
    desk.tasks.run()
    desk.scan(MILK.barcode)
    assert (desk.screen.asking, desk.screen.parcel.id) == (Asking.BATCH, 1)
    types(desk, "")
    assert (packed(desk), desk.screen.parcel.id) == ([("SOON", 1)], 2)
