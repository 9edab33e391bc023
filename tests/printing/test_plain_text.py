import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printing.plain_text import CONTROL_MARK, LINE_BREAK_MARK, MAX_DRAWN_CHARS, MAX_STACKED_MARKS, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("请写<3件>", "请写<3件>"),
        ("  两端空白 \n", "两端空白"),
        ("一\r\n二\r三\n四", f"一{LINE_BREAK_MARK}二{LINE_BREAK_MARK}三{LINE_BREAK_MARK}四"),
        ("一\u2028二", f"一{LINE_BREAK_MARK}二"),
        ("a\tb\u3000c\u00a0d", "a b c d"),
        ('x"\r\nPRINT 500,1', f'x"{LINE_BREAK_MARK}PRINT 500,1'),
        ("张\u202e三", f"张{CONTROL_MARK}三"),
        ("张\u2066三\u200d四\ufeff五", f"张{CONTROL_MARK}三{CONTROL_MARK}四{CONTROL_MARK}五"),
        ("\x1b@\x00\x7f\x9b", CONTROL_MARK + "@" + CONTROL_MARK * 3),
        ("半\ud800个", f"半{CONTROL_MARK}个"),
        ("葛\U000e0100城", "葛城"),
    ],
)
def test_what_would_act_unseen_is_shown(text, shown):
    assert visible(text) == shown


def test_thousands_of_stacked_accents_become_a_few_and_a_mark():
    shown = visible("é" + "\u0301" * 20_000 + "后")
    assert len(shown) <= MAX_STACKED_MARKS + 4
    assert CONTROL_MARK in shown


def test_a_cut_text_says_so():
    shown = visible("长" * 10_000)
    assert len(shown) == MAX_DRAWN_CHARS
    assert shown.endswith("…")


@given(text=st.text(alphabet=st.characters(codec=None), max_size=200))
def test_the_result_has_no_acting_character_whatever_comes_in(text):
    for char in visible(text):
        assert unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@given(text=st.text(max_size=200))
def test_showing_twice_is_showing_once(text):
    once = visible(text)
    assert visible(once) == once
