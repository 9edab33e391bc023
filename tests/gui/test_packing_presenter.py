"""The packing page's decisions, without a QApplication."""

import sys
from dataclasses import replace
from datetime import timedelta

import pytest

from core.runtime.errors import Unavailable
from desktop.commands import Command
from desktop.pages.packing.screen import Asking, Mood, left_to_pack
from desktop.texts import Phrase
from tests.support.desk_world import GOODS

MILK, BOTTLE, BIB, WIPES, DIAPERS = GOODS
LABEL = "7312345678001"


def opened(desk, *lines, **changes):
    parcel = desk.world.add_parcel(*(lines or ((MILK, 2), (BOTTLE, 1))), **changes)
    desk.press(Command.NEXT)
    assert desk.screen.parcel.id == parcel.id
    return parcel


def test_a_printer_that_cannot_print_is_said_large_until_it_can(desk):
    opened(desk, (MILK, 1))
    desk.scan(MILK.barcode)
    assert desk.said == "packing.printing"
    desk.presenter.show_printer(Phrase("printer.paper_out"))
    assert (desk.said, desk.screen.sentence.mood) == ("packing.print_waits", Mood.NOTICE)
    desk.presenter.show_printer(None)
    assert desk.said == "packing.printing"


def test_a_free_desk_says_how_many_parcels_wait(desk):
    assert left_to_pack(desk.screen) is None
    desk.presenter.start()
    desk.tasks.run()
    assert desk.screen.sentence.way.code == "packing.left.none"
    assert left_to_pack(desk.screen) is None
    for _ in range(2):
        desk.world.add_parcel((MILK, 1))
    desk.presenter.on_changed()
    desk.tasks.run()
    assert left_to_pack(desk.screen) == Phrase("packing.left", {"n": "2"})
    assert desk.screen.sentence.way.code == "packing.idle.way"


def test_whole_parcel_from_next_to_shipped(desk):
    opened(desk)
    assert desk.said == "packing.scan_goods"
    assert desk.screen.sentence.what.facts["missing"] == 3
    desk.scan(MILK.barcode)
    assert desk.screen.sentence.what.facts["missing"] == 2
    desk.scan(MILK.barcode, BOTTLE.barcode)
    assert desk.said == "packing.printing"
    desk.world.settle_prints()
    desk.presenter.tick()
    desk.tasks.run()
    assert desk.said == "packing.scan_label"
    desk.scan(LABEL)
    assert (desk.said, desk.screen.parcel) == ("packing.shipped", None)
    assert desk.screen.sentence.what.facts["waybill_no"] == LABEL
    assert desk.screen.recent[0].waybill_no == LABEL
    assert desk.sounds == ["unit", "unit", "line", "complete", "shipped"]


def test_scans_made_while_one_is_answered_wait_in_order_and_none_is_lost(desk):
    opened(desk, (MILK, 3), (BOTTLE, 2))
    codes = [MILK.barcode, BOTTLE.barcode, MILK.barcode, MILK.barcode, BOTTLE.barcode]
    for code in codes:
        desk.presenter.scan(code)
    assert desk.screen.waiting == 5
    assert desk.called("scan_goods") == []
    desk.tasks.run()
    assert desk.called("scan_goods") == codes
    assert desk.screen.parcel.missing_qty == 0
    assert desk.screen.waiting == 0


def test_a_label_scanned_behind_the_last_goods_is_a_label_by_then(desk):
    opened(desk, (BOTTLE, 1))
    desk.presenter.scan(BOTTLE.barcode)
    desk.presenter.scan(LABEL)
    desk.tasks.run()
    assert desk.said == "packing.shipped"
    assert desk.called("scan_label") == [LABEL]


def test_wrong_item_is_red_until_the_next_right_scan(desk):
    opened(desk)
    desk.scan(DIAPERS.barcode)
    sentence = desk.screen.sentence
    assert (sentence.what.code, sentence.mood) == ("verdict.item.wrong", Mood.STOP)
    assert sentence.more.facts["name"] == DIAPERS.name
    assert sentence.way.facts["wanted"] == MILK.name
    assert desk.screen.parcel.missing_qty == 3
    desk.scan(MILK.barcode)
    assert (desk.said, desk.screen.sentence.mood) == ("packing.scan_goods", Mood.CALM)
    assert desk.sounds[-2:] == ["wrong", "unit"]


