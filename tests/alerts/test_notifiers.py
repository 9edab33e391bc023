"""Each way to a person: real formats, signatures, limits, numbers, encryption; and nothing secret in what is said."""

import ssl
from datetime import UTC, datetime

import pytest

from core.alerts.notifiers import dingtalk, feishu, mail
from core.alerts.notifiers.contract import Message, WayBroken
from core.alerts.notifiers.robots import cut_to_bytes
from core.alerts.notifiers.ways import KINDS, WaysOut
from core.runtime.clock import ManualClock
from core.runtime.errors import Refused
from core.runtime.http import HttpClient
from core.runtime.remote_errors import ContractBroken, RateLimited, Rejected, Temporary
from tests.alerts.conftest import KEYS, SECRETS
from tests.simulators.mail_server import MailServer, certificate
from tests.simulators.robot_server import RobotServer

START = datetime(2026, 6, 18, 2, 0, tzinfo=UTC)
HELLO = Message("【严重】测试", ("第二行",))
KINDS_OF_ROBOTS = ("wecom", "dingtalk", "feishu")


@pytest.fixture
def clock():
    return ManualClock(START)


@pytest.fixture
def server(clock):
    made = RobotServer(lambda: clock.now().timestamp())
    yield made
    made.stop()


@pytest.fixture
def http(clock):
    with HttpClient(clock, sleep=lambda _s: None) as made:
        yield made


def opened(kind, server, clock, http, **other):
    access = KINDS[kind].check({"key": KEYS[kind], "token": KEYS[kind], "secret": SECRETS[kind], **other})
    places = dict.fromkeys(KINDS_OF_ROBOTS, server.url)
    return WaysOut(lambda: http, clock, places=places).open(kind, access)


def test_signatures_are_those_of_the_documents():
    assert dingtalk.signature("SECtest0001", 1577262236757) == "ZNG1yZ1qiprCFITqLFTsqPmr3ptphKu3q+654BuUcfU="
    assert feishu.signature("test0001", 1599360473) == "1H3EDBVd3s9daGJ4xiuoYhfmnWCf7/X08kxw5JqBXxo="


@pytest.mark.parametrize("kind", KINDS_OF_ROBOTS)
def test_a_message_arrives_and_calls_whom_it_is_for(kind, server, clock, http):
    robot = server.add(kind, KEYS[kind], SECRETS[kind])
    opened(kind, server, clock, http).send(HELLO, ("13800000001", "zhangsan"))
    assert robot.got[0].startswith("【严重】测试\n第二行")
    if kind == "feishu":
        assert '<at user_id="zhangsan"></at>' in robot.got[0]
    else:
        assert set(robot.called[0]) == {"13800000001", "zhangsan"}


@pytest.mark.parametrize("kind", KINDS_OF_ROBOTS)
def test_a_long_message_is_cut_at_whole_signs_and_accepted(kind, server, clock, http):
    robot = server.add(kind, KEYS[kind], SECRETS[kind])
    opened(kind, server, clock, http).send(Message("超卖" * 20_000), ("13800000001",))
    assert robot.refusals == []
    assert "�" not in robot.got[0]


@pytest.mark.parametrize("most", range(4, 22))
def test_a_text_is_never_cut_inside_a_sign(most):
    cut = cut_to_bytes("a货😀é货物很多", most)
    assert len(cut.encode()) <= most
    assert cut.endswith("…")
    assert "a货😀é货物很多".startswith(cut[:-1])


@pytest.mark.parametrize("kind", KINDS_OF_ROBOTS)
def test_a_robot_that_is_gone_or_signed_otherwise_is_broken(kind, server, clock, http):
    robot = server.add(kind, KEYS[kind], SECRETS[kind])
    if kind != "wecom":
        with pytest.raises(WayBroken):
            opened(kind, server, clock, http, secret="another secret").send(HELLO, ())
    robot.is_removed = True
    expected = Rejected if kind == "feishu" else WayBroken
    with pytest.raises(expected) as caught:
        opened(kind, server, clock, http).send(HELLO, ())
    assert KEYS[kind] not in f"{caught.value} {caught.value.code} {caught.value!r}"
    assert "203.0.113.9" not in str(caught.value), "the platform's own words are dropped"


def test_beyond_its_limit_a_robot_says_how_long_to_wait(server, clock, http):
    waits = {"wecom": 60.0, "dingtalk": 600.0, "feishu": 60.0}
    for kind, most in (("wecom", 20), ("dingtalk", 20), ("feishu", 100)):
        robot, way = server.add(kind, KEYS[kind], SECRETS[kind]), opened(kind, server, clock, http)
        for _ in range(most):
            way.send(HELLO, ())
        with pytest.raises(RateLimited) as caught:
            way.send(HELLO, ())
        assert caught.value.retry_after_s == waits[kind]
        assert len(robot.got) == most


