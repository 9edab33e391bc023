"""Both clients against honest servers: what they take, what they refuse, and which of the five errors it is."""

import base64
import json
from dataclasses import replace
from datetime import date, timedelta

import pytest

from core.desk.payments import Payments
from core.payments import alipay, keys, wechat
from core.payments.contract import TradeState, fen_of
from core.payments.gateways import GatewayRecord, set_active
from core.payments.records import GatewayDraft
from core.runtime.errors import Refused
from core.runtime.remote_errors import AuthExpired, ContractBroken, RateLimited, Rejected, Temporary
from tests.simulators.payment_gateways import private_pem, public_pem, rsa_key

KINDS = ["wechat", "alipay"]
YESTERDAY = date(2026, 6, 17)


@pytest.fixture
def made(file_till, request):
    """A gateway with its server."""
    kind = getattr(request, "param", "wechat")
    return file_till.gateway(file_till.add(kind)), getattr(file_till, kind), file_till


both = pytest.mark.parametrize("made", KINDS, indirect=True)


@both
def test_a_payment_is_found_with_amount_number_and_time(made):
    gateway, server, till = made
    paid = server.pay("M-1", 26_801)
    trade = gateway.query("M-1")
    assert (trade.state, trade.amount_fen, trade.transaction_no) == (TradeState.PAID, 26_801, paid.transaction)
    assert abs(trade.paid_at - till.world.clock.now()) < timedelta(seconds=1)
    assert trade.paid_at.tzinfo is not None


@both
def test_every_state_is_understood(made):
    gateway, server, _ = made
    for number in ("open", "shut", "back"):
        server.open(number, 100)
    server.shut("shut")
    server.pay("back", 100)
    server.refund("back")
    assert [gateway.query(no).state for no in ("nobody", "open", "shut", "back")] == [
        TradeState.UNKNOWN,
        TradeState.WAITING,
        TradeState.CLOSED,
        TradeState.REFUNDED,
    ]


@both
def test_a_till_is_closed_once_and_for_all(made):
    gateway, server, _ = made
    server.open("M-1", 100)
    server.pay("M-2", 100)
    gateway.close("M-1")
    gateway.close("M-1")
    gateway.close("nobody")
    assert server.payments["M-1"].state == "closed"
    with pytest.raises(Rejected):
        gateway.close("M-2")


@both
def test_a_close_whose_answer_is_lost_is_not_repeated_by_itself(made):
    gateway, server, _ = made
    server.open("M-1", 100)
    server.faults = ["hang_up"]
    before = len(server.calls)
    with pytest.raises(Temporary):
        gateway.close("M-1")
    assert len(server.calls) == before + 1
    assert server.payments["M-1"].state == "closed"
    gateway.close("M-1")


@both
def test_a_question_whose_answer_is_lost_is_asked_again(made):
    gateway, server, _ = made
    server.pay("M-1", 100)
    server.faults = ["hang_up"]
    assert gateway.query("M-1").state is TradeState.PAID
    assert len(server.calls) == 2


@pytest.mark.parametrize(
    ("made", "fault", "error", "code"),
    [
        ("wechat", "unsigned", ContractBroken, "payment.unsigned"),
        ("wechat", "bad_signature", ContractBroken, "payment.signature"),
        ("wechat", "wrong_serial", ContractBroken, "payment.serial"),
        ("wechat", "old", ContractBroken, "payment.stale"),
        ("wechat", "other", ContractBroken, "payment.other"),
        ("wechat", "rate_limit", RateLimited, "FREQUENCY_LIMITED"),
        ("wechat", "system_error", Temporary, "SYSTEM_ERROR"),
        ("wechat", "cut", Temporary, "http.network"),
        ("alipay", "unsigned", ContractBroken, "payment.unsigned"),
        ("alipay", "bad_signature", ContractBroken, "payment.signature"),
        ("alipay", "other", ContractBroken, "payment.other"),
        ("alipay", "rate_limit", RateLimited, "isv.app-call-limited"),
        ("alipay", "unknown", Temporary, "isp.unknow-error"),
        ("alipay", "cut", Temporary, "http.network"),
    ],
    indirect=["made"],
)
def test_what_cannot_be_believed_is_refused(made, fault, error, code):
    gateway, server, _ = made
    server.pay("M-1", 100)
    server.faults = [fault, fault]
    with pytest.raises(error) as told:
        gateway.query("M-1")
    assert told.value.code == code
    server.faults = []
    assert gateway.query("M-1").state is TradeState.PAID


