"""Foreign JSON is read as what it is or refused by the name of its place; nothing is guessed."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from core.channels.fields import Fields, china_text
from core.runtime.remote_errors import ContractBroken


def fields(**values: object) -> Fields:
    return Fields(values, "order")


@pytest.mark.parametrize(
    ("written", "fen"),
    [
        ("299.00", 29900),
        ("0.1", 10),
        (299.9, 29990),
        (1234567.89, 123456789),
        ("", 0),
        (None, 0),
        ("5", 500),
        (7, 700),
    ],
)
def test_yuan_becomes_fen_exactly(written: object, fen: int) -> None:
    assert fields(price=written).yuan("price") == fen


@pytest.mark.parametrize(
    "written", ["0.001", "-1", "一百", "1e99", True, [], "NaN", "Infinity", 10**13, "1,000.00", 0.1 + 0.2]
)
def test_yuan_that_is_none_is_refused(written: object) -> None:
    with pytest.raises(ContractBroken) as caught:
        fields(price=written).yuan("price")
    assert caught.value.code == "order.price"


def test_ids_longer_than_a_float_stay_whole() -> None:
    big = 6918490006302719314
    assert fields(id=big).id("id") == fields(id=str(big)).id("id") == str(big)


def test_local_time_of_the_mainland_is_not_the_pcs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    found = fields(at="2026-03-08 02:30:00").china("at")

    assert found == datetime(2026, 3, 7, 18, 30, tzinfo=UTC)
    assert china_text(found) == "2026-03-08 02:30:00"


@pytest.mark.parametrize("never", [None, "", " ", "0001-01-01 00:00:00"])
def test_never_is_no_time(never: object) -> None:
    assert fields(at=never).china_or_none("at") is None
    assert fields(at=0).epoch_or_none("at") is None


BAD: dict[str, Callable[[Fields], object]] = {
    "no child": lambda found: found.child("missing"),
    "number for text": lambda found: found.text("number"),
    "no id": lambda found: found.id("missing"),
    "strange word": lambda found: found.word("word", frozenset({"a"})),
    "text for whole": lambda found: found.whole("word", 0, 9),
    "word for number": lambda found: found.whole_or("word", 0),
    "no units": lambda found: found.qty("zero"),
    "money below zero": lambda found: found.fen("minus"),
    "word for flag": lambda found: found.flag("word"),
    "instant without offset": lambda found: found.instant("local"),
    "word for local time": lambda found: found.china("word"),
    "second below zero": lambda found: found.epoch("minus"),
    "no second": lambda found: found.epoch("missing"),
    "word for rows": lambda found: found.rows("word"),
    "row that is none": lambda found: found.rows("mixed"),
    "number for blank": lambda found: found.text_or_blank("number"),
}


@pytest.mark.parametrize("name", sorted(BAD))
def test_a_field_that_is_not_what_was_promised_is_refused(name: str) -> None:
    found = fields(number=5, word="b", zero=0, minus=-1, local="2026-01-01 00:00:00", mixed=[{}, 1])
    with pytest.raises(ContractBroken) as caught:
        BAD[name](found)
    assert caught.value.code.startswith("order.")


def test_what_may_be_left_out_is_empty() -> None:
    found = fields(count="12", on=True)

    assert (found.rows("missing"), found.child_or_empty("missing").text_or_blank("x")) == ((), "")
    assert (found.whole_or("count", 0), found.whole_or("missing", 7)) == (12, 7)
    assert (found.flag("on"), found.flag("missing"), found.flag_or_none("missing")) == (True, False, None)
