"""Messages leave the outbox at the pace a robot bears, once, on another way if need be; whoever is killed when."""

import json
import threading
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from core.access.rights import Role
from core.alerts.models import Alert, AlertChannel, AlertNotice
from core.alerts.notifiers.contract import WayBroken
from core.alerts.sending import _waiting
from core.alerts.telling import TELL, lane_of
from core.alerts.watched import WATCHED
from core.channels.models import Shop
from core.db import outbox
from core.db.models import Journal, Outbox
from core.db.unit_of_work import Actor, UnitOfWork
from core.runtime.errors import NotFound, Refused
from core.runtime.standing import Severity
from core.sync.delivering import Deliverer
from tests.alerts.conftest import KEYS, SECRETS
from tests.support.fake_shop import LIN, line
from tests.support.plans import plans_on

WARNING = Severity.WARNING
LATER = timedelta(seconds=300)
ACTOR = Actor("system", "desk 1")


def queue(shop, count, *, severity=Severity.CRITICAL):
    """So many alerts, decided and not yet delivered."""
    for number in range(count):
        shop.stands(key=f"k{number:02d}", severity=severity)
    while shop.main.rounds.work() == 0.0:
        pass


def test_the_message_says_what_since_when_and_what_to_do(shop):
    channel, robot = shop.robot()
    shop.stands("shop.silent", "shop:9", shop="天猫旗舰店", minutes=6)
    shop.round()
    assert robot.got == [
        "【严重】天猫旗舰店 已 6 分钟没有更新\n06-18 10:00 发现\n请在打包台「告警」页按 F6 确认，否则会通知下一位"
    ]
    shop.settings.put_language("en")
    shop.stands("hand.two")
    shop.round()
    assert robot.got[1].startswith("[CRITICAL] hand.two: k\nSince 06-18 10:00")
    assert [row.state for row in shop.notices()] == ["told", "told"]
    assert {row.channel_id for row in shop.notices()} == {channel}


def test_many_at_once_are_one_message_each_alert_once(shop):
    _, robot = shop.robot()
    queue(shop, 30)
    shop.deliver()
    assert len(robot.got) == 1
    assert robot.got[0].splitlines()[0] == "打包台：30 条告警，其中 30 条严重"
    assert "另有 18 条" in robot.got[0]
    assert {row.state for row in shop.notices()} == {"told"}
    assert len({row.message for row in shop.notices()}) == 1
    assert {row.state for row in shop.world.rows(select(Outbox.state))} == {"done"}


def test_no_robot_is_ever_used_more_often_than_it_bears(shop):
    _, robot = shop.robot("dingtalk")
    sent_at = []
    for number in range(60):
        shop.stands(key=f"k{number}")
        shop.main.rounds.work()
        shop.deliver()
        sent_at += [shop.clock.now()] * (len(robot.got) - len(sent_at))
        shop.clock.advance(seconds=1)
        shop.quieten_shop()
    for _ in range(30):
        shop.clock.advance(seconds=5)
        shop.quieten_shop()
        shop.deliver()
    assert robot.refusals == [], "the platform never had to say no"
    assert 1 < len(robot.got) < 60
    assert {row.state for row in shop.notices()} == {"told"}


def test_a_robot_that_is_full_rests_as_long_as_it_says_and_then_says_all(shop):
    _, robot = shop.robot("dingtalk")
    robot.blocked_until = shop.clock.now().timestamp() + 600  # another program of the group has overdone it
    shop.stands()
    shop.round()
    asked = len(shop.server.requests)
    shop.stands("hand.two")
    for _ in range(9):
        shop.clock.advance(seconds=60)
        shop.quieten_shop()
        shop.round()
    assert len(shop.server.requests) == asked, "a blocked robot is not knocked at"
    shop.clock.advance(seconds=61)
    shop.deliver()
    assert robot.refusals == [130101]
    assert sum("hand" in text for text in robot.got) >= 1
    assert {row.state for row in shop.notices()} == {"told"}