def test_a_clock_that_is_wrong_breaks_no_robot(server, clock, http):
    server.now = lambda: clock.now().timestamp() + 7200
    robot = server.add("dingtalk", KEYS["dingtalk"], SECRETS["dingtalk"])
    opened("dingtalk", server, clock, http).send(HELLO, ())
    assert (robot.refusals, len(robot.got)) == ([310000], 1)
    other = server.add("feishu", KEYS["feishu"], SECRETS["feishu"])
    with HttpClient(clock, sleep=lambda _s: None) as fresh:
        opened("feishu", server, clock, fresh).send(HELLO, ())
    assert (other.refusals, len(other.got)) == ([19021], 1)
    # A signature that is wrong for another reason is tried once more only where the clock was.
    with pytest.raises(WayBroken):
        opened("dingtalk", server, clock, http, secret="another secret").send(HELLO, ())
    assert robot.refusals == [310000, 310000]


def test_what_is_no_answer_of_a_robot_is_told_apart(server, clock, http):
    server.add("wecom", KEYS["wecom"])
    way = opened("wecom", server, clock, http)
    for fault, kind in (
        ("html", ContractBroken),
        ("status:503", Temporary),
        ("status:404", Rejected),
        ("drop_after", Temporary),
    ):
        server.faults.append(fault)
        with pytest.raises(kind):
            way.send(HELLO, ())


def test_nobody_is_called_by_what_stands_in_a_fact(server, clock, http):
    robot = server.add("feishu", KEYS["feishu"], SECRETS["feishu"])
    opened("feishu", server, clock, http).send(Message('<at user_id="all">所有人</at> **粗**'), ())
    assert "<at" not in robot.got[0]


@pytest.mark.parametrize(
    ("kind", "pasted"),
    [
        ("wecom", f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEYS['wecom']}"),
        ("wecom", f"  {KEYS['wecom']} "),
        ("dingtalk", f"https://oapi.dingtalk.com/robot/send?access_token={KEYS['dingtalk']}"),
        ("feishu", f"https://open.feishu.cn/open-apis/bot/v2/hook/{KEYS['feishu']}"),
    ],
)
def test_a_pasted_address_gives_its_key(kind, pasted):
    field = "key" if kind == "wecom" else "token"
    assert KINDS[kind].check({field: pasted, "secret": SECRETS[kind]})[field] == KEYS[kind]


@pytest.mark.parametrize(
    "pasted",
    [
        "http://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=0123456789",
        "https://qyapi.weixin.qq.com@evil.example/cgi-bin/webhook/send?key=0123456789",
        "https://evil.example/cgi-bin/webhook/send?key=0123456789",
        "https://qyapi.weixin.qq.com.evil.example/cgi-bin/webhook/send?key=0123456789",
        "https://qyapi.weixin.qq.com:8443/cgi-bin/webhook/send?key=0123456789",
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=0123456789&key=abcdefghij",
        "https://qyapi.weixin.qq.com/cgi-bin/other?key=0123456789",
        "https://169.254.169.254/latest",
        "file:///etc/passwd",
        "http://2130706433/",
        "../../0123456789",
        "key with spaces",
        "https://[::1",
        "",
    ],
)
def test_an_address_that_leads_elsewhere_is_no_robots(pasted):
    with pytest.raises(Refused) as caught:
        KINDS["wecom"].check({"key": pasted})
    assert not pasted or pasted not in str(caught.value)


def test_no_key_stands_in_a_log(server, clock, http, caplog):
    caplog.set_level("DEBUG")
    server.add("dingtalk", KEYS["dingtalk"], SECRETS["dingtalk"])
    way = opened("dingtalk", server, clock, http)
    way.send(HELLO, ())
    server.faults.append("status:503")
    with pytest.raises(Temporary):
        way.send(HELLO, ())
    # urllib3's own debug lines name paths; they are never switched on in the program.
    ours = "".join(record.getMessage() for record in caplog.records if record.name.startswith("core"))
    assert ours
    assert KEYS["dingtalk"] not in ours
    assert SECRETS["dingtalk"] not in ours


# --- mail ------------------------------------------------------------------------------------------------------------

ACCOUNT = {"host": "localhost", "user": "shop@example.com", "password": "the password", "to": "boss@example.com"}


@pytest.fixture
def mail_box(tmp_path):
    made = []

    def start(security="ssl", host="localhost", days=2):
        made.append(MailServer(certificate(tmp_path, host, days=days), security).start())
        return made[-1]

    yield start
    for server in made:
        server.stop()