@both
def test_an_unsigned_word_that_nothing_exists_is_no_word(made):
    """Whoever sits on the line must not be able to say that nobody has paid."""
    gateway, server, _ = made
    server.faults = ["unsigned"]
    if isinstance(gateway, wechat.WechatPay):
        # There errors come unsigned; nothing follows from one but that the order is asked for again.
        assert gateway.query("M-1").state is TradeState.UNKNOWN
    else:
        with pytest.raises(ContractBroken):
            gateway.query("M-1")


def test_an_old_wechat_answer_is_refused_by_our_own_clock(file_till):
    """The Date header of a replayed answer is as old as the answer."""
    gateway = file_till.gateway(file_till.add())
    file_till.wechat.pay("M-1", 100)
    gateway.query("M-1")
    then = file_till.world.clock.now()
    file_till.wechat.now = lambda: then
    file_till.world.clock.advance(minutes=4)
    assert gateway.query("M-1").state is TradeState.PAID
    file_till.world.clock.advance(minutes=2)
    with pytest.raises((ContractBroken, AuthExpired)):
        gateway.query("M-1")


@both
def test_wrong_keys_are_a_matter_of_access(made):
    gateway, server, _ = made
    gateway._account = replace(gateway._account, private=rsa_key("somebody else"))
    with pytest.raises(AuthExpired):
        gateway.query("M-1")
    assert server.refused == ["signature" if isinstance(gateway, wechat.WechatPay) else "isv.invalid-signature"]


@both
def test_trying_proves_the_keys(made):
    gateway, server, _ = made
    gateway.check()
    assert server.calls
    assert not server.refused


def test_trying_proves_the_key_of_the_gateway_where_there_is_a_bill(file_till):
    gateway = file_till.gateway(file_till.add())
    file_till.wechat.pay("M-1", 100)
    file_till.world.clock.advance(days=1)
    gateway.check()
    gateway._account = replace(gateway._account, gateway_keys={})
    with pytest.raises(ContractBroken) as told:
        gateway.check()
    assert told.value.code == "payment.serial"


# --- vectors ------------------------------------------------------------------------------------------------------

ALIPAY_NOTICE = (
    "app_id=2015102700040153&body=大乐透2.1&buyer_id=2088102116773037&charset=utf-8&gmt_close=2016-07-19 14:10:46"
    "&gmt_payment=2016-07-19 14:10:47&notify_id=4a91b7a78a503640467525113fb7d8bg8e&notify_time=2016-07-19 14:10:49"
    "&notify_type=trade_status_sync&out_trade_no=0719141034-6418&refund_fee=0.00&seller_id=2088102119685838"
    "&subject=大乐透2.1&total_amount=2.00&trade_no=2016071921001003030200089909&trade_status=TRADE_SUCCESS&version=1.0"
)


def test_the_public_example_of_a_notice_is_joined_as_it_should_be():
    params = dict(part.split("=", 1) for part in reversed(ALIPAY_NOTICE.split("&")))
    params |= {"sign": "x", "sign_type": "RSA2", "empty": ""}
    assert alipay.notice_text(params).decode() == ALIPAY_NOTICE
    assert "sign_type=RSA2" in alipay.signed_text(params).decode()


def test_the_known_sealed_resource_is_opened():
    sealed = "Eu6myr+6GaECeJdOZPZ6BX58iS+Ltl9qLoYOrON+4sgYusGYSwuB1ysO9YI0sdSI3Rb55+h8C2ZqCH/XxxpMmzRZSWJvOFg="
    key = b"0123456789abcdef0123456789abcdef"
    opened = keys.unsealed(key, "abcdefghijkl", "transaction", sealed)
    assert opened.decode() == '{"out_trade_no":"M20260108001","trade_state":"SUCCESS"}'
    with pytest.raises(ValueError, match="sealed"):
        keys.unsealed(key, "abcdefghijkl", "another", sealed)
    with pytest.raises(ValueError, match="sealed"):
        keys.unsealed(key, "abcdefghijkl", "transaction", base64.b64encode(b"x" * 40).decode())


def test_the_texts_that_are_signed_end_with_their_newlines():
    assert wechat.signed_text("GET", "/v3/x?a=1", "1554208460", "n", b"") == b"GET\n/v3/x?a=1\n1554208460\nn\n\n"
    assert wechat.answer_text("1", "n", b'{"a":1}') == b'1\nn\n{"a":1}\n'