def test_a_removed_robot_is_an_alert_on_screen_and_the_next_way_is_taken(shop, staff):
    person = staff.hire("小李", Role.PACKER).id
    shop.settings.put_shift(range(7), 0, 0, person, 1)
    broken, robot = shop.robot("wecom", name="仓库群")
    works, other = shop.robot("feishu", name="老板群")
    shop.settings.put_contact(person, broken, "xiaoli")
    robot.is_removed = True
    shop.stands()
    shop.round()
    shop.round()
    assert [(row.channel_id, row.state, row.error) for row in shop.notices(AlertNotice.event == "raised")][:2] == [
        (broken, "failed", "93000"),
        (works, "told", ""),
    ]
    assert len([text for text in other.got if "hand.one" in text]) == 1
    shop.clock.jump(shop.clock.now().replace(hour=4))
    shop.after(minutes=1)
    said = shop.rows(Alert.rule == "alerts.channel")[0]
    assert said.facts == {"channel": "仓库群", "why": "93000"}
    # It is not used any more, until a test gets through.
    asked = len([path for path in shop.server.requests if "webhook" in path])
    shop.stands("hand.two")
    shop.round()
    assert len([path for path in shop.server.requests if "webhook" in path]) == asked
    with pytest.raises(WayBroken):
        shop.settings.test(broken)
    robot.is_removed = False
    shop.clock.advance(seconds=2)
    shop.settings.test(broken)
    assert robot.got == ["打包台测试消息\n收到这条，说明告警能送到这里"]
    assert [one.is_broken for one in shop.settings.channels()] == [False, False]
    shop.after(minutes=5)
    assert shop.rows(Alert.rule == "alerts.channel")[0].cleared_at is not None


def test_where_no_way_is_left_the_screen_says_it_and_the_next_in_the_chain_is_told_at_once(shop, staff):
    shop.settings.put_shift(range(7), 0, 0, staff.hire("小李", Role.PACKER).id, 1)
    _, robot = shop.robot()
    robot.is_removed = True
    shop.stands()
    shop.round()
    assert [(row.person_name, row.state) for row in shop.notices()] == [("小李", "failed"), ("小李", "screen")]
    shop.clock.advance(seconds=5)
    shop.round()
    assert ("step", "王老板") in shop.told()


def test_a_robot_that_does_not_answer_is_tried_again_with_a_mark_and_then_passed_over(shop):
    _, robot = shop.robot("wecom")
    _, other = shop.robot("feishu")
    shop.server.faults.append("drop_after")  # it arrived, and nobody knows
    shop.stands()
    shop.round()
    assert (len(robot.got), shop.notices()[0].state) == (1, "sending")
    shop.clock.advance(seconds=6)
    shop.deliver()
    assert len(robot.got) == 2
    assert "可能重复" in robot.got[1]
    assert "可能重复" not in robot.got[0]
    shop.server.faults.extend(["status:503"] * 3)
    shop.stands("hand.two")
    for _ in range(4):
        shop.round()
        shop.clock.advance(seconds=16)
        shop.quieten_shop()
    assert len(other.got) == 1
    assert "hand.two" in other.got[0]
    second = shop.rows(Alert.rule == "hand.two")[0].id
    assert {row.state for row in shop.notices(AlertNotice.alert_id == second)} == {"failed", "told"}


def test_killed_between_sending_and_noting_it_is_said_once_more_and_marked(shop):
    channel, robot = shop.robot()
    shop.stands()
    shop.main.rounds.work()
    store = shop.main._store
    claim = store.write(lambda uow: outbox.claim(uow, lane_of(channel), "node 1", 120.0))[0]
    real = store.write
    done = []

    def dies_after_sending(operation, **more):
        if robot.got:
            raise KeyboardInterrupt
        done.append(operation)
        return real(operation, **more)

    store.write = dies_after_sending
    with pytest.raises(KeyboardInterrupt):
        shop.main.carrier.tell(claim)
    store.write = real
    assert (len(robot.got), shop.notices()[0].state) == (1, "sending")
    other = shop.program("node 2")
    shop.clock.advance(seconds=121)
    shop.deliver(other, "node 2")
    assert [("可能重复" in text) for text in robot.got] == [False, True]
    shop.clock.advance(seconds=500)
    shop.deliver(other, "node 2")
    assert len(robot.got) == 2


