"""Getting in: by badge, by PIN, not by trying; the same answer for everybody who does not."""

import hashlib
import json
import time

import pytest
from sqlalchemy import select

from core.access import pins, tries
from core.access.badges import PREFIX, new_badge
from core.access.rights import Role
from core.db.models import Journal
from core.fulfilment.models import Scan
from core.runtime.errors import Refused
from tests.support.fake_shop import line
from tests.support.staff import PIN, Staffed


def refusal(act):
    with pytest.raises(Refused) as refused:
        act()
    return refused.value.code, dict(refused.value.facts)


@pytest.fixture
def door(staffed):
    staffed.hire("老板", Role.ADMIN)
    staffed.hire("小李", Role.PACKER, pin="907351")
    return staffed


def coming_and_going(world):
    columns = (Journal.operator, Journal.desk, Journal.action, Journal.subject_id, Journal.facts)
    rows = world.rows(select(*columns).where(Journal.action.like("signin.%")).order_by(Journal.id))
    return [tuple(row) for row in rows]


def test_coming_and_going_is_written_down_without_what_was_typed(door):
    with door.gate.as_system():
        boss = door.people.find("老板")
        badge = door.people.make_badge(boss.id)
    assert door.sign_in.session().is_locked
    assert door.sign_in.by_badge(badge.code).person.name == "老板"
    assert door.sign_in.by_pin(" 小李 ", "907351").person.roles == (Role.PACKER,)
    door.sign_in.leave("idle")
    assert door.sign_in.session().is_locked
    refusal(lambda: door.sign_in.by_pin("小李", "907352"))
    refusal(lambda: door.sign_in.by_pin("907351", "小李"))
    li = boss.id + 1
    assert coming_and_going(door.world) == [
        ("老板", "desk 1", "signin.done", boss.id, {"way": "badge"}),
        ("小李", "desk 1", "signin.done", li, {"way": "pin"}),
        ("小李", "desk 1", "signin.idle", li, {}),
        ("system", "desk 1", "signin.refused", li, {"name": "小李", "way": "pin", "tries": 1}),
        ("system", "desk 1", "signin.refused", 0, {"name": "", "way": "pin", "tries": 1}),
    ]
    whole = json.dumps(door.world.dump(), ensure_ascii=False, default=str)
    assert not any(secret in whole for secret in ("907351", "907352", badge.code))


def test_five_tries_are_free_then_pauses_grow_and_are_kept(door):
    def bad():
        return refusal(lambda: door.sign_in.by_pin("小李", "555123"))

    assert [bad() for _ in range(4)] == [("signin.wrong", {"seconds": 0})] * 4
    assert bad() == ("signin.wrong_wait", {"seconds": 30})
    # Nothing opens during a pause, the right PIN neither, here nor at another desk or after a start.
    assert refusal(lambda: door.sign_in.by_pin("小李", "907351"))[0] == "signin.wait"
    other = Staffed(door.world, door.world.new_desk("desk 2"))
    code, facts = refusal(lambda: other.sign_in.by_pin("小李", "907351"))
    assert (code, 0 < facts["seconds"] <= 31) == ("signin.wait", True)
    door.world.clock.advance(seconds=31)
    assert bad() == ("signin.wrong_wait", {"seconds": 60})
    door.world.clock.advance(seconds=61)
    assert door.sign_in.by_pin("小李", "907351").person.name == "小李"
    assert bad() == ("signin.wrong", {"seconds": 0})
    assert door.sign_in.by_pin("老板", PIN).person.name == "老板", "each name has its own count"


def test_brute_force_gets_nowhere(door):
    """Four hundred tries as fast as they can be made: the PIN is among them and is never looked at."""
    said = {
        refusal(lambda guess=guess: door.sign_in.by_pin("小李", f"{guess:06d}"))[0]
        for guess in range(907_000, 907_400)
    }
    assert said == {"signin.wrong", "signin.wrong_wait", "signin.wait"}
    looked = [row for row in coming_and_going(door.world) if row[2] == "signin.refused"]
    assert len(looked) == tries.FREE_TRIES


def test_twin_without_the_count_brute_force_gets_in(door, monkeypatch):
    monkeypatch.setattr(tries, "pause_s", lambda count: 0)
    opened = []
    for number in range(907_340, 907_360):
        try:
            opened.append(door.sign_in.by_pin("小李", f"{number:06d}").person.name)
        except Refused:
            continue
    assert opened == ["小李"]