def test_another_parcels_label_in_the_middle_of_packing_is_told_as_one(desk):
    opened(desk)
    other = desk.world.add_parcel((WIPES, 1))
    desk.scan(other.waybill_no)
    assert (desk.said, desk.screen.sentence.more.facts["number"]) == ("verdict.label.not_now", other.waybill_no)
    assert desk.screen.parcel.id == 1


def test_quantity_goes_with_one_scan_only(desk):
    opened(desk, (WIPES, 24))
    desk.scan("PD-QTY-12")
    assert desk.screen.qty == 12
    desk.scan(WIPES.barcode)
    assert (desk.screen.qty, desk.screen.parcel.missing_qty) == (1, 12)
    desk.scan(WIPES.barcode)
    assert desk.screen.parcel.missing_qty == 11


def test_quantity_typed_with_a_star(desk):
    opened(desk, (WIPES, 24))
    for char in "24*":
        desk.presenter.hand.type_char(char)
    desk.tasks.run()
    assert (desk.screen.qty, desk.screen.typed) == (24, "")
    desk.scan(WIPES.barcode)
    assert desk.screen.parcel.missing_qty == 0


def test_too_many_is_refused_and_counts_nothing(desk):
    opened(desk, (BOTTLE, 1), (MILK, 1))
    desk.scan(BOTTLE.barcode, BOTTLE.barcode)
    assert desk.said == "verdict.item.too_many"
    assert desk.screen.parcel.lines[0].verified_qty == 1


def test_goods_without_barcode_by_space(desk):
    opened(desk, (BIB, 2))
    assert desk.said == "packing.confirm_by_eye"
    desk.presenter.hand.type_char(" ")
    desk.tasks.run()
    assert desk.screen.parcel.missing_qty == 1


def test_space_on_goods_with_a_barcode_wants_a_second_press(desk):
    opened(desk)
    desk.press(Command.HAND)
    assert (desk.said, desk.screen.parcel.missing_qty) == ("packing.hand_armed", 3)
    desk.press(Command.HAND)
    assert desk.screen.parcel.missing_qty == 2


def test_a_second_press_much_later_is_a_first_one(desk):
    opened(desk)
    desk.press(Command.HAND)
    desk.now += timedelta(seconds=6)
    desk.press(Command.HAND)
    assert desk.screen.parcel.missing_qty == 3


def test_undo_takes_back_the_last_scan(desk):
    opened(desk)
    desk.scan(MILK.barcode, "PD-UNDO")
    assert (desk.said, desk.screen.parcel.missing_qty) == ("verdict.scan.undone", 3)
    desk.press(Command.UNDO)
    assert desk.said == "verdict.nothing.to_undo"


def test_wrong_label_stops_loudly_and_the_right_one_ships(desk):
    other = desk.world.add_parcel((WIPES, 1))
    desk.world.parcels[other.id] = replace(other, state="packed")
    opened(desk, (BOTTLE, 1))
    desk.scan(BOTTLE.barcode, other.waybill_no)
    assert desk.said == "verdict.label.wrong"
    assert desk.screen.is_alarming
    assert desk.sounds[-1] == "stop"
    assert desk.screen.parcel is not None
    desk.scan(desk.screen.parcel.waybill_no)
    assert desk.said == "packing.shipped"
    assert not desk.screen.is_alarming
    assert desk.sounds[-2:] == ["quiet", "shipped"]


def test_esc_silences_the_stop_tone_and_keeps_the_parcel(desk):
    opened(desk, (BOTTLE, 1))
    desk.scan(BOTTLE.barcode)
    desk.world.add_parcel((WIPES, 1))
    desk.scan("7312345678002")
    desk.press(Command.BACK)
    assert not desk.screen.is_alarming
    assert desk.sounds[-1] == "quiet"
    assert desk.screen.parcel.id == 1


def test_another_desks_parcel_is_not_taken_over(desk):
    parcel = desk.world.add_parcel((MILK, 1))
    desk.world.open_elsewhere(parcel.id, "2号台")
    desk.scan(parcel.waybill_no)
    assert desk.said == "verdict.parcel.taken"
    assert desk.screen.sentence.more.facts["by"] == "2号台"
    assert desk.screen.parcel is None


def test_a_parcel_taken_over_while_open_frees_the_desk(desk):
    parcel = opened(desk)
    desk.world.open_elsewhere(parcel.id, "2号台")
    desk.scan(MILK.barcode)
    assert (desk.said, desk.screen.parcel) == ("verdict.parcel.lost", None)
    assert desk.world.parcels[parcel.id].lines[0].verified_qty == 0


