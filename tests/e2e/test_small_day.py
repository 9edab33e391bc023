"""The day of the bench in small: four shops on four platforms, and in the evening nothing is missed or wrong."""

from tests.bench import bench_day


def test_a_small_day_over_four_platforms_ends_as_the_shops_have_it(tmp_path):
    day = bench_day.play(tmp_path, orders=30, step=180, seed=7)
    assert day.faults == []
    # What the day is made for is really in it.
    assert {"placed", "paid", "never paid", "refunded"} <= day.truth.acts.keys()
    assert all(day.truth.shops)
    shipped = sum(one.state == "shipped" for told in day.truth.shops for one in told.values())
    assert day.desk.verdicts["parcel.shipped"] == shipped > 20
