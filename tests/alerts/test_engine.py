"""From a cause to its all-clear: raised once, told once, escalated, answered, and over; whatever is killed when."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from core.access.rights import Role
from core.alerts import engine
from core.alerts.deciding import Seen
from core.alerts.models import Alert, AlertNotice
from core.alerts.policy import SeverityPolicy
from core.alerts.records import RuleInfo, Watched
from core.alerts.rounds import EVERY_S
from core.db import leases
from core.db.models import Journal, Outbox
from core.desk.alert_settings import RuleDraft
from core.runtime.errors import NotFound, Refused, Unavailable
from core.runtime.standing import Severity
from core.sync.watches import SILENT_S
from tests.alerts.conftest import HAND

CRITICAL, WARNING, NOTICE = Severity.CRITICAL, Severity.WARNING, Severity.NOTICE


def test_one_cause_is_raised_once_told_once_and_cleared_once(shop):
    shop.stands(n=1)
    for _ in range(5):
        shop.round()
        shop.clock.advance(seconds=5)
    assert [(row.rule, row.severity, row.cleared_at) for row in shop.rows()] == [("hand.one", "critical", None)]
    assert shop.told() == [("raised", "")]
    shop.over()
    shop.after(minutes=3)
    row = shop.rows()[0]
    assert (row.cleared_at is not None, row.cleared_why) == (True, "gone")
    assert [event for event, _ in shop.told()] == ["raised", "clear"]
    shop.after(minutes=30)
    assert len(shop.notices()) == 2


def test_a_round_in_which_nothing_changed_writes_nothing(shop):
    shop.stands()
    shop.round()
    before = len(shop.world.rows(select(Journal.id)))
    writes = []
    shop.main._store.subscribe(writes.append)
    shop.clock.advance(seconds=5)
    shop.round()
    assert [one.tables for one in writes] == []
    assert len(shop.world.rows(select(Journal.id))) == before


def test_nobody_reacts_and_the_next_in_the_chain_is_told_then_everybody_again(shop, staff):
    first, second = staff.hire("小李", Role.PACKER), staff.hire("小陈", Role.SERVICE)
    for rank, person in ((1, first), (2, second)):
        shop.settings.put_shift(range(7), 0, 0, person.id, rank)
    shop.robot()
    shop.stands()
    shop.round()
    assert shop.told() == [("raised", "小李")]
    shop.after(minutes=4)
    assert len(shop.told()) == 1
    shop.after(minutes=2)
    assert shop.told()[1:] == [("step", "小陈")]
    shop.after(minutes=5)
    assert shop.told()[2:] == [("step", "王老板")]
    shop.after(minutes=31)
    assert shop.told()[3:] == [("again", "小李"), ("again", "小陈"), ("again", "王老板")]


def test_an_answer_stops_the_escalation_and_names_who_answered(shop, staff):
    shop.robot()
    shop.stands()
    shop.round()
    alert = shop.rows()[0]
    shop.clock.advance(seconds=20)
    assert shop.alerts.acknowledge(alert.id, "在看了") is True
    assert shop.alerts.acknowledge(alert.id, "我也") is False
    shop.after(minutes=40)
    row = shop.rows()[0]
    assert (row.acked_by, row.ack_note, row.next_step_at) == ("clerk", "在看了", None)
    assert [event for event, _ in shop.told()] == ["raised"]
    detail = shop.alerts.detail(alert.id)
    assert [line.event for line in detail.story] == ["raised", "told.raised", "acknowledged"]
    assert (detail.row.state, detail.note) == ("acked", "在看了")
    # The note may name somebody: it is nowhere but in its own column.
    assert "在看了" not in str(shop.world.rows(select(Journal.facts))) + str(shop.world.rows(select(Outbox.payload)))
    shop.over()
    shop.after(minutes=2)
    assert [event for event, _ in shop.told()] == ["raised", "clear"]
    with pytest.raises(Refused, match="over"):
        shop.alerts.acknowledge(alert.id)
    with pytest.raises(NotFound):
        shop.alerts.acknowledge(10**6)


def test_what_becomes_graver_is_told_again_and_an_answer_to_less_counts_no_more(shop, staff):
    shop.stands(severity=WARNING)
    shop.after(minutes=1)
    shop.alerts.acknowledge(shop.rows()[0].id)
    count = len(shop.notices())
    shop.stands(severity=NOTICE)
    shop.after(minutes=2)
    shop.stands(severity=WARNING)
    shop.after(minutes=2)
    assert len(shop.notices()) == count, "a drop and a rise to what was told before is news to nobody"
    shop.stands(severity=CRITICAL)
    shop.after(minutes=1)
    row = shop.rows()[0]
    assert [one.event for one in shop.notices()[count:]] == ["worse"]
    assert (row.severity, row.told_severity, row.acked_at) == ("critical", "critical", None)
    shop.after(minutes=6)
    assert len(shop.notices()) > count + 1, "nobody has answered the graver one"


def test_flapping_is_damped_on_both_sides(shop):
    shop.stands()
    shop.round()
    for _ in range(20):  # gone for less than the quiet time, again and again
        shop.over()
        for _ in range(2):
            shop.clock.advance(seconds=25)
            shop.quieten_shop()
            shop.round()
        shop.stands()
        shop.clock.advance(seconds=5)
        shop.round()
    assert [event for event, _ in shop.told() if event in {"raised", "clear"}] == ["raised"]
    shop.alerts.acknowledge(shop.rows()[0].id)
    shop.over()
    shop.round()
    shop.after(minutes=1)
    cleared = shop.rows()[0].cleared_at
    assert cleared is not None
    shop.stands()
    shop.round()
    assert len(shop.rows()) == 1, "raised again right after its all-clear"
    shop.after(minutes=3)
    assert [row.raised_at - cleared >= timedelta(seconds=120) for row in shop.rows()[1:]] == [True]


def test_a_watch_that_fails_clears_nothing_and_is_an_alert_itself(shop, expected_log):
    expected_log("by hand failed", "core.alerts")
    shop.stands()
    shop.round()
    shop.is_failing = True
    shop.clock.jump(shop.clock.now().replace(hour=4))  # noon in China
    shop.after(minutes=10)
    assert [(row.rule, row.cleared_at) for row in shop.rows()] == [("hand.one", None), ("alerts.watch_failed", None)]
    shop.is_failing = False
    shop.after(minutes=4)
    assert [row.rule for row in shop.rows(Alert.cleared_at.is_(None))] == ["hand.one"]


def test_quiet_hours_hold_a_warning_back_and_never_something_critical(shop):
    midnight = shop.clock.now().replace(hour=17, minute=0)  # 1 o'clock in China
    shop.clock.jump(midnight)
    shop.quieten_shop()
    shop.stands("hand.one", severity=WARNING)
    shop.stands("hand.two", severity=CRITICAL)
    shop.round()
    told = {row.alert_id for row in shop.notices()}
    waiting = shop.rows(Alert.rule == "hand.one")[0]
    assert told == {shop.rows(Alert.rule == "hand.two")[0].id}
    assert waiting.next_step_at == midnight.replace(hour=23)  # 7 o'clock
    shop.over("hand.one")
    shop.after(minutes=5)
    assert not [row for row in shop.notices() if row.alert_id == waiting.id], "who was told nothing is told no end"
    shop.stands("hand.one", severity=WARNING)
    shop.after(hours=6)
    again = shop.rows(Alert.rule == "hand.one")[1]
    assert [row.event for row in shop.notices() if row.alert_id == again.id] == ["raised"]


def breaks(shop, monkeypatch, failing):
    """Reading fails for these watches from now on, as it does when the server is gone for a moment."""
    real = shop.main._store.read
    asked = []

    def read(query):
        watch = getattr(query, "__closure__", None) and next(
            (cell.cell_contents.name for cell in query.__closure__ if isinstance(cell.cell_contents, Watched)), None
        )
        if watch is not None:
            asked.append(watch)
            if failing(watch):
                raise Unavailable("db.unreachable", "gone")
        return real(query)

    monkeypatch.setattr(shop.main._store, "read", read)
    return asked


def test_a_moment_without_the_database_is_no_alert_about_any_watch(shop, monkeypatch):
    shop.stands()
    shop.round()
    gone = [True]
    asked = breaks(shop, monkeypatch, lambda _watch: gone[0])
    for _ in range(6):
        shop.clock.advance(seconds=5)
        assert shop.main.rounds.work() == EVERY_S
    assert 1 < len(asked) < 20, "nobody asks for everything while nobody answers"
    gone[0] = False
    shop.after(minutes=2)
    assert [(row.rule, row.gone_at) for row in shop.rows()] == [("hand.one", None)]


def test_a_watch_that_cannot_be_read_again_and_again_is_an_alert_and_blinds_no_other(shop, monkeypatch):
    breaks(shop, monkeypatch, lambda watch: watch == "no orders")
    shop.clock.jump(shop.clock.now().replace(hour=4))
    shop.quieten_shop()
    shop.stands()
    for _ in range(3):
        shop.round()
        shop.clock.advance(seconds=5)
    assert {(row.rule, row.key) for row in shop.rows()} == {("hand.one", "k"), ("alerts.watch_failed", "no orders")}


def test_looks_that_take_longer_than_the_lease_are_written_all_the_same(shop):
    other = shop.program("node 2")
    taken = []

    def slow(_connection, _at):
        shop.clock.advance(seconds=9)
        taken.append(other.rounds._holds())
        return list(shop.standing)

    shop.stands()
    rules = [(RuleInfo(f"slow.{number}", WARNING),) for number in range(6)]
    program = shop.program("slow", watched=[Watched(rule[0].rule, slow, (*rule, *HAND), 0.0) for rule in rules])
    program.rounds.work()
    assert [row.rule for row in shop.rows()] == ["hand.one"]
    assert not any(taken), "nobody else took it meanwhile"


def at_night(shop):
    """One o'clock in China; gives that time."""
    at = shop.clock.now().replace(hour=17, minute=0)
    shop.clock.jump(at)
    shop.quieten_shop()
    return at