def test_a_refund_while_packing_is_told_and_the_goods_come_out(desk):
    parcel = opened(desk)
    desk.scan(MILK.barcode)
    desk.world.refund(parcel.id, parcel.lines[0].id)
    desk.presenter.on_changed()
    desk.tasks.run()
    assert (desk.said, desk.screen.sentence.mood) == ("verdict.line.refunded", Mood.STOP)
    assert desk.screen.is_alarming
    desk.scan(BOTTLE.barcode)
    assert desk.said == "verdict.line.refunded", "the box still holds refunded goods"
    desk.presenter.hand.type_char(" ")
    desk.tasks.run()
    assert desk.called("take_out") == [parcel.lines[0].id]
    desk.scan(LABEL)
    assert desk.said == "packing.shipped"


def test_a_refund_of_goods_not_in_the_box_says_leave_it_out(desk):
    parcel = opened(desk)
    desk.world.refund(parcel.id, parcel.lines[1].id)
    desk.presenter.on_changed()
    desk.tasks.run()
    assert desk.said == "verdict.line.refunded_outside"
    desk.press(Command.BACK)
    assert desk.screen.sentence.what.facts["missing"] == 2


@pytest.mark.parametrize(("refunded", "code"), [(True, "line.refunded"), (False, "parcel.recalled")])
def test_a_parcel_cancelled_while_open_says_why_and_frees_the_desk(desk, refunded, code):
    parcel = opened(desk)
    lines = tuple(replace(line, is_withdrawn=refunded) for line in parcel.lines)
    desk.world.parcels[parcel.id] = replace(desk.world.parcels[parcel.id], state="cancelled", lines=lines)
    desk.presenter.on_changed()
    desk.tasks.run()
    assert (desk.said, desk.screen.parcel) == (f"verdict.{code}", None)
    assert desk.screen.is_alarming


def test_two_boxes(desk):
    opened(desk)
    desk.scan(MILK.barcode, "PD-BOX")
    assert desk.screen.parcel.box_count == 2
    assert desk.screen.parcel.missing_qty == 0
    desk.scan(LABEL)
    desk.press(Command.NEXT)
    assert desk.screen.parcel.box_no == 2
    assert desk.screen.parcel.missing_qty == 2


@pytest.mark.parametrize("takes_one_number", [True, False])
def test_a_shop_that_takes_one_number_is_said_when_its_order_is_split(desk, takes_one_number):
    desk.world.takes_one_number = takes_one_number
    opened(desk)
    desk.scan(MILK.barcode, "PD-BOX")
    sentence = desk.screen.sentence
    said = (sentence.what.code, sentence.mood, None if sentence.more is None else sentence.more.code)
    told = ("verdict.box.added", Mood.GOOD, "verdict.box.added.one_number")
    assert said == (told if takes_one_number else ("packing.printing", Mood.GOOD, None))
    assert not desk.screen.is_alarming
    desk.scan(LABEL)
    assert desk.said == "packing.shipped" or desk.screen.parcel is None, "it stands in nobody's way"


def test_exception_asks_for_a_reason_and_frees_the_desk(desk):
    parcel = opened(desk)
    desk.press(Command.EXCEPTION)
    assert desk.screen.asking is Asking.EXCEPTION
    desk.presenter.hand.type_char("5")
    desk.tasks.run()
    assert desk.called("exception") == ["wrong_goods"]
    assert (desk.said, desk.screen.parcel) == ("verdict.parcel.parked", None)
    desk.scan(parcel.waybill_no)
    assert desk.said == "verdict.parcel.held"


def test_a_reason_barcode_needs_no_question(desk):
    opened(desk)
    desk.scan("PD-REASON-1")
    assert desk.called("exception") == ["short"]


def test_a_digit_typed_with_no_question_is_part_of_a_code(desk):
    opened(desk)
    for char in "690":
        desk.presenter.hand.type_char(char)
    desk.tasks.run()
    assert desk.screen.typed == "690"
    assert desk.called("exception") == []


def test_reprint_keeps_the_number_and_new_number_voids_it(desk):
    opened(desk, (BOTTLE, 1))
    desk.scan(BOTTLE.barcode)
    desk.world.settle_prints()
    desk.press(Command.REPRINT)
    assert (desk.screen.asking, desk.screen.likeliest) == (Asking.REPRINT, "printer")
    desk.press(Command.REASON, 1)
    assert desk.called("reprint") == ["torn"]
    assert desk.screen.parcel.waybill_no == LABEL
    desk.press(Command.NEW_NUMBER)
    desk.press(Command.REASON, 5)
    assert desk.called("new_number") == ["address"]
    desk.scan(LABEL)
    assert desk.said == "verdict.label.voided"
    assert desk.screen.parcel is not None


