"""Virtual time: what happens when, while a call of ours waits and while it does not."""

from datetime import UTC, datetime

from core.practice.drill.timeline import Timeline
from core.runtime.clock import ManualClock


def a_timeline() -> Timeline:
    return Timeline(ManualClock(datetime(2026, 6, 18, tzinfo=UTC)))


def test_the_world_happens_in_the_order_of_its_moments_and_at_them():
    timeline, seen = a_timeline(), []
    for moment in (30.0, 10.0, 20.0, 10.0):
        timeline.at(moment, lambda moment=moment: seen.append((moment, timeline.now_s)))
    timeline.run(25.0)
    assert seen == [(10.0, 10.0), (10.0, 10.0), (20.0, 20.0)]
    assert timeline.now_s == 25.0


def test_a_lane_comes_again_after_the_seconds_it_asked_for():
    timeline, calls = a_timeline(), []

    def work() -> float:
        calls.append(timeline.now_s)
        return 7.0

    timeline.add_lane("one", work, 2.0)
    timeline.run(20.0)
    assert calls == [2.0, 9.0, 16.0]


def test_the_world_goes_on_while_a_call_waits_and_other_lanes_do_not():
    timeline, seen = a_timeline(), []

    def calling() -> float:
        seen.append(("asks", timeline.now_s))
        timeline.pass_time(5.0)
        seen.append(("answered", timeline.now_s))
        return 100.0

    def other() -> float:
        seen.append(("other", timeline.now_s))
        return 100.0

    timeline.add_lane("calling", calling, 1.0)
    timeline.add_lane("other", other, 3.0)
    timeline.at(4.0, lambda: seen.append(("buyer", timeline.now_s)))
    timeline.run(50.0)
    assert seen == [("asks", 1.0), ("buyer", 4.0), ("answered", 6.0), ("other", 6.0)]


def test_a_woken_lane_comes_at_once_and_its_old_call_is_called_off():
    timeline, calls = a_timeline(), []

    def work() -> float:
        calls.append(timeline.now_s)
        return 60.0

    timeline.add_lane("one", work, 10.0)
    timeline.at(4.0, lambda: timeline.wake("one"))
    timeline.add_lane("clock", lambda: 1.0, 0.0)
    timeline.run(30.0)
    assert calls == [4.0]
    timeline.wake("nobody")  # a lane that is not there


def test_it_stops_when_somebody_wants_to():
    timeline, calls = a_timeline(), []

    def work() -> float:
        calls.append(timeline.now_s)
        return 1.0

    timeline.add_lane("one", work, 0.0)
    timeline.run(100.0, lambda: len(calls) >= 3)
    assert len(calls) == 3
    assert timeline.now_s < 5.0