def told_of(shop, rule="hand.one"):
    ids = {row.id for row in shop.rows(Alert.rule == rule)}
    return [row.event for row in shop.notices() if row.alert_id in ids]


@pytest.mark.parametrize("is_answered", [False, True])
def test_a_warning_that_becomes_critical_at_night_wakes_somebody(shop, is_answered):
    at_night(shop)
    shop.stands(severity=WARNING)
    shop.round()
    assert told_of(shop) == []
    if is_answered:  # somebody saw it on the screen
        shop.alerts.acknowledge(shop.rows()[0].id)
    shop.stands(severity=CRITICAL)
    shop.clock.advance(seconds=5)
    shop.round()
    shop.clock.advance(seconds=5)
    shop.round()
    assert told_of(shop) == ["raised"]
    assert (shop.rows()[0].acked_at, shop.rows()[0].told_severity) == (None, "critical")
    shop.after(minutes=31)
    assert "again" in told_of(shop)


def test_what_becomes_graver_and_still_no_more_than_a_warning_waits_for_the_morning(shop):
    shop.clock.jump(shop.clock.now().replace(hour=4))
    shop.quieten_shop()
    shop.stands(severity=NOTICE)
    shop.round()
    assert told_of(shop) == ["raised"]
    at_night(shop)
    shop.stands(severity=WARNING)
    shop.after(minutes=10)
    assert told_of(shop) == ["raised"]
    shop.after(hours=6)
    assert told_of(shop) == ["raised", "worse"]