@pytest.mark.parametrize("came_out", [True, False])
def test_unknown_label_is_asked_and_never_printed_by_itself(desk, came_out):
    opened(desk, (BOTTLE, 1))
    desk.scan(BOTTLE.barcode)
    job = desk.world.lose_track_of(1)
    desk.presenter.tick()
    desk.tasks.run()
    assert desk.screen.question.id == job.id
    for _ in range(5):
        desk.presenter.tick()
        desk.tasks.run()
    assert desk.called("answer_unknown") == []
    assert desk.called("print_label") == desk.called("reprint") == []
    desk.press(Command.LABEL_CAME if came_out else Command.LABEL_MISSING)
    assert desk.called("answer_unknown") == [came_out]
    assert desk.screen.question is None
    assert desk.screen.parcel.print_state == ("confirmed" if came_out else "queued")


def test_scanning_the_label_in_question_answers_it_and_ships(desk):
    opened(desk, (BOTTLE, 1))
    desk.scan(BOTTLE.barcode)
    desk.world.lose_track_of(1)
    desk.presenter.tick()
    desk.tasks.run()
    desk.scan(LABEL)
    assert desk.called("answer_unknown") == [True]
    assert desk.said == "packing.shipped"


def test_next_with_goods_in_the_box_wants_a_second_press(desk):
    opened(desk)
    desk.world.add_parcel((WIPES, 1))
    desk.scan(MILK.barcode)
    desk.press(Command.NEXT)
    assert (desk.said, desk.screen.parcel.id) == ("packing.leave_armed", 1)
    desk.press(Command.NEXT)
    assert desk.called("leave") == [1]
    assert desk.world.parcels[1].state == "to_pack"
    assert desk.screen.parcel.id == 2, "not the one just put back"


def test_next_when_nothing_else_waits_frees_the_desk_all_the_same(desk):
    opened(desk)
    desk.press(Command.NEXT)
    assert (desk.said, desk.screen.parcel) == ("verdict.nothing.to_pack", None)
    assert desk.world.parcels[1].opened_by == ""


def test_busy_database_is_tried_again_with_the_same_nonce(desk):
    opened(desk)
    seen = []
    real = desk.world.scan_goods

    def watched(parcel_id, fence, raw, nonce, qty=1):
        seen.append(nonce)
        verdict = real(parcel_id, fence, raw, nonce, qty)
        if len(seen) == 1:
            raise Unavailable("db.busy", "the answer was lost after the commit")
        return verdict

    desk.world.scan_goods = watched
    desk.scan(MILK.barcode)
    assert seen[0] == seen[1]
    assert desk.screen.parcel.lines[0].verified_qty == 1, "recorded once although asked twice"


def test_a_scan_that_cannot_be_recorded_is_said_and_the_rest_goes_on(desk):
    opened(desk)
    desk.world.failures = [Unavailable("db.busy", "busy"), Unavailable("db.busy", "busy")]
    desk.scan(MILK.barcode)
    sentence = desk.screen.sentence
    assert (sentence.what.code, sentence.more.code) == ("error.db.busy", "packing.not_recorded")
    assert sentence.more.facts["raw"] == MILK.barcode
    assert desk.screen.parcel.missing_qty == 3
    desk.scan(MILK.barcode)
    assert desk.screen.parcel.missing_qty == 2


@pytest.mark.expected_log("an act of the packing desk failed")
def test_a_defect_of_ours_is_logged_and_the_desk_works_on(desk, caplog):
    opened(desk)
    desk.world.failures = [ZeroDivisionError("oops")]
    desk.scan(MILK.barcode)
    assert desk.said == "error.bug"
    assert "an act of the packing desk failed" in caplog.text
    caplog.clear()
    desk.scan(MILK.barcode)
    assert desk.said == "packing.scan_goods"


def test_unknown_command_is_refused_and_not_looked_up_as_goods(desk):
    opened(desk)
    desk.scan("PD-DROP-TABLE")
    assert desk.said == "packing.command_unknown"
    assert desk.called("scan_goods") == []


def test_commands_without_a_parcel_are_refused(desk):
    for command in (Command.UNDO, Command.BOX, Command.HAND, Command.EXCEPTION, Command.REPRINT):
        desk.press(command)
        assert desk.said == "packing.nothing_open"


