"""Operators: who may be taken in, who has to stay, and what is never stored."""

import json

import pytest
from sqlalchemy import select

from core.access.badges import PREFIX, is_badge_like
from core.access.models import Operator
from core.access.rights import Role
from core.db.models import Journal
from core.runtime.errors import NotFound, Refused
from tests.support.staff import PIN


def code_of(act):
    with pytest.raises(Refused) as refused:
        act()
    return refused.value.code


@pytest.fixture
def boss(staffed):
    """An admin is there; the program itself acts."""
    row = staffed.hire("老板", Role.ADMIN)
    with staffed.gate.as_system():
        yield row


def test_the_first_one_is_an_admin_and_names_are_taken_once(staffed):
    people = staffed.people
    assert code_of(lambda: people.add("小李", [Role.PACKER], PIN)) == "people.last_admin"
    assert people.everybody() == ()
    with staffed.gate.as_system():
        people.add("Li", [Role.ADMIN, Role.PACKER], PIN)
        assert code_of(lambda: people.add(" ｌｉ ", [Role.PACKER], PIN)) == "people.name_taken"
        assert code_of(lambda: people.add("System", [Role.PACKER], PIN)) == "people.name_taken"
        assert code_of(lambda: people.add("  ", [Role.PACKER], PIN)) == "people.name_missing"
        assert code_of(lambda: people.add("x" * 41, [Role.PACKER], PIN)) == "people.name_missing"
        assert code_of(lambda: people.add("小李", [], PIN)) == "people.no_role"
        (only,) = people.everybody()
    assert (only.name, only.roles, only.is_active, only.has_badge) == ("Li", (Role.PACKER, Role.ADMIN), True, False)


@pytest.mark.parametrize(
    ("pin", "code"),
    [
        ("123", "pin.shape"),
        ("1" * 13, "pin.shape"),
        ("12a4", "pin.shape"),
        ("１２８４", "pin.shape"),
        ("1111", "pin.too_simple"),
        ("3456", "pin.too_simple"),
        ("9876", "pin.too_simple"),
    ],
)
def test_a_pin_that_is_none(staffed, boss, pin, code):
    assert code_of(lambda: staffed.people.set_pin(boss.id, pin)) == code


def test_the_last_admin_stays(staffed, boss):
    people = staffed.people
    assert code_of(lambda: people.set_active(boss.id, False)) == "people.last_admin"
    assert code_of(lambda: people.set_roles(boss.id, [Role.PACKER])) == "people.last_admin"
    second = people.add("二老板", [Role.ADMIN], PIN)
    assert not people.set_active(boss.id, False).is_active
    assert code_of(lambda: people.set_active(second.id, False)) == "people.last_admin"
    assert people.set_active(boss.id, True).is_active
    assert people.set_roles(second.id, [Role.PACKER]).roles == (Role.PACKER,)


def test_who_is_not_there_cannot_be_changed(staffed, boss):
    for act in (
        lambda: staffed.people.set_roles(99, [Role.PACKER]),
        lambda: staffed.people.set_pin(99, PIN),
        lambda: staffed.people.set_active(99, False),
        lambda: staffed.people.make_badge(99),
        lambda: staffed.people.find("谁"),
    ):
        with pytest.raises(NotFound):
            act()


def test_neither_pin_nor_badge_is_stored_and_the_journal_has_their_changes(staffed, boss):
    badge = staffed.people.make_badge(boss.id)
    assert badge.code.startswith(PREFIX)
    assert badge.code not in repr(badge)
    assert is_badge_like(f" {badge.code.lower()} ")
    staffed.people.set_pin(boss.id, "86420975")
    whole = json.dumps(staffed.world.dump(), ensure_ascii=False, default=str)
    for secret in (PIN, "86420975", badge.code, badge.code.removeprefix(PREFIX)):
        assert secret not in whole
    rows = staffed.world.rows(select(Journal.action, Journal.facts).where(Journal.subject == "operator"))
    assert [row.action for row in rows] == ["operator.added", "operator.badge", "operator.pin"]
    # Two people with one PIN have different hashes, and the hash is the costly one.
    other = staffed.people.add("小王", [Role.PACKER], "86420975")
    hashes = [row.pin_hash for row in staffed.world.rows(select(Operator.pin_hash))]
    assert len(set(hashes)) == 2
    assert all(one.startswith("scrypt$4$8$") for one in hashes)
    assert staffed.people.find("小王").id == other.id


def test_who_goes_loses_the_badge_and_keeps_what_they_did(staffed, boss):
    row = staffed.hire("小王", Role.PACKER)
    badge = staffed.people.make_badge(row.id)
    staffed.people.set_active(row.id, False)
    assert code_of(lambda: staffed.sign_in.by_badge(badge.code)) == "signin.wrong"
    assert code_of(lambda: staffed.sign_in.by_pin("小王", PIN)) == "signin.wrong"
    back = staffed.people.set_active(row.id, True)
    assert (back.is_active, back.has_badge) == (True, False)
    assert code_of(lambda: staffed.sign_in.by_badge(badge.code)) == "signin.wrong"
    assert staffed.sign_in.by_pin("小王", PIN).person.name == "小王"


def test_a_lost_badge_opens_nothing(staffed, boss):
    badge = staffed.people.make_badge(boss.id)
    assert staffed.sign_in.by_badge(badge.code).person.id == boss.id
    newer = staffed.people.make_badge(boss.id)
    assert code_of(lambda: staffed.sign_in.by_badge(badge.code)) == "signin.wrong"
    assert staffed.sign_in.by_badge(newer.code.lower()).person.id == boss.id
    assert not staffed.people.take_badge(boss.id).has_badge
    assert code_of(lambda: staffed.sign_in.by_badge(newer.code)) == "signin.wrong"


def test_how_long_a_desk_stays_open_is_said_once_for_all_desks(staffed, boss):
    assert staffed.sign_in.session().lock_minutes == 10
    staffed.people.set_lock_minutes(3)
    assert staffed.sign_in.session().lock_minutes == 3
    for minutes in (0, 241):
        assert code_of(lambda minutes=minutes: staffed.people.set_lock_minutes(minutes)) == "people.lock_minutes"