def test_nobody_is_woken_to_hear_that_a_warning_is_over(shop):
    _, robot = shop.robot()
    shop.clock.jump(shop.clock.now().replace(hour=4))
    shop.quieten_shop()
    shop.stands("hand.one", severity=WARNING)
    shop.stands("hand.two", severity=CRITICAL)
    shop.round()
    at_night(shop)
    shop.standing = []
    shop.after(minutes=5)
    assert {row.cleared_why for row in shop.rows()} == {"gone"}
    clears = [text for text in robot.got if "恢复" in text]
    assert ["hand.two" in text for text in clears] == [True], robot.got
    shop.after(hours=6)
    clears = [text for text in robot.got if "恢复" in text]
    assert ["hand.one" in text for text in clears] == [False, True]


def test_nobody_is_told_of_what_is_gone_already(shop, staff):
    shop.settings.put_shift(range(7), 0, 0, staff.hire("小李", Role.PACKER).id, 1)
    shop.robot()
    shop.settings.put_severity(CRITICAL, SeverityPolicy(60, 60, 600, 0, None))
    shop.stands()
    shop.round()
    shop.over()
    shop.after(minutes=5)
    assert [event for event, _ in shop.told()] == ["raised"]
    shop.stands()
    shop.round()
    assert [event for event, _ in shop.told()] == ["raised", "step"], "it is back, and nobody has reacted"


