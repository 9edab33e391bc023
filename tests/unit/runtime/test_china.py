"""The day is China's, wherever the machine and the time it is given stand."""

from datetime import UTC, date, datetime, timedelta, timezone

from core.runtime.china import china_day


def test_the_day_ends_at_four_in_the_afternoon_of_the_world():
    assert china_day(datetime(2026, 6, 18, 15, 59, tzinfo=UTC)) == date(2026, 6, 18)
    assert china_day(datetime(2026, 6, 18, 16, 0, tzinfo=UTC)) == date(2026, 6, 19)


def test_a_time_of_another_zone_is_not_shifted_twice():
    assert china_day(datetime(2026, 6, 18, 23, 30, tzinfo=timezone(timedelta(hours=8)))) == date(2026, 6, 18)
