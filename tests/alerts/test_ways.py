"""Which way a message takes when the first does not work: none is lost, and none is said for ever."""

import ssl

import pytest
from sqlalchemy import select

from core.access.rights import Role
from core.alerts.models import Alert, AlertNotice
from core.alerts.notifiers.ways import WaysOut
from core.alerts.telling import read_ways
from core.db.models import Outbox
from core.runtime.remote_errors import ContractBroken
from tests.simulators.mail_server import MailServer, certificate

ACCOUNT = {"host": "localhost", "user": "shop@example.com", "password": "the password"}


@pytest.fixture
def mail_box(tmp_path):
    server = MailServer(certificate(tmp_path, "localhost"), "ssl").start()
    yield server
    server.stop()


def mail_account(shop, server, **other) -> int:
    """A mail account of the shop whose server this machine trusts."""
    places = {"wecom": shop.server.url, "feishu": shop.server.url}
    tls = ssl.create_default_context(cafile=str(server.pem))
    shop.main.carrier._ways = WaysOut(lambda: shop.http, shop.clock, places=places, tls=tls)
    return shop.settings.put_channel(None, "email", "邮箱", {**ACCOUNT, "port": str(server.port), **other})


def test_a_network_that_is_gone_for_long_loses_no_message_however_many_ways_there_are(shop):
    _, first = shop.robot("wecom")
    _, second = shop.robot("feishu")
    shop.server.faults.extend(["status:503"] * 200)
    shop.stands()
    shop.round()
    for _ in range(8):
        shop.clock.advance(seconds=30)
        shop.quieten_shop()
        shop.deliver()
    assert (first.got, second.got) == ([], [])
    shop.server.faults.clear()
    shop.clock.advance(seconds=900)
    shop.deliver()
    assert [text for text in first.got + second.got if "hand.one" in text]
    assert not shop.notices(AlertNotice.state == "screen")


def test_who_has_another_way_takes_it_and_who_has_none_waits_on_this_one(shop, staff):
    """Two people of one message: one of them came here from the only other way already."""
    one, two = (staff.hire(name, Role.PACKER).id for name in ("小李", "小陈"))
    for person in (one, two):
        shop.settings.put_shift(range(7), 0, 0, person, 1)
    far, gone = shop.robot("wecom", name="一号群")
    near, works = shop.robot("feishu", name="二号群")
    shop.settings.put_contact(one, far, "xiaoli")
    shop.settings.put_contact(two, near, "xiaochen")
    gone.is_removed = True
    shop.stands()
    shop.main.rounds.work()
    shop.server.faults.append("")
    shop.server.faults.extend(["status:503"] * 12)
    for _ in range(5):
        shop.deliver()
        shop.clock.advance(seconds=61)
    shop.server.faults.clear()
    shop.clock.advance(seconds=900)
    shop.deliver()
    assert len(works.got) == 1
    assert "xiaochen" in works.got[0]
    assert {(row.person_name, row.state) for row in shop.notices(AlertNotice.channel_id == near)} == {
        ("小李", "told"),
        ("小陈", "told"),
    }


def test_a_message_passed_on_to_a_way_that_has_spoken_already_is_said_there_too(shop, staff):
    one, two = (staff.hire(name, Role.PACKER).id for name in ("小李", "小陈"))
    for person in (one, two):
        shop.settings.put_shift(range(7), 0, 0, person, 1)
    works, robot = shop.robot("feishu", name="一号群")
    broken, removed = shop.robot("wecom", name="二号群")
    shop.settings.put_contact(one, works, "xiaoli")
    shop.settings.put_contact(two, broken, "xiaochen")
    removed.is_removed = True
    shop.stands()
    shop.round()
    shop.clock.advance(seconds=2)
    shop.deliver()
    assert len(robot.got) == 2, "the one was told at once, the other when his own way turned out to be broken"
    passed_on = shop.notices(AlertNotice.person_name == "小陈")
    assert [(row.channel_id, row.state) for row in passed_on] == [(broken, "failed"), (works, "told")]


def test_an_answer_nobody_understands_does_not_make_the_same_message_come_for_ever(shop):
    _, robot = shop.robot("wecom")
    real, sent = shop.main.carrier._ways.open, []

    class Garbled:
        def send(self, message, _to):
            sent.append(message)
            raise ContractBroken("?", code="robot.answer")

    shop.main.carrier._ways.open = lambda _kind, _access: Garbled()
    shop.stands()
    shop.round()
    for _ in range(12):
        shop.clock.advance(seconds=300)
        shop.deliver()
    assert len(sent) <= 3
    assert {row.state for row in shop.world.rows(select(Outbox.state))} == {"done"}
    row = shop.notices()[0]
    assert (row.state, row.error) == ("failed", "robot.answer")
    shop.main.carrier._ways.open = real
    assert robot.got == []


def test_a_mail_account_is_no_group_unless_it_has_a_list_of_its_own(shop, staff, mail_box):
    plain = mail_account(shop, mail_box)
    person = staff.hire("小李", Role.PACKER).id
    assert shop.world.store.read(read_ways).of(person) is None
    shop.settings.put_contact(person, plain, "li@example.com")
    assert shop.world.store.read(read_ways).of(person).channel_id == plain
    shop.settings.put_channel(
        plain, "email", "邮箱", {**ACCOUNT, "port": str(mail_box.port), "to": "all@example.com"}
    )
    assert shop.world.store.read(read_ways).of(999).channel_id == plain


def test_a_mail_for_somebody_and_for_the_list_goes_to_both(shop, staff, mail_box):
    account = mail_account(shop, mail_box, to="all@example.com")
    people = [staff.hire(name, Role.PACKER).id for name in ("小李", "小陈")]
    for person in people:
        shop.settings.put_shift(range(7), 0, 0, person, 1)
    shop.settings.put_contact(people[0], account, "li@example.com")
    shop.stands()
    shop.round()
    assert [sorted(letter.receivers) for letter in mail_box.letters] == [["all@example.com", "li@example.com"]]


def test_a_test_of_a_mail_account_goes_to_the_account_itself_and_breaks_nothing(shop, mail_box):
    account = mail_account(shop, mail_box)
    shop.settings.test(account)
    assert [letter.receivers for letter in mail_box.letters] == [["shop@example.com"]]
    assert [(one.is_broken, one.broken_why) for one in shop.settings.channels()] == [(False, "")]


def test_an_address_that_was_taken_away_breaks_no_account(shop, staff, mail_box):
    person = staff.hire("小李", Role.PACKER).id
    shop.settings.put_shift(range(7), 0, 0, person, 1)
    account = mail_account(shop, mail_box)
    shop.settings.put_contact(person, account, "li@example.com")
    shop.stands()
    shop.main.rounds.work()
    shop.settings.put_contact(person, account, "")
    shop.deliver()
    assert [one.is_broken for one in shop.settings.channels()] == [False]
    assert [(row.state, row.error) for row in shop.notices(AlertNotice.channel_id == account)] == [
        ("failed", "mail.nobody")
    ]
    assert not shop.rows(Alert.rule == "alerts.channel")
