"""GS1 codes: what they say, and that nothing which only resembles one is taken for one."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.catalog.gs1 import GS, Gs1, parse

GTIN = "06901234567892"
YEAR = 2026
SAID = Gs1(GTIN, batch="A1", serial="S9", expires_on=date(2027, 12, 31))


@pytest.mark.parametrize(
    "raw",
    [
        f"01{GTIN}1727123110A1{GS}21S9",
        f"]C101{GTIN}1727123110A1{GS}21S9",
        f"]d201{GTIN}10A1{GS}17271231{GS}21S9",
        f"]Q3{GS}01{GTIN}21S9{GS}10A1{GS}17271231",
        f"{GS}01{GTIN}10A1{GS}1727123121S9{GS}",
        f"(01){GTIN}(10)A1(17)271231(21)S9",
        f"(01) {GTIN} (17) 271231 (10) A1 (21) S9",
        f"(01){GTIN}(17)271200(10)A1(21)S9",
        f"]C101{GTIN}1727123110A1{GS}21S9{GS}240EXTRA{GS}3103001250",
    ],
)
def test_the_same_is_said_in_every_form(raw):
    assert parse(raw, YEAR) == SAID


def test_best_before_counts_where_no_last_day_is_named():
    assert parse(f"(01){GTIN}(15)270630", YEAR).expires_on == date(2027, 6, 30)
    assert parse(f"(01){GTIN}(15)270630(17)270831", YEAR).expires_on == date(2027, 8, 31)


def test_a_month_of_making_is_its_first_day_and_one_of_ending_its_last():
    said = parse(f"(01){GTIN}(11)260200(17)280200", YEAR)
    assert (said.made_on, said.expires_on) == (date(2026, 2, 1), date(2028, 2, 29))


@pytest.mark.parametrize(("two", "year"), [("76", 2076), ("77", 1977), ("00", 2000), ("26", 2026)])
def test_two_digits_mean_the_closest_year(two, year):
    assert parse(f"(01){GTIN}(17){two}0101", YEAR).expires_on == date(year, 1, 1)


def test_cartons_say_how_many_they_hold():
    assert parse(f"(02){GTIN}(37)12(10)A1", YEAR) == Gs1(GTIN, is_content=True, batch="A1", count=12)
    assert parse(f"(01){GTIN}(30)6", YEAR).count == 6


def test_a_number_is_looked_up_in_every_length_it_is_printed_in():
    assert parse(f"(01){GTIN}", YEAR).barcodes == (GTIN, "6901234567892")
    assert parse("(01)00000096385074", YEAR).barcodes == (
        "00000096385074",
        "0000096385074",
        "000096385074",
        "96385074",
    )
    assert parse("(01)16901234567899", YEAR).barcodes == ("16901234567899",)


def test_a_batch_may_be_named_alone_where_the_code_is_surely_gs1():
    assert parse("(10)A1", YEAR) == Gs1(batch="A1")
    assert parse("]d210A1", YEAR) == Gs1(batch="A1")
    assert parse("10A1", YEAR) is None


@pytest.mark.parametrize(
    "raw",
    [
        "6901234567892",
        "06901234567892",
        "SF1234567890123",
        "YT0101010101010",
        "0169012345678921727123110A1",
        "01069012345678931727123110A1",
        "(01)06901234567893",
        "(01)0690123456789",
        "(01)06901234567892(17)271331",
        "(01)06901234567892(17)270230",
        "(01)06901234567892(17)2712",
        f"(01)06901234567892(10){'x' * 21}",
        "(01)06901234567892(10)",
        "(01)06901234567892(10)A1(10)A2",
        "(01)06901234567892(30)0",
        "(01)06901234567892(37)1x",
        "(10)奶粉",
        "x(01)06901234567892",
        "(01",
        "]C1",
        "]d2\x1d",
        "(21)S9",
        "",
        "https://example.test/01/06901234567892",
    ],
)
def test_what_breaks_a_rule_is_some_other_code(raw):
    assert parse(raw, YEAR) is None


_PIECES = st.sampled_from(
    [
        "01",
        "02",
        "10",
        "11",
        "15",
        "17",
        "21",
        "30",
        "37",
        "3103",
        "240",
        "(",
        ")",
        "(01)",
        "(10)",
        "]C1",
        GS,
        GTIN,
        "A1",
    ]
)


@given(st.one_of(st.text(max_size=60), st.lists(_PIECES, max_size=12).map("".join)), st.integers(1, 9998))
def test_whatever_is_scanned_is_read_or_left_alone(raw, year):
    said = parse(raw, max(51, min(year, 9900)))
    if said is not None:
        assert said.gtin or said.batch
        assert said.count is None or said.count > 0
        assert len(said.batch) <= 20


_CODES = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="()"), min_size=1, max_size=20)


@given(_CODES, _CODES, st.dates(date(1980, 1, 1), date(2070, 12, 31)), st.booleans())
def test_what_was_written_is_what_is_read(batch, serial, last, is_printed):
    day = f"{last:%y%m%d}"
    raw = (
        f"(01){GTIN}(10){batch}(17){day}(21){serial}" if is_printed else f"]d201{GTIN}10{batch}{GS}17{day}21{serial}"
    )
    assert parse(raw, YEAR) == Gs1(GTIN, batch=batch, serial=serial, expires_on=last)