def test_weight_is_typed_in_grams(desk):
    opened(desk)
    desk.press(Command.WEIGHT)
    assert desk.screen.asking is Asking.WEIGHT
    for char in "2130":
        desk.presenter.hand.type_char(char)
    desk.presenter.hand.enter()
    desk.tasks.run()
    assert desk.screen.parcel.weight_g == 2130


def test_typed_code_counts_as_scanned_with_enter(desk):
    opened(desk)
    for char in MILK.barcode:
        desk.presenter.hand.type_char(char)
    assert desk.screen.typed == MILK.barcode
    desk.presenter.hand.enter()
    desk.tasks.run()
    assert (desk.screen.typed, desk.screen.parcel.missing_qty) == ("", 2)


def test_batch_way_opens_by_label_and_ships_by_label(desk):
    parcel = desk.world.add_parcel((BOTTLE, 1), print_state="confirmed")
    desk.scan(parcel.waybill_no, BOTTLE.barcode)
    assert desk.said == "packing.scan_label"
    desk.scan(parcel.waybill_no)
    assert desk.said == "packing.shipped"


def test_auto_next_opens_the_next_parcel(desk):
    desk.settings.put("auto_next", True)
    opened(desk, (BOTTLE, 1))
    desk.world.add_parcel((WIPES, 1))
    desk.scan(BOTTLE.barcode, LABEL)
    assert desk.screen.parcel.id == 2


def test_arrow_keys_choose_the_line_to_confirm(desk):
    parcel = opened(desk, (BIB, 1), (BIB, 2))
    desk.presenter.choose_line(1)
    assert desk.screen.current_line_id == parcel.lines[1].id
    desk.presenter.choose_line(1)
    assert desk.screen.current_line_id == parcel.lines[1].id
    desk.press(Command.HAND)
    assert desk.called("confirm_by_hand") == [parcel.lines[1].id]


def test_closing_puts_the_parcel_back(desk):
    parcel = opened(desk)
    desk.presenter.close()
    desk.tasks.run()
    assert desk.world.parcels[parcel.id].state == "to_pack"


def test_waiting_for_the_number_and_its_failure(desk):
    opened(desk, (BOTTLE, 1), waybill_state="requesting", waybill_no="", waybill_id=None)
    desk.scan(BOTTLE.barcode)
    assert desk.said == "packing.await_number"
    desk.world.parcels[1] = replace(desk.world.parcels[1], waybill_state="failed")
    desk.presenter.tick()
    desk.tasks.run()
    assert desk.said == "packing.no_number"


def test_the_presenter_needs_no_widgets():
    code = "import desktop.pages.packing.presenter, sys; print('PySide6.QtWidgets' in sys.modules)"
    import subprocess

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


# --- the newest word of the shop (P4) ---------------------------------------------------------------------------


def _ready_to_ship_on_old(desk, minutes=4):
    parcel = opened(desk, (BOTTLE, 1))
    desk.scan(BOTTLE.barcode)
    desk.now += timedelta(minutes=minutes)
    return parcel


def test_an_old_word_is_asked_for_at_the_label_and_the_clerk_sees_it(desk):
    _ready_to_ship_on_old(desk)
    desk.presenter.scan(LABEL)
    desk.tasks.run(1)
    assert (desk.said, desk.screen.sentence.mood) == ("packing.asking_shop", Mood.CALM)
    assert desk.screen.sentence.more.facts["age"].facts == {"n": 4}
    desk.presenter.scan("690")
    assert desk.screen.waiting == 2, "what is scanned meanwhile waits"
    desk.tasks.run()
    assert desk.called("ask_shop") == [1]
    assert desk.called("scan_label") == [LABEL, LABEL]
    assert desk.called("open_code") == ["690"]
    assert [row.waybill_no for row in desk.screen.recent] == [LABEL]
    assert desk.screen.shipped_on_old == ()


def test_a_young_word_asks_nobody(desk):
    _ready_to_ship_on_old(desk, minutes=2)
    desk.scan(LABEL)
    assert desk.called("ask_shop") == []
    assert desk.said == "packing.shipped"


def test_the_limit_is_a_setting(desk):
    desk.settings.put("knowledge_limit_s", 60)
    _ready_to_ship_on_old(desk, minutes=2)
    desk.scan(LABEL)
    assert desk.called("ask_shop") == [1]


def test_a_refund_the_shop_tells_of_then_stops_the_parcel(desk):
    parcel = _ready_to_ship_on_old(desk)
    desk.world.at_shop = lambda parcel_id: desk.world.refund(parcel_id, parcel.lines[0].id)
    desk.scan(LABEL)
    assert (desk.said, desk.screen.is_alarming) == ("verdict.line.refunded", True)
    assert desk.screen.parcel is not None
    assert desk.world.shipped == []