def account(server, clock, *, trusts=True, resolve=None, **other):
    access = KINDS["email"].check({**ACCOUNT, "port": str(server.port), "security": server.security, **other})
    tls = ssl.create_default_context(cafile=str(server.pem)) if trusts else ssl.create_default_context()
    return mail.Mail(access, clock, tls, resolve or (lambda _host, _port: ["127.0.0.1"]))


@pytest.mark.parametrize("security", ["ssl", "starttls"])
def test_a_mail_arrives_encrypted(security, mail_box, clock):
    server = mail_box(security)
    account(server, clock).send(HELLO, ("a@example.com", "no address"))
    account(server, clock).send(HELLO, ())
    first, second = server.letters
    assert (first.sender, first.receivers, first.was_encrypted) == ("shop@example.com", ["a@example.com"], True)
    assert second.receivers == ["boss@example.com"]
    assert server.clear_sign_ins == 0


def test_a_line_break_in_a_title_begins_no_heading(mail_box, clock):
    server = mail_box()
    account(server, clock).send(Message("a\r\nBcc: all@example.com\n\nx", ("第二行",)), ())
    head = server.letters[0].body.replace("\r\n", "\n").partition("\n\n")[0]
    assert not [line for line in head.splitlines() if line.lower().startswith("bcc")]
    assert server.letters[0].receivers == ["boss@example.com"]


def test_a_server_without_encryption_gets_no_password(mail_box, clock):
    server = mail_box("none")
    with pytest.raises(WayBroken, match="encryption"):
        account(server, clock, security="starttls").send(HELLO, ())
    assert (server.letters, server.clear_sign_ins) == ([], 0)


@pytest.mark.parametrize("what", ["stranger", "other name", "over"])
def test_a_certificate_that_is_not_good_gets_no_password(what, mail_box, clock):
    names = {"other name": "elsewhere.example", "stranger": "localhost", "over": "localhost"}
    server = mail_box("ssl", names[what], -1 if what == "over" else 2)
    with pytest.raises(WayBroken) as caught:
        account(server, clock, trusts=what != "stranger").send(HELLO, ())
    assert caught.value.code == "mail.certificate"
    assert server.letters == []


@pytest.mark.parametrize(
    ("verb", "answer", "kind"),
    [
        ("AUTH", "535 5.7.8 wrong", WayBroken),
        ("RCPT", "550 no such user shop@example.com", Rejected),
        ("RCPT", "450 later", RateLimited),
        ("MAIL", "421 too many", RateLimited),
        ("DATA", "554 spam", Rejected),
        ("DATA", "471 later", Temporary),
    ],
)
def test_what_a_mail_server_says_is_sorted(verb, answer, kind, mail_box, clock):
    server = mail_box()
    server.refuses[verb] = answer
    with pytest.raises(kind) as caught:
        account(server, clock).send(HELLO, ())
    assert "shop@example.com" not in f"{caught.value} {caught.value.code}"
    if kind is Rejected:
        assert not isinstance(caught.value, WayBroken)


def test_a_server_that_is_gone_is_tried_later(mail_box, clock):
    server = mail_box()
    way = account(server, clock)
    server.stop()
    with pytest.raises(Temporary):
        way.send(HELLO, ())
    server.start()


@pytest.mark.parametrize(
    ("host", "addresses", "lan"),
    [
        ("mail.example.com", ["127.0.0.1"], "1"),
        ("mail.example.com", ["10.0.0.5"], ""),
        ("mail.example.com", ["169.254.169.254"], "1"),
        ("mail.example.com", ["::1"], "1"),
        ("localhost", ["192.168.1.9"], ""),
    ],
)
def test_a_name_that_leads_inside_is_not_spoken_to(host, addresses, lan, clock):
    access = KINDS["email"].check({**ACCOUNT, "host": host, "port": "465", "lan": lan})
    with pytest.raises(WayBroken) as caught:
        mail.Mail(access, clock, None, lambda _host, _port: addresses).send(HELLO, ())
    assert caught.value.code == "mail.address"


@pytest.mark.parametrize(
    "wrong",
    [
        {"host": "http://mail"},
        {"host": "a b"},
        {"port": "5432", "host": "mail.example.com"},
        {"port": "x"},
        {"security": "none"},
        {"user": ""},
        {"password": ""},
        {"to": "not an address"},
        {"to": "a@example.com\r\nBcc: x@example.com"},
        {"sender": "x <x@example.com>"},
    ],
)
def test_what_is_no_account_is_refused(wrong):
    with pytest.raises(Refused):
        KINDS["email"].check({**ACCOUNT, **wrong})
