"""The log beside the data: there when somebody needs it, with nothing personal in it, and never a reason to stop."""

import logging
import os
import sys
from pathlib import Path

import pytest

import core.runtime.log_file as log_file
from core.runtime.errors import Refused
from core.runtime.log_file import kept_log, log_path

OURS = logging.getLogger("core.sync.pulling")
THEIRS = logging.getLogger("some_library")
PERSON = "林晓 13800001234"


def _defect() -> None:
    try:
        int(PERSON)
    except ValueError as error:
        raise Refused("order.odd", f"the order of {PERSON}") from error


def _written(folder: Path) -> str:
    return log_path(folder, "window").read_text("utf-8")


@pytest.mark.expected_log("", "core.sync.pulling")
def test_a_defect_is_kept_with_its_places_and_without_its_words(tmp_path: Path) -> None:
    with kept_log(tmp_path, "window"):
        try:
            _defect()
        except Refused:
            OURS.exception("shop %s: an order cannot be stored", 3)
    said = _written(tmp_path)
    assert "ERROR core.sync.pulling (MainThread): shop 3: an order cannot be stored" in said
    assert "test_log_file.py:" in said
    assert "in _defect" in said
    assert said.index("builtins.ValueError") < said.index("core.runtime.errors.Refused [order.odd]")
    assert PERSON not in said
    assert str(Path.home()) not in said


@pytest.mark.expected_log("", "some_library")
def test_what_libraries_fill_in_is_left_out(tmp_path: Path) -> None:
    with kept_log(tmp_path, "window"):
        THEIRS.warning("cannot parse %s", PERSON)
    assert "some_library (MainThread): cannot parse %s\n" in _written(tmp_path)


@pytest.mark.expected_log("", "core.sync.pulling")
def test_the_same_defect_again_is_one_line(tmp_path: Path) -> None:
    with kept_log(tmp_path, "window"):
        for _ in range(3):
            try:
                _defect()
            except Refused:
                OURS.exception("again")
    said = _written(tmp_path)
    assert (said.count("in _defect"), said.count("as before: core.runtime.errors.Refused")) == (2, 2)


@pytest.mark.expected_log("", "core.sync.pulling")
def test_a_full_file_takes_the_place_of_the_one_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_file, "_LARGEST", 200)
    with kept_log(tmp_path, "window"):
        for number in range(50):
            OURS.warning("number %s", number)
    folder = log_path(tmp_path, "window").parent
    texts = {path.name: path.read_text("utf-8") for path in folder.iterdir() if path.suffix != ".crash"}
    assert set(texts) == {"window.log", "window.log.1"}
    assert "number 49" in texts["window.log"]
    assert sum(len(text) for text in texts.values()) < 1000


@pytest.mark.expected_log("", "core.sync.pulling")
def test_only_warnings_are_kept_and_only_while_it_runs(tmp_path: Path) -> None:
    with kept_log(tmp_path, "window"):
        OURS.info("a call")
        OURS.warning("inside")
    OURS.warning("outside")
    assert _written(tmp_path).count("\n") == 1


@pytest.mark.expected_log("a defect ended", "core.runtime.log_file")
def test_what_ends_the_program_stands_last(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), kept_log(tmp_path, "window"):
        _ = 1 / 0
    assert _written(tmp_path).rstrip().endswith("builtins.ZeroDivisionError")


@pytest.mark.expected_log("", "core.sync.pulling")
@pytest.mark.skipif(sys.platform == "win32", reason="rights of files are others there")
def test_others_may_not_read_it(tmp_path: Path) -> None:
    with kept_log(tmp_path, "window"):
        OURS.warning("x")
    path = log_path(tmp_path, "window")
    assert [place.stat().st_mode & 0o077 for place in (path, path.parent)] == [0, 0]


@pytest.mark.expected_log("", "core.sync.pulling")
@pytest.mark.expected_log("no log is kept", "core.runtime.log_file")
def test_where_it_cannot_be_written_the_program_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / log_file.FOLDER).write_text("a file in its place")
    with kept_log(tmp_path, "window"):
        OURS.warning("x")
    (tmp_path / log_file.FOLDER).unlink()

    def full(*_arguments: object, **_more: object) -> int:
        raise OSError(28, "No space left on device")

    with kept_log(tmp_path, "window"):
        monkeypatch.setattr(os, "open", full)
        OURS.warning("x")
        monkeypatch.undo()
