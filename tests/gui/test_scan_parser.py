"""Gun or hand: the rules alone, without Qt's event loop."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.scanner import Answer, Key, Ruling, ScanParser, normalised


def typed(parser: ScanParser, text: str, gap_ms: float, start: float = 0.0) -> list[Answer]:
    """The answers to a text and Enter, one key each `gap_ms`."""
    keys = [(Key.CHAR, char) for char in text] + [(Key.TERMINATOR, "")]
    return [parser.key(kind, char, start + number * gap_ms) for number, (kind, char) in enumerate(keys)]


def test_fast_keys_with_enter_are_a_scan_and_nobody_else_gets_them():
    answers = typed(ScanParser(), "6901234567892", 8)
    assert answers[-1].scan == "6901234567892"
    assert all(answer.ruling is not Ruling.PASS for answer in answers)
    assert not any(answer.releases for answer in answers)


def test_slow_keys_are_typing():
    answers = typed(ScanParser(), "6901234567892", 120)
    assert not any(answer.scan for answer in answers)
    assert answers[-1].ruling is Ruling.PASS
    assert all(answer.releases for answer in answers[1:])


@pytest.mark.parametrize(("gap", "is_scan"), [(50, True), (51, False)])
def test_the_gap_is_a_setting_and_a_limit(gap, is_scan):
    assert bool(typed(ScanParser(gap_ms=50), "69012345", gap)[-1].scan) is is_scan


def test_two_quick_letters_and_enter_are_a_hand():
    answers = typed(ScanParser(), "ok", 20)
    assert answers[-1] == Answer(Ruling.PASS, releases=True)


def test_same_code_again_at_once_is_one_scan():
    parser = ScanParser(debounce_ms=250)
    assert typed(parser, "12345", 5, 0)[-1].scan == "12345"
    again = typed(parser, "12345", 5, 100)[-1]
    assert (again.scan, again.is_repeat) == ("", True)
    assert typed(parser, "12345", 5, 600)[-1].scan == "12345"


def test_another_code_at_once_is_another_scan():
    parser = ScanParser()
    typed(parser, "12345", 5, 0)
    assert typed(parser, "12346", 5, 60)[-1].scan == "12346"


def test_second_half_of_cr_lf_is_swallowed():
    parser = ScanParser()
    typed(parser, "12345", 5, 0)
    assert parser.key(Key.TERMINATOR, "", 30).ruling is Ruling.SWALLOW
    assert parser.key(Key.TERMINATOR, "", 900).ruling is Ruling.PASS


def test_a_prefix_of_the_scanner_is_never_a_command():
    parser = ScanParser()
    assert parser.key(Key.COMMAND, "", 0).ruling is Ruling.HOLD
    first = parser.key(Key.CHAR, "1", 5)
    assert first.drops
    for number, char in enumerate("2345"):
        parser.key(Key.CHAR, char, 10 + number * 5)
    assert parser.key(Key.COMMAND, "", 32).ruling is Ruling.SWALLOW
    assert parser.key(Key.TERMINATOR, "", 35).scan == "12345"


def test_a_lone_command_is_given_back_when_it_stays_quiet():
    parser = ScanParser()
    parser.key(Key.COMMAND, "", 0)
    assert parser.quiet() == ""
    assert parser.key(Key.OTHER, "", 500) == Answer(Ruling.PASS, releases=False)


def test_arrow_in_between_gives_back_what_was_held():
    parser = ScanParser()
    parser.key(Key.CHAR, "a", 0)
    assert parser.key(Key.OTHER, "", 10) == Answer(Ruling.PASS, releases=True)


def test_endless_codes_do_not_fill_the_memory():
    parser = ScanParser()
    for number in range(2000):
        parser.key(Key.CHAR, "1", number)
    assert len(parser.key(Key.TERMINATOR, "", 2001).scan) == 512


@pytest.mark.parametrize(
    ("char", "meant"),
    [("7", "7"), ("\uff17", "7"), ("\uff21", "A"), ("\u3000", " "), ("\x1d", ""), ("张", ""), ("", ""), ("ab", "")],
)
def test_full_width_characters_are_folded_and_others_are_no_code(char, meant):
    assert normalised(char) == meant


@given(st.lists(st.tuples(st.sampled_from("0123456789ABC"), st.integers(0, 200)), max_size=60))
def test_every_key_is_either_given_back_or_part_of_a_code(keys):
    """Whatever the times: no key disappears."""
    parser = ScanParser(debounce_ms=0)
    held, given_back, at = 0, 0, 0
    for char, gap in keys:
        at += gap
        answer = parser.key(Key.CHAR, char, at)
        if answer.releases:
            given_back += held
            held = 0
        held += 1
    answer = parser.key(Key.TERMINATOR, "", at + 1)
    if answer.releases:
        given_back += held
        held = 0
    assert given_back + held == len(keys)
    assert len(answer.scan) == (held if held >= 3 else 0)


def test_the_separator_of_a_gs1_code_stays_within_it():
    parser = ScanParser()
    keys = [
        *((Key.CHAR, char) for char in "]d20106901234567892" + "10A1"),
        (Key.SEPARATOR, ""),
        (Key.CHAR, "2"),
        (Key.CHAR, "1"),
    ]
    for number, (kind, char) in enumerate([*keys, (Key.TERMINATOR, "")]):
        answer = parser.key(kind, char, number * 5)
    assert answer.scan == "]d2010690123456789210A1\x1d21"


def test_a_separator_that_leads_a_code_is_a_prefix_and_alone_it_is_a_hands_command():
    parser = ScanParser()
    assert parser.key(Key.SEPARATOR, "", 0) == Answer(Ruling.HOLD)
    assert typed(parser, "0106901234567892", 5, 5)[-1].scan == "0106901234567892"
    parser = ScanParser()
    assert parser.key(Key.SEPARATOR, "", 0) == Answer(Ruling.HOLD)
    assert parser.key(Key.CHAR, "a", 900).releases