def test_what_becomes_graver_and_reached_nobody_before_is_told_to_whoever_is_next(shop):
    shop.clock.jump(shop.clock.now().replace(hour=4))
    shop.quieten_shop()
    shop.stands(severity=WARNING)
    shop.round()
    shop.world.do(lambda uow: uow.execute(update(AlertNotice).values(state="dropped")))
    shop.stands(severity=CRITICAL)
    shop.after(minutes=1)
    assert [(row.event, row.state) for row in shop.notices()][1:] == [("again", "screen")]


def test_what_stands_is_listed_gravest_first_and_no_page_leaves_one_out(shop):
    for key, severity in (("a", NOTICE), ("b", CRITICAL), ("c", WARNING), ("d", CRITICAL), ("e", NOTICE)):
        shop.stands(key=key, severity=severity)
        shop.round()
    pages, after = [], None
    while (page := shop.alerts.page("open", after, 2)).next_after:
        pages.append([row.key for row in page.rows])
        after = page.next_after
    assert [*pages, [row.key for row in page.rows]] == [["d", "b"], ["c", "e"], ["a"]]
    for key in "abcde":
        shop.over(key=key)
        shop.round()
    shop.after(minutes=30)
    past = shop.alerts.page("past", None, 3)
    rest = shop.alerts.page("past", past.next_after, 9)
    assert [row.key for row in (*past.rows, *rest.rows)] == list("edcba"), "what is over has no other order than time"


def test_a_mute_says_nothing_and_what_still_stands_at_its_end_is_told(shop, staff):
    shop.stands(key="a")
    shop.round()
    mute = shop.alerts.mute("hand.one", "a", 60, "正在盘点")
    shop.alerts.mute("hand.two", "", 60, "正在盘点")
    shop.stands("hand.two", key="b")
    shop.after(minutes=59)
    assert len(shop.notices()) == 1
    assert {row.key for row in shop.alerts.mutes()} == {"a", ""}
    assert shop.alerts.page("open", None, 9).rows[0].is_muted
    shop.after(minutes=2)
    assert {row.rule for row in shop.rows()} == {"hand.one", "hand.two"}
    assert len(shop.notices()) >= 3
    assert shop.alerts.unmute(mute) is False
    for minutes, reason in ((60, " "), (0, "x"), (60 * 24 * 40, "x")):
        with pytest.raises(Refused):
            shop.alerts.mute("hand.one", "", minutes, reason)


def test_a_rule_that_is_off_is_not_raised_and_what_stood_goes_without_a_word(shop):
    shop.stands()
    shop.round()
    shop.settings.put_rule(RuleDraft("hand.one", False, "", {}))
    shop.round()
    row = shop.rows()[0]
    assert (row.cleared_why, len(shop.notices())) == ("off", 1)
    shop.after(minutes=10)
    assert len(shop.rows()) == 1
    shop.settings.put_rule(RuleDraft("hand.one", True, "notice", {}))
    shop.after(minutes=61)
    assert [row.severity for row in shop.rows()] == ["critical", "notice"]


def test_the_owner_decides_how_long_what_waits(shop, staff):
    shop.settings.put_severity(CRITICAL, SeverityPolicy(60, 0, 0, 0, None))
    shop.settings.put_shift(range(7), 0, 0, staff.hire("小李", Role.PACKER).id, 1)
    shop.robot()
    shop.stands()
    shop.round()
    shop.after(minutes=1)
    assert [event for event, _ in shop.told()] == ["raised", "step"]
    shop.after(hours=2)
    assert len(shop.told()) == 2
    shop.over()
    shop.clock.advance(seconds=5)
    shop.round()
    assert shop.rows()[0].cleared_at == shop.clock.now()
    with pytest.raises(Refused):
        shop.settings.put_severity(CRITICAL, SeverityPolicy(-1, 0, 0, 0))