def test_an_unknown_name_gets_the_same_answers_after_the_same_work(door, monkeypatch):
    worked = []
    stretch = hashlib.scrypt

    def counted(*arguments, **named):
        worked.append(named["n"])
        return stretch(*arguments, **named)

    monkeypatch.setattr(pins.hashlib, "scrypt", counted)

    def answers(name):
        worked.clear()
        said = [refusal(lambda: door.sign_in.by_pin(name, "555123")) for _ in range(7)]
        return said, list(worked)

    assert answers("小李") == answers("没有这个人")


def test_a_pin_costs_what_it_should(monkeypatch):
    """Not timed against a limit: only that the real cost is used, and that it is felt."""

    def digest(kind, text):
        return f"{kind} {text}"

    start = time.perf_counter()
    stored = pins.hash_pin(PIN, digest)
    assert stored.split("$")[:3] == ["scrypt", "15", "8"]
    assert time.perf_counter() - start > 0.02
    assert pins.is_pin(PIN, stored, digest)
    assert not pins.is_pin("274916", stored, digest)
    assert not pins.is_pin(PIN, stored, lambda kind, text: f"another key {text}")
    assert not pins.is_pin(PIN, pins.nobodys_hash(), digest)


def test_guessed_badges_open_nothing_and_cost_pauses(door):
    said = [refusal(lambda: door.sign_in.by_badge(new_badge()))[0] for _ in range(6)]
    assert said == ["signin.wrong"] * 4 + ["signin.wrong_wait", "signin.wait"]
    assert door.sign_in.by_pin("老板", PIN).person.name == "老板", "whoever knows a PIN still gets in"
    codes = {new_badge() for _ in range(200)}
    assert len(codes) == 200
    assert all(len(code) == len(PREFIX) + 24 and code.isascii() for code in codes)


@pytest.mark.parametrize("text", ["", "\0", "\ud800", "'; DROP TABLE operator --", "%", "１" * 50])
def test_strange_texts_are_wrong_and_nothing_else(door, text):
    assert refusal(lambda: door.sign_in.by_pin(text, text))[0] == "signin.wrong"
    assert refusal(lambda: door.sign_in.by_badge(text))[0] == "signin.wrong"


def test_what_was_scanned_before_keeps_its_author_when_somebody_else_takes_the_desk(door):
    world = door.world
    world.ready("A1", line("1", "BEAR", 2))
    door.arrive("小李", "907351")
    opened = door.desk.open("A1")
    door.desk.scan(opened, "6901234567892")
    door.arrive("老板")
    done = door.desk.scan(opened, "6901234567892")
    assert done.parcel.missing_qty == 0, "the parcel stayed open on the desk"
    opens = world.rows(select(Journal.operator).where(Journal.action.like("parcel.%"), Journal.operator == "小李"))
    assert opens
    columns = (Journal.operator, Journal.desk)
    goods = world.rows(select(*columns).where(Journal.action.like("item.%")).order_by(Journal.id))
    if goods:
        assert [tuple(row) for row in goods] == [("小李", "desk 1"), ("老板", "desk 1")]


@pytest.mark.parametrize("change", ["off", "pin"])
def test_who_is_put_out_while_the_pin_is_being_looked_at_does_not_get_in(door, monkeypatch, change):
    other = Staffed(door.world, door.world.new_desk("desk 2"))
    look = pins.is_pin

    def meanwhile(*arguments):
        right = look(*arguments)
        with other.gate.as_system():
            li = other.people.find("小李")
            if change == "off":
                other.people.set_active(li.id, False)
            else:
                other.people.set_pin(li.id, "864209")
        return right

    monkeypatch.setattr("core.desk.sign_in.is_pin", meanwhile)
    assert refusal(lambda: door.sign_in.by_pin("小李", "907351"))[0] == "signin.wrong"
    assert door.sign_in.session().is_locked


def test_a_mere_name_is_nobody_where_people_sign_in(world, quick_pins):
    open_desk = Staffed(world, world.desk)
    open_desk.desks.sign_in("小王")
    assert world.store.actor.operator == "小王", "until there are operators a name will do"
    open_desk.hire("老板", Role.ADMIN)
    assert refusal(lambda: open_desk.desks.sign_in("老板")) == ("signin.by_name", {})
    assert world.store.actor.operator == "system"
    assert open_desk.sign_in.session().is_locked


def test_a_badge_that_comes_as_goods_is_not_kept(door):
    world = door.world
    world.ready("A1", line("1", "BEAR"))
    door.arrive("小李", "907351")
    badge = new_badge()
    opened = door.desk.open("A1")
    door.desk.scan(opened, badge.lower())
    door.desk.packing.open_code(badge, door.desk.nonce())
    kept = [row.raw for row in world.rows(select(Scan.raw))]
    assert PREFIX in kept
    assert not any(badge.removeprefix(PREFIX) in raw for raw in kept)