def test_a_silent_shop_ships_with_a_notice_or_stops_by_setting(desk):
    desk.world.shop_answers = False
    _ready_to_ship_on_old(desk)
    desk.settings.put("ship_on_old", False)
    desk.scan(LABEL)
    assert (desk.said, desk.screen.sentence.mood) == ("verdict.knowledge.old", Mood.STOP)
    assert desk.screen.parcel is not None
    desk.settings.put("ship_on_old", True)
    desk.scan(LABEL)
    sentence = desk.screen.sentence
    assert (desk.said, sentence.mood) == ("verdict.parcel.shipped_on_old", Mood.NOTICE)
    assert sentence.more.facts["age"].facts == {"n": 4}
    assert desk.screen.parcel is None
    assert [number for number, _ in desk.screen.shipped_on_old] == [LABEL]


def test_an_old_word_is_still_told_when_the_next_parcel_opens_by_itself(desk):
    desk.world.shop_answers = False
    desk.settings.put("auto_next", True)
    _ready_to_ship_on_old(desk)
    desk.world.add_parcel((WIPES, 1))
    desk.scan(LABEL)
    assert desk.screen.parcel.id == 2
    assert [number for number, _ in desk.screen.shipped_on_old] == [LABEL]


def test_asking_that_fails_is_tried_again_and_then_said(desk):
    _ready_to_ship_on_old(desk)

    def broken(_parcel_id):
        raise Unavailable("db.busy", "busy")

    desk.world.at_shop = broken
    desk.scan(LABEL)
    assert desk.said == "error.db.busy"
    assert desk.screen.parcel is not None
    desk.world.at_shop = lambda _parcel_id: None
    desk.scan(LABEL)
    assert desk.said == "packing.shipped"


# --- a jam: the label's key twice -------------------------------------------------------------------------------


def _printed(desk):
    parcel = opened(desk, (BOTTLE, 1))
    desk.scan(BOTTLE.barcode)
    desk.world.settle_prints()
    desk.press(Command.REFRESH)
    return parcel


@pytest.mark.parametrize("by_enter", [False, True])
def test_the_same_key_again_or_enter_reprints_for_a_jam(desk, by_enter):
    _printed(desk)
    desk.press(Command.REPRINT)
    desk.now += timedelta(seconds=0.5)
    if by_enter:
        desk.presenter.hand.enter()
        desk.tasks.run()
    else:
        desk.press(Command.REPRINT)
    assert desk.called("reprint") == ["printer"]
    assert desk.screen.asking is Asking.NOTHING
    assert desk.said == "packing.reprinting"
    assert desk.called("new_number") == []


def test_a_key_that_bounces_reprints_nothing(desk):
    _printed(desk)
    for _ in range(3):
        desk.press(Command.REPRINT)
        desk.presenter.hand.enter()
        desk.tasks.run()
    assert desk.called("reprint") == []
    assert desk.screen.asking is Asking.REPRINT


def test_the_second_enter_of_a_scanner_answers_no_question(desk):
    _printed(desk)
    desk.press(Command.REPRINT)
    desk.now += timedelta(seconds=2)
    desk.presenter.scan(BOTTLE.barcode)
    desk.presenter.hand.enter()
    desk.tasks.run()
    assert desk.called("reprint") == []
    assert desk.screen.asking is Asking.NOTHING


def test_enter_chooses_no_reason_for_a_new_number(desk):
    _printed(desk)
    desk.press(Command.REPRINT)
    desk.press(Command.NEW_NUMBER)
    desk.now += timedelta(seconds=2)
    desk.presenter.hand.enter()
    desk.press(Command.NEW_NUMBER)
    assert (desk.called("new_number"), desk.called("reprint")) == ([], [])
    assert (desk.screen.asking, desk.screen.likeliest) == (Asking.NEW_NUMBER, "")


def test_a_label_that_failed_to_print_comes_again_at_one_press(desk):
    opened(desk, (BOTTLE, 1))
    desk.scan(BOTTLE.barcode)
    desk.world.settle_prints("failed")
    desk.press(Command.REFRESH)
    assert desk.said == "packing.print_failed"
    desk.press(Command.REPRINT)
    assert desk.called("reprint") == ["printer"]


# --- another desk's parcel --------------------------------------------------------------------------------------


