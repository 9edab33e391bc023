"""What one try of a scanner says: speed, end, letters; and that a hand is no scanner."""

import pytest

from desktop.scan_parser import Stroke
from desktop.scan_trial import QUIET_MS, SAMPLE, Finding, Tape, judge

#: gaps of a hand that types fifteen letters
HAND = (140, 210, 95, 180, 330, 120, 160, 240, 110, 150, 290, 130, 170, 200, 220)


def typed(text, gaps, ends="enter", **more):
    strokes, at = [], 1000.0
    for char, gap in zip(text, gaps, strict=False):
        strokes.append(Stroke(char, at, **more))
        at += gap
    return [*strokes, Stroke("", at, ends)] if ends else strokes


def even(gap, text=SAMPLE):
    return [gap] * len(text)


def test_a_quick_scanner_that_ends_with_enter_works_with_the_usual_gap():
    trial = judge(typed(SAMPLE, even(4)))
    assert (trial.findings, trial.ends, trial.gap_ms) == ((Finding.QUICK,), "enter", 50)
    assert trial.works
    assert (trial.text, trial.typical_ms) == (SAMPLE, 4)


def test_any_barcode_will_do_and_a_tab_is_an_end():
    trial = judge(typed("6901234567892", even(8), "tab"))
    assert trial.works
    assert trial.ends == "tab"


def test_a_slow_even_scanner_gets_a_longer_gap():
    trial = judge(typed(SAMPLE, even(80)))
    assert trial.findings == (Finding.SLOW,)
    assert 80 < trial.gap_ms <= 200
    assert trial.gap_ms == 120


def test_one_hiccup_of_a_busy_machine_makes_no_hand_of_a_scanner():
    gaps = even(5)
    gaps[6] = 70
    trial = judge(typed(SAMPLE, gaps))
    assert trial.works
    assert trial.gap_ms == 110


def test_steps_that_no_gap_can_tell_from_a_hand_are_named():
    trial = judge(typed(SAMPLE, even(180)))
    assert trial.findings[0] is Finding.TOO_SLOW
    assert not trial.works
    assert trial.gap_ms == 0


@pytest.mark.parametrize("ends", ["enter", ""])
def test_a_hand_is_recognised_and_nothing_is_held_against_its_letters(ends):
    trial = judge(typed(SAMPLE.swapcase(), HAND, ends))
    assert trial.findings == (Finding.BY_HAND,)
    assert not trial.works


def test_a_scanner_without_an_end_is_told_so():
    trial = judge(typed(SAMPLE, even(4), ""))
    assert trial.findings == (Finding.NO_END,)
    assert not trial.works


def test_swapped_case_is_told_from_other_letters():
    assert judge(typed(SAMPLE.swapcase(), even(4))).findings == (Finding.CASE,)
    assert judge(typed(SAMPLE.upper(), even(4))).findings == (Finding.CASE,)
    elsewhere = SAMPLE.replace("Y", "Z").replace("-", "/")
    assert judge(typed(elsewhere, even(4))).findings == (Finding.LAYOUT,)
    assert judge(typed("ABCDEFGHIJKLMNO", even(4))).works, "another code of the same length is no broken sample"


def test_full_width_and_input_methods_are_seen_as_they_come():
    wide = "".join(chr(ord(char) + 0xFEE0) for char in SAMPLE)
    assert judge(typed(wide, even(4))).findings == (Finding.FULL_WIDTH,)
    assert judge(typed("七张包裹台", even(4), by_input_method=True)).findings == (Finding.INPUT_METHOD,)


def test_a_tape_ends_with_the_terminator_or_a_pause_and_forgets_single_keys():
    tape = Tape()
    for stroke in typed(SAMPLE, even(4), ""):
        assert tape.put(stroke) is None
    assert tape.is_open
    assert tape.quiet().findings == (Finding.NO_END,)
    assert not tape.is_open
    assert tape.quiet() is None
    assert tape.put(Stroke("", 5000.0, "enter")) is None, "a bare Enter is the clerk's"
    tape.put(Stroke("x", 6000.0))
    for stroke in typed(SAMPLE, even(4)):
        trial = tape.put(Stroke(stroke.text, stroke.at_ms + 6000 + QUIET_MS, stroke.ends))
    assert trial.text == SAMPLE, "a key pressed long before belongs to no code"