def test_killed_before_sending_it_is_said_once(shop):
    channel, robot = shop.robot()
    shop.stands()
    shop.main.rounds.work()
    shop.main._store.write(lambda uow: outbox.claim(uow, lane_of(channel), "node 1", 120.0))
    shop.clock.advance(seconds=121)
    shop.deliver(shop.program("node 2"), "node 2")
    assert len(robot.got) == 1
    assert "可能重复" not in robot.got[0]


def test_of_more_than_one_message_carries_none_is_forgotten_whoever_is_asked_first(shop, monkeypatch):
    _, robot = shop.robot("feishu")
    monkeypatch.setattr("core.alerts.sending._MOST_GATHERED", 5)
    queue(shop, 6)
    newest = max(row.id for row in shop.world.rows(select(Outbox.id)))
    shop.world.do(
        lambda uow: uow.execute(update(Outbox).where(Outbox.id != newest).values(not_before_at=uow.now + LATER))
    )
    shop.deliver()
    shop.clock.advance(seconds=LATER.seconds)
    shop.deliver()
    said = "".join(robot.got)
    assert [word in said for word in (f"k{number:02d}" for number in range(6))] == [True] * 6
    assert {row.state for row in shop.notices()} == {"told"}


def test_what_waits_is_found_by_its_index_alone(file_shop):
    channel, _ = file_shop.robot()
    queue(file_shop, 3)

    def read(connection):
        return _waiting(UnitOfWork(connection, ACTOR, file_shop.clock), channel, (1, 1), "")

    steps = file_shop.world.store.read(lambda connection: plans_on(connection, lambda: read(connection)))
    by = {step for _, step in steps if "alert_notice" in step}
    assert by == {"SEARCH alert_notice USING INDEX ix_alert_notice_pending (channel_id=?)"}, by