def test_a_parcel_of_a_dead_desk_is_taken_over_by_two_presses(desk):
    parcel = desk.world.add_parcel((MILK, 2))
    desk.world.open_elsewhere(parcel.id, "2号台")
    desk.scan(parcel.waybill_no)
    assert (desk.said, desk.screen.offer.by) == ("verdict.parcel.taken", "2号台")
    desk.press(Command.TAKE_OVER)
    assert (desk.said, desk.called("take_over")) == ("packing.take_armed", [])
    assert desk.screen.sentence.what.facts["by"] == "2号台"
    desk.press(Command.TAKE_OVER)
    assert (desk.said, desk.screen.parcel.id) == ("verdict.parcel.taken_over", parcel.id)
    assert (desk.screen.offer, desk.screen.is_alarming) == (None, False)
    desk.scan(MILK.barcode)
    assert (desk.said, desk.screen.parcel.missing_qty) == ("packing.scan_goods", 1)


def test_the_second_press_takes_over_only_what_was_told(desk):
    parcel = desk.world.add_parcel((MILK, 2))
    desk.world.open_elsewhere(parcel.id, "2号台")
    desk.scan(parcel.waybill_no)
    desk.press(Command.TAKE_OVER)
    desk.now += timedelta(seconds=6)
    desk.press(Command.TAKE_OVER)
    assert desk.called("take_over") == [], "too late: a first press again"
    desk.world.open_elsewhere(parcel.id, "3号台")
    desk.press(Command.TAKE_OVER)
    assert (desk.said, desk.screen.parcel) == ("verdict.parcel.taken", None)
    assert (desk.screen.offer.by, desk.world.parcels[parcel.id].opened_by) == ("3号台", "3号台")


def test_without_an_offer_nothing_is_taken_over(desk):
    parcel = desk.world.add_parcel((MILK, 2))
    desk.world.open_elsewhere(parcel.id, "2号台")
    desk.press(Command.TAKE_OVER)
    assert desk.said == "packing.nothing_to_take"
    desk.scan(parcel.waybill_no)
    desk.press(Command.BACK)
    assert desk.screen.offer is None
    desk.press(Command.TAKE_OVER)
    desk.press(Command.TAKE_OVER)
    assert desk.called("take_over") == []


# --- whose it is ------------------------------------------------------------------------------------------------


def test_a_wrong_item_says_what_and_whose_it_is(desk):
    opened(desk)
    desk.scan(DIAPERS.barcode)
    more = desk.screen.sentence.more.facts
    assert (more["goods"], more["whose"].code) == (f"{DIAPERS.name} {DIAPERS.spec}", "packing.whose.nobody")
    other = desk.world.add_parcel((DIAPERS, 1))
    desk.scan(DIAPERS.barcode)
    whose = desk.screen.sentence.more.facts["whose"]
    assert (whose.code, whose.facts["n"], whose.facts["total"]) == ("packing.whose.wave", 2, 120)
    desk.world.open_elsewhere(other.id, "2号台")
    desk.scan(DIAPERS.barcode)
    assert desk.screen.sentence.more.facts["whose"].code == "packing.whose.desk"
    assert desk.screen.offer is None, "one parcel at a time"


def test_goods_left_on_a_dead_desk_lead_to_its_parcel(desk):
    parcel = desk.world.add_parcel((MILK, 2))
    desk.scan(MILK.barcode)
    assert (desk.said, desk.screen.offer) == ("verdict.goods.nothing_open", None)
    desk.world.open_elsewhere(parcel.id, "2号台")
    desk.scan(MILK.barcode)
    assert desk.screen.offer.by == "2号台"
    desk.press(Command.TAKE_OVER)
    desk.press(Command.TAKE_OVER)
    assert desk.screen.parcel.id == parcel.id


# --- waves and what to fetch ------------------------------------------------------------------------------------


def test_a_started_wave_shows_what_to_fetch_and_arrows_choose_another(desk):
    for lines in (((MILK, 2), (BOTTLE, 1)), ((MILK, 1),), ((WIPES, 24),)):
        desk.world.add_parcel(*lines)
    desk.press(Command.WAVE)
    assert desk.screen.wave.id == 1
    assert [(row.sku_code, row.qty) for row in desk.screen.picks] == [
        ("BTL-240-P", 1),
        ("MLK-3-900", 3),
        ("WIP-80", 24),
    ]
    desk.press(Command.WAVE)
    assert desk.screen.wave.id == 2, "the one just started"
    desk.presenter.choose_line(-1)
    desk.tasks.run()
    assert desk.screen.wave.id == 1
    desk.presenter.choose_line(-1)
    desk.presenter.choose_line(1)
    desk.tasks.run()
    assert desk.screen.wave.id == 2
    desk.world.open_waves.clear()
    desk.presenter.on_changed()
    desk.tasks.run()
    assert (desk.screen.wave, desk.screen.picks) == (None, ())


