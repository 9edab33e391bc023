"""The reader of a scale's port against a scale on a pseudo-terminal that misbehaves as real ones do."""

import os
import threading
import time

import pytest
import serial

from desktop.scale.formats import FORMATS
from desktop.scale.reader import PortSettings, ScaleReader
from desktop.scale.state import Condition
from tests.simulators.serial_scale import SerialScale

pytestmark = pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals")


class Heard:
    """What a reader told, and a way to wait for it."""

    def __init__(self, path, talk="ad", **settings):
        self.states = []
        self._came = threading.Condition()
        self.reader = ScaleReader(PortSettings(str(path), talk, **settings), self._on_change)

    def _on_change(self, state):
        with self._came:
            self.states.append(state)
            self._came.notify_all()

    def __enter__(self):
        self.reader.start()
        return self

    def __exit__(self, *_):
        assert self.reader.stop()

    def until(self, condition, grams=None, timeout_s=10.0):
        ends_at = time.monotonic() + timeout_s
        with self._came:
            while True:
                state = self.reader.look()
                if state.condition is condition and grams in {None, state.grams}:
                    return state
                left = ends_at - time.monotonic()
                assert left > 0, f"{condition} never came: {self.states[-5:]}"
                self._came.wait(min(left, 0.1))


@pytest.mark.parametrize("talk", FORMATS)
def test_a_weight_comes_to_rest_and_is_read_to_the_gram(tmp_path, talk):
    with SerialScale(tmp_path, talk) as scale, Heard(scale.path, talk) as heard:
        assert heard.until(Condition.STEADY, 0).emptied == 1
        scale.put(523)
        heard.until(Condition.STEADY, 523)
        assert Condition.MOVING in {state.condition for state in heard.states}
        assert all(state.grams in {0, 523} for state in heard.states if state.condition is Condition.STEADY)
        scale.put(0)
        assert heard.until(Condition.STEADY, 0).emptied == 2


def test_an_overloaded_scale_says_no_weight(tmp_path):
    with SerialScale(tmp_path) as scale, Heard(scale.path) as heard:
        scale.put(40_000)
        assert heard.until(Condition.OUT).grams == 0
        scale.put(300)
        heard.until(Condition.STEADY, 300)


def test_a_scale_that_falls_silent_is_not_believed_and_comes_back(tmp_path):
    with SerialScale(tmp_path) as scale, Heard(scale.path) as heard:
        scale.put(300)
        heard.until(Condition.STEADY, 300)
        scale.is_silent = True
        heard.until(Condition.SILENT)
        scale.put(700)
        scale.is_silent = False
        heard.until(Condition.STEADY, 700)


def test_a_pulled_cable_is_told_and_the_scale_comes_back_by_itself(tmp_path):
    with SerialScale(tmp_path) as scale, Heard(scale.path) as heard:
        scale.put(300)
        heard.until(Condition.STEADY, 300)
        scale.unplug()
        heard.until(Condition.GONE)
        scale.put(700)
        scale.plug_in()
        heard.until(Condition.STEADY, 700)


def test_a_scale_that_was_never_there_is_found_when_it_comes(tmp_path):
    scale = SerialScale(tmp_path)
    with Heard(scale.path) as heard:
        heard.until(Condition.GONE)
        with scale:
            heard.until(Condition.STEADY, 0)


@pytest.mark.parametrize("talk", ["ad", "toledo", "yaohua"])
def test_another_speed_or_format_is_garbage_and_never_a_weight(tmp_path, talk):
    with SerialScale(tmp_path, talk) as scale, Heard(scale.path, talk) as heard:
        scale.is_babbling = True
        scale.put(300)
        heard.until(Condition.GARBLED)
        assert not [state for state in heard.states if state.condition is Condition.STEADY and state.grams]
        scale.is_babbling = False
        heard.until(Condition.STEADY, 300)


@pytest.mark.parametrize("talk", ["ad", "wn"])
def test_a_swinging_weight_never_counts_even_where_the_scale_calls_it_stable(tmp_path, talk):
    with SerialScale(tmp_path, talk) as scale, Heard(scale.path, talk) as heard:
        heard.until(Condition.STEADY, 0)
        scale.swings_for_ever = scale.lies = True
        scale.put(300)
        time.sleep(1.5)
        assert heard.reader.look().condition is Condition.MOVING
        assert {state.grams for state in heard.states if state.condition is Condition.STEADY} <= {0}


def test_a_scale_that_stands_on_one_figure_was_never_empty(tmp_path):
    with SerialScale(tmp_path) as scale, Heard(scale.path) as heard:
        scale.stuck_at = 523
        assert heard.until(Condition.STEADY, 523).emptied <= 1
        before = heard.reader.look().emptied
        for grams in (0, 800, 0):
            scale.put(grams)
            time.sleep(0.2)
        assert heard.until(Condition.STEADY, 523).emptied == before


def test_a_port_that_another_program_has_is_named_as_that(tmp_path):
    with SerialScale(tmp_path) as scale:
        with serial.Serial(scale.path, exclusive=True), Heard(scale.path) as heard:
            heard.until(Condition.BUSY)
        with Heard(scale.path) as heard:
            heard.until(Condition.STEADY, 0)


def test_what_is_no_port_is_gone(tmp_path):
    (tmp_path / "file").write_text("no scale")
    with Heard(tmp_path / "file") as heard:
        heard.until(Condition.GONE)


def test_a_driver_that_hangs_is_not_believed():
    now = [0.0]
    reader = ScaleReader(PortSettings("/dev/none"), lambda _state: None, lambda: now[0])
    assert reader.look().condition is Condition.WAITING
    now[0] = 10.0
    assert reader.look().condition is Condition.SILENT