def test_values_are_taken_as_they_stand_in_the_text():
    raw = '{"a_response": {"x":"\\u4f60\\/ }\\"" , "n":1.0},"sign":"s"}'
    assert alipay.top_values(raw)["a_response"] == '{"x":"\\u4f60\\/ }\\"" , "n":1.0}'
    assert json.loads(alipay.top_values(' { "a" : [1, {"b":2}] } ')["a"]) == [1, {"b": 2}]
    assert alipay.top_values("{}") == {}
    for bad in ('{"a":1,"a":2}', "[1]", '{"a" 1}', '{"a":1', "", '{"a":1 "b":2}'):
        with pytest.raises(ValueError):  # noqa: PT011  any of JSON's
            alipay.top_values(bad)


@pytest.mark.parametrize(
    ("text", "fen"), [("2.00", 200), ("0.01", 1), ("1,234.5", 123_450), ("-3.20", -320), ("7", 700)]
)
def test_amounts_are_exact(text, fen):
    assert fen_of(text) == fen


@pytest.mark.parametrize("text", ["", "1.234", "x", "1e3", "--1", "１"])
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(ContractBroken):
        fen_of(text)


def test_keys_are_read_as_they_are_handed_out():
    pem, bare = private_pem("a"), "".join(private_pem("a").splitlines()[1:-1])
    for text in (pem, bare, f"  {pem}\n", pem.replace("\n", "\r\n")):
        assert keys.private_key(text).private_numbers() == rsa_key("a").private_numbers()
    for text in (public_pem("a"), "".join(public_pem("a").splitlines()[1:-1])):
        assert keys.public_key(text).public_numbers() == rsa_key("a").public_key().public_numbers()
    for bad in ("", "nothing", public_pem("a"), "AAAA"):
        with pytest.raises(Refused) as told:
            keys.private_key(bad)
        assert "AAAA" not in str(told.value)
    with pytest.raises(Refused):
        keys.public_key(pem)


@pytest.mark.parametrize(
    ("template", "order_no", "payment_no"),
    [("{order_no}", "A1", "A1"), ("MALL-{order_no}", "A1", "MALL-A1"), ("p{order_no}-x", "A1", "pA1-x")],
)
def test_payment_numbers_follow_the_template_both_ways(template, order_no, payment_no):
    record = GatewayRecord(1, 1, "wechat", {}, {}, template)
    assert record.payment_no(order_no) == payment_no
    assert record.order_no(payment_no) == order_no
    if template != "{order_no}":
        assert record.order_no("A1") is None
        assert record.order_no(template.replace("{order_no}", "")) is None


# --- bills --------------------------------------------------------------------------------------------------------


def next_day(till):
    till.world.clock.advance(days=1, hours=1)


@both
def test_a_bill_is_read_to_its_last_row(made):
    gateway, server, till = made
    for number in range(3):
        server.pay(f"M-{number}", 100 + number)
    server.refund("M-2", 50)
    next_day(till)
    rows = list(gateway.bill(date(2026, 6, 18)).read())
    assert [(row.payment_no, row.fen, row.is_refund) for row in rows] == [
        ("M-0", 100, False),
        ("M-1", 101, False),
        ("M-2", 102, False),
        ("M-2", 50, True),
    ]
    assert list(gateway.bill(YESTERDAY).read()) == []


@pytest.mark.parametrize(
    ("made", "faults", "error", "code"),
    [
        ("wechat", ["", "half"], ContractBroken, "payment.bill_cut"),
        ("wechat", ["wrong_hash"], ContractBroken, "payment.bill_hash"),
        ("wechat", ["elsewhere"], ContractBroken, "payment.bill_host"),
        ("wechat", ["creating", "creating"], Temporary, "STATEMENT_CREATING"),
        ("wechat", ["", "cut"], Temporary, "http.network"),
        ("alipay", ["", "half"], ContractBroken, "payment.bill_cut"),
        ("alipay", ["", "late"], ContractBroken, "403"),
    ],
    indirect=["made"],
)
def test_a_bill_that_did_not_come_whole_is_refused_and_had_again(made, faults, error, code):
    gateway, server, till = made
    server.pay("M-1", 100)
    next_day(till)
    server.faults = list(faults)
    with pytest.raises(error) as told:
        list(gateway.bill(date(2026, 6, 18)).read())
    assert told.value.code == code
    server.faults = []
    assert len(list(gateway.bill(date(2026, 6, 18)).read())) == 1


def test_a_gateway_that_is_switched_off_is_tried_with_the_secrets_it_has(file_till):
    gateway_id = file_till.add()
    file_till.world.do(lambda uow: set_active(uow, gateway_id, is_active=False))
    desk = Payments(file_till.world.store, file_till.open, lambda: file_till.bills)
    draft = GatewayDraft(file_till.world.shop_id, "wechat", file_till.wechat.settings(), {}, "{order_no}")
    desk.try_gateway(draft)
    assert file_till.wechat.calls
