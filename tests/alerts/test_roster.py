"""Who is on duty: shifts over midnight, holidays, absences, stand-ins, and never nobody."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.access.rights import Role
from core.alerts.policy import DEFAULTS, SeverityPolicy, read_policy, severity_from
from core.alerts.roster import Change, Roster, Shift
from core.runtime.errors import NotFound, Refused
from core.runtime.standing import Severity

CHINA = timezone(timedelta(hours=8))
#: a Thursday
DAY = datetime(2026, 6, 18, tzinfo=CHINA)
PEOPLE = {1: "老板", 2: "小李", 3: "小陈", 4: "小赵"}


def at(text: str, days: int = 0) -> datetime:
    hour, minute = map(int, text.split(":"))
    return (DAY + timedelta(days=days, hours=hour, minutes=minute)).astimezone(UTC)


def shift(person, begins, ends, *, day=3, rank=1):
    return Shift(0, day, begins * 60, ends * 60 % 1440, person, rank)


def roster(*shifts, changes=(), people=PEOPLE, owners=(1,)):
    return Roster(tuple(shifts), tuple(changes), people, owners)


def change(kind, person, *, other=None, rank=1, begins=None, ends=None):
    return Change(0, kind, begins or at("0:00", -1), ends or at("0:00", 2), person, other, rank)


@pytest.mark.parametrize(
    ("moment", "days", "on_duty"),
    [
        ("7:59", 0, (1,)),
        ("8:00", 0, (2,)),
        ("17:59", 0, (2,)),
        ("18:00", 0, (3,)),
        ("23:59", 0, (3,)),
        ("0:00", 1, (3,)),
        ("5:59", 1, (3,)),
        ("6:00", 1, (1,)),
        ("20:00", 7, (3,)),
        ("20:00", 1, (1,)),
    ],
)
def test_a_shift_over_midnight_belongs_to_the_day_on_which_it_began(moment, days, on_duty):
    plan = roster(shift(2, 8, 18), shift(3, 18, 6))
    assert plan.chain(at(moment, days))[0] == on_duty


def test_a_shift_from_midnight_to_midnight_is_the_whole_day():
    plan = roster(shift(2, 0, 24))
    assert [plan.chain(at(*when))[0] for when in (("0:00",), ("23:59",), ("0:00", 1))] == [(2,), (2,), (1,)]


def test_sunday_night_runs_into_monday():
    sunday, plan = 3, roster(shift(2, 22, 6, day=6))
    assert plan.chain(at("23:00", sunday))[0] == (2,)
    assert plan.chain(at("5:00", sunday + 1))[0] == (2,)
    assert plan.chain(at("5:00", sunday))[0] == (1,)


def test_the_chain_is_first_second_owner_each_person_once():
    plan = roster(shift(2, 0, 24), shift(3, 0, 24, rank=2), shift(2, 8, 9, rank=2))
    assert plan.chain(at("8:30")) == ((2,), (3,), (1,))
    plan = roster(shift(1, 0, 24), shift(3, 0, 24, rank=2))
    assert plan.chain(at("8:30")) == ((1,), (3,))


def test_who_is_away_is_passed_over_and_the_next_moves_up():
    shifts = (shift(2, 0, 24), shift(3, 0, 24, rank=2))
    assert roster(*shifts, changes=[change("absent", 2)]).chain(at("8:30")) == ((3,), (1,))
    all_away = [change("absent", person) for person in PEOPLE]
    assert roster(*shifts, changes=all_away).chain(at("8:30")) == ((1,),), "somebody on holiday is better than nobody"
    gone = {one: PEOPLE[one] for one in (1, 3)}
    assert roster(*shifts, people=gone).chain(at("8:30")) == ((3,), (1,))


def test_a_holiday_takes_the_plan_away_and_an_extra_shift_stays():
    changes = [change("closed", 0), change("shift", 4)]
    assert roster(shift(2, 0, 24), changes=changes).chain(at("8:30")) == ((4,), (1,))
    assert roster(shift(2, 0, 24), changes=changes[:1]).chain(at("8:30")) == ((1,),)


def test_a_stand_in_takes_the_place_of_the_other_for_the_while():
    changes = [change("stands_in", 4, other=2, begins=at("8:00"), ends=at("12:00"))]
    plan = roster(shift(2, 0, 24), changes=changes)
    assert [plan.chain(at(time))[0] for time in ("7:59", "8:00", "11:59", "12:00")] == [(2,), (4,), (4,), (2,)]


def test_where_nobody_signs_in_the_owner_is_on_duty():
    assert Roster((), (), {}, ()).chain(at("8:00")) == ((0,),)


def test_where_nobody_may_change_anything_everybody_is_told():
    assert roster(owners=()).chain(at("8:00")) == ((1, 2, 3, 4),)


@given(
    st.lists(
        st.builds(
            Shift,
            st.just(0),
            st.integers(0, 6),
            st.integers(0, 1439),
            st.integers(0, 1439),
            st.sampled_from([1, 2, 3, 4, 9]),
            st.sampled_from([1, 2]),
        ),
        max_size=8,
    ),
    st.lists(
        st.builds(
            change,
            st.sampled_from(["absent", "closed", "shift", "stands_in"]),
            st.sampled_from([1, 2, 3, 9]),
            other=st.sampled_from([1, 2, 3]),
        ),
        max_size=4,
    ),
    st.integers(0, 20_000),
)
def test_there_is_always_somebody_and_nobody_twice(shifts, changes, minute):
    chain = roster(*shifts, changes=changes).chain(DAY + timedelta(minutes=minute))
    people = [person for link in chain for person in link]
    assert people
    assert all(link for link in chain)
    assert len(people) == len(set(people))
    assert set(people) <= set(PEOPLE)


def test_the_plan_is_kept_and_a_repeat_changes_nothing(shop, staff):
    person = staff.hire("小李", Role.PACKER).id
    for _ in range(2):
        shop.settings.put_shift((0, 1), 480, 1080, person, 1)
        shop.settings.put_change("closed", at("0:00", 30), at("0:00", 31))
    plan = shop.settings.roster()
    assert (len(plan.shifts), len(plan.changes)) == (2, 1)
    shop.settings.drop_shift(plan.shifts[0].id)
    shop.settings.drop_shift(plan.shifts[0].id)
    shop.settings.drop_change(plan.changes[0].id)
    plan = shop.settings.roster()
    assert (len(plan.shifts), len(plan.changes)) == (1, 0)


@pytest.mark.parametrize(
    ("kind", "begins", "ends", "more"),
    [
        ("closed", 2, 1, {}),
        ("closed", -2, -1, {}),
        ("closed", 1, 500, {}),
        ("weird", 1, 2, {}),
        ("shift", 1, 2, {"rank": 3}),
        ("stands_in", 1, 2, {}),
        ("stands_in", 1, 2, {"for_person_id": "same"}),
    ],
)
def test_what_cannot_be_is_refused(shop, staff, kind, begins, ends, more):
    person = staff.hire("小李", Role.PACKER).id
    values = {name: person if value == "same" else value for name, value in more.items()}
    now = shop.clock.now()
    with pytest.raises(Refused):
        shop.settings.put_change(
            kind, now + timedelta(days=begins), now + timedelta(days=ends), person_id=person, **values
        )


def test_nobody_unknown_is_planned(shop, staff):
    now = shop.clock.now()
    with pytest.raises(NotFound):
        shop.settings.put_shift((0,), 0, 60, 999, 1)
    with pytest.raises(NotFound):
        shop.settings.put_change("absent", now, now + timedelta(days=1), person_id=999)
    for days, begins, rank in (((7,), 0, 1), ((0,), 1440, 1), ((0,), 0, 3)):
        with pytest.raises(Refused):
            shop.settings.put_shift(days, begins, 60, 1, rank)


def test_the_chain_of_the_moment_says_how_each_would_be_reached(shop, staff):
    person = staff.hire("小李", Role.PACKER).id
    shop.settings.put_shift(range(7), 0, 0, person, 1)
    assert [[(one.name, one.via) for one in link] for link in shop.alerts.on_duty()] == [
        [("小李", "")],
        [("王老板", "")],
    ]
    shop.robot(name="仓库群")
    assert shop.alerts.on_duty()[0][0].via == "仓库群"


# --- policy ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("22:59", None),
        ("23:00", ("7:00", 1)),
        ("23:59", ("7:00", 1)),
        ("0:00", ("7:00", 0)),
        ("6:59", ("7:00", 0)),
        ("7:00", None),
    ],
)
def test_quiet_hours_end_on_the_right_day(now, until):
    moment = at(now)
    speaks = DEFAULTS[Severity.WARNING].speaks_at(moment)
    assert speaks == (moment if until is None else at(*until))


def test_quiet_hours_within_a_day():
    policy = SeverityPolicy(0, 0, 0, 0, (12 * 60, 14 * 60))
    assert policy.speaks_at(at("13:00")) == at("14:00")
    assert policy.speaks_at(at("14:00")) == at("14:00")
    assert policy.speaks_at(at("11:00")) == at("11:00")


@pytest.mark.parametrize("value", [None, 5, "x", [], {"next_after_s": "x", "quiet": [1]}, {"next_after_s": True}])
def test_a_setting_that_cannot_be_read_counts_as_never_made(value):
    usual = DEFAULTS[Severity.CRITICAL]
    assert severity_from(value, usual) == usual


def test_without_any_setting_everything_has_a_value(shop):
    policy = shop.world.store.read(read_policy)
    assert dict(policy.severities) == dict(DEFAULTS)
    assert policy.rule("anything").is_on
    assert policy.of("from the future") == DEFAULTS[Severity.WARNING]
