"""The accident is reproduced, counted at the buyers, and the same plan is played the same way every time."""

import statistics
import subprocess
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection

from core.practice.drill.playing import play
from core.practice.drill.records import Listening, Mode, Plan, Result, Trouble, check_plan
from core.practice.drill.watching import WATCHES
from core.runtime.errors import Refused
from core.runtime.standing import Severity, Standing
from tests.drill.conftest import SMALL, WILD

#: the accident: 300 tins, 700 buyers, most of them at once, and a shop of whose orders we hear eight minutes later
ACCIDENT = Plan(stock=300, demand=700, rush=0.7, minutes=120, lag_s=480, shops=2)
PLAIN = (Mode.NAIVE, Mode.BUFFER, Mode.INCREMENTAL)
ROOT = Path(__file__).parents[2]


def assert_counted(plan: Plan, result: Result) -> None:
    """Nobody and nothing is lost between the buyers, the shops and our centre."""
    assert result.sold + result.cancelled + result.turned_away == plan.demand
    assert result.sold + result.unsold - result.oversold == plan.stock
    assert sum(result.sold_by_shop) == result.sold
    assert result.refused <= result.turned_away
    assert result.known_orders == result.sold + result.cancelled
    assert result.is_ledger_whole
    assert [moment.minute for moment in result.story] == list(range(plan.minutes + 1))
    assert result.story[-1].sold == result.sold


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mode", "least", "most"), [(Mode.NAIVE, 180, 205), (Mode.BUFFER, 125, 165), (Mode.INCREMENTAL, 95, 120)]
)
def test_the_accident_happens_again(mode: Mode, least: int, most: int):
    """The band around what was measured over many seeds: 191, 142 and 104 units too many."""
    results = [play(replace(ACCIDENT, seed=seed), mode) for seed in (1, 2, 3, 4)]
    for result in results:
        assert_counted(ACCIDENT, result)
    assert least <= statistics.mean(result.oversold for result in results) <= most


def test_without_a_lag_and_with_few_buyers_nobody_oversells():
    plan = replace(SMALL, demand=20, lag_s=0)
    for mode in PLAIN:
        result = play(plan, mode)
        assert_counted(plan, result)
        assert (result.sold, result.oversold, result.refused, result.unsold) == (20, 0, 0, 10)


@pytest.mark.parametrize("mode", PLAIN)
def test_it_is_counted_right_however_badly_the_shops_behave(mode: Mode):
    plan = replace(SMALL, trouble=replace(WILD, edits=5))
    assert_counted(plan, play(plan, mode))


def test_a_buffer_turns_buyers_away_while_there_is_something_left():
    plan = replace(SMALL, lag_s=0, rush=0.0, buffer=15)
    result = play(plan, Mode.BUFFER)
    assert result.oversold == 0
    assert result.unsold >= 10
    assert result.refused > 0


@pytest.mark.parametrize("mode", PLAIN)
def test_the_same_seed_plays_the_same_sale_and_another_another(mode: Mode):
    plan = replace(SMALL, trouble=WILD)
    first, again, other = play(plan, mode), play(plan, mode), play(replace(plan, seed=2), mode)
    assert first == again
    assert first.story != other.story


def test_another_program_plays_it_the_same_way():
    """Nothing hangs on the order of sets, which differs from program to program."""
    plan = replace(SMALL, trouble=WILD)
    code = (
        "from core.practice.drill.playing import play\n"
        "from core.practice.drill.records import Mode\n"
        "from tests.drill.conftest import SMALL, WILD\n"
        "from dataclasses import replace\n"
        "print(play(replace(SMALL, trouble=WILD), Mode.NAIVE).facts())"
    )
    said = [
        subprocess.run(
            [sys.executable, "-P", "-c", code],
            cwd=ROOT,
            env={"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed, "PATH": ""},
            capture_output=True,
            encoding="utf-8",
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    ]
    assert said[0] == said[1] == str(play(plan, Mode.NAIVE).facts())


def test_the_same_buyers_come_whatever_becomes_of_our_calls():
    calm = play(replace(SMALL, lag_s=0, stock=1000), Mode.NAIVE)
    lossy = play(replace(SMALL, lag_s=0, stock=1000, trouble=Trouble(lost_before=0.3, lost_after=0.3)), Mode.NAIVE)
    assert [moment.sold for moment in calm.story] == [moment.sold for moment in lossy.story]


def test_the_first_alert_is_told_in_seconds_of_the_sale():
    def from_minute_ten(_connection: Connection, at: datetime) -> list[Standing]:
        minute = (at.hour - 2) * 60 + at.minute
        rules = [("early", Severity.NOTICE)] if minute >= 10 else []
        rules += [("late", Severity.WARNING)] if minute >= 15 else []
        return [Standing(rule, "sku:1", severity) for rule, severity in rules]

    result = play(SMALL, Mode.NAIVE, [from_minute_ten])
    # The sale begins nine minutes after the drill; what is merely worth knowing alerts nobody.
    assert result.first_alert_s is not None
    assert 360 <= result.first_alert_s <= 366
    assert set(result.alerts) == {"late"}
    assert play(SMALL, Mode.NAIVE).first_alert_s is None


def test_progress_is_told_and_it_stops_when_somebody_wants_to():
    told: list[tuple[int, int]] = []
    listening = Listening(lambda done, total: told.append((done, total)), lambda: len(told) >= 5)
    with pytest.raises(Refused) as refusal:
        play(SMALL, Mode.NAIVE, listening=listening)
    assert refusal.value.code == "drill.cancelled"
    assert told == [(minute, 76) for minute in range(1, 6)]


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    play(SMALL, Mode.NAIVE)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("field", "plan"),
    [
        ("stock", replace(SMALL, stock=0)),
        ("demand", replace(SMALL, demand=100_001)),
        ("rush", replace(SMALL, rush=1.1)),
        ("rush_minutes", replace(SMALL, rush_minutes=61)),
        ("buffer", replace(SMALL, buffer=31)),
        ("shops", replace(SMALL, shops=9)),
        ("lost_before", replace(SMALL, trouble=Trouble(lost_before=1.0))),
        ("push_every_s", replace(SMALL, push_every_s=1)),
    ],
)
def test_what_cannot_be_played_is_refused_by_name(field: str, plan: Plan):
    with pytest.raises(Refused) as refusal:
        check_plan(plan)
    assert (refusal.value.code, refusal.value.facts["field"]) == ("drill.out_of_range", field)


def test_whoever_is_told_everything_hears_of_the_accident_when_it_has_happened():
    """The first order without goods is known a lag after it was bought: far too late for those who buy meanwhile."""
    result = play(ACCIDENT, Mode.NAIVE, WATCHES)
    assert set(result.alerts) == {"order.short"}
    assert result.first_alert_s is not None
    assert result.first_alert_s > ACCIDENT.lag_s + 600
    calm = play(replace(SMALL, demand=20, lag_s=0), Mode.NAIVE, WATCHES)
    assert calm.first_alert_s is None