@pytest.mark.race
def test_two_programs_that_deliver_at_once_say_everything_once(shop):
    channel, robot = shop.robot("feishu")
    queue(shop, 3)
    programs = [(shop.program(f"node {number}"), f"node {number}") for number in (1, 2)]
    gate = threading.Barrier(2)

    def run(program, holder):
        gate.wait()
        Deliverer(program._store, holder, {TELL: program.carrier.tell}, {}).drain(lane_of(channel))

    threads = [threading.Thread(target=run, args=one) for one in programs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for _ in range(5):
        shop.clock.advance(seconds=10)
        shop.deliver(programs[0][0])
    said = [word for text in robot.got for word in ("k00", "k01", "k02") if word in text]
    assert sorted(said) == ["k00", "k01", "k02"]


def test_what_was_over_before_it_could_be_said_is_dropped_unless_it_was_critical(shop):
    _, robot = shop.robot("dingtalk")
    robot.blocked_until = shop.clock.now().timestamp() + 1800
    shop.clock.jump(shop.clock.now().replace(hour=4))
    robot.blocked_until = shop.clock.now().timestamp() + 1800
    shop.quieten_shop()
    shop.stands("hand.one", severity=WARNING)
    shop.stands("hand.two", severity=Severity.CRITICAL)
    shop.round()
    shop.alerts.acknowledge(shop.rows(Alert.rule == "hand.two")[0].id)
    shop.standing = []
    shop.after(minutes=40)
    assert {row.state for row in shop.notices(AlertNotice.alert_id == shop.rows(Alert.rule == "hand.one")[0].id)} == {
        "dropped"
    }
    assert "hand.one" not in "".join(robot.got)
    of_hand = [text for text in robot.got if "仓库群" not in text]  # that the group itself was shut is told as well
    assert [("hand.two" in text) for text in of_hand] == [True, True]


def test_a_channel_that_is_switched_off_hands_on_what_waits_for_it(shop):
    channel, robot = shop.robot("wecom")
    _, other = shop.robot("feishu")
    shop.stands()
    shop.main.rounds.work()
    shop.settings.set_channel_on(channel, False)
    shop.deliver()
    assert (len(robot.got), len(other.got)) == (0, 1)


# --- channels and contacts ------------------------------------------------------------------------------------------


def test_secrets_are_kept_and_never_shown_again(shop):
    channel, _ = shop.robot("dingtalk")
    view = shop.settings.channels()[0]
    assert KEYS["dingtalk"] not in f"{view} {view.settings}"
    shop.settings.put_channel(channel, "dingtalk", "新名字", {})
    access = shop.world.rows(select(AlertChannel.access))[0][0]
    assert access == {"token": KEYS["dingtalk"], "secret": SECRETS["dingtalk"]}
    for wrong in ({"token": "https://evil.example/robot/send?access_token=0123456789"}, {"secret": "x"}):
        with pytest.raises(Refused):
            shop.settings.put_channel(channel, "dingtalk", "新名字", wrong)
    with pytest.raises(Refused):
        shop.settings.put_channel(None, "pager", "x", {})
    with pytest.raises(Refused):
        shop.settings.put_channel(None, "wecom", " ", {"key": KEYS["wecom"]})
    with pytest.raises(NotFound):
        shop.settings.put_channel(99, "wecom", "x", {"key": KEYS["wecom"]})
    shop.settings.drop_channel(channel)
    assert shop.world.rows(select(AlertChannel.access))[0][0] == {}


def test_nothing_secret_and_no_address_stands_in_clear_on_the_server(shop, staff, spine_address):
    person = staff.hire("小李", Role.PACKER).id
    channel, _ = shop.robot("dingtalk")
    shop.settings.put_contact(person, channel, "13800000001")
    shop.stands()
    shop.round()
    shop.alerts.acknowledge(shop.rows()[0].id, "找林晓")
    dumped = shop.world.dump()
    everywhere = json.dumps({name: [list(map(str, row)) for row in rows] for name, rows in dumped.items()})
    outside = json.dumps([str(row) for row in dumped["outbox"] + dumped["journal"]], ensure_ascii=False)
    for secret in (KEYS["dingtalk"], SECRETS["dingtalk"], "13800000001", "找林晓"):
        assert secret not in outside
        if spine_address.postgres_url:
            assert secret not in everywhere


@pytest.mark.parametrize("address", ["a b", "<at>", "x" * 300, '"'])
def test_an_address_that_could_be_more_than_one_is_refused(shop, address):
    channel, _ = shop.robot()
    with pytest.raises(Refused):
        shop.settings.put_contact(0, channel, address)


def test_a_contact_is_called_and_one_taken_away_is_not(shop, staff):
    person = staff.hire("小李", Role.PACKER).id
    shop.settings.put_shift(range(7), 0, 0, person, 1)
    channel, robot = shop.robot()
    shop.settings.put_contact(person, channel, "xiaoli")
    shop.stands()
    shop.round()
    shop.settings.put_contact(person, channel, "")
    shop.stands("hand.two")
    shop.clock.advance(seconds=2)
    shop.round()
    assert robot.called == [["xiaoli"], []]
    with pytest.raises(NotFound):
        shop.settings.put_contact(999, channel, "x")


def test_nothing_of_a_buyer_is_in_any_alert_or_message(shop):
    """Everything that can be wrong is wrong at once, in a shop full of personal data and hostile names."""
    shop.main = shop.program("node 1", watched=WATCHED)
    _, robot = shop.robot()
    world = shop.world
    world.ready("A1", line("1", "BEAR"))
    hostile = '<at user_id="all"></at>\n致电 13912345678 li@example.com @all \u202e' + "长" * 200
    world.do(lambda uow: uow.execute(update(Shop).values(name=hostile, clock_offset_ms=900_000)))
    world.shop.place("A2", line("1", "BEAR", qty=500_000))
    world.sync("A2")
    shop.clock.advance(hours=30)
    shop.round()
    for _ in range(3):
        shop.clock.advance(seconds=60)
        shop.round()
    raised = {row.rule for row in shop.rows()}
    assert {"shop.silent", "order.short", "clock.wrong"} <= raised, raised
    said = "\n".join(robot.got)
    assert robot.got
    kept = json.dumps([str(row) for row in shop.rows()], ensure_ascii=False)
    kept += json.dumps([str(row) for row in shop.notices()], ensure_ascii=False)
    kept += str(shop.world.rows(select(Outbox.payload))) + str(
        shop.world.rows(select(Journal.facts).where(Journal.subject == "alert"))
    )
    for personal in (LIN.name, LIN.phone, LIN.address, LIN.address[-5:]):
        assert personal not in said
        assert personal not in kept
    assert "13912345678" not in said
    assert "li@example.com" not in said
    assert "\u202e" not in said
    assert all(len(line) < 160 for line in said.splitlines())
