"""A lane begins when it was told to, or at once when there is work."""

import threading

from core.runtime.lanes import Lane


def test_a_lane_that_begins_later_does_nothing_until_it_is_woken_and_stops_without_having_begun():
    called = threading.Event()

    def work():
        called.set()
        return 60.0

    later = Lane("later", work, first_after_s=60.0)
    later.start()
    assert not called.wait(0.1)
    later.wake()
    assert called.wait(10)
    assert later.stop()
    never = Lane("never", lambda: 1 / 0, first_after_s=60.0)
    never.start()
    assert never.stop()


def test_a_lane_begins_by_itself_after_its_time():
    called = threading.Event()

    def work():
        called.set()
        return 60.0

    lane = Lane("soon", work, first_after_s=0.02)
    lane.start()
    assert called.wait(10)
    assert lane.stop()