def test_the_five_minutes_of_a_shop_are_its_own(shop):
    limit_s = SILENT_S
    shop.clock.advance(seconds=limit_s)
    shop.round()
    assert not shop.rows(Alert.rule == "shop.silent")
    shop.clock.advance(seconds=6)
    shop.round()
    row = shop.rows(Alert.rule == "shop.silent")[0]
    assert (row.key, row.facts) == (f"shop:{shop.world.shop_id}", {"shop": "练习店", "minutes": 5})
    shop.settings.put_rule(RuleDraft("shop.silent", True, "", {"": 300, row.key: 3600}))
    shop.clock.advance(seconds=6)
    shop.round()
    assert shop.rows(Alert.id == row.id)[0].gone_at is not None


# --- several programs, and programs that are killed -----------------------------------------------------------------


def test_of_two_programs_one_goes_the_rounds_and_the_other_follows_when_it_dies(shop):
    other = shop.program("node 2")
    shop.stands()
    shop.round()
    shop.round(other)
    assert (shop.main.rounds.is_watching, other.rounds.is_watching) == (True, False)
    shop.clock.advance(seconds=31)  # node 1 was killed; its lease runs out
    shop.stands("hand.two")
    shop.quieten_shop()
    shop.round(other)
    assert other.rounds.is_watching
    assert [row.rule for row in shop.rows()] == ["hand.one", "hand.two"]
    # The former holder wakes from its sleep in the middle of a round and may write nothing.
    fence = shop.main.rounds._fence
    seen = Seen((), frozenset({"hand.one", "hand.two"}))
    assert shop.main._store.write(lambda uow: engine.evaluate(uow, seen, fence)) is None
    assert all(row.gone_at is None for row in shop.rows())
    shop.round()
    assert not shop.main.rounds.is_watching
    assert len(shop.notices()) == 2


def test_a_program_that_stops_hands_the_rounds_on_at_once(shop):
    other = shop.program("node 2")
    shop.round()
    shop.main.rounds.stop()
    shop.round(other)
    assert other.rounds.is_watching


def test_killed_in_the_middle_of_a_round_nothing_is_half_told(shop):
    shop.robot()
    shop.stands()
    fence = shop.world.do(lambda uow: leases.take(uow, engine.LEASE, "node 1", 30))
    seen = Seen(tuple(shop.standing), frozenset({"hand.one"}))

    def killed(uow):
        engine.evaluate(uow, seen, fence)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        shop.main._store.write(killed)
    assert (shop.rows(), shop.notices(), shop.world.rows(select(Outbox.id))) == ([], [], [])
    for _ in range(2):  # the same decision twice is one alert, one notice, one message
        shop.world.do(lambda uow: engine.evaluate(uow, seen, fence))
    assert (len(shop.rows()), len(shop.notices()), len(shop.world.rows(select(Outbox.id)))) == (1, 1, 1)


def test_hundreds_at_once_are_raised_in_pieces_the_gravest_first(shop):
    for rule in ("hand.one", "hand.two"):
        for number in range(150):
            is_last = (rule, number) == ("hand.two", 149)
            shop.stands(rule, key=f"{number:03d}", severity=CRITICAL if is_last else WARNING)
    assert shop.main.rounds.work() == 0.0
    first = shop.rows()
    assert (len(first), first[0].rule, first[0].key) == (engine.MOST_AT_ONCE, "hand.two", "149")
    shop.round()
    assert len(shop.rows()) == 300


def test_after_a_sleep_what_is_overdue_is_given_time_to_be_done(shop):
    from core.alerts.rounds import Rounds

    rounds = Rounds(shop.main._store, shop.watched, "window", settle_s=60)
    shop.clock.advance(hours=8)  # the machine slept: the shop was not asked all night
    for _ in range(12):
        rounds.work()
        assert not shop.rows()
        shop.clock.advance(seconds=5)
    shop.quieten_shop()
    rounds.work()
    assert not shop.rows()
    shop.stands()
    rounds.work()
    assert len(shop.rows()) == 1