# --- single-item rush ---------------------------------------------------------------------------------------------


@pytest.fixture
def rush(desk):
    """Two tins of milk and a bottle, each alone in its parcel, in a rush."""
    for goods in (MILK, BOTTLE, MILK):
        desk.world.add_parcel((goods, 1))
    desk.settings.put("way", "single_item")
    desk.press(Command.WAVE)
    assert desk.screen.rush is not None
    return desk


def printed(desk):
    desk.world.settle_prints()
    desk.presenter.tick()
    desk.tasks.run()


def test_a_rush_goes_from_goods_to_label_to_goods(rush):
    assert rush.said == "packing.rush"
    rush.scan(MILK.barcode)
    assert (rush.screen.parcel.id, rush.said) == (1, "packing.printing")
    printed(rush)
    assert (rush.said, rush.screen.sentence.way.code) == ("packing.scan_label", "packing.rush.next")
    rush.scan(LABEL)
    assert (rush.screen.parcel, rush.said) == (None, "packing.shipped")
    assert rush.screen.sentence.way.code == "packing.rush.way"
    rush.scan(BOTTLE.barcode)
    printed(rush)
    rush.scan(MILK.barcode)
    assert rush.screen.parcel.id == 3, "the next, with the bottle put aside"
    assert rush.sounds == ["complete", "shipped", "complete", "complete"]
    assert rush.called("scan_goods") == rush.called("open_code") == rush.called("open_next") == []


def test_without_single_items_no_rush_begins_and_the_clerk_reads_why(desk):
    desk.settings.put("way", "single_item")
    desk.press(Command.WAVE)
    assert (desk.said, desk.screen.sentence.way.code) == ("packing.no_rush", "packing.no_rush.way")


def test_wrong_goods_in_a_rush_are_said_large(rush):
    rush.scan(DIAPERS.barcode)
    assert (rush.said, rush.screen.sentence.mood) == ("verdict.rush.not_inside", Mood.STOP)
    assert rush.screen.sentence.more.facts["goods"] == f"{DIAPERS.name} {DIAPERS.spec}"
    rush.scan(BOTTLE.barcode)
    assert rush.screen.parcel.id == 2


def test_a_burst_in_a_rush_keeps_its_order_and_a_doubled_scan_takes_one_parcel(rush):
    for code in (MILK.barcode, MILK.barcode, LABEL, BOTTLE.barcode):
        rush.presenter.scan(code)
    assert rush.screen.waiting == 4
    rush.tasks.run()
    assert rush.called("rush") == [MILK.barcode, MILK.barcode, LABEL, BOTTLE.barcode]
    assert [row.parcel_id for row in rush.world.shipped] == [1]
    assert rush.screen.parcel.id == 2
    assert rush.world.parcels[3].state == "to_pack"


def test_what_was_tried_twice_in_a_rush_is_one_parcel(rush):
    rush.world.failures.append(Unavailable("db.busy", "busy"))
    rush.scan(MILK.barcode)
    assert rush.screen.parcel.id == 1
    assert rush.world.parcels[3].state == "to_pack"


def test_a_rush_opens_nothing_by_itself(rush):
    rush.settings.put("auto_next", True)
    rush.scan(MILK.barcode)
    printed(rush)
    rush.scan(LABEL)
    assert (rush.screen.parcel, rush.called("open_next")) == (None, [])


def test_a_rush_asks_the_shop_like_any_other_scan(rush):
    rush.world.parcels[1] = replace(rush.world.parcels[1], seen_at=rush.now - timedelta(hours=1))
    rush.scan(MILK.barcode)
    printed(rush)
    rush.scan(LABEL)
    assert rush.called("ask_shop") == [1]
    assert rush.called("rush") == [MILK.barcode, LABEL, LABEL]
    assert rush.said == "packing.shipped"


def test_another_waves_parcel_is_packed_as_ever_while_a_rush_is_on(rush):
    rush.world.add_parcel((BIB, 1), (WIPES, 1))
    rush.scan("T2026010800004")
    assert (rush.screen.parcel.id, rush.screen.rush) == (4, None)
    rush.scan(WIPES.barcode)
    assert rush.called("scan_goods") == [WIPES.barcode]
